"""The figures of a run: counted as the rows are, and nothing doubtful in the model's favour."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from core.export_files import AlreadyThereError
from core.figures import (
    Agreement,
    BreedCount,
    Cell,
    Outcome,
    cell_filter,
    disagreements,
    figures,
    said_name,
    wilson_interval,
    write_figures,
)
from core.records import Correction, Kind, Status
from core.reviews import Filter
from core.texts import set_language
from tests.made_up_run import BEAGLE, BOXER, BRIARD, ESKIMO, HUSKY, PUG, MadeUpRun, breed, cross

UNKNOWN, MIXED, NO_DOG = Correction(Kind.UNKNOWN), Correction(Kind.MIXED), Correction(Kind.NOT_A_DOG)
CORSO = Correction(Kind.OTHER, name="Cane Corso")


@pytest.fixture
def run(tmp_path: Path) -> MadeUpRun:
    return MadeUpRun(tmp_path / "library.sqlite")


def test_an_empty_run(run: MadeUpRun) -> None:
    shown = figures(run.review)
    assert (shown.photographs, shown.reviewed, shown.animals, shown.breeds, shown.cells) == (0, 0, 0, (), ())
    assert set(shown.statuses.values()) == {0}
    assert shown.agreement[Status.SURE].cases == 0
    assert shown.agreement[Status.SURE].interval(0) == (0.0, 1.0)


def test_what_there_is_is_counted(run: MadeUpRun) -> None:
    run.add("rex_1.jpg", run.sure(BEAGLE), "Rex", breed(BEAGLE))
    run.add("rex_2.jpg", run.unsure(HUSKY, ESKIMO), "Rex")
    run.add("a.jpg", run.sure(PUG), word=breed(BEAGLE))
    run.add("b.jpg", run.sure(PUG))
    run.add("wall.jpg", run.no_dog())
    run.add("broken.jpg", None)
    shown = figures(run.review)
    assert (shown.photographs, shown.reviewed) == (6, 2)
    assert shown.animals == 3, "Rex, a and b; no dog and an unreadable file are nobody"
    assert shown.statuses == {Status.SURE: 3, Status.UNSURE: 1, Status.NOT_A_DOG: 1, Status.UNREADABLE: 1}
    assert shown.breeds == (BreedCount("beagle", 2), BreedCount("husky", 1), BreedCount("pug", 1))
    assert shown.cells == (Cell("beagle", "beagle", 1), Cell("pug", "beagle", 1))


@pytest.mark.parametrize(
    ("word", "sure", "unsure", "no_dog"),
    [
        (breed(BEAGLE), Outcome.FIRST, Outcome.FIRST, Outcome.A_DOG),
        (breed(BOXER), Outcome.OTHER_BREED, Outcome.NAMED, Outcome.A_DOG),
        (breed(PUG), Outcome.OTHER_BREED, Outcome.OTHER_BREED, Outcome.A_DOG),
        (CORSO, Outcome.OTHER_BREED, Outcome.OTHER_BREED, Outcome.A_DOG),
        (Correction(Kind.BREED, name="Kangal"), Outcome.OTHER_BREED, Outcome.OTHER_BREED, Outcome.A_DOG),
        (cross(PUG, BEAGLE), Outcome.CROSS_WITH_IT, Outcome.CROSS_WITH_IT, Outcome.A_DOG),
        (cross(PUG, BOXER), Outcome.CROSS, Outcome.CROSS_WITH_IT, Outcome.A_DOG),
        (cross(PUG, BRIARD), Outcome.CROSS, Outcome.CROSS, Outcome.A_DOG),
        (MIXED, Outcome.MIXED, Outcome.MIXED, Outcome.A_DOG),
        (NO_DOG, Outcome.NOT_A_DOG, Outcome.NOT_A_DOG, Outcome.FIRST),
        (UNKNOWN, Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.UNKNOWN),
    ],
)
def test_what_a_word_says_of_an_answer(
    run: MadeUpRun, word: Correction, sure: Outcome, unsure: Outcome, no_dog: Outcome
) -> None:
    run.add("1.jpg", run.sure(BEAGLE), word=word)
    run.add("2.jpg", run.unsure(BEAGLE, BOXER), word=word)
    run.add("3.jpg", run.no_dog(), word=word)
    agreement = figures(run.review).agreement
    assert {status: dict(one.outcomes) for status, one in agreement.items()} == {
        Status.SURE: {sure: 1},
        Status.UNSURE: {unsure: 1},
        Status.NOT_A_DOG: {no_dog: 1},
    }


def test_agreement_is_a_share_of_what_can_be_compared(run: MadeUpRun) -> None:
    words = [breed(BEAGLE), breed(BEAGLE), breed(BOXER), MIXED, UNKNOWN, UNKNOWN, cross(BEAGLE, PUG)]
    for place, word in enumerate(words):
        run.add(f"{place}.jpg", run.unsure(BEAGLE, BOXER), word=word)
    run.add("nobody looked.jpg", run.unsure(BEAGLE, BOXER))
    unsure = figures(run.review).agreement[Status.UNSURE]
    assert (unsure.cases, unsure.agreed, unsure.named, unsure.animals) == (5, 2, 3, 5)


def test_an_unreadable_photograph_is_no_case(run: MadeUpRun) -> None:
    run.add("broken.jpg", None, word=breed(PUG))
    shown = figures(run.review)
    assert shown.reviewed == 1
    assert sum(one.cases for one in shown.agreement.values()) == 0
    assert shown.cells == ()
    assert shown.breeds == (BreedCount("pug", 1),)


def test_ten_photographs_of_one_dog_promise_no_more_than_one(run: MadeUpRun) -> None:
    for place in range(10):
        run.add(f"rex_{place}.jpg", run.sure(BEAGLE), "Rex", breed(BEAGLE))
    run.add("copy.jpg", run.sure(PUG), word=breed(PUG))
    run.add("copy of copy.jpg", run.sure(PUG), again=11)
    sure = figures(run.review).agreement[Status.SURE]
    assert (sure.cases, sure.agreed, sure.animals) == (12, 12, 2)
    assert sure.interval(sure.agreed) == wilson_interval(1.0, 2)
    assert sure.interval(sure.agreed)[0] < 0.4


def test_words_on_another_models_answers_are_told(run: MadeUpRun) -> None:
    run.add("1.jpg", run.sure(BEAGLE), word=breed(BEAGLE))
    run.add("2.jpg", run.sure(BEAGLE), word=replace(breed(BEAGLE), model="the one before"))
    run.add("3.jpg", run.sure(BEAGLE), word=replace(breed(BEAGLE), model=""))
    run.add("4.jpg", run.sure(BEAGLE), word=replace(UNKNOWN, model="the one before"))
    assert figures(run.review).agreement[Status.SURE].elsewhere == 1


# The numbers of Newcombe 1998, "Two-sided confidence intervals for the single proportion", method 3.
@pytest.mark.parametrize(
    ("right", "cases", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons(right: int, cases: int, low: float, high: float) -> None:
    found = wilson_interval(right / cases, cases)
    assert [round(end, 4) for end in found] == [low, high]


def test_every_cell_opens_its_photographs(run: MadeUpRun) -> None:
    words = [breed(PUG), CORSO, cross(PUG, BOXER), MIXED, UNKNOWN, NO_DOG, breed(BEAGLE)]
    for place, word in enumerate([*words, *words[:3]]):
        run.add(f"{place}.jpg", run.sure(BEAGLE), word=word)
        run.add(f"{place} again.jpg", run.unsure(HUSKY, ESKIMO), word=word)
        run.add(f"{place} wall.jpg", run.no_dog(), word=word)
    shown = figures(run.review)
    assert len(shown.cells) == 21
    assert sum(cell.photographs for cell in shown.cells) == shown.reviewed == 30
    for cell in shown.cells:
        numbers = run.review.numbers(cell_filter(cell.predicted, cell.said))
        assert len(numbers) == cell.photographs, cell
    counts = [cell.photographs for cell in shown.cells]
    assert counts == sorted(counts, reverse=True)


def test_only_breeds_with_disagreements_are_in_the_matrix(run: MadeUpRun) -> None:
    run.add("agreed.jpg", run.sure(BRIARD), word=breed(BRIARD))
    run.add("who knows.jpg", run.sure(ESKIMO), word=UNKNOWN)
    run.add("1.jpg", run.sure(PUG), word=breed(PUG))
    for place in range(2):
        run.add(f"pug {place}.jpg", run.sure(PUG), word=breed(BOXER))
    run.add("2.jpg", run.sure(BEAGLE), word=CORSO)
    run.add("3.jpg", run.sure(BEAGLE), word=UNKNOWN)
    run.add("4.jpg", run.no_dog(), word=breed(PUG))
    table = disagreements(figures(run.review))
    assert table.rows == ("pug", "beagle", "not_a_dog"), "the most disagreements first"
    assert table.columns == ("unknown", "pug", "boxer", "other:Cane Corso")
    assert table.counts == {
        ("pug", "pug"): 1,
        ("pug", "boxer"): 2,
        ("beagle", "other:Cane Corso"): 1,
        ("beagle", "unknown"): 1,
        ("not_a_dog", "pug"): 1,
    }


def test_breeds_that_agree_and_are_also_said_for_others_show_their_diagonal(run: MadeUpRun) -> None:
    run.add("1.jpg", run.sure(PUG), word=breed(BOXER))
    run.add("2.jpg", run.sure(BOXER), word=breed(BOXER))
    run.add("3.jpg", run.sure(BRIARD), word=breed(BRIARD))
    table = disagreements(figures(run.review))
    assert (table.rows, table.columns) == (("pug",), ("boxer",))


def test_what_is_confused_stands_together(run: MadeUpRun) -> None:
    for predicted, said, times in [(BEAGLE, BOXER, 3), (PUG, BRIARD, 2), (BOXER, BEAGLE, 1), (BRIARD, PUG, 1)]:
        for _ in range(times):
            run.add(f"{run.number}.jpg", run.sure(predicted), word=breed(said))
    table = disagreements(figures(run.review))
    assert table.rows == ("beagle", "boxer", "pug", "briard") == table.columns


def test_names(run: MadeUpRun) -> None:
    run.add("1.jpg", run.sure(PUG), word=Correction(Kind.BREED, "corso", "Cane Corso", model="another"))
    shown = figures(run.review)
    assert shown.names == {"corso": "Cane Corso"}
    said = ["husky", "corso", "other:Kangal", "cross", "mixed", "unknown", "not_a_dog", "gone"]
    expected = ["Siberian husky", "Cane Corso", "Kangal", "Cross of two breeds", "Mixed breed", "Unknown breed"]
    assert [said_name(one, shown, run.info) for one in said] == [*expected, "No dog", "gone"]
    set_language("fr")
    assert said_name("husky", shown, run.info) == "Husky sibérien"


def test_the_table_for_the_spreadsheet(run: MadeUpRun, tmp_path: Path) -> None:
    for place in range(3):
        run.add(f"{place}.jpg", run.sure(PUG), word=breed(BOXER))
    run.add("4.jpg", run.unsure(HUSKY, ESKIMO), word=replace(CORSO, name="=1+1"))
    path = tmp_path / "figures.csv"
    written = write_figures(path, figures(run.review), run.info)
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert (written.path, written.rows) == (path, len(rows) - 1)
    assert rows[0] == ["figure", "of", "people_said", "photographs"]
    assert ["photographs", "", "", "4"] in rows
    assert ["status", "sure", "", "3"] in rows
    assert ["breed", "Boxer", "", "3"] in rows
    assert ["agreement", "sure", "other_breed", "3"] in rows
    assert ["answer", "Pug", "Boxer", "3"] in rows
    assert ["answer", "Siberian husky", "\u00a0=1+1", "1"] in rows, "no formula"
    with pytest.raises(AlreadyThereError):
        write_figures(path, figures(run.review), run.info)
    write_figures(path, figures(run.review), run.info, may_replace=True)


def test_agreement_without_words() -> None:
    assert Agreement().cases == Agreement().named == 0


def test_more_rows_than_are_read_at_once(run: MadeUpRun) -> None:
    run.add_many([(f"{n}.jpg", run.unsure(HUSKY, ESKIMO), "", 0) for n in range(1201)])
    run.library.label({n: breed(ESKIMO) for n in range(1, 1202)})
    shown = figures(run.review)
    assert shown.cells == (Cell("husky", "eskimo", 1201),)
    assert shown.agreement[Status.UNSURE].outcomes == {Outcome.NAMED: 1201}
    assert run.review.numbers(Filter(predicted="husky", said="eskimo"))
