"""What can be done with the photograph on the desk, each with its visible name and its key."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog
from typing import Protocol

from core.texts import tr
from gui.actions import Action
from gui.background import Background
from gui.clipboard import picture_in, read_clipboard
from gui.engine import Engine
from gui.photo_desk import PhotoDesk
from gui.shown_names import printable

_STEP = 0.1
PHOTO_PATTERNS = (
    *("*.jpg", "*.jpeg", "*.jpe", "*.jfif", "*.png", "*.apng", "*.webp", "*.avif", "*.heic", "*.heif", "*.hif"),
    *("*.tif", "*.tiff", "*.bmp", "*.gif", "*.mpo"),
)


class PhotoWindow(Protocol):
    """The window around the photograph."""

    def last_folder(self) -> Path | None: ...
    def show_done(self, text: str) -> None: ...
    def open_paths(self, paths: list[Path]) -> None: ...


class PhotoActions:
    """Asks for files, reads the clipboard, and passes on to the desk what is to be done."""

    def __init__(
        self,
        root: tkinter.Tk,
        desk: PhotoDesk,
        engine: Engine,
        background: Background,
        window: PhotoWindow,
        why: Callable[[], None],
    ) -> None:
        """`why` opens the window with further explanations."""
        self._root = root
        self._desk = desk
        self._engine = engine
        self._background = background
        self._window = window
        self._why = why
        self.table = self._files() | self._answers() | self._breeds() | self._heatmap()

    def _files(self) -> dict[str, Action]:
        desk = self._desk
        return {
            "open": Action(lambda: tr("Open a photograph…"), self.ask_for_photo, ("Primary-o",), True),
            "paste": Action(lambda: tr("Paste"), self.paste, ("Primary-v",)),
            "previous": Action(
                lambda: tr("Previous"),
                lambda: desk.step(-1),
                ("Left", "Prior"),
                is_allowed=lambda: desk.can_step(-1),
            ),
            "next": Action(
                lambda: tr("Next"), lambda: desk.step(1), ("Right", "Next"), is_allowed=lambda: desk.can_step(1)
            ),
            "save": Action(
                lambda: tr("Save picture…"),
                self.ask_where_to_save,
                ("Primary-s",),
                True,
                is_allowed=lambda: desk.now.chosen is not None,
            ),
        }

    def _answers(self) -> dict[str, Action]:
        desk = self._desk
        return {
            "copy": Action(
                lambda: tr("Copy answer"),
                self.copy_answer,
                ("Primary-c",),
                is_allowed=lambda: desk.now.seen is not None,
            ),
            "correct": Action(
                *(lambda: tr("Correct the breed"), desk.ask_for_breed, ("Primary-e",), True),
                is_allowed=lambda: desk.now.opened is not None,
            ),
            "take_back": Action(
                lambda: tr("Take the correction back"),
                desk.take_back,
                ("Primary-z",),
                is_allowed=lambda: bool(desk.now.opened and desk.now.opened.correction),
            ),
        }

    def _breeds(self) -> dict[str, Action]:
        desk = self._desk

        def for_breeds(text: Callable[[], str], run: Callable[[], None], key: str) -> Action:
            return Action(text, run, (key,), is_allowed=lambda: desk.now.seen is not None)

        return {
            "breed_down": for_breeds(lambda: tr("Show the next breed"), lambda: desk.move_choice(1), "Down"),
            "breed_up": for_breeds(lambda: tr("Show the breed before"), lambda: desk.move_choice(-1), "Up"),
            "compare_down": for_breeds(
                lambda: tr("Compare with the next breed"), lambda: desk.move_comparison(1), "Shift-Down"
            ),
            "compare_up": for_breeds(
                lambda: tr("Compare with the breed before"), lambda: desk.move_comparison(-1), "Shift-Up"
            ),
            "compare_end": Action(
                lambda: tr("End the comparison"),
                lambda: desk.compare(None),
                ("Escape",),
                is_allowed=lambda: desk.now.versus is not None,
            ),
        }

    def _heatmap(self) -> dict[str, Action]:
        desk = self._desk
        return {
            "heatmap": Action(
                lambda: tr("Heatmap"),
                lambda: desk.turn(shown=not desk.choices.shown),
                ("h",),
                is_on=lambda: desk.choices.shown,
            ),
            "outline": Action(
                lambda: tr("Outline of the animal"),
                lambda: desk.turn(outline=not desk.choices.outline),
                ("o",),
                is_on=lambda: desk.choices.outline,
            ),
            "stronger": Action(
                lambda: tr("Stronger heatmap"), lambda: desk.turn(stronger=_STEP), ("plus", "equal", "KP_Add")
            ),
            "weaker": Action(
                lambda: tr("Weaker heatmap"), lambda: desk.turn(stronger=-_STEP), ("minus", "KP_Subtract")
            ),
            "palette": Action(lambda: tr("Other heatmap colours"), desk.next_palette, ("p",)),
            "why": Action(
                lambda: tr("More ways to see why…"), self._why, ("w",), is_allowed=lambda: desk.now.seen is not None
            ),
        }

    def ask_for_photo(self) -> None:
        """The dialog of the system; then the photograph opens."""
        kinds = [(tr("Photographs"), " ".join((*PHOTO_PATTERNS, *(kind.upper() for kind in PHOTO_PATTERNS))))]
        chosen = filedialog.askopenfilename(
            parent=self._root,
            title=tr("Open a photograph"),
            initialdir=self._window.last_folder(),
            filetypes=[*kinds, (tr("All files"), "*")],
        )
        if chosen:
            self._window.open_paths([Path(chosen)])

    def paste(self) -> None:
        """A picture or a file from the clipboard."""
        pasted = read_clipboard(self._root)
        if pasted.paths:
            self._window.open_paths(list(pasted.paths))
            return
        # A lane of its own: the program that owns the clipboard may never answer.
        self._background.start("clipboard", lambda _job: picture_in(pasted), self._on_pasted, topic="open")

    def _on_pasted(self, found: object) -> None:
        if isinstance(found, list):
            self._window.open_paths(found)
        else:
            self._desk.open_image(found)  # type: ignore[arg-type]

    def copy_answer(self) -> None:
        """The answer as text into the clipboard."""
        self._root.clipboard_clear()
        self._root.clipboard_append(self._desk.answer())
        self._window.show_done(tr("The answer is in the clipboard."))

    def ask_where_to_save(self) -> None:
        """The picture with its heatmap, at the full size of the photograph."""
        chosen = filedialog.asksaveasfilename(
            parent=self._root,
            title=tr("Save the picture with its heatmap"),
            initialdir=self._window.last_folder(),
            initialfile=self._desk.name_for_picture(),
            defaultextension=".jpg",
            filetypes=[("JPEG", "*.jpg"), ("PNG", "*.png")],
        )
        if chosen:
            self.save(Path(chosen))

    def save(self, path: Path) -> None:
        """Write the picture in the background."""
        opened, seen, layers = self._desk.now.opened, self._desk.now.seen, self._desk.layers_to_save()
        captions = self._desk.captions()
        if opened is None or seen is None:
            return
        self._background.start(
            "save",
            lambda _job: self._engine.save_picture(path, opened, seen, layers, captions),
            lambda _done: self._window.show_done(
                tr("The picture was saved as {name}.").format(name=printable(path.name))
            ),
            says=tr("Saving the picture…"),
            is_promise=True,
        )
