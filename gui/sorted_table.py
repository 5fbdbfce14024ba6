"""A table of plain rows: a click on a heading sorts by it, the keyboard and the mouse choose rows."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from tkinter import ttk
from typing import Literal

from gui.text_fit import TextFit
from gui.theme import BODY, Look

# What stays free left and right of a text in its cell, and a little for fonts that are measured too narrow.
_CELL_PX = 8
_UP, _DOWN = " ▲", " ▼"


@dataclass(frozen=True)
class Column:
    """A heading; `width` in pixels at usual text, numbers at the right."""

    text: str
    width: int = 100
    is_number: bool = False


@dataclass(frozen=True)
class Row:
    """What stands in the cells, and by what each column is sorted."""

    key: str
    cells: Sequence[str]
    order: Sequence[float | str]


class SortedTable(ttk.Frame):
    """`on_chosen` hears of a choice of rows, `on_opened` of a double click or Enter."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        columns: Sequence[Column],
        on_opened: Callable[[str], object] = lambda _key: None,
        on_chosen: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._columns = columns
        self._rows: Sequence[Row] = ()
        self._sorted: tuple[int, bool] | None = None
        self._on_opened = on_opened
        self.view = ttk.Treeview(self, columns=[str(n) for n in range(len(columns))], show="headings", height=6)
        bar = ttk.Scrollbar(self, command=self.view.yview)
        self.view.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        self.view.pack(side="left", fill="both", expand=True)
        for place, column in enumerate(columns):
            anchor: Literal["e", "w"] = "e" if column.is_number else "w"
            width = look.px(column.width)
            self.view.column(str(place), width=width, minwidth=look.px(50), anchor=anchor, stretch=not column.is_number)
        # A text beside a number that ends where it begins could not be told from it.
        self._gaps = [
            "   " if place and not column.is_number and columns[place - 1].is_number else ""
            for place, column in enumerate(columns)
        ]
        self._show_headings()
        self.view.bind("<Double-Button-1>", self._on_double)
        for key in ("<Return>", "<KP_Enter>"):
            self.view.bind(key, lambda _event: self._open(self.view.focus()))
        self.view.bind("<<TreeviewSelect>>", lambda _event: on_chosen())
        self._fit = TextFit(self)
        self._room: tuple[int, ...] = ()
        self.view.bind("<Configure>", lambda _event: self._write_cells())
        self.view.bind("<ButtonRelease-1>", lambda _event: self._write_cells(), add=True)
        self.bind("<<ThemeChanged>>", lambda _event: self._fit.forget())

    @property
    def chosen(self) -> list[str]:
        """The keys of the chosen rows."""
        return list(self.view.selection())

    def show(self, rows: Sequence[Row]) -> None:
        """These, sorted as before."""
        self._rows = rows
        self._fill()

    def sort(self, place: int, reverse: bool) -> None:
        """By this column."""
        self._sorted = place, reverse
        self._show_headings()
        self._fill()

    def _fill(self) -> None:
        kept = [key for key in self.chosen if any(row.key == key for row in self._rows)]
        self.view.delete(*self.view.get_children())
        rows = list(self._rows)
        if self._sorted:
            place, reverse = self._sorted
            rows.sort(key=lambda row: row.order[place], reverse=reverse)  # type: ignore[arg-type, return-value]
        for row in rows:
            self.view.insert("", "end", iid=row.key)
        self._room = ()
        self._write_cells()
        self.view.selection_set(kept)

    def _write_cells(self) -> None:
        """Every text as far as its column is wide, with dots where more of it is there."""
        room = tuple(int(self.view.column(str(place), "width")) for place in range(len(self._columns)))
        if room == self._room:
            return
        self._room = room
        for row in self._rows:
            self.view.item(row.key, values=[self._shown(place, cell) for place, cell in enumerate(row.cells)])

    def _shown(self, place: int, cell: str) -> str:
        whole, spare = self._gaps[place] + cell, self._look.px(_CELL_PX)
        return self._fit.fit(whole, BODY, self._room[place] - spare)

    def _show_headings(self) -> None:
        for place, column in enumerate(self._columns):
            arrow = ""
            if self._sorted and self._sorted[0] == place:
                arrow = _DOWN if self._sorted[1] else _UP
            anchor: Literal["e", "w"] = "e" if column.is_number else "w"
            command = partial(self._on_heading, place)
            self.view.heading(str(place), text=self._gaps[place] + column.text + arrow, anchor=anchor, command=command)

    def _on_heading(self, place: int) -> None:
        is_again = self._sorted is not None and self._sorted[0] == place
        self.sort(place, not self._sorted[1] if is_again and self._sorted else self._columns[place].is_number)

    def _on_double(self, event: tkinter.Event[tkinter.Misc]) -> None:
        self._open(self.view.identify_row(event.y))

    def _open(self, key: str) -> None:
        if key:
            self._on_opened(key)
