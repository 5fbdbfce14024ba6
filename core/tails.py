"""What lies between a feature map and the embedding: pooling and dense layers, forwards, and backwards for heatmaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.bundle_info import Pooling
from core.records import Floats


@dataclass(frozen=True, eq=False)
class Dense:
    """One layer with ReLU: `kernel` (inputs, units), `bias` (units,), with batch normalisation folded in."""

    kernel: Floats
    bias: Floats


@dataclass(frozen=True, eq=False)
class DenseTail:
    """The mean over rows and columns, or the whole map in the order of rows, columns, channels; then dense layers."""

    pooling: Pooling
    layers: tuple[Dense, ...] = ()

    def width(self, shape: tuple[int, ...]) -> int:
        """How many values it makes of a map of this shape (rows, columns, channels)."""
        if self.layers:
            return len(self.layers[-1].bias)
        return int(np.prod(shape)) if self.pooling is Pooling.FLATTEN else shape[-1]

    def __call__(self, values: Floats) -> Floats:
        """The embedding (width,) of a map (rows, columns, channels)."""
        return self._outputs(values)[-1]

    def gradient(self, values: Floats, weights: Floats) -> Floats:
        """How fast `self(values) @ weights` grows with each number of the map: (rows, columns, channels).

        Layers with ReLU are linear around any map, so `(values * gradient).sum()` is that product but for what the
        biases add. For the mean, the gradient is the same in all rows and columns.
        """
        outputs = self._outputs(values)
        for layer, output in zip(reversed(self.layers), reversed(outputs), strict=False):
            weights = layer.kernel @ np.where(output > 0, weights, 0)
        if self.pooling is Pooling.FLATTEN:
            return np.asarray(weights.reshape(values.shape), np.float32)
        rows, columns = values.shape[:2]
        return np.broadcast_to(np.asarray(weights / (rows * columns), np.float32), values.shape)

    def _outputs(self, values: Floats) -> list[Floats]:
        """What comes out of the pooling and of each layer."""
        pooled: Floats = values.reshape(-1) if self.pooling is Pooling.FLATTEN else values.mean(axis=(0, 1))
        outputs = [pooled]
        for layer in self.layers:
            outputs.append(np.maximum(outputs[-1] @ layer.kernel + layer.bias, 0))
        return outputs
