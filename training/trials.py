"""What was tried for the models that ship, as one table:

    python -m training.trials --data DATA --weights WEIGHTS --work WORK

The same folders as `training.ship`, whose networks and embeddings are used again.  Every row is judged on photographs
that no network has seen (DATA/dogs_independent); rows with one network and the centre of the picture also on the
held-out photographs of Stanford Dogs, which the networks did see when they were trained on ImageNet.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bundles import View, write_bundle
from core.records import Floats
from training.calibrate import calibration_error, fit_temperature
from training.embed import Embeddings, embed
from training.heads import Head, Labels, fit_head, softmax
from training.judge import Looked, look
from training.ship import (
    HELD_OUT_COUNT,
    IMAGENET_BREEDS,
    RECIPES,
    Places,
    describe_parts,
    draft_arrays,
    labels_of,
    make_part,
    through,
)
from training.views import DEGRADED

HEAD = (
    "| tried | unseen: first | three | log loss | calibration error | 95 % right for | held out: first | three |\n"
    "|---|---|---|---|---|---|---|---|"
)
LITE, LCNET, XCEPTION = "efficientnet_lite2", "pplcnetv2", "xception"
VIEWS = (View.WHOLE, View.CENTRE, View.MIRRORED, View.FOCUS)


@dataclass(frozen=True)
class Judged:
    """Photographs with their labels, and a way to print how well logits (photographs, labels) answer for them."""

    labels: Labels

    def cells(self, logits: Floats) -> list[str]:
        """First answer, three answers, log loss, calibration error, share that can be answered with 95 % right."""
        probabilities = softmax(logits / fit_temperature(logits, self.labels))
        rows = np.arange(len(self.labels))
        ranks = np.argsort(-probabilities, axis=1) == self.labels[:, None]
        order = np.argsort(-probabilities.max(axis=1))
        right = np.cumsum(ranks[order, 0]) / (rows + 1)
        enough = np.flatnonzero(right >= 0.95)
        loss = -np.log(np.maximum(probabilities[rows, self.labels], 1e-12)).mean()
        return [
            f"{ranks[:, 0].mean():.1%}",
            f"{ranks[:, :3].any(axis=1).mean():.1%}",
            f"{loss:.3f}",
            f"{calibration_error(probabilities, self.labels):.3f}",
            f"{(enough.max() + 1) / len(rows) if len(enough) else 0:.0%}",
        ]


class Trials:
    """The photographs as every network sees them in every view, and the table that grows."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.parts = {part.member.network: part for part in (make_part(member, places) for member in RECIPES["dogs"])}
        self.unseen = self._look(sorted((places.data / "dogs_independent").glob("*/*")))
        self.judged = Judged(labels_of(self.unseen.names))

    def _look(self, paths: Sequence[Path]) -> Looked:
        parts = list(self.parts.values())
        info = describe_parts("dogs", parts, self.places)
        wide = [backbone.model_copy(update={"views": VIEWS}) for backbone in info.backbones]
        networks = {part.member.network: part.file for part in parts}
        folder = self.places.work / "drafts" / "trials"
        head = draft_arrays(parts)
        draft = write_bundle(folder, info.model_copy(update={"backbones": tuple(wide)}), head, networks, "A draft.")
        return look(draft, paths, self.places.work / "looks")

    def scores(self, network: str, *views: str, head: Head | None = None) -> Floats:
        """Logits of one network for the unseen photographs, of temperature 1, from the mean over `views`."""
        values = np.mean([self.unseen.views[network, view] for view in views], axis=0)
        logits = (head or self.parts[network].head).logits(values)
        return logits / fit_temperature(logits, self.judged.labels)

    def row(self, title: str, logits: Floats, held: Sequence[str] = ("", "")) -> None:
        """Print one row."""
        print("|", " | ".join([title, *self.judged.cells(logits), *held]), "|", flush=True)

    def known(self, network: str, view: str = View.CENTRE.value) -> Embeddings:
        """The embeddings of the photographs of Stanford Dogs."""
        part = self.parts[network]
        found = embed(part.file, view, self.places.data / "dogs", self.places.work / "embeddings")
        return Embeddings(found.names, through(part.top, found.values))


