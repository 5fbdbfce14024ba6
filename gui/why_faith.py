"""How faithful a map is: two curves and a sentence, in a dialog of its own."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from tkinter import ttk
from typing import TYPE_CHECKING

from core.texts import percent, tr, written
from gui.curve_chart import Curve, CurveChart
from gui.dialog import Dialog
from gui.theme import Look

if TYPE_CHECKING:
    from core.perturbations import Faithfulness

_WIDE_PX = 560


class ShareChart(CurveChart):
    """Curves over the share of the picture that is taken away, or given."""

    def text_at(self, place: int) -> str:
        """One step in words."""
        said = [
            f"{curve.name} {percent(value)}" for curve in self._curves if (value := curve.values[place]) is not None
        ]
        share = percent(place / max(1, self.epochs - 1))
        return " · ".join([tr("{share} of the picture").format(share=share), *said])

    def ends(self) -> tuple[str, str]:
        """Below the axis: nothing of the picture, all of it."""
        return percent(0.0), tr("{share} of the picture").format(share=percent(1.0))


class FaithDialog(Dialog):
    """Shows how far the work is, then what came of it; closing it calls the work off."""

    def __init__(self, parent: tkinter.Toplevel, look: Look, on_closed: Callable[[], object]) -> None:
        super().__init__(parent, look, tr("How faithful is this map?"))
        self._on_closed = on_closed
        px = look.px
        said = tr(
            "The picture is asked about again and again: once the places that the map marks most are taken away first, "
            "once they are given first. Where the map is faithful, the first curve falls soon and the second one "
            "rises soon."
        )
        self._how = ttk.Label(self.body, text=said, wraplength=look.room(_WIDE_PX), justify="left")
        self._how.pack(anchor="w")
        self.said = ttk.Label(self.body, style="Strong.TLabel", wraplength=look.room(_WIDE_PX), justify="left")
        self.bar = ttk.Progressbar(self.body, maximum=1.0)
        self.bar.pack(fill="x", pady=px(16))
        self.chart = ShareChart(self.body, look, lambda: tr("Probability"), percent, whole=True)
        self.chart.configure(width=px(_WIDE_PX), height=px(260))
        self.close_button.configure(text=tr("Stop"))
        self.show()

    def show_progress(self, done: int, total: int) -> None:
        """How far it is."""
        self.bar.configure(value=done / max(1, total))

    def show_result(self, found: Faithfulness, sentence: str) -> None:
        """The curves, and the sentence about them."""
        px = self.look.px
        self.bar.pack_forget()
        self.close_button.configure(text=tr("Close"))
        taken = tr("marked places taken away (area {area})").format(area=written(f"{found.deletion_area:.2f}"))
        given = tr("marked places given (area {area})").format(area=written(f"{found.insertion_area:.2f}"))
        self.said.configure(text=sentence)
        self.said.pack(anchor="w", pady=(px(10), px(8)))
        self.chart.pack(fill="both", expand=True)
        curves = (Curve(taken, [float(one) for one in found.deletion]),)
        self.chart.show((*curves, Curve(given, [float(one) for one in found.insertion], is_dashed=True)))

    def show_problem(self, text: str) -> None:
        """Why there are no curves."""
        self.bar.pack_forget()
        self.close_button.configure(text=tr("Close"))
        self.said.configure(text=text)
        self.said.pack(anchor="w", pady=(self.look.px(10), 0))

    def close(self) -> None:
        """Away with it."""
        self._on_closed()
        super().close()
