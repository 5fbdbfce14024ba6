"""Many photographs, one answer each: on all processors, from the library where it knows them, with memory for a few.

One thread finds the files, some read and decode them and borrow the networks, and the caller's thread asks the library
and writes to it, so that whatever it hands out has been kept.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from core.blas import one_blas_thread
from core.bundles import Bundle
from core.crew import TOLD_AFTER_S, Crew
from core.database import Database
from core.errors import PhotoError, UserError
from core.knowledge import Also, Knowledge, Result, Stamp
from core.looks import Looker, Task
from core.machine import usable_processors
from core.network_sets import NetworkSets
from core.photos import system_path
from core.records import Verdict
from core.verdicts import SHOWN

Found: TypeAlias = tuple[Path, str]
ShouldStop: TypeAlias = Callable[[], bool]

# More decode no faster and hold a picture each; even one processor has time while a drive gives nothing.
_MOST_WORKERS, _LEAST_WORKERS = 16, 2
# How many photographs wait for each worker; how many are looked up at once, are found ahead, may overtake a slow one.
_AHEAD, _AT_ONCE, _FOUND_AHEAD, _REACH = 4, 64, 256, 1000
_TURN_S, _COMMIT_S, _END_S = 0.05, 0.05, 0.15


@dataclass(frozen=True)
class Answered:
    """One file with its answer; `photograph` is its number in the library (None without one), `place` counts from 0.

    `is_known`: it was seen before, so that no network was asked.
    """

    place: int
    path: Path
    verdict: Verdict
    animal: str = ""
    photograph: int | None = None
    content: str = ""
    is_known: bool = False


@dataclass(frozen=True)
class Step:
    """What came since the last step, kept in the library already; `waiting_for` names what a drive does not give."""

    answers: tuple[Answered, ...]
    waiting_for: str = ""


def _never() -> bool:
    return False


class Batch:
    """One model, ready to answer for many photographs; its networks are loaded when a photograph needs them."""

    def __init__(
        self,
        bundle: Bundle,
        library: Database | None,
        *,
        keep: int = SHOWN,
        fresh: bool = False,
        sets: NetworkSets | None = None,
        workers: int | None = None,
        roots: Sequence[Path] = (),
        without: Callable[[str], None] | None = None,
    ) -> None:
        """`keep` is how many candidates each answer keeps; `fresh` asks the networks for what is known, too; `roots`
        are folders without which there is no going on.

        Where the library cannot be used, UserError is raised, or if `without` is given it is called with the sentence,
        and the batch goes on without a library.
        """
        self._without = without
        self.workers = workers or max(_LEAST_WORKERS, min(usable_processors(), _MOST_WORKERS))
        self.looker = Looker(bundle, sets or NetworkSets(bundle), None, keep=keep, fresh=fresh, roots=roots)
        if library is not None:
            try:
                library.write_lazily()
                self.looker.knowledge = Knowledge(library, bundle)
            except UserError as error:
                self._go_on_without(error)

    def answers(self, paths: Iterable[Path], should_stop: ShouldStop = _never) -> Generator[Answered]:
        """Each path with its answer in the order given; a file that cannot be used is an answer too.

        Raises BundleError when the networks are needed and cannot be used.
        """
        return self.answers_of(((path, "") for path in paths), should_stop)

    def answers_of(self, found: Iterable[Found], should_stop: ShouldStop = _never) -> Generator[Answered]:
        """The same for paths with the names of their animals."""
        waiting: dict[int, Answered] = {}
        place = 0
        with closing(self.steps(found, should_stop)) as steps:
            for step in steps:
                waiting.update((one.place, one) for one in step.answers)
                while place in waiting:
                    yield waiting.pop(place)
                    place += 1

    def steps(
        self, found: Iterable[Found], should_stop: ShouldStop = _never, also: Also | None = None
    ) -> Generator[Step]:
        """The answers as they come, in any order, many times a second, also when nothing came.

        `also` writes more in the transaction that keeps them. Raises FolderGone when one of the `roots` is not there
        any more, and what the library or the networks raise; all that was handed out before is kept.
        """
        one_pass = _Pass(self, found, also)
        with one_blas_thread():
            try:
                yield from one_pass.steps(should_stop)
            finally:
                one_pass.close()

    def kept(self, results: Sequence[Result], also: Also | None) -> tuple[Answered, ...]:
        """Write the results to the library and give them as they may be shown."""
        numbers: list[int | None] = [None] * len(results)
        if self.looker.knowledge is not None:
            try:
                numbers = self.looker.knowledge.keep(results, also)
            except UserError as error:
                self._go_on_without(error)
        return tuple(
            Answered(one.place, one.path, one.verdict, one.animal, number, one.content, one.is_known)
            for one, number in zip(results, numbers, strict=True)
        )

    def known(self, files: Sequence[tuple[Task, Stamp | None]]) -> list[Result | None]:
        """What the library says of these files, None for each that must be read."""
        try:
            return self.looker.known(files)
        except UserError as error:
            self._go_on_without(error)
            return [None] * len(files)

    def _go_on_without(self, error: UserError) -> None:
        """From here on without the library, or not at all."""
        self.looker.knowledge = None
        if self._without is None:
            raise error
        self._without(str(error))


class _Pass:
    """One walk over files, with its threads."""

    def __init__(self, batch: Batch, found: Iterable[Found], also: Also | None) -> None:
        self._batch, self._also = batch, also
        self._finder = _Finder(found, wants_stamps=batch.looker.knowledge is not None)
        self._crew: Crew[Task, Result] = Crew(batch.looker.look, batch.workers)
        self._under_way: dict[int, Task] = {}
        self._next_place = 0
        self._results: list[Result] = []
        self._first_came = 0.0

    def steps(self, should_stop: ShouldStop) -> Iterator[Step]:
        failure: Exception | None = None
        waiting_for, told = "", time.monotonic()
        while failure is None and not should_stop() and not (self._is_all_done and not self._results):
            try:
                self._take_found()
                self._collect()
                waiting_for = self._waiting_for()
            except Exception as error:  # what was answered before it is kept first
                failure = error
            now = time.monotonic()
            if self._is_due(now) or now - told >= 2 * _TURN_S:
                yield self._step(waiting_for)
                told = now
        if self._results:
            yield self._step()
        if failure := failure or (self._finder.failure if self._is_all_done else None):
            raise failure

    def close(self) -> None:
        self._finder.is_stopped = True
        self._crew.close(_END_S)

    @property
    def _is_all_done(self) -> bool:
        return self._finder.is_at_end and not self._under_way

    def _is_due(self, now: float) -> bool:
        """Whether what came is to be kept and handed out now."""
        is_enough = len(self._results) >= _AT_ONCE or now - self._first_came >= _COMMIT_S or self._is_all_done
        return bool(self._results) and is_enough

    def _until_due(self) -> float:
        """How long one may wait, in seconds, before something else is to be done."""
        return max(0.0, self._first_came + _COMMIT_S - time.monotonic()) if self._results else _TURN_S

    def _step(self, waiting_for: str = "") -> Step:
        results, self._results = self._results, []
        return Step(self._batch.kept(results, self._also) if results else (), waiting_for)

    def _take_found(self) -> None:
        """Answer the next files from the library and give the others to the crew."""
        oldest = next(iter(self._under_way), self._next_place)
        if len(self._under_way) >= self._batch.workers * _AHEAD or self._next_place - oldest >= _REACH:
            return
        found = self._finder.take(_AT_ONCE, 0.0 if self._under_way else self._until_due())
        tasks = [Task(self._next_place + n, *where) for n, (where, _) in enumerate(found)]
        self._next_place += len(found)
        files = [(task, stamp) for task, (_, stamp) in zip(tasks, found, strict=True)]
        for task, result in zip(tasks, self._batch.known(files), strict=True):
            if result is None:
                self._under_way[task.place] = task
                self._crew.add(task)
            else:
                self._add(result)

    def _collect(self) -> None:
        """What the crew has finished; waits a little for it where it is at work."""
        timeout_s = self._until_due() if self._under_way else 0.0
        while (finished := self._crew.next_finished(timeout_s)) is not None:
            task, result = finished
            if isinstance(result, PhotoError):
                result = self._batch.looker.refused(task, result)
            if isinstance(result, Exception):
                raise result
            if self._under_way.pop(task.place, None) is not None:
                self._add(result)
            timeout_s = 0.0
            if len(self._results) >= _AT_ONCE:
                return

    def _add(self, result: Result) -> None:
        if not self._results:
            self._first_came = time.monotonic()
        self._results.append(result)

    def _waiting_for(self) -> str:
        task = self._crew.waits_for()
        if task is not None:
            return str(task.path)
        return "" if self._under_way else self._finder.waits_for()


class _Finder:
    """A thread that goes ahead through the files, with size and time of each; it may hang where a drive does.

    `failure` is what ended it, if it was not the last file.
    """

    def __init__(self, found: Iterable[Found], *, wants_stamps: bool) -> None:
        self.is_stopped = False
        self._wants_stamps = wants_stamps
        self._queue: queue.Queue[tuple[Found, Stamp | None] | Exception | None] = queue.Queue(_FOUND_AHEAD)
        self._is_at_end = False
        self.failure: Exception | None = None
        self._last = ""
        self._since = time.monotonic()
        threading.Thread(target=self._run, args=(found,), name="finder", daemon=True).start()

    @property
    def is_at_end(self) -> bool:
        """Whether everything was taken."""
        return self._is_at_end

    def take(self, most: int, timeout_s: float) -> list[tuple[Found, Stamp | None]]:
        """The next files, at most so many; waits for the first one at most so long."""
        taken: list[tuple[Found, Stamp | None]] = []
        while len(taken) < most and not self._is_at_end:
            try:
                one = self._queue.get(timeout=timeout_s) if timeout_s and not taken else self._queue.get_nowait()
            except queue.Empty:
                break
            if one is None or isinstance(one, Exception):
                self.failure, self._is_at_end = one, True
            else:
                taken.append(one)
        return taken

    def waits_for(self) -> str:
        """The last file found when nothing has come for longer than usual; nothing when all is well."""
        is_slow = not self._is_at_end and self._queue.empty() and time.monotonic() - self._since >= TOLD_AFTER_S
        return self._last if is_slow else ""

    def _run(self, found: Iterable[Found]) -> None:
        end: Exception | None = None
        try:
            for where in found:
                self._last = str(where[0])
                self._put((where, stamp_of(where[0]) if self._wants_stamps else None))
                self._since = time.monotonic()
                if self.is_stopped:
                    return
        except Exception as error:  # whatever it is, it belongs to who takes
            end = error
        self._put(end)

    def _put(self, one: tuple[Found, Stamp | None] | Exception | None) -> None:
        while not self.is_stopped:
            try:
                return self._queue.put(one, timeout=1.0)
            except queue.Full:
                pass


def stamp_of(path: Path) -> Stamp | None:
    """Size and time of a file; None where it cannot be asked."""
    try:
        found = os.stat(system_path(path))  # noqa: PTH116  half the time of Path.stat
    except (OSError, ValueError):
        return None
    return Stamp(found.st_size, found.st_mtime_ns)
