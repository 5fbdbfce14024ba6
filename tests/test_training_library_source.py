"""The volunteers' own labels as data for a training: the latest word counts, and only one that names a class."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from core.database import Database, path_bytes
from core.errors import LibraryError, UserError
from core.folders import library_path
from core.library import Library
from core.records import Correction, Kind
from core.train_config import Changes, Source, SourceKind
from tests.data_to_look_at import Heard, made
from training.found import Found
from training.labels import label_of
from training.sources import read_source

NO_CHANGES = Changes()


def by_class(found: Found) -> dict[str, int]:
    return dict(Counter(photo.counts_as for photo in found.photographs))


CHIHUAHUA = Correction(Kind.BREED, "n02085620-Chihuahua", "Chihuahua", "ada")


@pytest.fixture
def library() -> Library:
    return Library(library_path())


def said(library: Library, correction: Correction, path: Path | None, content: str, vector: bool = False) -> None:
    library.correct(content, path, correction)
    with library.database.writing() as connection:
        (number,) = connection.execute("SELECT id FROM photographs WHERE content = ?", (content,)).fetchone()
        if path is not None:
            connection.execute("REPLACE INTO files VALUES (?, 1, 1, ?)", (path_bytes(path), number))
        if vector:
            connection.execute("INSERT OR IGNORE INTO backbones(id, fingerprint) VALUES (1, 'net')")
            connection.execute("INSERT INTO vectors VALUES (?, 1, ?)", (number, b"\0\0"))


def volunteers(heard: Heard | None = None) -> Found:
    return read_source(Source(kind=SourceKind.LIBRARY), NO_CHANGES, heard or Heard())


def test_the_latest_word_of_a_volunteer_counts(library: Library, tmp_path: Path) -> None:
    made(tmp_path, "1.jpg", "2.jpg")
    said(library, Correction(Kind.BREED, "n02110958-pug", "pug", "ada"), tmp_path / "1.jpg", "c1")
    said(library, CHIHUAHUA, tmp_path / "1.jpg", "c1")
    said(library, CHIHUAHUA, tmp_path / "2.jpg", "c2")
    said(library, Correction(Kind.UNKNOWN), tmp_path / "2.jpg", "c2")
    library.undo()
    found = volunteers()
    assert [(photo.path, photo.content, label_of(photo.name).en) for photo in found.photographs] == [
        (tmp_path / "1.jpg", "c1", "Chihuahua"),
        (tmp_path / "2.jpg", "c2", "Chihuahua"),
    ]


def test_what_names_no_breed_is_counted_and_left_out(library: Library, tmp_path: Path) -> None:
    made(tmp_path, *(f"{n}.jpg" for n in range(9)))
    kinds = (Kind.CROSS, Kind.MIXED, Kind.UNKNOWN, Kind.NOT_A_DOG, Kind.MIXED)
    for number, kind in enumerate(kinds):
        said(library, Correction(kind, "n02110958-pug", "pug"), tmp_path / f"{number}.jpg", f"c{number}")
    said(library, CHIHUAHUA, tmp_path / "8.jpg", "c8")
    heard = Heard()
    found = volunteers(heard)
    assert (len(found.photographs), found.left_out) == (1, 5)
    assert "crosses: 1; mixed breed: 2; unknown: 1; no dog: 1" in heard.notes[0]


def test_typed_words_are_a_class_once_two_photographs_have_them(library: Library, tmp_path: Path) -> None:
    made(tmp_path, *(f"{n}.jpg" for n in range(4)))
    for number, word in enumerate(("Galgo", "galgo ", "Podenco", "Japanese Spaniel")):
        said(library, Correction(Kind.OTHER, "", word), tmp_path / f"{number}.jpg", f"c{number}")
    found = volunteers()
    assert by_class(found) == {"Galgo": 2, "n02085782-Japanese_spaniel": 1}
    assert found.left_out == 1


def test_a_photograph_whose_file_is_gone_counts_by_its_vector(library: Library, tmp_path: Path) -> None:
    made(tmp_path, "here.jpg")
    said(library, CHIHUAHUA, tmp_path / "gone.jpg", "c1", vector=True)
    said(library, CHIHUAHUA, tmp_path / "lost.jpg", "c2")
    said(library, CHIHUAHUA, tmp_path / "moved.jpg", "c3")
    said(library, CHIHUAHUA, tmp_path / "here.jpg", "c3")
    said(library, CHIHUAHUA, None, "c4", vector=True)
    found = volunteers()
    assert [(photo.path.name, photo.content, photo.gone) for photo in found.photographs] == [
        ("gone.jpg", "c1", True),
        ("here.jpg", "c3", False),
        ("picture-c4", "c4", True),
    ]
    assert [Path(finding.paths[0]).name for finding in found.findings] == ["gone.jpg", "lost.jpg", "picture-c4"]


def test_photographs_of_an_animal_stay_together(library: Library, tmp_path: Path) -> None:
    made(tmp_path, "1.jpg", "2.jpg", "3.jpg")
    for number in (1, 2, 3):
        said(library, CHIHUAHUA, tmp_path / f"{number}.jpg", f"c{number}")
    library.group([1, 3], "Rex", "ada")
    assert [photo.animal for photo in volunteers().photographs] == ["animal Rex", "", "animal Rex"]


def test_a_library_without_a_word_is_a_sentence(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Nobody has named"):
        volunteers()
    with pytest.raises(UserError, match="Nobody has named"):
        read_source(Source(kind=SourceKind.LIBRARY, path=tmp_path / "none.sqlite"), NO_CHANGES, Heard())
    assert not (tmp_path / "none.sqlite").exists()


def test_a_library_of_a_newer_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    database = Database(path)
    with database.writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(LibraryError, match="newer"):
        read_source(Source(kind=SourceKind.LIBRARY, path=path), NO_CHANGES, Heard())
