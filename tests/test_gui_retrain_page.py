"""The Retrain tab as it is read and clicked: room for large text, names of classes, plain sentences, keys."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.train_config import Changes, Mode
from core.train_records import (
    WHOLE,
    Comparison,
    ComparisonVerdict,
    Finding,
    FindingKind,
    Job,
    Result,
    RunStatus,
)
from core.train_runs import Run, again
from gui.desktop import Desktop
from gui.retrain_acts import Act, ActKind, acts_of, open_findings
from gui.retrain_engine import Computer, Outcome, RetrainEngine
from gui.retrain_place import Place
from gui.retrain_result import _numbers, detail, facts, headline
from gui.retrain_words import duration
from tests.made_up_training import a_result, class_names, draft_run, draw_classes, finish_run, put_history, put_state
from tests.window_driver import *  # noqa: F403
from tests.window_driver import Driver, Window, texts_of

NAMES = ["Pepper__bell___Bacterial_spot", "Pepper__bell___healthy", "Potato___Early_blight", "Potato___Late_blight"]
LARGE_DPI = 125.0


@pytest.fixture(autouse=True)
def _no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.train_runs._is_alive", lambda *_about: True)
    monkeypatch.setattr(RetrainEngine, "computer", lambda _self: Computer())


@pytest.fixture
def plants(tmp_path: Path) -> Path:
    return draw_classes(tmp_path / "plants", NAMES)


@pytest.fixture
def large(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> Window:
    """French, with letters a third larger than usual, on a small screen."""
    monkeypatch.setattr(Desktop, "text_dpi", lambda _self: LARGE_DPI)
    window = driver(retrain_enabled=True, language="fr", size="1280x680")
    window.root.minsize(900, 600)  # else, on a large screen, such letters make it higher
    window.root.geometry("1280x680")
    window.shell.select(2)
    window.settle()
    return window


def desk_of(window: Window) -> Any:
    return window.shell.retrain_desk


def page_of(window: Window) -> Any:
    return window.shell.retrain_tab.page


def words(window: Window, of: tkinter.Misc | None = None) -> str:
    window.root.update()
    widgets = list(window.widgets(of or window.shell.retrain_tab))
    return "\n".join(text for widget in widgets if widget.winfo_viewable() for text in texts_of(widget))


def opened(window: Window, run: Run) -> Any:
    window.shell.select(2)
    desk_of(window).results.open(run)
    window.wait(lambda: desk_of(window).place is Place.RESULT, "the result")
    window.settle()
    return page_of(window)


def looked(window: Window, folder: Path) -> Run:
    run = draft_run(folder, NAMES)
    window.shell.select(2)
    desk_of(window).use_source_of(run)
    window.wait(lambda: desk_of(window).report, "what was found")
    window.settle()
    return run


def a_training(folder: Path) -> Run:
    run = draft_run(folder, NAMES)
    put_state(run, RunStatus.RUNNING, epoch=2, epochs=9)
    return again(run)


# Room


@pytest.mark.parametrize("place", [1, 3], ids=["matrix", "mistakes"])
def test_with_large_text_everything_can_be_reached(large: Window, tmp_path: Path, place: int) -> None:
    names = class_names(8)
    folder = draw_classes(tmp_path / "dogs", names)
    page = opened(large, finish_run(draft_run(folder, names), folder, names))
    page.tabs.select(place)
    large.settle()
    if place == 1:
        inside, cells = page._scroll.inside, page.matrix.cells
        assert cells.winfo_height() >= 6 * page.matrix.side, "six rows at least"
        assert page.matrix._top.winfo_height() > 50
    else:
        view = page.mistakes.grid_view.view
        large.click(view.canvas, view.tile[0] // 2, view.tile[1] // 2)
        large.wait(lambda: page.mistakes._picture, "the heatmap")
        large.root.update()
        inside, cells = page._scroll.inside, page.mistakes.heatmap
        assert cells.winfo_height() >= cells.winfo_reqheight(), "the whole picture"
    bottom = cells.winfo_rooty() - inside.winfo_rooty() + cells.winfo_height()
    assert bottom <= inside.winfo_height()
    room = page._scroll.winfo_height()
    assert inside.winfo_height() <= room or page._scroll.is_scrolling
    assert page.use_button.winfo_rooty() + page.use_button.winfo_height() <= large.root.winfo_rooty() + 680


def test_only_the_page_that_is_shown_takes_room(large: Window, tmp_path: Path) -> None:
    names = class_names(8)
    folder = draw_classes(tmp_path / "dogs", names)
    page = opened(large, finish_run(draft_run(folder, names), folder, names))
    before = page._scroll.is_scrolling
    page.tabs.select(1)
    large.settle()
    assert page._scroll.is_scrolling
    page.tabs.select(0)
    large.settle()
    assert page._scroll.is_scrolling == before


def test_six_classes_are_seen_at_once_with_usual_text(driver: Driver, tmp_path: Path) -> None:
    names = class_names(6)
    folder = draw_classes(tmp_path / "dogs", names)
    window = driver(retrain_enabled=True, size="1280x680")
    page = opened(window, finish_run(draft_run(folder, names), folder, names))
    page.tabs.select(1)
    window.settle()
    bottom = page.matrix.cells.winfo_rooty() + 6 * page.matrix.side
    assert bottom <= page._scroll.winfo_rooty() + page._scroll.winfo_height()


def test_the_choices_of_a_source_are_read_whole(large: Window) -> None:
    for label in large.widgets(page_of(large)):
        if label.winfo_class() == "TLabel" and label.winfo_viewable():
            assert label.winfo_width() >= label.winfo_reqwidth() - 1, label.cget("text")


# Buttons and the wheel


def test_buttons_stay_where_they_are_while_it_goes_on(
    driver: Driver, plants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver(retrain_enabled=True)
    window.shell.select(2)
    run = a_training(plants)
    desk_of(window).watch(run)
    window.wait(lambda: page_of(window).pause_button.instate(["!disabled"]), "the button")
    packed: list[object] = []
    page = page_of(window)
    for button in (page.pause_button, page.finish_button):
        monkeypatch.setattr(button, "pack_forget", lambda: packed.append(1))
    put_history(run, 5)
    window.wait(lambda: page.loss.epochs == 5, "the curves")
    page.show_progress()
    assert packed == []
    monkeypatch.undo()
    monkeypatch.setattr("core.train_runs._is_alive", lambda *_about: True)
    put_state(run, RunStatus.STOPPED)
    window.wait(lambda: not desk_of(window).run.is_running, "its end")
    window.settle()
    assert page_of(window).resume_button.winfo_manager()
    assert not page_of(window).pause_button.winfo_manager()


def test_the_wheel_turns_nothing_that_has_gone(driver: Driver, plants: Path) -> None:
    window = driver(retrain_enabled=True, size="1000x600")
    looked(window, plants)
    for place in (Place.CHOICES, Place.PHOTOS, Place.CHOICES):
        desk_of(window).show(place)
        window.settle()
    for event in ("<Button-5>", "<Button-4>"):
        page_of(window).start_button.event_generate(event)
        page_of(window).says.event_generate(event)
    window.root.update()  # an error in the window fails the test


# Names


def test_classes_are_called_by_readable_names(driver: Driver, plants: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = driver(retrain_enabled=True)
    looked(window, plants)
    desk, findings = desk_of(window), page_of(window).findings
    desk._class_names = {}  # the made-up report calls them as their folders
    findings.open(FindingKind.TWO_LABELS)
    window.settle()
    photos = findings.grid_view.photos
    assert [photo.text for photo in photos] == ["Pepper bell Bacterial spot", "Pepper bell healthy"]
    view = findings.grid_view.view
    window.wait(lambda: any(text.startswith("Pep") for text in texts_of(view.canvas)), "the tiles")
    shown = [text for text in texts_of(view.canvas) if text.startswith("Pep")]
    assert len(set(shown)) == 2, "told apart, however narrow the tiles are"
    findings.grid_view.choose_all()
    window.root.update()
    findings.buttons["merge"].invoke()
    findings.open(None)
    window.settle()
    assert "__" not in words(window, page_of(window).findings)
    assert desk.filled().config.changes.merge, "in the data they are called as before"
    assert all("__" in name for name in desk.filled().config.changes.merge)


# Findings


def two_labels(*paths: str) -> Finding:
    return Finding(kind=FindingKind.TWO_LABELS, paths=paths, classes=("Beagle", "Boxer"))


def perhaps_wrong(path: str) -> Finding:
    return Finding(kind=FindingKind.PERHAPS_WRONG, paths=(path,), classes=("Beagle",), suggestion="Boxer")


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        (Changes(), ["two", "wrong", "small"]),
        (Changes(leave_out=("a.jpg",)), ["small"]),
        (Changes(leave_out=("b.jpg",)), ["wrong", "small"]),
        (Changes(relabel={"b.jpg": "Beagle"}), ["wrong", "small"]),
        (Changes(relabel={"b.jpg": "Pug"}), ["two", "wrong", "small"]),
        (Changes(merge={"Boxer": "Beagle"}), ["small"]),
        (Changes(leave_out_classes=("Pug",)), ["two", "wrong"]),
        (Changes(leave_out_classes=("Beagle",)), ["small"]),
    ],
)
def test_what_one_decision_settles_is_not_asked_again(changes: Changes, left: list[str]) -> None:
    findings = {
        "two": two_labels("a.jpg", "b.jpg"),
        "wrong": perhaps_wrong("a.jpg"),
        "small": Finding(kind=FindingKind.SMALL_CLASS, classes=("Pug",)),
    }
    still = open_findings(list(findings.values()), acts_of(changes))
    assert [name for name, one in findings.items() if one in still] == left


def test_a_finding_that_was_left_as_it_is_is_not_asked_again_either() -> None:
    found = perhaps_wrong("a.jpg")
    assert open_findings([found], [Act(ActKind.IGNORE, ("a.jpg",), about=(found,))]) == []


def test_the_last_decision_is_taken_back_by_its_key(driver: Driver, plants: Path) -> None:
    window = driver(retrain_enabled=True)
    looked(window, plants)
    desk = desk_of(window)
    desk.decide(Act(ActKind.LEAVE_OUT, (str(plants / "x.jpg"),)))
    desk.decide(Act(ActKind.LEAVE_OUT, (str(plants / "y.jpg"),)))
    window.press("<Control-z>", window.root)
    assert [act.paths[0][-5:] for act in desk.acts] == ["x.jpg"]
    window.press("<Control-z>", window.root)
    window.press("<Control-z>", window.root)
    assert desk.acts == []


def test_ctrl_enter_goes_to_the_next_step(driver: Driver, plants: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Job] = []
    monkeypatch.setattr("core.train_runs.start", lambda _run, job: started.append(job))
    window = driver(retrain_enabled=True)
    looked(window, plants)
    window.press("<Control-Return>", window.root)
    assert desk_of(window).place is Place.CHOICES
    window.press("<Control-Return>", window.root)
    window.wait(lambda: started == [Job.TRAIN], "the training")
    assert desk_of(window).place is Place.LIVE
    window.wait(lambda: not desk_of(window).run.is_running, "its end")


# Sentences


def changed(result: Result, **judged: object) -> Result:
    return result.model_copy(update={"judgement": result.judgement.model_copy(update=judged)})


@pytest.fixture
def result(tmp_path: Path) -> Result:
    return a_result(tmp_path, class_names(5))


def beside(result: Result, **compared: object) -> Result:
    assert isinstance(result.comparison, Comparison)
    return result.model_copy(update={"comparison": result.comparison.model_copy(update=compared)})


def outcome_of(result: Result) -> Outcome:
    return Outcome(None, result, (), None, ())  # type: ignore[arg-type]


def test_all_the_time_that_a_training_took_is_said(result: Result) -> None:
    whole = result.model_copy(update={"seconds": {"embedding": 31.0, "head": 2.2, WHOLE: 70.0}})
    assert "It took 1 min 10 s, 2 s of it learning." in facts(outcome_of(whole))
    assert "It took 35 s." in facts(outcome_of(result)), "an earlier version did not write the whole"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (59, "59 s"), (60, "1 min"), (70, "1 min 10 s"), (1500, "25 min"), (7200, "2 h")],
)
def test_times_are_round(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (0.081, "8.1 points more often right"),
        (-0.05, "5.0 points less often right"),
        (0.0002, "right equally often"),
    ],
)
def test_a_difference_is_said_without_a_sign(result: Result, difference: float, said: str) -> None:
    written = detail(beside(result, difference=difference, seen_before=7))
    assert said in written
    assert "had learned" not in written, "a warning of its own says so"


def test_a_model_that_is_never_sure_is_said_to_be_so(result: Result) -> None:
    never = changed(result, sure_share=0.0, sure_right=None, promised=0.0)
    texts = [text for _number, _title, text in _numbers(never.judgement)]
    assert any(text.startswith("It is never sure") for text in texts)
    assert not any("–" in text or "0\u00a0% promised" in text for text in texts)


def test_without_photographs_to_judge_on_nothing_is_claimed(result: Result) -> None:
    nothing = changed(result, photographs=0, top1=0.0, top3=0.0, balanced_accuracy=0.0, sure_share=0.0, sure_right=None)
    assert [number for number, _title, _text in _numbers(nothing.judgement)] == ["–"] * 4
    assert "Nobody knows how good it is" in headline(nothing)


@pytest.mark.parametrize(
    ("verdict", "style"),
    [
        (ComparisonVerdict.BETTER, "Accent.TButton"),
        (ComparisonVerdict.UNCLEAR, "TButton"),
        (ComparisonVerdict.WORSE, "TButton"),
        (None, "Accent.TButton"),
    ],
)
def test_only_a_better_model_is_recommended(
    driver: Driver, plants: Path, verdict: ComparisonVerdict | None, style: str
) -> None:
    window = driver(retrain_enabled=True)
    page = opened(window, finish_run(draft_run(plants, NAMES), plants, NAMES, verdict))
    assert str(page.use_button.cget("style")) == style


def test_an_answer_that_cannot_be_used_is_named_as_on_the_screen(driver: Driver, plants: Path) -> None:
    window = driver(retrain_enabled=True)
    looked(window, plants)
    desk_of(window).show(Place.CHOICES)
    page = page_of(window)
    page.mode_buttons[Mode.FINETUNE].invoke()
    desk_of(window).values |= {"rate": "11", "validation": "-5", "balance_to": "-1"}
    page.start_button.invoke()
    said = str(page.wrong.cget("text"))
    assert "“Rate for the network”: At most 10." in said
    assert "“To steer by”: At least 0." in said
    assert "“Photographs a class”: At least 0." in said
    desk_of(window).values |= {"rate": "0.1", "validation": "150", "balance_to": "0"}
    page.start_button.invoke()
    assert "“To steer by”: At most 100." in str(page.wrong.cget("text")), "in the unit of its field"


# A training that goes on


def test_a_window_that_is_opened_while_a_training_goes_on_shows_it(
    driver: Driver, plants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_training(plants)
    monkeypatch.setattr(RetrainEngine, "running", lambda _self: again(run))
    window = driver(retrain_enabled=True)
    window.wait(lambda: desk_of(window).run.is_training, "the training")
    window.shell.select(2)
    window.root.update()
    assert desk_of(window).place is Place.LIVE
    assert window.root.title().startswith("Retrain")
    desk_of(window).show(Place.PHOTOS)
    assert page_of(window).look_button.instate(["disabled"])
    assert "is being trained" in words(window), "why nothing can be looked at"
    in_line: Callable[[], str] = lambda: str(window.shell.status.running.cget("text"))  # noqa: E731
    window.wait(lambda: "shelter" in in_line(), "the line at the foot, here too")
    desk_of(window).show(Place.LIVE)
    window.wait(lambda: not in_line(), "the line to be empty beside the page itself")
    put_state(run, RunStatus.STOPPED)
    window.wait(lambda: not desk_of(window).run.is_running, "its end")
