"""Two models on the same photographs: which got better, which worse, and whether that can be chance."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
import numpy.typing as npt

from core.bundles import BundleInfo, Label
from core.figures import wilson_interval
from core.train_records import Comparison, ComparisonVerdict
from training.samples import Labels

# A difference that chance alone makes less often than this is one.
SIGNIFICANT = 0.05

Truths = npt.NDArray[np.bool_]


def compared(right: Truths, other_right: Truths, other: BundleInfo, seen_before: int = 0) -> Comparison | None:
    """The comparison on n photographs: `right` (n,) with the new model, `other_right` (n,) with the other one.

    None without photographs.
    """
    if not len(right):
        return None
    both = int((right & other_right).sum())
    better, worse = int((right & ~other_right).sum()), int((~right & other_right).sum())
    neither = len(right) - both - better - worse
    p = mcnemar_exact(better, worse)
    low, high = paired_interval(both, better, worse, neither)
    verdict = ComparisonVerdict.UNCLEAR
    if p < SIGNIFICANT:
        verdict = ComparisonVerdict.BETTER if better > worse else ComparisonVerdict.WORSE
    return Comparison(
        model=other.name,
        title_en=other.title.en,
        title_fr=other.title.fr,
        photographs=len(right),
        better=better,
        worse=worse,
        both_right=both,
        both_wrong=neither,
        difference=(better - worse) / len(right),
        low=low,
        high=high,
        p=p,
        verdict=verdict,
        seen_before=seen_before,
    )


def mcnemar_exact(better: int, worse: int) -> float:
    """The two-sided p of `better` against `worse` were both equally likely (McNemar 1947; binomial, so exact).

    >>> mcnemar_exact(0, 0), mcnemar_exact(5, 0), round(mcnemar_exact(41, 9), 8)
    (1.0, 0.0625, 5.61e-06)
    """
    pairs, fewer = better + worse, min(better, worse)
    ways, chosen = 0, 1
    for drawn in range(fewer + 1):
        ways += chosen
        chosen = chosen * (pairs - drawn) // (drawn + 1)
    # Whole numbers of any length: nothing is rounded before the division.
    return min(1.0, 2 * ways / (1 << pairs))


def paired_interval(both: int, better: int, worse: int, neither: int) -> tuple[float, float]:
    """The 95 % interval of the difference of two accuracies on the same photographs.

    Method 10 of Newcombe, "Improved confidence intervals for the difference between binomial proportions based on
    paired data", 1998: score intervals of both, joined with a continuity-corrected correlation.
    """
    cases = both + better + worse + neither
    new, old = (both + better) / cases, (both + worse) / cases
    (new_low, new_high), (old_low, old_high) = wilson_interval(new, cases), wilson_interval(old, cases)
    phi = _correlation(both, better, worse, neither)
    below = _length(new - new_low, old_high - old, phi)
    above = _length(new_high - new, old - old_low, phi)
    return max(-1.0, new - old - below), min(1.0, new - old + above)


def _correlation(both: int, better: int, worse: int, neither: int) -> float:
    cases = both + better + worse + neither
    sides = (both + better) * (worse + neither) * (both + worse) * (better + neither)
    product: float = both * neither - better * worse
    if product > 0:
        product = max(product - cases / 2, 0.0)
    return product / sqrt(sides) if sides else 0.0


def _length(one: float, other: float, phi: float) -> float:
    return sqrt(max(0.0, one**2 - 2 * phi * one * other + other**2))


def places_in(labels: Sequence[Label], others: Sequence[Label], by_french: bool = False) -> Labels:
    """For each of `labels` its place among `others`, -1 where they do not know it: (len(labels),).

    The same id, else the same English name (with `by_french` also French, or a name that is the other's id), whatever
    the case.
    """
    ids = {label.id: place for place, label in enumerate(others)}
    named: dict[str, int] = {}
    for texts in (
        [label.en for label in others],
        *([[label.fr for label in others], [label.id for label in others]] if by_french else []),
    ):
        for place, text in enumerate(texts):
            named.setdefault(text.casefold(), place)

    def place_of(label: Label) -> int:
        names = (label.en, label.fr, label.id) if by_french else (label.en,)
        found = (named[name.casefold()] for name in names if name.casefold() in named)
        return ids[label.id] if label.id in ids else next(found, -1)

    return np.array([place_of(label) for label in labels], np.intp)
