"""Probabilities become an answer: sure, unsure, not a dog or unreadable, and the plain words that say so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.bundles import BundleInfo
from core.records import Candidate, Prediction, Status, Verdict
from core.texts import label_name, language, percent, tr

SHOWN = 5
LEAST_NAMED, MOST_NAMED = 2, 3
# Rounding may make a probability 1, but nothing is certain.
MOST_LIKELY = 0.9999
# From here on "it may well be another" would say less than is known.
_LIKELY_ENOUGH = 0.7


@dataclass(frozen=True)
class Answer:
    """A verdict in the user's language: the answer itself, and what it is worth."""

    headline: str
    detail: str


def decide(prediction: Prediction, info: BundleInfo, keep: int = SHOWN) -> Verdict:
    """What may honestly be said of a photograph, by the thresholds that travel in the model.

    `keep` candidates are kept, never fewer than the five that the window shows. Unsure answers name the candidates
    that together are likely, or a group of look-alikes: where all of those belong to it, or where the group as a whole
    would be sure although none of its labels is.
    """
    rules = info.calibration
    candidates = _candidates(prediction, max(keep, SHOWN))
    if rules.subject is not None and prediction.subject < rules.subject.threshold:
        return Verdict(Status.NOT_A_DOG, candidates, subject=prediction.subject)
    if candidates[0].probability >= rules.sure.threshold:
        return Verdict(Status.SURE, candidates, 1, subject=prediction.subject)
    named = _until(candidates, rules.unsure.mass, min(rules.unsure.most, MOST_NAMED))
    group = _group_of(named, info) if _sum(named) >= rules.unsure.mass else None
    if group is None:
        group = _likely_group(prediction, candidates, info)
        if group is not None:
            named = _until(_members(candidates, group, info), rules.sure.threshold, MOST_NAMED)
    return Verdict(Status.UNSURE, candidates, len(named), group, prediction.subject)


def unreadable(reason: str) -> Verdict:
    """The verdict on a photograph that cannot be used; `reason` is a sentence for the user."""
    return Verdict(Status.UNREADABLE, reason=reason)


def named_candidates(verdict: Verdict, info: BundleInfo) -> tuple[Candidate, ...]:
    """The candidates that the answer names: the first ones, or the first ones of its look-alike group."""
    if verdict.group is None:
        return verdict.candidates[: verdict.named]
    return _members(verdict.candidates, verdict.group, info)[: verdict.named]


def describe(verdict: Verdict, info: BundleInfo) -> Answer:
    """The verdict in plain words, in the current language."""
    if verdict.status is Status.SURE:
        return _sure(verdict, info)
    if verdict.status is Status.UNSURE:
        return _unsure(verdict, info)
    if verdict.status is Status.NOT_A_DOG:
        return _no_subject(info)
    return Answer(tr("This photograph cannot be used"), verdict.reason)


def _candidates(prediction: Prediction, keep: int) -> tuple[Candidate, ...]:
    order = np.argsort(-prediction.probabilities, kind="stable")[:keep]
    return tuple(Candidate(int(label), min(MOST_LIKELY, float(prediction.probabilities[label]))) for label in order)


def _sum(candidates: Sequence[Candidate]) -> float:
    return min(MOST_LIKELY, sum(one.probability for one in candidates))


def _until(candidates: Sequence[Candidate], mass: float, most: int) -> tuple[Candidate, ...]:
    """The best candidates until their probabilities reach `mass`: at least two, since one is never an unsure answer."""
    for count in range(LEAST_NAMED, most):
        if _sum(candidates[:count]) >= mass:
            return tuple(candidates[:count])
    return tuple(candidates[:most])


def _group_of(named: Sequence[Candidate], info: BundleInfo) -> int | None:
    """The smallest group that has all the named labels in it."""
    labels = {one.label for one in named}
    return _smallest([index for index, group in enumerate(info.groups) if labels <= set(group.labels)], info)


