"""Softmax regression on embeddings, in numpy alone: with one strength after another, chosen on other embeddings.

The solver is L-BFGS (Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989). Scores
are linear in the weights, so that a step of any length along a direction costs no further product with the inputs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import TypeVar

import numpy as np

from core.errors import Cancelled
from core.machine import usable_processors
from core.records import Floats
from training.heads import Head, Labels

# The objective is at most this part of itself above its least value, by its strong convexity.
TOLERANCE = 1e-4
MOST_STEPS = 300
_REMEMBERED = 10
# Of the strong Wolfe conditions: the slope that is left at the end of a step, as a part of that at its beginning.
_SLOPE_LEFT, _MOST_TRIES = 0.5, 20
# The strengths that are tried, from the hardest pull on, as parts of 1 / (sum of weights).
_USUAL = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
# Validation losses that differ by less than this part are a tie; weaker pulls are not tried after one so much worse.
_TIE, _WORSE = 1e-3, 0.005
_FURTHER = 10 / 3
_LEAST_SCALE = 1e-6
# Multiplications for which a thread is not worth the while.
_WORTH_A_THREAD = 20_000_000

ShouldStop = Callable[[], bool]
T = TypeVar("T")


def usual_strengths(weight: float) -> tuple[float, ...]:
    """The strengths to try for photographs of this weight in all: the more there are, the less each has to say."""
    return tuple(part / max(weight, 1.0) for part in _USUAL)


@dataclass(frozen=True)
class Fitted:
    """What one strength gave: the head, the mean loss and accuracy on what it was fitted on, the steps it took."""

    strength: float
    head: Head
    loss: float
    accuracy: float
    steps: int


class SoftmaxFit:
    """One set of embeddings (n, channels) with what they show, to be fitted with one strength after another.

    `truth` are labels (n,), or how likely each label is (n, labels). What is minimised is the weighted sum of
    strength * cross-entropy, and |kernel - prior|^2 / 2, on standardised embeddings, as scikit-learn does with
    C = strength. Pulling towards the weights of an earlier head instead of zero is L2-SP (Li, Grandvalet and Davoine,
    "Explicit inductive bias for transfer learning", ICML 2018). Without a prior the biases go free. `weights` (n,)
    count photographs more or less. A fit starts at `start`, or where the one before ended.
    """

    def __init__(
        self,
        embeddings: Floats,
        truth: Labels | Floats,
        count: int,
        prior: Head | None = None,
        weights: Floats | None = None,
        should_stop: ShouldStop = lambda: False,
    ) -> None:
        self._should_stop = should_stop
        weights = np.ones(len(truth), np.float32) if weights is None else weights.astype(np.float32)
        self._weight = float(weights.sum())
        self._mean = embeddings.mean(axis=0, dtype=np.float64).astype(np.float32)
        inputs = np.subtract(embeddings, self._mean, dtype=np.float32)
        self._scale = np.sqrt(np.einsum("ij,ij->j", inputs, inputs) / max(1, len(inputs))) + np.float32(_LEAST_SCALE)
        inputs /= self._scale
        channels = embeddings.shape[1]
        pieces = np.array_split(np.arange(len(truth)), _threads(len(truth) * channels * count))
        rows = [slice(int(piece[0]), int(piece[-1]) + 1) for piece in pieces if len(piece)]
        self._blocks = [_Block(inputs[piece], truth[piece], weights[piece]) for piece in rows]
        self._pool = ThreadPoolExecutor(max(1, len(rows)), "fit")
        # The last row are the biases; `hold` says which are pulled.
        self._prior = np.zeros((channels + 1, count), np.float32) if prior is None else self._standardised(prior)
        self._hold = np.ones((channels + 1, 1), np.float32)
        if prior is None:
            self._hold[-1] = 0
        self._at = self._prior.copy()

    def fit(self, strength: float, tolerance: float = TOLERANCE, start: Head | None = None) -> Fitted:
        """The best head for this strength. Raises Cancelled."""
        at = self._at if start is None else self._standardised(start)
        points = [_Point(scores, *block.errors(scores)) for block, scores in self._scored(at)]
        slope = self._slope(at, points, strength)
        # The curvature along any way is at most about this: standardised inputs, probabilities p (1 - p).
        memory = _Memory(1 + strength * self._weight * len(self._scale) / 4)
        step = 0
        while step < MOST_STEPS:
            if self._should_stop():
                raise Cancelled
            # Half the squared slope bounds the distance from the least value: the objective is 1-strongly convex.
            loss = sum(point.loss for point in points)
            if float(np.vdot(slope, slope)) / 2 <= tolerance * (strength * loss + self._pull(at)):
                break
            way = memory.direction(slope)
            length, points = self._gone(at, way, points, strength, float(np.vdot(slope, way)))
            moved = np.asarray(length * way, np.float32)
            at = at + moved
            before, slope = slope, self._slope(at, points, strength)
            step += 1
            if not length or not memory.add(moved, slope - before):
                break
        self._at = at
        right = sum(int((point.scores.argmax(axis=1) == block.labels).sum()) for block, point in self._with(points))
        loss = sum(point.loss for point in points) / self._weight
        return Fitted(strength, self._head(at), loss, right / sum(len(block.labels) for block in self._blocks), step)

    def _standardised(self, head: Head) -> Floats:
        biases = head.bias + self._mean @ head.kernel
        return np.concatenate([head.kernel * self._scale[:, None], biases[None]]).astype(np.float32)

    def _head(self, at: Floats) -> Head:
        kernel = at[:-1] / self._scale[:, None]
        return Head(kernel.astype(np.float32), (at[-1] - self._mean @ kernel).astype(np.float32))

    def _scored(self, weights: Floats) -> list[tuple[_Block, Floats]]:
        return self._with(list(self._pool.map(lambda block: block.scores(weights), self._blocks)))

    def _with(self, values: Sequence[T]) -> list[tuple[_Block, T]]:
        return list(zip(self._blocks, values, strict=True))

    def _slope(self, at: Floats, points: Sequence[_Point], strength: float) -> Floats:
        slope = self._hold * (at - self._prior)
        for part in self._pool.map(lambda both: both[0].slope(both[1].errors), self._with(points)):
            slope += np.float32(strength) * part
        return slope

    def _pull(self, at: Floats) -> float:
        return float((self._hold * (at - self._prior) ** 2).sum()) / 2

    def _gone(
        self, at: Floats, way: Floats, points: Sequence[_Point], strength: float, first: float
    ) -> tuple[float, list[_Point]]:
        """How far to go, and where that leads; `first` is the slope along the way at its beginning.

        The slope only grows along the way (the objective is convex) and is brought near 0 by regula falsi.
        """
        held = self._hold * way
        flat, bent = float(np.vdot(held, at - self._prior)), float(np.vdot(held, way))
        starts = [(block, point.scores, along) for (block, along), point in zip(self._scored(way), points, strict=True)]
        low, low_slope, high, high_slope, length = 0.0, first, np.inf, np.inf, 1.0
        reached: tuple[float, list[_Point]] = (0.0, list(points))
        for _ in range(_MOST_TRIES):
            gone = list(self._pool.map(lambda start, far: start[0].gone(*start[1:], far), starts, repeat(length)))
            slope = strength * sum(along for _, along in gone) + flat + length * bent
            is_near = abs(slope) <= _SLOPE_LEFT * abs(first)
            if slope < 0 or is_near:  # downhill all the way
                low, low_slope, reached = length, slope, (length, [point for point, _ in gone])
            else:
                high, high_slope = length, slope
            if is_near:
                break
            if np.isinf(high):  # further than a straight line says, but not into the blue
                length *= min(10.0, max(1.5, first / (first - slope))) if slope > first else 10.0
            else:
                guess = low + (high - low) * low_slope / (low_slope - high_slope)
                length = min(max(guess, low + 0.1 * (high - low)), high - 0.1 * (high - low))
        return reached


@dataclass(frozen=True)
class _Point:
    """Where a block of embeddings stands: its scores, the slope of the loss by them (n, labels), the loss in all."""

    scores: Floats
    errors: Floats
    loss: float


class _Block:
    """Some of the embeddings, for one thread: numpy's own threads are not used (core gives it one)."""

    def __init__(self, inputs: Floats, truth: Labels | Floats, weights: Floats) -> None:
        self._inputs, self._weights, self._rows = inputs, weights, np.arange(len(truth))
        self._likely = truth.astype(np.float32) if truth.ndim == 2 else None
        self.labels: Labels = truth.argmax(axis=1) if truth.ndim == 2 else truth.astype(np.intp)

    def scores(self, weights: Floats) -> Floats:
        """(n, labels) by weights (channels + 1, labels)."""
        scores: Floats = self._inputs @ weights[:-1]
        scores += weights[-1]
        return scores

    def gone(self, scores: Floats, along: Floats, length: float) -> tuple[_Point, float]:
        """So far along a way: where that is, and the slope of the loss along the way there."""
        there = scores + np.float32(length) * along
        point = _Point(there, *self.errors(there))
        return point, float(np.vdot(point.errors, along))

    def errors(self, scores: Floats) -> tuple[Floats, float]:
        """The weighted slope of the cross-entropy by the scores (n, labels), and its weighted sum."""
        errors = scores - scores.max(axis=1, keepdims=True)
        likely = self._likely
        true = errors[self._rows, self.labels] if likely is None else np.einsum("ij,ij->i", errors, likely)
        np.exp(errors, out=errors)
        sums = errors.sum(axis=1)
        loss = float(((np.log(sums, dtype=np.float64) - true) * self._weights).sum())
        errors *= (self._weights / sums)[:, None]
        if likely is None:
            errors[self._rows, self.labels] -= self._weights
        else:
            errors -= self._weights[:, None] * likely
        return errors, loss

    def slope(self, errors: Floats) -> Floats:
        """The slope of the loss by the weights (channels + 1, labels)."""
        return np.concatenate([(errors.T @ self._inputs).T, errors.sum(axis=0)[None]])


