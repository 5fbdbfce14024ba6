"""A table whose cells are filled in by keyboard and mouse, as in a spreadsheet; only the rows in sight are drawn."""

from __future__ import annotations

import sys
import tkinter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from tkinter import ttk
from typing import Protocol

from gui.cell_editor import CellEditor
from gui.shapes import sign
from gui.text_fit import TextFit
from gui.theme import BODY, STRONG, Look

_WHEEL_ROWS = 3
# Control, and Alt (Command on a Mac), as Tk counts them.
_MODIFIERS = 0x4 | (0x20000 if sys.platform == "win32" else 0x8)


@dataclass(frozen=True)
class Column:
    """One column: `width` in pixels of usual text is its least, `stretch` its share of the room that is left.

    `suggestions` are offered while somebody types into a cell that can be changed.
    """

    title: str
    width: int
    stretch: int = 0
    is_editable: bool = False
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: `tone` is the name of a colour of the look; `sign` a kind of `gui.shapes.sign`."""

    text: str
    tone: str = "text"
    sign: str = ""


class TableSource(Protocol):
    """Whoever knows the rows."""

    def cells(self, row: int) -> Sequence[Cell]:
        """What stands in a row, from 0: one cell for each column."""

    def text_to_edit(self, row: int, column: int) -> str:
        """What stands in the field when somebody begins to change a cell."""

    def changed(self, row: int, column: int, text: str) -> str:
        """Somebody filled a cell in; a sentence says why that cannot be, an empty one that it is so."""

    def moved_to(self, row: int) -> object:
        """Another row is the current one; -1 without rows."""


class EditableTable(ttk.Frame):
    """`show` tells it how many rows there are; `row` and `column` are where the cursor is."""

    def __init__(self, parent: tkinter.Misc, look: Look, columns: Sequence[Column], source: TableSource) -> None:
        super().__init__(parent)
        self._look = look
        self._columns = tuple(columns)
        self._source = source
        self._count = self._first = 0
        self.row, self.column = 0, next((n for n, one in enumerate(columns) if one.is_editable), 0)
        self._drawing = ""
        self.head = tkinter.Canvas(self, highlightthickness=0, borderwidth=0, height=1, width=1)
        self.canvas = tkinter.Canvas(self, highlightthickness=1, borderwidth=0, takefocus=True, width=1, height=1)
        self._bar = ttk.Scrollbar(self, command=self._on_bar)
        self._fit = TextFit(self.canvas)
        self.editor = CellEditor(self.canvas, look, self._on_typed, self._on_left)
        self._build()

    @property
    def is_editing(self) -> bool:
        """Whether a cell is being filled in."""
        return self.editor.is_open

    def show(self, count: int, row: int | None = None) -> None:
        """So many rows, all of them new; the cursor in `row`, else where it was."""
        self._count = count
        self._go(self.row if row is None else row, self.column)
        self._source.moved_to(self.row if count else -1)

    def suggest(self, column: int, names: Sequence[str]) -> None:
        """Offer these while somebody types into this column."""
        columns = list(self._columns)
        columns[column] = replace(columns[column], suggestions=tuple(names))
        self._columns = tuple(columns)

    def refresh(self) -> None:
        """What stands in the rows may have changed."""
        if not self._drawing:
            self._drawing = self.after_idle(self._draw)

    def commit(self) -> bool:
        """Take what is being typed, if anything; false when it cannot be taken."""
        return self.editor.commit()

    def begin_edit(self, typed: str | None = None) -> None:
        """Into the cell under the cursor: its text chosen, or what is `typed` instead."""
        if not (0 <= self.row < self._count and self._columns[self.column].is_editable):
            return
        self._see(self.row)
        self._draw()
        text = self._source.text_to_edit(self.row, self.column) if typed is None else typed
        self.editor.open(self._box(self.row, self.column), text, self._columns[self.column].suggestions, typed is None)

    # Layout

    def _build(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self.head.grid(row=0, column=0, sticky="ew")
        self.canvas.grid(row=1, column=0, sticky="nsew")
        self._bar.grid(row=0, column=1, rowspan=2, sticky="ns")
        for event in ("<Configure>", "<FocusIn>", "<FocusOut>"):
            self.canvas.bind(event, lambda _event: self.refresh(), add=True)
        self.canvas.bind("<ButtonPress-1>", self._on_click)
        self.canvas.bind("<Double-Button-1>", lambda _event: self.begin_edit())
        self.canvas.bind("<Button-4>", lambda _event: self._scroll(-_WHEEL_ROWS))
        self.canvas.bind("<Button-5>", lambda _event: self._scroll(_WHEEL_ROWS))
        self.canvas.bind("<MouseWheel>", lambda event: self._scroll(-_WHEEL_ROWS if event.delta > 0 else _WHEEL_ROWS))
        self.canvas.bind("<Key>", self._on_key)
        self.canvas.bind("<<Paste>>", self._on_paste)
        self.bind("<<ThemeChanged>>", lambda _event: self._on_theme())
        self._dress()

    def _dress(self) -> None:
        colours = self._look.colours
        self.head.configure(background=colours.back)
        self.canvas.configure(
            background=colours.card, highlightbackground=colours.border, highlightcolor=colours.accent
        )

    def _on_theme(self) -> None:
        self._fit.forget()
        self._dress()
        self.refresh()

    @property
    def _row_px(self) -> int:
        return self._look.px(28)

    @property
    def _in_sight(self) -> int:
        return max(1, (self.canvas.winfo_height() - 2) // self._row_px)

    def _edges(self) -> list[int]:
        """Where the columns begin, and where the last one ends; narrower than they should be where there is no room."""
        room = self.canvas.winfo_width() - 2
        widths = [self._look.px(one.width) for one in self._columns]
        spare = room - sum(widths)
        shares = sum(one.stretch for one in self._columns) or 1
        edges = [1]
        for one, width in zip(self._columns, widths, strict=True):
            change = spare * one.stretch // shares if spare > 0 else spare * width // sum(widths)
            edges.append(edges[-1] + max(1, width + change))
        return edges

    def _box(self, row: int, column: int) -> tuple[int, int, int, int]:
        edges = self._edges()
        top = 1 + (row - self._first) * self._row_px
        return edges[column], top, edges[column + 1], top + self._row_px

    # Drawing

    def _draw(self) -> None:
        if self._drawing:
            self.after_cancel(self._drawing)
            self._drawing = ""
        self._first = max(0, min(self._first, self._count - self._in_sight))
        edges = self._edges()
        self._draw_head(edges)
        self.canvas.delete("all")
        # One more than fits: its upper half shows that there are more.
        for row in range(self._first, min(self._count, self._first + self._in_sight + 1)):
            self._draw_row(row, edges)
        last = min(self._count, self._first + self._in_sight)
        self._bar.set(self._first / max(1, self._count), last / max(1, self._count))

    def _draw_head(self, edges: Sequence[int]) -> None:
        px, colours = self._look.px, self._look.colours
        height = px(26)
        self.head.delete("all")
        self.head.configure(height=height)
        for column, one in enumerate(self._columns):
            text = self._fit.fit(one.title, STRONG, edges[column + 1] - edges[column] - px(8))
            self.head.create_text(
                edges[column] + px(8), height // 2, text=text, anchor="w", font=STRONG, fill=colours.text
            )

    def _draw_row(self, row: int, edges: Sequence[int]) -> None:
        px, colours = self._look.px, self._look.colours
        top = 1 + (row - self._first) * self._row_px
        bottom, middle = top + self._row_px, top + self._row_px // 2
        if row == self.row:
            self.canvas.create_rectangle(edges[0], top, edges[-1], bottom, fill=colours.chosen, width=0)
        self.canvas.create_line(edges[0], bottom - 1, edges[-1], bottom - 1, fill=colours.track)
        for column, cell in enumerate(self._source.cells(row)):
            left, right = edges[column], edges[column + 1]
            if self._columns[column].is_editable:
                # What can be filled in looks like a field.
                frame = (left + px(3), top + px(2), right - px(3), bottom - px(3))
                back = colours.back if row != self.row else colours.card
                self.canvas.create_rectangle(*frame, fill=back, outline=colours.border)
            if cell.sign:
                tone = getattr(colours, cell.tone)
                sign(self.canvas, cell.sign, left + px(15), middle, px(16), tone, colours.card)
                left += px(26)
            text = self._fit.fit(cell.text, BODY, right - left - px(14))
            fill = getattr(colours, cell.tone)
            self.canvas.create_text(left + px(8), middle, text=text, anchor="w", font=BODY, fill=fill)
        if row == self.row and str(self.tk.call("focus")) == str(self.canvas):
            left, top, right, bottom = self._box(row, self.column)
            self.canvas.create_rectangle(left + 1, top, right - 1, bottom - 2, outline=colours.accent, width=2)

    # Moving about

    def _go(self, row: int, column: int) -> None:
        before = self.row
        self.row = max(0, min(row, self._count - 1))
        self.column = max(0, min(column, len(self._columns) - 1))
        self._see(self.row)
        self.refresh()
        if self.row != before:
            self._source.moved_to(self.row)

    def _see(self, row: int) -> None:
        if row < self._first:
            self._first = row
        elif row >= self._first + self._in_sight:
            self._first = row - self._in_sight + 1

    def _scroll(self, rows: int) -> str:
        if self.commit():
            self._first = max(0, min(self._first + rows, self._count - self._in_sight))
            self.refresh()
        return "break"

    def _on_bar(self, what: str, amount: str, unit: str = "") -> None:
        if what == "moveto":
            self._scroll(round(float(amount) * self._count) - self._first)
        else:
            self._scroll(int(amount) * (self._in_sight if unit == "pages" else 1))

    def _on_click(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if not self.commit():
            return
        self.canvas.focus_set()
        row = self._first + (event.y - 1) // self._row_px
        edges = self._edges()
        column = next((n for n in range(len(self._columns)) if event.x < edges[n + 1]), len(self._columns) - 1)
        if not 0 <= row < self._count:
            return
        was_here = (row, column) == (self.row, self.column)
        self._go(row, column)
        if was_here or self._columns[column].is_editable:
            self.begin_edit()

    def _on_key(self, event: tkinter.Event[tkinter.Misc]) -> str | None:
        page = self._in_sight - 1
        moves = {
            "Up": (-1, 0), "Down": (1, 0), "Left": (0, -1), "Right": (0, 1), "Prior": (-page, 0), "Next": (page, 0),
            "Home": (-self._count, 0), "End": (self._count, 0),
        }  # fmt: skip
        if event.keysym in moves:
            down, right = moves[event.keysym]
            self._go(self.row + down, self.column + right)
            return "break"
        if event.keysym in ("Return", "KP_Enter", "F2"):
            self.begin_edit()
            return "break"
        if event.keysym in ("Delete", "BackSpace"):
            if self.row < self._count and self._columns[self.column].is_editable:
                self._source.changed(self.row, self.column, "")
                self.refresh()
            return "break"
        if event.char and event.char.isprintable() and not int(event.state) & _MODIFIERS:
            self.begin_edit(event.char)
            return "break"
        return None

    # Filling in

    def _on_typed(self, text: str) -> str:
        """The editor has a new text for its cell; what is wrong with it, if anything."""
        wrong = self._source.changed(self.row, self.column, text)
        self.refresh()
        return wrong

    def _on_left(self, key: str) -> None:
        """The editor is closed by this key (empty: by something else)."""
        if key:
            self.canvas.focus_set()
        if key in ("Return", "KP_Enter", "Down"):
            self._go(self.row + 1, self.column)
        elif key == "Up":
            self._go(self.row - 1, self.column)
        elif key in ("Tab", "ISO_Left_Tab"):
            self._to_next(1 if key == "Tab" else -1)
        elif key == "Escape":
            self._source.moved_to(self.row)  # what was said of the text that is gone is no longer true
        self.refresh()

    def _to_next(self, step: int) -> None:
        """Begin with the next cell that can be filled in, on the next row after the last one."""
        fields = [n for n, one in enumerate(self._columns) if one.is_editable]
        here = self.row * len(fields) + fields.index(self.column) + step
        if 0 <= here < self._count * len(fields):
            self._go(here // len(fields), fields[here % len(fields)])
            self.begin_edit()

    def _on_paste(self, _event: tkinter.Event[tkinter.Misc]) -> str:
        """Cells copied from a spreadsheet go into the cells below and beside the cursor."""
        try:
            text = self.clipboard_get()
        except tkinter.TclError:
            return "break"
        lines = text.rstrip("\r\n").splitlines()
        for row, line in enumerate(lines, self.row):
            for column, cell in enumerate(line.split("\t"), self.column):
                is_field = column < len(self._columns) and self._columns[column].is_editable
                if row < self._count and is_field and self._source.changed(row, column, cell.strip()):
                    self._go(row, column)  # what cannot be taken stops the paste where it is
                    self.begin_edit(cell.strip())
                    self.editor.commit()
                    return "break"
        self.refresh()
        return "break"
