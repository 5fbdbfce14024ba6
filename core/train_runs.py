"""The runs of training: a folder for each, a process for the one at work, and how to stop, go on and delete.

A run's folder holds what it decides and what it says of itself (`core.train_records`). The window and the commands only
read it and leave a file with one word there to stop it; everything else is written by the process (`training.run`).
"""

from __future__ import annotations

import itertools
import logging
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from pydantic import ValidationError

from core.bundle_info import Record
from core.errors import UserError
from core.folders import replacing, training_dir
from core.texts import tr
from core.train_config import TrainConfig
from core.train_lock import holder_of
from core.train_process import end_process, start_process
from core.train_records import DataReport, Job, Result, RunState, RunStatus, Stop

log = logging.getLogger(__name__)

CONFIG_FILE, STATE_FILE, HISTORY_FILE = "config.json", "state.json", "history.jsonl"
DATA_FILE, RESULT_FILE, LOG_FILE, STOP_FILE, LOCK_FILE = "data.json", "metrics.json", "log.txt", "stop", "lock"
PREVIEW_FILE, REPORT_FILE, MODEL_DIR, CHECKPOINT_DIR = "preview.png", "report.html", "model", "checkpoint"
BOARD_DIR, DRAFT_DIR, FITTED_FILE = "tensorboard", "draft", "fitted.json"
# Once a training has one of these, its config is what they were made with.
_BEGUN = (HISTORY_FILE, CHECKPOINT_DIR, FITTED_FILE, MODEL_DIR, RESULT_FILE)
_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9][a-z0-9_-]{0,80}")
_GONE = ".gone-"
# So long a process may take from its start to its first word.
_STARTING_S = 30.0
# A file that is being replaced cannot be read on Windows for a moment.
_TRIES, _PAUSE_S = 5, 0.02

