"""Head mode: the networks stay as they are, and a linear softmax is fitted on stored embeddings, in seconds.

No TensorFlow is needed where the networks are shipped ones.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from core.bundle_files import Array
from core.bundle_heads import hidden_array
from core.bundle_info import printable
from core.bundle_memory import Memory
from core.bundles import Bundle, BundleInfo, Summary, write_bundle
from core.errors import UserError
from core.records import Floats
from core.texts import tr
from core.train_config import BalanceKind, TrainConfig
from core.train_records import Epoch, Phase, Stop
from core.train_runs import DRAFT_DIR, HISTORY_FILE
from training.balance import class_weights, drawn
from training.head_task import Known, Task, embedded, start_of, task_of, unfitted_model, whitening_of
from training.heads import Head
from training.memory import merged, rehearse, remember
from training.package import DRAFT_CARD, draft_info
from training.ready import Networks, ready
from training.samples import DataSet, Labels, Part, Sample
from training.softmax_fit import (
    Fitted,
    SoftmaxFit,
    Tried,
    best_of,
    choose,
    tempered_loss,
    usual_strengths,
)
from training.telling import Telling

log = logging.getLogger(__name__)

# With fewer validation photographs the strength is chosen by cross-validation; with so many of them to train on, one
# fold is enough.
_LEAST_VALIDATION: Final = 30
_FOLDS: Final = 5
_MANY: Final = 2000
# So many strengths beyond the usual ones are tried where the weakest pull of these is the best.
_FURTHER: Final = 2


def fit_on_vectors(config: TrainConfig, data: DataSet, run_dir: Path, telling: Telling) -> Bundle:
    """A draft of the model with its head fitted, in `run_dir`; history.jsonl gets a line for each strength tried.

    From the library's labels the model in use is continued where it has the same networks and remembers its training:
    then the draft knows all of its labels, those of `data` first. Raises Cancelled, BundleError, and UserError where
    too few photographs can be used.
    """
    networks = ready(config.network, config.preprocessing, telling)
    whitening = whitening_of(config, data, networks)
    unfitted = unfitted_model(config, data, networks, whitening, run_dir, telling)
    task = task_of(config, data, embedded(unfitted, data, telling), start_of(config, unfitted), telling)
    telling.phase(Phase.HEAD)
    (run_dir / HISTORY_FILE).unlink(missing_ok=True)
    head = _fitted(config, task, _History(run_dir, telling), telling)
    shutil.rmtree(unfitted.folder, ignore_errors=True)
    return _draft(config, task, head, networks, whitening, run_dir)


# -- The fit -----------------------------------------------------------------------------------------------------------


class _History:
    """Tells of each strength as of an epoch, in history.jsonl too."""

    def __init__(self, run_dir: Path, telling: Telling) -> None:
        self._path, self._telling = run_dir / HISTORY_FILE, telling
        self._began, self._count = time.monotonic(), 0

    def add(self, tried: Tried, of: int) -> bool:
        """One more strength out of so many; whether to go on with the next one."""
        self._add(tried.fitted, of, tried.loss, tried.accuracy)
        return self._telling.asked_to_stop() is None

    def add_last(self, fitted: Fitted) -> None:
        """The fit that counts, where there is nothing to choose on."""
        self._add(fitted, self._count + 1)

    def _add(self, fitted: Fitted, of: int, loss: float | None = None, accuracy: float | None = None) -> None:
        now = time.monotonic()
        self._count += 1
        epoch = Epoch(
            phase=Phase.HEAD,
            epoch=self._count,
            seconds=now - self._began,
            rate=fitted.strength,
            loss=fitted.loss,
            accuracy=fitted.accuracy,
            validation_loss=loss,
            validation_accuracy=accuracy,
        )
        self._began = now
        try:
            with self._path.open("ab") as file:
                file.write(f"{epoch.model_dump_json()}\n".encode())
        except OSError:  # the curves have a point less
            log.warning("%s", HISTORY_FILE, exc_info=True)
        self._telling.epoch(epoch, max(of, self._count))


def _fitted(config: TrainConfig, task: Task, history: _History, telling: Telling) -> Head:
    train, validation = task.known.part(Part.TRAIN), task.known.part(Part.VALIDATION)
    if not train.samples or (task.memory is None and len(np.unique(train.labels)) < 2):
        raise UserError(tr("There must be photographs of two classes at least to train on."))
    if task.memory is not None and task.prior is not None:
        return _continued(config, task, task.memory, task.prior, history, telling)
    if config.balance.kind is BalanceKind.UNDER:
        train = train.at([one.place for one in drawn(train.samples, config.balance, config.fit.seed)])
    strengths = config.fit.strengths or usual_strengths(len(train.samples))
    if len(validation.samples) < _LEAST_VALIDATION and len(strengths) > 1:
        strengths = (_cross_validated(config, task, train, strengths, history, telling),)
        validation = validation.at(())
    fit = _fit_of(config, task, train, telling)
    if not validation.samples:
        found = fit.fit(strengths[0])
        history.add_last(found)
        return found.head
    return _chosen(fit, strengths, validation, history, all_of_them=bool(config.fit.strengths))


def _continued(
    config: TrainConfig, task: Task, memory: Memory, prior: Head, history: _History, telling: Telling
) -> Head:
    """A few corrections do not tell how strongly to believe them: that was measured once, for all shelters."""
    train, validation = task.known.part(Part.TRAIN), task.known.part(Part.VALIDATION)
    rehearsal = rehearse(memory, prior, train.vectors, train.labels, config.fit.seed)
    must_stop = _must_stop(telling)
    fit = SoftmaxFit(rehearsal.embeddings, rehearsal.truth, len(task.labels), prior, rehearsal.weights, must_stop)
    if config.fit.strengths and validation.samples:
        return _chosen(fit, config.fit.strengths, validation, history, all_of_them=True)
    found = fit.fit(rehearsal.strength)
    history.add_last(found)
    return found.head


def _must_stop(telling: Telling) -> Callable[[], bool]:
    """Only a pause ends a fit: the best so far is there in seconds."""
    return lambda: telling.asked_to_stop() is Stop.PAUSE


def _fit_of(config: TrainConfig, task: Task, train: Known, telling: Telling) -> SoftmaxFit:
    count = len(task.labels)
    weights = None
    if config.balance.kind is BalanceKind.WEIGHTS:
        weights = class_weights(train.labels, count)[train.labels]
    return SoftmaxFit(train.vectors, train.labels, count, task.prior, weights, _must_stop(telling))


def _chosen(
    fit: SoftmaxFit, strengths: Sequence[float], validation: Known, history: _History, *, all_of_them: bool
) -> Head:
    """The head with the strength that does best on the validation photographs."""

    def told(tried: Tried) -> bool:
        return history.add(tried, len(strengths))

    further = 0 if all_of_them else _FURTHER
    labels = validation.labels
    best = choose(fit, strengths, validation.vectors, labels, told, all_of_them=all_of_them, further=further)
    return best.fitted.head


def _cross_validated(
    config: TrainConfig, task: Task, train: Known, strengths: Sequence[float], history: _History, telling: Telling
) -> float:
    """The strength that does best on training photographs that were left out, a fifth at a time, by group."""
    folds = _folds(train.samples)
    if len(train.samples) > _MANY:
        fit = _fit_of(config, task, train.at(np.flatnonzero(folds != 0).tolist()), telling)
        left_out = train.at(np.flatnonzero(folds == 0).tolist())
        of = len(strengths)
        best = choose(fit, strengths, left_out.vectors, left_out.labels, lambda one: history.add(one, of))
        return best.fitted.strength
    scores = {strength: np.zeros((len(folds), len(task.labels)), np.float32) for strength in strengths}
    fits: dict[float, list[Fitted]] = {strength: [] for strength in strengths}
    for fold in np.unique(folds):
        fit = _fit_of(config, task, train.at(np.flatnonzero(folds != fold).tolist()), telling)
        for strength in sorted(strengths):
            fits[strength].append(fit.fit(strength))
            scores[strength][folds == fold] = fits[strength][-1].head.logits(train.vectors[folds == fold])
    tried = [_pooled(fits[strength], scores[strength], train.labels) for strength in sorted(strengths)]
    for one in tried:
        history.add(one, len(strengths))
    return best_of(tried).fitted.strength


def _folds(samples: Sequence[Sample]) -> Labels:
    """To which fifth each photograph belongs, (n,): groups stay together, classes are dealt out evenly."""
    groups: dict[object, int] = {}
    order = sorted(range(len(samples)), key=lambda place: samples[place].label)
    for place in order:
        groups.setdefault(samples[place].group or place, len(groups))
    count = min(_FOLDS, len(groups))
    return np.array([groups[sample.group or place] % count for place, sample in enumerate(samples)], np.intp)


def _pooled(fits: Sequence[Fitted], scores: Floats, labels: Labels) -> Tried:
    mean = replace(
        fits[0],
        loss=float(np.mean([fit.loss for fit in fits])),
        accuracy=float(np.mean([fit.accuracy for fit in fits])),
    )
    return Tried(mean, tempered_loss(scores, labels), float((scores.argmax(axis=1) == labels).mean()))


# -- The draft ---------------------------------------------------------------------------------------------------------


def _draft(
    config: TrainConfig, task: Task, head: Head, networks: Networks, whitening: dict[str, Array], run_dir: Path
) -> Bundle:
    info = draft_info(config, replace(task.data, labels=task.labels), networks)
    arrays: dict[str, Array] = {hidden_array(name): one.astype(np.float16) for name, one in networks.hidden.items()}
    arrays |= {"kernel": head.kernel, "bias": head.bias, **whitening}
    start = task.start
    if start is not None and task.memory is not None:
        info = _continuing(info, start.info, task.memory, config)
    if start is not None and start.info.calibration.subject is not None and info.subject == start.info.subject:
        arrays |= _subject_arrays(start)
        rules = info.calibration.model_copy(update={"subject": start.info.calibration.subject})
        info = info.model_copy(update={"calibration": rules})
    folder = run_dir / DRAFT_DIR / config.name
    shutil.rmtree(folder, ignore_errors=True)
    return write_bundle(folder, info, arrays, networks.files, DRAFT_CARD, _memory(task))


def _subject_arrays(start: Bundle) -> dict[str, Array]:
    """What tells the subject from everything else sees with the same networks, and holds for the new head too."""
    kernel, bias, positive = start.subject_kernel, start.subject_bias, start.subject_positive
    if kernel is None or bias is None or positive is None:
        return {}
    return {"subject_kernel": kernel.astype(np.float16), "subject_bias": bias, "subject_positive": positive}


def _continuing(info: BundleInfo, start: BundleInfo, memory: Memory, config: TrainConfig) -> BundleInfo:
    """What a model says of itself that another one was continued to, in both languages."""
    new, kinds, name = info.data.photographs, len(info.labels), printable(start.name)
    rules = start.calibration.model_copy(update={"temperature": 1.0, "subject": None})
    summary = Summary(
        en=f"Continues “{name}” with {new} photographs of one's own; tells {kinds} kinds apart.",
        fr=f"Poursuit « {name} » avec {new} photos personnelles ; distingue {kinds} catégories.",
    )
    return info.model_copy(
        update={
            "subject": config.subject or start.subject,
            "summary": info.summary if config.not_medical else summary,
            "calibration": rules,
            "data": info.data.model_copy(update={"photographs": new + int(memory.counts.sum())}),
            "licences": tuple(dict.fromkeys((*info.licences, *start.licences))),
        }
    )


def _memory(task: Task) -> Memory:
    """What the draft remembers: its own photographs, and those of the model that it continues or was pulled towards."""
    train = task.known.part(Part.TRAIN)
    own = remember(train.vectors, train.labels, len(task.labels), [sample.content for sample in train.samples])
    if task.memory is not None:
        return merged(task.memory, own)
    earlier = None if task.start is None or task.prior is None else task.start.memory()
    return own if earlier is None else replace(own, seen=np.unique(np.concatenate([own.seen, earlier.seen]), axis=0))
