"""classify --format asm3: animals of a folder as rows that ASM3's own reading rules take."""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import core.looks
from core.bundles import Bundle
from core.commands import FAILED, WRONG_USAGE, run_command
from core.folders import library_path
from core.knowledge import Knowledge
from core.photos import PhotoFile, read_file
from tests.bundle_factory import make_bundle
from tests.window_driver import BLUE, RED, colour_photo


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "Bella").mkdir(parents=True)
    colour_photo(folder / "rex_1.jpg", RED)
    colour_photo(folder / "rex_2.jpg", RED)
    colour_photo(folder / "Bella" / "IMG_0001.jpg", BLUE)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Bundle:
    return make_bundle(tmp_path / "models" / "tiny")


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff"), "ASM3 knows UTF-8 by its mark"
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def run(*arguments: object, model: Bundle) -> int:
    return run_command(["classify", "--format", "asm3", "--model", str(model.folder), *map(str, arguments)])


def test_one_row_an_animal(photos: Path, model: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "animals.csv"
    assert run(photos, "--out", out, "--database", "fr", model=model) == 0
    rows = rows_of(out.read_text(encoding="utf-8"))
    assert sorted(row["ANIMALNAME"] for row in rows) == ["Bella", "rex"]
    assert {row["ANIMALSPECIES"] for row in rows} == {"Chien"}
    assert all(row["ANIMALBREED1"] and row["ANIMALBREED2"] for row in rows)
    assert {row["ANIMALAGE"] for row in rows} == {"1"}
    assert "where none is known, 1 year was written" in capsys.readouterr().err


def test_facts_of_the_shelter(photos: Path, model: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = tmp_path / "shelter.csv"
    facts.write_text("Name;Age;Code;Sex\nREX;3;A-17;male\nBella;6 months;;f\n", encoding="cp1252")
    assert run(photos, "--facts", facts, model=model) == 0
    printed = capsys.readouterr()
    by_name = {row["ANIMALNAME"]: row for row in rows_of(printed.out)}
    assert by_name["REX"]["ANIMALCODE"] == "A-17", "the shelter's own way to write the name counts"
    assert float(by_name["Bella"]["ANIMALAGE"]) == 0.5
    assert "1 year was written" not in printed.err


def test_a_given_age_is_no_surprise(photos: Path, model: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(photos, "--age", "2,5", model=model) == 0
    printed = capsys.readouterr()
    assert {row["ANIMALAGE"] for row in rows_of(printed.out)} == {"2.5"}
    assert "year was written" not in printed.err


@pytest.mark.parametrize("age", ["x", "0", "101", ""])
def test_no_age(photos: Path, model: Bundle, age: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(photos, "--age", age, model=model) == WRONG_USAGE
    assert "--age" in capsys.readouterr().err


def test_nothing_there(tmp_path: Path, model: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "nowhere", model=model) == FAILED
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", model=model) == FAILED
    said = capsys.readouterr()
    assert said.out == ""
    assert "There is no such file" in said.err and "There are no photographs" in said.err


def test_a_broken_photograph_is_told(photos: Path, model: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    (photos / "max.jpg").write_bytes(b"no picture")
    assert run(photos, model=model) == 0
    printed = capsys.readouterr()
    assert len(rows_of(printed.out)) == 2
    assert "max was left out" in printed.err


def test_without_a_library(photos: Path, model: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    library_path().mkdir(parents=True)
    assert run(photos, model=model) == 0
    printed = capsys.readouterr()
    assert len(rows_of(printed.out)) == 2
    assert "are not kept" in printed.err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are letters")
def test_names_that_are_no_unicode(photos: Path, model: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(os.fsdecode(os.fsencode(photos) + b"/M\xe9dor"))
    folder.mkdir()
    for place in (folder / "IMG_0001.jpg", Path(os.fsdecode(os.fsencode(photos) + b"/caf\xe9.jpg"))):
        colour_photo(place, BLUE)
    assert run(photos, model=model) == 0
    names = [row["ANIMALNAME"] for row in rows_of(capsys.readouterr().out)]
    assert len(names) == 4 and {"Bella", "rex"} < set(names)


def test_a_library_that_fills_up(
    photos: Path, model: Bundle, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(photos, model=model) == 0
    expected = rows_of(capsys.readouterr().out)
    keep = Knowledge.keep

    def full(self: Knowledge, *given: Any) -> list[int | None]:
        if self.database.path == library_path():
            with self.database.writing() as connection:
                pages = connection.execute("PRAGMA page_count").fetchone()[0]
                connection.execute(f"PRAGMA max_page_count = {pages}")
        return keep(self, *given)

    monkeypatch.setattr(Knowledge, "keep", full)
    library_path().unlink()
    random = np.random.default_rng(0)
    for number in range(40):
        pixels = random.integers(0, 255, (160, 160, 3), np.uint8)
        Image.fromarray(pixels).save(photos / f"IMG_{number:04}.png")
    assert run(photos, model=model) == 0
    printed = capsys.readouterr()
    assert len(rows_of(printed.out)) >= len(expected)
    assert {row["ANIMALNAME"] for row in expected} <= {row["ANIMALNAME"] for row in rows_of(printed.out)}
    assert printed.err.count("is full") == 1 and printed.err.count("are not kept") == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody delete an open file")
def test_a_library_that_goes_in_the_middle(
    photos: Path, model: Bundle, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Knowledge.keep

    def gone(self: Knowledge, *given: Any) -> list[int | None]:
        library_path().unlink(missing_ok=True)
        return keep(self, *given)

    monkeypatch.setattr(Knowledge, "keep", gone)
    assert run(photos, model=model) == 0
    printed = capsys.readouterr()
    assert len(rows_of(printed.out)) == 2 and "was moved or deleted" in printed.err


def test_a_folder_that_goes_is_no_matter_of_the_library(
    photos: Path, model: Bundle, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: Path, progressed: Callable[[], None]) -> PhotoFile:
        shutil.rmtree(photos, ignore_errors=True)
        return read_file(path, progressed)

    monkeypatch.setattr(core.looks, "read_file", gone)
    assert run(photos, model=model) == FAILED
    printed = capsys.readouterr()
    assert "is gone or empty" in printed.err and "not kept" not in printed.err
