"""Step 2 of retraining while it runs: what is being done, how long still, and how well it learns, as live curves."""

from __future__ import annotations

import tkinter
from collections.abc import Sequence
from tkinter import ttk

from core.texts import tr
from core.train_records import Epoch, RunState, RunStatus, Stop
from gui.curve_chart import Curve, CurveChart, accuracy_chart, loss_chart
from gui.dialog import Dialog
from gui.flow import Flow
from gui.retrain_page import Page, wrapped
from gui.retrain_place import Place
from gui.retrain_words import duration, progress_sentence, share_done
from gui.scroll_frame import ScrollFrame
from gui.theme import Look


class LivePage(Page):
    """A sentence, a bar, two charts, what the administrator should know, and buttons."""

    def build(self) -> None:
        px = self.look.px
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        scroll = ScrollFrame(self, self.look, fills=True)
        scroll.grid(row=0, column=0, sticky="nsew")
        inside = scroll.inside
        inside.columnconfigure(0, weight=1)
        inside.rowconfigure(3, weight=1)
        self.title = ttk.Label(inside, style="Title.TLabel")
        self.title.grid(row=0, column=0, sticky="w", pady=(px(4), px(2)))
        self.sentence = wrapped(ttk.Label(inside), px(8))
        self.sentence.grid(row=1, column=0, sticky="w")
        self.bar = ttk.Progressbar(inside, maximum=1.0)
        self.bar.grid(row=2, column=0, sticky="ew", pady=(px(6), px(10)))
        charts = ttk.Frame(inside)
        charts.grid(row=3, column=0, sticky="nsew")
        charts.rowconfigure(0, weight=1)
        self.loss, self.accuracy = loss_chart(charts, self.look), accuracy_chart(charts, self.look)
        for column, chart in enumerate((self.loss, self.accuracy)):
            charts.columnconfigure(column, weight=1, uniform="chart")
            chart.grid(row=0, column=column, sticky="nsew", padx=(px(16) if column else 0, 0))
        self.no_curves = wrapped(ttk.Label(charts, style="Faint.TLabel"), px(40))
        self.notes = wrapped(ttk.Label(inside, style="Faint.TLabel"), px(8))
        self.notes.grid(row=4, column=0, sticky="w", pady=(px(8), 0))
        self._build_buttons()
        self._is_pulsing = False
        self.show_progress()

    def _build_buttons(self) -> None:
        px, desk = self.look.px, self.desk
        foot = ttk.Frame(self)
        foot.grid(row=1, column=0, sticky="ew", pady=(px(8), 0))
        self.pause_button = ttk.Button(foot, text=tr("Pause"), command=lambda: desk.stop(Stop.PAUSE))
        self.finish_button = ttk.Button(
            foot, text=tr("Stop and keep the best so far"), command=lambda: desk.stop(Stop.FINISH)
        )
        self.resume_button = ttk.Button(foot, text=tr("Go on"), style="Accent.TButton", command=self._resume)
        self.result_button = ttk.Button(foot, text=tr("See the result"), style="Accent.TButton", command=self._open)
        self.back_button = ttk.Button(foot, text=tr("Other choices"), command=self._back)
        self.board_button = ttk.Button(foot, text=tr("Open TensorBoard"), command=self._board)
        self.log_button = ttk.Button(foot, text=tr("Show the log of this run"), command=self._log)
        self._flow = Flow(foot, self.look)
        for button in (self.pause_button, self.finish_button, self.resume_button, self.result_button, self.back_button):
            self._flow.add(button, shown=False)
        self._flow.add(self.board_button, at_right=True)
        self._flow.add(self.log_button)

    # What is shown

    def show_progress(self) -> None:
        """How far it is; when it has ended, how."""
        run, ended = self.desk.run, self.desk.ended
        progress = run.progress if run.is_training else ended
        if progress is None:
            self.title.configure(text=tr("The training is being started…"))
            self._show_buttons(is_running=True)
            self._pulse(True)
            return
        state = progress.state
        name = progress.run.name
        self.title.configure(text=_title(state, name, run.is_training, run.is_stopping))
        self.sentence.configure(text=self._sentence(state, run.is_training))
        self._show_bar(state, run.is_training)
        self._show_curves(progress.history, run.is_training)
        notes = [*([tr("It computes on: {name}").format(name=state.device)] if state.device else []), *state.notes]
        self.notes.configure(text="\n".join(notes[-5:]))
        self._show_buttons(run.is_training)

    def _sentence(self, state: RunState, is_running: bool) -> str:
        if is_running:
            return progress_sentence(state)
        if state.status is RunStatus.FAILED:
            return state.problem or tr("It failed. The log says more.")
        if state.status is RunStatus.DONE:
            return tr("It took {time}.").format(time=duration(max(1.0, state.updated - state.started)))
        return tr("Nothing is lost: “Go on” continues from the last epoch.")

    def _show_bar(self, state: RunState, is_running: bool) -> None:
        share = share_done(state)
        self._pulse(is_running and share is None)
        if not is_running:
            self.bar.configure(value=1.0 if state.status is RunStatus.DONE else share or 0.0)
        elif share is not None:
            self.bar.configure(value=share)

    def _pulse(self, pulsing: bool) -> None:
        if pulsing != self._is_pulsing:
            self._is_pulsing = pulsing
            self.bar.stop()
            self.bar.configure(mode="indeterminate" if pulsing else "determinate")
            if pulsing:
                self.bar.start(15)

    def _show_curves(self, history: Sequence[Epoch], is_running: bool) -> None:
        if not history:
            said = tr("Curves appear with the first epoch.")
            self.no_curves.configure(text=said)
            self.no_curves.place(relx=0.5, rely=0.4, anchor="center")
            for chart in (self.loss, self.accuracy):
                chart.grid_remove()
            return
        self.no_curves.place_forget()
        for chart in (self.loss, self.accuracy):
            chart.grid()
        show_history(history, self.loss, self.accuracy)

    def _show_buttons(self, is_running: bool) -> None:
        run, ended = self.desk.run, self.desk.ended
        can_resume = not is_running and ended is not None and ended.state.status is not RunStatus.DONE
        has_result = (
            not is_running and self.desk.results.outcome is not None and ended is not None
            and self.desk.results.outcome.run.id == ended.run.id
        )  # fmt: skip
        shown = {
            self.pause_button: is_running,
            self.finish_button: is_running,
            self.resume_button: can_resume,
            self.result_button: has_result,
            self.back_button: not is_running,
        }
        for button, is_shown in shown.items():
            self._flow.show(button, is_shown)
        can_stop = is_running and not run.is_stopping and run.now is not None
        for button in (self.pause_button, self.finish_button):
            button.state(["!disabled" if can_stop else "disabled"])
        for button in (self.board_button, self.log_button):
            button.state(["!disabled" if self.desk.draft is not None else "disabled"])

    # What is clicked

    def _resume(self) -> None:
        if self.desk.ended is not None:
            self.desk.resume(self.desk.ended.run)

    def _open(self) -> None:
        self.desk.show(Place.RESULT)

    def _back(self) -> None:
        self.desk.ended = None
        self.desk.show(Place.CHOICES if self.desk.can_choose else Place.PHOTOS)

    def _board(self) -> None:
        if self.desk.draft is not None:
            self.desk.results.open_board(self.desk.draft)

    def _log(self) -> None:
        run = self.desk.draft
        if run is not None:
            self.desk.ask(
                lambda: self.desk.engine.last_lines(run),
                lambda text: LogDialog(self.desk.root, self.look, text or tr("The log is empty.")),
            )


