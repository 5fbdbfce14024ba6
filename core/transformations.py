"""What classic image processing sees of an object: smoothed, cut out, framed, filtered, unshaded, outlined, measured.

Every transformation takes a picture (height, width, 3) uint8 RGB and the object's mask (height, width) bool, and gives
a picture of the same size; the histogram has a size of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from core.picture_text import drawable, text_font
from core.records import Floats, Pixels
from core.texts import tr

Mask = npt.NDArray[np.bool_]

# As parts of the picture's short side.
_BLUR, _LINE = 0.02, 0.008
LANDMARKS = 20
_HUE = 3
_HISTOGRAM_PX = (420, 640)
_WHITE, _INK, _FAINT = (255, 255, 255), (25, 25, 25), (210, 210, 210)
_EDGE, _TOP, _BOTTOM, _MIDDLE = (213, 0, 160), (0, 90, 200), (200, 60, 0), (240, 200, 0)


class Transformation(str, Enum):
    """What can be done, in the order in which it is shown."""

    BLUR = "blur"
    MASK = "mask"
    REGION = "region"
    COLOUR = "colour"
    UNSHADED = "unshaded"
    LANDMARKS = "landmarks"
    HISTOGRAM = "histogram"


def transformation_name(one: Transformation) -> str:
    """What it is called on the screen."""
    names = {
        Transformation.BLUR: tr("Gaussian blur"),
        Transformation.MASK: tr("Cut out"),
        Transformation.REGION: tr("Region of interest"),
        Transformation.COLOUR: tr("Colour filter"),
        Transformation.UNSHADED: tr("Without shadows"),
        Transformation.LANDMARKS: tr("Contours and landmarks"),
        Transformation.HISTOGRAM: tr("Colour histogram"),
    }
    return names[one]


def transformed(one: Transformation, pixels: Pixels, mask: Mask) -> Pixels:
    """The picture, transformed."""
    return _WORKS[one](pixels, mask)


def _blurred(pixels: Pixels, _mask: Mask) -> Pixels:
    import cv2

    return cast(Pixels, cv2.GaussianBlur(pixels, (0, 0), max(0.5, _BLUR * _short(pixels))))


def _cut_out(pixels: Pixels, mask: Mask) -> Pixels:
    return np.where(mask[..., None], pixels, np.uint8(255)).astype(np.uint8)


def _region(pixels: Pixels, mask: Mask) -> Pixels:
    """Everything but the object's bounding box is faded, and the box is framed."""
    drawn = (pixels // 3 + 160).astype(np.uint8)
    box = _box(mask)
    if box is None:
        return drawn
    rows, columns = box
    drawn[rows, columns] = pixels[rows, columns]
    thick = _thick(pixels)
    drawn[rows, columns][:thick] = drawn[rows, columns][-thick:] = _TOP
    drawn[rows, columns][:, :thick] = drawn[rows, columns][:, -thick:] = _TOP
    return drawn


def _plant_colours(pixels: Pixels, _mask: Mask) -> Pixels:
    """What is greener than a threshold found by Otsu (1979) on the excess green index (Woebbecke et al. 1995)."""
    import cv2

    values = pixels.astype(np.float32)
    parts = values / np.maximum(values.sum(axis=2, keepdims=True), 1)
    excess = 2 * parts[..., 1] - parts[..., 0] - parts[..., 2]
    grey = np.clip((excess + 1) * 85, 0, 255).astype(np.uint8)  # -1...2
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return _cut_out(pixels, np.asarray(grey > threshold, np.bool_))


def _unshaded(pixels: Pixels, _mask: Mask) -> Pixels:
    """Each channel divided by its own slow part, which is light and shade; what is quick stays.

    The slow part is a wide Gaussian of the luminance (Retinex: Land and McCann 1971; single-scale form: Jobson, Rahman
    and Woodell 1997).
    """
    import cv2

    values = pixels.astype(np.float32) + 1
    luminance = values @ np.array([0.299, 0.587, 0.114], np.float32)
    slow = cv2.GaussianBlur(luminance, (0, 0), max(1.0, _short(pixels) / 6))
    evened = values * (float(luminance.mean()) / slow)[..., None] - 1
    return np.asarray(np.clip(evened, 0, 255), np.uint8)


def _landmarks(pixels: Pixels, mask: Mask) -> Pixels:
    """The contour, and in equally wide slices of the object its highest, lowest and middle point.

    The landmarks are those of PlantCV's x_axis_pseudolandmarks (Gehan et al. 2017).
    """
    import cv2

    drawn = np.ascontiguousarray(pixels).copy()
    thick = _thick(pixels)
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.polylines(drawn, lines, True, _EDGE, thick, cv2.LINE_AA)
    for point, colour in landmarks(mask):
        cv2.circle(drawn, point, 2 * thick, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(drawn, point, max(1, 2 * thick - 1), colour, -1, cv2.LINE_AA)
    return drawn


def landmarks(mask: Mask) -> list[tuple[tuple[int, int], tuple[int, int, int]]]:
    """The points (x, y) with their colours; none without an object."""
    box = _box(mask)
    if box is None:
        return []
    left, right = box[1].start, box[1].stop - 1
    found = []
    for x in sorted({round(place) for place in np.linspace(left, right, LANDMARKS).tolist()}):
        ys = np.flatnonzero(mask[:, x])
        if len(ys):
            for y, colour in ((ys[0], _TOP), (ys[-1], _BOTTOM), (round(float(ys.mean())), _MIDDLE)):
                found.append(((x, int(y)), colour))
    return found


def _histogram(pixels: Pixels, mask: Mask) -> Pixels:
    """The shares of the object's pixels by value, a line for each of nine channels of four colour spaces."""
    import cv2

    here = pixels[mask] if mask.any() else pixels.reshape(-1, 3)
    strip = np.ascontiguousarray(here[None])
    hsv, lab = cv2.cvtColor(strip, cv2.COLOR_RGB2HSV)[0], cv2.cvtColor(strip, cv2.COLOR_RGB2LAB)[0]
    channels: list[tuple[str, tuple[int, int, int], Pixels]] = [
        (tr("red"), (200, 30, 30), here[:, 0]),
        (tr("green"), (20, 140, 40), here[:, 1]),
        (tr("blue"), (30, 60, 200), here[:, 2]),
        (tr("hue"), (130, 60, 190), hsv[:, 0]),
        (tr("saturation"), (0, 150, 170), hsv[:, 1]),
        (tr("value"), (230, 120, 0), hsv[:, 2]),
        (tr("lightness"), (90, 90, 90), lab[:, 0]),
        (tr("green to magenta"), (190, 0, 130), lab[:, 1]),
        (tr("blue to yellow"), (150, 130, 0), lab[:, 2]),
    ]
    lines = []
    for place, (name, colour, values) in enumerate(channels):
        bins = 180 if place == _HUE else 256  # OpenCV's hues end at 179
        lines.append((name, colour, (np.bincount(values, minlength=bins) / len(values)).astype(np.float32)))
    return _chart(lines)


def _chart(lines: list[tuple[str, tuple[int, int, int], Floats]]) -> Pixels:
    """Shares over values 0...255, with a legend on the right."""
    height, width = _HISTOGRAM_PX
    font = text_font(13)
    sheet = Image.new("RGB", (width, height), _WHITE)
    pen = ImageDraw.Draw(sheet)
    left, top, right, bottom = 56, 16, width - 150, height - 44
    highest = max(float(shares.max()) for _, _, shares in lines) or 1.0
    for step in range(5):
        y = bottom - (bottom - top) * step / 4
        pen.line((left, y, right, y), _FAINT)
        pen.text((left - 8, y), f"{100 * highest * step / 4:.1f}", _INK, font, anchor="rm")
        x = left + (right - left) * step / 4
        pen.text((x, bottom + 6), str(round(255 * step / 4)), _INK, font, anchor="ma")
    below = drawable(tr("value of the pixel; share of the object's pixels in %"), font)
    pen.text(((left + right) / 2, height - 8), below, _INK, font, anchor="ms")
    for place, (name, colour, shares) in enumerate(lines):
        xs = np.linspace(left, right, len(shares))
        ys = bottom - shares / highest * (bottom - top)
        pen.line([(float(x), float(y)) for x, y in zip(xs, ys, strict=True)], colour, 2)
        y = top + 10 + 22 * place
        pen.line((right + 12, y, right + 30, y), colour, 3)
        pen.text((right + 36, y), drawable(name, font), _INK, font, anchor="lm")
    return np.asarray(sheet)


def _box(mask: Mask) -> tuple[slice, slice] | None:
    """The rows and columns of the object; None without one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _short(pixels: Pixels) -> int:
    return int(min(pixels.shape[:2]))


def _thick(pixels: Pixels) -> int:
    return max(1, round(_LINE * _short(pixels)))


_WORKS: Mapping[Transformation, Callable[[Pixels, Mask], Pixels]] = {
    Transformation.BLUR: _blurred,
    Transformation.MASK: _cut_out,
    Transformation.REGION: _region,
    Transformation.COLOUR: _plant_colours,
    Transformation.UNSHADED: _unshaded,
    Transformation.LANDMARKS: _landmarks,
    Transformation.HISTOGRAM: _histogram,
}
