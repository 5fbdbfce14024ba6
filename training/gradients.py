"""True gradients inside the networks of any model on disk, for maps of the evidence at each of their layers.

No Keras file is needed: the networks are rebuilt from the LiteRT files of the bundle, and what comes after them, tail
and head, is linear around a photograph, so that its gradient at their last map is known (core.tails).
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.bundles import Backbone, Bundle, load_bundle
from core.errors import UserError
from core.explain_methods import ALL, LAST, MapRequest, Method
from core.heatmaps import Cells, laid_over
from core.inference import Classifier
from core.inputs import to_model_input
from core.layer_maps import as_evidence, class_weights, fused, last_map, layer_cells
from core.machine import native_silence
from core.network_layers import Layer, layers_called, network_layers
from core.records import EvidenceMap, FeatureMap, Features, Floats, Photo
from core.texts import tr

log = logging.getLogger(__name__)

_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 4 << 20
_QUIET: Final = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
# Keras loads these where they are there, for what is not done here: 105 MB, and a third of the seconds of the start.
_NOT_NEEDED: Final = ("sklearn", "matplotlib", "scipy", "h5py")


def serve(folder: Path) -> LayerGradients:
    """The model in this folder, ready for questions. Raises BundleError."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    _use_memory_sparingly()
    for name in _NOT_NEEDED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # to import it fails as if it were not installed
    with native_silence():
        import tensorflow  # noqa: F401  # greets on stderr, whatever its settings

        return LayerGradients(load_bundle(folder))


@dataclass(frozen=True, eq=False)
class Inside:
    """What a layer answered to a view, and how the score grows with each of its numbers: (rows, columns, channels)."""

    values: Floats
    gradient: Floats


