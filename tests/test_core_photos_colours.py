"""Whatever colours a picture has, it comes out as a person sees it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms

from core.colours import to_array
from core.photos import open_photo

SIZE = (32, 24)
RED = (200, 30, 30)


def opened(image: Image.Image, path: Path, **how_saved: Any) -> npt.NDArray[np.uint8]:
    image.save(path, **how_saved)
    return open_photo(path).pixels


def ramp(highest: float, kind: type) -> npt.NDArray[np.generic]:
    return np.tile(np.linspace(0, highest, 256), (32, 1)).astype(kind)


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [
        *((".tif", mode) for mode in ("RGB", "RGBA", "RGBX", "P", "CMYK")),
        *((".png", mode) for mode in ("RGB", "RGBA", "P")),
        *((".jpg", mode) for mode in ("RGB", "YCbCr", "CMYK")),
    ],
)
def test_red_is_red_in_every_mode(tmp_path: Path, mode: str, suffix: str) -> None:
    image = Image.new("RGB", SIZE, RED).convert(mode, palette=Image.Palette.ADAPTIVE)
    pixels = opened(image, tmp_path / f"a{suffix}")
    assert np.abs(pixels.astype(int) - RED).max() <= 4


def test_cmyk_from_a_press_is_not_inverted(tmp_path: Path) -> None:
    pixels = opened(Image.new("CMYK", SIZE, (0, 255, 255, 0)), tmp_path / "a.jpg", quality=95)
    assert pixels[5, 5, 0] > 220
    assert pixels[5, 5, 1:].max() < 60


def test_lab_comes_out_right(tmp_path: Path) -> None:
    lab = Image.new("LAB", SIZE, (136, 208, 195))  # CIE L* 53, a* 80, b* 67: the red of sRGB
    red, green, blue = opened(lab, tmp_path / "a.tif")[5, 5]
    assert red > 240
    assert max(green, blue) < 40


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_grey_pictures(tmp_path: Path, mode: str) -> None:
    image = Image.new("L", SIZE, 0)
    image.paste(255, (16, 0, 32, 24))
    pixels = opened(image.convert(mode), tmp_path / "a.png")
    assert tuple(pixels[12, 4]) == (0, 0, 0)
    assert tuple(pixels[12, 28]) == (255, 255, 255)


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", SIZE, (*RED, 255))
    image.paste((0, 0, 0, 0), (0, 0, 8, 24))
    image.paste((0, 0, 0, 51), (8, 0, 16, 24))
    for name in ("a.png", "a.webp", "a.tif"):
        pixels = opened(image, tmp_path / name, lossless=True)
        assert tuple(pixels[12, 4]) == (255, 255, 255)
        assert tuple(pixels[12, 12]) == (204, 204, 204)
        assert tuple(pixels[12, 24]) == RED


def test_a_half_transparent_grey_picture_lies_on_white(tmp_path: Path) -> None:
    pixels = opened(Image.new("LA", SIZE, (0, 51)), tmp_path / "a.png")
    assert tuple(pixels[5, 5]) == (204, 204, 204)


@pytest.mark.parametrize("name", ["a.gif", "a.png"])
def test_a_transparent_palette_entry_lies_on_white(tmp_path: Path, name: str) -> None:
    image = Image.new("P", SIZE, 1)
    image.putpalette([0, 0, 0, *RED])
    image.paste(0, (0, 0, 16, 24))
    pixels = opened(image, tmp_path / name, transparency=0)
    assert tuple(pixels[12, 4]) == (255, 255, 255)
    assert tuple(pixels[12, 28]) == RED


@pytest.mark.parametrize(("mode", "colour"), [("RGB", RED), ("L", 30)])
def test_a_transparent_colour_lies_on_white(tmp_path: Path, mode: str, colour: tuple[int, int, int] | int) -> None:
    pixels = opened(Image.new(mode, SIZE, colour), tmp_path / "a.png", transparency=colour)
    assert (pixels == 255).all()


def test_transparency_is_shrunk_without_dark_edges(tmp_path: Path) -> None:
    image = Image.new("RGBA", (640, 480), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (321, 0, 640, 480))
    image.save(tmp_path / "a.png")
    assert (open_photo(tmp_path / "a.png", 60).pixels == 255).all()


@pytest.mark.parametrize(
    ("values", "suffix"),
    [
        (ramp(65535, np.uint16), ".png"),
        (ramp(65535, np.uint16), ".tif"),
        (ramp(4095, np.uint16), ".tif"),  # 12 bits left in 16, as cameras do
        (ramp(255, np.uint16), ".tif"),
        (ramp(65535, np.int32), ".tif"),
        (ramp(255, np.int32), ".tif"),
        (ramp(1.0, np.float32), ".tif"),
        (ramp(255.0, np.float32), ".tif"),
        (ramp(1e6, np.float32), ".tif"),
        (ramp(2000, np.float32) - 1000, ".tif"),  # as computed tomography has it
    ],
)
def test_deep_grey_pictures_keep_their_range(tmp_path: Path, values: npt.NDArray[np.generic], suffix: str) -> None:
    pixels = opened(Image.fromarray(values), tmp_path / f"a{suffix}")
    middle = pixels[16, :, 0].astype(int)
    assert np.abs(middle - np.arange(256)).max() <= 6
    assert (pixels[:, :, :1] == pixels).all()


def test_a_dark_16_bit_png_stays_dark(tmp_path: Path) -> None:
    assert opened(Image.fromarray(ramp(4095, np.uint16)), tmp_path / "a.png").max() == 15


def test_broken_numbers_in_a_float_picture(tmp_path: Path) -> None:
    values = np.full((24, 32), 0.5, np.float32)
    values[0, :3] = (np.nan, np.inf, -np.inf)
    pixels = opened(Image.fromarray(values), tmp_path / "a.tif")
    assert set(pixels[12, 12]) == {127}
    assert not pixels[0, :3].any()


def test_16_bits_a_colour(tmp_path: Path) -> None:
    """Pillow writes none, so the file is written here: an uncompressed TIFF of RGB with 16 bits."""
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_rgb_16((200 * 257, 30 * 257, 30 * 257)))
    assert np.abs(open_photo(path).pixels.astype(int) - RED).max() <= 1


def tiff_rgb_16(colour: tuple[int, int, int], side: int = 32) -> bytes:
    data = struct.pack("<3H", *colour) * side * side
    bits_at = 8 + 2 + 9 * 12 + 4
    short, long = 3, 4
    tags = (
        *((256, long, 1, side), (257, long, 1, side), (258, short, 3, bits_at), (259, short, 1, 1)),
        *((262, short, 1, 2), (273, long, 1, bits_at + 6), (277, short, 1, 3), (278, long, 1, side)),
        (279, long, 1, len(data)),
    )
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return (
        b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4) + struct.pack("<3H", 16, 16, 16) + data
    )


def swapped_profile() -> bytes:
    """sRGB's profile with red and blue exchanged, and another name, so that what it does cannot be overlooked."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    table, rest = profile[:320], profile[320:]
    return table.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ") + rest


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_the_colour_profile_in_the_file_counts(tmp_path: Path, name: str) -> None:
    image = Image.new("RGB", SIZE, (30, 30, 200))
    pixels = opened(image, tmp_path / name, icc_profile=swapped_profile(), quality=95)
    assert np.abs(pixels.astype(int) - RED).max() <= 8


@pytest.mark.parametrize("profile", [b"no profile at all", swapped_profile()[:200]])
def test_a_broken_colour_profile_does_not_matter(tmp_path: Path, profile: bytes) -> None:
    pixels = opened(Image.new("RGB", SIZE, RED), tmp_path / "a.png", icc_profile=profile)
    assert (pixels == RED).all()


def test_a_profile_for_other_colours_does_not_matter(tmp_path: Path) -> None:
    pixels = opened(Image.new("CMYK", SIZE, (0, 255, 255, 0)), tmp_path / "a.jpg", icc_profile=swapped_profile())
    assert pixels[5, 5, 0] > 220
    assert pixels[5, 5, 1:].max() < 60


def test_the_array_is_the_whole_picture() -> None:
    values = np.random.default_rng(0).integers(0, 255, (300, 7, 3), dtype=np.uint8)
    assert (to_array(Image.fromarray(values)) == values).all()
