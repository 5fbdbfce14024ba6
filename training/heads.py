"""Linear softmax heads on stored embeddings, and the ImageNet classifier's own rows as their starting point."""

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
    embeddings: Floats, labels: Labels, count: int, strength: float, prior: Head | None = None, iterations: int = 120
) -> Head:
    """Softmax regression, fitted by L-BFGS on standardised embeddings.

    `strength` weighs the data against the pull of the weights towards `prior` (towards zero without one), as
    scikit-learn's C does. Pulling towards pretrained weights instead of zero is L2-SP (Li, Grandvalet and Davoine,
    "Explicit inductive bias for transfer learning", ICML 2018).
    """
    from scipy.optimize import minimize

    mean, scale = embeddings.mean(axis=0), embeddings.std(axis=0) + 1e-6
    inputs = ((embeddings - mean) / scale).astype(np.float32)
    channels = inputs.shape[1]
    rows = np.arange(len(labels))
    start = np.zeros((channels, count), np.float32) if prior is None else prior.kernel * scale[:, None]
    # Without a prior, nothing is known of the biases, and they go free.
    level = np.zeros(count, np.float32) if prior is None else prior.bias + mean @ prior.kernel
    hold = 0.0 if prior is None else 1.0

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        kernel = flat[: channels * count].reshape(channels, count).astype(np.float32)
        bias = flat[channels * count :].astype(np.float32)
        probabilities = softmax(inputs @ kernel + bias)
        chosen = np.maximum(probabilities[rows, labels], 1e-30)
        probabilities[rows, labels] -= 1
        pull, lift = kernel - start, hold * (bias - level)
        value = -strength * float(np.log(chosen).sum()) + 0.5 * float((pull**2).sum() + (lift**2).sum())
        slopes = strength * (inputs.T @ probabilities) + pull
        levels = strength * probabilities.sum(axis=0) + lift
        return value, np.concatenate([slopes.ravel(), levels]).astype(np.float64)

    first = np.concatenate([start.ravel(), level]).astype(np.float64)
    best = minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 8}).x
    kernel = best[: channels * count].reshape(channels, count) / scale[:, None]
    bias = best[channels * count :] - mean @ kernel
    return Head(kernel.astype(np.float32), bias.astype(np.float32))


def softmax(logits: Floats) -> Floats:
    """Row-wise softmax of (n, labels)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
