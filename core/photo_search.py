"""Find the photographs in a folder and its subfolders, whatever links, hidden files and closed doors are in them."""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from core.texts import tr

log = logging.getLogger(__name__)

PHOTO_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif"),
        *(".heic", ".heif", ".hif", ".tif", ".tiff", ".bmp", ".gif"),
    )
)

_DIGITS = re.compile("[0-9]+")
_SYSTEM_FOLDERS = frozenset({"$recycle.bin", "system volume information", "__macosx", "@eadir", "lost+found"})
_HIDDEN_ON_WINDOWS = 0x2 | 0x4  # FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_SYSTEM


def find_photos(path: Path) -> Iterator[Path]:
    """The photographs in a folder and its subfolders by their names, each real file once; anything else gives itself.

    Lazily, in natural order, the files of a folder before its subfolders.  Links are followed, hidden files and system
    folders skipped.  A file or folder that cannot be used, such as a subfolder that is closed, is given as it is, so
    that `open_photo` says why.
    """
    if not os.path.isdir(system_path(path)):  # noqa: PTH112  Path.is_dir raises where a folder above is closed
        yield path
        return
    seen, folders = _Seen(), [path]
    while folders:
        folder = folders.pop()
        try:
            names, subfolders = _listed(folder, seen)
        except OSError as error:
            log.warning("folder %r cannot be read: %s", str(folder), error)
            if folder == path or not isinstance(error, FileNotFoundError):  # one that went meanwhile is none
                yield folder
            continue
        for name in names:
            yield folder / name
        folders += [folder / name for name in reversed(subfolders)]


def is_closed(folder: Path) -> bool:
    """Whether the user may not look into a folder. Raises OSError where it cannot be read for another reason."""
    try:
        os.scandir(folder).close()
    except PermissionError:
        return True
    return False


def closed_folder() -> str:
    """What the user is told of a folder into which nobody may look."""
    return tr("You may not look into this folder. Ask the person who looks after this computer for access to it.")


class _Seen:
    """Which real folders a walk has met, and which files that have several names; of other files nothing is kept."""

    def __init__(self) -> None:
        self._folders: set[tuple[int, int]] = set()
        self._files: set[tuple[int, int]] = set()

    def is_new_folder(self, where: Path) -> bool:
        return _is_added(self._folders, _identity(where))

    def is_new_file(self, where: Path, has_names: bool) -> bool:
        """`has_names`: it is a link, or a file that several folder entries name."""
        if not has_names:
            return not self._files or _identity(where) not in self._files
        return not self._comes_by_itself(where) and _is_added(self._files, _identity(where))

    def _comes_by_itself(self, where: Path) -> bool:
        """Whether a link points at a photograph of a folder that was listed: that one counts, not the link."""
        if not where.is_symlink():
            return False
        real = where.resolve()
        return _identity(real.parent) in self._folders and _is_photo_name(real.name) and not real.name.startswith(".")


def _identity(where: Path) -> tuple[int, int]:
    found = where.stat()
    return found.st_dev, found.st_ino


def _is_added(known: set[tuple[int, int]], identity: tuple[int, int]) -> bool:
    size = len(known)
    known.add(identity)
    return len(known) > size


def _listed(folder: Path, seen: _Seen) -> tuple[list[str], list[str]]:
    """The names of the photographs and of the subfolders in one folder, in natural order; of a seen one, none."""
    where = system_path(folder)
    if not seen.is_new_folder(where):
        return [], []
    names: dict[str, bool] = {}
    subfolders, closed = [], []
    with os.scandir(where) as entries:
        for entry in entries:
            try:
                found = entry.stat()
                if _is_hidden(entry.name, found):
                    continue
                if stat.S_ISDIR(found.st_mode):
                    subfolders.append(entry.name)
                elif _is_photo_name(entry.name) and stat.S_ISREG(found.st_mode):
                    names[entry.name] = entry.is_symlink() or found.st_nlink > 1
            except PermissionError as error:  # a folder that tells its names and nothing else of them
                log.info("%r cannot be asked for: %s", entry.path, error)
                if _is_photo_name(entry.name) and not entry.name.startswith("."):
                    closed.append(entry.name)
            except OSError as error:  # a link to nowhere, or gone since
                log.info("%r passed over: %s", entry.path, error)
    # In order first: which of two names of one file is kept must not depend on the file system.
    kept = [name for name in sorted(names, key=_natural) if seen.is_new_file(where / name, names[name])]
    return sorted(kept + closed, key=_natural), sorted(subfolders, key=_natural)


def _is_hidden(name: str, found: os.stat_result) -> bool:
    attributes = getattr(found, "st_file_attributes", 0)
    return name.startswith(".") or name.casefold() in _SYSTEM_FOLDERS or bool(attributes & _HIDDEN_ON_WINDOWS)


def _is_photo_name(name: str) -> bool:
    return Path(name).suffix.casefold() in PHOTO_SUFFIXES


def _natural(name: str) -> tuple[str, str]:
    """Orders names as people do.

    >>> sorted(["Rex 10.jpg", "rex 9.jpg", "Ada.jpg"], key=_natural)
    ['Ada.jpg', 'rex 9.jpg', 'Rex 10.jpg']
    """
    return _DIGITS.sub(lambda digits: digits[0].zfill(20), name.casefold()), name


def system_path(path: Path) -> Path:
    """`path` as the system takes it: Windows opens paths of 260 characters and more only with a prefix."""
    return Path(_long_windows_path(os.path.abspath(path))) if os.name == "nt" else path  # noqa: PTH100


def _long_windows_path(absolute: str) -> str:
    """
    >>> print(_long_windows_path("C:" + chr(92) + "dogs"))
    C:\\dogs
    """
    if len(absolute) < 248 or absolute.startswith("\\\\?\\"):  # folders may have 12 characters fewer than files
        return absolute
    return "\\\\?\\UNC" + absolute[1:] if absolute.startswith("\\\\") else "\\\\?\\" + absolute
