"""What a bundle sees in a folder is what the user's program would see, looked at once."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.bundles import Bundle, View
from core.inference import Classifier
from core.photos import open_photo
from tests.bundle_factory import make_bundle
from training.judge import look


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    """A red, a green and a blue one with a dark half, so that views differ."""
    paths = []
    for place, colour in enumerate(("red", "green", "blue")):
        pixels = np.zeros((40, 60, 3), np.uint8)
        pixels[:, 25:, place] = 200
        path = tmp_path / "photos" / colour / f"{place}.png"
        path.parent.mkdir(parents=True)
        Image.fromarray(pixels).save(path)
        paths.append(path)
    return paths


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return make_bundle(tmp_path / "colours", views=(View.WHOLE, View.FOCUS), networks=2)


def no_network(*_: object) -> None:
    raise AssertionError("a network was started")


def test_the_embedding_is_that_of_prediction(bundle: Bundle, photographs: list[Path], tmp_path: Path) -> None:
    found = look(bundle, photographs, tmp_path / "looks")
    assert found.names == ("red/0.png", "green/1.png", "blue/2.png")
    assert set(found.views) == {(network, view) for network in ("cells", "cells1") for view in ("whole", "focus")}
    classifier = Classifier(bundle)
    wanted = np.stack([classifier.features(open_photo(path)).embedding for path in photographs])
    assert found.embedding(bundle) == pytest.approx(wanted, abs=1e-5)
    assert not np.allclose(found.views["cells", "whole"], found.views["cells", "focus"], atol=0.02)


def test_the_second_look_starts_no_network(
    bundle: Bundle, photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = look(bundle, photographs, tmp_path / "looks")
    monkeypatch.setattr("training.judge.Classifier", no_network)
    again = look(bundle, photographs, tmp_path / "looks")
    assert again.names == first.names
    assert np.array_equal(again.embedding(bundle), first.embedding(bundle))


def test_other_photographs_and_other_views_are_looked_at_anew(
    bundle: Bundle, photographs: list[Path], tmp_path: Path
) -> None:
    look(bundle, photographs, tmp_path / "looks")
    assert look(bundle, photographs[:1], tmp_path / "looks").names == ("red/0.png",)
    other = make_bundle(tmp_path / "others", views=(View.CENTRE,), networks=2)
    assert set(look(other, photographs, tmp_path / "looks").views) == {("cells", "centre"), ("cells1", "centre")}
    assert len(list((tmp_path / "looks").iterdir())) == 3


def test_an_unreadable_photograph_is_left_out_and_logged(
    bundle: Bundle, photographs: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    photographs[1].write_bytes(b"no photograph")
    with caplog.at_level(logging.WARNING, "training.judge"):
        found = look(bundle, photographs, tmp_path / "looks")
    assert found.names == ("red/0.png", "blue/2.png")
    assert len(found.embedding(bundle)) == 2
    assert any(str(photographs[1]) in record.message for record in caplog.records if record.name == "training.judge")
