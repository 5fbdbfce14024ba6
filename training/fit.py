"""Fine-tuning and training from scratch: the stages and their epochs, gone on with after any end.

All chance hangs on the seed, the stage, the epoch and the photograph's place, and everything else that decides how a
training goes on is in its checkpoints: so one that was killed ends as one that was not.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.bundle_info import Step
from core.bundles import MOST_HEAD_BYTES
from core.errors import Cancelled, UserError
from core.folders import replacing
from core.machine import native_silence
from core.texts import tr
from core.train_config import BalanceKind, Mode, TrainConfig
from core.train_records import Epoch
from core.whitening import Whitening
from training.balance import Drawn, class_weights, drawn
from training.checkpoints import Checkpoints, Progress
from training.feeding import Feed, Squares, whitening_inputs
from training.samples import DataSet, Part, Sample, labels_of
from training.telling import Stop, Telling

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
with native_silence():
    import keras
    import tensorflow as tf

from training.builders import build, classifier
from training.devices import Devices, set_up
from training.epochs import Figures, NoNumber, NothingRead, StoppedWithin, judge_epoch, train_epoch
from training.losses import loss
from training.optimisers import optimiser
from training.schedules import Plateau, Schedule, schedule
from training.stages import Stage, set_trainable, stages
from training.tensorboards import Curves
from training.whitening import fit_whitening

log = logging.getLogger(__name__)

HISTORY_FILE: Final = "history.jsonl"
WHITENING_FILE: Final = "whitening.npz"
# At least: large dense layers are kept in half precision.
_BYTES_A_WEIGHT: Final = 2

Make = Callable[[TrainConfig, int, Telling], keras.Model]


def build_classifier(config: TrainConfig, count: int, telling: Telling) -> keras.Model:
    """The network that a configuration asks for, for `count` classes; in SCRATCH mode with random weights."""
    weights = "none" if config.fit.mode is Mode.SCRATCH else config.network.weights
    network = config.network
    backbone = build(network.backbone, config.preprocessing.size_px, weights, telling, plan=network.scratch)
    model = classifier(backbone, config.network.head, count)
    _check_head(model.count_params() - backbone.count_params())
    return model


def _check_head(weights: int) -> None:
    """Before hours are spent on it: a head that no model's file may hold, such as one on a large flattened map."""
    if weights * _BYTES_A_WEIGHT > MOST_HEAD_BYTES:
        said = tr(
            "The layers after the network would have {number} million weights, more than a model may keep. Choose "
            "smaller pictures, fewer units, or the average instead of flattening."
        )
        raise UserError(said.format(number=round(weights / 1e6)))


