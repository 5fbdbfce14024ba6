"""Animals for the exports: the 120 labels of the shipped models, and records made by hand."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from core.bundle_info import BundleInfo, Label
from core.records import Animal, Candidate, Correction, Kind, Status, Tagged, Verdict
from tests.bundle_factory import tiny_info

BREEDS = Path(__file__).resolve().parent.parent / "resources" / "breeds"


@cache
def dogs_info() -> BundleInfo:
    """What a model with the 120 labels of the shipped ones says of itself."""
    with (BREEDS / "stanford_dogs.csv").open(encoding="utf-8", newline="") as file:
        labels = tuple(Label(id=row["id"], en=row["en"], fr=row["fr"]) for row in csv.DictReader(file))
    return tiny_info("dogs").model_copy(update={"labels": labels, "groups": ()})


def place(name: str) -> int:
    """Where the label with this English name stands in the list."""
    return next(index for index, label in enumerate(dogs_info().labels) if label.en == name)


def verdict(status: Status, *names: str, reason: str = "") -> Verdict:
    """An answer that names these breeds, by their English names, or none."""
    named = {Status.SURE: 1, Status.UNSURE: max(2, len(names))}.get(status, 0)
    return Verdict(status, tuple(Candidate(place(name), 0.9 / (at + 1)) for at, name in enumerate(names)), named,
                   reason=reason)  # fmt: skip


def animal(
    name: str,
    answer: Verdict,
    said: Correction | None = None,
    paths: Sequence[Path] = (),
    is_disputed: bool = False,
) -> Animal:
    """One animal with its photographs, one made-up path where none is given."""
    photographs = tuple(Tagged(path, answer, name) for path in paths or [Path(f"{name or 'nameless'}_1.jpg")])
    return Animal(name, photographs, answer, said, is_disputed)


def sure(name: str, breed: str, paths: Sequence[Path] = ()) -> Animal:
    """An animal of which the program is sure."""
    return animal(name, verdict(Status.SURE, breed), paths=paths)


def said(name: str, kind: Kind, *breeds: str, answer: Verdict | None = None) -> Animal:
    """An animal of which volunteers said something: labels of the model by their English names, or words."""
    labels = {label.en: label.id for label in dogs_info().labels}
    first, second = (*breeds, "", "")[:2]
    known = kind is not Kind.OTHER
    correction = Correction(
        kind, labels.get(first, "") if known else "", first, second=labels.get(second, ""), second_name=second
    )
    return animal(name, answer or verdict(Status.UNSURE, "Beagle", "Basset"), correction)
