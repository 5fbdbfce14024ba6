"""What a dialog has to say: a sentence with a sign, perhaps with buttons that answer it; hidden when there is none."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from tkinter import ttk

from gui.shapes import sign
from gui.theme import Look

Answer = tuple[str, Callable[[], object]]


class SentenceBar(ttk.Frame):
    """`say` and `hide`; packed by itself over the widget `above` which it is told to stand."""

    def __init__(self, parent: tkinter.Misc, look: Look) -> None:
        super().__init__(parent, padding=(look.px(20), look.px(6), look.px(20), 0))
        self._look = look
        self._kind = "problem"
        card = ttk.Frame(self, style="Card.TFrame", padding=(look.px(10), look.px(6)))
        card.pack(fill="x")
        self._badge = tkinter.Canvas(card, highlightthickness=0, borderwidth=0, width=look.px(22), height=look.px(22))
        self._badge.pack(side="left", padx=(0, look.px(10)))
        self._buttons = ttk.Frame(card)
        self._buttons.pack(side="right")
        self._label = ttk.Label(card, justify="left")
        self._label.pack(side="left", fill="x", expand=True)
        self.bind("<Configure>", self._wrap)

    @property
    def text(self) -> str:
        """What it says now; empty when it is hidden."""
        return str(self._label.cget("text")) if self.winfo_manager() else ""

    @property
    def buttons(self) -> list[ttk.Button]:
        """Those that answer it."""
        return [child for child in self._buttons.winfo_children() if isinstance(child, ttk.Button)]

    def say(self, text: str, answers: Sequence[Answer] = (), kind: str = "problem") -> None:
        """Say it, instead of what was said before; `kind` is a sign of `gui.shapes.sign`."""
        for button in self.buttons:
            button.destroy()
        for name, command in answers:
            ttk.Button(self._buttons, text=name, command=command).pack(side="left", padx=(self._look.px(8), 0))
        self._label.configure(text=text)
        self._kind = kind
        self._draw()
        self.pack(side="bottom", fill="x")
        self._wrap()

    def hide(self) -> None:
        """Nothing to say."""
        self.pack_forget()

    def _draw(self) -> None:
        size, colours = self._look.px(22), self._look.colours
        colour = {"problem": colours.bad, "check": colours.good}.get(self._kind, colours.doubt)
        self._badge.delete("all")
        self._badge.configure(background=colours.back)
        sign(self._badge, self._kind, size / 2, size / 2, size - 2, colour, colours.back)

    def _wrap(self, _event: tkinter.Event[tkinter.Misc] | None = None) -> None:
        taken = self._badge.winfo_reqwidth() + self._buttons.winfo_reqwidth() + self._look.px(90)
        width = self.winfo_width() if self.winfo_width() > 1 else self.master.winfo_width()
        self._label.configure(wraplength=max(self._look.px(200), width - taken))
