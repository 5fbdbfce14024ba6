"""The page of figures: what it says, and that every number opens its photographs, by mouse and by keyboard."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tkinter import filedialog, ttk

import pytest

from core.figures import Agreement, BreedCount, Cell, Figures, Outcome
from core.records import Status
from core.reviews import Filter
from core.texts import set_language
from gui.agreement_view import heading_of, lines_of
from gui.bar_chart import grouped
from gui.confusion_view import blend, readable_on
from gui.figures_page import FiguresPage
from gui.theme import DARK, LIGHT
from tests.made_up_run import dog_info
from tests.plain_window import *  # noqa: F403
from tests.plain_window import Plain
from tests.window_driver import texts_of

NOBODY = {status: Agreement() for status in (Status.SURE, Status.UNSURE, Status.NOT_A_DOG)}
EMPTY = Figures(0, {status: 0 for status in Status}, 0, 0, (), NOBODY, ())
SOME = Figures(
    1234,
    {Status.SURE: 700, Status.UNSURE: 500, Status.NOT_A_DOG: 30, Status.UNREADABLE: 4},
    60,
    300,
    (BreedCount("beagle", 400), BreedCount("pug", 300), BreedCount("husky", 100)),
    {
        Status.SURE: Agreement({Outcome.FIRST: 36, Outcome.OTHER_BREED: 4, Outcome.UNKNOWN: 2}, 40),
        Status.UNSURE: Agreement({Outcome.FIRST: 4, Outcome.NAMED: 5, Outcome.MIXED: 3}, 12),
        Status.NOT_A_DOG: Agreement({Outcome.A_DOG: 1}, 1),
    },
    (
        Cell("beagle", "beagle", 30),
        Cell("beagle", "boxer", 4),
        Cell("pug", "mixed", 3),
        Cell("pug", "unknown", 2),
        Cell("not_a_dog", "pug", 1),
    ),
)


class Page:
    """A page, what was chosen on it, and hands to use it with."""

    def __init__(self, plain: Plain, figures: Figures, saves: bool = True) -> None:
        self.plain = plain
        self.chosen: list[Filter] = []
        self.saved: list[Path] = []
        info = dog_info()
        save = self.saved.append if saves else None
        self.page = FiguresPage(plain.root, plain.look, figures, info, self.chosen.append, save)
        plain.wait(self.page.winfo_viewable, "the page")
        plain.root.update()

    @property
    def cells(self) -> tkinter.Canvas:
        self.page.tabs.select(1)
        self.plain.root.update()
        self.plain.wait(self.page.matrix.cells.winfo_viewable, "the matrix")
        self.page.matrix.cells.focus_force()
        self.plain.root.update()
        return self.page.matrix.cells

    def texts(self, of: tkinter.Misc | None = None) -> Iterator[str]:
        widget = of or self.page
        yield from texts_of(widget)
        for child in widget.winfo_children():
            yield from self.texts(child)

    @property
    def is_open(self) -> bool:
        return bool(self.page.winfo_exists())


Opener = Callable[..., Page]


@pytest.fixture
def page(plain: Plain) -> Opener:
    return lambda figures=SOME, **more: Page(plain, figures, **more)


def test_the_numbers_are_there(page: Opener) -> None:
    texts = " | ".join(page().texts())
    for text in ("1,234", "reviewed (5\u00a0%)", "300", "Sure: 700 (57\u00a0%)", "Beagle", "400"):
        assert text in texts
    assert "people agreed 36 times out of 40, 90\u00a0%" in texts
    assert "one of the named breeds was right 9 times out of 12 |" in texts, "no percentage of a few"


def test_verdicts_narrow_the_rows(page: Opener) -> None:
    opened = page()
    opened.page.status_buttons[Status.UNSURE].invoke()
    assert opened.chosen == [Filter(frozenset({Status.UNSURE}))]
    assert not opened.is_open


def test_a_verdict_that_nobody_got_cannot_be_chosen(page: Opener) -> None:
    opened = page(replace(SOME, statuses={**SOME.statuses, Status.UNREADABLE: 0}))
    assert opened.page.status_buttons[Status.UNREADABLE].instate(["disabled"])


def test_a_click_on_a_breed(page: Opener) -> None:
    opened = page()
    bars = opened.page.breeds
    opened.plain.click(bars, 30, bars.row_height + 4)
    assert opened.chosen == [Filter(label="pug")]


def test_the_keyboard_chooses_a_breed(page: Opener) -> None:
    opened = page()
    opened.plain.press(opened.page.breeds, "<Up>", "<Down>", "<Down>", "<Down>", "<Down>", "<Return>")
    assert opened.chosen == [Filter(label="husky")]


def test_many_breeds_are_shown_on_request(page: Opener) -> None:
    breeds = tuple(BreedCount(f"b{place}", 200 - place) for place in range(120))
    opened = page(replace(SOME, breeds=breeds, names={one.label: f"Breed {one.label}" for one in breeds}))
    bars = opened.page.breeds
    assert "105 other breeds" in texts_of(bars) and "Breed b15" not in texts_of(bars)
    opened.plain.click(bars, 30, 15 * bars.row_height + 4)
    assert opened.chosen == [], "the others are not one breed"
    opened.page.more_button.invoke()
    opened.plain.root.update()
    assert "Breed b119" in texts_of(bars) and not opened.page.more_button.winfo_manager()
    for _ in range(119):
        bars.event_generate("<Down>")
    opened.plain.root.update()
    bottom = bars.winfo_rooty() + bars.marked[1]
    assert bottom <= opened.page._scroll.winfo_rooty() + opened.page._scroll.winfo_height(), "in sight"
    bars.event_generate("<Return>")
    assert opened.chosen == [Filter(label="b119")]


def test_the_keyboard_begins_at_the_largest_disagreement(page: Opener) -> None:
    opened = page()
    cells = opened.cells
    assert "answer Beagle, people said Boxer: 4" in str(opened.page.matrix.line.cget("text"))
    opened.plain.press(cells, "<Return>")
    assert opened.chosen == [Filter(predicted="beagle", said="boxer")]
    assert not opened.is_open


def test_arrows_go_from_cell_to_cell(page: Opener) -> None:
    opened = page()
    cells, line = opened.cells, opened.page.matrix.line
    # Columns: mixed, unknown, beagle, pug, boxer; rows: beagle, pug, no dog.
    opened.plain.press(cells, "<Home>")
    assert "Beagle, people said Mixed breed: never" in str(line.cget("text"))
    opened.plain.press(cells, "<Return>")
    assert opened.chosen == [], "there is nothing to open"
    opened.plain.press(cells, "<Left>", "<Up>", "<Down>")
    assert "Pug, people said Mixed breed: 3" in str(line.cget("text"))
    opened.plain.press(cells, "<End>", "<Up>", "<Home>", "<Control-Right>", "<space>")
    assert opened.chosen == [Filter(predicted="beagle", said="beagle")]


def test_a_click_on_a_cell_opens_it(page: Opener) -> None:
    opened = page()
    side = opened.page.matrix.side
    columns = list(opened.page.matrix._matrix.columns)
    cells = opened.cells
    opened.plain.click(cells, columns.index("Boxer") * side + 5, 1 * side + 5)
    assert opened.chosen == [], "an empty cell"
    opened.plain.click(cells, columns.index("Pug") * side + 5, 2 * side + 5)
    assert opened.chosen == [Filter(frozenset({Status.NOT_A_DOG}), said="pug")]


def test_the_pointer_is_told_whole_names(page: Opener) -> None:
    opened = page()
    matrix = opened.page.matrix
    cells = opened.cells
    cells.event_generate("<Motion>", x=4 * matrix.side + 5, y=5)
    opened.plain.wait(lambda: matrix._tip._window, "the tip")
    assert matrix._tip._text == "The answer Beagle, people said Boxer: 4. Enter or a click shows them."
    cells.event_generate("<Leave>")
    opened.plain.root.update()
    assert matrix._tip._window is None


def test_a_large_matrix_scrolls_with_its_names(page: Opener) -> None:
    labels = [f"a breed with a long name {place}" for place in range(120)]
    cells = tuple(Cell(one, other, 1) for one, other in pairwise(labels))
    opened = page(replace(SOME, cells=cells, names={label: label for label in labels}))
    canvas, matrix = opened.cells, opened.page.matrix
    assert matrix._across.winfo_manager() and matrix._down.winfo_manager()
    opened.plain.press(canvas, "<End>", *["<Down>"] * 118)
    (row, column), side = matrix._at, matrix.side
    assert (row, column) == (118, 118)
    assert 0 <= row * side - canvas.canvasy(0) <= canvas.winfo_height() - side
    assert 0 <= column * side - canvas.canvasx(0) <= canvas.winfo_width() - side
    assert matrix._left.canvasy(0) == canvas.canvasy(0) > 0
    assert matrix._top.canvasx(0) == canvas.canvasx(0) > 0
    begun = canvas.canvasy(0)
    canvas.event_generate("<Button-4>", x=5, y=5)
    opened.plain.root.update()
    assert canvas.canvasy(0) < begun and matrix._left.canvasy(0) == canvas.canvasy(0)


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (EMPTY, "Nobody has reviewed a photograph yet: press Enter on a row"),
        (EMPTY, "No breed yet."),
        (EMPTY, "Nobody has reviewed a photograph yet. What people say"),
        (replace(SOME, cells=SOME.cells[:1]), "Nobody disagreed with an answer so far (60 reviewed)."),
    ],
)
def test_what_is_empty_says_why(page: Opener, figures: Figures, said: str) -> None:
    assert said in " | ".join(page(figures).texts())


def test_the_table_is_saved_where_the_user_says(page: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened = page()
    answers = ["", str(tmp_path / "figures.csv")]
    monkeypatch.setattr(filedialog, "asksaveasfilename", lambda **_asked: answers.pop(0))
    opened.page.save_button.invoke()
    opened.page.save_button.invoke()
    assert opened.saved == [tmp_path / "figures.csv"]
    assert opened.is_open
    assert not hasattr(page(saves=False).page, "save_button")


def test_escape_closes_it(page: Opener) -> None:
    opened = page()
    opened.plain.press(opened.page.breeds, "<Escape>")
    assert not opened.is_open and opened.chosen == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("dpi", [96.0, 130.0])
def test_nothing_is_cut_off(plain: Plain, language: str, dpi: float) -> None:
    set_language("fr" if language == "fr" else "en")
    plain.root.tk.call("tk", "scaling", dpi / 72)
    plain.look.use("dark")
    numbers = {Status.SURE: 11_203, Status.UNSURE: 8_120, Status.NOT_A_DOG: 1_007, Status.UNREADABLE: 151}
    opened = Page(plain, replace(SOME, photographs=20_481, statuses=numbers))
    for tab in (0, 1):
        opened.page.tabs.select(tab)
        plain.root.update()
        for widget in _all(opened.page):
            if isinstance(widget, ttk.Label | ttk.Button) and widget.winfo_viewable() and widget.cget("text"):
                assert widget.winfo_width() >= widget.winfo_reqwidth() - 1, widget.cget("text")
                assert widget.winfo_height() >= widget.winfo_reqheight() - 1, widget.cget("text")
    assert opened.page.winfo_width() <= opened.page.winfo_screenwidth()
    assert opened.page.winfo_height() <= opened.page.winfo_screenheight()


def test_the_theme_may_change_while_it_is_open(page: Opener) -> None:
    opened = page()
    cells = opened.cells
    opened.plain.look.use("dark")
    opened.plain.root.update()
    assert str(cells.cget("background")) == DARK.back
    assert str(opened.page.breeds.cget("background")) == DARK.back


def _all(widget: tkinter.Misc) -> Iterator[tkinter.Misc]:
    for child in widget.winfo_children():
        yield child
        yield from _all(child)


# Words


def test_agreement_in_words() -> None:
    info = dog_info()
    sure = Agreement({Outcome.FIRST: 90, Outcome.CROSS_WITH_IT: 6, Outcome.MIXED: 4, Outcome.UNKNOWN: 3}, 80, 12)
    assert heading_of(Status.SURE, sure) == "Sure: people agreed 90 times out of 100, 90\u00a0%"
    lines = " ".join(lines_of(Status.SURE, sure, info))
    assert "Different animals: 80. So it may well be anything from 81\u00a0% to 95\u00a0%" in lines
    assert "95\u00a0% of its sure answers were right (200 photographs" in lines
    assert "a cross with it: 6, mixed breed: 4." in lines
    assert "could not tell either: 3" in lines
    assert "12 of these were reviewed when another model answered" in lines
    unsure = Agreement({Outcome.FIRST: 2, Outcome.NAMED: 1, Outcome.A_DOG: 1}, 4)
    assert heading_of(Status.UNSURE, unsure) == "Not sure: one of the named breeds was right 3 times out of 4"
    few = " ".join(lines_of(Status.UNSURE, unsure, info))
    assert "The first of them was right 2 times out of 4." in few
    assert "Too few to tell (different animals: 4)" in few and "sure answers" not in few


def test_a_model_that_was_never_measured_promises_nothing() -> None:
    info = dog_info()
    sure = info.calibration.sure.model_copy(update={"cases": 0})
    never = info.model_copy(update={"calibration": info.calibration.model_copy(update={"sure": sure})})
    agreement = Agreement({Outcome.FIRST: 90}, 80)
    assert len(lines_of(Status.SURE, agreement, info)) == 1 + len(lines_of(Status.SURE, agreement, never))


def test_nobody_could_tell() -> None:
    agreement = Agreement({Outcome.UNKNOWN: 2})
    assert heading_of(Status.SURE, agreement) == "Sure: nobody has reviewed one yet"
    assert lines_of(Status.SURE, agreement, dog_info()) == ["Not counted, because people could not tell either: 2."]


def test_thousands() -> None:
    assert grouped(1234567) == "1,234,567"
    set_language("fr")
    assert grouped(1234567) == "1\u202f234\u202f567"


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.8, 0.95])
def test_numbers_can_be_read_on_every_cell(colours: object, share: float) -> None:
    assert isinstance(colours, type(LIGHT))
    fill = blend(colours.back, colours.second, share)
    assert _contrast(fill, readable_on(fill)) >= 4.5


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
