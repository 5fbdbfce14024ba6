"""How large the finished programs are, and how long they take until their window is drawn, beside the source.

python -m tools.executables.measure [--starts 5]

The window needs a display (`xvfb-run -a` gives one). Starts of all are interleaved.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from tools.draw_dog import draw_dog
from tools.executables.make import TIMES, bytes_of, executable_of, folder_of
from tools.executables.parts import KINDS, program
from tools.executables.promises import ROOT
from tools.executables.slim import sizes

_LONGEST_S = 120
_MOMENT = re.compile(r"^(\S+ \S+) .*gui\.timeline: \d+ ms after the start of the window: (.+)$", re.MULTILINE)
_LAST = "the first answer is shown"


def main() -> None:
    """Print sizes, then medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    starts = parser.parse_args().starts
    built = [program(kind) for kind in KINDS if folder_of(program(kind)).is_dir()]
    times = json.loads(TIMES.read_text(encoding="utf-8")) if TIMES.exists() else {}
    for one in built:
        seconds = times.get(one.name)
        print(f"{one.name}: {bytes_of(folder_of(one)) / 1e6:.0f} MB" + (f", built in {seconds} s" if seconds else ""))
        print("  " + ", ".join(f"{name} {size / 1e6:.0f}" for name, size in list(sizes(folder_of(one)))[:8]))
    commands = {"from source": [sys.executable, str(ROOT / "main.py")]}
    commands.update({one.name: [str(executable_of(one))] for one in built})
    _compare_starts(commands, starts)


def _compare_starts(commands: dict[str, list[str]], starts: int) -> None:
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        photograph = Path(folder) / "dog.jpg"
        draw_dog().save(photograph, quality=92)
        for turn in range(starts + 1):
            for name, command in commands.items():
                moments = _start([*command, str(photograph)])
                if turn:  # the first one reads the files from the disk
                    seen[name].append(moments)
    load = " ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    print(f"Start, medians of {starts} (load {load}):")
    for name, rounds in seen.items():
        parts = []
        for what in ("the window is drawn", _LAST):
            seconds = [moments[what] for moments in rounds if what in moments]
            parts.append(f"{what} after {statistics.median(seconds):.2f} s" if seconds else f"{what}: never")
        print(f"  {name}: {', '.join(parts)}")


def _start(command: list[str]) -> dict[str, float]:
    """Seconds from the command to each moment in the log of the window, up to the first answer."""
    with tempfile.TemporaryDirectory() as home:
        began = time.time()
        environment = {**os.environ, "SHELTERLENS_HOME": home}
        window = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home
        )
        moments: dict[str, float] = {}
        try:
            while _LAST not in moments and time.time() - began < _LONGEST_S:
                time.sleep(0.02)
                text = "".join(path.read_text(encoding="utf-8") for path in Path(home).rglob("*.log"))
                for moment, what in _MOMENT.findall(text):
                    moments[what] = datetime.strptime(moment, "%Y-%m-%d %H:%M:%S,%f").timestamp() - began
        finally:
            window.terminate()
            window.wait()
        return moments


if __name__ == "__main__":
    main()
