"""Labelled photographs from folders, tables and the library, however people arrange them; and clear words if not."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from core.database import Database, path_bytes
from core.errors import Cancelled, LibraryError, UserError
from core.folders import library_path
from core.library import Library
from core.records import Correction, Kind
from core.train_config import Changes, Source, SourceKind
from core.train_records import FindingKind
from training.found import Found
from training.labels import label_of, path_text
from training.samples import Part
from training.sources import read_source
from training.telling import Silent, Stop

NO_CHANGES = Changes()


class Heard(Silent):
    """Keeps what it is told."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.notes: list[str] = []
        self._left = stop_after

    def note(self, text: str) -> None:
        self.notes.append(text)

    def asked_to_stop(self) -> Stop | None:
        if self._left is None:
            return None
        self._left -= 1
        return Stop.PAUSE if self._left < 0 else None


def made(root: Path, *names: str) -> Path:
    """Empty files: no picture is opened when a source is read."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def read(root: Path, changes: Changes = NO_CHANGES, heard: Heard | None = None) -> Found:
    return read_source(Source(path=root), changes, heard or Heard())


def by_class(found: Found) -> dict[str, int]:
    return dict(Counter(photo.counts_as for photo in found.photographs))


# -- Labels ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["n02085782-Japanese_spaniel", "japanese SPANIEL", "Japanese_spaniel", "épagneul japonais"]
)
def test_a_class_called_like_a_breed_is_that_breed(name: str) -> None:
    label = label_of(name)
    assert label.id == "n02085782-Japanese_spaniel"
    assert (label.en, label.fr) == ("Japanese spaniel", "Épagneul japonais")


def test_any_other_class_is_called_as_it_is_written() -> None:
    assert label_of("Tomato__Leaf_Mold").id == label_of("Tomato__Leaf_Mold").fr == "Tomato Leaf Mold"
    assert label_of("Собака").en == "Собака"
    assert label_of("\u202e \x00").en == "? ?"
    assert len(label_of("x" * 999).en) == 200


# -- Folders -----------------------------------------------------------------------------------------------------------


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    made(tmp_path, "cat/1.jpg", "cat/2.PNG", "dog/a/3.jpeg", "dog/.hidden.jpg", ".git/x/4.jpg", "dog/notes.txt")
    found = read(tmp_path)
    assert by_class(found) == {"cat": 2, "dog": 1}
    assert found.classes == ("cat", "dog")
    assert {photo.official for photo in found.photographs} == {None}


@pytest.mark.parametrize("wrapper", ["", "DATA/images", "leaves"])
@pytest.mark.parametrize(
    "words", [("train", "val", "test"), ("Training", "VALIDATION", "Testing"), ("TRAIN", "valid", "TEST")]
)
def test_nested_parts_are_recognised(tmp_path: Path, wrapper: str, words: tuple[str, str, str]) -> None:
    root = tmp_path / wrapper
    for part in words:
        made(root, f"{part}/Mold/1.jpg", f"{part}/mold/2.jpg", f"{part}/Rust/3.jpg")
    found = read(tmp_path)
    assert by_class(found) == {"Mold": 6, "Rust": 3}
    assert Counter(photo.official for photo in found.photographs) == dict.fromkeys(Part, 3)


def test_parts_within_the_classes_are_recognised_too(tmp_path: Path) -> None:
    made(tmp_path, "cat/train/1.jpg", "cat/test/2.jpg", "dog/train/3.jpg")
    found = read(tmp_path)
    assert [(photo.name, photo.official) for photo in found.photographs] == [
        ("cat", Part.TEST),
        ("cat", Part.TRAIN),
        ("dog", Part.TRAIN),
    ]


def test_classes_that_are_called_train_or_test_are_classes(tmp_path: Path) -> None:
    """A railway's photographs."""
    made(tmp_path, "train/1.jpg", "bus/2.jpg", "test/3.jpg")
    assert by_class(read(tmp_path)) == {"bus": 1, "test": 1, "train": 1}


