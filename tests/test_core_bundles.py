"""Models on disk: what is written is read back, and whatever a stranger may send is refused with a reason."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import bundle_files, bundle_trial, bundles
from core.bundle_info import is_name, printable
from core.bundles import (
    Bundle,
    View,
    export_bundle,
    import_bundle,
    load_bundle,
    read_info,
    write_bundle,
)
from core.errors import BundleError
from tests.bundle_factory import CARD, make_bundle, tiny_head, tiny_info, tiny_network

NETWORK = "cells.tflite"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """The user's folder of models, still empty."""
    return tmp_path / "mine"


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports without the trial in a process of its own, which takes a second."""
    monkeypatch.setattr(bundles, "try_model", lambda folder: None)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change bundle.json."""
    path = folder / "bundle.json"
    parts = json.loads(path.read_text(encoding="utf-8"))
    change(parts)
    path.write_text(json.dumps(parts), encoding="utf-8")


def set_head(folder: Path, data: bytes) -> None:
    """Put another head in, with its right hash: what a stranger would do."""
    (folder / "head.npz").write_bytes(data)
    rewrite(folder, lambda parts: parts["head"].update(sha256=sha256(data).hexdigest()))


def set_network(folder: Path, data: bytes) -> None:
    (folder / NETWORK).write_bytes(data)
    rewrite(folder, lambda parts: parts["backbones"][0].update(sha256=sha256(data).hexdigest()))


def npz(arrays: dict[str, Any], allow_pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=allow_pickle, **arrays)
    return file.getvalue()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return file.getvalue()


def refusal(action: Callable[[], object]) -> str:
    """The reason why something is refused: one plain sentence or two, without Python's own words."""
    with pytest.raises(BundleError) as refused:
        action()
    reason = str(refused.value)
    assert reason.endswith(".") and "\n" not in reason and len(reason) < 200, reason
    assert not any(word in reason for word in ("Error", "Traceback", "Errno", "pydantic")), reason
    return reason


# What is written is read back


def test_a_written_model_is_read_back(tiny_folder: Path) -> None:
    bundle = load_bundle(tiny_folder)
    wanted = tiny_head()
    assert bundle.name == "colours" and bundle.folder == tiny_folder
    assert [label.fr for label in bundle.info.labels] == ["rouge", "vert", "bleu"]
    assert bundle.info.backbones[0].views == (View.CENTRE,)
    assert bundle.kernel.dtype == bundle.bias.dtype == np.float32
    np.testing.assert_array_equal(bundle.kernel, wanted["kernel"])
    np.testing.assert_array_equal(bundle.subject_kernel, wanted["subject_kernel"])
    assert bundle.subject_positive is not None and bundle.subject_positive.tolist() == [True, True, True, False]
    assert bundle.network_path(bundle.info.backbones[0]).read_bytes() == tiny_network()


def test_nobody_can_change_a_loaded_model(tiny_bundle: Bundle) -> None:
    with pytest.raises(ValueError, match="read-only"):
        tiny_bundle.kernel[0, 0] = 1


def test_a_head_in_fortran_order_is_read_the_right_way_round(tiny_folder: Path) -> None:
    head = tiny_head()
    kernel = np.arange(12, dtype=np.float32).reshape(4, 3)
    set_head(tiny_folder, npz(head | {"kernel": np.asfortranarray(kernel)}))
    np.testing.assert_array_equal(load_bundle(tiny_folder).kernel, kernel)


def test_a_model_without_subject_has_no_arrays_for_it(tiny_folder: Path) -> None:
    set_head(tiny_folder, npz({name: tiny_head()[name] for name in ("kernel", "bias")}))
    rewrite(tiny_folder, lambda parts: parts["calibration"].update(subject=None))
    bundle = load_bundle(tiny_folder)
    assert (bundle.subject_kernel, bundle.subject_bias, bundle.subject_positive) == (None, None, None)


