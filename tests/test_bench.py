"""The benchmark counts right, says what it measured, and runs."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from core import batch
from core.bundles import View
from core.folders import program_dir
from core.photos import open_photo
from tests.bench import everything, speed, steps, write_tables
from tests.bench.growth import RUNS, growth_table
from tests.bench.speed_contenders import Look, PlainKeras, TfData, looks_of
from tests.bench.speed_photos import KINDS, Kind, can_make, make_photographs
from tests.bench.speed_table import Column, Life, Results, Turn, life_table, memory_table, shortfalls, speed_table
from tests.bundle_factory import make_bundle

TINY_KINDS = (Kind("large", "12 MP", 96 * 72), Kind("small", "small", 48 * 36))
COLUMN = Column("m", "large", "a model, 12 MP")


def turn(contender: str, rate: float, count: int = 10, **parts: float) -> Turn:
    return Turn(contender, "m", "large", count, count / rate, 2 * count / rate, 100 + rate, parts)


TURNS = [
    *(turn("keras", rate) for rate in (5, 4, 90)),
    *(turn("shelterlens", rate) for rate in (40, 1, 50)),
    *(turn("bound", 50, decoding=0.15, networks=0.05, inference=0.07) for _ in range(3)),
    *(turn("again", rate) for rate in (2000, 4000, 1)),
    Turn("shelterlens", "m", "small", 10, 0.001),
    Turn("shelterlens", "another", "large", 10, 0.001),
]


def test_rates_are_medians_of_the_rounds_and_ratios_are_of_these() -> None:
    results = Results(TURNS, [])
    assert results.rate("keras", COLUMN) == pytest.approx(5)
    assert results.times_plain("shelterlens", COLUMN) == pytest.approx(8)
    assert results.share_of_bound(COLUMN) == pytest.approx(0.8)
    assert results.share_of_inference(COLUMN) == pytest.approx(40 * 0.022)
    assert results.again_ms(COLUMN) == pytest.approx(0.5)
    assert results.parts_ms("bound", COLUMN) == pytest.approx({"decoding": 15, "networks": 5, "inference": 7})
    assert results.cpu_ms("keras", COLUMN) == pytest.approx(400)
    assert results.count("keras", COLUMN) == 30
    assert results.rate("onnx", COLUMN) is None and results.times_plain("onnx", COLUMN) is None


def test_the_table_shows_what_was_measured_and_nothing_else() -> None:
    lines = speed_table(Results(TURNS, []), [COLUMN, Column("m", "small", "a model, small")]).splitlines()
    assert lines[0] == "| photographs a second (times plain Keras) | a model, 12 MP | a model, small |"
    assert lines[1] == "|---|---:|---:|"
    cells = {line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ")[1:] for line in lines[2:]}
    assert cells["plain Keras: `load_img` and `model.predict`, one by one"] == ["5.0", "–"]
    assert cells["**Shelterlens**"] == ["**40 (8.0 ×)**", "**10000**"]
    assert cells["Shelterlens' share of the bound"] == ["80 %", "–"]
    assert cells["… of decoding and all of inference"] == ["88 %", "–"]
    assert cells["Shelterlens again, everything known"] == ["0.50 ms", "–"]
    assert not any("ONNX" in title for title in cells)


def test_start_and_memory_have_a_table_of_their_own() -> None:
    lives = [Life("shelterlens", "m", 0.52, 170.4), Life("bound", "m", 0.3, 100)]
    lines = life_table(Results([], lives), {"m": "a model", "other": "another"}).splitlines()
    assert lines[2:] == ["| **Shelterlens** | 0.5 s · 170 MB | – |"]


def test_memory_is_that_of_each_kind() -> None:
    lines = memory_table(Results(TURNS, []), [COLUMN, Column("m", "small", "a model, small")]).splitlines()
    assert lines[0] == "| peak memory | a model, 12 MP | a model, small |"
    assert "| **Shelterlens** | 140 MB | – |" in lines and "| plain Keras" in lines[2]
    assert not any("bound" in line for line in lines)


def test_what_falls_short_is_said() -> None:
    assert list(shortfalls(Results(TURNS, []), [COLUMN])) == ["a model, 12 MP: 80 % of the bound, wanted 85 %"]
    slow = [turn("keras", 10), turn("shelterlens", 60), turn("bound", 61), turn("again", 500)]
    assert list(shortfalls(Results(slow, []), [COLUMN])) == [
        "a model, 12 MP: 6.0 times plain Keras, wanted 7",
        "a model, 12 MP: 2.00 ms a known photograph, wanted under 1 ms",
    ]


def test_all_answer_the_same_photographs_and_another_begins_each_round(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n:02}" for n in range(speed.WARM_UP + 7)]
    runners = [Named("a"), Named("b"), Named("c")]
    found = list(speed._turns({KINDS[0]: paths}, runners, 3))
    assert [(runner.name, place) for _, runner, place, _ in found] == [
        *(("a", 0), ("b", 0), ("c", 0)),
        *(("b", 1), ("c", 1), ("a", 1)),
        *(("c", 2), ("a", 2), ("b", 2)),
    ]
    assert all(some == paths[speed.WARM_UP :] for _, _, _, some in found)  # those that warm up do not count


def test_who_answers_one_by_one_gets_what_fits_into_a_turn_and_nobody_what_they_cannot_open(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n:02}" for n in range(100)]
    large, heic = KINDS[0], next(kind for kind in KINDS if kind.suffix == ".heic")
    slow, quick, stuck, public = Named("keras"), Named("onnx"), Named("keras"), Named("labdog")
    slow.rates, quick.rates, stuck.rates = {large.name: 5.0}, {large.name: 5.0}, {large.name: 0.01}
    assert slow.part(large, paths) == paths[: int(5 * speed.TURN_S)]
    assert quick.part(large, paths) == paths and Named("keras").part(large, paths) == paths
    assert stuck.part(large, paths) == paths[: speed.LEAST_OF_A_TURN]
    asked = [
        (kind, runner.name) for kind, runner, _, _ in speed._turns({large: paths, heic: paths}, [quick, public], 1)
    ]
    assert asked == [(large, "onnx"), (large, "labdog"), (heic, "onnx")]


class Named(speed.Runner):
    """A contender without a process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rates = {}


