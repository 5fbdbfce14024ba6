"""How a folder stands, in a title and a sentence, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.texts import tr
from gui.actions import Action
from gui.folder_progress import Standing
from gui.folder_words import how_far, name_of, stopped_at, what_came

if TYPE_CHECKING:
    from gui.folder_desk import FolderDesk

_STOPPED = "stopped"


def standing_of(desk: FolderDesk, actions: Mapping[str, Action]) -> Standing:
    """What is to be said of the folder now."""
    run, shown = desk.run, desk.open_run
    if run.is_waiting and not run.is_running:
        if desk.waits_in_vain:
            return Standing(name_of(run.waiting), desk.no_model, offered=actions["folder_go_on"])
        return Standing(name_of(run.waiting), tr("The model is being loaded."), True, None, actions["folder_stop"])
    if run.is_running:
        return _running(desk, actions)
    roots = run.roots or (shown.run.roots if shown else ())
    if not roots:
        return Standing()
    again = actions["folder_go_on"]
    state = run.progress.state if run.progress else shown.run.state if shown else None
    if run.problem and run.progress is None and shown is None:  # it has not even begun
        return Standing(name_of(roots), run.problem, offered=again)
    if run.problem or (state is not None and state.value == _STOPPED):
        return Standing(name_of(roots), stopped_at(run.progress, desk.total), offered=again)
    if desk.gone:
        return Standing(name_of(roots), desk.gone, offered=again)
    tally = desk.checks.tally
    sentence = what_came(tally) if tally else ""
    if shown is not None and not shown.is_current:
        return Standing(name_of(roots), tr("Answered by another model. {rest}").format(rest=sentence), offered=again)
    return Standing(name_of(roots), sentence)


def _running(desk: FolderDesk, actions: Mapping[str, Action]) -> Standing:
    run, progress = desk.run, desk.run.progress
    sentence, share = tr("Looking for photographs…"), None
    if progress is not None:
        sentence = how_far(progress)
        share = progress.done / progress.total if progress.total else None
    if run.is_stopping:
        sentence = tr("Stopping…")
    return Standing(name_of(run.roots), sentence, True, share, actions["folder_stop"])
