"""Animals as the CSV file that ASM3 (Animal Shelter Manager) imports, by the rules that its source follows.

Read in sheltermanager/asm3: csvimport.py, csv_parse in utils.py, merge_animal_details and insert_animal_from_form in
animal.py, and the manual's appendix on import fields. What the rules are is said beside the tests that keep them.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

from PIL import Image

from core.asm3_options import Asm3Options, Known, Unsure, check_options
from core.bundle_info import BundleInfo
from core.errors import PhotoError
from core.export_checks import Checked, ProblemKind, check_animals
from core.export_files import LeftOut, Written, new_file, shown
from core.photos import open_photo
from core.records import Animal, Kind, Status, Tagged
from core.shelter_breeds import MIXED_BREED, BreedTable, load_table
from core.shelter_cells import cell
from core.shelter_claims import Claim, Ground, Look, description_of
from core.shelter_facts import Facts
from core.texts import Language, tr

BOM = "\ufeff"
COLUMNS = (
    "ANIMALNAME", "ANIMALCODE", "ANIMALSPECIES", "ANIMALBREED1", "ANIMALBREED2", "ANIMALSEX", "ANIMALDOB", "ANIMALAGE",
    "ANIMALDESCRIPTION", "ANIMALHIDDENDETAILS",
)  # fmt: skip
SPECIES: Mapping[Language, str] = {"en": "Dog", "fr": "Chien"}
PICTURE_SIDE_PX = 1024
_PICTURE_QUALITY = 85
_LEAST_YEARS = 0.01
_ORDER_OF_1999: Mapping[Language, str] = {
    "en": "To be checked: dogs that look like this may fall under the French order of 27 April 1999.",
    "fr": "À faire vérifier : un chien de cette apparence peut relever de l’arrêté du 27 avril 1999 (diagnose).",
}

Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class PlannedRow:
    """One row as it will be written, without its picture; `animal` is its name in this program."""

    animal: str
    cells: tuple[str, ...]
    picture: Path | None = None


@dataclass(frozen=True)
class Plan:
    """What would be written: the columns and rows, what is left out and why, what the user should know."""

    columns: tuple[str, ...]
    rows: tuple[PlannedRow, ...]
    checked: tuple[Checked, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def preview(
    animals: Iterable[Animal],
    info: BundleInfo,
    facts: Mapping[str, Facts],
    options: Asm3Options,
    table: BreedTable | None = None,
    today: date | None = None,
) -> Plan:
    """The rows as they would be written, and the check list; no picture is opened and nothing is written.

    `facts` are by the animal's name in this program; one that has none there keeps its name and gets the default age,
    if there is one. Raises UserError where the options cannot be followed.
    """
    check_options(options)
    table = table or load_table()
    today = today or date.today()
    checked = check_animals(animals, info, facts, options, table, today)
    columns = _columns(options)
    rows: list[PlannedRow] = []
    left_out: list[LeftOut] = []
    for one in checked:
        if one.blocking:
            why = " ".join(problem.sentence for problem in one.blocking)
            left_out.append(LeftOut(one.animal.name or _first_photograph(one.animal), why))
        else:
            values = _values(one, options, today)
            rows += _rows(one, values, columns, options)
            left_out += _pictures_left_out(one, options)
    return Plan(columns, tuple(rows), checked, tuple(left_out), (*table.problems, *_notes(checked, rows, options)))


def write_asm3(
    animals: Iterable[Animal],
    info: BundleInfo,
    facts: Mapping[str, Facts],
    options: Asm3Options,
    path: Path,
    *,
    may_replace: bool = False,
    tick: Tick | None = None,
) -> Written:
    """Write the file as a whole or not at all, and say what is in it.

    `tick(done, of)` is called before each row and may raise Cancelled. Raises AlreadyThereError where something is at
    `path` and `may_replace` was not said, UserError where it cannot be written or the options cannot be followed.
    """
    plan = preview(animals, info, facts, options)
    with new_file(path, may_replace) as file:
        out = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        spoiled = write_plan(plan, out, tick)
        out.detach()
    return Written(path, len(plan.rows), (*plan.left_out, *spoiled), plan.notes)


def write_asm3_to(
    animals: Iterable[Animal], info: BundleInfo, facts: Mapping[str, Facts], options: Asm3Options, out: TextIO
) -> Written:
    """The same into an open stream that leaves line ends alone (`newline=""`), such as standard output."""
    plan = preview(animals, info, facts, options)
    spoiled = write_plan(plan, out)
    return Written(Path("-"), len(plan.rows), (*plan.left_out, *spoiled), plan.notes)


def write_plan(plan: Plan, out: TextIO, tick: Tick | None = None) -> tuple[LeftOut, ...]:
    """Write the header and the rows, pictures opened one by one; returns the pictures that could not be used.

    A row whose picture cannot be used is written without it.
    """
    spoiled: list[LeftOut] = []
    out.write(BOM)
    writer = csv.writer(out)
    writer.writerow(plan.columns)
    for done, row in enumerate(plan.rows):
        if tick is not None:
            tick(done, len(plan.rows))
        cells = row.cells
        if row.picture is not None:
            try:
                cells = (*cells[:-1], picture_uri(row.picture))
            except PhotoError as error:
                spoiled.append(LeftOut(shown(row.picture), str(error)))
        writer.writerow(cells)
    return tuple(spoiled)


def picture_uri(path: Path) -> str:
    """A photograph as `data:image/jpeg;base64,…`: at most 1024 pixels, upright, without anything but its pixels.

    Raises PhotoError where it cannot be opened.
    """
    photo = open_photo(path, PICTURE_SIDE_PX // 2)
    image = Image.fromarray(photo.pixels)
    image.thumbnail((PICTURE_SIDE_PX, PICTURE_SIDE_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_PICTURE_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"


def breeds_of(claim: Claim, options: Asm3Options) -> tuple[str, str]:
    """The two breeds in the language of the database; never an empty one, of which ASM3 makes its default.

    One breed stands in both, a cross has its second breed, or "Mixed Breed" where that is not known.
    """
    mixed = MIXED_BREED.asm3(options.language)
    names = [name for look in _claimed(claim, options) if (name := look.names.asm3(options.language))]
    if not names:
        return mixed, mixed
    is_cross = claim.is_cross or claim.ground is Ground.UNSURE or options.one_as_cross
    if not is_cross:
        return names[0], names[0]
    second = names[1] if len(names) > 1 and names[1] != names[0] else mixed
    return names[0], second


def _claimed(claim: Claim, options: Asm3Options) -> Sequence[Look]:
    """The looks that are written as breeds."""
    if claim.ground is Ground.UNSURE:
        return claim.looks[:1] if options.unsure is Unsure.FIRST else ()
    return claim.looks


def _columns(options: Asm3Options) -> tuple[str, ...]:
    extra = ["ANIMALTYPE"] if options.animal_type.strip() else []
    if options.field_column:
        extra.append(options.field_column)
    if options.pictures:
        extra.append("ANIMALIMAGE")  # the last one: `write_plan` relies on it
    return (*COLUMNS, *extra)


def _values(one: Checked, options: Asm3Options, today: date) -> dict[str, str]:
    """What stands in each column of an animal's first row."""
    first, second = breeds_of(one.claim, options)
    born, age = _dates(one, options, today)
    look = description_of(one.claim, options.language)
    is_known = bool(one.code) and options.codes_are_known
    is_described = options.known is Known.DESCRIPTION if is_known else options.describe
    # The description is published: a guess that nobody has looked at is for the staff alone.
    is_public = one.claim.ground is not Ground.UNSURE or options.unsure is Unsure.FIRST
    hidden = ["" if is_public else look]
    if options.has_1999_note and one.claim.listed:
        hidden.append(_ORDER_OF_1999[options.language])
    values = {
        "ANIMALNAME": one.name,
        "ANIMALCODE": one.code,
        "ANIMALSPECIES": SPECIES[options.language],
        "ANIMALBREED1": _as_stored(first, options),
        "ANIMALBREED2": _as_stored(second, options),
        "ANIMALSEX": one.facts.sex.value,
        "ANIMALDOB": born,
        "ANIMALAGE": age,
        "ANIMALDESCRIPTION": look if is_described and is_public else "",
        "ANIMALHIDDENDETAILS": " ".join(text for text in hidden if text),
        "ANIMALTYPE": _as_stored(options.animal_type.strip(), options),
        "ANIMALIMAGE": "",
    }
    if options.field_column:
        values[options.field_column] = look
    return values


