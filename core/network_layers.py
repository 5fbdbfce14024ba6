"""What lies inside a network: its layers in order, and what each of them answers to a photograph (activations).

Both come from the LiteRT file itself, so that they need no further part of the program, whatever the model is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np

from core.bundles import Backbone, Bundle
from core.errors import BundleError, UserError
from core.explain_methods import LAST
from core.records import Floats
from core.texts import tr

# A stage ends where the rows become fewer by more than convolutions without padding take.
_COARSER: Final = 0.7
_CONVOLUTIONS: Final = ("CONV_2D", "DEPTHWISE_CONV_2D")
_JOINS: Final = ("ADD", "CONCATENATION")
# What a convolution's numbers go through alone is a part of it: its layer is what comes out there.
_ACTIVATIONS: Final = frozenset({"RELU", "RELU6", "LOGISTIC", "TANH", "ELU", "HARD_SWISH", "LEAKY_RELU", "GELU"})
# The part of a tensor's name that says what its layer is called; Keras' converter adds numbers to it.
_OPERATION: Final = re.compile(r"^(?:convolution|conv2d|depthwise|biasadd|add|concat)\d*$", re.IGNORECASE)
_WRAPPERS: Final = frozenset({"separable_conv2d"})
_NUMBERED: Final = re.compile(r"(?<=.)_\d+$")


class LayerKind(Enum):
    """What sort of layer it is."""

    CONVOLUTION = "convolution"
    DEPTHWISE = "depthwise"
    JOIN = "join"
    MAP = "map"


@dataclass(frozen=True)
class Layer:
    """One layer of a network of a model: what comes out of it is (rows, columns, channels).

    `tensor` is its place in the network's file. `is_stage` is true for the last layer of each resolution that all the
    network knows goes through.
    """

    network: str
    name: str
    kind: LayerKind
    rows: int
    columns: int
    channels: int
    tensor: int
    is_stage: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.rows, self.columns, self.channels

    @property
    def full_name(self) -> str:
        """Its name and its network's, which no other layer of the model has."""
        return f"{self.network}/{self.name}"


def layers_of(bundle: Bundle) -> tuple[Layer, ...]:
    """The layers of all networks of a model, in order: convolutions, joins of branches, and the last map of each.

    Raises BundleError where a network cannot be read.
    """
    return tuple(layer for backbone in bundle.info.backbones for layer in network_layers(bundle, backbone))


def network_layers(bundle: Bundle, backbone: Backbone) -> tuple[Layer, ...]:
    """The same of one network."""
    path = bundle.network_path(backbone)
    try:
        graph = _Graph(path)
        return tuple(_layers(graph, backbone.name))
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(tr("“{file}” is damaged or no network at all.").format(file=path.name)) from error


def layers_called(bundle: Bundle, text: str) -> tuple[Layer, ...]:
    """The layer that is meant by its name, alone or behind its network's; `last` means the last one of each network.

    Raises UserError where there is none, or several.
    """
    layers = layers_of(bundle)
    if text == LAST:
        return tuple(one for one in layers if one.kind is LayerKind.MAP)
    found = [one for one in layers if text in (one.name, one.full_name)]
    if len(found) == 1:
        return tuple(found)
    if found:
        names = ", ".join(one.full_name for one in found)
        raise UserError(tr("“{name}” may mean several layers: {names}.").format(name=text, names=names))
    said = tr("There is no layer “{name}”. All of them are shown by: {command}")
    raise UserError(said.format(name=text, command=f"main.py explain --layers --model {bundle.name}"))


