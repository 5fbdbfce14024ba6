"""The start where something is not as it was: the home, the model, the screen; and what fields do with Ctrl+A."""

from __future__ import annotations

import shutil
import sys
import tkinter
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk
from typing import Any

import pytest

import main as program
from core.errors import UserError
from core.settings import Settings, load_settings, save_settings
from gui.folder_engine import FolderEngine
from gui.lone_window import LoneWindow
from gui.window_place import Screen, fitted
from tests.bundle_factory import make_bundle
from tests.window_driver import *  # noqa: F403
from tests.window_driver import Driver, Window, need_display, texts_of


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts of each small window that was opened; it is closed with its button at once."""
    need_display()
    shown: list[list[str]] = []
    ask = LoneWindow.ask

    def answered(window: LoneWindow[object]) -> object:
        frame = window.root.winfo_children()[0]
        shown.append([text for child in frame.winfo_children() for text in texts_of(child)])
        window.root.after(1, next(iter(window.buttons.values())).invoke)
        return ask(window)

    monkeypatch.setattr(LoneWindow, "ask", answered)
    return shown


@pytest.fixture
def bad_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "in the way"
    home.write_text("a file")
    monkeypatch.setenv("SHELTERLENS_HOME", str(home))
    return home


def test_a_home_that_cannot_be_made_is_said_in_a_window(
    bad_home: Path, said: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main([]) == 1
    ((headline, words, button),) = said
    assert (headline, button) == ("Shelterlens cannot start.", "Close")
    first, _, rest = words.partition(". ")
    assert str(bad_home) in first and "a file is in its place" in first and "SHELTERLENS_HOME" not in first
    assert rest.startswith("Ask whoever looks after this computer")
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("typed, status", [(["classify", "x.jpg"], 1), (["clasify"], 2)])
def test_who_types_commands_gets_no_window(
    bad_home: Path, said: list[list[str]], typed: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(typed) == status
    assert said == [] and capsys.readouterr().err


def test_the_words_come_even_without_the_look_of_the_program(
    bad_home: Path, monkeypatch: pytest.MonkeyPatch, said: list[list[str]]
) -> None:
    def broken(*_words: object) -> None:
        raise ImportError("sv_ttk")

    told: list[str] = []
    monkeypatch.setattr(LoneWindow, "__init__", broken)
    monkeypatch.setattr("gui.start_problem.messagebox.showerror", lambda *_texts, detail, **_: told.append(detail))
    assert program.main([]) == 1
    assert len(told) == 1 and str(bad_home) in told[0] and said == []


# The model of the settings is not there any more


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of that of the shipped models, with a small default one."""
    folder = tmp_path / "shipped"
    make_bundle(folder / "dogs")
    monkeypatch.setattr("core.models.shipped_models_dir", lambda: folder)
    return folder


def notice(window: Window) -> Any:
    return window.shell.notice


def test_the_shipped_model_stands_in_for_one_that_is_gone(
    driver: Driver, photos: dict[str, Path], shipped: Path
) -> None:
    save_settings(Settings(model="gone", language="en"))
    window = driver(photos["red"].parent, model="gone")
    window.wait(lambda: window.folder_desk.rows.numbers and not window.folder_desk.run.is_running, "the rows")
    window.settle()
    assert window.model == "dogs"
    title = str(window.shell.desk.info.title.en if window.shell.desk.info else "")
    assert title and notice(window).text == (
        f"The model “gone” is not there any more. The answers come from “{title}” until you choose another one in the "
        "settings."
    )
    window.shell.preferences.toggle_theme()  # keeps the settings
    window.settle()
    assert load_settings().theme == "dark" and load_settings().model == "gone", "nobody has chosen another one yet"
    assert notice(window).offer.winfo_ismapped()
    notice(window).offer.invoke()
    window.settle()
    (dialog,) = window.dialogs()
    models = {str(one.cget("value")): one for one in window.widgets(dialog) if isinstance(one, ttk.Radiobutton)}
    models["dogs"].invoke()
    window.settle()
    assert load_settings().model == "dogs" and notice(window).text == ""
    notice(window).show("Something else.")
    window.root.update()
    assert not notice(window).offer.winfo_ismapped()


def test_the_shipped_model_stands_in_for_one_that_cannot_be_read(
    driver: Driver, isolated_home: Path, shipped: Path
) -> None:
    (isolated_home / "models" / "broken").mkdir()
    (isolated_home / "models" / "broken" / "bundle.json").write_text("{}")
    window = driver(model="broken")
    assert window.model == "dogs"
    assert notice(window).text.startswith("The model “broken” cannot be used. ")
    assert "The answers come from" in notice(window).text


