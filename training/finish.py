"""The last steps of a run: honest probabilities, thresholds that keep their promise, the judgement, the finished model.

Validation photographs give temperature and thresholds, test photographs are looked at once, after everything is
decided.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from core.bundle_files import Array
from core.bundles import EARLIER, Bundle, Calibration, Memory, Metrics, Sure, Words, write_bundle
from core.figures import wilson_interval
from core.run_results import PhotoAnswer, read_epochs
from core.train_config import Mode, TrainConfig
from core.train_records import WHOLE, Comparison, Judgement, Phase, Result, ResultWarning, WarningCode
from core.train_runs import MODEL_DIR
from training.asking import Asked, ask, photo_answers
from training.calibrate import NEVER_SURE, USUAL_SPREAD, careful_sure, fit_temperature
from training.judgement import confusion_of, judged
from training.report import write_report
from training.result_files import write_answers, write_classes, write_confusion, write_result
from training.rivals import compare
from training.run_heatmaps import with_heatmaps, worst_mistakes
from training.samples import DataSet, Part
from training.telling import Telling
from training.trained_card import trained_card
from training.trained_memory import memory_of
from training.weight_files import NOTHING

# With fewer photographs the figures come with the range in which they may lie.
_FEW = 100
_ON: dict[str, Words] = {
    "test": Words(en="photographs held out from this training", fr="photos mises de côté lors de cet apprentissage"),
    "validation": Words(
        en="the photographs that also set its thresholds", fr="les photos qui ont aussi fixé ses seuils"
    ),
}


@dataclass(frozen=True)
class Judged:
    """A model's judgement with what the files and the report show of it."""

    bundle: Bundle
    asked: Asked
    judgement: Judgement
    answers: tuple[PhotoAnswer, ...]
    comparison: Comparison | None = None
    warnings: tuple[ResultWarning, ...] = ()


@dataclass
class _Clock:
    """Seconds by phase."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, phase: Phase) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[phase.value] = self.seconds.get(phase.value, 0.0) + time.monotonic() - start


def finish(
    draft: Bundle,
    data: DataSet,
    config: TrainConfig,
    run_dir: Path,
    telling: Telling,
    whole_s: Callable[[], float] | None = None,
) -> Result:
    """Calibrate `draft`, judge it on photographs that it never saw, compare it with the model in use, write it all.

    `run_dir` gets model/NAME (the finished bundle), metrics.json, per_class.csv, confusion.csv, predictions.csv,
    report.html and heatmaps/. Without test photographs it is judged on those that calibrated it, without any on none;
    the result says so in its warnings. `whole_s` tells how long all work of the run has taken so far.
    Raises Cancelled, and then a second call makes everything anew; BundleError and OSError where something cannot be
    written.
    """
    clock = _Clock()
    with clock.of(Phase.CALIBRATING):
        validation = ask(draft, data.part(Part.VALIDATION), telling, Phase.CALIBRATING)
        calibrated, warnings = calibrate(draft, validation, config.wanted_precision)
    with clock.of(Phase.JUDGING):
        test = ask(calibrated, data.part(Part.TEST), telling, Phase.JUDGING)
        on: Literal["test", "validation"] = "test" if test.samples or not validation.samples else "validation"
        chosen = test if on == "test" else validation
        found = judge(calibrated, chosen, run_dir, config.start_from, telling)
    with clock.of(Phase.REPORTING):
        memory = memory_of(draft, data, telling)
        telling.phase(Phase.REPORTING)
        bundle = _finished(draft, found, memory, config, on, run_dir)
    epochs, is_head = read_epochs(run_dir), config.fit.mode is Mode.HEAD
    for epoch in epochs:
        clock.seconds[epoch.phase.value] = clock.seconds.get(epoch.phase.value, 0.0) + epoch.seconds
    if whole_s is not None:
        clock.seconds[WHOLE] = whole_s()
    problems = len({**validation.problems, **test.problems})
    result = Result(
        model=bundle.name,
        version=bundle.info.version,
        on=on,
        judgement=found.judgement,
        comparison=found.comparison,
        counts={part.value: len(data.part(part)) for part in Part},
        seconds={name: round(seconds, 3) for name, seconds in clock.seconds.items()},
        seconds_per_epoch=None if is_head or not epochs else float(np.mean([epoch.seconds for epoch in epochs])),
        trained_on=trained_on(bundle, chosen),
        warnings=(*_warnings_of_parts(on, test), *warnings, *unread(problems), *found.warnings),
        is_pretrained=config.fit.mode is not Mode.SCRATCH and config.network.weights != NOTHING,
        not_medical=config.not_medical,
    )
    write_all(run_dir, result, replace(found, bundle=bundle), is_head)
    return result


def calibrate(draft: Bundle, validation: Asked, wanted: float) -> tuple[Bundle, tuple[ResultWarning, ...]]:
    """The same bundle with temperature and "sure" threshold from validation photographs, and what to say about it.

    A draft that was given a measured threshold by the model that it continues keeps that, and its temperature, until it
    has as many validation photographs of its own: a few corrections, chosen because the model was wrong there, say
    little about all others.
    """
    before, cases = draft.info.calibration, len(validation.samples)
    if cases < before.sure.cases:
        return draft, (_warning(WarningCode.KEPT_PROMISE, count=cases),)
    if not cases:
        rules = before.model_copy(update={"sure": NEVER_SURE})
        return _with_rules(draft, rules), (_warning(WarningCode.NOT_CALIBRATED),)
    labels = validation.answers(draft).labels
    temperature = fit_temperature(validation.logits(draft), labels, USUAL_SPREAD)
    rules = before.model_copy(update={"temperature": temperature})
    sure = careful_sure(validation.answers(_with_rules(draft, rules)).probabilities, labels, wanted)
    return _with_rules(draft, rules.model_copy(update={"sure": sure})), _promise_of(sure, cases, wanted)


def _promise_of(sure: Sure, cases: int, wanted: float) -> tuple[ResultWarning, ...]:
    """What the administrator should know about a promise that is not what was wanted."""
    if not sure.cases:
        return (_warning(WarningCode.NEVER_SURE, count=cases),)
    if sure.precision >= wanted - 1e-9:
        return ()
    return (_warning(WarningCode.PROMISES_LESS, count=cases, wanted=wanted, promise=sure.precision),)


def _warning(code: WarningCode, **values: str | int | float) -> ResultWarning:
    return ResultWarning(code=code, values=values)


def _with_rules(bundle: Bundle, rules: Calibration) -> Bundle:
    return replace(bundle, info=bundle.info.model_copy(update={"calibration": rules}))


def judge(bundle: Bundle, asked: Asked, folder: Path | None, start_from: str | None, telling: Telling) -> Judged:
    """All figures on these photographs, the comparison, and the worst mistakes (with heatmaps where `folder` is)."""
    answers = asked.answers(bundle)
    rules = bundle.info.calibration
    judgement = judged(answers, bundle.info.labels, rules)
    beside = compare(photo_answers(asked, answers, bundle), asked.samples, bundle.info, start_from, telling)
    worst = worst_mistakes(beside.answers)
    if folder is not None:
        judgement = judgement.model_copy(update={"mistakes": with_heatmaps(bundle, worst, folder, telling)})
    warnings = [*_few(judgement)]
    if rules.subject is not None and (refused := int((answers.subjects < rules.subject.threshold).sum())):
        subject = bundle.info.subject
        named = {"subject_en": subject.en, "subject_fr": subject.fr} if subject else {}
        warnings.append(_warning(WarningCode.NO_SUBJECT, count=refused, **named))
    return Judged(bundle, asked, judgement, beside.answers, beside.comparison, (*warnings, *beside.warnings))


def write_all(folder: Path, result: Result, found: Judged, is_head: bool = False) -> None:
    """Write the tables, the report and metrics.json, which comes last: what has it is complete. Raises OSError.

    `is_head` says that the history in `folder` is head mode's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_classes(folder, result.judgement)
    answers = found.asked.answers(found.bundle)
    write_confusion(folder, result.judgement, confusion_of(answers.labels, answers.said, len(result.judgement.classes)))
    write_answers(folder, found.answers)
    write_report(folder, result, found.bundle.info, found.answers, is_head)
    write_result(folder, result)


