"""A window that is open already does not answer: what shall be done?"""

from __future__ import annotations

import tkinter
from enum import Enum
from functools import partial
from tkinter import ttk

from core.about import NAME
from core.texts import tr
from gui.desktop import Desktop
from gui.icons import show_icon
from gui.theme import Look, sharp_on_windows


class Choice(Enum):
    """What the user wants."""

    AGAIN = "again"
    START = "start"
    LEAVE = "leave"


class NoAnswerWindow:
    """A small window of its own, as there is no other one of this process. Raises TclError without a display."""

    def __init__(self) -> None:
        desktop = Desktop()
        sharp_on_windows()
        self.root = tkinter.Tk(className=NAME)
        self.root.withdraw()
        self.choice = Choice.LEAVE
        look = Look(self.root, desktop.text_dpi())
        look.use("dark" if desktop.is_dark() else "light")
        self.root.title(NAME)
        self.root.resizable(False, False)
        self._build(look)
        show_icon(self.root)
        self.root.protocol("WM_DELETE_WINDOW", self.root.quit)
        self.root.bind("<Escape>", lambda _event: self.root.quit())

    def ask(self) -> Choice:
        """Wait for the answer."""
        self.root.eval(f"tk::PlaceWindow {self.root} center")
        self.buttons[Choice.AGAIN].focus_force()
        self.root.mainloop()
        self.root.destroy()
        return self.choice

    def _build(self, look: Look) -> None:
        px = look.px
        frame = ttk.Frame(self.root, padding=px(20))
        frame.pack(fill="both", expand=True)
        said = tr("{name} is already running, but does not answer.").format(name=NAME)
        ttk.Label(frame, text=said, style="Strong.TLabel").pack(anchor="w")
        more = tr(
            "Perhaps it is only busy: wait a moment, then try again. You can also open a second window: nothing is "
            "lost by that."
        )
        ttk.Label(frame, text=more, wraplength=px(420), justify="left").pack(anchor="w", pady=(px(8), px(16)))
        names = {
            Choice.AGAIN: tr("Try again"),
            Choice.START: tr("Open a second window"),
            Choice.LEAVE: tr("Cancel"),
        }
        self.buttons: dict[Choice, ttk.Button] = {}
        for choice, name in reversed(names.items()):
            style = "Accent.TButton" if choice is Choice.AGAIN else "TButton"
            button = ttk.Button(frame, text=name, style=style, command=partial(self._choose, choice))
            for key in ("<Return>", "<KP_Enter>"):
                button.bind(key, partial(self._choose, choice))
            button.pack(side="right", padx=(px(8), 0))
            self.buttons[choice] = button

    def _choose(self, choice: Choice, _event: object = None) -> None:
        self.choice = choice
        self.root.quit()
