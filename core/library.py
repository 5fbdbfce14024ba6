"""What the volunteers said of their photographs: kept beside the predictions, never over them, and undone in order.

Photographs are known by their content, so that a word on one is found again after a rename or a move.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

from core.database import Database, now_text
from core.errors import LibraryError
from core.library_aside import untold
from core.library_unwritten import Unwritten, Word
from core.records import Correction, Kind, Photo
from core.texts import tr

log = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 20
CORRECTION_COLUMNS = "kind, label, name, who, model, predicted, probability, at, second, second_name, status"


_NOWHERE: Mapping[int, tuple[str, Path]] = {}


class Act(Enum):
    """What was done in one go."""

    LABEL = "label"
    GROUP = "group"


@dataclass(frozen=True)
class Undone:
    """What was taken back: the kind of act, the photographs (their ids), and when and by whom it had been done."""

    act: Act
    photographs: tuple[int, ...]
    who: str
    at: datetime


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
    """The volunteers' side of the database; any thread may use it. What goes wrong is raised as UserError."""

    def __init__(self, path: Path, unwritten: Path | None = None) -> None:
        """`unwritten` is a file for words that cannot be written here; those that wait there are written now."""
        self.database = Database(path)
        self.notice = untold(path) or self.database.notice
        self._unwritten = Unwritten(unwritten)
        try:
            if waited := self._write_unwritten():
                said = tr("{count} words that could not be written when they were said are in the library now.")
                if waited == 1:
                    said = tr("One word that could not be written when it was said is in the library now.")
                self.notice = f"{self.notice} {said.format(count=waited)}".strip()
        except LibraryError as error:
            log.warning("words still wait: %s", error)

    def _write_unwritten(self) -> int:
        """Write what waits, before anything newer; how many words that were."""
        words, until = self._unwritten.waiting()
        if not words:
            return 0
        with self.database.writing() as connection:
            act = _begin(connection, Act.LABEL, words[-1].correction.who)
            for word in words:
                photograph = photograph_id(connection, word.content, Path(word.path) if word.path else None)
                _label(connection, act, photograph, word.correction)
        self._unwritten.forget(until)
        return len(words)

    @contextmanager
    def _kept_or_waiting(self, words: Sequence[Word]) -> Iterator[sqlite3.Connection]:
        """A transaction; where it cannot be, the words wait until the library can be written. Raises LibraryError."""
        try:
            self._write_unwritten()
            with self.database.writing() as connection:
                yield connection
        except LibraryError as error:
            if not words:
                raise
            file = self._unwritten.keep(words)
            said = tr("What you said goes into the library as soon as it can be written; until then it is kept here.")
            if file is not None:
                said = tr(
                    "What you said goes into the library as soon as it can be written; until then it is in {path}."
                )
            raise LibraryError(f"{error} {said.format(path=file)}") from error

    def correct(self, content: str, path: Path | None, correction: Correction) -> Correction:
        """Keep what the volunteer says; the latest correction of a photograph counts. Returns it with its time."""
        kept = replace(correction, at=_now())
        with self._kept_or_waiting([Word(content, _as_text(path), kept)]) as connection:
            photograph = photograph_id(connection, content, path)
            _label(connection, _begin(connection, Act.LABEL, kept.who), photograph, kept)
        return kept

    def label(self, corrections: Mapping[int, Correction], seen: Mapping[int, tuple[str, Path]] = _NOWHERE) -> None:
        """Keep what a volunteer says of several photographs (by id), as one act.

        `seen` has their contents and paths: what cannot be written now waits with them.
        """
        at = _now()
        words = [
            Word(seen[photograph][0], _as_text(seen[photograph][1]), replace(correction, at=at))
            for photograph, correction in corrections.items()
            if photograph in seen
        ]
        with self._kept_or_waiting(words) as connection:
            act = None
            for photograph, correction in corrections.items():
                act = act or _begin(connection, Act.LABEL, correction.who)
                _label(connection, act, photograph, replace(correction, at=at))

    def group(self, photographs: Iterable[int], animal: str, who: str) -> None:
        """These photographs (by id) show this animal, whatever their names say; an empty name: each its own."""
        with self._kept_or_waiting(()) as connection:
            act = _begin(connection, Act.GROUP, who)
            rows = [(photograph, animal, act) for photograph in photographs]
            connection.executemany("INSERT INTO groupings(photograph, animal, action) VALUES (?, ?, ?)", rows)

    def undo(self) -> Undone | None:
        """Take the latest act back that still counts, of whichever session it was; None when there is none left."""
        with self._kept_or_waiting(()) as connection:
            found = connection.execute("SELECT id, what, who, at FROM actions WHERE undone IS NULL ORDER BY id DESC")
            row = found.fetchone()
            if row is None:
                return None
            act, what, who, begun = row
            at = datetime.fromisoformat(begun)
            table = "corrections" if Act(what) is Act.LABEL else "groupings"
            photographs = connection.execute(
                f"UPDATE {table} SET taken_back = ? WHERE action = ? AND taken_back IS NULL RETURNING photograph",
                (now_text(), act),
            ).fetchall()
            connection.execute("UPDATE actions SET undone = ? WHERE id = ?", (now_text(), act))
        return Undone(Act(what), tuple(number for (number,) in photographs), who, at)

    @property
    def can_undo(self) -> bool:
        """Whether there is an act to take back."""
        with self.database.reading() as connection:
            return connection.execute("SELECT 1 FROM actions WHERE undone IS NULL LIMIT 1").fetchone() is not None

    def correction(self, content: str) -> Correction | None:
        """What counts for the photograph with this content."""
        with self.database.reading() as connection:
            row = connection.execute(
                f"SELECT {CORRECTION_COLUMNS} FROM corrections "
                "WHERE photograph = (SELECT id FROM photographs WHERE content = ?) AND taken_back IS NULL "
                "ORDER BY id DESC LIMIT 1",
                (content,),
            ).fetchone()
            return correction_of(row)

    def take_back(self, content: str) -> Correction | None:
        """Take the latest correction of this photograph back; the one that counts now, if there is one before it."""
        with self._kept_or_waiting(()) as connection:
            connection.execute(
                "UPDATE corrections SET taken_back = ? WHERE id = (SELECT max(corrections.id) FROM corrections "
                "JOIN photographs ON photographs.id = photograph WHERE content = ? AND taken_back IS NULL)",
                (now_text(), content),
            )
            # An act of which nothing counts any more would make "undo" do nothing.
            connection.execute(
                "UPDATE actions SET undone = ? WHERE undone IS NULL AND what = ? AND NOT EXISTS "
                "(SELECT 1 FROM corrections WHERE action = actions.id AND taken_back IS NULL)",
                (now_text(), Act.LABEL.value),
            )
        return self.correction(content)

    def close(self) -> None:
        self.database.close()


