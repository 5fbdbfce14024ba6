"""How the work on one run stands: counts, how often people agreed with the answers here, and where they did not.

What agreement means is written down at `Outcome`; whatever is doubtful is counted apart, never in the model's favour.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import sqrt
from pathlib import Path

from core.bundle_info import BundleInfo
from core.export_files import Written, new_file
from core.records import Correction, Kind, Status, Verdict
from core.reviews import Filter, Order, Review, Row, said_of
from core.shelter_cells import cell as harmless
from core.texts import label_name, tr
from core.verdicts import named_candidates

# With fewer cases a share says more about chance than about the model.
FEW_CASES = 20
OTHER = "other:"  # how said_of begins for words that are no label of the model
_ANSWERS = (Status.SURE, Status.UNSURE, Status.NOT_A_DOG)
_DOGS = frozenset({Status.SURE, Status.UNSURE})
_READ_AT_ONCE = 500
_NORMAL_95 = 1.959964
# Columns of the matrix that are no breeds, in this order.
_WORDS = (Kind.CROSS.value, Kind.MIXED.value, Kind.NOT_A_DOG.value, Kind.UNKNOWN.value)


class Outcome(Enum):
    """What a volunteer's word says of an answer.

    FIRST: the very breed that the answer has first; of a photograph without a dog: that there is none. NAMED: another
    of the breeds that an unsure answer names. The rest are disagreements, also a cross with a named breed in it, since
    the answer did not say so; only UNKNOWN is neither, for who cannot tell does not contradict.
    """

    FIRST = "first"
    NAMED = "named"
    OTHER_BREED = "other_breed"
    CROSS_WITH_IT = "cross_with_it"
    CROSS = "cross"
    MIXED = "mixed"
    NOT_A_DOG = "not_a_dog"
    A_DOG = "a_dog"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Agreement:
    """How often people agreed with one kind of answer, among those photographs that somebody reviewed.

    `animals` is how many different dogs the cases show. `elsewhere` cases have a word that was given when another model
    answered; a model that learned from these words is not judged by them.
    """

    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    animals: int = 0
    elsewhere: int = 0

    @property
    def cases(self) -> int:
        """Photographs with a word that agrees or disagrees."""
        return sum(number for outcome, number in self.outcomes.items() if outcome is not Outcome.UNKNOWN)

    @property
    def agreed(self) -> int:
        """Cases where the first breed was what people said."""
        return self.outcomes.get(Outcome.FIRST, 0)

    @property
    def named(self) -> int:
        """Cases where one of the named breeds was what people said."""
        return self.agreed + self.outcomes.get(Outcome.NAMED, 0)

    def interval(self, right: int) -> tuple[float, float]:
        """Between which shares (95 %) `right` of the cases lies, were there many more.

        Photographs of one dog are right or wrong together, so only the dogs count as cases (the careful side).
        """
        return wilson_interval(right / max(1, self.cases), self.animals)


@dataclass(frozen=True)
class BreedCount:
    """How many photographs count as a breed: a label's id, and words that the model has no label for."""

    label: str
    photographs: int


@dataclass(frozen=True)
class Cell:
    """So many photographs were answered `predicted` (a label's id, or "not_a_dog") and are `said` (see `said_of`)."""

    predicted: str
    said: str
    photographs: int

    @property
    def is_agreed(self) -> bool:
        return self.predicted == self.said

    @property
    def is_disagreement(self) -> bool:
        return not self.is_agreed and self.said != Kind.UNKNOWN.value


