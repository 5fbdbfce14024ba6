"""What happens in the Retrain tab: photographs looked at, choices filled in, a training watched, its result used."""

from __future__ import annotations

import logging
import tkinter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from core.errors import UserError
from core.texts import label_name, tr
from core.train_records import Job, RunStatus, Stop
from gui.background import Background
from gui.engine import Engine
from gui.retrain_acts import Act, ActKind, acts_of, changes_of, open_findings
from gui.retrain_engine import Computer, Progress, RetrainEngine, TableHead
from gui.retrain_form import Filled, filled, values_of
from gui.retrain_place import Place
from gui.retrain_results import RetrainResults
from gui.retrain_run import RetrainRun
from gui.retrain_source import TABLE_SUFFIXES, SourceChoice

if TYPE_CHECKING:
    from core.settings import Settings
    from core.train_config import Mode, Source, TrainConfig
    from core.train_records import DataReport, Finding
    from core.train_runs import Run
    from gui.retrain_tab import RetrainTab
    from gui.theme import Look

log = logging.getLogger(__name__)

T = TypeVar("T")

# What does not depend on the way to train.
_PROMISE = ("wanted_precision", "title_en", "title_fr", "subject_en", "subject_fr", "not_medical")


class RetrainWindow(Protocol):
    """The window around the tab."""

    settings: Settings

    def show_done(self, text: str) -> None: ...
    def show_problem(self, text: str) -> None: ...
    def show_photo(self, path: Path) -> None: ...
    def show_tagging(self) -> None: ...
    def model_changed(self, name: str, previous: str | None, ready: Callable[[], object]) -> None: ...
    def answers_changed(self) -> None: ...
    def open_settings(self) -> None: ...


