"""Fair shares of an answer for the parts of a photograph: SHAP values by halving the picture again and again.

The same as the partition explainer of the package `shap` with its masker `inpaint_telea`, which is not used: it would
bring a compiler (numba) and tables (pandas) into every installation, for what is one queue.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.perturbations import Mask, Told, nobody
from core.records import EvidenceMap, Floats, Pixels

# What is asked for a picture (height, width, 3): a value for each class that is explained.
Values = Callable[[Pixels], Floats]

# So many answers of the model, as in the package's examples: about 250 parts are looked at.
MOST_ASKED: Final = 500
# A part is not halved further than to so many pixels of the grid.
LEAST_SIDE: Final = 2
# Long side of the grid on which parts are cut, and on which what is missing is painted over: finer ones look the same.
GRID_PX: Final = 96
_INPAINT_RADIUS_PX: Final = 3


@dataclass(frozen=True, eq=False)
class Shares:
    """How an answer is shared out: `values` (classes, rows, columns) are densities over the whole picture.

    The mean of each map is `whole` less `nothing` (classes,): the values with all parts and with none. `asked` says how
    many answers it took.
    """

    values: Floats
    whole: Floats
    nothing: Floats
    asked: int

    def evidence(self, place: int) -> EvidenceMap:
        """The map of one class; the unit is that of the values."""
        values = np.asarray(self.values[place], np.float32)
        return EvidenceMap(values, bool(values.max() > 0))


@dataclass(frozen=True)
class _Part:
    """A rectangle of the grid."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def place(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    def halves(self, least: int) -> tuple[_Part, _Part] | None:
        """Cut across the longer side; None where that would make them too small."""
        height, width = self.bottom - self.top, self.right - self.left
        if max(height, width) < 2 * least:
            return None
        if height > width:
            middle = self.top + height // 2
            return _Part(self.top, self.left, middle, self.right), _Part(middle, self.left, self.bottom, self.right)
        middle = self.left + width // 2
        return _Part(self.top, self.left, self.bottom, middle), _Part(self.top, middle, self.bottom, self.right)


@dataclass(frozen=True, eq=False)
class _Open:
    """A part, beside those that are there (`present`), without it and with it; it counts with `weight`."""

    part: _Part
    present: Mask
    without: Floats
    with_it: Floats
    weight: float

    @property
    def gain(self) -> Floats:
        return np.asarray(self.weight * (self.with_it - self.without), np.float32)


def shares(
    grid: tuple[int, int],
    values: Callable[[Mask], Floats],
    most_asked: int = MOST_ASKED,
    least_side: int = LEAST_SIDE,
    told: Told = nobody,
) -> Shares:
    """Owen values of the cells of a grid (rows, columns), for `values` (classes,) of the cells that are there.

    Owen, "Values of games with a priori unions", 1977: the Shapley values (Lundberg and Lee, "A unified approach to
    interpreting model predictions", 2017) of a game in which a part goes only beside whole other parts: a part is
    halved, and each half is asked about with and without the other one. Parts that change most are halved first, until
    `most_asked` answers were taken; a part that stays whole shares its value out evenly.
    """
    rows, columns = grid
    none, everything = np.zeros(grid, np.bool_), np.ones(grid, np.bool_)
    nothing, whole = values(none), values(everything)
    asked, number = 2, 0
    told(asked, most_asked)
    density = np.zeros((len(whole), rows, columns), np.float64)
    queue: list[tuple[float, int, _Open]] = []
    waiting = [_Open(_Part(0, 0, rows, columns), none, nothing, whole, 1.0)]
    while True:
        for one in waiting:
            number += 1
            heapq.heappush(queue, (-float(np.abs(one.gain).max()), number, one))
        if not queue:
            break
        _, _, now = heapq.heappop(queue)
        halves = now.part.halves(least_side) if asked + 2 <= most_asked else None
        if halves is None:
            down, across = now.part.place
            density[:, down, across] += (now.gain / now.part.size)[:, None, None]
            waiting = []
            continue
        waiting = list(_halved(now, *halves, values))
        asked += 2
        told(asked, most_asked)
    told(most_asked, most_asked)
    return Shares((density * rows * columns).astype(np.float32), whole, nothing, asked)


def _halved(now: _Open, one: _Part, other: _Part, values: Callable[[Mask], Floats]) -> Iterator[_Open]:
    """Both halves, each without and beside the other one."""
    with_one, with_other = now.present.copy(), now.present.copy()
    with_one[one.place] = True
    with_other[other.place] = True
    of_one, of_other = values(with_one), values(with_other)
    half = now.weight / 2
    yield _Open(one, now.present, now.without, of_one, half)
    yield _Open(one, with_other, of_other, now.with_it, half)
    yield _Open(other, now.present, now.without, of_other, half)
    yield _Open(other, with_one, of_one, now.with_it, half)


def shapley_picture(
    pixels: Pixels, values: Values, most_asked: int = MOST_ASKED, told: Told = nobody
) -> Shares:  # fmt: skip
    """The shares of the parts of a picture (height, width, 3); what is missing is painted over from its edges."""
    height, width = pixels.shape[:2]
    scale = min(1.0, GRID_PX / max(height, width))
    grid = (max(1, round(height * scale)), max(1, round(width * scale)))
    return shares(grid, lambda present: values(painted_over(pixels, present)), most_asked, told=told)


def painted_over(pixels: Pixels, present: Mask) -> Pixels:
    """The picture with what is not `present` (rows, columns of any grid over it) filled from its surroundings.

    Telea, "An image inpainting technique based on the fast marching method", 2004, on the grid, stretched over the
    picture. Where nothing is there, the mean colour of the picture takes its place, as in shap.maskers.Image.
    """
    import cv2

    if present.all():
        return pixels
    height, width = pixels.shape[:2]
    if not present.any():
        mean = pixels.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
        return np.ascontiguousarray(np.broadcast_to(mean, pixels.shape))
    rows, columns = present.shape
    small = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)
    filled = cv2.inpaint(small, (~present).astype(np.uint8), _INPAINT_RADIUS_PX, cv2.INPAINT_TELEA)
    stretched = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    there = cv2.resize(present.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(np.where(there[:, :, None] > 0, pixels, stretched), np.uint8)
