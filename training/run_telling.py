"""How the process of a run tells the others: state.json, at most four times a second, and the word that stops it."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from core.train_records import Epoch, Phase, RunState, Stop
from core.train_runs import STATE_FILE, STOP_FILE, write_state
from training.telling import Silent, Telling
from training.time_spent import TimeSpent

log = logging.getLogger(__name__)

_WRITE_EVERY_S, _ASK_EVERY_S = 0.25, 0.1
# What is left is not guessed from less.
_RATE_FROM_S = 1.0
_MOST_NOTES = 100
_LAST_TRIES, _PAUSE_S = 20, 0.05


class RunTelling:
    """Tells by the files of a run's folder, and `also` to somebody else; one thread of its own does the writing.

    A context manager: within it the state is written whenever it has changed.
    """

    def __init__(self, folder: Path, state: RunState, also: Telling | None = None) -> None:
        self.when_phase: Callable[[Phase], None] | None = None  # called when a step begins
        self._folder, self._also = folder, also or Silent()
        self._lock = threading.Lock()
        self._state, self._has_changed = state, True
        self._phase_began = self._told_left = time.monotonic()
        self._left_s: float | None = None
        self._stop: Stop | None = None
        self._is_fitted = False
        self._asked = 0.0
        self.seconds: dict[Phase, float] = {}
        self._is_closed = threading.Event()
        self._writer = threading.Thread(target=self._write_on, name="state", daemon=True)
        self.spent = TimeSpent(folder)

    def __enter__(self) -> RunTelling:
        self._writer.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_closed.set()
        self._writer.join()

    @property
    def state(self) -> RunState:
        """How the run stands."""
        with self._lock:
            return self._state

    def phase(self, phase: Phase, total: int = 0) -> None:
        self._count_seconds()
        if self.when_phase is not None:
            self.when_phase(phase)
        self._change(phase=phase, done=0, total=total, epoch=0, epochs=0, left_s=None)
        self._left_s = None
        self._also.phase(phase, total)

    def progress(self, done: int, total: int | None = None) -> None:
        changes: dict[str, object] = {"done": done}
        if total is not None:
            changes["total"] = total
        self._change(**changes)
        self._also.progress(done, total)

    def epoch(self, epoch: Epoch, epochs: int, left_s: float | None = None) -> None:
        self._left_s, self._told_left = left_s, time.monotonic()
        self._change(epoch=epoch.epoch, epochs=epochs)
        self._also.epoch(epoch, epochs, left_s)

    def device(self, name: str) -> None:
        self._change(device=name)
        self._also.device(name)

    def note(self, text: str) -> None:
        log.info("note: %s", text)
        with self._lock:
            if text in self._state.notes:
                return
        self._change(notes=(*self.state.notes, text)[-_MOST_NOTES:])
        self._also.note(text)

    def asked_to_stop(self) -> Stop | None:
        """What a signal or the file in the folder says; the file is asked for at most ten times a second."""
        now = time.monotonic()
        if self._stop is None and now - self._asked >= _ASK_EVERY_S:
            self._asked = now
            self._read_word()
        return self._stop or self._also.asked_to_stop()

    def pause(self) -> None:
        """Ask to stop from within this process, as a signal does."""
        self._stop = Stop.PAUSE

    def forget_finish(self) -> None:
        """The wish to end with the best so far is fulfilled from here on: what is left to do is done to its end.

        That holds for a wish that nobody has heard yet, too, and for all that come later. Only a pause still stops.
        """
        self._is_fitted = True
        if self._stop is Stop.FINISH:
            self._stop = None
        if self._stop is None:
            self._read_word()

    def _read_word(self) -> None:
        """What the file in the folder says."""
        path = self._folder / STOP_FILE
        self._stop = _word_in(path)
        if self._is_fitted and self._stop is Stop.FINISH:
            self._stop = None
            with suppress(OSError):  # Windows, where it is being written: it is read again, and does nothing
                path.unlink()

    def end(self, state: RunState) -> None:
        """Write the last state, also on a disk that is full; only a disk that is gone is told nothing."""
        self._count_seconds()
        self.spent.keep(at_once=True)
        with self._lock:
            self._state, self._has_changed = state, False
        for left in reversed(range(_LAST_TRIES)):
            try:
                return write_state(self._folder, state)
            except OSError as error:
                if error.errno == errno.ENOSPC and _written_in_place(self._folder / STATE_FILE, state):
                    return
                if not left:
                    log.exception("the last state is lost")
            time.sleep(_PAUSE_S)  # on Windows somebody may be reading it this very moment

    def _change(self, **changes: object) -> None:
        with self._lock:
            self._state = self._state.model_copy(update=changes)
            self._has_changed = True

    def _count_seconds(self) -> None:
        now = time.monotonic()
        phase = self.state.phase
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._phase_began
        self._phase_began = now

    def _write_on(self) -> None:
        while not self._is_closed.wait(_WRITE_EVERY_S):
            self.spent.keep()
            with self._lock:
                if not self._has_changed:
                    continue
                self._has_changed = False
                state = self._state.model_copy(update={"updated": time.time(), "left_s": self._seconds_left()})
            try:
                write_state(self._folder, state)
            except OSError:  # a full disk, or somebody reads it on Windows: the next time
                log.debug("state.json is not written", exc_info=True)
                with self._lock:
                    self._has_changed = True

    def _seconds_left(self) -> float | None:
        """Of all epochs, as they were told to last; else of this phase, at its speed so far."""
        now, state = time.monotonic(), self._state
        if self._left_s is not None:
            return max(0.0, self._left_s - (now - self._told_left))
        passed = now - self._phase_began
        if state.epochs or passed < _RATE_FROM_S or not 0 < state.done <= state.total:
            return None
        return passed / state.done * (state.total - state.done)


def _word_in(path: Path) -> Stop | None:
    try:
        word = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return Stop.FINISH if word == Stop.FINISH.value else Stop.PAUSE


def _written_in_place(path: Path, state: RunState) -> bool:
    """Over what is there: its place on the disk is taken already."""
    data = state.model_dump_json().encode()
    try:
        with path.open("r+b") as file:
            file.write(data)
            file.truncate()
    except OSError:
        return False
    return True
