"""Threads that work off files, and are given up one by one where a drive does not answer.

A thread that hangs in the system cannot be ended: it is left behind, holding nothing, and another takes its place.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from core.errors import Cancelled, PhotoError, UserError
from core.texts import tr

log = logging.getLogger(__name__)

# How long a drive may give nothing at all of a file: until somebody is told, and until the file is given up.
TOLD_AFTER_S, PATIENCE_S = 3.0, 30.0
# So many threads left behind at once mean that the whole drive is gone.
MOST_STUCK = 8

T = TypeVar("T")
R = TypeVar("R")


class Crew(Generic[T, R]):
    """`count` threads that turn tasks into results with `work(task, worker)`; one thread owns it and calls its methods.

    `work` marks where it waits for a drive with `worker.reading()`. What it raises is handed over as it is.
    """

    def __init__(self, work: Callable[[T, Worker[T, R]], R], count: int) -> None:
        self.work = work
        self.tasks: SimpleQueue[T | None] = SimpleQueue()
        self.finished: SimpleQueue[tuple[T, R | Exception]] = SimpleQueue()
        self.is_closed = False
        self._count = count
        self._workers: list[Worker[T, R]] = []
        self._stuck: list[Worker[T, R]] = []

    def add(self, task: T) -> None:
        """Queue a task; the threads start with the first ones."""
        self.tasks.put(task)
        if len(self._workers) < self._count:
            self._workers.append(Worker(self))

    def next_finished(self, timeout_s: float) -> tuple[T, R | Exception] | None:
        """A finished task with its result or its error; None if there is none in that time."""
        try:
            return self.finished.get(timeout=timeout_s) if timeout_s > 0 else self.finished.get_nowait()
        except Empty:
            return None

    def waits_for(self) -> T | None:
        """The task whose file the drive does not give for longer than usual; gives up those that take too long.

        Raises UserError when so many hang that the drive must be gone.
        """
        self._stuck = [worker for worker in self._stuck if worker.thread.is_alive()]
        slow: list[tuple[float, T]] = []
        for worker in list(self._workers):
            waited = worker.waited()
            if waited is None or waited[0] < TOLD_AFTER_S:
                continue
            if waited[0] < PATIENCE_S:
                slow.append(waited)
            elif worker.give_up():
                log.warning("%r: the drive does not answer", waited[1])
                self._workers.remove(worker)
                self._stuck.append(worker)
                self.finished.put((waited[1], PhotoError(_no_answer())))
                if len(self._stuck) >= MOST_STUCK:
                    raise UserError(tr("The drive with the photographs does not answer. Connect it again and go on."))
                self._workers.append(Worker(self))
        return max(slow, key=lambda one: one[0])[1] if slow else None

    def close(self, patience_s: float) -> None:
        """No thread begins anything more; waits a little for those that are in the middle of a step."""
        self.is_closed = True
        for _ in self._workers:
            self.tasks.put(None)
        until = time.monotonic() + patience_s
        for worker in self._workers:
            if worker.waited() is None:
                worker.thread.join(max(0.0, until - time.monotonic()))


class Worker(Generic[T, R]):
    """One thread of a crew."""

    def __init__(self, crew: Crew[T, R]) -> None:
        self._crew = crew
        self._lock = threading.Lock()
        self._since: float | None = None
        self._task: T | None = None
        self._is_given_up = False
        self.thread = threading.Thread(target=self._run, name="crew", daemon=True)
        self.thread.start()

    @contextmanager
    def reading(self) -> Iterator[Callable[[], None]]:
        """While it waits for a drive; what is given is called whenever something comes. Raises Cancelled at the end
        when this worker was given up meanwhile.
        """
        self._came()
        try:
            yield self._came
        finally:
            with self._lock:
                self._since = None
                if self._is_given_up:
                    raise Cancelled

    def stop_if_closed(self) -> None:
        """Raise Cancelled when nobody waits for the result any more."""
        if self._crew.is_closed:
            raise Cancelled

    def waited(self) -> tuple[float, T] | None:
        """For how many seconds the drive has given nothing, and for which task; None when no drive is asked."""
        with self._lock:
            if self._since is None or self._task is None:
                return None
            return time.monotonic() - self._since, self._task

    def give_up(self) -> bool:
        """Whether it was still waiting, and from now on does nothing any more."""
        with self._lock:
            self._is_given_up = self._since is not None
            return self._is_given_up

    def _came(self) -> None:
        with self._lock:
            self._since = time.monotonic()

    def _run(self) -> None:
        while (task := self._crew.tasks.get()) is not None and not self._crew.is_closed:
            self._task = task
            try:
                self._crew.finished.put((task, self._crew.work(task, self)))
            except Cancelled:
                return
            except Exception as error:  # whatever it is, it belongs to who owns the crew
                self._crew.finished.put((task, error))


def _no_answer() -> str:
    return tr("The drive with this file does not answer. Check its cable or the network, then try again.")
