"""What happens in one tab is known in the other: words, how a tagging stands, what can be undone."""

from __future__ import annotations

import threading
import tkinter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from core.errors import UserError
from gui.folder_engine import FolderEngine
from gui.folder_progress import Standing
from gui.row_selection import Selection
from gui.scroll_frame import ScrollFrame
from gui.theme import BODY
from tests.window_driver import *  # noqa: F403
from tests.window_driver import BLUE, GREEN, RED, Driver, Window, colour_photo, texts_of

BETWEEN = (160, 20, 140)
FULL = "The disk with the library is full."
COUNT = 600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three of one colour each, and one between two of them."""
    made = tmp_path / "dogs"
    made.mkdir()
    for name, colour in (("red.jpg", RED), ("green.png", GREEN), ("blue.jpg", BLUE), ("between.jpg", BETWEEN)):
        colour_photo(made / name, colour)
    return made


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """So many that the tagging takes a while; those that come last are the most doubtful."""
    made = tmp_path / "many"
    made.mkdir()
    for number in range(COUNT):
        colour = (200 - number // 8, number % 64, 60 + number // 8)
        Image.new("RGB", (64, 64), colour).save(made / f"dog {number:04}.png")
    return made


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A tagging that has begun waits for this, before it does anything."""
    tag, go = FolderEngine.tag, threading.Event()

    def wait(engine: FolderEngine, roots: Sequence[Path]) -> None:
        assert go.wait(60)
        tag(engine, roots)

    monkeypatch.setattr(FolderEngine, "tag", wait)
    return go


def answer_in(window: Window, name: str) -> str:
    """What the row of this file shows."""
    review = window.folder_desk.review
    rows = review.rows(window.folder_desk.rows.numbers)
    number = next(row.number for row in rows if row.tagged.path.name == name)
    return str(window.folder.view._cells[number].answer)


def on_preview(window: Window) -> str:
    """The volunteer's word in the preview; empty without one."""
    verdict = window.folder.preview.verdict
    return str(verdict._said.cget("text")) if verdict._corrected.winfo_manager() else ""


def show(window: Window, tab: int) -> None:
    window.shell.select(tab)
    window.settle()


def correct(window: Window, breed: str) -> None:
    """Type a breed in the Photo tab."""
    window.type(breed, window.tab.correction.entry)
    window.press("<Return>")


def key(window: Window, *keys: str) -> None:
    """Keys in the Folder tab."""
    show(window, 1)
    window.folder.focus_rows()
    for one in keys:
        window.press(one)
    window.settle()


