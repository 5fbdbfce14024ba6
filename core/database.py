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
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from core.errors import LibraryError
from core.name_search import folded
from core.texts import tr

log = logging.getLogger(__name__)

# One script for each schema version; a file of version n runs those from n on. Never change one that was released.
_MIGRATIONS = (
    """
    CREATE TABLE photographs (
        id INTEGER PRIMARY KEY,
        content TEXT NOT NULL UNIQUE,
        path TEXT NOT NULL
    );
    CREATE TABLE corrections (
        id INTEGER PRIMARY KEY,
        photograph INTEGER NOT NULL REFERENCES photographs(id),
        kind TEXT NOT NULL,
        label TEXT NOT NULL,
        name TEXT NOT NULL,
        who TEXT NOT NULL,
        at TEXT NOT NULL,
        model TEXT NOT NULL,
        predicted TEXT NOT NULL,
        probability REAL NOT NULL,
        taken_back TEXT
    );
    CREATE INDEX corrections_by_photograph ON corrections(photograph, id);
    """,
    # Folders. `files`: which content was found under a path, true as long as size and time are the same.
    # `vectors`: float16, (channels,), one for each photograph and set of backbones.
    # `answers.probabilities`: float32, (labels,), one for each photograph and model; `label` is the first one's place.
    # `run_files`: the rows of a run, one for each file found; `reason` says why one has no answer.
    # `actions`: what a volunteer did in one go, so that it is undone in one go.
    # Paths are bytes as the system has them (os.fsencode).
    """
    CREATE TABLE files (
        path BLOB PRIMARY KEY,
        size INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        photograph INTEGER NOT NULL REFERENCES photographs(id)
    ) WITHOUT ROWID;
    CREATE TABLE backbones (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE);
    CREATE TABLE models (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
    CREATE TABLE vectors (
        photograph INTEGER NOT NULL REFERENCES photographs(id),
        backbone INTEGER NOT NULL REFERENCES backbones(id),
        vector BLOB NOT NULL,
        PRIMARY KEY (photograph, backbone)
    );
    CREATE TABLE answers (
        photograph INTEGER NOT NULL REFERENCES photographs(id),
        model INTEGER NOT NULL REFERENCES models(id),
        status TEXT NOT NULL,
        label INTEGER NOT NULL,
        confidence REAL NOT NULL,
        doubt REAL NOT NULL,
        subject REAL NOT NULL,
        probabilities BLOB NOT NULL,
        PRIMARY KEY (photograph, model)
    );
    CREATE TABLE thumbnails (photograph INTEGER PRIMARY KEY REFERENCES photographs(id), jpeg BLOB NOT NULL);
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        roots TEXT NOT NULL,
        model INTEGER NOT NULL REFERENCES models(id),
        state TEXT NOT NULL,
        begun TEXT NOT NULL,
        ended TEXT
    );
    CREATE TABLE run_files (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs(id),
        place INTEGER NOT NULL,
        path BLOB NOT NULL,
        photograph INTEGER REFERENCES photographs(id),
        animal TEXT NOT NULL,
        reason TEXT NOT NULL,
        UNIQUE (run, path)
    );
    CREATE INDEX run_files_by_photograph ON run_files(photograph);
    CREATE TABLE actions (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        undone TEXT
    );
    CREATE TABLE groupings (
        id INTEGER PRIMARY KEY,
        photograph INTEGER NOT NULL REFERENCES photographs(id),
        animal TEXT NOT NULL,
        action INTEGER NOT NULL REFERENCES actions(id),
        taken_back TEXT
    );
    CREATE INDEX groupings_by_photograph ON groupings(photograph, id);
    CREATE INDEX groupings_by_action ON groupings(action);
    ALTER TABLE corrections ADD COLUMN second TEXT NOT NULL DEFAULT '';
    ALTER TABLE corrections ADD COLUMN second_name TEXT NOT NULL DEFAULT '';
    ALTER TABLE corrections ADD COLUMN status TEXT NOT NULL DEFAULT '';
    ALTER TABLE corrections ADD COLUMN action INTEGER REFERENCES actions(id);
    CREATE INDEX corrections_by_action ON corrections(action);
    """,
    # What all rows of a run are listed by, without the rest of an answer; and what tells that rows, answers, words or
    # animals that were there are others now: `revision` grows. What is new has a greater id.
    """
    CREATE INDEX answers_in_short ON answers(model, photograph, status, label, confidence, doubt);
    CREATE INDEX run_files_by_run ON run_files(run);
    ALTER TABLE runs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE models ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE corrections ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE groupings ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX corrections_by_revision ON corrections(revision) WHERE revision > 0;
    CREATE INDEX groupings_by_revision ON groupings(revision) WHERE revision > 0;
    CREATE TRIGGER run_files_changed AFTER UPDATE ON run_files BEGIN
        UPDATE runs SET revision = revision + 1 WHERE id = NEW.run;
    END;
    CREATE TRIGGER run_files_gone AFTER DELETE ON run_files BEGIN
        UPDATE runs SET revision = revision + 1 WHERE id = OLD.run;
    END;
    CREATE TRIGGER answers_changed AFTER UPDATE ON answers BEGIN
        UPDATE models SET revision = revision + 1 WHERE id = NEW.model;
    END;
    CREATE TRIGGER answers_come AFTER INSERT ON answers
    WHEN EXISTS (SELECT 1 FROM run_files WHERE photograph = NEW.photograph) BEGIN
        UPDATE models SET revision = revision + 1 WHERE id = NEW.model;
    END;
    CREATE TRIGGER corrections_changed AFTER UPDATE ON corrections WHEN NEW.revision = OLD.revision BEGIN
        UPDATE corrections SET revision =
            1 + coalesce((SELECT max(revision) FROM corrections WHERE revision > 0), 0) WHERE id = NEW.id;
    END;
    CREATE TRIGGER groupings_changed AFTER UPDATE ON groupings WHEN NEW.revision = OLD.revision BEGIN
        UPDATE groupings SET revision =
            1 + coalesce((SELECT max(revision) FROM groupings WHERE revision > 0), 0) WHERE id = NEW.id;
    END;
    """,
)
_PATIENCE_S = 5.0