def test_writing_again_keeps_the_earlier_version(tmp_path: Path) -> None:
    make_bundle(tmp_path / "colours", version="1.0.0")
    make_bundle(tmp_path / "colours", version="1.1.0")
    (earlier,) = (tmp_path / ".earlier").iterdir()
    assert read_info(tmp_path / "colours").version == "1.1.0"
    assert earlier.name.startswith("colours-1.0.0-") and load_bundle(earlier).info.version == "1.0.0"
    assert {path.name for path in tmp_path.iterdir()} == {"colours", ".earlier"}


def test_two_earlier_versions_of_the_same_second_both_stay(tmp_path: Path) -> None:
    for _ in range(4):
        make_bundle(tmp_path / "colours")
    assert len(list((tmp_path / ".earlier").iterdir())) == 3


def test_what_could_not_be_loaded_is_not_written(tiny_folder: Path) -> None:
    before, beside = files_of(tiny_folder), list(tiny_folder.parent.iterdir())
    head = tiny_head() | {"bias": np.full(3, np.nan, np.float32)}
    networks = {"cells": tiny_folder / NETWORK}
    assert "bias" in refusal(lambda: write_bundle(tiny_folder, tiny_info(), head, networks, CARD))
    missing = {"cells": tiny_folder / "gone"}
    assert "cannot be written" in refusal(lambda: write_bundle(tiny_folder, tiny_info(), tiny_head(), missing, CARD))
    assert files_of(tiny_folder) == before and list(tiny_folder.parent.iterdir()) == beside


# bundle.json


def test_broken_json_is_refused(tiny_folder: Path) -> None:
    path = tiny_folder / "bundle.json"
    for data in (b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"format": NaN}', b'{"format": 1e999}'):
        path.write_bytes(data)
        assert "bundle.json is damaged" in refusal(lambda: load_bundle(tiny_folder))


@pytest.mark.parametrize("version", [2, 99, 10**30])
def test_a_model_from_the_future_asks_for_a_newer_program(tiny_folder: Path, version: int) -> None:
    rewrite(tiny_folder, lambda parts: parts.update(format=version, unheard_of="new"))
    assert "newer Shelterlens" in refusal(lambda: load_bundle(tiny_folder))


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None, [1]])
def test_a_format_that_never_was_is_refused(tiny_folder: Path, version: object) -> None:
    rewrite(tiny_folder, lambda parts: parts.update(format=version))
    assert "damaged" in refusal(lambda: load_bundle(tiny_folder))


