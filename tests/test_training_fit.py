"""Fine-tuning and training from scratch on a drawn task that can be learned; its ends, early and late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.bundle_info import Step
from core.errors import Cancelled, UserError
from core.train_config import Augmentation, Balance, BalanceKind, Fit, HeadLayout, Mode, Network, Pooling, Preprocessing
from core.train_records import Epoch, Phase
from tests.tiny_training import Remembered, drawn_data, tiny_config
from training.samples import DataSet, Part
from training.telling import Silent, Stop

pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")

import keras
import tensorflow as tf

from tests.tiny_networks import tiny_network
from training import epochs, fit
from training.builders import build
from training.estimate import estimate_s
from training.fit import build_classifier, fit_network, run_whitening
from training.losses import loss
from training.optimisers import optimiser
from training.stages import Stage, block_numbers, last_layers, set_trainable

SCRATCH = Fit(mode=Mode.SCRATCH, rate=1e-2, batch=12, epochs=4, patience=0)
FINETUNE = Fit(mode=Mode.FINETUNE, head_rate=1e-2, rate=1e-2, batch=12, head_epochs=2, epochs=3, unfrozen=4)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return drawn_data(tmp_path_factory.mktemp("drawn") / "pictures")


def weights_of(model: Any) -> list[np.ndarray]:
    return [np.array(value) for value in model.get_weights()]


def accuracy(model: Any, data: DataSet) -> float:
    from training.balance import Drawn
    from training.feeding import Feed, Squares

    config, part = tiny_config(SCRATCH), data.part(Part.VALIDATION)
    feed = Feed(Squares(part, config), part, np.ones(3, np.float32), config)
    (batch,) = feed.batches([Drawn(n) for n in range(len(part))], 99, None)
    answers = np.asarray(model(batch.inputs, training=False))
    return float((answers.argmax(1) == batch.targets.argmax(1)).mean())


def test_a_head_that_no_model_could_keep_is_refused_before_any_work() -> None:
    config = tiny_config(SCRATCH)
    network = Network(backbone="cnn4_bn", head=HeadLayout(pooling=Pooling.FLATTEN, dense=(8192, 8192, 8192)))
    with pytest.raises(UserError, match="million weights"):
        build_classifier(config.model_copy(update={"network": network}), 3, Silent())


def test_from_scratch_it_learns_and_writes_everything_down(data: DataSet, tmp_path: Path) -> None:
    told = Remembered()
    model = fit_network(tiny_config(SCRATCH), data, tmp_path, told, tiny_network)
    assert accuracy(model, data) == 1.0
    assert told.phases == [Phase.LAYERS] and [epoch.epoch for epoch in told.epochs] == [1, 2, 3, 4]
    assert told.epochs[-1].validation_accuracy == 1.0 and told.epochs[-1].loss < 0.5 * told.epochs[0].loss
    lines = (tmp_path / "history.jsonl").read_text().splitlines()
    assert [Epoch.model_validate_json(line) for line in lines] == told.epochs
    assert max(told.done) == 48 and told.notes == []
    assert {path.name[:6] for path in (tmp_path / "checkpoint").iterdir()} == {"epoch-", "best-0"}
    assert len(list((tmp_path / "checkpoint").glob("epoch-*"))) == 2
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard" / "validation"), {"tensors": 0}).Reload()
    assert set(events.Tags()["tensors"]) == {"epoch/loss", "epoch/accuracy"}
    found = [float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors("epoch/loss")]
    assert found == pytest.approx([epoch.validation_loss for epoch in told.epochs])


def test_fine_tuning_moves_the_head_and_then_the_last_layers_with_norms_kept_still(
    data: DataSet, tmp_path: Path
) -> None:
    models: list[Any] = []
    stages: list[list[np.ndarray]] = []

    def make(*args: Any) -> Any:
        models.append(tiny_network(*args))
        stages.append(weights_of(models[0]))
        return models[0]

    told = Remembered(lambda number: stages.append(weights_of(models[0])) if number in (2, 5) else None)
    model = fit_network(tiny_config(FINETUNE), data, tmp_path, told, make)
    assert told.phases == [Phase.HEAD, Phase.LAYERS]
    assert accuracy(model, data) == 1.0
    names = [weight.path for weight in model.weights]
    begun, head, layers = stages

    def moved(some: list[np.ndarray], others: list[np.ndarray]) -> set[str]:
        pairs = zip(names, some, others, strict=True)
        return {name.split("/")[-2] for name, one, other in pairs if not np.array_equal(one, other)}

    assert moved(begun, head) == {"probabilities"}
    # The last four layers of the backbone: convolution, normalisation, ReLU, pooling.
    assert moved(head, layers) == {"probabilities", "conv_1"}


def test_all_unfrozen_still_keeps_the_norms_but_scratch_trains_them() -> None:
    model = tiny_network(tiny_config(FINETUNE), 3)
    whole = Stage(Phase.LAYERS, 1, 0.1, -1, False, True)
    assert set_trainable(model, whole) == 2
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert norms and not any(layer.trainable for layer in norms)
    assert set_trainable(model, replace(whole, keeps_norms=False)) == 4
    assert set_trainable(model, replace(whole, unfrozen=0)) == 0
    assert model.get_layer("probabilities").trainable


def test_blocks_are_those_of_the_names() -> None:
    model = build("mobilenetv2", 32, "none")
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]

    def last(blocks: int) -> list[str]:
        return [layer.name for layer in last_layers(layers, blocks, True)]

    assert last(1) == ["Conv_1", "Conv_1_bn", "out_relu"]
    assert last(2)[0] == "block_16_expand" and last(2)[-3:] == last(1)
    assert len(last(99)) == len(layers) and last(0) == []
    named = ["stem", "conv5_block2_add", "conv5_block3_1_conv", "conv5_block2_out", "conv5_block3_add", "top"]
    assert block_numbers([keras.layers.ReLU(name=name) for name in [*named, "conv4_block1_x"][:-1]]) == [
        0,
        0,
        0,
        0,
        0,
        0,
    ]
    named[1:1] = ["conv4_block1_add", "conv5_block1_add"]
    assert block_numbers([keras.layers.ReLU(name=name) for name in named]) == [0, 1, 2, 3, 4, 3, 4, 5]
    plain = [keras.layers.Conv2D(1, 1), keras.layers.MaxPooling2D(), keras.layers.Conv2D(1, 1), keras.layers.Add()]
    assert block_numbers(plain) == [0, 0, 1, 1]


def test_without_validation_the_training_loss_decides(data: DataSet, tmp_path: Path) -> None:
    told = Remembered()
    alone = DataSet(data.labels, data.part(Part.TRAIN))
    fit_network(tiny_config(SCRATCH.model_copy(update={"epochs": 2})), alone, tmp_path, told, tiny_network)
    assert len(told.notes) == 1 and "validation" in told.notes[0]
    assert told.epochs[0].validation_loss is None


def test_early_stopping_ends_a_stage_and_the_best_weights_come_back(data: DataSet, tmp_path: Path) -> None:
    rules = SCRATCH.model_copy(
        update={"patience": 2, "epochs": 30, "rate": 0.5, "optimiser": "sgd", "schedule": "constant"}
    )
    told = Remembered()
    model = fit_network(tiny_config(rules), data, tmp_path, told, tiny_network)
    losses = [float(epoch.validation_loss or 0) for epoch in told.epochs]
    assert len(losses) < 30 and np.argmin(losses) == len(losses) - 3
    found = model.evaluate(*inputs_of(data), verbose=0, return_dict=True)["loss"]
    assert found == pytest.approx(min(losses), rel=1e-4)


def inputs_of(data: DataSet) -> tuple[Any, Any]:
    from training.balance import Drawn
    from training.feeding import Feed, Squares

    config, part = tiny_config(SCRATCH), data.part(Part.VALIDATION)
    feed = Feed(Squares(part, config), part, np.ones(3, np.float32), config)
    (batch,) = feed.batches([Drawn(n) for n in range(len(part))], 99, None)
    return batch.inputs, batch.targets


# -- Ends --------------------------------------------------------------------------------------------------------------


class Stopping(Remembered):
    """Asks to stop once so many photographs are done in an epoch of a number."""

    def __init__(self, stop: Stop, epoch: int) -> None:
        super().__init__()
        self._asked, self._epoch = stop, epoch

    def progress(self, done: int, total: int | None = None) -> None:
        super().progress(done, total)
        if len(self.epochs) + 1 == self._epoch and done >= 12:
            self.stop = self._asked


def test_pause_keeps_what_was_done(data: DataSet, tmp_path: Path) -> None:
    told = Stopping(Stop.PAUSE, epoch=3)
    with pytest.raises(Cancelled):
        fit_network(tiny_config(SCRATCH), data, tmp_path, told, tiny_network)
    assert len(told.epochs) == 2
    # It answered between two batches, not at the end of the epoch.
    assert told.done[-1] < 36
    assert (tmp_path / "checkpoint" / "epoch-00002.npz").is_file()


def test_finish_gives_the_best_so_far_and_leaves_out_the_rest(data: DataSet, tmp_path: Path) -> None:
    told = Stopping(Stop.FINISH, epoch=2)
    model = fit_network(tiny_config(FINETUNE), data, tmp_path, told, tiny_network)
    assert told.phases == [Phase.HEAD] and len(told.epochs) == 1
    with np.load(tmp_path / "checkpoint" / "best-00001.npz") as kept:
        assert np.array_equal(kept["w0"], model.variables[0].numpy())


def test_finish_within_the_first_epoch_says_so(data: DataSet, tmp_path: Path) -> None:
    told = Stopping(Stop.FINISH, epoch=1)
    assert fit_network(tiny_config(SCRATCH), data, tmp_path, told, tiny_network) is not None
    assert any("first epoch" in note for note in told.notes)
    at_once = Remembered()
    at_once.stop = Stop.FINISH
    with pytest.raises(Cancelled):
        fit_network(tiny_config(SCRATCH), data, tmp_path / "other", at_once, tiny_network)


def test_a_rate_that_is_far_too_high_is_said(data: DataSet, tmp_path: Path) -> None:
    wild = SCRATCH.model_copy(update={"optimiser": "sgd", "rate": 10.0, "schedule": "constant"})

    def exploding(config: Any, count: int, telling: Any = None) -> Any:
        model = tiny_network(config, count)
        model.get_layer("conv_0").set_weights([np.full((3, 3, 3, 8), np.nan, np.float32)])
        return model

    with pytest.raises(UserError, match="lower rate"):
        fit_network(tiny_config(wild), data, tmp_path, Remembered(), exploding)
    # Once an epoch has ended, its weights are used.
    run, models = tmp_path / "later", []

    def kept(*args: Any) -> Any:
        models.append(tiny_network(*args))
        return models[-1]

    told = Remembered(lambda _: models[0].get_layer("conv_0").set_weights([np.full((3, 3, 3, 8), np.nan, np.float32)]))
    model = fit_network(tiny_config(SCRATCH), data, run, told, kept)
    assert len(told.epochs) == 1 and "lower rate" in told.notes[0]
    assert all(np.isfinite(values).all() for values in weights_of(model))


def test_out_of_memory_takes_smaller_batches_and_goes_on(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    train_epoch = epochs.train_epoch

    def narrow(model: Any, batches: Iterator[Any], *rest: Any) -> Any:
        def watched() -> Iterator[Any]:
            for batch in batches:
                sizes.append(len(batch.inputs))
                if len(batch.inputs) > 6 and len(told.epochs) >= 1:
                    raise tf.errors.ResourceExhaustedError(None, None, "OOM")
                yield batch

        return train_epoch(model, watched(), *rest)

    monkeypatch.setattr(fit, "train_epoch", narrow)
    told, rules = Remembered(), SCRATCH.model_copy(update={"epochs": 2})
    fit_network(tiny_config(rules), data, tmp_path, told, tiny_network)
    assert [epoch.epoch for epoch in told.epochs] == [1, 2]
    assert told.notes == ["The memory was too small: 6 photographs are taken together from now on."]
    assert sizes == [12] * 4 + [6] * 6
    monkeypatch.setattr(
        fit, "train_epoch", lambda *_: (_ for _ in ()).throw(tf.errors.ResourceExhaustedError(None, None, ""))
    )
    with pytest.raises(UserError, match="memory"):
        fit_network(tiny_config(SCRATCH), data, tmp_path / "other", Remembered(), tiny_network)


def test_what_cannot_be_trained_is_said(data: DataSet, tmp_path: Path) -> None:
    one_class = DataSet(data.labels, tuple(sample for sample in data.samples if sample.label == 0))
    with pytest.raises(UserError, match="two classes"):
        fit_network(tiny_config(SCRATCH), one_class, tmp_path, Remembered(), tiny_network)
    with pytest.raises(UserError, match="one epoch"):
        rules = SCRATCH.model_copy(update={"epochs": 0})
        fit_network(tiny_config(rules), data, tmp_path, Remembered(), tiny_network)
    gone = DataSet(data.labels, tuple(replace(one, path=tmp_path / "none.png") for one in data.samples))
    with pytest.raises(UserError, match="can be read"):
        fit_network(tiny_config(SCRATCH), gone, tmp_path, Remembered(), tiny_network)


def test_two_photographs_are_enough(data: DataSet, tmp_path: Path) -> None:
    train = data.part(Part.TRAIN)
    pair = DataSet(data.labels, (train[0], train[-1]))
    told = Remembered()
    fit_network(tiny_config(SCRATCH), pair, tmp_path, told, tiny_network)
    assert len(told.epochs) == 4


# -- Choices -----------------------------------------------------------------------------------------------------------


def test_everything_together_runs_through_the_real_builder(data: DataSet, tmp_path: Path) -> None:
    config = tiny_config(
        SCRATCH.model_copy(update={"epochs": 3, "loss": "focal", "label_smoothing": 0.1}),
        network=Network(backbone="cnn4_bn", head=HeadLayout(dense=(8,), dropout=0.2, batch_norm=True, l2=1e-4)),
        augmentation=Augmentation(flip=True, mixup=0.2),
        balance=Balance(kind=BalanceKind.WEIGHTS),
        preprocessing=Preprocessing(size_px=16, steps=(Step.EQUALISE, Step.WHITEN)),
    )
    told = Remembered()
    fit_network(config, data, tmp_path, told, build_classifier)
    assert told.epochs[-1].loss < told.epochs[0].loss
    assert run_whitening(tmp_path) is not None and run_whitening(tmp_path / "none") is None


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop", "nadam", "adagrad", "adadelta", "adamax", "ftrl"])
def test_every_optimiser_goes_downhill(name: Any) -> None:
    rate = {"adadelta": 10.0, "adagrad": 0.5, "ftrl": 0.5}.get(name, 0.05)
    made = optimiser(Fit(mode=Mode.SCRATCH, optimiser=name), rate)
    place = keras.Variable([2.0, -1.0])
    made.build([place])
    for _ in range(30):
        made.apply([2 * place.value], [place])
    assert float(keras.ops.sum(place**2)) < 4.0
    assert float(made.learning_rate) == pytest.approx(rate)


def test_losses_are_those_of_their_papers() -> None:
    targets = np.array([[1, 0, 0], [0, 0.3, 0.7]], np.float32)
    answers = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]], np.float32)

    def found(name: Any, **changes: Any) -> float:
        return float(loss(Fit(mode=Mode.SCRATCH, loss=name, **changes))(targets, answers))

    logs = np.log(answers)
    assert found("cross_entropy") == pytest.approx(float(-(targets * logs).sum(1).mean()), rel=1e-5)
    smooth = targets * 0.9 + 0.1 / 3
    assert found("cross_entropy", label_smoothing=0.1) == pytest.approx(float(-(smooth * logs).sum(1).mean()), rel=1e-5)
    focal = -(targets * (1 - answers) ** 2 * logs).sum(1).mean()
    assert found("focal", focal_gamma=2.0) == pytest.approx(float(focal), rel=1e-5)
    short = np.maximum(0, 1 - (2 * targets - 1) * answers)
    assert found("hinge") == pytest.approx(float(short.mean()), rel=1e-5)
    assert found("squared_hinge") == pytest.approx(float((short**2).mean()), rel=1e-5)
    assert found("poisson") == pytest.approx(float((answers - targets * logs).mean()), rel=1e-4)
    assert found("kullback_leibler") > 0 and found("categorical_hinge") > 0


def test_an_estimate_grows_with_the_work() -> None:
    config = tiny_config(SCRATCH, network=Network(backbone="cnn", weights="none"))
    few, many = (estimate_s(config, count, Remembered()) for count in (100, 100_000))
    assert 0 < few < 60 and many > 100 * few
    assert estimate_s(config.model_copy(update={"fit": Fit()}), 100, Remembered()) == 0