class LogDialog(Dialog):
    """The end of a run's log, to be read and copied."""

    def __init__(self, parent: tkinter.Tk, look: Look, text: str) -> None:
        super().__init__(parent, look, tr("The log of this run"))
        self.resizable(True, True)
        colours = look.colours
        self.text = tkinter.Text(
            *(self.body,), width=100, height=26, wrap="none", borderwidth=0, background=colours.card,
            foreground=colours.text, insertbackground=colours.text, highlightthickness=1,
            highlightbackground=colours.border, font="TkFixedFont",
        )  # fmt: skip
        bar = ttk.Scrollbar(self.body, command=self.text.yview)
        self.text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        self.text.pack(side="left", fill="both", expand=True)
        self.text.insert("end", text)
        self.text.see("end")
        self.text.configure(state="disabled")
        self.show()


def show_history(history: Sequence[Epoch], loss: CurveChart, accuracy: CurveChart) -> None:
    """The epochs of all phases one after the other, in both charts."""
    breaks = [place for place in range(1, len(history)) if history[place].phase is not history[place - 1].phase]
    learned, checked = tr("Learning"), tr("Checking (other photographs)")
    loss.show(
        [
            Curve(learned, [one.loss for one in history]),
            Curve(checked, [one.validation_loss for one in history], is_dashed=True),
        ],
        breaks,
    )
    accuracy.show(
        [
            Curve(learned, [one.accuracy for one in history]),
            Curve(checked, [one.validation_accuracy for one in history], is_dashed=True),
        ],
        breaks,
    )


def _title(state: RunState, name: str, is_running: bool, is_stopping: bool) -> str:
    if is_running:
        said = tr("“{name}” is being stopped…") if is_stopping else tr("“{name}” is being trained")
    else:
        said = {
            RunStatus.DONE: tr("“{name}” is trained"),
            RunStatus.FAILED: tr("“{name}” could not be trained"),
            RunStatus.INTERRUPTED: tr("The training of “{name}” was cut off"),
        }.get(state.status, tr("“{name}” is paused"))
    return said.format(name=name)
