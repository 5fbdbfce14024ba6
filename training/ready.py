"""A network of core.backbones as LiteRT files that prediction and embedding take; made once and kept.

The shipped ones lie in models/ and need no TensorFlow. Keras' are built, converted and kept in the folder of training.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from core.backbones import BACKBONES, BackboneEntry, Kind
from core.bundles import Backbone, Bundle, Licence, load_bundle
from core.errors import UserError
from core.folders import program_dir, replacing, shipped_models_dir, training_dir
from core.records import Floats
from core.texts import tr
from core.this_program import missing_parts_remedy
from core.train_config import Network, Preprocessing, Shape
from training.telling import Telling
from training.weight_files import IMAGENET, NOTHING, digest, given_file

log = logging.getLogger(__name__)

# Raised when the way of making a network ready changes: kept ones are made anew.
_MAKING: Final = 1
UNKNOWN_HASH: Final = "0" * 64


@dataclass(frozen=True)
class Networks:
    """Networks that are ready: what a bundle says of each, its file by its name, and what else the bundle carries.

    `hidden` has the dense layer (channels, units) of those that have one, by the network's name.
    """

    backbones: tuple[Backbone, ...]
    files: Mapping[str, Path]
    hidden: Mapping[str, Floats] = field(default_factory=dict)
    licences: tuple[Licence, ...] = ()


def ready(network: Network, preprocessing: Preprocessing, telling: Telling) -> Networks:
    """The network as LiteRT files with the looks and steps of `preprocessing`.

    Raises UserError where there is no such network, where its weights cannot be had, or where TensorFlow is needed and
    not installed.
    """
    entry = BACKBONES.get(network.backbone)
    if entry is None:
        raise UserError(tr("There is no network called “{name}”.").format(name=network.backbone))
    if entry.kind is Kind.SCRATCH:
        said = tr("“{name}” has learned nothing yet: it needs training from scratch.")
        raise UserError(said.format(name=entry.title))
    is_as_shipped = network.weights == IMAGENET and all(
        preprocessing.size_px in (0, BACKBONES[member].size_px) for member in entry.members or (entry.name,)
    )
    if entry.shipped_in and is_as_shipped:
        return _shipped(entry, preprocessing)
    if entry.kind is Kind.SET:
        said = tr("The networks of “{name}” have their own weights and sizes: choose one of them to change that.")
        raise UserError(said.format(name=entry.name))
    return _converted(entry, network, preprocessing, telling)


# -- Shipped -----------------------------------------------------------------------------------------------------------


def _shipped(entry: BackboneEntry, preprocessing: Preprocessing) -> Networks:
    bundle = load_bundle(shipped_models_dir() / entry.shipped_in)
    chosen = [one for one in bundle.info.backbones if one.name in (entry.members or (entry.name,))]
    keeps_looks = entry.kind is Kind.SET and preprocessing.shape is Shape.CROP and not preprocessing.steps
    backbones = chosen if keeps_looks else [_looking(one, preprocessing) for one in chosen]
    return Networks(
        tuple(backbones),
        {one.name: bundle.network_path(one) for one in chosen},
        {one.name: bundle.hidden[one.name] for one in chosen if one.hidden},
        _licences(bundle, chosen),
    )


def _looking(backbone: Backbone, preprocessing: Preprocessing) -> Backbone:
    changes: dict[str, Any] = {"views": (preprocessing.shape.view,)}
    if preprocessing.steps:
        changes["steps"] = preprocessing.steps
    return Backbone.model_validate(backbone.model_dump() | changes)


def _licences(bundle: Bundle, chosen: list[Backbone]) -> tuple[Licence, ...]:
    titles = [one.title for one in chosen]
    return tuple(one for one in bundle.info.licences if any(one.what.startswith(title) for title in titles))


# -- Made ready --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Made:
    """A converted network and the shape of its feature map."""

    path: Path
    sha256: str
    rows: int
    columns: int
    channels: int


def _converted(entry: BackboneEntry, network: Network, preprocessing: Preprocessing, telling: Telling) -> Networks:
    size_px = preprocessing.size_px or entry.size_px
    folder = training_dir() / "backbones"
    folder.mkdir(exist_ok=True)
    stem = f"{entry.name}-{_key(entry, network.weights, size_px)}"
    made = _kept(folder, stem) or _make(folder, stem, entry, network.weights, size_px, telling)
    backbone = Backbone(
        name=entry.name, title=entry.title, file=f"{entry.name}.tflite", sha256=made.sha256, size_px=size_px,
        rows=made.rows, columns=made.columns, channels=made.channels, views=(preprocessing.shape.view,),
    )  # fmt: skip
    backbone = _looking(backbone, preprocessing)
    return Networks((backbone,), {entry.name: made.path}, licences=licences_of(entry, network.weights))


def licences_of(entry: BackboneEntry, weights: str) -> tuple[Licence, ...]:
    """What the weights that a training starts from are licensed under."""
    if weights == NOTHING or entry.kind is Kind.SCRATCH:
        return ()
    if weights == IMAGENET or Path(weights).is_dir():
        return (Licence(what=f"{entry.title}, weights trained on ImageNet", licence=entry.licence),)
    return (Licence(what=f"{entry.title}, weights from a file given by hand", licence="see its source"),)


def _key(entry: BackboneEntry, weights: str, size_px: int) -> str:
    """What decides the converted file, as a number."""
    content = weights if weights in (IMAGENET, NOTHING) else digest(given_file(entry, weights))
    told = json.dumps([_MAKING, entry.name, content, size_px])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _kept(folder: Path, stem: str) -> _Made | None:
    """The network that was converted earlier; None if there is none, or if it is damaged."""
    path, note = folder / f"{stem}.tflite", folder / f"{stem}.json"
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
        if digest(path) != said["sha256"]:
            raise ValueError("it has changed")
        rows, columns, channels = (int(side) for side in said["shape"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        if path.exists():
            log.warning("%s is made anew: %s", path, error)
        return None
    return _Made(path, said["sha256"], rows, columns, channels)


def _make(folder: Path, stem: str, entry: BackboneEntry, weights: str, size_px: int, telling: Telling) -> _Made:
    check_training_parts()
    from training.builders import build
    from training.convert import to_faithful_litert

    telling.note(tr("{network} is made ready, once.").format(network=entry.title))
    model = build(entry.name, size_px, weights, telling)
    path, note = folder / f"{stem}.tflite", folder / f"{stem}.json"
    with replacing(path) as file:
        scratch = folder / f"{stem}.{os.getpid()}.made"
        try:
            to_faithful_litert(model, scratch)
            file.write(scratch.read_bytes())
        finally:
            scratch.unlink(missing_ok=True)
    shape = [int(side) for side in model.output.shape[1:]]
    sha256 = digest(path)
    with replacing(note) as file:
        file.write(json.dumps({"network": entry.name, "sha256": sha256, "shape": shape}).encode())
    return _Made(path, sha256, *shape)


def check_training_parts() -> None:
    """Raises UserError saying what to install where Keras and TensorFlow are missing."""
    missing = [name for name in ("tensorflow", "keras") if find_spec(name) is None]
    if missing:
        said = tr(
            "This needs the parts for training, which are not installed. In {folder}: {command}. Head mode with the "
            "shipped networks works without them."
        )
        raise UserError(
            missing_parts_remedy() or said.format(folder=program_dir(), command='pip install -e ".[train]"')
        )
