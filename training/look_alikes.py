"""Which photographs are nearly the same picture: one burst, one dog on one day, a copy cropped or saved again.

Two are look-alikes where the networks see nearly the same, where they see something close and the pixels agree, or
where the pixels are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.records import Floats
from training.photo_facts import GREY_PX
from training.samples import Labels

# Cosines of centred "dogs-fast" vectors, and correlations of grey copies of 32 × 32, turned and mirrored as fits best.
# Looked at by eye on dogs, leaves, X-rays and products: pairs from NEAR on, and those from CLOSE on whose pixels agree
# to SAME_PIXELS, were one series or one picture; among 320 X-rays, all alike to the eye, no pair was as near.
NEAR = 0.93
CLOSE = 0.85
SAME_PIXELS = 0.9
# Near ones whose pixels do not even agree so far are two pictures of one thing, not one picture.
SOME_PIXELS = 0.7
# A small copy, saved again, or a turned one has the same pixels in grey, while the networks see something else (cosines
# of 0.3 to 0.9). Of the 1.4 million pairs of those photographs 3 were as alike, and these are the same picture. Two
# plain drawings may be as alike by chance, but not to the networks too.
EQUAL_PIXELS = 0.985
LEAST_COSINE = 0.2

# The first sieve for pixels: copies of 16 × 16 may be so much less alike.
_SIEVE_PX = 16
_SIEVE = 0.97
_DIRECTIONS = 512
_COMPARED_AT_ONCE = 256
_CORRELATED_AT_ONCE = 512
_MOST_NEIGHBOURS = 64


@dataclass(frozen=True)
class Pair:
    """Two photographs (places) that look alike, with the cosine of their vectors.

    `is_same` where it is the very same picture, cropped, brighter or saved again, and not just the next one.
    """

    one: int
    other: int
    cosine: float
    is_same: bool


def centred(vectors: Floats) -> Floats:
    """Vectors (n, channels) as directions (n, at most 512) of length 1 around their mean.

    Cosines stay what they are, give or take 0.03 (Johnson & Lindenstrauss 1984); the directions are the same each time.
    """
    channels = vectors.shape[1]
    values = vectors - vectors.mean(axis=0) if len(vectors) else vectors
    if channels > _DIRECTIONS:
        random = np.random.default_rng(0)
        spread = random.standard_normal((channels, _DIRECTIONS), np.float32) / np.float32(_DIRECTIONS**0.5)
        values = values @ spread
    lengths = np.maximum(np.linalg.norm(values, axis=1, keepdims=True), np.float32(1e-6))
    return np.asarray(values / lengths, np.float32)


def look_alikes(directions: Floats, greys: npt.NDArray[np.uint8], asked: Callable[[int], None]) -> list[Pair]:
    """All pairs that look alike, nearest first; of one photograph at most 64.

    `directions` (n, d) as `centred` gives them, `greys` (n, GREY_PX, GREY_PX). `asked` is called with how many have
    been compared with all others, and may raise to end it. A few hundred at a time: memory grows with n, not with n².
    """
    pairs: list[Pair] = []
    flat = greys.reshape(len(greys), -1)
    small = _small(greys)
    for start in range(0, len(directions), _COMPARED_AT_ONCE):
        block = slice(start, start + _COMPARED_AT_ONCE)
        cosines = directions[block] @ directions[start:].T  # the earlier ones were compared with these
        pixels = _best_turned(small[block], small[start:])
        rows, columns = _candidates(cosines, pixels)
        likenesses = pixel_likeness(flat[start + rows], flat[start + columns])
        for row, column, likeness in zip(rows.tolist(), columns.tolist(), likenesses.tolist(), strict=True):
            cosine = float(cosines[row, column])
            if (is_same := _is_same(cosine, likeness)) or cosine >= NEAR:
                pairs.append(Pair(start + row, start + column, cosine, is_same))
        asked(min(start + _COMPARED_AT_ONCE, len(directions)))
    return sorted(pairs, key=lambda pair: (-pair.cosine, pair.one, pair.other))


def _is_same(cosine: float, likeness: float) -> bool:
    if cosine >= CLOSE:
        return likeness >= (SOME_PIXELS if cosine >= NEAR else SAME_PIXELS)
    return likeness >= EQUAL_PIXELS and cosine >= LEAST_COSINE


def _small(greys: npt.NDArray[np.uint8]) -> Floats:
    """The sieve's copies, (n, _SIEVE_PX²), around their means and of length 1; of a blank picture all zeros."""
    by = GREY_PX // _SIEVE_PX
    values = greys.reshape(len(greys), _SIEVE_PX, by, _SIEVE_PX, by).mean(axis=(2, 4), dtype=np.float32)
    values = values.reshape(len(greys), -1)
    values -= values.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(np.where(lengths > _SIEVE_PX, values / np.maximum(lengths, 1e-6), 0), np.float32)


