"""What became of trainings: results and earlier runs shown, their models used, taken back, saved; runs deleted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.texts import tr
from gui.retrain_engine import InUse, Outcome, RunEntry
from gui.retrain_place import Place
from gui.shown_names import printable

if TYPE_CHECKING:
    from core.train_runs import Run
    from gui.retrain_desk import RetrainDesk


class RetrainResults:
    """The part of the desk that begins when a training has ended."""

    def __init__(self, desk: RetrainDesk) -> None:
        self._desk = desk
        self.outcome: Outcome | None = None
        self.runs: Sequence[RunEntry] | None = None
        self.earlier_model = ""

    def ask_earlier(self) -> None:
        """Which model can be gone back to."""

        def done(name: str) -> None:
            self.earlier_model = name
            self._desk.tab.show_page(Place.RESULT)
            self._desk.tab.show_page(Place.RUNS)

        self._desk.ask(self._desk.engine.earlier_model, done)

    def open(self, run: Run, quietly: bool = False) -> None:
        """The result of a run; `quietly` stays where the user is when there is none."""

        def found() -> Outcome | None:
            try:
                return self._desk.engine.outcome(run)
            except UserError:
                if quietly:
                    return None
                raise

        def done(outcome: Outcome | None) -> None:
            if outcome is None:
                self._desk.tab.show_page(Place.LIVE)
                return
            self.outcome = outcome
            if not quietly or self._desk.place is Place.LIVE:
                self._desk.show(Place.RESULT)
            self._desk.tab.show_steps()

        self._desk.ask(found, done, self._desk.on_problem)

    def read(self) -> None:
        """The list of earlier runs."""

        def done(runs: Sequence[RunEntry]) -> None:
            self.runs = runs
            self._desk.tab.show_page(Place.RUNS)

        self._desk.ask(self._desk.engine.runs, done, self._desk.on_problem)

    def use(self, run: Run) -> None:
        """Answer with this run's model from now on, after asking where something is lost by that."""
        self._desk.ask(
            *(lambda: self._desk.engine.loss(run), lambda loss: self._ask_use(run, loss), self._desk.on_problem)
        )

    def _ask_use(self, run: Run, loss: str) -> None:
        from gui.retrain_dialogs import SureDialog

        if not loss:
            self._use(run)
            return
        said = tr("{loss} Use it all the same?").format(loss=loss)
        answers = [(tr("Keep the one in use"), lambda: None), (tr("Use this model"), lambda: self._use(run))]
        SureDialog(self._desk.root, self._desk.tab.look, tr("Use this model"), said, answers)

    def _use(self, run: Run) -> None:
        self._desk.ask(
            *(lambda: self._desk.engine.use(run), self._on_used, self._desk.on_problem),
            says=tr("Taking the model into use…"),
        )

    def go_back(self) -> None:
        """Answer with the model before again."""
        self._desk.ask(
            *(self._desk.engine.go_back, self._on_used, self._desk.on_problem),
            says=tr("Going back to the model before…"),
        )

    def _on_used(self, used: InUse) -> None:
        """Another model answers: the window loads it, and then the library's photographs get its answers."""
        self._desk.window.model_changed(used.name, used.previous, self._reanswer)
        self._desk.window.show_done(tr("{name} answers from now on.").format(name=used.title))
        self.ask_earlier()

    def _reanswer(self) -> None:
        """The model is loaded: not before, or else the folder that is shown would be answered for by the one before."""
        self._desk.background.start(
            *("reanswer", lambda job: self._desk.engine.reanswer(lambda: job.cancelled), self._on_reanswered),
            self._desk.log_only,
            topic="reanswer",
            says=tr("New answers for the photographs of the library…"),
        )

    def _on_reanswered(self, _number: int) -> None:
        self._desk.window.answers_changed()

    def save_model(self, run: Run, path: Path) -> None:
        """The model of a run as a file."""
        self._desk.ask(
            lambda: self._desk.engine.save_model(run, path),
            lambda _done: self._desk.window.show_done(
                tr("The model was saved as {name}.").format(name=printable(path.name))
            ),
            self._desk.on_problem,
            says=tr("Saving the model…"),
            is_promise=True,
        )

    def open_report(self, run: Run) -> None:
        """The report in the browser."""
        self._desk.ask(lambda: self._desk.engine.open_report(run), lambda _done: None, self._desk.on_problem)

    def open_board(self, run: Run) -> None:
        """TensorBoard in the browser."""
        self._desk.background.start(
            *(
                "retrain board",
                lambda _job: self._desk.engine.open_board(run),
                lambda _done: None,
                self._desk.on_problem,
            ),
            says=tr("Starting TensorBoard…"),
        )

    def delete(self, run: Run) -> None:
        """Away with an earlier run."""

        def done(_done: None) -> None:
            if self._desk.draft is not None and self._desk.draft.id == run.id:
                self._desk.draft = None
            if self.outcome is not None and self.outcome.run.id == run.id:
                self.outcome = None
            self._desk.tab.show_steps()
            self.read()

        self._desk.ask(lambda: self._desk.engine.delete(run), done, self._desk.on_problem)
