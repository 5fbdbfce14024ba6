"""The questions of the Retrain tab: which class photographs count as, and questions with a few answers."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from tkinter import ttk

from core.texts import tr
from gui.dialog import Dialog
from gui.name_field import NameField
from gui.theme import Look


class ClassDialog(Dialog):
    """Which class, by a few typed letters; a name that is none is refused beside the field.

    `names` are those in the data with what they are called on the screen; `on_kept` gets the one in the data.
    """

    def __init__(
        self,
        parent: tkinter.Tk,
        look: Look,
        title: str,
        said: str,
        names: Sequence[tuple[str, str]],
        on_kept: Callable[[str], object],
    ) -> None:
        super().__init__(parent, look, title)
        self._names = names
        self._on_kept = on_kept
        self.close_button.configure(text=tr("Cancel"))
        self.keep_button = ttk.Button(self.foot, text=tr("Keep"), style="Accent.TButton", command=self.keep)
        self.keep_button.pack(side="right", padx=(0, look.px(8)))
        self.wrong = ttk.Label(self.foot, style="Faint.TLabel", justify="left", wraplength=look.room(300))
        self.wrong.pack(side="left", fill="x", expand=True)
        what = ttk.Label(self.body, text=said, wraplength=look.room(400), justify="left")
        what.pack(anchor="w", pady=(0, look.px(10)))
        self.field = NameField(
            self.body, look, tr("Class"), [(shown, (shown, name)) for name, shown in names], self.keep
        )
        self.field.pack(fill="both", expand=True)
        self.show()
        self.field.begin()

    def keep(self) -> None:
        """Hand the class over and close, or say what is missing."""
        chosen = self.field.chosen
        if chosen is None:
            self.wrong.configure(text=tr("Choose one of the classes in the list."))
            return
        self.close()
        self._on_kept(self._names[chosen][0])


class SureDialog(Dialog):
    """A question with a few answers, each a button; the first one is the careful one and has the keyboard."""

    def __init__(
        self,
        parent: tkinter.Tk,
        look: Look,
        title: str,
        said: str,
        answers: Sequence[tuple[str, Callable[[], object]]],
    ) -> None:
        super().__init__(parent, look, title)
        self.close_button.pack_forget()
        ttk.Label(self.body, text=said, wraplength=look.room(460), justify="left").pack(anchor="w")
        self.buttons: list[ttk.Button] = []
        for text, run in answers:
            button = ttk.Button(self.foot, text=text, command=lambda run=run: self._answer(run))  # type: ignore[misc]
            button.pack(side="right", padx=(look.px(8), 0))
            self.buttons.append(button)
        self.show()
        self.buttons[0].focus_set()

    def _answer(self, run: Callable[[], object]) -> None:
        self.close()
        run()
