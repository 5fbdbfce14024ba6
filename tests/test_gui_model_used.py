"""A trained model is taken into use, or taken back, while a folder is shown: whose answers it gets, what is drawn."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from core.bundles import EARLIER, Bundle, BundleInfo, write_bundle
from core.fingerprints import model_fingerprint
from core.train_config import Source, TrainConfig
from core.train_records import Job, RunState, RunStatus
from core.train_runs import Run, again, new_run, write_state
from tests.bundle_factory import CARD, make_bundle, tiny_head, tiny_info, tiny_network
from tests.window_driver import *  # noqa: F403
from tests.window_driver import Driver, EngineHere, texts_of


def fewer(folder: Path, labels: tuple[int, ...] = (2, 1), version: str = "2.0.0") -> Bundle:
    """The tiny model with fewer labels, in another order."""
    info = tiny_info(folder.name, version)
    info = info.model_copy(update={"labels": tuple(info.labels[n] for n in labels), "groups": ()})
    head = tiny_head()
    head |= {"kernel": head["kernel"][:, list(labels)], "bias": head["bias"][list(labels)]}
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = folder.with_name("cells.network")
    file.write_bytes(tiny_network())
    return write_bundle(folder, info, head, {"cells": file}, CARD)


def trained(name: str, make: Any = make_bundle) -> Run:
    """A run that is done."""
    run = new_run(TrainConfig(name=name, source=Source(path=Path("/photos"))))
    make(run.folder / "model" / name, version="2.0.0")
    (run.folder / "metrics.json").write_text("{}")
    write_state(run.folder, RunState(job=Job.TRAIN, status=RunStatus.DONE))
    return again(run)


class SlowEngine(EngineHere):
    """Loads a second model only when somebody came before, or after a while."""

    def __init__(self) -> None:
        super().__init__()
        self.came_before = threading.Event()

    def load_model(self, name: str | None) -> BundleInfo:
        if self._model is not None:
            self.came_before.wait(1.5)
        return super().load_model(name)


def test_the_folder_gets_the_answers_of_the_model_that_was_taken_into_use(
    driver: Driver, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = SlowEngine()
    window = driver(engine=engine, retrain_enabled=True)
    window.open_folder(photos["red"].parent)
    results, tag = window.shell.retrain_desk.results, window.folder_desk.engine.tag
    answered_by: list[str] = []

    def noted(roots: Any) -> None:
        engine.came_before.set()
        answered_by.append(model_fingerprint(engine.serving()[1].info))
        tag(roots)

    monkeypatch.setattr(window.folder_desk.engine, "tag", noted)
    for act, version in ((lambda: results.use(trained("colours")), "2.0.0"), (results.go_back, "1.0.0")):
        engine.came_before.clear()
        known = len(answered_by)
        act()
        window.wait(lambda known=known: len(answered_by) > known, "the new answers")  # type: ignore[misc]
        window.wait(lambda: not window.folder_desk.run.is_running, "their end")
        window.settle()
        info = engine.serving()[1].info
        assert info.version == version and answered_by[known:] == [model_fingerprint(info)]
        assert window.folder_desk.open_run.is_current
        assert window.folder_desk.open_run.run.fingerprint == model_fingerprint(info)


def test_an_earlier_run_is_shown_after_a_model_of_the_same_name(
    driver: Driver, photos: dict[str, Path], isolated_home: Path
) -> None:
    window = driver(retrain_enabled=True)
    window.open_folder(photos["red"].parent)
    before = window.folder_desk.open_run.run
    window.shell.retrain_desk.results.use(trained("colours"))
    window.wait(lambda: window.folder_desk.open_run.run.id != before.id, "the new answers")
    window.settle()
    window.folder_desk.show_run(before)
    window.wait(lambda: window.folder_desk.open_run.run.id == before.id, "the earlier answers")
    window.settle()
    assert not window.shell.notice.text and len(window.folder_desk.rows) == 5
    assert window.sentence.startswith("Answered by another model.")
    assert window.folder_desk.review.info.version == "1.0.0"

    second = driver(retrain_enabled=True)
    shutil.rmtree(isolated_home / "models" / EARLIER)
    second.shell.select(1)
    second.folder_desk.show_run(before)
    second.settle()
    assert "“colours” that answered here is not installed any more" in second.sentence
    assert str(second.folder.progress.button.cget("text")) == "Answer again"
    second.folder.progress.button.invoke()
    second.wait(lambda: second.folder_desk.open_run and len(second.folder_desk.rows) == 5, "its answers again")
    second.settle()
    assert second.folder_desk.open_run.is_current and second.sentence.startswith("5 photographs")


def test_no_heatmap_is_drawn_with_the_labels_of_another_model(
    driver: Driver, photos: dict[str, Path], isolated_home: Path
) -> None:
    window = driver()
    window.open_folder(photos["red"].parent)
    shutil.rmtree(isolated_home / "models" / "colours")
    fewer(isolated_home / "models" / "colours")
    window.shell.preferences.load_model("colours")
    window.wait(lambda: window.sentence.startswith("Answered by another model."), "the sentence")
    window.settle()
    for name in ("3 blue.webp", "1 red.jpg"):
        window.go_to(name)
        window.settle()
        assert window.folder.preview.caption == "" and window.folder_desk.glance.now.seen is None


def test_a_photograph_is_looked_at_by_the_model_of_its_run_only(
    driver: Driver, photos: dict[str, Path], isolated_home: Path
) -> None:
    window = driver()
    window.open_folder(photos["red"].parent)
    opened = window.shell.engine.open_file(photos["red"], (300, 300))
    review = window.folder_desk.review
    assert window.folder_desk.engine.look(review, opened.photo) is not None
    fewer(isolated_home / "models" / "colours")
    window.shell.engine.load_model("colours")
    assert window.folder_desk.engine.look(review, opened.photo) is None
    window.folder_desk.glance.explain(2)
    window.go_to("3 blue.webp")
    assert window.folder_desk.glance.now.seen is None and window.folder.preview.caption == ""


def test_classes_that_would_be_lost_are_asked_about(driver: Driver) -> None:
    window = driver(retrain_enabled=True)
    window.shell.select(2)
    results, run = window.shell.retrain_desk.results, trained("small", fewer)
    results.use(run)
    window.wait(window.dialogs, "the question")
    dialog: Any = window.dialogs()[0]
    assert any(
        "knows 3 classes, this one 2. Not known any more: 1 (red). Use it all the same?" in text
        for widget in window.widgets(dialog)
        for text in texts_of(widget)
    )
    dialog.buttons[0].invoke()
    window.settle()
    assert window.model == "colours"
    results.use(run)
    window.wait(window.dialogs, "the question again")
    dialog = window.dialogs()[0]
    dialog.buttons[1].invoke()
    window.wait(lambda: window.model == "small", "the model")
    window.settle()
