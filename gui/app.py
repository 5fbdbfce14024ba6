"""The start: the window first, then everything else behind it."""

from __future__ import annotations

import logging
import tkinter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from core.about import NAME
from core.settings import Settings, load_settings
from core.single_instance import Door
from core.texts import set_language, tr
from gui.desktop import Desktop
from gui.engine import Engine
from gui.garbage import freed_here
from gui.icons import show_icon
from gui.later_starts import answer_later_starts
from gui.shell import Shell
from gui.text_keys import choose_all_with_ctrl_a
from gui.theme import Look, sharp_on_windows
from gui.timeline import mark
from gui.timers import end_with_widgets

log = logging.getLogger(__name__)


def run_window(paths: list[Path], door: Door) -> int:
    """Open the window on these paths and stay until it is closed; the exit status. Raises TclError without display.

    What later starts want to be opened comes through the door.
    """
    shell = open_window(load_settings(), Engine())
    shell.root.update()
    mark("the window is drawn")
    shell.root.after_idle(shell.start, paths)
    shell.root.after_idle(answer_later_starts, shell, door)
    with freed_here(shell.root):
        shell.root.mainloop()
    door.close()
    return 0


def open_window(settings: Settings, engine: Engine) -> Shell:
    """The window, not drawn yet and without anything that takes its time."""
    desktop = Desktop(wants_theme=settings.theme == "system")
    set_language(settings.language)
    sharp_on_windows()
    root = tkinter.Tk(className=NAME)
    root.withdraw()
    look = Look(root, desktop.text_dpi(), settings.text_size)
    dark = settings.theme == "dark" or (settings.theme == "system" and desktop.is_dark())
    look.use("dark" if dark else "light")
    shell = Shell(root, look, settings, engine)
    root.report_callback_exception = _reporting(shell)
    _report_in_tcl(shell)
    end_with_widgets(root)
    choose_all_with_ctrl_a(root)
    show_icon(root)
    root.deiconify()
    return shell


def _reporting(shell: Shell) -> Callable[..., None]:
    """An error that nobody expected is written down and said briefly; the window goes on."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("error in the window", exc_info=(kind, error, trace))
        shell.notice.show(tr("Something went wrong. The details are in the log (Help menu)."))

    return report


def _report_in_tcl(shell: Shell) -> None:
    """The same for errors in Tk's own scripts: Tk would show a dialog with lines of its program."""
    root = shell.root

    def report(message: str, *_options: str) -> None:
        log.error("error in Tk: %s: %s", message, root.tk.eval("set ::errorInfo"))
        with suppress(tkinter.TclError):  # while the window closes there is nobody left to tell
            shell.notice.show(tr("Something went wrong. The details are in the log (Help menu)."))

    root.tk.call("interp", "bgerror", "", root.register(report))  # type: ignore[no-untyped-call]
