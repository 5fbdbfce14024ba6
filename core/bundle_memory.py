"""What a model keeps of its training in memory.npz, so that it can be improved without those photographs.

No photograph is in it, and none can be made from it: means of embeddings, and the first bytes of the files' SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.bundle_files import NUMBERS, Array, open_plain, read_arrays, read_plain
from core.bundle_heads import are_possible, ready_to_use
from core.bundle_info import BundleInfo
from core.errors import BundleError
from core.records import Floats, Pixels
from core.texts import tr

MEMORY_FILE = "memory.npz"
MOST_MEMORY_BYTES = 64 << 20
MOST_RANK = 4096
SEEN_BYTES = 8
_NAMES = frozenset({"means", "counts", "basis", "rest", "seen"})


@dataclass(frozen=True, eq=False)
class Memory:
    """The training photographs of a model in short.

    `means` (labels, channels) float32 are the mean embeddings of each label's photographs, `counts` (labels,) int32 how
    many those were. `basis` (rank, channels) and `rest` (channels,) float32 describe how embeddings vary within labels.
    `seen` (n, 8) uint8 are the first bytes of the SHA-256 of each photograph's file.
    """

    means: Floats
    counts: npt.NDArray[np.int32]
    basis: Floats
    rest: Floats
    seen: Pixels

    def arrays(self) -> dict[str, Array]:
        """What memory.npz holds."""
        return {
            "means": self.means.astype(np.float16),
            "counts": self.counts.astype(np.int32),
            "basis": self.basis.astype(np.float16),
            "rest": self.rest.astype(np.float16),
            "seen": self.seen.astype(np.uint8),
        }

    def has_seen(self, content: str) -> bool:
        """Whether the model was trained on the file with this SHA-256 (hexadecimal); wrong once in 10^15 or so."""
        return seen_key(content) in self._keys

    @cached_property
    def _keys(self) -> frozenset[bytes]:
        return frozenset(key.tobytes() for key in self.seen)


def seen_key(content: str) -> bytes:
    """What `seen` has of a file with this SHA-256."""
    return bytes.fromhex(content)[:SEEN_BYTES]


def check_memory_is_there(folder: Path, info: BundleInfo) -> None:
    """That the file is there and not too large, unread. Raises BundleError."""
    if info.memory is not None:
        with open_plain(folder / MEMORY_FILE, MOST_MEMORY_BYTES):
            pass


def read_memory(folder: Path, info: BundleInfo) -> Memory | None:
    """The memory of the model in `folder`, checked; None where it has none. Raises BundleError."""
    if info.memory is None:
        return None
    data = read_plain(folder / MEMORY_FILE, MOST_MEMORY_BYTES)
    if sha256(data).hexdigest() != info.memory.sha256:
        raise BundleError(tr("The file “{file}” is not the one that belongs to this model.").format(file=MEMORY_FILE))
    arrays = read_arrays(data, MEMORY_FILE, _NAMES, MOST_MEMORY_BYTES, NUMBERS)
    if set(arrays) != _NAMES:
        raise BundleError(
            tr("The numbers in “{file}” are not the ones that bundle.json asks for.").format(file=MEMORY_FILE)
        )
    ready = {name: ready_to_use(values) for name, values in arrays.items()}
    _check(ready, info)
    return Memory(**ready)


def _check(arrays: dict[str, Array], info: BundleInfo) -> None:
    rank = min(len(arrays["basis"]), MOST_RANK)
    wanted: dict[str, tuple[tuple[int, ...], str]] = {
        "means": ((len(info.labels), info.channels), "f"),
        "counts": ((len(info.labels),), "i"),
        "basis": ((rank, info.channels), "f"),
        "rest": ((info.channels,), "f"),
        "seen": ((len(arrays["seen"]), SEEN_BYTES), "u"),
    }
    for name, (shape, kind) in wanted.items():
        values = arrays[name]
        if values.shape != shape or values.dtype.kind != kind:
            raise BundleError(tr("The numbers “{name}” of the model have the wrong shape.").format(name=name))
        is_possible = kind == "u" or (are_possible(values) and (kind == "f" or values.min() >= 0))
        if not is_possible:
            raise BundleError(tr("The numbers “{name}” of the model are impossible.").format(name=name))
