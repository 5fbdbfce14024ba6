"""Tiny models whose answers can be worked out by hand, made without any photograph and without TensorFlow.

The network is one convolution: it cuts a 32 x 32 picture into 4 x 4 cells of 8 pixels and gives four numbers for each,
the cell's mean red, green, blue and darkness (1 - mean of the three), all 0...1. The head knows three labels, "red",
"green" and "blue", with STRENGTH x the mean of that colour as score. Pictures without a leading colour, such as grey
ones, are no subject.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema

from core.bundles import (
    Backbone,
    Bundle,
    BundleInfo,
    Calibration,
    Data,
    Group,
    Head,
    Label,
    Licence,
    Metrics,
    Subject,
    Summary,
    Sure,
    Unsure,
    View,
    Words,
    write_bundle,
)

__all__ = ["make_bundle", "tiny_bundle", "tiny_folder"]

SIZE_PX, CELLS, CHANNELS = 32, 4, 4
STRENGTH = 10.0
COLOURS = (("red", "rouge"), ("green", "vert"), ("blue", "bleu"))
NO_HASH = "0" * 64
CARD = "# Colours\n\nA model for tests.\n"


def tiny_network(tamper: Callable[[Any], None] | None = None) -> bytes:
    """The bytes of the network as a .tflite file; `tamper` may change its parts (a schema.ModelT) before that."""
    cell = SIZE_PX // CELLS
    weights = np.zeros((CHANNELS, cell, cell, 3), np.float32)
    for colour in range(3):
        weights[colour, :, :, colour] = 1 / 255 / cell**2
    weights[3] = -1 / 3 / 255 / cell**2
    bias = np.array([0, 0, 0, 1], np.float32)

    model = schema.ModelT()
    model.version = 3
    model.description = "mean red, green, blue and darkness of 4 x 4 cells"
    model.buffers = [schema.BufferT(), _buffer(weights), _buffer(bias)]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CONV_2D
    code.version = 1
    model.operatorCodes = [code]
    graph = schema.SubGraphT()
    graph.tensors = [
        _tensor("picture", (1, SIZE_PX, SIZE_PX, 3), 0),
        _tensor("weights", weights.shape, 1),
        _tensor("bias", bias.shape, 2),
        _tensor("cells", (1, CELLS, CELLS, CHANNELS), 0),
    ]
    graph.inputs, graph.outputs, graph.operators = [0], [3], [_convolution(cell)]
    model.subgraphs = [graph]
    if tamper is not None:
        tamper(model)
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _buffer(values: npt.NDArray[np.float32]) -> Any:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    return buffer


def _tensor(name: str, shape: Sequence[int], buffer: int) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer, tensor.type = name, list(shape), buffer, schema.TensorType.FLOAT32
    return tensor


def _convolution(step: int) -> Any:
    options = schema.Conv2DOptionsT()
    options.padding = schema.Padding.VALID
    options.strideH = options.strideW = step
    options.dilationHFactor = options.dilationWFactor = 1
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1, 2], [3]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.Conv2DOptions, options
    return operator


def tiny_info(
    name: str = "colours", version: str = "1.0.0", views: Sequence[View] = (View.CENTRE,), networks: int = 1
) -> BundleInfo:
    """What the tiny model says of itself; its hashes are filled in by write_bundle."""
    return BundleInfo(
        name=name,
        version=version,
        date=date(2026, 1, 31),
        title=Words(en="Colours", fr="Couleurs"),
        summary=Summary(en="Tells red, green and blue.", fr="Distingue le rouge, le vert et le bleu."),
        subject=Words(en="colour", fr="couleur"),
        labels=tuple(Label(id=f"colour-{en}", en=en, fr=fr) for en, fr in COLOURS),
        groups=(Group(en="a warm or cold colour", fr="une couleur chaude ou froide", labels=(0, 2)),),
        backbones=tuple(_backbone(f"cells{n or ''}", tuple(views)) for n in range(networks)),
        head=Head(sha256=NO_HASH),
        calibration=Calibration(
            temperature=1.0,
            sure=Sure(threshold=0.8, precision=0.95, coverage=0.6, cases=200),
            unsure=Unsure(mass=0.8, most=3),
            subject=Subject(threshold=0.4, wrongly_refused=0.01, refused=0.99, cases=100),
        ),
        data=Data(name="Planted colours", photographs=300, labels=3, fingerprint=NO_HASH, split="by hand"),
        metrics=(
            Metrics(
                on=Words(en="planted pictures", fr="des images fabriquées"),
                photographs=200, top1=1.0, top3=1.0, ece=0.01, sure_share=0.6, sure_right=0.95,
            ),
        ),
        licences=(Licence(what="Everything", licence="MIT"),),
    )  # fmt: skip


def _backbone(name: str, views: tuple[View, ...]) -> Backbone:
    return Backbone(
        name=name, title="Cells", file=f"{name}.tflite", sha256=NO_HASH, size_px=SIZE_PX,
        rows=CELLS, columns=CELLS, channels=CHANNELS, views=views,
    )  # fmt: skip


def tiny_head(networks: int = 1) -> dict[str, npt.NDArray[Any]]:
    """The arrays of head.npz; with several networks the scores are the mean of what each of them says."""
    kernel = np.eye(CHANNELS, 3) * STRENGTH
    lead = np.eye(3) * 1.5 - 0.5  # a colour minus half of the two others
    subject = np.zeros((CHANNELS, 4))
    subject[:3, :3] = lead * 2 * STRENGTH
    return {
        "kernel": np.tile(kernel / networks, (networks, 1)).astype(np.float16),
        "bias": np.zeros(3, np.float16),
        "subject_kernel": np.tile(subject / networks, (networks, 1)).astype(np.float32),
        "subject_bias": np.array([0, 0, 0, 3], np.float32),
        "subject_positive": np.array([True, True, True, False]),
    }


def make_bundle(
    folder: Path, *, version: str = "1.0.0", views: Sequence[View] = (View.CENTRE,), networks: int = 1
) -> Bundle:
    """A whole tiny model in `folder`, called as the folder is."""
    info = tiny_info(folder.name, version, views, networks)
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = folder.with_name(f"{folder.name}.network")
    file.write_bytes(tiny_network())
    files = {backbone.name: file for backbone in info.backbones}
    try:
        return write_bundle(folder, info, tiny_head(networks), files, CARD)
    finally:
        file.unlink()


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A tiny model that all tests share: not to be changed."""
    return make_bundle(tmp_path_factory.mktemp("tiny") / "colours")


@pytest.fixture
def tiny_folder(tiny_bundle: Bundle, tmp_path: Path) -> Path:
    """A tiny model of one's own, to be broken."""
    return shutil.copytree(tiny_bundle.folder, tmp_path / "models" / "colours")
