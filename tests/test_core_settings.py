"""Settings come back as they were, and whatever is wrong in their file falls back alone; folders and logs."""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import UserError
from core.folders import data_dir, library_path, log_dir, models_dir, replacing, settings_path
from core.logs import log_files, start_logging
from core.settings import Settings, load_settings, save_settings


def test_settings_come_back_as_they_were(tmp_path: Path) -> None:
    chosen = Settings(
        language="fr",
        theme="dark",
        model="dogs",
        palette="magma",
        heatmap_opacity=0.25,
        show_outline=True,
        last_folder=tmp_path / "été",
        window_geometry="1280x720+-8+30",
    )
    save_settings(chosen)
    assert load_settings() == chosen


def test_without_a_file_there_are_defaults() -> None:
    assert load_settings() == Settings()
    assert not settings_path().exists()


@pytest.mark.parametrize("content", [b"", b"no json", b"\xff\xfe", b"[1, 2]", b"null", b"[" * 100_000, b"9" * 5000])
def test_a_damaged_file_gives_defaults(content: bytes) -> None:
    settings_path().write_bytes(content)
    assert load_settings() == Settings()


def test_a_wrong_value_falls_back_alone() -> None:
    wrong = {
        "theme": "pink",
        "heatmap_opacity": 7,
        "window_geometry": "huge",
        "model": ["dogs"],
        "language": "fr",
        "show_outline": True,
        "from_the_future": 1,
    }
    settings_path().write_text(json.dumps(wrong))
    assert load_settings() == Settings(language="fr", show_outline=True)


def test_a_wrong_value_cannot_be_set() -> None:
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.heatmap_opacity = 1.5


def test_settings_that_cannot_be_saved_are_a_sentence() -> None:
    settings_path().mkdir()
    with pytest.raises(UserError, match="settings cannot be saved"):
        save_settings(Settings())


def test_folders_lie_in_the_home_that_was_chosen(isolated_home: Path) -> None:
    for place in (data_dir(), models_dir(), log_dir(), library_path().parent, settings_path().parent):
        assert place.is_dir()
        assert place.is_relative_to(isolated_home)


def test_a_folder_that_cannot_be_made_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SHELTERLENS_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="SHELTERLENS_HOME"):
        data_dir()
    assert start_logging() is None


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        file.write(b"half of")
        raise KeyboardInterrupt
    assert path.read_text() == "before"
    with replacing(path) as file:
        file.write(b"after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert [found.name for found in tmp_path.iterdir()] == ["table.csv"]


def test_what_a_killed_program_left_of_a_file_goes(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    gone, hour_ago = child.pid, time.time() - 3700
    names = {
        f".table.csv.{gone}.part": False,
        f".table.csv.{os.getppid()}.part": os.name != "nt",  # there, nobody can delete what is open
        f".table.csv.{gone}.part.csv": True,
        f".other.csv.{gone}.part": True,
        f"table.csv.{gone}.part": True,
        f".table.csv.0{gone}.part": True,
        ".table.csv.part": True,
        f".xtable.csv.{gone}.part": True,
    }
    for name in names:
        (tmp_path / name).write_text("half")
        os.utime(tmp_path / name, (hour_ago, hour_ago))
    with replacing(tmp_path / "table.csv") as file:
        file.write(b"whole")
    assert {name: (tmp_path / name).exists() for name in names} == names


def test_what_another_computer_writes_at_the_moment_stays(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    fresh = tmp_path / f".table.csv.{child.pid}.part"
    fresh.write_text("half")
    with replacing(tmp_path / "table.csv") as file:
        file.write(b"whole")
    assert fresh.exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to("real")
    with replacing(tmp_path / "link") as file:
        file.write(b"after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "after"


def test_each_start_has_a_log_and_old_ones_go() -> None:
    for number in range(30):
        (log_dir() / f"20200101-0000{number:02}-1.log").write_text("old")
    path = start_logging()
    logging.getLogger("core.test").error("caf\udce9 broke")
    assert path is not None and log_files()[0] == path
    assert "caf\\udce9 broke" in path.read_text(encoding="utf-8")
    assert len(log_files()) == 20
    assert not (log_dir() / "20200101-000000-1.log").exists()


def test_a_log_that_cannot_be_written_prints_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    assert start_logging() is not None
    handler = logging.getLogger().handlers[-1]
    assert isinstance(handler, logging.FileHandler)
    monkeypatch.setattr(handler, "stream", FullDisk())
    logging.getLogger("core").warning("of no use to anybody")
    assert capsys.readouterr() == ("", "")
