"""What a model remembers of its training, and that corrections do not cost it what it knew."""

from __future__ import annotations

import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from core.bundles import Bundle, Memory, load_bundle
from core.fingerprints import backbones_fingerprint
from core.records import Floats
from training.heads import Head, Labels, fit_head
from training.memory import MOST_WEIGHT, add_memory, can_rehearse, drawn, merged, rehearse, remember, with_labels
from training.softmax_fit import SoftmaxFit

CHANNELS, COUNT = 40, 12
TOUCHED = (0, 1, 2)


def photographs(each: int, seed: int, shift: float = 0.0, classes: int = COUNT) -> tuple[Floats, Labels]:
    """Embeddings of classes that overlap; `shift` moves them all, as another camera does."""
    means = np.random.default_rng(5).normal(0.8, 1.0, (COUNT + 1, CHANNELS))
    mixing = np.random.default_rng(6).normal(0, 0.25, (CHANNELS, CHANNELS))
    camera = np.random.default_rng(7).normal(0, shift, CHANNELS)
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    noise = rng.normal(0, 1, (len(labels), CHANNELS)) @ mixing + rng.normal(0, 0.6, (len(labels), CHANNELS))
    return (means[labels] + noise + camera).astype(np.float32), labels


def contents(n: int, word: str = "") -> list[str]:
    return [sha256(f"{word}{number}".encode()).hexdigest() for number in range(n)]


def right(head: Head, values: Floats, labels: Labels) -> Floats:
    return np.asarray(head.logits(values).argmax(axis=1) == labels, np.float32)


@pytest.fixture(scope="module")
def known() -> tuple[Head, Memory]:
    values, labels = photographs(80, seed=0)
    return fit_head(values, labels, COUNT, 0.01), remember(values, labels, COUNT, contents(len(values)))


def test_what_is_drawn_is_like_what_was_seen() -> None:
    values, labels = photographs(400, seed=1)
    memory = remember(values, labels, COUNT, contents(len(values)), rank=30)
    assert memory.basis.shape == (30, CHANNELS) and memory.counts.tolist() == [400] * COUNT
    again, again_labels = drawn(memory, each=400, seed=3)
    assert again_labels.tolist() == labels.tolist()
    for label in (0, 7):
        one, other = values[labels == label], again[again_labels == label]
        assert np.abs(one.mean(axis=0) - other.mean(axis=0)).max() < 0.2
    around, again_around = (
        found - np.stack([found[labels == label].mean(axis=0) for label in range(COUNT)])[labels]
        for found in (values, again)
    )
    ways, sizes, _ = np.linalg.svd(np.cov(around.T))
    again_sizes = np.einsum("ij,jk,ki->i", ways.T, np.cov(again_around.T), ways)
    np.testing.assert_allclose(again_sizes[:5], sizes[:5], rtol=0.25)


def test_two_memories_are_one() -> None:
    values, labels = photographs(100, seed=1)
    few = labels != 4
    values, labels = values[few], labels[few]
    first = np.arange(len(labels)) % 3 == 0
    names = np.array(contents(len(labels)))
    both = merged(*(remember(values[part], labels[part], COUNT, names[part]) for part in (first, ~first)))
    whole = remember(values, labels, COUNT, names)
    np.testing.assert_allclose(both.means, whole.means, atol=1e-4)
    assert both.counts.tolist() == whole.counts.tolist() and both.counts[4] == 0
    np.testing.assert_array_equal(both.seen, whole.seen)
    one, other = (memory.basis.T @ memory.basis + np.diag(memory.rest**2) for memory in (both, whole))
    assert np.abs(one - other).max() < 0.1 * np.abs(other).max()
    assert set(drawn(both)[1]) == set(range(COUNT)) - {4}


def test_a_single_photograph_and_none_can_be_remembered() -> None:
    one = remember(np.ones((1, 3), np.float32), np.zeros(1, np.intp), 2, contents(1))
    assert one.counts.tolist() == [1, 0] and np.isfinite(drawn(one)[0]).all() and can_rehearse(one)
    assert not can_rehearse(replace(one, counts=np.zeros(2, np.int32)))


