"""A new model answers for the photographs of the library from the vectors that are kept: no network, no photograph.

Afterwards whoever shows a folder tags it again (`FolderDesk.go_on`): its photographs are known, so that takes moments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bundles import Bundle
from core.database import Database
from core.inference import judge_many
from core.knowledge import Knowledge, Known, Result
from core.records import Prediction
from core.verdicts import decide

# So many at a time take the library for some hundredths of a second: others wait that long at most.
_AT_ONCE = 200


@dataclass(frozen=True)
class Waiting:
    """Photographs without an answer of a model: `stored` have a vector of its networks, `others` need the networks."""

    stored: int
    others: int


def waiting(database: Database, bundle: Bundle) -> Waiting:
    """How many photographs of the library this model has not answered for. Raises LibraryError."""
    stored, all_of_them = Knowledge(database, bundle).count_unanswered()
    return Waiting(stored, all_of_them - stored)


def reanswer(
    database: Database, bundle: Bundle, progress: Callable[[int, int], None], should_stop: Callable[[], bool]
) -> int:
    """Answer for all photographs that have a vector of this model's networks and no answer of it; how many got one.

    `progress(done, total)` is called after each batch, which is kept then; stopped or killed, the next call goes on
    from there. Raises LibraryError.
    """
    database.write_lazily()
    knowledge = Knowledge(database, bundle)
    done, after = 0, 0
    total, _ = knowledge.count_unanswered()
    progress(0, total)
    while not should_stop():
        found = knowledge.unanswered(after, _AT_ONCE)
        if not found:
            break
        after = found[-1].photograph
        results = _judged(bundle, [one for one in found if one.vector is not None])
        knowledge.keep(results)
        done += len(results)
        progress(done, max(total, done))
    return done


def _judged(bundle: Bundle, found: list[Known]) -> list[Result]:
    vectors = [one.vector for one in found if one.vector is not None]
    if not vectors:
        return []
    probabilities, subjects = judge_many(bundle, np.stack(vectors))
    return [
        _result(bundle, one, Prediction(values, float(subject)))
        for one, values, subject in zip(found, probabilities, subjects, strict=True)
        if np.isfinite(values).all()
    ]


def _result(bundle: Bundle, known: Known, prediction: Prediction) -> Result:
    verdict = decide(prediction, bundle.info)
    return Result(
        0, Path(), "", verdict, known.photograph, known.content, prediction=prediction, judged=True
    )  # fmt: skip
