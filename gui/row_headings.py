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
_NARROWEST_PX = 44


@dataclass(frozen=True)
class Column:
    """`order` is the value of the `core.reviews.Order` it sorts by; `falls` says that its largest come first when it is
    not reversed. Until the user makes it wider or narrower it has `least_px`, and its `share` of the width left over.
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
        self._shares: dict[str, float] = {}
        self._order = ""
        self._reverse = False
        self._dragged: int | None = None
        self._hovered: int | None = None
        self._bind_events()

    @property
    def shares(self) -> dict[str, float]:
        """Which part of the width each column was given by the user, to be remembered; empty when none was touched."""
        return dict(self._shares)

    def use_shares(self, shares: Mapping[str, float]) -> None:
        """Widths as they were remembered; the usual ones where these are not of all columns."""
        wanted = {column.name: shares.get(column.name, 0.0) for column in self._columns}
        self._shares = wanted if all(0 < share <= 1 for share in wanted.values()) else {}
        self.redraw()
        self._on_widths()

    def show_order(self, order: str, reverse: bool) -> None:
        """The arrow on the sorted column, if there is one of this order."""
        self._order, self._reverse = order, reverse
        self.redraw()

    def borders(self) -> list[int]:
        """Where the columns begin and, at last, end, in pixels."""
        width = max(1, self._room())
        if self._shares:
            least = [self._look.px(_NARROWEST_PX)] * len(self._columns)
            wanted = [self._shares[column.name] * width for column in self._columns]
            parts = [max(0.0, one - lowest) for one, lowest in zip(wanted, least, strict=True)]
        else:
            least = [self._look.px(column.least_px) for column in self._columns]
            parts = [column.share for column in self._columns]
        spare, narrow = max(0, width - sum(least)), min(1.0, width / sum(least))
        places, x = [0], 0.0
        for lowest, part in zip(least, parts, strict=True):
            x += lowest * narrow + spare * part / (sum(parts) or 1.0)
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
        low, high = left + px(_NARROWEST_PX), right - px(_NARROWEST_PX)
        borders[place] = min(max(low, event.x), max(low, high))
        names, width = [column.name for column in self._columns], max(1, borders[-1])
        self._shares = {
            name: max(1, end - start) / width for name, (start, end) in zip(names, pairwise(borders), strict=True)
        }
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
