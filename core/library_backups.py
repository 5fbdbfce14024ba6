"""A whole copy of the library before it is brought up to date, so that nothing is lost should that go wrong."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from core.errors import LibraryError
from core.texts import tr

log = logging.getLogger(__name__)

_FOLDER = "library-backups"
_NAME = re.compile(r"library-version(\d+)-\d{8}-\d{6}(-\d+)?\.sqlite")
_KEPT = 2
# The copy, what new indexes take, and the journal of writing them.
_ROOM = 1.5
_LEAST_ROOM = 20_000_000


def back_up(path: Path, version: int) -> Path:
    """Copy the library, which is of this version, beside itself; its older copies but one are removed afterwards.

    Nobody may write to it meanwhile. Raises LibraryError where there is no room or the copy cannot be made; then there
    is no half one, and the older copies stay.
    """
    size = sum(part.stat().st_size for part in (path, path.with_name(path.name + "-wal")) if part.exists())
    folder = path.parent / _FOLDER
    try:
        folder.mkdir(exist_ok=True)
        needed = max(_LEAST_ROOM, round(_ROOM * size))
        if shutil.disk_usage(folder).free < needed:
            raise LibraryError(_no_room(path, needed))
        kept = _free_name(folder, version)
        part = kept.with_suffix(".part")
        try:
            _copy(path, part, version)
            part.replace(kept)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        log.warning("no copy of %s", path, exc_info=True)
        said = tr(
            "A copy of the library ({path}) cannot be made before it is brought up to date: {reason}. Nothing was "
            "changed."
        )
        raise LibraryError(said.format(path=path, reason=getattr(error, "strerror", None) or error)) from error
    log.info("the library of version %d was copied to %s", version, kept)
    _remove_older(folder)
    return kept


def backups(path: Path) -> list[Path]:
    """The copies of this library, the latest first."""
    try:
        found = [one for one in (path.parent / _FOLDER).iterdir() if _NAME.fullmatch(one.name)]
        return sorted(found, key=lambda one: (one.stat().st_mtime_ns, one.name), reverse=True)
    except OSError:
        return []


def _copy(path: Path, part: Path, version: int) -> None:
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
        same = all(
            source.execute(asked).fetchone() == copy.execute(asked).fetchone()
            for asked in ("PRAGMA page_count", "SELECT count(*) FROM corrections", "SELECT count(*) FROM photographs")
        )
        if not same or copy.execute("PRAGMA user_version").fetchone()[0] != version:
            raise sqlite3.DatabaseError("the copy is not the same")
    with part.open("rb+") as file:
        os.fsync(file.fileno())


def _free_name(folder: Path, version: int) -> Path:
    stem = f"library-version{version}-{time.strftime('%Y%m%d-%H%M%S')}"
    names = [f"{stem}.sqlite", *(f"{stem}-{number}.sqlite" for number in range(2, 100))]
    return next(folder / name for name in names if not (folder / name).exists())


def _remove_older(folder: Path) -> None:
    for old in backups(folder.parent / "library.sqlite")[_KEPT:]:
        try:
            old.unlink()
        except OSError:  # in use on Windows: it goes the next time
            log.info("%s stays", old)


def _no_room(path: Path, needed: int) -> str:
    said = tr(
        "This Shelterlens brings the library ({path}) up to date, and keeps a copy of it before that. There is no room "
        "for the copy: free {megabytes} MB on that drive, then start Shelterlens again. Nothing was changed."
    )
    return said.format(path=path, megabytes=-(-needed // 1_000_000))
