"""What cannot be used is refused with a sentence for volunteers, quickly, and the log says more."""

from __future__ import annotations

import errno
import io
import logging
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import PhotoError
from core.photos import open_photo
from core.records import Photo
from tests.test_core_photos import TURNED_HEIC, landscape, needs_avif, quarters


def stored(picture: Image.Image, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def refusal_of(path: Path, content: bytes | None = None, least_px: int | None = 299) -> str:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PhotoError) as refusal:
        open_photo(path, least_px)
    return str(refusal.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dog.jpg"


@pytest.mark.parametrize(
    "content",
    [
        b"Dear volunteer,\n",
        b"<!DOCTYPE html><html>",
        b"%PDF-1.7\n",
        b"\0" * 500,
        b"x",
        b"BM and then only words, no bitmap",
    ],
)
def test_not_a_picture(path: Path, content: bytes) -> None:
    assert "not a picture" in refusal_of(path, content)


def test_a_file_that_vanished(path: Path) -> None:
    assert "no longer there" in refusal_of(path)
    assert "no longer there" in refusal_of(path / "below a file that is none")


def test_a_folder(tmp_path: Path) -> None:
    assert refusal_of(tmp_path) == "This is a folder, not a photograph."


def test_a_closed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(where: Path) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refusing)
    assert refusal_of(tmp_path).startswith("You may not look into this folder. Ask the person")


def test_a_folder_on_a_broken_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(where: Path) -> object:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "scandir", refusing)
    assert "Input/output error" in refusal_of(tmp_path)


def test_an_empty_file(path: Path) -> None:
    assert "empty" in refusal_of(path, b"")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in its folders")
def test_a_pipe_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    assert "not a file" in refusal_of(path)


def test_a_path_that_cannot_exist(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "a\0b.jpg")
    assert refusal_of(tmp_path / ("long" * 500 + ".jpg"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="every file may be read by this user")
def test_a_file_that_may_not_be_read(path: Path) -> None:
    path.write_bytes(b"secret")
    path.chmod(0)
    assert "may not read" in refusal_of(path)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "may not read"),
        (OSError(errno.EIO, "Input/output error"), "network reports: Input/output error."),
        (FileNotFoundError(errno.ENOENT, "gone between two looks"), "no longer there"),
    ],
)
def test_what_the_system_refuses(path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str) -> None:
    def refuse(self: Path, mode: str) -> None:
        raise error

    path.write_bytes(b"something")
    monkeypatch.setattr(Path, "open", refuse)
    assert words in refusal_of(path)


