"""Names of breeds: the shipped table, the user's own, and names that are matched against ASM3's list."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from core.shelter_breeds import (
    MIXED_BREED,
    NO_BREED,
    BreedNames,
    Match,
    load_table,
    may_be_listed,
    table_path,
)
from tests.shelter_animals import BREEDS, dogs_info

HEADER = "label,asm3_en,asm3_fr,petfinder,adoptapet,match\n"


def write_own(text: str, encoding: str = "utf-8") -> None:
    table_path().write_bytes(text.encode(encoding))


def test_every_label_of_the_shipped_models_has_a_line() -> None:
    table = load_table()
    assert {label.id for label in dogs_info().labels} == set(table.by_label)
    kinds = Counter(names.match.value for names in table.by_label.values())
    assert kinds == {"exact": 65, "synonym": 25, "spelling": 13, "coarser": 11, "approximate": 3, "wild": 3}


def test_every_shipped_name_is_in_asm3s_own_lists() -> None:
    table = load_table()
    for label, names in table.by_label.items():
        if names.match is Match.WILD:
            assert names == BreedNames(match=Match.WILD), label
        else:
            assert table.is_known(names.asm3_en, "en"), label
            assert table.is_known(names.asm3_fr, "fr"), label
            assert names.petfinder, label
    assert table.is_known(MIXED_BREED.asm3_en, "en") and table.is_known(MIXED_BREED.asm3_fr, "fr")
    assert len(table.known["en"]) == 221


def test_no_name_has_quotes_or_curly_apostrophes() -> None:
    """ASM3 compares names with ` for ': a curly apostrophe would never be found."""
    for name in ("asm3_dog_breeds.csv", "stanford_to_asm3.csv"):
        with (BREEDS / name).open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if '"' in cell or "’" in cell or cell != cell.strip()]
    assert load_table().by_label["n02110063-malamute"].asm3_fr == "Malamute d'Alaska"


def test_the_three_wild_animals_have_no_name_anywhere() -> None:
    table = load_table()
    for name in ("n02115641-dingo", "n02115913-dhole", "n02116738-African_hunting_dog"):
        assert table.by_label[name].match is Match.WILD
        assert not table.by_label[name].asm3("en") and not table.by_label[name].petfinder


def test_the_users_table_is_made_on_first_use_and_is_the_shipped_one() -> None:
    first = load_table()
    assert table_path().read_bytes().startswith(b"\xef\xbb\xbflabel,asm3_en,asm3_fr,petfinder,adoptapet,match\r\n")
    assert first.problems == () and load_table() == first


def test_what_the_user_writes_counts_at_once() -> None:
    load_table()
    write_own(HEADER + "n02088364-beagle,Harrier,Beagle,Harrier,Harrier,\n")
    table = load_table()
    assert table.by_label["n02088364-beagle"].petfinder == "Harrier"
    assert table.by_label["n02088364-beagle"].match is Match.EXACT
    assert table.by_label["n02108089-boxer"].asm3_en == "Boxer", "what the user's table does not have stays"
    (problem,) = table.problems
    assert "line 2" in problem and "“Harrier”" in problem


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "cp1252"), ("\t", "utf-16"), (",", "utf-8-sig")])
def test_a_table_saved_by_a_spreadsheet_is_read(delimiter: str, encoding: str) -> None:
    text = (HEADER + "my-label,Boxer,Épagneul,Boxer,Boxer,exact\n").replace(",", delimiter)
    write_own(text, encoding)
    assert load_table().by_label["my-label"].asm3_fr == "Épagneul"
    assert load_table().problems == ()


def test_bad_lines_are_named_by_number_and_do_no_harm() -> None:
    write_own(
        HEADER
        + ",Boxer,Boxer,Boxer,Boxer,exact\n"
        + "n02088364-beagle,Pug,Carlin,Pug,Pug,nearly\n"
        + "\n"
        + "one,Pug,Carlin,Pug,Pug,exact\n"
        + "one,Boxer,Boxer,Boxer,Boxer,exact\n"
        + "two\n"
    )
    table = load_table()
    assert [problem.split(":")[0] for problem in table.problems] == [
        f"breed_names.csv, line {number}" for number in (2, 3, 6)
    ]
    assert table.by_label["n02088364-beagle"].asm3_en == "Beagle", "the shipped line stands in for a bad one"
    assert table.by_label["one"].asm3_en == "Pug"
    assert table.by_label["two"].asm3_en == "" and table.by_label["two"].match is Match.NONE


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"", "empty"), (b"nothing,here\n1,2\n", "asm3_en"), (b"PK\x03\x04more", "workbook"), (b"\0" * 30, "label")],
)
def test_a_useless_table_is_told_and_the_shipped_one_used(data: bytes, word: str) -> None:
    table_path().write_bytes(data)
    table = load_table()
    (problem,) = table.problems
    assert word in problem
    assert table.by_label["n02108089-boxer"].asm3_en == "Boxer"
    assert table_path().read_bytes() == data, "the user's file is not touched"


def test_a_table_that_cannot_be_made_or_read_is_told() -> None:
    table_path().mkdir()
    table = load_table()
    assert len(table.problems) == 1 and table.by_label


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("beagle", "Beagle"), (" BERGER ALLEMAND ", "German Shepherd Dog"), ("epagneul breton", "Brittany Spaniel"),
        ("Podengo Portugueso", "Portugese Podengo"), ("malamute d’alaska", "Alaskan Malamute"),
        ("Samoyed", "Samoyed"), ("Basset Hound", "Basset Hound"), ("race croisee", "Mixed Breed"),
    ],
)  # fmt: skip
def test_other_models_and_typed_words_are_matched_by_name(typed: str, found: str) -> None:
    assert load_table().names_of("", typed).asm3_en == found


@pytest.mark.parametrize("typed", ["", "hound of the Baskervilles", "Labra"])
def test_what_has_no_name_there_is_not_guessed(typed: str) -> None:
    assert load_table().names_of("", typed) == NO_BREED
    assert load_table().names_of("another-model", typed) == NO_BREED


def test_french_names_that_mislead_are_known() -> None:
    table = load_table()
    assert table.by_label["n02104365-schipperke"].asm3_fr == "Samoyed"
    assert table.is_shared("Samoyed") and table.is_shared("Basset Hound") and not table.is_shared("Beagle")


def test_adopt_a_pets_names_are_not_made_up() -> None:
    """It tells sizes of poodles and schnauzers apart under names that no source gives, but for the standard ones."""
    table = load_table()
    assert table.by_label["n02113799-standard_poodle"].adoptapet == "Poodle (Standard)"
    assert table.by_label["n02113624-toy_poodle"].adoptapet == ""
    assert table.by_label["n02109525-Saint_Bernard"].adoptapet == "St. Bernard"


def test_looks_under_the_order_of_1999() -> None:
    table = load_table()
    listed = {label for label, names in table.by_label.items() if may_be_listed(names)}
    assert listed == {
        "n02093428-American_Staffordshire_terrier", "n02093256-Staffordshire_bullterrier", "n02106550-Rottweiler",
        "n02108422-bull_mastiff",
    }  # fmt: skip
    assert may_be_listed(table.names_of("", "Tosa Inu")) and may_be_listed(table.names_of("", "Pit bull terrier"))


def test_the_users_folder_is_where_it_should_be(isolated_home: Path) -> None:
    assert table_path() == isolated_home / "breed_names.csv"