def continued(head: Head, memory: Memory, values: Floats, labels: Labels) -> Head:
    found = rehearse(memory, head, values, labels)
    count = head.kernel.shape[1]
    return SoftmaxFit(found.embeddings, found.truth, count, head, found.weights).fit(found.strength).head


def test_corrections_improve_their_classes_and_no_other_gets_worse(known: tuple[Head, Memory]) -> None:
    head, memory = known
    tested = photographs(200, seed=11, shift=0.7, classes=len(TOUCHED))
    values, labels = photographs(200, seed=12)
    others = values[labels >= len(TOUCHED)], labels[labels >= len(TOUCHED)]
    gains, losses, forgotten = [], [], []
    for seed in range(100, 104):
        new, new_labels = photographs(5, seed=seed, shift=0.7, classes=len(TOUCHED))
        after = continued(head, memory, new, new_labels)
        gains.append(right(after, *tested).mean() - right(head, *tested).mean())
        losses.append(right(head, *others).mean() - right(after, *others).mean())
        # Without the memory the same photographs, believed as much, cost the others dearly.
        weights = np.full(len(new), MOST_WEIGHT, np.float32)
        forgetful = SoftmaxFit(new, new_labels, COUNT, head, weights).fit(0.01).head
        forgotten.append(right(head, *others).mean() - right(forgetful, *others).mean())
    assert np.mean(gains) > 0.02
    assert np.mean(losses) < 0.012
    assert np.mean(forgotten) > 0.05


def test_many_corrections_of_one_class_do_not_make_it_appear_everywhere(known: tuple[Head, Memory]) -> None:
    head, memory = known
    new, new_labels = photographs(400, seed=20, shift=0.5, classes=1)
    found = rehearse(memory, head, new, new_labels)
    assert found.weights[:400].sum() == pytest.approx(80)
    after = continued(head, memory, new, new_labels)
    old, old_labels = photographs(200, seed=12)
    others = old_labels > 0
    assert (
        right(after, old[others], old_labels[others]).mean()
        > right(head, old[others], old_labels[others]).mean() - 0.01
    )


def test_a_new_class_is_learnt_beside_the_old_ones(known: tuple[Head, Memory]) -> None:
    head, memory = known
    wider = Head(
        np.concatenate([head.kernel, np.zeros((CHANNELS, 1), np.float32)], axis=1), np.append(head.bias, np.float32(0))
    )
    new = photographs(10, seed=30, classes=COUNT + 1)
    is_new = new[1] == COUNT
    after = continued(wider, with_labels(memory, range(COUNT), COUNT + 1), new[0][is_new], new[1][is_new])
    values, labels = photographs(100, seed=31, classes=COUNT + 1)
    is_new = labels == COUNT
    assert right(after, values[is_new], labels[is_new]).mean() > 0.8
    before = right(head, values[~is_new], labels[~is_new]).mean()
    assert right(after, values[~is_new], labels[~is_new]).mean() > before - 0.01


def test_a_model_gets_a_memory_and_nothing_else_changes(tiny_bundle: Bundle, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_bundle.folder, tmp_path / "colours"))
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "bundle.json"}
    values, labels = np.random.default_rng(0).random((30, 4)).astype(np.float32), np.arange(30) % 3
    memory = remember(values, labels, 3, contents(30))
    for _ in range(2):
        add_memory(folder, memory)
    after = load_bundle(folder)
    kept = after.memory()
    assert kept is not None and kept.has_seen(contents(30)[7]) and not kept.has_seen(contents(1, "other")[0])
    np.testing.assert_allclose(kept.means, memory.means, atol=1e-3)
    assert after.info.format == 2 and backbones_fingerprint(after) == backbones_fingerprint(tiny_bundle)
    assert {
        path.name: path.read_bytes() for path in folder.iterdir() if path.name not in ("bundle.json", "memory.npz")
    } == before
