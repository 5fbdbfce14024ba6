"""Step 3 of retraining: whether the new model is better, in a sentence; the figures behind it; use it, or go back."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import filedialog, ttk

from core.run_results import PhotoAnswer, comparison_sentence, in_cell, names_of, not_medical_words, title_of
from core.texts import percent, tr
from core.train_records import ClassResult, Comparison, Judgement, Result
from gui.bar_chart import grouped
from gui.calibration_chart import CalibrationChart
from gui.curve_chart import accuracy_chart, loss_chart
from gui.photo_grid import GridPhoto
from gui.retrain_engine import Outcome
from gui.retrain_live import show_history
from gui.retrain_mistakes import MistakesPage, PhotosDialog, shows
from gui.retrain_page import Page, wrapped
from gui.retrain_words import duration, share_or_dash
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
        self.rowconfigure(2, weight=1)
        self.outcome = outcome
        self.names = names_of(outcome.result.judgement.classes)
        self.sentence = wrapped(ttk.Label(self, text=headline(outcome.result), style="Title.TLabel"), px(8))
        self.sentence.grid(row=0, column=0, sticky="w", pady=(px(2), 0))
        self.detail = wrapped(ttk.Label(self, text=detail(outcome.result), style="Faint.TLabel"), px(8))
        self.detail.grid(row=1, column=0, sticky="w", pady=(px(2), px(6)))
        self._build_pages()
        self._build_foot()
        self.show_progress()

    def _build_pages(self) -> None:
        px = self.look.px
        self.tabs = ttk.Notebook(self)
        self.tabs.grid(row=2, column=0, sticky="nsew")
        self._unbuilt: dict[str, tuple[ttk.Frame, Callable[[ttk.Frame], None]]] = {}
        for name, build in (
            (tr("In short"), self._build_short),
            (tr("What is taken for what"), self._build_matrix),
            (tr("Classes"), self._build_classes),
            (tr("Worst mistakes"), self._build_mistakes),
            (tr("Curves"), self._build_curves),
        ):
            frame = ttk.Frame(self.tabs, padding=px(12))
            self.tabs.add(frame, text=name)
            self._unbuilt[str(frame)] = frame, build
        self.tabs.bind("<<NotebookTabChanged>>", lambda _event: self._build_shown())
        self._build_shown()

    def _build_shown(self) -> None:
        """A page is built when it is first seen."""
        frame, build = self._unbuilt.pop(str(self.tabs.select()), (None, None))  # type: ignore[no-untyped-call]
        if frame is not None and build is not None:
            build(frame)

    def _build_foot(self) -> None:
        px, run = self.look.px, self.outcome.run
        foot = ttk.Frame(self)
        foot.grid(row=3, column=0, sticky="ew", pady=(px(8), 0))
        self.use_button = ttk.Button(
            foot, text=tr("Use this model"), style="Accent.TButton", command=lambda: self.desk.results.use(run)
        )
        self.back_button = ttk.Button(foot, command=self.desk.results.go_back)
        self.report_button = ttk.Button(
            foot, text=tr("Open the report"), command=lambda: self.desk.results.open_report(run)
        )
        self.save_button = ttk.Button(foot, text=tr("Save the model as a file…"), command=self._ask_where)
        for button in (self.use_button, self.back_button):
            button.pack(side="left", padx=(0, px(8)))
        for button in (self.save_button, self.report_button):
            button.pack(side="right", padx=(px(8), 0))
        self.use_button.state(["!disabled" if run.has_result else "disabled"])
        self.report_button.state(["!disabled" if (run.folder / "report.html").is_file() else "disabled"])
        if self.desk.results.earlier_model:
            self.back_button.configure(text=tr("Go back to {name}").format(name=self.desk.results.earlier_model))
        else:
            self.back_button.pack_forget()

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
        scroll = ScrollFrame(frame, self.look)
        scroll.pack(fill="both", expand=True)
        numbers = ttk.Frame(scroll.inside)
        numbers.pack(fill="x")
        for column, (number, title, text) in enumerate(_numbers(judged)):
            numbers.columnconfigure(column, weight=1, uniform="number")
            cell = ttk.Frame(numbers)
            cell.grid(row=0, column=column, sticky="new", padx=(0, px(16)))
            ttk.Label(cell, text=number, style="Headline.TLabel").pack(anchor="w")
            wrapped(ttk.Label(cell, text=title, style="Strong.TLabel"), px(4)).pack(anchor="w")
            wrapped(ttk.Label(cell, text=text, style="Faint.TLabel"), px(4)).pack(anchor="w")
        self._build_changed(scroll.inside)
        for line in facts(self.outcome):
            wrapped(ttk.Label(scroll.inside, text=line), px(8)).pack(anchor="w", pady=(px(6), 0))

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
        for text, answers, title in (
            (tr("Show the {count} that got better"), better, tr("Right now, wrong before")),
            (tr("Show the {count} that got worse"), worse, tr("Wrong now, right before")),
        ):
            button = ttk.Button(row, text=text.format(count=grouped(len(answers))))
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
        wrapped(ttk.Label(frame, text=said, style="Faint.TLabel"), self.look.px(24)).pack(anchor="w")

        def chosen(row: int, column: int) -> None:
            truth, answer = table.labels[row], table.labels[column]
            names = {"truth": self.names.get(truth, truth), "answer": self.names.get(answer, answer)}
            title = tr("They show {truth}, the answer was {answer}").format(**names)
            self.show_photos(title, in_cell(self.outcome.answers, truth, answer))

        self.matrix = TruthMatrix(frame, self.look, chosen)
        self.matrix.pack(fill="both", expand=True, pady=(self.look.px(6), 0))
        self.matrix.show(matrix_of(table, self.names))

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


def headline(result: Result) -> str:
    """The plain sentence."""
    if result.comparison is not None:
        return comparison_sentence(result.comparison)
    judged = result.judgement
    right = round(judged.top1 * judged.photographs)
    said = tr("Right on {right} of {count} photographs that it had not seen.")
    return said.format(right=grouped(right), count=grouped(judged.photographs))


def detail(result: Result) -> str:
    """What must be known to read the sentence rightly."""
    lines = [not_medical_words()] if result.not_medical else []
    if result.comparison is not None:
        lines.append(_compared(result.comparison))
    lines += result.warnings
    if result.trained_on:
        said = tr("{count} of the judged photographs were learned from: the figures are better than they should be.")
        lines.append(said.format(count=grouped(result.trained_on)))
    return " ".join(lines)


def _compared(comparison: Comparison) -> str:
    said = tr(
        "Beside {name}, on the same {count} photographs that neither had learned from: {difference} points more often "
        "right, and hardly outside {low} to {high}."
    )
    if comparison.seen_before:
        said = tr(
            "Beside {name}, on the same {count} photographs: {difference} points more often right, and hardly outside "
            "{low} to {high}. {seen} of them the other one had learned from, which flatters it."
        )
    return said.format(
        name=title_of(comparison),
        count=grouped(comparison.photographs),
        difference=points(comparison.difference),
        low=points(comparison.low),
        high=points(comparison.high),
        seen=grouped(comparison.seen_before),
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
    sure = tr("Of its answers, so many are called sure; of these {right} were right ({promised} promised).")
    sure_right = share_or_dash(judged.sure_right)
    return (
        (percent(judged.top1), tr("right"), tr("The first answer was the right one.")),
        (percent(judged.top3), tr("among the first three"), tr("The right one was one of the first three.")),
        (
            percent(judged.sure_share),
            tr("sure"),
            sure.format(right=sure_right, promised=percent(judged.promised)),
        ),
        (
            percent(judged.balanced_accuracy),
            tr("right, each class alike"),
            tr("As if every class had the same number of photographs."),
        ),
    )


def facts(outcome: Outcome) -> list[str]:
    """How it was learned and judged, in a few sentences."""
    result = outcome.result
    counts = {name: grouped(result.counts.get(name, 0)) for name in ("train", "validation", "test")}
    said = tr("Learned from {train} photographs, steered by {validation}, judged on {test}.")
    lines = [said.format(**counts)]
    seconds = sum(result.seconds.values())
    if seconds:
        lines.append(tr("It took {time}.").format(time=duration(seconds)))
    if result.seconds_per_epoch:
        lines.append(tr("An epoch took {time}.").format(time=duration(result.seconds_per_epoch)))
    if result.on == "validation":
        lines.append(tr("There were no photographs to judge on, so those to steer by were taken: a little flattering."))
    return lines
