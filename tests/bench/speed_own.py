"""Shelterlens among those that `make bench` measures, and the bound that decoding and inference alone set."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from core.batch import Batch
from core.bundles import Bundle, load_bundle
from core.database import Database
from core.inference import Classifier, Network
from core.machine import native_silence, usable_processors
from core.network_sets import NetworkSets
from core.photos import open_photo
from core.records import Floats, Status


class Shelterlens:
    """A folder's photographs as `classify` and the window answer them, with a library that is new and learns them."""

    def __init__(self, model: Path) -> None:
        self._bundle = load_bundle(model)
        self._sets = NetworkSets(self._bundle)
        self._begin()

    def _begin(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="shelterlens-bench-home-")
        self._library = Database(Path(self._home.name) / "library.sqlite")

    def forget(self) -> None:
        """Go on with a new library, in a new folder."""
        self._library.close()
        self._home.cleanup()
        self._begin()

    def answer(self, paths: Sequence[Path], again: bool) -> None:
        answered = list(Batch(self._bundle, self._library, sets=self._sets).answers(paths))
        if [one.path for one in answered] != list(paths):
            raise RuntimeError("answers are missing")
        if any(one.verdict.status is Status.UNREADABLE for one in answered):
            raise RuntimeError("a photograph could not be read")
        if {one.is_known for one in answered} != {again}:
            raise RuntimeError(f"{sum(one.is_known for one in answered)} of {len(answered)} answers were known")


class Bound:
    """All processors decode and do nothing else; then all run networks and do nothing else, not even cut out inputs.

    For comparison, the whole of inference too: from the pixels to the prediction, with inputs and heads.
    """

    def __init__(self, model: Path) -> None:
        self._bundle = load_bundle(model)
        self._least_px = max(backbone.size_px for backbone in self._bundle.info.backbones)
        self._of_thread = threading.local()
        self._pool = ThreadPoolExecutor(usable_processors())

    def answer(self, paths: Sequence[Path], again: bool) -> dict[str, float]:
        with native_silence():  # every thread makes its own networks
            self._timed(lambda _: self._own, range(usable_processors()))
        photo = open_photo(paths[0], self._least_px)
        decoding = self._timed(lambda path: open_photo(path, self._least_px), paths)
        networks = self._timed(lambda _: [network(values) for network, values in self._own.passes], paths)
        inference = self._timed(lambda _: self._own.classifier.predict(photo), paths)
        return {"total": decoding + networks, "decoding": decoding, "networks": networks, "inference": inference}

    def _timed(self, work: Callable[[Any], object], items: Iterable[object]) -> float:
        began = time.perf_counter()
        for _ in self._pool.map(work, items):
            pass
        return time.perf_counter() - began

    @property
    def _own(self) -> _Own:
        """What this thread has for itself."""
        if not hasattr(self._of_thread, "own"):
            self._of_thread.own = _Own(list(_passes(self._bundle)), Classifier(self._bundle, threads=1))
        return cast(_Own, self._of_thread.own)


@dataclass(frozen=True)
class _Own:
    """One thread's networks: each pass that a photograph makes through them, and all of it as a classifier."""

    passes: list[tuple[Network, Floats]]
    classifier: Classifier


def _passes(bundle: Bundle) -> Iterator[tuple[Network, Floats]]:
    """Each pass of a photograph through a network, with something to look at."""
    rng = np.random.default_rng(0)
    for backbone in bundle.info.backbones:
        output = (backbone.rows, backbone.columns, backbone.channels)
        network = Network(bundle.network_path(backbone), backbone.size_px, output, threads=1)
        values = rng.uniform(0, 255, (1, backbone.size_px, backbone.size_px, 3)).astype(np.float32)
        yield from [(network, values)] * len(backbone.views)
