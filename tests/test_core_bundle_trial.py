"""Networks that would bring the program down are tried in a process of their own, and refused."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from core import bundle_trial
from core.bundles import (
    import_bundle,
    load_bundle,
)
from tests.bundle_factory import make_bundle, tiny_network
from tests.hostile_bundles import archive_of, files_of, refusal, set_network


def crash(model: Any) -> None:
    """A split without its options: the runtime reads them through a null pointer, and its process ends."""
    model.operatorCodes[0].builtinCode = model.operatorCodes[0].deprecatedBuiltinCode = schema.BuiltinOperator.SPLIT
    model.subgraphs[0].operators[0].builtinOptions = None
    model.subgraphs[0].operators[0].builtinOptionsType = schema.BuiltinOptions.NONE


def no_answers(model: Any) -> None:
    model.buffers[2].data = np.frombuffer(np.full(4, np.nan, np.float32).tobytes(), np.uint8)


def other_shape(model: Any) -> None:
    model.subgraphs[0].tensors[0].shape = [1, 64, 64, 3]
    model.subgraphs[0].tensors[3].shape = [1, 8, 8, 4]


def dangling(model: Any) -> None:
    model.subgraphs[0].operators[0].inputs = [0, 1, 999]


def enormous(model: Any) -> None:
    model.subgraphs[0].tensors[0].shape = [1, 100_000, 100_000, 3]


@pytest.fixture
def hostile(tiny_folder: Path) -> Callable[[bytes], str]:
    """Tries a model with these bytes as its network, every hash right, and gives the reason of the refusal."""

    def tried(data: bytes) -> str:
        set_network(tiny_folder, data)
        load_bundle(tiny_folder)  # nothing shows before it runs
        return refusal(lambda: bundle_trial.try_model(tiny_folder))

    return tried


def test_a_network_that_crashes_the_runtime_ends_only_its_trial(tiny_folder: Path, tmp_path: Path) -> None:
    into = tmp_path / "mine"
    kept = files_of(make_bundle(into / "colours").folder)
    set_network(tiny_folder, tiny_network(crash))
    archive = archive_of(tiny_folder, tmp_path / "x.shelterlens")
    assert "crashes" in refusal(lambda: import_bundle(archive, into))
    assert files_of(into / "colours") == kept and list(into.iterdir()) == [into / "colours"]


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (no_answers, "impossible answers"),
        (other_shape, "not the network"),
        (dangling, "damaged"),
        (enormous, "more than a network may have"),
    ],
)
def test_a_network_that_does_not_serve_is_refused(
    hostile: Callable[[bytes], str], tamper: Callable[[Any], None], reason: str
) -> None:
    assert reason in hostile(tiny_network(tamper))


def test_random_bytes_with_the_right_mark_are_refused(hostile: Callable[[bytes], str]) -> None:
    assert "cells.tflite" in hostile(b"\x1c\0\0\0TFL3" + np.random.default_rng(1).bytes(4000))


def test_a_network_that_takes_for_ever_is_given_up(tiny_folder: Path) -> None:
    assert "in time" in refusal(lambda: bundle_trial.try_model(tiny_folder, longest_s=0.0))


def test_a_trial_leaves_the_terminal_alone(tiny_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    set_network(tiny_folder, tiny_network(dangling))
    refusal(lambda: bundle_trial.try_model(tiny_folder))
    assert capfd.readouterr() == ("", "")  # nothing of the native code's own words in the terminal


def test_whatever_fails_in_a_trial_is_told_in_a_sentence(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(folder: Path) -> None:
        raise RuntimeError(f"kernels/conv.cc:396 in {folder} was not true\n" * 500)

    monkeypatch.setattr(bundle_trial, "_check_answer", failing)
    monkeypatch.setattr(bundle_trial, "_silence", lambda: None)
    answers, sender = multiprocessing.Pipe(duplex=False)
    with answers, sender:
        bundle_trial._answer_once(tiny_folder, "en", sender)
        sentence, detail = answers.recv_bytes(bundle_trial.MOST_ANSWER_BYTES).decode().split("\n")
    assert sentence == "A network of this model fails." and "conv.cc:396" in detail
