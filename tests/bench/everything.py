"""All that `make bench` measures, one section after the other; a run that was ended goes on where it was.

    python -m tests.bench.everything [PHOTOGRAPHS] [--quick] [--only SECTION ...] [--again] [--results FOLDER]

Each section is a process of its own that leaves a JSON file in the folder of the results (build/bench); a section whose
file is there is not measured again without `--again`. At the end `tests.bench.write_tables` shows the tables; with
`--write` it puts them into README.md and docs/performance.md.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.folders import program_dir
from tests.bench.speed import DEVELOPMENT_PHOTOGRAPHS

RESULTS = Path("build") / "bench"
PROGRAM = Path("dist") / "Shelterlens" / "Shelterlens"
MODELS = ("dogs-fast", "one-network", "dogs")
CORES = (1, 2)
STARTED = ("dogs", "dogs-fast")


@dataclass(frozen=True)
class Section:
    """One process: its name, which is also that of its file, and what is run (`-m tests.bench....`)."""

    name: str
    command: tuple[str, ...]
    needs_window: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = DEVELOPMENT_PHOTOGRAPHS if DEVELOPMENT_PHOTOGRAPHS.is_dir() else None
    parser.add_argument("photographs", type=Path, nargs="?", default=default, help="a folder; without one, drawings")
    parser.add_argument("--classes", type=Path, help="a folder with a folder for each class, to train a head on")
    parser.add_argument("--quick", action="store_true", help="one round, few photographs: about five minutes")
    parser.add_argument(
        "--only", nargs="+", metavar="SECTION", help="these only: speed-dogs, cores-1, head, growth, ..."
    )
    parser.add_argument("--again", action="store_true", help="measure also what has been measured")
    parser.add_argument("--results", type=Path, help=f"where the figures are kept ({RESULTS}; quick ones beside)")
    parser.add_argument("--write", action="store_true", help="put the tables into README.md and docs/performance.md")
    wanted = parser.parse_args()
    results = wanted.results or (RESULTS.with_name("bench-quick") if wanted.quick else RESULTS)
    results.mkdir(parents=True, exist_ok=True)
    known = list(sections(wanted.photographs, wanted.classes, results, wanted.quick))
    if unknown := set(wanted.only or ()) - {one.name for one in known}:
        parser.error(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(one.name for one in known)}")
    failed = [
        one.name for one in known if not wanted.only or one.name in wanted.only if not _run(one, results, wanted.again)
    ]
    shutil.rmtree(results / "work", ignore_errors=True) if not failed and not wanted.only else None
    write = ["--write"] if wanted.write else []
    subprocess.run([sys.executable, "-m", "tests.bench.write_tables", str(results), *write], check=True)
    if failed:
        raise SystemExit(f"Not measured, or not well: {', '.join(failed)}")


def sections(photographs: Path | None, classes: Path | None, results: Path, is_quick: bool) -> Iterator[Section]:
    """All sections, in the order in which they are run."""
    given = [str(photographs)] if photographs else []
    kept = ["--work", str(results / "work")]
    few = ["--number", "6", "--rounds", "1"] if is_quick else []
    for model in MODELS:
        more = ["--kinds", "large", "small"] if model == "one-network" or is_quick else []
        if model == "dogs-fast":
            # No public classifier has the networks of a model: they are measured once.
            more += ["--contenders", "keras", "tf.data", "onnx", "labdog", "speciesnet", "shelterlens", "bound"]
        yield _speed(f"speed-{model}", [*given, "--models", model, *kept, *few, *more], results)
    for cores in CORES:
        more = ["--cores", str(cores), "--kinds", "large", "small", "--contenders", "onnx", "shelterlens", "bound"]
        yield _speed(f"cores-{cores}", [*given, "--models", "dogs-fast", *kept, *few, *more], results)
    few = ["--number", "6", "--rounds", "1"] if is_quick else []
    yield Section("steps", ("steps", *given, *kept, *few, "--json", str(results / "steps.json")))
    yield from _starts(given or [str(program_dir() / "docs")], results, is_quick)
    few = ["--rounds", "1" if is_quick else "5"]
    command = ["head_speed", *([str(classes)] if classes else []), "--epochs", "1", *few]
    yield Section("head", (*command, "--json", str(results / "head.json")))
    few = ["--numbers", "200"] if is_quick else []
    yield Section("growth", ("growth", *few, "--json", str(results / "growth.json")))


def _speed(name: str, options: Sequence[str], results: Path) -> Section:
    return Section(name, ("speed", *options, "--json", str(results / f"{name}.json")))


def _starts(given: Sequence[str], results: Path, is_quick: bool) -> Iterator[Section]:
    starts, number = ("1", "2") if is_quick else ("5", "20")
    for model in STARTED:
        for name, program in (("source", []), ("executable", ["--program", str(PROGRAM)])):
            file = f"starts-{name}-{model}"
            # Later answers are computed in the bench's own process: the executable has no part in them.
            few = ["--starts", starts, "--number", "0" if program else number]
            options = (*given, "--model", model, *few, *program, "--json", str(results / f"{file}.json"))
            yield Section(file, ("answer_times", *options), needs_window=True)


def _run(section: Section, results: Path, again: bool) -> bool:
    """Whether the section has been measured, now or before."""
    file = results / f"{section.name}.json"
    if file.is_file() and (again or section.name != "growth"):  # growth goes on within its file
        if not again:
            _say(f"{section.name}: measured before")
            return True
        file.unlink()
    if "--program" in section.command and not PROGRAM.is_file():
        _say(f"{section.name}: left out, there is no {PROGRAM} (make exe)")
        return True
    command = [sys.executable, "-m", f"tests.bench.{section.command[0]}", *section.command[1:]]
    if section.needs_window and sys.platform == "linux":
        if shutil.which("xvfb-run") is None:
            _say(f"{section.name}: left out, there is no xvfb-run")
            return True
        command = ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24", *command]
    _say(f"{section.name} ...")
    began = time.monotonic()
    with (results / f"{section.name}.txt").open("w", encoding="utf-8") as said:
        done = subprocess.run(command, stdout=said, check=False)
    _say(f"{section.name}: {'done' if file.is_file() else 'FAILED'} after {time.monotonic() - began:.0f} s")
    return file.is_file() and (done.returncode == 0 or section.name == "head")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
