"""A new model answers for the library from the vectors that are kept, as it would for the photographs themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import reanswer as reanswering
from core.bundles import Bundle
from core.database import Database
from core.inference import Classifier, judge_many
from core.knowledge import Knowledge, Result, Stamp, as_kept
from core.reanswer import Waiting, reanswer, waiting
from core.records import Prediction
from core.served import ServedModel
from core.verdicts import decide

PHOTOGRAPHS = 450


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "library.sqlite")
    yield database
    database.close()


@pytest.fixture
def retrained(tiny_bundle: Bundle) -> Bundle:
    """The same network with another head: red is called green now, and it is surer."""
    info = tiny_bundle.info.model_copy(update={"version": "2.0.0"})
    return replace(tiny_bundle, info=info, kernel=tiny_bundle.kernel[:, [1, 0, 2]] * 2)


def tagged(bundle: Bundle, number: int, rng: np.random.Generator) -> Result:
    vector = as_kept(rng.random(4).astype(np.float32))
    probabilities, subjects = judge_many(bundle, vector[None])
    prediction = Prediction(probabilities[0], float(subjects[0]))
    return Result(
        *(number, Path(f"/photos/{number}.jpg"), "", decide(prediction, bundle.info)),
        content=f"{number:064x}", stamp=Stamp(number, 0), prediction=prediction, judged=True, vector=vector,
    )  # fmt: skip


@pytest.fixture
def results(database: Database, tiny_bundle: Bundle) -> list[Result]:
    """What the model said that was in use before."""
    rng = np.random.default_rng(1)
    results = [tagged(tiny_bundle, number, rng) for number in range(PHOTOGRAPHS)]
    Knowledge(database, tiny_bundle).keep(results)
    return results


def answers(database: Database, bundle: Bundle, results: list[Result]) -> list[Prediction | None]:
    known = Knowledge(database, bundle).at_paths([(one.path, one.stamp) for one in results if one.stamp])
    return [one.prediction if one else None for one in known]


def test_every_photograph_with_a_vector_gets_the_answer_that_the_model_would_give(
    database: Database, tiny_bundle: Bundle, retrained: Bundle, results: list[Result]
) -> None:
    assert waiting(database, tiny_bundle) == Waiting(0, 0)
    assert waiting(database, retrained) == Waiting(PHOTOGRAPHS, 0)
    told: list[tuple[int, int]] = []
    assert reanswer(database, retrained, lambda *far: told.append(far), lambda: False) == PHOTOGRAPHS
    assert told == [(0, 450), (200, 450), (400, 450), (450, 450)]
    for result, new in zip(results, answers(database, retrained, results), strict=True):
        assert result.vector is not None and new is not None
        probabilities, subjects = judge_many(retrained, result.vector[None])
        np.testing.assert_allclose(new.probabilities, probabilities[0], rtol=1e-5)
        assert new.subject == pytest.approx(subjects[0])
    # What the other model said is there as before, and a second time there is nothing to do.
    old = answers(database, tiny_bundle, results)
    assert all(one is not None for one in old) and waiting(database, retrained) == Waiting(0, 0)
    assert reanswer(database, retrained, lambda *_: None, lambda: False) == 0


def test_it_stops_between_batches_and_goes_on(database: Database, retrained: Bundle, results: list[Result]) -> None:
    done: list[int] = []
    assert reanswer(database, retrained, lambda far, _: done.append(far), lambda: len(done) >= 2) == 200
    assert waiting(database, retrained) == Waiting(250, 0)
    assert reanswer(database, retrained, lambda *_: None, lambda: False) == 250


def test_other_networks_and_damaged_vectors_are_left_alone(
    database: Database, tiny_bundle: Bundle, retrained: Bundle, results: list[Result]
) -> None:
    with database.writing() as connection:
        connection.execute("UPDATE vectors SET vector = x'00' WHERE photograph = 3")
    assert reanswer(database, retrained, lambda *_: None, lambda: False) == PHOTOGRAPHS - 1
    small = tiny_bundle.info.backbones[0].model_copy(update={"size_px": 24})
    other = replace(retrained, info=retrained.info.model_copy(update={"backbones": (small,), "version": "3.0.0"}))
    assert waiting(database, other) == Waiting(0, PHOTOGRAPHS)
    assert reanswer(database, other, lambda *_: None, lambda: False) == 0


def test_the_process_beside_the_window_does_it(
    database: Database, tmp_path: Path, tiny_bundle: Bundle, results: list[Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as connection:
        connection.execute("DELETE FROM answers")
    served = ServedModel(Classifier(tiny_bundle))
    assert served.reanswer_progress() is None
    served.stop_reanswering()  # nothing runs: nothing is stopped
    monkeypatch.setattr(reanswering, "_AT_ONCE", 100)
    assert served.reanswer(tmp_path / "library.sqlite") == PHOTOGRAPHS
    assert served.reanswer_progress() == (PHOTOGRAPHS, PHOTOGRAPHS)
