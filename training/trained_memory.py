"""What a finished model remembers of its training: which photographs it saw, and what is needed to improve it later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from core.bundle_memory import SEEN_BYTES, seen_key
from core.bundles import Bundle, Memory
from core.records import Pixels
from core.train_records import Phase
from training.asking import ask
from training.memory import remember
from training.samples import DataSet, Part, Sample, labels_of
from training.telling import Telling

# Means and deviations of embeddings hardly change with more photographs of a class.
MOST_OF_A_CLASS = 100
# With a longer embedding the memory would be larger than the model.
MOST_CHANNELS = 8192


def memory_of(draft: Bundle, data: DataSet, telling: Telling) -> Memory | None:
    """The draft's memory with the training photographs of `data` among those that were seen.

    A draft without one gets one: some photographs of each class go through its networks for that. None where nothing
    is known. Raises Cancelled, and then what was embedded is kept.
    """
    train = data.part(Part.TRAIN)
    contents = {sample.content for sample in train if sample.content}
    memory = draft.memory()
    if memory is not None:
        new = [content for content in contents if not memory.has_seen(content)]
        return replace(memory, seen=np.concatenate([memory.seen, _keys(new)]))
    if draft.info.channels > MOST_CHANNELS:
        return _only_seen(draft, contents)
    asked = ask(draft, _some_of_each(train), telling, Phase.EMBEDDING)
    contents |= {sample.content for sample in asked.samples if sample.content}
    if not asked.samples:
        return _only_seen(draft, contents)
    count = len(draft.info.labels)
    found = remember(asked.vectors, labels_of(asked.samples), count, contents)
    return replace(found, counts=np.bincount(labels_of(train), minlength=count).astype(np.int32) * (found.counts > 0))


def _some_of_each(samples: Iterable[Sample]) -> list[Sample]:
    taken: Counter[int] = Counter()
    some = []
    for sample in samples:
        taken[sample.label] += 1
        if taken[sample.label] <= MOST_OF_A_CLASS:
            some.append(sample)
    return some


def _only_seen(draft: Bundle, contents: Iterable[str]) -> Memory | None:
    """A memory that knows nothing but which photographs were seen."""
    seen = _keys(contents)
    if not len(seen):
        return None
    labels, channels = len(draft.info.labels), draft.info.channels
    return Memory(
        means=np.zeros((labels, channels), np.float32),
        counts=np.zeros(labels, np.int32),
        basis=np.zeros((1, channels), np.float32),
        rest=np.ones(channels, np.float32),
        seen=seen,
    )


def _keys(contents: Iterable[str]) -> Pixels:
    """(n, 8) uint8, in an order that does not tell the photographs'."""
    keys = b"".join(sorted({seen_key(content) for content in contents}))
    return np.frombuffer(keys, np.uint8).reshape(-1, SEEN_BYTES)
