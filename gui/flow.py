"""Controls side by side in a frame; what does not fit goes on in the next line."""

from __future__ import annotations

import tkinter
from dataclasses import dataclass
from tkinter import ttk

from gui.theme import Look


@dataclass
class _Part:
    widget: tkinter.Widget
    grows_to: int
    at_right: bool
    is_shown: bool


class Flow:
    """Lays out the children of one frame, and gives the frame the height that they need."""

    def __init__(self, frame: ttk.Frame, look: Look) -> None:
        self._frame = frame
        self._look = look
        self._parts: list[_Part] = []
        self._waiting = ""
        # Tk's grid does not arrange anew where all that it holds asks for one pixel of width (ArrangeGrid, tkGrid.c).
        frame.configure(width=2)
        frame.bind("<Configure>", lambda _event: self._lay_out(), add=True)
        frame.bind("<Destroy>", lambda _event: self._stop(), add=True)

    def add(self, widget: tkinter.Widget, grows_to: int = 0, at_right: bool = False, shown: bool = True) -> None:
        """One more control; `grows_to` so many pixels where its line has room left; at the right end of its line."""
        self._parts.append(_Part(widget, grows_to, at_right, shown))
        self.soon()

    def show(self, widget: tkinter.Widget, shown: bool) -> None:
        """Whether a control takes part."""
        for part in self._parts:
            if part.widget is widget and part.is_shown != shown:
                part.is_shown = shown
                self.soon()

    def soon(self) -> None:
        """Lay out anew once the widgets know how wide they want to be."""
        self._stop()  # behind what the widgets around a wider one still have to work out
        self._waiting = self._frame.after_idle(self._lay_out)

    def _stop(self) -> None:
        if self._waiting:
            self._frame.after_cancel(self._waiting)
            self._waiting = ""

    def _lay_out(self) -> None:
        self._waiting = ""
        if self._frame.winfo_width() <= 1:  # not laid out yet: each control would get a line of its own
            return
        gap, y = self._look.px(8), 0
        for part in self._parts:
            if not part.is_shown:
                part.widget.place_forget()
        for line in self._lines(gap):
            height = max(part.widget.winfo_reqheight() for part in line)
            self._place(line, y, height, gap)
            y += height + self._look.px(6)
        self._frame.configure(height=max(1, y - self._look.px(6)))

    def _lines(self, gap: int) -> list[list[_Part]]:
        room, lines, x = self._frame.winfo_width(), [list[_Part]()], 0
        for part in self._parts:
            if not part.is_shown:
                continue
            width = part.widget.winfo_reqwidth()
            if lines[-1] and x + width > room:
                lines.append([])
                x = 0
            lines[-1].append(part)
            x += width + gap
        return [line for line in lines if line]

    def _place(self, line: list[_Part], y: int, height: int, gap: int) -> None:
        spare = self._frame.winfo_width() - sum(part.widget.winfo_reqwidth() + gap for part in line) + gap
        x = 0
        for part in line:
            width = part.widget.winfo_reqwidth()
            if part.grows_to > width and spare > 0:
                grown = min(spare, part.grows_to - width)
                width, spare = width + grown, spare - grown
            if part.at_right and spare > 0:
                x += spare
            part.widget.place(x=x, y=y + (height - part.widget.winfo_reqheight()) // 2, width=width)
            x += width + gap
