"""The filter bar: what it reports, what it shows, and that it fits in both languages."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from typing import Any

import pytest

from core.records import Status
from core.reviews import Filter, Order
from core.texts import set_language
from gui.choice_box import ChoiceBox
from gui.filter_bar import FilterBar
from tests.plain_window import *  # noqa: F403
from tests.plain_window import Plain

BREEDS = [("n1", "Beagle", 1204), ("n2", "American Staffordshire terrier", 3)]
NAMES = {"n1": "Beagle", "n2": "American Staffordshire terrier", "n3": "Harrier"}


class Bar:
    """A filter bar, what it reported, and hands to use it with."""

    def __init__(self, plain: Plain) -> None:
        self.plain = plain
        self.told: list[tuple[Filter, Order]] = []
        self.bar = FilterBar(plain.root, plain.look, lambda wanted, order: self.told.append((wanted, order)))
        self.bar.pack(fill="x")
        self.bar.show_choices(BREEDS, ["Bella", "Rex"], NAMES)
        plain.root.update()

    def take(self, box: ChoiceBox, place: int) -> None:
        """Choose an entry as the user does: the list opens, an entry is clicked."""
        box.configure(postcommand="")
        box._on_opening()
        box.current(place)
        box.event_generate("<<ComboboxSelected>>")
        self.plain.root.update()

    def type(self, *keys: str) -> None:
        self.plain.press(self.bar.entry, *(f"<Key-{key}>" for key in keys))

    def is_shown(self, widget: tkinter.Widget) -> bool:
        self.plain.wait(lambda: not self.bar._flow._waiting, "the layout")
        return bool(widget.winfo_manager())


@pytest.fixture
def bar(plain: Plain) -> Bar:
    return Bar(plain)


def test_at_first_everything_is_wanted_most_doubtful_first(bar: Bar) -> None:
    assert (bar.bar.wanted, bar.bar.order, bar.bar.suspects_only) == (Filter(), Order.DOUBT, False)
    assert bar.bar.order_box.get() == "Most doubtful first"
    assert not bar.bar.is_filtered and not bar.is_shown(bar.bar._clear_button)
    assert bar.told == []


@pytest.mark.parametrize(
    ("box", "place", "expected"),
    [
        ("verdict_box", 1, Filter(statuses=frozenset((Status.SURE,)))),
        ("verdict_box", 4, Filter(statuses=frozenset((Status.UNREADABLE,)))),
        ("breed_box", 2, Filter(label="n2")),
        ("animal_box", 1, Filter(animal="Bella")),
        ("reviewed_box", 1, Filter(reviewed=False)),
        ("reviewed_box", 2, Filter(reviewed=True)),
    ],
)
def test_each_choice_is_reported_once(bar: Bar, box: str, place: int, expected: Filter) -> None:
    bar.take(getattr(bar.bar, box), place)
    assert bar.told == [(expected, Order.DOUBT)]
    assert bar.is_shown(bar.bar._clear_button)
    bar.take(getattr(bar.bar, box), place)
    assert len(bar.told) == 1, "the same again is no change"
    bar.take(getattr(bar.bar, box), 0)
    assert bar.told[1:] == [(Filter(), Order.DOUBT)]


def test_perhaps_wrong_is_a_flag_of_its_own(bar: Bar) -> None:
    bar.take(bar.bar.reviewed_box, 3)
    assert bar.bar.suspects_only and bar.bar.is_filtered
    assert bar.told == [(Filter(), Order.DOUBT)]


def test_choices_add_up(bar: Bar) -> None:
    bar.take(bar.bar.verdict_box, 2)
    bar.take(bar.bar.breed_box, 1)
    bar.take(bar.bar.order_box, 3)
    assert bar.told[-1] == (Filter(statuses=frozenset((Status.UNSURE,)), label="n1"), Order.CONFIDENCE)


def test_words_are_reported_when_the_hand_rests(bar: Bar) -> None:
    bar.type("r", "e", "x")
    assert bar.told == [], "not with every letter"
    bar.plain.wait(lambda: bar.told, "the words")
    assert bar.told == [(Filter(words="rex"), Order.DOUBT)]
    bar.type("1", "Return")
    assert bar.told[-1] == (Filter(words="rex1"), Order.DOUBT), "Enter does not wait"
    bar.type("Escape")
    assert bar.told[-1] == (Filter(), Order.DOUBT) and bar.bar.entry.get() == ""
    assert len(bar.told) == 3


def test_search_begins_with_what_was_typed_marked(bar: Bar) -> None:
    bar.bar.show_filter(Filter(words="rex"))
    bar.plain.root.focus_force()
    bar.bar.begin_search()
    bar.plain.root.update()
    assert str(bar.plain.root.focus_get()) == str(bar.bar.entry)
    assert bar.bar.entry.selection_present()


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(statuses=frozenset((Status.SURE, Status.UNSURE)), words="rex", reviewed=True),
        Filter(label="n3", animal="Nobody in the list"),
        Filter(predicted="n3", said="n1"),
        Filter(photographs=frozenset((1, 2, 3))),
    ],
)
def test_a_filter_from_elsewhere_comes_back_whole(bar: Bar, wanted: Filter) -> None:
    bar.take(bar.bar.animal_box, 2)
    bar.told.clear()
    bar.bar.show_filter(wanted)
    assert bar.bar.wanted == wanted
    bar.bar.show_choices(BREEDS, ["Rex"])
    bar.bar.show_texts()
    assert bar.bar.wanted == wanted
    bar.plain.wait(lambda: not bar.bar._waiting, "nothing")
    assert bar.told == [], "who gave it knows it"
    bar.bar.clear()
    assert bar.bar.wanted == Filter() and len(bar.told) == (wanted != Filter())


def test_what_is_not_in_a_list_is_shown_all_the_same(bar: Bar) -> None:
    bar.bar.show_filter(Filter(label="n3", animal="Nobody"))
    assert (bar.bar.breed_box.get(), bar.bar.animal_box.get()) == ("Harrier", "Nobody")


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (Filter(predicted="n3", said="n1"), "said Beagle, model said Harrier"),
        (Filter(said="mixed"), "said Mixed breed"),
        (Filter(said="other:Podenco"), "said Podenco"),
        (Filter(predicted="n2"), "model said American Staffordshire terrier"),
        (Filter(photographs=frozenset(range(1500))), "1,500 chosen photographs"),
    ],
)
def test_a_cell_of_the_confusion_matrix_is_a_chip(bar: Bar, wanted: Filter, text: str) -> None:
    assert not bar.is_shown(bar.bar.chip)
    bar.bar.show_filter(wanted)
    assert str(bar.bar.chip.cget("text")).startswith(text)
    assert bar.is_shown(bar.bar.chip)
    bar.take(bar.bar.verdict_box, 1)
    bar.bar.chip.invoke()
    assert bar.told[-1] == (Filter(statuses=frozenset((Status.SURE,))), Order.DOUBT)
    assert not bar.is_shown(bar.bar.chip)


def test_an_order_from_elsewhere(bar: Bar) -> None:
    bar.bar.show_order(Order.STATUS, reverse=True)
    assert (bar.bar.order, bar.bar.reverse, bar.told) == (Order.STATUS, True, [])
    bar.bar.clear()
    assert bar.bar.order is Order.STATUS and bar.told == [], "nothing was filtered"
    bar.take(bar.bar.order_box, 6)
    assert (bar.bar.order, bar.bar.reverse) == (Order.PLACE, False)
    assert bar.told == [(Filter(), Order.PLACE)]


def test_counts_in_words(bar: Bar) -> None:
    bar.bar.show_counts(34, 1204)
    assert bar.bar.counts.cget("text") == "34 of 1,204"
    bar.bar.show_counts(1204, 1204)
    assert bar.bar.counts.cget("text") == "1,204 photographs"
    bar.bar.show_counts(1, 1)
    assert bar.bar.counts.cget("text") == "1 photograph"
    set_language("fr")
    bar.bar.show_counts(34, 1204)
    assert bar.bar.counts.cget("text") == "34 sur 1\u202f204"


def test_the_chosen_breed_stands_whole_in_the_opened_list(bar: Bar) -> None:
    box = bar.bar.breed_box
    bar.take(box, 2)
    assert box.get() == "American Staffordshire terrier  (3)", "it gets the room that it needs"
    box._on_opening()
    assert box.current() == 2, "the list marks it"
    box.choose("n4", "American Staffordshire terrier " * 4)
    bar.plain.root.update()
    assert box.get().startswith("American") and box.get().endswith("…"), "no half letter at the edge"
    before = box.get()
    box.event_generate("<Button-5>")
    box.event_generate("<MouseWheel>", delta=-120)
    bar.plain.root.update()
    assert box.get() == before, "the wheel changes nothing"


def outside(bar: FilterBar) -> list[str]:
    """Controls that stick out, or lie over another, or have less room than they need."""
    shown = [child for child in bar.winfo_children() if child.winfo_manager() and child.winfo_viewable()]
    found = []
    for one in shown:
        right, bottom = one.winfo_x() + one.winfo_width(), one.winfo_y() + one.winfo_height()
        if right > bar.winfo_width() or bottom > bar.winfo_height() or one.winfo_width() < one.winfo_reqwidth():
            found.append(f"{one}: {right}, {bottom} of {bar.winfo_width()}, {bar.winfo_height()}")
        for other in shown:
            is_beside = other.winfo_y() < bottom and one.winfo_y() < other.winfo_y() + other.winfo_height()
            if other is not one and is_beside and one.winfo_x() <= other.winfo_x() < right:
                found.append(f"{other} lies over {one}")
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", [940, 1280, 1900])
def test_all_fits(plain: Plain, language: Any, width: int) -> None:
    set_language(language)
    plain.root.geometry(f"{width}x300+0+0")
    bar = Bar(plain)
    plain.wait(lambda: bar.bar.winfo_width() == width, "the size")

    def settled(is_so: Callable[[], object] = lambda: True) -> None:
        plain.wait(lambda: not bar.bar._flow._waiting and is_so(), "the layout")
        plain.root.update()

    bar.bar.show_counts(20_000, 20_000)
    settled()
    assert outside(bar.bar) == []
    one_line = bar.bar.winfo_height()
    assert one_line < (90 if width < 1280 or language == "fr" else 50)
    bar.bar.show_filter(Filter(said="n2", predicted="n3", label="n2", statuses=frozenset(Status)))
    bar.bar.show_counts(12_345, 20_000)
    settled(lambda: bar.bar.chip.winfo_viewable())
    assert outside(bar.bar) == []
    assert bar.bar.winfo_height() <= 130


def test_what_is_chosen_can_be_read_in_large_text(plain: Plain) -> None:
    set_language("fr")
    bar = Bar(plain).bar
    plain.root.geometry("1180x500+0+0")
    plain.look.text_percent = 200  # as it is done while the window is open
    plain.look.use("light")
    bar.show_texts()
    plain.wait(lambda: not bar._flow._waiting and bar.winfo_width() == 1180, "the layout")
    boxes = (bar.verdict_box, bar.breed_box, bar.animal_box, bar.reviewed_box, bar.order_box)
    assert [box.get() for box in boxes] == [box.chosen_text for box in boxes]
    bar.show_filter(Filter(label="n2"))
    plain.wait(lambda: not bar._flow._waiting, "the layout")
    plain.root.update()
    assert bar.breed_box.get() == bar.breed_box.chosen_text
    assert outside(bar) == []
