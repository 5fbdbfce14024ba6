"""The networks of one model, in as many copies as the memory allows, lent to whoever has a photograph ready for them.

Where there are more processors than one network can use, a set serves several photographs at a time, and its networks
take turns: while one looks at this photograph, another looks at that. Measured on two cores with "dogs": two sets of
one thread take 690 MB; one set takes 340 MB and answers, lent to one photograph at a time with two threads for each
network, for 17.2 small photographs and 13.0 of 12 megapixels a second; by turns with one thread for 13.6 and 13.5.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from core.bundles import Bundle
from core.inference import MOST_THREADS, Classifier
from core.machine import native_silence, usable_processors

# What all copies may take together, and how much that is for each byte of a network's file.
_MOST_BYTES = 450_000_000
_GROWTH = 8
# Two at a time would mix up whose stderr is silent.
_MAKING = threading.Lock()


class _Set:
    """One copy, and to how many it is lent."""

    def __init__(self, classifier: Classifier | None = None) -> None:
        self.classifier = classifier
        self.lent = 0


class NetworkSets:
    """Classifiers of one bundle for several threads, each made when it is first needed.

    Raises BundleError, when one is borrowed and in `prepare`, where a network cannot be used.
    """

    def __init__(self, bundle: Bundle, first: Classifier | None = None) -> None:
        """`first` is a classifier that is there already and serves as one of the sets."""
        self.bundle = bundle
        self._changed = threading.Condition()
        self._sets = [_Set(first)] if first else []
        self._urgent = 0

    @cached_property
    def _most(self) -> int:
        return most_sets(self.bundle)

    @property
    def least_px(self) -> int:
        """The short side that a photograph should keep when it is opened smaller."""
        return max(backbone.size_px for backbone in self.bundle.info.backbones)

    @property
    def made(self) -> int:
        """How many there are in memory."""
        return len(self._sets)

    def prepare(self) -> None:
        """Make the first one now."""
        with self.borrowed():
            pass

    @contextmanager
    def borrowed(self, is_urgent: bool = False) -> Iterator[Classifier]:
        """A set that is not lent to more than it serves well; who is urgent gets one at once all the same, and nobody
        else a new one until then.
        """
        taken = self._taken(is_urgent)
        try:
            if taken.classifier is None:
                self._make(taken)
            assert taken.classifier is not None
            yield taken.classifier
        finally:
            with self._changed:
                taken.lent -= 1
                self._urgent -= is_urgent
                self._changed.notify_all()

    def _taken(self, is_urgent: bool) -> _Set:
        """The set that is lent least, as soon as there is one; without a classifier when the caller is to make it."""
        with self._changed:
            self._urgent += is_urgent
            try:
                while (free := self._free(is_urgent)) is None:
                    self._changed.wait()
            except BaseException:
                self._urgent -= is_urgent
                raise
            free.lent += 1
            return free

    def _free(self, is_urgent: bool) -> _Set | None:
        if self._urgent and not is_urgent:
            return None
        ready = [one for one in self._sets if one.classifier is not None]
        least = min(ready, key=lambda one: one.lent, default=None)
        if least is not None and (is_urgent or not least.lent):
            return least
        if not self._sets or len(self._sets) < self._most:
            self._sets.append(_Set())
            return self._sets[-1]
        return least if least is not None and least.lent < lent_at_once(self.bundle) else None

    def _make(self, taken: _Set) -> None:
        try:
            with _MAKING, native_silence():
                made = Classifier(self.bundle, threads_of_each(self.bundle))
        except BaseException:
            with self._changed:
                self._sets.remove(taken)
                self._changed.notify_all()
            raise
        with self._changed:
            taken.classifier = made
            self._changed.notify_all()


def most_sets(bundle: Bundle) -> int:
    """How many copies of a model's networks to have at most: one for each processor, if the memory allows."""
    return max(1, min(usable_processors(), _MOST_BYTES // max(1, _GROWTH * sum(_sizes(bundle)))))


def threads_of_each(bundle: Bundle) -> int:
    """How many threads each network of a set gets: the processors that this set has for itself, as far as they help."""
    return min(MOST_THREADS, math.ceil(usable_processors() / most_sets(bundle)))


def lent_at_once(bundle: Bundle) -> int:
    """To how many photographs a set is lent at a time: more only where processors would stand idle otherwise."""
    busy = most_sets(bundle) * threads_of_each(bundle)
    return max(1, min(len(bundle.info.backbones), usable_processors() // busy))


def _sizes(bundle: Bundle) -> list[int]:
    return [bundle.network_path(backbone).stat().st_size for backbone in bundle.info.backbones]
