"""What lives in the processes beside the window: the model that answers, and the finder of outlines.

Light to import: the window only names these functions, and what is inside is needed in the other processes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.texts import tr

if TYPE_CHECKING:
    from core.bundles import Bundle
    from core.inference import Classifier
    from core.network_layers import Layer
    from core.neuron_photographs import ClassNeurons
    from core.outlines import Outliner
    from core.records import Floats, Photo, Prediction
    from core.tagging import TagProgress
    from core.tails import DenseTail


class ServedModel:
    """A model that is ready to answer for single photographs, also while it tags whole folders."""

    def __init__(self, classifier: Classifier) -> None:
        from core.network_sets import NetworkSets

        self._bundle = classifier.bundle
        self._sets = NetworkSets(classifier.bundle, classifier)
        self._tagging = threading.Lock()
        self._should_stop = threading.Event()
        self._progress: TagProgress | None = None
        self._reanswering = threading.Lock()
        self._should_stop_reanswering = threading.Event()
        self._neurons_asked, self._neurons_told = 0, (0, 0)
        self._reanswered: tuple[int, int] | None = None

    def bundle(self) -> Bundle:
        return self._bundle

    def predict(self, photo: Photo) -> Prediction:
        """The prediction without the weights in it, which the window has: `with_weights` puts them back."""
        with self._sets.borrowed(is_urgent=True) as classifier:
            return _with_layers(classifier.predict(photo), {}, {})

    def probabilities(self, photo: Photo) -> Prediction:
        """The prediction alone, for explanations that ask hundreds of times: features are megabytes on the way."""
        with self._sets.borrowed(is_urgent=True) as classifier:
            return replace(classifier.predict(photo), features=None)

    def layers(self) -> Sequence[Layer]:
        """The layers of its networks, in order. Raises BundleError."""
        from core.network_layers import layers_of

        return layers_of(self._bundle)

    def neurons(self, library_path: Path, label: int, embedding: Floats | None) -> ClassNeurons:
        """Which channels carry a label, from the library in this file. Raises UserError where it holds too little.

        A new question ends one that is under way, which raises UserError.
        """
        from core.database import Database
        from core.neuron_photographs import class_neurons

        with closing(Database(library_path)) as database:
            return class_neurons(database, self._bundle, label, embedding, self._neurons_teller())

    def neurons_progress(self) -> tuple[int, int]:
        """How far the question after neurons is: (0, 0) before its first step."""
        return self._neurons_told

    def stop_neurons(self) -> None:
        """Nobody waits for it any more."""
        self._neurons_asked += 1

    def _neurons_teller(self) -> Callable[[int, int], None]:
        self._neurons_asked += 1
        self._neurons_told, mine = (0, 0), self._neurons_asked

        def told(done: int, total: int) -> None:
            if mine != self._neurons_asked:
                raise UserError(tr("Stopped."))
            self._neurons_told = done, total

        return told

    def tag(self, library_path: Path, roots: Sequence[Path]) -> None:
        """Tag folders and files into the library in this file; comes back when that is done or stopped.

        Raises UserError where the library cannot be used and where a tagging is under way already; what stops a run
        later is in `tag_progress`.
        """
        from core.database import Database
        from core.tagging import tag

        if not self._tagging.acquire(blocking=False):
            raise UserError(tr("Photographs are being tagged already. Wait for the end, or stop it."))
        try:
            self._progress = None
            with closing(Database(library_path)) as database:
                tag(database, self._bundle, roots, self._keep_progress, self._should_stop.is_set, self._sets)
        finally:
            self._should_stop.clear()
            self._tagging.release()

    def tag_progress(self) -> TagProgress | None:
        """How far the tagging is, or how the last one ended; None before the first one has begun."""
        return self._progress

    def stop_tagging(self) -> None:
        """End the tagging soon; `tag` comes back then. Without one, nothing happens."""
        if self._tagging.locked():
            self._should_stop.set()

    def reanswer(self, library_path: Path) -> int:
        """Answer for what is in the library from its vectors; how many got an answer. Comes back when that is done.

        A second call meanwhile does nothing. Raises UserError where the library cannot be used.
        """
        from core.database import Database
        from core.reanswer import reanswer

        if not self._reanswering.acquire(blocking=False):
            return 0
        try:
            with closing(Database(library_path)) as database:
                return reanswer(database, self._bundle, self._keep_reanswered, self._should_stop_reanswering.is_set)
        finally:
            self._should_stop_reanswering.clear()
            self._reanswering.release()

    def reanswer_progress(self) -> tuple[int, int] | None:
        """How many photographs were answered for, of how many; None before the first call of `reanswer`."""
        return self._reanswered

    def stop_reanswering(self) -> None:
        """End it soon; `reanswer` comes back then, and the next one goes on from there."""
        if self._reanswering.locked():
            self._should_stop_reanswering.set()

    def _keep_reanswered(self, done: int, total: int) -> None:
        self._reanswered = (done, total)

    def _keep_progress(self, progress: TagProgress) -> None:
        self._progress = progress


def with_weights(prediction: Prediction, bundle: Bundle) -> Prediction:
    """The prediction of this model, complete again."""
    return _with_layers(prediction, bundle.hidden, bundle.tails)


def _with_layers(prediction: Prediction, hidden: Mapping[str, Floats], tails: Mapping[str, DenseTail]) -> Prediction:
    if prediction.features is None:
        return prediction
    maps = tuple(
        replace(seen, hidden=hidden.get(seen.backbone), tail=tails.get(seen.backbone))
        for seen in prediction.features.maps
    )
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
