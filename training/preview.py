"""What preprocessing and augmentation do to the administrator's own photographs, as one picture before training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from core.backbones import BACKBONES
from core.errors import PhotoError, UserError
from core.folders import replacing
from core.inputs import cut_square, prepare, view_box
from core.photos import open_photo
from core.picture_text import drawable, text_font
from core.records import Box, Floats, Pixels
from core.texts import tr
from core.train_config import Augmentation, Step, TrainConfig
from core.whitening import Whitening
from training.augment import augmented, mixed_up
from training.whitening import fit_whitening

MOST_ROWS: Final = 6
COPIES: Final = 6
CELL_PX: Final = 168
_GAP_PX, _MARGIN_PX, _TEXT_PX, _LINE_PX = 8, 16, 14, 22
_PAPER, _INK, _FAINT, _LINE = (255, 255, 255), (25, 25, 25), (90, 90, 90), (205, 205, 205)
# Whitening is fitted on the training photographs later; the few that are shown stand for them in so many copies.
_WHITENING_COPIES: Final = 160
_WHITENING_RULES: Final = Augmentation(rotation_deg=15, zoom=0.3, crop=0.5, flip=True, brightness=0.1, contrast=0.2)
_USUAL_PX: Final = 224
_KEPT_END: Final = 8
# Mixed pairs are drawn so many times, and those shown that look mixed: many are nearly one photograph.
_MIXING_ROUNDS, _MOST_OF_ONE = 6, 0.95


@dataclass(frozen=True)
class _Square:
    """A photograph cut for the network: `box` is what of it."""

    name: str
    pixels: Pixels
    box: Box


@dataclass(frozen=True)
class _Cell:
    """One picture of the sheet and the line below it."""

    pixels: Pixels
    text: str = ""


@dataclass(frozen=True)
class _Row:
    """One line of the sheet: the photograph as it is, what the steps make of it, and its copies."""

    cells: tuple[_Cell, ...]
    title: str = ""


def write_preview(config: TrainConfig, paths: Sequence[Path], out: Path) -> None:
    """Write a PNG: for some of the photographs a row each, the picture as the network gets it and changed copies of it.

    The same configuration and photographs give the same picture. Photographs that cannot be read are left out; raises
    UserError when none can.
    """
    squares = _squares(config, paths)
    if not squares:
        raise UserError(tr("None of these photographs can be read."))
    rng = np.random.default_rng(config.fit.seed)
    shown = _Shown(config, _whitening(config, squares))
    rows = _folded([shown.row(place, square, rng) for place, square in enumerate(squares, 1)])
    if config.augmentation.mixup and len(squares) > 1:
        rows += [row for row in [shown.mixed(squares, rng)] if row.cells]
    sheet = _sheet(rows, _headings(config))
    with replacing(out) as file:
        sheet.save(file, "PNG", compress_level=4)


def _squares(config: TrainConfig, paths: Sequence[Path]) -> list[_Square]:
    """The first photographs that can be read."""
    size_px = config.preprocessing.size_px or _usual_px(config.network.backbone)
    found: list[_Square] = []
    for path in paths:
        if len(found) == MOST_ROWS:
            break
        try:
            pixels = open_photo(path, size_px).pixels
        except PhotoError:
            continue
        box = view_box(config.preprocessing.shape.view, pixels.shape[1], pixels.shape[0])
        found.append(_Square(path.name, cut_square(pixels, box, size_px), box))
    return found


def _usual_px(backbone: str) -> int:
    entry = BACKBONES.get(backbone)
    return entry.size_px if entry else _USUAL_PX


def _whitening(config: TrainConfig, squares: Sequence[_Square]) -> Whitening | None:
    """Roughly what will be fitted on all training photographs."""
    steps = config.preprocessing.steps
    if Step.WHITEN not in steps:
        return None
    rng = np.random.default_rng(0)
    before = [step for step in steps if step is not Step.WHITEN]
    chosen = [squares[n % len(squares)] for n in range(_WHITENING_COPIES)]
    copies = [prepare(augmented(one.pixels, _WHITENING_RULES, rng, one.box), before, None, one.box) for one in chosen]
    return fit_whitening(np.stack(copies).astype(np.uint8))


@dataclass(frozen=True)
class _Shown:
    """How the squares are shown."""

    config: TrainConfig
    whitening: Whitening | None

    def row(self, place: int, square: _Square, rng: np.random.Generator) -> _Row:
        cells = [_Cell(square.pixels, f"{place}: {square.name}")]
        if self.config.preprocessing.steps:
            cells.append(_Cell(_visible(self._input(square, square.pixels))))
        if _moves_pixels(self.config.augmentation):
            copies = (augmented(square.pixels, self.config.augmentation, rng, square.box) for _ in range(COPIES))
            cells += [_Cell(_visible(self._input(square, copy))) for copy in copies]
        return _Row(tuple(cells))

    def mixed(self, squares: Sequence[_Square], rng: np.random.Generator) -> _Row:
        """Pairs of photographs, each with its shares."""
        targets = np.eye(len(squares), dtype=np.float32)
        cells: list[_Cell] = []
        for _ in range(_MIXING_ROUNDS):
            rules = self.config.augmentation
            copies = [self._input(one, augmented(one.pixels, rules, rng, one.box)) for one in squares]
            blends, shares = mixed_up(np.stack(copies), targets, rules.mixup, rng)
            cells += [
                _Cell(_visible(blend), _shares(share))
                for blend, share in zip(blends, shares, strict=True)
                if share.max() < _MOST_OF_ONE
            ]
        return _Row(tuple(cells[: COPIES + 1]), tr("Two photographs mixed, and how much of each:"))

    def _input(self, square: _Square, pixels: Pixels) -> Floats:
        return prepare(pixels, self.config.preprocessing.steps, self.whitening, square.box)


def _folded(rows: list[_Row]) -> list[_Row]:
    """Side by side where nothing happens to the photographs."""
    if any(len(row.cells) > 1 for row in rows):
        return rows
    return [_Row(tuple(cell for row in rows for cell in row.cells))]


def _moves_pixels(rules: Augmentation) -> bool:
    return rules.model_copy(update={"mixup": 0.0}).is_on


def _shares(share: Floats) -> str:
    """How much of which photograph: the larger part first."""
    parts = [(float(part), place) for place, part in enumerate(share.tolist(), 1) if part > 0]
    said = tr("{number}: {percent} %")
    return ", ".join(
        said.format(percent=round(100 * part), number=place) for part, place in sorted(parts, reverse=True)
    )


def _visible(values: Floats) -> Pixels:
    """What a network gets, as a picture; whitened values beyond 0...255 are cut off."""
    return values.clip(0, 255).round().astype(np.uint8)


def _headings(config: TrainConfig) -> list[tuple[int, str]]:
    """The first column of each heading, and its text."""
    headings = [(0, tr("The photograph"))]
    steps = bool(config.preprocessing.steps)
    if steps:
        headings.append((1, tr("After the steps")))
    if _moves_pixels(config.augmentation):
        headings.append((1 + steps, tr("What the network sees while it learns: other copies each time")))
    return headings


def _sheet(rows: Sequence[_Row], headings: Sequence[tuple[int, str]]) -> Image.Image:
    columns = max(len(row.cells) for row in rows)
    step = CELL_PX + _GAP_PX
    heights = [step + _LINE_PX * (any(cell.text for cell in row.cells) + bool(row.title)) for row in rows]
    width = max(2 * _MARGIN_PX + columns * step - _GAP_PX, _least_width(headings))
    sheet = Image.new("RGB", (width, 2 * _MARGIN_PX + _LINE_PX + sum(heights)), _PAPER)
    pen, font = ImageDraw.Draw(sheet), text_font(_TEXT_PX)
    for column, text in headings:
        pen.text((_MARGIN_PX + column * step, _MARGIN_PX), drawable(text, font), _INK, font)
    top = _MARGIN_PX + _LINE_PX
    for row, height in zip(rows, heights, strict=True):
        _draw_row(sheet, row, top)
        top += height
    return sheet


def _least_width(headings: Sequence[tuple[int, str]]) -> int:
    font = text_font(_TEXT_PX)
    return max(
        2 * _MARGIN_PX + column * (CELL_PX + _GAP_PX) + round(font.getlength(drawable(text, font)))
        for column, text in headings
    )


def _draw_row(sheet: Image.Image, row: _Row, top: int) -> None:
    pen, font = ImageDraw.Draw(sheet), text_font(_TEXT_PX)
    if row.title:
        pen.text((_MARGIN_PX, top), drawable(row.title, font), _INK, font)
        top += _LINE_PX
    for place, cell in enumerate(row.cells):
        left = _MARGIN_PX + place * (CELL_PX + _GAP_PX)
        # A hair line around each: margins and blanked squares would run into the paper.
        pen.rectangle((left - 1, top - 1, left + CELL_PX, top + CELL_PX), outline=_LINE)
        sheet.paste(Image.fromarray(_sized(cell.pixels)), (left, top))
        pen.text((left, top + CELL_PX + 3), _shortened(cell.text, CELL_PX), _FAINT, font)


def _sized(pixels: Pixels) -> Pixels:
    way = cv2.INTER_AREA if len(pixels) > CELL_PX else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(pixels, (CELL_PX, CELL_PX), interpolation=way), np.uint8)


def _shortened(text: str, width: int) -> str:
    """As much of a file's name as fits below its picture: the end says more than the middle."""
    font = text_font(_TEXT_PX)
    text = drawable(text, font)
    if font.getlength(text) <= width:
        return text
    start, end = text[:-_KEPT_END], text[-_KEPT_END:]
    while start and font.getlength(f"{start}...{end}") > width:
        start = start[:-1]
    return f"{start}...{end}"
