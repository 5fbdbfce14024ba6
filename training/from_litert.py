"""The networks that ship, back from their LiteRT files into Keras: to be fine-tuned without a download, at any size.

Their batch normalisations were folded into the convolutions when they were converted, so they stay still by nature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from keras import layers

from core.bundle_files import Array

_TYPES: Final = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.INT8: np.int8,
    schema.TensorType.INT32: np.int32,
}
_OPERATORS: Final = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
_NO_ACTIVATION, _RELU, _RELU6 = 0, 1, 3


def rebuilt(path: Path, size_px: int, name: str) -> keras.Model:
    """The network of a LiteRT file of ours with its weights: (size, size, 3) -> (rows, columns, channels).

    All layers lie flat and can be trained. Raises ValueError for a file with other operators than our networks have.
    """
    content = path.read_bytes()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    picture = keras.Input((size_px, size_px, 3), name="picture")
    tensors: dict[int, Any] = {int(graph.inputs[0]): picture}
    constants = _Constants(content, model, graph)
    for number, operator in enumerate(graph.operators):
        code = model.operatorCodes[operator.opcodeIndex]
        kind = _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
        given, made = [int(place) for place in operator.inputs], int(operator.outputs[0])
        if kind == "DEQUANTIZE":
            constants.alias(made, given[0])
            continue
        if kind not in _MAKERS:
            raise ValueError(f"{path.name}: {kind}")
        values = [tensors[place] if place in tensors else constants[place] for place in given]
        tensors[made] = _MAKERS[kind](values, operator.builtinOptions, f"{kind.lower()}_{number}")
    return keras.Model(picture, tensors[int(graph.outputs[0])], name=name)


class _Constants:
    """The numbers in a file, as float32 (or whole where they are)."""

    def __init__(self, content: bytes, model: Any, graph: Any) -> None:
        self._content, self._model, self._graph = content, model, graph
        self._aliases: dict[int, int] = {}

    def alias(self, made: int, of: int) -> None:
        """One tensor is another, unpacked."""
        self._aliases[made] = of

    def __getitem__(self, place: int) -> Array:
        tensor = self._graph.tensors[self._aliases.get(place, place)]
        shape = [int(side) for side in tensor.shape] if tensor.shape is not None else []
        values = np.frombuffer(self._bytes(tensor.buffer), _TYPES[tensor.type]).reshape(shape)
        if values.dtype == np.int32:
            return values
        scales = tensor.quantization.scale if tensor.quantization is not None else None
        if values.dtype != np.int8 or scales is None:
            return values.astype(np.float32)
        # Symmetric, one scale for each channel: there is no zero point.
        sides = [1] * values.ndim
        sides[tensor.quantization.quantizedDimension] = -1
        return values.astype(np.float32) * np.asarray(scales, np.float32).reshape(sides)

    def _bytes(self, place: int) -> bytes:
        """Within the description, or behind it in the file, as larger files have them."""
        buffer = self._model.buffers[place]
        if buffer.data is not None:
            return np.asarray(buffer.data, np.uint8).tobytes()
        return self._content[buffer.offset : buffer.offset + buffer.size]


def _convolution(values: list[Any], options: Any, name: str) -> Any:
    x, kernel, bias = values
    layer = layers.Conv2D(
        kernel.shape[0], kernel.shape[1:3], (options.strideH, options.strideW), _padding(options), name=name
    )
    return _filled(layer, x, [kernel.transpose(1, 2, 3, 0), bias], options)


def _depthwise(values: list[Any], options: Any, name: str) -> Any:
    x, kernel, bias = values
    layer = layers.DepthwiseConv2D(
        kernel.shape[1:3], (options.strideH, options.strideW), _padding(options), name=name
    )  # fmt: skip
    return _filled(layer, x, [kernel.transpose(1, 2, 3, 0), bias], options)


def _filled(layer: Any, x: Any, weights: list[Array], options: Any) -> Any:
    x = layer(x)
    layer.set_weights(weights)
    return _activated(x, options, layer.name)


def _activated(x: Any, options: Any, name: str) -> Any:
    if options.fusedActivationFunction == _NO_ACTIVATION:
        return x
    return layers.ReLU({_RELU: None, _RELU6: 6}[options.fusedActivationFunction], name=f"{name}_relu")(x)


def _padding(options: Any) -> str:
    return "same" if options.padding == schema.Padding.SAME else "valid"


def _add(values: list[Any], options: Any, name: str) -> Any:
    x, other = values
    if isinstance(other, np.ndarray):
        return layers.Rescaling(1.0, other.tolist(), name=name)(x)
    return _activated(layers.Add(name=name)([x, other]), options, name)


def _multiply(values: list[Any], options: Any, name: str) -> Any:
    x, other = values
    if isinstance(other, np.ndarray):
        return layers.Rescaling(other.tolist(), name=name)(x)
    return _activated(layers.Multiply(name=name)([x, other]), options, name)


def _mean(values: list[Any], _options: Any, name: str) -> Any:
    return layers.GlobalAveragePooling2D(keepdims=True, name=name)(values[0])


def _pad(values: list[Any], _options: Any, name: str) -> Any:
    x, sides = values
    return layers.ZeroPadding2D(tuple(tuple(int(n) for n in pair) for pair in sides[1:3]), name=name)(x)


def _max_pool(values: list[Any], options: Any, name: str) -> Any:
    pool = (options.filterHeight, options.filterWidth)
    return layers.MaxPooling2D(pool, (options.strideH, options.strideW), _padding(options), name=name)(values[0])


_MAKERS: Final[Mapping[str, Callable[[list[Any], Any, str], Any]]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "ADD": _add,
    "MUL": _multiply,
    "MEAN": _mean,
    "PAD": _pad,
    "MAX_POOL_2D": _max_pool,
    "LOGISTIC": lambda values, _options, name: layers.Activation("sigmoid", name=name)(values[0]),
    "RELU": lambda values, _options, name: layers.ReLU(name=name)(values[0]),
}
