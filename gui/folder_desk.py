"""What happens to the rows of a folder in the window: listed, filtered, chosen, looked at, labelled, gone on with."""

from __future__ import annotations

import logging
import tkinter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.errors import UserError
from core.texts import label_name, tr
from gui.background import Background
from gui.breed_choices import choice_as_typed
from gui.correction_box import Choice
from gui.engine import Engine
from gui.folder_checks import FolderChecks
from gui.folder_engine import Earlier, Entry, FolderEngine, Listed, OpenRun
from gui.folder_glance import FolderGlance
from gui.folder_labels import FolderLabels, said
from gui.folder_run import FolderRun
from gui.folder_standing import standing_of
from gui.heatmap_strip import HeatmapChoices
from gui.photo_desk import log_only
from gui.row_selection import RowList, Selection
from gui.row_texts import cells_of
from gui.timeline import mark

if TYPE_CHECKING:
    from core.neighbours import Suspicion
    from core.reviews import Filter, Order, Review
    from core.runs import Run
    from gui.filter_bar import FilterBar
    from gui.folder_tab import FolderTab

log = logging.getLogger(__name__)

MOST_EARLIER = 6
_MOST_ENTRIES = 1500
_LIST, _CELLS, _CURRENT, _OPEN_RUN = (f"folder {part}" for part in ("list", "cells", "current", "run"))


class FolderWindow(Protocol):
    """The window around the folder."""

    def show_done(self, text: str) -> None: ...
    def show_problem(self, text: str) -> None: ...
    def forget_problem(self, text: str) -> None: ...
    def show_photo(self, path: Path) -> None: ...
    def show_tagging(self) -> None: ...
    def words_changed(self) -> None: ...
    def try_model_again(self) -> None: ...


