"""Two models beside each other: exact tests against SciPy, intervals against their paper, names that mean the same."""

from __future__ import annotations

import numpy as np
import pytest

from core.bundles import Label
from core.run_results import comparison_sentence
from core.texts import set_language
from core.train_records import ComparisonVerdict
from tests.bundle_factory import tiny_info
from training.comparison import compared, mcnemar_exact, paired_interval, places_in


@pytest.mark.parametrize(("better", "worse"), [(0, 0), (1, 0), (5, 5), (41, 9), (9, 41), (3, 11), (1200, 1100)])
def test_mcnemar_is_the_exact_binomial_test(better: int, worse: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    pairs = better + worse
    expected = stats.binomtest(better, pairs, 0.5).pvalue if pairs else 1.0
    assert mcnemar_exact(better, worse) == pytest.approx(expected, rel=1e-9)


def test_the_interval_is_that_of_newcombe_1998() -> None:
    """Method 10 for (36, 12, 2, 0), a row of the paper's table of examples."""
    assert paired_interval(36, 12, 2, 0) == pytest.approx((0.0569, 0.3404), abs=1e-4)


@pytest.mark.parametrize(
    "cells", [(1, 0, 0, 0), (0, 0, 0, 1), (0, 1, 0, 0), (0, 0, 1, 0), (50, 0, 0, 0), (0, 20, 0, 0)]
)
def test_intervals_of_extreme_tables_are_sensible(cells: tuple[int, int, int, int]) -> None:
    low, high = paired_interval(*cells)
    difference = (cells[1] - cells[2]) / sum(cells)
    assert -1 <= low <= difference <= high <= 1 and high > low


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    chances = [0.7, 0.12, 0.06, 0.12]
    draws = rng.multinomial(120, chances, 600)
    inside = [low <= chances[1] - chances[2] <= high for low, high in (paired_interval(*row) for row in draws.tolist())]
    assert 0.92 < np.mean(inside) < 0.98


def truths(both: int, better: int, worse: int, neither: int) -> tuple[list[bool], list[bool]]:
    right = [True] * both + [True] * better + [False] * worse + [False] * neither
    other = [True] * both + [False] * better + [True] * worse + [False] * neither
    return right, other


@pytest.mark.parametrize(
    ("cells", "verdict", "sentence"),
    [
        (
            (50, 41, 9, 5),
            ComparisonVerdict.BETTER,
            "Better: 41 photographs right that were wrong, 9 wrong that were right.",
        ),
        (
            (50, 9, 41, 5),
            ComparisonVerdict.WORSE,
            "Worse: 41 photographs wrong that were right, 9 right that were wrong.",
        ),
        ((50, 5, 4, 5), ComparisonVerdict.UNCLEAR, "No clear difference: keep what you have."),
        ((10, 0, 0, 0), ComparisonVerdict.UNCLEAR, "No clear difference: keep what you have."),
    ],
)
def test_the_verdict_in_words(cells: tuple[int, int, int, int], verdict: ComparisonVerdict, sentence: str) -> None:
    right, other = truths(*cells)
    found = compared(np.array(right), np.array(other), tiny_info(), seen_before=2)
    assert found is not None and found.verdict is verdict
    assert (found.both_right, found.better, found.worse, found.both_wrong) == cells
    assert found.difference == pytest.approx((cells[1] - cells[2]) / sum(cells))
    assert found.seen_before == 2 and found.model == "colours" and found.title_fr == "Couleurs"
    assert comparison_sentence(found).startswith(sentence)
    set_language("fr")
    assert comparison_sentence(found)[:8] in ("Meilleur", "Moins bo", "Pas de d")


def test_no_photographs_are_no_comparison() -> None:
    assert compared(np.zeros(0, bool), np.zeros(0, bool), tiny_info()) is None


def named(**names: tuple[str, str]) -> list[Label]:
    return [Label(id=place, en=en, fr=fr) for place, (en, fr) in names.items()]


def test_labels_are_the_same_by_id_else_by_english_name() -> None:
    mine = named(a=("Beagle", "Beagle"), b=("POODLE", "Caniche"), c=("Cat", "Chat"))
    others = named(x=("Poodle", "Caniche"), a=("Something", "Quelque chose"), y=("Chat", "Bavardage"))
    assert places_in(mine, others).tolist() == [1, 0, -1]
    assert places_in(mine, others, by_french=True).tolist() == [1, 0, 2]
