"""What ASM3 does with a CSV file, written anew from what its source does, to try the exported files on.

The rules, as read in sheltermanager/asm3: `csv_parse` in utils.py (each `"` switches between quoted and not, one at
either end of a value is dropped, doubled ones stay, then spaces around are stripped), csvimport.py (names of columns in
capitals; a row without a name is passed over; a name in a list is compared without case, with ` for '; what is not
found becomes the default), `insert_animal_from_form` (a new animal needs a date of birth or an age) and
`merge_animal_details` in animal.py (what a known code may change).
"""

from __future__ import annotations

import base64
import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

BREEDS = Path(__file__).resolve().parent.parent / "resources" / "breeds" / "asm3_dog_breeds.csv"
DEFAULT_BREED = {"en": "Abyssinian", "fr": "Abyssin"}
SPECIES = {"en": ("Dog", "Cat"), "fr": ("Chien", "Chat")}


@dataclass
class Record:
    """One animal in the database."""

    code: str
    name: str
    species: str
    breeds: tuple[str, str]
    is_cross: bool
    sex: str
    born: date | None
    age: float | None
    description: str
    hidden: str
    fields: dict[str, str] = field(default_factory=dict)
    pictures: list[bytes] = field(default_factory=list)


def parse(text: str) -> list[dict[str, str]]:
    """The rows of a file as ASM3 takes them apart."""
    lines: list[list[str]] = [[]]
    value, is_quoted = "", False
    for letter in text.replace("\r\n", "\n").replace("\r", "\n") + "\n":
        if letter == '"':
            is_quoted = not is_quoted
        if letter in ",\n" and not is_quoted:
            lines[-1].append(value.removeprefix('"').removesuffix('"').strip())
            value = ""
            if letter == "\n":
                lines.append([])
            continue
        value += letter
    header, *rows = lines
    found = [dict(zip(header, row, strict=False)) for row in rows]
    return [row for row in found if len(row) > 1]


class Asm3:
    """A database in one language, with ASM3's own breeds of dogs and a cat's breed as the default."""

    def __init__(self, language: str = "en", today: date | None = None, has_coded_accents: bool = False) -> None:
        self.language = language
        self.today = today or date.today()
        self.animals: list[Record] = []
        self.errors: list[str] = []
        self.skipped = 0
        with BREEDS.open(encoding="utf-8", newline="") as file:
            names = [row[language] for row in csv.DictReader(file)]
        # Apostrophes are stored as backticks; a new French database has its accents as character references.
        stored = {
            name: name.encode("ascii", "xmlcharrefreplace").decode() if has_coded_accents else name for name in names
        }
        self.breeds = {text.lower().replace("'", "`"): name for name, text in stored.items()}

    def take(self, data: bytes) -> None:
        """Import a file."""
        rows = parse(data.decode("utf-8-sig"))
        assert rows and "ANIMALNAME" in rows[0], "the whole file is refused without this column"
        for row in rows:
            if row["ANIMALNAME"] == "":
                self.skipped += 1
            else:
                self._take(row)

    def _take(self, row: dict[str, str]) -> None:
        known = next((one for one in self.animals if row["ANIMALCODE"] and one.code == row["ANIMALCODE"]), None)
        record = known or self._new(row)
        if record is None:
            return
        if known is not None:
            text = row.get("ANIMALCOMMENTS") or row.get("ANIMALDESCRIPTION")
            record.description = text or record.description
            record.born = _date(row.get("ANIMALDOB", "")) or record.born
        for column, value in row.items():
            if column.startswith("ANIMALADDITIONAL") and value:
                record.fields[column.removeprefix("ANIMALADDITIONAL")] = value
        picture = row.get("ANIMALIMAGE", "")
        if picture.startswith("data:image"):
            record.pictures.append(base64.b64decode(picture.partition(",")[2], validate=True))
        elif picture:
            self.errors.append("unrecognised image")

    def _new(self, row: dict[str, str]) -> Record | None:
        dog, cat = SPECIES[self.language]
        born, age = _date(row.get("ANIMALDOB", "")), _number(row.get("ANIMALAGE", ""))
        if born is None and not 0 < age <= 100:
            self.errors.append(f"age of {row['ANIMALNAME']}")
            return None
        if born is not None and born > self.today:
            self.errors.append(f"birth of {row['ANIMALNAME']}")
            return None
        if any(one.code.lower() == row["ANIMALCODE"].lower() for one in self.animals if row["ANIMALCODE"]):
            self.errors.append(f"code of {row['ANIMALNAME']}")
            return None
        first = self._breed(row.get("ANIMALBREED1", "")) or DEFAULT_BREED[self.language]
        second = self._breed(row.get("ANIMALBREED2", ""))
        record = Record(
            code=row["ANIMALCODE"] or f"GENERATED{len(self.animals)}",
            name=row["ANIMALNAME"],
            species=dog if row.get("ANIMALSPECIES", "").lower() == dog.lower() else cat,
            breeds=(first, second),
            is_cross=second not in ("", first),
            sex={"f": "female", "m": "male"}.get(row.get("ANIMALSEX", "")[:1].lower(), "unknown"),
            born=born,
            age=None if born else age,
            description=row.get("ANIMALCOMMENTS") or row.get("ANIMALDESCRIPTION", ""),
            hidden=row.get("ANIMALHIDDENDETAILS", ""),
        )
        self.animals.append(record)
        return record

    def _breed(self, name: str) -> str:
        return self.breeds.get(name.strip().lower().replace("'", "`"), "")


def _date(text: str) -> date | None:
    """A date whose year comes first; what else ASM3 reads depends on the country."""
    parts = text.split(" ")[0].split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day) if year > 1900 else None
    except ValueError:
        return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
