"""Which choices a search tries, and what a configuration becomes with one of them."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from core.train_config import Augmentation, Mode, TrainConfig

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

# What strength 1 means where the configuration has no augmentation of its own: nothing that changes a meaning.
USUAL_AUGMENTATION: Final = Augmentation(rotation_deg=15, zoom=0.2, contrast=0.2, brightness=0.1, crop=0.1)


@dataclass(frozen=True)
class SearchSpace:
    """What is tried: networks (none: the configuration's own), ranges of rate, dropout and strength of augmentation,
    numbers of unfrozen layers; each try has `head_epochs` and `epochs` at most.
    """

    backbones: tuple[str, ...] = ()
    rates: tuple[float, float] = (1e-5, 1e-3)
    dropouts: tuple[float, float] = (0.0, 0.5)
    unfrozen: tuple[int, ...] = (10, 30, 60, -1)
    strengths: tuple[float, float] = (0.0, 1.0)
    head_epochs: int = 2
    epochs: int = 3


USUAL_SPACE: Final = SearchSpace()


@dataclass(frozen=True)
class Choice:
    """One point of the space."""

    backbone: str
    rate: float
    dropout: float
    unfrozen: int
    strength: float

    def applied(self, config: TrainConfig) -> TrainConfig:
        """The configuration with this choice; everything else stays, also the epochs."""
        head = config.network.head.model_copy(update={"dropout": self.dropout})
        changes = {
            "network": config.network.model_copy(update={"backbone": self.backbone, "head": head}),
            "fit": config.fit.model_copy(update={"rate": self.rate, "unfrozen": self.unfrozen}),
            "augmentation": scaled(config.augmentation, self.strength),
        }
        return TrainConfig.model_validate(config.model_copy(update=changes).model_dump())


def chosen(trial: BaseTrial, config: TrainConfig, space: SearchSpace) -> Choice:
    """What a trial chooses; what is not searched is the configuration's own."""
    backbones = space.backbones or (config.network.backbone,)
    unfrozen = config.fit.unfrozen
    if config.fit.mode is Mode.FINETUNE:
        unfrozen = int(trial.suggest_categorical("unfrozen", space.unfrozen))
    return Choice(
        str(trial.suggest_categorical("backbone", backbones)),
        trial.suggest_float("rate", *space.rates, log=True),
        trial.suggest_float("dropout", *space.dropouts),
        unfrozen,
        trial.suggest_float("strength", *space.strengths),
    )


def scaled(rules: Augmentation, strength: float) -> Augmentation:
    """All of an augmentation by `strength` 0...1; mirroring stays as it is. One that is off: the usual one by that."""
    base = rules if rules.is_on else USUAL_AUGMENTATION
    values = {name: value if isinstance(value, bool) else value * strength for name, value in base}
    return Augmentation(**values)


def study_name(config: TrainConfig, space: SearchSpace) -> str:
    """The same for the same question, on every computer: a study has one space and one kind of result."""
    asked = config.model_dump_json(include={"balance", "augmentation", "preprocessing", "network", "fit", "split"})
    return f"{config.name}-{hashlib.sha256(f'{asked}{sorted(asdict(space).items())}'.encode()).hexdigest()[:8]}"
