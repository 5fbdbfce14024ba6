"""What is made small: losses between probabilities and targets, by the names of core.train_config."""

from __future__ import annotations

from typing import Any

import keras

from core.train_config import Fit


class Margin(keras.losses.Loss):  # type: ignore[misc]
    """Hinge loss, perhaps squared, for each class against the rest: the mean of max(0, 1 - t p) over the classes.

    Targets 0...1 become t = -1...1, also blended ones, which `keras.losses.Hinge` would take as they are.
    """

    def __init__(self, is_squared: bool) -> None:
        super().__init__(name="squared_hinge" if is_squared else "hinge")
        self.is_squared = is_squared

    def call(self, y_true: Any, y_pred: Any) -> Any:
        signs = 2.0 * keras.ops.cast(y_true, y_pred.dtype) - 1.0
        short = keras.ops.maximum(1.0 - signs * y_pred, 0.0)
        return keras.ops.mean(keras.ops.square(short) if self.is_squared else short, axis=-1)


def loss(rules: Fit) -> keras.losses.Loss:
    """The loss that `rules` name: targets (n, classes), 0...1 summing to 1, against probabilities (n, classes).

    Focal loss: Lin et al. 2017 with alpha 1, since the classes' own weights are `training.balance`'s; label smoothing
    (Szegedy et al. 2016) is for it and for cross-entropy.
    """
    smoothing = rules.label_smoothing
    match rules.loss:
        case "cross_entropy":
            return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
        case "focal":
            return keras.losses.CategoricalFocalCrossentropy(
                alpha=1.0, gamma=rules.focal_gamma, label_smoothing=smoothing
            )
        case "poisson":
            return keras.losses.Poisson()
        case "kullback_leibler":
            return keras.losses.KLDivergence()
        case "categorical_hinge":
            return keras.losses.CategoricalHinge()
        case "hinge" | "squared_hinge":
            return Margin(rules.loss == "squared_hinge")
