"""Which rows an export takes, and what was typed of animals and is kept."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from core.export_jobs import Scope, Wanted, animals_of, numbers_of, photographs_of, thumbnail_of
from core.folders import data_dir
from core.kept_facts import FILE_NAME, load_facts, save_facts
from core.records import Status
from core.reviews import Filter
from core.shelter_facts import Facts, Sex
from tests.made_up_run import BEAGLE, BOXER, MadeUpRun, breed

UNSURE = Filter(statuses=frozenset((Status.UNSURE,)))


@pytest.fixture
def run(tmp_path: Path) -> MadeUpRun:
    made = MadeUpRun(tmp_path / "library.sqlite")
    made.add("a/rex.jpg", made.unsure(BEAGLE, BOXER), "Rex")
    made.add("b/lone.jpg", made.sure(BOXER))
    made.add("c/rex.jpg", made.sure(BEAGLE), "Rex", breed(BEAGLE))
    made.add("d/lone.jpg", made.unsure(BEAGLE, BOXER), "", breed(BOXER))
    return made


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), [1, 2, 3, 4]),
        (Wanted(reviewed_only=True), [3, 4]),
        (Wanted(Scope.LISTED, UNSURE), [1, 4]),
        (Wanted(Scope.LISTED, UNSURE, reviewed_only=True), [4]),
        (Wanted(Scope.LISTED, Filter(reviewed=False), reviewed_only=True), []),
        (Wanted(Scope.ALL, UNSURE, (2,)), [1, 2, 3, 4]),
        (Wanted(Scope.SELECTED, UNSURE, (4, 2, 99)), [2, 4]),
        (Wanted(Scope.SELECTED, Filter(), (4, 2), True), [4]),
    ],
)
def test_rows_that_are_wanted(run: MadeUpRun, wanted: Wanted, numbers: list[int]) -> None:
    assert numbers_of(run.review, wanted) == numbers
    assert len(list(photographs_of(run.review, wanted))) == len(numbers)


@pytest.mark.parametrize("few", [0, 20])
@pytest.mark.parametrize(
    ("wanted", "animals"),
    [
        (Wanted(), [("Rex", 2), ("b/lone", 1), ("d/lone", 1)]),
        (Wanted(Scope.SELECTED, selected=(3,)), [("Rex", 2)]),
        (Wanted(Scope.SELECTED, selected=(1, 3, 4)), [("Rex", 2), ("d/lone", 1)]),
        (Wanted(Scope.LISTED, UNSURE), [("Rex", 2), ("d/lone", 1)]),
        (Wanted(Scope.LISTED, Filter(reviewed=False), reviewed_only=True), []),
    ],
)
def test_an_animal_comes_once_with_all_its_photographs(
    run: MadeUpRun, wanted: Wanted, animals: list[tuple[str, int]], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.export_jobs._FEW", few)
    assert [(one.name, len(one.photographs)) for one in animals_of(run.review, wanted)] == animals


def test_photographs_without_an_animal_have_a_name_of_their_own(tmp_path: Path) -> None:
    made = MadeUpRun(tmp_path / "library.sqlite")
    for name in ("x/IMG_1.jpg", "y/IMG_2.jpg", "y/IMG_2.png", "z/y/IMG_3.jpg", "y/IMG_3.jpg", "Rex.jpg"):
        made.add(name, made.sure(BEAGLE))
    made.add("one.jpg", made.sure(BEAGLE), "Rex")
    names = [one.name for one in animals_of(made.review, Wanted())]
    assert names == [
        "IMG_1",
        "y/IMG_2.jpg",
        "y/IMG_2.png",
        "/photos/z/y/IMG_3.jpg",
        "/photos/y/IMG_3.jpg",
        "photos/Rex",
        "Rex",
    ]
    assert [one.name for one in animals_of(made.review, Wanted(Scope.SELECTED, selected=(3,)))] == ["y/IMG_2.png"]


def test_a_small_picture_is_found_by_content(run: MadeUpRun) -> None:
    with run.database.writing() as connection:
        connection.execute("INSERT INTO thumbnails VALUES (2, ?)", (b"jpeg",))
    first, second = list(photographs_of(run.review, Wanted()))[:2]
    assert thumbnail_of(run.review, second) == b"jpeg" and thumbnail_of(run.review, first) is None


def test_facts_are_kept_run_by_run() -> None:
    rex = Facts("Rex “le Roi”", "D1", date(2020, 2, 29), None, Sex.MALE)
    save_facts(1, {"rex": rex, "nothing": Facts()})
    save_facts(2, {"caf\udce9": Facts(age=0.5)})
    assert load_facts(1) == {"rex": rex}
    assert load_facts(2) == {"caf\udce9": Facts(age=0.5)}
    save_facts(1, {})
    assert load_facts(1) == {} and load_facts(2) != {}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"1": 5}', '{"1": {"rex": {"name": 1}}}', '{"1": {"rex": null}}'])
def test_a_damaged_file_of_facts_is_no_obstacle(text: str) -> None:
    (data_dir() / FILE_NAME).write_text(text, encoding="utf-8")
    assert load_facts(1) == {}
    save_facts(1, {"rex": Facts(age=2)})
    assert load_facts(1) == {"rex": Facts(age=2)}


def test_one_damaged_entry_does_not_take_the_others_along() -> None:
    save_facts(1, {"rex": Facts(age=2), "max": Facts(age=3)})
    path = data_dir() / FILE_NAME
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["1"]["rex"]["sex"] = "X"
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert load_facts(1) == {"max": Facts(age=3)}
