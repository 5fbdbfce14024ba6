"""What happens to a picture each time it is trained on: another view of the same thing, by chance.

One warp for everything that moves pixels (rotation, shear, zoom, crop, flip, a smooth distortion; the picture goes on
mirrored beyond its edges), so that it is resampled once; then light, blur and noise, and the blank square at last.
Margins of padded pictures stay as they are, for so they will be in every photograph that is asked about.
All of it hangs on the generator alone: the same seed gives the same picture.
"""

from __future__ import annotations

from math import cos, radians, sin, tan
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from core.inputs import NEUTRAL, WHOLE, picture_part
from core.records import Box, Floats, Pixels
from core.train_config import Augmentation

# At which side of the picture `Augmentation.blur` is in pixels.
BLUR_AT_PX: Final = 224
# A blur below this, in pixels, changes nothing that is seen.
LEAST_BLUR_PX: Final = 0.1
# A distortion moves the knots of a grid, so many in a row; further than this part of the side they would fold it.
KNOTS: Final = 5
MOST_DISTORT: Final = 0.12

Matrix = npt.NDArray[np.float64]


def augmented(pixels: Pixels, rules: Augmentation, rng: np.random.Generator, box: Box = WHOLE) -> Pixels:
    """A changed copy of a square picture (size, size, 3) that was cut by `box`; the same bytes where no rule is on."""
    left, top, right, bottom = picture_part(box, len(pixels))
    changed = pixels[top:bottom, left:right]
    for change in (_warped, _lit, _blurred, _noisy, _cut_out):
        changed = change(changed, rules, rng)
    copy = pixels.copy()
    copy[top:bottom, left:right] = changed
    return copy


def mixed_up(inputs: Floats, targets: Floats, alpha: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A batch blended with itself in another order: inputs (n, ...) and targets (n, labels), the same shares for both.

    Each pair's share is drawn from Beta(alpha, alpha) (mixup, Zhang et al. 2018), the larger part for the picture in
    whose place it is: which of the two that is, is chance already. `alpha` 0 gives both back as they are.
    """
    if alpha <= 0 or len(inputs) < 2:
        return inputs, targets
    shares = rng.beta(alpha, alpha, len(inputs))
    shares, order = np.maximum(shares, 1 - shares).astype(np.float32), rng.permutation(len(inputs))

    def blended(values: Floats) -> Floats:
        own = shares.reshape(-1, *([1] * (values.ndim - 1)))
        return np.asarray(own * values + (1 - own) * values[order], np.float32)

    return blended(inputs), blended(targets)


def _both_sides(rng: np.random.Generator, most: float) -> float:
    return float(rng.uniform(-most, most))


def _factor(rng: np.random.Generator, strength: float) -> float:
    """As often above as below 1: from 1 / (1 + strength) to 1 + strength."""
    return float((1 + strength) ** _both_sides(rng, 1.0))


def _warped(pixels: Pixels, rules: Augmentation, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = _matrix(width, height, rules, rng)
    border = cv2.BORDER_REFLECT_101
    if rules.distort:
        across, down = _distorted_places(width, height, matrix, rules.distort, rng)
        return np.asarray(cv2.remap(pixels, across, down, cv2.INTER_CUBIC, borderMode=border), np.uint8)
    if np.array_equal(matrix, np.eye(3)):
        return pixels
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(pixels, matrix[:2], (width, height), flags=flags, borderMode=border), np.uint8)


def _matrix(width: int, height: int, rules: Augmentation, rng: np.random.Generator) -> Matrix:
    """From places in the new picture to places in the old one, in pixels: (3, 3)."""
    matrix = np.eye(3)
    if rules.rotation_deg:
        angle = radians(_both_sides(rng, rules.rotation_deg))
        matrix[:2, :2] = [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]
    if rules.shear_deg:
        matrix[:2, :2] @= np.array([[1, tan(radians(_both_sides(rng, rules.shear_deg)))], [0, 1]])
    if rules.zoom:
        matrix[:2, :2] /= _factor(rng, rules.zoom)
    if rules.crop:
        kept = 1 - rng.uniform(0, rules.crop)
        matrix[:2, 2] = matrix[:2, :2] @ (rng.uniform(-0.5, 0.5, 2) * (1 - kept) * (width, height))
        matrix[:2, :2] *= kept
    if rules.flip and rng.random() < 0.5:
        matrix[:2, 0] *= -1
    # About the middle of the picture, which stays as it is to the last bit where nothing happens.
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix[:2, 2] += middle - matrix[:2, :2] @ middle
    return matrix


def _distorted_places(
    width: int, height: int, matrix: Matrix, distort: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Where each pixel comes from: across and down, (height, width) each."""
    far = min(distort, MOST_DISTORT)
    knots = (rng.uniform(-far, far, (KNOTS, KNOTS, 2)) * (width, height)).astype(np.float32)
    field = cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC)
    across, down = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    (a, b, c), (d, e, f) = matrix[:2].astype(np.float32)
    return a * across + b * down + c + field[:, :, 0], d * across + e * down + f + field[:, :, 1]


def _lit(pixels: Pixels, rules: Augmentation, rng: np.random.Generator) -> Pixels:
    """Contrast about the picture's own mean, then brightness, by one table of 256 values."""
    if not rules.contrast and not rules.brightness:
        return pixels
    table = np.arange(256, dtype=np.float64)
    if rules.contrast:
        middle = float(np.mean(cv2.mean(pixels)[:3]))
        table = middle + _factor(rng, rules.contrast) * (table - middle)
    if rules.brightness:
        table += 255 * _both_sides(rng, rules.brightness)
    return np.asarray(cv2.LUT(pixels, table.clip(0, 255).round().astype(np.uint8)), np.uint8)


def _blurred(pixels: Pixels, rules: Augmentation, rng: np.random.Generator) -> Pixels:
    if not rules.blur:
        return pixels
    sigma = float(rng.uniform(0, rules.blur)) * max(pixels.shape) / BLUR_AT_PX
    if sigma < LEAST_BLUR_PX:
        return pixels
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def _noisy(pixels: Pixels, rules: Augmentation, rng: np.random.Generator) -> Pixels:
    if not rules.noise:
        return pixels
    deviation = np.float32(rng.uniform(0, rules.noise) * 255)
    noise = rng.standard_normal(pixels.shape, np.float32) * deviation
    return np.asarray(cv2.add(pixels, noise, dtype=cv2.CV_8U), np.uint8)


def _cut_out(pixels: Pixels, rules: Augmentation, rng: np.random.Generator) -> Pixels:
    """A grey square with its middle anywhere, perhaps partly outside (cutout, DeVries and Taylor 2017)."""
    if not rules.cutout:
        return pixels
    height, width = pixels.shape[:2]
    side = max(1, round(rules.cutout * max(height, width)))
    top, left = (rng.integers(0, (height, width)) - side // 2).tolist()
    cut = pixels.copy()
    cut[max(0, top) : top + side, max(0, left) : left + side] = NEUTRAL
    return cut
