"""Shelterlens among those that `make bench` measures, and the bound that decoding and inference alone set."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from core.batch import Batch
from core.bundles import Bundle, load_bundle
from core.database import Database
from core.inference import Network
from core.machine import native_silence, usable_processors
from core.network_sets import NetworkSets
from core.photos import open_photo
from core.records import Floats, Status


class Shelterlens:
    """A folder's photographs as `classify` and the window answer them, with a library that knows none of them yet."""

    def __init__(self, model: Path) -> None:
        self._bundle = load_bundle(model)
        self._sets = NetworkSets(self._bundle)
        self._home = tempfile.TemporaryDirectory(prefix="shelterlens-bench-home-")
        self._homes = 0

    def answer(self, paths: Sequence[Path], again: bool) -> None:
        self._homes += not again
        library = Database(Path(self._home.name) / f"{self._homes}.sqlite")
        try:
            answered = list(Batch(self._bundle, library, sets=self._sets).answers(paths))
        finally:
            library.close()
        if [one.path for one in answered] != list(paths):
            raise RuntimeError("answers are missing")
        if any(one.verdict.status is Status.UNREADABLE for one in answered):
            raise RuntimeError("a photograph could not be read")
        if {one.is_known for one in answered} != {again}:
            raise RuntimeError(f"{sum(one.is_known for one in answered)} of {len(answered)} answers were known")


class Bound:
    """All processors decode and do nothing else; then all run networks and do nothing else, not even cut out inputs."""

    def __init__(self, model: Path) -> None:
        self._bundle = load_bundle(model)
        self._least_px = max(backbone.size_px for backbone in self._bundle.info.backbones)
        self._of_thread = threading.local()
        self._pool = ThreadPoolExecutor(usable_processors())
        with native_silence():
            list(self._pool.map(lambda _: self._infer(), range(usable_processors())))

    def answer(self, paths: Sequence[Path], again: bool) -> dict[str, float]:
        return {
            "decoding": self._timed(lambda path: open_photo(path, self._least_px), paths),
            "inference": self._timed(lambda _: self._infer(), paths),
        }

    def _timed(self, work: Callable[[Path], object], paths: Iterable[Path]) -> float:
        began = time.perf_counter()
        for _ in self._pool.map(work, paths):
            pass
        return time.perf_counter() - began

    def _infer(self) -> None:
        if not hasattr(self._of_thread, "passes"):
            self._of_thread.passes = list(_passes(self._bundle))
        for network, values in self._of_thread.passes:
            network(values)


def _passes(bundle: Bundle) -> Iterable[tuple[Network, Floats]]:
    """Each pass of a photograph through a network, with something to look at."""
    rng = np.random.default_rng(0)
    for backbone in bundle.info.backbones:
        output = (backbone.rows, backbone.columns, backbone.channels)
        network = Network(bundle.network_path(backbone), backbone.size_px, output, threads=1)
        side = backbone.size_px
        values = rng.uniform(0, 255, (1, side, side, 3)).astype(np.float32)
        yield from [(network, values)] * len(backbone.views)
