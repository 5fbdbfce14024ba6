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
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from pydantic_core import from_json

from core.bundle_files import (
    Array,
    file_sha256,
    not_written,
    open_plain,
    read_plain,
    unpack,
    write_arrays,
)
from core.bundle_heads import HEAD_FILE, read_head
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
    MemoryFile,
    Metrics,
    Pooling,
    Step,
    Subject,
    Summary,
    Sure,
    Tail,
    Unsure,
    View,
    Words,
    is_name,
    printable,
)
from core.bundle_memory import MEMORY_FILE, MOST_MEMORY_BYTES, Memory, check_memory_is_there, read_memory
from core.bundle_trial import try_model
from core.errors import BundleError
from core.folders import replacing
from core.records import Floats
from core.tails import DenseTail
from core.texts import tr
from core.whitening import Whitening

log = logging.getLogger(__name__)

__all__ = [
    "Backbone", "Bundle", "BundleInfo", "Calibration", "Data", "Group", "Head", "Label", "Licence", "Memory",
    "Metrics", "Pooling", "Step", "Subject", "Summary", "Sure", "Tail", "Unsure", "View", "Words",
    "copy_bundle", "discard", "export_bundle", "import_bundle", "is_name", "load_bundle", "put_aside", "read_info",
    "write_bundle",
]  # fmt: skip

INFO_FILE = "bundle.json"
SUFFIX = ".shelterlens"
# In a folder of models, what begins with a dot is no model: the earlier versions, and unfinished ones.
HIDDEN = "."
EARLIER = f"{HIDDEN}earlier"
UNFINISHED = f"{HIDDEN}unfinished-"
CARD_FILE = "MODEL_CARD.md"
MOST_INFO_BYTES = 4 << 20
MOST_CARD_BYTES = 1 << 20
# A flattened VGG16 with a dense layer of 256 units takes 13 MB, with its own 4096 units 206 MB.
MOST_HEAD_BYTES = 256 << 20
MOST_NETWORK_BYTES = 256 << 20
MOST_BUNDLE_BYTES = 512 << 20
LEAST_NETWORK_BYTES = 64


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model that was checked: what it says of itself, where it lies, and its head.

    `kernel` (channels, labels) and `bias` (labels,) are float32. `subject_kernel` (channels, kinds), `subject_bias`
    (kinds,) and `subject_positive` (kinds,) bool tell the subject from everything else; None where the model does not.
    `hidden` has the dense layer (channels, units) of each backbone that has one, by the backbone's name; `tails` and
    `whitenings` likewise.
    """

    info: BundleInfo
    folder: Path
    kernel: Floats
    bias: Floats
    subject_kernel: Floats | None = None
    subject_bias: Floats | None = None
    subject_positive: npt.NDArray[np.bool_] | None = None
    hidden: Mapping[str, Floats] = field(default_factory=dict)
    tails: Mapping[str, DenseTail] = field(default_factory=dict)
    whitenings: Mapping[str, Whitening] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.info.name

    def network_path(self, backbone: Backbone) -> Path:
        """The file of one of its networks."""
        return self.folder / backbone.file

    def memory(self) -> Memory | None:
        """What it keeps of its training, read from its file and checked now; None without. Raises BundleError."""
        return read_memory(self.folder, self.info)


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
        info = BundleInfo.model_validate_json(data, strict=True)
    except ValidationError as error:
        raise BundleError(_plain(error)) from error
    if info.format < info.needed_format:
        raise BundleError(tr("“{place}” in bundle.json is not as it should be.").format(place="format"))
    return info


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

    Nothing in it is run or unpickled, and no link is followed out of it. The memory of its training is read when it is
    asked for, and checked then. Raises BundleError saying why.
    """
    info = read_info(folder)
    for backbone in info.backbones:
        _check_network(folder / backbone.file, backbone.sha256)
    head = read_plain(folder / info.head.file, MOST_HEAD_BYTES)
    if sha256(head).hexdigest() != info.head.sha256:
        raise _wrong_file(info.head.file)
    check_memory_is_there(folder, info)
    numbers = read_head(head, info, MOST_HEAD_BYTES)
    return Bundle(info, folder, **{one.name: getattr(numbers, one.name) for one in fields(numbers)})


def _load_whole(folder: Path) -> Bundle:
    """The same, and what is otherwise read only when it is needed."""
    bundle = load_bundle(folder)
    bundle.memory()
    return bundle


def _wrong_file(name: str) -> BundleError:
    return BundleError(tr("The file “{file}” is not the one that belongs to this model.").format(file=name))


