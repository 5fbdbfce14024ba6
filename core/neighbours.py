"""Labels that are perhaps wrong: the nearest labelled photographs, as the networks see them, say another breed.

The idea is the edited nearest neighbour rule (Wilson 1972, "Asymptotic properties of nearest neighbor rules using
edited data") as a filter for mislabelled cases (Brodley & Friedl 1999, "Identifying mislabeled training data"). Nothing
is removed here: a volunteer is asked to look again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.database import Database
from core.errors import Cancelled
from core.records import Floats

# How many neighbours vote. Suspicious is what has more than half of the votes against it, all for one other label, and
# not a single one for its own. What that finds on real photographs: tests/bench/perhaps_wrong.py.
VOTERS = 9
MAJORITY = VOTERS // 2 + 1
# A label with fewer other dogs cannot be spoken for, and would always be outvoted.
LEAST_WITNESSES = 2
# Below this nobody can say what a breed looks like here.
LEAST_LABELLED = 20
# Everyone is compared with everyone, which takes a second for so many; of more, those that were labelled last.
MOST_COMPARED = 8000
# Nearer than this is the same picture again, or the next one of the same dog. Of the nearest among 4,800 photographs of
# different dogs 1 in 150 was as near; of copies with 5 to 12 % cut off, brighter, smaller or mirrored, most were.
_SAME_PICTURE = 0.93
# Cosines stay what they are, give or take 0.03, when vectors are projected onto so many random directions (Johnson &
# Lindenstrauss 1984); the suspicions were as good, in a ninth of the time and of the memory.
_DIRECTIONS = 512
_KEPT = 64
_READ_AT_ONCE = 500
_COMPARED_AT_ONCE = 256

Places = npt.NDArray[np.intp]

_LABELLED = """
    SELECT c.photograph, c.label, c.name, coalesce(
        (SELECT animal FROM groupings WHERE photograph = c.photograph AND taken_back IS NULL ORDER BY id DESC LIMIT 1),
        (SELECT animal FROM run_files WHERE photograph = c.photograph ORDER BY id DESC LIMIT 1), '')
    FROM corrections c
    JOIN vectors v ON v.photograph = c.photograph AND v.backbone = (SELECT id FROM backbones WHERE fingerprint = ?)
    WHERE c.kind = 'breed' AND c.label != ''
      AND c.id IN (SELECT max(id) FROM corrections WHERE taken_back IS NULL GROUP BY photograph)
    ORDER BY c.id DESC LIMIT ?
