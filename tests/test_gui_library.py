"""What the window says of a library that is locked, newer, damaged or gone; photographs are answered all the same."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core import database as database_module
from core.errors import LibraryError
from core.folders import library_path, unwritten_path
from core.library import Library
from core.records import Correction, Kind
from gui import library_watch
from gui.correction_box import Choice
from tests.window_driver import Driver, Window, driver, photos

__all__ = ["driver", "photos"]

BEAGLE = Correction(Kind.BREED, "n1-beagle", "Beagle", "ada")


def notice(window: Window) -> str:
    return window.shell.notice.text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_locked_library_is_waited_for(
    driver: Driver, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    Library(library_path()).close()
    monkeypatch.setattr(database_module, "_PATIENCE_S", 0.05)
    monkeypatch.setattr(library_watch, "_AGAIN_MS", 50)
    with closing(sqlite3.connect(library_path(), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        window = driver(photos["red"], language=language)
        window.wait(lambda: notice(window), "words about the lock")
        assert {"en": "in use by another program", "fr": "autre programme"}[language] in notice(window)
        window.wait(lambda: window.now.seen, "an answer all the same")
    window.wait(lambda: not notice(window), "the library")
    window.open_folder(photos["red"].parent)
    assert len(window.folder_desk.rows) == 5


def test_a_newer_library_is_left_and_photographs_are_answered(driver: Driver, photos: dict[str, Path]) -> None:
    with closing(sqlite3.connect(library_path())) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = library_path().read_bytes()
    window = driver()
    window.wait(lambda: "newer Shelterlens" in notice(window), "words about the newer library")
    window.open(photos["red"])
    assert window.now.seen is not None
    assert library_path().read_bytes() == before


def test_a_damaged_library_is_said(driver: Driver, photos: dict[str, Path]) -> None:
    library_path().write_bytes(b"no library at all" * 1000)
    window = driver()
    window.wait(lambda: "was put aside as" in notice(window), "words about the damage")
    window.open(photos["red"])
    assert "was put aside as" in notice(window), "it stays until it is read"


def test_an_opening_that_takes_long_is_said(
    driver: Driver, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    import core.library

    go_on = threading.Event()
    real = core.library.Library

    def slow(*parts: Path) -> Library:
        assert go_on.wait(60)
        return real(*parts)

    monkeypatch.setattr(core.library, "Library", slow)
    monkeypatch.setattr(library_watch, "_SAID_AFTER_MS", 1)
    monkeypatch.setattr("gui.engine._PATIENCE_S", 0.01)
    monkeypatch.setattr(Window, "settle", lambda self: self.root.update())
    window = driver(photos["red"])
    window.wait(lambda: "is being opened" in notice(window), "words about the opening")
    window.wait(lambda: window.now.seen, "an answer all the same")
    go_on.set()
    window.wait(lambda: not notice(window), "the library")
    monkeypatch.undo()


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody move an open file")
def test_a_library_renewed_by_the_tagging_is_said_and_shown(driver: Driver, photos: dict[str, Path]) -> None:
    window = driver()
    window.open_folder(photos["red"].parent)
    first = [window.entry(number).row.tagged.content for number in window.folder_desk.rows.numbers]
    library_path().write_text("I am a text\n")
    for ending in ("-wal", "-shm"):
        library_path().with_name(library_path().name + ending).unlink(missing_ok=True)
    window.go_to("1 red.jpg")
    window.press("<Return>", window.folder.view.canvas)
    window.wait(lambda: "is damaged" in notice(window), "words about the damage")
    window.settle()
    assert unwritten_path().exists()
    other = photos["red"].parent.with_name("other")
    other.mkdir()
    for name in ("green", "red"):
        (other / photos[name].name).write_bytes(photos[name].read_bytes())
    window.shell.open_paths([other])
    window.wait(lambda: "was put aside as" in notice(window), "words about what was put aside")
    (aside,) = library_path().parent.glob("library-damaged-*.sqlite")
    assert str(aside) in notice(window) and "One word" in notice(window)
    window.wait(lambda: not window.folder_desk.run.is_running and window.folder_desk.rows.numbers, "the new folder")
    window.settle()
    assert str(aside) in notice(window), "it stays until it is read"
    assert not unwritten_path().exists()
    shown = [window.entry(number).row.tagged for number in window.folder_desk.rows.numbers]
    assert {one.path.parent.name for one in shown} == {"other"} and len(shown) == 2 < len(first)
    assert window.folder.progress.now.title == "other"
    assert window.root.title().startswith("other - ")
    assert window.word("1 red.jpg") is not None, "what waited is in the new library"
    window.go_to("2 green.png")
    window.press("<Return>", window.folder.view.canvas)
    window.settle()
    assert window.word("2 green.png") is not None
    assert "another program" not in notice(window)


def test_a_word_on_a_row_that_cannot_be_read_any_more_is_kept(
    driver: Driver, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver()
    window.open_folder(photos["red"].parent)
    window.go_to("1 red.jpg")

    def damaged(*_parts: object) -> None:
        raise LibraryError("damaged")

    with monkeypatch.context() as patch:
        patch.setattr("core.reviews.Review.rows", damaged)
        window.press("<Return>", window.folder.view.canvas)
        window.wait(lambda: not window.folder_desk.labels.pending, "the word")
    window.settle()
    assert window.word("1 red.jpg") is not None


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody move an open file")
def test_a_word_that_cannot_be_written_is_said_and_kept(driver: Driver, photos: dict[str, Path]) -> None:
    window = driver()
    window.open(photos["red"])
    window.folder_desk.engine._library.correct("elsewhere", None, BEAGLE)
    away = library_path().rename(library_path().with_name("away.sqlite"))
    window.shell.desk.correct(Choice("", (), Correction(Kind.NOT_A_DOG)))
    window.wait(lambda: "as soon as it can be written" in notice(window), "words about the word")
    assert unwritten_path().exists() and not library_path().exists()
    away.rename(library_path())
    window.settle()
    window.shell.desk.correct(Choice("", (), Correction(Kind.UNKNOWN)))
    window.settle()
    assert not unwritten_path().exists()
    with closing(sqlite3.connect(library_path())) as connection:
        said = [kind for (kind,) in connection.execute("SELECT kind FROM corrections ORDER BY id")]
    assert said == ["breed", "not_a_dog", "unknown"]
