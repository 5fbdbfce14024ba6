"""Good choices for a training of which only the name and the photographs are known: the window's and the commands'."""

from __future__ import annotations

import logging
import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from core.backbones import BACKBONES, Kind
from core.bundle_info import NAME, RESERVED, BundleInfo
from core.bundles import INFO_FILE, read_info
from core.errors import UserError
from core.folders import models_dir, shipped_models_dir
from core.settings import load_settings
from core.texts import tr
from core.train_config import Augmentation, Fit, Mode, Network, Source, TrainConfig

log = logging.getLogger(__name__)

# What a photograph may well look like another day: nobody would call it something else for that.
LIGHT: Final = Augmentation(rotation_deg=10.0, zoom=0.1, contrast=0.1, brightness=0.1, flip=True)
# For few photographs and many epochs.
STRONG: Final = Augmentation(
    rotation_deg=20.0, zoom=0.2, contrast=0.3, brightness=0.3, flip=True, crop=0.15, blur=1.0, noise=0.02, cutout=0.25,
    mixup=0.2,
)  # fmt: skip
# Those that need no download.
_SET, _FINETUNED, _FROM_SCRATCH = "dogs", "efficientnet_lite2", "cnn4_bn"


def usual_config(name: str, source: Source, mode: Mode = Mode.HEAD, backbone: str = "") -> TrainConfig:
    """A config with good defaults for this way to train; without a `backbone` the one of `usual_backbone`."""
    return TrainConfig(
        name=name,
        source=source,
        augmentation=Augmentation() if mode is Mode.HEAD else LIGHT,
        network=Network(backbone=backbone or usual_backbone(mode)),
        fit=usual_fit(mode),
    )


def usual_fit(mode: Mode) -> Fit:
    """How the weights are found in this way to train."""
    match mode:
        case Mode.HEAD:
            return Fit(mode=mode)
        case Mode.FINETUNE:
            return Fit(mode=mode, head_rate=1e-3, rate=1e-4, head_epochs=5, epochs=20, unfrozen=30, patience=5)
        case Mode.SCRATCH:
            # All weights are random at first: a higher rate, and more patience before it is given up.
            return Fit(mode=mode, rate=1e-3, head_epochs=0, epochs=60, unfrozen=-1, patience=12)


def usual_backbone(mode: Mode) -> str:
    """A name in core.backbones: in head mode the networks of the model in use, whose vectors are there already."""
    match mode:
        case Mode.HEAD:
            return _in_use()
        case Mode.FINETUNE:
            return _FINETUNED
        case Mode.SCRATCH:
            return _FROM_SCRATCH


def usual_name(text: str) -> str:
    """A name for a model from the name of a folder, of a table, or whatever somebody typed.

    >>> usual_name("Été 2026 – Chiens"), usual_name("nul"), usual_name("¿?")
    ('ete-2026-chiens', 'my-nul', 'my-model')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_]+", "-", plain)[:64].strip("-_")
    if not NAME.fullmatch(name):
        return "my-model"
    return f"my-{name}" if name in RESERVED else own_name(name)


def own_name(name: str) -> str:
    """The same name, or another one where a model that came with the program is called so: it would be hidden.

    >>> own_name("shelter")
    'shelter'
    """
    return f"{name[:56]}-shelter" if (shipped_models_dir() / name / INFO_FILE).is_file() else name


def taken_words(name: str) -> str:
    """What to say where a new model may not be called so; empty where it may."""
    other = own_name(name)
    said = tr("“{name}” came with the program: choose another name for your model, such as {other}.")
    return "" if other == name else said.format(name=name, other=other)


def _in_use() -> str:
    """The row of the table that has the networks of the model in use; the shipped ones where there is none."""
    # Checking a model takes up to a second, and the window asks again with every change of the way to train.
    name = load_settings().model or ""
    return _row_of(name, tuple(_changed_at(folder / name) for folder in (models_dir(), shipped_models_dir())))


def _changed_at(folder: Path) -> int:
    try:
        return (folder / INFO_FILE).stat().st_mtime_ns
    except (OSError, ValueError):  # a zero byte in the settings
        return 0


@lru_cache(maxsize=4)
def _row_of(_name: str, _changed: tuple[int, ...]) -> str:
    from core.models import find_model

    try:
        used = _files(find_model().info)
        sets = [entry for entry in BACKBONES.values() if entry.kind is Kind.SET]
        for entry in sets:
            if _files(read_info(shipped_models_dir() / entry.shipped_in)) == used:
                return entry.name
    except UserError:
        log.info("no model in use", exc_info=True)
        return _SET
    (alone, *others) = [name for name, _ in used]
    is_ready = not others and alone in BACKBONES and BACKBONES[alone].kind is Kind.SHIPPED
    return alone if is_ready else _SET


def _files(info: BundleInfo) -> list[tuple[str, str]]:
    return sorted((backbone.name, backbone.sha256) for backbone in info.backbones)
