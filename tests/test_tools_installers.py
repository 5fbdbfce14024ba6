"""What people download: packed, installed, started by the desktop, updated and removed, with a stand-in program."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import time
from configparser import RawConfigParser
from pathlib import Path

import pytest

from core.about import NAME, VERSION
from core.photo_search import PHOTO_SUFFIXES

ROOT = Path(__file__).resolve().parent.parent
LINUX = ROOT / "tools" / "installers" / "linux"
# Writes down what it was given, each argument in a line.
STAND_IN = '#!/bin/sh\n{ for one in "$@"; do printf "%s\\n" "$one"; done; echo end; } >"$TOLD"\n'
LONGEST_S = 30

linux = pytest.mark.skipif(sys.platform != "linux" or not shutil.which("bash"), reason="for Linux")


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=LONGEST_S, check=False
    )


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of a finished program that is none."""
    return packed(tmp_path_factory.mktemp("dist"), NAME)


def packed(folder: Path, name: str) -> Path:
    program = folder / name
    (program / "_internal").mkdir(parents=True)
    (program / name).write_text(STAND_IN)
    (program / name).chmod(0o755)
    done = run(LINUX / "package.sh", program, VERSION, folder)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.split("\n")[0])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of somebody whose name is hard to quote."""
    made = tmp_path / 'Élodie\'s 100% $HOME "of" `dogs`'
    made.mkdir()
    return made


def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.name.startswith(NAME))


def clean(home: Path, desktop: Path | None = None) -> dict[str, str]:
    """The environment of somebody with this home; without the desktop's own programs, which take long, unless asked."""
    path = os.environ["PATH"] if desktop is None else f"{desktop}{os.pathsep}{os.environ['PATH']}"
    told = dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CURRENT_DESKTOP"), "")
    return told | {"HOME": str(home), "PATH": path}


def installed(archive: Path, home: Path, tmp_path: Path) -> Path:
    """Installs into this home; the entry of the menu."""
    folder, desktop = unpacked(archive, tmp_path / "Téléchargements 1"), tmp_path / "desktop"
    desktop.mkdir()
    for name in ("xdg-mime", "update-mime-database", "update-desktop-database", "gtk-update-icon-cache"):
        (desktop / name).symlink_to(shutil.which("false") or "")
    done = run("sh", folder / "install.sh", **clean(home, desktop))
    assert done.returncode == 0, done.stderr
    return home / ".local" / "share" / "applications" / f"{name_of(archive).lower().replace(' ', '-')}.desktop"


def name_of(archive: Path) -> str:
    return f"{NAME} full" if "-full-" in archive.name else NAME


def exec_line(entry: Path) -> str:
    config = RawConfigParser(interpolation=None)
    config.optionxform = str  # type: ignore[assignment, method-assign]
    config.read(entry, encoding="utf-8")
    return config["Desktop Entry"]["Exec"]


def unquoted(line: str) -> str:
    """The program of an Exec line, as the Desktop Entry Specification says: first a string, then a quoted argument."""
    as_string = line.removeprefix("env ").replace("\\\\", "\\")
    quoted = re.fullmatch(r'"((?:\\.|[^"\\])*)" %F', as_string)
    assert quoted is not None, line
    return re.sub(r"\\(.)", r"\1", quoted[1]).replace("%%", "%")


@linux
@pytest.mark.parametrize("name", [NAME, f"{NAME} full"])
def test_the_archive_has_its_version_in_its_name_and_nothing_odd_in_it(tmp_path: Path, name: str) -> None:
    archive = packed(tmp_path, name)
    assert archive.name == f"{name.replace(' ', '-')}-{VERSION}-linux-{os.uname().machine}.tar.gz"
    with tarfile.open(archive) as opened:
        members = opened.getmembers()
        read = {one.name.partition("/")[2]: one for one in members}
        texts = {one.name: opened.extractfile(one) for one in members if one.name.endswith((".sh", ".txt", ".desktop"))}
        left = [text for text, file in texts.items() if file and re.search(rb"@(NAME|ID|GLIBC)@", file.read())]
    assert left == [], "every name is filled in"
    assert {one.uid for one in members} == {0}
    assert {"install.sh", "uninstall.sh", "README.txt", "LICENSE", "shelterlens-mime.xml"} <= set(read)
    assert read[f"{name}/{name}"].mode & stat.S_IXUSR


@linux
def test_it_is_installed_and_removed(archive: Path, home: Path, tmp_path: Path) -> None:
    entry = installed(archive, home, tmp_path)
    program = Path(unquoted(exec_line(entry)))
    assert program == home / ".local" / "opt" / name_of(archive) / name_of(archive)
    assert program.is_file() and os.access(program, os.X_OK)
    command = home / ".local" / "bin" / entry.stem
    assert command.resolve() == program
    icons = home / ".local" / "share" / "icons" / "hicolor"
    assert (icons / "256x256" / "apps" / f"{entry.stem}.png").read_bytes().startswith(b"\x89PNG")
    kept = home / ".local" / "share" / NAME
    kept.mkdir()
    (kept / "library.sqlite").write_text("what volunteers said")

    done = run("sh", program.parent / "uninstall.sh", **clean(home))
    assert done.returncode == 0, done.stderr
    assert str(kept) in done.stdout
    left = {path for path in home.rglob("*") if path.is_file() or path.is_symlink()}
    caches = {"mimeinfo.cache", "icon-theme.cache"}
    ours = {path for path in left if path.name not in caches and "mime" not in path.parts}
    assert ours == {kept / "library.sqlite"}


