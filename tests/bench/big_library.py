"""How long a library of 500,000 photographs keeps its user waiting: opened, filtered, sorted, labelled, counted.

    python -m tests.bench.big_library [--rows 500000] [--vector-bytes 2560] [--keep FOLDER]

The library is made up, with the sizes of a real one: answers and vectors of the model in use for every photograph,
small pictures, names of 125,000 animals, the words of volunteers on every tenth photograph, and earlier runs over parts
of it. It needs some gigabytes in the temporary folder, which are freed afterwards; with `--keep` they stay, to be used
again. Each line has the longest of several tries. The last part starts the window itself; it needs a display.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from core.bundle_info import BundleInfo
from core.database import Database, now_text, path_bytes
from core.fingerprints import backbones_fingerprint, model_fingerprint
from core.folders import library_path
from core.knowledge import doubt_of
from core.models import find_model
from core.records import Correction, Kind, Prediction, Status
from core.reviews import Filter, Order, Review
from core.runs import State, begin_run, end_run, runs
from core.settings import Settings, save_settings
from core.verdicts import decide

ROWS = 500_000
PHOTOGRAPHS_OF_A_DOG = 4
REVIEWED_EVERY = 10
GROUPED_EVERY = 100
# Answers and small pictures that come again and again: making 500,000 of them would take an hour.
DIFFERENT = 997
AT_ONCE = 20_000
TRIES = 3
PARTS_BEFORE = (2_000, 10_000, 40_000)
BREEDS_IN_NAMES = ("rex", "bella", "Médor", "luna", "max", "daisy", "Zoé", "charlie", "milo", "ruby")


def make_library(path: Path, rows: int, vector_bytes: int) -> None:
    """Several runs, the last one over `rows` photographs that never were, answered by the model in use."""
    bundle = find_model(None)
    info, root = bundle.info, path.parent / "shelter"
    Database(path).close()
    with closing(Database(path)) as database:
        with database.writing() as connection:
            backbone = connection.execute(
                "INSERT INTO backbones(fingerprint) VALUES (?) RETURNING id", (backbones_fingerprint(bundle),)
            ).fetchone()[0]
        for part, number in enumerate((*PARTS_BEFORE, rows)):
            run = begin_run(database, [root / f"part {part}"] if number != rows else [root], info)
            _fill(database, run.id, root, min(number, rows), None if number != rows else (backbone, vector_bytes))
            end_run(database, run, State.DONE)


def _fill(database: Database, run: int, root: Path, rows: int, vectors: tuple[int, int] | None) -> None:
    info = find_model(None).info
    answers, pictures = list(_answers(info)), list(_pictures())
    with database.reading() as connection:
        asked = "SELECT id FROM models WHERE fingerprint = ?"
        model = connection.execute(asked, (model_fingerprint(info),)).fetchone()[0]
    random = np.random.default_rng(run)
    for start in range(0, rows, AT_ONCE):
        places = range(start, min(rows, start + AT_ONCE))
        with database.writing() as connection:
            names = [path_bytes(_name(root, place)) for place in places]
            connection.executemany(
                "INSERT OR IGNORE INTO photographs(id, content, path) VALUES (?, ?, ?)",
                (
                    (n + 1, f"{n * 2654435761 % 2**256:064x}", name.decode())
                    for n, name in zip(places, names, strict=True)
                ),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?)",
                (
                    (name, 3_000_000 + n, 1_700_000_000_000_000_000 + n, n + 1)
                    for n, name in zip(places, names, strict=True)
                ),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((n + 1, model, *answers[(n * 7919) % DIFFERENT]) for n in places),
            )
            connection.executemany(
                "INSERT INTO run_files(run, place, path, photograph, animal, reason) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (run, n, name, n + 1, _animal(n), "It is damaged." if n % 1000 == 999 else "")
                    for n, name in zip(places, names, strict=True)
                ),
            )
            if vectors is None:
                continue
            backbone, size = vectors
            some = random.standard_normal((64, size // 2)).astype(np.float16)
            connection.executemany(
                "INSERT INTO vectors VALUES (?, ?, ?)", ((n + 1, backbone, some[n % 64].tobytes()) for n in places)
            )
            connection.executemany(
                "INSERT INTO thumbnails VALUES (?, ?)", ((n + 1, pictures[n % len(pictures)]) for n in places)
            )
            _say_words(connection, places, info)


def _say_words(connection: object, places: range, info: BundleInfo) -> None:
    """What volunteers said of every tenth photograph; some show another animal than their names say."""
    labels, at = info.labels, now_text()
    execute = connection.execute  # type: ignore[attr-defined]
    act = execute("INSERT INTO actions(at, who, what) VALUES (?, 'ada', 'label') RETURNING id", (at,)).fetchone()[0]
    kinds = (Kind.BREED, Kind.BREED, Kind.BREED, Kind.MIXED, Kind.OTHER, Kind.CROSS, Kind.NOT_A_DOG, Kind.UNKNOWN)
    connection.executemany(  # type: ignore[attr-defined]
        "INSERT INTO corrections(photograph, action, kind, label, name, who, at, model, predicted, probability, "
        "second, second_name) VALUES (?, ?, ?, ?, ?, 'ada', ?, ?, '', 0.5, ?, ?)",
        (
            (
                *(n + 1, act, kinds[n // REVIEWED_EVERY % len(kinds)].value, labels[n % len(labels)].id),
                *(labels[n % len(labels)].en, at, info.name, labels[(n + 5) % len(labels)].id, ""),
            )
            for n in places
            if n % REVIEWED_EVERY == 0
        ),
    )
    act = execute("INSERT INTO actions(at, who, what) VALUES (?, 'ada', 'group') RETURNING id", (at,)).fetchone()[0]
    connection.executemany(  # type: ignore[attr-defined]
        "INSERT INTO groupings(photograph, animal, action) VALUES (?, ?, ?)",
        ((n + 1, f"grouped {n // 1000}", act) for n in places if n % GROUPED_EVERY == 0),
    )


def _name(root: Path, place: int) -> Path:
    dog = place // PHOTOGRAPHS_OF_A_DOG
    folder = root / f"{2005 + dog // 6250}" / f"{dog % 12 + 1:02}"
    return folder / f"{BREEDS_IN_NAMES[dog % len(BREEDS_IN_NAMES)]}_{dog:06}_{place % PHOTOGRAPHS_OF_A_DOG}.jpg"


def _animal(place: int) -> str:
    dog = place // PHOTOGRAPHS_OF_A_DOG
    return f"{BREEDS_IN_NAMES[dog % len(BREEDS_IN_NAMES)]}_{dog:06}"


def _answers(info: BundleInfo) -> Iterator[tuple[object, ...]]:
    random = np.random.default_rng(0)
    for place in range(DIFFERENT):
        scores = random.normal(0, 1, len(info.labels))
        scores[place % len(info.labels)] += 9 * random.random()
        probabilities = (np.exp(scores) / np.exp(scores).sum()).astype(np.float32)
        prediction = Prediction(probabilities, 1.0 if place % 20 else 0.0)
        verdict = decide(prediction, info)
        best = verdict.candidates[0]
        yield (
            *(verdict.status.value, best.label, best.probability, doubt_of(verdict, info), prediction.subject),
            probabilities.tobytes(),
        )


def _pictures() -> Iterator[bytes]:
    x, y = np.meshgrid(np.linspace(0, 255, 96), np.linspace(0, 255, 72))
    for shift in range(32):
        out = io.BytesIO()
        pixels = np.stack([x, y, (255 - x + 8 * shift) % 256], axis=-1).astype(np.uint8)
        Image.fromarray(pixels).save(out, "JPEG", quality=70)
        yield out.getvalue()


# Measured


def timed(what: str, do: Callable[[], object], limit_s: float | None = None, tries: int = TRIES) -> None:
    """Print the longest of several tries, and the processor's time of it; `!` where that alone is over the limit.

    On a busy machine the first is longer, the second stays.
    """
    longest = worked = 0.0
    for _ in range(tries):
        gc.collect()
        began, began_work = time.perf_counter(), time.process_time()
        do()
        longest, worked = max(longest, time.perf_counter() - began), max(worked, time.process_time() - began_work)
    mark = "" if limit_s is None else "ok" if worked <= limit_s else f"! over {limit_s} s"
    print(f"{what:48}{longest * 1000:9.0f} ms {worked * 1000:9.0f} ms  {mark}", flush=True)


def measure_core(path: Path) -> None:
    """Without a window: what its lists, counts and exports ask."""
    from core.figures import figures
    from core.library import Library

    info = find_model(None).info
    with closing(Library(path)) as library:
        database = library.database
        timed("the library opened and checked", lambda: Database(path).close(), 2.0)
        timed("the runs listed", lambda: runs(database), 0.2)
        run = runs(database)[0]
        review = Review(database, run.id, run.fingerprint, info)
        timed("the first list (most doubtful first)", lambda: review.numbers(), 2.0, tries=1)
        timed("made ready for a search, behind the rows", review.prepare, 2.0, tries=1)
        measure_filters(review, info)
        for order in Order:
            for reverse in (False, True):
                what = f"sorted by {order.value}{' backwards' if reverse else ''}"
                timed(what, partial(review.numbers, Filter(), order, reverse), 0.2)
        numbers = review.numbers()
        timed("100 rows in sight", lambda: review.rows(numbers[250_000:250_100]), 0.2)
        row = review.rows(numbers[:1])[0]
        timed("the animal of a row", lambda: review.animal_of(row), 0.2)
        timed("the breeds and their counts", lambda: review.breeds(), 0.2)
        timed("the animals' names", lambda: review.names_of_animals(), 0.2)
        word = Correction(Kind.BREED, info.labels[3].id, info.labels[3].en, "ada")
        assert row.photograph is not None
        photograph = row.photograph
        timed("a word kept", lambda: library.label({photograph: word}), 0.2)
        timed("the list after it", lambda: review.numbers(Filter(reviewed=False)), 0.2)
        timed("undone", lambda: library.undo(), 0.2)
        timed("the figures, in the background", lambda: figures(review), tries=1)
        timed("the first row of an export", lambda: next(review.photographs()), 1.0)
        timed("the first animal of an export", lambda: next(review.animals()), 1.0)
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 1_000_000} MB")


def measure_filters(review: Review, info: BundleInfo) -> None:
    for status in Status:
        wanted = Filter(statuses=frozenset({status}))
        timed(f"only “{status.value}”", partial(review.numbers, wanted), 0.2)
    timed("one breed", lambda: review.numbers(Filter(label=info.labels[7].id)), 0.2)
    timed("one animal", lambda: review.numbers(Filter(animal=_animal(40_000))), 0.2)
    timed("reviewed", lambda: review.numbers(Filter(reviewed=True)), 0.2)
    timed("still to review", lambda: review.numbers(Filter(reviewed=False)), 0.2)
    timed("said: mixed", lambda: review.numbers(Filter(said="mixed")), 0.2)
    for words in ("rex", "medor", "terrier", "0412", "rex beagle", "zzz"):
        timed(f"search “{words}”", partial(review.numbers, Filter(words=words)), 0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--vector-bytes", type=int, default=2560)
    parser.add_argument("--keep", type=Path, help="a folder for the library, used again when it is there")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shelterlens-big-") as place:
        home = wanted.keep or Path(place)
        home.mkdir(exist_ok=True)
        os.environ["SHELTERLENS_HOME"] = str(home)
        save_settings(Settings(language="en", theme="light"))
        path = library_path()
        if not path.exists():
            began = time.perf_counter()
            make_library(path, wanted.rows, wanted.vector_bytes)
            print(f"made in {time.perf_counter() - began:.0f} s")
        size = sum(part.stat().st_size for part in home.glob("library.sqlite*"))
        print(f"a library of {wanted.rows:,} photographs, {size / 1e9:.2f} GB; load {os.getloadavg()}")
        print(f"{'':48}{'longest':>12} {'processor':>12}")
        measure_core(path)
        if os.environ.get("DISPLAY"):
            from tests.bench.big_library_window import measure_window

            measure_window()
        print(f"load {os.getloadavg()}")


if __name__ == "__main__":
    main()
