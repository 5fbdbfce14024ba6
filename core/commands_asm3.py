"""The command classify with --format asm3: one row for each animal, as the shelter software ASM3 imports it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from core.about import NAME
from core.asm3_options import Asm3Options
from core.bundles import Bundle
from core.database import Database
from core.errors import LibraryError, UserError
from core.export_files import LeftOut, Written
from core.export_jobs import Wanted, animals_of
from core.exports_asm3 import write_asm3, write_asm3_to
from core.fingerprints import model_fingerprint
from core.folders import library_path
from core.records import Animal
from core.reviews import Review
from core.runs import Run, State
from core.shelter_facts import Facts, joined, read_facts
from core.tagging import TagProgress, tag
from core.texts import tr

# ASM3 refuses a new animal without an age, and marks one that comes as a number of years as estimated.
USUAL_AGE_YEARS = 1.0
_MOST_TOLD = 20


@dataclass(frozen=True)
class AnimalTable:
    """What was asked for: `out` None is stdout; `facts` is a table of the shelter's own with names, ages, codes."""

    paths: tuple[Path, ...]
    out: Path | None
    options: Asm3Options
    facts: Path | None = None
    shows_progress: bool = False


def write_animals(wanted: AnimalTable, bundle: Bundle) -> Written:
    """Tag the photographs, into the library where it can be used, and write their animals.

    Where no age is known and none was given, a year stands for it, and the user is told so. Raises UserError.
    """
    options, table = wanted.options, read_facts(wanted.facts) if wanted.facts else None
    for problem in table.problems if table else ():
        _say(problem)
    has_age = options.default_age_years is not None
    options = options if has_age else replace(options, default_age_years=USUAL_AGE_YEARS)
    animals = _animals(bundle, wanted)
    facts = joined([animal.name for animal in animals], table) if table else {}
    written = _written(wanted, animals, bundle, facts, options)
    _tell(written, [] if has_age else _without_age(animals, facts))
    return written


def _written(
    wanted: AnimalTable, animals: list[Animal], bundle: Bundle, facts: dict[str, Facts], options: Asm3Options
) -> Written:
    if wanted.out is None:
        return write_asm3_to(animals, bundle.info, facts, options, sys.stdout)
    return write_asm3(animals, bundle.info, facts, options, wanted.out, may_replace=True)


def _animals(bundle: Bundle, wanted: AnimalTable) -> list[Animal]:
    """The animals in the photographs; with a library for this time only where the user's cannot be used to the end."""
    try:
        with closing(Database(library_path())) as library:
            return _animals_in(library, bundle, wanted)
    except LibraryError as error:
        _say(tr("{problem} The table is written all the same, but its answers are not kept.").format(problem=error))
    with tempfile.TemporaryDirectory() as folder, closing(Database(Path(folder) / "library.sqlite")) as library:
        return _animals_in(library, bundle, wanted)


def _animals_in(library: Database, bundle: Bundle, wanted: AnimalTable) -> list[Animal]:
    run = _tagged(library, bundle, wanted)
    review = Review(library, run.id, model_fingerprint(bundle.info), bundle.info)
    return list(animals_of(review, Wanted()))


def _tagged(library: Database, bundle: Bundle, wanted: AnimalTable) -> Run:
    last: list[TagProgress] = []
    show: Callable[[TagProgress], None] = _bar() if wanted.shows_progress else lambda progress: None

    def hear(progress: TagProgress) -> None:
        last[:] = [progress]
        show(progress)

    run = tag(library, bundle, wanted.paths, hear, lambda: False)
    if last and last[0].problem:
        raise (LibraryError if last[0].is_of_library else UserError)(last[0].problem)
    if run.state is not State.DONE or not last or not last[0].done:
        raise UserError(tr("There are no photographs in {names}.").format(names=", ".join(map(str, wanted.paths))))
    return run


def _bar() -> Callable[[TagProgress], None]:
    from tqdm import tqdm

    bar = tqdm(unit=f" {tr('photographs')}", file=sys.stderr, dynamic_ncols=True)

    def show(progress: TagProgress) -> None:
        bar.total = progress.total
        bar.update(progress.done - bar.n)
        if progress.state is not State.RUNNING:
            bar.close()

    return show


def _without_age(animals: list[Animal], facts: dict[str, Facts]) -> list[str]:
    known = {name for name, fact in facts.items() if fact.age is not None or fact.born is not None}
    return [animal.name for animal in animals if animal.name not in known]


def _tell(written: Written, without_age: list[str]) -> None:
    """What the table cannot say itself goes to stderr."""
    for left in written.left_out[:_MOST_TOLD]:
        _say(_line(left))
    more = len(written.left_out) - _MOST_TOLD
    if more > 0:
        _say(tr("… and {count} more were left out.").format(count=more))
    for note in written.notes:
        _say(note)
    if without_age and written.rows:
        said = tr(
            "ASM3 takes no animal without an age: where none is known, {years} year was written. See --age, --facts."
        )
        _say(said.format(years=f"{USUAL_AGE_YEARS:g}"))


def _line(left: LeftOut) -> str:
    return tr("{name} was left out: {reason}").format(name=left.what, reason=left.why)


def _say(sentence: str) -> None:
    print(f"{NAME}: {sentence}", file=sys.stderr)
