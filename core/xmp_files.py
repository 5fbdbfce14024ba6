"""XMP packets in picture files: put in or replaced without touching the picture, and checked before anything counts."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from PIL import Image

from core.errors import PhotoError, UserError
from core.folders import replacing
from core.photo_search import system_path
from core.photos import open_photo
from core.texts import tr
from core.xmp_packets import MOST_BYTES

# The packet that is there, or None -> the one to write; the same where nothing is to change.
Change = Callable[["bytes | None"], "bytes | None"]

_MOST_FILE_BYTES = 250_000_000  # as much as open_photo takes
_PADDING = b" \t\r\n\0"

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_MOST_SEGMENT_BYTES = 65_535 - 2 - len(_XMP)
_APP0, _APP1, _APP2, _START_OF_SCAN = 0xE0, 0xE1, 0xE2, 0xDA
_WITHOUT_LENGTH = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_XMP = b"XML:com.adobe.xmp\0"
_OLD_PNG_XMP = b"Raw profile type xmp\0"

_HAS_XMP, _HAS_ALPHA = 0x04, 0x10  # flags of WebP's VP8X


class NoPlaceError(UserError):
    """This file cannot hold keywords, or not without a risk: they go beside it. The text says why."""


@dataclass(frozen=True)
class _Part:
    """A segment of a JPEG, or a chunk of a PNG or WebP: what it is, and where it lies in the file with its header."""

    kind: bytes
    start: int
    end: int
    payload: bytes


def changed_file(data: bytes, change: Change) -> bytes:
    """The bytes of a JPEG, PNG or WebP with its XMP packet changed, all other parts as they were.

    The very same bytes come back where `change` changes nothing. Raises NoPlaceError for other kinds and for files
    with which this could go wrong, and whatever `change` raises.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return _changed_jpeg(data, change)
    if data.startswith(_PNG):
        return _changed_png(data, change)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _changed_webp(data, change)
    raise NoPlaceError(tr("Keywords go into JPEG, PNG and WebP files only."))


def packet_in(path: Path) -> bytes | None:
    """The XMP packet of a photograph of any kind, if it has one that can be read."""
    where = system_path(path)
    try:
        if not stat.S_ISREG(where.stat().st_mode):  # opening a pipe would wait for ever
            return None
        with where.open("rb") as file:
            is_heif = file.read(12)[4:8] == b"ftyp"
        opened = _heif(where) if is_heif else Image.open(where)
        with opened as image:
            found = image.info.get("xmp")
    except Exception:  # decoders raise nearly every kind of error on damaged data
        return None
    # Some cameras end it with a zero, which no XML file may have.
    return found.rstrip(b"\0") if isinstance(found, bytes) and found.strip(_PADDING) else None


def change_photo(path: Path, change: Change, announce: Callable[[str], None] = lambda content: None) -> bool:
    """Change the XMP packet of the photograph `path` itself; whether there was anything to change.

    The new file is written beside, its pixels are compared with those of the old one, and only then it takes its place,
    with the old one's times, rights and owner. `announce` is told the SHA-256 of the new file right before that.
    Raises NoPlaceError, PacketError, PhotoError where the photograph cannot be read, OSError where it cannot be
    written.
    """
    data = _read(path)
    where = system_path(path).resolve()
    new = changed_file(data, change)
    if new == data:
        return False
    before = where.stat()
    if not before.st_mode & stat.S_IWUSR:
        raise NoPlaceError(tr("This file is protected against changes."))
    pixels = _pixels_of(path)
    with replacing(where) as file:
        _check_written(file, new, pixels)
        shutil.copystat(where, file.name)
        if hasattr(os, "chown") and (before.st_uid, before.st_gid) != (os.getuid(), os.getgid()):
            with suppress(OSError):  # only the administrator may give files away
                os.chown(file.name, before.st_uid, before.st_gid)
            shutil.copystat(where, file.name)  # changing the owner takes some rights away
        if _has_changed(where, before):
            raise NoPlaceError(tr("Another program changed it at the same time."))
        announce(hashlib.sha256(new).hexdigest())
    # Windows may set the time anew when the file is closed.
    os.utime(where, ns=(before.st_atime_ns, before.st_mtime_ns))
    return True


