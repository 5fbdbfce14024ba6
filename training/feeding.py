"""Photographs become batches, ahead of the device, in threads: the same ones whatever the threads do.

What a batch holds hangs on the seed, the epoch and the photograph's place alone; the pixels go through the very
functions of prediction (core.photos, core.inputs), with the augmentation in between.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np

from core.backbones import BACKBONES
from core.bundle_info import Step
from core.errors import PhotoError, UserError
from core.inputs import cut_square, prepare, view_box
from core.machine import memory_bytes, usable_processors
from core.photos import open_photo
from core.records import Box, Floats, Pixels
from core.texts import tr
from core.train_config import Augmentation, TrainConfig
from core.whitening import Whitening
from training.augment import augmented, mixed_up
from training.balance import Drawn
from training.samples import Sample
from training.telling import Telling

log = logging.getLogger(__name__)

# What a further copy of a photograph goes through where nothing else is asked for: nothing that changes its meaning.
COPY_RULES: Final = Augmentation(rotation_deg=10, zoom=0.1, contrast=0.1, brightness=0.05)
_MOST_AHEAD_BYTES: Final = 512_000_000
_WHITENED_FROM: Final = 1000
_MIXING: Final = 2**31 - 1  # no photograph's place


@dataclass(frozen=True)
class Batch:
    """`inputs` (n, size, size, 3) float32, `targets` (n, labels), `weights` (n,); of `asked` photographs."""

    inputs: Floats
    targets: Floats
    weights: Floats
    asked: int


@dataclass(frozen=True)
class _Square:
    pixels: Pixels
    box: Box


class Squares:
    """The square pictures of the photographs, decoded once and kept as long as they fit into the memory given."""

    def __init__(self, samples: Sequence[Sample], config: TrainConfig, held_bytes: int | None = None) -> None:
        self._samples, self._view = samples, config.preprocessing.shape.view
        self.size_px = size_px(config)
        self._free = held_bytes if held_bytes is not None else memory_bytes() // 4
        self._held: dict[int, _Square] = {}
        self._unreadable: dict[int, Path] = {}
        self._said = 0
        self._lock = Lock()

    def at(self, place: int) -> _Square | None:
        """The picture of the photograph at this place; None where it cannot be read, then and always."""
        if (held := self._held.get(place)) is not None:
            return held
        if place in self._unreadable:
            return None
        path = self._samples[place].path
        try:
            pixels = open_photo(path, self.size_px).pixels
        except PhotoError:
            with self._lock:
                self._unreadable[place] = path
            return None
        box = view_box(self._view, pixels.shape[1], pixels.shape[0])
        square = _Square(cut_square(pixels, box, self.size_px), box)
        with self._lock:
            if square.pixels.nbytes <= self._free:
                self._free -= square.pixels.nbytes
                self._held[place] = square
        return square

    def say_unreadable(self, telling: Telling) -> None:
        """One note about those that could not be read since the last one."""
        with self._lock:
            found, self._said = list(self._unreadable.values())[self._said :], len(self._unreadable)
        if found:
            said = tr("{count} photographs cannot be read and are left out, {name} among them.")
            telling.note(said.format(count=len(found), name=found[0].name))


@dataclass(frozen=True)
class Feed:
    """The photographs of one part, ready to be drawn from: `weights` are those of the classes, (labels,)."""

    squares: Squares
    samples: Sequence[Sample]
    weights: Floats
    config: TrainConfig
    whitening: Whitening | None = None

    def batches(self, picks: Sequence[Drawn], most: int, seed: Sequence[int] | None) -> Generator[Batch, None, None]:
        """The photographs picked, shuffled and changed by chance from `seed`; with None in their order as they are.

        Batches of at most `most`, equally large but for one: a last one of a single photograph would be all noise to
        batch normalisation. Photographs that cannot be read leave a gap, so that all others stay where they are.
        """
        order = np.arange(len(picks)) if seed is None else np.random.default_rng(list(seed)).permutation(len(picks))
        parts = np.array_split(order, max(1, -(-len(picks) // most)))
        ahead = max(usable_processors(), min(3 * most, _MOST_AHEAD_BYTES // (12 * self.squares.size_px**2)))
        pool = ThreadPoolExecutor(usable_processors(), "feeding")
        waiting: deque[Future[Floats | None]] = deque()
        jobs = iter([int(number) for part in parts for number in part])
        try:
            for number, part in enumerate(parts):
                while len(waiting) < len(part) + ahead and (pick := next(jobs, None)) is not None:
                    waiting.append(pool.submit(self._input, picks[pick], pick, seed))
                inputs = [waiting.popleft().result() for _ in part]
                labels = [self.samples[picks[pick].place].label for pick in part]
                yield self._batch(inputs, labels, seed, number)
        finally:
            pool.shutdown(cancel_futures=True)

    def _input(self, pick: Drawn, number: int, seed: Sequence[int] | None) -> Floats | None:
        square = self.squares.at(pick.place)
        if square is None:
            return None
        rules, pixels = self.config.augmentation, square.pixels
        if pick.is_copy and not rules.is_on:
            rules = COPY_RULES
        if seed is not None and rules.is_on:
            pixels = augmented(pixels, rules, np.random.default_rng([*seed, number]), square.box)
        return prepare(pixels, self.config.preprocessing.steps, self.whitening, square.box)

    def _batch(
        self, inputs: Sequence[Floats | None], labels: Sequence[int], seed: Sequence[int] | None, number: int
    ) -> Batch:
        read = [(one, label) for one, label in zip(inputs, labels, strict=True) if one is not None]
        size = self.squares.size_px
        stacked = np.stack([one for one, _ in read]) if read else np.zeros((0, size, size, 3), np.float32)
        targets = np.eye(len(self.weights), dtype=np.float32)[[label for _, label in read]]
        if seed is not None and self.config.augmentation.mixup:
            rng = np.random.default_rng([*seed, _MIXING, number])
            stacked, targets = mixed_up(stacked, targets, self.config.augmentation.mixup, rng)
        return Batch(stacked, targets, np.asarray(targets @ self.weights, np.float32), len(inputs))


def size_px(config: TrainConfig) -> int:
    """The side of the network's pictures. Raises UserError for a network that is not known."""
    entry = BACKBONES.get(config.network.backbone)
    if config.preprocessing.size_px:
        return config.preprocessing.size_px
    if entry is None:
        raise UserError(tr("There is no network called “{name}”.").format(name=config.network.backbone))
    return entry.size_px


def whitening_inputs(squares: Squares, samples: Sequence[Sample], config: TrainConfig) -> Pixels:
    """Up to a thousand training pictures after all steps but whitening, evenly drawn, (n, size, size, 3)."""
    before = [step for step in config.preprocessing.steps if step is not Step.WHITEN]
    places = np.random.default_rng(config.fit.seed).permutation(len(samples))[:_WHITENED_FROM]
    found = [square for place in places if (square := squares.at(int(place))) is not None]
    if len(found) < 2:
        raise UserError(tr("Whitening needs at least two photographs to train on."))
    return np.stack([prepare(one.pixels, before, None, one.box).astype(np.uint8) for one in found])
