"""One run of training: its steps in order, each of which can be gone on with, and what becomes of failures.

Whatever happens, the library and the models stay as they were: everything is written into the run's own folder, and
only `core.model_versions` takes a model out of it.
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Final

from pydantic import ValidationError

from core.about import NAME
from core.bundle_info import Record
from core.bundles import Bundle, copy_bundle, load_bundle
from core.errors import BundleError, Cancelled, UserError
from core.folders import replacing
from core.low_priority import lower_priority
from core.texts import tr
from core.this_program import missing_parts_remedy
from core.train_checks import check_network
from core.train_config import Mode, TrainConfig
from core.train_lock import Holder, Taken, holding
from core.train_records import Job, Phase, RunState, RunStatus
from core.train_runs import (
    CHECKPOINT_DIR,
    DRAFT_DIR,
    FITTED_FILE,
    LOCK_FILE,
    LOG_FILE,
    PREVIEW_FILE,
    Run,
    at_work,
    being_trained,
    check_may_begin,
    find_run,
    name_in,
    run_at,
    training_lock,
)
from training.beginning import with_beginning
from training.kept_data import keep_data, kept_data
from training.matrix_threads import threads_for
from training.run_telling import RunTelling
from training.samples import DataSet
from training.telling import Telling
from training.time_spent import TimeSpent

log = logging.getLogger(__name__)

# From here on a training on a processor deserves a warning before it begins.
_LONG_S: Final = 3600.0
_MOST_SHOWN: Final = 6
# With fewer photographs the products are so small that more threads wait for each other (6 s instead of 0.6 on two
# busy processors with 320).
_MANY: Final = 5000

# What is done in a run, and the status in which it leaves it.
Work = Callable[[Run, TrainConfig, RunTelling], RunStatus]


def run_job(run_id: str, job: Job, also: Telling | None = None) -> RunState:
    """Do a job of a run in this process, or go on with it; the state in which that ended.

    `also` hears everything, too. Ctrl-C and SIGTERM pause a training. What goes wrong is in the state and in log.txt.
    Raises UserError where the run cannot be begun: there is none, another process is at work on it.
    """
    return _in_run(find_run(run_id), job, _JOBS[job], also)


def train_at(folder: Path, also: Telling | None = None) -> RunState:
    """Train the run in this folder, wherever it lies, as `run_job` does."""
    return _in_run(run_at(folder), Job.TRAIN, _JOBS[Job.TRAIN], also)


def run_search(run_id: str, search: Work, also: Telling | None = None) -> RunState:
    """Do a search in the folder of a run, as `run_job` does a job; it counts as a training. The run stays a draft."""
    return _in_run(find_run(run_id), Job.TRAIN, search, also)


def _in_run(run: Run, job: Job, work: Work, also: Telling | None) -> RunState:
    lower_priority()
    holder = Holder(pid=os.getpid(), run=run.id, job=job)
    try:
        with holding(run.folder / LOCK_FILE, holder):
            check_may_begin(run, job)
            return _told(run, holder, work, also)
    except Taken as error:
        raise at_work(run) from error


def _told(run: Run, holder: Holder, work: Work, also: Telling | None) -> RunState:
    """The work with the state of the run kept up to date, its log and its signals."""
    now, job = time.time(), holder.job or Job.TRAIN
    first = RunState(job=job, status=RunStatus.RUNNING, pid=os.getpid(), started=now, updated=now)
    telling = RunTelling(run.folder, first, also)
    if work not in _JOBS.values():  # a search, whose trials are no part of the training that follows
        telling.spent = TimeSpent(None)
    with _log_into(run.folder / LOG_FILE), telling, _signals(telling):
        log.info("%s of %s", job.value, run.id)
        changes = _ended(run, holder, work, telling)
        state = telling.state.model_copy(update={"left_s": None, "updated": time.time(), **changes})
        log.info("ended: %s %s", state.status.value, state.problem)
    telling.end(state)
    return state


def _ended(run: Run, holder: Holder, work: Work, telling: RunTelling) -> dict[str, object]:
    """Do the work: how it ended, as changes of the state."""
    try:
        with holding(training_lock(), holder) if holder.job is Job.TRAIN else nullcontext():
            return {"status": work(run, run.checked_config(), telling), "phase": Phase.DONE}
    except (Cancelled, KeyboardInterrupt):
        return {"status": RunStatus.STOPPED if holder.job is Job.TRAIN else RunStatus.DRAFT}
    except Taken as error:
        return _failed(str(being_trained(name_in(error.holder.run))))
    except UserError as error:
        return _failed(str(error))
    except ModuleNotFoundError as error:
        log.exception("a part is missing")
        said = tr("A part of the program is missing ({name}). What to do about it: {command}")
        return _failed(said.format(name=error.name, command="main.py doctor"))
    except MemoryError:
        log.exception("out of memory")
        return _failed(tr("The memory is not enough. Choose a smaller network, smaller pictures or smaller batches."))
    except OSError as error:
        log.exception("the system refuses")
        return _failed(tr("The system reports: {reason}.").format(reason=error.strerror or error))
    except Exception:
        log.exception("unexpected")
        said = tr("Something went wrong that should not. Details are in {file}.")
        return _failed(said.format(file=run.folder / LOG_FILE))


def _failed(problem: str) -> dict[str, object]:
    return {"status": RunStatus.FAILED, "problem": problem}


# -- The jobs ----------------------------------------------------------------------------------------------------------


def _look(run: Run, config: TrainConfig, telling: RunTelling) -> RunStatus:
    from training.data_set import read_data

    read_data(config, run.folder, telling)
    return RunStatus.DRAFT


def _preview(run: Run, config: TrainConfig, telling: RunTelling) -> RunStatus:
    from training.preview import write_preview

    write_preview(config, _to_show(config, telling), run.folder / PREVIEW_FILE)
    return RunStatus.DRAFT


def _to_show(config: TrainConfig, telling: RunTelling) -> list[Path]:
    """Some photographs of different classes, the same ones each time."""
    from training.sources import read_source

    of_class: dict[str, list[Path]] = {}
    for photo in read_source(config.source, config.changes, telling).photographs:
        if not photo.gone:
            of_class.setdefault(photo.counts_as or photo.name, []).append(photo.path)
    rounds = itertools.zip_longest(*(paths[:_MOST_SHOWN] for paths in of_class.values()))
    return [path for turn in rounds for path in turn if path is not None][:_MOST_SHOWN]


def _train(run: Run, config: TrainConfig, telling: RunTelling) -> RunStatus:
    from training.finish import finish

    check_parts(config)
    config = with_beginning(config, run.folder, telling)
    is_same = kept_data(config, run.folder) is not None
    data = data_of(run, config, telling)
    draft = _fitted(run, config, data, telling, is_same=is_same)
    telling.forget_finish()
    finish(draft, data, config, run.folder, telling, telling.spent.seconds)
    for folder in (DRAFT_DIR, CHECKPOINT_DIR):  # large, and nobody goes on from there any more
        shutil.rmtree(run.folder / folder, ignore_errors=True)
    return RunStatus.DONE


_JOBS: Final[dict[Job, Work]] = {Job.LOOK: _look, Job.PREVIEW: _preview, Job.TRAIN: _train}


def check_parts(config: TrainConfig) -> None:
    """Raise UserError where the networks cannot be trained so, or not with what is installed."""
    check_network(config)
    if config.fit.mode is not Mode.HEAD and not (find_spec("tensorflow") and find_spec("keras")):
        said = tr("This way to train needs TensorFlow, which is not installed. How to install it: {command}")
        raise UserError(missing_parts_remedy() or said.format(command="main.py doctor"))


def data_of(run: Run, config: TrainConfig, telling: RunTelling) -> DataSet:
    """The photographs as they were shared out when this training began, or as they are now if it begins now."""
    data = kept_data(config, run.folder)
    if data is not None:
        log.info("the same %d photographs as before", len(data.samples))
        return data
    from training.data_set import read_data

    data, _ = read_data(config, run.folder, telling)
    keep_data(data, config, run.folder)
    return data


class _Fitted(Record):
    """What says that the fitting is done: the folder of its draft, below the run's own."""

    draft: str


