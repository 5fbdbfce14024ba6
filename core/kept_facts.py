"""What the user said of the animals of a run (names, codes, ages, sexes): kept, so that it is typed only once."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.folders import data_dir, replacing
from core.shelter_facts import Facts, Sex
from core.texts import tr

log = logging.getLogger(__name__)

FILE_NAME = "animal_facts.json"


def load_facts(run: int) -> dict[str, Facts]:
    """What was said of the animals of this run, by their names in this program; what cannot be read is left out."""
    found = _stored().get(str(run), {})
    facts: dict[str, Facts] = {}
    for name, kept in found.items() if isinstance(found, dict) else ():
        try:
            facts[name] = _facts(kept)
        except (KeyError, TypeError, ValueError, AttributeError):
            log.warning("what was kept of an animal cannot be read")
    return facts


def save_facts(run: int, facts: Mapping[str, Facts]) -> None:
    """Keep this of the animals of this run, instead of what was kept before. Raises UserError."""
    everything = _stored()
    everything[str(run)] = {name: _kept(one) for name, one in facts.items() if one != Facts()}
    try:
        with replacing(_path()) as file:
            file.write(json.dumps(everything, indent=1).encode("ascii"))
    except OSError as error:
        said = tr("What you typed of the animals cannot be kept: {reason}.")
        raise UserError(said.format(reason=error.strerror or error)) from error


def _path() -> Path:
    return data_dir() / FILE_NAME


def _stored() -> dict[str, Any]:
    try:
        found = json.loads(_path().read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        log.warning("%s cannot be read", FILE_NAME, exc_info=True)
        return {}
    return found if isinstance(found, dict) else {}


def _kept(facts: Facts) -> dict[str, object]:
    born = None if facts.born is None else facts.born.isoformat()
    return {"name": facts.name, "code": facts.code, "born": born, "age": facts.age, "sex": facts.sex.value}


def _facts(kept: Mapping[str, Any]) -> Facts:
    born = None if kept["born"] is None else date.fromisoformat(kept["born"])
    age = None if kept["age"] is None else float(kept["age"])
    return Facts(str(kept["name"]), str(kept["code"]), born, age, Sex(kept["sex"]))
