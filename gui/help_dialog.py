"""The short help: what to do, what the answers mean, and every key."""

from __future__ import annotations

import tkinter
from collections.abc import Sequence
from tkinter import font, ttk

from core.texts import tr
from gui.actions import Action
from gui.dialog import Dialog
from gui.theme import STRONG, Look

_MOST_COLUMNS = 3


class HelpDialog(Dialog):
    """Some sentences, and the actions with their keys in columns."""

    def __init__(self, parent: tkinter.Tk, look: Look, actions: Sequence[Action]) -> None:
        super().__init__(parent, look, tr("Help"))
        px = look.px
        page = self.body
        for title, text in _paragraphs():
            ttk.Label(page, text=title, style="Strong.TLabel").pack(anchor="w")
            label = ttk.Label(page, text=text, wraplength=look.room(860), justify="left")
            label.pack(anchor="w", pady=(px(2), px(10)))
        for title, tab in _tables():
            ttk.Label(page, text=title, style="Strong.TLabel").pack(anchor="w", pady=(px(6), px(4)))
            table = ttk.Frame(page)
            table.pack(fill="x")
            self._fill_table(table, [action for action in actions if action.tab == tab])
        self.show()

    def _fill_table(self, table: ttk.Frame, actions: Sequence[Action]) -> None:
        px = self.look.px
        measure = font.nametofont(STRONG, self).measure
        widest = max(measure(action.key_text()) + measure(action.text()) for action in actions) + px(48)
        columns = max(1, min(_MOST_COLUMNS, self.look.room(1120) // widest))
        rows = -(-len(actions) // columns)
        for number, action in enumerate(actions):
            row, column = number % rows, number // rows * 2
            key = ttk.Label(table, text=action.key_text(), style="Strong.TLabel")
            key.grid(row=row, column=column, sticky="w", padx=(px(24) if column else 0, px(12)))
            ttk.Label(table, text=action.text()).grid(row=row, column=column + 1, sticky="w")


def _tables() -> list[tuple[str, int | None]]:
    """The titles of the tables of keys, and the tab in which they work."""
    return [
        (tr("Keys"), None),
        (tr("Keys in the Photo tab"), 0),
        (tr("Keys in the Folder tab"), 1),
        (tr("Keys in the Retrain tab"), 2),
    ]


def _paragraphs() -> list[tuple[str, str]]:
    return [
        (
            tr("A photograph"),
            tr(
                "Drop a photograph anywhere on the window, open it or paste it. The answer is about looks: "
                "even good judges are often wrong about the descent of a mixed dog."
            ),
        ),
        (
            tr("Why this answer"),
            tr(
                "Click a breed to see what in the picture speaks for it. Click a second one while holding Shift, "
                "or choose it under the bars, to see why the one and not the other."
            ),
        ),
        (
            tr("A folder"),
            tr(
                "Drop a folder, or several photographs, to have all of them answered. The most doubtful come first: "
                "Enter accepts an answer, the keys 1 to 5 choose another, letters find any breed."
            ),
        ),
        (
            tr("You know better"),
            tr(
                "Type the breed in the field at the bottom right. Your word is kept beside the answer and shown "
                "again with the photograph. The photographs themselves are never changed."
            ),
        ),
    ]
