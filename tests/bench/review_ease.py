"""How long the window keeps its user waiting while 20,000 photographs of a folder are scrolled, filtered and labelled.

    python -m tests.bench.review_ease [ROWS]

The library is made up: rows, answers and one drawn picture as everybody's thumbnail, and a real model to name them. A
heartbeat every 5 ms measures the longest gap of the main loop in each part, and how long the part took until all was
still. Needs a display.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import tempfile
import time
import tkinter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROWS = 20_000
_BEAT_MS = 5
_ANIMALS_OF = 4


def make_library(path: Path, rows: int) -> None:
    """A run over `rows` photographs that never were, answered by the model in use."""
    from core.database import Database, path_bytes
    from core.fingerprints import model_fingerprint
    from core.knowledge import doubt_of
    from core.library import photograph_id
    from core.models import find_model
    from core.records import Prediction
    from core.runs import State, begin_run, end_run
    from core.verdicts import decide

    info, database = find_model(None).info, Database(path)
    run = begin_run(database, [path.parent / "twenty thousand"], info)
    random, jpeg = np.random.default_rng(0), _picture()
    with database.writing() as connection:
        model = connection.execute(
            "SELECT id FROM models WHERE fingerprint = ?", (model_fingerprint(info),)
        ).fetchone()[0]
        for place in range(rows):
            name = path.parent / "twenty thousand" / f"dog{place // _ANIMALS_OF}_{place % _ANIMALS_OF}.jpg"
            photograph = photograph_id(connection, f"{place:064x}", name)
            scores = random.normal(0, 1, len(info.labels))
            scores[place % len(info.labels)] += 6 * random.random()
            probabilities = (np.exp(scores) / np.exp(scores).sum()).astype(np.float32)
            prediction = Prediction(probabilities, 1.0 if place % 20 else 0.0)
            verdict = decide(prediction, info)
            best = verdict.candidates[0]
            connection.execute(
                "INSERT INTO answers(photograph, model, status, label, confidence, doubt, subject, probabilities) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(photograph, model, verdict.status.value, best.label, best.probability),
                    *(doubt_of(verdict, info), prediction.subject, probabilities.tobytes()),
                ),
            )
            connection.execute("INSERT INTO thumbnails(photograph, jpeg) VALUES (?, ?)", (photograph, jpeg))
            connection.execute(
                "INSERT INTO run_files(run, place, path, photograph, animal, reason) VALUES (?, ?, ?, ?, ?, '')",
                (run.id, place, path_bytes(name), photograph, f"dog{place // _ANIMALS_OF}"),
            )
    end_run(database, run, State.DONE)
    database.close()


def _picture() -> bytes:
    x, y = np.meshgrid(np.linspace(0, 255, 160), np.linspace(0, 255, 120))
    out = io.BytesIO()
    Image.fromarray(np.stack([x, y, 255 - x], axis=-1).astype(np.uint8)).save(out, "JPEG", quality=75)
    return out.getvalue()


class Heart:
    """Beats in the main loop; the longest gap since it was last asked."""

    def __init__(self, root: tkinter.Tk) -> None:
        self._root = root
        self._last = time.perf_counter()
        self.longest_s = 0.0
        self._beat()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now
        self._root.after(_BEAT_MS, self._beat)


def main(rows: int) -> None:
    from core.folders import library_path
    from core.settings import Settings
    from gui.app import open_window
    from gui.engine import Engine

    began = time.perf_counter()
    make_library(library_path(), rows)
    print(f"a library of {rows:,} rows made in {time.perf_counter() - began:.0f} s")
    shell = open_window(Settings(language="en", theme="light"), Engine())
    root, desk = shell.root, shell.folder_desk
    tab: Any = shell.folder_tab
    logging.disable(logging.WARNING)  # the files of these rows are not there, and each says so
    root.geometry("1280x690+0+0")
    root.update()
    heart = Heart(root)
    print(f"{'':44}longest gap   until still")

    def still() -> bool:
        view = tab.view
        return not (
            shell.background.busy or desk.glance._waiting or (view and (view._asking or view.thumbnails.is_busy))
        )

    def measure(what: str, do: Callable[[], object], then: Callable[[], bool] = still) -> None:
        heart.longest_s, heart._last = 0.0, time.perf_counter()
        began = time.perf_counter()
        do()
        root.update()
        while not then():
            root.update()
            time.sleep(0.0005)
        took = time.perf_counter() - began
        root.update()
        print(f"{what:44}{heart.longest_s * 1000:8.0f} ms{took * 1000:11.0f} ms", flush=True)

    shell.select(1)
    measure("the start: model, library, all rows", lambda: shell.start([]), lambda: bool(desk.rows.numbers) and still())
    view = tab.view
    assert view is not None

    def keys(key: str, times: int) -> Callable[[], None]:
        def press() -> None:
            for _ in range(times):
                tab.view.canvas.event_generate(key)
                root.update()

        return press

    tab.focus_rows()
    measure("50 pages down in the grid", keys("<Next>", 50))
    measure("to the end and back", lambda: (keys("<End>", 1)(), keys("<Home>", 1)()))
    measure("40 rows down, one after the other", keys("<Down>", 40))
    measure("the table instead", lambda: tab.use_grid(False))
    measure("50 pages down in the table", keys("<Next>", 50))
    measure("20 answers accepted one after the other", keys("<Return>", 20))
    measure("undone", keys("<Control-z>", 1))
    measure("only those of one breed", lambda: desk.apply(_of_breed(desk)))
    measure("all again", lambda: tab.bar.clear())
    measure("a word typed into the search", lambda: _type(tab.bar, "terrier"))
    measure("all again", lambda: tab.bar.clear())
    measure("sorted by breed", lambda: desk.sort(_order("BREED"), False))
    measure("sorted by doubt", lambda: desk.sort(_order("DOUBT"), False))
    measure("all chosen", desk.select_all)
    measure("all 20,000 accepted in one act", desk.labels.accept)
    measure("all of that undone", desk.labels.undo)
    shell.close()


def _of_breed(desk: Any) -> Any:
    from core.reviews import Filter

    return Filter(label=desk.review.info.labels[3].id)


def _order(name: str) -> Any:
    from core.reviews import Order

    return Order[name]


def _type(bar: Any, words: str) -> None:
    bar._words.set(words)
    bar._now_or_never()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHELTERLENS_HOME"] = home
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
