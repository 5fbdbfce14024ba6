"""The rows of a tagged folder as a table: photograph, verdict, breed, confidence, animal, reviewed."""

from __future__ import annotations

import tkinter
from collections.abc import Mapping
from tkinter import font
from typing import TYPE_CHECKING

from core.texts import tr
from gui.row_cells import RowCells, RowListener, file_name_in, short_name, sign_of, verdict_of
from gui.row_headings import Column, RowHeadings
from gui.row_signs import REVIEWED, SUSPECT
from gui.row_slots import Mark, Raster, Slot
from gui.row_view import RowView
from gui.theme import BODY, SMALL, STRONG, Look

if TYPE_CHECKING:
    from PIL import ImageTk

    from core.reviews import Order

_THUMBNAIL_PX = (38, 28)
_COLUMNS = (
    Column("photograph", "name", 2.4, 130),
    Column("verdict", "status", 0.3, 120),
    Column("breed", "breed", 3.2, 150),
    Column("confidence", "confidence", 0.2, 106, is_number=True, falls=True),
    Column("animal", "animal", 1.4, 64),
    Column("reviewed", "reviewed", 1.5, 70, falls=True),
)


def _column_text(name: str) -> str:
    texts = {
        "photograph": tr("Photograph"),
        "verdict": tr("Verdict"),
        "breed": tr("Breed"),
        "confidence": tr("Confidence"),
        "animal": tr("Animal"),
        "reviewed": tr("Reviewed"),
    }
    return texts[name]


class RowTable(RowView):
    """One row a photograph, with headings that sort."""

    def __init__(self, parent: tkinter.Misc, look: Look, listener: RowListener) -> None:
        self._row_height = 0
        super().__init__(parent, look, listener)

    @property
    def widths(self) -> Mapping[str, float]:
        """How wide the columns are in proportion, to be remembered."""
        return self.headings.shares

    def use_widths(self, widths: Mapping[str, float]) -> None:
        """Columns as wide as they were remembered."""
        self.headings.use_shares(widths)

    def show_order(self, order: Order, reverse: bool = False) -> None:
        """The arrow on the column that the rows are sorted by; none for an order without a column."""
        self.headings.show_order(order.value, reverse)

    def show_texts(self) -> None:
        """Headings in the present language; cells are asked for again."""
        self.headings.redraw()
        super().show_texts()

    def step(self, key: str) -> int | None:
        """As in every view; a row has no neighbours at its sides."""
        return None if key in ("Left", "Right") else super().step(key)

    def _build(self) -> None:
        super()._build()
        self.headings = RowHeadings(
            *(self._inside, self.look, _COLUMNS, _column_text, self._on_sort),
            on_widths=lambda: self._lay_out(),
            room=lambda: self.canvas.winfo_width(),
        )
        self.headings.grid(row=0, column=0, columnspan=2, sticky="ew", padx=1, pady=(1, 0))
        self.canvas.grid_configure(pady=(0, 1))

    def _on_sort(self, column: Column, reverse: bool) -> None:
        from core.reviews import Order  # here: it takes a while, and the first drawing of the window does without

        self.canvas.focus_set()
        self.listener.sort(Order(column.order), reverse)

    def _dress(self) -> None:
        line: int = font.nametofont(BODY, self).metrics("linespace")
        px = self.look.px
        self._row_height = max(line + px(10), px(_THUMBNAIL_PX[1]) + px(4))
        self.thumbnails.use_box(px(_THUMBNAIL_PX[0]), px(_THUMBNAIL_PX[1]))
        self.headings.redraw()
        super()._dress()

    def _on_resized(self) -> None:
        self.headings.redraw()
        super()._on_resized()

    def _raster(self, width: int) -> Raster:
        return Raster(1, width, self._row_height)

    def _new_slot(self, tag: str) -> Slot:
        return TableSlot(self, tag, self._row_height)


