"""What a judged run left, read back: whole, missing, half-written, damaged, or edited by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.run_results import (
    ConfusionTable,
    PhotoAnswer,
    in_cell,
    read_answers,
    read_confusion,
    read_epochs,
    read_metrics,
)
from core.train_records import Epoch, Phase
from training.result_files import write_answers

ANSWERS = (
    PhotoAnswer(Path('/photos/a,b\n"c".jpg'), "ab" * 32, "=dog", "cat", 0.75, "=dog", 0.2, "=dog", 0.5),
    PhotoAnswer(Path("/photos/é.jpg"), "", "cat", "cat", 0.5),
    PhotoAnswer(Path("-relative.jpg"), "", "'+bird", "cat", 0.9, "'+bird", 0.1, "cat", 1.0),
)


def test_answers_come_back_as_they_were(tmp_path: Path) -> None:
    write_answers(tmp_path, ANSWERS)
    assert read_answers(tmp_path) == ANSWERS


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    write_answers(tmp_path, ANSWERS)
    text = (tmp_path / "predictions.csv").read_text(encoding="utf-8")
    assert ",=dog" not in text and "\n-relative" not in text and ",'=dog" in text


def test_better_and_worse(tmp_path: Path) -> None:
    worse = PhotoAnswer(Path("a"), "", "dog", "cat", 0.7, other_said="dog")
    better = PhotoAnswer(Path("b"), "", "dog", "dog", 0.7, other_said="cat")
    alone = PhotoAnswer(Path("c"), "", "dog", "dog", 0.7)
    assert [one.got_worse for one in (worse, better, alone)] == [True, False, False]
    assert [one.got_better for one in (worse, better, alone)] == [False, True, False]
    assert in_cell((worse, better, alone), "dog", "cat") == (worse,)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("nonsense", 0),
        ("path,truth\na,b\n", 0),
        ("said,truth,path\ncat,dog,/a.jpg\n", 1),
        (
            "path,content,truth,said,confidence\n/a.jpg,,dog,cat,nan\n/b.jpg\n,,,,\n/c.jpg,,dog,cat,0.5,more,cells,1,2,3\n",
            2,
        ),
        ('path,truth,said\n"/unclosed,dog,cat\n', 0),
        ("\ufeffpath,truth,said\n/a,dog,cat\n", 1),
    ],
)
def test_damaged_tables_give_what_makes_sense(tmp_path: Path, text: str, count: int) -> None:
    (tmp_path / "predictions.csv").write_text(text, encoding="utf-8")
    found = read_answers(tmp_path)
    assert len(found) == count and all(0 <= one.confidence <= 1 for one in found)


def test_nothing_there_is_nothing(tmp_path: Path) -> None:
    assert read_metrics(tmp_path) is None and read_confusion(tmp_path) is None
    assert read_answers(tmp_path) == () and read_epochs(tmp_path / "gone") == ()


@pytest.mark.parametrize("data", [b"", b"{", b'{"format": 2}', b"\xff\xfe\x00", b"[]"])
def test_damaged_figures_are_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "metrics.json").write_bytes(data)
    assert read_metrics(tmp_path) is None


@pytest.mark.parametrize("text", ["truth,a,b\na,1\nb,0,1\n", "truth,a\na,x\n", "truth,a,b\na,1,0\n", "\x00", "truth\n"])
def test_a_damaged_matrix_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "confusion.csv").write_text(text, encoding="utf-8")
    assert read_confusion(tmp_path) is None


def test_a_matrix_comes_back(tmp_path: Path) -> None:
    (tmp_path / "confusion.csv").write_text("truth,'=a,b\n'=a,3,1\nb,0,2\n", encoding="utf-8")
    assert read_confusion(tmp_path) == ConfusionTable(("=a", "b"), ((3, 1), (0, 2)))


def test_half_an_epoch_is_left_out(tmp_path: Path) -> None:
    epoch = Epoch(phase=Phase.LAYERS, epoch=1, seconds=2.5, rate=0.1, loss=1.0, accuracy=0.5)
    line = epoch.model_dump_json()
    (tmp_path / "history.jsonl").write_text(f"{line}\nnonsense\n\n{line}\n{line[:20]}", encoding="utf-8")
    assert read_epochs(tmp_path) == (epoch, epoch)
