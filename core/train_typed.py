"""What was typed after `train` as the config that it means, and a sentence for whatever cannot be meant.

Light to import, as `core.commands_train` is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import UsageError, UserError
from core.texts import tr

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from core.train_config import Source, TrainConfig

# The options by where their values stand in a config.
_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name",), "mode": ("fit", "mode"), "backbone": ("network", "backbone"),
    "weights": ("network", "weights"), "seed": ("split", "seed"), "shape": ("preprocessing", "shape"),
    "size": ("preprocessing", "size_px"), "pooling": ("network", "head", "pooling"),
    "dropout": ("network", "head", "dropout"), "l2": ("network", "head", "l2"), "epochs": ("fit", "epochs"),
    "head_epochs": ("fit", "head_epochs"), "rate": ("fit", "rate"), "head_rate": ("fit", "head_rate"),
    "unfrozen": ("fit", "unfrozen"), "optimiser": ("fit", "optimiser"), "schedule": ("fit", "schedule"),
    "loss": ("fit", "loss"), "label_smoothing": ("fit", "label_smoothing"), "batch": ("fit", "batch"),
    "patience": ("fit", "patience"), "precision": ("wanted_precision",),
}  # fmt: skip
# Those with more than one value.
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "balance": ("balance",), "augment": ("augmentation",), "steps": ("preprocessing", "steps"),
    "dense": ("network", "head", "dense"), "leave_out": ("changes", "leave_out_classes"),
    "merge": ("changes", "merge"), "split": ("split",), "level": ("source", "level"),
    "image_column": ("source", "image_column"), "label_column": ("source", "label_column"),
    "group_column": ("source", "group_column"), "split_column": ("source", "split_column"),
    "start_from": ("start_from",),
}  # fmt: skip
# A part of the whole may be off by as much where people write 33.3 three times.
_ROUNDED: Final = 0.002
# What is wrong with a file that is something else, and not a config with a wrong value.
_NO_CONFIG: Final = frozenset({"json_invalid", "model_type", "missing", "extra_forbidden"})
AUGMENTATIONS = {
    "rotation": "rotation_deg", "zoom": "zoom", "contrast": "contrast", "brightness": "brightness", "flip": "flip",
    "crop": "crop", "blur": "blur", "noise": "noise", "cutout": "cutout", "mixup": "mixup", "shear": "shear_deg",
    "distort": "distort",
}  # fmt: skip


def config_of(args: argparse.Namespace) -> TrainConfig:
    """The config that was typed, on top of a file or of the usual choices. Raises UsageError."""
    from pydantic import ValidationError

    from core.train_config import TrainConfig

    try:
        values = _base(args).model_dump()
        for place, value in _typed(args):
            part = values
            for name in place[:-1]:
                part = part[name]
            part[place[-1]] = value
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        raise UsageError(_plain(error)) from error


def source_of(args: argparse.Namespace) -> Source:
    """Where the photographs and their labels are. Raises UsageError."""
    from core.train_config import Source, SourceKind

    if args.library:
        return Source(kind=SourceKind.LIBRARY)
    if args.dataset is None:
        raise UsageError(tr("Say where the photographs are: a folder, a table, or --library."))
    path = args.dataset.absolute()
    if not path.exists():
        raise UserError(tr("There is no such file or folder: {path}").format(path=args.dataset))
    given = {
        "image_column": args.image_column, "label_column": args.label_column, "group_column": args.group_column,
        "split_column": args.split_column, "level": args.level,
        "images": args.images.absolute() if args.images else None,
    }  # fmt: skip
    typed = {name: value for name, value in given.items() if value is not None}
    if path.is_dir() and typed:
        raise UsageError(tr("Columns are for tables, and {path} is a folder.").format(path=args.dataset))
    return Source(kind=SourceKind.FOLDER if path.is_dir() else SourceKind.TABLE, path=path, **typed)


def _base(args: argparse.Namespace) -> TrainConfig:
    from pydantic import ValidationError

    from core.train_config import Mode, TrainConfig
    from core.train_defaults import usual_config, usual_name

    if args.config is None:
        source = source_of(args)
        name = args.name or usual_name(source.path.stem if source.path else "shelter")
        return usual_config(name, source, Mode(args.mode or "head"), args.backbone or "")
    try:
        base = TrainConfig.model_validate_json(args.config.read_bytes())
    except ValidationError as error:
        if not {one["type"] for one in error.errors(include_url=False)} & _NO_CONFIG:
            raise
        raise UsageError(tr("{path} is no config.json of a run.").format(path=args.config)) from error
    except OSError as error:
        said = tr("{path} cannot be read: {reason}.")
        raise UserError(said.format(path=args.config, reason=error.strerror)) from error
    return base.model_copy(update={"source": source_of(args)}) if args.dataset or args.library else base


def _typed(args: argparse.Namespace) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each choice that was typed, by its place in the config."""
    yield from ((place, getattr(args, name)) for name, place in _PLACES.items() if getattr(args, name) is not None)
    if args.weights and Path(args.weights).exists():
        yield ("network", "weights"), str(Path(args.weights).absolute())
    if args.seed is not None:
        yield ("fit", "seed"), args.seed
    switches = {
        "no_groups": (("split", "by_group"), False), "no_official": (("split", "official"), False),
        "batch_norm": (("network", "head", "batch_norm"), True), "by_blocks": (("fit", "by_blocks"), True),
        "no_mixed_precision": (("fit", "mixed_precision"), False), "not_medical": (("not_medical",), True),
    }  # fmt: skip
    yield from (place_and_value for name, place_and_value in switches.items() if getattr(args, name))
    yield from _typed_lists(args)


