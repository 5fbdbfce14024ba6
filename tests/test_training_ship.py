"""The documented commands, from photographs to a model and to the table of what was tried, in miniature.

A breed is a colour here, and a photograph without a dog is dark.  The network is as small as that: it sees the mean
colour of each of 4 x 4 cells.  Its classifier of 1000 classes knows what is dark, but nothing of breeds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.bundles import Bundle, View, load_bundle
from core.folders import shipped_models_dir
from core.inference import Classifier
from core.inference import Network as TfLite
from core.photos import open_photo
from core.records import Floats

pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")

from training import ship, trials
from training.convert import Weights
from training.describe import read_labels
from training.embed import Embeddings, list_photographs
from training.heads import Head, Labels, fit_head
from training.networks import NETWORKS, ImageNetTop, Network
from training.ship import IMAGENET_CANIDS, Member, Places, labels_of, make_part

SIZE_PX, HIDDEN, TOLERANCE = 32, 32, 1e-2
BREEDS = read_labels()
LEVELS = (70, 110, 150, 190, 230)
# 120 of the 125 colours that have three of the levels.
COLOURS = [(red, green, blue) for red in LEVELS for green in LEVELS for blue in LEVELS][5:]
DARK = (12, 12, 12)


def build(size_px: int, weights_dir: Path) -> Any:
    """Mean red, green and blue of each cell, 0...1, and a fourth channel that is always 1."""
    import keras

    cell = size_px // 4
    kernel = np.zeros((cell, cell, 3, 4), np.float32)
    for colour in range(3):
        kernel[:, :, colour, colour] = 1 / 255 / cell**2
    image = keras.Input((size_px, size_px, 3))
    layer = keras.layers.Conv2D(4, cell, cell)
    model = keras.Model(image, layer(image))
    layer.set_weights([kernel, np.array([0, 0, 0, 1], np.float32)])
    return model


def top(weights_dir: Path) -> ImageNetTop:
    """The first hidden unit answers to darkness, and class 0, which is no dog, to that unit."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(4, HIDDEN)) * [[3], [3], [3], [2]]
    hidden[:, 0] = (-2, -2, -2, 1)
    kernel = rng.normal(size=(HIDDEN, 1000)) * 0.01
    kernel[0] = 0
    kernel[0, 0] = 60
    return ImageNetTop(
        kernel.astype(np.float32), np.where(IMAGENET_CANIDS, 0, -10).astype(np.float32), hidden.astype(np.float32)
    )


