"""Weights that nobody has trained, in the formats of those that somebody has."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from core.records import Floats


def made_up(shapes: Mapping[str, Sequence[int]]) -> dict[str, Floats]:
    """Random weights that keep the size of what goes through them; variances are positive."""
    rng = np.random.default_rng(0)
    arrays: dict[str, Floats] = {}
    for name, shape in shapes.items():
        values = rng.normal(size=shape).astype(np.float32)
        spread = math.sqrt(2 / max(1, math.prod(shape[1:]))) if len(shape) > 1 else 0.1
        positive = name.endswith(("var", "w_2"))
        arrays[name] = np.asarray(np.abs(values) + 0.5 if positive else values * spread, np.float32)
    return arrays


def paddle_files(folder: Path, arrays: Mapping[str, Floats], name: str = "tiny", kind: int = 5) -> None:
    """Write a Paddle inference model as far as it is read: the names anywhere, the tensors in their names' order."""
    listed = sorted(arrays, key=lambda key: key[::-1])
    (folder / f"{name}.pdmodel").write_bytes(b"\x0a\x04feed" + b"\x12\x00".join(key.encode() for key in listed * 2))
    (folder / f"{name}.pdiparams").write_bytes(b"".join(_tensor(arrays[key], kind) for key in sorted(arrays)))


def _tensor(values: Floats, kind: int) -> bytes:
    """Paddle's LoDTensor: version, levels, version, then the description (protobuf) and the numbers."""
    description = b"\x08" + bytes([kind]) + b"".join(b"\x10" + _varint(side) for side in values.shape)
    head = struct.pack("<IQIi", 0, 0, 0, len(description))
    return head + description + values.astype("<f4").tobytes()


def _varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])
