"""The commands train and evaluate at work: progress on stderr, figures on stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from core.about import NAME
from core.commands_study import StudyRequest
from core.errors import Cancelled, UsageError, UserError
from core.machine import native_words_into
from core.models import model_or_file
from core.result_warnings import warning_sentences
from core.run_results import comparison_sentence, not_medical_words, title_of
from core.texts import label_name, language, tr
from core.train_config import Changes, Mode, Source, TrainConfig
from core.train_records import (
    WHOLE,
    DataReport,
    FindingKind,
    Job,
    Phase,
    Result,
    RunStatus,
)
from core.train_runs import (
    CONFIG_FILE,
    LOG_FILE,
    REPORT_FILE,
    Run,
    again,
    check_may_start,
    read_data_report,
    read_result,
    stop_file,
    why_no_result,
)
from training.found import check_classes
from training.run import run_job
from training.shown import Shown
from training.sources import read_source
from training.telling import Silent

_MOST_FINDINGS, _MOST_CONFUSED = 5, 5


def run_quietly(run_id: str, job: Job) -> None:
    """A job of a run that another process started. Raises UserError where it fails."""
    state = run_job(run_id, job)
    if state.status is RunStatus.FAILED:
        raise UserError(state.problem)


def look(run: Run) -> Iterator[str]:
    """What the photographs of a run are like. Raises UserError."""
    _done(run, Job.LOOK)
    report = read_data_report(run)
    if report is not None:
        yield from data_lines(report)
    yield tr("Train on them: main.py train --resume {run}").format(run=run.id)


def train(run: Run, use: bool, anyway: bool = False) -> Iterator[str]:
    """Train, or go on with it: the figures, and the model in use from then on if wanted. Raises UserError.

    A model that is worse than the one in use becomes it only `anyway`.
    """
    if _is_to_be_trained(again(run)):
        print(f"{NAME}: {tr('run: {run}').format(run=run.id)}", file=sys.stderr)
        _done(run, Job.TRAIN)
    result = read_result(run)
    if result is None:
        raise UserError(tr("This run has no result."))
    yield from result_lines(result)
    yield tr("report: {path}").format(path=run.folder / REPORT_FILE)
    yield tr("model: {path}").format(path=run.model_dir)
    if use:
        from core.model_versions import use_run

        _check_loss(again(run), anyway)
        bundle = use_run(again(run))
        yield tr("Now in use: {name}").format(name=f"{bundle.name} {bundle.info.version}")
        yield tr("Go back to the model before: main.py models back")
    else:
        yield tr("Use it from now on: main.py train --resume {run} --use").format(run=run.id)


def _is_to_be_trained(run: Run) -> bool:
    """Whether there is anything left to do, said to the user where files are missing. Raises UserError."""
    if run.config is not None and run.problem:
        print(f"{NAME}: {run.problem}", file=sys.stderr)
        if run.has_result and read_result(run) is not None:  # only its state is gone
            return False
    if run.state.status is not RunStatus.DONE:
        return True
    if not run.model_dir.is_dir():
        said = tr("The model of this run is missing: {path}. Train again: main.py train --config {config}")
        raise UserError(said.format(path=run.model_dir, config=run.folder / CONFIG_FILE))
    if problem := why_no_result(run):
        print(f"{NAME}: {problem}", file=sys.stderr)
    return bool(problem)


def check(config: TrainConfig) -> None:
    """Raise UsageError where a class is left out or merged that is not there; UserError where there is no class."""
    if not (config.changes.leave_out_classes or config.changes.merge):
        return
    found = read_source(config.source, Changes(), Silent())
    try:
        check_classes(found, config.changes)
    except UserError as error:
        raise UsageError(str(error)) from error


def _check_loss(run: Run, anyway: bool) -> None:
    """Say what using this model loses. Raises UserError where it is worse and that was not asked for."""
    from core.model_loss import loss_of

    loss = loss_of(run)
    if loss is None:
        return
    print(f"{NAME}: {loss.sentence()}", file=sys.stderr)
    if loss.is_worse and not anyway:
        said = tr("It is not used, as it is worse. Use it all the same: main.py train --resume {run} --use-anyway")
        raise UserError(said.format(run=run.id))


def search(run: Run, trials: int, study: str, backbones: Sequence[str]) -> Iterator[str]:
    """Try other choices than those of a run, so many times: the best ones. Raises UserError."""
    from training.search_command import search_lines

    _quiet_tensorflow()
    return search_lines(run, trials, study, backbones)


def evaluate(model: str, source: Source, report: Path | None, kind: str) -> Iterator[str]:
    """What a model says of labelled photographs: text, or json. Raises UserError."""
    from training.evaluate import evaluate as judge_folder

    bundle = model_or_file(model)
    if report is not None:
        _make_folder(report)
    with closing(Shown()) as shown:
        try:
            result = judge_folder(bundle, source, report, shown)
        except Cancelled as error:
            raise KeyboardInterrupt from error
    if kind == "json":
        yield result.model_dump_json(indent=1)
        return
    yield from result_lines(result)
    if report is not None:
        yield tr("report: {path}").format(path=report / REPORT_FILE)


def study(request: StudyRequest) -> Iterator[str]:
    """Train every variant of a study: its tables, and where they are. Raises UserError, KeyboardInterrupt."""
    from training.study import run_study
    from training.study_tables import MARKDOWN_FILE

    _quiet_tensorflow()
    with closing(Shown()) as shown:
        try:
            done = run_study(request, shown)
        except (Cancelled, KeyboardInterrupt) as error:
            said = tr("Stopped. The same command goes on from here.")
            print(f"{NAME}: {said}", file=sys.stderr)
            raise KeyboardInterrupt from error
    yield from (done.folder / MARKDOWN_FILE).read_text(encoding="utf-8").splitlines()
    yield tr("report: {path}").format(path=(request.out or done.folder) / REPORT_FILE)


def _done(run: Run, job: Job) -> None:
    """Do a job in this process. Raises UserError where it fails, KeyboardInterrupt where it was stopped."""
    check_may_start(run, job)
    stop_file(run).unlink(missing_ok=True)
    # TensorFlow greets on stderr with many lines that help nobody here.
    _quiet_tensorflow()
    is_head = run.checked_config().fit.mode is Mode.HEAD
    with native_words_into(run.folder / LOG_FILE), closing(Shown(is_head=is_head)) as shown:
        state = run_job(run.id, job, shown)
    if state.status is RunStatus.FAILED:
        raise UserError(state.problem)
    if state.status is RunStatus.STOPPED or (job is not Job.TRAIN and state.phase is not Phase.DONE):
        said = tr("Stopped. Go on: main.py train --resume {run}").format(run=run.id)
        print(f"{NAME}: {said}", file=sys.stderr)
        raise KeyboardInterrupt


def _quiet_tensorflow() -> None:
    """It greets on stderr with many lines that help nobody here."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def result_lines(result: Result) -> Iterator[str]:
    """The figures of a judgement, its comparison, and what to know about them."""
    found = result.judgement
    if result.not_medical:
        yield not_medical_words()
    named = f"{result.model} {result.version}"
    if not found.photographs:
        yield tr("{model}: not judged; right at first –").format(model=named)
    else:
        yield from _figures(result, named)
    yield from warning_sentences(result.warnings)
    if result.seconds:
        yield tr("seconds: {list}").format(list=", ".join(_seconds(result.seconds)))


