"""Whitening: identity covariance where it promises it, the documented formula, and few pictures."""

from __future__ import annotations

import numpy as np
import pytest

from core.inputs import prepare
from core.records import Floats, Pixels
from core.train_config import Step
from core.whitening import CENTRE, EPSILON, SPREAD, Whitening, most_directions
from training.whitening import fit_whitening

SIZE_PX = 12
VALUES = 3 * SIZE_PX**2
KEPT = 20


def pictures(count: int, seed: int = 0) -> Pixels:
    """Smooth pictures: a few waves of chance strength, weaker the finer, and a little noise."""
    rng = np.random.default_rng(seed)
    waves = np.random.default_rng(99).normal(size=(60, VALUES))
    waves, _ = np.linalg.qr(waves.T)
    strengths = 900 * 0.9 ** np.arange(60)
    values = 128 + rng.normal(size=(count, 60)) * strengths @ waves.T * 0.5 + rng.normal(0, 3, (count, VALUES))
    return values.clip(0, 255).round().astype(np.uint8).reshape(count, SIZE_PX, SIZE_PX, 3)


def whitened(whitening: Whitening, inputs: Pixels) -> Floats:
    """z of the documentation, (n, d)."""
    return (np.stack([whitening(one.astype(np.float32)) for one in inputs]).reshape(len(inputs), -1) - CENTRE) / SPREAD


def test_the_covariance_in_the_kept_directions_is_the_identity() -> None:
    inputs = pictures(600)
    whitening = fit_whitening(inputs, KEPT)
    assert whitening.basis.shape == (KEPT, VALUES)
    np.testing.assert_allclose(whitening.basis @ whitening.basis.T, np.eye(KEPT), atol=2e-3)
    along = whitened(whitening, inputs) @ whitening.basis.T
    np.testing.assert_allclose(along.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(np.cov(along.T), np.eye(KEPT), atol=0.05)
    before = inputs.reshape(600, -1).astype(np.float32) @ whitening.basis.T
    variances = before.var(axis=0)
    assert variances[0] > 10 * variances[-1]


def test_all_other_directions_have_variance_one_on_average_in_new_pictures_too() -> None:
    whitening = fit_whitening(pictures(400), KEPT)
    white = whitened(whitening, pictures(400, seed=1))
    rest = white - (white @ whitening.basis.T) @ whitening.basis
    assert (rest**2).sum(axis=1).mean() / (VALUES - KEPT) == pytest.approx(1, abs=0.25)


def test_it_is_the_formula_of_the_documentation() -> None:
    inputs = pictures(200).astype(np.float64)
    whitening = fit_whitening(inputs.astype(np.uint8), KEPT)
    flat = inputs.reshape(200, -1)
    mean = flat.mean(axis=0)
    _, singular, directions = np.linalg.svd(flat - mean, full_matrices=False)
    variances = singular[:KEPT] ** 2 / 199
    s = 1 / np.sqrt(variances + EPSILON)
    r = whitening.scale[-1] / SPREAD
    apart = flat[7] - mean
    wanted = r * apart + directions[:KEPT].T @ ((s - r) * (directions[:KEPT] @ apart))
    np.testing.assert_allclose(whitening.scale[:-1], SPREAD * s, rtol=1e-3)
    np.testing.assert_allclose(whitened(whitening, inputs[7:8].astype(np.uint8))[0], wanted, atol=0.02)


def test_the_picture_stays_upright_and_near_its_range() -> None:
    """ZCA, unlike other ways to whiten, keeps a picture as near to itself as can be: it correlates with itself most."""
    inputs = pictures(300)
    whitening = fit_whitening(inputs)
    white = np.stack([whitening(one.astype(np.float32)) for one in inputs])
    assert white.shape == inputs.shape
    assert white.dtype == np.float32
    assert ((white >= 0) & (white <= 255)).mean() > 0.9
    each = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(inputs, white, strict=True)]
    assert np.mean(each) > 0.3


@pytest.mark.parametrize("count", [2, 3, 5, 40])
def test_few_pictures_blow_nothing_up(count: int) -> None:
    whitening = fit_whitening(pictures(count))
    assert len(whitening.basis) <= max(1, count // 2)
    white = whitened(whitening, pictures(50, seed=3))
    assert np.isfinite(white).all()
    assert white.std() < (25 if count < 5 else 4)


def test_pictures_that_are_all_the_same_stay_finite() -> None:
    whitening = fit_whitening(np.full((9, SIZE_PX, SIZE_PX, 3), 77, np.uint8))
    assert (whitened(whitening, np.full((1, SIZE_PX, SIZE_PX, 3), 77, np.uint8)) == 0).all()
    assert whitening.scale.max() <= SPREAD / np.sqrt(EPSILON) + 1e-3


def test_one_picture_is_too_few() -> None:
    with pytest.raises(ValueError, match="two pictures"):
        fit_whitening(pictures(1))


def test_the_same_pictures_give_the_same_numbers_whatever_their_type() -> None:
    inputs = pictures(60)
    one, two, floats = fit_whitening(inputs), fit_whitening(inputs), fit_whitening(inputs.astype(np.float32))
    np.testing.assert_array_equal(one.basis, two.basis)
    np.testing.assert_allclose(one.scale, floats.scale, rtol=1e-4)


def test_what_a_bundle_keeps_is_what_training_saw() -> None:
    whitening = fit_whitening(pictures(100))
    np.testing.assert_array_equal(whitening.basis.astype(np.float16).astype(np.float32), whitening.basis)
    square = pictures(1, seed=8)[0]
    np.testing.assert_array_equal(prepare(square, (Step.WHITEN,), whitening), whitening(square.astype(np.float32)))


def test_large_pictures_have_as_many_directions_as_a_bundle_takes() -> None:
    assert most_directions(SIZE_PX) == 256
    assert most_directions(224) == 111
    large = np.random.default_rng(0).integers(0, 256, (6, 300, 300, 3), np.uint8)
    assert len(fit_whitening(large).basis) == 3
