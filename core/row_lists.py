"""The rows of a run that a filter wants, in an order: masks and sorted places over the columns of core.run_columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.bundle_info import BundleInfo
from core.name_search import best_matches, folded
from core.row_filters import Filter, Order
from core.run_columns import STATUSES, Codes, Ints, RunColumns
from core.texts import label_name, language

Marks = npt.NDArray[np.bool_]
_BREEDS, _NAMED = ("breed", "cross"), ("breed", "cross", "other")
_DOGS = 2  # of STATUSES, so many are dogs


class RowLists:
    """What is asked of the columns of a run, as they are when this is made. Raises UserError as the database does."""

    def __init__(self, source: RunColumns, info: BundleInfo) -> None:
        self.columns = source.now()
        self._source = source
        self._info = info

    # Which

    def wanted(self, asked: Filter) -> Marks:
        """Which rows are wanted, (rows,)."""
        columns = self.columns
        marks = np.ones(len(columns), np.bool_)
        if asked.statuses:
            marks &= np.isin(columns.statuses, [STATUSES.index(one) for one in asked.statuses])
        if asked.label is not None:
            marks &= self._counts_as(asked.label)
        if asked.animal is not None:
            marks &= self._of_animal(asked.animal)
        if asked.reviewed is not None:
            marks &= (self.said >= 0) == asked.reviewed
        if asked.predicted is not None:
            marks &= self.is_dog & (columns.labels == self._places.get(asked.predicted, -2))
        if asked.said is not None:
            marks &= self._said_is([text == asked.said for text in columns.words.texts])
        if asked.photographs is not None:
            marks &= np.isin(columns.photographs, list(asked.photographs - {0}))
        return marks & self._has_words(asked.words) if asked.words.strip() else marks

    @cached_property
    def said(self) -> Codes:
        """What people said of each row: a place among the words, or -1."""
        return self.columns.words.codes_of(self.columns.photographs)

    @cached_property
    def is_dog(self) -> Marks:
        return self.columns.statuses < _DOGS

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {label.id: place for place, label in enumerate(self._info.labels)}

    def _counts_as(self, label: str) -> Marks:
        said = self._said_is(
            [one.kind in _BREEDS and label in (one.label, one.second) for one in self.columns.words.said]
        )
        answered: Marks = (self.said < 0) & self.is_dog & (self.columns.labels == self._places.get(label, -2))
        return answered | said

    def _of_animal(self, animal: str) -> Marks:
        found: Marks = self.columns.animals == self.columns.animal_names.places.get(animal, -1)
        return found

    def _said_is(self, are: Sequence[bool]) -> Marks:
        """The rows of whose words it is so; `are` is for each place in `words.said`."""
        found: Marks = np.array([*are, False], np.bool_)[self.said]  # the last one is for -1: nothing was said
        return found

    def _has_words(self, words: str) -> Marks:
        """Every word must be found somewhere: "rex beagle" is the beagle called Rex."""
        looked_for = folded(words).split()
        if not looked_for:  # letters that have no plain form, such as Greek ones: as they are written
            return self._is_written(words.strip())
        found = self._has_word(looked_for[0])
        for word in looked_for[1:]:
            found &= self._has_word(word)
        return found

    def _has_word(self, word: str) -> Marks:
        columns, labels = self.columns, self._info.labels
        found = self._source.names(columns).containing(word)
        found |= columns.animal_names.texts.containing(word)[columns.animals]
        named = ((number, (label.en, label.fr)) for number, label in enumerate(labels))
        breeds = list(best_matches(word, named)) if len(word) > 1 else []
        found |= (self.said < 0) & self.is_dog & np.isin(columns.labels, breeds)
        ids = {labels[number].id for number in breeds}
        return found | self._said_is(
            [
                any(word in folded(name) for name in (one.name, one.second_name)) or bool(ids & {one.label, one.second})
                for one in columns.words.said
            ]
        )

    def _is_written(self, words: str) -> Marks:
        columns = self.columns
        animals = np.array([words in name for name in columns.animal_names.names], np.bool_)
        found = animals[columns.animals] | self._said_is([words in one.name for one in columns.words.said])
        return found | np.isin(columns.ids, list(self._source.written(words)))

    def breeds(self) -> dict[str, int]:
        """How often each breed counts, by the label's id, the most frequent first."""
        answered = self.columns.labels[(self.said < 0) & self.is_dog]
        counts: Counter[str] = Counter()
        for place, number in enumerate(np.bincount(answered, minlength=len(self._info.labels)).tolist()):
            if number:
                counts[self._info.labels[place].id] += number
        words = self.columns.words.said
        for place, number in enumerate(np.bincount(self.said[self.said >= 0], minlength=len(words)).tolist()):
            if number and words[place].kind in _BREEDS:
                for label in {words[place].label, words[place].second} - {""}:
                    counts[label] += number
        return dict(counts.most_common())

    # In which order

    def sorted(self, marks: Marks, order: Order, reverse: bool) -> list[int]:
        """The numbers of these rows; what is equal stays in the order of the folder both ways."""
        key = (order, reverse, language() if order is Order.BREED else "")
        places = self.columns.orders.get(key)
        if places is None:
            places = self.columns.orders[key] = self._sorted(order, reverse)
        if not marks.all():
            places = places[marks[places]]
        numbers: list[int] = self.columns.ids[places].tolist()
        return numbers

    def _sorted(self, order: Order, reverse: bool) -> Codes:
        columns = self.columns
        by_place = np.argsort(columns.places, kind="stable")
        if order is Order.PLACE:
            return _as_codes(by_place[::-1] if reverse else by_place)
        if order is Order.NAME:
            by_path = self._source.by_path(columns)
            return by_path[::-1] if reverse else by_path
        return _stable(by_place, self._keys(order, reverse))

    def _keys(self, order: Order, reverse: bool) -> Ints:
        """Whole numbers that sort the rows so."""
        if order is Order.ANIMAL:
            return self._animal_ranks(reverse)
        if order is Order.BREED:
            keys = self._breed_ranks()
        elif order is Order.REVIEWED:
            keys = self._negative_times()
        elif order is Order.STATUS:
            keys = self.columns.statuses.astype(np.int64)
        else:
            keys = -(self.columns.doubts if order is Order.DOUBT else self.columns.confidences)
        return -keys if reverse else keys

    def _animal_ranks(self, reverse: bool) -> Ints:
        """By name; rows without an animal come last both ways."""
        columns = self.columns
        ranks, last = columns.animal_names.ranks[columns.animals], len(columns.animal_names.names)
        return np.where(columns.animals == 0, last, last - 1 - ranks if reverse else ranks).astype(np.int64)

    def _negative_times(self) -> Ints:
        """The latest word first; rows of which nobody said anything come after all."""
        return np.where(self.said >= 0, -self.columns.words.at_of(self.columns.photographs), np.iinfo(np.int64).max)

    def _breed_ranks(self) -> Ints:
        """By the name of the breed that counts, in the present language."""
        labels, said = self._info.labels, self.columns.words.said
        names = [(False, folded(label_name(label))) for label in labels]
        names.append((True, ""))  # no breed: label -1
        for one in said:
            place = self._places.get(one.label, -1)
            names.append((one.kind not in _NAMED, folded(label_name(labels[place]) if place >= 0 else one.name)))
        ranks = _ranks(names)
        labels_here = np.where(self.is_dog, self.columns.labels, -1)
        answered = np.where(labels_here >= 0, labels_here, len(labels))
        return ranks[np.where(self.said >= 0, self.said + len(labels) + 1, answered)].astype(np.int64)


def _ranks(values: Sequence[object]) -> Codes:
    """The place of each value when they are sorted; equal ones have the same."""
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}  # type: ignore[type-var]
    return np.array([ranks[value] for value in values], np.int32)


def _stable(by_place: npt.NDArray[np.intp], keys: Ints) -> Codes:
    return _as_codes(by_place[np.argsort(keys[by_place], kind="stable")])


def _as_codes(places: npt.NDArray[np.intp]) -> Codes:
    return places.astype(np.int32)
