"""What is to be exported, as one record, and how that is done: it tells how far it is, and it can be stopped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from core.asm3_options import Asm3Options
from core.database import Database, bytes_path
from core.errors import Cancelled
from core.export_files import Written
from core.exports_copies import How
from core.exports_keywords import KeywordOptions
from core.exports_petfinder import ListingOptions
from core.records import Animal, Tagged
from core.reviews import Filter, Order, Review
from core.shelter_facts import Facts
from core.texts import Language

_AT_ONCE = 500
# The animals of so few rows are looked up one by one, which reads the run once for each.
_FEW = 20
_EVERYTHING = Filter()


class Form(Enum):
    """What kind of thing is written."""

    CSV = "csv"
    EXCEL = "excel"
    JSON = "json"
    ASM3 = "asm3"
    PETFINDER = "petfinder"
    ADOPTAPET = "adoptapet"
    KEYWORDS = "keywords"
    COPIES = "copies"


class Scope(Enum):
    """Which rows of a run are meant."""

    ALL = "all"
    LISTED = "listed"
    SELECTED = "selected"


@dataclass(frozen=True)
class Wanted:
    """The rows to be exported: all of the run, those of a filter, or those with the numbers `selected`."""

    scope: Scope = Scope.ALL
    listed: Filter = _EVERYTHING
    selected: tuple[int, ...] = ()
    reviewed_only: bool = False


@dataclass(frozen=True)
class Export:
    """One export: the options of its form, the others are not looked at. `facts` are by an animal's name.

    `path` is the file or the new folder; keywords beside photographs and in them need none.
    """

    form: Form
    wanted: Wanted
    path: Path
    language: Language = "en"
    top: int = 3
    asm3: Asm3Options = field(default_factory=Asm3Options)
    listing: ListingOptions | None = None
    keywords: KeywordOptions = field(default_factory=KeywordOptions)
    how: How = How.COPY
    facts: Mapping[str, Facts] = field(default_factory=dict)
    may_replace: bool = False


class Steps:
    """How far an export is: written by the thread that works, read by the one that shows it."""

    def __init__(self, total: int = 0) -> None:
        """`total` is 0 as long as nobody knows it."""
        self.done = 0
        self.total = total


ShouldStop = Callable[[], bool]


def numbers_of(review: Review, wanted: Wanted) -> list[int]:
    """The numbers of the rows that are wanted, in the order of the folder."""
    asked = _filter(wanted)
    if asked is None:
        return []
    numbers = review.numbers(asked, Order.PLACE)
    if wanted.scope is not Scope.SELECTED:
        return numbers
    selected = set(wanted.selected)
    return [number for number in numbers if number in selected]


def photographs_of(review: Review, wanted: Wanted) -> Iterator[Tagged]:
    """What stands in these rows, a few at a time."""
    numbers = numbers_of(review, wanted)
    for start in range(0, len(numbers), _AT_ONCE):
        yield from (row.tagged for row in review.rows(numbers[start : start + _AT_ONCE]))


def animals_of(review: Review, wanted: Wanted) -> Iterator[Animal]:
    """The animals that these rows show, each with all its photographs, and no two of a run with the same name.

    A photograph of which nobody knows whom it shows is called as its file, with its folder where that is not enough:
    cameras begin anew in each of their folders, and what is typed of one dog must not become another one's.
    """
    asked = _filter(wanted)
    if asked is None:
        return
    named = _Names(review)
    yield from (named.named(animal) for animal in _animals(review, wanted, asked))


def _animals(review: Review, wanted: Wanted, asked: Filter) -> Iterator[Animal]:
    if wanted.scope is not Scope.SELECTED:
        yield from review.animals(asked)
        return
    numbers = numbers_of(review, wanted)
    if len(numbers) <= _FEW:
        rows = {row.tagged.animal or row.tagged.path: row for row in reversed(review.rows(numbers))}
        yield from (review.animal_of(row) for row in reversed(rows.values()))
        return
    chosen = {(one.animal, None if one.animal else one.path) for one in photographs_of(review, wanted)}
    for animal in review.animals(asked):
        first = animal.photographs[0]
        if (first.animal, None if first.animal else first.path) in chosen:
            yield animal


class _Names:
    """What animals without a name are called: the same whichever rows are wanted."""

    def __init__(self, review: Review) -> None:
        with review.database.reading() as connection:
            found = connection.execute("SELECT path FROM run_files WHERE run = ?", (review.run,)).fetchall()
        with review.database.understanding():
            counted = Counter(name for (path,) in found for name in set(_names_for(bytes_path(path))))
        counted.update(review.names_of_animals())
        self._counted = counted

    def named(self, animal: Animal) -> Animal:
        first = animal.photographs[0]
        if first.animal:
            return animal
        names = _names_for(first.path)
        return replace(animal, name=next((name for name in names if self._counted[name] < 2), names[-1]))


def _names_for(path: Path) -> tuple[str, ...]:
    """What a photograph may be called, from short to unmistakable."""
    folder = path.parent.name
    return path.stem, f"{folder}/{path.stem}", f"{folder}/{path.name}", str(path)


def name_of_run(review: Review) -> str:
    """What the folder is called over which the run went; empty where nobody can say."""
    with review.database.reading() as connection:
        found = connection.execute("SELECT roots FROM runs WHERE id = ?", (review.run,)).fetchone()
        roots = json.loads(found[0]) if found else []
        return Path(roots[0]).name if roots else ""


def write(export: Export, review: Review, steps: Steps, should_stop: ShouldStop) -> Written:
    """Do it, and say what was written. Raises Cancelled when stopped, AlreadyThereError, and UserError."""
    if export.form in (Form.ASM3, Form.PETFINDER, Form.ADOPTAPET):
        return _write_animals(export, review, steps, should_stop)
    steps.total = len(numbers_of(review, export.wanted))

    def progress(done: int) -> None:
        steps.done = done

    tagged = photographs_of(review, export.wanted)
    if export.form in (Form.KEYWORDS, Form.COPIES):
        return _write_files(export, review, tagged, progress, should_stop)
    return _write_table(export, review, tagged, progress, should_stop)


def thumbnail_of(review: Review, tagged: Tagged) -> bytes | None:
    """The small picture (JPEG) that was kept when the photograph was tagged."""
    if not tagged.content:
        return None
    with review.database.reading() as connection:
        found = connection.execute(
            "SELECT CAST(jpeg AS BLOB) FROM thumbnails JOIN photographs ON photographs.id = photograph "
            "WHERE content = ?",
            (tagged.content,),
        ).fetchone()
    return bytes(found[0]) if found else None


def _write_table(
    export: Export, review: Review, tagged: Iterator[Tagged], progress: Callable[[int], None], should_stop: ShouldStop
) -> Written:
    """One row a photograph."""
    if export.form is Form.EXCEL:
        from core.exports_excel import write_excel

        return write_excel(
            export.path,
            tagged,
            review.info,
            language=export.language,
            thumbnail_of=lambda one: thumbnail_of(review, one),
            may_replace=export.may_replace,
            progress=progress,
            should_stop=should_stop,
        )
    from core.exports import write_table

    return write_table(
        export.path,
        tagged,
        review.info,
        "json" if export.form is Form.JSON else "csv",
        language=export.language,
        top=export.top,
        may_replace=export.may_replace,
        progress=progress,
        should_stop=should_stop,
    )


def _write_files(
    export: Export, review: Review, tagged: Iterator[Tagged], progress: Callable[[int], None], should_stop: ShouldStop
) -> Written:
    """One file a photograph."""
    if export.form is Form.COPIES:
        from core.exports_copies import write_sorted

        return write_sorted(
            export.path,
            tagged,
            review.info,
            how=export.how,
            language=export.language,
            progress=progress,
            should_stop=should_stop,
        )
    from core.exports_keywords import write_keywords

    return write_keywords(
        tagged,
        review.info,
        replace(export.keywords, folder=export.path),
        announce=lambda one, content: _renew(review.database, one.content, content),
        progress=progress,
        should_stop=should_stop,
    )


def _write_animals(export: Export, review: Review, steps: Steps, should_stop: ShouldStop) -> Written:
    """One row an animal."""

    def tick(done: int, of: int) -> None:
        if should_stop():
            raise Cancelled
        steps.done, steps.total = done, of

    animals = _stopping(animals_of(review, export.wanted), should_stop)
    if export.form is Form.ASM3:
        from core.exports_asm3 import write_asm3

        return write_asm3(
            animals, review.info, export.facts, export.asm3, export.path, may_replace=export.may_replace, tick=tick
        )
    from core.exports_petfinder import write_listing

    assert export.listing is not None
    return write_listing(
        animals, review.info, export.facts, export.listing, export.path, may_replace=export.may_replace
    )


def _stopping(animals: Iterator[Animal], should_stop: ShouldStop) -> Iterator[Animal]:
    for animal in animals:
        if should_stop():
            raise Cancelled
        yield animal


def _filter(wanted: Wanted) -> Filter | None:
    """What is asked of the rows; None where nothing can be meant."""
    asked = wanted.listed if wanted.scope is Scope.LISTED else _EVERYTHING
    if not wanted.reviewed_only:
        return asked
    return None if asked.reviewed is False else replace(asked, reviewed=True)


def _renew(database: Database, old: str, new: str) -> None:
    """A photograph gets keywords and with them another content: what is known of it stays with it.

    Should the file stay as it was after all, it is still known by its path, size and time.
    """
    with database.writing() as connection:
        connection.execute("UPDATE OR IGNORE photographs SET content = ? WHERE content = ?", (new, old))
