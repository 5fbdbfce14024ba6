"""Keywords in picture files: the picture and every other part of a file stay what they were, or nothing is changed."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import struct
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from core import xmp_files
from core.errors import PhotoError
from core.xmp_files import NoPlaceError, change_photo, changed_file, copy_with_packet
from core.xmp_packets import Keywords, PacketError, with_keywords

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
BEAGLE = Keywords(("Épagneul breton",), (("Breed", "Épagneul breton"),))
# As if another program had put them in: what came from here would be taken out again.
OLD_PACKET = with_keywords(None, Keywords(("kennel 4",), (("place", "kennel 4"),))).replace(b":added-", b":other-")


def put_beagle(packet: bytes | None) -> bytes:
    return with_keywords(packet, BEAGLE)


def picture(mode: str = "RGB") -> Image.Image:
    colours = np.random.default_rng(4).integers(0, 255, (40, 60, len(mode)), dtype=np.uint8)
    return Image.fromarray(colours.squeeze())


def encoded(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    picture(mode).save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 6) -> Image.Exif:
    made = Image.Exif()
    made[274] = orientation
    return made


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.mode.encode() + b"".join(_frames(image))


def _frames(image: Image.Image) -> list[bytes]:
    frames = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        frames.append(image.convert("RGBA").tobytes())
    return frames


def subjects(data: bytes) -> list[str]:
    """dc:subject of the packet that Pillow finds."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        packet = image.info["xmp"]
    items = ET.fromstring(packet).findall(f".//{{http://purl.org/dc/elements/1.1/}}subject/{RDF}Bag/{RDF}li")
    return [one.text or "" for one in items]


def segments(jpeg: bytes) -> list[bytes]:
    """Everything of a JPEG but its XMP packet, in order; the last one is the picture itself."""
    found, at = [jpeg[:2]], 2
    while jpeg[at + 1] != 0xDA:
        if jpeg[at + 1] == 0xFF:
            at += 1
            continue
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if not jpeg[at + 4 : end].startswith(XMP):
            found.append(jpeg[at:end])
        at = end
    return [*found, jpeg[at:]]


