"""Explanations that only ask again: what the answer becomes when a part of the photograph is covered or moved.

They hold for any model, whatever is in it, and take as many answers as they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from core.heatmaps import LEAST_EVIDENCE
from core.records import EvidenceMap, Floats, Pixels

# The score of what is asked about, in a picture (height, width, 3): higher speaks for it.
Score = Callable[[Pixels], float]
Mask = npt.NDArray[np.bool_]
# Called with how many answers are there, of how many; raises Cancelled where nobody waits any more.
Told = Callable[[int, int], None]

# The window's side in parts of the short side, and its steps in parts of its own side.
WINDOW, STRIDE = 0.25, 0.5
# How far a picture is moved, in parts of its sides: less than a cell of the coarsest network.
SHIFT = 0.04
STEPS = 20
# What the edge of a window counts, of its middle.
_EDGE = 0.02
# What covers a part of a picture: ImageNet's mean colour, which its networks take for nothing. A colour out of the
# picture would still speak of it: a coat's colour is evidence, too.
NEUTRAL = np.array([124, 116, 104], np.uint8)
_BLUR = 0.05
# A probability that is not this much above that of an empty picture is no answer.
LEAST_ANSWER = 0.1


def nobody(done: int, total: int) -> None:
    """Tells nobody how far it is."""


def occlusion_evidence(pixels: Pixels, score: Score, size: tuple[int, int], told: Told = nobody) -> EvidenceMap:
    """How much the score falls when the place is covered: `size` (rows, columns) over the whole picture.

    Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014: a window goes over the picture, a
    quarter of the short side wide, in steps of half of that; a place gets the mean of what the windows over it took
    from the score, each counting most in its middle (Hann), so that their edges do not show. The unit is the score's.
    """
    height, width = pixels.shape[:2]
    boxes = list(_windows(height, width))
    total, count = np.zeros(size, np.float64), np.zeros(size, np.float64)
    whole = score(pixels)
    for done, (rows, columns) in enumerate(boxes, 1):
        covered = pixels.copy()
        covered[rows, columns] = NEUTRAL
        place = _scaled(rows, height, size[0]), _scaled(columns, width, size[1])
        weight = _hill(count[place].shape)
        total[place] += weight * (whole - score(covered))
        count[place] += weight
        told(done, len(boxes))
    values = (total / count).astype(np.float32)
    return EvidenceMap(values, bool(values.max() >= LEAST_EVIDENCE))


def _hill(shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Weights (rows, columns), highest in the middle and a little above nothing at the edges."""
    down, across = (np.sin(np.pi * (np.arange(side) + 0.5) / side) ** 2 + _EDGE for side in shape)
    return np.outer(down, across)


