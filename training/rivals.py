"""The model in use beside a new one, on the same photographs: what it says of those whose class both know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.bundles import Bundle, BundleInfo, Label
from core.errors import BundleError
from core.fingerprints import model_fingerprint
from core.models import model_meant
from core.run_results import PhotoAnswer
from core.train_records import Comparison, Phase, ResultWarning, WarningCode
from training.asking import Asked, ask
from training.comparison import compared, places_in
from training.samples import Labels, Sample
from training.telling import Telling

# What the other model was trained on is left out of the comparison as long as so many photographs remain.
_LEAST_UNSEEN = 30
# From so many times as many classes on, that is worth saying.
_MUCH_MORE = 1.2


@dataclass(frozen=True)
class Compared:
    """The answers, with the other model's among them, and what came of it; `warnings` say why there is nothing."""

    answers: tuple[PhotoAnswer, ...]
    comparison: Comparison | None = None
    warnings: tuple[ResultWarning, ...] = ()


def compare(
    answers: Sequence[PhotoAnswer],
    samples: Sequence[Sample],
    info: BundleInfo,
    start_from: str | None,
    telling: Telling,
) -> Compared:
    """Ask the other model (`start_from` as in TrainConfig) about the same photographs; a model beside itself is none.

    `answers` and `samples` belong together; `info` is the new model's. Photographs whose class the other model does
    not know are left out, as it cannot be right there, and where enough others remain those that it was trained on.
    Raises Cancelled.
    """
    if start_from == "" or not samples:
        return Compared(tuple(answers))
    try:
        other = model_meant(start_from)
        if model_fingerprint(other.info) == model_fingerprint(info):
            return Compared(tuple(answers))
        return _compared_with(other, answers, samples, info.labels, telling)
    except BundleError as error:
        why = ResultWarning(code=WarningCode.NO_COMPARISON, values={"reason": str(error)})
        return Compared(tuple(answers), warnings=(why,))


def _compared_with(
    other: Bundle, answers: Sequence[PhotoAnswer], samples: Sequence[Sample], labels: Sequence[Label], telling: Telling
) -> Compared:
    known = places_in(labels, other.info.labels)
    chosen = [sample for sample in samples if known[sample.label] >= 0]
    if not chosen:
        return Compared(tuple(answers), warnings=(_about(other, WarningCode.OTHER_KNOWS_NONE),))
    asked = ask(other, chosen, telling, Phase.JUDGING)
    said_of = _said(other, asked, labels, known)
    memory = other.memory()
    seen = {one.path for one in asked.samples if memory is not None and one.content and memory.has_seen(one.content)}
    is_fair = len(said_of) - len(seen) >= _LEAST_UNSEEN
    if is_fair:
        said_of = {path: said for path, said in said_of.items() if path not in seen}
    whole = tuple(_beside(answer, said_of.get(answer.path)) for answer in answers)
    both = [answer for answer in whole if answer.other_said]
    right = np.array([answer.is_right for answer in both], np.bool_)
    other_right = np.array([answer.other_said == answer.truth for answer in both], np.bool_)
    found = compared(right, other_right, other.info, 0 if is_fair else len(seen))
    left_out = len(answers) - len(both) - (len(seen) if is_fair else 0)
    warnings = (*_warnings(other, left_out, len(seen), is_fair), *_choice(other, len(labels)))
    return Compared(whole, found, warnings)


def _said(other: Bundle, asked: Asked, labels: Sequence[Label], known: Labels) -> dict[Path, tuple[str, float]]:
    """What the other model says of each photograph, by the new model's ids where that has the class."""
    ids = [label.id for label in other.info.labels]
    for place, there in enumerate(known.tolist()):
        if there >= 0:
            ids[there] = labels[place].id
    answers = asked.answers(other)
    said = zip(asked.samples, answers.said.tolist(), answers.confidence.tolist(), strict=True)
    return {sample.path: (ids[place], confidence) for sample, place, confidence in said}


def _beside(answer: PhotoAnswer, other: tuple[str, float] | None) -> PhotoAnswer:
    return answer if other is None else replace(answer, other_said=other[0], other_confidence=other[1])


def _warnings(other: Bundle, left_out: int, seen: int, is_fair: bool) -> Iterator[ResultWarning]:
    if left_out:
        yield _about(other, WarningCode.OTHER_KNOWS_FEWER, left_out)
    if other.memory() is None:
        yield _about(other, WarningCode.OTHER_FORGETFUL)
    elif seen:
        yield _about(other, WarningCode.OTHER_LEFT_OUT if is_fair else WarningCode.OTHER_TRAINED_ON, seen)


def _choice(other: Bundle, count: int) -> Iterator[ResultWarning]:
    """To be right among few classes is easier than among many."""
    before = len(other.info.labels)
    if before >= _MUCH_MORE * count:
        warning = _about(other, WarningCode.OTHER_HAD_MORE_CHOICE, count)
        yield warning.model_copy(update={"values": {**warning.values, "before": before}})


def _about(other: Bundle, code: WarningCode, count: int = 0) -> ResultWarning:
    title = other.info.title
    return ResultWarning(code=code, values={"name_en": title.en, "name_fr": title.fr, "count": count})
