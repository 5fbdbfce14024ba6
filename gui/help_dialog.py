"""The short help: what to do, what the answers mean, and every key."""

from __future__ import annotations

import tkinter
from collections.abc import Sequence
from tkinter import ttk

from core.texts import tr
from gui.actions import Action
from gui.dialog import Dialog
from gui.theme import Look


class HelpDialog(Dialog):
    """Some sentences, and the actions with their keys in two columns."""

    def __init__(self, parent: tkinter.Tk, look: Look, actions: Sequence[Action]) -> None:
        super().__init__(parent, look, tr("Help"))
        px = look.px
        for title, text in _paragraphs():
            ttk.Label(self.body, text=title, style="Strong.TLabel").pack(anchor="w")
            label = ttk.Label(self.body, text=text, wraplength=px(680), justify="left")
            label.pack(anchor="w", pady=(px(2), px(10)))
        ttk.Label(self.body, text=tr("Keys"), style="Strong.TLabel").pack(anchor="w", pady=(0, px(4)))
        table = ttk.Frame(self.body)
        table.pack(fill="x")
        rows = (len(actions) + 1) // 2
        for number, action in enumerate(actions):
            row, column = number % rows, number // rows * 2
            key = ttk.Label(table, text=action.key_text(), style="Strong.TLabel")
            key.grid(row=row, column=column, sticky="w", padx=(px(24) if column else 0, px(12)))
            ttk.Label(table, text=action.text()).grid(row=row, column=column + 1, sticky="w")
        self.show()


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
            tr("You know better"),
            tr(
                "Type the breed in the field at the bottom right. Your word is kept beside the answer and shown "
                "again with the photograph. The photographs themselves are never changed."
            ),
        ),
    ]
