"""Labels that are perhaps wrong: what a classifier that has not seen a photograph says of it, beside its label.

Confident learning (Northcutt, Jiang & Chuang, JAIR 2021) with a cross-validated linear discriminant on stored vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.records import Floats
from training.samples import Labels

# A class with fewer photographs cannot be spoken for: its members would always be outvoted.
LEAST_OF_CLASS = 8
# How many times likelier another class must be. See tests/bench/wrong_labels.py for what that finds.
TIMES_LIKELIER = 20.0

_FOLDS = 5
# How far the covariance is drawn towards a multiple of the identity (Ledoit & Wolf 2004 estimate it; for unit vectors
# of 512 directions anything from 0.1 to 0.5 judges alike).
_SHRINKAGE = 0.3
_KEPT = 3
_AT_ONCE = 2048

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Suspect:
    """The photograph at `place` perhaps belongs to class `label`: the probabilities of that and of its own label."""

    place: int
    label: int
    probability: float
    own: float


@dataclass(frozen=True)
class _Judged:
    """What was said of photographs (their `places`) by those who had not seen them.

    `own` (n,) is the probability of the given label; `others` (n, kept) the likeliest other classes and `chances`
    (n, kept) their probabilities.
    """

    places: Labels
    own: Doubles
    others: Labels
    chances: Doubles


def perhaps_wrong(
    directions: Floats, labels: Labels, groups: Sequence[int], asked: Callable[[], None]
) -> list[Suspect]:
    """The photographs whose label is perhaps wrong, the likeliest first; none with fewer than two classes to compare.

    `directions` (n, d) as `look_alikes.centred` gives them, `labels` (n,), `groups` (n,) numbers of what looks alike: a
    photograph is never judged by its own kind. `asked` is called now and then, and may raise to end it.
    """
    sizes = np.bincount(labels) if len(labels) else np.zeros(0, np.intp)
    spoken_for = np.flatnonzero(sizes >= LEAST_OF_CLASS)
    if len(spoken_for) < 2:
        return []
    places = np.flatnonzero(np.isin(labels, spoken_for))
    known = np.searchsorted(spoken_for, labels[places])
    folds = _folds(known, [groups[place] for place in places])
    judged = _judged(directions, places, known, folds, asked)
    typical = _typical(judged, known, len(spoken_for))
    suspects = []
    for row, place in enumerate(places):
        for other, chance in zip(judged.others[row], judged.chances[row], strict=True):
            if chance >= typical[other] and chance >= TIMES_LIKELIER * judged.own[row]:
                label = int(spoken_for[other])
                suspects.append(Suspect(int(place), label, float(chance), float(judged.own[row])))
                break
    return sorted(suspects, key=lambda one: (one.own - one.probability, one.place))


def _folds(labels: Labels, groups: Sequence[int]) -> Labels:
    """A fold for each photograph: groups whole, every class in all of them as far as it goes."""
    numbers, first = np.unique(groups, return_index=True)
    order = np.random.default_rng(0).permutation(len(numbers))
    order = order[np.argsort(labels[first[order]], kind="stable")]
    fold = np.empty(len(numbers), np.intp)
    fold[order] = np.arange(len(numbers)) % _FOLDS
    return np.asarray(fold[np.searchsorted(numbers, groups)], np.intp)


@dataclass
class _Sums:
    """What a linear discriminant is made of: it can be added, and what a fold gave taken away again."""

    counts: Doubles
    sums: Doubles
    squares: Doubles

    def __sub__(self, other: _Sums) -> _Sums:
        return _Sums(self.counts - other.counts, self.sums - other.sums, self.squares - other.squares)

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(self.counts + other.counts, self.sums + other.sums, self.squares + other.squares)


def _sums(values: Floats, labels: Labels, count: int) -> _Sums:
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, labels, values)
    return _Sums(np.bincount(labels, minlength=count).astype(float), sums, (values.T @ values).astype(float))


def _judged(directions: Floats, places: Labels, labels: Labels, folds: Labels, asked: Callable[[], None]) -> _Judged:
    count = int(labels.max()) + 1
    members = [np.flatnonzero(folds == fold) for fold in range(_FOLDS)]
    of_fold = []
    for rows in members:
        asked()
        of_fold.append(_sums(directions[places[rows]], labels[rows], count))
    whole = of_fold[0]
    for one in of_fold[1:]:
        whole = whole + one
    own, others = np.zeros(len(places)), np.zeros((len(places), min(_KEPT, count - 1)), np.intp)
    chances = np.zeros(others.shape)
    for rows, one in zip(members, of_fold, strict=True):
        kernel, bias = _discriminant(whole - one)
        for start in range(0, len(rows), _AT_ONCE):
            asked()
            some = rows[start : start + _AT_ONCE]
            logits = directions[places[some]] @ kernel + bias
            own[some], others[some], chances[some] = _said(logits, labels[some], others.shape[1])
    return _Judged(places, own, others, chances)


def _discriminant(sums: _Sums) -> tuple[Doubles, Doubles]:
    """Kernel (d, classes) and bias (classes,) of a linear discriminant with shrunk covariance, every class as likely.

    The logits are divided by what they spread more than those of unseen photographs: half of the dimension's share.
    """
    means = sums.sums / np.maximum(sums.counts, 1)[:, None]
    within = sums.squares - (means * sums.counts[:, None]).T @ means
    freedom = max(1.0, sums.counts.sum() - len(means))
    covariance = within / freedom
    size = len(covariance)
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.trace(covariance) / size * np.eye(size)
    kernel = np.linalg.solve(covariance, means.T)
    bias = -0.5 * np.einsum("cd,dc->c", means, kernel)
    bias[sums.counts == 0] = -np.inf
    return kernel, bias


def _said(logits: Doubles, labels: Labels, kept: int) -> tuple[Doubles, Labels, Doubles]:
    logits = logits - logits.max(axis=1, keepdims=True)
    probabilities = np.exp(logits)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    own = probabilities[rows, labels].copy()
    probabilities[rows, labels] = -1
    others = np.argsort(-probabilities, axis=1, kind="stable")[:, :kept]
    return own, others, np.take_along_axis(probabilities, others, axis=1)


def _typical(judged: _Judged, labels: Labels, count: int) -> Doubles:
    """How likely a class is said to be, on average, for its own photographs: from there on it is believed."""
    sums = np.bincount(labels, judged.own, minlength=count)
    return np.asarray(sums / np.maximum(np.bincount(labels, minlength=count), 1), np.float64)
