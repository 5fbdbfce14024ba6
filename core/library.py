"""The database: what the volunteers said of their photographs, kept beside the predictions, never over them.

One SQLite file. Photographs are known by their content, so that a correction is found again after a rename or a move.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from core.errors import UserError
from core.records import Correction, Kind, Photo
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
)
_CHUNK_BYTES = 1 << 20


def content_of_file(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex. Raises OSError as `open` does."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def content_of_pixels(photo: Photo) -> str:
    """SHA-256 of size and pixels, for a picture that came without a file."""
    digest = hashlib.sha256(repr(photo.pixels.shape).encode())
    digest.update(photo.pixels.tobytes())
    return digest.hexdigest()


class Library:
    """The open database; any thread may use it. What goes wrong is raised as UserError."""

    def __init__(self, path: Path) -> None:
        """Open or make the library. A damaged one is put aside, not deleted, and `notice` tells the user so."""
        self.notice = ""
        self._lock = threading.Lock()
        self._path = path
        try:
            self._connection = _opened(path)
        except sqlite3.OperationalError as error:
            raise UserError(_cannot(path, error)) from error
        except sqlite3.DatabaseError as error:
            log.warning("%s is damaged", path, exc_info=True)
            aside = _put_aside(path, error)
            said = tr("The library of corrections was damaged. It was put aside as {path}, and a new one was begun.")
            self.notice = said.format(path=aside)
            self._connection = _opened(path)

    def correct(self, content: str, path: Path | None, correction: Correction) -> Correction:
        """Keep what the volunteer says; the latest correction of a photograph counts. Returns it with its time."""
        kept = replace(correction, at=datetime.now(timezone.utc).replace(microsecond=0))
        assert kept.at
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO photographs(content, path) VALUES (?, ?) "
                "ON CONFLICT(content) DO UPDATE SET path = excluded.path",
                (content, _as_text(path)),
            )
            connection.execute(
                "INSERT INTO corrections(photograph, kind, label, name, who, at, model, predicted, probability) "
                "SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM photographs WHERE content = ?",
                (
                    *(kept.kind.value, kept.label, kept.name, kept.who, kept.at.isoformat()),
                    *(kept.model, kept.predicted, kept.probability, content),
                ),
            )
        return kept

    def correction(self, content: str) -> Correction | None:
        """What counts for the photograph with this content."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT kind, label, name, who, model, predicted, probability, at FROM corrections "
                "WHERE photograph = (SELECT id FROM photographs WHERE content = ?) AND taken_back IS NULL "
                "ORDER BY id DESC LIMIT 1",
                (content,),
            ).fetchone()
        if row is None:
            return None
        kind, label, name, who, model, predicted, probability, at = row
        said = datetime.fromisoformat(at)
        return Correction(Kind(kind), label, name, who, model, predicted, probability, said)

    def take_back(self, content: str) -> Correction | None:
        """Take the latest correction back; the one that counts now, if there is one before it."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE corrections SET taken_back = ? WHERE id = (SELECT max(corrections.id) FROM corrections "
                "JOIN photographs ON photographs.id = photograph WHERE content = ? AND taken_back IS NULL)",
                (datetime.now(timezone.utc).isoformat(timespec="seconds"), content),
            )
        return self.correction(content)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise UserError(_cannot(self._path, error)) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise sqlite3.DatabaseError(problem)
        _migrate(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")  # before looking: another window of the program may be at it too
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(_MIGRATIONS):
            raise UserError(tr("The library of corrections belongs to a newer Shelterlens. Please update the program."))
        for script in _MIGRATIONS[version:]:
            for statement in script.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")


def _put_aside(path: Path, error: sqlite3.DatabaseError) -> Path:
    aside = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    try:
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
    except OSError:
        raise UserError(_cannot(path, error)) from error
    return aside


def _cannot(path: Path, error: sqlite3.Error) -> str:
    return tr("The library of corrections ({path}) cannot be used: {reason}.").format(path=path, reason=error)


def _as_text(path: Path | None) -> str:
    """A path as the database can hold it: names that are no valid Unicode keep their odd bytes visibly."""
    return os.fsencode(path).decode("utf-8", "backslashreplace") if path else ""
