"""Make the models that ship, from the ImageNet weights and the development photographs:

    python -m training.ship --data DATA --weights WEIGHTS --work WORK [NAME ...]

DATA has `dogs/`, `dogs_independent/`, `not_dogs/` and `shelter_unlabelled/`; WEIGHTS the files of prepare_weights.py;
WORK keeps networks and embeddings, so that a stopped run goes on where it was.  Two cores are enough.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.bundles import Bundle, BundleInfo, Calibration, View, Words, write_bundle
from core.folders import shipped_models_dir
from core.records import Floats
from training.calibrate import choose_subject, choose_sure, fit_temperature, measure
from training.card import model_card
from training.convert import Weights, to_litert
from training.describe import UNSURE, draft_info, read_labels
from training.embed import embed, list_photographs
from training.heads import Head, Labels, fit_head, softmax
from training.judge import look
from training.networks import NETWORKS, ImageNetTop
from training.u2net import u2netp

Array = npt.NDArray[Any]

log = logging.getLogger(__name__)

# ImageNet's places of the 120 breeds of Stanford Dogs, in the order of their ids (the dalmatian, 251, is not one of
# them), and of everything that is a dog or a wild relative.
IMAGENET_BREEDS = [*range(151, 251), *range(252, 269), 273, 274, 275]
IMAGENET_CANIDS = np.isin(np.arange(1000), np.arange(151, 276))

# The first ten photographs of each breed are never trained on; list_photographs lets the breeds take turns.
HELD_OUT_COUNT = 1200
WANTED_PRECISION = 0.95
OUTLINE, OUTLINE_PX = "outline", 320


@dataclass(frozen=True)
class Member:
    """One network of a model: how its weights are stored, what it looks at, and how its head is fitted.

    Networks that came with an ImageNet classifier start from its rows for the 120 breeds, and `strength` says how far
    they may leave them.  `weight` is the network's vote among the others.
    """

    network: str
    weights: Weights
    views: tuple[View, ...]
    strength: float
    weight: float = 1.0


RECIPES: dict[str, tuple[Member, ...]] = {
    "dogs": (
        Member("efficientnet_lite2", Weights.INT8, (View.WHOLE,), 1e-4, 0.4),
        Member("pplcnetv2", Weights.FLOAT16, (View.CENTRE, View.FOCUS), 1e-4),
        Member("xception", Weights.INT8, (View.CENTRE,), 1e-4),
    ),
    "dogs-fast": (Member("pplcnetv2", Weights.FLOAT16, (View.WHOLE, View.FOCUS), 1e-4),),
}


NEVER_SEEN = Words(en="photographs that the networks have never seen", fr="photos que les réseaux n’ont jamais vues")
HELD_OUT = Words(
    en="held-out photographs of Stanford Dogs, which the networks saw when they were trained on ImageNet",
    fr="photos mises de côté de Stanford Dogs, que les réseaux ont vues en apprenant sur ImageNet",
)


@dataclass(frozen=True)
class Places:
    """Where the photographs and the ImageNet weights are, and where work in progress is kept."""

    data: Path
    weights: Path
    work: Path


@dataclass(frozen=True)
class Part:
    """One network of a model that is being made: its file, its head, and the classifier it came with."""

    member: Member
    file: Path
    head: Head
    top: ImageNetTop | None


def make_model(name: str, places: Places) -> Bundle:
    """Build, embed, fit, calibrate, measure and write the model `name` into the program's models."""
    parts = [make_part(member, places) for member in RECIPES[name]]
    info = describe_parts(name, parts, places)
    networks = {part.member.network: part.file for part in parts}
    draft = write_bundle(places.work / "drafts" / name, info, draft_arrays(parts), networks, "A draft.")
    final, arrays = calibrate(draft, parts, places)
    return write_bundle(shipped_models_dir() / name, final, arrays, networks, model_card(final))


