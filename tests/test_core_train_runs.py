"""The runs of training: a folder each, whose process is alive or not, one training at a time."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from core import train_process, train_runs
from core.errors import UserError
from core.folders import training_dir
from core.run_results import read_epochs
from core.train_config import Source, TrainConfig
from core.train_lock import Holder, Taken, holder_of, holding
from core.train_records import Epoch, Job, Phase, RunState, RunStatus, Stop
from core.train_runs import (
    LOCK_FILE,
    Run,
    again,
    ask_to_stop,
    change_config,
    check_may_start,
    delete_run,
    find_run,
    kill,
    list_runs,
    new_run,
    read_state,
    running_run,
    runs_dir,
    start,
    stop_file,
    training_lock,
    write_state,
)

ROOT = Path(__file__).resolve().parent.parent
# Holds the locks that are given as a training would, says so, and lives until it is killed.
HOLDS = """
import os, sys, time
from contextlib import ExitStack
from pathlib import Path
from core.train_lock import Holder, holding
from core.train_records import Job
with ExitStack() as stack:
    for path in sys.argv[2:]:
        stack.enter_context(holding(Path(path), Holder(pid=os.getpid(), run=sys.argv[1], job=Job.TRAIN)))
    print("held", flush=True)
    time.sleep(600)
"""


def config(name: str = "leaves", path: Path = Path("/photos")) -> TrainConfig:
    return TrainConfig(name=name, source=Source(path=path))


@contextmanager
def held_elsewhere(run: Run, *paths: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds these locks for a run."""
    typed = [sys.executable, "-c", HOLDS, run.id, *map(str, paths)]
    with subprocess.Popen(typed, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def running(run: Run, pid: int = 0, updated: float | None = None) -> None:
    write_state(
        run.folder,
        RunState(job=Job.TRAIN, status=RunStatus.RUNNING, pid=pid, updated=time.time() if updated is None else updated),
    )


def until(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for it, or fail."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def test_a_new_run_waits_as_a_draft_with_its_config() -> None:
    run = new_run(config())
    assert (run.name, run.config, run.state.status, run.problem) == ("leaves", config(), RunStatus.DRAFT, "")
    assert run.id.endswith("-leaves") and run.folder == runs_dir() / run.id
    assert not run.has_result and not run.has_begun and not run.is_running


def test_runs_are_listed_newest_first_and_two_of_one_second_are_two() -> None:
    first, second = new_run(config()), new_run(config())
    older = runs_dir() / "20200131-235959-old"
    first.folder.rename(older)
    assert [run.id for run in list_runs()] == [second.id, older.name]
    third = new_run(config())
    assert len({run.id for run in list_runs()}) == 3 and find_run(third.id).config == config()


@pytest.mark.parametrize("damage", ["", "{", '{"format": 9}'])
def test_a_broken_run_is_listed_with_its_problem_and_stops_no_other(damage: str) -> None:
    good, broken = new_run(config("good")), new_run(config("broken"))
    (broken.folder / "config.json").write_text(damage)
    by_name = {run.name: run for run in list_runs()}
    assert set(by_name) == {"good", "broken"} and by_name["good"].problem == ""
    assert by_name["broken"].config is None and "config.json" in by_name["broken"].problem
    with pytest.raises(UserError, match=r"config\.json"):
        start(broken, Job.TRAIN)
    (good.folder / "state.json").unlink()
    assert "state.json" in again(good).problem
    delete_run(broken)
    assert [run.name for run in list_runs()] == ["good"]


@pytest.mark.parametrize("wrong", ["", "..", "../../x", "20260101-000000-../x", "20260101-000000-leaves"])
def test_a_run_that_is_not_there_is_not_found(wrong: str) -> None:
    with pytest.raises(UserError, match="no training run"):
        find_run(wrong)


def test_a_running_run_whose_process_is_gone_was_interrupted() -> None:
    run = new_run(config())
    running(run, pid=os.getpid())  # that there is such a process says nothing: it holds no lock
    assert read_state(run).status is RunStatus.INTERRUPTED
    running(run)
    assert read_state(run).status is RunStatus.RUNNING  # it is just being started
    running(run, updated=time.time() - 3600)
    assert read_state(run).status is RunStatus.INTERRUPTED


def test_a_run_is_running_as_long_as_its_process_holds_its_lock() -> None:
    run = new_run(config())
    with held_elsewhere(run, run.folder / LOCK_FILE) as process:
        running(run, pid=process.pid)
        assert read_state(run).status is RunStatus.RUNNING
        for refused in (delete_run, lambda run: change_config(run, config()), lambda run: start(run, Job.LOOK)):
            with pytest.raises(UserError, match="“leaves” is at work"):
                refused(run)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert read_state(run).status is RunStatus.INTERRUPTED
    delete_run(run)
    assert list_runs() == []


def test_there_is_one_training_at_a_time_and_the_second_is_told_which_one_runs() -> None:
    first, second = new_run(config("first")), new_run(config("second"))
    assert running_run() is None
    with held_elsewhere(first, training_lock()):
        found = running_run()
        assert found is not None and found.id == first.id
        with pytest.raises(UserError, match="“first” is being trained now"):
            start(second, Job.TRAIN)
        assert read_state(second).status is RunStatus.DRAFT
        check_may_start(second, Job.LOOK)
    assert running_run() is None
    check_may_start(second, Job.TRAIN)


def test_a_lock_is_held_once_and_asking_takes_it_from_nobody(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert holder_of(path) is None
    with holding(path, Holder(pid=7, run="one")):
        assert holder_of(path) == Holder(pid=7, run="one")
        with pytest.raises(Taken) as taken, holding(path, Holder(run="two")):
            pass
        assert taken.value.holder.run == "one"
    assert holder_of(path) is None
    with pytest.raises(UserError, match="cannot be written"), holding(tmp_path / "no folder" / "lock", Holder()):
        pass


def test_kill_ends_the_process_of_a_run() -> None:
    run = new_run(config())
    kill(run)
    with held_elsewhere(run, run.folder / LOCK_FILE) as process:
        running(run, pid=process.pid)
        kill(run)
        assert process.wait(10) == -signal.SIGKILL
    assert read_state(run).status is RunStatus.INTERRUPTED


@pytest.mark.parametrize("begun", ["history.jsonl", "checkpoint", "model", "fitted.json"])
def test_a_run_that_was_trained_keeps_its_config(begun: str) -> None:
    run = change_config(new_run(config()), config("other"))
    assert run.config == config("other")
    (run.folder / begun).mkdir()
    with pytest.raises(UserError, match="trained already"):
        change_config(run, config())
    with pytest.raises(UserError, match="trained already"):
        start(run, Job.LOOK)
    check_may_start(run, Job.TRAIN)
    write_state(run.folder, RunState(job=Job.TRAIN, status=RunStatus.DONE))
    with pytest.raises(UserError, match="is done"):
        start(run, Job.TRAIN)


@pytest.mark.parametrize("how", Stop)
def test_who_wants_it_to_stop_leaves_a_word(how: Stop) -> None:
    run = new_run(config())
    ask_to_stop(run, how)
    assert stop_file(run).read_text() == how.value


def test_epochs_are_read_without_the_line_that_was_cut_off() -> None:
    run = new_run(config())
    assert read_epochs(run.folder) == ()
    epoch = Epoch(phase=Phase.HEAD, epoch=1, seconds=1, rate=0.1, loss=2, accuracy=0.5)
    line = epoch.model_dump_json().encode()
    (run.folder / "history.jsonl").write_bytes(line + b"\n" + line[:20] + b"\n" + line + b"\n" + line[:30])
    assert read_epochs(run.folder) == (epoch, epoch)


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SHELTERLENS_HOME", str(tmp_path / "file" / "home"))
    for refused in (list_runs, running_run, lambda: new_run(config())):
        with pytest.raises(UserError, match="cannot be made"):
            refused()


def test_a_full_disk_leaves_no_half_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    runs = runs_dir()
    monkeypatch.setattr(train_runs, "replacing", full)
    with pytest.raises(UserError, match="No space left on device"):
        new_run(config())
    assert list(runs.iterdir()) == []


def test_a_process_that_cannot_be_started_leaves_the_run_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    run = new_run(config())
    monkeypatch.setattr(subprocess, "Popen", refused)
    with pytest.raises(UserError, match="temporarily unavailable"):
        start(run, Job.TRAIN)
    assert read_state(run).status is RunStatus.DRAFT


def test_a_process_that_dies_at_once_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run(config())
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda typed, **how: real([sys.executable, "-c", "1/0"], **how))
    start(run, Job.TRAIN)
    until(lambda: read_state(run).status is RunStatus.INTERRUPTED)
    assert "ZeroDivisionError" in (run.folder / "log.txt").read_text()


@pytest.mark.parametrize("frozen", [False, True])
def test_the_program_starts_itself_frozen_or_not(monkeypatch: pytest.MonkeyPatch, frozen: bool) -> None:
    started: list[tuple[list[str], dict[str, str]]] = []
    run = new_run(config())
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setattr(subprocess, "Popen", lambda words, env, **_: started.append((words, env)))
    train_process.start_process(run.id, Job.TRAIN, 1)
    program = [sys.executable] if frozen else [sys.executable, str(ROOT / "main.py")]
    ((typed, environment),) = started
    assert typed == [*program, "train", "--run", run.id, "--job", "train"]
    assert "OPENBLAS_NUM_THREADS" not in environment and "PATH" in environment


def test_a_job_runs_in_a_process_of_its_own_wherever_the_home_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that is not there: the whole way there and back without any network."""
    monkeypatch.setenv("SHELTERLENS_HOME", str(tmp_path / ("été_" * 30) / "home"))
    monkeypatch.chdir(tmp_path)
    run = new_run(config(path=tmp_path / "gone"))
    ask_to_stop(run, Stop.PAUSE)  # a word from before is forgotten
    start(run, Job.LOOK)
    until(lambda: read_state(run).status is not RunStatus.RUNNING)
    state = read_state(run)
    assert state.status is RunStatus.FAILED and str(tmp_path / "gone") in state.problem
    assert "ended: failed" in (run.folder / "log.txt").read_text(encoding="utf-8")
    assert not (training_dir() / "training.lock").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no nice there")
def test_a_process_can_give_way() -> None:
    said = (
        "from core.low_priority import lower_priority; lower_priority(); lower_priority(); import os; print(os.nice(0))"
    )
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 10
