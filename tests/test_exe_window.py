"""The windows of the finished programs, as a volunteer uses them: on a bare desktop, from anywhere, started twice.

`make exe` and `make exe-test` run this on what lies in dist/; without a build there is nothing to test.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exe_driver import FinishedWindow, built, can_be_driven, link_copy, open_folder_of_all, open_window, said
from tests.made_up_training import class_names, draw_classes
from tools.draw_dog import draw_dog

__all__ = ["built"]

ANSWERED = "the first answer is shown"
_NOBODY = 65534


@pytest.fixture(scope="module", autouse=True)
def _can_be_driven() -> None:
    if reason := can_be_driven():
        pytest.skip(reason)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Nothing is in it."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def dogs(tmp_path: Path) -> Path:
    """Three photographs of a dog."""
    folder = tmp_path / "dogs"
    folder.mkdir()
    picture = draw_dog()
    for name, part in (("a", (0, 0, 1200, 900)), ("b", (100, 0, 1100, 900)), ("c", (200, 50, 1000, 900))):
        picture.crop(part).save(folder / f"{name}.jpg", quality=92)
    return folder


def wait_for_answer(window: FinishedWindow) -> None:
    window.wait(lambda: ANSWERED in window.log(), "the first answer")
    window.wait(lambda: "%" in window.seen() and "Looking…" not in window.seen(), "the answer to be seen")


def test_a_photograph_a_folder_and_its_table_then_a_head(built: Path, home: Path, dogs: Path, tmp_path: Path) -> None:
    with open_window(built, home, str(dogs / "a.jpg")) as window:
        wait_for_answer(window)
        assert "Beagle" in window.seen()
        tag_folder(window, dogs)
        write_table(window)
        window.key("Control-comma")
        window.press("Administrator")
        window.wait_for_text("Set a passphrase…")
        window.press("Close")
        window.wait(lambda: not window.find("Set a passphrase…"), "the settings to close")
    rows = next(home.glob("*.csv")).read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 4 and sum("Beagle" in row for row in rows) >= 1, rows
    assert json.loads((home / ".config/Shelterlens/settings.json").read_text(encoding="utf-8"))["retrain_enabled"]
    classes = draw_classes(tmp_path / "classes", class_names(3), photographs=8)
    with open_window(built, home) as window:
        window.wait(lambda: "dogs" in window.seen() or "Model" in window.seen(), "the second start")
        train_head(window, classes)
    assert list((home / ".local/share/Shelterlens/training").rglob("head.npz"))


def tag_folder(window: FinishedWindow, folder: Path) -> None:
    window.key("F3")
    window.tcl(f"proc tk_chooseDirectory args {{return {{{folder}}}}}")
    window.press("Open a folder")
    window.wait(lambda: "3 photographs: 3 to look at" in window.seen(), "the folder to be tagged")


def write_table(window: FinishedWindow) -> None:
    window.press("Export")
    window.press("A table for a spreadsheet")
    window.press("Write")
    window.wait_for_text("Export something else")  # which is there when it is written
    window.press("Close")


def train_head(window: FinishedWindow, classes: Path) -> None:
    """Through all three steps; the process that trains is the program, started again."""
    window.key("F4")
    window.wait_for_text("Which photographs shall it learn from?")  # as the first start chose
    window.tcl(f"proc tk_chooseDirectory args {{return {{{classes}}}}}")
    window.press("Choose…")
    window.press("Look at the photographs")
    window.press("Next: training")
    window.press("Start the training")
    window.wait(lambda: window.find("Save the model as a file…"), "the result")


def test_from_a_folder_with_spaces_and_accents(built: Path, home: Path, dogs: Path, tmp_path: Path) -> None:
    program = link_copy(built, tmp_path / "Le chenil d’été (à nous)")
    photograph = dogs.rename(tmp_path / "chiens trouvés") / "a.jpg"
    with open_window(program, home, str(photograph)) as window:
        wait_for_answer(window)


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that another user may enter, which those of pytest are not."""
    folder = open_folder_of_all()
    yield folder
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)


def test_from_a_folder_that_cannot_be_written_to(built: Path, open_to_all: Path, dogs: Path) -> None:
    program = link_copy(built, open_to_all / "program")
    photographs = open_to_all / "photographs"
    shutil.copytree(dogs, photographs)
    home = open_to_all / "home"
    home.mkdir()
    as_nobody: tuple[str, ...] = ()
    if os.geteuid() == 0:  # who may write everywhere
        if not (setpriv := shutil.which("setpriv")):
            pytest.skip("setpriv is not here: the administrator may write everywhere")
        as_nobody = (setpriv, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
        shutil.copyfile(os.environ["XAUTHORITY"], home / ".Xauthority")
        for path in (home, *home.iterdir()):
            os.chown(path, _NOBODY, _NOBODY)
    for folder in (path for path in (program.parent, *program.parent.rglob("*")) if path.is_dir()):
        folder.chmod(0o555)
    with open_window(program, home, str(photographs / "a.jpg"), before=as_nobody) as window:
        wait_for_answer(window)


def test_a_second_start_shows_its_photograph_in_the_first_window(built: Path, home: Path, dogs: Path) -> None:
    with open_window(built, home, str(dogs / "a.jpg")) as window:
        wait_for_answer(window)
        second = said(built, home, str(dogs / "b.jpg"))
        assert second.returncode == 0, second.stderr
        window.wait_for_text("b.jpg   (2 of 3)")


def test_the_manual_and_the_licences_are_in_it(built: Path, home: Path) -> None:
    with open_window(built, home) as window:
        window.wait_for_text("Model:")
        window.key("F1")
        window.wait_for_text("Search the manual")
        window.wait(lambda: "One photograph" in written(window, "manual"), "a page of the manual")
        window.key("Shift-F1")
        window.press("Licences")
        window.wait(lambda: "Permission is hereby granted" in written(window, "licences"), "the first licence")


def written(window: FinishedWindow, part: str) -> str:
    """What stands in the fields of text of a window."""
    fields = [one.path for one in window.widgets() if one.kind == "Text" and part in one.path]
    return "\n".join(window.tcl(f"{path} get 1.0 end") for path in fields)
