"""Rows chosen with keys and the mouse, in the table and in the grid of a tagged folder."""

from __future__ import annotations

import sys
import tkinter
from typing import Any

from gui.row_grid import RowGrid
from gui.row_mouse import wheel_notches
from gui.row_selection import Selection
from gui.row_table import RowTable
from tests.plain_window import Plain
from tests.row_driver import *  # noqa: F403
from tests.row_driver import BOTH, CONTROL, MANY, SHIFT, Heard, Kind, middle_of


def numbers_of(heard: Heard) -> list[int]:
    return sorted(heard.selections[-1].chosen)


@BOTH
def test_clicks_choose(show: Any, kind: Kind, plain: Plain, heard: Heard) -> None:
    view = show(kind)
    plain.click(view.canvas, *middle_of(view, 2))
    assert (numbers_of(heard), heard.selections[-1].current) == ([2], 2)
    assert str(plain.root.focus_get()) == str(view.canvas)
    plain.click(view.canvas, *middle_of(view, 4), state=SHIFT)
    assert numbers_of(heard) == [2, 3, 4]
    plain.click(view.canvas, *middle_of(view, 3), state=CONTROL)
    assert numbers_of(heard) == [2, 4]
    assert view.selection == heard.selections[-1], "the view shows it itself"
    assert ("opened", 3) not in heard.events


@BOTH
def test_a_double_click_opens(show: Any, kind: Kind, plain: Plain, heard: Heard) -> None:
    view = show(kind)
    plain.click(view.canvas, *middle_of(view, 1), times=2)
    assert heard.events == [("opened", 1)]
    assert numbers_of(heard) == [1]


@BOTH
def test_a_right_click_asks_for_a_menu(show: Any, kind: Kind, plain: Plain, heard: Heard) -> None:
    view = show(kind)
    button = 2 if sys.platform == "darwin" else 3
    plain.click(view.canvas, *middle_of(view, 1), button=button)
    assert numbers_of(heard) == [1] and heard.events[0][:2] == ("menu", 1)
    view.choose(Selection(frozenset((1, 2, 3)), 3, 3))
    heard.selections.clear()
    plain.click(view.canvas, *middle_of(view, 2), button=button)
    assert heard.selections == [], "those that are chosen stay chosen"
    plain.press(view.canvas, "<Shift-F10>")
    number, x, y = heard.events[-1][1:]
    assert number == 3
    assert view.canvas.winfo_rootx() <= x and view.canvas.winfo_rooty() <= y


def test_keys_in_the_table(show: Any, plain: Plain, heard: Heard) -> None:
    view = show(RowTable)
    plain.press(view.canvas, "<Down>", "<Down>")
    assert numbers_of(heard) == [1]
    plain.press(view.canvas, "<Shift-Down>", "<Shift-Down>", "<Shift-Up>")
    assert numbers_of(heard) == [1, 2]
    plain.press(view.canvas, "<Control-Down>")
    assert (numbers_of(heard), heard.selections[-1].current) == ([1, 2], 3)
    plain.press(view.canvas, "<Control-space>")
    assert numbers_of(heard) == [1, 2, 3]
    plain.press(view.canvas, "<Left>", "<Right>")
    assert heard.selections[-1].current == 3
    plain.press(view.canvas, "<space>")
    assert heard.events == [("opened", 3)]


@BOTH
def test_pages_and_ends(show: Any, kind: Kind, plain: Plain, heard: Heard) -> None:
    view = show(kind)
    page = len(view.in_sight())
    plain.press(view.canvas, "<Home>", "<Next>")
    assert 1 < heard.selections[-1].current <= page  # type: ignore[operator]
    assert heard.selections[-1].current in view.in_sight()
    plain.press(view.canvas, "<Prior>")
    assert heard.selections[-1].current == 0
    plain.press(view.canvas, "<End>")
    assert heard.selections[-1].current == MANY - 1 and MANY - 1 in view.in_sight()
    plain.press(view.canvas, "<Home>", "<Shift-End>")
    assert len(heard.selections[-1].chosen) == MANY
    plain.press(view.canvas, "<Home>", "<Control-a>")
    assert len(heard.selections[-1].chosen) == MANY and heard.selections[-1].current == 0


def test_arrows_in_the_grid_go_by_rows_and_columns(show: Any, plain: Plain, heard: Heard) -> None:
    view = show(RowGrid, 20)
    columns = view._raster_now.columns
    assert 3 <= columns < 10
    plain.press(view.canvas, "<Home>", "<Right>", "<Down>")
    assert heard.selections[-1].current == columns + 1
    plain.press(view.canvas, "<Up>", "<Up>")
    assert heard.selections[-1].current == 1, "the first row has none above it"
    plain.press(view.canvas, "<Left>", "<Left>")
    assert heard.selections[-1].current == 0
    plain.press(view.canvas, "<End>", "<Down>")
    assert heard.selections[-1].current == 19
    plain.press(view.canvas, "<Up>", "<Down>")
    assert heard.selections[-1].current == 19


@BOTH
def test_other_keys_belong_to_the_window(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind, 5)
    pressed: list[str] = []
    for key in ("Return", "1", "u", "Delete"):
        plain.root.bind(f"<Key-{key}>", lambda event: pressed.append(event.keysym))
    plain.press(view.canvas, "<Down>", "<Return>", "<Key-1>", "<Key-u>", "<Delete>")
    assert pressed == ["Return", "1", "u", "Delete"]


@BOTH
def test_what_is_chosen_is_marked_by_more_than_colour(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind, 5)
    view.mark(Selection().clicked(1).toggled(2).toggled(2))
    plain.press(view.canvas)
    slot, current = view._slots[1], view._slots[2]
    assert view.canvas.itemcget(slot._edge, "state") == "normal"
    assert view.canvas.itemcget(current._edge, "state") == "hidden"
    assert view.canvas.itemcget(current._ring, "state") == "normal"
    assert view.canvas.itemcget(current._ring, "dash") == ""
    assert view._rim.cget("background") == plain.look.colours.accent
    entry = tkinter.Entry(plain.root)
    entry.pack()
    plain.press(entry)
    assert view.canvas.itemcget(current._ring, "dash") != "", "a broken ring while the keyboard is elsewhere"


@BOTH
def test_the_wheel_scrolls(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind)
    view.canvas.event_generate("<Button-5>")
    assert view._top > 0
    view.canvas.event_generate("<Button-4>")
    view.canvas.event_generate("<Button-4>")
    assert view._top == 0
    assert wheel_notches(-120 if sys.platform != "darwin" else -3) == 1