"""


@dataclass(frozen=True)
class Suspicion:
    """What the neighbours of a photograph say instead of its label: so many of so many name this id (and name)."""

    label: str
    name: str
    votes: int
    voters: int


@dataclass(frozen=True)
class _Labelled:
    photograph: int
    label: str
    name: str
    animal: str


def perhaps_wrong(
    database: Database, backbone: str, should_stop: Callable[[], bool] = lambda: False
) -> dict[int, Suspicion]:
    """The photographs (ids) whose nearest labelled neighbours disagree with the breed that a volunteer gave them.

    `backbone` is the fingerprint of the networks whose vectors are compared. Every dog has one vote, and none in its
    own case: photographs of the same animal, and pictures that are nearly the same, are the same dog. Of very many
    only the MOST_COMPARED that were labelled last are looked at. Empty with fewer than LEAST_LABELLED labelled
    photographs. Raises Cancelled when `should_stop` says so, UserError as the database does.
    """
    with database.reading() as connection:
        rows = connection.execute(_LABELLED, (backbone, MOST_COMPARED)).fetchall()
    found = [_Labelled(*row) for row in sorted(rows)]
    if len(found) < LEAST_LABELLED:
        return {}
    labelled, vectors = _directions(database, backbone, found, should_stop)
    if len(labelled) < LEAST_LABELLED:
        return {}
    nearest, likeness = _nearest(vectors, _numbered([one.animal for one in labelled]), should_stop)
    dogs = _dogs([one.animal for one in labelled], nearest, likeness)
    shown = {(one.label, dog) for one, dog in zip(labelled, dogs, strict=True)}
    witnesses = Counter(label for label, _dog in shown)
    suspicions: dict[int, Suspicion] = {}
    for place, one in enumerate(labelled):
        suspicion = _suspicion(place, labelled, dogs, nearest[place])
        if suspicion and witnesses[one.label] > LEAST_WITNESSES:
            suspicions[one.photograph] = suspicion
    return suspicions


def _directions(
    database: Database, backbone: str, found: Sequence[_Labelled], should_stop: Callable[[], bool]
) -> tuple[list[_Labelled], Floats]:
    """The photographs whose vectors are sound, and these as (n, directions) of length 1 around their mean."""
    channels, spread = 0, np.zeros((0, 0), np.float32)
    kept: list[_Labelled] = []
    parts: list[Floats] = []
    for start in range(0, len(found), _READ_AT_ONCE):
        if should_stop():
            raise Cancelled
        some = found[start : start + _READ_AT_ONCE]
        read = dict(_vectors(database, backbone, [one.photograph for one in some]))
        if not channels:
            channels = max((len(vector) for vector in read.values()), default=0)
            random = np.random.default_rng(0)  # the same directions each time: the same photographs are suspicious
            spread = random.standard_normal((channels, _DIRECTIONS), np.float32) / np.float32(_DIRECTIONS**0.5)
        sound = [one for one in some if _is_sound(read.get(one.photograph), channels)]
        if not sound:
            continue
        values = np.stack([read[one.photograph] for one in sound]).astype(np.float32)
        parts.append(values @ spread if channels > _DIRECTIONS else values)
        kept += sound
    if not kept:
        return [], spread
    vectors = np.concatenate(parts)
    vectors -= vectors.mean(axis=0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-6))
    return kept, vectors


def _vectors(
    database: Database, backbone: str, photographs: Sequence[int]
) -> Iterator[tuple[int, npt.NDArray[np.float16]]]:
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT photograph, vector FROM vectors WHERE photograph IN (SELECT value FROM json_each(?)) "
            "AND backbone = (SELECT id FROM backbones WHERE fingerprint = ?)",
            (json.dumps(list(photographs)), backbone),
        ).fetchall()
    for photograph, vector in rows:
        yield photograph, np.frombuffer(vector, np.float16)


def _is_sound(vector: npt.NDArray[np.float16] | None, channels: int) -> bool:
    return vector is not None and len(vector) == channels > 0 and bool(np.isfinite(vector).all())


def _numbered(animals: Sequence[str]) -> Places:
    """One number for each animal; photographs without one have numbers of their own."""
    numbers: dict[str, int] = {}
    return np.array(
        [numbers.setdefault(animal, place) if animal else place for place, animal in enumerate(animals)], np.intp
    )


def _nearest(vectors: Floats, animals: Places, should_stop: Callable[[], bool]) -> tuple[Places, Floats]:
    """For each photograph the nearest ones of other animals, nearest first, and their cosines: (n, kept) both.

    A few hundred are compared with all at once, so that the memory grows with n and not with n².
    """
    kept = min(_KEPT, len(vectors) - 1)
    places = np.empty((len(vectors), kept), np.intp)
    likeness = np.empty((len(vectors), kept), np.float32)
    for start in range(0, len(vectors), _COMPARED_AT_ONCE):
        if should_stop():
            raise Cancelled
        block = slice(start, start + _COMPARED_AT_ONCE)
        cosines = vectors[block] @ vectors.T
        cosines[animals[block, None] == animals] = -np.inf
        best = np.argpartition(-cosines, kept - 1, axis=1)[:, :kept]
        values = np.take_along_axis(cosines, best, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        places[block] = np.take_along_axis(best, order, axis=1)
        likeness[block] = np.take_along_axis(values, order, axis=1)
    return places, likeness


def _dogs(animals: Sequence[str], nearest: Places, likeness: Floats) -> list[int]:
    """A number for each photograph, the same for all that show the same dog, as far as can be told."""
    above = [int(number) for number in _numbered(animals)]

    def top(place: int) -> int:
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for place, rank in zip(*np.nonzero(likeness >= _SAME_PICTURE), strict=True):
        above[top(int(place))] = top(int(nearest[place, rank]))
    return [top(place) for place in range(len(above))]


def _suspicion(place: int, labelled: Sequence[_Labelled], dogs: Sequence[int], nearest: Places) -> Suspicion | None:
    """What speaks against the label of the photograph at this place; None where that is not enough."""
    asked = {dogs[place]}
    votes: Counter[str] = Counter()
    names: dict[str, str] = {}
    for other in map(int, nearest):
        if dogs[other] in asked:
            continue
        asked.add(dogs[other])
        votes[labelled[other].label] += 1
        names.setdefault(labelled[other].label, labelled[other].name)
        if votes.total() == VOTERS:
            break
    label, most = votes.most_common(1)[0] if votes else ("", 0)
    if most < MAJORITY or votes[labelled[place].label]:
        return None
    return Suspicion(label, names[label], most, votes.total())
