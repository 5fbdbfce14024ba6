"""How a tagging stands: what is tagged, how far and how fast, what came of it; the button to stop or go on."""

from __future__ import annotations

import tkinter
from dataclasses import dataclass
from tkinter import ttk

from gui.actions import Action
from gui.theme import BODY, STRONG, Look, elided
from gui.tooltip import Tooltip

_BUSY_STEP_MS = 15


@dataclass(frozen=True)
class Standing:
    """What is to be said: the folder, a sentence, the share that is done (None while nobody can say) or no bar at all.

    `offered` is the action that makes sense now, if any: to stop, or to go on.
    """

    title: str = ""
    sentence: str = ""
    is_running: bool = False
    share: float | None = None
    offered: Action | None = None


class FolderProgress(ttk.Frame):
    """A title, a sentence, a bar while it runs, and a button."""

    def __init__(self, parent: tkinter.Misc, look: Look) -> None:
        super().__init__(parent)
        self._look = look
        self._now = Standing()
        self._is_pulsing = False
        self.title = ttk.Label(self, style="Strong.TLabel", width=1)
        self.sentence = ttk.Label(self, width=1)
        self._bar = ttk.Progressbar(self, maximum=1.0)
        self.button = ttk.Button(self, command=self._run)
        Tooltip(self.title, look, lambda: self._now.title)
        Tooltip(self.sentence, look, lambda: self._now.sentence)
        Tooltip(self.button, look, lambda: self._now.offered.key_text() if self._now.offered else "")
        self._build()

    @property
    def now(self) -> Standing:
        """What is said."""
        return self._now

    def show(self, standing: Standing) -> None:
        """How it stands now."""
        self._now = standing
        self._show_lines()
        if standing.is_running:
            self._show_bar(standing.share)
            self._bar.grid()
        else:
            self._pulse(False)
            self._bar.grid_remove()
        if standing.offered:
            self.button.configure(text=standing.offered.text())
            self.button.grid()
        else:
            self.button.grid_remove()
        self.show_allowed()

    def show_allowed(self) -> None:
        """Whether the button can be used now."""
        offered = self._now.offered
        self.button.state(["!disabled" if offered and offered.is_allowed() else "disabled"])

    def _build(self) -> None:
        px = self._look.px
        self.columnconfigure(0, weight=1)
        self.title.grid(row=0, column=0, sticky="ew")
        self.sentence.grid(row=1, column=0, sticky="ew")
        self._bar.grid(row=2, column=0, sticky="ew", pady=(px(3), 0))
        self.button.grid(row=0, column=1, rowspan=3, padx=(px(12), 0))
        self._bar.grid_remove()
        self.button.grid_remove()
        self.sentence.bind("<Configure>", lambda _event: self._show_lines())

    def _show_lines(self) -> None:
        room = max(self._look.px(80), self.sentence.winfo_width() - self._look.px(4))
        self.title.configure(text=elided(self, self._now.title, STRONG, room))
        if self._now.is_running:  # one line: it changes ten times a second, and the rows must not jump
            self.sentence.configure(text=elided(self, self._now.sentence, BODY, room), wraplength=0)
        else:
            self.sentence.configure(text=self._now.sentence, wraplength=room)

    def _show_bar(self, share: float | None) -> None:
        self._pulse(share is None)
        if share is not None:
            self._bar.configure(value=share)

    def _pulse(self, pulsing: bool) -> None:
        if pulsing == self._is_pulsing:
            return
        self._is_pulsing = pulsing
        self._bar.stop()
        self._bar.configure(mode="indeterminate" if pulsing else "determinate")
        if pulsing:
            self._bar.start(_BUSY_STEP_MS)

    def _run(self) -> None:
        if self._now.offered and self._now.offered.is_allowed():
            self._now.offered.run()
