"""One run as the window sees it: which rows, in which order, and what stands in those that are visible.

A row is known by its number; the numbers of all rows are cheap, what is in a row is read when it comes into sight.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np

from core.bundle_info import BundleInfo
from core.database import Database, bytes_path
from core.library import CORRECTION_COLUMNS, correction_of
from core.name_search import best_matches, folded
from core.records import Animal, Correction, Kind, Prediction, Status, Tagged, Verdict
from core.verdicts import SHOWN, decide, unreadable

# A row, its answer by the model of the run, the word and the animal that count. Numbers of labels are places in the
# model's list; `said` is the id of the label that counts: the volunteer's, else the first of a sure or unsure answer.
_ROWS = f"""
    SELECT f.id, f.place, f.path, f.photograph, f.reason,
           coalesce(g.animal, f.animal) AS animal,
           CASE WHEN f.reason != '' OR a.status IS NULL THEN 'unreadable' ELSE a.status END AS status,
           coalesce(a.label, -1) AS label, coalesce(a.confidence, 0) AS confidence, coalesce(a.doubt, -1) AS doubt,
           a.subject, a.probabilities, p.content, c.kind IS NOT NULL AS reviewed,
           {", ".join(f"c.{column} AS c_{column}" for column in CORRECTION_COLUMNS.split(", "))}
    FROM run_files f
    LEFT JOIN photographs p ON p.id = f.photograph
    LEFT JOIN answers a ON a.photograph = f.photograph AND a.model = :model
    LEFT JOIN corrections c ON c.id =
        (SELECT max(id) FROM corrections WHERE photograph = f.photograph AND taken_back IS NULL)
    LEFT JOIN groupings g ON g.id =
        (SELECT max(id) FROM groupings WHERE photograph = f.photograph AND taken_back IS NULL)
    WHERE f.run = :run
"""
_CORRECTION = ", ".join(f"c_{column}" for column in CORRECTION_COLUMNS.split(", "))
_MOST_AT_ONCE = 500


class Order(Enum):
    """How rows are sorted; `DOUBT` has the most doubtful first."""

    DOUBT = "doubt"
    PLACE = "place"
    NAME = "name"
    STATUS = "status"
    BREED = "breed"
    CONFIDENCE = "confidence"
    ANIMAL = "animal"
    REVIEWED = "reviewed"


_RANK = "CASE status WHEN 'sure' THEN 0 WHEN 'unsure' THEN 1 WHEN 'not_a_dog' THEN 2 ELSE 3 END"
# What each order sorts by, forwards and backwards; equal ones stay in the order of the folder both ways.
_SORTED = {
    Order.DOUBT: ("doubt DESC, place", "doubt, place"),
    Order.PLACE: ("place", "place DESC"),
    Order.NAME: ("path", "path DESC"),
    Order.STATUS: (f"{_RANK}, place", f"{_RANK} DESC, place"),
    Order.BREED: ("place", "place"),
    Order.CONFIDENCE: ("confidence DESC, place", "confidence, place"),
    Order.ANIMAL: ("animal = '', animal, place", "animal = '', animal DESC, place"),
    Order.REVIEWED: ("reviewed DESC, c_at DESC, place", "reviewed, c_at, place"),
}


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; all that is given must hold, and an empty filter wants every row.

    `label` (a label's id) is the breed that counts: the volunteer's, else the first of a sure or unsure answer; a cross
    counts for both. `words` are looked for in names of files, animals and breeds (English and French). `animal` is
    exact. A cell of the confusion matrix is `predicted` (a label's id) and `said` (as `said_of` gives it).
    `photographs` (ids) narrows to these, such as those that are perhaps wrong.
    """

    statuses: frozenset[Status] = frozenset()
    label: str | None = None
    animal: str | None = None
    reviewed: bool | None = None
    words: str = ""
    predicted: str | None = None
    said: str | None = None
    photographs: frozenset[int] | None = None


@dataclass(frozen=True)
class Row:
    """One photograph of the run; `photograph` is None where its content could not be read."""

    number: int
    place: int
    photograph: int | None
    tagged: Tagged
    prediction: Prediction | None
    doubt: float


