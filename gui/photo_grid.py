"""Photographs as a grid of thumbnails with a word each, read from their files while they come into sight."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tkinter import ttk
from typing import TYPE_CHECKING

from core.records import Status
from gui.background import Background
from gui.row_cells import RowCells
from gui.row_grid import RowGrid
from gui.row_selection import Selection
from gui.shown_names import printable
from gui.theme import Look

if TYPE_CHECKING:
    from core.reviews import Order

_AT_ONCE = 24


@dataclass(frozen=True)
class GridPhoto:
    """One photograph: `text` under it, then `below` (without it the name of its file) and `detail` at the right."""

    path: str
    text: str
    detail: str = ""
    below: str = ""
    is_right: bool | None = None


class PhotoGrid(ttk.Frame):
    """`read` makes small JPEGs of paths in a worker thread; `on_open` is called at a double click or Space."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        background: Background,
        read: Callable[[Sequence[str]], Mapping[str, bytes | None]],
        on_open: Callable[[Path], object],
        on_selected: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._read = read
        self._on_open = on_open
        self._on_selected = on_selected
        self._photos: Sequence[GridPhoto] = ()
        self._pictures: dict[str, bytes | None] = {}
        self._asked: list[str] = []
        self._is_reading = False
        self.selection = Selection()
        self.view = RowGrid(self, look, self, "medium")
        self.view.cuts_in_middle = True
        self.view.pack(fill="both", expand=True)

    def destroy(self) -> None:
        """Away with it, and its pictures at once: Tk's must not be freed in another thread later."""
        super().destroy()
        self.view.thumbnails.use_box(1, 1)
        self.view.signs.let_go()

    @property
    def photos(self) -> Sequence[GridPhoto]:
        """What is shown."""
        return self._photos

    @property
    def chosen(self) -> list[GridPhoto]:
        """The chosen ones, in their order."""
        return [self._photos[number] for number in sorted(self.selection.chosen)]

    def show(self, photos: Sequence[GridPhoto], empty: str = "") -> None:
        """These, none of them chosen."""
        self._photos = photos
        self.selection = Selection()
        self.view.show_empty(empty, "")
        self.view.show_list([])
        self.view.show_list(range(len(photos)))
        self.view.mark(self.selection)

    def choose_all(self) -> None:
        """Every photograph."""
        self.selected(self.selection.all(self.view.rows))
        self.view.mark(self.selection)

    # What the view reports

    def needs(self, numbers: Sequence[int]) -> None:
        """Cells at once, pictures from a worker."""
        self._show_cells(numbers)
        self._asked = [path for number in numbers if (path := self._photos[number].path) not in self._pictures]
        self._read_some()

    def selected(self, selection: Selection) -> None:
        """Another choice."""
        self.selection = selection
        self._on_selected()

    def opened(self, number: int) -> None:
        """Look at it closely."""
        self._on_open(Path(self._photos[number].path))

    def sort(self, order: Order, reverse: bool) -> None:
        """A grid has no headings."""

    def menu(self, number: int, x_root: int, y_root: int) -> None:
        """What can be done stands in buttons."""

    # Inside

    def _read_some(self) -> None:
        """A few at a time: what comes into sight meanwhile is read next."""
        if self._is_reading or not self._asked:
            return
        paths, self._asked = self._asked[:_AT_ONCE], self._asked[_AT_ONCE:]
        self._is_reading = True
        self._background.start(
            "retrain pictures", lambda _job: self._read(paths), self._on_read, lambda _error: self._on_read({})
        )

    def _on_read(self, pictures: Mapping[str, bytes | None]) -> None:
        self._is_reading = False
        if not self.winfo_exists():
            return
        self._pictures |= pictures
        self._show_cells([number for number, photo in enumerate(self._photos) if photo.path in pictures])
        self._read_some()

    def _show_cells(self, numbers: Sequence[int]) -> None:
        self.view.show_cells({number: self._cells(number) for number in numbers if number < len(self._photos)})

    def _cells(self, number: int) -> RowCells:
        photo = self._photos[number]
        status = None if photo.is_right is None else Status.SURE if photo.is_right else Status.UNREADABLE
        picture = self._pictures.get(photo.path)
        name = printable(photo.below or Path(photo.path).name)
        return RowCells(number, name, status, photo.text, photo.detail, photo.path, "", False, picture)
