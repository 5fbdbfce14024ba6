"""The tagging of folders as the window follows it: begun, watched, stopped, gone on with."""

from __future__ import annotations

import logging
import os
import time
import tkinter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.errors import UserError
from core.texts import tr
from gui.background import Background
from gui.folder_engine import FolderEngine

if TYPE_CHECKING:
    from core.runs import Run
    from core.tagging import TagProgress

log = logging.getLogger(__name__)

_POLL_MS = 100
_LEAST_BETWEEN_S, _SHARE_OF_TIME = 1.0, 4.0
_TAG, _POLL, _STOP = "tag", "tag progress", "tag stop"


class RunListener(Protocol):
    """Who shows what becomes of the run."""

    def run_moved(self) -> object:
        """Something of it is to be shown anew."""

    def rows_came(self) -> object:
        """There are new rows; at most about once a second, and the next time after `rows_shown`."""

    def run_ended(self) -> object:
        """It is done, was stopped or cannot go on."""


class FolderRun:
    """At most one tagging at a time; another one waits until this one has stopped."""

    def __init__(self, widget: tkinter.Misc, engine: FolderEngine, background: Background) -> None:
        self._widget = widget
        self._engine = engine
        self._background = background
        self._listener: RunListener
        self._next: tuple[Path, ...] = ()
        self._is_model_there = False
        self._rows_shown_at = self._rows_took_s = 0.0
        self._rows_asked_at = 0.0
        self._rows_known = -1
        self.roots: tuple[Path, ...] = ()
        self.progress: TagProgress | None = None
        self.problem = ""
        self.is_running = False
        self.is_stopping = False

    def attach(self, listener: RunListener) -> None:
        """Who hears of it."""
        self._listener = listener

    @property
    def run(self) -> Run | None:
        """The run under way or just ended; None before the model has said."""
        return self.progress.run if self.progress else None

    @property
    def is_waiting(self) -> bool:
        """Whether a folder waits for the model, or for the one before it to stop."""
        return bool(self._next)

    @property
    def waiting(self) -> tuple[Path, ...]:
        """The folder that waits, if any."""
        return self._next

    def begin(self, roots: Sequence[Path]) -> None:
        """Tag these folders and files, as soon as the model is there and what runs now has stopped."""
        self._next = tuple(roots)
        if self.is_running:
            self.stop(then_next=True)
        elif self._is_model_there:
            self._begin()
        else:
            self._listener.run_moved()

    def model_ready(self) -> None:
        """Another model answers from now on: what waited for it begins; what runs is gone on with by the engine."""
        self._is_model_there = True
        if self._next and not self.is_running:
            self._begin()

    def stop(self, then_next: bool = False) -> None:
        """Stop; what was answered is kept."""
        if not then_next:
            self._next = ()
        if not self.is_running or self.is_stopping:
            self._listener.run_moved()
            return
        self.is_stopping = True
        self._listener.run_moved()
        self._background.start(_STOP, lambda _job: self._engine.stop(), lambda _done: None)

    def forget(self) -> None:
        """Another run is looked at: nothing of the last one is to be said any more."""
        if not self.is_running:
            self.roots, self.progress, self.problem = (), None, ""

    def rows_shown(self) -> None:
        """The rows that came are on the screen."""
        now = time.monotonic()
        self._rows_took_s = now - self._rows_asked_at
        self._rows_shown_at = now

    def _begin(self) -> None:
        self.roots, self._next = self._next, ()
        self.progress, self.problem = None, ""
        self.is_running, self.is_stopping = True, False
        self._rows_known, self._rows_shown_at = -1, time.monotonic() - _LEAST_BETWEEN_S
        roots = self.roots
        self._listener.run_moved()
        self._background.start(_TAG, lambda _job: self._tagged(roots), self._on_ended, self._on_failed)
        self._widget.after(_POLL_MS, self._poll)

    def _tagged(self, roots: Sequence[Path]) -> TagProgress | None:
        self._engine.tag(roots)
        return self._engine.progress()

    def _poll(self) -> None:
        if self.is_running:
            self._background.start(
                _POLL, lambda _job: self._engine.progress(), self._on_progress, self._on_no_progress, topic=_POLL
            )

    def _on_progress(self, progress: TagProgress | None) -> None:
        if not self.is_running:
            return
        if progress is not None and progress != self.progress and set(progress.run.roots) <= set(_absolute(self.roots)):
            self.progress = progress
            self._listener.run_moved()
            self._tell_of_rows(progress.done)
        self._widget.after(_POLL_MS, self._poll)

    def _on_no_progress(self, error: Exception) -> None:
        log.info("no word of the tagging: %s", error)
        self._widget.after(_POLL_MS, self._poll)

    def _tell_of_rows(self, done: int) -> None:
        now, wait_s = time.monotonic(), max(_LEAST_BETWEEN_S, _SHARE_OF_TIME * self._rows_took_s)
        is_asked = self._rows_asked_at > self._rows_shown_at
        if done != self._rows_known and not is_asked and now - self._rows_shown_at >= wait_s:
            self._rows_known, self._rows_asked_at = done, now
            self._listener.rows_came()

    def _on_ended(self, progress: TagProgress | None) -> None:
        self.progress = progress or self.progress
        self.problem = progress.problem if progress else ""
        self._rest()

    def _on_failed(self, error: Exception) -> None:
        if self._next:  # it was stopped for this
            log.info("the tagging before ended: %s", error)
        elif isinstance(error, UserError):
            self.problem = str(error)
        else:
            log.error("the tagging failed", exc_info=error)
            self.problem = tr("Something went wrong. The details are in the log (Help menu).")
        self._rest()

    def _rest(self) -> None:
        self.is_running = self.is_stopping = False
        self._background.drop(_POLL)
        if self._next and self._is_model_there:
            self._begin()
        else:
            self._listener.run_ended()


def _absolute(roots: Sequence[Path]) -> list[Path]:
    return [Path(os.path.abspath(root)) for root in roots]  # noqa: PTH100  links stay, as in `core.runs`
