"""Embeddings are made once, kept, found again by path and by content, and taken from the library where it has them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.batch import Batch
from core.bundles import Bundle
from core.database import Database
from core.errors import BundleError, Cancelled
from core.folders import library_path, training_dir
from core.inference import Classifier
from core.library import content_of_file
from core.photos import open_photo
from core.records import Features, Photo
from core.train_records import Phase
from tests.test_core_batch import noisy_photo
from training.embeddings import DATABASE_FILE, embed, vectors_of_contents
from training.telling import Silent, Stop


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return [noisy_photo(tmp_path / "photos" / f"{number:02}.png", number) for number in range(12)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Photo]:
    """The photographs that went through the networks."""
    photos: list[Photo] = []
    features = Classifier.features

    def counted(self: Classifier, photo: Photo) -> Features:
        photos.append(photo)
        return features(self, photo)

    monkeypatch.setattr(Classifier, "features", counted)
    return photos


class Counting(Silent):
    """Hears how far it is and stops after so many photographs."""

    def __init__(self, most: int = 10**9) -> None:
        self.most, self.done, self.begun = most, 0, (Phase.DONE, 0)

    def phase(self, phase: Phase, total: int = 0) -> None:
        self.begun = (phase, total)

    def progress(self, done: int, total: int | None = None) -> None:
        assert done >= self.done
        self.done = done

    def asked_to_stop(self) -> Stop | None:
        return Stop.PAUSE if self.done >= self.most else None


def forget_paths() -> None:
    database = Database(training_dir() / DATABASE_FILE)
    with database.writing() as connection:
        connection.execute("DELETE FROM files")
    database.close()


def test_vectors_are_those_of_the_classifier_and_in_order(tiny_bundle: Bundle, photos: list[Path]) -> None:
    telling = Counting()
    found = embed(tiny_bundle, photos[::-1], telling, Phase.LOOKING)
    assert telling.begun == (Phase.LOOKING, 12) and telling.done == 12
    assert found.paths == tuple(photos[::-1]) and not found.problems
    assert found.contents == tuple(content_of_file(path) for path in photos[::-1])
    classifier = Classifier(tiny_bundle)
    wanted = [classifier.features(open_photo(path, classifier.least_px)).embedding for path in photos[::-1]]
    assert found.vectors.dtype == np.float32
    np.testing.assert_allclose(found.vectors, wanted, rtol=2e-3)
    assert found.places()[photos[0]] == 11


def test_the_second_time_nothing_is_read(
    tiny_bundle: Bundle, photos: list[Path], asked: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = embed(tiny_bundle, photos, Silent())
    monkeypatch.setattr("training.embeddings.read_file", None)
    again = embed(tiny_bundle, [*photos, photos[0]], Silent())
    assert len(asked) == 12
    np.testing.assert_array_equal(again.vectors[:12], first.vectors)
    assert again.contents == (*first.contents, first.contents[0])


def test_a_moved_photograph_and_a_changed_one(
    tiny_bundle: Bundle, photos: list[Path], asked: list[Photo], tmp_path: Path
) -> None:
    first = embed(tiny_bundle, photos, Silent())
    moved = Path(shutil.move(photos[0], tmp_path / "elsewhere.png"))
    stamp = photos[1].stat()
    noisy_photo(photos[1], 99)
    os.utime(photos[1], ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    again = embed(tiny_bundle, [moved, photos[1]], Silent())
    assert len(asked) == 13
    np.testing.assert_array_equal(again.vectors[0], first.vectors[0])
    assert again.contents[1] == content_of_file(photos[1]) != first.contents[1]


def test_what_cannot_be_read_is_a_problem(tiny_bundle: Bundle, photos: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff nothing")
    found = embed(tiny_bundle, [photos[0], broken, photos[1], tmp_path / "gone.jpg"], Silent())
    assert found.paths == (photos[0], photos[1]) and found.vectors.shape == (2, 4)
    assert list(found.problems) == [broken, tmp_path / "gone.jpg"] and all(found.problems.values())
    assert embed(tiny_bundle, [], Silent()).vectors.shape == (0, 4)


def test_the_library_is_used_and_not_written(tiny_bundle: Bundle, photos: list[Path], asked: list[Photo]) -> None:
    database = Database(library_path())
    list(Batch(tiny_bundle, database).answers(photos[:8]))
    database.close()
    before = library_path().read_bytes()
    found = embed(tiny_bundle, photos, Silent())
    assert len(asked) == 12 and len(found.paths) == 12
    assert library_path().read_bytes() == before
    forget_paths()
    with Database(library_path()).writing() as connection:
        connection.execute("DELETE FROM files")  # by their contents, too
    before = library_path().read_bytes()
    again = embed(tiny_bundle, photos, Silent())
    assert len(asked) == 12
    np.testing.assert_array_equal(again.vectors, found.vectors)
    contents = [*found.contents, "0" * 64]
    kept = vectors_of_contents(tiny_bundle, contents)
    assert list(kept) == list(found.contents)
    np.testing.assert_array_equal(np.stack(list(kept.values())), found.vectors)
    assert library_path().read_bytes() == before
    library_path().write_bytes(b"no library at all" * 100)
    assert set(vectors_of_contents(tiny_bundle, contents)) == set(found.contents[8:])


def test_stopping_keeps_what_was_done(tiny_bundle: Bundle, photos: list[Path], asked: list[Photo]) -> None:
    with pytest.raises(Cancelled):
        embed(tiny_bundle, photos, Counting(most=0))
    assert not asked
    many = [noisy_photo(photos[0].parent / f"more{number}.png", 1000 + number) for number in range(150)]
    telling = Counting(most=1)
    with pytest.raises(Cancelled):
        embed(tiny_bundle, many, telling)
    assert 0 < telling.done < 150
    kept, before = telling.done, len(asked)
    embed(tiny_bundle, many, Silent())
    assert len(asked) - before <= 150 - kept


def test_other_networks_have_vectors_of_their_own(
    tiny_bundle: Bundle, tiny_folder: Path, photos: list[Path], asked: list[Photo]
) -> None:
    embed(tiny_bundle, photos, Silent())
    bundle = Bundle(tiny_bundle.info, tiny_folder, tiny_bundle.kernel, tiny_bundle.bias)
    bundle.network_path(bundle.info.backbones[0]).write_bytes(b"TFL3" * 100)
    assert len(embed(bundle, photos, Silent()).paths) == 12  # known: no network is needed
    other = bundle.info.backbones[0].model_copy(update={"sha256": "1" * 64})
    info = bundle.info.model_copy(update={"backbones": (other,)})
    with pytest.raises(BundleError):
        embed(Bundle(info, tiny_folder, bundle.kernel, bundle.bias), photos, Silent())
