"""Models to fuzz with: a tiny one whose parts are replaced by what a stranger, or a broken disk, would put there."""

from __future__ import annotations

import io
import json
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from core.bundle_memory import Memory
from core.bundles import write_bundle
from tests.bundle_factory import CARD, CHANNELS, COLOURS, make_bundle, tiny_head, tiny_info, tiny_network
from tests.fuzz_bytes import BLOWS, struck
from tests.fuzz_texts import changed_json

Files = Mapping[str, bytes]
ARCHIVE = "stranger.shelterlens"


@cache
def sound() -> dict[str, bytes]:
    """The files of a model with everything that one can have."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "colours"
        network = Path(place) / "network"
        network.write_bytes(tiny_network())
        memory = Memory(
            np.ones((len(COLOURS), CHANNELS), np.float32),
            np.ones(len(COLOURS), np.int32),
            np.ones((2, CHANNELS), np.float32),
            np.ones(CHANNELS, np.float32),
            np.zeros((3, 8), np.uint8),
        )
        make_bundle(Path(place) / "other")
        write_bundle(folder, tiny_info(), tiny_head(), {"cells": network}, CARD, memory)
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def _with_hashes(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same with the right hashes, as a stranger would take care."""
    try:
        parts = json.loads(files["bundle.json"])
        parts["head"]["sha256"] = sha256(files["head.npz"]).hexdigest()
        parts["memory"]["sha256"] = sha256(files["memory.npz"]).hexdigest()
        parts["backbones"][0]["sha256"] = sha256(files["cells.tflite"]).hexdigest()
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return dict(files)
    return {**files, "bundle.json": json.dumps(parts).encode()}


_DTYPES = ("<f2", "<f4", "<f8", "|b1", "<i4", "|u1", ">f4", "|S8", "<U4", "<c8", "|V4", "|O")
_SHAPES = st.lists(st.sampled_from((0, 1, 2, 3, 4, 8, 100, 10**6, 10**9, 999_999_999)), max_size=4).map(tuple)


def _array_file(dtype: str, shape: tuple[int, ...], fill: bytes, version: int, order: bool) -> bytes:
    """An .npy file of any declared kind, with a few bytes of numbers."""
    header = f"{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(header).to_bytes(2, "little") + header + fill


_ARRAYS = st.builds(
    _array_file,
    st.sampled_from(_DTYPES),
    _SHAPES,
    st.binary(max_size=64),
    st.sampled_from((1, 1, 1, 2, 3, 9)),
    st.booleans(),
)
_VALUES = st.sampled_from((0.0, np.nan, np.inf, -np.inf, 1e6, -1e6, 1e7, 6e-8, 65504.0))


def _saved(name: str, values: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, values, allow_pickle=True)
    return out.getvalue()


def _npz(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _members(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _with_numbers(name: str, place: int, change: Callable[[str, bytes], bytes]) -> dict[str, bytes]:
    members = _members(sound()[name])
    chosen = sorted(members)[place % len(members)]
    return _with_hashes({**sound(), name: _npz({**members, chosen: change(chosen, members[chosen])})})


def _filled(file: bytes, value: float) -> bytes:
    values = np.load(io.BytesIO(file))
    with np.errstate(all="ignore"):
        return _saved("", np.full_like(values, np.nan_to_num(value) if values.dtype.kind in "iub" else value))


_NPZ = st.sampled_from(("head.npz", "memory.npz"))
_PLACES = st.integers(0, 9)
_NUMBERS = st.one_of(
    st.builds(lambda name, place, data: _with_numbers(name, place, lambda *_: data), _NPZ, _PLACES, _ARRAYS),
    st.builds(
        lambda name, place, value: _with_numbers(name, place, lambda _, old: _filled(old, value)),
        _NPZ,
        _PLACES,
        _VALUES,
    ),
    st.builds(
        lambda name, place, blows: _with_numbers(name, place, lambda _, old: struck(old, blows, ())),
        _NPZ,
        _PLACES,
        BLOWS,
    ),
    st.builds(
        lambda name, blows: _with_hashes({**sound(), name: struck(sound()[name], blows, tuple(sound().values()))}),
        _NPZ,
        BLOWS,
    ),
    st.builds(lambda name, place: _with_numbers(name, place, lambda *_: bytes(60_000_000)), _NPZ, _PLACES),
    st.builds(
        lambda name, place: _with_numbers(name, place, lambda *_: _saved("", np.array([{"a": print}], object))),
        _NPZ,
        _PLACES,
    ),
)
_INFO = changed_json(lambda: sound()["bundle.json"]).map(lambda data: {**sound(), "bundle.json": data})
_INFO_AND_HASHES = _INFO.map(_with_hashes)
_BROKEN_FILE = st.builds(
    lambda name, blows: {**sound(), name: struck(sound()[name], blows, ())}, st.sampled_from(sorted(sound())), BLOWS
)
_NAMES = st.one_of(
    st.sampled_from(
        (
            "../out.tflite",
            "/etc/x",
            "..\\out",
            "C:\\x.tflite",
            "nul.tflite",
            "a/b.tflite",
            "BUNDLE.JSON",
            "bundle.json",
            "x" * 300 + ".tflite",
            "\u202egnp.tflite",
            "dir/",
            "",
            ".",
            "cells.tflite ",
            "CELLS.tflite",
            "é.tflite",
        )
    ),
    st.text(max_size=20),
)


def _archive(files: Mapping[str, bytes], names: list[str], kind: int, many: int, blows: Any, tail: bytes) -> Files:
    """The model as one file, with more in it, links among it, or thousands of names."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # about names that come twice, on purpose
        for name, data in files.items():
            archive.writestr(name, data)
        for name in names:
            member = zipfile.ZipInfo("x")
            member.filename = name
            member.external_attr = kind << 16
            archive.writestr(member, b"/etc/passwd")
        for number in range(many):
            archive.writestr(zipfile.ZipInfo(f"{number}.tflite"), b"")
    data = out.getvalue() + tail
    return {ARCHIVE: struck(data, blows, ()) if blows else data}


_ARCHIVES = st.builds(
    _archive,
    st.one_of(st.just(sound()), _NUMBERS, _INFO_AND_HASHES),
    st.lists(_NAMES, max_size=2),
    st.sampled_from((0, 0o100644, 0o120777, 0o40755, 0o10644)),
    st.sampled_from((0, 0, 0, 0, 40, 3000, 100_000)),
    st.one_of(st.none(), BLOWS),
    st.sampled_from((b"", b"", b"\0" * 30, b"PK\x05\x06" + bytes(18))),
)


def models() -> st.SearchStrategy[Files]:
    """A folder that says it is a model, or a file that does."""
    return st.one_of(_NUMBERS, _INFO, _INFO_AND_HASHES, _BROKEN_FILE, _ARCHIVES, _ARCHIVES)


def networks() -> st.SearchStrategy[Files]:
    """A model as one file, whose network is broken and has the right hash."""
    whole = sound()["cells.tflite"]
    broken = BLOWS.map(lambda blows: whole[:8] + struck(whole[8:], blows, ()))  # its mark stays: else it is not tried
    return broken.map(lambda data: {ARCHIVE: _npz(_with_hashes({**sound(), "cells.tflite": data}))})
