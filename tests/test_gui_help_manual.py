"""The manual in the window: the right page, links, search, the way back, both languages and themes, keys that exist."""

from __future__ import annotations

import io
import itertools
import threading
import tkinter
from pathlib import Path
from tkinter import ttk
from typing import Any

import pytest
from PIL import Image

from core.manual import PAGES, Item, Kind, Paragraph, Table, read_manual
from core.texts import Language, set_language, tr
from gui.help_dialog import HelpDialog
from tests.bundle_factory import tiny_bundle, tiny_folder
from tests.window_driver import Driver, Window, driver, photos, window

__all__ = ["driver", "photos", "tiny_bundle", "tiny_folder", "window"]


def opened(window: Window) -> Any:
    """The window of the manual, with its page."""
    window.wait(lambda: window.shell.manual.window and window.shell.manual._pages, "the manual")
    window.settle()
    return window.shell.manual.window


def place(window: Window) -> tuple[str, str]:
    return window.shell.manual.place


def read(manual: Any) -> str:
    return str(manual.page.text.get("1.0", "end"))


def titles(manual: Any) -> list[str]:
    """What the contents list at first sight."""
    return [manual.contents.item(row, "text") for row in manual.contents.get_children()]


def press(window: Window, widget: tkinter.Misc, *keys: str) -> None:
    widget.focus_force()
    window.root.update()
    for key in keys:
        widget.event_generate(key)
        window.root.update()


def test_f1_opens_the_page_of_the_tab(window: Window) -> None:
    for tab, page in enumerate(("photograph", "folder", "administrators")):
        window.shell.select(tab)
        window.root.update()
        window.press("<F1>", window.root)
        manual = opened(window)
        assert place(window) == (page, "")
        assert len(titles(manual)) == len(PAGES)
        assert next(one.title for one in read_manual("en") if one.name == page) in read(manual)
        assert manual.contents.item(manual.contents.selection()[0], "text") in titles(manual)
        manual.close()


