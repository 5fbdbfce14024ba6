"""Which rows of a run are wanted, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from core.records import Status


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

    @property
    def needs_words(self) -> bool:
        """Whether it is another order when a volunteer has said something."""
        return self in (Order.BREED, Order.ANIMAL, Order.REVIEWED)


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
