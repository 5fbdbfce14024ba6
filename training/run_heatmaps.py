"""The worst mistakes of a judged model, with heatmaps of what spoke for the wrong answer."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core.bundles import Bundle
from core.errors import PhotoError
from core.export_files import encodable
from core.folders import replacing
from core.heatmaps import class_evidence, map_size, overlay
from core.inference import Classifier
from core.machine import native_silence
from core.photos import open_photo
from core.records import Pixels
from core.run_results import HEATMAPS_DIR, PhotoAnswer
from core.train_records import Mistake
from training.telling import Telling

log = logging.getLogger(__name__)

LONGEST_PX = 320
# So many mistakes are kept, and so many of them of one class taken for one other: else one pair fills the page.
MOST_MISTAKES, MOST_OF_A_PAIR, MOST_HEATMAPS = 60, 4, 24
_PALETTE, _OPACITY, _QUALITY = "viridis", 0.6, 82


def worst_mistakes(answers: Sequence[PhotoAnswer]) -> tuple[PhotoAnswer, ...]:
    """The wrong answers of which the model was surest, the surest first."""
    found: list[PhotoAnswer] = []
    pairs: Counter[tuple[str, str]] = Counter()
    for one in sorted((one for one in answers if not one.is_right), key=lambda one: (-one.confidence, str(one.path))):
        pairs[one.truth, one.said] += 1
        if pairs[one.truth, one.said] <= MOST_OF_A_PAIR:
            found.append(one)
    return tuple(found[:MOST_MISTAKES])


def with_heatmaps(bundle: Bundle, worst: Sequence[PhotoAnswer], folder: Path, telling: Telling) -> tuple[Mistake, ...]:
    """The mistakes as records; the first ones get a heatmap of their wrong answer in `folder`/heatmaps.

    What was in there before is removed. Raises OSError where nothing can be written.
    """
    place = folder / HEATMAPS_DIR
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*.jpg"):
        old.unlink()
    names = dict(_drawn(bundle, worst[:MOST_HEATMAPS], place, telling)) if worst else {}
    return tuple(
        Mistake(
            path=encodable(str(one.path)),
            truth=one.truth,
            said=one.said,
            confidence=min(1.0, one.confidence),
            heatmap=f"{HEATMAPS_DIR}/{names[number]}" if number in names else "",
        )
        for number, one in enumerate(worst)
    )


def _drawn(bundle: Bundle, worst: Sequence[PhotoAnswer], place: Path, telling: Telling) -> Iterator[tuple[int, str]]:
    """The number and the file name of each heatmap that could be made."""
    labels = {label.id: number for number, label in enumerate(bundle.info.labels)}
    with native_silence():
        classifier = Classifier(bundle)
        for number, one in enumerate(worst):
            telling.progress(number, len(worst))
            try:
                drawn = _heatmap(classifier, one.path, labels[one.said])
            except PhotoError as error:  # moved meanwhile
                log.warning("no heatmap of %s: %s", one.path, error)
                continue
            name = f"{number + 1:03d}.jpg"
            with replacing(place / name) as file:
                Image.fromarray(drawn).save(file, "JPEG", quality=_QUALITY)
            yield number, name


def _heatmap(classifier: Classifier, path: Path, label: int) -> Pixels:
    """The photograph with what speaks for `label` over it, at most LONGEST_PX long. Raises PhotoError."""
    photo = open_photo(path, classifier.least_px)
    features = classifier.features(photo)
    picture = Image.fromarray(photo.pixels)
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    evidence = class_evidence(features, classifier.bundle.kernel, label, map_size(*picture.size))
    return overlay(np.asarray(picture, np.uint8), evidence, _PALETTE, _OPACITY, contours=True)
