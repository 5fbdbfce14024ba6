"""Whole folders tagged into the library: found, answered for, kept row by row, and gone on with after any end."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from core.animals import found_in
from core.batch import Answered, Batch, ShouldStop
from core.bundles import Bundle
from core.database import Database
from core.errors import LibraryError, UserError
from core.looks import check_there
from core.network_sets import NetworkSets
from core.photos import PHOTO_SUFFIXES, find_photos, system_path
from core.records import Status
from core.runs import Run, State, begin_run, drop_gone, end_run, has_rows_below, keep_rows, plain_roots

log = logging.getLogger(__name__)

# Speed is that of the last seconds; what is left is not guessed from less than a moment.
_RATE_OVER_S, _RATE_EVERY_S, _RATE_FROM_S = 10.0, 0.25, 1.0


@dataclass(frozen=True)
class TagProgress:
    """How far a run is: `done` of `total` files (None while they are counted), all of `done` kept in the library.

    `unreadable` of them cannot be used, `known` were answered without the networks. `seconds_left` is None while nobody
    can say; `waiting_for` is the file that a drive does not give, mostly empty; `problem` a sentence for the user that
    says why it stopped, and `is_of_library` whether that is the library's.
    """

    run: Run
    done: int = 0
    total: int | None = None
    unreadable: int = 0
    known: int = 0
    photographs_a_second: float = 0.0
    seconds_left: float | None = None
    waiting_for: str = ""
    state: State = State.RUNNING
    problem: str = ""
    is_of_library: bool = False


def tag(
    database: Database,
    bundle: Bundle,
    roots: Sequence[Path],
    progress: Callable[[TagProgress], None],
    should_stop: ShouldStop,
    sets: NetworkSets | None = None,
) -> Run:
    """Tag every photograph in these folders and files; blocks until that is done or stopped.

    A run over the same roots with the same model is gone on with. `progress` is called in this thread many times a
    second, and at the end. Raises UserError where the library cannot be used; what stops a run that has begun, such as
    a disk that is full or a folder that is gone, is the `problem` of its last progress instead. Whatever else is
    raised, the run is stopped before.
    """
    batch = Batch(bundle, database, sets=sets, roots=plain_roots(roots))
    run = begin_run(database, roots, bundle.info)
    tally, counter = _Tally(run), _Counter(run.roots)
    found = found_in(run.roots, lambda root: _walk(root, is_again=has_rows_below(database, run, root)))
    state, problem, is_of_library = State.DONE, "", False
    try:
        with closing(batch.steps(found, should_stop, lambda wire, kept: keep_rows(wire, run, kept))) as steps:
            for step in steps:
                tally.add(step.answers)
                progress(tally.progress(counter.total, step.waiting_for))
        if should_stop():
            state = State.STOPPED
        else:
            drop_gone(database, run, should_stop)
    except UserError as error:
        log.warning("run %d stopped: %s", run.id, error)
        state, problem, is_of_library = State.STOPPED, str(error), isinstance(error, LibraryError)
    except BaseException:  # else it would seem to run for ever, and be gone on with at each start
        _ended(database, run, State.STOPPED)
        raise
    finally:
        counter.stop()
    run = _ended(database, run, state)
    total = tally.done if state is State.DONE else counter.total
    last = replace(tally.progress(total), run=run, state=state, problem=problem, is_of_library=is_of_library)
    progress(last)
    return run


def _walk(root: Path, is_again: bool) -> Iterator[Path]:
    """The photographs of a root. Raises FolderGone where it is gone, also in the end: then it was not an empty one.

    `is_again`: there were photographs in it.
    """
    where = system_path(root)
    if not os.path.isdir(where):  # noqa: PTH112  Path.is_dir raises where a folder above is closed
        if root.suffix.lower() not in PHOTO_SUFFIXES and not os.path.lexists(where):
            check_there([root])
        yield root
        return
    for path in find_photos(root):
        yield path
        is_again = True
    if is_again:
        check_there([root])


def _ended(database: Database, run: Run, state: State) -> Run:
    try:
        return end_run(database, run, state)
    except UserError:  # a full disk: the run goes on later all the same
        return replace(run, state=state)


class _Tally:
    """What was done so far, and how fast lately."""

    def __init__(self, run: Run) -> None:
        self.done = 0
        self._run = run
        self._unreadable = self._known = 0
        self._lately = deque([(time.monotonic(), 0)])

    def add(self, answers: Sequence[Answered]) -> None:
        self.done += len(answers)
        self._unreadable += sum(one.verdict.status is Status.UNREADABLE for one in answers)
        self._known += sum(one.is_known for one in answers)
        now = time.monotonic()
        if now - self._lately[-1][0] >= _RATE_EVERY_S:
            self._lately.append((now, self.done))
        while len(self._lately) > 2 and now - self._lately[1][0] >= _RATE_OVER_S:
            self._lately.popleft()

    def progress(self, total: int | None, waiting_for: str = "") -> TagProgress:
        then, done_then = self._lately[0]
        passed = time.monotonic() - then
        rate = (self.done - done_then) / passed if passed >= _RATE_FROM_S else 0.0
        left = max(0, total - self.done) / rate if total is not None and rate > 0 else None
        return TagProgress(self._run, self.done, total, self._unreadable, self._known, rate, left, waiting_for)


class _Counter:
    """Counts the photographs in a thread of its own; it may hang where a drive does."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.total: int | None = None
        self._is_stopped = False
        threading.Thread(target=self._run, args=(roots,), name="counter", daemon=True).start()

    def stop(self) -> None:
        self._is_stopped = True

    def _run(self, roots: Sequence[Path]) -> None:
        total = 0
        for root in roots:
            for _ in find_photos(root):
                total += 1
                if self._is_stopped:
                    return
        self.total = total
