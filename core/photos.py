"""Open photographs upright in plain RGB, whatever their format, and say plainly why one cannot be used."""

from __future__ import annotations

import hashlib
import io
import logging
import math
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import stat_result
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from PIL import ExifTags, Image, ImageFile

from core.colours import plain_channels, to_array, to_rgb
from core.errors import PhotoError
from core.photo_search import PHOTO_SUFFIXES, closed_folder, find_photos, is_closed, system_path
from core.records import Photo
from core.texts import tr

log = logging.getLogger(__name__)

__all__ = [
    "PHOTO_SUFFIXES", "PhotoFile", "find_photos", "open_photo", "photo_from_file", "photo_from_image", "read_file",
    "system_path",
]  # fmt: skip

_LEAST_SIDE_PX = 16  # nothing can be recognised below
_MOST_BYTES = 250_000_000  # some decoders hold the whole file in memory
_MOST_HELD_BYTES = 32_000_000  # a larger file is read a second time when it is decoded
_CHUNK_BYTES = 1 << 20
_MOST_KEPT_PIXELS = 65_000_000  # beyond, even `least_px=None` shrinks: the copies on the way take 12 bytes a pixel
# A progressive JPEG goes over its pixels about ten times; a small file can ask for thousands, which takes minutes.
_MOST_SCANNED_PIXELS = 1_300_000_000
# The shrunk picture keeps this many pixels for each one of the model's input, so that the answer stays the same
# (measured: tests.bench.draft_equality). With 2, photographs of 12 megapixels take a fifth longer with "dogs-fast".
_OVERSAMPLING = 1.6
_HEAD_BYTES = 1_000_000  # more than EXIF data, previews and colour profiles before the picture take
_TILE_WIDTH, _TILE_LENGTH = 322, 323  # TIFF 6.0, section 15
_DECLARED_SIZE = re.compile(rb"ispe\0\0\0\0(.{4})(.{4})", re.DOTALL)  # ISO/IEC 23008-12, 6.5.3

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8])


@dataclass(frozen=True)
class _Kind:
    """A kind of picture: how its files begin, and how many pixels its decoder takes without filling the memory."""

    name: str
    start: re.Pattern[bytes]
    most_pixels: int


def _kind(name: str, start: bytes, most_pixels: int) -> _Kind:
    return _Kind(name, re.compile(start, re.DOTALL), most_pixels)


