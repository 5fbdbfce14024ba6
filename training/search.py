"""Which choices are best, by trying: Optuna's study over the network, rates, dropout, layers and augmentation.

A study is stored, so that it goes on where it was, and several computers can share one through a database. Choices are
judged on validation photographs alone; the test part is never looked at. Optuna: Akiba et al. 2019; the tree-structured
Parzen estimator: Bergstra et al. 2011.
"""

from __future__ import annotations

import csv
import io
import logging
import platform
import shutil
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import optuna
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from core.errors import Cancelled, UserError
from core.folders import replacing
from core.texts import tr
from core.train_config import TrainConfig
from core.train_records import Epoch, Phase
from training.fit import Make, build_classifier, fit_network
from training.samples import DataSet, Part
from training.search_space import USUAL_SPACE, Choice, SearchSpace, chosen, study_name
from training.telling import Stop, Telling

log = logging.getLogger(__name__)

SEARCH_DIR: Final = "search"
STUDY_FILE: Final = "study.sqlite"
TRIALS_FILE: Final = "trials.csv"
# One choice that leads nowhere says nothing of the others; several in a row have another reason.
_MOST_FAILURES: Final = 3
_HEARTBEAT_S: Final = 60
_ENDED: Final = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)


def search(
    config: TrainConfig,
    data: DataSet,
    run_dir: Path,
    trials: int,
    storage: str | None,
    telling: Telling,
    choices: SearchSpace = USUAL_SPACE,
    make: Make = build_classifier,
) -> TrainConfig:
    """Try choices until the study has `trials` that ended (of all computers); the configuration with the best one.

    The study lies in `run_dir`/search, or in the database of the URL `storage`. A choice whose validation loss is above
    the median of the others' at the same epoch is given up. PAUSE raises Cancelled, FINISH gives the best so far.
    Writes trials.csv and plots. Raises UserError, also where there are no validation photographs.
    """
    if not data.part(Part.VALIDATION):
        raise UserError(tr("A search needs photographs for validation."))
    folder = run_dir / SEARCH_DIR
    folder.mkdir(parents=True, exist_ok=True)
    _quiet()
    try:
        study = _study(config, folder, storage, choices)
        searching = _Searching(config, data, folder, trials, telling, choices, make)
        telling.phase(Phase.LAYERS, trials)
        searching.run(study)
        best = _best(study, config, choices)
        _write(study, folder)
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        log.exception("the study")
        raise UserError(
            tr("The database of the search cannot be used. Is its address right, and is it there?")
        ) from error
    return best


def _quiet() -> None:
    """Optuna logs as everybody does, and does not tell what is experimental."""
    optuna.logging.disable_default_handler()
    optuna.logging.enable_propagation()
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def _study(config: TrainConfig, folder: Path, storage: str | None, space: SearchSpace) -> optuna.Study:
    url = storage or f"sqlite:///{(folder / STUDY_FILE).resolve().as_posix()}"
    try:
        # Who is killed leaves a trial behind that runs for ever, unless its heart must beat.
        kept = optuna.storages.RDBStorage(url, heartbeat_interval=_HEARTBEAT_S)
    except (ArgumentError, ImportError, ValueError) as error:
        log.warning("the study's database", exc_info=True)
        raise UserError(tr("The address of the search's database is not understood.")) from error
    study = optuna.create_study(
        storage=kept,
        study_name=study_name(config, space),
        direction="minimize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
    )
    # Going on with the same seed would try the same choices again, and so would a second computer.
    elsewhere = zlib.crc32(platform.node().encode()) if storage else 0
    seed = (config.fit.seed + len(study.trials) + elsewhere) % 2**31
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=6, constant_liar=storage is not None)
    return study


