"""Linear softmax heads on embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.records import Floats

Labels = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Head:
    """`kernel` (channels, labels) and `bias` (labels,): logits = embeddings @ kernel + bias."""

    kernel: Floats
    bias: Floats

    def logits(self, embeddings: Floats) -> Floats:
        """(n, channels) -> (n, labels)."""
        return np.asarray(embeddings @ self.kernel + self.bias, np.float32)


def fit_head(
    embeddings: Floats, labels: Labels, count: int, strength: float, prior: Head | None = None, tolerance: float = 1e-6
) -> Head:
    """Softmax regression with one strength, pulled towards `prior` (towards zero without one): training.softmax_fit."""
    from training.softmax_fit import SoftmaxFit

    return SoftmaxFit(embeddings, labels, count, prior).fit(strength, tolerance).head


def softmax(logits: Floats) -> Floats:
    """Row-wise softmax of (n, labels)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
