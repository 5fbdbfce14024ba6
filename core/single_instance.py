"""One window: a program that is started once more hands its photographs to the first, and ends.

The library lets several processes work with it, and a second window would do no harm to it. One all the same: who
double-clicks twice, or opens ten photographs from the file manager, wants to see one window, with one model in memory,
one folder that is being tagged, and one place where the settings are kept when it closes.

The first holds a lock, which the system takes back however it ends, and listens at a Unix socket, or at a named pipe on
Windows; a port on 127.0.0.1 would make firewalls ask. Both lie in a folder of this computer that only the user may
enter, not in the data folder: that may be on a network, read-only, or too long for the name of a socket. Windows that
belong to other data folders or other screens have other locks. Whatever fails here, the program starts.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING

from core.about import NAME
from core.errors import UserError
from core.file_locks import lock
from core.folders import data_dir

if TYPE_CHECKING:
    from multiprocessing.connection import Connection, Listener

log = logging.getLogger(__name__)

# How long a window may take to answer; its main loop is never busy for longer than a tenth of a second.
_PATIENCE_S = 2.0
# A window that is still being opened does not listen yet, one that closes does not listen any more.
_STARTING_S = 10.0
_PAUSE_S = 0.05
_MOST_BYTES = 16_000_000
_MOST_WAITING = 64
# 104 bytes on macOS, 108 on Linux, with the zero at the end.
_LONGEST_SOCKET_BYTES = 100
_TAKEN, _BUSY, _NOBODY = b"taken", b"busy", b""


class NoAnswer(Exception):
    """There is a window, but it does not answer."""


@dataclass(frozen=True)
class _Place:
    """The files by which those of one data folder and one screen find each other."""

    folder: Path
    name: str

    @property
    def lock(self) -> Path:
        return self.folder / f"{self.name}.lock"

    @property
    def address(self) -> Path:
        """Says where the first listens."""
        return self.folder / f"{self.name}.address"

    def new_address(self) -> str:
        """Where to listen from now on; what an earlier one left there is removed."""
        if sys.platform == "win32":
            return rf"\\.\pipe\{NAME}-{secrets.token_hex(16)}"
        for left in self.folder.glob(f"{self.name}-*.socket"):
            left.unlink(missing_ok=True)
        return str(self.folder / f"{self.name}-{secrets.token_hex(3)}.socket")


@dataclass
class _Call:
    """What another start asks for; either taken by the window or withdrawn, never both."""

    paths: list[Path]
    _taken: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_withdrawn: bool = False

    def take(self) -> bool:
        """Whether it is still wanted; then it counts as done."""
        with self._lock:
            if not self._is_withdrawn:
                self._taken.set()
            return not self._is_withdrawn

    def is_taken_within(self, seconds: float) -> bool:
        """Wait until the window took it; it is withdrawn if not."""
        self._taken.wait(max(0.0, seconds))
        with self._lock:
            self._is_withdrawn = not self._taken.is_set()
            return not self._is_withdrawn


class Door:
    """Where the first window hears of later starts; one without a lock hears of none."""

    def __init__(self, place: _Place | None = None, held: IO[bytes] | None = None) -> None:
        self._place, self._held = place, held
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        self._ring: Callable[[], object] = lambda: None
        self._is_closed = False
        self._listener: Listener | None = None

    @property
    def is_held(self) -> bool:
        """Whether later starts come here."""
        return self._held is not None

    def listen(self, ring: Callable[[], object]) -> None:
        """Hear of later starts from now on: `ring` is called in another thread whenever there is one to be taken."""
        self._ring = ring
        if self._held is not None:
            threading.Thread(target=self._listen, name="door", daemon=True).start()

    def take(self) -> list[list[Path]]:
        """What later starts want to be opened, each with its absolute paths; none where it was only a start."""
        found: list[list[Path]] = []
        while True:
            try:
                call = self._calls.get_nowait()
            except Empty:
                return found
            if call.take():
                found.append(call.paths)

    def close(self) -> None:
        """Hear of no more starts, the next one opens a window of its own."""
        self._is_closed = True
        listener, self._listener = self._listener, None
        if listener is not None:
            _end(listener)
        if self._held is not None:
            self._held.close()
            self._held = None

    def _listen(self) -> None:
        from multiprocessing.connection import Listener

        assert self._place is not None
        try:
            address = self._place.new_address()
            listener = self._listener = Listener(address, backlog=_MOST_WAITING)
            _write_private(self._place.address, address)
        except (OSError, ValueError):
            log.warning("later starts cannot be heard", exc_info=True)
            self.close()
            return
        while not self._is_closed:
            try:
                connection = listener.accept()
            except OSError:  # it was closed, or who called was gone before it was heard
                time.sleep(_PAUSE_S)
                continue
            threading.Thread(target=self._hear, args=(connection,), name="call", daemon=True).start()
        self.close()  # once more: it may have been closed before there was something to be closed

    def _hear(self, connection: Connection) -> None:
        with connection:
            try:
                if self._is_closed or not connection.poll(_PATIENCE_S):
                    return
                paths, until = _asked(connection.recv_bytes(_MOST_BYTES))
                if time.time() > until:
                    return
                call = _Call(paths)
                self._calls.put(call)
                self._ring()
                connection.send_bytes(_TAKEN if call.is_taken_within(until - time.time()) else _BUSY)
            except (OSError, EOFError, ValueError):
                log.warning("a call that nobody understands", exc_info=True)


def enter(paths: Sequence[Path]) -> Door | None:
    """Become the first, or hand these paths to it: None when it has taken them, and there is nothing left to do.

    Raises NoAnswer when it is there but takes nothing within two seconds. Takes less than a millisecond for the first.
    """
    try:
        place = _place()
    except (OSError, UserError):
        place = None
    if place is None:
        log.info("no place for a lock: this window is alone")
        return Door()
    until = time.monotonic() + _STARTING_S
    while time.monotonic() < until:
        try:
            held = place.lock.open("ab")
        except OSError:
            log.info("no lock: this window is alone", exc_info=True)
            return Door()
        if lock(held, is_shared=False):
            return Door(place, held)
        held.close()
        if _is_handed_over(place, paths):
            log.info("handed over to the window that is open")
            return None
        time.sleep(_PAUSE_S)
    raise NoAnswer


def _is_handed_over(place: _Place, paths: Sequence[Path]) -> bool:
    """False where nobody listens (yet, or any more). Raises NoAnswer."""
    try:
        address = place.address.read_text(encoding="utf-8")
    except OSError:
        return False
    said: SimpleQueue[bytes] = SimpleQueue()
    # In a thread: even connecting to a process that stands still may wait for ever.
    threading.Thread(target=_call, args=(address, paths, said), daemon=True).start()
    try:
        answer = said.get(timeout=_PATIENCE_S + _PAUSE_S)
    except Empty:
        raise NoAnswer from None
    if answer == _BUSY:
        raise NoAnswer
    return answer == _TAKEN


def _call(address: str, paths: Sequence[Path], said: SimpleQueue[bytes]) -> None:
    """Ask the first to open these; what it said, or that there was nobody (any more)."""
    from multiprocessing.connection import Client

    try:
        connection = Client(address)
    except (OSError, ValueError):
        said.put(_NOBODY)
        return
    with connection:
        try:
            _let_it_come_to_front()
            connection.send_bytes(_message(paths))
            said.put(connection.recv_bytes(len(_TAKEN)))
        except (OSError, EOFError):  # it ended in the meantime
            said.put(_NOBODY)


def _let_it_come_to_front() -> None:
    """On Windows a program comes to the front only where the one that the user has just started allows it."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(-1)