@linux
@pytest.mark.skipif(not shutil.which("gio"), reason="gio is not installed")
def test_the_desktop_starts_it_with_what_was_opened(archive: Path, home: Path, tmp_path: Path) -> None:
    entry, told = installed(archive, home, tmp_path), tmp_path / "told"
    photos = [tmp_path / "Rex & Bella.jpg", tmp_path / "100 % chien.png"]
    for photo in photos:
        photo.write_bytes(b"")
    done = run("gio", "launch", entry, *photos, HOME=str(home), TOLD=str(told))
    assert done.returncode == 0, done.stderr
    until = time.monotonic() + LONGEST_S
    while not told.exists() or not told.read_text().endswith("end\n"):
        assert time.monotonic() < until, "the program was not started"
        time.sleep(0.02)
    assert told.read_text().splitlines() == [*map(str, photos), "end"]


@linux
@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="desktop-file-utils is not installed")
def test_the_entry_is_valid(archive: Path, home: Path, tmp_path: Path) -> None:
    done = run("desktop-file-validate", installed(archive, home, tmp_path))
    assert (done.returncode, done.stdout) == (0, "")


@linux
def test_an_update_takes_the_place_of_the_old_one(archive: Path, home: Path, tmp_path: Path) -> None:
    program = Path(unquoted(exec_line(installed(archive, home, tmp_path))))
    (program.parent / "of the old version").write_text("")
    again = unpacked(archive, tmp_path / "again")
    assert run("sh", again / "install.sh", **clean(home)).returncode == 0
    assert program.is_file() and not (program.parent / "of the old version").exists()
    assert [path.name for path in program.parent.parent.iterdir()] == [name_of(archive)]


@linux
def test_a_program_that_runs_is_not_replaced(archive: Path, home: Path, tmp_path: Path) -> None:
    program = Path(unquoted(exec_line(installed(archive, home, tmp_path))))
    shutil.copy(shutil.which("sleep") or "", program)
    running = subprocess.Popen([program, "60"])
    try:
        for script in (tmp_path / "Téléchargements 1").rglob("*.sh"):
            done = run("sh", script, **clean(home))
            assert done.returncode == 1 and "is running" in done.stderr, script
        assert program.exists()
    finally:
        running.kill()
        running.wait()


@linux
@pytest.mark.skipif(not shutil.which("xdg-mime"), reason="xdg-utils are not installed")
def test_it_takes_over_no_kind_of_file(archive: Path, home: Path, tmp_path: Path) -> None:
    applications = home / ".local" / "share" / "applications"
    applications.mkdir(parents=True)
    for name in ("viewer", "files"):
        (applications / f"{name}.desktop").write_text(
            f"[Desktop Entry]\nType=Application\nName={name}\nExec=true %F\nMimeType=image/jpeg;inode/directory;\n"
        )
    kinds = (("viewer", "image/jpeg"), ("files", "inode/directory"))
    for name, kind in kinds:
        run("xdg-mime", "default", f"{name}.desktop", kind, **clean(home))
    done = run("sh", unpacked(archive, tmp_path / "here") / "install.sh", **clean(home))
    assert done.returncode == 0, done.stderr
    for name, kind in kinds:
        assert run("xdg-mime", "query", "default", kind, **clean(home)).stdout.strip() == f"{name}.desktop"


@linux
def test_a_folder_that_is_no_program_is_not_packed(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    done = run(LINUX / "package.sh", tmp_path / NAME, VERSION, tmp_path)
    assert done.returncode == 1 and "make exe" in done.stderr
    assert not list(tmp_path.glob("*.tar.gz"))


def test_every_kind_of_photograph_can_be_opened_with_it() -> None:
    kinds = {
        ".jpg": "jpeg", ".jpeg": "jpeg", ".jpe": "jpeg", ".jfif": "jpeg", ".mpo": "jpeg", ".png": "png",
        ".apng": "png", ".webp": "webp", ".avif": "avif", ".heic": "heic", ".heif": "heif", ".hif": "heif",
        ".tif": "tiff", ".tiff": "tiff", ".bmp": "bmp", ".gif": "gif",
    }  # fmt: skip
    entry = (LINUX / "shelterlens.desktop").read_text(encoding="utf-8")
    told = re.findall(r"image/([\w-]+);", entry)
    assert {kinds[suffix] for suffix in PHOTO_SUFFIXES} == set(told)
    assert "inode/directory;" in entry and "application/x-shelterlens;" in entry
    script = (LINUX / "install.sh").read_text(encoding="utf-8")
    assert set(re.findall(r"image/([\w-]+)", script)) == set(told)
