"""What Keras computes on: cards are named, precision is halved only where it pays, Windows users hear what works."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from training import devices
from training.devices import Card, Devices, can_halve, missing_card_hint
from training.telling import Silent

A4000, OLD = Card("NVIDIA RTX A4000", (8, 6)), Card("GeForce GTX 1080", (6, 1))


def test_cards_are_named() -> None:
    assert Devices((A4000,)).name == "NVIDIA RTX A4000"
    assert Devices((A4000, A4000)).name == "2 × NVIDIA RTX A4000"
    assert Devices((A4000, OLD)).name == "NVIDIA RTX A4000, GeForce GTX 1080"
    assert "processors" in Devices().name


def test_only_newer_cards_halve() -> None:
    assert can_halve(A4000) and not can_halve(OLD) and not can_halve(Card("Radeon"))


def test_windows_hears_of_wsl2() -> None:
    assert "WSL2" in missing_card_hint("Windows")
    assert missing_card_hint("Linux") == "" == missing_card_hint("Darwin")


class Heard(Silent):
    def __init__(self) -> None:
        self.devices: list[str] = []
        self.notes: list[str] = []

    def device(self, name: str) -> None:
        self.devices.append(name)

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def policy() -> Any:
    pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")
    import keras

    before = keras.config.dtype_policy()
    yield lambda: keras.config.dtype_policy().name
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(
    ("cards", "wanted", "found"),
    [
        ((), True, "float32"),
        ((A4000,), True, "mixed_float16"),
        ((A4000,), False, "float32"),
        ((A4000, OLD), True, "float32"),
    ],
)
def test_half_precision_is_for_cards(
    monkeypatch: pytest.MonkeyPatch, policy: Any, cards: tuple[Card, ...], wanted: bool, found: str
) -> None:
    monkeypatch.setattr(devices, "find_cards", lambda: cards)
    heard = Heard()
    chosen = devices.set_up(wanted, heard)
    assert policy() == found and chosen.is_mixed == (found != "float32") and heard.devices == [chosen.name]


def test_on_windows_without_a_card_a_note_says_what_works(monkeypatch: pytest.MonkeyPatch, policy: Any) -> None:
    monkeypatch.setattr(devices, "find_cards", lambda: ())
    monkeypatch.setattr("training.devices.platform.system", lambda: "Windows")
    heard = Heard()
    devices.set_up(True, heard)
    assert len(heard.notes) == 1 and "WSL2" in heard.notes[0]


def test_memory_grows_and_details_name_the_card(monkeypatch: pytest.MonkeyPatch, policy: Any) -> None:
    import tensorflow as tf

    grown = []

    def grow(device: Any, on: bool) -> None:
        grown.append((device.name, on))
        if device.name.endswith("1"):
            raise RuntimeError("Physical devices cannot be modified after being initialized")

    found = [SimpleNamespace(name=f"/physical_device:GPU:{n}") for n in range(2)]
    details = {"device_name": "NVIDIA RTX A4000", "compute_capability": (8, 6)}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: found)
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", grow)
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda device: details if device is found[0] else {}
    )
    assert devices.find_cards() == (A4000, Card("/physical_device:GPU:1"))
    assert grown == [(device.name, True) for device in found]


def test_several_cards_share_each_batch(monkeypatch: pytest.MonkeyPatch, policy: Any) -> None:
    import tensorflow as tf

    made = []
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: SimpleNamespace(scope=lambda: made.append(1)))
    Devices((A4000,)).scope()
    Devices().scope()
    assert made == []
    Devices((A4000, A4000)).scope()
    assert made == [1]
