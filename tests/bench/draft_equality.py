"""Does a JPEG opened scaled give the same answer as in full?

Blows photographs up to 12 megapixels in a temporary folder, opens each one both ways and compares the model's inputs
and, with a bundle, the likeliest labels:

    python -m tests.bench.draft_equality PHOTOGRAPHS [--bundle MODEL] [--number 200]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.inputs import centre_square, to_model_input
from core.photos import find_photos, open_photo
from core.records import Photo

PIXELS = 12_000_000
SIZE_PX = 299


@dataclass(frozen=True)
class Comparison:
    """One photograph opened both ways: mean and largest difference of the model's input (0...255), times in ms."""

    mean_difference: float
    largest_difference: float
    full_ms: float
    scaled_ms: float
    has_same_label: bool | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path, help="a folder")
    parser.add_argument("--bundle", type=Path, help="a model's folder: compare the likeliest labels too")
    parser.add_argument("--number", type=int, default=60, help="how many photographs, spread evenly over the folder")
    wanted = parser.parse_args()
    size_px, likeliest = _model(wanted.bundle)
    with tempfile.TemporaryDirectory() as folder:
        blown_up = _blown_up(_spread(wanted.photographs, wanted.number), Path(folder) / "photo.jpg")
        _report([_compared(path, size_px, likeliest) for path in blown_up], size_px)


def _model(folder: Path | None) -> tuple[int, Callable[[Photo], int] | None]:
    if folder is None:
        return SIZE_PX, None
    from core.bundles import load_bundle
    from core.inference import Classifier

    classifier = Classifier(load_bundle(folder))
    return classifier.least_px, lambda photo: int(classifier.predict(photo).probabilities.argmax())


def _spread(folder: Path, number: int) -> list[Path]:
    paths = list(find_photos(folder))
    return [paths[place] for place in np.linspace(0, len(paths) - 1, min(number, len(paths))).astype(int)]


def _blown_up(paths: list[Path], to: Path) -> Iterator[Path]:
    for path in paths:
        blow_up(path, to)
        yield to


def blow_up(path: Path, to: Path) -> None:
    """Write the photograph at `path` as a JPEG of 12 megapixels."""
    photo = open_photo(path)
    growth = (PIXELS / (photo.width * photo.height)) ** 0.5
    size = round(photo.width * growth), round(photo.height * growth)
    Image.fromarray(photo.pixels).resize(size, Image.Resampling.LANCZOS).save(to, quality=92)


def _compared(path: Path, size_px: int, likeliest: Callable[[Photo], int] | None) -> Comparison:
    full, full_ms = _timed(path, None)
    scaled, scaled_ms = _timed(path, size_px)
    inputs = [
        to_model_input(photo.pixels, centre_square(photo.width, photo.height), size_px) for photo in (full, scaled)
    ]
    difference = np.abs(inputs[0] - inputs[1])
    is_same = likeliest(full) == likeliest(scaled) if likeliest else None
    return Comparison(float(difference.mean()), float(difference.max()), full_ms, scaled_ms, is_same)


def _timed(path: Path, least_px: int | None) -> tuple[Photo, float]:
    start = time.perf_counter()
    photo = open_photo(path, least_px)
    return photo, (time.perf_counter() - start) * 1000


def _report(seen: list[Comparison], size_px: int) -> None:
    means = [one.mean_difference for one in seen]
    print(f"{len(seen)} photographs at 12 megapixels, model input {size_px} px")
    print(f"difference of the input, of 255: mean {statistics.mean(means):.2f}, worst photograph {max(means):.2f},")
    print(f"  largest of any value {max(one.largest_difference for one in seen):.0f}")
    full, scaled = (
        statistics.median(times) for times in zip(*((one.full_ms, one.scaled_ms) for one in seen), strict=True)
    )
    print(f"opening, median: in full {full:.0f} ms, scaled {scaled:.0f} ms")
    if seen[0].has_same_label is not None:
        same = sum(bool(one.has_same_label) for one in seen)
        print(f"same likeliest label: {same} of {len(seen)} ({same / len(seen):.1%})")


if __name__ == "__main__":
    main()
