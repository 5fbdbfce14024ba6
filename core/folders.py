"""The one module that knows where things lie: the program's own files, and the user's settings, models, library, logs.

`SHELTERLENS_HOME` in the environment moves everything of the user's into one folder; tests do that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.about import NAME
from core.errors import UserError
from core.texts import tr

_HOME = "SHELTERLENS_HOME"


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

    Written beside, flushed to the disk, renamed. A link is followed, not replaced. Raises OSError as `open` does.
    """
    target = path.resolve()
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:  # Ctrl-C too must not leave half a file behind
        beside.unlink(missing_ok=True)
        raise


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
        said = tr("The folder {folder} cannot be made: {reason}. Set {variable} to a folder that you may write to.")
        raise UserError(said.format(folder=folder, reason=error.strerror, variable=_HOME)) from error
    return folder
