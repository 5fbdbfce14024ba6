"""The process in which fuzzed inputs are tried, one after the other: it watches memory, time and what is left behind.

Run as `python -m tests.fuzz_worker FOLDER`; a line "kind<TAB>folder of the case" on stdin gives a line of JSON on
stdout. What is done with a case is written in `tests.fuzz_checks`; a crash here is a finding, not the end of it all.
"""

from __future__ import annotations

import faulthandler
import hashlib
import json
import logging
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from core.errors import UserError
from core.texts import set_language

# Far above what is allowed, so that a bomb ends this process and not the machine.
_MOST_ADDRESSES = 6 << 30
# What Python and the system say of their own accord, and no user understands.
_RAW = re.compile(r"Traceback|Errno|Exception|<class|object at 0x|ValidationError|\w+Error\(|^\s*$")


def main() -> None:
    """Try cases until nobody asks any more."""
    answers = _own_stdout()
    place = Path(sys.argv[1])
    faulthandler.enable((place / "crash.txt").open("w"))
    logging.getLogger().addHandler(logging.NullHandler())
    _bound_memory()
    from tests.fuzz_checks import CHECKS
    from tests.fuzz_ready import prepare

    prepare(place)
    answers.write('{"ready": true}\n')
    answers.flush()
    for line in sys.stdin:
        kind, folder = line.rstrip("\n").split("\t")
        answers.write(json.dumps(_tried(CHECKS[kind], Path(folder), place)) + "\n")
        answers.flush()


def _tried(check: Callable[[Path], Iterable[str]], folder: Path, place: Path) -> dict[str, object]:
    _reset_peak()
    begun = time.process_time()
    problems, reasons = _once(check, folder, place, "en")
    seconds = time.process_time() - begun
    if reasons and not problems:
        problems, again = _once(check, folder, place, "fr")
        if not problems and again == reasons:
            problems = [f"the same words in both languages: {reasons}"]
    return {"problems": problems, "reasons": reasons[:3], "seconds": seconds, "peak": _peak_bytes()}


def _once(
    check: Callable[[Path], Iterable[str]], folder: Path, place: Path, language: str
) -> tuple[list[str], list[str]]:
    """What is wrong with the program, and what it says is wrong with the case."""
    home, temporary = place / "home", place / "tmp"
    for one in (home, temporary):
        shutil.rmtree(one, ignore_errors=True)
        one.mkdir()
    tempfile.tempdir = str(temporary)
    set_language("fr" if language == "fr" else "en")
    before = _contents(folder)
    reasons: list[str] = []
    problems: list[str] = []
    try:
        reasons += check(folder)
    except UserError as error:
        reasons.append(str(error))
    except MemoryError:
        problems.append(f"memory: {traceback.format_exc()}")
    except Exception:
        problems.append(traceback.format_exc())
    problems += [f"a reason that nobody understands: {one!r}" for one in reasons if _RAW.search(one)]
    if _contents(folder) != before:
        problems.append("the input was changed")
    if left := [path.name for path in temporary.iterdir()]:
        problems.append(f"left in the temporary folder: {left}")
    return problems, reasons


def _contents(folder: Path) -> dict[str, str]:
    """Every plain file of the case by its hash."""
    files = (Path(above) / name for above, _, names in os.walk(folder) for name in names)
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file() and not path.is_symlink()
    }


def _own_stdout() -> TextIO:
    """Where the answers go: what the program or native code prints must not come between them."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _bound_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_ADDRESSES, _MOST_ADDRESSES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _reset_peak() -> None:
    """Let the kernel begin anew with the most memory that was ever taken; only Linux can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    """The most memory that this process has held since `_reset_peak`; 0 where nobody knows."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    main()
