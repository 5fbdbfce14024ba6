"""Whole studies on drawn pictures: killed and gone on with, failing variants, the report, the presets that ship."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.commands_study import StudyRequest
from core.errors import Cancelled, UserError
from core.study_presets import Preset, preset_names, read_preset, studies_dir, variant_config, with_fields
from core.train_config import Mode, Source
from core.train_records import Stop
from core.train_runs import list_runs
from tests.tiny_training import Remembered
from training import study as studies
from training.study_charts import Curve, curves_chart
from training.study_data import OTHER
from training.study_records import RowStatus, read_study
from training.study_tables import cut, external_problems, generalisation_warnings, lines_of

COLOURS = {"red": (200, 60, 60), "green": (60, 190, 60), "blue": (60, 60, 200)}
EACH = 14

TINY = """
title = { en = "Hues", fr = "Teintes" }
about = { en = "Which colour.", fr = "Quelle couleur." }
not_medical = true
transforms = true
[data]
folder = "hues"
[fields]
"fit.mode" = "scratch"
"network.backbone" = "lenet"
"preprocessing.size_px" = 16
"fit.epochs" = 3
"fit.batch" = 8
"fit.rate" = 0.01
[quick]
classes = 2
photographs = 8
fields = { "fit.mode" = "head", "network.backbone" = "pplcnetv2", "preprocessing.size_px" = 0 }
[[comparisons]]
name = "losses"
title = { en = "Losses", fr = "Pertes" }
differs = { en = "Everything.", fr = "Tout." }
[[comparisons.variants]]
name = "usual"
theirs = 0.969
[[comparisons.variants]]
name = "poisson"
fields = { "fit.loss" = "poisson", "augmentation.flip" = true }
quick = { "augmentation.flip" = false }
note = { en = "A <note>.", fr = "Une <note>." }
[[comparisons]]
name = "others"
title = { en = "Others", fr = "Autres" }
differs = { en = "Nothing.", fr = "Rien." }
[[comparisons.variants]]
name = "the-same"
[[comparisons.variants]]
name = "no-weights"
fields = { "fit.mode" = "head", "network.backbone" = "vgg19" }
"""


@pytest.fixture(autouse=True)
def same_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests after this one are not to give way to everything."""
    monkeypatch.setattr("training.run.lower_priority", lambda: None)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of presets with one of them."""
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "hues.toml").write_text(TINY, encoding="utf-8")
    monkeypatch.setattr("core.study_presets.studies_dir", lambda: folder)
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data sets: hues, with a folder for each colour; elsewhere, where they are called wrongly; things."""
    root = tmp_path_factory.mktemp("data sets")
    rng = np.random.default_rng(3)
    for name, colour in COLOURS.items():
        _draw(root / "hues" / name, colour, EACH, rng)
    for name, colour in zip(COLOURS, [*[*COLOURS.values()][1:], COLOURS["red"]], strict=True):
        _draw(root / "elsewhere" / name, colour, 8, rng)
    _draw(root / "things", (128, 128, 128), 8, rng)
    return root


