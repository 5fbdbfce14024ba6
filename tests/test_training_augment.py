"""Augmentation: the same seed gives the same picture, each rule does what it says, and nothing without a rule."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from core.bundle_info import Step
from core.inputs import NEUTRAL, cut_square, padded_square, picture_part, prepare
from core.records import Floats, Pixels
from core.train_config import Augmentation
from training.augment import augmented, mixed_up

SIZE_PX = 96
ONES: dict[str, Any] = {
    "rotation_deg": 30.0, "zoom": 0.4, "contrast": 0.5, "brightness": 0.3, "flip": True, "crop": 0.4, "blur": 6.0,
    "noise": 0.2, "cutout": 0.4, "shear_deg": 20.0, "distort": 0.08,
}  # fmt: skip
ALL = Augmentation(**ONES)


def picture(size_px: int = SIZE_PX) -> Pixels:
    """Coloured blobs that differ from their mirror image and everywhere."""
    coarse = np.random.default_rng(0).integers(30, 226, (6, 6, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (size_px, size_px), interpolation=cv2.INTER_CUBIC), np.uint8)


def copies(rules: Augmentation, count: int = 40, pixels: Pixels | None = None) -> list[Pixels]:
    rng = np.random.default_rng(1)
    return [augmented(picture() if pixels is None else pixels, rules, rng) for _ in range(count)]


def spot(row: int, column: int) -> Pixels:
    """A soft white spot on black."""
    rows, columns = np.mgrid[:SIZE_PX, :SIZE_PX]
    light = 255 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2 / 3**2)
    return np.repeat(light.round().astype(np.uint8)[:, :, None], 3, axis=2)


def place_of(pixels: Pixels) -> Floats:
    """The centre of mass of the light: row, column."""
    light = pixels.sum(axis=2).astype(np.float64)
    places = np.arange(SIZE_PX)
    return np.array([light.sum(axis=1) @ places, light.sum(axis=0) @ places], np.float32) / np.float32(light.sum())


# -- For all rules -----------------------------------------------------------------------------------------------------


def test_without_rules_every_byte_stays_and_the_copy_is_a_copy() -> None:
    pixels = picture()
    copy = augmented(pixels, Augmentation(), np.random.default_rng(0))
    assert copy.tobytes() == pixels.tobytes()
    assert not np.shares_memory(copy, pixels)


def test_without_rules_no_chance_is_used() -> None:
    rng = np.random.default_rng(0)
    augmented(picture(), Augmentation(mixup=0.4), rng)
    assert rng.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("rules", [Augmentation(**{name: value}) for name, value in ONES.items()] + [ALL])
def test_the_same_seed_gives_the_same_pictures_and_another_others(rules: Augmentation) -> None:
    pixels = picture()
    before = pixels.copy()
    one, two, other = (
        [augmented(pixels, rules, rng) for _ in range(8)] for rng in map(np.random.default_rng, (3, 3, 4))
    )
    assert [copy.tobytes() for copy in one] == [copy.tobytes() for copy in two]
    assert [copy.tobytes() for copy in one] != [copy.tobytes() for copy in other]
    assert len({copy.tobytes() for copy in one}) > 1
    np.testing.assert_array_equal(pixels, before)
    assert all(copy.shape == pixels.shape and copy.dtype == np.uint8 for copy in one)
    assert not any(np.shares_memory(copy, pixels) for copy in one)


@pytest.mark.parametrize("size_px", [8, 33, 224])
def test_pictures_of_any_size_are_taken(size_px: int) -> None:
    strongest = Augmentation(
        rotation_deg=180, zoom=1, contrast=1, brightness=1, flip=True, crop=0.9, blur=20, noise=1, cutout=0.9,
        shear_deg=60, distort=1,
    )  # fmt: skip
    for copy in copies(strongest, 5, picture(size_px)):
        assert copy.shape == (size_px, size_px, 3)


@pytest.mark.parametrize(("width", "height"), [(200, 100), (100, 160)])
def test_margins_of_padded_pictures_stay_as_in_prediction(width: int, height: int) -> None:
    box = padded_square(width, height)
    photo = np.random.default_rng(0).integers(130, 256, (height, width, 3), np.uint8)  # nothing of it is NEUTRAL
    square = cut_square(photo, box, SIZE_PX)
    left, top, right, bottom = picture_part(box, SIZE_PX)
    margin = np.ones((SIZE_PX, SIZE_PX), np.bool_)
    margin[top:bottom, left:right] = False
    rng = np.random.default_rng(1)
    for _ in range(10):
        copy = augmented(square, Augmentation(**ONES | {"cutout": 0.0, "noise": 0.05}), rng, box)
        assert (copy[margin] == NEUTRAL).all()
        assert not np.array_equal(copy[~margin], square[~margin])
        grey = prepare(copy, (Step.GRAYSCALE, Step.EQUALISE), None, box)
        assert (np.ptp(grey, axis=2) == 0).all()


# -- Geometry ----------------------------------------------------------------------------------------------------------


def test_a_flip_is_exact_and_as_often_as_not() -> None:
    pixels = picture()
    found = copies(Augmentation(flip=True), 200)
    flipped = [copy.tobytes() == pixels[:, ::-1].tobytes() for copy in found]
    same = [copy.tobytes() == pixels.tobytes() for copy in found]
    assert all(one != other for one, other in zip(flipped, same, strict=True))
    assert 70 < sum(flipped) < 130


def test_a_rotation_turns_about_the_middle_to_both_sides_up_to_its_angle() -> None:
    middle = (SIZE_PX - 1) / 2
    angles = []
    for copy in copies(Augmentation(rotation_deg=30), 100, spot(24, 48)):
        down, across = place_of(copy) - middle
        assert np.hypot(down, across) == pytest.approx(23.5, abs=0.6)
        angles.append(np.degrees(np.arctan2(across, -down)))
    assert -32 < min(angles) < -22
    assert 22 < max(angles) < 32


def test_a_zoom_makes_larger_and_smaller_about_the_middle() -> None:
    distances = [np.hypot(*(place_of(copy) - 47.5)) for copy in copies(Augmentation(zoom=0.5), 100, spot(35, 47))]
    assert min(distances) == pytest.approx(12.5 / 1.5, abs=0.6)
    assert max(distances) == pytest.approx(12.5 * 1.5, abs=0.6)


def test_a_crop_keeps_its_part_of_each_side_at_least() -> None:
    """The rows and columns are numbered by their grey: how far the numbers go says what was kept."""
    ramp = np.repeat(np.repeat(np.linspace(0, 255, SIZE_PX)[None, :, None], SIZE_PX, axis=0), 3, axis=2)
    kept, first = [], []
    for copy in copies(Augmentation(crop=0.5), 100, ramp.round().astype(np.uint8)):
        row = copy[10, :, 0].astype(float)
        assert (np.diff(row) >= 0).all()  # nothing mirrored: the cut never leaves the picture
        kept.append((row[-1] - row[0]) / 255)
        first.append(row[0])
    assert 0.48 < min(kept) < 0.6
    assert max(kept) > 0.9
    assert max(first) > 60


def test_shear_leans_and_keeps_the_height() -> None:
    found = np.array([place_of(copy) for copy in copies(Augmentation(shear_deg=20), 60, spot(30, 48))])
    np.testing.assert_allclose(found[:, 0], 30, atol=0.5)
    moved = found[:, 1] - 48
    assert moved.min() < -4
    assert moved.max() > 4
    assert np.abs(moved).max() < np.tan(np.radians(20)) * 18 + 1


def test_a_distortion_bends_differently_in_different_places() -> None:
    rules = Augmentation(distort=0.08)
    moved = []
    for row, column in ((24, 24), (70, 70)):
        moved.append(np.array([place_of(copy) for copy in copies(rules, 40, spot(row, column))]) - (row, column))
    for moves in moved:
        assert 2 < np.abs(moves).max() < 0.16 * SIZE_PX
    assert abs(np.corrcoef(moved[0][:, 0], moved[1][:, 0])[0, 1]) < 0.5


def test_beyond_the_edge_the_picture_goes_on() -> None:
    bright = np.full((SIZE_PX, SIZE_PX, 3), 200, np.uint8)
    rules = Augmentation(rotation_deg=45, zoom=0.5, shear_deg=20, distort=0.1)
    for copy in copies(rules, 20, bright):
        assert (copy == 200).all()


# -- Light and pixels --------------------------------------------------------------------------------------------------


def test_brightness_adds_the_same_everywhere() -> None:
    found = [copy.astype(int) - picture() for copy in copies(Augmentation(brightness=0.1))]
    for added in found:
        assert np.ptp(added[(picture() > 40) & (picture() < 215)]) == 0
    levels = [np.median(added) for added in found]
    assert -26 <= min(levels) < -15
    assert 15 < max(levels) <= 26


def test_contrast_stretches_about_the_mean() -> None:
    pixels = picture()
    ratios = []
    for copy in copies(Augmentation(contrast=0.4)):
        assert abs(copy.mean() - pixels.mean()) < 3
        ratios.append(copy.std() / pixels.std())
    assert 1 / 1.42 < min(ratios) < 0.8
    assert 1.2 < max(ratios) < 1.42


def test_blur_takes_away_detail_in_proportion_to_the_size() -> None:
    def detail(pixels: Pixels) -> float:
        return float(np.abs(np.diff(pixels.astype(int), axis=1)).mean())

    sharp = np.random.default_rng(0).integers(0, 256, (SIZE_PX, SIZE_PX, 3), np.uint8)
    found = [detail(copy) / detail(sharp) for copy in copies(Augmentation(blur=4), 40, sharp)]
    assert min(found) < 0.2
    assert max(found) > 0.5
    widths = []
    for copy in copies(Augmentation(blur=20), 40, spot(47, 47)):
        across = copy[47, :, 0]
        widths.append((across > across.max() / 2).sum())  # 2.36 sigma
    assert 12 < max(widths) <= 2.36 * np.hypot(3, 20 * SIZE_PX / 224) + 2


def test_noise_is_as_strong_as_it_says_and_has_no_direction() -> None:
    grey = np.full((SIZE_PX, SIZE_PX, 3), 128, np.uint8)
    found = copies(Augmentation(noise=0.1), 40, grey)
    deviations = [copy.std() for copy in found]
    assert min(deviations) < 5
    assert 20 < max(deviations) < 27
    assert all(abs(copy.mean() - 128) < 1 for copy in found)
    strongest = max(found, key=np.std).astype(float) - 128
    assert abs(np.corrcoef(strongest[:, :-1].ravel(), strongest[:, 1:].ravel())[0, 1]) < 0.05
    assert abs(np.corrcoef(strongest[:, :, 0].ravel(), strongest[:, :, 1].ravel())[0, 1]) < 0.05


def test_cutout_blanks_one_square_and_nothing_else() -> None:
    pixels = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)
    whole = 0
    for copy in copies(Augmentation(cutout=0.25), 60, pixels):
        blank = (copy == NEUTRAL).all(axis=2)
        rows, columns = np.nonzero(blank)
        assert blank[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()
        assert (copy[~blank] == 0).all()
        sides = (int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1)
        assert max(sides) <= 24
        assert min(sides) >= 12  # the middle of the square is always inside
        whole += sides == (24, 24)
    assert 20 < whole < 60


# -- Mixing ------------------------------------------------------------------------------------------------------------


def batch(count: int = 16) -> tuple[Floats, Floats]:
    """Pictures that are plain numbers: a blend shows its shares."""
    inputs = np.zeros((count, 4, 4, 3), np.float32) + np.arange(count, dtype=np.float32)[:, None, None, None]
    return inputs, np.eye(count, dtype=np.float32)


def test_mixup_blends_pictures_and_targets_by_the_same_shares() -> None:
    inputs, targets = batch()
    before = inputs.copy()
    blends, shares = mixed_up(inputs, targets, 0.4, np.random.default_rng(0))
    assert blends.dtype == shares.dtype == np.float32
    np.testing.assert_array_equal(inputs, before)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert ((shares > 0).sum(axis=1) <= 2).all()
    assert (np.diag(shares) >= 0.5 - 1e-6).all()
    np.testing.assert_allclose(blends[:, 0, 0, 0], shares @ np.arange(16), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(blends, np.broadcast_to(blends[:, :1, :1, :1], blends.shape))


def test_mixup_is_by_chance_of_the_seed_and_stronger_with_alpha() -> None:
    inputs, targets = batch(500)

    def mean_share(alpha: float, seed: int = 0) -> float:
        return float(np.diag(mixed_up(inputs, targets, alpha, np.random.default_rng(seed))[1]).mean())

    assert mean_share(0.2) == mean_share(0.2)
    assert mean_share(0.2) != mean_share(0.2, 1)
    assert 0.85 < mean_share(0.2) < 0.95
    assert 0.7 < mean_share(1.0) < 0.8  # Beta(1, 1) is even: three quarters on average
    assert mean_share(10.0) < 0.65


def test_without_alpha_or_a_partner_nothing_is_mixed() -> None:
    inputs, targets = batch()
    assert mixed_up(inputs, targets, 0.0, np.random.default_rng(0)) == (inputs, targets)
    alone = mixed_up(inputs[:1], targets[:1], 0.4, np.random.default_rng(0))
    np.testing.assert_array_equal(alone[0], inputs[:1])
