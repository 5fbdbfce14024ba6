"""report.html: the whole judgement as one page that needs nothing else, to be kept, printed or sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from core.about import NAME, VERSION
from core.bundles import BundleInfo
from core.figures import wilson_interval
from core.folders import replacing
from core.result_warnings import warning_sentences
from core.run_results import (
    PhotoAnswer,
    comparison_sentence,
    names_of,
    not_medical_words,
    read_epochs,
    title_of,
)
from core.texts import label_name, language, tr
from core.train_records import WHOLE, Comparison, Epoch, Phase, Result
from core.train_runs import REPORT_FILE
from training.report_charts import calibration_chart, curve_chart
from training.report_classes import class_table, confused_pairs, matrix_part
from training.report_photos import LARGE_PX, PhotoBudget, short_name
from training.report_style import STYLE
from training.report_words import count, decimal, duration, number, points, share, size_in_points

# Photographs of one cell, of what got better and of what got worse, and how many cells have a place on the page.
_MOST_OF_A_CELL, _MOST_CHANGED, MOST_CELLS = 6, 16, 1500
_MOST_MISTAKES = 24
# Smaller ones say no more.
_LEAST_P = 0.001


@dataclass(frozen=True)
class Page:
    """What the parts of the page are made from; `cells` are the photographs behind each wrong cell, surest first.

    With `has_strengths` the epochs are heads that were fitted with one strength after the other.
    """

    folder: Path
    result: Result
    info: BundleInfo
    answers: Sequence[PhotoAnswer]
    epochs: Sequence[Epoch]
    names: dict[str, str]
    cells: dict[tuple[str, str], list[PhotoAnswer]]
    has_strengths: bool = False
    budget: PhotoBudget = field(default_factory=PhotoBudget)

    def name(self, label: str) -> str:
        """What a label is called, fit for the page."""
        return escape(self.names.get(label, label))


def write_report(
    folder: Path, result: Result, info: BundleInfo, answers: Sequence[PhotoAnswer], has_strengths: bool = False
) -> None:
    """Write report.html into `folder`, in the language of the screen, with the heatmaps and the history there.

    `has_strengths` says that the history is head mode's. Raises OSError.
    """
    names = names_of(result.judgement.classes)
    page = Page(folder, result, info, answers, read_epochs(folder), names, _cells(answers), has_strengths)
    text = "".join(_page(page))
    with replacing(folder / REPORT_FILE) as file:
        file.write(text.encode("utf-8", "replace"))


def _cells(answers: Sequence[PhotoAnswer]) -> dict[tuple[str, str], list[PhotoAnswer]]:
    """The photographs of each wrong cell; the cells with the most photographs first."""
    counts = Counter((one.truth, one.said) for one in answers if not one.is_right)
    cells: dict[tuple[str, str], list[PhotoAnswer]] = {pair: [] for pair, _ in counts.most_common()}
    for one in sorted(answers, key=lambda one: -one.confidence):
        if not one.is_right:
            cells[one.truth, one.said].append(one)
    return cells


def _page(page: Page) -> Iterator[str]:
    result = page.result
    title = escape(f"{label_name(page.info.title)} ({result.model} {result.version})")
    yield (
        f'<!DOCTYPE html>\n<html lang="{language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}</style></head><body>"
    )
    if result.not_medical:
        yield f'<div class="medical" role="note">{escape(not_medical_words())}</div>'
    yield f"<h1>{title}</h1>"
    if result.judgement.photographs:
        yield f"<p>{escape(_on(page))}</p>"
        yield from _judged(page)
    else:
        yield _warnings(page)
    yield _footer(page)
    yield "</body></html>\n"


def _judged(page: Page) -> Iterator[str]:
    yield _navigation(page)
    if page.result.comparison is not None:
        comparison = page.result.comparison
        yield f'<div class="verdict {comparison.verdict.value}">{escape(comparison_sentence(comparison))}</div>'
    yield _tiles(page)
    yield _warnings(page)
    if page.result.comparison is not None:
        yield _compared(page, page.result.comparison)
    yield _certainty(page)
    if len(page.epochs) > 1:
        yield _curves(page)
    links = _links(page)
    yield matrix_part(page.result.judgement, page.names, page.answers, links)
    yield confused_pairs(page.names, {pair: len(photos) for pair, photos in page.cells.items()}, links)
    yield class_table(page.result.judgement, page.names, links)
    yield _mistakes(page)
    yield _photographs(page, links)


def _links(page: Page) -> dict[tuple[str, str], str]:
    """Where on the page each wrong cell is."""
    return {pair: f"cell-{place}" for place, pair in enumerate(list(page.cells)[:MOST_CELLS])}


def _on(page: Page) -> str:
    judgement = page.result.judgement
    if judgement.photographs == 1:
        return {
            "test": tr("How it answered on the one photograph that was kept for this test."),
            "validation": tr("How it answered on the one photograph that had also set its thresholds."),
            "folder": tr("How it answered on the one photograph whose class is known."),
        }[page.result.on]
    said = {
        "test": tr("How it answered on {count} photographs that were kept for this test and used once."),
        "validation": tr("How it answered on {count} photographs that had also set its thresholds."),
        "folder": tr("How it answered on {count} photographs whose classes are known."),
    }[page.result.on]
    return said.format(count=count(judgement.photographs))


def _navigation(page: Page) -> str:
    parts = [
        ("compared", tr("Beside the other model"), page.result.comparison is not None),
        ("certainty", tr("How sure"), True),
        ("curves", tr("Training"), len(page.epochs) > 1),
        ("matrix", tr("What is taken for what"), True),
        ("classes", tr("Classes"), True),
        ("mistakes", tr("Worst mistakes"), bool(page.result.judgement.mistakes)),
        ("photographs", tr("Photographs"), bool(page.cells)),
    ]
    links = (f'<a href="#{name}">{escape(text)}</a>' for name, text, is_there in parts if is_there)
    return f"<nav>{''.join(links)}</nav>"


def _warnings(page: Page) -> str:
    lines = "".join(f"<li>{escape(text)}</li>" for text in warning_sentences(page.result.warnings))
    return f'<ul class="warnings">{lines}</ul>' if lines else ""


def _tiles(page: Page) -> str:
    judgement = page.result.judgement
    low, high = wilson_interval(judgement.top1, judgement.photographs)
    right = sum(one.right for one in judgement.classes)
    first = tr(
        "Right at first: {right} of {total} photographs. Measured on many more, between {low} and {high} (95 %)."
    )
    if judgement.photographs == 1:
        first = tr("Right at first: {right} of one. Measured on many more, between {low} and {high} (95 %).")
    first = first.format(right=count(right), total=count(judgement.photographs), low=share(low), high=share(high))
    tiles = [
        (share(judgement.top1, 1), first),
        (share(judgement.top3, 1), tr("The right class among its first three answers.")),
        _sure_tile(page),
        (share(judgement.balanced_accuracy, 1), tr("Balanced accuracy: each class counts the same, large or small.")),
        (
            decimal(judgement.macro_f1),
            tr("Macro F1: the mean over the classes of how well each is found and not overused; 1 is perfect."),
        ),
        (share(judgement.ece, 1), tr("Calibration error: how far its percentages are off on average.")),
        (number(judgement.log_loss), tr("Log loss: grows when it is sure and wrong; 0 is perfect.")),
    ]
    cells = "".join(f'<div class="tile"><b>{value}</b><span>{escape(text)}</span></div>' for value, text in tiles)
    return f'<div class="tiles">{cells}</div>'


def _sure_tile(page: Page) -> tuple[str, str]:
    judgement = page.result.judgement
    if judgement.sure_right is None:
        return "–", tr("It was never sure here.")
    said = tr("Right when it was sure, which it was for {part} of the photographs; it promises {promised}.")
    return share(judgement.sure_right, 1), said.format(
        promised=share(judgement.promised), part=share(judgement.sure_share)
    )


def _compared(page: Page, one: Comparison) -> str:
    said = tr(
        "Both models answered the same {count} photographs. Right with both: {both}. Only with this one: {better}. "
        "Only with “{name}”: {worse}. With neither: {neither}."
    )
    text = said.format(
        count=count(one.photographs),
        both=count(one.both_right),
        better=count(one.better),
        name=title_of(one),
        worse=count(one.worse),
        neither=count(one.both_wrong),
    )
    figures = _difference(one)
    better = [answer for answer in page.answers if answer.got_better]
    worse = [answer for answer in page.answers if answer.got_worse]
    return (
        f'<h2 id="compared">{escape(tr("Beside “{name}”").format(name=title_of(one)))}</h2>'
        f"<p>{escape(text)}</p><p>{escape(figures)}</p>"
        f"{_changed(page, tr('Got better'), better)}{_changed(page, tr('Got worse'), worse)}"
    )


def _difference(one: Comparison) -> str:
    """How far apart both models are, and whether that can be chance."""
    if round(one.difference * 1000) == 0:
        more = tr("This model is as often right as the other (the difference lies between {low} and {high} points).")
    elif one.difference > 0:
        more = tr(
            "This model is {difference} points more often right (between {low} and {high} points, with 95 % "
            "confidence)."
        )
    else:
        more = tr(
            "This model is {difference} points less often right (between {low} and {high} points more often, with 95 % "
            "confidence)."
        )
    chance = tr("Chance alone would make a difference as large with a probability of {p} (McNemar's exact test).")
    ends = {"low": points(one.low), "high": points(one.high)}
    p = number(one.p) if one.p >= _LEAST_P else f"<\u00a0{number(_LEAST_P)}"
    return f"{more.format(difference=size_in_points(one.difference), **ends)} {chance.format(p=p)}"


def _changed(page: Page, title: str, answers: Sequence[PhotoAnswer]) -> str:
    if not answers:
        return ""
    shown = sorted(answers, key=lambda one: -max(one.confidence, one.other_confidence))[:_MOST_CHANGED]
    return f"<h3>{escape(title)}: {count(len(answers))}</h3>{_row(page, shown, is_compared=True)}"


def _certainty(page: Page) -> str:
    said = tr(
        "Each dot is a range of its answers, the larger the more. On the dashed line, percentages mean what they "
        "say. Below it, it is too sure of itself. The bars show what chance allows with so few photographs."
    )
    judgement = page.result.judgement
    promise = ""
    if 0 < judgement.sure_from < 1:
        text = tr("It says “sure” from {threshold} on, and promises to be right {promised} of the time then.")
        promise = escape(text.format(threshold=share(judgement.sure_from), promised=share(judgement.promised)))
    return (
        f'<h2 id="certainty">{escape(tr("How sure, and how right"))}</h2><div class="charts"><figure>'
        f"{calibration_chart(judgement)}</figure><div><p>{escape(said)}</p><p>{promise}</p></div></div>"
    )


def _curves(page: Page) -> str:
    below = tr("Strength tried") if page.has_strengths else tr("Epoch")
    loss = curve_chart(page.epochs, lambda one: (one.loss, one.validation_loss), below, is_share=False)
    right = curve_chart(page.epochs, lambda one: (one.accuracy, one.validation_accuracy), below, is_share=True)
    lines = []
    if page.has_strengths:
        lines.append(
            tr("Each dot is a head that believes the photographs more strongly; the best on validation was taken.")
        )
    elif page.result.seconds_per_epoch is not None:
        said = tr("Epochs: {count}, {seconds} each on average.")
        seconds = duration(page.result.seconds_per_epoch)
        lines.append(said.format(count=count(len(page.epochs)), seconds=seconds))
    if len({epoch.phase for epoch in page.epochs}) > 1:
        lines.append(tr("Left of the upright line the head alone was trained, right of it the last layers too."))
    return (
        f'<h2 id="curves">{escape(tr("Training"))}</h2><p>{escape(" ".join(lines))}</p><div class="charts">'
        f"<figure><figcaption>{escape(tr('Accuracy'))}</figcaption>{right}</figure>"
        f"<figure><figcaption>{escape(tr('Loss'))}</figcaption>{loss}</figure></div>"
    )


def _mistakes(page: Page) -> str:
    mistakes = page.result.judgement.mistakes[:_MOST_MISTAKES]
    if not mistakes:
        return ""
    said = tr("The wrong answers that it was surest of. Coloured is what spoke for the wrong answer.")
    cards = []
    for one in mistakes:
        pictures = page.budget.picture(Path(one.path), LARGE_PX)
        if one.heatmap:
            pictures += page.budget.file(page.folder / one.heatmap)
        text = escape(tr("{truth}, taken for {said} ({confidence})")).format(
            truth=f"<b>{page.name(one.truth)}</b>",
            said=f"<b>{page.name(one.said)}</b>",
            confidence=share(one.confidence),
        )
        cards.append(
            f'<div class="mistake"><div class="pair">{pictures}</div>{text}<br>{short_name(Path(one.path))}</div>'
        )
    title = escape(tr("Worst mistakes"))
    return f'<h2 id="mistakes">{title}</h2><p>{escape(said)}</p><div class="photos">{"".join(cards)}</div>'


def _photographs(page: Page, links: dict[tuple[str, str], str]) -> str:
    """The photographs behind the wrong cells, class by class in the order of the matrix."""
    if not page.cells:
        return ""
    order = {page.result.judgement.classes[place].label: n for n, place in enumerate(page.result.judgement.order)}
    last = len(order)
    # The page's room goes to the cells with the most photographs first, whatever their place on it.
    rows = {pair: _row(page, page.cells[pair][:_MOST_OF_A_CELL]) for pair in links}
    parts = [f'<h2 id="photographs">{escape(tr("The photographs behind the mistakes"))}</h2>']
    for pair in sorted(links, key=lambda pair: (order.get(pair[0], last), order.get(pair[1], last))):
        text = escape(tr("{truth}, taken for {said}: {count}")).format(
            truth=page.name(pair[0]), said=page.name(pair[1]), count=count(len(page.cells[pair]))
        )
        parts.append(f'<section id="{links[pair]}"><h3>{text}</h3>{rows[pair]}</section>')
    return "".join(parts)


def _row(page: Page, answers: Sequence[PhotoAnswer], is_compared: bool = False) -> str:
    """Photographs side by side; beyond the page's room only their names."""
    parts = []
    for one in answers:
        if is_compared:
            text = escape(tr("{truth}. This model: {said}. The other: {other}.")).format(
                truth=f"<b>{page.name(one.truth)}</b>", said=page.name(one.said), other=page.name(one.other_said)
            )
        else:
            text = share(one.confidence)
        parts.append(f'<div class="photo">{page.budget.picture(one.path)}{text}<br>{short_name(one.path)}</div>')
    return f'<div class="photos">{"".join(parts)}</div>'


def _footer(page: Page) -> str:
    result = page.result
    words = {"train": tr("to learn from"), "validation": tr("for validation"), "test": tr("for the test")}
    counts = [f"{count(number)} {words[part]}" for part, number in result.counts.items() if part in words]
    phases = {
        Phase.HEAD.value: tr("head"),
        Phase.LAYERS.value: tr("layers"),
        Phase.CALIBRATING.value: tr("calibration"),
        Phase.JUDGING.value: tr("judgement"),
        Phase.REPORTING.value: tr("report"),
        WHOLE: tr("everything together"),
    }
    times = [f"{phases[name]} {duration(seconds)}" for name, seconds in result.seconds.items() if name in phases]
    lines = [
        f"{tr('Photographs')}: {', '.join(counts)}" if counts else "",
        f"{tr('Time')}: {', '.join(times)}" if times else "",
        tr(
            "Its network had learned from published photographs before: on photographs of well-known public "
            "collections, which may be among them, these figures are too kind."
        )
        if result.is_pretrained
        else "",
        f"{NAME} {VERSION}, {page.info.date.isoformat()}",
    ]
    return f"<footer>{'<br>'.join(escape(line) for line in lines if line)}</footer>"
