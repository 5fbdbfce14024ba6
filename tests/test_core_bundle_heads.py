"""The numbers of a model: read without pickles, and refused when they are not plain, finite and of the right shape."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import bundles
from core.bundles import (
    load_bundle,
)
from tests.bundle_factory import tiny_head
from tests.hostile_bundles import npz, refusal, rewrite, set_head, zipped


class Bomb:
    """Unpickling this would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_pickles_in_the_head_are_never_opened(tiny_folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    head = tiny_head() | {"bias": np.array([Bomb(trap)] * 3, object)}
    set_head(tiny_folder, npz(head, allow_pickle=True))
    assert "cannot be read" in refusal(lambda: load_bundle(tiny_folder))
    assert not trap.exists()


BAD_HEADS: dict[str, tuple[dict[str, Any], str]] = {
    "NaN": ({"kernel": np.full((4, 3), np.nan, np.float32)}, "impossible"),
    "infinity": ({"bias": np.array([0, np.inf, 0], np.float16)}, "impossible"),
    "one NaN": ({"subject_bias": np.array([0, 0, np.nan, 0], np.float32)}, "impossible"),
    "enormous": ({"bias": np.array([0, 1e30, 0], np.float32)}, "impossible"),
    "turned": ({"kernel": np.zeros((3, 4), np.float32)}, "wrong shape"),
    "flat": ({"kernel": np.zeros(12, np.float32)}, "wrong shape"),
    "too many labels": ({"bias": np.zeros(4, np.float32)}, "wrong shape"),
    "no kinds": ({"subject_bias": np.zeros(0, np.float32)}, "cannot be read"),
    "subject of other channels": ({"subject_kernel": np.zeros((5, 4), np.float32)}, "wrong shape"),
    "truth as numbers": ({"subject_positive": np.ones(4, np.float32)}, "wrong shape"),
    "numbers as truth": ({"bias": np.ones(3, np.bool_)}, "wrong shape"),
    "all are the subject": ({"subject_positive": np.ones(4, np.bool_)}, "cannot tell"),
    "none is the subject": ({"subject_positive": np.zeros(4, np.bool_)}, "cannot tell"),
    "double": ({"bias": np.zeros(3, np.float64)}, "cannot be read"),
    "complex": ({"bias": np.zeros(3, np.complex64)}, "cannot be read"),
    "text": ({"bias": np.array(["a", "b", "c"])}, "cannot be read"),
    "other byte order": ({"bias": np.zeros(3, ">f4")}, "cannot be read"),
    "a record": ({"bias": np.zeros(3, [("a", "<f4")])}, "cannot be read"),
    "a single number": ({"bias": np.float32(1)}, "cannot be read"),
    "unknown": ({"more": np.zeros(3, np.float32)}, "unknown"),
}


@pytest.mark.parametrize("case", BAD_HEADS)
def test_an_unusable_head_is_refused(tiny_folder: Path, case: str) -> None:
    arrays, reason = BAD_HEADS[case]
    set_head(tiny_folder, npz(tiny_head() | arrays))
    assert reason in refusal(lambda: load_bundle(tiny_folder))


@pytest.mark.parametrize("name", list(tiny_head()))
def test_a_head_without_one_of_its_arrays_is_refused(tiny_folder: Path, name: str) -> None:
    set_head(tiny_folder, npz({key: values for key, values in tiny_head().items() if key != name}))
    refusal(lambda: load_bundle(tiny_folder))


def test_subject_arrays_that_nobody_asks_for_are_refused(tiny_folder: Path) -> None:
    rewrite(tiny_folder, lambda parts: parts["calibration"].update(subject=None))
    assert "not the ones" in refusal(lambda: load_bundle(tiny_folder))


def npy(header: str, data: bytes = b"\0" * 12, version: bytes = b"\x01\x00") -> bytes:
    line = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(line)) + line + data


BAD_ARRAYS = {
    "huge": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (999999999, 999999999, 999999999), }"),
    "overflows to zero": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"),
    "negative": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }"),
    "wraps around": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-3, -1), }"),
    "more than there is": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"),
    "less than there is": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"),
    "empty": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }", b""),
    "code": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os').getpid(),), }"),
    "nested": npy("(" * 9000),
    "object": npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }"),
    "structured": npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }"),
    "not latin": npy("{'descr': '\xff\xfe', 'fortran_order': False, 'shape': (3,), }"),
    "unknown version": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", version=b"\x09\x00"),
    "cut": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }")[:20],
    "nothing": b"",
    "no array": b"hello" * 10,
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_a_crafted_array_is_refused(tiny_folder: Path, case: str) -> None:
    with zipfile.ZipFile(io.BytesIO((tiny_folder / "head.npz").read_bytes())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    set_head(tiny_folder, zipped(members | {"bias.npy": BAD_ARRAYS[case]}))
    assert "cannot be read" in refusal(lambda: load_bundle(tiny_folder))


def test_a_head_that_grows_when_unpacked_is_refused_unread(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000,), }", b"\0" * 4_000_000)
    set_head(tiny_folder, zipped({"kernel.npy": bomb}, zipfile.ZIP_DEFLATED))
    monkeypatch.setattr(bundles, "MOST_HEAD_BYTES", 1_000_000)
    assert (tiny_folder / "head.npz").stat().st_size < 10_000
    assert "too large" in refusal(lambda: load_bundle(tiny_folder))


@pytest.mark.parametrize("data", [b"", b"PK", b"\x93NUMPY", b"\x80\x04]."])
def test_a_head_that_is_no_npz_is_refused(tiny_folder: Path, data: bytes) -> None:
    set_head(tiny_folder, data)
    assert "damaged" in refusal(lambda: load_bundle(tiny_folder))
