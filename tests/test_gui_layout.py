"""Nothing is cut off: in long languages, in large text, in a small window; and colours can be told from each other."""

from __future__ import annotations

import gettext
import tkinter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from tkinter import ttk

import pytest

import core.texts
from gui.desktop import Desktop
from gui.theme import DARK, LIGHT, Colours, elided
from tests.window_driver import *  # noqa: F403
from tests.window_driver import Driver, Window


class Longer(gettext.NullTranslations):
    """A French that is a third longer than the English, as the real one is."""

    def gettext(self, message: str) -> str:
        return message + " " + "longer "[: max(1, len(message) // 3)] * (1 + len(message) // 21)


def cut_off(window: Window, of: tkinter.Misc | None = None) -> Iterator[str]:
    """Texts that do not fit where they are."""
    for widget in window.widgets(of):
        if not widget.winfo_viewable() or widget in (window.tab._title, window.shell.status.model):
            continue
        if isinstance(widget, ttk.Button | ttk.Label | ttk.Checkbutton | ttk.Radiobutton):
            text = str(widget.cget("text"))
            if text and widget.winfo_width() < widget.winfo_reqwidth() - 1:
                yield f"{text!r}: {widget.winfo_width()} px wide, needs {widget.winfo_reqwidth()}"
            if text and widget.winfo_height() < widget.winfo_reqheight() - 1:
                yield f"{text!r}: {widget.winfo_height()} px high, needs {widget.winfo_reqheight()}"
        if isinstance(widget, tkinter.Canvas):
            for item in widget.find_all():
                if str(widget.type(item)) == "text":
                    left, _, right, _ = widget.bbox(item)
                    if left < 0 or right > widget.winfo_width() + 1:
                        yield f"{widget.itemcget(item, 'text')!r}: {left} to {right} of {widget.winfo_width()}"
        yield from _outside(widget)


def _outside(widget: tkinter.Misc) -> Iterator[str]:
    top = widget.winfo_toplevel()
    right = widget.winfo_rootx() + widget.winfo_width() - top.winfo_rootx()
    bottom = widget.winfo_rooty() + widget.winfo_height() - top.winfo_rooty()
    is_scrolled = "scrollframe." in str(widget)
    if right > top.winfo_width() + 1 or (bottom > top.winfo_height() + 1 and not is_scrolled):
        yield f"{widget} ends at {right}, {bottom} of {top.winfo_width()} x {top.winfo_height()}"


@pytest.mark.parametrize("dpi", [96, 130])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_is_cut_off(
    driver: Driver, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch, dpi: int, language: str
) -> None:
    monkeypatch.setattr(Desktop, "text_dpi", lambda _self: float(dpi))
    monkeypatch.setattr(core.texts, "_french", Longer)
    window = driver(language=language, size="1270x650" if dpi == 96 else "1270x690")
    found = [f"empty: {text}" for text in cut_off(window)]
    for name in ("red", "grey", "damaged", "blue"):
        window.open(photos[name])
        found += [f"{name}: {text}" for text in cut_off(window)]
    window.type("green", window.tab.correction.entry)
    window.press("<Return>")
    window.settle()
    window.click_bar(0, 0x1)
    found += [f"corrected: {text}" for text in cut_off(window)]
    window.shell.notice.show("A sentence that is long enough to need a second line. " * 5)
    window.settle()
    found += [f"notice: {text}" for text in cut_off(window)]
    for tab in (1, 2):
        window.shell.select(tab)
        window.settle()
        found += [f"tab {tab}: {text}" for text in cut_off(window)]
    assert found == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_dialogs_fit_the_screen(driver: Driver, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setattr(core.texts, "_french", Longer)
    window = driver(language=language)
    found: list[str] = []
    for show in (
        window.shell.preferences.show_dialog,
        window.shell.preferences.show_about,
        window.shell.preferences.show_help,
    ):
        show()
        window.settle()
        dialog = window.dialogs()[0]
        found += list(cut_off(window, dialog))
        assert dialog.winfo_width() <= window.root.winfo_screenwidth() - 20
        assert dialog.winfo_height() <= window.root.winfo_screenheight() - 60, "title bar and panels need room too"
        dialog.destroy()
    assert found == []


def test_the_answer_scrolls_when_there_is_no_room(driver: Driver, photos: dict[str, Path]) -> None:
    window = driver(size="940x420")
    window.root.minsize(1, 1)
    window.root.geometry("940x380")
    window.open(photos["red"])
    window.wait(lambda: window.tab._answer.is_scrolling, "the bar")
    assert window.tab.correction.entry.winfo_viewable(), "the field for the breed stays in sight"
    before = window.tab._answer._view.yview()
    window.tab.bars.event_generate("<Button-5>")
    window.root.update()
    assert window.tab._answer._view.yview() != before


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_is_enough_to_read(colours: Colours) -> None:
    for ink in ("text", "faint"):
        for paper in ("back", "card", "stage", "field", "chosen", "hover"):
            assert contrast(getattr(colours, ink), getattr(colours, paper)) >= 4.5, (ink, paper)
    for ink in ("accent", "second", "good", "doubt", "bad"):
        for paper in ("back", "card", "chosen"):
            assert contrast(getattr(colours, ink), getattr(colours, paper)) >= 4.5, (ink, paper)
    assert all(getattr(colours, field.name).startswith("#") for field in fields(colours))


def test_long_names_end_in_dots(window: Window) -> None:
    font_name = "SunValleyBodyFont"
    assert elided(window.root, "Beagle", font_name, 500) == "Beagle"
    short = elided(window.root, "American Staffordshire terrier", font_name, 100)
    assert short.startswith("Ameri")
    assert short.endswith("…")
    assert elided(window.root, "Beagle", font_name, 0) == "B…"
