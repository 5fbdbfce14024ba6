"""Linear heads: planted problems are found again, and the prior holds as strongly as it was told to."""

from __future__ import annotations

import numpy as np
import pytest

from core.records import Floats
from training.heads import Head, Labels, fit_head, softmax

CHANNELS, COUNT = 5, 4
TINY, LARGE = 1e-7, 100.0


def drawn(head: Head, n: int, seed: int = 0) -> tuple[Floats, Labels]:
    """Embeddings with channels of different sizes, and labels drawn with the probabilities that `head` gives them."""
    rng = np.random.default_rng(seed)
    values = (rng.normal(size=(n, CHANNELS)) * [1, 2, 0.5, 1, 3] + [0, 5, -1, 0, 2]).astype(np.float32)
    edges = softmax(head.logits(values)).cumsum(axis=1)
    return values, np.asarray((rng.random((n, 1)) > edges[:, :-1]).sum(axis=1), np.intp)


def planted(seed: int = 7) -> Head:
    """A head with clear preferences, whose biases make up for the channels' means."""
    kernel = np.random.default_rng(seed).normal(size=(CHANNELS, COUNT)).astype(np.float32)
    return Head(kernel, (-np.array([0, 5, -1, 0, 2]) @ kernel).astype(np.float32))


def centred(kernel: Floats) -> Floats:
    """Softmax is blind to what all labels have in common."""
    return np.asarray(kernel - kernel.mean(axis=1, keepdims=True), np.float32)


def test_a_planted_head_is_found_again() -> None:
    truth = planted()
    found = fit_head(*drawn(truth, 5000), COUNT, LARGE)
    assert np.abs(centred(found.kernel) - centred(truth.kernel)).max() < 0.2
    values, _ = drawn(truth, 500, seed=1)
    assert np.abs(softmax(found.logits(values)) - softmax(truth.logits(values))).max() < 0.1


def test_photographs_that_were_not_fitted_are_labelled_right() -> None:
    truth = planted()
    sharp = Head(truth.kernel * 30, truth.bias * 30)
    found = fit_head(*drawn(sharp, 2000), COUNT, 1.0)
    values, labels = drawn(sharp, 1000, seed=2)
    assert (found.logits(values).argmax(axis=1) == labels).mean() > 0.95


def test_a_tiny_strength_stays_at_the_prior_biases_too() -> None:
    prior = planted(seed=3)
    found = fit_head(*drawn(planted(), 500), COUNT, TINY, prior)
    assert found.kernel == pytest.approx(prior.kernel, abs=1e-3)
    assert found.bias == pytest.approx(prior.bias, abs=5e-3)


def test_a_large_strength_follows_the_data_whatever_the_prior() -> None:
    truth = planted()
    values, labels = drawn(truth, 3000)
    wrong = Head(-truth.kernel, -truth.bias)
    free, pulled = fit_head(values, labels, COUNT, LARGE), fit_head(values, labels, COUNT, LARGE, wrong)
    assert softmax(pulled.logits(values)) == pytest.approx(softmax(free.logits(values)), abs=0.01)


def test_more_strength_goes_further_from_the_prior() -> None:
    values, labels = drawn(planted(), 300)
    prior = planted(seed=3)
    ways = [np.linalg.norm(fit_head(values, labels, COUNT, s, prior).kernel - prior.kernel) for s in (1e-4, 1e-2, 1)]
    assert 0 < ways[0] < ways[1] < ways[2]


def test_without_a_prior_the_biases_go_free_and_with_one_they_are_held() -> None:
    """Embeddings that say nothing: all that can be learnt is how often each label comes."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2000, 3)).astype(np.float32)
    shares = np.array([0.7, 0.2, 0.1])
    labels = rng.choice(3, 2000, p=shares)
    nowhere = np.zeros((1, 3), np.float32)
    free = fit_head(values, labels, 3, 1e-5)
    assert softmax(free.logits(nowhere))[0] == pytest.approx(shares, abs=0.03)
    held = fit_head(values, labels, 3, 1e-5, Head(np.zeros((3, 3), np.float32), np.zeros(3, np.float32)))
    assert softmax(held.logits(nowhere))[0] == pytest.approx([1 / 3] * 3, abs=0.01)


def test_the_size_of_a_channel_does_not_matter() -> None:
    values, labels = drawn(planted(), 400)
    sizes = np.array([1, 100, 0.01, 10, 1], np.float32)
    one, other = fit_head(values, labels, COUNT, 0.1), fit_head(values * sizes + 3, labels, COUNT, 0.1)
    assert softmax(other.logits(values * sizes + 3)) == pytest.approx(softmax(one.logits(values)), abs=0.02)


def test_a_channel_that_never_changes_does_no_harm() -> None:
    values, labels = drawn(planted(), 300)
    values[:, 2] = 7
    found = fit_head(values, labels, COUNT, 1.0)
    assert np.isfinite(found.kernel).all() and np.isfinite(found.bias).all()
    assert (found.logits(values).argmax(axis=1) == labels).mean() > 0.5


def test_softmax_takes_any_size_of_logits() -> None:
    assert softmax(np.array([[1e4, 1e4, 0], [-1e4, 0, 0]], np.float32)) == pytest.approx(
        np.array([[0.5, 0.5, 0], [0, 0.5, 0.5]])
    )
