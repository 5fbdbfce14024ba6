"""The confusion matrix of report.html: a picture whose cells lead to their photographs, for two classes or hundreds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import sqrt

from core.texts import tr

# Beyond, a cell would be smaller than what can be seen or hit.
MOST_CLASSES = 300
# Up to so many classes, a cell's side in pixels.
_SIDES = ((8, 46), (16, 34), (30, 24), (60, 16), (130, 10), (MOST_CLASSES, 6))
_LEAST_NUMBERED_PX, _LEAST_NAMED_PX = 16, 10
_LONGEST_NAME, _LETTER = 32, 0.56
_FAINTEST = 0.18

# From here on, figures in a cell are in the colour of the paper.
_STRONG = 0.62

Pair = tuple[str, str]


@dataclass(frozen=True)
class _Layout:
    """A cell's side, the room for names above and on the left, the names' size (0: none), in pixels."""

    side: int
    room: int
    text_px: float


def matrix(
    order: Sequence[str], names: Mapping[str, str], counts: Mapping[Pair, int], links: Mapping[Pair, str]
) -> str:
    """The matrix as SVG: truth by row, answer by column, both in `order` (ids); `counts` and `links` by truth, answer.

    Classes without a photograph have no row, those that were never answered and have no row no column. Right answers
    are blue, mistakes orange, the stronger the larger their part of the row. Cells that are linked lead to their place
    on the page.
    """
    columns = {label: place for place, label in enumerate(order)}
    totals: Counter[str] = Counter()
    for (truth, _said), number in counts.items():
        totals[truth] += number
    rows = {label: place for place, label in enumerate(label for label in order if totals[label])}
    layout = _layout(len(order), [_cut(names.get(label, label)) for label in order])
    parts = [_ground(len(rows), len(columns), layout)]
    if layout.text_px:
        parts += [_row_name(names.get(label, label), place, layout) for label, place in rows.items()]
        parts += [_column_name(names.get(label, label), place, layout) for label, place in columns.items()]
    for (truth, said), number in sorted(counts.items()):
        if number and truth in rows and said in columns:
            part = number / totals[truth]
            cell = _cell(rows[truth], columns[said], "hit" if truth == said else "miss", number, part, layout)
            title = _title(names.get(truth, truth), names.get(said, said), number, totals[truth])
            parts.append(_linked(f"<title>{escape(title)}</title>{cell}", links.get((truth, said), "")))
    width, height = (layout.room + layout.side * len(ones) + 4 for ones in (columns, rows))
    style = f"width:{width}px;max-width:{'100%' if layout.side > _LEAST_NUMBERED_PX else 'none'}"
    return f'<div class="wide"><svg viewBox="0 0 {width} {height}" style="{style}">{"".join(parts)}</svg></div>'


def _layout(classes: int, names: Sequence[str]) -> _Layout:
    side = next(side for most, side in _SIDES if classes <= most)
    text_px = min(13.0, side * 0.82) if side >= _LEAST_NAMED_PX else 0.0
    return _Layout(side, round(max(map(len, names), default=0) * text_px * _LETTER) + 10, text_px)


def _cell(row: int, column: int, kind: str, number: int, part: float, layout: _Layout) -> str:
    side = layout.side
    x, y = layout.room + column * side, layout.room + row * side
    strength = _FAINTEST + (1 - _FAINTEST) * sqrt(part)
    drawn = (
        f'<rect class="{kind}" x="{x + 0.5}" y="{y + 0.5}" width="{side - 1}" height="{side - 1}" '
        f'fill-opacity="{strength:.2f}"/>'
    )
    if side < _LEAST_NUMBERED_PX:
        return drawn
    size = min(14.0, side * 0.62, side * 1.5 / len(str(number)))
    tone = ' class="strong"' if strength > _STRONG else ""
    return (
        f'{drawn}<text{tone} x="{x + side / 2}" y="{y + side / 2 + size * 0.36:.1f}" font-size="{size:.1f}" '
        f'text-anchor="middle">{number}</text>'
    )


def _ground(rows: int, columns: int, layout: _Layout) -> str:
    side, room = layout.side, layout.room
    right, bottom = room + columns * side, room + rows * side
    ground = f'<rect class="empty" x="{room}" y="{room}" width="{right - room}" height="{bottom - room}"/>'
    if side < _LEAST_NAMED_PX:
        return ground
    lines = [f"M{room} {room + n * side}H{right}" for n in range(rows + 1)]
    lines += [f"M{room + n * side} {room}V{bottom}" for n in range(columns + 1)]
    return f'{ground}<path class="grid" stroke-width="0.5" d="{"".join(lines)}"/>'


def _row_name(name: str, place: int, layout: _Layout) -> str:
    y = layout.room + (place + 0.5) * layout.side + layout.text_px * 0.35
    return f'<text x="{layout.room - 5}" y="{y:.1f}" text-anchor="end" {_text(name, layout)}</text>'


def _column_name(name: str, place: int, layout: _Layout) -> str:
    x = layout.room + (place + 0.5) * layout.side + layout.text_px * 0.35
    return f'<text transform="translate({x:.1f} {layout.room - 5}) rotate(-90)" {_text(name, layout)}</text>'


def _text(name: str, layout: _Layout) -> str:
    """The rest of a text with this name, whole in its hint where it had to be cut."""
    title = f"<title>{escape(name)}</title>" if _cut(name) != name else ""
    return f'font-size="{layout.text_px:.1f}">{title}{escape(_cut(name))}'


def _title(truth: str, said: str, number: int, total: int) -> str:
    if truth == said:
        return tr("{truth}: {number} of {total} right").format(truth=truth, number=number, total=total)
    text = tr("{truth} taken for {said}: {number} of {total}")
    return text.format(truth=truth, said=said, number=number, total=total)


def _linked(drawn: str, link: str) -> str:
    return f'<a href="#{link}">{drawn}</a>' if link else f"<g>{drawn}</g>"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…"
