"""Explanations that only ask again, on planted evidence: red cells, whose place is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.bundles import Bundle
from core.errors import Cancelled
from core.heatmaps import class_evidence, map_size
from core.inference import Classifier
from core.perturbations import NEUTRAL, Apart, RestsOn, apart, faithfulness, occlusion_evidence, steadied
from core.records import EvidenceMap, Photo, Pixels

RED = 0
SIDE = 128


def photo_of(pixels: Pixels) -> Photo:
    return Photo(pixels, pixels.shape[1], pixels.shape[0])


def planted(top: int = 0, left: int = 0, side: int = 40) -> Pixels:
    """A red patch on grey."""
    pixels = np.full((SIDE, SIDE, 3), 90, np.uint8)
    pixels[top : top + side, left : left + side] = (255, 0, 0)
    return pixels


class Asked:
    """The tiny model, asked about red."""

    def __init__(self, bundle: Bundle) -> None:
        self.classifier = Classifier(bundle)
        self.kernel = bundle.kernel

    def score(self, pixels: Pixels) -> float:
        weights = self.kernel[:, RED] - self.kernel.mean(axis=1)
        return float(self.classifier.features(photo_of(pixels)).embedding @ weights)

    def probability(self, pixels: Pixels) -> float:
        return float(self.classifier.predict(photo_of(pixels)).probabilities[RED])

    def evidence(self, pixels: Pixels) -> EvidenceMap:
        features = self.classifier.features(photo_of(pixels))
        return class_evidence(features, self.kernel, RED, map_size(pixels.shape[1], pixels.shape[0]))


@pytest.fixture
def asked(tiny_bundle: Bundle) -> Asked:
    return Asked(tiny_bundle)


def middle(evidence: EvidenceMap) -> tuple[float, float]:
    """The middle of the strongest evidence, as parts of height and width."""
    rows, columns = np.nonzero(evidence.values >= 0.9 * evidence.values.max())
    return float(rows.mean()) / evidence.values.shape[0], float(columns.mean()) / evidence.values.shape[1]


@pytest.mark.parametrize(("top", "left"), [(0, 0), (0, 88), (88, 0), (88, 88)])
def test_covering_the_evidence_takes_it_away(asked: Asked, top: int, left: int) -> None:
    evidence = occlusion_evidence(planted(top, left), asked.score, (64, 64))
    assert evidence.positive
    down, across = middle(evidence)
    assert abs(down - (top + 20) / SIDE) < 0.12 and abs(across - (left + 20) / SIDE) < 0.12
    far = evidence.values[32:, 32:] if top == left == 0 else evidence.values[:8, :8]
    assert (top, left) == (0, 0) or abs(far).max() < 0.2 * evidence.values.max()


def test_nothing_can_be_taken_from_a_grey_picture(asked: Asked) -> None:
    grey = np.full((SIDE, SIDE, 3), 90, np.uint8)
    assert not occlusion_evidence(grey, asked.score, (32, 32)).positive


def test_every_place_is_covered_once_at_least(asked: Asked) -> None:
    asked_of: list[Pixels] = []

    def score(pixels: Pixels) -> float:
        asked_of.append(pixels)
        return 0.0

    noise = np.random.default_rng(0).integers(0, 256, (50, 83, 3), np.uint8)
    occlusion_evidence(noise, score, (20, 30))
    changed = np.any([(one != noise).any(axis=2) for one in asked_of], axis=0)
    assert changed.mean() > 0.98  # a pixel may have the mean colour by chance


def test_a_mean_over_moves_stays_in_its_place(asked: Asked) -> None:
    pixels = planted(40, 64)
    once, mean = asked.evidence(pixels), steadied(pixels, asked.evidence)
    assert mean.positive and mean.values.shape == once.values.shape
    assert np.abs(np.array(middle(mean)) - middle(once)).max() < 0.06


def test_a_mean_over_moves_is_as_sharp_as_each_of_them() -> None:
    pixels = planted(30, 70, 20)

    def where_red(one: Pixels) -> EvidenceMap:
        return EvidenceMap((one[..., 0] > 200).astype(np.float32), True)

    once, mean = where_red(pixels).values, steadied(pixels, where_red).values
    assert mean[34:46, 74:86].min() > 0.95, "every move was taken back"
    assert np.abs(mean - once).mean() < 0.006


def test_a_true_map_beats_its_opposite(asked: Asked) -> None:
    pixels = planted(0, 0, 64)
    true = asked.evidence(pixels)
    false = EvidenceMap(-true.values, True)
    right, wrong = (faithfulness(pixels, one, asked.probability) for one in (true, false))
    assert right.deletion_area < wrong.deletion_area - 0.02
    assert right.deletion[0] == pytest.approx(right.insertion[-1])


def test_what_is_sharp_comes_back_first_with_a_true_map() -> None:
    pixels = planted(40, 40, 30)

    def sharpness(one: Pixels) -> float:
        return float(np.abs(np.diff(one[..., 0].astype(int), axis=1)).max()) / 255

    values = np.zeros((SIDE, SIDE), np.float32)
    values[38:72, 38:72] = 1
    right, wrong = (faithfulness(pixels, EvidenceMap(one, True), sharpness) for one in (values, -values))
    assert right.insertion_area > wrong.insertion_area + 0.1


def test_it_looks_at_the_animal(asked: Asked) -> None:
    pixels = planted(30, 30, 60)
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[30:90, 30:90] = True
    found = apart(pixels, mask, asked.probability)
    assert found.rests_on is RestsOn.SUBJECT
    assert apart(pixels, ~mask, asked.probability).rests_on is RestsOn.BACKGROUND
    assert found.nothing == pytest.approx(asked.probability(np.full_like(pixels, NEUTRAL)))
    assert apart(pixels, np.ones_like(mask), asked.probability).animal == pytest.approx(found.whole)


@pytest.mark.parametrize(
    ("found", "rests_on"),
    [
        (Apart(0.9, 0.8, 0.1), RestsOn.SUBJECT),
        (Apart(0.9, 0.1, 0.8), RestsOn.BACKGROUND),
        (Apart(0.9, 0.2, 0.1), RestsOn.BOTH),
        (Apart(0.9, 0.8, 0.7), RestsOn.EITHER),
        (Apart(0.3, 0.9, 0.2), RestsOn.SUBJECT),  # the background only disturbs
        (Apart(0.04, 0.03, 0.01), RestsOn.NOTHING),  # a cat, and what a model of dogs says of it
        (Apart(0.28, 0.29, 0.23, 0.2), RestsOn.NOTHING),  # a model that hardly knows anything
        (Apart(0.95, 0.95, 0.5, 0.5), RestsOn.SUBJECT),  # of two classes, nothing at all gives one half
        (Apart(0.9, 0.5, 0.9, 0.5), RestsOn.BACKGROUND),
    ],
)
def test_who_carries_the_answer(found: Apart, rests_on: RestsOn) -> None:
    assert found.rests_on is rests_on


def test_nobody_waits_any_more(asked: Asked) -> None:
    def told(done: int, total: int) -> None:
        if done == 3:
            raise Cancelled

    for work in (
        lambda: occlusion_evidence(planted(), asked.score, (8, 8), told),
        lambda: steadied(planted(), asked.evidence, told),
        lambda: faithfulness(planted(), asked.evidence(planted()), asked.probability, told),
    ):
        with pytest.raises(Cancelled):
            work()
