"""The whole of a text that a row had to cut, when the pointer rests on it."""

from __future__ import annotations

import tkinter
from tkinter import ttk

from gui.theme import Look

_WAIT_MS = 500


class RowTip:
    """Belongs to a view; one text at a time."""

    def __init__(self, widget: tkinter.Misc, look: Look) -> None:
        self._widget = widget
        self._look = look
        self._waiting = ""
        self._text = ""
        self._window: tkinter.Toplevel | None = None

    def rest_on(self, text: str, x_root: int, y_root: int) -> None:
        """The pointer is over this text, whose whole is to be seen below (x_root, y_root); empty over none."""
        if text == self._text:
            return
        self.hide()
        self._text = text
        if text:
            self._waiting = self._widget.after(_WAIT_MS, self._show, x_root, y_root)

    def hide(self) -> None:
        """At once."""
        self._text = ""
        if self._waiting:
            self._widget.after_cancel(self._waiting)
            self._waiting = ""
        if self._window:
            self._window.destroy()
            self._window = None

    def _show(self, x_root: int, y_root: int) -> None:
        self._waiting = ""
        px = self._look.px
        window = tkinter.Toplevel(self._widget, background=self._look.colours.border)
        window.withdraw()
        window.overrideredirect(True)
        label = ttk.Label(window, text=self._text, padding=(px(8), px(4)), wraplength=px(520), justify="left")
        label.pack(padx=1, pady=1)
        window.update_idletasks()
        x = min(x_root, window.winfo_screenwidth() - window.winfo_reqwidth() - px(4))
        y = y_root
        if y + window.winfo_reqheight() > window.winfo_screenheight():
            y -= window.winfo_reqheight() + px(32)
        window.geometry(f"+{max(0, x)}+{max(0, y)}")
        window.deiconify()
        self._window = window
