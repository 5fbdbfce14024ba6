"""Why: where in the photograph the evidence for a label lies, and its picture over the photograph.

For a linear head after global average pooling, the feature map times the weights of a label is its class activation
map (Zhou et al. 2016), which for this head is also its Grad-CAM (Selvaraju et al. 2017), without a gradient. With a
flattened map or dense layers the gradient takes the place of the weights: HiResCAM (Draelos and Carin 2020).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from core.records import Box, EvidenceMap, Features, Floats, Pixels

# Long side of a map: those of the networks are far coarser, so this is smooth enough to be stretched over any picture.
LONGEST_PX = 256
# What speaks for a label must change its odds by a quarter at least. Seen with 120 breeds: 6 and more for the right
# breed, 2 for the fifth, 1 to 2 for the best one of a blank picture or noise, under 0.2 for half of the others.
LEAST_EVIDENCE = 0.25
# Evidence below the first part of the highest value stays transparent; from the second part on it has full opacity.
FADE = (0.1, 0.6)
CONTOUR_LEVELS = (0.4, 0.75)

# Colours at equal distances. Cividis is by Nunez, Anderton and Renslow (2018), viridis and magma by Smith and van der
# Walt (2015). Blue-orange is diverging: against (blue), nothing, for (orange). All of them can be read with every
# common kind of colour blindness.
_CONTROL_POINTS = {
    "cividis": "00224e 083370 35456c 4f576c 666970 7d7c78 948e77 aea371 c8b866 e5cf52 fee838",
    "viridis": "440154 481a6c 472f7d 414487 39568c 31688e 2a788e 23888e 1f988b 22a884 35b779 54c568 7ad151 a5db36 "
    "d2e21b fde725",
    "magma": "000004 0b0924 20114b 3b0f70 57157e 721f81 8c2981 a8327d c43c75 de4968 f1605d fa7f5e fe9f6d febf84 "
    "fddea0 fcfdbf",
    "blue-orange": "0b3c8f 2166c4 5a9bd4 a9cbe8 f0f0ee f6c88f f2a04a e8790f c25400",
}
DIVERGING = frozenset({"blue-orange"})


def _table(points: str) -> Pixels:
    colours = np.array([list(bytes.fromhex(point)) for point in points.split()], np.float64)
    places = np.linspace(0, len(colours) - 1, 256)
    channels = [np.interp(places, np.arange(len(colours)), channel) for channel in colours.T]
    return np.stack(channels, axis=1).round().astype(np.uint8)


# (256, 3) each: the colours from the weakest to the strongest evidence; in DIVERGING ones, 128 is no evidence.
PALETTES: dict[str, Pixels] = {name: _table(points) for name, points in _CONTROL_POINTS.items()}


def map_size(width: int, height: int) -> tuple[int, int]:
    """Rows and columns of a map that is fine enough for a picture of these proportions.

    >>> map_size(4000, 3000)
    (192, 256)
    """
    scale = LONGEST_PX / max(width, height)
    return max(1, round(height * scale)), max(1, round(width * scale))


def class_evidence(features: Features, kernel: Floats, label: int, size: tuple[int, int]) -> EvidenceMap:
    """Where the evidence for `label` lies, as `size` (rows, columns) over the whole photograph.

    `kernel` (channels, labels) is the head's. The label's weights count minus the mean over all labels: what raises
    every score alike changes no probability, so it is no evidence. The unit is the score's: over the whole picture,
    the mean of the map is what the photograph adds to the label's score (before temperature), above the mean label's;
    what the margins of a padded picture add, and the biases of dense layers, has no place in it.
    """
    return _evidence(features, kernel[:, label] - kernel.mean(axis=1), size)


def contrast_evidence(
    features: Features, kernel: Floats, label: int, versus: int, size: tuple[int, int]
) -> EvidenceMap:
    """Why `label` and not `versus`: the same with the difference of their weights; negative speaks for `versus`."""
    return _evidence(features, kernel[:, label] - kernel[:, versus], size)


def _evidence(features: Features, weights: Floats, size: tuple[int, int]) -> EvidenceMap:
    cells = (
        Cells(seen.spread(weights[seen.first_channel : seen.first_channel + seen.width]), seen.box, seen.share)
        for seen in features.maps
    )
    total = laid_over(cells, size)
    return EvidenceMap(total, bool(np.maximum(total, 0).mean() >= LEAST_EVIDENCE))


@dataclass(frozen=True, eq=False)
class Cells:
    """What one network saw in one view: `values` (rows, columns) over `box`, whose mean counts with `share`."""

    values: Floats
    box: Box
    share: float


def laid_over(views: Iterable[Cells], size: tuple[int, int]) -> Floats:
    """The sum of the views over the whole picture, `size` (rows, columns): its mean is that of the views' means."""
    total = np.zeros(size, np.float32)
    for view in views:
        box = view.box
        # A view of a smaller part of the picture spreads the same share of the score over less of it.
        area = (box.right - box.left) * (box.bottom - box.top)
        down = _spread(view.values.shape[0], size[0], box.top, box.bottom)
        across = _spread(view.values.shape[1], size[1], box.left, box.right)
        total += view.share / area * (down @ view.values @ across.T)
    return total


