"""The photographs that `make bench` measures on: real or drawn ones, in the sizes of a phone and of an old archive."""

from __future__ import annotations

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
_QUALITY = 92


@dataclass(frozen=True)
class Kind:
    """A size of photographs: its name in folders, in the table, and its pixels."""

    name: str
    title: str
    pixels: int


KINDS = (Kind("large", "12 MP", 12_000_000), Kind("small", "small", 232 * 174))


def make_photographs(into: Path, kind: Kind, source: Path | None, number: int) -> list[Path]:
    """Write `number` JPEGs of one size, each of its own content, from the photographs in `source` or from drawings.

    Photographs are spread evenly over the folder, and come again where it has fewer. Raises FileNotFoundError where it
    has none.
    """
    folder = into / kind.name
    folder.mkdir(parents=True)
    picture = _drawn if source is None else partial(_opened, _spread(source, number))
    paths = [folder / f"{place:04}.jpg" for place in range(number)]
    grain = _grain()
    with ThreadPoolExecutor(usable_processors()) as pool:
        list(pool.map(partial(_write, kind, picture, grain), range(number), paths))
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


def _write(kind: Kind, picture: Callable[[int], Image.Image], grain: Pixels, place: int, path: Path) -> None:
    image = picture(place)
    growth = (kind.pixels / (image.width * image.height)) ** 0.5
    size = round(image.width * growth), round(image.height * growth)
    image = image.resize(size, Image.Resampling.LANCZOS)
    if growth > 1:
        shifted = np.roll(grain, (place * 37, place * 101), axis=(0, 1))
        repeats = (size[1] // _GRAIN_SIDE_PX + 1, size[0] // _GRAIN_SIDE_PX + 1, 1)
        noisy = np.asarray(image, np.int16) + np.tile(shifted, repeats)[: size[1], : size[0]]
        image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    # The comment makes files differ that show the same: known contents would be answered from the library.
    image.save(path, quality=_QUALITY, comment=f"{place}".encode())
