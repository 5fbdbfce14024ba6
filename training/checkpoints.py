"""How far a fitting is, kept on disk after every epoch: weights, optimiser and all that decides how it goes on.

`checkpoint/` has the last two epochs, so that a damaged file costs one epoch, and the best weights that they speak of.
Nothing in it is ever unpickled.
"""

from __future__ import annotations

import errno
import logging
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from core.bundle_info import Record
from core.errors import UserError
from core.folders import replacing
from core.texts import tr
from core.train_records import Epoch
from training.schedules import Plateau
from training.telling import Telling

log = logging.getLogger(__name__)

Arrays = tuple[npt.NDArray[np.generic], ...]

CHECKPOINT_DIR: Final = "checkpoint"
_KEPT: Final = 2
_FILE = re.compile(r"epoch-(\d{5,})\.npz")
_BEST = re.compile(r"best-(\d{5,})\.npz")
_DAMAGES = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, ValidationError)


class Progress(Record):
    """How far a fitting is: `epoch` epochs of the stage `stage` are done, with so many photographs in a batch.

    `digest` is that of what was asked for. `best` is the number of the epoch, of all stages, with the best weights, and
    `best_loss` its loss. `stage_best` is the best loss of this stage, `waited` its epochs since.
    """

    digest: str
    batch: int
    stage: int = 0
    epoch: int = 0
    best: int | None = None
    best_loss: float | None = None
    stage_best: float | None = None
    waited: int = 0
    plateau: Plateau = Plateau()
    history: tuple[Epoch, ...] = ()


@dataclass(frozen=True)
class Kept:
    """What a checkpoint gives back."""

    progress: Progress
    weights: Arrays
    optimiser: Arrays


class Checkpoints:
    """The checkpoints in a run's folder."""

    def __init__(self, run_dir: Path, telling: Telling) -> None:
        self._folder = run_dir / CHECKPOINT_DIR
        self._telling = telling

    def last(self, digest: str) -> Kept | None:
        """The last one that is whole and of the same training; None to begin. Says so when one is damaged."""
        for path in reversed(self._files(_FILE)):
            kept = self._read(path)
            if kept is not None and kept.progress.digest != digest:
                self._telling.note(tr("What is to be trained has changed since it was begun: it begins again."))
                return None
            if kept is not None:
                return kept
            path.unlink(missing_ok=True)
        return None

    def save(self, progress: Progress, weights: Sequence[object], optimiser: Sequence[object]) -> None:
        """Keep an epoch that has just ended. Raises UserError when the disk is full; earlier ones are still there."""
        number = len(progress.history)
        with _explained():
            self._folder.mkdir(exist_ok=True)
            if progress.best == number:
                _write(self._best_path(number), {f"w{place}": np.asarray(value) for place, value in enumerate(weights)})
            arrays = {f"w{place}": np.asarray(value) for place, value in enumerate(weights)}
            arrays |= {f"o{place}": np.asarray(value) for place, value in enumerate(optimiser)}
            arrays["progress"] = np.frombuffer(progress.model_dump_json().encode(), np.uint8)
            _write(self._folder / f"epoch-{number:05d}.npz", arrays)
        self._tidy()

    def best(self, progress: Progress) -> Arrays:
        """The weights of the best epoch so far. Raises UserError where they cannot be read."""
        if progress.best is None:
            raise ValueError("no epoch has ended")
        try:
            with np.load(self._best_path(progress.best), allow_pickle=False) as file:
                return _numbered(file, "w")
        except _DAMAGES as error:
            log.exception("the best weights")
            raise UserError(tr("The best weights so far cannot be read. Start this training again.")) from error

    def _read(self, path: Path) -> Kept | None:
        try:
            with np.load(path, allow_pickle=False) as file:
                progress = Progress.model_validate_json(file["progress"].tobytes())
                kept = Kept(progress, _numbered(file, "w"), _numbered(file, "o"))
            if progress.best is not None:
                self.best(progress)
        except (*_DAMAGES, UserError):
            log.warning("%s", path, exc_info=True)
            said = tr("What was kept of epoch {number} is damaged: training goes on from the one before.")
            self._telling.note(said.format(number=int(path.stem.rpartition("-")[2])))
            return None
        return kept

    def _best_path(self, number: int) -> Path:
        return self._folder / f"best-{number:05d}.npz"

    def _files(self, pattern: re.Pattern[str]) -> list[Path]:
        """The files so called, in the order of their epochs."""
        if not self._folder.is_dir():
            return []
        found = [(int(name[1]), path) for path in self._folder.iterdir() if (name := pattern.fullmatch(path.name))]
        return [path for _, path in sorted(found)]

    def _tidy(self) -> None:
        """Remove what is older than the last two, and the best weights of which neither of them speaks."""
        files = self._files(_FILE)
        for path in files[:-_KEPT]:
            path.unlink(missing_ok=True)
        spoken = {self._best_of(path) for path in files[-_KEPT:]}
        for path in self._files(_BEST):
            if path not in spoken:
                path.unlink(missing_ok=True)

    def _best_of(self, path: Path) -> Path | None:
        try:
            with np.load(path, allow_pickle=False) as file:
                best = Progress.model_validate_json(file["progress"].tobytes()).best
        except _DAMAGES:
            return None
        return None if best is None else self._best_path(best)


def _numbered(file: np.lib.npyio.NpzFile, letter: str) -> Arrays:
    count = sum(name.startswith(letter) and name[1:].isdecimal() for name in file.files)
    return tuple(file[f"{letter}{place}"] for place in range(count))


def _write(path: Path, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


@contextmanager
def _explained() -> Iterator[None]:
    """What the disk says, as a sentence."""
    try:
        yield
    except OSError as error:
        log.exception("a checkpoint")
        if error.errno in (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC):
            said = tr("The disk is full. Make room and go on with this training: the epochs before are kept.")
            raise UserError(said) from error
        said = tr("The run's folder cannot be written: {reason}. The epochs before are kept.")
        raise UserError(said.format(reason=error.strerror or error)) from error
