"""Labelled photographs from folders, tables and the library, however people arrange them; and clear words if not."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from core.errors import Cancelled, UsageError, UserError
from core.train_config import Changes, Source, TrainConfig
from tests.data_to_look_at import Heard, made
from training import commands
from training.found import Found
from training.labels import label_of, path_text
from training.samples import Part
from training.sources import read_source
from training.telling import Silent

NO_CHANGES = Changes()


def read(root: Path, changes: Changes = NO_CHANGES, heard: Heard | None = None) -> Found:
    return read_source(Source(path=root), changes, heard or Heard())


def by_class(found: Found) -> dict[str, int]:
    return dict(Counter(photo.counts_as for photo in found.photographs))


# -- Labels ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["n02085782-Japanese_spaniel", "japanese SPANIEL", "Japanese_spaniel", "épagneul japonais"]
)
def test_a_class_called_like_a_breed_is_that_breed(name: str) -> None:
    label = label_of(name)
    assert label.id == "n02085782-Japanese_spaniel"
    assert (label.en, label.fr) == ("Japanese spaniel", "Épagneul japonais")


def test_any_other_class_is_called_as_it_is_written() -> None:
    assert label_of("Tomato__Leaf_Mold").id == label_of("Tomato__Leaf_Mold").fr == "Tomato Leaf Mold"
    assert label_of("Собака").en == "Собака"
    assert label_of("\u202e \x00").en == "? ?"
    assert len(label_of("x" * 999).en) == 200


# -- Folders -----------------------------------------------------------------------------------------------------------


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    made(tmp_path, "cat/1.jpg", "cat/2.PNG", "dog/a/3.jpeg", "dog/.hidden.jpg", ".git/x/4.jpg", "dog/notes.txt")
    found = read(tmp_path)
    assert by_class(found) == {"cat": 2, "dog": 1}
    assert found.classes == ("cat", "dog")
    assert {photo.official for photo in found.photographs} == {None}


@pytest.mark.parametrize("wrapper", ["", "DATA/images", "leaves"])
@pytest.mark.parametrize(
    "words", [("train", "val", "test"), ("Training", "VALIDATION", "Testing"), ("TRAIN", "valid", "TEST")]
)
def test_nested_parts_are_recognised(tmp_path: Path, wrapper: str, words: tuple[str, str, str]) -> None:
    root = tmp_path / wrapper
    for part in words:
        made(root, f"{part}/Mold/1.jpg", f"{part}/mold/2.jpg", f"{part}/Rust/3.jpg")
    found = read(tmp_path)
    assert by_class(found) == {"Mold": 6, "Rust": 3}
    assert Counter(photo.official for photo in found.photographs) == dict.fromkeys(Part, 3)


def test_parts_within_the_classes_are_recognised_too(tmp_path: Path) -> None:
    made(tmp_path, "cat/train/1.jpg", "cat/test/2.jpg", "dog/train/3.jpg")
    found = read(tmp_path)
    assert [(photo.name, photo.official) for photo in found.photographs] == [
        ("cat", Part.TEST),
        ("cat", Part.TRAIN),
        ("dog", Part.TRAIN),
    ]


def test_classes_that_are_called_train_or_test_are_classes(tmp_path: Path) -> None:
    """A railway's photographs."""
    made(tmp_path, "train/1.jpg", "bus/2.jpg", "test/3.jpg")
    assert by_class(read(tmp_path)) == {"bus": 1, "test": 1, "train": 1}


def test_what_lies_beside_the_classes_is_said_and_left_aside(tmp_path: Path) -> None:
    made(
        tmp_path,
        "cover.jpg",
        "train/cat/1.jpg",
        "train/dog/2.jpg",
        "train/stray.jpg",
        "test/dog/3.jpg",
        "old/cat/4.jpg",
    )
    (tmp_path / "train" / "bird").mkdir()
    heard = Heard()
    assert by_class(read(tmp_path, heard=heard)) == {"cat": 1, "dog": 2}
    beside, empty = heard.notes
    assert ": 3 (" in beside and "“old/cat”" in beside
    assert "“bird”" in empty


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "no photograph"),
        (("cat/notes.txt",), "no photograph"),
        (("1.jpg", "2.jpg"), "make one folder for each class"),
    ],
)
def test_a_folder_without_classes_is_a_sentence(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(made(tmp_path, *names))


def test_a_folder_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not there"):
        read(tmp_path / "gone")
    with pytest.raises(UserError, match="is not a folder"):
        read(made(tmp_path, "1.jpg") / "1.jpg")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_in_a_circle_end(tmp_path: Path) -> None:
    made(tmp_path, "cat/1.jpg", "dog/2.jpg")
    (tmp_path / "cat" / "all").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dog" / "me").symlink_to(tmp_path / "dog", target_is_directory=True)
    assert by_class(read(tmp_path)) == {"cat": 1, "dog": 1}


@pytest.mark.skipif(os.name == "nt" or os.fsencode("é") != "é".encode(), reason="names are Unicode there")
def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"ca\xff")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes Unicode only")
    (folder / os.fsdecode(b"\xe91.jpg")).touch()
    made(tmp_path, "dog/2.jpg")
    found = read(tmp_path)
    odd = found.photographs[0]
    assert odd.name == "ca\\xff"
    json.dumps(path_text(odd.path)).encode()
    assert by_class(read(tmp_path, Changes(leave_out=(path_text(odd.path),)))) == {"dog": 1}


