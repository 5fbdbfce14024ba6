"""What a judged run left in its folder, read back for the window and the report: figures, answers, confusion, epochs.

Files may be missing, half of them, or damaged by hand: what cannot be read is left out, and nothing raises.
"""

from __future__ import annotations

import csv
import io
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from core.bundle_info import Words
from core.texts import label_name, tr
from core.train_records import ClassResult, Comparison, ComparisonVerdict, Epoch, Result
from core.train_runs import HISTORY_FILE, RESULT_FILE

log = logging.getLogger(__name__)

HEATMAPS_DIR = "heatmaps"
CLASSES_FILE, CONFUSION_FILE, PREDICTIONS_FILE = "per_class.csv", "confusion.csv", "predictions.csv"
PREDICTION_COLUMNS = (
    "path", "content", "truth", "said", "confidence", "said_2", "confidence_2", "other_said", "other_confidence",
)  # fmt: skip
CLASS_COLUMNS = (
    "label", "english", "french", "photographs", "right", "error", "precision", "recall", "f1", "confused_with",
    "confused",
)  # fmt: skip
_MOST_BYTES = 200_000_000
# Spreadsheets run a cell that begins with one of these, or with its wide form, as a formula (OWASP, CSV injection).
_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


@dataclass(frozen=True)
class PhotoAnswer:
    """One judged photograph: labels by id, confidences 0...1; `other_said` is the compared model's answer, or empty."""

    path: Path
    content: str
    truth: str
    said: str
    confidence: float
    said_2: str = ""
    confidence_2: float = 0.0
    other_said: str = ""
    other_confidence: float = 0.0

    @property
    def is_right(self) -> bool:
        return self.said == self.truth

    @property
    def got_better(self) -> bool:
        """Right, where the other model was wrong."""
        return bool(self.other_said) and self.is_right and self.other_said != self.truth

    @property
    def got_worse(self) -> bool:
        """Wrong, where the other model was right."""
        return bool(self.other_said) and not self.is_right and self.other_said == self.truth


@dataclass(frozen=True)
class ConfusionTable:
    """Counts by truth (row) and answer (column), both in the order of `labels` (ids), which is that of the picture."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def read_metrics(folder: Path) -> Result | None:
    """The judgement in this folder; None where there is none that can be read."""
    try:
        return Result.model_validate_json((folder / RESULT_FILE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        log.warning("%s cannot be read", folder / RESULT_FILE, exc_info=True)
        return None


def read_epochs(folder: Path) -> tuple[Epoch, ...]:
    """The epochs in history.jsonl; lines that are not whole, or damaged, are left out."""
    try:
        lines = (folder / HISTORY_FILE).read_bytes().splitlines()
    except OSError:
        return ()
    return tuple(epoch for line in lines if (epoch := _epoch(line)) is not None)


def _epoch(line: bytes) -> Epoch | None:
    try:
        return Epoch.model_validate_json(line) if line.strip() else None
    except ValidationError:
        return None


def read_answers(folder: Path) -> tuple[PhotoAnswer, ...]:
    """Every judged photograph, in the order of predictions.csv; lines that make no sense are left out."""
    rows = list(_rows(folder / PREDICTIONS_FILE))
    header = {name: place for place, name in enumerate(rows[0])} if rows else {}
    if not {"path", "truth", "said"} <= set(header):
        return ()
    answers = (_answer({name: row[place] for name, place in header.items() if place < len(row)}) for row in rows[1:])
    return tuple(answer for answer in answers if answer is not None)


def _answer(cells: dict[str, str]) -> PhotoAnswer | None:
    path, truth, said = (plain_cell(cells.get(name, "")) for name in ("path", "truth", "said"))
    if not (path and truth and said):
        return None
    return PhotoAnswer(
        Path(path),
        cells.get("content", ""),
        truth,
        said,
        _number(cells.get("confidence", "")),
        plain_cell(cells.get("said_2", "")),
        _number(cells.get("confidence_2", "")),
        plain_cell(cells.get("other_said", "")),
        _number(cells.get("other_confidence", "")),
    )


def read_confusion(folder: Path) -> ConfusionTable | None:
    """The confusion matrix, also one that is too large for metrics.json; None where it cannot be read."""
    rows = list(_rows(folder / CONFUSION_FILE))
    if len(rows) < 2 or len(rows) != len(rows[0]) or any(len(row) != len(rows) for row in rows):
        return None
    try:
        counts = tuple(tuple(int(cell) for cell in row[1:]) for row in rows[1:])
    except ValueError:
        return None
    return ConfusionTable(tuple(plain_cell(cell) for cell in rows[0][1:]), counts)


def in_cell(answers: Sequence[PhotoAnswer], truth: str, said: str) -> tuple[PhotoAnswer, ...]:
    """The photographs behind a cell of the confusion matrix, the surest first."""
    found = [one for one in answers if one.truth == truth and one.said == said]
    return tuple(sorted(found, key=lambda one: -one.confidence))


def names_of(classes: Sequence[ClassResult]) -> dict[str, str]:
    """What the labels are called in the present language, by their ids."""
    return {one.label: label_name(one) for one in classes}


def comparison_sentence(comparison: Comparison) -> str:
    """What came of the comparison with another model, plainly, in the present language."""
    if comparison.verdict is ComparisonVerdict.BETTER and comparison.worse == 1:
        said = tr("Better: {better} photographs right that were wrong, one wrong that was right.")
    elif comparison.verdict is ComparisonVerdict.WORSE and comparison.better == 1:
        said = tr("Worse: {worse} photographs wrong that were right, one right that was wrong.")
    elif comparison.verdict is ComparisonVerdict.BETTER:
        said = tr("Better: {better} photographs right that were wrong, {worse} wrong that were right.")
    elif comparison.verdict is ComparisonVerdict.WORSE:
        said = tr("Worse: {worse} photographs wrong that were right, {better} right that were wrong.")
    else:
        said = tr(
            "No clear difference: keep what you have. Right only now: {better}; right only before: {worse}. "
            "That may be chance."
        )
    return said.format(better=comparison.better, worse=comparison.worse)


def not_medical_words() -> str:
    """What stands on top of every page about a model of medical pictures."""
    return tr("Not a medical device: for learning and experiments only, never for decisions about anybody's health.")


def title_of(comparison: Comparison) -> str:
    """What the other model is called, in the present language."""
    return label_name(Words(en=comparison.title_en, fr=comparison.title_fr))


def safe_cell(text: str) -> str:
    """The text as a cell that no spreadsheet runs as a formula; `plain_cell` takes the apostrophe off again.

    >>> safe_cell("=1+1"), plain_cell(safe_cell("'=1")), safe_cell("dog")
    ("'=1+1", "'=1", 'dog')
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA_STARTS) else text


def plain_cell(cell: str) -> str:
    """The text of a cell that `safe_cell` made."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA_STARTS) else cell


def _rows(path: Path) -> Iterator[list[str]]:
    """The rows of a table; as far as it can be read."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return
    try:
        yield from (row for row in csv.reader(io.StringIO(text, newline="")) if row)
    except csv.Error:
        log.warning("%s is damaged", path)


def _number(cell: str) -> float:
    """A share as written; 0 where there is none."""
    try:
        number = float(cell)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0
