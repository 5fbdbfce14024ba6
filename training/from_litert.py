"""Networks back from their LiteRT files into Keras: to be fine-tuned without a download, at any size, and to have
gradients.

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
_NO_ACTIVATION, _RELU, _RELU6, _TANH = 0, 1, 3, 4


def rebuilt(path: Path, size_px: int, name: str) -> keras.Model:
    """The network of a LiteRT file of ours with its weights: (size, size, 3) -> (rows, columns, channels).

    All layers lie flat and can be trained. Raises ValueError for a file with other operators than our networks have.
    """
    picture, tensors, made = rebuilt_tensors(path, size_px)
    return keras.Model(picture, tensors[made], name=name)


def rebuilt_tensors(path: Path, size_px: int) -> tuple[Any, dict[int, Any], int]:
    """The same with all on the way: the picture, the symbolic tensors by their place in the file, the last place.

    Raises ValueError for operators that are unknown here.
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
        values = [tensors[place] if place in tensors else constants[place] for place in given if place >= 0]
        tensors[made] = _MAKERS[kind](values, operator.builtinOptions, f"{kind.lower()}_{number}")
    return picture, tensors, int(graph.outputs[0])


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
    x, kernel, *bias = values
    layer = layers.Conv2D(
        kernel.shape[0], kernel.shape[1:3], (options.strideH, options.strideW), _padding(options),
        dilation_rate=(options.dilationHFactor, options.dilationWFactor), use_bias=bool(bias),
        groups=int(x.shape[-1]) // kernel.shape[3], name=name,
    )  # fmt: skip
    return _filled(layer, x, [kernel.transpose(1, 2, 3, 0), *bias], options)


def _depthwise(values: list[Any], options: Any, name: str) -> Any:
    x, kernel, *bias = values
    layer = layers.DepthwiseConv2D(
        kernel.shape[1:3], (options.strideH, options.strideW), _padding(options), options.depthMultiplier,
        dilation_rate=(options.dilationHFactor, options.dilationWFactor), use_bias=bool(bias), name=name,
    )  # fmt: skip
    weights = kernel.transpose(1, 2, 3, 0).reshape(*kernel.shape[1:3], int(x.shape[-1]), options.depthMultiplier)
    return _filled(layer, x, [weights, *bias], options)


def _dense(values: list[Any], options: Any, name: str) -> Any:
    x, kernel, *bias = values
    if not options.keepNumDims and len(x.shape) != 2:
        x = keras.ops.reshape(x, (-1, kernel.shape[1]))
    return _filled(layers.Dense(kernel.shape[0], use_bias=bool(bias), name=name), x, [kernel.T, *bias], options)


def _filled(layer: Any, x: Any, weights: list[Array], options: Any) -> Any:
    x = layer(x)
    layer.set_weights(weights)
    return _activated(x, options, layer.name)


def _activated(x: Any, options: Any, name: str) -> Any:
    fused = getattr(options, "fusedActivationFunction", _NO_ACTIVATION)
    if fused == _NO_ACTIVATION:
        return x
    if fused == _TANH:
        return layers.Activation("tanh", name=f"{name}_tanh")(x)
    return layers.ReLU({_RELU: None, _RELU6: 6}[fused], name=f"{name}_relu")(x)


def _padding(options: Any) -> str:
    return "same" if options.padding == schema.Padding.SAME else "valid"


def _add(values: list[Any], options: Any, name: str) -> Any:
    x, other = _moving_first(values)
    if isinstance(other, np.ndarray):
        return _activated(layers.Rescaling(1.0, other.tolist(), name=name)(x), options, name)
    made = layers.Add(name=name)([x, other]) if x.shape == other.shape else keras.ops.add(x, other)
    return _activated(made, options, name)


def _multiply(values: list[Any], options: Any, name: str) -> Any:
    x, other = _moving_first(values)
    if isinstance(other, np.ndarray):
        return _activated(layers.Rescaling(other.tolist(), name=name)(x), options, name)
    return _activated(layers.Multiply(name=name)([x, other]), options, name)


def _moving_first(values: list[Any]) -> list[Any]:
    """Sums and products may have their constant first."""
    return values[::-1] if isinstance(values[0], np.ndarray) else values


def _of_two(name: str) -> Callable[[list[Any], Any, str], Any]:
    """An operation of Keras on two tensors."""
    operation = getattr(keras.ops, name)
    return lambda values, options, name: _activated(operation(*values), options, name)


def _of_one(name: str) -> Callable[[list[Any], Any, str], Any]:
    """An operation of Keras on one tensor."""
    operation = getattr(keras.ops, name)
    return lambda values, _options, _name: operation(values[0])


