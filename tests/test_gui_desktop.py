"""The desktop around the window: what it says of itself, and what it hands over."""

from __future__ import annotations

import doctest
import os
import time
import tkinter
from collections.abc import Iterator
from pathlib import Path

import pytest

import gui.answer_texts
import gui.dropping
from core.errors import UserError
from gui.clipboard import Pasted, _paths_in, picture_in
from gui.desktop import Desktop, show_in_file_manager
from gui.dropping import dropped_paths

pytestmark = pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="asks programs of Linux")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only programs that are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    monkeypatch.delenv("GTK_THEME", raising=False)
    return folder


def write_program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("answer", "is_dark"), [("(<<uint32 1>>,)", True), ("(<<uint32 2>>,)", False), ("(<<uint32 0>>,)", False)]
)
def test_the_portal_says_whether_it_is_dark(programs: Path, answer: str, is_dark: bool) -> None:
    write_program(programs, "gdbus", f"echo '{answer}'")
    assert Desktop().is_dark() is is_dark


def test_a_desktop_that_says_nothing_is_light(programs: Path) -> None:
    desktop = Desktop()
    assert not desktop.is_dark()
    assert desktop.text_dpi() is None


def test_a_desktop_that_hangs_is_not_waited_for(programs: Path) -> None:
    write_program(programs, "gdbus", "exec /bin/sleep 60")
    began = time.monotonic()
    assert not Desktop().is_dark()
    assert time.monotonic() - began < 20


def test_gtk_themes_may_be_dark(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTK_THEME", "Adwaita:dark")
    assert Desktop().is_dark()


@pytest.mark.parametrize(("line", "dpi"), [("Xft.dpi:\t144", 144.0), ("Xft.dpi: huge", None), ("Xft.dpi: 9999", None)])
def test_the_text_size_of_the_desktop(programs: Path, line: str, dpi: float | None) -> None:
    write_program(programs, "xrdb", f"echo 'Xcursor.size: 24'; echo '{line}'")
    assert Desktop(wants_theme=False).text_dpi() == dpi


def test_a_folder_is_shown_or_named(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="The folder is"):
        show_in_file_manager(tmp_path)
    write_program(programs, "xdg-open", f'echo "$1" > {tmp_path}/shown')
    show_in_file_manager(tmp_path)
    until = time.monotonic() + 20
    while not (tmp_path / "shown").exists() or not (tmp_path / "shown").read_text():
        assert time.monotonic() < until
        time.sleep(0.01)
    assert (tmp_path / "shown").read_text().strip() == str(tmp_path)


@pytest.fixture
def tcl() -> Iterator[tkinter.Misc]:
    """Something that knows Tcl's lists, without a display."""

    class Interpreter(tkinter.Misc):
        tk = tkinter.Tcl().tk

    yield Interpreter()


@pytest.mark.parametrize(
    "names", [["/a b/c.jpg"], ["/é/🐶.jpg", "/x{y.jpg", "/q\\w.jpg", "/$d[x].jpg"], [], ["/one.jpg", "/two.jpg"]]
)
def test_dropped_lists_are_read_as_tcl_writes_them(tcl: tkinter.Misc, names: list[str]) -> None:
    tcl.tk.call("set", "names", tuple(names))
    data = str(tcl.tk.eval('set joined {}; foreach name $names {lappend joined $name}; set joined "$joined"'))
    assert [str(path) for path in dropped_paths(tcl, data)] == names


def test_broken_drops_are_no_error(tcl: tkinter.Misc) -> None:
    assert dropped_paths(tcl, "{/unbalanced") == []
    assert dropped_paths(tcl, "https://example.org/dog.jpg") == []


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("copy\nfile:///a/b.jpg\nfile:///c%20d.jpg", ["/a/b.jpg", "/c d.jpg"]),
        ("# a comment\r\nfile:///a.jpg\r\n", ["/a.jpg"]),
        ('"/quoted/path.jpg"', ["/quoted/path.jpg"]),
        ("/a.jpg\nand some words", []),
        ("words", []),
        ("", []),
        ("file://localhost/100%25.jpg", ["/100%.jpg"]),
    ],
)
def test_paths_in_copied_text(text: str, paths: list[str]) -> None:
    assert [str(path) for path in _paths_in(text)] == paths


def test_a_clipboard_with_a_broken_picture_is_a_sentence() -> None:
    with pytest.raises(UserError, match="no photograph in the clipboard"):
        picture_in(Pasted(encoded="0x1 0x2 0x3"))


def test_examples_in_the_documentation() -> None:
    for module in (gui.dropping, gui.answer_texts):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0
