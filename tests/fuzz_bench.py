"""Fuzzed inputs are tried in a process of their own, watched by a clock: a crash or a hang is a finding."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# The limits of what a user may be asked to bear with one file. The clock on the wall is more patient, for the machine
# may be busy: what takes longer than the first by the processor's own count is a finding, too.
MOST_SECONDS, MOST_WALL_SECONDS, MOST_BYTES = 10.0, 45.0, 1_000_000_000
_START_SECONDS = 120.0


@dataclass(frozen=True)
class Outcome:
    """What became of one case: `problems` of the program, empty when all is well; `reasons` that it gave; the costs."""

    problems: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    peak: int = 0


class Bench:
    """Tries cases one after the other; what they write stays in the folder `place`, which is emptied each time."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.most_seconds, self.most_bytes = MOST_SECONDS, MOST_BYTES
        place.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[str] | None = None

    def try_files(self, kind: str, files: Mapping[str, bytes]) -> Outcome:
        """Write the files of a case and let the program take them."""
        folder = self.place / "case"
        shutil.rmtree(folder, ignore_errors=True)
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return self.try_folder(kind, folder)

    def try_folder(self, kind: str, folder: Path) -> Outcome:
        """The same with a case that lies in a folder already."""
        process = self._running()
        assert process.stdin is not None
        begun = time.monotonic()
        process.stdin.write(f"{kind}\t{folder}\n")
        process.stdin.flush()
        line = self._line(process, MOST_WALL_SECONDS)
        if line is None:
            self.close()
            return Outcome((f"a hang: no answer after {MOST_WALL_SECONDS:.0f} s",), (), time.monotonic() - begun)
        if not line:
            said = f"a crash: exit code {process.wait()}\n{self._last_words()}"
            self.close()
            return Outcome((said,), (), time.monotonic() - begun)
        return self._judged(json.loads(line))

    def close(self) -> None:
        """End the process and everything that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            environment = os.environ | {"SHELTERLENS_HOME": str(self.place / "home"), "PYTHONHASHSEED": "0"}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz_worker", str(self.place)],
                cwd=Path(__file__).resolve().parent.parent, env=environment, text=True, start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            if not self._line(self._process, _START_SECONDS):
                raise RuntimeError(f"the process to be fuzzed does not start: {self._last_words()}")
        return self._process

    @staticmethod
    def _line(process: subprocess.Popen[str], seconds: float) -> str | None:
        """The next line: empty when the process has ended, None when none comes in time."""
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], seconds)
        return process.stdout.readline() if ready else None

    def _last_words(self) -> str:
        path = self.place / "crash.txt"
        return path.read_text(errors="replace")[:3000] if path.is_file() else ""

    def _judged(self, told: Mapping[str, object]) -> Outcome:
        seconds, peak = float(str(told["seconds"])), int(str(told["peak"]))
        problems, reasons = told["problems"], told["reasons"]
        assert isinstance(problems, list) and isinstance(reasons, list)
        if seconds > self.most_seconds:
            problems.append(f"too slow: {seconds:.1f} s of the processor")
        if peak > self.most_bytes:
            problems.append(f"too much memory: {peak / 1e6:.0f} MB")
        return Outcome(tuple(problems), tuple(reasons), seconds, peak)
