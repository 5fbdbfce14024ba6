"""What the program does with odd paths: devices, pipes, sockets, loops, folders called dog.jpg, names of any bytes.

The case only names them (`recipe.json`); they are made here, in the process that is watched.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from core.bundles import import_bundle
from core.commands import DONE, FAILED, WRONG_USAGE, run_command
from core.csv_reading import read_table
from core.errors import UserError
from core.folders import library_path, models_dir
from core.library import Library
from core.models import model_or_file
from core.photos import find_photos, open_photo, read_file
from core.shelter_facts import read_facts
from core.tagging import tag
from core.xmp_files import change_photo, packet_in
from gui.clipboard import Pasted, picture_in
from gui.dropping import path_of
from tests.fuzz_checks_models import forget_models
from tests.fuzz_ready import ready
from training.tables import read_any_table


def check_paths(folder: Path) -> list[str]:
    """Make each thing and give its path to everything that takes one; then the whole folder."""
    recipe = json.loads((folder / "recipe.json").read_bytes())
    place = models_dir().parent / "odd"
    place.mkdir()
    reasons: list[str] = []
    for kind, name in recipe["things"]:
        path = place / os.fsdecode(base64.b64decode(name))
        with contextlib.suppress(OSError, ValueError):  # no file system takes all of them
            _MAKERS[kind](path)
        reasons += _given(path)
    reasons += _typed(recipe["typed"], place)
    path_of(recipe["dropped"])
    with contextlib.suppress(UserError):
        picture_in(Pasted(encoded=recipe["dropped"]))
    list(find_photos(place))
    with contextlib.closing(Library(library_path())) as library:
        tag(library.database, ready().bundle, [place], lambda _: None, lambda: False)
    shutil.rmtree(place, ignore_errors=True)
    forget_models()
    return reasons


def _given(path: Path) -> list[str]:
    reasons: list[str] = []
    acts: tuple[Callable[[], object], ...] = (
        lambda: open_photo(path), lambda: read_file(path), lambda: packet_in(path), lambda: list(find_photos(path)),
        lambda: change_photo(path, lambda _: b"x"), lambda: read_facts(path), lambda: read_table(path),
        lambda: read_any_table(path), lambda: read_any_table(path.with_suffix(".xlsx")),
        lambda: model_or_file(str(path)), lambda: import_bundle(path, models_dir()),
    )  # fmt: skip
    if is_plain_name(path.name):  # the library's name is the program's own
        acts = (*acts, lambda: Library(path).close())
    for act in acts:
        try:
            act()
        except UserError as error:
            reasons.append(str(error))
    return reasons


def is_plain_name(name: str) -> bool:
    """Whether every system takes a file of this name."""
    return "\0" not in name and len(name) < 100


def _typed(arguments: list[str], place: Path) -> list[str]:
    """A command as somebody may type it: an exit status that means something, and a sentence where it is not 0."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run_command([one.replace("PLACE", str(place)) for one in arguments])
    assert status in (DONE, FAILED, WRONG_USAGE), f"exit status {status}"
    said = err.getvalue().strip()
    assert status == DONE or said, "failed without a word"
    assert "Something went wrong" not in said and "Quelque chose" not in said, said
    return [line for line in said.splitlines() if status == FAILED]


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def _link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _file(path: Path) -> None:
    path.write_bytes(b"\xff\xd8\xff\xe0 no photograph")


def _closed(path: Path) -> None:
    path.mkdir()
    path.chmod(0)


_MAKERS: dict[str, Callable[[Path], None]] = {
    "file": _file,
    "folder": Path.mkdir,
    "pipe": _pipe,
    "socket": _socket,
    "zero": _link_to("/dev/zero"),
    "random": _link_to("/dev/urandom"),
    "terminal": _link_to("/dev/tty"),
    "process": _link_to("/proc/self/mem"),
    "loop": lambda path: path.symlink_to(path.name),
    "above": _link_to(".."),
    "nowhere": _link_to("nowhere"),
    "closed": _closed,
    "nothing": lambda path: None,
}
THINGS = tuple(_MAKERS)