def _seconds(seconds: Mapping[str, float]) -> Iterator[str]:
    """Of each phase, and of all together at the end."""
    for name, value in seconds.items():
        if name != WHOLE:
            yield f"{name} {value:.1f}"
    if WHOLE in seconds:
        yield tr("everything together {seconds}").format(seconds=f"{seconds[WHOLE]:.1f}")


def _figures(result: Result, named: str) -> Iterator[str]:
    """The figures of a judgement on some photographs at least."""
    found = result.judgement
    on = {
        "test": tr("{count} photographs held out"),
        "validation": tr("{count} validation photographs"),
        "folder": tr("{count} photographs"),
    }[result.on]
    if found.photographs == 1:
        on = {
            "test": tr("one photograph held out"),
            "validation": tr("one validation photograph"),
            "folder": tr("one photograph"),
        }[result.on]
    yield f"{named}: {on.format(count=found.photographs)}"
    yield tr("right at first {top1}, among the first three {top3}").format(
        top1=_exactly(found.top1), top3=_exactly(found.top3)
    )
    yield tr("macro F1 {f1}, balanced accuracy {balanced}, calibration error {ece}").format(
        f1=_exactly(found.macro_f1), balanced=_exactly(found.balanced_accuracy), ece=_exactly(found.ece)
    )
    if found.sure_right is not None:
        said = tr("sure of {share}; of these right {right} (promised {promised})")
        yield said.format(
            share=_exactly(found.sure_share), right=_exactly(found.sure_right), promised=_exactly(found.promised)
        )
    worst = sorted((one for one in found.classes if one.confused), key=lambda one: -one.confused)[:_MOST_CONFUSED]
    names = {one.label: label_name(one) for one in found.classes}
    for one in worst:
        said = tr("{name}: {count} of {all} times taken for {other}")
        other = names.get(one.confused_with, one.confused_with)
        yield said.format(count=one.confused, all=one.photographs, other=other, name=label_name(one))
    if result.comparison is not None:
        beside = tr("Beside “{title}” on {count} of these photographs:")
        yield beside.format(title=title_of(result.comparison), count=result.comparison.photographs)
        yield comparison_sentence(result.comparison)


