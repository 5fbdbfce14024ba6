"""Embeddings are made once, in a stable order, by the network file itself: here the cells with known mean colours."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.records import Floats
from tests.bundle_factory import tiny_network
from training.embed import Embeddings, embed, list_photographs
from training.views import view_input

BREEDS = ("n01-red", "n02-green", "n03-blue")


def paint(path: Path, colour: tuple[int, int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 30), colour).save(path)


class World:
    """Four photographs of each of three colours, and a network; `opened` tells which ones the network was shown."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dogs, self.store, self.network = root / "data" / "dogs", root / "store", root / "cells.tflite"
        self.network.write_bytes(tiny_network())
        for place, breed in enumerate(BREEDS):
            for n in range(4):
                paint(self.dogs / breed / f"{n}.png", tuple(50 * n + 60 if i == place else 10 for i in range(3)))  # type: ignore[arg-type]
        self.opened: list[str] = []

        def counted(path: Path, view: str, size_px: int) -> Floats:
            values = view_input(path, view, size_px)
            self.opened.append(path.relative_to(self.dogs.parent).as_posix())
            return values

        self.counted = counted
        monkeypatch.setattr("training.embed.view_input", counted)

    def embed(self, view: str = "centre") -> Embeddings:
        return embed(self.network, view, self.dogs, self.store)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_classes_take_turns(world: World) -> None:
    breeds = [path.parent.name for path in list_photographs(world.dogs)]
    assert breeds == list(BREEDS) * 4


def test_classes_that_run_out_leave_their_turn_to_the_others(world: World) -> None:
    for path in sorted((world.dogs / BREEDS[1]).iterdir())[1:]:
        path.unlink()
    breeds = [path.parent.name for path in list_photographs(world.dogs)]
    assert breeds == [*BREEDS, *[BREEDS[0], BREEDS[2]] * 3]


def test_the_order_is_shuffled_but_always_the_same(world: World, tmp_path: Path) -> None:
    order = [path.relative_to(world.dogs) for path in list_photographs(world.dogs)]
    copy = tmp_path / "copy"
    for path in sorted(order, reverse=True):
        paint(copy / path, (0, 0, 0))
    assert [path.relative_to(copy) for path in list_photographs(copy)] == order
    assert [path.relative_to(world.dogs) for path in list_photographs(world.dogs, seed=1)] != order
    numbers = [[path.stem for path in order if path.parent.name == breed] for breed in BREEDS]
    assert any(column != sorted(column) for column in numbers)


def test_the_order_is_not_the_one_in_which_a_disk_lists_its_files(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = list_photographs(world.dogs)
    for name in ("iterdir", "rglob"):
        real = getattr(Path, name)
        monkeypatch.setattr(Path, name, lambda *given, real=real: iter(sorted(real(*given), reverse=True)))
    assert list_photographs(world.dogs) == order
    assert list_photographs(world.dogs / BREEDS[0]) == sorted((world.dogs / BREEDS[0]).iterdir())


def test_a_folder_without_classes_is_read_by_name(tmp_path: Path) -> None:
    for name in ("b.png", "a.png"):
        paint(tmp_path / name, (0, 0, 0))
    assert [path.name for path in list_photographs(tmp_path)] == ["a.png", "b.png"]


def test_embeddings_are_what_the_network_makes_of_the_view(world: World) -> None:
    found = world.embed()
    assert found.names == tuple(f"dogs/{path.parent.name}/{path.name}" for path in list_photographs(world.dogs))
    for name, row in zip(found.names, found.values, strict=True):
        with Image.open(world.dogs.parent / name) as file:
            red, green, blue = (value / 255 for value in file.getpixel((0, 0)))  # type: ignore[union-attr]
        assert row == pytest.approx([red, green, blue, 1 - (red + green + blue) / 3], abs=2e-3)


def test_the_second_run_shows_the_network_nothing(world: World) -> None:
    first = world.embed()
    assert sorted(world.opened) == sorted(first.names)
    world.opened.clear()
    second = world.embed()
    assert world.opened == []
    assert second.names == first.names and np.array_equal(second.values, first.values)


def test_a_run_that_was_stopped_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.embed.PART", 5)
    eighth = list_photographs(world.dogs)[7]

    def stopped(path: Path, view: str, size_px: int) -> Floats:
        if path == eighth:
            raise KeyboardInterrupt
        return world.counted(path, view, size_px)

    with monkeypatch.context() as patch:
        patch.setattr("training.embed.view_input", stopped)
        with pytest.raises(KeyboardInterrupt):
            world.embed()
    world.opened.clear()
    found = world.embed()
    assert sorted(world.opened) == sorted(found.names[5:])
    assert found.names == tuple(f"dogs/{path.parent.name}/{path.name}" for path in list_photographs(world.dogs))


def test_views_and_networks_are_kept_apart(world: World) -> None:
    world.embed()
    world.embed(view="mirrored")
    world.network = world.network.rename(world.network.with_name("others.tflite"))
    world.embed()
    assert len(world.opened) == 3 * 12


def test_an_unreadable_photograph_is_left_out_and_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    broken = list_photographs(world.dogs)[4]
    broken.write_bytes(b"no photograph")
    with caplog.at_level(logging.WARNING, "training.embed"):
        found = world.embed()
    assert len(found.names) == len(found.values) == 11
    assert f"dogs/{broken.parent.name}/{broken.name}" not in found.names
    assert [record.message for record in caplog.records if str(broken) in record.message and "left out" in record.msg]
    world.opened.clear()
    assert world.embed().names == found.names
    assert world.opened == []


def test_a_part_in_which_nothing_can_be_read_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.embed.PART", 11)
    list_photographs(world.dogs)[-1].write_bytes(b"no photograph")
    assert len(world.embed().names) == 11


def test_where_nothing_can_be_read_at_all_it_says_so(tmp_path: Path, world: World) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.jpg").write_text("no photograph")
    with pytest.raises(ValueError, match="no photograph under"):
        embed(world.network, "centre", tmp_path / "notes", world.store)
