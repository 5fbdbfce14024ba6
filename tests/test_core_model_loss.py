"""What using a trained model would lose is said before, and a worse one is not used unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UserError
from core.model_loss import loss_of
from core.models import find_model
from core.settings import load_settings, save_settings
from core.train_records import ComparisonVerdict
from core.train_runs import Run
from tests.bundle_factory import make_bundle
from tests.made_up_training import class_names, draft_run, draw_classes, finish_run
from tests.test_gui_model_used import fewer
from training import commands


@pytest.fixture(autouse=True)
def in_use(isolated_home: Path) -> None:
    make_bundle(isolated_home / "models" / "colours")
    save_settings(load_settings().model_copy(update={"model": "colours"}))


def done(tmp_path: Path, verdict: ComparisonVerdict, is_small: bool = False) -> Run:
    names = class_names(5)
    folder = draw_classes(tmp_path / "dogs", names)
    run = finish_run(draft_run(folder, names), folder, names, verdict)
    if is_small:
        fewer(run.model_dir)
    return run


def test_the_same_classes_and_no_worse_is_no_loss(tmp_path: Path) -> None:
    assert loss_of(done(tmp_path, ComparisonVerdict.UNCLEAR)) is None


def test_classes_that_would_be_gone_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = done(tmp_path, ComparisonVerdict.BETTER, is_small=True)
    loss = loss_of(run)
    assert loss is not None and not loss.is_worse
    assert loss.sentence() == "“Colours” 1.0.0 knows 3 classes, this one 2. Not known any more: 1 (red)."
    list(commands.train(run, True))
    assert loss.sentence() in capsys.readouterr().err and find_model().name == "shelter"


def test_a_worse_model_is_used_only_when_that_was_meant(tmp_path: Path) -> None:
    run = done(tmp_path, ComparisonVerdict.WORSE)
    with pytest.raises(UserError, match="--use-anyway"):
        list(commands.train(run, True))
    assert find_model().name == "colours"
    list(commands.train(run, True, True))
    assert find_model().name == "shelter"


def test_fewer_classes_to_choose_from_are_told() -> None:
    from core.result_warnings import warning_sentences
    from training.rivals import _choice

    other = find_model("colours")
    (said,) = warning_sentences(_choice(other, 2))
    assert said == "“Colours” chose among 3 classes, this model among 2: that flatters this one."
    assert list(_choice(other, 3)) == []


def test_a_new_model_is_not_called_like_a_shipped_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from core.commands import run_command
    from core.train_defaults import taken_words, usual_name
    from core.train_runs import list_runs

    assert usual_name("Dogs") == "dogs-shelter" and taken_words("shelter") == ""
    (tmp_path / "photos").mkdir()
    assert run_command(["train", str(tmp_path / "photos"), "--name", "dogs"], None, lambda: commands) == 2
    assert "such as dogs-shelter" in capsys.readouterr().err and list_runs() == []
