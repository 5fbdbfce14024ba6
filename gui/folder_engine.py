"""What the worker threads do for the Folder tab: runs, rows, labels, small pictures. It touches no widget.

Nothing here runs in the main thread; heavy modules are imported on first use, behind the drawn window.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import LibraryError, UserError
from core.texts import tr
from gui.engine import Engine, Seen, user_name
from gui.row_selection import RowList

if TYPE_CHECKING:
    from PIL import Image

    from core.bundles import BundleInfo
    from core.figures import Figures
    from core.library import Library, Undone
    from core.neighbours import Suspicion
    from core.records import Animal, Correction, Photo
    from core.reviews import Filter, Order, Review, Row
    from core.runs import Run
    from core.tagging import TagProgress

log = logging.getLogger(__name__)

_ROWS_AT_ONCE = 500
_NONE_KNOWN: Mapping[int, Row] = {}


@dataclass(frozen=True)
class Entry:
    """A row with its small picture (JPEG)."""

    row: Row
    thumbnail: bytes | None


@dataclass(frozen=True)
class OpenRun:
    """A run with its rows; `is_current`: its answers are those of the model in use."""

    run: Run
    review: Review
    is_current: bool


@dataclass(frozen=True)
class Listed:
    """The rows that are wanted, in order, and of how many; what there is to choose from (None: not asked for)."""

    rows: RowList
    total: int
    breeds: Mapping[str, int] | None = None
    animals: Sequence[str] = ()


@dataclass(frozen=True)
class Earlier:
    """An earlier run, and how many rows it has."""

    run: Run
    rows: int


@dataclass(frozen=True)
class Tally:
    """How many photographs a run has of each kind that nobody looked at yet, and how many were reviewed."""

    sure: int
    unsure: int
    not_a_dog: int
    unreadable: int
    reviewed: int

    @property
    def total(self) -> int:
        return self.sure + self.unsure + self.not_a_dog + self.unreadable + self.reviewed


@dataclass(frozen=True)
class Kept:
    """What became of a word on several rows: how many were labelled, and how many could not be (no picture)."""

    labelled: int
    skipped: int


@dataclass(frozen=True)
class TakenBack:
    """An act that was undone, and the rows of this run that it was about."""

    undone: Undone
    numbers: Sequence[int]


class FolderEngine:
    """The work of the Folder tab's jobs, on the model and the library of `Engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_stopped = threading.Event()

    # Runs

    def tag(self, roots: Sequence[Path]) -> None:
        """Tag these folders and files; blocks until that is done or stopped. Raises UserError.

        When another model is chosen meanwhile, its process takes over.
        """
        from core.folders import library_path

        self._is_stopped.clear()
        while True:
            process = self._engine.serving()[0]
            try:
                process.call("tag", library_path(), list(roots))
            except UserError:
                if self._engine.process is process:
                    raise
            if self._engine.process is process or self._is_stopped.is_set():
                return
            log.info("another model goes on with the folder")

    def progress(self) -> TagProgress | None:
        """How far the tagging is; None before it has begun and when its process died."""
        process = self._engine.process
        if process is None or not process.is_alive:
            return None
        if self._is_stopped.is_set():
            process.call("stop_tagging")  # once more: it does nothing before the tagging has begun there
        found: TagProgress | None = process.call("tag_progress")
        self._engine.look_at_library()  # that process renews a damaged one
        return found

    def stop(self) -> None:
        """Stop the tagging; what was answered is kept."""
        self._is_stopped.set()
        process = self._engine.process
        if process is not None and process.is_alive:
            process.call("stop_tagging")

    def earlier(self, most: int) -> list[Earlier]:
        """The latest runs, the last one first; those whose folder was chosen in vain are left out."""
        import core.neighbours
        import core.reviews  # noqa: F401  here, so that the main loop does not wait for it at the first row
        from core.runs import State, runs

        database = self._library.database
        found: list[Earlier] = []
        for run in runs(database):
            with database.reading() as connection:
                rows = connection.execute("SELECT count(*) FROM run_files WHERE run = ?", (run.id,)).fetchone()[0]
            if rows or run.state is State.RUNNING:
                found.append(Earlier(run, rows))
            if len(found) == most:
                break
        return found

    def read_ahead(self, run: Run) -> None:
        """The rows of this run into memory, while the model is still being loaded."""
        from core.run_columns import columns_of

        database = self._library.database
        with database.reading() as connection:
            found = connection.execute("SELECT model FROM runs WHERE id = ?", (run.id,)).fetchone()
        if found:
            columns_of(database, run.id, int(found[0])).now()

    def open_run(self, run: Run) -> OpenRun:
        """The rows of this run. Raises UserError where its model is not there any more."""
        from core.fingerprints import model_fingerprint
        from core.reviews import Review

        info, in_use = self._info_of(run), self._engine.serving()[1].info
        review = Review(self._library.database, run.id, run.fingerprint, info)
        return OpenRun(run, review, run.fingerprint == model_fingerprint(in_use))

    def look(self, review: Review, photo: Photo) -> Seen | None:
        """What the model in use says of a photograph; None where another one answered in this run.

        Its labels are others, or in another order: they would be explained with the wrong weights.
        """
        from core.fingerprints import model_fingerprint

        seen = self._engine.look(photo)
        return seen if model_fingerprint(seen.info) == review.model else None

    def tally(self, review: Review) -> Tally:
        """How the run turned out."""
        from core.records import Status
        from core.reviews import Filter

        review.prepare()  # here, behind the rows: the first letter of a search is answered at once
        kinds = (Status.SURE, Status.UNSURE, Status.NOT_A_DOG, Status.UNREADABLE)
        sure, unsure, not_a_dog, unreadable = (
            review.count(Filter(statuses=frozenset({kind}), reviewed=False)) for kind in kinds
        )
        return Tally(sure, unsure, not_a_dog, unreadable, review.count(Filter(reviewed=True)))

    def _info_of(self, run: Run) -> BundleInfo:
        from core.fingerprints import model_fingerprint
        from core.model_versions import find_version

        in_use = self._engine.serving()[1].info
        if model_fingerprint(in_use) == run.fingerprint:
            return in_use
        version = find_version(run.fingerprint)
        if version is None:
            said = tr("The model “{name}” that answered here is not installed any more.")
            raise UserError(said.format(name=run.model))
        return version.info

    # Rows

    def listed(self, review: Review, wanted: Filter, order: Order, reverse: bool, with_choices: bool) -> Listed:
        """The rows to show, and with `with_choices` the breeds and animals that they can be narrowed to."""
        from core.reviews import Filter

        self._engine.look_at_library()
        rows = RowList.of(review.numbers(wanted, order, reverse))
        len(rows.places)  # worked out here: the main loop would stand still for it with many rows
        total = len(rows) if wanted == Filter() else review.count()
        if not with_choices:
            return Listed(rows, total)
        return Listed(rows, total, review.breeds(), review.names_of_animals())

    def entries(self, review: Review, numbers: Sequence[int]) -> list[Entry]:
        """What stands in these rows, with their small pictures."""
        self._engine.look_at_library()
        rows = review.rows(numbers)
        return [Entry(row, None if row.photograph is None else review.thumbnail(row.photograph)) for row in rows]

    def animal(self, review: Review, row: Row) -> Animal:
        """Whom this row shows, with the answer from all photographs of the animal together."""
        return review.animal_of(row)

    def animals(self, review: Review) -> list[str]:
        """The animals that have a name."""
        return review.names_of_animals()

    def small_picture(self, jpeg: bytes, room: tuple[int, int]) -> Image.Image | None:
        """The small picture enlarged to the room, to be seen until the large one is there; None when damaged."""
        from PIL import Image

        try:
            with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
                picture = opened.convert("RGB")
        except (OSError, ValueError):
            return None
        scale = min(room[0] / picture.width, room[1] / picture.height)
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        return picture.resize(size, Image.Resampling.BILINEAR)

    def suspicions(self, should_stop: Callable[[], bool]) -> dict[int, Suspicion]:
        """The photographs (ids) that are perhaps labelled wrong, by the vectors of the model in use."""
        from core.fingerprints import backbones_fingerprint
        from core.neighbours import perhaps_wrong

        fingerprint = backbones_fingerprint(self._engine.serving()[1])
        return perhaps_wrong(self._library.database, fingerprint, should_stop)

    def figures(self, review: Review) -> Figures:
        """How many there are of what, and how often people agreed."""
        from core.figures import figures

        return figures(review)

    def save_figures(self, path: Path, figures: Figures, review: Review) -> Path:
        """Write the figures as a table; the user has said already that the file may be replaced."""
        from core.figures import write_figures

        return write_figures(path, figures, review.info, may_replace=True).path

    # The volunteer's word

    def label(
        self,
        review: Review,
        numbers: Sequence[int],
        word: Callable[[Row], Correction | None],
        known: Mapping[int, Row] = _NONE_KNOWN,
    ) -> Kept:
        """Keep what `word` says of each of these rows, as one act; None and rows without a picture are left out.

        Where the library cannot be read any more, `known` has those that the window shows: their words wait.
        """
        said: dict[int, Correction] = {}
        seen: dict[int, tuple[str, Path]] = {}
        labelled = skipped = 0
        for start in range(0, len(numbers), _ROWS_AT_ONCE):
            for row in _rows_or_known(review, numbers[start : start + _ROWS_AT_ONCE], known):
                correction = word(row) if can_be_labelled(row) else None
                if correction is None or row.photograph is None:
                    skipped += 1
                else:
                    labelled += 1
                    said[row.photograph] = stamped(correction, row, review.info)
                    seen[row.photograph] = row.tagged.content, row.tagged.path
        library = self._library
        if review.database is not library.database:  # renewed: its numbers mean other photographs
            for photograph, correction in said.items():
                library.correct(*seen[photograph], correction)
        elif said:
            library.label(said, seen)
        return Kept(labelled, skipped)

    def group(self, review: Review, numbers: Sequence[int], animal: str) -> int:
        """These rows show this animal; an empty name: each its own. How many photographs that were."""
        rows = (
            row
            for start in range(0, len(numbers), _ROWS_AT_ONCE)
            for row in review.rows(numbers[start : start + _ROWS_AT_ONCE])
        )
        photographs = list(dict.fromkeys(row.photograph for row in rows if row.photograph is not None))
        if review.database is not self._library.database:
            raise UserError(tr("The library was renewed meanwhile. Do it once more."))
        if photographs:
            self._library.group(photographs, animal, user_name())
        return len(photographs)

    def take_back(self, review: Review, numbers: Iterable[int]) -> int:
        """The latest word on each of these rows was a mistake; how many had one."""
        asked = list(numbers)
        taken = 0
        for start in range(0, len(asked), _ROWS_AT_ONCE):
            for row in review.rows(asked[start : start + _ROWS_AT_ONCE]):
                if row.tagged.reviewed is not None:
                    self._library.take_back(row.tagged.content)
                    taken += 1
        return taken

    def undo(self, review: Review | None) -> TakenBack | None:
        """Take the latest act back, of whichever session it was; None when there is none."""
        from core.reviews import Filter, Order

        undone = self._library.undo()
        if undone is None:
            return None
        if review is None or review.database is not self._library.database:
            return TakenBack(undone, [])
        about = Filter(photographs=frozenset(undone.photographs))
        return TakenBack(undone, review.numbers(about, Order.PLACE))

    def can_undo(self) -> bool:
        """Whether there is an act to take back."""
        return self._library.can_undo

    @property
    def _library(self) -> Library:
        return self._engine.library


def _rows_or_known(review: Review, numbers: Sequence[int], known: Mapping[int, Row]) -> Sequence[Row]:
    """These rows; raises LibraryError only where one is neither in the library any more nor known."""
    try:
        return review.rows(numbers)
    except LibraryError:
        if not known.keys() >= set(numbers):
            raise
        log.warning("words on rows as they were shown", exc_info=True)
        return [known[number] for number in numbers]


def can_be_labelled(row: Row) -> bool:
    """Whether there is a picture to say something of."""
    from core.records import Status

    return row.photograph is not None and row.tagged.verdict.status is not Status.UNREADABLE


def stamped(correction: Correction, row: Row, info: BundleInfo) -> Correction:
    """What a volunteer says, signed, with the answer that they saw."""
    verdict = row.tagged.verdict
    signed = replace(correction, who=user_name(), model=info.name, status=verdict.status.value)
    if not verdict.candidates:
        return signed
    best = verdict.candidates[0]
    return replace(signed, predicted=info.labels[best.label].id, probability=best.probability)