def test_f1_where_explanations_are_opens_what_they_show(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    window.shell.why.open()
    window.settle()
    why = window.shell.why.window
    assert why is not None
    window.press("<F1>", why.close_button)
    opened(window)
    assert place(window)[0] == "limits"


def test_it_opens_once_and_comes_to_the_front(window: Window) -> None:
    window.shell.manual.open("folder")
    first = opened(window)
    window.shell.manual.open("privacy")
    assert opened(window) is first
    assert place(window) == ("privacy", "")
    assert [type(one).__name__ for one in window.dialogs()] == ["ManualWindow"]


def test_links_lead_on_and_back_leads_back(window: Window) -> None:
    window.shell.manual.open("photograph")
    manual = opened(window)
    assert manual.back_button.instate(["disabled"])
    window.shell.manual.follow("limits.md#what-a-heatmap-shows")
    window.settle()
    assert place(window) == ("limits", "what-a-heatmap-shows")
    assert manual.page.text.bbox("#what-a-heatmap-shows"), "the part is in sight"
    press(window, manual.page.text, "<Alt-Left>")
    assert place(window) == ("photograph", "")
    assert manual.back_button.instate(["disabled"])


def test_links_are_reached_with_keys(window: Window) -> None:
    window.shell.manual.open("index")
    manual = opened(window)
    press(window, manual.page.text, "<Tab>")
    chosen = manual.page.text.tag_ranges("chosen")
    assert manual.page.text.get(*chosen) == "One photograph"
    press(window, manual.page.text, "<Tab>", "<Return>")
    assert place(window) == ("folder", "")


def test_a_click_on_a_link_follows_it(window: Window) -> None:
    window.shell.manual.open("index")
    text = opened(window).page.text
    window.root.update()
    x, y, width, height = text.bbox(text.tag_nextrange("link", "1.0")[0])
    text.event_generate("<Motion>", x=x + width // 2, y=y + height // 2)
    text.event_generate("<ButtonPress-1>", x=x + width // 2, y=y + height // 2)
    text.event_generate("<ButtonRelease-1>", x=x + width // 2, y=y + height // 2)
    window.root.update()
    assert place(window) == ("photograph", "")


def test_words_are_searched_for_in_all_pages(window: Window) -> None:
    window.shell.manual.open("photograph")
    manual = opened(window)
    window.type("passphrase", manual.search_field)
    window.settle()
    assert "For administrators" in titles(manual) and "One photograph" not in titles(manual)
    press(window, manual.search_field, "<Down>")
    window.settle()
    assert manual.page.text.tag_ranges("found"), "the words are marked"
    window.type("zzqq", manual.search_field)
    window.settle()
    assert titles(manual) == [] and manual._nothing.winfo_manager()


def test_words_without_accents_are_found_and_marked(driver: Driver) -> None:
    window = driver(language="fr")
    window.shell.manual.open("folder")
    manual = opened(window)
    window.type("verifier avec", manual.search_field)
    window.settle()
    assert "Un dossier de photos" in titles(manual)
    text = manual.page.text
    marked = text.tag_ranges("found")
    assert "Vérifier" in {str(text.get(*pair)) for pair in zip(marked[::2], marked[1::2], strict=True)}


def test_escape_ends_the_search_then_closes(window: Window) -> None:
    window.shell.manual.open("photograph")
    manual = opened(window)
    window.type("GPS", manual.search_field)
    press(window, manual.search_field, "<Escape>")
    assert manual.search_field.get() == "" and len(titles(manual)) == len(PAGES)
    press(window, manual.page.text, "<Escape>")
    assert window.shell.manual.window is None and not window.dialogs()
    window.shell.manual.open("photograph")
    assert opened(window).winfo_exists(), "it can be opened again"


def test_it_cannot_be_written_into(window: Window) -> None:
    window.shell.manual.open("privacy")
    text = opened(window).page.text
    before = text.get("1.0", "end")
    press(window, text, "<Key-x>", "<Delete>", "<BackSpace>", "<Control-d>", "<Control-k>", "<<Paste>>", "<<Cut>>")
    assert text.get("1.0", "end") == before


def test_marked_text_can_be_copied(window: Window) -> None:
    window.shell.manual.open("privacy")
    manual = opened(window)
    text = manual.page.text
    window.click(text, 40, 20)
    assert window.root.focus_get() == text
    text.tag_add("sel", "1.0", "1.7")
    text.event_generate("<<Copy>>")
    assert window.root.clipboard_get() == "Privacy"


def test_keys_scroll(window: Window) -> None:
    window.shell.manual.open("administrators")
    page = opened(window).page
    text = page.text
    window.wait(lambda: not page._settling, "the page in its width")
    window.settle()
    press(window, text, "<Next>")
    after_page = text.yview()[0]
    assert after_page > 0
    press(window, text, "<Up>")
    assert 0 < text.yview()[0] < after_page
    press(window, text, "<End>")
    assert text.yview()[1] == 1.0
    press(window, text, "<Home>")
    assert text.yview()[0] == 0.0


def test_language_and_theme_change_at_once(window: Window) -> None:
    window.shell.manual.open("limits")
    manual = opened(window)
    window.shell.preferences.use_language("fr")
    window.settle()
    assert place(window)[0] == "limits"
    french = next(one for one in read_manual("fr") if one.name == "limits")
    assert french.title in read(manual)
    assert manual.title().startswith("Manuel")
    window.shell.preferences.use_theme("dark")
    window.settle()
    assert manual.page.text.cget("background") == window.shell.look.colours.card
    assert manual.page.text.tag_cget("link", "foreground") == window.shell.look.colours.accent


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_is_drawn_whole_and_fits(driver: Driver, language: Language) -> None:
    window = driver(language=language)
    window.shell.manual.open()
    manual = opened(window)
    text = manual.page.text
    for page in read_manual(language):
        window.shell.manual.go(page.name, "")
        window.settle()
        assert page.title in read(manual)
        shown = [name for name in text.image_names() if name]
        assert len(shown) == sum(type(block).__name__ == "Picture" for block in page.blocks), page.name
        room = text.winfo_width() - 2 * int(str(text.cget("padx")))
        assert all(picture.width() <= room for picture in manual.page._pictures)
        for heading in page.headings:
            assert f"#{heading.anchor}" in text.mark_names()


def test_pictures_are_shrunk_beside_the_window(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[bool] = []
    resize = Image.Image.resize

    def noted(*given: Any, **named: Any) -> Any:
        threads.append(threading.current_thread() is threading.main_thread())
        return resize(*given, **named)

    monkeypatch.setattr(Image.Image, "resize", noted)
    window.shell.manual.open("photograph")
    manual = opened(window)
    window.wait(lambda: not manual.page._settling, "the page in its width")
    window.settle()
    names = manual.page.text.image_names()
    for one in manual.page._pictures:
        points = itertools.product(range(0, one.width(), 25), range(0, one.height(), 25))
        assert len({manual.tk.call(str(one), "get", x, y) for x, y in points}) > 5, "the picture, not the place for it"
    assert names and threads and not any(threads)
    before = len(threads)
    manual.search_field.insert(0, "a")  # drawn again, with the words marked
    window.settle()
    assert len(threads) == before


def test_a_damaged_picture_is_told_in_words(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs" / "en").mkdir(parents=True)
    (tmp_path / "docs" / "en" / "index.md").write_text("# Here\n\n![A dog](half.png)\n", encoding="utf-8")
    whole = io.BytesIO()
    Image.effect_noise((200, 200), 50).save(whole, "PNG")
    (tmp_path / "docs" / "en" / "half.png").write_bytes(whole.getvalue()[:5000])
    monkeypatch.setattr("core.manual.program_dir", lambda: tmp_path)
    window.shell.manual.open("index")
    manual = opened(window)
    assert "[A dog]" in read(manual)
    assert not manual.page.text.image_names()


def test_the_manual_is_whole_on_a_small_screen_in_large_text(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tkinter.Misc, "winfo_screenwidth", lambda _self: 1280)
    monkeypatch.setattr(tkinter.Misc, "winfo_screenheight", lambda _self: 720)
    window = driver(text_size=200, language="fr", size="1240x600")
    window.shell.manual.open("folder")
    manual = opened(window)
    assert manual.winfo_rootx() >= 0 and manual.winfo_rootx() + manual.winfo_width() <= 1270
    assert manual.winfo_rooty() + manual.winfo_height() <= 720
    first, last = manual.contents.xview()
    assert (first, last) != (0.0, 1.0), "longer titles can be scrolled to"
    bars = [one for one in manual._list.winfo_children() if isinstance(one, ttk.Scrollbar) and one.winfo_viewable()]
    assert {str(one.cget("orient")) for one in bars} >= {"horizontal"}
    manual.event_generate("<Escape>")
    window.settle()
    assert window.shell.manual.window is None


def test_a_missing_picture_is_told_in_words(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs" / "en").mkdir(parents=True)
    (tmp_path / "docs" / "en" / "index.md").write_text("# Here\n\n![A dog](no.png)\n", encoding="utf-8")
    monkeypatch.setattr("core.manual.program_dir", lambda: tmp_path)
    window.shell.manual.open("photograph")
    assert "[A dog]" in read(opened(window)), "a page that is missing: the first one instead"


def test_without_its_pages_the_short_help_opens(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.manual.program_dir", lambda: tmp_path)
    window.shell.manual.open("folder")
    window.wait(window.dialogs, "something to read")
    window.settle()
    assert [type(one).__name__ for one in window.dialogs()] == ["HelpDialog"]


def test_all_keys_are_one_key_away(window: Window) -> None:
    window.press("<Control-k>", window.root)
    assert isinstance(window.dialogs()[0], HelpDialog)


def own_keys() -> set[str]:
    """Those of the manual's window and of every field, which are no actions."""
    ctrl, shift = tr("Ctrl"), tr("Shift")
    arrows = {"←", "→", "↑", "↓", "Alt+←"}
    return {ctrl, shift, "Tab", tr("Enter"), tr("Esc"), *arrows, *"12345"}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_keys_in_the_manual_are_real(driver: Driver, language: Language) -> None:
    window = driver(language=language)
    set_language(language)
    real = {action.key_text() for action in window.shell.actions.values()} | own_keys()
    # Further keys of the same actions.
    real |= {key.upper() if len(key) == 1 else key for one in window.shell.actions.values() for key in one.keys}
    real |= {"/"} if any("slash" in one.keys for one in window.shell.actions.values()) else set()
    named = {
        span.text
        for page in read_manual(language)
        for block in page.blocks
        for spans in (
            [cell for row in block.rows for cell in row]
            if isinstance(block, Table)
            else [block.spans]
            if isinstance(block, Item | Paragraph)
            else []
        )
        for span in spans
        if span.kind is Kind.KEY
    }
    assert len(named) > 20
    assert named - real == set()
    check_what_keys_do(window, language)


def check_what_keys_do(window: Window, language: Language) -> None:
    """A row of the folder's table of keys that names an action names the one that has this key."""
    folder = next(page for page in read_manual(language) if page.name == "folder")
    table = next(block for block in folder.blocks if isinstance(block, Table) and len(block.rows) > 10)
    by_key = {one.key_text(): one for one in window.shell.actions.values() if one.tab in (None, 1)}
    checked = 0
    for key, said in table.rows[1:]:
        names = [span.text for span in said if span.kind is Kind.NAME]
        if len(key) == 1 and key[0].kind is Kind.KEY and names:
            assert by_key[key[0].text].text() == names[0]
            checked += 1
    assert checked >= 10
