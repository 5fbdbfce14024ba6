"""Photographs of a judged model in a grid: those of one cell, and the worst mistakes with what the model looked at."""

from __future__ import annotations

import tkinter
from collections.abc import Mapping, Sequence
from tkinter import ttk
from typing import TYPE_CHECKING

from core.texts import percent, tr
from gui.dialog import Dialog
from gui.photo_grid import GridPhoto, PhotoGrid
from gui.retrain_page import wrapped
from gui.theme import Look

if TYPE_CHECKING:
    from gui.retrain_desk import RetrainDesk
    from gui.retrain_engine import Outcome

_SIZE_PX = (860, 560)
_HEATMAP_PX = 420


def shows(name: str) -> str:
    """What a photograph shows, under a wrong answer."""
    return tr("shows: {name}").format(name=name)


class PhotosDialog(Dialog):
    """A grid of photographs; a double click shows one in the Photo tab."""

    def __init__(self, desk: RetrainDesk, look: Look, title: str, photos: Sequence[GridPhoto]) -> None:
        super().__init__(desk.root, look, title)
        self.resizable(True, True)
        px = look.px
        ttk.Label(self.body, text=title, style="Title.TLabel").pack(anchor="w")
        said = tr("A double click, or Space, shows one in the Photo tab.")
        ttk.Label(self.body, text=said, style="Faint.TLabel").pack(anchor="w", pady=(0, px(6)))

        def look_at(path: object) -> None:
            self.close()
            desk.window.show_photo(path)  # type: ignore[arg-type]

        self.grid_view = PhotoGrid(self.body, look, desk.background, desk.engine.pictures, look_at)
        self.grid_view.pack(fill="both", expand=True)
        self.grid_view.show(photos, tr("Its photographs are not written down."))
        width = min(px(_SIZE_PX[0]), self.winfo_screenwidth() - px(40))
        height = min(px(_SIZE_PX[1]), self.winfo_screenheight() - px(120))
        self.body.pack_propagate(False)
        self.body.configure(width=width, height=height)
        self.show()


class MistakesPage(ttk.Frame):
    """The surest wrong answers at the left, at the right what the model looked at in the chosen one."""

    def __init__(
        self, parent: tkinter.Misc, look: Look, desk: RetrainDesk, outcome: Outcome, names: Mapping[str, str]
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._desk = desk
        self._names = names
        self._outcome = outcome
        self._mistakes = outcome.result.judgement.mistakes
        self._picture: tkinter.PhotoImage | None = None
        self._wanted = ""
        px = look.px
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        said = tr("Where it was surest and wrong. Sometimes the label is: then mend it in step 1 and train again.")
        wrapped(ttk.Label(self, text=said, style="Faint.TLabel"), px(24)).grid(
            row=0, column=0, columnspan=2, sticky="w", pady=(0, px(6))
        )
        self.grid_view = PhotoGrid(
            *(self, look, desk.background, desk.engine.pictures, desk.window.show_photo, self._on_chosen)
        )
        self.grid_view.grid(row=1, column=0, sticky="nsew")
        self._right = right = ttk.Frame(self, width=px(_HEATMAP_PX))
        right.grid(row=1, column=1, sticky="nsew", padx=(px(14), 0))
        right.grid_propagate(False)
        right.columnconfigure(0, weight=1)
        self.words = wrapped(ttk.Label(right, text=tr("Choose one to see what it looked at.")), px(8))
        self.words.grid(row=0, column=0, sticky="w", pady=(0, px(6)))
        self.heatmap = ttk.Label(right)
        self.heatmap.grid(row=1, column=0, sticky="nw")
        photos = [
            GridPhoto(one.path, self._named(one.said), percent(one.confidence), shows(self._named(one.truth)), False)
            for one in self._mistakes
        ]
        self.grid_view.show(photos, tr("There are no mistakes."))

    def destroy(self) -> None:
        """Away with it, and its picture at once: Tk's must not be freed in another thread later."""
        super().destroy()
        self._picture = None

    def _named(self, label: str) -> str:
        return self._names.get(label, label)

    def _ask_for_room(self) -> None:
        """Only its width is fixed: the page scrolls where the picture is higher than the room."""
        self._right.update_idletasks()
        self._right.configure(height=self.heatmap.winfo_reqheight() + self.words.winfo_reqheight() + self._look.px(6))

    def _on_chosen(self) -> None:
        current = self.grid_view.selection.current
        if current is None:
            return
        one = self._mistakes[current]
        said = tr("It shows {truth}; the answer was {answer}, {share} sure.")
        words = {"truth": self._named(one.truth), "answer": self._named(one.said), "share": percent(one.confidence)}
        self.words.configure(text=said.format(**words))
        self._wanted = one.heatmap
        if not one.heatmap:
            self.heatmap.configure(image="")
            return
        path, room = self._outcome.run.folder / one.heatmap, self._look.px(_HEATMAP_PX)

        def show(png: bytes | None) -> None:
            if self.winfo_exists() and self._wanted == one.heatmap:
                self._picture = tkinter.PhotoImage(master=self, data=png) if png else None
                self.heatmap.configure(image=self._picture or "")
                self._ask_for_room()

        self._desk.ask(lambda: self._desk.engine.fitted_png(path, room), show)
