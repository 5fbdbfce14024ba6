"""report.html as a browser takes it: well formed, whole in itself, every link with its place, every text escaped."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from core.bundles import BundleInfo, Label
from core.run_results import PhotoAnswer
from core.texts import set_language
from core.train_records import WHOLE, Comparison, ComparisonVerdict, Epoch, Mistake, Phase, Result
from tests.bundle_factory import tiny_info
from training.heads import softmax
from training.judgement import Answers, judged
from training.report import write_report
from training.report_words import duration, points, share

EVIL = "<script>alert('x')</script> & \"quoted\""
VOID = {"meta", "br", "img", "link", "hr"}


class Checker(HTMLParser):
    """Collects ids, links and pictures, and fails on tags that do not close as they opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.tags: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), f"{tag} {name}"
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.append(value or "")
            if name == "src":
                self.sources.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def checked(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.open == []
    assert len(set(checker.ids)) == len(checker.ids)
    assert {link.removeprefix("#") for link in checker.links} <= set(checker.ids)
    assert all(link.startswith("#") for link in checker.links)
    assert all(source.startswith("data:image/jpeg;base64,") for source in checker.sources)
    assert "script" not in checker.tags
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(drawing)
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text).lower().replace("nance", "")
    return checker


def photos(folder: Path, count: int) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = [folder / f"{n} & <b>.jpg" for n in range(count)]
    for path in paths:
        Image.fromarray(rng.integers(0, 255, (60, 90, 3)).astype(np.uint8)).save(path)
    return paths


def planted(
    folder: Path, classes: int, each: int, names: str = "class", mistakes: int = 3
) -> tuple[Result, BundleInfo, list[PhotoAnswer]]:
    """A judged model with so many classes; the first photograph of every class is mistaken for the next class."""
    labels = tuple(Label(id=f"{names} {n}", en=f"{names} {n}", fr=f"{names} {n} fr") for n in range(classes))
    info = tiny_info().model_copy(update={"labels": labels, "groups": ()})
    truth = np.repeat(np.arange(classes), each)
    said = truth.copy()
    said[::each] = (said[::each] + 1) % classes
    logits = np.zeros((len(truth), classes), np.float32)
    logits[np.arange(len(truth)), said] = 6
    answers = Answers(softmax(logits), np.ones(len(truth), np.float32), truth)
    paths = photos(folder, 4)
    confidence = answers.confidence.tolist()
    rows = [
        PhotoAnswer(paths[n % 4], "", labels[a].id, labels[b].id, confidence[n])
        for n, (a, b) in enumerate(zip(truth.tolist(), said.tolist(), strict=True))
    ]
    judgement = judged(answers, labels, info.calibration).model_copy(
        update={
            "mistakes": tuple(
                Mistake(path=str(one.path), truth=one.truth, said=one.said, confidence=one.confidence)
                for one in [one for one in rows if not one.is_right][:mistakes]
            )
        }
    )
    result = Result(
        model="colours", version="1.0.0", on="test", judgement=judgement,
        counts={"train": 90, "validation": 10, "test": len(rows)}, seconds={"head": 3.0, "judging": 200.0},
    )  # fmt: skip
    return result, info, rows


def written(folder: Path, result: Result, info: BundleInfo, rows: list[PhotoAnswer]) -> str:
    write_report(folder, result, info, rows)
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("classes", "each"), [(2, 3), (3, 40), (20, 4), (120, 3), (300, 2), (320, 2)])
def test_pages_for_two_to_hundreds_of_classes(tmp_path: Path, classes: int, each: int) -> None:
    text = written(tmp_path, *planted(tmp_path, classes, each))
    found = checked(text)
    assert len(text) < 12_000_000
    assert sum(identity.startswith("class-") for identity in found.ids) == classes
    assert sum(identity.startswith("cell-") for identity in found.ids) == classes
    if classes <= 300:
        # Each class with right answers has a blue cell that leads to its row, each mistake one that leads to its place.
        linked = {link for link in found.links if link.startswith(("#cell-", "#class-"))}
        assert len(linked) == 2 * classes


def test_pictures_are_small_jpegs_without_anything_else(tmp_path: Path) -> None:
    found = checked(written(tmp_path, *planted(tmp_path, 3, 5)))
    assert len(found.sources) == 3 + 3
    for source in found.sources:
        with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as picture:
            assert picture.format == "JPEG" and max(picture.size) <= 240 and not picture.getexif()


def test_the_number_of_pictures_is_bounded(tmp_path: Path) -> None:
    result, info, rows = planted(tmp_path, 300, 3)
    wrong = [PhotoAnswer(one.path, "", one.truth, info.labels[0].id, 0.5) for one in rows]
    found = checked(written(tmp_path, result, info, wrong * 2))
    assert 300 < len(found.sources) <= 400


def test_every_text_is_escaped(tmp_path: Path) -> None:
    result, info, rows = planted(tmp_path, 3, 3, names=EVIL)
    result = result.model_copy(update={"warnings": (EVIL,), "model": EVIL})
    found = checked(written(tmp_path, result, info, rows))
    assert any(EVIL in word for word in found.words)
    assert str(tmp_path) not in "".join(found.words)


