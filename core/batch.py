"""Many photographs, one answer each: on all processors, in the order given, with memory for only a few at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import cast

from core.bundles import Bundle
from core.errors import PhotoError
from core.inference import Classifier
from core.machine import native_silence, usable_processors
from core.photos import open_photo
from core.records import Verdict
from core.verdicts import decide, unreadable

# How far the workers may run ahead of a slow photograph, in photographs for each worker.
_AHEAD = 4
# More decode no faster and hold a network and a picture each.
_MOST_WORKERS = 16


class Batch:
    """One model, ready to answer for many photographs. Raises BundleError when its networks cannot be used."""

    def __init__(self, bundle: Bundle, keep: int, workers: int | None = None) -> None:
        """`keep` is how many candidates each answer keeps."""
        self._bundle = bundle
        self._keep = keep
        self._workers = workers or min(usable_processors(), _MOST_WORKERS)
        self._of_thread = threading.local()
        self._spare: SimpleQueue[Classifier] = SimpleQueue()
        with native_silence():
            self._spare.put(Classifier(bundle, threads=1))

    def answers(self, paths: Iterable[Path]) -> Iterator[tuple[Path, Verdict]]:
        """Each path with its verdict, as soon as it and all before it are there; a bad file is a verdict too."""
        with ThreadPoolExecutor(self._workers, "batch") as pool:
            under_way: deque[tuple[Path, Future[Verdict]]] = deque()
            try:
                for path in paths:
                    under_way.append((path, pool.submit(self._verdict, path)))
                    if len(under_way) >= self._workers * _AHEAD:
                        yield _first_finished(under_way)
                while under_way:
                    yield _first_finished(under_way)
            finally:  # when the caller stops early, so does the work
                for _, future in under_way:
                    future.cancel()

    def _verdict(self, path: Path) -> Verdict:
        classifier = self._classifier()
        try:
            photo = open_photo(path, classifier.least_px)
            return decide(classifier.predict(photo), self._bundle.info, self._keep)
        except PhotoError as error:
            return unreadable(str(error))

    def _classifier(self) -> Classifier:
        """One for each thread: sharing one, they would take turns."""
        if not hasattr(self._of_thread, "classifier"):
            try:
                self._of_thread.classifier = self._spare.get_nowait()
            except Empty:
                self._of_thread.classifier = Classifier(self._bundle, threads=1)
        return cast(Classifier, self._of_thread.classifier)


def _first_finished(under_way: deque[tuple[Path, Future[Verdict]]]) -> tuple[Path, Verdict]:
    path, future = under_way.popleft()
    return path, future.result()
