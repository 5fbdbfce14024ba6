"""What can be done with a folder and its rows, each with its visible name and its key."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING, Protocol

from core.texts import tr
from gui.actions import Action
from gui.background import Background
from gui.folder_desk import FolderDesk
from gui.folder_dialogs import AnimalDialog, CrossDialog
from gui.folder_labels import said
from gui.folder_words import photographs
from gui.key_bar import KeyHint
from gui.shown_names import printable
from gui.theme import Look

if TYPE_CHECKING:
    from core.figures import Figures
    from core.settings import Settings
    from gui.folder_tab import FolderTab

# The digits of a French keyboard need Shift; without it the same keys give these.
_FRENCH_DIGITS = ("ampersand", "eacute", "quotedbl", "apostrophe", "parenleft")
CANDIDATES = tuple(f"folder_take_{place}" for place in range(len(_FRENCH_DIGITS)))


class ActionWindow(Protocol):
    """The window around the folder."""

    settings: Settings

    def last_folder(self) -> Path | None: ...
    def open_paths(self, paths: list[Path]) -> None: ...


class FolderActions:
    """Asks for folders, breeds and names, and passes on to the desk what is to be done."""

    def __init__(
        self, root: tkinter.Tk, look: Look, desk: FolderDesk, background: Background, window: ActionWindow
    ) -> None:
        self._root = root
        self._look = look
        self._desk = desk
        self._background = background
        self._window = window
        self._tab: FolderTab
        self.everywhere = {
            "open_folder": Action(lambda: tr("Open a folder…"), self.ask_for_folder, ("Primary-Shift-o",), True)
        }
        self.table = self._run() | self._words() | self._candidates() | self._views()

    def attach(self, tab: FolderTab) -> None:
        """The tab whose parts are shown and hidden."""
        self._tab = tab

    def _run(self) -> dict[str, Action]:
        desk = self._desk
        return {
            "folder_stop": Action(
                *(lambda: tr("Stop"), desk.run.stop, ("Escape",)),
                is_allowed=lambda: (
                    not desk.waits_in_vain
                    and (desk.run.is_waiting or (desk.run.is_running and not desk.run.is_stopping))
                ),
            ),
            "folder_go_on": Action(
                *(self._again, desk.go_on, ("F9",), True),
                is_allowed=lambda: (
                    not desk.run.is_running and bool(desk.run.roots or desk.open_run or desk.waits_in_vain)
                ),
            ),
            "folder_export": Action(
                lambda: tr("Export…"), self.export, ("Primary-s",), True, is_allowed=lambda: desk.total > 0
            ),
            "folder_figures": Action(
                *(lambda: tr("Figures"), self.show_figures, ("F7",), True),
                is_allowed=lambda: desk.review is not None,
            ),
        }

    def _words(self) -> dict[str, Action]:
        desk = self._desk
        labels = desk.labels

        def word(text: Callable[[], str], run: Callable[[], object], *keys: str) -> Action:
            return Action(text, run, keys, is_allowed=self._can_speak)

        return {
            "folder_accept": word(lambda: tr("Accept the answer"), labels.accept, "Return", "KP_Enter"),
            "folder_breed": word(lambda: tr("Type another breed…"), desk.begin_breed, "Primary-e", "slash"),
            "folder_unknown": word(lambda: tr("Unknown breed"), lambda: labels.say_kind("unknown"), "u"),
            "folder_mixed": word(lambda: tr("Mixed breed"), lambda: labels.say_kind("mixed"), "Shift-u"),
            "folder_cross": word(lambda: tr("A cross of two breeds…"), self.ask_for_cross, "m"),
            "folder_not_a_dog": word(lambda: tr("Not a dog"), lambda: labels.say_kind("not_a_dog"), "n"),
            "folder_group": word(lambda: tr("Group as one animal…"), self.ask_for_animal, "a"),
            "folder_take_back": word(lambda: tr("Take the word back"), labels.take_back, "Delete", "BackSpace"),
            "folder_undo": Action(lambda: tr("Undo"), labels.undo, ("Primary-z",), is_allowed=lambda: labels.can_undo),
        }

    def _candidates(self) -> dict[str, Action]:
        texts = (
            lambda: tr("It is the first candidate"),
            lambda: tr("It is the second candidate"),
            lambda: tr("It is the third candidate"),
            lambda: tr("It is the fourth candidate"),
            lambda: tr("It is the fifth candidate"),
        )

        def take(place: int, text: Callable[[], str]) -> Action:
            digit = str(place + 1)
            keys = (digit, f"KP_{digit}", _FRENCH_DIGITS[place])
            return Action(text, lambda: self._desk.labels.take(place), keys, is_allowed=self._can_speak)

        return {CANDIDATES[place]: take(place, text) for place, text in enumerate(texts)}

    def _views(self) -> dict[str, Action]:
        desk = self._desk
        return {
            "folder_photo": Action(
                lambda: tr("Look at it in the Photo tab"), desk.open_current, ("space",), is_allowed=self._can_speak
            ),
            "folder_all": Action(
                lambda: tr("Choose all"), desk.select_all, ("Primary-a",), is_allowed=lambda: bool(desk.rows.numbers)
            ),
            "folder_grid": Action(
                *(lambda: tr("Grid of pictures"), lambda: self._tab.use_grid(not self._tab.is_grid), ("g",)),
                is_on=lambda: self._tab.is_grid,
            ),
            "folder_preview": Action(
                *(lambda: tr("Large picture"), lambda: self._tab.use_preview(not self._tab.has_preview), ("F6",), True),
                is_on=lambda: self._tab.has_preview,
            ),
            "folder_search": Action(
                lambda: tr("Search"), self._search, ("Primary-f",), True, is_allowed=lambda: desk.review is not None
            ),
            "folder_renew": Action(
                *(lambda: tr("Filter and sort anew"), desk.renew, ("F5",), True),
                is_allowed=lambda: desk.review is not None,
            ),
        }

    def hints(self, table: Mapping[str, Action]) -> Sequence[KeyHint]:
        """The bar at the foot: keys in short words, of the actions as they are bound."""
        return (
            KeyHint(table["folder_accept"], lambda: tr("Accept")),
            KeyHint(table[CANDIDATES[0]], lambda: tr("Candidate"), "1–5"),
            KeyHint(table["folder_breed"], lambda: tr("Other breed"), "A–Z"),
            KeyHint(table["folder_not_a_dog"], lambda: tr("Not a dog")),
            KeyHint(table["folder_unknown"], lambda: tr("Unknown")),
            KeyHint(table["folder_cross"], lambda: tr("Cross")),
            KeyHint(table["folder_group"], lambda: tr("One animal")),
            KeyHint(table["folder_undo"], lambda: tr("Undo")),
            KeyHint(table["folder_take_back"], lambda: tr("Take back")),
            KeyHint(table["folder_photo"], lambda: tr("Look closer")),
        )

    def typed(self, letter: str) -> None:
        """A letter that is no key: the first one of a breed."""
        if self._can_speak():
            self._desk.begin_breed(letter)

    def ask_for_folder(self) -> None:
        """The dialog of the system; then the folder is tagged."""
        chosen = filedialog.askdirectory(
            parent=self._root,
            title=tr("Open a folder of photographs"),
            initialdir=self._window.last_folder(),
            mustexist=True,
        )
        if chosen:
            self._window.open_paths([Path(chosen)])

    def ask_for_cross(self) -> None:
        """Which two breeds; the first two candidates are offered."""
        desk = self._desk
        entry, review = desk.entry(desk.selection.current), desk.review
        if review is None:
            return
        first = [one.label for one in entry.row.tagged.verdict.candidates] if entry else []
        CrossDialog(self._root, self._look, review.info, first, lambda cross: desk.labels.say(said(cross)))

    def ask_for_animal(self) -> None:
        """Which animal the chosen photographs show; the names there are come from the library."""
        desk = self._desk
        review, numbers = desk.review, desk.chosen
        if review is None or not numbers:
            return
        entry = desk.entry(numbers[0])
        proposed = entry.row.tagged.animal if entry else ""

        def ask(names: Sequence[str]) -> None:
            many = tr("{photographs} chosen").format(photographs=photographs(len(numbers)))
            said_of = tr("Photographs of one animal get one answer, made from all of them together.")
            AnimalDialog(
                *(self._root, self._look, f"{many}. {said_of}", names, proposed),
                lambda name: desk.labels.group(name, numbers),
            )

        self._background.start("folder rows", lambda _job: desk.engine.animals(review), ask, topic="folder animals")

    def export(self) -> None:
        """What, where, how: the dialog of the exports."""
        from gui.export_dialog import ExportDialog

        desk, bar = self._desk, self._tab.bar
        if desk.review is not None and bar is not None:
            several = sorted(desk.selection.chosen) if len(desk.selection.chosen) > 1 else []
            ExportDialog(
                *(self._root, self._look, self._background, desk.review, desk.wanted(bar)),
                *(several, self._window.settings),
            )

    def show_figures(self) -> None:
        """Count in the background, then show the page of figures."""
        review = self._desk.review
        if review is not None:
            self._background.start(
                *("figures", lambda _job: self._desk.engine.figures(review), self._on_figures),
                topic="figures",
                says=tr("Counting…"),
            )

    def _on_figures(self, figures: Figures) -> None:
        from gui.figures_page import FiguresPage

        desk, review = self._desk, self._desk.review
        if review is None:
            return

        def save(path: Path) -> None:
            self._background.start(
                "save",
                lambda _job: desk.engine.save_figures(path, figures, review),
                lambda written: desk.window.show_done(
                    tr("The figures were saved as {name}.").format(name=printable(written.name))
                ),
                is_promise=True,
            )

        FiguresPage(self._root, self._look, figures, review.info, desk.apply, save)

    def _again(self) -> str:
        """Its name: with another model than the one that answered, everything is answered again."""
        desk = self._desk
        if desk.gone or (desk.open_run is not None and not desk.open_run.is_current):
            return tr("Answer again")
        return tr("Go on")

    def _search(self) -> None:
        if self._tab.bar is not None:
            self._tab.bar.begin_search()

    def _can_speak(self) -> bool:
        return self._desk.has_chosen
