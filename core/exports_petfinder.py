"""Animals as the files that Petfinder and Adopt-a-Pet import, for shelters that list them there.

The columns and their values are those that ASM3's publishers send (sheltermanager/asm3, publishers/petfinder.py, which
follows Petfinder's import documentation of August 2019, and publishers/adoptapet.py with its map of breed names). What
a photograph cannot tell (size, neutered, good with children...) stays empty there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

from core.asm3_options import Asm3Options, Unsure, check_options
from core.bundle_info import BundleInfo
from core.export_checks import Checked, ProblemKind, check_animals
from core.export_files import LeftOut, Written, new_file, shown
from core.records import Animal
from core.shelter_breeds import FILE_NAME, MIXED_BREED, BreedNames, load_table
from core.shelter_cells import cell
from core.shelter_claims import Ground, Look, description_of
from core.shelter_facts import Facts, Sex
from core.texts import label_name, tr

PETFINDER_COLUMNS = (
    "ID", "Internal", "AnimalName", "PrimaryBreed", "SecondaryBreed", "Sex", "Size", "Age", "Desc", "Type", "Status",
    "Shots", "Altered", "NoDogs", "NoCats", "NoKids", "Housetrained", "Declawed", "specialNeeds", "Mix",
    "photo1", "photo2", "photo3", "photo4", "photo5", "photo6", "arrival_date", "birth_date",
    "primaryColor", "secondaryColor", "tertiaryColor", "coat_length",
    "adoption_fee", "display_adoption_fee", "adoption_fee_waived",
    "special_needs_notes", "no_other", "no_other_note", "tags",
)  # fmt: skip
ADOPTAPET_COLUMNS = (
    "Id", "Animal", "Breed", "Breed2", "Purebred", "Age", "Name", "Size", "Sex", "Description", "Status",
    "GoodWKids", "GoodWCats", "GoodWDogs", "SpayedNeutered", "ShotsCurrent", "Housetrained", "Declawed",
    "SpecialNeeds", "HairLength", "YouTubeVideoURL",
)  # fmt: skip
_AGES = ((182 / 365, "Baby"), (2.0, "Young"), (9.0, "Adult"))
# Of the check list for ASM3, what keeps an animal from a listing too.
_BLOCKING = frozenset(
    (
        ProblemKind.NO_NAME,
        ProblemKind.BAD_FACT,
        ProblemKind.SAME_CODE,
        ProblemKind.UNSURE,
        ProblemKind.NOT_A_DOG,
        ProblemKind.UNREADABLE,
    )
)


class Site(Enum):
    """Where animals are listed for adoption."""

    PETFINDER = "petfinder"
    ADOPTAPET = "adoptapet"


class Size(Enum):
    """How both sites write the size of a dog; unknown is empty."""

    SMALL = "S"
    MEDIUM = "M"
    LARGE = "L"
    EXTRA_LARGE = "XL"
    UNKNOWN = ""


@dataclass(frozen=True)
class ListingOptions:
    """Where to; what to do with the unsure; size and age (years) of animals of which they are not known."""

    site: Site
    unsure: Unsure = Unsure.MIXED
    size: Size = Size.UNKNOWN
    default_age_years: float | None = None

    @property
    def like_asm3(self) -> Asm3Options:
        """The same choices for the check list, which asks the same of every animal."""
        return Asm3Options("en", unsure=self.unsure, default_age_years=self.default_age_years)


def write_listing(
    animals: Iterable[Animal],
    info: BundleInfo,
    facts: Mapping[str, Facts],
    options: ListingOptions,
    path: Path,
    *,
    may_replace: bool = False,
    today: date | None = None,
) -> Written:
    """Write the site's file as a whole or not at all, and say what is in it.

    Raises AlreadyThereError and UserError as `core.exports_asm3.write_asm3` does.
    """
    today = today or date.today()
    check_options(options.like_asm3)
    rows: list[dict[str, str]] = []
    left_out: list[LeftOut] = []
    unnamed: set[str] = set()
    table = load_table()
    for one in check_animals(animals, info, facts, options.like_asm3, table, today):
        if why := " ".join(refusals(one, options, today)):
            left_out.append(LeftOut(one.animal.name or _first_photograph(one.animal), why))
        else:
            rows.append(_row(one, options, today))
            unnamed |= {label_name(look) for look in _claimed(one, options) if not _name(look.names, options)}
    with new_file(path, may_replace) as file:
        file.write(_csv(rows, _columns(options.site)).encode("utf-8"))
    return Written(path, len(rows), tuple(left_out), (*table.problems, *_notes(options, sorted(unnamed))))


def _columns(site: Site) -> tuple[str, ...]:
    return PETFINDER_COLUMNS if site is Site.PETFINDER else ADOPTAPET_COLUMNS


def _csv(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([cell(row.get(column, "")) for column in columns] for row in rows)
    return out.getvalue()


def refusals(one: Checked, options: ListingOptions, today: date) -> Iterator[str]:
    """Why an animal cannot be listed, in sentences."""
    stopping = [problem for problem in one.problems if problem.is_blocking and problem.kind in _BLOCKING]
    yield from (problem.sentence for problem in stopping)
    if one.claim.ground in (Ground.NOT_A_DOG, Ground.UNREADABLE):
        return
    if not one.code:
        yield tr("It has no code, by which the site tells animals apart.")
    if one.facts.sex is Sex.UNKNOWN:
        yield tr("Its sex is not known, and the site takes no animal without.")
    if _years(one, options, today) is None:
        yield tr("Its age is not known.")


def _row(one: Checked, options: ListingOptions, today: date) -> dict[str, str]:
    """The values of both sites: each takes those of its columns."""
    first, second, is_mix = listed_breeds(one, options)
    age, size = _age_group(_years(one, options, today) or 0.0), options.size.value
    is_public = one.claim.ground is not Ground.UNSURE or options.unsure is Unsure.FIRST
    look = description_of(one.claim, "en") if is_public else ""
    return {
        "ID": one.code,
        "Internal": one.code,
        "AnimalName": one.name,
        "PrimaryBreed": first,
        "SecondaryBreed": second,
        "Desc": look,
        "Type": "Dog",
        "Mix": "1" if is_mix else "",
        "birth_date": "" if one.facts.born is None else one.facts.born.isoformat(),
        "Id": one.code,
        "Animal": "Dog",
        "Breed": first,
        "Breed2": second,
        "Purebred": "0",  # a photograph tells of looks, not of papers
        "Name": one.name,
        "Description": look,
        "Sex": one.facts.sex.value,
        "Size": size,
        "Age": age,
        "Status": "A" if options.site is Site.PETFINDER else "Available",
    }


def listed_breeds(one: Checked, options: ListingOptions) -> tuple[str, str, bool]:
    """First breed, second breed, and whether it is a mix; a second breed that is not known is empty there."""
    claim = one.claim
    names = [name for look in _claimed(one, options) if (name := _name(look.names, options))]
    if not names:
        return _mixed(options), "", True
    is_mix = claim.is_cross or claim.ground is Ground.UNSURE
    second = names[1] if is_mix and len(names) > 1 and names[1] != names[0] else ""
    return names[0], second, is_mix


def _claimed(one: Checked, options: ListingOptions) -> tuple[Look, ...]:
    """The looks that are written as breeds."""
    if one.claim.ground is Ground.UNSURE:
        return one.claim.looks[:1] if options.unsure is Unsure.FIRST else ()
    return one.claim.looks


def _name(names: BreedNames, options: ListingOptions) -> str:
    return names.petfinder if options.site is Site.PETFINDER else names.adoptapet


def _mixed(options: ListingOptions) -> str:
    """Adopt-a-Pet has three mixed breeds by size."""
    sizes = {Size.SMALL: "Small", Size.LARGE: "Large", Size.EXTRA_LARGE: "Large"}
    if options.site is Site.ADOPTAPET and options.size in sizes:
        return f"Mixed Breed ({sizes[options.size]})"
    return _name(MIXED_BREED, options)


def _years(one: Checked, options: ListingOptions, today: date) -> float | None:
    years = one.facts.years(today)
    return options.default_age_years if years is None else years


def _age_group(years: float) -> str:
    """The four ages of both sites.

    >>> [_age_group(years) for years in (0.4, 1, 2, 9)]
    ['Baby', 'Young', 'Adult', 'Senior']
    """
    return next((name for end, name in _AGES if years < end), "Senior")


def _first_photograph(animal: Animal) -> str:
    return shown(animal.photographs[0].path) if animal.photographs else ""


def _notes(options: ListingOptions, unnamed: Sequence[str]) -> Iterator[str]:
    if options.site is Site.PETFINDER:
        yield tr("Petfinder replaces your whole list by this file: animals that are not in it disappear there.")
    else:
        yield tr("Adopt-a-Pet may replace your whole list by this file: look at your AutoUpload settings first.")
        yield tr("In its AutoUpload settings, say that the first line of the file has the column names.")
    if unnamed:
        said = tr("No name for {breeds} on this site is known: “Mixed Breed” is written. You can name them in {file}.")
        yield said.format(breeds=", ".join(unnamed), file=FILE_NAME)
    yield tr("Size, neutered, vaccinated and who it gets on with are empty: fill them in. Pictures go separately.")
