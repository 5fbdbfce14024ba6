"""A model on disk, the bundle: a folder, or a zip of it, that is read, checked, written, imported and exported."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from pydantic_core import from_json

from core.bundle_files import (
    Array,
    file_sha256,
    not_written,
    open_plain,
    read_arrays,
    read_plain,
    unpack,
    write_arrays,
)
from core.bundle_info import (
    FORMAT,
    Backbone,
    BundleInfo,
    Calibration,
    Data,
    Group,
    Head,
    Label,
    Licence,
    Metrics,
    Subject,
    Summary,
    Sure,
    Unsure,
    View,
    Words,
    is_name,
    printable,
)
from core.bundle_trial import try_model
from core.errors import BundleError
from core.folders import replacing
from core.records import Floats
from core.texts import tr

log = logging.getLogger(__name__)

__all__ = [
    "Backbone", "Bundle", "BundleInfo", "Calibration", "Data", "Group", "Head", "Label", "Licence", "Metrics",
    "Subject", "Summary", "Sure", "Unsure", "View", "Words",
    "discard", "export_bundle", "import_bundle", "is_name", "load_bundle", "read_info", "write_bundle",
]  # fmt: skip

INFO_FILE = "bundle.json"
SUFFIX = ".shelterlens"
# In a folder of models, what begins with a dot is no model: the earlier versions, and unfinished ones.
HIDDEN = "."
EARLIER = f"{HIDDEN}earlier"
UNFINISHED = f"{HIDDEN}unfinished-"
CARD_FILE = "MODEL_CARD.md"
HEAD_FILE = "head.npz"
MOST_INFO_BYTES = 4 << 20
MOST_CARD_BYTES = 1 << 20
MOST_HEAD_BYTES = 64 << 20
MOST_NETWORK_BYTES = 256 << 20
MOST_BUNDLE_BYTES = 512 << 20
LEAST_NETWORK_BYTES = 64
LARGEST_WEIGHT = 1e6
HEAD_ARRAYS = frozenset({"kernel", "bias", "subject_kernel", "subject_bias", "subject_positive"})
HIDDEN_ARRAY = "hidden_"


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model that was checked: what it says of itself, where it lies, and its head.

    `kernel` (channels, labels) and `bias` (labels,) are float32. `subject_kernel` (channels, kinds), `subject_bias`
    (kinds,) and `subject_positive` (kinds,) bool tell the subject from everything else; None where the model does not.
    `hidden` has the dense layer (channels, units) of each backbone that has one, by the backbone's name.
    """

    info: BundleInfo
    folder: Path
    kernel: Floats
    bias: Floats
    subject_kernel: Floats | None = None
    subject_bias: Floats | None = None
    subject_positive: npt.NDArray[np.bool_] | None = None
    hidden: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.info.name

    def network_path(self, backbone: Backbone) -> Path:
        """The file of one of its networks."""
        return self.folder / backbone.file


def read_info(folder: Path) -> BundleInfo:
    """What the model in `folder` says of itself; nothing else is checked. Raises BundleError."""
    data = read_plain(folder / INFO_FILE, MOST_INFO_BYTES)
    broken = tr("bundle.json is damaged.")
    try:
        parts = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise BundleError(broken) from error
    written = parts.get("format") if isinstance(parts, dict) else None
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise BundleError(broken)
    if written > FORMAT:
        raise BundleError(tr("This model needs a newer Shelterlens."))
    try:
        return BundleInfo.model_validate_json(data, strict=True)
    except ValidationError as error:
        raise BundleError(_plain(error)) from error


def _plain(error: ValidationError) -> str:
    """The first thing that is wrong with bundle.json in one sentence; all of them go to the log."""
    log.info("bundle.json: %s", printable(str(error), 2000))
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    place = printable(".".join(str(part) for part in first["loc"]))
    if first["type"] == "missing":
        return tr("“{place}” is missing in bundle.json.").format(place=place)
    return tr("“{place}” in bundle.json is not as it should be.").format(place=place)


