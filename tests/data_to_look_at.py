"""Drawn pictures and somebody who listens, for the tests of what happens to data before a training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from core.records import Pixels
from core.train_records import Phase
from training.telling import Silent, Stop

SIDE_PX = 96


class Heard(Silent):
    """Keeps what it is told, and wants to stop at some time."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.notes: list[str] = []
        self.steps: list[tuple[Phase, int]] = []
        self.done: list[int] = []
        self._left = stop_after

    def phase(self, phase: Phase, total: int = 0) -> None:
        self.steps.append((phase, total))

    def progress(self, done: int, total: int | None = None) -> None:
        self.done.append(done)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def asked_to_stop(self) -> Stop | None:
        if self._left is None:
            return None
        self._left -= 1
        return Stop.PAUSE if self._left < 0 else None


def picture(seed: int, side_px: int = SIDE_PX) -> Pixels:
    """A picture of soft patches, unlike that of any other seed."""
    patches = np.random.default_rng(seed).integers(40, 200, (8, 8, 3), np.uint8)
    return np.asarray(Image.fromarray(patches).resize((side_px, side_px), Image.Resampling.BICUBIC))


def save(path: Path, pixels: Pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def made(root: Path, *names: str) -> Path:
    """Empty files: no picture is opened when a source is read."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root
