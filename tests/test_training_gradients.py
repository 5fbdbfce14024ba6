"""True gradients inside networks: against finite differences, and maps of evidence that was planted in one corner.

The networks are made in Keras, written as LiteRT files and rebuilt from those, as they are for any model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import training.gradients
from core import gradient_server
from core.bundle_heads import tail_arrays
from core.bundles import Backbone, Bundle, Pooling, Tail, View, write_bundle
from core.errors import UserError
from core.explain_methods import ALL, LAST, MapRequest, Method
from core.gradient_server import GradientServer
from core.heatmaps import class_evidence
from core.inference import Classifier
from core.layer_maps import class_weights, layer_cells
from core.network_layers import Activations, layers_called, layers_of, network_layers
from core.records import Floats, Photo
from core.tails import Dense, DenseTail
from tests.bundle_factory import CARD, NO_HASH, STRENGTH, tiny_info, tiny_network
from training.convert import Weights, to_litert
from training.from_litert import rebuilt
from training.gradients import Differentiable, LayerGradients, serve

SIZE_PX = 32
RED, GREEN = 0, 1
SIZE = (64, 64)
# Each colour above the mean of the two others, 0...1.
LEADS = (1.5 * np.eye(3) - 0.5).astype(np.float32) / 255


def colours() -> keras.Model:
    """Sees colours at once, in full resolution, and pools them twice: the evidence is where the colour is."""
    picture = keras.Input((SIZE_PX, SIZE_PX, 3), name="picture")
    x = layers.Conv2D(3, 1, use_bias=False, activation="relu", name="lead")(picture)
    x = layers.AveragePooling2D(2)(x)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, activation="relu", name="smooth")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(3, 1, use_bias=False, activation="relu", name="last")(x)
    model = keras.Model(picture, x, name="colours")
    model.get_layer("lead").set_weights([LEADS[None, None]])
    model.get_layer("smooth").set_weights([np.full((3, 3, 3, 1), 1 / 9, np.float32)])
    model.get_layer("last").set_weights([np.eye(3, dtype=np.float32)[None, None]])
    return model


def chance(activation: str = "relu") -> keras.Model:
    """Random weights without biases, two branches that are joined, three resolutions."""
    keras.utils.set_random_seed(5)
    picture = keras.Input((SIZE_PX, SIZE_PX, 3), name="picture")
    x = layers.Conv2D(6, 3, 2, "same", use_bias=False, activation=activation, name="first")(picture)
    y = layers.Conv2D(6, 3, padding="same", use_bias=False, activation=activation, name="branch")(x)
    x = layers.Add(name="joined")([x, y])
    x = layers.MaxPooling2D(2, padding="same")(x)
    # Linear: a ReLU might be all off, and then there is nothing to be seen.
    x = layers.Conv2D(8, 3, 2, "valid", use_bias=False, name="second")(x)
    return keras.Model(picture, x, name="chance")


def bundle_of(
    model: keras.Model, folder: Path, views: tuple[View, ...] = (View.CENTRE,), tail: DenseTail | None = None
) -> Bundle:
    """A model of the three colours with this network; the head takes the first three numbers."""
    file = folder.with_name(f"{folder.name}.network")
    to_litert(model, file, Weights.FLOAT32)
    rows, columns, channels = (int(side) for side in model.output.shape[1:])
    said = None if tail is None else Tail(pooling=tail.pooling, dense=tuple(len(one.bias) for one in tail.layers))
    backbone = Backbone(
        name=model.name, title=model.name, file=f"{model.name}.tflite", sha256=NO_HASH, size_px=SIZE_PX, rows=rows,
        columns=columns, channels=channels, views=views, tail=said,
    )  # fmt: skip
    info = tiny_info(folder.name)
    calibration = info.calibration.model_copy(update={"subject": None})
    info = info.model_copy(update={"backbones": (backbone,), "calibration": calibration})
    kernel = np.eye(backbone.width, 3) * STRENGTH
    arrays: dict[str, Any] = {"kernel": kernel.astype(np.float32), "bias": np.zeros(3, np.float32)}
    if tail is not None:
        arrays |= tail_arrays(model.name, tail)
    return write_bundle(folder, info, arrays, {model.name: file}, CARD)


def photo_of(top: int, left: int, side: int = 40, colour: tuple[int, int, int] = (255, 0, 0)) -> Photo:
    pixels = np.full((128, 128, 3), 90, np.uint8)
    pixels[top : top + side, left : left + side] = colour
    return Photo(pixels, 128, 128)


def middle(values: Floats) -> tuple[float, float]:
    rows, columns = np.nonzero(values >= 0.9 * values.max())
    return float(rows.mean()) / values.shape[0], float(columns.mean()) / values.shape[1]


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> LayerGradients:
    return LayerGradients(bundle_of(colours(), tmp_path_factory.mktemp("seeing") / "colours"))


@pytest.fixture(scope="module")
def guessing(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle_of(chance(), tmp_path_factory.mktemp("guessing") / "chance")


@pytest.mark.parametrize("layer", ["lead", "smooth", LAST, ALL])
@pytest.mark.parametrize("method", [Method.GRADCAM, Method.HIRESCAM, Method.LAYERCAM])
def test_every_layer_finds_the_planted_corner(seeing: LayerGradients, method: Method, layer: str) -> None:
    for top, left in ((0, 0), (0, 88), (88, 0), (88, 88)):
        found = seeing.evidence(photo_of(top, left), MapRequest(method, layer, RED, None, SIZE))
        down, across = middle(found.values)
        assert found.positive and found.values.shape == SIZE
        assert abs(down - (top + 20) / 128) < 0.1 and abs(across - (left + 20) / 128) < 0.1


def test_early_layers_are_sharper(seeing: LayerGradients) -> None:
    photo = photo_of(60, 60, 8)
    early, late = (
        seeing.evidence(photo, MapRequest(Method.LAYERCAM, layer, RED, None, SIZE)).values for layer in ("lead", LAST)
    )
    spread = [(one >= 0.3 * one.max()).mean() for one in (early, late)]
    assert spread[0] < 0.6 * spread[1]


def test_contrasts_tell_the_planted_corners_apart(seeing: LayerGradients) -> None:
    pixels = photo_of(0, 0).pixels.copy()
    pixels[88:, 88:] = (0, 255, 0)
    request = MapRequest(Method.HIRESCAM, "lead", RED, GREEN, SIZE)
    found = seeing.evidence(Photo(pixels, 128, 128), request).values
    assert found[:18, :18].mean() > 1 and found[46:, 46:].mean() < -1
    fused = seeing.evidence(Photo(pixels, 128, 128), MapRequest(Method.FUSED, ALL, RED, GREEN, SIZE)).values
    assert fused[:18, :18].mean() > 0.3 and fused[46:, 46:].max() < 0.05


@pytest.mark.parametrize("views", [(View.MIRRORED,), (View.CENTRE, View.MIRRORED), (View.WHOLE, View.FOCUS)])
def test_the_corner_is_found_in_every_kind_of_view(tmp_path: Path, views: tuple[View, ...]) -> None:
    units = np.zeros((8 * 8 * 3, 3), np.float32)
    for cell in range(64):
        units[3 * cell : 3 * cell + 3] = np.eye(3) / 64
    tail = DenseTail(Pooling.FLATTEN, (Dense(units, np.zeros(3, np.float32)),))
    gradients = LayerGradients(bundle_of(colours(), tmp_path / "colours", views, tail))
    for layer in ("lead", ALL):
        found = gradients.evidence(photo_of(0, 8), MapRequest(Method.LAYERCAM, layer, RED, None, SIZE))
        down, across = middle(found.values)
        assert abs(down - 20 / 128) < 0.1 and abs(across - 28 / 128) < 0.1


def test_without_biases_every_stage_holds_the_whole_score(guessing: Bundle) -> None:
    gradients = LayerGradients(guessing)
    photo = Photo(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), 64, 64)
    stages = [layer for layer in layers_of(guessing) if layer.is_stage]
    assert [layer.rows for layer in stages] == [16, 8, 3]
    for label in range(3):
        embedding = Classifier(guessing).features(photo).embedding
        score = float(embedding @ class_weights(guessing.kernel, label))
        assert abs(score) > 1
        for _, _, inside in gradients.inside(photo, stages, label, None):
            cells = layer_cells(Method.HIRESCAM, inside.values, inside.gradient)
            assert float(cells.mean()) == pytest.approx(score, rel=1e-3, abs=1e-3)


def test_the_last_layer_is_the_exact_map(guessing: Bundle) -> None:
    gradients = LayerGradients(guessing)
    photo = photo_of(20, 70)
    (last,) = layers_called(guessing, LAST)
    exact = class_evidence(Classifier(guessing).features(photo), guessing.kernel, RED, SIZE)
    for layer in (LAST, last.full_name):  # from the head alone, and backwards through Keras
        for method in (Method.GRADCAM, Method.HIRESCAM):
            found = gradients.evidence(photo, MapRequest(method, layer, RED, None, SIZE))
            np.testing.assert_allclose(found.values, exact.values, atol=1e-3)


@pytest.mark.parametrize("view", [View.CENTRE, View.MIRRORED])
def test_a_dense_head_that_tells_left_from_right_has_its_exact_map(tmp_path: Path, view: View) -> None:
    rng = np.random.default_rng(8)
    dense = Dense(rng.normal(size=(3 * 3 * 8, 5)).astype(np.float32), np.full(5, 0.1, np.float32))
    bundle = bundle_of(chance(), tmp_path / "dense", (view,), DenseTail(Pooling.FLATTEN, (dense,)))
    gradients, photo = LayerGradients(bundle), photo_of(20, 70)
    (last,) = layers_called(bundle, LAST)
    exact = class_evidence(Classifier(bundle).features(photo), bundle.kernel, RED, SIZE).values
    assert np.abs(exact).max() > 1
    for layer in (LAST, last.full_name):
        found = gradients.evidence(photo, MapRequest(Method.HIRESCAM, layer, RED, None, SIZE))
        np.testing.assert_allclose(found.values, exact, rtol=1e-2, atol=1e-3 * np.abs(exact).max())


def test_all_resolutions_are_fused_the_coarsest_first(seeing: LayerGradients, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Floats] = []

    def kept(levels: list[Floats]) -> Floats:
        given.extend(levels)
        return levels[0]

    monkeypatch.setattr(training.gradients, "fused", kept)
    seeing.evidence(photo_of(60, 60, 8), MapRequest(Method.FUSED, ALL, RED, None, SIZE))
    spread = [(level >= 0.3 * level.max()).mean() for level in given]
    assert len(spread) == 3 and spread[0] > spread[1] > spread[2]


def test_the_gradient_is_that_of_finite_differences(tmp_path: Path) -> None:
    model = chance("tanh")  # smooth, so that small steps tell
    bundle = bundle_of(model, tmp_path / "smooth")
    (backbone,) = bundle.info.backbones
    network = Differentiable(bundle.network_path(backbone), backbone)
    rng = np.random.default_rng(3)
    picture = rng.uniform(-1, 1, (1, SIZE_PX, SIZE_PX, 3)).astype(np.float32)
    weights = rng.normal(size=tuple(model.output.shape[1:])).astype(np.float32)

    def slope(run: Callable[[Floats], Any], values: Floats, place: tuple[int, ...]) -> float:
        nudge = np.zeros_like(values)
        nudge[place] = 0.02
        return float(np.sum((np.asarray(run(values + nudge)) - np.asarray(run(values - nudge))) * weights) / 0.04)

    found = network.picture_gradient(picture, weights)
    for place in ((0, 3, 5, 0), (0, 16, 16, 2), (0, 30, 8, 1)):
        assert found[place[1:]] == pytest.approx(slope(model, picture, place), abs=2e-3)
    joined = next(layer for layer in network_layers(bundle, backbone) if layer.name == "joined")
    (inside,) = network.inside(picture, [joined], weights)
    rest = keras.Model(model.get_layer("joined").output, model.output)
    for place in ((0, 2, 3, 0), (0, 7, 7, 5), (0, 9, 4, 3)):
        wanted = slope(rest, inside.values[None], place)
        assert inside.gradient[place[1:]] == pytest.approx(wanted, abs=2e-3)


def test_both_runtimes_answer_the_same_in_every_layer(guessing: Bundle) -> None:
    (backbone,) = guessing.info.backbones
    path = guessing.network_path(backbone)
    every = network_layers(guessing, backbone)
    assert [layer.name for layer in every][:3] == ["first", "branch", "joined"]
    picture = np.random.default_rng(1).uniform(0, 255, (1, SIZE_PX, SIZE_PX, 3)).astype(np.float32)
    ones = np.ones((backbone.rows, backbone.columns, backbone.channels), np.float32)
    insides = Differentiable(path, backbone).inside(picture, every, ones)
    for inside, values in zip(insides, Activations(path)(picture, every), strict=True):
        np.testing.assert_allclose(inside.values, values, rtol=1e-3, atol=1e-2)


def many_steps() -> keras.Model:
    """What the networks of keras.applications are made of."""
    keras.utils.set_random_seed(2)
    picture = keras.Input((SIZE_PX, SIZE_PX, 3), name="picture")
    x = layers.Rescaling(1.0, [-10.0, -20.0, -30.0])(keras.ops.flip(picture, axis=-1))
    x = layers.Conv2D(8, 3, 2, "same", activation="swish")(x / 255)
    gate = layers.Reshape((1, 1, 8))(layers.GlobalAveragePooling2D()(x))
    x = layers.Multiply()([x, layers.Conv2D(8, 1, activation="hard_sigmoid")(gate)])
    y = layers.Conv2D(8, 3, padding="same", dilation_rate=2, activation="elu")(x)
    x = layers.Concatenate()([x, layers.AveragePooling2D(3, 1, "same")(y), layers.Activation("hard_silu")(y)])
    x = layers.LayerNormalization()(layers.ZeroPadding2D(((1, 0), (0, 1)))(x))
    x = layers.Dense(6, activation="gelu")(x)
    x = layers.Conv2D(6, 3, groups=2, padding="same", activation="tanh")(x)
    return keras.Model(picture, layers.DepthwiseConv2D(3, 2, depth_multiplier=2, activation="leaky_relu")(x))


def test_a_network_of_many_steps_is_rebuilt(tmp_path: Path) -> None:
    model, file = many_steps(), tmp_path / "many.tflite"
    to_litert(model, file, Weights.FLOAT32)
    again = rebuilt(file, SIZE_PX, "many")
    picture = np.random.default_rng(1).uniform(0, 255, (1, SIZE_PX, SIZE_PX, 3)).astype(np.float32)
    np.testing.assert_allclose(np.asarray(again(picture)), np.asarray(model(picture)), rtol=1e-3, atol=1e-4)


def test_unknown_steps_are_said_in_a_sentence(tmp_path: Path, tiny_bundle: Bundle) -> None:
    from ai_edge_litert import schema_py_generated as schema

    def tamper(model: Any) -> None:
        code = model.operatorCodes[0]
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.TOPK_V2

    file = tmp_path / "strange.tflite"
    file.write_bytes(tiny_network(tamper))
    with pytest.raises(UserError, match="cannot follow backwards"):
        Differentiable(file, tiny_bundle.info.backbones[0])


def test_an_unknown_layer_is_said(seeing: LayerGradients) -> None:
    with pytest.raises(UserError, match="no layer"):
        seeing.evidence(photo_of(0, 0), MapRequest(Method.GRADCAM, "nowhere", RED, None, SIZE))


@pytest.fixture
def server(seeing: LayerGradients) -> Iterator[GradientServer]:
    with closing(GradientServer(seeing._bundle)) as served:
        yield served


def test_another_process_answers_the_same(seeing: LayerGradients, server: GradientServer) -> None:
    photo, request = photo_of(88, 0), MapRequest(Method.FUSED, ALL, RED, None, SIZE)
    here = seeing.evidence(photo, request)
    for _ in range(2):
        there = server.evidence(photo, request)
        np.testing.assert_allclose(there.values, here.values, atol=1e-4)
    assert there.positive is here.positive


def test_missing_parts_are_said_before_anything_starts(server: GradientServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradient_server, "has_training_parts", lambda: False)
    with pytest.raises(UserError, match="parts for training"):
        server.start()
    assert server._process is None


def test_a_bundle_is_served_by_its_folder(seeing: LayerGradients) -> None:
    assert serve(seeing._bundle.folder)._bundle.name == "colours"


def test_the_model_is_not_asked_again_for_what_it_saw(guessing: Bundle) -> None:
    photo, asked = photo_of(20, 70), LayerGradients(guessing)
    request = MapRequest(Method.FUSED, ALL, RED, None, SIZE)
    mine = asked.evidence(photo, request)
    told = LayerGradients(guessing)
    given = told.evidence(photo, replace(request, features=Classifier(guessing).features(photo)))
    assert asked._classifier is not None and told._classifier is None, "a second copy of the networks"
    np.testing.assert_allclose(given.values, mine.values, atol=1e-5)


def test_weights_of_dense_layers_stay_behind(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    dense = Dense(rng.normal(size=(3 * 3 * 8, 5)).astype(np.float32), np.full(5, 0.1, np.float32))
    bundle = bundle_of(chance(), tmp_path / "dense", (View.CENTRE,), DenseTail(Pooling.FLATTEN, (dense,)))
    photo = photo_of(20, 70)
    request = MapRequest(Method.HIRESCAM, LAST, RED, None, SIZE, Classifier(bundle).features(photo))
    lighter = gradient_server._lighter(request)
    assert lighter.features is not None and all(seen.tail is None for seen in lighter.features.maps)
    gradients = LayerGradients(bundle)
    whole, light = (gradients.evidence(photo, one).values for one in (request, lighter))
    np.testing.assert_array_equal(whole, light)


def test_a_network_is_followed_back_in_pieces(guessing: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    gradients, photo = LayerGradients(guessing), photo_of(20, 70)
    layers_there = layers_of(guessing)
    network = gradients._network(guessing.info.backbones[0])
    assert len(network._cuts) == 3, "one for each resolution"
    in_pieces = gradients.inside(photo, layers_there, RED, None)
    network._cuts = [network._made]
    at_once = gradients.inside(photo, layers_there, RED, None)
    assert len(in_pieces) == len(layers_there) > 3
    for (_, layer, one), (_, _, other) in zip(in_pieces, at_once, strict=True):
        assert one.values.shape == layer.shape
        np.testing.assert_allclose(one.values, other.values, atol=1e-4)
        np.testing.assert_allclose(one.gradient, other.gradient, atol=1e-4)
