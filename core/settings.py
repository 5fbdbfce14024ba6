"""What the user chose, in one small file: what cannot be read falls back to its default, one value at a time."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import UserError
from core.folders import replacing, settings_path
from core.texts import tr

log = logging.getLogger(__name__)

_LARGEST_BYTES = 1_000_000


class Settings(BaseModel):
    """Every choice with its default; assigning a wrong value raises ValidationError."""

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    language: Literal["system", "en", "fr"] = "system"
    theme: Literal["system", "light", "dark"] = "system"
    # Of the size that the desktop wants, in percent.
    text_size: Literal[100, 125, 150, 175, 200] = 100
    model: str | None = Field(default=None, max_length=200)
    # What was in use before that, as core.model_versions writes it.
    previous_model: str | None = Field(default=None, max_length=300)
    palette: str = Field(default="magma", max_length=50)
    heatmap_opacity: float = Field(default=0.5, ge=0, le=1)
    show_outline: bool = False
    last_folder: Path | None = None
    folder_view: Literal["grid", "table"] = "grid"
    folder_tiles: str = Field(default="medium", max_length=20)
    folder_preview: bool = True
    export_form: str = Field(default="csv", max_length=50)
    export_folder: Path | None = None
    export_choices: dict[str, str] = Field(default_factory=dict, max_length=500)
    retrain_enabled: bool = False
    # As core.passphrase keeps it; empty without one. Who has forgotten it deletes this line.
    retrain_passphrase: str = Field(default="", max_length=400)
    window_geometry: str = Field(default="", pattern=r"^(\d+x\d+([+-]-?\d+){2})?$")


def load_settings() -> Settings:
    """The user's settings; defaults for whatever is missing or wrong."""
    values = _stored(settings_path())
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        wrong = {str(problem["loc"][0]) for problem in error.errors()}
        log.warning("settings fall back to their defaults: %s", ", ".join(sorted(wrong)))
        return Settings.model_validate({name: value for name, value in values.items() if name not in wrong})


def save_settings(settings: Settings) -> None:
    """Replace the settings file. Raises UserError when that is not possible."""
    try:
        with replacing(settings_path()) as file:
            file.write(settings.model_dump_json(indent=2).encode())
    except OSError as error:
        raise UserError(tr("The settings cannot be saved: {reason}").format(reason=error.strerror)) from error


def _stored(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ValueError("too large")
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # not UTF-8 and not JSON are ValueErrors
        log.warning("%s cannot be read (%s): default settings", path, error)
        return {}
    return values if isinstance(values, dict) else {}
