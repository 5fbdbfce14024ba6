"""An object in a process of its own: answers, errors, death."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.errors import BundleError, UserError
from core.inputs import WHOLE
from core.processes import Elsewhere
from core.records import FeatureMap, Features, Photo, Prediction
from core.served import ServedModel, with_weights
from core.texts import language, set_language

AWAKE = threading.Event()


class Parrot:
    """What lives over there; it must be importable by its name."""

    def __init__(self, name: str) -> None:
        if name == "refused":
            raise BundleError("no such parrot")
        self.name = name

    def say(self, words: str) -> tuple[str, str, int]:
        return self.name, words, os.getpid()

    def language(self) -> str:
        return language()

    def refuse(self) -> None:
        raise BundleError("I would rather not")

    def fail(self) -> None:
        raise ZeroDivisionError("a mistake")

    def die(self) -> None:
        os._exit(3)

    def sleep(self) -> None:
        time.sleep(600)

    def wait(self) -> str:
        """Until another call says `wake`."""
        assert AWAKE.wait(60)
        return "awake"

    def wake(self) -> None:
        AWAKE.set()

    def give_what_cannot_be_sent(self) -> object:
        return lambda: None


@pytest.fixture
def parrot() -> Iterator[Elsewhere]:
    made = Elsewhere(Parrot, "Coco")
    yield made
    made.close()


def test_calls_are_answered_in_another_process(parrot: Elsewhere) -> None:
    name, words, process = parrot.call("say", "hello")
    assert (name, words) == ("Coco", "hello")
    assert process != os.getpid()


def test_errors_come_back_and_it_goes_on(parrot: Elsewhere) -> None:
    with pytest.raises(BundleError, match="rather not"):
        parrot.call("refuse")
    with pytest.raises(RuntimeError, match="ZeroDivisionError: a mistake"):
        parrot.call("fail")
    assert parrot.call("say", "still here")[1] == "still here"


def test_a_long_call_does_not_hold_up_another(parrot: Elsewhere) -> None:
    said: list[str] = []
    waiting = threading.Thread(target=lambda: said.append(parrot.call("wait")))
    waiting.start()
    assert parrot.call("say", "meanwhile")[1] == "meanwhile"
    assert said == []
    parrot.call("wake")
    waiting.join(60)
    assert said == ["awake"]


def test_many_callers_get_their_own_answers(parrot: Elsewhere) -> None:
    said: dict[int, str] = {}

    def ask(number: int) -> None:
        for _ in range(20):
            said[number] = parrot.call("say", f"{number}")[1]
            assert said[number] == f"{number}"

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert said == {number: f"{number}" for number in range(8)}


def test_what_cannot_be_sent_is_an_error_and_not_the_end(parrot: Elsewhere) -> None:
    with pytest.raises(RuntimeError, match="pickle"):
        parrot.call("give_what_cannot_be_sent")
    assert parrot.call("say", "still here")[1] == "still here"


def test_death_frees_all_who_wait(parrot: Elsewhere) -> None:
    parrot.call("say", "hello")
    said: list[str] = []

    def ask() -> None:
        try:
            parrot.call("sleep")
        except UserError as error:
            said.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    with pytest.raises(UserError, match="stopped unexpectedly"):
        parrot.call("die")
    for thread in threads:
        thread.join(20)
    assert len(said) == 3


def test_it_speaks_the_language_of_the_moment(parrot: Elsewhere) -> None:
    assert parrot.call("language") == "en"
    set_language("fr")
    assert parrot.call("language") == "fr"


def test_death_is_a_sentence(parrot: Elsewhere) -> None:
    with pytest.raises(UserError, match="stopped unexpectedly"):
        parrot.call("die")
    with pytest.raises(UserError, match="stopped unexpectedly"):
        parrot.call("say", "hello")
    assert not parrot.is_alive


def test_what_cannot_be_made_is_told_by_the_first_call() -> None:
    refused = Elsewhere(Parrot, "refused")
    with pytest.raises(BundleError, match="no such parrot"):
        refused.call("say", "hello")
    refused.close()


def test_closing_frees_who_waits() -> None:
    parrot = Elsewhere(Parrot, "Coco")
    parrot.call("say", "awake")
    said: list[str] = []

    def ask() -> None:
        try:
            parrot.call("sleep")
        except UserError as error:
            said.append(str(error))

    waiting = threading.Thread(target=ask)
    waiting.start()
    parrot.close()
    waiting.join(20)
    assert len(said) == 1


def test_weights_do_not_travel_with_every_prediction() -> None:
    hidden = np.arange(6, dtype=np.float32).reshape(3, 2)
    seen = FeatureMap("first", np.ones((2, 2, 3), np.float32), WHOLE, 0, 1.0, hidden)
    plain = FeatureMap("second", np.ones((2, 2, 3), np.float32), WHOLE, 2, 1.0)
    whole = Prediction(np.ones(1, np.float32), 1.0, Features(np.ones(5, np.float32), (seen, plain)))

    class Model:
        bundle = SimpleNamespace(hidden={"first": hidden}, tails={}, info=SimpleNamespace(backbones=[None]))

        def predict(self, photo: Photo) -> Prediction:
            return whole

    model: Any = Model()
    sent = ServedModel(model).predict(Photo(np.zeros((1, 1, 3), np.uint8), 1, 1))
    assert sent.features is not None
    assert [one.hidden for one in sent.features.maps] == [None, None]
    complete = with_weights(sent, model.bundle)
    assert complete.features is not None
    assert complete.features.maps[0].hidden is hidden
    assert complete.features.maps[0].pooled.tolist() == seen.pooled.tolist()
    assert complete.features.maps[1].hidden is None
    bare = Prediction(np.ones(1, np.float32), 1.0)
    assert with_weights(bare, model.bundle) is bare
