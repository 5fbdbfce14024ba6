"""Counts as horizontal bars, one line each: the mouse or the keyboard chooses one."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import font

from core.texts import language
from gui.focus import focused
from gui.row_tip import RowTip
from gui.shapes import rounded_box
from gui.theme import BODY, STRONG, Look, elided

_LARGEST_SHARE_OF_NAMES = 0.45


@dataclass(frozen=True)
class Count:
    """One bar; `key` is handed over when it is chosen, and without one it cannot be."""

    key: str | None
    name: str
    number: int


class BarChart(tkinter.Canvas):
    """Draws the counts, the longest bar for the largest of those with a key; Up, Down and Enter, or a click, choose."""

    def __init__(self, parent: tkinter.Misc, look: Look, on_chosen: Callable[[str], object]) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, takefocus=True, width=look.px(280))
        self._look = look
        self._on_chosen = on_chosen
        self._counts: Sequence[Count] = ()
        self._at = 0
        self._under_mouse: int | None = None
        self._tip = RowTip(self, look)
        for event in ("<Configure>", "<<ThemeChanged>>", "<FocusIn>", "<FocusOut>"):
            self.bind(event, lambda _event: self.redraw())
        self.bind("<ButtonPress-1>", self._on_press)
        # Not before: the window may close, and what lies below it must not get the rest of the click.
        self.bind("<ButtonRelease-1>", self._on_release)
        self.bind("<Motion>", self._on_motion)
        self.bind("<Leave>", lambda _event: self._hover(None))
        self.bind("<Destroy>", lambda _event: self._tip.hide())
        for key, step in (("<Up>", -1), ("<Down>", 1)):
            self.bind(key, lambda _event, step=step: self._move(step))  # type: ignore[misc]
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.bind(key, lambda _event: self._take(self._at))

    def show(self, counts: Sequence[Count]) -> None:
        """These, in this order."""
        self._counts = counts
        self._at = min(self._at, max(0, len(counts) - 1))
        self.configure(height=max(1, self.row_height * len(counts)))
        self.redraw()

    @property
    def row_height(self) -> int:
        line: int = font.nametofont(BODY, self).metrics("linespace")
        return line + self._look.px(8)

    def redraw(self) -> None:
        """Draw all bars, in the present theme."""
        self.delete("all")
        self.configure(background=self._look.colours.back)
        width = max(self._look.px(160), self.winfo_width())
        measure, px = font.nametofont(STRONG, self).measure, self._look.px
        names = max((measure(count.name) for count in self._counts), default=0)
        left = px(10) + min(names, round(width * _LARGEST_SHARE_OF_NAMES))
        right = width - px(10) - max((measure(grouped(count.number)) for count in self._counts), default=0)
        for row, count in enumerate(self._counts):
            self._draw(row, count, left, right, width)

    def _draw(self, row: int, count: Count, left: int, right: int, width: int) -> None:
        colours, px, height = self._look.colours, self._look.px, self.row_height
        top, middle = row * height, row * height + height / 2
        has_focus = row == self._at and focused(self) is self
        if has_focus or row == self._under_mouse:
            box = (1, top + 1, width - 2, top + height - 1)
            outline = colours.accent if has_focus else colours.hover
            rounded_box(self, box, px(5), fill=colours.hover, outline=outline, width=2 if has_focus else 1)
        ink = colours.text if count.key is not None else colours.faint
        name = elided(self, count.name, BODY, left - px(10))
        self.create_text(px(6), middle, text=name, anchor="w", font=BODY, fill=ink)
        number = grouped(count.number)
        self.create_text(width - px(6), middle, text=number, anchor="e", font=BODY, fill=ink)
        most = max((one.number for one in self._counts if one.key is not None), default=1)
        begin, end = left + px(6), right - px(6)
        if count.key is not None and end > begin:
            thick = px(5)
            full = begin + max(px(3), (end - begin) * count.number / max(1, most))
            rounded_box(self, (begin, middle - thick, full, middle + thick), px(3), fill=colours.accent)

    def _on_press(self, event: tkinter.Event[tkinter.Misc]) -> None:
        self.focus_set()
        row = self._row_at(event.y)
        if row is not None:
            self._at = row
            self.redraw()

    def _on_release(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if self._row_at(event.y) == self._at and 0 <= event.x < self.winfo_width():
            self._take(self._at)

    def _take(self, row: int) -> str:
        key = self._counts[row].key if row < len(self._counts) else None
        if key is not None:
            self._tip.hide()
            self._on_chosen(key)
        return "break"

    def _move(self, step: int) -> str:
        self._at = min(max(0, self._at + step), max(0, len(self._counts) - 1))
        self.redraw()
        self.event_generate("<<Moved>>")
        return "break"

    @property
    def marked(self) -> tuple[int, int]:
        """Where the row of the keyboard is: its upper and lower end, in pixels from the top."""
        return self._at * self.row_height, (self._at + 1) * self.row_height

    def _on_motion(self, event: tkinter.Event[tkinter.Misc]) -> None:
        row = self._row_at(event.y)
        self._hover(row)
        name = self._counts[row].name if row is not None else ""
        room = round(self.winfo_width() * _LARGEST_SHARE_OF_NAMES)
        is_cut = font.nametofont(BODY, self).measure(name) > room
        below = self.winfo_rooty() + ((row or 0) + 1) * self.row_height
        self._tip.rest_on(name if is_cut else "", event.x_root, below)

    def _hover(self, row: int | None) -> None:
        if row is None:
            self._tip.hide()
        if row != self._under_mouse:
            self._under_mouse = row
            has_key = row is not None and self._counts[row].key is not None
            self.configure(cursor="hand2" if has_key else "")
            self.redraw()

    def _row_at(self, y: int) -> int | None:
        row = y // self.row_height
        return row if 0 <= row < len(self._counts) else None


def grouped(number: int) -> str:
    """A whole number with its thousands apart, as the present language writes it."""
    return f"{number:,}".replace(",", "\u202f" if language() == "fr" else ",")
