"""A training that was killed, paused or met a full disk ends as one that ran through; a damaged file costs an epoch."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import UserError
from core.train_config import Fit, Mode, TrainConfig
from core.train_records import Epoch
from tests.tiny_training import Remembered, drawn_data, tiny_config
from training.samples import DataSet

pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")

from tests.tiny_networks import tiny_network
from training.fit import fit_network

ROOT = Path(__file__).resolve().parent.parent
ADAM = Fit(
    mode=Mode.FINETUNE, optimiser="adam", batch=12, head_epochs=2, epochs=3, head_rate=1e-2, rate=1e-2, unfrozen=4
)
SGD = Fit(mode=Mode.SCRATCH, optimiser="sgd", schedule="plateau", batch=12, epochs=5, rate=1.0, patience=3)


class Ended(Exception):
    """Something came in between."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return drawn_data(tmp_path_factory.mktemp("drawn") / "pictures")


@dataclass(frozen=True)
class Run:
    """How a training ended."""

    weights: list[np.ndarray]
    history: list[Epoch]


@pytest.fixture(scope="module")
def through(data: DataSet, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Both trainings when nothing comes in between."""
    folder = tmp_path_factory.mktemp("through")
    runs: dict[str, Run] = {}
    for rules in (ADAM, SGD):
        found = weights(tiny_config(rules), data, folder / rules.optimiser)
        runs[rules.optimiser] = Run(found, history(folder / rules.optimiser))
    return runs


def weights(config: TrainConfig, data: DataSet, folder: Path, told: Remembered | None = None) -> list[np.ndarray]:
    model = fit_network(config, data, folder, told or Remembered(), tiny_network)
    return [np.asarray(value) for value in model.get_weights()]


def ended_after(epochs: int) -> Remembered:
    def react(number: int) -> None:
        if number == epochs:
            raise Ended

    return Remembered(react)


def same(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def history(folder: Path) -> list[Epoch]:
    lines = (folder / "history.jsonl").read_text().splitlines()
    timeless = {"seconds": 0.0, "validation_seconds": 0.0}
    return [Epoch.model_validate_json(line).model_copy(update=timeless) for line in lines]


def test_the_seed_decides_and_the_plateau_is_reached(data: DataSet, tmp_path: Path, through: dict[str, Run]) -> None:
    other = tiny_config(SGD.model_copy(update={"seed": 2, "epochs": 1}))
    assert not same(through["sgd"].weights, weights(other, data, tmp_path))
    assert len({epoch.rate for epoch in through["sgd"].history}) > 1


@pytest.mark.parametrize(("rules", "ends"), [(ADAM, (1, 2, 1)), (SGD, (2, 2))], ids=["adam, cosine", "sgd, plateau"])
def test_what_came_in_between_changes_nothing(
    data: DataSet, tmp_path: Path, through: dict[str, Run], rules: Fit, ends: tuple[int, ...]
) -> None:
    config, told = tiny_config(rules), Remembered()
    for epochs in ends:
        with pytest.raises(Ended):
            weights(config, data, tmp_path, ended_after(epochs))
    assert same(through[rules.optimiser].weights, weights(config, data, tmp_path, told))
    assert told.notes == []
    assert history(tmp_path) == through[rules.optimiser].history
    # What is done is not done again.
    again = Remembered()
    assert same(through[rules.optimiser].weights, weights(config, data, tmp_path, again))
    assert again.epochs == [] and again.phases == []


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.test_training_fit_resume import ADAM, drawn_data, fit_network, tiny_config, tiny_network, Remembered

class Killed(Remembered):
    def progress(self, done, total=None):
        if len(self.epochs) == 3 and done >= 24:
            os.kill(os.getpid(), signal.SIGKILL)

fit_network(tiny_config(ADAM), drawn_data(Path(sys.argv[1])), Path(sys.argv[2]), Killed(), tiny_network)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_a_killed_one_goes_on(tmp_path: Path, through: dict[str, Run]) -> None:
    pictures, run = tmp_path / "pictures", tmp_path / "run"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(pictures), str(run)], cwd=ROOT, timeout=120, env={**os.environ}
    )
    assert done.returncode == -signal.SIGKILL
    told = Remembered()
    assert same(through["adam"].weights, weights(tiny_config(ADAM), drawn_data(pictures), run, told))
    assert [epoch.epoch for epoch in told.epochs] == [2, 3] and told.notes == []


def test_a_damaged_checkpoint_costs_an_epoch(data: DataSet, tmp_path: Path, through: dict[str, Run]) -> None:
    with pytest.raises(Ended):
        weights(tiny_config(ADAM), data, tmp_path, ended_after(3))
    last = tmp_path / "checkpoint" / "epoch-00003.npz"
    content = bytearray(last.read_bytes())
    content[len(content) // 3] ^= 0xFF
    last.write_bytes(content)
    told = Remembered()
    assert same(through["adam"].weights, weights(tiny_config(ADAM), data, tmp_path, told))
    assert len(told.epochs) == 3 and ["damaged" in note for note in told.notes] == [True]


def test_with_all_of_them_damaged_it_begins_again(data: DataSet, tmp_path: Path, through: dict[str, Run]) -> None:
    with pytest.raises(Ended):
        weights(tiny_config(SGD), data, tmp_path, ended_after(3))
    for path in (tmp_path / "checkpoint").iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    told = Remembered()
    assert same(through["sgd"].weights, weights(tiny_config(SGD), data, tmp_path, told))
    assert told.epochs[0].epoch == 1 and len(told.notes) == 2
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == len(told.epochs)


def test_another_training_does_not_go_on_from_there(data: DataSet, tmp_path: Path) -> None:
    with pytest.raises(Ended):
        weights(tiny_config(SGD), data, tmp_path, ended_after(1))
    told = Remembered()
    weights(tiny_config(SGD.model_copy(update={"epochs": 1})), data, tmp_path, told)
    assert len(told.epochs) == 1 and "begins again" in told.notes[0]


def test_a_full_disk_loses_no_earlier_epoch(
    data: DataSet, tmp_path: Path, through: dict[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, calls = np.savez, []

    def full(file: Any, **arrays: Any) -> None:
        calls.append(1)
        if len(calls) > 4:
            file.write(b"half of it")
            raise OSError(errno.ENOSPC, "No space left on device")
        saved(file, **arrays)

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(UserError, match="disk is full"):
        weights(tiny_config(SGD), data, tmp_path)
    monkeypatch.setattr(np, "savez", saved)
    kept = [path.name for path in (tmp_path / "checkpoint").iterdir()]
    assert "epoch-00002.npz" in kept and not any(name.endswith(".part") for name in kept)
    assert same(through["sgd"].weights, weights(tiny_config(SGD), data, tmp_path))
