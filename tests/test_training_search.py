"""A search tries choices, gives up bad ones, goes on where it was, and gives the best as a configuration."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import Any

import pytest

from core.errors import Cancelled, UserError
from core.train_config import Augmentation, Fit, Mode, TrainConfig
from core.train_records import Epoch, Phase
from tests.tiny_training import Remembered, drawn_data, tiny_config
from training.samples import DataSet, Part
from training.telling import Stop

pytest.importorskip("optuna", reason="Optuna, which searches, is not installed")
pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")

from training import search as searching
from training.search import search
from training.search_space import Choice, SearchSpace, scaled, study_name

FINETUNE = tiny_config(Fit(mode=Mode.FINETUNE, epochs=9, head_epochs=7, unfrozen=4))
SPACE = SearchSpace(rates=(1e-4, 1e-1), unfrozen=(2, 4), head_epochs=1, epochs=3)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return drawn_data(tmp_path_factory.mktemp("drawn") / "pictures", each=2, validation=1)


class Fits:
    """Stands in for fitting: the loss falls with the epochs, and is least near a rate of 0.01."""

    def __init__(self, fails: bool = False) -> None:
        self.tried: list[TrainConfig] = []
        self.epochs: list[int] = []
        self._fails = fails

    def __call__(self, config: TrainConfig, data: DataSet, run_dir: Path, telling: Any, make: Any) -> None:
        self.tried.append(config)
        if self._fails:
            raise UserError("It does not work.")
        self.epochs.append(0)
        (run_dir / "checkpoint").mkdir()
        for number in range(4):
            self.epochs[-1] += 1
            loss = abs(config.fit.rate - 0.01) * 10 + 0.1 * (3 - number)
            told = Epoch(phase=Phase.LAYERS, epoch=1, seconds=1, rate=0.1, loss=9, accuracy=0)
            telling.epoch(told.model_copy(update={"validation_loss": loss, "validation_accuracy": 1 - loss}), 4)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> Fits:
    made = Fits()
    monkeypatch.setattr(searching, "fit_network", made)
    monkeypatch.setattr("keras.backend.clear_session", lambda: None)  # which takes half a second
    return made


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take seconds."""
    monkeypatch.setattr(searching, "_plot", lambda study, folder: None)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "search" / "trials.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_best_choice_becomes_a_configuration(data: DataSet, tmp_path: Path, fits: Fits, capfd: Any) -> None:
    best = search(FINETUNE, data, tmp_path, 8, None, Remembered(), SPACE)
    assert len(fits.tried) == 8 and len({config.fit.rate for config in fits.tried}) == 8
    assert all((config.fit.epochs, config.fit.head_epochs) == (3, 1) for config in fits.tried)
    nearest = min(fits.tried, key=lambda config: abs(config.fit.rate - 0.01))
    assert best.fit == nearest.fit.model_copy(update={"epochs": 9, "head_epochs": 7})
    assert (best.network, best.augmentation) == (nearest.network, nearest.augmentation)
    # Hopeless ones were given up after some epochs.
    table = rows(tmp_path)
    assert [row["state"] for row in table].count("pruned") == sum(count < 4 for count in fits.epochs) > 0
    assert {"rate", "dropout", "strength", "unfrozen", "backbone"} <= table[0].keys()
    assert {path.name for path in (tmp_path / "search").glob("*.png")} >= {"history.png", "epochs.png", "slices.png"}
    assert not list((tmp_path / "search").rglob("checkpoint"))
    said = capfd.readouterr()
    assert said.out == said.err == ""


@pytest.mark.usefixtures("no_plots")
def test_a_search_goes_on_where_it_was(data: DataSet, tmp_path: Path, fits: Fits) -> None:
    told = Remembered()
    search(FINETUNE, data, tmp_path, 2, None, told, SPACE)
    search(FINETUNE, data, tmp_path, 4, None, told, SPACE)
    assert len({config.fit.rate for config in fits.tried}) == 4 and len(rows(tmp_path)) == 4
    search(FINETUNE, data, tmp_path, 4, None, told, SPACE)
    assert len(fits.tried) == 4 and told.done[-1] == 4
    # Another question is another study.
    other = FINETUNE.model_copy(update={"fit": FINETUNE.fit.model_copy(update={"batch": 5})})
    assert study_name(FINETUNE, SPACE) != study_name(other, SPACE)
    search(other, data, tmp_path, 1, None, told, SPACE)
    assert len(fits.tried) == 5


