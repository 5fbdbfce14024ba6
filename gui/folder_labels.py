"""What a volunteer says of the chosen rows: accepted, chosen, typed, grouped, taken back, undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from core.texts import tr
from gui.background import Background
from gui.folder_engine import Kept, TakenBack, can_be_labelled, stamped
from gui.folder_words import photographs, undone_line
from gui.photo_desk import log_only
from gui.row_selection import Selection

if TYPE_CHECKING:
    from core.records import Correction
    from core.reviews import Row
    from gui.folder_desk import FolderDesk

Word = Callable[["Row"], "Correction | None"]

# One lane, so that what is undone is what was done before it.
_LANE = "folder words"


def said(correction: Correction) -> Word:
    """The same of every row."""
    return lambda _row: correction


class FolderLabels:
    """Keeps each word in the background; a single one is seen at once, and the next row comes."""

    def __init__(self, desk: FolderDesk, background: Background) -> None:
        self._desk = desk
        self._background = background
        self._pending: list[Sequence[int]] = []
        self.can_undo = False

    @property
    def pending(self) -> frozenset[int]:
        """Rows whose word is on its way into the library: what is read there may be older than what is seen."""
        return frozenset(number for numbers in self._pending for number in numbers)

    def ask_undo(self) -> None:
        """Whether there is anything to undo: asked behind every word that is on its way."""

        def answered(found: bool) -> None:
            self.can_undo = found
            self._desk.allowed_changed()

        self._background.start(
            _LANE, lambda _job: self._desk.engine.can_undo(), answered, log_only, topic="folder undo"
        )

    def accept(self) -> None:
        """Each of the chosen rows is what its own answer says first."""
        self.say(self._candidate(0, or_none=True))

    def take(self, place: int) -> None:
        """The breed at this place among the candidates is the right one."""
        self.say(self._candidate(place))

    def say_kind(self, kind: str) -> None:
        """The chosen rows are unknown, mixed, or not a dog: the value of a Kind."""
        from core.records import Correction, Kind

        self.say(said(Correction(Kind(kind))))

    def say(self, word: Word) -> None:
        """Keep this word of the chosen rows; after a single one the next row comes."""
        numbers = self._desk.chosen
        if len(numbers) == 1 and self._desk.entry(numbers[0]) is not None:
            self._say_one(numbers[0], word)
        elif numbers:
            self._keep(numbers, word)
            if len(numbers) == 1:
                self._desk.step(1)

    def group(self, animal: str, numbers: Sequence[int]) -> None:
        """These rows show this animal; an empty name: each its own."""
        review = self._desk.review
        if review is None:
            return

        def done(count: int) -> None:
            many = photographs(count)
            kept = tr("{photographs}: each on its own now") if not animal else tr("{photographs} of {name} now")
            self._desk.window.show_done(kept.format(photographs=many, name=animal))
            self._desk.changed(numbers)

        self.can_undo = True
        self._background.start(
            *(_LANE, lambda _job: self._desk.engine.group(review, numbers, animal), done), is_promise=True
        )

    def take_back(self) -> None:
        """The latest word on the chosen rows was a mistake."""
        review, numbers = self._desk.review, self._desk.chosen
        if review is None or not numbers:
            return

        def done(count: int) -> None:
            text = tr("There was no word to take back.")
            if count:
                text = tr("Taken back: the word on {photographs}").format(photographs=photographs(count))
            self._desk.window.show_done(text)
            self._desk.changed(numbers)

        self._background.start(
            *(_LANE, lambda _job: self._desk.engine.take_back(review, numbers), done), is_promise=True
        )

    def undo(self) -> None:
        """Take the latest act back, of whichever session it was, and show what it was about."""
        review = self._desk.review
        self._background.start(_LANE, lambda _job: self._desk.engine.undo(review), self._on_undone, is_promise=True)

    def _candidate(self, place: int, or_none: bool = False) -> Word:
        from core.records import Correction, Kind, Status

        labels = self._desk.review.info.labels if self._desk.review else ()

        def word(row: Row) -> Correction | None:
            verdict = row.tagged.verdict
            if or_none and verdict.status is Status.NOT_A_DOG:
                return Correction(Kind.NOT_A_DOG)
            if place >= len(verdict.candidates):
                return None
            label = labels[verdict.candidates[place].label]
            return Correction(Kind.BREED, label.id, label.en)

        return word

    def _say_one(self, number: int, word: Word) -> None:
        entry, review = self._desk.entry(number), self._desk.review
        if entry is None or review is None:
            return
        correction = word(entry.row) if can_be_labelled(entry.row) else None
        if correction is None:
            self._say_left_out(1)
        else:
            seen = replace(stamped(correction, entry.row, review.info), at=datetime.now(timezone.utc))
            tagged = replace(entry.row.tagged, reviewed=seen)
            self._desk.put([replace(entry, row=replace(entry.row, tagged=tagged))])
            self._keep([number], word)
        self._desk.step(1)

    def _keep(self, numbers: Sequence[int], word: Word) -> None:
        review = self._desk.review
        if review is None:
            return
        self._pending.append(numbers)
        self.can_undo = True
        known = {number: entry.row for number in numbers if (entry := self._desk.entry(number)) is not None}

        def arrived() -> None:
            self._pending.remove(numbers)
            self._desk.changed(numbers)

        def done(kept: Kept) -> None:
            arrived()
            if len(numbers) > 1:
                self._say_kept(kept)

        def failed(error: Exception) -> None:
            arrived()
            self._background.report(error)

        self._background.start(
            *(_LANE, lambda _job: self._desk.engine.label(review, numbers, word, known), done, failed),
            says=tr("Keeping your word…") if len(numbers) > 1 else "",
            is_promise=True,
        )

    def _say_kept(self, kept: Kept) -> None:
        if not kept.labelled:
            self._say_left_out(kept.skipped)
            return
        text = tr("Kept: your word on {photographs}").format(photographs=photographs(kept.labelled))
        if kept.skipped:
            text += ". " + tr("Left out: {photographs}").format(photographs=photographs(kept.skipped))
        self._desk.window.show_done(text)

    def _say_left_out(self, count: int) -> None:
        if count > 1:
            self._desk.window.show_done(tr("These photographs cannot be read: nothing was kept."))
        else:
            self._desk.window.show_done(tr("There is nothing to keep for this photograph: the next one."))

    def _on_undone(self, back: TakenBack | None) -> None:
        desk = self._desk
        if back is None:
            self.ask_undo()
            desk.window.show_done(tr("There is nothing to undo."))
            return
        here = [number for number in back.numbers if number in desk.rows.places]
        text = undone_line(back.undone)
        if not back.numbers:
            text += ". " + tr("It was in another folder.")
        elif not here:
            text += ". " + tr("The filter hides it now.")
        desk.window.show_done(text)
        desk.changed(back.numbers)
        if here:
            desk.choose(Selection(frozenset(here), here[0], here[0]))
