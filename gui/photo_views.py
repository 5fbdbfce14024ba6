"""What the Photo tab shows of the photograph on the desk: answer, bars, correction, legend, in the present language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.texts import tr
from gui.answer_texts import breed_of, correction_detail, correction_line, heatmap_title
from gui.breed_bars import Bar
from gui.breed_choices import breed_choices
from gui.engine import legend_ends
from gui.heatmap_strip import HeatmapChoices
from gui.verdict_card import NONE, PROBLEM, SURE, UNSURE, WAITING

if TYPE_CHECKING:
    from core.bundles import BundleInfo
    from gui.on_desk import OnDesk
    from gui.photo_tab import PhotoTab


def show_answer(tab: PhotoTab, now: OnDesk, info: BundleInfo | None, no_model: str) -> None:
    """The verdict in words and the bars under it."""
    kind, headline, detail = _words(now, info, no_model)
    tab.verdict.show_answer(kind, headline, detail)
    bars, title = [], ""
    if now.seen:
        verdict, known = now.seen.verdict, now.seen.info
        bars = [Bar(one.label, breed_of(known, one.label), one.probability) for one in verdict.candidates]
        title = tr("Likeliest breeds") if verdict.named else tr("If there is one, it looks most like")
    tab.show_bars(title, bars, now.chosen, now.versus)


def show_correction(tab: PhotoTab, now: OnDesk, info: BundleInfo | None) -> None:
    """What the volunteer said of this photograph, and what can be said."""
    correction = now.opened.correction if now.opened else None
    if correction:
        tab.verdict.show_correction(correction_line(correction, info), correction_detail(correction, info))
    else:
        tab.verdict.show_correction("", "")
    tab.correction.enable(now.opened is not None)
    if now.opened:
        first = [one.label for one in now.seen.verdict.candidates] if now.seen else []
        # Places in a list of labels mean something only in the list of the model that answered.
        tab.correction.show_choices(breed_choices(now.seen.info if now.seen else info, first))


def show_heatmap(tab: PhotoTab, now: OnDesk, choices: HeatmapChoices) -> None:
    """What the heatmap shows, and what its colours mean."""
    tab.strip.enable(now.opened is not None)
    drawn = now.drawn
    if not (choices.shown and drawn and now.seen) or now.chosen is None or drawn.positive is None:
        waits_for_click = choices.shown and now.seen and now.chosen is None
        tab.strip.show_legend(tr("Click a breed to see what speaks for it") if waits_for_click else "", "", "", None)
        return
    title = heatmap_title(now.seen.info, now.chosen, now.versus, drawn.positive)
    tab.strip.show_legend(title, *legend_ends(drawn.palette), drawn.bar if drawn.positive else None)


def _words(now: OnDesk, info: BundleInfo | None, no_model: str) -> tuple[str, str, str]:
    if now.no_answer:
        return PROBLEM, tr("No answer"), now.no_answer
    if now.seen:
        from core.records import Status
        from core.verdicts import describe

        answer = describe(now.seen.verdict, now.seen.info)
        kinds = {Status.SURE: SURE, Status.UNSURE: UNSURE, Status.NOT_A_DOG: NONE}
        return kinds.get(now.seen.verdict.status, PROBLEM), answer.headline, answer.detail
    if no_model:
        return PROBLEM, tr("No model"), no_model
    if now.name:
        return WAITING, tr("Looking…"), "" if info else tr("The model is being loaded.")
    return WAITING, "", ""
