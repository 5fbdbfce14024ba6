"""Exporting: choose what and where, look the animals through where the shelter's software needs it, write, and see
what was written.
"""

from __future__ import annotations

import logging
import threading
import tkinter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tkinter import ttk
from typing import TYPE_CHECKING

from core.errors import Cancelled, UserError
from core.export_files import AlreadyThereError, Written
from core.export_jobs import Export, Form, Scope, Steps, Wanted, name_of_run, numbers_of, write
from core.exports_keywords import Where
from core.folders import documents_dir
from core.reviews import Filter, Review
from core.settings import Settings, save_settings
from core.texts import tr
from gui.asm3_check import CheckPage
from gui.background import Background
from gui.desktop import show_in_file_manager
from gui.dialog import Dialog
from gui.export_choose import ChoosePage, Chosen, RowCounts, grouped
from gui.export_kinds import export_kinds, export_of
from gui.export_result import ResultPage
from gui.export_running import RunningPage
from gui.sentence_bar import SentenceBar
from gui.theme import Look

if TYPE_CHECKING:
    from core.jobs import Job

log = logging.getLogger(__name__)

_SIZE_PX = (1240, 740)
_LANE, _COUNTS = "export", "export-counts"


class _MayReplaceError(UserError):
    """There is a file of that name, which may be replaced if the user says so."""


