"""What a bundle's networks make of a folder of photographs, by the very code that answers the user; kept for later."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from core.bundles import Bundle
from core.errors import PhotoError
from core.inference import Classifier
from core.photos import open_photo
from core.records import Floats

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Looked:
    """`views[BACKBONE, VIEW]` (photographs, part of the embedding) for the photographs called `names`."""

    names: tuple[str, ...]
    views: dict[tuple[str, str], Floats]

    def embedding(self, bundle: Bundle) -> Floats:
        """(photographs, channels): the mean over the views of each backbone, side by side, as in prediction."""
        parts = [
            np.mean([self.views[backbone.name, view.value] for view in backbone.views], axis=0)
            for backbone in bundle.info.backbones
        ]
        return np.concatenate(parts, axis=1)


def look(bundle: Bundle, paths: Sequence[Path], store: Path) -> Looked:
    """Each photograph's part of the embedding by backbone and view, kept in `store` under the networks' hashes."""
    key = hashlib.sha256(str([(b.sha256, b.views, b.hidden) for b in bundle.info.backbones]).encode())
    key.update("\n".join(path.as_posix() for path in paths).encode())
    kept = store / f"{key.hexdigest()[:24]}.npz"
    if not kept.exists():
        store.mkdir(parents=True, exist_ok=True)
        _save(kept, *_look(bundle, paths))
    with np.load(kept, allow_pickle=False) as file:
        views = {tuple(name.split("/")): file[name] for name in file.files if "/" in name}
        return Looked(tuple(file["names"].tolist()), {(a, b): values for (a, b), values in views.items()})


def _look(bundle: Bundle, paths: Sequence[Path]) -> tuple[list[str], dict[str, list[Floats]]]:
    classifier = Classifier(bundle)
    order = [f"{backbone.name}/{view.value}" for backbone in bundle.info.backbones for view in backbone.views]
    names: list[str] = []
    parts: dict[str, list[Floats]] = {name: [] for name in order}
    for path in tqdm(paths, f"{bundle.name} looks", leave=False):
        try:
            maps = classifier.features(open_photo(path, classifier.least_px)).maps
        except PhotoError as error:
            log.warning("left out %s: %s", path, error)
            continue
        names.append(f"{path.parent.name}/{path.name}")
        for name, seen in zip(order, maps, strict=True):
            parts[name].append(seen.pooled)
    return names, parts


def _save(kept: Path, names: list[str], parts: dict[str, list[Floats]]) -> None:
    beside = kept.with_suffix(".part.npz")
    arrays: dict[str, Any] = {name: np.stack(rows) for name, rows in parts.items()}
    np.savez(beside, names=names, **arrays)
    beside.replace(kept)
