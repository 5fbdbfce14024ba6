"""The first five breeds with the numbers that choose them: a click on a number answers, one on a breed shows why.

With the keyboard: up and down, Space shows why, Enter answers.
"""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from tkinter import font

from core.texts import percent
from gui.breed_bars import Bar
from gui.focus import focused
from gui.shapes import rounded_box
from gui.theme import BODY, SMALL, STRONG, Look, elided

_CAP_PX = 20


class CandidateList(tkinter.Canvas):
    """Low rows, so that a picture fits above them on a small screen."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        on_taken: Callable[[int], object],
        on_explained: Callable[[int], object],
    ) -> None:
        """`on_taken` gets the place (from 0) of a breed, `on_explained` its label."""
        super().__init__(parent, highlightthickness=0, borderwidth=0, takefocus=True, width=look.px(260))
        self._look = look
        self._on_taken = on_taken
        self._on_explained = on_explained
        self._bars: Sequence[Bar] = ()
        self._explained: int | None = None
        self._said: frozenset[int] = frozenset()
        self._under_mouse: tuple[int, bool] | None = None
        self._at = 0
        for event in ("<Configure>", "<<ThemeChanged>>", "<FocusIn>", "<FocusOut>"):
            self.bind(event, lambda _event: self.redraw())
        self.bind("<Button-1>", self._on_click)
        self.bind("<Motion>", lambda event: self._hover(self._part_at(event.x, event.y)))
        self.bind("<Leave>", lambda _event: self._hover(None))
        for key, step in (("<Up>", -1), ("<Down>", 1)):
            self.bind(key, lambda _event, step=step: self._move(step))  # type: ignore[misc]
        self.bind("<space>", lambda _event: self._explain(self._at))
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, lambda _event: self._take(self._at))
        self.redraw()

    @property
    def bars(self) -> Sequence[Bar]:
        """What is shown, best first."""
        return self._bars

    def show(self, bars: Sequence[Bar], explained: int | None, said: frozenset[int]) -> None:
        """The breeds, best first; the label whose heatmap is shown, and those that a volunteer named."""
        if [bar.label for bar in bars] != [bar.label for bar in self._bars]:
            self._at = 0
        self._bars, self._explained, self._said = bars, explained, said
        self.redraw()

    def redraw(self) -> None:
        """Everything anew, in the present theme."""
        self.delete("all")
        self.configure(background=self._look.colours.back, height=max(1, self._row_height() * len(self._bars)))
        for place, bar in enumerate(self._bars):
            self._draw(place, bar)

    def _row_height(self) -> int:
        line: int = font.nametofont(BODY, self).metrics("linespace")
        return line + self._look.px(11)

    def _draw(self, place: int, bar: Bar) -> None:
        colours, px, height = self._look.colours, self._look.px, self._row_height()
        top, width = place * height, max(px(120), self.winfo_width())
        over = self._under_mouse if self._under_mouse and self._under_mouse[0] == place else None
        fill = colours.chosen if bar.label == self._explained else colours.hover if over else colours.back
        has_focus = place == self._at and focused(self) is self
        box = (1, top + 1, width - 2, top + height - 1)
        rounded_box(self, box, px(5), fill=fill, outline=colours.accent if has_focus else fill, width=1 + has_focus)
        self._draw_cap(place, top + height / 2, is_hot=bool(over and over[1]), is_said=bar.label in self._said)
        left, right = px(_CAP_PX) + px(14), width - px(8)
        ink = STRONG if bar.label in self._said else BODY
        share = self.create_text(right, top + px(2), text=percent(bar.probability), anchor="ne", font=ink)
        self.itemconfigure(share, fill=colours.text)
        name = elided(self, bar.name, ink, self.bbox(share)[0] - px(8) - left)
        self.create_text(left, top + px(2), text=name, anchor="nw", font=ink, fill=colours.text)
        rail = (left, top + height - px(7), right, top + height - px(3))
        rounded_box(self, rail, px(2), fill=colours.track)
        full = left + max(px(4), (right - left) * bar.probability)
        rounded_box(self, (left, rail[1], full, rail[3]), px(2), fill=colours.accent)

    def _draw_cap(self, place: int, middle: float, *, is_hot: bool, is_said: bool) -> None:
        """The number as the cap of its key; filled where it is the volunteer's word."""
        colours, px = self._look.colours, self._look.px
        half, x = px(_CAP_PX) / 2, px(_CAP_PX) / 2 + px(5)
        fill = colours.accent if is_said or is_hot else colours.card
        box = (x - half, middle - half, x + half, middle + half)
        rounded_box(self, box, px(4), fill=fill, outline=colours.accent if is_said or is_hot else colours.border)
        ink = colours.card if is_said or is_hot else colours.text
        self.create_text(x, middle, text=str(place + 1), font=SMALL, fill=ink)

    def _part_at(self, x: int, y: int) -> tuple[int, bool] | None:
        """Which row, and whether its number."""
        place = y // self._row_height()
        return (place, x <= self._look.px(_CAP_PX + 12)) if 0 <= place < len(self._bars) else None

    def _hover(self, part: tuple[int, bool] | None) -> None:
        if part != self._under_mouse:
            self._under_mouse = part
            self.configure(cursor="hand2" if part else "")
            self.redraw()

    def _on_click(self, event: tkinter.Event[tkinter.Misc]) -> None:
        part = self._part_at(event.x, event.y)
        if part is None:
            return
        self._at, is_number = part
        if is_number:
            self._take(self._at)
        else:
            self._explain(self._at)

    def _move(self, step: int) -> str:
        self._at = min(max(0, self._at + step), max(0, len(self._bars) - 1))
        self.redraw()
        return "break"

    def _explain(self, place: int) -> str:
        if place < len(self._bars):
            self._on_explained(self._bars[place].label)
        return "break"

    def _take(self, place: int) -> str:
        if place < len(self._bars):
            self._on_taken(place)
        return "break"
