"""The page of figures of a folder: how many there are of what, how often people agreed, and where they did not."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog, ttk
from typing import TYPE_CHECKING

from core.figures import Figures, cell_filter, disagreements, said_name
from core.records import Kind, Status
from core.reviews import Filter
from core.texts import percent, tr
from gui.agreement_view import AgreementView
from gui.bar_chart import BarChart, Count, grouped
from gui.confusion_view import ConfusionView, Matrix
from gui.dialog import Dialog
from gui.flow import Flow
from gui.row_cells import SIGNS, status_name
from gui.row_signs import RowSigns
from gui.scroll_frame import ScrollFrame
from gui.theme import Look

if TYPE_CHECKING:
    from core.bundles import BundleInfo

_BREEDS_AT_FIRST = 15
_WIDTH_PX, _HEIGHT_PX = 1040, 640


class FiguresPage(Dialog):
    """A window over its parent; what is chosen in it closes it and narrows the rows to that."""

    def __init__(
        self,
        parent: tkinter.Tk,
        look: Look,
        figures: Figures,
        info: BundleInfo,
        on_filter: Callable[[Filter], object],
        on_save: Callable[[Path], object] | None = None,
    ) -> None:
        """`on_save` is given the file (CSV) that the user chose, which may be replaced; without it nothing is saved."""
        super().__init__(parent, look, tr("Figures"))
        self._figures, self._info = figures, info
        self._on_filter, self._on_save = on_filter, on_save
        self._signs = RowSigns(self, look)
        self.resizable(True, True)
        self._build()
        self._take_size(parent)
        self.show()

    def _build(self) -> None:
        px = self.look.px
        self.tabs = ttk.Notebook(self.body)
        self.tabs.pack(fill="both", expand=True)
        overview, matrix = (ttk.Frame(self.tabs, padding=px(14)) for _ in range(2))
        self.tabs.add(overview, text=tr("Overview"))
        self.tabs.add(matrix, text=tr("Where people disagreed"))
        self._scroll = ScrollFrame(overview, self.look)
        self._scroll.pack(fill="both", expand=True)
        page = self._scroll.inside
        self._build_numbers(page).pack(fill="x")
        StatusBar(page, self.look, self._figures).pack(fill="x", pady=(px(12), px(6)))
        self._build_statuses(page).pack(fill="x")
        columns = ttk.Frame(page)
        columns.pack(fill="both", expand=True, pady=(px(14), 0))
        for column in range(2):
            columns.columnconfigure(column, weight=1, uniform="half")
        self._build_breeds(columns).grid(row=0, column=0, sticky="new", padx=(0, px(20)))
        self._build_agreement(columns).grid(row=0, column=1, sticky="new")
        columns.bind("<Configure>", lambda event: self._wrap(max(px(160), event.width // 2 - px(4))))
        self._build_matrix(matrix)
        if self._on_save is not None:
            self.save_button = ttk.Button(self.foot, text=tr("Save as a table (CSV)…"), command=self._ask_where)
            self.save_button.pack(side="left")

    def _take_size(self, parent: tkinter.Tk) -> None:
        px = self.look.px
        self.update_idletasks()  # else the buttons at the foot have no height yet
        width = min(px(_WIDTH_PX), self.winfo_screenwidth() - px(40))
        height = min(px(_HEIGHT_PX), self.winfo_screenheight() - px(90), max(px(420), parent.winfo_height() - px(30)))
        self.body.pack_propagate(False)
        self.body.configure(width=width, height=height - self.foot.winfo_reqheight())
        self.minsize(min(width, px(640)), min(height, px(420)))

    # What there is

    def _build_numbers(self, parent: tkinter.Misc) -> ttk.Frame:
        figures, frame = self._figures, ttk.Frame(parent)
        done = figures.reviewed / figures.photographs if figures.photographs else 0.0
        numbers = [
            (figures.photographs, tr("photographs")),
            (figures.reviewed, tr("reviewed ({share})").format(share=percent(done))),
            (figures.animals, tr("animals")),
            (len(figures.breeds), tr("breeds")),
        ]
        for column, (number, text) in enumerate(numbers):
            frame.columnconfigure(column, weight=1, uniform="number")
            ttk.Label(frame, text=grouped(number), style="Headline.TLabel").grid(row=0, column=column, sticky="w")
            ttk.Label(frame, text=text, style="Faint.TLabel").grid(row=1, column=column, sticky="w")
        return frame

    def _build_statuses(self, parent: tkinter.Misc) -> ttk.Frame:
        frame = ttk.Frame(parent)
        flow = Flow(frame, self.look)
        self.status_buttons: dict[Status, ttk.Button] = {}
        for status, number in self._figures.statuses.items():
            words = {"answer": status_name(status), "count": grouped(number)}
            share = percent(number / max(1, self._figures.photographs))
            button = ttk.Button(
                frame,
                text=" " + tr("{answer}: {count} ({share})").format(**words, share=share),
                image=self._signs.get(SIGNS[status.value], self.look.px(15)),
                compound="left",
                command=lambda status=status: self._choose(Filter(frozenset({status}))),  # type: ignore[misc]
                state="normal" if number else "disabled",
            )
            flow.add(button)
            self.status_buttons[status] = button
        return frame

    def _build_breeds(self, parent: tkinter.Misc) -> ttk.Frame:
        frame, px = ttk.Frame(parent), self.look.px
        ttk.Label(frame, text=tr("Breeds"), style="Strong.TLabel").pack(anchor="w", pady=(0, px(4)))
        if not self._figures.breeds:
            ttk.Label(frame, text=tr("No breed yet."), style="Faint.TLabel").pack(anchor="w")
            return frame
        self.breeds = BarChart(frame, self.look, lambda label: self._choose(Filter(label=label)))
        self.breeds.pack(fill="x")
        self.breeds.bind("<<Moved>>", lambda _event: self._keep_in_sight())
        self.more_button = ttk.Button(frame, text=tr("Show all breeds"), command=self._show_all_breeds)
        self._show_breeds(_BREEDS_AT_FIRST)
        if len(self._figures.breeds) > _BREEDS_AT_FIRST:
            self.more_button.pack(anchor="w", pady=(px(6), 0))
        return frame

    def _show_breeds(self, most: int) -> None:
        names = [
            Count(one.label, said_name(one.label, self._figures, self._info), one.photographs)
            for one in self._figures.breeds
        ]
        shown, rest = names[:most], names[most:]
        if rest:
            said = tr("{count} other breeds").format(count=grouped(len(rest)))
            shown.append(Count(None, said, sum(one.number for one in rest)))
        self.breeds.show(shown)

    def _show_all_breeds(self) -> None:
        self.more_button.pack_forget()
        self._show_breeds(len(self._figures.breeds))
        self.breeds.focus_set()

    def _keep_in_sight(self) -> None:
        top, bottom = self.breeds.marked
        self._scroll.bring_into_sight(self.breeds, top, bottom)

    # How often people agreed

    def _build_agreement(self, parent: tkinter.Misc) -> ttk.Frame:
        frame, px = ttk.Frame(parent), self.look.px
        title = ttk.Label(frame, text=tr("How often people agreed, here on your photographs"), style="Strong.TLabel")
        title.pack(anchor="w", fill="x", pady=(0, px(4)))
        if not self._figures.reviewed:
            text = tr(
                "Nobody has reviewed a photograph yet: press Enter on a row to accept its answer, or type another "
                "breed."
            )
        else:
            text = tr(
                "Of the reviewed photographs only. The most doubtful ones are reviewed first, so the others are "
                "probably better than this."
            )
        note = ttk.Label(frame, text=text, style="Faint.TLabel", justify="left")
        note.pack(anchor="w", fill="x", pady=(0, px(8)))
        self._notes = (title, note)
        self._agreements: list[AgreementView] = []
        for status, agreement in self._figures.agreement.items():
            if agreement.outcomes or (self._figures.reviewed and status is not Status.NOT_A_DOG):
                view = AgreementView(frame, self.look, status, agreement, self._info)
                view.pack(fill="x", pady=(0, px(14)))
                self._agreements.append(view)
        return frame

    def _wrap(self, width: int) -> None:
        _wrap(self._notes, width)
        for view in self._agreements:
            view.wrap(width)

    # Where they did not

    def _build_matrix(self, parent: ttk.Frame) -> None:
        table = disagreements(self._figures)
        px = self.look.px
        if not table.rows:
            ttk.Label(parent, text=self._no_matrix(), justify="left", wraplength=px(760)).pack(anchor="w")
            return
        text = tr(
            "Breeds with a disagreement only. Green frame: people agreed; orange: they said something else; grey: they "
            "could not tell."
        )
        note = ttk.Label(parent, text=text, style="Faint.TLabel", justify="left")
        note.pack(anchor="w", fill="x", pady=(0, px(6)))
        parent.bind("<Configure>", lambda event: _wrap((note,), event.width - px(28)))
        numbers = {
            (table.rows.index(row), table.columns.index(column)): number
            for (row, column), number in table.counts.items()
        }
        matrix = Matrix(
            [said_name(one, self._figures, self._info) for one in table.rows],
            [said_name(one, self._figures, self._info) for one in table.columns],
            numbers,
            frozenset(place for place in numbers if table.rows[place[0]] == table.columns[place[1]]),
            frozenset(n for n, said in enumerate(table.columns) if said == Kind.UNKNOWN.value),
        )
        self.matrix = ConfusionView(
            parent, self.look, lambda row, column: self._choose(cell_filter(table.rows[row], table.columns[column]))
        )
        self.matrix.pack(fill="both", expand=True)
        self.matrix.show(matrix)

    def _no_matrix(self) -> str:
        if not self._figures.reviewed:
            return tr(
                "Nobody has reviewed a photograph yet. What people say instead of an answer is counted here, breed by "
                "breed, and a click on a number shows its photographs."
            )
        return tr("Nobody disagreed with an answer so far ({count} reviewed).").format(
            count=grouped(self._figures.reviewed)
        )

    # What is chosen

    def _choose(self, wanted: Filter) -> None:
        self.close()
        self._on_filter(wanted)

    def _ask_where(self) -> None:
        chosen = filedialog.asksaveasfilename(
            parent=self,
            title=tr("Save the figures"),
            initialfile=f"{tr('figures')}.csv",
            defaultextension=".csv",
            filetypes=[(tr("Tables"), "*.csv"), (tr("All files"), "*")],
        )
        if chosen and self._on_save is not None:
            self._on_save(Path(chosen))


class StatusBar(tkinter.Canvas):
    """The shares of the verdicts as one bar; the buttons under it say which is which."""

    def __init__(self, parent: tkinter.Misc, look: Look, figures: Figures) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, height=look.px(16), width=look.px(200))
        self._look = look
        self._figures = figures
        self.bind("<Configure>", lambda _event: self._draw())
        self.bind("<<ThemeChanged>>", lambda _event: self._draw())

    def _draw(self) -> None:
        colours = self._look.colours
        inks = {Status.SURE: colours.good, Status.UNSURE: colours.doubt, Status.UNREADABLE: colours.bad}
        self.delete("all")
        self.configure(background=colours.back)
        width, height = self.winfo_width(), self._look.px(16)
        self.create_rectangle(0, 0, width, height, fill=colours.track, width=0)
        left, gap = 0.0, max(1, self._look.px(2))
        for status, number in self._figures.statuses.items():
            right = left + width * number / max(1, self._figures.photographs)
            if number:
                self.create_rectangle(left, 0, right, height, fill=inks.get(status, colours.faint), width=0)
                self.create_rectangle(right - gap, 0, right, height, fill=colours.back, width=0)
            left = right


def _wrap(labels: tuple[ttk.Label, ...], width: int) -> None:
    for label in labels:
        label.configure(wraplength=max(1, width))
