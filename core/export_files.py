"""What all exports share: what was written, what was left out, safe names, and plain words for a full disk."""

from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.bundle_info import RESERVED, UNPRINTABLE
from core.errors import UserError
from core.folders import replacing
from core.photo_search import system_path
from core.texts import tr

_FORBIDDEN = frozenset('<>:"/\\|?*')
_MOST_NAME_BYTES = 120  # file systems take 255; the rest is for a number, an ending, and folders above
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDING = frozenset({errno.EACCES, errno.EPERM})
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})
_WINDOWS_DISK_FULL = frozenset({39, 112})  # ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
_WINDOWS_IN_USE = frozenset({32, 33})  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION


@dataclass(frozen=True)
class LeftOut:
    """One thing that an export could not or would not write: what (a photograph, an animal), and why, for the user."""

    what: str
    why: str


@dataclass(frozen=True)
class Written:
    """What an export wrote: the file or folder, how many rows (or photographs), what was left out, what to know."""

    path: Path
    rows: int
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


class AlreadyThereError(UserError):
    """Something of that name exists: the user is to be asked before it is replaced."""


def refuse_existing(path: Path, may_replace: bool = False) -> None:
    """Raise AlreadyThereError where something is at `path`, unless the user said that it may be replaced.

    A folder is refused in any case: no export replaces one.
    """
    if not os.path.lexists(system_path(path)):
        return
    if os.path.isdir(system_path(path)):  # noqa: PTH112  Path.is_dir raises where a folder above is closed
        raise AlreadyThereError(
            tr("There is a folder called {name} already. Choose another name.").format(name=shown(path))
        )
    if not may_replace:
        raise AlreadyThereError(tr("There is a file called {name} already.").format(name=shown(path)))


@contextmanager
def new_file(path: Path, may_replace: bool = False) -> Iterator[IO[bytes]]:
    """A binary file that becomes `path` as a whole when the block ends well; else nothing changes.

    Raises AlreadyThereError as `refuse_existing` does, and UserError where the place cannot be written to.
    """
    refuse_existing(path, may_replace)
    with explaining(path), replacing(system_path(path)) as file:
        yield file


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Whatever the system refuses while `path` is written becomes a UserError with a sentence for the user."""
    try:
        yield
    except OSError as error:
        raise UserError(cannot_write(path, error)) from error


def cannot_write(path: Path, error: OSError) -> str:
    """Why `path` could not be written, and what to do about it."""
    windows = getattr(error, "winerror", None)
    if is_disk_full(error):
        said = tr("The disk is full: {name} was not written. Free some space, or choose another place.")
    elif error.errno == errno.EROFS:
        said = tr("{name} cannot be written: this place is for reading only. Choose another place.")
    elif windows in _WINDOWS_IN_USE:
        said = tr("{name} cannot be written: another program has it open. Close it there and try again.")
    elif error.errno in _FORBIDDING:
        said = tr("{name} cannot be written: you may not write there, or another program has it open.")
    elif error.errno in _GONE:
        said = tr("{name} cannot be written: its folder is not there.")
    elif error.errno == errno.ENAMETOOLONG:
        said = tr("{name} cannot be written: the name is too long. Choose a shorter one.")
    else:
        said = tr("{name} cannot be written: {reason}.")
    return said.format(name=shown(path), reason=error.strerror or error)


def is_disk_full(error: OSError) -> bool:
    """Whether there was no room: then it is of no use to go on with the next file."""
    return error.errno in _DISK_FULL or getattr(error, "winerror", None) in _WINDOWS_DISK_FULL


def safe_name(text: str, instead: str = "_") -> str:
    r"""A name for a file or folder that Windows, macOS and Linux take, as near to `text` as that allows.

    At most 120 bytes. `instead` is taken where nothing is left of the text.

    >>> safe_name("Épagneul: breton / roux?"), safe_name("nul.txt"), safe_name(" ... "), safe_name("a\x1b\udce9. ")
    ('Épagneul_ breton _ roux_', '_nul.txt', '_', 'a__')
    """
    letters = unicodedata.normalize("NFC", text)
    plain = "".join("_" if one in _FORBIDDEN or unicodedata.category(one) in UNPRINTABLE else one for one in letters)
    # Windows drops dots and spaces at the end; a dot in front hides a file elsewhere.
    short = plain.strip().lstrip(".").encode()[:_MOST_NAME_BYTES].decode(errors="ignore").strip().rstrip(". ")
    if not short:
        return instead
    return f"_{short}" if short.split(".")[0].rstrip().casefold() in RESERVED else short


def encodable(text: str) -> str:
    r"""The text as UTF-8 can hold it: names of files on Linux may have bytes that are no letters.

    >>> encodable("caf\udce9.jpg")
    'caf\\udce9.jpg'
    """
    return text.encode("utf-8", "backslashreplace").decode()


def shown(path: Path) -> str:
    """A path as it can be written and shown."""
    return encodable(str(path))
