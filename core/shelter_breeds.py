"""What a shelter's software calls a breed: a table that the user may change, and ASM3's own list of names.

The user's table lies in the data folder, made from the shipped one on first use, and is read anew each time.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from core.csv_reading import Line, ReadTable, read_table
from core.errors import UserError
from core.folders import data_dir, replacing, resources_dir
from core.name_search import folded
from core.texts import Language, tr

log = logging.getLogger(__name__)

FILE_NAME = "breed_names.csv"
COLUMNS = ("label", "asm3_en", "asm3_fr", "petfinder", "adoptapet", "match")


class Match(Enum):
    """How near the name of a shelter's software comes to the breed that is meant."""

    EXACT = "exact"
    SYNONYM = "synonym"
    SPELLING = "spelling"
    COARSER = "coarser"
    APPROXIMATE = "approximate"
    WILD = "wild"
    NONE = "none"


@dataclass(frozen=True)
class BreedNames:
    """One breed by its names in ASM3 (databases in English and in French), on Petfinder and on Adopt-a-Pet.

    An empty name: that place has none for it.
    """

    asm3_en: str = ""
    asm3_fr: str = ""
    petfinder: str = ""
    adoptapet: str = ""
    match: Match = Match.NONE

    def asm3(self, language: Language) -> str:
        """The name that stands in an ASM3 database of this language."""
        return self.asm3_fr if language == "fr" else self.asm3_en


NO_BREED = BreedNames()
MIXED_BREED = BreedNames("Mixed Breed", "Race croisée", "Mixed Breed", "Mixed Breed (Medium)", Match.EXACT)
# Annex of the French order of 27 April 1999 (dogs of categories 1 and 2, by descent or by looks), and the two breeds
# that dogs of these types are most easily taken for.
_ORDER_OF_1999 = frozenset(
    folded(name)
    for name in (
        "American Staffordshire Terrier", "Pit Bull Terrier", "Staffordshire Bull Terrier", "Mastiff", "Bullmastiff",
        "Rottweiler", "Tosa Inu", "Boerboel", "Tosa",
    )
)  # fmt: skip


@dataclass(frozen=True)
class BreedTable:
    """All that is known of names: by the model's label ids, and ASM3's own list.

    `problems` are sentences about lines of the user's table that could not be used, or not be checked.
    """

    by_label: Mapping[str, BreedNames]
    by_name: Mapping[str, BreedNames]
    known: Mapping[Language, frozenset[str]]
    shared: frozenset[str]
    problems: tuple[str, ...] = ()

    def names_of(self, label: str, *names: str) -> BreedNames:
        """The names of a breed by the id of its label or, where the table has none, by any of its `names`."""
        found = self.by_label.get(label) if label else None
        if found is not None:
            return found
        return next((self.by_name[name] for name in map(folded, names) if name in self.by_name), NO_BREED)

    def is_known(self, name: str, language: Language) -> bool:
        """Whether ASM3's own list of that language has the name, compared as its import does."""
        return name.strip().lower() in self.known[language]

    def is_shared(self, french: str) -> bool:
        """Whether ASM3's French list gives this name to several breeds, or to another breed than its English list."""
        return french.lower() in self.shared


def may_be_listed(names: BreedNames) -> bool:
    """Whether dogs of this look may fall under the French order of 27 April 1999."""
    return folded(names.asm3_en) in _ORDER_OF_1999


def listed_breeds(language: Language) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The breeds of ASM3's own list: each by its name in this language, with all names that it is found by."""
    return _listed(language)


@cache
def _listed(language: Language) -> tuple[tuple[str, tuple[str, ...]], ...]:
    by_name, _, misleading = _asm3_list()
    found: dict[str, tuple[str, ...]] = {}
    for one in dict.fromkeys(by_name.values()):
        is_french = language == "fr" and one.asm3_fr.lower() not in misleading
        names = [one.asm3_en] if one.asm3_fr.lower() in misleading else [one.asm3_en, one.asm3_fr]
        found.setdefault(one.asm3_fr if is_french else one.asm3_en, tuple(names))
    return tuple(found.items())


def table_path() -> Path:
    """Where the user's own table lies."""
    return data_dir() / FILE_NAME


def load_table() -> BreedTable:
    """The names as the user's table has them, the shipped ones where it has none; made there on first use.

    Never fails for what is in the user's table: what cannot be used is in `problems`.
    """
    breeds, known, shared = _asm3_list()
    own, problems = _user_lines()
    by_label = {**_shipped(), **own}
    return BreedTable(by_label, breeds, known, shared, tuple(problems))