class ExportDialog(Dialog):
    """Pages in one window: what to write, the animals (for shelter software), how far it is, what was written."""

    def __init__(
        self,
        parent: tkinter.Tk,
        look: Look,
        background: Background,
        review: Review,
        chosen: Filter,
        selected: Sequence[int],
        settings: Settings,
    ) -> None:
        """`chosen` is the filter of the rows that are listed, `selected` are the numbers of the selected ones."""
        for other in parent.winfo_children():  # two would fill in the same animals
            if isinstance(other, ExportDialog) and not other.is_writing:
                other.close()
        super().__init__(parent, look, tr("Export"))
        self._background = background
        self._review = review
        self._listed, self._selected = chosen, tuple(selected)
        self._settings = settings
        self._stop: threading.Event | None = None
        # Not kept longer than the dialog: next month it would stand for the ages of other dogs.
        self._default_age: float | None = None
        self.running_page: RunningPage | None = None
        self.result_page: ResultPage | None = None
        self.check_page: CheckPage | None = None
        self.said = SentenceBar(self, look)
        self.main_button = ttk.Button(self.foot, style="Accent.TButton", command=self._on_main)
        self.main_button.pack(side="right", padx=(0, look.px(8)))
        self.default = self.main_button
        self.back_button = ttk.Button(self.foot, text=tr("Back"), command=self._on_back)
        scopes = [Scope.ALL]
        if chosen != Filter():
            scopes.insert(0, Scope.LISTED)
        if self._selected:
            scopes.append(Scope.SELECTED)
        self.choose_page = ChoosePage(self.body, look, export_kinds(), scopes, settings.export_choices, self._on_choice)
        self.choose_page.choose(_form_of(settings.export_form))
        self.choose_page.pack(fill="both", expand=True)
        for key in ("<Return>", "<KP_Enter>"):
            self.choose_page.name_entry.bind(key, lambda _event: self._on_main())
        self._show_main()
        self.show()
        self._count()

    def show(self) -> None:
        px = self.look.px
        width = min(px(_SIZE_PX[0]), self.winfo_screenwidth() - 40)
        height = min(px(_SIZE_PX[1]), self.winfo_screenheight() - 100)
        self.resizable(True, True)
        self.minsize(min(width, px(860)), min(height, px(520)))
        parent = self._parent
        x = parent.winfo_rootx() + (parent.winfo_width() - width) // 2
        y = parent.winfo_rooty() + (parent.winfo_height() - height) // 3
        x = max(0, min(x, self.winfo_screenwidth() - width))
        y = max(0, min(y, self.winfo_screenheight() - height - 60))
        self.geometry(f"{width}x{height}+{x}+{y}")
        self.deiconify()
        self.choose_page.kind_buttons[self.choose_page.kind.form].focus_set()

    @property
    def is_writing(self) -> bool:
        """Whether an export is under way."""
        return self._stop is not None

    def close(self) -> None:
        """Away with it, and what was typed is kept; as long as something is written this stops that instead."""
        if self._stop is not None:
            self._stop_writing()
            return
        self._leave_check()
        self._background.drop(_COUNTS)
        self._remember()
        self.choose_page.let_go()
        super().close()

    # Before

    def _count(self) -> None:
        review, scopes = self._review, list(self.choose_page.scope_buttons)
        wanted = [
            Wanted(scope, self._listed, self._selected, reviewed) for reviewed in (False, True) for scope in scopes
        ]
        folder = self._settings.export_folder

        def work(job: Job) -> tuple[list[int], Path, str]:
            name = name_of_run(review)
            place = folder if folder is not None and folder.is_dir() else documents_dir()
            counts: list[int] = []
            for one in wanted:
                job.stop_if_cancelled()
                counts.append(len(numbers_of(review, one)))
            return counts, place, name

        def done(found: tuple[list[int], Path, str]) -> None:
            counts, place, stem = found
            if self.winfo_exists():
                half = len(scopes)
                every = dict(zip(scopes, counts[:half], strict=True))
                reviewed = dict(zip(scopes, counts[half:], strict=True))
                self.choose_page.show_counts(RowCounts(every, reviewed))
                self.choose_page.show_place(place, stem)

        self._background.start(_LANE, work, done, self._failed, topic=_COUNTS)

    def _on_choice(self) -> None:
        self.said.hide()
        self._show_main()

    def _show_main(self) -> None:
        """What the main button does now."""
        self.back_button.pack_forget()
        if self.result_page is not None:
            self.main_button.configure(text=tr("Export something else"), state="normal")
        elif self.is_writing:
            self.main_button.configure(text=tr("Stop"), state="normal")
        elif self.check_page is not None:
            self.back_button.pack(side="left")
            text, is_possible = self.check_page.main_text()
            self.main_button.configure(text=text, state="normal" if is_possible else "disabled")
        else:
            checks = hasattr(self, "choose_page") and self.choose_page.kind.checks
            self.main_button.configure(text=tr("Next: the animals") if checks else tr("Write"), state="normal")
        self.close_button.configure(state="disabled" if self.is_writing else "normal")

    def _on_main(self) -> None:
        if self.result_page is not None:
            self._show_choose()
        elif self._stop is not None:
            self._stop_writing()
        elif self.check_page is not None:
            if self._leave_check():
                self._write(self._export_of(self._chosen, self.check_page))
        else:
            self._leave_choose()

    def _stop_writing(self) -> None:
        assert self._stop is not None
        self._stop.set()
        self.main_button.configure(state="disabled")
        if self.running_page is not None:
            self.running_page.stopping()

    def _leave_choose(self) -> None:
        self.said.hide()
        try:
            self._chosen = self.choose_page.chosen()
        except UserError as error:
            self.said.say(str(error))
            return
        self._remember()
        if self._chosen.kind.checks:
            self._show_check()
            return
        export = self._export_of(self._chosen)
        if export.form is Form.KEYWORDS and export.keywords.where is Where.ORIGINALS:
            count = self.choose_page.count
            said = tr("Your own photographs will be changed: {count}. Is there a backup?")
            answers = [(tr("Yes, change them"), lambda: self._write(export)), (tr("No"), self.said.hide)]
            self.said.say(said.format(count="?" if count is None else grouped(count)), answers, kind="question")
            self.said.buttons[-1].focus_set()
        else:
            self._write(export)

    def _show_check(self) -> None:
        self.choose_page.pack_forget()
        self.check_page = CheckPage(
            self.body,
            self.look,
            self._background,
            self._review,
            self._chosen.kind.form,
            self._chosen.values,
            self._wanted(self._chosen),
            self._default_age,
            self.said,
            self._show_main,
        )
        self.check_page.pack(fill="both", expand=True)
        self._show_main()

    def _on_back(self) -> None:
        if self._leave_check():
            self._show_choose()

    def _show_choose(self) -> None:
        self._remember()
        self.said.hide()
        for page in (self.check_page, self.result_page, self.running_page):
            if page is not None:
                page.destroy()
        self.check_page = self.result_page = self.running_page = None
        self.choose_page.pack(fill="both", expand=True)
        self._show_main()

    def _leave_check(self) -> bool:
        """Take what was typed on the page of the animals; false when it cannot be taken."""
        if self.check_page is None:
            return True
        is_taken = self.check_page.leave()
        self._default_age = self.check_page.default_age
        return is_taken

    def _wanted(self, chosen: Chosen) -> Wanted:
        return Wanted(chosen.scope, self._listed, self._selected, chosen.reviewed_only)

    def _export_of(self, chosen: Chosen, check: CheckPage | None = None) -> Export:
        export = export_of(chosen.kind, chosen.values, self._wanted(chosen), chosen.path)
        if check is None:
            return export
        age = check.default_age
        assert export.listing is not None
        return replace(
            export,
            facts=dict(check.facts),
            asm3=replace(export.asm3, default_age_years=age),
            listing=replace(export.listing, default_age_years=age),
        )

    # Writing

    def _write(self, export: Export) -> None:
        self.said.hide()
        stop, steps, review = threading.Event(), Steps(), self._review
        self._stop = stop

        def work(job: Job) -> Written | None:
            try:
                return write(export, review, steps, lambda: stop.is_set() or job.cancelled)
            except Cancelled:
                return None  # said to the user below; a cancelled job says nothing
            except AlreadyThereError as error:
                if export.path.is_dir():
                    raise
                raise _MayReplaceError(str(error)) from error

        self._begin(steps)
        self._background.start(
            _LANE,
            work,
            lambda written: self._on_written(export, written),
            lambda error: self._on_not_written(export, error),
            says=tr("Writing the export…"),
        )

    def _begin(self, steps: Steps) -> None:
        self.choose_page.pack_forget()
        if self.check_page is not None:
            self.check_page.pack_forget()
        self.running_page = RunningPage(self.body, self.look, tr("Writing…"), steps)
        self.running_page.pack(fill="both", expand=True)
        self._show_main()

    def _end(self) -> bool:
        """It is over, well or not; false when nobody is there to see it."""
        self._stop = None
        if not self.winfo_exists():
            return False
        if self.running_page is not None:
            self.running_page.destroy()
            self.running_page = None
        return True

    def _on_written(self, export: Export, written: Written | None) -> None:
        if not self._end():
            return
        if written is None:
            self._back_after()
            self.said.say(_stopped(export), kind="none")
            return
        if self.check_page is not None:
            self.check_page.destroy()
            self.check_page = None
        if export.path != Path():
            self._settings.export_folder = export.path.parent
        self._remember()
        self.result_page = ResultPage(
            self.body, self.look, export.form, written, self._copy, lambda: self._open_folder(written.path)
        )
        self.result_page.pack(fill="both", expand=True)
        self._show_main()
        self.main_button.focus_set()

    def _on_not_written(self, export: Export, error: Exception) -> None:
        if not self._end():
            return
        self._back_after()
        if isinstance(error, _MayReplaceError):
            answers: list[tuple[str, Callable[[], object]]] = [
                (tr("Replace it"), lambda: self._write(replace(export, may_replace=True))),
                (tr("Choose another name"), self._choose_another_name),
            ]
            self.said.say(f"{error} {tr('Shall it be replaced?')}", answers, kind="question")
            self.said.buttons[-1].focus_set()
        else:
            self._failed(error)

    def _back_after(self) -> None:
        """The page from which the export was begun."""
        (self.check_page or self.choose_page).pack(fill="both", expand=True)
        self._show_main()

    def _choose_another_name(self) -> None:
        if self._leave_check():
            self._show_choose()
            self.choose_page.name_entry.focus_set()
            self.choose_page.name_entry.selection_range(0, "end")

    def _failed(self, error: Exception) -> None:
        if not self.winfo_exists():
            return
        if isinstance(error, UserError):
            self.said.say(str(error))
        else:
            log.error("an export failed", exc_info=error)
            self.said.say(tr("Something went wrong. The details are in the log (Help menu)."))

    # After

    def _copy(self, text: str) -> None:
        self.clipboard_clear()
        self.clipboard_append(text)
        self.said.say(tr("Copied."), kind="check")

    def _open_folder(self, path: Path) -> None:
        folder = path if path.is_dir() else path.parent
        self._background.start("slow", lambda _job: show_in_file_manager(folder), lambda _done: None, self._failed)

    def _remember(self) -> None:
        """What was chosen is there again the next time."""
        settings, page = self._settings, self.choose_page
        settings.export_form = page.kind.form.value
        settings.export_choices = dict(page.known)
        kept = settings.model_copy()
        self._background.start("files", lambda _job: save_settings(kept), lambda _done: None, is_promise=True)


def _stopped(export: Export) -> str:
    if export.form is Form.KEYWORDS and export.keywords.where is not Where.COPIES:
        return tr("Stopped. The photographs that were done have their keywords; do it again for the others.")
    return tr("Stopped. Nothing was written.")


def _form_of(name: str) -> Form:
    return Form(name) if name in {form.value for form in Form} else Form.CSV