def test_a_word_in_the_photo_tab_reaches_row_and_preview(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    for name in ("green.png", "red.jpg", "blue.jpg", "green.png"):  # so that every row is known
        window.go_to(name)
    window.open(folder / "green.png")
    correct(window, "blue")
    window.shell.select(1)  # at once: the word may still be on its way
    window.settle()
    assert answer_in(window, "green.png") == "blue"
    assert "blue" in on_preview(window)
    show(window, 0)
    window.tab.verdict._take_back.invoke()
    window.settle()
    show(window, 1)
    assert answer_in(window, "green.png") == "green"
    assert on_preview(window) == ""


def test_a_word_on_a_row_that_is_not_the_current_one_is_seen_when_it_is_chosen(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.go_to("green.png")
    window.go_to("red.jpg")
    window.open(folder / "green.png")
    correct(window, "blue")
    window.settle()
    show(window, 1)
    assert answer_in(window, "green.png") == "blue"
    window.go_to("green.png")
    assert "blue" in on_preview(window)


def test_a_word_in_the_folder_is_seen_in_the_photo_tab(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.open(folder / "green.png")
    assert window.corrected == ""
    show(window, 1)
    window.go_to("green.png")
    key(window, "<u>")
    show(window, 0)
    assert "Unknown breed" in window.corrected
    key(window, "<Control-z>")
    assert window.corrected_on_desk is None
    show(window, 0)
    assert window.corrected == ""
    correct(window, "blue")
    window.settle()
    assert "blue" in window.corrected
    show(window, 1)
    window.go_to("green.png")
    key(window, "<Delete>")
    assert window.corrected_on_desk is None
    show(window, 0)
    assert window.corrected == ""


def test_undo_is_offered_only_when_there_is_something(driver: Driver, folder: Path) -> None:
    window = driver()
    window.open_folder(folder)
    undo = window.shell.actions["folder_undo"]
    button = next(one for one in window.folder._keys.buttons if "Undo" in str(one.cget("text")))
    assert not undo.is_allowed()
    assert button.instate(["disabled"])
    window.go_to("green.png")
    window.press("<n>", window.folder.view.canvas)
    assert undo.is_allowed(), "a word that is on its way can be undone too"
    window.settle()
    assert not button.instate(["disabled"])
    window.shell.close()
    again = driver()
    again.wait(lambda: again.folder_desk.rows.numbers, "the rows")
    again.settle()
    key(again, "<Control-z>")
    assert not again.shell.actions["folder_undo"].is_allowed()
    show(again, 0)
    again.open(folder / "green.png")
    correct(again, "blue")
    again.settle()
    show(again, 1)
    assert again.shell.actions["folder_undo"].is_allowed(), "a word of the Photo tab can be undone here"


def test_go_on_works_after_a_failure_behind_another_tab(
    window: Window, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag, go = FolderEngine.tag, threading.Event()

    def refuse(_engine: FolderEngine, _roots: Sequence[Path]) -> None:
        assert go.wait(60)
        raise UserError(FULL)

    monkeypatch.setattr(FolderEngine, "tag", refuse)
    window.shell.open_paths([folder])
    window.wait(lambda: window.folder_desk.run.is_running, "the tagging to begin")
    window.shell.select(0)
    window.root.update()
    go.set()
    window.wait(lambda: window.shell.notice.text, "the sentence")
    window.settle()
    show(window, 1)
    button = window.folder.progress.button
    assert not button.instate(["disabled"])
    monkeypatch.setattr(FolderEngine, "tag", tag)
    button.invoke()
    window.wait(lambda: len(window.folder_desk.rows) == 4 and not window.folder_desk.run.is_running, "the rows")
    window.settle()
    assert window.shell.notice.text == "", "what went wrong before is over"


def test_what_else_is_said_stays_when_a_run_ends_well(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.shell.notice.show("The library was damaged.", stays=True)
    window.folder_desk.go_on()
    window.wait(lambda: not window.folder_desk.run.is_running, "the end")
    window.settle()
    assert window.shell.notice.text == "The library was damaged."


def test_the_standing_line_and_its_button_change_their_language(
    window: Window, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_engine: FolderEngine, _roots: Sequence[Path]) -> None:
        raise UserError(FULL)

    window.open_folder(folder)
    assert window.sentence.startswith("4 photographs: ")
    window.shell.preferences.use_language("fr")
    window.settle()
    assert window.sentence.startswith("4 photos\u202f: ")
    window.shell.preferences.use_language("en")
    monkeypatch.setattr(FolderEngine, "tag", refuse)
    window.folder_desk.go_on()
    window.wait(lambda: window.shell.notice.text, "the sentence")
    window.settle()
    assert window.folder.progress.button.cget("text") == "Go on"
    window.shell.preferences.use_language("fr")
    window.settle()
    assert window.folder.progress.button.cget("text") == "Continuer"
    window.shell.preferences.use_language("en")
    window.settle()


def test_the_status_line_tells_of_a_tagging_behind_another_tab(
    window: Window, folder: Path, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, run = window.shell.status, window.folder_desk.run

    def line() -> str:
        return str(status.running.cget("text"))

    window.shell.open_paths([folder])
    window.wait(lambda: run.is_running, "the tagging to begin")
    window.root.update()
    assert status._running == "", "it is told above the rows"
    window.shell.select(0)
    window.wait(line, "the line")
    assert line() == "Folder: looking for photographs…"
    monkeypatch.setattr(run, "progress", SimpleNamespace(done=1204, total=None))
    window.shell.show_tagging()
    window.wait(lambda: line() == "Folder: 1,204 photographs so far", "the count")
    monkeypatch.setattr(run, "progress", SimpleNamespace(done=1204, total=10_000))
    window.shell.show_tagging()
    window.wait(lambda: line() == "Folder: 1,204 of 10,000 photographs", "both counts")
    window.shell.select(1)
    window.wait(lambda: not line(), "the line to go")
    window.shell.select(0)
    window.root.update()
    monkeypatch.setattr(run, "progress", None)
    held.set()
    window.wait(lambda: not run.is_running, "the end")
    window.settle()
    assert status._running == line() == ""


def test_the_stage_says_that_the_first_answers_are_coming(window: Window, folder: Path, held: threading.Event) -> None:
    def said() -> list[str]:
        shown = [one for one in window.widgets(window.folder.welcome) if one.winfo_ismapped()]
        return [text for widget in shown for text in texts_of(widget)]

    window.shell.select(1)
    window.settle()
    assert said()[0] == "Drop a folder of photographs here"
    window.shell.open_paths([folder])
    window.wait(lambda: window.folder_desk.run.is_running, "the tagging to begin")
    window.root.update()
    assert said() == ["The first answers will be here in a moment."]
    held.set()
    window.wait(lambda: not window.folder_desk.run.is_running, "the end")
    window.settle()


def test_after_a_first_tagging_the_most_doubtful_is_chosen_and_in_sight(window: Window, large: Path) -> None:
    window.shell.open_paths([large])
    window.wait(lambda: window.folder_desk.run.is_running, "the tagging to begin")
    window.wait(lambda: window.folder_desk.rows.numbers and window.folder.view.in_sight(), "rows while it runs")
    if window.folder_desk.run.is_running:  # a slow machine may show the first rows only at the end
        window.folder.view.scroll_by(3 * window.folder.view._height)
    window.wait(lambda: not window.folder_desk.run.is_running, "the end")
    window.settle()
    view, first = window.folder.view, window.folder_desk.rows.numbers[0]
    assert len(window.folder_desk.rows) == COUNT
    assert window.folder_desk.selection == view.selection == Selection().clicked(first)
    assert view.in_sight()[0] == first


@pytest.mark.parametrize("language", ["en", "fr"])
def test_how_a_folder_stands_is_never_cut(driver: Driver, folder: Path, language: str) -> None:
    window = driver(language=language, size="960x640")
    window.open_folder(folder)
    progress = window.folder.progress
    long = " ".join([window.sentence] * 3)
    window.folder.show_standing(Standing("dogs", long, offered=window.shell.actions["folder_go_on"]))
    window.root.update()
    assert str(progress.sentence.cget("text")) == long
    lines = progress.sentence.winfo_height() // window.root.tk.call("font", "metrics", BODY, "-linespace")
    assert lines >= 2
    assert progress.sentence.winfo_height() >= progress.sentence.winfo_reqheight(), "every line has its room"
    window.folder.show_standing(Standing("dogs", long, True, 0.5))
    window.root.update()
    assert str(progress.sentence.cget("text")).endswith("…"), "while it runs it stays one line"
    window.folder_desk.run_moved()


def test_the_tip_of_a_row_goes_with_the_row(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    view: Any = window.folder.view
    view._tip.rest_on("green.png in a long folder", 50, 50)
    window.wait(lambda: view._tip._window, "the tip")
    window.folder.bar.entry.insert(0, "blue")
    window.wait(lambda: len(window.folder_desk.rows) == 1, "another list")
    window.settle()
    assert view._tip._window is None


def test_a_text_that_needs_the_bar_only_when_it_is_wide_comes_to_rest(window: Window) -> None:
    dialog = tkinter.Toplevel(window.root)
    frame = ScrollFrame(dialog, window.shell.look)
    frame._view.configure(width=300, height=100)
    frame.pack()
    part = tkinter.Frame(frame.inside, height=50)
    part.pack(fill="x")
    turns = []

    def larger_where_wide(_event: object) -> None:
        turns.append(part.winfo_width())
        if len(turns) < 60:  # else a failure would never end
            part.configure(height=120 if part.winfo_width() > 295 else 50)

    part.bind("<Configure>", larger_where_wide)
    window.root.update()
    assert 0 < len(turns) < 10
    dialog.destroy()
