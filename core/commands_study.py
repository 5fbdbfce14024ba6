"""The command study: what may be typed, and what is asked of training/ with it. Light to import."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UsageError, UserError
from core.texts import label_name, tr

if TYPE_CHECKING:
    from core.commands_train import Make

STUDY_EXAMPLES = (
    "  main.py study list\n"
    "  main.py study dogs --data datasets/ --quick\n"
    "  main.py study leaves --data datasets/ --external field/ --other things/ --weights stick/\n"
    "  main.py study products --data datasets/ --only networks --out comparison/"
)


@dataclass(frozen=True)
class StudyRequest:
    """One study as it was asked for: `data` is the folder of data sets, `only` the comparisons (empty: all)."""

    name: str
    data: Path
    quick: bool = False
    only: tuple[str, ...] = ()
    weights: Path | None = None
    out: Path | None = None
    external: Path | None = None
    other: Path | None = None
    anew: bool = False


def add_study_arguments(parser: argparse.ArgumentParser, make: Make | None) -> None:
    """What may follow `study`; `make` gives what does it."""
    add = parser.add_argument
    add("name", metavar="NAME|list", help=tr("the study, or list for what there is"))
    add("--data", type=Path, metavar="FOLDER", help=tr("the folder with the data sets, each in a folder of its own"))
    add("--quick", action="store_true", help=tr("minutes instead of hours: fewer classes, photographs and epochs"))
    add(
        "--only",
        action="append",
        default=[],
        metavar="COMPARISON[/VARIANT]",
        help=tr("only this comparison (several times)"),
    )
    add("--weights", type=Path, metavar="FOLDER", help=tr("files of ImageNet weights; without it they are downloaded"))
    add("--out", type=Path, metavar="FOLDER", help=tr("write report, tables and curves here, too"))
    add("--external", type=Path, metavar="FOLDER", help=tr("photographs of the same classes from elsewhere"))
    add("--other", type=Path, metavar="FOLDER", help=tr("photographs of none of the classes: the class “Other”"))
    add("--anew", action="store_true", help=tr("begin anew instead of going on with one that was stopped"))
    parser.set_defaults(lines=lambda args: _study_lines(args, make))


def _study_lines(args: argparse.Namespace, make: Make | None) -> Iterator[str]:
    if args.name == "list":
        yield from list_lines()
        return
    if args.data is None:
        raise UsageError(tr("Say where the data sets are: --data FOLDER."))
    for path in (args.data, args.weights, args.external, args.other):
        if path is not None and not path.is_dir():
            raise UserError(tr("There is no such folder: {path}").format(path=path))
    if make is None:
        raise UserError(tr("This program cannot train."))
    from core.study_presets import chosen, read_preset

    list(chosen(read_preset(args.name), tuple(args.only)))  # wrong names are said before anything begins
    request = StudyRequest(
        args.name, args.data.absolute(), args.quick, tuple(args.only), _whole(args.weights), _whole(args.out),
        _whole(args.external), _whole(args.other), args.anew,
    )  # fmt: skip
    yield from make().study(request)


def list_lines() -> Iterator[str]:
    """Each study with its comparisons and how many variants they have; a damaged one says what is wrong with it."""
    from core.run_results import not_medical_words
    from core.study_presets import preset_names, read_preset

    for name in preset_names():
        try:
            preset = read_preset(name)
        except UserError as error:
            yield f"{name}: {error}"
            continue
        yield f"{name}: {label_name(preset.title)} ({preset.data.folder})"
        if preset.not_medical:
            yield f"  {not_medical_words()}"
        width = max(len(one.name) for one in preset.comparisons)
        for one in preset.comparisons:
            yield f"  {one.name:<{width}}  {len(one.variants):>2}  {label_name(one.title)}"


def _whole(path: Path | None) -> Path | None:
    return path.absolute() if path else None