class LayerGradients:
    """The networks of a model in LiteRT, which say where to look, and in Keras, which says why."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._classifier: Classifier | None = None
        self._networks: dict[str, Differentiable] = {}
        self._seen: tuple[Photo, Features] | None = None

    def evidence(self, photo: Photo, request: MapRequest) -> EvidenceMap:
        """The map of one layer, of the last ones or of all together, over the whole upright picture.

        Raises UserError where there is no such layer, or where a network cannot be rebuilt.
        """
        kernel = self._bundle.kernel
        features = self._features(photo) if request.features is None else self._complete(request.features)
        if request.method is Method.FUSED or request.layer == ALL:
            values = self._fused(photo, features, request)
        elif request.layer == LAST:
            return last_map(request.method, features, kernel, request.label, request.versus, request.size)
        else:
            layers = layers_called(self._bundle, request.layer)
            values = laid_over(self._cells(photo, features, layers, request.method, request), request.size)
        return as_evidence(values, features, kernel, request.label, request.versus)

    def inside(
        self, photo: Photo, layers: Sequence[Layer], label: int, versus: int | None
    ) -> list[tuple[FeatureMap, Layer, Inside]]:
        """Values and gradients of layers, for each view of their networks, as the networks gave them."""
        return list(self._inside(photo, self._features(photo), layers, label, versus))

    def _features(self, photo: Photo) -> Features:
        """The window asks several things about one photograph."""
        if self._seen is None or not _is_same(self._seen[0], photo):
            self._classifier = self._classifier or Classifier(self._bundle)
            self._seen = photo, self._classifier.features(photo)
        return self._seen[1]

    def _complete(self, features: Features) -> Features:
        """With the weights of dense layers, which were left behind on the way."""
        hidden, tails = self._bundle.hidden, self._bundle.tails
        maps = (
            replace(seen, hidden=hidden.get(seen.backbone), tail=tails.get(seen.backbone)) for seen in features.maps
        )
        return replace(features, maps=tuple(maps))

    def _fused(self, photo: Photo, features: Features, request: MapRequest) -> Floats:
        """All resolutions in one; the networks of a model are put together level by level, from the coarsest."""
        method = Method.LAYERCAM if request.method is Method.FUSED else request.method
        levels: dict[int, list[Cells]] = {}
        for backbone in self._bundle.info.backbones:
            stages = [one for one in network_layers(self._bundle, backbone) if one.is_stage]
            cells = self._cells(photo, features, stages, method, request)
            for number, one in enumerate(cells):
                # For each view one after the other: all its stages, the finest first.
                levels.setdefault(len(stages) - 1 - number % len(stages), []).append(one)
        return fused([laid_over(levels[level], request.size) for level in sorted(levels)])

    def _cells(
        self, photo: Photo, features: Features, layers: Sequence[Layer], method: Method, request: MapRequest
    ) -> list[Cells]:
        found = []
        for seen, _, inside in self._inside(photo, features, layers, request.label, request.versus):
            cells = layer_cells(method, inside.values, inside.gradient)
            found.append(Cells(cells[:, ::-1] if seen.mirrored else cells, seen.box, seen.share))
        return found

    def _inside(
        self, photo: Photo, features: Features, layers: Sequence[Layer], label: int, versus: int | None
    ) -> list[tuple[FeatureMap, Layer, Inside]]:
        weights = class_weights(self._bundle.kernel, label, versus)
        found: list[tuple[FeatureMap, Layer, Inside]] = []
        for seen in features.maps:
            here = [layer for layer in layers if layer.network == seen.backbone]
            if not here:
                continue
            backbone = next(one for one in self._bundle.info.backbones if one.name == seen.backbone)
            part = weights[seen.first_channel : seen.first_channel + seen.width]
            picture = self._picture(photo, backbone, seen)
            insides = self._network(backbone).inside(picture, here, seen.gradient(part))
            give_back_memory()
            found += [(seen, layer, inside) for layer, inside in zip(here, insides, strict=True)]
        return found

    def _picture(self, photo: Photo, backbone: Backbone, seen: FeatureMap) -> Floats:
        whitening = self._bundle.whitenings.get(backbone.name)
        return to_model_input(photo.pixels, seen.box, backbone.size_px, seen.mirrored, backbone.steps, whitening)

    def _network(self, backbone: Backbone) -> Differentiable:
        if backbone.name not in self._networks:
            stages = [layer.tensor for layer in network_layers(self._bundle, backbone) if layer.is_stage]
            self._networks[backbone.name] = Differentiable(self._bundle.network_path(backbone), backbone, stages)
            give_back_memory()
        return self._networks[backbone.name]


class Differentiable:
    """One network of a bundle in Keras. Raises UserError where its file has steps that cannot be rebuilt.

    `stages` are the places of tensors that all goes through, in order: there it is cut, and followed backwards piece by
    piece, so that what all its layers answer need not be kept at once (Chen et al., "Training deep nets with sublinear
    memory cost", 2016).
    """

    def __init__(self, path: Path, backbone: Backbone, stages: Sequence[int] = ()) -> None:
        from training.from_litert import rebuilt_tensors

        try:
            self._picture, self._tensors, self._made = rebuilt_tensors(path, backbone.size_px)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            log.info("%s cannot be rebuilt", path, exc_info=True)
            said = tr(
                "The network “{name}” has steps that this program cannot follow backwards, so there are no maps of its "
                "inner layers. All other methods work."
            )
            raise UserError(said.format(name=backbone.title)) from error
        self._order = {place: number for number, place in enumerate(self._tensors)}
        self._cuts = [place for place in stages if place in self._tensors and place != self._made] + [self._made]
        self._models: dict[tuple[int | None, tuple[int, ...]], Any] = {}

    def inside(self, picture: Floats, layers: Sequence[Layer], gradient: Floats) -> list[Inside]:
        """What the layers answer to a picture (1, size, size, 3), and the gradient there.

        `gradient` (rows, columns, channels) is that of the score at the network's output.
        """
        import tensorflow as tf

        wanted = {layer.tensor for layer in layers}
        answers = self._forwards(picture, min(self._piece(place) for place in wanted))
        found: dict[int, Inside] = {}
        slope = tf.constant(gradient)[None]
        for piece in reversed(range(len(self._cuts))):
            cut = self._cuts[piece]
            here = [place for place in wanted if self._piece(place) == piece and place != cut]
            before = self._cuts[piece - 1] if piece else None
            if cut in wanted:
                value = answers[cut] if cut in answers else self._answers(before, (cut,), answers[before])[0]
                found[cut] = _inside(value, slope)
            if not wanted - set(found):
                break
            slope = self._through(piece, answers[before], here, slope, found)
        return [found[layer.tensor] for layer in layers]

    def picture_gradient(self, picture: Floats, gradient: Floats) -> Floats:
        """How fast the score grows with each number of the picture: (size, size, 3)."""
        import tensorflow as tf

        answers, slope = self._forwards(picture, 0), tf.constant(gradient)[None]
        for piece in reversed(range(len(self._cuts))):
            slope = self._through(piece, answers[self._cuts[piece - 1] if piece else None], [], slope, {})
        return np.asarray(slope[0], np.float32)

    def _piece(self, place: int) -> int:
        """The piece of the network that a tensor is made in."""
        return next(piece for piece, cut in enumerate(self._cuts) if self._order[place] <= self._order[cut])

    def _forwards(self, picture: Floats, first: int) -> dict[int | None, Any]:
        """What goes into the pieces from `first` on: the picture (None), and the answers at the cuts but the last."""
        import tensorflow as tf

        answers: dict[int | None, Any] = {None: tf.constant(picture)}
        before: int | None = None
        for cut in self._cuts[:-1]:
            answers[cut] = self._answers(before, (cut,), answers[before])[0]
            before = cut
        kept = {self._cuts[piece - 1] if piece else None for piece in range(first, len(self._cuts))}
        return {place: value for place, value in answers.items() if place in kept}

    def _through(self, piece: int, given: Any, here: Sequence[int], slope: Any, found: dict[int, Inside]) -> Any:
        """Back through a piece: the slope where it begins, from that at its end; tensors `here` go into `found`."""
        import tensorflow as tf

        before = self._cuts[piece - 1] if piece else None
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(given)
            *answers, last = self._answers(before, (*here, self._cuts[piece]), given)
        unconnected = tf.UnconnectedGradients.ZERO
        *slopes, begins = tape.gradient(
            last, [*answers, given], output_gradients=slope, unconnected_gradients=unconnected
        )
        for place, value, inner in zip(here, answers, slopes, strict=True):
            found[place] = _inside(value, inner)
        return begins

    def _answers(self, begin: int | None, wanted: tuple[int, ...], given: Any) -> list[Any]:
        """What these tensors are, from what a cut (None: the picture) is given."""
        import keras

        if (begin, wanted) not in self._models:
            start = self._picture if begin is None else self._tensors[begin]
            self._models[begin, wanted] = keras.Model(start, [self._tensors[place] for place in wanted])
        found = self._models[begin, wanted](given, training=False)
        return list(found) if isinstance(found, list | tuple) else [found]


def _inside(value: Any, slope: Any) -> Inside:
    return Inside(np.asarray(value[0], np.float32), np.asarray(slope[0], np.float32))


def _use_memory_sparingly() -> None:
    """Large pieces of memory go back to the system as soon as they are free; a setting of glibc."""
    if sys.platform == "linux":
        try:
            ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        except (OSError, AttributeError):  # another C library
            log.debug("no mallopt", exc_info=True)


def give_back_memory() -> None:
    """What was freed goes back to the system: glibc keeps it, here hundreds of megabytes."""
    if sys.platform == "linux":
        try:
            ctypes.CDLL(None).malloc_trim(0)
        except (OSError, AttributeError):  # another C library
            log.debug("no malloc_trim", exc_info=True)


def _is_same(one: Photo, other: Photo) -> bool:
    return one.pixels.shape == other.pixels.shape and bool((one.pixels == other.pixels).all())
