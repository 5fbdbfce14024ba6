"""What the library knows of photographs for one model: found by path or by content, and kept in one go.

A photograph goes through the networks once in its life; a new head judges the vector that was kept then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bundle_info import BundleInfo
from core.bundles import Bundle
from core.database import Database, path_bytes
from core.fingerprints import backbones_fingerprint, model_fingerprint
from core.library import photograph_id
from core.records import Floats, Prediction, Status, Verdict

# The largest number that a vector can hold as it is kept.
_LARGEST = float(np.finfo(np.float16).max)
# How much doubt there is at most about a photograph without a dog: it needs a look less than an undecided breed.
_MOST_DOUBT_OF_NONE = 0.5
_ANSWER = "answers.status IS NOT NULL, answers.subject, answers.probabilities"
_OF_ANSWER = "LEFT JOIN answers ON answers.photograph = photographs.id AND answers.model = :model"


@dataclass(frozen=True)
class Stamp:
    """By what a file is known without reading it: as long as these stay, so does its content."""

    size: int
    modified_ns: int


@dataclass(frozen=True)
class Known:
    """What the library has of a photograph: `prediction` by this model, or else `vector` (channels,) float32."""

    photograph: int
    content: str
    prediction: Prediction | None = None
    vector: Floats | None = None


@dataclass(frozen=True)
class Result:
    """What became of one file, ready to be kept.

    `photograph` is its number where the library had it already. `vector` and `thumbnail` (JPEG) are there when the
    networks were asked, `judged` when this model answered for the first time. `reason` says why there is no answer.
    """

    place: int
    path: Path
    animal: str
    verdict: Verdict
    photograph: int | None = None
    content: str = ""
    stamp: Stamp | None = None
    prediction: Prediction | None = None
    judged: bool = False
    vector: Floats | None = None
    thumbnail: bytes | None = None

    @property
    def is_known(self) -> bool:
        """Whether no network had to be asked."""
        return self.vector is None and self.prediction is not None


Also = Callable[[sqlite3.Connection, Sequence[tuple[Result, "int | None"]]], None]


class Knowledge:
    """The library's side of one model; any thread may use it. Raises UserError as the database does."""

    def __init__(self, database: Database, bundle: Bundle) -> None:
        self.database = database
        self._info = bundle.info
        with database.writing() as connection:
            self._model = model_id(connection, bundle.info)
            self._backbone = _row_id(connection, "backbones", {"fingerprint": backbones_fingerprint(bundle)})

    def at_paths(self, files: Iterable[tuple[Path, Stamp]]) -> list[Known | None]:
        """What is known of files by path, size and time; None for those that must be read."""
        query = (
            f"SELECT photographs.id, content, {_ANSWER} FROM files "
            f"JOIN photographs ON photographs.id = files.photograph {_OF_ANSWER} "
            "WHERE files.path = :path AND size = :size AND modified_ns = :modified_ns"
        )
        with self.database.reading() as connection:
            return [
                self._known(
                    connection,
                    query,
                    {"path": path_bytes(path), "size": stamp.size, "modified_ns": stamp.modified_ns},
                )
                for path, stamp in files
            ]

    def of_content(self, content: str) -> Known | None:
        """What is known of a photograph by its content, perhaps under another name."""
        query = f"SELECT photographs.id, content, {_ANSWER} FROM photographs {_OF_ANSWER} WHERE content = :content"
        with self.database.reading() as connection:
            return self._known(connection, query, {"content": content})

    def _known(self, connection: sqlite3.Connection, query: str, asked: dict[str, object]) -> Known | None:
        row = connection.execute(query, {"model": self._model, **asked}).fetchone()
        if row is None:
            return None
        photograph, content, is_answered, subject, probabilities = row
        if is_answered:
            values = np.frombuffer(probabilities, np.float32)
            if len(values) == len(self._info.labels):
                return Known(photograph, content, Prediction(values, float(subject)))
        kept = connection.execute(
            "SELECT vector FROM vectors WHERE photograph = ? AND backbone = ?", (photograph, self._backbone)
        ).fetchone()
        return Known(photograph, content, None, self._vector(kept[0]) if kept else None)

    def count_unanswered(self) -> tuple[int, int]:
        """How many photographs have no answer of this model: those with a vector of its networks, and all."""
        without = "NOT EXISTS (SELECT 1 FROM answers WHERE answers.photograph = {} AND model = ?)"
        with self.database.reading() as connection:
            (stored,) = connection.execute(
                f"SELECT count(*) FROM vectors WHERE backbone = ? AND {without.format('vectors.photograph')}",
                (self._backbone, self._model),
            ).fetchone()
            (everything,) = connection.execute(
                f"SELECT count(*) FROM photographs WHERE {without.format('photographs.id')}", (self._model,)
            ).fetchone()
        return int(stored), int(everything)

    def unanswered(self, after: int, most: int) -> list[Known]:
        """The next photographs, by their numbers, that have a vector of these networks and no answer of this model.

        One whose vector is damaged comes without it.
        """
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT photograph, content, vector FROM vectors JOIN photographs ON photographs.id = photograph "
                "WHERE backbone = ? AND photograph > ? AND NOT EXISTS (SELECT 1 FROM answers "
                "WHERE answers.photograph = vectors.photograph AND model = ?) ORDER BY photograph LIMIT ?",
                (self._backbone, after, self._model, most),
            ).fetchall()
        return [Known(photograph, content, None, self._vector(kept)) for photograph, content, kept in rows]

    def _vector(self, kept: bytes) -> Floats | None:
        """A vector as it was kept; None where it has another length than this model's."""
        if len(kept) != self._info.channels * np.dtype(np.float16).itemsize:
            return None
        return np.frombuffer(kept, np.float16).astype(np.float32)

    def keep(self, results: Sequence[Result], also: Also | None = None) -> list[int | None]:
        """Write what is new in the results in one transaction; the photographs' numbers, None for those without one.

        `also` writes more in the same transaction, from the results and their numbers.
        """
        with self.database.writing() as connection:
            numbers = [self._keep(connection, result) for result in results]
            if also is not None:
                also(connection, list(zip(results, numbers, strict=True)))
        return numbers

    def _keep(self, connection: sqlite3.Connection, result: Result) -> int | None:
        number = result.photograph
        if result.stamp is not None and result.content:
            number = photograph_id(connection, result.content, result.path)
            connection.execute(
                "INSERT INTO files(path, size, modified_ns, photograph) VALUES (?, ?, ?, ?) ON CONFLICT(path) "
                "DO UPDATE SET size = excluded.size, modified_ns = excluded.modified_ns, "
                "photograph = excluded.photograph",
                (path_bytes(result.path), result.stamp.size, result.stamp.modified_ns, number),
            )
        if number is None:
            return None
        if result.vector is not None:
            connection.execute(
                "INSERT OR REPLACE INTO vectors(photograph, backbone, vector) VALUES (?, ?, ?)",
                (number, self._backbone, result.vector.astype(np.float16).tobytes()),
            )
        if result.thumbnail is not None:
            connection.execute(
                "INSERT OR REPLACE INTO thumbnails(photograph, jpeg) VALUES (?, ?)", (number, result.thumbnail)
            )
        if result.judged and result.prediction is not None:
            self._keep_answer(connection, number, result.prediction, result.verdict)
        return number

    def _keep_answer(
        self, connection: sqlite3.Connection, photograph: int, prediction: Prediction, verdict: Verdict
    ) -> None:
        best = verdict.candidates[0]
        connection.execute(
            "INSERT OR REPLACE INTO answers"
            "(photograph, model, status, label, confidence, doubt, subject, probabilities) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(photograph, self._model, verdict.status.value, best.label, best.probability),
                *(doubt_of(verdict, self._info), float(prediction.subject)),
                prediction.probabilities.astype(np.float32).tobytes(),
            ),
        )


