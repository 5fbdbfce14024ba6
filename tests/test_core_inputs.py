"""The chain of preprocessing: what each step promises, and that training and prediction see the same bytes."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bundles import Bundle, Step, View
from core.inference import Classifier
from core.inputs import NEUTRAL, WHOLE, centre_square, cut_square, padded_square, prepare, to_model_input, view_box
from core.records import Box, Floats, Photo, Pixels
from core.whitening import Whitening

RNG = np.random.default_rng(7)
SIDE = 64


def smooth(rows: int = 90, columns: int = 120, low: int = 60, high: int = 160) -> Pixels:
    """A colourful picture without sharp edges that uses only the greys between `low` and `high`."""
    across, down = np.linspace(0, 3, columns)[None, :, None], np.linspace(0, 2, rows)[:, None, None]
    waves = np.sin(across * np.array([1.0, 1.4, 1.8]) + down * np.array([1.2, 0.8, 1.6])) ** 2
    return np.asarray(low + (high - low) * waves).round().astype(np.uint8)


def luma(values: Floats | Pixels) -> Floats:
    return np.asarray(values.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32))


def whitening() -> Whitening:
    basis, _ = np.linalg.qr(RNG.normal(size=(3 * SIDE**2, 4)))
    mean = RNG.uniform(50, 200, 3 * SIDE**2).astype(np.float32)
    return Whitening(mean, basis.T.astype(np.float32), np.array([0.1, 0.2, 0.3, 0.4, 2.0], np.float32))


# -- The same in training and in prediction ----------------------------------------------------------------------------


@pytest.mark.parametrize("view", [View.CENTRE, View.WHOLE, View.PAD])
@pytest.mark.parametrize("steps", [(), *permutations((Step.GRAYSCALE, Step.CLAHE)), (Step.EQUALISE, Step.WHITEN)])
def test_training_and_prediction_see_the_same_bytes(view: View, steps: tuple[Step, ...]) -> None:
    pixels, numbers = smooth(), whitening()
    box = view_box(view, 120, 90)
    predicted = to_model_input(pixels, box, SIDE, False, steps, numbers)
    trained = prepare(cut_square(pixels, box, SIDE), steps, numbers, box)
    assert predicted.shape == (1, SIDE, SIDE, 3)
    assert predicted.dtype == np.float32
    assert predicted[0].tobytes() == trained.tobytes()


def test_a_classifier_runs_the_steps_of_its_bundle(tiny_bundle: Bundle) -> None:
    (backbone,) = tiny_bundle.info.backbones
    info = tiny_bundle.info.model_copy(
        update={"backbones": (backbone.model_copy(update={"steps": (Step.GRAYSCALE,), "views": (View.PAD,)}),)}
    )
    red = Photo(np.full((40, 80, 3), (255, 0, 0), np.uint8), 80, 40)
    (seen,) = Classifier(replace(tiny_bundle, info=info)).features(red).maps
    np.testing.assert_allclose(seen.values[1:3, :, :3], 76 / 255, atol=1e-3)  # 0.299 of 255 in all channels
    np.testing.assert_allclose(seen.values[[0, 3], :, :3], NEUTRAL / 255, atol=1e-3)
    assert seen.box == Box(0.0, -0.5, 1.0, 1.5)


def test_without_steps_the_input_is_what_it_always_was() -> None:
    from PIL import Image

    pixels = smooth()
    box = (15.0, 0.0, 105.0, 90.0)
    wanted = np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box), np.float32)
    np.testing.assert_array_equal(to_model_input(pixels, centre_square(120, 90), SIDE)[0], wanted)
    np.testing.assert_array_equal(to_model_input(pixels, centre_square(120, 90), SIDE, True)[0], wanted[:, ::-1])


def test_the_square_that_is_prepared_stays_as_it_is() -> None:
    square = cut_square(smooth(), WHOLE, SIDE)
    before = square.copy()
    prepare(square, (Step.GRAYSCALE, Step.EQUALISE, Step.CLAHE))
    np.testing.assert_array_equal(square, before)


def test_whitening_without_its_numbers_is_an_error() -> None:
    with pytest.raises(ValueError, match="numbers"):
        prepare(cut_square(smooth(), WHOLE, SIDE), (Step.WHITEN,))


# -- Padding -----------------------------------------------------------------------------------------------------------


@given(width=st.integers(1, 400), height=st.integers(1, 400), size_px=st.integers(8, 64))
def test_a_padded_picture_is_whole_in_the_middle_of_its_square(width: int, height: int, size_px: int) -> None:
    square = cut_square(np.full((height, width, 3), 255, np.uint8), padded_square(width, height), size_px)
    assert square.shape == (size_px, size_px, 3)
    inside = (square == 255).all(axis=2)
    rows, columns = np.nonzero(inside)
    tall, wide = rows.max() - rows.min() + 1, columns.max() - columns.min() + 1
    assert inside[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()
    assert (square[~inside] == NEUTRAL).all()
    assert (tall, wide) == pytest.approx(
        (max(1, size_px * height / max(width, height)), max(1, size_px * width / max(width, height))), abs=1.01
    )
    assert abs(rows.min() - (size_px - 1 - rows.max())) <= 1
    assert abs(columns.min() - (size_px - 1 - columns.max())) <= 1


def test_the_longest_strip_takes_no_more_memory_than_its_square() -> None:
    square = cut_square(np.zeros((1, 60_000, 3), np.uint8), padded_square(60_000, 1), SIDE)
    assert (square == 0).all(axis=2).sum() == SIDE


@pytest.mark.parametrize("steps", [(Step.EQUALISE,), (Step.CLAHE,), (Step.GRAYSCALE, Step.CLAHE)])
def test_margins_take_no_part_in_the_steps(steps: tuple[Step, ...]) -> None:
    box = padded_square(120, 60)
    square = cut_square(smooth(60, 120), box, 120)
    noisy = square.copy()
    noisy[:30] = RNG.integers(0, 256, (30, 120, 3), np.uint8)
    one, two = prepare(square, steps, None, box), prepare(noisy, steps, None, box)
    assert (one[:30] == NEUTRAL).all()
    assert (one[90:] == NEUTRAL).all()
    assert not np.array_equal(one[30:90], square[30:90])
    np.testing.assert_array_equal(one[30:90], two[30:90])
    assert not np.array_equal(one[30:90], prepare(noisy, steps)[30:90])


def test_the_focus_is_nothing_that_a_picture_has_by_itself() -> None:
    with pytest.raises(ValueError, match="focus"):
        view_box(View.FOCUS, 10, 10)


# -- The steps ---------------------------------------------------------------------------------------------------------


def test_grey_is_the_luma_in_three_equal_channels() -> None:
    square = RNG.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    grey = prepare(square, (Step.GRAYSCALE,))
    assert (grey[:, :, 0] == grey[:, :, 1]).all()
    assert (grey[:, :, 0] == grey[:, :, 2]).all()
    np.testing.assert_allclose(grey[:, :, 0], luma(square), atol=0.6)


def test_an_equalised_picture_has_as_many_pixels_of_each_grey() -> None:
    square = cut_square(smooth(200, 200), WHOLE, 160)
    before, after = (
        np.sort(luma(values).ravel()) for values in (square, prepare(square, (Step.GRAYSCALE, Step.EQUALISE)))
    )

    def unevenness(values: Floats) -> float:
        """How far the share of pixels up to a grey is from what it would be if all greys were as frequent."""
        return float(
            np.abs(np.searchsorted(values, np.arange(256), "right") / len(values) - np.arange(1, 257) / 256).max()
        )

    assert unevenness(before) > 0.3
    assert unevenness(after) < 0.03
    assert after[0] < 3
    assert after[-1] == 255


def test_equalising_keeps_the_colours() -> None:
    square = cut_square(smooth(), WHOLE, SIDE)
    after = prepare(square, (Step.EQUALISE,))
    inside = ((after > 0) & (after < 255)).all(axis=2)
    before_hue = square[:, :, 0].astype(float) - square[:, :, 2]
    np.testing.assert_allclose((after[:, :, 0] - after[:, :, 2])[inside], before_hue[inside], atol=4)


def test_clahe_brings_out_each_place_by_itself() -> None:
    """A weak pattern on a dark half and on a bright one: both get stronger, and the halves stay dark and bright."""
    pattern = RNG.integers(0, 12, (160, 160))
    grey = np.where(np.arange(160)[:, None] < 80, 40, 200) + pattern
    square = np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8)
    after = prepare(square, (Step.CLAHE,))[:, :, 0]
    for part in (slice(10, 60), slice(100, 150)):
        assert after[part].std() > 1.5 * square[part, :, 0].std()
    assert after[100:150].mean() - after[10:60].mean() > 60


def test_clahe_in_one_place_does_not_hear_of_another() -> None:
    square = cut_square(smooth(), WHOLE, 128)
    other = square.copy()
    other[96:, 96:] = RNG.integers(0, 256, (32, 32, 3), np.uint8)
    one, two = (prepare(values, (Step.CLAHE,)) for values in (square, other))
    np.testing.assert_array_equal(one[:64, :64], two[:64, :64])
    one, two = (prepare(values, (Step.EQUALISE,)) for values in (square, other))
    assert not np.array_equal(one[:64, :64], two[:64, :64])


@pytest.mark.parametrize("step", [Step.GRAYSCALE, Step.EQUALISE, Step.CLAHE])
@pytest.mark.parametrize("size_px", [8, 9, 31])
def test_the_smallest_pictures_are_taken_too(step: Step, size_px: int) -> None:
    for square in (np.zeros((size_px, size_px, 3), np.uint8), RNG.integers(0, 256, (size_px, size_px, 3), np.uint8)):
        values = prepare(square, (step,))
        assert values.shape == square.shape
        assert values.min() >= 0
        assert values.max() <= 255


def test_the_order_of_the_steps_counts() -> None:
    square = cut_square(smooth(), WHOLE, SIDE)
    one = prepare(square, (Step.CLAHE, Step.EQUALISE))
    assert not np.array_equal(one, prepare(square, (Step.EQUALISE, Step.CLAHE)))