def _as_stored(name: str, options: Asm3Options) -> str:
    """A name from a list of ASM3's as its database has it.

    ASM3's translations are written with character references, and `install_default_data` in its dbupdate.py stores
    them so; names that were typed in since then are stored as they are.
    """
    return name.encode("ascii", "xmlcharrefreplace").decode("ascii") if options.has_coded_accents else name


def _dates(one: Checked, options: Asm3Options, today: date) -> tuple[str, str]:
    """ANIMALDOB and ANIMALAGE, of which one is filled.

    For an animal that ASM3 may know the age: a date of birth would overwrite the one there.
    """
    facts = one.facts
    if facts.born is not None and not (one.code and options.codes_are_known):
        return facts.born.isoformat(), ""
    years = facts.years(today)
    if years is None:
        years = options.default_age_years
    return "", "" if years is None else f"{max(years, _LEAST_YEARS):.2f}".rstrip("0").rstrip(".")


def _rows(
    one: Checked, values: Mapping[str, str], columns: Sequence[str], options: Asm3Options
) -> Iterator[PlannedRow]:
    """The animal's row and, for further pictures, rows with the same code and name."""
    pictures = _pictures(one) if options.pictures else []
    again = {**values, "ANIMALDESCRIPTION": "", "ANIMALHIDDENDETAILS": "", options.field_column: ""}
    yield PlannedRow(one.animal.name, _cells(values, columns), pictures[0].path if pictures else None)
    for tagged in pictures[1:] if one.code else []:
        yield PlannedRow(one.animal.name, _cells(again, columns), tagged.path)


