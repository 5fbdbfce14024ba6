"""Used for long, the window has no more widgets, images, Tcl commands, threads and open files than before.

    SHELTERLENS_ENDURANCE=1000 python -m pytest -s tests/test_gui_endurance.py -k photographs

opens a thousand photographs and says what the window has after the first and after the last of them. The same with real
processes and photographs: tests/bench/endurance.py.
"""

from __future__ import annotations

import os
import tkinter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.growth import growing
from tests.window_driver import Driver, colour_photo, driver

__all__ = ["driver"]

FIRST, TIMES = 6, int(os.environ.get("SHELTERLENS_ENDURANCE", "24"))


@pytest.fixture
def many(tmp_path: Path) -> list[Path]:
    colours = [(40 + 50 * n, 200 - 40 * n, 90) for n in range(4)]
    return [colour_photo(tmp_path / f"{n}.jpg", colour) for n, colour in enumerate(colours)]


def test_photographs_opened_one_after_the_other(driver: Driver, many: list[Path]) -> None:
    window = driver()
    first = max(FIRST, TIMES // 10)
    before, after = growing(window.root, lambda n: window.open(many[n % len(many)]), first, TIMES - first)
    print(f"{first} photographs: {before}\n{TIMES} photographs: {after}")
    assert after.growth(before) == {}


def test_rows_looked_at_one_after_the_other(driver: Driver, many: list[Path]) -> None:
    window = driver()
    window.open_folder(*many)

    def look(number: int) -> None:
        window.press(("<Down>", "<Return>", "<Up>", "<Right>", "<Control-z>")[number % 5])
        window.settle()

    before, after = growing(window.root, look, 10, 30)
    assert after.growth(before) == {}


def test_tabs_themes_and_languages(driver: Driver, many: list[Path]) -> None:
    window = driver(*many[:1], retrain_enabled=True)
    window.open_folder(*many)

    def change(number: int) -> None:
        window.shell.select(number % 3)
        window.root.update()
        window.shell.preferences.use_theme(("dark", "light")[number % 2])
        window.shell.preferences.use_language(("fr", "en")[number % 2])
        window.settle()

    before, after = growing(window.root, change, FIRST, 12)
    assert after.growth(before) == {}


DIALOGS = ("settings", "about", "keys", "folder_figures", "folder_export", "folder_group", "why")


@pytest.mark.parametrize("name", DIALOGS)
def test_dialogs_opened_and_closed(driver: Driver, many: list[Path], name: str) -> None:
    window = driver()
    window.open_folder(*many)
    action: Callable[[], object] = window.shell.actions[name].run

    def open_and_close(_number: int) -> None:
        action()
        window.settle()
        assert window.dialogs(), f"{name} opens a dialog"
        for dialog in window.dialogs():
            close(dialog)
        window.settle()
        assert not window.dialogs()

    before, after = growing(window.root, open_and_close, 2, 4)
    assert after.growth(before) == {}


def close(dialog: tkinter.Toplevel) -> None:
    """As a click on the cross of its frame does."""
    command = dialog.protocol("WM_DELETE_WINDOW")
    if command:
        dialog.tk.call(command)
    else:
        dialog.destroy()
