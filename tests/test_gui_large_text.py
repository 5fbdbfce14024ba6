"""Large text on a small screen: pages begin at their top, what has no room is told of, dialogs stay on the screen."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from pathlib import Path
from tkinter import font, ttk

import pytest
from PIL import Image

from gui.actions import Action
from gui.key_bar import KeyBar, KeyHint
from gui.name_field import NameField
from gui.status_line import StatusLine
from gui.theme import BODY
from tests.bundle_factory import tiny_bundle, tiny_folder
from tests.plain_window import Plain, plain
from tests.window_driver import Driver, driver

__all__ = ["driver", "plain", "tiny_bundle", "tiny_folder"]


@pytest.fixture
def small_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tkinter.Misc, "winfo_screenwidth", lambda _self: 1280)
    monkeypatch.setattr(tkinter.Misc, "winfo_screenheight", lambda _self: 720)


def test_the_folder_tab_begins_at_its_top_and_follows_the_keyboard(
    driver: Driver, tmp_path: Path, small_screen: None
) -> None:
    for number in range(12):
        Image.new("RGB", (90, 60), (20 * number, 40, 200)).save(tmp_path / f"{number}.png")
    window = driver(text_size=150, language="fr", size="1240x600")
    window.open_folder(tmp_path)
    page = window.folder._all
    assert page.is_scrolling, "or nothing is tested"
    assert page._view.canvasy(0) == 0, "the head is in sight"
    view = window.folder.view
    assert view is not None
    first = view.selection.current
    for _ in range(2):
        window.press("<Down>", view.canvas)
    window.settle()
    assert view.selection.current != first and page._view.canvasy(0) > 0
    top, bottom = (y + view.canvas.winfo_rooty() - page._view.winfo_rooty() for y in view.span(view.selection.current))
    assert top >= 0 and bottom <= page._view.winfo_height(), "the current row is in sight"


def test_dialogs_that_grow_stay_on_the_screen(driver: Driver, small_screen: None) -> None:
    window = driver(text_size=200, language="fr", size="1240x600")
    window.shell.actions["settings"].run()
    window.settle()  # the models are read by then, and made it higher
    dialog = window.dialogs()[0]
    assert 0 <= dialog.winfo_rooty() <= 720 - dialog.winfo_height()
    dialog.geometry("+900+500")
    window.settle()
    tkinter.Label(dialog.foot, height=2).pack(side="bottom")  # type: ignore[attr-defined]
    window.settle()
    assert dialog.winfo_rootx() + dialog.winfo_width() <= 1280
    assert dialog.winfo_rooty() + dialog.winfo_height() <= 720


def _hint(name: str, done: list[str], allowed: bool) -> KeyHint:
    def named() -> str:
        return name

    action = Action(named, lambda: done.append(name), (f"<{name[0].lower()}>",), is_allowed=lambda: allowed)
    return KeyHint(action, named, name[0])


def test_keys_without_room_are_behind_the_last_button(plain: Plain) -> None:
    done: list[str] = []
    hints = [_hint(f"{letter} quite a long name", done, letter != "H") for letter in "ABCDEFGH"]
    bar = KeyBar(plain.root, plain.look, hints)
    bar.pack(fill="x")
    plain.root.geometry("460x200")
    plain.wait(lambda: bar.winfo_width() == 460 and bar.more.winfo_viewable(), "the layout")
    hidden = [hint.word() for hint in bar.hidden()]
    assert 0 < len(hidden) < len(hints)
    last = max((one for one in bar.buttons if one.winfo_manager()), key=lambda one: one.winfo_x())
    assert last.winfo_x() + last.winfo_width() <= bar.more.winfo_x()
    assert bar.more.winfo_x() + bar.more.winfo_width() <= 460
    menu = bar.unfolded()
    labels = [menu.entrycget(place, "label") for place in range(len(hidden))]
    assert labels == hidden
    menu.invoke(0)
    assert done == hidden[:1]
    assert menu.entrycget(len(hidden) - 1, "state") == "disabled"
    plain.root.geometry("1900x200")
    plain.wait(lambda: not bar.more.winfo_manager(), "room for all")
    assert bar.hidden() == []


def test_the_status_line_ends_in_dots_at_every_text_size(plain: Plain) -> None:
    line = StatusLine(plain.root, plain.look)
    line.pack(fill="x")
    text = "The model in use, and how often it was right on photographs that no network has ever seen before. " * 2
    line.show_model(text)
    measure: Callable[[str], int] = font.nametofont(BODY, plain.root).measure
    for percent in (100, 200, 150):
        plain.look.text_percent = percent
        plain.look.use("light")
        plain.root.update()
        shown = str(line.model.cget("text"))
        assert shown.endswith("…") and measure(shown) <= line.model.winfo_width(), percent


def test_long_names_are_whole_in_the_list(plain: Plain) -> None:
    long = "Retriever de la baie de Chesapeake  (Chesapeake Bay retriever)"
    field = NameField(plain.root, plain.look, "Breed", [(long, (long,))], lambda: None)
    field.pack()
    plain.root.update()
    assert isinstance(field.entry, ttk.Entry)
    assert field.list.winfo_width() > font.nametofont(BODY, plain.root).measure(f" {long}")
    box = field.list.bbox(0)
    assert box is not None and box[0] + box[2] <= field.list.winfo_width()
