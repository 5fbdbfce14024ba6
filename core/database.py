"""The one SQLite file of the library: opened, brought up to date, put aside when damaged; who uses it takes turns.

Killed at any moment, it opens again with everything that was committed (write-ahead log). The window and the process
that tags folders have it open at the same time: one of them writes, others read meanwhile.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from core.errors import LibraryError
from core.library_aside import Aside, note, renewed_as
from core.library_backups import back_up, backups
from core.library_cells import has_odd_cells
from core.library_rescue import rescue
from core.library_schema import MIGRATIONS, statements
from core.name_search import folded
from core.texts import tr

log = logging.getLogger(__name__)

_MIGRATIONS = MIGRATIONS
_PATIENCE_S = 5.0
# How Python's module says that a cell is no text.
_NO_TEXT = "Could not decode to UTF-8"
_OF_PEOPLE = ("photographs", "corrections", "groupings", "actions")
# Beside the library: damage was met, look at every page; and what replaces a damaged one, until it is complete.
_LEAST_PAGE_BYTES = 512
_DAMAGED, _RENEWED = "-damage-met", "-renewed"


class Database:
    """The open file; any thread may use it. What goes wrong is raised as LibraryError."""

    def __init__(self, path: Path) -> None:
        """Open or make it. A damaged one is put aside, not deleted; what can be read of it goes into a new one.

        `notice` tells the user so. One of an older version is copied before it is brought up to date.
        """
        self.notice = ""
        self.path = path
        self._writers, self._readers = threading.RLock(), threading.RLock()
        try:
            self._writer = _opened(path)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise LibraryError(_cannot(path, error)) from error
            log.warning("%s is damaged", path, exc_info=True)
            self.notice = _renewed(path)
            self._writer = _opened(path)
        self._identity, self._is_stale = _identity(path), False
        with self._explained():
            self._id = _id(self._writer)
        # A connection of its own: who reads does not wait while somebody writes.
        self._reader = _connected(path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read what was committed, for this thread alone."""
        # Not waited for: this thread may be reading already, and who writes then waits for it.
        if self._is_elsewhere() and self._writers.acquire(blocking=False):
            try:
                self._reopen()
            finally:
                self._writers.release()
        with self._readers, self._explained():
            yield self._reader

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction: all of it is kept, or nothing where something is raised."""
        with self._writers, self._explained():
            self._check_place()
            with self._writer:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer

    def write_lazily(self) -> None:
        """From now on a computer that crashes may lose what came in its last moments; a killed program nothing."""
        with self._writers, self._explained():
            self._writer.execute("PRAGMA synchronous = NORMAL")

    def renewal(self) -> Aside | None:
        """What was set aside where the program has put a new library in the place of this one; None otherwise.

        Then this one is to be closed, and the new one opened.
        """
        if not self._is_elsewhere() or not self.path.is_file():
            return None
        try:
            with closing(_connected(self.path)) as connection:
                found = _id(connection)
        except sqlite3.Error as error:
            log.info("%s cannot be opened again: %s", self.path, error)
            return None
        return renewed_as(self.path, found) if found != self._id else None

    def close(self) -> None:
        with self._writers, self._readers:
            self._reader.close()
            self._writer.close()

    def _is_elsewhere(self) -> bool:
        return self._is_stale or _identity(self.path) != self._identity

    def _check_place(self) -> None:
        """Nobody would find again what is written to a file that another program moved, deleted or replaced."""
        if self._is_elsewhere() and not self._reopen():
            if aside := self.renewal():
                raise LibraryError(aside.sentence())
            said = tr(
                "The library ({path}) was moved or deleted by another program, or its drive was unplugged. Bring it "
                "back, or close Shelterlens and start it again."
            )
            raise LibraryError(said.format(path=self.path))
        if _is_cut(self.path):  # SQLite would write into a journal that nobody finds again
            self._mark_damaged()
            raise LibraryError(_damaged(self.path))

    def _reopen(self) -> bool:
        """Go on with the same library where it is back, such as with its drive; whether it is."""
        with self._writers, self._readers:
            if self._writer.in_transaction:
                return False
            found: list[sqlite3.Connection] = []
            try:
                if not self.path.is_file():  # SQLite would make an empty one
                    return False
                found = [_connected(self.path), _connected(self.path)]
                identity = _identity(self.path)
                if _version(found[0]) != len(_MIGRATIONS) or _id(found[0]) != self._id:
                    raise sqlite3.DatabaseError("another library")
                found[0].execute("PRAGMA foreign_keys = ON")
            except (sqlite3.Error, OSError) as error:
                log.info("%s cannot be opened again: %s", self.path, error)
                for connection in found:
                    connection.close()
                return False
            for connection in (self._reader, self._writer):
                with suppress(sqlite3.Error):
                    connection.close()
            (self._writer, self._reader), self._identity, self._is_stale = found, identity, False
            log.warning("%s is back", self.path)
            return True

    @contextmanager
    def understanding(self) -> Iterator[None]:
        """Around what is made of rows: where that fails because of cells as no program writes them, LibraryError."""
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError) as error:
            if not has_odd_cells(self.path):
                raise
            log.warning("the library", exc_info=True)
            self._mark_damaged()
            raise LibraryError(_damaged(self.path)) from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            with self.understanding():
                yield
        except sqlite3.Error as error:
            log.warning("the library", exc_info=True)
            self._is_stale |= getattr(error, "sqlite_errorname", "").startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN"))
            if _is_damage(error):
                self._mark_damaged()
            raise LibraryError(_cannot(self.path, error)) from error

    def _mark_damaged(self) -> None:
        """The next start looks at every page of it, and puts it aside if need be."""
        if not self._is_elsewhere():  # another one is in its place, which has no damage
            _mark_damaged(self.path)


def now_text() -> str:
    """The time as the library keeps it: UTC, ISO 8601, whole seconds."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def path_bytes(path: Path) -> bytes:
    """A path as the library keeps it: names on Linux may have bytes that are no letters."""
    return os.fsencode(path)


