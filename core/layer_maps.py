"""Evidence at a layer inside a network, from what the layer answers and how the score grows with each of its numbers.

The gradients come from training.gradients, or, for the last map of a network, from its head.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.explain_methods import Method
from core.heatmaps import Cells, class_evidence, contrast_evidence, laid_over
from core.records import EvidenceMap, Features, Floats

# A map's strength is that of its strongest places, without the few that stand out: a whisker, a glint.
_STRONG: Final = 0.997
_TINY: Final = 1e-12


def class_weights(kernel: Floats, label: int, versus: int | None = None) -> Floats:
    """The weights (channels,) of the score that is explained, from the head's `kernel` (channels, labels).

    That of the label above the mean label's, or above that of `versus`.
    """
    other = kernel.mean(axis=1) if versus is None else kernel[:, versus]
    return np.asarray(kernel[:, label] - other, np.float32)


def layer_cells(method: Method, values: Floats, gradient: Floats) -> Floats:
    """The evidence (rows, columns) in the cells of a layer, from its values and gradient (rows, columns, channels).

    Its mean over the cells is in units of the score. Grad-CAM (Selvaraju et al. 2017) weighs each channel with its
    mean gradient, HiResCAM (Draelos and Carin 2020) each number with its own gradient, LayerCAM (Jiang et al. 2021)
    likewise but with the positive gradients only. What speaks against the label is kept, negative, by the first two;
    the papers drop it.
    """
    if method is Method.GRADCAM:
        found = values @ gradient.mean(axis=(0, 1))
    elif method is Method.HIRESCAM:
        found = (values * gradient).sum(axis=2)
    elif method is Method.LAYERCAM:
        found = np.maximum((values * np.maximum(gradient, 0)).sum(axis=2), 0)
    else:
        raise ValueError(f"no map of one layer: {method}")
    return np.asarray(found * (values.shape[0] * values.shape[1]), np.float32)


def last_map(
    method: Method, features: Features, kernel: Floats, label: int, versus: int | None, size: tuple[int, int]
) -> EvidenceMap:
    """The map of the last layer of each network, together: `size` (rows, columns). It needs no part for training."""
    weights = class_weights(kernel, label, versus)
    views = []
    for seen in features.maps:
        part = weights[seen.first_channel : seen.first_channel + seen.width]
        values = seen.values[:, ::-1] if seen.mirrored else seen.values  # as the network gave it
        cells = layer_cells(method, values, seen.gradient(part))
        views.append(Cells(cells[:, ::-1] if seen.mirrored else cells, seen.box, seen.share))
    return as_evidence(laid_over(views, size), features, kernel, label, versus)


def fused(levels: Sequence[Floats]) -> Floats:
    """One map (rows, columns), 0...1, of the maps of several resolutions, the coarsest first.

    The rule: each map, what speaks against left out, becomes tanh(M / its strongest 0.3 %); their mean is multiplied
    with the root of the coarsest map. So coarse layers say where, fine ones what. Jiang et al., "LayerCAM: Exploring
    hierarchical class activation maps for localization", 2021, have the tanh, but take the highest map at every
    place: on photographs of dogs, the coarse map hid the fine ones there, and edges far away lit up.
    """
    positive = [np.maximum(level, 0) for level in levels]
    lifted = [np.tanh(one / max(float(np.quantile(one, _STRONG)), _TINY)) for one in positive]
    where = np.sqrt(positive[0] / max(float(positive[0].max()), _TINY))
    return np.asarray(where * np.mean(lifted, axis=0), np.float32)


def as_evidence(
    values: Floats, features: Features, kernel: Floats, label: int, versus: int | None
) -> EvidenceMap:  # fmt: skip
    """A map of any method; whether anything speaks for the label at all is what the exact map says."""
    size = values.shape[0], values.shape[1]
    if versus is None:
        exact = class_evidence(features, kernel, label, size)
    else:
        exact = contrast_evidence(features, kernel, label, versus, size)
    return EvidenceMap(values, exact.positive and float(values.max()) > 0)
