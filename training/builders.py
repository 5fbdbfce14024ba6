"""Networks in Keras: photographs, RGB 0...255 float32, to the last feature map, and classifiers on top of them.

Every network carries its own normalisation, and all of its layers lie flat in one model, so that the last N of them
can be trained.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from keras import layers

from core.backbones import BACKBONES, BackboneEntry, Kind, Normalisation
from core.bundles import load_bundle
from core.errors import UserError
from core.folders import shipped_models_dir
from core.texts import tr
from core.train_config import HeadLayout, Pooling, ScratchPlan
from training.downloads import fetch_weights
from training.from_litert import rebuilt
from training.networks import NETWORKS, _resnet50_old_name
from training.telling import Silent, Telling
from training.weight_files import (
    IMAGENET,
    NOTHING,
    LayerArrays,
    WeightsError,
    given_file,
    is_keras_3,
    keras_3_weights,
    read_layers,
)
from training.weights import IMAGENET_MEAN, IMAGENET_STD, imagenet_norm

log = logging.getLogger(__name__)

FEATURE_MAP: Final = "feature_map"
PROBABILITIES: Final = "probabilities"
_CAFFE_MEANS = (103.939, 116.779, 123.68)  # blue, green, red


def build(
    name: str,
    size_px: int = 0,
    weights: str = IMAGENET,
    telling: Telling | None = None,
    *,
    grey: bool = False,
    plan: ScratchPlan | None = None,
) -> keras.Model:
    """The network `name` of core.backbones: (size, size, 3) RGB 0...255 -> (rows, columns, channels).

    `size_px` 0 is its usual size. `weights` is "imagenet" (those of the shipped networks are in their files), "none"
    (random numbers), or the path of a file or of a folder of files. `grey` and `plan` are for those from scratch: with
    `grey` they look at the mean of the colours only, `plan` changes how they are built. Raises UserError where there is
    no such network, or its weights cannot be had.
    """
    entry = known(name)
    size_px = size_px or entry.size_px
    if size_px < entry.least_px:
        said = tr("{network} needs pictures of at least {size} pixels.")
        raise UserError(said.format(network=entry.title, size=entry.least_px))
    if entry.kind is Kind.SET:
        said = tr("“{name}” is several networks: choose one of them for this.")
        raise UserError(said.format(name=name))
    if entry.kind is Kind.SCRATCH:
        from training.scratch import build_from_scratch, planned

        return build_from_scratch(name, size_px, grey=grey, plan=planned(name, plan))
    if entry.kind is Kind.SHIPPED and weights == IMAGENET:
        return _from_shipped(entry, size_px)
    if not entry.keras:
        return _from_recipe(entry, size_px, weights)
    model = _from_applications(entry, size_px)
    if weights != NOTHING:
        path = fetch_weights(entry, telling or Silent()) if weights == IMAGENET else given_file(entry, weights)
        fill(model, path, entry)
    _set_normalisation(model)
    return model


def known(name: str) -> BackboneEntry:
    """The row of the table. Raises UserError."""
    if name not in BACKBONES:
        raise UserError(tr("There is no network called “{name}”.").format(name=name))
    return BACKBONES[name]


def classifier(backbone: keras.Model, layout: HeadLayout, count: int) -> keras.Model:
    """`backbone` with a head for `count` classes: RGB 0...255 -> probabilities (count,), softmax in float32.

    The layers of the backbone stay flat in the model. Those of the head are called `feature_map` (its input, as it
    is), `pooled`, then for each dense layer N from 0 `dense_N`, `dense_N_bn`, `dense_N_relu`, `dense_N_dropout`, then
    `dropout` and `probabilities`. Without dense layers, dropout and batch normalisation act on the pooled vector.
    """
    x = layers.Identity(name=FEATURE_MAP)(backbone.output)
    pooling = layers.Flatten if layout.pooling is Pooling.FLATTEN else layers.GlobalAveragePooling2D
    x = pooling(name="pooled")(x)
    pull = keras.regularizers.L2(layout.l2) if layout.l2 else None
    for number, units in enumerate(layout.dense):
        x = layers.Dense(units, kernel_regularizer=pull, use_bias=not layout.batch_norm, name=f"dense_{number}")(x)
        if layout.batch_norm:
            x = layers.BatchNormalization(name=f"dense_{number}_bn")(x)
        x = layers.ReLU(name=f"dense_{number}_relu")(x)
        if layout.dropout:
            x = layers.Dropout(layout.dropout, name=f"dense_{number}_dropout")(x)
    if not layout.dense:
        if layout.batch_norm:
            x = layers.BatchNormalization(name="pooled_bn")(x)
        if layout.dropout:
            x = layers.Dropout(layout.dropout, name="dropout")(x)
    # Half precision would round the probabilities of many classes to nothing.
    answer = layers.Dense(
        count, activation="softmax", kernel_regularizer=pull, dtype="float32", name=PROBABILITIES
    )(x)  # fmt: skip
    return keras.Model(backbone.inputs[0], answer, name=f"{backbone.name}_classifier")


# -- Architectures -----------------------------------------------------------------------------------------------------


def _from_applications(entry: BackboneEntry, size_px: int) -> keras.Model:
    picture = keras.Input((size_px, size_px, 3), name="picture")
    make = getattr(keras.applications, entry.keras)
    model = make(include_top=False, weights=None, input_tensor=_normalised(picture, entry.normalisation))
    return keras.Model(picture, model.output, name=entry.name)


def _normalised(picture: Any, mode: Normalisation) -> Any:
    """What the network was trained on, from RGB 0...255; see keras.applications.imagenet_utils.preprocess_input."""
    if mode is Normalisation.CAFFE:
        blue_first = keras.ops.flip(picture, axis=-1)
        return layers.Rescaling(1.0, [-mean for mean in _CAFFE_MEANS], name="normalised")(blue_first)
    if mode is Normalisation.TF:
        return layers.Rescaling(1 / 127.5, -1.0, name="normalised")(picture)
    if mode is Normalisation.TORCH:
        return imagenet_norm(255)(picture)
    return picture


def _set_normalisation(model: keras.Model) -> None:
    """EfficientNet (the first) keeps ImageNet's means in a layer of its own, empty without weights.

    Its published files have the deviations where the layer wants their squares, which keras.applications mends with a
    further layer only when it loads them itself (tensorflow/tensorflow issue 49930). So both are set here.
    """
    for layer in model.layers:
        if isinstance(layer, layers.Normalization) and layer.input_mean is None:
            shape = layer.adapt_mean.shape
            layer.adapt_mean.assign(np.reshape(np.array(IMAGENET_MEAN, np.float32), shape))
            layer.adapt_variance.assign(np.reshape(np.square(np.array(IMAGENET_STD, np.float32)), shape))
            layer.finalize_state()


def _from_shipped(entry: BackboneEntry, size_px: int) -> keras.Model:
    bundle = load_bundle(shipped_models_dir() / entry.shipped_in)
    (backbone,) = (one for one in bundle.info.backbones if one.name == entry.name)
    return rebuilt(bundle.network_path(backbone), size_px, entry.name)


def _from_recipe(entry: BackboneEntry, size_px: int, weights: str) -> keras.Model:
    """One of the networks of training.networks, which Keras does not have: filled while it is built."""
    if weights == NOTHING:
        said = tr("{network} cannot be trained from nothing: choose another network for that.")
        raise UserError(said.format(network=entry.title))
    path = fetch_weights(entry, Silent()) if weights == IMAGENET else given_file(entry, weights)
    if path.stem != entry.name:
        said = tr("The file of weights for {network} must be called {name}.")
        raise WeightsError(said.format(network=entry.title, name=f"{entry.name}{path.suffix}"))
    try:
        return NETWORKS[entry.name].build(size_px, path.parent)
    except (KeyError, ValueError, OSError, StopIteration) as error:
        log.info("%s: %s", path, error)
        raise _other_network(path, entry) from error


# -- Weights -----------------------------------------------------------------------------------------------------------


def fill(model: keras.Model, path: Path, entry: BackboneEntry) -> None:
    """Set every weight of `model` from a file; a classifier on top is left out. Raises WeightsError."""
    if is_keras_3(path):
        _fill_keras_3(model, path, entry)
        return
    found = read_layers(path)
    wanted = [layer for layer in model.layers if layer.weights and not isinstance(layer, layers.Normalization)]
    if entry.name == "resnet50" and any(one.name == "bn_conv1" for one in found):
        chosen = _by_old_names(wanted, found)
    else:
        chosen = _chosen(wanted, found)
    if chosen is None:
        raise _other_network(path, entry)
    for layer, one in zip(wanted, chosen, strict=True):
        shapes = [array.shape for array in one.arrays]
        if shapes != [tuple(weight.shape) for weight in layer.weights]:
            log.info("%s: %s has %s, %s wants %s", path, one.name, shapes, layer.name,
                     [tuple(weight.shape) for weight in layer.weights])  # fmt: skip
            raise _other_network(path, entry)
    for layer, one in zip(wanted, chosen, strict=True):
        layer.set_weights(list(one.arrays))


def _chosen(wanted: Sequence[layers.Layer], found: Sequence[LayerArrays]) -> list[LayerArrays] | None:
    """The file's layers for those of the network: by name if all are there, else in their order without the top."""
    by_name = {one.name: one for one in found}
    if all(layer.name in by_name for layer in wanted):
        return [by_name[layer.name] for layer in wanted]
    in_order = [one for one in found if not _is_of_normalization(one)]
    # A classifier's dense layers have nothing with more than two dimensions.
    while len(in_order) > len(wanted) and all(array.ndim <= 2 for array in in_order[-1].arrays):
        in_order.pop()
    return in_order if len(in_order) == len(wanted) else None


def _is_of_normalization(one: LayerArrays) -> bool:
    """Whether these are the mean, the variance and the count of a layer that `_set_normalisation` sees to."""
    return len(one.arrays) == 3 and one.arrays[-1].ndim == 0


def _by_old_names(wanted: Sequence[layers.Layer], found: Sequence[LayerArrays]) -> list[LayerArrays] | None:
    """ResNet50 with the names of Keras 1."""
    by_name = {one.name: one for one in found}
    names = [_resnet50_old_name(layer.name) for layer in wanted]
    return [by_name[name] for name in names] if all(name in by_name for name in names) else None


def _fill_keras_3(model: keras.Model, path: Path, entry: BackboneEntry) -> None:
    with keras_3_weights(path) as weights:
        try:
            model.load_weights(weights)
        except (ValueError, KeyError, OSError, RuntimeError) as error:
            log.info("%s: %s", path, error)
            raise _other_network(path, entry) from error


def _other_network(path: Path, entry: BackboneEntry) -> WeightsError:
    said = tr("“{file}” holds the weights of another network than {network}, or not all of them.")
    return WeightsError(said.format(file=path.name, network=entry.title))
