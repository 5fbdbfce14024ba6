"""Calibration on planted probabilities: temperatures come back, promises are kept, figures are those of hand work."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from core.bundles import Words
from core.records import Floats
from training.calibrate import (
    calibration_error,
    careful_sure,
    choose_subject,
    choose_sure,
    fit_temperature,
    lower_bound,
    measure,
)
from training.heads import Labels, softmax

ON = Words(en="planted photographs", fr="photos fabriquées")


def drawn(probabilities: Floats, seed: int = 0) -> Labels:
    """Labels that come as often as the probabilities (n, labels) say."""
    edges = probabilities.cumsum(axis=1)
    chance = np.random.default_rng(seed).random((len(probabilities), 1))
    return np.asarray((chance > edges[:, :-1]).sum(axis=1), np.intp)


def rows(confidence: npt.ArrayLike, labels: int = 3) -> Floats:
    """Probabilities (n, labels) whose best answer is label 0 with `confidence` (n,)."""
    best = np.asarray(confidence, np.float32)
    rest = np.repeat((1 - best)[:, None] / (labels - 1), labels - 1, axis=1)
    return np.concatenate([best[:, None], rest], axis=1).astype(np.float32)


def labels_of(right: int, wrong: int) -> Labels:
    return np.repeat([0, 1], [right, wrong])


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_a_planted_temperature_is_found_again(temperature: float) -> None:
    logits = np.random.default_rng(1).normal(size=(6000, 5)).astype(np.float32) * 2
    labels = drawn(softmax(logits))
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.08)


def test_a_temperature_never_leaves_its_bounds() -> None:
    certain = np.eye(3, dtype=np.float32)[np.zeros(10, int)]
    assert fit_temperature(certain, np.zeros(10, np.intp)) == pytest.approx(0.1)
    assert fit_temperature(certain, np.ones(10, np.intp)) == pytest.approx(10)


def test_a_calibrated_set_has_next_to_no_calibration_error() -> None:
    probabilities = rows(np.random.default_rng(2).uniform(0.4, 1, 20_000))
    assert calibration_error(probabilities, drawn(probabilities)) < 0.015


@pytest.mark.parametrize(
    ("confidence", "right", "error"), [(0.95, 5, 0.45), (0.55, 10, 0.45), (0.95, 0, 0.95), (1.0, 10, 0.0)]
)
def test_one_bin_by_hand(confidence: float, right: int, error: float) -> None:
    assert calibration_error(rows([confidence] * 10), labels_of(right, 10 - right)) == pytest.approx(error, abs=1e-6)


def test_bins_weigh_as_much_as_they_hold_and_do_not_cancel_out() -> None:
    """Eight overconfident photographs (0.95, half right) and two underconfident ones (0.55, both right)."""
    probabilities, labels = rows([0.95] * 8 + [0.55] * 2), np.array([0, 1] * 4 + [0, 0])
    assert calibration_error(probabilities, labels) == pytest.approx(0.8 * 0.45 + 0.2 * 0.45, abs=1e-6)


def test_sure_keeps_its_promise_on_photographs_to_come() -> None:
    probabilities = rows(np.random.default_rng(3).uniform(0.35, 1, 3000))
    sure = choose_sure(probabilities, drawn(probabilities), 0.95)
    confidence = probabilities[:, 0]
    to_come = drawn(probabilities, seed=9) == 0
    assert to_come[confidence >= sure.threshold].mean() >= 0.95 - 0.015
    assert 0.95 <= sure.precision < 0.97
    # Uniform above t, the mean is (1 + t) / 2: nine tenths it takes, and not more.
    assert sure.threshold == pytest.approx(0.9, abs=0.02)
    assert sure.coverage == pytest.approx(float((confidence >= sure.threshold).mean()), abs=1e-3)
    assert sure.cases == 3000


def test_sure_takes_the_lowest_threshold_that_will_do() -> None:
    probabilities = rows([0.98] * 100 + [0.701] * 100)
    labels = np.concatenate([labels_of(97, 3), labels_of(70, 30)])
    sure = choose_sure(probabilities, labels, 0.95)
    assert sure.threshold == pytest.approx(0.705)
    assert (sure.precision, sure.coverage) == (0.97, 0.5)
    assert choose_sure(probabilities, labels, 0.8).threshold == pytest.approx(0.3)


@pytest.mark.parametrize(("confidence", "right"), [(0.97, 93), (0.93, 97)])
def test_neither_luck_nor_too_much_confidence_is_enough(confidence: float, right: int) -> None:
    """Counted and calculated must both reach what is asked for."""
    never = choose_sure(rows([confidence] * 100), labels_of(right, 100 - right), 0.95)
    assert never.coverage == 0
    assert choose_sure(rows([confidence] * 100), labels_of(right, 100 - right), 0.92).precision == pytest.approx(0.93)


def test_a_promise_that_cannot_be_kept_is_not_given() -> None:
    """It used to be one of 100 %, since nobody was wrong above the most confident photograph."""
    never = choose_sure(rows([0.5] * 40), labels_of(0, 40), 0.95)
    assert (never.threshold, never.precision, never.coverage, never.cases) == (1, 0, 0, 0)


def test_the_threshold_of_the_subject_lies_in_the_middle_of_the_gap() -> None:
    """In log-odds: 0.99 and 0.1 have their middle at 0.768, 0.999 and 0.001 at a half."""
    found = choose_subject(np.full(50, 0.99, np.float32), np.full(80, 0.1, np.float32))
    odds = np.sqrt(99 / 9)
    assert found.threshold == pytest.approx(odds / (1 + odds), abs=1e-3)
    assert (found.wrongly_refused, found.refused, found.cases) == (0, 1, 80)
    assert choose_subject(np.full(9, 0.999, np.float32), np.full(9, 0.001, np.float32)).threshold == 0.5


def test_one_odd_photograph_in_a_hundred_without_and_in_two_hundred_with_the_subject_does_not_count() -> None:
    absent = np.array([0.1] * 970 + [0.9] * 25 + [0.999] * 5, np.float32)
    present = np.array([0.99] * 970 + [0.95] * 28 + [0.001] * 2, np.float32)
    odds = np.sqrt(0.9 / 0.1 * 0.95 / 0.05)
    assert choose_subject(present, absent).threshold == pytest.approx(odds / (1 + odds), abs=1e-3)


def test_what_lies_on_the_wrong_side_is_counted() -> None:
    present = np.array([0.9] * 399 + [0.01], np.float32)
    absent = np.array([0.1] * 398 + [0.99] * 2, np.float32)
    found = choose_subject(present, absent)
    assert 0.1 < found.threshold < 0.9
    assert (found.wrongly_refused, found.refused) == (0.0025, 0.995)


def test_probabilities_of_zero_and_one_have_a_threshold_too() -> None:
    found = choose_subject(np.ones(5, np.float32), np.zeros(5, np.float32))
    assert (found.threshold, found.wrongly_refused, found.refused) == (0.5, 0, 1)


def test_figures_by_hand() -> None:
    """Right at once, right at once, right as third, right as fourth of four."""
    probabilities = np.array(
        [[0.9, 0.06, 0.03, 0.01], [0.03, 0.9, 0.06, 0.01], [0.5, 0.3, 0.15, 0.05], [0.9, 0.06, 0.03, 0.01]], np.float32
    )
    found = measure(ON, probabilities, np.array([0, 1, 2, 3]), sure_from=0.8)
    assert (found.on, found.photographs, found.top1, found.top3) == (ON, 4, 0.5, 0.75)
    assert (found.sure_share, found.sure_right) == (0.75, 0.6667)
    assert found.ece == pytest.approx(0.75 * (0.9 - 2 / 3) + 0.25 * 0.5, abs=1e-4)


def test_where_nothing_is_sure_there_is_no_share_of_right_ones() -> None:
    found = measure(ON, rows([0.5] * 4), labels_of(4, 0), sure_from=0.8)
    assert (found.sure_share, found.sure_right, found.top1) == (0, None, 1)


def test_a_handful_of_right_answers_does_not_make_it_cocksure() -> None:
    certain = np.eye(3, dtype=np.float32)[np.zeros(3, int)] * 3
    assert fit_temperature(certain, np.zeros(3, np.intp)) == pytest.approx(0.1)
    assert fit_temperature(certain, np.zeros(3, np.intp), spread=0.5) > 0.5


def test_many_photographs_outweigh_what_is_usual() -> None:
    logits = np.random.default_rng(1).normal(size=(6000, 5)).astype(np.float32) * 2
    labels = drawn(softmax(logits))
    assert fit_temperature(logits * 3, labels, spread=0.5) == pytest.approx(
        fit_temperature(logits * 3, labels), rel=0.02
    )


@pytest.mark.parametrize(("hits", "cases"), [(1, 1), (30, 30), (95, 100), (1, 50), (1900, 2000), (0, 9)])
def test_the_lower_bound_is_that_of_clopper_and_pearson(hits: int, cases: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    exact = stats.beta.ppf(0.05, hits, cases - hits + 1) if hits else 0.0
    assert lower_bound(hits, cases) == pytest.approx(exact, abs=1e-6)


def test_a_promise_is_made_only_when_it_would_hold_with_other_photographs() -> None:
    # Counted, 95 % are right from 0.9 on; with 100 of them that could be luck, with 10,000 it cannot.
    few = careful_sure(rows([0.96] * 100), labels_of(95, 5), 0.95)
    assert few.precision == 0.89 and few.cases == 100
    many = careful_sure(rows([0.96] * 10_000), labels_of(9550, 450), 0.95)
    assert many.precision == 0.95 and many.coverage == 1


def test_the_threshold_that_keeps_the_promise_is_taken_before_a_lower_one() -> None:
    confidence = np.repeat([0.99, 0.72], [400, 400])
    labels = np.concatenate([labels_of(399, 1), labels_of(280, 120)])
    found = careful_sure(rows(confidence), labels, 0.95)
    assert 0.72 < found.threshold <= 0.99 and found.coverage == 0.5 and 0.95 <= found.precision <= 0.99


@pytest.mark.parametrize("labels", [labels_of(0, 0), labels_of(0, 40), labels_of(20, 20), labels_of(1, 0)])
def test_what_cannot_be_promised_is_never_sure(labels: Labels) -> None:
    found = careful_sure(rows([0.97] * len(labels)), labels, 0.95)
    assert (found.threshold, found.precision, found.coverage, found.cases) == (1, 0, 0, 0)


def test_promises_made_on_few_photographs_are_kept_on_others() -> None:
    """Over many draws of 150 validation photographs, the promise is broken hardly more often than it may be."""
    rng, broken, made = np.random.default_rng(11), 0, 0
    for draw in range(100):
        probabilities = rows(rng.uniform(0.5, 1, 150))
        rule = careful_sure(probabilities, drawn(probabilities, draw), 0.9)
        if rule.cases:
            made += 1
            # What is right from a threshold on, of uniform confidence, is half way to 1.
            broken += (1 + rule.threshold) / 2 < rule.precision
    assert made > 75 and broken / made <= 0.05
