"""The earlier runs of training with their figures: to open, compare, use, go on with, or delete."""

from __future__ import annotations

import tkinter
from collections.abc import Sequence
from tkinter import ttk

from core.backbones import BACKBONES
from core.run_results import title_of
from core.texts import tr
from core.train_records import Job, RunStatus
from gui.bar_chart import grouped
from gui.dialog import Dialog
from gui.flow import Flow
from gui.retrain_dialogs import SureDialog
from gui.retrain_engine import RunEntry
from gui.retrain_page import Page, wrapped
from gui.retrain_words import duration, mode_word, moment, share_or_dash, status_word, took_s
from gui.sorted_table import Column, Row, SortedTable
from gui.theme import Look


class RunsPage(Page):
    """A table, and buttons for what is chosen in it."""

    def build(self) -> None:
        px = self.look.px
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        columns = (
            Column(tr("Name"), 170),
            Column(tr("Date"), 140),
            Column(tr("Way"), 90),
            Column(tr("Network"), 220),
            Column(tr("Photographs"), 100, True),
            Column(tr("Right"), 80, True),
            Column(tr("State"), 150),
        )
        self.table = SortedTable(self, self.look, columns, self._open_key, self.show_progress)
        self.table.grid(row=0, column=0, sticky="nsew")
        self._empty = ttk.Label(self, text=tr("No model has been trained here yet."), style="Faint.TLabel")
        self.reason = wrapped(ttk.Label(self, style="Faint.TLabel"), px(8))
        self.reason.grid(row=1, column=0, sticky="w", pady=(px(4), 0))
        self.reason.grid_remove()
        foot = ttk.Frame(self)
        foot.grid(row=2, column=0, sticky="ew", pady=(px(8), 0))
        flow = Flow(foot, self.look)
        self.buttons: dict[str, ttk.Button] = {}
        for name, text, command in (
            ("open", tr("Open"), self._open),
            ("compare", tr("Compare two"), self._compare),
            ("use", tr("Use its model"), self._use),
            ("resume", tr("Go on"), self._resume),
            ("again", tr("Take its photographs and choices"), self._again),
            ("delete", tr("Delete…"), self._ask_delete),
        ):
            button = ttk.Button(foot, text=text, command=command)
            if name != "delete":
                flow.add(button)
            self.buttons[name] = button
        if self.desk.results.earlier_model:
            text = tr("Go back to {name}").format(name=self.desk.results.earlier_model)
            self.back_button = ttk.Button(foot, text=text, command=self.desk.results.go_back)
            flow.add(self.back_button)
        flow.add(self.buttons["delete"], at_right=True)
        runs = self.desk.results.runs
        if runs is not None:
            self.table.show([_row(one) for one in runs])
            if not runs:
                self._empty.place(relx=0.5, rely=0.4, anchor="center")
        self.show_progress()

    @property
    def chosen(self) -> list[RunEntry]:
        """The chosen runs."""
        keys = set(self.table.chosen)
        return [one for one in self.desk.results.runs or () if one.id in keys]

    def show_progress(self) -> None:
        """What can be done with what is chosen, and what is wrong with it: the table has no room for a sentence."""
        chosen = self.chosen
        one = chosen[0].run if len(chosen) == 1 else None
        said = one.problem or one.state.problem if one is not None else ""
        self.reason.configure(text=said)
        self.reason.grid() if said else self.reason.grid_remove()
        can_resume = (
            one is not None
            and one.state.job is Job.TRAIN
            and one.state.status in (RunStatus.STOPPED, RunStatus.INTERRUPTED, RunStatus.FAILED)
            and not self.desk.run.is_running
        )
        allowed = {
            "open": one is not None and (one.has_result or one.is_running),
            "compare": len(chosen) == 2 and all(entry.result is not None for entry in chosen),
            "use": one is not None and one.has_result,
            "resume": can_resume,
            "again": one is not None and one.config is not None and not self.desk.run.is_running,
            "delete": bool(chosen) and not any(entry.run.is_running for entry in chosen),
        }
        for name, button in self.buttons.items():
            button.state(["!disabled" if allowed[name] else "disabled"])

    def _open_key(self, key: str) -> None:
        self.table.view.selection_set(key)
        self._open()

    def _open(self) -> None:
        chosen = self.chosen
        if len(chosen) == 1 and chosen[0].run.has_result:
            self.desk.results.open(chosen[0].run)
        elif len(chosen) == 1 and chosen[0].run.is_running:
            self.desk.watch(chosen[0].run)

    def _compare(self) -> None:
        first, second = self.chosen
        CompareDialog(self.desk.root, self.look, first, second)

    def _use(self) -> None:
        self.desk.results.use(self.chosen[0].run)

    def _resume(self) -> None:
        self.desk.resume(self.chosen[0].run)

    def _again(self) -> None:
        self.desk.use_source_of(self.chosen[0].run)

    def _ask_delete(self) -> None:
        chosen = self.chosen
        names = ", ".join(f"“{one.run.name}”" for one in chosen)
        said = tr("Delete {names} with all figures? Models that were taken into use stay.").format(names=names)

        def delete() -> None:
            for one in chosen:
                self.desk.results.delete(one.run)

        answers = [(tr("Keep"), lambda: None), (tr("Delete"), delete)]
        SureDialog(self.desk.root, self.look, tr("Delete"), said, answers)


