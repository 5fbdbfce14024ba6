"""The answer in words, big and plain, and what the volunteer said of the same photograph."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from tkinter import font, ttk

from core.texts import tr
from gui.shapes import sign
from gui.theme import BIG, TITLE, Look

SURE, UNSURE, NONE, PROBLEM, WAITING = "check", "question", "none", "problem", ""


class VerdictCard(ttk.Frame):
    """Headline, detail and correction; its texts wrap in the width that it gets."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        on_take_back: Callable[[], object],
        fonts: tuple[str, str] = (BIG, TITLE),
    ) -> None:
        """`fonts` are those of a short headline and of a long one."""
        super().__init__(parent)
        self._look = look
        self._fonts = fonts
        self._kind = WAITING
        self._badge = tkinter.Canvas(self, highlightthickness=0, borderwidth=0)
        self._headline = ttk.Label(self, style="Headline.TLabel", justify="left")
        self._detail = ttk.Label(self, justify="left")
        self._corrected = ttk.Frame(self, style="Card.TFrame", padding=look.px(6))
        self._said = ttk.Label(self._corrected, style="Strong.TLabel", justify="left")
        self._said_when = ttk.Label(self._corrected, style="Small.TLabel", justify="left")
        self._take_back = ttk.Button(self._corrected, command=on_take_back)
        self._build()

    def show_answer(self, kind: str, headline: str, detail: str) -> None:
        """`kind` is one of the constants above; without a headline the card says nothing yet."""
        self._kind = kind
        self._headline.configure(text=headline)
        self._detail.configure(text=detail)
        self._draw_badge()
        self._wrap()

    def show_correction(self, said: str, when: str) -> None:
        """What the volunteer said and when; empty hides it."""
        self._said.configure(text=said)
        self._said_when.configure(text=when)
        self._take_back.configure(text=tr("Take back"))
        if said:
            self._corrected.grid()
        else:
            self._corrected.grid_remove()

    def _build(self) -> None:
        px = self._look.px
        self.columnconfigure(1, weight=1)
        self._badge.grid(row=0, column=0, sticky="n", padx=(0, px(10)), pady=(px(2), 0))
        self._headline.grid(row=0, column=1, sticky="ew")
        self._detail.grid(row=1, column=0, columnspan=2, sticky="ew", pady=(px(8), 0))
        self._corrected.grid(row=2, column=0, columnspan=2, sticky="ew", pady=(px(10), 0))
        self._corrected.columnconfigure(0, weight=1)
        self._said.grid(row=0, column=0, sticky="ew")
        self._said_when.grid(row=1, column=0, sticky="ew")
        self._take_back.grid(row=0, column=1, rowspan=2, padx=(px(8), 0))
        self._corrected.grid_remove()
        self.bind("<Configure>", self._wrap)
        self._corrected.bind("<Configure>", self._wrap)
        self.bind("<<ThemeChanged>>", lambda _event: self._draw_badge())

    def _wrap(self, _event: tkinter.Event[tkinter.Misc] | None = None) -> None:
        width, px = self.winfo_width(), self._look.px
        badge = self._badge.winfo_reqwidth() + px(10) if self._kind else 0
        room = max(px(100), width - badge)
        short, long = self._fonts
        needed = font.nametofont(short, self).measure(str(self._headline.cget("text")))
        self._headline.configure(wraplength=room, font=short if needed < 1.6 * room else long)
        self._detail.configure(wraplength=max(px(100), width))
        inner = width - self._take_back.winfo_reqwidth() - px(36)
        self._said.configure(wraplength=max(px(100), inner))
        self._said_when.configure(wraplength=max(px(100), inner))

    def _draw_badge(self) -> None:
        colours, size = self._look.colours, self._look.px(30)
        self._badge.delete("all")
        self._badge.configure(background=colours.back, width=size, height=size)
        if not self._kind:
            self._badge.grid_remove()
            return
        self._badge.grid()
        colour = {SURE: colours.good, UNSURE: colours.doubt, PROBLEM: colours.bad}.get(self._kind, colours.faint)
        sign(self._badge, self._kind, size / 2, size / 2, size - 2, colour, colours.back)
