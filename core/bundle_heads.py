"""The numbers in head.npz: which ones a model must have, of which shape, and what they become in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from core.bundle_files import Array, read_arrays
from core.bundle_info import Backbone, BundleInfo, Step
from core.errors import BundleError
from core.records import Floats
from core.tails import Dense, DenseTail
from core.texts import tr
from core.whitening import Whitening, most_directions

HEAD_FILE = "head.npz"
LARGEST_WEIGHT = 1e6
HEAD_ARRAYS = frozenset({"kernel", "bias", "subject_kernel", "subject_bias", "subject_positive"})

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class HeadNumbers:
    """What core.bundles.Bundle says of these fields."""

    kernel: Floats
    bias: Floats
    subject_kernel: Floats | None = None
    subject_bias: Floats | None = None
    subject_positive: npt.NDArray[np.bool_] | None = None
    hidden: Mapping[str, Floats] = field(default_factory=dict)
    tails: Mapping[str, DenseTail] = field(default_factory=dict)
    whitenings: Mapping[str, Whitening] = field(default_factory=dict)


def head_bytes(backbones: Sequence[Backbone], labels: int) -> int:
    """About how large the head of such networks becomes: known before hours are spent on training one too large."""
    total = 0
    for backbone in backbones:
        widths = [backbone.pooled_width, *(backbone.tail.dense if backbone.tail else [backbone.hidden or 0])]
        total += 2 * sum(one * next_one for one, next_one in pairwise(widths)) + 4 * backbone.width * labels
        if Step.WHITEN in backbone.steps:
            total += (2 * most_directions(backbone.size_px) + 4) * 3 * backbone.size_px**2
    return total


def hidden_array(backbone: str) -> str:
    """The name of the array with the weights of a network's `hidden` layer."""
    return f"hidden_{backbone}"


def tail_arrays(backbone: str, tail: DenseTail) -> dict[str, Array]:
    """The arrays that a network's tail needs in head.npz, float16 (25088 x 256 of them: 12.8 MB)."""
    arrays: dict[str, Array] = {}
    for place, layer in enumerate(tail.layers):
        kernel, bias = _layer_names(backbone, place)
        arrays |= {kernel: layer.kernel.astype(np.float16), bias: layer.bias.astype(np.float32)}
    return arrays


def whitening_arrays(backbone: str, whitening: Whitening) -> dict[str, Array]:
    """The arrays that a network's whitening needs in head.npz; the basis as float16."""
    mean, basis, scale = _whitening_names(backbone)
    return {
        mean: whitening.mean.astype(np.float32),
        basis: whitening.basis.astype(np.float16),
        scale: whitening.scale.astype(np.float32),
    }


def read_head(data: bytes, info: BundleInfo, most_bytes: int) -> HeadNumbers:
    """The numbers in the bytes of head.npz, checked: names, shapes, each finite and of a sensible size.

    Raises BundleError.
    """
    arrays = read_arrays(data, HEAD_FILE, HEAD_ARRAYS | set(_layer_shapes(info, {})), most_bytes)
    ready: dict[str, Any] = {name: ready_to_use(values) for name, values in arrays.items()}
    _check(ready, info)
    return HeadNumbers(
        **{name: values for name, values in ready.items() if name in HEAD_ARRAYS},
        hidden={one.name: ready[hidden_array(one.name)] for one in info.backbones if one.hidden},
        tails={one.name: tail for one in info.backbones if (tail := _tail(one, ready)) is not None},
        whitenings={
            one.name: Whitening(*(ready[name] for name in _whitening_names(one.name)))
            for one in info.backbones
            if Step.WHITEN in one.steps
        },
    )


def ready_to_use(values: Array) -> Array:
    """Numbers as they are used: float32 (truth and whole numbers stay), in one piece, not to be changed by anybody."""
    ready = np.array(values, np.float32 if values.dtype.kind == "f" else values.dtype, order="C")
    ready.setflags(write=False)
    return ready


def are_possible(values: Array) -> bool:
    """Whether all numbers are finite and of a sensible size."""
    # As a Python float: numpy would make the limit a float16 too, which is infinity. False for NaN.
    return float(np.abs(values).max()) <= LARGEST_WEIGHT


def _tail(backbone: Backbone, arrays: Mapping[str, Floats]) -> DenseTail | None:
    if backbone.tail is None:
        return None
    names = (_layer_names(backbone.name, place) for place in range(len(backbone.tail.dense)))
    return DenseTail(backbone.tail.pooling, tuple(Dense(arrays[kernel], arrays[bias]) for kernel, bias in names))


def _layer_names(backbone: str, place: int) -> tuple[str, str]:
    return f"tail_{backbone}_{place}_kernel", f"tail_{backbone}_{place}_bias"


def _whitening_names(backbone: str) -> tuple[str, str, str]:
    return f"whiten_{backbone}_mean", f"whiten_{backbone}_basis", f"whiten_{backbone}_scale"


def _check(arrays: Mapping[str, Array], info: BundleInfo) -> None:
    """Which arrays are there, their shapes and their numbers. Raises BundleError."""
    wanted: Shapes = {"kernel": (info.channels, len(info.labels)), "bias": (len(info.labels),)}
    wanted |= _layer_shapes(info, arrays)
    if info.calibration.subject is not None:
        kinds = arrays["subject_bias"].size if "subject_bias" in arrays else 0
        wanted |= {"subject_kernel": (info.channels, kinds), "subject_bias": (kinds,), "subject_positive": (kinds,)}
    if set(arrays) != set(wanted):
        raise BundleError(
            tr("The numbers in “{file}” are not the ones that bundle.json asks for.").format(file=HEAD_FILE)
        )
    for name, values in arrays.items():
        truth = name == "subject_positive"
        if values.shape != wanted[name] or (values.dtype == np.bool_) is not truth:
            raise BundleError(tr("The numbers “{name}” of the model have the wrong shape.").format(name=name))
        if not truth and not are_possible(values):
            raise BundleError(tr("The numbers “{name}” of the model are impossible.").format(name=name))
    positive = arrays.get("subject_positive")
    if positive is not None and (positive.all() or not positive.any()):
        raise BundleError(tr("The model cannot tell its subject from anything else."))


def _layer_shapes(info: BundleInfo, arrays: Mapping[str, Array]) -> Shapes:
    """What belongs to the networks; how many directions a whitening has is for its basis in `arrays` to say."""
    wanted: Shapes = {}
    for backbone in info.backbones:
        if backbone.hidden:
            wanted[hidden_array(backbone.name)] = (backbone.channels, backbone.hidden)
        inputs = backbone.pooled_width
        for place, units in enumerate(backbone.tail.dense if backbone.tail else ()):
            kernel, bias = _layer_names(backbone.name, place)
            wanted |= {kernel: (inputs, units), bias: (units,)}
            inputs = units
        if Step.WHITEN in backbone.steps:
            mean, basis, scale = _whitening_names(backbone.name)
            size = 3 * backbone.size_px**2
            given = arrays[basis].shape[0] if basis in arrays else 0
            rank = min(given, most_directions(backbone.size_px))
            wanted |= {mean: (size,), basis: (rank, size), scale: (rank + 1,)}
    return wanted
