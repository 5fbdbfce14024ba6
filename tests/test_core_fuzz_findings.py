"""What fuzzing found, each once more by itself: it was an unexpected error, a hang or a full memory before."""

from __future__ import annotations

import io
import os
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import training.tables
from core.bundles import Bundle, import_bundle
from core.csv_reading import read_table
from core.errors import LibraryError, PhotoError, UserError
from core.export_jobs import Wanted, animals_of
from core.library import Library
from core.library_cells import has_odd_cells
from core.records import Correction, Kind
from core.reviews import Filter, Order, Review
from core.runs import latest_run, runs
from core.shelter_facts import read_facts
from core.study_presets import read_preset, studies_dir
from core.tagging import tag
from core.train_config import Source, SourceKind
from core.xmp_files import change_photo, packet_in
from gui.clipboard import Pasted, picture_in
from tests.bundle_factory import tiny_info
from tests.fuzz_pictures import Drawn, written
from training.library_source import read_library
from training.table_source import names_in, read_labelled_table
from training.tables import read_any_table
from training.telling import Silent

RED = Correction(Kind.BREED, "colour-red", "red", "ada", "colours")
NOWHERE = Path("a\0b.jpg")


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 50_000,
        "x = " + "9" * 6000,
        "[" + "a." * 2000 + "a]",
        "quick = {classes = " + "[" * 400 + "]" * 400 + "}",
    ],
)
def test_a_preset_that_is_too_deep_or_too_large_is_refused(tmp_path: Path, text: str) -> None:
    whole = (studies_dir() / "leaves.toml").read_text(encoding="utf-8")
    (tmp_path / "deep.toml").write_text(f"{text}\n{whole}", encoding="utf-8")
    with pytest.raises(UserError, match=r"deep\.toml"):
        read_preset("deep", tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
@pytest.mark.parametrize("read", [read_facts, read_table, read_any_table])
def test_a_table_that_is_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, read: Callable[[Path], object]) -> None:
    for name in ("table.csv", "table.xlsx"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(UserError, match="not a file but a device"):
            read(tmp_path / name)
    assert packet_in(tmp_path / "table.csv") is None


def test_a_path_that_no_system_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        read_table(NOWHERE)
    with pytest.raises(PhotoError):
        change_photo(NOWHERE, lambda packet: packet)
    with pytest.raises(UserError):
        import_bundle(NOWHERE, tmp_path)
    assert packet_in(NOWHERE) is None


def test_a_list_of_a_number_that_is_too_long_for_a_text_is_the_cell_as_it_is() -> None:
    cell = f"[0x{'f' * 6000}]"
    assert names_in(cell) == [cell]


def test_an_address_that_is_none_is_a_picture_that_is_not_there(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("image,label\nhttp://[x/dog.jpg,dog\n", encoding="utf-8")
    source = Source(kind=SourceKind.TABLE, path=table)
    with pytest.raises(UserError, match="None of the pictures"):
        read_labelled_table(source, Silent())


def test_a_workbook_that_unpacks_into_very_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.tables, "_MOST_UNPACKED_BYTES", 100_000)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/sharedStrings.xml", b" " * 100_001)
    with pytest.raises(UserError, match="too large"):
        read_any_table(path)


def test_a_workbook_whose_packing_is_damaged_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", os.urandom(50) * 50)
    data = bytearray(out.getvalue())
    data[60:80] = bytes(20)
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        read_any_table(path)


def test_a_giant_in_the_clipboard_is_refused_with_its_reason() -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n\0\0\0\r" + header + struct.pack(">I", zlib.crc32(header))
    png += b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(UserError, match="too large"):
        picture_in(Pasted(encoded=" ".join(f"0x{byte:x}" for byte in png)))


def test_a_damaged_picture_in_the_clipboard_is_no_picture() -> None:
    avif = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + b"\0\0\0\x08meta"
    with pytest.raises(UserError, match="no photograph in the clipboard"):
        picture_in(Pasted(encoded=" ".join(f"0x{byte:x}" for byte in avif)))


def test_numbers_in_the_clipboard_that_are_no_bytes_are_no_picture() -> None:
    with pytest.raises(UserError, match="no photograph in the clipboard"):
        picture_in(Pasted(encoded="0x89 0x1000"))


@pytest.fixture
def library(tmp_path: Path, tiny_bundle: Bundle) -> Path:
    """A library as the program makes it: three photographs tagged, one of them with a word and a name."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, name in enumerate(("Rex 1.jpg", "Rex 2.jpg", "Ada.jpg")):
        (photos / name).write_bytes(written(Drawn("JPEG", "RGB", 60 + number, 50, number)))
    path = tmp_path / "library.sqlite"
    with closing(Library(path)) as made:
        tag(made.database, tiny_bundle, [photos], lambda _: None, lambda: False)
        made.label({1: RED})
        made.group([1], "Rex", "ada")
    return path


def _set(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def test_a_library_as_the_program_makes_it_has_no_odd_cells(library: Path) -> None:
    assert not has_odd_cells(library)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET state = 'odd'",
        "UPDATE runs SET roots = 'no list'",
        "UPDATE runs SET begun = x'00'",
        "UPDATE actions SET what = 'odd'",
        "UPDATE corrections SET at = '2026-02-31T00:00:00+00:00'",
        "UPDATE run_files SET path = 7 WHERE id = 2",
        "UPDATE run_files SET place = 'first' WHERE id = 2",
        "UPDATE run_files SET animal = CAST(x'52ff' AS TEXT) WHERE id = 2",
        "UPDATE answers SET probabilities = x'0000' WHERE photograph = 2",
        "UPDATE actions SET at = '' ",
        "UPDATE answers SET subject = 'none' WHERE photograph = 2",
    ],
)
def test_cells_that_no_program_writes_are_told_and_left_out_at_the_next_start(library: Path, statement: str) -> None:
    _set(library, statement)
    assert has_odd_cells(library)
    with closing(Library(library)) as opened:
        refused = _all_that_is_refused(opened)
        assert refused and all("is damaged. Close Shelterlens and start it again" in one for one in refused)
    with closing(Library(library)) as again:
        assert "put aside" in again.notice
        assert not _all_that_is_refused(again)
        with again.database.reading() as connection:
            assert connection.execute("SELECT count(*) FROM photographs").fetchone() == (3,)
    assert list(library.parent.glob("library-damaged-*.sqlite"))


def test_words_about_photographs_that_are_gone_are_damage_too(library: Path) -> None:
    _set(library, "DELETE FROM photographs")
    with closing(Library(library)) as opened:
        assert _all_that_is_refused(opened)
    with closing(Library(library)) as again:
        assert "put aside" in again.notice and not _all_that_is_refused(again)


def _all_that_is_refused(opened: Library) -> list[str]:
    """What is said by everything that cannot be done with it."""
    refused: list[str] = []

    def rows() -> None:
        run = latest_run(opened.database)
        if run is not None:
            review = Review(opened.database, run.id, run.fingerprint, tiny_info())
            review.rows(review.numbers(Filter(), Order.BREED))
            review.breeds()
            list(animals_of(review, Wanted()))

    for act in (lambda: runs(opened.database), rows, lambda: _words(opened), opened.undo):
        try:
            act()
        except LibraryError as error:
            refused.append(str(error))
    return refused


def _words(opened: Library) -> None:
    with opened.database.reading() as connection:
        contents = [content for (content,) in connection.execute("SELECT content FROM photographs").fetchall()]
    for content in contents:
        opened.correction(content)


def test_an_error_of_the_program_itself_is_not_taken_for_damage(library: Path) -> None:
    with (
        closing(Library(library)) as opened,
        pytest.raises(ValueError, match="a mistake"),
        opened.database.reading(),
    ):
        raise ValueError("a mistake")
    with closing(Library(library)) as again:
        assert not again.notice


def test_training_says_that_the_library_is_damaged(library: Path) -> None:
    _set(library, "UPDATE corrections SET kind = 'odd'")
    with pytest.raises(LibraryError, match="is damaged"):
        read_library(library, Silent())


def test_a_thumbnail_that_is_a_number_fills_no_memory(library: Path) -> None:
    _set(library, "UPDATE thumbnails SET jpeg = 2000000000")
    with closing(Library(library)) as opened:
        assert Review(opened.database, 1, "", tiny_info()).thumbnail(1) == b"2000000000"
