"""A table of photographs: which file each row means, however it is written, and which class."""

from __future__ import annotations

import ast
import json
import logging
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

from core.bundle_info import printable
from core.csv_reading import Line, ReadTable
from core.errors import UserError
from core.photo_search import find_photos, system_path
from core.texts import tr
from core.train_config import Source
from core.train_records import Finding, FindingKind
from training.found import Found, FoundPhoto, Names, part_of
from training.labels import class_key
from training.tables import Columns, find_columns, read_any_table
from training.telling import Telling, stop_if_asked

log = logging.getLogger(__name__)

_LEVELS = (">>", " > ", "›", "»", " / ", "|", ">", "/")
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def read_labelled_table(source: Source, telling: Telling) -> Found:
    """The photographs of a table by class. Raises UserError with a sentence where it cannot be used."""
    assert source.path is not None
    table = read_any_table(source.path)
    name = printable(source.path.name)
    if not table.lines:
        raise UserError(tr("The table {name} has a header and nothing below it.").format(name=name))
    columns = find_columns(table, source, name)
    pictures = _Pictures(source.images or source.path.parent, telling)
    names, findings = Names(), []
    photographs: list[FoundPhoto] = []
    unlabelled = 0
    for count, line in enumerate(table.lines, 1):
        stop_if_asked(telling)
        label = label_in(line.cells[columns.label], source.level)
        if not label:
            unlabelled += 1
            continue
        found = list(_photographs(line, names.of(label), columns, pictures))
        photographs += [photo for photo in found if isinstance(photo, FoundPhoto)]
        findings += [finding for finding in found if isinstance(finding, Finding)]
        telling.progress(count, len(table.lines))
    if not photographs:
        raise UserError(_nothing(table, columns, name, pictures.folder, bool(findings)))
    notes = [_columns_used(table, columns, name), *_notes(table, columns, unlabelled)]
    return Found(tuple(photographs), names.all, tuple(findings), unlabelled, tuple(notes))


def _photographs(line: Line, name: str, columns: Columns, pictures: _Pictures) -> Iterator[FoundPhoto | Finding]:
    """The photographs of a row, and what is missing of them."""
    written = names_in(line.cells[columns.image])
    row = tr("row {number}").format(number=line.number)
    if not written:
        yield Finding(kind=FindingKind.MISSING, classes=(name,), suggestion=tr("{row}: no picture").format(row=row))
    animal = line.cells[columns.group] if columns.group is not None else ""
    if not animal and len(written) > 1:
        animal = row
    part = part_of(line.cells[columns.split]) if columns.split is not None else None
    for one in written:
        path, reason = pictures.find(one)
        if path is None:
            yield Finding(
                kind=FindingKind.MISSING, paths=(printable(one, 300),), classes=(name,), suggestion=f"{row}: {reason}"
            )
        else:
            yield FoundPhoto(path, name, official=part, animal=f"animal {class_key(animal)}" if animal else "")


def names_in(cell: str) -> list[str]:
    """The files that a cell names: one, or a list as JSON or Python writes it.

    >>> names_in('["a.jpg", "b.jpg"]'), names_in("['c.jpg']"), names_in("d.jpg"), names_in("")
    (['a.jpg', 'b.jpg'], ['c.jpg'], ['d.jpg'], [])
    """
    if not cell.startswith("["):
        return [cell] if cell else []
    listed = _listed(cell)
    return [cell] if listed is None else [one.strip() for one in listed if one.strip()]


def label_in(cell: str, level: int) -> str:
    """The class that a cell names; a category path is cut after `level` parts, 0 takes the cell as it is.

    >>> label_in('["Home >> Kitchen >> Pans"]', 1), label_in("Home > Kitchen > Pans", 2), label_in("Home >> Pans", 0)
    ('Home', 'Home > Kitchen', 'Home >> Pans')
    """
    if not level:
        return cell
    listed = _listed(cell) if cell.startswith("[") else None
    path = next((one for one in listed or [] if one.strip()), "") if listed is not None else cell
    sign = next((sign for sign in _LEVELS if sign in path), None)
    if sign is None:
        return path.strip()
    parts = [part.strip() for part in path.split(sign)]
    joint = f" {sign.strip()} "
    return joint.join(part for part in parts[:level] if part)


