"""The headings of the table: a click sorts, their borders are drawn to make columns wider or narrower."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from tkinter import font

from gui.text_fit import TextFit
from gui.theme import BODY, STRONG, Look

_GRIP_PX = 5


@dataclass(frozen=True)
class Column:
    """`order` is the value of the `core.reviews.Order` it sorts by; `share` of the width, in proportion; at least
    `least_px` wide; `falls` says that its largest come first when it is not reversed.
    """

    name: str
    order: str
    share: float
    least_px: int
    is_number: bool = False
    falls: bool = False


class RowHeadings(tkinter.Canvas):
    """Draws the headings over columns whose borders it knows."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        columns: Sequence[Column],
        text_of: Callable[[str], str],
        on_sort: Callable[[Column, bool], object],
        on_widths: Callable[[], object],
        room: Callable[[], int],
    ) -> None:
        """`room` is the width of the columns together, in pixels."""
        super().__init__(parent, highlightthickness=0, borderwidth=0)
        self._look = look
        self._columns = columns
        self._text_of = text_of
        self._on_sort = on_sort
        self._on_widths = on_widths
        self._room = room
        self._fit = TextFit(self)
        self._shares = {column.name: column.share for column in columns}
        self._order = ""
        self._reverse = False
        self._dragged: int | None = None
        self._hovered: int | None = None
        self._bind_events()

    @property
    def shares(self) -> dict[str, float]:
        """How wide the columns are in proportion, to be remembered."""
        return dict(self._shares)

    def use_shares(self, shares: Mapping[str, float]) -> None:
        """Widths as they were remembered; what is unknown or no width is left."""
        self._shares |= {name: share for name, share in shares.items() if name in self._shares and share > 0}
        self.redraw()
        self._on_widths()

    def show_order(self, order: str, reverse: bool) -> None:
        """The arrow on the sorted column, if there is one of this order."""
        self._order, self._reverse = order, reverse
        self.redraw()

    def borders(self) -> list[int]:
        """Where the columns begin and, at last, end, in pixels."""
        width = max(1, self._room())
        least = [self._look.px(column.least_px) for column in self._columns]
        spare = max(0, width - sum(least))
        whole = sum(self._shares.values())
        narrow = min(1.0, width / sum(least))
        places, x = [0], 0.0
        for column, lowest in zip(self._columns, least, strict=True):
            x += lowest * narrow + spare * self._shares[column.name] / whole
            places.append(round(x))
        return places

    def redraw(self) -> None:
        """All headings in the present theme and language."""
        colours, px = self._look.colours, self._look.px
        line: int = font.nametofont(BODY, self).metrics("linespace")
        height = line + px(12)
        self._fit.forget()
        self.delete("all")
        self.configure(background=colours.back, height=height)
        borders = self.borders()
        for place, column in enumerate(self._columns):
            left, right = borders[place], borders[place + 1]
            if place == self._hovered and self._dragged is None:
                self.create_rectangle(left, 0, right, height, fill=colours.hover, width=0)
            self._draw(column, left, right, height)
            if place:
                self.create_line(left, px(5), left, height - px(5), fill=colours.border)
        self.create_line(0, height - 1, self.winfo_width(), height - 1, fill=colours.border)

    def _draw(self, column: Column, left: int, right: int, height: int) -> None:
        colours, px = self._look.colours, self._look.px
        is_sorted = column.order == self._order
        arrow = px(14) if is_sorted else 0
        face = STRONG if is_sorted else BODY
        text, room = self._text_of(column.name), right - left - px(16) - arrow
        if self._fit.width(text, face) > room:
            face = BODY
        text = self._fit.fit(text, face, room)
        if column.is_number:
            x = right - px(10) - arrow
            self.create_text(x, height // 2, text=text, anchor="e", font=face, fill=colours.text)
        else:
            x = left + px(8)
            self.create_text(x, height // 2, text=text, anchor="w", font=face, fill=colours.text)
            x += self._fit.width(text, face)
        if is_sorted:
            self._draw_arrow(x + px(9), height / 2, points_up=column.falls == self._reverse)

    def _draw_arrow(self, x: float, y: float, points_up: bool) -> None:
        half = self._look.px(4)
        tip, foot = (y - half * 0.8, y + half * 0.8) if points_up else (y + half * 0.8, y - half * 0.8)
        self.create_polygon(x - half, foot, x + half, foot, x, tip, fill=self._look.colours.accent)

    def _bind_events(self) -> None:
        self.bind("<Configure>", lambda _event: self.redraw())
        self.bind("<Button-1>", self._on_press)
        self.bind("<B1-Motion>", self._on_drag)
        self.bind("<ButtonRelease-1>", self._on_release)
        self.bind("<Motion>", lambda event: self._hover(event.x))
        self.bind("<Leave>", lambda _event: self._hover(None))

    def _border_at(self, x: int) -> int | None:
        """The number of the column to the right of the border here."""
        near = [(abs(border - x), place) for place, border in enumerate(self.borders()[1:-1], 1)]
        distance, place = min(near)
        return place if distance <= self._look.px(_GRIP_PX) else None

    def _column_at(self, x: int) -> int:
        inside = [place for place, border in enumerate(self.borders()[:-1]) if border <= x]
        return inside[-1] if inside else 0

    def _hover(self, x: int | None) -> None:
        border = None if x is None else self._border_at(x)
        self.configure(cursor="sb_h_double_arrow" if border is not None else "")
        hovered = None if x is None or border is not None else self._column_at(x)
        if hovered != self._hovered:
            self._hovered = hovered
            self.redraw()

    def _on_press(self, event: tkinter.Event[tkinter.Misc]) -> None:
        self._dragged = self._border_at(event.x)

    def _on_drag(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if self._dragged is None:
            return
        borders, place, px = self.borders(), self._dragged, self._look.px
        left, right = borders[place - 1], borders[place + 1]
        low = left + px(self._columns[place - 1].least_px)
        high = right - px(self._columns[place].least_px)
        borders[place] = min(max(low, event.x), max(low, high))
        self._take_widths([end - start for start, end in pairwise(borders)])

    def _take_widths(self, widths: Sequence[int]) -> None:
        spare = [width - self._look.px(column.least_px) for width, column in zip(widths, self._columns, strict=True)]
        if min(spare) < 0 or not sum(spare):
            return  # too narrow for a choice
        names = [column.name for column in self._columns]
        self._shares = {name: max(one / sum(spare), 1e-4) for name, one in zip(names, spare, strict=True)}
        self.redraw()
        self._on_widths()

    def _on_release(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if self._dragged is not None:
            self._dragged = None
            self._hover(event.x)
            return
        column = self._columns[self._column_at(event.x)]
        if 0 <= event.x < self.winfo_width() and 0 <= event.y < self.winfo_height():
            reverse = column.order == self._order and not self._reverse
            self.show_order(column.order, reverse)
            self._on_sort(column, reverse)
