"""The first page of an export: what to write, which rows, and where to."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tkinter import filedialog, ttk

from core.errors import UserError
from core.export_files import safe_name, shown
from core.export_jobs import Form, Scope
from core.texts import tr
from gui.answer_texts import file_name_of
from gui.export_kinds import ORIGINALS, ExportKind, Target
from gui.option_list import ON, OptionList
from gui.scroll_frame import ScrollFrame
from gui.theme import Look


@dataclass(frozen=True)
class RowCounts:
    """How many photographs there are in each scope, all of them and the reviewed ones; None: not counted yet."""

    every: Mapping[Scope, int | None]
    reviewed: Mapping[Scope, int | None]


@dataclass(frozen=True)
class Chosen:
    """What was chosen when the page was left."""

    kind: ExportKind
    values: Mapping[str, str]
    scope: Scope
    reviewed_only: bool
    path: Path


_BESIDE_PX = 400


class ChoosePage(ttk.Frame):
    """`kind`, `options`, `scope`... are what is chosen now; `known` are options of earlier exports by "form.option"."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        kinds: Sequence[ExportKind],
        scopes: Sequence[Scope],
        known: Mapping[str, str],
        on_change: Callable[[], object],
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._kinds = {kind.form.value: kind for kind in kinds}
        self._scopes = tuple(scopes)
        self.known = dict(known)
        self._on_change = on_change
        self._counts = RowCounts({}, {})
        self._form = tkinter.StringVar(self, kinds[0].form.value)
        self._scope = tkinter.StringVar(self, scopes[0].value)
        self._reviewed = tkinter.StringVar(self, "")
        self._folder = tkinter.StringVar(self, "")
        self._file_name = tkinter.StringVar(self, "")
        self._given_name = ""
        self._stem = ""
        self.options: OptionList | None = None
        self._is_wide = True
        self.kind_buttons: dict[Form, ttk.Radiobutton] = {}
        self.scope_buttons: dict[Scope, ttk.Radiobutton] = {}
        self._build()
        self._show_kind()

    @property
    def kind(self) -> ExportKind:
        """The kind that is chosen."""
        return self._kinds[self._form.get()]

    @property
    def scope(self) -> Scope:
        """Which rows."""
        return Scope(self._scope.get())

    @property
    def count(self) -> int | None:
        """How many photographs that means; None as long as they are not counted."""
        counts = self._counts.reviewed if self._reviewed.get() == ON else self._counts.every
        return counts.get(self.scope)

    def choose(self, form: Form) -> None:
        """This kind."""
        if form.value in self._kinds:
            self._form.set(form.value)
            self._show_kind()

    def show_counts(self, counts: RowCounts) -> None:
        """How many rows there are."""
        self._counts = counts
        self._show_scopes()

    def show_place(self, folder: Path, stem: str) -> None:
        """Where to, and what the photographs are called, from which the name of the file is made."""
        self._folder.set(shown(folder))
        self._stem = stem
        self._suggest_name()

    def choose_folder(self) -> None:
        """Ask where to."""
        chosen = filedialog.askdirectory(
            parent=self.winfo_toplevel(), title=tr("Where to"), initialdir=self._folder.get(), mustexist=True
        )
        if chosen:
            self._folder.set(chosen)

    def chosen(self) -> Chosen:
        """What is chosen. Raises UserError where something is missing."""
        if self.count == 0:
            raise UserError(tr("There is no photograph to write: choose other rows."))
        kind, path = self.kind, Path()
        assert self.options is not None
        if self._target is not Target.BESIDE:
            folder, name = self._folder.get().strip(), self._file_name.get().strip()
            if not folder:
                raise UserError(tr("Choose a folder first."))
            if not name:
                raise UserError(tr("Write a name first."))
            if kind.suffix and name.lower().endswith(kind.suffix):
                name = name[: -len(kind.suffix)]
            path = Path(folder).expanduser() / f"{safe_name(name)}{kind.suffix}"
        self._remember()
        return Chosen(kind, self.options.values, self.scope, self._reviewed.get() == ON, path)

    def let_go(self) -> None:
        """Before it is destroyed."""
        if self.options is not None:
            self.options.let_go()
        for name, value in list(vars(self).items()):
            if isinstance(value, tkinter.Variable):
                delattr(self, name)

    # Layout

    def _build(self) -> None:
        px = self._look.px
        self.columnconfigure(1, weight=1)
        self.rowconfigure(0, weight=1)
        self._left = left = ttk.Frame(self)
        left.grid(row=0, column=0, rowspan=3, sticky="ns", padx=(0, px(24)))
        self.bind("<Configure>", lambda _event: self._arrange())
        ttk.Label(left, text=tr("What to write"), style="Strong.TLabel").pack(anchor="w", pady=(0, px(6)))
        for form, kind in self._kinds.items():
            button = ttk.Radiobutton(
                left, text=kind.name, variable=self._form, value=form, command=self._on_kind, takefocus=True
            )
            button.pack(anchor="w", fill="x", pady=px(2))
            self.kind_buttons[kind.form] = button
        self._build_kind()
        self._build_rows()
        self._build_place()

    def _arrange(self) -> None:
        """What to write stands beside the rest, or above it where text is large for the window."""
        px = self._look.px
        is_wide = self.winfo_width() - self._left.winfo_reqwidth() > px(_BESIDE_PX)
        parts = (self._scroll, self._rows_frame, self._place)
        if is_wide != self._is_wide:
            self._is_wide = is_wide
            self._left.grid(row=0, column=0, rowspan=3 if is_wide else 1, sticky="nw")
            self.columnconfigure(0, weight=0 if is_wide else 1)
            self.columnconfigure(1, weight=1 if is_wide else 0)
            self.rowconfigure(0, weight=1 if is_wide else 0)
            self.rowconfigure(1, weight=0 if is_wide else 1)
            for row, part in enumerate(parts):
                hidden = not part.winfo_manager()
                part.grid(row=row if is_wide else row + 1, column=1 if is_wide else 0)
                if hidden:
                    part.grid_remove()
        if not is_wide:
            self._scroll.take_room(100_000)

    def _build_kind(self) -> None:
        px = self._look.px
        self._scroll = ScrollFrame(self, self._look)
        self._scroll.grid(row=0, column=1, sticky="nsew")
        self._title = ttk.Label(self._scroll.inside, style="Title.TLabel")
        self._title.pack(anchor="w")
        self._explanation = ttk.Label(self._scroll.inside, justify="left")
        self._explanation.pack(anchor="w", pady=(px(4), px(8)))
        self._scroll.inside.bind("<Configure>", self._wrap, add=True)

    def _build_rows(self) -> None:
        px = self._look.px
        self._rows_frame = frame = ttk.Frame(self)
        frame.grid(row=1, column=1, sticky="ew", pady=(px(8), 0))
        ttk.Separator(frame).pack(fill="x", pady=(0, px(8)))
        self._rows_title = ttk.Label(frame, style="Strong.TLabel")
        self._rows_title.pack(anchor="w")
        self._scope_line = ttk.Frame(frame)
        self._scope_line.pack(fill="x", pady=(px(2), 0))
        for scope in self._scopes:
            self.scope_buttons[scope] = ttk.Radiobutton(
                self._scope_line, variable=self._scope, value=scope.value, command=self._changed
            )
        self._scope_line.bind("<Configure>", lambda _event: self._arrange_scopes())
        self.reviewed_box = ttk.Checkbutton(
            frame, variable=self._reviewed, onvalue=ON, offvalue="", command=self._changed
        )
        self.reviewed_box.pack(anchor="w")

    def _build_place(self) -> None:
        px = self._look.px
        self._place = ttk.Frame(self)
        self._place.grid(row=2, column=1, sticky="ew", pady=(px(8), 0))
        self._place.columnconfigure(1, weight=1)
        ttk.Separator(self._place).grid(row=0, column=0, columnspan=3, sticky="ew", pady=(0, px(8)))
        ttk.Label(self._place, text=tr("In the folder")).grid(row=1, column=0, sticky="w", padx=(0, px(12)))
        self.folder_entry = ttk.Entry(self._place, textvariable=self._folder)
        self.folder_entry.grid(row=1, column=1, sticky="ew")
        self.folder_button = ttk.Button(self._place, text=tr("Choose…"), command=self.choose_folder)
        self.folder_button.grid(row=1, column=2, padx=(px(8), 0))
        self._name_label = ttk.Label(self._place)
        self._name_label.grid(row=2, column=0, sticky="w", padx=(0, px(12)), pady=(px(6), 0))
        self.name_entry = ttk.Entry(self._place, textvariable=self._file_name)
        self.name_entry.grid(row=2, column=1, sticky="ew", pady=(px(6), 0))
        self._suffix = ttk.Label(self._place)
        self._suffix.grid(row=2, column=2, sticky="w", padx=(px(8), 0), pady=(px(6), 0))

    # What is chosen

    def _on_kind(self) -> None:
        self._show_kind()
        self._on_change()

    def _changed(self) -> None:
        self._show_scopes()
        self._on_change()

    def _show_kind(self) -> None:
        self._remember()
        kind, px = self.kind, self._look.px
        self._title.configure(text=kind.name)
        self._explanation.configure(text=kind.explanation)
        if self.options is not None:
            self.options.let_go()
            self.options.destroy()
        prefix = f"{kind.form.value}."
        known = {name.removeprefix(prefix): value for name, value in self.known.items() if name.startswith(prefix)}
        self.options = OptionList(self._scroll.inside, self._look, kind.options, known, self._on_option)
        self.options.pack(fill="x", pady=(0, px(4)))
        self._shown_form = kind.form
        self._show_target()
        self._suggest_name()
        self._show_scopes()

    @property
    def _target(self) -> Target:
        return self.kind.target(self.options.values if self.options else {})

    def _show_target(self) -> None:
        kind, target = self.kind, self._target
        if target is Target.BESIDE:
            self._place.grid_remove()
        else:
            self._place.grid()
        is_file = target is Target.FILE
        self._name_label.configure(text=tr("Name of the file") if is_file else tr("Name of the new folder"))
        self._suffix.configure(text=kind.suffix)

    def _on_option(self) -> None:
        self._show_target()
        self._on_change()

    def _remember(self) -> None:
        """Keep the options of the kind that is shown, for when it is shown again."""
        if self.options is not None:
            for name, value in self.options.changed.items():
                key = f"{self._shown_form.value}.{name}"
                if value is None or name == ORIGINALS:
                    self.known.pop(key, None)
                else:
                    self.known[key] = value

    def _suggest_name(self) -> None:
        """A name that the user wrote stays."""
        if self._file_name.get() == self._given_name:
            self._given_name = " ".join(part for part in (file_name_of(self._stem), self.kind.word) if part)
            self._file_name.set(self._given_name)

    def _show_scopes(self) -> None:
        checks = self.kind.checks
        self._rows_title.configure(text=tr("The animals of which photographs") if checks else tr("Which photographs"))
        names = {
            Scope.ALL: tr("All"),
            Scope.LISTED: tr("Those that are listed now"),
            Scope.SELECTED: tr("The selected ones"),
        }
        counts = self._counts.reviewed if self._reviewed.get() == ON else self._counts.every
        for scope, button in self.scope_buttons.items():
            count = counts.get(scope)
            button.configure(text=names[scope] if count is None else f"{names[scope]} ({grouped(count)})")
        self._arrange_scopes()
        self.reviewed_box.configure(
            text=tr("Only animals of which somebody has said something")
            if checks
            else tr("Only photographs of which somebody has said something")
        )

    def _arrange_scopes(self) -> None:
        """Side by side where there is room for it, else one below the other."""
        gap = self._look.px(16)
        needed = sum(button.winfo_reqwidth() + gap for button in self.scope_buttons.values())
        is_wide = needed <= max(1, self._scope_line.winfo_width())
        for place, button in enumerate(self.scope_buttons.values()):
            row, column = (0, place) if is_wide else (place, 0)
            button.grid(row=row, column=column, sticky="w", padx=(0, gap))

    def _wrap(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        width = max(self._look.px(240), self._scroll.inside.winfo_width() - self._look.px(8))
        self._explanation.configure(wraplength=width)
        self._title.configure(wraplength=width)
        if not self._is_wide:
            self._scroll.take_room(100_000)


def grouped(number: int) -> str:
    """A number as the language of the screen groups its digits.

    >>> grouped(1240)
    '1,240'
    """
    from core.texts import language

    return f"{number:,}".replace(",", "\u202f") if language() == "fr" else f"{number:,}"
