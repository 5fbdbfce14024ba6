"""The line at the foot of the window: the model in use with its own measured accuracy, and what runs now."""

from __future__ import annotations

import tkinter
from tkinter import ttk

from gui.theme import BODY, Look, elided
from gui.tooltip import Tooltip

_PATIENCE_MS = 300


class StatusLine(ttk.Frame):
    """What runs is shown only when it takes a while, so that the line does not flicker."""

    def __init__(self, parent: tkinter.Misc, look: Look) -> None:
        super().__init__(parent, padding=(look.px(14), 0, look.px(14), look.px(8)))
        self._look = look
        self._running = self._model = ""
        self._waiting = ""
        self.model = ttk.Label(self, style="Faint.TLabel", width=1)
        self._bar = ttk.Progressbar(self, mode="indeterminate", length=look.px(90))
        self.running = ttk.Label(self, style="Faint.TLabel")
        self.running.pack(side="right")
        self.model.pack(side="left", fill="x", expand=True)
        Tooltip(self.model, look, lambda: self._model if str(self.model.cget("text")) != self._model else "")
        self.model.bind("<Configure>", lambda _event: self.show_model(self._model))

    def show_model(self, text: str) -> None:
        """The model in use."""
        self._model = text
        self.model.configure(text=elided(self, text, BODY, max(self._look.px(200), self.model.winfo_width())))

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
            room = max(self._look.px(160), self.winfo_width() // 3)
            self.running.configure(text=elided(self, self._running, BODY, room))
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
