"""Dense layers between feature map and answer: the embedding, its gradient, and heatmaps of planted evidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.bundles import Bundle, Pooling, Tail, View
from core.heatmaps import class_evidence
from core.inference import Classifier
from core.inputs import WHOLE, padded_square
from core.records import Box, FeatureMap, Features, Floats, Photo, Pixels
from core.served import ServedModel, with_weights
from core.tails import Dense, DenseTail
from tests.bundle_factory import CELLS, CHANNELS

FLAT = CELLS * CELLS * CHANNELS
SHAPE = (3, 4, 5)
RED = 0
KINDS = [(pooling, units) for pooling in Pooling for units in ((), (6,), (8, 6, 7))]


def tail_of(pooling: Pooling, units: tuple[int, ...], shape: tuple[int, ...] = SHAPE, biased: bool = True) -> DenseTail:
    rng = np.random.default_rng(len(units))
    widths = (int(np.prod(shape)) if pooling is Pooling.FLATTEN else shape[-1], *units)
    layers = [
        Dense(rng.normal(size=pair).astype(np.float32), (biased * rng.normal(size=pair[1])).astype(np.float32))
        for pair in pairwise(widths)
    ]
    return DenseTail(pooling, tuple(layers))


def values_of(seed: int = 3) -> Floats:
    return np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)


@pytest.mark.parametrize(("pooling", "units"), KINDS)
def test_the_gradient_is_that_of_finite_differences(pooling: Pooling, units: tuple[int, ...]) -> None:
    tail = tail_of(pooling, units)
    values: Any = values_of().astype(np.float64)  # small differences need more digits
    weights: Any = np.random.default_rng(9).normal(size=tail.width(SHAPE))
    gradient = tail.gradient(values, weights)
    assert gradient.shape == SHAPE
    for place in np.ndindex(SHAPE):
        nudge: Any = np.zeros(SHAPE)
        nudge[place] = 1e-5
        found = (tail(values + nudge) @ weights - tail(values - nudge) @ weights) / 2e-5
        assert gradient[place] == pytest.approx(found, abs=1e-3)


@pytest.mark.parametrize(("pooling", "units"), KINDS)
def test_a_tail_says_how_wide_it_is(pooling: Pooling, units: tuple[int, ...]) -> None:
    tail = tail_of(pooling, units)
    assert tail(values_of()).shape == (tail.width(SHAPE),)
    assert FeatureMap("cells", values_of(), WHOLE, 0, 1.0, tail=tail).width == tail.width(SHAPE)


def test_the_old_hidden_layer_is_the_tail_with_one_layer_and_no_bias() -> None:
    tail = tail_of(Pooling.AVERAGE, (6,), biased=False)
    weights = np.random.default_rng(1).normal(size=6).astype(np.float32)
    old = FeatureMap("cells", values_of(), WHOLE, 0, 1.0, tail.layers[0].kernel)
    new = FeatureMap("cells", values_of(), WHOLE, 0, 1.0, tail=tail)
    np.testing.assert_allclose(new.pooled, old.pooled, rtol=1e-5)
    np.testing.assert_allclose(new.spread(weights), old.spread(weights), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("pooling", "units"), KINDS)
def test_a_map_without_biases_adds_up_to_the_score(pooling: Pooling, units: tuple[int, ...], mirrored: bool) -> None:
    tail = tail_of(pooling, units, biased=False)
    kernel = np.random.default_rng(2).normal(size=(tail.width(SHAPE), 4)).astype(np.float32)
    seen = FeatureMap("cells", values_of(), WHOLE, 0, 1.0, tail=tail, mirrored=mirrored)
    scores = seen.pooled @ kernel
    for label in range(4):
        np.testing.assert_allclose(seen.spread(kernel[:, label]).mean(), scores[label], rtol=1e-4, atol=1e-4)
        mean = class_evidence(Features(seen.pooled, (seen,)), kernel, label, (150, 200)).values.mean()
        assert mean == pytest.approx(scores[label] - scores.mean(), abs=0.02 * float(np.abs(scores).max()))


def test_what_biases_add_is_the_rest_of_the_score() -> None:
    tail, values = tail_of(Pooling.FLATTEN, (8, 6)), values_of()
    weights = np.random.default_rng(4).normal(size=6).astype(np.float32)
    seen = FeatureMap("cells", values, WHOLE, 0, 1.0, tail=tail)
    # Near this map the score is linear; at no map at all, along the same units, only the biases are left.
    steps = [layer_on(tail, values, place) for place in range(2)]
    added = steps[1] * (tail.layers[1].kernel.T @ (steps[0] * tail.layers[0].bias) + tail.layers[1].bias)
    assert seen.spread(weights).mean() + added @ weights == pytest.approx(seen.pooled @ weights, abs=1e-3)


def layer_on(tail: DenseTail, values: Floats, place: int) -> Floats:
    """Which units of a layer are active."""
    return np.asarray(DenseTail(tail.pooling, tail.layers[: place + 1])(values) > 0, np.float32)


# -- Planted evidence --------------------------------------------------------------------------------------------------


def corner_tail(row: int, column: int) -> DenseTail:
    """Reads the red of one cell only: its first unit is that, its second nothing."""
    kernel = np.zeros((CELLS, CELLS, CHANNELS, 2), np.float32)
    kernel[row, column, RED, 0] = 1
    return DenseTail(Pooling.FLATTEN, (Dense(kernel.reshape(FLAT, 2), np.zeros(2, np.float32)),))


def with_tail(bundle: Bundle, tail: DenseTail, views: tuple[View, ...]) -> Bundle:
    (backbone,) = bundle.info.backbones
    said = Tail(pooling=tail.pooling, dense=tuple(len(layer.bias) for layer in tail.layers))
    info = bundle.info.model_copy(update={"backbones": (backbone.model_copy(update={"tail": said, "views": views}),)})
    kernel = np.zeros((2, 3), np.float32)
    kernel[0, RED] = 10
    return replace(
        bundle, info=info, kernel=kernel, tails={backbone.name: tail},
        subject_kernel=None, subject_bias=None, subject_positive=None,
    )  # fmt: skip


def red(width: int, height: int) -> Photo:
    pixels: Pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, :, RED] = 255
    return Photo(pixels, width, height)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, CELLS - 1), (CELLS - 1, 0), (CELLS - 1, CELLS - 1), (1, 2)])
def test_a_tail_that_reads_one_cell_lights_only_that_cell(tiny_bundle: Bundle, row: int, column: int) -> None:
    bundle = with_tail(tiny_bundle, corner_tail(row, column), (View.WHOLE,))
    prediction = Classifier(bundle).predict(red(64, 64))  # red everywhere
    assert prediction.probabilities[RED] > 0.99
    assert prediction.features is not None
    cells = prediction.features.maps[0].spread(bundle.kernel[:, RED])
    assert divmod(int(cells.argmax()), CELLS) == (row, column)
    assert np.count_nonzero(np.abs(cells) > 1e-6) == 1
    values = class_evidence(prediction.features, bundle.kernel, RED, (80, 80)).values
    places = np.abs(values) > 0.05 * values.max()
    near = np.zeros_like(places)
    near[max(0, row - 1) * 20 : (row + 2) * 20, max(0, column - 1) * 20 : (column + 2) * 20] = True
    assert not places[~near].any()


@pytest.mark.parametrize("column", [0, CELLS - 1])
def test_in_the_mirrored_view_the_evidence_is_on_the_other_side(tiny_bundle: Bundle, column: int) -> None:
    bundle = with_tail(tiny_bundle, corner_tail(0, column), (View.MIRRORED,))
    pixels: Pixels = np.zeros((64, 64, 3), np.uint8)
    corner = 48 if column == 0 else 0  # what the network sees on the left lies on the right
    pixels[:16, corner : corner + 16, RED] = 255
    features = Classifier(bundle).features(Photo(pixels, 64, 64))
    assert features.embedding[0] == pytest.approx(1, abs=0.05)
    values = class_evidence(features, bundle.kernel, RED, (80, 80)).values
    _, place = np.unravel_index(values.argmax(), values.shape)
    assert bool(place > 40) is (column == 0)


def test_two_views_of_a_flattened_map_are_shown_each_at_its_place(tiny_bundle: Bundle) -> None:
    bundle = with_tail(tiny_bundle, corner_tail(0, 0), (View.CENTRE, View.MIRRORED))
    values = class_evidence(Classifier(bundle).features(red(64, 64)), bundle.kernel, RED, (80, 80)).values
    np.testing.assert_allclose(values, values[:, ::-1], atol=1e-4)
    assert values[5, 5] == pytest.approx(values[5, -6])
    assert values[5, 5] > 10 * abs(values[40, 40])


def test_a_unit_that_is_off_is_no_evidence(tiny_bundle: Bundle) -> None:
    tail = corner_tail(0, 0)
    (layer,) = tail.layers
    off = DenseTail(tail.pooling, (Dense(layer.kernel, np.full(2, -2, np.float32)),))
    bundle = with_tail(tiny_bundle, off, (View.WHOLE,))
    features = Classifier(bundle).features(red(64, 64))
    evidence = class_evidence(features, bundle.kernel, RED, (40, 40))
    assert not evidence.positive
    assert (evidence.values == 0).all()


def test_a_tail_does_not_travel_with_every_prediction(tiny_bundle: Bundle) -> None:
    bundle = with_tail(tiny_bundle, corner_tail(0, 1), (View.MIRRORED,))
    model = ServedModel(Classifier(bundle))
    sent = model.predict(red(64, 64))
    assert sent.features is not None
    assert sent.features.maps[0].tail is None
    whole = with_weights(sent, bundle).features
    assert whole is not None
    assert whole.maps[0].pooled.tolist() == pytest.approx(sent.features.embedding.tolist())
    assert whole.maps[0].spread(bundle.kernel[:, RED])[0, CELLS - 2] > 0


# -- Padded pictures ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(160, 80), (80, 160), (120, 90)])
@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_map_of_a_padded_picture_lies_right_over_the_upright_photograph(
    tiny_bundle: Bundle, width: int, height: int, corner: tuple[int, int]
) -> None:
    (backbone,) = tiny_bundle.info.backbones
    views = (View.PAD,)
    info = tiny_bundle.info.model_copy(update={"backbones": (backbone.model_copy(update={"views": views}),)})
    bundle = replace(tiny_bundle, info=info)
    pixels: Pixels = np.zeros((height, width, 3), np.uint8)
    down, across = corner
    rows = slice(0, height // 3) if down == 0 else slice(height - height // 3, height)
    columns = slice(0, width // 3) if across == 0 else slice(width - width // 3, width)
    pixels[rows, columns, RED] = 255
    features = Classifier(bundle).features(Photo(pixels, width, height))
    assert features.maps[0].box == padded_square(width, height)
    values = np.maximum(class_evidence(features, bundle.kernel, RED, (height, width)).values, 0)
    total = values.sum()
    middle_row = (values.sum(axis=1) @ (np.arange(height) + 0.5)) / total
    middle_column = (values.sum(axis=0) @ (np.arange(width) + 0.5)) / total
    assert abs(middle_row - (rows.start + rows.stop) / 2) < max(width, height) / CELLS / 2
    assert abs(middle_column - (columns.start + columns.stop) / 2) < max(width, height) / CELLS / 2


def test_what_lies_in_the_margins_is_not_in_the_map() -> None:
    """A picture twice as wide as high fills the two rows of cells in the middle."""

    def shown(*rows: int) -> float:
        values = np.zeros((4, 4, 1), np.float32)
        values[list(rows)] = 1
        seen = FeatureMap("cells", values, Box(0.0, -0.5, 1.0, 1.5), 0, 1.0)
        evidence = class_evidence(Features(seen.pooled, (seen,)), np.array([[3.0, -3.0]], np.float32), 0, (100, 200))
        return float(evidence.values.mean())

    assert shown(0, 1, 2, 3) == pytest.approx(1.5, rel=1e-3)  # half of the score, 3
    assert shown(1, 2) > 3 * shown(0, 3)
