"""What a backbone is shown of a training photograph: as in prediction, or degraded the same way at every run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.bundles import View
from core.errors import PhotoError
from core.inference import Classifier
from core.inputs import WHOLE, centre_square, to_model_input
from core.photos import open_photo
from tests.bundle_factory import make_bundle
from training.views import view_input

SIZE_PX = 24
VIEWS = ("centre", "mirrored", "whole", "degraded-1", "degraded-2")


def picture(path: Path, width: int = 90, height: int = 60) -> Path:
    """Colours that change from left to right and from top to bottom, with some grain."""
    rng = np.random.default_rng(width)
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 / width, y * 255 / height, 255 - x * 255 / width], axis=2)
    Image.fromarray((pixels * 0.9 + rng.integers(0, 25, pixels.shape)).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return picture(tmp_path / "photo.png")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_the_shape_and_the_range_of_a_models_input(photo: Path, view: str) -> None:
    values = view_input(photo, view, SIZE_PX)
    assert values.shape == (1, SIZE_PX, SIZE_PX, 3) and values.dtype == np.dtype(np.float32)
    assert values.min() >= 0 and 100 < values.max() <= 255


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_the_same_at_every_run(photo: Path, view: str) -> None:
    assert np.array_equal(view_input(photo, view, SIZE_PX), view_input(photo, view, SIZE_PX))


def test_views_differ_from_one_another(photo: Path) -> None:
    seen = [view_input(photo, view, SIZE_PX) for view in VIEWS]
    for one, values in enumerate(seen):
        assert all(np.abs(values - other).mean() > 1 for other in seen[:one])


def test_two_files_are_degraded_in_different_ways(photo: Path) -> None:
    twin = photo.with_name("twin.png")
    twin.write_bytes(photo.read_bytes())
    assert np.array_equal(view_input(photo, "centre", SIZE_PX), view_input(twin, "centre", SIZE_PX))
    assert not np.array_equal(view_input(photo, "degraded-1", SIZE_PX), view_input(twin, "degraded-1", SIZE_PX))


def test_a_file_is_degraded_the_same_way_in_any_folder(photo: Path) -> None:
    moved = photo.parent / "elsewhere" / photo.name
    moved.parent.mkdir()
    moved.write_bytes(photo.read_bytes())
    assert np.array_equal(view_input(photo, "degraded-1", SIZE_PX), view_input(moved, "degraded-1", SIZE_PX))


def test_plain_views_are_those_of_prediction(photo: Path) -> None:
    pixels = open_photo(photo).pixels
    square = to_model_input(pixels, centre_square(90, 60), SIZE_PX)
    assert np.array_equal(view_input(photo, "centre", SIZE_PX), square)
    assert np.array_equal(view_input(photo, "mirrored", SIZE_PX), square[:, :, ::-1])
    assert np.array_equal(view_input(photo, "whole", SIZE_PX), to_model_input(pixels, WHOLE, SIZE_PX))


def test_a_photograph_that_lies_on_its_side_is_turned_as_in_prediction(tmp_path: Path) -> None:
    path = picture(tmp_path / "side.jpg")
    with Image.open(path) as file:
        exif = file.getexif()
        exif[0x0112] = 6
        file.save(path, exif=exif)
    bundle = make_bundle(tmp_path / "colours", views=[View.WHOLE])
    seen = Classifier(bundle).features(open_photo(path)).maps[0].values
    # The networks' cells are mean colours, so the input can be compared with what they saw.
    cells = view_input(path, "whole", 32)[0].reshape(4, 8, 4, 8, 3).mean(axis=(1, 3)) / 255
    assert np.abs(cells - seen[:, :, :3]).max() < 0.01
    assert cells[-1, :, 0].mean() > cells[0, :, 0].mean() + 0.3  # red grew to the right, and grows downwards now


@pytest.mark.parametrize(("width", "height"), [(16, 300), (300, 16), (17, 17)])
def test_odd_sizes_can_be_degraded(tmp_path: Path, width: int, height: int) -> None:
    path = picture(tmp_path / "odd.png", width, height)
    for n in range(20):
        assert np.isfinite(view_input(path, f"degraded-{n}", SIZE_PX)).all()


def test_what_is_no_photograph_is_refused_plainly(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("no photograph")
    with pytest.raises(PhotoError):
        view_input(tmp_path / "notes.jpg", "centre", SIZE_PX)
