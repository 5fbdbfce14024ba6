"""Files from strangers, read within bounds: arrays without pickles, zips without paths, links or bombs."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from core.bundle_info import printable
from core.errors import BundleError
from core.texts import tr

Array = npt.NDArray[Any]

MOST_FILES = 32
# In a head, where each of four networks may have four layers.
MOST_ARRAYS = 64
_CHUNK_BYTES = 1 << 20
# Everything that zipfile raises for bytes that are no zip, a damaged one, or one of a kind that it does not know.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
# What may stand in a file of numbers, as numpy writes it: in a head, and in others.
HEAD_NUMBERS = frozenset({"<f2", "<f4", "|b1"})
NUMBERS = frozenset({"<f2", "<f4", "<i4", "|u1"})
# The header exactly as numpy.save writes it: numpy's own reader would evaluate whatever stands there as Python.
_NPY_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[^']{2,4})', 'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>[0-9]{1,9},|[0-9]{1,9}(?:, [0-9]{1,9}){1,3})\), \} *\n"
)


@contextmanager
def open_plain(path: Path, most_bytes: int, may_be_link: bool = False) -> Iterator[IO[bytes]]:
    """Open a plain file of at most `most_bytes` for reading: no device, no folder. Raises BundleError."""
    name = printable(path.name)
    try:
        found = _found(path, may_be_link)
        if not stat.S_ISREG(found.st_mode):
            raise BundleError(tr("“{file}” is a link or a folder, not a file.").format(file=name))
        if found.st_size > most_bytes:
            raise BundleError(tr("The file “{file}” is too large for a model.").format(file=name))
        with path.open("rb") as file:
            yield file
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BundleError(tr("The file “{file}” is missing.").format(file=name)) from error
    except OSError as error:
        said = tr("The file “{file}” cannot be read: {reason}.")
        raise BundleError(said.format(file=name, reason=error.strerror or error)) from error


def _found(path: Path, may_be_link: bool) -> os.stat_result:
    try:
        return path.stat(follow_symlinks=may_be_link)
    except ValueError as error:  # a null character, which no file has in its name
        raise FileNotFoundError(str(error)) from error


def not_written(error: OSError) -> BundleError:
    """What to say when the disk does not take a model."""
    return BundleError(tr("The model cannot be written: {reason}.").format(reason=error.strerror or error))


def read_plain(path: Path, most_bytes: int) -> bytes:
    """The contents of a plain file of at most `most_bytes`. Raises BundleError."""
    with open_plain(path, most_bytes) as file:
        return file.read(most_bytes)


def file_sha256(path: Path, most_bytes: int) -> str:
    """The SHA-256 of a file's contents in hexadecimal, read a piece at a time. Raises BundleError."""
    digest = hashlib.sha256()
    with open_plain(path, most_bytes) as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def read_arrays(
    data: bytes, file_name: str, allowed: frozenset[str], most_bytes: int, dtypes: frozenset[str] = HEAD_NUMBERS
) -> dict[str, Array]:
    """The arrays in the bytes of an npz file, which may hold only the `allowed` names and `dtypes`.

    Nothing is unpickled or evaluated, and nothing is read or set aside beyond `most_bytes` in all. Raises BundleError.
    """
    with open_zip(io.BytesIO(data), file_name, MOST_ARRAYS) as archive:
        members = {member.orig_filename.removesuffix(".npy"): member for member in archive.infolist()}
        for name, member in members.items():
            if name not in allowed or member.orig_filename != f"{name}.npy":
                said = tr("There is something unknown in “{file}”: “{name}”.")
                raise BundleError(said.format(file=file_name, name=printable(member.orig_filename)))
        if sum(member.file_size for member in members.values()) > most_bytes:
            raise BundleError(tr("The file “{file}” is too large for a model.").format(file=file_name))
        return {name: _array(b"".join(_pieces(archive, member)), name, dtypes) for name, member in members.items()}


def unpack(path: Path, folder: Path, most_bytes: Callable[[str], int], most_in_all: int) -> None:
    """Write the files of a zip into an existing `folder`; `most_bytes(name)` is 0 for names that may not be there.

    Never leaves the folder, follows or makes a link, or writes more than allowed. Raises BundleError.
    """
    with open_plain(path, most_in_all, may_be_link=True) as file, open_zip(file, path.name) as archive:
        members = archive.infolist()
        for member in members:
            _check_member(member, most_bytes(member.orig_filename))
        if sum(member.file_size for member in members) > most_in_all:
            raise BundleError(tr("The model is too large."))
        for member in members:
            try:
                with (folder / member.orig_filename).open("xb") as target:
                    target.writelines(_pieces(archive, member))
            except OSError as error:
                raise not_written(error) from error


