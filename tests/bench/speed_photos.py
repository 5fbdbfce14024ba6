"""The photographs that `make bench` measures on: real or drawn ones, as phones, old archives and screens give them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from core.machine import usable_processors
from core.photos import find_photos, open_photo
from core.records import Pixels
from tools.draw_dog import draw_dog

# A sensor's noise, in steps of 255. Enlarging leaves none, and a JPEG without it has a fraction of the bytes to decode:
# with it a file of 12 megapixels has the 3 MB of a phone's.
_GRAIN = 4.0
_GRAIN_SIDE_PX = 1024
_QUALITY, _HEIC_QUALITY, _PNG_LEVEL = 92, 50, 4


@dataclass(frozen=True)
class Kind:
    """A kind of photographs: its name in folders, in the table, its pixels, how many are answered in a round, the
    format, and how many different pictures are drawn: some formats take seconds to write, and pictures come again.
    """

    name: str
    title: str
    pixels: int
    number: int = 60
    suffix: str = ".jpg"
    pictures: int = 1000


KINDS = (
    Kind("large", "12 MP", 12_000_000, 60),
    Kind("small", "small", 232 * 174, 240),
    Kind("png", "PNG, 2 MP", 1632 * 1224, 60, ".png", 24),
    Kind("heic", "HEIC, 12 MP", 12_000_000, 24, ".heic", 8),
)
# What the files of one kind have in common, for the words under the table.
FORMATS = {".jpg": "JPEGs", ".png": "PNGs", ".heic": "HEICs"}


def can_make(kind: Kind) -> bool:
    """Whether files of this kind can be written here: HEIC needs pillow-heif, which only the benchmark has."""
    if kind.suffix != ".heic":
        return True
    try:
        import pillow_heif  # noqa: F401
    except ImportError:
        return False
    return True


def make_photographs(into: Path, kind: Kind, source: Path | None, number: int) -> list[Path]:
    """Write `number` files of one kind, each of its own content, from the photographs in `source` or from drawings.

    Photographs are spread evenly over the folder, and come again where it has fewer. Raises FileNotFoundError where it
    has none.
    """
    folder = into / kind.name
    folder.mkdir(parents=True)
    pictures = min(number, kind.pictures)
    picture = _drawn if source is None else partial(_opened, _spread(source, pictures))
    grain = _grain()
    with ThreadPoolExecutor(usable_processors()) as pool:
        files = list(pool.map(partial(_encoded, kind, picture, grain), range(pictures)))
    paths = [folder / f"{place:04}{kind.suffix}" for place in range(number)]
    for place, path in enumerate(paths):
        path.write_bytes(_told_apart(files[place % pictures], kind.suffix, place))
    return paths


def _spread(source: Path, number: int) -> list[Path]:
    paths = list(find_photos(source))
    if not paths:
        raise FileNotFoundError(f"there is no photograph in {source}")
    return [paths[place] for place in np.linspace(0, len(paths) - 1, min(number, len(paths))).astype(int)]


def _opened(paths: Sequence[Path], place: int) -> Image.Image:
    return Image.fromarray(open_photo(paths[place % len(paths)]).pixels)


def _drawn(place: int) -> Image.Image:
    """A part of the drawn dog, another one for each place."""
    rng = np.random.default_rng(place)
    picture = draw_dog()
    left, top, right, bottom = rng.uniform(0, 0.15, 4)
    width, height = picture.size
    cut = picture.crop((int(left * width), int(top * height), int((1 - right) * width), int((1 - bottom) * height)))
    return cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if place % 2 else cut


def _grain() -> Pixels:
    return np.asarray(np.random.default_rng(0).normal(0, _GRAIN, (_GRAIN_SIDE_PX, _GRAIN_SIDE_PX, 1)).round(), np.int16)


def _encoded(kind: Kind, picture: Callable[[int], Image.Image], grain: Pixels, place: int) -> bytes:
    image = picture(place)
    growth = (kind.pixels / (image.width * image.height)) ** 0.5
    size = round(image.width * growth), round(image.height * growth)
    image = image.resize(size, Image.Resampling.LANCZOS)
    if growth > 1:
        shifted = np.roll(grain, (place * 37, place * 101), axis=(0, 1))
        repeats = (size[1] // _GRAIN_SIDE_PX + 1, size[0] // _GRAIN_SIDE_PX + 1, 1)
        noisy = np.asarray(image, np.int16) + np.tile(shifted, repeats)[: size[1], : size[0]]
        image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    out = io.BytesIO()
    if kind.suffix == ".heic":
        import pillow_heif

        pillow_heif.from_pillow(image).save(out, quality=_HEIC_QUALITY, enc_params={"preset": "ultrafast"})
    else:
        image.save(out, {".jpg": "JPEG", ".png": "PNG"}[kind.suffix], quality=_QUALITY, compress_level=_PNG_LEVEL)
    return out.getvalue()


def _told_apart(data: bytes, suffix: str, place: int) -> bytes:
    """The same picture in a file of its own content: known contents would be answered from the library."""
    word = b"%012d" % place
    if suffix == ".jpg":  # a comment, right after the start of the image
        return data[:2] + b"\xff\xfe" + (len(word) + 2).to_bytes(2, "big") + word + data[2:]
    if suffix == ".png":  # behind the end, where nobody reads on
        return data + word
    return data + (len(word) + 8).to_bytes(4, "big") + b"free" + word  # ISO/IEC 14496-12, 8.1.2
