"""Whole trainings on drawn pictures: killed at any moment and gone on with, they end as those that were not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from core.bundles import load_bundle
from core.database import Database
from core.folders import data_dir, library_path, models_dir
from core.inference import Classifier
from core.model_versions import use_run
from core.models import find_model
from core.records import Photo
from core.run_results import read_epochs
from core.train_config import Source, TrainConfig
from core.train_records import Job, Phase, RunState, RunStatus
from core.train_runs import Run, again, kill, list_runs, new_run, read_state, start
from main import main
from tests.bundle_factory import make_bundle
from training.run import run_job

ROOT = Path(__file__).resolve().parent.parent
CLASSES = {"red": (200, 40, 40), "green": (40, 180, 60), "blue": (50, 60, 200)}
EACH = 16
# What only training with Keras needs.
EXTRAS = ("tensorflow", "keras", "optuna", "scipy", "sklearn", "matplotlib", "tensorboard", "h5py", "onnx")


@pytest.fixture(autouse=True)
def same_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests after this one are not to give way to everything."""
    monkeypatch.setattr("training.run.lower_priority", lambda: None)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each colour, of noisy pictures, none of which look alike."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(4)
    for name, colour in CLASSES.items():
        (folder / name).mkdir()
        for number in range(EACH):
            coarse = rng.normal(0, 60, (6, 6, 3)) + np.array(colour)
            pixels = np.clip(np.kron(coarse, np.ones((10, 10, 1))), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def others() -> dict[Path, bytes]:
    """What a training must never touch: the library, the models, the settings; their bytes."""
    make_bundle(models_dir() / "mine")
    Database(library_path()).close()
    (data_dir() / "settings.json").write_text('{"model": "mine"}')
    return everything()


def everything() -> dict[Path, bytes]:
    """All files of the user's that are not of training or of the log; who reads the library leaves two beside it."""
    files = (path for path in data_dir().rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    mine = (path for path in files if not {"training", "logs"} & set(path.relative_to(data_dir()).parts))
    return {path: path.read_bytes() for path in mine}


def config(pictures: Path, **changes: Any) -> TrainConfig:
    head = {"backbone": "pplcnetv2"}
    return TrainConfig.model_validate({"name": "hues", "source": Source(path=pictures), "network": head, **changes})


def from_nothing(pictures: Path, epochs: int) -> TrainConfig:
    fit = {"mode": "scratch", "epochs": epochs, "patience": 0, "batch": 8, "rate": 1e-3}
    return config(pictures, fit=fit, network={"backbone": "lenet"}, augmentation={"flip": True, "rotation_deg": 9})


def until(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for it, or fail."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


def ended(run: Run) -> RunState:
    until(lambda: not again(run).is_running)
    return read_state(run)


def numbers_of(run: Run) -> dict[str, npt.NDArray[Any]]:
    """The numbers of a run's head, and what its networks make of noise: in their files, names of layers differ."""
    bundle = load_bundle(run.model_dir)
    with np.load(run.model_dir / "head.npz") as file:
        found = {name: file[name] for name in file.files}
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), np.uint8)
    return {**found, "embedding": Classifier(bundle).features(Photo(noise, 300, 300)).embedding}


def figures_of(run: Run) -> dict[str, Any]:
    """metrics.json without how long it took."""
    figures: dict[str, Any] = json.loads((run.folder / "metrics.json").read_bytes())
    return {name: value for name, value in figures.items() if not name.startswith("seconds")}


def assert_same(one: Run, other: Run) -> None:
    first, second = numbers_of(one), numbers_of(other)
    assert first.keys() == second.keys()
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name], err_msg=name)
    assert figures_of(one) == figures_of(other)
    for name in ("predictions.csv", "confusion.csv", "files.csv"):
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes()


def test_a_network_that_was_killed_between_epochs_ends_as_one_that_was_not(
    pictures: Path, others: dict[Path, bytes]
) -> None:
    whole, killed = (new_run(from_nothing(pictures, 15)) for _ in range(2))
    start(killed, Job.TRAIN)
    until(lambda: len(read_epochs(killed.folder)) >= 2)
    kill(killed)
    assert read_state(killed).status is RunStatus.INTERRUPTED and len(read_epochs(killed.folder)) < 15
    # In processes of their own, as the window starts them: what other tests did with TensorFlow here is not in them.
    for run in (whole, killed):
        start(run, Job.TRAIN)
        assert ended(run).status is RunStatus.DONE
    assert [epoch.loss for epoch in read_epochs(killed.folder)] == [epoch.loss for epoch in read_epochs(whole.folder)]
    assert_same(whole, killed)
    assert everything() == others
    bundle = use_run(again(killed))
    assert find_model().folder == bundle.folder == models_dir() / "hues"


def test_a_head_that_is_killed_again_and_again_ends_as_one_that_was_not(
    pictures: Path, others: dict[Path, bytes]
) -> None:
    whole, killed = (new_run(config(pictures)) for _ in range(2))
    kills = 0
    for moment in (Phase.LOOKING, Phase.CALIBRATING, Phase.REPORTING):
        start(killed, Job.TRAIN)
        until(lambda moment=moment: not again(killed).is_running or _is_past(killed, moment))  # type: ignore[misc]
        kill(killed)
        if read_state(killed).status is RunStatus.DONE:  # its last steps were quicker than the look at it
            break
        kills += 1
    else:
        start(killed, Job.TRAIN)
    assert kills
    assert ended(killed).status is RunStatus.DONE
    assert run_job(whole.id, Job.TRAIN).status is RunStatus.DONE
    assert_same(whole, killed)
    assert everything() == others


def _is_past(run: Run, phase: Phase) -> bool:
    order = list(Phase)
    return order.index(read_state(run).phase) >= order.index(phase)


WITHOUT_EXTRAS = """
import sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None
from main import main
sys.exit(main(sys.argv[2:]))
"""


def typed_without_extras(*typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, ",".join(EXTRAS), *typed],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_everyday_installation_trains_heads_and_says_what_the_rest_needs(pictures: Path, tmp_path: Path) -> None:
    done = typed_without_extras("train", str(pictures), "--name", "hues", "--backbone", "pplcnetv2", "--use")
    assert done.returncode == 0, done.stderr
    assert "Now in use: hues" in done.stdout and "right at first" in done.stdout
    judged = typed_without_extras("evaluate", "hues", str(pictures), "--format", "json", "--report", str(tmp_path))
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout)["judgement"]["photographs"] == EACH * len(CLASSES)
    assert (tmp_path / "report.html").is_file()
    refused = typed_without_extras("train", str(pictures), "--mode", "finetune")
    assert refused.returncode == 1 and "needs TensorFlow, which is not installed" in refused.stderr


def test_looking_on_the_command_line(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(pictures), "--look"]) == 0
    said = capsys.readouterr().out
    assert "48 photographs in 3 classes" in said and "main.py train --resume" in said


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_ctrl_c_stops_a_training_that_goes_on_later(pictures: Path, isolated_home: Path) -> None:
    typed = [sys.executable, str(ROOT / "main.py"), "train", str(pictures), "--name", "hues", "--backbone", "pplcnetv2"]
    with subprocess.Popen(typed, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        until(lambda: any(_is_past(run, Phase.READING) and run.is_running for run in list_runs()))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    (run,) = list_runs()
    assert process.returncode == 130, said
    assert f"Stopped. Go on: main.py train --resume {run.id}" in said and "Traceback" not in said
    assert run.state.status is RunStatus.STOPPED and not run.has_result
    assert main(["train", "--resume", run.id]) == 0
    assert again(run).has_result
