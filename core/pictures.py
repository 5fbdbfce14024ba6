"""The picture with its heatmap as a file: full size, with a caption and a colour bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image, ImageDraw, ImageFont

from core.about import NAME
from core.errors import UserError
from core.folders import replacing
from core.heatmaps import colour_bar, overlay
from core.outlines import Mask, draw_outline
from core.picture_text import drawable, text_font, wrapped
from core.records import EvidenceMap, Photo
from core.texts import tr

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_LEAST_WIDTH_PX, _LEAST_TEXT_PX = 360, 13
_LEAST_BELOW_PX = 720
PAPER, INK, FAINT = (255, 255, 255), (25, 25, 25), (90, 90, 90)
OUTLINE_COLOUR = (255, 220, 0)


@dataclass(frozen=True)
class Drawing:
    """How the evidence is drawn, and what the two ends of the colour bar mean (empty: little and much evidence)."""

    palette: str
    opacity: float
    contours: bool = False
    ends: tuple[str, str] = ("", "")
    peak: float | None = None


def save_picture(
    path: Path,
    photo: Photo,
    evidence: EvidenceMap,
    drawing: Drawing,
    captions: Sequence[str],
    outline: Mask | None = None,
    below: Image.Image | None = None,
) -> None:
    """Write `photo` (opened in full size) with its heatmap to `path`: PNG, JPEG or WebP by its ending.

    `captions` are lines of text below the picture, wrapped where they are too long. Where nothing speaks for the label
    the picture says so. `below` is a further picture under the captions. Raises UserError when that is not possible;
    never replaces the photograph itself.
    """
    save_image(path, photo, lambda: _composed(photo, evidence, drawing, captions, outline, below))


def save_image(path: Path, photo: Photo, made: Callable[[], Image.Image]) -> None:
    """Write the picture that `made` gives to `path`, signed as our own: PNG, JPEG or WebP by its ending.

    Raises UserError when that is not possible; never replaces the photograph that it explains.
    """
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise UserError(tr("Please save the picture as .png, .jpg or .webp."))
    try:
        if photo.path is not None and path.exists() and path.samefile(photo.path):
            raise UserError(tr("This would replace your photograph. Please choose another name."))
        picture = made()
        with replacing(path) as file:
            picture.save(file, kind, quality=92, compress_level=3, exif=_signature())
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(tr("The picture cannot be saved: {reason}").format(reason=reason)) from error


def is_own_picture(path: Path) -> bool:
    """Whether a file is a picture that this program saved, so that it may be replaced by the next one."""
    try:
        with Image.open(path) as picture:
            return bool(picture.getexif().get(ExifTags.Base.Software) == NAME)
    except Exception:  # decoders raise nearly every kind of error on damaged data
        return False


def _signature() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = NAME
    return exif


def _composed(
    photo: Photo,
    evidence: EvidenceMap,
    drawing: Drawing,
    captions: Sequence[str],
    outline: Mask | None,
    below: Image.Image | None,
) -> Image.Image:
    pixels = overlay(photo.pixels, evidence, drawing.palette, drawing.opacity, drawing.contours, peak=drawing.peak)
    if outline is not None:
        pixels = draw_outline(pixels, outline, OUTLINE_COLOUR, max(1, max(pixels.shape) // 400))
    if not evidence.positive:
        captions = [*captions, tr("Nothing in this photograph speaks for it.")]
    height, width = pixels.shape[:2]
    font = text_font(max(_LEAST_TEXT_PX, min(width, height) // 40))
    bar = legend(font, drawing) if evidence.positive else None
    wide = max(width, _LEAST_WIDTH_PX, bar.width + 2 * int(font.size) if bar else 0)
    wide = max(wide, _LEAST_BELOW_PX) if below is not None else wide
    words = strip(wide, font, captions, bar)
    if below is not None:
        below = below.resize((wide, round(below.height * wide / below.width)), Image.Resampling.LANCZOS)
    whole = Image.new("RGB", (wide, height + words.height + (below.height if below else 0)), PAPER)
    whole.paste(Image.fromarray(pixels), ((wide - width) // 2, 0))
    whole.paste(words, (0, height))
    if below is not None:
        whole.paste(below, (0, height + words.height))
    return whole


def strip(
    width: int, font: ImageFont.FreeTypeFont, captions: Sequence[str], bar: Image.Image | None = None
) -> Image.Image:
    """The caption lines on paper, wrapped, and below them a colour bar where there is one."""
    margin, line_px = int(font.size), round(font.size * 1.4)
    lines = [line for caption in captions for line in wrapped(caption, font, width - 2 * margin)]
    bar_px = bar.height + line_px // 3 if bar else 0
    paper = Image.new("RGB", (width, 2 * margin + line_px * len(lines) + bar_px), PAPER)
    pen = ImageDraw.Draw(paper)
    for place, line in enumerate(lines):
        pen.text((margin, margin + place * line_px), line, INK, font)
    if bar is not None:
        paper.paste(bar, (margin, paper.height - margin - bar.height))
    return paper


def legend(font: ImageFont.FreeTypeFont, drawing: Drawing) -> Image.Image:
    """The colour bar between what its two ends mean, as wide as that takes."""
    low, high = drawing.ends
    low = drawable(low or tr("little evidence"), font)
    high = drawable(high or tr("much evidence"), font)
    gap = int(font.size)
    low_px, high_px, bar_px = round(font.getlength(low)), round(font.getlength(high)), 10 * gap
    paper = Image.new("RGB", (low_px + bar_px + high_px + 2 * gap, round(font.size * 1.4)), PAPER)
    pen = ImageDraw.Draw(paper)
    pen.text((0, 0), low, FAINT, font)
    pen.text((low_px + bar_px + 2 * gap, 0), high, FAINT, font)
    bar = colour_bar(drawing.palette, gap, bar_px)
    paper.paste(Image.fromarray(bar), (low_px + gap, (paper.height - gap) // 3))
    return paper
