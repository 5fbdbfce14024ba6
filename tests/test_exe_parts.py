"""What goes into finished programs and what stays out, without building one."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.about import NAME, VERSION
from tools.executables import make, parts, slim
from tools.executables.elf_needs import SharedLibrary, is_loadable
from tools.executables.promises import ROOT, modules


def test_names_and_version_come_from_setup_cfg() -> None:
    lean, full = (parts.program(kind) for kind in parts.KINDS)
    assert (lean.name, full.name) == (NAME, f"{NAME} full")
    assert {lean.version, full.version} == {VERSION}
    with pytest.raises(SystemExit, match="tiny"):
        parts.program("tiny")


def test_windows_is_told_name_and_version() -> None:
    """PyInstaller evaluates the text with classes of its own, which exist on Windows only."""

    def kept(*values: object, **named: object) -> object:
        return values or named

    names = (
        "VSVersionInfo",
        "FixedFileInfo",
        "StringFileInfo",
        "StringTable",
        "StringStruct",
        "VarFileInfo",
        "VarStruct",
    )
    told = str(eval(parts.version_text(parts.program("full")), dict.fromkeys(names, kept)))
    numbers = tuple([*map(int, VERSION.split(".")), 0][:4])
    assert f"('FileDescription', '{NAME} full')" in told and f"'filevers': {numbers}" in told


def test_the_small_program_promises_all_that_needs_no_keras() -> None:
    lean, full = set(modules(False)), set(modules(True))
    assert {"main", "gui.app", "core.train_process", "training.head_mode", "training.commands"} <= lean
    assert {"training.fit", "training.search", "training.from_litert"} <= full - lean
    assert all(name.startswith("training.") for name in full - lean)


def test_models_texts_and_manual_are_shipped() -> None:
    shipped = {path.relative_to(ROOT).as_posix() for path in parts.shipped_files()}
    assert {
        "models/dogs/bundle.json",
        "models/outline/u2netp.tflite",
        "resources/locale/fr/LC_MESSAGES/shelterlens.po",
        "docs/en/index.md",
    } <= shipped
    assert not any("/." in name for name in shipped)


def test_opencv_is_asked_for_nothing_that_is_left_out() -> None:
    called = slim.opencv_calls()
    assert {"resize", "grabCut", "inpaint"} <= called
    assert not called & slim.NEEDS_WHAT_IS_LEFT_OUT


@pytest.mark.skipif(sys.platform != "linux", reason="wheels carry these libraries on Linux")
def test_opencv_loads_without_its_libraries(tmp_path: Path) -> None:
    """The real library in a process of its own: it computes, and none of the others is there."""
    found = importlib.util.find_spec("cv2")
    assert found is not None and found.origin is not None
    package = Path(found.origin).parent
    grafted = {path.name: path for path in (package.parent / "opencv_python_headless.libs").iterdir()}
    library = SharedLibrary((package / "cv2.abi3.so").read_bytes())
    assert set(library.needed) & set(grafted)
    library.forget(
        set(grafted), set().union(*(SharedLibrary(path.read_bytes()).offered() for path in grafted.values()))
    )
    assert not set(library.needed) & set(grafted) and "libc.so.6" in library.needed
    assert is_loadable(bytes(library.content))
    (tmp_path / "cv2.abi3.so").write_bytes(library.content)
    code = "import cv2, numpy as np; print(cv2.resize(np.full((9, 9), 7, np.uint8), (3, 3)).sum())"
    code += "; print(any('openblasp' in line or 'avcodec' in line for line in open('/proc/self/maps')))"
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.stdout.split() == ["63", "False"], told.stderr


def test_a_file_that_is_no_library_is_refused() -> None:
    with pytest.raises(ValueError, match="ELF"):
        SharedLibrary(b"MZ")


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for the program is a shell script")
def test_a_build_that_is_not_whole_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for a build: a module, a model and the licences are missing, and its doctor says what else is."""
    monkeypatch.setattr(make, "DIST", tmp_path)
    wanted = parts.program("lean")
    inside = make.folder_of(wanted) / "_internal"
    for source in parts.shipped_files():
        there = inside / source.relative_to(ROOT)
        there.parent.mkdir(parents=True, exist_ok=True)
        if source.name != "xception.tflite":
            there.symlink_to(source)
    known = [name for name in modules(False) if name != "training.head_mode"]
    (inside / "contents.json").write_text(json.dumps({"modules": known}), encoding="utf-8")
    program = make.executable_of(wanted)
    program.write_text('#!/bin/sh\n[ "$*" = "doctor --thorough" ] && echo "  MISSING  no Tk" && exit 1\n')
    program.chmod(0o755)
    assert list(make.find_problems(wanted)) == [
        "it does not know the module training.head_mode",
        "the file models/dogs/xception.tflite is missing or another one",
        "there are no licences",
        "MISSING  no Tk",
    ]
