"""This program as it runs: from its source by Python, or as a finished program, which brings its Python along."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from core.about import NAME
from core.errors import UsageError
from core.folders import program_dir
from core.texts import tr

# Modules that run as processes of their own, for which a finished program has no Python.
STARTED_MODULES = ("tensorboard.main", "training.devices")
# What of the environment PyInstaller changes for the program, and where it keeps what was there before.
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "LIBPATH")
_SOURCE_NAME = re.compile(r"(?<![\w./\\-])main\.py(?![\w./\\-])")


def is_finished_program() -> bool:
    """Whether this is a program that `make exe` made."""
    return bool(getattr(sys, "frozen", False))


def started_again(*typed: str) -> list[str]:
    """What starts this program in another process, with these arguments."""
    return [sys.executable, *([] if is_finished_program() else [str(program_dir() / "main.py")]), *typed]


def started_module(name: str, *typed: str) -> list[str]:
    """What starts one of STARTED_MODULES in another process, as `python -m` does."""
    if name not in STARTED_MODULES:
        raise ValueError(name)
    return started_again("-m", name, *typed)


def run_started_module(name: str, *typed: str) -> int:
    """In that process: run the module. Raises UsageError where it is none of STARTED_MODULES."""
    import runpy

    if name not in STARTED_MODULES:
        raise UsageError(tr("There is no module “{name}” to run.").format(name=name))
    sys.argv = [name, *typed]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
    return 0


def as_typed_here(text: str) -> str:
    """The text with what is typed here in the place of "main.py", which only the source has."""
    return _SOURCE_NAME.sub(lambda _: typed_name(), text) if is_finished_program() else text


def typed_name() -> str:
    """What is typed in a terminal to start a command."""
    if not is_finished_program():
        return "main.py"
    path = Path(sys.executable)
    return path.stem if sys.platform == "win32" else path.name


def missing_parts_remedy() -> str:
    """Where the parts for training are to be had; nothing where they can be installed into this Python."""
    if not is_finished_program():
        return ""
    said = tr("“{small}” leaves out what this needs (TensorFlow). “{full}” has it, with the same settings and models.")
    return said.format(small=NAME, full=f"{NAME} full")


def settle_in() -> None:
    """What a finished program does first, in each of its processes."""
    open_missing_streams()
    if is_finished_program():
        leave_others_their_libraries()


def open_missing_streams() -> None:
    """A program without a console has no stdout on Windows: what is printed goes nowhere instead of failing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  for as long as it runs


def leave_others_their_libraries() -> None:
    """Programs of the system (file manager, browser) are started with their own libraries, not with those in here.

    The program itself has found its own by now; when it starts itself again, it sets them anew.
    """
    for name in _LIBRARY_PATHS:
        before = os.environ.pop(f"{name}_ORIG", None)
        if before is not None:
            os.environ[name] = before
        elif name in os.environ and str(program_dir()) in os.environ[name].split(os.pathsep):
            del os.environ[name]
