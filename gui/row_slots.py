"""The drawn places of a view of rows: as many as are in sight, filled anew when other rows scroll into them."""

from __future__ import annotations

import math
import tkinter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageTk

    from gui.row_cells import RowCells

_AWAY = -100_000


@dataclass(frozen=True)
class Raster:
    """Where rows stand: `columns` side by side, each `pitch_x` × `pitch_y` pixels, `left` and `top` pixels in."""

    columns: int
    pitch_x: int
    pitch_y: int
    left: int = 0
    top: int = 0

    def corner(self, place: int) -> tuple[int, int]:
        """The upper left corner of a place, in pixels of the whole list."""
        row, column = divmod(place, self.columns)
        return self.left + column * self.pitch_x, self.top + row * self.pitch_y

    def height(self, count: int) -> int:
        """Of the whole list."""
        return 2 * self.top + math.ceil(count / self.columns) * self.pitch_y

    def in_sight(self, top: int, height: int, count: int) -> range:
        """The places that are seen in part at least, from `top` pixels on."""
        first = max(0, (top - self.top) // self.pitch_y) * self.columns
        last = (max(0, top + height - 1 - self.top) // self.pitch_y + 1) * self.columns
        return range(min(first, count), min(last, count))

    def most_in_sight(self, height: int) -> int:
        """No more places than these are ever in sight."""
        return (height // self.pitch_y + 2) * self.columns

    def place_at(self, x: int, y: int, count: int) -> int | None:
        """The place under a point of the whole list."""
        column, row = (x - self.left) // self.pitch_x, (y - self.top) // self.pitch_y
        place = row * self.columns + column
        return place if 0 <= column < self.columns and row >= 0 and place < count else None


@dataclass(frozen=True)
class Mark:
    """How a row stands out."""

    chosen: bool = False
    current: bool = False
    focused: bool = False
    under_mouse: bool = False


class Slot:
    """One drawn place: canvas items that are moved and filled again; what has not changed is not drawn anew."""

    def __init__(self, canvas: tkinter.Canvas, tag: str) -> None:
        self.canvas = canvas
        self.tag = tag
        self.number: int | None = None
        self._cells: RowCells | None = None
        self._mark: Mark | None = None
        self._picture: ImageTk.PhotoImage | None = None
        self._at = (0, 0)
        self._is_filled = False

    def show(
        self,
        number: int,
        corner: tuple[int, int],
        cells: RowCells | None,
        mark: Mark,
        picture: ImageTk.PhotoImage | None,
    ) -> None:
        """This row here; without cells a placeholder."""
        self._move(corner)
        if not self._is_filled or cells is not self._cells or (cells is None and number != self.number):
            self._cells, self._is_filled = cells, True
            self.fill(cells)
        if picture is not self._picture:
            self._picture = picture
            self.show_picture(picture)
        if mark != self._mark:
            self._mark = mark
            self.show_mark(mark)
        self.number = number

    def hide(self) -> None:
        """Out of sight, until it is needed again."""
        self.number = None
        self._move((0, _AWAY))

    @property
    def cells(self) -> RowCells | None:
        return self._cells

    def fill(self, cells: RowCells | None) -> None:
        """Write these cells."""
        raise NotImplementedError

    def show_mark(self, mark: Mark) -> None:
        """Let it stand out, or not."""
        raise NotImplementedError

    def show_picture(self, picture: ImageTk.PhotoImage | None) -> None:
        """The thumbnail, or its place without it."""
        raise NotImplementedError

    def tip_at(self, x: int, y: int) -> str:
        """The whole of the text that was cut at this point of the slot; empty where nothing was."""
        raise NotImplementedError

    def _move(self, corner: tuple[int, int]) -> None:
        if corner != self._at:
            self.canvas.move(self.tag, corner[0] - self._at[0], corner[1] - self._at[1])
            self._at = corner
