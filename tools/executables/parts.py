"""What belongs in a finished program: names, data, modules that nobody imports by name, and what must stay out."""

from __future__ import annotations

import configparser
import json
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.about import NAME, VERSION
from core.contents import CONTENTS
from tools.executables.promises import PACKAGES, ROOT, TRAINING_PARTS, modules
from tools.gather_licences import gather

Entry = tuple[str, str, str]  # of PyInstaller: the place in the program, the file that goes there, and its kind

# Part of what is installed to build and to test, never of the program; some are imported by others "if they are there".
_NEVER = (
    "IPython",
    "PyInstaller",
    "_pytest",
    "ensurepip",
    "hypothesis",
    "idlelib",
    "lib2to3",
    "mypy",
    "onnx",  # only for making a shipped model, from the source
    "pandas",
    "pip",
    "pydoc_data",
    "pytest",
    "ruff",
    "test",
    "tests",
    "tools",
    "torch",
    "turtledemo",
    "wheel",
)
_NEVER_IN_LEAN = (
    *TRAINING_PARTS,
    "absl",
    "asyncio",
    "charset_normalizer",
    "grpc",
    "jinja2",
    "numpy.f2py",
    "numpy.testing",
    "readline",
    "rich",
    "setuptools",
    "sqlalchemy",
    "threadpoolctl",
    "unittest",
    "yaml",
    *(() if sys.version_info < (3, 11) else ("tomli",)),
)
# Imported by native code, where nobody sees it.
_BY_NATIVE_CODE = ("PIL._tkinter_finder",)
# Started as processes of their own by their names.
_STARTED: dict[str, tuple[str, ...]] = {"lean": (), "full": ("tensorboard.main",)}
KINDS = tuple(_STARTED)
# The pictures of the README lie in docs itself, the manual in its folders.
_DATA = ("models/*", "resources/*", "docs/*/")
_FILE_KINDS = ("public.image", "public.folder", "public.jpeg", "public.png", "public.heic", "org.webmproject.webp")


@dataclass(frozen=True)
class Program:
    """One of the finished programs; `kind` is lean or full."""

    kind: str
    name: str
    command_name: str
    identifier: str
    version: str

    @property
    def is_full(self) -> bool:
        """Whether it can do all that training can."""
        return self.kind == "full"


def program(kind: str) -> Program:
    """The program of this kind. Raises SystemExit where setup.cfg and core.about do not agree."""
    if kind not in _STARTED:
        raise SystemExit(f"build.spec: no kind {kind!r}; there are: {', '.join(_STARTED)}")
    told = _setup()
    name, version = told["metadata"]["name"], told["metadata"]["version"]
    if name != NAME.lower() or version != "attr: core.about.VERSION":
        raise SystemExit(f"build.spec: setup.cfg says {name!r} {version!r}, core/about.py says {NAME!r} {VERSION!r}")
    full = " full" if kind == "full" else ""
    return Program(kind, NAME + full, f"{name}{full.replace(' ', '-')}-cli", f"org.{name}.{kind}", VERSION)


def _setup() -> configparser.ConfigParser:
    told = configparser.ConfigParser()
    told.read(ROOT / "setup.cfg", encoding="utf-8")
    return told


def data_files(program: Program) -> list[tuple[str, str]]:
    """Pairs of a file or folder and the folder of the program that it goes to."""
    own = [(str(path), str(path.relative_to(ROOT).parent)) for path in shipped_files()]
    return own + descriptions(program)


@cache
def shipped_files() -> tuple[Path, ...]:
    """Models, pictures, tables and texts, as they lie in the source when the build begins."""
    found = (
        path
        for pattern in _DATA
        for folder in ROOT.glob(pattern)
        for path in ((folder, *folder.rglob("*")))
        if path.is_file() and "__pycache__" not in path.parts and not _is_hidden(path)
    )
    return tuple(sorted(found))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(ROOT).parts)


def descriptions(program: Program) -> list[tuple[str, str]]:
    """The packages' own descriptions, which tell their versions; each must be installed."""
    from PyInstaller.utils.hooks import copy_metadata  # type: ignore[import-untyped]

    told = _setup()
    asked = told["options"]["install_requires"].splitlines()
    if program.is_full:
        asked += told["options.extras_require"]["train"].splitlines()
    names = [re.split(r"[ <>=;\[]", line.strip(), maxsplit=1)[0] for line in asked if line.strip()]
    return [pair for name in names if _is_wanted_here(name) for pair in copy_metadata(name)]