def fit_network(
    config: TrainConfig, data: DataSet, run_dir: Path, telling: Telling, make: Make = build_classifier
) -> keras.Model:
    """Train the network of a configuration (FINETUNE or SCRATCH) and return it with its best weights, in float32.

    Best is the smallest validation loss of all epochs of all stages (without validation photographs: training loss).
    `patience` epochs without a better one end a stage; 0 never does. A run folder with checkpoints is gone on with.
    PAUSE raises Cancelled; FINISH gives the best so far, or the weights as they are within the first epoch, and raises
    Cancelled before the first batch. Raises UserError for what an administrator can act on.
    """
    _check(config, data)
    run_dir.mkdir(parents=True, exist_ok=True)
    _quiet()
    with native_silence():
        devices = set_up(config.fit.mixed_precision, telling)
    if not devices.cards:
        tf.config.experimental.enable_op_determinism()
    parts = _parts(config, data, run_dir, telling)
    batch = config.fit.batch
    while True:
        try:
            fitting = _Fitting(config, parts, run_dir, telling, make, devices, batch)
            return _plain(fitting.model_with_best(), config, len(data.labels), telling, make, devices)
        except tf.errors.ResourceExhaustedError as error:
            log.warning("out of memory with batches of %d", batch, exc_info=True)
            if batch == 1:
                said = tr("The memory is too small for this network. Choose smaller pictures or a smaller network.")
                raise UserError(said) from error
            batch = max(1, batch // 2)
            said = tr("The memory was too small: {batch} photographs are taken together from now on.")
            telling.note(said.format(batch=batch))
            keras.backend.clear_session()


def run_whitening(run_dir: Path) -> Whitening | None:
    """The whitening that the photographs of a run were given; None where there was none."""
    try:
        with np.load(run_dir / WHITENING_FILE, allow_pickle=False) as file:
            return Whitening(file["mean"], file["basis"], file["scale"])
    except FileNotFoundError:
        return None


def write_history(run_dir: Path, history: tuple[Epoch, ...]) -> None:
    """Make history.jsonl say what the last checkpoint says: a killed run may have written more, or less."""
    with replacing(run_dir / HISTORY_FILE) as file:
        file.writelines(f"{epoch.model_dump_json()}\n".encode() for epoch in history)


def _check(config: TrainConfig, data: DataSet) -> None:
    if config.fit.mode is Mode.HEAD:
        raise ValueError("head mode needs no Keras: training.head_mode")
    if len({sample.label for sample in data.part(Part.TRAIN)}) < 2:
        raise UserError(tr("There must be photographs of at least two classes to train on."))
    if not any(stage.epochs for stage in stages(config.fit)):
        raise UserError(tr("Nothing would be trained: choose at least one epoch."))


def _quiet() -> None:
    """What Keras and TensorFlow say goes where all logging goes, not to the terminal."""
    keras.utils.disable_interactive_logging()
    for name in ("tensorflow", "absl"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)


# -- Photographs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    """What is fed: photographs to train on, and those to validate on if there are any. `digest` names it all."""

    train: Feed
    validation: Feed
    digest: str

    @property
    def per_epoch(self) -> int:
        return len(self.train.samples) + len(self.validation.samples)


def _parts(config: TrainConfig, data: DataSet, run_dir: Path, telling: Telling) -> _Parts:
    train, validation = data.part(Part.TRAIN), data.part(Part.VALIDATION)
    if not validation:
        telling.note(tr("There are no photographs for validation: the best epoch is chosen by the training itself."))
    squares = Squares(train, config)
    even = np.ones(len(data.labels), np.float32)
    weighs = config.balance.kind is BalanceKind.WEIGHTS
    weights = class_weights(labels_of(train), len(data.labels)) if weighs else even
    whitening = _whitening(squares, train, config, run_dir)
    return _Parts(
        Feed(squares, train, weights, config, whitening),
        Feed(Squares(validation, config), validation, even, config, whitening),
        _digest(config, train, validation),
    )


def _whitening(squares: Squares, train: tuple[Sample, ...], config: TrainConfig, run_dir: Path) -> Whitening | None:
    if Step.WHITEN not in config.preprocessing.steps:
        return None
    if (kept := run_whitening(run_dir)) is not None:
        return kept
    found = fit_whitening(whitening_inputs(squares, train, config))
    with replacing(run_dir / WHITENING_FILE) as file:
        np.savez(file, mean=found.mean, basis=found.basis, scale=found.scale)
    return found


def _digest(config: TrainConfig, *parts: tuple[Sample, ...]) -> str:
    """What decides the weights: a checkpoint of something else is not gone on with."""
    made = hashlib.sha256(config.model_dump_json(include={"balance", "augmentation", "preprocessing", "network", "fit"})
                          .encode())  # fmt: skip
    for part in parts:
        for sample in part:
            made.update(f"{sample.path}\0{sample.content}\0{sample.label}\n".encode(errors="surrogatepass"))
        made.update(b"\0")
    return made.hexdigest()


# -- Fitting -----------------------------------------------------------------------------------------------------------


class _Fitting:
    """One try with batches of at most `batch`, from the last checkpoint on or from the beginning."""

    def __init__(
        self, config: TrainConfig, parts: _Parts, run_dir: Path, telling: Telling, make: Make, devices: Devices,
        batch: int,
    ) -> None:  # fmt: skip
        self._config, self._parts, self._run_dir, self._telling = config, parts, run_dir, telling
        self._stages = stages(config.fit)
        self._checkpoints = Checkpoints(run_dir, telling)
        keras.utils.set_random_seed(config.fit.seed)
        with devices.scope():
            self._model = make(config, len(parts.train.weights), telling)
        self._devices = devices
        self._kept = self._checkpoints.last(parts.digest)
        self._progress = self._kept.progress if self._kept else Progress(digest=parts.digest, batch=batch)
        self._batch = min(batch, self._progress.batch)
        write_history(run_dir, self._progress.history)
        self._curves = Curves(run_dir)
        self._batches_done = 0

    def model_with_best(self) -> keras.Model:
        """Go through what is left of the stages. Raises Cancelled."""
        try:
            for place in range(self._progress.stage, len(self._stages)):
                if self._stages[place].epochs:
                    self._run_stage(place)
        except StoppedWithin as stopped:
            self._end_within(stopped)
        except NoNumber:
            self._end_without_number()
        except NothingRead as error:
            raise UserError(tr("None of the photographs to train on can be read.")) from error
        finally:
            self._curves.close()
        return self._model

    def _run_stage(self, place: int) -> None:
        stage = self._stages[place]
        if place > self._progress.stage:
            cleared = {"stage": place, "epoch": 0, "stage_best": None, "waited": 0, "plateau": Plateau()}
            self._progress = self._progress.model_copy(update=cleared)
        self._compile(stage)
        if self._kept is not None and self._kept.progress.stage == place:
            _assign(self._model.variables, self._kept.weights)
            _assign(self._model.optimizer.variables, self._kept.optimiser)
        self._kept = None
        rates = schedule(self._config.fit, stage.rate, stage.epochs)
        if not self._is_over(stage):
            self._telling.phase(stage.phase, self._parts.per_epoch)
        while not self._is_over(stage):
            self._run_epoch(stage, rates)
        self._restore_best()

    def _is_over(self, stage: Stage) -> bool:
        patience = self._config.fit.patience
        return self._progress.epoch >= stage.epochs or bool(patience and self._progress.waited >= patience)

    def _compile(self, stage: Stage) -> None:
        moving = set_trainable(self._model, stage)
        log.info("%s: %d layers of the backbone move", stage.phase.value, moving)
        with self._model.distribute_strategy.scope():
            self._model.compile(
                optimizer=optimiser(self._config.fit, stage.rate),
                loss=loss(self._config.fit),
                metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
                jit_compile=False,
            )
            self._model.optimizer.build(self._model.trainable_variables)

    def _run_epoch(self, stage: Stage, rates: Schedule) -> None:
        progress, begun = self._progress, time.monotonic()
        trained = self._train(progress, rates)
        between = time.monotonic()
        judged = self._judge()
        ended = time.monotonic()
        self._parts.train.squares.say_unreadable(self._telling)
        self._parts.validation.squares.say_unreadable(self._telling)
        epoch = Epoch(
            phase=stage.phase, epoch=progress.epoch + 1, seconds=ended - begun, validation_seconds=ended - between,
            rate=rates.at(progress.epoch, progress.plateau), loss=trained.loss, accuracy=trained.accuracy,
            validation_loss=judged.loss if judged else None, validation_accuracy=judged.accuracy if judged else None,
        )  # fmt: skip
        self._progress = _after(progress, epoch, rates, self._batch)
        self._checkpoints.save(self._progress, self._model.variables, self._model.optimizer.variables)
        self._tell(epoch, stage)

    def _train(self, progress: Progress, rates: Schedule) -> Figures:
        number = len(progress.history)
        picks = drawn(self._parts.train.samples, self._config.balance, self._config.fit.seed, number)
        seed = (self._config.fit.seed, progress.stage, progress.epoch)
        batches = self._parts.train.batches(picks, self._batch, seed)
        try:
            return train_epoch(
                self._model, batches, len(picks),
                lambda part: rates.at(progress.epoch + part, progress.plateau), self._telling,
            )  # fmt: skip
        except StoppedWithin as stopped:
            self._batches_done += stopped.batches
            raise
        finally:
            batches.close()

    def _judge(self) -> Figures | None:
        feed = self._parts.validation
        if not feed.samples:
            return None
        batches = feed.batches([Drawn(place) for place in range(len(feed.samples))], self._batch, None)
        try:
            return judge_epoch(self._model, batches, len(self._parts.train.samples), len(feed.samples), self._telling)
        except StoppedWithin:
            self._batches_done += 1
            raise
        finally:
            batches.close()

    def _tell(self, epoch: Epoch, stage: Stage) -> None:
        try:
            with (self._run_dir / HISTORY_FILE).open("ab") as file:
                file.write(f"{epoch.model_dump_json()}\n".encode())
        except OSError:  # the checkpoint has it, too
            log.warning("%s", HISTORY_FILE, exc_info=True)
        self._curves.add(epoch, len(self._progress.history))
        self._telling.epoch(epoch, stage.epochs, self._left_s(epoch, stage))

    def _left_s(self, epoch: Epoch, stage: Stage) -> float:
        """As long as the last epoch each; an epoch that goes back through the layers takes up to three times that."""
        left = (stage.epochs - self._progress.epoch) * epoch.seconds
        later = self._stages[self._progress.stage + 1 :]
        return left + sum(2 * one.epochs * epoch.seconds for one in later)

    def _restore_best(self) -> None:
        if self._progress.best is not None:
            _assign(self._model.variables, self._checkpoints.best(self._progress))

    def _end_within(self, stopped: StoppedWithin) -> None:
        """Stopped by the user: PAUSE goes on later, FINISH takes the best so far."""
        if stopped.stop is Stop.PAUSE:
            raise Cancelled
        if self._progress.best is not None:
            self._restore_best()
        elif self._batches_done:
            self._telling.note(tr("Stopped within the first epoch: the model has hardly learned anything yet."))
        else:
            raise Cancelled

    def _end_without_number(self) -> None:
        """The loss is no number any more: with the best so far, or with an error where there is none."""
        said = tr("The training got out of hand: the error grew beyond all numbers. Choose a lower rate.")
        if self._progress.best is None:
            raise UserError(said)
        self._telling.note(said + " " + tr("The best weights before are used."))
        self._restore_best()


def _after(progress: Progress, epoch: Epoch, rates: Schedule, batch: int) -> Progress:
    """How far it is when an epoch has ended."""
    number = len(progress.history) + 1
    value = epoch.loss if epoch.validation_loss is None else epoch.validation_loss
    is_best = progress.best_loss is None or value < progress.best_loss
    is_stage_best = progress.stage_best is None or value < progress.stage_best
    return Progress(
        digest=progress.digest,
        batch=batch,
        stage=progress.stage,
        epoch=progress.epoch + 1,
        best=number if is_best else progress.best,
        best_loss=value if is_best else progress.best_loss,
        stage_best=value if is_stage_best else progress.stage_best,
        waited=0 if is_stage_best else progress.waited + 1,
        plateau=rates.after(value, progress.plateau),
        history=(*progress.history, epoch),
    )


def _assign(variables: Any, arrays: tuple[np.ndarray, ...]) -> None:
    if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
        raise UserError(tr("What was kept of this training is another network's. Start it again."))
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _plain(
    model: keras.Model, config: TrainConfig, count: int, telling: Telling, make: Make, devices: Devices
) -> keras.Model:
    """The same network in float32 on one device, as what follows wants it."""
    if not devices.is_mixed and len(devices.cards) < 2:
        return model
    keras.mixed_precision.set_dtype_policy("float32")
    plain = make(config, count, telling)
    plain.set_weights(model.get_weights())
    return plain
