"""Likeness and doubt: what is seen of files, which pictures are nearly the same, which labels are perhaps wrong."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.folders import training_dir
from core.photos import PhotoFile, read_file
from core.records import Floats
from core.train_records import Finding, FindingKind
from tests.data_to_look_at import SIDE_PX, Heard, picture, save
from training import photo_facts
from training.data_check import MOST_FINDINGS, first_of_each
from training.look_alikes import centred, look_alikes, pixel_likeness, together
from training.photo_facts import GREY_PX, look_at
from training.wrong_labels import LEAST_OF_CLASS, perhaps_wrong


def test_a_second_look_opens_only_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [save(tmp_path / f"{number}.png", picture(number)) for number in range(5)]
    first = look_at(paths, Heard())
    opened: list[Path] = []

    def noted(path: Path) -> PhotoFile:
        opened.append(path)
        return read_file(path)

    monkeypatch.setattr(photo_facts, "read_file", noted)
    assert look_at(paths, Heard()) == first
    assert not opened
    save(paths[2], picture(77, 80))
    again = look_at(paths, Heard())
    assert opened == [paths[2]]
    assert again[paths[2]].width == 80


def test_a_broken_memory_of_earlier_looks_disturbs_nobody(tmp_path: Path) -> None:
    (training_dir() / "photo_facts.sqlite").write_bytes(b"no database at all" * 100)
    path = save(tmp_path / "1.png", picture(1))
    assert look_at([path], Heard())[path].width == SIDE_PX


def test_pictures_are_alike_whatever_their_brightness_or_side() -> None:
    grey = np.asarray(Image.fromarray(picture(1)).convert("L").resize((GREY_PX, GREY_PX))).reshape(-1)
    other = np.asarray(Image.fromarray(picture(2)).convert("L").resize((GREY_PX, GREY_PX))).reshape(-1)
    mirrored = grey.reshape(GREY_PX, GREY_PX)[:, ::-1].reshape(-1)
    turned = np.rot90(grey.reshape(GREY_PX, GREY_PX)).reshape(-1)
    brighter, blank = (grey * 0.8 + 20).astype(np.uint8), np.full(GREY_PX**2, 90, np.uint8)
    others = np.stack([brighter, mirrored, turned, other, blank])
    alike = pixel_likeness(np.repeat(grey[None], len(others), axis=0), others)
    assert (alike[:3] > 0.99).all()
    assert alike[3] < 0.6
    assert alike[4] == 0


def test_near_vectors_are_look_alikes_and_equal_pixels_the_same_picture() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((40, 64)).astype(np.float32)
    greys = random.integers(0, 255, (40, GREY_PX, GREY_PX), np.uint8)
    vectors[1] = vectors[0] + 0.1 * random.standard_normal(64)  # near, other pixels
    vectors[3] = vectors[2] + 1.5 * random.standard_normal(64)
    greys[3] = np.rot90(greys[2])  # the same pixels, turned, which are something else to the networks
    vectors[5], greys[5] = vectors[4], greys[4]
    vectors[7] = vectors[6] + 0.9 * random.standard_normal(64)  # as a small copy is seen
    greys[7] = greys[6]
    pairs = look_alikes(centred(vectors), greys, lambda done: None)
    assert [(pair.one, pair.other, pair.is_same) for pair in pairs] == [
        (4, 5, True),
        (0, 1, False),
        (6, 7, True),
        (2, 3, True),
    ]


def test_comparing_all_with_all_takes_little_memory() -> None:
    count = 4000
    vectors = np.random.default_rng(0).standard_normal((count, 64)).astype(np.float32)
    greys = np.random.default_rng(1).integers(0, 255, (count, GREY_PX, GREY_PX), np.uint8)
    tracemalloc.start()
    look_alikes(centred(vectors), greys, lambda done: None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000  # all cosines at once would take 64 million bytes, and as much again for the pixels


def test_many_that_are_all_alike_end_as_one_group_without_all_pairs() -> None:
    vectors = np.ones((300, 8), np.float32) + np.random.default_rng(0).normal(0, 1e-6, (300, 8)).astype(np.float32)
    vectors[:2] = -5
    greys = np.repeat(np.random.default_rng(1).integers(0, 255, (1, GREY_PX, GREY_PX), np.uint8), 300, axis=0)
    pairs = look_alikes(centred(vectors), greys, lambda done: None)
    assert len(pairs) <= 300 * 64
    groups = together(300, [(pair.one, pair.other) for pair in pairs])
    assert max(map(len, groups)) == 298


def clusters(sizes: Sequence[int], spread: float = 0.5) -> tuple[Floats, np.ndarray]:
    random = np.random.default_rng(3)
    centres = random.standard_normal((len(sizes), 32))
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return (centres[labels] + spread * random.standard_normal((len(labels), 32))).astype(np.float32), labels


def test_labels_that_are_perhaps_wrong_are_found_with_the_right_one() -> None:
    vectors, labels = clusters([40, 40, 40])
    given = labels.copy()
    wrong = [0, 41, 42, 85]
    given[wrong] = (labels[wrong] + 1) % 3
    found = perhaps_wrong(centred(vectors), given, list(range(120)), lambda: None)
    assert {one.place for one in found} == set(wrong)
    assert all(one.label == labels[one.place] and one.probability > 0.5 > one.own for one in found)
    assert not perhaps_wrong(centred(vectors), labels, list(range(120)), lambda: None)


def test_a_burst_with_a_wrong_label_does_not_speak_for_itself() -> None:
    vectors, labels = clusters([40, 40, 40])
    given = labels.copy()
    burst = np.arange(10)
    vectors[burst] = vectors[0] + 0.01
    given[burst] = 1
    groups = np.arange(120)
    groups[burst] = 0
    found = {one.place for one in perhaps_wrong(centred(vectors), given, groups.tolist(), lambda: None)}
    assert found >= set(burst.tolist())


def test_small_classes_are_not_doubted() -> None:
    vectors, labels = clusters([40, LEAST_OF_CLASS - 1, 40])
    labels[40 : 40 + LEAST_OF_CLASS - 1] = 1
    vectors[40 : 40 + LEAST_OF_CLASS - 1] = vectors[: LEAST_OF_CLASS - 1]
    found = perhaps_wrong(centred(vectors), labels, list(range(len(labels))), lambda: None)
    assert not {one.place for one in found} & set(range(40, 40 + LEAST_OF_CLASS - 1))
    assert perhaps_wrong(centred(vectors)[:40], labels[:40], list(range(40)), lambda: None) == []
    assert perhaps_wrong(np.zeros((0, 4), np.float32), np.zeros(0, np.intp), [], lambda: None) == []


def test_findings_are_all_counted_but_not_all_listed() -> None:
    many = [Finding(kind=FindingKind.UNREADABLE, paths=(f"{n}.jpg",)) for n in range(MOST_FINDINGS + 7)]
    kept, counts = first_of_each([*many, Finding(kind=FindingKind.LEAK)])
    assert len(kept) == MOST_FINDINGS + 1
    assert counts == {FindingKind.UNREADABLE: MOST_FINDINGS + 7, FindingKind.LEAK: 1}
    assert json.dumps([one.model_dump(mode="json") for one in kept])