def make_part(member: Member, places: Places) -> Part:
    """Build the network, embed the photographs and fit the head; what is there already is not made again."""
    network = NETWORKS[member.network]
    file = places.work / "networks" / f"{member.network}.tflite"
    if not file.exists():
        to_litert(network.build(network.size_px, places.weights), file, member.weights)
    top = None if network.top is None else network.top(places.weights)
    found = embed(file, View.CENTRE.value, places.data / "dogs", places.work / "embeddings")
    labels = labels_of(name for name in found.names)
    held_out = set(_held_out(places))
    fitted = np.array([places.data / name not in held_out for name in found.names])
    prior = None if top is None else Head(top.kernel[:, IMAGENET_BREEDS], top.bias[IMAGENET_BREEDS])
    values = through(top, found.values[fitted])
    return Part(member, file, fit_head(values, labels[fitted], len(IMAGENET_BREEDS), member.strength, prior), top)


def calibrate(draft: Bundle, parts: Sequence[Part], places: Places) -> tuple[BundleInfo, dict[str, Array]]:
    """Temperature, thresholds and figures, from photographs that no head was fitted on."""
    unseen = _Seen(draft, sorted((places.data / "dogs_independent").glob("*/*")), places)
    votes = np.array([part.member.weight for part in parts])
    shares = [
        vote / fit_temperature(logits, unseen.labels)
        for vote, logits in zip(votes / votes.sum(), unseen.scores(parts), strict=True)
    ]
    temperature = fit_temperature(unseen.logits(parts, shares), unseen.labels)
    probabilities = softmax(unseen.logits(parts, shares) / temperature)
    sure = choose_sure(probabilities, unseen.labels, WANTED_PRECISION)
    arrays = _arrays(parts, shares)
    everyday = _Seen(draft, sorted((places.data / "shelter_unlabelled").glob("*")), places)
    absent = _Seen(draft, _without_dogs(places), places)
    present = np.concatenate([unseen.subject(arrays), everyday.subject(arrays)])
    held = _Seen(draft, _held_out(places), places)
    metrics = (
        measure(NEVER_SEEN, probabilities, unseen.labels, sure.threshold),
        measure(HELD_OUT, softmax(held.logits(parts, shares) / temperature), held.labels, sure.threshold),
    )
    calibration = Calibration(
        temperature=temperature, sure=sure, unsure=UNSURE, subject=choose_subject(present, absent.subject(arrays))
    )
    return draft.info.model_copy(update={"calibration": calibration, "metrics": metrics}), arrays


class _Seen:
    """A set of photographs as the networks of a draft see them."""

    def __init__(self, draft: Bundle, paths: Sequence[Path], places: Places) -> None:
        found = look(draft, paths, places.work / "looks")
        self.embedding = found.embedding(draft)
        self.labels = labels_of(found.names) if "-" in found.names[0].split("/")[0] else np.zeros(0, np.intp)

    def scores(self, parts: Sequence[Part]) -> list[Floats]:
        """The logits (photographs, labels) of each network by itself."""
        ends = np.cumsum([len(part.head.kernel) for part in parts])
        pieces = np.split(self.embedding, ends[:-1], axis=1)
        return [part.head.logits(piece) for part, piece in zip(parts, pieces, strict=True)]

    def logits(self, parts: Sequence[Part], shares: Sequence[float]) -> Floats:
        """The logits of all networks together."""
        weighed = [share * scores for share, scores in zip(shares, self.scores(parts), strict=True)]
        return np.asarray(np.sum(weighed, axis=0), np.float32)

    def subject(self, arrays: Mapping[str, Array]) -> Floats:
        """The probability (photographs,) that a dog or a wild relative is there."""
        kinds = softmax(self.embedding @ arrays["subject_kernel"].astype(np.float32) + arrays["subject_bias"])
        return np.asarray(kinds[:, arrays["subject_positive"]].sum(axis=1), np.float32)


