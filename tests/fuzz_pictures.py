"""Photographs to fuzz with, as Hypothesis draws them: of every kind that there is, odd from the start, then broken.

Nothing of the development photographs is needed; where they are there, the smaller of the odd ones are broken too.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image, ImageCms, features

from tests.fuzz_bytes import BLOWS, struck

_MOST_SEED_BYTES = 400_000
_JPEG_MODES, _TIFF_MODES = ("L", "RGB", "CMYK", "YCbCr"), ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")
_NAMES = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "TIFF": ".tif", "BMP": ".bmp", "AVIF": ".avif",
          "ICO": ".ico", "MPO": ".mpo", "PPM": ".jpg"}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A picture to be made: what of, and how it is written."""

    kind: str
    mode: str
    width: int
    height: int
    seed: int
    options: Mapping[str, Any] = field(default_factory=dict)
    frames: int = 1


def _sides() -> st.SearchStrategy[tuple[int, int]]:
    """Mostly photographs, also specks and ribbons."""
    usual = st.tuples(st.integers(16, 400), st.integers(16, 400))
    ribbons = st.tuples(st.integers(1, 40), st.integers(1, 9000))
    return st.one_of(usual, usual, usual, ribbons, ribbons.map(lambda size: size[::-1]), st.just((2600, 1900)))


_ORIENTATIONS = st.one_of(st.none(), st.integers(0, 12), st.integers(0, 65535))
_MODES = {
    "JPEG": _JPEG_MODES,
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I"),
    "GIF": ("1", "L", "P", "RGB", "RGBA"),
    "WEBP": ("RGB", "RGBA", "L"),
    "TIFF": _TIFF_MODES,
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "AVIF": ("RGB", "RGBA"),
    "ICO": ("RGBA",),
    "MPO": ("RGB",),
    "PPM": ("RGB",),
}


