"""How one file becomes an answer: what the library knows of it is used, and only the rest is asked of the networks."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.bundles import Bundle
from core.crew import Worker
from core.errors import PhotoError, UserError
from core.inference import judge_many
from core.knowledge import Knowledge, Known, Result, Stamp, as_kept
from core.network_sets import NetworkSets
from core.photo_search import closed_folder
from core.photos import PhotoFile, photo_from_file, read_file, system_path
from core.records import Photo, Prediction
from core.texts import tr
from core.verdicts import SHOWN, decide, unreadable

THUMBNAIL_PX, _THUMBNAIL_QUALITY = 160, 75


@dataclass(frozen=True)
class Task:
    """One file to be answered for: the `place` in which it was found, and whom it shows."""

    place: int
    path: Path
    animal: str = ""


class FolderGone(UserError):
    """The folder with the photographs is not there any more, or closed; the text says so."""


class Looker:
    """Answers for single files, with `knowledge` where there is a library; several threads may use it."""

    def __init__(
        self,
        bundle: Bundle,
        sets: NetworkSets,
        knowledge: Knowledge | None,
        *,
        keep: int = SHOWN,
        fresh: bool = False,
        roots: Sequence[Path] = (),
    ) -> None:
        """`fresh` asks the networks for what is known, too; `roots` are folders without which nothing can be read."""
        self.bundle, self.sets, self.knowledge = bundle, sets, knowledge
        self._keep, self._fresh, self._roots = keep, fresh, roots

    def known(self, files: Sequence[tuple[Task, Stamp | None]]) -> list[Result | None]:
        """The answers to files that are known by path, size and time; None for those that must be read."""
        if self.knowledge is None or self._fresh:
            return [None] * len(files)
        there = {task.place: (task.path, stamp) for task, stamp in files if stamp is not None}
        known = dict(zip(there, self.knowledge.at_paths(there.values()), strict=True))
        judged = self._judged([one for one in known.values() if one is not None])
        return [self._of_known(task, known.get(task.place), judged) for task, _ in files]

    def look(self, task: Task, worker: Worker[Task, Result]) -> Result:
        """The answer to a file that must be read; what is wrong with the file is part of it.

        Raises FolderGone, BundleError when the networks cannot be used, and what the library raises.
        """
        try:
            with worker.reading() as progressed:
                file = self._read(task.path, progressed)
            known = self._of_content(file.content)
            result = self._of_known(task, known, self._judged([known] if known else []), file)
            if result is not None:
                return result
            if file.data is None:
                with worker.reading():
                    photo = photo_from_file(file, self.sets.least_px)
            else:
                photo = photo_from_file(file, self.sets.least_px)
            return self._asked(task, file, photo, worker)
        except PhotoError as error:
            return self.refused(task, error)

    def refused(self, task: Task, error: PhotoError) -> Result:
        """A file that cannot be used is an answer, too."""
        return Result(task.place, task.path, task.animal, unreadable(str(error)))

    def _read(self, path: Path, progressed: Callable[[], None]) -> PhotoFile:
        try:
            return read_file(path, progressed)
        except PhotoError as error:
            check_there([root for root in self._roots if root in path.parents], error)
            raise

    def _of_content(self, content: str) -> Known | None:
        if self.knowledge is None or self._fresh:
            return None
        try:
            return self.knowledge.of_content(content)
        except UserError:  # whoever keeps the results says it, or goes on without the library
            return None

    def _asked(self, task: Task, file: PhotoFile, photo: Photo, worker: Worker[Task, Result]) -> Result:
        """What the networks say of a photograph."""
        thumbnail = thumbnail_of(photo) if self.knowledge is not None else None
        worker.stop_if_closed()
        with self.sets.borrowed() as classifier:
            worker.stop_if_closed()
            vector = as_kept(classifier.features(photo).embedding)
        if not np.isfinite(vector).all():
            raise PhotoError(tr("The model finds no answer for this photograph."))
        probabilities, subjects = judge_many(self.bundle, vector[np.newaxis])
        prediction = Prediction(probabilities[0], float(subjects[0]))
        return Result(
            *(task.place, task.path, task.animal, decide(prediction, self.bundle.info, self._keep)),
            content=file.content,
            stamp=Stamp(file.size, file.modified_ns),
            prediction=prediction,
            judged=True,
            vector=vector,
            thumbnail=thumbnail,
        )

    def _judged(self, known: Sequence[Known]) -> dict[int, Prediction]:
        """What this model's head says of the vectors among them, by the photographs' numbers."""
        vectors = {one.photograph: one.vector for one in known if one.vector is not None}
        if not vectors:
            return {}
        probabilities, subjects = judge_many(self.bundle, np.stack(list(vectors.values())))
        judged = zip(vectors, probabilities, subjects, strict=True)
        return {photograph: Prediction(values, float(subject)) for photograph, values, subject in judged}

    def _of_known(
        self, task: Task, known: Known | None, judged: Mapping[int, Prediction], file: PhotoFile | None = None
    ) -> Result | None:
        """The answer to a photograph of the library; None where it has never been through these networks."""
        if known is None:
            return None
        prediction = known.prediction or judged.get(known.photograph)
        if prediction is None:
            return None
        return Result(
            *(task.place, task.path, task.animal, decide(prediction, self.bundle.info, self._keep)),
            photograph=known.photograph,
            content=known.content,
            stamp=Stamp(file.size, file.modified_ns) if file else None,
            prediction=prediction,
            judged=known.prediction is None,
        )


def thumbnail_of(photo: Photo) -> bytes:
    """A small JPEG of the photograph, without anything else that its file says."""
    small = Image.fromarray(photo.pixels)
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BILINEAR, reducing_gap=1.0)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_THUMBNAIL_QUALITY)
    return out.getvalue()


def check_there(roots: Sequence[Path], cause: Exception | None = None) -> None:
    """Raise FolderGone when one of these folders is not there, closed, or empty as after a drive was taken off."""
    for root in roots:
        try:
            with os.scandir(system_path(root)) as entries:
                if next(entries, None) is not None:
                    continue
        except PermissionError as error:
            raise FolderGone(closed_folder()) from error
        except OSError as error:
            cause = cause or error
        said = tr("The folder {folder} is gone or empty. Connect its drive again and go on: what was tagged is kept.")
        raise FolderGone(said.format(folder=root)) from cause
