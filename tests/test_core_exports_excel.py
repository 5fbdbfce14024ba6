"""The workbook as another program reads it: cells, pictures, no formulas, and all or nothing."""

from __future__ import annotations

import errno
import gc
import io
import os
import tempfile
import tracemalloc
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import Cancelled, UserError
from core.export_files import AlreadyThereError
from core.exports_excel import THUMBNAIL_PX, write_excel
from core.records import Candidate, Correction, Kind, Status, Tagged, Verdict
from core.verdicts import unreadable
from tests.bundle_factory import tiny_info

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
BEST = (Candidate(2, 0.8123), Candidate(0, 0.1), Candidate(1, 0.05))
SURE, UNSURE = Verdict(Status.SURE, BEST, 1), Verdict(Status.UNSURE, BEST, 2)


@pytest.fixture(autouse=True)
def own_temporary_place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever happens, nothing stays in the system's folder for temporary files."""
    place = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield
    assert list(place.iterdir()) == []


def jpeg(size: tuple[int, int] = (80, 60), seed: int = 0, kind: str = "JPEG") -> bytes:
    colours = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(colours).save(out, kind)
    return out.getvalue()


def rows(path: Path) -> list[list[str | float | None]]:
    """All cells; a formula fails."""
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not list(sheet.iter(f"{SHEET}f"))
    found = []
    for row in sheet.iter(f"{SHEET}row"):
        cells: dict[str, str | float | None] = {}
        for cell in row:
            letter = cell.get("r", "").rstrip("0123456789")
            value = cell.find(f"{SHEET}v")
            text = "".join(one.text or "" for one in cell.iter(f"{SHEET}t"))
            cells[letter] = text if value is None else float(value.text or 0)
            assert value is None or cell.get("t") is None
        found.append([cells.get(letter) for letter in "ABCDEFGHIJKLMNOPQ"])
    return found


def pictures(path: Path) -> dict[int, bytes]:
    """The pictures by the row (counted from 0) in which they lie whole."""
    with zipfile.ZipFile(path) as book:
        if "xl/drawings/drawing1.xml" not in book.namelist():
            return {}
        links = ET.fromstring(book.read("xl/drawings/_rels/drawing1.xml.rels"))
        files = {one.get("Id"): (one.get("Target") or "").replace("..", "xl") for one in links}
        found = {}
        for anchor in ET.fromstring(book.read("xl/drawings/drawing1.xml")):
            assert anchor.get("editAs") is None  # moves and hides with its row
            first, last = (int(anchor.findtext(f"{DRAWING}{end}/{DRAWING}row") or -1) for end in ("from", "to"))
            column = anchor.findtext(f"{DRAWING}to/{DRAWING}col")
            assert (first, column) == (last, "0")
            blip = next(one for one in anchor.iter() if one.tag.endswith("}blip"))
            found[first] = book.read(files[next(iter(blip.attrib.values()))])
    return found


def tagged(name: str = "a.jpg", verdict: Verdict = SURE, said: Correction | None = None, animal: str = "") -> Tagged:
    return Tagged(Path("/photographs") / name, verdict, animal, said)


def test_the_cells_of_a_sure_a_corrected_and_an_unreadable_photograph(tmp_path: Path) -> None:
    at = datetime(2026, 5, 4, 3, 2, 1, tzinfo=timezone.utc)
    said = Correction(Kind.BREED, "colour-red", "red", "Ana", at=at)
    photographs = [
        tagged("a.jpg", animal="Rex"),
        tagged("b.jpg", UNSURE),
        tagged("c.jpg", UNSURE, said),
        tagged("d.jpg", unreadable("Why.")),
    ]
    path = tmp_path / "dogs.xlsx"
    done = write_excel(path, photographs, tiny_info(), thumbnail_of=lambda one: jpeg())
    assert (done.path, done.rows, done.left_out, done.notes) == (path, 4, (), ())
    head, sure, unsure, corrected, refused = rows(path)
    assert head[:6] == ["Picture", "Photograph", "Folder", "Animal", "Result", "Model says"]
    assert sure[1:8] == ["a.jpg", str(Path("/photographs")), "Rex", "blue", "Sure", "blue", 0.8123]
    assert sure[8:13] == ["red", 0.1, "green", 0.05, None]
    assert unsure[4:7] == ["Not sure", "Not sure", "blue"]
    assert corrected[4:6] == ["red", "Not sure"]
    assert corrected[12:14] == ["red", "Ana"]
    local = at.astimezone().replace(tzinfo=None) - datetime(1899, 12, 30)
    assert corrected[14] == pytest.approx(local.total_seconds() / 86400, abs=1e-6)
    assert refused[4:8] == ["Unreadable", "Unreadable", None, None]
    assert refused[16] == "Why."


def test_headings_words_and_breeds_in_french(tmp_path: Path) -> None:
    write_excel(tmp_path / "a.xlsx", [tagged(), tagged(verdict=UNSURE)], tiny_info(), language="fr")
    head, sure, unsure = rows(tmp_path / "a.xlsx")
    assert head[4] == "Résultat"
    assert sure[4:7] == ["bleu", "Sûr", "bleu"]
    assert unsure[4] == "Pas sûr"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "{=", "http://", "mailto:", "\x1b", "\udce9", "<b>", ""])
def test_no_cell_is_run_and_every_text_comes_back(tmp_path: Path, start: str) -> None:
    risky = f"{start}1+1"
    said = Correction(Kind.OTHER, name=risky, who=risky)
    one = Tagged(Path("/photographs") / f"{risky}.jpg", Verdict(Status.UNREADABLE, reason=risky), risky, said)
    write_excel(tmp_path / "a.xlsx", [one], tiny_info())
    (cells,) = rows(tmp_path / "a.xlsx")[1:]
    expected = risky.replace("\x1b", "_x001B_").encode("utf-8", "backslashreplace").decode()
    for column in (3, 12, 13, 16):
        assert str(cells[column]).strip() == expected.strip()


