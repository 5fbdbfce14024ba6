"""The charts of report.html as SVG made by hand: calibration, curves of the training. They take the page's colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, isfinite, log10, sqrt

from core.figures import wilson_interval
from core.texts import tr
from core.train_records import Epoch, Judgement
from training.report_words import count, number, share

_WIDTH, _HEIGHT = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 24, 14, 44
_LEAST_DOT, _MOST_DOT = 3.0, 9.0


def calibration_chart(judgement: Judgement) -> str:
    """How often answers of each certainty were right; on the dashed line, percentages mean what they say."""
    x, y = _scale_x(0, 1), _scale_y(0, 1)
    parts = [_axes(x, y, [0, 0.25, 0.5, 0.75, 1], [0, 0.25, 0.5, 0.75, 1], share, share)]
    parts.append(f'<line class="ideal" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>')
    most = max((one.cases for one in judgement.bins), default=1)
    points = " ".join(f"{x(one.confidence)},{y(one.right)}" for one in judgement.bins)
    parts.append(f'<polyline class="one" points="{points}"/>')
    for one in judgement.bins:
        low, high = wilson_interval(one.right, one.cases)
        size = _LEAST_DOT + (_MOST_DOT - _LEAST_DOT) * sqrt(one.cases / most)
        said = tr("Answers: {count}, {confidence} sure on average, {right} right")
        said = said.format(count=count(one.cases), confidence=share(one.confidence), right=share(one.right))
        at = x(one.confidence)
        parts.append(
            f'<g><title>{escape(said)}</title><line class="range" x1="{at}" y1="{y(low)}" x2="{at}" y2="{y(high)}"/>'
            f'<circle class="dot1" cx="{at}" cy="{y(one.right)}" r="{size:.1f}"/></g>'
        )
    if 0 < judgement.sure_from < 1:
        at = x(judgement.sure_from)
        parts.append(f'<line class="two" x1="{at}" y1="{y(0)}" x2="{at}" y2="{y(1)}"/>')
        end = "end" if judgement.sure_from > 0.5 else "start"
        shift = -6 if judgement.sure_from > 0.5 else 6
        text = escape(tr("sure from here on"))
        parts.append(f'<text x="{at + shift}" y="{y(0) - 8}" font-size="12" text-anchor="{end}">{text}</text>')
    return _svg(parts, tr("How sure it was"), tr("How often it was right"))


def curve_chart(
    epochs: Sequence[Epoch], of: Callable[[Epoch], tuple[float, float | None]], below: str, is_share: bool
) -> str:
    """One figure of the training (`of` gives that of training and of validation) over its epochs, phase after phase.

    `below` is what the epochs are called.
    """
    first = [of(epoch)[0] for epoch in epochs]
    second = [of(epoch)[1] for epoch in epochs]
    values = [value for value in (*first, *second) if value is not None and isfinite(value)] or [0.0, 1.0]
    step = 0.25 if is_share else _round_step(max(*values, 1e-6) / 4)
    low, high = 0.0, 1.0 if is_share else step * ceil(max(values) / step) or step
    last = max(2, len(epochs))
    x, y = _scale_x(1, last), _scale_y(low, high)
    steps = sorted({round(1 + (last - 1) * part / 4) for part in range(5)})
    ticks = [step * part for part in range(round(high / step) + 1)]
    parts = [_axes(x, y, steps, ticks, lambda value: str(round(value)), share if is_share else number)]
    for place in range(1, len(epochs)):
        if epochs[place].phase is not epochs[place - 1].phase:
            at = x(place + 0.5)
            parts.append(f'<line class="ideal" x1="{at}" y1="{y(low)}" x2="{at}" y2="{y(high)}"/>')
    parts += [_curve(first, x, y, "one", "dot1"), _curve(second, x, y, "two", "dot2")]
    parts.append(_legend(any(value is not None for value in second)))
    return _svg(parts, below, tr("Accuracy") if is_share else tr("Loss"))


def _round_step(least: float) -> float:
    """The smallest of ... 1, 2, 5, 10, 20, 50 ... that is not below `least`."""
    power = 10.0 ** floor(log10(least))
    return next(power * digit for digit in (1, 2, 5, 10, 20) if power * digit >= least)


def _curve(
    values: Sequence[float | None], x: Callable[[float], float], y: Callable[[float], float], line: str, dot: str
) -> str:
    points = [(x(place), y(value)) for place, value in enumerate(values, 1) if value is not None and isfinite(value)]
    if not points:
        return ""
    drawn = f'<polyline class="{line}" points="{" ".join(f"{a},{b}" for a, b in points)}"/>'
    if len(points) <= 40:
        drawn += "".join(f'<circle class="{dot}" cx="{a}" cy="{b}" r="2.5"/>' for a, b in points)
    return drawn


def _legend(has_validation: bool) -> str:
    lines = [("one", tr("training"))] + ([("two", tr("validation"))] if has_validation else [])
    drawn = []
    for place, (kind, text) in enumerate(lines):
        y = _HEIGHT - 4
        x = _LEFT + place * 130
        drawn.append(f'<line class="{kind}" x1="{x}" y1="{y - 4}" x2="{x + 26}" y2="{y - 4}"/>')
        drawn.append(f'<text x="{x + 32}" y="{y}" font-size="12">{escape(text)}</text>')
    return "".join(drawn)


def _scale_x(low: float, high: float) -> Callable[[float], float]:
    return lambda value: round(_LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT), 1)


def _scale_y(low: float, high: float) -> Callable[[float], float]:
    inner = _HEIGHT - _TOP - _BOTTOM
    return lambda value: round(_TOP + (1 - (value - low) / (high - low)) * inner, 1)


def _axes(
    x: Callable[[float], float],
    y: Callable[[float], float],
    steps: Sequence[float],
    ticks: Sequence[float],
    of_x: Callable[[float], str],
    of_y: Callable[[float], str],
) -> str:
    drawn = []
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    for tick in ticks:
        at = y(tick)
        drawn.append(f'<line class="grid" x1="{_LEFT}" y1="{at}" x2="{right}" y2="{at}"/>')
        drawn.append(
            f'<text class="tick" x="{_LEFT - 6}" y="{at + 4}" font-size="11" text-anchor="end">{of_y(tick)}</text>'
        )
    for step in steps:
        place = f'x="{x(step)}" y="{bottom + 14}"'
        drawn.append(f'<text class="tick" {place} font-size="11" text-anchor="middle">{of_x(step)}</text>')
    drawn.append(f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>')
    return "".join(drawn)


def _svg(parts: Sequence[str], below: str, beside: str) -> str:
    """The chart with the names of its axes: the upright one is said to those who cannot see it, too."""
    name = escape(f"{beside} / {below}")
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}" width="100%">{"".join(parts)}'
        f'<text class="tick" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" font-size="12" text-anchor="end">{escape(below)}'
        "</text></svg>"
    )
