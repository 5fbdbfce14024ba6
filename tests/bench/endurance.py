"""A window that is used for long: a thousand photographs one after the other, tabs, themes, languages and dialogs.

    python -m tests.bench.endurance [--photographs FOLDER] [--number 1000] [--model NAME] [--changes 100] [--dialogs 50]

The real window with its real processes; without a folder the photographs are drawn. What it has after the first tenth
and in the end: widgets, images, Tcl commands, threads, open files, memory of the window and of all processes together.
Needs a display.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
import time
import tkinter
from collections.abc import Callable, Iterator
from pathlib import Path

from core.photos import find_photos
from core.settings import Settings
from gui.app import open_window
from gui.engine import Engine
from gui.shell import Shell
from tests.bench.many_files import pictures
from tests.bench.many_files_program import family, memory_mb
from tests.growth import Census

LONGEST_S = 120.0
DIALOGS = ("settings", "about", "keys", "why", "folder_figures", "folder_export", "folder_group")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, help="a folder with photographs (default: drawings)")
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--model", default="dogs-fast")
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--dialogs", type=int, default=50)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shelterlens-long-") as place:
        os.environ["SHELTERLENS_HOME"] = str(Path(place) / "home")
        photographs = list(itertools.islice(_photographs(wanted.photographs, Path(place)), wanted.number))
        print(f"{len(photographs)} photographs, model {wanted.model}; load {os.getloadavg()}", flush=True)
        shell = open_window(Settings(language="en", theme="light", model=wanted.model, retrain_enabled=True), Engine())
        shell.root.geometry("1240x700+0+0")
        shell.root.update()
        shell.start([])
        wait(shell, lambda: shell.desk.info, "the model")
        used = Used(shell, photographs)
        used.measure("photographs opened", used.open, wanted.number)
        used.tag(Path(place))
        used.measure("rows of a folder looked at", used.look, wanted.number)
        used.measure("tabs, themes, languages", used.change, wanted.changes)
        for name in DIALOGS:
            used.measure(f"dialog {name}", used.opener(name), wanted.dialogs)
        shell.close()
        print(f"load {os.getloadavg()}")


class Used:
    """What is done again and again, and what the window has before and after."""

    def __init__(self, shell: Shell, photographs: list[Path]) -> None:
        self._shell = shell
        self._photographs = photographs

    def measure(self, what: str, do: Callable[[int], object], times: int) -> None:
        """After a tenth of the times, and in the end."""
        first, began = max(2, times // 10), time.monotonic()
        for number in range(first):
            do(number)
        before, all_before = self._census()
        for number in range(first, times):
            do(number)
        after, all_after = self._census()
        growth = after.growth(before) or "no growth"
        print(
            f"{what}, {first} to {times} times ({time.monotonic() - began:.0f} s): {growth}; memory {before.memory} to "
            f"{after.memory} MB, all processes {all_before} to {all_after} MB\n    {after}",
            flush=True,
        )

    def open(self, number: int) -> None:
        """A photograph, as a drop does it, until its answer and its heatmap are seen."""
        shell, path = self._shell, self._photographs[number % len(self._photographs)]
        shell.open_paths([path])
        now = shell.desk
        wait(shell, lambda: now.now.path == path and (now.now.seen or now.now.problem), path.name)
        settle(shell)

    def tag(self, place: Path) -> None:
        """A folder of some of the photographs."""
        folder = place / "folder"
        folder.mkdir()
        for path in self._photographs[:60]:
            (folder / path.name).write_bytes(path.read_bytes())
        shell = self._shell
        shell.open_paths([folder])
        desk = shell.folder_desk
        wait(shell, lambda: desk.run.roots, "the tagging to begin")
        wait(shell, lambda: not desk.run.is_running and desk.rows.numbers, "the rows")
        settle(shell)
        shell.folder_tab.focus_rows()

    def look(self, number: int) -> None:
        """A key in the rows of the folder."""
        view = self._shell.folder_tab.view
        assert view is not None
        key = ("<Down>", "<Return>", "<Right>", "<Down>", "<Control-z>", "<Home>")[number % 6]
        view.canvas.focus_force()
        self._shell.root.update()
        view.canvas.event_generate(key)
        settle(self._shell)

    def change(self, number: int) -> None:
        """Another tab, theme and language."""
        shell = self._shell
        shell.select(number % 3)
        shell.root.update()
        shell.preferences.use_theme(("dark", "light")[number % 2])
        shell.preferences.use_language(("fr", "en")[number % 2])
        settle(shell)

    def opener(self, name: str) -> Callable[[int], object]:
        """Opens this dialog and closes it."""
        shell = self._shell
        shell.select(1 if name.startswith("folder") else 0)
        settle(shell)

        def open_and_close(_number: int) -> None:
            shell.actions[name].run()
            settle(shell)
            found = [one for one in shell.root.winfo_children() if isinstance(one, tkinter.Toplevel)]
            assert found, name
            for dialog in found:
                dialog.tk.call(dialog.protocol("WM_DELETE_WINDOW"))
            settle(shell)

        return open_and_close

    def _census(self) -> tuple[Census, int]:
        settle(self._shell)
        return Census.of(self._shell.root), sum(memory_mb(process) for process in family(os.getpid()))


def wait(shell: Shell, is_so: Callable[[], object], what: str) -> None:
    """Let the window live until it is so."""
    until = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < until, f"waited in vain: {what}"
        shell.root.update()
        time.sleep(0.002)


def settle(shell: Shell) -> None:
    """Until nothing runs any more."""
    view, preview = shell.folder_tab.view, shell.folder_tab.preview
    shell.root.update()
    wait(
        shell,
        lambda: (
            not (
                shell.background.busy
                or shell.photo_tab.canvas._settling
                or shell.folder_desk.glance._waiting
                or (view is not None and view._asking)
                or (preview is not None and preview.canvas._settling)
            )
        ),
        "the work to end",
    )


def _photographs(folder: Path | None, place: Path) -> Iterator[Path]:
    if folder is not None:
        yield from find_photos(folder)
        return
    for number, jpeg in enumerate(pictures(None)):
        path = place / f"{number:03}.jpg"
        path.write_bytes(jpeg)
        yield path


if __name__ == "__main__":
    main()