class Activations:
    """A network that keeps what every layer answers; slower than `core.inference.Network`, which keeps the last.

    Raises BundleError when the file is no such network.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            with catch_warnings():
                simplefilter("ignore")  # it warns that this takes memory
                self._interpreter = Interpreter(
                    model_content=path.read_bytes(), num_threads=threads, experimental_preserve_all_tensors=True
                )
            self._interpreter.allocate_tensors()
        except (OSError, ValueError, RuntimeError) as error:
            raise BundleError(tr("“{file}” is damaged or no network at all.").format(file=path.name)) from error

    def __call__(self, values: Floats, layers: Sequence[Layer]) -> list[Floats]:
        """What each of these layers answers to a picture (1, size, size, 3): (rows, columns, channels)."""
        self._interpreter.set_tensor(self._interpreter.get_input_details()[0]["index"], values)
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_tensor(one.tensor)[0], np.float32) for one in layers]


class _Operator(NamedTuple):
    """One step of a network: which tensors it takes (none that are constants) and makes."""

    kind: str
    given: tuple[int, ...]
    made: int


class _Graph:
    """The steps of a LiteRT file, in order."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert import schema_py_generated as schema

        kinds = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
        model = schema.Model.GetRootAs(path.read_bytes(), 0)
        self._graph = model.Subgraphs(0)
        moving = {int(self._graph.Inputs(0))}
        self.output = int(self._graph.Outputs(0))
        self.operators: list[_Operator] = []
        for place in range(self._graph.OperatorsLength()):
            operator = self._graph.Operators(place)
            code = model.OperatorCodes(operator.OpcodeIndex())
            kind = kinds[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            given = tuple(int(one) for one in operator.InputsAsNumpy() if int(one) in moving)
            if not given:  # weights that are unpacked
                continue
            made = int(operator.Outputs(0))
            moving.add(made)
            self.operators.append(_Operator(kind, given, made))
        self.users = Counter(one for operator in self.operators for one in operator.given)

    def shape(self, tensor: int) -> tuple[int, ...]:
        shape: Any = self._graph.Tensors(tensor).ShapeAsNumpy()
        return tuple(int(side) for side in shape) if not isinstance(shape, int) else ()

    def name(self, tensor: int) -> str:
        return str(self._graph.Tensors(tensor).Name().decode("utf-8", "replace"))


def _layers(graph: _Graph, network: str) -> Iterator[Layer]:
    cuts = _cuts(graph)
    stages = _stages(graph, cuts)
    taken: Counter[str] = Counter()
    made: set[int] = set()
    for place, operator in enumerate(graph.operators):
        if operator.kind in _CONVOLUTIONS:
            kind = LayerKind.DEPTHWISE if operator.kind == _CONVOLUTIONS[1] else LayerKind.CONVOLUTION
            tensor = _activated(graph, place)
        elif operator.kind in _JOINS and len(operator.given) > 1:
            kind, tensor = LayerKind.JOIN, _activated(graph, place)
        elif operator.made in stages or operator.made == graph.output:
            kind, tensor = LayerKind.JOIN, operator.made
        else:
            continue
        shape = graph.shape(tensor)
        is_map = tensor == graph.output
        # A single cell lies nowhere in the picture.
        if tensor in made or len(shape) != 4 or (shape[1] * shape[2] == 1 and not is_map):
            continue
        made.add(tensor)
        name = _called(graph.name(operator.made)) or ("map" if is_map else f"{kind.value}_{place}")
        taken[name] += 1
        if taken[name] > 1:
            name = f"{name}-{taken[name]}"
        kind = LayerKind.MAP if is_map else kind
        yield Layer(network, name, kind, shape[1], shape[2], shape[3], tensor, tensor in stages)


def _activated(graph: _Graph, place: int) -> int:
    """What comes out of the activation behind an operator, if that is all its numbers go to; else of itself."""
    tensor = graph.operators[place].made
    for operator in graph.operators[place + 1 :]:
        if tensor not in operator.given:
            continue
        if operator.kind in _ACTIVATIONS and graph.users[tensor] == 1:
            return operator.made
        if operator.kind == "LOGISTIC" and graph.users[tensor] == 2:  # swish: x * sigmoid(x)
            product = next((one for one in graph.operators if one.given == (tensor, operator.made)), None)
            return product.made if product is not None and product.kind == "MUL" else tensor
        return tensor
    return tensor


def _cuts(graph: _Graph) -> list[int]:
    """The tensors that all goes through: nothing behind them takes anything from before them.

    From the first convolution on: before it, there is the picture itself.
    """
    last_use = {one: place for place, operator in enumerate(graph.operators) for one in operator.given}
    cuts, reach, is_inside = [], 0, False
    for place, operator in enumerate(graph.operators):
        is_inside = is_inside or operator.kind in _CONVOLUTIONS
        # `reach`: how far ahead anything that was made earlier is still taken.
        if is_inside and reach <= place:
            cuts.append(operator.made)
        reach = max(reach, last_use.get(operator.made, place))
    return cuts


def _stages(graph: _Graph, cuts: Sequence[int]) -> frozenset[int]:
    """The last of the cuts at each resolution, from the finest one to the last map."""
    chosen: list[int] = [graph.output]
    padded = {one.made for one in graph.operators if one.kind in ("PAD", "PADV2", "MIRROR_PAD")}
    for tensor in reversed(cuts):
        shape = graph.shape(tensor)
        if len(shape) != 4 or tensor in padded or shape[1] == 1:
            continue
        if graph.shape(chosen[-1])[1] <= _COARSER * shape[1]:
            chosen.append(tensor)
    return frozenset(chosen)


def _called(written: str) -> str:
    """The name of the layer that made a tensor, as its network has it; empty where none can be read.

    >>> _called("net_1/bn_1/batchnorm/add_1;net_1/block2_project_1/convolution")
    'block2_project'
    """
    for part in reversed(written.split(";")):
        *names, operation = [name for name in part.split("/") if name] or [""]
        names = [name for name in names if name not in _WRAPPERS]
        plain = _NUMBERED.sub("", names[-1]) if len(names) > 1 else ""
        if plain and plain != "batchnorm" and _OPERATION.match(_NUMBERED.sub("", operation)):
            return plain
    return ""
