"""The line at the foot of the window: the model in use with its own measured accuracy, and what runs now."""

from __future__ import annotations

import tkinter
from tkinter import ttk

from gui.theme import Look

_PATIENCE_MS = 300


class StatusLine(ttk.Frame):
    """What runs is shown only when it takes a while, so that the line does not flicker."""

    def __init__(self, parent: tkinter.Misc, look: Look) -> None:
        super().__init__(parent, padding=(look.px(14), 0, look.px(14), look.px(8)))
        self._running = ""
        self._waiting = ""
        self.model = ttk.Label(self, style="Faint.TLabel")
        self.model.pack(side="left")
        self._bar = ttk.Progressbar(self, mode="indeterminate", length=look.px(90))
        self.running = ttk.Label(self, style="Faint.TLabel")
        self.running.pack(side="right")

    def show_model(self, text: str) -> None:
        """The model in use."""
        self.model.configure(text=text)

    def show_running(self, text: str) -> None:
        """What runs now; empty when nothing does."""
        self._running = text
        if text and not self._waiting:
            self._waiting = self.after(_PATIENCE_MS, self._show)
        elif not text:
            self._rest()

    def _show(self) -> None:
        self._waiting = ""
        if self._running:
            self.running.configure(text=self._running)
            if not self._bar.winfo_manager():
                self._bar.pack(side="right", padx=(10, 0), before=self.running)
                self._bar.start(15)
            self._waiting = self.after(_PATIENCE_MS, self._show)

    def _rest(self) -> None:
        if self._waiting:
            self.after_cancel(self._waiting)
            self._waiting = ""
        self._bar.stop()
        self._bar.pack_forget()
        self.running.configure(text="")
