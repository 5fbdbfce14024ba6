"""What a source gives: photographs as found, each with the name of its class, before anybody has looked at them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import UserError
from core.name_search import folded
from core.texts import tr
from core.train_config import Changes
from core.train_records import Finding
from training.labels import class_key, path_text
from training.samples import Part

_PART_WORDS = {
    Part.TRAIN: ("train", "training", "trainset", "training set", "train set", "entrainement", "apprentissage"),
    Part.VALIDATION: ("valid", "val", "validation", "validating", "validation set", "dev"),
    Part.TEST: ("test", "testing", "tests", "test set", "testset"),
}
_MOST_NAMED = 50
_PARTS = {word: part for part, words in _PART_WORDS.items() for word in words}


@dataclass(frozen=True)
class FoundPhoto:
    """One photograph of a source: `name` is its class as found, `counts_as` the class after merging.

    `animal` is whose photographs must stay together (empty: nobody knows), `official` the part that the source gives
    it. `content` is known where the library knows it; a photograph whose file is `gone` has nothing else.
    """

    path: Path
    name: str
    counts_as: str = ""
    official: Part | None = None
    animal: str = ""
    content: str = ""
    gone: bool = False


@dataclass(frozen=True)
class Found:
    """All of a source: photographs in its order, the names of its classes, pictures that are missing.

    `left_out` counts what the administrator, or the kind of a volunteer's word, keeps out; `notes` are sentences for
    the administrator on how the source was read.
    """

    photographs: tuple[FoundPhoto, ...]
    classes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    left_out: int = 0
    notes: tuple[str, ...] = ()


def part_of(word: str) -> Part | None:
    """The part that the name of a folder, or a cell, means.

    >>> part_of("Training"), part_of("val"), part_of("beagle")
    (<Part.TRAIN: 'train'>, <Part.VALIDATION: 'validation'>, None)
    """
    return _PARTS.get(folded(word))


class Names:
    """The classes of a source in the order in which they come; what differs only in case and spaces is one class."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The class of this name, as it was spelled first."""
        return self._first.setdefault(class_key(name), name)

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(self._first.values())


def check_classes(found: Found, changes: Changes) -> None:
    """Raise UserError, which names the classes that there are, where others are to be left out or merged."""
    there = {class_key(name) for name in (*found.classes, *changes.relabel.values(), *changes.merge.values())}
    wanted = (*changes.leave_out_classes, *changes.merge)
    gone = [name for name in wanted if class_key(name) not in there]
    if gone:
        said = tr("There is no class “{name}”. There are: {names}.")
        names = ", ".join(found.classes[:_MOST_NAMED]) + ("…" if len(found.classes) > _MOST_NAMED else "")
        raise UserError(said.format(name=gone[0], names=names))


def changed(found: Found, changes: Changes) -> Found:
    """The source after the administrator's decisions: photographs left out, relabelled, classes left out and merged.

    Classes that are left out or merged stay in `classes`. Raises UserError where classes are merged in a circle.
    """
    names = Names()
    for name in found.classes:
        names.of(name)
    out = set(changes.leave_out)
    classes_out = {class_key(name) for name in changes.leave_out_classes}
    merged = {class_key(name): names.of(_end(name, changes)) for name in changes.merge}
    kept: dict[tuple[Path, str], FoundPhoto] = {}
    left_out = 0
    for photo in found.photographs:
        path = path_text(photo.path)
        name = names.of(changes.relabel.get(path, photo.name))
        counts_as = merged.get(class_key(name), name)
        if path in out or {class_key(name), class_key(counts_as)} & classes_out:
            left_out += 1
        else:
            kept.setdefault((photo.path, counts_as), replace(photo, name=name, counts_as=counts_as))
    return replace(found, photographs=tuple(kept.values()), classes=names.all, left_out=found.left_out + left_out)


def _end(name: str, changes: Changes) -> str:
    """What a class counts as after all merging: A as B and B as C makes A a C."""
    merge = {class_key(one): other for one, other in changes.merge.items()}
    met: set[str] = set()
    while class_key(name) in merge and class_key(merge[class_key(name)]) != class_key(name):
        if class_key(name) in met:
            raise UserError(tr("The class “{name}” is merged with others in a circle.").format(name=name))
        met.add(class_key(name))
        name = merge[class_key(name)]
    return name
