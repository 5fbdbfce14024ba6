"""The curves of a run as TensorBoard reads them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import tensorflow as tf

from core.train_records import Epoch

TENSORBOARD_DIR: Final = "tensorboard"


class Curves:
    """The run's curves, a folder for training and one for validation; a full disk does not stop a training here."""

    def __init__(self, run_dir: Path) -> None:
        folder = run_dir / TENSORBOARD_DIR
        self._train = tf.summary.create_file_writer(str(folder / "train"))
        self._validation = tf.summary.create_file_writer(str(folder / "validation"))

    def add(self, epoch: Epoch, number: int) -> None:
        """Write the figures of an epoch, the `number`th of all stages."""
        train = {"loss": epoch.loss, "accuracy": epoch.accuracy, "rate": epoch.rate, "seconds": epoch.seconds}
        validation = {"loss": epoch.validation_loss, "accuracy": epoch.validation_accuracy}
        _write(self._train, train, number)
        _write(self._validation, validation, number)

    def close(self) -> None:
        """Write what is left."""
        for writer in (self._train, self._validation):
            with suppress(tf.errors.OpError):
                writer.close()


def _write(writer: tf.summary.SummaryWriter, figures: Mapping[str, float | None], number: int) -> None:
    with suppress(tf.errors.OpError), writer.as_default():
        for name, value in figures.items():
            if value is not None:
                tf.summary.scalar(f"epoch/{name}", value, step=number)
        writer.flush()
