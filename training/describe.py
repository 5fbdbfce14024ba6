"""What a shipped model says of itself: labels, look-alike groups, data, licences."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from core.bundles import (
    Backbone,
    BundleInfo,
    Calibration,
    Data,
    Group,
    Head,
    Label,
    Licence,
    Summary,
    Sure,
    Unsure,
    View,
    Words,
)
from core.folders import resources_dir
from training.networks import NETWORKS

UNKNOWN_HASH = "0" * 64
UNSURE = Unsure(mass=0.8, most=3)
SUMMARIES = {
    "dogs": Summary(
        en="Which of 120 breeds a dog looks like. Three networks look at each photograph: the most accurate model.",
        fr="À laquelle de 120 races un chien ressemble. Trois réseaux regardent chaque photo\u00a0: le plus juste.",
    ),
    "dogs-fast": Summary(
        en="Which of 120 breeds a dog looks like, several times quicker: for old computers and very many photographs.",
        fr="À laquelle de 120 races un chien ressemble, plusieurs fois plus vite\u00a0: pour les vieux ordinateurs et "
        "les très nombreuses photos.",
    ),
}
TITLES = {
    "dogs": Words(en="Dog breeds", fr="Races de chiens"),
    "dogs-fast": Words(en="Dog breeds, fast", fr="Races de chiens, rapide"),
}
SPLIT = (
    "Ten photographs of each breed are held out and never trained on; the others fit the head. Temperature and "
    "thresholds come from 250 photographs of ten breeds and 100 everyday photographs that no network was trained on, "
    "and from photographs without a dog."
)


def read_labels() -> tuple[Label, ...]:
    """The 120 breeds of Stanford Dogs with their names."""
    with (resources_dir() / "breeds" / "stanford_dogs.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Label(**row) for row in csv.DictReader(file))


def read_groups(labels: Sequence[Label]) -> tuple[Group, ...]:
    """Breeds that photographs alone often cannot tell apart."""
    places = {label.id: place for place, label in enumerate(labels)}
    with (resources_dir() / "breeds" / "dog_groups.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Group(en=row["en"], fr=row["fr"], labels=tuple(places[breed] for breed in row["breeds"].split()))
            for row in csv.DictReader(file)
        )


def fingerprint(photographs: Sequence[Path]) -> str:
    """One SHA-256 over the contents of all photographs, whatever their order."""
    hashes = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in photographs)
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def draft_info(
    name: str,
    views: Mapping[str, tuple[View, ...]],
    shapes: Mapping[str, tuple[int, int, int]],
    hidden: Mapping[str, int],
    photographs: Sequence[Path],
) -> BundleInfo:
    """All that is known before the calibration; `shapes` are (rows, columns, channels) by network."""
    labels = read_labels()
    backbones = []
    for network, (rows, columns, channels) in shapes.items():
        known = NETWORKS[network]
        backbones.append(
            Backbone(name=network, title=known.title, file=f"{network}.tflite", sha256=UNKNOWN_HASH,
                     size_px=known.size_px, rows=rows, columns=columns, channels=channels,
                     hidden=hidden.get(network, 0), views=views[network])
        )  # fmt: skip
    return BundleInfo(
        name=name,
        version="1.0.0",
        date=date.today(),
        title=TITLES[name],
        summary=SUMMARIES[name],
        subject=Words(en="dog", fr="chien"),
        labels=labels,
        groups=read_groups(labels),
        backbones=tuple(backbones),
        head=Head(sha256=UNKNOWN_HASH),
        calibration=Calibration(temperature=1.0, sure=Sure(threshold=1, precision=1, coverage=0, cases=0),
                                unsure=UNSURE, subject=None),
        data=Data(name="Stanford Dogs (Khosla et al. 2011), official training part", photographs=len(photographs),
                  labels=len(labels), fingerprint=fingerprint(photographs), split=SPLIT),
        metrics=(),
        licences=tuple(
            Licence(what=f"{NETWORKS[network].title}, weights trained on ImageNet", licence=NETWORKS[network].licence)
            for network in shapes
        ),
    )  # fmt: skip
