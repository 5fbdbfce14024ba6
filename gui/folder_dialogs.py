"""The two questions of the Folder tab: which two breeds a cross is of, and which animal the chosen photographs show."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import TYPE_CHECKING

from core.name_search import folded
from core.texts import tr
from gui.breed_choices import breed_choices
from gui.correction_box import Choice
from gui.dialog import Dialog
from gui.name_field import NameField
from gui.theme import Look

if TYPE_CHECKING:
    from core.bundles import BundleInfo
    from core.records import Correction


class _Question(Dialog):
    """A dialog with an answer: a button that keeps it, a line for what is wrong with it."""

    def __init__(self, parent: tkinter.Tk, look: Look, title: str, keep: str) -> None:
        super().__init__(parent, look, title)
        self.close_button.configure(text=tr("Cancel"))
        self.keep_button = ttk.Button(self.foot, text=keep, style="Accent.TButton", command=self.keep)
        self.keep_button.pack(side="right", padx=(0, look.px(8)))
        self.default = self.keep_button
        self.wrong = ttk.Label(self.foot, style="Faint.TLabel", justify="left", wraplength=look.room(300))
        self.wrong.pack(side="left", fill="x", expand=True)

    def keep(self) -> None:
        """Check the answer, hand it over, close; or say what is wrong with it."""
        raise NotImplementedError


class CrossDialog(_Question):
    """Two breeds, with the likeliest offered: Enter keeps those."""

    def __init__(
        self,
        parent: tkinter.Tk,
        look: Look,
        info: BundleInfo,
        first: Sequence[int],
        on_kept: Callable[[Correction], object],
    ) -> None:
        """`first` are the likeliest labels, best first."""
        from core.records import Kind

        super().__init__(parent, look, tr("A cross of two breeds"), tr("Keep the cross"))
        self._on_kept = on_kept
        self._asked: set[str] = set()
        self._choices = [one for one in breed_choices(info, first) if one.correction.kind is Kind.BREED]
        options = [(one.shown, one.names) for one in self._choices]
        self.fields = (
            NameField(self.body, look, tr("First breed"), options, self.keep),
            NameField(self.body, look, tr("Second breed"), options, self.keep),
        )
        self.update_idletasks()
        is_wide = 2 * self.fields[0].winfo_reqwidth() < self.winfo_screenwidth() - look.px(80)
        for place, field in enumerate(self.fields):
            row, column = (0, place) if is_wide else (place, 0)
            space = look.px(16) if place else 0
            field.grid(
                row=row, column=column, sticky="nsew", padx=(space * is_wide, 0), pady=(space * (not is_wide), 0)
            )
            if place < len(first):
                field.put(self._choices[place].shown)
        self.show()
        self.fields[0].begin()

    def keep(self) -> None:
        from core.records import Correction, Kind

        breeds = [self._breed(field) for field in self.fields]
        if not all(name for _, name in breeds):
            self.wrong.configure(text=tr("Say both breeds, or press U for a mixed breed that nobody knows."))
            return
        (label, name), (second, second_name) = breeds
        if folded(name) == folded(second_name):
            self.wrong.configure(text=tr("These are the same breed twice."))
            return
        if self._asks_spelling():
            return
        self.close()
        self._on_kept(Correction(Kind.CROSS, label, name, second=second, second_name=second_name))

    def _asks_spelling(self) -> bool:
        """Whether words that are no known breed are kept only at the next Enter, with what was probably meant."""
        for field in self.fields:
            words = field.text
            if field.chosen is None and words not in self._asked:
                self._asked.add(words)
                said = tr("“{words}” is no known breed. Press Enter once more to keep it as written.")
                if field.meant:
                    said = tr("Did you mean {name}? It is in the list. Enter once more keeps “{words}” as written.")
                self.wrong.configure(text=said.format(words=words, name=field.meant))
                field.begin()
                return True
        return False

    def _breed(self, field: NameField) -> tuple[str, str]:
        """The label's id and English name, or the words as typed."""
        chosen = field.chosen
        if chosen is None:
            return "", field.text
        found: Choice = self._choices[chosen]
        return found.correction.label, found.correction.name


class AnimalDialog(_Question):
    """The name of the animal on the chosen photographs; names that are there already are offered."""

    def __init__(
        self,
        parent: tkinter.Tk,
        look: Look,
        said: str,
        names: Sequence[str],
        proposed: str,
        on_kept: Callable[[str], object],
    ) -> None:
        super().__init__(parent, look, tr("One animal"), tr("Keep together"))
        self._on_kept = on_kept
        ttk.Label(self.body, text=said, wraplength=look.room(360), justify="left").pack(
            anchor="w", pady=(0, look.px(10))
        )
        self.field = NameField(self.body, look, tr("Its name"), [(name, (name,)) for name in names], self.keep)
        self.field.pack(fill="both", expand=True)
        self.apart_button = ttk.Button(self.foot, text=tr("Each on its own"), command=lambda: self._kept(""))
        self.apart_button.pack(side="left", before=self.wrong)
        self.field.put(proposed)
        self.show()
        self.field.begin()

    def keep(self) -> None:
        if self.field.text:
            self._kept(self.field.text)
        else:
            self.wrong.configure(text=tr("Type a name first."))

    def _kept(self, name: str) -> None:
        self.close()
        self._on_kept(name)
