"""The records that travel between the steps of a training: photographs with their labels, shared out in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.bundles import Label

Labels = npt.NDArray[np.intp]


class Part(str, Enum):
    """Which part of the data a photograph belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True)
class Sample:
    """One photograph: `label` is its place in the data's labels, `content` the SHA-256 of its file.

    `group` is shared by photographs that must stay in the same part (an animal, a burst, look-alikes). `official` is
    the part that its source gives it, `part` the one that it has.
    """

    path: Path
    label: int
    content: str = ""
    group: str = ""
    official: Part | None = None
    part: Part | None = None


@dataclass(frozen=True)
class DataSet:
    """All photographs that are used, and what their labels mean."""

    labels: tuple[Label, ...]
    samples: tuple[Sample, ...]

    def part(self, part: Part) -> tuple[Sample, ...]:
        """The photographs of one part."""
        return tuple(sample for sample in self.samples if sample.part is part)


def labels_of(samples: Sequence[Sample]) -> Labels:
    """The places of the labels, (n,)."""
    return np.array([sample.label for sample in samples], np.intp)
