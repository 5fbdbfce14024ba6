"""The command classify: one row for each photograph, written as they come."""

from __future__ import annotations

import io
import itertools
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from core.about import NAME
from core.animals import found_in
from core.batch import Answered, Batch
from core.bundles import BundleInfo
from core.database import Database
from core.errors import UsageError, UserError
from core.exports import Row, row_of, write_csv, write_json
from core.folders import library_path, replacing
from core.library import CORRECTION_COLUMNS, correction_of
from core.models import find_model, model_or_file
from core.photos import PHOTO_SUFFIXES, find_photos
from core.records import Correction, Kind
from core.texts import tr

log = logging.getLogger(__name__)

_WRITERS: dict[str, Callable[[Iterable[Row], TextIO, int], int]] = {"csv": write_csv, "json": write_json}
_REVIEWED = {Kind.MIXED: "Mixed breed", Kind.UNKNOWN: "Unknown breed", Kind.NOT_A_DOG: "Not a dog"}


@dataclass(frozen=True)
class Table:
    """What was asked for: `out` None is stdout, `model` None the one in use, `kind` csv or json.

    `fresh`: what the library knows already is computed anew.
    """

    paths: tuple[Path, ...]
    out: Path | None
    kind: str
    model: str | None
    top: int
    show_progress: bool
    fresh: bool = False


def classify(wanted: Table) -> int:
    """Write the table and return its number of rows.

    Raises UsageError where the table would replace a photograph, UserError where there is nothing to do or no model.
    """
    if wanted.out is not None:
        check_destination(wanted.out, wanted.paths)
    found = _found_or_refusal(wanted.paths)
    bundle = model_or_file(wanted.model) if wanted.model is not None else find_model()
    with _library() as library, _destination(wanted.out) as out:
        batch = Batch(bundle, library, keep=wanted.top, fresh=wanted.fresh, without=_say_without)
        with closing(batch.answers_of(found)) as answers:
            rows = (
                row_of(
                    str(one.path),
                    one.verdict,
                    bundle.info,
                    top=wanted.top,
                    reviewed_breed=_reviewed_breed(library, one, bundle.info),
                    animal=one.animal,
                )
                for one in _with_progress(answers, wanted)
            )
            return _WRITERS[wanted.kind](rows, out, wanted.top)


@contextmanager
def _library() -> Iterator[Database | None]:
    """The library, where answers are kept; None where it cannot be used, which the user is told and nothing more."""
    try:
        library = Database(library_path())
    except UserError as error:
        _say_without(str(error))
        yield None
        return
    if library.notice:
        print(f"{NAME}: {library.notice}", file=sys.stderr)
    try:
        yield library
    finally:
        library.close()


def _say_without(problem: str) -> None:
    said = tr("{problem} The table is written all the same, but its answers are not kept.")
    print(f"{NAME}: {said.format(problem=problem)}", file=sys.stderr)


def _reviewed_breed(library: Database | None, answered: Answered, info: BundleInfo) -> str:
    """What a volunteer said of this photograph, in the model's own English names where it has one."""
    said = _correction(library, answered.photograph) if library and answered.photograph else None
    if said is None:
        return ""
    names = {label.id: label.en for label in info.labels}
    first, second = names.get(said.label, said.name), names.get(said.second, said.second_name)
    if said.kind is Kind.CROSS:
        return f"{first} / {second}"
    return _REVIEWED.get(said.kind, first)


def _correction(library: Database, photograph: int) -> Correction | None:
    try:
        with library.reading() as connection:
            row = connection.execute(
                f"SELECT {CORRECTION_COLUMNS} FROM corrections WHERE photograph = ? AND taken_back IS NULL "
                "ORDER BY id DESC LIMIT 1",
                (photograph,),
            ).fetchone()
    except UserError:  # a table without this word is better than none
        return None
    return correction_of(row)


def _found_or_refusal(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """The photographs with their animals, lazily. Raises UserError when there is not a single one."""
    check_there(paths)
    found = found_in(paths)
    first = next(found, None)
    if first is None:
        raise UserError(tr("There are no photographs in {names}.").format(names=", ".join(map(str, paths))))
    return itertools.chain([first], found)


def _with_progress(answers: Iterator[Answered], wanted: Table) -> Iterator[Answered]:
    """The same answers; on the way a bar on stderr says how far, how fast and how long still."""
    is_seen = sys.stderr.isatty() and (wanted.out is not None or not sys.stdout.isatty())
    if not (is_seen or wanted.show_progress):
        return answers
    from tqdm import tqdm

    total = sum(1 for path in wanted.paths for _ in find_photos(path))
    return iter(tqdm(answers, total=total, unit=f" {tr('photographs')}", file=sys.stderr, dynamic_ncols=True))


def check_there(paths: Sequence[Path]) -> None:
    """Raise UserError where there is nothing under any of these names."""
    if not any(os.path.lexists(path) for path in paths):
        raise UserError(tr("There is no such file or folder: {names}").format(names=", ".join(map(str, paths))))


def check_destination(out: Path, paths: Iterable[Path]) -> None:
    """Refuse to write where a photograph is, or cannot be."""
    try:
        is_there = bool(out.stat())
    except (FileNotFoundError, NotADirectoryError):
        is_there = False
    except OSError as error:  # such as a closed folder
        raise UserError(_cannot_write(error)) from error
    is_input = is_there and any(os.path.exists(path) and out.samefile(path) for path in paths)  # noqa: PTH110
    if is_input or out.suffix.lower() in PHOTO_SUFFIXES:
        raise UsageError(tr("The table would replace a photograph: {name}. Choose another name.").format(name=out))
    if out.is_dir():
        raise UsageError(tr("{name} is a folder. Give the table a name of its own.").format(name=out))
    if not out.parent.is_dir():
        raise UserError(tr("There is no folder {folder} to write to.").format(folder=out.parent))


@contextmanager
def _destination(out: Path | None) -> Iterator[TextIO]:
    """Where the table goes: UTF-8, with the line ends of the table itself."""
    if out is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(newline="")
        yield sys.stdout
        return
    try:
        if out.exists() and not out.is_file():  # such as /dev/stdout, which nothing can replace
            with out.open("w", encoding="utf-8", newline="") as device:
                yield device
            return
        with replacing(out) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            yield text
            text.detach()
    except OSError as error:
        raise UserError(_cannot_write(error)) from error


def _cannot_write(error: OSError) -> str:
    return tr("The table cannot be written: {reason}.").format(reason=error.strerror or error)
