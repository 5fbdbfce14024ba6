"""What a layer sees: its strongest channels over the photograph, as maps with their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.bundles import Bundle, load_bundle
from core.heatmaps import Cells, laid_over, map_size
from core.inference import Classifier, usual_threads
from core.inputs import to_model_input
from core.network_layers import Activations, Layer, layers_called
from core.records import FeatureMap, Floats, Photo

MOST_CHANNELS: Final = 16


@dataclass(frozen=True, eq=False)
class Channel:
    """One channel of a layer: its number, the highest value it has in this photograph, and where it has which.

    `values` (rows, columns) lie over the whole upright picture and are 0 where the network did not look.
    """

    number: int
    peak: float
    values: Floats


@dataclass(frozen=True, eq=False)
class Seen:
    """The strongest channels of a layer in the first view of its network, strongest first."""

    layer: Layer
    channels: tuple[Channel, ...]


class ActivationReader:
    """Reads the layers of a model's networks. Any thread may use it, one at a time. Raises BundleError."""

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        self._bundle = bundle
        self._classifier = Classifier(bundle)
        self._threads = threads or usual_threads()
        self._networks: dict[str, Activations] = {}

    def strongest(self, photo: Photo, layer: str, most: int = MOST_CHANNELS) -> Seen:
        """The channels of a layer (its name, or `last`: of the first network) that answer most.

        Ordered by how far the highest value of a channel lies above its mean: a channel that is high everywhere tells
        little. Raises UserError where there is no such layer.
        """
        one = layers_called(self._bundle, layer)[0]
        seen = next(view for view in self._classifier.features(photo).maps if view.backbone == one.network)
        values = self._values(photo, one, seen)
        above = values.max(axis=(0, 1)) - values.mean(axis=(0, 1))
        chosen = np.argsort(-above, kind="stable")[: min(most, one.channels)]
        size = map_size(photo.width, photo.height)
        return Seen(one, tuple(_channel(int(place), values[:, :, place], seen, size) for place in chosen))

    def _values(self, photo: Photo, layer: Layer, seen: FeatureMap) -> Floats:
        backbone = next(one for one in self._bundle.info.backbones if one.name == layer.network)
        if layer.network not in self._networks:
            self._networks[layer.network] = Activations(self._bundle.network_path(backbone), self._threads)
        whitening = self._bundle.whitenings.get(backbone.name)
        picture = to_model_input(photo.pixels, seen.box, backbone.size_px, seen.mirrored, backbone.steps, whitening)
        values = self._networks[layer.network](picture, [layer])[0]
        return values[:, ::-1] if seen.mirrored else values


def _channel(number: int, values: Floats, seen: FeatureMap, size: tuple[int, int]) -> Channel:
    box = seen.box
    area = (box.right - box.left) * (box.bottom - box.top)
    return Channel(number, float(values.max()), laid_over([Cells(values, box, area)], size))


def serve_activations(folder: Path) -> ActivationReader:
    """For `core.processes.Elsewhere`: the model in this folder. Raises BundleError."""
    return ActivationReader(load_bundle(folder))
