"""Pixels become what a backbone takes: the one preprocessing, used for prediction and for training alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from core.records import Box, Floats, Pixels

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def centre_square(width: int, height: int) -> Box:
    """The largest centred square of a width x height picture.

    >>> centre_square(200, 100)
    Box(left=0.25, top=0.0, right=0.75, bottom=1.0)
    """
    side = min(width, height)
    left, top = (width - side) / 2 / width, (height - side) / 2 / height
    return Box(left, top, 1 - left, 1 - top)


def to_model_input(pixels: Pixels, box: Box, size_px: int, mirrored: bool = False) -> Floats:
    """Cut `box` out of (height, width, 3) RGB pixels -> (1, size_px, size_px, 3) float32, 0...255.

    Bicubic with antialiasing, so that a picture decoded smaller gives the same input as the whole one.  Each backbone
    carries its own normalisation.
    """
    height, width = pixels.shape[:2]
    edges = (box.left * width, box.top * height, box.right * width, box.bottom * height)
    cut = Image.fromarray(pixels).resize(
        (size_px, size_px), Image.Resampling.BICUBIC, box=_inside(edges, width, height)
    )
    values = np.asarray(cut, np.float32)[None]
    return np.ascontiguousarray(values[:, :, ::-1]) if mirrored else values


def _inside(edges: Sequence[float], width: int, height: int) -> tuple[float, float, float, float]:
    """Rounding may put an edge a hair outside of the picture, which Pillow refuses."""
    left, top, right, bottom = edges
    return max(0.0, left), max(0.0, top), min(float(width), right), min(float(height), bottom)