def heads(trials: Trials, network: str) -> None:
    """One network, the centre of the picture, and different heads."""
    part, found = trials.parts[network], trials.known(network)
    labels, count = labels_of(found.names), len(IMAGENET_BREEDS)
    held, rest = slice(None, HELD_OUT_COUNT), slice(HELD_OUT_COUNT, None)

    def judge(title: str, head: Head) -> None:
        held_cells = Judged(labels[held]).cells(head.logits(found.values[held]))[:2]
        trials.row(f"{network}, centre: {title}", trials.scores(network, "centre", head=head), held_cells)

    for strength in (1e-4, 1e-3):
        judge(f"fitted from zero, {strength:g}", fit_head(found.values[rest], labels[rest], count, strength))
    if part.top is None:
        return
    rows = Head(part.top.kernel[:, IMAGENET_BREEDS], part.top.bias[IMAGENET_BREEDS])
    judge("ImageNet's own rows", rows)
    for strength in (1e-4, 1e-3):
        judge(
            f"fitted from those rows, {strength:g}", fit_head(found.values[rest], labels[rest], count, strength, rows)
        )
    if network == LCNET:
        degraded = trials.known(network, f"{DEGRADED}-1")
        both = np.concatenate([found.values[rest], degraded.values[rest]])
        twice = np.concatenate([labels[rest], labels_of(degraded.names)[rest]])
        judge("fitted from those rows, 0.0001, a degraded copy of each", fit_head(both, twice, count, 1e-4, rows))


def views(trials: Trials) -> None:
    """One network, what ships as its head, and different looks at the picture."""
    for network in (LITE, LCNET, XCEPTION):
        for chosen in (["centre"], ["whole"], ["mirrored"], ["focus"], ["centre", "mirrored"], ["centre", "focus"],
                       ["whole", "focus"], ["whole", "centre", "mirrored", "focus"]):  # fmt: skip
            trials.row(f"{network}: {' + '.join(chosen)}", trials.scores(network, *chosen))


# What each network looks at, and the vote of Lite2 among the others.
ENSEMBLES: tuple[tuple[str, dict[str, list[str]], float], ...] = (
    ("Lite2 and LCNet, centre", {LITE: ["centre"], LCNET: ["centre"]}, 1.0),
    ("Lite2 and LCNet, focus", {LITE: ["focus"], LCNET: ["focus"]}, 1.0),
    ("Lite2 whole + focus, LCNet centre + focus", {LITE: ["whole", "focus"], LCNET: ["centre", "focus"]}, 1.0),
    ("all three, centre", {LITE: ["centre"], LCNET: ["centre"], XCEPTION: ["centre"]}, 1.0),
    ("all three, focus", {LITE: ["focus"], LCNET: ["focus"], XCEPTION: ["focus"]}, 1.0),
    ("Lite2 whole + focus, LCNet focus, Xception centre",
     {LITE: ["whole", "focus"], LCNET: ["focus"], XCEPTION: ["centre"]}, 1.0),
    ("Lite2 whole + focus, LCNet centre + focus, Xception centre",
     {LITE: ["whole", "focus"], LCNET: ["centre", "focus"], XCEPTION: ["centre"]}, 1.0),
    ("the same, Lite2 with 0.4 of a vote",
     {LITE: ["whole", "focus"], LCNET: ["centre", "focus"], XCEPTION: ["centre"]}, 0.4),
    ("**dogs**: Lite2 whole with 0.4 of a vote, LCNet centre + focus, Xception centre",
     {LITE: ["whole"], LCNET: ["centre", "focus"], XCEPTION: ["centre"]}, 0.4),
    ("the same, Xception mirrored too",
     {LITE: ["whole"], LCNET: ["centre", "focus"], XCEPTION: ["centre", "mirrored"]}, 0.4),
    ("all three, all views", {network: [view.value for view in VIEWS] for network in (LITE, LCNET, XCEPTION)}, 1.0),
)  # fmt: skip


def together(trials: Trials) -> None:
    """Several networks with their votes."""
    for title, chosen, vote in ENSEMBLES:
        scores = [
            (vote if network == LITE else 1.0) * trials.scores(network, *seen) for network, seen in chosen.items()
        ]
        trials.row(title, np.asarray(np.sum(scores, axis=0), np.float32))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "weights", "work"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    trials = Trials(Places(given.data.resolve(), given.weights.resolve(), given.work.resolve()))
    print(HEAD)
    for network in (LITE, LCNET, XCEPTION):
        heads(trials, network)
    views(trials)
    together(trials)


if __name__ == "__main__":
    main()
