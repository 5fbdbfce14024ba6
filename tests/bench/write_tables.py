"""The tables of `make bench`, from the figures that its sections left:

    python -m tests.bench.write_tables [RESULTS] [--write]

Prints them; with `--write` they replace what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` in
README.md and docs/performance.md. A table of which nothing was measured stays as it is.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.folders import program_dir, replacing
from tests.bench.growth import growth_table
from tests.bench.speed_table import (
    OWN,
    TITLES,
    Column,
    Life,
    Results,
    Turn,
    life_table,
    markdown,
    memory_table,
    shortfalls,
    speed_table,
)
from tests.bench.steps import steps_table

FILES = (Path("README.md"), Path("docs") / "performance.md")
# The columns that the README shows, of all that are measured.
README_MODELS, README_KINDS = ("dogs-fast", "dogs"), ("large", "small", "png", "heic")
ORDER = ("one-network", "dogs-fast", "dogs")
MOMENTS = {"the window is drawn": "window drawn", "the first answer is shown": "first answer"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="?", default=Path("build") / "bench")
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    tables = {name: text for name, make in TABLES.items() if (text := make(wanted.results))}
    for name, text in tables.items():
        print(f"## {name}\n\n{text}\n")
    if wanted.write:
        for path in FILES:
            _write(program_dir() / path, tables)


def _write(path: Path, tables: dict[str, str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = filled(before, tables)
    if after != before:
        with replacing(path) as file:
            file.write(after.encode())
        print(f"{path.name} has the new tables.")


def filled(text: str, tables: dict[str, str]) -> str:
    """The text with these tables, each once, between their marks.

    >>> filled("a <!-- bench:x -->\\nold\\n<!-- /bench:x --> b", {"x": "new", "y": "z"})
    'a <!-- bench:x -->\\nnew\\n<!-- /bench:x --> b'
    """
    for name, table in tables.items():
        start, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
        marked = re.compile(f"{re.escape(start)}(.*?){re.escape(end)}", re.DOTALL)
        found = marked.search(text)
        if found is not None:  # within a line, as in a cell of another table, or on lines of its own
            line = "\n" if "\n" in found[1] else ""
            text = text[: found.start()] + start + line + table + line + end + text[found.end() :]
    return text


def _read(results: Path, name: str) -> Any:
    path = results / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _speeds(results: Path) -> tuple[Results, list[Column], list[dict[str, Any]]]:
    """The figures of all models that were measured."""
    runs = [found for model in ORDER if (found := _read(results, f"speed-{model}"))]
    turns = [Turn(**turn) for run in runs for turn in run["turns"]]
    lives = [Life(**life) for run in runs for life in run["lives"]]
    return Results(turns, lives), [Column(**column) for run in runs for column in run["columns"]], runs


def _speed(results: Path, make: Callable[[Results, Sequence[Column]], str], models: Sequence[str]) -> str:
    found, columns, _ = _speeds(results)
    columns = [one for one in columns if one.model in models and one.kind in README_KINDS]
    return make(found, columns) if columns else ""


def _all_speeds(results: Path) -> str:
    """A table for each model, with memory and what falls short."""
    found, columns, runs = _speeds(results)
    parts = []
    for model in ORDER:
        own = [column for column in columns if column.model == model]
        if own:
            parts += [speed_table(found, own), memory_table(found, own)]
    if columns:
        titles = {column.model: column.title.partition(",")[0] for column in columns}
        parts.append(life_table(found, titles))
        parts.append("\n".join(f"- Less than wanted: {sentence}." for sentence in shortfalls(found, columns)))
        parts += [f"{run['words']} {_others(run['others'])}" for run in runs[:1]]
    return "\n\n".join(part for part in parts if part)


def _others(share: float | None) -> str:
    return "" if share is None else f"Other programs used {share:.0%} of the processors meanwhile."


def _words(results: Path) -> str:
    """One line for the README: when, and on what."""
    _, _, runs = _speeds(results)
    if not runs:
        return ""
    turns = Results([Turn(**turn) for turn in runs[0]["turns"]], [])
    rounds = max(
        len([one for one in turns.turns if one.contender == OWN and one.kind == kind]) for kind in README_KINDS
    )
    machine = runs[0]["words"].partition(": ")[2].partition(", Python")[0]
    return (
        f"`make bench`, {runs[0]['date']}, {machine}; medians of {rounds} rounds. {_others(runs[0]['others'])}".strip()
    )


def _cores(results: Path) -> str:
    rows: list[list[str]] = []
    for cores in (1, 2):
        run = _read(results, f"cores-{cores}")
        if run is None:
            return ""
        found = Results([Turn(**turn) for turn in run["turns"]], [])
        columns = [Column(**column) for column in run["columns"]]
        rows = rows or [["photographs a second", *(column.title for column in columns)]]
        for contender in ("onnx", OWN):
            rates = [found.rate(contender, column) for column in columns]
            title = f"{TITLES[contender]}, {cores} core{'s' if cores > 1 else ''}"
            rows.append([title, *("–" if rate is None else f"{rate:.1f}" for rate in rates)])
        rows.append([f"Shelterlens' share of the bound, {cores} core{'s' if cores > 1 else ''}",
                     *(f"{100 * (found.share_of_bound(column) or 0):.0f} %" for column in columns)])  # fmt: skip
    return markdown(rows)


def _starts(results: Path) -> str:
    rows = [["", "window drawn", "first answer", "each further answer, 12 MP"]]
    for model in ("dogs", "dogs-fast"):
        for place in ("source", "executable"):
            found = _read(results, f"starts-{place}-{model}")
            if not found:
                continue
            cells = []
            for moment in MOMENTS:
                seconds = [start[moment] for start in found["starts"] if moment in start]
                cells.append(f"{statistics.median(seconds):.2f} s" if seconds else "–")
            answers = found.get("answers_s") if place == "source" else None
            cells.append(f"{statistics.median(answers):.2f} s" if answers else "–")
            rows.append([f"`{model}`, {place}", *cells])
    return markdown(rows) if len(rows) > 1 else ""


def _start_words(results: Path, model: str) -> str:
    """For a cell: window drawn and first answer, started from the source."""
    found = _read(results, f"starts-source-{model}")
    seconds = [[start[moment] for start in found["starts"] if moment in start] for moment in MOMENTS] if found else [[]]
    return " · ".join(f"{statistics.median(some):.1f} s" for some in seconds) if all(seconds) else ""


def _answer_words(results: Path, model: str) -> str:
    """For a cell: each further answer."""
    found = _read(results, f"starts-source-{model}")
    answers = found.get("answers_s") if found else None
    return f"{statistics.median(answers):.2f} s" if answers else ""


def _head(results: Path) -> str:
    found = _read(results, "head")
    if not found:
        return ""
    rows = [["way", "seconds", "right on the validation photographs"]]
    rows += [
        [one["told"], f"{one['seconds']:.1f}", f"{100 * one['accuracy']:.1f} %"]
        for one in (found["usual"], found["head"])
    ]
    train, validation = found["photographs"]
    times = found["usual"]["seconds"] / found["head"]["seconds"]
    return (
        f"{markdown(rows)}\n\n{times:.0f} times as fast: {train} photographs to train on, {validation} for validation, "
        f"{found['classes']} classes, medians of {found['rounds']} rounds in turns; model.fit's accuracy is that "
        f"of the epochs measured. The embeddings took {found['embedding_s']:.1f} s, once for all fits."
    )


def _growth(results: Path) -> str:
    found = _read(results, "growth")
    return growth_table(found) if found else ""


def _steps(results: Path) -> str:
    found = _read(results, "steps")
    return steps_table(found) if found else ""


# What stands where: the names of the marks in the two files.
TABLES: dict[str, Callable[[Path], str]] = {
    "speed": lambda results: _speed(results, speed_table, README_MODELS),
    "memory": lambda results: _speed(results, memory_table, README_MODELS),
    "words": _words,
    "all": _all_speeds,
    "cores": _cores,
    "starts": _starts,
    "start-dogs": lambda results: _start_words(results, "dogs"),
    "start-dogs-fast": lambda results: _start_words(results, "dogs-fast"),
    "answer-dogs": lambda results: _answer_words(results, "dogs"),
    "answer-dogs-fast": lambda results: _answer_words(results, "dogs-fast"),
    "head": _head,
    "growth": _growth,
    "steps": _steps,
}


if __name__ == "__main__":
    main()
