"""A small window with a few words and buttons, for what is to be said while the program has no other window."""

from __future__ import annotations

import tkinter
from collections.abc import Mapping
from functools import partial
from tkinter import ttk
from typing import Generic, TypeVar

from core.about import NAME
from gui.desktop import Desktop
from gui.icons import show_icon
from gui.theme import Look, sharp_on_windows

Answer = TypeVar("Answer")

_WIDTH_PX = 420


class LoneWindow(Generic[Answer]):
    """A headline, more words, and a button for each choice. Raises TclError without a display.

    The first of the choices is the suggested one; the last is what closing the window means.
    """

    def __init__(self, headline: str, more: str, choices: Mapping[Answer, str]) -> None:
        desktop = Desktop()
        sharp_on_windows()
        self.root = tkinter.Tk(className=NAME)
        self.root.withdraw()
        self.choice = list(choices)[-1]
        look = Look(self.root, desktop.text_dpi())
        look.use("dark" if desktop.is_dark() else "light")
        self.root.title(NAME)
        self.root.resizable(False, False)
        self.buttons: dict[Answer, ttk.Button] = {}
        self._build(look, headline, more, choices)
        show_icon(self.root)
        self.root.protocol("WM_DELETE_WINDOW", self.root.quit)
        self.root.bind("<Escape>", lambda _event: self.root.quit())

    def ask(self) -> Answer:
        """Wait for the answer."""
        self.root.eval(f"tk::PlaceWindow {self.root} center")
        next(reversed(self.buttons.values())).focus_force()
        self.root.mainloop()
        self.root.destroy()
        return self.choice

    def _build(self, look: Look, headline: str, more: str, choices: Mapping[Answer, str]) -> None:
        px = look.px
        frame = ttk.Frame(self.root, padding=px(20))
        frame.pack(fill="both", expand=True)
        title = ttk.Label(frame, text=headline, style="Strong.TLabel", wraplength=px(_WIDTH_PX), justify="left")
        title.pack(anchor="w")
        words = ttk.Label(frame, text=more, wraplength=px(_WIDTH_PX), justify="left")
        words.pack(anchor="w", pady=(px(8), px(16)))
        suggested = next(iter(choices))
        for choice, name in reversed(list(choices.items())):
            style = "Accent.TButton" if choice is suggested else "TButton"
            button = ttk.Button(frame, text=name, style=style, command=partial(self._choose, choice))
            for key in ("<Return>", "<KP_Enter>"):
                button.bind(key, partial(self._choose, choice))
            button.pack(side="right", padx=(px(8), 0))
            self.buttons[choice] = button

    def _choose(self, choice: Answer, _event: object = None) -> None:
        self.choice = choice
        self.root.quit()