def _spread(cells: int, pixels: int, start: float, end: float) -> Floats:
    """Weights (pixels, cells) that draw `cells` equal cells from `start` to `end` (parts of the length) smoothly.

    Uniform cubic B-splines: they never overshoot, so that no evidence appears where a network saw none. Pixels outside
    get nothing. Where the view ends within the picture, it fades over half a cell: a sharp edge looks like evidence.
    """
    place = (np.arange(pixels) + 0.5) / pixels
    length = (end - start) / cells
    inside = np.ones(pixels)
    if start > 0:
        inside *= np.clip((place - start) / (length / 2), 0, 1)
    if end < 1:
        inside *= np.clip((end - place) / (length / 2), 0, 1)
    place = (place - start) / length - 0.5
    first = np.floor(place)
    t = place - first
    splines = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    weights = np.zeros((pixels, cells), np.float32)
    for step, spline in enumerate(splines):
        cell = np.clip(first.astype(int) + step - 1, 0, cells - 1)
        np.add.at(weights, (np.arange(pixels), cell), (spline / 6 * inside).astype(np.float32))
    return weights


def overlay(
    pixels: Pixels,
    evidence: EvidenceMap,
    palette: str,
    opacity: float,
    contours: bool = False,
    peak: float | None = None,
) -> Pixels:
    """The picture (height, width, 3) with the evidence over it, in a new array of the same size.

    `opacity` (0...1) is that of the strongest evidence; where there is none the picture stays as it is. Diverging
    palettes show what speaks against the label too. `peak` is the evidence that gets the strongest colour: the map's
    own highest, unless maps are to be compared. Without anything that speaks for the label, nothing is drawn.
    """
    if not evidence.positive or opacity <= 0:
        return pixels.copy()
    import cv2

    height, width = pixels.shape[:2]
    strength = _strength(evidence.values, palette, peak)
    faded = np.clip((np.abs(strength) - FADE[0]) / (FADE[1] - FADE[0]), 0, 1)
    alpha = (faded * faded * (3 - 2 * faded) * min(opacity, 1.0))[..., None]
    colours = _colours(strength, palette)
    # Both halves of the blend are stretched in 8 bits and joined by OpenCV: an eighth of numpy's time on 12 megapixels.
    veil = cv2.resize((colours * alpha).round().astype(np.uint8), (width, height))
    clear = cv2.resize(np.repeat(255 - (255 * alpha).round(), 3, axis=2).astype(np.uint8), (width, height))
    drawn = cast(Pixels, cv2.add(cv2.multiply(pixels, clear, scale=1 / 255), veil))
    if contours:
        _draw_contours(drawn, strength)
    return drawn


def _strength(values: Floats, palette: str, peak: float | None) -> Floats:
    """Evidence as a part of the strongest: 0...1, or -1...1 where the palette shows what speaks against, too."""
    lowest, highest = (-1, np.abs(values).max()) if palette in DIVERGING else (0, values.max())
    return np.asarray(np.clip(values / (peak or highest), lowest, 1), np.float32)


def _colours(strength: Floats, palette: str) -> Pixels:
    part = (strength + 1) / 2 if palette in DIVERGING else strength
    return PALETTES[palette][(part * 255).round().astype(np.uint8)]


def _draw_contours(drawn: Pixels, strength: Floats) -> None:
    """Lines around the stronger evidence, white on black: colour is not the only sign."""
    import cv2

    height, width = drawn.shape[:2]
    thick = max(1, round(max(height, width) / 500))
    finer = min(4.0, max(1.0, max(height, width) / max(strength.shape)))
    fine = cv2.resize(strength, None, fx=finer, fy=finer, interpolation=cv2.INTER_LINEAR)
    scale = np.array([width / fine.shape[1], height / fine.shape[0]])
    lines: list[npt.NDArray[np.int32]] = []
    for level in CONTOUR_LEVELS:
        found, _ = cv2.findContours((fine >= level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        # In sixteenths of a pixel (shift=4), so that lines in small pictures are smooth.
        lines += [(((line + 0.5) * scale - 0.5) * 16).round().astype(np.int32) for line in found]
    for colour, wide in (((0, 0, 0), 3 * thick), ((255, 255, 255), thick)):
        cv2.polylines(drawn, lines, True, colour, wide, cv2.LINE_AA, shift=4)


def colour_bar(palette: str, height: int, width: int) -> Pixels:
    """The palette as a bar (height, width, 3): the strongest evidence on top, or on the right of a lying bar."""
    if width > height:
        return np.repeat(PALETTES[palette][None, np.linspace(0, 255, width).round().astype(int)], height, axis=0)
    return np.repeat(PALETTES[palette][np.linspace(255, 0, height).round().astype(int), None], width, axis=1)
