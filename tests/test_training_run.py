"""One run of training: its steps in order, what becomes of failures and stops, and going on from where it was."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from core import train_runs
from core.bundles import Bundle, Label
from core.errors import Cancelled, UserError
from core.machine import usable_processors
from core.train_config import Augmentation, Fit, Source, Split, TrainConfig
from core.train_lock import Holder, holding
from core.train_records import Epoch, Job, Phase, RunState, RunStatus, Stop
from core.train_runs import (
    Run,
    again,
    ask_to_stop,
    change_config,
    new_run,
    read_state,
    training_lock,
    write_state,
)
from tests.bundle_factory import make_bundle
from training import matrix_threads
from training import run as training_run
from training.kept_data import keep_data, kept_data
from training.run import run_job
from training.run_telling import RunTelling
from training.samples import DataSet, Part, Sample
from training.telling import Silent, Telling, stop_if_asked
from training.time_spent import TimeSpent

LABELS = tuple(Label(id=name, en=name, fr=name) for name in ("ash", "oak"))
DATA = DataSet(
    LABELS,
    (
        Sample(Path("/photos/a.jpg"), 0, "a" * 64, "burst 1", None, Part.TRAIN),
        Sample(Path(os.fsdecode(b"/photos/\xff.jpg")), 1, "b" * 64, "", Part.TEST, Part.TEST),
    ),
)


def config(**changes: Any) -> TrainConfig:
    return TrainConfig.model_validate({"name": "trees", "source": {"path": "/photos"}, **changes})


@dataclass
class Steps:
    """Stand-ins for the steps: which were done, and what goes wrong in which."""

    done: list[str] = field(default_factory=list)
    wrong: dict[str, BaseException] = field(default_factory=dict)
    asks: dict[str, Stop] = field(default_factory=dict)
    run: Run | None = None
    data: DataSet | None = None
    whole_s: list[float] = field(default_factory=list)

    def step(self, name: str, telling: Telling) -> None:
        self.done.append(name)
        if name in self.asks:
            assert self.run is not None
            ask_to_stop(self.run, self.asks.pop(name))
            time.sleep(0.11)
        if name in self.wrong:
            raise self.wrong.pop(name)

    def read_data(self, wanted: TrainConfig, folder: Path, telling: Telling) -> tuple[DataSet, None]:
        self.step("data", telling)
        stop_if_asked(telling)
        return DATA, None

    def fit_on_vectors(self, wanted: TrainConfig, data: DataSet, folder: Path, telling: Telling) -> Bundle:
        self.step("head", telling)
        if telling.asked_to_stop() is Stop.PAUSE:
            raise Cancelled
        self.data = data
        return make_bundle(folder / "draft" / wanted.name)

    def fit_network(self, wanted: TrainConfig, data: DataSet, folder: Path, telling: Telling) -> str:
        self.step("layers", telling)
        return "a network"

    def run_whitening(self, folder: Path) -> str:
        return f"the whitening of {folder.name}"

    def from_keras(
        self, model: str, folder: Path, wanted: TrainConfig, data: DataSet, telling: Telling, whitening: str
    ) -> Bundle:
        self.step("package", telling)
        assert self.run is not None and whitening == f"the whitening of {self.run.folder.name}"
        return make_bundle(folder)

    def estimate_s(self, wanted: TrainConfig, photographs: int, telling: Telling) -> float:
        return 5 * 3600.0

    def finish(
        self,
        draft: Bundle,
        data: DataSet,
        wanted: TrainConfig,
        folder: Path,
        telling: Telling,
        whole_s: Callable[[], float],
    ) -> None:
        self.step("finish", telling)
        self.whole_s.append(whole_s())
        stop_if_asked(telling)
        shutil.copytree(draft.folder, folder / "model" / wanted.name, dirs_exist_ok=True)
        (folder / "metrics.json").write_text("{}")


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    made = Steps()
    rooms: dict[str, tuple[Callable[..., object], ...]] = {
        "data_set": (made.read_data,),
        "head_mode": (made.fit_on_vectors,),
        "fit": (made.fit_network, made.run_whitening),
        "package": (made.from_keras,),
        "estimate": (made.estimate_s,),
        "finish": (made.finish,),
    }
    for room, functions in rooms.items():
        module = ModuleType(f"training.{room}")
        for function in functions:
            setattr(module, function.__name__, function)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(training_run, "lower_priority", lambda: None)
    return made


def begun(steps: Steps, **changes: Any) -> Run:
    steps.run = new_run(config(**changes))
    return steps.run


def test_a_head_is_trained_step_by_step_and_the_run_is_done(steps: Steps) -> None:
    run = begun(steps)
    state = run_job(run.id, Job.TRAIN)
    assert (state.status, state.phase, state.problem) == (RunStatus.DONE, Phase.DONE, "")
    assert steps.done == ["data", "head", "finish"]
    assert read_state(run) == state and again(run).has_result
    assert not (run.folder / "draft").exists() and not (run.folder / "checkpoint").exists()


def test_layers_are_trained_and_packed_and_hours_are_announced(steps: Steps) -> None:
    run = begun(steps, fit={"mode": "finetune"}, network={"backbone": "xception"})
    state = run_job(run.id, Job.TRAIN)
    assert steps.done == ["data", "layers", "package", "finish"]
    assert state.notes == (
        "This training will take about 5 hours on this computer. It can be stopped and gone on with.",
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (UserError("There is no photograph in it."), "There is no photograph in it."),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (MemoryError(), "memory is not enough"),
        (ModuleNotFoundError("no", name="tensorflow"), "missing (tensorflow)"),
        (ZeroDivisionError("oh"), "Details are in"),
    ],
)
@pytest.mark.parametrize("step", ["data", "head", "finish"])
def test_what_goes_wrong_is_said_in_the_state_and_the_run_can_be_gone_on_with(
    steps: Steps, step: str, wrong: Exception, told: str
) -> None:
    run = begun(steps)
    steps.wrong[step] = wrong
    state = run_job(run.id, Job.TRAIN)
    assert state.status is RunStatus.FAILED and told in state.problem
    assert read_state(run) == state and not again(run).has_result
    if isinstance(wrong, ZeroDivisionError):
        assert "ZeroDivisionError: oh" in (run.folder / "log.txt").read_text()
    before = steps.done.copy()
    assert run_job(run.id, Job.TRAIN).status is RunStatus.DONE
    # What was done to its end is not done again.
    assert steps.done[len(before) :] == [one for one in ("data", "head", "finish") if one == step or one not in before]


@pytest.mark.parametrize("wrong", [Cancelled(), KeyboardInterrupt()])
def test_a_stopped_training_goes_on_with_the_same_photographs(steps: Steps, wrong: BaseException) -> None:
    run = begun(steps)
    steps.wrong["head"] = wrong
    assert run_job(run.id, Job.TRAIN).status is RunStatus.STOPPED
    assert run_job(run.id, Job.TRAIN).status is RunStatus.DONE
    assert steps.done == ["data", "head", "head", "finish"] and steps.data == DATA


def test_photographs_are_read_anew_where_other_ones_are_wanted_by_now(steps: Steps) -> None:
    run = begun(steps)
    steps.wrong["head"] = UserError("no")
    run_job(run.id, Job.TRAIN)
    change_config(run, config(fit=Fit(strengths=(1.0,))))
    steps.wrong["head"] = UserError("no")
    run_job(run.id, Job.TRAIN)
    assert steps.done == ["data", "head", "head"]
    change_config(run, config(split=Split(seed=2)))
    run_job(run.id, Job.TRAIN)
    assert steps.done == ["data", "head", "head", "data", "head", "finish"]


def test_a_word_in_the_folder_pauses(steps: Steps) -> None:
    run = begun(steps)
    steps.asks["head"] = Stop.PAUSE
    assert run_job(run.id, Job.TRAIN).status is RunStatus.STOPPED
    assert steps.done == ["data", "head"]


def test_who_wants_the_best_so_far_gets_it_judged(steps: Steps) -> None:
    run = begun(steps)
    steps.asks["head"] = Stop.FINISH
    assert run_job(run.id, Job.TRAIN).status is RunStatus.DONE
    assert steps.done == ["data", "head", "finish"] and again(run).has_result


@pytest.mark.parametrize("late", ["package", "finish"])
def test_who_wants_the_best_so_far_only_after_the_fit_gets_it_too(steps: Steps, late: str) -> None:
    run = begun(steps, fit={"mode": "finetune"}, network={"backbone": "xception"})
    steps.asks[late] = Stop.FINISH
    assert run_job(run.id, Job.TRAIN).status is RunStatus.DONE
    assert again(run).has_result and not (run.folder / "stop").exists()


def test_the_time_of_all_work_on_a_run_is_added_up(steps: Steps) -> None:
    run = begun(steps)
    steps.asks["head"] = Stop.PAUSE
    run_job(run.id, Job.TRAIN)
    kept = run.folder / "time_spent.json"
    assert json.loads(kept.read_text())["seconds"] >= 0.1
    kept.write_text('{"seconds": 5000}')
    (run.folder / "stop").unlink()
    run_job(run.id, Job.TRAIN)
    assert 5000 < steps.whole_s[-1] < 5100 and json.loads(kept.read_text())["seconds"] >= steps.whole_s[-1]
    kept.write_text("half of i")
    assert TimeSpent(run.folder).seconds() < 100


def test_a_pause_while_it_is_judged_is_one(steps: Steps) -> None:
    run = begun(steps)
    steps.asks["finish"] = Stop.PAUSE
    assert run_job(run.id, Job.TRAIN).status is RunStatus.STOPPED


def test_before_anything_is_fitted_there_is_no_best_so_far(steps: Steps) -> None:
    run = begun(steps)
    steps.asks["data"] = Stop.FINISH
    assert run_job(run.id, Job.TRAIN).status is RunStatus.STOPPED
    assert steps.done == ["data"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_pause(steps: Steps, number: signal.Signals) -> None:
    class Sends(Silent):
        def note(self, text: str) -> None:
            os.kill(os.getpid(), number)

    run = begun(steps, fit={"mode": "finetune"}, network={"backbone": "xception"})
    before = signal.getsignal(number)
    assert run_job(run.id, Job.TRAIN, Sends()).status is RunStatus.STOPPED
    assert "package" in steps.done and signal.getsignal(number) is before


def test_another_training_is_named(steps: Steps) -> None:
    run = begun(steps)
    with holding(training_lock(), Holder(pid=1, run="20260101-000000-birds")):
        state = run_job(run.id, Job.TRAIN)
    assert state.status is RunStatus.FAILED and "“birds” is being trained now" in state.problem
    assert steps.done == []


def test_a_run_is_worked_on_once(steps: Steps) -> None:
    run = begun(steps)
    with holding(run.folder / "lock", Holder()), pytest.raises(UserError, match="“trees” is at work"):
        run_job(run.id, Job.TRAIN)
    assert read_state(run) == run.state


def test_looking_leaves_a_draft_and_never_touches_a_trained_run(steps: Steps) -> None:
    run = begun(steps)
    state = run_job(run.id, Job.LOOK)
    assert (state.status, state.phase, state.job) == (RunStatus.DRAFT, Phase.DONE, Job.LOOK)
    steps.asks["data"] = Stop.PAUSE
    assert run_job(run.id, Job.LOOK).status is RunStatus.DRAFT
    (run.folder / "stop").unlink()
    run_job(run.id, Job.TRAIN)
    with pytest.raises(UserError, match="trained already"):
        run_job(run.id, Job.LOOK)


def test_other_modes_than_the_head_need_tensorflow(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_run, "find_spec", lambda name: None)
    run = begun(steps, fit={"mode": "scratch"}, network={"backbone": "cnn"}, augmentation=Augmentation(flip=True))
    state = run_job(run.id, Job.TRAIN)
    assert state.status is RunStatus.FAILED and "needs TensorFlow, which is not installed" in state.problem
    assert run_job(begun(steps).id, Job.TRAIN).status is RunStatus.DONE


# -- What is kept, and what is told ------------------------------------------------------------------------------------


def test_data_is_kept_to_the_letter_and_only_for_what_was_decided(tmp_path: Path) -> None:
    keep_data(DATA, config(), tmp_path)
    assert kept_data(config(fit=Fit(seed=9)), tmp_path) == DATA
    assert kept_data(config(split=Split(seed=9)), tmp_path) is None
    assert kept_data(config(source=Source(path=Path("/others"))), tmp_path) is None
    kept = tmp_path / "data_set.json"
    kept.write_bytes(kept.read_bytes()[:-9])
    assert kept_data(config(), tmp_path) is None


@pytest.fixture
def told(tmp_path: Path) -> Iterator[RunTelling]:
    first = RunState(job=Job.TRAIN, status=RunStatus.RUNNING, pid=os.getpid())
    with RunTelling(tmp_path, first) as telling:
        yield telling


def written(folder: Path, is_so: Callable[[RunState], bool]) -> RunState:
    """The state once it is so."""
    end = time.monotonic() + 10
    while True:
        if (folder / "state.json").exists():
            state = RunState.model_validate_json((folder / "state.json").read_bytes())
            if is_so(state):
                return state
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_is_told_comes_into_the_file(told: RunTelling, tmp_path: Path) -> None:
    told.phase(Phase.EMBEDDING, 200)
    told.device("a processor")
    told.note("slow")
    told.note("slow")
    for done in range(51):
        told.progress(done)
    state = written(tmp_path, lambda state: state.done == 50)
    assert (state.phase, state.total, state.device, state.notes) == (Phase.EMBEDDING, 200, "a processor", ("slow",))
    told.phase(Phase.LAYERS)
    epoch = Epoch(phase=Phase.LAYERS, epoch=2, seconds=1, rate=0.1, loss=2, accuracy=0.5)
    told.epoch(epoch, 9, 77.0)
    state = written(tmp_path, lambda state: state.epoch == 2)
    assert state.epochs == 9 and state.left_s is not None and 60 < state.left_s <= 77 and state.done == 0


def test_time_left_is_worked_out_from_the_speed_so_far(told: RunTelling, tmp_path: Path) -> None:
    told.phase(Phase.EMBEDDING, 100)
    told.progress(10)
    assert written(tmp_path, lambda state: state.done == 10).left_s is None
    time.sleep(1.0)
    told.progress(50)
    left = written(tmp_path, lambda state: state.done == 50).left_s
    assert left is not None and 1.0 <= left < 10


def test_files_are_written_and_asked_for_a_few_times_a_second(
    told: RunTelling, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[RunState] = []
    monkeypatch.setattr("training.run_telling.write_state", lambda folder, state: writes.append(state))
    asked: list[Path] = []
    monkeypatch.setattr("training.run_telling._word_in", lambda path: asked.append(path))
    began = time.monotonic()
    calls = 0
    while time.monotonic() - began < 1.0:
        calls += 1
        told.progress(calls)
        assert told.asked_to_stop() is None
    assert calls > 5_000
    assert 2 <= len(writes) <= 5 and 5 <= len(asked) <= 11


def test_the_last_state_is_written_over_the_old_one_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = RunState(job=Job.TRAIN, status=RunStatus.RUNNING, pid=1, notes=("a long note" * 9,))
    write_state(tmp_path, running)

    def full(path: Path) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(train_runs, "replacing", full)
    with RunTelling(tmp_path, running) as telling:
        pass
    failed = RunState(job=Job.TRAIN, status=RunStatus.FAILED, problem="The disk is full.")
    telling.end(failed)
    assert RunState.model_validate_json((tmp_path / "state.json").read_bytes()) == failed


@pytest.mark.skipif(sys.platform == "darwin", reason="another library there")
def test_numpy_gets_all_processors_while_a_head_is_fitted_and_one_otherwise() -> None:
    library = matrix_threads._openblas()
    assert library is not None
    asked = next(getattr(library, name.replace("set", "get")) for name in matrix_threads._SETTERS
                 if hasattr(library, name.replace("set", "get")))  # fmt: skip
    before = asked()
    try:
        matrix_threads.threads_for(Phase.HEAD)
        assert asked() == usable_processors()
        matrix_threads.threads_for(Phase.JUDGING)
        assert asked() == 1
    finally:
        matrix_threads.set_matrix_threads(before)
