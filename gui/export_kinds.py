"""What can be exported: each kind with its name, what it is for, its options, and the export that they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from core.asm3_options import Asm3Options, Known, Unsure
from core.export_jobs import Export, Form, Wanted
from core.exports_copies import How
from core.exports_keywords import KeywordOptions, Where
from core.exports_petfinder import ListingOptions, Site, Size
from core.texts import language, tr
from gui.option_list import OFF, ON, Option

TOPS = ("3", "5")
# The switch that lets the user's own files be changed: it is off at the beginning, whatever was chosen before.
ORIGINALS = "originals"


class Target(Enum):
    """Where it goes: into a file, into a new folder, or beside the photographs."""

    FILE = "file"
    FOLDER = "folder"
    BESIDE = "beside"


@dataclass(frozen=True)
class ExportKind:
    """One kind. `word` is what its file is called, after the folder of photographs.

    With `checks` the animals are looked through before anything is written.
    """

    form: Form
    name: str
    explanation: str
    word: str
    suffix: str
    options: tuple[Option, ...] = ()
    checks: bool = False

    def target(self, values: Mapping[str, str]) -> Target:
        """Where it goes with these options."""
        if self.form is Form.KEYWORDS:
            return Target.FOLDER if where_of(values) is Where.COPIES else Target.BESIDE
        return Target.FOLDER if self.form is Form.COPIES else Target.FILE


def looks_only() -> str:
    """What belongs wherever a breed is written into somebody's records."""
    return tr(
        "These are looks, not descent: of 919 shelter dogs whose genes were tested, only 4.9 % were of a single breed "
        "(PLoS One 2018, e0202633)."
    )


def export_kinds() -> tuple[ExportKind, ...]:
    """All kinds, in the present language, the most used first."""
    return (_csv(), _excel(), _asm3(), _keywords(), _copies(), _petfinder(), _adoptapet(), _json())


def export_of(
    kind: ExportKind, values: Mapping[str, str], wanted: Wanted, path: Path, may_replace: bool = False
) -> Export:
    """The export that these options mean; those of animals get their facts and the default age later."""
    return Export(
        kind.form,
        wanted,
        path,
        "fr" if values.get("language", "en") == "fr" else "en",
        int(values.get("top", TOPS[0])),
        asm3=asm3_options(values),
        listing=listing_options(kind.form, values),
        keywords=KeywordOptions(
            where_of(values),
            keeps_ending=values.get("ending", ON) == ON,
            marks_unsure=values.get("unsure_too") == ON,
            language="fr" if values.get("language") == "fr" else "en",
        ),
        how=How(values.get("how") or How.COPY.value),
        may_replace=may_replace,
    )


def where_of(values: Mapping[str, str]) -> Where:
    """Where keywords go; into the photographs themselves only where that very switch is on."""
    if values.get(ORIGINALS) == ON:
        return Where.ORIGINALS
    return Where(values.get("where") or Where.SIDECARS.value)


def asm3_options(values: Mapping[str, str], default_age_years: float | None = None) -> Asm3Options:
    """The options of ASM3 that these values mean; those that are missing have their defaults."""
    return Asm3Options(
        language="fr" if values.get("database") == "fr" else "en",
        pictures=values.get("pictures") == ON,
        default_age_years=default_age_years,
        unsure=Unsure(values.get("unsure") or Unsure.MIXED.value),
        known=Known(values.get("known") or Known.NOWHERE.value),
        field=values.get("field", ""),
        codes_are_known=values.get("codes", ON) == ON,
        describe=values.get("describe", ON) == ON,
        one_as_cross=values.get("cross") == ON,
        order_of_1999={"yes": True, "no": False}.get(values.get("order_of_1999", "")),
        animal_type=values.get("type", ""),
        has_coded_accents=values.get("database") == "fr" and values.get("accents") == ON,
    )


def listing_options(form: Form, values: Mapping[str, str], default_age_years: float | None = None) -> ListingOptions:
    """The options of a place where animals are listed."""
    return ListingOptions(
        Site.ADOPTAPET if form is Form.ADOPTAPET else Site.PETFINDER,
        Unsure(values.get("unsure") or Unsure.MIXED.value),
        Size(values.get("size", "")),
        default_age_years,
    )


def _csv() -> ExportKind:
    return ExportKind(
        Form.CSV,
        tr("A table for a spreadsheet (CSV)"),
        tr("One row a photograph: what it looks like, how sure the program is, and what you said of it."),
        tr("breeds"),
        ".csv",
        (_language("en"), _top()),
    )


def _excel() -> ExportKind:
    return ExportKind(
        Form.EXCEL,
        tr("Excel, with small pictures"),
        tr("A workbook with one row a photograph and its picture beside it, to look through and to pass on."),
        tr("breeds"),
        ".xlsx",
        (_language(language()),),
    )


def _json() -> ExportKind:
    return ExportKind(
        Form.JSON,
        tr("Data for other programs (JSON)"),
        tr("The same as the table, for programs that read JSON."),
        tr("breeds"),
        ".json",
        (_language("en"), _top()),
    )


def _asm3() -> ExportKind:
    return ExportKind(
        Form.ASM3,
        tr("ASM3 (Animal Shelter Manager)"),
        tr(
            "One row an animal, in the form that ASM3 imports. The next page shows every animal with what ASM3 would "
            "refuse or change; there you fill in names, codes, ages and sexes."
        ),
        "asm3",
        ".csv",
        _asm3_options(),
        checks=True,
    )


