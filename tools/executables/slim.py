"""What a finished program does not need of the packages that it is made of; found by looking where the bytes go."""

from __future__ import annotations

import ast
import fnmatch
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tools.executables.elf_needs import SharedLibrary, is_loadable
from tools.executables.promises import PACKAGES, ROOT

_WORTH_LINKING_BYTES = 1_000_000
Entry = tuple[str, str, str]  # of PyInstaller: the place in the program, the file that goes there, and its kind

# Tcl's time zones and the names of its months: the program asks Python for them. Pictures of Tk's own about box.
_NOT_OPENED = (
    "_tcl_data/tzdata/*",
    "_tcl_data/msgs/*",
    "_tk_data/images/*",
    "tcl8/*",
    "cv2/data/*",
    "*.dist-info/[!ME]*",  # METADATA and entry_points.txt; the licences lie in a folder of their own
    "*.dist-info/MANIFEST*",
    "*.dist-info/*/*",
    "*.pyi",
    "*.lib",
    "*.h",
    "opencv_videoio_ffmpeg*",
    "cv2/opencv_videoio_ffmpeg*",
)
# Of TensorFlow: what other programs are compiled with, and its tests.
_NOT_OPENED_OF_TENSORFLOW = (
    "tensorflow/include/*",
    "tensorflow/compiler/mlir/stablehlo/*.so",
    "tensorflow/python/profiler/internal/_pywrap_profiler_plugin.*",
    "tensorflow/xla_aot_runtime_src/*",
    "*/testdata/*",
    "matplotlib/mpl-data/sample_data/*",
    "sklearn/datasets/data/*",
    "sklearn/datasets/images/*",
    "sklearn/datasets/descr/*",
    "sklearn/datasets/tests/*",
    "*/tests/*",
)
# TensorFlow imports it whenever it is imported, for a remote profiler that nobody starts: 86 MB.
_ABSENT = "tensorflow.python.profiler.internal._pywrap_profiler_plugin"
# The functions of OpenCV that may need FFmpeg, OpenBLAS or libavif, which are left out on Linux.
_GRAFTED = "opencv_python_headless.libs"
NEEDS_WHAT_IS_LEFT_OUT = {
    *("imread", "imreadmulti", "imdecode", "imdecodemulti", "imcount", "haveImageReader", "haveImageWriter"),
    *("imwrite", "imwritemulti", "imencode", "imencodemulti", "VideoCapture", "VideoWriter"),
    *("PCACompute", "PCACompute2", "PCAProject", "SVDecomp", "SVBackSubst", "eigen", "eigenNonSymmetric", "solve"),
    *("gemm", "mulTransposed", "invert", "solvePnP", "findHomography", "calibrateCamera", "fitEllipse", "dnn", "ml"),
}


def leave_out(analysis: Any, is_full: bool, work: Path) -> None:
    """Take out of PyInstaller's analysis what is never used; changed files are written into the folder `work`.

    Raises SystemExit where the program calls a part of OpenCV that would be missing.
    """
    patterns = [*_NOT_OPENED, *(_NOT_OPENED_OF_TENSORFLOW if is_full else ())]
    analysis.datas = [entry for entry in analysis.datas if not _is_any_of(entry[0], patterns)]
    analysis.binaries = [entry for entry in analysis.binaries if not _is_any_of(entry[0], patterns)]
    if is_full:
        analysis.pure = [entry for entry in analysis.pure if not entry[0].endswith("_test")]
        analysis.pure.append((_ABSENT, str(Path(__file__).with_name("absent.py")), "PYMODULE"))
    if sys.platform == "linux":
        _check_opencv_calls()
        analysis.datas = _without_links(analysis.datas, _grafted(analysis.binaries))
        analysis.binaries = _with_small_opencv(analysis.binaries, work)
        analysis.binaries = _stripped(analysis.binaries, work)


def _is_any_of(place: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(place.replace(os.sep, "/"), pattern) for pattern in patterns)


def opencv_calls() -> set[str]:
    """The functions of OpenCV that the program calls."""
    called = set()
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        source = path.read_bytes()
        for node in ast.walk(ast.parse(source)) if b"cv2" in source else ():
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "cv2":
                called.add(node.attr)
    return called


def _check_opencv_calls() -> None:
    if wrong := opencv_calls() & NEEDS_WHAT_IS_LEFT_OUT:
        raise SystemExit(
            f"slim.py: OpenCV's {', '.join(sorted(wrong))} needs libraries that finished programs leave out"
        )


def _grafted(binaries: list[Entry]) -> dict[str, Path]:
    """The libraries that OpenCV's wheel brings along, by their names."""
    return {Path(place).name: Path(file) for place, file, _ in binaries if Path(place).parts[0] == _GRAFTED}


def _without_links(entries: list[Entry], names: Iterable[str]) -> list[Entry]:
    """Without links to files of these names."""
    return [entry for entry in entries if entry[2] != "SYMLINK" or Path(entry[1]).name not in names]


def _with_small_opencv(binaries: list[Entry], work: Path) -> list[Entry]:
    """OpenCV without the libraries that its wheel brings along, which are for what the program never asks of it."""
    grafted = _grafted(binaries)
    offered = set().union(*(SharedLibrary(file.read_bytes()).offered() for file in grafted.values()), set[str]())
    kept = []
    for place, file, kind in _without_links(binaries, grafted):
        if Path(place).name in grafted:
            continue
        if grafted and Path(place).parts[0] == "cv2" and kind == "EXTENSION":
            library = SharedLibrary(Path(file).read_bytes())
            library.forget(set(grafted), offered)
            file = str(_written(work / "smaller" / Path(place).name, bytes(library.content)))
        kept.append((place, file, kind))
    return kept


def _stripped(binaries: list[Entry], work: Path) -> list[Entry]:
    """Without the names that only a debugger reads."""
    if not shutil.which("strip"):
        print("slim.py: no `strip` here (binutils): the program becomes some 40 MB larger")
        return binaries
    with ThreadPoolExecutor() as threads:
        return list(threads.map(lambda entry: _strip(entry, work / "stripped"), binaries))


def _strip(entry: Entry, folder: Path) -> Entry:
    place, file, kind = entry
    if kind == "SYMLINK":
        return entry
    status = Path(file).stat()
    known = hashlib.sha256(f"{file} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:16]
    target = folder / f"{known}-{Path(place).name}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(["strip", "-o", target, file], capture_output=True, check=False)
        # `strip` spoils some files to which libraries were grafted: they cannot be loaded any more.
        if made.returncode or target.stat().st_size >= status.st_size or not is_loadable(target.read_bytes()):
            shutil.copyfile(file, target)
    target.chmod(status.st_mode)
    return place, str(target), kind


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)
    path.chmod(0o755)
    return path


def keep_once(folder: Path) -> None:
    """Make equal large files one with several names, where the system has such: two models share a network."""
    if sys.platform == "win32":
        return
    first: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size < _WORTH_LINKING_BYTES:
            continue
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        if content in first:
            path.unlink()
            path.hardlink_to(first[content])
        else:
            first[content] = path


def sizes(folder: Path) -> Iterator[tuple[str, int]]:
    """Bytes of each part of a finished program, the largest first."""
    found: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            parts = path.relative_to(folder).parts
            name = "/".join(parts[:2])
            found[name] = found.get(name, 0) + path.stat().st_size
    yield from sorted(found.items(), key=lambda item: -item[1])
