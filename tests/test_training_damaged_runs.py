"""Runs of which files are missing or cut off: judged again, or a sentence that says what is gone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.commands import run_command
from core.train_records import RunStatus
from core.train_runs import Run, again
from tests import test_training_run as runs
from tests.made_up_training import a_result
from training import commands

steps = runs.steps


@pytest.fixture
def done(steps: runs.Steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that was trained to its end, with figures that can be read."""
    run = runs.begun(steps)
    finish = steps.finish

    def finished(*given: object) -> None:
        finish(*given)  # type: ignore[arg-type]
        (run.folder / "metrics.json").write_text(a_result(tmp_path, ["Ash", "Oak"]).model_dump_json())

    monkeypatch.setattr(sys.modules["training.finish"], "finish", finished)
    assert next(commands.train(run, False)).startswith("shelter 1.0.0: 8 photographs held out")
    assert steps.done == ["data", "head", "finish"]
    return again(run)


def _cut(run: Run) -> None:
    (run.folder / "metrics.json").write_text('{"format": 1, "mod')


def _delete(run: Run) -> None:
    (run.folder / "metrics.json").unlink()


@pytest.mark.parametrize("damage", [_cut, _delete])
def test_one_without_figures_is_judged_again_and_not_trained_again(
    steps: runs.Steps, done: Run, damage: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(done)
    assert run_command(["train", "--runs"]) == 0
    assert "Its figures (metrics.json) are missing or damaged" in capsys.readouterr().out
    lines = list(commands.train(done, False))
    assert lines[0].startswith("shelter 1.0.0: 8 photographs") and steps.done == ["data", "head", "finish", "finish"]
    assert "judged again" in capsys.readouterr().err
    assert list(commands.train(done, False)) == lines and len(steps.done) == 4


def test_without_its_model_nothing_is_promised(
    steps: runs.Steps, done: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    done.model_dir.rename(done.folder / "elsewhere")
    assert run_command(["train", "--runs"]) == 0
    assert "Its model is missing" in capsys.readouterr().out
    assert run_command(["train", "--resume", done.id, "--use"], None, lambda: commands) == 1
    out, err = capsys.readouterr()
    assert out == "" and "The model of this run is missing" in err and str(done.folder / "config.json") in err
    assert len(steps.done) == 3


def test_without_its_state_its_figures_are_still_there(
    steps: runs.Steps, done: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (done.folder / "state.json").unlink()
    assert again(done).state.status is RunStatus.DRAFT
    assert next(commands.train(done, False)).startswith("shelter 1.0.0: 8 photographs")
    assert "state.json is missing or damaged" in capsys.readouterr().err and len(steps.done) == 3


def test_where_nothing_may_be_written_there_are_no_runs_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("core.train_runs.training_dir", lambda: tmp_path / "file")
    assert run_command(["train", "--runs"]) == 0
    assert "There is no run yet." in capsys.readouterr().out
