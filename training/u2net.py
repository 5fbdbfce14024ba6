"""U2-Net small (Qin et al., "U2-Net: going deeper with nested U-structure", 2020): it cuts the foreground out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from training.weights import Filled, imagenet_norm

# Levels of the residual U-blocks on the way down, and again on the way up.
DEPTHS = (7, 6, 5, 4)


class _Builder:
    """Builds the network with the convolutions of an ONNX file, in the order in which its graph has them."""

    def __init__(self, path: Path) -> None:
        import onnx
        from onnx import numpy_helper

        graph = onnx.load(str(path)).graph
        self.arrays: dict[str, np.ndarray] = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self.convolutions = iter([node for node in graph.node if node.op_type == "Conv"])

    def conv(self, x: Any, dilation: int = 1, activate: bool = True) -> Any:
        """The next convolution; its batch normalisation is folded into it."""
        kernel, bias = (self.arrays[name] for name in next(self.convolutions).input[1:3])
        layer = layers.Conv2D(kernel.shape[0], kernel.shape[2], padding="same", dilation_rate=dilation)
        x = Filled(layer, [kernel.transpose(2, 3, 1, 0), bias])(x)
        return layers.ReLU()(x) if activate else x

    def block(self, x: Any, depth: int) -> Any:
        """Residual U-block of `depth` levels; the deepest convolution is dilated instead of pooled."""
        entry = x = self.conv(x)
        levels = [x := self.conv(x)]
        for _ in range(depth - 2):
            levels.append(x := self.conv(_down(x)))
        x = self.conv(x, dilation=2)
        x = self.conv(_joined(x, levels[-1]))
        for level in levels[-2::-1]:
            x = self.conv(_joined(_up(x, level), level))
        return layers.Add()([x, entry])

    def flat_block(self, x: Any) -> Any:
        """The block of the two deepest stages: dilations 1, 2, 4, 8 instead of pooling."""
        entry = x = self.conv(x)
        first = self.conv(x)
        second = self.conv(first, 2)
        third = self.conv(second, 4)
        x = self.conv(third, 8)
        x = self.conv(_joined(x, third), 4)
        x = self.conv(_joined(x, second), 2)
        x = self.conv(_joined(x, first))
        return layers.Add()([x, entry])


def _down(x: Any) -> Any:
    return layers.MaxPooling2D(2, 2, padding="same")(x)


def _up(x: Any, like: Any) -> Any:
    return layers.Resizing(like.shape[1], like.shape[2], interpolation="bilinear")(x)


def _joined(*tensors: Any) -> Any:
    return layers.Concatenate()(list(tensors))


def u2netp(size_px: int, weights_dir: Path) -> keras.Model:
    """U2-Net small: photograph (size, size, 3) RGB 0...255 -> (size, size, 1) foreground 0...1."""
    build = _Builder(weights_dir / "u2netp.onnx")
    image = keras.Input((size_px, size_px, 3))
    brightest = layers.GlobalMaxPooling2D(keepdims=True)(image)
    brightest = layers.Lambda(lambda t: keras.ops.maximum(keras.ops.max(t, axis=3, keepdims=True), 1e-3))(brightest)
    x = imagenet_norm(1.0)(layers.Lambda(lambda pair: pair[0] / pair[1])([image, brightest]))
    stages = [build.block(x, DEPTHS[0])]
    for depth in DEPTHS[1:]:
        stages.append(build.block(_down(stages[-1]), depth))
    stages.append(build.flat_block(_down(stages[-1])))
    deepest = build.flat_block(_down(stages[-1]))
    decoded = [build.flat_block(_joined(_up(deepest, stages[4]), stages[4]))]
    for stage, depth in zip(stages[3::-1], DEPTHS[::-1], strict=True):
        decoded.append(build.block(_joined(_up(decoded[-1], stage), stage), depth))
    sides = [build.conv(x, activate=False) for x in (*decoded[::-1], deepest)]
    fused = build.conv(_joined(*(_up(side, image) for side in sides)), activate=False)
    return keras.Model(image, layers.Activation("sigmoid")(fused), name="u2netp")
