"""Photographs become embeddings that are kept: each goes through the networks of a model once in its life.

The vectors lie in a database of the training's own, by the photograph's content; those that the library has already
are used from there, and nothing is written to it.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.batch import Answered, Batch
from core.bundles import Bundle
from core.crew import Worker
from core.database import Database, path_bytes
from core.errors import Cancelled, PhotoError
from core.fingerprints import backbones_fingerprint
from core.folders import library_path, training_dir
from core.knowledge import Also, Knowledge, Known, Result, Stamp, as_kept
from core.looks import Looker, Task
from core.network_sets import NetworkSets
from core.photos import photo_from_file, read_file
from core.records import Floats, Status, Verdict
from core.texts import tr
from core.train_records import Phase
from training.telling import Telling, stop_if_asked

log = logging.getLogger(__name__)

DATABASE_FILE = "embeddings.sqlite"
_VERDICT = Verdict(Status.UNSURE)  # nobody asks the head


@dataclass(frozen=True)
class Embedded:
    """Photographs with their vectors (n, channels) float32, in the order asked for.

    `contents` are the SHA-256 of the files. Those without a vector are in `problems` with the reason, and nowhere else.
    """

    paths: tuple[Path, ...]
    contents: tuple[str, ...]
    vectors: Floats
    problems: Mapping[Path, str]

    def places(self) -> dict[Path, int]:
        """The row of each photograph."""
        return {path: row for row, path in enumerate(self.paths)}


def embed(bundle: Bundle, paths: Sequence[Path], telling: Telling, phase: Phase = Phase.EMBEDDING) -> Embedded:
    """The vectors of photographs; the networks are asked only for those that nobody has seen yet.

    Files whose size and time are the same as before are not even read. Stops between two photographs, raising
    Cancelled; what was embedded until then is kept, as it is when the process is killed. Raises BundleError when the
    networks are needed and cannot be used, UserError when a drive or the database is gone.
    """
    telling.phase(phase, len(paths))
    stop_if_asked(telling)
    database = Database(training_dir() / DATABASE_FILE)
    try:
        with closing(_Library(bundle)) as library:
            batch = _EmbeddingBatch(bundle, database, library, len(paths))
            found = ((path, "") for path in paths)
            done = 0
            with closing(batch.steps(found, lambda: telling.asked_to_stop() is not None)) as steps:
                for step in steps:
                    done += len(step.answers)
                    telling.progress(done)
    finally:
        database.close()
    if done < len(paths):
        raise Cancelled
    return batch.embedded(paths)


def vectors_of_contents(bundle: Bundle, contents: Iterable[str]) -> dict[str, Floats]:
    """The vectors (channels,) that are kept of photographs known by their contents; those of unknown ones are missing.

    For photographs of the library whose files are gone. No network is asked.
    """
    database = Database(training_dir() / DATABASE_FILE)
    try:
        with closing(_Library(bundle)) as library:
            own = Knowledge(database, bundle)
            found = {content: _vector_of(content, own, library) for content in dict.fromkeys(contents)}
    finally:
        database.close()
    return {content: vector for content, vector in found.items() if vector is not None}


def _vector_of(content: str, own: Knowledge, library: _Library) -> Floats | None:
    known = own.of_content(content)
    if known is not None and known.vector is not None:
        return known.vector
    return library.of_content(content)


@dataclass(frozen=True)
class _Found(Result):
    """One file with its `embedding` (channels,); `vector` is the same where it is to be kept."""

    embedding: Floats | None = None


class _Library:
    """The vectors of one set of networks in the library of photographs, which is read only; any thread may ask."""

    def __init__(self, bundle: Bundle) -> None:
        self._lock = threading.Lock()
        self._channels = bundle.info.channels
        self._connection: sqlite3.Connection | None = None
        self._backbone = 0
        if not library_path().is_file():
            return
        try:
            address = f"{library_path().resolve().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            query = "SELECT id FROM backbones WHERE fingerprint = ?"
            row = self._connection.execute(query, (backbones_fingerprint(bundle),)).fetchone()
        except sqlite3.Error:  # an old one, a damaged one: the window says so to those who use it
            log.warning("the library's vectors cannot be used", exc_info=True)
            row = None
        if row is None:
            self.close()
        else:
            self._backbone = int(row[0])

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def at_path(self, path: Path, stamp: Stamp) -> tuple[str, Floats] | None:
        """Content and vector of a file that is known by path, size and time."""
        row = self._row(
            "SELECT content, vector FROM files JOIN photographs ON photographs.id = files.photograph "
            "JOIN vectors ON vectors.photograph = photographs.id AND backbone = ? "
            "WHERE files.path = ? AND size = ? AND modified_ns = ?",
            (self._backbone, path_bytes(path), stamp.size, stamp.modified_ns),
        )
        vector = None if row is None else self._vector(row[1])
        return None if row is None or vector is None else (str(row[0]), vector)

    def of_content(self, content: str) -> Floats | None:
        """The vector of a photograph known by its content."""
        row = self._row(
            "SELECT vector FROM vectors JOIN photographs ON photographs.id = photograph "
            "WHERE backbone = ? AND content = ?",
            (self._backbone, content),
        )
        return None if row is None else self._vector(row[0])

    def _row(self, query: str, values: tuple[object, ...]) -> tuple[object, ...] | None:
        with self._lock:
            if self._connection is None:
                return None
            try:
                found: tuple[object, ...] | None = self._connection.execute(query, values).fetchone()
            except sqlite3.Error:
                log.warning("the library's vectors cannot be read", exc_info=True)
                return None
        return found

    def _vector(self, kept: object) -> Floats | None:
        vector = (
            np.frombuffer(kept, np.float16).astype(np.float32) if isinstance(kept, bytes) else np.empty(0, np.float32)
        )
        return vector if len(vector) == self._channels else None


class _EmbeddingLooker(Looker):
    """Gives the vector of a file instead of an answer; several threads may use it."""

    def __init__(self, bundle: Bundle, knowledge: Knowledge, library: _Library) -> None:
        super().__init__(bundle, NetworkSets(bundle), knowledge)
        self._own, self._library = knowledge, library

    def known(self, files: Sequence[tuple[Task, Stamp | None]]) -> list[Result | None]:
        """The vectors of files that are known by path, size and time; None for those that must be read."""
        there = [(task.path, stamp) for task, stamp in files if stamp is not None]
        own = iter(self._own.at_paths(there))
        return [None if stamp is None else self._known(task, stamp, next(own)) for task, stamp in files]

    def _known(self, task: Task, stamp: Stamp, own: Known | None) -> Result | None:
        content, vector = ("", None) if own is None else (own.content, own.vector)
        if vector is None and content:
            vector = self._library.of_content(content)
        if vector is None and (there := self._library.at_path(task.path, stamp)) is not None:
            content, vector = there
        if vector is None:
            return None
        return _Found(task.place, task.path, "", _VERDICT, content=content, embedding=vector)

    def look(self, task: Task, worker: Worker[Task, Result]) -> Result:
        """The vector of a file that must be read; what is wrong with the file is part of it."""
        try:
            with worker.reading() as progressed:
                file = read_file(task.path, progressed)
            stamp = Stamp(file.size, file.modified_ns)
            result = _Found(task.place, task.path, "", _VERDICT, content=file.content, stamp=stamp)
            vector = _vector_of(file.content, self._own, self._library)
            if vector is not None:
                return replace(result, embedding=vector)
            # A file too large to be held is read again, and the drive may hang.
            with worker.reading() if file.data is None else nullcontext():
                photo = photo_from_file(file, self.sets.least_px)
            worker.stop_if_closed()
            with self.sets.borrowed() as classifier:
                worker.stop_if_closed()
                vector = as_kept(classifier.features(photo).embedding)
            if not np.isfinite(vector).all():
                raise PhotoError(tr("The model finds no answer for this photograph."))
            return replace(result, embedding=vector, vector=vector)
        except PhotoError as error:
            return self.refused(task, error)


class _EmbeddingBatch(Batch):
    """A batch whose results are vectors: `embedded` has them at the end."""

    def __init__(self, bundle: Bundle, database: Database, library: _Library, count: int) -> None:
        super().__init__(bundle, None)
        database.write_lazily()
        self.looker = _EmbeddingLooker(bundle, Knowledge(database, bundle), library)
        self._vectors = np.zeros((count, bundle.info.channels), np.float32)
        self._contents: list[str] = [""] * count
        self._problems: dict[int, str] = {}

    def kept(self, results: Sequence[Result], also: Also | None) -> tuple[Answered, ...]:
        """Keep what is new, in one transaction."""
        new = [result for result in results if result.stamp is not None]
        if new and self.looker.knowledge is not None:
            self.looker.knowledge.keep(new, also)
        for result in results:
            embedding = result.embedding if isinstance(result, _Found) else None
            if embedding is None:
                self._problems[result.place] = result.verdict.reason
            else:
                self._vectors[result.place], self._contents[result.place] = embedding, result.content
        return tuple(Answered(one.place, one.path, one.verdict) for one in results)

    def embedded(self, paths: Sequence[Path]) -> Embedded:
        """What came of all of them."""
        good = [place for place in range(len(paths)) if place not in self._problems]
        vectors = self._vectors if len(good) == len(paths) else self._vectors[good]
        problems = {paths[place]: reason for place, reason in sorted(self._problems.items())}
        contents = tuple(self._contents[place] for place in good)
        return Embedded(tuple(paths[place] for place in good), contents, vectors, problems)
