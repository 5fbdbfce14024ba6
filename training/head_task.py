"""What head mode begins with: the embeddings of all photographs, and the model that is continued or pulled towards."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.bundle_files import Array
from core.bundle_heads import whitening_arrays
from core.bundle_memory import Memory
from core.bundles import Bundle, Label
from core.errors import BundleError
from core.fingerprints import backbones_fingerprint
from core.models import model_meant
from core.records import Floats
from core.texts import tr
from core.train_config import SourceKind, Step, TrainConfig
from core.train_runs import DRAFT_DIR
from training.embeddings import embed, vectors_of_contents
from training.heads import Head
from training.memory import can_rehearse, with_labels
from training.package import write_draft
from training.ready import Networks
from training.samples import DataSet, Labels, Part, Sample, labels_of
from training.telling import Telling, stop_if_asked

log = logging.getLogger(__name__)

_LEAST_LABELS = 2

# -- Embeddings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """Photographs with their embeddings (n, channels)."""

    samples: tuple[Sample, ...]
    vectors: Floats

    def part(self, part: Part) -> Known:
        """Those of one part of the data."""
        return self.at([place for place, sample in enumerate(self.samples) if sample.part is part])

    def at(self, places: Sequence[int]) -> Known:
        """Those at these places."""
        return Known(tuple(self.samples[place] for place in places), self.vectors[list(places)])

    @property
    def labels(self) -> Labels:
        """The places of the labels, (n,)."""
        return labels_of(self.samples)


def whitening_of(config: TrainConfig, data: DataSet, networks: Networks) -> dict[str, Array]:
    """The numbers for whitening of each network, where it is among the steps."""
    if Step.WHITEN not in config.preprocessing.steps:
        return {}
    from training.feeding import Squares, whitening_inputs
    from training.whitening import fit_whitening

    train, arrays = data.part(Part.TRAIN), dict[str, Array]()
    for backbone in networks.backbones:
        preprocessing = config.preprocessing.model_copy(update={"size_px": backbone.size_px})
        sized = config.model_copy(update={"preprocessing": preprocessing})
        inputs = whitening_inputs(Squares(train, sized), train, sized)
        arrays |= whitening_arrays(backbone.name, fit_whitening(inputs))
    return arrays


def unfitted_model(
    config: TrainConfig,
    data: DataSet,
    networks: Networks,
    whitening: dict[str, Array],
    run_dir: Path,
    telling: Telling,
) -> Bundle:
    """A model with these networks and an empty head."""
    if len(data.labels) < _LEAST_LABELS:  # a model has two at least, and these are not its last ones
        data = replace(
            data, labels=(*data.labels, *(Label(id=f"?{n}", en=f"?{n}", fr=f"?{n}") for n in range(_LEAST_LABELS)))
        )
    channels = sum(backbone.width for backbone in networks.backbones)
    arrays: dict[str, Array] = {
        "kernel": np.zeros((channels, len(data.labels)), np.float32),
        "bias": np.zeros(len(data.labels), np.float32),
    }
    stop_if_asked(telling)
    folder = run_dir / DRAFT_DIR / "unfitted"
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return write_draft(folder, config, data, networks, arrays | whitening)


def embedded(bundle: Bundle, data: DataSet, telling: Telling) -> Known:
    """All photographs that have an embedding; of a file that is gone the library's serves."""
    found = embed(bundle, list(dict.fromkeys(sample.path for sample in data.samples)), telling)
    places = found.places()
    gone = [one.content for one in data.samples if one.path in found.problems and one.content]
    kept = vectors_of_contents(bundle, gone) if gone else {}
    samples: list[Sample] = []
    rows: list[Floats] = []
    for sample in data.samples:
        place = places.get(sample.path)
        vector = kept.get(sample.content) if place is None else found.vectors[place]
        if vector is not None:
            content = sample.content if place is None else found.contents[place]
            samples.append(replace(sample, content=content))
            rows.append(vector)
    if missing := len(data.samples) - len(samples):
        telling.note(tr("{count} photographs could not be read and are left out.").format(count=missing))
    return Known(tuple(samples), np.array(rows, np.float32).reshape(len(rows), bundle.info.channels))


# -- What is known before ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """What is to be fitted: the photographs, the labels of the result, and the model that is its beginning.

    `prior` is that model's head for the labels, where it has any of them. `memory` is what it remembers, for the same
    labels, where that is to be rehearsed.
    """

    data: DataSet
    known: Known
    labels: tuple[Label, ...]
    start: Bundle | None = None
    prior: Head | None = None
    memory: Memory | None = None


def start_of(config: TrainConfig, unfitted: Bundle) -> Bundle | None:
    """The model whose head is where the fit begins: it must see with the same networks."""
    if config.start_from == "":
        return None
    try:
        found = model_meant(config.start_from)
    except BundleError as error:
        log.warning("nothing to start from: %s", error)
        return None
    return found if backbones_fingerprint(found) == backbones_fingerprint(unfitted) else None


def task_of(config: TrainConfig, data: DataSet, known: Known, start: Bundle | None, telling: Telling) -> Task:
    """What is to be fitted, with what is taken over from `start`."""
    labels = data.labels
    if start is None:
        return Task(data, known, labels)
    memory = start.memory()
    ids = {label.id for label in labels}
    is_continued = config.source.kind is SourceKind.LIBRARY and memory is not None and can_rehearse(memory)
    if is_continued:
        labels = (*labels, *(label for label in start.info.labels if label.id not in ids))
    elif memory is not None and _saw(memory, known):
        said = tr(
            "“{name}” was trained on some of the photographs that it would be judged on: nothing is taken over from it."
        )
        telling.note(said.format(name=start.name))
        return Task(data, known, labels, start)
    prior = _prior(start, labels)
    if memory is None or not is_continued:
        return Task(data, known, labels, start, prior)
    telling.note(_continued(start))
    places = {label.id: place for place, label in enumerate(labels)}
    ready_memory = with_labels(memory, [places[label.id] for label in start.info.labels], len(labels))
    return Task(data, known, labels, start, prior, ready_memory)


def _continued(start: Bundle) -> str:
    said = tr(
        "“{name}” is continued: what it remembers of its {count} photographs is trained on together with yours, so "
        "that labels without new photographs stay as good as they are."
    )
    memory = start.memory()
    return said.format(name=start.name, count=0 if memory is None else int(memory.counts.sum()))


def _saw(memory: Memory, known: Known) -> bool:
    judged = (sample for sample in known.samples if sample.part is not Part.TRAIN)
    return any(memory.has_seen(sample.content) for sample in judged)


def _prior(start: Bundle, labels: Sequence[Label]) -> Head | None:
    """The head of `start` for these labels, zero for those that it does not know; None where it knows none.

    Its temperature is in it, so that the new head begins calibrated.
    """
    places = {label.id: place for place, label in enumerate(start.info.labels)}
    if not any(label.id in places for label in labels):
        return None
    kernel, bias = np.zeros((start.info.channels, len(labels)), np.float32), np.zeros(len(labels), np.float32)
    temperature = np.float32(start.info.calibration.temperature)
    for place, label in enumerate(labels):
        if label.id in places:
            kernel[:, place] = start.kernel[:, places[label.id]] / temperature
            bias[place] = start.bias[places[label.id]] / temperature
    return Head(kernel, bias)
