"""Features and probabilities, with a network whose numbers are known: the mean colours of 4 x 4 cells."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bundles import Bundle, View
from core.errors import BundleError, PhotoError
from core.inference import LEAST_FOCUS, MOST_FOCUS, Classifier, Network, focus_square, softmax
from core.inputs import WHOLE, centre_square
from core.records import FeatureMap, Features, Photo, Pixels
from tests.bundle_factory import CELLS, CHANNELS, SIZE_PX, make_bundle, tiny_network

RED, GREEN, BLUE, DARK = range(4)
OUTPUT = (CELLS, CELLS, CHANNELS)


def photo_of(pixels: Pixels) -> Photo:
    return Photo(pixels, pixels.shape[1], pixels.shape[0])


def painted(width: int, height: int, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> Photo:
    """A black picture with one rectangle (left, top, right, bottom)."""
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = box
    pixels[top:bottom, left:right] = colour
    return photo_of(pixels)


def plain(colour: tuple[int, int, int], width: int = 60, height: int = 40) -> Photo:
    return painted(width, height, (0, 0, width, height), colour)


@pytest.mark.parametrize(("colour", "label"), [((255, 0, 0), 0), ((0, 255, 0), 1), ((0, 0, 255), 2)])
def test_the_leading_colour_wins_with_the_probability_worked_out_by_hand(
    tiny_bundle: Bundle, colour: tuple[int, int, int], label: int
) -> None:
    prediction = Classifier(tiny_bundle).predict(plain(colour))
    # Scores are 10 for the colour and 0 for the two others.
    assert prediction.probabilities[label] == pytest.approx(np.exp(10) / (np.exp(10) + 2), abs=1e-4)
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert prediction.subject > 0.99


def test_grey_is_no_subject(tiny_bundle: Bundle) -> None:
    assert Classifier(tiny_bundle).predict(plain((128, 128, 128))).subject < 0.2


def test_a_model_without_rejection_takes_everything_for_its_subject(tiny_bundle: Bundle) -> None:
    tolerant = replace(tiny_bundle, subject_kernel=None, subject_bias=None, subject_positive=None)
    assert Classifier(tolerant).predict(plain((128, 128, 128))).subject == 1


def test_temperature_softens_the_probabilities(tiny_bundle: Bundle) -> None:
    calibration = tiny_bundle.info.calibration.model_copy(update={"temperature": 5.0})
    softer = replace(tiny_bundle, info=tiny_bundle.info.model_copy(update={"calibration": calibration}))
    found = Classifier(softer).predict(plain((255, 0, 0))).probabilities
    assert found[RED] == pytest.approx(np.exp(2) / (np.exp(2) + 2), abs=1e-4)


def test_centre_view_ignores_what_lies_outside_of_the_square(tiny_bundle: Bundle) -> None:
    features = Classifier(tiny_bundle).features(painted(80, 40, (0, 0, 20, 40), (255, 0, 0)))
    assert features.maps[0].box == centre_square(80, 40)
    assert features.embedding[RED] == pytest.approx(0, abs=0.02)


def test_whole_view_sees_the_whole_picture(tmp_path: Path) -> None:
    classifier = Classifier(make_bundle(tmp_path / "colours", views=[View.WHOLE]))
    features = classifier.features(painted(80, 40, (0, 0, 20, 40), (255, 0, 0)))
    assert features.maps[0].box == WHOLE
    assert features.embedding[RED] == pytest.approx(0.25, abs=0.02)
    assert features.maps[0].values[:, :, RED].mean(axis=0).argmax() == 0


def test_the_map_of_the_mirrored_view_is_flipped_back(tmp_path: Path) -> None:
    classifier = Classifier(make_bundle(tmp_path / "colours", views=[View.CENTRE, View.MIRRORED]))
    # The rectangle is no multiple of a cell, so that a map which was not flipped back would differ.
    centre, mirrored = classifier.features(painted(40, 40, (0, 0, 13, 17), (255, 0, 0))).maps
    np.testing.assert_allclose(centre.values, mirrored.values, atol=0.02)
    assert centre.values[0, 0, RED] > 0.9
    assert centre.box == mirrored.box


@pytest.mark.parametrize(("width", "height"), [(120, 80), (80, 120), (90, 90)])
def test_focus_looks_at_the_corner_where_the_energy_is(tmp_path: Path, width: int, height: int) -> None:
    classifier = Classifier(make_bundle(tmp_path / "colours", views=[View.CENTRE, View.FOCUS]))
    square = centre_square(width, height)
    left, top = round(square.left * width), round(square.top * height)
    # White on black: the mean over the channels is highest there (darkness counts as one of the four).
    found = classifier.features(painted(width, height, (left, top, left + 30, top + 30), (255, 255, 255)))
    centre, focus = found.maps
    assert centre.share == focus.share == 0.5
    assert (focus.box.left + focus.box.right) / 2 < 0.5
    assert (focus.box.top + focus.box.bottom) / 2 < 0.5
    bright = focus.values[:, :, RED]
    assert bright.max() > 0.9
    row, column = np.unravel_index(bright.argmax(), bright.shape)
    box = focus.box
    assert left <= (box.left + (column + 0.5) / CELLS * (box.right - box.left)) * width <= left + 30
    assert top <= (box.top + (row + 0.5) / CELLS * (box.bottom - box.top)) * height <= top + 30
    assert bright[-1, -1] == pytest.approx(0, abs=0.02)
    # The square is smaller, so the patch fills more of it.
    assert bright.mean() > centre.values[:, :, RED].mean()


def test_the_first_look_of_the_model_guides_all_its_networks(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "colours", views=[View.CENTRE, View.FOCUS], networks=2)
    boxes = [seen.box for seen in Classifier(bundle).features(painted(90, 60, (20, 0, 40, 20), (255, 255, 255))).maps]
    assert boxes[1] == boxes[3] != boxes[0]


def test_a_dense_layer_lies_between_the_mean_and_the_head(tiny_bundle: Bundle) -> None:
    units = np.random.default_rng(0).normal(size=(CHANNELS, 6)).astype(np.float32)
    (backbone,) = tiny_bundle.info.backbones
    info = tiny_bundle.info.model_copy(update={"backbones": (backbone.model_copy(update={"hidden": 6}),)})
    features = Classifier(replace(tiny_bundle, info=info, hidden={backbone.name: units})).features(plain((255, 128, 0)))
    mean = np.array([1, 128 / 255, 0, 1 - (255 + 128) / 3 / 255])
    np.testing.assert_allclose(features.embedding, np.maximum(mean @ units, 0), atol=1e-3)


@given(
    energy=st.lists(st.floats(0, 5, width=32), min_size=12, max_size=12),
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
)
def test_the_focus_is_a_square_inside_of_the_picture(energy: list[float], width: int, height: int) -> None:
    values = np.array(energy, np.float32).reshape(3, 4, 1)
    box = focus_square(FeatureMap("cells", values, centre_square(width, height), 0, 1.0), width, height)
    side = (box.right - box.left) * width
    assert side == pytest.approx((box.bottom - box.top) * height)
    assert LEAST_FOCUS - 1e-6 <= side / min(width, height) <= MOST_FOCUS + 1e-6
    assert box.left >= 0
    assert box.top >= 0
    assert box.right <= 1 + 1e-9
    assert box.bottom <= 1 + 1e-9


def test_spread_energy_gives_a_larger_focus_than_a_point() -> None:
    def side(values: list[list[int]]) -> float:
        seen = FeatureMap("cells", np.array(values, np.float32)[:, :, None], WHOLE, 0, 1.0)
        box = focus_square(seen, 100, 100)
        return box.right - box.left

    assert side([[1, 0, 1], [0, 0, 0], [1, 0, 1]]) > side([[0, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_several_networks_fill_the_embedding_one_after_the_other(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "colours", views=[View.CENTRE, View.WHOLE], networks=2)
    found = Classifier(bundle).features(painted(80, 40, (0, 0, 40, 40), (0, 255, 0)))
    assert [seen.first_channel for seen in found.maps] == [0, 0, 4, 4]
    assert found.embedding.shape == (8,)
    means = np.zeros(8)
    for seen in found.maps:
        means[seen.first_channel : seen.first_channel + 4] += seen.share * seen.values.mean(axis=(0, 1))
    np.testing.assert_allclose(found.embedding, means, atol=1e-6)
    np.testing.assert_allclose(found.embedding[:4], found.embedding[4:], atol=1e-6)


def test_the_prediction_keeps_its_features_and_can_be_made_from_them_again(tiny_bundle: Bundle) -> None:
    classifier = Classifier(tiny_bundle)
    prediction = classifier.predict(plain((255, 0, 0)))
    assert prediction.features is not None
    np.testing.assert_array_equal(classifier.judge(prediction.features).probabilities, prediction.probabilities)


def test_a_single_pixel_is_a_photograph_too(tiny_bundle: Bundle) -> None:
    assert Classifier(tiny_bundle).predict(plain((0, 0, 255), 1, 1)).probabilities.argmax() == BLUE


def test_threads_may_share_a_classifier(tiny_bundle: Bundle) -> None:
    classifier = Classifier(tiny_bundle)
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    wrong: list[int] = []

    def work(label: int) -> None:
        for _ in range(40):
            if classifier.predict(plain(colours[label])).probabilities.argmax() != label:
                wrong.append(label)

    threads = [threading.Thread(target=work, args=(label,)) for label in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_least_px_is_that_of_the_largest_network(tiny_bundle: Bundle) -> None:
    assert Classifier(tiny_bundle).least_px == SIZE_PX


def test_numbers_that_are_none_make_no_answer(tiny_bundle: Bundle) -> None:
    with pytest.raises(PhotoError):
        Classifier(tiny_bundle).judge(Features(np.full(CHANNELS, np.nan, np.float32), ()))


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=20))
def test_softmax_is_a_distribution_for_any_scores(scores: list[float]) -> None:
    found = softmax(np.array(scores, np.float32))
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert (found >= 0).all()


# -- networks that are none, or not the right ones ----------------------------------------------------------------


def network_file(folder: Path, tamper: Callable[[Any], None] | None = None) -> Path:
    path = folder / "réseau.tflite"
    path.write_bytes(tiny_network(tamper))
    return path


def test_a_path_with_accents_is_read(tmp_path: Path) -> None:
    assert Network(network_file(tmp_path), SIZE_PX, OUTPUT, 1)(np.zeros((1, 32, 32, 3), np.float32)).shape == OUTPUT


@pytest.mark.parametrize("kept", [0, 10, 200, 0.5, 0.9])
def test_a_cut_file_is_refused(tmp_path: Path, kept: float) -> None:
    path = network_file(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if isinstance(kept, float) else kept])
    with pytest.raises(BundleError, match="réseau"):
        Network(path, SIZE_PX, OUTPUT, 1)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="nowhere"):
        Network(tmp_path / "nowhere.tflite", SIZE_PX, OUTPUT, 1)


@pytest.mark.parametrize(("size_px", "output"), [(64, OUTPUT), (SIZE_PX, (CELLS, CELLS, 5)), (SIZE_PX, (3, 3, 4))])
def test_a_network_of_another_shape_is_refused(tmp_path: Path, size_px: int, output: tuple[int, int, int]) -> None:
    with pytest.raises(BundleError, match="describes"):
        Network(network_file(tmp_path), size_px, output, 1)


def test_a_network_that_asks_for_too_much_memory_is_refused(tmp_path: Path) -> None:
    def greedy(model: Any) -> None:
        model.subgraphs[0].tensors[0].shape = [1, 100_000, 100_000, 3]

    with pytest.raises(BundleError, match="more than"):
        Network(network_file(tmp_path, greedy), SIZE_PX, OUTPUT, 1)


def test_a_network_with_programs_in_it_is_refused(tmp_path: Path) -> None:
    """Further graphs are the bodies of loops and branches."""

    def looping(model: Any) -> None:
        model.subgraphs = [model.subgraphs[0], model.subgraphs[0]]

    with pytest.raises(BundleError, match="more than"):
        Network(network_file(tmp_path, looping), SIZE_PX, OUTPUT, 1)


def test_an_unknown_operation_is_refused(tmp_path: Path) -> None:
    def strange(model: Any) -> None:
        model.operatorCodes[0].builtinCode = 32  # CUSTOM
        model.operatorCodes[0].deprecatedBuiltinCode = 32
        model.operatorCodes[0].customCode = "RunAnything"

    with pytest.raises(BundleError, match="réseau"):
        Network(network_file(tmp_path, strange), SIZE_PX, OUTPUT, 1)
