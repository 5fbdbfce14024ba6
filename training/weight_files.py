"""Files of weights: which one is meant, whether it is what it says, and its numbers by layer."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.backbones import BackboneEntry
from core.errors import UserError
from core.folders import training_dir
from core.texts import tr

log = logging.getLogger(__name__)

Array = npt.NDArray[Any]
IMAGENET, NOTHING = "imagenet", "none"
HDF5_MARK, ZIP_MARK = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
_CHUNK_BYTES = 1 << 20
# All layers of the largest network of the table take 260 MB.
_MOST_BYTES = 2 << 30
# The order in which Keras' layers have their weights, where a file names them.
_PARTS = ("kernel", "depthwise_kernel", "pointwise_kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")


class WeightsError(UserError):
    """A file of weights is missing, damaged or another network's: the text says which and what to do."""


@dataclass(frozen=True)
class LayerArrays:
    """The numbers of one layer, in the order in which Keras keeps them."""

    name: str
    arrays: tuple[Array, ...]


def weights_dir() -> Path:
    """Where downloaded weights are kept, and where an administrator may put files."""
    folder = training_dir() / "weights"
    folder.mkdir(exist_ok=True)
    return folder


def keras_cache() -> Path:
    """Where Keras itself keeps what it downloads; perhaps not there."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def given_file(entry: BackboneEntry, weights: str) -> Path:
    """The file that an administrator means by a path: the file itself, or the one for this network in a folder.

    Raises WeightsError.
    """
    path = Path(weights).expanduser()
    if path.is_dir():
        found = _in_folder(entry, path)
        if found is None:
            said = tr("There are no weights for {network} in {folder}. The file could be called {names}.")
            names = ", ".join(_names(entry))
            raise WeightsError(said.format(network=entry.title, folder=path, names=names))
        path = found
    if not path.is_file():
        raise WeightsError(tr("There is no file of weights {file}.").format(file=path))
    if not _is_whole(entry, path):
        said = tr("“{file}” is not the file that Keras publishes under this name, or it is damaged: copy it again.")
        raise WeightsError(said.format(file=path.name))
    return path


def kept_file(entry: BackboneEntry) -> Path | None:
    """The ImageNet weights of a network that are on this computer: in the program's own folder, or in Keras'."""
    for folder in (weights_dir(), keras_cache()):
        found = _in_folder(entry, folder) if folder.is_dir() else None
        if found is not None and _is_whole(entry, found):
            return found
    return None


def _names(entry: BackboneEntry) -> list[str]:
    published = [entry.file.name] if entry.file else []
    plain = [f"{entry.name}{suffix}" for suffix in (".npz", ".h5", ".weights.h5", ".keras")]
    return [*published, *plain, *([f"{entry.name}.pdiparams"] if entry.name == "pplcnetv2" else [])]


def _in_folder(entry: BackboneEntry, folder: Path) -> Path | None:
    return next((folder / name for name in _names(entry) if (folder / name).is_file()), None)


def _is_whole(entry: BackboneEntry, path: Path) -> bool:
    """Whether a file that is called as the published one is that one; others are checked when they are read."""
    if entry.file is None or path.name != entry.file.name or not entry.file.checksum:
        return True
    whole = digest(path, entry.file.checksum) == entry.file.checksum
    if not whole:
        log.warning("%s is not the file that Keras publishes: left alone", path)
    return whole


def digest(path: Path, like: str = "") -> str:
    """A file's checksum of the same kind as `like` (32 digits: MD5, as Keras publishes; else SHA-256)."""
    made = hashlib.md5(usedforsecurity=False) if len(like) == 32 else hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            made.update(piece)
    return made.hexdigest()


# -- What is in them ---------------------------------------------------------------------------------------------------


def read_layers(path: Path) -> list[LayerArrays]:
    """The layers of an .npz file (`LAYER/part`) or of a Keras .h5 file, those that have numbers, in the file's order.

    Raises WeightsError; nothing is unpickled or run.
    """
    with _refusing(path):
        if path.suffix == ".npz":
            return _read_npz(path)
        return list(_read_h5(path))


