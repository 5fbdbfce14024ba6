"""The picture of what preprocessing and augmentation do, before training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import UserError
from core.inputs import NEUTRAL
from core.records import Pixels
from core.train_config import Augmentation, Fit, Mode, Preprocessing, Shape, Source, Step, TrainConfig
from training.preview import CELL_PX, COPIES, MOST_ROWS, write_preview

SIZE_PX = 64
LINE = 205


def config(**parts: Any) -> TrainConfig:
    preprocessing = parts.pop("preprocessing", Preprocessing(size_px=SIZE_PX))
    return TrainConfig(
        name="colours", source=Source(path=Path("photographs")), fit=Fit(mode=Mode.SCRATCH),
        preprocessing=preprocessing, **parts,
    )  # fmt: skip


def photographs(folder: Path, count: int = 3, width: int = 120, height: int = 80) -> list[Path]:
    folder.mkdir()
    paths = []
    for place in range(count):
        coarse = np.random.default_rng(place).integers(40, 216, (4, 6, 3), np.uint8)
        paths.append(folder / f"a photograph with quite a long name {place}.png")
        Image.fromarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)).save(paths[-1])
    return paths


def cells(sheet: Pixels) -> list[tuple[int, int]]:
    """The upper left corners of the pictures on the sheet, row by row: within thin grey lines."""
    line = (sheet == LINE).all(axis=2)
    long = CELL_PX + 2
    return [
        (top + 1, left + 1)
        for top, left in np.argwhere(line[: 1 - long, : 1 - long]).tolist()
        if line[top, left : left + long].all() and line[top : top + long, left].all()
    ]


def preview(tmp_path: Path, wanted: TrainConfig, paths: list[Path]) -> Pixels:
    out = tmp_path / "preview.png"
    write_preview(wanted, paths, out)
    with Image.open(out) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


def cut(sheet: Pixels, cell: tuple[int, int]) -> Pixels:
    return sheet[cell[0] : cell[0] + CELL_PX, cell[1] : cell[1] + CELL_PX]


def test_each_photograph_has_a_row_with_its_copies(tmp_path: Path) -> None:
    wanted = config(augmentation=Augmentation(rotation_deg=20, brightness=0.2, flip=True))
    sheet = preview(tmp_path, wanted, photographs(tmp_path / "photographs"))
    found = cells(sheet)
    assert len(found) == 3 * (1 + COPIES)
    for row in range(3):
        original, *copies = (cut(sheet, cell) for cell in found[row * 7 : row * 7 + 7])
        assert len({copy.tobytes() for copy in (original, *copies)}) == 1 + COPIES


def test_the_same_choices_give_the_same_picture_and_others_another(tmp_path: Path) -> None:
    paths = photographs(tmp_path / "photographs")
    wanted = config(augmentation=Augmentation(zoom=0.3, mixup=0.5))
    one = preview(tmp_path, wanted, paths)
    np.testing.assert_array_equal(one, preview(tmp_path, wanted, paths))
    other = wanted.model_copy(update={"fit": wanted.fit.model_copy(update={"seed": 2})})
    two = preview(tmp_path, other, paths)
    assert one.shape != two.shape or not np.array_equal(one, two)


def test_without_augmentation_the_photographs_stand_side_by_side(tmp_path: Path) -> None:
    sheet = preview(tmp_path, config(), photographs(tmp_path / "photographs", 4))
    found = cells(sheet)
    assert len(found) == 4
    assert len({top for top, _ in found}) == 1


def test_the_steps_are_shown_beside_the_photograph_and_in_its_copies(tmp_path: Path) -> None:
    steps = Preprocessing(shape=Shape.PAD, size_px=SIZE_PX, steps=(Step.GRAYSCALE, Step.CLAHE))
    wanted = config(preprocessing=steps, augmentation=Augmentation(flip=True))
    sheet = preview(tmp_path, wanted, photographs(tmp_path / "photographs", 2))
    found = [cut(sheet, cell) for cell in cells(sheet)]
    assert len(found) == 2 * (2 + COPIES)
    for place, pixels in enumerate(found):
        is_grey = bool(np.ptp(pixels.astype(int), axis=2).max() == 0)
        assert is_grey is (place % (2 + COPIES) > 0)
        assert (pixels[:10] == NEUTRAL).all()


def test_whitening_is_shown_with_the_few_photographs_there_are(tmp_path: Path) -> None:
    steps = Preprocessing(size_px=32, steps=(Step.WHITEN,))
    sheet = preview(tmp_path, config(preprocessing=steps), photographs(tmp_path / "photographs", 1))
    original, white = (cut(sheet, cell) for cell in cells(sheet))
    assert not np.array_equal(original, white)
    assert ((white > 0) & (white < 255)).mean() > 0.7


def test_mixed_pairs_are_shown_with_their_shares(tmp_path: Path) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    paths = [folder / "black.png", folder / "white.png"]
    for path, grey in zip(paths, (20, 220), strict=True):
        Image.new("RGB", (90, 90), (grey, grey, grey)).save(path)
    sheet = preview(tmp_path, config(augmentation=Augmentation(mixup=1.0)), paths)
    mixed = [cut(sheet, cell) for cell in cells(sheet)][2:]
    assert 1 <= len(mixed) <= 1 + COPIES
    for pixels in mixed:
        assert 20 < pixels[80, 80, 0] < 220


def test_one_photograph_alone_is_not_mixed(tmp_path: Path) -> None:
    sheet = preview(tmp_path, config(augmentation=Augmentation(mixup=1.0)), photographs(tmp_path / "photographs", 1))
    assert len(cells(sheet)) == 1


def test_more_photographs_than_rows_and_broken_ones(tmp_path: Path) -> None:
    paths = photographs(tmp_path / "photographs", MOST_ROWS + 3)
    paths[0].write_bytes(b"no photograph")
    paths[1].unlink()
    before = {path: path.read_bytes() for path in paths if path.exists()}
    sheet = preview(tmp_path, config(augmentation=Augmentation(flip=True)), paths)
    assert len(cells(sheet)) == MOST_ROWS * (1 + COPIES)
    assert {path: path.read_bytes() for path in paths if path.exists()} == before


def test_nothing_that_can_be_read_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can be read"):
        write_preview(config(), [tmp_path / "gone.jpg"], tmp_path / "preview.png")
    assert not (tmp_path / "preview.png").exists()


def test_the_usual_size_of_the_network_is_taken(tmp_path: Path) -> None:
    wanted = config(preprocessing=Preprocessing())
    for backbone in ("xception", "a-network-of-the-future"):
        network = wanted.network.model_copy(update={"backbone": backbone})
        sheet = preview(tmp_path, wanted.model_copy(update={"network": network}), photographs(tmp_path / backbone, 1))
        assert len(cells(sheet)) == 1
