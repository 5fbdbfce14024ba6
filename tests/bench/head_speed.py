"""Head mode beside the usual way to train a new classifier, on the same photographs:

    python -m tests.bench.head_speed [PHOTOGRAPHS] [--number N] [--epochs N] [--weights FOLDER] [--network NAME]

PHOTOGRAPHS has a folder for each class (../shared/data/dogs; where that is not there, stripes are drawn, which tell
nothing of accuracy); of each class, every fifth is for validation. The usual way is ten epochs of Keras' `model.fit` on
a frozen EfficientNet-Lite2 with a new softmax, fed by `image_dataset_from_directory`; its best epoch counts. Head mode
fits on stored embeddings; how long these take, once, is shown, too. With `--epochs 1` one epoch is measured and taken
ten times, and the accuracy is that of one epoch. With `--rounds 5` both take turns, each time from the beginning, and
medians count. `--json FILE` keeps the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from core.bundles import Bundle, Label
from core.train_config import Network, Source, TrainConfig
from training.embed import list_photographs
from training.embeddings import embed
from training.head_mode import fit_on_vectors
from training.samples import DataSet, Part, Sample, labels_of
from training.telling import Silent

EPOCHS, BATCH, WANTED = 10, 32, 50
EVERY = 5
DRAWN_CLASSES = 30


@dataclass(frozen=True)
class Outcome:
    """Seconds of ten epochs, or of a fit, and the share of the validation photographs that came out right."""

    seconds: float
    accuracy: float
    told: str


def main() -> None:
    here = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", nargs="?", type=Path, default=here.parent / "shared" / "data" / "dogs")
    parser.add_argument("--number", type=int, default=600, help="how many photographs, classes taking turns (600)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--weights", default="imagenet", help="of the network: a file or folder (the shipped ones)")
    parser.add_argument("--network", default="efficientnet_lite2")
    parser.add_argument("--rounds", type=int, default=1, help="how often both take turns")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        os.environ["SHELTERLENS_HOME"] = str(home / "home")
        source = given.photographs.resolve()
        if not source.is_dir():
            source = _drawn(home / "drawn", given.number)
        data = _data(list_photographs(source)[: given.number], home / "photographs")
        train, validation = (len(data.part(part)) for part in (Part.TRAIN, Part.VALIDATION))
        print(f"{train} photographs to train on, {validation} for validation, {len(data.labels)} classes", flush=True)
        heads, usuals, embedding_s = [], [], 0.0
        for turn in range(given.rounds):
            head, took = _head_mode(data, given.network, given.weights, home, turn)
            embedding_s = embedding_s or took
            heads.append(head)
            usuals.append(_usual_way(data, given.network, given.weights, given.epochs, home / "photographs"))
            print(f"round {turn + 1}: {usuals[-1].seconds:.1f} s and {head.seconds:.2f} s", flush=True)
    usual, head = _median(usuals), _median(heads)
    print("\n| way | seconds | validation accuracy |\n|---|---|---|")
    for one in (usual, head):
        print(f"| {one.told} | {one.seconds:.1f} | {one.accuracy:.3f} |")
    ratio = usual.seconds / head.seconds
    print(
        f"\n{ratio:.0f} times as fast (wanted: {WANTED}); the embeddings took {embedding_s:.1f} s, once for all fits."
    )
    if given.json:
        kept: dict[str, Any] = {"photographs": [train, validation], "usual": asdict(usual), "head": asdict(head)}
        kept |= {"rounds": given.rounds, "embedding_s": embedding_s, "classes": len(data.labels)}
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    if ratio < WANTED:
        raise SystemExit(1)


def _median(turns: list[Outcome]) -> Outcome:
    return replace(
        turns[0],
        seconds=statistics.median(one.seconds for one in turns),
        accuracy=statistics.median(one.accuracy for one in turns),
    )


def _drawn(folder: Path, number: int) -> Path:
    """Stripes of many widths and directions, a class each, under noise."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:224, :224]
    for place in range(number):
        kind = place % DRAWN_CLASSES
        angle, width = np.pi * (kind % 6) / 6, 6 + 5 * (kind // 6)
        waves = np.sin((rows * np.sin(angle) + columns * np.cos(angle)) * 2 * np.pi / width + rng.uniform(0, 6))
        grey = 128 + 60 * waves[..., None] + rng.normal(0, 60, (224, 224, 3))
        where = folder / f"stripes {kind:02d}" / f"{place}.jpg"
        where.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(where)
    return folder


def _data(paths: list[Path], folder: Path) -> DataSet:
    """The photographs, linked into a folder for each part and class as Keras wants them."""
    classes = sorted({path.parent.name for path in paths})
    counts = dict.fromkeys(classes, 0)
    samples = []
    for path in paths:
        name = path.parent.name
        part = Part.VALIDATION if counts[name] % EVERY == EVERY // 2 else Part.TRAIN
        counts[name] += 1
        where = folder / part.value / name / path.name
        where.parent.mkdir(parents=True, exist_ok=True)
        (folder / Part.VALIDATION.value / name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, where)
        samples.append(Sample(where, classes.index(name), "", str(where), None, part))
    return DataSet(tuple(Label(id=name, en=name, fr=name) for name in classes), tuple(samples))


def _head_mode(data: DataSet, network: str, weights: str, home: Path, place: int) -> tuple[Outcome, float]:
    """Twice in the first round: the first time makes the embeddings, the second is what every later training takes."""
    config = TrainConfig(
        name="bench", source=Source(path=home), network=Network(backbone=network, weights=weights), start_from=""
    )
    seconds: list[float] = []
    for turn in range(1 if place else 2):
        run = home / f"run{place}-{turn}"
        run.mkdir(parents=True)
        began = time.perf_counter()
        draft = fit_on_vectors(config, data, run, Silent())
        seconds.append(time.perf_counter() - began)
    outcome = Outcome(seconds[-1], _accuracy(draft, data), "head mode, strength chosen")
    return outcome, seconds[0] - seconds[-1]


def _accuracy(draft: Bundle, data: DataSet) -> float:
    samples = data.part(Part.VALIDATION)
    vectors = embed(draft, [one.path for one in samples], Silent()).vectors
    return float(((vectors @ draft.kernel + draft.bias).argmax(axis=1) == labels_of(samples)).mean())


def _usual_way(data: DataSet, network: str, weights: str, epochs: int, folder: Path) -> Outcome:
    """The text-book script: a frozen network, a new softmax, Adam."""
    import keras

    from training.builders import build

    backbone = build(network, 0, weights)
    backbone.trainable = False
    size = backbone.input_shape[1:3]
    pictures = {
        part: keras.utils.image_dataset_from_directory(
            folder / part.value, label_mode="int", image_size=size, batch_size=BATCH, seed=1, verbose=False,
            crop_to_aspect_ratio=True, class_names=[label.id for label in data.labels],
        ).prefetch(2)
        for part in (Part.TRAIN, Part.VALIDATION)
    }  # fmt: skip
    pooled = keras.layers.GlobalAveragePooling2D()(backbone(backbone.input, training=False))
    scores = keras.layers.Dense(len(data.labels), activation="softmax")(pooled)
    model = keras.Model(backbone.input, scores)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    began = time.perf_counter()
    history: dict[str, Any] = model.fit(
        pictures[Part.TRAIN], validation_data=pictures[Part.VALIDATION], epochs=epochs, verbose=2
    ).history
    seconds = (time.perf_counter() - began) * EPOCHS / epochs
    told = f"model.fit, {EPOCHS} epochs" + (f" ({epochs} measured)" if epochs != EPOCHS else "")
    return Outcome(seconds, float(np.max(history["val_accuracy"])), told)


if __name__ == "__main__":
    main()