class CompareDialog(Dialog):
    """Two runs side by side; the better figure of each line is marked."""

    def __init__(self, parent: tkinter.Tk, look: Look, first: RunEntry, second: RunEntry) -> None:
        super().__init__(parent, look, tr("Compare two runs"))
        px = look.px
        for column, text in enumerate(("", first.run.name, second.run.name)):
            ttk.Label(self.body, text=text, style="Strong.TLabel").grid(row=0, column=column, sticky="w", padx=px(10))
        for row, (name, one, other) in enumerate(compared(first, second), start=1):
            ttk.Label(self.body, text=name, style="Faint.TLabel").grid(row=row, column=0, sticky="w", padx=px(10))
            for column, text in enumerate((one, other), start=1):
                ttk.Label(self.body, text=text).grid(row=row, column=column, sticky="w", padx=px(10), pady=px(2))
        note = tr("Figures of runs with other photographs cannot be compared; the same seed shares the same out alike.")
        label = ttk.Label(self.body, text=note, style="Small.TLabel", wraplength=px(460), justify="left")
        label.grid(row=50, column=0, columnspan=3, sticky="w", padx=px(10), pady=(px(10), 0))
        self.show()


def compared(first: RunEntry, second: RunEntry) -> list[tuple[str, str, str]]:
    """A line for each figure: its name, and what it is in both."""
    lines = [_figures(one) for one in (first, second)]
    return [(name, one, other) for (name, one), (_, other) in zip(*lines, strict=True)]


def _figures(entry: RunEntry) -> list[tuple[str, str]]:
    run, result = entry.run, entry.result
    judged = result.judgement if result and result.judgement.photographs else None

    def share(name: str) -> str:
        return share_or_dash(getattr(judged, name) if judged else None)

    beside = result.comparison if result else None
    return [
        (tr("Date"), moment(run.state.started)),
        (tr("Way"), mode_word(run.config.fit.mode) if run.config else ""),
        (tr("Network"), _network(entry)),
        (tr("Learned from"), grouped(result.counts.get("train", 0)) if result else ""),
        (tr("Judged on"), grouped(result.judgement.photographs) if result else ""),
        (tr("Right"), share("top1")),
        (tr("Among the first three"), share("top3")),
        (tr("Right, each class alike"), share("balanced_accuracy")),
        (tr("Macro F1"), share("macro_f1")),
        (tr("Sure"), share("sure_share")),
        (tr("Right where sure"), share("sure_right")),
        (tr("Error of its sureness"), share("ece")),
        (tr("Took"), duration(took_s(result)) if result and result.seconds else ""),
        (tr("Beside"), f"{title_of(beside)} · +{beside.better} −{beside.worse}" if beside else ""),
    ]


def _row(entry: RunEntry) -> Row:
    run, result = entry.run, entry.result
    photographs = sum(result.counts.values()) if result else 0
    right = share_or_dash(result.judgement.top1 if result.judgement.photographs else None) if result else ""
    date = moment(run.state.started or run.state.updated)
    way = mode_word(run.config.fit.mode) if run.config else ""
    state = run.problem or status_word(run.state, run.has_result)
    cells: Sequence[str] = (
        *(run.name, date, way, _network(entry)), grouped(photographs) if photographs else "", right, state,
    )  # fmt: skip
    order = (run.name, date, way, _network(entry), photographs, result.judgement.top1 if result else -1.0, state)
    return Row(run.id, cells, order)


def _network(entry: RunEntry) -> str:
    config = entry.run.config
    if config is None:
        return ""
    known = BACKBONES.get(config.network.backbone)
    return known.title if known else config.network.backbone
