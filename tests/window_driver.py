"""A real window for tests: opened on a small model, driven by real events, watched for every error."""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
import tkinter
from collections.abc import Callable, Iterator
from pathlib import Path
from tkinter import ttk
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.bundles import Bundle, BundleInfo
from core.inference import Classifier
from core.models import find_model
from core.served import ServedModel
from core.settings import Settings
from gui.app import open_window
from gui.engine import Engine
from gui.shell import Shell
from tests.bundle_factory import make_bundle

__all__ = ["EngineHere", "Window", "colour_photo", "driver", "need_display", "photos", "window"]

LONGEST_S = 60.0
RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 30), (30, 40, 220), (128, 128, 128)


class Here:
    """Stands for a process of its own, in this one: a hundred windows are opened sooner."""

    is_alive = True

    def __init__(self, made: object) -> None:
        self._made = made

    def call(self, method: str, *args: object) -> Any:
        return getattr(self._made, method)(*args)

    def close(self) -> None:
        """Nothing is left behind: what tags in a thread of this process ends."""
        if isinstance(self._made, ServedModel):
            self._made.stop_tagging()


class EngineHere(Engine):
    """The real engine, with its model in this process."""

    def load_model(self, name: str | None) -> BundleInfo:
        bundle = find_model(name)
        self._model = Here(ServedModel(Classifier(bundle, threads=1))), bundle  # type: ignore[assignment]
        return bundle.info


