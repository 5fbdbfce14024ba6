"""The long run of the one who presses everything at once, on real models and real photographs.

python -m tests.bench.monkey --minutes 10 --seed 1 [--photos FOLDER] [--classes FOLDER] [--acts N] [--log FILE]

Opens a real window (a display is needed) with an empty home of its own. Prints how many acts there were, the longest
time for which the loop stood still, and, after a problem, the acts before it; the same seed draws the same acts again.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.monkey import Monkey, Things, watched

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".heic")
_HANG_S = 10.0
_ENDLESS_S = 90.0


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when nothing went wrong."""
    asked = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="shelterlens-monkey-") as place:
        os.environ["SHELTERLENS_HOME"] = str(Path(place) / "home")
        return _run(asked, _things(asked.photos, asked.classes, Path(place)))


def _parser() -> argparse.ArgumentParser:
    data = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--acts", type=int, default=10**9, help="stop after so many")
    parser.add_argument("--photos", type=Path, default=data, help="photographs in it, in folders of any depth")
    parser.add_argument("--classes", type=Path, default=data / "dogs", help="a folder for each class, to train with")
    parser.add_argument("--log", type=Path, help="every act goes into this file, for a run that does not come back")
    return parser


def _things(photos: Path, classes: Path, place: Path) -> Things:
    """Copies: a few hundred photographs in folders, and six classes of thirty."""
    found = [path for path in sorted(photos.rglob("*")) if path.suffix.lower() in _SUFFIXES]
    some = found[:: max(1, len(found) // 300)]
    odd = [path for path in sorted((photos / "odd_files").glob("*")) if path.is_file()]
    folders = [place / name for name in ("été, Rex & Fée", "more", "odd")]
    for folder, paths in zip(folders, (some[:200], some[200:], odd), strict=True):
        folder.mkdir(parents=True)
        for number, path in enumerate(paths):
            shutil.copy(path, folder / f"{number:03} {path.name}")
    with_photos = [one for one in sorted(classes.rglob("*")) if one.is_dir() and any(one.glob("*.jpg"))]
    for one in with_photos[:: max(1, len(with_photos) // 6)][:6]:
        (place / "classes" / one.name).mkdir(parents=True)
        for path in sorted(one.glob("*.jpg"))[:30]:
            shutil.copy(path, place / "classes" / one.name / path.name)
    (place / "out").mkdir()
    table = place / "out" / "table.csv"
    table.write_text("image,label\na.jpg,Beagle\n", encoding="utf-8")
    loose = [path for folder in folders for path in sorted(folder.iterdir())[:25]]
    return Things(loose, folders, place / "classes", place / "out", tables=(table,))


def _run(asked: argparse.Namespace, things: Things) -> int:
    from core.logs import start_logging
    from core.settings import Settings
    from gui.app import open_window
    from gui.engine import Engine

    start_logging()
    shell = open_window(Settings(language="en", theme="light", retrain_enabled=True), Engine())
    shell.root.update()
    shell.start([])
    with watched(shell.root) as watch:
        monkey = Monkey(shell, asked.seed, things, watch)
        began, until = time.monotonic(), time.monotonic() + 60 * asked.minutes

        def is_enough() -> bool:
            faulthandler.dump_traceback_later(_ENDLESS_S, exit=True, file=2)
            if asked.log:
                with asked.log.open("a", encoding="utf-8") as file:
                    print(monkey.acts[-1] if monkey.acts else "", file=file)
            return bool(time.monotonic() > until or monkey.count >= asked.acts)

        with monkey.answering():
            monkey.run(is_enough)
            took = time.monotonic() - began
            problems = list(watch.problems)
            _close(monkey)
        problems += [one for one in watch.problems if one not in problems]
    print(f"seed {asked.seed}: {monkey.count} acts in {took:.0f} s; longest standstill {watch.longest_gap_s:.2f} s")
    print(f"  during {watch.longest_during}")
    for one in watch.slow:
        print(one)
    if problems:
        print("The last acts:", *monkey.acts, sep="\n  ")
        print("What went wrong:", *problems[:5], sep="\n")
    faulthandler.cancel_dump_traceback_later()
    return 1 if problems or watch.longest_gap_s > _HANG_S else 0


def _close(monkey: Monkey) -> None:
    """What trains is stopped, then the window goes as when a user closes it."""
    from core import train_runs
    from core.train_records import RunStatus

    monkey.shell.close()
    for run in train_runs.list_runs():
        if run.state.status is RunStatus.RUNNING:
            train_runs.kill(run)


if __name__ == "__main__":
    sys.exit(main())
