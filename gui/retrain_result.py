"""Step 3 of retraining: whether the new model is better, in a sentence; the figures behind it; use it, or go back."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import filedialog, ttk

from core.result_warnings import warning_sentences
from core.run_results import PhotoAnswer, comparison_sentence, in_cell, names_of, not_medical_words, title_of
from core.texts import percent, tr
from core.train_records import ClassResult, Comparison, ComparisonVerdict, Judgement, Result
from gui.bar_chart import grouped
from gui.calibration_chart import CalibrationChart
from gui.curve_chart import accuracy_chart, loss_chart
from gui.flow import Flow
from gui.photo_grid import GridPhoto
from gui.retrain_engine import Outcome
from gui.retrain_live import show_history
from gui.retrain_mistakes import MistakesPage, PhotosDialog, shows
from gui.retrain_page import Page, wrapped
from gui.retrain_words import duration, learning_s, share_or_dash, took_s
from gui.scroll_frame import ScrollFrame
from gui.sorted_table import Column, Row, SortedTable
from gui.truth_matrix import TruthMatrix, matrix_of


class ResultPage(Page):
    """The sentence on top, pages of figures below it, what can be done at the foot."""

    def build(self) -> None:
        px, outcome = self.look.px, self.desk.results.outcome
        self.columnconfigure(0, weight=1)
        if outcome is None:
            ttk.Label(self, text=tr("There is no result yet."), style="Title.TLabel").grid(sticky="w")
            return
        self.rowconfigure(0, weight=1)
        self.outcome = outcome
        self.names = names_of(outcome.result.judgement.classes)
        self._scroll = ScrollFrame(self, self.look, fills=True)
        self._scroll.grid(row=0, column=0, sticky="nsew")
        inside = self._scroll.inside
        inside.columnconfigure(0, weight=1)
        inside.rowconfigure(2, weight=1)
        self.sentence = wrapped(ttk.Label(inside, text=headline(outcome.result), style="Title.TLabel"), px(8))
        self.sentence.grid(row=0, column=0, sticky="w", pady=(px(2), px(4)))
        if outcome.result.not_medical:
            medical = wrapped(ttk.Label(inside, text=not_medical_words(), style="Strong.TLabel"), px(8))
            medical.grid(row=1, column=0, sticky="w", pady=(0, px(4)))
        self._build_pages(inside)
        self._build_foot()
        self.show_progress()

    def _build_pages(self, inside: ttk.Frame) -> None:
        px = self.look.px
        self.tabs = ttk.Notebook(inside)
        self.tabs.grid(row=2, column=0, sticky="nsew")
        self._pages: dict[str, ttk.Frame] = {}
        self._unbuilt: dict[str, tuple[ttk.Frame, Callable[[ttk.Frame], None]]] = {}
        for name, build in (
            (tr("In short"), self._build_short),
            (tr("What is taken for what"), self._build_matrix),
            (tr("Classes"), self._build_classes),
            (tr("Worst mistakes"), self._build_mistakes),
            (tr("Curves"), self._build_curves),
        ):
            room = ttk.Frame(self.tabs, width=1, height=1)
            self.tabs.add(room, text=name)
            frame = ttk.Frame(room, padding=px(8))
            self._pages[str(room)] = frame
            self._unbuilt[str(room)] = frame, build
        self.tabs.bind("<<NotebookTabChanged>>", lambda _event: self._build_shown())
        self._build_shown()

    def _build_shown(self) -> None:
        """A page is built when it is first seen; only the one that is shown takes room, not the highest."""
        shown = str(self.tabs.select())  # type: ignore[no-untyped-call]
        for name, page in self._pages.items():
            if name == shown:
                page.pack(fill="both", expand=True)
            elif page.winfo_manager():
                page.pack_forget()
                page.master.configure(height=1)  # type: ignore[call-arg]
        frame, build = self._unbuilt.pop(shown, (None, None))
        if frame is not None and build is not None:
            build(frame)

    def _build_foot(self) -> None:
        px, run = self.look.px, self.outcome.run
        foot = ttk.Frame(self)
        foot.grid(row=1, column=0, sticky="ew", pady=(px(8), 0))
        self.use_button = ttk.Button(
            foot,
            text=tr("Use this model"),
            style=_use_style(self.outcome.result),
            command=lambda: self.desk.results.use(run),
        )
        self.back_button = ttk.Button(foot, command=self.desk.results.go_back)
        self.report_button = ttk.Button(
            foot, text=tr("Open the report"), command=lambda: self.desk.results.open_report(run)
        )
        self.save_button = ttk.Button(foot, text=tr("Save the model as a file…"), command=self._ask_where)
        flow = Flow(foot, self.look)
        for button in (self.use_button, self.back_button):
            flow.add(button)
        flow.add(self.report_button, at_right=True)
        flow.add(self.save_button)
        self.use_button.state(["!disabled" if run.has_result else "disabled"])
        self.report_button.state(["!disabled" if (run.folder / "report.html").is_file() else "disabled"])
        if self.desk.results.earlier_model:
            self.back_button.configure(text=tr("Go back to {name}").format(name=self.desk.results.earlier_model))
        else:
            flow.show(self.back_button, False)

    def _ask_where(self) -> None:
        run = self.outcome.run
        chosen = filedialog.asksaveasfilename(
            parent=self,
            title=tr("Save the model as a file"),
            initialfile=f"{run.name}.shelterlens",
            defaultextension=".shelterlens",
            filetypes=[(tr("Models"), "*.shelterlens")],
        )
        if chosen:
            self.desk.results.save_model(run, Path(chosen))

    # In short

    def _build_short(self, frame: ttk.Frame) -> None:
        px, judged = self.look.px, self.outcome.result.judgement
        said = detail(self.outcome.result)
        if said:
            wrapped(ttk.Label(frame, text=said, style="Faint.TLabel"), px(24)).pack(anchor="w", pady=(0, px(10)))
        numbers = ttk.Frame(frame)
        numbers.pack(fill="x")
        for column, (number, title, text) in enumerate(_numbers(judged)):
            numbers.columnconfigure(column, weight=1, uniform="number")
            cell = ttk.Frame(numbers)
            cell.grid(row=0, column=column, sticky="new", padx=(0, px(16)))
            ttk.Label(cell, text=number, style="Headline.TLabel").pack(anchor="w")
            wrapped(ttk.Label(cell, text=title, style="Strong.TLabel"), px(4)).pack(anchor="w")
            wrapped(ttk.Label(cell, text=text, style="Faint.TLabel"), px(4)).pack(anchor="w")
        self._build_changed(frame)
        for line in facts(self.outcome):
            wrapped(ttk.Label(frame, text=line), px(24)).pack(anchor="w", pady=(px(6), 0))

    def _build_changed(self, parent: ttk.Frame) -> None:
        """Which photographs got better, and which worse: to be looked at."""
        px = self.look.px
        better = [one for one in self.outcome.answers if one.got_better]
        worse = [one for one in self.outcome.answers if one.got_worse]
        if not better and not worse:
            return
        row = ttk.Frame(parent)
        row.pack(fill="x", pady=(px(16), px(6)))
        self.changed_buttons: list[ttk.Button] = []
        for one, text, answers, title in (
            (
                tr("Show the one that got better"),
                tr("Show the {count} that got better"),
                better,
                tr("Right now, wrong before"),
            ),
            (
                tr("Show the one that got worse"),
                tr("Show the {count} that got worse"),
                worse,
                tr("Wrong now, right before"),
            ),
        ):
            said = one if len(answers) == 1 else text.format(count=grouped(len(answers)))
            button = ttk.Button(row, text=said)
            button.configure(command=lambda title=title, answers=answers: self.show_photos(title, answers))  # type: ignore[misc]
            button.state(["!disabled" if answers else "disabled"])
            button.pack(side="left", padx=(0, px(8)))
            self.changed_buttons.append(button)

    def show_photos(self, title: str, answers: Sequence[PhotoAnswer]) -> None:
        """Photographs with what they show and what was answered, in a window of their own."""
        photos = [self.grid_photo(one) for one in answers]
        PhotosDialog(self.desk, self.look, title, photos)

    def grid_photo(self, one: PhotoAnswer) -> GridPhoto:
        """One answer for the grid."""
        truth, said = (self.names.get(label, label) for label in (one.truth, one.said))
        below = "" if one.is_right else shows(truth)
        return GridPhoto(str(one.path), said, percent(one.confidence), below, one.is_right)

    # The other pages

    def _build_matrix(self, frame: ttk.Frame) -> None:
        table = self.outcome.confusion
        if table is None:
            ttk.Label(frame, text=tr("The table of confusions is not there."), style="Faint.TLabel").pack(anchor="w")
            return
        said = tr("Each row is a class as it is, each column an answer; classes that look alike stand side by side.")

        def chosen(row: int, column: int) -> None:
            truth, answer = table.labels[row], table.labels[column]
            names = {"truth": self.names.get(truth, truth), "answer": self.names.get(answer, answer)}
            title = tr("They show {truth}, the answer was {answer}").format(**names)
            self.show_photos(title, in_cell(self.outcome.answers, truth, answer))

        self.matrix = TruthMatrix(frame, self.look, chosen)
        self.matrix.pack(fill="both", expand=True)
        self.matrix.show(matrix_of(table, self.names))
        # Below: on a small screen the rows are wanted first.
        hint = wrapped(ttk.Label(frame, text=said, style="Small.TLabel"), self.look.px(24))
        hint.pack(anchor="w", pady=(self.look.px(4), 0))

    def _build_classes(self, frame: ttk.Frame) -> None:
        columns = (
            Column(tr("Class"), 200),
            Column(tr("Photographs"), 100, True),
            Column(tr("Right"), 80, True),
            Column(tr("Found"), 90, True),
            Column(tr("Trusted"), 90, True),
            Column(tr("Taken most often for"), 220),
        )
        said = tr(
            "Found: of its photographs, so many were answered right. Trusted: of these answers, so many were right."
        )
        wrapped(ttk.Label(frame, text=said, style="Faint.TLabel"), self.look.px(24)).pack(anchor="w")
        self.classes = SortedTable(frame, self.look, columns, self._open_class)
        self.classes.pack(fill="both", expand=True, pady=(self.look.px(6), 0))
        self.classes.show([self._class_row(one) for one in self.outcome.result.judgement.classes])
        self.classes.sort(3, False)

    def _class_row(self, one: ClassResult) -> Row:
        name, other = self.names[one.label], self.names.get(one.confused_with, one.confused_with)
        confused = f"{other} ({grouped(one.confused)})" if one.confused else ""
        numbers = grouped(one.photographs), grouped(one.right), share_or_dash(one.recall), share_or_dash(one.precision)
        order = one.photographs, one.right, *(-1.0 if v is None else v for v in (one.recall, one.precision))
        return Row(one.label, (name, *numbers, confused), (name.lower(), *order, one.confused))

    def _open_class(self, label: str) -> None:
        answers = [one for one in self.outcome.answers if one.truth == label]
        self.show_photos(self.names.get(label, label), sorted(answers, key=lambda one: one.is_right))

    def _build_mistakes(self, frame: ttk.Frame) -> None:
        self.mistakes = MistakesPage(frame, self.look, self.desk, self.outcome, self.names)
        self.mistakes.pack(fill="both", expand=True)

    def _build_curves(self, frame: ttk.Frame) -> None:
        px, history = self.look.px, self.outcome.history
        frame.rowconfigure(0, weight=1)
        charts: list[tkinter.Widget] = [CalibrationChart(frame, self.look, self.outcome.result.judgement.bins)]
        if history:
            loss, accuracy = loss_chart(frame, self.look), accuracy_chart(frame, self.look)
            show_history(history, loss, accuracy)
            charts += [loss, accuracy]
        for column, chart in enumerate(charts):
            frame.columnconfigure(column, weight=1, uniform="chart")
            chart.grid(row=0, column=column, sticky="nsew", padx=(px(12) if column else 0, 0))


def _use_style(result: Result) -> str:
    """Only what is better, or has nothing beside it, is recommended."""
    beside = result.comparison
    is_better = beside is None or beside.verdict is ComparisonVerdict.BETTER
    return "Accent.TButton" if is_better and result.judgement.photographs else "TButton"


def headline(result: Result) -> str:
    """The plain sentence."""
    judged = result.judgement
    if not judged.photographs:
        return tr("Nobody knows how good it is: no photographs were kept aside to judge it on.")
    if result.comparison is not None:
        return comparison_sentence(result.comparison)
    right = round(judged.top1 * judged.photographs)
    if judged.photographs == 1:
        return tr("Judged on a single photograph that it had not seen, which says nothing.")
    said = tr("Right on {right} of {count} photographs that it had not seen.")
    return said.format(right=grouped(right), count=grouped(judged.photographs))


def detail(result: Result) -> str:
    """What must be known to read the sentence rightly."""
    lines = []
    if result.comparison is not None and result.judgement.photographs:
        lines.append(_compared(result.comparison))
    lines += warning_sentences(result.warnings)
    if result.trained_on:
        said = tr("{count} of the judged photographs were learned from: the figures are better than they should be.")
        lines.append(said.format(count=grouped(result.trained_on)))
    return " ".join(lines)


def _compared(comparison: Comparison) -> str:
    """Which of the photographs the other one had learned from is said by a warning of its own."""
    if round(100 * comparison.difference, 1) == 0:
        said = tr(
            "Beside {name}, on the same {count} photographs: right equally often, give or take {low} to {high} points."
        )
    elif comparison.difference > 0:
        said = tr(
            "Beside {name}, on the same {count} photographs: {difference} points more often right, and hardly outside "
            "{low} to {high}."
        )
    else:
        said = tr(
            "Beside {name}, on the same {count} photographs: {difference} points less often right, and hardly outside "
            "{low} to {high}."
        )
    return said.format(
        name=title_of(comparison),
        count=grouped(comparison.photographs),
        difference=points(abs(comparison.difference)).lstrip("+"),
        low=points(comparison.low),
        high=points(comparison.high),
    )


def points(share: float) -> str:
    """A difference of shares in points, with its sign.

    >>> points(0.041), points(-0.005)
    ('+4.1', '−0.5')
    """
    from core.texts import language

    written = f"{100 * share:+.1f}".replace("-", "−")
    return written.replace(".", ",") if language() == "fr" else written


def _numbers(judged: Judgement) -> tuple[tuple[str, str, str], ...]:
    def share(value: float) -> str:
        return percent(value) if judged.photographs else share_or_dash(None)

    return (
        (share(judged.top1), tr("right"), tr("The first answer was the right one.")),
        (share(judged.top3), tr("among the first three"), tr("The right one was one of the first three.")),
        (share(judged.sure_share), tr("sure"), _sure(judged)),
        (
            share(judged.balanced_accuracy),
            tr("right, each class alike"),
            tr("As if every class had the same number of photographs."),
        ),
    )


def _sure(judged: Judgement) -> str:
    """What “sure” is worth."""
    if not judged.photographs:
        return tr("Nothing was kept aside on which it could be measured.")
    if judged.sure_right is None or not judged.sure_share:
        return tr("It is never sure: not even its most confident answers were right often enough to promise anything.")
    said = tr("Of its answers, so many are called sure; of these {right} were right ({promised} promised).")
    return said.format(right=percent(judged.sure_right), promised=percent(judged.promised))


def facts(outcome: Outcome) -> list[str]:
    """How it was learned and judged, in a few sentences."""
    result = outcome.result
    counts = {name: grouped(result.counts.get(name, 0)) for name in ("train", "validation", "test")}
    said = tr("Learned from {train} photographs, steered by {validation}, judged on {test}.")
    lines = [said.format(**counts)]
    whole, learning = took_s(result), learning_s(result)
    if whole and learning and learning < whole:
        said = tr("It took {time}, {learning} of it learning.")
        lines.append(said.format(time=duration(whole), learning=duration(learning)))
    elif whole:
        lines.append(tr("It took {time}.").format(time=duration(whole)))
    if result.seconds_per_epoch:
        lines.append(tr("An epoch took {time}.").format(time=duration(result.seconds_per_epoch)))
    if result.on == "validation" and result.judgement.photographs:
        lines.append(tr("There were no photographs to judge on, so those to steer by were taken: a little flattering."))
    return lines
