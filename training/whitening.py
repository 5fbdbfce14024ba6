"""The numbers for whitening, found from training pictures; what is done with them is said in core.whitening."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.records import Floats, Pixels
from core.whitening import EPSILON, SPREAD, Whitening, most_directions

# The variances of the leading directions hardly change with more.
MOST_INPUTS = 2000
# Columns that are turned into float32 at a time: 64 MB of 2,000 pictures.
_BLOCK = 8192


def fit_whitening(inputs: Pixels | Floats, most: int | None = None) -> Whitening:
    """Whitening for pictures like `inputs` (n, size, size, 3), 0...255, after all other steps; 2 pictures at least.

    At most `most` directions (None: as many as a bundle takes), and only such as the pictures determine: n - 1. From
    the n x n matrix of inner products, so that neither d x d numbers nor all pictures as float32 are ever in memory.
    The basis is rounded to float16 as the bundle keeps it, so that training sees what prediction will see. Raises
    ValueError for fewer pictures.
    """
    count, size_px = inputs.shape[:2]
    if count < 2:
        raise ValueError("whitening needs two pictures at least")
    flat = inputs.reshape(count, -1)
    mean = flat.mean(axis=0, dtype=np.float64).astype(np.float32)
    products = np.zeros((count, count))
    for _, block in _blocks(flat, mean):
        products += block @ block.T
    powers, mixes = np.linalg.eigh(products / (count - 1))
    powers, mixes = powers[::-1], mixes[:, ::-1]  # the largest variance first
    limit = min(most_directions(size_px), count - 1, MOST_INPUTS if most is None else most)
    rank = max(1, min(limit, int((powers > EPSILON).sum())))
    basis = _basis(flat, mean, mixes[:, :rank], powers[:rank] * (count - 1))
    rest = max(0.0, float(powers.sum() - powers[:rank].sum())) / max(1, flat.shape[1] - rank)
    variances = np.append(np.maximum(powers[:rank], 0), rest)
    return Whitening(mean, basis, (SPREAD / np.sqrt(variances + EPSILON)).astype(np.float32))


def _basis(
    flat: Pixels | Floats, mean: Floats, mixes: npt.NDArray[np.float64], squares: npt.NDArray[np.float64]
) -> Floats:
    """Directions (rank, d) of length 1 from the mixtures of pictures (n, rank) that they are."""
    weights = (mixes / np.sqrt(np.maximum(squares, 1e-12))).T.astype(np.float32)
    basis = np.empty((len(weights), flat.shape[1]), np.float32)
    for start, block in _blocks(flat, mean):
        basis[:, start : start + block.shape[1]] = weights @ block
    return basis.astype(np.float16).astype(np.float32)


def _blocks(flat: Pixels | Floats, mean: Floats) -> Iterator[tuple[int, Floats]]:
    """The pictures less their mean, a range of columns at a time."""
    for start in range(0, flat.shape[1], _BLOCK):
        columns = slice(start, start + _BLOCK)
        yield start, flat[:, columns].astype(np.float32) - mean[columns]
