"""What a photograph cannot tell of an animal: name, code, age, sex, from a table of the shelter's own or typed in."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path

from core.csv_reading import Line, ReadTable, read_table
from core.errors import UserError
from core.export_files import Written, new_file
from core.name_search import folded
from core.shelter_cells import cell
from core.texts import language, tr

MOST_YEARS = 100.0
_DAYS_A_YEAR = 365.25
_NAMES = {
    "name": ("animal", "animal name", "animalname", "name", "nom", "nom de l’animal", "nom animal", "nom du chien",
             "dog", "dog name", "chien"),
    "code": ("code", "animalcode", "animal code", "shelter code", "sheltercode", "code animal", "code refuge",
             "reference", "référence", "ref", "matricule", "animal id", "numéro", "number", "no", "n°", "id"),
    "born": ("animaldob", "dob", "date of birth", "dateofbirth", "birth date", "birthdate", "birthday", "born",
             "date de naissance", "naissance", "né le", "née le", "né(e) le"),
    "age": ("animalage", "age", "âge", "age in years", "age (years)", "âge (ans)", "âge en années", "years", "ans"),
    "sex": ("animalsex", "sex", "sexe", "gender", "genre"),
}  # fmt: skip
_FEMALE = frozenset(("f", "female", "femelle", "bitch", "chienne", "spayed female", "femelle sterilisee", "0"))
_MALE = frozenset(("m", "male", "dog", "chien", "neutered male", "male castre", "male sterilise", "1"))
_UNKNOWN = frozenset(("", "u", "unknown", "inconnu", "2", "?", "-"))
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?:[ T]\d{1,2}:\d{2}.*)?")
_AGE = re.compile(r"(\d{1,3}(?:[.,]\d{1,3})?) ?([a-z]*)\.?(?: (?:and |et )?(\d{1,2}) ?([a-z]+)\.?)?")
_UNITS = {
    1.0: ("", "y", "yr", "yrs", "year", "years", "a", "an", "ans", "annee", "annees"),
    1 / 12: ("m", "mo", "month", "months", "mois"),
    7 / _DAYS_A_YEAR: ("w", "wk", "week", "weeks", "sem", "semaine", "semaines"),
}


class Sex(Enum):
    """The letters that shelter software reads."""

    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


@dataclass(frozen=True)
class Facts:
    """What the user says of one animal: `name` (empty: as in this program), `code` of the shelter, `born` or `age` in
    years, `sex`.
    """

    name: str = ""
    code: str = ""
    born: date | None = None
    age: float | None = None
    sex: Sex = Sex.UNKNOWN

    def years(self, today: date) -> float | None:
        """The age in years, from the date of birth where there is one."""
        if self.born is not None:
            return (today - self.born).days / _DAYS_A_YEAR
        return self.age


@dataclass(frozen=True)
class FactsTable:
    """A shelter's own table: its animals by name and by code (both folded), what is wrong with its lines.

    `columns` says which column was taken for which fact, for the user to see.
    """

    by_name: Mapping[str, Facts]
    by_code: Mapping[str, Facts]
    columns: Mapping[str, str]
    problems: tuple[str, ...]


class Order(Enum):
    """What comes first in a date with slashes."""

    DAY = "day"
    MONTH = "month"
    UNCLEAR = "unclear"


def wrong_with(facts: Facts, today: date | None = None) -> tuple[str, ...]:
    """What ASM3 would refuse of these facts, in sentences; nothing when all is well or simply not known."""
    today = today or date.today()
    sentences: list[str] = []
    if facts.born is not None:
        if facts.born > today:
            sentences.append(tr("The date of birth lies in the future."))
        elif (today - facts.born).days > MOST_YEARS * _DAYS_A_YEAR:
            sentences.append(tr("The date of birth is more than 100 years ago."))
    elif facts.age is not None and not 0 < facts.age <= MOST_YEARS:
        sentences.append(tr("The age must be more than 0 and at most 100 years."))
    return tuple(sentences)


def parse_sex(text: str) -> Sex:
    """F, M, female, mâle… Raises UserError with a sentence for anything else but an empty text."""
    word = folded(text)
    if word in _FEMALE:
        return Sex.FEMALE
    if word in _MALE:
        return Sex.MALE
    if word in _UNKNOWN:
        return Sex.UNKNOWN
    raise UserError(tr("“{text}” is not a sex. Write F, M, or leave it empty.").format(text=text))


def parse_age(text: str) -> float | None:
    """An age in years: "2", "2,5", "6 months", "1 an et 3 mois"; None for an empty text.

    Raises UserError with a sentence where it is none, or not more than 0 and at most 100.

    >>> parse_age("2,5"), parse_age("6 mois"), parse_age("1 year 3 months")
    (2.5, 0.5, 1.25)
    """
    plain = " ".join(text.casefold().replace("\u00a0", " ").replace("\u202f", " ").replace("é", "e").split())
    if not plain:
        return None
    found = _AGE.fullmatch(plain)
    parts = [(found[1], found[2]), (found[3] or "0", found[4] or "")] if found else []
    units = [next((years for years, words in _UNITS.items() if unit in words), math.nan) for _, unit in parts]
    age = sum(float(number.replace(",", ".")) * years for (number, _), years in zip(parts, units, strict=True))
    if not found or math.isnan(age):
        raise UserError(tr("“{text}” is not an age. Write it in years, such as 2 or 0.5.").format(text=text))
    if not 0 < age <= MOST_YEARS:
        raise UserError(tr("The age must be more than 0 and at most 100 years."))
    return round(age, 2)


def parse_born(text: str, order: Order | None = None, today: date | None = None) -> date | None:
    """A date of birth: 2024-05-31, or 31/05/2024 where `order` says what comes first (None: the language's custom).

    None for an empty text. Raises UserError with a sentence where it is none, unclear, or in the future.
    """
    if not text.strip():
        return None
    order = order or (Order.DAY if language() == "fr" else Order.UNCLEAR)
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise UserError(_no_date(text))
    first, second, third = (int(part) for part in found.groups())
    if len(found[1]) == 4:
        year, month, day = first, second, third
    elif len(found[3]) == 4:
        year = third
        day, month = (first, second) if _is_day_first(text, first, second, order) else (second, first)
    else:
        raise UserError(_no_date(text))
    try:
        born = date(year, month, day)
    except ValueError as error:
        raise UserError(_no_date(text)) from error
    for sentence in wrong_with(Facts(born=born), today):
        raise UserError(sentence)
    return born


def read_facts(path: Path) -> FactsTable:
    """The facts in a shelter's own CSV file, whose columns may be called in English or French.

    Raises UserError where there is no such table or no column with names or codes; what is wrong with single lines is
    in `problems`, and only that cell is left out.
    """
    table = read_table(path)
    places = {fact: place for fact, names in _NAMES.items() if (place := table.place(names)) is not None}
    if not {"name", "code"} & set(places):
        said = tr("{name} has no column with the names of the animals. Call it “Name” or “Nom”.")
        raise UserError(said.format(name=path.name))
    by_name: dict[str, Facts] = {}
    by_code: dict[str, Facts] = {}
    twice: set[str] = set()
    problems: list[str] = []
    order = _order(table, places)
    for line in table.lines:
        facts, wrong = _facts(line, places, order)
        problems += [tr("Line {number}: {what}").format(number=line.number, what=what) for what in wrong]
        name = folded(facts.name)
        if name and name in by_name:
            twice.add(name)
            said = tr("Line {number}: “{name}” is there a second time. Only their codes can tell them apart.")
            problems.append(said.format(number=line.number, name=facts.name))
        elif name:
            by_name[name] = facts
        if facts.code:
            by_code.setdefault(folded(facts.code), facts)
    for name in twice:
        del by_name[name]
    columns = {fact: table.header[place] for fact, place in places.items()}
    return FactsTable(by_name, by_code, columns, tuple(problems))


def joined(names: Iterable[str], table: FactsTable, known: Mapping[str, Facts] | None = None) -> dict[str, Facts]:
    """The facts for the animals called `names`, by name or else by code; what is `known` already stays.

    Accents and case do not matter. Animals that the table does not have are not in the result, unless known.
    """
    result = dict(known or {})
    for name in names:
        new = table.by_name.get(folded(name)) or table.by_code.get(folded(name))
        if new is not None and folded(name):
            result[name] = _completed(result[name], new) if name in result else new
    return result


def write_facts(names: Iterable[str], known: Mapping[str, Facts], path: Path, *, may_replace: bool = False) -> Written:
    """A table of these animals to fill in with a spreadsheet, which `read_facts` reads again.

    Raises AlreadyThereError and UserError as `core.export_files.new_file` does.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([tr("Name"), tr("Code"), tr("Date of birth"), tr("Age"), tr("Sex")])
    rows = 0
    for name in names:
        facts = known.get(name, Facts())
        born = "" if facts.born is None else facts.born.isoformat()
        age = "" if facts.age is None else f"{facts.age:g}"
        sex = "" if facts.sex is Sex.UNKNOWN else facts.sex.value
        writer.writerow([cell(name), cell(facts.code), born, age, sex])
        rows += 1
    with new_file(path, may_replace) as file:
        file.write(out.getvalue().encode("utf-8-sig"))
    return Written(path, rows)


def _completed(old: Facts, new: Facts) -> Facts:
    has_age = old.born is not None or old.age is not None
    return replace(
        old,
        name=old.name or new.name,
        code=old.code or new.code,
        born=old.born if has_age else new.born,
        age=old.age if has_age else new.age,
        sex=new.sex if old.sex is Sex.UNKNOWN else old.sex,
    )


def _facts(line: Line, places: Mapping[str, int], order: Order) -> tuple[Facts, list[str]]:
    cells = {fact: line.cells[place] for fact, place in places.items()}
    facts = Facts(cells.get("name", ""), cells.get("code", ""))
    wrong: list[str] = []
    try:
        facts = replace(facts, born=parse_born(cells.get("born", ""), order))
    except UserError as error:
        wrong.append(str(error))
    try:
        facts = replace(facts, age=parse_age(cells.get("age", "")))
    except UserError as error:
        wrong.append(str(error))
    try:
        facts = replace(facts, sex=parse_sex(cells.get("sex", "")))
    except UserError as error:
        wrong.append(str(error))
    return facts, wrong


def _order(table: ReadTable, places: Mapping[str, int]) -> Order:
    """What comes first in the dates of this table: where no date tells, the custom of the language, if it has one."""
    if "born" not in places:
        return Order.UNCLEAR
    dates = [_DATE.fullmatch(line.cells[places["born"]]) for line in table.lines]
    pairs = [(int(found[1]), int(found[2])) for found in dates if found and len(found[1]) <= 2]
    is_day, is_month = any(first > 12 for first, _ in pairs), any(second > 12 for _, second in pairs)
    if is_day != is_month:
        return Order.DAY if is_day else Order.MONTH
    return Order.DAY if language() == "fr" else Order.UNCLEAR


def _is_day_first(text: str, first: int, second: int, order: Order) -> bool:
    if first > 12 or second > 12 or first == second:
        return first > 12
    if order is Order.UNCLEAR:
        said = tr("“{text}”: which is the day, which the month? Write it as 2024-05-31.")
        raise UserError(said.format(text=text))
    return order is Order.DAY


def _no_date(text: str) -> str:
    return tr("“{text}” is not a date. Write it as 2024-05-31.").format(text=text)
