"""The progress of a training on a terminal: a bar for what runs, a line for each epoch, all on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from core.about import NAME
from core.texts import tr
from core.train_records import Epoch, Phase, Stop

if TYPE_CHECKING:
    from tqdm import tqdm


class Shown:
    """Shows what steps tell; to be closed. Where stderr is no terminal there are lines only, no bar."""

    def __init__(self, is_head: bool = False) -> None:
        """In head mode an epoch is a strength that is tried."""
        self._is_head = is_head
        self._bar: tqdm[Any] | None = None
        self._phase: Phase | None = None
        self._is_seen = sys.stderr.isatty()

    def phase(self, phase: Phase, total: int = 0) -> None:
        self.close()
        if phase is not self._phase and not self._is_seen:
            self._line(phase_name(phase))
        self._phase = phase
        if self._is_seen:
            from tqdm import tqdm

            self._bar = tqdm(total=total or None, desc=phase_name(phase), file=sys.stderr, leave=bool(total))

    def progress(self, done: int, total: int | None = None) -> None:
        if self._bar is None:
            return
        if total is not None and total != self._bar.total:
            self._bar.total = total
        self._bar.update(done - self._bar.n)

    def epoch(self, epoch: Epoch, epochs: int, left_s: float | None = None) -> None:
        said = tr("epoch {epoch} of {epochs}: loss {loss}, right {right}")
        if self._is_head:
            said = tr("strength {epoch} of {epochs}: loss {loss}, right {right}")
        line = said.format(
            epoch=epoch.epoch, epochs=epochs, loss=f"{epoch.loss:.3f}", right=f"{epoch.accuracy * 100:.1f}\u00a0%"
        )
        if epoch.validation_loss is not None and epoch.validation_accuracy is not None:
            held_out = tr("{line}; held out: loss {loss}, right {right}")
            right = f"{epoch.validation_accuracy * 100:.1f}\u00a0%"
            line = held_out.format(line=line, loss=f"{epoch.validation_loss:.3f}", right=right)
        self._line(f"{line}  ({epoch.seconds:.0f}\u00a0s)")

    def device(self, name: str) -> None:
        self._line(tr("computes on: {device}").format(device=name))

    def note(self, text: str) -> None:
        self._line(text)

    def asked_to_stop(self) -> Stop | None:
        return None

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _line(self, text: str) -> None:
        if self._bar is not None:
            self._bar.write(f"{NAME}: {text}", file=sys.stderr)
        else:
            print(f"{NAME}: {text}", file=sys.stderr, flush=True)


def phase_name(phase: Phase) -> str:
    """What a step is called."""
    return {
        Phase.READING: tr("reading the photographs"),
        Phase.LOOKING: tr("looking at the photographs"),
        Phase.EMBEDDING: tr("through the networks"),
        Phase.HEAD: tr("fitting the head"),
        Phase.LAYERS: tr("fitting the layers"),
        Phase.CALIBRATING: tr("calibrating"),
        Phase.JUDGING: tr("judging"),
        Phase.REPORTING: tr("writing the report"),
        Phase.DONE: tr("done"),
    }[phase]
