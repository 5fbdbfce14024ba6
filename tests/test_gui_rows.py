"""The table and the grid of a tagged folder: only what is in sight is drawn, cells and pictures come when needed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from core.records import Status
from core.reviews import Order
from core.texts import set_language
from gui.row_cells import short_name
from gui.row_grid import RowGrid
from gui.row_selection import Selection
from gui.row_table import RowTable
from gui.row_thumbnails import Thumbnails
from gui.row_view import RowView
from gui.text_fit import TextFit
from gui.theme import BODY
from tests.plain_window import Plain
from tests.row_driver import *  # noqa: F403
from tests.row_driver import BOTH, MANY, Heard, Kind, cells, jpeg, middle_of


def texts(view: RowView) -> list[str]:
    """What can be read in the part that is in sight."""
    canvas, found = view.canvas, []
    low, high = canvas.canvasy(0), canvas.canvasy(canvas.winfo_height())
    for item in canvas.find_all():
        if str(canvas.type(item)) == "text" and low - 60 <= canvas.coords(item)[1] <= high + 60:
            found.append(str(canvas.itemcget(item, "text")))
    return found


# What is drawn


@BOTH
def test_only_what_is_in_sight_is_drawn(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind)
    drawn = len(view.canvas.find_all())
    assert len(view.in_sight()) < 120 and drawn < 120 * 16
    assert "rex_0.jpg" in " ".join(texts(view)) or "rex_0" in texts(view)
    for place in (0.3, 0.99, 0.0, 1.0):
        view._on_bar("moveto", str(place))
        plain.root.update()
    assert len(view.canvas.find_all()) == drawn, "the same items are used again"
    assert view.in_sight()[-1] == MANY - 1
    assert any(str(MANY - 1) in text for text in texts(view)), "the last row can be read"
    assert not any(text in ("rex_0", "rex_0.jpg") for text in texts(view))


@BOTH
def test_every_row_in_sight_is_drawn_in_its_place(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind)
    for top in (0, 37, 5000, 4321, 5100):
        view._scroll_to(top)
        plain.root.update()
        for number in view.in_sight():
            slot = view._slots[view.rows.places[number] % len(view._slots)]
            assert slot.number == number and slot.cells is not None and slot.cells.number == number
            assert slot._at == view._raster_now.corner(view.rows.places[number])


@BOTH
def test_a_large_list_is_shown_at_once_and_scrolls_fast(show: Any, kind: Kind, plain: Plain) -> None:
    """Generous bounds for a busy machine; tests/bench/row_views.py measures."""
    view = show(kind)
    numbers = list(range(MANY))
    began = time.perf_counter()
    view.show_list(numbers)
    assert time.perf_counter() - began < 0.3
    view.show_cells({number: cells(number) for number in range(400)})
    steps = []
    for _ in range(10):
        began = time.perf_counter()
        view.scroll_by(90)
        plain.root.update()
        steps.append(time.perf_counter() - began)
    assert sorted(steps)[5] < 0.1


@BOTH
def test_cells_are_asked_for_once_and_for_what_is_near(show: Any, kind: Kind, plain: Plain, heard: Heard) -> None:
    view = show(kind, filled=False)
    seen = view.in_sight()
    assert heard.needed[-1][: len(seen)] == seen, "what is in sight comes first"
    assert len(seen) < len(heard.needed[-1]) <= 3 * len(seen), "and a page around it"
    heard.needed.clear()
    view.refresh()
    plain.root.update()
    assert heard.needed == [], "no second time for the same rows"
    view.show_cells({number: cells(number) for number in seen[:3]})
    plain.root.update()
    assert heard.needed == []
    for _ in range(5):  # several changes before the window is idle
        view.scroll_by(3000)
    plain.root.update()
    assert len(heard.needed) == 1
    assert heard.needed[0][: len(view.in_sight())] == view.in_sight()


@BOTH
def test_cells_that_changed_are_drawn_and_asked_for_again(show: Any, kind: Kind, plain: Plain, heard: Heard) -> None:
    view = show(kind, 30)
    assert "Beagle" in texts(view) and "Harrier" not in texts(view)
    view.show_cells({2: cells(2, answer="Harrier"), 999: cells(999)})
    assert texts(view).count("Harrier") == 1
    heard.needed.clear()
    view.ask_again([4, 5])
    plain.root.update()
    assert heard.needed == [[4, 5]]
    view.forget([7])
    plain.root.update()
    assert heard.needed[-1] == [7] and view.winfo_ismapped()
    view.show_texts()
    plain.root.update()
    assert heard.needed[-1][:3] == [0, 1, 2]


@BOTH
def test_what_is_kept_does_not_grow_with_the_folder(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind)
    for start in range(0, MANY, 1000):
        view._scroll_to(view._raster_now.corner(start)[1])
        view.show_cells({number: cells(number) for number in range(start, start + 1000)})
    assert len(view._cells) <= 3000
    assert all(number in view._cells for number in view.in_sight())


@BOTH
def test_a_new_list_keeps_the_current_row_in_its_place(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind)
    view.see(5000)
    view.mark(Selection().clicked(5000))
    before = view.canvas.winfo_height() - middle_of(view, 5000)[1]
    view.show_list([number for number in range(MANY) if number % 40 == 0])
    assert view.canvas.winfo_height() - middle_of(view, 5000)[1] == pytest.approx(before, abs=1)
    assert 5000 in view.in_sight()
    view.show_list([1, 2, 3])
    assert view.in_sight() == [1, 2, 3]
    view.show_list([])
    assert view.in_sight() == []


@BOTH
def test_an_empty_list_says_so(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind, 0)
    view.show_empty("No photograph fits", "Take away a filter.")
    assert texts(view).count("No photograph fits") == 1 and "Take away a filter." in texts(view)
    view.show_list([3])
    assert "No photograph fits" not in texts(view)
    view.show_list([])
    assert "No photograph fits" in texts(view)


@BOTH
def test_the_theme_and_the_size_of_the_window_may_change(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind)
    view.see(9000)
    view.mark(Selection().clicked(9000))
    plain.look.use("dark")
    plain.root.update()
    assert view.canvas.cget("background") == plain.look.colours.card
    for size in ("1400x900", "500x300", "1000x600"):
        plain.root.geometry(size)
        plain.wait(lambda: view.winfo_toplevel().winfo_width() == int(size.split("x")[0]), "the size")  # noqa: B023
        plain.root.update()
        assert 9000 in view.in_sight(), size
        assert view._slots[view.rows.places[9000] % len(view._slots)].cells == cells(9000)


# The table


def test_headings_sort_and_turn_round(show: Any, plain: Plain, heard: Heard) -> None:
    view = show(RowTable)
    borders = view.headings.borders()
    for _ in range(2):
        plain.click(view.headings, borders[2] + 20, 8)
    plain.click(view.headings, borders[3] + 20, 8)
    assert heard.events == [
        ("sort", Order.BREED, False),
        ("sort", Order.BREED, True),
        ("sort", Order.CONFIDENCE, False),
    ]
    assert arrows(view) == 1
    view.show_order(Order.DOUBT)
    assert arrows(view) == 0, "no column is sorted by doubt"
    view.show_order(Order.NAME, reverse=True)
    plain.click(view.headings, 20, 8)
    assert heard.events[-1] == ("sort", Order.NAME, False)


def arrows(view: RowTable) -> int:
    return sum(str(view.headings.type(item)) == "polygon" for item in view.headings.find_all())


def drag(plain: Plain, view: RowTable, start: int, end: int) -> None:
    view.headings.event_generate("<ButtonPress-1>", x=start, y=8)
    for x in (start + (end - start) // 2, end):
        view.headings.event_generate("<B1-Motion>", x=x, y=8)
    view.headings.event_generate("<ButtonRelease-1>", x=end, y=8)
    plain.root.update()


def test_columns_can_be_made_wider(show: Any, plain: Plain, heard: Heard) -> None:
    view = show(RowTable)
    before = view.headings.borders()
    assert view.widths == {}, "nothing is to be remembered"
    drag(plain, view, before[1], before[1] + 40)
    after = view.headings.borders()
    assert after[1] == pytest.approx(before[1] + 40, abs=2) and after[2:] == pytest.approx(before[2:], abs=2)
    assert heard.events == [], "that sorts nothing"
    assert view.canvas.coords(view._slots[0]._sign)[0] > after[1], "the rows follow"
    kept = view.widths
    drag(plain, view, after[1], -500)
    assert 40 <= view.headings.borders()[1] <= 60, "no column is lost"
    view.use_widths(kept)
    assert view.headings.borders() == pytest.approx(after, abs=3)
    plain.root.geometry("500x600")
    plain.wait(lambda: view.canvas.winfo_width() < 500, "the size")
    narrow = view.headings.borders()
    assert narrow[-1] == view.canvas.winfo_width() and narrow == sorted(narrow)
    view.use_widths({"photograph": 0.5, "verdict": -1.0})
    assert view.widths == {}, "what makes no sense is not used"


def test_texts_of_the_table_fit_their_columns(show: Any, plain: Plain) -> None:
    view = show(RowTable, 2, filled=False)
    long = "American Staffordshire terrier or Soft-coated wheaten terrier or Norwegian elkhound"
    view.show_cells({0: cells(0, name=f"{long}_7.jpg", answer=long, animal=long, reviewed=long)})
    slot, borders = view._slots[0], view.headings.borders()
    for place, item in enumerate(slot._texts):
        left, _, right, _ = view.canvas.bbox(item)
        assert borders[place] <= left and right <= borders[place + 1], place
    assert view.canvas.itemcget(slot._texts[0], "text").endswith("_7"), "names differ at their end"
    assert slot.tip_at(borders[2] + 5, 5) == long
    assert slot.tip_at(borders[1] + 5, 5) == "", "nothing was cut there"
    view.point_at(borders[2] + 30, 8)
    plain.wait(lambda: view._tip._window, "the whole text")
    view.scroll_by(1)
    view.point_nowhere()
    assert view._tip._window is None


def test_the_table_speaks_french(show: Any, plain: Plain) -> None:
    view = show(RowTable, 3, filled=False)
    view.show_cells({0: cells(0, status=Status.UNREADABLE)})
    assert "Unreadable" in texts(view)
    set_language("fr")
    view.show_texts()
    view.show_cells({0: cells(0, status=Status.UNREADABLE)})
    assert "Illisible" in texts(view)
    words = [item for item in view.headings.find_all() if str(view.headings.type(item)) == "text"]
    assert view.headings.itemcget(words[0], "text") == "Photo"


# The grid


def test_tiles_come_in_three_sizes(show: Any, plain: Plain) -> None:
    view = show(RowGrid)
    view.mark(Selection().clicked(700))
    view.see(700)
    seen = {}
    for _ in range(4):
        seen[view.tile_size] = len(view.in_sight())
        assert 700 in view.in_sight()
        view.canvas.event_generate("<Control-Button-4>")
        plain.root.update()
    assert set(seen) == {"medium", "large"}
    for _ in range(4):
        view.canvas.event_generate("<Control-Button-5>")
        plain.root.update()
    assert view.tile_size == "small" and len(view.in_sight()) > seen["medium"] > seen["large"]


def test_tiles_show_what_was_reviewed_and_what_is_suspect(show: Any, plain: Plain) -> None:
    view = show(RowGrid, 3, filled=False)
    view.show_cells({0: cells(0, reviewed="Rex’s friend"), 1: cells(1, is_suspect=True), 2: cells(2, status=None)})

    def pictures(place: int) -> list[bool]:
        slot = view._slots[place]
        return [bool(view.canvas.itemcget(item, "image")) for item in (slot._sign, slot._check, slot._suspect)]

    assert pictures(0) == [True, True, False]
    assert pictures(1) == [True, False, True]
    assert pictures(2) == [False, False, False]


# Thumbnails


@BOTH
def test_thumbnails_are_drawn_when_they_are_decoded(show: Any, kind: Kind, plain: Plain) -> None:
    view = show(kind, 40, filled=False)
    view.show_cells({number: cells(number, thumbnail=jpeg(size=(160, 90 + number))) for number in range(40)})
    plain.wait(lambda: view._slots[0]._picture, "a picture")
    plain.wait(lambda: not view.thumbnails.is_busy, "all pictures")
    assert all(view._slots[number]._picture for number in view.in_sight())


def test_a_damaged_thumbnail_leaves_its_place_empty(plain: Plain) -> None:
    ready: list[bool] = []
    made = Thumbnails(plain.root, lambda: ready.append(True))
    made.use_box(40, 40)
    good = jpeg(size=(100, 50))
    made.want([b"no picture", good[:200], good])
    plain.wait(lambda: not made.is_busy and ready, "the pictures")
    assert made.get(b"no picture") is None
    picture = made.get(good)
    assert picture is not None and (picture.width(), picture.height()) == (40, 20)
    made.want([b"no picture", good])
    assert not made.is_busy, "neither is tried again"


def test_thumbnails_are_bounded_and_newer_wishes_replace_older(plain: Plain) -> None:
    made = Thumbnails(plain.root, lambda: None)
    made.use_box(1000, 1000)
    many = [jpeg(size=(20, 10 + number)) for number in range(90)]
    made.want(many)
    plain.wait(lambda: not made.is_busy, "the pictures")
    assert len(made._made) == 64
    assert made.get(many[-1]) is not None and made.get(many[0]) is None
    made.want(many[:1])
    made.want([])
    plain.wait(lambda: not made.is_busy, "nothing")
    assert made.get(many[0]) is None


def test_long_texts_are_cut_as_little_as_possible(plain: Plain) -> None:
    fit = TextFit(plain.root)
    text = "American Staffordshire terrier"
    whole = fit.width(text, BODY)
    assert fit.fit(text, BODY, whole) == text
    for room in (150, 90, 40):
        for in_the_middle in (False, True):
            short = fit.fit(text, BODY, room, in_the_middle)
            assert fit.width(short, BODY) <= room and "…" in short
            assert fit.width(short, BODY) > room - 25, "no more than needed is cut"
    assert fit.fit(text, BODY, 0) == ""
    assert [short_name(name) for name in ("a/b.c/rex 1.JPG", "a\\rex.heic", ".jpg", "v1.2 of rex")] == [
        *("rex 1", "rex", ".jpg", "v1.2 of rex")
    ]
    assert fit.fit("two\nlines", BODY, 500) == "two lines"
