"""Tables of labelled photographs, however people write them; and clear words where they cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import UserError
from core.train_config import Changes, Source, SourceKind
from core.train_records import FindingKind
from tests.data_to_look_at import Heard, made
from training.found import Found
from training.samples import Part
from training.sources import read_source

NO_CHANGES = Changes()


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
