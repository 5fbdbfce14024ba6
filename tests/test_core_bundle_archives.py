"""Models as one file: what is exported is imported, and whatever a stranger may pack is refused."""

from __future__ import annotations

import os
import stat
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import bundle_files, bundle_heads, bundles
from core.bundles import (
    Bundle,
    export_bundle,
    import_bundle,
    load_bundle,
    read_info,
)
from core.errors import BundleError
from tests.bundle_factory import make_bundle, tiny_network
from tests.hostile_bundles import NETWORK, archive_of, files_of, refusal, zipped


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """The user's folder of models, still empty."""
    return tmp_path / "mine"


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports without the trial in a process of its own, which takes a second."""
    monkeypatch.setattr(bundles, "try_model", lambda folder: None)


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
    assert "not a file" in refusal(lambda: import_bundle(Path(), into))
    assert list(into.iterdir()) == []


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
        arrays = bundle_files.read_arrays(bytes(whole), "head.npz", bundle_heads.HEAD_ARRAYS, 1 << 20)
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
