"""What is installed, where things lie, what is missing, and what to do about it: `main.py doctor`."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from core.about import NAME, VERSION
from core.contents import all_modules, damaged_files, failing_modules, read_contents
from core.errors import UserError
from core.folders import data_dir, log_dir, models_dir, program_dir, resources_dir, settings_path
from core.machine import memory_bytes, usable_processors
from core.texts import language, tr
from core.this_program import is_finished_program, missing_parts_remedy, started_module

if TYPE_CHECKING:
    from core.models import ModelEntry

log = logging.getLogger(__name__)

# Distribution, the module that shows that it is there, and whether nothing works without it.
_PARTS = (
    ("ai-edge-litert", "ai_edge_litert", True),
    ("numpy", "numpy", True),
    ("pillow", "PIL", True),
    ("opencv-python-headless", "cv2", False),
    ("pi-heif", "pi_heif", False),
    ("pydantic", "pydantic", True),
    ("platformdirs", "platformdirs", True),
    ("polib", "polib", False),
    ("tqdm", "tqdm", True),
    ("sv-ttk", "sv_ttk", False),
    ("tkinterdnd2", "tkinterdnd2", False),
    ("openpyxl", "openpyxl", False),
    ("xlsxwriter", "xlsxwriter", False),
)
_TRAINING_PARTS = (
    ("keras", "keras"),
    ("h5py", "h5py"),
    ("optuna", "optuna"),
    ("tensorboard", "tensorboard"),
    ("scikit-learn", "sklearn"),
    ("matplotlib", "matplotlib"),
)
_MOST_NAMED = 20
_LITTLE_SPACE_BYTES = 500_000_000
_PATIENCE_S = 60


class State(Enum):
    """How much a finding matters."""

    OK = "ok"
    HINT = "hint"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do when it is not as it should be."""

    text: str
    state: State = State.OK
    remedy: str = ""


Section = tuple[str, list[Finding]]
MoreSections = Callable[[], list[Section]]


def examine(more: MoreSections | None = None, loads_all: bool = False) -> list[Section]:
    """Everything that was found, in sections with a title; `more` adds what core may not look at (the window).

    With `loads_all` every module of the program is imported, which takes up to a minute.
    """
    sections: list[Section] = [
        (f"{NAME} {VERSION}", [*_program(), *_files(), *(_modules() if loads_all else ())]),
        (tr("Parts"), [_part(*part) for part in _PARTS]),
        (tr("Folders"), list(_folders())),
        (tr("This computer"), list(_machine())),
        (tr("Models"), list(_models())),
        (tr("Training (for administrators)"), list(_training())),
    ]
    return sections + (more() if more else [])


def is_usable(sections: Iterable[Section]) -> bool:
    """Whether nothing essential is missing."""
    return all(finding.state is not State.MISSING for _, findings in sections for finding in findings)


def report(sections: Iterable[Section]) -> str:
    """The findings as text, for people and for a diagnostic file."""
    marks = {State.OK: tr("ok"), State.HINT: tr("note"), State.MISSING: tr("MISSING")}
    width = max(len(mark) for mark in marks.values())
    lines = []
    for title, findings in sections:
        lines += ["", title] if findings else []
        for finding in findings:
            lines.append(f"  {marks[finding.state]:<{width}}  {finding.text}")
            if finding.remedy:
                lines.append(f"  {'':<{width}}  -> {finding.remedy}")
    return "\n".join(lines[1:])


def free_space(folder: Path) -> str:
    """How much room is left, in words."""
    return _size(shutil.disk_usage(folder).free)


def _program() -> Iterator[Finding]:
    yield Finding(f"Python {platform.python_version()} ({sys.executable})")
    yield Finding(tr("program in {folder}").format(folder=program_dir()))
    yield Finding(tr("language: {code}").format(code=language()))
    if not (resources_dir() / "locale" / "fr" / "LC_MESSAGES" / "shelterlens.po").is_file():
        yield Finding(tr("French texts are missing"), State.HINT, tr("Install the program again."))


def _files() -> Iterator[Finding]:
    """Whether a finished program is as it was built."""
    again = tr("Install the program again.")
    try:
        contents = read_contents()
    except (OSError, ValueError) as error:
        yield Finding(
            tr("the list of the program's files cannot be read: {reason}").format(reason=error), State.MISSING, again
        )
        return
    if contents is None:
        return
    for name in (damaged := damaged_files(contents))[:_MOST_NAMED]:
        yield Finding(tr("missing or damaged: {file}").format(file=name), State.MISSING, again)
    if not damaged:
        said = tr("{name}: all of its {count} files are there")
        yield Finding(said.format(name=contents.name, count=len(contents.files)))


def _modules() -> Iterator[Finding]:
    """Whether each module can be imported; from source, those of training may lack what is not installed."""
    names, finished = all_modules(), is_finished_program()
    state = State.MISSING if finished else State.HINT
    remedy = tr("Install the program again.") if finished else _training_parts()
    failing = list(failing_modules(names))
    for name, reason in failing:
        yield Finding(f"{name}: {reason}", state, remedy)
    yield Finding(tr("{count} modules can be loaded").format(count=len(names) - len(failing)))


