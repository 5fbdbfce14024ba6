"""What was trained becomes a model on disk that says the same as the network that was trained."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.bundle_info import Pooling, Tail
from core.bundles import Bundle, Label, Step, View, Words, load_bundle, read_info
from core.errors import UserError
from core.folders import models_dir, shipped_models_dir
from core.inference import Classifier
from core.records import Floats, Photo, Pixels
from core.train_config import Fit, HeadLayout, Mode, Network, Preprocessing, Source, SourceKind, TrainConfig
from core.whitening import Whitening
from tests.bundle_factory import make_bundle
from training.package import known_groups, next_version, write_draft
from training.ready import Networks, ready
from training.samples import DataSet, Part, Sample
from training.telling import Silent

LABELS = tuple(Label(id=f"kind-{n}", en=f"Kind {n}", fr=f"Sorte {n}") for n in range(4))


def data_set(labels: tuple[Label, ...] = LABELS) -> DataSet:
    parts = [Part.TRAIN] * 6 + [Part.VALIDATION, Part.TEST]
    samples = (
        Sample(Path(f"{n}.jpg"), n % len(labels), content=f"{n:064x}", part=parts[n % 8])
        for n in range(8 * len(labels))
    )
    return DataSet(labels, tuple(samples))


def config(name: str = "leaves", **more: Any) -> TrainConfig:
    return TrainConfig(name=name, source=Source(path=Path("/photographs/Feuilles 2026")), **more)


def head(networks: Networks, labels: int = 4) -> dict[str, Floats]:
    width = sum(backbone.width for backbone in networks.backbones)
    kernel = np.random.default_rng(0).normal(size=(width, labels)).astype(np.float32)
    return {"kernel": kernel, "bias": np.zeros(labels, np.float32)}


# -- Drafts ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Networks:
    return ready(Network(backbone="dogs-fast"), Preprocessing(), Silent())


def test_a_draft_says_what_it_is_made_of(shipped: Networks, tmp_path: Path) -> None:
    data = data_set()
    draft = write_draft(tmp_path / "leaves", config(not_medical=True), data, shipped, head(shipped))
    info = load_bundle(tmp_path / "leaves").info
    assert draft.info == info and info.labels == LABELS
    assert (info.name, info.version, info.title) == ("leaves", "1.0.0", Words(en="leaves", fr="leaves"))
    assert info.calibration.temperature == 1 and info.calibration.sure.threshold == 1 and info.metrics == ()
    assert info.licences == shipped.licences and info.groups == ()
    assert "Not a medical device" in info.summary.en and "dispositif médical" in info.summary.fr
    assert np.array_equal(draft.hidden["pplcnetv2"], shipped.hidden["pplcnetv2"])
    assert (info.data.name, info.data.photographs, info.data.labels) == ("Feuilles 2026", 24, 4)
    assert "24 photographs to learn from, 4 to choose and calibrate with, 4 for the test" in info.data.split
    contents = sorted(sample.content for sample in data.part(Part.TRAIN))
    assert info.data.fingerprint == hashlib.sha256("\n".join(contents).encode()).hexdigest()


def test_own_words_and_the_library(shipped: Networks, tmp_path: Path) -> None:
    title, subject = Words(en="Leaf diseases", fr="Maladies des feuilles"), Words(en="leaf", fr="feuille")
    chosen = TrainConfig(name="leaves", source=Source(kind=SourceKind.LIBRARY), title=title, subject=subject)
    info = write_draft(tmp_path / "leaves", chosen, data_set(), shipped, head(shipped)).info
    assert (info.title, info.subject) == (title, subject)
    assert info.data.name == "Labels given in Shelterlens" and "(leaf)" in info.summary.en


def test_look_alikes_of_the_shipped_model_stay_together() -> None:
    dogs = read_info(shipped_models_dir() / "dogs")
    group = dogs.groups[0]
    both = tuple(dogs.labels[place] for place in group.labels)
    found = known_groups((LABELS[0], *both[::-1]))
    assert [(one.en, one.fr, sorted(one.labels)) for one in found] == [
        (group.en, group.fr, list(range(1, 1 + len(both))))
    ]
    assert known_groups((*LABELS, both[0])) == ()


def test_dogs_stay_dogs(shipped: Networks, tmp_path: Path) -> None:
    dogs = read_info(shipped_models_dir() / "dogs")
    draft = write_draft(tmp_path / "mine", config("mine"), data_set(dogs.labels[:4]), shipped, head(shipped))
    assert draft.info.subject == dogs.subject


def test_each_version_is_higher_than_all_before() -> None:
    assert next_version("colours") == "1.0.0"
    assert next_version("dogs") == "1.1.0", "one of that name shipped"
    make_bundle(models_dir() / "colours", version="1.2.0")
    assert next_version("colours") == "1.3.0"
    make_bundle(models_dir() / "colours", version="1.0")
    assert next_version("colours") == "1.3.0", "the earlier one is kept"
    make_bundle(models_dir() / "colours-2", version="7.0.0")
    assert next_version("colours") == "1.3.0", "another model"


# -- From Keras --------------------------------------------------------------------------------------------------------


@pytest.fixture
def keras() -> Any:
    pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")
    import keras

    keras.utils.set_random_seed(1)
    return keras


def shaken(model: Any, seed: int = 0) -> Any:
    """Weights and running means as they may be after training."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        values = [
            np.abs(rng.normal(1, 0.3, weight.shape)) + 0.1
            if weight.name == "moving_variance"
            else weight.numpy() + rng.normal(0, 0.2 if len(weight.shape) == 2 else 0.05, weight.shape)
            for weight in layer.weights
        ]
        layer.set_weights(values)
    return model


