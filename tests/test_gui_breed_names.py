"""The table of breed names in the window: filled in, kept in the user's file, and careful with what others wrote."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.breed_names_edit import read_names, save_name
from core.errors import UserError
from core.shelter_breeds import COLUMNS, Match, load_table, table_path
from gui.background import Background
from gui.mapping_dialog import MappingDialog
from tests.made_up_run import dog_info
from tests.plain_window import *  # noqa: F403
from tests.plain_window import Plain

INFO = dog_info(
    (
        ("n02115641-dingo", "Dingo", "Dingo"),
        ("n02088364-beagle", "Beagle", "Beagle"),
        ("n02110958-pug", "Pug", "Carlin"),
        ("own-label", "Yard dog", "Chien de cour"),
    )
)
EN, FR = 1, 2


class Names:
    """The open dialog and hands to use it with."""

    def __init__(self, plain: Plain, label: str = "") -> None:
        self.plain = plain
        self.problems: list[str] = []
        self.saved = 0
        self.background = Background(plain.root, self.problems.append, lambda _text: None)
        top = plain.root
        self.dialog = MappingDialog(top, plain.look, self.background, INFO, self._on_saved, label)
        self.settle()

    def _on_saved(self) -> None:
        self.saved += 1

    def settle(self) -> None:
        self.plain.root.update()
        self.plain.wait(lambda: not self.background.busy, "the work to end")
        self.plain.root.update()

    def texts(self) -> list[list[str]]:
        return [[cell.text for cell in self.dialog.cells(row)] for row in range(len(self.dialog._rows))]

    def fill(self, breed: str, column: int, text: str) -> None:
        table = self.dialog.table
        table._go([row[0] for row in self.texts()].index(breed), column)
        self.plain.press(table.canvas, "<Return>")
        self.plain.wait(lambda: table.is_editing, "the field over the cell")
        table.editor.entry.delete(0, "end")
        table.editor.entry.insert(0, text)
        self.plain.press(table.editor.entry, "<Return>")
        self.settle()


@pytest.fixture
def names(plain: Plain) -> Iterator[Names]:
    made = Names(plain)
    yield made
    if made.dialog.winfo_exists():
        made.dialog.close()
    made.settle()
    made.background.close()


def lines() -> dict[str, dict[str, str]]:
    with table_path().open(encoding="utf-8-sig", newline="") as file:
        return {row["label"]: row for row in csv.DictReader(file)}


def test_every_breed_of_the_model_has_a_row_sorted_by_name(names: Names) -> None:
    assert [row[0] for row in names.texts()] == ["Beagle", "Dingo", "Pug", "Yard dog"]
    assert names.texts()[0][EN] == "Beagle" and names.texts()[2][FR] == "Carlin"
    assert names.texts()[1][5] == "wild animal" and names.texts()[3][5] == "none"
    assert str(table_path()) in str(names.dialog._path.cget("text"))


def test_a_name_is_kept_in_the_users_file_and_used(names: Names) -> None:
    before = names.saved
    names.fill("Beagle", EN, "Harrier")
    assert names.saved == before + 1
    line = lines()["n02088364-beagle"]
    assert (line["asm3_en"], line["asm3_fr"], line["match"]) == ("Harrier", "Beagle", "exact")
    assert load_table().by_label["n02088364-beagle"].asm3_en == "Harrier"
    assert len(lines()) == 120, "all other lines stay"


def test_a_breed_that_the_table_did_not_have_gets_a_line(names: Names) -> None:
    names.fill("Yard dog", FR, "Berger Allemand")
    assert lines()["own-label"]["asm3_fr"] == "Berger Allemand"
    assert load_table().names_of("own-label").match is Match.EXACT


def test_an_emptied_name_means_none(names: Names) -> None:
    names.fill("Pug", EN, "")
    names.fill("Pug", FR, "")
    assert lines()["n02110958-pug"]["match"] == "none"


def test_a_name_that_asm3_does_not_have_is_said_but_kept(names: Names) -> None:
    names.fill("Pug", EN, "Mops")
    assert "“Mops”" in names.dialog.said.text
    assert lines()["n02110958-pug"]["asm3_en"] == "Mops"


@pytest.mark.parametrize(("breed", "text", "word"), [("Dingo", "Dingo", "wild"), ("Pug", 'The "Pug"', "quotes")])
def test_what_must_not_be_written_is_refused(names: Names, breed: str, text: str, word: str) -> None:
    before = table_path().read_bytes()
    names.fill(breed, EN, text)
    assert word in names.dialog.said.text
    assert table_path().read_bytes() == before
    names.plain.press(names.dialog.table.editor.entry, "<Escape>")
    assert names.dialog.winfo_exists()


def test_names_are_offered_while_typing(names: Names) -> None:
    table = names.dialog.table
    table._go(0, EN)
    names.plain.press(table.canvas, "<Return>")
    names.plain.wait(lambda: table.is_editing, "the field")
    table.editor.entry.delete(0, "end")
    table.editor.entry.insert(0, "jack rus")
    names.plain.root.update()
    assert table.editor.list.winfo_viewable()
    names.plain.press(table.editor.entry, "<Down>", "<Return>")
    names.settle()
    assert lines()["n02088364-beagle"]["asm3_en"] == "Jack Russell Terrier"


def test_a_breed_is_found_in_both_languages(names: Names) -> None:
    names.dialog.entry.insert(0, "carl")
    names.settle()
    assert [row[0] for row in names.texts()] == ["Pug"]


def test_it_opens_at_the_breed_that_was_asked_for(plain: Plain) -> None:
    names = Names(plain, "n02110958-pug")
    assert names.dialog.table.row == 2
    names.dialog.close()
    names.background.close()


def test_what_another_program_wrote_is_not_overwritten(names: Names) -> None:
    theirs = table_path().read_text(encoding="utf-8-sig").replace("Carlin", "Mops")
    table_path().write_text(theirs, encoding="utf-8-sig")
    os.utime(table_path(), ns=(1, 1))
    names.fill("Beagle", EN, "Harrier")
    assert "changed by another program" in names.dialog.said.text
    assert lines()["n02088364-beagle"]["asm3_en"] == "Beagle"
    (again,) = names.dialog.said.buttons
    again.invoke()
    names.settle()
    assert names.texts()[2][FR] == "Mops"
    names.fill("Beagle", EN, "Harrier")
    assert lines()["n02088364-beagle"]["asm3_en"] == "Harrier" and lines()["n02110958-pug"]["asm3_fr"] == "Mops"


def test_it_opens_in_the_program_of_the_system(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("gui.mapping_dialog.show_in_file_manager", opened.append)
    names.dialog.open_button.invoke()
    names.settle()
    assert opened == [table_path()]
    assert "Read it again" in names.dialog.said.text


def test_columns_of_the_users_own_stay() -> None:
    read_names()
    text = "label;asm3_en;asm3_fr;note\nn02110958-pug;Pug;Carlin;ask Zoé\n"
    table_path().write_text(text, encoding="utf-8-sig")
    save_name(read_names(), "n02110958-pug", {"asm3_en": "Mops", "match": "exact"})
    line = lines()["n02110958-pug"]
    assert (line["asm3_en"], line["note"], line["match"]) == ("Mops", "ask Zoé", "exact")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_a_table_that_is_none_is_a_sentence(text: str) -> None:
    table_path().write_text(text, encoding="utf-8")
    with pytest.raises(UserError):
        read_names()
    assert COLUMNS[0] == "label"
