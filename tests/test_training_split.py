"""Photographs in parts: by class and by group, whatever their order; and classes of different sizes in balance."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.train_config import Balance, BalanceKind, Split
from training.balance import Drawn, class_weights, drawn
from training.samples import Part, Sample
from training.split import share_out

EIGHTY_TEN_TEN = Split()


def sample(number: int, label: int, group: str = "", official: Part | None = None) -> Sample:
    return Sample(Path(f"{number}.jpg"), label, f"{number:064x}", group, official)


def singles(sizes: list[int]) -> list[Sample]:
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    return [sample(number, label) for number, label in enumerate(labels)]


def counts(samples: tuple[Sample, ...] | list[Sample], label: int | None = None) -> tuple[int, int, int]:
    found = Counter(one.part for one in samples if label is None or one.label == label)
    return found[Part.TRAIN], found[Part.VALIDATION], found[Part.TEST]


@st.composite
def fractions(draw: st.DrawFn) -> Split:
    train = draw(st.integers(1, 10))
    validation = draw(st.integers(0, 10 - train))
    test = 10 - train - validation
    return Split(train=train / 10, validation=validation / 10, test=test / 10, seed=draw(st.integers(0, 99)))


@st.composite
def grouped(draw: st.DrawFn, with_official: bool = False) -> list[Sample]:
    made = []
    for number in range(draw(st.integers(1, 80))):
        group = draw(st.sampled_from(("", "", "", "a", "b", "c", "d", "e", "f")))
        official = draw(st.sampled_from((None, *Part))) if with_official else None
        made.append(sample(number, draw(st.integers(0, 4)), group, official))
    return made


@settings(deadline=None)
@given(samples=grouped(), rules=fractions())
def test_every_photograph_is_in_one_part_and_no_group_in_two(samples: list[Sample], rules: Split) -> None:
    shared = share_out(samples, rules)
    assert [one.path for one in shared] == [one.path for one in samples]
    assert all(one.part is not None for one in shared)
    parts = defaultdict(set)
    for one in shared:
        if one.group:
            parts[one.group].add(one.part)
    assert all(len(found) == 1 for found in parts.values())
    wanted = {Part.TRAIN: rules.train, Part.VALIDATION: rules.validation, Part.TEST: rules.test}
    assert all(wanted[one.part] > 0 for one in shared if one.part)


@settings(deadline=None)
@given(samples=grouped(), rules=fractions())
def test_a_class_with_photographs_has_some_to_train_on(samples: list[Sample], rules: Split) -> None:
    shared = share_out(samples, rules)
    trained = {one.label for one in shared if one.part is Part.TRAIN}
    assert trained == {one.label for one in samples}


@settings(deadline=None)
@given(samples=grouped(with_official=True), rules=fractions(), shuffle=st.randoms())
def test_neither_the_order_nor_the_folder_decides(samples: list[Sample], rules: Split, shuffle: random.Random) -> None:
    first = {one.content: one.part for one in share_out(samples, rules)}
    moved = [Sample(Path("elsewhere") / one.path, one.label, one.content, one.group, one.official) for one in samples]
    shuffle.shuffle(moved)
    assert {one.content: one.part for one in share_out(moved, rules)} == first


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 60), min_size=1, max_size=8), rules=fractions())
def test_each_class_is_shared_out_by_the_fractions(sizes: list[int], rules: Split) -> None:
    shared = share_out(singles(sizes), rules)
    for label, size in enumerate(sizes):
        for share, found in zip((rules.train, rules.validation, rules.test), counts(shared, label), strict=True):
            assert abs(found - size * share) < 2.0


@settings(deadline=None)
@given(samples=grouped(with_official=True), rules=fractions())
def test_what_the_source_gives_to_test_is_the_test(samples: list[Sample], rules: Split) -> None:
    shared = share_out(samples, rules)
    official = {one.path for one in samples if one.official is Part.TEST}
    tested = {one.path for one in shared if one.part is Part.TEST}
    assert official <= tested
    if official:
        assert tested == official
    groups = defaultdict(set)
    for one in shared:
        if one.group and one.part:
            groups[one.group].add(one.part)
    assert all(len(found) == 1 for found in groups.values())


@pytest.mark.parametrize(
    ("size", "expected"), [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (10, (8, 1, 1)), (100, (80, 10, 10))]
)
def test_a_small_class_serves_training_then_test_then_validation(size: int, expected: tuple[int, int, int]) -> None:
    assert counts(share_out(singles([size]), EIGHTY_TEN_TEN)) == expected


def test_another_seed_gives_another_split() -> None:
    samples = singles([50, 50])
    first, again = share_out(samples, EIGHTY_TEN_TEN), share_out(samples, EIGHTY_TEN_TEN)
    assert first == again
    assert share_out(samples, Split(seed=2)) != first


def test_a_large_group_stays_whole_and_the_rest_makes_up_for_it() -> None:
    samples = [sample(number, 0, "burst" if number < 60 else "") for number in range(100)]
    shared = share_out(samples, EIGHTY_TEN_TEN)
    assert counts(shared) == (80, 10, 10)
    assert {one.part for one in shared[:60]} == {Part.TRAIN}


def test_groups_of_several_classes_do_not_take_a_class_from_training() -> None:
    samples = [sample(number, number % 3, f"animal {number // 6}") for number in range(36)]
    shared = share_out(samples, EIGHTY_TEN_TEN)
    assert {one.label for one in shared if one.part is Part.TRAIN} == {0, 1, 2}
    assert {one.part for one in shared} == set(Part)


def test_without_groups_look_alikes_may_be_anywhere() -> None:
    samples = [sample(number, 0, "one") for number in range(100)]
    assert counts(share_out(samples, EIGHTY_TEN_TEN)) == (100, 0, 0)
    assert counts(share_out(samples, Split(by_group=False))) == (80, 10, 10)


def test_official_folders_are_respected_and_a_missing_part_comes_out_of_training() -> None:
    train = [sample(number, number % 2, official=Part.TRAIN) for number in range(90)]
    test = [sample(number, number % 2, official=Part.TEST) for number in range(90, 120)]
    shared = share_out(train + test, EIGHTY_TEN_TEN)
    assert {one.part for one in shared[90:]} == {Part.TEST}
    assert counts(shared[:90]) == (80, 10, 0)
    assert counts(share_out(train + test, Split(official=False))) == (96, 12, 12)


def test_training_lets_go_of_what_the_official_test_shows() -> None:
    train = [sample(number, 0, "rex" if number < 3 else "", Part.TRAIN) for number in range(30)]
    test = [sample(number, 0, "rex" if number == 30 else "", Part.TEST) for number in range(30, 40)]
    shared = share_out(train + test, EIGHTY_TEN_TEN)
    assert [one.part for one in shared[:3]] == [None] * 3
    assert shared[30].part is Part.TEST
    assert all(one.part in (Part.TRAIN, Part.VALIDATION) for one in shared[3:30])


def test_only_training_can_be_wanted() -> None:
    assert counts(share_out(singles([9]), Split(train=1.0, validation=0.0, test=0.0))) == (9, 0, 0)


# -- Balance -----------------------------------------------------------------------------------------------------------


def numbers(chosen: list[Drawn], samples: list[Sample]) -> Counter[int]:
    return Counter(samples[one.place].label for one in chosen)


def test_class_weights_make_every_class_weigh_the_same() -> None:
    labels = np.array([0] * 30 + [1] * 10 + [3] * 2, np.intp)
    weights = class_weights(labels, 5)
    assert weights[2] == weights[4] == 0
    totals = [weights[label] * (labels == label).sum() for label in (0, 1, 3)]
    assert totals == pytest.approx([14.0] * 3, rel=1e-5)
    assert weights[labels].mean() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", [BalanceKind.NONE, BalanceKind.WEIGHTS])
def test_without_sampling_each_photograph_comes_once(kind: BalanceKind) -> None:
    samples = singles([5, 2])
    assert drawn(samples, Balance(kind=kind), 1) == [Drawn(place) for place in range(7)]


@pytest.mark.parametrize(("to", "expected"), [(0, [4, 4, 4]), (6, [6, 6, 4]), (100, [20, 7, 4])])
def test_undersampling(to: int, expected: list[int]) -> None:
    samples = singles([20, 7, 4])
    chosen = drawn(samples, Balance(kind=BalanceKind.UNDER, to=to), 1)
    assert [numbers(chosen, samples)[label] for label in range(3)] == expected
    assert len({one.place for one in chosen}) == len(chosen)
    assert not any(one.is_copy for one in chosen)


def test_undersampling_draws_anew_each_epoch_until_all_have_come() -> None:
    samples, rules = singles([20, 4]), Balance(kind=BalanceKind.UNDER)
    epochs = [[one.place for one in drawn(samples, rules, 1, epoch)] for epoch in range(5)]
    assert epochs == [[one.place for one in drawn(samples, rules, 1, epoch)] for epoch in range(5)]
    large = Counter(place for epoch in epochs for place in epoch if place < 20)
    assert large == Counter(range(20))
    assert [one.place for one in drawn(samples, rules, 2)] != epochs[0]


@pytest.mark.parametrize(("to", "expected"), [(0, [20, 20, 20]), (9, [20, 9, 9])])
def test_oversampling_adds_marked_copies_and_takes_nothing_away(to: int, expected: list[int]) -> None:
    samples = singles([20, 7, 3])
    chosen = drawn(samples, Balance(kind=BalanceKind.OVER, to=to), 1)
    assert [numbers(chosen, samples)[label] for label in range(3)] == expected
    assert sorted(one.place for one in chosen if not one.is_copy) == list(range(30))
    often = Counter(one.place for one in chosen)
    for label in range(3):
        times = [often[place] for place, one in enumerate(samples) if one.label == label]
        assert max(times) - min(times) <= 1


def test_nothing_is_drawn_from_nothing() -> None:
    assert drawn([], Balance(kind=BalanceKind.OVER), 1) == []
    assert share_out([], EIGHTY_TEN_TEN) == ()