def model_id(connection: sqlite3.Connection, info: BundleInfo) -> int:
    """The number of this model in the library, which learns of it if it is new."""
    return _row_id(connection, "models", {"fingerprint": model_fingerprint(info), "name": info.name})


def as_kept(embedding: Floats) -> Floats:
    """An embedding with the precision in which vectors are kept, so that the first answer is the same as all later."""
    return np.clip(embedding, -_LARGEST, _LARGEST).astype(np.float16).astype(np.float32)


def doubt_of(verdict: Verdict, info: BundleInfo) -> float:
    """How much a photograph deserves a volunteer's look: 0...1."""
    if verdict.status is Status.NOT_A_DOG:
        rule = info.calibration.subject
        if rule is None or rule.threshold <= 0:
            return 0.0
        return _MOST_DOUBT_OF_NONE * min(1.0, verdict.subject / rule.threshold)
    return 1 - verdict.candidates[0].probability


def _row_id(connection: sqlite3.Connection, table: str, values: dict[str, str]) -> int:
    """The number of the row with this fingerprint, made if it is not there."""
    marks = ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO {table}({', '.join(values)}) VALUES ({marks}) ON CONFLICT(fingerprint) DO NOTHING",
        tuple(values.values()),
    )
    found = connection.execute(f"SELECT id FROM {table} WHERE fingerprint = ?", (values["fingerprint"],))
    return int(found.fetchone()[0])
