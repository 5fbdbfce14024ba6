"""One row of a folder, large: picture with heatmap, answer, candidates, the volunteer's word, the animal.

It lays out and reports; `FolderGlance` decides what is to be seen.
"""

from __future__ import annotations

import tkinter
from collections.abc import Mapping, Sequence
from tkinter import ttk
from typing import Protocol

from gui.actions import Action
from gui.breed_bars import Bar
from gui.candidate_list import CandidateList
from gui.correction_box import Choice, CorrectionBox
from gui.photo_canvas import PhotoCanvas
from gui.scroll_frame import ScrollFrame
from gui.theme import BODY, STRONG, TITLE, Look, elided
from gui.tooltip import Tooltip
from gui.verdict_card import VerdictCard

_LEAST_PICTURE_PX = 140
_FIELD_GAP_PX = 8


class PreviewListener(Protocol):
    """Who decides what a click means."""

    def resized(self) -> None: ...
    def take(self, place: int) -> object: ...
    def explain(self, label: int) -> object: ...
    def correct(self, choice: Choice) -> object: ...
    def as_typed(self, words: str) -> Choice: ...


class FolderPreview(ttk.Frame):
    """The right side of the Folder tab."""

    def __init__(
        self, parent: tkinter.Misc, look: Look, actions: Mapping[str, Action], listener: PreviewListener
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._photo_name = ""
        self._title = ttk.Label(self, style="Strong.TLabel", width=1)
        Tooltip(self._title, look, lambda: self._photo_name)
        self.canvas = PhotoCanvas(self, look, actions["open"], actions["paste"], listener.resized)
        self._caption = ttk.Label(self, style="Small.TLabel", width=1)
        self._caption_text = ""
        self._answer = ScrollFrame(self, look)
        inside = self._answer.inside
        self.verdict = VerdictCard(inside, look, actions["folder_take_back"].run, (TITLE, STRONG))
        self._note = ttk.Label(inside, style="Strong.TLabel", justify="left")
        self.candidates = CandidateList(inside, look, listener.take, listener.explain)
        self._animal = ttk.Label(inside, justify="left")
        self.correction = CorrectionBox(self, look, listener.correct, listener.as_typed)
        self._build()
        self.show_texts()

    def show_texts(self) -> None:
        """The fixed texts in the present language."""
        self.correction.show_texts()

    def show_name(self, name: str) -> None:
        """Which photograph it is, or how many are chosen."""
        self._photo_name = name
        self._title.configure(text=elided(self, name, STRONG, max(80, self._title.winfo_width())))

    def show_caption(self, text: str) -> None:
        """What the heatmap shows."""
        self._caption_text = text
        self._caption.configure(text=elided(self, text, BODY, max(80, self._caption.winfo_width())))

    def show_note(self, text: str) -> None:
        """Why it deserves a second look; empty hides it."""
        self._note.configure(text=text)
        self._show_or_hide(self._note, bool(text))

    def show_animal(self, text: str) -> None:
        """Whom it shows; empty hides it."""
        self._animal.configure(text=text)
        self._show_or_hide(self._animal, bool(text))

    def show_candidates(self, bars: Sequence[Bar], explained: int | None, said: frozenset[int]) -> None:
        """The likeliest breeds; without any the room stays empty."""
        self.candidates.show(bars, explained, said)
        self._show_or_hide(self.candidates, bool(bars))

    @property
    def note(self) -> str:
        """What `show_note` said."""
        return str(self._note.cget("text"))

    @property
    def animal(self) -> str:
        """What `show_animal` said."""
        return str(self._animal.cget("text"))

    @property
    def caption(self) -> str:
        """What `show_caption` said."""
        return self._caption_text

    def _build(self) -> None:
        px = self._look.px
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1, minsize=px(_LEAST_PICTURE_PX))
        self.canvas.configure(width=px(200), height=px(_LEAST_PICTURE_PX))
        self._title.grid(row=0, column=0, sticky="ew", pady=(0, px(4)))
        self.canvas.grid(row=1, column=0, sticky="nsew")
        self._caption.grid(row=2, column=0, sticky="ew", pady=(px(2), px(4)))
        self._answer.grid(row=3, column=0, sticky="ew")
        self.correction.grid(row=4, column=0, sticky="ew", pady=(px(_FIELD_GAP_PX), 0))
        inside = self._answer.inside
        inside.columnconfigure(0, weight=1)
        for row, part in enumerate((self.verdict, self._note, self.candidates, self._animal)):
            part.grid(row=row, column=0, sticky="ew", pady=(px(4) if row else 0, 0))
        for part in (self._note, self.candidates, self._animal):
            part.grid_remove()
        self.canvas.show_busy("")
        self.bind("<Configure>", lambda _event: self._fit())
        inside.bind("<Configure>", lambda _event: self._fit(), add=True)
        self._title.bind("<Configure>", lambda _event: self.show_name(self._photo_name))
        self._caption.bind("<Configure>", lambda _event: self.show_caption(self._caption_text))

    def _fit(self) -> None:
        """The picture keeps its least height; what is said beside it scrolls where there is no room."""
        px = self._look.px
        taken = self._title.winfo_reqheight() + self._caption.winfo_reqheight() + self.correction.winfo_reqheight()
        room = self.winfo_height() - taken - px(_LEAST_PICTURE_PX + _FIELD_GAP_PX + 12)
        self._answer.take_room(max(px(60), room))
        width = max(px(120), self._answer.inside.winfo_width() - px(4))
        for label in (self._note, self._animal):
            label.configure(wraplength=width)

    def _show_or_hide(self, part: ttk.Widget | tkinter.Canvas, shown: bool) -> None:
        if shown:
            part.grid()
        else:
            part.grid_remove()
