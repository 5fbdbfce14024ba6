"""How weights are moved: Keras' optimisers by the names of core.train_config."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import keras

from core.train_config import Fit, OptimiserName

# Nesterov's momentum (Sutskever et al. 2013), as most published recipes have it.
MOMENTUM: Final = 0.9
# Loshchilov & Hutter 2019; the same as PyTorch's. Not for biases and the scales of normalisation.
WEIGHT_DECAY: Final = 0.01
_WITHOUT_DECAY: Final = ["bias", "gamma", "beta"]


def optimiser(rules: Fit, rate: float) -> keras.optimizers.Optimizer:
    """The optimiser that `rules` name, with the rate of its first step."""
    return _MAKERS[rules.optimiser](rate)


def _adamw(rate: float) -> keras.optimizers.Optimizer:
    made = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY)
    made.exclude_from_weight_decay(var_names=_WITHOUT_DECAY)
    return made


def _sgd(rate: float) -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(rate, momentum=MOMENTUM, nesterov=True)


_MAKERS: Final[dict[OptimiserName, Callable[[float], Any]]] = {
    "adam": keras.optimizers.Adam,
    "adamw": _adamw,
    "sgd": _sgd,
    "rmsprop": keras.optimizers.RMSprop,
    "nadam": keras.optimizers.Nadam,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "adamax": keras.optimizers.Adamax,
    "ftrl": keras.optimizers.Ftrl,
}
