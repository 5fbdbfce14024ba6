"""What the table and the grid of a tagged folder share: scrolling, choosing, keys, and cells that come when needed."""

from __future__ import annotations

import tkinter
from collections.abc import Iterable, Mapping, Sequence
from tkinter import ttk

from gui.row_cells import RowCells, RowListener
from gui.row_keys import bind_row_keys
from gui.row_mouse import bind_row_mouse
from gui.row_selection import RowList, Selection
from gui.row_signs import RowSigns
from gui.row_slots import Mark, Raster, Slot
from gui.row_thumbnails import Thumbnails
from gui.row_tip import RowTip
from gui.text_fit import TextFit
from gui.theme import BODY, TITLE, Look

_LEAST_CELLS_KEPT = 1200


class RowView(ttk.Frame):
    """Draws only what is in sight. A view of its own says how rows are laid out and drawn (`_raster`, `_new_slot`)."""

    def __init__(self, parent: tkinter.Misc, look: Look, listener: RowListener) -> None:
        super().__init__(parent)
        self.look = look
        self.listener = listener
        self.rows = RowList()
        self.selection = Selection()
        self._cells: dict[int, RowCells] = {}
        self._stale: set[int] = set()
        self._asked: frozenset[int] = frozenset()
        self._asking = ""
        self._empty = ("", "")
        self._top = 0
        self._height = 1
        self._under_mouse: int | None = None
        self._slots: list[Slot] = []
        self._is_focused = False
        self._rim = tkinter.Frame(self)
        self._inside = tkinter.Frame(self._rim)
        self.canvas = tkinter.Canvas(self._inside, highlightthickness=0, borderwidth=0, takefocus=True)
        self._beside = tkinter.Frame(self._inside)
        self._bar = ttk.Scrollbar(self._beside, command=self._on_bar)
        self.signs = RowSigns(self, look)
        self.texts = TextFit(self)
        self.thumbnails = Thumbnails(self, self.refresh)
        self._tip = RowTip(self.canvas, look)
        self._raster_now = Raster(1, 1, 1)
        self._build()
        self._bind_events()
        self._dress()

    # What a view of its own says

    def _raster(self, width: int) -> Raster:
        """How rows are laid out in this width, in pixels."""
        raise NotImplementedError

    def _new_slot(self, tag: str) -> Slot:
        """One more drawn place, in its upper left corner at (0, 0)."""
        raise NotImplementedError

    # What is shown

    def show_list(self, numbers: Sequence[int] | RowList) -> None:
        """These rows, in this order; the current row, or what was in sight, stays where it was on the screen."""
        rows = numbers if isinstance(numbers, RowList) else RowList.of(numbers)
        kept = self._kept_in_sight(rows)
        self.rows = rows
        self._cells = {number: cells for number, cells in self._cells.items() if number in rows.places}
        self._stale &= self._cells.keys()
        self._asked = frozenset()
        self._under_mouse = None
        self._tip.hide()  # another row may be under the mouse now
        if kept is None:
            self._top = 0
        else:
            place, offset = kept
            self._top = self._raster_now.corner(place)[1] - offset
        self._measure()
        self.refresh()

    def show_cells(self, cells: Mapping[int, RowCells]) -> None:
        """What stands in some of the rows; those that are not in the list are left out."""
        known = self.rows.places
        for number, row in cells.items():
            if number in known:
                self._cells[number] = row
                self._stale.discard(number)
        self._forget_far_cells()
        self.refresh()

    def ask_again(self, numbers: Iterable[int] | None = None) -> None:
        """What stands in these rows (all of them without) has changed: asked for again, the old shown until then."""
        self._stale |= self._cells.keys() if numbers is None else self._cells.keys() & set(numbers)
        self._asked = frozenset()
        self.refresh()

    def forget(self, numbers: Iterable[int] | None = None) -> None:
        """The same as `ask_again`: Tk's own `forget` would only take a view off the screen."""
        self.ask_again(numbers)

    def mark(self, selection: Selection) -> None:
        """Show which rows are chosen and which one is current; nothing is reported."""
        if selection != self.selection:
            self.selection = selection
            self.refresh()

    def see(self, number: int) -> None:
        """Scroll as little as is needed to have this row in sight."""
        place = self.rows.places.get(number)
        if place is None:
            return
        y, height = self._raster_now.corner(place)[1], self._height
        low, high = y + self._raster_now.pitch_y - height, y
        if place < self._raster_now.columns:
            high = 0
        self._scroll_to(min(max(self._top, low), high))

    def span(self, number: int) -> tuple[int, int]:
        """From where to where a row that is in the list reaches, in pixels from the top of what is seen of the view."""
        top = self._raster_now.corner(self.rows.places[number])[1] - self._top
        return max(0, top), min(self._height, top + self._raster_now.pitch_y)

    def scroll_by(self, distance: int) -> None:
        """So many pixels further down, as far as there are rows."""
        self._scroll_to(self._top + distance)

    def show_empty(self, title: str, hint: str) -> None:
        """What is said while there are no rows."""
        self._empty = (title, hint)
        self._draw_empty()

    def show_texts(self) -> None:
        """Everything in the present language: cells are asked for again."""
        self.ask_again()

    def in_sight(self) -> list[int]:
        """The rows that are seen now, in part at least."""
        return [self.rows.numbers[place] for place in self._places()]

    def refresh(self) -> None:
        """Draw what has changed."""
        if not self._slots:
            return
        places, used = self._places(), set()
        has_focus = self._is_focused
        for place in places:
            number = self.rows.numbers[place]
            cells = self._cells.get(number)
            picture = self.thumbnails.get(cells.thumbnail) if cells and cells.thumbnail else None
            chosen, current = number in self.selection.chosen, number == self.selection.current
            mark = Mark(chosen, current, current and has_focus, place == self._under_mouse)
            slot = self._slots[place % len(self._slots)]
            used.add(slot)
            slot.show(number, self._raster_now.corner(place), cells, mark, picture)
        for slot in self._slots:
            if slot not in used and slot.number is not None:
                slot.hide()
        shown = (self._cells.get(self.rows.numbers[place]) for place in places)
        self.thumbnails.want([cells.thumbnail for cells in shown if cells and cells.thumbnail])
        if not self._asking:
            self._asking = self.after_idle(self._ask)

    # Inside

    def _build(self) -> None:
        self._rim.pack(fill="both", expand=True)
        self._inside.pack(fill="both", expand=True, padx=2, pady=2)
        self._inside.columnconfigure(0, weight=1)
        self._inside.rowconfigure(1, weight=1)
        self.canvas.grid(row=1, column=0, sticky="nsew", padx=1, pady=1)
        # Its room stays while there is nothing to scroll, so that rows do not jump.
        self._beside.configure(width=self._bar.winfo_reqwidth())
        self._beside.grid(row=1, column=1, sticky="ns", padx=(0, 1), pady=1)

    def _bind_events(self) -> None:
        canvas = self.canvas
        canvas.bind("<Configure>", lambda _event: self._on_resized())
        canvas.bind("<Map>", lambda _event: self.refresh())
        self.bind("<<ThemeChanged>>", lambda _event: self._dress())
        self.bind("<Destroy>", lambda _event: self.thumbnails.stop())
        canvas.bind("<FocusIn>", lambda _event: self._on_focus(True))
        canvas.bind("<FocusOut>", lambda _event: self._on_focus(False))
        bind_row_mouse(self)
        bind_row_keys(self)

    def _dress(self) -> None:
        """The colours and fonts of the theme: everything is drawn anew."""
        colours = self.look.colours
        self._rim.configure(background=colours.accent if self._is_focused else colours.back)
        self._inside.configure(background=colours.border)
        self.canvas.configure(background=colours.card)
        self._beside.configure(background=colours.card)
        self.texts.forget()
        self._lay_out()

    def _on_resized(self) -> None:
        current = self.selection.current
        is_seen = current in self.in_sight()
        self._height = max(1, self.canvas.winfo_height())
        if self._raster(max(1, self.canvas.winfo_width())) != self._raster_now:
            self._lay_out()
        else:
            self._add_slots()
            self._measure()
            self.refresh()
        if is_seen and current is not None:
            self.see(current)

    def _lay_out(self) -> None:
        """Slots for the present size; what was in sight stays in sight."""
        kept = self._kept_in_sight(self.rows)
        self.canvas.delete("all")
        self._slots = []
        self._raster_now = self._raster(max(1, self.canvas.winfo_width()))
        if kept is not None:
            self._top = self._raster_now.corner(kept[0])[1] - kept[1]
        self._add_slots()
        self._measure()
        self.refresh()

    def _add_slots(self) -> None:
        """Their number is a multiple of the columns, so that a place keeps its slot as long as it is in sight."""
        needed = self._raster_now.most_in_sight(self._height)
        for slot in self._slots:
            slot.hide()  # another number of slots: every place gets another one
        while len(self._slots) < needed:
            slot = self._new_slot(f"slot{len(self._slots)}")
            self._slots.append(slot)
            slot.hide()

    def _measure(self) -> None:
        total, height = self._raster_now.height(len(self.rows)), self._height
        self.canvas.configure(scrollregion=(0, 0, max(1, self.canvas.winfo_width()), max(total, height)))
        self._place_view()

    def _place_view(self) -> None:
        total, height = self._raster_now.height(len(self.rows)), self._height
        self._top = max(0, min(self._top, total - height))
        self.canvas.yview_moveto(self._top / max(total, height))
        self._bar.set(self._top / max(total, 1), min(1.0, (self._top + height) / max(total, 1)))
        if total > height:
            self._bar.place(relwidth=1.0, relheight=1.0)
        else:
            self._bar.place_forget()
        self._draw_empty()

    def _scroll_to(self, top: int) -> None:
        before = self._top
        self._top = top
        self._place_view()
        if self._top != before:
            self._tip.hide()
            self.refresh()

    def _on_bar(self, what: str, amount: str, unit: str = "") -> None:
        if what == "moveto":
            self._scroll_to(round(float(amount) * self._raster_now.height(len(self.rows))))
        else:
            step = self._raster_now.pitch_y if unit == "units" else max(1, self._height - self._raster_now.pitch_y)
            self.scroll_by(int(amount) * step)

    def _places(self) -> range:
        return self._raster_now.in_sight(self._top, self._height, len(self.rows))

    def _kept_in_sight(self, rows: RowList) -> tuple[int, int] | None:
        """A place of the new list and where on the screen it belongs: of the current row, or the first in sight."""
        seen = self.in_sight()
        wanted = [self.selection.current] if self.selection.current in seen else []
        for number in (*wanted, *seen, self.selection.current):
            if number is not None and number in rows.places:
                place = self.rows.places.get(number)
                y = self._raster_now.corner(place)[1] - self._top if place is not None and number in seen else 0
                return rows.places[number], y
        return None

    def _forget_far_cells(self) -> None:
        most = max(_LEAST_CELLS_KEPT, 8 * len(self._slots))
        if len(self._cells) <= most:
            return
        places, sight = self.rows.places, self._places()
        middle = (sight.start + sight.stop) // 2
        near = sorted(self._cells, key=lambda number: abs(places[number] - middle))[: most * 3 // 4]
        self._cells = {number: self._cells[number] for number in near}
        self._stale &= self._cells.keys()

    def _ask(self) -> None:
        """Say which cells are missing, in sight first, then a page after and a page before."""
        self._asking = ""
        if not self.winfo_ismapped() or not self.rows:
            return
        sight, numbers = self._places(), self.rows.numbers
        page = max(1, len(sight))
        around = (sight, range(sight.stop, sight.stop + page), range(sight.start - 1, sight.start - 1 - page, -1))
        near = [numbers[place] for part in around for place in part if 0 <= place < len(numbers)]
        missing = [number for number in near if number not in self._cells or number in self._stale]
        if missing and not self._asked.issuperset(missing):
            self._asked = frozenset(missing)
            self.listener.needs(missing)

    def _draw_empty(self) -> None:
        self.canvas.delete("empty")
        if len(self.rows) or not any(self._empty):
            return
        colours, px = self.look.colours, self.look.px
        width, height = self.canvas.winfo_width(), self._height
        room = max(40, width - px(48))
        for text, font, ink, y, anchor in (
            (self._empty[0], TITLE, colours.text, height / 2 - px(4), "s"),
            (self._empty[1], BODY, colours.faint, height / 2 + px(6), "n"),
        ):
            item = self.canvas.create_text(width / 2, y, text=text, font=font, fill=ink, width=room, justify="center")
            self.canvas.itemconfigure(item, anchor=anchor, tags="empty")

    # What is done in it

    def choose(self, selection: Selection) -> None:
        """The user's own choice: shown, scrolled to and reported."""
        changed = selection != self.selection
        self.mark(selection)
        if selection.current is not None:
            self.see(selection.current)
        if changed:
            self.listener.selected(selection)

    def step(self, key: str) -> int | None:
        """The place where this key (such as "Up") leads to from the current row; None where it leads nowhere."""
        count, columns = len(self.rows), self._raster_now.columns
        if not count:
            return None
        here = self.rows.places.get(self.selection.current, -1) if self.selection.current is not None else -1
        if here < 0:
            return count - 1 if key == "End" else (self._places().start if self._places() else 0)
        page = max(1, self._height // self._raster_now.pitch_y - 1) * columns
        steps = {"Up": -columns, "Down": columns, "Left": -1, "Right": 1, "Prior": -page, "Next": page}
        if key in ("Home", "End"):
            return 0 if key == "Home" else count - 1
        there = here + steps[key]
        if key in ("Up", "Prior") and there < 0:
            return here % columns
        if key in ("Down", "Next") and there >= count:
            last_row = (count - 1) // columns
            return here if here // columns == last_row else min(count - 1, last_row * columns + here % columns)
        return min(max(0, there), count - 1)

    def point_of(self, number: int) -> tuple[int, int]:
        """Where on the screen a menu of this row belongs."""
        x, y = self._raster_now.corner(self.rows.places[number])
        inset = min(self._raster_now.pitch_x // 2, self.look.px(24))
        at = min(max(0, y - self._top + self._raster_now.pitch_y // 2), self._height)
        return self.canvas.winfo_rootx() + x + inset, self.canvas.winfo_rooty() + at

    def place_at(self, x: int, y: int) -> int | None:
        """The place under a point of the canvas, in pixels; None beside the rows."""
        return self._raster_now.place_at(x, y + self._top, len(self.rows))

    def point_at(self, x: int, y: int) -> None:
        """The mouse is here: its row stands out, a text that was cut is told."""
        place = self.place_at(x, y)
        self._hover(place)
        if place is None or not self._slots:
            self._tip.hide()
            return
        left, top = self._raster_now.corner(place)
        text = self._slots[place % len(self._slots)].tip_at(x - left, y + self._top - top)
        below = self.canvas.winfo_rooty() + top - self._top + self._raster_now.pitch_y
        self._tip.rest_on(text, self.canvas.winfo_rootx() + x, below)

    def point_nowhere(self) -> None:
        """The mouse is gone, or busy."""
        self._tip.hide()
        self._hover(None)

    def _hover(self, place: int | None) -> None:
        if place != self._under_mouse:
            self._under_mouse = place
            self.refresh()

    def _on_focus(self, has_it: bool) -> None:
        self._is_focused = has_it
        self._rim.configure(background=self.look.colours.accent if has_it else self.look.colours.back)
        self.refresh()
