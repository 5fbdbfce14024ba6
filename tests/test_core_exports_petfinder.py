"""The files for Petfinder and Adopt-a-Pet: their columns, their names, and what they take."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from core.asm3_options import Unsure
from core.export_files import AlreadyThereError, Written
from core.exports_petfinder import ListingOptions, Site, Size, write_listing
from core.records import Animal, Kind, Status
from core.shelter_facts import Facts, Sex
from tests.shelter_animals import animal, dogs_info, said, sure, verdict

TODAY = date(2026, 11, 21)
KNOWN = Facts("Rex", "A1", None, 3.0, Sex.MALE)
PETFINDER, ADOPTAPET = ListingOptions(Site.PETFINDER), ListingOptions(Site.ADOPTAPET)


def written(folder: Path, one: Animal, options: ListingOptions, facts: Facts = KNOWN) -> Written:
    path = folder / "list.csv"
    return write_listing([one], dogs_info(), {one.name: facts}, options, path, may_replace=True, today=TODAY)


def row(folder: Path, one: Animal, options: ListingOptions, facts: Facts = KNOWN) -> dict[str, str]:
    file = written(folder, one, options, facts)
    assert file.left_out == ()
    (found,) = csv.DictReader(io.StringIO(file.path.read_bytes().decode("utf-8"), newline=""))
    return found


def test_petfinders_header_is_the_one_that_its_import_wants(tmp_path: Path) -> None:
    header = written(tmp_path, sure("Rex", "Beagle"), PETFINDER).path.read_bytes().split(b"\r\n")[0].decode("ascii")
    assert header == (
        "ID,Internal,AnimalName,PrimaryBreed,SecondaryBreed,Sex,Size,Age,Desc,Type,Status,"
        "Shots,Altered,NoDogs,NoCats,NoKids,Housetrained,Declawed,specialNeeds,Mix,"
        "photo1,photo2,photo3,photo4,photo5,photo6,arrival_date,birth_date,"
        "primaryColor,secondaryColor,tertiaryColor,coat_length,"
        "adoption_fee,display_adoption_fee,adoption_fee_waived,"
        "special_needs_notes,no_other,no_other_note,tags"
    )


def test_adopt_a_pets_columns_stand_in_its_order(tmp_path: Path) -> None:
    header = list(row(tmp_path, sure("Rex", "Beagle"), ADOPTAPET))
    assert header[:11] == [
        "Id",
        "Animal",
        "Breed",
        "Breed2",
        "Purebred",
        "Age",
        "Name",
        "Size",
        "Sex",
        "Description",
        "Status",
    ]
    assert len(header) == 21


def test_what_is_known_is_written_and_nothing_else(tmp_path: Path) -> None:
    found = row(tmp_path, sure("Rex", "Beagle"), PETFINDER, Facts("Rex", "A1", date(2026, 1, 1), None, Sex.FEMALE))
    assert {name: value for name, value in found.items() if value} == {
        "ID": "A1", "Internal": "A1", "AnimalName": "Rex", "PrimaryBreed": "Beagle", "Sex": "F", "Age": "Young",
        "Desc": "Looks like: Beagle (judged from photographs).", "Type": "Dog", "Status": "A",
        "birth_date": "2026-01-01",
    }  # fmt: skip
    found = row(tmp_path, sure("Rex", "Beagle"), ADOPTAPET)
    assert {name: value for name, value in found.items() if value} == {
        "Id": "A1", "Animal": "Dog", "Breed": "Beagle", "Purebred": "0", "Age": "Adult", "Name": "Rex", "Sex": "M",
        "Description": "Looks like: Beagle (judged from photographs).", "Status": "Available",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("years", "group"), [(0.4, "Baby"), (1.9, "Young"), (2.0, "Adult"), (8.9, "Adult"), (9.0, "Senior")]
)
def test_ages(tmp_path: Path, years: float, group: str) -> None:
    assert row(tmp_path, sure("Rex", "Beagle"), PETFINDER, Facts("Rex", "A1", None, years, Sex.MALE))["Age"] == group


@pytest.mark.parametrize(
    ("breed", "petfinder", "adoptapet"),
    [
        ("Brittany spaniel", "Brittany Spaniel", "Brittany"),
        ("Yorkshire terrier", "Yorkshire Terrier Yorkie", "Yorkie, Yorkshire Terrier"),
        ("Toy poodle", "Poodle", "Mixed Breed (Medium)"),
        ("Standard poodle", "Poodle", "Poodle (Standard)"),
        ("Dingo", "Mixed Breed", "Mixed Breed (Medium)"),
    ],
)
def test_each_site_gets_its_own_names(tmp_path: Path, breed: str, petfinder: str, adoptapet: str) -> None:
    assert row(tmp_path, sure("Rex", breed), PETFINDER)["PrimaryBreed"] == petfinder
    assert row(tmp_path, sure("Rex", breed), ADOPTAPET)["Breed"] == adoptapet


def test_breeds_without_a_name_there_are_told(tmp_path: Path) -> None:
    assert "Toy poodle" in " ".join(written(tmp_path, sure("Rex", "Toy poodle"), ADOPTAPET).notes)
    assert "No name for" not in " ".join(written(tmp_path, sure("Rex", "Toy poodle"), PETFINDER).notes)


def test_crosses_and_the_unsure_are_mixes(tmp_path: Path) -> None:
    cross = row(tmp_path, said("Rex", Kind.CROSS, "Beagle", "Boxer"), PETFINDER)
    assert (cross["PrimaryBreed"], cross["SecondaryBreed"], cross["Mix"]) == ("Beagle", "Boxer", "1")
    half = row(tmp_path, said("Rex", Kind.CROSS, "Beagle", "street dog"), PETFINDER)
    assert (half["PrimaryBreed"], half["SecondaryBreed"], half["Mix"]) == ("Beagle", "", "1")
    unsure = animal("Rex", verdict(Status.UNSURE, "Beagle", "Basset"))
    mixed = row(tmp_path, unsure, PETFINDER)
    assert (mixed["PrimaryBreed"], mixed["Mix"], mixed["Desc"]) == ("Mixed Breed", "1", "")
    first = row(tmp_path, unsure, ListingOptions(Site.PETFINDER, unsure=Unsure.FIRST))
    assert (first["PrimaryBreed"], first["Mix"]) == ("Beagle", "1")
    large = ListingOptions(Site.ADOPTAPET, size=Size.LARGE)
    assert row(tmp_path, unsure, large)["Breed"] == "Mixed Breed (Large)"
    assert row(tmp_path, unsure, large)["Size"] == "L"


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (Facts("Rex", "", None, 3.0, Sex.MALE), "code"),
        (Facts("Rex", "A1", None, 3.0), "sex"),
        (Facts("Rex", "A1", None, None, Sex.MALE), "age"),
        (Facts("Rex", "A1", None, 0.0, Sex.MALE), "age"),
    ],
)
def test_what_the_sites_do_not_take_is_left_out_with_the_reason(tmp_path: Path, facts: Facts, word: str) -> None:
    file = written(tmp_path, sure("Rex", "Beagle"), PETFINDER, facts)
    assert file.rows == 0 and word in file.left_out[0].why


def test_no_dogs_are_left_out(tmp_path: Path) -> None:
    for one in (said("Rex", Kind.NOT_A_DOG), animal("Rex", verdict(Status.UNREADABLE))):
        assert written(tmp_path, one, ADOPTAPET).rows == 0


def test_the_user_is_told_that_the_list_is_replaced(tmp_path: Path) -> None:
    assert "replaces your whole list" in " ".join(written(tmp_path, sure("Rex", "Beagle"), PETFINDER).notes)
    assert "column names" in " ".join(written(tmp_path, sure("Rex", "Beagle"), ADOPTAPET).notes)


def test_an_existing_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(AlreadyThereError):
        write_listing([], dogs_info(), {}, PETFINDER, path)
    assert path.read_text() == "mine"
