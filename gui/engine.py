"""What the worker threads do for the window: it calls `core`, holds the model and the library, and touches no widget.

Nothing here runs in the main thread; heavy modules are imported on first use, behind the drawn window.
"""

from __future__ import annotations

import getpass
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import PhotoError, UserError
from core.texts import tr

if TYPE_CHECKING:
    from PIL import Image

    from core.bundles import Bundle, BundleInfo
    from core.library import Library
    from core.models import ModelEntry
    from core.outlines import Mask
    from core.processes import Elsewhere
    from core.records import Correction, EvidenceMap, Photo, Pixels, Prediction, Verdict

log = logging.getLogger(__name__)

# Enough for every model that ships, so that a photograph can be opened while the model still loads.
USUAL_LEAST_PX = 320
_KEPT_PHOTOS = 4
# How long the answer for a photograph waits for a library that is being opened.
_PATIENCE_S = 3.0


@dataclass(frozen=True)
class Opened:
    """A photograph that is ready to be shown and asked about; `content` is its SHA-256, as in the library."""

    photo: Photo
    content: str
    correction: Correction | None


@dataclass(frozen=True)
class Seen:
    """What the model in use says of a photograph."""

    prediction: Prediction
    verdict: Verdict
    bundle: Bundle

    @property
    def info(self) -> BundleInfo:
        return self.bundle.info


@dataclass(frozen=True)
class Layers:
    """How a picture is to be drawn: with the heatmap of `label` (against `versus`) and the outline `mask` over it.

    `bar` is the size of the colour bar that goes with it, in pixels.
    """

    label: int | None
    versus: int | None
    palette: str
    opacity: float
    mask: Mask | None
    bar: tuple[int, int]


@dataclass(frozen=True)
class Drawn:
    """A finished picture, its colour bar and the palette of both; `positive` is false where nothing speaks for the
    label. `bar` and `positive` are None where no heatmap was asked for.
    """

    image: Image.Image
    bar: Image.Image | None = None
    palette: str = ""
    positive: bool | None = None


