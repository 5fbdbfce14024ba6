"""Models with everything that format 2 brought, made by hand: what the tests of that format share."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.bundle_heads import tail_arrays, whitening_arrays
from core.bundle_memory import Memory
from core.bundles import Bundle, BundleInfo, Pooling, Step, Tail, View, write_bundle
from core.tails import Dense, DenseTail
from core.whitening import Whitening
from tests.bundle_factory import CARD, CELLS, CHANNELS, SIZE_PX, tiny_info, tiny_network

FLAT = CELLS * CELLS * CHANNELS
UNITS = (7, 5)
VALUES = 3 * SIZE_PX**2
RANK = 3


def tail_of(rng: np.random.Generator, pooling: Pooling = Pooling.FLATTEN) -> DenseTail:
    widths = (FLAT if pooling is Pooling.FLATTEN else CHANNELS, *UNITS)
    layers = [
        Dense(rng.normal(0, 0.1, pair).astype(np.float32), rng.normal(size=pair[1]).astype(np.float32))
        for pair in zip(widths, UNITS, strict=False)
    ]
    return DenseTail(pooling, tuple(layers))


def whitening_of(rng: np.random.Generator) -> Whitening:
    basis, _ = np.linalg.qr(rng.normal(size=(VALUES, RANK)))
    mean = rng.uniform(0, 255, VALUES).astype(np.float32)
    return Whitening(mean, basis.T.astype(np.float32), np.linspace(0.1, 2, RANK + 1, dtype=np.float32))


def memory_of(rng: np.random.Generator, channels: int = UNITS[-1]) -> Memory:
    return Memory(
        means=rng.normal(size=(3, channels)).astype(np.float32),
        counts=np.array([3, 0, 12], np.int32),
        basis=rng.normal(size=(2, channels)).astype(np.float32),
        rest=rng.uniform(0, 1, channels).astype(np.float32),
        seen=np.frombuffer(sha256(b"one").digest()[:8] + sha256(b"two").digest()[:8], np.uint8).reshape(2, 8),
    )


@dataclass(frozen=True)
class Parts:
    """What the model of these tests is made of."""

    tail: DenseTail
    whitening: Whitening
    memory: Memory


def parts() -> Parts:
    rng = np.random.default_rng(0)
    return Parts(tail_of(rng), whitening_of(rng), memory_of(rng))


def changed(info: BundleInfo, **changes: object) -> BundleInfo:
    """With something else in its first network."""
    first, *others = info.backbones
    return info.model_copy(update={"backbones": (first.model_copy(update=changes), *others)})


def new_head() -> dict[str, npt.NDArray[Any]]:
    made = parts()
    head = {"kernel": np.ones((UNITS[-1], 3), np.float16), "bias": np.zeros(3, np.float16)}
    return head | tail_arrays("cells", made.tail) | whitening_arrays("cells", made.whitening)


def make_new(folder: Path, memory: Memory | None = None) -> Bundle:
    """A model with everything that format 2 brought."""
    info = changed(
        tiny_info(folder.name), steps=(Step.CLAHE, Step.WHITEN), views=(View.PAD,),
        tail=Tail(pooling=Pooling.FLATTEN, dense=UNITS),
    )  # fmt: skip
    info = info.model_copy(update={"calibration": info.calibration.model_copy(update={"subject": None})})
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = folder.with_suffix(".network")
    file.write_bytes(tiny_network())
    return write_bundle(folder, info, new_head(), {"cells": file}, CARD, memory or parts().memory)
