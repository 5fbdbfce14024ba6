"""The one entrance: the window without a command, the same jobs as commands with one."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands import COMMANDS, INTERRUPTED, guarded, run_command
from core.errors import UsageError, UserError
from core.logs import start_logging
from core.texts import set_language, tr
from core.this_program import run_started_module, settle_in, started_again

if TYPE_CHECKING:
    from core.commands_train import Training
    from core.doctor import Section
    from core.single_instance import Door

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments (default: those of the command line); its exit status."""
    typed = sys.argv[1:] if arguments is None else list(arguments)
    _start()
    if typed[:1] == ["-m"]:
        return guarded(lambda: run_started_module(*typed[1:]))
    if typed and (typed[0] in COMMANDS or typed[0].startswith("-")):
        return run_command(typed, _window_check, _training)
    return guarded(lambda: _open_window(typed), _tell_without_terminal)


def _start() -> None:
    """Language and log; whatever fails here is found by the doctor or by what needs it, so that both can run."""
    set_language("system")
    try:
        start_logging()
        from core.settings import load_settings

        set_language(load_settings().language)
    except (ImportError, UserError):
        log.warning("started without settings", exc_info=True)


def _open_window(typed: Sequence[str]) -> int:
    paths = [Path(text) for text in typed]
    for path in paths:
        if not os.path.lexists(path):
            said = tr("There is no command, file or folder “{name}”. The commands are: {commands}.")
            raise UsageError(said.format(name=path, commands=", ".join(COMMANDS)))
    instead = f"{' '.join(started_again())} classify"
    try:
        import tkinter
    except ImportError as error:
        said = tr("This Python has no Tk, which the window needs. With Tk: make run. Without a window: {command} PATH")
        raise UserError(said.format(command=instead)) from error
    try:
        door = _door(paths)
        if door is None:
            return 0
        from gui.app import run_window

        return run_window(paths, door)
    except tkinter.TclError as error:
        if "display" not in str(error):
            raise
        said = tr("There is no display to open a window on. The answers as a table, without a window: {command} PATH")
        raise UserError(said.format(command=instead)) from error


def _tell_without_terminal(sentence: str) -> None:
    """Why there is no window, in a small one: who double-clicks the program never sees what is printed."""
    try:
        from gui.start_problem import show_start_problem
    except ImportError:  # no Tk, say
        log.info("no window to say it in", exc_info=True)
    else:
        show_start_problem(sentence)


def _door(paths: Sequence[Path]) -> Door | None:
    """Where later starts are heard of; None when a window that is open already has taken the paths."""
    from core.single_instance import Door, NoAnswer, enter

    while True:
        try:
            return enter(paths)
        except NoAnswer:
            from gui.no_answer import Choice, NoAnswerWindow

            choice = NoAnswerWindow().ask()
        if choice is not Choice.AGAIN:
            return Door() if choice is Choice.START else None


def _window_check() -> list[Section]:
    from gui.check import window_findings

    return [(tr("Window"), window_findings())]


def _training() -> Training:
    from training import commands

    return commands


if __name__ == "__main__":
    settle_in()
    multiprocessing.freeze_support()  # executables start themselves again for a model's trial
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # before any command has begun
        sys.exit(INTERRUPTED)
