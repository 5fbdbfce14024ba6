"""Usable by everybody: the keyboard alone reaches everything, it is seen where it is, and large text is whole."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Iterator
from pathlib import Path
from tkinter import ttk
from typing import Any

import numpy as np
import pytest

from gui.focus import focused
from gui.scroll_frame import ScrollFrame
from gui.theme import DARK, LIGHT, Colours
from tests.pixels import changed_share, contrast, pixels_of, strongest_change
from tests.plain_window import *  # noqa: F403
from tests.plain_window import Plain
from tests.window_driver import *  # noqa: F403
from tests.window_driver import Driver, Window, texts_of

# What acts: each of these must be reached with Tab where it is seen and can be used.
ACTING = (ttk.Button, ttk.Checkbutton, ttk.Radiobutton, ttk.Entry, ttk.Scale, ttk.Treeview, ttk.Notebook)
# Drawn things that need no keyboard of their own: a click on the picture only takes it away from a field, and what the
# headings of a table sort by stands in the list "Sort by" as well.
OTHERWISE = ("PhotoCanvas", "RowHeadings")
BUTTONS = ("TButton", "Accent.TButton", "Toggle.TButton", "Key.TButton")
THEMES: dict[str, Colours] = {"light": LIGHT, "dark": DARK}
MOST_STEPS = 120


def keyboard_round(window: Window, top: tkinter.Misc) -> list[tkinter.Misc]:
    """Every widget that has the keyboard while Tab is pressed until it is back at the first one."""
    window.root.update()
    found: list[tkinter.Misc] = []
    for _ in range(MOST_STEPS):
        here = focused(window.root) or top
        if here in found:
            return found
        found.append(here)
        here.event_generate("<Key>", keysym="Tab")
        window.root.update()
    raise AssertionError(f"Tab does not come round: {found[-5:]}")


def acting(window: Window, top: tkinter.Misc) -> list[tkinter.Misc]:
    """What is seen, can be used, and does something when it is clicked; also what is drawn on a canvas."""
    return [widget for widget in _below(top) if widget.winfo_viewable() and _acts(widget)]


def _below(top: tkinter.Misc) -> Iterator[tkinter.Misc]:
    for child in top.winfo_children():
        if not isinstance(child, tkinter.Toplevel):
            yield child
            yield from _below(child)


def _acts(widget: tkinter.Misc) -> bool:
    if isinstance(widget, ttk.Widget):
        is_key = isinstance(widget, ttk.Button) and str(widget.cget("style")) == "Key.TButton"
        return isinstance(widget, ACTING) and not widget.instate(["disabled"]) and not is_key
    if type(widget.master).__name__ == "WhyStage" and str(widget.cget("takefocus")) == "0":
        return False  # there is nothing to scroll
    is_acting = bool(widget.bind("<Button-1>") or widget.bind("<ButtonPress-1>"))
    return isinstance(widget, tkinter.Canvas) and is_acting and type(widget).__name__ not in OTHERWISE


def look_of_focus(window: Window, widget: tkinter.Misc) -> tuple[float, float]:
    """What changes of a widget when it gets the keyboard: the share of its pixels, and the contrast of the change."""
    window.root.focus_force()
    window.root.update()
    before = pixels_of(widget)
    widget.focus_force()
    window.root.update()
    after = pixels_of(widget)
    return changed_share(before, after), strongest_change(before, after)


def check_round(window: Window, top: tkinter.Misc, where: str) -> list[str]:
    """What is wrong with the keyboard in this window or dialog."""
    top.focus_force()
    window.root.update()
    reached = keyboard_round(window, top)
    wrong = [f"{where}: Tab does not reach {_named(widget)}" for widget in acting(window, top) if widget not in reached]
    for widget in reached:
        if widget is top or not widget.winfo_viewable():
            continue
        share, ratio = look_of_focus(window, widget)
        if share == 0 or ratio < 3:
            wrong.append(f"{where}: the keyboard is not seen on {_named(widget)} ({share:.4f}, {ratio:.1f})")
    return wrong


def _named(widget: tkinter.Misc) -> str:
    return f"{type(widget).__name__} {' '.join(texts_of(widget))[:40]!r} {widget}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_keyboard_reaches_everything_in_both_tabs_and_is_seen(
    driver: Driver, photos: dict[str, Path], theme: str
) -> None:
    window = driver(theme=theme, size="1240x860")
    wrong = check_round(window, window.root, "before the first photograph")
    window.open(photos["red"])
    wrong += check_round(window, window.root, "Photo")
    window.open_folder(photos["red"].parent)
    window.go_to("1 red.jpg")
    wrong += check_round(window, window.root, "Folder")
    window.folder.use_grid(not window.folder.is_grid)
    window.settle()
    wrong += check_round(window, window.root, "Folder, the other way")
    assert wrong == []


def test_the_keyboard_reaches_everything_in_dialogs(driver: Driver, photos: dict[str, Path]) -> None:
    window = driver(size="1240x860")
    window.open(photos["red"])
    window.open_folder(photos["red"].parent)
    window.go_to("1 red.jpg")
    wrong: list[str] = []
    for name in ("settings", "about", "keys", "folder_export", "folder_figures", "folder_group", "why"):
        window.shell.select(0 if name == "why" else 1)
        window.settle()
        window.shell.actions[name].run()
        window.settle()
        dialog: Any = window.dialogs()[0]
        here = focused(window.root)
        if here is None or here.winfo_toplevel() is not dialog:
            wrong.append(f"{name} does not take the keyboard")
        wrong += check_round(window, dialog, name)
        window.press("<Escape>")
        window.settle()
        if dialog in window.dialogs():
            wrong.append(f"Escape does not close {name}")
            dialog.close()
    assert wrong == []


def test_candidates_are_chosen_and_explained_with_the_keyboard(window: Window, photos: dict[str, Path]) -> None:
    window.open_folder(photos["red"].parent)
    window.go_to("1 red.jpg")
    candidates = window.folder.preview.candidates
    second = candidates.bars[1]
    window.press("<Down>", candidates)
    window.press("<space>", candidates)
    window.settle()
    assert candidates._explained == second.label
    window.press("<Return>", candidates)
    window.settle()
    assert window.word("1 red.jpg").label == f"colour-{second.name}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_style_of_widget_shows_the_keyboard(plain: Plain, theme: Any) -> None:
    plain.look.use(theme)
    made: list[Callable[[], tkinter.Widget]] = [
        *(lambda style=style: ttk.Button(plain.root, text="A", style=style) for style in BUTTONS),
        *(lambda on=on: _ticked(ttk.Checkbutton(plain.root, text="A"), on) for on in (False, True)),
        *(lambda on=on: _ticked(ttk.Radiobutton(plain.root, text="A"), on) for on in (False, True)),
        *(lambda kind=kind: kind(plain.root) for kind in (ttk.Entry, ttk.Combobox, ttk.Spinbox, ttk.Scale)),
        lambda: ttk.Combobox(plain.root, state="readonly", values=["A"]),
        lambda: ttk.Treeview(plain.root, height=2),
    ]
    for make in made:
        widget = make()
        widget.pack(padx=20, pady=20)
        plain.root.focus_force()
        plain.root.update()
        before = pixels_of(widget)
        widget.state(["focus"])  # type: ignore[attr-defined]
        after = pixels_of(widget)
        assert strongest_change(before, after) >= 3, f"{type(widget)} {widget.cget('style')}"
        widget.destroy()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_chosen_keeps_its_colour_under_the_keyboard(plain: Plain, theme: Any) -> None:
    plain.look.use(theme)
    accent = np.array([int(plain.look.colours.accent[n : n + 2], 16) for n in (1, 3, 5)])
    for kind in (ttk.Radiobutton, ttk.Checkbutton):
        widget = kind(plain.root, text="A")
        widget.pack(padx=20, pady=20)
        plain.root.update()
        _ticked(widget, True)
        counts = []
        for state in ("!focus", "focus"):
            widget.state([state])
            counts.append(int((np.abs(pixels_of(widget) - accent).max(axis=2) < 24).sum()))
        assert counts[0] > 100 and counts[1] > counts[0] // 3, f"{kind.__name__}: {counts}"
        widget.destroy()


def _ticked(widget: Any, on: bool) -> Any:
    widget.state(["selected" if on else "!selected", "!alternate"])
    return widget


# Contrast


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_of_a_theme_can_be_told_apart(theme: str) -> None:
    colours = THEMES[theme]
    papers = ("back", "card", "stage", "field", "chosen", "hover")
    pairs = [(ink, paper, 4.5) for ink in ("text", "faint") for paper in papers]
    pairs += [(ink, paper, 4.5) for ink in ("accent", "second", "good", "doubt", "bad") for paper in papers]
    pairs += [("on_marked", "marked", 4.5), ("on_accent", "accent", 4.5)]
    pairs += [(ink, "track", 3) for ink in ("accent", "second")]  # bars on their rails
    pairs += [("off", paper, 3) for paper in ("back", "card", "field")]  # what cannot be used need not be read
    too_faint = [
        f"{ink} on {paper}: {found:.2f}, not {least}"
        for ink, paper, least in pairs
        if (found := contrast(getattr(colours, ink), getattr(colours, paper))) < least
    ]
    assert too_faint == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_of_the_real_window_can_be_read(driver: Driver, photos: dict[str, Path], theme: str) -> None:
    window = driver(theme=theme, size="1240x860", retrain_enabled=True)
    found = dict(_faint_texts(window))
    window.open(photos["red"])
    found |= _faint_texts(window)
    window.open_folder(photos["red"].parent)
    window.go_to("4 grey.jpg")
    window.press("<n>")
    window.settle()
    found |= _faint_texts(window)
    for name in ("settings", "folder_export", "folder_figures"):
        window.shell.actions[name].run()
        window.settle()
        found |= _faint_texts(window)
        window.dialogs()[0].close()  # type: ignore[attr-defined]
    window.shell.select(2)
    window.settle()
    found |= _faint_texts(window)
    assert found == {}


def _faint_texts(window: Window) -> dict[str, float]:
    """Texts by themselves, with the contrast that they have where it is too low."""
    window.root.update()
    style = ttk.Style(window.root)
    found: dict[str, float] = {}
    for widget in window.widgets():
        if not widget.winfo_viewable():
            continue
        if isinstance(widget, tkinter.Canvas):
            papers = str(widget.cget("background"))
            for item in widget.find_all():
                if str(widget.type(item)) == "text" and widget.itemcget(item, "text"):
                    ink, paper = widget.itemcget(item, "fill"), _under(widget, item) or papers
                    _judge(found, window, f"{widget.itemcget(item, 'text')} on {type(widget).__name__}", ink, paper)
            continue
        texts = texts_of(widget)
        if not texts:
            continue
        if isinstance(widget, ttk.Widget):
            used, state = str(widget.cget("style")) or widget.winfo_class(), widget.state()
            own = str(widget.cget("foreground")) if "foreground" in widget.keys() else ""  # noqa: SIM118
            ink = own or str(style.lookup(used, "foreground", state))
            paper = _paper_of(window, used, "selected" in state) or str(style.lookup(used, "background", state))
            least = 3.0 if "disabled" in state else 4.5
        else:
            ink, paper, least = str(widget.cget("foreground")), str(widget.cget("background")), 4.5
        _judge(found, window, f"{texts[0]} on {widget}", ink, paper, least)
    return found


def _paper_of(window: Window, style: str, is_on: bool) -> str:
    """Where sv-ttk paints with pictures: the colour in the middle of them."""
    pictures = {"Accent.TButton": "button-accent-rest", "TButton": "button-rest", "Key.TButton": "button-rest"}
    pictures["Toggle.TButton"] = "button-accent-rest" if is_on else "button-rest"
    if style not in pictures:
        return ""
    theme = "dark" if window.shell.look.is_dark else "light"
    picture = window.root.tk.eval(f"set ::ttk::theme::sv_{theme}::I({pictures[style]})")
    return "#" + "".join(f"{int(part):02x}" for part in window.root.tk.eval(f"{picture} get 10 10").split())


def _under(canvas: tkinter.Canvas, item: int) -> str:
    """The colour of the topmost filled shape under the middle of a text."""
    box = canvas.bbox(item)
    if box is None:
        return ""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    for below in reversed(canvas.find_overlapping(x, y, x, y)):
        kind = str(canvas.type(below))
        if below < item and kind == "image":
            return ""
        if below != item and kind in ("polygon", "rectangle", "oval") and canvas.itemcget(below, "fill"):
            return str(canvas.itemcget(below, "fill"))
    return ""


def _judge(found: dict[str, float], window: Window, where: str, ink: str, paper: str, least: float = 4.5) -> None:
    if not ink or not paper:
        return
    both = ["#" + "".join(f"{part >> 8:02x}" for part in window.root.winfo_rgb(colour)) for colour in (ink, paper)]
    if (ratio := contrast(*both)) < least:
        found[f"{where}: {ink} on {paper}"] = round(ratio, 2)


# Large text


def test_text_grows_at_once_and_stays_so(driver: Driver, photos: dict[str, Path]) -> None:
    window = driver()
    window.open(photos["red"])
    before = window.tab._buttons["open"].winfo_reqheight()
    for _ in range(4):
        window.press("<Control-plus>", window.tab.canvas)
    window.settle()
    sizes = [int(window.shell.settings.text_size)]
    assert window.tab._buttons["open"].winfo_reqheight() > 1.4 * before
    window.press("<Control-minus>", window.tab.canvas)
    sizes.append(int(window.shell.settings.text_size))
    assert sizes == [200, 175]
    window.shell.preferences.use_text_size("100")
    window.settle()
    assert window.tab._buttons["open"].winfo_reqheight() == before


# What title bar and menus leave of 1280 x 720 and 1366 x 768.
@pytest.mark.parametrize(
    ("size", "percent", "language"), [("1266x620", 200, "fr"), ("1266x620", 150, "en"), ("1352x668", 200, "en")]
)
def test_no_word_is_cut_in_large_text(
    driver: Driver, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch, size: str, percent: int, language: str
) -> None:
    width, height = (int(side) for side in size.split("x"))
    monkeypatch.setattr(tkinter.Misc, "winfo_screenwidth", lambda _self: width + 14)
    monkeypatch.setattr(tkinter.Misc, "winfo_screenheight", lambda _self: height + 100)
    window = driver(text_size=percent, language=language, size=size, retrain_enabled=True)
    wrong = _cut(window, window.root, "empty")
    window.open(photos["red"])
    wrong += _cut(window, window.root, "photo")
    window.shell.notice.show("A sentence that is long enough to need a second line. " * 3)
    window.open_folder(photos["red"].parent)
    window.go_to("1 red.jpg")
    wrong += _cut(window, window.root, "folder")
    window.folder.use_grid(not window.folder.is_grid)
    window.settle()
    wrong += _cut(window, window.root, "folder, the other way")
    for name in ("settings", "about", "keys", "folder_export", "folder_figures", "folder_group"):
        window.shell.actions[name].run()
        window.settle()
        dialog: Any = window.dialogs()[0]
        wrong += _cut(window, dialog, name)
        assert dialog.winfo_width() <= width + 14, name
        assert dialog.winfo_height() <= height + 100, name
        dialog.close()
    window.shell.select(0)
    window.shell.actions["why"].run()
    window.settle()
    wrong += _cut(window, window.dialogs()[0], "why")
    assert wrong == []


def _cut(window: Window, top: tkinter.Misc, where: str) -> list[str]:
    """Words that get less room than they need, and what cannot be scrolled to."""
    window.root.update()
    window.settle()
    wrong: list[str] = []
    for widget in _below(top):
        if not widget.winfo_viewable() or not isinstance(
            widget, ttk.Label | ttk.Button | ttk.Checkbutton | ttk.Radiobutton
        ):
            continue
        if not any(texts_of(widget)):
            continue
        name = f"{where}: {_named(widget)}"
        is_elided = "width" in widget.keys() and str(widget.cget("width")) not in ("", "0")  # noqa: SIM118
        if widget.winfo_width() < widget.winfo_reqwidth() - 1 and not is_elided:
            wrong.append(f"{name}: {widget.winfo_width()} of {widget.winfo_reqwidth()} pixels wide")
        if widget.winfo_height() < widget.winfo_reqheight() - 1:
            wrong.append(f"{name}: {widget.winfo_height()} of {widget.winfo_reqheight()} pixels high")
        wrong += _out_of_reach(widget, name)
    return wrong


def _out_of_reach(widget: tkinter.Misc, name: str) -> list[str]:
    """Beyond the edge of something around it that does not scroll."""
    around: Any = widget
    while not isinstance(around, tkinter.Toplevel | tkinter.Tk):
        around = around.master
        if isinstance(around, tkinter.Canvas):
            continue
        right = widget.winfo_rootx() + widget.winfo_width() - around.winfo_rootx()
        bottom = widget.winfo_rooty() + widget.winfo_height() - around.winfo_rooty()
        if isinstance(around, ScrollFrame):
            return [f"{name}: ends at {right} of {around.winfo_width()}"] if right > around.winfo_width() + 2 else []
        if right > around.winfo_width() + 2 or bottom > around.winfo_height() + 2:
            return [f"{name}: ends at {right}, {bottom} of {around.winfo_width()} x {around.winfo_height()}, {around}"]
    return []
