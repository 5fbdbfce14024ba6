"""The outline of the animal, with a stand-in for the network whose answer is planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import core.outlines
from core.errors import BundleError
from core.folders import shipped_models_dir
from core.outlines import SIZE_PX, Doubt, Mask, Outliner, doubt_about, draw_outline
from core.records import Floats, Photo, Pixels

GREEN_GRASS, BROWN_DOG = (70, 140, 60), (150, 90, 40)


def photo_of(pixels: Pixels) -> Photo:
    return Photo(pixels, pixels.shape[1], pixels.shape[0])


def ellipse(height: int, width: int, size: float = 0.3, centre: tuple[float, float] = (0.5, 0.5)) -> Mask:
    """An ellipse with half axes of `size` of the picture's, around `centre` (x, y)."""
    y, x = np.mgrid[0:height, 0:width]
    inside = ((x + 0.5) / width - centre[0]) ** 2 + ((y + 0.5) / height - centre[1]) ** 2 < size**2
    return np.asarray(inside, np.bool_)


def scene(mask: Mask) -> Pixels:
    """A brown thing on grass, with some grain."""
    pixels = np.where(mask[:, :, None], BROWN_DOG, GREEN_GRASS)
    grain = np.random.default_rng(0).integers(-12, 13, (*mask.shape, 1))
    return (pixels + grain).astype(np.uint8)


def overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


class Planted:
    """Stands in for the network: whatever the photograph, it finds this (320 x 320, 0...1)."""

    found: Floats

    def __init__(self, *_: object) -> None:
        pass

    def __call__(self, values: Floats) -> Floats:
        assert values.shape == (1, SIZE_PX, SIZE_PX, 3)
        return self.found[:, :, None]


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> type[Planted]:
    monkeypatch.setattr(core.outlines, "Network", Planted)
    return Planted


def soft(mask: npt.NDArray[np.bool_], certain: float = 0.97) -> Floats:
    return np.where(mask, certain, 0.02).astype(np.float32)


@pytest.mark.parametrize(("width", "height"), [(640, 480), (300, 500), (90, 90), (1600, 400)])
def test_the_mask_lies_where_the_animal_is_whatever_the_proportions(
    planted: type[Planted], width: int, height: int
) -> None:
    planted.found = soft(ellipse(SIZE_PX, SIZE_PX, 0.2, (0.3, 0.6)))
    there = ellipse(height, width, 0.2, (0.3, 0.6))
    found = Outliner().outline(photo_of(scene(there)))
    assert found.shape == (height, width)
    assert found.dtype == np.bool_
    assert overlap(found, there) > 0.93


def test_grabcut_moves_a_blurred_edge_to_where_the_colours_change(planted: type[Planted]) -> None:
    """The network is unsure in a wide ring, and takes a little too much for the animal."""
    certain = ellipse(SIZE_PX, SIZE_PX, 0.2)
    perhaps = ellipse(SIZE_PX, SIZE_PX, 0.33)
    planted.found = np.where(certain, 0.97, np.where(perhaps, 0.6, 0.02)).astype(np.float32)
    there = ellipse(480, 640, 0.3)
    found = Outliner().outline(photo_of(scene(there)))
    assert overlap(ellipse(480, 640, 0.33), there) < 0.85
    assert overlap(found, there) > 0.95


def test_grabcut_is_not_believed_where_it_changes_too_much(planted: type[Planted]) -> None:
    """Most of what the network found looks like the ground: GrabCut would keep the small spot only."""
    spot, found_by_network = ellipse(SIZE_PX, SIZE_PX, 0.1), ellipse(SIZE_PX, SIZE_PX, 0.3)
    planted.found = np.where(spot, 0.97, np.where(found_by_network, 0.7, 0.02)).astype(np.float32)
    found = Outliner().outline(photo_of(scene(ellipse(400, 400, 0.1))))
    assert overlap(found, ellipse(400, 400, 0.3)) > 0.95


def test_the_same_photograph_has_the_same_outline(planted: type[Planted]) -> None:
    planted.found = np.where(ellipse(SIZE_PX, SIZE_PX, 0.2), 0.97, 0.45).astype(np.float32)
    planted.found[:40] = 0.0
    photo = photo_of(scene(ellipse(300, 300, 0.25)))
    np.testing.assert_array_equal(Outliner().outline(photo), Outliner().outline(photo))


