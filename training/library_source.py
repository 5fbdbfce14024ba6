"""The volunteers' own labels in the library as training data; a photograph whose file is gone has its vector still."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.database import Database, bytes_path
from core.errors import UserError
from core.folders import library_path
from core.photo_search import system_path
from core.records import Kind
from core.texts import tr
from core.train_records import Finding, FindingKind
from training.found import Found, FoundPhoto, Names
from training.labels import class_key, label_of, path_text, readable
from training.telling import Telling, stop_if_asked

# A word that volunteers typed is a class of its own once so many photographs have it: one may be a slip.
LEAST_OF_OWN_WORD = 2

_SAID = """
    SELECT p.id, p.content, p.path, c.kind, c.label, c.name, coalesce(
        (SELECT animal FROM groupings WHERE photograph = p.id AND taken_back IS NULL ORDER BY id DESC LIMIT 1),
        (SELECT animal FROM run_files WHERE photograph = p.id ORDER BY id DESC LIMIT 1), ''),
        EXISTS (SELECT 1 FROM vectors WHERE photograph = p.id)
    FROM corrections c JOIN photographs p ON p.id = c.photograph
    WHERE c.id IN (SELECT max(id) FROM corrections WHERE taken_back IS NULL GROUP BY photograph)
    ORDER BY p.id
"""
_FILES = """
    SELECT photograph, path FROM files
    WHERE photograph IN (SELECT photograph FROM corrections WHERE taken_back IS NULL) ORDER BY path
"""


@dataclass(frozen=True)
class _Said:
    """What counts of one photograph: the latest word that was not taken back."""

    photograph: int
    content: str
    path: str
    kind: Kind
    label: str
    name: str
    animal: str
    has_vector: bool


def read_library(path: Path | None, telling: Telling) -> Found:
    """The photographs that volunteers named a breed for, by breed. Raises UserError where there is none.

    Crosses, mixed breeds, "unknown" and "not a dog" are counted and left out: they name no class. A breed typed in
    words is one where it is called like a shipped one, or LEAST_OF_OWN_WORD photographs have the same words.
    """
    where = path or library_path()
    nobody = tr("Nobody has named a breed in the library yet: accept or correct answers in the tab “Folder” first.")
    if not system_path(where).is_file():
        raise UserError(nobody)
    said, files = _read(where)
    named = _named(said)
    if not named:
        raise UserError(nobody)
    names, findings = Names(), []
    photographs: list[FoundPhoto] = []
    for count, one in enumerate(said, 1):
        stop_if_asked(telling)
        telling.progress(count, len(said))
        if one.photograph not in named:
            continue
        name = names.of(named[one.photograph])
        photo = _found(one, name, files.get(one.photograph, ()))
        if photo.gone:
            findings.append(_gone(photo, one.has_vector))
        if not photo.gone or one.has_vector:
            photographs.append(photo)
    kinds = Counter(one.kind for one in said if one.photograph not in named)
    return Found(tuple(photographs), names.all, tuple(findings), kinds.total(), _notes(kinds))


def _read(where: Path) -> tuple[list[_Said], dict[int, list[Path]]]:
    database = Database(where)
    try:
        with database.reading() as connection:
            rows = connection.execute(_SAID).fetchall()
            said = [
                _Said(number, content, path, Kind(kind), label, name, animal, bool(has_vector))
                for number, content, path, kind, label, name, animal, has_vector in rows
            ]
            files: dict[int, list[Path]] = defaultdict(list)
            for photograph, path in connection.execute(_FILES):
                files[photograph].append(bytes_path(path))
            return said, files
    finally:
        database.close()


def _named(said: Sequence[_Said]) -> dict[int, str]:
    """The class of each photograph whose word names one, by its number: the id of a breed, or the words typed."""
    found: dict[int, str] = {}
    typed: dict[str, list[_Said]] = defaultdict(list)
    for one in said:
        if one.kind is Kind.BREED and one.label:
            found[one.photograph] = one.label
        elif one.kind in (Kind.BREED, Kind.OTHER) and one.name.strip():
            label = label_of(one.name)
            if label.id == readable(one.name):
                typed[class_key(one.name)].append(one)
            else:
                found[one.photograph] = label.id
    for some in typed.values():
        if len(some) >= LEAST_OF_OWN_WORD:
            found |= {one.photograph: some[0].name for one in some}
    return found


def _found(one: _Said, name: str, files: Sequence[Path]) -> FoundPhoto:
    places = [*files, *([Path(one.path)] if one.path else [])]
    path = next((place for place in places if _is_there(place)), None)
    animal = f"animal {one.animal}" if one.animal else ""
    if path is None:
        # One that was pasted never had a file: it is called by its content.
        shown = places[0] if places else Path(f"picture-{one.content[:16]}")
        return FoundPhoto(shown, name, animal=animal, content=one.content, gone=True)
    return FoundPhoto(path, name, animal=animal, content=one.content)


def _is_there(path: Path) -> bool:
    try:
        return system_path(path).is_file()
    except (OSError, ValueError):
        return False


def _gone(photo: FoundPhoto, has_vector: bool) -> Finding:
    reason = tr("the file is gone; what the networks saw in it is still known")
    if not has_vector:
        reason = tr("the file is gone")
    return Finding(kind=FindingKind.MISSING, paths=(path_text(photo.path),), classes=(photo.name,), suggestion=reason)


def _notes(kinds: Mapping[Kind, int]) -> tuple[str, ...]:
    if not kinds:
        return ()
    words = {
        Kind.CROSS: tr("crosses: {number}"),
        Kind.MIXED: tr("mixed breed: {number}"),
        Kind.UNKNOWN: tr("unknown: {number}"),
        Kind.NOT_A_DOG: tr("no dog: {number}"),
        Kind.OTHER: tr("words that no second photograph has: {number}"),
        Kind.BREED: tr("words that no second photograph has: {number}"),
    }
    parts = "; ".join(words[kind].format(number=number) for kind, number in kinds.items())
    return (tr("Photographs whose label names no single breed are not used: {parts}.").format(parts=parts),)
