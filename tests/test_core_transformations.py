"""Classic image processing on drawn leaves, whose place and colours are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.records import Pixels
from core.transformations import Mask, Transformation, landmarks, transformation_name, transformed

GREEN, GREY = (40, 160, 50), (150, 140, 155)


def leaf() -> tuple[Pixels, Mask]:
    """A green ellipse on grey."""
    pixels = np.full((120, 160, 3), GREY, np.uint8)
    cv2.ellipse(pixels, (80, 60), (50, 30), 0, 0, 360, GREEN, -1)
    return pixels, (pixels == GREEN).all(axis=2)


@pytest.mark.parametrize("one", Transformation)
@pytest.mark.parametrize("size", [(120, 160), (1, 1), (3, 700)])
def test_any_picture_can_be_transformed_and_stays_as_it_is(one: Transformation, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    before = pixels.copy()
    for mask in (np.zeros(size, np.bool_), np.ones(size, np.bool_)):
        drawn = transformed(one, pixels, mask)
        assert drawn.dtype == np.uint8 and drawn.shape[2] == 3
        assert one is Transformation.HISTOGRAM or drawn.shape == pixels.shape
    np.testing.assert_array_equal(pixels, before)
    assert transformation_name(one)


def test_the_object_is_cut_out() -> None:
    pixels, mask = leaf()
    drawn = transformed(Transformation.MASK, pixels, mask)
    assert (drawn[mask] == GREEN).all() and (drawn[~mask] == 255).all()


def test_the_region_is_the_object_s_box() -> None:
    pixels, mask = leaf()
    drawn = transformed(Transformation.REGION, pixels, mask)
    assert (drawn[60, 80] == GREEN).all() and (drawn[5, 5] != GREY).any()
    framed = np.flatnonzero((drawn[60] == (0, 90, 200)).all(axis=1))
    assert framed.min() == 30 and framed.max() == 130


def test_what_is_green_passes_the_filter() -> None:
    pixels, mask = leaf()
    drawn = transformed(Transformation.COLOUR, pixels, np.zeros_like(mask))
    assert (drawn[mask] == GREEN).all() and (drawn[~mask] == 255).all()


def test_a_shadow_goes_and_the_edges_stay() -> None:
    pixels = np.full((200, 200, 3), 180, np.uint8)
    shade = np.linspace(0.3, 1.0, 200)[None, :, None]
    pixels[90:110] = 90
    shaded = (pixels * shade).astype(np.uint8)
    evened = transformed(Transformation.UNSHADED, shaded, np.ones((200, 200), np.bool_)).astype(float)
    ground = evened[20, 20:180].mean(axis=1)
    assert ground.max() / ground.min() < 1.5 < shaded[20, 20:180].max() / shaded[20, 20:180].min()
    assert evened[20, 100].mean() > 1.5 * evened[100, 100].mean()


def test_landmarks_lie_on_the_object() -> None:
    _, mask = leaf()
    points = landmarks(mask)
    assert len(points) == 3 * 20
    assert all(mask[y, x] for (x, y), _ in points)
    (_, top), (_, bottom), (x, middle) = points[30][0], points[31][0], points[32][0]
    assert top < middle < bottom and abs(middle - 60) <= 1 and abs(x - 80) < 5
    assert landmarks(np.zeros((9, 9), np.bool_)) == []


def test_the_histogram_speaks_of_the_object_alone() -> None:
    pixels, mask = leaf()
    whole = transformed(Transformation.HISTOGRAM, pixels, np.ones_like(mask))
    of_leaf = transformed(Transformation.HISTOGRAM, pixels, mask)
    grey = pixels.copy()
    grey[~mask] = 0
    np.testing.assert_array_equal(of_leaf, transformed(Transformation.HISTOGRAM, grey, mask))
    assert (of_leaf != whole).any()