def change_at(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Set the part of bundle.json at a path such as labels.0.en."""

    def change(parts: dict[str, Any]) -> None:
        *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
        part: Any = parts
        for step in way:
            part = part[step]
        part[last] = value

    return change


WRONG_VALUES: list[tuple[str, object]] = [
    ("name", "../colours"),
    ("name", "Colours"),
    ("name", "nul"),
    ("name", "-colours"),
    ("name", "a" * 65),
    ("name", "colours\n"),
    ("name", 7),
    ("version", "1.0/../../x"),
    ("version", "1.0.0\n"),
    ("date", "tomorrow"),
    ("date", 1),
    ("title.en", ""),
    ("title.en", "x" * 201),
    ("title", "Colours"),
    ("summary.fr", "x" * 2001),
    ("labels", []),
    ("labels", {"0": "red"}),
    ("labels.0", "red"),
    ("labels.0.en", "red\u001b[2J"),
    ("labels.0.en", "red\u202eder"),
    ("labels.0.en", " red"),
    ("labels.0.en", None),
    ("labels.0.extra", "unknown"),
    ("labels.1.id", "colour-red"),
    ("labels.1.en", "RED"),
    ("labels.1.fr", "rouge"),
    ("groups.0.labels", [0, 3]),
    ("groups.0.labels", [0, -1]),
    ("groups.0.labels", [1, 1]),
    ("groups.0.labels", [1]),
    ("groups.0.labels", [0.5, 1]),
    ("backbones", []),
    ("backbones.0.file", "../cells.tflite"),
    ("backbones.0.file", "/etc/cells.tflite"),
    ("backbones.0.file", "C:cells.tflite"),
    ("backbones.0.file", "a\\cells.tflite"),
    ("backbones.0.file", "con.tflite"),
    ("backbones.0.file", "cells.py"),
    ("backbones.0.sha256", "0" * 63),
    ("backbones.0.size_px", 10**9),
    ("backbones.0.size_px", "32"),
    ("backbones.0.size_px", 32.5),
    ("backbones.0.channels", 0),
    ("backbones.0.channels", -4),
    ("backbones.0.views", []),
    ("backbones.0.views", ["upside down"]),
    ("backbones.0.views", ["centre", "centre"]),
    ("head.file", "../head.npz"),
    ("calibration.temperature", 0),
    ("calibration.temperature", True),
    ("calibration.sure.threshold", 1.5),
    ("calibration.sure.threshold", "0.8"),
    ("calibration.unsure.most", 10**6),
    ("calibration.subject.threshold", -0.1),
    ("data.fingerprint", "z" * 64),
    ("data.photographs", -1),
    ("metrics.0.top1", 2),
    ("licences.0.licence", "MIT\u0000"),
    ("unknown", 1),
]


@pytest.mark.parametrize(("path", "value"), WRONG_VALUES)
def test_a_wrong_value_in_bundle_json_is_refused(tiny_folder: Path, path: str, value: object) -> None:
    rewrite(tiny_folder, change_at(path, value))
    refusal(lambda: load_bundle(tiny_folder))


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_without_a_value_are_refused(tiny_folder: Path, constant: str) -> None:
    path = tiny_folder / "bundle.json"
    text = path.read_text(encoding="utf-8")
    assert '"temperature": 1.0' in text
    path.write_text(text.replace('"temperature": 1.0', f'"temperature": {constant}'), encoding="utf-8")
    refusal(lambda: load_bundle(tiny_folder))


@pytest.mark.parametrize("part", ["name", "labels", "backbones", "head", "calibration", "licences"])
def test_a_missing_part_is_named(tiny_folder: Path, part: str) -> None:
    rewrite(tiny_folder, lambda parts: parts.pop(part))
    assert f"“{part}” is missing" in refusal(lambda: load_bundle(tiny_folder))


def test_the_reason_names_the_place(tiny_folder: Path) -> None:
    rewrite(tiny_folder, change_at("calibration.sure.threshold", 7))
    assert "“calibration.sure.threshold”" in refusal(lambda: load_bundle(tiny_folder))


def test_a_hostile_field_name_is_not_shown_as_it_is(tiny_folder: Path) -> None:
    rewrite(tiny_folder, lambda parts: parts.update({"\u001b[2J" + "x" * 1000: 1}))
    reason = refusal(lambda: load_bundle(tiny_folder))
    assert "\u001b" not in reason


def test_too_many_labels_are_refused(tiny_folder: Path) -> None:
    labels = [{"id": f"i{n}", "en": f"e{n}", "fr": f"f{n}"} for n in range(10_001)]
    rewrite(tiny_folder, lambda parts: parts.update(labels=labels))
    assert "“labels”" in refusal(lambda: load_bundle(tiny_folder))


def test_an_enormous_bundle_json_is_not_read(tiny_folder: Path) -> None:
    with (tiny_folder / "bundle.json").open("r+b") as file:
        file.truncate(1 << 40)  # a sparse file: it takes no room
    assert "too large" in refusal(lambda: load_bundle(tiny_folder))


def test_two_networks_may_not_share_a_file(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "colours", networks=2).folder
    rewrite(folder, change_at("backbones.1.file", NETWORK))
    assert "Two networks" in refusal(lambda: load_bundle(folder))


@pytest.mark.parametrize("name", ["a", "dogs", "dogs-fast", "0_9", "a" * 64, "console", "com10"])
def test_names_that_serve_everywhere(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", ".earlier", "a/b", "a\\b", "Dogs", "é", "con", "com1", "lpt9", "a b"])
def test_names_that_serve_nowhere(name: str) -> None:
    assert not is_name(name)


def test_printable_keeps_french_and_drops_controls() -> None:
    assert printable("berger d'Écosse") == "berger d'Écosse"
    assert printable("a\x07\u202eb\ud800") == "a??b?"
    assert len(printable("x" * 5000)) == 61


# Files and hashes


@pytest.mark.parametrize("name", ["bundle.json", "head.npz", NETWORK])
def test_a_missing_file_is_named(tiny_folder: Path, name: str) -> None:
    (tiny_folder / name).unlink()
    assert f"“{name}” is missing" in refusal(lambda: load_bundle(tiny_folder))


@pytest.mark.parametrize("name", ["head.npz", NETWORK])
def test_a_single_changed_byte_is_noticed(tiny_folder: Path, name: str) -> None:
    data = bytearray((tiny_folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tiny_folder / name).write_bytes(data)
    assert f"“{name}” is not the one" in refusal(lambda: load_bundle(tiny_folder))


@pytest.mark.parametrize("name", ["bundle.json", "head.npz", NETWORK])
def test_links_out_of_the_folder_are_not_followed(tiny_folder: Path, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tiny_folder / name).rename(elsewhere)
    try:
        (tiny_folder / name).symlink_to(elsewhere)
    except OSError:
        pytest.skip("this system makes no links for ordinary users")
    assert "link" in refusal(lambda: load_bundle(tiny_folder))


def test_a_folder_in_place_of_a_file_is_refused(tiny_folder: Path) -> None:
    (tiny_folder / NETWORK).unlink()
    (tiny_folder / NETWORK).mkdir()
    assert NETWORK in refusal(lambda: load_bundle(tiny_folder))


@pytest.mark.parametrize("name", ["head.npz", NETWORK])
def test_an_enormous_file_is_not_read(tiny_folder: Path, name: str) -> None:
    with (tiny_folder / name).open("r+b") as file:
        file.truncate(1 << 40)
    assert "too large" in refusal(lambda: load_bundle(tiny_folder))


def test_what_systems_leave_in_folders_does_no_harm(tiny_folder: Path) -> None:
    (tiny_folder / ".DS_Store").write_bytes(b"x")
    assert load_bundle(tiny_folder).name == "colours"


def test_no_model_at_all(tmp_path: Path) -> None:
    assert "bundle.json" in refusal(lambda: load_bundle(tmp_path))
    assert "bundle.json" in refusal(lambda: load_bundle(tmp_path / "nowhere"))


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\x18\0\0\0TFL2" + b"\0" * 100, b"\x7fELF" + b"TFL3" * 4])
def test_what_is_no_network_is_refused(tiny_folder: Path, data: bytes) -> None:
    set_network(tiny_folder, data)
    assert "no network" in refusal(lambda: load_bundle(tiny_folder))


# The head


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


# As one file


def test_export_and_import_give_the_same_model(tiny_bundle: Bundle, tmp_path: Path, into: Path) -> None:
    archive = tmp_path / "colours.shelterlens"
    export_bundle(tiny_bundle, archive)
    imported = import_bundle(archive, into)  # with the trial in a process of its own
    assert imported.folder == into / "colours" and imported.info == tiny_bundle.info
    assert files_of(imported.folder) == files_of(tiny_bundle.folder)
    assert list(into.iterdir()) == [into / "colours"]


def test_exports_of_the_same_model_are_the_same_bytes(tiny_bundle: Bundle, tmp_path: Path) -> None:
    for name in ("a", "b"):
        export_bundle(tiny_bundle, tmp_path / f"{name}.shelterlens")
    assert (tmp_path / "a.shelterlens").read_bytes() == (tmp_path / "b.shelterlens").read_bytes()


def test_a_photograph_is_never_overwritten_by_an_export(tiny_bundle: Bundle, tmp_path: Path) -> None:
    photo = tmp_path / "dog.jpg"
    photo.write_bytes(b"precious")
    assert ".shelterlens" in refusal(lambda: export_bundle(tiny_bundle, photo))
    assert photo.read_bytes() == b"precious"


def test_an_export_that_cannot_be_written_says_so(tiny_bundle: Bundle, tmp_path: Path) -> None:
    assert "cannot be written" in refusal(lambda: export_bundle(tiny_bundle, tmp_path / "no" / "x.shelterlens"))


def test_a_model_that_broke_meanwhile_is_not_exported(tiny_folder: Path, tmp_path: Path) -> None:
    bundle = load_bundle(tiny_folder)
    (tiny_folder / NETWORK).write_bytes(b"\0" * 100)
    refusal(lambda: export_bundle(bundle, tmp_path / "x.shelterlens"))
    assert not (tmp_path / "x.shelterlens").exists()


def archive_of(folder: Path, path: Path, extra: dict[str, bytes] | None = None) -> Path:
    path.write_bytes(zipped(files_of(folder) | (extra or {})))
    return path


@pytest.mark.usefixtures("untried")
def test_an_imported_model_replaces_one_of_the_same_name(tmp_path: Path, into: Path) -> None:
    old = make_bundle(into / "colours", version="1.0.0")
    new = make_bundle(tmp_path / "colours", version="2.0.0")
    import_bundle(archive_of(new.folder, tmp_path / "new.shelterlens"), into)
    assert read_info(into / "colours").version == "2.0.0"
    (earlier,) = (into / ".earlier").iterdir()
    assert load_bundle(earlier).info == old.info


@pytest.mark.usefixtures("untried")
def test_a_broken_model_gives_way_to_an_import(tiny_folder: Path, tmp_path: Path, into: Path) -> None:
    archive = archive_of(tiny_folder, tmp_path / "x.shelterlens")
    (into / "colours").mkdir(parents=True)
    import_bundle(archive, into)
    assert load_bundle(into / "colours").name == "colours"
    assert [path.name[:15] for path in (into / ".earlier").iterdir()] == ["colours-broken-"]


HOSTILE_NAMES = [
    "../evil.tflite",
    "..\\evil.tflite",
    "/tmp/evil.tflite",
    "C:\\evil.tflite",
    "C:evil.tflite",
    "\\\\host\\share\\evil.tflite",
    "folder/evil.tflite",
    "folder/",
    "evil.py",
    "evil.tflite.exe",
    "nul.tflite",
    "evil.tflite\0.txt",
    ".hidden.tflite",
    "Evil.tflite",
    "__pycache__",
    "",
]


@pytest.mark.usefixtures("untried")
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_files_that_do_not_belong_are_never_written(
    tiny_folder: Path, tmp_path: Path, into: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ZipInfo cuts a name at a zero byte, as a careless reader would: so it is put in by hand.
    data = zipped(files_of(tiny_folder) | {name.replace("\0", "~"): b"evil"})
    archive = tmp_path / "x.shelterlens"
    archive.write_bytes(data.replace(name.replace("\0", "~").encode(), name.encode()) if "\0" in name else data)
    before = sorted(tmp_path.rglob("*"))
    assert "does not belong" in refusal(lambda: import_bundle(archive, into))
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] == [into]
    assert list(into.iterdir()) == []


@pytest.mark.usefixtures("untried")
def test_a_network_that_nobody_asked_for_is_refused(tiny_folder: Path, tmp_path: Path, into: Path) -> None:
    archive = archive_of(tiny_folder, tmp_path / "x.shelterlens", {"more.tflite": tiny_network()})
    assert "does not belong" in refusal(lambda: import_bundle(archive, into))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_in_an_archive_are_refused(tiny_folder: Path, tmp_path: Path, into: Path, kind: int) -> None:
    archive = tmp_path / "x.shelterlens"
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in files_of(tiny_folder).items():
            member = zipfile.ZipInfo(name)
            if name == NETWORK:
                member.external_attr, data = (kind | 0o777) << 16, b"/etc/passwd"
            packed.writestr(member, data)
    assert "link" in refusal(lambda: import_bundle(archive, into))


def test_a_file_that_comes_twice_is_refused(tiny_folder: Path, tmp_path: Path, into: Path) -> None:
    archive = archive_of(tiny_folder, tmp_path / "x.shelterlens")
    with zipfile.ZipFile(archive, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("bundle.json", b"{}")
    assert "twice" in refusal(lambda: import_bundle(archive, into))


def test_too_many_files_are_refused(tiny_folder: Path, tmp_path: Path, into: Path) -> None:
    extra = {f"n{n}.tflite": b"" for n in range(40)}
    archive = archive_of(tiny_folder, tmp_path / "x.shelterlens", extra)
    assert "too many" in refusal(lambda: import_bundle(archive, into))


def test_a_list_of_files_as_long_as_memory_is_not_read(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "x.shelterlens"
    archive.write_bytes(zipped({f"n{n}.tflite": b"" for n in range(2000)}))
    monkeypatch.setattr(zipfile, "ZipFile", None)  # would fail if it came so far
    assert "damaged or no model" in refusal(lambda: import_bundle(archive, into))


def test_a_declared_bomb_is_refused_unread(tiny_folder: Path, tmp_path: Path, into: Path) -> None:
    archive = tmp_path / "x.shelterlens"
    archive.write_bytes(zipped(files_of(tiny_folder) | {"MODEL_CARD.md": b"\0" * (2 << 20)}, zipfile.ZIP_DEFLATED))
    assert archive.stat().st_size < 20_000
    assert "too large" in refusal(lambda: import_bundle(archive, into))


def test_many_files_that_are_too_large_together_are_refused(
    tiny_folder: Path, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MOST_BUNDLE_BYTES", 100_000)
    extra = {f"n{n}.tflite": b"\0" * 50_000 for n in range(3)}
    archive = tmp_path / "x.shelterlens"
    archive.write_bytes(zipped(files_of(tiny_folder) | extra, zipfile.ZIP_DEFLATED))
    assert "too large" in refusal(lambda: import_bundle(archive, into))


@pytest.mark.parametrize("claimed", [10, 100_000, 2**32 - 2])
def test_a_bomb_that_lies_about_its_size_is_refused(
    tiny_folder: Path, tmp_path: Path, into: Path, claimed: int
) -> None:
    truth = 60_000
    card = b"\0" * truth
    data = zipped(files_of(tiny_folder) | {"MODEL_CARD.md": card}, zipfile.ZIP_DEFLATED)
    assert data.count(struct.pack("<I", truth)) == 2  # where the file begins, and in the list at the end
    archive = tmp_path / "x.shelterlens"
    archive.write_bytes(data.replace(struct.pack("<I", truth), struct.pack("<I", claimed)))
    reason = refusal(lambda: import_bundle(archive, into))
    assert "damaged" in reason or "too large" in reason
    assert list(into.iterdir()) == []


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(tiny_folder: Path, tmp_path: Path, into: Path, compression: int) -> None:
    archive = tmp_path / "x.shelterlens"
    archive.write_bytes(zipped(files_of(tiny_folder), compression))
    assert "packed" in refusal(lambda: import_bundle(archive, into))


def test_a_locked_archive_is_refused(tiny_folder: Path, tmp_path: Path, into: Path) -> None:
    data = bytearray(zipped(files_of(tiny_folder)))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # the mark of encryption in the list of files
    archive = tmp_path / "x.shelterlens"
    archive.write_bytes(data)
    assert "packed" in refusal(lambda: import_bundle(archive, into))


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip" * 100, b"PK\x05\x06" + b"\0" * 17])
def test_what_is_no_archive_is_refused(tmp_path: Path, into: Path, data: bytes) -> None:
    archive = tmp_path / "x.shelterlens"
    archive.write_bytes(data)
    assert "no model" in refusal(lambda: import_bundle(archive, into))


def test_an_empty_archive_a_folder_and_nothing(tmp_path: Path, into: Path) -> None:
    (tmp_path / "empty.shelterlens").write_bytes(zipped({}))
    (tmp_path / "folder.shelterlens").mkdir()
    assert "missing" in refusal(lambda: import_bundle(tmp_path / "empty.shelterlens", into))
    assert "not a file" in refusal(lambda: import_bundle(tmp_path / "folder.shelterlens", into))
    assert "missing" in refusal(lambda: import_bundle(tmp_path / "gone.shelterlens", into))


@pytest.mark.usefixtures("untried")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_refused_or_harmless(tiny_bundle: Bundle, tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(zipped(files_of(tiny_bundle.folder), zipfile.ZIP_DEFLATED))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    archive, into = tmp_path / "x.shelterlens", tmp_path / "into"
    archive.write_bytes(whole[: data.draw(st.integers(0, len(whole)))] if data.draw(st.booleans()) else whole)
    try:
        bundle = import_bundle(archive, into)
    except BundleError:
        return
    np.testing.assert_array_equal(bundle.kernel, tiny_bundle.kernel)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_head_damaged_anywhere_is_refused_or_harmless(tiny_bundle: Bundle, data: st.DataObject) -> None:
    whole = bytearray((tiny_bundle.folder / "head.npz").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        arrays = bundle_files.read_arrays(bytes(whole), "head.npz", bundles.HEAD_ARRAYS, 1 << 20)
    except BundleError:
        return
    assert all(values.dtype in (np.float16, np.float32, np.bool_) for values in arrays.values())


@pytest.mark.usefixtures("untried")
def test_a_refused_model_changes_nothing(tiny_folder: Path, tmp_path: Path, into: Path) -> None:
    kept = files_of(make_bundle(into / "colours").folder)
    (tiny_folder / NETWORK).write_bytes(tiny_network() + b"\0")
    refusal(lambda: import_bundle(archive_of(tiny_folder, tmp_path / "x.shelterlens"), into))
    assert files_of(into / "colours") == kept and list(into.iterdir()) == [into / "colours"]


def test_a_disk_that_is_full_while_unpacking(
    tiny_folder: Path, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_of(tiny_folder, tmp_path / "x.shelterlens")
    real = Path.open

    def failing(path: Path, mode: str = "r", *others: Any, **named: Any) -> Any:
        if mode == "xb":
            raise OSError(28, "No space left on device")
        return real(path, mode, *others, **named)

    monkeypatch.setattr(Path, "open", failing)
    assert "written: No space left" in refusal(lambda: import_bundle(archive, into))
    assert list(into.iterdir()) == []


@pytest.mark.usefixtures("untried")
def test_a_failing_rename_changes_nothing(
    tiny_folder: Path, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = files_of(make_bundle(into / "colours", version="0.9").folder)
    real = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if target == into / "colours" and path.parent == into:
            raise OSError(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    archive = archive_of(tiny_folder, tmp_path / "x.shelterlens")
    assert "No space left" in refusal(lambda: import_bundle(archive, into))
    assert files_of(into / "colours") == kept and not list((into / ".earlier").iterdir())


@pytest.mark.usefixtures("untried")
def test_what_a_killed_program_left_is_cleared_away(tiny_folder: Path, tmp_path: Path, into: Path) -> None:
    for name, age_s in ((".unfinished-old", 100_000), (".unfinished-new", 10)):
        (into / name).mkdir(parents=True)
        os.utime(into / name, times=(time.time() - age_s,) * 2)
    import_bundle(archive_of(tiny_folder, tmp_path / "x.shelterlens"), into)
    assert {path.name for path in into.iterdir()} == {"colours", ".unfinished-new"}


# The trial in a process of its own


def crash(model: Any) -> None:
    """A split without its options: the runtime reads them through a null pointer, and its process ends."""
    model.operatorCodes[0].builtinCode = model.operatorCodes[0].deprecatedBuiltinCode = schema.BuiltinOperator.SPLIT
    model.subgraphs[0].operators[0].builtinOptions = None
    model.subgraphs[0].operators[0].builtinOptionsType = schema.BuiltinOptions.NONE


def no_answers(model: Any) -> None:
    model.buffers[2].data = np.frombuffer(np.full(4, np.nan, np.float32).tobytes(), np.uint8)


def other_shape(model: Any) -> None:
    model.subgraphs[0].tensors[0].shape = [1, 64, 64, 3]
    model.subgraphs[0].tensors[3].shape = [1, 8, 8, 4]


def dangling(model: Any) -> None:
    model.subgraphs[0].operators[0].inputs = [0, 1, 999]


def enormous(model: Any) -> None:
    model.subgraphs[0].tensors[0].shape = [1, 100_000, 100_000, 3]


@pytest.fixture
def hostile(tiny_folder: Path) -> Callable[[bytes], str]:
    """Tries a model with these bytes as its network, every hash right, and gives the reason of the refusal."""

    def tried(data: bytes) -> str:
        set_network(tiny_folder, data)
        load_bundle(tiny_folder)  # nothing shows before it runs
        return refusal(lambda: bundle_trial.try_model(tiny_folder))

    return tried


def test_a_network_that_crashes_the_runtime_ends_only_its_trial(tiny_folder: Path, tmp_path: Path, into: Path) -> None:
    kept = files_of(make_bundle(into / "colours").folder)
    set_network(tiny_folder, tiny_network(crash))
    archive = archive_of(tiny_folder, tmp_path / "x.shelterlens")
    assert "crashes" in refusal(lambda: import_bundle(archive, into))
    assert files_of(into / "colours") == kept and list(into.iterdir()) == [into / "colours"]


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (no_answers, "impossible answers"),
        (other_shape, "not the network"),
        (dangling, "damaged"),
        (enormous, "more than a network may have"),
    ],
)
def test_a_network_that_does_not_serve_is_refused(
    hostile: Callable[[bytes], str], tamper: Callable[[Any], None], reason: str
) -> None:
    assert reason in hostile(tiny_network(tamper))


def test_random_bytes_with_the_right_mark_are_refused(hostile: Callable[[bytes], str]) -> None:
    assert "cells.tflite" in hostile(b"\x1c\0\0\0TFL3" + np.random.default_rng(1).bytes(4000))


def test_a_network_that_takes_for_ever_is_given_up(tiny_folder: Path) -> None:
    assert "in time" in refusal(lambda: bundle_trial.try_model(tiny_folder, longest_s=0.0))


def test_a_trial_leaves_the_terminal_alone(tiny_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    set_network(tiny_folder, tiny_network(dangling))
    refusal(lambda: bundle_trial.try_model(tiny_folder))
    assert capfd.readouterr() == ("", "")  # nothing of the native code's own words in the terminal


def test_whatever_fails_in_a_trial_is_told_in_a_sentence(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(folder: Path) -> None:
        raise RuntimeError(f"kernels/conv.cc:396 in {folder} was not true\n" * 500)

    monkeypatch.setattr(bundle_trial, "_check_answer", failing)
    monkeypatch.setattr(bundle_trial, "_silence", lambda: None)
    answers, sender = multiprocessing.Pipe(duplex=False)
    with answers, sender:
        bundle_trial._answer_once(tiny_folder, "en", sender)
        sentence, detail = answers.recv_bytes(bundle_trial.MOST_ANSWER_BYTES).decode().split("\n")
    assert sentence == "A network of this model fails." and "conv.cc:396" in detail
