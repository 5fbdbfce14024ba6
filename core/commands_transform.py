"""The command transform: what classic image processing makes of photographs, as pictures in another folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.about import NAME
from core.errors import PhotoError, UsageError, UserError
from core.texts import tr

if TYPE_CHECKING:
    from PIL import Image

    from core.outlines import Outliner
    from core.records import Photo
    from core.transformations import Transformation

# What core.transformations can do; a test compares them.
NAMES: Final = ("blur", "mask", "region", "colour", "unshaded", "landmarks", "histogram")
TRANSFORM_EXAMPLES: Final = (
    "  main.py transform leaf.jpg --out seen/\n  main.py transform leaves/ --out seen/ --only blur,mask --files"
)
# Larger pictures show no more of an object, and take long.
_MOST_PX: Final = 1600


@dataclass(frozen=True)
class Transforming:
    """What is made: of which photographs, where, what; `files` makes a file of each instead of a sheet."""

    path: Path
    out: Path
    wanted: tuple[Transformation, ...]
    files: bool


def add_transform_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `transform`."""
    add = parser.add_argument
    add("path", type=Path, metavar="PHOTO|FOLDER", help=tr("a photograph, or a folder with photographs"))
    add("--out", type=Path, required=True, metavar="FOLDER", help=tr("the folder for the pictures"))
    add("--only", default="", metavar="NAME,NAME", help=", ".join(NAMES))
    add("--files", action="store_true", help=tr("a file for each transformation instead of one sheet"))
    parser.set_defaults(lines=_transform_lines)


def _transform_lines(args: argparse.Namespace) -> Iterator[str]:
    from core.transformations import Transformation

    words = [word.strip() for word in args.only.split(",") if word.strip()] or list(NAMES)
    if wrong := [word for word in words if word not in NAMES]:
        said = tr("“{name}” is no transformation. There are: {names}.")
        raise UsageError(said.format(name=wrong[0], names=", ".join(NAMES)))
    if not args.path.exists():
        raise UserError(tr("There is no such file or folder: {path}").format(path=args.path))
    wanted = tuple(one for one in Transformation if one.value in words)
    yield from transform(Transforming(args.path, args.out, wanted, args.files))


def transform(wanted: Transforming) -> Iterator[str]:
    """Write the pictures; a line for each photograph. The photographs stay as they are.

    One that cannot be read is a line on stderr. Raises UserError where nothing could be done.
    """
    from core.machine import native_silence
    from core.outlines import Outliner

    out = _made(wanted.out)
    with native_silence():
        outliner = Outliner()
    written = 0
    for path, below in _photographs(wanted.path, out):
        try:
            yield from _pictures_of(path, out / below, wanted, outliner)
        except PhotoError as error:
            print(f"{NAME}: {path}: {error}", file=sys.stderr)
            continue
        written += 1
    if not written:
        raise UserError(tr("None of these photographs can be read."))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = tr("The folder {folder} cannot be used: {reason}.")
        raise UserError(said.format(folder=folder, reason=error.strerror or error)) from error
    return folder


def _photographs(path: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """Each photograph and the folder below the result's in which its pictures go; what was made earlier is none."""
    from core.photo_search import find_photos
    from core.pictures import is_own_picture

    inside = out.resolve()
    for photo in list(find_photos(path)):
        if inside in photo.resolve().parents and is_own_picture(photo):
            continue
        below = photo.parent.relative_to(path) if path.is_dir() else Path()
        yield photo, below


def _pictures_of(path: Path, folder: Path, wanted: Transforming, outliner: Outliner) -> Iterator[str]:
    from PIL import Image

    from core.photos import open_photo
    from core.pictures import is_own_picture, save_image
    from core.transformation_sheets import sheet_of, transformed_pictures

    photo = _smaller(open_photo(path))
    pictures = transformed_pictures(photo.pixels, outliner.outline(photo), wanted.wanted)
    if wanted.files:
        named = zip(wanted.wanted, pictures[1:], strict=True)
        made = {one.value: Image.fromarray(tile.pixels) for one, tile in named}
    else:
        made = {"sheet": sheet_of(pictures)}
    for what, picture in made.items():
        # With its ending: rex.jpg and rex.png may lie side by side.
        target = _made(folder) / f"{path.stem}-{path.suffix.lstrip('.').lower()}-{what}.png"
        if target.exists() and not is_own_picture(target):
            raise UserError(tr("There is a file called {name} already.").format(name=target))
        save_image(target, photo, partial(_same, picture))
        yield str(target)


def _same(picture: Image.Image) -> Image.Image:
    return picture


def _smaller(photo: Photo) -> Photo:
    """The photograph with a long side of at most `_MOST_PX`."""
    from dataclasses import replace

    import numpy as np
    from PIL import Image

    if max(photo.pixels.shape[:2]) <= _MOST_PX:
        return photo
    small = Image.fromarray(photo.pixels)
    small.thumbnail((_MOST_PX, _MOST_PX), Image.Resampling.LANCZOS)
    return replace(photo, pixels=np.asarray(small))
