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

Matrix = npt.NDArray[np.float64]


def fit_whitening(inputs: Pixels | Floats, most: int | None = None) -> Whitening:
    """Whitening for pictures like `inputs` (n, size, size, 3), 0...255, after all other steps; 2 pictures at least.

    At most `most` directions (None: as many as a bundle takes), and half as many as there are pictures: from n pictures
    n - 1 directions follow, but the last of them say nothing of others. Worked out from the n x n inner products, so
    that neither d x d numbers nor all pictures as float32 are ever in memory. The basis is rounded to float16 as the
    bundle keeps it, so that training sees what prediction will see. Raises ValueError for fewer pictures.
    """
    count, size_px = inputs.shape[:2]
    if count < 2:
        raise ValueError("whitening needs two pictures at least")
    flat = inputs.reshape(count, -1)
    mean = flat.mean(axis=0, dtype=np.float64).astype(np.float32)
    products = np.zeros((count, count))
    for _, block in _blocks(flat, mean):
        products += block @ block.T
    squares, mixes = _directions(products)
    limit = min(most_directions(size_px), count // 2, MOST_INPUTS if most is None else most)
    rank = max(1, min(limit, int((squares > EPSILON * count).sum())))
    variances = np.append(squares[:rank] / (count - 1), _rest(products, rank, flat.shape[1]))
    scale = (SPREAD / np.sqrt(variances + EPSILON)).astype(np.float32)
    return Whitening(mean, _basis(flat, mean, mixes[:, :rank]), scale)


def _directions(products: Matrix) -> tuple[Matrix, Matrix]:
    """Of centred pictures with these inner products: the directions in which they vary most, the largest first.

    Their sums of squares (n,), and (n, n) mixtures of pictures that give them, of length 1 each.
    """
    squares, mixes = np.linalg.eigh(products)
    squares, mixes = np.maximum(squares[::-1], 0), mixes[:, ::-1]
    return squares, mixes / np.sqrt(np.maximum(squares, 1e-6 * max(1.0, float(squares[0]))))


def _rest(products: Matrix, rank: int, values: int) -> float:
    """The mean variance of all directions but `rank`, among pictures from which these were not found.

    Those from which they were found have less of it than others: none at all where there are few. So the directions of
    every second picture are tried on the others, and the other way round.
    """
    halves = (slice(0, None, 2), slice(1, None, 2))
    left = 0.0
    for known, other in (halves, halves[::-1]):
        _, mixes = _directions(products[known, known])
        explained = np.square(products[other, known] @ mixes[:, :rank]).sum()
        left += max(0.0, float(np.trace(products[other, other]) - explained))
    return left / (len(products) - 1) / max(1, values - rank)


def _basis(flat: Pixels | Floats, mean: Floats, mixes: Matrix) -> Floats:
    """The directions (rank, d) that the mixtures of pictures (n, rank) are."""
    weights = mixes.T.astype(np.float32)
    basis = np.empty((len(weights), flat.shape[1]), np.float32)
    for start, block in _blocks(flat, mean):
        basis[:, start : start + block.shape[1]] = weights @ block
    return basis.astype(np.float16).astype(np.float32)


def _blocks(flat: Pixels | Floats, mean: Floats) -> Iterator[tuple[int, Floats]]:
    """The pictures less their mean, a range of columns at a time."""
    for start in range(0, flat.shape[1], _BLOCK):
        columns = slice(start, start + _BLOCK)
        yield start, flat[:, columns].astype(np.float32) - mean[columns]
