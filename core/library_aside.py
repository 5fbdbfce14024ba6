"""What was set aside when a damaged library was renewed: noted beside it, for everybody who uses it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.folders import replacing
from core.texts import tr

log = logging.getLogger(__name__)

_ENDING = "-set-aside"
_LARGEST_BYTES = 1_000_000
_MOST_KEPT = 20


@dataclass(frozen=True)
class Aside:
    """The damaged file `aside`, in whose place the library with this id came, with so much of it in it."""

    library: str
    aside: str
    photographs: int
    words: int
    told: bool = False

    def sentence(self) -> str:
        """What to tell the user: what was set aside, where it lies, how much came over."""
        if not self.photographs:
            said = tr(
                "The library of corrections was damaged. It was put aside as {path}. Nothing could be read of it: a "
                "new one was begun."
            )
            return said.format(path=self.aside)
        said = tr(
            "The library was damaged. It was put aside as {path}. What could be read of it is in a new one: "
            "{photographs} photographs, and what people said of {words} of them."
        )
        return said.format(path=self.aside, photographs=self.photographs, words=self.words)


def note(library: Path, aside: Aside) -> None:
    """Note it before the new library is in its place: who finds that one there knows then where it comes from."""
    _write(library, [*_read(library), aside][-_MOST_KEPT:])


def renewed_as(library: Path, number: str) -> Aside | None:
    """How the library with this id came to this place; None where this program did not renew it."""
    return next((one for one in _read(library) if one.library == number), None)


def untold(library: Path) -> str:
    """What no user was told yet, in sentences; it counts as told from now on."""
    found = _read(library)
    news = [one for one in found if not one.told]
    if news:
        _write(library, [replace(one, told=True) for one in found])
    return " ".join(one.sentence() for one in news)


def _file(library: Path) -> Path:
    return library.with_name(library.name + _ENDING)


def _read(library: Path) -> list[Aside]:
    file = _file(library)
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_BYTES:
            return []
        rows = json.loads(file.read_bytes())
        return [
            Aside(str(row["library"]), str(row["aside"]), int(row["photographs"]), int(row["words"]), bool(row["told"]))
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("%s cannot be read", file, exc_info=True)
        return []


def _write(library: Path, asides: Sequence[Aside]) -> None:
    file = _file(library)
    try:
        with replacing(file) as part:
            part.write(json.dumps([asdict(one) for one in asides]).encode("ascii"))
    except OSError:  # a full disk: the library itself matters more
        log.warning("%s cannot be written", file, exc_info=True)
