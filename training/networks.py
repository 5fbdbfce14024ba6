"""The backbones of the models that ship, built in Keras and filled with real ImageNet weights.

Each builder returns a `keras.Model` that maps a photograph, RGB **0...255 float32**, to its last feature map: every
network carries its own normalisation, so a caller cannot get it wrong.  `WEIGHTS` are the files that
`shared/weights/prepare_weights.py` writes (its README says how the arrays are named).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from training.weights import Arrays, Filled, imagenet_norm, read_arrays, read_paddle


@dataclass(frozen=True)
class ImageNetTop:
    """The classifier that came with the weights, for 1000 classes: relu(mean @ hidden) @ kernel + bias.

    `hidden` (channels, units) is None where the mean of the feature map goes straight to the kernel.
    """

    kernel: np.ndarray
    bias: np.ndarray
    hidden: np.ndarray | None = None


# -- EfficientNet-Lite (Tan and Le 2019; the Lite variants of Liu 2020) ------------------------------------------------

# expansion, kernel, stride, channels, repeats
_LITE_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
_LITE_SCALES = {0: (1.0, 1.0), 2: (1.1, 1.2)}


def _round_channels(channels: int, width: float) -> int:
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _torch_conv(arrays: Arrays, name: str, stride: int = 1) -> layers.Layer:
    kernel = arrays[f"{name}.weight"]
    out, _, height, _ = kernel.shape
    conv = layers.Conv2D(out, height, stride, padding="same", use_bias=False, name=name.replace(".", "_").strip("_"))
    return Filled(conv, [kernel.transpose(2, 3, 1, 0)])


def _torch_depthwise(arrays: Arrays, name: str, stride: int) -> layers.Layer:
    kernel = arrays[f"{name}.weight"]
    conv = layers.DepthwiseConv2D(
        kernel.shape[2], stride, padding="same", use_bias=False, name=name.replace(".", "_").strip("_")
    )
    return Filled(conv, [kernel.transpose(2, 3, 0, 1)])


def _torch_norm(arrays: Arrays, name: str) -> layers.Layer:
    parts = ("weight", "bias", "running_mean", "running_var")
    norm = layers.BatchNormalization(epsilon=1e-3, name=name.replace(".", "_").strip("_"))
    return Filled(norm, [arrays[f"{name}.{part}"] for part in parts])


def efficientnet_lite(number: int, size_px: int, weights_dir: Path) -> keras.Model:
    """EfficientNet-Lite `number` without its top: (size, size, 3) -> (size/32, size/32, 1280)."""
    arrays = read_arrays(weights_dir / f"efficientnet_lite{number}.npz")
    width, depth = _LITE_SCALES[number]
    image = keras.Input((size_px, size_px, 3))
    x = layers.Rescaling(1 / 128, -127 / 128)(image)
    x = layers.ReLU(6)(_torch_norm(arrays, "_bn0")(_torch_conv(arrays, "_conv_stem", 2)(x)))
    block = 0
    for stage, (expansion, _, stride, channels, repeats) in enumerate(_LITE_STAGES):
        last = stage in (0, len(_LITE_STAGES) - 1)
        for repeat in range(repeats if last else math.ceil(repeats * depth)):
            x = _lite_block(
                arrays, f"_blocks.{block}", x, expansion, stride if repeat == 0 else 1, _round_channels(channels, width)
            )
            block += 1
    x = layers.ReLU(6)(_torch_norm(arrays, "_bn1")(_torch_conv(arrays, "_conv_head")(x)))
    return keras.Model(image, x, name=f"efficientnet_lite{number}")


def _lite_block(arrays: Arrays, name: str, x: Any, expansion: int, stride: int, channels: int) -> Any:
    """Inverted residual without squeeze-and-excitation."""
    shortcut = x
    if expansion != 1:
        x = layers.ReLU(6)(_torch_norm(arrays, f"{name}._bn0")(_torch_conv(arrays, f"{name}._expand_conv")(x)))
    x = layers.ReLU(6)(
        _torch_norm(arrays, f"{name}._bn1")(_torch_depthwise(arrays, f"{name}._depthwise_conv", stride)(x))
    )
    x = _torch_norm(arrays, f"{name}._bn2")(_torch_conv(arrays, f"{name}._project_conv")(x))
    if stride == 1 and shortcut.shape[-1] == channels:
        x = layers.Add()([x, shortcut])
    return x


# -- Xception (Chollet 2017) and ResNet50 (He et al. 2016), from keras.applications ------------------------------------


def xception(size_px: int, weights_dir: Path) -> keras.Model:
    """Xception without its top: (size, size, 3) -> (10, 10, 2048) at 299."""
    arrays = read_arrays(weights_dir / "xception.npz")
    base = keras.applications.Xception(include_top=False, weights=None, input_shape=(size_px, size_px, 3))
    named: dict[str, list[np.ndarray]] = {}
    for key in arrays:
        named.setdefault(key.rsplit("/", 1)[0], []).append(arrays[key])
    # The four residual convolutions have automatic names, so layers are matched by order (see the weights' README).
    holders = [layer for layer in base.layers if layer.weights]
    for layer, weights in zip(holders, named.values(), strict=True):
        layer.set_weights(weights)
    image = keras.Input((size_px, size_px, 3))
    return keras.Model(image, base(layers.Rescaling(1 / 127.5, -1)(image)), name="xception")


def resnet50(size_px: int, weights_dir: Path) -> keras.Model:
    """ResNet50 without its top: (size, size, 3) -> (7, 7, 2048) at 224."""
    arrays = read_arrays(weights_dir / "resnet50.npz")
    base = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(size_px, size_px, 3))
    for layer in base.layers:
        if layer.weights:
            old = _resnet50_old_name(layer.name)
            parts = (
                ("kernel", "bias")
                if layer.name.endswith("conv")
                else ("gamma", "beta", "moving_mean", "moving_variance")
            )
            layer.set_weights([arrays[f"{old}/{part}"] for part in parts])
    image = keras.Input((size_px, size_px, 3))
    bgr = layers.Lambda(lambda t: t[..., ::-1], output_shape=(size_px, size_px, 3))(image)
    x = layers.Rescaling(1.0, [-103.939, -116.779, -123.68])(bgr)
    return keras.Model(image, base(x), name="resnet50")


def _resnet50_old_name(name: str) -> str:
    """Today's Keras name of a layer -> its name in Keras 1, as the weights use it.

    >>> _resnet50_old_name("conv3_block2_0_bn"), _resnet50_old_name("conv1_conv")
    ('bn3b_branch1', 'conv1')
    """
    kind = "res" if name.endswith("conv") else "bn"
    if name.startswith("conv1_"):
        return "conv1" if kind == "res" else "bn_conv1"
    match = re.fullmatch(r"conv(\d)_block(\d)_(\d)_(?:conv|bn)", name)
    if match is None:
        raise ValueError(f"not a ResNet50 layer: {name}")
    stage, block, k = match.groups()
    branch = "1" if k == "0" else f"2{' abc'[int(k)]}"
    return f"{kind}{stage}{'abcdef'[int(block) - 1]}_branch{branch}"


# -- PP-LCNetV2 base (PaddlePaddle, 2022) ------------------------------------------------------------------------------

# strides of the blocks, channels, squeeze-and-excitation, shortcut: as the inference graph of the weights reads
_LCNET_STAGES: tuple[tuple[tuple[int, ...], int, bool, bool], ...] = (
    ((2, 1), 128, False, False),
    ((2, 1), 256, False, False),
    ((2, 1, 1, 1, 1, 1), 512, True, False),
    ((2, 1), 1024, False, True),
)


class _PaddleArrays:
    """The convolutions and the normalisations of a Paddle inference model, in the order in which they were created."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.convolutions = self._in_order("conv2d")
        self.norms = self._in_order("batch_norm2d")

    def _in_order(self, kind: str) -> Iterator[str]:
        names = {name.split(".")[0] for name in self.arrays if name.startswith(kind)}
        return iter(sorted(names, key=lambda name: int(name.rsplit("_", 1)[1])))

    def convolution(self, x: Any, stride: int = 1) -> Any:
        """The next convolution, depthwise where its kernel says so, with its bias or its normalisation."""
        name = next(self.convolutions)
        kernel = self.arrays[f"{name}.w_0"]
        bias = self.arrays.get(f"{name}.b_0")
        # Paddle pads both sides alike; TensorFlow's `same` would pad the far side only when the stride is 2.
        if kernel.shape[2] > 1:
            x = layers.ZeroPadding2D(kernel.shape[2] // 2)(x)
        if kernel.shape[1] == 1 and x.shape[-1] > 1:
            layer = layers.DepthwiseConv2D(kernel.shape[2], stride, use_bias=bias is not None)
            kernel = kernel.transpose(2, 3, 0, 1)
        else:
            layer = layers.Conv2D(kernel.shape[0], kernel.shape[2], stride, use_bias=bias is not None)
            kernel = kernel.transpose(2, 3, 1, 0)
        return Filled(layer, [kernel] if bias is None else [kernel, bias])(x)

    def norm(self, x: Any) -> Any:
        """The next batch normalisation."""
        name = next(self.norms)
        parts = ("w_0", "b_0", "w_1", "w_2")
        return Filled(layers.BatchNormalization(epsilon=1e-5), [self.arrays[f"{name}.{p}"] for p in parts])(x)


def pplcnetv2(size_px: int, weights_dir: Path) -> keras.Model:
    """PP-LCNetV2 base up to its average pooling: (size, size, 3) -> (7, 7, 1024) at 224."""
    source = _PaddleArrays(read_paddle(weights_dir, "pplcnetv2"))
    image = keras.Input((size_px, size_px, 3))
    x = imagenet_norm(255)(image)
    x = layers.ReLU()(source.norm(source.convolution(x, 2)))
    x = layers.ReLU()(source.norm(source.convolution(x)))
    x = layers.ReLU()(source.norm(source.convolution(x)))
    for strides, channels, excitation, shortcut in _LCNET_STAGES:
        for stride in strides:
            x = _lcnet_block(source, x, stride, channels, excitation, shortcut)
    return keras.Model(image, x, name="pplcnetv2")


def _lcnet_block(source: _PaddleArrays, x: Any, stride: int, channels: int, excitation: bool, shortcut: bool) -> Any:
    entry = x
    x = source.convolution(x, stride)
    # Large kernels were merged with their side branches when the weights were exported: they have a bias, no norm.
    if not excitation and not shortcut:
        x = source.norm(x)
    x = layers.ReLU()(x)
    if excitation:
        gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
        gate = layers.ReLU()(source.convolution(gate))
        gate = layers.Activation("sigmoid")(source.convolution(gate))
        x = layers.Multiply()([x, gate])
        x = layers.ReLU()(source.norm(source.convolution(x)))
    x = layers.ReLU()(source.norm(source.convolution(x)))
    if shortcut and stride == 1 and entry.shape[-1] == channels:
        x = layers.Add()([x, entry])
    return x


# -- What there is -----------------------------------------------------------------------------------------------------


def _lite_top(number: int, weights_dir: Path) -> ImageNetTop:
    arrays = read_arrays(weights_dir / f"efficientnet_lite{number}.npz")
    return ImageNetTop(arrays["_fc.weight"].T, arrays["_fc.bias"])


def _pplcnetv2_top(weights_dir: Path) -> ImageNetTop:
    arrays = read_paddle(weights_dir, "pplcnetv2")
    # The exported graph multiplies by 0.8 where training dropped a fifth of the units.
    return ImageNetTop(0.8 * arrays["linear_0.w_0"], arrays["linear_0.b_0"], arrays["conv2d_67.w_0"][:, :, 0, 0].T)


def _resnet50_top(weights_dir: Path) -> ImageNetTop:
    arrays = read_arrays(weights_dir / "resnet50.npz")
    return ImageNetTop(arrays["fc1000/kernel"], arrays["fc1000/bias"])


@dataclass(frozen=True)
class Network:
    """A backbone that can be built here, with `top` where its ImageNet classifier came with the weights."""

    name: str
    title: str
    size_px: int
    licence: str
    build: Callable[[int, Path], keras.Model]
    top: Callable[[Path], ImageNetTop] | None = None


NETWORKS = {
    network.name: network
    for network in (
        Network(
            "efficientnet_lite0",
            "EfficientNet-Lite0",
            224,
            "Apache-2.0",
            partial(efficientnet_lite, 0),
            partial(_lite_top, 0),
        ),
        Network(
            "efficientnet_lite2",
            "EfficientNet-Lite2",
            260,
            "Apache-2.0",
            partial(efficientnet_lite, 2),
            partial(_lite_top, 2),
        ),
        Network("pplcnetv2", "PP-LCNetV2", 224, "Apache-2.0", pplcnetv2, _pplcnetv2_top),
        Network("resnet50", "ResNet50", 224, "MIT", resnet50, _resnet50_top),
        Network("xception", "Xception", 299, "MIT", xception),
    )
}