def _draw(folder: Path, colour: tuple[int, int, int], count: int, rng: np.random.Generator) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        coarse = rng.normal(0, 45, (6, 6, 3)) + np.array(colour)
        pixels = np.clip(np.kron(coarse, np.ones((8, 8, 1))), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def request(pictures: Path, **changes: Any) -> StudyRequest:
    return StudyRequest(**{"name": "hues", "data": pictures, "weights": pictures, **changes})


class Stopping(Remembered):
    """Asks to stop after so many epochs in all."""

    def __init__(self, after: int) -> None:
        super().__init__(self._react_to)
        self._after = after

    def _react_to(self, number: int) -> None:
        if number >= self._after:
            self.stop = Stop.PAUSE


class Parsed(HTMLParser):
    """The tags of a page that are open, and its words; fails where they do not match."""

    VOID = frozenset({"meta", "img", "br", "rect", "line", "circle", "polyline", "path"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.ids += [str(named["id"])] if "id" in named else []
        self.links += [str(named[name]) for name in ("href", "src") if name in named]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_study_that_was_killed_goes_on_with_the_variant_that_it_was_at(tiny: Path, pictures: Path) -> None:
    with pytest.raises(Cancelled):
        studies.run_study(request(pictures), Stopping(after=5))  # within the second variant
    (folder,) = studies.studies_runs_dir().iterdir()
    state = read_study(folder)
    assert state is not None and state.ended is None
    assert [row.status for row in state.rows] == [RowStatus.DONE, *[RowStatus.WAITING] * 3]
    assert (folder / "report.html").exists()
    told = Remembered()
    done = studies.run_study(request(pictures), told)
    assert done.folder == folder and done.state.ended is not None
    assert [epoch.epoch for epoch in told.epochs] == [3]  # the first two are kept
    usual, _, same, missing = done.state.rows
    assert [row.status.value for row in done.state.rows] == ["done", "done", "done", "failed"]
    assert same.run == usual.run and same.seconds == usual.seconds  # one training for both
    assert "VGG19" in missing.problem and not missing.run
    assert list_runs() == []  # its runs are not among the user's own
    _check_files(folder)
    lines = lines_of(folder, done.preset, done.state)
    assert _answered(lines[0].folder) == _answered(lines[1].folder) and lines[0].test is not None
    again = Remembered()
    assert studies.run_study(request(pictures), again).folder == folder and not again.epochs, (
        "only what failed is tried"
    )
    told.stop = Stop.PAUSE
    with pytest.raises(Cancelled):  # something else was asked: another study
        studies.run_study(request(pictures, only=("losses/usual",)), told)
    assert len([*studies.studies_runs_dir().iterdir()]) == 2


def _answered(folder: Path | None) -> list[str]:
    """Which photographs were judged."""
    assert folder is not None
    with (folder / "predictions.csv").open(encoding="utf-8") as file:
        return sorted(row["path"] for row in csv.DictReader(file))


def _check_files(folder: Path) -> None:
    with (folder / "results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["variant"] for row in rows] == ["usual", "poisson", "the-same", "no-weights"]
    assert (
        0 <= float(rows[0]["test_accuracy"]) <= 1 and rows[0]["theirs"] == "0.9690" and rows[3]["test_accuracy"] == ""
    )
    assert float(rows[0]["seconds_per_epoch_training"]) > 0 and rows[0]["epochs"] == "3"
    text = (folder / "results.md").read_text(encoding="utf-8")
    assert text.count("Not a medical device") == 1 and "| 96.9\u00a0%" in text and "not run: " in text
    page = Parsed((folder / "report.html").read_text(encoding="utf-8"))
    words = " ".join(page.words)
    assert "Not a medical device" in words and "A <note>." in words and "not run: " in words and "Everything." in words
    assert {"losses", "others", "photographs"} <= set(page.ids) and len(page.ids) == len(set(page.ids))
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert page.tags.count("details") == 5 and page.tags.count("img") == 3  # errors and matrices; pictures
    for name in ("accuracy", "loss", "training"):
        drawn = (folder / f"curves-losses-{name}.svg").read_text(encoding="utf-8")
        Parsed(drawn)
        assert "Not a medical device" in drawn


def test_a_quick_study_with_a_class_for_all_else_and_photographs_from_elsewhere(
    tiny: Path, pictures: Path, tmp_path: Path
) -> None:
    asked = request(
        pictures, quick=True, only=("losses",), other=pictures / "things", external=pictures / "elsewhere",
        out=tmp_path / "out",
    )  # fmt: skip
    done = studies.run_study(asked, Remembered())
    lines = lines_of(done.folder, done.preset, done.state)
    config, result = lines[0].config, lines[0].result
    assert config is not None and result is not None and lines[0].is_head and lines[0].training_s is None
    assert {one.en for one in result.judgement.classes} == {"blue", "green", OTHER}
    assert sum(result.counts.values()) == 3 * 8
    assert lines[0].row.external is not None and lines[0].row.external_on == 16
    warned = generalisation_warnings(lines)
    markdown, page = ((done.folder / name).read_text(encoding="utf-8") for name in ("results.md", "report.html"))
    assert all(text in markdown and text in page for text in warned)
    assert (tmp_path / "out" / "report.html").read_bytes() == (done.folder / "report.html").read_bytes()
    assert not (tmp_path / "out" / "study.json").exists()
    assert lines[0].folder is not None
    assert "Not a medical device" in (lines[0].folder / "external" / "report.html").read_text(encoding="utf-8")


def test_what_does_not_generalise_is_said() -> None:
    line = _judged_line(test=0.9, photographs=200, external=0.6, external_on=100)
    (said,) = generalisation_warnings([line])
    assert "does not generalise" in said and "90.0" in said and "60.0" in said
    assert generalisation_warnings([_judged_line(0.9, 200, 0.88, 100)]) == []
    assert generalisation_warnings([_judged_line(0.9, 10, 0.6, 10)]) == []  # chance could do that


def test_photographs_from_elsewhere_of_other_classes_are_refused_before_anything_is_trained(
    tiny: Path, pictures: Path, tmp_path: Path
) -> None:
    _draw(tmp_path / "cats" / "tabby", (90, 90, 90), 2, np.random.default_rng(0))
    telling = Remembered()
    with pytest.raises(UserError, match="It has: blue, green, red"):
        studies.run_study(request(pictures, only=("losses/usual",), external=tmp_path / "cats"), telling)
    assert not telling.epochs, "nothing was trained for it"


def test_why_there_is_no_external_figure_stands_in_the_results(
    tiny: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_given: Any, **_named: Any) -> None:
        raise UserError("None of these photographs can be read.")

    monkeypatch.setattr("training.study.evaluate", unreadable)
    asked = request(pictures, quick=True, only=("losses/usual",), external=pictures / "elsewhere")
    done = studies.run_study(asked, Remembered())
    (said,) = external_problems(lines_of(done.folder, done.preset, done.state))
    assert said.endswith("None of these photographs can be read.")
    for name in ("results.md", "report.html"):
        assert said in (done.folder / name).read_text(encoding="utf-8")


def test_a_matrix_of_too_many_classes_is_found_elsewhere(
    tiny: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.study_report.MOST_CLASSES", 1)
    done = studies.run_study(request(pictures, quick=True, only=("losses/usual",)), Remembered())
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert f"in the folder runs/{done.state.rows[0].run}" in page and "min(26rem, 100%)" in page


def _judged_line(test: float, photographs: int, external: float, external_on: int) -> Any:
    from types import SimpleNamespace as Stand

    return Stand(
        name="VGG16", test=test, row=Stand(external=external, external_on=external_on),
        result=Stand(judgement=Stand(photographs=photographs)),
    )  # fmt: skip


def test_a_study_without_its_photographs_says_where_they_should_be(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="hues"):
        studies.run_study(request(tmp_path), Remembered())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace('"fit.loss"', '"fit.lose"'), "fit.lose"),
        (lambda text: text.replace('"poisson",', '"fish",'), "fish"),
        (lambda text: text.replace('name = "poisson"', 'name = "usual"'), "called the same"),
        (lambda text: text.replace("not_medical", "medical"), "medical"),
        (lambda text: text + "[[", "hues.toml"),
    ],
)
def test_what_is_wrong_with_a_preset_is_said(tiny: Path, change: Callable[[str], str], said: str) -> None:
    (tiny / "hues.toml").write_text(change(TINY), encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_preset("hues")


def test_the_studies_that_ship_can_be_read() -> None:
    assert preset_names() == ["dogs", "leaf-transforms", "leaves", "products", "xrays"]
    presets = {name: read_preset(name) for name in preset_names()}
    assert [name for name, one in presets.items() if one.not_medical] == ["xrays"]
    dogs = {one.name: [variant.name for variant in one.variants] for one in presets["dogs"].comparisons}
    assert [len(dogs[name]) for name in ("preprocessing", "optimisers", "losses", "activations")] == [4, 9, 6, 9]
    theirs = [variant.theirs for variant in presets["products"].comparisons[0].variants]
    assert theirs == [0.6, 0.533, 0.571, 0.638, 0.552, 0.724]
    for name in presets:
        told = (studies_dir() / f"{name}.toml").read_text(encoding="utf-8")
        assert not any(f" {sign}" in line for line in told.splitlines() if line.startswith("fr =") for sign in ";:!?%»")


def test_a_quick_study_keeps_what_a_variant_is_about() -> None:
    preset = read_preset("dogs")
    for comparison in preset.comparisons:
        whole, quick = (_configs(preset, comparison.name, is_quick) for is_quick in (False, True))
        assert len(set(map(str, quick))) == len(set(map(str, whole))) == len(comparison.variants)


def _configs(preset: Preset, name: str, is_quick: bool) -> list[dict[str, Any]]:
    """The configs of a comparison without what they are called."""
    (comparison,) = (one for one in preset.comparisons if one.name == name)
    source = Source(path=Path("dogs"))
    made = [variant_config("dogs", preset, comparison, one, source, is_quick) for one in comparison.variants]
    return [json.loads(config.model_dump_json(exclude={"name", "title"})) for config in made]


def test_fields_by_their_dotted_names() -> None:
    preset = read_preset("dogs")
    first = variant_config("dogs", preset, preset.comparisons[0], preset.comparisons[0].variants[0],
                           Source(path=Path("dogs")), False)  # fmt: skip
    changed = with_fields(first, {"network.scratch.activation": "selu", "network.scratch.widths": [8, 8]})
    assert changed.network.scratch is not None and changed.network.scratch.widths == (8, 8)
    assert changed.fit.mode is Mode.SCRATCH and changed.network.backbone == first.network.backbone


def test_shares_are_never_rounded_up() -> None:
    assert [cut(value).split("\u00a0")[0] for value in (0.9699, 0.99999, 1.0, 0.57, 0.0)] == [
        "96.9", "99.9", "100.0", "57.0", "0.0",
    ]  # fmt: skip


def test_curves_without_numbers_are_drawn_as_far_as_they_go() -> None:
    drawn = curves_chart([Curve("a<b", [0.5, float("nan"), None]), Curve("c", [])], "Loss", "Epoch", False)
    Parsed(drawn)
    assert "a&lt;b" in drawn and drawn.count("<circle") == 1
