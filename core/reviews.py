"""One run as the window sees it: which rows, in which order, and what stands in those that are visible.

A row is known by its number; the numbers of all rows are cheap, what is in a row is read when it comes into sight.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.bundle_info import BundleInfo
from core.database import Database, bytes_path
from core.library import CORRECTION_COLUMNS, correction_of
from core.name_search import folded
from core.records import Animal, Correction, Kind, Prediction, Status, Tagged, Verdict
from core.row_filters import Filter, Order
from core.row_lists import RowLists
from core.run_columns import columns_of
from core.run_words import said_text
from core.verdicts import SHOWN, decide, unreadable

__all__ = ["Filter", "Order", "Review", "Row", "animal_from", "said_of"]

# A row, its answer by the model of the run, the word and the animal that count. Which rows, say core.row_lists.
_ROWS = f"""
    SELECT f.id, f.place, f.path, f.photograph, f.reason,
           coalesce(g.animal, f.animal) AS animal,
           CASE WHEN f.reason != '' OR a.status IS NULL THEN 'unreadable' ELSE a.status END AS status,
           coalesce(a.doubt, -1) AS doubt, a.subject, a.probabilities, p.content,
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
_EVERY_ROW = Filter()


@dataclass(frozen=True)
class Row:
    """One photograph of the run; `photograph` is None where its content could not be read."""

    number: int
    place: int
    photograph: int | None
    tagged: Tagged
    prediction: Prediction | None
    doubt: float


class Review:
    """The rows of one run. `info` is the model of that run; any thread may ask. Raises UserError."""

    def __init__(self, database: Database, run: int, model: str, info: BundleInfo) -> None:
        """`model` is the fingerprint of the model that answered."""
        self.database = database
        self.run = run
        self.info = info
        self.model = model

    def numbers(self, wanted: Filter = _EVERY_ROW, order: Order = Order.DOUBT, reverse: bool = False) -> list[int]:
        """The rows that are wanted, sorted; what is equal stays in the order of the folder."""
        lists = self._lists()
        return lists.sorted(lists.wanted(wanted), order, reverse)

    def count(self, wanted: Filter = _EVERY_ROW) -> int:
        """How many rows are wanted."""
        return int(self._lists().wanted(wanted).sum())

    def prepare(self) -> None:
        """Read ahead what a search for words needs, so that the first letter is answered as soon as the others."""
        lists = self._lists()
        lists.wanted(Filter(words="a"))

    def _lists(self) -> RowLists:
        return RowLists(columns_of(self.database, self.run, self._model), self.info)

    def rows(self, numbers: Sequence[int]) -> list[Row]:
        """What stands in these rows, in this order; rows that are gone are left out."""
        rows: dict[int, Row] = {}
        for start in range(0, len(numbers), _MOST_AT_ONCE):
            asked = json.dumps(list(numbers[start : start + _MOST_AT_ONCE]))
            with self.database.understanding():
                read = self._read("id IN (SELECT value FROM json_each(:asked))", asked=asked)
                rows |= {row.number: row for row in read}
        return [rows[number] for number in numbers if number in rows]

    def row(self, number: int) -> Row | None:
        """One row; None when it is gone."""
        return next(iter(self.rows([number])), None)

    def photographs(self, wanted: Filter = _EVERY_ROW) -> Iterator[Tagged]:
        """The photographs that are wanted, in the order of the folder, a few at a time; for exports."""
        numbers = self.numbers(wanted, Order.PLACE)
        for start in range(0, len(numbers), _MOST_AT_ONCE):
            yield from (row.tagged for row in self.rows(numbers[start : start + _MOST_AT_ONCE]))

    def animal_rows(self, animal: str) -> list[Row]:
        """All photographs of one animal, in the order of the folder."""
        return self.rows(self.numbers(Filter(animal=animal), Order.PLACE)) if animal else []

    def animals(self, wanted: Filter = _EVERY_ROW) -> Iterator[Animal]:
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
        columns = self._lists().columns
        by_place = np.argsort(columns.places, kind="stable")
        ids, animals = columns.ids[by_place].tolist(), columns.animals[by_place].tolist()
        codes = dict(zip(ids, animals, strict=True))
        members: dict[int, list[int]] = {}
        for number, code in codes.items():
            if code:
                members.setdefault(code, []).append(number)
        groups: deque[list[int]] = deque()
        for number in numbers:
            code = codes.get(number, 0)
            if not code:
                groups.append([number])
            elif code in members:
                groups.append(members.pop(code))
        return groups

    def animal_of(self, row: Row) -> Animal:
        """Whom the photograph of this row shows, with the answer from all photographs of the animal together."""
        name = row.tagged.animal
        rows = self.animal_rows(name) if name else [row]
        return animal_from(name or row.tagged.path.stem, rows or [row], self.info)

    def names_of_animals(self) -> list[str]:
        """All animals that have a name, sorted."""
        columns = self._lists().columns
        return sorted(columns.animal_names.names[code] for code in np.unique(columns.animals).tolist() if code)

    def breeds(self) -> dict[str, int]:
        """How often each breed counts, as `Filter.label` has it, by the label's id, the most frequent first."""
        return self._lists().breeds()

    def thumbnail(self, photograph: int) -> bytes | None:
        """The small picture (JPEG) that was kept when the photograph was tagged."""
        with self.database.reading() as connection:
            asked = "SELECT CAST(jpeg AS BLOB) FROM thumbnails WHERE photograph = ?"
            found = connection.execute(asked, (photograph,)).fetchone()
        return bytes(found[0]) if found else None

    @property
    def _model(self) -> int:
        """The model's number in the library."""
        with self.database.reading() as connection:
            found = connection.execute("SELECT id FROM models WHERE fingerprint = ?", (self.model,)).fetchone()
        return int(found[0]) if found else -1

    def _read(self, where: str, **values: object) -> Iterator[Row]:
        with self.database.reading() as connection:
            found = connection.execute(
                "SELECT id, place, path, photograph, reason, animal, status, doubt, subject, probabilities, content, "
                f"{_CORRECTION} FROM ({_ROWS}) WHERE {where}",
                {"run": self.run, "model": self._model, **values},
            ).fetchall()
        for number, place, path, photograph, reason, animal, status, doubt, subject, values_, content, *said in found:
            prediction = None
            if status != Status.UNREADABLE.value:
                prediction = Prediction(np.frombuffer(values_, np.float32), subject)
            verdict = decide(prediction, self.info, SHOWN) if prediction else unreadable(reason)
            tagged = Tagged(bytes_path(path), verdict, animal, correction_of(tuple(said)), content or "")
            yield Row(number, place, photograph, tagged, prediction, doubt)


def said_of(correction: Correction) -> str:
    """What a volunteer said, as one text: a label's id, else the kind, or the words as typed; as in `Filter.said`."""
    return said_text(correction.kind.value, correction.label, correction.name)


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