def _is_wanted_here(name: str) -> bool:
    return name not in _NEVER and (name != "tomli" or sys.version_info < (3, 11))


def licences(program: Program, analysis: Any, work: Path) -> list[Entry]:
    """The licences of all parts, those of the system's libraries too, as files that go into the program."""
    folder = work / "licences"
    ours = {ROOT, Path(sys.prefix).resolve()}
    files = {Path(file) for _, file, kind in analysis.binaries if kind != "SYMLINK"}
    gather(folder, program.is_full, sorted(file for file in files if not ours & set(file.parents)))
    return [(f"licences/{path.name}", str(path), "DATA") for path in sorted(folder.iterdir())]


def contents(program: Program, analysis: Any, work: Path) -> list[Entry]:
    """The list of all files and modules, by which the program knows whether it is whole.

    Raises SystemExit where PyInstaller did not find a module or a file of the source.
    """
    promised = modules(program.is_full)
    found = {name for name, _, _ in (*analysis.pure, *analysis.scripts)}
    places = {
        place.replace("\\", "/"): file
        for place, file, kind in (*analysis.binaries, *analysis.datas)
        if kind != "SYMLINK"
    }
    wanted = [path.relative_to(ROOT).as_posix() for path in shipped_files()]
    missing = [name for name in (*promised, *_STARTED[program.kind], *_BY_NATIVE_CODE) if name not in found]
    missing += [place for place in wanted if place not in places]
    if missing:
        raise SystemExit(f"build.spec: not found: {', '.join(missing)}")
    # Binaries are signed while they are collected on a Mac, which changes their length.
    changed = {place for place, _, kind in analysis.binaries} if sys.platform == "darwin" else set()
    files = {place: -1 if place in changed else Path(file).stat().st_size for place, file in sorted(places.items())}
    path = work / CONTENTS
    path.write_text(json.dumps({"name": program.name, "files": files, "modules": promised}), encoding="utf-8")
    return [(CONTENTS, str(path), "DATA")]


def hidden_imports(program: Program) -> list[str]:
    """Everything that the program promises, however it is imported, and what it starts by its name."""
    return [*modules(program.is_full), *_STARTED[program.kind], *_BY_NATIVE_CODE]


def left_out(program: Program) -> list[str]:
    """Packages that must not get in."""
    return [*_NEVER, *(() if program.is_full else _NEVER_IN_LEAN)]


def collection_modes(program: Program) -> dict[str, str]:
    """How modules lie in the program where the hooks of PyInstaller do not say it."""
    return dict.fromkeys(PACKAGES, "pyz")


def icon() -> str | None:
    """The icon for this system; on Linux a program has none, its .desktop file has."""
    if sys.platform == "linux":
        return None
    name = "shelterlens.ico" if sys.platform == "win32" else "shelterlens-256.png"
    return str(ROOT / "resources" / "icons" / name)


def windows_version(program: Program, work: Path) -> str | None:
    """The file that says what the properties of the executable are to say on Windows; nothing elsewhere."""
    if sys.platform != "win32":
        return None
    path = work / "version.txt"
    path.write_text(version_text(program), encoding="utf-8")
    return str(path)


def version_text(program: Program) -> str:
    """The same as PyInstaller reads it: Python, with the classes of PyInstaller.utils.win32.versioninfo."""
    numbers = tuple([*(int(part) for part in program.version.split(".")), 0, 0, 0, 0][:4])
    said = {
        "FileDescription": program.name,
        "FileVersion": program.version,
        "LegalCopyright": "MIT",
        "ProductName": program.name,
        "ProductVersion": program.version,
    }
    rows = ", ".join(f"StringStruct({name!r}, {text!r})" for name, text in said.items())
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}), kids=["
        f"StringFileInfo([StringTable('040904B0', [{rows}])]), "
        "VarFileInfo([VarStruct('Translation', [1033, 1200])])])"
    )


def information_for_macos(program: Program) -> dict[str, object]:
    """What Finder wants to know: which files are opened with it, and that it is sharp on good screens."""
    return {
        "CFBundleShortVersionString": program.version,
        "NSHighResolutionCapable": True,
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Photograph",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",  # offered by "Open with", never the one that opens all pictures
                "LSItemContentTypes": list(_FILE_KINDS),
            }
        ],
    }
