"""Names with a newline or with bytes that are no text: one line on the screen, and never in a proposed file name."""

from __future__ import annotations

from pathlib import Path

from core.records import Status
from core.shelter_facts import Facts
from core.train_config import SourceKind
from gui.animal_rows import NAME, text_to_edit, with_text
from gui.answer_texts import file_name_of
from gui.folder_words import name_of
from gui.on_desk import OnDesk
from gui.retrain_source import SourceChoice
from gui.shown_names import printable
from tests.bundle_factory import tiny_bundle, tiny_folder
from tests.shelter_animals import animal, verdict
from tests.window_driver import Window, driver, photos, window

__all__ = ["driver", "photos", "tiny_bundle", "tiny_folder", "window"]

ODD = "Rex\n2\t\x1b"


def test_names_are_one_line_of_signs() -> None:
    assert printable("Épagneul n° 2, été.jpg") == "Épagneul n° 2, été.jpg"
    shown = (
        printable(ODD),
        OnDesk(path=Path("shelter") / ODD).name,
        name_of([Path("shelter") / ODD]),
        SourceChoice(SourceKind.FOLDER, folder=Path("shelter") / ODD).title,
    )
    assert set(shown) == {"Rex·2··"}


def test_no_odd_sign_is_proposed_for_a_file() -> None:
    for text in (ODD, "Rex\u2028 2", "Rex\udce9 2", "Rex\ufffd2", "Rex\x7f2\x85"):
        assert file_name_of(text) == "Rex 2"


def test_an_animal_of_the_check_list_keeps_the_name_that_was_only_shown_otherwise() -> None:
    rex = animal(ODD + "  3", verdict(Status.SURE, "Beagle"))
    shown = text_to_edit(rex, Facts(), NAME)
    assert shown == "Rex·2··  3"
    assert with_text(rex, Facts(), NAME, shown) == Facts()
    assert with_text(rex, Facts(), NAME, "Rexy").name == "Rexy"


def test_a_photograph_with_a_newline_in_its_name(window: Window, photos: dict[str, Path]) -> None:
    odd = photos["red"].with_name("Rex\n2.jpg")
    odd.write_bytes(photos["red"].read_bytes())
    window.open(odd)
    assert window.root.title().startswith("Rex·2.jpg")
    assert window.shell.desk.name_for_picture().startswith("Rex 2 - ")