def _check_member(member: zipfile.ZipInfo, most_bytes: int) -> None:
    """Only files that are expected, by their exact name: so there are no paths, and no way out of the folder."""
    name = printable(member.orig_filename)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if most_bytes <= 0:
        raise BundleError(tr("There is a file in it that does not belong to a model: “{name}”.").format(name=name))
    if kind not in (0, stat.S_IFREG):
        raise BundleError(tr("“{file}” is a link or a folder, not a file.").format(file=name))
    if member.file_size > most_bytes:
        raise BundleError(tr("The file “{file}” is too large for a model.").format(file=name))


@contextmanager
def open_zip(file: IO[bytes], name: str, most_files: int = MOST_FILES) -> Iterator[zipfile.ZipFile]:
    """A zip with at most `most_files` members, each once, none encrypted, all plain or deflated. Raises BundleError."""
    broken = BundleError(tr("“{file}” is damaged or no model at all.").format(file=printable(name)))
    if not _has_small_directory(file):
        raise broken
    try:
        archive = zipfile.ZipFile(file)
    except _ZIP_ERRORS as error:
        raise broken from error
    with archive:
        members = archive.infolist()
        if len(members) > most_files:
            raise BundleError(tr("There are too many files in “{file}”.").format(file=printable(name)))
        # Systems that do not tell upper from lower case would write one over the other.
        if len({member.filename.casefold() for member in members}) != len(members):
            raise BundleError(tr("A file is twice in “{file}”.").format(file=printable(name)))
        for member in members:
            if member.flag_bits & 0x1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise BundleError(tr("“{file}” is packed in a way that is not known.").format(file=printable(name)))
        yield archive


def _has_small_directory(file: IO[bytes]) -> bool:
    """Whether the list of files at the end is short: zipfile reads all of it before anything can be checked.

    Only the plainest end is taken (no comment, no 64-bit sizes), so that zipfile cannot find another one than this.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 42))
    end = file.read(42)
    file.seek(0)
    plain = end[-22:-18] == b"PK\x05\x06" and end[-2:] == b"\x00\x00" and end[:4] != b"PK\x06\x07"
    return plain and int.from_bytes(end[-10:-6], "little") <= 1 << 16


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """What is packed in a member: never more than its declared size, which the caller has checked.

    A member that lies about its size fails on its checksum.
    """
    left = member.file_size
    try:
        with archive.open(member) as source:
            while piece := source.read(_CHUNK_BYTES):
                left -= len(piece)
                yield piece
    except _ZIP_ERRORS as error:
        raise BundleError(tr("The file “{file}” is damaged.").format(file=printable(member.filename))) from error
    if left:
        raise BundleError(tr("The file “{file}” is damaged.").format(file=printable(member.filename)))


def _array(data: bytes, name: str, dtypes: frozenset[str]) -> Array:
    """The array in the bytes of an npy file of format 1, which is what numpy writes for all plain arrays."""
    broken = BundleError(tr("The numbers “{name}” of the model cannot be read.").format(name=name))
    if data[:8] != b"\x93NUMPY\x01\x00" or len(data) < 10:
        raise broken
    start = 10 + int.from_bytes(data[8:10], "little")
    header = _NPY_HEADER.fullmatch(data[10:start])
    if header is None or header["dtype"].decode("latin-1") not in dtypes:
        raise broken
    dtype = np.dtype(header["dtype"].decode("latin-1"))
    shape = tuple(int(length) for length in header["shape"].split(b",") if length)
    count = 1
    for length in shape:  # in Python's own numbers, which do not overflow
        count *= length
    if count == 0 or count * dtype.itemsize != len(data) - start:
        raise broken
    values: Array = np.frombuffer(data, dtype, count, start)
    return values.reshape(shape, order="F" if header["fortran"] == b"True" else "C")


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write an npz file that `read_arrays` takes."""
    # Compressed: the rows of a classifier that hears only some of the networks are mostly zeros.
    np.savez_compressed(path, allow_pickle=False, **dict(arrays))
