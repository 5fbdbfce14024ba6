"""What lives in the processes beside the window: the model that answers, and the finder of outlines."""

from __future__ import annotations

from core.bundles import Bundle
from core.inference import Classifier
from core.models import find_model
from core.outlines import Mask, Outliner
from core.records import Photo, Prediction


class ServedModel:
    """A model, found by its name (None: the one in use) and ready to answer. Raises BundleError."""

    def __init__(self, name: str | None) -> None:
        self._classifier = Classifier(find_model(name))

    def bundle(self) -> Bundle:
        return self._classifier.bundle

    def predict(self, photo: Photo) -> Prediction:
        return self._classifier.predict(photo)


class ServedOutliner:
    """The network for outlines, ready. Raises BundleError."""

    def __init__(self) -> None:
        self._outliner = Outliner()

    def outline(self, photo: Photo) -> Mask:
        return self._outliner.outline(photo)
