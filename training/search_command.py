"""A search on the command line: which choices are best, and a new run that has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.util import find_spec

from core.errors import UserError
from core.texts import tr
from core.train_config import Mode, TrainConfig
from core.train_records import RunStatus
from core.train_runs import Run, new_run
from training.run import check_parts, data_of, run_search
from training.run_telling import RunTelling
from training.shown import Shown


def search_lines(run: Run, trials: int, study: str, backbones: Sequence[str]) -> Iterator[str]:
    """Try choices in the folder of `run` until so many were tried; what was best, and a new run with it.

    `study` is the address of a database that several computers share, empty for one in the run's folder; `backbones`
    are tried besides the other choices. Raises UserError, and KeyboardInterrupt where it was stopped.
    """
    config = run.checked_config()
    _check(config, trials)
    found: list[TrainConfig] = []

    def work(run: Run, config: TrainConfig, telling: RunTelling) -> RunStatus:
        from training.search import search
        from training.search_space import SearchSpace

        data = data_of(run, config, telling)
        space = SearchSpace(backbones=tuple(backbones))
        found.append(search(config, data, run.folder, trials, study or None, telling, space))
        return RunStatus.DRAFT

    with closing(Shown()) as shown:
        state = run_search(run.id, work, shown)
    if state.status is RunStatus.FAILED:
        raise UserError(state.problem)
    if not found:
        raise KeyboardInterrupt
    (best,) = found
    yield from _best_lines(best)
    yield tr("all that was tried: {path}").format(path=run.folder / "search")
    yield tr("Train with the best: main.py train --resume {run}").format(run=new_run(best).id)
    yield tr("Go on searching: main.py train --resume {run} --search {count}").format(run=run.id, count=trials * 2)


def _check(config: TrainConfig, trials: int) -> None:
    if trials < 1:
        raise UserError(tr("A search tries one choice at least."))
    if config.fit.mode is Mode.HEAD:
        raise UserError(tr("A search is for fine-tuning and for training from scratch: add --mode finetune."))
    check_parts(config)
    if not find_spec("optuna"):
        said = tr("A part of the program is missing ({name}). What to do about it: {command}")
        raise UserError(said.format(name="optuna", command="main.py doctor"))


def _best_lines(best: TrainConfig) -> Iterator[str]:
    yield tr("the best: network {network}, learning rate {rate}, dropout {dropout}, last layers {layers}").format(
        network=best.network.backbone,
        rate=f"{best.fit.rate:.2g}",
        dropout=f"{best.network.head.dropout:.2f}",
        layers=best.fit.unfrozen,
    )
