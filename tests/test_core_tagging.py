"""Whole folders: gone on with after any end, no row lost or double, and a plain sentence when something gives way."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import core.crew
import core.looks
import core.runs
from core.bundles import Bundle, load_bundle, write_bundle
from core.database import Database, bytes_path
from core.errors import PhotoError
from core.inference import Classifier
from core.library import Library, content_of_file
from core.photos import PhotoFile, read_file
from core.records import Correction, Features, Kind, Photo, Status
from core.runs import Run, State, begin_run, latest_run, plain_roots, runs
from core.served import ServedModel
from core.tagging import TagProgress, tag
from tests.bundle_factory import CARD, tiny_head

ROOT = Path(__file__).resolve().parent.parent


def colour_photo(path: Path, seed: int) -> Path:
    """A photograph of one colour or none, unlike every other."""
    noise = np.random.default_rng(seed).integers(0, 50, (24, 24, 3))
    colour = ((180, 20, 20), (20, 180, 20), (20, 30, 180), (90, 90, 90))[seed % 4]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((np.array(colour) + noise).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve photographs of two animals and of nobody, and one that is none."""
    root = tmp_path / "Élodie's"
    for number in range(4):
        colour_photo(root / f"rex_{number}.png", number)
        colour_photo(root / f"IMG_{number:04}.png", 10 + number)
        colour_photo(root / "Bella" / f"{number}.png", 20 + number)
    (root / "broken.jpg").write_bytes(b"no photograph")
    return root


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


