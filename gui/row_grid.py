"""The rows of a tagged folder as a grid of thumbnails, each with its answer and the sign of its verdict."""

from __future__ import annotations

import sys
import tkinter
from tkinter import font
from typing import TYPE_CHECKING

from gui.row_cells import SIGNS, RowCells, RowListener, short_name, sign_of, status_name
from gui.row_mouse import bind_wheel
from gui.row_signs import REVIEWED, SUSPECT
from gui.row_slots import Mark, Raster, Slot
from gui.row_view import RowView
from gui.theme import SMALL, STRONG, Look

if TYPE_CHECKING:
    from PIL import ImageTk

SIZES = ("small", "medium", "large")
_PICTURE_PX = {"small": (104, 84), "medium": (148, 124), "large": (208, 184)}


class RowGrid(RowView):
    """Tiles in three sizes; Control and the wheel choose one."""

    # Whether answers that are too long lose their middle: names that begin alike are told apart by their ends.
    cuts_in_middle = False

    def __init__(self, parent: tkinter.Misc, look: Look, listener: RowListener, size: str = "medium") -> None:
        self._size = size if size in SIZES else "medium"
        super().__init__(parent, look, listener)

    @property
    def tile_size(self) -> str:
        """One of `SIZES`, to be remembered."""
        return self._size

    def use_size(self, size: str) -> None:
        """Tiles of this size, one of `SIZES`; what was in sight stays."""
        if size in SIZES and size != self._size:
            self._size = size
            self._dress()

    def zoom(self, step: int) -> None:
        """The next larger or smaller size, if there is one."""
        self.use_size(SIZES[min(max(0, SIZES.index(self._size) + step), len(SIZES) - 1)])

    @property
    def picture_box(self) -> tuple[int, int]:
        """The room of a thumbnail in pixels."""
        width, height = _PICTURE_PX[self._size]
        return self.look.px(width), self.look.px(height)

    @property
    def tile(self) -> tuple[int, int]:
        """Width and height of a tile in pixels; where there is spare width it is wider."""
        lines = sum(font.nametofont(face, self).metrics("linespace") for face in (STRONG, SMALL))
        px, (width, height) = self.look.px, self.picture_box
        return width + px(16), height + lines + px(22)

    def _bind_events(self) -> None:
        super()._bind_events()
        key = "Command" if sys.platform == "darwin" else "Control"
        bind_wheel(self.canvas, lambda notches: self.zoom(1 if notches < 0 else -1), key)

    def _dress(self) -> None:
        self.thumbnails.use_box(*self.picture_box)
        super()._dress()

    def _raster(self, width: int) -> Raster:
        """Spare width makes the tiles wider, so that more of the answers can be read."""
        px, (tile_width, tile_height) = self.look.px, self.tile
        columns = max(1, (width - px(6)) // (tile_width + px(6)))
        pitch = max(tile_width + px(6), (width - px(6)) // columns)
        return Raster(columns, pitch, tile_height + px(6), px(6), px(6))

    def _new_slot(self, tag: str) -> Slot:
        return TileSlot(self, tag, self._raster_now.pitch_x - self.look.px(6))


class TileSlot(Slot):
    """One drawn tile of the grid."""

    def __init__(self, view: RowGrid, tag: str, width: int) -> None:
        super().__init__(view.canvas, tag)
        self._view = view
        self._tip = ""
        canvas, px, colours = view.canvas, view.look.px, view.look.colours
        height, high, pad = view.tile[1], view.picture_box[1], px(8)
        self._width, self._room = width, width - 2 * pad
        room = self._room
        self._back = canvas.create_rectangle(0, 0, width, height, width=0, tags=tag)
        self._edge = canvas.create_rectangle(0, 0, px(4), height, width=0, fill=colours.accent, tags=tag)
        self._stage = canvas.create_rectangle(pad, pad, pad + room, pad + high, width=0, fill=colours.stage, tags=tag)
        self._image = canvas.create_image(pad + room // 2, pad + high // 2, tags=tag)
        self._none = canvas.create_image(pad + room // 2, pad + high // 2, tags=tag)
        self._none_px = px(34)
        self._sign_px = px(15)
        line = font.nametofont(STRONG, view).metrics("linespace")
        first, self._words_at = pad + high + px(5) + line // 2, pad + self._sign_px + px(5)
        self._sign = canvas.create_image(pad, first, anchor="w", tags=tag)
        self._answer = canvas.create_text(self._words_at, first, anchor="w", font=STRONG, fill=colours.text, tags=tag)
        small = font.nametofont(SMALL, view).metrics("linespace")
        second = first + line // 2 + px(1) + small // 2
        self._name = canvas.create_text(pad, second, anchor="w", font=SMALL, fill=colours.faint, tags=tag)
        self._share = canvas.create_text(pad + room, second, anchor="e", font=SMALL, fill=colours.faint, tags=tag)
        badge = px(3)
        self._badge_px = px(20)
        self._check = canvas.create_image(pad + room - badge, pad + badge, anchor="ne", tags=tag)
        self._suspect = canvas.create_image(pad + badge, pad + badge, anchor="nw", tags=tag)
        self._ring = canvas.create_rectangle(1, 1, width - 1, height - 1, width=px(2), tags=tag)

    def fill(self, cells: RowCells | None) -> None:
        """Write these cells; a tile without them keeps its empty place."""
        canvas, view, px = self.canvas, self._view, self._view.look.px
        if cells is None:
            for item in (self._sign, self._check, self._suspect, self._none):
                canvas.itemconfigure(item, image="")
            for item in (self._name, self._share):
                canvas.itemconfigure(item, text="")
            canvas.itemconfigure(self._answer, text="…")
            self._tip = ""
            return
        kind = sign_of(cells)
        canvas.itemconfigure(self._sign, image=view.signs.get(kind, self._sign_px) if kind else "")
        no_picture = SIGNS[cells.status.value] if cells.status and not cells.thumbnail else ""
        canvas.itemconfigure(self._none, image=view.signs.get(no_picture, self._none_px) if no_picture else "")
        canvas.itemconfigure(self._check, image=view.signs.get(REVIEWED, self._badge_px) if cells.reviewed else "")
        canvas.itemconfigure(self._suspect, image=view.signs.get(SUSPECT, self._badge_px) if cells.is_suspect else "")
        answer = cells.answer or status_name(cells.status)
        room = self._room - self._sign_px - px(5)
        shown = view.texts.fit(answer, STRONG, room, view.cuts_in_middle)
        canvas.itemconfigure(self._answer, text=shown)
        canvas.itemconfigure(self._share, text=cells.confidence)
        left = self._room - (view.texts.width(cells.confidence, SMALL) + px(6) if cells.confidence else 0)
        canvas.itemconfigure(self._name, text=view.texts.fit(short_name(cells.name), SMALL, left, in_the_middle=True))
        lines = (cells.name, answer, cells.animal, cells.reviewed)
        self._tip = "\n".join(line for line in lines if line)

    def show_mark(self, mark: Mark) -> None:
        """Chosen: coloured, with an edge at its left; current: a ring, broken while the keyboard is elsewhere."""
        colours, canvas = self._view.look.colours, self.canvas
        fill = colours.chosen if mark.chosen else colours.hover if mark.under_mouse else colours.card
        canvas.itemconfigure(self._back, fill=fill)
        canvas.itemconfigure(self._edge, state="normal" if mark.chosen else "hidden")
        dash = "" if mark.focused else (3, 3)
        ink = colours.accent if mark.focused else colours.faint
        canvas.itemconfigure(self._ring, state="normal" if mark.current else "hidden", outline=ink, dash=dash)

    def show_picture(self, picture: ImageTk.PhotoImage | None) -> None:
        """The thumbnail in the middle of its place."""
        self.canvas.itemconfigure(self._image, image=picture or "")

    def tip_at(self, x: int, y: int) -> str:
        """All that the tile says, in whole words."""
        return self._tip if 0 <= x < self._width else ""
