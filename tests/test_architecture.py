"""The arrows between the parts: gui -> core, training -> core, and nothing heavy where it is not allowed."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "core": {"gui", "training", "tkinter", "_tkinter", "tkinterdnd2", "sv_ttk", "tensorflow", "keras", "tests", "main"},
    "gui": {"training", "tensorflow", "keras", "tests", "main"},
    "training": {"gui", "tkinter", "_tkinter", "tkinterdnd2", "sv_ttk", "tests", "main"},
    "main.py": {"tensorflow", "keras", "tests"},
}
# What each distribution of the everyday installation is called when it is imported, where that differs.
MODULES = {
    "ai-edge-litert": "ai_edge_litert",
    "opencv-python-headless": "cv2",
    "pi-heif": "pi_heif",
    "pillow": "PIL",
    "sv-ttk": "sv_ttk",
}
LONGEST_FUNCTION = 60


def sources(part: str) -> list[Path]:
    found = [ROOT / part] if part.endswith(".py") else sorted((ROOT / part).rglob("*.py"))
    assert found, f"no source in {part}"
    return found


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the first word of every import, those within functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written in full"
            yield node.lineno, str(node.module).partition(".")[0]


@pytest.mark.parametrize("part", FORBIDDEN)
def test_arrows_point_one_way(part: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(part)
        for line, name in imports(path)
        if name in FORBIDDEN[part]
    ]
    assert wrong == []


@pytest.mark.parametrize("part", ["core", "gui", "main.py"])
def test_the_everyday_installation_has_all_that_is_imported(part: str) -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    required = re.findall(r"^([\w-]+)", config["options"]["install_requires"], re.MULTILINE)
    known = {MODULES.get(name, name) for name in required} | sys.stdlib_module_names | {"core", "gui", "training"}
    unknown = {name for path in sources(part) for _, name in imports(path)} - known
    # pydantic brings its core along; Python 3.10 has tomli in place of tomllib.
    assert unknown <= {"pydantic_core", "tomllib"}


# Head mode and all that is around it run with the everyday installation.
WITHOUT_KERAS = (
    "run",
    "commands",
    "data_set",
    "head_mode",
    "finish",
    "evaluate",
    "preview",
    "report",
    "ready",
    "package",
    "study",
)
HEAVY = {"tensorflow", "keras", "optuna", "scipy", "sklearn", "matplotlib", "tensorboard", "sqlalchemy", "h5py", "onnx"}


def imported_at_once(module: str, seen: set[str]) -> set[str]:
    """What importing a module of training/ imports at once, through its neighbours too."""
    if module in seen:
        return set()
    seen.add(module)
    found: set[str] = set()
    for node in ast.parse((ROOT / "training" / f"{module}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            package, _, name = node.module.partition(".")
            neighbours = [name] if name else [each.name for each in node.names]
            if package == "training":
                found |= set().union(*(imported_at_once(neighbour, seen) for neighbour in neighbours))
            found.add(package)
    return found


@pytest.mark.parametrize("module", WITHOUT_KERAS)
def test_head_mode_needs_no_more_than_the_everyday_installation(module: str) -> None:
    assert not imported_at_once(module, set()) & HEAVY


def test_the_lock_files_agree_and_name_no_address() -> None:
    everyday, everything, bench = (
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")
    )
    assert not re.search(r"://|@|--(find-links|index-url|extra-index-url)", everyday + everything + bench)
    # Without what follows it: a package that only an old Python needs may be needed by another one in any case.
    pins = re.compile(r"^[\w.-]+==[^\s;]+", re.MULTILINE)
    assert set(pins.findall(everyday)) <= set(pins.findall(everything)) & set(pins.findall(bench))
    assert "tensorflow" not in everyday and "tensorflow==" in everything and "tensorflow==" in bench


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for part in FORBIDDEN
        for path in sources(part)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > LONGEST_FUNCTION
    ]
    assert long == []


def test_core_says_what_is_in_it() -> None:
    told = set(re.findall(r"^(\w+)  ", (ROOT / "core" / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE))
    assert told == {path.stem for path in sources("core")} - {"__init__"}


WINDOW_IS_UP = """
import sys, time, tkinter
def a_second(root):
    until = time.monotonic() + 1
    while time.monotonic() < until:
        root.update()
        time.sleep(0.01)
tkinter.Tk.mainloop = tkinter.Misc.mainloop = lambda root, n=0: a_second(root)
from main import main
assert main([]) == 0
heavy = {"tensorflow", "keras", "sklearn", "matplotlib", "training", "torch"} & set(sys.modules)
assert not heavy, heavy
assert "gui" in sys.modules
"""


def test_nothing_heavy_is_loaded_when_the_window_is_up() -> None:
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        pytest.skip("no display")
    done = subprocess.run([sys.executable, "-c", WINDOW_IS_UP], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
