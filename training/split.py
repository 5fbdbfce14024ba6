"""Share photographs out in training, validation and test: by class, and never the photographs of one group apart."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from core.train_config import Split
from training.samples import Part, Sample

# Who is served first when a class has too few photographs for all three.
_SERVED = (Part.TRAIN, Part.TEST, Part.VALIDATION)
# Which part keeps a group that the official parts divide: what the test shows is never trained on.
_KEEPS = (Part.TEST, Part.VALIDATION, Part.TRAIN)

Shares = Mapping[Part, float]


@dataclass(frozen=True)
class _Group:
    """Photographs that stay together: their places, and how many there are of each class."""

    key: str
    places: tuple[int, ...]
    counts: Mapping[int, int]


def share_out(samples: Sequence[Sample], rules: Split) -> tuple[Sample, ...]:
    """The same photographs, each with its part; which one depends on their contents and the seed, not on their order.

    Each class is shared out by the fractions (stratified), the photographs of a group (`by_group`) go to one part. A
    class with few photographs serves training first, then test, then validation. With `official`, what its source gives
    to validation and test stays there, and only a part that no photograph has is taken out of training, in proportion;
    a group that the official parts divide keeps the photographs of its test part (else of validation), and the others
    get no part at all: they would be seen on both sides.
    """
    official = _official_parts(samples, rules)
    groups = _groups(samples, rules)
    parts: list[Part | None] = [None] * len(samples)
    pool: list[_Group] = []
    for group in groups:
        given = {official[place] for place in group.places} - {None}
        if not given:
            pool.append(group)
            continue
        kept = next(part for part in _KEEPS if part in given)
        for place in group.places:
            if official[place] is kept:
                parts[place] = kept
    for group, part in zip(pool, _dealt(pool, _shares_of_pool(official, rules)), strict=True):
        for place in group.places:
            parts[place] = part
    return tuple(replace(sample, part=part) for sample, part in zip(samples, parts, strict=True))


def _official_parts(samples: Sequence[Sample], rules: Split) -> list[Part | None]:
    """The parts that are fixed; training is fixed only where nothing is to be taken out of it."""
    if not rules.official:
        return [None] * len(samples)
    return [None if sample.official is Part.TRAIN else sample.official for sample in samples]


def _shares_of_pool(official: Sequence[Part | None], rules: Split) -> dict[Part, float]:
    """How what is not fixed is divided, in the order in which classes with few photographs are served."""
    wanted = {Part.TRAIN: rules.train, Part.TEST: rules.test, Part.VALIDATION: rules.validation}
    shares = {part: wanted[part] for part in _SERVED if part not in official and wanted[part] > 0}
    whole = sum(shares.values())
    return {part: share / whole for part, share in shares.items()}


def _groups(samples: Sequence[Sample], rules: Split) -> list[_Group]:
    """The groups, the largest first and otherwise in an order that only the seed and the contents decide."""
    members: dict[tuple[bool, str], list[int]] = defaultdict(list)
    for place, sample in enumerate(samples):
        is_grouped = rules.by_group and bool(sample.group)
        members[(True, sample.group) if is_grouped else (False, str(place))].append(place)
    groups = [_group(places, samples, rules.seed) for places in members.values()]
    return sorted(groups, key=lambda group: (-len(group.places), group.key))


def _group(places: Sequence[int], samples: Sequence[Sample], seed: int) -> _Group:
    least = min(_identity(samples[place]) for place in places)
    key = sha256(f"{seed}:".encode() + least).hexdigest()
    return _Group(key, tuple(places), Counter(samples[place].label for place in places))


def _identity(sample: Sample) -> bytes:
    """What a photograph is known by wherever its folder lies: its content, and among copies its name."""
    return f"{sample.content}:".encode() + os.fsencode(sample.path.name if sample.content else sample.path)


def _dealt(groups: Sequence[_Group], shares: Shares) -> list[Part]:
    """A part for each group: the one in which its classes still lack most (Sechidis et al. 2011, for groups)."""
    totals: Counter[int] = Counter()
    for group in groups:
        totals.update(group.counts)
    wanted = {label: _quota(total, shares) for label, total in totals.items()}
    parts = []
    for group in groups:
        part = max(shares, key=lambda part: sum(n * wanted[label][part] for label, n in group.counts.items()))
        for label, n in group.counts.items():
            wanted[label][part] -= n
        parts.append(part)
    _fill(groups, parts, list(shares))
    return parts


def _quota(total: int, shares: Shares) -> dict[Part, int]:
    """How many of `total` photographs each part shall get: one each as far as they go, the rest by the fractions.

    >>> shares = {Part.TRAIN: 0.8, Part.TEST: 0.1, Part.VALIDATION: 0.1}
    >>> [tuple(_quota(total, shares).values()) for total in (1, 2, 3, 10, 25)]
    [(1, 0, 0), (1, 1, 0), (1, 1, 1), (8, 1, 1), (20, 3, 2)]
    """
    quota = {part: int(total * share + 1e-9) for part, share in shares.items()}
    order = sorted(shares, key=lambda part: quota[part] - total * shares[part])
    for part in order[: total - sum(quota.values())]:
        quota[part] += 1
    for place, part in enumerate(shares):
        richest = max(quota, key=lambda one: quota[one])
        if place < total and not quota[part] and quota[richest] > 1:
            quota[part] += 1
            quota[richest] -= 1
    if total and not quota[first := next(iter(shares))]:
        richest = max(quota, key=lambda one: quota[one])
        quota[first], quota[richest] = quota[first] + 1, quota[richest] - 1
    return quota


def _fill(groups: Sequence[_Group], parts: list[Part], served: Sequence[Part]) -> None:
    """Where groups are so large that a class missed a part, move a small one there, training before test before others.

    No class loses its last group in a part that is served before.
    """
    of_class: dict[int, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        for label in group.counts:
            of_class[label].append(place)
    have: dict[Part, Counter[int]] = {part: Counter() for part in served}
    for group, part in zip(groups, parts, strict=True):
        have[part].update(group.counts.keys())
    for rank, part in enumerate(served):
        for label in sorted(of_class, key=lambda label: groups[of_class[label][0]].key):
            if have[part][label] or len(of_class[label]) <= rank:
                continue
            for place in reversed(of_class[label]):  # the smallest group first
                left = parts[place]
                keeps = served.index(left) > rank or all(have[left][one] > 1 for one in groups[place].counts)
                if keeps:
                    have[left].subtract(groups[place].counts.keys())
                    have[part].update(groups[place].counts.keys())
                    parts[place] = part
                    break
