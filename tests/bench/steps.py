"""What single steps towards speed bring: whole folders tagged with a step and without it, in turns, in one process.

    python -m tests.bench.steps [PHOTOGRAPHS] [--rounds 5] [--work FOLDER] [--json FILE]

Each turn is a `Batch` with a new library over the same photographs, as `classify` and the window tag them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

from core import batch
from core.batch import Batch
from core.bundles import Bundle, load_bundle
from core.database import Database
from core.folders import shipped_models_dir
from core.network_sets import NetworkSets
from tests.bench.speed import DEVELOPMENT_PHOTOGRAPHS, MOST_FOR_SLOW_MODELS, make_or_take
from tests.bench.speed_photos import KINDS, Kind
from tests.bench.speed_table import markdown

# How the program was before each step.
STEPS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "NumPy's BLAS on one thread": lambda: patch.object(batch, "one_blas_thread", nullcontext),
}
MEASURED = (("dogs-fast", "large"), ("dogs-fast", "small"), ("dogs", "large"), ("dogs", "small"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = DEVELOPMENT_PHOTOGRAPHS if DEVELOPMENT_PHOTOGRAPHS.is_dir() else None
    parser.add_argument("photographs", type=Path, nargs="?", default=default, help="a folder; without one, drawings")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--number", type=int, default=1000, help="at most so many photographs of each kind")
    parser.add_argument("--work", type=Path, help="a folder that keeps the photographs for the next run")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    wanted = parser.parse_args()
    with nullcontext(wanted.work) if wanted.work else tempfile.TemporaryDirectory() as folder:
        found: list[dict[str, Any]] = []
        kinds = {kind.name: kind for kind in KINDS}
        for model, name in MEASURED:
            paths = _paths(Path(folder) / "photographs", kinds[name], wanted)
            found += measure(load_bundle(shipped_models_dir() / model), name, paths, wanted.rounds)
    if wanted.json:
        wanted.json.parent.mkdir(parents=True, exist_ok=True)
        wanted.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(steps_table(found))


def _paths(into: Path, kind: Kind, wanted: argparse.Namespace) -> list[Path]:
    number = min(kind.number, MOST_FOR_SLOW_MODELS, wanted.number)
    return make_or_take(into, kind, wanted.photographs, number)


def measure(bundle: Bundle, kind: str, paths: Sequence[Path], rounds: int) -> list[dict[str, Any]]:
    """Each step for one model and kind: milliseconds a photograph, on the clock and of all processors, medians."""
    sets = NetworkSets(bundle)
    _tagged(bundle, sets, paths[:4])
    found = []
    for step, before in STEPS.items():
        turns: dict[str, list[tuple[float, float]]] = {"before": [], "after": []}
        for place in range(rounds):
            for name in sorted(turns, reverse=bool(place % 2)):
                with before() if name == "before" else nullcontext():
                    turns[name].append(_tagged(bundle, sets, paths))
        medians = {
            name: [statistics.median(values) for values in zip(*some, strict=True)] for name, some in turns.items()
        }
        found.append({"step": step, "model": bundle.info.name, "kind": kind, **medians})
    return found


def _tagged(bundle: Bundle, sets: NetworkSets, paths: Sequence[Path]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as home:
        library = Database(Path(home) / "library.sqlite")
        began, cpu_began = time.perf_counter(), time.process_time()
        if len(list(Batch(bundle, library, sets=sets).answers(paths))) != len(paths):
            raise RuntimeError("answers are missing")
        passed = time.perf_counter() - began, time.process_time() - cpu_began
        library.close()
    return 1000 * passed[0] / len(paths), 1000 * passed[1] / len(paths)


def steps_table(found: Sequence[dict[str, Any]]) -> str:
    """Before and after, as Markdown."""
    rows = [["step", "model, photographs", "before", "after", "times as fast", "processor time before", "after"]]
    for one in found:
        (before, cpu_before), (after, cpu_after) = one["before"], one["after"]
        times = [
            f"{before:.1f} ms",
            f"{after:.1f} ms",
            f"{before / after:.2f}",
            f"{cpu_before:.1f} ms",
            f"{cpu_after:.1f} ms",
        ]
        rows.append([one["step"], f"`{one['model']}`, {one['kind']}", *times])
    return markdown(rows)


if __name__ == "__main__":
    main()
