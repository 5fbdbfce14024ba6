"""What may be wrong with the photographs, by kind: open a kind, look, decide; every decision can be taken back."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Collection, Sequence
from tkinter import ttk
from typing import TYPE_CHECKING

from core.texts import percent, tr
from core.train_records import Finding, FindingKind
from gui.bar_chart import grouped
from gui.photo_grid import GridPhoto, PhotoGrid
from gui.retrain_acts import Act, ActKind, changes_of, class_of
from gui.retrain_dialogs import ClassDialog
from gui.retrain_page import wrapped
from gui.retrain_words import act_words, finding_hint, finding_title, photographs
from gui.scroll_frame import ScrollFrame
from gui.theme import Look

if TYPE_CHECKING:
    from gui.retrain_desk import RetrainDesk

_OF_CLASSES = (FindingKind.SMALL_CLASS,)
# What cannot be shown, or is dealt with by itself: nothing is to be decided.
_SETTLED = (FindingKind.UNREADABLE, FindingKind.MISSING)


class FindingsPanel(ttk.Frame):
    """The list of kinds, or one kind with its photographs."""

    def __init__(self, parent: tkinter.Misc, look: Look, desk: RetrainDesk) -> None:
        super().__init__(parent)
        self._look = look
        self._desk = desk
        self.opened: FindingKind | None = None
        self.kind_buttons: dict[FindingKind, ttk.Button] = {}
        self.buttons: dict[str, ttk.Button] = {}
        self.grid_view: PhotoGrid | None = None
        self.classes: ttk.Treeview | None = None
        self._by_path: dict[str, Finding] = {}
        self._is_enabled = True
        self._inside: ttk.Frame | None = None
        self.show_all()

    def show_all(self) -> None:
        """Everything anew: what was decided is not listed any more."""
        if self._inside is not None:
            self._inside.destroy()
        self._inside = inside = ttk.Frame(self)
        inside.pack(fill="both", expand=True)
        self.grid_view = self.classes = None
        self.buttons = {}
        if self.opened is None or not self._of(self.opened):
            self.opened = None
            self._build_list(inside)
        else:
            self._build_kind(inside, self.opened)
        self._show_allowed()

    def open(self, kind: FindingKind | None) -> None:
        """The photographs of one kind; None goes back to the list."""
        self.opened = kind
        self.show_all()

    def enable(self, enabled: bool) -> None:
        """Whether something can be decided now."""
        self._is_enabled = enabled
        self._show_allowed()

    def _of(self, kind: FindingKind) -> list[Finding]:
        return [one for one in self._desk.findings if one.kind is kind]

    # The list

    def _build_list(self, inside: ttk.Frame) -> None:
        px, report = self._look.px, self._desk.report
        assert report is not None
        ttk.Label(inside, text=tr("What was found"), style="Title.TLabel").pack(anchor="w", pady=(0, px(6)))
        scroll = ScrollFrame(inside, self._look)
        scroll.pack(fill="both", expand=True)
        self.kind_buttons = {}
        kinds = {one.kind for one in self._desk.findings}
        counts = report.counts_of_findings
        for kind in FindingKind:
            if kind in kinds:
                listed = sum(one.kind is kind for one in report.findings)
                left = counts.get(kind, listed) - (listed - len(self._of(kind)))
                self._kind_row(scroll.inside, kind, left)
        if not kinds:
            said = tr("Nothing that needs a decision.")
            ttk.Label(scroll.inside, text=said, style="Faint.TLabel").pack(anchor="w")
        if self._desk.acts:
            self._build_acts(scroll.inside)

    def _kind_row(self, parent: ttk.Frame, kind: FindingKind, number: int) -> None:
        px = self._look.px
        row = ttk.Frame(parent)
        row.pack(fill="x", pady=(0, px(8)))
        row.columnconfigure(0, weight=1)
        text = f"{finding_title(kind)} ({grouped(number)})"
        button = ttk.Button(row, text=text, command=lambda: self.open(kind))
        button.grid(row=0, column=0, sticky="ew")
        hint = wrapped(ttk.Label(row, text=finding_hint(kind), style="Small.TLabel"), px(12))
        hint.grid(row=1, column=0, sticky="w", padx=(px(8), 0), pady=(px(2), 0))
        self.kind_buttons[kind] = button

    def _build_acts(self, parent: ttk.Frame) -> None:
        px = self._look.px
        title = ttk.Label(parent, text=tr("What you decided"), style="Strong.TLabel")
        title.pack(anchor="w", pady=(px(10), px(4)))
        self.act_buttons: list[ttk.Button] = []
        for act in reversed(self._desk.acts):
            row = ttk.Frame(parent)
            row.pack(fill="x", pady=px(2))
            row.columnconfigure(0, weight=1)
            wrapped(ttk.Label(row, text=act_words(act, self._desk.class_name)), px(150)).grid(
                row=0, column=0, sticky="w"
            )
            button = ttk.Button(row, text=tr("Take back"), command=lambda act=act: self._desk.take_back(act))  # type: ignore[misc]
            button.grid(row=0, column=1, padx=(px(8), 0))
            self.act_buttons.append(button)

    # One kind

    def _build_kind(self, inside: ttk.Frame, kind: FindingKind) -> None:
        px = self._look.px
        head = ttk.Frame(inside)
        head.pack(fill="x", pady=(0, px(4)))
        self.buttons["back"] = back = ttk.Button(head, text="←  " + tr("All findings"), command=lambda: self.open(None))
        back.pack(side="left", padx=(0, px(12)))
        ttk.Label(head, text=finding_title(kind), style="Title.TLabel").pack(side="left")
        wrapped(ttk.Label(inside, text=finding_hint(kind), style="Faint.TLabel"), px(8)).pack(
            anchor="w", pady=(0, px(6))
        )
        self._build_buttons(inside, kind)
        findings = self._of(kind)
        if kind in _OF_CLASSES:
            self._build_classes(inside, findings)
        else:
            self._build_photos(inside, findings)

    def _build_photos(self, inside: ttk.Frame, findings: Sequence[Finding]) -> None:
        desk = self._desk
        self._by_path = {path: one for one in findings for path in one.paths}
        left_out = set(changes_of(desk.acts).leave_out)
        photos = [photo for one in findings for photo in _photos(one, desk.class_name, left_out)]
        self.grid_view = grid = PhotoGrid(
            *(inside, self._look, desk.background, desk.engine.pictures, desk.window.show_photo, self._show_allowed)
        )
        grid.pack(fill="both", expand=True)
        grid.show(photos, tr("The photographs cannot be shown."))

    def _build_classes(self, inside: ttk.Frame, findings: Sequence[Finding]) -> None:
        report = self._desk.report
        counts = {one.name: one.photographs for one in report.classes} if report else {}
        frame = ttk.Frame(inside)
        frame.pack(fill="both", expand=True)
        self.classes = table = ttk.Treeview(frame, columns=("number",), height=8)
        table.heading("#0", text=tr("Class"), anchor="w")
        table.heading("number", text=tr("Photographs"), anchor="e")
        table.column("number", width=self._look.px(110), anchor="e", stretch=False)
        bar = ttk.Scrollbar(frame, command=table.yview)
        table.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        table.pack(side="left", fill="both", expand=True)
        for one in findings:
            for name in one.classes:
                if not table.exists(name):
                    shown = self._desk.class_name(name)
                    table.insert("", "end", iid=name, text=shown, values=(grouped(counts.get(name, 0)),))
        table.bind("<<TreeviewSelect>>", lambda _event: self._show_allowed())

    def _build_buttons(self, inside: ttk.Frame, kind: FindingKind) -> None:
        """At the foot, before the rest is packed, so that they stay in sight."""
        px = self._look.px
        foot = ttk.Frame(inside)
        foot.pack(side="bottom", fill="x", pady=(px(8), 0))
        offered = []
        if kind in _OF_CLASSES:
            offered += [("merge", tr("Count as another class…"), self._ask_merge)]
            offered += [("leave_out", tr("Leave out"), self._leave_out_classes)]
        elif kind not in _SETTLED:
            if kind is FindingKind.PERHAPS_WRONG:
                offered += [("suggested", tr("It is what the model says"), self._take_suggestions)]
            offered += [("leave_out", tr("Leave out"), self._leave_out)]
            offered += [("relabel", tr("Count as another class…"), self._ask_relabel)]
            if kind in (FindingKind.TWO_LABELS, FindingKind.PERHAPS_WRONG):
                offered += [("merge", tr("Merge the two classes"), self._merge_two)]
            offered += [("all", tr("Choose all"), self._choose_all)]
        offered += [("ignore", tr("Leave it as it is"), self._ignore)]
        for place, (name, text, run) in enumerate(offered):
            button = ttk.Button(foot, text=text, command=run)
            button.grid(row=place // 3, column=place % 3, sticky="ew", padx=(0, px(6)), pady=(0, px(4)))
            self.buttons[name] = button

    def _show_allowed(self) -> None:
        some = bool(self._chosen_classes if self.classes is not None else self._chosen_paths)
        about = self._chosen_findings
        allowed = {
            "suggested": some and all(one.suggestion for one in about),
            "merge": some if self.classes is not None else len({name for one in about for name in _two(one)}) == 2,
            "all": True,
            "back": True,
            "ignore": some or self.opened in _SETTLED,
        }
        for name, button in self.buttons.items():
            is_allowed = allowed.get(name, some) and (self._is_enabled or name == "back")
            button.state(["!disabled" if is_allowed else "disabled"])

    # What is decided

    @property
    def _chosen_paths(self) -> list[str]:
        return [photo.path for photo in self.grid_view.chosen] if self.grid_view is not None else []

    @property
    def _chosen_classes(self) -> list[str]:
        return list(self.classes.selection()) if self.classes is not None else []

    @property
    def _chosen_findings(self) -> tuple[Finding, ...]:
        if self.classes is not None:
            chosen = set(self._chosen_classes)
            return tuple(one for one in self._of(FindingKind.SMALL_CLASS) if chosen & set(one.classes))
        return tuple(dict.fromkeys(self._by_path[path] for path in self._chosen_paths))

    def _choose_all(self) -> None:
        if self.grid_view is not None:
            self.grid_view.choose_all()

    def _leave_out(self) -> None:
        self._desk.decide(Act(ActKind.LEAVE_OUT, tuple(self._chosen_paths), about=self._chosen_findings))

    def _leave_out_classes(self) -> None:
        about = self._chosen_findings
        self._desk.decide(Act(ActKind.LEAVE_OUT_CLASSES, classes=tuple(self._chosen_classes), about=about))

    def _ignore(self) -> None:
        if self.opened in _SETTLED and self.opened is not None:
            findings = tuple(self._of(self.opened))
            paths = tuple(path for one in findings for path in one.paths)
            self._desk.decide(Act(ActKind.IGNORE, paths, about=findings))
            return
        paths, classes = tuple(self._chosen_paths), tuple(self._chosen_classes)
        self._desk.decide(Act(ActKind.IGNORE, paths, classes, about=self._chosen_findings))

    def _take_suggestions(self) -> None:
        """One act for each class, so that each can be taken back."""
        about = self._chosen_findings
        for to in dict.fromkeys(one.suggestion for one in about):
            mine = tuple(one for one in about if one.suggestion == to)
            paths = tuple(path for path in self._chosen_paths if self._by_path[path] in mine)
            self._desk.acts.append(Act(ActKind.RELABEL, paths, to=to, about=mine))
        self._desk.acts_changed()

    def _merge_two(self) -> None:
        about = self._chosen_findings
        names = tuple(dict.fromkeys(name for one in about for name in _two(one)))
        self._desk.decide(Act(ActKind.MERGE, classes=names, to=names[0], about=about))

    def _ask_relabel(self) -> None:
        paths, about = tuple(self._chosen_paths), self._chosen_findings
        said = tr("{what} count as this class from now on.").format(what=photographs(len(paths)))
        self._ask(said, self._class_names(), lambda to: Act(ActKind.RELABEL, paths, to=to, about=about))

    def _ask_merge(self) -> None:
        chosen, about = tuple(self._chosen_classes), self._chosen_findings
        names = [name for name in self._class_names() if name not in chosen]
        said = tr("All photographs of {names} count as this class.").format(
            names=", ".join(map(self._desk.class_name, chosen))
        )
        self._ask(said, names, lambda to: Act(ActKind.MERGE, classes=chosen, to=to, about=about))

    def _ask(self, said: str, names: Sequence[str], make: Callable[[str], Act]) -> None:
        shown = [(name, self._desk.class_name(name)) for name in names]
        ClassDialog(
            self._desk.root, self._look, tr("Another class"), said, shown, lambda to: self._desk.decide(make(to))
        )

    def _class_names(self) -> list[str]:
        report = self._desk.report
        return [one.name for one in report.classes] if report else []


def _two(finding: Finding) -> tuple[str, ...]:
    """The classes between which the finding stands."""
    both = (*finding.classes, finding.suggestion) if finding.kind is FindingKind.PERHAPS_WRONG else finding.classes
    return tuple(dict.fromkeys(name for name in both if name))


def _photos(finding: Finding, named: Callable[[str], str], left_out: Collection[str]) -> list[GridPhoto]:
    """A finding's photographs with what is to be known of each; not those that were left out elsewhere."""
    detail = percent(finding.probability) if finding.probability is not None else ""
    photos = []
    for place, path in enumerate(finding.paths):
        name = named(class_of(finding, place))
        if path in left_out:
            continue
        if finding.kind is FindingKind.PERHAPS_WRONG:
            below = tr("is in: {name}").format(name=name)
            photos.append(GridPhoto(path, f"{named(finding.suggestion)}?", detail, below))
        else:
            photos.append(GridPhoto(path, finding.suggestion if finding.kind in _SETTLED else name, detail))
    return photos