def test_photographs_have_their_size_and_each_its_own_content(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    for n, colour in enumerate(("red", "blue")):
        Image.new("RGB", (40, 60), colour).save(given / f"{n}.png")
    kind = Kind("large", "large", 6000)
    paths = make_photographs(tmp_path / "made", kind, given, 5)
    assert len({path.read_bytes() for path in paths}) == 5
    for place, path in enumerate(paths):
        with Image.open(path) as picture:
            assert picture.format == "JPEG"
            assert picture.width * picture.height == pytest.approx(6000, rel=0.02)
            red, _, blue = np.asarray(picture).mean(axis=(0, 1))
            assert bool(red > blue) is (place % 2 == 0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no photograph"):
        make_photographs(tmp_path / "none", kind, tmp_path / "empty", 5)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if can_make(kind)], ids=lambda kind: kind.name)
def test_a_picture_that_comes_again_is_a_file_of_its_own(tmp_path: Path, kind: Kind) -> None:
    paths = make_photographs(tmp_path, replace(kind, pixels=4096, pictures=2), None, 4)
    assert [path.suffix for path in paths] == [kind.suffix] * 4
    assert len({path.read_bytes() for path in paths}) == 4
    photos = [open_photo(path).pixels for path in paths]
    assert (photos[0] == photos[2]).all() and not (
        photos[0].shape == photos[1].shape and (photos[0] == photos[1]).all()
    )