def _cells(values: Mapping[str, str], columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell(values[column]) for column in columns)


def _pictures(one: Checked) -> list[Tagged]:
    """The photographs of the animal that show it."""
    return [tagged for tagged in one.animal.photographs if _shows_dog(tagged)]


def _shows_dog(tagged: Tagged) -> bool:
    if tagged.verdict.status is Status.UNREADABLE:
        return False
    if tagged.reviewed is not None:
        return tagged.reviewed.kind is not Kind.NOT_A_DOG
    return tagged.verdict.status is not Status.NOT_A_DOG


def _pictures_left_out(one: Checked, options: Asm3Options) -> Iterator[LeftOut]:
    if not options.pictures:
        return
    for tagged in one.animal.photographs:
        if not _shows_dog(tagged):
            why = tagged.verdict.reason or tr("The picture shows no dog.")
            yield LeftOut(shown(tagged.path), why)
    for tagged in [] if one.code else _pictures(one)[1:]:
        yield LeftOut(shown(tagged.path), tr("ASM3 takes further pictures of an animal only with its code."))


def _first_photograph(animal: Animal) -> str:
    return shown(animal.photographs[0].path) if animal.photographs else ""


def _notes(checked: Sequence[Checked], rows: Sequence[PlannedRow], options: Asm3Options) -> Iterator[str]:
    if not rows:
        return
    yield tr("In ASM3, choose Settings, Import a CSV file. Try it with one animal first and look at its breed there.")
    yield tr(
        "There, leave “Delete database before importing”, “Create missing lookup values” and “Prefix animal codes” "
        "off, and the encoding at UTF-8."
    )
    if not all(one.code for one in checked if not one.blocking):
        yield tr("Animals without a code get one from ASM3, unless it is set to codes that are typed in by hand.")
    if not options.animal_type.strip():
        yield tr("Type, colour, size and place of the new animals will be ASM3’s defaults: set them there.")
    if any(not breed.isascii() for row in rows for breed in row.cells[3:5]):
        yield tr(
            "Try an animal whose breed has an accent: if ASM3 makes an Abyssinian of it, its database stores accents "
            "in another way. Then choose “Accents as codes” and write the file again."
        )
    if options.language == "fr":
        yield tr("The breed names are those of ASM3’s French list; if your shelter changed them there, do so here too.")
    if any(row.picture for row in rows):
        yield tr("Importing the file a second time attaches the pictures a second time.")
        yield tr("Do not save this file with a spreadsheet: it would cut the pictures off.")
    if any(problem.kind is ProblemKind.QUOTES for one in checked for problem in one.problems):
        yield tr("Straight quotes were replaced by curly ones: ASM3 cannot read them.")
