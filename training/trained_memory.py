"""What a finished model remembers of its training: at least which photographs it was trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.bundle_memory import SEEN_BYTES, seen_key
from core.bundles import Bundle, Memory
from core.records import Pixels
from training.samples import DataSet, Part


def memory_of(draft: Bundle, data: DataSet) -> Memory | None:
    """The draft's memory with the training photographs of `data` among those that were seen.

    A draft without one gets one that knows nothing but these; None where no content is known.
    """
    contents = {sample.content for sample in data.part(Part.TRAIN) if sample.content}
    memory = draft.memory()
    if memory is not None:
        contents = {content for content in contents if not memory.has_seen(content)}
        return replace(memory, seen=np.concatenate([memory.seen, _keys(contents)])) if contents else memory
    if not contents:
        return None
    labels, channels = len(draft.info.labels), draft.info.channels
    return Memory(
        means=np.zeros((labels, channels), np.float32),
        counts=np.zeros(labels, np.int32),
        basis=np.zeros((1, channels), np.float32),
        rest=np.ones(channels, np.float32),
        seen=_keys(contents),
    )


def _keys(contents: set[str]) -> Pixels:
    """(n, 8) uint8, in an order that does not tell the photographs'."""
    keys = b"".join(sorted(seen_key(content) for content in contents))
    return np.frombuffer(keys, np.uint8).reshape(-1, SEEN_BYTES)
