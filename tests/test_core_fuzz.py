"""The bounded fuzz: some inputs of every kind, the same ones each time; the long one is `make fuzz`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz_bench import Bench, Outcome
from tests.fuzz_cases import Case, cases

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the bench waits for a pipe with select")
# About three seconds for each kind.
_EXAMPLES = {
    "photograph": 16, "model": 20, "network": 1, "library": 5, "own": 30, "table": 30, "study": 15, "run": 25,
    "path": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A process that tries cases; its files in memory where there is such a place, for it writes dozens each time."""
    memory = Path("/dev/shm")
    place = memory / f"fuzz-{os.getpid()}" if os.access(memory, os.W_OK) else tmp_path_factory.mktemp("fuzz")
    made = Bench(place)
    yield made
    made.close()
    shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize("kind", sorted(_EXAMPLES))
def test_whatever_comes_is_borne_or_refused_with_a_reason(bench: Bench, kind: str) -> None:
    outcomes: list[Outcome] = []

    @settings(
        max_examples=_EXAMPLES[kind], derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(cases(kind))
    def is_borne(files: Case) -> None:
        outcome = bench.try_files(kind, files)
        outcomes.append(outcome)
        assert not outcome.problems, "\n".join(outcome.problems)

    is_borne()
    assert any(outcome.reasons for outcome in outcomes) or kind == "network", "nothing was refused: is it tried at all?"


def test_the_bench_sees_what_it_is_there_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, a bench that sees nothing would let everything pass."""
    monkeypatch.setattr(bench, "most_seconds", 0.1)
    monkeypatch.setattr(bench, "most_bytes", 400_000_000)
    for which, word in (
        ("error", "ZeroDivisionError"), ("memory", "too much memory"), ("slow", "too slow"),
        ("silent", "nobody understands"), ("raw", "nobody understands"), ("English", "both languages"),
        ("writes", "was changed"), ("litter", "left in the temporary folder"), ("crash", "a crash: exit code -11"),
    ):  # fmt: skip
        outcome = bench.try_files("bad", {"what": which.encode(), "input": b"1"})
        assert any(word in problem for problem in outcome.problems), (which, outcome)
    assert bench.try_files("bad", {"what": b"none", "input": b"1"}).problems == ()
