"""A dashed box that says what can be dropped there; it lights up while something is held over the window."""

from __future__ import annotations

import tkinter

from gui.shapes import rounded_box
from gui.theme import TITLE, Look


class DropBox(tkinter.Canvas):
    """Shows one text in its middle, where there is room for it."""

    def __init__(self, parent: tkinter.Misc, look: Look, text: str) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, width=look.px(200), height=look.px(120))
        self._look = look
        self._text = text
        self._expects_drop = False
        for event in ("<Configure>", "<<ThemeChanged>>"):
            self.bind(event, lambda _event: self.redraw())

    def expect_drop(self, expected: bool) -> None:
        """Something is held over the window."""
        self._expects_drop = expected
        self.redraw()

    def redraw(self) -> None:
        """The box in the present theme and size."""
        colours, px = self._look.colours, self._look.px
        width, height = self.winfo_width(), self.winfo_height()
        self.delete("all")
        self.configure(background=colours.back)
        if height < px(60):
            return
        rim = px(3)
        outline = colours.accent if self._expects_drop else colours.border
        rounded_box(
            *(self, (rim, rim, width - rim, height - rim), px(16)),
            fill="", outline=outline, width=px(4) if self._expects_drop else 2,
            dash=() if self._expects_drop else (8, 6),
        )  # fmt: skip
        room = max(1, width - px(40))
        middle = (width / 2, height / 2)
        self.create_text(*middle, text=self._text, font=TITLE, fill=colours.faint, width=room, justify="center")
