"""What can be refused in a config before a photograph is read: networks that are not there, or not meant for it."""

from __future__ import annotations

from core.backbones import BACKBONES, Kind
from core.errors import UserError
from core.texts import tr
from core.train_config import Mode, TrainConfig

_IMAGENET = "imagenet"


def check_network(config: TrainConfig) -> None:
    """Raise UserError where the network of a config is unknown, or cannot be trained in this way or size."""
    entry = BACKBONES.get(config.network.backbone)
    if entry is None:
        said = tr("There is no network called “{name}”. There are: {names}.")
        raise UserError(said.format(name=config.network.backbone, names=", ".join(BACKBONES)))
    size_px = config.preprocessing.size_px
    if size_px and size_px < entry.least_px:
        said = tr("{network} needs pictures of at least {size} pixels.")
        raise UserError(said.format(network=entry.title, size=entry.least_px))
    if config.fit.mode is Mode.HEAD:
        _check_for_head(config)
    elif entry.kind is Kind.SET:
        said = tr("“{name}” is several networks: choose one of them for this.")
        raise UserError(said.format(name=entry.name))


def _check_for_head(config: TrainConfig) -> None:
    entry, size_px = BACKBONES[config.network.backbone], config.preprocessing.size_px
    if entry.kind is Kind.SCRATCH:
        said = tr("“{name}” has learned nothing yet: it needs training from scratch.")
        raise UserError(said.format(name=entry.title))
    sizes = {BACKBONES[member].size_px for member in entry.members}
    if entry.kind is Kind.SET and (config.network.weights != _IMAGENET or (size_px and sizes != {size_px})):
        said = tr("The networks of “{name}” have their own weights and sizes: choose one of them to change that.")
        raise UserError(said.format(name=entry.name))
