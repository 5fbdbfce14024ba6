"""Step 1 of retraining: which photographs, then what is in them and what may be wrong."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog, ttk

from core.texts import label_name, tr
from core.train_config import SourceKind
from core.train_records import DataReport, Job
from gui.bar_chart import BarChart, Count, grouped
from gui.drop_box import DropBox
from gui.retrain_findings import FindingsPanel
from gui.retrain_page import Page, wrapped
from gui.retrain_place import Place
from gui.retrain_source import COLUMNS
from gui.retrain_words import data_lines, progress_sentence, share_done
from gui.scroll_frame import ScrollFrame

_SMALL_CLASS = 10
_COLUMNS_IN_SIGHT = 8
_LEAST_BARS_PX = 150


class PhotosPage(Page):
    """The choice of a source until it was looked at; then what was found."""

    def build(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self.findings: FindingsPanel | None = None
        self.bars: BarChart | None = None
        scroll = ScrollFrame(self, self.look, fills=True)
        scroll.grid(row=0, column=0, sticky="nsew")
        self.body = scroll.inside
        self._build_foot()
        if self.desk.report is None:
            self._build_choice()
        else:
            self._build_found(self.desk.report)
        self.show_progress()

    # What runs

    def _build_foot(self) -> None:
        px = self.look.px
        foot = ttk.Frame(self)
        foot.grid(row=1, column=0, sticky="ew", pady=(px(8), 0))
        foot.columnconfigure(1, weight=1)
        self.other_button = ttk.Button(foot, text=tr("Other photographs…"), command=self.desk.forget_look)
        self.other_button.grid(row=0, column=0, padx=(0, px(12)))
        # As wide as there is room beside the buttons, not as wide as it would like to be.
        self._sentence = ttk.Label(foot, style="Faint.TLabel", width=1, justify="left")
        self._sentence.grid(row=0, column=1, sticky="ew")
        self._sentence.bind("<Configure>", lambda event: self._sentence.configure(wraplength=max(80, event.width)))
        self._bar = ttk.Progressbar(foot, maximum=1.0, length=px(220))
        self._bar.grid(row=0, column=2, padx=px(10))
        self.stop_button = ttk.Button(foot, text=tr("Stop"), command=self.desk.stop)
        self.stop_button.grid(row=0, column=3, padx=(0, px(8)))
        self.look_button = ttk.Button(foot, command=self._look)
        self.look_button.grid(row=0, column=4, padx=(0, px(8)))
        self.next_button = ttk.Button(
            foot, text=tr("Next: training"), style="Accent.TButton", command=lambda: self.desk.show(Place.CHOICES)
        )
        self.next_button.grid(row=0, column=5)

    def show_progress(self) -> None:
        """How far the looking is; what can be done meanwhile."""
        run, report = self.desk.run, self.desk.report
        is_looking = run.is_running and run.job is Job.LOOK
        for widget in (self._bar, self.stop_button):
            widget.grid() if is_looking else widget.grid_remove()
        self.stop_button.state(["disabled" if run.is_stopping or run.now is None else "!disabled"])
        self._sentence.configure(text=self._words(is_looking))
        if is_looking:
            state = run.progress.state if run.progress else None
            self._bar.configure(value=(share_done(state) or 0.0) if state else 0.0)
        self.other_button.grid() if report is not None and not is_looking else self.other_button.grid_remove()
        is_first = report is None
        self.look_button.configure(
            text=tr("Look at the photographs") if is_first else tr("Look again"),
            style="Accent.TButton" if is_first or self.desk.has_new_acts else "TButton",
        )
        self.look_button.grid_remove() if is_looking else self.look_button.grid()
        self.look_button.state(["disabled" if run.is_running else "!disabled"])
        self.next_button.grid_remove() if is_first or is_looking else self.next_button.grid()
        self.next_button.state(["!disabled" if self.desk.can_choose else "disabled"])
        self.next_button.configure(style="TButton" if self.desk.has_new_acts else "Accent.TButton")
        if self.findings is not None:
            self.findings.enable(not is_looking)

    def _words(self, is_looking: bool) -> str:
        run = self.desk.run
        if is_looking:
            if run.is_stopping:
                return tr("Stopping…")
            return progress_sentence(run.progress.state) if run.progress else tr("Starting…")
        if run.is_training:
            name = run.now.name if run.now is not None else ""
            return tr("“{name}” is being trained: photographs can be looked at when it has ended.").format(name=name)
        if self.desk.report is not None and self.desk.has_new_acts:
            return tr("“Look again” counts what you decided; training does so too.")
        return ""

    def _look(self) -> None:
        self.desk.look()

    def go(self) -> None:
        """Look, or look again where something was decided; else go on."""
        is_looked = self.desk.report is not None and not self.desk.has_new_acts
        (self.next_button if is_looked else self.look_button).invoke()

    # Which photographs

    def _build_choice(self) -> None:
        px, body = self.look.px, self.body
        body.columnconfigure(0, weight=1)
        title = ttk.Label(body, text=tr("Which photographs shall it learn from?"), style="Title.TLabel")
        title.grid(row=0, column=0, sticky="w", pady=(px(4), px(2)))
        said = tr("They are only read: nothing is moved or changed. A folder or a table can be dropped here.")
        wrapped(ttk.Label(body, text=said, style="Faint.TLabel"), px(8)).grid(row=1, column=0, sticky="w")
        cards = ttk.Frame(body)
        cards.grid(row=2, column=0, sticky="ew", pady=px(12))
        self._kind = tkinter.StringVar(self, self.desk.source.kind.value)
        self.kind_buttons: dict[SourceKind, ttk.Radiobutton] = {}
        for column, (kind, name, hint) in enumerate(_kinds()):
            cards.columnconfigure(column, weight=1, uniform="card")
            card = self._card(cards, kind, name, hint)
            card.grid(row=0, column=column, sticky="nsew", padx=(px(10) if column else 0, 0))
        self._details = ttk.Frame(body)
        self._details.grid(row=3, column=0, sticky="nsew")
        body.rowconfigure(4, weight=1)
        self.drop_box = DropBox(body, self.look, tr("Drop a folder or a table here"))
        self.drop_box.grid(row=4, column=0, sticky="nsew", pady=(px(12), 0))
        self._details.columnconfigure(1, weight=1)
        self._show_details()

    def _card(self, parent: tkinter.Misc, kind: SourceKind, name: str, hint: str) -> ttk.Frame:
        px = self.look.px
        card = ttk.Frame(parent, style="Card.TFrame", padding=px(14))
        card.columnconfigure(1, weight=1)
        # The button itself could not go on in a second line.
        button = ttk.Radiobutton(card, variable=self._kind, value=kind.value, command=self._on_kind)
        button.grid(row=0, column=0, sticky="nw")
        spare = px(34) + button.winfo_reqwidth()
        title = wrapped(ttk.Label(card, text=name, style="Strong.TLabel"), spare)
        title.grid(row=0, column=1, sticky="w")
        label = wrapped(ttk.Label(card, text=hint, style="Faint.TLabel"), px(34))
        label.grid(row=1, column=0, columnspan=2, sticky="w", pady=(px(6), 0))
        for widget in (card, title, label):
            widget.bind("<Button-1>", lambda _event: button.invoke())
        self.kind_buttons[kind] = button
        return card

    def _on_kind(self) -> None:
        self.desk.source.kind = SourceKind(self._kind.get())
        self._show_details()

    def _show_details(self) -> None:
        for child in self._details.winfo_children():
            child.destroy()
        kind = self.desk.source.kind
        self.drop_box.grid() if kind is not SourceKind.LIBRARY else self.drop_box.grid_remove()
        if kind is SourceKind.FOLDER:
            self._path_row(0, tr("Folder"), self.desk.source.folder, self._choose_folder)
        elif kind is SourceKind.TABLE:
            self._build_table()
        else:
            self._build_library()

    def _path_row(self, row: int, name: str, path: Path | None, choose: Callable[[], None]) -> None:
        px = self.look.px
        ttk.Label(self._details, text=name).grid(row=row, column=0, sticky="w", padx=(0, px(12)), pady=px(4))
        field = ttk.Entry(self._details)
        field.insert(0, str(path) if path else tr("Nothing chosen yet"))
        field.state(["readonly"])
        field.grid(row=row, column=1, sticky="ew", pady=px(4))
        button = ttk.Button(self._details, text=tr("Choose…"), command=choose)
        button.grid(row=row, column=2, padx=(px(8), 0), pady=px(4))
        if row == 0:
            self.choose_button = button

    def _choose_folder(self) -> None:
        chosen = filedialog.askdirectory(parent=self, title=tr("A folder with a subfolder for each class"))
        if chosen:
            self.desk.takes(Path(chosen), is_folder=True)

    def _choose_table(self) -> None:
        chosen = filedialog.askopenfilename(
            parent=self,
            title=tr("A table of photographs"),
            filetypes=[(tr("Tables"), "*.csv *.xlsx *.xlsm *.tsv *.txt"), (tr("All files"), "*")],
        )
        if chosen:
            self.desk.takes(Path(chosen), is_folder=False)

    def _choose_images(self) -> None:
        chosen = filedialog.askdirectory(parent=self, title=tr("The folder in which the pictures are"))
        if chosen:
            self.desk.source.images = Path(chosen)
            self._show_details()

    def _build_table(self) -> None:
        px, source, table = self.look.px, self.desk.source, self.desk.table
        self._path_row(0, tr("Table"), source.table, self._choose_table)
        if table is None:
            return
        self._path_row(1, tr("Pictures are in"), source.images or source.table.parent, self._choose_images)  # type: ignore[union-attr]
        names = {
            "image_column": tr("Column of the pictures"),
            "label_column": tr("Column of the classes"),
            "group_column": tr("Column of the animal (if any)"),
            "split_column": tr("Column of the part (if any)"),
        }
        grid = ttk.Frame(self._details)
        grid.grid(row=2, column=0, columnspan=3, sticky="ew", pady=px(4))
        self.column_boxes: dict[str, ttk.Combobox] = {}
        for place, name in enumerate(COLUMNS):
            column = 2 * (place % 2)
            ttk.Label(grid, text=names[name]).grid(row=place // 2, column=column, sticky="w", padx=(0, px(10)))
            box = ttk.Combobox(grid, values=["", *table.columns], state="readonly", width=24)
            box.set(source.columns.get(name, ""))
            box.grid(row=place // 2, column=column + 1, sticky="w", padx=(0, px(24)), pady=px(3))
            box.bind("<<ComboboxSelected>>", lambda _event, name=name, box=box: self._on_column(name, box))  # type: ignore[misc]
            self.column_boxes[name] = box
        ttk.Label(grid, text=tr("Level of a category such as A >> B")).grid(
            row=2, column=0, sticky="w", padx=(0, px(10))
        )
        level = ttk.Spinbox(grid, from_=0, to=20, width=5, command=lambda: self._on_level(level))
        level.set(source.level)
        level.bind("<KeyRelease>", lambda _event: self._on_level(level))
        level.grid(row=2, column=1, sticky="w", pady=px(3))
        self._build_preview()

    def _on_column(self, name: str, box: ttk.Combobox) -> None:
        box.selection_clear()
        self.desk.source.columns[name] = box.get()

    def _on_level(self, level: ttk.Spinbox) -> None:
        self.desk.source.level = level.get()

    def _build_preview(self) -> None:
        px, table = self.look.px, self.desk.table
        if table is None:
            return
        frame = ttk.Frame(self._details)
        frame.grid(row=3, column=0, columnspan=3, sticky="ew", pady=(px(8), 0))
        frame.columnconfigure(0, weight=1)
        columns = [str(place) for place in range(len(table.columns))]
        self.preview = ttk.Treeview(frame, columns=columns, show="headings", height=5, selectmode="none")
        for place, name in zip(columns, table.columns, strict=True):
            self.preview.heading(place, text=name, anchor="w")
            self.preview.column(place, width=px(150), minwidth=px(80), stretch=True)
        for row in table.rows:
            self.preview.insert("", "end", values=row)
        self.preview.grid(row=0, column=0, sticky="ew")
        if len(columns) > _COLUMNS_IN_SIGHT:
            across = ttk.Scrollbar(frame, orient="horizontal", command=self.preview.xview)
            self.preview.configure(xscrollcommand=across.set)
            across.grid(row=1, column=0, sticky="ew")

    def _build_library(self) -> None:
        number = self.desk.words_said
        said = tr("Every photograph of which somebody said a breed in the Folder tab or the Photo tab is used.")
        if number is not None:
            said += " " + tr("So far that is {count}.").format(count=grouped(number))
        said += " " + tr("Fifty are enough for a start: the shipped model keeps what it knows, and learns from these.")
        label = wrapped(ttk.Label(self._details, text=said), self.look.px(8))
        label.grid(row=0, column=0, columnspan=3, sticky="w")

    # What is in them

    def _build_found(self, report: DataReport) -> None:
        px, body = self.look.px, self.body
        body.columnconfigure(0, weight=2, uniform="half")
        body.columnconfigure(1, weight=3, uniform="half")
        body.rowconfigure(0, weight=1)
        left = ttk.Frame(body)
        left.grid(row=0, column=0, sticky="nsew", padx=(0, px(18)))
        ttk.Label(left, text=self.desk.source.title, style="Title.TLabel").pack(anchor="w")
        numbers = ttk.Frame(left)
        numbers.pack(fill="x", pady=(px(6), 0))
        for column, (number, words) in enumerate(
            ((report.photographs, tr("photographs")), (len(report.classes), tr("classes")))
        ):
            numbers.columnconfigure(column, weight=1, uniform="number")
            ttk.Label(numbers, text=grouped(number), style="Headline.TLabel").grid(row=0, column=column, sticky="w")
            ttk.Label(numbers, text=words, style="Faint.TLabel").grid(row=1, column=column, sticky="w")
        for line in (*data_lines(report), *self.desk.notes):
            wrapped(ttk.Label(left, text=line, style="Faint.TLabel"), px(4)).pack(anchor="w", pady=(px(4), 0))
        title = ttk.Label(left, text=tr("Photographs in each class"), style="Strong.TLabel")
        title.pack(anchor="w", pady=(px(10), px(4)))
        self._build_bars(left, report)
        self.findings = FindingsPanel(body, self.look, self.desk)
        self.findings.grid(row=0, column=1, sticky="nsew")

    def _build_bars(self, parent: tkinter.Misc, report: DataReport) -> None:
        scroll = ScrollFrame(parent, self.look)
        scroll.pack(fill="both", expand=True)
        scroll.ask_for_room(self.look.px(_LEAST_BARS_PX))
        few = [one for one in report.classes if one.photographs < _SMALL_CLASS]
        counts = [
            Count(one.name, f"⚠ {label_name(one)}" if one in few else label_name(one), one.photographs)
            for one in sorted(report.classes, key=lambda one: -one.photographs)
        ]
        self.bars = bars = BarChart(scroll.inside, self.look, lambda _name: None)
        bars.show(counts)
        bars.pack(fill="x")
        bars.bind("<<Moved>>", lambda _event: scroll.bring_into_sight(bars, *bars.marked))
        if few:
            said = tr("⚠ fewer than {count}: hard to learn, and hard to judge").format(count=_SMALL_CLASS)
            wrapped(ttk.Label(parent, text=said, style="Small.TLabel")).pack(anchor="w", pady=(self.look.px(4), 0))

    def expect_drop(self, expected: bool) -> None:
        """Something is held over the window."""
        if self.desk.report is None:
            self.drop_box.expect_drop(expected)

    def show_acts(self) -> None:
        """Something was decided, or taken back."""
        if self.findings is not None:
            self.findings.show_all()
        self.show_progress()


def _kinds() -> tuple[tuple[SourceKind, str, str], ...]:
    return (
        (
            SourceKind.FOLDER,
            tr("A folder with a subfolder for each class"),
            tr("The names of the subfolders are the classes. Folders called train, validation and test are known."),
        ),
        (
            SourceKind.TABLE,
            tr("A table (CSV or Excel)"),
            tr("A column names the picture files, another one their classes; you say which."),
        ),
        (
            SourceKind.LIBRARY,
            tr("What volunteers said in Shelterlens"),
            tr("Photographs that somebody has reviewed, with the breeds that were said."),
        ),
    )
