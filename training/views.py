"""What a backbone is shown of a training photograph: the views of prediction, and degraded ones.

ImageNet backbones have seen the very photographs of Stanford Dogs, so their features of them are cleaner than those of
any new photograph.  Random crops, blur, compression and shifted colours take some of that advantage away: a head
fitted on them as well expects less perfect features.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from core.inputs import WHOLE, centre_square, to_model_input
from core.photos import open_photo
from core.records import Box, Floats, Pixels

DEGRADED = "degraded"


def view_input(path: Path, view: str, size_px: int) -> Floats:
    """The photograph at `path` as `view` -> (1, size_px, size_px, 3) float32, 0...255.

    Views: `centre`, `mirrored`, `whole` as in prediction; `degraded-N`: the Nth random degradation, the same at every
    run, since it is drawn from the file's name.  Raises PhotoError.
    """
    pixels = open_photo(path).pixels
    if view.startswith(DEGRADED):
        return _degraded(Image.fromarray(pixels), _generator(f"{view}/{path.name}"), size_px)
    box = WHOLE if view == "whole" else centre_square(pixels.shape[1], pixels.shape[0])
    return to_model_input(pixels, box, size_px, mirrored=view == "mirrored")


def _generator(text: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def _degraded(picture: Image.Image, rng: np.random.Generator, size_px: int) -> Floats:
    box = _random_box(*picture.size, rng)
    if rng.random() < 0.5:
        picture = Image.fromarray(_shifted_colours(np.asarray(picture), rng))
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
    if rng.random() < 0.3:
        factor = rng.uniform(0.4, 0.9)
        picture = picture.resize((max(1, int(picture.width * factor)), max(1, int(picture.height * factor))))
    if rng.random() < 0.3:
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=int(rng.integers(25, 80)))
        picture = Image.open(buffer).convert("RGB")
    return to_model_input(np.asarray(picture), box, size_px, mirrored=rng.random() < 0.5)


def _random_box(width: int, height: int, rng: np.random.Generator) -> Box:
    """A nearly square crop of 40 to 100 % of the largest square."""
    side = np.sqrt(rng.uniform(0.4, 1.0)) * min(width, height)
    aspect = np.sqrt(rng.uniform(0.8, 1.25))
    box_width, box_height = min(width, side * aspect), min(height, side / aspect)
    left, top = rng.uniform(0, width - box_width), rng.uniform(0, height - box_height)
    return Box(left / width, top / height, (left + box_width) / width, (top + box_height) / height)


def _shifted_colours(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Contrast, brightness and saturation within 30 %, the colour cast within 7 %."""
    contrast, brightness, saturation = rng.uniform(0.7, 1.3, 3)
    values = pixels.astype(np.float32)
    mean = values.mean()
    values = (values - mean) * contrast + mean * brightness
    grey = values.mean(axis=2, keepdims=True)
    values = ((values - grey) * saturation + grey) * rng.uniform(0.93, 1.07, 3)
    return np.asarray(np.clip(values, 0, 255), np.uint8)