class TableSlot(Slot):
    """One drawn row of the table."""

    def __init__(self, view: RowTable, tag: str, height: int) -> None:
        super().__init__(view.canvas, tag)
        self._view = view
        self._tips: list[tuple[int, int, str]] = []
        canvas, px, colours = view.canvas, view.look.px, view.look.colours
        borders = view.headings.borders()
        width, middle = borders[-1], height // 2
        self._borders = borders
        self._back = canvas.create_rectangle(0, 0, width, height - 1, width=0, tags=tag)
        self._line = canvas.create_line(0, height - 1, width, height - 1, fill=colours.track, tags=tag)
        self._edge = canvas.create_rectangle(0, 0, px(4), height - 1, width=0, fill=colours.accent, tags=tag)
        wide, high = px(_THUMBNAIL_PX[0]), px(_THUMBNAIL_PX[1])
        left, top = px(10), (height - high) // 2
        self._picture_place = canvas.create_rectangle(
            left, top, left + wide, top + high, width=0, fill=colours.track, tags=tag
        )
        self._image = canvas.create_image(left + wide // 2, middle, tags=tag)
        self._name_at = left + wide + px(8)
        self._sign_px = px(15)
        sign_at, self._word_at = borders[1] + px(8), borders[1] + px(8) + self._sign_px + px(6)
        self._sign = canvas.create_image(sign_at, middle, anchor="w", tags=tag)
        self._check = canvas.create_image(borders[5] + px(8), middle, anchor="w", tags=tag)
        self._said_at = borders[5] + px(8) + self._sign_px + px(6)
        starts = (self._name_at, self._word_at, borders[2] + px(8), borders[4] - px(10), borders[4] + px(8))
        self._texts = [
            canvas.create_text(x, middle, anchor="e" if place == 3 else "w", font=BODY, fill=colours.text, tags=tag)
            for place, x in enumerate((*starts, self._said_at))
        ]
        canvas.itemconfigure(self._texts[2], font=STRONG)
        self._ring = canvas.create_rectangle(1, 1, width - 2, height - 3, width=px(1.5), dash=(3, 3), tags=tag)

    def fill(self, cells: RowCells | None) -> None:
        """Write these cells, each cut to its column."""
        canvas, signs, px = self.canvas, self._view.signs, self._view.look.px
        if cells is None:
            for item in self._texts:
                canvas.itemconfigure(item, text="")
            canvas.itemconfigure(self._texts[0], text="…")
            canvas.itemconfigure(self._sign, image="")
            canvas.itemconfigure(self._check, image="")
            self._tips = []
            return
        words = (
            *(cells.name, verdict_of(cells), cells.answer),
            *(cells.confidence, cells.animal, cells.reviewed or (tr("Perhaps wrong") if cells.is_suspect else "")),
        )
        ends = self._borders[1:]
        starts = (self._name_at, self._word_at, ends[1] + px(8), ends[2] + px(4), ends[3] + px(8), self._said_at)
        self._tips = []
        for place, (text, start, item) in enumerate(zip(words, starts, self._texts, strict=True)):
            face = STRONG if place == 2 else SMALL if place == 3 and cells.reviewed else BODY
            shown = self._cut(text, face, ends[place] - start - px(6), is_name=place == 0)
            canvas.itemconfigure(item, text=shown)
            if shown != text:
                self._tips.append((self._borders[place], ends[place], text))
        kind = sign_of(cells)
        canvas.itemconfigure(self._sign, image=signs.get(kind, self._sign_px) if kind else "")
        ink, face = (self._view.look.colours.faint, SMALL) if cells.reviewed else (self._view.look.colours.text, BODY)
        canvas.itemconfigure(self._texts[3], fill=ink, font=face)
        looked_at = SUSPECT if cells.is_suspect else REVIEWED if cells.reviewed else ""
        canvas.itemconfigure(self._check, image=signs.get(looked_at, self._sign_px) if looked_at else "")

    def _cut(self, text: str, face: str, room: int, is_name: bool) -> str:
        """Names go without folder and suffix before they are cut in their middle: they differ at their end."""
        fit = self._view.texts.fit
        if not is_name:
            return fit(text, face, room)
        for whole in (text, file_name_in(text)):
            if fit(whole, face, room) == whole:
                return whole
        return fit(short_name(text), face, room, in_the_middle=True)

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
        """The thumbnail, or a plain place for it."""
        self.canvas.itemconfigure(self._image, image=picture or "")
        self.canvas.itemconfigure(self._picture_place, state="hidden" if picture else "normal")

    def tip_at(self, x: int, y: int) -> str:
        """The whole text of a cell that was cut."""
        return next((text for left, right, text in self._tips if left <= x < right), "")
