"""Layers of a network, what they answer, and maps of their evidence: on cells whose colours are planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.activation_sheet import ActivationReader
from core.bundles import Bundle, View
from core.errors import UserError
from core.explain_methods import LAST, METHODS, MapRequest, Method
from core.explaining import Explainer
from core.heatmaps import class_evidence
from core.inference import Classifier
from core.layer_maps import class_weights, fused, last_map, layer_cells
from core.network_layers import LayerKind, layers_called, layers_of
from core.perturbations import RestsOn
from core.records import EvidenceMap, Floats, Photo, Pixels
from tests.bundle_factory import CELLS, CHANNELS, make_bundle

RED, GREEN = 0, 1
SIDE = 128


def planted(top: int = 0, left: int = 0, side: int = 40, colour: Sequence[int] = (255, 0, 0)) -> Photo:
    """A patch of a colour on grey."""
    pixels = np.full((SIDE, SIDE, 3), 90, np.uint8)
    pixels[top : top + side, left : left + side] = colour
    return Photo(pixels, SIDE, SIDE)


def middle(values: Floats) -> tuple[float, float]:
    """The middle of the strongest places, as parts of height and width."""
    rows, columns = np.nonzero(values >= 0.9 * values.max())
    return float(rows.mean()) / values.shape[0], float(columns.mean()) / values.shape[1]


def test_the_layers_of_a_network_are_listed(tiny_bundle: Bundle) -> None:
    (layer,) = layers_of(tiny_bundle)
    assert (layer.network, layer.kind, layer.shape) == ("cells", LayerKind.MAP, (CELLS, CELLS, CHANNELS))
    assert layer.is_stage
    assert layers_called(tiny_bundle, LAST) == layers_called(tiny_bundle, layer.full_name) == (layer,)
    with pytest.raises(UserError, match="no layer"):
        layers_called(tiny_bundle, "nowhere")


def test_the_shipped_networks_name_their_layers_and_resolutions() -> None:
    from core.bundles import load_bundle
    from core.folders import shipped_models_dir

    layers = layers_of(load_bundle(shipped_models_dir() / "dogs-fast"))
    assert len({layer.full_name for layer in layers}) == len(layers) > 20
    stages = [layer.rows for layer in layers if layer.is_stage]
    assert stages == [112, 56, 28, 14, 7]
    assert layers[-1].kind is LayerKind.MAP and all(layer.rows > 1 for layer in layers)


@pytest.mark.parametrize("views", [(View.CENTRE,), (View.MIRRORED,), (View.CENTRE, View.MIRRORED)])
@pytest.mark.parametrize("method", [Method.GRADCAM, Method.HIRESCAM])
def test_the_last_map_is_the_exact_one(tmp_path: Any, method: Method, views: tuple[View, ...]) -> None:
    bundle = make_bundle(tmp_path / "colours", views=views)
    features = Classifier(bundle).features(planted(80, 8))
    exact = class_evidence(features, bundle.kernel, RED, (64, 64))
    found = last_map(method, features, bundle.kernel, RED, None, (64, 64))
    assert found.positive is exact.positive
    np.testing.assert_allclose(found.values, exact.values, atol=1e-4)


@pytest.mark.parametrize(("top", "left"), [(0, 0), (0, 88), (88, 0), (88, 88)])
def test_layercam_finds_the_planted_corner(tiny_bundle: Bundle, top: int, left: int) -> None:
    features = Classifier(tiny_bundle).features(planted(top, left))
    found = last_map(Method.LAYERCAM, features, tiny_bundle.kernel, RED, None, (64, 64))
    down, across = middle(found.values)
    assert found.positive and found.values.min() >= 0
    assert abs(down - (top + 20) / SIDE) < 0.13 and abs(across - (left + 20) / SIDE) < 0.13


def test_a_contrast_tells_both_apart(tiny_bundle: Bundle) -> None:
    both = planted(0, 0).pixels.copy()
    both[88:, 88:] = (0, 255, 0)
    features = Classifier(tiny_bundle).features(Photo(both, SIDE, SIDE))
    found = last_map(Method.HIRESCAM, features, tiny_bundle.kernel, RED, GREEN, (64, 64)).values
    assert found[:16, :16].mean() > 1 and found[48:, 48:].mean() < -1


def test_cells_of_a_layer_by_hand() -> None:
    values = np.array([[[1.0, 2.0]], [[3.0, 0.0]]], np.float32)  # two cells, two channels
    gradient = np.array([[[1.0, -1.0]], [[3.0, 1.0]]], np.float32)
    by_hand = {Method.GRADCAM: [2.0, 6.0], Method.HIRESCAM: [-1.0, 9.0], Method.LAYERCAM: [1.0, 9.0]}
    for method, wanted in by_hand.items():
        assert layer_cells(method, values, gradient).ravel().tolist() == [2 * one for one in wanted]
    with pytest.raises(ValueError, match="no map"):
        layer_cells(Method.SHAP, values, gradient)


def test_fused_maps_are_coarse_in_place_and_fine_in_detail() -> None:
    coarse, fine = np.zeros((40, 40), np.float32), np.zeros((40, 40), np.float32)
    coarse[:20, :20] = 2
    fine[5, 5], fine[30, 30] = 7, 7  # the second one lies where the coarse map has nothing
    found = fused([coarse, fine])
    assert divmod(int(found.argmax()), 40) == (5, 5)
    assert found[30, 30] == 0 and 0 < found[10, 10] < found[5, 5] <= 1
    assert not fused([-coarse, fine]).any()


def test_activations_are_what_the_layer_says(tiny_bundle: Bundle) -> None:
    seen = ActivationReader(tiny_bundle).strongest(planted(96, 0, 32), LAST, most=2)
    strongest = seen.channels[0]
    assert len(seen.channels) == 2 and strongest.number == RED
    assert strongest.peak == pytest.approx(1, abs=0.02)
    down, across = middle(strongest.values)
    assert down > 0.75 and across < 0.25
    assert strongest.values.max() <= 1.02


def test_activations_lie_where_a_mirrored_network_looked(tmp_path: Any) -> None:
    bundle = make_bundle(tmp_path / "colours", views=(View.MIRRORED,))
    values = ActivationReader(bundle).strongest(planted(0, 0, 32), LAST, most=1).channels[0].values
    assert max(middle(values)) < 0.25


class Recorded:
    """In place of the process with Keras."""

    def __init__(self) -> None:
        self.asked: list[MapRequest] = []

    def evidence(self, photo: Photo, request: MapRequest) -> EvidenceMap:
        self.asked.append(request)
        return EvidenceMap(np.ones(request.size, np.float32), True)


@pytest.fixture
def explainer(tiny_bundle: Bundle) -> Explainer:
    return Explainer(tiny_bundle, Classifier(tiny_bundle).predict, planted(0, 0, 60), Recorded())


@pytest.mark.parametrize(
    "method", [Method.GRADCAM, Method.HIRESCAM, Method.LAYERCAM, Method.AVERAGED, Method.OCCLUSION]
)
def test_every_map_without_gradients_finds_the_corner(explainer: Explainer, method: Method) -> None:
    found = explainer.map(method, RED)
    assert found.positive and found.values.shape == explainer.size
    assert max(middle(found.values)) < 0.5
    assert explainer.gradients is not None and explainer.gradients.asked == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("method", "layer", "wanted"),
    [(Method.FUSED, None, "all"), (Method.LAYERCAM, "all", "all"), (Method.GRADCAM, "conv1", "conv1")],
)
def test_inner_layers_are_asked_of_the_gradients(
    explainer: Explainer, method: Method, layer: str | None, wanted: str
) -> None:
    explainer.map(method, RED, GREEN, layer)
    assert explainer.gradients is not None
    assert [one.layer for one in explainer.gradients.asked] == [wanted]  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="not available"):
        replace(explainer, gradients=None).map(method, RED, GREEN, layer)


def test_what_needs_the_parts_for_training() -> None:
    without = {method for method, entry in METHODS.items() if not entry.needs_training()}
    assert without == set(Method) - {Method.FUSED}
    assert METHODS[Method.GRADCAM].needs_training("conv1") and not METHODS[Method.ACTIVATIONS].needs_training("conv1")


def test_subject_and_background_are_asked_about(explainer: Explainer) -> None:
    mask = np.zeros((32, 32), np.bool_)
    mask[:16, :16] = True  # in another size than the picture
    found = explainer.apart(mask, RED)
    assert found.rests_on is RestsOn.SUBJECT and found.background < 0.5 < found.animal
    with pytest.raises(UserError, match="stands out"):
        explainer.apart(np.zeros((32, 32), np.bool_), RED)


def test_large_photographs_are_asked_about_in_small(tiny_bundle: Bundle) -> None:
    asked: list[Pixels] = []

    def predict(photo: Photo) -> Any:
        asked.append(photo.pixels)
        return classifier.predict(photo)

    classifier = Classifier(tiny_bundle)
    large = np.full((600, 900, 3), 90, np.uint8)
    Explainer(tiny_bundle, predict, Photo(large, 900, 600)).map(Method.OCCLUSION, RED)
    assert {one.shape[0] for one in asked} == {37}


def test_weights_are_those_above_the_others(tiny_bundle: Bundle) -> None:
    kernel = tiny_bundle.kernel
    assert class_weights(kernel, RED).tolist() == pytest.approx((kernel[:, RED] - kernel.mean(axis=1)).tolist())
    assert class_weights(kernel, RED, GREEN)[:3].tolist() == [10, -10, 0]
