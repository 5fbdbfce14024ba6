"""What a bundle answers to photographs with labels, through the very files and the code that answer the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.bundles import Bundle
from core.inference import judge_many
from core.records import Floats
from core.run_results import PhotoAnswer
from core.train_records import Phase
from training.embeddings import embed, vectors_of_contents
from training.judgement import Answers
from training.samples import Sample, labels_of
from training.telling import Telling


@dataclass(frozen=True, eq=False)
class Asked:
    """Photographs with labels and their embeddings by one bundle, `vectors` (n, channels); `problems` by path.

    Photographs that cannot be used are among the problems only.
    """

    samples: tuple[Sample, ...]
    vectors: Floats
    problems: Mapping[Path, str]

    def answers(self, bundle: Bundle) -> Answers:
        """What this bundle's head makes of them (or that of another one on the same networks)."""
        if not self.samples:
            nothing = np.zeros((0, len(bundle.info.labels)), np.float32)
            return Answers(nothing, np.zeros(0, np.float32), np.zeros(0, np.intp))
        probabilities, subjects = judge_many(bundle, self.vectors)
        return Answers(probabilities, subjects, labels_of(self.samples))

    def logits(self, bundle: Bundle) -> Floats:
        """The scores (n, labels) before any temperature."""
        return np.asarray(self.vectors @ bundle.kernel + bundle.bias, np.float32)

    def where(self, chosen: Sequence[int]) -> Asked:
        """Only the photographs at these places."""
        return replace(self, samples=tuple(self.samples[place] for place in chosen), vectors=self.vectors[list(chosen)])


def ask(bundle: Bundle, samples: Sequence[Sample], telling: Telling, phase: Phase = Phase.JUDGING) -> Asked:
    """Embed the photographs with the networks of `bundle`, each once.

    Of a file that is gone, what is kept of its content serves. Raises Cancelled, BundleError for a broken network, and
    UserError where a drive is gone.
    """
    if not samples:
        return Asked((), np.zeros((0, bundle.info.channels), np.float32), {})
    found = embed(bundle, list(dict.fromkeys(sample.path for sample in samples)), telling, phase)
    places = found.places()
    gone = [sample.content for sample in samples if sample.path in found.problems and sample.content]
    kept = vectors_of_contents(bundle, gone) if gone else {}
    used: list[Sample] = []
    rows: list[Floats] = []
    for sample in samples:
        place = places.get(sample.path)
        vector = kept.get(sample.content) if place is None else found.vectors[place]
        if vector is not None and np.isfinite(vector).all():
            content = sample.content or ("" if place is None else found.contents[place])
            used.append(replace(sample, content=content))
            rows.append(vector)
    answered = {sample.path for sample in used}
    problems = {path: reason for path, reason in found.problems.items() if path not in answered}
    vectors = np.array(rows, np.float32).reshape(len(used), bundle.info.channels)
    return Asked(tuple(used), vectors, problems)


def photo_answers(asked: Asked, answers: Answers, bundle: Bundle) -> tuple[PhotoAnswer, ...]:
    """The answers as records, in the order of the photographs."""
    ids = [label.id for label in bundle.info.labels]
    best = np.argsort(-answers.probabilities, axis=1, kind="stable")[:, :2]
    made = []
    for sample, row, places in zip(asked.samples, answers.probabilities, best, strict=True):
        first, second = int(places[0]), int(places[-1])
        two = (ids[second], float(row[second])) if len(places) > 1 else ("", 0.0)
        made.append(PhotoAnswer(sample.path, sample.content, ids[sample.label], ids[first], float(row[first]), *two))
    return tuple(made)
