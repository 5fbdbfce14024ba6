"""A damaged library is put aside and read into a new one; an older one is copied before it is brought up to date."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core import database as database_module
from core import library_backups
from core.database import Database
from core.errors import LibraryError
from core.library import Library
from core.library_backups import backups
from core.library_schema import MIGRATIONS, statements
from core.records import Correction, Kind

MANY = 2000
PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


def said(number: int) -> Correction:
    return Correction(Kind.BREED, f"n{number}", f"Breed {number} with a name of some length", "ada")


def filled(path: Path, number: int = MANY) -> None:
    library = Library(path)
    with library.database.writing() as connection:
        connection.executemany(
            "INSERT INTO photographs(content, path) VALUES (?, ?)",
            [(f"hash {one}", f"/shelter/photographs/dog {one}.jpg") for one in range(number)],
        )
    library.label({one + 1: said(one) for one in range(number)})
    library.group([1, 2, 3], "Rex", "ada")
    library.close()


def pages_of(path: Path, table: str) -> list[int]:
    """The pages of a table that hold rows, as offsets in the file."""
    data = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    start = (root - 1) * PAGE
    if data[start] == 0x0D:  # one leaf
        return [start]
    count = int.from_bytes(data[start + 3 : start + 5], "big")
    cells = [int.from_bytes(data[start + 12 + 2 * n : start + 14 + 2 * n], "big") for n in range(count)]
    children = [int.from_bytes(data[start + cell : start + cell + 4], "big") for cell in cells]
    return [(child - 1) * PAGE for child in children]


def spoil(path: Path, *offsets: int) -> bytes:
    data = bytearray(path.read_bytes())
    for offset in offsets:
        data[offset : offset + PAGE] = b"\x07" * PAGE
    path.write_bytes(data)
    return bytes(data)


def words_in(path: Path) -> int:
    with closing(Database(path)) as database, database.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM corrections").fetchone()[0])


def test_words_before_and_after_the_damage_are_in_the_new_library(path: Path) -> None:
    filled(path)
    leaves = pages_of(path, "corrections")
    before = spoil(path, leaves[3], leaves[len(leaves) // 2])
    library = Library(path)
    lost = [number for number in range(MANY) if library.correction(f"hash {number}") is None]
    assert 0 < len(lost) < 4 * MANY / len(leaves), "only the rows of two pages"
    kept = next(number for number in range(MANY) if number not in lost)
    found = library.correction(f"hash {kept}")
    assert found is not None and found.name == said(kept).name
    assert str(MANY - len(lost)) in library.notice and str(MANY) in library.notice
    aside = next(one for one in path.parent.iterdir() if "damaged" in one.name and one.suffix == ".sqlite")
    assert aside.read_bytes() == before and aside.name in library.notice
    with library.database.reading() as connection:
        assert connection.execute("SELECT animal FROM groupings").fetchall() == [("Rex",)] * 3
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    library.correct("hash 0", None, said(7))
    library.close()
    assert Library(path).notice == "", "said once"
    assert sorted(one.name for one in path.parent.iterdir() if "renewed" in one.name) == []


def test_photographs_come_back_from_their_index(path: Path) -> None:
    filled(path)
    spoil(path, pages_of(path, "photographs")[2])
    library = Library(path)
    assert all(library.correction(f"hash {number}") is not None for number in range(MANY))


def test_a_file_cut_off_in_the_middle(path: Path) -> None:
    filled(path)
    os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE)
    library = Library(path)
    assert "put aside" in library.notice
    library.correct("new", None, said(1))
    assert library.correction("new") is not None


def test_what_cannot_be_read_at_all_comes_from_the_latest_copy(path: Path) -> None:
    filled(path, 20)
    library_backups.back_up(path, len(MIGRATIONS))
    path.write_bytes(b"nothing of a library is left" * 1000)
    library = Library(path)
    assert all(library.correction(f"hash {number}") is not None for number in range(20))
    assert "20 photographs" in library.notice


def test_damage_met_later_is_mended_at_the_next_start(path: Path) -> None:
    filled(path, 50)
    with closing(Database(path)) as database, database.writing() as connection:
        connection.execute("INSERT INTO models(id, fingerprint, name) VALUES (1, 'm', 'm')")
        connection.executemany(
            "INSERT INTO answers VALUES (?, 1, 'sure', 0, 0.9, 0.1, 1, ?)", [(n + 1, bytes(400)) for n in range(50)]
        )
    spoil(path, pages_of(path, "answers")[1])
    library = Library(path)
    assert library.notice == "", "what people said is whole: it opens at once"
    with pytest.raises(LibraryError, match="is damaged"), library.database.reading() as connection:
        connection.execute("SELECT sum(length(probabilities)) FROM answers NOT INDEXED").fetchall()
    library.close()
    again = Library(path)
    assert "50 of them" in again.notice
    with again.database.reading() as connection:
        assert 0 < connection.execute("SELECT count(*) FROM answers").fetchone()[0] < 50


def ruin(path: Path) -> None:
    """As a slip of another program does: a text in its place, and its journal gone."""
    path.write_text("I am a text\n")
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody move an open file")
def test_who_has_it_open_learns_that_another_process_renewed_it(path: Path, tmp_path: Path) -> None:
    waiting = tmp_path / "waiting.jsonl"
    filled(path, 5)
    library = Library(path, waiting)
    ruin(path)
    with pytest.raises(LibraryError, match="is damaged"):
        library.correct("hash", None, said(2))
    assert library.database.renewal() is None, "nobody renewed it yet"
    Database(path).close()  # as the process of the model does; nobody reads what it has to say
    aside = library.database.renewal()
    assert aside is not None and Path(aside.aside).read_text() == "I am a text\n"
    with pytest.raises(LibraryError) as caught:
        library.correct("other", None, said(3))
    assert aside.aside in str(caught.value) and "another program" not in str(caught.value)
    again = Library(path, waiting)
    assert aside.aside in again.notice and "2 words" in again.notice
    words = [again.correction(one) for one in ("hash", "other")]
    assert [word and word.name for word in words] == [said(2).name, said(3).name]
    library.close()
    again.close()
    last = Library(path, waiting)
    assert last.notice == "", "said once"
    assert last.correction("other") is not None, "the old one takes nothing with it as it is closed"
    assert not path.with_name(path.name + "-damage-met").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody write over an open file")
def test_nothing_is_written_to_a_journal_that_nobody_finds_again(path: Path, tmp_path: Path) -> None:
    library = Library(path, tmp_path / "waiting.jsonl")
    library.correct("hash", None, said(1))  # its pages are in memory: SQLite itself would go on for a while
    ruin(path)
    with pytest.raises(LibraryError, match="is damaged"):
        library.correct("hash", None, said(2))
    library.close()
    again = Library(path, tmp_path / "waiting.jsonl")
    found = again.correction("hash")
    assert found is not None and found.name == said(2).name and "One word" in again.notice


def test_another_library_in_its_place_is_no_renewal(path: Path, tmp_path: Path) -> None:
    library = Library(path)
    Library(tmp_path / "other.sqlite").close()
    assert library.database.renewal() is None
    if os.name != "nt":
        path.unlink()
        (tmp_path / "other.sqlite").rename(path)
        assert library.database.renewal() is None
        with pytest.raises(LibraryError, match="another program"):
            library.correct("hash", None, said(1))


def test_killed_between_aside_and_new(path: Path) -> None:
    filled(path, 5)
    path.rename(path.with_name(path.name + "-renewed"))
    library = Library(path)
    assert library.correction("hash 3") is not None


# Older ones


def older(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for script in MIGRATIONS[:version]:
            for statement in statements(script):
                connection.execute(statement)
        connection.execute("INSERT INTO photographs(content, path) VALUES ('hash', 'rex.jpg')")
        connection.execute(
            "INSERT INTO corrections(photograph, kind, label, name, who, at, model, predicted, probability) "
            "VALUES (1, 'breed', 'n1', 'Beagle', 'ada', '2024-01-01T00:00:00+00:00', '', '', 0)"
        )
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_an_older_library_is_copied_before_it_changes(path: Path, version: int) -> None:
    older(path, version)
    library = Library(path)
    found = library.correction("hash")
    assert found is not None and found.name == "Beagle"
    library.close()
    (kept,) = backups(path)
    assert f"version{version}-" in kept.name
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)
        assert connection.execute("SELECT name FROM corrections").fetchone() == ("Beagle",)
    Library(path).close()
    assert backups(path) == [kept], "one copy for one change"


def test_old_copies_go_when_a_new_one_is_whole(path: Path) -> None:
    made = []
    for number in range(4):
        path.unlink(missing_ok=True)
        older(path, 1)
        made.append(library_backups.back_up(path, 1))
        os.utime(made[-1], (number, number))
    assert backups(path) == [made[3], made[2]]


def test_without_room_for_the_copy_nothing_changes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older(path, 1)
    before = path.read_bytes()
    usage = shutil.disk_usage(path.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(LibraryError, match=r"no room for the copy: free \d+ MB"):
        Library(path)
    assert path.read_bytes() == before
    assert backups(path) == []


def test_a_copy_that_fails_leaves_older_ones_and_the_library(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older(path, 1)
    good = library_backups.back_up(path, 1)

    def broken(*_parts: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(library_backups, "_copy", broken)
    with pytest.raises(LibraryError, match="Nothing was changed"):
        Library(path)
    assert backups(path) == [good]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_change_that_fails_leaves_the_library_and_its_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older(path, 1)
    monkeypatch.setattr(database_module, "_MIGRATIONS", (*MIGRATIONS[:1], "CREATE TABLE x (id); CREATE TABLE x (id);"))
    with pytest.raises(LibraryError):
        Library(path)
    assert len(backups(path)) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'x'").fetchone() == (0,)


def test_it_opens_while_somebody_writes(path: Path) -> None:
    filled(path, 3)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE photographs SET path = ''")
        library = Library(path)
        assert library.correction("hash 1") is not None
        library.close()
