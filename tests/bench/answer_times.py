"""How long until the window is drawn, until the first answer, and until the later ones?

Starts the real window on a photograph of 12 megapixels several times, each time with an empty home, and reads its log;
then answers photograph after photograph as the window does (open, predict, draw the heatmap at 900 x 700):

    python -m tests.bench.answer_times PHOTOGRAPHS [--model NAME] [--starts 5] [--number 20] [--program FILE]

The window needs a display (`xvfb-run -a` gives one). `--program` is the executable that `make exe` builds; without it,
the source is started. With `--number 0` only starts are measured. `--json FILE` keeps the figures.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from core.models import use_model
from core.photos import find_photos
from gui.engine import Engine, Layers
from tests.bench.draft_equality import blow_up

ROOM = (900, 700)
LONGEST_START_S = 60
MOMENT = re.compile(r"^(\S+ \S+) .*gui\.timeline: \d+ ms after the start of the window: (.+)$", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path, help="a folder")
    parser.add_argument("--model", default="dogs")
    parser.add_argument("--starts", type=int, default=5, help="how often the window is started")
    parser.add_argument("--number", type=int, default=20, help="how many photographs are answered afterwards")
    parser.add_argument("--program", type=Path, help="the executable to start instead of the source")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    wanted = parser.parse_args()
    command = [str(wanted.program.resolve())] if wanted.program else [sys.executable, "main.py"]
    figures: dict[str, object] = {"model": wanted.model, "program": wanted.program is not None}
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{n}.jpg" for n in range(max(1, wanted.number))]
        sources = list(itertools.islice(find_photos(wanted.photographs), len(paths)))
        for path, source in zip(paths, itertools.cycle(sources), strict=False):  # a small folder gives some twice
            blow_up(source, path)
        if wanted.starts:
            # The first start fills the system's cache and does not count.
            starts = [_start(command, paths[0], wanted.model) for _ in range(wanted.starts + 1)][1:]
            _report_starts(starts)
            figures["starts"] = starts
        if wanted.number:
            figures["answers_s"] = _report_answers(paths, wanted.model)
    if wanted.json:
        wanted.json.parent.mkdir(parents=True, exist_ok=True)
        wanted.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _start(command: list[str], photograph: Path, model: str) -> dict[str, float]:
    """Seconds from the command to each moment in the window's log, up to the first answer."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHELTERLENS_HOME"] = home
        use_model(model)
        began = time.time()
        window = subprocess.Popen([*command, str(photograph)], stderr=subprocess.DEVNULL)
        moments: dict[str, float] = {}
        try:
            while "the first answer is shown" not in moments and time.time() - began < LONGEST_START_S:
                time.sleep(0.02)
                text = "".join(path.read_text(encoding="utf-8") for path in Path(home).rglob("*.log"))
                for moment, what in MOMENT.findall(text):
                    moments[what] = datetime.strptime(moment, "%Y-%m-%d %H:%M:%S,%f").timestamp() - began
        finally:
            window.terminate()
            window.wait()
        return moments


def _report_starts(starts: list[dict[str, float]]) -> None:
    for what in starts[0]:
        seconds = [moments[what] for moments in starts if what in moments]
        print(f"{what}: {statistics.median(seconds):.2f} s after the command (best {min(seconds):.2f}, "
              f"worst {max(seconds):.2f}, {len(seconds)} starts)")  # fmt: skip


def _report_answers(paths: list[Path], model: str) -> list[float]:
    engine = Engine()
    began = time.perf_counter()
    engine.load_model(model)
    print(f"{model} is ready after {time.perf_counter() - began:.2f} s")
    seconds = []
    for path in paths:
        began = time.perf_counter()
        photo = engine.open_file(path, ROOM).photo
        seen = engine.look(photo)
        best = seen.verdict.candidates[0].label if seen.verdict.candidates else 0
        engine.draw(photo, seen, Layers(best, None, "magma", 0.5, None, (150, 12)), ROOM)
        seconds.append(time.perf_counter() - began)
    print(
        f"an answer with its heatmap: median {statistics.median(seconds) * 1000:.0f} ms, best "
        f"{min(seconds) * 1000:.0f}, worst {max(seconds) * 1000:.0f} ({len(paths)} photographs of 12 megapixels)"
    )
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return seconds


if __name__ == "__main__":
    main()
