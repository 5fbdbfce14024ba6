"""Networks in Keras: each of the table, with its own normalisation inside, and any file of weights that fits."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")

import keras
from keras.src.applications import imagenet_utils

from core.backbones import BACKBONES, BackboneEntry, Kind, Normalisation
from core.bundles import load_bundle
from core.errors import UserError
from core.folders import shipped_models_dir
from core.inference import Network
from core.records import Floats
from core.train_config import HeadLayout, Pooling
from training.builders import FEATURE_MAP, PROBABILITIES, build, classifier
from training.networks import _resnet50_old_name
from training.scratch import PLANS, Plan, build_from_scratch
from training.weight_files import NOTHING, WeightsError

FROM_KERAS = [entry for entry in BACKBONES.values() if entry.keras]
# One of each family; the others differ in numbers only, and take minutes.
BUILT = ["vgg16", "mobilenet", "mobilenetv3_small", "densenet121", "efficientnet_b0", "convnext_tiny"]
MODES = {Normalisation.CAFFE: "caffe", Normalisation.TF: "tf", Normalisation.TORCH: "torch"}
SHIPPED = [name for name, entry in BACKBONES.items() if entry.kind is Kind.SHIPPED]


def picture(size_px: int, seed: int = 0) -> Floats:
    values = np.random.default_rng(seed).uniform(0, 255, (1, 8, 8, 3))
    return np.asarray(np.kron(values, np.ones((1, size_px // 8, size_px // 8, 1))), np.float32)


def answer(model: Any, values: Floats) -> Floats:
    return np.asarray(model(values, training=False), np.float32)


# -- The table ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", FROM_KERAS, ids=lambda entry: entry.name)
def test_keras_has_each_with_this_checksum_and_size(entry: BackboneEntry) -> None:
    make = getattr(keras.applications, entry.keras)
    source = inspect.getsource(sys.modules[make.__module__])
    families = source + inspect.getsource(sys.modules["keras.src.applications.resnet"])
    assert entry.file is not None and entry.file.checksum in families
    assert entry.file.url.rsplit("/", 1)[0].split("/")[-1] in families or "keras-applications/" in families
    if entry.keras.startswith("EfficientNet"):
        assert str(entry.size_px) in inspect.getsource(make)


@pytest.mark.parametrize("name", BUILT)
def test_the_normalisation_is_inside(name: str) -> None:
    entry = BACKBONES[name]
    model = build(name, 32, NOTHING)
    plain = getattr(keras.applications, entry.keras)(include_top=False, weights=None, input_shape=(32, 32, 3))
    plain.set_weights(model.get_weights())
    for layer in plain.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.input_mean is None:
            layer.finalize_state()
    given = picture(32)
    if entry.normalisation in MODES:
        given = imagenet_utils.preprocess_input(given.copy(), mode=MODES[entry.normalisation])
    found = answer(model, picture(32))
    assert found.shape[0] == 1 and found.shape[1] == found.shape[2] >= 1
    assert np.allclose(found, answer(plain, given), rtol=1e-3, atol=1e-5 * np.abs(found).max())
    assert round(model.count_params() / 1e6, 2) == pytest.approx(entry.parameters_m, abs=0.02)
    nested = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    assert len(nested) == (4 if name == "convnext_tiny" else 0), "flat, so that the last N can be trained"


def test_efficientnet_sees_imagenets_mean_and_deviation() -> None:
    model = build("efficientnet_b0", 32, NOTHING)
    (layer,) = (one for one in model.layers if isinstance(one, keras.layers.Normalization))
    grey = np.full((1, 1, 1, 3), 0.5, np.float32)
    wanted = (0.5 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    assert np.allclose(answer(layer, grey)[0, 0, 0], wanted, atol=1e-5)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_networks_come_back_as_they_are(name: str) -> None:
    entry = BACKBONES[name]
    bundle = load_bundle(shipped_models_dir() / entry.shipped_in)
    (backbone,) = (one for one in bundle.info.backbones if one.name == name)
    size, shape = backbone.size_px, (backbone.rows, backbone.columns, backbone.channels)
    given = np.repeat(np.repeat(picture(8), size // 8 + 1, 1), size // 8 + 1, 2)[:, :size, :size]
    wanted = Network(bundle.network_path(backbone), size, shape, 1)(given)
    model = build(name)
    assert np.allclose(answer(model, given)[0], wanted, atol=1e-3)
    assert any("conv" in layer.name and layer.trainable_weights for layer in model.layers)
    assert build(name, 96).output.shape[1:] == (3, 3, shape[2])


@pytest.mark.parametrize(
    ("name", "size_px", "weights", "said"),
    [
        ("alexnet", 0, NOTHING, "no network called “alexnet”"),
        ("dogs", 0, NOTHING, "several networks"),
        ("inceptionv3", 64, NOTHING, "at least 75 pixels"),
        ("pplcnetv2", 0, NOTHING, "cannot be trained from nothing"),
    ],
)
def test_what_cannot_be_built_is_said(name: str, size_px: int, weights: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        build(name, size_px, weights)


# -- Weights -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained() -> Any:
    """A network whose weights somebody has; small, with every kind of layer that files have."""
    model = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3), alpha=1.0)
    rng = np.random.default_rng(1)
    model.set_weights([weight + np.abs(rng.normal(0, 0.05, weight.shape)) for weight in model.get_weights()])
    return model


def as_file(model: Any, path: Path) -> Path:
    if path.suffix == ".npz":
        parts = {f"{layer.name}/{w.name}": w.numpy() for layer in model.layers for w in layer.weights}
        np.savez(path, allow_pickle=False, **parts)
    elif path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)
    return path


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["w.h5", "w.weights.h5", "w.keras", "w.npz"])
def test_files_of_every_kind_fit(trained: Any, tmp_path: Path, name: str) -> None:
    model = build("mobilenetv2", 32, str(as_file(trained, tmp_path / name)))
    assert np.allclose(answer(model, picture(32)), answer(trained, picture(32) / 127.5 - 1), atol=1e-5)


def test_a_classifier_on_top_is_left_out(tmp_path: Path) -> None:
    whole = keras.applications.MobileNet(weights=None, input_shape=(32, 32, 3), classes=7)
    whole.save(tmp_path / "w.h5")
    found = build("mobilenet", 32, str(tmp_path / "w.h5")).get_layer("conv_pw_13").get_weights()[0]
    assert np.array_equal(found, whole.get_layer("conv_pw_13").get_weights()[0])


def test_resnet50_takes_the_names_of_keras_1(tmp_path: Path) -> None:
    plain = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(32, 32, 3))
    parts = {
        f"{_resnet50_old_name(layer.name)}/{weight.name}": weight.numpy()
        for layer in reversed(plain.layers)
        for weight in layer.weights
    }
    np.savez(tmp_path / "resnet50.npz", allow_pickle=False, **parts, **{"fc1000/kernel": np.zeros((2048, 9))})
    model = build("resnet50", 32, str(tmp_path))
    for name in ("conv1_conv", "conv1_bn", "conv3_block2_1_conv", "conv5_block1_0_bn"):
        assert all(map(np.array_equal, model.get_layer(name).get_weights(), plain.get_layer(name).get_weights()))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["w.h5", "w.keras"])
def test_another_networks_weights_are_refused(trained: Any, tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightsError, match=r"w\..*another network than MobileNetV3 Small"):
        build("mobilenetv3_small", 32, str(as_file(trained, tmp_path / name)))


def test_wrong_shapes_are_refused(tmp_path: Path) -> None:
    narrow = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3), alpha=0.35)
    with pytest.raises(WeightsError, match="another network than MobileNetV2"):
        build("mobilenetv2", 32, str(as_file(narrow, tmp_path / "w.npz")))


def test_a_damaged_keras_file_is_refused(trained: Any, tmp_path: Path) -> None:
    whole = as_file(trained, tmp_path / "w.keras").read_bytes()
    (tmp_path / "w.keras").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="damaged"):
        build("mobilenetv2", 32, str(tmp_path / "w.keras"))


# -- From scratch, and classifiers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLANS)
def test_networks_from_scratch(name: str) -> None:
    entry = BACKBONES[name]
    model = build(name, 32, NOTHING)
    assert model.input_shape == (None, 32, 32, 3)
    assert answer(model, picture(32)).shape[1:3] in ((2, 2), (4, 4), (5, 5))
    assert build(name, entry.least_px, NOTHING).output.shape[1] >= 1
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Conv2D") == len(PLANS[name].widths) * PLANS[name].convolutions
    assert ("BatchNormalization" in kinds) == PLANS[name].batch_norm


def test_what_a_study_varies() -> None:
    plan = Plan((8, 8), activation="elu", batch_norm=False, dropout=0.3, pool="average")
    model = build_from_scratch("baseline", 16, plan=plan)
    assert [type(layer).__name__ for layer in model.layers].count("SpatialDropout2D") == 2
    assert model.get_layer("block_0_0_elu").activation is keras.activations.elu
    grey = build_from_scratch("baseline", 16, grey=True)
    swapped = picture(16)[..., ::-1]
    assert np.allclose(answer(grey, picture(16)), answer(grey, swapped), atol=1e-5)
    assert grey.get_layer("block_0_0_conv").kernel.shape[2] == 1


def test_a_classifier_has_its_layers_by_name() -> None:
    backbone = build("baseline", 32, NOTHING)
    model = classifier(backbone, HeadLayout(pooling=Pooling.FLATTEN, dense=(8, 4), dropout=0.5, batch_norm=True), 3)
    head = [layer.name for layer in model.layers[len(backbone.layers) :]]
    assert head == [
        FEATURE_MAP, "pooled",
        "dense_0", "dense_0_bn", "dense_0_relu", "dense_0_dropout",
        "dense_1", "dense_1_bn", "dense_1_relu", "dense_1_dropout", PROBABILITIES,
    ]  # fmt: skip
    assert model.get_layer(FEATURE_MAP).output.shape[1:] == backbone.output.shape[1:]
    assert answer(model, picture(32)).sum() == pytest.approx(1, abs=1e-5)


def test_in_half_precision_the_probabilities_stay_in_full() -> None:
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("mixed_float16")
        model = classifier(build("lenet", 32, NOTHING), HeadLayout(l2=1e-3, dropout=0.2), 3)
    finally:
        keras.config.set_dtype_policy(before)
    assert model.get_layer("block_0_0_conv").compute_dtype == "float16"
    assert model.output.dtype == "float32" == model.get_layer(PROBABILITIES).compute_dtype