def test_a_text_longer_than_a_cell_is_cut(tmp_path: Path) -> None:
    write_excel(tmp_path / "a.xlsx", [tagged(animal="x" * 40_000)], tiny_info())
    assert len(str(rows(tmp_path / "a.xlsx")[1][3])) == 32_767


def test_every_row_has_its_own_picture_and_none_is_large(tmp_path: Path) -> None:
    stored = {"a.jpg": jpeg(seed=1), "b.jpg": jpeg((600, 900), seed=2), "c.jpg": jpeg((96, 20), seed=3, kind="PNG")}
    photographs = [tagged(name) for name in stored]
    write_excel(tmp_path / "a.xlsx", photographs, tiny_info(), thumbnail_of=lambda one: stored[one.path.name])
    found = pictures(tmp_path / "a.xlsx")
    assert sorted(found) == [1, 2, 3]
    assert found[1] == stored["a.jpg"]
    for data in found.values():
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == "JPEG"
            assert max(image.size) <= THUMBNAIL_PX
    with Image.open(io.BytesIO(found[2])) as image:
        assert image.size == (64, 96)


@pytest.mark.parametrize("stored", [None, b"", b"no picture", jpeg()[:100]])
def test_without_a_stored_picture_the_photograph_is_opened(tmp_path: Path, stored: bytes | None) -> None:
    photograph, gone = tmp_path / "rex.jpg", tmp_path / "gone.jpg"
    photograph.write_bytes(jpeg((900, 300), seed=5))
    out = tmp_path / "a.xlsx"
    photographs = [Tagged(one, SURE) for one in (gone, photograph)]
    done = write_excel(out, photographs, tiny_info(), thumbnail_of=lambda one: stored)
    assert done.rows == 2
    assert [one.what for one in done.left_out] == [str(gone)]
    assert "no longer there" in done.left_out[0].why
    (row, data), *_ = pictures(out).items()
    assert row == 2
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (96, 32)


def test_after_many_rows_there_are_no_pictures_and_it_is_said(tmp_path: Path) -> None:
    photographs = [tagged(f"{number}.jpg") for number in range(5)]
    done = write_excel(tmp_path / "a.xlsx", photographs, tiny_info(), thumbnail_of=lambda one: jpeg(), most_pictures=2)
    assert done.rows == 5
    assert "2" in done.notes[0]
    assert sorted(pictures(tmp_path / "a.xlsx")) == [1, 2]
    assert len(rows(tmp_path / "a.xlsx")) == 6


def test_an_empty_list_is_a_workbook_with_headings(tmp_path: Path) -> None:
    assert write_excel(tmp_path / "a.xlsx", [], tiny_info()).rows == 0
    assert len(rows(tmp_path / "a.xlsx")) == 1


def test_an_existing_file_is_replaced_only_when_the_user_said_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"mine")
    with pytest.raises(AlreadyThereError):
        write_excel(path, [tagged()], tiny_info())
    assert path.read_bytes() == b"mine"
    write_excel(path, [], tiny_info(), may_replace=True)
    assert len(rows(path)) == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("patience", [0, 3, 11, 14, 25])
def test_it_stops_among_rows_pictures_and_parts_and_leaves_the_old_file(tmp_path: Path, patience: int) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"mine")
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) > patience

    photographs = [tagged(f"{number}.jpg") for number in range(10)]
    with pytest.raises(Cancelled):
        write_excel(
            path,
            photographs,
            tiny_info(),
            thumbnail_of=lambda one: jpeg(seed=len(asked)),
            may_replace=True,
            should_stop=should_stop,
        )
    assert path.read_bytes() == b"mine"
    assert [one.name for one in tmp_path.iterdir()] == ["a.xlsx"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("at", ["row", "temporary", "zip", "end"])
def test_a_full_disk_is_said_and_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    def full(*args: object, **more: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    if at == "temporary":
        monkeypatch.setattr("core.exports_excel._Pictures.kept", full)
    elif at == "zip":
        monkeypatch.setattr(zipfile.ZipFile, "write", full)
    elif at == "end":
        monkeypatch.setattr(os, "fsync", full)
    stored = full if at == "row" else lambda one: jpeg()
    with pytest.raises(UserError, match="disk is full"):
        write_excel(tmp_path / "a.xlsx", [tagged()], tiny_info(), thumbnail_of=stored)
    assert list(tmp_path.iterdir()) == []


def test_memory_holds_no_pictures(tmp_path: Path) -> None:
    stored = [jpeg((96, 96), seed) for seed in range(20)]
    count = 400
    assert len(stored[0]) > 6_000

    def many() -> Iterator[Tagged]:
        for number in range(count):
            yield tagged(f"{number}.jpg")

    held: list[int] = []

    def progress(done: int) -> None:
        if done in (100, count):
            gc.collect()  # in a process that holds much else Python lets rings of objects lie for long
            held.append(tracemalloc.get_traced_memory()[0])

    def different(one: Tagged) -> bytes:
        return stored[int(one.path.stem) % 20] + one.path.name.encode()

    write_excel(tmp_path / "warm.xlsx", [tagged()], tiny_info(), thumbnail_of=lambda one: jpeg())
    tracemalloc.start()
    try:
        write_excel(tmp_path / "a.xlsx", many(), tiny_info(), thumbnail_of=different, progress=progress)
    finally:
        tracemalloc.stop()
    assert len(pictures(tmp_path / "a.xlsx")) == count
    assert len(held) == 2
    assert (held[1] - held[0]) / 300 < 3_000  # a picture has twice that
