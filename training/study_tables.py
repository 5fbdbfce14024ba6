"""The results of a study as tables: a line for each variant, as CSV and as Markdown.

Shares are cut off after one digit of percent, never rounded up.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from core.figures import wilson_interval
from core.folders import replacing
from core.run_results import not_medical_words, read_epochs, read_metrics, safe_cell
from core.study_presets import Preset, StudyComparison, Variant, variant_words
from core.texts import label_name, language, tr
from core.train_config import Mode, TrainConfig
from core.train_records import Epoch, Result
from core.train_runs import run_at
from training.report_words import duration, number
from training.study_records import Row, RowStatus, StudyState

RUNS_DIR: Final = "runs"
CSV_FILE, MARKDOWN_FILE = "results.csv", "results.md"
COLUMNS: Final = (
    "comparison", "variant", "status", "network", "mode", "classes", "trained_on", "epochs", "validation_accuracy",
    "test_accuracy", "test_photographs", "test_low", "test_high", "macro_f1", "external_accuracy",
    "external_photographs", "seconds_per_epoch_training", "seconds_per_epoch_validation", "seconds", "theirs",
    "theirs_to", "theirs_on", "reason", "run",
)  # fmt: skip
_NOTHING: Final = "–"


@dataclass(frozen=True)
class Line:
    """One variant with all that its run left; `result` is None where it has none (yet)."""

    comparison: StudyComparison
    variant: Variant
    row: Row
    folder: Path | None
    config: TrainConfig | None
    result: Result | None
    epochs: Sequence[Epoch]

    @property
    def name(self) -> str:
        """What it is called on the screen."""
        return label_name(variant_words(self.variant))

    @property
    def is_head(self) -> bool:
        """Whether its epochs are strengths that head mode tried."""
        return self.config is not None and self.config.fit.mode is Mode.HEAD

    @cached_property
    def best(self) -> Epoch | None:
        """The epoch whose weights were taken; None without validation photographs."""
        judged = [epoch for epoch in self.epochs if epoch.validation_loss is not None]
        return min(judged, key=lambda epoch: epoch.validation_loss or 0.0, default=None)

    @property
    def validation(self) -> float | None:
        """The share of the validation photographs that the weights taken had right."""
        return self.best.validation_accuracy if self.best else None

    @property
    def test(self) -> float | None:
        """The share of the test photographs that were right; None where it was not judged on such."""
        return self.result.judgement.top1 if self.result and self.result.on == "test" else None

    @property
    def training_s(self) -> float | None:
        """Seconds of an epoch in training, on average; head mode has no epochs."""
        if self.is_head or not self.epochs:
            return None
        return sum(epoch.seconds - epoch.validation_seconds for epoch in self.epochs) / len(self.epochs)

    @property
    def validation_s(self) -> float | None:
        """Seconds of an epoch in validation, on average."""
        if self.is_head or not self.epochs:
            return None
        return sum(epoch.validation_seconds for epoch in self.epochs) / len(self.epochs)


def lines_of(folder: Path, preset: Preset, state: StudyState) -> list[Line]:
    """A line for each row of a study, with what its run says."""
    comparisons = {one.name: one for one in preset.comparisons}
    lines = []
    for row in state.rows:
        comparison = comparisons[row.comparison]
        variant = next(one for one in comparison.variants if one.name == row.variant)
        run = folder / RUNS_DIR / row.run if row.run else None
        is_done = run is not None and row.status is RowStatus.DONE
        config = run_at(run).config if run is not None else None
        result = read_metrics(run) if run is not None and is_done else None
        lines.append(Line(comparison, variant, row, run, config, result, read_epochs(run) if run else ()))
    return lines


def write_csv(path: Path, lines: Sequence[Line]) -> None:
    """Write results.csv. Raises OSError."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    table.writerows([safe_cell(cell) for cell in _cells(line)] for line in lines)
    with replacing(path) as file:
        file.write(text.getvalue().encode("utf-8", "backslashreplace"))


def _cells(line: Line) -> tuple[str, ...]:
    result, config, row = line.result, line.config, line.row
    judged = result.judgement if result else None
    low, high = wilson_interval(line.test, judged.photographs) if judged and line.test is not None else (None, None)
    return (
        row.comparison,
        row.variant,
        row.status.value,
        config.network.backbone if config else "",
        config.fit.mode.value if config else "",
        str(len(judged.classes)) if judged else "",
        str(result.counts.get("train", "")) if result else "",
        "" if line.is_head or not line.epochs else str(len(line.epochs)),
        *(_figure(value) for value in (line.validation, line.test)),
        str(judged.photographs) if judged and line.test is not None else "",
        *(_figure(value) for value in (low, high, judged.macro_f1 if judged else None, row.external)),
        str(row.external_on) if row.external is not None else "",
        *(_figure(value, 2) for value in (line.training_s, line.validation_s)),
        f"{row.seconds:.1f}" if row.seconds else "",
        *(_figure(value) for value in (line.variant.theirs, line.variant.theirs_to)),
        line.variant.theirs_on if line.variant.theirs is not None else "",
        row.problem,
        row.run,
    )


def _figure(value: float | None, digits: int = 4) -> str:
    return "" if value is None else f"{value:.{digits}f}"


# -- In words ----------------------------------------------------------------------------------------------------------


