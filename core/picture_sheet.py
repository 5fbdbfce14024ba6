"""Several pictures on one sheet, each with its words, in rows with titles; and two curves as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from core.perturbations import Faithfulness
from core.picture_text import drawable, text_font, wrapped
from core.pictures import FAINT, INK, PAPER, Drawing, legend, strip
from core.records import Floats, Pixels
from core.texts import percent, tr, written

TILE_PX: Final = 300
_TEXT_PX: Final = 15
_GAP_PX: Final = 12
_LEAST_COLUMN_PX: Final = 200
_CURVES_PX: Final = (900, 330)
# Blue and orange of the diverging palette: all can tell them apart.
_COLOURS: Final = ((33, 102, 196), (194, 82, 0))


@dataclass(frozen=True, eq=False)
class Tile:
    """A picture (height, width, 3) and the words below it."""

    pixels: Pixels
    words: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """Pictures side by side, below a title."""

    tiles: Sequence[Tile]
    title: str = ""


def in_rows(tiles: Sequence[Tile], columns: int) -> list[Row]:
    """The tiles in rows of so many."""
    return [Row(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]


def sheet(
    rows: Sequence[Row], captions: Sequence[str], tile_px: int = TILE_PX, drawing: Drawing | None = None
) -> Image.Image:
    """All rows on one sheet, each tile `tile_px` wide at most, the captions and the colour bar of `drawing` below."""
    font = text_font(_TEXT_PX)
    columns = max(len(row.tiles) for row in rows)
    column_px = _column_px(rows, tile_px)
    width = max(columns * (column_px + _GAP_PX) + _GAP_PX, 2 * TILE_PX)
    drawn = [_row(row, tile_px, column_px, width) for row in rows]
    words = strip(width, font, captions, legend(font, drawing) if drawing else None)
    whole = Image.new("RGB", (width, _GAP_PX + sum(one.height for one in drawn) + words.height), PAPER)
    top = _GAP_PX
    for one in (*drawn, words):
        whole.paste(one, (0, top))
        top += one.height
    return whole


def _column_px(rows: Sequence[Row], tile_px: int) -> int:
    """As wide as the widest picture, where all are upright ones; their words need some room, too."""
    widest = max((_fitted(tile.pixels, tile_px).width for row in rows for tile in row.tiles), default=tile_px)
    return min(tile_px, max(widest, _LEAST_COLUMN_PX))


def _row(row: Row, tile_px: int, column_px: int, width: int) -> Image.Image:
    font, line_px = text_font(_TEXT_PX), round(_TEXT_PX * 1.4)
    title = wrapped(row.title, font, width - 2 * _GAP_PX) if row.title else []
    pictures = [_fitted(tile.pixels, tile_px) for tile in row.tiles]
    words = [wrapped(tile.words, font, column_px) for tile in row.tiles]
    high = max((one.height for one in pictures), default=0)
    below = max((len(lines) for lines in words), default=0) * line_px
    paper = Image.new("RGB", (width, len(title) * line_px + high + below + 2 * _GAP_PX), PAPER)
    pen = ImageDraw.Draw(paper)
    for place, line in enumerate(title):
        pen.text((_GAP_PX, place * line_px), line, INK, font)
    top = len(title) * line_px + (_GAP_PX // 2 if title else 0)
    for place, (picture, lines) in enumerate(zip(pictures, words, strict=True)):
        left = _GAP_PX + place * (column_px + _GAP_PX)
        paper.paste(picture, (left, top))
        for number, line in enumerate(lines):
            pen.text((left, top + high + 2 + number * line_px), line, FAINT, font)
    return paper


def _fitted(pixels: Pixels, tile_px: int) -> Image.Image:
    picture = Image.fromarray(pixels)
    scale = min(tile_px / picture.width, tile_px / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC, reducing_gap=2.0)


def scaled(pixels: Pixels, most_px: int) -> Pixels:
    """The picture with its longer side `most_px` long."""
    return np.asarray(_fitted(pixels, most_px), np.uint8)


def curves(found: Faithfulness) -> Image.Image:
    """Both curves of a map's faithfulness, with their areas in words."""
    paper = Image.new("RGB", _CURVES_PX, PAPER)
    half = _CURVES_PX[0] // 2
    taken = tr("Strongest places taken away: area {area} (small is good)").format(
        area=written(f"{found.deletion_area:.2f}")
    )
    given = tr("Strongest places given first: area {area} (large is good)").format(
        area=written(f"{found.insertion_area:.2f}")
    )
    highest = max(float(found.deletion.max()), float(found.insertion.max()), 1e-3)
    for place, (curve, title) in enumerate(((found.deletion, taken), (found.insertion, given))):
        _draw_curve(paper, (place * half, 0, half, _CURVES_PX[1]), curve, title, highest)
    return paper


def _draw_curve(
    paper: Image.Image, room: tuple[int, int, int, int], curve: Floats, title: str, highest: float
) -> None:  # fmt: skip
    """One curve in its part of the paper (left, top, width, height); `highest` is the top of its axis."""
    font, pen = text_font(_TEXT_PX), ImageDraw.Draw(paper)
    left, top, width, height = room
    colour = _COLOURS[left > 0]
    lines = wrapped(title, font, width - 2 * _GAP_PX)
    for number, line in enumerate(lines):
        pen.text((left + _GAP_PX, top + _GAP_PX + number * 20), line, INK, font)
    x0, x1 = left + 60, left + width - _GAP_PX - 8
    y0, y1 = top + height - 40, top + 2 * _GAP_PX + 20 * len(lines)
    places = np.linspace(x0, x1, len(curve))
    heights = y0 - (y0 - y1) * np.clip(curve / highest, 0, 1)
    points = [(float(x), float(y)) for x, y in zip(places, heights, strict=True)]
    pale = tuple(round(255 - (255 - part) * 0.25) for part in colour)
    pen.polygon([(x0, y0), *points, (x1, y0)], fill=pale)
    pen.line(points, fill=colour, width=3, joint="curve")
    pen.line([(x0, y1), (x0, y0), (x1, y0)], fill=FAINT, width=1)
    for share, y in ((0.0, y0), (highest, y1)):
        pen.text((x0 - 8, y), drawable(percent(share), font), FAINT, font, anchor="rm")
    for share, x, anchor in ((0.0, x0, "lt"), (1.0, x1, "rt")):
        pen.text((x, y0 + 6), drawable(percent(share), font), FAINT, font, anchor=anchor)
    middle = drawable(tr("share of the picture"), font)
    pen.text(((x0 + x1) / 2, y0 + 6), middle, FAINT, font, anchor="mt")