def _user_lines() -> tuple[dict[str, BreedNames], list[str]]:
    try:
        path = table_path()
        if not path.exists():
            _make(path)
            return {}, []
        table = read_table(path)
    except OSError as error:
        said = tr("Your table of breed names {name} cannot be made: {reason}. The program’s own is used.")
        return {}, [said.format(name=FILE_NAME, reason=error.strerror or error)]
    except UserError as error:
        return {}, [tr("{problem} The program’s own breed names are used.").format(problem=error)]
    missing = [name for name in COLUMNS[:3] if table.place([name]) is None]
    if missing:
        said = tr("{name} has no column {columns}. The program’s own breed names are used.")
        return {}, [said.format(name=FILE_NAME, columns=", ".join(missing))]
    return _checked(table)


def _make(path: Path) -> None:
    """The shipped table with a mark by which spreadsheets know that it is UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for label, names in _shipped().items():
        cells = (names.asm3_en, names.asm3_fr, names.petfinder, names.adoptapet, names.match.value)
        writer.writerow([label, *cells])
    with replacing(path) as file:
        file.write(out.getvalue().encode("utf-8-sig"))


def _checked(table: ReadTable) -> tuple[dict[str, BreedNames], list[str]]:
    """The lines that can be used, and what is wrong with the others."""
    places = [table.place([name]) for name in COLUMNS]
    _, known, _ = _asm3_list()
    found: dict[str, BreedNames] = {}
    problems: list[str] = []
    for line in table.lines:
        cells = ["" if place is None else line.cells[place] for place in places]
        label, match = cells[0], cells[5].lower()
        if wrong := _wrong(label, match, found):
            problems.append(_at(line, wrong))
            continue
        en, fr, petfinder, adoptapet = (cell.replace('"', "") for cell in cells[1:5])
        names = BreedNames(en, fr, petfinder, adoptapet, _match(match, en))
        found[label] = names
        for language, name in (("en", names.asm3_en), ("fr", names.asm3_fr)):
            if name and name.lower() not in known["fr" if language == "fr" else "en"]:
                said = tr("ASM3’s own list has no breed “{name}”. Your database must have it, exactly so.")
                problems.append(_at(line, said.format(name=name)))
    return found, problems


def _wrong(label: str, match: str, found: Mapping[str, BreedNames]) -> str:
    if not label:
        return tr("It names no label of the model, and is not used.")
    if label in found:
        return tr("The label “{label}” is there a second time; only the first line is used.").format(label=label)
    if match and match not in {one.value for one in Match}:
        kinds = ", ".join(one.value for one in Match)
        return tr("“{word}” is not one of {kinds}; the line is not used.").format(word=match, kinds=kinds)
    return ""


def _at(line: Line, what: str) -> str:
    return tr("{name}, line {number}: {what}").format(name=FILE_NAME, number=line.number, what=what)


def _match(word: str, asm3_en: str) -> Match:
    """What the line says; a name without a word is as the user wants it."""
    if word:
        return Match(word)
    return Match.EXACT if asm3_en else Match.NONE


@cache
def _shipped() -> dict[str, BreedNames]:
    """The 120 labels of the shipped models."""
    return {
        row["label"]: BreedNames(
            row["asm3_en"], row["asm3_fr"], row["petfinder"], row["adoptapet"], Match(row["match"])
        )
        for row in _resource("stanford_to_asm3.csv")
    }


@cache
def _asm3_list() -> tuple[dict[str, BreedNames], dict[Language, frozenset[str]], frozenset[str]]:
    """ASM3's breeds of dogs by any of their names, the names of each language, and the French ones that mislead."""
    breeds = [
        BreedNames(row["en"], row["fr"], row["petfinder"], row["adoptapet"], Match.EXACT)
        for row in _resource("asm3_dog_breeds.csv")
    ]
    by_name: dict[str, BreedNames] = {}
    # English first: ASM3's French list calls the Schipperke "Samoyed".
    for names in (
        [(one.asm3_en, one) for one in breeds],
        [(one.petfinder, one) for one in breeds],
        [(one.asm3_fr, one) for one in breeds],
    ):
        for name, one in names:
            by_name.setdefault(folded(name), one)
    known: dict[Language, frozenset[str]] = {
        "en": frozenset(one.asm3_en.lower() for one in breeds),
        "fr": frozenset(one.asm3_fr.lower() for one in breeds),
    }
    return by_name, known, frozenset(_misleading(breeds))


def _misleading(breeds: Iterable[BreedNames]) -> Iterator[str]:
    breeds = tuple(breeds)
    english = {one.asm3_en.lower(): one for one in breeds}
    seen: set[str] = set()
    for one in breeds:
        name = one.asm3_fr.lower()
        if name in seen or english.get(name, one) is not one:
            yield name
        seen.add(name)


def _resource(name: str) -> list[dict[str, str]]:
    with (resources_dir() / "breeds" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