class Told:
    """Who listens to the progress, and may stop it after so many photographs."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.all: list[TagProgress] = []
        self._stop_after = stop_after

    def __call__(self, progress: TagProgress) -> None:
        self.all.append(progress)

    def should_stop(self) -> bool:
        return self._stop_after is not None and bool(self.all) and self.all[-1].done >= self._stop_after

    @property
    def last(self) -> TagProgress:
        return self.all[-1]


def tagged(database: Database, bundle: Bundle, *roots: Path, stop_after: int | None = None) -> TagProgress:
    told = Told(stop_after)
    run = tag(database, bundle, roots, told, told.should_stop)
    assert told.last.run == run
    return told.last


def rows(database: Database, run: Run) -> list[tuple[str, str | None, str, str]]:
    """Name, verdict, animal and whether there is a reason, of each row of a run in its order."""
    query = (
        "SELECT path, answers.status, animal, reason FROM run_files LEFT JOIN answers ON answers.photograph = "
        "run_files.photograph AND model = (SELECT model FROM runs WHERE id = run) WHERE run = ? ORDER BY place"
    )
    with database.reading() as connection:
        found = connection.execute(query, (run.id,)).fetchall()
    return [(bytes_path(path).name, status, animal, reason) for path, status, animal, reason in found]


def counted(database: Database, table: str) -> int:
    with database.reading() as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_every_file_gets_its_row(library: Database, tiny_bundle: Bundle, folder: Path) -> None:
    last = tagged(library, tiny_bundle, folder)
    assert (last.state, last.done, last.total, last.unreadable, last.known, last.problem) == (
        *(State.DONE, 13, 13, 1, 0, ""),
    )
    found = rows(library, last.run)
    assert [(name, animal) for name, _, animal, _ in found] == [
        *(("broken.jpg", "broken"), *((f"IMG_{n:04}.png", "") for n in range(4))),
        *((f"rex_{n}.png", "rex") for n in range(4)),
        *((f"{n}.png", "Bella") for n in range(4)),
    ]
    assert found[0][1] is None and found[0][3].startswith("This is not a picture")
    assert [status for _, status, _, _ in found[5:9]] == ["sure", "sure", "sure", "not_a_dog"]
    assert (counted(library, "vectors"), counted(library, "answers"), counted(library, "thumbnails")) == (12, 12, 12)
    with library.reading() as connection:
        doubts = connection.execute("SELECT status, doubt, confidence FROM answers").fetchall()
        thumbnail = connection.execute("SELECT jpeg FROM thumbnails").fetchone()[0]
    assert all(0 <= doubt <= 0.5 if status == "not_a_dog" else doubt == 1 - sure for status, doubt, sure in doubts)
    assert thumbnail.startswith(b"\xff\xd8\xff")


def test_a_stopped_run_goes_on_and_asks_for_nothing_twice(
    library: Database, tiny_bundle: Bundle, folder: Path, asked: list[Photo], tmp_path: Path
) -> None:
    stopped = tagged(library, tiny_bundle, folder, stop_after=1)
    assert stopped.state is State.STOPPED and latest_run(library) == stopped.run
    ended = tagged(library, tiny_bundle, folder)
    assert ended.state is State.DONE and ended.run.id == stopped.run.id
    assert len(asked) == 12
    whole = Database(tmp_path / "whole.sqlite")
    assert rows(whole, tagged(whole, tiny_bundle, folder).run) == rows(library, ended.run)
    whole.close()


def test_the_second_run_needs_no_network_also_with_a_new_head(
    library: Database, tiny_bundle: Bundle, folder: Path, asked: list[Photo], tmp_path: Path
) -> None:
    first = tagged(library, tiny_bundle, folder)
    again = tagged(library, tiny_bundle, folder)
    assert again.run.id == first.run.id and again.known == 12 and len(asked) == 12
    head = tiny_head()
    head["kernel"] = head["kernel"][:, [1, 0, 2]]  # red is called green, and green red
    info = tiny_bundle.info.model_copy(update={"version": "2.0.0"})
    networks = {one.name: tiny_bundle.network_path(one) for one in info.backbones}
    retrained = write_bundle(tmp_path / "new" / "colours", info, head, networks, CARD)
    other = tagged(library, retrained, folder)
    assert other.run.id != first.run.id and other.known == 12 and len(asked) == 12
    with library.reading() as connection:
        labels = connection.execute("SELECT model, label FROM answers ORDER BY model, photograph").fetchall()
    before, after = ([label for model, label in labels if model == number] for number in sorted(dict(labels)))
    assert len(before) == 12
    sure = [(old, new) for old, new in zip(before, after, strict=True) if old != 2]
    assert {(0, 1), (1, 0)} <= set(sure)
    assert runs(library)[0].id == other.run.id


def test_the_total_comes_from_counting_and_the_end_from_what_was_found(
    library: Database, tiny_bundle: Bundle, folder: Path
) -> None:
    told = Told()
    tag(library, tiny_bundle, [folder], told, told.should_stop)
    assert all(one.done <= (one.total or 13) for one in told.all)
    assert [one.done for one in told.all] == sorted(one.done for one in told.all)


def test_gone_files_go_and_a_volunteers_word_keeps_its_row(
    library: Database, tiny_bundle: Bundle, folder: Path
) -> None:
    tagged(library, tiny_bundle, folder)
    words = Library(library.path)
    words.correct(content_of_file(folder / "rex_1.png"), folder / "rex_1.png", Correction(Kind.MIXED))
    words.close()
    for name in ("rex_1.png", "rex_2.png", "IMG_0000.png"):
        (folder / name).unlink()
    colour_photo(folder / "IMG_0001b.png", 77)
    again = tagged(library, tiny_bundle, folder)
    names = [name for name, *_ in rows(library, again.run)]
    assert "rex_1.png" in names and "IMG_0001b.png" in names
    assert not {"rex_2.png", "IMG_0000.png"} & set(names)
    assert names.index("IMG_0001b.png") == names.index("IMG_0001.png") + 1
    assert len(names) == 12


def test_unreadable_files_are_tried_again(library: Database, tiny_bundle: Bundle, folder: Path) -> None:
    tagged(library, tiny_bundle, folder)
    shutil.copy(folder / "rex_0.png", folder / "broken.jpg")
    last = tagged(library, tiny_bundle, folder)
    assert last.unreadable == 0
    assert rows(library, last.run)[0][1:] == ("sure", "broken", "")


def test_a_folder_that_vanishes_stops_the_run_and_nothing_is_lost(
    library: Database, tiny_bundle: Bundle, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, gone = tmp_path / "taken off", threading.Event()

    def read(path: Path, progressed: Callable[[], None]) -> PhotoFile:
        if path.name == "rex_0.png" and not gone.is_set():
            gone.set()
            folder.rename(away)
        return read_file(path, progressed)

    monkeypatch.setattr(core.looks, "read_file", read)
    last = tagged(library, tiny_bundle, folder)
    assert last.state is State.STOPPED and "is gone or empty" in last.problem
    assert all(reason == "" or name == "broken.jpg" for name, _, _, reason in rows(library, last.run))
    before = counted(library, "run_files")
    assert tagged(library, tiny_bundle, folder).state is State.STOPPED
    folder.mkdir()  # where a drive was, its empty place is left
    assert tagged(library, tiny_bundle, folder).state is State.STOPPED
    assert counted(library, "run_files") == before
    folder.rmdir()
    away.rename(folder)
    ended = tagged(library, tiny_bundle, folder)
    assert ended.state is State.DONE and ended.run.id == last.run.id and len(rows(library, ended.run)) == 13


def test_files_that_vanish_are_rows(library: Database, tiny_bundle: Bundle, folder: Path) -> None:
    colour_photo(folder.parent / "other" / "here.png", 1)
    last = tagged(library, tiny_bundle, folder, folder.parent / "other" / "gone.png")
    assert last.state is State.DONE and last.unreadable == 2
    reasons = {name: reason for name, _, _, reason in rows(library, last.run)}
    assert "no longer there" in reasons["gone.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are letters")
def test_names_that_are_no_unicode_get_their_rows(library: Database, tiny_bundle: Bundle, folder: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(folder) + b"/M\xe9dor"))
    folder.rename(folder.parent / "away")
    colour_photo(root / "in.png", 1)
    colour_photo(Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9_1.png")), 2)
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9_2.png")).write_bytes(b"no photograph")
    last = tagged(library, tiny_bundle, folder)
    assert (last.state, last.done, last.unreadable) == (State.DONE, 3, 1)
    assert {animal for _, _, animal, _ in rows(library, last.run)} == {"M\\udce9dor"}
    last = tagged(library, tiny_bundle, root)
    assert (last.state, last.done, last.known) == (State.DONE, 3, 2)
    assert {animal for _, _, animal, _ in rows(library, last.run)} == {"", "caf\\udce9"}
    last = tagged(library, tiny_bundle, *root.iterdir())
    assert (last.state, last.done, last.run.roots) == (State.DONE, 3, tuple(sorted(root.iterdir())))


def test_a_reason_that_is_no_unicode_is_kept(
    library: Database, tiny_bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path, progressed: Callable[[], None]) -> PhotoFile:
        raise PhotoError("the drive \udce9 says so")

    monkeypatch.setattr(core.looks, "read_file", read)
    last = tagged(library, tiny_bundle, folder)
    assert last.state is State.DONE and {reason for *_, reason in rows(library, last.run)} == {
        "the drive \\udce9 says so"
    }


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_nobody_expected_stops_the_run(
    library: Database, tiny_bundle: Bundle, folder: Path, error: type[BaseException]
) -> None:
    def progress(progress: TagProgress) -> None:
        raise error("nobody expected this")

    with pytest.raises(error, match="nobody expected"):
        tag(library, tiny_bundle, [folder], progress, lambda: False)
    run = latest_run(library)
    assert run is not None and run.state is State.STOPPED
    assert tagged(library, tiny_bundle, folder).state is State.DONE


def close(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """As without rights to a folder; the administrator has them all."""
    scandir = os.scandir

    def refusing(where: Path) -> object:
        if Path(where) == folder:
            raise PermissionError(13, "Permission denied")
        return scandir(where)

    monkeypatch.setattr(os, "scandir", refusing)


def test_a_closed_folder_is_said_to_be_closed(
    library: Database, tiny_bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(monkeypatch, folder)
    last = tagged(library, tiny_bundle, folder)
    assert last.state is State.STOPPED and last.problem.startswith("You may not look into this folder")
    monkeypatch.undo()
    assert tagged(library, tiny_bundle, folder).done == 13
    names = {name for name, *_ in rows(library, last.run)}
    assert folder.name not in names and len(names) == 13


def test_a_closed_subfolder_is_a_row_with_its_reason(
    library: Database, tiny_bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(monkeypatch, folder / "Bella")
    last = tagged(library, tiny_bundle, folder)
    assert (last.state, last.done, last.unreadable, last.total) == (State.DONE, 10, 2, 10)
    reasons = {name: reason for name, _, _, reason in rows(library, last.run)}
    assert reasons["Bella"].startswith("You may not look into this folder")


def test_the_latest_run_is_that_whatever_the_clock_says(
    library: Database, tiny_bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tiny_bundle.info
    times = ["2026-11-21T10:00:00+00:00", "2026-11-21T10:00:00+00:00", "2019-01-01T00:00:00+00:00"]
    for time_said, root in zip([*times, times[2], times[0]], ["a", "b", "a", "b", "a"], strict=True):
        monkeypatch.setattr(core.runs, "now_text", lambda said=time_said: said)
        assert latest_run(library) != (begun := begin_run(library, [folder / root], info))
        assert latest_run(library) == begun == runs(library)[0]
    assert len(runs(library)) == 2
    monkeypatch.setattr(core.runs, "now_text", lambda: "2026-11-22T10:00:00+00:00")
    assert begin_run(library, [folder], info).begun.isoformat() == "2026-11-22T10:00:00+00:00"


def test_an_empty_folder_is_done(library: Database, tiny_bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    last = tagged(library, tiny_bundle, tmp_path / "empty")
    assert (last.state, last.done, last.total) == (State.DONE, 0, 0)


def test_an_empty_folder_beside_a_full_one_is_none_that_is_gone(
    library: Database, tiny_bundle: Bundle, folder: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "Élodie's zoo"
    empty.mkdir()
    for _ in range(2):
        last = tagged(library, tiny_bundle, folder, empty)
        assert (last.state, last.problem, last.done) == (State.DONE, "", 13)
    colour_photo(empty / "rex.png", 1)
    assert tagged(library, tiny_bundle, folder, empty).done == 14
    (empty / "rex.png").unlink()
    assert "zoo is gone or empty" in tagged(library, tiny_bundle, folder, empty).problem


def test_a_full_disk_stops_the_run_and_what_was_kept_stays(
    library: Database, tiny_bundle: Bundle, tmp_path: Path
) -> None:
    root = tmp_path / "many"
    for number in range(150):
        colour_photo(root / f"{number}.png", number)
    with library.writing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 40}")
    last = tagged(library, tiny_bundle, root)
    assert last.state is State.STOPPED and "is full" in last.problem
    assert 0 < last.done < 150 and counted(library, "run_files") >= last.done
    with library.writing() as connection:
        assert connection.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        connection.execute("PRAGMA max_page_count = 100000")
    again = tagged(library, tiny_bundle, root)
    assert again.state is State.DONE and again.known >= last.done and len(rows(library, again.run)) == 150


def test_cancel_answers_at_once_whatever_the_drive_does(
    library: Database, tiny_bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, answers, stop = threading.Event(), threading.Event(), threading.Event()

    def read(path: Path, progressed: Callable[[], None]) -> PhotoFile:
        hangs.set()
        answers.wait(60)
        return read_file(path, progressed)

    monkeypatch.setattr(core.looks, "read_file", read)
    monkeypatch.setattr(core.crew, "TOLD_AFTER_S", 0.05)
    told = Told()
    thread = threading.Thread(target=lambda: tag(library, tiny_bundle, [folder], told, stop.is_set))
    thread.start()
    assert hangs.wait(60)
    until = time.monotonic() + 60
    while not (told.all and told.last.waiting_for):
        assert time.monotonic() < until, "nobody said what it waits for"
        time.sleep(0.01)
    asked = time.monotonic()
    stop.set()
    thread.join(60)
    took = time.monotonic() - asked
    answers.set()
    assert took < 1.0  # a quarter of a second where the machine has nothing else to do
    assert told.last.state is State.STOPPED and told.last.problem == ""


def test_roots_within_roots_count_once(library: Database, tiny_bundle: Bundle, folder: Path) -> None:
    last = tagged(library, tiny_bundle, folder / "Bella", folder, folder)
    assert (last.done, last.total) == (13, 13)
    assert begin_run(library, [folder], tiny_bundle.info).id == last.run.id
    assert plain_roots([folder / "Bella", folder]) == (folder,)


def test_the_served_model_tags_and_answers_meanwhile(
    tiny_bundle: Bundle, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = threading.Event()

    def read(path: Path, progressed: Callable[[], None]) -> PhotoFile:
        waits.wait(60)
        return read_file(path, progressed)

    monkeypatch.setattr(core.looks, "read_file", read)
    served = ServedModel(Classifier(tiny_bundle, threads=1))
    assert served.tag_progress() is None
    thread = threading.Thread(target=served.tag, args=(tmp_path / "library.sqlite", [folder]))
    thread.start()
    red = Photo(np.full((40, 40, 3), (200, 10, 10), np.uint8), 40, 40)
    assert served.predict(red).probabilities.argmax() == 0
    waits.set()
    thread.join(60)
    progress = served.tag_progress()
    assert progress is not None and progress.state is State.DONE and progress.done == 13
    served.stop_tagging()  # nothing to stop, and nothing kept for later
    served.tag(tmp_path / "library.sqlite", [folder])
    progress = served.tag_progress()
    assert progress is not None and progress.state is State.DONE and progress.known == 12


CHILD = """
import sys, time
from pathlib import Path
import core.tagging
from core.bundles import load_bundle
from core.database import Database
from core.inference import Classifier
quick = Classifier.features
def slow(self, photo):
    time.sleep(0.08)
    return quick(self, photo)
