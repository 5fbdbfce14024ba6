"""A Keras backbone becomes a LiteRT file."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import keras


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


def _packed(content: bytes) -> bytes:
    """A float32 LiteRT file with its weights stored as int8."""
    from ai_edge_quantizer import quantizer, recipe

    packer = quantizer.Quantizer(float_model=content)
    packer.load_quantization_recipe(recipe.weight_only_wi8_afp32())
    return bytes(packer.quantize().quantized_model)