def cut(part: float) -> str:
    """A share in percent, cut off after one digit.

    >>> cut(0.9699).replace(chr(160), "_"), cut(1.0).replace(chr(160), "_")
    ('96.9_%', '100.0_%')
    """
    tenths = int(part * 1000 + 1e-6)
    text = f"{tenths // 10}.{tenths % 10}"
    return f"{text.replace('.', ',')}\u202f%" if language() == "fr" else f"{text}\u00a0%"


def headings(has_external: bool) -> list[str]:
    """The columns in the language of the screen."""
    named = [tr("variant"), tr("validation"), tr("test"), tr("test, 95 % range")]
    if has_external:
        named.append(tr("from elsewhere"))
    return [*named, tr("s per epoch: training"), tr("validation (s)"), tr("all in all"), tr("theirs")]


def cells_in_words(line: Line, has_external: bool) -> list[str]:
    """The same columns of one variant; a failed one has its reason in the second."""
    row = line.row
    if row.status is not RowStatus.DONE:
        said = tr("not run: {reason}").format(reason=row.problem) if row.problem else tr("not yet")
        return [line.name, said, *[_NOTHING] * (5 + has_external), theirs(line.variant)]
    ours = [_NOTHING if value is None else cut(value) for value in (line.validation, line.test)]
    outside = [_NOTHING if row.external is None else cut(row.external)] if has_external else []
    seconds = [_NOTHING if value is None else number(value) for value in (line.training_s, line.validation_s)]
    return [line.name, *ours, _range(line), *outside, *seconds, duration(row.seconds), theirs(line.variant)]


def _range(line: Line) -> str:
    if line.result is None or line.test is None:
        return _NOTHING
    low, high = wilson_interval(line.test, line.result.judgement.photographs)
    return f"{cut(low)} … {cut(high)}"


def theirs(variant: Variant) -> str:
    """Their published figure, as they give it."""
    if variant.theirs is None:
        return _NOTHING
    figure = cut(variant.theirs)
    if variant.theirs_to is not None:
        figure = f"{figure} … {cut(variant.theirs_to)}"
    if variant.theirs_on == "validation":
        return tr("{figure} (validation)").format(figure=figure)
    return figure


def by_comparison(lines: Sequence[Line]) -> list[tuple[StudyComparison, list[Line]]]:
    """The lines of each comparison."""
    found: dict[str, tuple[StudyComparison, list[Line]]] = {}
    for line in lines:
        found.setdefault(line.comparison.name, (line.comparison, []))[1].append(line)
    return list(found.values())


def write_markdown(path: Path, preset: Preset, state: StudyState, lines: Sequence[Line]) -> None:
    """Write results.md. Raises OSError."""
    with replacing(path) as file:
        file.write(("\n".join(_markdown(preset, state, lines)) + "\n").encode("utf-8", "replace"))


def _markdown(preset: Preset, state: StudyState, lines: Sequence[Line]) -> Iterator[str]:
    yield f"# {label_name(preset.title)}"
    yield ""
    if preset.not_medical:
        yield from (f"**{not_medical_words()}**", "")
    yield from (f"`{command_of(state)}`", "")
    if state.asked.quick:
        yield from (quick_words(), "")
    for told in (*generalisation_warnings(lines), *external_problems(lines)):
        yield from (f"**{told}**", "")
    has_external = any(line.row.external is not None for line in lines)
    for comparison, group in by_comparison(lines):
        yield from (f"## {label_name(comparison.title)}", "")
        names = headings(has_external)
        yield f"| {' | '.join(names)} |"
        yield f"|---|{'---:|' * (len(names) - 1)}"
        for line in group:
            yield f"| {' | '.join(cell.replace('|', '/') for cell in cells_in_words(line, has_external))} |"
        yield from ("", f"{tr('What differs:')} {label_name(comparison.differs)}", "")


def command_of(state: StudyState) -> str:
    """The command that asks for the same, without the folders of this computer.

    Its folders are called by what they are.
    """
    asked = state.asked
    parts = ["main.py study", asked.name, "--data DATA"]
    parts += ["--quick"] * asked.quick
    parts += [f"--only {name}" for name in asked.only]
    named = (
        ("--weights WEIGHTS", asked.weights),
        ("--external FOLDER", asked.external),
        ("--other FOLDER", asked.other),
    )
    return " ".join([*parts, *(text for text, value in named if value)])


def generalisation_warnings(lines: Sequence[Line]) -> list[str]:
    """A sentence for each model that is clearly worse on photographs from elsewhere: the two 95 % ranges are apart."""
    found = []
    for line in lines:
        if line.row.external is None or line.test is None or line.result is None:
            continue
        low, _ = wilson_interval(line.test, line.result.judgement.photographs)
        _, high = wilson_interval(line.row.external, line.row.external_on)
        if high < low:
            said = tr(
                "{name} does not generalise: {test} right on photographs held out, {external} on those from elsewhere."
            )
            found.append(said.format(name=line.name, test=cut(line.test), external=cut(line.row.external)))
    return found


def external_problems(lines: Sequence[Line]) -> list[str]:
    """Why models could not be judged on the photographs from elsewhere, each reason once."""
    reasons = dict.fromkeys(line.row.external_problem for line in lines if line.row.external_problem)
    said = tr("There is no test on the photographs from elsewhere: {reason}")
    return [said.format(reason=reason) for reason in reasons]


def quick_words() -> str:
    """What to know about a quick try."""
    return tr(
        "A quick try with few classes, photographs and epochs: it shows that everything runs, and its figures say "
        "little about the networks."
    )
