"""What a model remembers of its training, so that volunteers' corrections improve it without the photographs.

A bundle carries the mean embedding of each label and how embeddings vary around it; from these, embeddings like those
of the forgotten photographs are drawn and fitted together with the new ones. Written for the shipped models by

    python -m training.memory --data DATA [NAME ...]
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.bundle_files import file_sha256, write_arrays
from core.bundle_info import MemoryFile
from core.bundle_memory import MEMORY_FILE, MOST_MEMORY_BYTES, SEEN_BYTES, Memory, seen_key
from core.bundles import INFO_FILE, Bundle, load_bundle, read_info
from core.folders import replacing, shipped_models_dir
from core.records import Floats, Pixels
from training.embeddings import embed
from training.heads import Head, Labels, softmax
from training.telling import Silent

log = logging.getLogger(__name__)

# How many directions are kept of how embeddings vary together.
RANK: Final = 64
# How many embeddings are drawn for each label, and what part of their truth is the label itself: the rest is what the
# model said, whose second thoughts (a husky could be a malamute) the label knows nothing of.
DRAWN: Final = 30
LABEL_PART: Final = 0.5
# A new photograph counts as so many old ones at most: there are few, but of the shelter's own camera and dogs.
MOST_WEIGHT: Final = 20.0
# The strength of the fit, as a part of 1 / (number of remembered photographs).
STRENGTH: Final = 10.0


@dataclass(frozen=True)
class Rehearsal:
    """Embeddings (n, channels) to be fitted: how likely each label is (n, labels), and what each one weighs (n,)."""

    embeddings: Floats
    truth: Floats
    weights: Floats

    @property
    def strength(self) -> float:
        """How strongly to fit them."""
        return STRENGTH / float(self.weights.sum())


def remember(embeddings: Floats, labels: Labels, count: int, contents: Iterable[str], rank: int = RANK) -> Memory:
    """The memory of photographs (n, channels) with labels (n,) out of `count`.

    `rest` is the deviation that the `basis` does not explain: embeddings vary around their label's mean with the
    covariance basis.T @ basis + diag(rest ** 2). The basis are the leading principal components, found by a randomised
    range finder (Halko, Martinsson and Tropp 2011) on channels of equal variance.
    """
    channels = embeddings.shape[1]
    counts = np.bincount(labels, minlength=count)
    means = np.zeros((count, channels), np.float32)
    for label in np.flatnonzero(counts):
        means[label] = embeddings[labels == label].mean(axis=0, dtype=np.float64)
    around = embeddings - means[labels]
    # A label's own photographs lie nearer to their mean than others do.
    free = max(1, len(labels) - int((counts > 0).sum()))
    variance = np.einsum("ij,ij->j", around, around) / free
    basis = _leading(around, np.sqrt(variance) + 1e-6, rank) / np.float32(np.sqrt(free))
    return Memory(means, counts.astype(np.int32), basis, _rest(variance, basis), _seen(contents))


def _leading(around: Floats, scale: Floats, rank: int) -> Floats:
    """(rank, channels) B so that B.T @ B is nearly around.T @ around, up to what varies least."""
    rank = min(rank, *around.shape)
    scaled = around / scale
    trial = np.random.default_rng(0).normal(size=(around.shape[1], min(rank + 16, *around.shape))).astype(np.float32)
    for _ in range(3):
        trial = np.linalg.qr(scaled.T @ (scaled @ trial))[0]
    _, sizes, ways = np.linalg.svd(scaled @ trial, full_matrices=False)
    basis: Floats = np.asarray(sizes[:rank, None] * (ways[:rank] @ trial.T) * scale, np.float32)
    return basis


def _rest(variance: Floats, basis: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(variance - (basis**2).sum(axis=0), 0)), np.float32)


def _seen(contents: Iterable[str]) -> Pixels:
    """(n, 8) uint8, sorted, so that the order tells nothing."""
    keys = sorted({seen_key(content) for content in contents if content})
    return np.frombuffer(b"".join(keys), np.uint8).reshape(-1, SEEN_BYTES)


def can_rehearse(memory: Memory) -> bool:
    """Whether there is more in it than which photographs were seen."""
    return bool(memory.counts.sum())


def with_labels(memory: Memory, places: Sequence[int], count: int) -> Memory:
    """The same memory for `count` labels, of which those that it knows are at `places`."""
    means, counts = np.zeros((count, memory.means.shape[1]), np.float32), np.zeros(count, np.int32)
    means[list(places)], counts[list(places)] = memory.means, memory.counts
    return Memory(means, counts, memory.basis, memory.rest, memory.seen)


def merged(one: Memory, other: Memory) -> Memory:
    """The memory of the photographs of both; they have the same labels."""
    counts = one.counts + other.counts
    parts = [np.where(counts, memory.counts / np.maximum(counts, 1), 0)[:, None] for memory in (one, other)]
    means = (parts[0] * one.means + parts[1] * other.means).astype(np.float32)
    sizes = [max(1.0, float(memory.counts.sum())) for memory in (one, other)]
    shares = [size / sum(sizes) for size in sizes]
    variance, basis = np.zeros(means.shape[1]), []
    for memory, share in zip((one, other), shares, strict=True):
        variance += share * ((memory.basis**2).sum(axis=0) + memory.rest**2)
        basis.append(np.sqrt(share) * memory.basis)
    both = _leading(np.concatenate(basis).astype(np.float32), np.sqrt(variance).astype(np.float32) + 1e-6, RANK)
    seen = np.unique(np.concatenate([one.seen, other.seen]), axis=0)
    return Memory(means, counts, both, _rest(variance.astype(np.float32), both), seen)


def drawn(memory: Memory, each: int = DRAWN, seed: int = 0) -> tuple[Floats, Labels]:
    """Embeddings (n, channels) like those of the photographs, with their labels (n,): `each` of every label it knows.

    From a Gaussian around each label's mean, as prototypes are rehearsed in PASS (Zhu et al., "Prototype augmentation
    and self-supervision for incremental learning", CVPR 2021) and SLCA (Zhang et al., ICCV 2023). Some are negative as
    no embedding after ReLU is: cut off, they would have other means, and breeds without corrections got worse by it.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.flatnonzero(memory.counts), each)
    together = rng.standard_normal((len(labels), len(memory.basis)), np.float32) @ memory.basis
    found = memory.means[labels] + together
    found += rng.standard_normal(found.shape, np.float32) * memory.rest
    return found, labels


