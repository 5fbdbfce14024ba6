"""The animals of an export as rows: what would be written of each, what stands in the way, and what to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from core.bundle_info import BundleInfo
from core.export_checks import Checked, Problem, ProblemKind, check_animals
from core.export_jobs import Form
from core.exports_asm3 import breeds_of
from core.exports_petfinder import listed_breeds, refusals
from core.records import Animal
from core.shelter_breeds import load_table
from core.shelter_claims import Ground
from core.shelter_facts import Facts, Sex, parse_age, parse_born, parse_sex
from core.texts import language, tr
from gui.editable_table import Cell
from gui.export_kinds import asm3_options, listing_options
from gui.shown_names import printable

NAME, CODE, AGE, SEX = 1, 2, 3, 4
FIELDS = (NAME, CODE, AGE, SEX)
# What is wrong with how a breed is called there: mended in the table of breed names.
OF_NAMES = frozenset((ProblemKind.NO_MAPPING, ProblemKind.UNKNOWN_BREED, ProblemKind.COARSER, ProblemKind.ODD_NAME))


@dataclass(frozen=True)
class AnimalRow:
    """One animal: `blocking` are the sentences why it is not written, `notes` those that one should know."""

    checked: Checked
    breeds: tuple[str, str]
    blocking: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def animal(self) -> Animal:
        return self.checked.animal

    @property
    def rank(self) -> int:
        """Where it stands in the list: what can be mended first, then what cannot, what is to be known, the rest."""
        if self.blocking:
            return 1 if _is_none(self.checked) else 0
        return 2 if self.notes else 3


def animal_rows(
    form: Form,
    animals: Sequence[Animal],
    info: BundleInfo,
    facts: Mapping[str, Facts],
    values: Mapping[str, str],
    default_age: float | None,
) -> list[AnimalRow]:
    """The animals, in their order, as they would be written now."""
    table = load_table()
    if form is Form.ASM3:
        options = asm3_options(values, default_age)
        checked = check_animals(animals, info, facts, options, table)
        return [
            AnimalRow(
                one,
                ("", "") if _is_none(one) else breeds_of(one.claim, options),
                tuple(problem.sentence for problem in one.blocking),
                tuple(problem.sentence for problem in one.problems if not problem.is_blocking),
            )
            for one in checked
        ]
    listing = listing_options(form, values, default_age)
    rows = []
    for one in check_animals(animals, info, facts, listing.like_asm3, table):
        first, second, _ = listed_breeds(one, listing)
        breeds = ("", "") if _is_none(one) else (first, second)
        notes = tuple(problem.sentence for problem in one.problems if _is_note_of_listing(problem))
        rows.append(AnimalRow(one, breeds, tuple(refusals(one, listing, date.today())), notes))
    return rows


def cells_of(row: AnimalRow, facts: Facts, form: Form, default_age: float | None) -> tuple[Cell, ...]:
    """What stands in the row: a sign, name, code, age, sex, two breeds, why, what to know."""
    sign = Cell("", "bad", "problem") if row.blocking else Cell("", "doubt", "question")
    if not row.blocking and not row.notes:
        sign = Cell("", "good", "check")
    sentences = (*row.blocking, *row.notes)
    is_none = _is_none(row.checked)
    tone = "faint" if row.blocking else "text"
    return (
        sign,
        _name_cell(row.animal, facts, is_none),
        _code_cell(facts, form, is_none),
        _age_cell(row.checked, facts, form, default_age),
        _sex_cell(facts, form, is_none),
        Cell(row.breeds[0], tone),
        Cell(row.breeds[1], tone),
        Cell(ground_name(row.checked.claim.ground), "faint"),
        Cell(sentences[0] if sentences else "", "bad" if row.blocking else "doubt"),
    )


def text_to_edit(animal: Animal, facts: Facts, column: int) -> str:
    """What stands in the field while a cell is changed."""
    if column == NAME:
        return facts.name or printable(animal.name)
    if column == CODE:
        return facts.code
    if column == SEX:
        return "" if facts.sex is Sex.UNKNOWN else facts.sex.value
    if facts.born is not None:
        return facts.born.isoformat()
    return "" if facts.age is None else _number(facts.age)


def with_text(animal: Animal, facts: Facts, column: int, text: str) -> Facts:
    """The facts when somebody filled this into a cell. Raises UserError with a sentence where that cannot be."""
    text = " ".join(text.split())
    if column == NAME:
        return replace(facts, name="" if text in (animal.name, " ".join(printable(animal.name).split())) else text)
    if column == CODE:
        return replace(facts, code=text)
    if column == SEX:
        return replace(facts, sex=parse_sex(text))
    if sum(text.count(sign) for sign in "-/.") >= 2 or (len(text) >= 4 and text[:4].isdigit()):
        return replace(facts, born=parse_born(text), age=None)
    return replace(facts, born=None, age=parse_age(text))


def years_text(age: float) -> str:
    """An age in words.

    >>> years_text(1.0), years_text(2.5)
    ('1 year', '2.5 years')
    """
    return tr("1 year") if age == 1 else tr("{age} years").format(age=_number(age))


def ground_name(ground: Ground) -> str:
    """Whose answer it is, in a word or two."""
    names = {
        Ground.SURE: tr("sure"),
        Ground.UNSURE: tr("not sure"),
        Ground.DISPUTED: tr("disagreed"),
        Ground.NOT_A_DOG: tr("no dog"),
        Ground.UNREADABLE: tr("unreadable"),
    }
    return names.get(ground) or tr("a person’s")


def _is_none(one: Checked) -> bool:
    return one.claim.ground in (Ground.NOT_A_DOG, Ground.UNREADABLE)


def _is_note_of_listing(problem: Problem) -> bool:
    """Those of the check list that are not about ASM3 alone."""
    return not problem.is_blocking and problem.kind in (ProblemKind.DISPUTED, ProblemKind.WILD_CANID)


def _name_cell(animal: Animal, facts: Facts, is_none: bool) -> Cell:
    name = facts.name or printable(animal.name)
    return Cell(name, "faint" if is_none else "text") if name.strip() else _missing(is_none)


def _code_cell(facts: Facts, form: Form, is_none: bool) -> Cell:
    if facts.code or form is Form.ASM3:
        return Cell(facts.code)
    return _missing(is_none)


def _sex_cell(facts: Facts, form: Form, is_none: bool) -> Cell:
    if facts.sex is Sex.UNKNOWN:
        return Cell("") if form is Form.ASM3 else _missing(is_none)
    return Cell(tr("female") if facts.sex is Sex.FEMALE else tr("male"))


def _age_cell(one: Checked, facts: Facts, form: Form, default_age: float | None) -> Cell:
    if facts.born is not None:
        return Cell(facts.born.isoformat())
    if facts.age is not None:
        return Cell(years_text(facts.age))
    if _is_none(one):
        return Cell("")
    if default_age is not None:
        return Cell(f"({years_text(default_age)})", "faint")
    no_age = any(problem.kind is ProblemKind.NO_AGE and problem.is_blocking for problem in one.problems)
    is_needed = no_age or form is not Form.ASM3
    return Cell(tr("missing"), "bad" if is_needed else "doubt")


def _missing(is_none: bool) -> Cell:
    return Cell("") if is_none else Cell(tr("missing"), "bad")


def _number(value: float) -> str:
    text = f"{value:g}"
    return text.replace(".", ",") if language() == "fr" else text