def _warnings_of_parts(on: str, test: Asked) -> Iterator[ResultWarning]:
    if on == "validation":
        yield _warning(WarningCode.NO_TEST)
    elif not test.samples:
        yield _warning(WarningCode.NOT_JUDGED)


def unread(count: int) -> Iterator[ResultWarning]:
    """A warning about photographs that could not be used, if there are any."""
    if count:
        yield _warning(WarningCode.UNREAD, count=count)


def _few(judgement: Judgement) -> Iterator[ResultWarning]:
    """What the numbers of photographs do not allow to say."""
    unseen = sum(not one.photographs for one in judgement.classes)
    if judgement.photographs and unseen:
        yield _warning(WarningCode.UNSEEN_CLASSES, count=unseen)
    if 0 < judgement.photographs < _FEW:
        low, high = wilson_interval(judgement.top1, judgement.photographs)
        yield _warning(WarningCode.FEW, count=judgement.photographs, low=low, high=high)


def trained_on(bundle: Bundle, asked: Asked) -> int:
    """How many of these photographs the bundle remembers to have been trained on."""
    memory = bundle.memory()
    return sum(memory.has_seen(sample.content) for sample in asked.samples if sample.content) if memory else 0


def _finished(
    draft: Bundle, found: Judged, memory: Memory | None, config: TrainConfig, on: str, run_dir: Path
) -> Bundle:
    """The bundle with its calibration and figures, in run_dir/model/NAME."""
    info, judgement = found.bundle.info, found.judgement
    if judgement.photographs:
        figures = Metrics(
            on=_ON[on],
            photographs=judgement.photographs,
            top1=round(judgement.top1, 4),
            top3=round(judgement.top3, 4),
            ece=round(judgement.ece, 4),
            sure_share=round(judgement.sure_share, 4),
            sure_right=None if judgement.sure_right is None else round(judgement.sure_right, 4),
        )
        # A finished model that is judged once more has figures of this kind already.
        others = (one for one in info.metrics if one.on not in _ON.values())
        info = info.model_copy(update={"metrics": (*others, figures)})
    folder = run_dir / MODEL_DIR / config.name
    networks = {backbone.name: draft.network_path(backbone) for backbone in info.backbones}
    card = trained_card(info, judgement, on, config)
    bundle = write_bundle(folder, info, _head_arrays(draft), networks, card, memory)
    # A run that is finished a second time keeps one model, not two.
    shutil.rmtree(folder.parent / EARLIER, ignore_errors=True)
    return bundle


def _head_arrays(bundle: Bundle) -> dict[str, Array]:
    """The arrays of head.npz as they were written: the bundle was checked when it was loaded."""
    with np.load(bundle.folder / bundle.info.head.file, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
