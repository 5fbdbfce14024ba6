"""The confusion matrix: what was answered in rows, what people said in columns; a cell opens its photographs."""

from __future__ import annotations

import math
import tkinter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from tkinter import font, ttk

from core.texts import tr
from gui.bar_chart import grouped
from gui.focus import focused
from gui.row_tip import RowTip
from gui.shapes import rounded_box
from gui.text_fit import TextFit
from gui.theme import BODY, SMALL, STRONG, Look

# Of a row, and of a column: the higher the slanted names are, the fewer rows are in sight below them.
_WIDEST_NAME_PX, _LONGEST_NAME_PX = 170, 125
_CELL_PX = 31
_SLANT = 45
# So many rows and columns are in sight in any case: what shows the matrix scrolls where there is no room for them.
_LEAST_CELLS = 6
_SHIFT, _CONTROL = 0x1, 0x4


@dataclass(frozen=True)
class Matrix:
    """What is drawn: names of rows and columns, numbers by (row, column); `agreed` cells lie on the diagonal,
    `neutral` columns say neither yes nor no.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    numbers: Mapping[tuple[int, int], int]
    agreed: frozenset[tuple[int, int]] = frozenset()
    neutral: frozenset[int] = frozenset()


class ConfusionView(ttk.Frame):
    """Its names stay in sight while the cells scroll. Arrows (with Ctrl to the next number), Home, End and Enter."""

    def __init__(self, parent: tkinter.Misc, look: Look, on_chosen: Callable[[int, int], object]) -> None:
        super().__init__(parent)
        self._look = look
        self._on_chosen = on_chosen
        self._matrix = Matrix((), (), {})
        self._at = (0, 0)
        self._side = 1
        self._under_mouse: tuple[int, int] | None = None
        self._corner, self._top, self._left, self.cells = (
            tkinter.Canvas(self, highlightthickness=0, borderwidth=0, width=1, height=1) for _ in range(4)
        )
        self.cells.configure(takefocus=True)
        self._across = ttk.Scrollbar(self, orient="horizontal", command=self._scroll_across)
        self._down = ttk.Scrollbar(self, orient="vertical", command=self._scroll_down)
        self.line = ttk.Label(self, style="Faint.TLabel", justify="left")
        self._tip = RowTip(self.cells, look)
        self._lay_out()
        self._bind_events()

    def show(self, matrix: Matrix) -> None:
        """This matrix; the keyboard stands on its largest disagreement."""
        self._matrix = matrix
        wrong = {place: number for place, number in matrix.numbers.items() if place not in matrix.agreed}
        self._at = max(wrong, key=lambda place: (wrong[place], -place[0], -place[1]), default=(0, 0))
        self.redraw()
        self._say(self._at)

    # Layout

    def _lay_out(self) -> None:
        self.rowconfigure(1, weight=1)
        self.columnconfigure(1, weight=1)
        self._corner.grid(row=0, column=0, sticky="nsew")
        self._top.grid(row=0, column=1, sticky="ew")
        self._left.grid(row=1, column=0, sticky="ns")
        self.cells.grid(row=1, column=1, sticky="nsew")
        self.line.grid(row=3, column=0, columnspan=3, sticky="ew", pady=(self._look.px(6), 0))
        self.cells.configure(xscrollcommand=self._across.set, yscrollcommand=self._down.set)

    def _bind_events(self) -> None:
        self.bind("<<ThemeChanged>>", lambda _event: self.redraw())
        self.bind("<Configure>", lambda event: self.line.configure(wraplength=max(1, event.width)))
        self.cells.bind("<Configure>", lambda _event: self._fit())
        for event in ("<FocusIn>", "<FocusOut>"):
            self.cells.bind(event, lambda _event: self._mark())
        self.cells.bind("<ButtonPress-1>", self._on_press)
        # Not before: the window may close, and what lies below it must not get the rest of the click.
        self.cells.bind("<ButtonRelease-1>", self._on_release)
        self.cells.bind("<Motion>", self._on_motion)
        self.cells.bind("<Leave>", lambda _event: self._on_leave())
        self.cells.bind("<Destroy>", lambda _event: self._tip.hide())
        for key, step in {"Up": (-1, 0), "Down": (1, 0), "Left": (0, -1), "Right": (0, 1)}.items():
            self.cells.bind(f"<{key}>", lambda event, step=step: self._move(event, step))  # type: ignore[misc]
        self.cells.bind("<Home>", lambda _event: self._go(self._at[0], 0))
        self.cells.bind("<End>", lambda _event: self._go(self._at[0], len(self._matrix.columns) - 1))
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.cells.bind(key, lambda _event: self._take(self._at))
        for canvas in (self.cells, self._left, self._top):
            canvas.bind("<MouseWheel>", lambda event: self._wheel(event, -2 if event.delta > 0 else 2))
            canvas.bind("<Button-4>", lambda event: self._wheel(event, -2))
            canvas.bind("<Button-5>", lambda event: self._wheel(event, 2))

    @property
    def side(self) -> int:
        """Of one cell, in pixels."""
        return self._side

    def _measure(self) -> None:
        """Every number must fit into its cell."""
        largest = grouped(max(self._matrix.numbers.values(), default=0))
        self._side = max(self._look.px(_CELL_PX), font.nametofont(BODY, self).measure(largest) + self._look.px(10))

    def _names_px(self, names: Sequence[str], most: int) -> int:
        measure = font.nametofont(BODY, self).measure
        return min(self._look.px(most), max(map(measure, names), default=0))

    def _ask_for_room(self) -> None:
        rows, columns = (min(_LEAST_CELLS, len(names)) for names in (self._matrix.rows, self._matrix.columns))
        self.cells.configure(height=rows * self.side + 1, width=columns * self.side + 1)

    @property
    def _slanted_px(self) -> int:
        """How far the longest name of a column reaches to the right."""
        return round(self._names_px(self._matrix.columns, _LONGEST_NAME_PX) * math.cos(math.radians(_SLANT)))

    def _fit(self) -> None:
        """Scroll only where there is not room for all."""
        width = len(self._matrix.columns) * self.side + self._slanted_px
        height = len(self._matrix.rows) * self.side + 1
        room_x, room_y = self.cells.winfo_width(), self.cells.winfo_height()
        region = (0, 0, max(width, room_x), max(height, room_y))
        self.cells.configure(scrollregion=region)
        self._top.configure(scrollregion=(0, 0, region[2], 1))
        self._left.configure(scrollregion=(0, 0, 1, region[3]))
        for bar, needed, room, place in (
            (self._across, width, room_x, {"row": 2, "column": 1, "sticky": "ew"}),
            (self._down, height, room_y, {"row": 1, "column": 2, "sticky": "ns"}),
        ):
            if needed > room > 1:
                bar.grid(**place)  # type: ignore[arg-type]
            else:
                bar.grid_remove()

    # Drawing

    def redraw(self) -> None:
        """Draw everything, in the present theme."""
        for canvas in (self._corner, self._top, self._left, self.cells):
            canvas.delete("all")
            canvas.configure(background=self._look.colours.back)
        if not self._matrix.rows:
            return
        self._measure()
        self._ask_for_room()
        self._draw_names()
        self._draw_lines()
        most = max((n for place, n in self._matrix.numbers.items() if place not in self._matrix.agreed), default=1)
        for place, number in self._matrix.numbers.items():
            self._draw_cell(place, number, most)
        self._fit()
        self._mark()

    def _draw_names(self) -> None:
        px, side, colours = self._look.px, self.side, self._look.colours
        rows = self._names_px(self._matrix.rows, _WIDEST_NAME_PX)
        columns = self._names_px(self._matrix.columns, _LONGEST_NAME_PX)
        fit = TextFit(self)  # without their middle: names that begin alike are told apart by their ends
        line: int = font.nametofont(BODY, self).metrics("linespace")
        down, across = self.titles()
        corner = max(rows, *(font.nametofont(SMALL, self).measure(title) for title in (down, across)))
        height = round(columns * math.sin(math.radians(_SLANT))) + line + px(6)
        self._left.configure(width=corner + px(10))
        self._top.configure(height=height)
        for row, name in enumerate(self._matrix.rows):
            text = fit.fit(name, BODY, rows, in_the_middle=True)
            y = row * side + side / 2
            self._left.create_text(corner + px(4), y, text=text, anchor="e", font=BODY, tags=f"n{row}")
        for column, name in enumerate(self._matrix.columns):
            text = fit.fit(name, BODY, columns, in_the_middle=True)
            x = column * side + side / 2
            self._top.create_text(x, height - px(8), text=text, anchor="w", angle=_SLANT, font=BODY, tags=f"n{column}")
        for canvas in (self._left, self._top):
            canvas.itemconfigure("all", fill=colours.text)
        self._corner.create_text(corner + px(4), height - px(4), text=down, anchor="se", font=SMALL, fill=colours.faint)
        self._corner.create_text(
            corner + px(4), height - px(6) - line, text=across, anchor="se", font=SMALL, fill=colours.faint
        )

    def _draw_lines(self) -> None:
        side, colour = self.side, self._look.colours.track
        width, height = len(self._matrix.columns) * side, len(self._matrix.rows) * side
        for row in range(len(self._matrix.rows) + 1):
            self.cells.create_line(0, row * side, width, row * side, fill=colour)
        for column in range(len(self._matrix.columns) + 1):
            self.cells.create_line(column * side, 0, column * side, height, fill=colour)

    def _draw_cell(self, place: tuple[int, int], number: int, most: int) -> None:
        colours, side, gap = self._look.colours, self.side, max(1, self._look.px(2))
        row, column = place
        outline = ""
        if place in self._matrix.agreed:
            fill, outline = blend(colours.back, colours.good, 0.12), colours.good
        elif column in self._matrix.neutral:
            fill = colours.track
        else:  # the eye tells apart ratios, not differences
            fill = blend(colours.back, colours.second, 0.2 + 0.75 * math.log1p(number) / math.log1p(most))
        left, top = column * side, row * side
        box = (left + gap, top + gap, left + side - gap, top + side - gap)
        rounded_box(self.cells, box, self._look.px(4), fill=fill, outline=outline or fill)
        ink = readable_on(fill)
        middle = (left + side / 2, top + side / 2)
        self.cells.create_text(*middle, text=grouped(number), font=BODY, fill=ink)

    def _mark(self) -> None:
        """Where the keyboard or the pointer is, and the names that belong to it."""
        self.cells.delete("mark")
        for canvas in (self._left, self._top):
            canvas.itemconfigure("all", fill=self._look.colours.text, font=BODY)
        has_focus = focused(self) is self.cells
        place = self._under_mouse or (self._at if has_focus else None)
        if place is not None:
            for canvas, index in ((self._left, place[0]), (self._top, place[1])):
                canvas.itemconfigure(f"n{index}", fill=self._look.colours.accent, font=STRONG)
        if has_focus and self._matrix.rows:
            (row, column), side = self._at, self.side
            box = (column * side + 1, row * side + 1, (column + 1) * side - 1, (row + 1) * side - 1)
            self.cells.create_rectangle(*box, outline=self._look.colours.accent, width=self._look.px(2), tags="mark")

    # Mouse and keyboard

    def _place_at(self, event: tkinter.Event[tkinter.Misc]) -> tuple[int, int] | None:
        row = int(self.cells.canvasy(event.y) // self.side)
        column = int(self.cells.canvasx(event.x) // self.side)
        inside = 0 <= row < len(self._matrix.rows) and 0 <= column < len(self._matrix.columns)
        return (row, column) if inside else None

    def _on_press(self, event: tkinter.Event[tkinter.Misc]) -> None:
        self.cells.focus_set()
        place = self._place_at(event)
        if place is not None:
            self._go(*place)

    def _on_release(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if self._place_at(event) == self._at:
            self._take(self._at)

    def _on_motion(self, event: tkinter.Event[tkinter.Misc]) -> None:
        place = self._place_at(event)
        if place == self._under_mouse:
            return
        self._under_mouse = place
        self.cells.configure(cursor="hand2" if place in self._matrix.numbers else "")
        self._mark()
        text = self.text_of(place) if place in self._matrix.numbers else ""
        below = event.y_root - event.y + ((place or (0, 0))[0] + 1) * self.side - round(self.cells.canvasy(0))
        self._tip.rest_on(text, event.x_root, below + self._look.px(2))
        if place is not None:
            self._say(place)

    def _on_leave(self) -> None:
        self._under_mouse = None
        self._tip.hide()
        self._mark()
        self._say(self._at)

    def _move(self, event: tkinter.Event[tkinter.Misc], step: tuple[int, int]) -> str:
        row, column = self._at[0] + step[0], self._at[1] + step[1]
        if int(event.state) & _CONTROL:
            numbers = self._matrix.numbers
            while self._has(row, column) and (row, column) not in numbers:
                row, column = row + step[0], column + step[1]
        return self._go(row, column) if self._has(row, column) else "break"

    def _has(self, row: int, column: int) -> bool:
        return 0 <= row < len(self._matrix.rows) and 0 <= column < len(self._matrix.columns)

    def _go(self, row: int, column: int) -> str:
        self._at = (row, column)
        self._under_mouse = None
        self._tip.hide()
        self._bring_into_sight()
        self._mark()
        self._say(self._at)
        return "break"

    def _take(self, place: tuple[int, int]) -> str:
        if place in self._matrix.numbers:
            self._tip.hide()
            self._on_chosen(*place)
        return "break"

    def _bring_into_sight(self) -> None:
        side, name = self.side, self._slanted_px  # of a column, its name too
        for index, more, first, room, whole, scroll in (
            (self._at[0], 1, self.cells.canvasy(0), self.cells.winfo_height(), self._region[3], self._scroll_down),
            (self._at[1], name, self.cells.canvasx(0), self.cells.winfo_width(), self._region[2], self._scroll_across),
        ):
            wanted = min(max(first, (index + 1) * side + more - room), index * side)
            if wanted != first:
                scroll("moveto", str(wanted / max(1, whole)))

    @property
    def _region(self) -> tuple[int, ...]:
        return tuple(int(float(part)) for part in str(self.cells.cget("scrollregion")).split()) or (0, 0, 1, 1)

    def _scroll_across(self, *how: str) -> None:
        for canvas in (self.cells, self._top):
            canvas.xview(*how)

    def _scroll_down(self, *how: str) -> None:
        for canvas in (self.cells, self._left):
            canvas.yview(*how)

    def _wheel(self, event: tkinter.Event[tkinter.Misc], lines: int) -> str | None:
        across = bool(int(event.state) & _SHIFT)
        if not (self._across if across else self._down).winfo_manager():
            return None  # what is around it may scroll
        (self._scroll_across if across else self._scroll_down)("scroll", str(lines), "units")
        return "break"

    # Words

    def titles(self) -> tuple[str, str]:
        """What the rows are, and what the columns are."""
        return tr("The answer ↓"), tr("People said →")

    def _say(self, place: tuple[int, int]) -> None:
        self.line.configure(text=self.text_of(place) if self._matrix.rows else "")

    def text_of(self, place: tuple[int, int] | None) -> str:
        """A cell in a sentence."""
        if place is None or not self._has(*place):
            return ""
        names = {"answer": self._matrix.rows[place[0]], "said": self._matrix.columns[place[1]]}
        number = self._matrix.numbers.get(place, 0)
        if not number:
            return tr("The answer {answer}, people said {said}: never").format(**names)
        said = tr("The answer {answer}, people said {said}: {count}. Enter or a click shows them.")
        return said.format(**names, count=grouped(number))


def blend(first: str, second: str, share: float) -> str:
    """So much of the second colour in the first, both as #rrggbb.

    >>> blend("#000000", "#ffffff", 0.5)
    '#808080'
    """
    mixed = (round(a + (b - a) * share) for a, b in zip(_rgb(first), _rgb(second), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def readable_on(fill: str) -> str:
    """Black or white, whichever has the more contrast on this colour (WCAG 2): always 4.5 or more."""
    return "#000000" if _luminance(fill) > 0.179 else "#ffffff"


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _rgb(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
