"""One epoch through a Keras classifier: batch by batch, so that it can stop between any two."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import keras

from training.feeding import Batch
from training.telling import Stop, Telling

# Asking for the loss waits for a graphics card, so not after every batch.
_LOOK_EVERY: Final = 10


class StoppedWithin(Exception):
    """The user wants it to end, within an epoch; `batches` of it are done."""

    def __init__(self, stop: Stop, batches: int) -> None:
        super().__init__(stop.value)
        self.stop, self.batches = stop, batches


class NoNumber(Exception):
    """The loss is infinite or no number: the weights are of no use any more."""


class NothingRead(Exception):
    """Not one photograph could be read."""


@dataclass(frozen=True)
class Figures:
    """The means of an epoch."""

    loss: float
    accuracy: float


def train_epoch(
    model: keras.Model, batches: Iterable[Batch], count: int, rate: Callable[[float], float], telling: Telling
) -> Figures:
    """Train on the batches of an epoch of `count` photographs; `rate` says the rate after a part 0...1 of it.

    Raises StoppedWithin, NoNumber, NothingRead.
    """
    model.make_train_function()
    return _over(model, model.train_function, batches, telling, _Count(count), rate)


def judge_epoch(
    model: keras.Model, batches: Iterable[Batch], before: int, count: int, telling: Telling
) -> Figures | None:
    """The figures on photographs that are not trained on, `before` having been trained on; None where none is read.

    Raises StoppedWithin.
    """
    model.make_test_function()
    try:
        return _over(model, model.test_function, batches, telling, _Count(count, before), None)
    except (NothingRead, NoNumber):
        return None


@dataclass(frozen=True)
class _Count:
    total: int
    before: int = 0


def _over(
    model: keras.Model,
    step: Callable[[Iterator[Any]], Any],
    batches: Iterable[Batch],
    telling: Telling,
    count: _Count,
    rate: Callable[[float], float] | None,
) -> Figures:
    model.reset_metrics()
    done, steps, logs = 0, 0, {}
    for batch in batches:
        stop = telling.asked_to_stop()
        if stop is not None:
            raise StoppedWithin(stop, steps)
        if len(batch.inputs):
            if rate is not None:
                model.optimizer.learning_rate = rate(done / count.total)
            logs = step(_as_data(model, batch))
            steps += 1
        if steps % _LOOK_EVERY == 1:
            _check(logs)
        done += batch.asked
        telling.progress(count.before + done)
    if not steps:
        raise NothingRead
    return _check(logs)


def _check(logs: Any) -> Figures:
    """What the metrics say so far. Raises NoNumber."""
    figures = Figures(float(logs["loss"]), float(logs["accuracy"])) if logs else Figures(0.0, 0.0)
    if not math.isfinite(figures.loss):
        raise NoNumber
    return figures


def _as_data(model: keras.Model, batch: Batch) -> Iterator[Any]:
    """One batch as Keras' functions take it; with several cards each gets its part."""
    data = (batch.inputs, batch.targets, batch.weights)
    strategy = model.distribute_strategy
    if strategy.num_replicas_in_sync == 1:
        return iter([data])
    import tensorflow as tf

    cards = strategy.num_replicas_in_sync
    # Each card needs a photograph at least: a tiny batch is filled up with pictures that weigh nothing.
    parts = [
        tuple(values[card::cards] if len(values) > card else values[:1] * 0 for values in data) for card in range(cards)
    ]
    spread = strategy.experimental_distribute_values_from_function(
        lambda context: tuple(tf.constant(v) for v in parts[context.replica_id_in_sync_group])
    )
    return iter([spread])