class Window:
    """A shell, and hands to use it with."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.root = shell.root

    @property
    def tab(self) -> Any:
        return self.shell.photo_tab

    @property
    def now(self) -> Any:
        return self.shell.desk.now

    def wait(self, is_so: Callable[[], object], what: str) -> None:
        """Let the window live until it is so."""
        until = time.monotonic() + LONGEST_S
        while not is_so():
            assert time.monotonic() < until, f"waited in vain: {what}"
            self.root.update()
            time.sleep(0.001)

    def settle(self) -> None:
        """Until nothing runs any more."""
        self.root.update()
        self.wait(lambda: not self.is_busy, "the work to end")
        self.root.update()

    @property
    def is_busy(self) -> bool:
        """Whether anything runs, or waits for a moment of rest to begin."""
        preview, view = self.folder.preview, self.folder.view
        waiting = self.tab.canvas._settling or self.folder_desk.glance._waiting or (view and view._asking)
        return bool(self.shell.background.busy or waiting or (preview and preview.canvas._settling))

    @property
    def folder(self) -> Any:
        return self.shell.folder_tab

    @property
    def folder_desk(self) -> Any:
        return self.shell.folder_desk

    def open_folder(self, *paths: Path) -> None:
        """Have folders or files tagged, and wait until all their rows are there."""
        self.shell.open_paths(list(paths))
        self.wait(lambda: self.folder_desk.run.roots, "the tagging to begin")
        self.wait(lambda: not self.folder_desk.run.is_running and self.folder_desk.rows.numbers, "the rows")
        self.settle()
        self.folder.focus_rows()
        self.root.update()

    def go_to(self, name: str) -> Any:
        """Make the row of this file the current one, with a click's effect; the entry in it."""
        from gui.row_selection import Selection

        review = self.folder_desk.review  # only rows in sight are known in the window
        rows = review.rows(self.folder_desk.rows.numbers)
        found = next(row.number for row in rows if row.tagged.path.name == name)
        self.folder_desk.choose(Selection().clicked(found))
        self.settle()
        return self.entry(found)

    def entry(self, number: int) -> Any:
        """What is known of a row."""
        self.wait(lambda: self.folder_desk.entry(number), f"row {number}")
        return self.folder_desk.entry(number)

    @property
    def current(self) -> str:
        """The name of the file in the current row."""
        number = self.folder_desk.selection.current
        return str(self.entry(number).row.tagged.path.name) if number is not None else ""

    def word(self, name: str) -> Any:
        """What counts for the row of this file, as the library says."""
        review = self.folder_desk.review
        rows = review.rows(review.numbers())
        return next(row.tagged.reviewed for row in rows if row.tagged.path.name == name)

    @property
    def sentence(self) -> str:
        """How the folder stands."""
        return str(self.folder.progress.now.sentence)

    def open(self, path: Path) -> None:
        """Open a photograph and wait for its answer."""
        self.shell.open_paths([path])
        self.wait(lambda: self.now.path == path and (self.now.seen or self.now.problem), f"an answer for {path.name}")
        self.settle()

    def press(self, key: str, widget: tkinter.Misc | None = None) -> None:
        """A real key press where the keyboard is, or in this widget."""
        if widget is not None:
            widget.focus_force()
            self.root.update()
        target = self.root.focus_get() or self.root
        target.event_generate(key)
        self.root.update()

    def type(self, text: str, widget: tkinter.Misc) -> None:
        """Letter by letter."""
        widget.focus_force()
        self.root.update()
        for letter in text:
            widget.event_generate("<Key>", keysym={" ": "space"}.get(letter, letter))
            self.root.update()

    def click(self, widget: tkinter.Misc, x: int | None = None, y: int | None = None, state: int = 0) -> None:
        """A real click, in the middle if no place is given."""
        self.root.update()
        x = widget.winfo_width() // 2 if x is None else x
        y = widget.winfo_height() // 2 if y is None else y
        widget.event_generate("<Enter>", x=x, y=y)
        widget.event_generate("<ButtonPress-1>", x=x, y=y, state=state)
        widget.event_generate("<ButtonRelease-1>", x=x, y=y, state=state)
        self.root.update()

    def click_bar(self, row: int, state: int = 0) -> None:
        """A click on one of the breeds."""
        bars = self.tab.bars
        self.click(bars, 40, row * bars.winfo_height() // len(self.now.seen.verdict.candidates) + 6, state)
        self.settle()

    @property
    def model(self) -> str:
        return self.shell.preferences.model_in_use()

    @property
    def headline(self) -> str:
        return str(self.tab.verdict._headline.cget("text"))

    @property
    def detail(self) -> str:
        return str(self.tab.verdict._detail.cget("text"))

    @property
    def corrected(self) -> str:
        shown = self.tab.verdict._corrected.winfo_manager()
        return str(self.tab.verdict._said.cget("text")) if shown else ""

    @property
    def corrected_on_desk(self) -> Any:
        """What counts for the photograph in the Photo tab, as this tab knows it."""
        return self.now.opened.correction

    @property
    def legend(self) -> str:
        return str(self.tab.strip._title.cget("text"))

    @property
    def status(self) -> str:
        return self.shell.status._model

    @property
    def canvas_texts(self) -> list[str]:
        """What is written on the stage."""
        canvas = self.tab.canvas
        return [canvas.itemcget(item, "text") for item in canvas.find_all() if str(canvas.type(item)) == "text"]

    @property
    def is_picture_shown(self) -> bool:
        return any(self.tab.canvas.type(item) == "image" for item in self.tab.canvas.find_all()) and self.now.drawn

    def widgets(self, of: tkinter.Misc | None = None) -> Iterator[tkinter.Misc]:
        """Every widget of the window, dialogs too."""
        for child in (of or self.root).winfo_children():
            yield child
            yield from self.widgets(child)

    def dialogs(self) -> list[tkinter.Toplevel]:
        return [child for child in self.root.winfo_children() if isinstance(child, tkinter.Toplevel)]


def need_display() -> None:
    """Skip where no window can be opened."""
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        pytest.skip("no display here (make test starts one)")


def colour_photo(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (240, 160)) -> Path:
    """A photograph of one colour, with a little noise so that it is no blank."""
    noise = np.random.default_rng(0).integers(-8, 9, (size[1], size[0], 3))
    Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> dict[str, Path]:
    """A folder with photographs of the three colours and of none, and a damaged one."""
    folder = tmp_path / "Élodie's dogs 🐶"
    folder.mkdir()
    made = {
        "red": colour_photo(folder / "1 red.jpg", RED),
        "green": colour_photo(folder / "2 green.png", GREEN),
        "blue": colour_photo(folder / "3 blue.webp", BLUE),
        "grey": colour_photo(folder / "4 grey.jpg", GREY),
    }
    made["damaged"] = folder / "5 damaged.jpg"
    made["damaged"].write_bytes(made["red"].read_bytes()[:700])
    return made


Driver = Callable[..., Window]


@pytest.fixture
def driver(isolated_home: Path, caplog: pytest.LogCaptureFixture, tiny_bundle: Bundle) -> Iterator[Driver]:
    """Opens windows on the tiny model. At the end they are closed, and any error in them fails the test."""
    need_display()
    caplog.set_level(logging.INFO)
    make_bundle(isolated_home / "models" / "colours")
    opened: list[Window] = []

    def open_one(*paths: Path, engine: Engine | None = None, size: str = "1240x700", **settings: Any) -> Window:
        chosen = Settings(**{"model": "colours", "language": "en", "theme": "light", **settings})
        made = Window(open_window(chosen, engine or EngineHere()))
        opened.append(made)
        made.root.geometry(f"{size}+0+0")
        made.root.update()
        made.shell.start(list(paths))
        made.wait(lambda: made.shell.desk.info or made.shell.desk.no_model, "the model")
        made.settle()
        return made

    yield open_one
    for one in opened:
        if _exists(one.root):
            one.settle()
            one.shell.close()
    opened.clear()
    gc.collect()  # here: Tk ends the program when its objects are freed in the thread of a later window
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == [], "errors in the window"


@pytest.fixture
def window(driver: Driver) -> Window:
    """One window, without a photograph."""
    return driver()


def _exists(root: tkinter.Tk) -> bool:
    try:
        return bool(root.winfo_exists())
    except tkinter.TclError:
        return False


def texts_of(widget: tkinter.Misc) -> list[str]:
    """What can be read on one widget."""
    found: list[str] = []
    if isinstance(widget, ttk.Button | ttk.Label | ttk.Checkbutton | ttk.Radiobutton | tkinter.Label):
        found.append(str(widget.cget("text")))
    if isinstance(widget, ttk.Combobox):
        found += [str(value) for value in widget.cget("values") or ()]
    if isinstance(widget, tkinter.Canvas):
        found += [widget.itemcget(item, "text") for item in widget.find_all() if str(widget.type(item)) == "text"]
    if isinstance(widget, ttk.Notebook):
        found += [str(widget.tab(tab, "text")) for tab in widget.tabs()]
    if isinstance(widget, tkinter.Menu) and widget.index("end") is not None:
        places = range(int(widget.index("end") or 0) + 1)
        found += [str(widget.entrycget(n, "label")) for n in places if str(widget.type(n)) != "separator"]
    return [text for text in found if text]
