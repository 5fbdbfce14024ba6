"""A list of sentences to read and to copy."""

from __future__ import annotations

import tkinter
from collections.abc import Sequence
from tkinter import ttk

from core.texts import tr
from gui.dialog import Dialog
from gui.theme import BODY, Look


class SentencesDialog(Dialog):
    """One line each."""

    def __init__(self, parent: tkinter.Tk | tkinter.Toplevel, look: Look, title: str, sentences: Sequence[str]) -> None:
        super().__init__(parent, look, title)
        px, colours = look.px, look.colours
        self.text = tkinter.Text(
            self.body, width=72, height=14, wrap="word", font=BODY, background=colours.card, foreground=colours.text,
            borderwidth=0, highlightthickness=1, highlightbackground=colours.border, padx=px(10), pady=px(8),
        )  # fmt: skip
        bar = ttk.Scrollbar(self.body, command=self.text.yview)
        self.text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        self.text.pack(side="left", fill="both", expand=True)
        self.text.tag_configure("line", lmargin2=px(14), spacing3=px(3))
        self.text.insert("1.0", "\n".join(sentences), "line")
        self.text.configure(state="disabled")
        self._copied = "\n".join(sentences)
        ttk.Button(self.foot, text=tr("Copy"), command=self._copy).pack(side="left")
        self.show()

    def _copy(self) -> None:
        self.clipboard_clear()
        self.clipboard_append(self._copied)