def pictures(size_px: int, count: int = 6) -> list[Pixels]:
    rng = np.random.default_rng(3)
    # Each of another colour, with patches.
    colours = rng.integers(0, 256, (count, 1, 1, 3)) + rng.integers(-60, 60, (count, 8, 8, 3))
    coarse = np.clip(colours, 0, 255).astype(np.uint8)
    return list(coarse.repeat(size_px // 8, 1).repeat(size_px // 8, 2))


def packed(model: Any, folder: Path, chosen: TrainConfig, whitening: Whitening | None = None) -> Bundle:
    from training.package import from_keras

    return from_keras(model, folder / chosen.name, chosen, data_set(), Silent(), whitening)


def assert_same(model: Any, bundle: Bundle, given: Sequence[Pixels], grey: bool = False) -> None:
    classifier = Classifier(load_bundle(bundle.folder), 1)
    answers = []
    for pixels in given:
        values = np.asarray(pixels, np.float32)[None]
        if grey:
            values = values.mean(axis=-1, keepdims=True)
        wanted = np.asarray(model(values, training=False), np.float32)[0]
        found = classifier.predict(Photo(pixels, len(pixels), len(pixels), Path("x.png"))).probabilities
        assert np.abs(found - wanted).max() < 1e-3
        answers.append(wanted)
    assert np.ptp(answers, axis=0).max() > 0.02, "answers that differ between pictures"


def scratch(name: str = "baseline", **layout: Any) -> tuple[Any, TrainConfig]:
    from training.builders import build, classifier

    layout_record = HeadLayout(**layout)
    network = Network(backbone=name, weights="none", head=layout_record)
    model = shaken(classifier(build(name, 32, "none"), layout_record, len(LABELS)))
    return model, config(network=network, fit=Fit(mode=Mode.SCRATCH), preprocessing=Preprocessing(size_px=32))


@pytest.mark.parametrize(
    ("layout", "tail"),
    [
        ({}, None),
        ({"dropout": 0.5, "batch_norm": True}, None),
        ({"dense": (6,)}, Tail(dense=(6,))),
        ({"dense": (6, 5), "batch_norm": True, "dropout": 0.2, "l2": 1e-3}, Tail(dense=(6, 5))),
        ({"pooling": Pooling.FLATTEN}, Tail(pooling=Pooling.FLATTEN)),
        ({"pooling": Pooling.FLATTEN, "dense": (9,), "batch_norm": True}, Tail(pooling=Pooling.FLATTEN, dense=(9,))),
    ],
)
def test_a_model_says_what_the_network_said(keras: Any, tmp_path: Path, layout: Any, tail: Tail | None) -> None:
    model, chosen = scratch(**layout)
    bundle = packed(model, tmp_path, chosen)
    (backbone,) = bundle.info.backbones
    assert backbone.tail == tail and backbone.views == (View.CENTRE,)
    assert bundle.info.format == (1 if tail is None else 2) and bundle.info.licences == ()
    assert_same(model, bundle, pictures(32))
    assert [path.name for path in tmp_path.iterdir()] == [chosen.name], "nothing is left beside it"


@pytest.mark.parametrize("name", ["lenet", "cnn6_bn", "convnet8"])
def test_networks_from_scratch_too(keras: Any, tmp_path: Path, name: str) -> None:
    model, chosen = scratch(name, pooling=Pooling.FLATTEN)
    assert_same(model, packed(model, tmp_path, chosen), pictures(32))


def test_grey_input_and_steps(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((16, 16, 1)), layers.Rescaling(1 / 255), layers.Conv2D(4, 3, activation="relu"),
         layers.Flatten(), layers.Dense(4, activation="softmax")]
    )  # fmt: skip
    bundle = packed(shaken(model), tmp_path, config(preprocessing=Preprocessing(steps=(Step.GRAYSCALE,))))
    assert bundle.info.backbones[0].steps == (Step.GRAYSCALE,)
    greys = [np.repeat(pixels[..., :1], 3, axis=-1) for pixels in pictures(16)]
    assert_same(model, bundle, greys, grey=True)


def test_layers_in_any_order_that_stays_linear(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), layers.Rescaling(1 / 127.5, -1), layers.Conv2D(5, 3),
         layers.GlobalAveragePooling2D(), layers.BatchNormalization(), layers.ReLU(),
         layers.Dense(7), layers.BatchNormalization(center=False),
         layers.Dense(6, use_bias=False), layers.Activation("relu"), layers.BatchNormalization(scale=False),
         layers.GaussianNoise(0.1), layers.Dense(4), layers.Softmax()]
    )  # fmt: skip
    bundle = packed(shaken(model), tmp_path, config())
    assert bundle.info.backbones[0].tail == Tail(dense=(5, 6))
    assert_same(model, bundle, pictures(16))


