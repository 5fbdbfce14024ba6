"""How often a model was right where it said how sure it is: dots on the line mean that it may be believed."""

from __future__ import annotations

import tkinter
from collections.abc import Sequence
from tkinter import font

from core.texts import percent, tr
from core.train_records import CalibrationBin
from gui.bar_chart import grouped
from gui.row_tip import RowTip
from gui.theme import SMALL, STRONG, Look


class CalibrationChart(tkinter.Canvas):
    """A dot for each range of confidence, the larger the more photographs; the pointer shows its figures."""

    def __init__(self, parent: tkinter.Misc, look: Look, bins: Sequence[CalibrationBin]) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, width=look.px(300), height=look.px(240))
        self._look = look
        self._bins = [one for one in bins if one.cases]
        self._tip = RowTip(self, look)
        for event in ("<Configure>", "<<ThemeChanged>>"):
            self.bind(event, lambda _event: self.redraw())
        self.bind("<Motion>", self._on_motion)
        self.bind("<Leave>", lambda _event: self._tip.hide())
        self.bind("<Destroy>", lambda _event: self._tip.hide())

    def redraw(self) -> None:
        """Draw everything, in the present theme and size."""
        colours, px = self._look.colours, self._look.px
        self.delete("all")
        self.configure(background=colours.back)
        left, _, right, bottom = self._box()
        said = tr("As sure as it is right?")
        self.create_text(px(4), px(10), text=said, anchor="w", font=STRONG, fill=colours.text)
        for tick in range(5):
            share = tick / 4
            x, y = self._at(share, share)
            self.create_line(left, y, right, y, fill=colours.track)
            self.create_text(left - px(6), y, text=percent(share), anchor="e", font=SMALL, fill=colours.faint)
            self.create_text(x, bottom + px(3), text=percent(share), anchor="n", font=SMALL, fill=colours.faint)
        self.create_line(*self._at(0, 0), *self._at(1, 1), fill=colours.faint, dash=(4, 4))
        most = max((one.cases for one in self._bins), default=1)
        for one in self._bins:
            x, y = self._at(one.confidence, one.right)
            size = px(3) + px(7) * (one.cases / most) ** 0.5
            self.create_oval(x - size, y - size, x + size, y + size, fill=colours.accent, outline=colours.back)
        foot = self.winfo_height() - px(2)
        across = tr("How sure it said it was → (up: how often it was right)")
        room = max(1, self.winfo_width() - px(8))
        self.create_text(
            *(room / 2, foot), text=across, anchor="s", font=SMALL, fill=colours.faint, width=room, justify="center"
        )

    def text_of(self, one: CalibrationBin) -> str:
        """A dot in a sentence."""
        said = tr("Where it was {confidence} sure it was right {right} of the time ({count} photographs).")
        return said.format(confidence=percent(one.confidence), right=percent(one.right), count=grouped(one.cases))

    def _box(self) -> tuple[float, float, float, float]:
        px, line = self._look.px, font.nametofont(SMALL, self).metrics("linespace")
        left = font.nametofont(SMALL, self).measure(percent(1)) + px(14)
        return left, px(28), self.winfo_width() - left / 2 - px(2), self.winfo_height() - 3 * line - px(12)

    def _at(self, across: float, up: float) -> tuple[float, float]:
        left, top, right, bottom = self._box()
        return left + (right - left) * across, bottom - (bottom - top) * up

    def _on_motion(self, event: tkinter.Event[tkinter.Misc]) -> None:
        def far(one: CalibrationBin) -> float:
            x, y = self._at(one.confidence, one.right)
            return (x - event.x) ** 2 + (y - event.y) ** 2

        near = min(self._bins, key=far, default=None)
        is_near = near is not None and far(near) < self._look.px(16) ** 2
        said = self.text_of(near) if near is not None and is_near else ""
        self._tip.rest_on(said, event.x_root, event.y_root + self._look.px(16))
