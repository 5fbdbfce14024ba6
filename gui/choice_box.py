"""A list to choose from in which every entry stands for a value; as wide as its chosen text needs, within bounds."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Hashable, Sequence
from tkinter import ttk

from gui.text_fit import TextFit
from gui.theme import BODY, Look
from gui.tooltip import Tooltip

_STYLE = "Choice.TCombobox"
# Beside the texts of the opened list: its rim and its bar.
_LIST_FRAME_PX = 32


class ChoiceBox(ttk.Combobox):
    """Reports only what the user chooses; the wheel scrolls past it without changing it."""

    def __init__(self, parent: tkinter.Misc, look: Look, most_text_px: int, on_chosen: Callable[[], object]) -> None:
        """`most_text_px` is for usual letters, and enough for what could be chosen; what is may have twice that."""
        super().__init__(parent, state="readonly", height=16, style=_STYLE, postcommand=self._on_opening)
        self._look = look
        self._most_text_px = most_text_px
        self._on_chosen = on_chosen
        self._entries: Sequence[tuple[Hashable, str]] = (("", ""),)
        self._shown = ""
        self._fit = TextFit(self)
        self._frame_px = self._longest_px = 0
        self.key: Hashable = ""
        self.bind("<<ComboboxSelected>>", self._on_selected)
        Tooltip(self, look, lambda: self.chosen_text if self.get() != self.chosen_text else "")
        self.bind("<FocusIn>", lambda _event: self._show_chosen())
        self.bind("<Configure>", lambda _event: self._show_chosen())
        for wheel in ("<Button-4>", "<Button-5>", "<MouseWheel>"):
            self.bind(wheel, lambda _event: "break")

    def show(self, entries: Sequence[tuple[Hashable, str]], shown: str = "") -> None:
        """These values with their texts; the chosen one stays, under the text `shown` where it is not among them."""
        is_first = self.key == "" and all(key != "" for key, _ in entries)
        self._entries = entries
        self.configure(values=[text for _, text in entries])
        self._fit.forget()
        self._longest_px = max(self._fit.width(text, BODY) for _, text in entries)
        self.choose(entries[0][0] if is_first else self.key, shown)

    def choose(self, key: Hashable, shown: str = "") -> None:
        """This value, also one that is not in the list, under the text `shown`."""
        self.key = key
        self._shown = shown
        self._take_width()
        self._show_chosen()

    @property
    def chosen_text(self) -> str:
        """The whole text of the chosen value."""
        return dict(self._entries).get(self.key) or self._shown or str(self.key)

    def _show_chosen(self) -> None:
        """As much of its text as there is room for: a field would cut it in the middle of a letter."""
        room = self.winfo_width() - self._frame_px if self.winfo_width() > 1 else self._look.px(self._most_text_px)
        self.set(self._fit.fit(self.chosen_text, BODY, room))
        self.selection_clear()

    def _on_opening(self) -> None:
        """The list marks the entry whose whole text stands in the field, and is wide enough for all of them."""
        self.set(self.chosen_text)
        longest = max(self._fit.width(text, BODY) for _, text in self._entries)
        wider = max(0, longest + _LIST_FRAME_PX - self.winfo_width())
        right = self.winfo_rootx() + self.winfo_width() + wider
        left = min(0, self.winfo_screenwidth() - right)
        ttk.Style(self).configure(_STYLE, postoffset=(left, 0, wider, 0))

    def _on_selected(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        place = self.current()
        if place >= 0:
            self.choose(self._entries[place][0])
            self._on_chosen()

    def _take_width(self) -> None:
        letter, most = max(1, self._fit.width("0", BODY)), self._look.px(self._most_text_px)
        chosen = self._fit.width(self.chosen_text, BODY)
        letters = -(-max(min(self._longest_px, most), min(chosen, 2 * most)) // letter)
        self.configure(width=letters)
        self._frame_px = self.winfo_reqwidth() - letters * letter