def _fitted(run: Run, config: TrainConfig, data: DataSet, telling: RunTelling, *, is_same: bool) -> Bundle:
    """The draft of the model: from the time before, where that was finished.

    Where only its judgement is damaged, the finished model is judged again, on the same photographs if they are known.
    """
    try:
        kept = _Fitted.model_validate_json((run.folder / FITTED_FILE).read_bytes())
        return load_bundle(run.folder / kept.draft)
    except FileNotFoundError:
        pass
    except (OSError, ValidationError, BundleError):
        log.warning("the model is fitted again", exc_info=True)
    shutil.rmtree(run.folder / DRAFT_DIR, ignore_errors=True)
    draft = _finished_before(run) if is_same else None
    draft = draft or _fit(run, config, data, telling)
    _write(run.folder / FITTED_FILE, _Fitted(draft=draft.folder.relative_to(run.folder).as_posix()))
    return draft


def _finished_before(run: Run) -> Bundle | None:
    """A copy of the finished model as a draft, if there is one; its figures are replaced when it is judged."""
    if not run.model_dir.is_dir():
        return None
    try:
        return copy_bundle(load_bundle(run.model_dir), run.folder / DRAFT_DIR)
    except BundleError:
        log.warning("the model is fitted again", exc_info=True)
        return None


