"""Many photographs: in order, lazily, from the library where it knows them, and stopping when nobody wants more."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import core.crew
import core.looks
import core.photos
from core.batch import Answered, Batch
from core.bundles import Bundle
from core.database import Database
from core.errors import BundleError, UserError
from core.inference import Classifier
from core.library import content_of_file
from core.photos import PhotoFile, open_photo, photo_from_file, read_file
from core.records import Features, Photo, Status


def noisy_photo(path: Path, seed: int) -> Path:
    """A reddish photograph unlike every other."""
    noise = np.random.default_rng(seed).integers(0, 60, (40, 40, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((np.array((190, 20, 20)) + noise).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def red_photo(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (40, 40), (255, 0, 0)).save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return [noisy_photo(tmp_path / "photos" / f"{number:02}.png", number) for number in range(12)]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "library.sqlite")
    yield database
    database.close()


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


@pytest.mark.parametrize("workers", [1, 3])
def test_only_a_few_photographs_are_under_way(tiny_bundle: Bundle, red_photo: Path, workers: int) -> None:
    taken: list[Path] = []

    def endless() -> Iterator[Path]:
        while True:
            taken.append(red_photo)
            yield red_photo

    answers = Batch(tiny_bundle, None, workers=workers).answers(endless())
    for _ in range(1000):
        answer = next(answers)
        assert answer.path == red_photo
        assert answer.verdict.status is Status.SURE
    assert len(taken) <= 1000 + 500
    answers.close()
    threads = [thread for thread in threading.enumerate() if thread.name in ("crew", "finder")]
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)


def test_a_bad_file_is_an_answer_too(tiny_bundle: Bundle, red_photo: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    answers = list(Batch(tiny_bundle, None).answers([gone, red_photo, gone]))
    assert [one.verdict.status for one in answers] == [Status.UNREADABLE, Status.SURE, Status.UNREADABLE]
    assert answers[0].verdict.reason


def test_a_network_that_cannot_be_used_is_said(tiny_bundle: Bundle, tiny_folder: Path, red_photo: Path) -> None:
    bundle = Bundle(tiny_bundle.info, tiny_folder, tiny_bundle.kernel, tiny_bundle.bias)
    bundle.network_path(bundle.info.backbones[0]).write_bytes(b"TFL3" * 100)
    with pytest.raises(BundleError):
        list(Batch(bundle, None).answers([red_photo]))


def test_the_second_time_no_network_is_asked_and_the_answers_are_the_same(
    tiny_bundle: Bundle, library: Database, photos: list[Path], asked: list[Photo]
) -> None:
    first = list(Batch(tiny_bundle, library).answers(photos))
    assert len(asked) == 12 and not any(one.is_known for one in first)
    again = list(Batch(tiny_bundle, library).answers(photos))
    assert len(asked) == 12 and all(one.is_known for one in again)
    assert [one.verdict for one in again] == [one.verdict for one in first]
    assert [one.photograph for one in again] == [one.photograph for one in first]


def test_known_by_content_under_another_name(
    tiny_bundle: Bundle, library: Database, photos: list[Path], asked: list[Photo], tmp_path: Path
) -> None:
    first = list(Batch(tiny_bundle, library).answers(photos))
    moved = [Path(shutil.copy(path, tmp_path / f"moved {path.name}")) for path in photos]
    again = list(Batch(tiny_bundle, library).answers(moved))
    assert len(asked) == 12
    assert [(one.verdict, one.photograph) for one in again] == [(one.verdict, one.photograph) for one in first]


def test_a_changed_file_is_read_again(
    tiny_bundle: Bundle, library: Database, photos: list[Path], asked: list[Photo]
) -> None:
    before = list(Batch(tiny_bundle, library).answers(photos[:1]))
    Image.new("RGB", (50, 50), (0, 255, 0)).save(photos[0])
    after = list(Batch(tiny_bundle, library).answers(photos[:1]))
    assert len(asked) == 2
    assert before[0].verdict.candidates[0].label == 0
    assert after[0].verdict.candidates[0].label == 1


def test_what_is_known_can_be_asked_anew(
    tiny_bundle: Bundle, library: Database, photos: list[Path], asked: list[Photo]
) -> None:
    first = list(Batch(tiny_bundle, library).answers(photos))
    again = list(Batch(tiny_bundle, library, fresh=True).answers(photos))
    assert len(asked) == 24
    assert [one.verdict for one in again] == [one.verdict for one in first]


def test_with_and_without_a_library_the_answers_are_the_same(
    tiny_bundle: Bundle, library: Database, photos: list[Path]
) -> None:
    with_it, without = (list(Batch(tiny_bundle, one).answers(photos)) for one in (library, None))
    assert [one.verdict for one in with_it] == [one.verdict for one in without]


class Stalling:
    """A drive that does not give the files called so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
        self.names, self.answers, self.asked = names, threading.Event(), threading.Semaphore(0)
        monkeypatch.setattr(core.looks, "read_file", self._read)

    def _read(self, path: Path, progressed: Callable[[], None]) -> PhotoFile:
        if path.name in self.names:
            self.asked.release()
            self.answers.wait(60)
        return read_file(path, progressed)


