"""The model in use beside a new one, on the same photographs: what it says of those whose class both know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.bundles import Bundle, BundleInfo, Label
from core.errors import BundleError
from core.fingerprints import model_fingerprint
from core.models import find_model, model_or_file
from core.run_results import PhotoAnswer
from core.texts import label_name, tr
from core.train_records import Comparison, Phase
from training.asking import Asked, ask
from training.comparison import compared, places_in
from training.samples import Labels, Sample
from training.telling import Telling


@dataclass(frozen=True)
class Compared:
    """The answers, with the other model's among them, and what came of it; `warnings` say why there is nothing."""

    answers: tuple[PhotoAnswer, ...]
    comparison: Comparison | None = None
    warnings: tuple[str, ...] = ()


def compare(
    answers: Sequence[PhotoAnswer],
    samples: Sequence[Sample],
    info: BundleInfo,
    start_from: str | None,
    telling: Telling,
) -> Compared:
    """Ask the other model (`start_from` as in TrainConfig) about the same photographs; a model beside itself is none.

    `answers` and `samples` belong together; `info` is the new model's. Photographs whose class the other model does
    not know are left out: it cannot be right there. Raises Cancelled.
    """
    if start_from == "" or not samples:
        return Compared(tuple(answers))
    try:
        other = find_model() if start_from is None else model_or_file(start_from)
        if model_fingerprint(other.info) == model_fingerprint(info):
            return Compared(tuple(answers))
        return _compared_with(other, answers, samples, info.labels, telling)
    except BundleError as error:
        said = tr("There is no comparison with the model in use: {reason}").format(reason=error)
        return Compared(tuple(answers), warnings=(said,))


def _compared_with(
    other: Bundle, answers: Sequence[PhotoAnswer], samples: Sequence[Sample], labels: Sequence[Label], telling: Telling
) -> Compared:
    known = places_in(labels, other.info.labels)
    chosen = [sample for sample in samples if known[sample.label] >= 0]
    name = label_name(other.info.title)
    if not chosen:
        said = tr("There is no comparison with “{name}”: it knows none of these classes.").format(name=name)
        return Compared(tuple(answers), warnings=(said,))
    asked = ask(other, chosen, telling, Phase.JUDGING)
    said_of = _said(other, asked, labels, known)
    whole = tuple(_beside(answer, said_of.get(answer.path)) for answer in answers)
    both = [answer for answer in whole if answer.other_said]
    right = np.array([answer.is_right for answer in both], np.bool_)
    other_right = np.array([answer.other_said == answer.truth for answer in both], np.bool_)
    memory = other.memory()
    seen = sum(memory.has_seen(answer.content) for answer in both if answer.content) if memory else 0
    return Compared(
        whole, compared(right, other_right, other.info, seen), _warnings(name, len(answers) - len(both), seen)
    )


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


def _warnings(name: str, left_out: int, seen: int) -> tuple[str, ...]:
    found = []
    if left_out:
        said = tr("Photographs not in the comparison, because “{name}” does not know their classes: {count}.")
        found.append(said.format(count=left_out, name=name))
    if seen:
        said = tr("“{name}” was trained on {count} of these photographs, so it looks better here than it is.")
        found.append(said.format(name=name, count=seen))
    return tuple(found)
