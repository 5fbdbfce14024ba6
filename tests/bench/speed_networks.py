"""The networks of a model as Keras and as ONNX files, for those that `make bench` compares it with:

    python -m tests.bench.speed_networks MODEL_FOLDER INTO

They have the layers and the input sizes of the model's own, but random weights: how fast a network is does not depend
on them. Each ends in a mean over the feature map and a dense layer for the model's labels.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from core.bundles import Backbone, read_info
from tests.made_up_weights import lcnet_shapes, lite_shapes, made_up


def main() -> None:
    folder, into = map(Path, sys.argv[1:])
    info = read_info(folder)
    for backbone in info.backbones:
        if not (into / f"{backbone.name}.onnx").exists():
            _make(backbone, len(info.labels), into)


def _make(backbone: Backbone, labels: int, into: Path) -> None:
    import keras

    features = _build(backbone)
    if features.output_shape[1:] != (backbone.rows, backbone.columns, backbone.channels):
        raise ValueError(f"{backbone.name} gives {features.output_shape}, which is not what its model says")
    means = keras.layers.GlobalAveragePooling2D()(features.output)
    model = keras.Model(features.input, keras.layers.Dense(labels, activation="softmax")(means), name=backbone.name)
    model.predict(np.zeros((1, backbone.size_px, backbone.size_px, 3), np.float32), verbose=0)  # export asks for a call
    model.save(into / f"{backbone.name}.keras")
    model.export(into / f"{backbone.name}.onnx", format="onnx", verbose=False)


def _build(backbone: Backbone) -> Any:
    """The network as training builds it, with made-up arrays in place of the files of weights."""
    import keras

    from training import networks

    if backbone.name == "xception":
        side = (backbone.size_px, backbone.size_px, 3)
        base = keras.applications.Xception(include_top=False, weights=None, input_shape=side)
        filled = [layer.get_weights() for layer in base.layers if layer.weights]
        arrays = {f"{place}/{part}": values for place, one in enumerate(filled) for part, values in enumerate(one)}
    elif backbone.name == "pplcnetv2":
        arrays = made_up(lcnet_shapes())
    else:
        arrays = made_up(dict(lite_shapes(int(backbone.name.removeprefix("efficientnet_lite")))))
    with patch.multiple(networks, read_arrays=lambda path: arrays, read_paddle=lambda folder, name: arrays):
        return networks.NETWORKS[backbone.name].build(backbone.size_px, Path())


if __name__ == "__main__":
    main()
