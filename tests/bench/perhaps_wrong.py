"""How well labels that are wrong are found among their neighbours, on real photographs with labels changed on purpose:

    python -m tests.bench.perhaps_wrong [MODEL [PHOTOGRAPHS]]

MODEL is a folder (models/dogs-fast), PHOTOGRAPHS has a folder for each label (../shared/data/dogs). The photographs go
through the networks once (dogs-fast: 25 s for 2,400 on one core); then 5 % of the labels are changed, five times
for each line of the table, to any other label that occurs or to one of the three that look most alike.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.bundles import load_bundle
from core.errors import PhotoError
from core.fingerprints import backbones_fingerprint
from core.inference import Classifier
from core.library import Library
from core.neighbours import perhaps_wrong
from core.photos import open_photo
from core.records import Correction, Kind

CHANGED, TIMES, MOST_OF_A_BREED = 0.05, 5, 30
# Breeds, and photographs of the most and of the least frequent of them.
SETS = ((20, 30, 30), (60, 20, 20), (120, 5, 5), (120, 20, 20), (120, 30, 1))
Vectors = npt.NDArray[np.float32]
Labels = npt.NDArray[np.intp]


def main() -> None:
    here = Path(__file__).resolve().parents[2]
    given = [Path(text) for text in sys.argv[1:]]
    model, photographs = [
        *given,
        *(here / "models" / "dogs-fast", here.parent / "shared" / "data" / "dogs")[len(given) :],
    ]
    bundle = load_bundle(model)
    classifier = Classifier(bundle, threads=1)
    vectors, labels = _embedded(classifier, [photographs / label.id for label in bundle.info.labels])
    fingerprint = backbones_fingerprint(bundle)
    print("| photographs | breeds | of each | changed to | offered | of these changed | changed ones found |")
    print("|---|---|---|---|---|---|---|")
    for breeds, most, least in SETS:
        for how in ("any other", "a look-alike"):
            offered = hits = changed = photographs_ = 0
            for time in range(TIMES):
                random = np.random.default_rng(time)
                places = _chosen(random, labels, breeds, most, least)
                said, wrong = _changed(random, vectors[places], labels[places], how)
                found = _found(vectors[places], said, fingerprint)
                offered, hits = offered + len(found), hits + len(found & wrong)
                changed, photographs_ = changed + len(wrong), photographs_ + len(places)
            each = str(most) if most == least else f"{least} to {most}"
            print(
                f"| {photographs_ // TIMES} | {breeds} | {each} | {how} | {offered / TIMES:.0f} "
                f"| {hits / max(1, offered):.0%} | {hits / changed:.0%} |",
                flush=True,
            )


def _embedded(classifier: Classifier, folders: list[Path]) -> tuple[Vectors, Labels]:
    """Up to MOST_OF_A_BREED photographs of each folder: (n, channels), and the folder's place (n,)."""

    def one_by_one() -> Iterator[tuple[Vectors, int]]:
        for label, folder in enumerate(folders):
            for path in sorted(folder.iterdir())[:MOST_OF_A_BREED]:
                try:
                    yield classifier.features(open_photo(path, classifier.least_px)).embedding, label
                except PhotoError as error:
                    print(f"{path}: {error}", file=sys.stderr)

    made = list(one_by_one())
    return np.stack([vector for vector, _ in made]), np.array([label for _, label in made], np.intp)


def _chosen(random: np.random.Generator, labels: Labels, breeds: int, most: int, least: int) -> Labels:
    """Places of photographs: of each breed as many, or fewer and fewer, as in a shelter."""
    chosen: list[int] = []
    for rank, breed in enumerate(random.permutation(labels.max() + 1)[:breeds]):
        number = max(least, round(most / (1 + rank) ** 0.7))
        chosen += random.permutation(np.flatnonzero(labels == breed))[:number].tolist()
    return np.array(chosen, np.intp)


def _changed(random: np.random.Generator, vectors: Vectors, labels: Labels, how: str) -> tuple[Labels, set[int]]:
    """The labels with some of them changed, and the places of these."""
    said, breeds = labels.copy(), np.unique(labels)
    means = np.stack([vectors[labels == breed].mean(axis=0) for breed in breeds]) - vectors.mean(axis=0)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    wrong = random.choice(len(labels), round(len(labels) * CHANGED), replace=False)
    for place in wrong:
        alike = breeds[np.argsort(-(means @ means[breeds == labels[place]][0]))]
        others = alike[alike != labels[place]]
        said[place] = random.choice(others if how == "any other" else others[:3])
    return said, set(map(int, wrong))


def _found(vectors: Vectors, said: Labels, fingerprint: str) -> set[int]:
    """The places that the program offers as perhaps wrong."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder) / "library.sqlite")
        with library.database.writing() as connection:
            connection.execute("INSERT INTO backbones(id, fingerprint) VALUES (1, ?)", (fingerprint,))
            rows = [(place, f"c{place}") for place in range(len(said))]
            connection.executemany("INSERT INTO photographs(id, content, path) VALUES (?, ?, '')", rows)
            kept = [(place, vector.astype(np.float16).tobytes()) for place, vector in enumerate(vectors)]
            connection.executemany("INSERT INTO vectors VALUES (?, 1, ?)", kept)
        words = {place: Correction(Kind.BREED, str(label), str(label)) for place, label in enumerate(said.tolist())}
        library.label(words)
        found = set(perhaps_wrong(library.database, fingerprint))
        library.close()
    return found


if __name__ == "__main__":
    main()