def _arrays(parts: Sequence[Part], shares: Sequence[float]) -> dict[str, Array]:
    """The head of all networks together: their logits' weighted sum, which is one linear head on all embeddings."""
    kernels = [share * part.head.kernel for part, share in zip(parts, shares, strict=True)]
    biases = [share * part.head.bias for part, share in zip(parts, shares, strict=True)]
    arrays: dict[str, Array] = {
        "kernel": np.concatenate(kernels).astype(np.float16),
        "bias": np.sum(biases, axis=0).astype(np.float32),
        "subject_positive": IMAGENET_CANIDS,
    }
    for part in parts:
        if part.top is not None and part.top.hidden is not None:
            arrays[f"hidden_{part.member.network}"] = part.top.hidden.astype(np.float16)
    return arrays | _subject_arrays(parts)


def draft_arrays(parts: Sequence[Part]) -> dict[str, Array]:
    """The head before the calibration, when nothing can say yet that there is no dog."""
    return {name: array for name, array in _arrays(parts, [1.0] * len(parts)).items() if "subject" not in name}


def _subject_arrays(parts: Sequence[Part]) -> dict[str, Array]:
    """The ImageNet classifier that came with PP-LCNetV2 tells dogs from everything else best of all (see the card)."""
    top = next(part.top for part in parts if part.member.network == "pplcnetv2")
    if top is None:
        raise ValueError("PP-LCNetV2 has lost its classifier")
    rows = [top.kernel if part.top is top else np.zeros((len(part.head.kernel), 1000), np.float32) for part in parts]
    return {"subject_kernel": np.concatenate(rows).astype(np.float16), "subject_bias": top.bias.astype(np.float32)}


def through(top: ImageNetTop | None, means: Floats) -> Floats:
    """Means over feature maps (n, channels) -> the embedding (n, part), through the hidden layer if there is one."""
    return means if top is None or top.hidden is None else np.maximum(means @ top.hidden, 0)


def _held_out(places: Places) -> list[Path]:
    return list_photographs(places.data / "dogs")[:HELD_OUT_COUNT]


def fitted_on(data: Path) -> list[Path]:
    """The photographs that the heads are fitted on: all of the breeds but those held out."""
    return list_photographs(data / "dogs")[HELD_OUT_COUNT:]


def _without_dogs(places: Places) -> list[Path]:
    """Photographs without a dog; wild relatives count as neither."""
    return [path for path in list_photographs(places.data / "not_dogs") if "wild_canids" not in path.parent.name]


def labels_of(names: Iterable[str]) -> Labels:
    """The place of each photograph's breed, from names such as FOLDER/n02085620-Chihuahua/1.jpg."""
    breeds = {label.id: place for place, label in enumerate(read_labels())}
    return np.array([breeds[name.split("/")[-2]] for name in names], np.intp)


def describe_parts(name: str, parts: Sequence[Part], places: Places) -> BundleInfo:
    """What the model says of itself before the calibration."""
    photographs = fitted_on(places.data)
    return draft_info(
        name,
        {part.member.network: part.member.views for part in parts},
        {part.member.network: _output_shape(part.file) for part in parts},
        {part.member.network: part.top.hidden.shape[1] for part in parts if part.top and part.top.hidden is not None},
        photographs,
    )


def _output_shape(file: Path) -> tuple[int, int, int]:
    from ai_edge_litert.interpreter import Interpreter

    rows, columns, channels = Interpreter(str(file)).get_output_details()[0]["shape"][1:]
    return int(rows), int(columns), int(channels)


def make_outline(places: Places) -> None:
    """Convert the network that cuts the animal out; it is not trained any further."""
    to_litert(u2netp(OUTLINE_PX, places.weights), shipped_models_dir() / OUTLINE / "u2netp.tflite", Weights.FLOAT16)


def main() -> None:
    """The command line."""
    known = [*RECIPES, OUTLINE]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "weights", "work"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to make; all of {', '.join(known)} by default")
    given = parser.parse_args()
    if unknown := sorted({*given.names} - {*known}):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    places = Places(given.data.resolve(), given.weights.resolve(), given.work.resolve())
    for name in given.names or known:
        if name == OUTLINE:
            make_outline(places)
            continue
        bundle = make_model(name, places)
        log.info("%s: %s", name, bundle.info.model_dump_json(include={"calibration", "metrics"}, indent=1))


if __name__ == "__main__":
    main()
