"""A Keras network and its LiteRT file give the same feature maps, however the weights are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.inference import Network
from core.records import Floats

pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")

from training.convert import Weights, to_litert

SIZE_PX, OUTPUT = 32, (8, 8, 96)


@pytest.fixture(scope="module")
def model() -> Any:
    """The layers that backbones are made of, with weights enough to see what storing them costs."""
    import keras

    keras.utils.set_random_seed(0)
    image = keras.Input((SIZE_PX, SIZE_PX, 3))
    x = keras.layers.Rescaling(1 / 128, -1)(image)
    x = keras.layers.Conv2D(32, 3, 2, padding="same", use_bias=False)(x)
    x = keras.layers.ReLU(6)(keras.layers.BatchNormalization()(x))
    x = keras.layers.DepthwiseConv2D(3, 2, padding="same")(x)
    x = keras.layers.Conv2D(96, 3, padding="same", activation="relu")(x)
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = keras.layers.Conv2D(96, 1, activation="sigmoid")(gate)
    model = keras.Model(image, keras.layers.Multiply()([x, gate]))
    # Statistics of a batch must not be taken for the ones that were learnt.
    model.layers[3].set_weights([np.full(32, value, np.float32) for value in (1.5, 0.3, 0.1, 0.6)])
    return model


@pytest.fixture(scope="module")
def picture() -> Floats:
    return np.random.default_rng(0).uniform(0, 255, (1, SIZE_PX, SIZE_PX, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("weights", "tolerance", "bytes_each"),
    [(Weights.FLOAT32, 1e-5, 4), (Weights.FLOAT16, 2e-3, 2), (Weights.INT8, 2e-2, 1)],
)
def test_the_file_answers_as_keras_does(
    tmp_path: Path, model: Any, picture: Floats, weights: Weights, tolerance: float, bytes_each: int
) -> None:
    if weights is Weights.INT8:
        pytest.importorskip("ai_edge_quantizer", reason="the quantizer, which packs weights, is not installed")
    path = tmp_path / "new" / "network.tflite"
    to_litert(model, path, weights)
    found = Network(path, SIZE_PX, OUTPUT, threads=1)(picture)
    wanted = np.asarray(model(picture, training=False))[0]
    assert wanted.std() > wanted.max() / 20
    assert np.abs(found - wanted).max() <= tolerance * np.abs(wanted).max()
    # As large as its weights are, and little more.
    assert bytes_each * model.count_params() < path.stat().st_size < bytes_each * model.count_params() + 10_000
