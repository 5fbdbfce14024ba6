"""The first step of a training: what may be wrong with data is found, and what is right is shared out."""

from __future__ import annotations

import csv
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BundleError, Cancelled, UserError
from core.folders import library_path, training_dir
from core.library import Library, content_of_file
from core.photo_search import find_photos
from core.records import Correction, Floats, Kind
from core.train_config import TrainConfig
from core.train_records import DataReport, Finding, FindingKind, Phase
from tests.data_to_look_at import SIDE_PX, Heard, picture, save
from training import folder_source
from training.data_set import FILES_FILE, REPORT_FILE, read_data
from training.samples import DataSet, Part
from training.telling import Telling


def fill(root: Path, **classes: int) -> Path:
    """So many different pictures for each class."""
    for place, (name, count) in enumerate(classes.items()):
        for number in range(count):
            save(root / name / f"{number:03}.png", picture(1000 * place + number))
    return root


def seen_small(paths: Sequence[Path], gone: Sequence[str], telling: Telling) -> Mapping[str, Floats]:
    """Stands in for the networks: the picture itself, very small."""
    found = {}
    for path in paths:
        with Image.open(path) as image:
            small = image.convert("RGB").resize((8, 8), Image.Resampling.BOX)
        found[content_of_file(path)] = np.asarray(small, np.float32).reshape(-1)
    return found


Read = Callable[..., tuple[DataSet, DataReport]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def _read(root: Path, heard: Heard | None = None, **more: object) -> tuple[DataSet, DataReport]:
        config = TrainConfig.model_validate({"name": "x", "source": {"path": root}} | more)
        return read_data(config, tmp_path / "run", heard or Heard(), seen_small)

    return _read


def of_kind(report: DataReport, kind: FindingKind) -> list[Finding]:
    return [finding for finding in report.findings if finding.kind is kind]


def names(finding: Finding) -> set[str]:
    return {"/".join(Path(path).parts[-2:]) for path in finding.paths}


# -- The whole step ----------------------------------------------------------------------------------------------------


def test_data_is_read_counted_shared_out_and_written_down(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=20, dog=12)
    heard = Heard()
    data, report = read(root, heard)
    assert [label.en for label in data.labels] == ["cat", "dog"]
    assert (report.photographs, report.left_out, report.unreadable, report.groups) == (32, 0, 0, 32)
    assert report.sizes_px == (SIDE_PX, SIDE_PX, SIDE_PX)
    assert [(one.name, one.photographs, one.train, one.validation, one.test) for one in report.classes] == [
        ("cat", 20, 16, 2, 2),
        ("dog", 12, 10, 1, 1),
    ]
    assert not report.findings
    assert DataReport.model_validate_json((tmp_path / "run" / REPORT_FILE).read_bytes()) == report
    with (tmp_path / "run" / FILES_FILE).open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["path"], line["part"], line["content"]) for line in lines] == [
        (str(sample.path), sample.part.value if sample.part else "", sample.content) for sample in data.samples
    ]
    assert {line["width"] for line in lines} == {str(SIDE_PX)}
    assert heard.steps == [(Phase.READING, 0), (Phase.LOOKING, 32)]
    looking = heard.done[heard.done.index(32) + 1 :]
    assert looking == sorted(looking)
    assert looking[-1] == 32


def test_the_same_seed_shares_out_the_same_wherever_the_folder_lies(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=20, dog=12)
    first, _ = read(root)
    moved = tmp_path / "elsewhere"
    for path in reversed(sorted(root.rglob("*.png"))):
        (moved / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, moved / path.parent.name / path.name)
    again, _ = read(moved)
    assert {one.content: one.part for one in first.samples} == {one.content: one.part for one in again.samples}


