"""Neurons that matter and the photographs of the library that excite each one most: core.neurons on stored vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.bundles import Bundle
from core.database import Database
from core.errors import UserError
from core.fingerprints import backbones_fingerprint
from core.inference import judge_many
from core.neurons import exciting, neurons_of
from core.records import Floats
from core.texts import label_name, tr

# So many photographs say what is usual for a channel and which of them excite it: 50 MB of vectors with "dogs".
MOST_READ: Final = 6000
# Fewer say nothing: of the class, and of all.
LEAST_OF_CLASS, LEAST_OF_ALL = 3, 20
MOST_NEURONS: Final = 6
MOST_PHOTOGRAPHS: Final = 5


@dataclass(frozen=True, eq=False)
class Neuron:
    """One channel: what it adds to the probability of the class (`value`, with its standard error).

    `channel` is its place in the part of the embedding that `network` gives. `thumbnails` (JPEG) are those of the
    photographs that excite it most, as far as the library has them. `rank` (0...1) is the share of the library's
    photographs that excite it less than the one that is explained; None without one.
    """

    network: str
    channel: int
    value: float
    error: float
    thumbnails: tuple[bytes, ...]
    rank: float | None


@dataclass(frozen=True, eq=False)
class ClassNeurons:
    """The channels that carry a class, strongest first.

    `whole` is the mean probability of the class in `of_class` photographs with all channels, `nothing` that with every
    channel as it is in the mean of `of_all` photographs.
    """

    label: int
    neurons: tuple[Neuron, ...]
    whole: float
    nothing: float
    of_class: int
    of_all: int


@dataclass(frozen=True, eq=False)
class _Stored:
    """Photographs of the library and their vectors (n, channels)."""

    photographs: tuple[int, ...]
    vectors: Floats


def class_neurons(
    database: Database,
    bundle: Bundle,
    label: int,
    embedding: Floats | None = None,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> ClassNeurons:
    """Which channels carry a label, from the photographs of the library that the model takes for it.

    `embedding` (channels,) is that of the photograph that is explained. Raises UserError where the library has too few
    photographs with vectors of this model's networks.
    """
    stored = _stored(database, bundle)
    everything = stored.vectors
    said = judge_many(bundle, everything)[0].argmax(axis=1) if len(everything) else np.zeros(0, np.intp)
    of_class = everything[said == label]
    _check_enough(bundle, label, len(of_class), len(everything))
    temperature = np.float32(bundle.info.calibration.temperature)
    usual = np.asarray(everything.mean(axis=0), np.float32)
    found = neurons_of(of_class, bundle.kernel / temperature, bundle.bias / temperature, label, usual, told=told)
    neurons = []
    for place in found.strongest(MOST_NEURONS).tolist():
        network, channel = _network_of(bundle, place)
        excited = [stored.photographs[one] for one in exciting(everything, place, MOST_PHOTOGRAPHS).tolist()]
        rank = None if embedding is None else float((everything[:, place] < embedding[place]).mean())
        thumbnails = _thumbnails(database, excited)
        neurons.append(
            Neuron(network, channel, float(found.values[place]), float(found.errors[place]), thumbnails, rank)
        )
    return ClassNeurons(label, tuple(neurons), found.whole, found.nothing, len(of_class), len(everything))


def _check_enough(bundle: Bundle, label: int, of_class: int, of_all: int) -> None:
    if of_all < LEAST_OF_ALL:
        said = tr(
            "The library has {count} photographs with stored vectors of this model; this needs at least {least}. Let "
            "the model tag a folder with photographs first."
        )
        raise UserError(said.format(count=of_all, least=LEAST_OF_ALL))
    if of_class < LEAST_OF_CLASS:
        said = tr("Among {all} photographs of the library the model takes {count} for {name}; this needs {least}.")
        name = label_name(bundle.info.labels[label])
        raise UserError(said.format(all=of_all, count=of_class, name=name, least=LEAST_OF_CLASS))


def _stored(database: Database, bundle: Bundle) -> _Stored:
    """The vectors of these networks that are sound: all, or as many as are read, evenly over the library."""
    fingerprint = backbones_fingerprint(bundle)
    with database.reading() as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM vectors JOIN backbones ON backbones.id = backbone WHERE fingerprint = ?",
            (fingerprint,),
        ).fetchone()
        rows = connection.execute(
            "SELECT photograph, vector FROM vectors JOIN backbones ON backbones.id = backbone "
            "WHERE fingerprint = ? AND photograph % ? = 0 ORDER BY photograph",
            (fingerprint, -(-int(count) // MOST_READ) or 1),
        )
        width = bundle.info.channels
        read = [(photograph, np.frombuffer(vector, np.float16)) for photograph, vector in rows]
    sound = [(one, vector) for one, vector in read if len(vector) == width and np.isfinite(vector).all()]
    vectors = np.array([vector for _, vector in sound], np.float32).reshape(len(sound), width)
    return _Stored(tuple(one for one, _ in sound), vectors)


def _network_of(bundle: Bundle, place: int) -> tuple[str, int]:
    """The network that gives this place of the embedding, and its place there."""
    for backbone in bundle.info.backbones:
        if place < backbone.width:
            return backbone.title, place
        place -= backbone.width
    raise IndexError(place)


def _thumbnails(database: Database, photographs: list[int]) -> tuple[bytes, ...]:
    found = []
    with database.reading() as connection:
        for photograph in photographs:
            row = connection.execute("SELECT jpeg FROM thumbnails WHERE photograph = ?", (photograph,)).fetchone()
            if row:
                found.append(bytes(row[0]))
    return tuple(found)
