"""The end of a run on drawn colours: calibration, judgement, comparison, and what lies in the folder afterwards."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.bundles import Bundle, Calibration, Metrics, Sure, Unsure, load_bundle, write_bundle
from core.run_results import PREDICTION_COLUMNS, read_answers, read_confusion, read_epochs, read_metrics
from core.train_config import Source, TrainConfig
from core.train_records import ComparisonVerdict, Epoch, Phase
from tests.bundle_factory import CARD, make_bundle, tiny_head, tiny_info, tiny_network
from training.finish import finish
from training.samples import DataSet, Part, Sample
from training.telling import Silent

COLOURS = ((200, 60, 60), (60, 200, 60), (60, 60, 200))


def drawn_photo(path: Path, colour: Sequence[int], seed: int) -> Path:
    """A picture of one colour with some noise."""
    noise = np.random.default_rng(seed).normal(0, 12, (48, 64, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(path, quality=95)
    return path


def drawn_data(folder: Path, bundle: Bundle, each: int = 12, wrong: int = 1) -> DataSet:
    """`each` pictures of each colour in each part; of each colour's test part, `wrong` show the next colour."""
    samples = []
    for place, part in enumerate(Part):
        for label in range(3):
            for number in range(each):
                shown = (label + 1) % 3 if part is Part.TEST and number < wrong else label
                path = folder / part.value / str(label) / f"{number}.jpg"
                drawn_photo(path, COLOURS[shown], 1000 * place + 100 * label + number)
                content = sha256(path.read_bytes()).hexdigest()
                samples.append(Sample(path, label, content, part=part))
    return DataSet(bundle.info.labels, tuple(samples))


def drafted(folder: Path, **changes: object) -> Bundle:
    """The tiny model as a training leaves it: not calibrated, not judged, without figures and without a subject."""
    sure = Sure(threshold=1, precision=1, coverage=0, cases=0)
    rules = Calibration(temperature=1.0, sure=sure, unsure=Unsure(mass=0.8, most=3), subject=None)
    info = tiny_info(folder.name).model_copy(update={"calibration": rules, "metrics": (), **changes})
    arrays = {name: values for name, values in tiny_head().items() if "subject" not in name}
    folder.parent.mkdir(parents=True, exist_ok=True)
    network = folder.with_suffix(".network")
    network.write_bytes(tiny_network())
    return write_bundle(folder, info, arrays, {"cells": network}, CARD)


def config_of(folder: Path, **changes: object) -> TrainConfig:
    return TrainConfig(name="mine", source=Source(path=folder), start_from="").model_copy(update=changes)


@pytest.fixture
def draft(tmp_path: Path) -> Bundle:
    return drafted(tmp_path / "drafts" / "mine")


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def test_a_run_ends_with_a_judged_model_and_all_its_files(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = drawn_data(tmp_path / "photos", draft)
    result = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    assert result.on == "test" and result.judgement.photographs == 36
    assert result.judgement.top1 == pytest.approx(33 / 36)
    assert result.judgement.confusion == ((11, 1, 0), (0, 11, 1), (1, 0, 11))
    assert read_metrics(run_dir) == result
    bundle = load_bundle(run_dir / "model" / "mine")
    assert bundle.info.metrics[-1].top1 == pytest.approx(33 / 36, abs=1e-4)
    assert bundle.info.calibration.temperature != 1
    memory = bundle.memory()
    assert memory is not None
    seen = {sample.part: memory.has_seen(sample.content) for sample in data.samples}
    assert seen == {Part.TRAIN: True, Part.VALIDATION: False, Part.TEST: False}
    assert result.trained_on == 0
    assert "33" not in (bundle.folder / "MODEL_CARD.md").read_text(encoding="utf-8").split("## Data")[1]
    for name in ("per_class.csv", "confusion.csv", "predictions.csv", "report.html"):
        assert (run_dir / name).is_file(), name