def is_keras_3(path: Path) -> bool:
    """Whether a file is in Keras 3's own format (.weights.h5, .keras), whose layers only Keras can name."""
    mark = _mark(path)
    if mark[:4] == ZIP_MARK and path.suffix == ".keras":
        return True
    if mark != HDF5_MARK:
        return False
    import h5py

    with _refusing(path), h5py.File(path, "r") as file:
        return "layers" in file and "layer_names" not in file.attrs


@contextmanager
def keras_3_weights(path: Path) -> Iterator[Path]:
    """The .weights.h5 file of a .keras file, unpacked for as long as the block lasts; other files as they are."""
    if path.suffix != ".keras":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="shelterlens-") as folder:
        target = Path(folder) / "model.weights.h5"
        with _refusing(path), zipfile.ZipFile(path) as archive:
            if archive.getinfo("model.weights.h5").file_size > _MOST_BYTES:
                raise ValueError("too large")
            target.write_bytes(archive.read("model.weights.h5"))
        yield target


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Says what is wrong with a file that cannot be read."""
    check_mark(path, path.name)
    try:
        yield
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
        log.info("%s: %s", path, error)
        said = tr("“{file}” is incomplete or damaged: download or copy it again.")
        raise WeightsError(said.format(file=path.name)) from error


def _mark(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError as error:
        said = tr("“{file}” cannot be read: {reason}.")
        raise WeightsError(said.format(file=path.name, reason=error.strerror or error)) from error


def check_mark(path: Path, name: str) -> None:
    """Whether a file begins as one that is called `name` must. Raises WeightsError."""
    mark = _mark(path)
    if mark.lstrip()[:1] == b"<":
        said = tr("“{file}” is a web page, not a file of weights: the download was refused. Download it again.")
        raise WeightsError(said.format(file=name))
    marks = {".npz": ZIP_MARK, ".keras": ZIP_MARK, ".h5": HDF5_MARK, ".hdf5": HDF5_MARK}
    wanted = marks.get(Path(name).suffix.lower())
    if wanted is None:
        said = tr("“{file}” is no file of weights: their names end in .h5, .weights.h5, .keras or .npz.")
        raise WeightsError(said.format(file=name))
    if not mark.startswith(wanted):
        said = tr("“{file}” is no file of weights, whatever its name says. Download or copy it again.")
        raise WeightsError(said.format(file=name))


def _read_npz(path: Path) -> list[LayerArrays]:
    named: dict[str, dict[str, Array]] = {}
    with np.load(path, allow_pickle=False) as file:
        for key in file.files:
            layer, _, part = key.rpartition("/")
            named.setdefault(layer or key, {})[part] = _numbers(file[key])
    return [
        LayerArrays(name, tuple(parts[part] for part in sorted(parts, key=_place))) for name, parts in named.items()
    ]


def _place(part: str) -> int:
    """Where an array comes among those of its layer: `kernel` before `bias`, or as its number says."""
    if part.isdecimal():
        return int(part)
    return _PARTS.index(part) if part in _PARTS else len(_PARTS)


def _read_h5(path: Path) -> Iterator[LayerArrays]:
    """The layers of Keras' older format, with which keras.applications publishes its weights."""
    import h5py

    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        for name in _texts(root.attrs, "layer_names"):
            group = root[name]
            arrays = tuple(_numbers(group[weight][()]) for weight in _texts(group.attrs, "weight_names"))
            if arrays:
                yield LayerArrays(name, arrays)


def _texts(attributes: Any, name: str) -> list[str]:
    """A list of texts; long ones are in pieces called name0, name1 …, because HDF5 bounds the size of one."""
    pieces = [attributes[name]] if name in attributes else []
    while f"{name}{len(pieces)}" in attributes:
        pieces.append(attributes[f"{name}{len(pieces)}"])
    if not pieces:
        raise KeyError(name)
    return [text.decode() if isinstance(text, bytes) else str(text) for piece in pieces for text in piece]


def _numbers(values: Any) -> Array:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"not numbers: {array.dtype}")
    if not np.isfinite(array).all():
        raise ValueError("not all numbers are finite")
    return array
