"""Tables as people's programs save them: commas, semicolons or tabs, and any of the usual encodings."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.name_search import folded
from core.photos import system_path
from core.texts import tr

_MOST_BYTES = 50_000_000
_DELIMITERS = (",", ";", "\t")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # Excel's two formats, LibreOffice's too


@dataclass(frozen=True)
class Line:
    """One line of a table: where it stands in the file (from 1), and its cells, as many as the header has."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class ReadTable:
    """The header and the lines below it, empty lines left out; every cell without spaces around it."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]

    def place(self, names: Sequence[str]) -> int | None:
        """Which column is called by one of `names`, the first name first; case, accents and signs do not matter."""
        header = [folded(cell) for cell in self.header]
        return next((header.index(name) for name in map(folded, names) if name in header), None)


def read_table(path: Path) -> ReadTable:
    """The table in a CSV file. Raises UserError with a sentence where there is none."""
    data = read_plain_file(path, _MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UserError(tr("The table {name} is too large.").format(name=path.name))
    if data.startswith(_WORKBOOKS):
        said = tr("{name} is a workbook, not a CSV file. In your spreadsheet, choose “Save as” and “CSV”.")
        raise UserError(said.format(name=path.name))
    try:
        table = _parsed(_decoded(data))
    except csv.Error as error:
        raise UserError(tr("{name} is not a CSV file that can be read.").format(name=path.name)) from error
    if table is None:
        raise UserError(tr("The table {name} is empty.").format(name=path.name))
    return table


def read_plain_file(path: Path, most_bytes: int) -> bytes:
    """The first bytes of a table's file. Raises UserError where it cannot be read, or is a pipe or a device."""
    where = system_path(path)
    try:
        if not stat.S_ISREG(where.stat().st_mode) and not where.is_dir():
            raise UserError(tr("This is not a file but a device or a connection of the computer."))
        with where.open("rb") as file:
            return file.read(most_bytes)
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        said = tr("The table {name} cannot be read: {reason}.")
        reason = getattr(error, "strerror", None) or error
        raise UserError(said.format(name=path.name, reason=reason)) from error


def _decoded(data: bytes) -> str:
    """UTF-8 if it is that, else what Windows writes in western Europe, which takes any byte."""
    if data.startswith(_UTF16):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _parsed(text: str) -> ReadTable | None:
    lines = _lines(text)
    header = next(lines, None)
    if header is None:
        return None
    width = len(header.cells)
    even = (Line(line.number, (*line.cells, *[""] * width)[:width]) for line in lines)
    return ReadTable(header.cells, tuple(even))


def _lines(text: str) -> Iterator[Line]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 1
    for cells in reader:
        stripped = tuple(cell.strip() for cell in cells)
        if any(stripped):
            yield Line(number, stripped)
        number = reader.line_num + 1  # a cell may go over several lines
