"""A folder in the real window: tagged, listed, looked at, stopped, gone on with, opened again another day."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from tkinter import ttk
from typing import Any

import pytest

import core.texts
from core.records import Status
from gui.engine import Engine
from gui.folder_engine import FolderEngine
from tests.bundle_factory import make_bundle
from tests.test_gui_layout import Longer, cut_off
from tests.window_driver import *  # noqa: F403
from tests.window_driver import BLUE, GREEN, GREY, RED, Driver, Window, colour_photo, texts_of

BETWEEN = (160, 20, 140)
COUNT = 2500


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sure ones, one between two colours, one of no colour, a damaged one; Rex is on two."""
    made = tmp_path / "Chiens d’été 🐶"
    made.mkdir()
    colour_photo(made / "rex_1.jpg", RED)
    colour_photo(made / "rex_2.jpg", RED, (200, 200))
    colour_photo(made / "green.png", GREEN)
    colour_photo(made / "between.jpg", BETWEEN)
    colour_photo(made / "blue.jpg", BLUE)
    colour_photo(made / "grey.jpg", GREY)
    (made / "damaged.jpg").write_bytes((made / "blue.jpg").read_bytes()[:500])
    return made


def names(window: Window) -> list[str]:
    """The listed files, in order."""
    review = window.folder_desk.review
    return [row.tagged.path.name for row in review.rows(window.folder_desk.rows.numbers)]


def test_an_empty_tab_invites(window: Window) -> None:
    window.press("<F3>", window.root)
    assert window.shell.tabs.index("current") == 1
    texts = [text for widget in window.widgets(window.folder) for text in texts_of(widget)]
    assert "Drop a folder of photographs here" in texts
    assert "Open a folder…" in texts
    assert not window.folder.welcome.earlier_buttons


