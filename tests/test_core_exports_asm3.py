"""The file for ASM3, rule by rule, and read back the way ASM3 reads it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.asm3_options import Asm3Options, Known, Unsure
from core.errors import Cancelled, UserError
from core.export_files import AlreadyThereError
from core.exports_asm3 import preview, write_asm3, write_asm3_to
from core.records import Animal, Correction, Kind, Status
from core.shelter_breeds import load_table
from core.shelter_cells import HARMLESS, cell, plain
from core.shelter_facts import Facts, Sex
from core.texts import Language, set_language
from tests.asm3_reader import DEFAULT_BREED, Asm3, parse
from tests.asm3_trial import FRENCH, YOUNG, imported, one, photograph, written
from tests.shelter_animals import animal, dogs_info, said, sure, verdict

# The file itself.


def test_capitals_commas_utf8_with_its_mark(tmp_path: Path) -> None:
    data = written(tmp_path, [sure("Élan", "Brittany spaniel")]).path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfANIMALNAME,ANIMALCODE,ANIMALSPECIES,ANIMALBREED1,ANIMALBREED2,")
    header, row = data.decode("utf-8-sig").splitlines()
    assert header == header.upper() and "ANIMALSPECIES" in header.split(",")
    assert row.startswith("Élan,,Dog,")
    assert not data.decode("utf-8-sig").startswith("\ufeff"), "the mark is there once"


def test_no_value_has_quotes_in_it(tmp_path: Path) -> None:
    record = one(tmp_path, sure('Rex "the, King"', "Beagle"))
    assert record.name == "Rex “the, King”"
    assert '"' not in cell('"a" ""b "') and plain('say "hi"') == "say “hi”"


def test_commas_and_line_ends_arrive(tmp_path: Path) -> None:
    assert one(tmp_path, sure("Rex, the\nsecond", "Beagle")).name == "Rex, the second"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", "\t=", "\r@", " ="])
def test_formulas_are_harmless_in_spreadsheets_and_arrive_unchanged(tmp_path: Path, start: str) -> None:
    name = f"{start}1+1"
    file = written(tmp_path, [sure(name, "Beagle")])
    (row,) = csv.DictReader(io.StringIO(file.path.read_text("utf-8-sig"), newline=""))
    assert row["ANIMALNAME"].startswith(HARMLESS) and not row["ANIMALNAME"].startswith("'")
    assert one(tmp_path, sure(name, "Beagle")).name == name.strip()


def test_the_file_is_whole_or_not_there(tmp_path: Path) -> None:
    def stop(done: int, of: int) -> None:
        if done:
            raise Cancelled

    animals = [sure("Rex", "Beagle"), sure("Max", "Boxer")]
    with pytest.raises(Cancelled):
        write_asm3(animals, dogs_info(), {}, Asm3Options(default_age_years=1.0), tmp_path / "a.csv", tick=stop)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(AlreadyThereError):
        write_asm3([sure("Rex", "Beagle")], dogs_info(), {}, Asm3Options(), path)
    assert path.read_text() == "mine"


def test_an_open_stream_gets_the_same_bytes(tmp_path: Path) -> None:
    options, animals = Asm3Options(default_age_years=2.0), [sure("Rex", "Beagle"), said("Cat", Kind.NOT_A_DOG)]
    out = io.StringIO(newline="")
    streamed = write_asm3_to(animals, dogs_info(), {}, options, out)
    file = written(tmp_path, animals, options=options)
    assert out.getvalue().encode() == file.path.read_bytes()
    assert (streamed.rows, streamed.left_out) == (file.rows, file.left_out)


# Names and ages.


def test_a_row_without_a_name_is_not_written(tmp_path: Path) -> None:
    file = written(tmp_path, [sure("", "Beagle"), sure("Rex", "Beagle")])
    assert file.rows == 1
    (left_out,) = file.left_out
    assert left_out.what == "nameless_1.jpg" and "name" in left_out.why


def test_a_new_animal_without_age_is_left_out_and_counted(tmp_path: Path) -> None:
    file = written(tmp_path, [sure("Rex", "Beagle"), sure("Max", "Pug")], {"Max": YOUNG}, Asm3Options())
    assert file.rows == 1 and [left_out.what for left_out in file.left_out] == ["Rex"]


def test_the_default_age_and_the_animals_name_serve_where_nothing_is_known(tmp_path: Path) -> None:
    (record,) = imported(tmp_path, [sure("rex", "Beagle")], {}, Asm3Options(default_age_years=0.5)).animals
    assert (record.name, record.age, record.sex) == ("rex", 0.5, "unknown")


def test_facts_arrive(tmp_path: Path) -> None:
    facts = Facts("Rex II", "A12", date(2024, 5, 31), None, Sex.FEMALE)
    record = one(tmp_path, sure("rex", "Beagle"), facts, Asm3Options(codes_are_known=False))
    assert (record.name, record.code, record.born, record.sex) == ("Rex II", "A12", date(2024, 5, 31), "female")


def test_dates_are_year_month_day(tmp_path: Path) -> None:
    file = written(tmp_path, [sure("Rex", "Beagle")], {"Rex": Facts(born=date(2024, 5, 3))})
    (row,) = parse(file.path.read_text("utf-8-sig"))
    assert (row["ANIMALDOB"], row["ANIMALAGE"]) == ("2024-05-03", "")


@pytest.mark.parametrize(("age", "text"), [(2.0, "2"), (0.5, "0.5"), (100.0, "100"), (10.0, "10"), (0.001, "0.01")])
def test_ages_are_plain_numbers(tmp_path: Path, age: float, text: str) -> None:
    file = written(tmp_path, [sure("Rex", "Beagle")], {"Rex": Facts(age=age)})
    (row,) = parse(file.path.read_text("utf-8-sig"))
    assert (row["ANIMALDOB"], row["ANIMALAGE"]) == ("", text)


def test_an_animal_born_today_is_taken(tmp_path: Path) -> None:
    for known in (True, False):
        one(tmp_path, sure("Rex", "Beagle"), Facts(code="A1", born=date.today()), Asm3Options(codes_are_known=known))


# Breeds.


def test_one_breed_stands_in_both_columns(tmp_path: Path) -> None:
    record = one(tmp_path, sure("Rex", "Beagle"))
    assert record.breeds == ("Beagle", "Beagle") and not record.is_cross
    crossed = one(tmp_path, sure("Rex", "Beagle"), options=Asm3Options(one_as_cross=True))
    assert crossed.breeds == ("Beagle", "Mixed Breed") and crossed.is_cross


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_label_arrives_as_its_breed(tmp_path: Path, language: Language) -> None:
    table, info = load_table(), dogs_info()
    animals = [sure(label.en, label.en) for label in info.labels]
    options = Asm3Options(language, default_age_years=2.0)
    database = imported(tmp_path, animals, {}, options)
    assert len(database.animals) == 120
    mixed = "Race croisée" if language == "fr" else "Mixed Breed"
    for label, record in zip(info.labels, database.animals, strict=True):
        breed = table.by_label[label.id].asm3(language) or mixed
        assert record.breeds == (breed, breed), label.en


def test_accents_as_a_new_french_database_stores_them(tmp_path: Path) -> None:
    animals = [sure("Rex", "Brittany spaniel"), sure("Max", "Malamute"), said("Élan", Kind.MIXED)]
    options = Asm3Options("fr", default_age_years=2.0, has_coded_accents=True)
    database = Asm3("fr", has_coded_accents=True)
    database.take(written(tmp_path, animals, options=options).path.read_bytes())
    assert [record.breeds[0] for record in database.animals] == ["Épagneul Breton", "Malamute d'Alaska", "Race croisée"]
    assert database.animals[2].name == "Élan", "only names of ASM3's lists are written so"
    as_letters = Asm3("fr", has_coded_accents=True)
    file = written(tmp_path, animals, options=Asm3Options("fr", default_age_years=2.0))
    as_letters.take(file.path.read_bytes())
    assert as_letters.animals[0].breeds[0] == "Abyssin", "what the note warns of"
    assert any("Accents as codes" in note for note in file.notes)
    assert not any("Accents" in note for note in written(tmp_path, [sure("Rex", "Beagle")]).notes)


@pytest.mark.parametrize(("language", "mixed"), [("en", "Mixed Breed"), ("fr", "Race croisée")])
def test_wild_animals_are_never_a_breed_nor_named(tmp_path: Path, language: Language, mixed: str) -> None:
    for name in ("Dingo", "Dhole", "African hunting dog"):
        record = one(tmp_path, sure("Rex", name), options=Asm3Options(language))
        assert record.breeds == (mixed, mixed) and record.description == ""
    unsure = one(tmp_path, animal("Rex", verdict(Status.UNSURE, "Dingo", "Basenji")))
    assert "Basenji" in unsure.hidden and "Dingo" not in unsure.hidden


def test_a_cross_has_two_breeds_or_mixed_breed_as_its_second(tmp_path: Path) -> None:
    two = one(tmp_path, said("Rex", Kind.CROSS, "Beagle", "Boxer"))
    assert two.breeds == ("Beagle", "Boxer") and two.is_cross
    for second in ("", "street dog", "Dingo"):
        unknown = one(tmp_path, said("Rex", Kind.CROSS, "Beagle", second))
        assert unknown.breeds == ("Beagle", "Mixed Breed") and unknown.is_cross
    same = one(tmp_path, said("Rex", Kind.CROSS, "Toy poodle", "Miniature poodle"), options=FRENCH)
    assert same.breeds == ("Caniche", "Race croisée") and same.is_cross
    first = one(tmp_path, said("Rex", Kind.CROSS, "street dog", "Boxer"))
    assert first.breeds == ("Boxer", "Mixed Breed")


@pytest.mark.parametrize(
    "one_animal",
    [
        said("Rex", Kind.MIXED),
        said("Rex", Kind.UNKNOWN),
        said("Rex", Kind.OTHER, "no such breed"),
        animal("Rex", verdict(Status.SURE, "Beagle"), is_disputed=True),
        animal("Rex", verdict(Status.UNSURE, "Beagle", "Basset")),
    ],
)
def test_no_breed_claimed_is_mixed_breed_and_never_empty(tmp_path: Path, one_animal: Animal) -> None:
    assert one(tmp_path, one_animal).breeds == ("Mixed Breed", "Mixed Breed")
    assert one(tmp_path, one_animal, options=FRENCH).breeds == ("Race croisée", "Race croisée")


def test_the_unsure_as_the_user_chooses(tmp_path: Path) -> None:
    unsure = animal("Rex", verdict(Status.UNSURE, "Beagle", "Basset"))
    assert one(tmp_path, unsure, options=Asm3Options(unsure=Unsure.FIRST)).breeds == ("Beagle", "Mixed Breed")
    file = written(tmp_path, [unsure], {"Rex": YOUNG}, Asm3Options(unsure=Unsure.LEAVE_OUT))
    assert file.rows == 0 and file.left_out[0].what == "Rex"
    disputed = replace(unsure, is_disputed=True)
    assert one(tmp_path, disputed, options=Asm3Options(unsure=Unsure.FIRST)).breeds == ("Mixed Breed", "Mixed Breed")


def test_what_a_volunteer_said_counts_over_what_the_program_saw(tmp_path: Path) -> None:
    seen = verdict(Status.SURE, "Beagle")
    assert one(tmp_path, said("Rex", Kind.BREED, "Boxer", answer=seen)).breeds == ("Boxer", "Boxer")
    assert one(tmp_path, said("Rex", Kind.MIXED, answer=seen)).breeds == ("Mixed Breed", "Mixed Breed")
    assert one(tmp_path, said("Rex", Kind.OTHER, "shiba inu", answer=seen)).breeds == ("Shiba Inu", "Shiba Inu")
    assert one(tmp_path, said("Rex", Kind.OTHER, "Carlin", answer=seen)).breeds == ("Pug", "Pug")


def test_labels_of_another_model_are_matched_by_name(tmp_path: Path) -> None:
    other = Correction(Kind.BREED, "dalmatian-7", "Dalmatian")
    assert one(tmp_path, animal("Rex", verdict(Status.SURE, "Beagle"), other)).breeds == ("Dalmatian", "Dalmatian")


def test_no_dogs_and_unusable_photographs_are_left_out(tmp_path: Path) -> None:
    animals = [
        said("Cat", Kind.NOT_A_DOG),
        animal("Chair", verdict(Status.NOT_A_DOG)),
        animal("Blank", verdict(Status.UNREADABLE, reason="It is empty.")),
        sure("Rex", "Beagle"),
    ]
    file = written(tmp_path, animals)
    assert file.rows == 1
    assert [left_out.what for left_out in file.left_out] == ["Cat", "Chair", "Blank"]
    assert file.left_out[2].why == "It is empty."


# What people read.


@pytest.mark.parametrize(
    ("one_animal", "english", "french"),
    [
        (sure("Rex", "Siberian husky"), "Looks like: Siberian husky (judged from photographs).",
         "D’apparence Husky de Sibérie (d’après photographie)."),
        (said("Rex", Kind.BREED, "Beagle"), "Looks like: Beagle.", "D’apparence Beagle."),
        (said("Rex", Kind.CROSS, "Beagle", "Boxer"), "Looks like a cross: Beagle and Boxer.",
         "Croisé d’apparence Beagle et Boxer."),
        (said("Rex", Kind.MIXED), "Mixed breed.", "Chien croisé."),
        (said("Rex", Kind.UNKNOWN), "", ""),
    ],
)  # fmt: skip
def test_descriptions_speak_of_looks(tmp_path: Path, one_animal: Animal, english: str, french: str) -> None:
    assert one(tmp_path, one_animal).description == english
    assert one(tmp_path, one_animal, options=FRENCH).description == french
    set_language("fr")
    assert one(tmp_path, one_animal).description == english, "the database's language counts, not the screen's"
    assert one(tmp_path, one_animal, options=Asm3Options(describe=False)).description == ""


def test_a_guess_that_nobody_has_looked_at_is_for_the_staff_alone(tmp_path: Path) -> None:
    unsure = animal("Rex", verdict(Status.UNSURE, "Beagle", "Boxer", "Pug"))
    record = one(tmp_path, unsure)
    assert (record.description, record.hidden) == (
        "",
        "Looks like: Beagle, Boxer or Pug (uncertain, judged from photographs).",
    )
    french = one(tmp_path, unsure, options=FRENCH)
    assert french.hidden == "D’apparence Beagle, Boxer ou Carlin (incertain, d’après photographie)."
    asked = one(tmp_path, unsure, options=Asm3Options(unsure=Unsure.FIRST))
    assert asked.description == record.hidden and asked.hidden == ""
    overwriting = Asm3Options(known=Known.DESCRIPTION)
    assert one(tmp_path, unsure, Facts(code="A1", age=2.0), overwriting).description == ""


def test_the_note_of_the_order_of_1999_goes_where_staff_alone_reads(tmp_path: Path) -> None:
    record = one(tmp_path, sure("Rex", "Rottweiler"), options=FRENCH)
    assert "27 avril 1999" in record.hidden and "1999" not in record.description
    assert one(tmp_path, sure("Rex", "Rottweiler")).hidden == ""
    assert one(tmp_path, sure("Rex", "Beagle"), options=FRENCH).hidden == ""


# Before and after.


def test_the_preview_is_what_is_written(tmp_path: Path) -> None:
    animals = [sure("Rex", "Beagle"), said("Cat", Kind.NOT_A_DOG), sure("=Max", "Pug")]
    options = Asm3Options("fr", default_age_years=2.0)
    plan = preview(animals, dogs_info(), {}, options)
    file = write_asm3(animals, dogs_info(), {}, options, tmp_path / "a.csv")
    rows = list(csv.reader(io.StringIO(file.path.read_text("utf-8-sig"), newline="")))
    assert rows == [list(plan.columns), *(list(row.cells) for row in plan.rows)]
    assert (file.rows, file.left_out, file.notes) == (2, plan.left_out, plan.notes)
    assert [row.animal for row in plan.rows] == ["Rex", "=Max"]


def test_the_preview_opens_no_picture(tmp_path: Path) -> None:
    plan = preview([sure("Rex", "Beagle", [tmp_path / "gone.jpg"])], dogs_info(), {"Rex": YOUNG},
                   Asm3Options(pictures=True))  # fmt: skip
    assert plan.rows[0].picture == tmp_path / "gone.jpg" and plan.rows[0].cells[-1] == ""


def test_the_notes_say_what_to_look_out_for(tmp_path: Path) -> None:
    notes = " ".join(written(tmp_path, [sure("Rex", "Beagle")]).notes)
    assert "one animal first" in notes and "Prefix animal codes" in notes and "pictures" not in notes
    path = photograph(tmp_path / "a.jpg")
    options = Asm3Options(default_age_years=1.0, pictures=True)
    notes = " ".join(written(tmp_path, [sure("Rex", "Beagle", [path])], options=options).notes)
    assert "second time" in notes and "spreadsheet" in notes
    assert written(tmp_path, []).notes == ()


def test_choices_that_cannot_be_followed_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        written(tmp_path, [], options=Asm3Options(known=Known.FIELD, field="a,b"))
    assert list(tmp_path.iterdir()) == []


NAMES = st.text(st.characters(exclude_characters="\0"), max_size=12)
ANSWERS = st.sampled_from(
    [
        verdict(Status.SURE, "Beagle"),
        verdict(Status.SURE, "Dingo"),
        verdict(Status.UNSURE, "Malamute", "Siberian husky"),
        verdict(Status.NOT_A_DOG),
        verdict(Status.UNREADABLE),
    ]
)
SAID = st.none() | st.builds(
    Correction,
    st.sampled_from(Kind),
    st.sampled_from(["", "n02088364-beagle", "other"]),
    NAMES,
    second_name=NAMES,
)
FACTS = st.builds(
    Facts,
    NAMES,
    NAMES,
    st.none() | st.dates(date.today() - timedelta(days=9999), date.today() + timedelta(days=99)),
    st.none() | st.floats(-1, 120),
    st.sampled_from(Sex),
)
CHOICES = st.builds(
    Asm3Options,
    st.sampled_from(["en", "fr"]),
    default_age_years=st.none() | st.floats(0.1, 100),
    unsure=st.sampled_from(Unsure),
    known=st.sampled_from([Known.NOWHERE, Known.DESCRIPTION]),
    codes_are_known=st.booleans(),
    one_as_cross=st.booleans(),
    animal_type=NAMES,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAMES, ANSWERS, SAID, FACTS, st.booleans()), max_size=5), CHOICES)
def test_whatever_is_written_asm3_takes(
    tmp_path: Path, drawn: list[tuple[str, object, Correction | None, Facts, bool]], options: Asm3Options
) -> None:
    """No row is passed over, none refused but for codes that it does not know, and every one is a dog of some breed."""
    animals = [animal(name, answer, said, is_disputed=torn) for name, answer, said, _, torn in drawn]  # type: ignore[arg-type]
    facts = {name: fact for name, _, _, fact, _ in drawn}
    file = written(tmp_path, animals, facts, options)
    assert file.rows + len(file.left_out) == len(animals)
    data = file.path.read_bytes()
    database = Asm3(options.language)
    if file.rows:
        database.take(data)
    assert database.skipped == 0
    coded = {plain(fact.name) or plain(name) for name, _, _, fact, _ in drawn if plain(fact.code)}
    assert all(error.removeprefix("age of ") in coded for error in database.errors)
    for record in database.animals:
        assert record.species in ("Dog", "Chien")
        assert not {*DEFAULT_BREED.values(), ""} & set(record.breeds)
