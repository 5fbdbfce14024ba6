"""Photographs a second, side by side: plain Keras, tf.data, ONNX Runtime, Shelterlens, and what is possible at all.

    python -m tests.bench.speed [PHOTOGRAPHS] [--number 300] [--rounds 3] [--models dogs dogs-fast one-network]

`make bench` sets everything up for it. Everybody answers the same photographs, in turns, each in a process of its own;
figures are medians of the rounds. Progress goes to stderr, the table to stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

from core.bundles import View, load_bundle, read_info, write_bundle
from core.folders import program_dir, shipped_models_dir
from core.machine import memory_bytes, usable_processors
from tests.bench.speed_contenders import CONTENDERS, Reply
from tests.bench.speed_photos import KINDS, Kind, make_photographs
from tests.bench.speed_table import (
    AGAIN,
    BOUND,
    OWN,
    PLAIN,
    Column,
    Life,
    Results,
    Turn,
    life_table,
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
# With several networks, plain Keras takes minutes: it answers one photograph in so many.
SLOW_PART = 5
VERSIONS = ("tensorflow", "keras", "onnxruntime", "ai-edge-litert", "pillow", "numpy")


def main() -> None:
    wanted = _arguments()
    with tempfile.TemporaryDirectory(prefix="shelterlens-bench-") as folder:
        work = Path(folder)
        models = {name: _model(name, work) for name in wanted.models}
        photographs = _photographs(work / "photographs", wanted.photographs, WARM_UP + wanted.number)
        meter = Meter()
        turns: list[Turn] = []
        lives: list[Life] = []
        for name, model in models.items():
            networks = _networks(model, work / "networks", wanted.contenders)
            _measure(name, model, networks, photographs, wanted.rounds, wanted.contenders, turns, lives)
        _report(Results(turns, lives), wanted, models, photographs, meter.others())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = DEVELOPMENT_PHOTOGRAPHS if DEVELOPMENT_PHOTOGRAPHS.is_dir() else None
    parser.add_argument("photographs", type=Path, nargs="?", default=default, help="a folder; without one, drawings")
    parser.add_argument("--number", type=int, default=300, help="how many photographs of each size")
    parser.add_argument("--rounds", type=int, default=3, help="in how many turns they are answered")
    parser.add_argument("--models", nargs="+", default=[SINGLE, "dogs-fast", "dogs"], metavar="NAME or FOLDER")
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=CONTENDERS)
    wanted = parser.parse_args()
    if wanted.number < wanted.rounds or wanted.rounds < 1:
        parser.error("every round needs a photograph")
    return wanted


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _model(name: str, work: Path) -> Path:
    """The folder of a model that ships, of any other one, or of the one that is made here."""
    if name != SINGLE:
        return shipped_models_dir() / name if (shipped_models_dir() / name).is_dir() else Path(name)
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
    return write_bundle(work / "models" / SINGLE, info, arrays, files, "For the benchmark.").folder


def _photographs(into: Path, source: Path | None, number: int) -> dict[Kind, list[Path]]:
    made = {}
    for kind in KINDS:
        _say(f"Making {number} photographs of {kind.pixels / 1e6:.2g} megapixels from {source or 'drawings'} ...")
        made[kind] = make_photographs(into, kind, source, number)
    return made


def _networks(model: Path, into: Path, contenders: Sequence[str]) -> Path:
    into.mkdir(exist_ok=True)
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
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed in __exit__
        command = [sys.executable, "-m", "tests.bench.speed_contenders", name, str(model), str(networks)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, env=_quiet()
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


class Meter:
    """How much of the processors others use, from now on."""

    def __init__(self) -> None:
        self._began = self._read()

    def others(self) -> float | None:
        """Their share of all processors since then; None where the system does not say. Ask when all children ended."""
        began, now = self._began, self._read()
        if began is None or now is None or now[1] <= began[1]:
            return None
        return (now[0] - began[0]) / (now[1] - began[1])

    @staticmethod
    def _read() -> tuple[float, float] | None:
        """Seconds that all processors were busy with others, and those that went by on all of them."""
        if sys.platform != "linux":
            return None
        line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
        spent = [int(part) / os.sysconf("SC_CLK_TCK") for part in line.split()[1:9]]
        idle = spent[3] + spent[4]
        return sum(spent) - idle - sum(os.times()[:4]), sum(spent)


def _quiet() -> dict[str, str]:
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}


def _measure(
    name: str,
    model: Path,
    networks: Path,
    photographs: dict[Kind, list[Path]],
    rounds: int,
    contenders: Sequence[str],
    turns: list[Turn],
    lives: list[Life],
) -> None:
    """Start all contenders for one model, let each warm up on photographs that do not count, then answer in turns."""
    is_slow = len(read_info(model).backbones) > 1
    with ExitStack() as stack:
        runners: list[Runner] = []
        starts: dict[str, float] = {}
        memory: dict[str, float] = {}
        for contender in contenders:
            began = time.perf_counter()
            runners.append(stack.enter_context(Runner(contender, model, networks)))
            runners[-1].answer(photographs[KINDS[0]][:1])
            starts[contender] = time.perf_counter() - began
            for kind, paths in photographs.items():
                runners[-1].answer(paths[kind is KINDS[0] : WARM_UP])
            _say(f"{name}: {contender} is ready after {starts[contender]:.1f} s")
        for kind, runner, place, paths in _turns(photographs, runners, rounds):
            if is_slow and runner.name == PLAIN:
                paths = paths[: max(1, len(paths) // SLOW_PART)]
            reply = runner.answer(paths)
            memory[runner.name] = reply.memory_mb
            turns.append(Turn(runner.name, name, kind.name, reply.count, reply.seconds, reply.cpu_s, reply.parts))
            said = f"{reply.count / reply.seconds:.1f} a second"
            if runner.name == OWN:
                known = runner.answer(paths, again=True)
                turns.append(Turn(AGAIN, name, kind.name, known.count, known.seconds, known.cpu_s))
                said += f", then {1000 * known.seconds / known.count:.2f} ms each as they are known"
            _say(f"{name}, {kind.title}, round {place + 1} of {rounds}: {runner.name} {said}")
        lives += [Life(contender, name, starts[contender], memory[contender]) for contender in contenders]


def _turns(
    photographs: dict[Kind, list[Path]], runners: Sequence[Runner], rounds: int
) -> Iterator[tuple[Kind, Runner, int, list[Path]]]:
    """Who answers what, in order: in every round another contender begins, and all answer the same photographs."""
    for place in range(rounds):
        for kind, paths in photographs.items():
            first = place % len(runners)
            for runner in [*runners[first:], *runners[:first]]:
                yield kind, runner, place, paths[WARM_UP + place :: rounds]


def _report(
    results: Results,
    wanted: argparse.Namespace,
    models: dict[str, Path],
    photographs: dict[Kind, list[Path]],
    others: float | None,
) -> None:
    titles = {name: TITLES.get(name, f"`{model.name}`") for name, model in models.items()}
    columns = [Column(name, kind.name, f"{titles[name]}, {kind.title}") for name in models for kind in KINDS]
    print(speed_table(results, columns), end="\n\n")
    print(life_table(results, titles), end="\n\n")
    print(_circumstances(results, wanted, photographs, columns))
    for column in columns:
        parts = ", ".join(f"{part} {ms:.1f}" for part, ms in results.parts_ms(BOUND, column).items())
        spent = ((name, results.cpu_ms(name, column)) for name in wanted.contenders if name != BOUND)
        cpu = ", ".join(f"{name} {ms:.1f}" for name, ms in spent if ms is not None)
        _say(f"{column.title}, ms a photograph: with all processors busy: {parts}; of processor time: {cpu}")
    if others is not None:
        _say(f"Other programs used {others:.0%} of the processors meanwhile; beyond a few percent, measure again.")
    for sentence in shortfalls(results, columns):
        _say(f"LESS THAN WANTED  {sentence}")


def _circumstances(
    results: Results, wanted: argparse.Namespace, photographs: dict[Kind, list[Path]], columns: Sequence[Column]
) -> str:
    """On what, when, with which versions and which photographs."""
    sizes = ", ".join(
        f"{len(paths) - WARM_UP} JPEGs of {kind.pixels / 1e6:.2g} megapixels "
        f"(median {statistics.median(path.stat().st_size for path in paths) / 1e6:.2g} MB)"
        for kind, paths in photographs.items()
    )
    fewer = min((count for column in columns if (count := results.count(PLAIN, column))), default=wanted.number)
    slow = f"; plain Keras with several networks answered {fewer} of them" if fewer < wanted.number else ""
    versions = ", ".join(f"{name} {found}" for name in VERSIONS if (found := _version(name)))
    return (
        f"Measured by `make bench` on {date.today()}: {_processor()}, {usable_processors()} cores, "
        f"{memory_bytes() / 2**30:.0f} GB of memory, {platform.system()}, Python {platform.python_version()}, "
        f"{versions}. "
        f"{sizes}{slow}. Everybody in a process of its own, in turns over the same photographs, medians of "
        f"{wanted.rounds} rounds. The others run the same networks at the same input sizes and as often a photograph, "
        "with random weights, on which speed does not depend. The bound: the time to decode all photographs with all "
        "cores and do nothing else, plus the time to run the networks on ready inputs with all cores."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    if sys.platform == "linux":
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    # Ended by force, it takes its gigabyte of photographs and its children along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
