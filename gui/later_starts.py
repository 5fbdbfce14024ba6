"""When the program is started once more: this window comes to the front, and opens what was asked for there."""

from __future__ import annotations

import logging
import os
import sys
import tkinter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from core.single_instance import Door

if TYPE_CHECKING:
    from gui.shell import Shell

log = logging.getLogger(__name__)

# Only Tk on Windows cannot wait for a file; elsewhere an idle window does not wake up.
_POLL_MS = 250


def answer_later_starts(shell: Shell, door: Door) -> None:
    """From now on, until the window closes."""
    if sys.platform == "darwin":
        _answer_finder(shell)
    if not door.is_held:
        return
    if sys.platform == "win32":
        door.listen(lambda: None)
        _poll(shell, door)
    else:
        _wait(shell, door)


def take_calls(shell: Shell, door: Door) -> None:
    """Do what later starts asked for, if any did; those that come together are one: Windows starts one a file."""
    calls = door.take()
    if not calls:
        return
    together = [path for paths in calls for path in paths]
    log.info("%d more starts hand over %d paths", len(calls), len(together))
    come_to_front(shell.root)
    shell.open_paths(together)


def come_to_front(root: tkinter.Tk) -> None:
    """Before all other windows, with the keyboard, also when it was minimised."""
    if root.state() == "iconic":
        root.deiconify()
    root.lift()
    # Most desktops keep a window that nobody clicked behind the one in use: for a moment it is above all.
    root.attributes("-topmost", True)
    root.after(100, lambda: root.attributes("-topmost", False))
    (root.focus_lastfor() or root).focus_force()


def _wait(shell: Shell, door: Door) -> None:
    """A pipe wakes the main loop: its other end is written to by the thread that hears of another start."""
    heard, told = os.pipe()
    os.set_blocking(heard, False)
    os.set_blocking(told, False)

    def ring() -> None:
        with suppress(OSError):  # full: it will wake up anyway; closed: the window is gone
            os.write(told, b".")

    def on_ring(_file: object, _mask: int) -> None:
        with suppress(BlockingIOError):
            os.read(heard, 4096)
        take_calls(shell, door)

    def on_destroy(event: tkinter.Event[tkinter.Misc]) -> None:
        if event.widget is shell.root:
            shell.root.deletefilehandler(heard)
            os.close(heard)

    shell.root.createfilehandler(heard, tkinter.READABLE, on_ring)
    shell.root.bind("<Destroy>", on_destroy, add="+")
    door.listen(ring)


def _poll(shell: Shell, door: Door) -> None:
    take_calls(shell, door)
    shell.root.after(_POLL_MS, _poll, shell, door)


def _answer_finder(shell: Shell) -> None:
    """macOS starts no second copy: the Finder sends its files to the first as events, which Tk makes commands of."""

    def open_document(*names: str) -> None:
        come_to_front(shell.root)
        shell.open_paths([Path(name) for name in names])

    shell.root.createcommand("::tk::mac::OpenDocument", open_document)
    shell.root.createcommand("::tk::mac::ReopenApplication", lambda: come_to_front(shell.root))
