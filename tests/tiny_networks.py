"""A classifier of two small convolutions, for the tests of training; imports Keras."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from core.train_config import TrainConfig
from training.builders import classifier


def tiny_network(config: TrainConfig, count: int, telling: Any = None) -> Any:
    """(16, 16, 3) -> 8 and 16 channels, with batch normalisation -> the head of the configuration."""
    picture = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 127.5, -1)(picture)
    for number, width in enumerate((8, 16)):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"conv_{number}")(x)
        x = layers.BatchNormalization(momentum=0.8, name=f"norm_{number}")(x)
        x = layers.ReLU(name=f"relu_{number}")(x)
        x = layers.MaxPooling2D(name=f"pool_{number}")(x)
    return classifier(keras.Model(picture, x, name="tiny"), config.network.head, count)
