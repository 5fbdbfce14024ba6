"""Weights from files: plain arrays, Paddle's inference models, and layers that are filled with them."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
from keras import layers

Arrays = dict[str, np.ndarray]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def imagenet_norm(largest: float) -> layers.Layer:
    """RGB 0...`largest` -> ImageNet's mean 0 and deviation 1 in each channel."""
    offsets = [-mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)]
    return layers.Rescaling([1 / (largest * std) for std in IMAGENET_STD], offsets)


class Filled:
    """A layer whose weights are set as soon as its first call has built it."""

    def __init__(self, layer: layers.Layer, weights: list[np.ndarray]) -> None:
        self.layer, self.weights = layer, weights

    def __call__(self, tensor: Any) -> Any:
        result = self.layer(tensor)
        self.layer.set_weights(self.weights)
        return result


def read_arrays(path: Path) -> Arrays:
    """All arrays of an .npz file, by name; never unpickles."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def read_paddle(weights_dir: Path, name: str) -> Arrays:
    """The parameters of a Paddle inference model, by name.

    The .pdiparams file holds the tensors in the order of their sorted names; the names stand in the .pdmodel file.
    """
    model = (weights_dir / f"{name}.pdmodel").read_bytes()
    data = (weights_dir / f"{name}.pdiparams").read_bytes()
    found = re.findall(rb"(?:conv2d|batch_norm2d|linear)_\d+\.[wb]_\d", model)
    arrays: Arrays = {}
    offset = 0
    for key in sorted({match.decode() for match in found}):
        size = struct.unpack_from("<i", data, offset + 16)[0]
        dims = _paddle_dims(data[offset + 20 : offset + 20 + size])
        offset += 20 + size
        arrays[key] = np.frombuffer(data, np.float32, math.prod(dims), offset).reshape(dims)
        offset += 4 * math.prod(dims)
    if offset != len(data):
        raise ValueError(f"{name}.pdiparams: {len(data) - offset} bytes are left over")
    return arrays


def _paddle_dims(description: bytes) -> list[int]:
    """The sizes in a serialised TensorDesc: protobuf field 1 is the type (5 is float32), field 2 repeats the sizes."""
    values: list[list[int]] = [[], [], []]
    position = 0

    def varint() -> int:
        nonlocal position
        result = shift = 0
        while True:
            byte = description[position]
            position += 1
            result |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return result

    while position < len(description):
        field = varint() >> 3
        values[field].append(varint())
    if values[1] != [5]:
        raise ValueError(f"a tensor is not float32: type {values[1]}")
    return values[2]
