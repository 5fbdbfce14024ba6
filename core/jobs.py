"""Long work beside the window: lanes of one thread each, whose results wait until the window fetches them."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from core.errors import Cancelled

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[["Job"], T]
Done = Callable[[T], None]
Failed = Callable[[Exception], None]


class Job:
    """One piece of work: its function asks it whether to go on, its owner may call it off."""

    def __init__(self, work: Work[Any], done: Done[Any], failed: Failed, says: str, is_promise: bool) -> None:
        self.work = work
        self.done = done
        self.failed = failed
        self.says = says
        self.is_promise = is_promise
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Its result is not wanted any more: neither `done` nor `failed` will be called."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def let_go(self) -> None:
        """It is over: what its functions hold is freed here, and not when its lane takes the next job.

        They hold widgets, which may be freed only by the thread that owns the window.
        """
        self.work = self.done = self.failed = _nothing

    def stop_if_cancelled(self) -> None:
        """Raise Cancelled when nobody waits for the result; long work asks between its steps."""
        if self.cancelled:
            raise Cancelled


def _nothing(_given: object) -> None:
    """Stands for the functions of a job that is over."""


class Jobs:
    """Starts work in named lanes, in order within a lane; `deliver` hands the results over in the caller's thread.

    A job with a topic replaces the earlier one of that topic, so that a stale answer never arrives. All methods are
    called by one thread, the one that owns the window; only the work itself runs elsewhere.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._topics: dict[str, Job] = {}
        self._waiting: list[Job] = []
        self._finished: queue.SimpleQueue[tuple[Job, Callable[[], None]]] = queue.SimpleQueue()

    def start(
        self,
        lane: str,
        work: Work[T],
        done: Done[T],
        failed: Failed,
        *,
        topic: str = "",
        says: str = "",
        is_promise: bool = False,
    ) -> Job:
        """Queue `work`; later `done(result)` or `failed(error)` is called. `says` tells a user what is going on.

        A promise, such as to keep what the user typed, is worked off even when everything is closed at once.
        """
        job = Job(work, done, failed, says, is_promise)
        if topic:
            self.drop(topic)
            self._topics[topic] = job
        self._waiting.append(job)
        if lane not in self._lanes:
            self._lanes[lane] = _Lane(lane, self._finished)
        self._lanes[lane].put(job)
        return job

    def drop(self, *topics: str) -> None:
        """Call off the jobs of these topics."""
        for topic in topics:
            job = self._topics.pop(topic, None)
            if job:
                job.cancel()

    def deliver(self) -> bool:
        """Hand over the next finished job, if there is one: true when there was. What its callback raises passes."""
        try:
            job, hand_over = self._finished.get_nowait()
        except queue.Empty:
            return False
        self._waiting.remove(job)
        try:
            if not job.cancelled:
                hand_over()
        finally:
            job.let_go()
        return True

    @property
    def busy(self) -> bool:
        """Whether results are still to come."""
        return bool(self._waiting)

    @property
    def says(self) -> str:
        """What the oldest wanted job that has something to say is doing."""
        return next((job.says for job in self._waiting if job.says and not job.cancelled), "")

    def close(self, patience_s: float = 3.0) -> None:
        """Call off what is no promise, and wait a little for the rest and for what is in the middle of a step."""
        until = time.monotonic() + patience_s
        for job in self._waiting:
            if not job.is_promise:
                job.cancel()
        for lane in self._lanes.values():
            lane.put(None)
        for lane in self._lanes.values():
            lane.join(until - time.monotonic())


class _Lane:
    """A thread that does one job after the other."""

    def __init__(self, name: str, finished: queue.SimpleQueue[tuple[Job, Callable[[], None]]]) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._finished = finished
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, job: Job | None) -> None:
        self._jobs.put(job)

    def join(self, timeout_s: float) -> None:
        self._thread.join(max(0.0, timeout_s))

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._finished.put((job, _worked_off(job)))


def _worked_off(job: Job) -> Callable[[], None]:
    """Do the job; how to hand over what came of it. No error of a job may end its lane."""
    try:
        job.stop_if_cancelled()
        result = job.work(job)
    except Cancelled:
        job.cancel()
        return lambda: None
    except Exception as caught:
        error = caught
        log.debug("a job failed", exc_info=True)
        return lambda: job.failed(error)
    return lambda: job.done(result)
