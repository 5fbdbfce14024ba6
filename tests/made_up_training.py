"""Runs of training for tests of the window: folders with drawn pictures and likely figures, nothing is trained."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core.run_results import CONFUSION_FILE, HEATMAPS_DIR, PREDICTION_COLUMNS, PREDICTIONS_FILE
from core.train_config import Fit, Mode, Network, Source, TrainConfig
from core.train_records import (
    CalibrationBin,
    ClassCount,
    ClassResult,
    Comparison,
    ComparisonVerdict,
    DataReport,
    Epoch,
    Finding,
    FindingKind,
    Job,
    Judgement,
    Mistake,
    Phase,
    Result,
    RunState,
    RunStatus,
)
from core.train_runs import Run, again, new_run, write_state
from tests.bundle_factory import make_bundle

NAMES = ("Beagle", "Harrier", "Basset", "American Staffordshire terrier of the old kind", "Pug")


def class_names(count: int) -> list[str]:
    """So many classes, the first of them with names of all lengths."""
    return [*NAMES, *(f"Breed number {n}" for n in range(count))][:count]


def draw_classes(folder: Path, names: Sequence[str], photographs: int = 4) -> Path:
    """A folder for each class with pictures of its own colour."""
    rng = np.random.default_rng(3)
    for place, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for number in range(photographs):
            colour = (place * 47 % 256, place * 91 % 256, (number * 60) % 256)
            pixels = np.full((48, 64, 3), colour, np.int16) + rng.integers(-20, 20, (48, 64, 3))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name / f"photo {number}.jpg")
    return folder


def a_report(folder: Path, names: Sequence[str]) -> DataReport:
    """What was found in these classes: something of each kind."""
    sizes = [3 if place == len(names) - 1 else 400 - 300 * place // len(names) for place in range(len(names))]
    classes = tuple(
        ClassCount(
            name=name, label=f"class-{place}", en=name, fr=name, photographs=size, train=size - 2, validation=1, test=1
        )
        for place, (name, size) in enumerate(zip(names, sizes, strict=True))
    )

    def path(place: int, number: int) -> str:
        return str(folder / names[place] / f"photo {number}.jpg")

    wrong = Finding(
        kind=FindingKind.PERHAPS_WRONG, paths=(path(0, 0),), classes=(names[0],), suggestion=names[1], probability=0.93
    )
    other = wrong.model_copy(update={"paths": (path(0, 1),), "probability": 0.81})
    both = Finding(kind=FindingKind.TWO_LABELS, paths=(path(0, 2), path(1, 2)), classes=(names[0], names[1]))
    small = Finding(kind=FindingKind.SMALL_CLASS, classes=(names[-1],))
    damaged = Finding(
        kind=FindingKind.UNREADABLE, paths=(str(folder / "broken.jpg"),), suggestion="This file is damaged."
    )
    findings = (wrong, other, both, small, damaged)
    return DataReport(
        photographs=sum(sizes),
        left_out=0,
        unreadable=1,
        classes=classes,
        sizes_px=(180, 640, 4032),
        has_official_split=False,
        groups=sum(sizes) - 30,
        findings=findings,
        counts_of_findings={kind: sum(one.kind is kind for one in findings) for kind in FindingKind},
    )


def a_history(epochs: int = 12, head: int = 3) -> list[Epoch]:
    """Epochs that learn, and at last too much."""
    found = []
    for number in range(epochs):
        loss = 2.2 * math.exp(-number / 4) + 0.1
        found.append(
            Epoch(
                phase=Phase.HEAD if number < head else Phase.LAYERS,
                epoch=number + 1 if number < head else number - head + 1,
                seconds=41.0,
                rate=1e-3,
                loss=loss,
                accuracy=min(0.99, 0.3 + 0.06 * number),
                validation_loss=loss + 0.1 + max(0, number - 8) * 0.05,
                validation_accuracy=min(0.88, 0.28 + 0.055 * number),
            )
        )
    return found


def a_result(
    folder: Path, names: Sequence[str], verdict: ComparisonVerdict | None = ComparisonVerdict.BETTER
) -> Result:
    """A judgement on four photographs of each class, one of which was answered wrong."""
    count = len(names)
    classes = tuple(
        ClassResult(
            label=f"class-{n}", en=name, fr=name, photographs=4, right=3, precision=0.75, recall=0.75, f1=0.75,
            confused_with=f"class-{(n + 1) % count}", confused=1,
        )
        for n, name in enumerate(names)
    )  # fmt: skip
    confusion = [[0] * count for _ in range(count)]
    for n in range(count):
        confusion[n][n], confusion[n][(n + 1) % count] = 3, 1
    judged = Judgement(
        photographs=4 * count, top1=0.75, top3=0.95, macro_f1=0.74, balanced_accuracy=0.73, ece=0.04, log_loss=0.6,
        bins=tuple(CalibrationBin(confidence=c, right=c - 0.03, cases=n) for c, n in ((0.35, 4), (0.6, 9), (0.9, 40))),
        promised=0.95, sure_from=0.8, sure_share=0.62, sure_right=0.96, classes=classes,
        order=tuple(range(count)), confusion=tuple(map(tuple, confusion)) if count <= 300 else None,
        mistakes=tuple(
            Mistake(
                path=str(folder / name / "photo 3.jpg"), truth=f"class-{n}", said=f"class-{(n + 1) % count}",
                confidence=0.97 - n / 200, heatmap=f"{HEATMAPS_DIR}/mistake-{n}.png",
            )
            for n, name in enumerate(names[:8])
        ),
    )  # fmt: skip
    comparison = verdict and Comparison(
        model="dogs", title_en="120 breeds of dogs", title_fr="120 races de chiens", photographs=4 * count,
        better=41, worse=9, both_right=100, both_wrong=20, difference=0.081, low=0.04, high=0.12, p=0.001,
        verdict=verdict,
    )  # fmt: skip
    return Result(
        model="shelter", version="1.0.0", on="test", judgement=judged, comparison=comparison or None,
        counts={"train": 320, "validation": 40, "test": 4 * count}, seconds={"embedding": 31.0, "head": 4.2},
        seconds_per_epoch=41.0, warnings=(),
    )  # fmt: skip


def draft_run(folder: Path, names: Sequence[str], name: str = "shelter", mode: Mode = Mode.HEAD) -> Run:
    """A run whose photographs were looked at."""
    network = Network(backbone="dogs" if mode is Mode.HEAD else "efficientnet_b0")
    config = TrainConfig(name=name, source=Source(path=folder), network=network, fit=Fit(mode=mode))
    run = new_run(config)
    write_state(run.folder, RunState(job=Job.LOOK, status=RunStatus.DRAFT, phase=Phase.DONE, updated=time.time()))
    (run.folder / "data.json").write_text(a_report(folder, names).model_dump_json())
    return again(run)


def put_state(run: Run, status: RunStatus, **more: object) -> None:
    """How a training stands."""
    known = {"job": Job.TRAIN, "status": status, "phase": Phase.LAYERS, "started": time.time() - 500}
    write_state(run.folder, RunState(**{**known, "updated": time.time(), **more}))  # type: ignore[arg-type]


def put_history(run: Run, epochs: int = 12) -> None:
    """The epochs so far."""
    (run.folder / "history.jsonl").write_text("".join(f"{one.model_dump_json()}\n" for one in a_history(epochs)))


def finish_run(
    run: Run, folder: Path, names: Sequence[str], verdict: ComparisonVerdict | None = ComparisonVerdict.BETTER
) -> Run:
    """A run that was trained and judged, with its model and all its files."""
    result = a_result(folder, names, verdict)
    make_bundle(run.model_dir)
    (run.folder / "metrics.json").write_text(result.model_dump_json())
    (run.folder / "report.html").write_text("<!doctype html><title>report</title>")
    (run.folder / HEATMAPS_DIR).mkdir(exist_ok=True)
    for mistake in result.judgement.mistakes:
        Image.new("RGB", (320, 240), (200, 80, 40)).save(run.folder / mistake.heatmap)
    put_history(run)
    _put_answers(run, folder, names)
    put_state(run, RunStatus.DONE, phase=Phase.DONE, device="2 processors")
    return again(run)


def _put_answers(run: Run, folder: Path, names: Sequence[str]) -> None:
    labels = [f"class-{n}" for n in range(len(names))]
    with (run.folder / PREDICTIONS_FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(PREDICTION_COLUMNS)
        for n, name in enumerate(names):
            for number in range(4):
                other = labels[(n + 1) % len(labels)]
                said, before = (other, labels[n]) if number == 3 else (labels[n], other)
                path = folder / name / f"photo {number}.jpg"
                writer.writerow([path, "", labels[n], said, 0.9 - number / 10, other, 0.05, before, 0.8])
    with (run.folder / CONFUSION_FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *labels])
        for n, label in enumerate(labels):
            row = [0] * len(labels)
            row[n], row[(n + 1) % len(labels)] = 3, 1
            writer.writerow([label, *row])
