"""Everything in a finished program comes with its licence, and nothing without one gets in."""

from __future__ import annotations

import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

import core.licences as licences
from core.about import NAME, VERSION
from core.licences import INDEX, Part, foundations, models, packages, parts, plain_name
from tools import gather_licences
from tools.gather_licences import NoLicence, gather

ROOT = Path(__file__).resolve().parent.parent


def locked() -> dict[str, set[str]]:
    """What the everyday lock names, with its versions: several where they differ by the Python."""
    found: dict[str, set[str]] = {}
    lines = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    for name, version in lines:
        found.setdefault(plain_name(name), set()).add(version)
    return found


def is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def test_all_that_is_locked_and_installed_is_listed() -> None:
    listed = {part.name: part for part in packages(full=False)}
    here = {name for name in locked() if is_installed(name)}
    assert len(here) > 15 and set(listed) == here
    assert all(part.licence and part.text().strip() for part in listed.values())
    assert {"openpyxl", "pillow", "numpy"} <= set(listed) and "tensorflow" not in listed and "pytest" not in listed


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The licences of the small program."""
    folder = tmp_path_factory.mktemp("built") / "licences"
    folder.mkdir()
    (folder / "old.txt").write_text("of a part that is gone")
    gather(folder, full=False)
    return folder


def rows(folder: Path) -> dict[str, list[str]]:
    lines = (folder / INDEX).read_text(encoding="utf-8").splitlines()[2:]
    return {line.split("\t")[0]: line.split("\t")[1:] for line in lines}


def test_every_part_has_a_text_and_every_text_a_part(gathered: Path) -> None:
    told = rows(gathered)
    assert told[NAME][0] == VERSION
    assert {"Python", "Tcl/Tk", "Model dogs", "Model outline", "PyInstaller's bootloader"} <= set(told)
    assert {file for *_, file in told.values()} == {path.name for path in gathered.iterdir()} - {INDEX}
    assert all((gathered / file).stat().st_size > 500 for *_, file in told.values())
    assert all(version and licence for version, licence, _ in told.values())


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("pi-heif.txt", ("libheif", "libde265", "GNU LESSER GENERAL PUBLIC LICENSE", "GNU GENERAL PUBLIC LICENSE")),
        (
            "opencv-python-headless.txt",
            ("Apache License", "FFmpeg is redistributed", "GNU LESSER GENERAL PUBLIC LICENSE"),
        ),
        ("numpy.txt", ("The OpenBLAS Project", "libgfortran", "NumPy Developers")),
        ("pillow.txt", ("Secret Labs", "libjpeg", "HARFBUZZ")),
        ("ai-edge-litert.txt", ("XNNPACK", "cpuinfo", "Mozilla Public License")),
        ("tkinterdnd2.txt", ("Permission is hereby granted", "George Petasis")),
        ("flatbuffers.txt", ("Apache License",)),
        ("Python.txt", ("PYTHON SOFTWARE FOUNDATION LICENSE",)),
        ("Tcl-Tk.txt", ("Regents of the University of", "Scriptics")),
        ("Model-dogs.txt", ("Apache License", "François Chollet", "Xception")),
    ],
)
def test_what_wheels_carry_inside_is_there_too(gathered: Path, file: str, words: tuple[str, ...]) -> None:
    if sys.platform != "linux":
        pytest.skip("wheels carry other libraries elsewhere")
    text = (gathered / file).read_text(encoding="utf-8").lower()
    assert [word for word in words if word.lower() not in text] == []


def test_the_same_text_is_there_once(gathered: Path) -> None:
    text = (gathered / "opencv-python-headless.txt").read_text(encoding="utf-8")
    assert text.count("FFmpeg is redistributed") == 1


def test_a_part_without_a_licence_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / "licences"
    without = [Part("left-pad", "1", "MIT", ()), Part("nameless", "1", "", (ROOT / "LICENSE",))]
    monkeypatch.setattr(gather_licences, "packages", lambda _full: without)
    with pytest.raises(NoLicence, match="left-pad, nameless"):
        gather(built, full=False)
    assert not built.exists()


def test_the_program_reads_what_was_gathered(gathered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "program_dir", lambda: gathered.parent)
    read = parts("8.6")
    assert [part.name for part in read] == list(rows(gathered))
    pillow = next(part for part in read if part.name == "pillow")
    assert pillow.version == distribution("pillow").version and "Secret Labs" in pillow.text()


def test_from_source_they_are_read_of_what_is_installed() -> None:
    names = [part.name for part in parts("8.6")]
    assert names[:3] == [NAME, "Python", "Tcl/Tk"] and names[-1] == "Model outline"
    assert ("tensorflow" in names) == is_installed("tensorflow")
    assert "pytest" not in names and "hypothesis" not in names


@pytest.mark.skipif(not is_installed("tensorflow"), reason="TensorFlow is not installed")
def test_the_full_program_has_tensorflow_and_what_it_brings() -> None:
    listed = {part.name: part for part in packages(full=True)}
    assert {"tensorflow", "keras", "tensorboard", "grpcio", "matplotlib"} <= set(listed)
    assert [name for name, part in listed.items() if not part.licence or not part.texts] == []


def test_the_installed_program_knows_its_parts_without_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Told:
        requires = ("pillow>=11", 'tomli>=2; python_version < "3.11"', 'keras>=3; extra == "train"')

    monkeypatch.setattr(licences, "program_dir", lambda: tmp_path)
    monkeypatch.setattr(licences, "distribution", lambda name: Told() if name == NAME else distribution(name))
    assert "pillow" in {part.name for part in packages(full=False)}
    assert "keras" not in {part.name for part in packages(full=False)}
    assert ("keras" in {part.name for part in packages(full=True)}) == is_installed("keras")


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="no Debian")
def test_libraries_of_the_system_are_told_by_their_packages(tmp_path: Path) -> None:
    libraries = [path for path in Path("/usr/lib").glob("*/libz.so.1") if path.exists()]
    assert libraries
    gather(tmp_path / "licences", full=False, libraries=[*libraries, Path("/nobody/owns/this.so")])
    told = rows(tmp_path / "licences")
    assert told["zlib1g (of the system)"][1] == "Zlib"
    assert "Jean-loup Gailly" in (tmp_path / "licences" / told["zlib1g (of the system)"][2]).read_text()


def test_foundations_and_models_have_theirs() -> None:
    assert [part.name for part in (*foundations("8.6"), *models()) if not part.text().strip()] == []
    assert all(": " in part.licence for part in models())
