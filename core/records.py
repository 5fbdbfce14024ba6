"""The records that travel between modules: small, frozen, with named fields and no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from core.tails import DenseTail

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

    `first_channel` is where this backbone's part of the embedding begins; `share` is the weight of this view in the
    mean over the views of its backbone, so that the shares of one backbone sum to 1.  Where `hidden` (channels, units)
    is given, that part is not the mean over rows and columns itself but relu(mean @ hidden); where `tail` is given, it
    is what that makes of the map.  `mirrored` says that the network saw the picture, and gave the map, mirrored.
    """

    backbone: str
    values: Floats
    box: Box
    first_channel: int
    share: float
    hidden: Floats | None = None
    tail: DenseTail | None = None
    mirrored: bool = False

    @property
    def width(self) -> int:
        """How many values of the embedding this backbone gives."""
        if self.tail is not None:
            return self.tail.width(self.values.shape)
        return int((self.values if self.hidden is None else self.hidden).shape[-1])

    @property
    def pooled(self) -> Floats:
        """This view's part of the embedding, before the mean over the views."""
        if self.tail is not None:
            return self.tail(self._as_seen)
        mean: Floats = self.values.mean(axis=(0, 1))
        return mean if self.hidden is None else np.maximum(mean @ self.hidden, 0)

    def spread(self, weights: Floats) -> Floats:
        """Where `pooled @ weights` comes from: (rows, columns), whose mean it is, for weights (part,).

        Exact with a hidden layer or a tail too: active units are linear, so the weights go through them to the numbers
        of the map as their gradient, and a cell's evidence is the sum of value times gradient over its channels:
        HiResCAM (Draelos and Carin 2020), which after a mean over the cells is Grad-CAM (Selvaraju et al. 2017).  What
        the biases of a tail add to the product lies nowhere in the picture and is not in the map.
        """
        if self.tail is not None:
            seen = self._as_seen
            cells = (seen * self.tail.gradient(seen, weights)).sum(axis=2) * (seen.shape[0] * seen.shape[1])
            return np.asarray(cells[:, ::-1] if self.mirrored else cells, np.float32)
        if self.hidden is not None:
            weights = self.hidden @ np.where(self.pooled > 0, weights, 0)
        return np.asarray(self.values @ weights, np.float32)

    def gradient(self, weights: Floats) -> Floats:
        """How fast `pooled @ weights` grows with each number of the map (rows, columns, channels), as it was given.

        That is mirrored where `mirrored` says so: it is what goes on backwards through the network.
        """
        if self.tail is not None:
            return self.tail.gradient(self._as_seen, weights)
        if self.hidden is not None:
            weights = self.hidden @ np.where(self.pooled > 0, weights, 0)
        rows, columns = self.values.shape[:2]
        return np.broadcast_to(np.asarray(weights / (rows * columns), np.float32), self.values.shape)

    @property
    def _as_seen(self) -> Floats:
        """The map as the network gave it: a flattened one tells left from right."""
        return self.values[:, ::-1] if self.mirrored else self.values


@dataclass(frozen=True)
class Features:
    """What the backbones made of a photograph: the embedding (channels,) and the maps it is the mean of."""

    embedding: Floats
    maps: tuple[FeatureMap, ...]


@dataclass(frozen=True)
class Prediction:
    """Calibrated probabilities (labels,), summing to 1, and the probability that the subject (a dog) is there."""

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


class Kind(Enum):
    """What sort of answer a volunteer gave."""

    BREED = "breed"
    CROSS = "cross"
    MIXED = "mixed"
    UNKNOWN = "unknown"
    OTHER = "other"
    NOT_A_DOG = "not_a_dog"


@dataclass(frozen=True)
class Correction:
    """What a volunteer says of a photograph, and the prediction that it corrects or accepts.

    `label` is the model's label id for a BREED and the first breed of a CROSS, whose other breed is `second`; `name`
    and `second_name` are their English names, or the words typed for OTHER (also for a breed of a cross that the model
    does not know: then its id is empty). `model`, `predicted` (label id), `probability` and `status` are the first
    candidate and the verdict at that time. `at` is UTC and set by the library.
    """

    kind: Kind
    label: str = ""
    name: str = ""
    who: str = ""
    model: str = ""
    predicted: str = ""
    probability: float = 0.0
    at: datetime | None = None
    second: str = ""
    second_name: str = ""
    status: str = ""


@dataclass(frozen=True)
class Tagged:
    """One photograph with its answer, what a volunteer said of it, and whom it shows (`animal`, may be empty)."""

    path: Path
    verdict: Verdict
    animal: str = ""
    reviewed: Correction | None = None
    content: str = ""


@dataclass(frozen=True)
class Animal:
    """Several photographs of one dog: `verdict` is made from all of them together; `reviewed` is what volunteers said,
    None where they said nothing or, with `is_disputed`, different things.
    """

    name: str
    photographs: tuple[Tagged, ...]
    verdict: Verdict
    reviewed: Correction | None = None
    is_disputed: bool = False
