"""Weights that nobody has trained, in the formats of those that somebody has."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
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


# EfficientNet-Lite: channels and repeats of the stages, as its papers' tables say.
_LITE = {
    0: ((16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1)),
    2: ((16, 24, 48, 88, 120, 208, 352), (1, 3, 3, 4, 4, 5, 1)),
}


def lite_shapes(number: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and shapes of the weights of EfficientNet-Lite `number`, its top without."""

    def conv(name: str, norm: str, out: int, given: int, side: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (out, given, side, side)
        for part in ("weight", "bias", "running_mean", "running_var"):
            yield f"{norm}.{part}", (out,)

    yield from conv("_conv_stem", "_bn0", 32, 3, 3)
    given, block = 32, 0
    for out, repeats, expansion, side in zip(*_LITE[number], (1, *[6] * 6), (3, 3, 5, 3, 5, 5, 3), strict=True):
        for _ in range(repeats):
            name, wide = f"_blocks.{block}", given * expansion
            if expansion > 1:
                yield from conv(f"{name}._expand_conv", f"{name}._bn0", wide, given, 1)
            yield from conv(f"{name}._depthwise_conv", f"{name}._bn1", wide, 1, side)
            yield from conv(f"{name}._project_conv", f"{name}._bn2", out, wide, 1)
            given, block = out, block + 1
    yield from conv("_conv_head", "_bn1", 1280, given, 1)


def lcnet_shapes() -> dict[str, tuple[int, ...]]:
    """The names and shapes of PP-LCNetV2 base: as in the real file, convolutions and norms in order, with gaps."""
    shapes: dict[str, tuple[int, ...]] = {}
    counts = {"conv2d": 0, "batch_norm2d": 0}

    def add(kind: str, parts: Mapping[str, tuple[int, ...]]) -> None:
        shapes.update({f"{kind}_{counts[kind]}.{part}": shape for part, shape in parts.items()})
        counts[kind] += 1

    def conv(*shape: int, bias: bool = False) -> None:
        if shape[-1] == 5:
            counts["conv2d"] += 2  # the side branches that were merged into this one
        add("conv2d", {"w_0": shape, "b_0": shape[:1]} if bias else {"w_0": shape})
        if not bias:
            add("batch_norm2d", dict.fromkeys(("w_0", "b_0", "w_1", "w_2"), shape[:1]))

    for shape in ((32, 3, 3, 3), (32, 1, 3, 3), (64, 32, 1, 1)):
        conv(*shape)
    for given, out in ((64, 128), (128, 128), (128, 256), (256, 256)):
        conv(given, 1, 3, 3)
        conv(out, given, 1, 1)
    for given in (256, *[512] * 5):
        conv(given, 1, 5, 5, bias=True)
        conv(given // 4, given, 1, 1, bias=True)
        conv(given, given // 4, 1, 1, bias=True)
        conv(256, given, 1, 1)
        conv(512, 256, 1, 1)
    for given in (512, 1024):
        conv(given, 1, 5, 5, bias=True)
        conv(1024, given, 1, 1)
    shapes["conv2d_67.w_0"] = (1280, 1024, 1, 1)
    return shapes | {"linear_0.w_0": (1280, 1000), "linear_0.b_0": (1000,)}


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
