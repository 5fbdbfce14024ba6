"""A trained Keras classifier, cut at its last feature map: a LiteRT network, a tail of dense layers, a linear head."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from keras import layers

from core.backbones import BACKBONES
from core.bundle_files import Array
from core.bundle_heads import tail_arrays
from core.bundles import Backbone, Pooling, Tail
from core.errors import UserError
from core.inference import softmax
from core.records import Floats
from core.tails import Dense, DenseTail
from core.texts import tr
from core.train_config import Mode, TrainConfig
from training.convert import to_faithful_litert
from training.ready import Networks, licences_of
from training.weight_files import NOTHING, digest

log = logging.getLogger(__name__)

# How much a probability may move because the network's weights are stored in half precision.
_MOST_CHANGE: Final = 5e-4
# Dense layers of up to so many numbers in all are stored as float32 (32 MB): VGG16 flattened into 256 units, say.
_MOST_IN_FULL: Final = 1 << 23
# A ReLU without a dense layer before it becomes one that passes each value on; larger ones would be absurd.
_MOST_PASSED_ON: Final = 2048
_ONLY_IN_TRAINING = (
    layers.Dropout, layers.GaussianDropout, layers.GaussianNoise, layers.AlphaDropout, layers.ActivityRegularization,
    layers.Identity,
)  # fmt: skip


@dataclass(frozen=True)
class Folded:
    """What comes after the feature map: dense layers with ReLU, then the linear softmax."""

    tail: DenseTail
    head: Dense

    def probabilities(self, feature_map: Floats) -> Floats:
        """The answer (labels,) for a feature map (rows, columns, channels)."""
        return softmax(self.tail(feature_map) @ self.head.kernel + self.head.bias)

    def is_same(self, wanted: Floats, found: Floats) -> bool:
        """Whether two feature maps get the same answer."""
        change = float(np.abs(self.probabilities(wanted) - self.probabilities(found)).max())
        log.info("probabilities move by %.2g in half precision", change)
        return change <= _MOST_CHANGE


def networks_and_head(
    model: keras.Model, name: str, config: TrainConfig, folder: Path, pictures: Sequence[Floats] = ()
) -> tuple[Networks, dict[str, Array]]:
    """The LiteRT file (written into `folder`), what a bundle says of it, and the arrays of its head.

    On `pictures`, as the network is given them, LiteRT must say the same as Keras; on ones of chance without. Raises
    UserError where the classifier is built in a way that a bundle cannot say.
    """
    model = in_float32(model)
    feature_map, after = cut(model)
    folded = fold(after)
    first = _three_channels(model, feature_map)
    rows, columns, channels = (int(side) for side in feature_map.shape[1:])
    size_px = int(first.inputs[0].shape[1])
    file = folder / f"{name}.tflite"
    to_faithful_litert(first, file, folded.is_same, pictures)
    tail = Tail(pooling=folded.tail.pooling, dense=tuple(len(one.bias) for one in folded.tail.layers))
    entry = BACKBONES.get(config.network.backbone)
    backbone = Backbone(
        name=name, title=entry.title if entry else name, file=f"{name}.tflite", sha256=digest(file), size_px=size_px,
        rows=rows, columns=columns, channels=channels, views=(config.preprocessing.shape.view,),
        steps=config.preprocessing.steps,
        tail=None if tail == Tail() else tail,
    )  # fmt: skip
    arrays = {**_tail_arrays(name, folded.tail), "kernel": folded.head.kernel, "bias": folded.head.bias}
    weights = NOTHING if config.fit.mode is Mode.SCRATCH else config.network.weights
    licences = licences_of(entry, weights) if entry else ()
    return Networks((backbone,), {name: file}, licences=licences), arrays


def _tail_arrays(name: str, tail: DenseTail) -> dict[str, Array]:
    """As core.bundle_heads has them, but small ones in full precision."""
    arrays = tail_arrays(name, tail)
    if sum(layer.kernel.size for layer in tail.layers) > _MOST_IN_FULL:
        return arrays
    return dict(zip(arrays, (part for layer in tail.layers for part in (layer.kernel, layer.bias)), strict=True))


def cut(model: keras.Model) -> tuple[Any, list[Any]]:
    """The last feature map (a symbolic tensor with four dimensions) and the layers after it, in their order.

    Raises UserError where more than one path leads on from there.
    """
    tensor, after = model.outputs[0], []
    while len(tensor.shape) != 4:
        operation, place, _ = tensor._keras_history
        given = operation._inbound_nodes[place].input_tensors if operation._inbound_nodes else []
        if len(given) != 1 or isinstance(operation, keras.Model):
            raise _unknown(operation)
        after.append(operation)
        tensor = given[0]
    return tensor, after[::-1]


def fold(after: Sequence[Any]) -> Folded:
    """Batch normalisations and layers without an activation are multiplied into the dense layers around them.

    Batch normalisation at rest is linear (Ioffe and Szegedy 2015, algorithm 2). Raises UserError for other layers.
    """
    if not after:
        raise UserError(tr("The network gives no answers: it ends in its feature map."))
    pooling = _pooling(after[0])
    affine, dense = _Affine.nothing(int(after[0].output.shape[-1])), []
    rest = [layer for layer in after[1:] if not isinstance(layer, _ONLY_IN_TRAINING)]
    for place, layer in enumerate(rest):
        if isinstance(layer, layers.BatchNormalization):
            affine = affine.scaled(*_scale_and_shift(layer))
            continue
        if isinstance(layer, layers.Dense):
            affine = affine.multiplied(*_kernel_and_bias(layer))
        activation = _activation(layer)
        if activation == "relu":
            dense.append(affine.dense())
            affine = _Affine.nothing(len(affine.bias))
        elif activation == "softmax" and place < len(rest) - 1:
            raise _unknown(layer)
    return Folded(DenseTail(pooling, tuple(dense)), affine.dense())


@dataclass(frozen=True)
class _Affine:
    """x -> x @ kernel + bias, with a diagonal in place of the kernel as long as no dense layer came."""

    diagonal: Array
    bias: Array
    kernel: Array | None = None

    @classmethod
    def nothing(cls, width: int) -> _Affine:
        return cls(np.ones(width), np.zeros(width))

    def scaled(self, scale: Array, shift: Array) -> _Affine:
        kernel = None if self.kernel is None else self.kernel * scale
        diagonal = self.diagonal * scale if self.kernel is None else self.diagonal
        return _Affine(diagonal, self.bias * scale + shift, kernel)

    def multiplied(self, kernel: Array, bias: Array) -> _Affine:
        before = self.diagonal[:, None] * kernel if self.kernel is None else self.kernel @ kernel
        return _Affine(self.diagonal, self.bias @ kernel + bias, before)

    def dense(self) -> Dense:
        if self.kernel is None and len(self.diagonal) > _MOST_PASSED_ON:
            raise UserError(tr("This network's last layers cannot be written as a model: there is no dense one."))
        kernel = np.diag(self.diagonal) if self.kernel is None else self.kernel
        return Dense(np.ascontiguousarray(kernel, np.float32), np.asarray(self.bias, np.float32))


def _pooling(layer: Any) -> Pooling:
    if isinstance(layer, layers.GlobalAveragePooling2D):
        return Pooling.AVERAGE
    if isinstance(layer, layers.Flatten):
        return Pooling.FLATTEN
    raise _unknown(layer)


def _kernel_and_bias(layer: layers.Dense) -> tuple[Array, Array]:
    kernel, *bias = (np.asarray(weight, np.float64) for weight in layer.get_weights())
    return kernel, bias[0] if bias else np.zeros(kernel.shape[1])


def _scale_and_shift(layer: layers.BatchNormalization) -> tuple[Array, Array]:
    mean, variance = (np.asarray(one, np.float64) for one in (layer.moving_mean, layer.moving_variance))
    scale = 1 / np.sqrt(variance + layer.epsilon)
    if layer.scale:
        scale = scale * np.asarray(layer.gamma, np.float64)
    shift = (np.asarray(layer.beta, np.float64) if layer.center else 0) - mean * scale
    return scale, shift


def _activation(layer: Any) -> str:
    """What is done to each number ("linear", "relu") or to all ("softmax"); raises UserError for anything else."""
    if isinstance(layer, layers.ReLU) and layer.max_value is None and not layer.negative_slope and not layer.threshold:
        return "relu"
    if isinstance(layer, layers.Softmax):
        return "softmax"
    if isinstance(layer, (layers.Dense, layers.Activation)):
        name = keras.activations.serialize(layer.activation)
        if name in ("linear", "relu", "softmax"):
            return str(name)
    raise _unknown(layer)


def _unknown(layer: Any) -> UserError:
    said = tr("This network cannot be written as a model: its last part has a layer “{layer}” of another kind.")
    return UserError(said.format(layer=f"{layer.name} ({type(layer).__name__})"))


# -- The first part ----------------------------------------------------------------------------------------------------


def in_float32(model: keras.Model) -> keras.Model:
    """The same network, computing in float32 throughout; one that was trained in half precision is built again."""
    if all(layer.compute_dtype == "float32" for layer in model.layers):
        return model

    def plain(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), "dtype": "float32"})

    again = keras.models.clone_model(model, clone_function=plain, recursive=True)
    again.set_weights(model.get_weights())
    for layer in again.layers:
        if isinstance(layer, layers.Normalization) and layer.input_mean is None:
            layer.finalize_state()  # it computes with what it makes of its weights
    return again


def _three_channels(model: keras.Model, feature_map: Any) -> keras.Model:
    """The part up to the feature map; one that takes grey pictures gets the mean of the three colours."""
    first = keras.Model(model.inputs[0], feature_map)
    _, rows, columns, channels = model.inputs[0].shape
    if rows is None or rows != columns or channels not in (1, 3):
        raise UserError(tr("The network must take square pictures of one size, grey or in colours."))
    if channels == 3:
        return first
    picture = keras.Input((rows, columns, 3))
    return keras.Model(picture, first(keras.ops.mean(picture, axis=-1, keepdims=True)))
