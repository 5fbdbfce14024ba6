"""How often people agreed with one kind of answer here: in words with the number of cases, and as a bar."""

from __future__ import annotations

import tkinter
from tkinter import ttk
from typing import TYPE_CHECKING

from core.texts import percent, tr
from gui.bar_chart import grouped
from gui.row_cells import status_name
from gui.shapes import rounded_box
from gui.theme import Look

if TYPE_CHECKING:
    from core.bundles import BundleInfo
    from core.figures import Agreement
    from core.records import Status


class AgreementView(ttk.Frame):
    """One kind of answer (sure, unsure or not a dog)."""

    def __init__(
        self, parent: tkinter.Misc, look: Look, status: Status, agreement: Agreement, info: BundleInfo
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._wrapped: list[ttk.Label] = []
        self.columnconfigure(0, weight=1)
        promise = info.calibration.sure if status.value == "sure" and info.calibration.sure.cases else None
        self._say(heading_of(status, agreement), "Strong.TLabel")
        if agreement.cases:
            right = agreement.named if status.value == "unsure" else agreement.agreed
            share, interval = right / agreement.cases, agreement.interval(right)
            ShareBar(self, look, share, interval, promise.precision if promise else None).grid(sticky="ew")
        for line in lines_of(status, agreement, info):
            self._say(line, "Faint.TLabel")

    def _say(self, text: str, style: str) -> None:
        label = ttk.Label(self, text=text, style=style, justify="left")
        label.grid(sticky="w", pady=(0, self._look.px(2)))
        self._wrapped.append(label)

    def wrap(self, width: int) -> None:
        """So wide its lines may be. Not its own width: that follows from them, and the two would chase each other."""
        for label in self._wrapped:
            label.configure(wraplength=width)


class ShareBar(tkinter.Canvas):
    """A share as a bar from 0 to 100 %, the range that it may lie in as a line below, a promise as a mark across."""

    def __init__(
        self, parent: tkinter.Misc, look: Look, share: float, interval: tuple[float, float], promise: float | None
    ) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, height=look.px(24), width=look.px(200))
        self._look = look
        self._share, self._interval, self._promise = share, interval, promise
        self.bind("<Configure>", lambda _event: self._draw())
        self.bind("<<ThemeChanged>>", lambda _event: self._draw())

    def _draw(self) -> None:
        colours, px = self._look.colours, self._look.px
        self.delete("all")
        self.configure(background=colours.back)
        left, right, top, bottom = px(2), self.winfo_width() - px(4), px(3), px(12)
        rounded_box(self, (left, top, right, bottom), px(4), fill=colours.track)

        def at(share: float) -> float:
            return left + (right - left) * share

        if self._share:
            rounded_box(self, (left, top, max(at(self._share), left + px(4)), bottom), px(4), fill=colours.accent)
        low, high = map(at, self._interval)
        middle = px(18)
        self.create_line(low, middle, high, middle, fill=colours.text, width=max(1, px(2)))
        for end in (low, high):
            self.create_line(end, middle - px(3), end, middle + px(4), fill=colours.text, width=max(1, px(2)))
        if self._promise is not None:
            x = at(self._promise)
            self.create_line(x, 0, x, bottom + px(3), fill=colours.back, width=px(6))
            self.create_line(x, 0, x, bottom + px(3), fill=colours.second, width=max(2, px(3)))


def heading_of(status: Status, agreement: Agreement) -> str:
    """ "Sure: people agreed 58 times out of 62, 94 %"; without a percentage where the cases are few."""
    name = status_name(status)
    if not agreement.cases:
        return tr("{answer}: nobody has reviewed one yet").format(answer=name)
    right = agreement.named if status.value == "unsure" else agreement.agreed
    said = {
        "unsure": tr("{answer}: one of the named breeds was right {right} times out of {cases}{share}"),
    }.get(status.value, tr("{answer}: people agreed {right} times out of {cases}{share}"))
    share = "" if _is_few(agreement) else f", {percent(right / agreement.cases)}"
    return said.format(answer=name, right=grouped(right), cases=grouped(agreement.cases), share=share)


def lines_of(status: Status, agreement: Agreement, info: BundleInfo) -> list[str]:
    """What must be known to read the heading rightly."""
    if not agreement.cases:
        return _unknown_lines(agreement)
    lines = []
    if status.value == "unsure":
        share = "" if _is_few(agreement) else f", {percent(agreement.agreed / agreement.cases)}"
        said = tr("The first of them was right {right} times out of {cases}{share}.")
        lines.append(said.format(right=grouped(agreement.agreed), cases=grouped(agreement.cases), share=share))
    lines.append(_certainty(status, agreement))
    promise = info.calibration.sure
    if status.value == "sure" and promise.cases:
        said = tr("Where this model was measured, {share} of its sure answers were right ({cases} photographs; mark).")
        lines.append(said.format(share=percent(promise.precision), cases=grouped(promise.cases)))
    if others := _others(status, agreement):
        lines.append(tr("Otherwise people said: {words}.").format(words=", ".join(others)))
    lines += _unknown_lines(agreement)
    if agreement.elsewhere:
        said = tr(
            "{count} of these were reviewed when another model answered. If this model has learned from them, it "
            "looks better here than it is."
        )
        lines.append(said.format(count=grouped(agreement.elsewhere)))
    return lines


def _certainty(status: Status, agreement: Agreement) -> str:
    right = agreement.named if status.value == "unsure" else agreement.agreed
    low, high = agreement.interval(right)
    if _is_few(agreement):
        said = tr(
            "Too few to tell (different animals: {animals}): it may well be anything from {low} to {high} (line)."
        )
    else:
        said = tr("Different animals: {animals}. So it may well be anything from {low} to {high} (line).")
    return said.format(animals=grouped(agreement.animals), low=percent(low), high=percent(high))


def _others(status: Status, agreement: Agreement) -> list[str]:
    from core.figures import Outcome

    said = {
        Outcome.OTHER_BREED: tr("another breed: {count}"),
        Outcome.CROSS_WITH_IT: tr("a cross with it: {count}"),
        Outcome.CROSS: tr("another cross: {count}"),
        Outcome.MIXED: tr("mixed breed: {count}"),
        Outcome.NOT_A_DOG: tr("no dog: {count}"),
        Outcome.A_DOG: tr("a dog after all: {count}"),
    }
    return [
        text.format(count=grouped(agreement.outcomes[one])) for one, text in said.items() if one in agreement.outcomes
    ]


def _unknown_lines(agreement: Agreement) -> list[str]:
    from core.figures import Outcome

    unknown = agreement.outcomes.get(Outcome.UNKNOWN, 0)
    said = tr("Not counted, because people could not tell either: {count}.")
    return [said.format(count=grouped(unknown))] if unknown else []


def _is_few(agreement: Agreement) -> bool:
    from core.figures import FEW_CASES

    return agreement.animals < FEW_CASES
