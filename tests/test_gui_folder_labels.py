"""What a volunteer says of the rows of a folder, with real keys: accepted, chosen, typed, crossed, grouped, undone."""

from __future__ import annotations

from pathlib import Path
from tkinter import ttk
from typing import Any

import pytest

from core.library import Library
from core.records import Kind
from gui.row_cells import sign_of, verdict_of
from tests.window_driver import *  # noqa: F403
from tests.window_driver import BLUE, GREEN, GREY, RED, Driver, Window, colour_photo

BETWEEN = (160, 20, 140)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One photograph of each kind of answer, and two of Rex."""
    made = tmp_path / "dogs of today"
    made.mkdir()
    colour_photo(made / "rex_1.jpg", RED)
    colour_photo(made / "rex_2.jpg", RED, (200, 200))
    colour_photo(made / "green.png", GREEN)
    colour_photo(made / "between.jpg", BETWEEN)
    colour_photo(made / "blue.jpg", BLUE)
    colour_photo(made / "grey.jpg", GREY)
    (made / "damaged.jpg").write_bytes((made / "blue.jpg").read_bytes()[:500])
    return made


@pytest.fixture
def rows(window: Window, folder: Path) -> Window:
    """A window with the rows of the folder."""
    window.open_folder(folder)
    return window


def press(window: Window, *keys: str) -> None:
    """Keys where the rows have the keyboard; then everything is kept."""
    window.folder.focus_rows()
    for key in keys:
        window.press(key)
    window.settle()


def choose_all(window: Window, *names: str) -> None:
    """Choose these files with the Control key held."""
    from gui.row_selection import Selection

    rows = window.folder_desk.review.rows(window.folder_desk.rows.numbers)
    numbers = [row.number for row in rows if row.tagged.path.name in names]
    window.folder_desk.choose(Selection(frozenset(numbers), numbers[0], numbers[0]))
    window.settle()


def cells(window: Window, name: str) -> Any:
    """What stands in the row of this file."""
    rows = window.folder_desk.review.rows(window.folder_desk.rows.numbers)
    number = next(row.number for row in rows if row.tagged.path.name == name)
    return window.folder.view._cells[number]


def test_enter_accepts_and_the_next_row_comes(rows: Window) -> None:
    order = [row.tagged.path.name for row in rows.folder_desk.review.rows(rows.folder_desk.rows.numbers)]
    assert rows.current == "between.jpg"
    press(rows, "<Return>")
    said = rows.word("between.jpg")
    first = rows.folder_desk.review.info.labels[0]
    assert (said.kind, said.label, said.name) == (Kind.BREED, first.id, first.en)
    assert (said.model, said.predicted, said.status) == ("colours", first.id, "unsure")
    assert 0.5 < said.probability < 0.8
    assert said.who
    assert rows.current == order[1]
    assert cells(rows, "between.jpg").answer == "red"
    assert cells(rows, "between.jpg").reviewed
    assert [row.tagged.path.name for row in rows.folder_desk.review.rows(rows.folder_desk.rows.numbers)] == order, (
        "what was labelled stays in its place"
    )


def test_what_a_person_said_is_no_question_any_more(rows: Window) -> None:
    assert rows.sentence == "7 photographs: 4 sure, 1 to look at, 1 without a dog, 1 unreadable."
    before = cells(rows, "between.jpg")
    assert sign_of(before) == "question" and before.confidence.endswith("%") and ":" not in before.confidence
    press(rows, "<Return>")
    rows.settle()
    rows.wait(lambda: "reviewed" in rows.sentence, "the count")
    assert rows.sentence == "7 photographs: 1 reviewed, 4 sure, 1 without a dog, 1 unreadable."
    assert verdict_of(cells(rows, "between.jpg")) == "Reviewed"
    place = rows.folder_desk.rows.places[next(n for n, one in rows.folder.view._cells.items() if one.reviewed)]
    slot = rows.folder.view._slots[place]
    shown = rows.folder.view.canvas.itemcget(slot._sign, "image")
    assert shown == str(rows.folder.view.signs.get("reviewed", slot._sign_px))
    assert rows.folder.view.canvas.itemcget(slot._share, "text") == f"model: {before.confidence}"
    rows.go_to("green.png")
    rows.folder_desk.take(1)
    rows.settle()
    assert cells(rows, "green.png").confidence == "", "that is how likely another breed is"
    rows.folder.focus_rows()
    press(rows, "<Control-z>", "<Control-z>")
    rows.wait(lambda: "1 to look at" in rows.sentence, "the count")
    assert sign_of(cells(rows, "between.jpg")) == "question"


def test_when_all_is_reviewed_it_says_so(rows: Window) -> None:
    press(rows, "<Control-a>", "<Return>")
    rows.wait(lambda: "reviewed" in rows.sentence, "the count")
    assert rows.sentence == "7 photographs: 6 reviewed, 1 unreadable. All reviewed: export them now."


def test_enter_on_no_dog_says_that_there_is_none(rows: Window) -> None:
    rows.go_to("grey.jpg")
    press(rows, "<Return>")
    assert rows.word("grey.jpg").kind is Kind.NOT_A_DOG
    assert cells(rows, "grey.jpg").answer == "Not a dog"


def test_a_photograph_that_cannot_be_read_is_passed_over_and_said(rows: Window) -> None:
    rows.go_to("damaged.jpg")
    press(rows, "<Return>")
    assert rows.word("damaged.jpg") is None
    assert "nothing to keep" in rows.status


def test_digits_choose_a_candidate(rows: Window) -> None:
    rows.go_to("between.jpg")
    second = rows.folder.preview.candidates.bars[1].name
    press(rows, "<Key-2>")
    assert rows.word("between.jpg").name == second
    bound = rows.root.bind()
    assert {"<Key-KP_2>", "<Key-eacute>"} <= set(bound), "number pads, and French keyboards without Shift"


def test_a_candidate_that_is_not_there_is_no_word(rows: Window) -> None:
    rows.go_to("green.png")
    press(rows, "<Key-5>")
    assert rows.word("green.png") is None


def test_a_click_on_the_number_chooses_too(rows: Window) -> None:
    rows.go_to("between.jpg")
    candidates = rows.folder.preview.candidates
    second = candidates.bars[1].name
    rows.click(candidates, 8, candidates._row_height() + 5)
    rows.settle()
    assert rows.word("between.jpg").name == second


@pytest.mark.parametrize(("key", "kind"), [("<u>", Kind.UNKNOWN), ("<Shift-U>", Kind.MIXED), ("<n>", Kind.NOT_A_DOG)])
def test_single_letters_say_what_is_no_breed(rows: Window, key: str, kind: Kind) -> None:
    rows.go_to("green.png")
    press(rows, key)
    assert rows.word("green.png").kind is kind


@pytest.mark.parametrize("first", ["v", "/", "o", "<Control-e>"])
def test_typing_finds_any_breed(rows: Window, first: str) -> None:
    """Any letter begins it, also one that is a key in the Photo tab; those that are keys here follow a slash."""
    rows.go_to("blue.jpg")
    rows.folder.focus_rows()
    entry: ttk.Entry = rows.folder.preview.correction.entry
    rows.press({"/": "<slash>"}.get(first, first if first.startswith("<") else f"<{first}>"))
    rows.root.update()
    focused: object = rows.root.focus_get()
    assert focused is entry
    assert entry.get() == (first if first.isalpha() else "")
    entry.delete(0, "end")
    rows.type("vert", entry)
    rows.press("<Return>")
    rows.settle()
    assert rows.word("blue.jpg").name == "green"
    assert rows.root.focus_get() is rows.folder.view.canvas, "the keyboard goes back to the rows"


def test_a_breed_that_no_model_knows_is_kept_as_typed(rows: Window) -> None:
    rows.go_to("blue.jpg")
    rows.folder.focus_rows()
    rows.press("<slash>")
    rows.type("Zonkey hound", rows.folder.preview.correction.entry)
    rows.press("<Return>")
    rows.settle()
    assert rows.word("blue.jpg") is None, "it may be misspelt: the row has to be chosen"
    rows.press("<Down>")
    rows.press("<Return>")
    rows.settle()
    said = rows.word("blue.jpg")
    assert (said.kind, said.name) == (Kind.OTHER, "Zonkey hound")


def test_a_cross_of_the_first_two_needs_one_key_more(rows: Window) -> None:
    rows.go_to("between.jpg")
    names = [bar.name for bar in rows.folder.preview.candidates.bars]
    press(rows, "<m>")
    dialog: Any = rows.dialogs()[0]
    rows.press("<Return>", dialog.fields[0].entry)
    rows.settle()
    assert rows.dialogs() == []
    said = rows.word("between.jpg")
    assert (said.kind, said.name, said.second_name) == (Kind.CROSS, *names[:2])
    assert cells(rows, "between.jpg").answer == f"{names[0]} × {names[1]}"
    rows.go_to("between.jpg")
    assert f"{names[0]} × {names[1]}" in str(rows.folder.preview.verdict._said.cget("text"))


def test_a_cross_can_be_of_other_breeds_but_not_of_one(rows: Window) -> None:
    rows.go_to("between.jpg")
    press(rows, "<m>")
    dialog: Any = rows.dialogs()[0]
    first, second = dialog.fields
    for field in (first, second):
        field.entry.delete(0, "end")
        rows.type("gree", field.entry)
    rows.press("<Return>")
    assert dialog.wrong.cget("text")
    second.entry.delete(0, "end")
    dialog.keep_button.invoke()
    assert "both" in dialog.wrong.cget("text")
    rows.type("gren", second.entry)
    rows.press("<Return>")
    assert "mean green" in dialog.wrong.cget("text"), "a misspelt breed is asked about first"
    assert "green" in second.list.get(0)
    second.entry.delete(0, "end")
    rows.type("Podenco", second.entry)
    rows.press("<Return>")
    assert "Podenco" in dialog.wrong.cget("text") and rows.dialogs() == [dialog]
    rows.press("<Return>")
    rows.settle()
    said = rows.word("between.jpg")
    assert (said.name, said.second, said.second_name) == ("green", "", "Podenco")


def test_many_at_once_are_one_act(rows: Window) -> None:
    press(rows, "<Control-a>", "<Return>")
    assert rows.word("green.png").name == "green"
    assert rows.word("grey.jpg").kind is Kind.NOT_A_DOG
    assert rows.word("damaged.jpg") is None
    assert "Kept: your word on 6 photographs. Left out: 1 photograph" in rows.status
    press(rows, "<Control-z>")
    assert all(rows.word(name) is None for name in ("green.png", "grey.jpg", "rex_1.jpg"))
    assert "6 photographs" in rows.status


def test_shift_and_arrows_choose_several(rows: Window) -> None:
    rows.go_to("between.jpg")
    rows.folder.focus_rows()
    rows.press("<Shift-Right>")
    rows.press("<Shift-Right>")
    assert len(rows.folder_desk.chosen) == 3
    assert "3 photographs chosen" in rows.folder.preview._photo_name
    press(rows, "<n>")
    assert len([1 for row in rows.folder_desk.review.rows(rows.folder_desk.rows.numbers) if row.tagged.reviewed]) == 3


def test_undo_goes_back_over_sessions(driver: Driver, folder: Path) -> None:
    window = driver()
    window.open_folder(folder)
    window.go_to("green.png")
    press(window, "<n>")
    window.go_to("blue.jpg")
    press(window, "<u>")
    window.shell.close()
    again = driver()
    again.wait(lambda: again.folder_desk.rows.numbers, "the rows")
    again.settle()
    again.shell.select(1)
    again.root.update()
    press(again, "<Control-z>")
    assert again.word("blue.jpg") is None
    assert again.word("green.png").kind is Kind.NOT_A_DOG
    assert again.current == "blue.jpg", "the row is shown"
    assert again.status.startswith("✓ Undone: the word on 1 photograph (")
    press(again, "<Control-z>")
    assert again.word("green.png") is None
    assert not again.shell.actions["folder_undo"].is_allowed(), "nothing is left to undo"


def test_delete_takes_the_word_back(rows: Window) -> None:
    rows.go_to("green.png")
    press(rows, "<u>")
    rows.go_to("green.png")
    press(rows, "<n>")
    rows.go_to("green.png")
    press(rows, "<Delete>")
    assert rows.word("green.png").kind is Kind.UNKNOWN
    assert cells(rows, "green.png").answer == "Unknown breed"
    rows.folder.preview.verdict._take_back.invoke()
    rows.settle()
    assert rows.word("green.png") is None
    assert cells(rows, "green.png").answer == "green"


def test_photographs_are_grouped_as_one_animal(rows: Window) -> None:
    choose_all(rows, "green.png", "rex_1.jpg", "rex_2.jpg")
    press(rows, "<a>")
    rows.wait(rows.dialogs, "the question")
    dialog: Any = rows.dialogs()[0]
    assert "rex" in [dialog.field.list.get(n).strip() for n in range(dialog.field.list.size())]
    dialog.field.entry.delete(0, "end")
    rows.press("<Return>", dialog.field.entry)
    assert dialog.winfo_exists(), "a name is needed"
    rows.type("Bella", dialog.field.entry)
    rows.press("<Return>")
    rows.settle()
    rows.go_to("green.png")
    assert rows.folder.preview.animal.startswith("Bella: 3 photographs, together ")
    press(rows, "<Control-z>")
    rows.go_to("green.png")
    assert rows.folder.preview.animal.startswith("green: ")
    assert "grouping" in rows.status


def test_what_was_labelled_leaves_when_the_filter_is_applied_anew(rows: Window) -> None:
    rows.folder.bar.reviewed_box.key = "to review"
    rows.folder.bar._tell()
    rows.settle()
    rows.go_to("green.png")
    press(rows, "<Return>")
    assert cells(rows, "green.png").reviewed
    press(rows, "<F5>")
    rows.wait(lambda: len(rows.folder_desk.rows) == 6, "the list without it")
    rows.settle()


def test_letters_are_no_words_while_something_is_typed_elsewhere(rows: Window) -> None:
    rows.go_to("green.png")
    rows.press("<Control-f>", rows.folder.view.canvas)
    rows.type("nu", rows.folder.bar.entry)
    rows.settle()
    assert rows.word("green.png") is None
    assert rows.folder.bar.entry.get() == "nu"


def test_keys_of_the_folder_mean_nothing_in_the_photo_tab(rows: Window, folder: Path) -> None:
    rows.go_to("green.png")
    rows.open(folder / "green.png")
    for key in ("<Return>", "<n>", "<u>", "<Key-1>", "<Delete>"):
        rows.press(key, rows.tab.canvas)
    rows.settle()
    assert rows.word("green.png") is None
    rows.press("<o>")
    rows.settle()
    assert rows.shell.desk.choices.outline, "and the photograph's own keys work there"


def test_a_word_is_kept_even_when_the_window_is_closed_at_once(
    driver: Driver, folder: Path, isolated_home: Path
) -> None:
    window = driver()
    window.open_folder(folder)
    content = window.go_to("green.png").row.tagged.content
    window.press("<n>", window.folder.view.canvas)
    window.shell.close()
    kept = Library(isolated_home / "library.sqlite").correction(content)
    assert kept is not None and kept.kind is Kind.NOT_A_DOG


def test_words_go_fast_one_after_the_other(rows: Window) -> None:
    order = [row.tagged.path.name for row in rows.folder_desk.review.rows(rows.folder_desk.rows.numbers)]
    rows.folder.focus_rows()
    for _ in range(4):
        rows.press("<Return>")
    rows.settle()
    assert [rows.word(name) is not None for name in order[:4]] == [True] * 4


def test_a_library_that_fails_takes_the_word_back_from_the_screen(
    rows: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.errors import UserError

    def full(_library: Library, _words: object, _seen: object) -> None:
        raise UserError("The disk with the library is full.")

    monkeypatch.setattr(Library, "label", full)
    rows.go_to("green.png")
    press(rows, "<n>")
    assert "full" in rows.shell.notice.text
    assert cells(rows, "green.png").answer == "green"
    assert not cells(rows, "green.png").reviewed


def test_the_bar_of_keys_works_with_the_mouse(rows: Window) -> None:
    rows.go_to("green.png")
    texts = [str(button.cget("text")) for button in rows.folder._keys.buttons]
    assert texts[0] == "Enter  Accept"
    rows.folder._keys.buttons[0].invoke()
    rows.settle()
    assert rows.word("green.png").name == "green"


def test_a_right_click_offers_the_same(rows: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    import tkinter

    monkeypatch.setattr(tkinter.Menu, "tk_popup", lambda *_args: None)
    rows.go_to("between.jpg")
    rows.folder_desk.menu(rows.folder_desk.selection.current, 10, 10)
    menu = rows.folder._menu
    labels = [str(menu.entrycget(n, "label")) for n in range(menu.index("end") + 1) if menu.type(n) != "separator"]
    assert labels[:3] == ["Accept the answer", *(bar.name for bar in rows.folder.preview.candidates.bars[:2])]
    menu.invoke(labels.index("Accept the answer"))
    rows.settle()
    assert rows.word("between.jpg") is not None


def test_perhaps_wrong_is_marked_filtered_and_explained(rows: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    import core.neighbours

    entry = rows.go_to("green.png")
    suspicion = core.neighbours.Suspicion("colour-red", "red", 6, 9)
    monkeypatch.setattr(core.neighbours, "perhaps_wrong", lambda *_args: {entry.row.photograph: suspicion})
    press(rows, "<Return>")
    rows.wait(lambda: rows.folder_desk.suspects, "the suspicion")
    rows.settle()
    assert cells(rows, "green.png").is_suspect
    rows.go_to("green.png")
    assert rows.folder.preview.note.startswith("Perhaps wrong: ")
    rows.folder.bar.reviewed_box.key = "suspects"
    rows.folder.bar._tell()
    rows.wait(lambda: len(rows.folder_desk.rows) == 1, "only that one")
    rows.settle()
    assert rows.current == "green.png"
