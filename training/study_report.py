"""What a study found, as files: results.csv, results.md, the curves as SVG, and one page with it all: report.html."""

from __future__ import annotations

import base64
import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from core.about import NAME, VERSION
from core.folders import replacing
from core.run_results import names_of, not_medical_words, read_answers
from core.study_presets import Preset, StudyComparison
from core.texts import label_name, language, tr
from core.train_records import DataReport, FindingKind, Judgement
from core.train_runs import BOARD_DIR, PREVIEW_FILE, REPORT_FILE, read_data_report, run_at
from training.report_matrix import MOST_CLASSES, matrix
from training.report_style import STYLE
from training.report_words import count
from training.study_charts import charts_of
from training.study_records import RowStatus, StudyState
from training.study_tables import (
    CSV_FILE,
    MARKDOWN_FILE,
    RUNS_DIR,
    Line,
    by_comparison,
    cells_in_words,
    command_of,
    cut,
    external_problems,
    generalisation_warnings,
    headings,
    lines_of,
    quick_words,
    write_csv,
    write_markdown,
)

log = logging.getLogger(__name__)

# Pictures that training.study_pictures makes, and what they are called on the page.
COPIES_FILE: Final = "copies.png"
TRANSFORMED_FILE: Final = "transformed.png"
_MOST_MISSING: Final = 40

_MORE_STYLE: Final = """
.best td { font-weight: 600; }
.failed td { color: var(--faint); }
details { margin: .4rem 0; } summary { cursor: pointer; color: var(--link); }
.wide th:first-child, .wide td:first-child { min-width: 8rem; }
.heat td.n { min-width: 3.2rem; }
.shown { max-width: 100%; background: #ffffff; }
.charts.wide-charts { grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
"""


@dataclass(frozen=True)
class Page:
    """What the parts of the page are made from; `report` says what the photographs are like."""

    folder: Path
    preset: Preset
    state: StudyState
    lines: Sequence[Line]
    report: DataReport | None

    @property
    def has_external(self) -> bool:
        """Whether any variant answered on photographs from elsewhere."""
        return any(line.row.external is not None for line in self.lines)


def write_results(folder: Path, preset: Preset, state: StudyState) -> None:
    """Write all tables, pictures and the page into the study's folder, of what there is so far. Raises OSError."""
    lines = lines_of(folder, preset, state)
    write_csv(folder / CSV_FILE, lines)
    write_markdown(folder / MARKDOWN_FILE, preset, state, lines)
    for comparison, group in by_comparison(lines):
        foot = not_medical_words() if preset.not_medical else ""
        for kind, drawn in charts_of(group, foot).items():
            with replacing(folder / f"curves-{comparison.name}-{kind}.svg") as file:
                file.write(drawn.encode("utf-8", "replace"))
    first = next((line.folder for line in lines if line.folder), None)
    page = Page(folder, preset, state, lines, read_data_report(run_at(first)) if first else None)
    with replacing(folder / REPORT_FILE) as file:
        file.write("".join(_page(page)).encode("utf-8", "replace"))


def _page(page: Page) -> Iterator[str]:
    title = escape(label_name(page.preset.title))
    yield (
        f'<!DOCTYPE html>\n<html lang="{language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}{_MORE_STYLE}</style></head><body>"
    )
    if page.preset.not_medical:
        yield f'<div class="medical" role="note">{escape(not_medical_words())}</div>'
    yield f"<h1>{title}</h1><p>{escape(label_name(page.preset.about))}</p>"
    yield f'<p class="faint small">{escape(_when(page.state))}<br><code>{escape(command_of(page.state))}</code></p>'
    groups = by_comparison(page.lines)
    links = "".join(
        f'<a href="#{one.name}">{escape(label_name(one.title))}</a>' for one, _ in groups
    )  # fmt: skip
    yield f'<nav>{links}<a href="#photographs">{escape(tr("Photographs"))}</a></nav>'
    yield _warnings(page)
    for comparison, group in groups:
        yield from _comparison(page, comparison, group)
    yield from _photographs(page)
    yield _footer()
    yield "</body></html>\n"