def test_without_any_model_a_folder_says_why_and_can_be_gone_on_with(
    driver: Driver, photos: dict[str, Path], isolated_home: Path, shipped: Path
) -> None:
    shutil.rmtree(shipped)
    window = driver(model="gone")
    assert window.headline == "No model" and not window.tab.correction.winfo_ismapped()
    assert notice(window).offer.winfo_ismapped()
    window.shell.open_paths([photos["red"].parent])
    window.wait(lambda: window.folder_desk.run.is_waiting, "the folder to wait")
    window.settle()
    button, now = window.folder.progress.button, window.folder.progress.now
    assert now.sentence == "There is no model called “gone”." and not now.is_running
    assert button.cget("text") == "Go on" and button.instate(["!disabled"])
    assert not window.shell.actions["folder_stop"].is_allowed(), "there is nothing to stop"
    button.invoke()
    window.settle()
    assert window.sentence == "There is no model called “gone”.", "it is still not there"
    make_bundle(isolated_home / "models" / "gone")
    button.invoke()
    window.wait(lambda: len(window.folder_desk.rows) == 5, "the rows")
    window.wait(lambda: not window.folder_desk.run.is_running, "the end")
    window.settle()
    assert window.model == "gone" and notice(window).text == ""


def test_a_folder_that_cannot_be_begun_says_why(
    window: Window, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_engine: FolderEngine, _roots: object) -> None:
        raise UserError("The library cannot be reached.")

    with monkeypatch.context() as refusing:
        refusing.setattr(FolderEngine, "tag", refuse)
        window.shell.open_paths([photos["red"].parent])
        window.wait(lambda: window.sentence == "The library cannot be reached.", "the reason")
        window.settle()
    assert window.folder.progress.button.cget("text") == "Go on"
    window.folder.progress.button.invoke()
    window.wait(lambda: len(window.folder_desk.rows) == 5 and not window.folder_desk.run.is_running, "the rows")


# The screen is smaller than it was


@pytest.mark.parametrize(
    "left, opened",
    [
        ("1240x720+0+0", "1240x600+0+0"),
        ("1240x776+0+0", "1240x600+0+0"),
        ("3000x600+0+0", "1280x600+0+0"),
        ("1240x660+20+300", "1240x660+20+10"),
        ("1000x650+200+20", "1000x650+200+20"),
        ("1000x650+900+20", "1000x650+280+20"),
        ("1000x600+-8+-4", "1000x600+0+0"),
        ("1000x600-10+20", "1000x600+270+20"),
        ("1000x650+9000+20", ""),
        (f"1{'0' * 5000}x650+0+0", ""),
        ("", ""),
    ],
)
def test_a_window_is_fitted_to_the_screen(left: str, opened: str) -> None:
    assert fitted(left, Screen(1280, 720, frame=50, around=120)) == opened


def test_a_window_larger_than_the_screen_opens_smaller_and_is_kept_so(driver: Driver) -> None:
    need_display()
    screen = tkinter.Tk()
    width, height = screen.winfo_screenwidth(), screen.winfo_screenheight()
    screen.destroy()
    window = driver(size="", window_geometry=f"{width}x{height + 56}+0+0")
    status = window.shell.status
    assert status.winfo_rooty() + status.winfo_height() < height
    window.root.geometry(f"{width}x{height + 90}")
    window.wait(lambda: window.root.winfo_height() > height, "the larger window")
    window.shell.close()
    kept = load_settings().window_geometry
    assert kept and int(kept.partition("+")[0].partition("x")[2]) < height


# Ctrl+A in fields for text

_CONTROL, _CAPS_LOCK = 0x4, 0x2


def _in_text(widget: Any) -> str:
    return str(widget.get("sel.first", "sel.last")).rstrip("\n") if widget.tag_ranges("sel") else ""


def _in_entry(widget: Any) -> str:
    return str(widget.selection_get()) if widget.selection_present() else ""


def _in_spinbox(widget: Any) -> str:
    return str(widget.selection_get()) if widget.tk.call(widget, "selection", "present") else ""


@pytest.mark.skipif(sys.platform == "darwin", reason="there Ctrl+A goes to the start of the line, Cmd+A chooses all")
def test_ctrl_a_chooses_all_in_a_field(window: Window) -> None:
    kinds: list[tuple[Callable[..., Any], Callable[[Any], str]]] = [
        (ttk.Entry, _in_entry),
        (ttk.Combobox, _in_entry),
        (ttk.Spinbox, _in_spinbox),
        (tkinter.Entry, _in_entry),
        (tkinter.Text, _in_text),
    ]
    for kind, chosen in kinds:
        for letter, state in (("a", _CONTROL), ("A", _CONTROL | _CAPS_LOCK)):
            field = kind(window.root)
            field.place(x=0, y=0, width=200, height=60)
            field.insert("insert", "two words")
            field.focus_force()
            window.root.update()
            field.event_generate("<Key>", keysym=letter, state=state)
            window.root.update()
            assert chosen(field) == "two words", (kind, letter)
            field.destroy()