def test_what_lies_beside_the_classes_is_said_and_left_aside(tmp_path: Path) -> None:
    made(
        tmp_path,
        "cover.jpg",
        "train/cat/1.jpg",
        "train/dog/2.jpg",
        "train/stray.jpg",
        "test/dog/3.jpg",
        "old/cat/4.jpg",
    )
    (tmp_path / "train" / "bird").mkdir()
    heard = Heard()
    assert by_class(read(tmp_path, heard=heard)) == {"cat": 1, "dog": 2}
    beside, empty = heard.notes
    assert ": 3 (" in beside and "“old/cat”" in beside
    assert "“bird”" in empty


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "no photograph"),
        (("cat/notes.txt",), "no photograph"),
        (("1.jpg", "2.jpg"), "make one folder for each class"),
    ],
)
def test_a_folder_without_classes_is_a_sentence(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(made(tmp_path, *names))


def test_a_folder_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not there"):
        read(tmp_path / "gone")
    with pytest.raises(UserError, match="is not a folder"):
        read(made(tmp_path, "1.jpg") / "1.jpg")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_in_a_circle_end(tmp_path: Path) -> None:
    made(tmp_path, "cat/1.jpg", "dog/2.jpg")
    (tmp_path / "cat" / "all").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dog" / "me").symlink_to(tmp_path / "dog", target_is_directory=True)
    assert by_class(read(tmp_path)) == {"cat": 1, "dog": 1}


@pytest.mark.skipif(os.name == "nt" or os.fsencode("é") != "é".encode(), reason="names are Unicode there")
def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"ca\xff")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes Unicode only")
    (folder / os.fsdecode(b"\xe91.jpg")).touch()
    made(tmp_path, "dog/2.jpg")
    found = read(tmp_path)
    odd = found.photographs[0]
    assert odd.name == "ca\\xff"
    json.dumps(path_text(odd.path)).encode()
    assert by_class(read(tmp_path, Changes(leave_out=(path_text(odd.path),)))) == {"dog": 1}


def test_a_subfolder_of_a_class_is_an_animal(tmp_path: Path) -> None:
    made(tmp_path, "beagle/Rex/1.jpg", "beagle/Rex/2.jpg", "beagle/Ada/1.jpg", "pug/images/1.jpg", "pug/images/2.jpg")
    animals = {photo.path.relative_to(tmp_path).as_posix(): photo.animal for photo in read(tmp_path).photographs}
    assert animals["beagle/Rex/1.jpg"] == animals["beagle/Rex/2.jpg"] != animals["beagle/Ada/1.jpg"] != ""
    assert animals["pug/images/1.jpg"] == ""


def test_a_name_before_a_number_is_an_animal_where_there_are_several(tmp_path: Path) -> None:
    made(tmp_path, *(f"beagle/{name} {n}.jpg" for name in ("Rex", "Ada", "Bob", "Zoe") for n in (1, 2)))
    made(tmp_path, *(f"COVID/COVID-{n}.jpg" for n in range(12)), *(f"TB/TB.{n}.jpg" for n in range(1000, 1012)))
    animals = {photo.path.relative_to(tmp_path).as_posix(): photo.animal for photo in read(tmp_path).photographs}
    assert animals["beagle/Rex 1.jpg"] == animals["beagle/Rex 2.jpg"] != animals["beagle/Ada 1.jpg"] != ""
    assert {animal for path, animal in animals.items() if not path.startswith("beagle")} == {""}


def test_reading_stops_when_asked(tmp_path: Path) -> None:
    made(tmp_path, *(f"cat/{n}.jpg" for n in range(9)))
    with pytest.raises(Cancelled):
        read(tmp_path, heard=Heard(stop_after=3))


# -- Changes -----------------------------------------------------------------------------------------------------------


def test_what_the_administrator_decides_is_done(tmp_path: Path) -> None:
    made(tmp_path, "cat/1.jpg", "cat/2.jpg", "kitten/3.jpg", "dog/4.jpg", "dog/5.jpg", "mess/6.jpg")
    changes = Changes(
        leave_out=(str(tmp_path / "cat" / "1.jpg"),),
        leave_out_classes=("Mess",),
        relabel={str(tmp_path / "dog" / "5.jpg"): "kitten"},
        merge={"kitten": "cat"},
    )
    found = read(tmp_path, changes)
    assert by_class(found) == {"cat": 3, "dog": 1}
    assert found.left_out == 2
    assert found.classes == ("cat", "dog", "kitten", "mess")
    moved = next(photo for photo in found.photographs if photo.path.name == "5.jpg")
    assert (moved.name, moved.counts_as) == ("kitten", "cat")
    assert sorted(path.name for path in tmp_path.rglob("*.jpg")) == [f"{n}.jpg" for n in range(1, 7)]