def _petfinder() -> ExportKind:
    return ExportKind(
        Form.PETFINDER,
        "Petfinder",
        tr(
            "One row an animal, in the form that Petfinder imports. You fill in codes, ages and sexes on the next page."
        ),
        "petfinder",
        ".csv",
        (_unsure(), _size()),
        checks=True,
    )


def _adoptapet() -> ExportKind:
    return ExportKind(
        Form.ADOPTAPET,
        "Adopt-a-Pet",
        tr(
            "One row an animal, in the form that Adopt-a-Pet imports. You fill in codes, ages and sexes on the next "
            "page."
        ),
        "adoptapet",
        ".csv",
        (_unsure(), _size()),
        checks=True,
    )


def _asm3_options() -> tuple[Option, ...]:
    languages = (("en", tr("English")), ("fr", tr("French")))
    known = (
        (Known.NOWHERE.value, tr("Nowhere: leave them as they are")),
        (Known.DESCRIPTION.value, tr("Into their description, which it replaces")),
        (Known.FIELD.value, tr("Into an additional field")),
    )
    marks = (
        ("auto", tr("if the database is French")),
        ("yes", tr("always")),
        ("no", tr("never")),
    )
    return (
        Option("database", tr("Language of your ASM3 database"), language(), languages),
        Option("accents", tr("Accents as codes"), is_switch=True, when=("database", "fr")),
        _unsure(),
        Option("pictures", tr("Write the pictures into the file, too"), is_switch=True),
        Option("describe", tr("Describe the look of new animals in words"), ON, is_switch=True),
        Option(
            "cross",
            tr("Write one breed as a cross with “Mixed Breed”"),
            is_switch=True,
            hint=tr("Most shelter dogs are crosses, whatever they look like."),
        ),
        Option("codes", tr("A code means that ASM3 has the animal already"), ON, is_switch=True),
        Option(
            "known",
            tr("The look of animals that ASM3 has"),
            Known.NOWHERE.value,
            known,
            hint=tr("An import never changes the breed of an animal that ASM3 has already."),
        ),
        Option("field", tr("Name of the additional field"), when=("known", Known.FIELD.value)),
        Option("type", tr("Animal type in ASM3 (empty: its default)")),
        Option("order_of_1999", tr("Mark dogs that may fall under the French order of 27 April 1999"), "auto", marks),
    )


def _keywords() -> ExportKind:
    where = (
        (Where.SIDECARS.value, tr("into small files beside the photographs (XMP)")),
        (Where.COPIES.value, tr("into copies, in a new folder")),
    )
    endings = (
        (ON, tr("photo.jpg.xmp (digiKam, darktable)")),
        (OFF, tr("photo.xmp (Lightroom, Adobe Bridge)")),
    )
    return ExportKind(
        Form.KEYWORDS,
        tr("Keywords beside the photographs"),
        tr("The breed as a keyword that photo programs find, such as digiKam or Lightroom."),
        tr("with keywords"),
        "",
        (
            Option("where", tr("Where the keywords go"), Where.SIDECARS.value, where, when=(ORIGINALS, OFF)),
            Option("ending", tr("Name of the files beside photo.jpg"), ON, endings),
            _language(language()),
            Option("unsure_too", tr("Say “Not sure” and “No dog” with a keyword, too"), is_switch=True),
            Option(
                ORIGINALS,
                tr("Write the keywords into my photographs themselves"),
                is_switch=True,
                hint=tr(
                    "This changes your own files! The pictures stay exactly as they are, only the keywords come into "
                    "them. Make a backup first: it cannot be undone here."
                ),
                is_warning=True,
            ),
        ),
    )


def _copies() -> ExportKind:
    how = (
        (How.COPY.value, tr("copies")),
        (How.SYMLINK.value, tr("links (they take no room)")),
        (How.HARD_LINK.value, tr("second names of the same files (they take no room)")),
    )
    return ExportKind(
        Form.COPIES,
        tr("Copies sorted into folders by breed"),
        tr("A new folder with a folder for each breed. Your photographs stay where they are."),
        tr("by breed"),
        "",
        (Option("how", tr("What stands in the folders"), How.COPY.value, how), _language(language())),
    )


def _unsure() -> Option:
    entries = (
        (Unsure.MIXED.value, tr("as mixed breed")),
        (Unsure.FIRST.value, tr("as a cross of its first guess")),
        (Unsure.LEAVE_OUT.value, tr("not at all")),
    )
    return Option("unsure", tr("Dogs of which the program is not sure"), Unsure.MIXED.value, entries)


def _size() -> Option:
    entries = (
        (Size.UNKNOWN.value, tr("leave it empty")),
        (Size.SMALL.value, tr("small")),
        (Size.MEDIUM.value, tr("medium")),
        (Size.LARGE.value, tr("large")),
        (Size.EXTRA_LARGE.value, tr("very large")),
    )
    return Option("size", tr("Size of these dogs"), Size.UNKNOWN.value, entries)


def _language(default: Literal["en", "fr"]) -> Option:
    return Option("language", tr("Names of the breeds"), default, (("en", tr("English")), ("fr", tr("French"))))


def _top() -> Option:
    entries = tuple((top, top) for top in TOPS)
    return Option("top", tr("Breeds in each row"), TOPS[0], entries)