def _options(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    extras: dict[str, st.SearchStrategy[Any]] = {
        "orientation": _ORIENTATIONS,
        "icc": st.one_of(st.none(), st.sampled_from(("srgb", "lab", "xyz")), st.binary(max_size=300)),
        "xmp": st.one_of(st.none(), st.binary(max_size=200), st.just(_XMP)),
        "exif": st.one_of(st.none(), st.none(), st.binary(max_size=200)),
    }
    if kind == "JPEG":
        extras |= {"progressive": st.booleans(), "quality": st.integers(1, 100), "subsampling": st.integers(0, 2)}
    if kind == "TIFF":
        extras |= {
            "compression": st.sampled_from((None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4"))
        }
    if kind == "WEBP":
        extras |= {"lossless": st.booleans(), "quality": st.integers(0, 100)}
    return st.fixed_dictionaries(extras)


def _of_kind(kind: str) -> st.SearchStrategy[Drawn]:
    return st.builds(
        lambda mode, size, seed, options, frames: Drawn(kind, mode, size[0], size[1], seed, options, frames),
        st.sampled_from(_MODES[kind]), _sides(), st.integers(0, 999), _options(kind), st.sampled_from((1, 1, 1, 2, 5)),
    )  # fmt: skip


_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'


def written(drawn: Drawn) -> bytes:
    """The file; a plain one where the encoder does not take these options."""
    images = [_image(drawn, number) for number in range(drawn.frames)]
    try:
        return _saved(images, drawn.kind, _encoder_options(drawn, images))
    except Exception:  # encoders raise nearly every kind of error
        plain = "L" if drawn.kind in ("JPEG", "PNG", "TIFF", "BMP", "GIF") else "RGB"
        width, height = min(drawn.width, 256), min(drawn.height, 256)
        return _saved([images[0].convert("RGB").convert(plain).resize((width, height))], drawn.kind, {})


def _saved(images: Sequence[Image.Image], kind: str, options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    many = {"save_all": True, "append_images": images[1:]} if len(images) > 1 and kind not in ("JPEG", "PPM") else {}
    images[0].save(out, kind, **options, **many)
    return out.getvalue()


def _image(drawn: Drawn, number: int) -> Image.Image:
    """A coloured slope with noise: a picture that is neither empty nor slow to make."""
    rng = np.random.default_rng(drawn.seed + number)
    rows, columns = np.mgrid[0 : drawn.height, 0 : drawn.width]
    values = np.stack([rows % 256, columns % 256, (rows + columns) % 256, 255 - rows % 200], axis=-1).astype(np.uint8)
    values[::7] ^= rng.integers(0, 64, 4, np.uint8)
    if drawn.mode in ("I;16", "I", "F"):
        deep = values[..., 0].astype(np.uint16) * 257
        if drawn.mode == "I;16":
            return Image.fromarray(deep)
        return Image.fromarray(deep.astype(np.int32) - 900 if drawn.mode == "I" else deep.astype(np.float32) / 1000 - 3)
    return (
        Image.fromarray(values, "RGBA")
        .convert("RGB" if drawn.mode in ("1", "P", "CMYK", "YCbCr") else drawn.mode)
        .convert(drawn.mode)
    )


def _encoder_options(drawn: Drawn, images: Sequence[Image.Image]) -> dict[str, Any]:
    options = {name: value for name, value in drawn.options.items() if value is not None}
    orientation, profile = options.pop("orientation", None), options.pop("icc", None)
    if orientation is not None and "exif" not in options:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif.tobytes()
    if profile is not None:
        options["icc_profile"] = _profile(profile) if isinstance(profile, str) else profile
    if drawn.kind in ("GIF", "BMP", "PPM"):
        options = {}
    return options


@cache
def _profile(name: str) -> bytes:
    made = {"srgb": ImageCms.createProfile("sRGB"), "lab": ImageCms.createProfile("LAB")}
    return ImageCms.ImageCmsProfile(made.get(name) or ImageCms.createProfile("XYZ")).tobytes()


# Files as no encoder here writes them.


@dataclass(frozen=True)
class Png:
    """A PNG of any declared size and kind, with as many bytes of pixels as are given."""

    width: int
    height: int
    depth: int
    colours: int
    interlaced: bool
    pixels: int
    chunks: tuple[tuple[bytes, bytes], ...]

    def file(self) -> bytes:
        header = struct.pack(">IIBBBBB", self.width, self.height, self.depth, self.colours, 0, 0, int(self.interlaced))
        body = zlib.compress(b"\x01" * self.pixels, 1)
        parts = [(b"IHDR", header), *self.chunks, (b"IDAT", body), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, parts))


def _chunk(part: tuple[bytes, bytes]) -> bytes:
    body = part[0] + part[1]
    return struct.pack(">I", len(part[1])) + body + struct.pack(">I", zlib.crc32(body))


def _much(keyword: bytes) -> bytes:
    """A text or a profile that is small only as long as it is packed."""
    return keyword + zlib.compress(b" " * 8_000_000, 1)


_GIANT = st.one_of(st.integers(1, 300), st.sampled_from((0, 1, 8000, 30_000, 65_535, 2**24, 2**31 - 1, 2**32 - 1)))
_CHUNKS = st.tuples(
    st.sampled_from(
        (b"PLTE", b"tRNS", b"gAMA", b"iCCP", b"iTXt", b"zTXt", b"tEXt", b"eXIf", b"acTL", b"fcTL", b"fdAT")
    ),
    st.one_of(
        st.binary(max_size=60),
        st.just(b"XML:com.adobe.xmp\0\0\0\0\0" + _XMP),
        st.sampled_from((b"XML:com.adobe.xmp\0\1\0\0\0", b"icc\0\0", b"words\0\0")).map(_much),
    ),
)
_PNGS = st.builds(
    Png, _GIANT, _GIANT, st.sampled_from((1, 2, 4, 8, 16, 3)), st.sampled_from((0, 2, 3, 4, 6, 1)), st.booleans(),
    st.sampled_from((0, 10, 5000, 200_000, 3_000_000)), st.lists(_CHUNKS, max_size=3).map(tuple),
).map(Png.file)  # fmt: skip


def _tiff(tags: Mapping[int, tuple[int, int, int]], big: bool, strip: int, loops: bool) -> bytes:
    """A TIFF with these tags (number: type, count, value) in order, whose directory follows the pixels."""
    order = ">" if big else "<"
    pixels = bytes(range(256)) * (strip // 256 + 1)
    start = 8 + len(pixels)
    entries = b"".join(
        struct.pack(f"{order}HHI", tag, *numbers[:2])
        + (
            struct.pack(f"{order}HH", numbers[2] & 0xFFFF, 0)
            if numbers[0] == 3
            else struct.pack(f"{order}I", numbers[2])
        )
        for tag, numbers in sorted(tags.items())
    )
    directory = struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", start if loops else 0)
    return (b"MM\0*" if big else b"II*\0") + struct.pack(f"{order}I", start) + pixels + directory


_SHORT, _LONG = 3, 4
_TIFF_SIZE = st.one_of(st.integers(16, 300), st.sampled_from((0, 1, 9000, 60_000, 2**31, 2**32 - 1)))
_TIFFS = st.builds(
    lambda width, height, bits, photometric, samples, compression, planar, layout, tile, form, orientation, strip, big,
    loops: _tiff(
        {
            256: (_LONG, 1, width), 257: (_LONG, 1, height), 258: (_SHORT, 1, bits), 259: (_SHORT, 1, compression),
            262: (_SHORT, 1, photometric), 274: (_SHORT, 1, orientation), 277: (_SHORT, 1, samples),
            284: (_SHORT, 1, planar), 339: (_SHORT, 1, form),
        }
        | (
            {322: (_LONG, 1, tile), 323: (_LONG, 1, tile), 324: (_LONG, 1, 8), 325: (_LONG, 1, strip)}
            if layout
            else {273: (_LONG, 1, 8), 278: (_LONG, 1, height), 279: (_LONG, 1, strip)}
        ),
        big, strip, loops,
    ),
    _TIFF_SIZE, _TIFF_SIZE, st.sampled_from((1, 4, 8, 12, 16, 24, 32, 64)), st.integers(0, 9), st.integers(0, 6),
    st.sampled_from((1, 2, 3, 4, 5, 6, 7, 8, 32773, 34925, 50000)), st.integers(0, 3), st.booleans(),
    st.one_of(st.sampled_from((16, 64, 256, 30_000, 65_536)), st.integers(0, 2**32 - 1)), st.integers(0, 5),
    st.integers(0, 9), st.sampled_from((0, 100, 10_000, 400_000)), st.booleans(), st.booleans(),
)  # fmt: skip


def _bmp(width: int, height: int, bits: int, compression: int, header: int, colours: int, rest: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, 0, 0, 0, colours, 0)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + rest, 0, 0, 54) + head + bytes(rest % 500_000)


_BMPS = st.builds(
    _bmp, st.integers(-300, 9000), st.one_of(st.integers(-300, 300), st.sampled_from((-(2**31), 2**31 - 1))),
    st.sampled_from((0, 1, 2, 4, 8, 16, 24, 32, 64)), st.integers(0, 6), st.sampled_from((40, 56, 64, 108, 124)),
    st.sampled_from((0, 2, 256, 2**31)), st.integers(0, 500_000),
)  # fmt: skip


def _arithmetic(jpeg: bytes) -> bytes:
    """A JPEG that says that it is coded arithmetically, as few programs write."""
    return jpeg.replace(b"\xff\xc0", b"\xff\xc9", 1).replace(b"\xff\xc2", b"\xff\xca", 1)


def _scans(jpeg: bytes, times: int) -> bytes:
    """A progressive JPEG whose first scan comes many times: small, and slow to decode."""
    first = jpeg.find(b"\xff\xda")
    second = jpeg.find(b"\xff\xda", first + 2)
    return jpeg if second < 0 else jpeg[:second] + jpeg[first:second] * times + jpeg[second:]


def _declared(jpeg: bytes, width: int, height: int) -> bytes:
    """A JPEG that says that it is larger than it is."""
    at = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2"))
    return jpeg if at < 0 else jpeg[: at + 5] + struct.pack(">HH", height % 65536, width % 65536) + jpeg[at + 9 :]


_JPEGS = _of_kind("JPEG").map(written)
_ODD_JPEGS = st.one_of(
    _JPEGS.map(_arithmetic),
    st.builds(_scans, _JPEGS, st.sampled_from((1, 50, 3000))),
    st.builds(_declared, _JPEGS, _GIANT, _GIANT),
)


@cache
def seeds() -> tuple[tuple[str, bytes], ...]:
    """Sound and odd files to be broken, by name: made ones, and of the development photographs the smaller odd ones."""
    kinds = [kind for kind in _MODES if kind != "AVIF" or features.check("avif")]
    made = [
        (f"{kind}{mode.replace(';', '')}{_NAMES[kind]}", written(Drawn(kind, mode, 97, 64, 1, options)))
        for kind in kinds
        for mode in _MODES[kind]
        for options in ({}, {"orientation": 6, "icc": "srgb", "xmp": _XMP})
    ]
    folder = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "odd_files"
    odd = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size <= _MOST_SEED_BYTES)
    return tuple(made + [(path.name, path.read_bytes()) for path in odd])


def _broken() -> st.SearchStrategy[bytes]:
    def harmed(number: int, blows: Sequence[Any]) -> bytes:
        files = seeds()
        return struck(files[number % len(files)][1], blows, [data for _, data in files])

    return st.builds(harmed, st.integers(0, 10_000), BLOWS)


def _whole() -> st.SearchStrategy[bytes]:
    return st.integers(0, 10_000).map(lambda number: seeds()[number % len(seeds())][1])


def pictures() -> st.SearchStrategy[tuple[str, bytes]]:
    """A file that may be a photograph: its name and its bytes."""
    kinds: list[Callable[[], st.SearchStrategy[bytes]]] = [_broken, _broken, _broken, _whole]
    # Pillow's encoder for AVIF crashes with some sizes and options: only its files among the seeds are broken.
    made = [_of_kind(kind).map(written) for kind in _MODES if kind != "AVIF"]
    files = st.one_of(*(kind() for kind in kinds), *made, _PNGS, _PNGS, _TIFFS, _TIFFS, _BMPS, _ODD_JPEGS)
    broken_again = st.builds(lambda data, blows: struck(data, blows, ()), st.one_of(_PNGS, _TIFFS, _BMPS), BLOWS)
    return st.tuples(st.sampled_from(("dog.jpg", "Été 🐕.PNG", "x.tiff", "a b.webp")), st.one_of(files, broken_again))
