"""The pictures in the report of a study: what augmentation makes of photographs, what image processing sees."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Final

import numpy as np

from core.bundle_info import View
from core.errors import BundleError, PhotoError
from core.folders import replacing
from core.inputs import cut_square, view_box
from core.outlines import Outliner
from core.photos import open_photo
from core.picture_sheet import Tile
from core.records import Photo
from core.texts import tr
from core.train_config import Augmentation, TrainConfig
from core.train_runs import PREVIEW_FILE
from core.transformation_sheets import sheet_of, transformed_pictures
from core.transformations import Transformation
from training.augment import augmented
from training.preview import write_preview
from training.samples import DataSet
from training.study_report import COPIES_FILE, TRANSFORMED_FILE

log = logging.getLogger(__name__)

_SIDE_PX: Final = 224
_SHOWN: Final = 3
# Stronger than what is trained with, where that is little, so that each can be told on the picture.
_ALONE: Final[Sequence[tuple[str, Augmentation]]] = (
    ("crop", Augmentation(crop=0.5)),
    ("blur", Augmentation(blur=5.0)),
    ("rotate", Augmentation(rotation_deg=45.0)),
    ("flip", Augmentation(flip=True)),
    ("contrast", Augmentation(contrast=0.8)),
    ("shear", Augmentation(shear_deg=30.0)),
    ("distort", Augmentation(distort=0.07)),
)


def _name(kind: str) -> str:
    return {
        "crop": tr("cropped"),
        "blur": tr("blurred"),
        "rotate": tr("rotated"),
        "flip": tr("mirrored"),
        "contrast": tr("contrast"),
        "shear": tr("sheared"),
        "distort": tr("distorted"),
    }[kind]


def write_pictures(folder: Path, configs: Sequence[TrainConfig], data: DataSet, transforms: bool) -> None:
    """Write the pictures that belong into the study's report, each once. Raises OSError."""
    paths = one_of_each(data)[: 2 * _SHOWN]
    augmenting = [config for config in configs if config.augmentation.is_on]
    if augmenting and not (folder / PREVIEW_FILE).exists():
        write_preview(augmenting[0], paths, folder / PREVIEW_FILE)
    if not transforms or (folder / TRANSFORMED_FILE).exists():
        return
    photos = list(_opened(paths))[:_SHOWN]
    _save(folder / COPIES_FILE, [picture for photo in photos for picture in _copies(photo)], len(_ALONE) + 1)
    _save(folder / TRANSFORMED_FILE, list(_transformed(photos)), len(Transformation) + 1)


def one_of_each(data: DataSet) -> list[Path]:
    """Photographs in turn of each class, the same ones each time."""
    of_class: dict[int, list[Path]] = {}
    for sample in data.samples:
        of_class.setdefault(sample.label, []).append(sample.path)
    rounds = zip_longest(*(paths[:_SHOWN] for paths in of_class.values()))
    return [path for turn in rounds for path in turn if path is not None]


def _opened(paths: Iterable[Path]) -> Iterable[Photo]:
    for path in paths:
        try:
            yield open_photo(path, _SIDE_PX)
        except PhotoError:
            continue


def _copies(photo: Photo) -> Iterable[Tile]:
    height, width = photo.pixels.shape[:2]
    square = cut_square(photo.pixels, view_box(View.CENTRE, width, height), _SIDE_PX)
    yield Tile(square, tr("The photograph"))
    for kind, rules in _ALONE:
        # A generator of its own, the first that shows something: a mirror shows nothing every second time.
        copies = (augmented(square, rules, np.random.default_rng(seed)) for seed in range(20))
        best = max(copies, key=lambda copy: float(np.abs(copy.astype(float) - square).mean()))
        yield Tile(best, _name(kind))


def _transformed(photos: Iterable[Photo]) -> Iterable[Tile]:
    try:
        outliner = Outliner()
    except BundleError:
        log.warning("no outlines", exc_info=True)
        return
    for photo in photos:
        yield from transformed_pictures(photo.pixels, outliner.outline(photo), Transformation)


def _save(path: Path, pictures: Sequence[Tile], columns: int) -> None:
    if pictures:
        with replacing(path) as file:
            sheet_of(pictures, columns, 150).save(file, "PNG", optimize=True)