def rehearse(memory: Memory, head: Head, embeddings: Floats, labels: Labels, seed: int = 0) -> Rehearsal:
    """New photographs (n, channels) with labels (n,), and in between what `head` shall not forget.

    The truth of what is drawn is partly its label, partly the head's own answer (distillation as in "Learning without
    forgetting", Li and Hoiem, ECCV 2016). The new photographs of a label weigh no more than the remembered ones do
    together: else a label with many corrections would be seen everywhere.
    """
    count = head.kernel.shape[1]
    old, old_labels = drawn(memory, seed=seed)
    old_truth = (1 - LABEL_PART) * softmax(head.logits(old))
    old_truth[np.arange(len(old)), old_labels] += LABEL_PART
    usual = float(memory.counts[memory.counts > 0].mean())
    remembered = np.where(memory.counts, memory.counts, usual)
    new_counts = np.maximum(np.bincount(labels, minlength=count), 1)
    weights = np.minimum(MOST_WEIGHT, remembered / new_counts)[labels]
    old_weights = np.full(len(old), memory.counts.sum() / len(old))
    return Rehearsal(
        np.concatenate([embeddings, old]),
        np.concatenate([np.eye(count, dtype=np.float32)[labels], old_truth.astype(np.float32)]),
        np.concatenate([weights, old_weights]).astype(np.float32),
    )


# -- The shipped models ------------------------------------------------------------------------------------------------


def add_memory(folder: Path, memory: Memory) -> None:
    """Give the model in `folder` this memory; nothing else of it changes. Raises BundleError, OSError."""
    beside = folder / f".{MEMORY_FILE}"
    write_arrays(beside, memory.arrays())
    beside.replace(folder / MEMORY_FILE)
    told = MemoryFile(sha256=file_sha256(folder / MEMORY_FILE, MOST_MEMORY_BYTES))
    info = read_info(folder).model_copy(update={"memory": told}).as_written()
    with replacing(folder / INFO_FILE) as file:
        file.write(f"{info.to_json()}\n".encode())
    load_bundle(folder).memory()


def shipped_memory(bundle: Bundle, data: Path) -> Memory:
    """The memory of a shipped model: of the photographs in `data` that its head was fitted on, and no others."""
    from training.ship import fitted_on, labels_of

    paths = fitted_on(data)
    found = embed(bundle, paths, Silent())
    if found.problems:
        raise ValueError(f"{len(found.problems)} photographs cannot be read")
    labels = labels_of(path.relative_to(data).as_posix() for path in paths)
    return remember(found.vectors, labels, len(bundle.info.labels), found.contents)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with dogs/ in it")
    parser.add_argument("names", nargs="*", metavar="NAME", default=["dogs", "dogs-fast"])
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in given.names:
        folder = shipped_models_dir() / name
        add_memory(folder, shipped_memory(load_bundle(folder), given.data.resolve()))
        log.info("%s: %d kB", name, (folder / MEMORY_FILE).stat().st_size // 1000)


if __name__ == "__main__":
    main()
