"""Photographs become batches: as prediction sees them, the same whatever the threads do, with gaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.bundle_info import Step
from core.inputs import to_model_input, view_box
from core.photos import open_photo
from core.train_config import Augmentation, Balance, BalanceKind, Fit, Mode, Preprocessing, Shape, TrainConfig
from tests.tiny_training import Remembered, drawn_data, tiny_config
from training import feeding
from training.balance import Drawn, class_weights, drawn
from training.feeding import Batch, Feed, Squares, whitening_inputs
from training.samples import DataSet, Part, labels_of
from training.schedules import LEAST_FACTOR, PLATEAU_FACTOR, Plateau, Schedule, schedule
from training.whitening import fit_whitening

FIT = Fit(mode=Mode.SCRATCH)
PLAIN = tiny_config(FIT, augmentation=Augmentation())


@pytest.fixture
def data(tmp_path: Path) -> DataSet:
    return drawn_data(tmp_path / "pictures", each=5)


def feed_of(data: DataSet, config: TrainConfig, held_bytes: int | None = None) -> Feed:
    train = data.part(Part.TRAIN)
    return Feed(Squares(train, config, held_bytes), train, np.ones(len(data.labels), np.float32), config)


def picks(feed: Feed) -> list[Drawn]:
    return drawn(feed.samples, feed.config.balance, 1)


def same(some: list[Batch], others: list[Batch]) -> bool:
    return len(some) == len(others) and all(
        np.array_equal(one.inputs, other.inputs) and np.array_equal(one.targets, other.targets)
        for one, other in zip(some, others, strict=True)
    )


@pytest.mark.parametrize("shape", Shape)
def test_without_augmentation_training_sees_what_prediction_sees(data: DataSet, shape: Shape) -> None:
    steps = (Step.CLAHE, Step.GRAYSCALE)
    config = tiny_config(
        FIT, augmentation=Augmentation(), preprocessing=Preprocessing(shape=shape, size_px=16, steps=steps)
    )
    feed = feed_of(data, config)
    for number, batch in enumerate(feed.batches(picks(feed), 1, None)):
        pixels = open_photo(feed.samples[number].path, 16).pixels
        wanted = to_model_input(pixels, view_box(shape.view, pixels.shape[1], pixels.shape[0]), 16, steps=steps)
        assert np.array_equal(batch.inputs, wanted)
        assert batch.targets[0].argmax() == feed.samples[number].label


def test_a_batch_hangs_on_seed_and_epoch_alone(data: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny_config(FIT, augmentation=Augmentation(rotation_deg=20, noise=0.1, mixup=0.4))
    feed = feed_of(data, config)
    first = list(feed.batches(picks(feed), 4, (1, 0, 0)))
    assert same(first, list(feed.batches(picks(feed), 4, (1, 0, 0))))
    # Neither one thread nor pictures that are read again each time change anything.
    monkeypatch.setattr(feeding, "usable_processors", lambda: 1)
    assert same(first, list(feed_of(data, config, held_bytes=0).batches(picks(feed), 4, (1, 0, 0))))
    assert not same(first, list(feed.batches(picks(feed), 4, (1, 0, 1))))
    assert not same(first, list(feed.batches(picks(feed), 4, (2, 0, 0))))


def test_batches_are_equally_large_and_hold_each_photograph_once(data: DataSet) -> None:
    feed = feed_of(data, PLAIN)
    batches = list(feed.batches(picks(feed), 7, (1, 0, 0)))
    assert [len(batch.inputs) for batch in batches] == [5, 5, 5]
    seen = {batch.inputs[n].tobytes() for batch in batches for n in range(5)}
    assert len(seen) == 15
    assert [len(batch.inputs) for batch in feed.batches(picks(feed), 100, None)] == [15]


def test_an_unreadable_photograph_leaves_a_gap_and_is_said_once(data: DataSet) -> None:
    feed, told = feed_of(data, PLAIN), Remembered()
    before = list(feed.batches(picks(feed), 5, (1, 0, 0)))
    feed.samples[3].path.write_bytes(b"no picture")
    feed, gone = feed_of(data, PLAIN), before[0].inputs[:0]
    after = list(feed.batches(picks(feed), 5, (1, 0, 0)))
    assert [batch.asked for batch in after] == [5, 5, 5]
    assert sum(len(batch.inputs) for batch in after) == 14
    kept = np.concatenate([gone, *(batch.inputs for batch in after)])
    everything = np.concatenate([batch.inputs for batch in before])
    assert sum(any(np.array_equal(one, other) for other in kept) for one in everything) == 14
    for _ in range(2):
        feed.squares.say_unreadable(told)
    assert told.notes == ["1 photographs cannot be read and are left out, 0-3.png among them."]


def test_copies_are_augmented_even_where_nothing_else_is(data: DataSet) -> None:
    config = tiny_config(FIT, augmentation=Augmentation(), balance=Balance(kind=BalanceKind.OVER, to=10))
    feed = feed_of(data, config)
    chosen = picks(feed)
    assert len(chosen) == 30
    inputs = [batch.inputs[0] for batch in feed.batches(chosen, 1, (1, 0, 0))]
    originals = {batch.inputs[0].tobytes() for batch in feed.batches(chosen[:15], 1, None)}
    assert sum(one.tobytes() in originals for one in inputs) == 15
    assert len({one.tobytes() for one in inputs}) == 30


def test_weights_follow_the_targets(data: DataSet) -> None:
    train = data.part(Part.TRAIN)
    weights = class_weights(labels_of(train)[:7], 3)
    feed = Feed(Squares(train, PLAIN), train, weights, PLAIN)
    (batch,) = feed.batches(picks(feed), 15, None)
    assert np.array_equal(batch.weights, weights[labels_of(train)])


def test_whitening_is_fitted_after_the_other_steps(data: DataSet) -> None:
    config = tiny_config(
        FIT, augmentation=Augmentation(), preprocessing=Preprocessing(size_px=16, steps=(Step.GRAYSCALE, Step.WHITEN))
    )
    feed = feed_of(data, config)
    inputs = whitening_inputs(feed.squares, feed.samples, config)
    assert inputs.shape == (15, 16, 16, 3) and np.array_equal(inputs[..., 0], inputs[..., 2])
    whitening = fit_whitening(inputs)
    (batch,) = Feed(feed.squares, feed.samples, feed.weights, config, whitening).batches(picks(feed), 15, None)
    assert np.allclose(
        np.sort(batch.inputs[:, 0, 0, 0]), np.sort([whitening(one.astype(np.float32))[0, 0, 0] for one in inputs])
    )


# -- The rate ----------------------------------------------------------------------------------------------------------


def test_cosine_warms_up_and_falls_to_nothing() -> None:
    rates = Schedule("cosine", 2.0, 12, warm_up=2)
    assert [rates.at(when, Plateau()) for when in (1, 2, 7, 12)] == pytest.approx([1.0, 2.0, 1.0, 0.0])
    assert 0 < rates.at(0, Plateau()) <= 0.02
    # A warm-up that is longer than the stage takes half of it.
    assert Schedule("cosine", 2.0, 2, warm_up=50).at(1, Plateau()) == pytest.approx(2.0)
    assert Schedule("constant", 2.0, 12, warm_up=2).at(0, Plateau()) == 2.0


def test_a_plateau_lowers_the_rate_before_early_stopping() -> None:
    rates = schedule(Fit(mode=Mode.SCRATCH, schedule="plateau", patience=5), 1.0, 50)
    plateau, seen = Plateau(), []
    for loss in (3.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0):
        plateau = rates.after(loss, plateau)
        seen.append(rates.at(0, plateau))
    assert rates.patience == 2
    assert seen == pytest.approx([1, 1, 1, PLATEAU_FACTOR, PLATEAU_FACTOR, PLATEAU_FACTOR, PLATEAU_FACTOR**2])
    for _ in range(100):
        plateau = rates.after(5.0, plateau)
    assert plateau.factor == LEAST_FACTOR
