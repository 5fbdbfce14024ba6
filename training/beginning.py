"""The model that a training begins from and is compared with: fixed when it first starts, the same one ever after.

Between two starts another model may be in use, or have its name.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from core.bundle_info import Record, is_name
from core.errors import BundleError
from core.fingerprints import model_fingerprint
from core.folders import replacing
from core.model_versions import find_version
from core.models import model_meant
from core.texts import tr
from core.train_config import TrainConfig
from training.telling import Telling

log = logging.getLogger(__name__)

_FILE: Final = "beginning.json"


class Beginning(Record):
    """Which model it was; `asked` is `start_from` of the config, None for the one in use."""

    asked: str | None
    name: str
    version: str
    fingerprint: str


def with_beginning(config: TrainConfig, run_dir: Path, telling: Telling) -> TrainConfig:
    """The config with `start_from` as it was at the first start of this run: a name, or the folder of that model.

    Where that model is gone, `telling` hears of it and there is none. Raises OSError.
    """
    asked = config.start_from
    if asked == "" or (asked is not None and not is_name(asked)):  # none, or a file that nobody exchanges
        return config
    known = _read(run_dir / _FILE, asked)
    try:
        present = model_meant(asked)
    except BundleError as error:
        log.info("no model to begin from: %s", error)
        present = None
    if known is None:
        if present is None:  # who compares says so
            return config
        info = present.info
        known = Beginning(
            asked=asked, name=info.name, version=info.version, fingerprint=model_fingerprint(info)
        )  # fmt: skip
        with replacing(run_dir / _FILE) as file:
            file.write(known.model_dump_json(indent=1).encode())
    if present is not None and model_fingerprint(present.info) == known.fingerprint:
        return config.model_copy(update={"start_from": present.name})
    version = find_version(known.fingerprint)
    if version is None:
        said = tr(
            "The model “{name}” {version}, with which this training began, is gone: nothing more is taken over from "
            "it, and the result is compared with none."
        )
        telling.note(said.format(name=known.name, version=known.version))
        return config.model_copy(update={"start_from": ""})
    return config.model_copy(update={"start_from": str(version.folder)})


def _read(path: Path, asked: str | None) -> Beginning | None:
    """What was written down, None where there is nothing or where something else was asked for since."""
    try:
        known = Beginning.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        log.warning("%s cannot be read", path, exc_info=True)
        return None
    return known if known.asked == asked else None
