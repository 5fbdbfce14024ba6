"""The parts that the program is made of, with their versions, licences and the texts of these.

A finished program has them in its folder `licences`, where tools/gather_licences.py put them when it was built; from
source they are read of what is installed.
"""

from __future__ import annotations

import configparser
import json
import platform
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from core.about import NAME, VERSION
from core.folders import program_dir, resources_dir, shipped_models_dir

INDEX = "LICENCES.txt"
# Before the name of a model among the parts.
MODEL = "Model "
_TEXT_NAME = re.compile(r"licen[cs]e|copying|notice|copyright|third.?party|authors", re.IGNORECASE)
_TEXT_SUFFIXES = {"", ".txt", ".md", ".rst", ".python", ".mit", ".bsd", ".apache", ".eigen"}
_LONGEST_NAME = 90
# Where the metadata say nothing.
_NAMED = {"namex": "Apache-2.0"}
# What wheels carry inside them, under licences that their metadata do not name.
_INSIDE = {
    "ai-edge-litert": "XNNPACK, pthreadpool, cpuinfo: BSD; Eigen: MPL-2.0",
    "numpy": "OpenBLAS: BSD-3-Clause; libgfortran: GPL-3.0 with the exception for runtime libraries",
    "opencv-python-headless": "FFmpeg: LGPL-2.1; libvpx: BSD-3-Clause",
    "pi-heif": "libheif, libde265: LGPL-3.0",
    "tkinterdnd2": "tkdnd: its own, like Tcl's",
}
# Texts in resources/licences for what has none, or not all, in its wheel.
_TEXTS_KEPT = {
    "ai-edge-litert": ("LiteRT-parts", "MPL-2.0"),
    "flatbuffers": ("Apache-2.0",),
    "litert-lm-builder": ("Apache-2.0",),
    "pi-heif": ("LGPL-3.0", "GPL-3.0"),
    "tensorboard-data-server": ("Apache-2.0",),
    "tkinterdnd2": ("tkdnd",),
    "tqdm": ("MPL-2.0",),
}
_TEXTS_OF_WEIGHTS = {": Apache-2.0": "Apache-2.0", "Xception, weights trained on ImageNet: MIT": "Xception-weights"}


@dataclass(frozen=True)
class Part:
    """Something that the program is made of; `texts` are the files with its licence, none where it has none."""

    name: str
    version: str
    licence: str
    texts: tuple[Path, ...]

    def text(self) -> str:
        """The licence in full, each of several only once. Raises OSError."""
        read = (path.read_text(encoding="utf-8", errors="replace").strip("\r\n") for path in self.texts)
        return "\n\n\n".join(dict.fromkeys(read)) + "\n"


def parts(tk_version: str) -> list[Part]:
    """All parts, the program itself first; reads many small files, so it is work for a worker."""
    kept = program_dir() / "licences"
    if (kept / INDEX).is_file():
        return list(_indexed(kept))
    return [*foundations(tk_version), *packages(full=True), *models()]


def foundations(tk_version: str) -> list[Part]:
    """The program itself, Python, and Tcl/Tk."""
    base, library = Path(sys.base_prefix), Path(sysconfig.get_path("stdlib"))
    python = [path for path in (library / "LICENSE.txt", base / "LICENSE.txt", base / "LICENSE") if path.is_file()]
    own = [path for path in (program_dir() / "LICENSE",) if path.is_file()]
    return [
        Part(NAME, VERSION, "MIT", tuple(own)),
        Part("Python", platform.python_version(), "PSF-2.0", tuple(python[:1]) or kept_texts("Python")),
        Part("Tcl/Tk", tk_version, "TCL", kept_texts("Tcl-Tk")),
    ]


def packages(full: bool) -> list[Part]:
    """The installed packages that the program needs, those of training too where `full`, sorted by name."""
    needed: dict[str, Distribution] = {}
    for name, extras in _wanted_by_program(full):
        _add_needed(name, extras, needed)
    return [_part_of(name, needed[name]) for name in sorted(needed)]


