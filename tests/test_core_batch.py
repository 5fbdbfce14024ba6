"""Many photographs: in order, lazily, and stopping when nobody wants more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from core.batch import Batch
from core.bundles import Bundle
from core.errors import BundleError
from core.records import Status


@pytest.fixture
def red_photo(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (40, 40), (255, 0, 0)).save(path)
    return path


@pytest.mark.parametrize("workers", [1, 3])
def test_only_a_few_photographs_are_under_way(tiny_bundle: Bundle, red_photo: Path, workers: int) -> None:
    taken: list[Path] = []

    def endless() -> Iterator[Path]:
        while True:
            taken.append(red_photo)
            yield red_photo

    answers = Batch(tiny_bundle, keep=3, workers=workers).answers(endless())
    for _ in range(10):
        path, verdict = next(answers)
        assert path == red_photo
        assert verdict.status is Status.SURE
    assert len(taken) <= 10 + 4 * workers
    answers.close()  # type: ignore[attr-defined]  # ends its threads, else this test would never end
    assert len(taken) <= 10 + 4 * workers


def test_a_bad_file_is_an_answer_too(tiny_bundle: Bundle, red_photo: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    answers = list(Batch(tiny_bundle, keep=3).answers([gone, red_photo, gone]))
    assert [verdict.status for _, verdict in answers] == [Status.UNREADABLE, Status.SURE, Status.UNREADABLE]
    assert answers[0][1].reason


def test_a_network_that_cannot_be_used_is_said_at_once(tiny_bundle: Bundle, tiny_folder: Path) -> None:
    bundle = Bundle(tiny_bundle.info, tiny_folder, tiny_bundle.kernel, tiny_bundle.bias)
    bundle.network_path(bundle.info.backbones[0]).write_bytes(b"TFL3" * 100)
    with pytest.raises(BundleError):
        Batch(bundle, keep=3)
