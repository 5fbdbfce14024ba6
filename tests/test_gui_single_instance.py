"""A program that is started once more: the window that is open shows what was asked for there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import gui.no_answer
import main as program
from core.logs import log_files
from core.single_instance import Door, NoAnswer, enter
from gui.later_starts import _poll, answer_later_starts, come_to_front, take_calls
from gui.no_answer import Choice, NoAnswerWindow
from tests.bundle_factory import make_bundle
from tests.window_driver import *  # noqa: F403
from tests.window_driver import LONGEST_S, Window, need_display

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No window of the person who runs the tests is found."""
    with tempfile.TemporaryDirectory(prefix="one-", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
        yield


@pytest.fixture
def door(window: Window) -> Iterator[Door]:
    made = enter([])
    assert made is not None and made.is_held
    yield made
    made.close()


def later_start(window: Window, *paths: Path) -> object:
    """What `enter` gives to another start, while this window lives."""
    found: list[object] = []
    caller = threading.Thread(target=lambda: found.append(enter(paths)))
    caller.start()
    window.wait(lambda: found, "the other start to end")
    caller.join()
    return found[0]


def test_a_later_start_opens_its_photograph_here(window: Window, door: Door, photos: dict[str, Path]) -> None:
    answer_later_starts(window.shell, door)
    window.open(photos["red"])
    window.shell.select(1)
    assert later_start(window, photos["green"]) is None
    window.wait(lambda: window.now.path == photos["green"] and window.now.seen, "the photograph of the other start")
    assert window.shell.shown() == 0
    assert later_start(window) is None, "a start without a photograph only shows the window"
    window.settle()
    assert window.now.path == photos["green"]


def test_a_later_start_has_its_folder_tagged_here(window: Window, door: Door, photos: dict[str, Path]) -> None:
    answer_later_starts(window.shell, door)
    assert later_start(window, photos["red"].parent) is None
    window.wait(lambda: window.folder_desk.rows.numbers and not window.folder_desk.run.is_running, "the rows")
    assert window.shell.shown() == 1


def test_where_tk_cannot_wait_it_looks_now_and_then(window: Window, door: Door, photos: dict[str, Path]) -> None:
    door.listen(lambda: None)
    _poll(window.shell, door)
    assert later_start(window, photos["blue"]) is None
    window.wait(lambda: window.now.path == photos["blue"] and window.now.seen, "the photograph of the other start")


def test_starts_that_come_together_are_opened_together(window: Window, door: Door, photos: dict[str, Path]) -> None:
    door.listen(lambda: None)
    callers = [threading.Thread(target=enter, args=([photos[name]],)) for name in ("red", "green", "blue")]
    for caller in callers:
        caller.start()
    window.wait(lambda: door._calls.qsize() == 3, "the three starts")
    take_calls(window.shell, door)
    window.wait(lambda: len(window.folder_desk.rows.numbers) == 3, "three rows")
    for caller in callers:
        caller.join()


def test_a_window_that_comes_to_the_front_does_not_stay_above_all_others(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(window.root, "attributes", lambda *told_now: told.append(told_now))
    come_to_front(window.root)
    assert told == [("-topmost", True)]
    window.wait(lambda: len(told) == 2, "the window to be one of many again")
    assert told[1] == ("-topmost", False)


def test_two_programs_one_window(isolated_home: Path, photos: dict[str, Path]) -> None:
    need_display()
    make_bundle(isolated_home / "models" / "colours")

    def start(*arguments: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "main.py", *arguments], cwd=ROOT)

    first = start(photos["red"])
    try:
        _wait_for_log("the first answer is shown")
        assert start(photos["green"]).wait(LONGEST_S) == 0
        assert start().wait(LONGEST_S) == 0
        _wait_for_log("1 more starts hand over 1 paths")
        _wait_for_log("1 more starts hand over 0 paths")
        assert first.poll() is None
    finally:
        first.kill()
        first.wait()


def _wait_for_log(text: str) -> None:
    until = time.monotonic() + LONGEST_S
    while not any(text in path.read_text(encoding="utf-8", errors="replace") for path in log_files()):
        assert time.monotonic() < until, f"waited in vain: {text}"
        time.sleep(0.05)


def test_commands_are_not_handed_over(isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_bundle(isolated_home / "models" / "colours")
    monkeypatch.setattr("core.single_instance.enter", lambda _paths: pytest.fail("a command looked for a window"))
    assert program.main(["models", "list"]) == 0


@pytest.mark.parametrize("choice", list(Choice))
def test_what_can_be_done_about_a_window_that_does_not_answer(choice: Choice) -> None:
    need_display()
    window = NoAnswerWindow()
    window.root.after(1, window.buttons[choice].invoke)
    assert window.ask() is choice


def test_closing_the_question_starts_nothing() -> None:
    need_display()
    window = NoAnswerWindow()
    window.root.after(1, lambda: window.root.event_generate("<Escape>"))
    assert window.ask() is Choice.LEAVE


def test_the_answers_are_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Path] = []
    answers = [Choice.AGAIN, Choice.AGAIN, Choice.START, Choice.LEAVE]

    def busy(paths: list[Path]) -> Door:
        asked.extend(paths)
        raise NoAnswer

    class Question:
        def ask(self) -> Choice:
            return answers.pop(0)

    monkeypatch.setattr("core.single_instance.enter", busy)
    monkeypatch.setattr(gui.no_answer, "NoAnswerWindow", Question)
    alone = program._door([tmp_path])
    assert alone is not None and not alone.is_held
    assert asked == [tmp_path] * 3
    assert program.main([os.fspath(tmp_path)]) == 0, "nothing is opened by a start that was given up"
