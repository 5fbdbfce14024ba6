"""What must be known to read a judgement rightly, as sentences in the language of whoever reads it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from core.texts import language, percent, tr
from core.train_records import ResultWarning, WarningCode

log = logging.getLogger(__name__)

# Values that are shares 0...1; of a value in both languages there are two, such as name_en and name_fr.
_SHARES: Final = frozenset({"wanted", "promise", "low", "high"})
_LANGUAGES: Final = ("en", "fr")

Sentence = Callable[[int], str]


def warning_sentences(warnings: Iterable[ResultWarning | str]) -> tuple[str, ...]:
    """Each as a sentence; those of earlier versions as they were written."""
    return tuple(one if isinstance(one, str) else _sentence(one) for one in warnings)


def _sentence(warning: ResultWarning) -> str:
    said = _SENTENCES[warning.code](int(warning.values.get("count", 0)))
    try:
        return said.format(**_shown(warning.values))
    except KeyError:  # a file that was changed by hand
        log.warning("%s has too few values", warning.code.value)
        return said


def _shown(values: Mapping[str, str | int | float]) -> dict[str, str | int]:
    """The values as they stand in a sentence."""
    shown: dict[str, str | int] = {}
    for name, value in values.items():
        stem, _, ending = name.rpartition("_")
        if name in _SHARES:
            shown[name] = percent(float(value))
        elif ending not in _LANGUAGES:
            shown[name] = value if isinstance(value, int) else str(value)
        elif ending == language():
            shown[stem] = str(value)
    return shown


def _kept_promise(count: int) -> str:
    """`count` of validation photographs."""
    if count == 0:
        return tr(
            "What it promises when it is sure comes from the model that it continues: without validation photographs "
            "that cannot be measured anew."
        )
    if count == 1:
        return tr(
            "What it promises when it is sure comes from the model that it continues: one validation photograph is too "
            "few to measure that anew."
        )
    return tr(
        "What it promises when it is sure comes from the model that it continues: {count} validation photographs are "
        "too few to measure that anew."
    )


def _not_calibrated(count: int) -> str:
    return tr("There were no validation photographs: its percentages are not calibrated, and it is never sure.")


def _never_sure(count: int) -> str:
    """`count` of validation photographs."""
    if count == 1:
        return tr("It is never sure: one validation photograph does not show a certainty that can be promised.")
    return tr("It is never sure: the {count} validation photographs do not show a certainty that can be promised.")


def _promises_less(count: int) -> str:
    """`count` of validation photographs, the shares `wanted` and `promise`."""
    return tr("{count} validation photographs are too few to promise {wanted}. When it is sure, it promises {promise}.")


def _no_test(count: int) -> str:
    return tr("There were no test photographs: these figures are on those that also set its thresholds, so too kind.")


def _not_judged(count: int) -> str:
    return tr("No photographs were kept for a test: nobody knows how good this model is.")


def _unread(count: int) -> str:
    return tr("Photographs that could not be read and are not judged: {count}.")


def _unseen_classes(count: int) -> str:
    return tr("Classes without a photograph here, of which nothing is known: {count}.")


def _few(count: int) -> str:
    """`count` of photographs, the shares `low` and `high`."""
    if count == 1:
        return tr("Only one photograph: it may be right between {low} and {high} of the time.")
    return tr("Only {count} photographs: it may be right between {low} and {high} of the time.")


def _no_subject(count: int) -> str:
    """`subject_en`, `subject_fr`."""
    return tr("In {count} of these photographs it found no {subject} at all.")


def _unknown_classes(count: int) -> str:
    """`names` of some of them."""
    return tr("Photographs left out because the model does not know their classes: {count} ({names}).")


def _forgetful(count: int) -> str:
    return tr("This model does not remember its training photographs: if these are among them, it looks too good.")


def _trained_on(count: int) -> str:
    """`seen` of `count`."""
    return tr("The model was trained on {seen} of these {count} photographs: it looks better here than it is.")


def _no_comparison(count: int) -> str:
    """`reason`, in the language of whoever trained."""
    return tr("There is no comparison with the model in use: {reason}")


def _other_knows_none(count: int) -> str:
    """`name_en`, `name_fr`: the title of the other model, as in those that follow."""
    return tr("There is no comparison with “{name}”: it knows none of these classes.")


def _other_knows_fewer(count: int) -> str:
    return tr("Photographs not in the comparison, because “{name}” does not know their classes: {count}.")


def _other_forgetful(count: int) -> str:
    return tr(
        "“{name}” does not remember its training photographs: if these are among them, it looks better here than it is."
    )


def _other_left_out(count: int) -> str:
    return tr("Photographs not in the comparison, because “{name}” was trained on them: {count}.")


def _other_trained_on(count: int) -> str:
    return tr("“{name}” was trained on {count} of these photographs, so it looks better here than it is.")


def _other_had_more_choice(count: int) -> str:
    """`count` of the new model's classes, `before` of the other one's."""
    return tr("“{name}” chose among {before} classes, this model among {count}: that flatters this one.")


_SENTENCES: Final[Mapping[WarningCode, Sentence]] = {
    WarningCode.KEPT_PROMISE: _kept_promise,
    WarningCode.NOT_CALIBRATED: _not_calibrated,
    WarningCode.NEVER_SURE: _never_sure,
    WarningCode.PROMISES_LESS: _promises_less,
    WarningCode.NO_TEST: _no_test,
    WarningCode.NOT_JUDGED: _not_judged,
    WarningCode.UNREAD: _unread,
    WarningCode.UNSEEN_CLASSES: _unseen_classes,
    WarningCode.FEW: _few,
    WarningCode.NO_SUBJECT: _no_subject,
    WarningCode.UNKNOWN_CLASSES: _unknown_classes,
    WarningCode.FORGETFUL: _forgetful,
    WarningCode.TRAINED_ON: _trained_on,
    WarningCode.NO_COMPARISON: _no_comparison,
    WarningCode.OTHER_KNOWS_NONE: _other_knows_none,
    WarningCode.OTHER_KNOWS_FEWER: _other_knows_fewer,
    WarningCode.OTHER_FORGETFUL: _other_forgetful,
    WarningCode.OTHER_LEFT_OUT: _other_left_out,
    WarningCode.OTHER_TRAINED_ON: _other_trained_on,
    WarningCode.OTHER_HAD_MORE_CHOICE: _other_had_more_choice,
}