def _likely_group(prediction: Prediction, candidates: Sequence[Candidate], info: BundleInfo) -> int | None:
    """The smallest group of the best label that as a whole reaches what one label needs to be sure."""
    likely = [
        index
        for index, group in enumerate(info.groups)
        if candidates[0].label in group.labels
        and float(prediction.probabilities[list(group.labels)].sum()) >= info.calibration.sure.threshold
        and len(_members(candidates, index, info)) >= LEAST_NAMED
    ]
    return _smallest(likely, info)


def _smallest(groups: Sequence[int], info: BundleInfo) -> int | None:
    return min(groups, key=lambda index: len(info.groups[index].labels), default=None)


def _members(candidates: Sequence[Candidate], group: int, info: BundleInfo) -> tuple[Candidate, ...]:
    return tuple(one for one in candidates if one.label in info.groups[group].labels)


def _sure(verdict: Verdict, info: BundleInfo) -> Answer:
    best, promise = verdict.candidates[0], info.calibration.sure
    headline = f"{label_name(info.labels[best.label])}, {percent(best.probability)}"
    if not promise.cases:
        return Answer(headline, tr("Judged by its looks. How often this is right was never measured."))
    # As many cases without a single mistake promise no more than this (Laplace's rule, on the careful side).
    right, times = frequency(min(promise.precision, promise.cases / (promise.cases + 1)))
    detail = tr(
        "Judged by its looks. When it is this sure, it is right {right} times in {times} "
        "(measured on {cases} photographs)."
    )
    return Answer(headline, detail.format(right=right, times=times, cases=_count(promise.cases)))


def _unsure(verdict: Verdict, info: BundleInfo) -> Answer:
    named = named_candidates(verdict, info)
    names = _either([label_name(info.labels[one.label]) for one in named])
    if verdict.group is not None:
        group = label_name(info.groups[verdict.group])
        headline = tr("Not sure: {group} ({names})").format(group=group, names=names)
        detail = tr("These look alike: {percent} that it is one of them, but the photograph does not tell which.")
    else:
        headline = tr("Not sure: {names}").format(names=names)
        if _sum(named) >= info.calibration.unsure.mass:
            detail = tr("Judged by its looks: {percent} that it is one of these. You decide.")
        elif _sum(named) > _LIKELY_ENOUGH:
            detail = tr("Only the likeliest: {percent} that it is one of these.")
        else:
            detail = tr("Only the likeliest: {percent} that it is one of these. It may well be another.")
    return Answer(headline, detail.format(percent=percent(_sum(named))))


def _no_subject(info: BundleInfo) -> Answer:
    headline = tr("No {subject} found").format(subject=_of(info.subject.fr) if language() == "fr" else info.subject.en)
    rule = info.calibration.subject
    if rule is None:
        return Answer(headline, tr("If there is one after all, try a photograph that shows it larger."))
    # Rounded up: a promise about mistakes must not be nicer than what was measured.
    wrong = max(1, math.ceil(rule.wrongly_refused * 100 - 1e-9))
    detail = tr("In tests, at most {wrong} in 100 were missed. If there is one, try a photograph that shows it larger.")
    return Answer(headline, detail.format(wrong=wrong))


def frequency(share: float) -> tuple[int, int]:
    """A share as "so many times in so many", in numbers that people use, never above it and never always.

    >>> frequency(0.95), frequency(0.974), frequency(0.9), frequency(1.0)
    ((19, 20), (97, 100), (9, 10), (99, 100))
    """
    whole = min(99, math.floor(share * 100 + 1e-9))
    times = next(times for times in (2, 4, 5, 10, 20, 100) if whole * times % 100 == 0)
    return whole * times // 100, times


def _either(names: Sequence[str]) -> str:
    """Names in one line: "A", "A or B", "A, B or C"."""
    if len(names) < 2:
        return "".join(names)
    return tr("{names} or {last}").format(names=", ".join(names[:-1]), last=names[-1])


def _count(number: int) -> str:
    """A whole number with its thousands apart, as the current language writes it."""
    return f"{number:,}".replace(",", "\u202f" if language() == "fr" else ",")


def _of(noun: str) -> str:
    """A French noun after "de", which the French of "No {subject} found" asks for: "de chien", "d’animal"."""
    return f"d’{noun}" if noun[:1].lower() in "aeiouyàâéèêëîïôœ" else f"de {noun}"