class FolderDesk:
    """Decides what a click means: asks the engine in the background and tells the tab what to show."""

    def __init__(
        self,
        root: tkinter.Tk,
        engine: Engine,
        background: Background,
        window: FolderWindow,
        choices: Callable[[], HeatmapChoices],
    ) -> None:
        self._background = background
        self.window = window
        self.engine = FolderEngine(engine)
        self.run = FolderRun(root, self.engine, background)
        self.glance = FolderGlance(engine, self.engine, background, choices, self._next_entry)
        self.labels = FolderLabels(self, background)
        self.checks = FolderChecks(root, self.engine, background, self._on_checked)
        self._tab: FolderTab
        self.open_run: OpenRun | None = None
        self.earlier: Sequence[Earlier] = ()
        self.rows = RowList()
        self.total = 0
        self.selection = Selection()
        self.no_model = ""
        self._problem = ""
        self.gone = ""  # why the run that was asked for cannot be shown
        self._entries: dict[int, Entry] = {}
        self._latest: Run | None = None
        self._is_model_there = False
        self._wants_choices = True
        self.run.attach(self)

    def attach(self, tab: FolderTab) -> None:
        """The tab that shows the folder."""
        self._tab = tab
        self.run_moved()

    # A folder comes

    def start(self) -> None:
        """Behind the drawn window: the runs of earlier days, the latest of which is shown again."""
        self._list_earlier()
        self.labels.ask_undo()

    def tag(self, paths: Sequence[Path]) -> None:
        """Tag these folders and files, and show what comes."""
        self._latest, self.gone = None, ""
        self.run.begin(paths)

    def library_renewed(self) -> None:
        """Another library is in use: nothing that was shown is in it; the run under way is, and is shown anew."""
        self._background.drop(_LIST, _CELLS, _CURRENT, _OPEN_RUN, "folder earlier")
        if self.open_run is not None:
            self.glance.use(None, False)
        self.checks.forget()
        self.run.forget()
        self.run.rows_shown()  # those that were asked for never come
        self.open_run, self._latest, self.gone, self._entries = None, None, "", {}
        self.rows, self.selection, self.total = RowList(), Selection(), 0
        self._tab.show_list()
        self._tab.show_rows(False)
        self.start()
        self.run_moved()

    def show_run(self, run: Run) -> None:
        """The rows of an earlier run; one that was killed goes on, and what runs now stops before."""
        self._latest = run
        if self.run.is_running:
            self.run.stop()
        elif self._is_model_there:
            self._open_latest()

    def show_earlier(self, number: str) -> None:
        """The rows of one of the earlier runs, by its number."""
        for one in self.earlier:
            if str(one.run.id) == number:
                self.show_run(one.run)

    def _list_earlier(self) -> None:
        self._background.start(
            *("folder rows", lambda _job: self.engine.earlier(MOST_EARLIER), self._on_earlier, log_only),
            topic="folder earlier",
        )

    def go_on(self) -> None:
        """Tag the same folders again: what is known costs nothing, what is new is answered."""
        if self.waits_in_vain:
            self.no_model = ""
            self.run_moved()
            self.window.try_model_again()
            return
        roots = self.run.roots or (self.open_run.run.roots if self.open_run else ())
        if roots:
            self.tag(roots)

    @property
    def waits_in_vain(self) -> bool:
        """Whether a folder waits for a model that does not come."""
        return bool(self.no_model) and self.run.is_waiting and not self.run.is_running

    def model_ready(self) -> None:
        """A model answers from now on."""
        self._is_model_there, self.no_model = True, ""
        self.run.model_ready()
        if self._latest is None and self.open_run is not None and not self.run.is_running:
            self._latest = self.open_run.run  # whether the answers are this model's is another question now
        self._open_latest()

    def model_missing(self, reason: str) -> None:
        """There is no model, and why."""
        self.no_model = reason
        self.run_moved()

    def _on_earlier(self, earlier: Sequence[Earlier]) -> None:
        self.earlier = earlier
        self._tab.show_earlier()
        is_first = self.open_run is None and not (self.run.roots or self.run.is_waiting)
        if earlier and is_first:
            run = earlier[0].run
            if not self._is_model_there:
                self._background.start(
                    "folder rows", lambda _job: self.engine.read_ahead(run), lambda _: None, log_only
                )
            self.show_run(run)

    def _open_latest(self) -> None:
        run, self._latest = self._latest, None
        if run is None:
            return
        if run.state.value == "running" and not self.run.is_running:  # killed, or closed in the middle of it
            self.run.begin(run.roots)
        elif not self.run.is_running:
            self.run.forget()
        self._read(run)

    def _read(self, run: Run) -> None:
        self._background.start(
            *("folder rows", lambda _job: self.engine.open_run(run), self._on_open_run),
            lambda error: self._on_no_run(run, error),
            topic=_OPEN_RUN,
        )

    def _on_open_run(self, found: OpenRun) -> None:
        self.gone = ""
        is_other = self.open_run is None or self.open_run.run.id != found.run.id
        self.open_run = found
        if is_other:
            self._entries, self.rows, self.selection = {}, RowList(), Selection()
            self._tab.forget_filter()
        self._tab.show_rows(True)
        self.glance.use(found.review, found.is_current)
        self._wants_choices = True
        self.refresh()
        self.checks.use(found.review, is_other)
        self.run_moved()

    def _on_no_run(self, run: Run, error: Exception) -> None:
        """Its model is gone: what is listed stays, and its folder can be answered for again."""
        if not isinstance(error, UserError):
            self._background.report(error)
            return
        shown = self.open_run
        if shown is not None and shown.run.id == run.id:
            self.open_run = replace(shown, is_current=False)
            self.glance.use(shown.review, False)
            self.refresh()
        elif not self.run.is_running:
            self.run.forget()
            self.run.roots, self.gone = run.roots, str(error)
            if shown is not None:
                self.glance.use(None, False)
            self.open_run, self.rows, self.selection, self.total = None, RowList(), Selection(), 0
            self._tab.show_rows(False)
        else:
            self.window.show_problem(str(error))
        self.run_moved()

    # How it stands

    def run_moved(self) -> None:
        """Say how the tagging stands; rows of a run that has just begun are shown from now on."""
        progress = self.run.progress
        shown = self.open_run.run.id if self.open_run else None
        if self.run.is_running and progress is not None and progress.run.id != shown:
            self._read(progress.run)
        if self._problem and not self.run.problem:  # another run has begun
            self.window.forget_problem(self._problem)
            self._problem = ""
        self._tab.show_standing(standing_of(self, self._tab.actions))
        self._tab.show_allowed()
        self.window.show_tagging()

    def allowed_changed(self) -> None:
        """What can be done has changed."""
        self._tab.show_allowed()

    def rows_came(self) -> None:
        """New rows, while it runs."""
        if self.open_run is None:
            self.run.rows_shown()
        else:
            self.refresh()

    def run_ended(self) -> None:
        """It is done, was stopped or cannot go on: say so, and list everything once more."""
        if self.run.problem:
            self._problem = self.run.problem
            self.window.show_problem(self._problem)
        self._list_earlier()
        if self._latest is not None:
            self._open_latest()
        elif self.run.run is not None:
            self._read(self.run.run)
        self.run_moved()

    def _on_checked(self, is_other: bool) -> None:
        """Counted anew; with `is_other` the marks of what is perhaps wrong have changed."""
        if is_other:
            self._tab.forget_cells()
            self._show_current()
        self.run_moved()

    @property
    def suspects(self) -> Mapping[int, Suspicion]:
        """The photographs (ids) that are perhaps wrong."""
        return self.checks.suspects

    # Which rows

    @property
    def review(self) -> Review | None:
        """The rows of the run that is shown."""
        return self.open_run.review if self.open_run else None

    def refresh(self, _wanted: Filter | None = None, _order: Order | None = None) -> None:
        """List the rows anew: filtered and sorted as the bar says now."""
        review, bar = self.review, self._tab.bar
        if review is None or bar is None:
            return
        wanted, order, reverse, choices = self.wanted(bar), bar.order, bar.reverse, self._wants_choices
        self._tab.show_order(order, reverse)
        self._background.start(
            "folder rows",
            lambda _job: self.engine.listed(review, wanted, order, reverse, choices),
            self._on_listed,
            topic=_LIST,
        )

    def wanted(self, bar: FilterBar) -> Filter:
        """The filter as it is now, with the photographs that are perhaps wrong where only those are wanted."""
        return replace(bar.wanted, photographs=frozenset(self.suspects)) if bar.suspects_only else bar.wanted

    def renew(self) -> None:
        """Filter and sort anew: what was labelled meanwhile goes where it belongs."""
        self._wants_choices = True
        self.refresh()

    def apply(self, wanted: Filter) -> None:
        """A filter that was chosen elsewhere, such as a cell of the confusion matrix."""
        if self._tab.bar is not None:
            self._tab.bar.show_filter(wanted)
            self.renew()

    def sort(self, order: Order, reverse: bool) -> None:
        """A heading of the table was clicked."""
        if self._tab.bar is not None:
            self._tab.bar.show_order(order, reverse)
            self.refresh()

    def _on_listed(self, listed: Listed) -> None:
        bar, review = self._tab.bar, self.review
        if bar is None or review is None:
            return
        before, self.rows, self.total = self.rows, listed.rows, listed.total
        self.selection = self.selection.restricted(self.rows, before)
        begins = self.selection.current is None and bool(self.rows.numbers) and not self.run.is_running
        if begins:
            # Not while it runs: the first row is another one each second, and a key must not meet the wrong one.
            self.selection = Selection().clicked(self.rows.numbers[0])
        self._tab.show_list()
        mark("the rows of the folder are there")
        if begins:
            self._tab.show_selection(self.selection)
        bar.show_counts(len(self.rows), listed.total)
        if listed.breeds is not None:
            self._wants_choices = False
            names = {label.id: label_name(label) for label in review.info.labels}
            breeds = [(label, names.get(label, label), count) for label, count in listed.breeds.items()]
            bar.show_choices(breeds, listed.animals, names)
        self._show_current()
        self.run.rows_shown()
        self._tab.show_allowed()

    # What stands in them

    def needs(self, numbers: Sequence[int]) -> None:
        """These rows are in sight and have no cells yet."""
        review = self.review
        if review is not None:
            self._background.start(
                "folder cells", lambda _job: self.engine.entries(review, numbers), self._on_entries, topic=_CELLS
            )

    def _on_entries(self, entries: Sequence[Entry]) -> None:
        self.put(entry for entry in entries if entry.row.number not in self.labels.pending)
        while len(self._entries) > _MOST_ENTRIES:
            del self._entries[next(iter(self._entries))]

    def put(self, entries: Iterable[Entry]) -> None:
        """What stands in these rows, from now on."""
        review = self.review
        if review is None:
            return
        cells = {}
        for entry in entries:
            self._entries.pop(entry.row.number, None)  # the newest last
            self._entries[entry.row.number] = entry
            is_suspect = entry.row.photograph in self.suspects
            cells[entry.row.number] = cells_of(entry.row, review.info, entry.thumbnail, is_suspect)
        self._tab.show_cells(cells)
        if self.selection.current in cells:
            self._show_current()

    def changed(self, numbers: Sequence[int]) -> None:
        """What stands in these rows has changed, and perhaps in others of the same photographs and animals."""
        self._read_again(numbers)
        self.window.words_changed()

    def word_said(self, content: str) -> None:
        """A word on the photograph with this content was kept or taken back in another tab."""
        self._read_again([number for number, one in self._entries.items() if one.row.tagged.content == content])

    def _read_again(self, numbers: Sequence[int]) -> None:
        for number in self._entries.keys() & set(numbers) - self.labels.pending - {self.selection.current}:
            del self._entries[number]
        self._tab.forget_cells()
        self._ask_current()
        self.checks.words_changed()
        self.labels.ask_undo()
        self._tab.show_allowed()

    def shown_again(self) -> None:
        """The tab is seen again: a word may have been said in another one."""
        self.labels.ask_undo()
        if self.review is not None:
            self._tab.forget_cells()
            self._ask_current()

    def entry(self, number: int | None) -> Entry | None:
        """What is known of a row."""
        return self._entries.get(number) if number is not None else None

    def _next_entry(self) -> Entry | None:
        after = self.selection.moved(1, self.rows).current
        return self.entry(after) if after != self.selection.current else None

    # Choosing

    @property
    def chosen(self) -> tuple[int, ...]:
        """The chosen rows in the order of the list; the current one where none is."""
        chosen = self.selection.in_order(self.rows)
        current = self.selection.current
        return chosen or ((current,) if current in self.rows.places and current is not None else ())

    @property
    def has_chosen(self) -> bool:
        """Whether a word would be on any row; `chosen` takes its time with 20,000."""
        return self.selection.current in self.rows.places

    def selected(self, selection: Selection) -> None:
        """Another choice of rows."""
        self.selection = selection
        self._show_current()
        self._tab.show_allowed()

    def choose(self, selection: Selection) -> None:
        """Choose these rows, as the user would."""
        self.selection = selection
        self._tab.show_selection(selection)
        self.selected(selection)

    def step(self, by: int) -> None:
        """The next row of the list."""
        self.choose(self.selection.moved(by, self.rows))

    def select_all(self) -> None:
        """Every row of the list."""
        self.choose(self.selection.all(self.rows))

    def opened(self, number: int) -> None:
        """Look at this row in the Photo tab."""
        entry = self.entry(number)
        if entry is not None:
            self.window.show_photo(entry.row.tagged.path)

    def open_current(self) -> None:
        """Look at the current row in the Photo tab."""
        if self.selection.current is not None:
            self.opened(self.selection.current)

    def menu(self, number: int, x_root: int, y_root: int) -> None:
        """A right click."""
        self._tab.show_menu(x_root, y_root)

    def _show_current(self) -> None:
        current = self.selection.current
        if current is None:
            self.glance.clear(tr("Choose a photograph to see it here") if self.rows.numbers else "")
            return
        entry = self.entry(current)
        if entry is None:
            self._ask_current()
            return
        suspicion = self.suspects.get(entry.row.photograph) if entry.row.photograph is not None else None
        self.glance.show(entry, suspicion, max(1, len(self.selection.chosen)))

    def _ask_current(self) -> None:
        review, current = self.review, self.selection.current
        if review is not None and current is not None:
            self._background.start(
                "folder cells", lambda _job: self.engine.entries(review, [current]), self._on_entries, log_only,
                topic=_CURRENT,
            )  # fmt: skip

    # The preview

    def resized(self) -> None:
        """The picture has another room to fill."""
        self.glance.resized()

    def explain(self, label: int) -> None:
        """Why this breed."""
        self.glance.explain(label)

    def take(self, place: int) -> None:
        """This candidate is the right one."""
        self.labels.take(place)

    def correct(self, choice: Choice) -> None:
        """A breed that was typed."""
        self.labels.say(said(choice.correction))
        self._tab.focus_rows()

    def as_typed(self, words: str) -> Choice:
        """A breed that no model knows."""
        return choice_as_typed(words)

    def begin_breed(self, letter: str = "") -> None:
        """The cursor into the field for the breed, with the first letter in it."""
        if self.selection.current is not None:
            self._tab.begin_breed(letter)
