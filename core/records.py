"""The records that travel between modules: small, frozen, with named fields and no behaviour beyond reading themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


class Status(Enum):
    """What the program says of one photograph."""

    SURE = "sure"
    UNSURE = "unsure"
    NOT_A_DOG = "not_a_dog"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Photo:
    """A photograph in memory.

    `pixels` is (height, width, 3) uint8 RGB, upright, perhaps smaller than the file; `width` and `height` are those of
    the whole upright picture in its file.
    """

    pixels: Pixels
    width: int
    height: int
    path: Path | None = None


@dataclass(frozen=True)
class Box:
    """A rectangle as fractions (0...1) of the upright photograph's width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class FeatureMap:
    """What one backbone saw in one view: `values` (rows, columns, channels) over `box`.

    `first_channel` is where these channels begin in the embedding; `share` is the weight of this view in the mean over
    the views of its backbone, so that the shares of one backbone sum to 1.
    """

    backbone: str
    values: Floats
    box: Box
    first_channel: int
    share: float


@dataclass(frozen=True)
class Features:
    """What the backbones made of a photograph: the embedding (channels,) and the maps it is the mean of."""

    embedding: Floats
    maps: tuple[FeatureMap, ...]


@dataclass(frozen=True)
class Prediction:
    """Calibrated probabilities (labels,), summing to 1, and the probability that the subject (a dog) is there at all."""

    probabilities: Floats
    subject: float
    features: Features | None = None


@dataclass(frozen=True)
class Candidate:
    """One label, by its place in the model's list, with its calibrated probability."""

    label: int
    probability: float


@dataclass(frozen=True)
class Verdict:
    """The answer for one photograph.

    `candidates` are the likeliest labels, best first (five, or all of a smaller model); `named` says how many of them
    the answer names: 1 when sure, 2 or 3 when unsure, 0 otherwise.  `group` is the index of the look-alike group that
    names them best, if there is one.  `reason` is a sentence for the user when the photograph is unreadable.
    """

    status: Status
    candidates: tuple[Candidate, ...] = ()
    named: int = 0
    group: int | None = None
    subject: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class EvidenceMap:
    """Where in the photograph the evidence for a label lies: (rows, columns) float32 over the whole upright picture.

    Positive speaks for the label, negative against it.  `positive` is false where nothing speaks for it, and then
    there is nothing to show.
    """

    values: Floats
    positive: bool
