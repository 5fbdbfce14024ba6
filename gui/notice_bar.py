"""One line at the top of the window for what the user should know; it stays until it is read and closed."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from tkinter import ttk

from core.texts import tr
from gui.shapes import sign
from gui.theme import Look


class NoticeBar(ttk.Frame):
    """Hidden as long as there is nothing to say."""

    def __init__(self, parent: tkinter.Misc, look: Look) -> None:
        super().__init__(parent, padding=(look.px(12), look.px(8), look.px(12), 0))
        self._look = look
        self._stays = False
        card = ttk.Frame(self, style="Card.TFrame", padding=(look.px(10), look.px(6)))
        card.pack(fill="x")
        self._badge = tkinter.Canvas(card, highlightthickness=0, borderwidth=0, width=look.px(22), height=look.px(22))
        self._badge.pack(side="left", padx=(0, look.px(10)))
        self.button = ttk.Button(card, command=self.hide)
        self.button.pack(side="right", padx=(look.px(10), 0))
        self.offer = ttk.Button(card)
        self._text = ttk.Label(card, justify="left")
        self._text.pack(side="left", fill="x", expand=True)
        self.bind("<Configure>", self._wrap)
        self.bind("<<ThemeChanged>>", lambda _event: self._draw_badge())

    @property
    def text(self) -> str:
        """What it says now."""
        return str(self._text.cget("text")) if self.winfo_manager() else ""

    def show(self, text: str, *, stays: bool = False, offer: tuple[str, Callable[[], object]] | None = None) -> None:
        """Say it, instead of what was said before. What `stays` is only closed by the user.

        `offer` is a button beside it: its name, and what it does about it.
        """
        self._stays = stays
        self._text.configure(text=text)
        self.offer.pack_forget()
        if offer is not None:
            self.offer.configure(text=offer[0], command=offer[1])
            self.offer.pack(side="right", padx=(self._look.px(10), 0), before=self._text)
        self.button.configure(text=tr("Close"))
        self._draw_badge()
        self._wrap()
        self.grid()

    def hide(self) -> None:
        """It was read."""
        self.grid_remove()

    def forget(self) -> None:
        """Something new begins: what went wrong before is no news any more."""
        if not self._stays:
            self.hide()

    def take_away(self, text: str) -> None:
        """This is over; whatever else is said stays."""
        if self.text == text:
            self.hide()

    def _draw_badge(self) -> None:
        size, colours = self._look.px(22), self._look.colours
        self._badge.delete("all")
        self._badge.configure(background=colours.back)
        sign(self._badge, "problem", size / 2, size / 2, size - 2, colours.doubt, colours.back)

    def _wrap(self, _event: tkinter.Event[tkinter.Misc] | None = None) -> None:
        taken = self._badge.winfo_reqwidth() + self.button.winfo_reqwidth() + self._look.px(80)
        if self.offer.winfo_manager():
            taken += self.offer.winfo_reqwidth() + self._look.px(10)
        self._text.configure(wraplength=max(self._look.px(200), self.winfo_width() - taken))
