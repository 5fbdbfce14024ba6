"""Answers as rows of a table, in CSV and in JSON, written as they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO, TypeAlias

from core.bundles import BundleInfo
from core.records import Status, Verdict

LEAST_BREEDS = 3
# Spreadsheets run a cell that begins with one of these, or with its wide form, as a formula (OWASP, CSV injection).
_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")

Cell: TypeAlias = "str | float | None"


@dataclass(frozen=True)
class Row:
    """One photograph in the table; `breeds` are names and confidences (0...1), best first.

    `reviewed_breed` is what a volunteer said, `animal` whom the photograph shows, `reason` why it cannot be used.
    """

    path: str
    status: Status
    breeds: tuple[tuple[str, float], ...]
    model: str
    reviewed_breed: str = ""
    animal: str = ""
    reason: str = ""


def row_of(
    path: str,
    verdict: Verdict,
    info: BundleInfo,
    *,
    top: int = LEAST_BREEDS,
    reviewed_breed: str = "",
    animal: str = "",
) -> Row:
    """The row for one verdict, with its `top` likeliest breeds by the model's own English names if it is an answer."""
    answered = verdict.status in (Status.SURE, Status.UNSURE)
    best = verdict.candidates[:top] if answered else ()
    breeds = tuple((info.labels[one.label].en, one.probability) for one in best)
    return Row(path, verdict.status, breeds, info.name, reviewed_breed, animal, verdict.reason)


def columns(top: int = LEAST_BREEDS) -> tuple[str, ...]:
    """The names of the columns, for `top` breeds; never fewer than three, so that importing programs find them.

    >>> columns()[2:6]
    ('breed', 'confidence', 'breed_2', 'confidence_2')
    """
    places = ["", *(f"_{place}" for place in range(2, max(top, LEAST_BREEDS) + 1))]
    breeds = [f"{kind}{place}" for place in places for kind in ("breed", "confidence")]
    return ("path", "status", *breeds, "reviewed_breed", "animal", "model", "reason")


def write_csv(rows: Iterable[Row], out: TextIO, top: int = LEAST_BREEDS) -> int:
    """Write the rows as CSV (RFC 4180) and return how many there were; each one is written as soon as it comes.

    `out` must leave line ends alone (`newline=""`). Cells that a spreadsheet would run as a formula get a leading
    apostrophe.
    """
    writer = csv.writer(out)
    writer.writerow(columns(top))
    count = 0
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in _cells(row, top)])
        out.flush()
        count += 1
    return count


def write_json(rows: Iterable[Row], out: TextIO, top: int = LEAST_BREEDS) -> int:
    """Write the rows as a JSON list of objects, one a line, and return how many there were.

    The keys are the columns of the CSV file; what is empty there is null here. Each row is written as soon as it comes.
    """
    names = columns(top)
    count = 0
    out.write("[")
    for row in rows:
        parts = dict(zip(names, _cells(row, top), strict=True))
        out.write((",\n" if count else "\n") + json.dumps(parts, ensure_ascii=False))
        out.flush()
        count += 1
    out.write("\n]\n")
    return count


def _cells(row: Row, top: int) -> Iterator[Cell]:
    """The row's cells in the order of `columns(top)`; None where there is nothing to say."""
    yield _encodable(row.path)
    yield row.status.value
    for place in range(max(top, LEAST_BREEDS)):
        name, confidence = row.breeds[place] if place < len(row.breeds) else (None, None)
        yield name
        yield None if confidence is None else round(confidence, 4)
    for text in (row.reviewed_breed, row.animal, row.model, row.reason):
        yield _encodable(text) or None


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.4f}"
    text = cell or ""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _encodable(text: str) -> str:
    r"""The text as UTF-8 can hold it: names of files on Linux may have bytes that are no letters.

    >>> _encodable("caf\udce9.jpg")
    'caf\\udce9.jpg'
    """
    return text.encode("utf-8", "backslashreplace").decode()
