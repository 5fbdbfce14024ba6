"""The keys of the Retrain tab: the last decision taken back, the next step begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.texts import tr
from gui.actions import Action

if TYPE_CHECKING:
    from gui.retrain_desk import RetrainDesk


def retrain_actions(desk: RetrainDesk) -> dict[str, Action]:
    """What can be done in the tab, by name."""
    return {
        "retrain_undo": Action(
            lambda: tr("Take the last decision back"), desk.undo, ("Primary-z",), is_allowed=lambda: desk.can_undo
        ),
        "retrain_go": Action(
            *(lambda: tr("Look at the photographs, or start the training"), desk.go, ("Primary-Return",), True),
            is_allowed=lambda: desk.can_go,
        ),
    }