def photograph_id(connection: sqlite3.Connection, content: str, path: Path | None) -> int:
    """The number of the photograph with this content, which is new or was seen before, perhaps elsewhere."""
    row = connection.execute(
        "INSERT INTO photographs(content, path) VALUES (?, ?) "
        "ON CONFLICT(content) DO UPDATE SET path = excluded.path RETURNING id",
        (content, _as_text(path)),
    ).fetchone()
    return int(row[0])


def correction_of(row: tuple[object, ...] | None) -> Correction | None:
    """The correction in a row of CORRECTION_COLUMNS; None where there is none."""
    if row is None or row[0] is None:
        return None
    kind, label, name, who, model, predicted, probability, at, second, second_name, status = map(str, row)
    said = datetime.fromisoformat(at)
    return Correction(
        *(Kind(kind), label, name, who, model, predicted, float(probability), said, second, second_name, status)
    )


def _begin(connection: sqlite3.Connection, act: Act, who: str) -> int:
    cursor = connection.execute("INSERT INTO actions(at, who, what) VALUES (?, ?, ?)", (now_text(), who, act.value))
    return int(cursor.lastrowid or 0)


def _label(connection: sqlite3.Connection, act: int, photograph: int, kept: Correction) -> None:
    assert kept.at is not None
    connection.execute(
        f"INSERT INTO corrections(photograph, action, {CORRECTION_COLUMNS}) VALUES (?, ?, {', '.join('?' * 11)})",
        (
            *(photograph, act, kept.kind.value, kept.label, kept.name, kept.who, kept.model, kept.predicted),
            *(kept.probability, kept.at.isoformat(), kept.second, kept.second_name, kept.status),
        ),
    )


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)


def _as_text(path: Path | None) -> str:
    """A path as text for people: names that are no valid Unicode keep their odd bytes visibly."""
    return os.fsencode(path).decode("utf-8", "backslashreplace") if path else ""