def _typed_lists(args: argparse.Namespace) -> Iterator[tuple[tuple[str, ...], Any]]:
    if args.leave_out:
        yield ("changes", "leave_out_classes"), tuple(args.leave_out)
    if args.merge:
        yield ("changes", "merge"), dict(_pair(text) for text in args.merge)
    if args.split:
        yield from _split(args.split)
    if args.balance:
        kind, _, most = args.balance.partition("=")
        yield ("balance",), {"kind": kind, "to": most or 0}
    if args.augment:
        yield ("augmentation",), _augmentation(args.augment)
    if args.steps:
        yield ("preprocessing", "steps"), tuple(words_in(args.steps))
    if args.dense:
        yield ("network", "head", "dense"), tuple(words_in(args.dense))
    if args.start_from:
        yield ("start_from",), "" if args.start_from == "none" else args.start_from


def _split(text: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Percents, or parts of 1: as they are typed they must make up the whole."""
    try:
        train, validation, test = (float(part) for part in text.split("/"))
    except ValueError as error:
        said = tr("{text} is not such as 80/10/10").format(text=text)
        raise UsageError(said + ".") from error
    typed = train + validation + test
    whole = next((whole for whole in (1.0, 100.0) if abs(typed / whole - 1) < _ROUNDED), None)
    if whole is None or min(train, validation, test) < 0:
        said = tr("{text} is not such as 80/10/10: the three parts must make up 100.")
        raise UsageError(said.format(text=text))
    yield from ((("split", name), part / typed) for name, part in
                (("train", train), ("validation", validation), ("test", test)))  # fmt: skip


def _augmentation(text: str) -> dict[str, Any]:
    from core.train_config import Augmentation
    from core.train_defaults import LIGHT, STRONG

    sets = {"none": Augmentation(), "light": LIGHT, "strong": STRONG}
    if text in sets:
        return sets[text].model_dump()
    values: dict[str, Any] = {}
    for word in words_in(text):
        name, _, strength = word.partition("=")
        if name not in AUGMENTATIONS or (not strength and name != "flip"):
            said = tr("“{text}” is no augmentation. There are: {names}.")
            raise UsageError(said.format(text=word, names=", ".join(AUGMENTATIONS)))
        values[AUGMENTATIONS[name]] = strength or True
    return values


def _pair(text: str) -> tuple[str, str]:
    name, equals, other = text.partition("=")
    if not (name and equals and other):
        raise UsageError(tr("{text} is not such as CLASS=OTHER.").format(text=text))
    return name, other


def words_in(text: str) -> Sequence[str]:
    """The words between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _plain(error: ValidationError) -> str:
    """The first thing that is wrong with a config, in one sentence: the option, and what it may be."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    said = tr("“{value}” is not possible for {place}.").format(
        value=str(first.get("input", ""))[:60], place=_option(tuple(str(part) for part in first["loc"]))
    )
    limits = _limits(first)
    return f"{said} {limits}" if limits else said


def _option(place: tuple[str, ...]) -> str:
    """What is typed for a place in a config; the place itself where nothing is."""
    for name, found in (*_PLACES.items(), *_PARTS.items()):
        if place[: len(found)] == found:
            option = f"--{name.replace('_', '-')}"
            part = {field: word for word, field in AUGMENTATIONS.items()}.get(place[-1], "")
            return f"{option} {part}" if name == "augment" and part else option
    return ".".join(place) or "config"


def _limits(wrong: ErrorDetails) -> str:
    """What would have been possible, as far as that is a number or one of some words."""
    ctx = wrong.get("ctx", {})
    if "expected" in ctx:
        return tr("It may be {words}.").format(words=str(ctx["expected"]).replace("'", "").replace(" or ", ", "))
    said = {
        "ge": tr("It must be {limit} at least."),
        "gt": tr("It must be more than {limit}."),
        "le": tr("It must be {limit} at most."),
        "lt": tr("It must be less than {limit}."),
    }
    return next((text.format(limit=f"{ctx[name]:g}") for name, text in said.items() if name in ctx), "")