class RetrainDesk:
    """Decides what a click means; asks the engine in the background and tells the tab what to show."""

    def __init__(self, root: tkinter.Tk, engine: Engine, background: Background, window: RetrainWindow) -> None:
        self.root = root
        self.background = background
        self.window = window
        self.engine = RetrainEngine(engine)
        self.run = RetrainRun(root, self.engine, background)
        self.run.attach(self)
        self.tab: RetrainTab
        self.place = Place.LOCKED
        self.is_open = False
        self.source = SourceChoice()
        self.table: TableHead | None = None
        self.words_said: int | None = None
        self.draft: Run | None = None
        self.report: DataReport | None = None
        # Those of classes that are merged away stay: they are named in what was decided.
        self._class_names: dict[str, str] = {}
        self.acts: list[Act] = []
        self.notes: tuple[str, ...] = ()
        # What the photographs were last looked at with, and what they are looked at with now.
        self.looked: tuple[Source, tuple[Act, ...]] | None = None
        self._asked: tuple[Source, tuple[Act, ...]] | None = None
        self.values: dict[str, str] = {}
        self.base: TrainConfig | None = None
        self.unfolded: set[str] = set()
        self.computer = Computer()
        self.known_models: frozenset[str] = frozenset()
        self.preview: Path | None = None
        self.ended: Progress | None = None
        self.results = RetrainResults(self)
        self.problem = ""
        self.close_when_ended: Callable[[], object] | None = None

    def attach(self, tab: RetrainTab) -> None:
        """The tab that shows it."""
        self.tab = tab

    # Access

    def start(self) -> None:
        """Behind the drawn window: what was set; a training that goes on from before is followed."""
        self.settings_changed()
        if self.window.settings.retrain_enabled:
            self.ask(self.engine.running, self._on_running)

    def settings_changed(self) -> None:
        """The tools were switched on or off, or the passphrase is another one."""
        settings = self.window.settings
        may = settings.retrain_enabled and (self.is_open or not settings.retrain_passphrase)
        if not may:
            self.is_open = False
            self.show(Place.LOCKED)
        elif self.place is Place.LOCKED:
            self.unlocked()

    def unlock(self, passphrase: str, said: Callable[[bool], object]) -> None:
        """Check the passphrase, which takes a moment on purpose."""
        kept = self.window.settings.retrain_passphrase

        def check() -> bool:
            from core.passphrase import is_right

            return is_right(passphrase, kept)

        def checked(right: bool) -> None:
            said(right)
            if right:
                self.unlocked()

        self.ask(check, checked)

    def unlocked(self) -> None:
        """The tools are to be seen."""
        self.is_open = True
        self.show(Place.LIVE if self.run.is_training else Place.PHOTOS)
        self.ask(self.engine.computer, self._on_computer)
        self.ask(self.engine.model_names, self._on_model_names)
        self.results.ask_earlier()
        self.ask(self.engine.words_in_library, self._on_words_said)

    def _on_running(self, run: Run | None) -> None:
        if run is not None:
            self.run.follow(run)
            self.draft = run
            if self.is_open and self.run.is_training and self.place is Place.PHOTOS:
                self.show(Place.LIVE)

    def _on_computer(self, computer: Computer) -> None:
        self.computer = computer
        self.tab.show_page(Place.CHOICES)

    def _on_model_names(self, names: frozenset[str]) -> None:
        self.known_models = names

    def _on_words_said(self, number: int) -> None:
        self.words_said = number
        self.tab.show_page(Place.PHOTOS)

    # Where the user is

    def show(self, place: Place) -> None:
        """This step."""
        if place is Place.CHOICES and self.run.is_training:
            place = Place.LIVE
        if place is Place.RUNS:
            self.results.read()
        self.place = place
        self.tab.show_place(place)
        self.window.show_tagging()

    @property
    def shows_run(self) -> bool:
        """Whether what runs is to be seen on the page that is shown."""
        if self.run.is_training:
            return self.place is Place.LIVE
        return self.place is (Place.PHOTOS if self.run.job is Job.LOOK else Place.CHOICES)

    @property
    def can_choose(self) -> bool:
        """Whether there are photographs to train with."""
        return self.report is not None and bool(self.report.photographs)

    # Step 1

    @property
    def takes_drops(self) -> bool:
        """Whether what is dropped on the window now is meant as photographs to learn from."""
        return self.is_open and self.place is Place.PHOTOS and not self.run.is_running

    def takes(self, path: Path, is_folder: bool) -> bool:
        """Whether this can be a source; then it is from now on."""
        if not self.takes_drops or not (is_folder or path.suffix.lower() in TABLE_SUFFIXES):
            return False
        self.source.take(path, is_folder)
        self.problem = ""
        self.forget_look()
        if not is_folder:
            self.read_table()
        return True

    def forget_look(self) -> None:
        """Other photographs: what was found in the ones before is over."""
        self.report, self.looked, self.draft, self.preview = None, None, None, None
        self.acts, self.notes, self._class_names = [], (), {}
        self.base, self.values = None, {}
        self.problem = ""
        self.tab.show_page(Place.PHOTOS)

    def read_table(self) -> None:
        """The columns of the chosen table."""
        path = self.source.table
        self.table = None
        if path is not None:
            self.ask(lambda: self.engine.table_head(path), self._on_table, self.on_problem)

    def _on_table(self, table: TableHead) -> None:
        self.table = table
        self.source.guess_columns(table.columns)
        self.tab.show_page(Place.PHOTOS)

    def look(self) -> None:
        """Look at the photographs, with what was decided so far."""
        self.problem = ""
        try:
            source = self.source.source()
        except UserError as error:
            self.on_problem(error)
            return
        acts = tuple(self.acts)

        def make() -> TrainConfig:
            from core.train_defaults import usual_config, usual_name

            if self.base is not None:
                return self.base.model_copy(update={"source": source, "changes": changes_of(acts)})
            config = usual_config(usual_name(self.source.stem), source)
            return config.model_copy(update={"changes": changes_of(acts)})

        def made(config: TrainConfig) -> None:
            self.base = config
            self._asked = source, acts
            self.run.start(self.draft, config, Job.LOOK)

        self.ask(make, made, self.on_problem)

    def decide(self, act: Act) -> None:
        """One more act about findings."""
        self.acts.append(act)
        self.acts_changed()

    def acts_changed(self) -> None:
        """The list of decisions is another one."""
        self.tab.show_acts()

    def take_back(self, act: Act) -> None:
        """Not that one."""
        if act in self.acts:
            self.acts.remove(act)
        self.tab.show_acts()

    @property
    def has_new_acts(self) -> bool:
        """Whether something was decided, or taken back, since the photographs were looked at."""
        looked = self.looked[1] if self.looked else ()
        return [act for act in self.acts if act.kind is not ActKind.IGNORE] != [
            act for act in looked if act.kind is not ActKind.IGNORE
        ]

    def undo(self) -> None:
        """Take the last decision back."""
        if self.can_undo:
            self.take_back(self.acts[-1])

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to take back, and it is seen."""
        return bool(self.acts) and self.place is Place.PHOTOS and self.report is not None and not self.run.is_running

    @property
    def can_go(self) -> bool:
        """Whether the page that is shown has a next step, and nothing runs."""
        return self.is_open and self.place in (Place.PHOTOS, Place.CHOICES) and not self.run.is_running

    def go(self) -> None:
        """Do what the page that is shown is there for."""
        if self.tab.page is not None:
            self.tab.page.go()

    def class_name(self, name: str) -> str:
        """What a class of the photographs is called on the screen."""
        return self._class_names.get(name) or " ".join(name.replace("_", " ").split()) or name

    @property
    def findings(self) -> list[Finding]:
        """Those that nobody has decided about."""
        return open_findings(self.report.findings, self.acts) if self.report else []

    def _on_looked(self, run: Run) -> None:
        def read() -> DataReport | None:
            return self.engine.data(run)

        def done(report: DataReport | None) -> None:
            self.report = report
            self._class_names |= {one.name: label_name(one) for one in report.classes} if report else {}
            if report is None:
                self.problem = tr("The photographs could not be looked at.")
            elif not self.values:
                self.fill_defaults()
            self.tab.show_page(Place.PHOTOS)
            self.tab.show_steps()

        self.ask(read, done, self.on_problem)

    # Step 2

    def fill_defaults(self) -> None:
        """The usual choices for these photographs."""
        if self.base is not None:
            self.values = values_of(self.base)

    def use_mode(self, mode: Mode) -> None:
        """Another way to train, with its usual choices; what is not of the way itself stays."""
        if self.base is None:
            return
        from core.train_defaults import usual_backbone, usual_config

        usual = values_of(usual_config(self.base.name, self.base.source, mode))
        kept = ("name", "train", "validation", "test", "by_group", "official", "seed", "balance", "balance_to")
        self.values |= {name: value for name, value in usual.items() if name not in (*kept, *_PROMISE)}
        self.values["backbone"] = usual_backbone(mode)

    def estimated_s(self) -> float | None:
        """Roughly how long the chosen training takes, in seconds; None where nobody can say."""
        found = self.filled()
        if found.config is None or self.report is None:
            return None
        from gui.retrain_engine import rough_seconds

        return rough_seconds(found.config, self.report.photographs, bool(self.computer.cards))

    def filled(self) -> Filled:
        """The configuration that is chosen, or what is wrong with it."""
        if self.base is None or self.looked is None:
            return Filled(None, {"": tr("Look at the photographs first.")})
        return filled(self.values, self.base, self.looked[0], changes_of(self.acts))

    def train(self) -> bool:
        """Start the training; false when something is wrong, which the page says."""
        found = self.filled()
        if found.config is None:
            return False
        self.ended, self.problem = None, ""
        self.run.start(self.draft, found.config, Job.TRAIN)
        self.show(Place.LIVE)
        return True

    def paint_examples(self) -> None:
        """What the chosen changes do to some of the photographs."""
        found = self.filled()
        if found.config is not None and not self.run.is_running:
            self.preview = None
            self.run.start(self.draft, found.config, Job.PREVIEW)

    # While it runs

    def run_moved(self) -> None:
        """The run has come further."""
        if self.run.now is not None:
            self.draft = self.run.now
        self.tab.show_progress()
        self.window.show_tagging()

    def run_ended(self, progress: Progress) -> None:
        """Look at what came of it."""
        if self.close_when_ended is not None:
            self.close_when_ended()
            return
        job, state = progress.state.job, progress.state
        self.draft = progress.run
        self.window.show_tagging()
        if state.status is RunStatus.FAILED:
            self.problem = state.problem or tr("It failed. The log says more.")
        if job is Job.LOOK:
            self.notes = state.notes
            self.tab.show_progress()
            if state.status is RunStatus.DONE or state.status is RunStatus.DRAFT:
                self.looked = self._asked or self.looked
                self._on_looked(progress.run)
            else:
                self.tab.show_page(Place.PHOTOS)
        elif job is Job.PREVIEW:
            path = progress.run.folder / "preview.png"
            self.preview = path if state.status is not RunStatus.FAILED else None
            self.tab.show_preview()
        else:
            self.ended = progress
            self.tab.show_progress()
            self.results.open(progress.run, quietly=True)

    def run_refused(self, error: Exception) -> None:
        """It could not be started."""
        self.on_problem(error)
        if self.place is Place.LIVE and not self.run.is_running:
            self.show(Place.CHOICES)

    def stop(self, how: Stop = Stop.PAUSE) -> None:
        """End what runs: to go on later, or with the best so far."""
        self.run.stop(how)

    def watch(self, run: Run) -> None:
        """A training that goes on, perhaps begun by a command."""
        self.ended, self.problem, self.draft = None, "", run
        self.run.follow(run)
        self.show(Place.LIVE)

    def in_short(self) -> str:
        """What runs, for the line at the foot of the window; empty when nothing does."""
        from gui.retrain_words import progress_sentence

        progress = self.run.progress
        if not self.run.is_running or progress is None:
            return tr("Starting…") if self.run.is_running else ""
        return f"{progress.run.name} · {progress_sentence(progress.state)}"

    def ask_before_closing(self, look: Look, close: Callable[[], object]) -> None:
        """A training runs: it may go on without the window, be paused, or the window stays."""
        from gui.retrain_dialogs import SureDialog

        def pause_and_close() -> None:
            self.close_when_ended = close
            self.stop(Stop.PAUSE)

        said = tr(
            "A model is being trained. It can go on without this window: its result is here when you open Shelterlens "
            "again. Or it can be paused, and gone on with later from the same place."
        )
        answers = [
            (tr("Stay"), lambda: None),
            (tr("Pause it and close"), pause_and_close),
            (tr("Let it go on and close"), close),
        ]
        SureDialog(self.root, look, tr("Close Shelterlens"), said, answers)

    def close(self) -> None:
        """The window goes; a training goes on."""
        self.run.close()
        self.engine.close()

    def resume(self, run: Run) -> None:
        """Go on with a training that was paused or cut off."""
        self.ended, self.problem, self.draft = None, "", run
        self.run.resume(run)
        self.show(Place.LIVE)

    # Step 3 and earlier runs

    def use_source_of(self, run: Run) -> None:
        """The photographs and choices of an earlier run, to train with again."""
        if run.config is None:
            return
        self.source, self.base = SourceChoice.of(run.config.source), run.config
        self.acts, self.values = acts_of(run.config.changes), values_of(run.config)
        self.draft, self.looked = run, (run.config.source, tuple(self.acts))
        if self.source.table is not None:
            self.read_table()
        self._on_looked(run)
        self.show(Place.PHOTOS)

    # Inside

    def ask(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[Exception], None] | None = None,
        *,
        says: str = "",
        is_promise: bool = False,
    ) -> None:
        """Do it in a worker's lane, then `done`, or `failed`, in the main loop."""

        def hand_over(result: T) -> None:
            done(result)

        self.background.start(
            "retrain", lambda _job: work(), hand_over, failed or self.log_only, says=says, is_promise=is_promise
        )

    def log_only(self, error: Exception) -> None:
        """What went wrong is no news for the user."""
        log.warning("the Retrain tab was not told: %s", error, exc_info=error)

    def on_problem(self, error: Exception) -> None:
        """Say in the tab what went wrong."""
        if isinstance(error, UserError):
            self.problem = str(error)
        else:
            log.error("a job of the Retrain tab failed", exc_info=error)
            self.problem = tr("Something went wrong. The details are in the log (Help menu).")
        self.tab.show_problem()