def load_bundle(folder: Path) -> Bundle:
    """The model in `folder`, checked through and through: format, hashes, sizes, shapes and numbers.

    Nothing in it is run or unpickled, and no link is followed out of it. Raises BundleError saying why.
    """
    info = read_info(folder)
    for backbone in info.backbones:
        _check_network(folder / backbone.file, backbone.sha256)
    head = read_plain(folder / info.head.file, MOST_HEAD_BYTES)
    if sha256(head).hexdigest() != info.head.sha256:
        raise _wrong_file(info.head.file)
    layers = {f"{HIDDEN_ARRAY}{backbone.name}" for backbone in info.backbones if backbone.hidden}
    arrays = read_arrays(head, info.head.file, HEAD_ARRAYS | layers, MOST_HEAD_BYTES)
    ready: dict[str, Any] = {name: _ready(values) for name, values in arrays.items()}
    _check_head(ready, info)
    hidden = {name.removeprefix(HIDDEN_ARRAY): ready.pop(name) for name in layers}
    return Bundle(info, folder, hidden=hidden, **ready)


def _wrong_file(name: str) -> BundleError:
    return BundleError(tr("The file “{file}” is not the one that belongs to this model.").format(file=name))


def _ready(values: Array) -> Array:
    """Numbers as they are used: float32 (truth stays truth), in one piece, not to be changed by anybody."""
    ready = np.array(values, np.bool_ if values.dtype == np.bool_ else np.float32, order="C")
    ready.setflags(write=False)
    return ready


def _check_head(arrays: Mapping[str, Array], info: BundleInfo) -> None:
    """Which arrays are there, their shapes, every number finite and of a sensible size. Raises BundleError."""
    wanted: dict[str, tuple[int, ...]] = {"kernel": (info.channels, len(info.labels)), "bias": (len(info.labels),)}
    for backbone in info.backbones:
        if backbone.hidden:
            wanted[f"{HIDDEN_ARRAY}{backbone.name}"] = (backbone.channels, backbone.hidden)
    if info.calibration.subject is not None:
        kinds = arrays["subject_bias"].size if "subject_bias" in arrays else 0
        wanted |= {"subject_kernel": (info.channels, kinds), "subject_bias": (kinds,), "subject_positive": (kinds,)}
    if set(arrays) != set(wanted):
        raise BundleError(
            tr("The numbers in “{file}” are not the ones that bundle.json asks for.").format(file=HEAD_FILE)
        )
    for name, values in arrays.items():
        truth = name == "subject_positive"
        if values.shape != wanted[name] or (values.dtype == np.bool_) is not truth:
            raise BundleError(tr("The numbers “{name}” of the model have the wrong shape.").format(name=name))
        if not truth and not np.abs(values).max() <= LARGEST_WEIGHT:  # "not <=" also catches NaN
            raise BundleError(tr("The numbers “{name}” of the model are impossible.").format(name=name))
    positive = arrays.get("subject_positive")
    if positive is not None and (positive.all() or not positive.any()):
        raise BundleError(tr("The model cannot tell its subject from anything else."))


def _check_network(path: Path, wanted_sha256: str) -> None:
    """The hash and the mark of TensorFlow Lite's files; shapes show when the interpreter is made."""
    if file_sha256(path, MOST_NETWORK_BYTES) != wanted_sha256:
        raise _wrong_file(path.name)
    with open_plain(path, MOST_NETWORK_BYTES) as file:
        start = file.read(LEAST_NETWORK_BYTES)
    if len(start) < LEAST_NETWORK_BYTES or start[4:8] != b"TFL3":
        raise BundleError(tr("The file “{file}” is no network in TensorFlow Lite's format.").format(file=path.name))


def write_bundle(
    folder: Path, info: BundleInfo, arrays: Mapping[str, Array], networks: Mapping[str, Path], card: str
) -> Bundle:
    """Make the model `folder`: written beside and renamed; what was there stays as an earlier version.

    `arrays` are the head's (float16, float32 or bool), `networks` gives the file of each backbone by its name, `card`
    is the text of MODEL_CARD.md. The hashes in `info` are replaced by the right ones. Raises BundleError, and then
    nothing has changed.
    """
    with _unfinished(folder.parent) as beside:
        backbones = []
        for backbone in info.backbones:
            shutil.copyfile(networks[backbone.name], beside / backbone.file)
            found = file_sha256(beside / backbone.file, MOST_NETWORK_BYTES)
            backbones.append(backbone.model_copy(update={"sha256": found}))
        write_arrays(beside / HEAD_FILE, arrays)
        head = Head(sha256=file_sha256(beside / HEAD_FILE, MOST_HEAD_BYTES))
        whole = info.model_copy(update={"backbones": tuple(backbones), "head": head})
        (beside / INFO_FILE).write_text(whole.model_dump_json(indent=1) + "\n", encoding="utf-8", newline="\n")
        (beside / CARD_FILE).write_text(card, encoding="utf-8", newline="\n")
        bundle = load_bundle(beside)
        _put_in_place(beside, folder)
    return replace(bundle, folder=folder)


