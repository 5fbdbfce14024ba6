"""The check list before animals are written for a shelter's software: what is missing is filled in here, as in a
spreadsheet, and every change says at once what it would write.
"""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from tkinter import filedialog, ttk
from typing import TYPE_CHECKING

from core.errors import UserError
from core.export_jobs import Form, Wanted, animals_of
from core.kept_facts import load_facts, save_facts
from core.records import Animal
from core.reviews import Review
from core.shelter_facts import Facts, FactsTable, joined, parse_age, read_facts
from core.texts import language, tr
from gui.animal_detail import AnimalDetail
from gui.animal_rows import AnimalRow, animal_rows, cells_of, text_to_edit, with_text
from gui.background import Background
from gui.editable_table import Cell, Column, EditableTable
from gui.export_choose import grouped
from gui.export_kinds import looks_only
from gui.mapping_dialog import MappingDialog
from gui.sentence_bar import SentenceBar
from gui.sentences_dialog import SentencesDialog
from gui.shown_names import printable
from gui.theme import Look

if TYPE_CHECKING:
    from core.jobs import Job

_LANE, _READ, _CHECK, _KEEP = "export-check", "export-animals", "export-check", "export-facts"


class Shown(Enum):
    """Which animals are listed."""

    ALL = "all"
    TO_LOOK_AT = "to_look_at"
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class _Read:
    animals: tuple[Animal, ...]
    facts: dict[str, Facts]
    rows: tuple[AnimalRow, ...]


