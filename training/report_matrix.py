"""The confusion matrix of report.html: a picture whose cells lead to their photographs, for two classes or hundreds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import sqrt

from core.texts import tr

# Beyond, a cell would be smaller than what can be seen or hit.
MOST_CLASSES = 300
# Up to so many classes, a cell's side in pixels.
_SIDES = ((8, 46), (16, 34), (30, 24), (60, 16), (130, 10), (MOST_CLASSES, 6))
_LEAST_NUMBERED_PX, _LEAST_NAMED_PX = 16, 10
_LONGEST_NAME, _LETTER = 26, 0.56
_FAINTEST = 0.18

Pair = tuple[str, str]


def matrix(
    order: Sequence[str], names: Mapping[str, str], counts: Mapping[Pair, int], links: Mapping[Pair, str]
) -> str:
    """The matrix as SVG: truth by row, answer by column, both in `order` (ids); `counts` and `links` by truth, answer.

    Right answers are blue, mistakes orange, the stronger the larger their part of the row. Cells that are linked lead
    to their place on the page.
    """
    side = next(side for most, side in _SIDES if len(order) <= most)
    text_px = min(13.0, side * 0.82)
    named = side >= _LEAST_NAMED_PX
    shown = [_cut(names.get(label, label)) for label in order]
    room = round(max((len(name) for name in shown), default=0) * text_px * _LETTER) + 10 if named else 4
    places = {label: place for place, label in enumerate(order)}
    totals: dict[str, int] = {}
    for (truth, _said), number in counts.items():
        totals[truth] = totals.get(truth, 0) + number
    wide = side * len(order)
    parts = [
        f'<rect class="empty" x="{room}" y="{room}" width="{wide}" height="{wide}"/>',
        _grid(len(order), side, room),
    ]
    if named:
        parts += [_names(name, names.get(label, label), place, side, room, text_px)
                  for place, (label, name) in enumerate(zip(order, shown, strict=True))]  # fmt: skip
    for (truth, said), number in sorted(counts.items()):
        if number and truth in places and said in places:
            cell = _cell(places[truth], places[said], number, number / totals[truth], side, room)
            title = _title(names.get(truth, truth), names.get(said, said), number, totals[truth])
            parts.append(_linked(f"<title>{escape(title)}</title>{cell}", links.get((truth, said), "")))
    size = room + wide + 4
    style = f"width:{size}px;max-width:{'100%' if side > _LEAST_NUMBERED_PX else 'none'}"
    return f'<div class="wide"><svg viewBox="0 0 {size} {size}" style="{style}">{"".join(parts)}</svg></div>'


def _cell(row: int, column: int, number: int, part: float, side: int, room: int) -> str:
    x, y = room + column * side, room + row * side
    kind = "hit" if row == column else "miss"
    strength = _FAINTEST + (1 - _FAINTEST) * sqrt(part)
    drawn = (
        f'<rect class="{kind}" x="{x + 0.5}" y="{y + 0.5}" width="{side - 1}" height="{side - 1}" '
        f'fill-opacity="{strength:.2f}"/>'
    )
    if side < _LEAST_NUMBERED_PX:
        return drawn
    size = min(14.0, side * 0.5, side * 1.5 / len(str(number)))
    tone = ' class="strong"' if strength > 0.62 else ""
    return (
        f'{drawn}<text{tone} x="{x + side / 2}" y="{y + side / 2 + size * 0.36:.1f}" font-size="{size:.1f}" '
        f'text-anchor="middle">{number}</text>'
    )


def _grid(classes: int, side: int, room: int) -> str:
    if side < _LEAST_NAMED_PX:
        return ""
    wide = room + classes * side
    lines = [f"M{room} {room + n * side}H{wide}M{room + n * side} {room}V{wide}" for n in range(classes + 1)]
    return f'<path class="grid" stroke-width="0.5" d="{"".join(lines)}"/>'


def _names(name: str, whole: str, place: int, side: int, room: int, text_px: float) -> str:
    middle = room + (place + 0.5) * side + text_px * 0.35
    title = f"<title>{escape(whole)}</title>" if whole != name else ""
    text = f"{title}{escape(name)}"
    size = f'font-size="{text_px:.1f}"'
    return (
        f'<text x="{room - 5}" y="{middle:.1f}" text-anchor="end" {size}>{text}</text>'
        f'<text transform="translate({middle:.1f} {room - 5}) rotate(-90)" {size}>{text}</text>'
    )


def _title(truth: str, said: str, number: int, total: int) -> str:
    if truth == said:
        return tr("{truth}: {number} of {total} right").format(truth=truth, number=number, total=total)
    text = tr("{truth} taken for {said}: {number} of {total}")
    return text.format(truth=truth, said=said, number=number, total=total)


def _linked(drawn: str, link: str) -> str:
    return f'<a href="#{link}">{drawn}</a>' if link else f"<g>{drawn}</g>"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…"