def data_lines(report: DataReport) -> Iterator[str]:
    """How many photographs each class has, and what may be wrong with them."""
    yield tr("{count} photographs in {classes} classes; {left_out} left out, {unreadable} unreadable").format(
        count=report.photographs,
        classes=len(report.classes),
        left_out=report.left_out,
        unreadable=report.unreadable,
    )
    width = max((len(label_name(one)) for one in report.classes), default=0)
    for one in report.classes:
        parts = tr("training {train}, validation {validation}, test {test}")
        said = parts.format(train=one.train, validation=one.validation, test=one.test)
        yield f"  {label_name(one):<{width}}  {one.photographs:>6}  {said}"
    for kind, count in report.counts_of_findings.items():
        yield f"{_finding(kind)}: {count}"
        shown = [finding for finding in report.findings if finding.kind is kind][:_MOST_FINDINGS]
        for finding in shown:
            yield "  " + "  ".join(part for part in (*finding.paths, *finding.classes, finding.suggestion) if part)


def _finding(kind: FindingKind) -> str:
    return {
        FindingKind.UNREADABLE: tr("cannot be read"),
        FindingKind.MISSING: tr("are missing"),
        FindingKind.DUPLICATE: tr("are there twice"),
        FindingKind.TWO_LABELS: tr("are in two classes"),
        FindingKind.LOOK_ALIKE: tr("look alike"),
        FindingKind.SMALL_CLASS: tr("classes with very few photographs"),
        FindingKind.PERHAPS_WRONG: tr("are perhaps in the wrong class"),
        FindingKind.SMALL_PICTURE: tr("are very small"),
        FindingKind.LEAK: tr("are in the test part and in another one"),
    }[kind]


def _exactly(share: float) -> str:
    number = f"{share * 100:.1f}\u00a0%"
    return number.replace(".", ",") if language() == "fr" else number


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = tr("The folder {folder} cannot be used: {reason}.")
        raise UserError(said.format(folder=folder, reason=error.strerror or error)) from error