def test_a_subfolder_of_a_class_is_an_animal(tmp_path: Path) -> None:
    made(tmp_path, "beagle/Rex/1.jpg", "beagle/Rex/2.jpg", "beagle/Ada/1.jpg", "pug/images/1.jpg", "pug/images/2.jpg")
    animals = {photo.path.relative_to(tmp_path).as_posix(): photo.animal for photo in read(tmp_path).photographs}
    assert animals["beagle/Rex/1.jpg"] == animals["beagle/Rex/2.jpg"] != animals["beagle/Ada/1.jpg"] != ""
    assert animals["pug/images/1.jpg"] == ""


def test_a_name_before_a_number_is_an_animal_where_there_are_several(tmp_path: Path) -> None:
    made(tmp_path, *(f"beagle/{name} {n}.jpg" for name in ("Rex", "Ada", "Bob", "Zoe") for n in (1, 2)))
    made(tmp_path, *(f"COVID/COVID-{n}.jpg" for n in range(12)), *(f"TB/TB.{n}.jpg" for n in range(1000, 1012)))
    animals = {photo.path.relative_to(tmp_path).as_posix(): photo.animal for photo in read(tmp_path).photographs}
    assert animals["beagle/Rex 1.jpg"] == animals["beagle/Rex 2.jpg"] != animals["beagle/Ada 1.jpg"] != ""
    assert {animal for path, animal in animals.items() if not path.startswith("beagle")} == {""}


def test_reading_stops_when_asked(tmp_path: Path) -> None:
    made(tmp_path, *(f"cat/{n}.jpg" for n in range(9)))
    with pytest.raises(Cancelled):
        read(tmp_path, heard=Heard(stop_after=3))


# -- Changes -----------------------------------------------------------------------------------------------------------


def test_what_the_administrator_decides_is_done(tmp_path: Path) -> None:
    made(tmp_path, "cat/1.jpg", "cat/2.jpg", "kitten/3.jpg", "dog/4.jpg", "dog/5.jpg", "mess/6.jpg")
    changes = Changes(
        leave_out=(str(tmp_path / "cat" / "1.jpg"),),
        leave_out_classes=("Mess",),
        relabel={str(tmp_path / "dog" / "5.jpg"): "kitten"},
        merge={"kitten": "cat"},
    )
    found = read(tmp_path, changes)
    assert by_class(found) == {"cat": 3, "dog": 1}
    assert found.left_out == 2
    assert found.classes == ("cat", "dog", "kitten", "mess")
    moved = next(photo for photo in found.photographs if photo.path.name == "5.jpg")
    assert (moved.name, moved.counts_as) == ("kitten", "cat")
    assert sorted(path.name for path in tmp_path.rglob("*.jpg")) == [f"{n}.jpg" for n in range(1, 7)]


def test_a_photograph_of_a_class_that_is_left_out_may_go_to_another(tmp_path: Path) -> None:
    made(tmp_path, "cat/1.jpg", "mess/2.jpg", "mess/3.jpg")
    changes = Changes(leave_out_classes=("mess",), relabel={str(tmp_path / "mess" / "3.jpg"): "bird"})
    found = read(tmp_path, changes)
    assert by_class(found) == {"cat": 1, "bird": 1}


def test_merging_goes_on_to_the_end_but_not_in_circles(tmp_path: Path) -> None:
    made(tmp_path, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    assert by_class(read(tmp_path, Changes(merge={"a": "b", "b": "c", "c": "c"}))) == {"c": 3}
    with pytest.raises(UserError, match="circle"):
        read(tmp_path, Changes(merge={"a": "b", "b": "a"}))


def test_classes_that_begin_with_a_dot_are_counted(tmp_path: Path) -> None:
    heard = Heard()
    (tmp_path / ".empty").mkdir()
    assert by_class(read(made(tmp_path, "cat/1.jpg", "dog/2.jpg", ".fox/3.jpg"), heard=heard)) == {"cat": 1, "dog": 1}
    (note,) = heard.notes
    assert "begin with a dot: 1 (“.fox”)" in note


@pytest.mark.parametrize("changes", [Changes(leave_out_classes=("nosuch",)), Changes(merge={"nosuch": "cat"})])
def test_a_class_that_is_not_there_is_neither_left_out_nor_merged(tmp_path: Path, changes: Changes) -> None:
    source = Source(path=made(tmp_path, "cat/1.jpg", "dog/2.jpg"))
    with pytest.raises(UserError, match="There are: cat, dog"):
        read_source(source, changes, Silent())
    config = TrainConfig(name="x", source=source, changes=changes)
    with pytest.raises(UsageError, match="There is no class “nosuch”"):
        commands.check(config)