def import_bundle(archive: Path, into: Path) -> Bundle:
    """Take the model in the file `archive` into the folder of models `into`.

    A model of the same name becomes an earlier version. Its networks are tried once in a process of their own first.
    Raises BundleError saying why a model is refused, and then nothing has changed.
    """
    with _unfinished(into) as beside:
        unpack(archive, beside, _most_bytes, MOST_BUNDLE_BYTES)
        bundle = load_bundle(beside)
        _check_nothing_else(bundle)
        try_model(beside)
        folder = into / bundle.name
        _put_in_place(beside, folder)
    return replace(bundle, folder=folder)


def export_bundle(bundle: Bundle, archive: Path) -> None:
    """Write the model as one file, which must end in .shelterlens; an older file of that name is replaced.

    The same model always gives the same bytes. Raises BundleError.
    """
    if archive.suffix.lower() != SUFFIX:
        raise BundleError(tr("The name of the file must end in {suffix}.").format(suffix=SUFFIX))
    load_bundle(bundle.folder)  # what is broken by now is not handed on
    try:
        with replacing(archive) as file, zipfile.ZipFile(file, "w") as packed:
            for name in _file_names(bundle.info):
                if name != CARD_FILE or (bundle.folder / name).is_file():
                    member = zipfile.ZipInfo(name)  # without the time of day
                    member.external_attr = (stat.S_IFREG | 0o644) << 16
                    packed.writestr(member, (bundle.folder / name).read_bytes(), zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise not_written(error) from error


def _file_names(info: BundleInfo) -> list[str]:
    return [INFO_FILE, CARD_FILE, info.head.file, *(backbone.file for backbone in info.backbones)]


def _most_bytes(name: str) -> int:
    """How large a file of this name may be in a bundle; 0 where it may not be there."""
    most = {INFO_FILE: MOST_INFO_BYTES, CARD_FILE: MOST_CARD_BYTES, HEAD_FILE: MOST_HEAD_BYTES}
    if name.endswith(".tflite") and is_name(name.removesuffix(".tflite")):
        return MOST_NETWORK_BYTES
    return most.get(name, 0)


def _check_nothing_else(bundle: Bundle) -> None:
    for path in bundle.folder.iterdir():
        if path.name not in _file_names(bundle.info):
            said = tr("There is a file in it that does not belong to a model: “{name}”.")
            raise BundleError(said.format(name=printable(path.name)))


@contextmanager
def _unfinished(models: Path) -> Iterator[Path]:
    """An empty folder in `models` for one that is being made; gone at the end if it was not put in place."""
    beside = models / f"{UNFINISHED}{token_hex(4)}"
    try:
        _sweep(models)
        beside.mkdir(parents=True)
        yield beside
    except OSError as error:
        raise not_written(error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _sweep(models: Path) -> None:
    """Clear away what a program that was killed left unfinished; what is younger than a day may be at work."""
    for path in models.glob(f"{UNFINISHED}*"):
        if time.time() - path.lstat().st_mtime > 86_400:
            shutil.rmtree(path, ignore_errors=True)


def discard(folder: Path) -> None:
    """Delete a model, so that it is there whole or not at all. Raises OSError."""
    gone = folder.with_name(f"{UNFINISHED}{token_hex(4)}")
    folder.rename(gone)
    if gone.is_symlink():
        gone.unlink()
    else:
        shutil.rmtree(gone, ignore_errors=True)


def _put_in_place(beside: Path, folder: Path) -> None:
    """Rename the finished `beside` to `folder`; what is there moves to the earlier versions, or back if that fails."""
    for path in beside.iterdir():
        with path.open("r+b") as file:
            os.fsync(file.fileno())
    if not os.path.lexists(folder):
        beside.rename(folder)
        return
    earlier = _place_for_earlier(folder)
    earlier.parent.mkdir(exist_ok=True)
    folder.rename(earlier)
    try:
        beside.rename(folder)
    except OSError:
        earlier.rename(folder)
        raise


def _place_for_earlier(folder: Path) -> Path:
    """A free place such as .earlier/dogs-1.0.0-20260131-235959."""
    try:
        version = read_info(folder).version
    except BundleError:
        version = "broken"
    name = f"{folder.name}-{version}-{datetime.now(tz=timezone.utc):%Y%m%d-%H%M%S}"
    places = (folder.parent / EARLIER / f"{name}{suffix}" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(place for place in places if not os.path.lexists(place))
