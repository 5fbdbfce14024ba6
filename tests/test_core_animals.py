"""Which photographs show the same animal: the names that people give, and those that cameras and programs give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.animals import MOST_OF_ONE, animals_of, found_in, is_folder_of_one, name_in, together
from core.records import Prediction, Status
from core.verdicts import decide
from tests.bundle_factory import tiny_info

ROOT = Path("/photos")


def named(*names: str) -> list[str]:
    """The animals of files below the root."""
    return [animal for _, animal in animals_of((ROOT / name for name in names), ROOT)]


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("rex_1", "rex"),
        ("rex 2", "rex"),
        ("rex-03", "rex"),
        ("Rex (4)", "Rex"),
        ("Rex(5)", "Rex"),
        ("rex6", "rex"),
        ("rex #7", "rex"),
        ("rex_0008", "rex"),
        ("rex", "rex"),
        ("bella", "bella"),
        ("Élodie_1", "Élodie"),
        ("Max et Ruby 2", "Max et Ruby"),
        ("Prince-Noir_12", "Prince-Noir"),
        ("rex 1 - Copy", "rex"),
        ("rex - Copie", "rex"),
        ("rex_2024-05-11_1", "rex"),
        ("rex 2024-05-11 12.30.05", "rex"),
        ("20240511 Rex 2", "Rex"),
        ("IMG_rex", "IMG_rex"),
        ("A1234_1", "A1234"),
        ("A1234567 (2)", "A1234567"),
        ("D-2024-015_1", "D-2024-015"),
        ("250269801234567_3", "250269801234567"),
        ("june_1", "june"),
        ("Мухтар_2", "Мухтар"),
        ("白 3", ""),  # a single sign may be anything
        ("小白 3", "小白"),
    ],
)
def test_names_of_animals(stem: str, name: str) -> None:
    assert name_in(stem) == name


@pytest.mark.parametrize(
    "stem",
    [
        *("IMG_0001", "IMG_20240511_123005", "IMG-20240511-WA0001", "IMG_E0123", "MVIMG_20240511_123005"),
        *("IMG_1234 (2)", "signal-2024-05-11-123005"),
        *("DSC01234", "DSC_0123", "DSCN1234", "DSCF0001", "_DSC1234", "_MG_1234", "P1010001", "100_1234", "SAM_0001"),
        *("PXL_20240511_123005123", "PXL_20240511_123005123.MP", "CIMG0001", "GOPR0001", "DJI_0001", "MAH00012"),
        *("20240511_123005", "2024-05-11 12.30.05", "2024-05-11", "1", "001", "12 (3)", "1715423405123"),
        *("WhatsApp Image 2024-05-11 at 12.30.05", "WhatsApp Image 2024-05-11 at 12.30.05 (1)"),
        *("photo_2024-05-11_12-30-05", "FB_IMG_1715423405123", "received_1715423405123", "Snapchat-1234567"),
        *("Screenshot_20240511-123005", "Screenshot 2024-05-11 at 12.30.05", "Capture d’écran 2024-05-11 à 12.30.05"),
        *("Capture d'écran (3)", "photo", "photo 1", "Photo (2)", "image", "image0", "image 3", "images", "foto_1"),
        *("scan0001", "Scan 3", "numérisation_0002", "dog", "dog 1", "dogs_2", "chien", "chien (2)", "chienne 3"),
        *("download", "téléchargement (1)", "unnamed", "sans titre 2", "untitled-1", "document 4", "copie de photo"),
        *("3F2504E0-4F89-11D3-9A0C-0305E82C3301", "d41d8cd98f00b204e9800998ecf8427e", "a1b2c3d4e5f6"),
        *("n02085620_10074", "mai 2024 3", "May 2024 (1)", "box 12", "cage_3", "", "_", "()"),
    ],
)  # fmt: skip
def test_names_of_nobody(stem: str) -> None:
    assert name_in(stem) == ""


@pytest.mark.parametrize("name", ["Rex", "rex 2", "Bella & Max", "A1234", "D-2024-015", "250269801234567", "Élodie"])
def test_folders_of_one(name: str) -> None:
    assert is_folder_of_one(name)


@pytest.mark.parametrize(
    "name",
    [
        *("DCIM", "100CANON", "101_PANA", "100APPLE", "102NIKON", "Camera", "2024", "2024-05-11", "20240511"),
        *("11.05.2024", "Screenshots", "scan"),
        *("May", "May 2024", "mai 2024", "2024 05", "05", "lundi", "photos", "Images", "WhatsApp Images"),
        *("Captures d’écran", "dogs", "chiens", "Chiens mâles", "new folder (2)", "Nouveau dossier", "downloads"),
        *("adoptés 2024", "arrivées", "kennel 3", "d41d8cd98f00b204e9800998ecf8427e"),
    ],
)  # fmt: skip
def test_folders_of_many(name: str) -> None:
    assert not is_folder_of_one(name)


def test_a_subfolder_is_one_animal_and_the_root_is_not() -> None:
    assert named("1.jpg", "rex_1.jpg", "Bella/IMG_0001.jpg", "Bella/x.jpg", "new/Max/1.jpg") == [
        *("", "rex", "Bella", "Bella", "new/Max"),
    ]


def test_names_count_where_the_folder_is_no_animals() -> None:
    assert named("photos/rex_1.jpg", "photos/IMG_0001.jpg", "2024-05-11/rex 2.jpg") == [
        *("photos/rex", "", "2024-05-11/rex"),
    ]


def test_a_large_folder_is_a_collection() -> None:
    just = [f"Rex/{number}.jpg" for number in range(MOST_OF_ONE)]
    assert set(named(*just)) == {"Rex"}
    many = [f"Rex/{name}_1.jpg" for name in ("ada", "bob")] + [f"Rex/IMG_{n:04}.jpg" for n in range(MOST_OF_ONE)]
    assert named(*many) == ["Rex/ada", "Rex/bob", *[""] * MOST_OF_ONE]


def test_one_spelling_for_one_animal() -> None:
    assert named("Rex (4).jpg", "rex 2.jpg", "rex-03.jpg", "REX.jpg", "rex_1.jpg") == ["Rex"] * 5


def test_the_walk_is_not_held_back() -> None:
    taken: list[int] = []

    def walk() -> Iterator[Path]:
        for number in range(1000):
            taken.append(number)
            yield ROOT / f"IMG_{number:04}.jpg"

    assert next(animals_of(walk(), ROOT)) == (ROOT / "IMG_0000.jpg", "")
    assert len(taken) == 1


def test_files_named_one_by_one_are_named_by_themselves(tmp_path: Path) -> None:
    for name in ("rex_1.jpg", "rex_2.jpg", "Bella/1.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    roots = [tmp_path / "rex_1.jpg", tmp_path / "rex_2.jpg", tmp_path / "Bella"]
    assert [animal for _, animal in found_in(roots)] == ["rex", "rex", ""]
    assert [animal for _, animal in found_in([tmp_path])] == ["rex", "rex", "Bella"]


def prediction(*probabilities: float, subject: float = 1.0) -> Prediction:
    return Prediction(np.array(probabilities, np.float32), subject)


def test_an_animals_answer_is_the_mean_of_its_photographs() -> None:
    info = tiny_info()
    answer = together([prediction(0.9, 0.1, 0.0), prediction(0.5, 0.4, 0.1)], info)
    assert answer is not None
    assert answer.probabilities == pytest.approx([0.7, 0.25, 0.05])
    assert decide(answer, info).status is Status.UNSURE
    assert together([], info) is None


def test_photographs_without_it_do_not_count_unless_there_are_no_others() -> None:
    info = tiny_info()
    none = prediction(0.0, 0.0, 1.0, subject=0.1)
    answer = together([none, prediction(0.9, 0.1, 0.0, subject=0.8), none], info)
    assert answer is not None and answer.probabilities.argmax() == 0 and answer.subject == 0.8
    nobody = together([none, none], info)
    assert nobody is not None and decide(nobody, info).status is Status.NOT_A_DOG


def test_it_is_never_surer_than_its_surest_photograph() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        of = [prediction(*random.dirichlet((1, 1, 1))) for _ in range(3)]
        answer = together(of, tiny_info())
        assert answer is not None
        assert (answer.probabilities <= np.max([one.probabilities for one in of], axis=0) + 1e-6).all()
        assert answer.probabilities.sum() == pytest.approx(1)


def test_names_that_are_no_unicode_can_be_kept() -> None:
    """Names on Linux are bytes; neither the library nor a table takes what is no letter."""
    root = Path("/photos")
    odd = [
        root / "caf\udce9_1.jpg",
        root / "caf\udce9_2.jpg",
        root / "caf\udce8.jpg",
        root / "M\udce9dor" / "IMG_0001.jpg",
    ]
    odd += [root / "M\udce9dor 2024" / "d\udce8g" / f"m\udce9dor_{number}.jpg" for number in range(MOST_OF_ONE + 2)]
    names = [name for _, name in animals_of(odd, root)]
    assert names[:4] == ["caf\\udce9", "caf\\udce9", "caf\\udce8", "M\\udce9dor"]
    assert set(names[4:]) == {"M\\udce9dor 2024/d\\udce8g/m\\udce9dor"}
    for name in names:
        name.encode()