def _check_network(path: Path, wanted_sha256: str) -> None:
    """The hash and the mark of TensorFlow Lite's files; shapes show when the interpreter is made."""
    if file_sha256(path, MOST_NETWORK_BYTES) != wanted_sha256:
        raise _wrong_file(path.name)
    with open_plain(path, MOST_NETWORK_BYTES) as file:
        start = file.read(LEAST_NETWORK_BYTES)
    if len(start) < LEAST_NETWORK_BYTES or start[4:8] != b"TFL3":
        raise BundleError(tr("The file “{file}” is no network in TensorFlow Lite's format.").format(file=path.name))


def write_bundle(
    folder: Path,
    info: BundleInfo,
    arrays: Mapping[str, Array],
    networks: Mapping[str, Path],
    card: str,
    memory: Memory | None = None,
) -> Bundle:
    """Make the model `folder`: written beside and renamed; what was there stays as an earlier version.

    `arrays` are the head's (float16, float32 or bool), `networks` gives the file of each backbone by its name, `card`
    is the text of MODEL_CARD.md. The hashes and the format in `info` are replaced by the right ones. Raises
    BundleError, and then nothing has changed.
    """
    with _unfinished(folder.parent) as beside:
        backbones = []
        for backbone in info.backbones:
            shutil.copyfile(networks[backbone.name], beside / backbone.file)
            found = file_sha256(beside / backbone.file, MOST_NETWORK_BYTES)
            backbones.append(backbone.model_copy(update={"sha256": found}))
        write_arrays(beside / HEAD_FILE, arrays)
        head = Head(sha256=file_sha256(beside / HEAD_FILE, MOST_HEAD_BYTES))
        parts: dict[str, object] = {"backbones": tuple(backbones), "head": head, "memory": _written(memory, beside)}
        whole = info.model_copy(update=parts).as_written()
        (beside / INFO_FILE).write_text(whole.to_json() + "\n", encoding="utf-8", newline="\n")
        (beside / CARD_FILE).write_text(card, encoding="utf-8", newline="\n")
        bundle = _load_whole(beside)
        _put_in_place(beside, folder)
    return replace(bundle, folder=folder)


def _written(memory: Memory | None, folder: Path) -> MemoryFile | None:
    if memory is None:
        return None
    write_arrays(folder / MEMORY_FILE, memory.arrays())
    return MemoryFile(sha256=file_sha256(folder / MEMORY_FILE, MOST_MEMORY_BYTES))


def import_bundle(archive: Path, into: Path) -> Bundle:
    """Take the model in the file `archive` into the folder of models `into`.

    A model of the same name becomes an earlier version. Its networks are tried once in a process of their own first.
    Raises BundleError saying why a model is refused, and then nothing has changed.
    """
    with _unfinished(into) as beside:
        unpack(archive, beside, _most_bytes, MOST_BUNDLE_BYTES)
        bundle = _load_whole(beside)
        _check_nothing_else(bundle)
        try_model(beside)
        folder = into / bundle.name
        _put_in_place(beside, folder)
    return replace(bundle, folder=folder)


def copy_bundle(bundle: Bundle, into: Path) -> Bundle:
    """Take a model that lies elsewhere on this computer into the folder of models `into`.

    A model of the same name becomes an earlier version. Raises BundleError, and then nothing has changed.
    """
    with _unfinished(into) as beside:
        for name in _file_names(bundle.info):
            if name != CARD_FILE or (bundle.folder / name).is_file():
                shutil.copyfile(bundle.folder / name, beside / name)
        copied = _load_whole(beside)
        folder = into / bundle.name
        _put_in_place(beside, folder)
    return replace(copied, folder=folder)


def put_aside(folder: Path) -> Path:
    """Make a model an earlier version of itself; where it is then. Raises OSError."""
    earlier = _place_for_earlier(folder)
    earlier.parent.mkdir(exist_ok=True)
    folder.rename(earlier)
    return earlier


def export_bundle(bundle: Bundle, archive: Path) -> None:
    """Write the model as one file, which must end in .shelterlens; an older file of that name is replaced.

    The same model always gives the same bytes. Raises BundleError.
    """
    if archive.suffix.lower() != SUFFIX:
        raise BundleError(tr("The name of the file must end in {suffix}.").format(suffix=SUFFIX))
    _load_whole(bundle.folder)  # what is broken by now is not handed on
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
    memory = [info.memory.file] if info.memory else []
    return [INFO_FILE, CARD_FILE, info.head.file, *memory, *(backbone.file for backbone in info.backbones)]


def _most_bytes(name: str) -> int:
    """How large a file of this name may be in a bundle; 0 where it may not be there."""
    most = {
        INFO_FILE: MOST_INFO_BYTES,
        CARD_FILE: MOST_CARD_BYTES,
        HEAD_FILE: MOST_HEAD_BYTES,
        MEMORY_FILE: MOST_MEMORY_BYTES,
    }
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
    earlier = put_aside(folder)
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
