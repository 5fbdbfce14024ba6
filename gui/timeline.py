"""How long the start takes, written down in the log step by step."""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)

_began_s = time.perf_counter()
_marked: set[str] = set()


def mark(what: str) -> None:
    """Note that this has happened; only the first time counts."""
    if what not in _marked:
        _marked.add(what)
        log.info("%.0f ms after the start of the window: %s", (time.perf_counter() - _began_s) * 1000, what)