@dataclass(frozen=True)
class _Terms:
    """What a filter asks of the database."""

    texts: list[str] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)

    def add(self, text: str, **values: object) -> None:
        self.texts.append(text)
        self.values.update(values)


class Review:
    """The rows of one run. `info` is the model of that run; any thread may ask. Raises UserError."""

    def __init__(self, database: Database, run: int, model: str, info: BundleInfo) -> None:
        """`model` is the fingerprint of the model that answered."""
        self.database = database
        self.run = run
        self.info = info
        self.model = model

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {label.id: place for place, label in enumerate(self.info.labels)}

    def numbers(self, wanted: Filter = Filter(), order: Order = Order.DOUBT, reverse: bool = False) -> list[int]:
        """The rows that are wanted, sorted; what is equal stays in the order of the folder."""
        terms = self._terms(wanted)
        by = _SORTED[order][reverse]
        with self.database.reading() as connection:
            found = connection.execute(
                f"SELECT id, CASE WHEN status IN ('sure', 'unsure') THEN label ELSE -1 END, c_kind, c_label, c_name "
                f"FROM ({_ROWS}){_where(terms)} ORDER BY {by}",
                self._values | terms.values,
            ).fetchall()
        if order is Order.BREED:
            names = {words: self._name_to_sort(*words) for words in {row[1:] for row in found}}
            found.sort(key=lambda row: names[row[1:]], reverse=reverse)
        return [int(row[0]) for row in found]

    def rows(self, numbers: Sequence[int]) -> list[Row]:
        """What stands in these rows, in this order; rows that are gone are left out."""
        rows: dict[int, Row] = {}
        for start in range(0, len(numbers), _MOST_AT_ONCE):
            asked = json.dumps(list(numbers[start : start + _MOST_AT_ONCE]))
            rows |= {row.number: row for row in self._read("id IN (SELECT value FROM json_each(:asked))", asked=asked)}
        return [rows[number] for number in numbers if number in rows]

    def row(self, number: int) -> Row | None:
        """One row; None when it is gone."""
        return next(iter(self.rows([number])), None)

    def photographs(self, wanted: Filter = Filter()) -> Iterator[Tagged]:
        """The photographs that are wanted, in the order of the folder, a few at a time; for exports."""
        numbers = self.numbers(wanted, Order.PLACE)
        for start in range(0, len(numbers), _MOST_AT_ONCE):
            yield from (row.tagged for row in self.rows(numbers[start : start + _MOST_AT_ONCE]))

    def animal_rows(self, animal: str) -> list[Row]:
        """All photographs of one animal, in the order of the folder."""
        return list(self._read("animal = :animal AND animal != '' ORDER BY place", animal=animal))

    def animals(self, wanted: Filter = Filter()) -> Iterator[Animal]:
        """The animals with a wanted photograph, each with all its photographs; one without a name is its own animal."""
        groups = self._groups(wanted)
        while groups:
            some: list[list[int]] = []
            while groups and sum(map(len, some)) < _MOST_AT_ONCE:
                some.append(groups.popleft())
            read = {row.number: row for row in self.rows([number for group in some for number in group])}
            for group in some:
                rows = [read[number] for number in group if number in read]
                if rows:
                    name = rows[0].tagged.animal or rows[0].tagged.path.stem
                    yield animal_from(name, rows, self.info)

    def _groups(self, wanted: Filter) -> deque[list[int]]:
        """The rows of each animal that has a wanted one, in the order of the folder."""
        numbers = self.numbers(wanted, Order.PLACE)
        with self.database.reading() as connection:
            found = connection.execute(f"SELECT id, animal FROM ({_ROWS}) ORDER BY place", self._values).fetchall()
        names: dict[int, str] = dict(found)
        members: dict[str, list[int]] = {}
        for number, name in names.items():
            members.setdefault(name, []).append(number)
        groups: deque[list[int]] = deque()
        for number in numbers:
            name = names.get(number, "")
            if not name:
                groups.append([number])
            elif name in members:
                groups.append(members.pop(name))
        return groups

    def animal_of(self, row: Row) -> Animal:
        """Whom the photograph of this row shows, with the answer from all photographs of the animal together."""
        name = row.tagged.animal
        rows = self.animal_rows(name) if name else [row]
        return animal_from(name or row.tagged.path.stem, rows or [row], self.info)

    def names_of_animals(self) -> list[str]:
        """All animals that have a name, sorted."""
        with self.database.reading() as connection:
            found = connection.execute(
                f"SELECT DISTINCT animal FROM ({_ROWS}) WHERE animal != '' ORDER BY animal", self._values
            ).fetchall()
        return [str(name) for (name,) in found]

    def breeds(self) -> dict[str, int]:
        """How often each breed counts, as `Filter.label` has it, by the label's id, the most frequent first."""
        counts: dict[str, int] = {}
        with self.database.reading() as connection:
            found = connection.execute(
                f"SELECT c_kind, c_label, c_second, label, count(*) FROM ({_ROWS}) "
                "WHERE (c_kind IS NULL AND status IN ('sure', 'unsure')) OR c_kind IN ('breed', 'cross') "
                "GROUP BY c_kind, c_label, c_second, label",
                self._values,
            ).fetchall()
        for kind, said, second, label, number in found:
            for breed in {str(said), str(second)} if kind else {self.info.labels[label].id}:
                if breed:
                    counts[breed] = counts.get(breed, 0) + number
        return dict(sorted(counts.items(), key=lambda one: -one[1]))

    def thumbnail(self, photograph: int) -> bytes | None:
        """The small picture (JPEG) that was kept when the photograph was tagged."""
        with self.database.reading() as connection:
            found = connection.execute("SELECT jpeg FROM thumbnails WHERE photograph = ?", (photograph,)).fetchone()
        return bytes(found[0]) if found else None

    @property
    def _values(self) -> dict[str, object]:
        with self.database.reading() as connection:
            found = connection.execute("SELECT id FROM models WHERE fingerprint = ?", (self.model,)).fetchone()
        return {"run": self.run, "model": found[0] if found else -1}

    def _read(self, where: str, **values: object) -> Iterator[Row]:
        with self.database.reading() as connection:
            found = connection.execute(
                "SELECT id, place, path, photograph, reason, animal, status, doubt, subject, probabilities, content, "
                f"{_CORRECTION} FROM ({_ROWS}) WHERE {where}",
                self._values | values,
            ).fetchall()
        for number, place, path, photograph, reason, animal, status, doubt, subject, values_, content, *said in found:
            prediction = None
            if status != Status.UNREADABLE.value:
                prediction = Prediction(np.frombuffer(values_, np.float32), subject)
            verdict = decide(prediction, self.info, SHOWN) if prediction else unreadable(reason)
            tagged = Tagged(bytes_path(path), verdict, animal, correction_of(tuple(said)), content or "")
            yield Row(number, place, photograph, tagged, prediction, doubt)

    def _terms(self, wanted: Filter) -> _Terms:
        terms = _Terms()
        if wanted.statuses:
            terms.add(
                "status IN (SELECT value FROM json_each(:statuses))",
                statuses=json.dumps([status.value for status in wanted.statuses]),
            )
        if wanted.label is not None:
            terms.add(_COUNTS_AS, breed=wanted.label, place=self._places.get(wanted.label, -2))
        if wanted.animal is not None:
            terms.add("animal = :animal", animal=wanted.animal)
        if wanted.reviewed is not None:
            terms.add("reviewed = :reviewed", reviewed=int(wanted.reviewed))
        if wanted.predicted is not None:
            terms.add(
                "status IN ('sure', 'unsure') AND label = :predicted", predicted=self._places.get(wanted.predicted, -2)
            )
        if wanted.said is not None:
            terms.add(f"({SAID}) = :said", said=wanted.said)
        if wanted.photographs is not None:
            terms.add(
                "photograph IN (SELECT value FROM json_each(:photographs))",
                photographs=json.dumps(sorted(wanted.photographs)),
            )
        if wanted.words.strip():
            self._add_words(terms, wanted.words)
        return terms

    def _add_words(self, terms: _Terms, words: str) -> None:
        """Every word must be found somewhere: "rex beagle" is the beagle called Rex."""
        looked_for = folded(words).split()
        if not looked_for:  # letters that have no plain form, such as Greek ones: as they are written
            found = "(instr(path, CAST(:written AS BLOB)) OR instr(animal, :written) OR instr(c_name, :written))"
            terms.add(found, written=words.strip())
        for place, word in enumerate(looked_for):
            self._add_word(terms, word, place)

    def _add_word(self, terms: _Terms, word: str, place: int) -> None:
        labels = self.info.labels
        names = ((number, (label.en, label.fr)) for number, label in enumerate(labels))
        breeds = list(best_matches(word, names)) if len(word) > 1 else []
        text = (
            "(contains(:word, path) OR contains(:word, animal) OR contains(:word, c_name) "
            "OR contains(:word, c_second_name) "
            "OR (reviewed = 0 AND status IN ('sure', 'unsure') AND label IN (SELECT value FROM json_each(:breeds))) "
            "OR c_label IN (SELECT value FROM json_each(:ids)) OR c_second IN (SELECT value FROM json_each(:ids)))"
        )
        ids = json.dumps([labels[number].id for number in breeds])
        values = {"word": word, "breeds": json.dumps(breeds), "ids": ids}
        for name in values:
            text = text.replace(f":{name}", f":{name}_{place}")
        terms.add(text, **{f"{name}_{place}": value for name, value in values.items()})

    def _name_to_sort(self, label: int, kind: str | None, said: str | None, name: str | None) -> tuple[bool, str]:
        from core.texts import label_name

        if kind is None:
            return (label < 0, folded(label_name(self.info.labels[label])) if label >= 0 else "")
        place = self._places.get(said or "", -1)
        return (
            kind not in ("breed", "cross", "other"),
            folded(label_name(self.info.labels[place]) if place >= 0 else name or ""),
        )