@pytest.mark.usefixtures("no_plots")
def test_computers_share_a_study_through_an_address(data: DataSet, tmp_path: Path, fits: Fits) -> None:
    address = f"sqlite:///{(tmp_path / 'shared.db').as_posix()}"
    here, there = tmp_path / "here", tmp_path / "there"
    search(FINETUNE, data, here, 2, address, Remembered(), SPACE)
    best = search(FINETUNE, data, there, 3, address, Remembered(), SPACE)
    assert len(fits.tried) == 3 and len(rows(there)) == 3
    assert abs(best.fit.rate - 0.01) == min(abs(config.fit.rate - 0.01) for config in fits.tried)
    with pytest.raises(UserError, match="address"):
        search(FINETUNE, data, here, 2, "no address", Remembered(), SPACE)
    with pytest.raises(UserError, match="database"):
        search(FINETUNE, data, here, 2, f"sqlite:///{tmp_path}/none/there.db", Remembered(), SPACE)


@pytest.mark.usefixtures("no_plots")
def test_it_stops_when_asked(data: DataSet, tmp_path: Path, fits: Fits) -> None:
    told = Remembered()
    told.stop = Stop.FINISH
    with pytest.raises(Cancelled):
        search(FINETUNE, data, tmp_path, 2, None, told, SPACE)
    told.stop = None
    search(FINETUNE, data, tmp_path, 1, None, told, SPACE)
    told.stop = Stop.FINISH
    assert search(FINETUNE, data, tmp_path, 9, None, told, SPACE).fit.rate == fits.tried[0].fit.rate
    told.stop = Stop.PAUSE
    with pytest.raises(Cancelled):
        search(FINETUNE, data, tmp_path, 9, None, told, SPACE)


def test_what_never_works_ends_the_search(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(searching, "fit_network", Fits(fails=True))
    told = Remembered()
    caplog.set_level(logging.CRITICAL)
    with pytest.raises(UserError, match="does not work"):
        search(FINETUNE, data, tmp_path, 9, None, told, SPACE)
    assert told.notes == ["Try 1: It does not work.", "Try 2: It does not work."]
    with pytest.raises(UserError, match="validation"):
        search(FINETUNE, DataSet(data.labels, data.part(Part.TRAIN)), tmp_path, 1, None, told, SPACE)


@pytest.mark.usefixtures("no_plots")
def test_real_fits_are_searched(data: DataSet, tmp_path: Path) -> None:
    from tests.tiny_networks import tiny_network

    config = tiny_config(Fit(mode=Mode.SCRATCH, batch=4, epochs=5))
    space = SearchSpace(rates=(1e-3, 1e-2), epochs=1)
    best = search(config, data, tmp_path, 1, None, Remembered(), space, tiny_network)
    assert best.fit.epochs == 5 and best.fit.rate != config.fit.rate
    (row,) = rows(tmp_path)
    assert row["state"] == "complete" and float(row["validation_loss"]) > 0 and "unfrozen" not in row


def test_strength_scales_all_but_mirroring() -> None:
    rules = Augmentation(rotation_deg=20, flip=True, mixup=0.4)
    assert scaled(rules, 0.5) == Augmentation(rotation_deg=10, flip=True, mixup=0.2)
    assert not scaled(Augmentation(), 0.0).is_on and scaled(Augmentation(), 1.0).rotation_deg == 15
    choice = Choice("vgg16", 1e-3, 0.3, 8, 0.0)
    found = choice.applied(FINETUNE)
    assert (found.network.backbone, found.network.head.dropout, found.fit.unfrozen) == ("vgg16", 0.3, 8)