def test_a_photograph_of_a_class_that_is_left_out_may_go_to_another(tmp_path: Path) -> None:
    made(tmp_path, "cat/1.jpg", "mess/2.jpg", "mess/3.jpg")
    changes = Changes(leave_out_classes=("mess",), relabel={str(tmp_path / "mess" / "3.jpg"): "bird"})
    found = read(tmp_path, changes)
    assert by_class(found) == {"cat": 1, "bird": 1}


def test_merging_goes_on_to_the_end_but_not_in_circles(tmp_path: Path) -> None:
    made(tmp_path, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    assert by_class(read(tmp_path, Changes(merge={"a": "b", "b": "c", "c": "c"}))) == {"c": 3}
    with pytest.raises(UserError, match="circle"):
        read(tmp_path, Changes(merge={"a": "b", "b": "a"}))


# -- Tables ------------------------------------------------------------------------------------------------------------

WriteTable = Callable[[str], Path]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return made(tmp_path / "set", "Images/a.jpg", "Images/b.jpg", "Images/more/c d.png", "e.jpg")


def table(path: Path, text: str, **source: object) -> Source:
    path.write_text(text, encoding="utf-8")
    return Source.model_validate({"kind": SourceKind.TABLE, "path": path, **source})


def rows(source: Source, heard: Heard | None = None) -> tuple[list[tuple[str, str]], Found]:
    found = read_source(source, NO_CHANGES, heard or Heard())
    return [(photo.path.name, photo.name) for photo in found.photographs], found


def test_a_table_with_its_columns_found(pictures: Path) -> None:
    heard = Heard()
    text = "id;Breed;File name\n1;pug;a.jpg\n2;beagle;b.jpg\n3;;e.jpg\n"
    read_rows, found = rows(table(pictures / "t.csv", text), heard)
    assert read_rows == [("a.jpg", "pug"), ("b.jpg", "beagle")]
    assert found.left_out == 1
    assert "“File name”" in heard.notes[0] and "“Breed”" in heard.notes[0]
    assert "Rows without a class, not used: 1" in heard.notes[1]


def test_a_cell_may_name_its_picture_in_many_ways(pictures: Path) -> None:
    absolute = (pictures / "e.jpg").as_posix()
    cells = [
        "a.jpg",
        "Images/a.jpg",
        "images\\B.JPG",
        absolute,
        "http://x.y/z/c%20d.png?w=3",
        "C:\\old\\Images\\a.jpg",
        "b",
    ]
    text = "image,label\n" + "".join(f'"{cell}",x{number}\n' for number, cell in enumerate(cells))
    read_rows, found = rows(table(pictures / "t.csv", text))
    assert [name for name, _ in read_rows] == ["a.jpg", "a.jpg", "b.jpg", "e.jpg", "c d.png", "a.jpg", "b.jpg"]
    assert not found.findings


def test_a_list_of_pictures_is_one_thing(pictures: Path) -> None:
    text = "image,label\n" + '"[""a.jpg"", ""b.jpg""]",pug\n' + "\"['e.jpg']\",boxer\n"
    read_rows, found = rows(table(pictures / "t.csv", text))
    assert read_rows == [("a.jpg", "pug"), ("b.jpg", "pug"), ("e.jpg", "boxer")]
    first, second, third = (photo.animal for photo in found.photographs)
    assert first == second != "" == third


def test_a_picture_that_is_missing_is_a_finding_with_its_row(pictures: Path) -> None:
    made(pictures, "one/same.jpg", "two/same.jpg")
    text = "image,label\na.jpg,x\ngone.jpg,y\n,z\nsame.jpg,y\ntwo/same.jpg,y\n"
    read_rows, found = rows(table(pictures / "t.csv", text))
    assert read_rows == [("a.jpg", "x"), ("same.jpg", "y")]
    assert [(finding.paths, finding.classes, finding.suggestion) for finding in found.findings] == [
        (("gone.jpg",), ("y",), "row 3: no such picture"),
        ((), ("z",), "row 4: no picture"),
        (("same.jpg",), ("y",), "row 5: there are 2 pictures of this name"),
    ]
    assert {finding.kind for finding in found.findings} == {FindingKind.MISSING}


def test_a_category_path_is_cut(pictures: Path) -> None:
    text = 'image,category\na.jpg,"[""Home >> Kitchen >> Pans""]"\nb.jpg,"[""Home >> Garden""]"\n'
    assert [name for _, name in rows(table(pictures / "t.csv", text, level=1))[0]] == ["Home", "Home"]
    assert [name for _, name in rows(table(pictures / "t.csv", text, level=2))[0]] == [
        "Home >> Kitchen",
        "Home >> Garden",
    ]


def test_group_and_split_columns(pictures: Path) -> None:
    text = "image\tlabel\tpatient\tsplit\na.jpg\tx\t7\tTraining\nb.jpg\ty\t7\tval\ne.jpg\tx\t\tholdout\n"
    heard = Heard()
    _, found = rows(table(pictures / "t.csv", text), heard)
    assert [(photo.animal, photo.official) for photo in found.photographs] == [
        ("animal 7", Part.TRAIN),
        ("animal 7", Part.VALIDATION),
        ("", None),
    ]
    assert any("holdout" in note for note in heard.notes)


def test_a_wrong_column_is_a_sentence_with_those_that_there_are(pictures: Path) -> None:
    text = "picture,kind of dog\na.jpg,pug\n"
    for source in ({"label_column": "breed"}, {"image_column": "file"}, {"group_column": "animal"}, {}):
        with pytest.raises(UserError, match=r"picture, kind of dog"):
            rows(table(pictures / "t.csv", text, **source))
    assert rows(table(pictures / "t.csv", text, label_column="Kind of Dog"))[0] == [("a.jpg", "pug")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("image,label\n", "nothing below"),
        ("image,label\na.jpg,\n", "No row"),
        ("image,label\nz.jpg,x\n", "None of the pictures"),
    ],
)
def test_a_table_with_nothing_in_it_is_a_sentence(pictures: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        rows(table(pictures / "t.csv", text))


def test_encodings_of_windows_and_a_folder_of_pictures_elsewhere(pictures: Path, tmp_path: Path) -> None:
    path = tmp_path / "é.csv"
    path.write_bytes("image;étiquette\na.jpg;épagneul japonais\n".encode("cp1252"))
    source = Source(kind=SourceKind.TABLE, path=path, images=pictures)
    assert rows(source)[0] == [("a.jpg", "épagneul japonais")]
    path.write_bytes(b"\xef\xbb\xbfimage,label\na.jpg,x\n")
    assert rows(source)[0] == [("a.jpg", "x")]
    with pytest.raises(UserError, match="is not there"):
        rows(Source(kind=SourceKind.TABLE, path=path, images=tmp_path / "nowhere"))


def test_a_workbook(pictures: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.create_sheet("data")
    sheet = book["data"]
    for row in (("Image", "Class", "Group"), ("a.jpg", 1.0, None), (None, None, None), ("b.jpg", "pug ", 12)):
        sheet.append(row)
    book.save(pictures / "t.xlsx")
    read_rows, found = rows(Source(kind=SourceKind.TABLE, path=pictures / "t.xlsx"))
    assert read_rows == [("a.jpg", "1"), ("b.jpg", "pug")]
    assert [photo.animal for photo in found.photographs] == ["", "animal 12"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"a,b\n1,2\n"])
def test_a_broken_workbook_is_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"t\.xlsx"):
        rows(Source(kind=SourceKind.TABLE, path=path))


def test_the_products(shared_data: Path) -> None:
    path = next((shared_data / "products").glob("*.csv"))
    read_rows, found = rows(Source(kind=SourceKind.TABLE, path=path, level=1))
    assert (len(read_rows), len(found.findings), len(found.classes)) == (1031, 19, 7)


# -- The library -------------------------------------------------------------------------------------------------------

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
