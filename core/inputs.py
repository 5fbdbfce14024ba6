"""Pixels become what a backbone takes: the one preprocessing, used for prediction and for training alike.

Prediction calls `to_model_input`; training calls its two halves, `cut_square` and `prepare`, with the augmentation in
between. Augmentation and steps see the picture only, not the margins of a padded one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from core.bundle_info import Step, View
from core.records import Box, Floats, Pixels
from core.whitening import Whitening

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
# The margins of a padded picture: mid-grey, which the normalisation of most networks makes about 0.
NEUTRAL = 128
# CLAHE (Zuiderveld 1994): no grey level may take more than CLIP times its even share; tiles of a picture's side.
CLIP, TILES, LEAST_TILE_PX = 2.0, 8, 8


def centre_square(width: int, height: int) -> Box:
    """The largest centred square of a width x height picture.

    >>> centre_square(200, 100)
    Box(left=0.25, top=0.0, right=0.75, bottom=1.0)
    """
    side = min(width, height)
    left, top = (width - side) / 2 / width, (height - side) / 2 / height
    return Box(left, top, 1 - left, 1 - top)


def padded_square(width: int, height: int) -> Box:
    """The smallest square with a whole width x height picture in its middle: it reaches beyond the picture.

    >>> padded_square(200, 100)
    Box(left=0.0, top=-0.5, right=1.0, bottom=1.5)
    """
    side = max(width, height)
    left, top = (width - side) / 2 / width, (height - side) / 2 / height
    return Box(left, top, 1 - left, 1 - top)


def view_box(view: View, width: int, height: int) -> Box:
    """What a view shows of a width x height picture; FOCUS is not known before a network has looked (ValueError)."""
    if view is View.FOCUS:
        raise ValueError("the focus depends on what was seen before")
    if view is View.WHOLE:
        return WHOLE
    return padded_square(width, height) if view is View.PAD else centre_square(width, height)


def to_model_input(
    pixels: Pixels,
    box: Box,
    size_px: int,
    mirrored: bool = False,
    steps: Sequence[Step] = (),
    whitening: Whitening | None = None,
) -> Floats:
    """Cut `box` out of (height, width, 3) RGB pixels -> (1, size_px, size_px, 3) float32, 0...255.

    Bicubic with antialiasing, so that a picture decoded smaller gives the same input as the whole one.  Each backbone
    carries its own normalisation.  `steps` follow in their order; whitened pictures are about 0...255.
    """
    return prepare(cut_square(pixels, box, size_px, mirrored), steps, whitening, box)[None]


def cut_square(pixels: Pixels, box: Box, size_px: int, mirrored: bool = False) -> Pixels:
    """Cut `box` out of (height, width, 3) RGB pixels -> (size_px, size_px, 3); NEUTRAL where there is no picture."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = picture_part(box, size_px)
    edges = (box.left * width, box.top * height, box.right * width, box.bottom * height)
    cut = Image.fromarray(pixels).resize(
        (right - left, bottom - top), Image.Resampling.BICUBIC, box=_inside(edges, width, height)
    )
    values = np.asarray(cut)
    if values.shape[:2] != (size_px, size_px):
        square = np.full((size_px, size_px, 3), NEUTRAL, np.uint8)
        square[top:bottom, left:right] = values
        values = square
    return np.ascontiguousarray(values[:, ::-1]) if mirrored else values


def prepare(square: Pixels, steps: Sequence[Step] = (), whitening: Whitening | None = None, box: Box = WHOLE) -> Floats:
    """The steps on a square (size, size, 3) that was cut by `box` -> (size, size, 3) float32.

    GRAYSCALE is the luma of ITU-R BT.601 in all three channels; EQUALISE and CLAHE change the luma only. All three give
    0...255; WHITEN, which needs `whitening`, about that. Raises ValueError without it.
    """
    changed = [step for step in steps if step is not Step.WHITEN]
    if changed:
        left, top, right, bottom = picture_part(box, len(square))
        part = np.ascontiguousarray(square[top:bottom, left:right])
        for step in changed:
            part = _changed(part, step)
        square = square.copy()
        square[top:bottom, left:right] = part
    values = np.asarray(square, np.float32)
    if Step.WHITEN not in steps:
        return values
    if whitening is None:
        raise ValueError("whitening without its numbers")
    return whitening(values)


def picture_part(box: Box, size_px: int) -> tuple[int, int, int, int]:
    """Where in a square that was cut by `box` the picture lies: left, top, right, bottom, in whole pixels."""
    left, right = _span(box.left, box.right, size_px)
    top, bottom = _span(box.top, box.bottom, size_px)
    return left, top, right, bottom


def _span(start: float, end: float, size_px: int) -> tuple[int, int]:
    """Where the length 0...1 begins and ends in `size_px` pixels from `start` to `end`: one pixel at least."""
    scale = size_px / (end - start)
    first, last = round(max(0.0, -start) * scale), round((min(1.0, end) - start) * scale)
    if last > first:
        return first, last
    first = min(first, size_px - 1)
    return first, first + 1


def _inside(edges: Sequence[float], width: int, height: int) -> tuple[float, float, float, float]:
    """Pillow refuses edges outside of the picture, where those of padded squares are, and by a hair rounded ones."""
    left, top, right, bottom = edges
    return max(0.0, left), max(0.0, top), min(float(width), right), min(float(height), bottom)


def _changed(pixels: Pixels, step: Step) -> Pixels:
    """One step on (height, width, 3) RGB pixels of any size."""
    import cv2

    if step is Step.GRAYSCALE:
        return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
    parts = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)
    luma = np.ascontiguousarray(parts[:, :, 0])
    if step is Step.EQUALISE:
        parts[:, :, 0] = cv2.equalizeHist(luma)
    else:
        height, width = luma.shape
        tiles = (max(1, min(TILES, width // LEAST_TILE_PX)), max(1, min(TILES, height // LEAST_TILE_PX)))
        parts[:, :, 0] = cv2.createCLAHE(CLIP, tiles).apply(luma)
    return np.asarray(cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB), np.uint8)
