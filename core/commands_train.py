"""The commands train and evaluate: what may be typed, and the config that it means. training/ does the rest.

Light to import: `--help` of every command comes by here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.errors import UsageError, UserError
from core.texts import percent, tr
from core.train_typed import AUGMENTATIONS as AUGMENTATIONS
from core.train_typed import config_of, source_of, words_in

if TYPE_CHECKING:
    from core.commands_study import StudyRequest
    from core.train_config import Source, TrainConfig
    from core.train_records import Job, Result
    from core.train_runs import Run

# What the enums of core.train_config allow; a test compares them.
MODES = ("head", "finetune", "scratch")
OPTIMISERS = ("adam", "adamw", "sgd", "rmsprop", "nadam", "adagrad", "adadelta", "adamax", "ftrl")
SCHEDULES = ("constant", "cosine", "plateau")
LOSSES = (
    "cross_entropy", "focal", "poisson", "kullback_leibler", "hinge", "squared_hinge", "categorical_hinge",
)  # fmt: skip
SHAPES, POOLINGS, JOBS = ("crop", "squash", "pad"), ("average", "flatten"), ("look", "preview", "train")
TRAIN_EXAMPLES = (
    "  main.py train photos/ --name shelter\n"
    "  main.py train photos/ --look\n"
    "  main.py train table.csv --name products --image-column images --label-column category --level 1\n"
    "  main.py train photos/ --name shelter --mode finetune --backbone resnet50 --weights stick/ --augment strong\n"
    "  main.py train --library --name shelter --use\n"
    "  main.py train --runs"
)
EVALUATE_EXAMPLES = (
    "  main.py evaluate shelter photos/\n"
    "  main.py evaluate dogs table.csv --image-column file --label-column breed --report report/"
)


class Training(Protocol):
    """What training/ does for the commands: training.commands."""

    def check(self, config: TrainConfig) -> None:
        """Raises UserError where the source has not the classes that a config names, before a run is made."""

    def run_quietly(self, run_id: str, job: Job) -> None:
        """A job of a run that another process started. Raises UserError where it fails."""

    def look(self, run: Run) -> Iterator[str]:
        """What the photographs of a run are like."""

    def train(self, run: Run, use: bool, anyway: bool = False) -> Iterator[str]:
        """Train, or go on with it: the figures, and the model in use from then on if wanted."""

    def search(self, run: Run, trials: int, study: str, backbones: Sequence[str]) -> Iterator[str]:
        """Try other choices than those of a run, so many times: the best ones."""

    def evaluate(self, model: str, source: Source, report: Path | None, kind: str) -> Iterator[str]:
        """What a model says of labelled photographs: text, or json."""

    def study(self, request: StudyRequest) -> Iterator[str]:
        """Train every variant of a study, one after the other: the figures, and where they are."""


Make = Callable[[], Training]


def add_train_arguments(parser: argparse.ArgumentParser, make: Make | None) -> None:
    """What may follow `train`; `make` gives what does it."""
    _add_basics(parser)
    _add_source(parser)
    _add_data(parser)
    _add_network(parser)
    _add_fit(parser)
    _add_runs(parser)
    parser.set_defaults(lines=lambda args: _train_lines(args, make))


def add_evaluate_arguments(parser: argparse.ArgumentParser, make: Make | None) -> None:
    """What may follow `evaluate`."""
    add = parser.add_argument
    add("model", metavar="MODEL", help=tr("the model: a name, a folder or a .shelterlens file"))
    add("dataset", type=Path, metavar="DATASET", help=tr("a folder with a folder for each class, or a CSV or XLSX"))
    add("--report", type=Path, metavar="FOLDER", help=tr("write the report with its pictures and tables here"))
    add("--format", choices=("text", "json"), default="text", help=tr("how the figures are written (default: text)"))
    _add_source(parser)
    parser.set_defaults(lines=lambda args: _evaluate_lines(args, make), library=False)


# -- Arguments ---------------------------------------------------------------------------------------------------------


def _add_basics(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "dataset",
        type=Path,
        nargs="?",
        metavar="DATASET",
        help=tr("a folder with a folder for each class, or a CSV or XLSX with a column of pictures and one of classes"),
    )
    add("--name", metavar="NAME", help=tr("what the model is to be called (default: as the folder or table is)"))
    add(
        "--mode",
        choices=MODES,
        help=tr("head: seconds, on any computer (default); finetune: the last layers, too; scratch: from nothing"),
    )
    add("--backbone", metavar="NAME", help=tr("the network (default: that of the model in use)"))
    add("--weights", metavar="FILE|FOLDER", help=tr("its ImageNet weights, where they are not to be downloaded"))
    add("--look", action="store_true", help=tr("only look at the photographs: counts, and what may be wrong with them"))
    add("--use", action="store_true", help=tr("make the model the one in use when it is done"))
    add("--use-anyway", action="store_true", help=tr("the same, also when it is worse than the one in use"))


def _add_source(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group(tr("where the labels are")).add_argument
    add("--image-column", metavar="NAME", help=tr("of a table: the column with the pictures"))
    add("--label-column", metavar="NAME", help=tr("of a table: the column with the classes"))
    add("--group-column", metavar="NAME", help=tr("of a table: the column that says what belongs together"))
    add("--split-column", metavar="NAME", help=tr("of a table: the column with train, validation or test"))
    add("--level", type=int, metavar="N", help=tr("cut categories such as “Home >> Kitchen >> Pans” after N parts"))
    add("--images", type=Path, metavar="FOLDER", help=tr("where the pictures of a table lie, if not beside it"))


def _add_data(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group(tr("photographs")).add_argument
    add("--library", action="store_true", help=tr("train on what volunteers said, instead of DATASET"))
    add("--leave-out", action="append", metavar="CLASS", help=tr("a class that is not trained on (several times)"))
    add("--merge", action="append", metavar="CLASS=OTHER", help=tr("a class that counts as another (several times)"))
    add("--split", metavar="80/10/10", help=tr("parts for training, validation and test"))
    add("--no-groups", action="store_true", help=tr("look-alikes may be in different parts (flatters the result)"))
    add("--no-official", action="store_true", help=tr("share out anew what lies in train and test folders"))
    add("--seed", type=int, metavar="N", help=tr("another number shares out and begins differently"))
    add("--balance", metavar="KIND", help=tr("none, weights, under, under=N, over, over=N"))
    add("--augment", metavar="KIND", help=tr("none, light, strong, or such as rotation=20,zoom=0.1,flip,mixup=0.2"))
    add("--shape", choices=SHAPES, help=tr("how a photograph becomes square"))
    add("--size", type=int, metavar="PIXELS", help=tr("the side of that square (default: the network's own)"))
    add("--steps", metavar="STEPS", help=tr("grayscale, equalise, clahe, whiten: in this order, with commas"))


def _add_network(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group(tr("network (finetune and scratch)")).add_argument
    add("--pooling", choices=POOLINGS, help=tr("how the network's map becomes numbers"))
    add("--dense", metavar="N,N", help=tr("units of more layers before the answer, such as 256,128"))
    add("--dropout", type=float, metavar="0...0.9", help=tr("how many of those are ignored at each step"))
    add("--batch-norm", action="store_true", help=tr("batch normalisation in those layers"))
    add("--l2", type=float, metavar="X", help=tr("pull the weights of those layers towards zero"))


def _add_fit(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group(tr("fitting (finetune and scratch)")).add_argument
    add("--epochs", type=int, metavar="N", help=tr("how often all photographs are gone through"))
    add("--head-epochs", type=int, metavar="N", help=tr("how often before that, for the head alone"))
    add("--rate", type=float, metavar="X", help=tr("the learning rate of the layers"))
    add("--head-rate", type=float, metavar="X", help=tr("the learning rate of the head"))
    add("--unfrozen", type=int, metavar="N", help=tr("how many of the last layers are trained; -1: all"))
    add("--by-blocks", action="store_true", help=tr("count blocks instead of layers"))
    add("--optimiser", choices=OPTIMISERS, metavar="NAME", help=", ".join(OPTIMISERS))
    add("--schedule", choices=SCHEDULES, help=tr("how the learning rate goes down"))
    add("--loss", choices=LOSSES, metavar="NAME", help=", ".join(LOSSES))
    add("--label-smoothing", type=float, metavar="0...0.9", help=tr("do not strive for certainty"))
    add("--batch", type=int, metavar="N", help=tr("how many photographs are looked at together"))
    add("--patience", type=int, metavar="N", help=tr("stop after so many epochs without progress"))
    add("--no-mixed-precision", action="store_true", help=tr("full precision on a graphics card, too"))


def _add_runs(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group(tr("runs")).add_argument
    add("--runs", action="store_true", help=tr("list the runs so far"))
    add("--resume", metavar="RUN", help=tr("go on with a run that was stopped or interrupted"))
    add("--config", type=Path, metavar="FILE", help=tr("the config.json of a run; what is typed beside it counts more"))
    add("--start-from", metavar="MODEL", help=tr("the model to begin from and to compare with (none: no model)"))
    add("--precision", type=float, metavar="0.5...1", help=tr("how often “sure” shall be right (default: 0.95)"))
    add("--not-medical", action="store_true", help=tr("put “not a medical device” on every page"))
    add("--search", type=int, metavar="N", help=tr("try N other choices and say which were best"))
    add("--search-backbones", default="", metavar="NAME,NAME", help=tr("networks that a search tries, too"))
    add("--study", default="", metavar="URL", help=tr("the database of a search that several computers share"))
    # How the window starts its process.
    add("--run", dest="run_id", metavar="RUN", help=argparse.SUPPRESS)
    add("--job", choices=JOBS, default="train", help=argparse.SUPPRESS)


# -- What is done ------------------------------------------------------------------------------------------------------


def _train_lines(args: argparse.Namespace, make: Make | None) -> Iterator[str]:
    from core.train_records import Job
    from core.train_runs import check_none_trains, find_run, new_run

    if args.runs:
        yield from run_lines()
        return
    training = _made(make)
    if args.run_id:
        training.run_quietly(args.run_id, Job(args.job))
        return
    if not args.look:
        check_none_trains()  # before a run is made that could not begin
    if args.resume:
        run = find_run(args.resume)
    else:
        config = _possible(config_of(args), args)
        training.check(config)
        run = new_run(config)
    if args.search is not None:
        yield from training.search(run, args.search, args.study, words_in(args.search_backbones))
    elif args.look:
        yield from training.look(run)
    else:
        yield from training.train(run, args.use or args.use_anyway, args.use_anyway)


def _possible(config: TrainConfig, args: argparse.Namespace) -> TrainConfig:
    """Raises UsageError before a run is made for something that makes no sense."""
    from core.train_checks import check_network
    from core.train_defaults import taken_words

    if said := taken_words(config.name):
        raise UsageError(said)
    try:
        check_network(config)
    except UserError as error:
        raise UsageError(str(error)) from error
    if args.search is not None and config.fit.mode.value == "head":
        raise UsageError(tr("A search is for fine-tuning and for training from scratch: add --mode finetune."))
    return config


def _evaluate_lines(args: argparse.Namespace, make: Make | None) -> Iterator[str]:
    return _made(make).evaluate(args.model, source_of(args), args.report, args.format)


def _made(make: Make | None) -> Training:
    if make is None:
        raise UserError(tr("This program cannot train."))
    return make()


def run_lines() -> Iterator[str]:
    """One line for each run, the newest first: how it stands, how right its model was, what it was trained with."""
    from core.train_runs import list_runs, read_result, why_no_result

    try:
        runs = list_runs()
    except UserError:  # a folder that may only be read, in which there is none
        runs = []
    if not runs:
        yield tr("There is no run yet. Train: main.py train FOLDER --name NAME")
    width = max((len(run.id) for run in runs), default=0)
    for run in runs:
        result = read_result(run) if run.has_result else None
        right = _right(result) if result else ""
        how = f"{run.config.fit.mode.value}, {run.config.network.backbone}" if run.config else ""
        said = run.problem or run.state.problem or right or why_no_result(run)
        yield f"{run.id:<{width}}  {run.state.status.value:<11}  {how}  {said}".rstrip()


def _right(result: Result) -> str:
    """How right a model was, where anybody knows."""
    return tr("{share} right").format(share=percent(result.judgement.top1)) if result.judgement.photographs else "–"
