"""Build the finished programs and look whether they are whole: `make exe`.

python -m tools.executables.make [lean] [full]
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from core.contents import CONTENTS
from tools.executables.parts import KINDS, Program, program, shipped_files
from tools.executables.promises import ROOT, modules

DIST, BUILD = ROOT / "dist", ROOT / "build"
TIMES = BUILD / "times.json"
_MOST_BYTES = {"lean": 250_000_000, "full": 2_000_000_000}


def main(kinds: list[str]) -> None:
    """Build these, or all; a line and exit status 1 where one is not whole."""
    for kind in kinds or list(KINDS):
        wanted = program(kind)
        seconds = _build(wanted)
        problems = list(find_problems(wanted))
        if problems:
            raise SystemExit("\n".join(f"{wanted.name}: {problem}" for problem in problems))
        times = json.loads(TIMES.read_text(encoding="utf-8")) if TIMES.exists() else {}
        TIMES.write_text(json.dumps({**times, wanted.name: round(seconds)}), encoding="utf-8")
        print(f"{wanted.name} is in {folder_of(wanted)}: {bytes_of(folder_of(wanted)) / 1e6:.0f} MB, {seconds:.0f} s")


def folder_of(wanted: Program) -> Path:
    """Where the program lies when it is built."""
    return DIST / wanted.name


def executable_of(wanted: Program) -> Path:
    """What is started; on Windows, what answers in a terminal."""
    if sys.platform == "win32":
        return folder_of(wanted) / f"{wanted.command_name}.exe"
    return folder_of(wanted) / wanted.name


def bytes_of(folder: Path) -> int:
    """The bytes of all its files, of one with two names once."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            found[status.st_dev, status.st_ino] = status.st_size
    return sum(found.values())


def find_problems(wanted: Program) -> Iterator[str]:
    """What is missing in the program that was built, in comparison with the source, and by its own account."""
    folder = folder_of(wanted) / "_internal"
    lists = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
    unknown = set(modules(wanted.is_full)) - set(lists["modules"])
    yield from (f"it does not know the module {name}" for name in sorted(unknown))
    for source in shipped_files():
        there = folder / source.relative_to(ROOT)
        if not there.is_file() or there.stat().st_size != source.stat().st_size:
            yield f"the file {source.relative_to(ROOT)} is missing or another one"
    if not (folder / "licences").is_dir():
        yield "there are no licences"
    if (size := bytes_of(folder.parent)) > _MOST_BYTES[wanted.kind]:
        yield f"it has {size / 1e6:.0f} MB, more than {_MOST_BYTES[wanted.kind] / 1e6:.0f}"
    yield from _own_account(wanted)


def _own_account(wanted: Program) -> Iterator[str]:
    """What the program itself finds missing when it loads every part of itself."""
    with tempfile.TemporaryDirectory() as home:
        asked = [str(executable_of(wanted)), "doctor", "--thorough"]
        environment = {"HOME": home, "SHELTERLENS_HOME": home, "LANG": "C.UTF-8", "PATH": "/nowhere"}
        if sys.platform == "win32":
            environment = {**os.environ, "SHELTERLENS_HOME": home}
        answer = subprocess.run(
            asked, env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=900, check=False
        )
    missing = [line.strip() for line in answer.stdout.splitlines() if line.strip().startswith("MISSING")]
    if answer.returncode or missing:
        yield from missing or [f"its doctor ends with {answer.returncode}: {answer.stderr[-1000:]}"]


def _build(wanted: Program) -> float:
    """Seconds that PyInstaller took."""
    shutil.rmtree(folder_of(wanted), ignore_errors=True)
    began = time.monotonic()
    typed = ["--noconfirm", "--log-level", "WARN", "--distpath", str(DIST), "--workpath", str(BUILD / wanted.kind)]
    done = subprocess.run(
        [sys.executable, "-m", "PyInstaller", *typed, str(ROOT / "build.spec"), "--", wanted.kind],
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{wanted.name} was not built: see above")
    return time.monotonic() - began


if __name__ == "__main__":
    main(sys.argv[1:])
