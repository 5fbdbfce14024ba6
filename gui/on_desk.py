"""The photograph on the desk: all that is known of it so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.texts import tr
from gui.engine import Drawn, Opened, Seen
from gui.shown_names import printable

if TYPE_CHECKING:
    from core.outlines import Mask


@dataclass
class OnDesk:
    """All that is known of the photograph on the desk; a new one for each photograph.

    `beside` are the photographs of its folder, and `place` is its own place among them, as soon as that is known.
    """

    path: Path | None = None
    is_pasted: bool = False
    opened: Opened | None = None
    seen: Seen | None = None
    drawn: Drawn | None = None
    mask: Mask | None = None
    problem: str = ""
    no_answer: str = ""
    chosen: int | None = None
    versus: int | None = None
    beside: Sequence[Path] = ()
    place: int | None = None

    @property
    def name(self) -> str:
        """What to call it on the screen; empty when there is none."""
        if self.path:
            return printable(self.path.name)
        return tr("From the clipboard") if self.is_pasted else ""
