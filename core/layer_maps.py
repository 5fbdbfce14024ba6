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

# How far maps of finer layers are lifted before they are fused: Jiang et al. 2021.
_LIFT: Final = 2.0


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

    Jiang et al., "LayerCAM: Exploring hierarchical class activation maps for localization", 2021: the maps of finer
    layers are lifted by tanh(2 M / max M), and the highest of all maps counts at every place. Finer maps also light up
    far from the evidence, where a coarse one says that there is none; so each finer map is weighed by the coarsest.
    """
    first, *finer = (np.maximum(level, 0) / max(float(level.max()), 1e-12) for level in levels)
    near = np.sqrt(first)
    return np.asarray(np.max([first, *(near * np.tanh(_LIFT * level) for level in finer)], axis=0), np.float32)


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
