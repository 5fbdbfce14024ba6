"""What may be wrong with data, as findings: copies, look-alikes, one picture under two labels, odd labels, and more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.records import Floats
from core.texts import tr
from core.train_records import Finding, FindingKind
from training.found import FoundPhoto
from training.labels import path_text
from training.look_alikes import Pair, centred, look_alikes, together
from training.photo_facts import PhotoFacts
from training.samples import Part
from training.wrong_labels import Suspect, perhaps_wrong

LEAST_OF_CLASS = 10
LEAST_PX = 64
# Photographs of one camera with no more time between them are a burst.
BURST_S = 3.0
MOST_FINDINGS = 500
# A burst may be long; whoever looks at a finding sees enough of it in so many.
_MOST_SHOWN = 50


@dataclass(frozen=True)
class Seen:
    """A photograph that can be used: `label` is its place in the labels, `content` the SHA-256 of its file.

    `facts` is None where the file is gone and only the vector is left.
    """

    photo: FoundPhoto
    label: int
    content: str
    facts: PhotoFacts | None = None


@dataclass(frozen=True)
class Likenesses:
    """Which photographs belong together, by their places among the seen ones: each set sorted, none alone.

    `copies` have the same content, `same` show the same picture, `alike` nearly the same one; `suspects` have a label
    that is perhaps wrong.
    """

    copies: tuple[tuple[int, ...], ...] = ()
    same: tuple[tuple[int, ...], ...] = ()
    alike: tuple[tuple[int, ...], ...] = ()
    suspects: tuple[Suspect, ...] = ()
    pairs: tuple[Pair, ...] = field(default=(), repr=False)

    @cached_property
    def nearest(self) -> Mapping[int, float]:
        """How alike a photograph is to the one that is nearest to it."""
        found: dict[int, float] = {}
        for pair in self.pairs:
            for place in (pair.one, pair.other):
                found[place] = max(found.get(place, -1.0), pair.cosine)
        return found


def compare(seen: Sequence[Seen], vectors: Mapping[str, Floats], asked: Callable[[int], None]) -> Likenesses:
    """Compare all photographs with each other; `vectors` (channels,) are by content, some may be missing.

    `asked` is called with how many have been compared, and may raise to end it. Look-alikes need the file too.
    """
    copies = _sets(len(seen), _by_content(seen))
    first = {seen[place].content: place for place in reversed(range(len(seen)))}
    placed = [place for content, place in sorted(first.items(), key=lambda one: one[1]) if content in vectors]
    if not placed:
        return Likenesses(copies, copies, copies)
    directions = centred(np.stack([vectors[seen[place].content] for place in placed]))
    pairs = _pairs(seen, placed, directions, asked)
    same = _sets(len(seen), [*copies, *((pair.one, pair.other) for pair in pairs if pair.is_same)])
    alike = _sets(len(seen), [*copies, *((pair.one, pair.other) for pair in pairs)])
    rows = {seen[place].content: row for row, place in enumerate(placed)}
    suspects = _suspects(seen, rows, directions, alike, asked)
    return Likenesses(copies, same, alike, tuple(suspects), tuple(pairs))


def _by_content(seen: Sequence[Seen]) -> list[list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(seen):
        places[one.content].append(place)
    return list(places.values())


def _sets(count: int, links: Iterable[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(group) for group in together(count, links) if len(group) > 1)


def _pairs(seen: Sequence[Seen], placed: Sequence[int], directions: Floats, asked: Callable[[int], None]) -> list[Pair]:
    """Look-alikes among those of whom there is a grey copy, by their places among the seen."""
    rows = [row for row, place in enumerate(placed) if seen[place].facts is not None]
    greys = [facts.grey_pixels for row in rows if (facts := seen[placed[row]].facts) is not None]
    if not rows:
        return []
    found = look_alikes(directions[rows], np.stack(greys), asked)
    return [Pair(placed[rows[pair.one]], placed[rows[pair.other]], pair.cosine, pair.is_same) for pair in found]


def _suspects(
    seen: Sequence[Seen],
    rows: Mapping[str, int],
    directions: Floats,
    alike: Iterable[Sequence[int]],
    asked: Callable[[int], None],
) -> list[Suspect]:
    """Of all that have a vector, judged by photographs that are not of their group."""
    links = [*alike, *kin(seen)]
    groups = np.empty(len(seen), np.intp)
    for number, group in enumerate(together(len(seen), links)):
        groups[group] = number
    places = [place for place, one in enumerate(seen) if one.content in rows]
    labels = np.array([seen[place].label for place in places], np.intp)
    values = directions[[rows[seen[place].content] for place in places]]
    found = perhaps_wrong(values, labels, groups[places].tolist(), lambda: asked(len(places)))
    return [Suspect(places[one.place], one.label, one.probability, one.own) for one in found]


def kin(seen: Sequence[Seen]) -> list[list[int]]:
    """The places of photographs that belong together by what is known of them: of one animal, or of one burst."""
    return [*_of_animals(seen), *_bursts(seen)]


def _of_animals(seen: Sequence[Seen]) -> list[list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(seen):
        if one.photo.animal:
            places[one.photo.animal].append(place)
    return list(places.values())


def _bursts(seen: Sequence[Seen]) -> list[list[int]]:
    """What one camera took within moments, by its own clock: mostly of the same animal."""
    taken = [(one.facts.camera, one.facts.taken_s, place) for place, one in enumerate(seen) if one.facts]
    bursts: list[list[int]] = []
    before = ("", 0.0)
    for camera, second, place in sorted(one for one in taken if one[1]):
        if camera == before[0] and second - before[1] <= BURST_S:
            bursts[-1].append(place)
        else:
            bursts.append([place])
        before = camera, second
    return bursts


def spare_copies(seen: Sequence[Seen], likenesses: Likenesses) -> frozenset[int]:
    """The places of files that are the same as another one of their class, of which one is enough.

    Kept is the one of an official test part, else of a validation part, else the first.
    """
    order = (Part.TEST, Part.VALIDATION, Part.TRAIN, None)
    spare: set[int] = set()
    for places in likenesses.copies:
        for label in {seen[place].label for place in places}:
            mine = [place for place in places if seen[place].label == label]
            kept = min(mine, key=lambda place: (order.index(seen[place].photo.official), place))
            spare |= set(mine) - {kept}
    return frozenset(spare)


def findings_in(seen: Sequence[Seen], likenesses: Likenesses, names: Sequence[str]) -> Iterator[Finding]:
    """Everything that may be wrong with photographs that can be used, kind by kind, the clearest first.

    `names` are those of the classes in the order of the labels.
    """
    by_likeness = _Nearest(likenesses.nearest)
    spare = spare_copies(seen, likenesses)
    for places in likenesses.copies:
        if spare.intersection(places):
            yield _finding(FindingKind.DUPLICATE, seen, places)
    two_labels = set()
    for places in sorted(likenesses.same, key=by_likeness):
        if len({seen[place].label for place in places}) > 1:
            two_labels.add(places)
            yield _finding(FindingKind.TWO_LABELS, seen, places)
    for places in sorted(likenesses.alike, key=by_likeness):
        if len({seen[place].content for place in places}) > 1 and places not in two_labels:
            yield _finding(FindingKind.LOOK_ALIKE, seen, places)
    groups = _sets(len(seen), [*likenesses.alike, *kin(seen)])
    for places in sorted(groups, key=by_likeness):
        if len({seen[place].photo.official for place in places} - {None}) > 1:
            yield _finding(FindingKind.LEAK, seen, places)
    yield from _wrong(seen, likenesses.suspects, names)
    yield from _small(seen, names)


@dataclass(frozen=True)
class _Nearest:
    """Sorts sets of photographs: those with the nearest pair first, copies before all."""

    nearest: Mapping[int, float]

    def __call__(self, places: Sequence[int]) -> tuple[float, int]:
        return -max(self.nearest.get(place, 2.0) for place in places), places[0]


def _finding(kind: FindingKind, seen: Sequence[Seen], places: Sequence[int]) -> Finding:
    shown = [path_text(seen[place].photo.path) for place in places[:_MOST_SHOWN]]
    classes = dict.fromkeys(seen[place].photo.counts_as for place in places)
    return Finding(kind=kind, paths=tuple(shown), classes=tuple(classes))


def _wrong(seen: Sequence[Seen], suspects: Iterable[Suspect], names: Sequence[str]) -> Iterator[Finding]:
    for suspect in suspects:
        photo = seen[suspect.place].photo
        yield Finding(
            kind=FindingKind.PERHAPS_WRONG,
            paths=(path_text(photo.path),),
            classes=(photo.counts_as,),
            suggestion=names[suspect.label],
            probability=round(suspect.probability, 4),
        )


def _small(seen: Sequence[Seen], names: Sequence[str]) -> Iterator[Finding]:
    counts = Counter(one.label for one in seen)
    for label, name in enumerate(names):
        if counts[label] < LEAST_OF_CLASS:
            yield Finding(kind=FindingKind.SMALL_CLASS, classes=(name,))
    yield from _small_pictures(seen)


def _small_pictures(seen: Sequence[Seen]) -> Iterator[Finding]:
    small = [(one, one.facts) for one in seen if one.facts and min(one.facts.width, one.facts.height) < LEAST_PX]
    for one, facts in sorted(small, key=lambda pair: min(pair[1].width, pair[1].height)):
        size = tr("{width} × {height} pixels").format(width=facts.width, height=facts.height)
        paths, classes = (path_text(one.photo.path),), (one.photo.counts_as,)
        yield Finding(kind=FindingKind.SMALL_PICTURE, paths=paths, classes=classes, suggestion=size)


def first_of_each(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], dict[FindingKind, int]]:
    """The first MOST_FINDINGS of each kind, and how many there are of each."""
    kept: list[Finding] = []
    counts: Counter[FindingKind] = Counter()
    for finding in findings:
        counts[finding.kind] += 1
        if counts[finding.kind] <= MOST_FINDINGS:
            kept.append(finding)
    return tuple(kept), dict(counts)
