"""Networks for several threads: as many copies as the memory allows, and who is urgent comes first."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import core.network_sets
from core.bundles import Bundle
from core.errors import BundleError
from core.inference import Classifier
from core.network_sets import NetworkSets, lent_at_once, most_sets, threads_of_each
from tests.bundle_factory import make_bundle

PATIENCE_S = 60.0


@pytest.fixture
def four_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.network_sets, "usable_processors", lambda: 4)


def allow(bundle: Bundle, copies: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the memory be enough for so many copies."""
    size = sum(bundle.network_path(backbone).stat().st_size for backbone in bundle.info.backbones)
    monkeypatch.setattr(core.network_sets, "_MOST_BYTES", int(copies * 8 * size))


@pytest.mark.usefixtures("four_processors")
@pytest.mark.parametrize(("copies", "sets", "threads"), [(0.5, 1, 4), (1.5, 1, 4), (2.0, 2, 2), (9.0, 4, 1)])
def test_memory_and_processors_decide(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, copies: float, sets: int, threads: int
) -> None:
    allow(tiny_bundle, copies, monkeypatch)
    assert (most_sets(tiny_bundle), threads_of_each(tiny_bundle)) == (sets, threads)


@pytest.mark.parametrize(("processors", "lent"), [(2, 1), (4, 1), (8, 2), (16, 2)])
def test_networks_take_turns_where_processors_would_stand_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processors: int, lent: int
) -> None:
    monkeypatch.setattr(core.network_sets, "usable_processors", lambda: processors)
    bundle = make_bundle(tmp_path / "two", networks=2)
    allow(bundle, 1, monkeypatch)
    assert (most_sets(bundle), threads_of_each(bundle), lent_at_once(bundle)) == (1, min(4, processors), lent)


def test_one_set_serves_two_photographs_by_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.network_sets, "usable_processors", lambda: 8)
    bundle = make_bundle(tmp_path / "two", networks=2)
    allow(bundle, 1, monkeypatch)
    sets = NetworkSets(bundle)
    with sets.borrowed() as first, sets.borrowed() as second:
        assert first is second and sets.made == 1


@pytest.mark.usefixtures("four_processors")
def test_copies_are_made_when_they_are_needed(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(tiny_bundle, 2, monkeypatch)
    sets = NetworkSets(tiny_bundle)
    assert sets.made == 0
    for _ in range(3):
        with sets.borrowed():
            assert sets.made == 1
    with sets.borrowed() as first, sets.borrowed() as second:
        assert first is not second and sets.made == 2


def test_one_that_is_there_is_used(tiny_bundle: Bundle) -> None:
    here = Classifier(tiny_bundle, threads=1)
    with NetworkSets(tiny_bundle, here).borrowed() as lent:
        assert lent is here


def test_who_is_urgent_does_not_wait_and_others_do(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(tiny_bundle, 1, monkeypatch)
    sets, order = NetworkSets(tiny_bundle), list[str]()
    has_it, may_end = threading.Event(), threading.Event()

    def window() -> None:
        with sets.borrowed(is_urgent=True):
            has_it.set()
            may_end.wait(PATIENCE_S)
            order.append("window")

    def folder() -> None:
        with sets.borrowed():
            order.append("folder")

    threads = [threading.Thread(target=work) for work in (window, folder)]
    with sets.borrowed():
        threads[0].start()
        assert has_it.wait(PATIENCE_S)
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert order == ["window", "folder"] and sets.made == 1


def test_a_broken_network_is_said_every_time(tiny_bundle: Bundle, tiny_folder: Path) -> None:
    bundle = Bundle(tiny_bundle.info, tiny_folder, tiny_bundle.kernel, tiny_bundle.bias)
    bundle.network_path(bundle.info.backbones[0]).write_bytes(b"TFL3" * 100)
    sets = NetworkSets(bundle)
    for _ in range(2):
        with pytest.raises(BundleError):
            sets.prepare()
    assert sets.made == 0
