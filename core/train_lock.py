"""A file that one process holds as long as it lives: the system lets go of it however the process ends.

So there are no stale locks, and no number of a process that by now is another one's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from core.bundle_info import Record
from core.errors import UserError
from core.file_locks import LOCKED_BYTE, lock, unlock
from core.texts import tr
from core.train_records import Job

log = logging.getLogger(__name__)

# Who only asks holds the file for some microseconds: that is no reason to give up.
_TRIES, _PAUSE_S = 10, 0.05


class Holder(Record):
    """Who holds a lock, written into its file: the process, its run and what it does there."""

    pid: int = 0
    run: str = ""
    job: Job | None = None


class Taken(Exception):
    """Another process holds the lock."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(holder.run)
        self.holder = holder


@contextmanager
def holding(path: Path, holder: Holder) -> Iterator[None]:
    """Hold the lock while the block runs. Raises Taken, and UserError where the file cannot be written."""
    try:
        file = path.open("a+b")
    except OSError as error:
        raise UserError(tr("{path} cannot be written: {reason}.").format(path=path, reason=error.strerror)) from error
    with file:
        for left in reversed(range(_TRIES)):
            if lock(file, is_shared=False):
                break
            if not left:
                raise Taken(_read(file))
            time.sleep(_PAUSE_S)
        _write(file, holder)
        try:
            yield
        finally:
            unlock(file)


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock, None where nobody does; takes microseconds."""
    try:
        file = path.open("rb")
    except OSError:  # it was never held
        return None
    with file:
        if lock(file, is_shared=True):
            unlock(file)
            return None
        return _read(file)


def _write(file: IO[bytes], holder: Holder) -> None:
    try:
        file.truncate(0)
        file.write(holder.model_dump_json().encode())
        file.flush()
    except OSError:  # a full disk: it is held all the same, only nobody learns by whom
        log.warning("a lock says nothing of its holder", exc_info=True)


def _read(file: IO[bytes]) -> Holder:
    try:
        file.seek(0)
        return Holder.model_validate_json(file.read(LOCKED_BYTE))
    except (OSError, ValidationError):  # it was taken this very moment
        return Holder()