def test_odd_files_are_findings_and_no_end(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=10, dog=10)
    (root / "cat" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    (root / "cat" / "empty.png").touch()
    (root / "dog" / "text.jpg").write_text("no picture")
    save(root / "dog" / "small.png", picture(7, 40))
    _, report = read(root)
    assert (report.photographs, report.unreadable) == (21, 3)
    unreadable = {name for one in of_kind(report, FindingKind.UNREADABLE) for name in names(one)}
    assert unreadable == {"cat/broken.jpg", "cat/empty.png", "dog/text.jpg"}
    assert all(one.suggestion for one in of_kind(report, FindingKind.UNREADABLE))
    (small,) = of_kind(report, FindingKind.SMALL_PICTURE)
    assert (names(small), small.suggestion) == ({"dog/small.png"}, "40 × 40 pixels")
    problems = (tmp_path / "run" / FILES_FILE).read_text(encoding="utf-8")
    assert problems.count("empty.png") == 1


def test_a_closed_folder_is_a_finding(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fill(tmp_path / "set", cat=10, dog=10)
    monkeypatch.setattr(folder_source, "find_photos", lambda path: [*find_photos(path), root / "bird"])
    _, report = read(root)
    (closed,) = of_kind(report, FindingKind.UNREADABLE)
    assert names(closed) == {"set/bird"}
    assert "You may not look into this folder" in closed.suggestion


@pytest.mark.skipif(os.name == "nt" or os.fsencode("é") != "é".encode(), reason="names are Unicode there")
def test_names_that_are_no_unicode_are_written_down_as_well(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=10, dog=10)
    try:
        (root / "cat").rename(root / os.fsdecode(b"ca\xff"))
    except OSError:
        pytest.skip("this file system takes Unicode only")
    data, report = read(root)
    assert [one.name for one in report.classes] == ["ca\\xff", "dog"]
    assert all(sample.path.exists() for sample in data.samples)
    assert DataReport.model_validate_json((tmp_path / "run" / REPORT_FILE).read_bytes()) == report
    assert "ca\\xff" in (tmp_path / "run" / FILES_FILE).read_text(encoding="utf-8")


def test_copies_are_found_and_one_is_enough(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=10, dog=10)
    shutil.copy(root / "cat" / "000.png", root / "cat" / "copy.png")
    shutil.copy(root / "cat" / "000.png", root / "cat" / "again.png")
    data, report = read(root)
    (copies,) = of_kind(report, FindingKind.DUPLICATE)
    assert names(copies) == {"cat/000.png", "cat/again.png", "cat/copy.png"}
    assert (report.photographs, report.left_out) == (20, 2)
    assert len({sample.content for sample in data.samples}) == len(data.samples)


def test_the_same_picture_in_two_classes_is_found(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=10, dog=10)
    shutil.copy(root / "cat" / "000.png", root / "dog" / "cat.png")
    brighter = np.clip(picture(1) * 1.05, 0, 255).astype(np.uint8)
    save(root / "dog" / "brighter.png", brighter)
    data, report = read(root)
    found = [names(one) for one in of_kind(report, FindingKind.TWO_LABELS)]
    assert found == [{"cat/000.png", "dog/cat.png"}, {"cat/001.png", "dog/brighter.png"}]
    assert of_kind(report, FindingKind.TWO_LABELS)[0].classes == ("cat", "dog")
    assert not of_kind(report, FindingKind.DUPLICATE)
    parts = {sample.path.name: sample.part for sample in data.samples}
    assert parts["cat.png"] is next(s.part for s in data.samples if s.path.parts[-2:] == ("cat", "000.png"))


def test_look_alikes_are_found_and_stay_together(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=30, dog=30)
    for number in range(30):
        save(root / "cat" / f"{number:03} b.png", picture(number)[2:, 1:])
    data, report = read(root)
    assert len(of_kind(report, FindingKind.LOOK_ALIKE)) == 30
    assert report.groups == 60
    parts: dict[str, set[Part | None]] = {}
    for sample in data.samples:
        if sample.path.parent.name == "cat":
            parts.setdefault(sample.path.name[:3], set()).add(sample.part)
    assert all(len(found) == 1 for found in parts.values())
    apart, _ = read(root, split={"by_group": False})
    assert len(apart.samples) == 90


def test_a_leak_between_official_folders_is_found_and_stopped(tmp_path: Path, read: Read) -> None:
    fill(tmp_path / "set" / "train", cat=20, dog=20)
    for number in range(5):
        save(tmp_path / "set" / "test" / "cat" / f"{number}.png", picture(50 + number))
    save(tmp_path / "set" / "test" / "cat" / "leak.png", picture(3)[2:, 1:])
    shutil.copy(tmp_path / "set" / "train" / "cat" / "004.png", tmp_path / "set" / "test" / "cat" / "copy.png")
    data, report = read(tmp_path / "set")
    assert report.has_official_split
    assert {frozenset(names(one)) for one in of_kind(report, FindingKind.LEAK)} == {
        frozenset({"cat/003.png", "cat/leak.png"}),
        frozenset({"cat/004.png", "cat/copy.png"}),
    }
    tested = {sample.path.name for sample in data.samples if sample.part is Part.TEST}
    assert tested == {"0.png", "1.png", "2.png", "3.png", "4.png", "leak.png", "copy.png"}
    assert {"003.png", "004.png"} & {one.path.name for one in data.samples if one.path.parent.name == "cat"} == set()
    assert report.left_out == 2


def test_a_burst_of_one_camera_stays_together(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=10, dog=10)
    for number in range(12):
        exif = Image.Exif()
        exif[271], exif[272] = "Maker", "Camera"
        exif.get_ifd(0x8769)[36867] = f"2026:05:04 10:00:{2 * (number % 6):02}" if number < 6 else "2026:05:04 11:00:00"
        Image.fromarray(picture(500 + number)).save(root / "cat" / f"IMG_{number:04}.jpg", exif=exif)
    data, report = read(root)
    bursts = Counter(sample.group for sample in data.samples if sample.group)
    assert sorted(bursts.values()) == [6, 6]
    assert report.groups == 22


def test_small_classes_are_found(tmp_path: Path, read: Read) -> None:
    _, report = read(fill(tmp_path / "set", cat=12, dog=9, bird=1))
    assert [one.classes for one in of_kind(report, FindingKind.SMALL_CLASS)] == [("bird",), ("dog",)]
    counts = {one.name: (one.train, one.validation, one.test) for one in report.classes}
    assert counts["bird"] == (1, 0, 0)


@pytest.mark.parametrize(("classes", "said"), [({"cat": 5}, "All photographs are of one class"), ({}, "no photograph")])
def test_what_nothing_can_be_learnt_from_is_a_sentence(
    tmp_path: Path, read: Read, classes: dict[str, int], said: str
) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(UserError, match=said):
        read(fill(tmp_path / "set", **classes))


def test_one_breed_may_improve_a_model_that_knows_the_others(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", pug=5)
    assert len(read(root)[0].labels) == 1
    for more in ({"start_from": ""}, {"fit": {"mode": "finetune"}}):
        with pytest.raises(UserError, match="All photographs are of one class"):
            read(root, **more)


def test_nothing_that_can_be_read_is_a_sentence(tmp_path: Path, read: Read) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "set" / name).mkdir(parents=True)
        (tmp_path / "set" / name / "1.jpg").write_bytes(b"nothing")
    with pytest.raises(UserError, match="None of the photographs can be read"):
        read(tmp_path / "set")


def test_only_a_test_folder_is_a_sentence(tmp_path: Path, read: Read) -> None:
    fill(tmp_path / "set" / "test", cat=3, dog=3)
    with pytest.raises(UserError, match="left for training"):
        read(tmp_path / "set")


def test_a_class_that_is_only_tested_is_said(tmp_path: Path, read: Read) -> None:
    fill(tmp_path / "set" / "train", cat=10, dog=10)
    fill(tmp_path / "set" / "test", cat=0, dog=0, fox=2)
    heard = Heard()
    read(tmp_path / "set", heard)
    assert any("fox" in note for note in heard.notes)


def test_a_class_for_each_photograph_is_said(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fill(tmp_path / "set", **{f"class {number}": 1 for number in range(25)})
    heard = Heard()
    read(root, heard)
    assert any("class of its own" in note for note in heard.notes)
    monkeypatch.setattr("training.data_set.MOST_CLASSES", 24)
    with pytest.raises(UserError, match="25 classes"):
        read(root)


def test_decisions_show_in_the_counts(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=12, kitten=5, mess=4, dog=12)
    changes = {
        "merge": {"kitten": "cat"},
        "leave_out_classes": ["mess"],
        "relabel": {str(root / "dog" / "000.png"): "cat"},
    }
    data, report = read(root, changes=changes)
    counted = {one.name: (one.label, one.photographs) for one in report.classes}
    assert counted == {"cat": ("cat", 13), "dog": ("dog", 11), "kitten": ("cat", 5), "mess": ("mess", 0)}
    assert (report.photographs, report.left_out) == (29, 4)
    assert [label.id for label in data.labels] == ["cat", "dog"]


def test_a_breed_may_be_called_by_any_of_its_names(tmp_path: Path, read: Read) -> None:
    data, report = read(fill(tmp_path / "set", **{"pug": 10, "n02110958-pug": 10, "Boxer": 10}))
    assert sorted(label.id for label in data.labels) == ["n02108089-boxer", "n02110958-pug"]
    assert {one.name: one.label for one in report.classes}["pug"] == "n02110958-pug"


def test_looking_stops_when_asked_and_keeps_what_it_saw(tmp_path: Path, read: Read) -> None:
    root = fill(tmp_path / "set", cat=80, dog=80)
    with pytest.raises(Cancelled):
        read(root, Heard(stop_after=162))
    assert not (tmp_path / "run" / REPORT_FILE).exists()
    assert (training_dir() / "photo_facts.sqlite").stat().st_size > 0


def test_a_model_that_is_broken_only_costs_the_likenesses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise BundleError("It is damaged.")

    monkeypatch.setattr("training.data_set.find_model", refuse)
    root = fill(tmp_path / "set", cat=10, dog=10)
    shutil.copy(root / "cat" / "000.png", root / "cat" / "copy.png")
    heard = Heard()
    config = TrainConfig.model_validate({"name": "x", "source": {"path": root}})
    _, report = read_data(config, tmp_path / "run", heard)
    assert report.counts_of_findings == {FindingKind.DUPLICATE: 1}
    assert any("It is damaged." in note for note in heard.notes)


def test_the_shipped_networks_are_asked(tmp_path: Path) -> None:
    root = fill(tmp_path / "set", cat=10, dog=10)
    save(root / "cat" / "brighter.png", np.clip(picture(3) * 1.03, 0, 255).astype(np.uint8))
    config = TrainConfig.model_validate({"name": "x", "source": {"path": root}})
    _, report = read_data(config, tmp_path / "run", Heard())
    (pair,) = of_kind(report, FindingKind.LOOK_ALIKE)
    assert names(pair) == {"cat/003.png", "cat/brighter.png"}


def test_what_volunteers_said_of_files_that_are_gone(tmp_path: Path, read: Read) -> None:
    library = Library(library_path())
    breeds = [Correction(Kind.BREED, name, name, "ada") for name in ("n02110958-pug", "n02085620-Chihuahua")]
    contents = []
    for number in range(12):
        path = save(tmp_path / "photos" / f"{number}.png", picture(number))
        contents.append(content := content_of_file(path))
        library.correct(content, path, breeds[number % 2])
        if number < 3:
            path.unlink()
            with library.database.writing() as connection:
                connection.execute("INSERT OR IGNORE INTO backbones(id, fingerprint) VALUES (1, 'net')")
                connection.execute(
                    "INSERT INTO vectors SELECT id, 1, x'00' FROM photographs WHERE content = ?", (content,)
                )
        if number == 3:
            save(path, picture(99))
    source = {"source": {"kind": "library"}}
    data, report = read(tmp_path, **source)
    assert len(data.samples) == 12
    gone = [sample for sample in data.samples if not sample.path.exists()]
    assert [sample.path.stem[:8] for sample in gone] == ["0", "1", "2", "picture-"]
    assert [sample.content for sample in gone] == contents[:4]
    assert {sample.part for sample in gone} == {Part.TRAIN}
    assert len(of_kind(report, FindingKind.MISSING)) == 4
    data, _ = read(tmp_path, fit={"mode": "finetune"}, **source)
    assert len(data.samples) == 8


def test_no_cell_is_a_formula(tmp_path: Path, read: Read) -> None:
    read(fill(tmp_path / "set", **{"=cmd()": 20, "dog": 20}))
    with (tmp_path / "run" / FILES_FILE).open(encoding="utf-8", newline="") as file:
        cells = {cell for row in csv.reader(file) for cell in row}
    assert "'=cmd()" in cells and not any(cell.startswith("=") for cell in cells)
