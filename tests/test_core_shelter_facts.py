"""What the user says of an animal: read from a table of the shelter's own, or typed in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.shelter_facts import (
    Facts,
    Order,
    Sex,
    joined,
    parse_age,
    parse_born,
    parse_sex,
    read_facts,
    write_facts,
    wrong_with,
)
from core.texts import Language, set_language

TODAY = date(2026, 11, 21)


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "shelter.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "header",
    [
        "Name,Code,Date of birth,Age,Sex",
        "Nom,Matricule,Né le,Âge,Sexe",
        "ANIMALNAME,ANIMALCODE,ANIMALDOB,ANIMALAGE,ANIMALSEX",
    ],
)
def test_the_usual_tables_are_read(tmp_path: Path, header: str, delimiter: str, encoding: str) -> None:
    text = f"{header}\nÉlan,A12,2024-05-31,,F\nRex,,,3,Mâle\n".replace(",", delimiter)
    found = read_facts(table(tmp_path, text, encoding))
    assert found.problems == ()
    assert set(found.columns) == {"name", "code", "born", "age", "sex"}
    assert found.by_name["elan"] == Facts("Élan", "A12", date(2024, 5, 31), None, Sex.FEMALE)
    assert found.by_name["rex"] == Facts("Rex", "", None, 3.0, Sex.MALE)
    assert found.by_code == {"a12": found.by_name["elan"]}


def test_animals_are_joined_by_name_or_code_without_regard_to_accents_and_case(tmp_path: Path) -> None:
    found = read_facts(table(tmp_path, "nom;code;age\nÉlan;A12;2\nRex;B7;3\n"))
    facts = joined(["ELAN", "b7", "Bella", ""], found)
    assert set(facts) == {"ELAN", "b7"}
    assert facts["b7"].name == "Rex"


def test_what_was_typed_stays_and_only_gaps_are_filled(tmp_path: Path) -> None:
    found = read_facts(table(tmp_path, "nom,code,age,dob,sexe\nRex,B7,3,2020-01-01,m\n"))
    typed = {"Rex": Facts(name="Rex II", age=4.0), "Bella": Facts(age=1.0)}
    assert joined(["Rex", "Bella"], found, typed) == {
        "Rex": Facts("Rex II", "B7", None, 4.0, Sex.MALE),
        "Bella": Facts(age=1.0),
    }


def test_bad_cells_are_told_by_line_and_the_rest_of_the_line_counts(tmp_path: Path) -> None:
    found = read_facts(
        table(tmp_path, "name,code,dob,age,sex\nRex,A1,soon,2,m\n\nBella,A2,,old,x\nMax,A3,2999-01-01,,\n")
    )
    assert [problem.split(":")[0] for problem in found.problems] == ["Line 2", "Line 4", "Line 4", "Line 5"]
    assert found.by_name["rex"] == Facts("Rex", "A1", None, 2.0, Sex.MALE)
    assert found.by_name["bella"] == Facts("Bella", "A2")


def test_two_animals_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    found = read_facts(table(tmp_path, "name,code\nRex,A1\nrex,A2\nREX,A3\nMax,A4\n"))
    assert set(found.by_name) == {"max"} and set(found.by_code) == {"a1", "a2", "a3", "a4"}
    assert len(found.problems) == 2 and "Line 3" in found.problems[0]


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"", "empty"), (b"colour,size\nred,big\n", "column"), (b"PK\x03\x04", "workbook"), (b"\n\n", "empty")],
)
def test_what_is_no_table_is_refused_in_plain_words(tmp_path: Path, data: bytes, word: str) -> None:
    path = tmp_path / "shelter.csv"
    path.write_bytes(data)
    with pytest.raises(UserError, match=word):
        read_facts(path)


def test_a_missing_table_is_refused_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_facts(tmp_path / "none.csv")


def test_cells_with_line_ends_keep_the_numbers_of_lines(tmp_path: Path) -> None:
    found = read_facts(table(tmp_path, 'name,notes,age\nRex,"one\ntwo",2\nBella,,old\n'))
    assert found.by_name["rex"].age == 2.0
    assert found.problems[0].startswith("Line 4")


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("", None), ("2", 2.0), ("2,5", 2.5), ("0.5", 0.5), ("6 months", 0.5), ("6 mois", 0.5), ("3 ans", 3.0),
        ("1 an et 3 mois", 1.25), ("1 year 3 months", 1.25), ("8 weeks", 0.15), ("1 année", 1.0), ("100", 100.0),
    ],
)  # fmt: skip
def test_ages(text: str, years: float | None) -> None:
    assert parse_age(text) == years


@pytest.mark.parametrize("text", ["0", "101", "old", "-2", "2 lightyears", "1e3", "0 months"])
def test_ages_that_asm3_would_refuse(text: str) -> None:
    with pytest.raises(UserError):
        parse_age(text)


@pytest.mark.parametrize(
    ("text", "order", "born"),
    [
        ("2024-05-31", None, date(2024, 5, 31)), ("31/05/2024", None, date(2024, 5, 31)),
        ("05/31/2024", None, date(2024, 5, 31)), ("31.5.2024", None, date(2024, 5, 31)),
        ("2024-05-31 00:00:00", None, date(2024, 5, 31)), ("03/04/2024", Order.DAY, date(2024, 4, 3)),
        ("03/04/2024", Order.MONTH, date(2024, 3, 4)), ("04/04/2024", None, date(2024, 4, 4)), ("", None, None),
    ],
)  # fmt: skip
def test_dates(text: str, order: Order | None, born: date | None) -> None:
    assert parse_born(text, order, TODAY) == born


@pytest.mark.parametrize(
    "text", ["03/04/2024", "31/31/2024", "2024-02-30", "yesterday", "31/05/24", "2999-01-01", "1850-01-01"]
)
def test_dates_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(UserError):
        parse_born(text, today=TODAY)


def test_the_order_of_a_date_is_taken_from_the_whole_table_or_the_language(tmp_path: Path) -> None:
    by_month = read_facts(table(tmp_path, "name,dob\nRex,03/04/2024\nBella,05/31/2024\n"))
    assert by_month.by_name["rex"].born == date(2024, 3, 4)
    by_day = read_facts(table(tmp_path, "name,dob\nRex,03/04/2024\nBella,31/05/2024\n"))
    assert by_day.by_name["rex"].born == date(2024, 4, 3)
    unclear = read_facts(table(tmp_path, "name,dob\nRex,03/04/2024\n"))
    assert unclear.by_name["rex"].born is None and "Line 2" in unclear.problems[0]
    set_language("fr")
    assert read_facts(table(tmp_path, "nom,naissance\nRex,03/04/2024\n")).by_name["rex"].born == date(2024, 4, 3)


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("F", Sex.FEMALE),
        ("femelle", Sex.FEMALE),
        ("Mâle", Sex.MALE),
        ("male", Sex.MALE),
        ("", Sex.UNKNOWN),
        ("U", Sex.UNKNOWN),
    ],
)
def test_sexes(text: str, sex: Sex) -> None:
    assert parse_sex(text) is sex


def test_what_asm3_would_refuse_of_facts() -> None:
    assert wrong_with(Facts(), TODAY) == ()
    assert wrong_with(Facts(age=3, born=date(2026, 11, 21)), TODAY) == ()
    for facts in (
        Facts(age=0),
        Facts(age=100.5),
        Facts(age=-1),
        Facts(born=date(2026, 11, 22)),
        Facts(born=date(1901, 1, 1)),
    ):
        assert len(wrong_with(facts, TODAY)) == 1, facts


@given(st.text(max_size=40))
def test_any_text_is_understood_or_refused_in_words(text: str) -> None:
    for parse in (parse_age, parse_born, parse_sex):
        try:
            parse(text)
        except UserError as error:
            assert str(error)


@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(b"name,dob,age,sex\n" + data)
    try:
        read_facts(path)
    except UserError as error:
        assert str(error)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_table_to_fill_in_is_read_again(tmp_path: Path, language: Language) -> None:
    set_language(language)
    known = {
        "Élan, the first": Facts(code="=A1", born=date(2024, 5, 31), sex=Sex.FEMALE),
        "+Rex": Facts(age=0.5, sex=Sex.MALE),
    }
    file = write_facts([*known, "Bella"], known, tmp_path / "facts.csv")
    assert file.rows == 3 and file.path.read_bytes().startswith(b"\xef\xbb\xbf")
    found = read_facts(file.path)
    assert found.problems == () and set(found.columns) == {"name", "code", "born", "age", "sex"}
    joined_facts = joined([*known, "Bella"], found)
    assert {name: replace(facts, name="") for name, facts in joined_facts.items()} == {**known, "Bella": Facts()}
