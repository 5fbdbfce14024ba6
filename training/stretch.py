"""Several steps that follow each other as one: each says how far it is of its own, heard is how far all of them are."""

from __future__ import annotations

from core.train_records import Epoch, Phase
from training.telling import Stop, Telling


class Stretch:
    """A `Telling` for one step, which takes up `start`...`end` (0...1) of a phase of `count` photographs."""

    def __init__(self, telling: Telling, count: int, start: float, end: float) -> None:
        self._telling = telling
        self._count, self._start, self._share = count, start, end - start
        self._total = 0

    def phase(self, phase: Phase, total: int = 0) -> None:
        self._total = total

    def progress(self, done: int, total: int | None = None) -> None:
        whole = max(1, total or self._total)
        self._telling.progress(int(self._count * (self._start + self._share * min(1.0, done / whole))))

    def epoch(self, epoch: Epoch, epochs: int, left_s: float | None = None) -> None:
        self._telling.epoch(epoch, epochs, left_s)

    def device(self, name: str) -> None:
        self._telling.device(name)

    def note(self, text: str) -> None:
        self._telling.note(text)

    def asked_to_stop(self) -> Stop | None:
        return self._telling.asked_to_stop()