def _over_axes(name: str) -> Callable[[list[Any], Any, str], Any]:
    """An operation of Keras that takes axes away."""
    operation = getattr(keras.ops, name)

    def reduced(values: list[Any], options: Any, _name: str) -> Any:
        axes = tuple(int(axis) for axis in np.ravel(values[1]))
        return operation(values[0], axis=axes, keepdims=bool(options.keepDims))

    return reduced


def _mean(values: list[Any], options: Any, name: str) -> Any:
    axes = sorted(int(axis) % len(values[0].shape) for axis in np.ravel(values[1]))
    if axes == [1, 2] and len(values[0].shape) == 4:
        return layers.GlobalAveragePooling2D(keepdims=bool(options.keepDims), name=name)(values[0])
    return _over_axes("mean")(values, options, name)


def _pad(values: list[Any], _options: Any, name: str) -> Any:
    x, sides, *filling = values
    if filling or np.any(sides[[0, 3]]):
        return keras.ops.pad(x, sides.tolist(), constant_values=float(filling[0]) if filling else 0.0)
    return layers.ZeroPadding2D(tuple(tuple(int(n) for n in pair) for pair in sides[1:3]), name=name)(x)


def _pool(make: Any) -> Callable[[list[Any], Any, str], Any]:
    def pooled(values: list[Any], options: Any, name: str) -> Any:
        pool = (options.filterHeight, options.filterWidth)
        layer = make(pool, (options.strideH, options.strideW), _padding(options), name=name)
        return _activated(layer(values[0]), options, name)

    return pooled


def _reshape(values: list[Any], options: Any, _name: str) -> Any:
    """The first number is the count of pictures, which is one in the file and any here."""
    wanted = values[1] if len(values) > 1 else options.newShape
    return keras.ops.reshape(values[0], (-1, *(int(side) for side in np.ravel(wanted)[1:])))


def _concatenate(values: list[Any], options: Any, name: str) -> Any:
    return _activated(layers.Concatenate(axis=options.axis, name=name)(values), options, name)


def _flip(values: list[Any], _options: Any, _name: str) -> Any:
    return keras.ops.flip(values[0], axis=tuple(int(axis) for axis in np.ravel(values[1])))


def _transposed(values: list[Any], _options: Any, _name: str) -> Any:
    return keras.ops.transpose(values[0], [int(axis) for axis in values[1]])


def _leaky(values: list[Any], options: Any, _name: str) -> Any:
    return keras.ops.leaky_relu(values[0], float(options.alpha))


def _gelu(values: list[Any], options: Any, _name: str) -> Any:
    return keras.ops.gelu(values[0], approximate=bool(options.approximate))


def _gathered(values: list[Any], options: Any, _name: str) -> Any:
    return keras.ops.take(values[0], values[1].astype(np.int32), axis=options.axis)


def _squared_difference(values: list[Any], _options: Any, _name: str) -> Any:
    return keras.ops.square(keras.ops.subtract(*values))


_MAKERS: Final[Mapping[str, Callable[[list[Any], Any, str], Any]]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "ADD": _add,
    "MUL": _multiply,
    "SUB": _of_two("subtract"),
    "DIV": _of_two("divide"),
    "POW": _of_two("power"),
    "MAXIMUM": _of_two("maximum"),
    "MINIMUM": _of_two("minimum"),
    "SQUARED_DIFFERENCE": _squared_difference,
    "MEAN": _mean,
    "SUM": _over_axes("sum"),
    "REDUCE_MAX": _over_axes("max"),
    "PAD": _pad,
    "PADV2": _pad,
    "MAX_POOL_2D": _pool(layers.MaxPooling2D),
    "AVERAGE_POOL_2D": _pool(layers.AveragePooling2D),
    "CONCATENATION": _concatenate,
    "RESHAPE": _reshape,
    "TRANSPOSE": _transposed,
    "REVERSE_V2": _flip,
    "GATHER": _gathered,
    "LOGISTIC": lambda values, _options, name: layers.Activation("sigmoid", name=name)(values[0]),
    "RELU": lambda values, _options, name: layers.ReLU(name=name)(values[0]),
    "RELU6": lambda values, _options, name: layers.ReLU(6, name=name)(values[0]),
    "TANH": lambda values, _options, name: layers.Activation("tanh", name=name)(values[0]),
    "ELU": lambda values, _options, name: layers.Activation("elu", name=name)(values[0]),
    "HARD_SWISH": lambda values, _options, name: layers.Activation("hard_silu", name=name)(values[0]),
    "SOFTMAX": lambda values, _options, name: layers.Activation("softmax", name=name)(values[0]),
    "LEAKY_RELU": _leaky,
    "GELU": _gelu,
    "ABS": _of_one("abs"),
    "NEG": _of_one("negative"),
    "EXP": _of_one("exp"),
    "LOG": _of_one("log"),
    "SQRT": _of_one("sqrt"),
    "RSQRT": _of_one("rsqrt"),
    "SQUARE": _of_one("square"),
}
