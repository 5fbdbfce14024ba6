"""What a study keeps of itself in study.json: what was asked, and how each variant stands."""

from __future__ import annotations

import logging
from enum import Enum
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from core.bundle_info import Record
from core.commands_study import StudyRequest
from core.folders import replacing

log = logging.getLogger(__name__)

STATE_FILE: Final = "study.json"


class RowStatus(str, Enum):
    """How a variant stands."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Asked(Record):
    """What decides the figures of a study, as typed; a study is gone on with only for the same."""

    name: str
    data: str
    quick: bool
    only: tuple[str, ...]
    weights: str
    external: str
    other: str

    @staticmethod
    def of(request: StudyRequest) -> Asked:
        weights, external, other = (str(one or "") for one in (request.weights, request.external, request.other))
        return Asked(
            name=request.name, data=str(request.data), quick=request.quick, only=request.only, weights=weights,
            external=external, other=other,
        )  # fmt: skip


class Row(Record):
    """One variant: the folder of its run (below the study's), why it failed, how long it took all in all.

    `external` is the share that it had right on the photographs from elsewhere, `external_on` how many those were,
    `external_problem` why there is none.
    """

    comparison: str
    variant: str
    run: str = ""
    status: RowStatus = RowStatus.WAITING
    problem: str = ""
    seconds: float = 0.0
    external: float | None = None
    external_on: int = 0
    external_problem: str = ""

    def is_same(self, comparison: str, variant: str) -> bool:
        """Whether it is this variant."""
        return (self.comparison, self.variant) == (comparison, variant)


class StudyState(Record):
    """The whole of study.json. Times are Unix seconds; `ended` is None while there is something left to do."""

    format: Literal[1] = 1
    asked: Asked
    begun: float
    ended: float | None = None
    rows: tuple[Row, ...]


def write_study(folder: Path, state: StudyState) -> None:
    """Replace study.json. Raises OSError."""
    with replacing(folder / STATE_FILE) as file:
        file.write(state.model_dump_json(indent=1).encode())


def read_study(folder: Path) -> StudyState | None:
    """The state of the study in this folder; None where there is none that can be read."""
    try:
        return StudyState.model_validate_json((folder / STATE_FILE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        log.warning("%s cannot be read", folder / STATE_FILE, exc_info=True)
        return None
