"""The window around the photograph: menus, tabs, language, theme, settings, what is dropped, what goes wrong."""

from __future__ import annotations

import gettext
import io
import json
import sqlite3
import threading
import tkinter
from pathlib import Path
from tkinter import ttk
from typing import Any

import pytest
from PIL import Image

import core.texts
from core.bundles import export_bundle, load_bundle
from core.settings import Settings, load_settings
from gui.clipboard import Pasted, picture_in
from gui.menus import MenuBar
from tests.bundle_factory import make_bundle
from tests.window_driver import *  # noqa: F403
from tests.window_driver import Driver, Window, texts_of


class Marked(gettext.NullTranslations):
    """A French in which every text has a mark, so that a text which was forgotten shows."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"


@pytest.fixture
def marked_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.texts, "_french", Marked)


def entries(menu: tkinter.Menu) -> list[str]:
    last = menu.index("end")
    return [] if last is None else [str(menu.type(n)) for n in range(last + 1)]


def opened_menu(window: Window, title: str) -> tkinter.Menu:
    """The menu with this title, as it is when it opens."""
    bar = window.shell.menu
    place = next(n for n in range(20) if bar.entrycget(n, "label") == title)
    menu = window.root.nametowidget(bar.entrycget(place, "menu"))
    window.root.tk.call(menu.cget("postcommand"))
    assert isinstance(menu, tkinter.Menu)
    return menu


def choose(menu: tkinter.Menu, label: str) -> None:
    place = next(
        n for n, kind in enumerate(entries(menu)) if kind != "separator" and menu.entrycget(n, "label") == label
    )
    menu.invoke(place)


def test_every_action_is_in_a_menu_with_its_name_and_key(window: Window) -> None:
    shown: dict[str, str] = {}
    for title in ("File", "Edit", "Review", "View", "Settings", "Help"):
        menu = opened_menu(window, title)
        for place, kind in enumerate(entries(menu)):
            if kind in ("command", "checkbutton"):
                shown[menu.entrycget(place, "label")] = menu.entrycget(place, "accelerator").strip()
    for name, action in window.shell.actions.items():
        assert shown.get(action.text()) == action.key_text(), name
        assert action.key_text(), f"{name} has no key"


def test_no_key_means_two_things(window: Window) -> None:
    for tab in (0, 1, 2):
        keys = [key for action in window.shell.actions.values() if action.tab in (None, tab) for key in action.keys]
        assert len(keys) == len(set(keys))


def test_a_key_means_what_it_means_in_the_tab_that_is_shown(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    assert window.shell.actions["copy"].is_allowed()
    window.press("<F3>", window.tab.canvas)
    assert not window.shell.actions["copy"].is_allowed()
    window.press("<o>", window.root)
    window.settle()
    assert not window.shell.desk.choices.outline
    window.press("<F2>")
    assert window.tab._buttons["copy"].instate(["!disabled"])
    window.press("<Down>", window.tab.canvas)
    window.settle()


def test_menu_entries_do_what_they_say(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    menu = opened_menu(window, "View")
    choose(menu, "Heatmap")
    assert not window.shell.desk.choices.shown
    choose(opened_menu(window, "View"), "Next")
    window.wait(lambda: window.now.path == photos["green"] and window.now.seen, "the next photograph")
    place = next(n for n in range(20) if window.shell.menu.entrycget(n, "label") == "View")
    assert window.shell.menu.entrycget(place, "underline") != -1, "the keyboard opens menus too"
    menu = opened_menu(window, "Edit")
    states = {
        menu.entrycget(n, "label"): menu.entrycget(n, "state") for n, k in enumerate(entries(menu)) if k == "command"
    }
    assert states["Copy answer"] == "normal"
    assert states["Take the correction back"] == "disabled"


def test_menus_can_be_opened_again_and_again(window: Window) -> None:
    for _ in range(3):
        menu = opened_menu(window, "Settings")
    submenus = [n for n, kind in enumerate(entries(menu)) if kind == "cascade"]
    assert len(submenus) == 4
    languages = window.root.nametowidget(menu.entrycget(submenus[1], "menu"))
    assert [languages.entrycget(n, "label") for n in range(3)] == ["As the system", "English", "Français"]
    assert len(menu.winfo_children()) == 4, "old submenus do not pile up"


def test_tabs_have_keys_and_say_what_they_are_for(window: Window) -> None:
    window.press("<F3>", window.root)
    assert window.shell.tabs.index("current") == 1
    window.press("<F4>")
    texts = [text for widget in window.widgets(window.shell.retrain_tab) for text in texts_of(widget)]
    assert any("Teach Shelterlens" in text for text in texts)
    window.press("<F2>")
    assert window.shell.tabs.index("current") == 0


def test_a_folder_goes_to_the_folder_tab(window: Window, photos: dict[str, Path]) -> None:
    window.open_folder(photos["red"].parent)
    assert window.shell.tabs.index("current") == 1
    assert len(window.folder_desk.rows) == len(photos)


def test_files_dropped_by_the_desktop_arrive(window: Window, photos: dict[str, Path]) -> None:
    script = str(window.root.tk.call("bind", window.root, "<<Drop>>"))
    assert script, "drag and drop is not set up"
    enter = str(window.root.tk.call("bind", window.root, "<<DropEnter>>"))
    window.root.tk.call("bind", window.root, "<<TestEnter>>", enter)
    window.root.event_generate("<<TestEnter>>")
    assert "Let go to open it" in window.canvas_texts
    paths = window.root.tk.call("list", str(photos["green"]))
    window.root.tk.call("set", "dropped", paths)
    assert window.root.tk.eval(script.replace("%D", "$dropped")) == "copy"
    window.wait(lambda: window.now.path == photos["green"] and window.now.seen, "the dropped photograph")
    assert "Let go to open it" not in window.canvas_texts


def test_language_switches_every_text_and_keeps_the_photograph(
    window: Window, photos: dict[str, Path], marked_french: None
) -> None:
    window.open(photos["red"])
    window.click_bar(1)
    chosen, seen = window.now.chosen, window.now.seen
    window.shell.preferences.use_language("fr")
    window.settle()
    for title in ("File", "View"):
        opened_menu(window, f"«{title}»")
    known = (
        "red",
        "green",
        "blue",
        "rouge",
        "vert",
        "bleu",
        "planted",
        "1 red.jpg",
        "100",
        "python main.py",
        "- Shelterlens",
    )
    unmarked = [
        text
        for widget in window.widgets()
        for text in texts_of(widget)
        if "«" not in text and not any(part in text.lower() for part in known) and any(c.isalpha() for c in text)
    ]
    assert set(unmarked) <= {"English", "Français"}, "texts that do not change with the language"
    assert window.headline.startswith("rouge")
    assert window.now.chosen == chosen
    assert window.now.seen is seen, "nothing is asked twice"
    assert window.is_picture_shown
    window.press("<Control-l>", window.tab.canvas)
    window.settle()
    assert window.headline.startswith("red")
    assert load_settings().language == "en"


def test_theme_switches_and_keeps_the_photograph(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    light = str(window.tab.canvas.cget("background"))
    window.press("<Control-d>", window.tab.canvas)
    window.settle()
    assert window.shell.look.is_dark
    assert str(window.tab.canvas.cget("background")) != light
    assert window.is_picture_shown
    assert window.headline.startswith("red")
    assert load_settings().theme == "dark"
    window.press("<Control-d>")
    window.settle()
    assert str(window.tab.canvas.cget("background")) == light


def test_settings_work_at_once_and_are_kept(driver: Driver, photos: dict[str, Path], marked_french: None) -> None:
    window = driver()
    window.open(photos["red"])
    window.press("<Control-comma>", window.tab.canvas)
    window.settle()
    dialog: Any = window.dialogs()[0]
    dialog.boxes[0].current(2)
    dialog.boxes[0].event_generate("<<ComboboxSelected>>")
    window.settle()
    dialog = window.dialogs()[0]
    assert dialog.title() == "«Settings»", "the dialog speaks the new language too"
    dialog.boxes[1].current(2)
    dialog.boxes[1].event_generate("<<ComboboxSelected>>")
    window.settle()
    dialog = window.dialogs()[0]
    dialog.boxes[3].current(1)
    dialog.boxes[3].event_generate("<<ComboboxSelected>>")
    window.settle()
    dialog.close_button.invoke()
    assert window.dialogs() == []
    window.tab.strip._opacity.set(0.25)
    window.tab.strip._changed()
    window.settle()
    size = f"{window.shell.root.winfo_width()}x{window.shell.root.winfo_height()}"
    window.shell.close()
    kept = load_settings()
    assert (kept.language, kept.theme, kept.heatmap_opacity) == ("fr", "dark", 0.25)
    assert kept.palette == window.shell.desk.choices.palette != Settings().palette
    assert kept.window_geometry.startswith(size)


def test_another_model_answers_the_same_photograph(
    driver: Driver, photos: dict[str, Path], isolated_home: Path
) -> None:
    make_bundle(isolated_home / "models" / "colours-two", version="2.0.0")
    broken = isolated_home / "models" / "broken"
    broken.mkdir()
    (broken / "bundle.json").write_text("{}")
    window = driver(photos["red"])
    window.wait(lambda: window.now.seen, "the answer")
    window.shell.preferences.show_dialog()
    window.settle()
    dialog = window.dialogs()[0]
    buttons = {str(w.cget("value")): w for w in window.widgets(dialog) if isinstance(w, ttk.Radiobutton)}
    assert "100" in str(buttons["colours-two"].cget("text")), "the stated accuracy"
    assert buttons["broken"].instate(["disabled"])
    buttons["colours-two"].invoke()
    window.wait(lambda: window.model == "colours-two" and window.now.seen, "the other model")
    window.settle()
    assert "2.0.0" in window.status
    assert window.headline.startswith("red")
    assert load_settings().model == "colours-two"


def test_a_model_file_can_be_added(driver: Driver, tmp_path: Path, isolated_home: Path) -> None:
    bundle = make_bundle(tmp_path / "made" / "added")
    export_bundle(bundle, tmp_path / "added.shelterlens")
    window = driver()
    window.shell.open_paths([tmp_path / "added.shelterlens"])
    window.wait(lambda: window.model == "added", "the added model")
    assert load_bundle(isolated_home / "models" / "added").name == "added"


def test_a_file_that_is_no_model_is_refused_and_the_old_one_stays(window: Window, tmp_path: Path) -> None:
    (tmp_path / "bad.shelterlens").write_bytes(b"nothing")
    window.shell.open_paths([tmp_path / "bad.shelterlens"])
    window.settle()
    assert window.shell.notice.text
    assert window.shell.desk.info is not None
    window.shell.notice.button.invoke()
    assert window.shell.notice.text == ""


def test_without_any_model_photographs_can_still_be_looked_at(
    driver: Driver, photos: dict[str, Path], isolated_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import shutil

    monkeypatch.setattr("core.models.shipped_models_dir", lambda: tmp_path)
    shutil.rmtree(isolated_home / "models")
    window = driver(model=None)
    assert window.headline == "No model"
    assert window.detail
    window.shell.open_paths([photos["red"]])
    window.wait(lambda: window.now.drawn, "the picture")
    assert window.is_picture_shown
    assert window.status == "No model"


def test_a_damaged_library_is_told(driver: Driver, photos: dict[str, Path], isolated_home: Path) -> None:
    (isolated_home / "library.sqlite").write_bytes(b"rubbish" * 1000)
    window = driver()
    assert "put aside" in window.shell.notice.text
    window.open(photos["red"])
    assert "put aside" in window.shell.notice.text, "what must be read stays until it is closed"


def test_a_library_that_cannot_be_opened_stops_no_answers(
    driver: Driver, photos: dict[str, Path], isolated_home: Path
) -> None:
    connection = sqlite3.connect(isolated_home / "library.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    window = driver()
    assert "newer Shelterlens" in window.shell.notice.text
    window.open(photos["red"])
    assert window.headline.startswith("red")
    window.type("green", window.tab.correction.entry)
    window.press("<Return>")
    window.settle()
    assert window.corrected == ""
    assert "newer Shelterlens" in window.shell.notice.text


def test_about_shows_versions_and_licences(window: Window) -> None:
    window.press("<Shift-F1>", window.root)
    window.settle()
    dialog: Any = window.dialogs()[0]
    text = dialog.text.get("1.0", "end")
    for part in ("Shelterlens 0.1", "Licence: MIT", "ai-edge-litert", "Everything: MIT", "Planted colours"):
        assert part in text
    window.press("<Escape>", dialog)
    assert window.dialogs() == []


def test_help_shows_every_key(window: Window) -> None:
    window.press("<Control-k>", window.root)
    window.settle()
    texts = [text for widget in window.widgets(window.dialogs()[0]) for text in texts_of(widget)]
    for action in window.shell.actions.values():
        assert action.text() in texts
        assert action.key_text() in texts


def test_a_diagnostic_file_is_saved(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.doctor.examine", lambda: [("Parts", [])])
    path = tmp_path / "diagnostics.zip"
    monkeypatch.setattr("gui.preferences.filedialog.asksaveasfilename", lambda **_options: str(path))
    window.press("<F12>", window.root)
    window.settle()
    assert path.stat().st_size > 0
    assert "diagnostics.zip" in window.status


def test_an_error_that_nobody_expected_is_logged_and_said(window: Window, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a mistake")

    window.root.after(0, broken)
    window.wait(lambda: window.shell.notice.text, "the notice")
    assert "Something went wrong" in window.shell.notice.text
    assert "a mistake" in caplog.text
    caplog.clear()


def test_a_window_closed_at_once_leaves_nothing_behind(driver: Driver, photos: dict[str, Path]) -> None:
    from gui.engine import Engine

    window = driver()
    window.shell.close()
    other = driver(engine=Engine())
    other.shell.preferences.load_model("colours")
    other.shell.open_paths([photos["red"]])
    other.shell.close()


@pytest.mark.parametrize("kind", ["a path", "a file URL", "a list of files"])
def test_copied_paths_are_pasted(window: Window, photos: dict[str, Path], kind: str) -> None:
    path, root = photos["green"], window.root
    text = {"a path": str(path), "a file URL": path.as_uri(), "a list of files": f"copy\n{path.as_uri()}"}[kind]
    root.clipboard_clear()
    root.clipboard_append(text)
    window.press("<Control-v>", window.tab.canvas)
    window.wait(lambda: window.now.path == path and window.now.seen, "the pasted photograph")


@pytest.mark.skipif("not __import__('sys').platform.startswith('linux')", reason="elsewhere Pillow asks the system")
def test_a_copied_picture_is_pasted(window: Window) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), (30, 40, 220)).save(picture, "PNG")
    numbers = " ".join(hex(byte) for byte in picture.getvalue())

    def part(offset: str, most: str) -> str:
        return numbers[int(offset) : int(offset) + int(most)]

    window.root.clipboard_clear()
    window.root.selection_handle(part, selection="CLIPBOARD", type="image/png")
    window.root.selection_own(selection="CLIPBOARD")
    window.press("<Control-v>", window.tab.canvas)
    window.wait(lambda: window.now.seen, "the pasted picture")
    window.settle()
    assert window.headline.startswith("blue")
    assert window.now.name == "From the clipboard"
    assert not window.shell.desk.can_step(1)
    window.type("red", window.tab.correction.entry)
    window.press("<Return>")
    window.settle()
    assert window.corrected == "Corrected: red", "pictures without a file can be corrected too"


def test_nothing_to_paste_is_a_sentence(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.ImageGrab.grabclipboard", lambda: None)
    window.root.clipboard_clear()
    window.root.clipboard_append("just words")
    window.press("<Control-v>", window.tab.canvas)
    window.settle()
    assert "no photograph in the clipboard" in window.shell.notice.text


def test_what_pillow_finds_in_the_clipboard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("PIL.ImageGrab.grabclipboard", lambda: [str(tmp_path / "a.jpg")])
    assert picture_in(Pasted()) == [tmp_path / "a.jpg"]
    image = Image.new("RGB", (3, 2))
    monkeypatch.setattr("PIL.ImageGrab.grabclipboard", lambda: image)
    assert picture_in(Pasted()) is image


def test_a_window_that_was_left_off_the_screen_comes_back(driver: Driver) -> None:
    window = driver(size="", window_geometry="1000x650+9000+9000")
    assert window.root.winfo_x() < window.root.winfo_screenwidth()
    assert window.root.winfo_y() < window.root.winfo_screenheight()


def test_wrong_settings_are_no_reason_not_to_start(
    driver: Driver, photos: dict[str, Path], isolated_home: Path
) -> None:
    (isolated_home / "settings.json").write_text(json.dumps({"palette": "none such", "model": "gone"}))
    kept = load_settings()
    window = driver(photos["red"], palette=kept.palette)
    window.wait(lambda: window.now.drawn and window.now.drawn.bar, "the heatmap")
    window.settle()
    assert window.shell.desk.choices.palette == "cividis"
    assert isinstance(window.shell.menu, MenuBar)


def test_the_wheel_still_turns_after_a_dialog_has_gone(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    window.shell.preferences.show_help()
    window.settle()
    dialog: Any = window.dialogs()[0]
    dialog.close()
    for event in ("<Button-4>", "<Button-5>", "<MouseWheel>"):
        window.tab.bars.event_generate(event)
        window.root.update()


def test_slow_work_does_not_keep_photographs_waiting(
    driver: Driver, photos: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr("core.diagnostics.save_diagnostics", lambda _path: gate.wait(60))
    window = driver()
    window.shell.preferences.save_diagnostics(tmp_path / "x.zip")
    window.shell.open_paths([photos["red"]])
    window.wait(lambda: window.now.seen, "an answer beside the slow work")
    gate.set()
    window.settle()
