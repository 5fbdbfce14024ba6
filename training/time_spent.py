"""How long a run has been worked on in all, over every stop and every new beginning: a small file in its folder."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError

from core.bundle_info import Record
from core.folders import replacing

log = logging.getLogger(__name__)

_FILE: Final = "time_spent.json"
# One that is killed forgets no more than this.
_KEPT_EVERY_S: Final = 5.0


class _Kept(Record):
    seconds: float = Field(ge=0.0)


class TimeSpent:
    """A clock that goes on where the one of the process before stopped; it never fails.

    Without a folder it begins at 0 and keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / _FILE if folder else None
        self._before, self._began = _read(self._path) if self._path else 0.0, time.monotonic()
        self._kept = self._began

    def seconds(self) -> float:
        """All of it so far."""
        return self._before + time.monotonic() - self._began

    def keep(self, *, at_once: bool = False) -> None:
        """Write it down, every few seconds at most."""
        now = time.monotonic()
        if self._path is None or (not at_once and now - self._kept < _KEPT_EVERY_S):
            return
        self._kept = now
        try:
            with replacing(self._path) as file:
                file.write(_Kept(seconds=round(self.seconds(), 3)).model_dump_json().encode())
        except OSError:  # a full disk, or somebody reads it on Windows: the next time
            log.debug("the time is not written", exc_info=True)


def _read(path: Path) -> float:
    try:
        return _Kept.model_validate_json(path.read_bytes()).seconds
    except (OSError, ValidationError):
        return 0.0
