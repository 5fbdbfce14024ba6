"""A Keras backbone becomes a LiteRT file, and is compared with the original."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import keras
import numpy as np


class Weights(Enum):
    """How a LiteRT file stores the weights."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    # int8 weights, one scale a channel; activations stay float32 and are quantised on the fly (dynamic range).
    DYNAMIC = "dynamic"


def to_litert(model: keras.Model, path: Path, weights: Weights) -> None:
    """Write `model` with a batch of one as a LiteRT file at `path`."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    serve = tf.function(lambda image: model(image, training=False))
    concrete = serve.get_concrete_function(tf.TensorSpec((1, *model.inputs[0].shape[1:]), tf.float32))
    # Without freezing, the file would keep the weights as variables: eager Keras 3 weights are not found otherwise.
    frozen = convert_variables_to_constants_v2(concrete)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    if weights is not Weights.FLOAT32:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if weights is Weights.FLOAT16:
        converter.target_spec.supported_types = [tf.float16]
    path.write_bytes(converter.convert())


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The smallest cosine between the rows of two (n, channels) arrays."""
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(axis=1) / np.maximum(norms, 1e-12)).min())
