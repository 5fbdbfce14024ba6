"""A task that a tiny network can learn, drawn; and a telling that remembers, for the tests of training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.bundle_info import Label
from core.train_config import Augmentation, Fit, HeadLayout, Network, Preprocessing, Source, TrainConfig
from core.train_records import Epoch, Phase
from training.samples import DataSet, Part, Sample
from training.telling import Stop

COLOURS = ((200, 60, 60), (60, 200, 60), (60, 60, 200))


def drawn_data(folder: Path, each: int = 12, validation: int = 4, classes: int = 3) -> DataSet:
    """Noisy pictures of 20 px, whose class is their colour; files are small JPEGs."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(5)
    samples = []
    for label in range(classes):
        for number in range(each + validation):
            path = folder / f"{label}-{number}.png"
            values = np.array(COLOURS[label]) + rng.normal(0, 50, (20, 20, 3))
            Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(path)
            part = Part.TRAIN if number < each else Part.VALIDATION
            samples.append(Sample(path, label, content=path.name, part=part))
    labels = tuple(Label(id=name, en=name, fr=name) for name in ("red", "green", "blue")[:classes])
    return DataSet(labels, tuple(samples))


def tiny_config(fit: Fit, **changes: Any) -> TrainConfig:
    """Pictures of 16 px, dropout and augmentation on."""
    values: dict[str, Any] = {
        "network": Network(backbone="lenet", weights="none", head=HeadLayout(dropout=0.2)),
        "augmentation": Augmentation(rotation_deg=10, flip=True, noise=0.05),
        "preprocessing": Preprocessing(size_px=16),
        **changes,
    }
    return TrainConfig(name="tiny", source=Source(path=Path("nowhere")), fit=fit, **values)


class Remembered:
    """A telling that remembers, and stops or fails when `react` says so after an epoch (counted from 1 over all)."""

    def __init__(self, react: Callable[[int], None] = lambda number: None) -> None:
        self.epochs: list[Epoch] = []
        self.notes: list[str] = []
        self.phases: list[Phase] = []
        self.done: list[int] = []
        self.stop: Stop | None = None
        self._react = react

    def phase(self, phase: Phase, total: int = 0) -> None:
        self.phases.append(phase)

    def progress(self, done: int, total: int | None = None) -> None:
        self.done.append(done)

    def epoch(self, epoch: Epoch, epochs: int, left_s: float | None = None) -> None:
        self.epochs.append(epoch)
        self._react(len(self.epochs))

    def device(self, name: str) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    def asked_to_stop(self) -> Stop | None:
        return self.stop
