"""What the worker threads do for the window "Why?": explanations computed, drawn and saved; no widget is touched.

The networks stay in processes of their own: the model's, one that keeps what every layer answers, and one with Keras.
Both of the latter start when they are first needed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.explain_methods import LAST, Method, has_training_parts
from gui.engine import Drawn, Engine, Opened, Seen, legend_ends

if TYPE_CHECKING:
    from core.activation_sheet import Seen as ChannelsSeen
    from core.bundles import Bundle
    from core.explain_pictures import Explained
    from core.explaining import Explainer
    from core.gradient_server import GradientServer
    from core.network_layers import Layer
    from core.neuron_photographs import ClassNeurons
    from core.outlines import Mask
    from core.perturbations import Apart, Faithfulness
    from core.processes import Elsewhere
    from core.records import EvidenceMap, Photo, Pixels, Prediction
    from core.shap_partition import Shares

Told = Callable[[int, int], None]
# How often the process that looks for neurons is asked how far it is.
_LOOK_S = 0.15


@dataclass(frozen=True)
class Asked:
    """One question: what a method does not take is as it is here. `classes` and `answers` are SHAP's."""

    method: Method
    label: int | None = None
    versus: int | None = None
    layer: str = LAST
    classes: int = 0
    answers: int = 0


@dataclass(frozen=True, eq=False)
class ClassShares:
    """What SHAP found, and for which labels."""

    labels: tuple[int, ...]
    shares: Shares


@dataclass(frozen=True, eq=False)
class CutOut:
    """Where the subject is, and what the answer becomes without it and without the rest."""

    mask: Mask
    apart: Apart


@dataclass(frozen=True, eq=False)
class Found:
    """What came of one question; one of these is there, as the method has it."""

    asked: Asked
    evidence: EvidenceMap | None = None
    shares: ClassShares | None = None
    cut_out: CutOut | None = None
    channels: ChannelsSeen | None = None
    neurons: ClassNeurons | None = None


@dataclass(frozen=True)
class Facts:
    """What can be chosen from for the model in use: its layers, and whether inner ones can be explained here."""

    layers: Sequence[Layer] = ()
    has_training_parts: bool = False


def elsewhere(make: Callable[..., object], *args: object) -> Elsewhere:
    """An object in a process of its own."""
    from core.processes import Elsewhere

    return Elsewhere(make, *args)


def gradient_server(bundle: Bundle) -> GradientServer:
    """Gradients of this model, from a process that starts with the first question."""
    from core.gradient_server import GradientServer

    return GradientServer(bundle)


