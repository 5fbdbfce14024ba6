"""The command classify: one row for each photograph, written as they come."""

from __future__ import annotations

import io
import itertools
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from core.batch import Batch
from core.bundles import BundleInfo
from core.errors import UsageError, UserError
from core.exports import Row, row_of, write_csv, write_json
from core.folders import library_path, replacing
from core.library import Library, content_of_file
from core.models import find_model, model_or_file
from core.photos import PHOTO_SUFFIXES, find_photos
from core.records import Kind
from core.texts import tr

log = logging.getLogger(__name__)

_WRITERS: dict[str, Callable[[Iterable[Row], TextIO, int], int]] = {"csv": write_csv, "json": write_json}
_REVIEWED = {Kind.MIXED: "Mixed breed", Kind.UNKNOWN: "Unknown breed"}


@dataclass(frozen=True)
class Table:
    """What was asked for: `out` None is stdout, `model` None the one in use, `kind` csv or json."""

    paths: tuple[Path, ...]
    out: Path | None
    kind: str
    model: str | None
    top: int
    show_progress: bool


def classify(wanted: Table) -> int:
    """Write the table and return its number of rows.

    Raises UsageError where the table would replace a photograph, UserError where there is nothing to do or no model.
    """
    if wanted.out is not None:
        _check_destination(wanted.out, wanted.paths)
    photos = _photos_or_refusal(wanted.paths)
    bundle = model_or_file(wanted.model) if wanted.model is not None else find_model()
    batch = Batch(bundle, keep=wanted.top)
    with _destination(wanted.out) as out:
        rows = _rows(batch, _with_progress(photos, wanted), bundle.info, wanted.top)
        return _WRITERS[wanted.kind](rows, out, wanted.top)


def _rows(batch: Batch, photos: Iterable[Path], info: BundleInfo, top: int) -> Iterator[Row]:
    library = Library(library_path()) if library_path().exists() else None
    try:
        for path, verdict in batch.answers(photos):
            reviewed = _reviewed_breed(library, path, info) if library else ""
            yield row_of(str(path), verdict, info, top=top, reviewed_breed=reviewed)
    finally:
        if library:
            library.close()


def _reviewed_breed(library: Library, path: Path, info: BundleInfo) -> str:
    """What a volunteer said of this photograph, in the model's own English names where it has one."""
    try:
        said = library.correction(content_of_file(path))
    except OSError:  # the row says already why this file cannot be read
        return ""
    if said is None:
        return ""
    own = next((label.en for label in info.labels if label.id == said.label), said.name)
    return _REVIEWED.get(said.kind, own)


def _photos_or_refusal(paths: Sequence[Path]) -> Iterator[Path]:
    """The photographs, lazily. Raises UserError when there is not a single one."""
    if not any(os.path.lexists(path) for path in paths):
        raise UserError(tr("There is no such file or folder: {names}").format(names=", ".join(map(str, paths))))
    photos = itertools.chain.from_iterable(map(find_photos, paths))
    first = next(photos, None)
    if first is None:
        raise UserError(tr("There are no photographs in {names}.").format(names=", ".join(map(str, paths))))
    return itertools.chain([first], photos)


def _with_progress(photos: Iterator[Path], wanted: Table) -> Iterator[Path]:
    """The same photographs; on the way a bar on stderr says how far, how fast and how long still."""
    is_seen = sys.stderr.isatty() and (wanted.out is not None or not sys.stdout.isatty())
    if not (is_seen or wanted.show_progress):
        return photos
    from tqdm import tqdm

    total = sum(1 for path in wanted.paths for _ in find_photos(path))
    return iter(tqdm(photos, total=total, unit=f" {tr('photographs')}", file=sys.stderr, dynamic_ncols=True))


def _check_destination(out: Path, paths: Iterable[Path]) -> None:
    """Refuse to write where a photograph is, or cannot be."""
    is_input = out.exists() and any(path.exists() and out.samefile(path) for path in paths)
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
        said = tr("The table cannot be written: {reason}.")
        raise UserError(said.format(reason=error.strerror or error)) from error
