"""Gather the licences of everything that is in a finished program: a text file for each part, and an index.

.venv-dev/bin/python -m tools.gather_licences FOLDER [full]

`build.spec` calls `gather`; the window shows what it wrote (About, Licences). pip-licenses was tried first: it takes
one file of each package and knows neither Python, Tcl/Tk, the libraries inside wheels nor those of the system.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tkinter
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path

from core.licences import INDEX, Part, foundations, models, packages

_DEBIAN_DOCUMENTS = Path("/usr/share/doc")
_LONGEST_S = 60


class NoLicence(Exception):
    """A part comes without a licence; the build must not go on."""


def gather(folder: Path, full: bool, libraries: Iterable[Path] = ()) -> None:
    """Write the licences into this folder, which is made anew: a text for each part, and LICENCES.txt.

    `libraries` are files of the system that are part of the build. Raises NoLicence where a part has none.
    """
    found = [*foundations(str(tkinter.TkVersion)), *packages(full), *models(), _bootloader(), *_of_system(libraries)]
    without = [part.name for part in found if not part.licence or not part.texts or not part.text().strip()]
    if without:
        raise NoLicence(f"no licence is known of: {', '.join(without)}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = ["What this program is made of. Each line: name, version, licence, and the file beside this one.", ""]
    for part in found:
        name = re.sub(r"[^\w.-]+", "-", part.name) + ".txt"
        (folder / name).write_text(part.text(), encoding="utf-8")
        lines.append("\t".join((part.name, part.version, part.licence, name)))
    (folder / INDEX).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _bootloader() -> Part:
    """What starts a finished program is PyInstaller's; the rest of PyInstaller is not in it."""
    installed = distribution("pyinstaller")
    texts = tuple(
        Path(str(installed.locate_file(file))) for file in installed.files or [] if file.name == "COPYING.txt"
    )
    return Part("PyInstaller's bootloader", installed.version, "GPL-2.0 with an exception for what it starts", texts)


def _of_system(libraries: Iterable[Path]) -> Iterator[Part]:
    """The packages of the system that libraries of the build come from, as Debian and Ubuntu describe them.

    Elsewhere Python, Tcl/Tk and the wheels bring theirs along, and there is nothing to say.
    """
    if not shutil.which("dpkg-query"):
        return
    for package, version in sorted({owner for library in set(libraries) for owner in _owners(library)}):
        copyright_file = _DEBIAN_DOCUMENTS / package / "copyright"
        texts = (copyright_file,) if copyright_file.is_file() else ()
        yield Part(f"{package} (of the system)", version, _debian_licence(copyright_file), texts)


def _owners(library: Path) -> Iterator[tuple[str, str]]:
    """The package that a file belongs to, with its version; a merged /usr has two names for it."""
    real = library.resolve()
    names = [str(library), str(real), *(str(path).removeprefix("/usr") for path in (library, real))]
    for name in dict.fromkeys(names):
        said = _asked("dpkg-query", "--search", name)
        if package := said.partition(":")[0].strip():
            yield package, _asked("dpkg-query", "--show", "--showformat=${Version}\n", package).split("\n")[0]
            return


def _debian_licence(copyright_file: Path) -> str:
    """The names of the licences in a copyright file of Debian, those of its first lines."""
    try:
        text = copyright_file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    names = dict.fromkeys(line.strip() for line in re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE))
    return "; ".join(list(names)[:4]) or "see its text"


def _asked(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    return done.stdout


if __name__ == "__main__":
    gather(Path(sys.argv[1]), sys.argv[2:] == ["full"])
