"""The likeliest breeds as bars: a click shows why this breed, with Shift why not that other one."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import font

from core.texts import percent
from gui.focus import focused
from gui.shapes import rounded_box
from gui.theme import BODY, STRONG, Look, elided

_SHIFT = 0x1


@dataclass(frozen=True)
class Bar:
    """One breed: its place in the model's list, its name, its calibrated probability."""

    label: int
    name: str
    probability: float


class BreedBars(tkinter.Canvas):
    """Draws the bars; mouse, Up and Down, Enter and Shift+Enter choose."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        on_chosen: Callable[[int], object],
        on_compared: Callable[[int], object],
    ) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, takefocus=True, width=look.px(300))
        self._look = look
        self._on_chosen = on_chosen
        self._on_compared = on_compared
        self._bars: Sequence[Bar] = ()
        self._chosen: int | None = None
        self._versus: int | None = None
        self._at = 0
        self._under_mouse: int | None = None
        self._bind_events()
        self.show((), None, None)

    def show(self, bars: Sequence[Bar], chosen: int | None, versus: int | None) -> None:
        """The bars, best first; `chosen` and `versus` are the labels whose heatmap is shown."""
        if [bar.label for bar in bars] != [bar.label for bar in self._bars]:
            self._at = 0
        self._bars, self._chosen, self._versus = bars, chosen, versus
        labels = [bar.label for bar in bars]
        if chosen in labels and focused(self) is not self:
            self._at = labels.index(chosen)
        self.redraw()

    def redraw(self) -> None:
        """Draw all bars, in the present theme."""
        self.delete("all")
        self.configure(background=self._look.colours.back, height=self._row_height() * max(1, len(self._bars)))
        for row, bar in enumerate(self._bars):
            self._draw(row, bar)

    def _bind_events(self) -> None:
        self.bind("<Configure>", lambda _event: self.redraw())
        self.bind("<<ThemeChanged>>", lambda _event: self.redraw())
        self.bind("<FocusIn>", lambda _event: self.redraw())
        self.bind("<FocusOut>", lambda _event: self.redraw())
        self.bind("<Button-1>", self._on_click)
        self.bind("<Motion>", lambda event: self._hover(self._row_at(event.y)))
        self.bind("<Leave>", lambda _event: self._hover(None))
        for key, step in (("<Up>", -1), ("<Down>", 1)):
            self.bind(key, lambda _event, step=step: self._move(step))  # type: ignore[misc]
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.bind(key, lambda event: self._take(self._at, bool(int(event.state) & _SHIFT)))

    def _on_click(self, event: tkinter.Event[tkinter.Misc]) -> None:
        self.focus_set()
        row = self._row_at(event.y)
        if row is not None:
            self._at = row
            self._take(row, bool(int(event.state) & _SHIFT))

    def _take(self, row: int, compare: bool) -> str:
        if row < len(self._bars):
            (self._on_compared if compare else self._on_chosen)(self._bars[row].label)
        return "break"

    def _move(self, step: int) -> str:
        self._at = min(max(0, self._at + step), max(0, len(self._bars) - 1))
        self.redraw()
        return "break"

    def _hover(self, row: int | None) -> None:
        if row != self._under_mouse:
            self._under_mouse = row
            self.configure(cursor="hand2" if row is not None else "")
            self.redraw()

    def _row_at(self, y: int) -> int | None:
        row = y // self._row_height()
        return row if 0 <= row < len(self._bars) else None

    def _row_height(self) -> int:
        line: int = font.nametofont(BODY, self).metrics("linespace")
        return line + self._look.px(19)

    def _draw(self, row: int, bar: Bar) -> None:
        colours, px = self._look.colours, self._look.px
        top, height, width = row * self._row_height(), self._row_height(), max(px(120), self.winfo_width())
        marked = bar.label in (self._chosen, self._versus)
        has_focus = row == self._at and focused(self) is self
        fill = colours.chosen if marked else colours.hover if row == self._under_mouse else colours.back
        rounded_box(
            self,
            (1, top + 1, width - 2, top + height - 2),
            px(6),
            fill=fill,
            outline=colours.accent if has_focus else fill,
            width=2 if has_focus else 1,
        )
        left, right, middle = px(26), width - px(10), top + px(5)
        ink = colours.second if bar.label == self._versus else colours.accent
        self._draw_mark(bar.label, px(13), top + height / 2, ink)
        share = self.create_text(
            *(right, middle), text=percent(bar.probability), anchor="ne", font=STRONG if marked else BODY
        )
        self.itemconfigure(share, fill=colours.text)
        name_font = STRONG if marked else BODY
        name = elided(self, bar.name, name_font, self.bbox(share)[0] - px(8) - left)
        self.create_text(left, middle, text=name, anchor="nw", font=name_font, fill=colours.text)
        rail = (left, top + height - px(11), right, top + height - px(6))
        rounded_box(self, rail, px(3), fill=colours.track)
        full = left + max(px(5), (right - left) * bar.probability)
        rounded_box(self, (left, rail[1], full, rail[3]), px(3), fill=ink)

    def _draw_mark(self, label: int, x: float, y: float, ink: str) -> None:
        """A triangle before the breed that is shown; plus and minus when two are compared."""
        size, width = self._look.px(5), max(2, self._look.px(2))
        if label == self._chosen and self._versus is None:
            self.create_polygon(x - size * 0.6, y - size, x + size * 0.8, y, x - size * 0.6, y + size, fill=ink)
        elif label in (self._chosen, self._versus):
            self.create_line(x - size, y, x + size, y, fill=ink, width=width)
            if label == self._chosen:
                self.create_line(x, y - size, x, y + size, fill=ink, width=width)
