"""A new folder with copies of photographs, there as a whole or not at all; no name comes twice on any system."""

from __future__ import annotations

import os
import shutil
import stat
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import Cancelled, PhotoError
from core.export_files import explaining, refuse_existing, safe_name
from core.photo_search import system_path
from core.texts import tr

_CHUNK_BYTES = 1 << 20


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that becomes `path` when the block ends well, and is gone otherwise.

    Raises AlreadyThereError where something is at `path`, UserError where nothing can be written.
    """
    refuse_existing(path, may_replace=False)
    beside = system_path(path.with_name(f".{safe_name(path.name)[:60]}.{os.getpid()}.part"))
    with explaining(path):
        beside.mkdir()
        try:
            yield beside
            refuse_existing(path, may_replace=False)
            beside.rename(system_path(path))
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)  # links in it are removed, not what they point at
            raise


class FreeNames:
    """Names for the files and folders of a new folder: safe on every system, and no two alike in any folder."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._taken: dict[str, int] = {}

    def folder(self, name: str) -> str:
        """A safe name for a folder, the same one for names that some systems do not tell apart.

        >>> names = FreeNames()
        >>> names.folder("Boxer"), names.folder("boxer"), names.folder("a/b")
        ('Boxer', 'Boxer', 'a_b')
        """
        safe = safe_name(name)
        return self._folders.setdefault(_folded(safe), safe)

    def file(self, folder: str, name: str) -> str:
        """A safe name for a file in `folder`, with a number where that name is taken.

        >>> names = FreeNames()
        >>> names.file("Boxer", "1.jpg"), names.file("Boxer", "1.JPG"), names.file("Beagle", "1.jpg")
        ('1.jpg', '1 (2).JPG', '1.jpg')
        """
        path = Path(name)
        ending = safe_name(path.suffix.lstrip("."), "") if len(path.suffix) <= 10 else ""
        stem = safe_name(name[: -len(path.suffix)] if ending else name)
        dot = f".{ending}" if ending else ""
        number, free = self._taken.get(_folded(f"{folder}/{stem}{dot}"), 0) + 1, f"{stem}{dot}"
        if number > 1:
            free = f"{stem} ({number}){dot}"
            while _folded(f"{folder}/{free}") in self._taken:
                number += 1
                free = f"{stem} ({number}){dot}"
        self._taken[_folded(f"{folder}/{stem}{dot}")] = number
        self._taken.setdefault(_folded(f"{folder}/{free}"), 1)
        return free


def copy_photo(source: Path, target: Path, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Copy a file with its time of change. Raises PhotoError where it cannot be read, OSError where not written."""
    where = system_path(target)
    with open_file(source) as file:
        try:
            with where.open("xb") as out:
                while chunk := _chunk(file):
                    if should_stop():
                        raise Cancelled
                    out.write(chunk)
        except PhotoError:
            where.unlink()
            raise
        found = os.fstat(file.fileno())
    os.utime(where, ns=(found.st_atime_ns, found.st_mtime_ns))


def open_file(path: Path) -> BinaryIO:
    """A photograph's file, to read. Raises PhotoError where it is not there, no file, or may not be read."""
    where = system_path(path)
    try:
        if not stat.S_ISREG(where.stat().st_mode):  # first: opening a pipe would wait for ever
            raise PhotoError(tr("This is not a file but a device or a connection of the computer."))
        return where.open("rb")
    except (OSError, ValueError) as error:
        raise PhotoError(_cannot_read(error)) from error


def _chunk(file: BinaryIO) -> bytes:
    try:
        return file.read(_CHUNK_BYTES)
    except OSError as error:
        raise PhotoError(_cannot_read(error)) from error


def _cannot_read(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return tr("This file is no longer there: it was moved, renamed or deleted.")
    if isinstance(error, PermissionError):
        return tr("You may not read this file. Ask the person who looks after this computer for access to it.")
    reason = tr("This file cannot be read. The disk, the memory card or the network reports: {error}.")
    return reason.format(error=getattr(error, "strerror", None) or error)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
