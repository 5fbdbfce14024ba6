"""The check list: what ASM3 would refuse or silently change, animal by animal."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.asm3_options import Asm3Options, Known, Unsure, check_options
from core.errors import UserError
from core.export_checks import Problem, ProblemKind, check_animals, problems_of
from core.records import Animal, Kind, Status
from core.shelter_breeds import load_table, table_path
from core.shelter_facts import Facts
from tests.shelter_animals import animal, dogs_info, said, sure, verdict

TODAY = date(2026, 11, 21)
YOUNG = Facts(age=2.0)


def problems(one: Animal, facts: Facts = YOUNG, options: Asm3Options | None = None) -> dict[ProblemKind, Problem]:
    (checked,) = check_animals([one], dogs_info(), {one.name: facts}, options or Asm3Options(), today=TODAY)
    return {problem.kind: problem for problem in checked.problems}


def test_an_animal_without_problems_has_none() -> None:
    assert problems(sure("Rex", "Beagle")) == {}


@pytest.mark.parametrize("name", ["", "  ", "\n"])
def test_no_name_is_blocking(name: str) -> None:
    found = problems(sure(name, "Beagle"))
    assert found[ProblemKind.NO_NAME].is_blocking
    assert problems(sure(name, "Beagle"), Facts(name="Rex", age=1.0)) == {}


def test_no_age_is_blocking_for_a_new_animal_only() -> None:
    assert problems(sure("Rex", "Beagle"), Facts())[ProblemKind.NO_AGE].is_blocking
    assert problems(sure("Rex", "Beagle"), Facts(born=date(2024, 1, 1))) == {}
    assert problems(sure("Rex", "Beagle"), Facts(), Asm3Options(default_age_years=2.0)) == {}
    assert not problems(sure("Rex", "Beagle"), Facts(code="A1"))[ProblemKind.NO_AGE].is_blocking
    new = Asm3Options(codes_are_known=False)
    assert problems(sure("Rex", "Beagle"), Facts(code="A1"), new)[ProblemKind.NO_AGE].is_blocking


@pytest.mark.parametrize("facts", [Facts(age=0.0), Facts(age=101.0), Facts(born=date(2026, 11, 22))])
def test_ages_that_asm3_refuses_are_blocking(facts: Facts) -> None:
    found = problems(sure("Rex", "Beagle"), facts, Asm3Options(default_age_years=2.0))
    assert set(found) == {ProblemKind.BAD_FACT} and found[ProblemKind.BAD_FACT].is_blocking


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (Asm3Options(), "nowhere"),
        (Asm3Options(known=Known.DESCRIPTION), "REPLACED"),
        (Asm3Options(known=Known.FIELD, field="Look"), "Look"),
    ],
)
def test_a_code_is_said_to_keep_its_breed_and_where_the_look_goes(options: Asm3Options, word: str) -> None:
    (problem,) = problems(sure("Rex", "Beagle"), Facts(code="A1", age=2.0), options).values()
    assert problem.kind is ProblemKind.EXISTING_CODE and not problem.is_blocking
    assert "A1" in problem.sentence and word in problem.sentence


def test_one_code_for_two_animals_is_blocking_whatever_its_case() -> None:
    animals = [sure("Rex", "Beagle"), sure("Max", "Boxer"), sure("Bella", "Pug"), said("Cat", Kind.NOT_A_DOG)]
    facts = {"Rex": Facts(code="a1", age=1.0), "Max": Facts(code=" A1", age=1.0), "Cat": Facts(code="A2")}
    facts["Bella"] = Facts(code="A2", age=1.0)
    checked = check_animals(animals, dogs_info(), facts, Asm3Options(), today=TODAY)
    shared = [problem.animal for problem in problems_of(checked) if problem.kind is ProblemKind.SAME_CODE]
    assert shared == ["Rex", "Max"]


def test_a_breed_without_a_name_in_asm3_is_told() -> None:
    found = problems(said("Rex", Kind.OTHER, "Labradoodle from next door"))
    assert set(found) == {ProblemKind.NO_MAPPING} and not found[ProblemKind.NO_MAPPING].is_blocking
    assert problems(said("Rex", Kind.OTHER, "Shiba Inu")) == {}


def test_a_breed_that_asm3s_list_does_not_have_is_told() -> None:
    load_table()
    table_path().write_text("label,asm3_en,asm3_fr\nn02088364-beagle,Harrier,Harrier\n", encoding="utf-8")
    found = problems(sure("Rex", "Beagle"))
    assert set(found) == {ProblemKind.UNKNOWN_BREED} and "Abyssinian" in found[ProblemKind.UNKNOWN_BREED].sentence


@pytest.mark.parametrize("name", ["Dingo", "Dhole", "African hunting dog"])
def test_wild_animals_are_told(name: str) -> None:
    assert set(problems(sure("Rex", name))) == {ProblemKind.WILD_CANID}
    assert set(problems(said("Rex", Kind.BREED, name))) == {ProblemKind.WILD_CANID}


def test_a_coarser_name_is_told() -> None:
    found = problems(sure("Rex", "Toy poodle"))
    assert set(found) == {ProblemKind.COARSER} and "“Poodle”" in found[ProblemKind.COARSER].sentence


def test_a_name_that_misleads_in_french_is_told() -> None:
    french = Asm3Options("fr")
    assert set(problems(sure("Rex", "Schipperke"), options=french)) == {ProblemKind.ODD_NAME}
    assert problems(sure("Rex", "Schipperke")) == {}


def test_what_is_no_dog_or_cannot_be_read_is_blocking_and_nothing_else_is_asked() -> None:
    for one in (said("Cat", Kind.NOT_A_DOG), animal("Cat", verdict(Status.NOT_A_DOG))):
        found = problems(one, Facts())
        assert set(found) == {ProblemKind.NOT_A_DOG} and found[ProblemKind.NOT_A_DOG].is_blocking
    found = problems(animal("Rex", verdict(Status.UNREADABLE, reason="It is empty.")), Facts())
    assert found[ProblemKind.UNREADABLE].sentence == "It is empty." and found[ProblemKind.UNREADABLE].is_blocking


def test_what_a_volunteer_said_counts_over_no_dog() -> None:
    assert problems(said("Rex", Kind.BREED, "Beagle", answer=verdict(Status.NOT_A_DOG))) == {}


def test_no_breed_claimed_is_told_with_what_is_written() -> None:
    disputed = animal("Rex", verdict(Status.SURE, "Beagle"), is_disputed=True)
    assert set(problems(disputed)) == {ProblemKind.DISPUTED}
    assert set(problems(said("Rex", Kind.UNKNOWN))) == {ProblemKind.NO_BREED}
    assert problems(said("Rex", Kind.MIXED)) == {}


@pytest.mark.parametrize(
    ("unsure", "is_blocking", "word"),
    [(Unsure.MIXED, False, "Mixed breed"), (Unsure.FIRST, False, "cross"), (Unsure.LEAVE_OUT, True, "not sure")],
)
def test_an_unsure_answer_is_told_with_what_is_written(unsure: Unsure, is_blocking: bool, word: str) -> None:
    one = animal("Rex", verdict(Status.UNSURE, "Beagle", "Basset"))
    found = problems(one, options=Asm3Options(unsure=unsure))
    assert set(found) == {ProblemKind.UNSURE}
    assert found[ProblemKind.UNSURE].is_blocking is is_blocking and word in found[ProblemKind.UNSURE].sentence


@pytest.mark.parametrize(
    "one",
    [
        sure("Rex", "Rottweiler"),
        said("Rex", Kind.BREED, "American Staffordshire terrier"),
        said("Rex", Kind.OTHER, "Pit Bull Terrier"),
        said("Rex", Kind.CROSS, "Boxer", "Rottweiler"),
        said("Rex", Kind.MIXED, answer=verdict(Status.SURE, "American Staffordshire terrier")),
        animal("Rex", verdict(Status.UNSURE, "Boxer", "Bull mastiff")),
        animal("Rex", verdict(Status.SURE, "Rottweiler"), is_disputed=True),
    ],
)
def test_looks_under_the_order_of_1999_are_to_be_checked(one: Animal) -> None:
    found = problems(one, options=Asm3Options("fr"))
    assert "27 April 1999" in found[ProblemKind.ORDER_OF_1999].sentence
    assert not found[ProblemKind.ORDER_OF_1999].is_blocking
    assert ProblemKind.ORDER_OF_1999 not in problems(one, options=Asm3Options("en"))
    assert ProblemKind.ORDER_OF_1999 in problems(one, options=Asm3Options("en", order_of_1999=True))


def test_a_volunteers_other_breed_counts_over_what_was_seen() -> None:
    one = said("Rex", Kind.BREED, "Boxer", answer=verdict(Status.SURE, "Rottweiler"))
    assert problems(one, options=Asm3Options("fr")) == {}


def test_quotes_and_formulas_are_told() -> None:
    found = problems(sure('Rex "the King"', "Beagle"))
    assert "Rex “the King”" in found[ProblemKind.QUOTES].sentence
    assert set(problems(sure("=1+1", "Beagle"))) == {ProblemKind.FORMULA}


def test_several_pictures_need_a_code() -> None:
    one = sure("Rex", "Beagle", [Path("1.jpg"), Path("2.jpg")])
    assert set(problems(one, options=Asm3Options(pictures=True))) == {ProblemKind.ONE_PICTURE}
    assert problems(one) == {}
    coded = problems(one, Facts(code="A1", age=1.0), Asm3Options(pictures=True))
    assert ProblemKind.ONE_PICTURE not in coded


def test_what_blocks_comes_first_in_the_list() -> None:
    animals = [animal("Rex", verdict(Status.UNSURE, "Beagle", "Basset")), sure("Max", "Boxer")]
    checked = check_animals(animals, dogs_info(), {"Rex": YOUNG}, Asm3Options(), today=TODAY)
    assert [problem.animal for problem in problems_of(checked)] == ["Max", "Rex"]


@pytest.mark.parametrize(
    "options",
    [
        Asm3Options(default_age_years=0.0),
        Asm3Options(default_age_years=101.0),
        Asm3Options(known=Known.FIELD),
        Asm3Options(known=Known.FIELD, field="two words"),
        Asm3Options(known=Known.FIELD, field='a"b'),
    ],
)
def test_choices_that_cannot_be_followed_are_refused(options: Asm3Options) -> None:
    with pytest.raises(UserError):
        check_options(options)
