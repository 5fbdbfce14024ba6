"""The settings: model, language, theme, colours of the heatmap. Every choice works at once."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from core.texts import tr
from gui.dialog import Dialog
from gui.theme import Look


@dataclass(frozen=True)
class ModelChoice:
    """A model to choose: its visible name, what it is good for, and why it cannot be used, if so."""

    name: str
    title: str
    detail: str
    problem: str
    in_use: bool


@dataclass(frozen=True)
class Selection:
    """A question with a few answers, as (value, visible name)."""

    text: str
    entries: Sequence[tuple[str, str]]
    chosen: str
    choose: Callable[[str], object]


@dataclass(frozen=True)
class Administrator:
    """Whether the tools of the Retrain tab are to be seen, and whether they have a passphrase."""

    is_on: bool
    has_passphrase: bool
    switch: Callable[[bool], object]
    ask_passphrase: Callable[[], object]


class SettingsDialog(Dialog):
    """Rows of choices; the models come when the worker has read them."""

    def __init__(
        self,
        parent: tkinter.Tk,
        look: Look,
        selections: Sequence[Selection],
        use_model: Callable[[str], object],
        add_model: Callable[[], object],
        administrator: Administrator | None = None,
    ) -> None:
        super().__init__(parent, look, tr("Settings"))
        self._use_model = use_model
        self._used = tkinter.StringVar(self)
        self.boxes: list[ttk.Combobox] = []
        self._build(selections, add_model)
        if administrator is not None:
            self._build_administrator(administrator, 5 + len(selections))
        self.show()

    def show_models(self, models: Sequence[ModelChoice]) -> None:
        """The models to choose from."""
        for child in self._models.winfo_children():
            child.destroy()
        px = self.look.px
        for row, model in enumerate(models):
            self._used.set(model.name if model.in_use else self._used.get())
            button = ttk.Radiobutton(
                self._models,
                text=model.title,
                variable=self._used,
                value=model.name,
                command=lambda name=model.name: self._use_model(name),  # type: ignore[misc]
                state="disabled" if model.problem else "normal",
            )
            button.grid(row=2 * row, column=0, sticky="w")
            detail = ttk.Label(self._models, text=model.problem or model.detail, style="Faint.TLabel")
            detail.configure(wraplength=self.look.room(480), justify="left")
            detail.grid(row=2 * row + 1, column=0, sticky="w", padx=(px(30), 0), pady=(0, px(8)))
        if not models:
            ttk.Label(self._models, text=tr("There is no model."), style="Faint.TLabel").grid()

    def _build(self, selections: Sequence[Selection], add_model: Callable[[], object]) -> None:
        px = self.look.px
        self.body.columnconfigure(1, weight=1)
        title = ttk.Label(self.body, text=tr("Model"), style="Strong.TLabel")
        title.grid(row=0, column=0, columnspan=2, sticky="w", pady=(0, px(6)))
        self._models = ttk.Frame(self.body)
        self._models.grid(row=1, column=0, columnspan=2, sticky="ew")
        ttk.Label(self._models, text=tr("Reading the models…"), style="Faint.TLabel").grid()
        self.add_button = ttk.Button(self.body, text=tr("Add a model from a file…"), command=add_model)
        self.add_button.grid(row=2, column=0, columnspan=2, sticky="w", pady=(px(4), px(14)))
        line = ttk.Separator(self.body)
        line.grid(row=3, column=0, columnspan=2, sticky="ew", pady=(0, px(14)))
        for row, selection in enumerate(selections, start=4):
            ttk.Label(self.body, text=selection.text).grid(row=row, column=0, sticky="w", padx=(0, px(24)), pady=px(4))
            self._build_box(selection).grid(row=row, column=1, sticky="ew", pady=px(4))

    def _build_administrator(self, administrator: Administrator, row: int) -> None:
        px = self.look.px
        line = ttk.Separator(self.body)
        line.grid(row=row, column=0, columnspan=2, sticky="ew", pady=(px(10), px(8)))
        self._is_administrator = tkinter.BooleanVar(self, administrator.is_on)
        self.administrator_box = ttk.Checkbutton(
            *(self.body,), text=tr("Administrator: show the Retrain tab's tools"), variable=self._is_administrator,
            command=lambda: administrator.switch(self._is_administrator.get()),
        )  # fmt: skip
        self.administrator_box.grid(row=row + 1, column=0, columnspan=2, sticky="w")
        text = tr("Change or remove the passphrase…") if administrator.has_passphrase else tr("Set a passphrase…")
        # Beside the Close button: a small screen has no room for another line.
        self.passphrase_button = ttk.Button(self.foot, text=text, command=administrator.ask_passphrase)
        if administrator.is_on:
            self.passphrase_button.pack(side="left")

    def _build_box(self, selection: Selection) -> ttk.Combobox:
        shown = [text for _, text in selection.entries]
        box = ttk.Combobox(self.body, state="readonly", values=shown, width=max(28, *(len(text) for text in shown)))
        box.set(dict(selection.entries).get(selection.chosen, ""))

        def chosen(_event: tkinter.Event[tkinter.Misc]) -> None:
            box.selection_clear()
            selection.choose(selection.entries[box.current()][0])

        box.bind("<<ComboboxSelected>>", chosen)
        self.boxes.append(box)
        return box
