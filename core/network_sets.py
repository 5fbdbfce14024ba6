"""The networks of one model, in as many copies as the memory allows, lent to whoever has a photograph ready for them.

Measured on two cores with the model "dogs": one copy takes 340 MB, two 690 MB; one copy that uses both cores, while
other threads open photographs, gives 88 % of what two could at best.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from core.bundles import Bundle
from core.inference import MOST_THREADS, Classifier
from core.machine import native_silence, usable_processors

# What all copies may take together, and how much that is for each byte of a network's file.
_MOST_BYTES = 450_000_000
_GROWTH = 8


class NetworkSets:
    """Classifiers of one bundle for several threads, each made when it is first needed.

    Whoever borrows one has it alone. Raises BundleError, there and in `prepare`, when a network cannot be used.
    """

    def __init__(self, bundle: Bundle, first: Classifier | None = None) -> None:
        """`first` is a classifier that is there already and serves as one of the sets."""
        self.bundle = bundle
        self._changed = threading.Condition()
        self._spare: list[Classifier] = [first] if first else []
        self._made = len(self._spare)
        self._urgent = 0

    @property
    def least_px(self) -> int:
        """The short side that a photograph should keep when it is opened smaller."""
        return max(backbone.size_px for backbone in self.bundle.info.backbones)

    @property
    def made(self) -> int:
        """How many there are in memory."""
        return self._made

    def prepare(self) -> None:
        """Make the first one now."""
        with self.borrowed():
            pass

    @contextmanager
    def borrowed(self, is_urgent: bool = False) -> Iterator[Classifier]:
        """A set for this thread alone; who is urgent comes before all who are not."""
        classifier = self._taken(is_urgent)
        if classifier is None:
            try:
                classifier = self._new()
            except BaseException:
                with self._changed:
                    self._made -= 1
                    self._changed.notify_all()
                raise
        try:
            yield classifier
        finally:
            with self._changed:
                self._spare.append(classifier)
                self._changed.notify_all()

    def _taken(self, is_urgent: bool) -> Classifier | None:
        """A spare one, as soon as there is one; None when the caller is to make one, which counts as made."""
        with self._changed:
            self._urgent += is_urgent
            try:
                while True:
                    if is_urgent or not self._urgent:
                        if self._spare:
                            return self._spare.pop()
                        if not self._made or self._made < self._most:
                            self._made += 1
                            return None
                    self._changed.wait()
            finally:
                self._urgent -= is_urgent
                if is_urgent:
                    self._changed.notify_all()

    @property
    def _most(self) -> int:
        return most_sets(self.bundle)

    def _new(self) -> Classifier:
        with native_silence():
            return Classifier(self.bundle, threads_of_each(self.bundle))


def most_sets(bundle: Bundle) -> int:
    """How many copies of a model's networks to have at most: one for each processor, if the memory allows."""
    each = _GROWTH * sum(bundle.network_path(backbone).stat().st_size for backbone in bundle.info.backbones)
    return max(1, min(usable_processors(), _MOST_BYTES // max(1, each)))


def threads_of_each(bundle: Bundle) -> int:
    """How many threads one copy gets, so that all of them together use every processor."""
    return min(MOST_THREADS, ceil(usable_processors() / most_sets(bundle)))
