"""A list to choose from in which every entry stands for a value; as wide as its texts need, within bounds."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Hashable, Sequence
from tkinter import ttk

from gui.theme import BODY

_ARROW_LETTERS = 1


class ChoiceBox(ttk.Combobox):
    """Reports only what the user chooses; the wheel scrolls past it without changing it."""

    def __init__(self, parent: tkinter.Misc, least_px: int, most_px: int, on_chosen: Callable[[], object]) -> None:
        super().__init__(parent, state="readonly", height=16)
        self._bounds = (least_px, most_px)
        self._on_chosen = on_chosen
        self._entries: Sequence[tuple[Hashable, str]] = (("", ""),)
        self.key: Hashable = ""
        self.bind("<<ComboboxSelected>>", self._on_selected)
        for wheel in ("<Button-4>", "<Button-5>", "<MouseWheel>"):
            self.bind(wheel, lambda _event: "break")

    def show(self, options: Sequence[tuple[Hashable, str]], shown: str = "") -> None:
        """These values with their texts; the chosen one stays, under the text `shown` where it is not among them."""
        is_first = self.key == "" and all(key != "" for key, _ in options)
        self._entries = options
        self.configure(values=[text for _, text in options])
        self.choose(options[0][0] if is_first else self.key, shown)
        self._take_width()

    def choose(self, key: Hashable, shown: str = "") -> None:
        """This value, also one that is not in the list."""
        self.key = key
        self.set(dict(self._entries).get(key, shown or str(key)))
        self.selection_clear()

    def _on_selected(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self.selection_clear()
        if self.current() >= 0:
            self.key = self._entries[self.current()][0]
            self._on_chosen()

    def _take_width(self) -> None:
        measure = self.tk.call
        letter = max(1, int(measure("font", "measure", BODY, "0")))
        longest = max(int(measure("font", "measure", BODY, text)) for _, text in self._entries)
        wide = min(max(longest, self._bounds[0] - 4 * letter), self._bounds[1] - 4 * letter)
        self.configure(width=-(-wide // letter) + _ARROW_LETTERS)