class Engine:
    """The model in use, the library and what was opened lately; its methods are the work of the window's jobs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reviving = threading.Lock()
        self._opening = threading.Lock()
        self._loading: Elsewhere | None = None
        self._model: tuple[Elsewhere, Bundle] | None = None
        self._library: Library | None = None
        self._left: list[Library] = []
        self._news = ""
        self._outliner: Elsewhere | None = None
        self._photos: dict[tuple[object, ...], Opened] = {}
        self._evidence: tuple[Seen, tuple[int, int | None], EvidenceMap] | None = None
        self._fitted: tuple[Photo, tuple[int, int], Pixels] | None = None

    def load_model(self, name: str | None) -> BundleInfo:
        """Make the named model, or the one in use, answer from now on. Raises BundleError; then the old one stays."""
        from core.processes import Elsewhere
        from core.served import serve_model

        model = self._loading = Elsewhere(serve_model, name)
        try:
            bundle: Bundle = model.call("bundle")
        except BaseException:
            model.close()
            raise
        before, self._model = self._model, (model, bundle)
        if before:
            before[0].close()
        return bundle.info

    def list_models(self) -> Sequence[ModelEntry]:
        """All models, also the broken ones with what is wrong."""
        from core.models import list_models

        return list_models()

    def open_file(self, path: Path, room: tuple[int, int]) -> Opened:
        """The photograph, large enough for the model and for the room on the screen. Raises PhotoError."""
        from core.library import content_of_file
        from core.photos import open_photo

        backbones = self._model[1].info.backbones if self._model else ()
        least_px = max(USUAL_LEAST_PX, min(room) // 2, *(backbone.size_px for backbone in backbones))
        key = _key_of(path, least_px)
        with self._lock:
            known = self._photos.get(key) if key else None
        if known is None:
            photo = open_photo(path, least_px)
            try:
                content = content_of_file(path)
            except OSError as error:
                raise PhotoError(tr("This file cannot be read: {reason}.").format(reason=error.strerror)) from error
            known = Opened(photo, content, None)
            self._keep(key, known)
        return Opened(known.photo, known.content, self._correction_of(known.content))

    def open_image(self, image: Image.Image) -> Opened:
        """A picture from the clipboard."""
        from core.library import content_of_pixels
        from core.photos import photo_from_image

        photo = photo_from_image(image)
        content = content_of_pixels(photo)
        return Opened(photo, content, self._correction_of(content))

    def look(self, photo: Photo) -> Seen:
        """Ask the model."""
        from core.served import with_weights
        from core.verdicts import decide

        model, bundle = self.serving()
        prediction: Prediction = with_weights(model.call("predict", photo), bundle)
        return Seen(prediction, decide(prediction, bundle.info), bundle)

    def serving(self) -> tuple[Elsewhere, Bundle]:
        """The process with the model in use, and that model; a new process where it died with earlier work."""
        with self._reviving:  # several lanes may find it dead
            assert self._model is not None, "the window asks only when a model is there"
            if not self._model[0].is_alive:
                self.load_model(self._model[1].name)
            return self._model

    @property
    def process(self) -> Elsewhere | None:
        """The process with the model in use, dead or alive; None before there is one."""
        return self._model[0] if self._model else None

    def outline(self, photo: Photo) -> Mask:
        """The animal in the photograph."""
        from core.processes import Elsewhere
        from core.served import serve_outliner

        if self._outliner is None or not self._outliner.is_alive:
            self._outliner = Elsewhere(serve_outliner)
        mask: Mask = self._outliner.call("outline", photo)
        return mask

    def draw(self, photo: Photo, seen: Seen | None, layers: Layers, room: tuple[int, int]) -> Drawn:
        """The picture to fit `room` (width, height in pixels), as it is to be drawn."""
        from PIL import Image

        from core.heatmaps import colour_bar, overlay

        pixels = self._fitted_pixels(photo, room)
        bar, palette, positive = None, "", None
        if seen and layers.label is not None:
            evidence, palette = self._evidence_of(seen, photo, layers), palette_for(layers)
            pixels = overlay(pixels, evidence, palette, layers.opacity)
            bar = Image.fromarray(colour_bar(palette, layers.bar[1], layers.bar[0]))
            positive = evidence.positive
        if layers.mask is not None:
            pixels = with_outline(pixels, layers.mask)
        return Drawn(Image.fromarray(pixels), bar, palette, positive)

    def photos_beside(self, path: Path) -> tuple[list[Path], int | None]:
        """The photographs of the same folder, without those in folders below, and the place of this one among them."""
        from core.photo_search import find_photos

        folder = path.parent
        beside = list(takewhile(lambda found: found.parent == folder, find_photos(folder)))
        return beside, beside.index(path) if path in beside else None

    def palettes(self) -> list[str]:
        """The palettes of the heatmap, by name."""
        import PIL.ImageTk  # noqa: F401  here, so that the main loop does not wait for it at the first picture

        from core.heatmaps import PALETTES

        return list(PALETTES)

    def add_model(self, archive: Path) -> BundleInfo:
        """Keep the model in this file among the user's. Raises BundleError."""
        from core.bundles import import_bundle
        from core.folders import models_dir

        return import_bundle(archive, models_dir()).info

    def save_diagnostics(self, path: Path) -> None:
        """Write the diagnostic file. Raises UserError."""
        from core.diagnostics import save_diagnostics

        save_diagnostics(path)

    def correct(self, opened: Opened, correction: Correction) -> Correction:
        """Keep what the volunteer says of a photograph."""
        from dataclasses import replace

        signed = replace(correction, who=user_name())
        return self.library.correct(opened.content, opened.photo.path, signed)

    def correction(self, opened: Opened) -> Correction | None:
        """What counts for this photograph now."""
        return self._correction_of(opened.content)

    def take_back(self, opened: Opened) -> Correction | None:
        """Take the latest correction back; what counts now."""
        return self.library.take_back(opened.content)

    @property
    def library(self) -> Library:
        """The volunteers' corrections; the new ones where the library was renewed meanwhile. Raises UserError."""
        from core.folders import library_path, unwritten_path
        from core.library import Library

        with self._opening:  # not the lock of the photographs, which are opened while this takes its time
            before = self._library
            aside = before.database.renewal() if before else None
            if before is None:
                self._library = Library(library_path(), unwritten_path())
            elif aside is not None:
                self._library = Library(library_path(), unwritten_path())
                self._left.append(before)  # what is shown may still be read from it for a moment
                self._news = self._library.notice or aside.sentence()
            assert self._library is not None
            return self._library

    def look_at_library(self) -> None:
        """Whether the program, perhaps another process of it, has renewed the library: then it is opened anew."""
        if self._library is not None:
            try:
                _ = self.library
            except UserError:  # said where something is asked of it
                log.warning("no library", exc_info=True)

    def take_news(self) -> str:
        """What to tell of a library that was renewed since the last time; empty where it was not."""
        news, self._news = self._news, ""
        return news

    def _is_library_there(self) -> bool:
        """Whether it is, after a moment: a large one that is brought up to date takes minutes."""
        if self._library is None and self._opening.acquire(timeout=_PATIENCE_S):
            self._opening.release()
            return True
        return self._library is not None

    def stop(self) -> None:
        """End the processes, so that nobody waits for their answers any more."""
        for process in (self._loading, self._model and self._model[0], self._outliner):
            if process:
                process.close()

    def close(self) -> None:
        """Close the library, when nothing is written to it any more."""
        for library in (*self._left, self._library):
            if library is not None:
                library.close()

    def save_picture(self, path: Path, opened: Opened, seen: Seen, layers: Layers, captions: Sequence[str]) -> None:
        """Write the picture with what is laid over it, at the full size of the photograph. Raises UserError."""
        from core.photos import open_photo
        from core.pictures import Drawing, save_picture

        whole = open_photo(opened.photo.path) if opened.photo.path else opened.photo
        evidence, palette = self._evidence_of(seen, whole, layers), palette_for(layers)
        drawing = Drawing(palette, layers.opacity, ends=legend_ends(palette))
        save_picture(path, whole, evidence, drawing, captions, layers.mask)

    def _fitted_pixels(self, photo: Photo, room: tuple[int, int]) -> Pixels:
        """The picture as large as the room allows; kept, because a slider asks for the same size again and again."""
        import numpy as np
        from PIL import Image

        known = self._fitted  # another thread may replace it meanwhile
        if known is None or known[0] is not photo or known[1] != room:
            height, width = photo.pixels.shape[:2]
            scale = min(room[0] / width, room[1] / height)
            size = max(1, round(width * scale)), max(1, round(height * scale))
            small = Image.fromarray(photo.pixels).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
            self._fitted = known = photo, room, np.asarray(small)
        return known[2]

    def _evidence_of(self, seen: Seen, photo: Photo, layers: Layers) -> EvidenceMap:
        from core.heatmaps import class_evidence, contrast_evidence, map_size

        assert layers.label is not None and seen.prediction.features is not None
        known, asked = self._evidence, (layers.label, layers.versus)
        if known is None or known[0] is not seen or known[1] != asked:
            features, kernel, size = seen.prediction.features, seen.bundle.kernel, map_size(photo.width, photo.height)
            if layers.versus is None:
                evidence = class_evidence(features, kernel, layers.label, size)
            else:
                evidence = contrast_evidence(features, kernel, layers.label, layers.versus, size)
            self._evidence = known = seen, asked, evidence
        return known[2]

    def _correction_of(self, content: str) -> Correction | None:
        try:
            return self.library.correction(content) if self._is_library_there() else None
        except UserError:  # said once when the window starts; photographs are still answered
            log.warning("no library", exc_info=True)
            return None

    def _keep(self, key: tuple[object, ...] | None, opened: Opened) -> None:
        if key is None:
            return
        with self._lock:
            self._photos[key] = opened
            while len(self._photos) > _KEPT_PHOTOS:
                del self._photos[next(iter(self._photos))]


