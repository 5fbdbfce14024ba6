"""The rules of choosing rows: clicks, arrows, Shift and Control, and lists that change."""

from __future__ import annotations

import pytest

from gui.row_selection import RowList, Selection

ROWS = RowList.of((10, 20, 30, 40, 50))


def chosen(selection: Selection) -> list[int]:
    return list(selection.in_order(ROWS))


def test_a_click_chooses_one_row() -> None:
    selection = Selection().clicked(20).clicked(40)
    assert (chosen(selection), selection.current, selection.anchor) == ([40], 40, 40)


def test_control_adds_and_takes_away() -> None:
    selection = Selection().clicked(20).toggled(50).toggled(10)
    assert chosen(selection) == [10, 20, 50]
    assert chosen(selection.toggled(20)) == [10, 50]
    assert selection.toggled(20).current == 20, "the current row need not be chosen"


def test_shift_goes_from_the_anchor() -> None:
    selection = Selection().clicked(30).extended(50, ROWS)
    assert chosen(selection) == [30, 40, 50]
    assert chosen(selection.extended(10, ROWS)) == [10, 20, 30], "the anchor stays"
    assert chosen(Selection().clicked(10).toggled(30).extended(40, ROWS, adding=True)) == [10, 30, 40]
    assert chosen(Selection().extended(20, ROWS)) == [20], "without an anchor it is a click"
    assert chosen(Selection(current=40, anchor=99).extended(50, ROWS)) == [40, 50], "the anchor is gone"


def test_arrows_stop_at_both_ends() -> None:
    selection = Selection().clicked(20)
    assert chosen(selection.moved(1, ROWS)) == [30]
    assert chosen(selection.moved(99, ROWS)) == [50]
    assert chosen(selection.moved(-99, ROWS)) == [10]
    assert chosen(selection.moved(2, ROWS, extend=True)) == [20, 30, 40]
    assert chosen(selection.moved(2, ROWS, extend=True).moved(-3, ROWS, extend=True)) == [10, 20]


def test_control_and_arrows_move_without_choosing() -> None:
    selection = Selection().clicked(20).moved(2, ROWS, keep=True)
    assert (chosen(selection), selection.current, selection.anchor) == ([20], 40, 20)
    assert chosen(selection.toggled(40)) == [20, 40]


def test_the_first_arrow_finds_a_row() -> None:
    assert Selection().moved(1, ROWS).current == 10
    assert Selection().moved(-1, ROWS).current == 50
    assert Selection(current=77).moved(1, ROWS).current == 10


def test_start_end_and_all() -> None:
    selection = Selection().clicked(30)
    assert chosen(selection.at(0, ROWS)) == [10]
    assert chosen(selection.at(-1, ROWS, extend=True)) == [30, 40, 50]
    everything = selection.all(ROWS)
    assert (chosen(everything), everything.current) == ([10, 20, 30, 40, 50], 30)
    assert Selection().all(ROWS).current == 10


@pytest.mark.parametrize("step", [1, -1])
def test_nothing_to_choose_in_an_empty_list(step: int) -> None:
    empty = RowList()
    assert Selection().clicked(10).moved(step, empty) == Selection()
    assert Selection().clicked(10).at(0, empty) == Selection()
    assert Selection().all(empty) == Selection()
    assert Selection().clicked(10).restricted(empty, ROWS) == Selection()


def test_a_new_list_keeps_what_is_still_there() -> None:
    selection = Selection().clicked(20).toggled(40)
    left = selection.restricted(RowList.of((50, 40, 30)), ROWS)
    assert (left.chosen, left.current) == (frozenset((40,)), 40)


def test_the_next_row_takes_the_place_of_one_that_is_gone() -> None:
    selection = Selection().clicked(20)
    after = selection.restricted(RowList.of((10, 40, 50)), ROWS)
    assert (after.chosen, after.current, after.anchor) == (frozenset((40,)), 40, 40)
    last = Selection().clicked(50).restricted(RowList.of((10, 20)), ROWS)
    assert (last.chosen, last.current) == (frozenset((20,)), 20)
    unknown = selection.restricted(RowList.of((10, 40)))
    assert unknown == Selection()


def test_chosen_rows_come_in_the_order_of_the_list() -> None:
    selection = Selection(frozenset((10, 30, 50, 99)))
    assert selection.in_order(RowList.of((50, 30, 20, 10))) == (50, 30, 10)
    assert RowList.of((50, 30, 20, 10)).between(20, 50) == (50, 30, 20)
