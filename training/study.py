"""A study: every variant of its comparisons trained one after the other, each as a run of its own, gone on with.

Variants whose configs are the same are trained once. All variants with the same source and split share their
photographs. One that fails is a row with its reason, and the next one begins.
"""

from __future__ import annotations

import gc
import logging
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.backbones import BACKBONES, Kind
from core.bundles import load_bundle
from core.commands_study import StudyRequest
from core.errors import Cancelled, UserError
from core.folders import training_dir
from core.study_presets import Preset, StudyComparison, Variant, chosen, read_preset, variant_config, variant_words
from core.texts import label_name, tr
from core.train_config import Mode, Source, TrainConfig
from core.train_lock import Holder, Taken, holding
from core.train_records import RunStatus
from core.train_runs import Run, check_none_trains, new_run, read_state, run_at, stop_file
from training.evaluate import evaluate
from training.kept_data import kept_data
from training.run import train_at
from training.study_data import check_external, share_data, study_source
from training.study_pictures import write_pictures
from training.study_records import Asked, Row, RowStatus, StudyState, read_study, write_study
from training.study_report import write_results
from training.telling import Telling
from training.weight_files import IMAGENET, WeightsError, given_file, kept_file

log = logging.getLogger(__name__)

RUNS_DIR: Final = "runs"
EXTERNAL_DIR: Final = "external"
_LOCK_FILE: Final = "lock"


@dataclass(frozen=True)
class Study:
    """One study on disk: its folder, what it compares, how it stands."""

    folder: Path
    preset: Preset
    state: StudyState


def studies_runs_dir() -> Path:
    """Where the studies lie, a folder each."""
    folder = training_dir() / "studies"
    folder.mkdir(exist_ok=True)
    return folder


def run_study(request: StudyRequest, telling: Telling) -> Study:
    """Run a study from its beginning, or go on with one that was stopped; comes back when all variants had their turn.

    Raises Cancelled when it is stopped (what there is so far is in its report), UserError where it cannot begin.
    """
    preset = read_preset(request.name)
    check_none_trains()
    if request.out is not None:
        request.out.mkdir(parents=True, exist_ok=True)  # rather now than after hours
    folder, state = _opened(preset, request)
    try:
        with holding(folder / _LOCK_FILE, Holder(run=folder.name)):
            return _Runner(folder, preset, request, telling).run(state)
    except Taken as error:
        raise UserError(tr("This study is at work already: {folder}").format(folder=folder)) from error


def _opened(preset: Preset, request: StudyRequest) -> tuple[Path, StudyState]:
    """The newest study of which the same was asked and that has something left to do; else a new one.

    What failed has: weights that were missing may be there now, and nothing that is done need be done again.
    """
    asked = Asked.of(request)
    names = sorted(studies_runs_dir().glob(f"{request.name}-[0-9]*"), reverse=True)
    for folder in names if not request.anew else ():
        state = read_study(folder)
        if state is not None and state.asked == asked and (state.ended is None or _has_failed(state)):
            return folder, _with_rows(_failed_again(state), preset, request)
    folder = _new_folder(studies_runs_dir() / f"{request.name}-{time.strftime('%Y%m%d-%H%M%S')}")
    state = _with_rows(StudyState(asked=asked, begun=time.time(), rows=()), preset, request)
    write_study(folder, state)
    return folder, state


def _with_rows(state: StudyState, preset: Preset, request: StudyRequest) -> StudyState:
    """A row for each variant, in the preset's order, as it stands so far."""
    rows = []
    for comparison, variant in chosen(preset, request.only):
        kept = (row for row in state.rows if row.is_same(comparison.name, variant.name))
        rows.append(next(kept, Row(comparison=comparison.name, variant=variant.name)))
    return state.model_copy(update={"rows": tuple(rows)})


def _has_failed(state: StudyState) -> bool:
    return any(row.status is RowStatus.FAILED for row in state.rows)


def _failed_again(state: StudyState) -> StudyState:
    """The study with another turn for what failed, once it has ended."""
    if state.ended is None:
        return state
    again = {"status": RowStatus.WAITING, "problem": ""}
    rows = tuple(row.model_copy(update=again) if row.status is RowStatus.FAILED else row for row in state.rows)
    return state.model_copy(update={"rows": rows, "ended": None})


def _new_folder(wanted: Path) -> Path:
    for number in range(1, 100):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:  # the second in one second
            continue
        return folder
    raise FileExistsError(wanted)


