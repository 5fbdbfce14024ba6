"""The licences of everything that the program is made of, to be read in full."""

from __future__ import annotations

import tkinter
from collections.abc import Sequence
from tkinter import ttk
from typing import TYPE_CHECKING

from core.licences import Part, parts
from core.texts import tr
from gui.background import Background
from gui.dialog import Dialog
from gui.sorted_table import Column, Row, SortedTable
from gui.theme import Look

if TYPE_CHECKING:
    from core.jobs import Job

# Licences are written for lines of 80 letters.
_LETTERS, _LINES = 80, 15


class LicencesDialog(Dialog):
    """A table of the parts; under it the text of the chosen one. Both are read by a worker."""

    def __init__(self, parent: tkinter.Tk | tkinter.Toplevel, look: Look, background: Background) -> None:
        super().__init__(parent, look, tr("Licences"))
        self._background = background
        self._parts: Sequence[Part] = ()
        columns = (Column(tr("Part"), 190), Column(tr("Version"), 100), Column(tr("Licence"), 380))
        self.table = SortedTable(self.body, look, columns, on_chosen=self._on_chosen)
        self.table.pack(fill="x")
        self.text = self._text_below()
        self.show()
        self.table.view.focus_set()
        background.start("slow", lambda _job: parts(str(tkinter.TkVersion)), self._on_parts, topic="licences")

    def _text_below(self) -> tkinter.Text:
        px, colours = self.look.px, self.look.colours
        frame = ttk.Frame(self.body)
        frame.pack(fill="both", expand=True, pady=(px(10), 0))
        text = tkinter.Text(
            frame, width=_LETTERS, height=_LINES, wrap="word", font="TkFixedFont", background=colours.card,
            foreground=colours.text, borderwidth=0, highlightthickness=1, highlightbackground=colours.border,
            highlightcolor=colours.accent, padx=px(10), pady=px(8), state="disabled",
        )  # fmt: skip
        bar = ttk.Scrollbar(frame, command=text.yview)
        text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        text.pack(side="left", fill="both", expand=True)
        return text

    def _on_parts(self, found: Sequence[Part]) -> None:
        if not self.winfo_exists():
            return
        self._parts = found
        rows = [(part.name, part.version, part.licence) for part in found]
        self.table.show([Row(str(n), cells, [cell.lower() for cell in cells]) for n, cells in enumerate(rows)])
        self.table.view.selection_set("0")
        self.table.view.focus("0")

    def _on_chosen(self) -> None:
        if not self.table.chosen:
            return
        part = self._parts[int(self.table.chosen[0])]

        def read(_job: Job) -> str:
            try:
                return part.text()
            except OSError as error:
                return tr("This file cannot be read: {reason}.").format(reason=error.strerror)

        self._background.start("slow", read, self._show_text, topic="licence")

    def _show_text(self, text: str) -> None:
        if not self.winfo_exists():
            return
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        self.text.insert("1.0", text)
        self.text.configure(state="disabled")