def _threads(work: int) -> int:
    return max(1, min(usable_processors(), work // _WORTH_A_THREAD))


@dataclass(frozen=True)
class Tried:
    """A strength with how well its head answers validation photographs; the loss is that after calibration."""

    fitted: Fitted
    loss: float
    accuracy: float


def choose(
    fit: SoftmaxFit,
    strengths: Sequence[float],
    embeddings: Floats,
    labels: Labels,
    told: Callable[[Tried], bool] = lambda tried: True,
    *,
    all_of_them: bool = False,
    further: int = 0,
) -> Tried:
    """The strength whose head does best on validation photographs: `best_of` those that were tried.

    Weaker pulls are given up once they only get worse, unless `all_of_them` are wanted; where the weakest is the best
    one, up to `further` weaker ones are tried. `told` hears of each, and says whether to go on. Raises Cancelled.
    """
    tried: list[Tried] = []
    wanted = deque(sorted(strengths))
    while wanted:
        strength = wanted.popleft()
        fitted = fit.fit(strength)
        scores = fitted.head.logits(embeddings)
        right = float((scores.argmax(axis=1) == labels).mean())
        tried.append(Tried(fitted, tempered_loss(scores, labels), right))
        goes_on, best = told(tried[-1]), best_of(tried)
        is_past = tried[-1].loss > best.loss * (1 + _WORSE) or not any(best is one for one in tried[-2:])
        if not goes_on or (is_past and not all_of_them):
            break
        if not wanted and further and best is tried[-1]:
            further -= 1
            wanted.append(strength * _FURTHER)
    return best_of(tried)


def best_of(tried: Sequence[Tried]) -> Tried:
    """The one with the least loss; of equal ones that with the harder pull, which comes first.

    What counts is the log loss with the best temperature, since every head is calibrated afterwards (Berta, Holzmüller,
    Jordan and Bach, "Rethinking early stopping: refine, then calibrate", 2025).
    """
    best = tried[0]
    for one in tried[1:]:
        if one.loss < best.loss * (1 - _TIE):
            best = one
    return best


def tempered_loss(scores: Floats, labels: Labels) -> float:
    """The mean log loss of softmax(scores / T) with the best T between 0.1 and 10; it is convex in 1 / T."""
    rows = np.arange(len(labels))

    def loss(sharpness: float) -> float:
        raised = (sharpness * (scores - scores.max(axis=1, keepdims=True))).astype(np.float64)
        return float((np.log(np.exp(raised).sum(axis=1)) - raised[rows, labels]).mean())

    low, high = 0.1, 10.0
    while high / low > 1.01:
        one, other = low ** (2 / 3) * high ** (1 / 3), low ** (1 / 3) * high ** (2 / 3)
        low, high = (low, other) if loss(one) <= loss(other) else (one, high)
    return loss((low * high) ** 0.5)


class _Memory:
    """The latest steps and how the slope changed along them."""

    def __init__(self, most_curvature: float) -> None:
        self._most_curvature = most_curvature
        self._pairs: deque[tuple[Floats, Floats, float]] = deque(maxlen=_REMEMBERED)

    def add(self, moved: Floats, changed: Floats) -> bool:
        """Whether the step says anything of the curvature."""
        curvature = float(np.vdot(moved, changed))
        if curvature <= 1e-12 * float(np.vdot(changed, changed)):
            return False
        self._pairs.append((moved, changed, curvature))
        return True

    def direction(self, slope: Floats) -> Floats:
        """Where to go: Liu and Nocedal's two loops."""
        way = -slope
        shares = []
        for moved, changed, curvature in reversed(self._pairs):
            share = float(np.vdot(moved, way)) / curvature
            way -= np.float32(share) * changed
            shares.append(share)
        if not self._pairs:
            return np.asarray(way / np.float32(self._most_curvature), np.float32)
        _, changed, curvature = self._pairs[-1]
        way *= np.float32(curvature / float(np.vdot(changed, changed)))
        for (moved, changed, curvature), share in zip(self._pairs, reversed(shares), strict=True):
            back = float(np.vdot(changed, way)) / curvature
            way += np.float32(share - back) * moved
        return way
