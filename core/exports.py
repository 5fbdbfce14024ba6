"""Answers as rows of a table, in CSV and in JSON, written as they come: for the command, and as an export."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO, TypeAlias

from core.bundle_info import BundleInfo
from core.errors import Cancelled
from core.export_answers import name_in, said_by, title
from core.export_files import Written, encodable, new_file
from core.records import Status, Tagged, Verdict
from core.texts import Language

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
    language: Language = "en",
) -> Row:
    """The row for one verdict, with its `top` likeliest breeds by the model's own names if it is an answer."""
    answered = verdict.status in (Status.SURE, Status.UNSURE)
    best = verdict.candidates[:top] if answered else ()
    breeds = tuple((name_in(info.labels[one.label], language), one.probability) for one in best)
    return Row(path, verdict.status, breeds, info.name, reviewed_breed, animal, verdict.reason)


def row_of_tagged(tagged: Tagged, info: BundleInfo, *, top: int = LEAST_BREEDS, language: Language = "en") -> Row:
    """The row for a photograph of the library, with what a volunteer said of it."""
    reviewed = "" if tagged.reviewed is None else title(said_by(tagged.reviewed, info, language), language)
    return row_of(
        str(tagged.path),
        tagged.verdict,
        info,
        top=top,
        reviewed_breed=reviewed,
        animal=tagged.animal,
        language=language,
    )


def columns(top: int = LEAST_BREEDS) -> tuple[str, ...]:
    """The names of the columns, for `top` breeds; never fewer than three, so that importing programs find them.

    >>> columns()[2:6]
    ('breed', 'confidence', 'breed_2', 'confidence_2')
    """
    places = ["", *(f"_{place}" for place in range(2, max(top, LEAST_BREEDS) + 1))]
    breeds = [f"{kind}{place}" for place in places for kind in ("breed", "confidence")]
    return ("path", "status", *breeds, "reviewed_breed", "animal", "model", "reason")


def write_table(
    path: Path,
    tagged: Iterable[Tagged],
    info: BundleInfo,
    kind: Literal["csv", "json"] = "csv",
    *,
    language: Language = "en",
    top: int = LEAST_BREEDS,
    may_replace: bool = False,
    progress: Callable[[int], None] = lambda done: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Write the photographs as a table to `path`, whole or not at all; the breeds by their names in `language`.

    `progress` is told how many are written. Raises Cancelled when `should_stop` says so, AlreadyThereError where a file
    is at `path` unless it may be replaced, UserError where nothing can be written.
    """
    written = 0

    def rows() -> Iterator[Row]:
        nonlocal written
        for one in tagged:
            if should_stop():
                raise Cancelled
            yield row_of_tagged(one, info, top=top, language=language)
            written += 1
            progress(written)

    with new_file(path, may_replace) as file:
        out = io.TextIOWrapper(file, encoding="utf-8", newline="")
        # Only the command hands every row over at once; here nobody reads along.
        count = (write_csv if kind == "csv" else write_json)(rows(), out, top, False)
        out.detach()
    return Written(path, count)


def write_csv(rows: Iterable[Row], out: TextIO, top: int = LEAST_BREEDS, at_once: bool = True) -> int:
    """Write the rows as CSV (RFC 4180) and return how many there were; each is out as soon as it comes if `at_once`.

    `out` must leave line ends alone (`newline=""`). Cells that a spreadsheet would run as a formula get a leading
    apostrophe.
    """
    writer = csv.writer(out)
    writer.writerow(columns(top))
    count = 0
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in _cells(row, top)])
        if at_once:
            out.flush()
        count += 1
    return count


def write_json(rows: Iterable[Row], out: TextIO, top: int = LEAST_BREEDS, at_once: bool = True) -> int:
    """Write the rows as a JSON list of objects, one a line, and return how many there were.

    The keys are the columns of the CSV file; what is empty there is null here. Each row is out as soon as it
    comes if `at_once`.
    """
    names = columns(top)
    count = 0
    out.write("[")
    for row in rows:
        parts = dict(zip(names, _cells(row, top), strict=True))
        out.write((",\n" if count else "\n") + json.dumps(parts, ensure_ascii=False))
        if at_once:
            out.flush()
        count += 1
    out.write("\n]\n")
    return count


def _cells(row: Row, top: int) -> Iterator[Cell]:
    """The row's cells in the order of `columns(top)`; None where there is nothing to say."""
    yield encodable(row.path)
    yield row.status.value
    for place in range(max(top, LEAST_BREEDS)):
        name, confidence = row.breeds[place] if place < len(row.breeds) else (None, None)
        yield name
        yield None if confidence is None else round(confidence, 4)
    for text in (row.reviewed_breed, row.animal, row.model, row.reason):
        yield encodable(text) or None


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.4f}"
    text = cell or ""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
