"""Finding photographs in folders."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest

from core.photo_search import _long_windows_path, system_path
from core.photos import PHOTO_SUFFIXES, find_photos


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "dogs"
    folder.mkdir()
    return folder


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def found(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in find_photos(root)]


def link(at: Path, to: Path) -> None:
    try:
        at.symlink_to(to, target_is_directory=to.is_dir())
    except OSError:
        pytest.skip("this user may make no links (Windows)")


def test_natural_order_files_before_subfolders(root: Path) -> None:
    put(root, "rex 10.jpg", "Rex 9.jpg", "ada.png", "Élan.jpg", "b/2.jpg", "b/10.jpg", "a10/x.jpg", "a9/x.jpg")
    expected = ["ada.png", "Rex 9.jpg", "rex 10.jpg", "Élan.jpg", "a9/x.jpg", "a10/x.jpg", "b/2.jpg", "b/10.jpg"]
    assert found(root) == expected
    assert found(root) == expected


def test_every_suffix_in_any_case_and_nothing_else(root: Path) -> None:
    put(root, *(f"a{suffix}" for suffix in PHOTO_SUFFIXES), *(f"b{suffix.upper()}" for suffix in PHOTO_SUFFIXES))
    put(root, "notes.txt", "jpg", "film.mp4", "dog.jpg.part", "no suffix")
    assert len(found(root)) == 2 * len(PHOTO_SUFFIXES)
    assert {".jpg", ".jpeg", ".heic", ".webp", ".avif", ".mpo", ".jfif"} < PHOTO_SUFFIXES


def test_a_file_gives_itself_whatever_it_is(root: Path) -> None:
    put(root, "notes.txt", ".hidden.jpg")
    assert list(find_photos(root / "notes.txt")) == [root / "notes.txt"]
    assert list(find_photos(root / ".hidden.jpg")) == [root / ".hidden.jpg"]
    assert list(find_photos(root / "missing.jpg")) == [root / "missing.jpg"]
    assert list(find_photos(Path("nul\0l.jpg"))) == [Path("nul\0l.jpg")]


def test_hidden_files_and_system_folders_are_skipped(root: Path) -> None:
    put(root, ".DS_Store", "._rex.jpg", ".thumbnails/a.jpg", "__MACOSX/a.jpg", "$RECYCLE.BIN/a.jpg", "@eaDir/a.jpg")
    put(root, "rex.jpg", "System Volume Information/a.jpg")
    assert found(root) == ["rex.jpg"]


def test_a_hidden_folder_that_was_asked_for_is_searched(root: Path) -> None:
    put(root, ".private/a.jpg")
    assert list(find_photos(root / ".private")) == [root / ".private" / "a.jpg"]


def test_paths_are_as_found_under_the_argument(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "b/rex.jpg")
    monkeypatch.chdir(root)
    assert list(find_photos(Path("b"))) == [Path("b/rex.jpg")]
    assert list(find_photos(Path())) == [Path("b/rex.jpg")]


def test_a_link_that_leads_in_circles_ends(root: Path) -> None:
    put(root, "a/rex.jpg")
    link(root / "a" / "again", root)
    link(root / "a" / "self", root / "a" / "self")
    assert found(root) == ["a/rex.jpg"]


def test_links_to_elsewhere_are_followed_once(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "ada.jpg", "deep/bo.jpg", "single.jpg")
    link(root / "1 deep", tmp_path / "elsewhere" / "deep")
    link(root / "2 all", tmp_path / "elsewhere")
    link(root / "3 again", tmp_path / "elsewhere")
    assert found(root) == ["1 deep/bo.jpg", "2 all/ada.jpg", "2 all/single.jpg"]


@pytest.mark.parametrize("name_of_link", ["a.jpg", "z.jpg", "0/a.jpg", "z/a.jpg"])
def test_a_link_to_a_photograph_beside_it_adds_nothing(root: Path, name_of_link: str) -> None:
    put(root, "m/rex.jpg", "m/ada.jpg", "0/other.jpg", "z/other.jpg")
    link(root / name_of_link, root / "m" / "rex.jpg")
    names = found(root)
    assert len(names) == 4
    assert len({(root / name).resolve() for name in names}) == 4


def test_two_links_to_one_file_elsewhere_are_one(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "rex.jpg", "hidden name")
    link(root / "a.jpg", tmp_path / "elsewhere" / "rex.jpg")
    link(root / "b.jpg", tmp_path / "elsewhere" / "rex.jpg")
    link(root / "c.jpg", tmp_path / "elsewhere" / "hidden name")
    assert found(root) == ["a.jpg", "c.jpg"]


def test_a_link_to_a_file_that_is_passed_over_counts(root: Path) -> None:
    put(root, ".hidden.jpg", "photo without suffix")
    link(root / "a.jpg", root / ".hidden.jpg")
    link(root / "b.jpg", root / "photo without suffix")
    assert found(root) == ["a.jpg", "b.jpg"]


@pytest.mark.skipif(os.name == "nt", reason="Windows counts the names of a file only for opened files")
def test_a_file_with_two_names_is_one(root: Path) -> None:
    put(root, "a.jpg")
    (root / "b.jpg").hardlink_to(root / "a.jpg")
    assert found(root) == ["a.jpg"]


def test_a_link_to_nowhere_is_passed_over(root: Path) -> None:
    put(root, "rex.jpg")
    link(root / "gone.jpg", root / "no such file.jpg")
    assert found(root) == ["rex.jpg"]


def test_a_folder_named_like_a_photograph_is_a_folder(root: Path) -> None:
    put(root, "rex.jpg/ada.jpg")
    assert found(root) == ["rex.jpg/ada.jpg"]


def test_an_unreadable_subfolder_is_logged_and_gives_itself(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(root, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    refuse(monkeypatch, root / "b")
    assert found(root) == ["a/1.jpg", "b", "c/3.jpg"]
    assert "cannot be read" in caplog.text


def test_an_unreadable_folder_gives_itself_so_that_opening_it_says_why(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, root)
    assert list(find_photos(root)) == [root]


def test_a_subfolder_that_went_meanwhile_is_nothing(root: Path) -> None:
    put(root, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    photos = find_photos(root)
    assert next(photos).name == "1.jpg"
    (root / "b" / "2.jpg").unlink()
    (root / "b").rmdir()
    assert [path.name for path in photos] == ["3.jpg"]


@pytest.mark.skipif(sys.platform != "linux", reason="of what Linux lets a folder tell")
def test_a_folder_that_tells_only_names_gives_them(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "b.jpg", "notes.txt", "dark/.hidden.jpg", "dark/a.jpg", "dark/notes.txt")
    scandir = os.scandir

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name, self.path = entry.name, entry.path

        def stat(self) -> os.stat_result:
            raise PermissionError(13, "Permission denied")

    def dark(where: Path) -> object:
        if Path(where) != root / "dark":
            return scandir(where)
        with scandir(where) as entries:
            return contextlib.nullcontext([Entry(entry) for entry in entries])

    monkeypatch.setattr(os, "scandir", dark)
    assert found(root) == ["b.jpg", "dark/a.jpg"]


def refuse(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """As a folder without permission does: a test run by the administrator could not make one."""
    scandir = os.scandir

    def refusing(where: Path) -> object:
        if Path(where) == folder:
            raise PermissionError(13, "Permission denied")
        return scandir(where)

    monkeypatch.setattr(os, "scandir", refusing)


def test_folders_are_read_only_when_their_turn_comes(root: Path) -> None:
    put(root, "a/1.jpg", "b/2.jpg")
    photos = find_photos(root)
    assert next(photos).name == "1.jpg"
    put(root, "b/1.jpg")
    assert [path.name for path in photos] == ["1.jpg", "2.jpg"]


def test_of_plain_files_nothing_is_remembered(root: Path) -> None:
    """So that memory does not grow with a hundred thousand of them."""
    put(root, *(f"{folder}/{number}.jpg" for folder in range(20) for number in range(20)))
    photos = find_photos(root)
    assert len([next(photos) for _ in range(390)]) == 390
    seen = photos.gi_frame.f_locals["seen"]  # type: ignore[attr-defined]  # it is a generator
    assert len(seen._files) == 0
    assert len(seen._folders) == 21


def test_a_very_deep_folder(root: Path) -> None:
    deep = root.joinpath(*["d"] * 300)
    assert len(str(deep)) > 600
    put(deep, "rex.jpg")
    assert [path.name for path in find_photos(root)] == ["rex.jpg"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("C:\\dogs\\rex.jpg", "C:\\dogs\\rex.jpg"),
        ("C:\\" + "d" * 300, "\\\\?\\C:\\" + "d" * 300),
        ("\\\\server\\share\\" + "d" * 300, "\\\\?\\UNC\\server\\share\\" + "d" * 300),
        ("\\\\?\\C:\\" + "d" * 300, "\\\\?\\C:\\" + "d" * 300),
    ],
)
def test_long_windows_paths_get_their_prefix(path: str, expected: str) -> None:
    assert _long_windows_path(path) == expected


@pytest.mark.skipif(os.name == "nt", reason="for the other systems")
def test_elsewhere_paths_stay_as_they_are() -> None:
    assert system_path(Path("d" * 300)) == Path("d" * 300)
