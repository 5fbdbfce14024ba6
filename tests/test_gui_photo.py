"""One photograph in the real window: opened, answered, explained, corrected, saved."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import gui.photo_desk
import gui.photo_views
from core.library import Library, content_of_file
from core.records import Kind
from gui.engine import Engine
from tests.window_driver import *  # noqa: F403
from tests.window_driver import BLUE, RED, Driver, EngineHere, Window, colour_photo

SHIFT = 0x1


def test_an_empty_window_invites(window: Window) -> None:
    assert "Drop a photograph of a dog here" in window.canvas_texts
    assert not window.tab.bars.winfo_ismapped()
    assert window.status == "Model: Colours 1.0.0, 100\u00a0% right on 200 planted pictures"
    assert window.root.title() == "Shelterlens"


def test_a_photograph_gets_its_answer(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    assert window.headline.startswith("red, ")
    assert window.is_picture_shown
    assert window.legend == "What speaks for red"
    assert window.root.title() == "1 red.jpg - Shelterlens"
    assert "(1 of 5)" in str(window.tab._title.cget("text"))


def test_the_photograph_of_the_command_is_opened(driver: Driver, photos: dict[str, Path]) -> None:
    window = driver(photos["blue"])
    window.wait(lambda: window.now.seen, "the answer")
    assert window.headline.startswith("blue")


def test_a_click_shows_the_heatmap_of_that_breed(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    before = window.now.drawn.image.tobytes()
    window.click_bar(1)
    labels = [one.label for one in window.now.seen.verdict.candidates]
    assert window.now.chosen == labels[1]
    assert window.now.drawn.image.tobytes() != before


def test_a_heatmap_without_evidence_says_so(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    window.click_bar(2)
    assert window.legend.startswith("Nothing in the picture speaks for ")
    assert not window.tab.strip._legend.winfo_manager()


def test_shift_click_compares_and_escape_ends_it(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    window.click_bar(1, SHIFT)
    other = window.now.seen.info.labels[window.now.versus].en
    assert window.legend == f"Why red and not {other}"
    assert window.tab._versus_box.get() == other
    window.press("<Escape>")
    window.settle()
    assert window.now.versus is None
    assert window.legend == "What speaks for red"


def test_the_comparison_can_be_chosen_from_a_list(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    box = window.tab._versus_box
    box.current(2)
    box.event_generate("<<ComboboxSelected>>")
    window.settle()
    assert window.now.versus == window.now.seen.verdict.candidates[2].label
    box.current(0)
    box.event_generate("<<ComboboxSelected>>")
    window.settle()
    assert window.now.versus is None


def test_the_keyboard_reaches_every_breed(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    labels = [one.label for one in window.now.seen.verdict.candidates]
    window.tab.canvas.focus_force()
    window.press("<Down>")
    assert window.now.chosen == labels[1]
    window.press("<Shift-Down>")
    assert (window.now.chosen, window.now.versus) == (labels[1], labels[0])
    window.press("<Up>")
    assert (window.now.chosen, window.now.versus) == (labels[0], None)
    window.press("<Down>", window.tab.bars)
    window.press("<Down>")
    window.press("<Return>")
    assert window.now.chosen == labels[2]
    window.press("<Up>")
    window.press("<Shift-Return>")
    assert (window.now.chosen, window.now.versus) == (labels[2], labels[1])
    window.settle()


def test_the_heatmap_can_be_changed_and_hidden(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    pictures = [window.now.drawn.image.tobytes()]
    window.tab.canvas.focus_force()
    for key in ("<plus>", "<p>", "<h>"):
        window.press(key)
        window.settle()
        pictures.append(window.now.drawn.image.tobytes())
    assert len(set(pictures)) == len(pictures), "every change is to be seen"
    assert window.legend == ""
    window.press("<h>")
    window.settle()
    window.tab.strip._opacity.set(0.0)
    window.tab.strip._changed()
    window.settle()
    assert window.now.drawn.image.tobytes() == pictures[-1], "no strength is no heatmap"


def test_the_outline_is_found_in_the_background(driver: Driver, photos: dict[str, Path]) -> None:
    import numpy as np

    class WithOutline(EngineHere):
        def outline(self, photo: Any) -> Any:
            mask = np.zeros(photo.pixels.shape[:2], np.bool_)
            mask[20:80, 30:90] = True
            return mask

    window = driver(engine=WithOutline())
    window.open(photos["red"])
    before = window.now.drawn.image.tobytes()
    window.click(window.tab.strip._outline_box, 8)
    window.settle()
    assert window.shell.desk.choices.outline
    assert window.now.drawn.image.tobytes() != before


def test_arrow_keys_walk_through_the_folder(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    window.tab.canvas.focus_force()
    for name in ("green", "blue", "grey", "damaged"):
        window.press("<Right>")
        window.wait(lambda path=photos[name]: window.now.path == path, name)  # type: ignore[misc]
        window.settle()
    window.press("<Right>")
    window.settle()
    assert window.now.path == photos["damaged"], "there is none after the last"
    window.press("<Left>")
    window.settle()
    assert window.now.path == photos["grey"]
    assert "(4 of 5)" in str(window.tab._title.cget("text"))


def test_arrow_keys_belong_to_a_field_while_typing(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    window.press("<Right>", window.tab.correction.entry)
    window.press("<h>")
    window.settle()
    assert window.now.path == photos["red"]
    assert window.shell.desk.choices.shown
    assert window.tab.correction.entry.get() == "h"
    window.press("<Right>", window.tab.strip._slider)
    window.settle()
    assert window.now.path == photos["red"], "the slider keeps its arrows"


def test_no_subject_is_said_and_shows_no_heatmap(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["grey"])
    assert window.headline == "No colour found"
    assert window.now.chosen is None
    assert window.legend == "Click a breed to see what speaks for it"
    window.click_bar(0)
    assert window.now.chosen is not None


def test_a_damaged_photograph_is_a_sentence_and_the_next_one_works(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["damaged"])
    assert "This photograph cannot be shown" in window.canvas_texts
    assert window.now.problem in window.canvas_texts
    assert window.tab._buttons["copy"].instate(["disabled"])
    window.open(photos["green"])
    assert window.headline.startswith("green")
    assert not any("cannot" in text for text in window.canvas_texts)


def test_a_photograph_that_vanished(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    photos["green"].unlink()
    window.shell.desk.step(1)
    window.settle()
    assert window.now.problem


def test_stale_answers_never_arrive(driver: Driver, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    gate, begun = threading.Event(), threading.Event()

    class Slow(EngineHere):
        def look(self, photo: Any) -> Any:
            if photo.path == photos["red"]:
                begun.set()
                assert gate.wait(60)
            return super().look(photo)

    window = driver(engine=Slow())
    answers: list[str] = []
    show = gui.photo_views.show_answer

    def remember(tab: Any, now: Any, info: Any, no_model: str) -> None:
        show(tab, now, info, no_model)
        if now.seen:
            answers.append(window.headline)

    monkeypatch.setattr(gui.photo_desk, "show_answer", remember)
    window.shell.open_paths([photos["red"]])
    window.wait(begun.is_set, "the first photograph to be looked at")
    window.shell.open_paths([photos["blue"]])
    window.wait(lambda: window.now.path == photos["blue"], "the second photograph")
    gate.set()
    window.wait(lambda: window.now.seen, "the second answer")
    window.settle()
    assert answers
    assert all(answer.startswith("blue") for answer in answers)


def test_many_photographs_in_quick_succession_end_with_the_last(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    for _ in range(10):
        for name in ("green", "blue", "red", "grey", "damaged", "green"):
            window.shell.desk.open(photos[name])
            window.root.update()
    window.wait(lambda: window.now.seen, "the last answer")
    window.settle()
    assert window.headline.startswith("green")
    assert window.now.drawn is not None


def test_the_pictures_fit_the_window(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    for size in ("1240x700", "1000x620"):
        window.root.geometry(size)
        window.wait(
            lambda: (
                window.now.drawn.image.height == window.tab.canvas.winfo_height()
                or window.now.drawn.image.width == window.tab.canvas.winfo_width()
            ),
            "a picture of the new size",
        )
        drawn = window.now.drawn.image
        assert drawn.width <= window.tab.canvas.winfo_width()
        assert drawn.height <= window.tab.canvas.winfo_height()
        assert drawn.width / drawn.height == pytest.approx(240 / 160, rel=0.02)
        window.settle()


def test_a_correction_is_kept_and_shown_again(driver: Driver, photos: dict[str, Path], isolated_home: Path) -> None:
    window = driver()
    window.open(photos["red"])
    window.type("GREE", window.tab.correction.entry)
    assert window.tab.correction.is_open
    window.press("<Return>")
    window.settle()
    assert window.corrected == "Corrected: green"
    assert window.headline.startswith("red"), "kept beside the prediction, not over it"
    kept = Library(isolated_home / "library.sqlite").correction(content_of_file(photos["red"]))
    assert kept is not None
    assert (kept.kind, kept.label, kept.model, kept.predicted) == (Kind.BREED, "colour-green", "colours", "colour-red")
    window.shell.close()
    moved = photos["red"].rename(photos["red"].with_name("moved.jpg"))
    again = driver()
    again.open(moved)
    assert again.corrected == "Corrected: green"
    again.open(photos["blue"])
    assert again.corrected == ""


@pytest.mark.parametrize(
    ("typed", "shown", "kind"),
    [
        ("vert", "Corrected: green", Kind.BREED),
        ("rouge", "Corrected: red", Kind.BREED),
        ("croise", "Corrected: Mixed breed", Kind.MIXED),
        ("mixed", "Corrected: Mixed breed", Kind.MIXED),
        ("inconnue", "Corrected: Unknown breed", Kind.UNKNOWN),
        ("yellou", "Corrected: Yellow Labrador Retriever", Kind.OTHER),
        ("grren", "Corrected: green", Kind.BREED),
        ("Jack Russell", "Corrected: Jack Russell Terrier", Kind.OTHER),
    ],
)
def test_what_can_be_typed(window: Window, photos: dict[str, Path], typed: str, shown: str, kind: Kind) -> None:
    window.open(photos["blue"])
    window.type(typed, window.tab.correction.entry)
    window.press("<Return>")
    window.settle()
    assert window.corrected == shown
    assert window.now.opened.correction.kind is kind


@pytest.mark.parametrize("typed", ["Zonkey hound", "gren"])
def test_words_as_written_have_to_be_chosen(window: Window, photos: dict[str, Path], typed: str) -> None:
    window.open(photos["blue"])
    box = window.tab.correction
    window.type(typed, box.entry)
    rows = box.list.get(0, "end")
    assert typed in rows[-1] and box._marked != len(rows) - 1
    assert [row.strip().startswith("Did you mean green") for row in rows[:-1]] == [True] * (typed == "gren")
    if typed != "gren":
        window.press("<Return>")
        window.settle()
        assert window.corrected == "" and box.is_open
    window.press("<Down>")
    window.press("<Return>")
    window.settle()
    assert window.corrected == f"Corrected: {typed}"


def test_the_button_keeps_what_can_mean_nothing_else(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["blue"])
    window.type("Zonkey hound", window.tab.correction.entry)
    window.tab.correction.button.invoke()
    window.settle()
    assert window.corrected == "Corrected: Zonkey hound"


def test_a_correction_is_kept_even_when_the_window_is_closed_at_once(
    driver: Driver, photos: dict[str, Path], isolated_home: Path
) -> None:
    window = driver()
    window.open(photos["red"])
    window.type("green", window.tab.correction.entry)
    window.tab.correction.entry.event_generate("<Return>")
    window.shell.close()
    assert Library(isolated_home / "library.sqlite").correction(content_of_file(photos["red"])) is not None


def test_the_list_of_breeds_works_with_mouse_and_keys(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["blue"])
    window.press("<Control-e>")
    box = window.tab.correction
    assert box.is_open
    shown = box.list.get(0, "end")
    assert shown[0].strip().startswith("blue"), "the likeliest comes first"
    assert len(shown) == 5, "three breeds, mixed and unknown"
    window.press("<Down>")
    window.press("<Down>")
    window.press("<Up>")
    assert box._marked == 1
    window.press("<Escape>")
    assert not box.is_open
    window.type("e", box.entry)
    x, y, _, height = box.list.bbox(1)
    box.list.event_generate("<Motion>", x=x + 3, y=y + height // 2)
    box.list.event_generate("<ButtonRelease-1>", x=x + 3, y=y + height // 2)
    window.settle()
    assert window.corrected.startswith("Corrected: ")
    assert box.entry.get() == ""


def test_a_correction_is_taken_back(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["blue"])
    for typed in ("green", "red"):
        window.type(typed, window.tab.correction.entry)
        window.press("<Return>")
        window.settle()
    window.tab.canvas.focus_force()
    window.press("<Control-z>")
    window.settle()
    assert window.corrected == "Corrected: green"
    window.tab.verdict._take_back.invoke()
    window.settle()
    assert window.corrected == ""


def test_the_answer_is_copied_as_text(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    window.tab._buttons["copy"].invoke()
    text = window.root.clipboard_get()
    assert text.startswith("1 red.jpg\nred, ")
    assert "Model: Colours 1.0.0" in text
    assert window.status == "✓ The answer is in the clipboard."


def test_the_picture_is_saved_in_full_size(window: Window, photos: dict[str, Path], tmp_path: Path) -> None:
    large = colour_photo(tmp_path / "large.jpg", BLUE, (2400, 1800))
    before = hashlib.sha256(large.read_bytes()).hexdigest()
    window.open(large)
    for _ in range(2):  # also when it is there already
        window.shell.photo_actions.save(tmp_path / "saved.png")
        window.settle()
    with Image.open(tmp_path / "saved.png") as saved:
        assert saved.width == 2400
        assert saved.height > 1800, "the caption stands below the picture"
    assert hashlib.sha256(large.read_bytes()).hexdigest() == before
    assert "saved.png" in window.status


def test_the_photograph_itself_is_never_replaced(window: Window, photos: dict[str, Path]) -> None:
    before = photos["red"].read_bytes()
    window.open(photos["red"])
    window.shell.photo_actions.save(photos["red"])
    window.settle()
    assert photos["red"].read_bytes() == before
    assert window.shell.notice.text


def test_dialogs_are_asked_for_paths(
    window: Window, photos: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.photo_actions.filedialog.askopenfilename", lambda **_options: str(photos["green"]))
    window.tab._buttons["open"].invoke()
    window.wait(lambda: window.now.seen, "the answer")
    window.settle()
    names: list[str] = []

    def ask(**options: Any) -> str:
        names.append(options["initialfile"])
        return str(tmp_path / "out.png")

    monkeypatch.setattr("gui.photo_actions.filedialog.asksaveasfilename", ask)
    window.press("<Control-s>", window.tab.canvas)
    window.settle()
    assert names == ["2 green - green.jpg"]
    assert (tmp_path / "out.png").exists()


def test_a_dialog_that_is_cancelled_changes_nothing(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.photo_actions.filedialog.askopenfilename", lambda **_options: "")
    window.press("<Control-o>", window.tab.canvas)
    window.settle()
    assert window.now.name == ""


def test_the_real_process_answers_and_is_replaced_when_it_dies(driver: Driver, photos: dict[str, Path]) -> None:
    window = driver(engine=Engine())
    window.open(photos["red"])
    assert window.headline.startswith("red")
    process = window.shell.engine._model
    assert process is not None
    process[0]._process.kill()
    process[0]._process.join()
    window.open(photos["blue"])
    assert window.headline.startswith("blue")


def test_without_pictures_of_its_own_nothing_is_left_from_the_last(window: Window, tmp_path: Path) -> None:
    red = colour_photo(tmp_path / "red.jpg", RED)
    window.open(red)
    window.type("green", window.tab.correction.entry)
    window.press("<Return>")
    window.settle()
    broken = tmp_path / "zz.jpg"
    broken.write_text("no picture")
    window.open(broken)
    assert window.now.opened is None
    assert not window.tab._panel.winfo_ismapped()


@pytest.mark.skipif(os.name != "posix", reason="only there can a name be bytes without a meaning")
def test_odd_names_are_shown(window: Window, photos: dict[str, Path], tmp_path: Path) -> None:
    for name in (b"caf\xe9 \xff.jpg", b"two\nlines.jpg", "🐶 Ÿ ".encode() * 15 + b".jpg", b"-x [1] {2} $y \\.jpg"):
        path = tmp_path / os.fsdecode(name)
        path.write_bytes(photos["red"].read_bytes())
        window.open(path)
        assert window.headline.startswith("red")
        window.tab._buttons["copy"].invoke()
        window.root.title()
    window.type("green", window.tab.correction.entry)
    window.press("<Return>")
    window.settle()
    assert window.corrected == "Corrected: green"


def test_paths_longer_than_windows_likes(window: Window, photos: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path
    while len(str(folder)) < 300:
        folder /= "a folder with a long name"
    folder.mkdir(parents=True)
    path = folder / "dog.jpg"
    path.write_bytes(photos["red"].read_bytes())
    window.open(path)
    assert window.headline.startswith("red")


def test_a_large_folder_costs_the_main_loop_nothing(driver: Driver, photos: dict[str, Path]) -> None:
    many = [photos["red"].with_name(f"{number}.jpg") for number in range(100_000)]

    class Large(EngineHere):
        def photos_beside(self, path: Path) -> Any:
            return [*many, path, *many], len(many)

    window = driver(engine=Large())
    window.open(photos["green"])
    began = time.thread_time()
    for _ in range(100):
        window.shell._on_desk_changed()
    assert time.thread_time() - began < 1.0
    assert f"{len(many) + 1} of {2 * len(many) + 1}" in str(window.tab._title.cget("text"))


def test_a_larger_window_gets_a_sharper_picture(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = colour_photo(tmp_path / "large.jpg", BLUE, (6400, 4800))
    window = driver(size="1000x620")
    window.open(path)
    sides = [window.now.opened.photo.pixels.shape[0]]
    assert sides[0] < 4800, "the test needs a photograph that is opened smaller"
    seen = window.now.seen
    # The real window cannot grow beyond a small test screen.
    monkeypatch.setattr(type(window.tab.canvas), "room", property(lambda _canvas: (4000, 3000)))
    window.shell.desk.resized()
    window.settle()
    assert window.now.opened.photo.pixels.shape[0] > sides[0]
    assert window.now.drawn.image.size == (4000, 3000)
    assert window.now.seen is seen, "the answer stays"


def test_very_large_pictures_are_handed_over_in_strips(window: Window, photos: dict[str, Path]) -> None:
    window.open(photos["red"])
    canvas = window.tab.canvas
    picture = Image.effect_noise((3000, 1700), 50).convert("RGB")
    canvas.show_picture(picture)
    window.wait(lambda: len(canvas.find_all()) > 1, "all strips")
    places = [(int(canvas.coords(item)[1]), canvas.itemcget(item, "image")) for item in canvas.find_all()]
    heights = [int(window.root.tk.call("image", "height", name)) for _, name in places]
    assert sum(heights) == 1700
    assert all(places[n + 1][0] == places[n][0] + heights[n] for n in range(len(places) - 1)), "without gaps"
    canvas.show_picture(picture)
    canvas.show_empty()
    window.settle()
    assert "Drop a photograph of a dog here" in window.canvas_texts, "strips of what is gone do not come later"
    window.shell.desk.show_all()
