"""The Retrain tab: access, photographs and what was found in them, choices, what runs, earlier runs."""

from __future__ import annotations

import json
import tkinter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import UserError
from core.folders import settings_path
from core.passphrase import is_right, kept_form
from core.settings import load_settings
from core.train_config import Mode, SourceKind, TrainConfig
from core.train_records import FindingKind, Job, RunStatus, Stop
from core.train_runs import Run, again, find_run, list_runs
from gui.retrain_engine import Computer, RetrainEngine
from gui.retrain_place import Place
from tests.made_up_training import (
    class_names,
    draft_run,
    draw_classes,
    finish_run,
    put_history,
    put_state,
)
from tests.window_driver import *  # noqa: F403
from tests.window_driver import Driver, Window, texts_of


class NoProcess:
    """Stands for the processes of training: what was asked of them is written down."""

    def __init__(self) -> None:
        self.started: list[tuple[Run, Job]] = []
        self.stopped: list[Stop] = []

    def start(self, run: Run, job: Job) -> None:
        put_state(run, RunStatus.RUNNING, job=job)
        self.started.append((run, job))  # last: a test writes other states from then on

    def ask_to_stop(self, _run: Run, how: Stop) -> None:
        self.stopped.append(how)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> NoProcess:
    """No process is started, and what says that it runs is believed."""
    made = NoProcess()
    monkeypatch.setattr("core.train_runs.start", made.start)
    monkeypatch.setattr("core.train_runs.ask_to_stop", made.ask_to_stop)
    monkeypatch.setattr("core.train_runs.kill", lambda run: put_state(run, RunStatus.STOPPED, job=Job.LOOK))
    monkeypatch.setattr("core.train_runs._is_alive", lambda *_about: True)
    monkeypatch.setattr(RetrainEngine, "computer", lambda _self: Computer())
    return made


@pytest.fixture
def names() -> list[str]:
    return class_names(5)


@pytest.fixture
def dogs(tmp_path: Path, names: list[str]) -> Path:
    return draw_classes(tmp_path / "Élevage 2026", names)


@pytest.fixture
def tab(driver: Driver, process: NoProcess) -> Window:
    """A window with the tools of the tab in front."""
    window = driver(retrain_enabled=True, size="1240x760")
    window.shell.select(2)
    window.settle()
    return window


def desk_of(window: Window) -> Any:
    return window.shell.retrain_desk


def page_of(window: Window) -> Any:
    return window.shell.retrain_tab.page


def words(window: Window, of: tkinter.Misc | None = None) -> str:
    """All that can be read in the tab."""
    window.root.update()
    widgets = list(window.widgets(of or window.shell.retrain_tab))
    return "\n".join(text for widget in widgets if widget.winfo_viewable() for text in texts_of(widget))


def look(window: Window, folder: Path, names: list[str]) -> Run:
    """The photographs of this folder, as if they had been looked at."""
    run = draft_run(folder, names)
    desk_of(window).use_source_of(run)
    window.wait(lambda: desk_of(window).report, "what was found")
    window.settle()
    return run


