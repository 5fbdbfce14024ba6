"""Tables of labelled photographs, CSV or Excel: read, and their columns found by the names that people give them."""

from __future__ import annotations

import io
import logging
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.csv_reading import Line, ReadTable, read_plain_file, read_table
from core.errors import UserError
from core.name_search import folded
from core.photos import PHOTO_SUFFIXES
from core.texts import tr
from core.train_config import Source

log = logging.getLogger(__name__)

_WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm"})
_MOST_BYTES, _MOST_UNPACKED_BYTES = 50_000_000, 300_000_000
_MOST_LINES = 1_000_000
_MOST_COLUMNS = 500
_LOOKED_AT = 200

_IMAGE_NAMES = (
    *("image", "images", "image path", "path", "file", "filename", "file name", "image file", "image name", "picture"),
    *("photo", "photograph", "img", "image id", "fichier", "chemin", "photographie", "image url", "url"),
)
_LABEL_NAMES = (
    *("label", "labels", "class", "class name", "breed", "category", "target", "species", "diagnosis", "type"),
    *("product category tree", "etiquette", "classe", "race", "categorie", "espece", "diagnostic"),
)
_GROUP_NAMES = (
    *("group", "group id", "animal", "animal id", "animal name", "patient", "patient id", "subject", "subject id"),
    *("groupe", "sujet"),
)
_SPLIT_NAMES = ("split", "part", "subset", "set", "data set", "dataset", "partie", "ensemble")
_LABEL_WORDS = frozenset({"label", "class", "category", "breed"})


@dataclass(frozen=True)
class Columns:
    """Where in a table things stand: places of columns; None where it has none of the kind."""

    image: int
    label: int
    group: int | None
    split: int | None


def read_any_table(path: Path) -> ReadTable:
    """The table in a CSV file, or in the first sheet of an Excel workbook that has anything in it.

    Raises UserError with a sentence where there is none.
    """
    if path.suffix.lower() not in _WORKBOOK_SUFFIXES:
        return read_table(path)
    file = io.BytesIO(read_plain_file(path, _MOST_BYTES + 1))
    try:
        if len(file.getbuffer()) > _MOST_BYTES or _unpacked_bytes(file) > _MOST_UNPACKED_BYTES:
            raise UserError(tr("The table {name} is too large.").format(name=path.name))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about fonts and checks that openpyxl does not know
            table = _first_sheet(file)
    except UserError:
        raise
    except Exception as error:  # openpyxl raises nearly every kind of error on a damaged workbook
        log.info("%r: %r", str(path), error)
        said = tr("{name} is damaged, or no Excel workbook. Save it again in your spreadsheet, as XLSX or as CSV.")
        raise UserError(said.format(name=path.name)) from error
    if table is None:
        raise UserError(tr("The table {name} is empty.").format(name=path.name))
    return table


def _unpacked_bytes(file: io.BytesIO) -> int:
    """How large the parts of a workbook say they are: openpyxl keeps all its texts in memory."""
    with zipfile.ZipFile(file) as parts:
        return sum(part.file_size for part in parts.infolist())


def _first_sheet(file: object) -> ReadTable | None:
    from openpyxl import load_workbook  # here: a folder is read without it

    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # other programs write wrong ones
            lines = _lines(sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS))
            if header := next(lines, None):
                width = len(header.cells)
                even = tuple(Line(line.number, (*line.cells, *[""] * width)[:width]) for line in lines)
                return ReadTable(header.cells, even)
    finally:
        book.close()
    return None


def _lines(rows: Iterator[Sequence[object]]) -> Iterator[Line]:
    for number, row in enumerate(islice(rows, _MOST_LINES), 1):
        cells = tuple(_cell(value) for value in row)
        if any(cells):
            yield Line(number, cells)


def _cell(value: object) -> str:
    """A cell as its text: Excel keeps every number as one with decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def find_columns(table: ReadTable, source: Source, name: str) -> Columns:
    """The columns that the source names, and by their usual names those that it does not.

    Raises UserError with the columns that there are where one is missing; `name` is the table's.
    """
    image = _named(table, source.image_column, name)
    if image is None:
        image = _first_of(table, _IMAGE_NAMES)
    if image is None or not any(line.cells[image] for line in table.lines):
        image = _of_pictures(table) if image is None or not source.image_column else image
    if image is None:
        raise _missing(table, name, tr("In which column of {name} are the photographs? It has these: {columns}."))
    label = _named(table, source.label_column, name)
    if label is None:
        label = _first_of(table, _LABEL_NAMES, _LABEL_WORDS)
    if label is None or label == image:
        raise _missing(table, name, tr("In which column of {name} are the classes? It has these: {columns}."))
    group = _named(table, source.group_column, name)
    split = _named(table, source.split_column, name)
    taken = {image, label}
    return Columns(
        image,
        label,
        group if group is not None else _free(_first_of(table, _GROUP_NAMES), taken),
        split if split is not None else _free(_first_of(table, _SPLIT_NAMES), taken),
    )


def _named(table: ReadTable, wanted: str, name: str) -> int | None:
    """The column of exactly this name, else one that differs in case and signs only; None where none is wanted."""
    if not wanted.strip():
        return None
    if wanted in table.header:
        return table.header.index(wanted)
    place = table.place([wanted]) if folded(wanted) else None
    if place is None:
        said = tr("{name} has no column called “{wanted}”. It has these: {columns}.")
        raise _missing(table, name, said, wanted)
    return place


def _first_of(table: ReadTable, names: Sequence[str], words: frozenset[str] = frozenset()) -> int | None:
    """The column with the first of these names, else the first one with one of these words in its name."""
    place = table.place(names)
    if place is not None or not words:
        return place
    header = [set(folded(cell).split()) for cell in table.header]
    return next((place for place, found in enumerate(header) if found & words), None)


def _of_pictures(table: ReadTable) -> int | None:
    """The first column in which most cells end as pictures do."""
    lines = table.lines[:_LOOKED_AT]
    for place in range(len(table.header)):
        cells = [line.cells[place] for line in lines if line.cells[place]]
        if cells and sum(_is_picture(cell) for cell in cells) * 2 > len(cells):
            return place
    return None


def _is_picture(cell: str) -> bool:
    ending = re.search(r"(\.\w{2,5})\W*$", cell)
    return ending is not None and ending[1].casefold() in PHOTO_SUFFIXES


def _free(place: int | None, taken: set[int]) -> int | None:
    return None if place in taken else place


def _missing(table: ReadTable, name: str, said: str, wanted: str = "") -> UserError:
    columns = ", ".join(cell for cell in table.header if cell)
    return UserError(said.format(name=name, columns=columns[:1000], wanted=wanted))
