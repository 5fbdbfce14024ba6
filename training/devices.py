"""What Keras computes on: graphics cards found and named, their memory and precision set, several of them together."""

from __future__ import annotations

import logging
import os
import platform
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from core.texts import tr
from training.telling import Telling

log = logging.getLogger(__name__)

# NVIDIA's Volta (2017): the first cards that compute quicker in half precision, and need the loss scaled.
_HALF_PRECISION_FROM = (7, 0)


@dataclass(frozen=True)
class Card:
    """One graphics card: its name, and its compute capability if it is NVIDIA's."""

    name: str
    capability: tuple[int, int] | None = None


@dataclass(frozen=True)
class Devices:
    """What a training computes on; no cards means the processors. `is_mixed`: half precision where it is safe."""

    cards: tuple[Card, ...] = ()
    is_mixed: bool = False

    @property
    def name(self) -> str:
        """For the user: "2 x NVIDIA RTX A4000", or the processors."""
        if not self.cards:
            return tr("{count} processors").format(count=os.cpu_count() or 1)
        names = {card.name for card in self.cards}
        return f"{len(self.cards)} × {names.pop()}" if len(names) == 1 < len(self.cards) else ", ".join(
            card.name for card in self.cards
        )  # fmt: skip

    def scope(self) -> AbstractContextManager[Any]:
        """Build, compile and fit the network within: with several cards each computes a part of every batch.

        By TensorFlow's MirroredStrategy: what `keras.distribution` has for TensorFlow is a prototype that distributes
        nothing (keras/src/backend/tensorflow/distribution_lib.py, Keras 3.15). Fit without `jit_compile` in it
        (keras-team/keras issue 20763).
        """
        if len(self.cards) < 2:
            return nullcontext()
        import tensorflow as tf

        scope: AbstractContextManager[Any] = tf.distribute.MirroredStrategy().scope()
        return scope


def set_up(mixed_precision: bool, telling: Telling) -> Devices:
    """Find the graphics cards, let their memory grow as needed, choose the precision, and say so.

    Before any network is built: Keras' precision holds for the layers that are made afterwards.
    """
    import keras

    cards = find_cards()
    halves = mixed_precision and bool(cards) and all(can_halve(card) for card in cards)
    keras.mixed_precision.set_dtype_policy("mixed_float16" if halves else "float32")
    devices = Devices(cards, halves)
    telling.device(devices.name)
    if not cards:
        hint = missing_card_hint(platform.system())
        if hint:
            telling.note(hint)
    return devices


def find_cards() -> tuple[Card, ...]:
    """The graphics cards that TensorFlow sees, each set to take memory as it needs it instead of all at once."""
    import tensorflow as tf

    cards = []
    for device in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(device, True)
        except (RuntimeError, ValueError) as error:  # TensorFlow has begun to compute already
            log.info("%s: %s", device.name, error)
        details = tf.config.experimental.get_device_details(device)
        cards.append(Card(details.get("device_name") or device.name, details.get("compute_capability")))
    return tuple(cards)


def can_halve(card: Card) -> bool:
    """Whether half precision is worth it."""
    return card.capability is not None and tuple(card.capability) >= _HALF_PRECISION_FROM


def missing_card_hint(system: str) -> str:
    """What to say where TensorFlow could use no graphics card whatever is built in; empty elsewhere."""
    if system != "Windows" or sys.platform == "cygwin":
        return ""
    return tr(
        "On Windows, TensorFlow uses the processors only since version 2.11. To train on an NVIDIA card, install "
        "Shelterlens within WSL2 (Linux inside of Windows)."
    )


def _tell() -> None:
    """For the doctor: the version of TensorFlow, and below it the cards that it sees."""
    import tensorflow as tf

    print(tf.__version__)
    print(", ".join(card.name for card in find_cards()))


if __name__ == "__main__":
    _tell()
