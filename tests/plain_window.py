"""A bare window for the tests of single widgets: real events, and any error in a callback fails the test."""

from __future__ import annotations

import gc
import time
import tkinter
from collections.abc import Callable, Iterator

import pytest

from gui.theme import Look
from tests.window_driver import need_display

__all__ = ["Plain", "plain"]

LONGEST_S = 30.0


class Plain:
    """The window, its look, and hands to use it with."""

    def __init__(self) -> None:
        self.root = tkinter.Tk()
        self.errors: list[BaseException] = []
        self.root.report_callback_exception = lambda _kind, error, _trace: self.errors.append(error)
        self.root.geometry("1000x600+0+0")
        self.look = Look(self.root, 96.0)
        self.look.use("light")
        self.root.update()
        self.root.focus_force()  # without a window manager nobody else gives it the keyboard
        self.root.update()

    def wait(self, is_so: Callable[[], object], what: str) -> None:
        """Let the window live until it is so."""
        until = time.monotonic() + LONGEST_S
        while not is_so():
            assert time.monotonic() < until, f"waited in vain: {what}"
            self.root.update()
            time.sleep(0.001)

    def press(self, widget: tkinter.Misc, *keys: str) -> None:
        """Real key presses, such as "<Shift-Down>"."""
        widget.focus_force()
        self.root.update()
        for key in keys:
            widget.event_generate(key)
            self.root.update()

    def click(self, widget: tkinter.Misc, x: int, y: int, state: int = 0, button: int = 1, times: int = 1) -> None:
        """Real clicks at this point of the widget."""
        widget.event_generate("<Motion>", x=x, y=y)
        for _ in range(times):
            widget.event_generate(f"<ButtonPress-{button}>", x=x, y=y, state=state)
            widget.event_generate(f"<ButtonRelease-{button}>", x=x, y=y, state=state)
        self.root.update()


@pytest.fixture
def plain() -> Iterator[Plain]:
    """One bare window, closed at the end."""
    need_display()
    made = Plain()
    yield made
    made.root.update()
    for waiting in made.root.tk.splitlist(made.root.tk.call("after", "info")):
        made.root.tk.call("after", "cancel", waiting)
    made.root.destroy()
    errors = made.errors
    del made
    gc.collect()  # here: Tk ends the program when its objects are freed in another thread
    assert errors == [], "errors in the window"
