"""Step 3 of the Retrain tab: the sentence, the figures, the photographs behind them; a model used and taken back."""

from __future__ import annotations

import tkinter
from pathlib import Path
from typing import Any

import pytest

from core.settings import load_settings
from core.train_records import ComparisonVerdict
from core.train_runs import Run
from gui.retrain_place import Place
from gui.retrain_result import points
from tests.made_up_training import class_names, draft_run, draw_classes, finish_run
from tests.window_driver import *  # noqa: F403
from tests.window_driver import Driver, Window, texts_of


@pytest.fixture
def names() -> list[str]:
    return class_names(5)


@pytest.fixture
def dogs(tmp_path: Path, names: list[str]) -> Path:
    return draw_classes(tmp_path / "dogs", names)


@pytest.fixture
def done(dogs: Path, names: list[str]) -> Run:
    return finish_run(draft_run(dogs, names, "shelter"), dogs, names)


def opened(window: Window, run: Run) -> Any:
    """The page with the result of this run."""
    window.shell.select(2)
    window.shell.retrain_desk.results.open(run)
    window.wait(lambda: window.shell.retrain_desk.place is Place.RESULT, "the result")
    window.settle()
    return window.shell.retrain_tab.page


def words(window: Window, of: tkinter.Misc | None = None) -> str:
    window.root.update()
    widgets = list(window.widgets(of or window.shell.retrain_tab))
    return "\n".join(text for widget in widgets if widget.winfo_viewable() for text in texts_of(widget))


def show(window: Window, place: int) -> None:
    window.shell.retrain_tab.page.tabs.select(place)  # type: ignore[union-attr]
    window.settle()


def test_the_plain_sentence_comes_first_and_figures_are_explained(driver: Driver, done: Run) -> None:
    window = driver(retrain_enabled=True)
    opened(window, done)
    said = words(window)
    assert "Better: 41 photographs right that were wrong, 9 wrong that were right." in said
    assert "8.1 points more often right, and hardly outside +4.0 to +12.0" in said
    assert "75\u00a0%" in said
    assert "of these 96\u00a0% were right (95\u00a0% promised)" in said
    assert "Learned from 320 photographs, steered by 40, judged on 20." in said


def test_without_a_model_beside_it_the_sentence_says_how_many_were_right(
    driver: Driver, dogs: Path, names: list[str]
) -> None:
    window = driver(retrain_enabled=True)
    opened(window, finish_run(draft_run(dogs, names), dogs, names, None))
    assert "Right on 15 of 20 photographs that it had not seen." in words(window)


def test_an_unclear_result_says_so(driver: Driver, dogs: Path, names: list[str]) -> None:
    window = driver(retrain_enabled=True)
    opened(window, finish_run(draft_run(dogs, names), dogs, names, ComparisonVerdict.UNCLEAR))
    assert "No clear difference: keep what you have." in words(window)


def test_a_cell_of_the_matrix_opens_its_photographs(driver: Driver, done: Run) -> None:
    window = driver(retrain_enabled=True)
    page = opened(window, done)
    show(window, 1)
    matrix = page.matrix
    assert "They show ↓" in words(window)
    window.press("<Return>", matrix.cells)
    window.settle()
    dialog: Any = window.dialogs()[0]
    assert dialog.title() == "They show Beagle, the answer was Harrier"
    (photo,) = dialog.grid_view.photos
    assert (photo.text, photo.below, photo.is_right) == ("Harrier", "shows: Beagle", False)
    window.wait(lambda: all(c.thumbnail for c in dialog.grid_view.view._cells.values()), "the thumbnail")
    dialog.grid_view.opened(0)
    window.settle()
    assert window.shell.tabs.index("current") == 0
    assert window.now.name == "photo 3.jpg"


def test_what_got_better_and_worse_can_be_looked_at(driver: Driver, done: Run) -> None:
    window = driver(retrain_enabled=True)
    page = opened(window, done)
    better, worse = page.changed_buttons
    assert "15" in str(better.cget("text"))
    worse.invoke()
    window.settle()
    assert len(window.dialogs()[0].grid_view.photos) == 5  # type: ignore[attr-defined]


