"""What every check of a fuzzed case stands on: a tiny model that answers, made once, and an empty place to write to."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import core.models
from core.bundles import Bundle
from core.inference import Classifier
from tests.bundle_factory import make_bundle


@dataclass(frozen=True, eq=False)
class Ready:
    """The model, ready to answer."""

    bundle: Bundle
    classifier: Classifier


_ready: list[Ready] = []


def prepare(place: Path) -> None:
    """Make the models in `place`: the one that answers, and a small one instead of those that ship.

    Each list of models reads all of them whole, and those that ship are large.
    """
    shutil.rmtree(place / "models", ignore_errors=True)
    bundle = make_bundle(place / "models" / "own" / "colours")
    make_bundle(place / "models" / "shipped" / "dogs")
    core.models.shipped_models_dir = lambda: place / "models" / "shipped"  # type: ignore[attr-defined]
    _ready.append(Ready(bundle, Classifier(bundle, threads=1)))


def ready() -> Ready:
    """What was made last."""
    return _ready[-1]
