"""The places in the Retrain tab."""

from __future__ import annotations

from enum import Enum


class Place(Enum):
    """What the tab shows: one of its three steps, the earlier runs, or that it is locked."""

    LOCKED = "locked"
    PHOTOS = "photos"
    CHOICES = "choices"
    LIVE = "live"
    RESULT = "result"
    RUNS = "runs"
