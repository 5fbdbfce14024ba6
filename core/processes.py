"""Work in a process of its own: the runtime for networks keeps Python's lock while it prepares one, so that in a thread
of the same process the window would stand still.
"""

from __future__ import annotations

import ctypes
import itertools
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, NamedTuple

from core.errors import UserError
from core.texts import Language, language, set_language, tr

log = logging.getLogger(__name__)

_PATIENCE_S = 1.0
# The number of the first answer, which says whether the object could be made.
_MADE = 0
# M_ARENA_MAX of glibc's malloc.h.
_ARENA_MAX = -8


class _Answer(NamedTuple):
    """What comes back of one call: a value, or what is wrong for the user, or a traceback."""

    value: object = None
    problem: UserError | None = None
    detail: str = ""


class Elsewhere:
    """An object that lives in a process of its own; calls of several threads run over there at the same time.

    `make(*args)` makes the object over there; both must be picklable, and so must what its methods take and give. The
    process starts at once, and nobody waits for it before the first call. What is raised over there, in `make` too, is
    raised by the call: UserError as it is, anything else as RuntimeError with the traceback in its text. Calls raise
    UserError when the process has died.
    """

    def __init__(self, make: Callable[..., object], *args: object) -> None:
        # spawn, not fork: the window has threads, and a fork of those may hang.
        fresh = multiprocessing.get_context("spawn")
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._numbers = itertools.count(_MADE + 1)
        self._waiting: dict[int, SimpleQueue[_Answer | None]] = {}
        self._made: SimpleQueue[_Answer | None] = SimpleQueue()
        self._wire, there = fresh.Pipe()
        self._process = fresh.Process(target=_serve, args=(there, make, args, language()), daemon=True)
        self._is_gone = self._is_told = False
        try:
            self._process.start()
        finally:
            there.close()
        threading.Thread(target=self._receive, name="receiver", daemon=True).start()

    def call(self, method: str, *args: object) -> Any:
        """What `method(*args)` of the object gives; blocks until it is there."""
        self._value_of(self._made)
        number, answer = next(self._numbers), SimpleQueue[_Answer | None]()
        with self._lock:
            if self._is_gone:
                raise _stopped()
            self._waiting[number] = answer
        try:
            with self._sending:
                self._wire.send((number, language(), method, args))
            return self._value_of(answer)
        except OSError as error:
            raise _stopped() from error
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    @property
    def is_alive(self) -> bool:
        """Whether calls can be answered."""
        return not self._is_gone and self._process.is_alive()

    def close(self) -> None:
        """End the process. A call that waits for an answer raises UserError."""
        self._is_told = True
        self._process.kill()
        self._gone()
        self._process.join(_PATIENCE_S)

    def _receive(self) -> None:
        """Here: hand each answer to who waits for it, until there will be none any more."""
        while True:
            try:
                number, answer = self._wire.recv()
            except (EOFError, OSError):
                break
            with self._lock:
                waits = self._made if number == _MADE else self._waiting.get(number)
            if waits is not None:
                waits.put(answer)
        self._gone()
        if not self._is_told:
            self._process.join(_PATIENCE_S)
            log.warning("a process ended by itself with exit code %s", self._process.exitcode)

    def _gone(self) -> None:
        with self._lock:
            self._is_gone = True
            for waits in (self._made, *self._waiting.values()):
                waits.put(None)

    def _value_of(self, waits: SimpleQueue[_Answer | None]) -> object:
        answer = waits.get()
        if waits is self._made:
            waits.put(answer)  # for the next call
        if answer is None:
            raise _stopped()
        if answer.problem is not None:
            raise answer.problem
        if answer.detail:
            raise RuntimeError(answer.detail)
        return answer.value


def _stopped() -> UserError:
    return UserError(tr("A part of the program stopped unexpectedly. Please try again."))


class _Wire:
    """Over there: the way back, which the threads of several calls share."""

    def __init__(self, wire: Connection) -> None:
        self.recv = wire.recv
        self._wire = wire
        self._lock = threading.Lock()

    def answer(self, number: int, work: Callable[[], object]) -> bool:
        """Do the work and send what comes of it; whether it went well."""
        import traceback

        try:
            told = _Answer(work())
        except UserError as error:
            told = _Answer(problem=error)
        except Exception:  # whatever it is, it belongs to who asked
            told = _Answer(detail=traceback.format_exc())
        try:
            with self._lock:
                self._wire.send((number, told))
        except OSError:  # nobody is left to be told
            return False
        except Exception:  # what cannot be sent
            with self._lock:
                self._wire.send((number, _Answer(detail=traceback.format_exc())))
            return False
        return told.problem is None and not told.detail


def _share_memory() -> None:
    """All threads take memory from one place: else glibc keeps some back for each thread that ever was."""
    if sys.platform == "linux":
        try:
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
        except (OSError, AttributeError):  # another C library
            log.debug("no mallopt", exc_info=True)


def _serve(connection: Connection, make: Callable[..., object], args: tuple[object, ...], spoken: Language) -> None:
    """Over there: make the object, then answer calls, each in a thread of its own, until nobody is left to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the window, which ends this one too
    set_language(spoken)
    _share_memory()
    wire, made = _Wire(connection), list[object]()
    if not wire.answer(_MADE, lambda: made.append(make(*args))):
        return
    while True:
        try:
            number, spoken, method, given = wire.recv()
        except (EOFError, OSError):
            # At once, in the middle of whatever still runs: an orderly end would pull the ground from under it.
            os._exit(0)
        set_language(spoken)
        threading.Thread(
            target=wire.answer,
            args=(number, lambda method=method, given=given: getattr(made[0], method)(*given)),
            daemon=True,
        ).start()
