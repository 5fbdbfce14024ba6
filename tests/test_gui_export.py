"""The export dialog: real buttons, real files, every question asked before something is lost."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tkinter import ttk
from typing import Any, Protocol

import pytest
from PIL import Image

import core.export_jobs
from core.bundles import Bundle
from core.errors import Cancelled, UserError
from core.export_jobs import Form, Scope
from core.kept_facts import load_facts
from core.library import Library, content_of_file
from core.records import Correction, Kind
from core.reviews import Filter, Order, Review
from core.runs import latest_run
from core.settings import Settings, load_settings
from core.shelter_facts import Facts, Sex
from core.tagging import tag
from core.texts import set_language
from gui.asm3_check import CheckPage
from gui.background import Background
from gui.editable_table import EditableTable
from gui.export_dialog import ExportDialog
from gui.mapping_dialog import MappingDialog
from tests.made_up_run import BEAGLE, BOXER, PUG, MadeUpRun, breed, cross, dog_info
from tests.plain_window import *  # noqa: F403
from tests.plain_window import Plain
from tests.window_driver import BLUE, GREY, RED, colour_photo, texts_of

NAME, CODE, AGE, SEX = 1, 2, 3, 4


class Hands:
    """An open dialog, and hands to use it with."""

    def __init__(self, plain: Plain, review: Review, settings: Settings, out: Path, **given: Any) -> None:
        self.plain, self.settings, self.out = plain, settings, out
        self.problems: list[str] = []
        self.background = Background(plain.root, self.problems.append, lambda _text: None)
        chosen, selected = given.get("chosen", Filter()), given.get("selected", ())
        self.dialog = ExportDialog(plain.root, plain.look, self.background, review, chosen, selected, settings)
        self.settle()

    def settle(self) -> None:
        self.plain.root.update()
        self.plain.wait(lambda: not self.background.busy, "the work to end")
        self.plain.root.update()

    def choose(self, form: Form, **options: str) -> None:
        """This kind of export with these options, through the real widgets, into the folder of the test."""
        page = self.dialog.choose_page
        page.kind_buttons[form].invoke()
        assert page.options is not None
        for name, value in options.items():
            widget = page.options.widgets[name]
            if isinstance(widget, ttk.Combobox):
                option = next(one for one in page.kind.options if one.id == name)
                widget.current([entry for entry, _ in option.entries].index(value))
                widget.event_generate("<<ComboboxSelected>>")
            elif isinstance(widget, ttk.Checkbutton):
                widget.invoke()
            else:
                widget.insert(0, value)
        page.folder_entry.delete(0, "end")
        page.folder_entry.insert(0, str(self.out))
        self.plain.root.update()

    def go(self) -> None:
        """The main button, whatever it says."""
        assert str(self.dialog.main_button.cget("state")) == "normal", self.main
        self.dialog.main_button.invoke()
        self.settle()

    def answer(self, text: str) -> None:
        """One of the buttons beside the sentence."""
        button = next(one for one in self.dialog.said.buttons if one.cget("text") == text)
        button.invoke()
        self.settle()

    @property
    def main(self) -> str:
        return str(self.dialog.main_button.cget("text"))

    @property
    def said(self) -> str:
        return self.dialog.said.text

    @property
    def report(self) -> str:
        assert self.dialog.result_page is not None, self.said
        return self.dialog.result_page.report

    @property
    def check(self) -> CheckPage:
        assert self.dialog.check_page is not None, self.said
        return self.dialog.check_page

    @property
    def table(self) -> EditableTable:
        return self.check.table

    def row_of(self, name: str) -> int:
        """At which row of the check list this animal stands."""
        check = self.check
        return next(n for n, one in enumerate(check._order) if check.rows[one].animal.name == name)

    def cell(self, name: str, column: int) -> str:
        return self.check.cells(self.row_of(name))[column].text

    def fill(self, name: str, column: int, text: str) -> None:
        """Type into a cell with real keys."""
        table = self.table
        table._go(self.row_of(name), column)
        self.plain.press(table.canvas, "<Return>")
        entry = table.editor.entry
        self.plain.wait(lambda: table.editor.is_open, "the field over the cell")
        entry.delete(0, "end")
        entry.insert(0, text)
        self.plain.press(entry, "<Return>")
        self.settle()

    def close(self) -> None:
        if self.background._closed:
            return
        if self.dialog.winfo_exists():
            self.dialog.close()
        self.plain.wait(lambda: not self.background.busy, "the work to end")
        self.background.close()


class Opener(Protocol):
    def __call__(self, review: Review, **given: Any) -> Hands: ...


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "to the shelter"
    folder.mkdir()
    return folder


@pytest.fixture
def opener(plain: Plain, out: Path) -> Iterator[Opener]:
    """Opens dialogs; at the end they are closed."""
    opened: list[Hands] = []

    def open_one(review: Review, **given: Any) -> Hands:
        opened.append(Hands(plain, review, given.pop("settings", None) or Settings(), out, **given))
        return opened[-1]

    yield open_one
    for hands in opened:
        hands.close()
    opened.clear()


@pytest.fixture
def dogs(tmp_path: Path) -> MadeUpRun:
    """Rex (two photographs, sure), Bella (reviewed), Max (unsure), a wall, and a damaged file; none exists on disk."""
    run = MadeUpRun(tmp_path / "library.sqlite")
    run.add("rex_1.jpg", run.sure(BEAGLE), "Rex")
    run.add("rex_2.jpg", run.sure(BEAGLE), "Rex")
    run.add("bella.jpg", run.sure(BOXER), "Bella", cross(BOXER, PUG))
    run.add("max.jpg", run.unsure(PUG, BOXER), "Max")
    run.add("wall.jpg", run.no_dog(), "")
    run.add("bad.jpg", None, "")
    return run


@pytest.fixture
def photos(tmp_path: Path, tiny_bundle: Bundle) -> tuple[Review, Path]:
    """Real photographs, tagged with the tiny model: two red ones of Rosa, a blue one, a grey one."""
    folder = tmp_path / "Élodie’s dogs"
    (folder / "Rosa").mkdir(parents=True)
    colour_photo(folder / "Rosa" / "1.jpg", RED)
    colour_photo(folder / "Rosa" / "2.jpg", (200, 40, 30))
    colour_photo(folder / "blue.jpg", BLUE)
    colour_photo(folder / "grey.jpg", GREY)
    library = Library(tmp_path / "photos.sqlite")
    tag(library.database, tiny_bundle, [folder], lambda _progress: None, lambda: False)
    run = latest_run(library.database)
    assert run is not None
    return Review(library.database, run.id, run.fingerprint, tiny_bundle.info), folder


def rows_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def only(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


# Tables of photographs


def test_a_csv_file_is_written_and_said_so(opener: Opener, dogs: MadeUpRun, out: Path) -> None:
    hands = opener(dogs.review)
    hands.choose(Form.CSV)
    hands.go()
    path = only(out)
    assert path.suffix == ".csv"
    rows = rows_in(path)
    assert [row["status"] for row in rows] == ["sure", "sure", "sure", "unsure", "not_a_dog", "unreadable"]
    assert "6 rows were written" in hands.report and str(path) in hands.report
    assert "Nothing was left out." in hands.report


def test_names_of_breeds_in_french_and_five_of_them(opener: Opener, dogs: MadeUpRun, out: Path) -> None:
    hands = opener(dogs.review)
    hands.choose(Form.JSON, language="fr", top="5")
    hands.go()
    rows = json.loads(only(out).read_text(encoding="utf-8"))
    assert "breed_5" in rows[0]
    assert rows[2]["reviewed_breed"] == "Boxer × Carlin"


def test_excel_has_the_pictures(opener: Opener, photos: tuple[Review, Path], out: Path) -> None:
    import zipfile

    hands = opener(photos[0])
    hands.choose(Form.EXCEL)
    hands.go()
    path = only(out)
    assert path.name == "Élodie’s dogs breeds.xlsx", "called after the folder of the photographs"
    with zipfile.ZipFile(path) as book:
        assert sum(name.startswith("xl/media/") for name in book.namelist()) == 4


@pytest.mark.parametrize(
    ("scope", "reviewed", "names"),
    [
        (Scope.LISTED, False, ["rex_1.jpg", "rex_2.jpg"]),
        (Scope.SELECTED, False, ["rex_2.jpg", "bella.jpg"]),
        (Scope.SELECTED, True, ["bella.jpg"]),
        (Scope.ALL, True, ["bella.jpg"]),
    ],
)
def test_only_the_rows_that_are_wanted(
    opener: Opener, dogs: MadeUpRun, out: Path, scope: Scope, reviewed: bool, names: list[str]
) -> None:
    hands = opener(dogs.review, chosen=Filter(animal="Rex"), selected=[3, 2])
    hands.choose(Form.CSV)
    hands.dialog.choose_page.scope_buttons[scope].invoke()
    if reviewed:
        hands.dialog.choose_page.reviewed_box.invoke()
    assert f"({len(names)})" in str(hands.dialog.choose_page.scope_buttons[scope].cget("text"))
    hands.go()
    assert [Path(row["path"]).name for row in rows_in(only(out))] == names


def test_the_filter_is_chosen_at_first_the_selection_only_when_asked(opener: Opener, dogs: MadeUpRun) -> None:
    filtered = opener(dogs.review, chosen=Filter(animal="Rex"), selected=[3])
    assert filtered.dialog.choose_page.scope is Scope.LISTED
    everything = opener(dogs.review, selected=[3])
    assert everything.dialog.choose_page.scope is Scope.ALL
    assert Scope.LISTED not in everything.dialog.choose_page.scope_buttons


def test_no_photograph_is_said_before_anything_is_written(opener: Opener, dogs: MadeUpRun, out: Path) -> None:
    hands = opener(dogs.review, chosen=Filter(animal="nobody"))
    hands.choose(Form.CSV)
    hands.go()
    assert "no photograph" in hands.said
    assert list(out.iterdir()) == []


def test_a_file_is_replaced_only_after_a_question(opener: Opener, dogs: MadeUpRun, out: Path) -> None:
    hands = opener(dogs.review)
    hands.choose(Form.CSV)
    there = out / "breeds.csv"
    there.write_text("mine", encoding="utf-8")
    hands.go()
    assert "already" in hands.said and hands.said.endswith("?")
    assert there.read_text(encoding="utf-8") == "mine"
    hands.answer("Choose another name")
    entry = hands.dialog.choose_page.name_entry
    assert hands.dialog.focus_get() is entry or hands.dialog.focus_lastfor() is entry
    entry.delete(0, "end")
    entry.insert(0, "other.csv")
    hands.go()
    assert (out / "other.csv").is_file() and there.read_text(encoding="utf-8") == "mine"
    hands.go()
    entry.delete(0, "end")
    entry.insert(0, "breeds")
    hands.go()
    hands.answer("Replace it")
    assert len(rows_in(there)) == 6


def test_a_place_that_cannot_be_written_to_is_a_sentence(opener: Opener, dogs: MadeUpRun, out: Path) -> None:
    hands = opener(dogs.review)
    hands.choose(Form.CSV)
    hands.dialog.choose_page.folder_entry.insert("end", "/gone")
    hands.go()
    assert "its folder is not there" in hands.said
    assert hands.main == "Write" and hands.problems == []


@pytest.mark.parametrize("name", ["", "  "])
def test_a_missing_name_is_asked_for(opener: Opener, dogs: MadeUpRun, name: str) -> None:
    hands = opener(dogs.review)
    hands.choose(Form.CSV)
    hands.dialog.choose_page.name_entry.delete(0, "end")
    hands.dialog.choose_page.name_entry.insert(0, name)
    hands.go()
    assert hands.said == "Write a name first."


def test_stop_writes_nothing(opener: Opener, dogs: MadeUpRun, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hands = opener(dogs.review)
    hands.choose(Form.CSV)
    begun, real = threading.Event(), core.export_jobs.photographs_of

    def slow(*given: Any) -> Iterator[Any]:
        for one in real(*given):
            yield one
            begun.set()
            stopped.wait(20)

    stopped = threading.Event()
    monkeypatch.setattr(core.export_jobs, "photographs_of", slow)
    hands.dialog.main_button.invoke()
    hands.plain.wait(begun.is_set, "the first row")
    assert hands.main == "Stop"
    hands.dialog.main_button.invoke()
    stopped.set()
    hands.settle()
    assert hands.said == "Stopped. Nothing was written."
    assert hands.main == "Write" and list(out.iterdir()) == []


def test_escape_stops_what_is_written_before_it_closes(
    opener: Opener, dogs: MadeUpRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = opener(dogs.review)
    hands.choose(Form.CSV)
    begun, closed = threading.Event(), threading.Event()

    def slow(_export: Any, _review: Any, _steps: Any, should_stop: Callable[[], bool]) -> None:
        begun.set()
        closed.wait(20)
        assert should_stop()
        raise Cancelled

    monkeypatch.setattr("gui.export_dialog.write", slow)
    hands.dialog.main_button.invoke()
    hands.plain.wait(begun.is_set, "the work")
    assert str(hands.dialog.close_button.cget("state")) == "disabled"
    hands.plain.press(hands.dialog, "<Escape>")
    closed.set()
    hands.settle()
    assert hands.said == "Stopped. Nothing was written."
    hands.plain.press(hands.dialog, "<Escape>")
    assert not hands.dialog.winfo_exists()


def test_a_window_that_is_closed_stops_what_is_written(
    opener: Opener, dogs: MadeUpRun, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = opener(dogs.review)
    hands.choose(Form.CSV)
    begun, real = threading.Event(), core.export_jobs.photographs_of

    def endless(*given: Any) -> Iterator[Any]:
        while True:
            begun.set()
            yield from real(*given)

    monkeypatch.setattr(core.export_jobs, "photographs_of", endless)
    hands.dialog.main_button.invoke()
    hands.plain.wait(begun.is_set, "the work")
    hands.background.close()  # as the window does
    assert list(out.iterdir()) == []


def test_an_error_that_nobody_expected_is_said_briefly(
    opener: Opener, dogs: MadeUpRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any) -> None:
        raise RuntimeError("boom")

    hands = opener(dogs.review)
    hands.choose(Form.CSV)
    monkeypatch.setattr("gui.export_dialog.write", broken)
    hands.go()
    assert "log" in hands.said and "boom" not in hands.said


def test_choices_are_there_again_but_not_the_dangerous_one(opener: Opener, dogs: MadeUpRun, out: Path) -> None:
    settings = Settings()
    hands = opener(dogs.review, settings=settings)
    hands.choose(Form.KEYWORDS, unsure_too="yes", originals="yes")
    hands.choose(Form.CSV, top="5")
    hands.go()
    hands.close()
    kept = load_settings()
    assert (kept.export_form, kept.export_folder) == ("csv", out)
    again = opener(dogs.review, settings=kept)
    page = again.dialog.choose_page
    assert page.kind.form is Form.CSV and page.options is not None
    assert page.options.values["top"] == "5"
    assert page.folder_entry.get() == str(out)
    page.kind_buttons[Form.KEYWORDS].invoke()
    assert page.options.values["unsure_too"] == "yes"
    assert page.options.values["originals"] == ""


def test_the_report_is_copied_and_the_folder_opened(
    opener: Opener, dogs: MadeUpRun, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("gui.export_dialog.show_in_file_manager", opened.append)
    hands = opener(dogs.review)
    hands.choose(Form.CSV)
    hands.go()
    assert hands.dialog.result_page is not None
    hands.dialog.result_page.copy_button.invoke()
    assert hands.dialog.clipboard_get() == hands.report
    hands.dialog.result_page.open_button.invoke()
    hands.settle()
    assert opened == [out]


# Files


def test_copies_are_sorted_and_the_photographs_stay(
    opener: Opener, photos: tuple[Review, Path], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("gui.export_dialog.show_in_file_manager", opened.append)
    review, folder = photos
    before = sorted(folder.rglob("*"))
    hands = opener(review)
    hands.choose(Form.COPIES, language="en")
    hands.go()
    made = only(out)
    assert sorted(path.name for path in made.iterdir()) == ["No dog", "blue", "red"]
    assert sorted(folder.rglob("*")) == before
    assert hands.dialog.result_page is not None
    hands.dialog.result_page.open_button.invoke()
    hands.settle()
    assert opened == [made], "the new folder itself"
    hands.go()
    hands.go()
    assert "Choose another name" in hands.said and hands.dialog.said.buttons == [], "a folder is never replaced"


def test_keywords_go_beside_the_photographs(opener: Opener, photos: tuple[Review, Path]) -> None:
    review, folder = photos
    hands = opener(review)
    hands.choose(Form.KEYWORDS, language="en")
    assert not hands.dialog.choose_page.folder_entry.winfo_viewable(), "there is no place to choose"
    hands.go()
    made = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.xmp"))
    assert made == ["Rosa/1.jpg.xmp", "Rosa/2.jpg.xmp", "blue.jpg.xmp"]
    assert "3 photographs were written" in hands.report and "grey.jpg" in hands.report


def test_where_nothing_is_written_there_is_no_folder_to_open(opener: Opener, photos: tuple[Review, Path]) -> None:
    hands = opener(photos[0], chosen=Filter(words="grey"))
    hands.choose(Form.KEYWORDS)
    hands.go()
    assert hands.report.startswith("No photograph was written") and "grey.jpg" in hands.report
    assert hands.dialog.result_page is not None
    assert hands.dialog.result_page.open_button.instate(["disabled"])


def test_originals_change_only_after_a_switch_and_a_question(opener: Opener, photos: tuple[Review, Path]) -> None:
    review, folder = photos
    before = {path: path.read_bytes() for path in folder.rglob("*.jpg")}
    row = review.rows(review.numbers(order=Order.NAME))[0]
    library = Library(review.database.path)
    library.correct(row.tagged.content, row.tagged.path, Correction(Kind.BREED, "colour-blue", "blue", "ada"))
    hands = opener(review)
    hands.choose(Form.KEYWORDS, language="en", originals="yes")
    hands.go()
    assert "will be changed: 4" in hands.said
    hands.answer("No")
    assert {path: path.read_bytes() for path in before} == before
    hands.go()
    hands.answer("Yes, change them")
    changed = [path for path, data in before.items() if path.read_bytes() != data]
    assert len(changed) == 3
    for path in changed:
        with Image.open(path) as image:
            assert b"blue" in image.info["xmp"] or b"red" in image.info["xmp"]
    found = review.row(row.number)
    assert found is not None and found.tagged.reviewed is not None, "what was said stays with the changed file"
    assert library.correction(content_of_file(row.tagged.path)) is not None
    library.close()


# Animals


def checked(opener: Opener, review: Review, form: Form = Form.ASM3, **options: str) -> Hands:
    hands = opener(review)
    hands.choose(form, **options)
    hands.go()
    return hands


def test_the_check_list_says_what_stands_in_the_way(opener: Opener, dogs: MadeUpRun) -> None:
    hands = checked(opener, dogs.review)
    names = [hands.check.rows[number].animal.name for number in hands.check._order]
    assert names == ["Rex", "Bella", "Max", "wall", "bad"], "what can be mended comes first"
    assert hands.main == "Write 0 of 5 animals"
    assert str(hands.dialog.main_button.cget("state")) == "disabled"
    assert hands.cell("Rex", AGE) == "missing"
    assert (hands.cell("Rex", 5), hands.cell("Rex", 6)) == ("Beagle", "Beagle")
    assert (hands.cell("Bella", 5), hands.cell("Bella", 6)) == ("Boxer", "Pug")
    assert (hands.cell("Max", 5), hands.cell("Max", 6)) == ("Mixed Breed", "Mixed Breed")
    assert "age" in hands.check.detail.text.get("1.0", "end")
    texts = [text for widget in _widgets(hands.check) for text in texts_of(widget)]
    assert any("4.9" in text for text in texts), "looks are not descent"


def test_what_is_filled_in_is_written(opener: Opener, dogs: MadeUpRun, out: Path) -> None:
    hands = checked(opener, dogs.review)
    hands.fill("Rex", AGE, "2023-05-06")
    assert hands.main == "Write 1 of 5 animals"
    hands.fill("Rex", CODE, "D7")
    hands.fill("Rex", SEX, "m")
    hands.fill("Bella", AGE, "2.5")
    hands.fill("Bella", NAME, "Bella Luna")
    hands.check.age_entry.insert(0, "4")
    hands.plain.press(hands.check.age_entry, "<Return>")
    hands.settle()
    assert hands.cell("Max", AGE) == "(4 years)"
    assert hands.main == "Write 3 of 5 animals"
    hands.go()
    rows = {row["ANIMALNAME"]: row for row in rows_in(only(out))}
    assert set(rows) == {"Rex", "Bella Luna", "Max"}
    assert (rows["Rex"]["ANIMALCODE"], rows["Rex"]["ANIMALSEX"]) == ("D7", "M")
    assert rows["Bella Luna"]["ANIMALAGE"] == "2.5" and rows["Max"]["ANIMALAGE"] == "4"
    assert "3 rows were written" in hands.report
    assert "wall" in hands.report and "bad" in hands.report, "what was left out is named"


def test_what_was_typed_is_there_again(opener: Opener, dogs: MadeUpRun) -> None:
    hands = checked(opener, dogs.review)
    hands.fill("Rex", AGE, "3")
    hands.fill("Rex", SEX, "F")
    hands.close()
    assert load_facts(1) == {"Rex": Facts(age=3.0, sex=Sex.FEMALE)}
    again = checked(opener, dogs.review)
    assert (again.cell("Rex", AGE), again.cell("Rex", SEX)) == ("3 years", "female")
    again.fill("Rex", AGE, "")
    again.fill("Rex", SEX, "")
    again.close()
    assert load_facts(1) == {}


@pytest.mark.parametrize(
    ("column", "text", "word"), [(AGE, "old", "not an age"), (AGE, "05/06/2023", "which is the day"), (SEX, "x", "sex")]
)
def test_what_cannot_be_is_said_and_stays_in_its_cell(
    opener: Opener, dogs: MadeUpRun, column: int, text: str, word: str
) -> None:
    hands = checked(opener, dogs.review)
    hands.fill("Rex", column, text)
    assert word in hands.said
    assert hands.table.is_editing and hands.table.editor.entry.get() == text
    hands.dialog.back_button.invoke()
    assert hands.dialog.check_page is not None, "what is wrong is not thrown away by leaving"
    hands.plain.press(hands.table.editor.entry, "<Escape>")
    assert not hands.table.is_editing and hands.said == "" and hands.dialog.winfo_exists()


def test_keys_move_and_fill_as_in_a_spreadsheet(opener: Opener, dogs: MadeUpRun) -> None:
    hands = checked(opener, dogs.review)
    table, canvas = hands.table, hands.table.canvas
    hands.plain.press(canvas, "<Right>", "<Right>", "<Key-2>")
    hands.plain.wait(lambda: table.editor.is_open, "typing begins")
    assert table.editor.entry.get() == "2"
    hands.plain.press(table.editor.entry, "<Tab>")
    hands.settle()
    assert hands.cell("Rex", AGE) == "2 years"
    assert table.is_editing and (table.row, table.column) == (0, SEX)
    hands.plain.press(table.editor.entry, "<Tab>")
    assert (table.row, table.column) == (1, NAME), "after the last field comes the next row"
    hands.plain.press(table.editor.entry, "<Escape>")
    hands.plain.press(canvas, "<Up>", "<Right>", "<Right>", "<Delete>")
    hands.settle()
    assert hands.cell("Rex", AGE) == "missing"


def test_cells_copied_from_a_spreadsheet_are_pasted(opener: Opener, dogs: MadeUpRun) -> None:
    hands = checked(opener, dogs.review)
    hands.plain.root.clipboard_clear()
    hands.plain.root.clipboard_append("D1\t2\tF\nD2\t2020-02-03\tM\nD3\tnonsense\tM\n")
    hands.plain.press(hands.table.canvas, "<Right>")
    hands.table.canvas.event_generate("<<Paste>>")
    hands.settle()
    assert [hands.cell("Rex", n) for n in (CODE, AGE, SEX)] == ["D1", "2 years", "female"]
    assert [hands.cell("Bella", n) for n in (CODE, AGE, SEX)] == ["D2", "2020-02-03", "male"]
    assert "nonsense" in hands.said and hands.table.row == hands.row_of("Max")


def test_a_table_of_the_shelters_own_is_joined(opener: Opener, dogs: MadeUpRun, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("Nom;Référence;Âge;Sexe\nREX;D1;2;M\nbella;D2;très vieux;F\nZoé;D3;1;F\n", encoding="cp1252")
    hands = checked(opener, dogs.review)
    hands.fill("Rex", CODE, "X")
    hands.check.join(own)
    hands.settle()
    assert [hands.cell("Rex", n) for n in (CODE, AGE, SEX)] == ["X", "2 years", "male"], "what was typed stays"
    assert hands.cell("Bella", CODE) == "D2"
    assert "2 of 5 animals are in own.csv" in hands.said and "Référence" in hands.said
    hands.answer("What is wrong in it (1)")
    (top,) = [one for one in hands.dialog.winfo_children() if one.winfo_class() == "Toplevel"]
    texts = [one.get("1.0", "end") for one in _widgets(top) if one.winfo_class() == "Text"]
    assert any("très vieux" in text for text in texts)
    top.destroy()


def test_a_table_that_cannot_be_read_is_a_sentence(opener: Opener, dogs: MadeUpRun, tmp_path: Path) -> None:
    hands = checked(opener, dogs.review)
    hands.check.join(tmp_path / "none.csv")
    hands.settle()
    assert "none.csv cannot be read" in hands.said


def test_only_problems_are_listed_when_asked(opener: Opener, dogs: MadeUpRun) -> None:
    hands = checked(opener, dogs.review)
    hands.fill("Rex", AGE, "2")
    box = hands.check.shown_box
    assert box.cget("values")[0] == "All animals (5)"
    box.current(1)
    box.event_generate("<<ComboboxSelected>>")
    hands.settle()
    assert [hands.check.rows[n].animal.name for n in hands.check._order] == ["Bella", "Max", "wall", "bad"]
    box.current(2)
    box.event_generate("<<ComboboxSelected>>")
    hands.settle()
    assert hands.main == "Write 1 of 5 animals", "what is not listed is written all the same"


def test_options_change_what_is_written(opener: Opener, dogs: MadeUpRun, out: Path) -> None:
    hands = checked(opener, dogs.review, database="fr", unsure="leave_out")
    hands.check.age_entry.insert(0, "1")
    hands.plain.press(hands.check.age_entry, "<Return>")
    hands.settle()
    assert hands.main == "Write 2 of 5 animals"
    hands.dialog.back_button.invoke()
    hands.choose(Form.ASM3, unsure="first")
    hands.go()
    assert hands.main == "Write 3 of 5 animals", "the age for all is kept"
    hands.go()
    rows = {row["ANIMALNAME"]: row for row in rows_in(only(out))}
    assert (rows["Max"]["ANIMALBREED1"], rows["Max"]["ANIMALBREED2"]) == ("Carlin", "Race croisée")
    assert rows["Rex"]["ANIMALSPECIES"] == "Chien"


def test_an_age_that_is_none_is_said(opener: Opener, dogs: MadeUpRun) -> None:
    hands = checked(opener, dogs.review)
    hands.check.age_entry.insert(0, "old")
    hands.plain.press(hands.check.age_entry, "<Return>")
    assert "not an age" in hands.said
    hands.dialog.back_button.invoke()
    assert hands.dialog.check_page is not None


def test_petfinder_wants_code_sex_and_age(opener: Opener, dogs: MadeUpRun, out: Path) -> None:
    hands = checked(opener, dogs.review, Form.PETFINDER, size="M")
    assert [hands.cell("Rex", n) for n in (CODE, AGE, SEX)] == ["missing"] * 3
    hands.fill("Rex", CODE, "D1")
    hands.fill("Rex", SEX, "f")
    assert hands.main == "Write 0 of 5 animals"
    hands.fill("Rex", AGE, "1")
    assert hands.main == "Write 1 of 5 animals"
    hands.go()
    (row,) = rows_in(only(out))
    assert (row["ID"], row["PrimaryBreed"], row["Age"], row["Size"]) == ("D1", "Beagle", "Young", "M")


def test_only_rows_in_sight_are_drawn(opener: Opener, tmp_path: Path) -> None:
    run = MadeUpRun(tmp_path / "many.sqlite")
    run.add_many([(f"dog{n}.jpg", run.sure(n % 6), f"Dog {n:04d}", 0) for n in range(3000)])
    hands = checked(opener, run.review)
    assert hands.main == "Write 0 of 3,000 animals"
    assert len(hands.table.canvas.find_all()) < 1000
    hands.plain.press(hands.table.canvas, "<End>")
    assert hands.table.row == 2999
    drawn = [hands.table.canvas.itemcget(n, "text") for n in hands.table.canvas.find_all() if _is_text(hands, n)]
    assert "Dog 2999" in drawn and "Dog 0000" not in drawn
    hands.fill("Dog 2999", AGE, "2")
    assert hands.main == "Write 1 of 3,000 animals"


def test_words_of_disagreeing_volunteers_are_no_breed(opener: Opener, tmp_path: Path) -> None:
    run = MadeUpRun(tmp_path / "disputed.sqlite")
    run.add("rex_1.jpg", run.sure(BEAGLE), "Rex", breed(BEAGLE))
    run.add("rex_2.jpg", run.sure(BEAGLE), "Rex", breed(BOXER))
    hands = checked(opener, run.review)
    assert hands.cell("Rex", 5) == "Mixed Breed" and hands.cell("Rex", 7) == "disagreed"


def test_a_second_dialog_takes_the_place_of_the_first(opener: Opener, dogs: MadeUpRun) -> None:
    first = checked(opener, dogs.review)
    first.fill("Rex", AGE, "3")
    second = checked(opener, dogs.review)
    assert not first.dialog.winfo_exists()
    assert second.cell("Rex", AGE) == "3 years"


def test_a_breed_without_a_name_there_can_be_named(opener: Opener, tmp_path: Path) -> None:
    labels = (("beagle", "Beagle", "Beagle"), ("yard", "Yard dog", "Chien de cour"), ("pug", "Pug", "Carlin"))
    run = MadeUpRun(tmp_path / "yard.sqlite", dog_info(labels))
    run.add("rex.jpg", run.sure(1), "Rex")
    run.add("fly.jpg", run.sure(2), "Fly")
    hands = checked(opener, run.review)
    hands.table._go(hands.row_of("Fly"), NAME)
    hands.settle()
    assert not hands.check.detail.button.winfo_viewable(), "ASM3 knows the pug"
    hands.table._go(hands.row_of("Rex"), NAME)
    hands.settle()
    assert hands.cell("Rex", 5) == "Mixed Breed"
    hands.check.detail.button.invoke()
    hands.settle()
    (names,) = [one for one in hands.dialog.winfo_children() if isinstance(one, MappingDialog)]
    assert names.cells(names.table.row)[0].text == "Yard dog"
    names.table._go(names.table.row, 1)
    hands.plain.press(names.table.canvas, "<Return>")
    hands.plain.wait(lambda: names.table.is_editing, "the field")
    names.table.editor.entry.insert(0, "Harrier")
    hands.plain.press(names.table.editor.entry, "<Return>")
    hands.settle()
    names.close()
    hands.settle()
    assert (hands.cell("Rex", 5), hands.cell("Rex", 6)) == ("Harrier", "Harrier")


def test_no_animal_at_all(opener: Opener, dogs: MadeUpRun) -> None:
    hands = opener(dogs.review)
    hands.choose(Form.ASM3)
    with dogs.database.writing() as connection:
        connection.execute("DELETE FROM run_files")
    hands.go()
    assert hands.main == "Write 0 of 0 animals"


def test_a_library_that_fails_is_a_sentence(opener: Opener, dogs: MadeUpRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: object) -> Sequence[object]:
        raise UserError("The library is in use.")

    hands = opener(dogs.review)
    hands.choose(Form.ASM3)
    monkeypatch.setattr("gui.asm3_check.animals_of", refuse)
    hands.go()
    assert hands.said == "The library is in use."


def _is_text(hands: Hands, item: int) -> bool:
    return str(hands.table.canvas.type(item)) == "text"


def _widgets(of: Any) -> Iterator[Any]:
    for child in of.winfo_children():
        yield child
        yield from _widgets(child)


@pytest.mark.parametrize("dpi", [96.0, 130.0])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_is_cut_off(opener: Opener, dogs: MadeUpRun, plain: Plain, dpi: float, language: str) -> None:
    set_language("fr" if language == "fr" else "en")
    plain.root.tk.call("tk", "scaling", dpi / 72)
    plain.look.use("light")
    hands = opener(dogs.review, chosen=Filter(animal="Rex"), selected=[1, 2])
    found: list[str] = []
    for form in Form:
        hands.dialog.choose_page.kind_buttons[form].invoke()
        hands.settle()
        found += [f"{form}: {text}" for text in _cut_off(hands.dialog)]
    for form in (Form.ASM3, Form.PETFINDER):
        hands.choose(form)
        hands.go()
        hands.dialog.said.say("A sentence that is long enough to need a second line. " * 5, [("Yes", hands.go)])
        hands.settle()
        found += [f"check of {form}: {text}" for text in _cut_off(hands.dialog)]
        hands.dialog.back_button.invoke()
        hands.settle()
    hands.choose(Form.CSV)
    hands.go()
    found += [f"report: {text}" for text in _cut_off(hands.dialog)]
    assert found == []
    assert hands.dialog.winfo_width() <= plain.root.winfo_screenwidth() - 20
    assert hands.dialog.winfo_height() <= plain.root.winfo_screenheight() - 60


def _cut_off(dialog: ExportDialog) -> Iterator[str]:
    """Texts that do not fit where they are; pages that scroll may be higher than their room."""
    for widget in _widgets(dialog):
        if isinstance(widget, ttk.Button | ttk.Label | ttk.Checkbutton | ttk.Radiobutton) and widget.winfo_viewable():
            text = str(widget.cget("text"))
            if text and widget.winfo_width() < widget.winfo_reqwidth() - 1:
                yield f"{text!r}: {widget.winfo_width()} px wide, needs {widget.winfo_reqwidth()}"
            right = widget.winfo_rootx() + widget.winfo_width() - dialog.winfo_rootx()
            bottom = widget.winfo_rooty() + widget.winfo_height() - dialog.winfo_rooty()
            is_scrolled = "scrollframe." in str(widget)
            if right > dialog.winfo_width() or (bottom > dialog.winfo_height() and not is_scrolled):
                yield f"{text!r} ends at {right}, {bottom}"