def test_a_memory_card_that_fails_while_reading(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 1000:
                raise OSError(errno.EIO, "Input/output error")
            return super().read(min(size, 500) if size and size > 0 else 500)

    content = stored(landscape(400, 300), "JPEG")
    path.write_bytes(content)
    monkeypatch.setattr(Path, "open", lambda self, mode: Failing(content))
    assert "network reports: Input/output error." in refusal_of(path)


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
def test_too_small(path: Path, size: tuple[int, int]) -> None:
    width, height = size
    assert f"too small: {width} × {height} pixels" in refusal_of(path, stored(Image.new("RGB", size), "PNG"))


@pytest.mark.parametrize(
    "cut",
    [*(("JPEG", share) for share in (0.03, 0.3, 0.6, 0.9)), *(("PNG", share) for share in (0.3, 0.9)), ("GIF", 0.6)],
)
def test_a_cut_picture_is_incomplete(path: Path, cut: tuple[str, float]) -> None:
    kind, share = cut
    content = stored(landscape(400, 300), kind)
    assert "incomplete" in refusal_of(path, content[: int(len(content) * share)])


@pytest.mark.parametrize("kind", ["WEBP", "TIFF", "BMP", pytest.param("AVIF", marks=needs_avif), "HEIC"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_cut_picture_of_another_kind_is_refused(path: Path, kind: str, share: float) -> None:
    if kind == "HEIC":
        pytest.importorskip("pi_heif")
    content = TURNED_HEIC if kind == "HEIC" else stored(landscape(400, 300), kind)
    reason = refusal_of(path, content[: int(len(content) * share)])
    assert "damaged" in reason or "incomplete" in reason


def test_a_cut_picture_is_judged_the_same_when_it_is_opened_scaled(path: Path) -> None:
    content = stored(landscape(1600, 1200), "JPEG")
    path.write_bytes(content[:-2])
    scaled = open_photo(path, 75)
    assert scaled.pixels.shape[1] == 200
    assert 1168 <= scaled.height < 1200
    for least_px in (None, 75):
        assert "incomplete" in refusal_of(path, content[: int(len(content) * 0.94)], least_px)


@pytest.mark.parametrize(("kind", "missing_bytes"), [("JPEG", 2), ("JPEG", 20), ("PNG", 8), ("PNG", 16)])
def test_a_picture_that_lacks_a_sliver_opens(path: Path, kind: str, missing_bytes: int) -> None:
    content = stored(landscape(400, 300), kind)
    path.write_bytes(content)
    whole = open_photo(path).pixels
    path.write_bytes(content[:-missing_bytes])
    photo = open_photo(path)
    assert photo.width == 400
    assert 284 <= photo.height == photo.pixels.shape[0] <= 300
    assert (photo.pixels[:-2] == whole[: photo.height - 2]).all()
    assert np.abs(photo.pixels[-2:].astype(int) - whole[photo.height - 2 : photo.height]).mean() < 8


def test_an_interlaced_png_that_is_cut_is_refused(path: Path) -> None:
    """Its first pass reaches the last row long before the picture is whole. Pillow writes none: this is by hand."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    grey = np.random.default_rng(0).integers(1, 255, (64, 64), dtype=np.uint8)
    rows = [b"\0" + row.tobytes() for x, y, dx, dy in passes for row in grey[y::dy, x::dx]]
    whole = png(struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 1), zlib.compress(b"".join(rows)))
    path.write_bytes(whole)
    assert (open_photo(path).pixels[:, :, 0] == grey).all()
    assert "incomplete" in refusal_of(path, whole[:-600])


def png(header: bytes, data: bytes) -> bytes:
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def test_a_jpeg_whose_lower_part_broke_is_refused(path: Path) -> None:
    """A stray end mark in the middle: libjpeg fills up with grey and does not complain."""
    content = bytearray(stored(landscape(400, 300), "JPEG"))
    content[len(content) // 2 : len(content) // 2 + 2] = b"\xff\xd9"
    assert "damaged" in refusal_of(path, bytes(content))
    assert "damaged" in refusal_of(path, bytes(content), least_px=70)


@pytest.mark.parametrize("least_px", [None, 60])
def test_a_grey_picture_and_a_grey_frame_are_no_damage(path: Path, least_px: int | None) -> None:
    framed = Image.new("RGB", (400, 300), (128, 128, 128))
    path.write_bytes(stored(framed, "JPEG"))
    assert open_photo(path, least_px).height == 300
    framed.paste((200, 30, 30), (0, 96, 400, 192))
    path.write_bytes(stored(framed, "JPEG"))
    assert open_photo(path, least_px).height == 300


def test_a_png_with_a_grey_lower_part_is_no_damage(path: Path) -> None:
    picture = Image.new("RGB", (400, 300), (128, 128, 128))
    picture.paste((200, 30, 30), (0, 0, 400, 100))
    path.write_bytes(stored(picture, "PNG"))
    assert open_photo(path).height == 300


def declared_17000(content: bytes) -> bytes:
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", 17000, 17000) + content[at + 8 :]


def giant_jpeg(**how: object) -> bytes:
    content = bytearray(stored(quarters(), "JPEG", **how))
    at = content.index(b"\xff\xc2" if how else b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", 10_000, 10_000) if how else struct.pack(">HH", 60_000, 60_000)
    return bytes(content)


def giant_tile() -> bytes:
    """A TIFF of 100 x 100 pixels in a tile of 30,000 x 30,000."""
    entry_count, side, tile = 10, 100, 30_000
    data = zlib.compress(bytes(1000))
    at = 8 + 2 + entry_count * 12 + 4
    short, long = 3, 4
    tags = (
        *((256, long, side), (257, long, side), (258, short, 8), (259, short, 8), (262, short, 1), (277, short, 1)),
        *((322, long, tile), (323, long, tile), (324, long, at), (325, long, len(data))),
    )
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", entry_count) + entries + bytes(4) + data


GIANTS = {
    "png, one bit a pixel": lambda: png(
        struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0), zlib.compress(bytes(9))
    ),
    "heic": lambda: declared_17000(TURNED_HEIC),
    "avif": lambda: declared_17000(stored(quarters(), "AVIF")),
    "jpeg": giant_jpeg,
    "progressive jpeg": lambda: giant_jpeg(progressive=True),
    "bmp": lambda: stored(quarters(), "BMP")[:18] + struct.pack("<ii", 40_000, 40_000) + stored(quarters(), "BMP")[26:],
    "gif": lambda: b"GIF89a" + struct.pack("<HH", 65_000, 65_000) + stored(quarters(), "GIF")[10:],
    "tiff": giant_tile,
    "webp": lambda: b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + struct.pack("<I", 16_000)[:3] * 2,
}


@pytest.mark.parametrize("name", [*(set(GIANTS) - {"avif"}), pytest.param("avif", marks=needs_avif)])
def test_a_giant_is_refused_before_anything_is_decoded(path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "heic":
        pytest.importorskip("pi_heif")
    monkeypatch.setattr("core.photos._photo", lambda *_: pytest.fail("it was decoded"))
    reason = refusal_of(path, GIANTS[name]())
    assert "too large" in reason or name == "webp"  # a bare WebP header is damage already


def test_a_large_jpeg_in_one_scan_is_accepted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The 200 megapixels of a phone need little memory when they are opened scaled: here, 12 of 10."""
    monkeypatch.setattr("core.photos._MOST_KEPT_PIXELS", 100_000)
    path.write_bytes(stored(quarters(1000, 800), "JPEG"))
    assert open_photo(path, 100).width == 1000
    assert "too large" in refusal_of(path, stored(quarters(1000, 800), "JPEG", progressive=True), 100)


def test_a_jpeg_in_a_thousand_scans_does_not_keep_the_program_busy(path: Path) -> None:
    content = stored(Image.new("L", (3000, 3000), 90), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    assert "damaged" in refusal_of(path, content[:-2] + last * 1000 + b"\xff\xd9")


def test_a_huge_file_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(400_000_000)
    assert "too large: 400 MB" in refusal_of(path)


def test_a_rare_kind_is_not_called_damaged(path: Path) -> None:
    content = bytearray(stored(quarters(), "BMP"))
    content[28:30] = struct.pack("<H", 3)  # no bitmap has 3 bits a pixel
    assert "rare kind" in refusal_of(path, bytes(content))


def test_a_missing_part_of_the_program_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    assert "missing: pi_heif." in refusal_of(path, TURNED_HEIC)


def test_too_little_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("core.photos._photo", fail)
    assert "not enough free memory" in refusal_of(path, stored(quarters(), "PNG"))


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"Dear volunteer,\n", "b'Dear volunteer,"),
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "Truncated"),
        (b"\x89PNG\r\n\x1a\nrubbish and more rubbish", "SyntaxError"),
    ],
)
def test_the_log_knows_the_file_and_the_cause(
    path: Path, content: bytes, detail: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        refusal_of(path, content)
    assert "dog.jpg" in caplog.text
    assert detail in caplog.text


def test_a_name_that_is_no_text_can_be_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    refusal_of(tmp_path / "caf\udce9.jpg")
    caplog.text.encode()


WHOLE = {kind: stored(landscape(64, 48), kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")}
WHOLE |= {"progressive": stored(landscape(64, 48), "JPEG", progressive=True), "HEIC": TURNED_HEIC}


@settings(deadline=None, max_examples=150, database=None)
@given(
    content=st.sampled_from(sorted(WHOLE)).map(WHOLE.__getitem__),
    hits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=6)), max_size=8),
    end=st.floats(0.02, 1),
)
def test_whatever_happened_to_a_file_it_opens_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, hits: list[tuple[float, bytes]], end: float
) -> None:
    broken = bytearray(content)
    for place, replacement in hits:
        at = int(place * len(broken))
        broken[at : at + len(replacement)] = replacement
    path = tmp_path_factory.getbasetemp() / "broken.jpg"
    path.write_bytes(bytes(broken[: int(len(broken) * end)]))
    try:
        photo = open_photo(path, 20)
    except PhotoError as refusal:
        assert str(refusal).endswith(".")
    else:
        assert isinstance(photo, Photo)
        assert photo.pixels.shape[2] == 3