def _when(state: StudyState) -> str:
    begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(state.begun))
    done = sum(row.status is not RowStatus.WAITING for row in state.rows)
    return tr("Begun {begun}; {done} of {total} variants have had their turn.").format(
        begun=begun, done=done, total=len(state.rows)
    )


def _warnings(page: Page) -> str:
    told = [quick_words()] if page.state.asked.quick else []
    leaks = page.report.counts_of_findings.get(FindingKind.LEAK, 0) if page.report else 0
    if leaks:
        said = tr(
            "The same picture, or nearly, is in two official parts {count} times. What would be seen on both sides was "
            "left out of training."
        )
        told.append(said.format(count=count(leaks)))
    told += [*generalisation_warnings(page.lines), *external_problems(page.lines)]
    items = "".join(f"<li>{escape(text)}</li>" for text in told)
    return f'<ul class="warnings">{items}</ul>' if items else ""


# -- A comparison ------------------------------------------------------------------------------------------------------


def _comparison(page: Page, comparison: StudyComparison, lines: Sequence[Line]) -> Iterator[str]:
    yield f'<h2 id="{comparison.name}">{escape(label_name(comparison.title))}</h2>'
    if comparison.note is not None:
        yield f"<p>{escape(label_name(comparison.note))}</p>"
    yield _table(page, lines)
    yield f"<p><b>{escape(tr('What differs:'))}</b> {escape(label_name(comparison.differs))}</p>"
    notes = [(line.name, label_name(line.variant.note)) for line in lines if line.variant.note is not None]
    yield "".join(f"<p><b>{escape(name)}</b>: {escape(note)}</p>" for name, note in notes)
    charts = charts_of(lines)
    if charts:
        heads = [line.name for line in lines if line.is_head and line.epochs]
        if heads and len(heads) < sum(1 for line in lines if line.epochs):
            said = tr("Heads on stored vectors have no epochs, and so no curve: {names}.")
            yield f"<p>{escape(said.format(names=', '.join(heads)))}</p>"
        figures = "".join(f"<figure>{drawn}</figure>" for drawn in charts.values())
        yield f'<div class="charts wide-charts">{figures}</div>'
    judged = [line for line in lines if line.result is not None and line.result.judgement.photographs]
    if judged:
        yield _errors(judged)
        yield "".join(map(_matrix, judged))


def _table(page: Page, lines: Sequence[Line]) -> str:
    names = headings(page.has_external)
    head = "".join(f'<th class="{"n" if place else ""}">{escape(name)}</th>' for place, name in enumerate(names))
    most = max((line.test for line in lines if line.test is not None), default=None)
    rows = []
    for line in lines:
        cells = cells_in_words(line, page.has_external)
        kind = "failed" if line.row.status is not RowStatus.DONE else "best" if line.test == most else ""
        if kind == "failed":
            reason = f'<td colspan="{len(cells) - 2}">{escape(cells[1])}</td>'
            rows.append(f'<tr class="failed"><td>{escape(cells[0])}</td>{reason}<td class="n">{cells[-1]}</td></tr>')
            continue
        data = "".join(f'<td class="{"n" if place else ""}">{escape(cell)}</td>' for place, cell in enumerate(cells))
        rows.append(f'<tr class="{kind}">{data}</tr>')
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _errors(lines: Sequence[Line]) -> str:
    """How many in a hundred of each class each variant had wrong: a row a class, a column a variant."""
    names: dict[str, str] = {}
    for line in lines:
        names |= names_of(_judgement(line).classes)
    shares = [{one.label: one.recall for one in _judgement(line).classes} for line in lines]
    head = "".join(f'<th class="n">{escape(line.name)}</th>' for line in lines)
    rows = []
    for label, name in names.items():
        cells = "".join(_error_cell(recalls.get(label)) for recalls in shares)
        rows.append(f"<tr><td>{escape(name)}</td>{cells}</tr>")
    table = f'<table class="heat"><thead><tr><th></th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    return f'<details><summary>{escape(tr("Error in each class"))}</summary><div class="wide">{table}</div></details>'


def _error_cell(recall: float | None) -> str:
    if recall is None:
        return '<td class="n">–</td>'
    error = 1 - recall
    shade = f"background:color-mix(in srgb, var(--wrong) {round(error * 60)}%, transparent)"
    return f'<td class="n" style="{shade}">{escape(cut(error))}</td>'


