"""The solver finds the same head as SciPy's, from anywhere; the strength is the one that validation asks for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from core.errors import Cancelled
from core.records import Floats
from training.heads import Head, Labels, softmax
from training.softmax_fit import Fitted, SoftmaxFit, Tried, best_of, choose, tempered_loss, usual_strengths

CHANNELS, COUNT = 12, 5


def photographs(n: int, seed: int = 0, blur: float = 1.5) -> tuple[Floats, Labels]:
    """Classes that overlap, in channels of very different sizes."""
    rng = np.random.default_rng(seed)
    means = np.random.default_rng(99).normal(size=(COUNT, CHANNELS))
    labels = rng.integers(0, COUNT, n).astype(np.intp)
    values = means[labels] + blur * rng.normal(size=(n, CHANNELS))
    return (values * np.geomspace(0.01, 30, CHANNELS) + 5).astype(np.float32), labels


def hears(told: list[Tried], goes_on: bool = True) -> Callable[[Tried], bool]:
    def told_of(tried: Tried) -> bool:
        told.append(tried)
        return goes_on

    return told_of


def scipys(
    values: Floats, truth: npt.NDArray[np.float64], strength: float, prior: Head | None, weights: Floats
) -> tuple[Floats, float]:
    """Probabilities and least value of the same objective, by SciPy in double precision to convergence."""
    optimize = pytest.importorskip("scipy.optimize")
    mean, scale = values.mean(axis=0, dtype=np.float64), values.std(axis=0, dtype=np.float64) + 1e-6
    inputs = (values - mean) / scale
    start, level = np.zeros((CHANNELS, COUNT)), np.zeros(COUNT)
    if prior is not None:
        start, level = prior.kernel * scale[:, None], prior.bias + mean @ prior.kernel

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        kernel, bias = flat[:-COUNT].reshape(CHANNELS, COUNT), flat[-COUNT:]
        scores = inputs @ kernel + bias
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        errors = strength * weights[:, None] * (np.exp(logs) - truth)
        pull, lift = kernel - start, (bias - level) * (prior is not None)
        value = -strength * (weights[:, None] * truth * logs).sum() + (pull**2).sum() / 2 + (lift**2).sum() / 2
        return float(value), np.concatenate([(inputs.T @ errors + pull).ravel(), errors.sum(axis=0) + lift])

    first = np.concatenate([start.ravel(), level])
    found = optimize.minimize(
        loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-14, "gtol": 1e-9}
    )
    kernel, bias = found.x[:-COUNT].reshape(CHANNELS, COUNT), found.x[-COUNT:]
    return softmax((inputs @ kernel + bias).astype(np.float32)), float(found.fun)


@pytest.mark.parametrize("strength", [1e-3, 0.1, 10.0])
@pytest.mark.parametrize("has_prior", [False, True])
@pytest.mark.parametrize("kind", ["labels", "weighted", "soft"])
def test_the_same_optimum_as_scipys(strength: float, has_prior: bool, kind: str) -> None:
    values, labels = photographs(400)
    rng = np.random.default_rng(3)
    prior = (
        Head(rng.normal(0, 1 / 9, (CHANNELS, COUNT)).astype(np.float32), np.ones(COUNT, np.float32))
        if has_prior
        else None
    )
    weights = np.ones(400, np.float32) if kind == "labels" else rng.uniform(0.1, 4, 400).astype(np.float32)
    truth = np.eye(COUNT)[labels]
    if kind == "soft":
        truth = 0.7 * truth + 0.3 * rng.dirichlet(np.ones(COUNT), 400)
    wanted, _ = scipys(values, truth, strength, prior, weights)
    given: Labels | Floats = truth.astype(np.float32) if kind == "soft" else labels
    found = SoftmaxFit(values, given, COUNT, prior, weights).fit(strength, tolerance=1e-7)
    assert found.steps < 200
    np.testing.assert_allclose(softmax(found.head.logits(values)), wanted, atol=2e-3)


def test_where_it_starts_and_how_many_threads_there_are_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    values, labels = photographs(500)
    one = SoftmaxFit(values, labels, COUNT).fit(1.0, 1e-7)
    monkeypatch.setattr("training.softmax_fit._WORTH_A_THREAD", 1000)
    monkeypatch.setattr("training.softmax_fit.usable_processors", lambda: 3)
    fit = SoftmaxFit(values, labels, COUNT)
    fit.fit(1e-4)
    fit.fit(100.0)
    for other in (fit.fit(1.0, 1e-7), fit.fit(1.0, 1e-7, start=Head(one.head.kernel * 3, one.head.bias - 1))):
        np.testing.assert_allclose(softmax(other.head.logits(values)), softmax(one.head.logits(values)), atol=2e-3)
        assert other.loss == pytest.approx(one.loss, abs=1e-3) and other.accuracy == pytest.approx(
            one.accuracy, abs=0.01
        )
    assert fit.fit(1.0, 1e-5, start=one.head).steps <= 2


def test_it_ends_where_the_bound_says() -> None:
    values, labels = photographs(400)
    truth = np.eye(COUNT)[labels]
    _, least = scipys(values, truth, 0.1, None, np.ones(400, np.float32))
    found = SoftmaxFit(values, labels, COUNT).fit(0.1, tolerance=1e-3)
    scale = values.std(axis=0)
    value = 0.1 * 400 * found.loss + float(((found.head.kernel * scale[:, None]) ** 2).sum()) / 2
    assert least <= value * (1 + 1e-6) and value <= least * 1.002


def test_classes_without_photographs_and_single_photographs_do_no_harm() -> None:
    values, labels = photographs(50)
    found = SoftmaxFit(values, np.minimum(labels, 1), COUNT).fit(1.0)
    assert np.isfinite(found.head.kernel).all() and softmax(found.head.logits(values))[:, 2:].max() < 0.2
    assert np.isfinite(SoftmaxFit(values[:1], labels[:1], COUNT).fit(1.0).head.kernel).all()


def test_stopping() -> None:
    with pytest.raises(Cancelled):
        SoftmaxFit(*photographs(50), COUNT, should_stop=lambda: True).fit(1.0)


def test_the_strength_is_chosen_on_validation_photographs() -> None:
    values, labels = photographs(60, blur=2.5)
    validation = photographs(3000, seed=1, blur=2.5)
    losses = {}
    for strength in usual_strengths(60):
        fitted = SoftmaxFit(values, labels, COUNT).fit(strength)
        losses[strength] = tempered_loss(fitted.head.logits(validation[0]), validation[1])
    told: list[Tried] = []
    best = choose(SoftmaxFit(values, labels, COUNT), usual_strengths(60), *validation, hears(told))
    assert losses[best.fitted.strength] == pytest.approx(min(losses.values()), rel=2e-3)
    assert 2 < len(told) < len(losses), "weaker pulls than the best are given up"
    told.clear()
    choose(
        SoftmaxFit(values, labels, COUNT),
        usual_strengths(60), *validation, hears(told), all_of_them=True,
    )  # fmt: skip
    assert [one.fitted.strength for one in told] == sorted(losses)
    told.clear()
    choose(SoftmaxFit(values, labels, COUNT), usual_strengths(60), *validation, hears(told, goes_on=False))
    assert len(told) == 1, "who is told may say that it is enough"


def test_of_equal_strengths_the_harder_pull_is_taken() -> None:
    nothing = Head(np.zeros((1, 2), np.float32), np.zeros(2, np.float32))
    tried = [
        Tried(Fitted(s, nothing, 0.0, 1.0, 1), loss, 1.0) for s, loss in ((1, 0.6), (2, 0.5), (3, 0.49999), (4, 0.51))
    ]
    assert best_of(tried).fitted.strength == 2


def test_tempered_loss_is_that_after_calibration() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4000, 3)).astype(np.float32)
    labels = np.array([rng.choice(3, p=row) for row in softmax(scores)], np.intp)
    rows = np.arange(len(labels))
    wanted = -np.log(softmax(scores)[rows, labels]).mean()
    for factor in (0.3, 1.0, 5.0):
        assert tempered_loss(scores * np.float32(factor), labels) == pytest.approx(wanted, abs=0.002)


def test_weaker_pulls_are_tried_where_the_weakest_is_the_best_but_not_for_ever() -> None:
    values, labels = photographs(60, blur=0.1)
    told: list[Tried] = []
    choose(SoftmaxFit(values, labels, COUNT), (1e-6, 3e-6), values, labels, hears(told), further=2)
    assert [round(one.fitted.strength / 1e-6, 2) for one in told] == [1, 3, 10, 33.33]
    told.clear()
    choose(SoftmaxFit(values, labels, COUNT), (1e-6, 3e-6), values, labels, hears(told))
    assert len(told) == 2
