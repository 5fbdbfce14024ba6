"""What a misspelt name was meant to be: names that sound or look like it, such as "Chihuahua" for "chiwawa"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from core.name_search import folded

_LEAST_LETTERS = 4
# What English and French ears do not tell apart; double letters become one at the end.
_SOUNDS = (
    ("ph", "f"), ("ck", "k"), ("qu", "k"), ("sch", "sh"), ("ou", "u"), ("w", "u"), ("y", "i"), ("z", "s"),
)  # fmt: skip
_SILENT_H = re.compile(r"(?<![cs])h")
_DOUBLE = re.compile(r"(.)\1+")


def sound(text: str) -> str:
    """A folded text as it sounds, roughly, without spaces.

    >>> sound("chiwawa") == sound("Chihuahua"), sound("pitt bull")
    (True, 'pitbul')
    """
    said = folded(text).replace(" ", "")
    for letters, heard in _SOUNDS:
        said = said.replace(letters, heard)
    return _DOUBLE.sub(r"\1", _SILENT_H.sub("", said))


def close_matches(typed: str, named: Iterable[tuple[int, Sequence[str]]]) -> list[tuple[int, int]]:
    """Which of the numbered things, each known by several names, are spelt nearly as typed: the nearest first.

    Each with its distance: how many letters are missing, too many, wrong or swapped with the next (Damerau and
    Levenshtein, "optimal string alignment"). Neighbouring words of a name count as a name, too. What is clearly farther
    than the nearest is left out; less than four letters are near nothing.

    >>> close_matches("labradour", [(0, ["Boxer"]), (1, ["Labrador retriever"])])
    [(1, 1)]
    """
    wanted = sound(typed)
    if len(wanted) < _LEAST_LETTERS:
        return []
    most, letters = (len(wanted) + 1) // 4, frozenset(wanted)
    found: list[tuple[int, bool, int]] = []
    for number, names in named:
        best = min(
            (
                (distance, is_part)
                for name in names
                for key, is_part in _keys(name)
                if abs(len(key) - len(wanted)) <= most
                and len(letters.symmetric_difference(key)) <= 2 * most
                and (distance := _distance(wanted, key, most)) <= most
            ),
            default=None,
        )
        if best is not None:
            found.append((*best, number))
    found.sort(key=lambda one: one[:2])
    return [(number, distance) for distance, _, number in found if distance <= found[0][0] + 1]


@lru_cache(maxsize=4096)
def _keys(name: str) -> tuple[tuple[str, bool], ...]:
    """How the name, and each run of its words, sounds; whether it is only a part."""
    words = folded(name).split()
    runs = {
        sound("".join(words[start:end])): end - start < len(words)
        for start in range(len(words))
        for end in range(start + 1, len(words) + 1)
    }
    return tuple((key, is_part) for key, is_part in runs.items() if len(key) >= _LEAST_LETTERS)


def _distance(first: str, second: str, most: int) -> int:
    """Of two texts; a distance above `most` may come out as any number above it."""
    before: list[int] = []
    last = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        now = [row]
        for column, other in enumerate(second, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > most + 1:  # a swap reaches back one row more
            return most + 1
        before, last = last, now
    return last[-1]
