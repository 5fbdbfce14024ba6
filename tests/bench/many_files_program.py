"""Memory and speed of the whole program with very many files: `main.py classify`, or the window with a folder.

    python -m tests.bench.many_files_program classify|window [--number 100000] [--contents 50000] [--model dogs-fast]

Samples the memory of the program and of all its processes (their own pages and their share of common ones) until every
file has its row, and prints it over time. The window needs a display. Linux only.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from core.settings import Settings, save_settings
from tests.bench.many_files import pictures, write_files

EVERY_S = 5.0
LINES = 20
# How long a window that has nothing left to do is watched.
AFTERWARDS_S = 20.0
LONGEST_S = 2 * 3600


@dataclass
class Watched:
    """Samples of the memory (MB, all processes together) with the seconds since the start and the rows by then."""

    samples: list[tuple[float, int, int]] = field(default_factory=list)

    def print(self) -> None:
        step = max(1, len(self.samples) // LINES)
        print("seconds     rows    MB")
        for seconds, rows, megabytes in [*self.samples[::step], self.samples[-1]]:
            print(f"{seconds:7.0f} {rows:8,} {megabytes:5}")
        steady = [megabytes for _, rows, megabytes in self.samples if rows > self.samples[-1][1] // 10]
        print(f"after the first tenth: {min(steady)} to {max(steady)} MB, in the end {steady[-1]} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("through", choices=("classify", "window"))
    parser.add_argument("--number", type=int, default=100_000, help="how many files")
    parser.add_argument("--contents", type=int, default=50_000, help="how many of them differ")
    parser.add_argument("--model", default="dogs-fast")
    parser.add_argument("--photographs", type=Path, help="a folder with photographs for the pixels (default: drawings)")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shelterlens-many-") as place:
        home, root = Path(place) / "home", Path(place) / "photographs"
        os.environ["SHELTERLENS_HOME"] = str(home)
        save_settings(Settings(language="en", theme="light", model=wanted.model))
        write_files(root, wanted.number, wanted.contents, list(pictures(wanted.photographs)))
        print(f"{wanted.number:,} files, {wanted.contents:,} different, model {wanted.model}; load {os.getloadavg()}")
        watch(wanted.through, home / "library.sqlite", root, Path(place) / "table.csv").print()
        print(f"load {os.getloadavg()}")


def watch(through: str, library: Path, root: Path, table: Path) -> Watched:
    """Start the program on the folder and sample it until it is done."""
    command = ["classify", str(root), "--out", str(table)] if through == "classify" else [str(root)]
    program = subprocess.Popen([sys.executable, "main.py", *command])
    watched, began, done_at = Watched(), time.monotonic(), None
    is_done: Callable[[], bool] = (
        (lambda: program.poll() is not None) if through == "classify" else lambda: _done(library)
    )
    while time.monotonic() - began < LONGEST_S:
        time.sleep(EVERY_S)
        megabytes = sum(memory_mb(process) for process in family(program.pid))
        if program.poll() is None:
            watched.samples.append((time.monotonic() - began, _rows(library, through), megabytes))
        if done_at is None and is_done():
            done_at = time.monotonic()
            print(f"done after {done_at - began:.0f} s")
        if program.poll() is not None or (done_at and time.monotonic() - done_at > AFTERWARDS_S):
            break
    if program.poll() is None:
        program.send_signal(signal.SIGTERM)
    print(f"exit status {program.wait()}")
    return watched


def family(process: int) -> Iterator[int]:
    """The process and all that it started."""
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
        children += [
            child
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text(encoding="ascii").split()
        ]
    except OSError:
        return
    for child in dict.fromkeys(children):
        yield from family(int(child))


def memory_mb(process: int) -> int:
    """The memory of a process (PSS) in MB; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 // 1_000_000 for line in lines if line.startswith("Pss:")), 0)


def _asked(library: Path, query: str) -> int:
    try:
        with closing(sqlite3.connect(f"{library.as_uri()}?mode=ro", uri=True, timeout=EVERY_S)) as connection:
            return int(connection.execute(query).fetchone()[0] or 0)
    except (sqlite3.Error, TypeError):  # not there yet
        return 0


def _rows(library: Path, through: str) -> int:
    return _asked(library, f"SELECT max(rowid) FROM {'photographs' if through == 'classify' else 'run_files'}")


def _done(library: Path) -> bool:
    return bool(_asked(library, "SELECT count(*) FROM runs WHERE state = 'done'"))


if __name__ == "__main__":
    main()