def _part(name: str, module: str, is_essential: bool) -> Finding:
    if find_spec(module) is None:
        state = State.MISSING if is_essential else State.HINT
        return Finding(tr("{part} is not installed").format(part=name), state, _install("-r requirements.lock"))
    try:
        return Finding(f"{name} {version(name)}")
    except PackageNotFoundError:  # executables leave the packages' own descriptions out
        return Finding(name)


def _install(what: str) -> str:
    if is_finished_program():
        return tr("Install the program again.")
    return tr("In {folder}: {command}").format(folder=program_dir(), command=f"{sys.executable} -m pip install {what}")


def _folders() -> Iterator[Finding]:
    if find_spec("platformdirs") is None:  # said above
        return
    places = (
        (tr("library and data"), data_dir),
        (tr("your models"), models_dir),
        (tr("settings"), lambda: settings_path().parent),
        (tr("logs"), log_dir),
    )
    for name, place in places:
        try:
            yield _folder(name, place())
        except UserError as error:
            yield Finding(f"{name}: {error}", State.MISSING, tr("Make this folder, or allow yourself to write to it."))


def _folder(name: str, folder: Path) -> Finding:
    said = tr("{name}: {folder} ({space} free)").format(name=name, folder=folder, space=free_space(folder))
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        log.info("%s is not writable: %s", folder, error)
        return Finding(said, State.MISSING, tr("You may not write to this folder. Change that, or use another."))
    if shutil.disk_usage(folder).free < _LITTLE_SPACE_BYTES:
        return Finding(said, State.HINT, tr("There is little room left. Make some."))
    return Finding(said)


def _machine() -> Iterator[Finding]:
    yield Finding(platform.platform())
    yield Finding(tr("{count} processors").format(count=usable_processors()))
    memory = memory_bytes()
    if memory:
        yield Finding(tr("{size} of memory").format(size=_size(memory)))


def _models() -> Iterator[Finding]:
    try:
        from core.models import find_model, list_models
    except ImportError as error:  # which part is missing stands above
        yield Finding(tr("no model can be used: {reason}").format(reason=error), State.MISSING)
        return
    try:
        yield from [_model(entry) for entry in list_models()]
        yield Finding(tr("in use: {name}").format(name=find_model().name))
    except UserError as error:
        remedy = tr("Get the program again with its folder models, or import a model: main.py models import FILE")
        yield Finding(tr("no model can be used: {reason}").format(reason=error), State.MISSING, remedy)


def _model(entry: ModelEntry) -> Finding:
    if entry.problem:
        remedy = tr("Import it again, or remove it: main.py models remove {name}").format(name=entry.name)
        if entry.shipped:
            remedy = tr("Install the program again.")
        return Finding(f"{entry.name}: {entry.problem}", State.HINT, remedy)
    number = entry.info.version if entry.info else ""
    return Finding(tr("{name} {version}, checked: {folder}").format(name=entry.name, version=number, folder=entry.path))


def _training() -> Iterator[Finding]:
    """Head mode with the shipped networks needs none of this; all other training does."""
    cards = _said([found, "--query-gpu=name,memory.total", "--format=csv,noheader"]) if (found := _nvidia()) else ""
    yield Finding(
        tr("graphics card: {name}").format(
            name=", ".join(cards.splitlines()) or tr("none found; answers do not need one")
        )
    )
    if find_spec("tensorflow") is None:
        said = tr("TensorFlow is not installed; the shipped networks train without it, all others need it")
        yield Finding(said, State.OK, missing_parts_remedy() or _training_parts())
        return
    yield from (
        Finding(tr("{part} is not installed").format(part=name), State.HINT, _training_parts())
        for name, module in _TRAINING_PARTS
        if find_spec(module) is None
    )
    yield from _tensorflow(cards)


def _tensorflow(cards: str) -> Iterator[Finding]:
    """What TensorFlow says in a process of its own, and why it does not see the cards that are there."""
    answer = _said(started_module("training.devices")).splitlines()
    if not answer:
        yield Finding(tr("TensorFlow does not start"), State.HINT, _install("--force-reinstall tensorflow"))
        return
    sees = answer[1] if len(answer) > 1 else ""
    said = tr("TensorFlow {version} trains on: {devices}")
    yield Finding(said.format(version=answer[0], devices=sees or tr("the processors only")))
    if cards and not sees and platform.system() == "Windows":
        remedy = tr("Install Shelterlens within WSL2 (Linux inside of Windows): there it can use the card.")
        yield Finding(tr("TensorFlow uses no graphics card on Windows since version 2.11"), State.HINT, remedy)
    elif cards and not sees:
        remedy = _install('"tensorflow[and-cuda]"')
        yield Finding(
            tr("TensorFlow does not see the graphics card: NVIDIA's libraries are missing"), State.HINT, remedy
        )


def _training_parts() -> str:
    return _install(f'-e "{program_dir()}[train]"')


def _nvidia() -> str | None:
    return shutil.which("nvidia-smi")


def _said(command: list[str]) -> str:
    """What a program prints; nothing when it fails."""
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S, check=True, env=quiet
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.info("%s: %s", command[0], error)
        return ""
    return done.stdout.strip()


def _size(count: float) -> str:
    return f"{count / 1e9:.1f}\u00a0GB"
