"""Whether 50 corrections improve a shipped model, and whether breeds without new photographs stay as good:

    python -m tests.bench.corrections [--data DATA] [--models MODELS] [--draws N] [NAME ...]

DATA (../shared/data) has dogs, dogs_independent and not_dogs. The new photographs are some of dogs_independent (the
networks have never seen any of it); it is tested on the rest of those, and on the 1,200 held-out photographs of
Stanford Dogs: all 120 breeds, and those alone that got no new photograph. Better and worse count photographs that are
right only after, only before; p is McNemar's exact test. Embeddings are kept in SHELTERLENS_HOME where that is set.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.bundles import Bundle, Memory, load_bundle
from core.records import Floats
from training.comparison import mcnemar_exact
from training.embed import list_photographs
from training.embeddings import embed
from training.heads import Head, Labels
from training.memory import rehearse, with_labels
from training.ship import HELD_OUT_COUNT, labels_of
from training.softmax_fit import SoftmaxFit
from training.telling import Silent

Truths = npt.NDArray[np.bool_]
CATS = "cats_shelter"


@dataclass(frozen=True)
class Set:
    """Photographs as vectors (n, channels) with labels (n,)."""

    vectors: Floats
    labels: Labels

    def at(self, places: Labels) -> Set:
        return Set(self.vectors[places], self.labels[places])


@dataclass(frozen=True)
class Model:
    """The head of a shipped model and what it remembers."""

    head: Head
    memory: Memory

    def right(self, photographs: Set) -> Truths:
        return np.asarray(self.head.logits(photographs.vectors).argmax(axis=1) == photographs.labels)


def main() -> None:
    here = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=here.parent / "shared" / "data")
    parser.add_argument("--models", type=Path, default=here / "models")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("names", nargs="*", metavar="NAME", default=["dogs", "dogs-fast"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("SHELTERLENS_HOME", home)
        for name in given.names:
            _table(load_bundle(given.models / name), given.data.resolve(), given.draws)


def _table(bundle: Bundle, data: Path, draws: int) -> None:
    memory = bundle.memory()
    if memory is None:
        raise SystemExit(f"{bundle.name} remembers nothing")
    temperature = np.float32(bundle.info.calibration.temperature)
    model = Model(Head(bundle.kernel / temperature, bundle.bias / temperature), memory)
    new = _set(bundle, sorted((data / "dogs_independent").glob("*/*")), data)
    held = _set(bundle, list_photographs(data / "dogs")[:HELD_OUT_COUNT], data)
    cats = embed(bundle, sorted((data / "not_dogs" / CATS).iterdir()), Silent()).vectors
    print(f"\n## {bundle.name}\n")
    print("| new photographs | of them tested: before → after, better, worse, p | held out, 120 breeds | untouched |")
    print("|---|---|---|---|")
    for what, cases in {
        "5 of each of 10 breeds": _few_of_ten(model, new, draws),
        "20 of each of 2 breeds": _many_of_two(model, new, draws),
        "10 of a breed that was not there": _new_breed(model, new, held, draws),
        "20 of a new class (cats)": _cats(model, cats, draws),
    }.items():
        _lines(what, list(cases), held)


@dataclass(frozen=True)
class Case:
    """A model that is continued with new photographs, and what it is tested on, beside those held out."""

    model: Model
    learnt: Set
    tested: Set
    gone: int | None = None  # a breed of the held-out photographs that the model has forgotten


def _few_of_ten(model: Model, new: Set, draws: int) -> Iterator[Case]:
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        taken = np.concatenate(
            [rng.permutation(np.flatnonzero(new.labels == one))[:5] for one in np.unique(new.labels)]
        )
        yield Case(model, new.at(taken), new.at(np.setdiff1d(np.arange(len(new.labels)), taken)))


def _many_of_two(model: Model, new: Set, draws: int) -> Iterator[Case]:
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        two = rng.permutation(np.unique(new.labels))[:2]
        taken = np.concatenate([rng.permutation(np.flatnonzero(new.labels == one))[:20] for one in two])
        yield Case(model, new.at(taken), new.at(np.setdiff1d(np.arange(len(new.labels)), taken)))


def _new_breed(model: Model, new: Set, held: Set, draws: int) -> Iterator[Case]:
    """The breed comes last among the labels of a model from which it was taken out."""
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        breed = int(rng.permutation(np.unique(new.labels))[0])
        order = np.append(np.delete(np.arange(model.head.kernel.shape[1]), breed), breed)
        kernel, bias = model.head.kernel[:, order].copy(), model.head.bias[order].copy()
        kernel[:, -1], bias[-1] = 0, 0
        memory = model.memory
        left = Memory(memory.means[order[:-1]], memory.counts[order[:-1]], memory.basis, memory.rest, memory.seen)
        without = Model(Head(kernel, bias), with_labels(left, range(len(order) - 1), len(order)))
        places = rng.permutation(np.flatnonzero(new.labels == breed))
        shown = Set(new.vectors[places], np.full(len(places), len(order) - 1))
        yield Case(without, shown.at(np.arange(10)), shown.at(np.arange(10, len(places))), breed)


def _cats(model: Model, cats: Floats, draws: int) -> Iterator[Case]:
    count = model.head.kernel.shape[1]
    kernel = np.concatenate([model.head.kernel, np.zeros((len(model.head.kernel), 1), np.float32)], axis=1)
    wider = Model(
        Head(kernel, np.append(model.head.bias, np.float32(0))), with_labels(model.memory, range(count), count + 1)
    )
    for draw in range(draws):
        order = np.random.default_rng(draw).permutation(len(cats))
        photographs = Set(cats[order], np.full(len(cats), count))
        yield Case(wider, photographs.at(np.arange(20)), photographs.at(np.arange(20, len(cats))))


def _lines(what: str, cases: list[Case], held: Set) -> None:
    """A line for each draw, and one with their mean."""
    all_cells = []
    for number, case in enumerate(cases, 1):
        on = _without(held, case.gone)
        after = continued(case.model, case.learnt)
        untouched = ~np.isin(on.labels, case.learnt.labels)
        before, then = case.model.right(on), after.right(on)
        tested = case.model.right(case.tested), after.right(case.tested)
        cells = [tested, (before, then), (before[untouched], then[untouched])]
        print(f"| {what}, draw {number} | {' | '.join(_cell(*cell) for cell in cells)} |", flush=True)
        all_cells.append(cells)
    print(f"| **{what}, mean** | {' | '.join(_mean([cells[n] for cells in all_cells]) for n in range(3))} |")


def continued(model: Model, learnt: Set) -> Model:
    """The model with the head that head mode would fit."""
    found = rehearse(model.memory, model.head, learnt.vectors, learnt.labels)
    count = model.head.kernel.shape[1]
    fit = SoftmaxFit(found.embeddings, found.truth, count, model.head, found.weights)
    return Model(fit.fit(found.strength).head, model.memory)


def _without(held: Set, gone: int | None) -> Set:
    """The held-out photographs as a model knows them from which a breed was taken out."""
    if gone is None:
        return held
    left = held.at(np.flatnonzero(held.labels != gone))
    return Set(left.vectors, left.labels - (left.labels > gone))


def _cell(before: Truths, after: Truths) -> str:
    better, worse = int((after & ~before).sum()), int((before & ~after).sum())
    p = mcnemar_exact(better, worse)
    return f"{before.mean():.3f} → {after.mean():.3f}, +{better} −{worse}, p = {p:.2g}"


def _mean(cells: list[tuple[Truths, Truths]]) -> str:
    before, after = (float(np.mean([cell[n].mean() for cell in cells])) for n in range(2))
    better = float(np.mean([(after & ~before).sum() for before, after in cells]))
    worse = float(np.mean([(before & ~after).sum() for before, after in cells]))
    return f"**{before:.3f} → {after:.3f}**, +{better:.1f} −{worse:.1f}"


def _set(bundle: Bundle, paths: list[Path], data: Path) -> Set:
    found = embed(bundle, paths, Silent())
    return Set(found.vectors, labels_of(path.relative_to(data).as_posix() for path in found.paths))


if __name__ == "__main__":
    main()
