"""Everything pressed at once, for some seconds: no error anywhere, and the loop goes on turning.

The long run is `python -m tests.bench.monkey`; what is left out stands in `tests.monkey`.
"""

from __future__ import annotations

import threading
import time
import tkinter
from collections.abc import Iterator
from pathlib import Path
from tkinter import ttk
from typing import Any

import pytest

from core import train_runs
from core.jobs import Jobs
from core.train_records import RunStatus
from gui.breed_choices import breed_choices
from gui.dialog import Dialog
from gui.focus import focused
from gui.garbage import freed_here
from tests.made_up_training import draw_classes
from tests.monkey import Monkey, Things, watched
from tests.window_driver import *  # noqa: F403
from tests.window_driver import BLUE, GREEN, GREY, RED, Driver, Window, colour_photo

_FOR_S = 17.0
_LONGEST_STANDSTILL_S = 10.0


@pytest.fixture
def things(tmp_path: Path) -> Iterator[Things]:
    """Folders with photographs, a damaged one, classes to learn, and a place for what is saved."""
    folders = [tmp_path / "Élodie's dogs", tmp_path / "more"]
    photos: list[Path] = []
    for folder in folders:
        folder.mkdir()
        for number, colour in enumerate((RED, GREEN, BLUE, GREY, (160, 20, 140)) * 3):
            photos.append(colour_photo(folder / f"Rex {number}.jpg", colour))
    (folders[1] / "damaged.jpg").write_bytes(photos[0].read_bytes()[:700])
    out = tmp_path / "out"
    out.mkdir()
    (out / "table.csv").write_text("image,label\nRex 0.jpg,red\n", encoding="utf-8")
    classes = draw_classes(tmp_path / "classes", ["red", "green", "blue"], photographs=6)
    yield Things(photos, folders, classes, out, tables=[out / "table.csv"])
    for run in train_runs.list_runs():
        if run.state.status is RunStatus.RUNNING:
            train_runs.kill(run)


def test_everything_at_once(driver: Driver, things: Things) -> None:
    window = driver(retrain_enabled=True)
    with watched(window.root) as watch:
        monkey = Monkey(window.shell, 20, things, watch)
        until = time.monotonic() + _FOR_S
        with monkey.answering():
            monkey.run(lambda: time.monotonic() > until)
        _end(window)
    told = "\n".join(["", *monkey.acts, *watch.problems, *watch.slow])
    assert watch.problems == [], told
    assert monkey.count > 20, told
    assert watch.longest_gap_s < _LONGEST_STANDSTILL_S, f"{watch.longest_gap_s:.1f} s: {watch.longest_during}{told}"


@pytest.mark.parametrize("where", ["callback", "thread", "Tcl", "log", "standstill"])
def test_nothing_goes_unheard(driver: Driver, things: Things, caplog: pytest.LogCaptureFixture, where: str) -> None:
    window = driver()

    def fail(*_about: object) -> None:
        raise RuntimeError("planted")

    with watched(window.root) as watch:
        monkey = Monkey(window.shell, 1, things, watch)
        if where == "callback":
            window.shell.photo_tab._buttons["open"].configure(command=fail)
            window.shell.photo_tab._buttons["open"].invoke()
        elif where == "thread":
            thread = threading.Thread(target=fail)
            thread.start()
            thread.join()
        elif where == "Tcl":
            window.root.tk.eval("after idle {no_such_command}")
        elif where == "log":
            window.shell.background.start("slow", fail, fail)
        else:
            watch.beat_at -= 2 * _LONGEST_STANDSTILL_S
            watch.beat(window.root)
            assert watch.longest_gap_s > _LONGEST_STANDSTILL_S
            return
        window.wait(lambda: watch.problems, "the problem to be heard")
        monkey.run(lambda: False)  # ends at once
    assert "planted" in watch.problems[0] or "no_such_command" in watch.problems[0]
    caplog.clear()


