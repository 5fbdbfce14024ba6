"""The window cannot be opened: said in a small one, as who double-clicks the program has no terminal to read it in."""

from __future__ import annotations

import logging
import tkinter
from tkinter import messagebox

from core.about import NAME
from core.texts import tr

log = logging.getLogger(__name__)


def show_start_problem(sentence: str) -> None:
    """Show why the program does not start, until that is closed; nothing where there is no display."""
    headline = tr("{name} cannot start.").format(name=NAME)
    try:
        _show(headline, sentence)
    except tkinter.TclError as error:
        log.info("no window to say it in: %s", error)


def _show(headline: str, sentence: str) -> None:
    try:
        from gui.lone_window import LoneWindow

        window = LoneWindow(headline, sentence, {None: tr("Close")})
    except (ImportError, OSError):  # what the program's look needs may be what is missing
        log.warning("without the program's look", exc_info=True)
        root = tkinter.Tk(className=NAME)
        root.withdraw()
        messagebox.showerror(NAME, headline, detail=sentence, parent=root)
        root.destroy()
    else:
        window.ask()
