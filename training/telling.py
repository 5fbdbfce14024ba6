"""How the steps of a training say how far they are, and hear that they shall stop."""

from __future__ import annotations

from typing import Protocol

from core.errors import Cancelled
from core.train_records import Epoch, Phase, Stop

__all__ = ["Silent", "Stop", "Telling", "stop_if_asked"]


class Telling(Protocol):
    """What a step is given; all methods are cheap enough to be called for each photograph."""

    def phase(self, phase: Phase, total: int = 0) -> None:
        """A new step begins, with so many photographs (or batches) to come."""

    def progress(self, done: int, total: int | None = None) -> None:
        """So many are done."""

    def epoch(self, epoch: Epoch, epochs: int, left_s: float | None = None) -> None:
        """An epoch has ended, of so many; seconds left for all of them, if that is known."""

    def device(self, name: str) -> None:
        """What it computes on."""

    def note(self, text: str) -> None:
        """Something that the administrator should know, in the user's language."""

    def asked_to_stop(self) -> Stop | None:
        """Whether the user wants it to end."""


class Silent:
    """Tells nobody: for tests, and for steps that are used by themselves."""

    def phase(self, phase: Phase, total: int = 0) -> None: ...
    def progress(self, done: int, total: int | None = None) -> None: ...
    def epoch(self, epoch: Epoch, epochs: int, left_s: float | None = None) -> None: ...
    def device(self, name: str) -> None: ...
    def note(self, text: str) -> None: ...
    def asked_to_stop(self) -> Stop | None:
        return None


def stop_if_asked(telling: Telling) -> None:
    """For steps that have nothing to keep: raises Cancelled, whichever way the user wants to stop."""
    if telling.asked_to_stop():
        raise Cancelled
