"""The breeds, their names and their look-alike groups, as every model of ours says them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")

from training.describe import fingerprint, read_groups, read_labels
from training.ship import IMAGENET_BREEDS, IMAGENET_CANIDS, labels_of


def test_there_are_120_breeds_with_names_of_their_own_in_both_languages() -> None:
    labels = read_labels()
    assert len(labels) == 120
    for names in (
        [one.id for one in labels],
        [one.en.casefold() for one in labels],
        [one.fr.casefold() for one in labels],
    ):
        assert len(set(names)) == 120
        assert all(name == name.strip() and name for name in names)
    assert all(re.fullmatch(r"n\d{8}-[\w-]+", one.id) for one in labels)


def test_breeds_are_in_the_order_of_imagenet() -> None:
    """Its classes are sorted by id; the dalmatian (251) and the wild relatives (269 to 272) lie between."""
    labels = read_labels()
    assert [one.id for one in labels] == sorted(one.id for one in labels)
    assert len(IMAGENET_BREEDS) == 120 and sorted(set(IMAGENET_BREEDS)) == IMAGENET_BREEDS
    assert not {251, *range(269, 273)} & set(IMAGENET_BREEDS)
    known = {151: "Chihuahua", 162: "beagle", 207: "golden retriever", 258: "Samoyed", 268: "hairless", 273: "dingo"}
    named = {place: label.en for place, label in zip(IMAGENET_BREEDS, labels, strict=True)}
    assert all(word.lower() in named[place].lower() for place, word in known.items())


def test_a_dog_is_what_imagenet_calls_a_dog_or_a_wild_relative() -> None:
    assert IMAGENET_CANIDS.shape == (1000,)
    assert set(IMAGENET_BREEDS) < {place for place in range(1000) if IMAGENET_CANIDS[place]}
    assert IMAGENET_CANIDS[[151, 251, 269, 275]].all()
    assert not IMAGENET_CANIDS[[150, 276, 277, 281]].any()  # a sea lion, a hyena, a fox, a cat


def test_groups_name_breeds_that_are_there() -> None:
    labels, groups = read_labels(), read_groups(read_labels())
    assert len({group.en for group in groups}) == len({group.fr for group in groups}) == len(groups) >= 10
    assert len({frozenset(group.labels) for group in groups}) == len(groups)
    for group in groups:
        assert len(set(group.labels)) == len(group.labels) >= 2
        assert max(group.labels) < len(labels)
        assert group.en.startswith("a ") and group.fr.startswith("un")


def test_a_group_finds_its_breeds_wherever_they_are_in_the_list() -> None:
    labels = read_labels()
    ids = [{labels[place].id for place in group.labels} for group in read_groups(labels)]
    turned = labels[::-1]
    assert [{turned[place].id for place in group.labels} for group in read_groups(turned)] == ids
    assert {"n02110185-Siberian_husky", "n02110063-malamute", "n02109961-Eskimo_dog"} in ids


def test_the_breed_of_a_photograph_is_its_folder() -> None:
    assert labels_of(["dogs/n02085782-Japanese_spaniel/9.jpg", "n02085620-Chihuahua/n02085782_1.jpg"]).tolist() == [
        1,
        0,
    ]
    with pytest.raises(KeyError):
        labels_of(["dogs/n00000000-unknown/1.jpg"])


def test_the_fingerprint_is_that_of_the_contents(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_text(path.name)
    first = fingerprint(paths)
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    moved = paths[0].rename(tmp_path / "z")
    assert fingerprint([paths[2], moved, paths[1]]) == first
    assert fingerprint(paths[1:]) != first
    moved.write_text("other")
    assert fingerprint([moved, *paths[1:]]) != first
