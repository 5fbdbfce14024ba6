"""A window that is open already does not answer: what shall be done?"""

from __future__ import annotations

from enum import Enum

from core.about import NAME
from core.texts import tr
from gui.lone_window import LoneWindow


class Choice(Enum):
    """What the user wants."""

    AGAIN = "again"
    START = "start"
    LEAVE = "leave"


class NoAnswerWindow(LoneWindow[Choice]):
    """Asks for one of the choices. Raises TclError without a display."""

    def __init__(self) -> None:
        said = tr("{name} is already running, but does not answer.").format(name=NAME)
        more = tr(
            "Perhaps it is only busy: wait a moment, then try again. You can also open a second window: nothing is "
            "lost by that."
        )
        names = {
            Choice.AGAIN: tr("Try again"),
            Choice.START: tr("Open a second window"),
            Choice.LEAVE: tr("Cancel"),
        }
        super().__init__(said, more, names)
