"""Every explanation of one photograph's answer, for any model: the methods of core.explain_methods, computed.

Who calls decides where the model lives: the command line has it at hand, the window in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from core.bundles import Bundle
from core.errors import UserError
from core.explain_methods import ALL, LAST, MapRequest, Method
from core.heatmaps import class_evidence, contrast_evidence, map_size
from core.layer_maps import class_weights, last_map
from core.outlines import Mask
from core.perturbations import (
    Apart,
    Faithfulness,
    Score,
    Told,
    apart,
    faithfulness,
    nobody,
    occlusion_evidence,
    steadied,
)
from core.records import EvidenceMap, Features, Floats, Photo, Pixels, Prediction
from core.shap_partition import MOST_ASKED, Shares, shapley_picture
from core.texts import tr

# Photographs are asked about many times: their short side need not be longer than what the largest network takes.
# A little more, because the networks cut squares out of them.
_SPARE: Final = 1.15
# Log-odds grow without end for what is all but certain.
_LEAST_DOUBT: Final = 1e-3


class Gradients(Protocol):
    """Gives maps of inner layers: core.gradient_server.GradientServer."""

    def evidence(self, photo: Photo, request: MapRequest) -> EvidenceMap: ...


@dataclass(frozen=True, eq=False)
class Explainer:
    """Explains what a model says of one photograph.

    `predict` asks the model, with its features; `gradients` gives maps of inner layers, where there are any. Long
    methods call `told` with how many answers are there, of how many; it may raise Cancelled. All methods raise
    UserError where something cannot be done.
    """

    bundle: Bundle
    predict: Callable[[Photo], Prediction]
    photo: Photo
    gradients: Gradients | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of all maps."""
        return map_size(self.photo.width, self.photo.height)

    def map(
        self, method: Method, label: int, versus: int | None = None, layer: str | None = None, told: Told = nobody
    ) -> EvidenceMap:
        """One map over the whole upright picture; `layer` None is the usual one of the method.

        For GRADCAM that is the exact map of the last layers (core.heatmaps); for LAYERCAM all layers would be FUSED.
        """
        if method is Method.OCCLUSION:
            return occlusion_evidence(self._small.pixels, self.score(label, versus), self.size, told)
        if method is Method.AVERAGED:
            return steadied(self._small.pixels, lambda pixels: self._exact(self._of(pixels), label, versus), told)
        if method is Method.GRADCAM and layer is None:
            return self._exact(self.photo, label, versus)
        if method is not Method.FUSED and layer in (None, LAST):
            features = self._features(self.photo)
            return last_map(method, features, self.bundle.kernel, label, versus, self.size)
        if self.gradients is None:
            raise UserError(tr("Maps of inner layers are not available here."))
        wanted = ALL if method is Method.FUSED or layer is None else layer
        small = self._small
        request = MapRequest(method, wanted, label, versus, self.size, self._features(small))
        return self.gradients.evidence(small, request)

    def shapley(self, labels: Sequence[int], most_asked: int = MOST_ASKED, told: Told = nobody) -> Shares:
        """What each part of the picture adds to the log-odds of these labels' probabilities.

        Not to the probabilities themselves: those of a sure answer hardly move whatever part is missing, and those of
        the other classes never do.
        """
        places = list(labels)

        def values(pixels: Pixels) -> Floats:
            return log_odds(self.predict(self._of(pixels)).probabilities[places])

        return shapley_picture(self._small.pixels, values, most_asked, told)

    def apart(self, mask: Mask, label: int, told: Told = nobody) -> Apart:
        """The probability of the label with the background covered, and with the subject covered.

        `mask` (height, width), of any size over the picture, says where the subject is. Raises UserError where it is
        empty.
        """
        if not mask.any() or mask.all():
            raise UserError(tr("Nothing stands out from the background of this photograph."))
        return apart(self._small.pixels, fitted(mask, self._small.pixels), self.probability(label), told)

    def faithfulness(self, evidence: EvidenceMap, label: int, told: Told = nobody) -> Faithfulness:
        """How faithful a map is: the probability as its strongest places are taken away, and given."""
        return faithfulness(self._small.pixels, evidence, self.probability(label), told)

    def score(self, label: int, versus: int | None = None) -> Score:
        """The score of a label above the mean label's, or above that of another one, before temperature."""
        weights = class_weights(self.bundle.kernel, label, versus)
        return lambda pixels: float(self._features(self._of(pixels)).embedding @ weights)

    def probability(self, label: int) -> Score:
        """The calibrated probability of a label."""
        return lambda pixels: float(self.predict(self._of(pixels)).probabilities[label])

    def _exact(self, photo: Photo, label: int, versus: int | None) -> EvidenceMap:
        features = self._features(photo)
        if versus is None:
            return class_evidence(features, self.bundle.kernel, label, self.size)
        return contrast_evidence(features, self.bundle.kernel, label, versus, self.size)

    def _features(self, photo: Photo) -> Features:
        features = self.predict(photo).features
        assert features is not None, "whoever predicts keeps them"
        return features

    @property
    def _small(self) -> Photo:
        return shrunk(self.photo, self.bundle)

    def _of(self, pixels: Pixels) -> Photo:
        return Photo(pixels, pixels.shape[1], pixels.shape[0])


def log_odds(probabilities: Floats) -> Floats:
    """The natural logarithm of p / (1 - p), for probabilities (...), within what a model can mean seriously.

    >>> log_odds(np.array([0.5, 1.0], np.float32)).round(1).tolist()
    [0.0, 6.900000095367432]
    """
    clipped = np.clip(probabilities.astype(np.float64), _LEAST_DOUBT, 1 - _LEAST_DOUBT)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float32)


def odds_as_probability(odds: float) -> float:
    """The other way round."""
    return float(1 / (1 + np.exp(-odds)))


def shrunk(photo: Photo, bundle: Bundle) -> Photo:
    """The photograph as small as the networks of this model can take it without a loss."""
    import cv2

    wanted = _SPARE * max(backbone.size_px for backbone in bundle.info.backbones)
    scale = wanted / min(photo.pixels.shape[:2])
    if scale >= 1:
        return photo
    height, width = photo.pixels.shape[:2]
    small = cv2.resize(
        photo.pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA
    )  # fmt: skip
    return replace(photo, pixels=np.asarray(small, np.uint8))


def fitted(mask: Mask, pixels: Pixels) -> Mask:
    """The mask in the size of a picture (height, width, 3)."""
    import cv2

    height, width = pixels.shape[:2]
    return np.asarray(cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0)
