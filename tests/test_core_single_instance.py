"""A second start finds the first, whatever became of it, and is never kept from starting by mistake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client
from pathlib import Path

import pytest

import core.single_instance as single_instance
from core.single_instance import Door, NoAnswer, enter

ROOT = Path(__file__).resolve().parent.parent
LONGEST_S = 20.0
# A first in a process of its own; it takes nothing that it hears of.
FIRST = """
import sys, time
sys.path.insert(0, sys.argv[1])
from core.single_instance import enter
door = enter([])
if sys.argv[2] == "listens":
    door.listen(lambda: None)
    while not door._place.address.exists():
        time.sleep(0.01)
print("ready", flush=True)
time.sleep(60)
"""

posix = pytest.mark.skipif(os.name != "posix", reason="signals, and folders with rights")


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No window of the person who runs the tests is found; the folders of pytest have names too long for sockets."""
    with tempfile.TemporaryDirectory(prefix="one-", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder) / f"shelterlens-{os.geteuid()}"


def wait(is_so: Callable[[], object], what: str) -> None:
    until = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(0.005)


class First:
    """The first window: takes what comes as soon as it rings."""

    def __init__(self) -> None:
        door = enter([])
        assert door is not None and door.is_held
        self.door, self.heard = door, list[list[Path]]()

    def listen(self) -> First:
        self.door.listen(lambda: self.heard.extend(self.door.take()))
        return self


@pytest.fixture
def first() -> Iterator[First]:
    made = First()
    yield made
    made.door.close()


@pytest.fixture
def elsewhere() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """A first in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(how: str) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", FIRST, ROOT, how], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_start_hands_its_paths_over(first: First, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first.listen()
    monkeypatch.chdir(tmp_path)
    odd = os.fsdecode(b"\xff.jpg") if sys.platform == "linux" else "é.jpg"
    assert enter([Path("Rex 🐶.jpg"), Path(odd)]) is None
    assert enter([]) is None
    assert first.heard == [[tmp_path / "Rex 🐶.jpg", tmp_path / odd], []]


def test_a_first_that_still_starts_is_waited_for(first: First, tmp_path: Path) -> None:
    threading.Timer(0.3, first.listen).start()
    assert enter([tmp_path]) is None
    assert first.heard == [[tmp_path]]


def test_a_first_that_closes_leaves_its_place(first: First, tmp_path: Path) -> None:
    first.listen()
    assert enter([]) is None
    first.door.close()
    second = enter([tmp_path])
    assert second is not None and second.is_held
    second.close()
    assert first.heard == [[]]


@posix
@pytest.mark.parametrize("how", ["listens", "starts"])
def test_a_killed_first_leaves_nothing_behind(
    elsewhere: Callable[[str], subprocess.Popen[str]], how: str, tmp_path: Path
) -> None:
    process = elsewhere(how)
    process.kill()
    process.wait()
    began = time.monotonic()
    door = enter([tmp_path])
    assert door is not None and door.is_held
    assert time.monotonic() - began < 1
    heard: list[list[Path]] = []
    door.listen(lambda: heard.extend(door.take()))
    assert enter([tmp_path]) is None and heard == [[tmp_path]]
    door.close()


@posix
def test_a_first_that_stands_still_does_not_answer(
    elsewhere: Callable[[str], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.kill(elsewhere("listens").pid, signal.SIGSTOP)
    monkeypatch.setattr(single_instance, "_PATIENCE_S", 0.3)
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        enter([])
    assert 0.3 <= time.monotonic() - began < 3


def test_what_a_busy_window_did_not_take_in_time_is_withdrawn(
    first: First, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung = threading.Event()
    first.door.listen(rung.set)
    wait(lambda: first.door._listener, "the door to listen")
    monkeypatch.setattr(single_instance, "_PATIENCE_S", 0.3)
    with pytest.raises(NoAnswer):
        enter([tmp_path])
    assert rung.is_set()
    wait(lambda: "call" not in {thread.name for thread in threading.enumerate()}, "the call to be given up")
    assert first.door.take() == []


@posix
def test_a_first_that_never_listens_does_not_answer(
    elsewhere: Callable[[str], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere("starts")
    monkeypatch.setattr(single_instance, "_STARTING_S", 0.3)
    with pytest.raises(NoAnswer):
        enter([])


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff\xfe",
        b"[1]",
        b"{}",
        json.dumps({"paths": [7], "until": 0}).encode(),
        json.dumps({"paths": ["relative.jpg"], "until": time.time() + 1}).encode(),
        json.dumps({"paths": [], "until": time.time() + 1e9}).encode(),
        json.dumps({"paths": [], "until": time.time() - 1}).encode(),
        None,
    ],
)
def test_what_nobody_understands_opens_nothing(first: First, tmp_path: Path, message: bytes | None) -> None:
    first.listen()
    wait(lambda: first.door._listener, "the door to listen")
    assert first.door._listener is not None
    with Client(first.door._listener.address) as connection:
        if message is not None:
            connection.send_bytes(message)
            with pytest.raises(EOFError):
                connection.recv_bytes()
    assert enter([tmp_path]) is None
    assert first.heard == [[tmp_path]]


def test_other_data_folders_and_screens_have_windows_of_their_own(
    first: First, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first.listen()
    for name, value in (("SHELTERLENS_HOME", str(tmp_path / "other")), ("DISPLAY", ":4242")):
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            other = enter([])
            assert other is not None and other.is_held, name
            other.close()


def test_the_same_folder_and_screen_by_other_names(
    tmp_path: Path, isolated_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    first = First().listen()
    (tmp_path / "link").symlink_to(isolated_home)
    monkeypatch.setenv("SHELTERLENS_HOME", str(tmp_path / "link"))
    monkeypatch.setenv("DISPLAY", ":7.0")
    assert enter([]) is None
    first.door.close()


@posix
def test_a_folder_that_others_may_enter_is_not_used(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_instance, "_LONGEST_SOCKET_BYTES", 60 + len(os.fsencode(place)))
    place.mkdir(mode=0o755)
    assert single_instance._private_dir(5) != place
    place.chmod(0o700)
    assert single_instance._private_dir(5) == place
    place.rmdir()
    (tmp_path / "theirs").mkdir(mode=0o700)
    place.symlink_to(tmp_path / "theirs")
    assert single_instance._private_dir(5) != place


@posix
def test_where_no_lock_can_be_the_window_opens_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_instance, "_LONGEST_SOCKET_BYTES", 1)
    for _ in range(2):
        alone = enter([tmp_path])
        assert alone is not None and not alone.is_held
        alone.listen(lambda: None)
        assert alone.take() == []


def test_a_data_folder_that_cannot_be_made_does_not_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("SHELTERLENS_HOME", str(tmp_path / "file" / "home"))
    alone = enter([])
    assert alone is not None and not alone.is_held


@posix
def test_a_door_that_cannot_listen_lets_others_start(
    first: First, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_instance._Place, "new_address", lambda _place: str(place / ("x" * 200)))
    first.listen()
    wait(lambda: not first.door.is_held, "the lock to be let go")
    second = enter([])
    assert second is not None and second.is_held
    second.close()


@posix
def test_nobody_else_may_knock(first: First, place: Path) -> None:
    first.listen()
    assert enter([]) is None
    assert place.stat().st_mode & 0o777 == 0o700


def test_the_first_loses_no_time(isolated_home: Path) -> None:
    took = []
    for _ in range(7):
        began = time.process_time()
        door = enter([])
        took.append(time.process_time() - began)
        assert isinstance(door, Door) and door.is_held
        door.close()
    assert sorted(took)[3] < 0.01