def _end(window: Window) -> None:
    """Dialogs and what trains are closed, so that nothing outlives the test."""
    for dialog in window.dialogs():
        if isinstance(dialog, Dialog):
            dialog.close()
    for run in train_runs.list_runs():
        if run.state.status is RunStatus.RUNNING:
            train_runs.kill(run)
    window.settle()


# What it has found


def test_the_keyboard_may_be_in_a_list_that_tk_unfolded(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    window.root.tk.eval("entry .own; place .own -x 0 -y 0; update; focus -force .own; update")
    with pytest.raises(KeyError):  # no widget that Python knows, as the list of a ttk.Combobox
        window.root.focus_get()
    assert focused(window.root) is None
    window.tab.bars.redraw()  # looks where the keyboard is
    window.root.tk.eval("destroy .own")


def test_a_theme_may_change_while_a_menu_within_a_menu_is_there(window: Window, things: Things) -> None:
    with watched(window.root) as watch:
        bar = window.shell.menu
        for place in range(int(bar.index("end") or 0) + 1):
            menu: Any = bar.nametowidget(bar.entrycget(place, "menu"))
            menu.post(10, 10)
            window.root.update()
            menu.unpost()
        window.shell.preferences.toggle_theme()
        window.settle()
    assert watch.problems == []


def test_what_a_widget_wanted_to_do_later_ends_with_it(window: Window) -> None:
    with watched(window.root) as watch:
        frame = ttk.Frame(window.root)
        frame.after(1, lambda: None)
        frame.after_idle(lambda: None)
        frame.destroy()
        time.sleep(0.01)
        window.root.update()
    assert watch.problems == []


def test_errors_in_scripts_of_tk_are_written_down(window: Window, caplog: pytest.LogCaptureFixture) -> None:
    window.root.tk.eval("after idle {no_such_command}")
    window.wait(lambda: window.shell.notice.text, "the sentence")
    assert "no_such_command" in caplog.text
    assert "Something went wrong" in window.shell.notice.text
    caplog.clear()


def test_widgets_that_jobs_hold_are_freed_where_tk_may_be_used(window: Window) -> None:
    freed: list[int] = []

    class Held:
        def __del__(self) -> None:
            freed.append(threading.get_ident())

    jobs = Jobs()
    for _ in range(20):
        held = Held()
        jobs.start("lane", lambda _job, held=held: held, lambda _done: None, lambda _error: None)  # type: ignore[misc]
        del held
    while jobs.busy:
        jobs.deliver()
    jobs.close()
    assert set(freed) <= {threading.get_ident()}
    assert len(freed) >= 19


def test_garbage_is_collected_in_the_main_loop(window: Window) -> None:
    freed: list[int] = []

    class Knot:
        def __init__(self) -> None:
            self.myself = self

        def __del__(self) -> None:
            freed.append(threading.get_ident())

    def make() -> None:
        Knot()
        for _ in range(5000):
            [[]].append([])
            kept.append([])

    kept: list[list[int]] = []
    with freed_here(window.root):
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        assert freed == []
        window.wait(lambda: freed, "the main loop to tidy up")
    assert freed == [threading.get_ident()]


def test_answers_of_a_larger_model_may_still_be_shown(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    choices = breed_choices(window.shell.desk.info, [57, 1])
    assert [one.correction.name for one in choices[:1]] == ["green"]
    assert choices[1].shown == "Mixed breed"
    assert len(choices) == 5


def test_enter_presses_buttons_and_the_default_of_a_dialog(window: Window) -> None:
    pressed: list[str] = []
    window.shell.photo_tab._buttons["open"].configure(command=lambda: pressed.append("open"))
    window.press("<Return>", window.shell.photo_tab._buttons["open"])
    dialog = Dialog(window.root, window.shell.look, "Question")
    entry = ttk.Entry(dialog.body)
    entry.pack()
    dialog.default = ttk.Button(dialog.foot, text="Keep", command=lambda: pressed.append("keep"))
    dialog.show()
    window.press("<Return>", entry)
    window.press("<Return>", dialog.close_button)
    assert pressed == ["open", "keep"]
    assert not dialog.winfo_exists(), "Enter on Close closes"
    assert isinstance(window.root, tkinter.Tk)
