"""Scores become honest: the temperature, the thresholds that keep a promise, and the figures that say how well."""

from __future__ import annotations

import math

import numpy as np

from core.bundles import Metrics, Subject, Sure, Words
from core.records import Floats
from training.heads import Labels, softmax

BINS = 10
# A promise must hold with this probability were the validation photographs drawn again.
CONFIDENCE = 0.95
LEAST_PROMISE = 0.6
# How far a temperature may lie from 1 before anything was seen, as the deviation of its logarithm: with a handful of
# photographs that all came out right, the likeliest temperature would be the lowest.
USUAL_SPREAD = 0.5
NEVER_SURE = Sure(threshold=1, precision=0, coverage=0, cases=0)


def fit_temperature(logits: Floats, labels: Labels, spread: float = math.inf) -> float:
    """The T that makes softmax(logits / T) likeliest (Guo et al., "On calibration of modern neural networks", 2017).

    With a finite `spread`, log T is normal around 0 with that deviation beforehand, which matters with few photographs.
    """
    rows = np.arange(len(labels))
    candidates = np.exp(np.linspace(np.log(0.1), np.log(10), 400))
    pull = np.log(candidates) ** 2 / (2 * spread**2) / max(1, len(labels))
    losses = [-np.log(np.maximum(softmax(logits / t)[rows, labels], 1e-12)).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses + pull))])


def calibration_error(probabilities: Floats, labels: Labels) -> float:
    """Expected calibration error of the best answer, in ten bins of equal width (Naeini et al. 2015)."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return float(
        sum(abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in set(bins))
    )


def choose_sure(probabilities: Floats, labels: Labels, wanted: float) -> Sure:
    """The lowest threshold from which on the answers are right as often as `wanted`; 1, never sure, if there is none.

    Both the counted share and the calibrated probabilities must say so: with a few hundred photographs either alone
    would follow chance.  What is promised is the smaller of the two, rounded down to a whole percent.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    for threshold in np.arange(0.3, 0.995, 0.005):
        sure = confidence >= threshold
        promise = float(min(right[sure].mean(), confidence[sure].mean())) if sure.any() else 0.0
        if promise >= wanted:
            return Sure(
                threshold=round(float(threshold), 3),
                precision=math.floor(promise * 100) / 100,
                coverage=round(float(sure.mean()), 3),
                cases=len(labels),
            )
    return NEVER_SURE


def careful_sure(probabilities: Floats, labels: Labels, wanted: float) -> Sure:
    """The lowest threshold from which on `wanted` can be promised even if these photographs were lucky ones.

    The counted share must keep it with the confidence of a one-sided exact bound (Clopper and Pearson 1934), the
    calibrated probabilities on average. Where there are too few photographs for that, the threshold is the one at which
    the counted share itself keeps it, and the promise is the lower bound, which is less than wanted; 1, never sure,
    where even that would be little.
    """
    if not len(labels):
        return NEVER_SURE
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    likely = None
    for threshold in np.arange(0.3, 0.995, 0.005):
        sure = confidence >= threshold
        if not sure.any() or min(right[sure].mean(), confidence[sure].mean()) < wanted:
            continue
        hits, cases = int(right[sure].sum()), int(sure.sum())
        found = Sure(
            threshold=round(float(threshold), 3),
            precision=math.floor(min(lower_bound(hits, cases), float(confidence[sure].mean())) * 100 + 1e-9) / 100,
            coverage=round(float(sure.mean()), 3),
            cases=len(labels),
        )
        if is_at_least(wanted, hits, cases):
            return found.model_copy(update={"precision": max(found.precision, math.floor(wanted * 100 + 1e-9) / 100)})
        if likely is None or found.precision > likely.precision:
            likely = found
    if likely is not None and likely.precision >= LEAST_PROMISE:
        return likely
    return NEVER_SURE


def lower_bound(hits: int, cases: int) -> float:
    """What the true share is at least, with CONFIDENCE, after `hits` of `cases` (Clopper and Pearson 1934, one-sided).

    >>> round(lower_bound(30, 30), 3), lower_bound(0, 30)
    (0.905, 0.0)
    """
    low, high = 0.0, 1.0
    for _ in range(40 if hits else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if is_at_least(middle, hits, cases) else (low, middle)
    return low


def is_at_least(share: float, hits: int, cases: int) -> bool:
    """Whether the true share can be said to be `share` or more: fewer would hardly ever give so many hits."""
    if share <= 0 or not hits:
        return share <= 0
    if share >= 1:
        return False
    counts = np.arange(hits, cases + 1)
    tails = [math.lgamma(cases + 1) - math.lgamma(k + 1) - math.lgamma(cases - k + 1) for k in counts.tolist()]
    chance = np.exp(np.array(tails) + counts * math.log(share) + (cases - counts) * math.log1p(-share)).sum()
    return bool(chance <= 1 - CONFIDENCE)


def choose_subject(present: Floats, absent: Floats) -> Subject:
    """The threshold between photographs with the subject and without it, from their probabilities (n,), (m,).

    Halfway, in log-odds, between the threshold that refuses 99 % of those without it and the one that refuses 0.5 % of
    those with it, so that both kinds of new photographs have the same room.
    """

    def odds(p: Floats) -> Floats:
        return np.asarray(np.log(np.clip(p, 1e-7, 1)) - np.log(np.clip(1 - p, 1e-7, 1)), np.float32)

    middle = (np.quantile(odds(absent), 0.99) + np.quantile(odds(present), 0.005)) / 2
    threshold = round(float(1 / (1 + np.exp(-middle))), 4)
    return Subject(
        threshold=threshold,
        wrongly_refused=round(float((present < threshold).mean()), 4),
        refused=round(float((absent < threshold).mean()), 4),
        cases=len(absent),
    )


def measure(on: Words, probabilities: Floats, labels: Labels, sure_from: float) -> Metrics:
    """The figures of a model on photographs with known labels: probabilities (n, labels), labels (n,)."""
    ranks = np.argsort(-probabilities, axis=1)
    hits = ranks == labels[:, None]
    sure = probabilities.max(axis=1) >= sure_from
    return Metrics(
        on=on,
        photographs=len(labels),
        top1=round(float(hits[:, 0].mean()), 4),
        top3=round(float(hits[:, :3].any(axis=1).mean()), 4),
        ece=round(calibration_error(probabilities, labels), 4),
        sure_share=round(float(sure.mean()), 4),
        sure_right=round(float(hits[sure, 0].mean()), 4) if sure.any() else None,
    )
