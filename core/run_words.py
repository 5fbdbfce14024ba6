"""What volunteers said of photographs, as columns in memory by the photographs' numbers; see core.run_columns."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.database import Database

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

# With more changes than this, everything is read anew.
_MOST_CHANGES = 20_000
_APART = "\x1f"
_FIELDS = f" || '{_APART}' || ".join(("c.kind", "c.label", "c.name", "c.second", "c.second_name"))
# The latest that was not taken back; `{photographs}` narrows to some.
_WORDS = f"""
    SELECT c.photograph, CAST(coalesce(strftime('%s', c.at), 0) AS INTEGER), {_FIELDS} FROM corrections c WHERE c.id IN
        (SELECT max(id) FROM corrections WHERE taken_back IS NULL {{photographs}} GROUP BY photograph)
"""
_ANIMALS = """
    SELECT g.photograph, g.animal FROM groupings g WHERE g.id IN
        (SELECT max(id) FROM groupings WHERE taken_back IS NULL {photographs} GROUP BY photograph)
"""
_SOME = "AND photograph IN (SELECT value FROM json_each(:photographs))"
_CHANGED = """
    SELECT photograph FROM {table} WHERE id > :last UNION
    SELECT photograph FROM {table} WHERE revision > :revision AND revision > 0
"""


class Said(NamedTuple):
    """A word as it counts for filters: as in core.records.Correction."""

    kind: str
    label: str
    name: str
    second: str
    second_name: str


@dataclass(frozen=True)
class Words:
    """The words and animals that count: by the number of a photograph, -1 without one. It does not change.

    `codes` are places in `said`, `at` seconds since 1970, `animals` places in `animal_names`; `seen` is how far the
    tables were read: the last number and the last revision of the words, and of the animals.
    """

    codes: Codes
    at: Ints
    animals: Codes
    said: tuple[Said, ...]
    animal_names: tuple[str, ...]
    seen: tuple[int, int, int, int]

    @staticmethod
    def none() -> Words:
        """Nobody has said anything."""
        return Words(_nobody(1), np.zeros(1, np.int64), _nobody(1), (), (), (0, 0, 0, 0))

    def updated(self, database: Database) -> Words:
        """With what was said and taken back since; the same where that is nothing."""
        with database.reading() as connection:
            seen = _seen(connection)
            if seen == self.seen:
                return self
            words, animals = _changed(connection, self.seen)
            most = int(connection.execute("SELECT coalesce(max(id), 0) FROM photographs").fetchone()[0])
            new = replace(self._longer(most), seen=seen)
            return new._with_words(connection, words)._with_animals(connection, animals)

    def codes_of(self, photographs: Ints) -> Codes:
        """What was said of these photographs (0: none), as places in `said` or -1."""
        return self.codes[np.where(photographs < len(self.codes), photographs, 0)]

    def at_of(self, photographs: Ints) -> Ints:
        """When that was."""
        return self.at[np.where(photographs < len(self.at), photographs, 0)]

    def animals_of(self, photographs: Ints) -> Codes:
        """The animals that people gave to these photographs, as places in `animal_names` or -1."""
        return self.animals[np.where(photographs < len(self.animals), photographs, 0)]

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Each word of `said` as one text, as in core.row_filters.Filter."""
        return tuple(said_text(one.kind, one.label, one.name) for one in self.said)

    def _longer(self, most: int) -> Words:
        """Copies with room for all photographs."""
        room = max(most + 1, len(self.codes))
        more = room - len(self.codes)
        codes = np.concatenate([self.codes, _nobody(more)])
        animals = np.concatenate([self.animals, _nobody(more)])
        return replace(self, codes=codes, animals=animals, at=np.concatenate([self.at, np.zeros(more, np.int64)]))

    def _with_words(self, connection: sqlite3.Connection, photographs: list[int] | None) -> Words:
        if photographs == []:
            return self
        rows = connection.execute(*_asked(_WORDS, photographs)).fetchall()
        known = {_APART.join(one): place for place, one in enumerate(self.said)}
        where = slice(None) if photographs is None else np.array(photographs)
        self.codes[where], self.at[where] = -1, 0
        if rows:
            numbers, at, texts = zip(*rows, strict=True)
            self.codes[np.array(numbers)] = [known.setdefault(text, len(known)) for text in texts]
            self.at[np.array(numbers)] = at
        return replace(self, said=tuple(_said(text) for text in known))

    def _with_animals(self, connection: sqlite3.Connection, photographs: list[int] | None) -> Words:
        if photographs == []:
            return self
        rows = connection.execute(*_asked(_ANIMALS, photographs)).fetchall()
        known = {name: place for place, name in enumerate(self.animal_names)}
        self.animals[slice(None) if photographs is None else np.array(photographs)] = -1
        if rows:
            numbers, names = zip(*rows, strict=True)
            self.animals[np.array(numbers)] = [known.setdefault(name, len(known)) for name in names]
        return replace(self, animal_names=tuple(known))


def said_text(kind: str, label: str, name: str) -> str:
    """What a volunteer said, as one text: a label's id, else the kind, or the words as typed."""
    if kind == "breed" and label:
        return label
    return f"other:{name}" if kind in ("breed", "other") else kind


def _said(text: str) -> Said:
    parts = text.split(_APART)
    return Said(*parts) if len(parts) == len(Said._fields) else Said(*(parts + [""] * 5)[:5])


def _nobody(number: int) -> Codes:
    return np.full(number, -1, np.int32)


def _asked(query: str, photographs: list[int] | None) -> tuple[str, dict[str, Any]]:
    if photographs is None:
        return query.format(photographs=""), {}
    return query.format(photographs=_SOME), {"photographs": json.dumps(photographs)}


def _seen(connection: sqlite3.Connection) -> tuple[int, int, int, int]:
    numbers: list[int] = []
    for table in ("corrections", "groupings"):
        for asked in (f"max(id) FROM {table}", f"max(revision) FROM {table} WHERE revision > 0"):
            numbers.append(int(connection.execute(f"SELECT {asked}").fetchone()[0] or 0))
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _changed(
    connection: sqlite3.Connection, seen: tuple[int, int, int, int]
) -> tuple[list[int] | None, list[int] | None]:
    """The photographs about which something was said since; None for very many."""
    found: list[list[int] | None] = []
    for table, last, revision in (("corrections", *seen[:2]), ("groupings", *seen[2:])):
        values = {"last": last, "revision": revision}
        asked = f"SELECT photograph FROM ({_CHANGED.format(table=table)}) LIMIT {_MOST_CHANGES + 1}"
        changed = [int(number) for (number,) in connection.execute(asked, values)]
        found.append(None if len(changed) > _MOST_CHANGES else changed)
    return found[0], found[1]