_T = TypeVar("_T", bound=Record)
# The processes that this one started: asked, so that none stays behind as a zombie that seems to live.
_started: dict[str, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Run:
    """One run as it was when it was read. `config` is None where it cannot be read, and `problem` says why."""

    id: str
    folder: Path
    config: TrainConfig | None
    state: RunState
    has_result: bool
    problem: str = ""

    @property
    def name(self) -> str:
        """What the model of this run is called."""
        return self.config.name if self.config else name_in(self.id)

    @property
    def model_dir(self) -> Path:
        """Where its finished model is, once `has_result`."""
        return self.folder / MODEL_DIR / self.name

    @property
    def is_running(self) -> bool:
        """Whether a process is at work on it."""
        return self.state.status is RunStatus.RUNNING

    @property
    def has_begun(self) -> bool:
        """Whether it was trained already, be it a little: then its config stays, and another run is made instead."""
        return any((self.folder / name).exists() for name in _BEGUN)

    def checked_config(self) -> TrainConfig:
        """The config. Raises UserError where it cannot be read."""
        if self.config is None:
            raise UserError(self.problem)
        return self.config


def name_in(run_id: str) -> str:
    """The name of the model in the id of a run.

    >>> name_in("20260131-235959-dogs")
    'dogs'
    """
    return run_id[16:]


def runs_dir() -> Path:
    """Where the runs lie. Raises UserError when it cannot be made."""
    folder = training_dir() / "runs"
    with _explained(folder):
        folder.mkdir(exist_ok=True)
    return folder


def training_lock() -> Path:
    """The file that the process of a training holds as long as it lives: there is one training at a time."""
    return training_dir() / "training.lock"


def new_run(config: TrainConfig, root: Path | None = None) -> Run:
    """A new run that waits to be started, in the folder `root` of a study or among all others.

    Raises UserError: a full disk, a folder that may only be read.
    """
    wanted = f"{time.strftime('%Y%m%d-%H%M%S')}-{config.name}"
    folder = _new_folder(root or runs_dir(), wanted)
    try:
        with _explained(folder):
            _write(folder / CONFIG_FILE, config)
            write_state(folder, RunState(job=Job.LOOK, status=RunStatus.DRAFT, updated=time.time()))
    except UserError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _run(folder)


def list_runs() -> list[Run]:
    """All runs, the newest first; a broken one is among them, with its `problem`. Raises UserError."""
    root = runs_dir()
    with _explained(root):
        names = sorted((path.name for path in root.iterdir() if path.is_dir()), reverse=True)
    _sweep(root, names)
    return [_run(root / name) for name in names if _ID.fullmatch(name)]


def find_run(run_id: str) -> Run:
    """The run with this id, as it is now. Raises UserError where there is none."""
    if not _ID.fullmatch(run_id) or not (runs_dir() / run_id).is_dir():
        raise UserError(tr("There is no training run called “{name}”.").format(name=run_id[:100]))
    return _run(runs_dir() / run_id)


def read_state(run: Run) -> RunState:
    """How a run stands now; cheap enough for many times a second. One whose process is gone is INTERRUPTED."""
    return _state(run.folder)[0]


def run_at(folder: Path) -> Run:
    """The run in this folder, wherever it lies."""
    return _run(folder)


def again(run: Run) -> Run:
    """The run as it is by now."""
    return _run(run.folder)


def change_config(run: Run, config: TrainConfig) -> Run:
    """Give a run that was not trained yet another config. Raises UserError where it is at work or has begun."""
    now = again(run)
    if now.is_running:
        raise at_work(now)
    if now.has_begun:
        raise UserError(tr("This run has been trained already. Make a new one with the other choices."))
    with _explained(run.folder):
        _write(run.folder / CONFIG_FILE, config)
    return again(run)


def start(run: Run, job: Job) -> None:
    """Start a process of its own for a job of this run, or go on with its training; comes back at once.

    It gives way to all other work, goes on when this program ends, and what it prints goes to log.txt. Raises
    UserError: the run is at work, another one is being trained, the process cannot be started.
    """
    before = read_state(run)
    check_may_start(run, job)
    stop_file(run).unlink(missing_ok=True)
    with _explained(run.folder):
        begun = time.time()
        write_state(run.folder, RunState(job=job, status=RunStatus.RUNNING, started=begun, updated=begun))
        try:
            with (run.folder / LOG_FILE).open("ab") as printed:
                _started[run.id] = start_process(run.id, job, printed.fileno())
        except OSError:
            write_state(run.folder, before)
            raise


def check_may_start(run: Run, job: Job) -> None:
    """Raise UserError where this job of this run cannot be started now, saying why."""
    now = again(run)
    if now.is_running:
        raise at_work(now)
    check_may_begin(now, job)
    if job is Job.TRAIN and now.state.status is RunStatus.DONE and not (now.model_dir.is_dir() and why_no_result(now)):
        raise UserError(tr("This run is done. Make a new one to train again."))
    if job is Job.TRAIN:
        check_none_trains()


def check_none_trains() -> None:
    """Raise UserError where a training is under way, which another one would have to wait for."""
    other = running_run()
    if other is not None:
        raise being_trained(other.name)


def check_may_begin(run: Run, job: Job) -> None:
    """Raise UserError where the run is such that this job makes no sense, whether a process is there or not."""
    run.checked_config()
    if job is not Job.TRAIN and run.has_begun:
        raise UserError(tr("This run has been trained already. Make a new one to look at other photographs."))


def being_trained(name: str) -> UserError:
    """What to say where another training must wait."""
    said = tr("“{name}” is being trained now. Wait until it is done, or stop it first.")
    return UserError(said.format(name=name))


def running_run() -> Run | None:
    """The run that is being trained now by any process on this computer. Jobs that only look do not count."""
    holder = holder_of(training_lock())
    if holder is None or not _ID.fullmatch(holder.run):
        return None
    return _run(runs_dir() / holder.run)


def ask_to_stop(run: Run, how: Stop) -> None:
    """Ask the process of a run to end: PAUSE to go on later from there, FINISH to end now with the best so far.

    It answers within moments where it can, at the latest after a step that cannot be cut short. FINISH ends as DONE,
    with a result, once something was fitted, else as PAUSE does: STOPPED. Raises UserError.
    """
    with _explained(run.folder), replacing(stop_file(run)) as file:
        file.write(how.value.encode())


def stop_file(run: Run) -> Path:
    """Where the word that stops a run is left."""
    return run.folder / STOP_FILE


def kill(run: Run) -> None:
    """End the process of a run at once, whatever it does; it can be gone on with later. Without one nothing happens."""
    process = _started.get(run.id)
    holder = holder_of(run.folder / LOCK_FILE)
    if holder is not None and holder.pid > 0:
        end_process(holder.pid)
    elif process is not None and process.poll() is None:
        process.kill()
    if process is not None:
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            log.warning("the process of %s does not end", run.id)


def delete_run(run: Run) -> None:
    """Delete a run with everything in its folder; models that are in use were copied. Raises UserError if at work."""
    if again(run).is_running:
        raise at_work(run)
    with _explained(run.folder):
        if run.folder.exists():
            # Under another name first, so that it is there whole or not at all.
            gone = run.folder.with_name(f"{_GONE}{token_hex(4)}")
            run.folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
    _started.pop(run.id, None)


def read_data_report(run: Run) -> DataReport | None:
    """What was found out about the photographs; None before."""
    return _read(run.folder / DATA_FILE, DataReport)


def read_result(run: Run) -> Result | None:
    """The judgement; None before."""
    return _read(run.folder / RESULT_FILE, Result)


def why_no_result(run: Run) -> str:
    """What is missing of a run that was trained to its end, or empty: files may be damaged, or deleted by hand."""
    if run.state.status is not RunStatus.DONE:
        return ""
    if not run.model_dir.is_dir():
        return tr("Its model is missing: {path}").format(path=run.model_dir)
    if read_result(run) is None:
        return tr("Its figures ({file}) are missing or damaged; go on with it, and it is judged again.").format(
            file=RESULT_FILE
        )
    return ""


def write_state(folder: Path, state: RunState) -> None:
    """Replace state.json. Raises OSError."""
    _write(folder / STATE_FILE, state)


def _new_folder(root: Path, wanted: str) -> Path:
    with _explained(root):
        for suffix in itertools.chain([""], (f"-{n}" for n in itertools.count(2))):
            try:
                (root / f"{wanted}{suffix}").mkdir()
            except FileExistsError:  # the second in one second
                continue
            break
    return root / f"{wanted}{suffix}"


def _run(folder: Path) -> Run:
    state, problem = _state(folder)
    config = _read(folder / CONFIG_FILE, TrainConfig)
    if config is None:
        problem = tr("This run cannot be read: {file} is missing or damaged.").format(file=CONFIG_FILE)
    run = Run(folder.name, folder, config, state, False, problem)
    return replace(run, has_result=(folder / RESULT_FILE).is_file() and run.model_dir.is_dir())


def _state(folder: Path) -> tuple[RunState, str]:
    """The state, and what is wrong with it."""
    state = _read(folder / STATE_FILE, RunState)
    if state is None:
        said = tr("This run cannot be read: {file} is missing or damaged.").format(file=STATE_FILE)
        return RunState(job=Job.LOOK, status=RunStatus.DRAFT), said
    if state.status is RunStatus.RUNNING and not _is_alive(folder, state):
        # Once more: it may have ended well between the two.
        state = _read(folder / STATE_FILE, RunState) or state
        if state.status is RunStatus.RUNNING:
            state = state.model_copy(update={"status": RunStatus.INTERRUPTED, "left_s": None})
    return state, ""


def _is_alive(folder: Path, state: RunState) -> bool:
    """Whether a process works on a run that says it is running."""
    process = _started.get(folder.name)
    is_ours = process is not None and process.poll() is None
    if holder_of(folder / LOCK_FILE) is not None:
        return True
    # A process holds the lock before it writes its number: one that has, and holds none, is gone.
    if state.pid:
        return False
    return is_ours or (process is None and abs(time.time() - state.updated) < _STARTING_S)


def _read(path: Path, kind: type[_T]) -> _T | None:
    for left in reversed(range(_TRIES)):
        try:
            return kind.model_validate_json(path.read_bytes())
        except PermissionError:
            if left:
                time.sleep(_PAUSE_S)
        except FileNotFoundError:
            return None
        except (OSError, ValidationError):
            log.warning("%s cannot be read", path, exc_info=True)
            return None
    return None


def _write(path: Path, record: Record) -> None:
    with replacing(path) as file:
        file.write(record.model_dump_json(indent=1).encode())


def at_work(run: Run) -> UserError:
    """What to say where a process is in the way."""
    return UserError(tr("“{name}” is at work. Stop it first.").format(name=run.name))


def _sweep(root: Path, names: list[str]) -> None:
    """Clear away what could not be deleted as a whole."""
    for name in names:
        if name.startswith(_GONE):
            shutil.rmtree(root / name, ignore_errors=True)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """What the system refuses in this folder, as a sentence for the user."""
    try:
        yield
    except OSError as error:
        said = tr("The folder {folder} cannot be used: {reason}.")
        raise UserError(said.format(folder=folder, reason=error.strerror or error)) from error
