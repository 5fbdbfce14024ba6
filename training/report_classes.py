"""The parts of report.html about classes: the matrix, which are taken for which, and each by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from core.run_results import PhotoAnswer
from core.texts import tr
from core.train_records import ClassResult, Judgement
from training.report_matrix import MOST_CLASSES, Pair, matrix
from training.report_words import count, decimal, share

_MOST_PAIRS = 20


def matrix_part(
    judgement: Judgement, names: Mapping[str, str], answers: Sequence[PhotoAnswer], links: Mapping[Pair, str]
) -> str:
    """The confusion matrix of the classes that are met here; nothing but a sentence where they are too many."""
    counts = Counter((one.truth, one.said) for one in answers)
    met = {label for pair in counts for label in pair}
    order = [label for place in judgement.order if (label := judgement.classes[place].label) in met]
    rows = {one.label: f"class-{place}" for place, one in enumerate(judgement.classes)}
    right = {(label, label): rows[label] for label in order}
    said = tr(
        "Rows are what the photographs show, columns what was answered; classes that are taken for each other lie side "
        "by side. Blue is right, orange wrong. Click a cell to see its photographs."
    )
    drawn = matrix(order, names, counts, {**right, **links}) if len(order) <= MOST_CLASSES else ""
    if not drawn:
        said = tr("{count} classes are too many for a picture: the whole matrix is in {file}.")
        said = said.format(count=count(len(order)), file="confusion.csv")
    return f'<h2 id="matrix">{escape(tr("What is taken for what"))}</h2><p>{escape(said)}</p>{drawn}'


def confused_pairs(names: Mapping[str, str], cells: Mapping[Pair, int], links: Mapping[Pair, str]) -> str:
    """The classes that are taken for each other most, both ways together."""
    both: Counter[Pair] = Counter()
    for (truth, said), number_of in cells.items():
        both[min(truth, said), max(truth, said)] += number_of
    rows = []
    for (one, other), total in both.most_common(_MOST_PAIRS):
        if total < 2:
            break
        ways = [(one, other), (other, one)]
        texts = [_way(pair, names, cells, links) for pair in sorted(ways, key=lambda pair: -cells.get(pair, 0))]
        rows.append(f'<tr><td class="n">{count(total)}</td><td>{"<br>".join(text for text in texts if text)}</td></tr>')
    if not rows:
        return ""
    heading = escape(tr("Taken for each other most often"))
    return f"<h3>{heading}</h3><table>{''.join(rows)}</table>"


def _way(pair: Pair, names: Mapping[str, str], cells: Mapping[Pair, int], links: Mapping[Pair, str]) -> str:
    if not cells.get(pair):
        return ""
    text = escape(tr("{truth}, taken for {said}: {count}")).format(
        truth=escape(names.get(pair[0], pair[0])), said=escape(names.get(pair[1], pair[1])), count=count(cells[pair])
    )
    return f'<a href="#{links[pair]}">{text}</a>' if pair in links else text


def class_table(judgement: Judgement, names: Mapping[str, str], links: Mapping[Pair, str]) -> str:
    """Each class with photographs, the one with the most mistakes in a hundred first."""
    seen = [(place, one) for place, one in enumerate(judgement.classes) if one.photographs]
    seen.sort(key=lambda item: (item[1].recall or 0.0, -item[1].photographs, names.get(item[1].label, "")))
    heads = [
        (tr("Class"), ""), (tr("Photographs"), "n"), (tr("Wrong"), "n"), ("", ""), (tr("Precision"), "n"),
        (tr("F1"), "n"), (tr("Taken for most often"), ""),
    ]  # fmt: skip
    head = "".join(f'<th class="{kind}">{escape(text)}</th>' for text, kind in heads)
    rows = "".join(_class_row(place, one, names, links) for place, one in seen)
    said = tr("Precision: how often it was right when it said this class. F1 joins that with how many it found.")
    table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    return f'<h2 id="classes">{escape(tr("Error in each class"))}</h2><p>{escape(said)}</p>{table}'


def _class_row(place: int, one: ClassResult, names: Mapping[str, str], links: Mapping[Pair, str]) -> str:
    error = 1 - (one.recall or 0.0)
    confused = ""
    if one.confused:
        text = escape(f"{names.get(one.confused_with, one.confused_with)} ({count(one.confused)})")
        link = links.get((one.label, one.confused_with), "")
        confused = f'<a href="#{link}">{text}</a>' if link else text
    precision = "–" if one.precision is None else share(one.precision)
    wrong = one.photographs - one.right
    name = escape(names.get(one.label, one.label))
    return (
        f'<tr id="class-{place}"><td>{name}</td><td class="n">{count(one.photographs)}</td>'
        f'<td class="n">{count(wrong)} ({share(error)})</td>'
        f'<td><span class="bar"><i style="width:{error * 100:.1f}%"></i></span></td>'
        f'<td class="n">{precision}</td><td class="n">{decimal(one.f1)}</td><td>{confused}</td></tr>'
    )
