"""How a model answered on photographs whose labels are known: every figure of the judgement, from its probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.bundles import Calibration, Label
from core.records import Floats
from core.train_records import CalibrationBin, ClassResult, Judgement
from training.calibrate import BINS, calibration_error
from training.class_order import order_of
from training.samples import Labels

# Beyond, the matrix is only in confusion.csv: metrics.json is read by a window.
MOST_IN_MATRIX = 300
_LEAST_PROBABILITY = 1e-12

Counts = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model says of n photographs: calibrated `probabilities` (n, labels), and the truths `labels` (n,).

    `subjects` (n,) is the probability that there is a subject at all (1 where the model cannot tell).
    """

    probabilities: Floats
    subjects: Floats
    labels: Labels

    @property
    def said(self) -> Labels:
        """The likeliest label of each photograph; of equal ones the first, (n,)."""
        if not len(self.labels):
            return np.zeros(0, np.intp)
        return np.asarray(self.probabilities.argmax(axis=1), np.intp)

    @property
    def confidence(self) -> Floats:
        """Its probability, (n,)."""
        return np.asarray(self.probabilities.max(axis=1, initial=0.0), np.float32)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether it is the true one, (n,)."""
        return np.asarray(self.said == self.labels, np.bool_)

    def sure(self, rules: Calibration) -> npt.NDArray[np.bool_]:
        """Which of them the program calls sure, (n,), as core.verdicts does."""
        there = np.ones(len(self.labels), bool) if rules.subject is None else self.subjects >= rules.subject.threshold
        return np.asarray(there & (self.confidence >= rules.sure.threshold), np.bool_)


def judged(answers: Answers, labels: Sequence[Label], rules: Calibration) -> Judgement:
    """All figures but the mistakes, which want pictures. Without photographs all of them are 0.

    Macro F1 and balanced accuracy are means over the classes that have photographs here: of the others nothing is
    known. What is wrongly said to be one of those counts as missed in its own class.
    """
    count = len(labels)
    confusion = confusion_of(answers.labels, answers.said, count)
    classes = class_results(confusion, labels)
    seen = [one for one in classes if one.photographs]
    sure = answers.sure(rules)
    return Judgement(
        photographs=len(answers.labels),
        top1=_mean(answers.right),
        top3=_mean(_among_first(answers, 3)),
        macro_f1=_mean([one.f1 for one in seen]),
        balanced_accuracy=_mean([one.right / one.photographs for one in seen]),
        ece=calibration_error(answers.probabilities, answers.labels) if len(answers.labels) else 0.0,
        log_loss=log_loss(answers),
        bins=calibration_bins(answers),
        promised=rules.sure.precision,
        sure_from=rules.sure.threshold,
        sure_share=_mean(sure),
        sure_right=_mean(answers.right[sure]) if sure.any() else None,
        classes=classes,
        order=order_of(confusion, _likeness(answers, count)),
        confusion=tuple(map(tuple, confusion.tolist())) if count <= MOST_IN_MATRIX else None,
    )


def confusion_of(truth: Labels, said: Labels, count: int) -> Counts:
    """How often each label (row) was answered with each (column): (count, count)."""
    places = np.bincount(truth * count + said, minlength=count * count)
    return places.reshape(count, count)


def class_results(confusion: Counts, labels: Sequence[Label]) -> tuple[ClassResult, ...]:
    """Each class by itself, in the order of the labels; F1 is 0 where nothing of the class was found."""
    photographs, answered, right = confusion.sum(axis=1), confusion.sum(axis=0), np.diag(confusion)
    wrong = confusion - np.diag(right)
    results = []
    for place, label in enumerate(labels):
        other = int(wrong[place].argmax())
        confused = int(wrong[place, other])
        both = int(photographs[place] + answered[place])
        results.append(
            ClassResult(
                label=label.id,
                en=label.en,
                fr=label.fr,
                photographs=int(photographs[place]),
                right=int(right[place]),
                precision=_share(right[place], answered[place]),
                recall=_share(right[place], photographs[place]),
                f1=2 * int(right[place]) / both if both else 0.0,
                confused_with=labels[other].id if confused else "",
                confused=confused,
            )
        )
    return tuple(results)


def calibration_bins(answers: Answers) -> tuple[CalibrationBin, ...]:
    """The answers by their confidence, in ten ranges of equal width; ranges without any are left out."""
    confidence, right = answers.confidence, answers.right
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return tuple(
        CalibrationBin(
            confidence=float(confidence[bins == place].mean()),
            right=float(right[bins == place].mean()),
            cases=int((bins == place).sum()),
        )
        for place in range(BINS)
        if (bins == place).any()
    )


def log_loss(answers: Answers) -> float:
    """The mean of -log(probability of the true label), in nats; 0 without photographs."""
    if not len(answers.labels):
        return 0.0
    chosen = answers.probabilities[np.arange(len(answers.labels)), answers.labels].astype(np.float64)
    return float(-np.log(np.maximum(chosen, _LEAST_PROBABILITY)).mean())


def _among_first(answers: Answers, most: int) -> npt.NDArray[np.bool_]:
    first = np.argsort(-answers.probabilities, axis=1, kind="stable")[:, :most]
    return np.asarray((first == answers.labels[:, None]).any(axis=1), np.bool_)


def _likeness(answers: Answers, count: int) -> Floats:
    """How much probability the photographs of one class give to another on average, both ways: (labels, labels).

    Probabilities tell more than counts: with ten photographs a class, most look-alikes are never mistaken.
    """
    given = np.zeros((count, count))
    np.add.at(given, answers.labels, answers.probabilities)
    given /= np.maximum(np.bincount(answers.labels, minlength=count), 1)[:, None]
    return np.asarray((given + given.T) / 2, np.float32)


def _mean(values: npt.ArrayLike) -> float:
    numbers = np.asarray(values, np.float64)
    return float(numbers.mean()) if numbers.size else 0.0


def _share(part: np.intp, whole: np.intp) -> float | None:
    return int(part) / int(whole) if whole else None
