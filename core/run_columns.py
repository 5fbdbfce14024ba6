"""All rows of a run as columns in memory: filtered, sorted and counted in a moment, where the database takes seconds.

They are read as the database joins them, a part at a time, as texts that it makes itself: half a million rows come in a
second instead of four, and other threads go on meanwhile. Afterwards only what has changed is read again.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from core.database import Database
from core.folded_texts import FoldedTexts
from core.records import Status
from core.row_filters import Order
from core.run_words import Words

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

STATUSES = (Status.SURE, Status.UNSURE, Status.NOT_A_DOG, Status.UNREADABLE)
_AT_ONCE = 50_000
_KEPT_RUNS = 2
# Probabilities come as whole numbers, which are made and read sooner; a float32 has no digits below this.
_SCALE = 10**12
_FOLDERS = re.compile(rb"[^\0]*[/\\]" if os.name == "nt" else rb"[^\0]*/")

_PART = """
    SELECT count(*), group_concat(f.id), group_concat(f.place), group_concat(coalesce(f.photograph, 0)),
        group_concat(4 * (coalesce(a.label, -1) + 1) + CASE WHEN f.reason != '' THEN 3
            WHEN a.status = 'sure' THEN 0 WHEN a.status = 'unsure' THEN 1 WHEN a.status = 'not_a_dog' THEN 2
            ELSE 3 END),
        group_concat(CAST(coalesce(a.confidence, 0) * :scale AS INTEGER)),
        group_concat(CAST(coalesce(a.doubt, -1) * :scale AS INTEGER)),
        CAST(group_concat(f.animal, char(0)) AS BLOB)
    FROM run_files f LEFT JOIN answers a INDEXED BY answers_in_short ON a.photograph = f.photograph AND a.model = :model
    WHERE f.id > :after AND f.id <= :until AND +f.run = :run
"""


class AnimalNames:
    """The names of animals, the first of which is "", and what was made of them; it does not change."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each name stands."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def ranks(self) -> Codes:
        """The place of each name when they are sorted."""
        ranks = np.empty(len(self.names), np.int32)
        ranks[sorted(range(len(self.names)), key=self.names.__getitem__)] = np.arange(len(self.names))
        return ranks

    @cached_property
    def texts(self) -> FoldedTexts:
        """To look for letters in them."""
        return FoldedTexts([name.replace("\0", " ").encode("utf-8", "surrogatepass") for name in self.names])


@dataclass(frozen=True)
class Columns:
    """The rows in the order of their numbers (`ids`); all of them (rows,), as they were at one moment.

    `photographs` is 0 where the content could not be read; `statuses` are places in STATUSES; `labels` places in the
    model's list, or -1; `animals` places in `animal_names`. `words` has what people said.
    """

    ids: Ints
    places: Ints
    photographs: Ints
    statuses: npt.NDArray[np.int8]
    labels: Codes
    confidences: Ints
    doubts: Ints
    own_animals: Codes  # by their files' names
    animals: Codes  # after what people said
    animal_names: AnimalNames
    words: Words
    orders: dict[tuple[Order, bool, str], Codes] = field(default_factory=dict)  # what was sorted already

    def __len__(self) -> int:
        return len(self.ids)


_NO_NAMES = AnimalNames(("",))


