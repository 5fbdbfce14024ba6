"""What the program does with a fuzzed library: opened, looked at in every way, worked on, tagged on, trained from."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from core.batch import Batch
from core.errors import UserError
from core.export_jobs import Export, Form, Steps, Wanted, write
from core.exports_keywords import KeywordOptions, Where
from core.figures import disagreements, figures
from core.fingerprints import backbones_fingerprint
from core.folders import library_path, training_dir
from core.knowledge import Knowledge
from core.library import Library
from core.neighbours import perhaps_wrong
from core.reanswer import reanswer
from core.records import Correction, Kind, Status
from core.reviews import Filter, Order, Review
from core.runs import latest_run, runs
from core.tagging import tag
from tests.fuzz_ready import ready
from training.embeddings import DATABASE_FILE, vectors_of_contents
from training.library_source import read_library
from training.photo_facts import look_at
from training.telling import Silent

_ENDINGS = {Form.JSON: ".json", Form.EXCEL: ".xlsx", Form.KEYWORDS: ""}


_T = TypeVar("_T")


class Told:
    """Collects what the program says, each step by itself: one that is refused must not hide the next."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def __call__(self, act: Callable[[], _T]) -> _T | None:
        try:
            return act()
        except UserError as error:
            self.reasons.append(str(error))
            return None


def check_library(folder: Path) -> list[str]:
    """Open it, look at everything in it in every way, work on it, tag on, train from it; nothing of it may be lost."""
    told = Told()
    for one in folder.glob("library.sqlite*"):
        shutil.copyfile(one, library_path().parent / one.name)
    _training_reads(told)
    library = told(lambda: Library(library_path()))
    if not isinstance(library, Library):
        _check_nothing_lost(folder)
        return told.reasons
    with closing(library):
        if library.notice:
            told.reasons.append(library.notice)
            assert list(library_path().parent.glob("library-damaged-*")), "a damaged library was not put aside"
        for run in told(lambda: runs(library.database)) or ():
            told(partial(_looked_at, told, Review(library.database, run.id, run.fingerprint, ready().bundle.info)))
        told(lambda: latest_run(library.database))
        _worked_on(told, library, folder)
    return told.reasons


def _check_nothing_lost(folder: Path) -> None:
    """A library that was refused still has every row that it had."""
    before, after = _rows(folder / "library.sqlite"), _rows(library_path())
    assert all(after.get(table, 0) >= count for table, count in before.items()), "a refused library has lost rows"


def _rows(path: Path) -> dict[str, int]:
    """How many rows each table has that holds what people said, as far as it can be read."""
    counts: dict[str, int] = {}
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        for table in ("photographs", "corrections", "groupings", "actions"):
            with suppress(sqlite3.Error):
                counts[table] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return counts


def _looked_at(told: Told, review: Review) -> None:
    """What the window shows of a run."""
    everything = told(lambda: review.numbers()) or []
    assert isinstance(everything, list)
    for order in Order:
        for reverse in (False, True):
            told(partial(review.numbers, Filter(), order, reverse))
    for wanted in (
        Filter(words="rex red"), Filter(words="ñ 犬"), Filter(statuses=frozenset(Status)), Filter(label="colour-red"),
        Filter(animal="Rex"), Filter(reviewed=True), Filter(predicted="colour-red", said="colour-blue"),
    ):  # fmt: skip
        told(partial(review.numbers, wanted))
    told(lambda: review.rows(everything))
    told(lambda: list(review.photographs()))
    told(lambda: list(review.animals()))
    told(lambda: [review.animal_of(row) for row in review.rows(everything)])
    told(review.names_of_animals)
    told(review.breeds)
    told(lambda: [review.thumbnail(number) for number in range(10)])
    told(lambda: disagreements(figures(review)))
    folder = library_path().parent
    for form in (Form.CSV, Form.JSON, Form.EXCEL, Form.ASM3, Form.KEYWORDS):
        keywords = KeywordOptions(Where.COPIES)
        export = Export(
            form, Wanted(), folder / f"export-{review.run}-{form.value}{_ENDINGS.get(form, '.csv')}", keywords=keywords
        )
        told(partial(write, export, review, Steps(), lambda: False))


def _worked_on(told: Told, library: Library, folder: Path) -> None:
    """What the user and the tagging write."""
    word = Correction(Kind.BREED, "colour-red", "red", "ada", "colours")
    told(lambda: library.can_undo)
    told(lambda: library.correct("0" * 64, None, word))
    told(lambda: library.correction("0" * 64))
    told(lambda: library.label({1: word}))
    told(lambda: library.group([1, 2], "Rex", "ada"))
    for _ in range(4):
        told(library.undo)
    told(lambda: library.take_back("0" * 64))
    told(lambda: Knowledge(library.database, ready().bundle).count_unanswered())
    told(lambda: reanswer(library.database, ready().bundle, lambda *_: None, lambda: False))
    told(lambda: perhaps_wrong(library.database, backbones_fingerprint(ready().bundle)))
    photos = sorted((folder / "photos").iterdir())
    for without in (None, told.reasons.append):
        batch = told(partial(Batch, ready().bundle, library.database, workers=1, without=without))
        answered = told(partial(list[object], batch.answers(photos))) if batch else None
        assert answered is None or len(answered) == len(photos), "rows are missing"
    told(lambda: tag(library.database, ready().bundle, [folder / "photos"], lambda _: None, lambda: False))


def _training_reads(told: Told) -> None:
    """The library as training takes it, and training's own databases, which may be anything too."""
    library = library_path()
    for name in ("photo_facts.sqlite", DATABASE_FILE):
        shutil.copyfile(library, training_dir() / name)
    told(lambda: look_at([library], Silent()))
    told(lambda: vectors_of_contents(ready().bundle, ["0" * 64]))
    copy = library.with_name("copy.sqlite")
    shutil.copyfile(library, copy)
    told(lambda: read_library(copy, Silent()))
