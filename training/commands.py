"""The commands train and evaluate at work: progress on stderr, figures on stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from core.about import NAME
from core.commands_study import StudyRequest
from core.errors import Cancelled, UserError
from core.models import model_or_file
from core.result_warnings import warning_sentences
from core.run_results import comparison_sentence, not_medical_words, title_of
from core.texts import label_name, language, tr
from core.train_config import Mode, Source
from core.train_records import (
    DataReport,
    FindingKind,
    Job,
    Phase,
    Result,
    RunStatus,
)
from core.train_runs import (
    REPORT_FILE,
    Run,
    again,
    check_may_start,
    read_data_report,
    read_result,
    stop_file,
)
from training.run import run_job
from training.shown import Shown

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


def train(run: Run, use: bool) -> Iterator[str]:
    """Train, or go on with it: the figures, and the model in use from then on if wanted. Raises UserError."""
    if again(run).state.status is not RunStatus.DONE:
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

        bundle = use_run(again(run))
        yield tr("Now in use: {name}").format(name=f"{bundle.name} {bundle.info.version}")
        yield tr("Go back to the model before: main.py models back")
    else:
        yield tr("Use it from now on: main.py train --resume {run} --use").format(run=run.id)


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
    with closing(Shown(is_head=run.checked_config().fit.mode is Mode.HEAD)) as shown:
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
    on = {
        "test": tr("{count} photographs held out"),
        "validation": tr("{count} validation photographs"),
        "folder": tr("{count} photographs"),
    }[result.on]
    yield f"{result.model} {result.version}: {on.format(count=found.photographs)}"
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
    yield from warning_sentences(result.warnings)
    if result.seconds:
        yield tr("seconds: {list}").format(
            list=", ".join(f"{name} {value:.1f}" for name, value in result.seconds.items())
        )


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