def copy_with_packet(path: Path, target: Path, change: Change) -> None:
    """Write a copy of the photograph `path` with its XMP packet changed to `target`, as `change_photo` would."""
    data = _read(path)
    new = changed_file(data, change)
    pixels = _pixels_of(path)
    with replacing(system_path(target)) as file:
        _check_written(file, new, pixels)
    found = system_path(path).stat()
    os.utime(system_path(target), ns=(found.st_atime_ns, found.st_mtime_ns))


def _heif(where: Path) -> Image.Image:
    try:
        return Image.open(where)  # AVIF begins in the same way
    except OSError:
        from pi_heif import HeifImageFile

        return cast(Image.Image, HeifImageFile(where))


def _check_written(file: IO[bytes], new: bytes, pixels: str) -> None:
    """Write the new file and read it back as a picture. Raises NoPlaceError where that is another one."""
    file.write(new)
    file.flush()
    if _pixels_of(Path(file.name)) != pixels:
        raise NoPlaceError(tr("The picture would not have stayed the same."))


def _has_changed(where: Path, before: os.stat_result) -> bool:
    now = where.stat()
    return (now.st_mtime_ns, now.st_size) != (before.st_mtime_ns, before.st_size)


def _pixels_of(path: Path) -> str:
    """What is seen: size and pixels, upright."""
    photo = open_photo(path)
    digest = hashlib.sha256(repr((photo.width, photo.height, photo.pixels.shape)).encode())
    digest.update(photo.pixels.tobytes())
    return digest.hexdigest()


def _read(path: Path) -> bytes:
    where = system_path(path)
    try:
        found = where.stat()
        if stat.S_ISREG(found.st_mode) and 0 < found.st_size <= _MOST_FILE_BYTES:
            return where.read_bytes()
    except (OSError, ValueError):  # ValueError: a path with a null character
        pass
    open_photo(path)  # says in its own words what is wrong
    raise PhotoError(tr("This photograph cannot be read."))


def _odd() -> NoPlaceError:
    return NoPlaceError(tr("This file is built in an unusual way."))


def _replaced(data: bytes, old: _Part | None, place: int, new: bytes) -> bytes:
    """`new` instead of `old`, or at `place` where there was none."""
    start, end = (old.start, old.end) if old else (place, place)
    return data[:start] + new + data[end:]


def _only(parts: list[_Part]) -> _Part | None:
    if len(parts) > 1:
        raise _odd()
    return parts[0] if parts else None


# JPEG: XMP specification part 3, 1.1.3


def _changed_jpeg(data: bytes, change: Change) -> bytes:
    segments = list(_segments(data))
    for one in segments:
        # The further pictures of such a file are found by counting bytes, and their lengths are noted in it.
        if one.kind[0] == _APP2 and one.payload.startswith(b"MPF\0"):
            raise NoPlaceError(tr("This file holds several pictures."))
        if one.kind[0] == _APP1 and one.payload.startswith(_MORE_XMP) and b"ubject" in one.payload:
            raise _odd()
    old = _only([one for one in segments if one.kind[0] == _APP1 and one.payload.startswith(_XMP)])
    packet = old.payload[len(_XMP) :] if old else None
    changed = change(packet)
    if changed is None or changed == packet:
        return data
    if len(changed) > _MOST_SEGMENT_BYTES:
        changed = _without_padding(changed)
    if len(changed) > _MOST_SEGMENT_BYTES:
        raise NoPlaceError(tr("There is no room for keywords in this file."))
    new = bytes([0xFF, _APP1]) + (len(changed) + len(_XMP) + 2).to_bytes(2, "big") + _XMP + changed
    return _replaced(data, old, _after_exif(segments), new)


def _segments(data: bytes) -> Iterator[_Part]:
    """The segments before the picture itself."""
    at = 2
    while True:
        while data[at : at + 2] == b"\xff\xff":  # filling
            at += 1
        marker = data[at + 1 : at + 2]
        if data[at : at + 1] != b"\xff" or not marker or marker[0] in _WITHOUT_LENGTH:
            raise _odd()
        if marker[0] == _START_OF_SCAN:
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end < at + 4 or end > len(data):
            raise _odd()
        yield _Part(marker, at, end, data[at + 4 : end])
        at = end


def _after_exif(segments: list[_Part]) -> int:
    """Where the packet goes: after JFIF and EXIF data, which must come first."""
    place = 2
    for one in segments:
        if one.kind[0] != _APP0 and not (one.kind[0] == _APP1 and one.payload.startswith(b"Exif\0")):
            break
        place = one.end
    return place


