"""Breeds found by a few letters."""

from __future__ import annotations

import pytest

from core.models import find_model
from core.name_search import best_matches, folded
from core.name_spelling import close_matches, sound

BREEDS = [
    (0, ("Siberian husky", "husky sibérien")),
    (1, ("Brittany spaniel", "épagneul breton")),
    (2, ("Boxer", "boxer")),
    (3, ("Standard schnauzer", "schnauzer moyen")),
    (4, ("Old English sheepdog", "bobtail")),
    (5, ("English setter", "setter anglais")),
    (6, ("Œdipus hound", "chien d’Œdipe")),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("husky", [0]),
        ("HUSKY SIB", [0]),
        ("sib hus", [0]),
        ("epagneul", [1]),
        ("Épagneul", [1]),
        ("E\u0301pagneul", [1]),
        ("oedip", [6]),
        ("d'oedipe", [6]),
        ("english", [5, 4]),
        ("bob", [4]),
        ("nauz", [3]),
        ("zzz", []),
        ("husky boxer", []),
    ],
)
def test_matches(typed: str, found: list[int]) -> None:
    assert best_matches(typed, BREEDS) == found


def test_nothing_typed_gives_all_in_their_order() -> None:
    assert best_matches("  ", BREEDS) == [number for number, _ in BREEDS]


def test_an_exact_name_comes_before_longer_ones() -> None:
    assert best_matches("poodle", [(0, ["Poodle cross"]), (1, ["Toy poodle"]), (2, ["Poodle"])]) == [2, 0, 1]


def test_folding_loses_only_case_accents_and_marks() -> None:
    assert folded("Saint-Bernard (poil court)") == "saint bernard poil court"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("chiwawa", "Chihuahua"),
        ("labradour", "Labrador retriever"),
        ("rotweiler", "Rottweiler"),
        ("berger alemand", "German shepherd"),
        ("golden retreiver", "Golden retriever"),
        ("poodel", "Toy poodle"),
        ("shitzu", "Shih-Tzu"),
        ("zzzz", None),
        ("box", None),
        ("", None),
    ],
)
def test_misspelt_breeds_are_known_again(typed: str, meant: str | None) -> None:
    labels = find_model("dogs-fast").info.labels
    found = close_matches(typed, ((n, (label.en, label.fr)) for n, label in enumerate(labels)))
    assert (labels[found[0][0]].en if found else None) == meant
    assert len(found) <= 4


def test_nearer_names_come_first() -> None:
    assert close_matches("boxr", [(0, ["Foxer"]), (1, ["Boxer"]), (2, ["Boxer cross"])]) == [(1, 1), (2, 1)]
    assert close_matches("abdcefgh", [(0, ["abcdefgh"])]) == [(0, 1)], "two letters swapped are one slip"
    assert sound("Épagneul") == sound("epagnneul")