def test_a_network_in_half_precision_is_packed_in_full(keras: Any, tmp_path: Path) -> None:
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("mixed_float16")
        model, chosen = scratch("cnn4_bn", dense=(6,), batch_norm=True)
    finally:
        keras.config.set_dtype_policy(before)
    from training.folding import in_float32

    assert_same(in_float32(model), packed(model, tmp_path, chosen), pictures(32))


def test_weights_stay_in_full_where_halves_would_change_the_answer(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    fine = (1 + np.arange(12).reshape(1, 1, 3, 4) * 4e-5) / 256  # below the resolution of halves
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 1), layers.GlobalAveragePooling2D(), layers.Dense(4, "softmax")]
    )
    model.layers[0].set_weights([fine, np.zeros(4)])
    model.layers[2].set_weights([(np.eye(4) - 0.25) * 5e3, np.zeros(4)])
    assert_same(model, packed(model, tmp_path, config()), pictures(8))


def test_photographs_decide_whether_halves_do(keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core import inference
    from training import package

    seen: list[Floats] = []
    plain = inference.Network.__call__

    def look(network: Any, values: Floats) -> Floats:
        seen.append(values)
        return plain(network, values)

    monkeypatch.setattr(inference.Network, "__call__", look)
    for number, pixels in enumerate(pictures(32, 3)):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    (tmp_path / "3.png").write_bytes(b"no picture")
    samples = tuple(Sample(tmp_path / f"{n}.png", 0, content="x", part=Part.VALIDATION) for n in range(4))
    model, chosen = scratch()
    package.from_keras(model, tmp_path / "out" / "leaves", chosen, DataSet(LABELS, samples), Silent())
    assert [float(values.mean()) for values in seen] == pytest.approx([pixels.mean() for pixels in pictures(32, 3)])


def test_whitening_travels_along(keras: Any, tmp_path: Path) -> None:
    model, chosen = scratch()
    chosen = chosen.model_copy(update={"preprocessing": Preprocessing(size_px=32, steps=(Step.WHITEN,))})
    numbers = Whitening(*(np.zeros(shape, np.float32) + 0.5 for shape in ((3072,), (3, 3072), (4,))))
    found = packed(model, tmp_path, chosen, numbers).whitenings["baseline"]
    assert np.array_equal(found.mean, numbers.mean) and found.basis.shape == (3, 3072)
    with pytest.raises(ValueError, match="whitening"):
        packed(model, tmp_path, chosen)


def refused(keras: Any) -> dict[str, list[Any]]:
    layers = keras.layers
    picture, answers = keras.Input((16, 16, 3)), layers.Dense(4, activation="softmax")
    return {
        "GlobalMaxPooling2D": [picture, layers.Conv2D(4, 3), layers.GlobalMaxPooling2D(), answers],
        "Dense": [picture, layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3, activation="tanh"), answers],
        "LayerNormalization": [picture, layers.Conv2D(4, 3), layers.Flatten(), layers.LayerNormalization(), answers],
        "no answers": [picture, layers.Conv2D(4, 3)],
        "square": [keras.Input((16, 24, 3)), layers.Conv2D(4, 3), layers.Flatten(), answers],
    }


@pytest.mark.parametrize("said", ["GlobalMaxPooling2D", "Dense", "LayerNormalization", "no answers", "square"])
def test_what_a_model_cannot_say_is_refused(keras: Any, tmp_path: Path, said: str) -> None:
    with pytest.raises(UserError, match=said):
        packed(keras.Sequential(refused(keras)[said]), tmp_path, config())
    assert list(tmp_path.iterdir()) == []
