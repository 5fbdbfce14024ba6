"""Heatmaps of planted evidence: red, green and blue cells, whose place and size are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.bundles import Bundle, View
from core.heatmaps import (
    DIVERGING,
    LEAST_EVIDENCE,
    PALETTES,
    class_evidence,
    colour_bar,
    contrast_evidence,
    map_size,
    overlay,
)
from core.inference import Classifier
from core.inputs import WHOLE, centre_square
from core.records import EvidenceMap, FeatureMap, Features, Floats, Photo, Pixels
from tests.bundle_factory import make_bundle

RED, GREEN, BLUE = range(3)
COLOURS = {RED: (255, 0, 0), GREEN: (0, 255, 0), BLUE: (0, 0, 255)}
SEQUENTIAL = sorted(set(PALETTES) - DIVERGING)


def canvas(width: int, height: int) -> Pixels:
    return np.zeros((height, width, 3), np.uint8)


def features_of(bundle: Bundle, pixels: Pixels) -> Features:
    return Classifier(bundle).features(Photo(pixels, pixels.shape[1], pixels.shape[0]))


def evidence_of(bundle: Bundle, pixels: Pixels, label: int = RED) -> EvidenceMap:
    return class_evidence(features_of(bundle, pixels), bundle.kernel, label, map_size(pixels.shape[1], pixels.shape[0]))


def blob(rows: int = 40, columns: int = 60, peak: float = 5.0) -> EvidenceMap:
    """Evidence in the upper left corner, as much against the label in the lower right one."""
    values = np.zeros((rows, columns), np.float32)
    values[: rows // 4, : columns // 4] = peak
    values[-rows // 4 :, -columns // 4 :] = -peak
    return EvidenceMap(values, True)


def peak_place(values: Floats) -> tuple[float, float]:
    """The middle of the strongest evidence, as parts of width and height."""
    rows, columns = np.nonzero(values >= values.max() * 0.95)
    return float((columns + 0.5).mean()) / values.shape[1], float((rows + 0.5).mean()) / values.shape[0]


# -- alignment ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("views", [[View.CENTRE], [View.MIRRORED], [View.CENTRE, View.MIRRORED], [View.WHOLE],
                                   [View.CENTRE, View.FOCUS], [View.WHOLE, View.FOCUS]])  # fmt: skip
@pytest.mark.parametrize(("width", "height"), [(160, 96), (96, 160), (128, 128)])
@pytest.mark.parametrize("corner", ["upper left", "upper right", "lower left", "lower right"])
def test_evidence_lights_the_corner_it_lies_in(
    tmp_path: Path, views: list[View], width: int, height: int, corner: str
) -> None:
    """One red patch in a corner of the centre square, which all views see."""
    square = centre_square(width, height)
    side = min(width, height) * 5 // 16
    left = round(square.left * width) if "left" in corner else round(square.right * width) - side
    top = round(square.top * height) if "upper" in corner else round(square.bottom * height) - side
    pixels = canvas(width, height)
    pixels[top : top + side, left : left + side] = COLOURS[RED]
    bundle = make_bundle(tmp_path / "colours", views=views)
    evidence = evidence_of(bundle, pixels)
    assert evidence.positive
    x, y = peak_place(evidence.values)
    assert left - side / 4 <= x * width <= left + side * 5 / 4
    assert top - side / 4 <= y * height <= top + side * 5 / 4
    far = evidence.values[_far_from(corner, evidence.values.shape)]
    assert far.max() < 0.1 * evidence.values.max()


def _far_from(corner: str, shape: tuple[int, ...]) -> tuple[slice, slice]:
    rows = slice(shape[0] * 2 // 3, None) if "upper" in corner else slice(0, shape[0] // 3)
    columns = slice(shape[1] * 2 // 3, None) if "left" in corner else slice(0, shape[1] // 3)
    return rows, columns


@pytest.mark.parametrize(("width", "height"), [(160, 80), (80, 160)])
def test_outside_of_every_view_there_is_no_evidence(tiny_bundle: Bundle, width: int, height: int) -> None:
    pixels = canvas(width, height)
    pixels[:] = COLOURS[RED]
    values = evidence_of(tiny_bundle, pixels).values
    rows, columns = values.shape
    outside = np.ones(values.shape, bool)
    box = centre_square(width, height)
    inside = (
        slice(round(box.top * rows), round(box.bottom * rows)),
        slice(round(box.left * columns), round(box.right * columns)),
    )
    outside[inside] = False
    assert not values[outside].any()
    assert (values[inside] > 0).all()


def test_the_edge_of_a_view_fades_and_that_of_the_picture_does_not(tiny_bundle: Bundle) -> None:
    pixels = canvas(160, 80)
    pixels[:] = COLOURS[RED]
    values = evidence_of(tiny_bundle, pixels).values
    across = values[values.shape[0] // 2, values.shape[1] // 4 :]
    assert across[0] < 0.2 * across.max()
    assert np.diff(across[: len(across) // 8]).min() >= -1e-5
    down = values[:, values.shape[1] // 2]
    np.testing.assert_allclose(down, down.mean(), rtol=1e-4)


def test_the_map_adds_up_to_the_label_s_score(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "colours", views=[View.CENTRE, View.MIRRORED], networks=2)
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8).repeat(12, axis=0).repeat(12, axis=1)
    features = features_of(bundle, pixels)
    scores = features.embedding @ bundle.kernel
    for label in (RED, GREEN, BLUE):
        mean = class_evidence(features, bundle.kernel, label, (256, 256)).values.mean()
        assert mean == pytest.approx(scores[label] - scores.mean(), abs=0.02)


def test_a_view_of_a_part_of_the_picture_adds_up_too(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "colours", views=[View.CENTRE, View.WHOLE])
    pixels = canvas(120, 80)
    pixels[20:60, 40:80] = COLOURS[GREEN]
    features = features_of(bundle, pixels)
    scores = features.embedding @ bundle.kernel
    mean = class_evidence(features, bundle.kernel, GREEN, (160, 240)).values.mean()
    assert mean == pytest.approx(scores[GREEN] - scores.mean(), rel=0.03)


def test_evidence_goes_through_a_dense_layer() -> None:
    rng = np.random.default_rng(2)
    values, hidden = rng.random((4, 5, 3), np.float32), rng.normal(size=(3, 7)).astype(np.float32)
    kernel = rng.normal(size=(7, 4)).astype(np.float32)
    seen = FeatureMap("cells", values, WHOLE, 0, 1.0, hidden)
    scores = seen.pooled @ kernel
    assert (seen.pooled == 0).any()
    for label in range(4):
        mean = class_evidence(Features(seen.pooled, (seen,)), kernel, label, (160, 200)).values.mean()
        assert mean == pytest.approx(scores[label] - scores.mean(), abs=0.01)


def test_the_size_of_the_map_does_not_move_the_evidence(tiny_bundle: Bundle) -> None:
    pixels = canvas(90, 60)
    pixels[5:20, 60:75] = COLOURS[RED]
    features = features_of(tiny_bundle, pixels)
    places = [peak_place(class_evidence(features, tiny_bundle.kernel, RED, size).values)
              for size in ((40, 60), (128, 192), (200, 301))]  # fmt: skip
    assert np.ptp(places, axis=0).max() < 0.03


# -- what counts as evidence --------------------------------------------------------------------------------------


def test_what_raises_every_score_alike_is_no_evidence(tiny_bundle: Bundle) -> None:
    pixels = canvas(64, 64)
    pixels[:32] = COLOURS[BLUE]
    features = features_of(tiny_bundle, pixels)
    shifted = tiny_bundle.kernel + np.arange(4, dtype=np.float32)[:, None]
    plain = class_evidence(features, tiny_bundle.kernel, BLUE, (64, 64)).values
    np.testing.assert_allclose(class_evidence(features, shifted, BLUE, (64, 64)).values, plain, atol=1e-4)


@pytest.mark.parametrize("grey", [0, 77, 255])
def test_a_grey_picture_speaks_for_nothing(tiny_bundle: Bundle, grey: int) -> None:
    pixels = np.full((60, 80, 3), grey, np.uint8)
    for label in (RED, GREEN, BLUE):
        assert not evidence_of(tiny_bundle, pixels, label).positive
    features = features_of(tiny_bundle, pixels)
    assert not contrast_evidence(features, tiny_bundle.kernel, RED, BLUE, (60, 80)).positive


def test_what_is_elsewhere_in_the_list_is_not_positive(tiny_bundle: Bundle) -> None:
    pixels = canvas(64, 64)
    pixels[:] = COLOURS[RED]
    assert evidence_of(tiny_bundle, pixels, RED).positive
    assert not evidence_of(tiny_bundle, pixels, BLUE).positive


def test_a_contrast_shows_both_sides(tiny_bundle: Bundle) -> None:
    pixels = canvas(64, 64)
    pixels[:, :32], pixels[:, 32:] = COLOURS[RED], COLOURS[BLUE]
    features = features_of(tiny_bundle, pixels)
    found = contrast_evidence(features, tiny_bundle.kernel, RED, BLUE, (64, 64))
    assert found.positive
    assert found.values[:, :20].min() > 0
    assert found.values[:, -20:].max() < 0
    turned = contrast_evidence(features, tiny_bundle.kernel, BLUE, RED, (64, 64))
    np.testing.assert_allclose(turned.values, -found.values, atol=1e-5)


def test_a_contrast_of_which_only_the_other_side_is_there_is_not_positive(tiny_bundle: Bundle) -> None:
    pixels = canvas(64, 64)
    pixels[:] = COLOURS[BLUE]
    features = features_of(tiny_bundle, pixels)
    assert not contrast_evidence(features, tiny_bundle.kernel, RED, BLUE, (64, 64)).positive


def test_evidence_below_the_limit_is_none(tiny_bundle: Bundle) -> None:
    """A patch whose weight is just under and just over what changes the odds by a quarter."""
    pixels = canvas(64, 64)
    pixels[:16, :16] = COLOURS[RED]
    features = features_of(tiny_bundle, pixels)
    whole = float(np.maximum(class_evidence(features, tiny_bundle.kernel, RED, (64, 64)).values, 0).mean())
    for factor, positive in ((0.97, False), (1.03, True)):
        kernel = tiny_bundle.kernel * np.float32(factor * LEAST_EVIDENCE / whole)
        assert class_evidence(features, kernel, RED, (64, 64)).positive is positive


@pytest.mark.parametrize(
    ("size", "shape"), [((4000, 3000), (192, 256)), ((3000, 4000), (256, 192)), ((9000, 1), (1, 256))]
)
def test_maps_have_the_proportions_of_the_picture(size: tuple[int, int], shape: tuple[int, int]) -> None:
    assert map_size(*size) == shape


# -- the picture --------------------------------------------------------------------------------------------------


def photograph(height: int = 80, width: int = 120) -> Pixels:
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    pixels.setflags(write=False)
    return pixels


@pytest.mark.parametrize("palette", sorted(PALETTES))
@pytest.mark.parametrize("size", [(80, 120), (333, 500), (20, 30), (1, 1)])
def test_an_overlay_has_the_pictures_size_and_leaves_the_picture_alone(palette: str, size: tuple[int, int]) -> None:
    pixels = photograph(*size)
    before = pixels.copy()
    drawn = overlay(pixels, blob(), palette, 0.7, contours=True)
    assert drawn.shape == pixels.shape
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("palette", SEQUENTIAL)
def test_without_evidence_every_pixel_stays_as_it_is(palette: str) -> None:
    pixels = photograph()
    drawn = overlay(pixels, blob(), palette, 1.0)
    np.testing.assert_array_equal(drawn[30:], pixels[30:])
    np.testing.assert_array_equal(drawn[:, 40:], pixels[:, 40:])
    assert (drawn[:15, :25] == PALETTES[palette][255]).all()


@pytest.mark.parametrize("opacity", [0.25, 0.5])
def test_opacity_mixes_picture_and_colour(opacity: float) -> None:
    pixels = photograph()
    drawn = overlay(pixels, blob(), "magma", opacity)[:15, :25].astype(float)
    expected = (1 - opacity) * pixels[:15, :25] + opacity * PALETTES["magma"][255].astype(float)
    assert np.abs(drawn - expected).max() <= 2


@pytest.mark.parametrize("palette", sorted(DIVERGING))
def test_a_diverging_palette_shows_what_speaks_against(palette: str) -> None:
    pixels = photograph()
    drawn = overlay(pixels, blob(), palette, 1.0)
    assert (drawn[:15, :25] == PALETTES[palette][255]).all()
    assert (drawn[-15:, -25:] == PALETTES[palette][0]).all()
    np.testing.assert_array_equal(drawn[30:50, 40:80], pixels[30:50, 40:80])


def test_nothing_is_drawn_where_nothing_speaks_for_the_label() -> None:
    pixels = photograph()
    nothing = EvidenceMap(blob().values, positive=False)
    drawn = overlay(pixels, nothing, "viridis", 1.0, contours=True)
    np.testing.assert_array_equal(drawn, pixels)
    assert drawn is not pixels
    np.testing.assert_array_equal(overlay(pixels, blob(), "viridis", 0.0), pixels)


def test_against_a_common_peak_weaker_evidence_looks_weaker() -> None:
    pixels = np.full((80, 120, 3), 128, np.uint8)
    own = overlay(pixels, blob(peak=2.0), "magma", 0.8)
    np.testing.assert_array_equal(overlay(pixels, blob(peak=5.0), "magma", 0.8), own)
    compared = overlay(pixels, blob(peak=2.0), "magma", 0.8, peak=5.0)
    assert compared[0, 0].sum() < own[0, 0].sum()
    np.testing.assert_array_equal(overlay(pixels, blob(peak=9.0), "magma", 0.8, peak=5.0), own)


def test_the_picture_of_planted_evidence_changes_only_there(tiny_bundle: Bundle) -> None:
    pixels = canvas(1600, 900)
    pixels[:225, 350:575] = COLOURS[RED]
    drawn = overlay(pixels, evidence_of(tiny_bundle, pixels), "viridis", 0.6)
    changed = (drawn != pixels).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert changed[60:180, 400:540].all()
    assert rows.max() < 450
    assert columns.min() >= 350
    assert columns.max() < 800


def test_contours_are_lines_that_need_no_colour() -> None:
    pixels = np.full((200, 300, 3), 128, np.uint8)
    plain, lined = (overlay(pixels, blob(), "magma", 0.5, contours) for contours in (False, True))
    changed = (plain != lined).any(axis=2)
    assert 0 < changed.mean() < 0.1
    assert lined[changed].min(axis=1).max() > 230
    assert lined[changed].max(axis=1).min() < 20
    assert not changed[100:, 150:].any()


# -- palettes -----------------------------------------------------------------------------------------------------


def lightness(colours: Pixels) -> Floats:
    return np.asarray(colours @ np.array([0.299, 0.587, 0.114]), np.float32)


def test_palettes_are_tables_of_256_colours() -> None:
    assert {"cividis", "viridis", "magma", "blue-orange"} <= set(PALETTES)
    for table in PALETTES.values():
        assert table.shape == (256, 3)
        assert table.dtype == np.uint8


@pytest.mark.parametrize("palette", SEQUENTIAL)
def test_more_evidence_is_lighter_whatever_the_eye_sees_of_colours(palette: str) -> None:
    found = lightness(PALETTES[palette])
    assert np.diff(found).min() > -1
    assert found[-1] - found[0] > 150


@pytest.mark.parametrize("palette", sorted(DIVERGING))
def test_the_two_sides_of_a_diverging_palette_differ_for_every_eye(palette: str) -> None:
    table = PALETTES[palette]
    assert lightness(table).argmax() == pytest.approx(127, abs=6)
    # Blue against yellow and orange is what red-green blindness leaves; for the few others lightness differs as well.
    assert int(table[0, 2]) - int(table[0, 0]) > 100
    assert int(table[255, 0]) - int(table[255, 2]) > 100
    assert abs(lightness(table)[0] - lightness(table)[255]) > 40


def test_a_colour_bar_has_the_strongest_evidence_on_top_or_right() -> None:
    standing, lying = colour_bar("magma", 90, 12), colour_bar("magma", 12, 90)
    assert standing.shape == (90, 12, 3)
    assert lying.shape == (12, 90, 3)
    for strongest, weakest in ((standing[0, 0], standing[-1, 0]), (lying[0, -1], lying[0, 0])):
        np.testing.assert_array_equal(strongest, PALETTES["magma"][255])
        np.testing.assert_array_equal(weakest, PALETTES["magma"][0])
