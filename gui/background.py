"""Lanes of work whose results arrive in the main loop: only this loop touches widgets."""

from __future__ import annotations

import logging
import time
import tkinter
from collections.abc import Callable
from typing import TypeVar

from core.errors import UserError
from core.jobs import Job, Jobs
from core.texts import tr

log = logging.getLogger(__name__)

T = TypeVar("T")

_POLL_MS = 4
_LONGEST_S = 0.02


def _nothing() -> None:
    """Until somebody wants to know."""


class Background:
    """Starts jobs and fetches their results, as long as any are under way; an idle window does not wake up."""

    def __init__(
        self, widget: tkinter.Misc, show_problem: Callable[[str], None], show_running: Callable[[str], None]
    ) -> None:
        self._widget = widget
        self._show_problem = show_problem
        self._show_running = show_running
        self._jobs = Jobs()
        self._next = ""
        self._said = ""
        self.before_result: Callable[[], object] = _nothing
        self._closed = False

    def start(
        self,
        lane: str,
        work: Callable[[Job], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None] | None = None,
        *,
        topic: str = "",
        says: str = "",
        is_promise: bool = False,
    ) -> None:
        """Run `work` in its lane; then `done`, or `failed`, is called in the main loop. See `core.jobs.Jobs.start`."""
        if self._closed:
            return
        self._jobs.start(lane, work, done, failed or self.report, topic=topic, says=says, is_promise=is_promise)
        self._show()
        if not self._next:
            self._next = self._widget.after(_POLL_MS, self._fetch)

    def drop(self, *topics: str) -> None:
        """The results of these are not wanted any more."""
        self._jobs.drop(*topics)

    def report(self, error: Exception) -> None:
        """Tell the user: plainly what can be acted on, briefly what cannot, with the details in the log."""
        if isinstance(error, UserError):
            self._show_problem(str(error))
        else:
            log.error("a job failed", exc_info=error)
            self._show_problem(tr("Something went wrong. The details are in the log (Help menu)."))

    @property
    def busy(self) -> bool:
        return self._jobs.busy

    def close(self) -> None:
        self._closed = True
        if self._next:
            self._widget.after_cancel(self._next)
        self._jobs.close()

    def _fetch(self) -> None:
        self._next = ""
        until = time.monotonic() + _LONGEST_S
        try:
            self.before_result()
            while time.monotonic() < until and self._jobs.deliver():
                self.before_result()
        finally:  # an error in one callback must not lose the results of the others
            if not self._closed:
                self._show()
                if self._jobs.busy and not self._next:
                    self._next = self._widget.after(_POLL_MS, self._fetch)

    def _show(self) -> None:
        if self._jobs.says != self._said:
            self._said = self._jobs.says
            self._show_running(self._said)
