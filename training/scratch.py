"""Small networks that are trained from nothing: blocks of convolutions, each block ending in pooling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import keras
from keras import layers

from core.train_config import HeadLayout, Pooling, ScratchPlan

NORM_MOMENTUM: Final = 0.9
_LINEAR: Final = HeadLayout()
_FLAT: Final = HeadLayout(pooling=Pooling.FLATTEN)


@dataclass(frozen=True)
class Plan:
    """How a network is built: one block for each of `widths`, with so many convolutions of that many channels.

    Each convolution is followed by batch normalisation (if `batch_norm`) and `activation`, each block by `pool` over
    2 x 2 and by dropout of whole channels (Tompson et al. 2015). `head` is the layout that the network is known with;
    a training may take another.
    """

    widths: tuple[int, ...]
    convolutions: int = 1
    kernel_px: int = 3
    padding: Literal["same", "valid"] = "same"
    activation: str = "relu"
    batch_norm: bool = True
    dropout: float = 0.0
    pool: Literal["max", "average"] = "max"
    head: HeadLayout = _LINEAR


PLANS: Final[dict[str, Plan]] = {
    "baseline": Plan((32, 64, 64, 64), head=_FLAT),
    # LeCun et al. 1998, with ReLU in its dense layers: the tails of our models know no other.
    "lenet": Plan(
        (6, 16), kernel_px=5, padding="valid", activation="tanh", batch_norm=False, pool="average",
        head=HeadLayout(pooling=Pooling.FLATTEN, dense=(120, 84)),
    ),
    "cnn": Plan((32, 64, 128), batch_norm=False, head=HeadLayout(pooling=Pooling.FLATTEN, dense=(128,), dropout=0.5)),
    "cnn4_bn": Plan((32, 64, 128, 128)),
    "cnn6_bn": Plan((32, 64, 128), convolutions=2),
    "convnet8": Plan((32, 64, 128, 256), convolutions=2),
}  # fmt: skip


def planned(name: str, changes: ScratchPlan | None) -> Plan:
    """The plan of the network `name` with what a configuration changes about it."""
    return replace(PLANS[name], **(changes.model_dump(exclude_none=True) if changes else {}))


def build_from_scratch(name: str, size_px: int, *, grey: bool = False, plan: Plan | None = None) -> keras.Model:
    """The network `name` with random weights: (size, size, 3) RGB 0...255 -> (rows, columns, channels).

    `plan` takes the place of the usual one: `dataclasses.replace(PLANS[name], activation="elu")`. With `grey` it looks
    at the mean of the three colours only; its input stays (size, size, 3). Raises ValueError for too small a size.
    """
    plan = plan or PLANS[name]
    picture = keras.Input((size_px, size_px, 3), name="picture")
    x = keras.ops.mean(picture, axis=-1, keepdims=True) if grey else picture
    x = layers.Rescaling(1 / 255, name="normalised")(x)
    for number, width in enumerate(plan.widths):
        x = _block(x, f"block_{number}", width, plan)
    return keras.Model(picture, x, name=name)


def _block(x: Any, name: str, width: int, plan: Plan) -> Any:
    for number in range(plan.convolutions):
        part = f"{name}_{number}"
        x = layers.Conv2D(
            width, plan.kernel_px, padding=plan.padding, use_bias=not plan.batch_norm, name=f"{part}_conv"
        )(x)  # fmt: skip
        if plan.batch_norm:
            # Keras' own 0.99 takes hundreds of batches before what it has seen counts: more than few photographs give.
            x = layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"{part}_bn")(x)
        x = layers.Activation(plan.activation, name=f"{part}_{plan.activation}")(x)
    pool = layers.MaxPooling2D if plan.pool == "max" else layers.AveragePooling2D
    x = pool(2, name=f"{name}_pool")(x)
    return layers.SpatialDropout2D(plan.dropout, name=f"{name}_dropout")(x) if plan.dropout else x