Classifier.features = slow
class Loud(core.tagging._Tally):
    def add(self, answers):
        super().add(answers)
        for one in answers:
            print(one.path.name)
        sys.stdout.flush()
core.tagging._Tally = Loud
bundle, library, root = map(Path, sys.argv[1:])
core.tagging.tag(Database(library), load_bundle(bundle), [root], lambda progress: None, lambda: False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_killed_twenty_times_nothing_shown_is_lost(tiny_bundle: Bundle, tmp_path: Path) -> None:
    root, path = tmp_path / "photos", tmp_path / "killed.sqlite"
    for number in range(250):
        colour_photo(root / f"{number:03}.png", number)
    moments = random.Random(3)
    shown: set[str] = set()
    kills = 0
    for _ in range(20):
        command = [sys.executable, "-c", CHILD, str(tiny_bundle.folder), str(path), str(root)]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        time.sleep(moments.uniform(0.1, 0.9))
        child.send_signal(signal.SIGKILL)
        told, _ = child.communicate()
        kills += child.returncode == -signal.SIGKILL
        shown |= set(told.rpartition("\n")[0].split())
        library = sqlite3.connect(path)
        assert library.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        names = (
            [bytes_path(row).name for (row,) in library.execute("SELECT path FROM run_files").fetchall()]
            if (library.execute("PRAGMA user_version").fetchone()[0])
            else []
        )
        library.close()
        assert len(names) == len(set(names)) and shown <= set(names)
    assert kills == 20 and len(shown) > 0
    killed, whole = Database(path), Database(tmp_path / "whole.sqlite")
    ended, at_once = tagged(killed, load_bundle(tiny_bundle.folder), root), tagged(whole, tiny_bundle, root)
    assert ended.state is State.DONE and ended.done == 250 and len(runs(killed)) == 1
    assert ended.known >= len(shown)
    assert rows(killed, ended.run) == rows(whole, at_once.run)
    assert all(answers(killed)[name] == answer for name, answer in answers(whole).items())
    killed.close()
    whole.close()


def answers(database: Database) -> dict[str, tuple[object, ...]]:
    """Everything that was answered for each photograph, by its content."""
    query = (
        "SELECT content, status, label, confidence, doubt, subject, probabilities, vector FROM answers "
        "JOIN photographs ON photographs.id = answers.photograph JOIN vectors ON vectors.photograph = photographs.id"
    )
    with database.reading() as connection:
        return {content: tuple(answer) for content, *answer in connection.execute(query)}


def test_statuses_are_those_of_the_records() -> None:
    assert {state.value for state in State} == {"running", "stopped", "done"}
    assert Status.SURE.value == "sure"
