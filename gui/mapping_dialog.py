"""What the shelter's software calls each breed: the user's table, changed here or in a spreadsheet."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from tkinter import ttk

from core.breed_names_edit import NamesTable, read_names, save_name
from core.bundle_info import BundleInfo
from core.errors import UserError
from core.export_files import shown
from core.name_search import best_matches, folded
from core.shelter_breeds import FILE_NAME, BreedTable, Match, load_table, table_path
from core.texts import label_name, tr
from gui.background import Background
from gui.desktop import show_in_file_manager
from gui.dialog import Dialog
from gui.editable_table import Cell, Column, EditableTable
from gui.sentence_bar import SentenceBar
from gui.theme import Look

_SIZE_PX = (1180, 600)
_LANE, _TOPIC = "export-names", "export-names"
_KEYS = ("", "asm3_en", "asm3_fr", "petfinder", "adoptapet", "match")


class MappingDialog(Dialog):
    """A row for each breed of the model; `on_saved` is called after each change. `label` is looked for at first."""

    def __init__(
        self,
        parent: tkinter.Tk | tkinter.Toplevel,
        look: Look,
        background: Background,
        info: BundleInfo,
        on_saved: Callable[[], object],
        label: str = "",
    ) -> None:
        super().__init__(parent, look, tr("Breed names"))
        self._background, self._info, self._on_saved = background, info, on_saved
        self._names: NamesTable | None = None
        self._cells: dict[str, dict[str, str]] = {}
        self._rows: list[str] = []
        self._labels = {one.id: one for one in info.labels}
        self._sorted = sorted(self._labels, key=lambda one: folded(label_name(self._labels[one])))
        self._first_label = label
        self._known: BreedTable | None = None
        self._typed = tkinter.StringVar(self, "")
        self.said = SentenceBar(self, look)
        self._build()
        self.show()
        self.read()

    def show(self) -> None:
        super().show()
        px = self.look.px
        width = min(px(_SIZE_PX[0]), self.winfo_screenwidth() - 60)
        height = min(px(_SIZE_PX[1]), self.winfo_screenheight() - 120)
        x = max(0, self._parent.winfo_rootx() + (self._parent.winfo_width() - width) // 2)
        y = max(0, self._parent.winfo_rooty() + (self._parent.winfo_height() - height) // 3)
        self.resizable(True, True)
        self.geometry(f"{width}x{height}+{x}+{y}")
        self.entry.focus_set()

    def close(self) -> None:
        """What was typed last is kept."""
        if self.table.commit():
            self._background.drop(_TOPIC)
            super().close()

    def read(self) -> None:
        """Read the user's table, perhaps after it was changed elsewhere."""
        self.said.hide()
        self._background.start(
            _LANE, lambda _job: (read_names(), load_table()), self._on_read, self._failed, topic=_TOPIC
        )

    # What the table asks

    def cells(self, row: int) -> Sequence[Cell]:
        label = self._rows[row]
        cells = self._cells.get(label, {})
        is_wild = cells.get("match") == Match.WILD.value
        texts = [Cell(cells.get(key, ""), "faint" if is_wild else "text") for key in _KEYS[1:5]]
        return (Cell(label_name(self._labels[label])), *texts, self._nearness(cells))

    def text_to_edit(self, row: int, column: int) -> str:
        return self._cells.get(self._rows[row], {}).get(_KEYS[column], "")

    def changed(self, row: int, column: int, text: str) -> str:
        label, text = self._rows[row], " ".join(text.split())
        cells = self._cells.get(label, {})
        wrong = self._wrong(cells, text)
        if wrong or self._names is None:
            self.said.say(wrong)
            return wrong
        self.said.hide()
        if text == cells.get(_KEYS[column], ""):
            return ""
        change = {_KEYS[column]: text}
        if column in (1, 2):  # a name that the user chose is as the user wants it
            names = {**cells, **change}
            change["match"] = Match.EXACT.value if names.get("asm3_en") or names.get("asm3_fr") else Match.NONE.value
        self._cells[label] = {**cells, **change}
        self._save(label, change)
        return ""

    def moved_to(self, row: int) -> None:
        if not self.table.is_editing:
            self.said.hide()

    # Reading, saving

    def _on_read(self, read: tuple[NamesTable, BreedTable]) -> None:
        if not self.winfo_exists():
            return
        self._names, self._known = read
        self._cells = self._names.cells()
        self._suggest_names(self._known)
        self._list(self._first_label)
        self._first_label = ""
        if self._names.problems:
            self.said.say(" ".join(self._names.problems[:3]), kind="question")
        self._on_saved()

    def _suggest_names(self, known: BreedTable) -> None:
        breeds = list(known.by_name.values())
        for column, names in (
            (1, {one.asm3_en for one in breeds}),
            (2, {one.asm3_fr for one in breeds}),
            (3, {one.petfinder for one in breeds}),
            (4, {one.adoptapet for one in breeds}),
        ):
            self.table.suggest(column, sorted(name for name in names if name))

    def _save(self, label: str, change: dict[str, str]) -> None:
        def work(_job: object) -> NamesTable:
            assert self._names is not None
            self._names = save_name(self._names, label, change)  # in this lane one after the other
            return self._names

        self._background.start(_LANE, work, self._on_save, self._failed, is_promise=True)

    def _on_save(self, names: NamesTable) -> None:
        self._on_saved()
        if self.winfo_exists():
            self._cells = names.cells()
            self.table.refresh()
            if names.problems:
                self.said.say(" ".join(names.problems[:3]), kind="question")

    def _failed(self, error: Exception) -> None:
        if not self.winfo_exists() or not isinstance(error, UserError):
            self._background.report(error)
        else:
            self.said.say(str(error), [(tr("Read it again"), self.read)])

    def _wrong(self, cells: dict[str, str], text: str) -> str:
        if text and cells.get("match") == Match.WILD.value:
            return tr("This is a wild animal: it is never written as a breed.")
        if '"' in text:
            return tr("A name cannot have straight quotes: ASM3 cannot read them.")
        return ""

    # Layout

    def _build(self) -> None:
        px = self.look.px
        text = tr(
            "What your shelter’s software calls each breed. An empty name means that “mixed breed” is written. Write "
            "the names exactly as they are in your database."
        )
        self._explanation = ttk.Label(self.body, text=text, justify="left")
        self._explanation.pack(anchor="w", fill="x", pady=(0, px(8)))
        tools = ttk.Frame(self.body)
        tools.pack(fill="x", pady=(0, px(8)))
        ttk.Label(tools, text=tr("Find a breed")).pack(side="left", padx=(0, px(8)))
        self.entry = ttk.Entry(tools, textvariable=self._typed, width=24)
        self.entry.pack(side="left")
        self._typed.trace_add("write", lambda *_changed: self._list())
        self.open_button = ttk.Button(tools, text=tr("Open it in a spreadsheet"), command=self._open)
        self.open_button.pack(side="right")
        self.read_button = ttk.Button(tools, text=tr("Read it again"), command=self.read)
        self.read_button.pack(side="right", padx=(0, px(8)))
        columns = (
            Column(tr("Breed"), 180, 2),
            Column(tr("ASM3, English"), 160, 2, is_editable=True),
            Column(tr("ASM3, French"), 160, 2, is_editable=True),
            Column("Petfinder", 150, 1, is_editable=True),
            Column("Adopt-a-Pet", 150, 1, is_editable=True),
            Column(tr("How near"), 120),
        )
        self.table = EditableTable(self.body, self.look, columns, self)
        self.table.pack(fill="both", expand=True)
        path = tr("This table is the file {path}.").format(path=shown(table_path()))
        self._path = ttk.Label(self.foot, text=path, style="Faint.TLabel")
        self._path.pack(side="left")
        self.body.bind("<Configure>", self._wrap)

    def _wrap(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        width = self.body.winfo_width() - self.look.px(48)
        self._explanation.configure(wraplength=max(200, width))
        self._path.configure(wraplength=max(200, width - self.close_button.winfo_reqwidth()))

    def _list(self, label: str = "") -> None:
        """The breeds that fit what is typed; the cursor at this label."""
        if not self.table.commit():
            return
        typed = self._typed.get()
        if typed.strip():
            named = [(n, (self._labels[one].en, self._labels[one].fr)) for n, one in enumerate(self._sorted)]
            self._rows = [self._sorted[n] for n in best_matches(typed, named)]
        else:
            self._rows = list(self._sorted)
        row = self._rows.index(label) if label in self._rows else 0
        self.table.show(len(self._rows), row)
        if label:
            self.table.canvas.focus_set()

    def _open(self) -> None:
        if self.table.commit():
            path = table_path()
            self._background.start("slow", lambda _job: show_in_file_manager(path), lambda _done: None, self._failed)
            said = tr("When you have saved {name} there, choose “Read it again” here.").format(name=FILE_NAME)
            self.said.say(said, kind="question")

    def _nearness(self, cells: dict[str, str]) -> Cell:
        names = {
            Match.EXACT.value: Cell(tr("the same"), "faint"),
            Match.SYNONYM.value: Cell(tr("the same"), "faint"),
            Match.SPELLING.value: Cell(tr("the same"), "faint"),
            Match.COARSER.value: Cell(tr("less exact"), "doubt"),
            Match.APPROXIMATE.value: Cell(tr("nearest"), "doubt"),
            Match.WILD.value: Cell(tr("wild animal"), "bad"),
            Match.NONE.value: Cell(tr("none"), "bad"),
        }
        word = cells.get("match", "") or (Match.EXACT.value if cells.get("asm3_en") else Match.NONE.value)
        return names.get(word, Cell(word))
