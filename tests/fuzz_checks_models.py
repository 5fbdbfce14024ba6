"""What the program does with a fuzzed model: lists it, loads it, takes it in, asks it, hands it on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import core.bundles
from core.bundles import Bundle, export_bundle, import_bundle, load_bundle
from core.errors import BundleError, UserError
from core.folders import models_dir
from core.inference import Classifier
from core.models import find_model, list_models, model_or_file, use_model
from core.records import Photo
from core.verdicts import decide, describe
from tests.fuzz_models import ARCHIVE

_LONGEST_S = 20.0


def check_model(folder: Path, is_tried: bool) -> list[str]:
    """Everything that can be done with it; `is_tried`: its networks are tried in a process of their own, as always."""
    reasons: list[str] = []

    def told(act: Callable[[], Bundle | None]) -> Bundle | None:
        try:
            return act()
        except UserError as error:
            reasons.append(str(error))
            return None

    with pytest.MonkeyPatch.context() as patch:
        if not is_tried:
            patch.setattr(core.bundles, "try_model", lambda folder: None)
        archive = folder / ARCHIVE
        if archive.is_file():
            taken = told(lambda: import_bundle(archive, models_dir()))
            _check_nothing_escaped()
            told(lambda: model_or_file(str(archive)) if not is_tried else None)
        else:
            own = models_dir() / "colours"
            shutil.copytree(folder, own)
            taken = told(lambda: load_bundle(own))
            told(lambda: model_or_file(str(own)))
        for entry in list_models():
            reasons += [entry.problem] if entry.problem else []
        told(lambda: find_model("colours"))
        told(lambda: use_model("colours"))
        if taken is not None:
            told(lambda: _used(taken, reasons, is_asked=is_tried))
    forget_models()
    return reasons


def forget_models() -> None:
    """Clear away what `model_or_file` keeps until the program ends."""
    for kept in Path(tempfile.gettempdir()).glob("shelterlens-*"):
        shutil.rmtree(kept)


def _used(taken: Bundle, reasons: list[str], is_asked: bool) -> None:
    """What was taken must work as a sound one, or say why not: but only what was tried is asked here."""
    try:
        taken.memory()
    except BundleError as error:
        reasons.append(str(error))
        return
    export_bundle(taken, models_dir().parent / "out.shelterlens")
    if is_asked:
        pixels = np.full((100, 120, 3), 90, np.uint8)
        prediction = Classifier(taken, threads=1).predict(Photo(pixels, 120, 100))
        assert np.isfinite(prediction.probabilities).all() and abs(prediction.probabilities.sum() - 1) < 1e-3
        answer = describe(decide(prediction, taken.info), taken.info)
        assert str(answer), "no answer"


def _check_nothing_escaped() -> None:
    """Nothing was written beside the folder of models, and nothing half done is left in it."""
    home = models_dir().parent
    assert {path.name for path in home.iterdir()} <= {"models", "settings.json", "logs"}, "written elsewhere"
    assert all(path.is_dir() and not path.is_symlink() for path in models_dir().iterdir())
    assert not [path for path in models_dir().iterdir() if path.name.startswith(".unfinished")]