def _message(paths: Sequence[Path]) -> bytes:
    """Absolute paths, as the first may stand in another folder; and until when somebody waits for the answer.

    A first that was suspended must not open in the end what its user has long opened otherwise.
    """
    return json.dumps({"paths": [str(path.absolute()) for path in paths], "until": time.time() + _PATIENCE_S}).encode()


def _asked(message: bytes) -> tuple[list[Path], float]:
    """What `_message` made. Raises ValueError where it is something else."""
    told = json.loads(message)
    try:
        paths, until = [Path(text) for text in told["paths"]], float(told["until"])
    except (TypeError, KeyError) as error:
        raise ValueError("no list of paths") from error
    if not all(path.is_absolute() for path in paths) or not until <= time.time() + _PATIENCE_S:
        raise ValueError("paths of another folder, or a time that cannot be")
    return paths, until


def _place() -> _Place | None:
    screen = os.environ.get("DISPLAY", "")
    screen = screen.partition(".")[0] if screen.startswith(":") else screen  # :0 and :0.0 are one
    folder = os.path.normcase(os.path.realpath(data_dir()))
    told = "\n".join((folder, screen, os.environ.get("SESSIONNAME", "")))
    name = hashlib.sha256(os.fsencode(told)).hexdigest()[:16]
    private = _private_dir(len(f"/{name}-123456.socket"))
    return None if private is None else _Place(private, name)


def _private_dir(room_bytes: int) -> Path | None:
    """A folder of this computer that only the user may enter, with a name short enough; None where there is none."""
    if sys.platform == "win32":  # in the user's profile, which the system keeps from others
        folder = Path(tempfile.gettempdir()) / NAME
        folder.mkdir(exist_ok=True)
        return folder
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    for base in (runtime, tempfile.gettempdir(), "/tmp"):
        folder = Path(base or "/", f"{NAME.lower()}-{os.geteuid()}")
        if not base or len(os.fsencode(folder)) + room_bytes > _LONGEST_SOCKET_BYTES:
            continue
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError:
            continue
        is_private = found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        if stat.S_ISDIR(found.st_mode) and is_private and os.access(folder, os.W_OK):
            return folder
    return None


def _write_private(path: Path, text: str) -> None:
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _end(listener: Listener) -> None:
    """Close it, after a call that lets its thread see this: closing alone does not end the waiting on every system."""
    from multiprocessing.connection import Client

    try:
        Client(listener.address).close()
        listener.close()
    except (OSError, ValueError, AttributeError):  # its file was removed, or it was closed at the same moment
        log.info("it does not listen any more", exc_info=True)
