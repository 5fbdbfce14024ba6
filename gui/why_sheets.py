"""Sheets of several pictures for the window "Why?": made by a worker, written out by Tk in the theme's own letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gui.why_engine import Found, MapDrawing, palette_of

if TYPE_CHECKING:
    from PIL import Image

    from core.bundles import BundleInfo
    from core.explain_pictures import Contents
    from core.records import Photo

_TILE_PX, _SMALL_TILE_PX = 300, 132
_GAP_PX = 14


@dataclass(frozen=True, eq=False)
class Tile:
    """A picture and the words below it."""

    image: Image.Image
    words: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """Pictures side by side below a title."""

    tiles: Sequence[Tile]
    title: str = ""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows of pictures; `said` is the sentence that sums them up, `note` what else is to know."""

    rows: Sequence[Row]
    said: str
    note: str = ""
    gap_px: int = _GAP_PX
    low: str = ""
    high: str = ""
    bar: Image.Image | None = None


def sheet_for(photo: Photo, info: BundleInfo, found: Found, drawing: MapDrawing, width: int) -> Sheet:
    """What was found, as a sheet of this width in pixels."""
    from core.explain_pictures import apart_contents, channels_contents, neurons_contents, shap_contents
    from core.picture_sheet import scaled
    from core.pictures import Drawing

    opacity = drawing.opacity if drawing.is_shown else 0.0
    if found.shares is not None:
        labels = found.shares.labels
        columns = len(labels) + 1 if len(labels) < 4 else 3
        pixels = scaled(photo.pixels, _side(width, columns))
        return _sheet(shap_contents(pixels, found.shares.shares, labels, info, opacity, columns), drawing)
    if found.channels is not None:
        pixels = scaled(photo.pixels, _side(width, 4))
        colours = Drawing(palette_of(found, drawing), opacity)
        return _sheet(channels_contents(pixels, found.channels, colours, 4), drawing)
    if found.neurons is not None:
        most = max((len(neuron.thumbnails) for neuron in found.neurons.neurons), default=1)
        side = min(_SMALL_TILE_PX, _side(width, max(1, most)))
        return _sheet(neurons_contents(found.neurons, info), drawing, side)
    assert found.cut_out is not None and found.asked.label is not None
    pixels = scaled(photo.pixels, _side(width, 3))
    return _sheet(apart_contents(pixels, found.cut_out.mask, found.cut_out.apart, found.asked.label, info), drawing)


def _sheet(contents: Contents, drawing: MapDrawing, most_px: int = _TILE_PX) -> Sheet:
    from PIL import Image

    from core.heatmaps import colour_bar

    rows = []
    for row in contents.rows:
        images = [Image.fromarray(tile.pixels) for tile in row.tiles]
        for image in images:
            image.thumbnail((most_px, most_px))
        rows.append(
            Row([Tile(*pair) for pair in zip(images, (one.words for one in row.tiles), strict=True)], row.title)
        )
    note, colours = " ".join(contents.notes), contents.drawing
    if colours is None:
        return Sheet(rows, contents.said, note)
    low, high = colours.ends
    bar = Image.fromarray(colour_bar(colours.palette, drawing.bar[1], drawing.bar[0]))
    return Sheet(rows, contents.said, note, low=low, high=high, bar=bar)


def _side(width: int, columns: int) -> int:
    return max(60, min(_TILE_PX, (width - _GAP_PX) // columns - _GAP_PX))
