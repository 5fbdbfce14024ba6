"""The commands as a user types them: what they print, write and return, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.about import VERSION
from core.bundles import Bundle, export_bundle
from core.database import Database, bytes_path
from core.folders import library_path, models_dir
from core.inference import Classifier
from core.knowledge import Knowledge
from core.library import Library, content_of_file
from core.records import Correction, Features, Kind, Photo
from core.served import ServedModel
from main import main
from tests.bundle_factory import make_bundle

ROOT = Path(__file__).resolve().parent.parent
RED, GREEN, GREY, HALF = (255, 0, 0), (0, 255, 0), (128, 128, 128), (200, 190, 0)


@pytest.fixture
def dogs() -> Bundle:
    """The default model's place is taken by one that knows three colours."""
    return make_bundle(models_dir() / "dogs")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A red, a green, a grey, a doubtful and a broken photograph, and a file that is none."""
    folder = tmp_path / "photos"
    (folder / "été").mkdir(parents=True)
    for name, colour in {"1 red.jpg": RED, "2 green.PNG": GREEN, "3 grey.bmp": GREY, "été/4 half.jpg": HALF}.items():
        Image.new("RGB", (60, 40), colour).save(folder / name)
    (folder / "5 broken.jpg").write_bytes(b"no photograph")
    (folder / "notes.txt").write_text("nothing to see")
    return folder


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_classify_writes_a_row_for_each_photograph(
    dogs: Bundle, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", str(photos)]) == 0
    out, err = capsys.readouterr()
    rows = table(out)
    assert [(Path(row["path"]).name, row["status"], row["breed"]) for row in rows] == [
        ("1 red.jpg", "sure", "red"),
        ("2 green.PNG", "sure", "green"),
        ("3 grey.bmp", "not_a_dog", ""),
        ("5 broken.jpg", "unreadable", ""),
        ("4 half.jpg", "unsure", "red"),
    ]
    assert out.splitlines()[0] == (
        "path,status,breed,confidence,breed_2,confidence_2,breed_3,confidence_3,reviewed_breed,animal,model,reason"
    )
    assert rows[0]["path"] == str(photos / "1 red.jpg")
    assert rows[3]["reason"].startswith("This is not a picture")
    assert {row["model"] for row in rows} == {"dogs"}
    assert err == ""


def test_classify_keeps_the_order_whatever_takes_longer(dogs: Bundle, tmp_path: Path) -> None:
    names = [f"{number:03}.png" for number in range(40)]
    for number, name in enumerate(names):
        side = 900 if number % 7 == 0 else 20
        Image.new("RGB", (side, side), RED if number % 2 else GREEN).save(tmp_path / name)
    out = tmp_path / "table.csv"
    assert main(["classify", str(tmp_path), "--out", str(out)]) == 0
    rows = table(out.read_text(encoding="utf-8"))
    assert [Path(row["path"]).name for row in rows] == names
    assert [row["breed"] for row in rows] == ["red" if number % 2 else "green" for number in range(40)]


def test_json_is_chosen_by_option_or_by_the_files_name(
    dogs: Bundle, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", str(photos), "--format", "json", "--top", "1"]) == 0
    printed = json.loads(capsys.readouterr().out)
    out = tmp_path / "rows.json"
    assert main(["classify", str(photos), "--out", str(out)]) == 0
    written = json.loads(out.read_text(encoding="utf-8"))
    assert len(printed) == len(written) == 5
    assert (printed[0]["breed"], printed[0]["breed_2"]) == ("red", None)
    assert (written[4]["breed"], written[4]["breed_2"]) == ("red", "green")
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_a_row_says_what_a_volunteer_said(dogs: Bundle, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library(library_path())
    said = {
        "1 red.jpg": Correction(Kind.BREED, label="colour-blue", name="another model's name"),
        "2 green.PNG": Correction(Kind.OTHER, name="purple"),
        "3 grey.bmp": Correction(Kind.MIXED),
        "été/4 half.jpg": Correction(Kind.CROSS, label="colour-red", name="x", second="colour-green", second_name="y"),
    }
    for name, correction in said.items():
        library.correct(content_of_file(photos / name), photos / name, correction)
    library.close()
    assert main(["classify", str(photos)]) == 0
    reviewed = [row["reviewed_breed"] for row in table(capsys.readouterr().out)]
    assert reviewed == ["blue", "purple", "Mixed breed", "", "red / green"]


@pytest.mark.parametrize(
    ("correction", "cell"),
    [
        (Correction(Kind.UNKNOWN), "Unknown breed"),
        (Correction(Kind.NOT_A_DOG), "Not a dog"),
        (Correction(Kind.CROSS, label="colour-red", name="red", second_name="Kromfohrländer"), "red / Kromfohrländer"),
    ],
)
def test_every_kind_of_word_has_its_words(
    dogs: Bundle, photos: Path, capsys: pytest.CaptureFixture[str], correction: Correction, cell: str
) -> None:
    library, photo = Library(library_path()), photos / "1 red.jpg"
    library.correct(content_of_file(photo), photo, correction)
    library.close()
    assert main(["classify", str(photo)]) == 0
    assert [row["reviewed_breed"] for row in table(capsys.readouterr().out)] == [cell]


def test_a_row_says_which_animal(dogs: Bundle, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photos / "Rex").mkdir()
    for name in ("Rex/IMG_0001.jpg", "bella_1.jpg", "bella 2.jpg"):
        Image.new("RGB", (30, 30), RED).save(photos / name)
    assert main(["classify", str(photos)]) == 0
    animals = {Path(row["path"]).name: row["animal"] for row in table(capsys.readouterr().out)}
    assert (animals["IMG_0001.jpg"], animals["bella_1.jpg"], animals["bella 2.jpg"]) == ("Rex", "bella", "bella")
    assert main(["classify", str(photos / "bella_1.jpg")]) == 0
    assert [row["animal"] for row in table(capsys.readouterr().out)] == ["bella"]


def test_what_is_known_is_not_asked_again_unless_wanted(
    dogs: Bundle, photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["classify", str(photos)]) == 0
    first = capsys.readouterr().out
    asked: list[object] = []
    features = Classifier.features

    def counted(self: Classifier, photo: Photo) -> Features:
        asked.append(photo)
        return features(self, photo)

    monkeypatch.setattr(Classifier, "features", counted)
    assert main(["classify", str(photos)]) == 0
    assert capsys.readouterr().out == first and asked == []
    assert main(["classify", str(photos), "--fresh"]) == 0
    assert capsys.readouterr().out == first and len(asked) == 4


def test_the_window_and_the_command_answer_the_same(
    dogs: Bundle, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ServedModel(Classifier(dogs)).tag(library_path(), [photos])
    assert main(["classify", str(photos)]) == 0
    known = capsys.readouterr().out
    library_path().unlink()
    assert main(["classify", str(photos)]) == 0
    assert capsys.readouterr().out == known


def test_without_a_library_the_table_is_written_all_the_same(
    dogs: Bundle, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library_path().mkdir()
    assert main(["classify", str(photos)]) == 0
    out, err = capsys.readouterr()
    assert len(table(out)) == 5
    assert err.count("its answers are not kept") == 1


def test_a_library_that_fills_up_does_not_stop_the_table(
    dogs: Bundle, photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Knowledge.keep

    def full(self: Knowledge, *given: Any) -> list[int | None]:
        with self.database.writing() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return keep(self, *given)

    monkeypatch.setattr(Knowledge, "keep", full)
    random = np.random.default_rng(0)
    for number in range(40):
        Image.fromarray(random.integers(0, 255, (160, 160, 3), np.uint8)).save(photos / f"{number}.png")
    assert main(["classify", str(photos)]) == 0
    out, err = capsys.readouterr()
    assert len(table(out)) == 45
    assert err.count("is full") == 1 and err.count("its answers are not kept") == 1


def test_named_files_that_cannot_be_read_get_their_rows(
    dogs: Bundle, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", str(photos / "notes.txt"), str(photos / "gone.jpg"), str(photos / "1 red.jpg")]) == 0
    assert [row["status"] for row in table(capsys.readouterr().out)] == ["unreadable", "unreadable", "sure"]


def test_a_table_in_a_closed_folder_cannot_be_written(
    dogs: Bundle, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = os.stat

    def refusing(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if str(path).startswith(str(tmp_path / "closed") + os.sep):
            raise PermissionError(13, "Permission denied")
        return stat(path, *args, **options)

    (tmp_path / "closed").mkdir()
    monkeypatch.setattr(os, "stat", refusing)
    assert main(["classify", str(photos), "--out", str(tmp_path / "closed" / "table.csv")]) == 1
    assert "The table cannot be written: Permission denied." in capsys.readouterr().err


def test_nothing_to_do_is_said_with_status_1(dogs: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["classify", str(tmp_path / "gone"), str(tmp_path / "gone too.jpg")]) == 1
    assert main(["classify", str(tmp_path / "empty")]) == 1
    assert main(["classify", str(tmp_path), "--out", str(tmp_path / "no folder" / "table.csv")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "There is no such file or folder" in err
    assert "There are no photographs in" in err


def test_without_a_model_no_table_is_begun(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "table.csv"
    out.write_text("kept")
    assert main(["classify", str(photos), "--model", "unknown", "--out", str(out)]) == 1
    assert "There is no model called “unknown”." in capsys.readouterr().err
    assert out.read_text() == "kept"


def test_a_table_never_replaces_a_photograph(dogs: Bundle, photos: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in photos.rglob("*") if path.is_file()}
    notes = photos / "notes.txt"
    assert main(["classify", str(photos), "--out", str(photos / "1 red.jpg")]) == 2
    assert main(["classify", str(photos), "--out", str(photos / "new.JPG")]) == 2
    assert main(["classify", str(notes), "--out", str(notes)]) == 2
    assert main(["classify", str(photos), "--out", str(photos)]) == 2
    assert {path: path.read_bytes() for path in photos.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "typed",
    [
        "classify",
        "classify --unknown x",
        "classify x --format xml",
        "classify x --top 0",
        "classify x --top 1.5",
        "classify x --top 9999999999",
        "explain x",
        "explain x --out y.png --opacity 2",
        "explain x --out y.png --opacity nan",
        "explain x --out y.png --pal viridis",
        "models",
        "models burn dogs",
        "models use",
        "doctor now",
        "--unknown",
        "clasify x.jpg",
    ],
)
def test_wrong_usage_has_status_2_and_no_traceback(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(typed.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err and "Traceback" not in err


@pytest.mark.parametrize("typed", ["--help", "classify --help", "explain --help", "models import --help", "--version"])
def test_help_is_status_0(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(typed.split()) == 0
    assert ("usage: main.py" in capsys.readouterr().out) is (typed != "--version")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out == f"Shelterlens {VERSION}\n"


def test_explain_draws_where_the_evidence_is(dogs: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo, out = tmp_path / "half.png", tmp_path / "why.png"
    pixels = np.full((200, 200, 3), 60, np.uint8)
    pixels[:, :100, 0] = 255
    pixels[:, 100:, 2] = 240
    Image.fromarray(pixels).save(photo)
    typed = ["explain", str(photo), "--out", str(out), "--label", "Rouge", "--opacity", "1", "--palette", "viridis"]
    assert main(typed) == 0
    assert "What speaks for red" in capsys.readouterr().out
    drawn = np.asarray(Image.open(out).convert("RGB"), np.int16)
    drawn = drawn[:200, (drawn.shape[1] - 200) // 2 :][:, :200]
    changed = np.abs(drawn - pixels).sum(axis=2)
    assert changed[20:180, 20:80].mean() > 100
    assert changed[20:180, 130:180].mean() < 5


def test_explain_replaces_its_own_picture_and_no_other(dogs: Bundle, photos: Path, tmp_path: Path) -> None:
    photo, other, out = photos / "1 red.jpg", photos / "2 green.PNG", tmp_path / "why.png"
    typed = ["explain", str(photo), "--out"]
    before = other.read_bytes()
    assert main([*typed, str(out)]) == 0
    assert main([*typed, str(out), "--versus", "green"]) == 0
    assert main([*typed, str(other)]) == 2
    assert main([*typed, str(photo)]) == 2
    assert other.read_bytes() == before


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ("--label mauve", 2, "knows no breed “mauve”"),
        ("--label colour", 2, "may mean several breeds: red, green, blue"),
        ("--label red --versus red", 2, "compared with another one"),
        ("--palette rainbow", 2, "There are: cividis, viridis, magma, blue-orange."),
        ("--model nothing", 1, "no model called “nothing”"),
    ],
)
def test_explain_says_what_it_does_not_know(
    dogs: Bundle, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, status: int, said: str
) -> None:
    out = tmp_path / "why.png"
    assert main(["explain", str(photos / "1 red.jpg"), "--out", str(out), *more.split()]) == status
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_explain_says_why_a_photograph_cannot_be_used(
    dogs: Bundle, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(photos / "5 broken.jpg"), "--out", str(tmp_path / "why.png")]) == 1
    assert "This is not a picture" in capsys.readouterr().err


def test_a_model_is_exported_imported_used_and_removed(
    dogs: Bundle, tiny_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "copy.shelterlens"
    export_bundle(tiny_bundle, archive)
    for typed in (["import", str(archive)], ["use", "colours"], ["export", "colours", str(tmp_path / "x.shelterlens")]):
        assert main(["models", *typed]) == 0
    assert (tmp_path / "x.shelterlens").read_bytes() == archive.read_bytes()
    capsys.readouterr()
    assert main(["models", "list"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "* colours 1.0.0 Colours (your own)" in lines
    assert "dogs 1.0.0 Colours (your own)" in lines
    assert main(["models", "show", "colours"]) == 0
    shown = capsys.readouterr().out
    assert "200 planted pictures: first answer right 100.0\u00a0%" in shown and "Everything: MIT" in shown
    assert main(["models", "remove", "colours"]) == 0
    assert main(["models", "remove", "colours"]) == 1


def test_a_damaged_model_is_refused_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "bad.shelterlens"
    archive.write_bytes(b"PK\x03\x04 not really")
    assert main(["models", "import", str(archive)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "“bad.shelterlens” is damaged or no model at all." in err
    assert list(models_dir().iterdir()) == []


def test_what_nobody_expected_is_one_sentence_and_in_the_log(
    dogs: Bundle, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr("core.commands_classify.classify", fail)
    assert main(["classify", str(photos)]) == 1
    err = capsys.readouterr().err
    assert "Something went wrong that should not" in err and "Traceback" not in err


def run(*typed: str, **more: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(ROOT / "main.py"), *typed]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)  # type: ignore[call-overload,no-any-return]


def test_as_a_program_it_writes_utf8_and_nothing_else(dogs: Bundle, photos: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "LANG": "C", "LC_ALL": "C"}
    out, err = run("classify", str(photos / "été"), env=environment).communicate(timeout=60)
    assert "été" in out.decode("utf-8")
    assert b"\r\n" in out and b"\r\r\n" not in out
    assert err == b""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to the tests, too")
def test_ctrl_c_ends_it_and_what_was_printed_is_kept(dogs: Bundle, tmp_path: Path) -> None:
    for number in range(3000):
        Image.new("RGB", (20, 20), (255, number % 250, number // 250)).save(tmp_path / f"{number}.bmp")
    process = run("classify", str(tmp_path), bufsize=0)
    assert process.stdout
    printed = [process.stdout.readline() for _ in range(30)]
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")
    lines = b"".join([*printed, rest]).decode().splitlines()[1:]
    assert 29 <= len(lines) < 3000
    library = Database(library_path())
    with library.reading() as connection:
        kept = {str(bytes_path(path)) for (path,) in connection.execute("SELECT path FROM files")}
    library.close()
    assert {line.partition(",")[0] for line in lines[:-1]} <= kept


@pytest.mark.skipif(os.name == "nt", reason="Windows has no broken pipes")
def test_whoever_reads_may_stop_reading(dogs: Bundle, photos: Path) -> None:
    for _ in range(20):
        Image.new("RGB", (40, 40), RED).save(photos / f"more {_}.png")
    process = run("classify", str(photos))
    assert process.stdout and process.stderr
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141


def test_without_a_display_the_command_is_named() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux has no display at times")
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    process = run(env=environment)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"main.py classify" in err and b"Traceback" not in err
