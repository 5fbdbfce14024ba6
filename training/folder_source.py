"""A folder for each class, perhaps within folders for training, validation and test, perhaps within another folder."""

from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.animals import animals_of
from core.bundle_info import printable
from core.errors import UserError
from core.name_search import folded
from core.photo_search import PHOTO_SUFFIXES, closed_folder, find_photos, is_closed, system_path
from core.texts import tr
from core.train_records import Finding, FindingKind
from training.found import Found, FoundPhoto, Names, part_of
from training.labels import path_text
from training.samples import Part
from training.telling import Telling, stop_if_asked

log = logging.getLogger(__name__)

_MOST_WRAPPERS = 4
_NAMED_AT_MOST = 5
# A name before a number is an animal's only where a class has several such names, none of them most of the class:
# elsewhere all of "COVID-12.jpg" would be one.
_LEAST_NAMES, _MOST_OF_CLASS = 3, 0.25

Folders = tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """How the folders below a root are to be read: what is above the classes, and where parts are named.

    `parts_first`: train/beagle/1.jpg; `parts_last`: beagle/train/1.jpg; neither: beagle/1.jpg.
    """

    above: Folders = ()
    parts_first: bool = False
    parts_last: bool = False


def read_folder(root: Path, telling: Telling) -> Found:
    """The photographs below a folder by class. Raises UserError with a sentence where there are no classes."""
    _check(root)
    walked = _walked(root, telling)
    paths = [path for path in walked if path.suffix.casefold() in PHOTO_SUFFIXES]
    closed = [_closed(path) for path in walked if path.suffix.casefold() not in PHOTO_SUFFIXES]
    below = [path.relative_to(root).parts[:-1] for path in paths]
    if not any(below):
        raise UserError(_no_classes(root, len(paths)))
    layout = layout_of(below)
    names = Names()
    photographs: list[FoundPhoto] = []
    beside: list[Folders] = []
    for path, folders in zip(paths, below, strict=True):
        placed = _placed(folders, layout)
        if placed is None:
            beside.append(folders)
        else:
            name = names.of(path_text(Path(placed[0])))
            photographs.append(FoundPhoto(path, name, official=placed[1]))
    if not photographs:
        raise UserError(_no_classes(root, len(paths)))
    notes = [*_notes_on_layout(root, layout, beside), *_notes_on_empty(root, layout, names)]
    return Found(tuple(_with_animals(photographs, root, layout)), names.all, tuple(closed), notes=tuple(notes))


def layout_of(below: Iterable[Folders]) -> Layout:
    """What the folders of the photographs (each as its names below the root) tell of their order.

    >>> layout_of([("DATA", "images", "train", "Beagle"), ("DATA", "images", "test", "Beagle")])
    Layout(above=('DATA', 'images'), parts_first=True, parts_last=False)
    """
    folders = set(below)
    above: Folders = ()
    for _ in range(_MOST_WRAPPERS):
        inside = {one[len(above) :] for one in folders if one[: len(above)] == above and len(one) > len(above)}
        tops = {one[0] for one in inside}
        deep = {one[0] for one in inside if len(one) > 1}
        if any(part_of(top) is Part.TRAIN for top in deep) or (deep and all(part_of(top) for top in tops)):
            return Layout(above, parts_first=True)
        if _have_parts_inside(inside):
            return Layout(above, parts_last=True)
        wrappers = {one[0] for one in inside if len(one) > 2 and part_of(one[1]) is Part.TRAIN}
        is_bare = above not in folders and len(tops) == 1 and (next(iter(tops)),) not in inside
        if len(wrappers) == 1:
            above = (*above, *wrappers)
        elif is_bare:
            above = (*above, *tops)
        else:
            break
    return Layout(above)


def _have_parts_inside(inside: Iterable[Folders]) -> bool:
    """Whether each class has folders for its parts, and nothing beside or below them."""
    parts: dict[str, set[Part | None]] = defaultdict(set)
    for one in inside:
        parts[one[0]].add(part_of(one[1]) if len(one) == 2 else None)
    return bool(parts) and all(None not in found and Part.TRAIN in found for found in parts.values())


def _placed(folders: Folders, layout: Layout) -> tuple[str, Part | None] | None:
    """The class and the part of a photograph in these folders; None where it lies beside them."""
    depth = len(layout.above)
    rest = folders[depth:]
    if folders[:depth] != layout.above or not rest:
        return None
    if layout.parts_first:
        part = part_of(rest[0])
        return (rest[1], part) if part and len(rest) > 1 else None
    return rest[0], part_of(rest[1]) if layout.parts_last and len(rest) > 1 else None


def _check(root: Path) -> None:
    where = system_path(root)
    try:
        if not where.exists():
            raise UserError(tr("The folder {folder} is not there.").format(folder=printable(str(root), 300)))
        if not where.is_dir():
            said = tr("{name} is not a folder. Choose a folder with a folder for each class in it, or a table.")
            raise UserError(said.format(name=printable(root.name)))
        if is_closed(where):
            raise UserError(closed_folder())
    except OSError as error:
        said = tr("The folder {folder} cannot be read: {reason}.")
        raise UserError(said.format(folder=printable(str(root), 300), reason=error.strerror or error)) from error


