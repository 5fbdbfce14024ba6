"""Models on disk: what is written is read back, and whatever a stranger may send is refused with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.bundle_info import is_name, printable
from core.bundles import (
    Bundle,
    View,
    load_bundle,
    read_info,
    write_bundle,
)
from tests.bundle_factory import CARD, make_bundle, tiny_head, tiny_info, tiny_network
from tests.hostile_bundles import NETWORK, files_of, npz, refusal, rewrite, set_head, set_network

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


@pytest.mark.parametrize("version", [3, 99, 10**30])
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
