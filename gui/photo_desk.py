"""What happens to one photograph in the window: opened, asked about, drawn, corrected, left for the next one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.texts import tr
from gui.answer_texts import answer_text, breed_of, caption_lines, file_name_of
from gui.background import Background
from gui.breed_choices import choice_as_typed
from gui.correction_box import Choice
from gui.engine import Drawn, Engine, Layers, Opened, Seen, is_coarse
from gui.heatmap_strip import HeatmapChoices
from gui.on_desk import OnDesk
from gui.photo_views import show_answer, show_correction, show_heatmap
from gui.timeline import mark

if TYPE_CHECKING:
    from PIL import Image

    from core.bundles import BundleInfo
    from core.outlines import Mask
    from core.records import Correction
    from gui.photo_tab import PhotoTab

log = logging.getLogger(__name__)

_PATIENCE_MS = 250
_TOPICS = ("open", "look", "draw", "outline", "beside", "ahead", "word")


class PhotoDesk:
    """Decides what a click means: asks the engine in the background and tells the tab what to show."""

    def __init__(
        self,
        engine: Engine,
        background: Background,
        choices: HeatmapChoices,
        on_changed: Callable[[], object],
        on_word: Callable[[str], object],
    ) -> None:
        """`on_word` is told of the content of which a word was kept or taken back."""
        self._engine = engine
        self._background = background
        self._on_changed = on_changed
        self._on_word = on_word
        self._tab: PhotoTab
        self.choices = choices
        self.info: BundleInfo | None = None
        self.no_model = ""
        self.now = OnDesk()

    def attach(self, tab: PhotoTab) -> None:
        """The tab that shows what is on the desk."""
        self._tab = tab
        self.show_all()

    def show_all(self) -> None:
        """Everything once more, such as in another language."""
        self._show_title()
        self._show_stage()
        show_answer(self._tab, self.now, self.info, self.no_model)
        show_correction(self._tab, self.now, self.info)
        show_heatmap(self._tab, self.now, self.choices)
        self._on_changed()

    # Photographs come and go

    def open(self, path: Path) -> None:
        """Put the photograph in this file on the desk."""
        self._open(path)
        self._background.start(
            "files", lambda _job: self._engine.photos_beside(path), self._on_beside, log_only, topic="beside"
        )

    def _open(self, path: Path, beside: Sequence[Path] = (), place: int | None = None) -> None:
        room = self._tab.canvas.room
        self._clear(OnDesk(path, beside=beside, place=place))
        self._background.start(
            "open",
            lambda _job: self._engine.open_file(path, room),
            self._on_opened,
            self._on_refused,
            topic="open",
            says=tr("Opening {name}…").format(name=self.now.name),
        )

    def open_image(self, image: Image.Image) -> None:
        """Put a picture that has no file on the desk."""
        self._clear(OnDesk(is_pasted=True))
        self._background.start(
            "open", lambda _job: self._engine.open_image(image), self._on_opened, self._on_refused, topic="open"
        )

    def step(self, by: int) -> None:
        """The next or the previous photograph of the folder; at the end it stays."""
        if self.now.place is not None and self.can_step(by):
            place = self.now.place + by
            self._open(self.now.beside[place], self.now.beside, place)

    def can_step(self, by: int) -> bool:
        """Whether there is a photograph before or after this one."""
        place = self.now.place
        return place is not None and 0 <= place + by < len(self.now.beside)

    def _clear(self, fresh: OnDesk) -> None:
        self._background.drop(*_TOPICS)
        self.now = fresh
        self._show_title()
        self._on_changed()
        self._tab.after(_PATIENCE_MS, self._show_waiting, fresh)

    def _on_opened(self, opened: Opened) -> None:
        self.now.opened = opened
        self._look()  # first: everything else can be done meanwhile
        self._tab.show_panels(True, True)
        self._tab.correction.clear()
        show_answer(self._tab, self.now, self.info, self.no_model)
        show_correction(self._tab, self.now, self.info)
        self._show_title()
        self._draw()
        self._outline()
        self._on_changed()

    def _on_refused(self, error: Exception) -> None:
        self.now.problem = _said(error)
        self.show_all()

    def _on_no_answer(self, error: Exception) -> None:
        self.now.no_answer = _said(error)
        self.show_all()

    def _on_beside(self, found: tuple[Sequence[Path], int | None]) -> None:
        self.now.beside, self.now.place = found
        self._show_title()
        self._on_changed()
        self._open_ahead()

    def _open_ahead(self) -> None:
        """Decode the next photograph while this one is looked at."""
        place, room = self.now.place, self._tab.canvas.room
        if self.now.seen and place is not None and place + 1 < len(self.now.beside):
            coming = self.now.beside[place + 1]
            self._background.start(
                "ahead",
                lambda _job: self._engine.open_file(coming, room),
                lambda _opened: None,
                log_only,
                topic="ahead",
            )

    # The answer

    def model_ready(self, info: BundleInfo) -> None:
        """Another model answers from now on, this photograph too."""
        self.info, self.no_model = info, ""
        self.now.seen = self.now.chosen = self.now.versus = None
        self.now.no_answer = ""
        self.show_all()
        self._look()

    def model_missing(self, reason: str) -> None:
        """There is no model, and why."""
        self.no_model = reason
        self.show_all()

    def _look(self) -> None:
        opened = self.now.opened
        if opened is None or self.info is None:
            return
        self._background.start(
            "model",
            lambda _job: self._engine.look(opened.photo),
            self._on_seen,
            self._on_no_answer,
            topic="look",
            says=tr("Looking at {name}…").format(name=self.now.name),
        )

    def _on_seen(self, seen: Seen) -> None:
        from core.records import Status

        self.now.seen = seen
        if seen.verdict.status in (Status.SURE, Status.UNSURE):
            self.now.chosen = seen.verdict.candidates[0].label
        show_answer(self._tab, self.now, self.info, self.no_model)
        show_correction(self._tab, self.now, self.info)
        self._draw()
        self._open_ahead()
        self._on_changed()
        mark("the first answer is shown")

    # The heatmap

    def choose(self, label: int) -> None:
        """Show why this breed."""
        if self.now.seen:
            self.now.chosen, self.now.versus = label, None
            self._show_choice()

    def compare(self, label: int | None) -> None:
        """Show why the chosen breed and not this one; None ends the comparison."""
        if self.now.seen and label != self.now.chosen:
            if self.now.chosen is None and label is not None:
                self.now.chosen = label
            else:
                self.now.versus = label
            self._show_choice()

    def move_choice(self, by: int) -> None:
        """The next breed in the list, for the arrow keys."""
        labels = self._labels()
        if labels:
            at = labels.index(self.now.chosen) + by if self.now.chosen in labels else 0
            self.choose(labels[min(max(0, at), len(labels) - 1)])

    def move_comparison(self, by: int) -> None:
        """The next breed to compare with."""
        others = [label for label in self._labels() if label != self.now.chosen]
        if others and self.now.chosen is not None:
            at = others.index(self.now.versus) + by if self.now.versus in others else 0 if by > 0 else -1
            self.compare(others[at] if -1 <= at < len(others) and (at >= 0 or self.now.versus is None) else None)

    def redraw(self, choices: HeatmapChoices) -> None:
        """The heatmap is to look different."""
        outline_is_new = choices.outline and not self.choices.outline
        self.choices = choices
        if outline_is_new:
            self._outline()
        self._draw()
        show_heatmap(self._tab, self.now, self.choices)
        self._on_changed()

    def turn(self, shown: bool | None = None, outline: bool | None = None, stronger: float = 0.0) -> None:
        """Change how the heatmap looks, from a key or a menu."""
        self._tab.strip.turn(shown=shown, outline=outline, stronger=stronger)

    def next_palette(self) -> None:
        """Other colours for the heatmap."""
        self._tab.strip.next_palette()

    def resized(self) -> None:
        """The picture has another room to fill; for a larger one it may have been opened too small."""
        self._draw()
        opened, room = self.now.opened, self._tab.canvas.room
        if opened is None or opened.photo.path is None or not is_coarse(opened.photo, room):
            return
        path = opened.photo.path
        self._background.start(
            "open", lambda _job: self._engine.open_file(path, room), self._on_sharper, log_only, topic="open"
        )

    def _on_sharper(self, opened: Opened) -> None:
        self.now.opened = opened
        self._draw()

    def _labels(self) -> list[int]:
        return [one.label for one in self.now.seen.verdict.candidates] if self.now.seen else []

    def _show_choice(self) -> None:
        show_answer(self._tab, self.now, self.info, self.no_model)
        self._draw()
        self._on_changed()

    def layers_to_save(self) -> Layers:
        """What belongs over the picture in a file: its heatmap, even while it is hidden on the screen."""
        mask = self.now.mask if self.choices.outline else None
        bar = self._tab.strip.bar_size
        return Layers(self.now.chosen, self.now.versus, self.choices.palette, self.choices.opacity, mask, bar)

    def _layers(self) -> Layers:
        layers = self.layers_to_save()
        return layers if self.choices.shown and self.now.seen else replace(layers, label=None, versus=None)

    def _draw(self) -> None:
        opened, seen = self.now.opened, self.now.seen
        if opened is None:
            return
        layers, room = self._layers(), self._tab.canvas.room
        self._background.start(
            "draw",
            lambda _job: self._engine.draw(opened.photo, seen, layers, room),
            self._on_drawn,
            topic="draw",
        )

    def _on_drawn(self, drawn: Drawn) -> None:
        self.now.drawn = drawn
        self._tab.canvas.show_picture(drawn.image)
        show_heatmap(self._tab, self.now, self.choices)
        mark("the first photograph is shown")

    def _outline(self) -> None:
        opened = self.now.opened
        if opened is None or not self.choices.outline or self.now.mask is not None:
            return
        self._background.start(
            "outline",
            lambda _job: self._engine.outline(opened.photo),
            self._on_outlined,
            topic="outline",
            says=tr("Finding the outline of the animal…"),
        )

    def _on_outlined(self, mask: Mask) -> None:
        self.now.mask = mask
        self._draw()

    # The volunteer's word

    def ask_for_breed(self) -> None:
        """Put the cursor where the breed is typed."""
        self._tab.correction.begin()

    def as_typed(self, words: str) -> Choice:
        """A breed that no model knows."""
        return choice_as_typed(words)

    def correct(self, choice: Choice) -> None:
        """Keep what the volunteer says, beside the prediction."""
        opened, seen = self.now.opened, self.now.seen
        if opened is None:
            return
        said = choice.correction
        if seen and seen.verdict.candidates:
            best = seen.verdict.candidates[0]
            label = seen.info.labels[best.label].id
            status = seen.verdict.status.value
            said = replace(said, model=seen.info.name, predicted=label, probability=best.probability, status=status)
        self._background.start(
            "files", lambda _job: self._engine.correct(opened, said), self._corrector(opened), is_promise=True
        )

    def take_back(self) -> None:
        """The correction was a mistake."""
        opened = self.now.opened
        if opened is not None and opened.correction:
            self._background.start(
                "files", lambda _job: self._engine.take_back(opened), self._corrector(opened), is_promise=True
            )

    def read_word(self) -> None:
        """A word may have been said elsewhere: what counts for this photograph now?"""
        opened = self.now.opened
        if opened is not None:
            self._background.start(
                *("files", lambda _job: self._engine.correction(opened), self._shower(opened), log_only), topic="word"
            )

    def _corrector(self, opened: Opened) -> Callable[[Correction | None], None]:
        show = self._shower(opened)

        def kept(correction: Correction | None) -> None:
            show(correction)
            self._on_word(opened.content)

        return kept

    def _shower(self, opened: Opened) -> Callable[[Correction | None], None]:
        def show(correction: Correction | None) -> None:
            if self.now.opened is not None and self.now.opened.content == opened.content:
                self.now.opened = replace(self.now.opened, correction=correction)
                show_correction(self._tab, self.now, self.info)
                self._on_changed()

        return show

    def answer(self) -> str:
        """The answer as text; empty as long as there is none."""
        opened, seen = self.now.opened, self.now.seen
        return answer_text(self.now.name, opened.correction, seen) if opened and seen else ""

    def captions(self) -> list[str]:
        """The lines under a saved picture."""
        return caption_lines(self.now.seen, self.layers_to_save()) if self.now.seen else []

    def name_for_picture(self) -> str:
        """What a saved picture may be called."""
        now = self.now
        words = [now.path.stem if now.path else now.name]
        if now.seen:
            words += [breed_of(now.seen.info, label) for label in (now.chosen, now.versus) if label is not None]
        return file_name_of(" - ".join(words)) + ".jpg"

    # What is to be seen

    def _show_title(self) -> None:
        now, place = self.now, self.now.place
        among = tr("{number} of {count}").format(number=(place or 0) + 1, count=len(now.beside))
        self._tab.show_title(now.name, among if place is not None else "")

    def _show_stage(self) -> None:
        canvas = self._tab.canvas
        has_photo = bool(self.now.name and not self.now.problem)
        self._tab.show_panels(has_photo or bool(self.no_model), has_photo)
        if self.now.problem:
            canvas.show_problem(self.now.problem)
        elif self.now.drawn:
            canvas.show_picture(self.now.drawn.image)
        elif self.now.name:
            canvas.show_busy(tr("Opening {name}…").format(name=self.now.name))
        else:
            canvas.show_empty()

    def _show_waiting(self, fresh: OnDesk) -> None:
        """Only when it takes a while: else the old photograph stays until the new one is there, without a flicker."""
        if self.now is fresh and not (fresh.opened or fresh.problem):
            self.show_all()


def _said(error: Exception) -> str:
    if isinstance(error, UserError):
        return str(error)
    log.error("a photograph failed", exc_info=error)
    return tr("Something went wrong with this photograph. The details are in the log (Help menu).")


def log_only(error: Exception) -> None:
    """For work that the user did not ask for."""
    log.info("passed over: %s", error)