def _fit(run: Run, config: TrainConfig, data: DataSet, telling: RunTelling) -> Bundle:
    if config.fit.mode is Mode.HEAD:
        from training.head_mode import fit_on_vectors

        if len(data.samples) >= _MANY:
            telling.when_phase = threads_for
        return fit_on_vectors(config, data, run.folder, telling)
    from training.fit import fit_network, run_whitening
    from training.package import from_keras

    _warn_if_long(run, config, data, telling)
    model = fit_network(config, data, run.folder, telling)
    draft_dir = run.folder / DRAFT_DIR / config.name
    return from_keras(model, draft_dir, config, data, telling, run_whitening(run.folder))


def _warn_if_long(run: Run, config: TrainConfig, data: DataSet, telling: RunTelling) -> None:
    """Before a training of hours begins, say so."""
    from training.estimate import estimate_s

    if (run.folder / CHECKPOINT_DIR).exists():
        return
    seconds = estimate_s(config, len(data.samples), telling)
    log.info("estimated: %.0f s", seconds)
    if seconds >= _LONG_S:
        said = tr("This training will take about {hours} hours on this computer. It can be stopped and gone on with.")
        telling.note(said.format(hours=round(seconds / 3600)))


def _write(path: Path, record: Record) -> None:
    with replacing(path) as file:
        file.write(record.model_dump_json().encode())


# -- Around them -------------------------------------------------------------------------------------------------------


@contextmanager
def _log_into(path: Path) -> Iterator[None]:
    """What is logged goes into this file, too."""
    try:
        handler: logging.Handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError:  # a full disk: it is said elsewhere
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


@contextmanager
def _signals(telling: RunTelling) -> Iterator[None]:
    """Ctrl-C and SIGTERM pause; a second Ctrl-C does not wait."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def pause(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            if telling.asked_to_stop():
                raise KeyboardInterrupt
            _say(tr("Stopping, so that it can be gone on with. Press Ctrl-C again to end at once."))
        telling.pause()

    before = {number: signal.signal(number, pause) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    """To the terminal, from within a signal: whoever is interrupted may be printing this very moment."""
    with suppress(OSError, ValueError):  # in a test stderr may be no file
        os.write(sys.stderr.fileno(), f"\n{NAME}: {text}\n".encode())
