"""In which order the classes of a confusion matrix are shown: those that are taken for each other side by side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.records import Floats

# Classes that give each other less of their probability than this do not look alike.
_LEAST_LIKENESS = 0.02
# Average linkage takes the cube of it.
_MOST_CLUSTERED = 1500

Counts = npt.NDArray[np.intp]


def order_of(confusion: Counts, likeness: Floats) -> tuple[int, ...]:
    """The places of the classes: clusters of look-alikes first, those with the most mistakes among themselves leading.

    `confusion` (n, n) are counts of truth by answer, `likeness` (n, n) how much of their probability classes give each
    other. Clusters grow by average linkage (Sokal and Michener 1958) and are turned so that the likest ends meet.
    Classes that look like no other follow, those with the most mistakes first.
    """
    count = len(confusion)
    wrong = confusion - np.diag(np.diag(confusion))
    mistakes = wrong.sum(axis=1) + wrong.sum(axis=0)
    clusters = _clusters(likeness) if count <= _MOST_CLUSTERED else [[place] for place in range(count)]

    def rank(cluster: list[int]) -> tuple[bool, int, int, int]:
        inside = int(wrong[np.ix_(cluster, cluster)].sum())
        return len(cluster) == 1, -inside, -int(mistakes[cluster].sum()), min(cluster)

    return tuple(place for cluster in sorted(clusters, key=rank) for place in cluster)


def _clusters(likeness: Floats) -> list[list[int]]:
    near = likeness.astype(np.float64).copy()
    np.fill_diagonal(near, -1.0)
    members = {place: [place] for place in range(len(near))}
    while len(members) > 1:
        one, other = divmod(int(near.argmax()), len(near))
        if near[one, other] < _LEAST_LIKENESS:
            break
        sizes = len(members[one]), len(members[other])
        joined = (near[one] * sizes[0] + near[other] * sizes[1]) / sum(sizes)
        joined[[one, other]] = -1.0
        members[one] = _joined(members[one], members.pop(other), likeness)
        near[one], near[:, one] = joined, joined
        near[other], near[:, other] = -1.0, -1.0
    return list(members.values())


def _joined(left: list[int], right: list[int], likeness: Floats) -> list[int]:
    """Both in a row, each perhaps turned round, so that the two that meet are as like as possible."""
    turns = [(a, b) for a in (left, left[::-1]) for b in (right, right[::-1])]
    first, second = max(turns, key=lambda turn: float(likeness[turn[0][-1], turn[1][0]]))
    return [*first, *second]
