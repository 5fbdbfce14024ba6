"""What a finished program is made of, as its build wrote it down, and whether all of that is still there."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from core.folders import program_dir
from core.this_program import is_finished_program

CONTENTS = "contents.json"
_PACKAGES = ("core", "gui", "training")


@dataclass(frozen=True)
class Contents:
    """`files` by their place in the program with their bytes, -1 where the build may change them; `modules` by name."""

    name: str
    files: dict[str, int]
    modules: tuple[str, ...]


def read_contents() -> Contents | None:
    """What this program should be made of; None from source. Raises OSError or ValueError where the list is damaged."""
    if not is_finished_program():
        return None
    told = json.loads((program_dir() / CONTENTS).read_text(encoding="utf-8"))
    return Contents(told["name"], told["files"], tuple(told["modules"]))


def damaged_files(contents: Contents) -> list[str]:
    """The files that are missing or of another size: removed by a virus scanner, say, or half copied."""
    return [name for name, size in contents.files.items() if not _is_there(program_dir() / name, size)]


def _is_there(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size or size < 0
    except OSError:
        return False


def all_modules() -> list[str]:
    """The modules of the program: those that its build promised, or from source all that lie there."""
    contents = read_contents()
    if contents is not None:
        return list(contents.modules)
    return [
        found.name
        for package in _PACKAGES
        for found in pkgutil.iter_modules([str(program_dir() / package)], f"{package}.")
    ]


def failing_modules(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Import each; the names of those that cannot be, with the reason."""
    for name in names:
        try:
            import_module(name)
        except Exception as error:  # whatever it is, this module is of no use
            yield name, f"{type(error).__name__}: {error}"
