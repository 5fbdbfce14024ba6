"""Which rows are chosen and which one is current: the rules of clicks and arrow keys, without a window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property


@dataclass(frozen=True)
class RowList:
    """The numbers of rows in the order in which they are shown, each only once."""

    numbers: tuple[int, ...] = ()

    @staticmethod
    def of(numbers: Iterable[int]) -> RowList:
        return RowList(tuple(numbers))

    @cached_property
    def places(self) -> Mapping[int, int]:
        """At which place (from 0) each number stands."""
        return {number: place for place, number in enumerate(self.numbers)}

    def __len__(self) -> int:
        return len(self.numbers)

    def between(self, one: int, other: int) -> tuple[int, ...]:
        """The numbers from one to the other, both with them, whichever comes first; both must be in the list."""
        low, high = sorted((self.places[one], self.places[other]))
        return self.numbers[low : high + 1]


@dataclass(frozen=True)
class Selection:
    """The chosen rows, the current one (it need not be chosen), and the anchor from which Shift extends."""

    chosen: frozenset[int] = frozenset()
    current: int | None = None
    anchor: int | None = None

    def clicked(self, number: int) -> Selection:
        """This row alone."""
        return Selection(frozenset((number,)), number, number)

    def toggled(self, number: int) -> Selection:
        """This row chosen or no longer chosen, the others as they are (a click with Control)."""
        return Selection(self.chosen ^ {number}, number, number)

    def extended(self, number: int, rows: RowList, adding: bool = False) -> Selection:
        """From the anchor to this row (a click with Shift); with `adding` the others stay chosen."""
        if number not in rows.places:
            return self
        anchor = self.anchor if self.anchor in rows.places else self.current
        if anchor is None or anchor not in rows.places:
            return self.clicked(number)
        span = frozenset(rows.between(anchor, number))
        return Selection(self.chosen | span if adding else span, number, anchor)

    def moved(self, step: int, rows: RowList, extend: bool = False, keep: bool = False) -> Selection:
        """The row `step` places further becomes current, at most the first or the last; see `at`."""
        if not rows:
            return Selection()
        here = rows.places.get(self.current, -1) if self.current is not None else -1
        if here < 0:
            return self.at(0 if step > 0 else len(rows) - 1, rows, extend, keep)
        return self.at(min(max(0, here + step), len(rows) - 1), rows, extend, keep)

    def at(self, place: int, rows: RowList, extend: bool = False, keep: bool = False) -> Selection:
        """The row at this place (-1 is the last) becomes current: alone, at the end of an extended choice, or with
        `keep` without choosing anything.
        """
        if not rows:
            return Selection()
        number = rows.numbers[place]
        if keep:
            return replace(self, current=number)
        return self.extended(number, rows) if extend else self.clicked(number)

    def all(self, rows: RowList) -> Selection:
        """Every row; the current one stays."""
        if not rows:
            return Selection()
        current = self.current if self.current in rows.places else rows.numbers[0]
        return Selection(frozenset(rows.numbers), current, self.anchor if self.anchor in rows.places else current)

    def restricted(self, rows: RowList, before: RowList = RowList()) -> Selection:
        """What is left of it in a new list.

        Where the current row is gone, the next one of the list `before` that is still there takes its place, else the
        last before it, so that a review goes on where it was.
        """
        chosen = frozenset(number for number in self.chosen if number in rows.places)
        current = self.current
        if current not in rows.places:
            current = _neighbour(current, rows, before)
            if current is not None and not chosen:
                return self.clicked(current)
        anchor = self.anchor if self.anchor in rows.places else current
        return Selection(chosen, current, anchor)

    def in_order(self, rows: RowList) -> tuple[int, ...]:
        """The chosen rows as they are listed."""
        places = rows.places
        return tuple(sorted((number for number in self.chosen if number in places), key=places.__getitem__))


def _neighbour(number: int | None, rows: RowList, before: RowList) -> int | None:
    if number is None or number not in before.places:
        return None
    here = before.places[number]
    for other in (*before.numbers[here + 1 :], *reversed(before.numbers[:here])):
        if other in rows.places:
            return other
    return None