def test_a_dropped_folder_is_tagged_most_doubtful_first(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    assert window.shell.tabs.index("current") == 1
    assert names(window)[0] == "between.jpg"
    assert names(window)[-1] == "damaged.jpg"
    assert len(names(window)) == 7
    assert window.sentence == ("7 photographs: 4 sure, 1 to look at, 1 without a dog, 1 unreadable.")
    assert window.current == "between.jpg", "the first row is looked at"
    assert "7 photographs" in str(window.folder.bar.counts.cget("text"))
    assert window.root.title() == f"{folder.name} - Shelterlens"


def test_the_current_row_is_seen_large_with_its_heatmap(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.go_to("green.png")
    preview, glance = window.folder.preview, window.folder_desk.glance
    assert str(preview.verdict._headline.cget("text")).startswith("green, ")
    assert preview.candidates.bars[0].name == "green"
    assert preview.caption == "What speaks for green"
    with_heatmap = glance.now.drawn.image.tobytes()
    window.press("<h>", window.folder.view.canvas)
    window.settle()
    assert glance.now.drawn.image.tobytes() != with_heatmap
    assert preview.caption == ""
    window.press("<h>")
    window.settle()
    second = preview.candidates.bars[1]
    window.click(preview.candidates, 120, preview.candidates._row_height() + 5)
    window.settle()
    assert glance.now.explained == second.label
    assert second.name in preview.caption


def test_an_animal_has_one_answer_of_all_its_photographs(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.go_to("rex_1.jpg")
    assert window.folder.preview.animal.startswith("rex: 2 photographs, together red, ")
    window.go_to("green.png")
    assert window.folder.preview.animal == "green: this photograph only"


def test_arrows_walk_through_the_rows_and_what_is_left_behind_never_arrives(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    order = names(window)
    canvas = window.folder.view.canvas
    for _ in range(3):
        window.press("<Right>", canvas)
    assert window.current == order[3]
    window.settle()
    assert window.folder_desk.glance.now.opened.photo.path.name == order[3]
    window.press("<End>")
    assert window.current == "damaged.jpg"
    window.settle()
    assert "cannot" in str(window.folder.preview.verdict._headline.cget("text"))


def test_grid_and_table_show_the_same_rows(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.go_to("blue.jpg")
    assert window.folder.is_grid
    window.press("<g>", window.folder.view.canvas)
    assert not window.folder.is_grid
    assert window.folder.view.rows.numbers == window.folder_desk.rows.numbers
    assert window.folder.view.selection.current == window.folder_desk.selection.current
    window.settle()
    window.press("<g>")
    assert window.folder.is_grid


def test_filters_narrow_and_search_finds(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    bar = window.folder.bar
    window.press("<Control-f>", window.folder.view.canvas)
    window.type("vert", bar.entry)
    window.wait(lambda: names(window) == ["green.png"], "a French name found")
    window.settle()
    assert "1 of 7" in str(bar.counts.cget("text"))
    bar.clear()
    window.wait(lambda: len(names(window)) == 7, "all rows again")
    bar.verdict_box.key = frozenset({Status.NOT_A_DOG})
    bar._tell()
    window.wait(lambda: names(window) == ["grey.jpg"], "those without a dog")
    assert window.current == "grey.jpg", "a row that is listed is looked at"


def test_the_headings_sort_both_ways(window: Window, folder: Path) -> None:
    from core.reviews import Order

    window.open_folder(folder)
    window.folder_desk.sort(Order.NAME, False)
    window.wait(lambda: names(window) == sorted(names(window)), "sorted by name")
    window.folder_desk.sort(Order.NAME, True)
    window.wait(lambda: names(window) == sorted(names(window), reverse=True), "the other way round")


def test_several_files_go_to_the_folder_tab_and_one_to_the_photo_tab(window: Window, folder: Path) -> None:
    window.open_folder(folder / "green.png", folder / "blue.jpg")
    assert window.shell.tabs.index("current") == 1
    assert sorted(names(window)) == ["blue.jpg", "green.png"]
    assert "and 1 more" in window.folder.progress.now.title
    window.open(folder / "green.png")
    assert window.shell.tabs.index("current") == 0


def test_a_row_is_looked_at_in_the_photo_tab(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.go_to("green.png")
    window.press("<space>", window.folder.view.canvas)
    window.wait(lambda: window.now.seen, "the answer")
    assert window.shell.tabs.index("current") == 0
    assert window.now.path == folder / "green.png"
    window.settle()


def opened_options(window: Window, title: str, submenu: str) -> list[tuple[str, str]]:
    """The entries of a submenu."""
    from gui.menus import Options

    entries = next(entries for text, entries in window.shell.menu._menus if text() == title)
    return list(next(one for one in entries if isinstance(one, Options) and one.text() == submenu).entries())


def many(folder: Path, count: int) -> None:
    from PIL import Image

    for number in range(count):
        Image.new("RGB", (64, 64), (200, number % 256, number // 256)).save(folder / f"dog {number}.png")


def test_it_stops_when_asked_and_goes_on(driver: Driver, tmp_path: Path) -> None:
    many(tmp_path, COUNT)
    window = driver()
    window.shell.open_paths([tmp_path])
    run = window.folder_desk.run
    window.wait(lambda: run.progress and run.progress.done, "the first answers")
    window.wait(lambda: window.folder_desk.rows.numbers, "rows while it runs")
    assert window.folder.progress.button.cget("text") == "Stop"
    window.press("<Escape>", window.folder.view.canvas)
    assert run.is_stopping or not run.is_running, "the key is answered at once"
    assert not run.is_running or window.sentence == "Stopping…"
    window.wait(lambda: not run.is_running, "the end")
    window.settle()
    assert window.sentence.startswith("Stopped after ")
    kept = len(window.folder_desk.rows)
    assert 0 < kept < COUNT
    assert window.folder.progress.button.cget("text") == "Go on"
    window.folder.progress.button.invoke()
    window.wait(lambda: run.is_running, "going on")
    window.wait(lambda: not run.is_running, "the end")
    window.settle()
    assert len(window.folder_desk.rows) == COUNT
    assert window.sentence.startswith(f"{COUNT:,} photographs: ")


def test_closed_in_the_middle_it_goes_on_by_itself(driver: Driver, tmp_path: Path) -> None:
    many(tmp_path, COUNT)
    window = driver(engine=Engine())
    window.shell.open_paths([tmp_path])
    run = window.folder_desk.run
    window.wait(lambda: run.progress and 0 < run.progress.done < COUNT, "some answers")
    window.shell.close()
    again = driver(engine=Engine())
    again.wait(lambda: len(again.folder_desk.rows) == COUNT, "the rest")
    again.settle()
    assert again.sentence.startswith(f"{COUNT:,} photographs: ")


def test_the_last_folder_is_shown_again_and_others_are_offered(driver: Driver, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    window = driver()
    window.open_folder(other)
    window.open_folder(folder)
    window.shell.close()
    again = driver()
    again.wait(lambda: len(again.folder_desk.rows) == 7, "the rows of the last folder")
    again.settle()
    assert again.folder.progress.now.title == folder.name
    assert again.shell.tabs.index("current") == 0, "the window does not jump to it"
    entries = dict(opened_options(again, "File", "Earlier folders"))
    assert list(entries.values()) == [f"{folder.name} (7 photographs)", "other (7 photographs)"]
    again.shell.select(1)
    buttons = again.folder.welcome.earlier_buttons
    assert [str(button.cget("text")) for button in buttons] == [
        f"{folder.name} (7 photographs)",
        "other (7 photographs)",
    ]
    again.folder_desk.show_earlier(next(iter(reversed(entries))))
    again.wait(lambda: again.folder.progress.now.title == "other", "the other folder")
    again.settle()


def test_a_folder_that_is_gone_is_a_sentence_and_keeps_its_rows(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    shutil.rmtree(folder)
    window.press("<F9>", window.root)
    window.wait(lambda: window.shell.notice.text, "the sentence")
    window.settle()
    assert "is gone or empty" in window.shell.notice.text
    assert len(window.folder_desk.rows) == 7
    assert window.sentence.startswith("Stopped after ")
    assert window.folder.progress.button.cget("text") == "Go on"
    window.go_to("blue.jpg")
    assert window.folder.preview.caption, "the small picture stays, with the reason why there is no large one"


def test_a_folder_without_photographs_says_so(window: Window, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    window.shell.open_paths([tmp_path / "empty"])
    run = window.folder_desk.run
    window.wait(lambda: run.roots and not run.is_running, "the end")
    window.settle()
    assert window.sentence.startswith("There are no photographs here")


def test_a_folder_waits_for_a_model(
    driver: Driver, folder: Path, isolated_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("core.models.shipped_models_dir", lambda: tmp_path / "none")
    shutil.rmtree(isolated_home / "models")
    window = driver(model=None)
    window.shell.open_paths([folder])
    window.wait(lambda: window.folder_desk.run.is_waiting, "the folder to wait")
    window.settle()
    assert window.sentence == window.folder_desk.no_model != ""
    make_bundle(isolated_home / "models" / "colours")
    window.shell.preferences.load_model("colours")
    window.wait(lambda: len(window.folder_desk.rows) == 7, "the rows")
    window.settle()


def test_what_goes_wrong_with_the_tagging_is_said(
    window: Window, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.errors import UserError

    def refuse(_engine: Any, _roots: Any) -> None:
        raise UserError("The disk with the library is full.")

    monkeypatch.setattr(FolderEngine, "tag", refuse)
    window.shell.open_paths([folder])
    window.wait(lambda: window.shell.notice.text, "the sentence")
    assert "disk" in window.shell.notice.text
    assert window.folder.progress.button.cget("text") == "Go on"


def test_the_process_that_dies_is_said_and_can_be_gone_on_with(driver: Driver, tmp_path: Path) -> None:
    many(tmp_path, COUNT)
    window = driver(engine=Engine())
    window.shell.open_paths([tmp_path])
    run = window.folder_desk.run
    window.wait(lambda: run.progress and run.progress.done, "the first answers")
    process = window.shell.engine._model
    assert process is not None
    process[0]._process.kill()
    window.wait(lambda: not run.is_running, "the end")
    window.settle()
    assert "stopped unexpectedly" in window.shell.notice.text
    window.press("<F9>", window.root)
    window.wait(lambda: not run.is_running and len(window.folder_desk.rows) == COUNT, "the rest")
    window.settle()


def test_the_preview_can_be_put_away(driver: Driver, folder: Path) -> None:
    window = driver()
    window.open_folder(folder)
    window.press("<F6>", window.folder.view.canvas)
    assert not window.folder.preview.winfo_ismapped()
    window.press("<f>")
    window.root.update()
    assert window.folder.preview.winfo_ismapped(), "what is typed must be seen"
    assert window.folder.preview.correction.entry.get() == "f"
    window.press("<Escape>")
    window.press("<Escape>")
    window.press("<F6>", window.folder.view.canvas)
    window.settle()
    window.shell.close()
    from core.settings import load_settings

    assert not load_settings().folder_preview


def test_the_dialog_asks_for_a_folder(window: Window, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.folder_actions.filedialog.askdirectory", lambda **_options: str(folder))
    window.press("<Control-O>", window.tab.canvas)
    window.wait(lambda: len(window.folder_desk.rows) == 7, "the rows")
    window.settle()


def test_another_language_changes_rows_and_sentences(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.go_to("green.png")
    window.shell.preferences.use_language("fr")
    window.settle()
    assert str(window.folder.preview.verdict._headline.cget("text")).startswith("vert")
    number = window.folder_desk.selection.current
    assert window.folder.view._cells[number].answer == "vert"
    window.shell.preferences.use_language("en")
    window.settle()


def test_export_and_figures_are_there(window: Window, folder: Path) -> None:
    assert window.folder._buttons["folder_export"].instate(["disabled"])
    window.open_folder(folder)
    window.folder._buttons["folder_export"].invoke()
    window.settle()
    assert [dialog.title() for dialog in window.dialogs()] == ["Export"]
    window.dialogs()[0].close()  # type: ignore[attr-defined]
    window.press("<F7>", window.root)
    window.wait(window.dialogs, "the figures")
    page: Any = window.dialogs()[0]
    page.status_buttons[Status.NOT_A_DOG].invoke()
    window.wait(lambda: names(window) == ["grey.jpg"], "the rows of that figure")
    window.settle()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_is_cut_off_on_a_small_screen(
    driver: Driver, folder: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr(core.texts, "_french", Longer)
    window = driver(language=language, size="1270x650")
    window.shell.select(1)
    window.settle()
    found = [f"empty: {text}" for text in cut_off(window)]
    window.open_folder(folder)
    elided = (
        window.folder.progress.title,
        window.folder.progress.sentence,
        *window.folder.preview.winfo_children()[:3],
    )
    shortened = {str(widget.cget("text")) for widget in elided if isinstance(widget, ttk.Label)}
    for name in ("between.jpg", "damaged.jpg", "rex_1.jpg"):
        window.go_to(name)
        found += [f"{name}: {text}" for text in cut_off(window)]
        shortened |= {str(widget.cget("text")) for widget in elided if isinstance(widget, ttk.Label)}
    assert [text for text in found if not any(repr(short) in text for short in shortened if short)] == []


def test_another_model_takes_a_running_folder_over(driver: Driver, tmp_path: Path, isolated_home: Path) -> None:
    make_bundle(isolated_home / "models" / "colours-two", version="2.0.0")
    many(tmp_path, COUNT)
    window = driver()
    window.shell.open_paths([tmp_path])
    run = window.folder_desk.run
    window.wait(lambda: run.progress and run.progress.done, "the first answers")
    window.shell.preferences.load_model("colours-two")
    window.wait(lambda: window.model == "colours-two", "the other model")
    window.wait(lambda: not run.is_running, "the end")
    window.settle()
    assert run.problem == "" and not window.shell.notice.winfo_ismapped()
    assert run.run is not None and run.run.model == "colours-two"
    assert len(window.folder_desk.rows) == COUNT
    assert window.sentence.startswith(f"{COUNT:,} photographs: ")


def test_another_model_offers_to_answer_again(driver: Driver, folder: Path, isolated_home: Path) -> None:
    make_bundle(isolated_home / "models" / "colours-two", version="2.0.0")
    window = driver()
    window.open_folder(folder)
    window.shell.preferences.load_model("colours-two")
    window.wait(lambda: window.sentence.startswith("Answered by another model."), "the sentence")
    window.settle()
    assert len(window.folder_desk.rows) == 7, "the rows stay"
    assert window.folder.preview.caption == "", "this model cannot say why the other one said so"
    assert str(window.folder.progress.button.cget("text")) == "Answer again"
    window.folder.progress.button.invoke()
    window.wait(lambda: window.folder_desk.open_run.is_current, "its own answers")
    window.settle()
    assert window.sentence.startswith("7 photographs: ")


def test_a_word_in_the_photo_tab_is_seen_in_the_folder(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.open(folder / "green.png")
    window.type("blue", window.tab.correction.entry)
    window.press("<Return>")
    window.settle()
    assert window.now.opened.correction.status == "sure"
    window.press("<F3>", window.tab.canvas)
    window.settle()
    assert window.go_to("green.png").row.tagged.reviewed.name == "blue"


def test_what_is_held_over_the_rows_may_be_let_go(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    before = window.folder.progress.now
    window.folder.expect_drop(True)
    assert window.folder.progress.now.title == "Let go to open it"
    window.folder.expect_drop(False)
    assert window.folder.progress.now.title == before.title


def test_a_choice_in_the_filters_gives_the_keys_back_to_the_rows(window: Window, folder: Path, tmp_path: Path) -> None:
    window.open_folder(folder)
    box = window.folder.bar.reviewed_box
    box.focus_force()
    box.current(2)
    box.event_generate("<<ComboboxSelected>>")
    window.wait(lambda: not names(window), "no row")
    window.settle()
    assert window.root.focus_get() is window.folder.view.canvas
    shutil.copytree(folder, tmp_path / "other")
    window.open_folder(tmp_path / "other")
    assert len(names(window)) == 7, "another folder begins with all its rows"


HEAVY = (
    *("core.reviews.Review.numbers", "core.reviews.Review.rows", "core.reviews.Review.thumbnail"),
    *("core.reviews.Review.animal_of", "core.reviews.Review.breeds", "core.library.Library.label"),
    *("core.library.Library.group", "core.library.Library.undo", "core.runs.runs", "core.neighbours.perhaps_wrong"),
    *("core.photos.open_photo", "core.heatmaps.overlay", "core.processes.Elsewhere.call"),
)


def test_nothing_heavy_runs_in_the_main_thread(driver: Driver, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    called: set[str] = set()
    in_main_thread: set[str] = set()

    def watched(name: str, real: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            called.add(name)
            if threading.current_thread() is threading.main_thread():
                in_main_thread.add(name)
            return real(*args, **options)

        return call

    for name in HEAVY:
        module, *rest = name.split(".")[1:]
        owner: Any = importlib.import_module(f"core.{module}")
        for part in rest[:-1]:
            owner = getattr(owner, part)
        monkeypatch.setattr(owner, rest[-1], watched(name, getattr(owner, rest[-1])))
    window = driver(engine=Engine())
    window.shell.open_paths([folder])
    window.wait(lambda: not window.folder_desk.run.is_running and len(window.folder_desk.rows) == 7, "the rows")
    window.settle()
    window.folder.focus_rows()
    for key in ("<Return>", "<Down>", "<n>", "<Control-z>", "<g>", "<F5>", "<Control-a>", "<u>"):
        window.press(key)
        window.settle()
    window.folder_desk.labels.group("Bella", window.folder_desk.chosen)
    window.wait(lambda: not window.folder_desk.checks._waiting, "what is perhaps wrong")
    window.settle()
    assert in_main_thread == set()
    assert called >= set(HEAVY), "the test must have seen all of them at work"


def test_what_is_being_typed_stays_when_the_run_ends(window: Window, folder: Path) -> None:
    window.open_folder(folder)
    window.go_to("green.png")
    entry = window.folder.preview.correction.entry
    window.type("blu", entry)
    window.folder_desk.go_on()
    window.wait(lambda: window.folder_desk.run.is_running, "going on")
    window.wait(lambda: not window.folder_desk.run.is_running, "the end")
    window.settle()
    assert entry.get() == "blu"
    assert window.current == "green.png"
    window.press("<Escape>")
    window.press("<Escape>")
