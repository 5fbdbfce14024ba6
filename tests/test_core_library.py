"""The volunteers' corrections: kept, found again by content, taken back, and never lost with a damaged file."""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest

from core import database as database_module
from core.errors import LibraryError, UserError
from core.library import Library, content_of_file, content_of_pixels
from core.records import Correction, Kind, Photo

BEAGLE = Correction(Kind.BREED, "n1-beagle", "Beagle", "ada", "dogs", "n2-harrier", 0.61)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


def test_a_correction_is_found_again_by_content(path: Path) -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    with_time = Library(path).correct("hash", Path("rex.jpg"), BEAGLE)
    found = Library(path).correction("hash")
    assert found == with_time
    assert found is not None and found.at is not None and found.at >= before
    assert (found.kind, found.label, found.name) == (Kind.BREED, "n1-beagle", "Beagle")
    assert (found.who, found.model, found.predicted, found.probability) == ("ada", "dogs", "n2-harrier", 0.61)
    assert Library(path).correction("another") is None


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_comes_back(path: Path, kind: Kind) -> None:
    library = Library(path)
    library.correct("hash", None, Correction(kind, name="Épagneul « breton » 🐶"))
    found = library.correction("hash")
    assert found is not None
    assert (found.kind, found.name) == (kind, "Épagneul « breton » 🐶")


def test_the_latest_counts_and_can_be_taken_back(path: Path) -> None:
    library = Library(path)
    library.correct("hash", None, BEAGLE)
    library.correct("hash", None, Correction(Kind.MIXED))
    library.correct("other", None, Correction(Kind.UNKNOWN))
    assert library.correction("hash") is not None
    back = library.take_back("hash")
    assert back is not None and back.name == "Beagle"
    assert library.take_back("hash") is None
    assert library.take_back("hash") is None
    assert library.correction("other") is not None, "only this photograph's correction is taken back"


def test_nothing_is_deleted_when_a_correction_is_taken_back(path: Path) -> None:
    library = Library(path)
    library.correct("hash", None, BEAGLE)
    library.take_back("hash")
    library.close()
    rows = sqlite3.connect(path).execute("SELECT name, taken_back IS NOT NULL FROM corrections").fetchall()
    assert rows == [("Beagle", 1)]


@pytest.mark.skipif(os.name != "posix", reason="only there can a name be bytes without a meaning")
def test_names_that_are_no_unicode_are_kept_visibly(path: Path) -> None:
    library = Library(path)
    library.correct("hash", Path(os.fsdecode(b"/photos/caf\xe9.jpg")), BEAGLE)
    library.close()
    assert sqlite3.connect(path).execute("SELECT path FROM photographs").fetchone() == ("/photos/caf\\xe9.jpg",)


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be looked at" * 100, b"SQLite format 3\0junk"]
)
def test_a_damaged_file_is_put_aside_and_said(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    library = Library(path)
    aside = [found for found in path.parent.iterdir() if "damaged" in found.name]
    assert [found.read_bytes() for found in aside if found.suffix == ".sqlite"] == [content]
    assert str(aside[0].parent) in library.notice
    library.correct("hash", None, BEAGLE)
    assert library.correction("hash") is not None
    library.close()
    assert Library(path).notice == ""


def test_damage_in_the_middle_is_found_when_opening(path: Path) -> None:
    library = Library(path)
    for number in range(300):
        library.correct(f"hash {number}", Path(f"{number}.jpg"), BEAGLE)
    library.close()
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4096] = os.urandom(4096)
    path.write_bytes(data)
    assert "put aside" in Library(path).notice


def test_a_newer_library_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UserError, match="newer Shelterlens"):
        Library(path)
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be reached"):
        Library(tmp_path / "no such folder" / "library.sqlite")


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody delete an open file")
@pytest.mark.parametrize("is_replaced", [False, True])
def test_nothing_is_written_to_a_file_that_is_gone(path: Path, tmp_path: Path, is_replaced: bool) -> None:
    library = Library(path)
    library.correct("hash", None, BEAGLE)
    path.rename(tmp_path / "elsewhere.sqlite")
    if is_replaced:
        Library(path).close()
    with pytest.raises(LibraryError, match="was moved or deleted by another program"):
        library.correct("hash", None, Correction(Kind.MIXED))
    assert path.exists() is is_replaced
    if not is_replaced:
        (tmp_path / "elsewhere.sqlite").rename(path)
        library.correct("hash", None, Correction(Kind.MIXED))  # what came back is the same file


def test_two_windows_may_write(path: Path) -> None:
    first, second = Library(path), Library(path)
    first.correct("hash", None, BEAGLE)
    second.correct("hash", None, Correction(Kind.MIXED))
    found = first.correction("hash")
    assert found is not None and found.kind is Kind.MIXED


def test_any_thread_may_use_it(path: Path) -> None:
    library = Library(path)
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            library.correct(f"hash {number}", None, BEAGLE)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(library.correction(f"hash {number}") for number in range(8))


def test_later_schemas_are_reached_step_by_step(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(path)
    library.correct("hash", None, BEAGLE)
    library.close()
    later = (*database_module._MIGRATIONS, "ALTER TABLE photographs ADD COLUMN animal TEXT; CREATE TABLE animals (id)")
    monkeypatch.setattr(database_module, "_MIGRATIONS", later)
    assert Library(path).correction("hash") is not None
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
    assert connection.execute("SELECT animal FROM photographs").fetchall() == [(None,)]


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Library(path).close()
    broken = (*database_module._MIGRATIONS, "CREATE TABLE animals (id); CREATE TABLE corrections (id)")
    monkeypatch.setattr(database_module, "_MIGRATIONS", broken)
    with pytest.raises(UserError):
        Library(path)
    tables = sqlite3.connect(path).execute("SELECT name FROM sqlite_master WHERE name = 'animals'").fetchall()
    assert tables == []


def test_contents(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jpg", tmp_path / "b.jpg"
    first.write_bytes(b"the same")
    second.write_bytes(b"the same")
    assert content_of_file(first) == content_of_file(second)
    pixels = np.zeros((2, 3, 3), np.uint8)
    turned = pixels.reshape(3, 2, 3)
    assert content_of_pixels(Photo(pixels, 3, 2)) == content_of_pixels(Photo(pixels.copy(), 3, 2))
    assert content_of_pixels(Photo(pixels, 3, 2)) != content_of_pixels(Photo(turned, 2, 3))