def _walked(root: Path, telling: Telling) -> list[Path]:
    paths = []
    for path in find_photos(root):
        stop_if_asked(telling)
        if path != root:
            paths.append(path)
            telling.progress(len(paths))
    return paths


def _closed(folder: Path) -> Finding:
    """A folder that a walk gives instead of what is in it: nobody may look into it."""
    return Finding(kind=FindingKind.UNREADABLE, paths=(path_text(folder),), suggestion=closed_folder())


def _no_classes(root: Path, photographs: int) -> str:
    name = printable(root.name or str(root))
    if not photographs:
        return tr("There is no photograph in “{name}”.").format(name=name)
    return tr(
        "There are photographs in “{name}”, but no folder for each class: make one folder for each class in it, called "
        "as the class, and put the photographs there."
    ).format(name=name)


def _notes_on_layout(root: Path, layout: Layout, beside: Sequence[Folders]) -> list[str]:
    notes = []
    if layout.above:
        said = tr("The classes were found in {folder}.")
        notes.append(said.format(folder=printable(str(root.joinpath(*layout.above)), 300)))
    if beside:
        said = tr("Photographs that do not lie in the folder of a class, and are not used: {number} ({folders}).")
        counts = Counter("/".join(folders) or "." for folders in beside)
        notes.append(said.format(number=len(beside), folders=_some([name for name, _ in counts.most_common()])))
    return notes


def _notes_on_empty(root: Path, layout: Layout, names: Names) -> list[str]:
    """Folders that stand where classes stand, without a photograph."""
    top = root.joinpath(*layout.above)
    places = [top / name for name in _folders_in(top) if part_of(name)] if layout.parts_first else [top]
    known = {folded(name) or name for name in names.all}
    empty = dict.fromkeys(
        name for place in places for name in _folders_in(place) if (folded(name) or name) not in known
    )
    notes = [_note_on_hidden(hidden)] if (hidden := [one for place in places for one in _hidden_in(place)]) else []
    if not empty:
        return notes
    said = tr("These folders have no photographs in them: {folders}.")
    return [*notes, said.format(folders=_some(list(empty)))]


def _note_on_hidden(names: Sequence[str]) -> str:
    said = tr("Folders with photographs that are left out because their names begin with a dot: {number} ({folders}).")
    return said.format(number=len(names), folders=_some(names))


def _hidden_in(folder: Path) -> list[str]:
    """Folders of photographs that would be classes, but for the dot with which their names begin."""
    try:
        with os.scandir(system_path(folder)) as entries:
            names = sorted(entry.name for entry in entries if entry.name.startswith(".") and entry.is_dir())
        return [name for name in names if _has_photographs(folder / name)]
    except OSError:
        return []


def _has_photographs(folder: Path) -> bool:
    with os.scandir(system_path(folder)) as entries:
        return any(Path(entry.name).suffix.casefold() in PHOTO_SUFFIXES for entry in entries)


def _folders_in(folder: Path) -> list[str]:
    try:
        with os.scandir(system_path(folder)) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith((".", "__")))
    except OSError as error:
        log.info("%r cannot be listed: %s", str(folder), error)
        return []


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{printable(name)}”" for name in names[:_NAMED_AT_MOST])
    return f"{shown}, …" if len(names) > _NAMED_AT_MOST else shown


def _with_animals(photographs: Sequence[FoundPhoto], root: Path, layout: Layout) -> list[FoundPhoto]:
    """Whose photographs belong together: those of a subfolder of a class, or of a name before a number."""
    depth = len(layout.above) + 1 + layout.parts_first
    members: dict[Folders, list[FoundPhoto]] = defaultdict(list)
    for photo in photographs:
        members[photo.path.relative_to(root).parts[:depth]].append(photo)
    found: dict[Path, str] = {}
    for folders, some in members.items():
        top = root.joinpath(*folders)
        animals = [(path, animal) for path, animal in animals_of([photo.path for photo in some], top)]
        for path, animal in _believed(animals, top):
            found[path] = f"{folded(some[0].name) or some[0].name}/{animal.casefold()}"
    return [replace(photo, animal=found.get(photo.path, "")) for photo in photographs]


def _believed(animals: Sequence[tuple[Path, str]], top: Path) -> list[tuple[Path, str]]:
    """The photographs whose animal is one: a subfolder of several, or one of several names before a number."""
    counts = Counter(animal for _, animal in animals if animal)
    inside = {animal for path, animal in animals if animal and path.parent != top}
    named = {animal for animal, count in counts.items() if count > 1 and animal not in inside}
    if len(counts) < 2:
        return []
    if len(named) < _LEAST_NAMES:
        named = set()
    most = _MOST_OF_CLASS * len(animals)
    believed = inside | {animal for animal in named if counts[animal] <= most}
    return [(path, animal) for path, animal in animals if animal in believed and part_of(animal) is None]
