"""The one module that knows where things lie: the program's own files, and the user's settings, models, library, logs.

`SHELTERLENS_HOME` in the environment moves everything of the user's into one folder; tests do that.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO

from core.about import NAME
from core.errors import UserError
from core.texts import tr

_HOME = "SHELTERLENS_HOME"
_MOST_OF_NAME = 100
_PART = re.compile(r"\.(?P<name>.+)\.(?P<process>[1-9]\d{0,9})\.part", re.DOTALL)
# A younger part may be another computer's, whose processes nobody here knows: folders are shared on a network.
_LEFT_AFTER_S = 3600.0


def program_dir() -> Path:
    """Where the program lies: the root of its source, or what the executable unpacked."""
    return Path(getattr(sys, "_MEIPASS", Path(__file__).resolve().parent.parent))


def resources_dir() -> Path:
    """Icons, translations and breed names."""
    return program_dir() / "resources"


def shipped_models_dir() -> Path:
    """The models that came with the program; never written to."""
    return program_dir() / "models"


def data_dir() -> Path:
    """The user's own things. Raises UserError, as all below do, when the folder cannot be made."""
    return _made(_user_dir("user_data_path"))


def models_dir() -> Path:
    """The models that the user imported or trained."""
    return _made(data_dir() / "models")


def library_path() -> Path:
    """The database with the volunteers' own labels."""
    return data_dir() / "library.sqlite"


def unwritten_path() -> Path:
    """Words that the library did not take wait here: where the settings are, which may be another drive."""
    return settings_path().with_name("words-not-written.jsonl")


def training_dir() -> Path:
    """The runs of training, and what they share: stored embeddings, networks made ready, downloaded weights."""
    return _made(data_dir() / "training")


def documents_dir() -> Path:
    """Where people keep what they write; asks the disk."""
    if home := os.environ.get(_HOME):
        return Path(home)
    import platformdirs

    documents = platformdirs.user_documents_path()
    return documents if documents.is_dir() else Path.home()


def log_dir() -> Path:
    """One log file per start."""
    home = os.environ.get(_HOME)
    return _made(Path(home) / "logs" if home else _user_dir("user_log_path"))


def settings_path() -> Path:
    """What the user chose."""
    return _made(_user_dir("user_config_path")) / "settings.json"


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that becomes `path` as a whole when the block ends well; otherwise `path` stays as it was.

    Written beside, flushed to the disk, renamed. A link is followed, not replaced. What a killed program left of the
    same file is removed. Raises OSError as `open` does.
    """
    target = path.resolve()
    beside = target.with_name(f".{target.name[:_MOST_OF_NAME]}.{os.getpid()}.part")
    _remove_left(target)
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:  # Ctrl-C too must not leave half a file behind
        beside.unlink(missing_ok=True)
        raise


def _remove_left(target: Path) -> None:
    """Remove what is left of writing this file by a process that is gone."""
    for part in _parts_in(target.parent):
        found = _PART.fullmatch(part)
        if not found or found["name"] != target.name[:_MOST_OF_NAME] or _is_running(int(found["process"])):
            continue
        where = target.with_name(part)
        try:
            if time.time() - where.lstat().st_mtime > _LEFT_AFTER_S:
                where.unlink()
        except OSError:  # gone already, or in use on Windows: it disturbs nobody
            continue


@lru_cache(maxsize=64)
def _parts_in(folder: Path) -> tuple[str, ...]:
    """The files in a folder that are called as half-written ones, when it was first asked for.

    Once: thousands of files may be written beside as many photographs.
    """
    try:
        with os.scandir(folder) as entries:
            return tuple(entry.name for entry in entries if _PART.fullmatch(entry.name))
    except OSError:
        return ()


def _is_running(process: int) -> bool:
    """Whether there is such a process; on Windows nobody can delete what it has open, and asking would end it."""
    if os.name == "nt":
        return process == os.getpid()
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    return True


def _user_dir(kind: str) -> Path:
    home = os.environ.get(_HOME)
    if home:
        return Path(home)
    import platformdirs

    return Path(getattr(platformdirs, kind)(NAME, appauthor=False))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = tr(
            "The folder {folder} cannot be made: {reason}. Ask whoever looks after this computer to give you the right "
            "to write there, or to name a folder in {variable} that you may write to."
        )
        raise UserError(said.format(folder=folder, reason=_why_not(error), variable=_HOME)) from error
    return folder


def _why_not(error: OSError) -> str:
    """In plain words, where there are any."""
    if isinstance(error, PermissionError):
        return tr("you may not write there")
    if isinstance(error, FileExistsError | NotADirectoryError):
        return tr("a file is in its place")
    if isinstance(error, FileNotFoundError):  # such as in /proc, or on a drive that has no letter
        return tr("there can be no folder there")
    return error.strerror or str(error)
