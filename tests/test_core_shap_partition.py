"""Shares of an answer among the parts of a picture, against exact Shapley and Owen values of small games."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np
import pytest

from core.bundles import Bundle
from core.errors import Cancelled
from core.explaining import Explainer
from core.inference import Classifier
from core.perturbations import Mask
from core.records import Floats, Photo
from core.shap_partition import Shares, painted_over, shapley_picture, shares

Game = Callable[[Mask], Floats]
ENOUGH = 10_000


def owen(value: Callable[[frozenset[int]], float], tree: Sequence[object], players: int) -> list[float]:
    """Exact values: the mean over all orders in which the members of every part come one after the other."""

    def orders(node: object) -> list[tuple[int, ...]]:
        if isinstance(node, int):
            return [(node,)]
        assert isinstance(node, (tuple, list))
        left, right = (orders(one) for one in node)
        return [a + b for a in left for b in right] + [b + a for a in left for b in right]

    found = np.zeros(players)
    every = orders(tree)
    for order in every:
        there: frozenset[int] = frozenset()
        for player in order:
            found[player] += value(there | {player}) - value(there)
            there |= {player}
    return list(found / len(every))


def game_of(value: Callable[[frozenset[int]], float]) -> Game:
    """A game whose players are the cells of a row."""
    return lambda present: np.array([value(frozenset(np.flatnonzero(present.ravel()).tolist()))], np.float32)


def cells(found: Shares) -> Floats:
    return np.asarray(found.values[0].ravel() / found.values[0].size, np.float32)


def synergy(there: frozenset[int]) -> float:
    """Each has its own worth, some are worth more together, one spoils."""
    return sum(there) + 5 * ({0, 3} <= there) + 2 * ({1, 2} <= there) - 4 * ({2, 3} <= there) + (there == {1})


def test_two_parts_have_their_shapley_values() -> None:
    worth = {frozenset(): 1.0, frozenset({0}): 2.0, frozenset({1}): 5.0, frozenset({0, 1}): 9.0}
    found = shares((1, 2), game_of(worth.__getitem__), ENOUGH, least_side=1)
    exact = np.zeros(2)
    for order in permutations(range(2)):
        for place, player in enumerate(order):
            exact[player] += (worth[frozenset(order[: place + 1])] - worth[frozenset(order[:place])]) / 2
    assert cells(found).tolist() == pytest.approx(exact.tolist())
    assert (found.whole[0], found.nothing[0], found.asked) == (9, 1, 4)


def test_four_parts_have_their_owen_values() -> None:
    found = shares((1, 4), game_of(synergy), ENOUGH, least_side=1)
    assert cells(found).tolist() == pytest.approx(owen(synergy, ((0, 1), (2, 3)), 4), abs=1e-5)


def test_a_sum_gives_each_part_its_own_worth() -> None:
    worth = np.random.default_rng(1).normal(size=(4, 8)).astype(np.float32)
    found = shares((4, 8), lambda present: np.array([worth[present].sum()], np.float32), ENOUGH, least_side=1)
    np.testing.assert_allclose(found.values[0] / 32, worth, atol=1e-4)


@pytest.mark.parametrize("most", [2, 3, 4, 11, 50, 300])
def test_nothing_is_lost_however_few_answers(most: int) -> None:
    rng = np.random.default_rng(2)
    worth = rng.normal(size=(16, 16))
    asked = 0

    def values(present: Mask) -> Floats:
        nonlocal asked
        asked += 1
        total = worth[present].sum()
        return np.array([np.tanh(total), total**2], np.float32)

    found = shares((16, 16), values, most)
    assert found.asked == asked <= most
    np.testing.assert_allclose(found.values.mean(axis=(1, 2)), found.whole - found.nothing, rtol=1e-3, atol=1e-4)


def test_what_matters_is_looked_at_closely_first() -> None:
    def values(present: Mask) -> Floats:
        return np.array([float(present[2, 13]) - float(present[14, 3])], np.float32)

    found = shares((16, 16), values, 1200, least_side=1).values[0]
    assert np.unravel_index(found.argmax(), found.shape) == (2, 13)
    assert np.unravel_index(found.argmin(), found.shape) == (14, 3)
    assert found[2, 13] == pytest.approx(256) and np.abs(found).sum() == pytest.approx(512)


def test_what_is_missing_is_painted_over_from_its_edges() -> None:
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[:, :] = (10, 200, 60)
    pixels[20:40, 30:50] = (255, 0, 0)
    present = np.ones((30, 40), np.bool_)
    present[9:21, 14:26] = False
    found = painted_over(pixels, present)
    assert np.abs(found.astype(int) - (10, 200, 60)).max() <= 3
    assert (painted_over(pixels, np.ones_like(present)) == pixels).all()
    nothing = painted_over(pixels, np.zeros_like(present))
    assert np.ptp(nothing.reshape(-1, 3), axis=0).tolist() == [0, 0, 0]


def test_the_planted_corner_gets_the_share(tiny_bundle: Bundle) -> None:
    pixels = np.full((128, 128, 3), 90, np.uint8)
    pixels[:40, 88:] = (255, 0, 0)
    explainer = Explainer(tiny_bundle, Classifier(tiny_bundle).predict, Photo(pixels, 128, 128))
    found = explainer.shapley([0, 1], 120)
    red, green = found.values
    rows, columns = red.shape
    assert red[: rows // 3, -columns // 3 :].mean() > 3 * abs(red[rows // 2 :, : columns // 2].mean())
    assert found.evidence(0).positive
    assert green[: rows // 3, -columns // 3 :].mean() < 0  # what is red speaks against green


def test_progress_ends_and_can_be_stopped() -> None:
    told: list[tuple[int, int]] = []
    shares((4, 4), lambda present: np.array([float(present.sum())], np.float32), 20, told=lambda *so: told.append(so))
    assert told[0] == (2, 20) and told[-1] == (20, 20) and sorted(told) == told

    def stop(done: int, total: int) -> None:
        if done > 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        shapley_picture(
            np.zeros((32, 32, 3), np.uint8), lambda pixels: np.array([float(pixels.mean())], np.float32), told=stop
        )
