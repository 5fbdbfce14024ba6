"""What the pages of the Retrain tab share: parts that wrap their text, and the moments at which they are told."""

from __future__ import annotations

import tkinter
from tkinter import ttk
from typing import TYPE_CHECKING

from gui.theme import Look

if TYPE_CHECKING:
    from gui.retrain_desk import RetrainDesk


class Page(ttk.Frame):
    """One page; it is built for one language and one state, and thrown away after."""

    def __init__(self, parent: tkinter.Misc, look: Look, desk: RetrainDesk) -> None:
        super().__init__(parent)
        self.look = look
        self.desk = desk
        self.build()

    def build(self) -> None:
        """Make its parts."""

    def destroy(self) -> None:
        """Away with it, and with what of Tk's would else be freed in another thread later."""
        super().destroy()
        for name, value in list(vars(self).items()):
            if isinstance(value, tkinter.Variable | tkinter.Image):
                delattr(self, name)

    def show_progress(self) -> None:
        """What runs has come further, or has ended."""

    def expect_drop(self, expected: bool) -> None:
        """Something is held over the window."""

    def show_acts(self) -> None:
        """Something was decided about the photographs."""

    def go(self) -> None:
        """Do what the page is there for: its key was pressed."""

    def show_preview(self) -> None:
        """Examples of changed photographs are there."""


def wrapped(label: ttk.Label, spare: int = 0) -> ttk.Label:
    """A label whose text goes on in the next line where its frame ends; `spare` pixels stay free."""
    frame = label.master

    def wrap(event: tkinter.Event[tkinter.Misc]) -> None:
        wide = max(80, event.width - spare)
        if event.widget is frame and label.winfo_exists() and abs(int(str(label.cget("wraplength")) or 0) - wide) > 1:
            label.configure(wraplength=wide)

    label.configure(justify="left")
    frame.bind("<Configure>", wrap, add=True)
    return label
