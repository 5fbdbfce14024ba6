"""Words that the library did not take, because its drive was gone or full: kept in a small file until it does.

One line of JSON for each word, with the content of its photograph, so that any library can take them.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.records import Correction, Kind

log = logging.getLogger(__name__)

_LARGEST_BYTES = 100_000_000


@dataclass(frozen=True)
class Word:
    """What was said of a photograph; `path` is where it was seen last."""

    content: str
    path: str
    correction: Correction


class Unwritten:
    """The words that wait; what cannot be written to the file is kept as long as the program runs."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._here: list[Word] = []

    def keep(self, words: Sequence[Word]) -> Path | None:
        """Keep these words; the file that they are in, None where they are only in memory."""
        if self._file is None:
            self._here += words
            return None
        lines = "".join(f"{json.dumps(_as_json(word))}\n" for word in words)
        try:
            with self._file.open("a", encoding="ascii") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            log.warning("%s cannot be written", self._file, exc_info=True)
            self._here += words
            return None
        return self._file

    def waiting(self) -> tuple[list[Word], int]:
        """The words that wait, in the order in which they were said, and what `forget` wants to know."""
        try:
            if self._file is None or not self._file.exists() or self._file.stat().st_size > _LARGEST_BYTES:
                return list(self._here), 0
            text = self._file.read_bytes()
        except OSError:
            log.warning("%s cannot be read", self._file, exc_info=True)
            return list(self._here), 0
        found = [word for line in text.splitlines() if (word := _word(line)) is not None]
        return [*found, *self._here], len(text)

    def forget(self, until: int) -> None:
        """These words are in the library: those that came since then stay."""
        self._here.clear()
        if self._file is None or not until:
            return
        try:
            rest = self._file.read_bytes()[until:]
            if rest:
                self._file.write_bytes(rest)
            else:
                self._file.unlink()
        except OSError:  # they are written once more the next time, which changes nothing
            log.warning("%s stays", self._file, exc_info=True)


def _as_json(word: Word) -> dict[str, Any]:
    said = asdict(word.correction)
    at = word.correction.at.isoformat() if word.correction.at else ""
    return {"content": word.content, "path": word.path, **said, "kind": word.correction.kind.value, "at": at}


def _word(line: bytes) -> Word | None:
    try:
        values = json.loads(line)
        content, path = str(values.pop("content")), str(values.pop("path"))
        values |= {"kind": Kind(values["kind"]), "at": datetime.fromisoformat(values["at"])}
        return Word(content, path, Correction(**values))
    except (ValueError, KeyError, TypeError, AttributeError):  # half a line, written as the drive went
        log.warning("a word that waited cannot be read: %r", line[:200])
        return None
