"""The Retrain tab: three steps and the earlier runs, one of them shown at a time. It lays out and reports."""

from __future__ import annotations

import tkinter
from tkinter import ttk

from core.texts import tr
from gui.notice_bar import NoticeBar
from gui.retrain_desk import RetrainDesk
from gui.retrain_locked import LockedPage
from gui.retrain_page import Page
from gui.retrain_place import Place
from gui.theme import Look

_STEPS = (Place.PHOTOS, Place.CHOICES, Place.RESULT)


class RetrainTab(ttk.Frame):
    """Builds the page that is shown; another language or another state builds it anew."""

    def __init__(self, parent: tkinter.Misc, look: Look, desk: RetrainDesk) -> None:
        super().__init__(parent, padding=(look.px(12), look.px(8), look.px(12), look.px(8)))
        self._look = look
        self._desk = desk
        self._shown = tkinter.StringVar(self, "")
        self._head = ttk.Frame(self)
        self.problem = NoticeBar(self, look)
        self.steps: dict[Place, ttk.Radiobutton] = {}
        self.page: Page | None = None
        self._build()

    def show_texts(self) -> None:
        """Every text in the present language."""
        self.show_place(self._desk.place)

    @property
    def look(self) -> Look:
        """How the window looks, for the dialogs about what is in the tab."""
        return self._look

    def show_place(self, place: Place) -> None:
        """This step, or that the tab is locked."""
        self._shown.set((Place.CHOICES if place is Place.LIVE else place).value)
        if place is Place.LOCKED:
            self._head.grid_remove()
        else:
            self._head.grid()
        self.show_steps()
        self._show_page(place)
        self.show_problem()

    def show_page(self, place: Place) -> None:
        """What this step says has changed: shown anew if it is the one that is seen."""
        if self._desk.place is place:
            self.show_steps()
            self._show_page(place)
            self.show_problem()

    def show_steps(self) -> None:
        """Which steps can be gone to."""
        desk = self._desk
        names = {
            Place.PHOTOS: "1   " + tr("Photographs"),
            Place.CHOICES: "2   " + tr("Training"),
            Place.RESULT: "3   " + tr("Result"),
            Place.RUNS: tr("Earlier runs"),
        }
        allowed = {
            Place.PHOTOS: True,
            Place.CHOICES: desk.can_choose or desk.run.is_training or desk.ended is not None,
            Place.RESULT: desk.results.outcome is not None,
            Place.RUNS: True,
        }
        for place, button in self.steps.items():
            button.configure(text=names[place])
            button.state(["!disabled" if allowed[place] else "disabled"])

    def show_progress(self) -> None:
        """The run has come further."""
        self.show_steps()
        if self.page is not None:
            self.page.show_progress()

    def show_acts(self) -> None:
        """Something was decided about the photographs."""
        if self.page is not None:
            self.page.show_acts()

    def show_preview(self) -> None:
        """Examples of changed photographs are there."""
        if self.page is not None:
            self.page.show_progress()
            self.page.show_preview()
        self.show_problem()

    def expect_drop(self, expected: bool) -> None:
        """Something is held over the window: say that it may be let go."""
        if self.page is not None:
            self.page.expect_drop(expected)

    def show_problem(self) -> None:
        """What went wrong, if anything."""
        if self._desk.problem and self._desk.place is not Place.LOCKED:
            self.problem.show(self._desk.problem)
        else:
            self.problem.hide()
        if self.page is not None:
            self.page.show_progress()

    # Inside

    def _build(self) -> None:
        px = self._look.px
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=1)
        self._head.columnconfigure(len(_STEPS), weight=1)
        for column, place in enumerate((*_STEPS, None, Place.RUNS)):
            if place is None:
                continue
            button = ttk.Radiobutton(
                *(self._head,), style="Toggle.TButton", variable=self._shown, value=place.value,
                command=lambda place=place: self._desk.show(place),  # type: ignore[misc]
            )  # fmt: skip
            button.grid(row=0, column=column, padx=(0 if column in (0, 4) else px(6), 0), ipadx=px(8))
            self.steps[place] = button
        self._head.grid(row=0, column=0, sticky="ew", pady=(0, px(8)))
        self.problem.grid(row=1, column=0, sticky="ew", pady=(0, px(6)))
        self.problem.hide()
        self.problem.button.configure(command=self._close_problem)

    def _close_problem(self) -> None:
        self._desk.problem = ""
        self.problem.hide()

    def _show_page(self, place: Place) -> None:
        if self.page is not None:
            self.page.destroy()
        self.page = _page(place)(self, self._look, self._desk)
        self.page.grid(row=2, column=0, sticky="nsew")


def _page(place: Place) -> type[Page]:
    """The page of a step; imported when it is first seen, so that the window opens as quickly as ever."""
    if place is Place.LOCKED:
        return LockedPage
    if place is Place.PHOTOS:
        from gui.retrain_photos import PhotosPage

        return PhotosPage
    if place is Place.CHOICES:
        from gui.retrain_choices import ChoicesPage

        return ChoicesPage
    if place is Place.LIVE:
        from gui.retrain_live import LivePage

        return LivePage
    if place is Place.RESULT:
        from gui.retrain_result import ResultPage

        return ResultPage
    from gui.retrain_runs import RunsPage

    return RunsPage
