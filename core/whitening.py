"""Whitening: neighbouring pixels lose what they have in common, so that a network sees what differs between pictures.

ZCA (Bell and Sejnowski 1997; Krizhevsky 2009, appendix A) of low rank: a few hundred directions in which the training
photographs vary most are evened out each, all other directions together. For a picture x, a vector of d = size x size x
3 values 0...255 in the order of rows, columns, colours:

    z = r (x - m) + V' diag(s - r) V (x - m)        s_i = 1 / sqrt(v_i + EPSILON)        r = 1 / sqrt(v_rest + EPSILON)

m (d,) is the mean of the training pictures, V (rank, d) are the leading eigenvectors of their covariance, v_i their
variances, and v_rest is the mean variance of the d - rank other directions. Then z has variance 1 in each direction of
V and, on average, in the others. What the network gets is CENTRE + SPREAD z: about 0...255 as without whitening (two
standard deviations to each side, not clipped), so that a normalisation inside of a backbone serves as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.records import Floats

CENTRE, SPREAD = 127.5, 64.0
# In grey levels squared: what pictures do not have at all (noise below three levels) is not blown up.
EPSILON = 10.0
MOST_DIRECTIONS = 256
# Of all directions together: 32 MB in a bundle. At 224 x 224 these are 111 directions, at 146 x 146 and below all 256.
MOST_VALUES = 2**24


@dataclass(frozen=True, eq=False)
class Whitening:
    """The numbers for pictures of one size: `mean` (d,), `basis` (rank, d), `scale` (rank + 1,): SPREAD s, SPREAD r."""

    mean: Floats
    basis: Floats
    scale: Floats

    def __call__(self, values: Floats) -> Floats:
        """A picture (size, size, 3) 0...255 whitened: the same shape, float32, about 0...255."""
        apart = values.reshape(-1).astype(np.float32) - self.mean
        along = (self.scale[:-1] - self.scale[-1]) * (self.basis @ apart)
        white = CENTRE + self.scale[-1] * apart + along @ self.basis
        return np.asarray(white.reshape(values.shape), np.float32)


def most_directions(size_px: int) -> int:
    """How many directions pictures of this size may have evened out one by one."""
    return max(1, min(MOST_DIRECTIONS, MOST_VALUES // (3 * size_px * size_px)))
