"""The memory of a model: what strangers may lie about, and that nobody reads it before it is asked for."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.bundle_memory import MEMORY_FILE
from core.bundles import export_bundle, import_bundle, load_bundle
from tests.hostile_bundles import archive_of, npz, refusal, rewrite
from tests.new_bundles import make_new, memory_of, parts


@pytest.fixture
def new_folder(tmp_path: Path) -> Path:
    return make_new(tmp_path / "models" / "colours").folder


def set_memory(folder: Path, data: bytes) -> None:
    """Put another memory in, with its right hash."""
    (folder / MEMORY_FILE).write_bytes(data)
    rewrite(folder, lambda told: told["memory"].update(sha256=sha256(data).hexdigest()))


BAD_MEMORIES: dict[str, tuple[dict[str, Any], str]] = {
    "means of other labels": ({"means": np.zeros((4, 5), np.float16)}, "wrong shape"),
    "means of other channels": ({"means": np.zeros((3, 6), np.float16)}, "wrong shape"),
    "counts as fractions": ({"counts": np.zeros(3, np.float32)}, "wrong shape"),
    "negative counts": ({"counts": np.array([1, -1, 1], np.int32)}, "impossible"),
    "counts of others": ({"counts": np.ones(2, np.int32)}, "wrong shape"),
    "basis of other channels": ({"basis": np.zeros((2, 4), np.float16)}, "wrong shape"),
    "endless basis": ({"basis": np.zeros((5000, 5), np.float16)}, "wrong shape"),
    "flat basis": ({"basis": np.zeros(5, np.float16)}, "wrong shape"),
    "not a number": ({"rest": np.full(5, np.nan, np.float16)}, "impossible"),
    "infinite": ({"rest": np.full(5, np.inf, np.float16)}, "impossible"),
    "longer keys": ({"seen": np.zeros((2, 9), np.uint8)}, "wrong shape"),
    "keys as numbers": ({"seen": np.zeros((2, 8), np.float16)}, "wrong shape"),
    "flat keys": ({"seen": np.zeros(8, np.uint8)}, "wrong shape"),
    "truth": ({"rest": np.ones(5, np.bool_)}, "cannot be read"),
    "double": ({"rest": np.ones(5)}, "cannot be read"),
    "unknown": ({"photographs": np.zeros((2, 8), np.uint8)}, "unknown"),
}


@pytest.mark.parametrize("case", BAD_MEMORIES)
def test_an_unusable_memory_is_refused(new_folder: Path, case: str) -> None:
    arrays, reason = BAD_MEMORIES[case]
    set_memory(new_folder, npz(parts().memory.arrays() | arrays))
    bundle = load_bundle(new_folder)
    assert reason in refusal(bundle.memory)


@pytest.mark.parametrize("name", sorted(parts().memory.arrays()))
def test_a_memory_without_one_of_its_arrays_is_refused(new_folder: Path, name: str) -> None:
    set_memory(new_folder, npz({key: one for key, one in parts().memory.arrays().items() if key != name}))
    assert "not the ones" in refusal(load_bundle(new_folder).memory)


def test_a_memory_is_not_read_before_it_is_asked_for(new_folder: Path, tmp_path: Path) -> None:
    data = bytearray((new_folder / MEMORY_FILE).read_bytes())
    data[len(data) // 2] ^= 1
    (new_folder / MEMORY_FILE).write_bytes(data)
    bundle = load_bundle(new_folder)  # the window goes on answering
    assert f"“{MEMORY_FILE}” is not the one" in refusal(bundle.memory)
    assert MEMORY_FILE in refusal(lambda: export_bundle(bundle, tmp_path / "x.shelterlens"))
    archive = archive_of(new_folder, tmp_path / "broken.shelterlens")
    assert MEMORY_FILE in refusal(lambda: import_bundle(archive, tmp_path / "elsewhere"))
    assert not (tmp_path / "elsewhere" / "colours").exists()


def test_a_missing_enormous_or_linked_memory_is_refused_at_once(new_folder: Path, tmp_path: Path) -> None:
    path = new_folder / MEMORY_FILE
    with path.open("r+b") as file:
        file.truncate(1 << 40)  # a sparse file: it takes no room
    assert "too large" in refusal(lambda: load_bundle(new_folder))
    path.unlink()
    assert f"“{MEMORY_FILE}” is missing" in refusal(lambda: load_bundle(new_folder))
    try:
        path.symlink_to(tmp_path / "elsewhere")
    except OSError:
        return  # this system makes no links for ordinary users
    assert "link" in refusal(lambda: load_bundle(new_folder))


def test_a_memory_that_nobody_mentions_is_refused_in_an_archive(tiny_folder: Path, tmp_path: Path) -> None:
    archive = archive_of(tiny_folder, tmp_path / "x.shelterlens", {MEMORY_FILE: npz(parts().memory.arrays())})
    assert "does not belong" in refusal(lambda: import_bundle(archive, tmp_path / "elsewhere"))


def test_a_memory_that_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    wrong = memory_of(np.random.default_rng(2), channels=9)
    assert "wrong shape" in refusal(lambda: make_new(tmp_path / "colours", wrong))
    assert not (tmp_path / "colours").exists()
