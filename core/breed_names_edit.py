"""The user's table of breed names as rows that can be changed; whatever else stands in its file stays as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.csv_reading import Line, ReadTable, read_table
from core.errors import UserError
from core.folders import replacing
from core.shelter_breeds import COLUMNS, FILE_NAME, load_table, table_path
from core.texts import tr


@dataclass(frozen=True)
class NamesTable:
    """The file as it was read, and by what it is known that nobody else changed it since."""

    table: ReadTable
    stamp: int
    problems: tuple[str, ...] = ()

    def cells(self) -> dict[str, dict[str, str]]:
        """The cells of `COLUMNS` by the label they belong to; a label's first line counts."""
        places = {name: self.table.place([name]) for name in COLUMNS}
        found: dict[str, dict[str, str]] = {}
        for line in self.table.lines:
            cells = {name: "" if place is None else line.cells[place] for name, place in places.items()}
            if cells["label"]:
                found.setdefault(cells["label"], cells)
        return found


def read_names() -> NamesTable:
    """The user's table, made from the program's own on first use. Raises UserError where it cannot be read."""
    known = load_table()
    stamp = _stamp()
    table = read_table(table_path())
    if missing := [name for name in COLUMNS[:3] if table.place([name]) is None]:
        said = tr("{name} has no column {columns}. The program’s own breed names are used.")
        raise UserError(said.format(name=FILE_NAME, columns=", ".join(missing)))
    return NamesTable(table, stamp, known.problems)


def save_name(names: NamesTable, label: str, changed: Mapping[str, str]) -> NamesTable:
    """Change cells (by the name of their column) in the line of a label; the table as it is then.

    Raises UserError where the file was changed by another program meanwhile, or cannot be written.
    """
    if _stamp() != names.stamp:
        said = tr("{name} was changed by another program meanwhile. Read it again first.")
        raise UserError(said.format(name=FILE_NAME))
    header = list(names.table.header) + [name for name in COLUMNS if names.table.place([name]) is None]
    table = ReadTable(tuple(header), names.table.lines)
    place_of_label = table.place(["label"])
    lines = [_padded(line, len(header)) for line in table.lines]
    at = next((n for n, line in enumerate(lines) if line.cells[place_of_label or 0] == label), None)
    if at is None:
        lines.append(Line(0, tuple(label if place == place_of_label else "" for place in range(len(header)))))
        at = len(lines) - 1
    cells = list(lines[at].cells)
    for name, text in changed.items():
        place = table.place([name])
        assert place is not None
        cells[place] = text
    lines[at] = replace(lines[at], cells=tuple(cells))
    _write(tuple(header), lines)
    return read_names()


def _padded(line: Line, width: int) -> Line:
    return replace(line, cells=(*line.cells, *[""] * (width - len(line.cells))))


def _write(header: tuple[str, ...], lines: list[Line]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(line.cells for line in lines)
    try:
        with replacing(table_path()) as file:
            file.write(out.getvalue().encode("utf-8-sig"))
    except OSError as error:
        said = tr("{name} cannot be written: {reason}.")
        raise UserError(said.format(name=FILE_NAME, reason=error.strerror or error)) from error


def _stamp() -> int:
    try:
        return table_path().stat().st_mtime_ns
    except OSError:
        return 0