class WhyEngine:
    """Beside the window's engine, whose model it asks. All methods but `close` are the work of jobs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._gradients: GradientServer | None = None
        self._reader: tuple[Path, Elsewhere] | None = None

    def facts(self) -> Facts:
        """What can be chosen from. Raises BundleError."""
        return Facts(self._engine.serving()[0].call("layers"), has_training_parts())

    def explain(self, opened: Opened, seen: Seen, asked: Asked, told: Told) -> Found:
        """Do a method. Raises UserError where that cannot be done, and what `told` raises."""
        photo, method, label = opened.photo, asked.method, asked.label
        if method is Method.ACTIVATIONS:
            return Found(asked, channels=self._channel_reader(seen.bundle).call("strongest", photo, asked.layer))
        if method is Method.SHAP:
            labels = tuple(one.label for one in seen.verdict.candidates[: asked.classes])
            shares = self._asker(seen, photo, with_features=False).shapley(labels, asked.answers, told)
            return Found(asked, shares=ClassShares(labels, shares))
        assert label is not None, "all other methods explain a label"
        if method is Method.NEURONS:
            return Found(asked, neurons=self._neurons(seen, label, told))
        if method is Method.MASK:
            mask = self._engine.outline(photo)
            apart = self._asker(seen, photo, with_features=False).apart(mask, label, told)
            return Found(asked, cut_out=CutOut(mask, apart))
        layer = None if asked.layer == LAST else asked.layer
        evidence = self._asker(seen, photo).map(method, label, asked.versus, layer, told)
        return Found(asked, evidence=evidence)

    def faithfulness(self, opened: Opened, seen: Seen, found: Found, told: Told) -> Faithfulness:
        """How faithful a map is."""
        assert found.evidence is not None and found.asked.label is not None
        asker = self._asker(seen, opened.photo, with_features=False)
        return asker.faithfulness(found.evidence, found.asked.label, told)

    def outline(self, opened: Opened) -> Mask:
        """The subject in the photograph."""
        return self._engine.outline(opened.photo)

    def draw(self, opened: Opened, found: Found, drawing: MapDrawing, room: tuple[int, int]) -> Drawn:
        """A map over the photograph, to fit `room` (width, height in pixels)."""
        from PIL import Image

        from core.heatmaps import colour_bar, overlay
        from gui.engine import with_outline

        assert found.evidence is not None
        pixels, evidence, palette = fitted(opened.photo, room), found.evidence, palette_of(found, drawing)
        bar = None
        if drawing.is_shown:
            pixels = overlay(pixels, evidence, palette, drawing.opacity)
            bar = Image.fromarray(colour_bar(palette, drawing.bar[1], drawing.bar[0]))
        if drawing.mask is not None:
            pixels = with_outline(pixels, drawing.mask)
        return Drawn(Image.fromarray(pixels), bar, palette, evidence.positive)

    def save(
        self,
        path: Path,
        opened: Opened,
        seen: Seen,
        found: Found,
        drawing: MapDrawing,
        captions: Sequence[str],
        faith: Faithfulness | None,
    ) -> None:
        """Write what was found as a picture, at the photograph's full size where it is a map. Raises UserError."""
        from core.photos import open_photo
        from core.picture_sheet import curves
        from core.pictures import Drawing, save_image, save_picture

        if found.evidence is None:
            save_image(path, opened.photo, lambda: sheet_of(opened.photo, seen, found, drawing).picture)
            return
        whole = open_photo(opened.photo.path) if opened.photo.path else opened.photo
        palette = palette_of(found, drawing)
        drawn = Drawing(palette, drawing.opacity, ends=legend_ends(palette))
        below = None if faith is None else curves(faith)
        save_picture(path, whole, found.evidence, drawn, captions, drawing.mask, below)

    def cool(self) -> None:
        """End what was started for this window alone; it starts again when it is needed."""
        with self._lock:
            gradients, self._gradients = self._gradients, None
            reader, self._reader = self._reader, None
        if gradients is not None:
            gradients.close()
        if reader is not None:
            reader[1].close()

    # The processes

    def _asker(self, seen: Seen, photo: Photo, with_features: bool = True) -> Explainer:
        from core.explaining import Explainer
        from core.served import with_weights

        process = self._engine.serving()[0]

        def predict(asked: Photo) -> Prediction:
            if asked is photo:
                return seen.prediction
            if not with_features:
                found: Prediction = process.call("probabilities", asked)
                return found
            return with_weights(process.call("predict", asked), seen.bundle)

        return Explainer(seen.bundle, predict, photo, self._gradients_of(seen.bundle))

    def _gradients_of(self, bundle: Bundle) -> GradientServer:
        with self._lock:
            if self._gradients is None or self._gradients.folder != bundle.folder:
                if self._gradients is not None:
                    self._gradients.close()
                self._gradients = gradient_server(bundle)
            return self._gradients

    def _channel_reader(self, bundle: Bundle) -> Any:
        from core.activation_sheet import serve_activations

        with self._lock:
            if self._reader is None or self._reader[0] != bundle.folder or not self._reader[1].is_alive:
                if self._reader is not None:
                    self._reader[1].close()
                self._reader = bundle.folder, elsewhere(serve_activations, bundle.folder)
            return self._reader[1]

    def _neurons(self, seen: Seen, label: int, told: Told) -> ClassNeurons:
        """Asked in one thread, while this one looks how far it is: the other process tells nobody by itself."""
        from concurrent.futures import ThreadPoolExecutor

        from core.folders import library_path

        features = seen.prediction.features
        embedding = None if features is None else features.embedding
        process = self._engine.serving()[0]
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(process.call, "neurons", library_path(), label, embedding)
            try:
                while not wait([asked], _LOOK_S).done:
                    told(*process.call("neurons_progress"))
            except BaseException:
                process.call("stop_neurons")
                raise
            found: ClassNeurons = asked.result()
            return found


@dataclass(frozen=True)
class MapDrawing:
    """How a map is laid over the photograph; `bar` is the size of its colour bar, `mask` the outline to draw."""

    is_shown: bool
    palette: str
    opacity: float
    bar: tuple[int, int]
    mask: Mask | None = None


def palette_of(found: Found, drawing: MapDrawing) -> str:
    """A comparison has two sides, so its colours must have two as well."""
    from core.heatmaps import DIVERGING, PALETTES

    if found.asked.versus is not None:
        return min(DIVERGING)
    return drawing.palette if drawing.palette in PALETTES else next(iter(PALETTES))


def fitted(photo: Photo, room: tuple[int, int]) -> Pixels:
    """The picture as large as the room (width, height) allows."""
    import numpy as np
    from PIL import Image

    height, width = photo.pixels.shape[:2]
    scale = min(room[0] / width, room[1] / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(photo.pixels).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))


def sheet_of(photo: Photo, seen: Seen, found: Found, drawing: MapDrawing) -> Explained:
    """The sheet of a method that has one, as `core` writes it to a file."""
    from core.explain_pictures import activation_sheet, apart_sheet, neuron_sheet, shap_sheet
    from core.pictures import Drawing

    if found.shares is not None:
        return shap_sheet(photo, found.shares.shares, found.shares.labels, seen.info, drawing.opacity)
    if found.channels is not None:
        return activation_sheet(photo, found.channels, Drawing(palette_of(found, drawing), drawing.opacity))
    if found.neurons is not None:
        return neuron_sheet(found.neurons, seen.info)
    assert found.cut_out is not None and found.asked.label is not None
    return apart_sheet(photo, found.cut_out.mask, found.cut_out.apart, found.asked.label, seen.info)