def _judgement(line: Line) -> Judgement:
    assert line.result is not None
    return line.result.judgement


def _matrix(line: Line) -> str:
    assert line.folder is not None
    judgement = _judgement(line)
    answers = read_answers(line.folder)
    counts = Counter((one.truth, one.said) for one in answers)
    met = {label for pair in counts for label in pair}
    order = [label for place in judgement.order if (label := judgement.classes[place].label) in met]
    title = tr("What is taken for what: {name}").format(name=line.name)
    if len(order) > MOST_CLASSES:
        said = tr("{title}: with {count} classes, in the variant's own report, in the folder {folder}.")
        return f"<p>{escape(said.format(title=title, count=len(order), folder=f'{RUNS_DIR}/{line.row.run}'))}</p>"
    return (
        f"<details><summary>{escape(title)}</summary>{matrix(order, names_of(judgement.classes), counts, {})}</details>"
    )


# -- The photographs ---------------------------------------------------------------------------------------------------


def _photographs(page: Page) -> Iterator[str]:
    yield f'<h2 id="photographs">{escape(tr("Photographs"))}</h2>'
    for name, text in (
        (COPIES_FILE, tr("Copies: what augmentation makes of a photograph, each change by itself.")),
        (PREVIEW_FILE, tr("What the network sees while it learns, all changes together.")),
        (TRANSFORMED_FILE, tr("What classic image processing sees.")),
    ):
        yield _picture(page.folder / name, text)
    report = page.report
    if report is None:
        return
    yield f"<p>{escape(_counted(report))}</p>"
    missing = [one for one in report.findings if one.kind is FindingKind.MISSING]
    if missing:
        total = report.counts_of_findings.get(FindingKind.MISSING, len(missing))
        said = tr("Rows without a picture: {count}. They are left out.").format(count=count(total))
        items = "".join(
            f"<li>{escape(' · '.join((*one.paths, one.suggestion)))}</li>" for one in missing[:_MOST_MISSING]
        )
        yield f'<details><summary>{escape(said)}</summary><ul class="small">{items}</ul></details>'
    heads = (tr("Class"), tr("all"), tr("to learn from"), tr("for validation"), tr("for the test"))
    head = "".join(f'<th class="{"n" if place else ""}">{escape(text)}</th>' for place, text in enumerate(heads))
    rows = "".join(
        f"<tr><td>{escape(label_name(one))}</td>"
        + "".join(f'<td class="n">{count(n)}</td>' for n in (one.photographs, one.train, one.validation, one.test))
        + "</tr>"
        for one in report.classes
        if one.photographs
    )
    yield f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _counted(report: DataReport) -> str:
    found = report.counts_of_findings
    said = tr(
        "{photographs} photographs, shared out once for all variants; {left_out} left out, {unreadable} unreadable. "
        "Look-alikes found: {alike}; the same file twice: {twice}; in two official parts: {leaks}."
    )
    return said.format(
        photographs=count(report.photographs), left_out=count(report.left_out), unreadable=count(report.unreadable),
        alike=count(found.get(FindingKind.LOOK_ALIKE, 0)), twice=count(found.get(FindingKind.DUPLICATE, 0)),
        leaks=count(found.get(FindingKind.LEAK, 0)),
    )  # fmt: skip


def _picture(path: Path, text: str) -> str:
    try:
        data = base64.b64encode(path.read_bytes()).decode()
    except OSError:
        return ""
    image = f'<img class="shown" alt="{escape(text)}" src="data:image/png;base64,{data}">'
    return f"<figure>{image}<figcaption>{escape(text)}</figcaption></figure>"


def _footer() -> str:
    lines = [
        tr("Each variant is a run with a report of its own, in the folder {folder}.").format(folder=RUNS_DIR),
        tr("Its curves in TensorBoard: tensorboard --logdir {folder}").format(folder=f"{RUNS_DIR}/RUN/{BOARD_DIR}"),
        tr("Shares are cut off after one digit, never rounded up. Ranges are Wilson's, of 95 %."),
        f"{NAME} {VERSION}",
    ]
    return f"<footer>{'<br>'.join(escape(line) for line in lines)}</footer>"
