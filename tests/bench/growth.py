"""How tagging grows with a folder: the first time, again, and with a new head, for 1,000, 10,000 and 100,000 files.

    python -m tests.bench.growth [--numbers 1000 10000 100000] [--contents 10000] [--model dogs-fast] [--json FILE]

Small JPEGs, of which at most `contents` differ (hard copies of a few photographs, told apart by a comment), each number
in a folder and with a library of its own, one run of each. With `--json` a number that is in the file is not run again.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from core.folders import library_path
from core.models import find_model
from core.processes import Elsewhere
from core.served import serve_model
from tests.bench.many_files import Measured, pictures, retrain, say, tag, write_files
from tests.bench.speed_machine import Meter
from tests.bench.speed_table import markdown

# What is measured, in its order, and what the table calls it.
RUNS = {
    "first": "the first time",
    "again": "again, everything known",
    "retrained": "after retraining, from stored vectors",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--contents", type=int, default=10_000, help="at most so many files differ")
    parser.add_argument("--model", default="dogs-fast")
    parser.add_argument("--photographs", type=Path, help="a folder with photographs for the pixels (default: drawings)")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    wanted = parser.parse_args()
    found: dict[str, dict[str, object]] = {}
    if wanted.json and wanted.json.is_file():
        found = json.loads(wanted.json.read_text(encoding="utf-8"))
    jpegs = list(pictures(wanted.photographs))
    for number in wanted.numbers:
        if str(number) in found:
            continue
        found[str(number)] = measure(number, min(number, wanted.contents), wanted.model, jpegs)
        if wanted.json:
            wanted.json.parent.mkdir(parents=True, exist_ok=True)
            wanted.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(growth_table(found))


def measure(number: int, contents: int, model: str, jpegs: list[bytes]) -> dict[str, object]:
    """Tag so many files three times; each run becomes seconds, how many were known, and megabytes."""
    meter = Meter()
    figures: dict[str, object] = {"contents": contents, "model": model}
    with tempfile.TemporaryDirectory(prefix="shelterlens-growth-") as place:
        os.environ["SHELTERLENS_HOME"] = str(Path(place) / "home")
        root = Path(place) / "photographs"
        write_files(root, number, contents, jpegs)
        for name in RUNS:
            if name == "retrained":
                retrain(find_model(model))
            served = Elsewhere(serve_model, "retrained" if name == "retrained" else model)
            figures[name] = _figures(number, name, tag(served, root))
            served.close()
        figures["library_mb"] = sum(part.stat().st_size for part in library_path().parent.glob("library.sqlite*")) / 1e6
    figures["others"] = meter.others()
    return figures


def _figures(number: int, name: str, measured: Measured) -> dict[str, float]:
    say(f"{number}, {RUNS[name]}", measured)
    if measured.last.done != number:
        raise SystemExit(f"only {measured.last.done} of {number} were tagged: {measured.last.problem}")
    return {"seconds": measured.seconds, "known": measured.last.known, "memory_mb": measured.megabytes}


def growth_table(found: dict[str, dict[str, object]]) -> str:
    """Milliseconds a photograph and peak memory, as Markdown."""
    numbers = sorted(found, key=int)
    rows = [["milliseconds a photograph · peak memory", *(f"{int(number):,} files" for number in numbers)]]
    for name, title in RUNS.items():
        rows.append([title, *(_cell(int(number), found[number][name]) for number in numbers)])
    rows.append(["different contents among them", *(f"{found[number]['contents']:,}" for number in numbers)])
    rows.append(["library", *(f"{found[number]['library_mb']:.0f} MB" for number in numbers)])
    return markdown(rows)


def _cell(number: int, run: object) -> str:
    assert isinstance(run, dict)
    ms = 1000 * run["seconds"] / number
    return f"{ms:.1f} ms · {run['memory_mb']:.0f} MB" if ms >= 1 else f"{ms:.2f} ms · {run['memory_mb']:.0f} MB"


if __name__ == "__main__":
    main()
