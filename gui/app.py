"""The start: the window first, then everything else behind it."""

from __future__ import annotations

import logging
import time
import tkinter
from pathlib import Path
from types import TracebackType

from core.about import NAME
from core.folders import resources_dir
from core.settings import Settings, load_settings
from core.texts import set_language, tr
from gui.desktop import Desktop
from gui.engine import Engine
from gui.shell import Shell
from gui.theme import Look, sharp_on_windows

log = logging.getLogger(__name__)

_ICON_SIZES = (256, 64, 48, 32, 16)
_started_s = time.perf_counter()


def run_window(paths: list[Path]) -> int:
    """Open the window on these paths and stay until it is closed; the exit status. Raises TclError without display."""
    shell = open_window(load_settings(), Engine())
    shell.root.update()
    mark("the window is drawn")
    shell.root.after_idle(shell.start, paths)
    shell.root.mainloop()
    return 0


def open_window(settings: Settings, engine: Engine) -> Shell:
    """The window, not drawn yet and without anything that takes its time."""
    desktop = Desktop()
    set_language(settings.language)
    sharp_on_windows()
    root = tkinter.Tk(className=NAME)
    root.withdraw()
    look = Look(root, desktop.text_dpi())
    dark = settings.theme == "dark" or (settings.theme == "system" and desktop.is_dark())
    look.use("dark" if dark else "light")
    shell = Shell(root, look, settings, engine)
    root.report_callback_exception = _reporting(shell)  # type: ignore[method-assign]
    _show_icon(root)
    root.deiconify()
    return shell


def mark(what: str) -> None:
    """A line of the start's timeline in the log."""
    log.info("%.0f ms after the start: %s", (time.perf_counter() - _started_s) * 1000, what)


def _show_icon(root: tkinter.Tk) -> None:
    folder = resources_dir() / "icons"
    try:
        icons = [tkinter.PhotoImage(master=root, file=str(folder / f"shelterlens-{size}.png")) for size in _ICON_SIZES]
        root.iconphoto(True, *icons)
    except tkinter.TclError:
        log.warning("no icon", exc_info=True)


def _reporting(shell: Shell):  # type: ignore[no-untyped-def]
    """An error that nobody expected is written down and said briefly; the window goes on."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("error in the window", exc_info=(kind, error, trace))
        shell.notice.show(tr("Something went wrong. The details are in the log (Help menu)."))

    return report