def test_enlarged_photographs_have_the_grain_of_a_sensor(tmp_path: Path) -> None:
    plain = tmp_path / "given" / "plain.png"
    plain.parent.mkdir()
    Image.new("RGB", (40, 60), "grey").save(plain)
    large, small = (
        make_photographs(tmp_path, kind, plain.parent, 1)[0] for kind in (Kind("l", "l", 90_000), Kind("s", "s", 1500))
    )
    lows, highs = zip(*(Image.open(path).convert("L").getextrema() for path in (large, small)), strict=True)
    assert highs[0] - lows[0] > 10 and highs[1] - lows[1] < 3


def test_others_look_as_often_as_the_model_does(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "twice", views=(View.WHOLE, View.FOCUS), networks=2)
    assert looks_of(bundle.folder) == [
        Look("cells", 32, 1.0), Look("cells", 32, 0.8), Look("cells1", 32, 1.0), Look("cells1", 32, 0.8),
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="the benchmark is for make, which Windows has not")
def test_the_benchmark_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    bundle = make_bundle(tmp_path / "colours")
    monkeypatch.setattr(speed, "KINDS", TINY_KINDS)
    monkeypatch.setattr(speed, "DEVELOPMENT_PHOTOGRAPHS", tmp_path / "nothing")
    monkeypatch.chdir(Path(speed.__file__).parents[2])
    options = ["--number", "4", "--rounds", "2", "--models", str(bundle.folder), "--contenders", "shelterlens", "bound"]
    kept = ["--work", str(tmp_path / "work"), "--json", str(tmp_path / "speed.json")]
    monkeypatch.setattr(sys, "argv", ["speed", *options, *kept])
    speed.main()
    printed, progress = capfd.readouterr()
    assert "| photographs a second (times plain Keras) | `colours`, 12 MP | `colours`, small |" in printed
    assert re.search(r"\| \*\*Shelterlens\*\* \| \*\*[\d.]+\*\* \| \*\*[\d.]+\*\* \|", printed)
    assert re.search(r"\| Shelterlens again, everything known \| [\d.]+ ms \| [\d.]+ ms \|", printed)
    assert re.search(r"share of the bound \| \d+ % \| \d+ % \|", printed)
    assert re.search(r"\| \*\*Shelterlens\*\* \| [\d.]+ s · \d+ MB \|", printed)
    assert re.search(r"4 JPEGs of 0\.0069 megapixels \(median [\d.e-]+ MB\)", printed)
    assert re.search(
        r"busy: decoding [\d.]+, networks [\d.]+, inference [\d.]+; of processor time: shelterlens [\d.]+\n",
        progress,
    )
    found = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert [turn["contender"] for turn in found["turns"]].count("shelterlens") == 4
    assert all(turn["count"] == 4 for turn in found["turns"])
    photographs = sorted((tmp_path / "work" / "photographs" / "large").glob("*.jpg"))
    assert len(photographs) == speed.WARM_UP + 4  # they are there for the next run


@pytest.mark.skipif(sys.platform == "win32", reason="the benchmark is for make, which Windows has not")
def test_a_contender_that_breaks_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(speed.__file__).parents[2])
    runner = speed.Runner("shelterlens", tmp_path / "nothing", tmp_path)
    with runner, pytest.raises(SystemExit, match=r"(?s)shelterlens ended with status 1:.*BundleError"):
        runner.answer([tmp_path / "1.jpg"])


