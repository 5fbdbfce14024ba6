"""What is counted and checked in the background after words were said: how the run stands, what is perhaps wrong."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from typing import TYPE_CHECKING

from gui.background import Background
from gui.folder_engine import FolderEngine, Tally
from gui.photo_desk import log_only

if TYPE_CHECKING:
    from core.neighbours import Suspicion
    from core.reviews import Review

# At most this often, however fast a volunteer is.
_AFTER_WORDS_MS = 2000
_TALLY, _SUSPECTS = "folder tally", "folder suspects"


class FolderChecks:
    """Counts anew when a run is opened and a moment after words were said; `on_checked` is told of what is new."""

    def __init__(
        self, root: tkinter.Tk, engine: FolderEngine, background: Background, on_checked: Callable[[bool], object]
    ) -> None:
        """`on_checked` is told whether other photographs are perhaps wrong than before."""
        self._root = root
        self._engine = engine
        self._background = background
        self._on_checked = on_checked
        self._review: Review | None = None
        self._waiting = ""
        self.tally: Tally | None = None
        self.suspects: dict[int, Suspicion] = {}

    def use(self, review: Review, is_other: bool) -> None:
        """Check these rows from now on; `is_other`: not those from before."""
        self._review = review
        if is_other:
            self.tally = None
        self._check()

    def forget(self) -> None:
        """Nothing is shown any more."""
        self._review, self.tally, self.suspects = None, None, {}

    def words_changed(self) -> None:
        """Somebody said something of some rows, or took it back."""
        if not self._waiting:
            self._waiting = self._root.after(_AFTER_WORDS_MS, self._check)

    def _check(self) -> None:
        self._waiting, review, engine = "", self._review, self._engine
        if review is None:
            return
        self._background.start("folder rows", lambda _job: engine.tally(review), self._on_tally, log_only, topic=_TALLY)
        self._background.start(
            *(_SUSPECTS, lambda job: engine.suspicions(lambda: job.cancelled), self._on_suspects, log_only),
            topic=_SUSPECTS,
        )

    def _on_tally(self, tally: Tally) -> None:
        self.tally = tally
        self._on_checked(False)

    def _on_suspects(self, found: dict[int, Suspicion]) -> None:
        before, self.suspects = self.suspects, found
        self._on_checked(before.keys() != found.keys())