def bytes_path(kept: bytes) -> Path:
    """The path again."""
    return Path(os.fsdecode(kept))


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    connection.create_function("contains", 2, _contains, deterministic=True)
    return connection


def _opened(path: Path) -> sqlite3.Connection:
    renewed = _beside(path, _RENEWED)
    if renewed.exists() and not path.exists():  # killed between putting the damaged one aside and this
        renewed.replace(path)
    connection = _connected(path)
    try:
        _migrate(connection, path)
        _check(connection)
        if _beside(path, _DAMAGED).exists():
            _check_all(connection, path)
            _beside(path, _DAMAGED).unlink(missing_ok=True)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file this is; None where it is gone. Windows lets nobody move or delete it while it is open."""
    if os.name == "nt":
        return 0, 0
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _is_cut(path: Path) -> bool:
    """Whether the file is no whole number of pages, as none of SQLite's is: something else was written over it.

    It is not opened to be looked at: closing it would take SQLite's locks away from this process (POSIX).
    """
    try:
        return path.stat().st_size % _LEAST_PAGE_BYTES != 0
    except OSError:
        return False


def _contains(words: str, text: str | bytes | None) -> bool:
    """In SQL: whether all folded words are in a text, or in the name of a file given by its path in bytes."""
    if not text:
        return False
    if isinstance(text, bytes):
        text = bytes_path(text).name
    found = folded(text)
    return bool(words) and all(word in found for word in words.split())


def _check(connection: sqlite3.Connection, tables: Sequence[str] = _OF_PEOPLE) -> None:
    """Read what cannot be computed again; a check of all pages would take seconds with 20,000 photographs' vectors."""
    for table in tables:
        problem = connection.execute(f"PRAGMA quick_check({table})").fetchone()[0]
        if problem != "ok":
            raise sqlite3.DatabaseError(problem)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    if _version(connection) == len(_MIGRATIONS):
        return  # nothing to write: it opens also while somebody else writes
    with connection:
        connection.execute("BEGIN IMMEDIATE")  # before looking again: another window of the program may be at it too
        version = _version(connection)
        if version > len(_MIGRATIONS):
            raise LibraryError(
                tr("The library of corrections belongs to a newer Shelterlens. Please update the program.")
            )
        if 0 < version < len(_MIGRATIONS):
            _check(connection, _OF_PEOPLE[:2])  # a damaged one is no copy to go back to
            back_up(path, version)
        for script in _MIGRATIONS[version:]:
            for statement in statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")


