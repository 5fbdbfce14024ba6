"""The key of a button, shown when the pointer rests on it or the keyboard reaches it."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from tkinter import ttk

from gui.theme import Look

_WAIT_MS = 600


class Tooltip:
    """Belongs to one widget; `text` is asked each time, so that it follows the language."""

    def __init__(self, widget: tkinter.Widget, look: Look, text: Callable[[], str]) -> None:
        self._widget = widget
        self._look = look
        self._text = text
        self._waiting = ""
        self._window: tkinter.Toplevel | None = None
        if isinstance(widget, ttk.Label):  # Tk lets Tab stop at whatever hears keys
            widget.configure(takefocus=False)
        widget.bind("<Enter>", self._wait, add=True)
        for event in ("<Leave>", "<ButtonPress>", "<Destroy>", "<Key>"):
            widget.bind(event, self._hide, add=True)

    def _wait(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self._hide(None)
        self._waiting = self._widget.after(_WAIT_MS, self._show)

    def _show(self) -> None:
        self._waiting = ""
        text, px = self._text(), self._look.px
        if not text:
            return
        window = tkinter.Toplevel(self._widget, background=self._look.colours.border)
        window.withdraw()
        window.overrideredirect(True)
        ttk.Label(window, text=text, padding=(px(8), px(4))).pack(padx=1, pady=1)
        window.update_idletasks()
        x = min(self._widget.winfo_rootx(), window.winfo_screenwidth() - window.winfo_reqwidth() - px(4))
        y = self._widget.winfo_rooty() + self._widget.winfo_height() + px(4)
        window.geometry(f"+{max(0, x)}+{y}")
        window.deiconify()
        self._window = window

    def _hide(self, _event: tkinter.Event[tkinter.Misc] | None) -> None:
        if self._waiting:
            self._widget.after_cancel(self._waiting)
            self._waiting = ""
        if self._window:
            self._window.destroy()
            self._window = None
