"""A photograph becomes features and calibrated probabilities, in TensorFlow's small runtime (LiteRT)."""

from __future__ import annotations

import logging
import os
import threading
from math import prod
from pathlib import Path

import numpy as np

from core.bundles import Backbone, Bundle, View
from core.errors import BundleError, PhotoError
from core.inputs import to_model_input, view_box
from core.records import Box, FeatureMap, Features, Floats, Photo, Pixels, Prediction
from core.texts import tr

log = logging.getLogger(__name__)

# XNNPACK gains little from more: these networks are small.
MOST_THREADS = 4
# What the tensors of one network may take together: a hostile file may ask for any shape.
MOST_TENSOR_BYTES = 2 << 30
# The second look's side, in parts of the picture's short side, and how many standard deviations of energy it spans.
LEAST_FOCUS, MOST_FOCUS, FOCUS_SPREADS = 0.7, 1.0, 4.0


class Network:
    """One LiteRT file, ready to run: (1, size_px, size_px, 3) float32 RGB 0...255 -> (rows, columns, channels) float32.

    Several threads may call it; they take turns. Raises BundleError when the file is no such network.
    """

    def __init__(self, path: Path, size_px: int, output: tuple[int, int, int], threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._lock = threading.Lock()
        try:
            # Not by its path: the runtime would hold the file open, and fails on accents in paths on Windows.
            self._interpreter = Interpreter(model_content=path.read_bytes(), num_threads=threads)
            self._check_size(path.name)
            self._interpreter.allocate_tensors()
            given, made = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        except OSError as error:
            raise BundleError(tr("“{file}” cannot be read.").format(file=path.name)) from error
        except (ValueError, RuntimeError, MemoryError) as error:
            log.info("%s: %s", path, error)
            raise BundleError(tr("“{file}” is damaged or no network at all.").format(file=path.name)) from error
        shapes = [(*(int(side) for side in one["shape"]), np.dtype(one["dtype"]).name) for one in (*given, *made)]
        if shapes != [(1, size_px, size_px, 3, "float32"), (1, *output, "float32")]:
            log.info("%s takes and gives %s", path, shapes)
            raise BundleError(tr("“{file}” is not the network that its model describes.").format(file=path.name))
        self._input, self._output = given[0]["index"], made[0]["index"]

    def _check_size(self, name: str) -> None:
        tensors = self._interpreter.get_tensor_details()
        asked = sum(prod(int(side) for side in one["shape"]) * np.dtype(one["dtype"]).itemsize for one in tensors)
        if asked > MOST_TENSOR_BYTES or self._interpreter.num_subgraphs() != 1:
            raise BundleError(tr("“{file}” asks for more than a network may have.").format(file=name))

    def __call__(self, values: Floats) -> Floats:
        with self._lock:
            self._interpreter.set_tensor(self._input, values)
            self._interpreter.invoke()
            return np.asarray(self._interpreter.get_tensor(self._output)[0], np.float32)


class Classifier:
    """A model that is ready to answer. Threads may share one; their networks take turns.

    Raises BundleError when a network of the bundle is damaged or is not what bundle.json says.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        self.bundle = bundle
        self._networks = [_network(bundle, backbone, threads or usual_threads()) for backbone in bundle.info.backbones]

    @property
    def least_px(self) -> int:
        """The short side that a photograph should keep when it is opened smaller."""
        return max(backbone.size_px for backbone in self.bundle.info.backbones)

    def features(self, photo: Photo) -> Features:
        """What the networks make of a photograph: the embedding, and the maps that it is the mean of."""
        maps: list[FeatureMap] = []
        first = 0
        for backbone, network in zip(self.bundle.info.backbones, self._networks, strict=True):
            hidden, tail = self.bundle.hidden.get(backbone.name), self.bundle.tails.get(backbone.name)
            whitening = self.bundle.whitenings.get(backbone.name)
            for view in backbone.views:
                # The first look at a photograph also tells where to look closer.
                box = self._box(view, photo.pixels, maps[0] if maps else None)
                mirrored = view is View.MIRRORED
                values = network(
                    to_model_input(photo.pixels, box, backbone.size_px, mirrored, backbone.steps, whitening)
                )
                values = values[:, ::-1] if mirrored else values
                share = 1 / len(backbone.views)
                maps.append(FeatureMap(backbone.name, values, box, first, share, hidden, tail, mirrored))
            first += backbone.width
        embedding = np.zeros(first, np.float32)
        for seen in maps:
            embedding[seen.first_channel : seen.first_channel + seen.width] += seen.share * seen.pooled
        return Features(embedding, tuple(maps))

    def _box(self, view: View, pixels: Pixels, guide: FeatureMap | None) -> Box:
        height, width = pixels.shape[:2]
        if view is View.FOCUS and guide is not None:
            return focus_square(guide, width, height)
        return view_box(view, width, height)

    def predict(self, photo: Photo) -> Prediction:
        """The calibrated probabilities of every label, with the features they come from. Raises PhotoError."""
        return self.judge(self.features(photo))

    def judge(self, features: Features) -> Prediction:
        """The same from features that are already there. Raises PhotoError where they are not finite."""
        bundle, embedding = self.bundle, features.embedding
        if not np.isfinite(embedding).all():
            raise PhotoError(tr("The model finds no answer for this photograph."))
        scores = (embedding @ bundle.kernel + bundle.bias) / bundle.info.calibration.temperature
        return Prediction(softmax(scores), self._subject(embedding), features)

    def _subject(self, embedding: Floats) -> float:
        """The probability that the subject is there; 1 where the model cannot tell."""
        bundle = self.bundle
        if bundle.subject_kernel is None or bundle.subject_bias is None or bundle.subject_positive is None:
            return 1.0
        kinds = softmax(embedding @ bundle.subject_kernel + bundle.subject_bias)
        return min(1.0, float(kinds[bundle.subject_positive].sum()))


def judge_many(bundle: Bundle, vectors: Floats) -> tuple[Floats, Floats]:
    """What the head of a model says of many embeddings (n, channels): probabilities (n, labels), subjects (n,).

    The same as `Classifier.judge` says of each, at a fraction of the time; no network is needed.
    """
    scores = (vectors @ bundle.kernel + bundle.bias) / bundle.info.calibration.temperature
    if bundle.subject_kernel is None or bundle.subject_bias is None or bundle.subject_positive is None:
        return softmax(scores), np.ones(len(vectors), np.float32)
    kinds = softmax(vectors @ bundle.subject_kernel + bundle.subject_bias)
    return softmax(scores), np.minimum(kinds[:, bundle.subject_positive].sum(axis=1), np.float32(1))


def usual_threads() -> int:
    """How many threads one network gets when it has the machine to itself."""
    return min(MOST_THREADS, os.cpu_count() or 1)


def softmax(scores: Floats) -> Floats:
    """Probabilities (..., n) that sum to 1, from any finite scores (..., n).

    >>> softmax(np.array([1000.0, 1000.0], np.float32)).tolist()
    [0.5, 0.5]
    """
    powers = np.exp(scores.astype(np.float64) - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def focus_square(feature_map: FeatureMap, width: int, height: int) -> Box:
    """Where to look a second time in a width x height picture: the square around what excites a network most.

    The energy is the mean over the channels of the first view's feature map, above its own mean. The square is centred
    on its centre of mass, wider where the energy lies far apart, and is moved inside of the picture where it would
    leave it.
    """
    energy = feature_map.values.mean(axis=2, dtype=np.float64)
    energy = np.maximum(energy - energy.mean(), 0)
    if energy.sum() <= 0:
        energy += 1.0
    short, box = min(width, height), feature_map.box
    x, spread_x = _centre_of_mass(energy.sum(axis=0), box.left * width, box.right * width)
    y, spread_y = _centre_of_mass(energy.sum(axis=1), box.top * height, box.bottom * height)
    side = min(max(FOCUS_SPREADS * max(spread_x, spread_y), LEAST_FOCUS * short), MOST_FOCUS * short)
    left, top = min(max(x - side / 2, 0.0), width - side), min(max(y - side / 2, 0.0), height - side)
    return Box(left / width, top / height, (left + side) / width, (top + side) / height)


def _centre_of_mass(energy: Floats, start: float, end: float) -> tuple[float, float]:
    """Mean and standard deviation of the place, for energy (n,) in n equal cells from `start` to `end`."""
    places = start + (np.arange(len(energy)) + 0.5) * (end - start) / len(energy)
    mean = float(np.average(places, weights=energy))
    return mean, float(np.average((places - mean) ** 2, weights=energy)) ** 0.5


def _network(bundle: Bundle, backbone: Backbone, threads: int) -> Network:
    output = (backbone.rows, backbone.columns, backbone.channels)
    return Network(bundle.network_path(backbone), backbone.size_px, output, threads)