def _listed(cell: str) -> list[str] | None:
    """The texts in a list as JSON or Python writes it; None where the cell is none."""
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(cell)
            if isinstance(found, list):
                return [str(one) for one in found if one is not None]
        except (ValueError, SyntaxError, RecursionError, MemoryError):  # ValueError: also numbers too long for a text
            continue
    return None


class _Pictures:
    """Finds the file that a cell means: as a path from the folder or by itself, else by its name anywhere below."""

    def __init__(self, folder: Path, telling: Telling) -> None:
        self.folder = folder
        self._telling = telling
        self._below: dict[str, list[Path]] | None = None
        if not system_path(folder).is_dir():
            raise UserError(tr("The folder {folder} is not there.").format(folder=printable(str(folder), 300)))

    def find(self, written: str) -> tuple[Path | None, str]:
        """The file, or None and why not."""
        text = _path_of(written) if _URL.match(written) else written
        for name in dict.fromkeys((text, text.replace("\\", "/"))):
            if not _URL.match(written) and name.strip(". /") and _is_file(path := self.folder / name):
                return path, ""
        found = self._called(PureWindowsPath(text).parts if "\\" in text else PurePosixPath(text).parts)
        if len(found) == 1:
            return found[0], ""
        if found:
            return None, tr("there are {number} pictures of this name").format(number=len(found))
        return None, tr("no such picture")

    def _called(self, parts: tuple[str, ...]) -> list[Path]:
        """The files whose path ends as long as possible like this one; a name without an ending may have any."""
        if not parts:
            return []
        index = self._index()
        found = index.get(parts[-1].casefold(), [])
        wanted = [part.casefold() for part in parts]
        for length in range(2, len(wanted) + 1):
            nearer = [path for path in found if [one.casefold() for one in path.parts[-length:]] == wanted[-length:]]
            if not nearer:
                break
            found = nearer
        return found

    def _index(self) -> dict[str, list[Path]]:
        """All photographs below the folder by their names, with and without the ending."""
        if self._below is None:
            self._below = defaultdict(list)
            for path in find_photos(self.folder):
                stop_if_asked(self._telling)
                self._below[path.name.casefold()].append(path)
                self._below[path.stem.casefold()].append(path)
        return self._below


def _path_of(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:  # an address that is none, such as one with half a bracket
        return url


def _is_file(path: Path) -> bool:
    try:
        return os.path.isfile(system_path(path))  # noqa: PTH113  Path.is_file raises on names that are too long
    except ValueError:  # a null character
        return False


def _columns_used(table: ReadTable, columns: Columns, name: str) -> str:
    said = tr("{name}: photographs from column “{image}”, classes from “{label}”.")
    return said.format(name=name, image=table.header[columns.image], label=table.header[columns.label])


def _notes(table: ReadTable, columns: Columns, unlabelled: int) -> Iterator[str]:
    if columns.group is not None:
        said = tr("Photographs with the same “{column}” stay together.")
        yield said.format(column=table.header[columns.group])
    if columns.split is not None:
        said = tr("The column “{column}” says what is for training, validation and test.")
        yield said.format(column=table.header[columns.split])
        unknown = {line.cells[columns.split] for line in table.lines if not part_of(line.cells[columns.split])} - {""}
        if unknown:
            said = tr("These words in it are neither, and what has them is shared out freely: {words}.")
            yield said.format(words=", ".join(sorted(unknown)[:10]))
    if unlabelled:
        yield tr("Rows without a class, not used: {number}.").format(number=unlabelled)


def _nothing(table: ReadTable, columns: Columns, name: str, folder: Path, has_missing: bool) -> str:
    if has_missing:
        said = tr(
            "None of the pictures in column “{image}” of {name} was found in {folder}. Choose the folder with the "
            "pictures, or another column."
        )
        return said.format(image=table.header[columns.image], name=name, folder=printable(str(folder), 300))
    return tr("No row of {name} has a class in column “{label}”.").format(name=name, label=table.header[columns.label])
