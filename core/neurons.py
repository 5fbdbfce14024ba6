"""Neurons that matter: which channels of the embedding carry a class, and which photographs excite each one most.

Everything comes from stored embeddings, so that no network is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.inference import softmax
from core.records import Floats

Places = npt.NDArray[np.intp]

# So many photographs of the class speak for it; more would only cost time.
MOST_PHOTOGRAPHS = 60
PERMUTATIONS = 30
# A permutation is left when what remains of the probability, above what nothing gives, is less than this part of it:
# all further channels would share it.
TRUNCATED = 0.02
_AT_ONCE = 64


@dataclass(frozen=True)
class Neurons:
    """What each channel adds to the probability of a class: `values` (channels,), their standard errors `errors`.

    The values sum, up to truncation, to the probability with all channels (`whole`) less that with none (`nothing`).
    """

    values: Floats
    errors: Floats
    whole: float
    nothing: float

    def strongest(self, most: int) -> Places:
        """The channels with the highest values, the highest first."""
        return np.argsort(-self.values, kind="stable")[:most]


def neurons_of(
    embeddings: Floats,
    kernel: Floats,
    bias: Floats,
    label: int,
    usual: Floats,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Neurons:
    """The Shapley value of every channel for `label`, from photographs of it: `embeddings` (n, channels).

    Ghorbani and Zou, "Neuron Shapley", 2020: in random orders, channels are taken away (here: set to `usual`
    (channels,), their mean over all photographs) and what the mean probability of the label loses is theirs; an order
    ends where hardly anything is left to lose. `kernel` (channels, labels) and `bias` (labels,) are the head's, after
    temperature. `told` hears how many orders are done, of how many, and may raise Cancelled.
    """
    some = embeddings[np.random.default_rng(seed).permutation(len(embeddings))[:MOST_PHOTOGRAPHS]]
    scores = np.asarray(some @ kernel + bias, np.float32)
    whole = float(softmax(scores)[:, label].mean())
    nothing = float(softmax((usual @ kernel + bias)[None])[0, label])
    unusual = np.asarray(some - usual, np.float32)
    rng = np.random.default_rng(seed)
    total, squares = np.zeros(len(usual)), np.zeros(len(usual))
    for done in range(1, permutations + 1):
        lost = _losses(rng.permutation(len(usual)), unusual, kernel, scores, label, (whole, nothing))
        total += lost
        squares += lost**2
        told(done, permutations)
    mean = total / permutations
    spread = np.maximum(squares / permutations - mean**2, 0) / max(1, permutations - 1)
    return Neurons(mean.astype(np.float32), np.sqrt(spread).astype(np.float32), whole, nothing)


def _losses(
    order: Places, unusual: Floats, kernel: Floats, scores: Floats, label: int, ends: tuple[float, float]
) -> npt.NDArray[np.float64]:
    """What each channel takes along when the channels go in this order."""
    whole, nothing = ends
    enough = TRUNCATED * abs(whole - nothing)
    losses = np.zeros(len(order))
    before, left = whole, scores
    for start in range(0, len(order), _AT_ONCE):
        channels = order[start : start + _AT_ONCE]
        # (channels, photographs, labels): the scores after each of them has gone, one after the other.
        gone = unusual.T[channels][:, :, None] * kernel[channels][:, None, :]
        after = left - np.cumsum(gone, axis=0)
        probabilities = softmax(after)[:, :, label].mean(axis=1)
        losses[channels] = -np.diff(probabilities, prepend=before)
        before, left = float(probabilities[-1]), after[-1]
        if abs(before - nothing) < enough:
            break
    return losses


def exciting(embeddings: Floats, channel: int, most: int) -> Places:
    """The places of the photographs, of embeddings (n, channels), that excite a channel most, best first."""
    return np.argsort(-embeddings[:, channel], kind="stable")[:most]