def _windows(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Where the window stands, row after row; the first and the last touch the edges."""
    side = max(1, round(WINDOW * min(height, width)))
    for top in _places(height, side):
        for left in _places(width, side):
            yield slice(top, top + side), slice(left, left + side)


def _places(length: int, side: int) -> list[int]:
    count = max(1, round((length - side) / (STRIDE * side)) + 1)
    return [round(place) for place in np.linspace(0, length - side, count).tolist()]


def _scaled(part: slice, length: int, cells: int) -> slice:
    start = int(part.start * cells / length)
    return slice(start, max(start + 1, round(part.stop * cells / length)))


def steadied(pixels: Pixels, evidence: Callable[[Pixels], EvidenceMap], told: Told = nobody) -> EvidenceMap:
    """The mean of the evidence in the picture, moved a little to four sides, each also mirrored: ten answers.

    What an answer owes to where the picture happened to be cut falls out of the mean (as in SmoothGrad, Smilkov et al.
    2017, which adds noise instead).
    """
    import cv2

    height, width = pixels.shape[:2]
    total: Floats = np.zeros((1, 1), np.float32)
    positive = 0
    moves = [(0.0, 0.0), (SHIFT, 0.0), (-SHIFT, 0.0), (0.0, SHIFT), (0.0, -SHIFT)]
    for done, (right, down) in enumerate(moves):
        there = np.array([[1, 0, right * width], [0, 1, down * height]], np.float32)
        moved = cv2.warpAffine(pixels, there, (width, height), borderMode=cv2.BORDER_REFLECT)
        for mirrored in (False, True):
            seen = evidence(np.ascontiguousarray(moved[:, ::-1]) if mirrored else np.asarray(moved, np.uint8))
            values = seen.values[:, ::-1] if mirrored else seen.values
            rows, columns = values.shape
            back = np.array([[1, 0, -right * columns], [0, 1, -down * rows]], np.float32)
            total = total + cv2.warpAffine(np.ascontiguousarray(values), back, (columns, rows))
            positive += seen.positive
            told(2 * done + mirrored + 1, 2 * len(moves))
    return EvidenceMap(np.asarray(total / (2 * len(moves)), np.float32), positive > len(moves))


@dataclass(frozen=True)
class Faithfulness:
    """How the probability (steps + 1,) moves when the strongest evidence is taken away, or given, first.

    The areas are the means of the curves: a faithful map has a small one for `deletion` and a large one for
    `insertion`.
    """

    deletion: Floats
    insertion: Floats

    @property
    def deletion_area(self) -> float:
        return _area(self.deletion)

    @property
    def insertion_area(self) -> float:
        return _area(self.insertion)


def _area(curve: Floats) -> float:
    return float(((curve[1:] + curve[:-1]) / 2).mean())


def faithfulness(pixels: Pixels, evidence: EvidenceMap, probability: Score, told: Told = nobody) -> Faithfulness:
    """Deletion and insertion curves (Petsiuk, Das and Saenko, "RISE", 2018) in twenty steps each.

    As there, what is taken away becomes neutral, and what is not there yet is blurred: with neutral ground the first
    insertions would have edges that look like something.
    """
    import cv2

    height, width = pixels.shape[:2]
    fine = cv2.resize(evidence.values, (width, height))
    order = np.argsort(-fine, axis=None)
    blurred = cv2.GaussianBlur(pixels, (0, 0), max(1.0, _BLUR * min(height, width)))
    neutral = np.broadcast_to(NEUTRAL, pixels.shape)
    curves = []
    for turn, (before, after) in enumerate(((pixels, neutral), (blurred, pixels))):
        curve = []
        for step in range(STEPS + 1):
            first = order[: round(len(order) * step / STEPS)]
            now = np.ascontiguousarray(before).copy()
            now.reshape(-1, 3)[first] = np.asarray(after).reshape(-1, 3)[first]
            curve.append(probability(np.asarray(now, np.uint8)))
            told(turn * (STEPS + 1) + step + 1, 2 * (STEPS + 1))
        curves.append(np.array(curve, np.float32))
    return Faithfulness(*curves)


class RestsOn(Enum):
    """What an answer rests on, as far as covering the subject and the background can tell."""

    SUBJECT = "subject"
    BACKGROUND = "background"
    EITHER = "either"
    BOTH = "both"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Apart:
    """The probability of the label in the whole picture, of the animal alone, and of the background alone.

    `nothing` is that of a picture in which all is covered: with few labels, even that one has some probability.
    """

    whole: float
    animal: float
    background: float
    nothing: float = 0.0

    @property
    def rests_on(self) -> RestsOn:
        """What the answer rests on: what alone gives half of what the picture or a part of it gives at most.

        NOTHING where the whole picture hardly gives more than an empty one: then there is no answer to share out.
        """
        if self.whole - self.nothing < LEAST_ANSWER:
            return RestsOn.NOTHING
        half = (max(self.whole, self.animal, self.background) - self.nothing) / 2
        by_animal, by_background = self.animal - self.nothing >= half, self.background - self.nothing >= half
        if by_animal and by_background:
            return RestsOn.EITHER
        if by_animal:
            return RestsOn.SUBJECT
        return RestsOn.BACKGROUND if by_background else RestsOn.BOTH


def apart(pixels: Pixels, mask: Mask, probability: Score, told: Told = nobody) -> Apart:
    """Ask again with the background covered, with the animal covered, and with both; `mask` (height, width) is where
    it is."""
    found = [probability(pixels)]
    told(1, 4)
    for keep in (mask, ~mask, np.zeros_like(mask)):
        covered = pixels.copy()
        covered[~keep] = NEUTRAL
        found.append(probability(covered))
        told(len(found), 4)
    return Apart(*found)