class _Searching:
    """The trials of this computer."""

    def __init__(
        self, config: TrainConfig, data: DataSet, folder: Path, trials: int, telling: Telling, space: SearchSpace,
        make: Make,
    ) -> None:  # fmt: skip
        self._data, self._folder, self._trials, self._telling = data, folder, trials, telling
        epochs = {"epochs": space.epochs, "head_epochs": space.head_epochs}
        self._config = config.model_copy(update={"fit": config.fit.model_copy(update=epochs)})
        self._space, self._make = space, make
        self._failures = 0

    def run(self, study: optuna.Study) -> None:
        """Try until enough have ended, on whatever computer, or until the user stops it. Raises Cancelled."""
        while (ended := _ended(study)) < self._trials:
            self._telling.progress(ended)
            stop = self._telling.asked_to_stop()
            if stop is Stop.PAUSE:
                raise Cancelled
            if stop is Stop.FINISH:
                return
            study.optimize(self._objective, n_trials=1)
        self._telling.progress(self._trials)

    def _objective(self, trial: optuna.Trial) -> float:
        folder = self._folder / f"trial-{platform.node() or 'here'}-{trial.number:05d}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        told = _TrialTelling(trial, self._telling)
        config = chosen(trial, self._config, self._space).applied(self._config)
        try:
            fit_network(config, self._data, folder, told, self._make)
            self._failures = 0
        except UserError as error:
            self._failures += 1
            if self._failures == _MOST_FAILURES:
                raise
            self._telling.note(tr("Try {number}: {problem}").format(number=trial.number + 1, problem=error))
            raise optuna.TrialPruned from error
        finally:
            _forget(folder)
        if told.best is None or self._telling.asked_to_stop():
            raise optuna.TrialPruned  # not to its end
        return told.best


class _TrialTelling:
    """Hears of the epochs of one try, and gives it up where the others were better at the same epoch."""

    def __init__(self, trial: optuna.Trial, telling: Telling) -> None:
        self._trial, self._telling = trial, telling
        self._epochs = 0
        self.best: float | None = None

    def phase(self, phase: Phase, total: int = 0) -> None: ...
    def progress(self, done: int, total: int | None = None) -> None: ...

    def epoch(self, epoch: Epoch, epochs: int, left_s: float | None = None) -> None:
        self._epochs += 1
        if epoch.validation_loss is None:
            return
        if self.best is None or epoch.validation_loss < self.best:
            self.best = epoch.validation_loss
            self._trial.set_user_attr("accuracy", epoch.validation_accuracy)
        # The best so far, as the fitting keeps it: a stage may begin with a worse epoch.
        self._trial.report(self.best, self._epochs)
        if self._trial.should_prune():
            raise optuna.TrialPruned

    def device(self, name: str) -> None:
        self._telling.device(name)

    def note(self, text: str) -> None:
        log.info("try %d: %s", self._trial.number + 1, text)

    def asked_to_stop(self) -> Stop | None:
        return self._telling.asked_to_stop()


def _forget(folder: Path) -> None:
    """The weights of a try are of no use; its history is small and stays. Its network leaves the memory."""
    import keras

    shutil.rmtree(folder / "checkpoint", ignore_errors=True)
    keras.backend.clear_session()


def _ended(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=_ENDED))


def _best(study: optuna.Study, config: TrainConfig, space: SearchSpace) -> TrainConfig:
    """The configuration with the best choice. Raises Cancelled where none was tried to its end."""
    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if not complete:
        raise Cancelled
    fixed = optuna.trial.FixedTrial(study.best_params)
    choice: Choice = chosen(fixed, config, space)
    return choice.applied(config)


# -- What is shown of it -----------------------------------------------------------------------------------------------


def _write(study: optuna.Study, folder: Path) -> None:
    trials = study.get_trials(deepcopy=False)
    names = sorted({name for trial in trials for name in trial.params})
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["number", "state", "validation_loss", "validation_accuracy", "seconds", *names])
    for trial in trials:
        last = trial.value if trial.value is not None else trial.intermediate_values.get(trial.last_step or 0, "")
        seconds = f"{trial.duration.total_seconds():.1f}" if trial.duration else ""
        rows.writerow(
            [trial.number + 1, trial.state.name.lower(), last, trial.user_attrs.get("accuracy", ""), seconds,
             *(trial.params.get(name, "") for name in names)]
        )  # fmt: skip
    with replacing(folder / TRIALS_FILE) as file:
        file.write(text.getvalue().encode())
    _plot(study, folder)


def _plot(study: optuna.Study, folder: Path) -> None:
    """Optuna's plots as PNG files; one that has too few trials to show is left out."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from optuna.visualization import matplotlib as plots

    made: dict[str, Callable[[optuna.Study], Any]] = {
        "history": plots.plot_optimization_history,
        "importances": plots.plot_param_importances,
        "slices": plots.plot_slice,
        "epochs": plots.plot_intermediate_values,
        "parallel": plots.plot_parallel_coordinate,
    }
    for name, plot in made.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                plot(study)
                with replacing(folder / f"{name}.png") as file:
                    pyplot.gcf().savefig(file, format="png", dpi=110, bbox_inches="tight")
        except (ValueError, RuntimeError, ImportError):
            log.info("no plot %s", name, exc_info=True)
        finally:
            pyplot.close("all")
