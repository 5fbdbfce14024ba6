"""What the library knows for a model: what decides a vector, what decides an answer, and what is kept of both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.bundles import Bundle
from core.database import Database
from core.fingerprints import backbones_fingerprint, model_fingerprint
from core.inference import judge_many
from core.knowledge import Knowledge, Result, Stamp, as_kept, doubt_of
from core.records import Prediction, Status, Verdict
from core.verdicts import decide
from tests.bundle_factory import make_bundle

STAMP = Stamp(1000, 1_700_000_000_000_000_000)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "library.sqlite")
    yield database
    database.close()


def result(
    bundle: Bundle, path: Path, content: str = "a" * 64, embedding: tuple[float, ...] = (0.9, 0.1, 0, 0)
) -> Result:
    """What the networks might have said of a photograph."""
    vector = as_kept(np.array(embedding, np.float32))
    probabilities, subjects = judge_many(bundle, vector[None])
    prediction = Prediction(probabilities[0], float(subjects[0]))
    return Result(
        *(0, path, "", decide(prediction, bundle.info)),
        content=content, stamp=STAMP, prediction=prediction, judged=True, vector=vector, thumbnail=b"\xff\xd8\xff",
    )  # fmt: skip


def test_a_file_is_known_by_path_size_and_time(database: Database, tiny_bundle: Bundle, tmp_path: Path) -> None:
    knowledge, path = Knowledge(database, tiny_bundle), tmp_path / "rex.jpg"
    kept = result(tiny_bundle, path)
    (number,) = knowledge.keep([kept])
    (known,) = knowledge.at_paths([(path, STAMP)])
    assert known is not None and known.prediction is not None and kept.prediction is not None
    assert (known.photograph, known.content) == (number, "a" * 64)
    assert known.prediction.probabilities.tolist() == kept.prediction.probabilities.tolist()
    assert known.prediction.subject == kept.prediction.subject
    others = [(path, Stamp(1001, STAMP.modified_ns)), (path, Stamp(1000, 0)), (tmp_path / "other.jpg", STAMP)]
    assert knowledge.at_paths(others) == [None, None, None]


def test_another_head_finds_the_vector_and_other_networks_find_nothing(
    database: Database, tiny_bundle: Bundle, tmp_path: Path
) -> None:
    kept = result(tiny_bundle, tmp_path / "rex.jpg")
    Knowledge(database, tiny_bundle).keep([kept])
    retrained = Knowledge(database, make_bundle(tmp_path / "other", version="2.0.0")).of_content("a" * 64)
    assert retrained is not None and retrained.prediction is None and retrained.vector is not None
    assert kept.vector is not None and retrained.vector.tolist() == kept.vector.tolist()
    different = Knowledge(database, make_bundle(tmp_path / "two", networks=2)).of_content("a" * 64)
    assert different is not None and different.prediction is None and different.vector is None


def test_kept_twice_is_kept_once(database: Database, tiny_bundle: Bundle, tmp_path: Path) -> None:
    knowledge = Knowledge(database, tiny_bundle)
    same = [result(tiny_bundle, tmp_path / name) for name in ("a.jpg", "b.jpg", "a.jpg")]
    assert len(set(knowledge.keep(same))) == 1
    with database.reading() as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("files", "photographs", "vectors", "answers", "thumbnails", "models", "backbones")
        ]
    assert counts == [2, 1, 1, 1, 1, 1, 1]


def test_all_of_it_is_kept_or_nothing(database: Database, tiny_bundle: Bundle, tmp_path: Path) -> None:
    knowledge = Knowledge(database, tiny_bundle)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        knowledge.keep([result(tiny_bundle, tmp_path / "rex.jpg")], fail)
    assert knowledge.of_content("a" * 64) is None


def test_what_decides_a_model_and_what_decides_a_vector(tiny_bundle: Bundle, tmp_path: Path) -> None:
    same, newer = make_bundle(tmp_path / "colours"), make_bundle(tmp_path / "new" / "colours", version="2.0.0")
    assert model_fingerprint(same.info) == model_fingerprint(tiny_bundle.info) != model_fingerprint(newer.info)
    assert backbones_fingerprint(same) == backbones_fingerprint(newer)
    assert backbones_fingerprint(make_bundle(tmp_path / "two", networks=2)) != backbones_fingerprint(same)
    hidden = {"cells": np.ones((4, 4), np.float32)}
    layered = Bundle(same.info, same.folder, same.kernel, same.bias, hidden=hidden)
    assert backbones_fingerprint(layered) != backbones_fingerprint(same)


def test_many_are_judged_as_one_is(tiny_bundle: Bundle) -> None:
    vectors = np.random.default_rng(0).random((9, 4)).astype(np.float32)
    probabilities, subjects = judge_many(tiny_bundle, vectors)
    for vector, values, subject in zip(vectors, probabilities, subjects, strict=True):
        alone, its_subject = judge_many(tiny_bundle, vector[None])
        assert alone[0] == pytest.approx(values, abs=1e-6)
        assert its_subject[0] == pytest.approx(subject, abs=1e-6)
    assert probabilities.sum(axis=1) == pytest.approx(1)


def test_vectors_too_large_for_their_place_stay_finite() -> None:
    assert as_kept(np.array([1e9, -1e9, 0.1], np.float32)).tolist() == [65504, -65504, np.float32(np.float16(0.1))]


def test_doubt(tiny_bundle: Bundle) -> None:
    info = tiny_bundle.info
    sure = decide(Prediction(np.array([0.9, 0.1, 0], np.float32), 1.0), info)
    assert doubt_of(sure, info) == pytest.approx(0.1)
    assert doubt_of(Verdict(Status.NOT_A_DOG, sure.candidates, subject=0.2), info) == pytest.approx(0.25)
    assert doubt_of(Verdict(Status.NOT_A_DOG, sure.candidates, subject=0.0), info) == 0
