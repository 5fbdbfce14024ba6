"""What is seen on the screen: the pixels of a widget, how much of two of them differs, and how well colours differ."""

from __future__ import annotations

import tkinter
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import ImageGrab

__all__ = ["Pixels", "changed_share", "contrast", "pixels_of", "strongest_change"]

# height x width x 3, 0 to 255
Pixels: TypeAlias = npt.NDArray[np.int16]


def pixels_of(widget: tkinter.Misc, around: int = 3) -> Pixels:
    """The screen where this widget is, and a few pixels around it."""
    widget.update()
    left, top = widget.winfo_rootx() - around, widget.winfo_rooty() - around
    right, bottom = left + widget.winfo_width() + 2 * around, top + widget.winfo_height() + 2 * around
    box = (max(0, left), max(0, top), min(right, widget.winfo_screenwidth()), min(bottom, widget.winfo_screenheight()))
    return np.asarray(ImageGrab.grab(box, xdisplay="").convert("RGB")).astype(np.int16)


def changed_share(before: Pixels, after: Pixels) -> float:
    """How many of the pixels are clearly another colour now, 0 to 1."""
    return float((np.abs(before - after).max(axis=2) > 24).mean())


def strongest_change(before: Pixels, after: Pixels) -> float:
    """The contrast between the two colours of a pixel that changed most, 1 to 21 (WCAG 2.2, 2.4.13)."""
    one, other = _luminance(before), _luminance(after)
    ratio = (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
    return float(np.sort(ratio.ravel())[-20:].min())


def _luminance(pixels: Pixels) -> npt.NDArray[np.float64]:
    parts = pixels / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: str, other: str) -> float:
    """Between two colours written as #rrggbb, 1 to 21 (WCAG 2.2, 1.4.3).

    >>> contrast("#000000", "#ffffff"), contrast("#777777", "#777777")
    (21.0, 1.0)
    """
    both = np.array([[[int(colour[n : n + 2], 16) for n in (1, 3, 5)] for colour in (one, other)]], np.int16)
    low, high = sorted(_luminance(both)[0])
    return float((high + 0.05) / (low + 0.05))
