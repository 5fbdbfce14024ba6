"""The advanced choices of a training, folded away in sections; what the changes do is shown on the own photographs."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping
from tkinter import ttk
from typing import TYPE_CHECKING

from core.texts import tr
from core.train_config import Mode
from gui.field_list import FieldList
from gui.retrain_options import Section, sections
from gui.retrain_page import wrapped
from gui.theme import Look

if TYPE_CHECKING:
    from gui.retrain_desk import RetrainDesk

_OPEN, _SHUT = "▾  ", "▸  "
_ALL = "all"


class AdvancedChoices(ttk.Frame):
    """A button that unfolds the sections, each of which is built when it is unfolded."""

    def __init__(
        self, parent: tkinter.Misc, look: Look, desk: RetrainDesk, on_change: Callable[[str, str], object]
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._desk = desk
        self._on_change = on_change
        self._sections: tuple[Section, ...] = ()
        self._problems: Mapping[str, str] = {}
        self._picture: tkinter.PhotoImage | None = None
        self._is_painting = False
        self.lists: dict[str, FieldList] = {}
        self.buttons: dict[str, ttk.Button] = {}
        self.preview_button: ttk.Button | None = None
        self._shown: ttk.Label | None = None

    def destroy(self) -> None:
        """Away with it, and its picture at once: Tk's must not be freed in another thread later."""
        super().destroy()
        self._picture = None

    def show_mode(self, mode: Mode) -> None:
        """The questions of this way to train."""
        self._sections = sections(mode)
        self._show()

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """What is wrong with some answers; their sections are unfolded."""
        self._problems = problems
        bad = {one.id for one in self._sections if any(field.id in problems for field in one.fields)}
        if not bad <= self._desk.unfolded or (bad and _ALL not in self._desk.unfolded):
            self._desk.unfolded |= bad | {_ALL}
            self._show()
        for fields in self.lists.values():
            fields.show_problems(problems)

    def unfold(self, name: str) -> None:
        """Unfold a section, or fold it again; "all" is the whole of them."""
        self._desk.unfolded ^= {name}
        self._show()

    # Inside

    def _show(self) -> None:
        for child in self.winfo_children():
            child.destroy()
        self.lists, self.buttons, self.preview_button, self._shown = {}, {}, None, None
        px = self._look.px
        is_open = _ALL in self._desk.unfolded
        text = (_OPEN if is_open else _SHUT) + tr("Advanced choices: everything else, with good defaults")
        self.buttons[_ALL] = button = ttk.Button(self, text=text, command=lambda: self.unfold(_ALL))
        button.pack(anchor="w")
        if not is_open:
            return
        inside = ttk.Frame(self)
        inside.pack(fill="x", padx=(px(18), 0))
        for section in self._sections:
            self._build_section(inside, section)

    def _build_section(self, parent: ttk.Frame, section: Section) -> None:
        px = self._look.px
        is_open = section.id in self._desk.unfolded
        button = ttk.Button(
            *(parent,), text=(_OPEN if is_open else _SHUT) + section.title,
            command=lambda: self.unfold(section.id),
        )  # fmt: skip
        button.pack(anchor="w", pady=(px(6), 0))
        self.buttons[section.id] = button
        if not is_open:
            return
        frame = ttk.Frame(parent)
        frame.pack(fill="x", padx=(px(18), 0), pady=(px(4), px(4)))
        if section.note:
            note = ttk.Label(frame, text=section.note, foreground=self._look.colours.doubt)
            wrapped(note, px(8)).pack(anchor="w", pady=(0, px(4)))
        fields = FieldList(frame, self._look, section.fields, self._desk.values, self._on_change)
        fields.pack(fill="x")
        fields.show_problems(self._problems)
        self.lists[section.id] = fields
        if section.id == "augmentation":
            self._build_preview(frame, is_allowed=not section.note)

    # What the changes do

    def _build_preview(self, frame: ttk.Frame, is_allowed: bool) -> None:
        px = self._look.px
        self.preview_button = ttk.Button(
            frame, text=tr("Show what it does to my photographs"), command=self._desk.paint_examples
        )
        self.preview_button.pack(anchor="w", pady=(px(6), px(6)))
        self.preview_button.state(["!disabled" if is_allowed and not self._is_painting else "disabled"])
        self._can_paint = is_allowed
        self._shown = ttk.Label(frame)
        self._shown.pack(anchor="w")
        self.show_painting(self._is_painting)
        self.show_preview()

    def show_painting(self, painting: bool) -> None:
        """Examples are being made, or not."""
        self._is_painting = painting
        if self.preview_button is not None:
            text = tr("Being painted…") if painting else tr("Show what it does to my photographs")
            self.preview_button.configure(text=text)
            self.preview_button.state(["!disabled" if self._can_paint and not painting else "disabled"])

    def show_preview(self) -> None:
        """The examples, as wide as there is room; read and made smaller in a worker."""
        path, label = self._desk.preview, self._shown
        if path is None or label is None:
            return
        room = max(self._look.px(320), self.winfo_width() - self._look.px(60))

        def read() -> bytes | None:
            return self._desk.engine.fitted_png(path, room)

        def show(png: bytes | None) -> None:
            if png is not None and label.winfo_exists():
                self._picture = tkinter.PhotoImage(master=self, data=png)
                label.configure(image=self._picture)

        self._desk.ask(read, show)
