"""What may be typed after `explain`, and the job that it means."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.explain_methods import METHODS, Method
from core.texts import tr

EXAMPLES: Final = (
    "  main.py explain rex.jpg --out why.png\n"
    "  main.py explain rex.jpg --out why.png --label Beagle --versus Harrier --outline\n"
    "  main.py explain rex.jpg --out why.png --method fused --faithful\n"
    "  main.py explain rex.jpg --out why.png --method layercam --layer block3_sepconv2\n"
    "  main.py explain --layers"
)
_MOST_CLASSES: Final = 8
_ASKED: Final = range(20, 20001)


def add_explain_arguments(explain: argparse.ArgumentParser) -> None:
    """All but `--model`, which several commands have."""
    add = explain.add_argument
    add("photo", type=Path, nargs="?", metavar="PHOTO", help=tr("the photograph"))
    add("--out", type=Path, metavar="FILE.png", help=tr("the picture to write"))
    add("--label", metavar="BREED", help=tr("evidence for this breed (default: the likeliest)"))
    add("--versus", metavar="BREED", help=tr("what speaks for the one and against this other breed"))
    add("--palette", metavar="NAME", help=tr("the colours: cividis, viridis, magma or blue-orange"))
    add("--opacity", type=_share, metavar="0...1", help=tr("how strongly the colours cover the photograph"))
    add("--outline", action="store_true", help=tr("draw the outline of the animal"))
    ways = "; ".join(f"{entry.method.value}: {entry.title()}" for entry in METHODS.values())
    add(
        "--method",
        choices=[method.value for method in METHODS],
        default=Method.GRADCAM.value,
        metavar="NAME",
        help=tr("how to explain (default: gradcam). {ways}").format(ways=ways).replace("%", "%%"),
    )
    add(
        "--layer",
        metavar="NAME",
        help=tr("which layer of a network, by its name; last: the last of each; all: all of them in one map"),
    )
    add("--layers", action="store_true", help=tr("list the layers of the model's networks and end"))
    add("--faithful", action="store_true", help=tr("also measure how faithful the map is, and draw the curves"))
    add(
        "--classes", type=_classes, default=3, metavar="N", help=tr("with shap: how many of the likeliest (default: 3)")
    )
    add("--answers", type=_answers, metavar="N", help=tr("with shap: so many answers of the model (default: 500)"))


def explain_lines(args: argparse.Namespace) -> Iterator[str]:
    """What the command says, line by line."""
    from core.commands_explain import Explanation, explain, layer_lines

    if args.layers:
        return layer_lines(args.model)
    return explain(
        Explanation(
            photo=args.photo,
            out=args.out,
            label=args.label,
            versus=args.versus,
            model=args.model,
            palette=args.palette,
            opacity=args.opacity,
            outline=args.outline,
            method=Method(args.method),
            layer=args.layer,
            is_measured=args.faithful,
            classes=args.classes,
            answers=args.answers,
        )
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:  # false for nan, too
        raise argparse.ArgumentTypeError(tr("{text} is not a number from 0 to 1").format(text=text))
    return share


def _classes(text: str) -> int:
    return _whole(text, range(1, _MOST_CLASSES + 1))


def _answers(text: str) -> int:
    return _whole(text, _ASKED)


def _whole(text: str, allowed: range) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) not in allowed:
        said = tr("{text} is not a whole number from {least} to {most}")
        raise argparse.ArgumentTypeError(said.format(text=text, least=allowed[0], most=allowed[-1]))
    return int(text)
