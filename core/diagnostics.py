"""The diagnostic file: what helps to find a fault, without photographs and without what is private in paths."""

from __future__ import annotations

import getpass
import re
import sys
import textwrap
import zipfile
from pathlib import Path

from core.about import NAME, VERSION
from core.errors import UserError
from core.folders import data_dir, log_dir, program_dir, replacing, settings_path
from core.logs import log_files
from core.texts import tr

_LOGS = 3
_MOST_LOG_BYTES = 2_000_000
# A path from its root on. Spaces may belong to it, so it goes on to what ends it in the messages of the program.
_PATH = re.compile(
    r"""(?:(?<![\w)])[A-Za-z]:[\\/]|\\\\|(?<![\w.:/~)])/)(?:[^\n\r"'<>|:*?]*[\\/])?([^\n\r"'<>|:*?\\/]*)"""
)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,12}\b")


def save_diagnostics(path: Path) -> None:
    """Write a zip with versions, what `doctor` finds and the latest logs. Raises UserError."""
    from core.doctor import examine, report  # asks other programs, which takes its time

    parts = {"README.txt": _readme(), "doctor.txt": without_private_parts(report(examine()))}
    for log_file in log_files()[:_LOGS]:
        parts[f"logs/{log_file.name}"] = without_private_parts(_end_of(log_file))
    try:
        with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in parts.items():
                archive.writestr(name, text)
    except OSError as error:
        raise UserError(tr("The file cannot be written: {reason}.").format(reason=error.strerror)) from error


def without_private_parts(text: str) -> str:
    """The text with every path reduced to the ending of its file, and without the user's name.

    What lies in the program's own folders keeps its place there, since faults are found by it.

    >>> without_private_parts("'/home/ada/My dogs/Rex and Tom.jpg': damaged")
    "'(path).jpg': damaged"
    """
    for folder, name in _own_folders():
        text = text.replace(repr(folder)[1:-1], name).replace(folder, name)
    text = _PATH.sub(lambda found: "(path)" + "".join(_SUFFIX.findall(found[1])[-1:]), text)
    user = _user_name()
    return re.sub(rf"\b{re.escape(user)}\b", "(user)", text) if len(user) > 2 else text


def _own_folders() -> list[tuple[str, str]]:
    """The longest first, since one may lie within another."""
    folders = [
        (program_dir(), "(program)"),
        (data_dir(), "(data)"),
        (log_dir(), "(logs)"),
        (settings_path().parent, "(settings)"),
        (Path(sys.prefix), "(python)"),
        (Path(sys.base_prefix), "(python)"),
    ]
    return sorted(((str(folder), name) for folder, name in folders), key=lambda one: -len(one[0]))


def _readme() -> str:
    said = tr(
        "This file helps to find a fault. In it: the versions of the program and of its parts, what this computer is, "
        "which models there are, and the latest messages of the program. Not in it: photographs, corrections, the "
        "names of photographs and of folders (only their endings, such as .jpg)."
    )
    return f"{NAME} {VERSION}\n\n{textwrap.fill(said, 80)}\n"


def _end_of(log_file: Path) -> str:
    try:
        with log_file.open("rb") as file:
            file.seek(max(0, log_file.stat().st_size - _MOST_LOG_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"{error}"


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a system without user names
        return ""
