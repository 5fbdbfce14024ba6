"""Whatever colours a picture has, palettes, 16 bits, CMYK, transparency, become plain RGB on white."""

from __future__ import annotations

import io
import logging
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

log = logging.getLogger(__name__)

# The largest values of 8, 10, 12, 14 and 16 bits: cameras leave fewer bits as they are in a wider TIFF.
_WHITES = (255, 1023, 4095, 16383, 65535)
_STRIP_ROWS = 128
_COLOUR_SPACES = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY"}


def plain_channels(image: Image.Image) -> Image.Image:
    """Palettes, single bits and deep pixels -> 8 bits a channel, so that a picture can be shrunk by averaging.

    What comes back is L, RGB, RGBA, CMYK, YCbCr, HSV or LAB.
    """
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _eight_bits(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in ("1", "P"):
        return image.convert("L" if image.mode == "1" else "RGB")
    return image.convert("RGB") if image.mode == "RGBX" else image


def to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """What `plain_channels` gave -> RGB in sRGB, transparent parts on white; `profile` is the file's ICC profile."""
    if image.mode == "RGBA":
        image = _on_white(image)
    if image.mode == "LAB":
        return _lab_to_rgb(image)
    transform = _to_srgb(profile, image.mode) if profile else None
    converted = ImageCms.applyTransform(image, transform) if transform else None
    if converted is not None:
        return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def to_array(image: Image.Image) -> npt.NDArray[Any]:
    """The same as `np.asarray(image)`, which holds a large picture three times over for a moment."""
    width, height = image.size
    first = np.asarray(image.crop((0, 0, width, 1)))
    values = np.empty((height, *first.shape[1:]), first.dtype)
    for top in range(0, height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, height)
        values[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return values


def _on_white(image: Image.Image) -> Image.Image:
    opaque = Image.new("RGB", image.size, "white")
    opaque.paste(image, mask=image.getchannel("A"))
    return opaque


def _eight_bits(image: Image.Image) -> Image.Image:
    values = to_array(image)
    if values.dtype.kind == "u":
        bits = max(8, int(_white_of(float(values.max()))).bit_length())
        # A PNG always fills its range; only other formats keep 12 bits in 16.
        shift = 8 if image.format == "PNG" else bits - 8
        return Image.fromarray((values >> shift).astype(np.uint8))
    return Image.fromarray(_stretched(values.astype(np.float32, copy=False)))


def _stretched(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Signed or floating values, changed in place to spare memory -> 0...255."""
    np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = min(0.0, float(values.min())), float(values.max())
    usual = 1.0 if high <= 1.0 else _white_of(high)
    white = high - low if low < 0 else usual  # computed tomography, heights: no white is agreed on
    values -= low
    values *= 255 / white
    return cast("npt.NDArray[np.uint8]", np.clip(values, 0, 255, out=values).astype(np.uint8))


def _white_of(peak: float) -> float:
    return next((float(white) for white in _WHITES if peak <= white), peak)


@lru_cache(maxsize=8)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None where the profile is sRGB already, is broken, or belongs to other colours than these."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != _COLOUR_SPACES.get(mode):
            return None
        if (source.profile.profile_description or "").startswith("sRGB"):
            return None
        return ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (OSError, ImageCms.PyCMSError, TypeError, ValueError) as error:
        log.info("colour profile of %d bytes ignored: %s", len(profile), error)
        return None


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.applyTransform(image, ImageCms.buildTransform(lab, srgb, "LAB", "RGB"))
    if converted is None:
        raise ValueError("LAB could not be converted")
    return converted
