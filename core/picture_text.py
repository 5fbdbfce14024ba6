"""Words in pictures: a font of the system, and texts as it can draw them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from PIL import ImageFont

# Pillow's own font has no accents. Each system has one of these; Pillow looks for them in the system's font folders.
_FONTS = ("DejaVuSans.ttf", "segoeui.ttf", "arial.ttf", "Helvetica.ttc", "LiberationSans-Regular.ttf",
          "NotoSans-Regular.ttf", "Ubuntu-R.ttf", "Cantarell-Regular.otf")  # fmt: skip


@lru_cache(maxsize=8)
def text_font(text_px: int) -> ImageFont.FreeTypeFont:
    """A font with accents if the system has one; Pillow's own otherwise."""
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, text_px)
        except OSError:
            continue
    font = ImageFont.load_default(text_px)
    assert isinstance(font, ImageFont.FreeTypeFont), "every Pillow wheel has FreeType"
    return font


def drawable(text: str, font: ImageFont.FreeTypeFont) -> str:
    """The text as the font can draw it: Pillow's own font knows only plain letters."""
    text = text.replace("\u202f", "\u00a0").replace("\n", " ")
    if font.getname()[0] != "Aileron":
        return text
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE").replace("\u2019", "'"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return letters.encode("ascii", "replace").decode()


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text in lines that are no wider than `width`, broken at spaces where possible."""
    lines = [""]
    for word in drawable(text, font).split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]
