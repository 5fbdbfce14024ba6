"""The window stays alive: nothing heavy in the main thread, nothing heavy before it is drawn, no long callbacks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import tkinter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gui.engine import Engine
from tests.window_driver import *  # noqa: F403
from tests.window_driver import BLUE, GREEN, RED, Driver, Window, colour_photo, need_display

HEAVY = (
    *("core.photos.open_photo", "core.photos.photo_from_image", "core.library.content_of_file"),
    *("core.heatmaps.overlay", "core.heatmaps.class_evidence", "core.heatmaps.contrast_evidence"),
    *("core.heatmaps.colour_bar", "core.pictures.save_picture", "core.photo_search.find_photos"),
    *("core.models.list_models", "core.processes.Elsewhere.call", "core.library.Library.correct"),
    *("core.library.Library.correction", "gui.preferences.about_text", "PIL.Image.Image.resize"),
)
# The aim is 50 ms. This much of the main thread's own processor time, which no other program can take away, is a fault.
MOST_CPU_S = 0.1
BEFORE_DRAWING = """
import sys
from core.settings import Settings
from gui.app import open_window
from gui.engine import Engine
shell = open_window(Settings(), Engine())
shell.root.update()
heavy = ("numpy", "PIL", "cv2", "ai_edge_litert", "sqlite3", "tkinterdnd2", "matplotlib", "sklearn", "tensorflow")
print([name for name in heavy if name in sys.modules])
shell.start([])
while shell.background.busy:
    shell.root.update()
print([name for name in ("cv2_never", "ai_edge_litert", "matplotlib", "sklearn", "tensorflow") if name in sys.modules])
shell.close()
"""


def test_nothing_heavy_runs_in_the_main_thread(
    driver: Driver, photos: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver(engine=Engine())
    called: set[str] = set()
    in_main_thread: list[str] = []

    def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            called.add(name)
            if threading.current_thread() is threading.main_thread():
                in_main_thread.append(name)
            return real(*args, **options)

        return call

    for name in HEAVY:
        target, _, attribute = name.rpartition(".")
        owner = _resolved(target)
        real = getattr(owner, attribute)
        monkeypatch.setattr(owner, attribute, watched(name, real))
    _use_everything(window, photos, tmp_path)
    assert in_main_thread == []
    assert called >= set(HEAVY) - {"core.photos.photo_from_image"}, "the test must have seen all of them at work"


def test_no_callback_keeps_the_window_waiting(driver: Driver, tmp_path: Path) -> None:
    paths = [
        colour_photo(tmp_path / f"{number}.jpg", colour, (3000, 2000))
        for number, colour in enumerate((RED, GREEN, BLUE, RED, GREEN, BLUE))
    ]
    window = driver(engine=Engine())
    window.open(paths[0])
    took: list[tuple[float, str]] = []
    real = tkinter.CallWrapper.__call__

    def timed(wrapper: Any, *args: Any) -> Any:
        began = time.thread_time()
        try:
            return real(wrapper, *args)
        finally:
            took.append((time.thread_time() - began, getattr(wrapper.func, "__qualname__", str(wrapper.func))))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tkinter.CallWrapper, "__call__", timed)
        for path in paths[1:]:
            window.open(path)
            window.click_bar(1)
            window.press("<plus>", window.tab.canvas)
        window.shell.preferences.toggle_language()
        window.settle()
        window.shell.preferences.toggle_theme()
        window.settle()
    assert len(took) > 30
    assert max(took)[0] < MOST_CPU_S, max(took)


def test_the_loop_turns_while_photographs_are_opened(driver: Driver, tmp_path: Path) -> None:
    """A heartbeat: while ten photographs are opened and answered, the loop must turn many times, not once for each."""
    paths = [colour_photo(tmp_path / f"{number}.jpg", BLUE, (3000, 2000)) for number in range(10)]
    window = driver(engine=Engine())
    beats: list[float] = []

    def beat() -> None:
        beats.append(time.thread_time())
        window.root.after(5, beat)

    beat()
    for path in paths:
        window.open(path)
    gaps = [later - sooner for sooner, later in pairwise(beats)]
    assert len(beats) > 2 * len(paths)
    assert max(gaps) < MOST_CPU_S, "between two beats the main thread itself worked too long"


def test_the_window_is_drawn_before_anything_heavy_is_imported(isolated_home: Path) -> None:
    need_display()
    environment = {**os.environ, "SHELTERLENS_HOME": str(isolated_home), "LANGUAGE": "en"}
    done = subprocess.run(
        [sys.executable, "-c", BEFORE_DRAWING],
        cwd=Path(__file__).resolve().parent.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.splitlines()
    assert before == "[]", "imported before the window was drawn"
    assert after == "[]", "not for the window's process at all"


def test_an_idle_window_does_not_wake_up(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    time.sleep(0.7)  # tooltips and notes have their time
    window.settle()
    waiting = window.root.tk.splitlist(window.root.tk.call("after", "info"))
    ours = [window.root.tk.call("after", "info", one) for one in waiting]
    assert not any("_fetch" in str(one) for one in ours), "nothing is fetched when nothing runs"


def _resolved(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(_resolved(module), attribute)


def _use_everything(window: Window, photos: dict[str, Path], tmp_path: Path) -> None:
    for name in ("red", "damaged", "green"):
        window.open(photos[name])
    window.click_bar(1)
    window.click_bar(0, 0x1)
    window.press("<plus>", window.tab.canvas)
    window.settle()
    window.type("red", window.tab.correction.entry)
    window.press("<Return>")
    window.settle()
    window.shell.photo_actions.save(tmp_path / "saved.png")
    window.shell.preferences.show_dialog()
    window.settle()
    window.shell.preferences.show_about()
    window.settle()
    window.press("<Right>", window.tab.canvas)
    window.settle()