def test_classes_are_sorted_by_their_headings(driver: Driver, done: Run) -> None:
    window = driver(retrain_enabled=True)
    page = opened(window, done)
    show(window, 2)
    view = page.classes.view
    page.classes._on_heading(0)
    first = [view.set(key, "0") for key in view.get_children()]
    assert first == sorted(first)
    page.classes._on_heading(0)
    assert [view.set(key, "0") for key in view.get_children()] == first[::-1]
    page.classes._on_heading(1)
    page._open_class("class-0")
    window.settle()
    assert len(window.dialogs()[0].grid_view.photos) == 4  # type: ignore[attr-defined]


def test_worst_mistakes_show_what_was_looked_at(driver: Driver, done: Run) -> None:
    window = driver(retrain_enabled=True)
    page = opened(window, done)
    show(window, 3)
    view = page.mistakes.grid_view.view
    window.click(view.canvas, view.tile[0] // 2, view.tile[1] // 2)
    window.wait(lambda: page.mistakes._picture, "the heatmap")
    assert "It shows Beagle; the answer was Harrier, 97\u00a0% sure." in words(window)


def test_curves_and_calibration(driver: Driver, done: Run) -> None:
    window = driver(retrain_enabled=True)
    opened(window, done)
    show(window, 4)
    said = words(window)
    assert "As sure as it is right?" in said
    assert "Loss (the lower, the better)" in said


def test_the_model_is_used_and_taken_back(driver: Driver, done: Run, photos: dict[str, Path]) -> None:
    window = driver(retrain_enabled=True)
    window.open(photos["red"])
    window.open_folder(photos["red"].parent)
    before = opened(window, done)
    assert not before.back_button.winfo_viewable()
    before.use_button.invoke()
    window.wait(lambda: window.model == "shelter", "the model")
    window.wait(lambda: window.shell.retrain_desk.results.earlier_model, "the one before")
    window.settle()
    assert load_settings().model == "shelter"
    assert load_settings().previous_model == "colours"
    window.wait(lambda: not window.folder_desk.run.is_running, "the new answers")
    window.settle()
    assert window.folder_desk.open_run.is_current, "the folder has answers of the new model"
    page: Any = window.shell.retrain_tab.page
    assert page.back_button.winfo_viewable()
    window.shell.preferences.toggle_theme()
    window.settle()
    assert load_settings().model == "shelter", "nothing else undoes it"
    page.back_button.invoke()
    window.wait(lambda: window.model == "colours", "the one before")
    window.settle()
    assert load_settings().model == "colours"


def test_the_model_is_saved_as_a_file(
    driver: Driver, done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "shelter.shelterlens"
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_about: str(target))
    window = driver(retrain_enabled=True)
    opened(window, done).save_button.invoke()
    window.settle()
    assert target.stat().st_size > 0


def test_the_report_is_opened(driver: Driver, done: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr("webbrowser.open", seen.append)
    window = driver(retrain_enabled=True)
    opened(window, done).report_button.invoke()
    window.settle()
    assert seen and seen[0].endswith("report.html")


def test_files_that_are_gone_leave_the_rest(driver: Driver, done: Run) -> None:
    for name in ("predictions.csv", "confusion.csv", "report.html", "history.jsonl"):
        (done.folder / name).unlink()
    window = driver(retrain_enabled=True)
    page = opened(window, done)
    for place in range(5):
        show(window, place)
    assert page.report_button.instate(["disabled"])
    assert "Better: 41" in words(window)


def test_a_hundred_and_twenty_classes_and_a_switch_of_language_and_theme(driver: Driver, tmp_path: Path) -> None:
    names = class_names(120)
    folder = draw_classes(tmp_path / "many", names, 1)
    run = finish_run(draft_run(folder, names), folder, names)
    window = driver(retrain_enabled=True)
    opened(window, run)
    for place in range(5):
        show(window, place)
    window.shell.preferences.toggle_theme()
    window.shell.preferences.toggle_language()
    window.settle()
    assert "Meilleur" in words(window)
    assert points(-0.004) == "−0,4"


def test_the_buttons_below_take_the_lines_that_they_need(driver: Driver, done: Run) -> None:
    window = driver(retrain_enabled=True)
    page = opened(window, done)
    foot, one_line = page.use_button.master, page.use_button.winfo_reqheight()
    assert foot.winfo_height() == one_line
    page.save_button.configure(text="x" * 150)
    page.report_button.configure(text="x" * 150)
    foot.event_generate("<Configure>")
    window.wait(lambda: foot.winfo_height() >= 2 * one_line, "a second line")
    page.save_button.configure(text="x")
    page.report_button.configure(text="x")
    foot.event_generate("<Configure>")
    window.wait(lambda: foot.winfo_height() == one_line, "one line")
