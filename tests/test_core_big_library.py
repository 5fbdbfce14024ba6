"""Many rows: the lists are what one would find row by row, they follow every change, and read only what has changed."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest

from core.folded_texts import FoldedTexts
from core.name_search import folded
from core.records import Correction, Kind, Status
from core.reviews import Filter, Order, Review, Row, said_of
from core.run_columns import RunColumns, columns_of
from tests.made_up_run import BREEDS, MadeUpRun, breed, cross

NAMES = ("Rex", "rex été", "Médor", "Zoé", "IMG", "Αργος", "a b  c", "ß-hund", "x\ny")
WORDS = (
    *(breed(place) for place in range(len(BREEDS))),
    *(cross(0, 3), cross(4, 1), Correction(Kind.MIXED), Correction(Kind.UNKNOWN), Correction(Kind.NOT_A_DOG)),
    Correction(Kind.OTHER, name="Cane Corso"),
)


@pytest.fixture
def run(tmp_path: Path) -> MadeUpRun:
    return MadeUpRun(tmp_path / "library.sqlite")


def fill(run: MadeUpRun, number: int, seed: int = 0) -> random.Random:
    chance = random.Random(seed)
    rows, own = [], list[int]()
    for place in range(number):
        name = f"{chance.choice(NAMES)} {chance.randrange(number)}_{place}.jpg"
        answers = (run.sure(chance.randrange(6)), run.sure(chance.randrange(6)), run.no_dog(), None)
        again = chance.choice(own) if place > 5 and chance.random() < 0.1 else 0
        own += [] if again else [place + 1]
        rows.append((name, chance.choice(answers), chance.choice(("", "Rex", "Bella", "Élan")), again))
    run.add_many(rows)
    return chance


def say(run: MadeUpRun, chance: random.Random, number: int, times: int) -> None:
    for _ in range(times):
        some = {chance.randrange(1, number + 1): chance.choice(WORDS) for _ in range(5)}
        with run.database.reading() as connection:
            known = {found for (found,) in connection.execute("SELECT id FROM photographs")}
        act = chance.randrange(5)
        if act < 3:
            run.library.label({photograph: word for photograph, word in some.items() if photograph in known})
        elif act == 3:
            run.library.group([one for one in some if one in known], chance.choice(("", "Rex", "Neu")), "ada")
        else:
            run.library.undo()


def has(row: Row, word: str, run: MadeUpRun) -> bool:
    said = row.tagged.reviewed
    texts = [row.tagged.path.name, row.tagged.animal, *((said.name, said.second_name) if said else ())]
    labels = {label.id: (label.en, label.fr) for label in run.info.labels}
    if said is not None:
        texts += [name for label in (said.label, said.second) for name in labels.get(label, ())]
    elif row.tagged.verdict.status in (Status.SURE, Status.UNSURE):
        texts += labels[run.info.labels[row.tagged.verdict.candidates[0].label].id]
    return any(word in folded(text) for text in texts)


def test_lists_are_what_one_finds_row_by_row(run: MadeUpRun) -> None:
    chance = fill(run, 300)
    for _ in range(4):
        say(run, chance, 300, 12)
        rows = {row.number: row for row in run.review.rows(list(range(1, 301)))}
        assert sorted(run.review.numbers()) == sorted(rows)
        for status in Status:
            found = {n for n, row in rows.items() if row.tagged.verdict.status is status}
            assert set(run.review.numbers(Filter(frozenset({status})))) == found
        for animal in ("", "Rex", "Neu", "nobody"):
            assert set(run.review.numbers(Filter(animal=animal))) == {
                n for n, row in rows.items() if row.tagged.animal == animal
            }
        reviewed = {n for n, row in rows.items() if row.tagged.reviewed is not None}
        assert set(run.review.numbers(Filter(reviewed=True))) == reviewed
        assert run.review.count(Filter(reviewed=False)) == len(rows) - len(reviewed)
        for word in (breed(0), cross(0, 3), Correction(Kind.OTHER, name="Cane Corso")):
            said = said_of(word)
            assert set(run.review.numbers(Filter(said=said))) == {
                n
                for n in reviewed
                if said_of(rows[n].tagged.reviewed) == said  # type: ignore[arg-type]
            }
        for words in ("rex", "ete", "medor 1", "beagle", "carlin", "corso", "zz"):
            assert set(run.review.numbers(Filter(words=words))) == {
                n for n, row in rows.items() if all(has(row, word, run) for word in folded(words).split())
            }, words
        assert set(run.review.numbers(Filter(words="Αργ"))) == {
            n for n, row in rows.items() if "Αργ" in str(row.tagged.path)
        }


def test_orders_are_those_of_the_rows(run: MadeUpRun) -> None:
    chance = fill(run, 200, seed=1)
    say(run, chance, 200, 20)
    rows = {row.number: row for row in run.review.rows(list(range(1, 201)))}
    ranks = {status: rank for rank, status in enumerate(Status)}

    def check(order: Order, key: object, reverse_key: object) -> None:
        assert run.review.numbers(Filter(), order) == sorted(rows, key=key)  # type: ignore[call-overload]
        assert run.review.numbers(Filter(), order, True) == sorted(rows, key=reverse_key)  # type: ignore[call-overload]

    def place(n: int) -> int:
        return rows[n].place

    check(Order.PLACE, place, lambda n: -place(n))
    check(Order.DOUBT, lambda n: (-rows[n].doubt, place(n)), lambda n: (rows[n].doubt, place(n)))
    assert list(ranks) == [Status.SURE, Status.UNSURE, Status.NOT_A_DOG, Status.UNREADABLE]
    rank = {n: ranks[row.tagged.verdict.status] for n, row in rows.items()}
    check(Order.STATUS, lambda n: (rank[n], place(n)), lambda n: (-rank[n], place(n)))
    assert run.review.numbers(Filter(), Order.NAME) == sorted(rows, key=lambda n: bytes(rows[n].tagged.path))
    assert run.review.numbers(Filter(), Order.NAME, True) == sorted(
        rows, key=lambda n: bytes(rows[n].tagged.path), reverse=True
    )
    names = {n: row.tagged.animal for n, row in rows.items()}
    assert run.review.numbers(Filter(), Order.ANIMAL) == sorted(rows, key=lambda n: (not names[n], names[n], place(n)))
    never = datetime(1970, 1, 1, tzinfo=timezone.utc)
    at = {n: row.tagged.reviewed.at if row.tagged.reviewed else None for n, row in rows.items()}
    check(
        Order.REVIEWED,
        lambda n: (at[n] is None, -(at[n] or never).timestamp(), place(n)),
        lambda n: (at[n] is not None, (at[n] or never).timestamp(), place(n)),
    )


def test_a_word_does_not_read_the_rows_again(run: MadeUpRun, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(run, 100)
    before = run.review.numbers(Filter(reviewed=True))
    read: list[int] = []
    real = RunColumns._parts

    def parts(self: RunColumns, known: int) -> object:
        found = real(self, known)
        read.extend(part[0] for part in found)
        return found

    monkeypatch.setattr(RunColumns, "_parts", parts)
    run.library.label({7: breed(2)})
    assert run.review.numbers(Filter(reviewed=True)) == sorted({*before, 7}) == [7]
    assert read == []
    run.add("new.jpg", run.sure(0))
    assert 101 in run.review.numbers() and read == [1], "only the new row"
    with run.database.writing() as connection:
        connection.execute("UPDATE run_files SET animal = 'Rex' WHERE id = 5")
    assert 5 in run.review.numbers(Filter(animal="Rex")) and read == [1, 101], "changed rows: all of them"


def test_changes_of_another_program_are_seen(run: MadeUpRun) -> None:
    fill(run, 20)
    assert run.review.count() == 20
    with closing(sqlite3.connect(run.database.path)) as other:
        other.execute("DELETE FROM run_files WHERE id = 20")
        other.execute("UPDATE answers SET status = 'not_a_dog' WHERE photograph = 1")
        other.execute(
            "INSERT INTO corrections(photograph, kind, label, name, who, at, model, predicted, probability) "
            "VALUES (2, 'mixed', '', '', 'ada', '2026-01-01T00:00:00+00:00', '', '', 0)"
        )
        other.commit()
        assert run.review.count() == 19
        assert run.review.numbers(Filter(said="mixed")) == [2]
        other.execute("UPDATE corrections SET taken_back = 'now'")
        other.commit()
    assert run.review.numbers(Filter(said="mixed")) == []


def test_a_library_that_fails_once_is_read_whole_afterwards(run: MadeUpRun, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(run, 50)
    run.review.numbers()
    run.add("one more.jpg", run.sure(0))

    def broken(*_parts: object) -> None:
        raise OSError("the drive is gone")

    with monkeypatch.context() as patch:
        patch.setattr("core.run_words.Words.updated", broken)
        with pytest.raises(OSError, match="drive"):
            run.review.numbers()
    assert sorted(run.review.numbers()) == list(range(1, 52))


def test_what_is_asked_of_all_rows_goes_by_indexes(run: MadeUpRun) -> None:
    from core import run_columns

    fill(run, 50)
    values = {"run": 1, "model": 1, "scale": 1, "after": 0, "until": 50}
    asked = {
        run_columns._PART: ("f USING INTEGER PRIMARY KEY", "a USING COVERING INDEX answers_in_short"),
        "SELECT count(*) FROM run_files WHERE run = :run": ("USING COVERING INDEX run_files_by_run",),
        "SELECT max(id) FROM run_files WHERE run = :run": ("USING COVERING INDEX run_files_by_run",),
        "SELECT photograph FROM corrections WHERE revision > :run AND revision > 0": ("corrections_by_revision",),
    }
    for query, parts in asked.items():
        with run.database.reading() as connection:
            plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values))
        assert all(part in plan for part in parts), (query, plan)


def test_columns_of_few_runs_are_kept(run: MadeUpRun) -> None:
    first = columns_of(run.database, 1, 1)
    assert columns_of(run.database, 1, 1) is first
    for other in (2, 3):
        columns_of(run.database, other, 1)
    assert columns_of(run.database, 1, 1) is not first


def test_letters_are_found_where_python_finds_them() -> None:
    chance = random.Random(2)
    texts = ["".join(chance.choice("abAB1 é_œ.") for _ in range(chance.randrange(12))) for _ in range(400)]
    made = FoldedTexts([text.encode() for text in texts[:150]])
    made = FoldedTexts([text.encode() for text in texts[150:]], made)
    assert len(made) == len(texts)
    for word in ("a", "ab", "ba1", "abab", "e", "oe", "1ab1a"):
        expected = [word in folded(text) for text in texts]
        assert np.flatnonzero(made.containing(word)).tolist() == np.flatnonzero(expected).tolist(), word
    assert not FoldedTexts([]).containing("a").any()


def test_a_review_without_rows(run: MadeUpRun) -> None:
    assert run.review.numbers() == [] and run.review.breeds() == {} and run.review.names_of_animals() == []
    assert run.review.numbers(Filter(words="rex"), Order.NAME) == []
    assert Review(run.database, 9, "never seen", run.info).numbers(Filter(), Order.BREED) == []
