"""What is done about classes of different sizes: weights, fewer of the large ones, more of the small ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.records import Floats
from core.train_config import Balance, BalanceKind
from training.samples import Labels, Sample, labels_of


@dataclass(frozen=True)
class Drawn:
    """A photograph (its place among the samples) that is trained on in an epoch; a copy of one drawn already is
    augmented, or it would only be learnt by heart.
    """

    place: int
    is_copy: bool = False


def class_weights(labels: Labels, count: int) -> Floats:
    """For each of `count` classes what one of its photographs weighs, (count,): every class weighs the same in all.

    Their mean over the photographs is 1 (King & Zeng 2001). A class without photographs gets 0.

    >>> class_weights(np.array([0, 0, 0, 1], np.intp), 2).tolist()
    [0.6666666865348816, 2.0]
    """
    sizes = np.bincount(labels, minlength=count).astype(np.float64)
    present = max(1, int((sizes > 0).sum()))
    weights = np.where(sizes > 0, len(labels) / (present * np.maximum(sizes, 1)), 0)
    return np.asarray(weights, np.float32)


def drawn(samples: Sequence[Sample], rules: Balance, seed: int, epoch: int = 0) -> list[Drawn]:
    """Which photographs are trained on in an epoch, in the order of the samples, copies at the end.

    UNDER takes turns: from epoch to epoch every photograph of a large class comes equally often. OVER draws copies, the
    same number of each photograph give or take one; it leaves a class that is larger than `to` as it is.
    """
    if rules.kind not in (BalanceKind.UNDER, BalanceKind.OVER) or not samples:
        return [Drawn(place) for place in range(len(samples))]
    labels = labels_of(samples)
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    sizes = [len(places) for places in members]
    if rules.kind is BalanceKind.UNDER:
        to = rules.to or min(sizes)
        taken = [_turn(places, to, seed, epoch) for places in members]
        return [Drawn(int(place)) for place in sorted(np.concatenate(taken))]
    to = rules.to or max(sizes)
    copies = [_copies(places, to, seed, epoch) for places in members]
    return [Drawn(place) for place in range(len(samples))] + [
        Drawn(int(place), True) for place in np.concatenate(copies)
    ]


def _turn(places: Labels, to: int, seed: int, epoch: int) -> Labels:
    """The next `to` photographs of a class, in a shuffled order that begins again where it ends."""
    if to >= len(places):
        return places
    return np.roll(_shuffled(places, seed, 0), -epoch * to)[:to]


def _copies(places: Labels, to: int, seed: int, epoch: int) -> Labels:
    wanted = max(0, to - len(places))
    whole, rest = divmod(wanted, len(places))
    return np.concatenate([np.repeat(places, whole), _shuffled(places, seed, epoch)[:rest]])


def _shuffled(places: Labels, seed: int, turn: int) -> Labels:
    return np.random.default_rng([seed, turn, int(places[0])]).permutation(places)
