"""The menu bar: each menu is made anew when it opens, so that language, keys and what is possible are always right."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from gui.actions import Action


@dataclass(frozen=True)
class Options:
    """A submenu of which one entry is chosen: `entries()` are (value, visible name)."""

    text: Callable[[], str]
    entries: Callable[[], Sequence[tuple[str, str]]]
    chosen: Callable[[], str]
    choose: Callable[[str], object]


Entry = Action | Options | None
Title = Callable[[], str]


class MenuBar(tkinter.Menu):
    """Menus with a title and entries; None is a line between them."""

    def __init__(self, root: tkinter.Tk, menus: Sequence[tuple[Title, Sequence[Entry]]]) -> None:
        super().__init__(root, tearoff=False)
        self._menus = menus
        self._variables: list[tkinter.Variable] = []
        self.show_texts()

    def show_texts(self) -> None:
        """The titles in the present language."""
        self.delete(0, "end")
        for child in self.winfo_children():  # the menus in the language before
            child.destroy()
        letters: set[str] = set()
        for title, entries in self._menus:
            menu = tkinter.Menu(self, tearoff=False)
            menu.configure(postcommand=partial(self._fill, menu, entries))
            self.add_cascade(label=title(), menu=menu, underline=_free_letter(title(), letters))

    def _fill(self, menu: tkinter.Menu, entries: Sequence[Entry]) -> None:
        menu.delete(0, "end")
        for child in menu.winfo_children():
            child.destroy()
        letters: set[str] = set()
        for entry in entries:
            if entry is None:
                menu.add_separator()
            elif isinstance(entry, Options):
                text = entry.text()
                menu.add_cascade(label=text, menu=self._submenu(menu, entry), underline=_free_letter(text, letters))
            else:
                self._add(menu, entry, letters)

    def _add(self, menu: tkinter.Menu, action: Action, letters: set[str]) -> None:
        text = action.text()
        state: Literal["normal", "disabled"] = "normal" if action.is_allowed() else "disabled"
        underline, key = _free_letter(text, letters), f"   {action.key_text()} "
        if action.is_on is None:
            menu.add_command(label=text, accelerator=key, command=action.run, state=state, underline=underline)
            return
        on = tkinter.BooleanVar(menu, action.is_on())
        self._keep(on)
        menu.add_checkbutton(
            label=text, accelerator=key, command=action.run, state=state, underline=underline, variable=on
        )

    def _submenu(self, menu: tkinter.Menu, options: Options) -> tkinter.Menu:
        submenu, letters = tkinter.Menu(menu, tearoff=False), set[str]()
        chosen = tkinter.StringVar(menu, options.chosen())
        self._keep(chosen)
        for value, text in options.entries():
            submenu.add_radiobutton(
                label=text,
                variable=chosen,
                value=value,
                command=partial(options.choose, value),
                underline=_free_letter(text, letters),
            )
        return submenu

    def _keep(self, variable: tkinter.Variable) -> None:
        """A variable that Python forgets is unset, and its mark in the open menu with it."""
        self._variables = [*self._variables[-20:], variable]


def _free_letter(text: str, taken: set[str]) -> int:
    """The place of the letter that opens the entry with the keyboard: one that no other entry has; -1 if all are."""
    for place, letter in enumerate(text):
        if letter.isalnum() and letter.casefold() not in taken:
            taken.add(letter.casefold())
            return place
    return -1