def test_a_stalled_file_becomes_a_row_and_the_others_go_on(
    tiny_bundle: Bundle, library: Database, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.crew, "PATIENCE_S", 0.4)
    monkeypatch.setattr(core.crew, "TOLD_AFTER_S", 0.1)
    drive = Stalling(monkeypatch, photos[3].name)
    answers: dict[Path, Answered] = {}
    waited_for = set()
    for step in Batch(tiny_bundle, library, workers=1).steps((path, "") for path in photos):
        answers.update((one.path, one) for one in step.answers)
        waited_for.add(step.waiting_for)
    drive.answers.set()
    assert waited_for == {"", str(photos[3])}
    assert len(answers) == 12
    assert [path for path, one in answers.items() if one.verdict.status is Status.UNREADABLE] == [photos[3]]
    assert "does not answer" in answers[photos[3]].verdict.reason


def test_a_drive_that_is_gone_ends_it(tiny_bundle: Bundle, photos: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.crew, "PATIENCE_S", 0.05)
    monkeypatch.setattr(core.crew, "TOLD_AFTER_S", 0.01)
    drive = Stalling(monkeypatch, *(path.name for path in photos))
    with pytest.raises(UserError, match="does not answer"):
        list(Batch(tiny_bundle, None, workers=2).answers(photos))
    drive.answers.set()


def test_it_stops_at_once_while_a_drive_stalls(
    tiny_bundle: Bundle, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = Stalling(monkeypatch, *(path.name for path in photos))
    stop = threading.Event()
    ended: list[float] = []

    def work() -> None:
        list(Batch(tiny_bundle, None, workers=2).answers(photos, stop.is_set))
        ended.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    drive.asked.acquire()
    asked = time.monotonic()
    stop.set()
    thread.join(30)
    drive.answers.set()
    assert ended and ended[0] - asked < 1.0


def test_a_search_that_fails_loses_nothing_that_it_found(
    tiny_bundle: Bundle, library: Database, photos: list[Path]
) -> None:
    def found() -> Iterator[Path]:
        yield from photos
        raise UserError("the drive fell off")

    for _ in range(2):  # the second time all are known at once
        answered: list[Path] = []
        with pytest.raises(UserError, match="fell off"):
            answered += (one.path for one in Batch(tiny_bundle, library).answers(found()))
        with library.reading() as connection:
            assert connection.execute("SELECT count(*) FROM files").fetchone()[0] == len(photos)


def test_files_too_large_to_be_held_get_the_same_answers(
    tiny_bundle: Bundle, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = list(Batch(tiny_bundle, None).answers(photos))
    monkeypatch.setattr(core.photos, "_MOST_HELD_BYTES", 10)
    assert read_file(photos[0]).data is None
    assert list(Batch(tiny_bundle, None).answers(photos)) == held


def test_reading_once_gives_what_opening_gives(photos: list[Path]) -> None:
    read = read_file(photos[0])
    opened, again = open_photo(photos[0]), photo_from_file(read)
    assert (opened.pixels == again.pixels).all() and opened.path == again.path
    assert read.content == content_of_file(photos[0])
    assert (read.size, read.modified_ns) == (photos[0].stat().st_size, photos[0].stat().st_mtime_ns)