def test_specks_go_and_holes_close_but_a_second_animal_stays(planted: type[Planted]) -> None:
    first, second = ellipse(SIZE_PX, SIZE_PX, 0.2, (0.3, 0.5)), ellipse(SIZE_PX, SIZE_PX, 0.1, (0.75, 0.5))
    speck, hole = ellipse(SIZE_PX, SIZE_PX, 0.03, (0.9, 0.1)), ellipse(SIZE_PX, SIZE_PX, 0.04, (0.3, 0.5))
    planted.found = soft((first | second | speck) & ~hole)
    found = Outliner().outline(photo_of(scene(first | second)))
    assert overlap(found, first | second) > 0.95
    assert not found[: SIZE_PX // 5].any()


@pytest.mark.parametrize("highest", [0.0, 0.3, 0.49])
def test_a_blank_picture_has_no_outline(planted: type[Planted], highest: float) -> None:
    """Even where the network's little doubts would look like something once stretched to black and white."""
    planted.found = ellipse(SIZE_PX, SIZE_PX) * np.float32(highest)
    found = Outliner().outline(photo_of(np.full((200, 300, 3), 128, np.uint8)))
    assert found.shape == (200, 300)
    assert not found.any()


def test_a_mere_speck_is_no_animal(planted: type[Planted]) -> None:
    planted.found = soft(ellipse(SIZE_PX, SIZE_PX, 0.03))
    assert not Outliner().outline(photo_of(scene(ellipse(200, 300, 0.03)))).any()


@pytest.mark.parametrize("certain", [0.97, 0.6])
def test_a_single_colour_has_no_edges_to_find(planted: type[Planted], certain: float) -> None:
    there = ellipse(SIZE_PX, SIZE_PX)
    planted.found = soft(there, certain)
    found = Outliner().outline(photo_of(np.full((SIZE_PX, SIZE_PX, 3), 90, np.uint8)))
    assert overlap(found, there) > 0.95


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2)])
def test_tiny_pictures_do_no_harm(planted: type[Planted], size: tuple[int, int]) -> None:
    planted.found = soft(ellipse(SIZE_PX, SIZE_PX))
    assert Outliner().outline(photo_of(np.zeros((*size, 3), np.uint8))).shape == size


def test_a_missing_network_is_said(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="u2netp"):
        Outliner(tmp_path / "u2netp.tflite")


def test_the_network_that_ships_finds_a_thing_on_grass() -> None:
    if not (shipped_models_dir() / "outline" / "u2netp.tflite").is_file():
        pytest.skip("models/outline/u2netp.tflite is not there (training/ makes it)")
    there = ellipse(360, 480, 0.25, (0.4, 0.55))
    assert overlap(Outliner().outline(photo_of(scene(there))), there) > 0.9


# -- the line -----------------------------------------------------------------------------------------------------


def test_the_line_runs_along_the_edge_and_nowhere_else() -> None:
    mask = ellipse(200, 300, 0.3)
    pixels = np.full((200, 300, 3), 128, np.uint8)
    drawn = draw_outline(pixels, mask, (255, 220, 0), 2)
    changed = (drawn != pixels).any(axis=2)
    assert (drawn == (255, 220, 0)).all(axis=2).any()
    assert not changed[ellipse(200, 300, 0.26)].any()
    assert not changed[~ellipse(200, 300, 0.34)].any()
    assert (pixels == 128).all()


def test_a_mask_of_another_size_is_stretched() -> None:
    pixels = np.full((400, 600, 3), 128, np.uint8)
    drawn = draw_outline(pixels, ellipse(100, 150, 0.3), (255, 220, 0), 2)
    changed = (drawn != pixels).any(axis=2)
    assert changed.any()
    assert not changed[ellipse(400, 600, 0.26)].any()
    assert not changed[~ellipse(400, 600, 0.34)].any()


def test_an_empty_mask_draws_nothing_in_a_new_picture() -> None:
    pixels = np.full((40, 60, 3), 128, np.uint8)
    pixels.setflags(write=False)
    drawn = draw_outline(pixels, np.zeros((40, 60), np.bool_), (255, 220, 0), 2)
    np.testing.assert_array_equal(drawn, pixels)
    assert drawn is not pixels


@pytest.mark.parametrize(
    ("mask", "doubt"),
    [
        (ellipse(100, 120), None),
        (ellipse(100, 120, 0.08), Doubt.TINY),
        (ellipse(100, 120, 0.65), Doubt.HUGE),
        (ellipse(100, 120, 0.2, (0.25, 0.5)) | ellipse(100, 120, 0.15, (0.75, 0.5)), Doubt.PARTS),
        (ellipse(100, 120, 0.3, (0.35, 0.5)) | ellipse(100, 120, 0.06, (0.9, 0.9)), None),
    ],
)
def test_the_shape_of_an_outline_may_be_in_doubt(mask: Mask, doubt: Doubt | None) -> None:
    assert doubt_about(mask) is doubt
