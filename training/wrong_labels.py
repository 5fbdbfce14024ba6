"""Labels that are perhaps wrong: what a classifier that has not seen a photograph says of it, beside its label.

After confident learning (Northcutt, Jiang & Chuang, JAIR 2021): calibrated probabilities of a cross-validated linear
discriminant on stored vectors, and how little of them is left for the given label.
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
# A label is doubted where it is as unlikely as this, and another one more likely than not.
MOST_OF_OWN = 0.05
LEAST_OF_OTHER = 0.5

_FOLDS = 5
# How far the covariance is drawn towards a multiple of the identity (Ledoit & Wolf 2004 estimate it; for unit vectors
# of 512 directions anything from 0.1 to 0.9 judges alike).
_SHRINKAGE = 0.5
_ASKED_FOR_TEMPERATURE = 4000
_AT_ONCE = 2048

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Suspect:
    """The photograph at `place` perhaps belongs to class `label`: the probabilities of that and of its own label."""

    place: int
    label: int
    probability: float
    own: float


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
    judges = _Judges(directions, places, known, _folds(known, [groups[int(place)] for place in places]), asked)
    found: list[tuple[float, Suspect]] = []
    for start in range(0, len(places), _AT_ONCE):
        asked()
        rows = np.arange(start, min(start + _AT_ONCE, len(places)))
        chances = judges.probabilities(rows)
        own = chances[rows - start, known[rows]]
        likeliest = chances.argmax(axis=1)
        other = chances[rows - start, likeliest]
        for row in np.flatnonzero((own <= MOST_OF_OWN) & (other >= LEAST_OF_OTHER)):
            label = int(spoken_for[likeliest[row]])
            suspect = Suspect(int(places[start + row]), label, float(other[row]), float(own[row]))
            found.append((float(np.log(max(own[row], 1e-12)) - np.log(other[row])), suspect))
    return [suspect for _, suspect in sorted(found, key=lambda one: (one[0], one[1].place))]


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


class _Judges:
    """A discriminant for each fold, made of all others, and the temperature at which their probabilities are honest."""

    def __init__(
        self, directions: Floats, places: Labels, labels: Labels, folds: Labels, asked: Callable[[], None]
    ) -> None:
        self._directions, self._places, self._folds = directions, places, folds
        count = int(labels.max()) + 1
        of_fold = []
        for fold in range(_FOLDS):
            asked()
            rows = np.flatnonzero(folds == fold)
            of_fold.append(_sums(directions[places[rows]], labels[rows], count))
        whole = sum(of_fold[1:], of_fold[0])
        self._discriminants = [_discriminant(whole - one) for one in of_fold]
        some = np.random.default_rng(0).permutation(len(places))[:_ASKED_FOR_TEMPERATURE]
        self._temperature = _temperature(self._logits(some), labels[some])

    def probabilities(self, rows: Labels) -> Doubles:
        """What is said of these photographs by those who have not seen them: (n, classes)."""
        return _softmax(self._logits(rows) / self._temperature)

    def _logits(self, rows: Labels) -> Doubles:
        logits = np.empty((len(rows), self._discriminants[0][0].shape[1]))
        for fold, (kernel, bias) in enumerate(self._discriminants):
            mine = self._folds[rows] == fold
            logits[mine] = self._directions[self._places[rows[mine]]] @ kernel + bias
        return logits


def _discriminant(sums: _Sums) -> tuple[Doubles, Doubles]:
    """Kernel (d, classes) and bias (classes,) of a linear discriminant to which every class is as likely."""
    means = sums.sums / np.maximum(sums.counts, 1)[:, None]
    within = sums.squares - (means * sums.counts[:, None]).T @ means
    freedom = max(1.0, sums.counts.sum() - len(means))
    covariance = within / freedom
    size = len(covariance)
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.trace(covariance) / size * np.eye(size)
    kernel = np.linalg.solve(covariance, means.T)
    bias = -0.5 * np.einsum("cd,dc->c", means, kernel)
    bias[sums.counts == 0] = -1e6
    return kernel, bias


def _softmax(logits: Doubles) -> Doubles:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _temperature(logits: Doubles, labels: Labels) -> float:
    """What the logits are divided by so that the labels are likeliest (Guo et al. 2017); a wrong few do not matter."""
    rows = np.arange(len(labels))
    tried = np.geomspace(0.5, 200, 60)
    losses = [-np.log(np.maximum(_softmax(logits / one)[rows, labels], 1e-9)).mean() for one in tried]
    return float(tried[int(np.argmin(losses))])
