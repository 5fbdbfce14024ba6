"""The command transform: sheets and single files beside photographs that stay as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import commands_transform
from core.commands import run_command
from core.transformations import Transformation


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A green leaf on grey, as two files of one name, and one that is none."""
    folder = tmp_path / "leaves"
    (folder / "below").mkdir(parents=True)
    pixels = np.full((90, 120, 3), 150, np.uint8)
    pixels[20:70, 30:90] = (40, 160, 50)
    for name in ("a.png", "a.jpg", "below/c.png"):
        Image.fromarray(pixels).save(folder / name)
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_names_are_those_of_the_transformations() -> None:
    assert tuple(one.value for one in Transformation) == commands_transform.NAMES


def test_a_sheet_for_each_photograph(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(photos)
    assert run_command(["transform", str(photos), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "broken.jpg" in said.err and len(said.out.splitlines()) == 3
    assert set(files(tmp_path / "out")) == {"a-png-sheet.png", "a-jpg-sheet.png", "below/c-png-sheet.png"}
    with Image.open(tmp_path / "out" / "a-png-sheet.png") as sheet:
        assert sheet.width > 4 * 200 and sheet.height > 2 * 200
    assert files(photos) == before


def test_single_files_of_what_is_wanted(photos: Path, tmp_path: Path) -> None:
    typed = ["transform", str(photos / "a.png"), "--out", str(tmp_path / "out"), "--only", "colour,blur", "--files"]
    assert run_command(typed) == 0
    assert set(files(tmp_path / "out")) == {"a-png-blur.png", "a-png-colour.png"}
    with Image.open(tmp_path / "out" / "a-png-colour.png") as made:
        pixels = np.asarray(made)
    assert pixels.shape == (90, 120, 3)
    assert (pixels[45, 60] == (40, 160, 50)).all() and (pixels[5, 5] == 255).all()


def test_what_was_made_is_made_again_and_never_transformed_itself(photos: Path) -> None:
    typed = ["transform", str(photos), "--out", str(photos / "seen"), "--only", "blur"]
    assert run_command(typed) == 0
    made = set(files(photos))
    assert run_command(typed) == 0
    assert set(files(photos)) == made and len(made) == 4 + 3


def test_a_stranger_s_file_is_not_replaced(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    (tmp_path / "out").mkdir()
    mine = tmp_path / "out" / "a-png-sheet.png"
    mine.write_bytes(b"mine")
    assert run_command(["transform", str(photos / "a.png"), "--out", str(tmp_path / "out")]) == 1
    assert mine.read_bytes() == b"mine" and "already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "only", "status"), [("leaves/broken.jpg", "", 1), ("nowhere", "", 1), ("leaves", "blurr", 2)]
)
def test_what_cannot_be_done_is_said(photos: Path, path: str, only: str, status: int) -> None:
    out = photos.parent / "out"
    assert run_command(["transform", str(photos.parent / path), "--out", str(out), "--only", only]) == status
    assert not out.exists() or not files(out)
