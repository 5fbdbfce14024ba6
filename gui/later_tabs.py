"""A tab whose work is still to come: it says so, and what can be done until then."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from tkinter import ttk

from core.texts import tr
from gui.icons import icon
from gui.theme import Look


class LaterTab(ttk.Frame):
    """A heading and some sentences; `show_texts` fills them in."""

    def __init__(self, parent: tkinter.Misc, look: Look, texts: Callable[[], tuple[str, str]]) -> None:
        super().__init__(parent, padding=look.px(24))
        self._look = look
        self._texts = texts
        self._middle = ttk.Frame(self)
        self._middle.place(relx=0.5, rely=0.45, anchor="center")
        self._icon = icon(self, look.px(64))
        ttk.Label(self._middle, image=self._icon or "").pack(pady=(0, look.px(14)))
        self._title = ttk.Label(self._middle, style="Title.TLabel", justify="center")
        self._title.pack()
        self._text = ttk.Label(self._middle, justify="center")
        self._text.pack(pady=(look.px(10), 0))
        self.bind("<Configure>", self._wrap)

    def show_texts(self) -> None:
        """All texts in the present language."""
        title, text = self._texts()
        self._title.configure(text=title)
        self._text.configure(text=text)

    def _wrap(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self._text.configure(wraplength=min(self._look.px(620), max(self._look.px(200), self.winfo_width() - 80)))


def retrain_texts() -> tuple[str, str]:
    """What the Retrain tab says."""
    return tr("Retraining is still to come here"), tr(
        "Administrators will retrain the model with the shelter's own photographs here, in a later version. "
        "Until then, a model that somebody else made can be added in the settings."
    )