def png_chunks(png: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        assert zlib.crc32(png[at + 4 : end - 4]).to_bytes(4, "big") == png[end - 4 : end]
        found.append(png[at:end])
        at = end
    return [one for one in found if b"XML:com.adobe.xmp" not in one]


def webp_chunks(webp: bytes) -> dict[bytes, bytes]:
    assert int.from_bytes(webp[4:8], "little") + 8 == len(webp)
    found, at = {}, 12
    while at < len(webp):
        size = int.from_bytes(webp[at + 4 : at + 8], "little")
        found[webp[at : at + 4]] = webp[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


JPEGS: dict[str, Callable[[], bytes]] = {
    "plain": lambda: encoded("JPEG"),
    "exif": lambda: encoded("JPEG", exif=exif(), icc_profile=b"profile" * 1000, comment=b"good dog"),
    "progressive": lambda: encoded("JPEG", progressive=True, quality=95),
    "grey": lambda: encoded("JPEG", "L"),
    "with xmp": lambda: encoded("JPEG", xmp=OLD_PACKET, exif=exif()),
    "with a tail": lambda: encoded("JPEG") + b"\0tail of a phone" + b"\xff\xd8\xff\xda",
    "with filling": lambda: encoded("JPEG").replace(b"\xff\xdb", b"\xff\xff\xff\xdb", 1),
}


@pytest.mark.parametrize("name", JPEGS)
def test_a_jpeg_keeps_its_picture_and_all_its_other_segments(name: str) -> None:
    old = JPEGS[name]()
    new = changed_file(old, put_beagle)
    assert new != old
    assert pixels(new) == pixels(old)
    assert segments(new) == segments(old)
    assert subjects(new) == (["kennel 4", "Épagneul breton"] if name == "with xmp" else ["Épagneul breton"])
    assert changed_file(new, put_beagle) is new


def test_the_packet_stands_after_jfif_and_exif() -> None:
    new = changed_file(JPEGS["exif"](), put_beagle)
    assert new.index(b"Exif\0") < new.index(XMP) < new.index(b"ICC_PROFILE")
    new = changed_file(JPEGS["plain"](), put_beagle)
    assert new.index(b"JFIF") < new.index(XMP) < new.index(b"\xff\xdb")


def test_room_in_the_packet_is_given_up_where_the_segment_is_too_small() -> None:
    padded = OLD_PACKET.replace(b'<?xpacket end="w"?>', b" " * 64_300 + b'<?xpacket end="w"?>')
    new = changed_file(encoded("JPEG", xmp=padded), put_beagle)
    assert subjects(new) == ["kennel 4", "Épagneul breton"]
    full = with_keywords(None, Keywords(tuple(f"word {number}" for number in range(1000))))
    with pytest.raises(NoPlaceError):
        changed_file(encoded("JPEG", xmp=full[:65_000]), lambda packet: full + b"x" * 65_000)


def with_segment(marker: int, payload: bytes) -> bytes:
    jpeg = encoded("JPEG")
    return jpeg[:2] + bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload + jpeg[2:]


@pytest.mark.parametrize(
    "data",
    [
        with_segment(0xE2, b"MPF\0MM\0*"),
        with_segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0<dc:subject>"),
        b"\xff\xd8" + 2 * (b"\xff\xe1\0\x40" + XMP.ljust(62)) + encoded("JPEG")[2:],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\xff\xff",
        b"\xff\xd8\xff\xe0\0\x01",
        b"\xff\xd8\xff\xe0\0\x02junk",
        b"\xff\xd8\xff",
        encoded("GIF", "L"),
        encoded("TIFF"),
        b"RIFF\x04\0\0\0WEBP",
        b"RIFF\xff\xff\0\0WEBPVP8 ",
        encoded("PNG")[:60],
        b"\x89PNG\r\n\x1a\n",
        b"",
    ],
)
def test_files_that_cannot_hold_it_safely_are_refused(data: bytes) -> None:
    with pytest.raises(NoPlaceError):
        changed_file(data, put_beagle)


def test_a_png_keeps_its_picture_and_all_its_other_chunks() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "good dog")
    for old in (encoded("PNG", pnginfo=text), encoded("PNG", "RGBA", exif=exif(), dpi=(72, 72))):
        new = changed_file(old, put_beagle)
        assert png_chunks(new) == png_chunks(old)
        assert pixels(new) == pixels(old)
        assert subjects(new) == ["Épagneul breton"]
        assert new.index(b"XML:com.adobe.xmp") < new.index(b"IDAT")
        assert changed_file(new, put_beagle) is new


@pytest.mark.parametrize("is_packed", [False, True])
def test_the_packet_of_a_png_is_replaced_packed_or_not(is_packed: bool) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", OLD_PACKET.decode(), zip=is_packed)
    new = changed_file(encoded("PNG", pnginfo=text), put_beagle)
    assert subjects(new) == ["kennel 4", "Épagneul breton"]
    assert new.count(b"XML:com.adobe.xmp") == 1


def test_a_packed_packet_that_would_fill_the_memory_is_refused() -> None:
    body = b"iTXtXML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b" " * 20_000_000)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    png = encoded("PNG")
    with pytest.raises(NoPlaceError):
        changed_file(png[:33] + chunk + png[33:], put_beagle)


def test_an_animated_png_keeps_its_pictures() -> None:
    old = encoded("PNG", save_all=True, append_images=[Image.new("RGB", (60, 40), "red")])
    new = changed_file(old, put_beagle)
    assert pixels(new) == pixels(old)
    assert subjects(new) == ["Épagneul breton"]


WEBPS: dict[str, Callable[[], bytes]] = {
    "lossy": lambda: encoded("WEBP", quality=70),
    "lossless": lambda: encoded("WEBP", lossless=True),
    "see-through": lambda: encoded("WEBP", "RGBA", lossless=True),
    "lossy see-through": lambda: encoded("WEBP", "RGBA", quality=70),
    "exif": lambda: encoded("WEBP", exif=exif(), icc_profile=b"profile"),
    "with xmp": lambda: encoded("WEBP", xmp=OLD_PACKET, exif=exif()),
    "animated": lambda: encoded("WEBP", save_all=True, append_images=[Image.new("RGB", (60, 40), "red")]),
}


@pytest.mark.parametrize("name", WEBPS)
def test_a_webp_keeps_its_picture_and_all_its_other_chunks(name: str) -> None:
    old = WEBPS[name]()
    new = changed_file(old, put_beagle)
    assert pixels(new) == pixels(old)
    before, after = webp_chunks(old), webp_chunks(new)
    assert {kind: after[kind] for kind in before if kind not in (b"VP8X", b"XMP ")} == {
        kind: data for kind, data in before.items() if kind not in (b"VP8X", b"XMP ")
    }
    assert after[b"VP8X"][0] & 0x04
    if b"VP8X" in before:
        assert after[b"VP8X"][0] == before[b"VP8X"][0] | 0x04
        assert after[b"VP8X"][1:] == before[b"VP8X"][1:]
    assert after[b"VP8X"][4:] == bytes([59, 0, 0, 39, 0, 0])
    assert subjects(new) == (["kennel 4", "Épagneul breton"] if name == "with xmp" else ["Épagneul breton"])
    assert changed_file(new, put_beagle) is new


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    os.utime(path, ns=(10**18, 10**18 + 123_456_789))
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_photograph_keeps_its_time_and_its_rights(tmp_path: Path) -> None:
    path = saved(tmp_path / "Médor \U0001f436.jpg", JPEGS["exif"]())
    path.chmod(0o640)
    told: list[str] = []
    assert change_photo(path, put_beagle, told.append)
    assert subjects(path.read_bytes()) == ["Épagneul breton"]
    assert path.stat().st_mtime_ns == 10**18 + 123_456_789
    assert path.stat().st_mode & 0o777 == 0o640 or os.name == "nt"
    assert told == [hashlib.sha256(path.read_bytes()).hexdigest()]
    assert not change_photo(path, put_beagle, told.append)
    assert len(told) == 1
    assert left_in(tmp_path) == [path.name]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = saved(tmp_path / "a.jpg", JPEGS["plain"]()), tmp_path / "link.jpg"
    link.symlink_to(path)
    assert change_photo(link, put_beagle)
    assert link.is_symlink()
    assert subjects(path.read_bytes()) == ["Épagneul breton"]


def test_another_picture_never_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = JPEGS["plain"]()
    path = saved(tmp_path / "a.jpg", old)
    other = Image.new("RGB", (60, 40), "red")
    out = io.BytesIO()
    other.save(out, "JPEG")
    monkeypatch.setattr(xmp_files, "changed_file", lambda data, change: out.getvalue())
    with pytest.raises(NoPlaceError, match="same"):
        change_photo(path, put_beagle)
    with pytest.raises(NoPlaceError, match="same"):
        copy_with_packet(path, tmp_path / "b.jpg", put_beagle)
    assert path.read_bytes() == old
    assert left_in(tmp_path) == ["a.jpg"]


def test_a_change_by_another_program_meanwhile_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.jpg", JPEGS["plain"]())
    checked = xmp_files._check_written

    def meanwhile(*args: Any) -> None:
        checked(*args)
        path.write_bytes(JPEGS["exif"]())

    monkeypatch.setattr(xmp_files, "_check_written", meanwhile)
    with pytest.raises(NoPlaceError, match="Another program"):
        change_photo(path, put_beagle)
    assert path.read_bytes() == JPEGS["exif"]()


def test_a_full_disk_leaves_the_photograph_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = JPEGS["plain"]()
    path = saved(tmp_path / "a.jpg", old)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        change_photo(path, put_beagle)
    assert path.read_bytes() == old
    assert left_in(tmp_path) == ["a.jpg"]


def test_a_protected_photograph_is_not_changed(tmp_path: Path) -> None:
    old = JPEGS["plain"]()
    path = saved(tmp_path / "a.jpg", old)
    path.chmod(0o444)
    with pytest.raises(NoPlaceError, match="protected"):
        change_photo(path, put_beagle)
    path.chmod(0o644)
    assert path.read_bytes() == old


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no longer there"):
        change_photo(tmp_path / "gone.jpg", put_beagle)
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(PhotoError, match="empty"):
        change_photo(tmp_path / "empty.jpg", put_beagle)
    cut = saved(tmp_path / "cut.jpg", JPEGS["plain"]()[:700])
    with pytest.raises(PhotoError):
        change_photo(cut, put_beagle)
    assert cut.stat().st_size == 700
    broken = saved(tmp_path / "packet.jpg", encoded("JPEG", xmp=b"<broken"))
    with pytest.raises(PacketError):
        change_photo(broken, put_beagle)


def test_a_copy_has_the_packet_and_the_original_has_not(tmp_path: Path) -> None:
    old = JPEGS["exif"]()
    path = saved(tmp_path / "a.jpg", old)
    copy_with_packet(path, tmp_path / "b.jpg", put_beagle)
    assert path.read_bytes() == old
    new = (tmp_path / "b.jpg").read_bytes()
    assert segments(new) == segments(old)
    assert subjects(new) == ["Épagneul breton"]
    assert (tmp_path / "b.jpg").stat().st_mtime_ns == path.stat().st_mtime_ns
