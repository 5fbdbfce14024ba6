"""What the user chooses before animals are written for ASM3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from core.errors import UserError
from core.shelter_facts import MOST_YEARS
from core.texts import Language, tr

# ASM3 compares column names with the field's name in capitals; its fields have no spaces in their names.
_FIELD = re.compile(r"\w{1,60}")


class Unsure(Enum):
    """What is written for an animal of which the program is not sure and nobody said anything."""

    MIXED = "mixed"
    FIRST = "first"
    LEAVE_OUT = "leave_out"


class Known(Enum):
    """Where the look of an animal goes that ASM3 knows already: its breed never changes by an import."""

    NOWHERE = "nowhere"
    DESCRIPTION = "description"
    FIELD = "field"


@dataclass(frozen=True)
class Asm3Options:
    """`language` of the shelter's database; what to do with the unsure; whether pictures go along.

    `default_age_years` stands for an age that is not known. `unsure`: mixed breed, the first candidate as a cross, or
    not at all. `known`: where the look goes for animals with a code; `field` names an additional field of ASM3's
    (then new animals get it too). `codes_are_known`: a code is that of an animal in ASM3, so that an age is not needed
    and a date of birth never overwritten. `describe`: new animals get the look as description. `one_as_cross`: one
    breed is written as a cross with "Mixed Breed". `order_of_1999`: the note for breeds of the French order of 27 April
    1999, None for "in French databases". `animal_type`: ASM3's animal type, as the shelter calls it (empty: ASM3's
    default). `has_coded_accents`: breed names with accents are written as ASM3's installer puts them into a new French
    database (`Race crois&#233;e`): its import finds a name only as it is stored.
    """

    language: Language = "en"
    pictures: bool = False
    default_age_years: float | None = None
    unsure: Unsure = Unsure.MIXED
    known: Known = Known.NOWHERE
    field: str = ""
    codes_are_known: bool = True
    describe: bool = True
    one_as_cross: bool = False
    order_of_1999: bool | None = None
    animal_type: str = ""
    has_coded_accents: bool = False

    @property
    def field_column(self) -> str:
        """The column of the additional field, empty where there is none."""
        return f"ANIMALADDITIONAL{self.field.strip().upper()}" if self.known is Known.FIELD else ""

    @property
    def has_1999_note(self) -> bool:
        """Whether breeds of the French order are to be checked."""
        return self.language == "fr" if self.order_of_1999 is None else self.order_of_1999


def check_options(options: Asm3Options) -> None:
    """Raise UserError with a sentence where the options cannot be followed."""
    age = options.default_age_years
    if age is not None and not 0 < age <= MOST_YEARS:
        raise UserError(tr("The age must be more than 0 and at most 100 years."))
    if options.known is Known.FIELD and not _FIELD.fullmatch(options.field.strip()):
        raise UserError(tr("Write the name of ASM3’s additional field as it is there: letters and digits, no spaces."))
