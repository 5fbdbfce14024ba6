"""Work in a process of its own: the runtime for networks keeps Python's lock while it prepares one, so that in a thread
of the same process the window would stand still.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from core.errors import UserError
from core.texts import Language, language, set_language, tr

log = logging.getLogger(__name__)

_PATIENCE_S = 1.0


class Elsewhere:
    """An object that lives in a process of its own; the calls of several threads are answered one after the other.

    `make(*args)` makes the object over there; both must be picklable, and so must what its methods take and give. The
    process starts at once, and nobody waits for it before the first call. What is raised over there, in `make` too, is
    raised by the call: UserError as it is, anything else as RuntimeError with the traceback in its text. Calls raise
    UserError when the process has died.
    """

    def __init__(self, make: Callable[..., object], *args: object) -> None:
        # spawn, not fork: the window has threads, and a fork of those may hang.
        fresh = multiprocessing.get_context("spawn")
        self._lock = threading.Lock()
        self._wire, there = fresh.Pipe()
        self._process = fresh.Process(target=_serve, args=(there, make, args, language()), daemon=True)
        self._is_made = self._is_gone = False
        try:
            self._process.start()
        finally:
            there.close()

    def call(self, method: str, *args: object) -> Any:
        """What `method(*args)` of the object gives; blocks until it is there."""
        with self._lock:
            if not self._is_made:
                self._answer()
                self._is_made = True
            try:
                self._wire.send((language(), method, args))
            except OSError as error:
                raise self._gone() from error
            return self._answer()

    @property
    def is_alive(self) -> bool:
        """Whether calls can be answered."""
        return not self._is_gone and self._process.is_alive()

    def close(self) -> None:
        """End the process. A call that waits for an answer raises UserError."""
        self._is_gone = True
        self._process.kill()
        self._process.join(_PATIENCE_S)

    def _answer(self) -> Any:
        try:
            answer, problem, detail = self._wire.recv()
        except (EOFError, OSError) as error:
            raise self._gone() from error
        if isinstance(problem, UserError):
            raise problem
        if detail:
            raise RuntimeError(detail)
        return answer

    def _gone(self) -> UserError:
        if not self._is_gone:
            self._is_gone = True
            self._process.join(_PATIENCE_S)
            log.warning("a process ended by itself with exit code %s", self._process.exitcode)
        return UserError(tr("A part of the program stopped unexpectedly. Please try again."))


def _serve(wire: Connection, make: Callable[..., object], args: tuple[object, ...], spoken: Language) -> None:
    """Over there: make the object, then answer calls until nobody is left to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the window, which ends this one too
    set_language(spoken)
    made: list[object] = []
    _send(wire, lambda: made.append(make(*args)))
    while made:
        try:
            spoken, method, called_with = wire.recv()
        except (EOFError, OSError):
            return
        set_language(spoken)
        _send(wire, lambda method=method, given=called_with: getattr(made[0], method)(*given))  # type: ignore[misc]


def _send(wire: Connection, work: Callable[[], object]) -> None:
    import traceback

    answer: tuple[object, UserError | None, str]
    try:
        answer = work(), None, ""
    except UserError as error:
        answer = None, error, ""
    except Exception:  # whatever it is, it belongs to who asked
        answer = None, None, traceback.format_exc()
    wire.send(answer)
