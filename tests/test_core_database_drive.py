"""A library whose file goes away, is cut off, locked or full while it is open: words to the user, and no word lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from core import database as database_module
from core.database import Database
from core.errors import LibraryError
from core.library import Library
from core.library_unwritten import Unwritten, Word
from core.records import Correction, Kind

BEAGLE = Correction(Kind.BREED, "n1-beagle", "Beagle", "ada", "dogs", "n2-harrier", 0.61)
MIXED = Correction(Kind.MIXED, who="ada")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    drive = tmp_path / "drive"
    drive.mkdir()
    return drive / "library.sqlite"


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    return tmp_path / "words.jsonl"


def unplug(path: Path) -> Path:
    away = path.parent.with_name("in a pocket")
    path.parent.rename(away)
    return away


needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody move an open file")


@needs_posix
def test_a_word_waits_until_the_drive_is_back(path: Path, waiting: Path) -> None:
    library = Library(path, waiting)
    library.correct("hash", Path("rex.jpg"), BEAGLE)
    away = unplug(path)
    with pytest.raises(LibraryError, match=r"drive was unplugged.*as soon as it can be written") as caught:
        library.correct("hash", Path("rex.jpg"), MIXED)
    assert str(waiting) in str(caught.value) and waiting.exists()
    assert not path.exists(), "no new library where the old one was"
    away.rename(path.parent)
    library.correct("other", None, BEAGLE)
    found = library.correction("hash")
    assert found is not None and found.kind is Kind.MIXED
    assert not waiting.exists()
    library.close()
    with closing(Database(path)) as database, database.reading() as connection:
        names = [row[0] for row in connection.execute("SELECT kind FROM corrections ORDER BY id")]
    assert names == ["breed", "mixed", "breed"], "in the order in which they were said"


@needs_posix
def test_what_waited_is_written_at_the_next_start_and_said(path: Path, waiting: Path) -> None:
    library = Library(path, waiting)
    away = unplug(path)
    for name in ("a", "b"):
        with pytest.raises(LibraryError):
            library.correct(name, Path(f"{name}.jpg"), BEAGLE)
    library.close()
    away.rename(path.parent)
    again = Library(path, waiting)
    assert "2 words" in again.notice
    found = again.correction("b")
    assert found is not None and found.name == "Beagle" and found.probability == 0.61
    undone = again.undo()
    assert undone is not None and len(undone.photographs) == 2, "what was written then can be undone"
    assert Library(path, waiting).notice == ""


@needs_posix
def test_a_copy_of_the_drive_is_the_same_library(path: Path, waiting: Path) -> None:
    """A drive that is mounted again has other numbers for its files."""
    library = Library(path, waiting)
    library.correct("hash", None, BEAGLE)
    library.database.close()
    library = Library(path, waiting)
    copied = path.with_name("copy")
    with closing(sqlite3.connect(path)) as of, closing(sqlite3.connect(copied)) as to:
        of.backup(to)
    unplug(path)
    path.parent.mkdir()
    shutil.copy(path.parent.with_name("in a pocket") / "copy", path)
    library.correct("hash", None, MIXED)
    found = library.correction("hash")
    assert found is not None and found.kind is Kind.MIXED
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM corrections").fetchone() == (2,)


@needs_posix
def test_another_library_in_its_place_gets_nothing(path: Path, waiting: Path) -> None:
    library = Library(path, waiting)
    unplug(path)
    path.parent.mkdir()
    Library(path).close()
    with pytest.raises(LibraryError, match="moved or deleted"):
        library.correct("hash", None, BEAGLE)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM corrections").fetchone() == (0,)


@needs_posix
def test_who_reads_and_who_writes_do_not_wait_for_each_other(path: Path) -> None:
    database = Database(path)
    unplug(path)
    reads, goes_on = threading.Event(), threading.Event()
    errors: list[LibraryError] = []

    def read_twice() -> None:
        with database.reading():
            reads.set()
            goes_on.wait(30)
            with database.reading() as connection:
                connection.execute("SELECT 1").fetchone()

    def write() -> None:
        try:
            with database.writing():
                pass
        except LibraryError as error:
            errors.append(error)
        finally:
            goes_on.set()

    threads = [threading.Thread(target=one, daemon=True) for one in (read_twice, write)]
    threads[0].start()
    assert reads.wait(30)
    threads[1].start()
    until = time.monotonic() + 30
    while threads[1].is_alive() and database._writers.acquire(blocking=False):
        database._writers.release()
        assert time.monotonic() < until
    goes_on.set()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads) and len(errors) == 1
    database.close()


def test_without_a_file_words_wait_in_memory(path: Path) -> None:
    library = Library(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        library.database._writer.execute("PRAGMA busy_timeout = 10")
        with pytest.raises(LibraryError, match=r"in use by another program.*kept here"):
            library.correct("hash", None, BEAGLE)
        other.execute("COMMIT")
    assert library.correction("hash") is None
    library.label({}, {})
    found = library.correction("hash")
    assert found is not None and found.name == "Beagle"


def test_a_locked_library_is_said_and_opens_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_PATIENCE_S", 0.01)
    Library(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LibraryError, match="in use by another program"):
            Library(path)
    assert Library(path).notice == ""


def cut_off(path: Path) -> None:
    os.truncate(path, 0)


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def filled_with_zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


@needs_posix
@pytest.mark.parametrize("harm", [cut_off, made_a_folder, filled_with_zeros])
def test_harm_beneath_an_open_library(path: Path, waiting: Path, harm: Callable[[Path], None]) -> None:
    library = Library(path, waiting)
    for number in range(50):
        library.correct(f"hash {number}", None, BEAGLE)
    library.close()
    library = Library(path, waiting)
    harm(path)
    for number in range(5):
        try:
            library.correct(f"new {number}", None, replace(BEAGLE, name=f"Breed {number}"))
            library.correction(f"hash {number}")
        except LibraryError as error:
            assert "library" in str(error)
    library.close()
    if path.is_dir():
        path.rmdir()
    again = Library(path, waiting)
    again.correct("last", None, MIXED)
    assert again.correction("last") is not None


def test_words_that_wait_survive_half_a_line(waiting: Path) -> None:
    words = [Word(f"hash {number}", "", replace(BEAGLE, at=_some_time())) for number in range(3)]
    assert Unwritten(waiting).keep(words) == waiting
    with waiting.open("ab") as file:
        file.write(b'{"content": "hash 4", "pa')
    found, until = Unwritten(waiting).waiting()
    assert found == words
    Unwritten(waiting).keep(words[:1])
    Unwritten(waiting).forget(until)
    assert waiting.exists(), "what came meanwhile stays"


def _some_time() -> datetime:
    return datetime(2026, 1, 2, tzinfo=timezone.utc)