def _without_padding(packet: bytes) -> bytes:
    """The packet without the room for growth before its end."""
    at = packet.rfind(b"<?xpacket end")
    if at < 0:
        return packet.rstrip(_PADDING)
    return packet[:at].rstrip(_PADDING) + b"\n" + packet[at:].rstrip(_PADDING)


# PNG: PNG specification, third edition, 11.3.3.4, and XMP specification part 3, 1.1.5


def _changed_png(data: bytes, change: Change) -> bytes:
    chunks = list(_png_chunks(data))
    if any(one.kind in (b"tEXt", b"zTXt", b"iTXt") and one.payload.startswith(_OLD_PNG_XMP) for one in chunks):
        raise _odd()
    old = _only([one for one in chunks if one.kind == b"iTXt" and one.payload.startswith(_PNG_XMP)])
    packet = _png_text(old.payload) if old else None
    changed = change(packet)
    if changed is None or changed == packet:
        return data
    body = b"iTXt" + _PNG_XMP + b"\0\0\0\0" + changed
    new = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    first = next((one.start for one in chunks if one.kind == b"IDAT"), None)
    if first is None:
        raise _odd()
    return _replaced(data, old, first, new)


def _png_chunks(data: bytes) -> Iterator[_Part]:
    at = len(_PNG)
    kind = b""
    while kind != b"IEND":
        kind = data[at + 4 : at + 8]
        size = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + size
        if len(kind) < 4 or end > len(data):
            raise _odd()
        yield _Part(kind, at, end, data[at + 8 : end - 4])
        at = end


def _png_text(payload: bytes) -> bytes:
    """The text of an iTXt chunk: keyword, two bytes on its compression, language, translated keyword, text."""
    rest = payload[len(_PNG_XMP) :]
    parts = rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        raise _odd()
    if rest[0] == 0:
        return parts[2]
    packer = zlib.decompressobj()
    try:
        text = packer.decompress(parts[2], MOST_BYTES)
    except zlib.error as error:
        raise _odd() from error
    if packer.unconsumed_tail or not packer.eof:
        raise _odd()
    return text


# WebP: RFC 9649, 2.7


def _changed_webp(data: bytes, change: Change) -> bytes:
    size = int.from_bytes(data[4:8], "little") + 8
    chunks = list(_webp_chunks(data, size))
    old = _only([one for one in chunks if one.kind == b"XMP "])
    packet = old.payload if old else None
    changed = change(packet)
    if changed is None or changed == packet:
        return data
    first = chunks[0]
    if first.kind == b"VP8X":
        header = first.payload
        rest_from = first.end
    else:
        header = _webp_header(first)
        rest_from = first.start
    if len(header) < 10:
        raise _odd()
    new = _webp_chunk(b"XMP ", changed)
    body = _replaced(data[:size], old, size, new)[rest_from:]
    body = b"WEBP" + _webp_chunk(b"VP8X", bytes([header[0] | _HAS_XMP]) + header[1:]) + body
    return b"RIFF" + len(body).to_bytes(4, "little") + body + data[size:]


def _webp_chunks(data: bytes, size: int) -> Iterator[_Part]:
    at = 12
    if size > len(data) or size % 2 or size <= at:
        raise _odd()
    while at < size:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length
        if end > size:
            raise _odd()
        yield _Part(data[at : at + 4], at, end + length % 2, data[at + 8 : end])
        at = end + length % 2


def _webp_chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "little") + payload + b"\0" * (len(payload) % 2)


def _webp_header(picture: _Part) -> bytes:
    """The payload of the VP8X chunk that a simple file, with nothing but its picture, lacks."""
    seen = picture.payload
    if picture.kind == b"VP8 " and seen[3:6] == b"\x9d\x01\x2a":
        width = int.from_bytes(seen[6:8], "little") & 0x3FFF
        height = int.from_bytes(seen[8:10], "little") & 0x3FFF
        flags = 0
    elif picture.kind == b"VP8L" and seen[:1] == b"\x2f":
        bits = int.from_bytes(seen[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = _HAS_ALPHA if bits >> 28 & 1 else 0
    else:
        raise _odd()
    if not width or not height:
        raise _odd()
    return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