def _key_of(path: Path, least_px: int) -> tuple[object, ...] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return path, found.st_mtime_ns, found.st_size, least_px


def is_coarse(photo: Photo, room: tuple[int, int]) -> bool:
    """Whether the picture would be stretched to fill this room, although its file has more to show."""
    height, width = photo.pixels.shape[:2]
    return photo.width > int(width) and room[0] > width and room[1] > height


def with_outline(pixels: Pixels, mask: Mask) -> Pixels:
    from core.outlines import draw_outline
    from core.pictures import OUTLINE_COLOUR

    return draw_outline(pixels, mask, OUTLINE_COLOUR, max(2, max(pixels.shape) // 400))


def palette_for(layers: Layers) -> str:
    """A comparison has two sides, so its colours must have two as well."""
    from core.heatmaps import DIVERGING, PALETTES

    if layers.versus is not None:
        return sorted(DIVERGING)[0]
    return layers.palette if layers.palette in PALETTES else next(iter(PALETTES))


def legend_ends(palette: str) -> tuple[str, str]:
    """What the first and the last colour of a palette mean."""
    from core.heatmaps import DIVERGING

    return tr("speaks against it") if palette in DIVERGING else tr("says little"), tr("speaks for it")


def user_name() -> str:
    """Who sits at this computer, as the system knows them; empty where it does not."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a system without user names
        return ""
