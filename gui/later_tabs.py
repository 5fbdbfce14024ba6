"""The tabs whose work is still to come: they say so, and what can be done until then."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tkinter
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

from core.texts import tr
from gui.icons import icon
from gui.theme import Look


class LaterTab(ttk.Frame):
    """A heading and some sentences; `show_texts` fills them in."""

    def __init__(self, parent: tkinter.Misc, look: Look, texts: Callable[[], tuple[str, str]]) -> None:
        super().__init__(parent, padding=look.px(24))
        self._look = look
        self._texts = texts
        self._middle = ttk.Frame(self)
        self._middle.place(relx=0.5, rely=0.45, anchor="center")
        self._icon = icon(self, look.px(64))
        ttk.Label(self._middle, image=self._icon or "").pack(pady=(0, look.px(14)))
        self._title = ttk.Label(self._middle, style="Title.TLabel", justify="center")
        self._title.pack()
        self._text = ttk.Label(self._middle, justify="center")
        self._text.pack(pady=(look.px(10), 0))
        self.bind("<Configure>", self._wrap)

    def show_texts(self) -> None:
        """All texts in the present language."""
        title, text = self._texts()
        self._title.configure(text=title)
        self._text.configure(text=text)

    def _wrap(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self._text.configure(wraplength=min(self._look.px(620), max(self._look.px(200), self.winfo_width() - 80)))


class FolderTab(LaterTab):
    """Whole folders are done by the command until this tab does them."""

    def __init__(self, parent: tkinter.Misc, look: Look, on_copy: Callable[[str], object]) -> None:
        self._folder: Path | None = None
        self._on_copy = on_copy
        super().__init__(parent, look, self._words)
        self._command = ttk.Entry(self._middle, state="readonly", justify="left")
        self._command.pack(fill="x", pady=(look.px(16), look.px(8)))
        self.button = ttk.Button(self._middle, command=lambda: self._on_copy(self.command))
        self.button.pack()

    @property
    def command(self) -> str:
        """What does the same work in a terminal."""
        folder = str(self._folder) if self._folder else tr("FOLDER")
        words = [*_program(), "classify", folder, "--out", tr("breeds.csv")]
        return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)

    def show_folder(self, folder: Path) -> None:
        """A folder that was dropped or opened."""
        self._folder = folder
        self.show_texts()

    def show_texts(self) -> None:
        super().show_texts()
        self._command.configure(state="normal")
        self._command.delete(0, "end")
        self._command.insert(0, self.command)
        self._command.configure(state="readonly")
        self.button.configure(text=tr("Copy the command"))

    def _words(self) -> tuple[str, str]:
        title = tr("Whole folders are still to come here")
        if self._folder:
            title = tr("Whole folders are still to come: {name}").format(name=self._folder.name or self._folder)
        return title, tr(
            "A table and a grid of all photographs of a folder will be here in a later version. "
            "Until then, this command in a terminal writes a table with one row for each photograph:"
        )


def retrain_texts() -> tuple[str, str]:
    """What the Retrain tab says."""
    return tr("Retraining is still to come here"), tr(
        "Administrators will retrain the model with the shelter's own photographs here, in a later version. "
        "Until then, a model that somebody else made can be added in the settings."
    )


def _program() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return ["python", "main.py"]
