"""True gradients inside the networks of any model on disk, for maps of the evidence at each of their layers.

No Keras file is needed: the networks are rebuilt from the LiteRT files of the bundle, and what comes after them, tail
and head, is linear around a photograph, so that its gradient at their last map is known (core.tails).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
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

_QUIET: Final = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}


def serve(folder: Path) -> LayerGradients:
    """The model in this folder, ready for questions. Raises BundleError."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
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
        self._classifier = Classifier(bundle)
        self._networks: dict[str, Differentiable] = {}
        self._seen: tuple[Photo, Features] | None = None

    def evidence(self, photo: Photo, request: MapRequest) -> EvidenceMap:
        """The map of one layer, of the last ones or of all together, over the whole upright picture.

        Raises UserError where there is no such layer, or where a network cannot be rebuilt.
        """
        features, kernel = self._features(photo), self._bundle.kernel
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
            self._seen = photo, self._classifier.features(photo)
        return self._seen[1]

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
            found += [(seen, layer, inside) for layer, inside in zip(here, insides, strict=True)]
        return found

    def _picture(self, photo: Photo, backbone: Backbone, seen: FeatureMap) -> Floats:
        whitening = self._bundle.whitenings.get(backbone.name)
        return to_model_input(photo.pixels, seen.box, backbone.size_px, seen.mirrored, backbone.steps, whitening)

    def _network(self, backbone: Backbone) -> Differentiable:
        if backbone.name not in self._networks:
            self._networks[backbone.name] = Differentiable(self._bundle.network_path(backbone), backbone)
        return self._networks[backbone.name]


class Differentiable:
    """One network of a bundle in Keras. Raises UserError where its file has steps that cannot be rebuilt."""

    def __init__(self, path: Path, backbone: Backbone) -> None:
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
        self._models: dict[tuple[int, ...], Any] = {}

    def inside(self, picture: Floats, layers: Sequence[Layer], gradient: Floats) -> list[Inside]:
        """What the layers answer to a picture (1, size, size, 3), and the gradient there.

        `gradient` (rows, columns, channels) is that of the score at the network's output.
        """
        import tensorflow as tf

        values, gradients = self._backwards(tuple(layer.tensor for layer in layers), picture, tf.constant(gradient))
        return [Inside(*pair) for pair in zip(values, gradients, strict=True)]

    def picture_gradient(self, picture: Floats, gradient: Floats) -> Floats:
        """How fast the score grows with each number of the picture: (size, size, 3)."""
        import tensorflow as tf

        given = tf.constant(picture)
        with tf.GradientTape() as tape:
            tape.watch(given)
            score = tf.reduce_sum(self._model(())(given, training=False)[-1] * tf.constant(gradient))
        return np.asarray(tape.gradient(score, given)[0], np.float32)

    def _backwards(self, tensors: tuple[int, ...], picture: Floats, gradient: Any) -> tuple[list[Floats], list[Floats]]:
        import tensorflow as tf

        given = tf.constant(picture)
        with tf.GradientTape() as tape:
            tape.watch(given)
            *answers, last = self._model(tensors)(given, training=False)
            score = tf.reduce_sum(last * gradient)
        slopes = tape.gradient(score, answers, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return [np.asarray(one[0], np.float32) for one in answers], [np.asarray(one[0], np.float32) for one in slopes]

    def _model(self, tensors: tuple[int, ...]) -> Any:
        import keras

        if tensors not in self._models:
            wanted = [self._tensors[place] for place in (*tensors, self._made)]
            self._models[tensors] = keras.Model(self._picture, wanted)
        return self._models[tensors]


def _is_same(one: Photo, other: Photo) -> bool:
    return one.pixels.shape == other.pixels.shape and bool((one.pixels == other.pixels).all())
