"""A Keras backbone becomes a LiteRT file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import Final

import keras
import numpy as np

from core.inference import Network
from core.records import Floats

log = logging.getLogger(__name__)

# How far features may move, in parts of themselves, because weights are in half precision; on how many pictures.
_MOST_BLUR: Final = 5e-3
_PICTURES: Final = 4
_TINY: Final = float(np.finfo(np.float32).tiny)


class Weights(Enum):
    """How a LiteRT file stores the weights."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    # Stored as int8 with one scale a channel, but unpacked when the file is loaded: a quarter of the size, computed in
    # float32.  On processors without int8 instructions this is quicker than dynamic-range quantisation.
    INT8 = "int8"


def to_litert(model: keras.Model, path: Path, weights: Weights) -> None:
    """Write `model` with a batch of one as a LiteRT file at `path`."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    serve = tf.function(lambda image: model(image, training=False))
    concrete = serve.get_concrete_function(tf.TensorSpec((1, *model.inputs[0].shape[1:]), tf.float32))
    # Without freezing, the file would keep the weights as variables: eager Keras 3 weights are not found otherwise.
    frozen = convert_variables_to_constants_v2(concrete)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    if weights is Weights.FLOAT16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    content = converter.convert()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_packed(content) if weights is Weights.INT8 else content)


def to_faithful_litert(
    model: keras.Model,
    path: Path,
    is_same: Callable[[Floats, Floats], bool] | None = None,
    pictures: Sequence[Floats] = (),
) -> Weights:
    """Write `model` with weights in half precision where its feature maps stay the same, else in full; says which.

    They are compared on `pictures` (1, size, size, 3), or on ones of chance where there are none. `is_same` may ask
    more of two feature maps (rows, columns, channels): Keras' and LiteRT's of one picture.
    """
    to_litert(model, path, Weights.FLOAT16)
    size_px, shape = int(model.inputs[0].shape[1]), tuple(int(side) for side in model.outputs[0].shape[1:])
    network = Network(path, size_px, (shape[0], shape[1], shape[2]), 1)
    for picture in pictures or _smooth_pictures(size_px):
        wanted, found = np.asarray(model(picture, training=False), np.float32)[0], network(picture)
        blur = float(np.linalg.norm(wanted - found)) / max(float(np.linalg.norm(wanted)), _TINY)
        log.info("%s: features move by %.2g of themselves in half precision", path.name, blur)
        if not blur <= _MOST_BLUR or (is_same is not None and not is_same(wanted, found)):
            to_litert(model, path, Weights.FLOAT32)
            return Weights.FLOAT32
    return Weights.FLOAT16


def _smooth_pictures(size_px: int) -> list[Floats]:
    """Pictures of chance (1, size, size, 3), 0...255, with edges and areas as photographs have them."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(0, 255, (_PICTURES, 1, 8, 8, 3)).astype(np.float32)
    return [np.asarray(keras.ops.image.resize(one, (size_px, size_px)), np.float32) for one in coarse]


def _packed(content: bytes) -> bytes:
    """A float32 LiteRT file with its weights stored as int8."""
    from ai_edge_quantizer import quantizer, recipe

    packer = quantizer.Quantizer(float_model=content)
    packer.load_quantization_recipe(recipe.weight_only_wi8_afp32())
    return bytes(packer.quantize().quantized_model)
