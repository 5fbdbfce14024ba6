"""Curves over epochs, of training and of validation; the pointer or the arrow keys show the figures of an epoch."""

from __future__ import annotations

import math
import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import font

from core.texts import language, percent, tr
from gui.focus import focused
from gui.theme import BODY, SMALL, STRONG, Look, elided

_TICKS = 4
_DOT_PX = 3


@dataclass(frozen=True)
class Curve:
    """One line: its name and a value for each epoch, None where there is none. Broken ones are drawn dashed."""

    name: str
    values: Sequence[float | None]
    is_dashed: bool = False


def plain(value: float) -> str:
    """A loss, as the present language writes it.

    >>> plain(0.1234), plain(12.34), plain(2.0), plain(1234.5)
    ('0.123', '12.3', '2', '1234')
    """
    written = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return written.replace(".", ",") if language() == "fr" else written


class CurveChart(tkinter.Canvas):
    """Draws curves over the same epochs; `breaks` are places after which another phase begins."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        title: Callable[[], str],
        written: Callable[[float], str] = plain,
        whole: bool = False,
    ) -> None:
        """`written` puts a value in words; with `whole` the axis goes from 0 to 1 at most, as for shares."""
        super().__init__(
            *(parent,), highlightthickness=0, borderwidth=0, takefocus=True, width=look.px(320), height=look.px(220)
        )
        self._look = look
        self._title = title
        self._written = written
        self._whole = whole
        self._curves: Sequence[Curve] = ()
        self._breaks: Sequence[int] = ()
        self._at: int | None = None
        for event in ("<Configure>", "<<ThemeChanged>>", "<FocusIn>", "<FocusOut>"):
            self.bind(event, lambda _event: self.redraw())
        self.bind("<Motion>", lambda event: self.point(self._place_of(event.x)))
        self.bind("<Leave>", lambda _event: self.point(None))
        for key, step in (("<Left>", -1), ("<Right>", 1)):
            self.bind(key, lambda _event, step=step: self._move(step))  # type: ignore[misc]

    def show(self, curves: Sequence[Curve], breaks: Sequence[int] = ()) -> None:
        """These, all of the same length."""
        if (curves, breaks) != (self._curves, self._breaks):
            self._curves, self._breaks = curves, breaks
            self.redraw()

    @property
    def epochs(self) -> int:
        """How many places there are."""
        return max((len(curve.values) for curve in self._curves), default=0)

    def point(self, place: int | None) -> None:
        """Show the figures of this epoch, counted from 0; None of none."""
        if place != self._at:
            self._at = place
            self.redraw()

    def text_at(self, place: int) -> str:
        """An epoch in words."""
        said = [
            f"{curve.name} {self._written(value)}"
            for curve in self._curves
            if place < len(curve.values) and (value := curve.values[place]) is not None
        ]
        return " · ".join([tr("Epoch {number}").format(number=place + 1), *said])

    def ends(self) -> tuple[str, str]:
        """What stands below the first and the last place of the axis."""
        return "1", str(self.epochs)

    # Drawing

    def redraw(self) -> None:
        """Draw everything, in the present theme and size."""
        colours, px = self._look.colours, self._look.px
        self.delete("all")
        self.configure(background=colours.back)
        line = self._line
        width = self.winfo_width()
        title = elided(self, self._title(), STRONG, max(1, width - px(12)))
        self.create_text(px(4), line / 2 + 1, text=title, anchor="w", font=STRONG, fill=colours.text)
        if not self.epochs:
            middle = (width / 2, self.winfo_height() / 2)
            said = tr("The first epoch is not over yet.")
            self.create_text(*middle, text=said, font=BODY, fill=colours.faint, width=max(1, width - px(16)))
            return
        low, high = self._range()
        self._draw_axis(low, high)
        for number, curve in enumerate(self._curves):
            self._draw_curve(curve, self._inks[number % 2], low, high)
        self._draw_legend()
        if self._at is not None and self._at < self.epochs:
            self._draw_pointed(self._at, low, high)
        if focused(self) is self:
            self.create_rectangle(1, 1, width - 2, self.winfo_height() - 2, outline=colours.accent)

    @property
    def _line(self) -> int:
        found: int = font.nametofont(BODY, self).metrics("linespace")
        return found

    @property
    def _inks(self) -> tuple[str, str]:
        return self._look.colours.accent, self._look.colours.second

    def _box(self) -> tuple[float, float, float, float]:
        """Where the curves are: left, top, right, bottom."""
        px, line = self._look.px, self._line
        measure = font.nametofont(SMALL, self).measure
        low, high = self._range()
        left = max(
            measure(self._written(low)),
            measure(self._written(high)),
            measure(self._written(low + self._step(low, high))),
        ) + px(14)
        return left, line + px(8), self.winfo_width() - px(10), self.winfo_height() - 2 * line - px(12)

    def _range(self) -> tuple[float, float]:
        """From one round number to another."""
        values = [one for curve in self._curves for one in curve.values if one is not None and math.isfinite(one)]
        low, high = min(values, default=0.0), max(values, default=1.0)
        low, high = (min(low, 0.96), max(high, low + 0.04)) if self._whole else (min(0.0, low), max(high, 1e-3))
        step = self._step(low, high)
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        return (max(0.0, low), min(1.0, high)) if self._whole else (low, high)

    def _step(self, low: float, high: float) -> float:
        """Between two lines of the axis: 1, 2 or 5 of whatever power of ten makes about so many of them."""
        rough = max(1e-9, high - low) / _TICKS
        power = 10 ** math.floor(math.log10(rough))
        return float(next(one * power for one in (1, 2, 5, 10) if one * power >= rough * 0.999))

    def _point_of(self, place: int, value: float, low: float, high: float) -> tuple[float, float]:
        left, top, right, bottom = self._box()
        across = (place / (self.epochs - 1)) if self.epochs > 1 else 0.5
        value = min(max(value, low), high)
        return left + (right - left) * across, bottom - (bottom - top) * (value - low) / max(1e-12, high - low)

    def _draw_axis(self, low: float, high: float) -> None:
        colours, px = self._look.colours, self._look.px
        left, top, right, bottom = self._box()
        step = self._step(low, high)
        for tick in range(round((high - low) / step) + 1):
            value = low + step * tick
            y = bottom - (bottom - top) * (value - low) / (high - low)
            self.create_line(left, y, right, y, fill=colours.track)
            self.create_text(left - px(6), y, text=self._written(value), anchor="e", font=SMALL, fill=colours.faint)
        for place in self._breaks:
            x, _ = self._point_of(place, low, low, high)
            self.create_line(x, top, x, bottom, fill=colours.faint, dash=(2, 4))
        first, last = (self._point_of(place, low, low, high)[0] for place in (0, self.epochs - 1))
        begin, end = self.ends()
        self.create_text(first, bottom + px(3), text=begin, anchor="nw", font=SMALL, fill=colours.faint)
        if self.epochs > 1:
            self.create_text(last, bottom + px(3), text=end, anchor="ne", font=SMALL, fill=colours.faint)

    def _draw_curve(self, curve: Curve, ink: str, low: float, high: float) -> None:
        thick, dot = max(2, self._look.px(2)), self._look.px(_DOT_PX)
        runs: list[list[float]] = [[]]
        for place, value in enumerate(curve.values):
            if value is None or not math.isfinite(value):
                runs.append([])
            else:
                runs[-1].extend(self._point_of(place, value, low, high))
        for points in runs:
            if len(points) > 2:
                self.create_line(points, fill=ink, width=thick, dash=(6, 3) if curve.is_dashed else ())
            elif points:
                x, y = points
                self.create_oval(x - dot, y - dot, x + dot, y + dot, fill=ink, width=0)

    def _draw_legend(self) -> None:
        px, measure = self._look.px, font.nametofont(SMALL, self).measure
        x, y = float(px(6)), self.winfo_height() - self._line / 2 - px(2)
        for number, curve in enumerate(self._curves):
            dash = (6, 3) if curve.is_dashed else ()
            ink = self._inks[number % 2]
            self.create_line(x, y, x + px(22), y, fill=ink, width=max(2, px(2)), dash=dash)
            self.create_text(x + px(27), y, text=curve.name, anchor="w", font=SMALL, fill=self._look.colours.text)
            x += px(45) + measure(curve.name)

    def _draw_pointed(self, place: int, low: float, high: float) -> None:
        colours, px, dot = self._look.colours, self._look.px, self._look.px(_DOT_PX + 1)
        left, top, right, bottom = self._box()
        x, _ = self._point_of(place, low, low, high)
        self.create_line(x, top, x, bottom, fill=colours.faint)
        for number, curve in enumerate(self._curves):
            value = curve.values[place] if place < len(curve.values) else None
            if value is not None and math.isfinite(value):
                middle = self._point_of(place, value, low, high)
                box = (middle[0] - dot, middle[1] - dot, middle[0] + dot, middle[1] + dot)
                self.create_oval(*box, fill=self._inks[number % 2], outline=colours.back, width=px(1))
        words = elided(self, self.text_at(place), SMALL, max(1, right - left - px(12)))
        wide = font.nametofont(SMALL, self).measure(words) + px(12)
        begin = min(max(left, x - wide / 2), right - wide)
        box = (begin, top, begin + wide, top + self._line + px(2))
        self.create_rectangle(*box, fill=colours.card, outline=colours.border)
        self.create_text(begin + px(6), (box[1] + box[3]) / 2, text=words, anchor="w", font=SMALL, fill=colours.text)

    def _place_of(self, x: int) -> int | None:
        if not self.epochs:
            return None
        left, _, right, _ = self._box()
        across = (x - left) / max(1.0, right - left)
        return min(max(0, round(across * (self.epochs - 1))), self.epochs - 1)

    def _move(self, step: int) -> str:
        if self.epochs:
            last = self.epochs - 1
            self.point(last if self._at is None else min(max(0, self._at + step), last))
        return "break"


def loss_chart(parent: tkinter.Misc, look: Look) -> CurveChart:
    """How wrong the answers were: the lower, the better."""
    return CurveChart(parent, look, lambda: tr("Loss (the lower, the better)"))


def accuracy_chart(parent: tkinter.Misc, look: Look) -> CurveChart:
    """How many answers were right."""
    return CurveChart(parent, look, lambda: tr("Right answers (the higher, the better)"), percent, whole=True)
