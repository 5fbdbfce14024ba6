"""The page of an export that is under way: how far it is and how long still, read off a few times a second."""

from __future__ import annotations

import time
import tkinter
from tkinter import ttk

from core.export_jobs import Steps
from core.texts import tr
from gui.export_choose import grouped
from gui.theme import Look

_EVERY_MS = 100
_RATE_FROM_S = 2.0


class RunningPage(ttk.Frame):
    """Shows `steps` as long as it is there."""

    def __init__(self, parent: tkinter.Misc, look: Look, title: str, steps: Steps) -> None:
        super().__init__(parent)
        self._steps = steps
        self._begun = time.monotonic()
        self._middle = ttk.Frame(self)
        self._middle.place(relx=0.5, rely=0.4, anchor="center")
        ttk.Label(self._middle, text=title, style="Title.TLabel").pack(anchor="w", pady=(0, look.px(12)))
        self.bar = ttk.Progressbar(self._middle, length=look.px(520), mode="determinate")
        self.bar.pack(fill="x")
        self.label = ttk.Label(self._middle, style="Faint.TLabel")
        self.label.pack(anchor="w", pady=(look.px(8), 0))
        self._next = self.after(_EVERY_MS, self._show)

    def destroy(self) -> None:
        if self._next:
            self.after_cancel(self._next)
            self._next = ""
        super().destroy()

    def stopping(self) -> None:
        """It was told to stop."""
        self.label.configure(text=tr("Stopping…"))
        if self._next:
            self.after_cancel(self._next)
            self._next = ""

    def _show(self) -> None:
        self._next = self.after(_EVERY_MS, self._show)
        done, total = self._steps.done, self._steps.total
        if not total:
            return
        self.bar.configure(maximum=total, value=done)
        text = tr("{done} of {total}").format(done=grouped(done), total=grouped(total))
        passed = time.monotonic() - self._begun
        if done and passed > _RATE_FROM_S:
            left = passed / done * (total - done)
            text = f"{text} · {_time_left(left)}"
        self.label.configure(text=text)


def _time_left(seconds: float) -> str:
    if seconds < 60:
        return tr("about {count} s left").format(count=max(1, round(seconds)))
    return tr("about {count} min left").format(count=round(seconds / 60))