def test_keras_answers_one_by_one_and_in_batches(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras", reason="Keras, which Shelterlens is compared with, is not installed")
    bundle = make_bundle(tmp_path / "twice", views=(View.WHOLE, View.FOCUS), networks=2)
    for backbone in bundle.info.backbones:
        image = keras.Input((32, 32, 3))
        mean = keras.layers.GlobalAveragePooling2D()(image)
        keras.Model(image, keras.layers.Dense(3, activation="softmax")(mean)).save(tmp_path / f"{backbone.name}.keras")
    paths = make_photographs(tmp_path, TINY_KINDS[0], None, 5)
    for contender in (PlainKeras(bundle.folder, tmp_path), TfData(bundle.folder, tmp_path)):
        contender.answer(paths, again=False)
        with pytest.raises(Exception, match=r"nothing\.jpg"):
            contender.answer([tmp_path / "nothing.jpg"], again=False)


def test_tables_are_made_of_what_the_sections_left_and_nothing_else_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = [replace(turn, model="dogs") for turn in TURNS if turn.model == "m"]
    kept = {
        "date": "2026-11-21",
        "words": "Measured by `make bench` on 2026-11-21: a machine, 2 cores, Python 3.",
        "others": 0.02, "columns": [{"model": "dogs", "kind": "large", "title": "`dogs`, 12 MP"}],
        "turns": [asdict(turn) for turn in turns], "lives": [asdict(Life("shelterlens", "dogs", 0.5, 170.0))],
    }  # fmt: skip
    results = tmp_path / "results"
    results.mkdir()
    (results / "speed-dogs.json").write_text(json.dumps(kept), encoding="utf-8")
    readme = tmp_path / "README.md"
    readme.write_text(
        "a\n<!-- bench:speed -->\nold\n<!-- /bench:speed -->\nb\n<!-- bench:head -->\nold\n<!-- /bench:head -->\n"
    )
    monkeypatch.setattr(write_tables, "program_dir", lambda: tmp_path)
    monkeypatch.setattr(write_tables, "FILES", (Path("README.md"),))
    monkeypatch.setattr(sys, "argv", ["write_tables", str(results), "--write"])
    write_tables.main()
    lines = readme.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "a" and "| **Shelterlens** | **40 (8.0 ×)** |" in lines and "b" in lines
    assert write_tables.filled("| <!-- bench:x -->old<!-- /bench:x --> |", {"x": "new"}).count("new<!--") == 1
    assert lines[-3:] == ["<!-- bench:head -->", "old", "<!-- /bench:head -->"]  # the head was not measured
    printed = capsys.readouterr().out
    assert "a machine, 2 cores; medians of 3 rounds. Other programs used 2% of the processors meanwhile." in printed


def test_a_step_is_measured_with_it_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    patched = patch.object(batch, "_AHEAD", 1)
    monkeypatch.setattr(steps, "STEPS", {"more ahead": lambda: patched})

    def tagged(*_: object) -> tuple[float, float]:
        seen.append(batch._AHEAD == 1)
        return 2.0, 1.0

    monkeypatch.setattr(steps, "_tagged", tagged)
    found = steps.measure(make_bundle(tmp_path / "colours"), "large", [], 3)
    assert seen == [False, False, True, True, False, False, True]  # to warm up, then in turns
    assert steps.steps_table(found).splitlines()[2].endswith("| 2.0 ms | 2.0 ms | 1.00 | 1.0 ms | 1.0 ms |")


def test_growth_is_shown_by_files() -> None:
    runs = {name: {"seconds": 10.0, "known": 0, "memory_mb": 150} for name in RUNS}
    found = {
        "10000": {**runs, "contents": 10000, "library_mb": 9.7},
        "200": {**runs, "contents": 200, "library_mb": 1.0},
    }
    lines = growth_table(found).splitlines()
    assert lines[0] == "| milliseconds a photograph · peak memory | 200 files | 10,000 files |"
    assert lines[2] == "| the first time | 50.0 ms · 150 MB | 1.0 ms · 150 MB |"


def test_every_section_leaves_its_file_where_the_tables_are_made(tmp_path: Path) -> None:
    found = list(everything.sections(None, None, tmp_path, is_quick=True))
    for section in found:
        assert section.command[section.command.index("--json") + 1] == str(tmp_path / f"{section.name}.json")
    names = {section.name for section in found}
    assert {f"speed-{model}" for model in write_tables.ORDER} | {"head", "growth", "cores-1", "cores-2"} <= names
    marks = "".join((program_dir() / path).read_text(encoding="utf-8") for path in write_tables.FILES)
    for name in write_tables.TABLES:
        assert f"<!-- bench:{name} -->" in marks and f"<!-- /bench:{name} -->" in marks