def models() -> list[Part]:
    """The models that ship, with the licences of the weights that they were made from."""
    found = []
    for card in sorted(shipped_models_dir().glob("*/MODEL_CARD.md")):
        version, licences = "1", ["U²-Net small: Apache-2.0"]  # the finder of outlines has no bundle.json
        if (described := card.with_name("bundle.json")).is_file():
            told = json.loads(described.read_text(encoding="utf-8"))
            version = str(told["version"])
            licences = [f"{one['what']}: {one['licence']}" for one in told["licences"]]
        texts = {text: None for one in licences for name, text in _TEXTS_OF_WEIGHTS.items() if one.endswith(name)}
        found.append(Part(MODEL + card.parent.name, version, "; ".join(licences), (card, *kept_texts(*texts))))
    return found


def kept_texts(*names: str) -> tuple[Path, ...]:
    """Files in resources/licences."""
    return tuple(resources_dir() / "licences" / f"{name}.txt" for name in names)


def plain_name(name: str) -> str:
    """The name of a package as PEP 503 compares them.

    >>> plain_name("Sv_TTK")
    'sv-ttk'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _wanted_by_program(full: bool) -> Iterator[tuple[str, frozenset[str]]]:
    """What setup.cfg asks for, or what its installed form does."""
    config = configparser.ConfigParser()
    if config.read(program_dir() / "setup.cfg", encoding="utf-8") and config.has_option("options", "install_requires"):
        asked = config["options"]["install_requires"].splitlines()
        if full:
            asked += config["options.extras_require"]["train"].splitlines()
        yield from (_named(line) for line in asked if line.strip())
    else:
        asked = distribution(NAME).requires or []
        yield from (_named(line) for line in asked if "extra ==" not in line or (full and _is_for("train", line)))


def _named(requirement: str) -> tuple[str, frozenset[str]]:
    """The package that a requirement names, and its extras (PEP 508, without versions and markers)."""
    found = re.match(r"\s*(?P<name>[\w.-]+)\s*(\[(?P<extras>[^\]]*)\])?", requirement)
    if found is None:
        raise ValueError(requirement)
    extras = (found["extras"] or "").split(",")
    return plain_name(found["name"]), frozenset(plain_name(extra.strip()) for extra in extras if extra.strip())


def _is_for(extra: str, requirement: str) -> bool:
    return bool(re.search(rf"extra\s*==\s*['\"]{re.escape(extra)}['\"]", requirement))


def _add_needed(name: str, extras: Iterable[str], found: dict[str, Distribution]) -> None:
    """This package and all that it needs; what is for another system or Python is not installed here."""
    if name in found:
        return
    try:
        found[name] = distribution(name)
    except PackageNotFoundError:
        return
    for requirement in found[name].requires or []:
        if "extra ==" not in requirement or any(_is_for(extra, requirement) for extra in extras):
            _add_needed(*_named(requirement), found)


def _part_of(name: str, installed: Distribution) -> Part:
    files = (file for file in installed.files or [] if _TEXT_NAME.search(file.name))
    texts = [Path(str(installed.locate_file(file))) for file in files if file.suffix.lower() in _TEXT_SUFFIXES]
    texts = sorted((text for text in texts if text.is_file()), key=lambda text: (len(text.parts), text))
    return Part(
        name, installed.version, _licence_of(name, installed), (*texts, *kept_texts(*_TEXTS_KEPT.get(name, ())))
    )


def _licence_of(name: str, installed: Distribution) -> str:
    """The licence by its name: as SPDX writes it, else as the package does, else its classifiers."""
    told = installed.metadata
    written = "".join((told.get_all("License-Expression") or told.get_all("License") or [""])[:1])
    if not written or "\n" in written or len(written) > _LONGEST_NAME or written == "UNKNOWN":
        classified = (line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if "License ::" in line)
        written = ", ".join(classified)
    return "; ".join(filter(None, (written or _NAMED.get(name), _INSIDE.get(name))))


def _indexed(folder: Path) -> Iterator[Part]:
    """The parts as `tools.gather_licences` wrote them."""
    for line in (folder / INDEX).read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) == 4:
            name, version, licence, file = cells
            yield Part(name, version, licence, (folder / file,))
