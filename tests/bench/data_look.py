"""What the look at the data finds on real photographs, and in which time:

    python -m tests.bench.data_look [PHOTOGRAPHS...]

Each of PHOTOGRAPHS is a folder with one for each class, or a table (../shared/data/plants, chest_xray, products). For
each: seconds of the first and of the second look, and the findings as they are; of 60 photographs, how many altered
copies are taken for the same picture; and of labels changed on purpose, 3 % five times, how many are doubted.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from core.inference import Classifier
from core.models import find_model
from core.photos import open_photo
from core.records import Floats, Pixels
from core.train_config import Source, SourceKind, TrainConfig
from training.data_set import LOOKED_WITH, read_data
from training.embeddings import embed
from training.look_alikes import centred, look_alikes
from training.photo_facts import GREY_PX
from training.samples import DataSet, Labels, labels_of
from training.telling import Silent
from training.wrong_labels import perhaps_wrong

COPIED, CHANGED, TIMES = 60, 0.03, 5


def main() -> None:
    root = Path(__file__).resolve().parents[3] / "shared" / "data"
    usual = [root / "plants", root / "chest_xray", *(root / "products").glob("*.csv")]
    for path in [Path(text) for text in sys.argv[1:]] or usual:
        with tempfile.TemporaryDirectory() as home:
            os.environ["SHELTERLENS_HOME"] = home
            _look(path, Path(home))


def _look(path: Path, home: Path) -> None:
    is_table = path.suffix != ""
    source = Source(kind=SourceKind.TABLE if is_table else SourceKind.FOLDER, path=path, level=int(is_table))
    config = TrainConfig(name="look", source=source)
    start = time.perf_counter()
    data, report = read_data(config, home, Silent())
    first = time.perf_counter() - start
    read_data(config, home, Silent())
    second = time.perf_counter() - start - first
    found = ", ".join(f"{kind.value} {count}" for kind, count in report.counts_of_findings.items()) or "nothing"
    print(f"{path.name}: {report.photographs} photographs, {first:.1f} s, again {second:.1f} s; {found}")
    vectors = embed(find_model(LOOKED_WITH), [sample.path for sample in data.samples], Silent()).vectors
    print("  copies found:", ", ".join(f"{name} {share:.0%}" for name, share in _copies(data, vectors).items()))
    for how in ("any other", "a look-alike"):
        print(f"  labels changed to {how}: {_doubted(centred(vectors), labels_of(data.samples), how)}", flush=True)


def _resaved(image: Image.Image) -> Image.Image:
    file = BytesIO()
    image.resize((image.width * 3 // 5, image.height * 3 // 5)).save(file, "JPEG", quality=70)
    return Image.open(file)


ALTERED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "brighter by 30 %": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "smaller and saved again": _resaved,
    "5 % cut off all sides": lambda image: ImageOps.crop(image, image.width // 20),
    "turned by 90°": lambda image: image.transpose(Image.Transpose.ROTATE_90),
}


def _copies(data: DataSet, vectors: Floats) -> dict[str, float]:
    """The share of altered copies that are found beside the photographs that they were made of."""
    classifier = Classifier(find_model(LOOKED_WITH))
    chosen = np.random.default_rng(0).choice(len(vectors), min(COPIED, len(vectors)), replace=False)
    photos = [open_photo(data.samples[place].path, classifier.least_px) for place in chosen]
    found = {}
    for name, alter in ALTERED.items():
        altered = [np.asarray(alter(Image.fromarray(photo.pixels)).convert("RGB")) for photo in photos]
        seen = [
            classifier.features(type(photo)(pixels, 0, 0)).embedding
            for photo, pixels in zip(photos, altered, strict=True)
        ]
        directions = centred(np.concatenate([vectors, np.stack(seen)]))
        mine = np.concatenate([directions[chosen], directions[len(vectors) :]])
        greys = np.stack([_grey(pixels) for pixels in (*(photo.pixels for photo in photos), *altered)])
        pairs = {(pair.one, pair.other) for pair in look_alikes(mine, greys, lambda done: None)}
        found[name] = sum((place, place + len(photos)) in pairs for place in range(len(photos))) / len(photos)
    return found


def _grey(pixels: Pixels) -> Pixels:
    grey = Image.fromarray(pixels).convert("L").resize((GREY_PX, GREY_PX), Image.Resampling.BOX)
    return np.asarray(grey, np.uint8)


def _doubted(directions: Floats, labels: Labels, how: str) -> str:
    doubted = hits = changed = right = 0
    for seed in range(TIMES):
        given, wrong = _changed(np.random.default_rng(seed), directions, labels, how)
        suspects = perhaps_wrong(directions, given, list(range(len(labels))), lambda: None)
        hit = [suspect for suspect in suspects if suspect.place in wrong]
        doubted, hits, changed = doubted + len(suspects), hits + len(hit), changed + len(wrong)
        right += sum(suspect.label == labels[suspect.place] for suspect in hit)
    as_it_is = len(perhaps_wrong(directions, labels, list(range(len(labels))), lambda: None))
    return (
        f"{hits / changed:.0%} of them are doubted, {right / max(1, hits):.0%} of these with the right class beside; "
        f"{hits / max(1, doubted):.0%} of all that are doubted; unchanged, {as_it_is / len(labels):.1%} are"
    )


def _changed(
    random: np.random.Generator, directions: Floats, labels: Labels, how: str
) -> tuple[Labels, frozenset[int]]:
    """The labels with some of them changed, to any other or to one of the three most alike, and which."""
    said, classes = labels.copy(), np.unique(labels)
    means = np.stack([directions[labels == one].mean(axis=0) for one in classes])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    wrong = random.choice(len(labels), round(len(labels) * CHANGED), replace=False)
    for place in wrong:
        alike = classes[np.argsort(-(means @ means[classes == labels[place]][0]))]
        others = alike[alike != labels[place]]
        said[place] = random.choice(others if how == "any other" else others[:3])
    return said, frozenset(map(int, wrong))


if __name__ == "__main__":
    main()
