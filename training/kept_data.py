"""The data of a training as it was shared out, kept in its run: going on later means the very same photographs."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.bundle_info import Label
from core.folders import replacing
from core.train_config import TrainConfig
from training.samples import DataSet, Part, Sample

log = logging.getLogger(__name__)

_FILE = "data_set.json"


def keep_data(data: DataSet, config: TrainConfig, run_dir: Path) -> None:
    """Write the data into the run's folder. Raises OSError."""
    kept = {
        "decided": _decided(config),
        "labels": [label.model_dump() for label in data.labels],
        "samples": [_as_row(sample) for sample in data.samples],
    }
    with replacing(run_dir / _FILE) as file:
        # In ASCII: the bytes of a name that are no letters stay what they are.
        file.write(json.dumps(kept, ensure_ascii=True).encode("ascii"))


def kept_data(config: TrainConfig, run_dir: Path) -> DataSet | None:
    """The data that was kept, None where there is none or where something else was decided since."""
    try:
        kept = json.loads((run_dir / _FILE).read_bytes())
        if kept["decided"] != _decided(config):
            return None
        labels = tuple(Label.model_validate(label) for label in kept["labels"])
        return DataSet(labels, tuple(_of_row(row, len(labels)) for row in kept["samples"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        log.warning("the photographs are looked at again", exc_info=True)
        return None


def _as_row(sample: Sample) -> list[Any]:
    parts = [part.value if part else None for part in (sample.official, sample.part)]
    return [str(sample.path), sample.label, sample.content, sample.group, *parts]


def _of_row(row: list[Any], labels: int) -> Sample:
    path, label, content, group, official, part = row
    if not 0 <= label < labels:
        raise ValueError("a label that is not there")
    return Sample(Path(path), label, content, group, Part(official) if official else None, Part(part) if part else None)


def _decided(config: TrainConfig) -> str:
    """What the data depends on, as a number."""
    parts = (config.source, config.changes, config.split)
    return hashlib.sha256("\n".join(part.model_dump_json() for part in parts).encode()).hexdigest()