@dataclass(frozen=True)
class Disagreements:
    """The confusion matrix of what somebody disagreed with: `counts` by row (what was answered) and column (said)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Figures:
    """The figures of one run. `names` has the English names of labels that its model does not know."""

    photographs: int
    statuses: Mapping[Status, int]
    reviewed: int
    animals: int
    breeds: tuple[BreedCount, ...]
    agreement: Mapping[Status, Agreement]
    cells: tuple[Cell, ...]
    names: Mapping[str, str] = field(default_factory=dict)


def figures(review: Review) -> Figures:
    """Count everything anew; what people said takes longest, 2.5 s for 50,000 words. Raises UserError."""
    statuses = {status: review.count(Filter(frozenset({status}))) for status in Status}
    named = len(review.names_of_animals())
    alone = review.count(Filter(_DOGS, animal=""))
    words = _Words(review.info)
    reviewed = review.numbers(Filter(reviewed=True), Order.PLACE)
    for start in range(0, len(reviewed), _READ_AT_ONCE):
        for row in review.rows(reviewed[start : start + _READ_AT_ONCE]):
            words.add(row)
    breeds = tuple(BreedCount(label, number) for label, number in review.breeds().items())
    return Figures(
        *(review.count(), statuses, len(reviewed), named + alone, breeds),
        {status: words.agreement(status) for status in _ANSWERS},
        words.cells(),
        words.names,
    )


def outcome_of(word: Correction, verdict: Verdict, info: BundleInfo) -> Outcome:
    """What the volunteer's word says of the answer."""
    if word.kind is Kind.UNKNOWN:
        return Outcome.UNKNOWN
    if verdict.status is Status.NOT_A_DOG:
        return Outcome.FIRST if word.kind is Kind.NOT_A_DOG else Outcome.A_DOG
    if word.kind in (Kind.MIXED, Kind.NOT_A_DOG):
        return Outcome(word.kind.value)
    named = {info.labels[one.label].id for one in named_candidates(verdict, info)}
    first = info.labels[verdict.candidates[0].label].id
    if word.kind is Kind.CROSS:
        return Outcome.CROSS_WITH_IT if named & {word.label, word.second} else Outcome.CROSS
    if word.kind is Kind.BREED and word.label == first:
        return Outcome.FIRST
    return Outcome.NAMED if word.kind is Kind.BREED and word.label in named else Outcome.OTHER_BREED


def disagreements(figures: Figures) -> Disagreements:
    """The rows with a disagreement; columns with words that are no breed first, then breeds in the order of the rows.

    The row with the most disagreements comes first, and after each row the one that it is confused with most: so the
    large numbers lie near the diagonal and the beginning.
    """
    wrong: Counter[str] = Counter()
    for cell in figures.cells:
        if cell.is_disagreement:
            wrong[cell.predicted] += cell.photographs
    rows = _chained(wrong, figures.cells)
    counts = {(cell.predicted, cell.said): cell.photographs for cell in figures.cells if cell.predicted in wrong}
    said: Counter[str] = Counter()
    for (_predicted, word), photographs in counts.items():
        said[word] += photographs
    words = [word for word in _WORDS if word in said]
    breeds = [row for row in rows if row in said and row not in _WORDS]
    others = sorted(said.keys() - {*words, *breeds}, key=lambda word: (word.startswith(OTHER), -said[word], word))
    return Disagreements(rows, (*words, *breeds, *others), counts)


def _chained(wrong: Mapping[str, int], cells: Sequence[Cell]) -> tuple[str, ...]:
    """The rows, each followed by the one that it is confused with most, either way."""
    confused: dict[str, Counter[str]] = {row: Counter() for row in wrong}
    for cell in cells:
        if cell.is_disagreement and cell.said in wrong:
            confused[cell.predicted][cell.said] += cell.photographs
            confused[cell.said][cell.predicted] += cell.photographs
    left = sorted(wrong, key=lambda row: (-wrong[row], row))
    rows: list[str] = []
    while left:
        near = confused[rows[-1]] if rows else Counter[str]()
        rows.append(max(left, key=lambda row: (row not in _WORDS, near[row], wrong[row])))
        left.remove(rows[-1])
    return tuple(rows)


def said_name(said: str, figures: Figures, info: BundleInfo) -> str:
    """A row or column of the matrix, or a breed, in the present language."""
    words = {
        Kind.CROSS.value: tr("Cross of two breeds"),
        Kind.MIXED.value: tr("Mixed breed"),
        Kind.UNKNOWN.value: tr("Unknown breed"),
        Kind.NOT_A_DOG.value: tr("No dog"),
    }
    if said in words:
        return words[said]
    label = next((label for label in info.labels if label.id == said), None)
    if label is not None:
        return label_name(label)
    return said.removeprefix(OTHER) if said.startswith(OTHER) else figures.names.get(said, said)


