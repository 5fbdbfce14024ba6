"""What can be done with an explanation once it is there: ask how faithful it is, and save it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING

from core.texts import tr
from gui.background import Background
from gui.engine import Opened, Seen
from gui.theme import Look
from gui.why_engine import Asked, Found, MapDrawing, WhyEngine
from gui.why_words import captions, faith_sentence, name_for_picture, said_of

if TYPE_CHECKING:
    from core.jobs import Job
    from core.perturbations import Faithfulness
    from gui.why_faith import FaithDialog
    from gui.why_window import WhyWindow

_FAITH = "why-faith"
_TELL_MS = 120


@dataclass(frozen=True, eq=False)
class ShownNow:
    """The explanation in the window, of which photograph and answer."""

    found: Found
    opened: Opened
    seen: Seen


class WhyAfter:
    """What was measured is kept as long as the photograph stays."""

    def __init__(self, engine: WhyEngine, background: Background) -> None:
        self._engine = engine
        self._background = background
        self.faith: dict[Asked, Faithfulness] = {}
        self.dialog: FaithDialog | None = None
        self._told = (0, 0)

    def ask_how_faithful(self, window: WhyWindow, look: Look, shown: ShownNow) -> None:
        """Ask again and again while the places of the map are taken away, and given."""
        from gui.why_faith import FaithDialog

        asked = shown.found.asked
        if shown.found.evidence is None:
            return
        dialog = self.dialog = FaithDialog(window, look, self._on_closed)
        if asked in self.faith:
            self._show(shown)
            return
        self._told = (0, 0)

        def work(job: Job) -> Faithfulness:
            def told(done: int, total: int) -> None:
                job.stop_if_cancelled()
                self._told = done, total

            return self._engine.faithfulness(shown.opened, shown.seen, shown.found, told)

        def done(faith: Faithfulness) -> None:
            self.faith[asked] = faith
            self._show(shown)

        self._background.start(_FAITH, work, done, lambda error: dialog.show_problem(said_of(error)), topic=_FAITH)
        dialog.after(_TELL_MS, self._tell, dialog, asked)

    def ask_where_to_save(self, window: WhyWindow, photo: str, folder: Path | None, shown: ShownNow) -> Path | None:
        """The dialog of the system; None where it was left."""
        chosen = filedialog.asksaveasfilename(
            parent=window,
            title=tr("Save the picture with its explanation"),
            initialdir=folder,
            initialfile=name_for_picture(photo, shown.seen, shown.found),
            defaultextension=".png",
            filetypes=[("PNG", "*.png"), ("JPEG", "*.jpg")],
        )
        return Path(chosen) if chosen else None

    def save(self, path: Path, shown: ShownNow, drawing: MapDrawing, on_saved: Callable[[str], None]) -> None:
        """Write the picture in the background; curves that were drawn for it stand below."""
        found, faith = shown.found, self.faith.get(shown.found.asked)
        lines = captions(shown.seen, found) if found.evidence is not None else []
        self._background.start(
            "save",
            lambda _job: self._engine.save(path, shown.opened, shown.seen, found, drawing, lines, faith),
            lambda _done: on_saved(path.name),
            says=tr("Saving the picture…"),
            is_promise=True,
        )

    def forget(self) -> None:
        """Another photograph."""
        self.faith.clear()

    def close(self) -> None:
        """Close the dialog, if it is open."""
        if self.dialog is not None:
            self.dialog.close()

    def _show(self, shown: ShownNow) -> None:
        asked = shown.found.asked
        if self.dialog is not None and asked.label is not None:
            faith = self.faith[asked]
            self.dialog.show_result(faith, faith_sentence(faith, shown.seen.info, asked.label))

    def _tell(self, dialog: FaithDialog, asked: Asked) -> None:
        if self.dialog is dialog and asked not in self.faith:
            dialog.show_progress(*self._told)
            dialog.after(_TELL_MS, self._tell, dialog, asked)

    def _on_closed(self) -> None:
        self._background.drop(_FAITH)
        self.dialog = None
