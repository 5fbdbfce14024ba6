"""The diagnostic file: useful, and without anything private."""

from __future__ import annotations

import getpass
import logging
import zipfile
from pathlib import Path

import pytest

from core import diagnostics
from core.diagnostics import save_diagnostics, without_private_parts
from core.errors import UserError
from core.folders import data_dir, log_dir, program_dir


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("'/home/ada/My dogs/Rex and Tom.jpg' cannot be used", "'(path).jpg' cannot be used"),
        ('File "/media/usb/x.JPEG", line 3', 'File "(path).JPEG", line 3'),
        (r"C:\Users\Ada Lovelace\Pictures\Rex.png: damaged", "(path).png: damaged"),
        (r"'C:\\Users\\Ada\\Rex.png'", "'(path).png'"),
        (r"\\server\share\Rex.heic", "(path).heic"),
        ("/secret", "(path)"),
        ("photo /a/b.jpg and /c/d.png", "photo (path).png"),
        ("either/or, 3/4, https://example.org/x", "either/or, 3/4, https://example.org/x"),
    ],
)
def test_paths_keep_only_their_endings(text: str, kept: str) -> None:
    assert without_private_parts(text) == kept


def test_the_programs_own_places_stay_to_be_recognised() -> None:
    shown = without_private_parts(f'File "{program_dir() / "core" / "photos.py"}", line 3, in {data_dir()}')
    assert shown.replace("\\", "/") == 'File "(program)/core/photos.py", line 3, in (data)'


def test_the_users_name_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "lovelace")
    assert without_private_parts("lovelace@host said lovelaces") == "(user)@host said lovelaces"


def test_a_system_without_user_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise OSError("no user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert without_private_parts("text") == "text"


def test_the_file_says_what_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.doctor.examine", lambda: [("Parts", [])])
    (log_dir() / "20260101-000000-1.log").write_text("WARNING '/photos/Rex of Ada.jpg' cannot be used\n", "utf-8")
    path = tmp_path / "diagnostics.zip"
    save_diagnostics(path)
    with zipfile.ZipFile(path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(texts) == ["README.txt", "doctor.txt", "logs/20260101-000000-1.log"]
    assert "Rex" not in "".join(texts.values())
    assert "cannot be used" in texts["logs/20260101-000000-1.log"]
    assert "photographs" in texts["README.txt"]


def test_long_logs_are_cut_at_their_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostics, "_MOST_LOG_BYTES", 10)
    log = log_dir() / "a.log"
    log.write_bytes(b"begin " * 100 + b"the end")
    assert diagnostics._end_of(log).endswith("the end")
    assert len(diagnostics._end_of(log)) == 10


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.doctor.examine", list)
    logging.getLogger(__name__).info("nothing to see")
    with pytest.raises(UserError, match="cannot be written"):
        save_diagnostics(tmp_path / "no such folder" / "x.zip")
