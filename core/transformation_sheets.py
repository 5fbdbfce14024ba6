"""Pictures side by side with their names on one sheet: what classic image processing sees of a photograph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from PIL import Image, ImageDraw

from core.picture_text import drawable, text_font
from core.records import Pixels
from core.texts import tr
from core.transformations import Mask, Transformation, transformation_name, transformed

CELL_PX: Final = 260
COLUMNS: Final = 4
_GAP_PX, _TEXT_PX, _LINE_PX = 12, 15, 24
_PAPER, _INK = (255, 255, 255), (25, 25, 25)

Named = tuple[str, Pixels]


def transformed_pictures(pixels: Pixels, mask: Mask, wanted: Iterable[Transformation]) -> list[Named]:
    """The photograph itself and what is wanted of it, each with its name."""
    return [
        (tr("The photograph"), pixels),
        *((transformation_name(one), transformed(one, pixels, mask)) for one in wanted),
    ]


def sheet_of(pictures: Sequence[Named], columns: int = COLUMNS, cell_px: int = CELL_PX) -> Image.Image:
    """Pictures of any size in rows of `columns`, each in its cell with its name below."""
    font = text_font(_TEXT_PX)
    columns = min(columns, max(1, len(pictures)))
    rows = -(-len(pictures) // columns)
    step, height = cell_px + _GAP_PX, cell_px + _LINE_PX + _GAP_PX
    sheet = Image.new("RGB", (_GAP_PX + columns * step, _GAP_PX + rows * height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for place, (name, pixels) in enumerate(pictures):
        left, top = _GAP_PX + place % columns * step, _GAP_PX + place // columns * height
        picture = Image.fromarray(pixels)
        picture.thumbnail((cell_px, cell_px), Image.Resampling.LANCZOS)
        at = (left + (cell_px - picture.width) // 2, top + (cell_px - picture.height) // 2)
        sheet.paste(picture, at)
        pen.text((left + cell_px / 2, top + cell_px + 4), drawable(name, font), _INK, font, anchor="ma")
    return sheet
