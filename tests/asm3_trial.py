"""An export for ASM3 and its import again, in one step."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from core.asm3_options import Asm3Options
from core.export_files import Written
from core.exports_asm3 import write_asm3
from core.records import Animal
from core.shelter_facts import Facts
from tests.asm3_reader import DEFAULT_BREED, Asm3, Record
from tests.shelter_animals import dogs_info

YOUNG = Facts(age=2.0)
FRENCH = Asm3Options("fr")


def written(
    path: Path, animals: Iterable[Animal], facts: dict[str, Facts] | None = None, options: Asm3Options | None = None
) -> Written:
    options = options or Asm3Options(default_age_years=2.0)
    return write_asm3(animals, dogs_info(), facts or {}, options, path / "animals.csv", may_replace=True)


def imported(
    path: Path, animals: Iterable[Animal], facts: dict[str, Facts] | None = None, options: Asm3Options | None = None
) -> Asm3:
    """A database after the import: no row passed over, none refused, all of them dogs, none an Abyssinian."""
    options = options or Asm3Options(default_age_years=2.0)
    file = written(path, animals, facts, options)
    database = Asm3(options.language)
    if file.rows:
        database.take(file.path.read_bytes())
    assert (database.skipped, database.errors) == (0, [])
    for record in database.animals:
        assert record.species == ("Chien" if options.language == "fr" else "Dog")
        assert DEFAULT_BREED[options.language] not in record.breeds and "" not in record.breeds
    return database


def one(path: Path, animal: Animal, facts: Facts = YOUNG, options: Asm3Options | None = None) -> Record:
    (record,) = imported(path, [animal], {animal.name: facts}, options).animals
    return record


def photograph(path: Path, width: int = 1600, height: int = 1200) -> Path:
    exif = Image.Exif()
    exif[0x010E] = "a secret"
    exif[0x0112] = 6  # lies on its side
    Image.new("RGB", (width, height), (200, 120, 40)).save(path, exif=exif)
    return path
