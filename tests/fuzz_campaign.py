"""The long fuzz, `make fuzz`: inputs of every kind until the time is up; what the program does not bear is kept.

A kept folder is tried again with `python -m tests.fuzz_campaign --again FOLDER`. Its name says kind, seed and number.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz_bench import Bench, Outcome
from tests.fuzz_cases import KINDS, Case, cases

# How many cases of a kind follow each other before the next kind has its turn.
_A_ROUND = {"network": 8, "library": 20, "path": 10}
_OF_OTHERS = 40
_MOST_KEPT_OF_ONE = 3


@dataclass
class Tally:
    """What became of the cases of one kind."""

    cases: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    peak: int = 0
    findings: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        self.cases += 1
        self.refused += bool(outcome.reasons)
        self.seconds += outcome.seconds
        self.slowest = max(self.slowest, outcome.seconds)
        self.peak = max(self.peak, outcome.peak)

    def line(self, kind: str) -> str:
        return (
            f"{kind:11} {self.cases:7} cases, {self.refused:7} refused, {self.seconds:7.0f} s, slowest "
            f"{self.slowest:5.2f} s, at most {self.peak / 1e6:4.0f} MB, findings: {sum(self.findings.values())}"
        )


class Campaign:
    """Rounds over all kinds, each case drawn from a seed that is printed."""

    def __init__(self, bench: Bench, kept: Path, until: float) -> None:
        self._bench, self._kept, self._until = bench, kept, until
        self.tallies: dict[str, Tally] = {}

    def round(self, kind: str, number: int) -> None:
        """Some cases of this kind from this seed; after the time is up, none."""
        tally = self.tallies.setdefault(kind, Tally())

        @seed(number)
        @settings(
            max_examples=_A_ROUND.get(kind, _OF_OTHERS), database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(cases(kind))
        def one(files: Case) -> None:
            if time.monotonic() < self._until:
                outcome = self._bench.try_files(kind, files)
                tally.add(outcome)
                if outcome.problems:
                    self._note(tally, f"{kind}-{number}-{tally.cases}", outcome)

        one()

    def _note(self, tally: Tally, name: str, outcome: Outcome) -> None:
        which = kind_of_problem(outcome.problems[0])
        tally.findings[which] += 1
        if tally.findings[which] <= _MOST_KEPT_OF_ONE:
            folder = self._kept / name
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self._bench.place / "case", folder / "case", symlinks=True)
            (folder / "problem.txt").write_text("\n".join(outcome.problems), encoding="utf-8")
            last = outcome.problems[0].strip().splitlines()[-1]
            print(f"  {name}: {last[:200]}\n    kept in {folder}", flush=True)


def kind_of_problem(problem: str) -> str:
    """Two cases with the same are most likely one defect: the last lines of the code, without numbers."""
    lines = re.findall(r'File "([^"]+)", line (\d+)', problem)[-2:]
    last = problem.strip().splitlines()[-1]
    return hashlib.sha256(repr((lines, re.sub(r"\d+", "0", last)[:40])).encode()).hexdigest()[:12]


def main() -> int:
    """Fuzz for a while; 1 when there was a finding."""
    args = _arguments()
    # In memory where there is such a place: each case writes dozens of files, and waits for the disk each time.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="shelterlens-fuzz-", dir=memory) as place:
        bench = Bench(Path(place))
        try:
            return _again(bench, args.again) if args.again else _fuzzed(bench, args)
        finally:
            bench.close()


def _fuzzed(bench: Bench, args: argparse.Namespace) -> int:
    first = args.seed if args.seed is not None else random.randrange(10**6) * 1000
    print(f"seeds from {first}; findings go to {args.keep}", flush=True)
    begun = time.monotonic()
    campaign = Campaign(bench, args.keep, begun + args.seconds)
    number = first
    while time.monotonic() < begun + args.seconds:
        for kind in args.kinds:
            campaign.round(kind, number)
        number += 1
    print(f"seeds {first} to {number - 1}, {time.monotonic() - begun:.0f} s")
    for kind, tally in campaign.tallies.items():
        print(tally.line(kind))
    return int(any(tally.findings for tally in campaign.tallies.values()))


def _again(bench: Bench, folder: Path) -> int:
    """Try what was kept once more; a single case, or all below a folder."""
    cases = (
        [folder] if (folder / "case").is_dir() else sorted(one for one in folder.iterdir() if (one / "case").is_dir())
    )
    failed = 0
    for one in cases:
        shutil.copytree(one / "case", bench.place / "again", symlinks=True, dirs_exist_ok=False)
        outcome = bench.try_folder(one.name.split("-")[0], bench.place / "again")
        shutil.rmtree(bench.place / "again", ignore_errors=True)
        failed += bool(outcome.problems)
        costs = f"{outcome.seconds:.2f} s, {outcome.peak / 1e6:.0f} MB"
        print(f"{one.name}: {costs}, {'; '.join(outcome.problems) or 'borne'}")
    return int(failed > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz")
    add: Callable[..., object] = parser.add_argument
    add("--seconds", type=float, default=600)
    add("--seed", type=int, help="the first seed (default: by chance)")
    add("--kinds", nargs="+", choices=KINDS, default=KINDS)
    add("--keep", type=Path, default=Path(tempfile.gettempdir()) / "shelterlens-findings", help="where findings go")
    add("--again", type=Path, help="try what was kept once more")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
