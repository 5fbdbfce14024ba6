"""How the rate changes while a stage of training goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from core.bundle_info import Record
from core.train_config import Fit, ScheduleName

PLATEAU_FACTOR: Final = 0.2
# A plateau lowers the rate no further than to this part of the first one.
LEAST_FACTOR: Final = 1e-4
# What counts as better on a plateau: by this part of the loss.
LEAST_GAIN: Final = 1e-4


class Plateau(Record):
    """What the schedule "plateau" remembers: by what the rate is multiplied, the best loss, epochs since it."""

    factor: float = 1.0
    best: float | None = None
    waited: int = 0


@dataclass(frozen=True)
class Schedule:
    """The rate over `epochs` from `rate`: `warm_up` of them rise to it, `patience` are waited for on a plateau."""

    name: ScheduleName
    rate: float
    epochs: int
    warm_up: float = 0.0
    patience: int = 1

    def at(self, when: float, plateau: Plateau) -> float:
        """The rate for a step after so many epochs (a fraction within one).

        "cosine" rises linearly during the warm-up, half of all epochs at most (Goyal et al. 2017), and then falls to 0
        along half a cosine (Loshchilov & Hutter 2017). The first step of the warm-up is a hundredth of the rate.

        >>> Schedule("cosine", 1.0, 10, warm_up=2).at(1, Plateau())
        0.5
        """
        if self.name == "plateau":
            return self.rate * plateau.factor
        if self.name == "constant":
            return self.rate
        warm_up = min(self.warm_up, self.epochs / 2)
        if when < warm_up:
            return self.rate * max(0.01, when / warm_up)
        return self.rate * 0.5 * (1 + math.cos(math.pi * min(1.0, (when - warm_up) / (self.epochs - warm_up))))

    def after(self, loss: float, plateau: Plateau) -> Plateau:
        """What a plateau remembers after an epoch with this loss."""
        if plateau.best is None or loss < plateau.best - LEAST_GAIN * abs(plateau.best):
            return Plateau(factor=plateau.factor, best=loss)
        waited = plateau.waited + 1
        if waited < self.patience:
            return Plateau(factor=plateau.factor, best=plateau.best, waited=waited)
        return Plateau(factor=max(LEAST_FACTOR, plateau.factor * PLATEAU_FACTOR), best=plateau.best)


def schedule(rules: Fit, rate: float, epochs: int) -> Schedule:
    """The schedule of one stage. The rate falls on a plateau before early stopping would end the stage."""
    return Schedule(rules.schedule, rate, epochs, rules.warm_up_epochs, max(1, (rules.patience or 6) // 2))
