"""The window with a very large library: from the start of the program to its rows, and how long each click takes.

Used by tests.bench.big_library, with its library in SHELTERLENS_HOME.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from core.folders import log_dir
from tests.bench.many_files_program import family, memory_mb

STARTS = 3
LONGEST_S = 120.0
_STEP = re.compile(r"(\d+) ms after the start of the window: (.+)")


def measure_window() -> None:
    """Start the program some times, then use its window in this process."""
    for number in range(STARTS):
        seconds, megabytes, steps = start()
        print(f"start {number + 1}: rows seen after {seconds:.2f} s, {megabytes} MB ({'; '.join(steps)})", flush=True)
    use()


def start() -> tuple[float, int, list[str]]:
    """Seconds from the start of the program to the rows, the memory of all its processes a moment later, steps."""
    before = set(log_dir().glob("*.log"))
    began = time.monotonic()
    program = subprocess.Popen([sys.executable, "main.py"])
    seconds, text = 0.0, ""
    while time.monotonic() - began < LONGEST_S and "the rows of the folder are there" not in text:
        time.sleep(0.02)
        new = set(log_dir().glob("*.log")) - before
        text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in new)
        seconds = time.monotonic() - began
    time.sleep(8)
    megabytes = sum(memory_mb(process) for process in family(program.pid))
    for process in reversed(list(family(program.pid))):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
    program.wait()
    return seconds, megabytes, [f"{what} {ms} ms" for ms, what in _STEP.findall(text)]


class Heart:
    """Beats in the main loop; the longest gap since it was last asked."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self.last = time.perf_counter()
        self.longest_s = 0.0
        self._beat()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest_s = max(self.longest_s, now - self.last)
        self.last = now
        self._root.after(5, self._beat)


def use() -> None:
    """Filters, orders, keys, undo in the real window: the longest gap of its loop, and until the new rows are there."""
    from core.records import Status
    from core.reviews import Filter, Order
    from core.settings import load_settings
    from gui.app import open_window
    from gui.engine import Engine

    shell = open_window(load_settings(), Engine())
    root, desk, tab = shell.root, shell.folder_desk, shell.folder_tab
    logging.disable(logging.WARNING)  # the files of these rows are not there, and each says so
    root.geometry("1280x690+0+0")
    root.update()
    heart = Heart(root)
    print(f"{'in the window':48}{'longest gap':>12} {'until seen':>12} {'processor':>12}")

    def still() -> bool:
        view: Any = tab.view
        return not (
            shell.background.busy or desk.glance._waiting or (view and (view._asking or view.thumbnails.is_busy))
        )

    def measure(what: str, do: Callable[[], object], then: Callable[[], bool]) -> None:
        while not still():
            root.update()
            time.sleep(0.001)
        heart.longest_s, heart.last = 0.0, time.perf_counter()
        began, worked = time.perf_counter(), time.process_time()
        do()
        root.update()
        while not then():
            root.update()
            time.sleep(0.0005)
        took, worked = time.perf_counter() - began, time.process_time() - worked
        root.update()
        print(f"{what:48}{heart.longest_s * 1000:9.0f} ms {took * 1000:9.0f} ms {worked * 1000:9.0f} ms", flush=True)

    def listed(do: Callable[[], object]) -> tuple[Callable[[], object], Callable[[], bool]]:
        before = desk.rows
        return do, lambda: desk.rows is not before

    shell.select(1)
    measure("the start, until all rows are listed", lambda: shell.start([]), lambda: bool(desk.rows.numbers))
    info = desk.review.info  # type: ignore[union-attr]
    for what, wanted in (
        ("only unsure ones", Filter(statuses=frozenset({Status.UNSURE}))),
        ("one breed", Filter(label=info.labels[3].id)),
        ("a search", Filter(words="rex 04")),
        ("all again", Filter()),
    ):
        measure(what, *listed(partial(desk.apply, wanted)))
    for order in (Order.BREED, Order.ANIMAL, Order.NAME, Order.DOUBT):
        measure(f"sorted by {order.value}", *listed(partial(desk.sort, order, False)))
    tab.focus_rows()
    view: Any = tab.view
    measure("the next row", lambda: view.canvas.event_generate("<Down>"), lambda: True)
    measure("an answer accepted", lambda: view.canvas.event_generate("<Return>"), lambda: not desk.labels.pending)
    measure("undone", lambda: view.canvas.event_generate("<Control-z>"), still)
    measure("to the end", lambda: view.canvas.event_generate("<End>"), still)
    measure("the figures", lambda: shell.actions["folder_figures"].run(), lambda: len(root.winfo_children()) > 0)
    while not still():
        root.update()
        time.sleep(0.01)
    print(f"{memory_mb(os.getpid())} MB in the window's process", flush=True)
    shell.close()


if __name__ == "__main__":
    assert Path(os.environ["SHELTERLENS_HOME"]).is_dir()
    measure_window()