def write_figures(path: Path, figures: Figures, info: BundleInfo, may_replace: bool = False) -> Written:
    """All figures as one table (CSV, UTF-8 with a mark), one number a row.

    Raises AlreadyThereError where a file is there that may not be replaced, UserError where it cannot be written.
    """
    rows = list(_table(figures, info))
    with new_file(path, may_replace) as file:
        out = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        writer = csv.writer(out)
        writer.writerow(("figure", "of", "people_said", "photographs"))
        writer.writerows([figure, harmless(of), harmless(said), number] for figure, of, said, number in rows)
        out.detach()
    return Written(path, len(rows))


def _table(figures: Figures, info: BundleInfo) -> Iterator[tuple[str, str, str, int]]:
    yield "photographs", "", "", figures.photographs
    yield "reviewed", "", "", figures.reviewed
    yield "animals", "", "", figures.animals
    for status, number in figures.statuses.items():
        yield "status", status.value, "", number
    for breed in figures.breeds:
        yield "breed", said_name(breed.label, figures, info), "", breed.photographs
    for status, agreement in figures.agreement.items():
        for outcome, number in agreement.outcomes.items():
            yield "agreement", status.value, outcome.value, number
    for cell in figures.cells:
        predicted, said = (said_name(one, figures, info) for one in (cell.predicted, cell.said))
        yield "answer", predicted, said, cell.photographs


def wilson_interval(share: float, cases: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927), which stays honest with few cases and at 0 and 1.

    >>> [round(end, 2) for end in wilson_interval(0.9, 10)], wilson_interval(0.0, 0)
    ([0.6, 0.98], (0.0, 1.0))
    """
    if not cases:
        return 0.0, 1.0
    squared = _NORMAL_95**2 / cases
    middle = (share + squared / 2) / (1 + squared)
    half = _NORMAL_95 * sqrt(share * (1 - share) / cases + squared / cases / 4) / (1 + squared)
    # What was measured lies within it, also after rounding: 24 of 24 are right up to 100 %, not to 99.99….
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def cell_filter(predicted: str, said: str) -> Filter:
    """The photographs behind a cell of the confusion matrix."""
    if predicted == Status.NOT_A_DOG.value:
        return Filter(frozenset({Status.NOT_A_DOG}), said=said)
    return Filter(predicted=predicted, said=said)


class _Words:
    """Collects what the volunteers said, row by row."""

    def __init__(self, info: BundleInfo) -> None:
        self.names: dict[str, str] = {}
        self._info = info
        self._ids = {label.id for label in info.labels}
        self._outcomes: dict[Status, Counter[Outcome]] = {status: Counter() for status in _ANSWERS}
        self._dogs: dict[Status, set[object]] = {status: set() for status in _ANSWERS}
        self._elsewhere: Counter[Status] = Counter()
        self._cells: Counter[tuple[str, str]] = Counter()

    def add(self, row: Row) -> None:
        word, verdict = row.tagged.reviewed, row.tagged.verdict
        if word is None:
            return
        for label, name in ((word.label, word.name), (word.second, word.second_name)):
            if label and label not in self._ids:
                self.names[label] = name
        if verdict.status not in _ANSWERS:
            return
        outcome = outcome_of(word, verdict, self._info)
        self._outcomes[verdict.status][outcome] += 1
        if outcome is not Outcome.UNKNOWN:
            self._dogs[verdict.status].add(row.tagged.animal or row.photograph)
            self._elsewhere[verdict.status] += word.model not in ("", self._info.name)
        is_dog = verdict.status is not Status.NOT_A_DOG
        predicted = self._info.labels[verdict.candidates[0].label].id if is_dog else verdict.status.value
        self._cells[predicted, said_of(word)] += 1

    def agreement(self, status: Status) -> Agreement:
        return Agreement(dict(self._outcomes[status]), len(self._dogs[status]), self._elsewhere[status])

    def cells(self) -> tuple[Cell, ...]:
        found = (Cell(*places, number) for places, number in self._cells.items())
        return tuple(sorted(found, key=lambda one: (-one.photographs, one.predicted, one.said)))
