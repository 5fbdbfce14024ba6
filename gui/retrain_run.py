"""A run of training as the window follows it: started, watched a few times a second, stopped, gone on with."""

from __future__ import annotations

import logging
import tkinter
from typing import TYPE_CHECKING, Protocol

from core.train_records import Job, RunStatus, Stop
from gui.background import Background
from gui.retrain_engine import Progress, RetrainEngine

if TYPE_CHECKING:
    from core.train_config import TrainConfig
    from core.train_runs import Run

log = logging.getLogger(__name__)

_POLL_MS = 300
LANE = "retrain"
_POLL = "retrain poll"


class RunListener(Protocol):
    """Who shows what becomes of it."""

    def run_moved(self) -> object:
        """Something of it is to be shown anew."""

    def run_ended(self, progress: Progress) -> object:
        """Its process has ended, well or not."""

    def run_refused(self, error: Exception) -> object:
        """It could not be started, or not be stopped."""


class RetrainRun:
    """At most one process of this window at a time."""

    def __init__(self, widget: tkinter.Misc, engine: RetrainEngine, background: Background) -> None:
        self._widget = widget
        self._engine = engine
        self._background = background
        self._listener: RunListener
        self._waiting = ""
        self.now: Run | None = None
        self.job = Job.LOOK
        self.progress: Progress | None = None
        self.is_stopping = False
        self.is_starting = False

    def attach(self, listener: RunListener) -> None:
        """Who hears of it."""
        self._listener = listener

    @property
    def is_running(self) -> bool:
        """Whether something is at work, or about to be."""
        return self.now is not None or self.is_starting

    @property
    def is_training(self) -> bool:
        """Whether that is a training."""
        return self.is_running and self.job is Job.TRAIN

    def start(self, run: Run | None, config: TrainConfig, job: Job) -> None:
        """Begin; `run` is the one that was prepared, if any."""
        self._begin(job)
        self._background.start(LANE, lambda _job: self._engine.start(run, config, job), self._on_started, self._refused)

    def resume(self, run: Run) -> None:
        """Go on with a training."""
        self._begin(Job.TRAIN)
        self._background.start(LANE, lambda _job: self._engine.resume(run), self._on_started, self._refused)

    def follow(self, run: Run) -> None:
        """Watch what runs already: begun before this window was opened."""
        if not self.is_running:
            self.job, self.is_stopping = run.state.job, False
            self._on_started(run)

    def stop(self, how: Stop) -> None:
        """Ask it to end; what only looks, or paints examples, ends at once."""
        run = self.now
        if run is None or self.is_stopping:
            return
        self.is_stopping = True
        self._listener.run_moved()
        if self.job is Job.TRAIN:
            self._background.start(LANE, lambda _job: self._engine.stop(run, how), lambda _done: None, self._refused)
        else:
            self._background.start(LANE, lambda _job: self._engine.kill(run), lambda _done: None, self._refused)

    def close(self) -> None:
        """The window goes; the process may go on."""
        if self._waiting:
            self._widget.after_cancel(self._waiting)
            self._waiting = ""

    def _begin(self, job: Job) -> None:
        self.job, self.is_starting, self.is_stopping, self.progress = job, True, False, None
        self._listener.run_moved()

    def _on_started(self, run: Run) -> None:
        self.now, self.is_starting = run, False
        self.progress = Progress(run, run.state)
        self._listener.run_moved()
        self._poll()

    def _refused(self, error: Exception) -> None:
        self.is_starting = self.is_stopping = False
        self._listener.run_refused(error)

    def _poll(self) -> None:
        self._waiting = ""
        run = self.now
        if run is not None:
            self._background.start(
                _POLL, lambda _job: self._engine.progress(run), self._on_progress, self._on_no_word, topic=_POLL
            )

    def _on_progress(self, progress: Progress) -> None:
        if self.now is None or progress.run.id != self.now.id:
            return
        is_new = progress != self.progress
        self.progress = progress
        if progress.state.status is RunStatus.RUNNING:
            if is_new:
                self._listener.run_moved()
            self._waiting = self._widget.after(_POLL_MS, self._poll)
        else:
            self.now, self.is_stopping = None, False
            self._listener.run_ended(progress)

    def _on_no_word(self, error: Exception) -> None:
        log.info("no word of the training: %s", error)
        self._waiting = self._widget.after(_POLL_MS, self._poll)
