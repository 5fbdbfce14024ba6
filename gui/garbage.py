"""What is left of widgets is freed in the main loop: Python's own collector works in whatever thread comes along."""

from __future__ import annotations

import contextlib
import gc
import tkinter
from collections.abc import Iterator

_EVERY_MS = 500


@contextlib.contextmanager
def freed_here(root: tkinter.Tk) -> Iterator[None]:
    """While this lasts garbage is collected only in the main loop of this window.

    Pictures and variables of Tk that a worker thread frees make that thread wait for the main loop, raise
    "main thread is not in main loop" while the window closes, or end the program.
    """
    gc.collect()
    gc.freeze()  # what was there at the start stays: no collection needs to look at it again
    gc.disable()
    tidying = ""

    def tidy() -> None:
        nonlocal tidying
        due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if any(due):
            gc.collect(2 if due[2] else 1 if due[1] else 0)
        tidying = root.after(_EVERY_MS, tidy)

    tidy()
    try:
        yield
    finally:
        with contextlib.suppress(tkinter.TclError):  # the window is gone, and its timer with it
            root.after_cancel(tidying)
        gc.enable()
        gc.unfreeze()
