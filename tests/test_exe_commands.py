"""The commands of the finished programs, and what they start processes for: training, trials of models, true gradients.

`make exe` and `make exe-test` run this on what lies in dist/; without a build there is nothing to test.
"""

from __future__ import annotations

import contextlib
import csv
import io
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from core.about import NAME, VERSION
from tests.exe_driver import bare_environment, built, link_copy, said
from tests.made_up_training import class_names, draw_classes
from tools.draw_dog import draw_dog
from tools.executables.slim import keep_once

__all__ = ["built"]

_LONGEST_S = 300


@pytest.fixture
def full(built: Path) -> Path:
    """The program with TensorFlow."""
    if not built.stem.endswith("full"):
        pytest.skip("this program leaves TensorFlow out")
    return built


@pytest.fixture
def dog(tmp_path: Path) -> Path:
    """A photograph."""
    draw_dog().save(tmp_path / "chien trouvé.jpg", quality=92)
    return tmp_path / "chien trouvé.jpg"


def answer(executable: Path, home: Path, *typed: object) -> str:
    """What a command prints; it must end well and without a traceback."""
    done = said(executable, home, *map(str, typed))
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    return done.stdout


def test_it_is_whole_and_says_its_version(built: Path, tmp_path: Path) -> None:
    assert answer(built, tmp_path, "--version").split() == [NAME, VERSION]
    doctor = answer(built, tmp_path, "doctor")
    assert f"{built.stem}: all of its" in doctor and "MISSING" not in doctor


def test_its_help_names_it_and_not_the_source(built: Path, tmp_path: Path) -> None:
    for command in ("--help", "classify --help", "models --help"):
        told = answer(built, tmp_path, *command.split())
        assert f"usage: {built.stem}" in told and "main.py" not in told


def test_a_file_that_is_missing_is_named(built: Path, tmp_path: Path) -> None:
    program = link_copy(built, tmp_path / "copy")
    (program.parent / "_internal" / "models" / "dogs" / "xception.tflite").unlink()
    doctor = said(program, tmp_path, "doctor")
    assert doctor.returncode == 1
    assert "MISSING  missing or damaged: models/dogs/xception.tflite" in doctor.stdout


def test_a_photograph_is_classified_and_explained(built: Path, tmp_path: Path, dog: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(answer(built, tmp_path, "classify", dog))))
    assert len(rows) == 1 and "Beagle" in str(rows[0])
    answer(built, tmp_path, "explain", dog, "--out", tmp_path / "why.png", "--outline")
    answer(built, tmp_path, "transform", dog, "--out", tmp_path / "seen")
    assert (tmp_path / "why.png").stat().st_size > 10_000
    assert list((tmp_path / "seen").iterdir())


def test_a_head_is_trained_handed_on_and_tried(built: Path, tmp_path: Path) -> None:
    """Trying a model of somebody else starts a process of its own."""
    classes = draw_classes(tmp_path / "classes", class_names(3), photographs=8)
    answer(built, tmp_path, "train", classes, "--name", "colours", "--use-anyway")
    answer(built, tmp_path, "models", "use", "dogs-fast")
    answer(built, tmp_path, "models", "export", "colours", tmp_path / "colours.shelterlens")
    answer(built, tmp_path, "models", "remove", "colours")
    answer(built, tmp_path, "models", "import", tmp_path / "colours.shelterlens")
    assert "colours" in answer(built, tmp_path, "models", "list")


def test_without_tensorflow_it_says_which_program_has_it(built: Path, tmp_path: Path, dog: Path) -> None:
    if built.stem.endswith("full"):
        pytest.skip("this program has it")
    for typed in (
        ("explain", dog, "--out", tmp_path / "why.png", "--method", "layercam", "--layer", "all"),
        ("train", tmp_path, "--mode", "finetune", "--name", "mine"),
    ):
        refused = said(built, tmp_path, *map(str, typed))
        assert refused.returncode == 1 and f"“{NAME} full” has it" in refused.stderr, refused.stderr


def test_one_epoch_of_fine_tuning_and_gradients_inside(full: Path, tmp_path: Path, dog: Path) -> None:
    classes = draw_classes(tmp_path / "classes", class_names(3), photographs=8)
    how = ("--mode", "finetune", "--backbone", "pplcnetv2", "--epochs", 1, "--head-epochs", 1, "--unfrozen", 2)
    answer(full, tmp_path, "train", classes, "--name", "tuned", *how, "--augment", "light", "--use-anyway")
    assert (tmp_path / ".local/share" / NAME / "models/tuned/bundle.json").is_file()
    answer(full, tmp_path, "classify", dog, "--model", "tuned")
    layercam = ("--method", "layercam", "--layer", "all", "--model", "dogs-fast")
    answer(full, tmp_path, "explain", dog, "--out", tmp_path / "why.png", *layercam)
    assert (tmp_path / "why.png").stat().st_size > 10_000


def test_a_network_from_nothing_is_searched_for(full: Path, tmp_path: Path) -> None:
    """Optuna keeps what it tried in a database of its own, and draws it."""
    classes = draw_classes(tmp_path / "classes", class_names(2), photographs=6)
    how = ("--mode", "scratch", "--backbone", "cnn", "--size", 32, "--epochs", 1, "--search", 2)
    answer(full, tmp_path, "train", classes, "--name", "searched", *how)
    assert list((tmp_path / ".local/share" / NAME / "training").rglob("search/*.png"))


def test_tensorboard_answers(full: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    typed = ["-m", "tensorboard.main", "--logdir", str(tmp_path), "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "printed.txt").open("wb") as printed:
        board = subprocess.Popen([full, *typed], env=bare_environment(tmp_path), stdout=printed, stderr=printed)
    try:
        assert b"<title>TensorBoard</title>" in _page(f"http://127.0.0.1:{port}/", board), (
            tmp_path / "printed.txt"
        ).read_text(encoding="utf-8")
    finally:
        board.terminate()
        board.wait()


def _page(address: str, server: subprocess.Popen[bytes]) -> bytes:
    until = time.monotonic() + _LONGEST_S
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=30) as page:
            return bytes(page.read())
        time.sleep(0.2)
    return b""


def test_only_known_modules_are_run(built: Path, tmp_path: Path) -> None:
    refused = said(built, tmp_path, "-m", "this")
    assert refused.returncode == 2 and "There is no module “this” to run." in refused.stderr


def test_equal_large_files_are_kept_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x" * 2_000_000)
    (tmp_path / "c").write_bytes(b"y" * 2_000_000)
    keep_once(tmp_path)
    assert (tmp_path / "a").samefile(tmp_path / "b") and not (tmp_path / "a").samefile(tmp_path / "c")
