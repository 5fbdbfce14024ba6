"""What lives in the processes beside the window: the model that answers, and the finder of outlines.

Light to import: the window only names these functions, and what is inside is needed in the other processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.bundles import Bundle
    from core.inference import Classifier
    from core.outlines import Outliner
    from core.records import Floats, Photo, Prediction


class ServedModel:
    """A model that is ready to answer."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def bundle(self) -> Bundle:
        return self._classifier.bundle

    def predict(self, photo: Photo) -> Prediction:
        """The prediction without the weights in it, which the window has: `with_weights` puts them back."""
        prediction = self._classifier.predict(photo)
        return _with_hidden(prediction, {})


def with_weights(prediction: Prediction, bundle: Bundle) -> Prediction:
    """The prediction of this model, complete again."""
    return _with_hidden(prediction, bundle.hidden)


def _with_hidden(prediction: Prediction, hidden: Mapping[str, Floats]) -> Prediction:
    if prediction.features is None:
        return prediction
    maps = tuple(replace(seen, hidden=hidden.get(seen.backbone)) for seen in prediction.features.maps)
    return replace(prediction, features=replace(prediction.features, maps=maps))


def serve_model(name: str | None) -> ServedModel:
    """The model called so (None: the one in use). Raises BundleError."""
    from core.inference import Classifier
    from core.models import find_model

    return ServedModel(Classifier(find_model(name)))


def serve_outliner() -> Outliner:
    """The network for outlines. Raises BundleError."""
    from core.outlines import Outliner

    return Outliner()
