"""Runs for tests, with answers and volunteers' words that are made up: written straight into the library's tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.bundle_info import BundleInfo, Label
from core.database import Database, path_bytes
from core.fingerprints import model_fingerprint
from core.knowledge import doubt_of
from core.library import Library
from core.records import Correction, Floats, Kind, Prediction
from core.reviews import Review
from core.verdicts import decide
from tests.bundle_factory import tiny_info

BREEDS = (
    ("beagle", "Beagle", "Beagle"),
    ("boxer", "Boxer", "Boxer"),
    ("briard", "Briard", "Berger de Brie"),
    ("eskimo", "Eskimo dog", "Chien esquimau"),
    ("husky", "Siberian husky", "Husky sibérien"),
    ("pug", "Pug", "Carlin"),
)
BEAGLE, BOXER, BRIARD, ESKIMO, HUSKY, PUG = range(len(BREEDS))


def dog_info(breeds: Sequence[tuple[str, str, str]] = BREEDS) -> BundleInfo:
    """A model of these breeds: sure from 0.8, unsure until 0.8 is named, no dog below 0.4."""
    labels = tuple(Label(id=id_, en=en, fr=fr) for id_, en, fr in breeds)
    return tiny_info().model_copy(update={"name": "dogs", "labels": labels, "groups": ()})


def breed(place: int, info: BundleInfo | None = None) -> Correction:
    """A volunteer's word: this breed of the model."""
    label = (info or dog_info()).labels[place]
    return Correction(Kind.BREED, label.id, label.en, "ada", "dogs")


def cross(place: int, second: int) -> Correction:
    """A volunteer's word: a cross of these two."""
    labels = dog_info().labels
    one, other = labels[place], labels[second]
    return Correction(Kind.CROSS, one.id, one.en, "ada", "dogs", second=other.id, second_name=other.en)


class MadeUpRun:
    """A library with one run; photographs are added one by one, or many at once."""

    def __init__(self, path: Path, info: BundleInfo | None = None) -> None:
        self.info = info or dog_info()
        self.library = Library(path)
        with self.database.writing() as connection:
            values = (model_fingerprint(self.info), self.info.name)
            connection.execute("INSERT INTO models(id, fingerprint, name) VALUES (1, ?, ?)", values)
            connection.execute("INSERT INTO runs(id, roots, model, state, begun) VALUES (1, '[]', 1, 'ended', '')")
        self.review = Review(self.database, 1, model_fingerprint(self.info), self.info)
        self.number = 1  # of the next row

    @property
    def database(self) -> Database:
        return self.library.database

    def add(
        self, name: str, prediction: Prediction | None, animal: str = "", word: Correction | None = None, again: int = 0
    ) -> int:
        """A row; its number, which is the photograph's too. `again`: a further file with that photograph's content."""
        self.add_many([(name, prediction, animal, again)])
        number = self.number - 1
        if word is not None:
            self.library.label({again or number: word})
        return number

    def add_many(self, rows: Sequence[tuple[str, Prediction | None, str, int]]) -> None:
        """Rows as of `add`; without a prediction they are unreadable."""
        with self.database.writing() as connection:
            for name, prediction, animal, again in rows:
                number, photograph = self.number, again or self.number
                self.number += 1
                if not again:
                    connection.execute("INSERT INTO photographs VALUES (?, ?, ?)", (number, f"c{number}", name))
                if prediction is not None and not again:
                    verdict = decide(prediction, self.info)
                    best = verdict.candidates[0]
                    connection.execute(
                        "INSERT INTO answers VALUES (?, 1, ?, ?, ?, ?, ?, ?)",
                        (
                            *(number, verdict.status.value, best.label, best.probability),
                            *(doubt_of(verdict, self.info), prediction.subject, prediction.probabilities.tobytes()),
                        ),
                    )
                reason = "" if prediction is not None else "This file is damaged."
                connection.execute(
                    "INSERT INTO run_files VALUES (?, 1, ?, ?, ?, ?, ?)",
                    (number, number, path_bytes(Path("/photos") / name), photograph, animal, reason),
                )

    def said(self, *shares: tuple[int, float], subject: float = 1.0) -> Prediction:
        """Probabilities of these labels (by place); the others share the rest."""
        labels = len(self.info.labels)
        given = dict(shares)
        rest = (1 - sum(given.values())) / max(1, labels - len(given))
        probabilities: Floats = np.array([given.get(place, rest) for place in range(labels)], np.float32)
        return Prediction(probabilities, subject)

    def sure(self, place: int, share: float = 0.95) -> Prediction:
        return self.said((place, share))

    def unsure(self, place: int, second: int, share: float = 0.5) -> Prediction:
        """Names these two."""
        return self.said((place, share), (second, 0.9 - share))

    def no_dog(self) -> Prediction:
        return self.said((0, 0.5), subject=0.1)