_KINDS = (
    _kind("JPEG", rb"\xff\xd8\xff", 270_000_000),
    _kind("PNG", rb"\x89PNG\r\n\x1a\n", 65_000_000),
    _kind("WEBP", rb"RIFF....WEBP", 50_000_000),
    _kind("AVIF", rb"....ftyp(avi[fs]|(mif1|msf1).{4,60}avi[fs])", 50_000_000),
    _kind("HEIF", rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", 50_000_000),
    _kind("TIFF", rb"II[*+]\0|MM\0[*+]", 65_000_000),
    _kind("GIF", rb"GIF8[79]a", 65_000_000),
    _kind("BMP", rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", 65_000_000),
)


@dataclass(frozen=True)
class PhotoFile:
    """A file that was read: its SHA-256 in hex, its size and time (ns) when reading began, and its bytes.

    `data` is None where the file is too large to be held in memory.
    """

    path: Path
    content: str
    size: int
    modified_ns: int
    data: bytes | None


def _nothing() -> None:
    """Nobody wants to know."""


def read_file(path: Path, progressed: Callable[[], None] = _nothing) -> PhotoFile:
    """Read a file once, for its content's name and for `photo_from_file`; `progressed` is called with every megabyte.

    Raises PhotoError as `open_photo` does, but for what only the decoder sees.
    """
    try:
        with _opened(path) as file, _explained():
            found, digest, chunks = os.fstat(file.fileno()), hashlib.sha256(), []
            while chunk := file.read(_CHUNK_BYTES):
                progressed()
                digest.update(chunk)
                if found.st_size <= _MOST_HELD_BYTES:
                    chunks.append(chunk)
            data = b"".join(chunks) if chunks else None
            return PhotoFile(path, digest.hexdigest(), found.st_size, found.st_mtime_ns, data)
    except PhotoError as refusal:
        log.warning("%r cannot be read: %s (%r)", str(path), refusal, refusal.__cause__)
        raise


def photo_from_file(read: PhotoFile, least_px: int | None = None) -> Photo:
    """The photograph in a file that was read; otherwise as `open_photo`."""
    if read.data is None:
        return open_photo(read.path, least_px)
    try:
        with _explained():
            return _photo(_header(io.BytesIO(read.data)), least_px, read.path)
    except PhotoError as refusal:
        log.warning("%r cannot be used: %s (%r)", str(read.path), refusal, refusal.__cause__)
        raise


def open_photo(path: Path, least_px: int | None = None) -> Photo:
    """Open the photograph in a file: upright by EXIF, RGB (sRGB), transparent parts white, first frame.

    With `least_px`, the side in pixels of the model's input, the pixels may be fewer than in the file, as long as the
    short side keeps 1.6 times that; without it all pixels come (but of a picture beyond 65 megapixels).
    Raises PhotoError with a sentence for the user; the details are in the log.
    """
    try:
        with _opened(path) as file, _explained():
            return _photo(_header(file), least_px, path)
    except PhotoError as refusal:
        log.warning("%r cannot be used: %s (%r)", str(path), refusal, refusal.__cause__)
        raise


def photo_from_image(image: Image.Image, least_px: int | None = None, path: Path | None = None) -> Photo:
    """The same for a picture that is in memory already, such as the clipboard's."""
    try:
        with _explained():
            _refuse_giant(*image.size, _MOST_KEPT_PIXELS)
            _refuse_speck(*image.size)
            return _photo(image, least_px, path)
    except PhotoError as refusal:
        log.warning("picture in memory cannot be used: %s (%r)", refusal, refusal.__cause__)
        raise


def _opened(path: Path) -> BinaryIO:
    where = system_path(path)
    try:
        _check_file(where, where.stat())  # first: opening a pipe would wait for ever
        return where.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PhotoError(tr("This file is no longer there: it was moved, renamed or deleted.")) from error
    except PermissionError as error:
        reason = tr("You may not read this file. Ask the person who looks after this computer for access to it.")
        raise PhotoError(reason) from error
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        raise PhotoError(_disk_trouble(error)) from error


def _check_file(where: Path, found: stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise PhotoError(closed_folder() if is_closed(where) else tr("This is a folder, not a photograph."))
    if not stat.S_ISREG(found.st_mode):
        raise PhotoError(tr("This is not a file but a device or a connection of the computer."))
    if found.st_size == 0:
        raise PhotoError(tr("This file is empty. Copy it again from the camera or the phone."))
    if found.st_size > _MOST_BYTES:
        megabytes = found.st_size // 1_000_000
        reason = tr("This file is too large: {megabytes} MB. Save the picture smaller, as a JPEG, and try again.")
        raise PhotoError(reason.format(megabytes=megabytes))


@contextmanager
def _explained() -> Iterator[None]:
    """Whatever a decoder raises becomes a PhotoError with a sentence for the user."""
    try:
        yield
    except PhotoError:
        raise
    except MemoryError as error:
        reason = tr("There is not enough free memory for this picture. Close other programs and try again.")
        raise PhotoError(reason) from error
    except Image.DecompressionBombError as error:
        raise PhotoError(tr("This picture is too large for this program. Save it smaller and try again.")) from error
    except ImportError as error:
        reason = tr("A part of the program that opens this kind of picture is missing: {name}.")
        raise PhotoError(reason.format(name=error.name)) from error
    except Exception as error:  # decoders raise nearly every kind of error on damaged data
        raise PhotoError(_damage(error)) from error


def _damage(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return _disk_trouble(error)
    if isinstance(error, EOFError) or "truncated" in str(error).lower():
        return tr("This picture is incomplete: its end is missing. Copy it again from the camera or the phone.")
    if isinstance(error, NotImplementedError) or re.search("unknown|unsupported|not supported", str(error).lower()):
        return tr("This picture is of a rare kind that cannot be opened here. Save it as a JPEG and try again.")
    return tr("This picture is damaged and cannot be opened. Copy it again from the camera or the phone.")


def _disk_trouble(error: Exception) -> str:
    reason = tr("This file cannot be read. The disk, the memory card or the network reports: {error}.")
    return reason.format(error=getattr(error, "strerror", None) or error)


def _header(file: BinaryIO) -> ImageFile.ImageFile:
    """The picture in `file` with its header read and its size checked, but no pixel decoded."""
    start = file.read(128)
    kind = next((kind for kind in _KINDS if kind.start.match(start)), None)
    if kind is None:
        log.info("unknown kind of file, which begins with %r", start[:16])
        reason = tr("This is not a picture, or of a kind that this program cannot open. It opens {kinds}.")
        raise PhotoError(reason.format(kinds="JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP, GIF"))
    if kind.name in ("AVIF", "HEIF"):  # their libraries may refuse a giant without saying that its size is why
        for width, height in _DECLARED_SIZE.findall(start + file.read(_HEAD_BYTES)):
            _refuse_giant(int.from_bytes(width, "big"), int.from_bytes(height, "big"), kind.most_pixels)
    file.seek(0)
    image = _plugin(kind.name)(file)
    _refuse_giant(*image.size, kind.most_pixels)
    if tags := getattr(image, "tag_v2", None):  # a tile of a TIFF may be larger than the picture
        _refuse_giant(tags.get(_TILE_WIDTH, 1), tags.get(_TILE_LENGTH, 1), kind.most_pixels)
    if kind.name == "JPEG" and not _is_decoded_in_strips(file, image):
        _refuse_giant(*image.size, _MOST_KEPT_PIXELS)
    _refuse_speck(*image.size)
    return image


def _plugin(kind: str) -> Callable[[BinaryIO], ImageFile.ImageFile]:
    """Pillow's class for one kind, imported with the first such file.

    Not `Image.open`, which imports all fifty plugins and keeps to itself why a file could not be opened.
    """
    match kind:
        case "JPEG":
            from PIL.JpegImagePlugin import jpeg_factory

            return jpeg_factory
        case "PNG":
            from PIL.PngImagePlugin import PngImageFile

            return PngImageFile
        case "WEBP":
            from PIL.WebPImagePlugin import WebPImageFile

            return WebPImageFile
        case "AVIF":
            from PIL.AvifImagePlugin import AvifImageFile

            return AvifImageFile
        case "HEIF":
            from pi_heif import HeifImageFile

            return cast("type[ImageFile.ImageFile]", HeifImageFile)
        case "TIFF":
            from PIL.TiffImagePlugin import TiffImageFile

            return TiffImageFile
        case "GIF":
            from PIL.GifImagePlugin import GifImageFile

            return GifImageFile
        case _:
            from PIL.BmpImagePlugin import BmpImageFile

            return BmpImageFile


def _refuse_giant(width: int, height: int, most_pixels: int) -> None:
    if width * height > most_pixels:
        reason = tr("This picture is too large: {width} × {height} pixels. Save it smaller and try again.")
        raise PhotoError(reason.format(width=width, height=height))


def _refuse_speck(width: int, height: int) -> None:
    if min(width, height) < _LEAST_SIDE_PX:
        reason = tr("This picture is too small: {width} × {height} pixels. Nothing can be recognised in it.")
        raise PhotoError(reason.format(width=width, height=height))


def _is_decoded_in_strips(file: BinaryIO, image: ImageFile.ImageFile) -> bool:
    """Whether a JPEG needs no memory for the whole picture while it is decoded; refuses one that would take minutes."""
    pixels = image.size[0] * image.size[1]
    file.seek(0)
    if "progressive" in image.info:
        scans = file.read().count(b"\xff\xda")
        if scans * pixels > _MOST_SCANNED_PIXELS:
            raise ValueError(f"a progressive JPEG with {scans} scans")
        return False
    return pixels <= _MOST_KEPT_PIXELS or _has_one_scan(file.read(_HEAD_BYTES))


def _has_one_scan(jpeg: bytes) -> bool:
    """Whether the first scan holds all colours: else the decoder keeps everything until the last one has come."""
    at, colours = 2, 0
    while (marker := jpeg[at + 1]) != 0xDA:
        if marker in (0xC0, 0xC1):
            colours = jpeg[at + 9]
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return jpeg[at + 4] == colours


def _photo(image: Image.Image, least_px: int | None, path: Path | None) -> Photo:
    width, height = image.size
    shrink = _shrink(width, height, least_px)
    # JPEG decodes to a half, a quarter or an eighth in a fraction of the time.
    is_drafted = image.draft(None, (width // shrink, height // shrink)) is not None
    drafted_height = image.size[1]
    image = _loaded(image, height)
    if is_drafted:
        height = round(height * image.size[1] / drafted_height)
    else:
        width, height = image.size
    turn, profile = _turn(image), image.info.get("icc_profile")
    image = plain_channels(image)
    if (shrink := _shrink(*image.size, least_px)) > 1:
        image = image.reduce(shrink)
    image = to_rgb(image, profile)
    if turn is not None:
        image = image.transpose(turn)
    if turn in _SIDEWAYS:
        width, height = height, width
    return Photo(to_array(image), width, height, path)


def _shrink(width: int, height: int, least_px: int | None) -> int:
    """By which whole factor a picture may be made smaller."""
    needed = math.ceil(math.sqrt(width * height / _MOST_KEPT_PIXELS))
    allowed = int(min(width, height) / (_OVERSAMPLING * least_px)) if least_px else 1
    return max(needed, allowed, 1)


def _loaded(image: Image.Image, whole_height: int) -> Image.Image:
    """The picture with its pixels, without its last rows if only these are missing: no answer depends on a sliver.

    `whole_height` is the picture's in its file, of which this one may be opened scaled.
    """
    error: Exception | None = None
    try:
        image.load()
    except OSError as failure:
        if "truncated" not in str(failure).lower():
            raise
        error = failure
    (width, height), rows = image.size, _rows_that_came(image, is_cut=error is not None)
    # JPEG comes in rows of blocks of 16 pixels.
    if (height - rows) * whole_height / height > max(16, whole_height / 50):
        raise error or ValueError(f"only the first {rows} of {height} rows are there")
    if error is not None or rows < height:
        log.warning("%s: the first %d of %d rows are used", error or "a JPEG with a broken scan", rows, height)
    return image if rows == height else image.crop((0, 0, width, rows))


def _rows_that_came(image: Image.Image, is_cut: bool) -> int:
    """How many rows, from the top, hold what was in the file; `is_cut`: the decoder found no more data and gave up.

    Pillow leaves the rows after that black.  libjpeg fills what a broken scan lacks with plain grey, and says nothing.
    """
    height = image.size[1]
    if image.format not in ("JPEG", "MPO") and (not is_cut or image.format != "PNG" or image.info.get("interlace")):
        return 0 if is_cut else height
    if isinstance(image, ImageFile.ImageFile):
        image.tile = []  # else the next use of a picture that failed decodes it again
    blank = 0 if is_cut else 128
    if (np.asarray(image.crop((0, height - 1, image.size[0], height))) != blank).any():
        return height
    filled = np.flatnonzero((to_array(image).reshape(height, -1) != blank).any(axis=1))
    if not is_cut and (not filled.size or filled[0] > 0):  # a grey picture, or a grey frame around one
        return height
    return int(filled[-1]) + 1 if filled.size else 0


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception as error:  # as above; a photograph with broken EXIF data is shown as it lies in the file
        log.info("EXIF data cannot be read: %r", error)
        return None