def paint(path: Path, colour: Iterable[int]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(sum(path.as_posix().encode()))
    grain = rng.integers(-10, 11, (36, 44, 3))
    Image.fromarray(np.clip(np.asarray(tuple(colour)) + grain, 0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four folders of photographs."""
    data = tmp_path_factory.mktemp("data")
    for breed, colour in zip(BREEDS, COLOURS, strict=True):
        for n in range(3):
            paint(data / "dogs" / breed.id / f"{n}.png", colour)
    for breed, colour in list(zip(BREEDS, COLOURS, strict=True))[::12]:
        for n in range(4):
            paint(data / "dogs_independent" / breed.id / f"new_{n}.png", colour)
    for n, colour in enumerate(COLOURS[::10]):
        paint(data / "shelter_unlabelled" / f"dog.{n}.png", colour)
    for n in range(10):
        paint(data / "not_dogs" / ("muffins" if n % 2 else "people") / f"{n}.png", DARK)
    paint(data / "not_dogs" / "wild_canids_hyena" / "wolf.png", COLOURS[60])
    return data


@pytest.fixture
def command(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options of both commands; what ships goes to `models` in the test's folder."""
    tiny = {
        name: Network(name, f"Tiny {name}", SIZE_PX, "MIT", build, top) for name in ("efficientnet_lite2", "pplcnetv2")
    }
    tiny["xception"] = Network("xception", "Tiny xception", SIZE_PX, "MIT", build)
    for name, network in tiny.items():
        monkeypatch.setitem(NETWORKS, name, network)
    both = (View.WHOLE, View.FOCUS)
    recipes = {
        "dogs": tuple(Member(name, Weights.FLOAT16, both, 10.0) for name in tiny),
        "dogs-fast": (Member("pplcnetv2", Weights.FLOAT16, both, 10.0),),
    }
    for module in (ship, trials):
        monkeypatch.setattr(module, "RECIPES", recipes)
        monkeypatch.setattr(module, "HELD_OUT_COUNT", len(BREEDS))
        monkeypatch.setattr(module, "fit_head", partial(fit_head, tolerance=TOLERANCE))
    monkeypatch.setattr(ship, "shipped_models_dir", lambda: tmp_path / "models")
    return ["--data", str(data), "--weights", str(tmp_path), "--work", str(tmp_path / "work")]


def run(main: Any, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [main.__module__, *arguments])
    main()


def test_one_command_makes_a_model_that_answers(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(ship.main, [*command, "dogs-fast"], monkeypatch)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["dogs-fast"]
    bundle = load_bundle(tmp_path / "models" / "dogs-fast")
    info = bundle.info
    assert info.labels == BREEDS
    assert info.data.photographs == 240
    assert [one.photographs for one in info.metrics] == [40, 120]
    assert all(one.top1 > 0.9 for one in info.metrics)
    rule = info.calibration.subject
    assert rule is not None and (rule.refused, rule.wrongly_refused, rule.cases) == (1, 0, 10)
    assert "## What was tried" in (bundle.folder / "MODEL_CARD.md").read_text(encoding="utf-8")

    classifier = Classifier(bundle)
    for place in (7, 77):
        seen = classifier.predict(open_photo(paint(tmp_path / f"{place}.png", COLOURS[place])))
        assert int(seen.probabilities.argmax()) == place
        assert seen.subject > rule.threshold
    assert classifier.predict(open_photo(paint(tmp_path / "dark.png", DARK))).subject < rule.threshold


def test_held_out_photographs_are_never_fitted_on(
    command: list[str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = [path.relative_to(data).as_posix() for path in list_photographs(data / "dogs")]
    numbered = Embeddings(tuple(order), np.arange(360, dtype=np.float32)[:, None])
    fitted: list[int] = []

    def spy(values: Floats, labels: Labels, *_: object) -> Head:
        fitted.extend(values[:, 0].astype(int))
        assert labels_of(order[place] for place in fitted).tolist() == labels.tolist()
        return Head(np.zeros((1, len(BREEDS)), np.float32), np.zeros(len(BREEDS), np.float32))

    monkeypatch.setattr(ship, "embed", lambda *_: numbered)
    monkeypatch.setattr(ship, "fit_head", spy)
    make_part(ship.RECIPES["dogs"][2], Places(data, tmp_path, tmp_path / "work"))
    assert fitted == list(range(len(BREEDS), 360))
    assert np.bincount(labels_of(order[: len(BREEDS)])).tolist() == [1] * len(BREEDS)


def test_the_second_time_nothing_is_built_or_looked_at_again(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(ship.main, [*command, "dogs-fast"], monkeypatch)
    first = (tmp_path / "models" / "dogs-fast" / "bundle.json").read_bytes()

    def again(*_: object) -> None:
        raise AssertionError("this was done before")

    for name in ("training.ship.to_litert", "training.embed.view_input", "training.judge.Classifier"):
        monkeypatch.setattr(name, again)
    run(ship.main, [*command, "dogs-fast"], monkeypatch)
    assert (tmp_path / "models" / "dogs-fast" / "bundle.json").read_bytes() == first


def test_several_networks_answer_together(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(ship.main, [*command, "dogs"], monkeypatch)
    bundle = load_bundle(tmp_path / "models" / "dogs")
    assert [one.name for one in bundle.info.backbones] == ["efficientnet_lite2", "pplcnetv2", "xception"]
    assert bundle.kernel.shape == (HIDDEN + HIDDEN + 4, 120)
    assert set(bundle.hidden) == {"efficientnet_lite2", "pplcnetv2"}
    assert bundle.subject_kernel is not None
    # Only PP-LCNetV2 has a say in whether there is a dog.
    assert bundle.subject_kernel[HIDDEN : 2 * HIDDEN].any()
    assert not bundle.subject_kernel[:HIDDEN].any() and not bundle.subject_kernel[2 * HIDDEN :].any()
    seen = Classifier(bundle).predict(open_photo(paint(tmp_path / "new.png", COLOURS[33])))
    assert int(seen.probabilities.argmax()) == 33


def test_the_network_of_the_outline_is_converted_as_it_is(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ship, "u2netp", build)
    run(ship.main, [*command, "outline"], monkeypatch)
    network = TfLite(tmp_path / "models" / "outline" / "u2netp.tflite", 320, (4, 4, 4), threads=1)
    assert network(np.full((1, 320, 320, 3), 51, np.float32))[2, 1] == pytest.approx([0.2, 0.2, 0.2, 1], abs=0.01)


def test_without_a_name_everything_that_ships_is_made(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    bundle = load_bundle(shipped_models_dir() / "dogs-fast")

    def make_model(name: str, places: Places) -> Bundle:
        made.append(name)
        return bundle

    monkeypatch.setattr(ship, "make_model", make_model)
    monkeypatch.setattr(ship, "make_outline", lambda places: made.append("outline"))
    run(ship.main, command, monkeypatch)
    assert made == ["dogs", "dogs-fast", "outline"]
    assert set(made) == {path.name for path in shipped_models_dir().iterdir() if path.name[0] != "."}


def test_the_table_of_what_was_tried_can_be_printed_again(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(trials.main, command, monkeypatch)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(rows) > 20
    assert len({row.count("|") for row in rows}) == 1
    assert any("100.0%" in row for row in rows)
    shipped = next(row for row in rows if "**dogs**" in row)
    assert float(shipped.split("|")[2].strip().rstrip("%")) > 90