class _Runner:
    """What stays the same over the variants of one study."""

    def __init__(self, folder: Path, preset: Preset, request: StudyRequest, telling: Telling) -> None:
        self._folder, self._preset, self._request, self._telling = folder, preset, request, telling
        (folder / RUNS_DIR).mkdir(exist_ok=True)

    def run(self, state: StudyState) -> Study:
        request = self._request
        source, changes = study_source(
            self._preset, request.data, request.quick, request.other, self._folder, self._telling
        )
        if request.external is not None:
            check_external(source, changes, request.external, self._telling)
        waiting = [place for place, row in enumerate(state.rows) if row.status is RowStatus.WAITING]
        try:
            for place in waiting:
                comparison, variant = self._of(state.rows[place])
                config = variant_config(request.name, self._preset, comparison, variant, source, request.quick)
                config = config.model_copy(update={"changes": changes})
                self._telling.note(
                    tr("{number} of {total}: {comparison}, {variant}").format(
                        number=place + 1,
                        total=len(state.rows),
                        comparison=label_name(comparison.title),
                        variant=label_name(variant_words(variant)),
                    )
                )
                check_none_trains()  # no reason to call this variant a failure: the study waits
                row = self._trained(state.rows[place], config)
                state = _with(state, place, _with_seconds(row, state.rows[:place]))
                write_study(self._folder, state)
                if place + 1 < len(state.rows) and state.rows[place + 1].comparison != row.comparison:
                    self._write(state)  # so that there is something to look at on the way
            state = state.model_copy(update={"ended": time.time()})
            write_study(self._folder, state)
        finally:
            self._write(state)
        return Study(self._folder, self._preset, state)

    def _of(self, row: Row) -> tuple[StudyComparison, Variant]:
        for comparison, variant in chosen(self._preset, self._request.only):
            if row.is_same(comparison.name, variant.name):
                return comparison, variant
        raise KeyError(row)

    def _trained(self, row: Row, config: TrainConfig) -> Row:
        """The row after its run has ended. Raises Cancelled where that was stopped."""
        begun = time.monotonic()
        try:
            run = self._run_of(with_weights(config, self._request.weights))
            begun = time.monotonic()  # the photographs are looked at once, for all
            row = row.model_copy(update={"run": run.folder.name})
            problem = self._ended(run)
            if not problem and self._request.external is not None:
                row = self._judged_outside(row, run, self._request.external)
        except UserError as error:
            problem = str(error)
        finally:
            _forget_networks()
        seconds = row.seconds + time.monotonic() - begun
        status = RowStatus.FAILED if problem else RowStatus.DONE
        return row.model_copy(update={"status": status, "problem": problem, "seconds": round(seconds, 1)})

    def _run_of(self, config: TrainConfig) -> Run:
        """The run of this config, whatever it is called: of another variant that is the same, or begun earlier."""
        root = self._folder / RUNS_DIR
        for folder in sorted(path for path in root.iterdir() if path.is_dir()):
            run = run_at(folder)
            if run.config is not None and _nameless(run.config) == _nameless(config):
                return run
        run = new_run(config, root)
        try:
            share_data(config, self._folder, run.folder, self._telling)
        except BaseException:
            shutil.rmtree(run.folder, ignore_errors=True)
            raise
        return run

    def _ended(self, run: Run) -> str:
        """Train it, or go on with it; what went wrong, if anything."""
        state = read_state(run)
        if state.status is not RunStatus.DONE:
            stop_file(run).unlink(missing_ok=True)
            state = train_at(run.folder, self._telling)
        if state.status is RunStatus.STOPPED:
            raise Cancelled
        return state.problem if state.status is RunStatus.FAILED else ""

    def _judged_outside(self, row: Row, run: Run, external: Path) -> Row:
        """The row with what its model said of the photographs from elsewhere; with why there is no such."""
        bundle = load_bundle(run_at(run.folder).model_dir)
        try:
            result = evaluate(
                bundle, Source(path=external), run.folder / EXTERNAL_DIR, self._telling, versus="",
                not_medical=self._preset.not_medical,
            )  # fmt: skip
        except UserError as error:
            self._telling.note(str(error))
            return row.model_copy(update={"external_problem": str(error)})
        found = result.judgement
        return row.model_copy(update={"external": found.top1, "external_on": found.photographs})

    def _write(self, state: StudyState) -> None:
        self._write_pictures()
        write_results(self._folder, self._preset, state)
        if self._request.out is not None:
            copy_results(self._folder, self._request.out)

    def _write_pictures(self) -> None:
        """What the photographs look like, from the runs that have begun."""
        folders = sorted(path for path in (self._folder / RUNS_DIR).iterdir() if path.is_dir())
        begun = [(folder, config) for folder in folders if (config := run_at(folder).config) is not None]
        data = next((found for folder, config in begun if (found := kept_data(config, folder))), None)
        if data is not None:
            try:
                write_pictures(self._folder, [config for _, config in begun], data, self._preset.transforms)
            except UserError as error:
                self._telling.note(str(error))


def with_weights(config: TrainConfig, folder: Path | None) -> TrainConfig:
    """The config with its network's weights from `folder`, or from those that are kept on this computer.

    Nothing is downloaded where a folder was given. Raises WeightsError where the folder has none.
    """
    entry = BACKBONES[config.network.backbone]
    if folder is None or config.fit.mode is Mode.SCRATCH or entry.kind is not Kind.KERAS:
        return config
    if config.network.weights != IMAGENET:
        return config
    try:
        given_file(entry, str(folder))
    except WeightsError:
        if kept_file(entry) is None:
            raise
        return config
    network = config.network.model_copy(update={"weights": str(folder)})
    return config.model_copy(update={"network": network})


def copy_results(folder: Path, out: Path) -> None:
    """Copy what a study found, without its runs. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    for path in _result_files(folder):
        shutil.copyfile(path, out / path.name)


def _result_files(folder: Path) -> Iterable[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix in (".html", ".csv", ".md", ".svg", ".png"))


def _with(state: StudyState, place: int, row: Row) -> StudyState:
    return state.model_copy(update={"rows": (*state.rows[:place], row, *state.rows[place + 1 :])})


def _with_seconds(row: Row, before: Sequence[Row]) -> Row:
    """A variant that is the same as an earlier one took as long as that."""
    same = next((one for one in before if row.run and one.run == row.run), None)
    return row.model_copy(update={"seconds": same.seconds}) if same else row


def _nameless(config: TrainConfig) -> TrainConfig:
    return config.model_copy(update={"name": "same", "title": None})


def _forget_networks() -> None:
    """The networks of one variant are not kept for the next ones."""
    if keras := sys.modules.get("keras"):
        keras.backend.clear_session()
    gc.collect()