# What a volunteer said, as one text: a label's id, else the kind, or the words as typed.
SAID = (
    "CASE WHEN c_kind = 'breed' AND c_label != '' THEN c_label "
    "WHEN c_kind IN ('breed', 'other') THEN 'other:' || c_name ELSE c_kind END"
)
_COUNTS_AS = (
    "((reviewed = 0 AND status IN ('sure', 'unsure') AND label = :place) "
    "OR (c_kind IN ('breed', 'cross') AND :breed IN (c_label, c_second)))"
)


def said_of(correction: Correction) -> str:
    """What a volunteer said, as one text: a label's id, else the kind, or the words as typed; as in `Filter.said`."""
    if correction.kind is Kind.BREED and correction.label:
        return correction.label
    if correction.kind in (Kind.BREED, Kind.OTHER):
        return f"other:{correction.name}"
    return str(correction.kind.value)


def animal_from(name: str, rows: Sequence[Row], info: BundleInfo) -> Animal:
    """Several photographs of one animal together; volunteers' words count where they agree."""
    from core.animals import together

    tagged = tuple(row.tagged for row in rows)
    answered = together([row.prediction for row in rows if row.prediction], info)
    verdict: Verdict = decide(answered, info, SHOWN) if answered else rows[0].tagged.verdict
    words = [one.reviewed for one in tagged if one.reviewed]
    meanings = {_meaning(word) for word in words}
    return Animal(name, tagged, verdict, words[-1] if len(meanings) == 1 else None, len(meanings) > 1)


def _meaning(word: Correction) -> tuple[Kind, frozenset[str]]:
    """What a word says of an animal; of a cross it is the same which breed comes first."""
    if word.kind not in (Kind.BREED, Kind.OTHER, Kind.CROSS):
        return word.kind, frozenset()
    breeds = ((word.label, word.name), (word.second, word.second_name))
    said = frozenset(label or folded(name) for label, name in breeds if label or name)
    return Kind.CROSS if word.kind is Kind.CROSS else Kind.BREED, said


def _where(terms: _Terms) -> str:
    return f" WHERE {' AND '.join(terms.texts)}" if terms.texts else ""
