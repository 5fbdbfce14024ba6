"""Neurons that matter, where it is known which: planted channels, and exact Shapley values of a few."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from core.errors import Cancelled
from core.inference import softmax
from core.neurons import exciting, neurons_of
from core.records import Floats


def planted(channels: int = 200, carriers: tuple[int, ...] = (3, 77, 150)) -> tuple[Floats, Floats, Floats]:
    """Photographs of class 0 in which only the carriers differ from the usual, and a head that reads every channel."""
    rng = np.random.default_rng(0)
    usual = rng.random(channels).astype(np.float32)
    embeddings = np.repeat(usual[None], 40, axis=0)
    embeddings[:, list(carriers)] += rng.uniform(1, 2, (40, len(carriers))).astype(np.float32)
    kernel = rng.normal(0, 0.3, (channels, 4)).astype(np.float32)
    kernel[list(carriers), 0] = 2
    return embeddings, kernel, usual


def test_the_planted_channels_carry_the_class() -> None:
    embeddings, kernel, usual = planted()
    found = neurons_of(embeddings, kernel, np.zeros(4, np.float32), 0, usual)
    assert set(found.strongest(3).tolist()) == {3, 77, 150}
    others = np.delete(found.values, [3, 77, 150])
    assert np.abs(others).max() < 1e-4
    assert found.values.sum() == pytest.approx(found.whole - found.nothing, abs=0.03)


def test_it_is_the_exact_value_where_that_can_be_counted() -> None:
    rng = np.random.default_rng(1)
    embeddings, usual = rng.random((9, 5)).astype(np.float32), np.zeros(5, np.float32)
    kernel, bias = rng.normal(0, 2, (5, 3)).astype(np.float32), np.zeros(3, np.float32)

    def worth(kept: frozenset[int]) -> float:
        masked = np.where([channel in kept for channel in range(5)], embeddings, usual)
        return float(softmax(masked @ kernel + bias)[:, 1].mean())

    exact = np.zeros(5)
    orders = list(permutations(range(5)))
    for order in orders:
        kept = frozenset(range(5))
        for channel in order:
            exact[channel] += worth(kept) - worth(kept - {channel})
            kept -= {channel}
    found = neurons_of(embeddings, kernel, bias, 1, usual, permutations=800)
    np.testing.assert_allclose(found.values, exact / len(orders), atol=4 * float(found.errors.max()) + 1e-3)


def test_the_same_seed_gives_the_same_values() -> None:
    embeddings, kernel, usual = planted()
    bias = np.zeros(4, np.float32)
    first, second = (neurons_of(embeddings, kernel, bias, 0, usual, permutations=3, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)


def test_the_most_exciting_photographs_come_first() -> None:
    embeddings = np.array([[0.1, 5.0], [0.9, 1.0], [0.5, 3.0]], np.float32)
    assert exciting(embeddings, 0, 2).tolist() == [1, 2]
    assert exciting(embeddings, 1, 9).tolist() == [0, 2, 1]


def test_nobody_waits_any_more() -> None:
    embeddings, kernel, usual = planted()

    def told(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        neurons_of(embeddings, kernel, np.zeros(4, np.float32), 0, usual, told=told)