def _best_turned(some: Floats, others: Floats) -> Floats:
    """The correlations of the sieve's copies (k, _SIEVE_PX²) with others, turned and mirrored as fits best: (k, n)."""
    turned = _turned(some, _SIEVE_PX)
    best = turned[0] @ others.T
    for one in turned[1:]:
        np.maximum(best, one @ others.T, out=best)
    return np.asarray(best, np.float32)


def _turned(flat: Floats, side_px: int) -> list[Floats]:
    """Copies (n, side_px²) as they are, turned by quarters, and all of these mirrored."""
    square = flat.reshape(-1, side_px, side_px)
    turned = [np.rot90(square, quarters, (1, 2)) for quarters in range(4)]
    both = [*turned, *(one[:, :, ::-1] for one in turned)]
    return [np.ascontiguousarray(one).reshape(len(flat), -1) for one in both]


def _candidates(cosines: Floats, pixels: Floats) -> tuple[Labels, Labels]:
    """Pairs (rows of the block, later columns) that are close enough to be asked about."""
    later = np.arange(cosines.shape[1]) > np.arange(len(cosines))[:, None]
    close = ((cosines >= CLOSE) | ((pixels >= _SIEVE) & (cosines >= LEAST_COSINE))) & later
    for row in np.flatnonzero(close.sum(axis=1) > _MOST_NEIGHBOURS):
        ranked = np.where(close[row], cosines[row], -np.inf)
        close[row] = False
        close[row, np.argpartition(-ranked, _MOST_NEIGHBOURS)[:_MOST_NEIGHBOURS]] = True
    rows, columns = np.nonzero(close)
    return rows, columns


def pixel_likeness(ones: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]) -> Floats:
    """The correlations (-1...1) of grey copies (k, GREY_PX²) with as many others, turned and mirrored as fits best."""
    best = np.full(len(ones), -1, np.float32)
    for start in range(0, len(ones), _CORRELATED_AT_ONCE):
        some = slice(start, start + _CORRELATED_AT_ONCE)
        left = _levelled(ones[some])
        for right in _turned(_levelled(others[some]), GREY_PX):
            np.maximum(best[some], np.einsum("kp,kp->k", left, right), out=best[some])
    return best


def _levelled(greys: npt.NDArray[np.uint8]) -> Floats:
    values = greys.astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6), np.float32)


def together(count: int, links: Iterable[Sequence[int]]) -> list[list[int]]:
    """Places 0...count-1 in groups: all places of a link belong together, and so do links that share one.

    >>> together(5, [(0, 3), (3, 4), (1,)])
    [[0, 3, 4], [1], [2]]
    """
    above = list(range(count))

    def top(place: int) -> int:
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for link in links:
        for place in link[1:]:
            first, second = sorted((top(link[0]), top(place)))
            above[second] = first
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(count):
        groups[top(place)].append(place)
    return list(groups.values())
