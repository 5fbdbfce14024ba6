"""The curves of all variants of a comparison in one picture, as SVG that stands by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10
from typing import Final

from core.texts import tr
from core.train_records import Epoch
from training.report_words import number, share
from training.study_tables import Line

# Okabe and Ito (2008), told apart with every kind of colour blindness; then the same once more, dashed.
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8a7d00")
_DASHES: Final = ("", "7 4", "2 3")
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _LEGEND = 760, 340, 58, 34, 44, 230
_PAPER, _INK, _FAINT, _GRID = "#ffffff", "#1b1f24", "#59626e", "#d5d9df"
_LONGEST: Final = 34
_MOST_DOTS: Final = 40


@dataclass(frozen=True)
class Curve:
    """One variant's values over its epochs; those that are missing are None."""

    name: str
    values: Sequence[float | None]


def curves_of(lines: Sequence[Line], of: Callable[[Epoch], float | None]) -> list[Curve]:
    """The curves of the variants that have epochs; of those in head mode only where there are no others."""
    with_epochs = [line for line in lines if line.epochs]
    trained = [line for line in with_epochs if not line.is_head]
    return [Curve(line.name, [of(epoch) for epoch in line.epochs]) for line in trained or with_epochs]


def curves_chart(curves: Sequence[Curve], title: str, below: str, is_share: bool, foot: str = "") -> str:
    """The picture; shares have an axis from 0 to all, other figures one up to the ninth tenth of all values.

    A loss that runs away would press all others flat. `foot` is a line below everything.
    """
    values = [value for curve in curves for value in curve.values if value is not None and isfinite(value)] or [1.0]
    top = 1.0 if is_share else sorted(values)[min(len(values) - 1, ceil(0.95 * len(values)))]
    step = 0.25 if is_share else _round_step(max(top, 1e-6) / 4)
    high = 1.0 if is_share else step * max(1, ceil(top / step))
    last = max(2, *(len(curve.values) for curve in curves)) if curves else 2
    right, bottom = _WIDTH - _LEGEND, _HEIGHT - _BOTTOM

    def x(place: float) -> float:
        return round(_LEFT + (place - 1) / (last - 1) * (right - _LEFT), 1)

    def y(value: float) -> float:
        return round(bottom - min(value, high) / high * (bottom - _TOP), 1)

    parts = [_frame(title, below)]
    parts += _grid(y, [step * n for n in range(round(high / step) + 1)], right, is_share)
    for place in sorted({round(1 + (last - 1) * part / 4) for part in range(5)}):
        parts.append(_text(x(place), bottom + 16, str(place), "middle", 11))
    for place, curve in enumerate(curves):
        parts.append(_drawn(curve, place, x, y, right))
    if foot:
        parts.append(_text(_LEFT, _HEIGHT + 14, foot, "start", 12, _INK))
    return _svg(parts, title, _HEIGHT + (24 if foot else 0))


def _drawn(curve: Curve, place: int, x: Callable[[float], float], y: Callable[[float], float], right: int) -> str:
    colour, dash = _COLOURS[place % len(_COLOURS)], _DASHES[place // len(_COLOURS) % len(_DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    line = f'fill="none" stroke="{colour}" stroke-width="2"{dashed}'
    points = [(x(n), y(value)) for n, value in enumerate(curve.values, 1) if value is not None and isfinite(value)]
    drawn = f'<polyline {line} points="{" ".join(f"{a},{b}" for a, b in points)}"/>' if points else ""
    if len(points) <= _MOST_DOTS:
        drawn += "".join(f'<circle fill="{colour}" cx="{a}" cy="{b}" r="2.4"/>' for a, b in points)
    at = _TOP + 8 + place * 20
    name = curve.name if len(curve.name) <= _LONGEST else f"{curve.name[: _LONGEST - 1]}…"
    legend = f'<line {line} x1="{right + 14}" y1="{at}" x2="{right + 42}" y2="{at}"/>'
    return f"<g><title>{escape(curve.name)}</title>{drawn}{legend}{_text(right + 48, at + 4, name, 'start', 11)}</g>"


def _frame(title: str, below: str) -> str:
    right, bottom = _WIDTH - _LEGEND, _HEIGHT - _BOTTOM
    return (
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>{_text(_LEFT, 20, title, "start", 14, _INK)}'
        f'<path fill="none" stroke="{_FAINT}" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>'
        f"{_text(right, _HEIGHT - 8, below, 'end', 12)}"
    )


def _grid(y: Callable[[float], float], ticks: Sequence[float], right: int, is_share: bool) -> list[str]:
    drawn = []
    for tick in ticks:
        drawn.append(f'<line stroke="{_GRID}" x1="{_LEFT}" y1="{y(tick)}" x2="{right}" y2="{y(tick)}"/>')
        drawn.append(_text(_LEFT - 6, y(tick) + 4, share(tick) if is_share else number(tick), "end", 11))
    return drawn


def _text(x: float, y: float, text: str, anchor: str, size: int, colour: str = _FAINT) -> str:
    # Its colour as a style: the page gives the texts of its charts one, too.
    place = f'x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" font-family="sans-serif"'
    return f'<text {place} style="fill:{colour}">{escape(text)}</text>'


def _svg(parts: Sequence[str], title: str, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img" '
        f'style="max-width:100%;height:auto" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def _round_step(least: float) -> float:
    power = 10.0 ** floor(log10(least))
    return next(power * digit for digit in (1, 2, 5, 10, 20) if power * digit >= least)


def charts_of(lines: Sequence[Line], foot: str = "") -> dict[str, str]:
    """The pictures of a comparison by what they show: accuracy and loss on validation photographs, and in training.

    `foot` is a line below each.
    """
    if not any(line.epochs for line in lines):
        return {}
    is_head = all(line.is_head for line in lines if line.epochs)
    below = tr("Strength tried") if is_head else tr("Epoch")
    kinds: dict[str, tuple[str, Callable[[Epoch], float | None], bool]] = {
        "accuracy": (tr("Accuracy on validation photographs"), lambda one: one.validation_accuracy, True),
        "loss": (tr("Loss on validation photographs"), lambda one: one.validation_loss, False),
        "training": (tr("Accuracy in training"), lambda one: one.accuracy, True),
    }
    return {
        kind: curves_chart(curves_of(lines, of), title, below, is_share, foot)
        for kind, (title, of, is_share) in kinds.items()
    }