def choose(window: Window, kind: FindingKind, place: int = 0) -> None:
    """Open a kind of findings and choose one of its photographs."""
    page_of(window).findings.open(kind)
    window.settle()
    window.root.update()
    view = page_of(window).findings.grid_view.view
    width, height = view.tile
    window.click(view.canvas, 20 + place * (width + 20), height // 2)
    window.settle()


# Access


def test_off_by_default_it_says_what_it_is_for_and_how_to_unlock_it(window: Window) -> None:
    window.shell.select(2)
    window.settle()
    said = words(window)
    assert "Teach Shelterlens with your own photographs" in said
    assert "switched off" in said
    assert "Photographs" not in [
        str(b.cget("text")) for b in window.shell.retrain_tab.steps.values() if b.winfo_viewable()
    ]
    page_of(window).button.invoke()
    window.settle()
    dialog: Any = window.dialogs()[0]
    assert not dialog.passphrase_button.winfo_manager()
    dialog.administrator_box.invoke()
    window.settle()
    assert desk_of(window).place is Place.PHOTOS
    assert load_settings().retrain_enabled
    assert window.dialogs()[0].passphrase_button.winfo_manager()  # type: ignore[attr-defined]


def test_a_passphrase_is_asked_for_once(driver: Driver, process: NoProcess) -> None:
    window = driver(retrain_enabled=True, retrain_passphrase=kept_form("Rex & Fée"))
    window.shell.select(2)
    window.settle()
    page = page_of(window)
    page._typed.set("rex")
    page.button.invoke()
    window.settle()
    assert "This is not the passphrase." in words(window)
    assert "manual" in words(window)
    assert desk_of(window).place is Place.LOCKED
    page._typed.set("Rex & Fée")
    window.press("<Return>", page.entry)
    window.settle()
    assert desk_of(window).place is Place.PHOTOS
    window.shell.select(0)
    window.shell.select(2)
    window.settle()
    assert desk_of(window).place is Place.PHOTOS, "once each start"


def test_the_passphrase_is_set_changed_and_removed(tab: Window) -> None:
    def dialog() -> Any:
        tab.shell.preferences.show_dialog()
        tab.settle()
        settings: Any = next(one for one in tab.dialogs() if hasattr(one, "passphrase_button"))
        settings.passphrase_button.invoke()
        tab.settle()
        return next(one for one in tab.widgets() if hasattr(one, "keep_button"))

    asked = dialog()
    asked.entries["new"].insert(0, "first one")
    asked.entries["again"].insert(0, "another")
    asked.keep_button.invoke()
    assert "not the same" in str(asked.wrong.cget("text"))
    asked.entries["again"].delete(0, "end")
    asked.entries["again"].insert(0, "first one")
    asked.keep_button.invoke()
    tab.settle()
    kept = json.loads(settings_path().read_text())["retrain_passphrase"]
    assert "first one" not in kept
    assert is_right("first one", kept)
    assert desk_of(tab).place is Place.PHOTOS, "who set it is not asked at once"
    asked = dialog()
    asked.entries["old"].insert(0, "wrong")
    asked.remove_button.invoke()
    tab.settle()
    assert "not the present" in str(asked.wrong.cget("text"))
    assert load_settings().retrain_passphrase
    asked.entries["old"].delete(0, "end")
    asked.entries["old"].insert(0, "first one")
    asked.remove_button.invoke()
    tab.settle()
    assert load_settings().retrain_passphrase == ""


# Step 1


def test_a_folder_dropped_on_the_tab_is_its_source(tab: Window, dogs: Path, process: NoProcess) -> None:
    tab.shell.open_paths([dogs])
    tab.settle()
    assert tab.shell.tabs.index("current") == 2, "not tagged in the Folder tab"
    assert desk_of(tab).source.folder == dogs
    page_of(tab).look_button.invoke()
    tab.wait(lambda: process.started, "the process")
    run, job = process.started[0]
    assert job is Job.LOOK
    assert run.config is not None and run.config.source.path == dogs
    assert run.config.name == "elevage-2026"
    tab.wait(lambda: page_of(tab).stop_button.instate(["!disabled"]), "the button")
    page_of(tab).stop_button.invoke()
    tab.wait(lambda: not desk_of(tab).run.is_running, "its end")


def test_without_a_source_a_sentence_says_what_is_missing(tab: Window) -> None:
    page_of(tab).look_button.invoke()
    tab.settle()
    assert "Choose the folder first" in tab.shell.retrain_tab.problem.text
    tab.shell.retrain_tab.problem.button.invoke()
    assert tab.shell.retrain_tab.problem.text == ""


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_shows_its_first_rows_and_its_columns(tab: Window, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"plants.{kind}"
    rows = [["file", "species", "patient", "note"], *[[f"{n}.jpg", "Rose", "p1", "x"] for n in range(9)]]
    if kind == "csv":
        path.write_text("\n".join(";".join(row) for row in rows), encoding="utf-8")
    else:
        from openpyxl import Workbook

        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    tab.shell.open_paths([path])
    tab.settle()
    page = page_of(tab)
    boxes = {name: box.get() for name, box in page.column_boxes.items()}
    assert boxes == {"image_column": "file", "label_column": "species", "group_column": "patient", "split_column": ""}
    assert len(page.preview.get_children()) == 5
    page.column_boxes["label_column"].set("note")
    page.column_boxes["label_column"].event_generate("<<ComboboxSelected>>")
    page.column_boxes["group_column"].set("")
    page.column_boxes["group_column"].event_generate("<<ComboboxSelected>>")
    source = desk_of(tab).source.source()
    assert (source.kind, source.label_column, source.group_column) == (SourceKind.TABLE, "note", "")


def test_a_table_that_is_none_is_refused_in_words(tab: Window, tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"nothing")
    tab.shell.open_paths([tmp_path / "broken.xlsx"])
    tab.settle()
    assert "broken.xlsx" in tab.shell.retrain_tab.problem.text


def test_what_was_found_is_shown_by_kind_with_counts(tab: Window, dogs: Path, names: list[str]) -> None:
    look(tab, dogs, names)
    said = words(tab)
    assert "Élevage 2026" in said
    assert "Perhaps in the wrong class (2)" in said
    assert "The same picture in two classes (1)" in said
    assert "⚠ Pug" in said, "small classes are marked"
    assert page_of(tab).next_button.instate(["!disabled"])


def test_findings_are_acted_on_and_taken_back(tab: Window, dogs: Path, names: list[str]) -> None:
    look(tab, dogs, names)
    desk, findings = desk_of(tab), page_of(tab).findings
    choose(tab, FindingKind.PERHAPS_WRONG)
    tab.wait(lambda: all(cells.thumbnail for cells in findings.grid_view.view._cells.values()), "thumbnails")
    findings.buttons["suggested"].invoke()
    tab.settle()
    config = desk.filled().config
    assert config.changes.relabel == {str(dogs / "Beagle" / "photo 0.jpg"): "Harrier"}
    findings.open(None)
    assert "Perhaps in the wrong class (1)" in words(tab), "decided ones are listed no more"
    choose(tab, FindingKind.TWO_LABELS)
    findings.buttons["leave_out"].invoke()
    findings.open(FindingKind.SMALL_CLASS)
    tab.settle()
    findings.classes.selection_set("Pug")
    tab.root.update()
    findings.buttons["merge"].invoke()
    tab.settle()
    dialog: Any = tab.dialogs()[0]
    tab.type("bas", dialog.field.entry)
    dialog.keep_button.invoke()
    tab.settle()
    changes = desk.filled().config.changes
    assert changes.merge == {"Pug": "Basset"}
    assert changes.leave_out == (str(dogs / "Beagle" / "photo 2.jpg"),)
    assert desk.has_new_acts
    findings.open(None)
    tab.settle()
    findings.act_buttons[0].invoke()
    assert desk.filled().config.changes.merge == {}, "the latest one was taken back"
    assert len(findings.act_buttons) == 2


def test_looking_again_applies_what_was_decided(tab: Window, dogs: Path, names: list[str], process: NoProcess) -> None:
    run = look(tab, dogs, names)
    choose(tab, FindingKind.TWO_LABELS)
    page_of(tab).findings.buttons["leave_out"].invoke()
    page_of(tab).look_button.invoke()
    tab.wait(lambda: process.started, "the process")
    assert process.started[0][0].id == run.id, "the same run, as it was not trained"
    put_state(run, RunStatus.DRAFT, job=Job.LOOK)
    tab.wait(lambda: not desk_of(tab).run.is_running, "its end")
    tab.settle()
    assert find_run(run.id).config.changes.leave_out  # type: ignore[union-attr]
    assert not desk_of(tab).has_new_acts


def test_other_photographs_begin_anew(tab: Window, dogs: Path, names: list[str], tmp_path: Path) -> None:
    look(tab, dogs, names)
    choose(tab, FindingKind.TWO_LABELS)
    page_of(tab).findings.buttons["leave_out"].invoke()
    tab.settle()
    page_of(tab).other_button.invoke()
    tab.settle()
    desk = desk_of(tab)
    assert (desk.report, desk.acts, desk.values) == (None, [], {})
    assert tab.shell.retrain_tab.steps[Place.CHOICES].instate(["disabled"])
    (tmp_path / "others").mkdir()
    tab.shell.open_paths([tmp_path / "others"])
    tab.settle()
    assert desk.source.title == "others"


def test_a_second_look_that_is_stopped_decides_nothing(
    tab: Window, dogs: Path, names: list[str], process: NoProcess
) -> None:
    run = look(tab, dogs, names)
    choose(tab, FindingKind.TWO_LABELS)
    page_of(tab).findings.buttons["leave_out"].invoke()
    page_of(tab).look_button.invoke()
    tab.wait(lambda: process.started, "the process")
    put_state(run, RunStatus.STOPPED, job=Job.LOOK)
    tab.wait(lambda: not desk_of(tab).run.is_running, "its end")
    tab.settle()
    assert desk_of(tab).has_new_acts
    assert desk_of(tab).report is not None


def test_a_look_that_failed_says_why(tab: Window, dogs: Path, process: NoProcess) -> None:
    desk_of(tab).takes(dogs, True)
    page_of(tab).look_button.invoke()
    tab.wait(lambda: process.started, "the process")
    put_state(process.started[0][0], RunStatus.FAILED, job=Job.LOOK, problem="There is only one class.")
    tab.wait(lambda: not desk_of(tab).run.is_running, "its end")
    tab.settle()
    assert tab.shell.retrain_tab.problem.text == "There is only one class."


# Step 2


def test_choices_are_checked_beside_their_fields(tab: Window, dogs: Path, names: list[str], process: NoProcess) -> None:
    look(tab, dogs, names)
    desk_of(tab).show(Place.CHOICES)
    page = page_of(tab)
    page.name.set("name", "Mon modèle")
    page.mode_buttons[Mode.FINETUNE].invoke()
    desk_of(tab).values["epochs"] = "many"
    page.start_button.invoke()
    tab.settle()
    assert process.started == []
    assert "Small letters" in str(page.name.problems["name"].cget("text"))
    fit = page.advanced.lists["fit"]
    assert "whole number" in str(fit.problems["epochs"].cget("text")), "its section was unfolded"
    fit.set("epochs", "7")
    page.name.set("name", "mon-modele")
    assert str(fit.problems["epochs"].cget("text")) == "", "said as long as it is wrong"
    page.start_button.invoke()
    tab.wait(lambda: process.started, "the training")
    config = process.started[0][0].config
    assert config is not None
    assert (config.name, config.fit.mode, config.fit.epochs) == ("mon-modele", Mode.FINETUNE, 7)
    assert desk_of(tab).place is Place.LIVE


def test_a_name_that_a_model_has_already_is_told(tab: Window, dogs: Path, names: list[str]) -> None:
    look(tab, dogs, names)
    desk_of(tab).show(Place.CHOICES)
    page_of(tab).name.set("name", "colours")
    assert "There is a model of this name" in str(page_of(tab).computer.cget("text"))
    page_of(tab).name.set("name", "colours-2")
    assert "There is a model" not in str(page_of(tab).computer.cget("text"))


def test_ways_that_need_more_are_grey_with_the_reason(
    driver: Driver, process: NoProcess, dogs: Path, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RetrainEngine, "computer", lambda _self: Computer(problem="No TensorFlow here."))
    window = driver(retrain_enabled=True)
    window.shell.select(2)
    window.settle()
    look(window, dogs, names)
    desk_of(window).show(Place.CHOICES)
    page = page_of(window)
    assert page.mode_buttons[Mode.FINETUNE].instate(["disabled"])
    assert page.mode_buttons[Mode.HEAD].instate(["!disabled"])
    assert "No TensorFlow here." in words(window)
    assert all("download" not in value for value in page.box.cget("values")), "no network that needs it"


def test_the_quick_way_greys_out_what_it_cannot_do(tab: Window, dogs: Path, names: list[str]) -> None:
    look(tab, dogs, names)
    desk_of(tab).show(Place.CHOICES)
    page = page_of(tab)
    page.advanced.unfold("all")
    page.advanced.unfold("augmentation")
    assert page.advanced.lists["augmentation"].widgets["flip"].instate(["disabled"])
    assert page.advanced.preview_button.instate(["disabled"])
    page.mode_buttons[Mode.FINETUNE].invoke()
    assert page.advanced.lists["augmentation"].widgets["flip"].instate(["!disabled"])
    page.mode_buttons[Mode.HEAD].invoke()
    assert desk_of(tab).filled().config is not None


def test_examples_of_changed_photographs(tab: Window, dogs: Path, names: list[str], process: NoProcess) -> None:
    from PIL import Image

    look(tab, dogs, names)
    desk_of(tab).show(Place.CHOICES)
    page = page_of(tab)
    page.mode_buttons[Mode.FINETUNE].invoke()
    page.advanced.unfold("all")
    page.advanced.unfold("augmentation")
    page.advanced.lists["augmentation"].widgets["rotation_deg"].set(30)
    page.advanced.preview_button.invoke()
    tab.wait(lambda: process.started, "the examples")
    run, job = process.started[0]
    assert job is Job.PREVIEW
    assert run.config is not None and run.config.augmentation.rotation_deg == 30
    assert page.advanced.preview_button.instate(["disabled"])
    Image.new("RGB", (2000, 400), "green").save(run.folder / "preview.png")
    put_state(run, RunStatus.DRAFT, job=Job.PREVIEW)
    tab.wait(lambda: page.advanced._picture, "the picture")
    assert page.advanced._picture.width() <= 1240
    assert page.advanced.preview_button.instate(["!disabled"])


def test_a_long_training_is_announced(tab: Window, dogs: Path, names: list[str]) -> None:
    look(tab, dogs, names)
    desk_of(tab).show(Place.CHOICES)
    page = page_of(tab)
    page.mode_buttons[Mode.FINETUNE].invoke()
    desk_of(tab).report = desk_of(tab).report.model_copy(update={"photographs": 12_000})
    page._show_computer()
    said = str(page.computer.cget("text"))
    assert "No graphics card" in said
    assert " h" in said


# While it runs


@pytest.fixture
def training(tab: Window, dogs: Path, names: list[str], process: NoProcess) -> Run:
    """A training that is under way."""
    look(tab, dogs, names)
    desk_of(tab).show(Place.CHOICES)
    page_of(tab).start_button.invoke()
    tab.wait(lambda: process.started, "the training")
    return process.started[0][0]


def test_curves_grow_while_it_trains(tab: Window, training: Run) -> None:
    put_history(training, 4)
    put_state(training, RunStatus.RUNNING, epoch=1, epochs=9, left_s=600.0, notes=("A smaller batch: 16.",))
    tab.wait(lambda: page_of(tab).loss.epochs == 4, "the curves")
    assert "epoch 1 of 9" in str(page_of(tab).sentence.cget("text"))
    assert "about 10 min left" in str(page_of(tab).sentence.cget("text"))
    assert "A smaller batch: 16." in words(tab)
    page_of(tab).accuracy.point(2)
    drawn = texts_of(page_of(tab).accuracy)
    assert any("Epoch 3" in text and "42" in text for text in drawn), drawn
    put_history(training, 6)
    tab.wait(lambda: page_of(tab).loss.epochs == 6, "more of them")
    tab.shell.select(0)
    tab.wait(lambda: "shelter · Teaching" in str(tab.shell.status.running.cget("text")), "the line at the foot")
    tab.shell.select(2)
    assert desk_of(tab).place is Place.LIVE


def test_it_is_paused_and_gone_on_with(tab: Window, training: Run, process: NoProcess) -> None:
    tab.wait(lambda: page_of(tab).pause_button.instate(["!disabled"]), "the button")
    page_of(tab).pause_button.invoke()
    tab.wait(lambda: process.stopped == [Stop.PAUSE], "the word")
    assert page_of(tab).pause_button.instate(["disabled"])
    put_state(training, RunStatus.STOPPED, epoch=3, epochs=9)
    tab.wait(lambda: desk_of(tab).ended, "its end")
    tab.settle()
    assert "paused" in words(tab)
    page_of(tab).resume_button.invoke()
    tab.wait(lambda: len(process.started) == 2, "the training")
    assert process.started[1][0].id == training.id


def test_a_training_that_failed_says_why(tab: Window, training: Run) -> None:
    put_state(training, RunStatus.FAILED, problem="The disk is full.")
    tab.wait(lambda: desk_of(tab).ended, "its end")
    tab.settle()
    assert "could not be trained" in words(tab)
    assert "The disk is full." in words(tab)
    page_of(tab).log_button.invoke()
    tab.settle()
    assert "The log is empty." in tab.dialogs()[0].text.get("1.0", "end")  # type: ignore[attr-defined]


def test_a_training_that_ended_shows_its_result(tab: Window, training: Run, dogs: Path, names: list[str]) -> None:
    finish_run(training, dogs, names)
    tab.wait(lambda: desk_of(tab).place is Place.RESULT, "the result")
    tab.settle()
    assert "Better: 41 photographs right that were wrong, 9 wrong that were right." in words(tab)


def test_closing_the_window_asks_what_becomes_of_it(tab: Window, training: Run, process: NoProcess) -> None:
    tab.wait(lambda: desk_of(tab).run.now, "the process")
    tab.shell.ask_to_close()
    dialog: Any = tab.dialogs()[0]
    assert len(dialog.buttons) == 3
    dialog.buttons[0].invoke()
    assert tab.dialogs() == []
    tab.shell.ask_to_close()
    dialog = tab.dialogs()[0]
    dialog.buttons[1].invoke()
    tab.wait(lambda: process.stopped == [Stop.PAUSE], "the word")
    put_state(training, RunStatus.STOPPED)

    def is_gone() -> bool:
        try:
            return not tab.root.winfo_exists()
        except tkinter.TclError:
            return True

    until_gone(tab, is_gone)


def until_gone(window: Window, is_gone: Callable[[], bool]) -> None:
    """Let the window live until it is closed."""
    import time

    until = time.monotonic() + 30
    while not is_gone():
        assert time.monotonic() < until, "the window stays"
        try:
            window.root.update()
        except tkinter.TclError:
            return
        time.sleep(0.002)


def test_another_training_in_the_way_is_said(
    tab: Window, dogs: Path, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_about: object) -> None:
        raise UserError("“other” is being trained now.")

    look(tab, dogs, names)
    desk_of(tab).show(Place.CHOICES)
    monkeypatch.setattr("core.train_runs.check_may_start", refuse)
    page_of(tab).start_button.invoke()
    tab.wait(lambda: not desk_of(tab).run.is_running, "the answer")
    tab.settle()
    assert "is being trained now" in tab.shell.retrain_tab.problem.text
    assert desk_of(tab).place is Place.CHOICES


def test_a_training_from_before_is_followed(
    driver: Driver, process: NoProcess, dogs: Path, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = draft_run(dogs, names)
    put_state(run, RunStatus.RUNNING, epoch=2, epochs=9)
    monkeypatch.setattr(RetrainEngine, "running", lambda _self: again(run))
    window = driver(retrain_enabled=True)
    window.wait(lambda: desk_of(window).run.is_training, "the training")
    window.wait(lambda: "shelter" in str(window.shell.status.running.cget("text")), "the line at the foot")
    window.shell.select(2)
    desk_of(window).show(Place.CHOICES)
    window.root.update()
    assert "is being trained" in words(window)
    put_state(run, RunStatus.STOPPED)
    window.wait(lambda: not desk_of(window).run.is_running, "its end")


# Earlier runs


def test_earlier_runs_are_listed_compared_taken_up_and_deleted(tab: Window, dogs: Path, names: list[str]) -> None:
    first = finish_run(draft_run(dogs, names, "first"), dogs, names)
    second = finish_run(draft_run(dogs, names, "second", Mode.FINETUNE), dogs, names)
    third = draft_run(dogs, names, "third")
    put_state(third, RunStatus.STOPPED, epoch=2, epochs=9)
    tab.shell.retrain_tab.steps[Place.RUNS].invoke()
    tab.wait(lambda: desk_of(tab).results.runs, "the runs")
    tab.settle()
    page = page_of(tab)
    cells = {page.table.view.set(key, "0"): page.table.view.set(key) for key in page.table.view.get_children()}
    assert set(cells) == {"first", "second", "third"}
    assert "75" in cells["first"]["5"]
    assert cells["third"]["6"].strip() == "paused"
    page.table.view.selection_set([first.id, second.id])
    tab.root.update()
    assert page.buttons["open"].instate(["disabled"])
    page.buttons["compare"].invoke()
    tab.settle()
    assert "EfficientNet-B0" in words(tab, tab.dialogs()[0])
    tab.dialogs()[0].close()  # type: ignore[attr-defined]
    page.table.view.selection_set([third.id])
    tab.root.update()
    assert page.buttons["resume"].instate(["!disabled"])
    assert page.buttons["use"].instate(["disabled"])
    page.buttons["delete"].invoke()
    dialog: Any = tab.dialogs()[0]
    dialog.buttons[0].invoke()
    assert len(list_runs()) == 3, "asked before"
    page.buttons["delete"].invoke()
    tab.dialogs()[0].buttons[1].invoke()  # type: ignore[attr-defined]
    tab.wait(lambda: len(desk_of(tab).results.runs) == 2, "it to go")
    tab.settle()
    page_of(tab).table.view.selection_set([first.id])
    tab.root.update()
    page_of(tab).buttons["open"].invoke()
    tab.wait(lambda: desk_of(tab).place is Place.RESULT, "its result")
    tab.settle()


def test_a_damaged_run_is_in_the_list_with_its_reason(tab: Window, dogs: Path, names: list[str]) -> None:
    run = draft_run(dogs, names)
    (run.folder / "config.json").write_text("{}")
    tab.shell.retrain_tab.steps[Place.RUNS].invoke()
    tab.wait(lambda: desk_of(tab).results.runs, "the runs")
    tab.settle()
    view = page_of(tab).table.view
    assert view.set(run.id, "6").endswith("…"), "longer than its column"
    view.selection_set([run.id])
    tab.root.update()
    assert "config.json" in words(tab)
    assert page_of(tab).buttons["delete"].instate(["!disabled"])
    assert page_of(tab).buttons["again"].instate(["disabled"])


def test_without_runs_the_list_says_so(tab: Window) -> None:
    tab.shell.retrain_tab.steps[Place.RUNS].invoke()
    tab.wait(lambda: desk_of(tab).results.runs is not None, "the runs")
    tab.settle()
    assert "No model has been trained here yet." in words(tab)


def test_tensorboard_that_is_not_there_is_said(
    tab: Window, dogs: Path, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.retrain_board.find_spec", lambda _name: None)
    run = draft_run(dogs, names)
    desk_of(tab).results.open_board(run)
    tab.settle()
    assert "TensorBoard is not installed" in tab.shell.retrain_tab.problem.text


def test_tensorboard_opens_in_the_browser_and_ends_with_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    from gui.retrain_board import Board

    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("gui.retrain_board.find_spec", lambda _name: SimpleNamespace())
    server = "import http.server, sys; http.server.test(port=int(sys.argv[-1]), bind='127.0.0.1')"
    real = __import__("subprocess").Popen

    def popen(typed: list[str], **more: object) -> Any:
        return real([sys.executable, "-c", server, typed[-1]], **more)

    monkeypatch.setattr("gui.retrain_board.subprocess.Popen", popen)
    board = Board()
    (tmp_path / "tensorboard").mkdir()
    board.open(tmp_path / "tensorboard")
    process = board._process
    assert opened and opened[0].startswith("http://127.0.0.1:")
    board.open(tmp_path / "tensorboard")
    assert board._process is process, "one is enough"
    board.close()
    assert process is not None and process.poll() is not None
    with pytest.raises(UserError):
        board.open(tmp_path / "elsewhere")


def test_a_config_of_an_older_run_is_offered_again(tab: Window, dogs: Path, names: list[str]) -> None:
    run = draft_run(dogs, names)
    config = run.config
    assert isinstance(config, TrainConfig)
    look(tab, dogs, names)
    assert desk_of(tab).filled().config == config.model_copy(update={"name": "shelter"})