def _id(connection: sqlite3.Connection) -> str:
    """Which library this is; each has another."""
    return "".join(str(found) for (found,) in connection.execute("SELECT id FROM library"))


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_all(connection: sqlite3.Connection, path: Path) -> None:
    """Look at every page and cell; takes seconds, and is done where damage was met."""
    problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise sqlite3.DatabaseError(problem)
    if has_odd_cells(path):
        raise sqlite3.DatabaseError("cells as no program writes them")


def _renewed(path: Path) -> str:
    """Put the damaged library aside and a new one in its place, with what can be read of it; what to tell the user."""
    renewed = _beside(path, _RENEWED)
    try:
        renewed.unlink(missing_ok=True)
        with closing(_connected(renewed)) as connection:
            _migrate(connection, renewed)
            number = _id(connection)
        rescued = rescue(path, backups(path), renewed)
        with renewed.open("rb+") as file:
            os.fsync(file.fileno())
        put = _put_aside(path)
        aside = Aside(number, str(put), rescued.photographs, rescued.words)
        note(path, aside)
        renewed.replace(path)
    except PermissionError as error:  # Windows lets nobody rename what another program has open
        raise LibraryError(_damaged(path) if os.name == "nt" else _unusable(path, str(error.strerror))) from error
    except OSError as error:
        raise LibraryError(_unusable(path, str(error.strerror or error))) from error
    except sqlite3.Error as error:
        raise LibraryError(_cannot(path, error)) from error
    finally:
        if path.exists():
            for ending in ("", "-wal", "-shm", "-journal"):
                _beside(path, _RENEWED + ending).unlink(missing_ok=True)
    log.warning("%s was read into a new library: %s", put, rescued)
    return aside.sentence()


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _mark_damaged(path: Path) -> None:
    try:
        _beside(path, _DAMAGED).touch()
    except OSError:  # a drive that is gone
        log.warning("%s cannot be marked as damaged", path)


def _put_aside(path: Path) -> Path:
    """Rename the library and what belongs to it. Raises OSError."""
    aside = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    for ending in ("-wal", "-shm", ""):
        if _beside(path, ending).exists():
            _beside(path, ending).rename(_beside(aside, ending))
    _beside(path, _DAMAGED).unlink(missing_ok=True)
    return aside


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorname", "")
    if _NO_TEXT in str(error):
        return True
    return code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or (type(error) is sqlite3.DatabaseError and not code)


def _cannot(path: Path, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith("SQLITE_FULL"):
        said = tr(
            "The disk with the library ({path}) is full. Free some space, then go on: nothing that was shown is lost."
        )
        return said.format(path=path)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        said = tr("The library ({path}) is in use by another program. Close it and try again.")
        return said.format(path=path)
    if code.startswith("SQLITE_READONLY"):
        said = tr("The library ({path}) may only be read, not written. Ask the person who looks after this computer.")
        return said.format(path=path)
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or _NO_TEXT in str(error):
        return _damaged(path)
    if code.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")) and not (code == "SQLITE_CANTOPEN" and path.exists()):
        said = tr(
            "The library ({path}) cannot be reached: {reason}. If it is on a drive that was unplugged, connect it "
            "again."
        )
        return said.format(path=path, reason=error)
    return _unusable(path, str(error))


def _damaged(path: Path) -> str:
    said = tr(
        "The library ({path}) is damaged. Close Shelterlens and start it again: then it is put aside, and what can be "
        "read of it goes into a new one."
    )
    return said.format(path=path)


def _unusable(path: Path, reason: str) -> str:
    return tr("The library of corrections ({path}) cannot be used: {reason}.").format(path=path, reason=reason)
