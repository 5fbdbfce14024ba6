"""The window "Why?" in the real program: every method, its choices, stopping, keeping, following the photograph."""

from __future__ import annotations

import threading
import time
import tkinter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import gui.why_engine
from core.errors import Cancelled, UserError
from core.explain_methods import LAST, METHODS, MapRequest, Method
from core.explain_pictures import where_it_looks
from core.records import EvidenceMap, Photo
from gui.why_engine import Facts
from gui.why_methods import ORDER
from tests.bundle_factory import make_bundle
from tests.window_driver import *  # noqa: F403
from tests.window_driver import BLUE, RED, Driver, Here, Window

CORNER = (slice(0, 80), slice(0, 80))


class Gradients:
    """Stands for the process with Keras: its map is bright in the middle; it counts what it is asked."""

    def __init__(self, bundle: Any) -> None:
        self.folder = bundle.folder
        self.asked: list[MapRequest] = []
        self.is_closed = False

    def evidence(self, photo: Photo, request: MapRequest) -> EvidenceMap:
        self.asked.append(request)
        values = np.zeros(request.size, np.float32)
        values[request.size[0] // 2, request.size[1] // 2] = 1
        return EvidenceMap(values, True)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[Gradients]:
    """The stand-ins for Keras that were made; channels are read in this process."""
    made: list[Gradients] = []

    def gradient_server(bundle: Any) -> Gradients:
        made.append(Gradients(bundle))
        return made[-1]

    monkeypatch.setattr(gui.why_engine, "gradient_server", gradient_server)
    monkeypatch.setattr(gui.why_engine, "has_training_parts", lambda: True)
    monkeypatch.setattr(gui.why_engine, "elsewhere", lambda make, *args: Here(make(*args)))
    return made


class Why:
    """The window "Why?", and hands to use it with."""

    def __init__(self, window: Window) -> None:
        self.main = window
        self.desk = window.shell.why

    @property
    def shown(self) -> Any:
        assert self.desk.window is not None
        return self.desk.window

    @property
    def found(self) -> Any:
        assert self.desk.found is not None, self.shown.stage.texts
        return self.desk.found

    @property
    def facts(self) -> Facts:
        assert self.desk._facts is not None
        return self.desk._facts[1]

    def open(self) -> Why:
        button = self.main.tab._buttons["why"]
        self.main.click(button)
        self.settle()
        return self

    def settle(self) -> None:
        self.main.settle()
        self.main.wait(lambda: not (self.desk.window and self.desk.window.stage._settling), "the room to be known")
        self.main.settle()

    def choose(self, method: Method) -> None:
        self.main.click(self.shown.methods.buttons[method], 30, 8)
        self.settle()

    def pick(self, box: Any, key: object) -> None:
        place = [one for one, _ in box._entries].index(key)
        box.current(place)
        box.event_generate("<<ComboboxSelected>>")
        self.settle()

    @property
    def legend(self) -> str:
        return str(self.shown.strip._title.cget("text"))

    @property
    def pictures(self) -> int:
        canvas = self.shown.stage.canvas
        return sum(str(canvas.type(item)) == "image" for item in canvas.find_all())

    @property
    def is_busy_shown(self) -> bool:
        return bool(self.shown.stage._busy.winfo_manager())


@pytest.fixture
def half_red(tmp_path: Path) -> Path:
    """All evidence for red is planted in the upper left corner; the rest is a dark grey."""
    pixels = np.full((160, 160, 3), 40, np.int64)
    pixels[CORNER] = RED
    noise = np.random.default_rng(0).integers(-4, 5, pixels.shape)
    path = tmp_path / "corner.png"
    Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def why(window: Window, servers: list[Gradients], half_red: Path) -> Why:
    """The window, open, about the photograph with a red corner."""
    window.open(half_red)
    opened = Why(window).open()
    red = next(n for n, label in enumerate(window.now.seen.info.labels) if label.en == "red")
    opened.pick(opened.shown.class_box, red)
    return opened


def strongest_corner(found: Any) -> bool:
    """Whether the mean of the map is highest in the upper left quarter."""
    values = found.evidence.values
    rows, columns = values.shape[0] // 2, values.shape[1] // 2
    parts = [values[:rows, :columns], values[:rows, columns:], values[rows:, :columns], values[rows:, columns:]]
    return bool(np.argmax([part.mean() for part in parts]) == 0)


def test_there_is_nothing_to_explain_without_an_answer(window: Window) -> None:
    assert not window.shell.actions["why"].is_allowed()
    window.press("w")
    assert window.shell.why.window is None


def test_a_key_opens_the_window_and_escape_closes_it(
    window: Window, servers: list[Gradients], photos: dict[str, Path]
) -> None:
    window.open(photos["red"])
    window.press("w")
    window.settle()
    shown = window.shell.why.window
    assert shown is not None
    assert shown.title() == "Why? - 1 red.jpg"
    window.press("w")
    assert window.shell.why.window is shown, "a second one would be confusing"
    window.press("<Escape>", shown.methods.buttons[Method.GRADCAM])
    assert window.shell.why.window is None
    assert not shown.winfo_exists()


def test_it_begins_with_what_the_photo_tab_shows(
    window: Window, servers: list[Gradients], photos: dict[str, Path]
) -> None:
    window.open(photos["red"])
    window.click_bar(1)
    why = Why(window).open()
    assert why.shown.label == window.now.chosen
    assert why.shown.methods.chosen is Method.GRADCAM


def test_every_method_is_in_the_list_with_its_sentence(why: Why) -> None:
    assert set(ORDER) == set(Method)
    for method, button in why.shown.methods.buttons.items():
        assert button.cget("text").replace("\n", " ") == METHODS[method].title()
        assert why.shown.methods._sentences[method].cget("text") == METHODS[method].says()


def test_each_map_shows_the_planted_corner(why: Why) -> None:
    for method in (Method.GRADCAM, Method.HIRESCAM, Method.LAYERCAM, Method.AVERAGED, Method.OCCLUSION):
        why.choose(method)
        assert why.pictures == 1, method
        assert why.found.asked.method is method
        assert strongest_corner(why.found), method
        assert why.legend == "What speaks for red", method
        assert not why.shown.save_button.instate(["disabled"])


def test_the_contrast_map_has_two_sides(why: Why) -> None:
    blue = next(n for n, label in enumerate(why.main.now.seen.info.labels) if label.en == "blue")
    why.pick(why.shown.versus_box, blue)
    assert why.legend == "Why red and not blue"
    assert why.found.evidence.values.min() < 0 < why.found.evidence.values.max()


def test_shap_shares_the_answer_out(why: Why) -> None:
    why.shown.answers_box.choose(100)
    why.shown.classes_box.choose(2)
    why.choose(Method.SHAP)
    found = why.found.shares
    assert len(found.labels) == 2
    assert why.pictures == 3, "the photograph and two classes"
    red = next(n for n, label in enumerate(why.main.now.seen.info.labels) if label.en == "red")
    values = found.shares.values[found.labels.index(red)]
    rows, columns = values.shape
    quarters = [
        values[down, across].mean()
        for down in (slice(rows // 2), slice(rows // 2, rows))
        for across in (slice(columns // 2), slice(columns // 2, columns))
    ]
    assert quarters[0] > 0
    assert max(quarters[1:]) < quarters[0] / 4
    assert why.found.asked.answers == 100


def cut(why: Why, monkeypatch: pytest.MonkeyPatch, mask: Any) -> None:
    """Ask about subject and background with this outline, as if for a new photograph."""
    monkeypatch.setattr(why.main.shell.engine, "outline", lambda photo: mask)
    why.desk._kept.clear()
    why.choose(Method.GRADCAM)
    why.choose(Method.MASK)


def test_subject_and_background_are_asked_about_apart(why: Why, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.zeros((160, 160), np.bool_)
    cut(why, monkeypatch, mask)
    assert "Nothing stands out from the background of this photograph." in why.shown.stage.texts
    assert why.shown.save_button.instate(["disabled"])
    mask[CORNER] = True
    cut(why, monkeypatch, mask)
    apart = why.found.cut_out.apart
    assert apart.animal > apart.background
    assert why.legend == where_it_looks(apart, "colour") == "It looks at the colour."
    assert why.pictures == 3
    assert any(text.startswith("Only the background: ") for text in why.shown.stage.texts)
    cut(why, monkeypatch, ~mask)
    assert why.found.cut_out.apart.animal == pytest.approx(apart.background, abs=0.01)
    assert why.legend == where_it_looks(why.found.cut_out.apart, "colour")


def test_colours_can_be_chosen_where_they_show(why: Why) -> None:
    boxes = {}
    for method in (Method.GRADCAM, Method.SHAP, Method.ACTIVATIONS, Method.MASK):
        why.choose(method)
        boxes[method] = str(why.shown.strip._palette_box.cget("state"))
    assert boxes == {
        Method.GRADCAM: "readonly", Method.SHAP: "disabled", Method.ACTIVATIONS: "readonly", Method.MASK: "disabled",
    }  # fmt: skip


def test_the_search_for_neurons_tells_how_far_it_is_and_can_be_stopped(why: Why, isolated_home: Path) -> None:
    class Slow:
        """In place of the process of the model: it works until it is stopped."""

        def __init__(self) -> None:
            self.stopped = threading.Event()

        def call(self, method: str, *_given: object) -> object:
            if method == "neurons":
                assert self.stopped.wait(20), "nobody stopped it"
                raise UserError("Stopped.")
            if method == "stop_neurons":
                self.stopped.set()
            return 7, 30

    slow, heard = Slow(), list[tuple[int, int]]()
    engine = gui.why_engine.WhyEngine(why.main.shell.engine)
    engine._engine = type("Engine", (), {"serving": lambda self: (slow, None)})()

    def told(done: int, total: int) -> None:
        heard.append((done, total))
        raise Cancelled

    with pytest.raises(Cancelled):
        engine._neurons(why.main.now.seen, 0, told)
    assert heard == [(7, 30)] and slow.stopped.is_set()


def test_the_channels_of_a_layer_are_a_sheet(why: Why) -> None:
    why.choose(Method.ACTIVATIONS)
    assert why.pictures == 4, "the tiny network has four channels"
    assert why.shown.stage.texts[0].startswith("Channel 0, up to "), "red answers most"
    assert not why.shown._groups["class"][0].winfo_manager()
    assert why.shown.faith_button.instate(["disabled"])


def test_neurons_need_photographs_in_the_library(why: Why) -> None:
    why.choose(Method.NEURONS)
    assert any("The library has 0 photographs" in text for text in why.shown.stage.texts)


def test_neurons_come_with_photographs(driver: Driver, servers: list[Gradients], tmp_path: Path) -> None:
    from tests.window_driver import colour_photo

    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(24):
        colour_photo(
            folder / f"{number}.png", (200 - number, 30 + number, 40) if number % 2 else BLUE, (60 + number, 60)
        )
    window = driver()
    window.open_folder(folder)
    window.shell.select(0)
    window.open(folder / "1.png")
    why = Why(window).open()
    why.choose(Method.NEURONS)
    found = why.found.neurons
    assert found.neurons[0].channel == 0, "the channel of red"
    shown = sum(len(one.thumbnails) for one in found.neurons)
    assert why.pictures == shown
    assert shown > 0


# Layers


def test_a_click_on_the_outline_chooses_the_layer(why: Why, servers: list[Gradients]) -> None:
    layer = why.facts.layers[0]
    left, top, right, bottom = why.shown.network.box_of(layer)
    why.main.click(why.shown.network, int((left + right) / 2), int((top + bottom) / 2))
    why.settle()
    assert why.found.asked.layer == layer.full_name
    assert why.shown.layer_box.key == layer.full_name
    assert servers[0].asked[-1].layer == layer.full_name
    why.pick(why.shown.layer_box, LAST)
    assert why.found.asked.layer == LAST


def test_arrow_keys_move_along_the_outline(why: Why) -> None:
    why.main.press("<Left>", why.shown.network)
    why.settle()
    assert why.found.asked.layer == why.facts.layers[-1].full_name
    assert why.main.now.path.name == "corner.png", "the arrows do not leave the photograph"


def test_all_layers_fused_come_from_the_process_with_keras(why: Why, servers: list[Gradients]) -> None:
    why.choose(Method.FUSED)
    assert servers[0].asked[-1].method is Method.FUSED
    assert why.pictures == 1


def test_without_keras_the_reason_stands_in_the_list(
    window: Window, servers: list[Gradients], photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gui.why_engine, "has_training_parts", lambda: False)
    window.open(photos["red"])
    why = Why(window).open()
    assert why.shown.methods.buttons[Method.FUSED].instate(["disabled"])
    assert "not installed" in why.shown.methods._sentences[Method.FUSED].cget("text")
    assert str(why.shown.layer_box.cget("state")) == "disabled"
    assert why.shown.layer_hint.winfo_manager()
    why.choose(Method.FUSED)
    assert why.found.asked.method is Method.GRADCAM
    why.choose(Method.ACTIVATIONS)
    assert str(why.shown.layer_box.cget("state")) == "readonly", "channels need no gradients"
    assert not why.shown.layer_hint.winfo_manager()


def test_a_network_that_cannot_be_rebuilt_says_so(why: Why, servers: list[Gradients]) -> None:
    def refuse(photo: Photo, request: MapRequest) -> EvidenceMap:
        raise UserError("It cannot be rebuilt.")

    servers[0].evidence = refuse  # type: ignore[method-assign]
    why.choose(Method.FUSED)
    assert "It cannot be rebuilt." in why.shown.stage.texts
    why.choose(Method.GRADCAM)
    assert why.pictures == 1


# Keeping, stopping, following


def counting(why: Why, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the engine is asked to explain from now on."""
    asked: list[object] = []
    usual = why.desk.engine.explain

    def explain(opened: Any, seen: Any, one: Any, told: Any) -> Any:
        asked.append(one)
        return usual(opened, seen, one, told)

    monkeypatch.setattr(why.desk.engine, "explain", explain)
    return asked


def test_what_was_found_is_kept_as_long_as_the_photograph_stays(
    why: Why, monkeypatch: pytest.MonkeyPatch, photos: dict[str, Path]
) -> None:
    asked = counting(why, monkeypatch)
    why.choose(Method.OCCLUSION)
    why.choose(Method.GRADCAM)
    why.choose(Method.OCCLUSION)
    assert [one.method for one in asked] == [Method.OCCLUSION]  # type: ignore[attr-defined]
    why.main.open(photos["blue"])
    why.settle()
    assert why.shown.title() == "Why? - 3 blue.webp"
    assert why.shown.methods.chosen is Method.OCCLUSION
    assert why.legend == "What speaks for blue"
    assert len(asked) == 2


class Slow:
    """A model whose answers wait until they are let through."""

    def __init__(self, why: Why, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = threading.Event()
        self.answers = 0
        served: Any = why.main.shell.engine._model[0]._made  # type: ignore[index]
        usual: Callable[[Photo], Any] = served.predict

        def predict(photo: Photo) -> Any:
            self.gate.wait(20)
            self.answers += 1
            return usual(photo)

        monkeypatch.setattr(served, "predict", predict)


def test_stop_ends_the_work_and_it_can_begin_again(why: Why, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(why, monkeypatch)
    why.shown.methods.buttons[Method.OCCLUSION].invoke()
    why.main.wait(lambda: why.is_busy_shown, "the bar")
    why.shown.stage.stop_button.invoke()
    slow.gate.set()
    why.settle()
    assert slow.answers <= 2, "nobody waits for the rest"
    assert "Stopped." in why.shown.stage.texts
    assert not why.is_busy_shown
    why.shown.stage.again_button.invoke()
    why.settle()
    assert why.found.asked.method is Method.OCCLUSION


def test_another_method_and_closing_call_the_work_off(why: Why, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(why, monkeypatch)
    why.shown.methods.buttons[Method.OCCLUSION].invoke()
    why.shown.methods.buttons[Method.AVERAGED].invoke()
    why.shown.close()
    slow.gate.set()
    why.main.settle()
    assert slow.answers <= 2
    assert why.desk.window is None


def test_progress_is_shown(why: Why, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, is_told = threading.Event(), threading.Event()
    usual = why.desk.engine.explain

    def explain(opened: Any, seen: Any, one: Any, told: Any) -> Any:
        told(7, 70)
        is_told.set()
        gate.wait(20)
        return usual(opened, seen, one, told)

    monkeypatch.setattr(why.desk.engine, "explain", explain)
    why.shown.methods.buttons[Method.OCCLUSION].invoke()
    why.main.wait(is_told.is_set, "the first word")
    why.main.wait(lambda: why.shown.stage.count.cget("text") == "7 of 70 answers", "how far it is")
    assert float(why.shown.stage.bar.cget("value")) == pytest.approx(0.1)
    gate.set()
    why.settle()


def test_no_callback_keeps_the_window_waiting(why: Why) -> None:
    """Measured in the main thread's own processor time, which no other program can take away."""
    longest = 0.0
    why.shown.answers_box.choose(100)
    for method in (Method.SHAP, Method.ACTIVATIONS, Method.OCCLUSION):
        why.shown.methods.buttons[method].invoke()
        until = time.monotonic() + 60
        while why.main.is_busy and time.monotonic() < until:
            begun = time.thread_time()
            why.main.root.update()
            longest = max(longest, time.thread_time() - begun)
        assert why.found.asked.method is method
    assert longest < 0.1


# How faithful, colours, a file


def test_how_faithful_a_map_is(why: Why) -> None:
    why.shown.faith_button.invoke()
    why.settle()
    dialog = why.desk.after.dialog
    assert dialog is not None
    said = str(dialog.said.cget("text"))
    assert said.startswith("Without the fifth of the picture that the map marks most, the probability of red goes from")
    faith = why.desk.after.faith[why.found.asked]
    assert faith.deletion[5] < 0.7 * faith.deletion[0]
    assert faith.insertion_area > faith.deletion_area
    assert dialog.chart.epochs == 21
    assert dialog.chart.text_at(4).startswith("20\u00a0% of the picture · ")
    why.main.press("<Escape>", dialog)
    assert why.desk.after.dialog is None
    assert why.desk.window is not None, "only the dialog closes"


def test_other_colours_draw_anew_without_asking_again(why: Why, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counting(why, monkeypatch)
    drawn: list[str] = []
    monkeypatch.setattr(why.shown.strip, "show_legend", lambda title, low, high, bar: drawn.append(low))
    why.shown.strip.use_palette("blue-orange")
    why.settle()
    assert drawn == ["speaks against it"]
    assert asked == []


def test_the_picture_is_saved(why: Why, tmp_path: Path) -> None:
    for method in (Method.GRADCAM, Method.ACTIVATIONS):
        why.choose(method)
        path = tmp_path / f"{method.value}.png"
        why.desk.save(path)
        why.settle()
        with Image.open(path) as picture:
            assert picture.width >= 160
        assert why.shown._done.cget("text") == f"✓ The picture was saved as {path.name}."


def test_the_photograph_itself_is_never_replaced(why: Why, half_red: Path) -> None:
    before = half_red.read_bytes()
    why.desk.save(half_red)
    why.settle()
    assert half_red.read_bytes() == before


def test_another_model_explains_its_own_answer(why: Why, isolated_home: Path) -> None:
    make_bundle(isolated_home / "models" / "others", networks=2)
    why.choose(Method.ACTIVATIONS)
    why.main.shell.preferences.load_model("others")
    why.main.wait(lambda: why.main.model == "others" and why.main.now.seen, "the other model's answer")
    why.settle()
    assert {layer.network for layer in why.facts.layers} == {"cells", "cells1"}
    assert why.found.channels.layer.network == "cells"
    assert len(why.shown.network._rows) == 2


# Look and language


def test_language_and_theme_change_at_once(why: Why) -> None:
    why.main.press("<Control-l>", why.shown.methods.buttons[Method.GRADCAM])
    why.settle()
    assert why.shown.save_button.cget("text") == "Enregistrer l’image…"
    assert why.legend.endswith("rouge")
    assert why.shown.title().startswith("Pourquoi")
    why.main.press("<Control-d>", why.shown.methods.buttons[Method.GRADCAM])
    why.settle()
    assert why.shown.cget("background") == why.main.shell.look.colours.back == "#1c1c1c"


def test_arrow_keys_go_through_the_methods(why: Why) -> None:
    first, second = ORDER[0], ORDER[1]
    why.main.press("<Up>", why.shown.methods.buttons[second])
    why.settle()
    assert why.shown.methods.chosen is first
    assert why.shown.focus_get() is why.shown.methods.buttons[first]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_everything_fits_into_a_small_window(
    driver: Driver, servers: list[Gradients], half_red: Path, language: str
) -> None:
    window = driver(language=language)
    window.open(half_red)
    why = Why(window).open()
    shown = why.shown
    shown.geometry("900x560")
    why.settle()
    for method in (Method.GRADCAM, Method.SHAP, Method.ACTIVATIONS):
        why.choose(method)
        for part in (*(frame for frame, _ in shown._groups.values()), shown.save_button, shown.close_button):
            if part.winfo_ismapped():
                right = part.winfo_rootx() - shown.winfo_rootx() + part.winfo_reqwidth()
                assert right <= shown.winfo_width(), f"{method} {part}"
        assert shown.stage.winfo_height() > 120


def test_the_processes_end_with_the_program(why: Why, servers: list[Gradients]) -> None:
    why.choose(Method.FUSED)
    why.main.shell.close()
    assert servers[0].is_closed
    with pytest.raises(tkinter.TclError):
        why.main.root.winfo_exists()


def test_facts_that_cannot_be_read_leave_the_rest_usable(
    window: Window, servers: list[Gradients], photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> Facts:
        raise UserError("The network is damaged.")

    window.open(photos["red"])
    monkeypatch.setattr(window.shell.why.engine, "facts", refuse)
    why = Why(window).open()
    assert why.pictures == 1
