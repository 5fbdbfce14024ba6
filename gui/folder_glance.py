"""What is seen of the current row beside the list: at once what is known, then the picture with its heatmap."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UserError
from core.texts import tr
from gui.answer_texts import breed_of, corrected_breed, correction_detail, correction_line, heatmap_title
from gui.background import Background
from gui.breed_bars import Bar
from gui.breed_choices import breed_choices
from gui.engine import Drawn, Engine, Layers, Opened, Seen, is_coarse
from gui.folder_engine import Entry, FolderEngine
from gui.folder_words import photographs
from gui.heatmap_strip import HeatmapChoices
from gui.photo_desk import log_only
from gui.row_texts import animal_line
from gui.shown_names import printable
from gui.verdict_card import NONE, PROBLEM, SURE, UNSURE, WAITING

if TYPE_CHECKING:
    from PIL import Image

    from core.bundles import BundleInfo
    from core.neighbours import Suspicion
    from core.records import Animal, Correction
    from core.reviews import Review
    from gui.folder_preview import FolderPreview

log = logging.getLogger(__name__)

# Holding an arrow key must not open every photograph that is passed.
_REST_MS = 120
_SMALL, _OPEN, _LOOK, _DRAW, _ANIMAL, _AHEAD = (
    f"glance {part}" for part in ("small", "open", "look", "draw", "animal", "ahead")
)
_TOPICS = (_SMALL, _OPEN, _LOOK, _DRAW, _ANIMAL, _AHEAD)


@dataclass
class _Glance:
    """All that is known of the row so far; a new one for each row."""

    entry: Entry | None = None
    opened: Opened | None = None
    seen: Seen | None = None
    drawn: Drawn | None = None
    animal: Animal | None = None
    explained: int | None = None
    problem: str = ""


class FolderGlance:
    """Decides what the preview shows; stale pictures never arrive."""

    def __init__(
        self,
        engine: Engine,
        folder: FolderEngine,
        background: Background,
        choices: Callable[[], HeatmapChoices],
        next_entry: Callable[[], Entry | None],
    ) -> None:
        """`next_entry` is the row that will be looked at next, if it is known."""
        self._engine = engine
        self._folder = folder
        self._background = background
        self._choices = choices
        self._next_entry = next_entry
        self._preview: FolderPreview
        self._review: Review | None = None
        self._asks_model = False
        self._waiting = ""
        self._suspicion: Suspicion | None = None
        self._chosen = 1
        self.now = _Glance()

    def attach(self, preview: FolderPreview) -> None:
        """Where it is shown."""
        self._preview = preview

    def use(self, review: Review | None, asks_model: bool) -> None:
        """Rows of this run from now on; `asks_model`: its answers are those of the model in use, which can say why."""
        known, asked = self._review, self._asks_model
        self._review, self._asks_model = review, asks_model
        if known is None or review is None or known.run != review.run or asked != asks_model:
            self.clear()

    def clear(self, hint: str = "") -> None:
        """Nothing is looked at."""
        self._begin(_Glance())
        self._preview.canvas.show_busy(hint)
        self.show_all()

    def show(self, entry: Entry, suspicion: Suspicion | None, chosen: int = 1) -> None:
        """Look at this row; the same row again keeps its picture. `chosen` is how many rows a word would be on."""
        self._suspicion, self._chosen = suspicion, chosen
        known = self.now.entry
        if known is not None and known.row.number == entry.row.number:
            self.now.entry = entry
            self.show_all()
            self._ask_animal()
            return
        self._begin(_Glance(entry, explained=_first_named(entry)))
        self._preview.correction.clear()
        self.show_all()
        self._see(entry)

    def redraw(self) -> None:
        """The heatmap is to look different."""
        if self.now.entry is not None:
            self._draw()
            self._show_caption()

    def resized(self) -> None:
        """The picture has another room to fill; for a larger one it may have been opened too small."""
        opened, room = self.now.opened, self._preview.canvas.room
        if opened is None and self.now.entry is not None:
            self._see(self.now.entry)  # it was not to be seen when it was chosen
        elif opened is not None and opened.photo.path is not None and is_coarse(opened.photo, room):
            self._open()
        else:
            self._draw()

    def explain(self, label: int) -> None:
        """Show what speaks for this breed."""
        self.now.explained = label
        self._show_candidates()
        self.redraw()

    def show_all(self) -> None:
        """Everything that is said, in the present language."""
        preview, entry = self._preview, self.now.entry
        preview.correction.enable(entry is not None and self._is_readable)
        if entry is None or self._review is None:
            preview.show_name("")
            preview.verdict.show_answer(WAITING, "", "")
            preview.verdict.show_correction("", "")
            preview.show_note("")
            preview.show_animal("")
            preview.show_candidates((), None, frozenset())
            preview.show_caption("")
            return
        tagged, info = entry.row.tagged, self._review.info
        many = tr("{photographs} chosen").format(photographs=photographs(self._chosen))
        preview.show_name(many if self._chosen > 1 else printable(tagged.path.name))
        self._show_verdict(entry, info)
        said = tagged.reviewed
        if said:
            preview.verdict.show_correction(_word_line(said, info), correction_detail(said, info))
        else:
            preview.verdict.show_correction("", "")
        preview.show_note(self._doubt(info))
        preview.correction.show_choices(breed_choices(info, [one.label for one in tagged.verdict.candidates]))
        self._show_candidates()
        self._show_animal()
        self._show_caption()

    def _begin(self, fresh: _Glance) -> None:
        self._background.drop(*_TOPICS)
        if self._waiting:
            self._preview.after_cancel(self._waiting)
            self._waiting = ""
        self.now = fresh

    @property
    def _is_readable(self) -> bool:
        from core.records import Status

        entry = self.now.entry
        return entry is not None and entry.row.tagged.verdict.status is not Status.UNREADABLE

    # What is said

    def _show_verdict(self, entry: Entry, info: BundleInfo) -> None:
        from core.records import Status
        from core.verdicts import describe

        verdict = entry.row.tagged.verdict
        kinds = {Status.SURE: SURE, Status.UNSURE: UNSURE, Status.NOT_A_DOG: NONE}
        answer = describe(verdict, info)
        self._preview.verdict.show_answer(kinds.get(verdict.status, PROBLEM), answer.headline, answer.detail)

    def _show_candidates(self) -> None:
        entry, review = self.now.entry, self._review
        if entry is None or review is None:
            return
        info, said = review.info, entry.row.tagged.reviewed
        candidates = entry.row.tagged.verdict.candidates
        bars = [Bar(one.label, breed_of(info, one.label), one.probability) for one in candidates]
        ids = {said.label, said.second} - {""} if said else set()
        named = frozenset(bar.label for bar in bars if info.labels[bar.label].id in ids)
        self._preview.show_candidates(bars, self.now.explained if self._asks_model else None, named)

    def _show_animal(self) -> None:
        animal, review = self.now.animal, self._review
        self._preview.show_animal(animal_line(animal, review.info) if animal and review else "")

    def _show_caption(self) -> None:
        now = self.now
        if now.drawn is None or now.drawn.positive is None or now.seen is None or now.explained is None:
            self._preview.show_caption("")
        else:
            self._preview.show_caption(heatmap_title(now.seen.info, now.explained, None, now.drawn.positive))

    def _doubt(self, info: BundleInfo) -> str:
        """Why the volunteer's word deserves a second look."""
        found = self._suspicion
        if found is None:
            return ""
        names = (number for number, label in enumerate(info.labels) if label.id == found.label)
        place = next(names, None)
        breed = found.name if place is None else breed_of(info, place)
        said = tr("Perhaps wrong: of the {voters} most similar photographs, people called {votes} {breed}.")
        return said.format(voters=found.voters, votes=found.votes, breed=breed)

    # What is seen

    def _see(self, entry: Entry) -> None:
        """The small picture at once, the large one after a moment of rest."""
        if not self._is_readable:
            self._preview.canvas.show_problem(entry.row.tagged.verdict.reason)
        elif entry.thumbnail:
            self._show_small(entry.thumbnail)
        if not self._waiting:
            self._waiting = self._preview.after(_REST_MS, self._look_closer)

    def _show_small(self, jpeg: bytes) -> None:
        room = self._preview.canvas.room
        self._background.start(
            "glance", lambda _job: self._folder.small_picture(jpeg, room), self._on_small, log_only, topic=_SMALL
        )

    def _on_small(self, picture: Image.Image | None) -> None:
        if picture is not None and self.now.drawn is None:
            self._preview.canvas.show_picture(picture)

    def _look_closer(self) -> None:
        self._waiting = ""
        self._ask_animal()
        if self._preview.winfo_ismapped():
            self._open()

    def _open(self) -> None:
        entry = self.now.entry
        if entry is None or not self._is_readable:
            return
        path, room = entry.row.tagged.path, self._preview.canvas.room
        self._background.start(
            "folder open", lambda _job: self._engine.open_file(path, room), self._on_opened, self._on_refused,
            topic=_OPEN,
        )  # fmt: skip

    def _on_opened(self, opened: Opened) -> None:
        self.now.opened = opened
        review = self._review
        if self._asks_model and review is not None and self.now.seen is None:
            self._background.start(
                "model", lambda _job: self._folder.look(review, opened.photo), self._on_seen, log_only, topic=_LOOK
            )
        self._draw()

    def _on_refused(self, error: Exception) -> None:
        """The file is not there any more, or is another one now; what was answered stands."""
        if not isinstance(error, UserError):
            log.error("a photograph failed", exc_info=error)
        said = str(error) if isinstance(error, UserError) else tr("This photograph cannot be shown")
        if self.now.entry is not None and self.now.entry.thumbnail:
            self._preview.show_caption(said)
        else:
            self._preview.canvas.show_problem(said)

    def _on_seen(self, seen: Seen | None) -> None:
        self.now.seen = seen
        self._asks_model = seen is not None  # another model was taken into use meanwhile
        self._show_candidates()
        self._draw()

    def _draw(self) -> None:
        now, choices = self.now, self._choices()
        opened, seen = now.opened, now.seen
        if opened is None:
            return
        label = now.explained if seen is not None and choices.shown else None
        layers = Layers(label, None, choices.palette, choices.opacity, None, (1, 1))
        room = self._preview.canvas.room
        self._background.start(
            "draw", lambda _job: self._engine.draw(opened.photo, seen, layers, room), self._on_drawn, topic=_DRAW
        )

    def _on_drawn(self, drawn: Drawn) -> None:
        self.now.drawn = drawn
        self._preview.canvas.show_picture(drawn.image)
        self._show_caption()
        if self.now.seen is not None or not self._asks_model:
            self._open_ahead()

    def _open_ahead(self) -> None:
        """Decode the photograph that comes next while this one is looked at."""
        coming = self._next_entry()
        if coming is None or coming.row.photograph is None:
            return
        path, room = coming.row.tagged.path, self._preview.canvas.room
        self._background.start(
            "ahead", lambda _job: self._engine.open_file(path, room), lambda _opened: None, log_only, topic=_AHEAD
        )

    def _ask_animal(self) -> None:
        entry, review = self.now.entry, self._review
        if entry is None or review is None:
            return
        if not entry.row.tagged.animal:
            self.now.animal = None
            self._show_animal()
            return
        row = entry.row
        self._background.start(
            "glance", lambda _job: self._folder.animal(review, row), self._on_animal, log_only, topic=_ANIMAL
        )

    def _on_animal(self, animal: Animal) -> None:
        self.now.animal = animal
        self._show_animal()


def _word_line(correction: Correction, info: BundleInfo) -> str:
    """What a volunteer said: that the answer was right, or what it is instead."""
    agreed = (
        correction.label == correction.predicted if correction.label else correction.kind.value == correction.status
    )
    if agreed and not correction.second_name:
        return tr("Confirmed: {breed}").format(breed=corrected_breed(correction, info))
    return correction_line(correction, info)


def _first_named(entry: Entry) -> int | None:
    verdict = entry.row.tagged.verdict
    return verdict.candidates[0].label if verdict.named else None
