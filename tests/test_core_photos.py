"""Opening photographs: formats, orientation, scaled opening, paths."""

from __future__ import annotations

import base64
import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from core.errors import PhotoError
from core.inputs import centre_square, to_model_input
from core.photos import open_photo, photo_from_image
from core.records import Photo, Pixels

RED, BLUE, GREEN, WHITE = (200, 30, 30), (30, 30, 200), (30, 160, 30), (240, 240, 240)

# 64 x 64, its left half red, its right half blue, with the order to turn it by 90 degrees clockwise: red comes on top.
TURNED_HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAWBtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9j"
    "AAAAAERAAAEAAQAAAAABhAABAAAAAAAAACsAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA4Glw"
    "cnAAAADAaXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AA"
    "AAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAA"
    "AABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAJaXJvdAMAAAAYaXBtYQAAAAAAAAABAAEFgQIDBIUAAAAzbWRhdAAAACcoAa8TgOUzwJ//8FKj"
    "/91rPD8Heyq//eeMR/QNY//F6bcpFf/1Pfw="
)

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow was built without AVIF")


def quarters(width: int = 64, height: int = 48) -> Image.Image:
    """Red, blue / green, white: every turn and mirror of it is another picture."""
    picture = Image.new("RGB", (width, height), WHITE)
    picture.paste(RED, (0, 0, width // 2, height // 2))
    picture.paste(BLUE, (width // 2, 0, width, height // 2))
    picture.paste(GREEN, (0, height // 2, width // 2, height))
    return picture


def corners(pixels: Pixels) -> list[tuple[int, int, int]]:
    """The named colour nearest to each quarter's middle: upper left, upper right, lower left, lower right."""
    height, width = pixels.shape[:2]
    found = []
    for row, column in ((1, 1), (1, 3), (3, 1), (3, 3)):
        seen = pixels[row * height // 4, column * width // 4].astype(int)
        found.append(min((RED, BLUE, GREEN, WHITE), key=lambda colour: int(np.abs(seen - colour).sum())))
        assert np.abs(seen - found[-1]).max() < 25
    return found


def landscape(width: int, height: int) -> Image.Image:
    """Something with detail at every size, the same on every machine."""
    noise = np.random.default_rng(1)
    picture = np.zeros((height, width, 3), np.float32)
    for cells in (4, 16, 64, 256):
        layer = noise.normal(0, 22, (cells, cells, 3)).astype(np.float32)
        for channel in range(3):
            grown = Image.fromarray(layer[:, :, channel]).resize((width, height), Image.Resampling.BICUBIC)
            picture[:, :, channel] += np.asarray(grown)
    return Image.fromarray(np.clip(picture + 128, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "name",
    [
        *("a.jpg", "a.png", "a.webp", "a.tif", "a.bmp", "a.gif"),
        pytest.param("a.avif", marks=needs_avif),
    ],
)
def test_every_format_opens_with_its_colours(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    quarters().save(path)
    photo = open_photo(path)
    assert (photo.width, photo.height, photo.path) == (64, 48, path)
    assert photo.pixels.shape == (48, 64, 3)
    assert photo.pixels.dtype == np.uint8
    assert corners(photo.pixels) == [RED, BLUE, GREEN, WHITE]


def test_the_content_counts_and_not_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "really a JPEG.png"
    quarters().save(path, "JPEG", quality=95)
    assert corners(open_photo(path).pixels) == [RED, BLUE, GREEN, WHITE]


def test_heic_opens_turned_as_it_says(tmp_path: Path) -> None:
    pytest.importorskip("pi_heif")
    path = tmp_path / "phone.HEIC"
    path.write_bytes(TURNED_HEIC)
    photo = open_photo(path)
    assert photo.pixels.shape == (64, 64, 3)
    assert corners(photo.pixels) == [RED, RED, BLUE, BLUE]


# The order of the quarters as stored, so that the upright picture is always red, blue / green, white.
STORED = {
    1: lambda picture: picture,
    2: lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda picture: picture.transpose(Image.Transpose.ROTATE_180),
    4: lambda picture: picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda picture: picture.transpose(Image.Transpose.TRANSPOSE),
    6: lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
    7: lambda picture: picture.transpose(Image.Transpose.TRANSVERSE),
    8: lambda picture: picture.transpose(Image.Transpose.ROTATE_270),
}


@pytest.mark.parametrize("least_px", [None, 100])
@pytest.mark.parametrize("orientation", STORED)
def test_a_jpeg_stands_upright(tmp_path: Path, orientation: int, least_px: int | None) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "camera.jpg"
    STORED[orientation](quarters(1000, 800)).save(path, exif=exif, quality=95)
    photo = open_photo(path, least_px)
    assert (photo.width, photo.height) == (1000, 800)
    assert photo.pixels.shape == ((800, 1000, 3) if least_px is None else (200, 250, 3))
    assert corners(photo.pixels) == [RED, BLUE, GREEN, WHITE]


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", pytest.param("a.avif", marks=needs_avif)])
def test_other_formats_stand_upright_too(tmp_path: Path, name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    STORED[6](quarters()).save(tmp_path / name, exif=exif)
    photo = open_photo(tmp_path / name)
    assert (photo.width, photo.height) == (64, 48)
    assert corners(photo.pixels) == [RED, BLUE, GREEN, WHITE]


def test_broken_exif_data_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    quarters().save(path, exif=b"Exif\0\0II*\0\xff\xff\xff\xff", quality=95)
    assert corners(open_photo(path).pixels) == [RED, BLUE, GREEN, WHITE]


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_of_several_pictures_the_first_counts(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    quarters().save(path, save_all=True, append_images=[Image.new("RGB", (64, 48), BLUE)])
    assert corners(open_photo(path).pixels) == [RED, BLUE, GREEN, WHITE]


def test_a_stereo_photograph_opens_scaled_too(tmp_path: Path) -> None:
    path = tmp_path / "a.mpo"
    quarters(800, 600).save(path, "MPO", save_all=True, append_images=[Image.new("RGB", (800, 600), BLUE)])
    photo = open_photo(path, 100)
    assert (photo.width, photo.height) == (800, 600)
    assert photo.pixels.shape == (300, 400, 3)
    assert corners(photo.pixels) == [RED, BLUE, GREEN, WHITE]


@pytest.mark.parametrize("name", ["a.jpg", "progressive.jpg", "a.png", "a.webp"])
def test_scaled_opening_gives_the_same_model_input(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    landscape(1800, 1350).save(path, quality=92, progressive=name.startswith("progressive"))
    full, scaled = open_photo(path), open_photo(path, 224)
    assert (scaled.width, scaled.height) == (full.width, full.height) == (1800, 1350)
    assert 358 <= min(scaled.pixels.shape[:2]) <= 675
    difference = np.abs(model_input(full) - model_input(scaled))
    assert difference.mean() < 0.8
    assert difference.max() < 16


def model_input(photo: Photo) -> np.ndarray:
    return to_model_input(photo.pixels, centre_square(photo.width, photo.height), 224)


def test_a_small_picture_is_not_shrunk(tmp_path: Path) -> None:
    quarters(300, 280).save(tmp_path / "a.png")
    assert open_photo(tmp_path / "a.png", 299).pixels.shape == (280, 300, 3)


def test_beyond_what_memory_bears_even_a_full_opening_shrinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.photos._MOST_KEPT_PIXELS", 200_000)
    quarters(800, 600).save(tmp_path / "a.jpg", quality=95)
    photo = open_photo(tmp_path / "a.jpg")
    assert (photo.width, photo.height) == (800, 600)
    assert photo.pixels.shape == (300, 400, 3)
    assert corners(photo.pixels) == [RED, BLUE, GREEN, WHITE]


@pytest.mark.parametrize("name", ["two words.jpg", "Éloïse à l'été.jpg", "🐕 hund.jpg", "[1] (copy) %s {x}.jpg"])
def test_any_name_opens(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "Ça & là"
    folder.mkdir()
    quarters().save(folder / name, quality=95)
    assert corners(open_photo(folder / name).pixels) == [RED, BLUE, GREEN, WHITE]


@pytest.mark.skipif(os.name == "nt", reason="the test itself could not write such a path; see the prefix test below")
def test_a_path_over_260_characters_opens(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["a long name of a folder " * 4] * 4)
    folder.mkdir(parents=True)
    path = folder / "dog.png"
    quarters().save(path)
    assert len(str(path)) > 360
    assert open_photo(path).width == 64


def test_a_photograph_is_read_and_never_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    quarters(400, 300).save(path)
    before = path.read_bytes(), path.stat().st_mtime_ns
    open_photo(path), open_photo(path, 50)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(tmp_path.iterdir()) == [path]


def test_many_threads_open_the_same(tmp_path: Path) -> None:
    names = ["a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.bmp"] * 4
    for name in set(names):
        quarters(400, 300).save(tmp_path / name)
    seen: dict[int, list[tuple[int, int, int]]] = {}

    def open_one(number: int) -> None:
        seen[number] = corners(open_photo(tmp_path / names[number], 50).pixels)

    threads = [threading.Thread(target=open_one, args=(number,)) for number in range(len(names))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(seen.values()) == [[RED, BLUE, GREEN, WHITE]] * len(names)


def test_a_picture_from_the_clipboard(tmp_path: Path) -> None:
    see_through = quarters(640, 480).convert("RGBA")
    see_through.paste((0, 0, 0, 0), (320, 240, 640, 480))
    photo = photo_from_image(see_through, 100, tmp_path)
    assert (photo.width, photo.height, photo.path) == (640, 480, tmp_path)
    assert photo.pixels.shape == (160, 214, 3)
    assert tuple(photo.pixels[140, 200]) == (255, 255, 255)
    assert photo_from_image(see_through).pixels.shape == (480, 640, 3)


def test_a_speck_from_the_clipboard_is_refused() -> None:
    with pytest.raises(PhotoError, match="too small: 3 × 2 pixels"):
        photo_from_image(Image.new("RGB", (3, 2)))


def test_a_broken_picture_from_the_clipboard_is_refused() -> None:
    stored = io.BytesIO()
    landscape(64, 48).save(stored, "PNG")
    with pytest.raises(PhotoError, match="incomplete"):
        photo_from_image(Image.open(io.BytesIO(stored.getvalue()[:4000])))


def test_odd_files_end_in_a_photo_or_a_sentence(shared_data: Path) -> None:
    opened = refused = 0
    for path in sorted((shared_data / "odd_files").rglob("*")):
        if path.is_file():
            try:
                photo = open_photo(path, 299)
            except PhotoError as refusal:
                assert str(refusal).endswith(".")
                refused += 1
            else:
                assert photo.pixels.shape[2] == 3
                opened += 1
    assert opened > 100
    assert refused > 20
