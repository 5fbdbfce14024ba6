"""What classic image processing sees of a photograph, each picture with its name, side by side on one sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from PIL import Image

from core.picture_sheet import Tile, in_rows, sheet
from core.records import Pixels
from core.texts import tr
from core.transformations import Mask, Transformation, transformation_name, transformed

COLUMNS: Final = 4
TILE_PX: Final = 260


def transformed_pictures(pixels: Pixels, mask: Mask, wanted: Iterable[Transformation]) -> list[Tile]:
    """The photograph itself and what is wanted of it."""
    return [
        Tile(pixels, tr("The photograph")),
        *(Tile(transformed(one, pixels, mask), transformation_name(one)) for one in wanted),
    ]


def sheet_of(tiles: Sequence[Tile], columns: int = COLUMNS, tile_px: int = TILE_PX) -> Image.Image:
    """The pictures in rows of `columns`."""
    return sheet(in_rows(tiles, columns), (), tile_px)