class RunColumns:
    """Keeps the columns of one run up to date; any thread may ask. Raises UserError as the database does."""

    def __init__(self, database: Database, run: int, model: int) -> None:
        """`run` and `model` are numbers of the library."""
        self._database = database
        self._values = {"run": run, "model": model, "scale": _SCALE}
        self._lock, self._names_lock = threading.Lock(), threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._version = -1
        self._columns: Columns | None = None
        self._animals: dict[bytes, int] = {b"": 0}
        self._names: tuple[Ints, FoldedTexts] | None = None

    def now(self) -> Columns:
        """The columns as the database has them now."""
        with self._lock, self._database.understanding():
            with self._database.reading() as connection:
                version = int(connection.execute("PRAGMA data_version").fetchone()[0])
            if self._columns is None or version != self._version:
                self._columns = self._read()
                self._version = version  # what was written since then is read the next time
            return self._columns

    def names(self, columns: Columns) -> FoldedTexts:
        """The names of the files of these rows, without their folders."""
        with self._names_lock:
            if self._names is None or not np.array_equal(self._names[0], columns.ids):
                self._names = columns.ids, self._read_names(columns.ids)
            return self._names[1]

    def by_path(self, columns: Columns) -> Codes:
        """These rows sorted by the paths of their files, whole with folders."""
        with self._database.reading() as connection:
            (found,) = connection.execute(
                "SELECT group_concat(id) FROM (SELECT id FROM run_files WHERE run = :run ORDER BY path)", self._values
            ).fetchone()
        numbers = numbers_in(found or "")
        numbers = numbers[np.isin(numbers, columns.ids)]  # others came or went meanwhile
        places = np.searchsorted(columns.ids, numbers)
        is_missing = np.ones(len(columns), np.bool_)
        is_missing[places] = False
        return np.concatenate([places, np.flatnonzero(is_missing)]).astype(np.int32)

    def written(self, words: str) -> frozenset[int]:
        """The numbers of the rows in whose paths these very words are."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT id FROM run_files WHERE run = ? AND instr(path, CAST(? AS BLOB))", (self._values["run"], words)
            ).fetchall()
        return frozenset(int(number) for (number,) in found)

    def _read(self) -> Columns:
        before, seen = self._columns, self._revisions()
        if before is None or seen != self._seen:  # rows were changed or removed: all of them anew
            self._animals, before = {b"": 0}, None
        self._seen = ()  # should something go wrong: all anew the next time
        parts = [_parsed(part, self._animals) for part in self._parts(int(before.ids[-1]) if before else 0)]
        words = (before.words if before else Words.none()).updated(self._database)
        self._seen = seen
        if before is not None and not parts and words is before.words:
            return before
        columns = _joined(before, parts, words)
        orders = before.orders if before is not None and not parts else {}
        kept = {key: order for key, order in orders.items() if not key[0].needs_words}
        return replace(self._with_animals(columns, before), orders=kept)

    def _with_animals(self, columns: Columns, before: Columns | None) -> Columns:
        """With the animals that people gave: they count."""
        grouped = columns.words.animals_of(columns.photographs)
        given = {}
        for code, name in enumerate(columns.words.animal_names):
            given[code] = self._animals.setdefault(name.encode("utf-8", "surrogatepass"), len(self._animals))
        places = np.array([given[code] for code in range(len(given))], np.int32)
        animals = columns.own_animals
        if len(places):
            animals = np.where(grouped >= 0, places[np.maximum(grouped, 0)], columns.own_animals)
        names = before.animal_names if before is not None else None
        if names is None or len(names.names) != len(self._animals):
            names = AnimalNames([name.decode("utf-8", "replace") for name in self._animals])
        return replace(columns, animals=animals, animal_names=names)

    def _revisions(self) -> tuple[int, ...]:
        """What grows when rows or answers that were there are changed or removed."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT (SELECT revision FROM runs WHERE id = :run), (SELECT revision FROM models WHERE id = :model)",
                self._values,
            ).fetchone()
        return tuple(int(number or 0) for number in found)

    def _parts(self, known: int) -> list[tuple[Any, ...]]:
        """The rows after the last one that is known, as texts, some at a time: others read in between."""
        values = {**self._values, "known": known}
        with self._database.reading() as connection:
            asked = "SELECT min(id) FROM run_files WHERE run = :run AND id > :known"
            (first,) = connection.execute(asked, values).fetchone()
            (last,) = connection.execute("SELECT max(id) FROM run_files WHERE run = :run", values).fetchone()
        if first is None:
            return []
        parts = []
        for after in range(first - 1, last, _AT_ONCE):
            values |= {"after": after, "until": min(last, after + _AT_ONCE)}
            with self._database.reading() as connection:
                part = connection.execute(_PART, values).fetchone()
            if part[0]:
                parts.append(part)
        return parts

    def _read_names(self, ids: Ints) -> FoldedTexts:
        known = self._names
        is_longer = known is not None and len(known[0]) <= len(ids) and np.array_equal(ids[: len(known[0])], known[0])
        before = known[1] if known is not None and is_longer else None
        wanted = ids[len(before) :] if before is not None else ids
        names: list[bytes] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            with self._database.reading() as connection:
                rows = connection.execute(
                    "SELECT CAST(group_concat(path, char(0)) AS BLOB) FROM "
                    "(SELECT path FROM run_files WHERE id >= ? AND id <= ? AND +run = ? ORDER BY id)",
                    (int(some[0]), int(some[-1]), self._values["run"]),
                ).fetchone()
            read = _FOLDERS.sub(b"", rows[0] or b"").split(b"\0")
            names += read if len(read) == len(some) else [b""] * len(some)  # rows went meanwhile: read anew next time
        return FoldedTexts(names, before)


_kept: WeakKeyDictionary[Database, OrderedDict[tuple[int, int], RunColumns]] = WeakKeyDictionary()
_keeping = threading.Lock()


def columns_of(database: Database, run: int, model: int) -> RunColumns:
    """The columns of a run with the answers of a model; those of the last few runs are kept."""
    with _keeping:
        kept = _kept.setdefault(database, OrderedDict())
        found = kept.pop((run, model), None) or RunColumns(database, run, model)
        kept[run, model] = found
        while len(kept) > _KEPT_RUNS:
            kept.popitem(last=False)
        return found


def numbers_in(text: str) -> Ints:
    """The whole numbers of a text with commas between them."""
    return np.fromstring(text, np.int64, sep=",")


def coded(texts: Sequence[bytes], codes: dict[bytes, int]) -> Codes:
    """The place of each text in `codes`, which learns those that are new."""
    return np.fromiter((codes.setdefault(text, len(codes)) for text in texts), np.int32, len(texts))


def _parsed(part: tuple[Any, ...], animals: dict[bytes, int]) -> Columns:
    number, *texts, names = part
    ids, places, photographs, answers, confidences, doubts = map(numbers_in, texts)
    own = coded((names or b"").split(b"\0"), animals)
    assert len(own) == number, "an animal's name has no byte 0"
    statuses, labels = (answers % 4).astype(np.int8), (answers // 4 - 1).astype(np.int32)
    none = Words.none()
    return Columns(ids, places, photographs, statuses, labels, confidences, doubts, own, own, _NO_NAMES, none)


_JOINED = ("ids", "places", "photographs", "statuses", "labels", "confidences", "doubts", "own_animals")


def _joined(before: Columns | None, parts: Sequence[Columns], words: Words) -> Columns:
    together = [*([before] if before is not None else []), *parts]
    if len(together) == 1:
        return replace(together[0], words=words)
    if not together:
        empty, codes = np.zeros(0, np.int64), np.zeros(0, np.int32)
        return Columns(empty, empty, empty, np.zeros(0, np.int8), codes, empty, empty, codes, codes, _NO_NAMES, words)
    columns: dict[str, Any] = {name: np.concatenate([getattr(one, name) for one in together]) for name in _JOINED}
    return Columns(**columns, animals=columns["own_animals"], animal_names=_NO_NAMES, words=words)
