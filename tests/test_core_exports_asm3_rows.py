"""Animals that ASM3 knows already, and pictures in the file for ASM3."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from core.asm3_options import Asm3Options, Known
from core.exports_asm3 import preview
from core.records import Animal, Correction, Kind, Status, Tagged
from core.shelter_facts import Facts
from tests.asm3_reader import Asm3, Record, parse
from tests.asm3_trial import YOUNG, one, photograph, written
from tests.shelter_animals import dogs_info, sure, verdict

# Animals that ASM3 knows already.


def known_rex() -> tuple[Asm3, Record]:
    database = Asm3()
    rex = Record("A1", "Rex", "Dog", ("Poodle", "Poodle"), False, "male", date(2020, 1, 1), None, "A good dog.", "")
    database.animals.append(rex)
    return database, rex


@pytest.mark.parametrize(
    ("options", "description", "field"),
    [
        (Asm3Options(), "A good dog.", {}),
        (Asm3Options(known=Known.DESCRIPTION), "Looks like: Beagle (judged from photographs).", {}),
        (Asm3Options(known=Known.FIELD, field="Look"), "A good dog.",
         {"LOOK": "Looks like: Beagle (judged from photographs)."}),
    ],
)  # fmt: skip
def test_a_known_animal_keeps_its_breed_and_birth(
    tmp_path: Path, options: Asm3Options, description: str, field: dict[str, str]
) -> None:
    database, rex = known_rex()
    facts = {"Rex": Facts(code="A1", born=date(2024, 5, 31))}
    database.take(written(tmp_path, [sure("Rex", "Beagle")], facts, options).path.read_bytes())
    assert len(database.animals) == 1 and database.errors == []
    assert (rex.breeds, rex.born) == (("Poodle", "Poodle"), date(2020, 1, 1))
    assert (rex.description, rex.fields) == (description, field)


def test_a_code_that_asm3_does_not_know_makes_a_new_animal_with_its_breed(tmp_path: Path) -> None:
    record = one(tmp_path, sure("Rex", "Beagle"), Facts(code="B7", age=3.0))
    assert (record.code, record.breeds, record.age) == ("B7", ("Beagle", "Beagle"), 3.0)


def test_a_known_animal_needs_no_age(tmp_path: Path) -> None:
    database, _ = known_rex()
    database.take(
        written(tmp_path, [sure("Rex", "Beagle")], {"Rex": Facts(code="A1")}, Asm3Options()).path.read_bytes()
    )
    assert database.errors == [] and len(database.animals) == 1


def test_new_animals_get_the_additional_field_too(tmp_path: Path) -> None:
    options = Asm3Options(known=Known.FIELD, field="Look")
    record = one(tmp_path, sure("Rex", "Beagle"), options=options)
    assert record.fields == {"LOOK": "Looks like: Beagle (judged from photographs)."}


def test_animals_that_share_a_code_are_not_merged_into_one(tmp_path: Path) -> None:
    facts = {name: Facts(code="A1", age=1.0) for name in ("Rex", "Max")}
    file = written(tmp_path, [sure("Rex", "Beagle"), sure("Max", "Boxer")], facts)
    assert file.rows == 0 and len(file.left_out) == 2


def test_the_type_is_written_only_as_the_shelter_calls_it(tmp_path: Path) -> None:
    file = written(tmp_path, [sure("Rex", "Beagle")], options=Asm3Options(default_age_years=1.0, animal_type="D (Dog)"))
    (row,) = parse(file.path.read_text("utf-8-sig"))
    assert row["ANIMALTYPE"] == "D (Dog)"
    assert "ANIMALTYPE" not in written(tmp_path, [sure("Rex", "Beagle")]).path.read_text("utf-8-sig")


# Pictures.


def test_pictures_are_small_upright_jpegs_without_secrets(tmp_path: Path) -> None:
    paths = [photograph(tmp_path / f"rex_{number}.jpg") for number in (1, 2, 3)]
    options = Asm3Options(pictures=True)
    record = one(tmp_path, sure("Rex", "Beagle", paths), Facts(code="A1", age=2.0), options)
    assert len(record.pictures) == 3, "further pictures are further rows with the same code and name"
    for data in record.pictures:
        assert b"secret" not in data and b"Exif" not in data
        with Image.open(io.BytesIO(data)) as picture:
            assert (picture.format, picture.size) == ("JPEG", (768, 1024))


def test_small_pictures_are_not_blown_up(tmp_path: Path) -> None:
    record = one(
        tmp_path, sure("Rex", "Beagle", [photograph(tmp_path / "a.png", 80, 60)]), options=Asm3Options(pictures=True)
    )
    with Image.open(io.BytesIO(record.pictures[0])) as picture:
        assert max(picture.size) == 80


def test_without_a_code_only_the_first_picture_goes_along(tmp_path: Path) -> None:
    paths = [photograph(tmp_path / f"rex_{number}.jpg") for number in (1, 2)]
    options = Asm3Options(pictures=True)
    assert len(one(tmp_path, sure("Rex", "Beagle", paths), options=options).pictures) == 1
    file = written(tmp_path, [sure("Rex", "Beagle", paths)], {"Rex": YOUNG}, options)
    assert file.rows == 1 and [left_out.what for left_out in file.left_out] == [str(paths[1])]


def test_a_picture_that_cannot_be_opened_is_told_and_its_row_stays(tmp_path: Path) -> None:
    options = Asm3Options(pictures=True)
    file = written(tmp_path, [sure("Rex", "Beagle", [tmp_path / "gone.jpg"])], {"Rex": YOUNG}, options)
    assert file.rows == 1 and file.left_out[0].what == str(tmp_path / "gone.jpg")
    (row,) = parse(file.path.read_text("utf-8-sig"))
    assert row["ANIMALIMAGE"] == "" and row["ANIMALNAME"] == "Rex"


def test_pictures_that_show_no_dog_do_not_go_along(tmp_path: Path) -> None:
    path, answer = photograph(tmp_path / "rex.jpg"), verdict(Status.SURE, "Beagle")
    photographs = (
        Tagged(tmp_path / "chair.jpg", verdict(Status.NOT_A_DOG), "Rex"),
        Tagged(tmp_path / "blank.jpg", verdict(Status.UNREADABLE, reason="It is empty."), "Rex"),
        Tagged(tmp_path / "cat.jpg", answer, "Rex", Correction(Kind.NOT_A_DOG)),
        Tagged(path, answer, "Rex"),
    )
    rex = Animal("Rex", photographs, answer)
    file = written(tmp_path, [rex], {"Rex": YOUNG}, Asm3Options(pictures=True))
    assert file.rows == 1
    assert [Path(left_out.what).name for left_out in file.left_out] == ["chair.jpg", "blank.jpg", "cat.jpg"]
    assert len(one(tmp_path, rex, options=Asm3Options(pictures=True)).pictures) == 1


def test_further_rows_repeat_no_description(tmp_path: Path) -> None:
    paths = [tmp_path / "1.jpg", tmp_path / "2.jpg"]
    plan = preview([sure("Rex", "Rottweiler", paths)], dogs_info(), {"Rex": Facts(code="A1", age=1.0)},
                   Asm3Options("fr", pictures=True, known=Known.DESCRIPTION))  # fmt: skip
    first, second = (dict(zip(plan.columns, row.cells, strict=True)) for row in plan.rows)
    assert first["ANIMALDESCRIPTION"] and first["ANIMALHIDDENDETAILS"]
    assert not second["ANIMALDESCRIPTION"] and not second["ANIMALHIDDENDETAILS"]
    assert all(first[name] == second[name] for name in ("ANIMALNAME", "ANIMALCODE", "ANIMALSPECIES", "ANIMALAGE"))