def test_a_photograph_that_is_gone_leaves_its_name(tmp_path: Path) -> None:
    result, info, rows = planted(tmp_path, 3, 3)
    for path in {one.path for one in rows}:
        path.unlink()
    found = checked(written(tmp_path, result, info, rows))
    assert found.sources == [] and any("<b>.jpg" in word for word in found.words)


def epochs(folder: Path, losses: list[float]) -> Iterator[Epoch]:
    for number, loss in enumerate(losses, 1):
        phase = Phase.HEAD if number == 1 else Phase.LAYERS
        yield Epoch(
            phase=phase, epoch=number, seconds=3.0, rate=0.1, loss=loss, accuracy=0.5,
            validation_loss=loss if number > 1 else None, validation_accuracy=None,
        )  # fmt: skip


@pytest.mark.parametrize("losses", [[0.5], [0.0, 0.0], [2.5, 0.7, 0.1], [1e9, 1e-9], [0.3] * 200])
def test_training_curves_of_every_kind(tmp_path: Path, losses: list[float]) -> None:
    result, info, rows = planted(tmp_path, 2, 3)
    lines = "".join(f"{one.model_dump_json()}\n" for one in epochs(tmp_path, losses))
    (tmp_path / "history.jsonl").write_text(lines, encoding="utf-8")
    assert ("curves" in checked(written(tmp_path, result, info, rows)).ids) is (len(losses) > 1)


def test_a_page_in_french(tmp_path: Path) -> None:
    set_language("fr")
    result, info, rows = planted(tmp_path, 3, 40)
    text = written(tmp_path, result.model_copy(update={"not_medical": True}), info, rows)
    words = " ".join(checked(text).words)
    assert '<html lang="fr">' in text and "97,5\u202f%" in words and "class 1 fr" in words
    assert "dispositif médical" in words and "photographs" not in words


def test_the_comparison_is_on_the_page(tmp_path: Path) -> None:
    result, info, rows = planted(tmp_path, 3, 5)
    rows = [PhotoAnswer(one.path, "", one.truth, one.said, 0.9, other_said=info.labels[0].id) for one in rows]
    comparison = Comparison(
        model="other", title_en=EVIL, title_fr="autre", photographs=15, better=8, worse=1, both_right=4, both_wrong=2,
        difference=0.4667, low=0.1, high=0.7, p=0.039, verdict=ComparisonVerdict.BETTER,
    )  # fmt: skip
    found = checked(written(tmp_path, result.model_copy(update={"comparison": comparison}), info, rows))
    words = "".join(found.words)
    assert "Better: 8 photographs right that were wrong, one wrong that was right." in words
    assert (
        "Got better: 8" in words
        and "Got worse: 1" in words
        and "46.7 points more often" in words
        and "compared" in found.ids
    )


def test_nothing_judged_is_a_page_too(tmp_path: Path) -> None:
    result, info, _rows = planted(tmp_path, 3, 1)
    nothing = judged(Answers(np.zeros((0, 3), np.float32), np.zeros(0, np.float32), np.zeros(0, np.intp)),
                     info.labels, info.calibration)  # fmt: skip
    text = written(tmp_path, result.model_copy(update={"judgement": nothing, "warnings": ("Nobody knows.",)}), info, [])
    words = "".join(checked(text).words)
    assert "Nobody knows." in words and "0 photographs" not in words


def test_numbers_never_claim_more_than_is_true() -> None:
    assert [share(part, 1).replace("\u00a0", "_") for part in (0.9999, 1.0, 0.0001, 0.0, 0.776)] == [
        "99.99_%", "100.0_%", "0.01_%", "0.0_%", "77.6_%",
    ]  # fmt: skip
    assert (points(-0.032), points(0.2), points(0.0001)) == ("\u22123.2", "+20.0", "0.0")
    assert [duration(s).replace("\u00a0", " ") for s in (0.04, 65, 600, 10_000)] == ["0.0 s", "65 s", "10 min", "2.8 h"]


def test_one_that_is_less_often_right_is_called_so_and_photographs_seen_before_are_named(tmp_path: Path) -> None:
    result, info, rows = planted(tmp_path, 3, 5)
    comparison = Comparison(
        model="other", title_en="Other", title_fr="Autre", photographs=20, better=1, worse=2, both_right=16,
        both_wrong=1, difference=-0.05, low=-0.2, high=0.1, p=1.0, verdict=ComparisonVerdict.UNCLEAR,
    )  # fmt: skip
    seconds = {"judging": 2.0, WHOLE: 3700.0}
    changes = {"comparison": comparison, "is_pretrained": True, "seconds": seconds}
    words = "".join(checked(written(tmp_path, result.model_copy(update=changes), info, rows)).words)
    assert "This model is 5.0 points less often right (between −20.0 and +10.0 points" in words
    assert "well-known public collections" in words and "everything together 62" in words
    plain = "".join(checked(written(tmp_path, result, info, rows)).words)
    assert "well-known public collections" not in plain and "everything together" not in plain