class Database:
    """The open file; any thread may use it. What goes wrong is raised as LibraryError."""

    def __init__(self, path: Path) -> None:
        """Open or make it. A damaged one is put aside, not deleted, and `notice` tells the user so."""
        self.notice = ""
        self.path = path
        self._writers, self._readers = threading.RLock(), threading.RLock()
        try:
            self._writer = _opened(path)
        except sqlite3.OperationalError as error:
            raise LibraryError(_cannot(path, error)) from error
        except sqlite3.DatabaseError as error:
            log.warning("%s is damaged", path, exc_info=True)
            aside = _put_aside(path, error)
            said = tr("The library of corrections was damaged. It was put aside as {path}, and a new one was begun.")
            self.notice = said.format(path=aside)
            self._writer = _opened(path)
        self._identity = _identity(path)
        # A connection of its own: who reads does not wait while somebody writes.
        self._reader = _connected(path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read what was committed, for this thread alone."""
        with self._readers, self._explained():
            yield self._reader

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction: all of it is kept, or nothing where something is raised."""
        with self._writers, self._explained(), self._writer:
            self._check_place()
            self._writer.execute("BEGIN IMMEDIATE")
            yield self._writer

    def write_lazily(self) -> None:
        """From now on a computer that crashes may lose what came in its last moments; a killed program nothing."""
        with self._writers, self._explained():
            self._writer.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        with self._writers, self._readers:
            self._reader.close()
            self._writer.close()

    def _check_place(self) -> None:
        """Nobody would find again what is written to a file that another program moved, deleted or replaced."""
        if _identity(self.path) != self._identity:
            said = tr(
                "The library ({path}) was moved or deleted by another program. Close Shelterlens and start it again."
            )
            raise LibraryError(said.format(path=self.path))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            log.warning("the library", exc_info=True)
            raise LibraryError(_cannot(self.path, error)) from error


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
    connection = _connected(path)
    try:
        _migrate(connection)
        _check(connection)
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


def _contains(words: str, text: str | bytes | None) -> bool:
    """In SQL: whether all folded words are in a text, or in the name of a file given by its path in bytes."""
    if not text:
        return False
    if isinstance(text, bytes):
        text = bytes_path(text).name
    found = folded(text)
    return bool(words) and all(word in found for word in words.split())


def _check(connection: sqlite3.Connection) -> None:
    """Read what cannot be computed again; a check of all pages would take seconds with 20,000 photographs' vectors."""
    for table in ("photographs", "corrections", "groupings", "actions"):
        problem = connection.execute(f"PRAGMA quick_check({table})").fetchone()[0]
        if problem != "ok":
            raise sqlite3.DatabaseError(problem)


def _migrate(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")  # before looking: another window of the program may be at it too
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(_MIGRATIONS):
            raise LibraryError(
                tr("The library of corrections belongs to a newer Shelterlens. Please update the program.")
            )
        for script in _MIGRATIONS[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, also those of triggers, which have statements of their own."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if part.strip() and sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _put_aside(path: Path, error: sqlite3.DatabaseError) -> Path:
    aside = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    try:
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
    except OSError:
        raise LibraryError(_cannot(path, error)) from error
    return aside


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
    return tr("The library of corrections ({path}) cannot be used: {reason}.").format(path=path, reason=error)
