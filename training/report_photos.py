"""The photographs in report.html: small JPEGs within the page, as many as a page can carry."""

from __future__ import annotations

import base64
import io
import logging
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from PIL import Image

from core.errors import PhotoError
from core.export_files import encodable
from core.photos import open_photo

log = logging.getLogger(__name__)

SMALL_PX, LARGE_PX = 128, 240
MOST_PHOTOS, MOST_BYTES = 400, 9_000_000
_QUALITY = 72


@dataclass
class PhotoBudget:
    """How many pictures, and letters of text that hold them, are left for the page."""

    photos: int = MOST_PHOTOS
    letters: int = MOST_BYTES

    @property
    def is_spent(self) -> bool:
        return self.photos <= 0 or self.letters <= 0

    def picture(self, path: Path, longest_px: int = SMALL_PX) -> str:
        """An <img> of the photograph; empty where it cannot be read any more, or the page is full."""
        if self.is_spent:
            return ""
        return self._img(_shrunk(path, longest_px))

    def file(self, path: Path) -> str:
        """An <img> of a JPEG file as it is."""
        try:
            return "" if self.is_spent else self._img(path.read_bytes())
        except OSError:
            return ""

    def _img(self, data: bytes) -> str:
        if not data:
            return ""
        self.photos -= 1
        self.letters -= len(data) * 4 // 3
        return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(data).decode()}">'


@lru_cache(maxsize=64)
def _shrunk(path: Path, longest_px: int) -> bytes:
    """A small JPEG without anything else that the file says; empty where the photograph cannot be used."""
    try:
        photo = open_photo(path, longest_px)
    except PhotoError as error:
        log.info("%s is not in the report: %s", path, error)
        return b""
    small = Image.fromarray(photo.pixels)
    small.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def short_name(path: Path) -> str:
    """A file as the page names it, with its folder in the hint: not where it lies on somebody's computer."""
    whole = escape(encodable(f"{path.parent.name}/{path.name}"))
    return f'<span class="faint small" title="{whole}">{escape(encodable(path.name))}</span>'
