"""How long a training will take on this computer, found out in a few seconds, before it begins."""

from __future__ import annotations

import logging
import math
import os
import time
from typing import Any, Final

from core.backbones import BACKBONES, BackboneEntry, Kind
from core.machine import native_silence, usable_processors
from core.train_config import Mode, TrainConfig
from training.feeding import size_px
from training.telling import Telling, stop_if_asked

log = logging.getLogger(__name__)

# Building larger networks takes longer than is worth waiting for: they are reckoned from this one, by the table.
REFERENCE: Final = "resnet50"
_REFERENCE_PX: Final = 160
_MOST_BILLIONS: Final = 6.0
_TIMED_PHOTOGRAPHS: Final = 8
_TIMED_S: Final = 2.0
# Going back through a layer takes about twice as long as through it: once for its weights, once for what it was given.
_BACKWARD: Final = 2.0
# Opening a photograph of some megapixels, and changing one by chance, on one processor.
_OPEN_S, _CHANGE_S = 0.02, 0.002


def estimate_s(config: TrainConfig, photographs: int, telling: Telling) -> float:
    """Roughly how many seconds the epochs of a configuration take for so many photographs in all, without early end.

    A few batches go through the network with random weights; what is trained of it is reckoned by its multiplications.
    Raises UserError for a network that is not known, Cancelled.
    """
    rules, entry = config.fit, BACKBONES.get(config.network.backbone)
    side = size_px(config)
    if rules.mode is Mode.HEAD or entry is None:
        return 0.0
    stop_if_asked(telling)
    seconds, share = _measured(config, entry, side)
    stop_if_asked(telling)
    trained, judged = photographs * config.split.train, photographs * config.split.validation
    feeding = _CHANGE_S / usable_processors()
    head = 0.0 if rules.mode is Mode.SCRATCH else rules.head_epochs * (trained + judged) * max(seconds, feeding)
    layers = rules.epochs * (trained * max(seconds * (1 + _BACKWARD * share), feeding) + judged * seconds)
    return head + layers + photographs * _OPEN_S / usable_processors()


def _measured(config: TrainConfig, entry: BackboneEntry, side: int) -> tuple[float, float]:
    """Seconds for one photograph through the network, and which share of its work the trained layers do."""
    # TensorFlow greets when it is first asked for anything.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with native_silence():
        from training.builders import build

    billions = entry.cost(side) / BACKBONES[entry.name].cost() * entry.billions
    timed = (
        BACKBONES[REFERENCE] if billions > _MOST_BILLIONS or not (entry.keras or entry.kind is Kind.SCRATCH) else entry
    )
    with native_silence():
        model = build(timed.name, max(timed.least_px, side if timed is entry else _REFERENCE_PX), "none")
    seconds = _forward_s(model)
    if timed is not entry:
        return seconds * entry.cost(side) / timed.cost(_REFERENCE_PX), _share_by_count(config)
    return seconds, _share(model, config)


def _forward_s(model: Any) -> float:
    """Seconds for one photograph; the first batch, in which the network is made ready, does not count."""
    import numpy as np
    import tensorflow as tf

    forward = tf.function(lambda inputs: model(inputs, training=False))
    inputs = tf.constant(
        np.random.default_rng(0).uniform(0, 255, (_TIMED_PHOTOGRAPHS, *model.input_shape[1:])), "float32"
    )
    forward(inputs)
    best, begun = float("inf"), time.monotonic()
    while time.monotonic() < begun + _TIMED_S:
        start = time.monotonic()
        forward(inputs).numpy()
        best = min(best, time.monotonic() - start)
    return best / _TIMED_PHOTOGRAPHS


def _share(model: Any, config: TrainConfig) -> float:
    """Which part of the network's multiplications lies in and after the first layer that is trained."""
    from training.stages import last_layers

    if config.fit.mode is Mode.SCRATCH:
        return 1.0
    layers = [layer for layer in model.layers if layer.__class__.__name__ != "InputLayer"]
    moving = {id(layer) for layer in last_layers(layers, config.fit.unfrozen, config.fit.by_blocks)}
    work = [(_multiplications(layer), id(layer) in moving) for layer in layers]
    return sum(count for count, moves in work if moves) / max(1.0, sum(count for count, _ in work))


def _share_by_count(config: TrainConfig) -> float:
    """The same without the network at hand: all of it, or what the last layers of a deep network usually are."""
    unfrozen = config.fit.unfrozen
    return 1.0 if config.fit.mode is Mode.SCRATCH or unfrozen < 0 or unfrozen > 100 else 0.3


def _multiplications(layer: Any) -> float:
    """Those of a convolution or dense layer for one photograph: each weight is used at each place of the output."""
    places = math.prod(tuple(layer.output.shape)[1:-1])
    return float(places * sum(math.prod(weight.shape) for weight in layer.weights if len(weight.shape) >= 2))
