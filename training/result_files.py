"""The tables of a judged run: per_class.csv, confusion.csv, predictions.csv and metrics.json, each replaced whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from core.export_files import encodable
from core.folders import replacing
from core.run_results import (
    CLASS_COLUMNS,
    CLASSES_FILE,
    CONFUSION_FILE,
    PREDICTION_COLUMNS,
    PREDICTIONS_FILE,
    PhotoAnswer,
    safe_cell,
)
from core.train_records import Judgement, Result
from core.train_runs import RESULT_FILE
from training.judgement import Counts


def write_result(folder: Path, result: Result) -> None:
    """Write metrics.json. Raises OSError."""
    with replacing(folder / RESULT_FILE) as file:
        file.write(result.model_dump_json().encode())


def write_classes(folder: Path, judgement: Judgement) -> None:
    """Write per_class.csv: a row a class, in the order of the confusion matrix. Raises OSError."""
    rows = []
    for place in judgement.order:
        one = judgement.classes[place]
        error = None if one.recall is None else 1 - one.recall
        names = (one.label, one.en, one.fr)
        rates = (error, one.precision, one.recall, one.f1)
        rows.append(
            (
                *(safe_cell(name) for name in names),
                *(str(one.photographs), str(one.right)),
                *(_rate(rate) for rate in rates),
                safe_cell(one.confused_with),
                str(one.confused),
            )
        )
    _write(folder / CLASSES_FILE, CLASS_COLUMNS, rows)


def write_confusion(folder: Path, judgement: Judgement, confusion: Counts) -> None:
    """Write confusion.csv: truth by row, answer by column, ids, in the order of the picture. Raises OSError."""
    labels = [safe_cell(judgement.classes[place].label) for place in judgement.order]
    counts = confusion[np.ix_(judgement.order, judgement.order)].tolist()
    rows = ([label, *map(str, row)] for label, row in zip(labels, counts, strict=True))
    _write(folder / CONFUSION_FILE, ["truth", *labels], rows)


def write_answers(folder: Path, answers: Iterable[PhotoAnswer]) -> None:
    """Write predictions.csv. Raises OSError."""
    _write(folder / PREDICTIONS_FILE, PREDICTION_COLUMNS, map(_cells, answers))


def _cells(answer: PhotoAnswer) -> tuple[str, ...]:
    return (
        safe_cell(encodable(str(answer.path))),
        answer.content,
        safe_cell(answer.truth),
        safe_cell(answer.said),
        _rate(answer.confidence),
        safe_cell(answer.said_2),
        _rate(answer.confidence_2) if answer.said_2 else "",
        safe_cell(answer.other_said),
        _rate(answer.other_confidence) if answer.other_said else "",
    )


def _rate(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.4f}"


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with replacing(path) as file:
        out = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)
        out.flush()
        out.detach()
