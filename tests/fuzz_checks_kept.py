"""What the program does with fuzzed files of its own, and with people's tables: every way in which it reads them."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from core.breed_names_edit import NamesTable, read_names, save_name
from core.export_files import Written
from core.exports_keywords import KeywordOptions, write_keywords
from core.folders import settings_path, training_dir
from core.kept_facts import load_facts, save_facts
from core.model_loss import loss_of
from core.model_versions import can_go_back, previous, versions
from core.models import list_models
from core.passphrase import is_right
from core.records import Correction, Kind, Tagged
from core.result_warnings import warning_sentences
from core.run_results import (
    comparison_sentence,
    in_cell,
    names_of,
    read_answers,
    read_confusion,
    read_epochs,
    read_metrics,
    title_of,
)
from core.settings import load_settings, save_settings
from core.shelter_breeds import load_table
from core.shelter_facts import Facts, joined, read_facts
from core.study_presets import preset_names, read_preset
from core.train_config import Source, SourceKind
from core.train_lock import holder_of
from core.train_records import Job
from core.train_runs import (
    LOCK_FILE,
    again,
    check_may_start,
    list_runs,
    read_data_report,
    read_result,
    why_no_result,
)
from core.verdicts import unreadable
from tests.fuzz_checks_library import Told
from tests.fuzz_ready import ready
from training.table_source import read_labelled_table
from training.telling import Silent


def check_own_files(folder: Path) -> list[str]:
    """Settings, what was kept of animals, the table of breed names: read, changed, written, read again."""
    told = Told()
    home = settings_path().parent
    for path in folder.iterdir():
        shutil.copyfile(path, home / path.name)
    settings = load_settings()
    told(can_go_back)
    told(previous)
    told(lambda: versions("colours"))
    is_right("a", settings.retrain_passphrase)
    told(list_models)
    save_settings(settings)
    assert load_settings() == settings, "settings are not what was saved"
    kept = load_facts(1)
    save_facts(1, {**kept, "Rex": Facts("Rex", "A-1")})
    assert load_facts(1).get("Rex") == Facts("Rex", "A-1"), "what was typed is lost"
    table = load_table()
    told.reasons += table.problems
    names = told(read_names)
    if isinstance(names, NamesTable):
        changed = told(lambda: save_name(names, "beagle", {"asm3_en": "Beagle"}))
        assert not isinstance(changed, NamesTable) or changed.cells()["beagle"]["asm3_en"] == "Beagle"
    return told.reasons


def check_table(folder: Path) -> list[str]:
    """People's tables: a shelter's facts, and photographs with their classes; XMP files beside photographs."""
    told = Told()
    (path,) = (one for one in folder.iterdir() if one.suffix != ".xmp" and one.name != "dog.jpg")

    def facts() -> None:
        table = read_facts(path)
        told.reasons.extend(table.problems)
        joined(["Rex", "Ada"], table, {"Rex": Facts("Rex", "A-1")})

    told(facts)
    for level in (0, 1):
        for columns in ({}, {"image_column": "image", "label_column": "label"}):
            source = Source(kind=SourceKind.TABLE, path=path, level=level, **columns)  # type: ignore[arg-type]
            told(partial(read_labelled_table, source, Silent()))
    own = settings_path().parent / "photos"
    shutil.copytree(folder, own)
    verdict = unreadable("none")
    one = Tagged(own / "dog.jpg", verdict, reviewed=Correction(Kind.BREED, "colour-red", "red"))
    before = (own / "dog.jpg").read_bytes()
    written = told(lambda: write_keywords([one], ready().bundle.info, KeywordOptions()))
    assert (own / "dog.jpg").read_bytes() == before
    if isinstance(written, Written):
        told.reasons += [left.why for left in written.left_out]
    return told.reasons


def check_study(folder: Path) -> list[str]:
    """Presets of studies."""
    told = Told()
    for name in preset_names(folder):
        told(partial(read_preset, name, folder))
    return told.reasons


def check_run(folder: Path) -> list[str]:
    """A run of training as the window reads it: in the list, its state, data, figures, tables, and what may be done."""
    told = Told()
    own = training_dir() / "runs" / "20260131-235959-dogs"
    shutil.copytree(folder, own)
    for run in list_runs():
        told.reasons += [run.problem] if run.problem else []
        told.reasons += [why] if (why := why_no_result(run)) else []
        report = read_data_report(run)
        if report is not None:
            assert report.classes is not None
        result = read_result(run)
        if result is not None:
            warning_sentences(result.warnings)
            names_of(result.judgement.classes)
            if result.comparison:
                assert comparison_sentence(result.comparison) and title_of(result.comparison)
        again(run)
        told(partial(check_may_start, run, Job.TRAIN))
        told(partial(loss_of, run))
    answers = read_answers(own)
    in_cell(answers, "a", "b")
    read_confusion(own)
    read_epochs(own)
    read_metrics(own)
    holder_of(own / LOCK_FILE)
    return told.reasons