class CheckPage(ttk.Frame):
    """`facts` is what was filled in, by the animals' names; `default_age` stands for ages that nobody knows."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        background: Background,
        review: Review,
        form: Form,
        values: Mapping[str, str],
        wanted: Wanted,
        default_age: float | None,
        said: SentenceBar,
        on_change: Callable[[], object],
    ) -> None:
        super().__init__(parent)
        self._look, self._background, self._review = look, background, review
        self._form, self._values, self._wanted = form, dict(values), wanted
        self._said, self._on_change = said, on_change
        self.facts: dict[str, Facts] = {}
        self.default_age = default_age
        self.rows: Sequence[AnimalRow] = ()
        self._animals: Sequence[Animal] = ()
        self._order: list[int] = []
        self._shown = Shown.ALL
        self._is_read = False
        self._age = tkinter.StringVar(self, "" if default_age is None else text_of_age(default_age))
        self._build()
        self._read()

    def main_text(self) -> tuple[str, bool]:
        """What the main button says, and whether there is anything to write."""
        if not self._is_read:
            return tr("Write"), False
        count = sum(not row.blocking for row in self.rows)
        said = tr("Write {count} of {of} animals").format(count=grouped(count), of=grouped(len(self.rows)))
        return said, count > 0

    def leave(self) -> bool:
        """Take what is being typed; false when it cannot be taken."""
        return self.table.commit() and self._take_age()

    def destroy(self) -> None:
        self._background.drop(_READ, _CHECK)
        for name, value in list(vars(self).items()):
            if isinstance(value, tkinter.Variable):
                delattr(self, name)
        super().destroy()

    # Layout

    def _build(self) -> None:
        px = self._look.px
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self._build_tools()
        self.table = EditableTable(self, self._look, self._columns(), self)
        self.table.grid(row=1, column=0, sticky="nsew")
        self.detail = AnimalDetail(self, self._look, self._background, self._review, self._name_breed)
        self.detail.grid(row=2, column=0, sticky="ew", pady=(px(8), 0))
        self._fact = ttk.Label(self, text=looks_only(), style="Faint.TLabel", justify="left")
        self._fact.grid(row=3, column=0, sticky="ew", pady=(px(6), 0))
        self.bind("<Configure>", lambda _event: self._fact.configure(wraplength=max(200, self.winfo_width() - 8)))

    def _build_tools(self) -> None:
        px = self._look.px
        tools = ttk.Frame(self)
        tools.grid(row=0, column=0, sticky="ew", pady=(0, px(8)))
        self.shown_box = ttk.Combobox(tools, state="readonly", width=24)
        self.shown_box.pack(side="left")
        self.shown_box.bind("<<ComboboxSelected>>", lambda _event: self._on_shown())
        ttk.Label(tools, text=tr("Age if unknown")).pack(side="left", padx=(px(16), px(6)))
        self.age_entry = ttk.Entry(tools, textvariable=self._age, width=9)
        self.age_entry.pack(side="left")
        ttk.Label(tools, text=tr("years")).pack(side="left", padx=(px(6), 0))
        for event in ("<Return>", "<KP_Enter>", "<FocusOut>"):
            self.age_entry.bind(event, lambda _event: self._take_age())
        self.names_button = ttk.Button(tools, text=tr("Breed names…"), command=self._name_breed)
        self.names_button.pack(side="right", padx=(px(8), 0))
        self.join_button = ttk.Button(tools, text=tr("Join your table…"), command=self.ask_for_table)
        self.join_button.pack(side="right")

    def _columns(self) -> tuple[Column, ...]:
        is_asm3 = self._form is Form.ASM3
        return (
            Column("", 34),
            Column(tr("Name"), 150, 2, is_editable=True),
            Column(tr("Code"), 96, 1, is_editable=True),
            Column(tr("Born or age"), 112, is_editable=True),
            Column(tr("Sex"), 88, is_editable=True, suggestions=(tr("female"), tr("male"))),
            Column(tr("Breed in ASM3") if is_asm3 else tr("Breed on the site"), 140, 2),
            Column(tr("Second breed"), 124, 1),
            Column(tr("Answer"), 106),
            Column(tr("To know"), 220, 4),
        )

    # What the table asks

    def cells(self, row: int) -> Sequence[Cell]:
        one = self.rows[self._order[row]]
        return cells_of(one, self._facts(one.animal), self._form, self.default_age)

    def text_to_edit(self, row: int, column: int) -> str:
        animal = self.rows[self._order[row]].animal
        return text_to_edit(animal, self._facts(animal), column)

    def changed(self, row: int, column: int, text: str) -> str:
        animal = self.rows[self._order[row]].animal
        try:
            facts = with_text(animal, self._facts(animal), column, text)
        except UserError as error:
            self._said.say(str(error))
            return str(error)
        self._said.hide()
        if facts != self._facts(animal):
            self.facts[animal.name] = facts
            self._keep()
            self._check()
        return ""

    def moved_to(self, row: int) -> None:
        self._said.hide()
        self._show_detail(row)

    # Reading and checking

    def _read(self) -> None:
        """What was filled in before, in the lane in which it is kept: what was typed last may still be on its way."""
        run = self._review.run
        self._background.start("files", lambda _job: load_facts(run), self._read_animals, self._failed, topic=_READ)

    def _read_animals(self, facts: dict[str, Facts]) -> None:
        review, wanted, form, values, age = self._review, self._wanted, self._form, self._values, self.default_age

        def work(job: Job) -> _Read:
            animals: list[Animal] = []
            for animal in animals_of(review, wanted):
                job.stop_if_cancelled()
                animals.append(animal)
            return _Read(tuple(animals), facts, tuple(animal_rows(form, animals, review.info, facts, values, age)))

        self._background.start(
            _LANE, work, self._on_read, self._failed, topic=_READ, says=tr("Looking the animals through…")
        )

    def _on_read(self, read: _Read) -> None:
        if not self.winfo_exists():
            return
        self._animals, self.facts, self.rows = read.animals, read.facts, read.rows
        self._is_read = True
        self._list()
        self.table.canvas.focus_set()
        first = next((n for n, one in enumerate(self._order) if self.rows[one].blocking), 0)
        self.table.show(len(self._order), first)
        self._on_change()

    def _check(self) -> None:
        """Look at the animals again with what is filled in now; the rows stay where they are."""
        animals, form, values, age = self._animals, self._form, self._values, self.default_age
        facts, info = dict(self.facts), self._review.info
        self._background.start(
            _LANE,
            lambda _job: animal_rows(form, animals, info, facts, values, age),
            self._on_checked,
            self._failed,
            topic=_CHECK,
        )

    def _on_checked(self, rows: Sequence[AnimalRow]) -> None:
        if not self.winfo_exists():
            return
        self.rows = rows
        self._show_counts()
        self.table.refresh()
        self._show_detail(self.table.row)
        self._on_change()

    def _failed(self, error: Exception) -> None:
        if not self.winfo_exists():
            return
        if isinstance(error, UserError):
            self._said.say(str(error))
        else:
            self._background.report(error)

    # Which animals are listed

    def _list(self) -> None:
        """Problems first; what is filled in later does not move the rows."""
        wanted = {Shown.ALL: (0, 1, 2, 3), Shown.TO_LOOK_AT: (0, 1, 2), Shown.LEFT_OUT: (0, 1)}[self._shown]
        ranked = [number for number in range(len(self.rows)) if self.rows[number].rank in wanted]
        self._order = sorted(ranked, key=lambda number: self.rows[number].rank)
        self._show_counts()

    def _show_counts(self) -> None:
        blocked = sum(bool(row.blocking) for row in self.rows)
        noted = sum(bool(row.blocking or row.notes) for row in self.rows)
        texts = [
            tr("All animals ({count})").format(count=grouped(len(self.rows))),
            tr("To look at ({count})").format(count=grouped(noted)),
            tr("Left out ({count})").format(count=grouped(blocked)),
        ]
        self.shown_box.configure(values=texts, width=max(len(text) for text in texts) + 1)
        self.shown_box.set(texts[list(Shown).index(self._shown)])

    def _on_shown(self) -> None:
        self.shown_box.selection_clear()
        self._shown = list(Shown)[self.shown_box.current()]
        if self.table.commit():
            self._list()
            self.table.show(len(self._order), 0)

    def _show_detail(self, row: int) -> None:
        if 0 <= row < len(self._order):
            self.detail.show(self.rows[self._order[row]], self._values.get("database", "en"))
        else:
            self.detail.show(None, "en")

    # Filling in

    def ask_for_table(self) -> None:
        """Choose a CSV file of the shelter's own."""
        if not self.table.commit():
            return
        chosen = filedialog.askopenfilename(
            parent=self.winfo_toplevel(),
            title=tr("A table (CSV) with names or codes, and ages, sexes, dates of birth"),
            filetypes=[("CSV", "*.csv *.txt *.tsv"), (tr("All files"), "*")],
        )
        if chosen:
            self.join(Path(chosen))

    def join(self, path: Path) -> None:
        """Fill in what this table knows of the animals; what is filled in already stays."""
        self._background.start(
            _LANE,
            lambda _job: read_facts(path),
            lambda table: self._on_table(path, table),
            self._failed,
            says=tr("Reading the table…"),
        )

    def _on_table(self, path: Path, table: FactsTable) -> None:
        if not self.winfo_exists():
            return
        names = [animal.name for animal in self._animals]
        before = dict(self.facts)
        self.facts = joined(names, table, before)
        found = sum(bool(joined([name], table)) for name in names)
        self._keep()
        self._check()
        self.table.refresh()
        said = tr("{count} of {of} animals are in {name}. Columns used: {columns}.").format(
            count=grouped(found),
            of=grouped(len(names)),
            name=printable(path.name),
            columns=", ".join(table.columns.values()),
        )
        if not table.problems:
            self._said.say(said, kind="check" if found else "problem")
            return
        show = tr("What is wrong in it ({count})").format(count=len(table.problems))
        self._said.say(said, [(show, lambda: self._show_problems(path, table.problems))], kind="question")

    def _show_problems(self, path: Path, problems: Sequence[str]) -> None:
        top = self.winfo_toplevel()
        assert isinstance(top, tkinter.Toplevel)
        SentencesDialog(top, self._look, printable(path.name), problems)

    def _take_age(self) -> bool:
        """The age for all that have none."""
        try:
            age = parse_age(self._age.get())
        except UserError as error:
            self._said.say(str(error))
            return False
        if age != self.default_age:
            self.default_age = age
            self._said.hide()
            if self._is_read:
                self._check()
                self.table.refresh()
        return True

    def _name_breed(self, label: str = "") -> None:
        """The table of breed names, at this label."""
        if self.table.commit():
            top = self.winfo_toplevel()
            assert isinstance(top, tkinter.Toplevel)
            MappingDialog(top, self._look, self._background, self._review.info, self._check, label)

    def _facts(self, animal: Animal) -> Facts:
        return self.facts.get(animal.name, Facts())

    def _keep(self) -> None:
        """At once: the window may be closed the next moment. What still waits to be written is replaced by this."""
        run, facts = self._review.run, dict(self.facts)
        self._background.start(
            "files", lambda _job: save_facts(run, facts), lambda _done: None, self._failed, topic=_KEEP, is_promise=True
        )


def text_of_age(age: float) -> str:
    """As it is written in a field.

    >>> text_of_age(2.0)
    '2'
    """
    text = f"{age:g}"
    return text.replace(".", ",") if language() == "fr" else text
