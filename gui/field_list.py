"""Questions in rows, each with one line of explanation: a choice, a switch, a slider or a field; what is wrong with an
answer is said beside it.
"""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from tkinter import ttk

from core.texts import language
from gui.theme import Look

ON, OFF = "yes", ""


@dataclass(frozen=True)
class Field:
    """One question. With `entries` (value, visible name) a choice, with `is_switch` on or off, with `most` a slider
    from 0 (or `least`) to it in steps of `step`; else a field of `width` letters. `unit` stands behind it.
    """

    id: str
    text: str
    default: str = ""
    hint: str = ""
    entries: tuple[tuple[str, str], ...] = ()
    is_switch: bool = False
    least: float = 0.0
    most: float | None = None
    step: float = 0.01
    unit: str = ""
    width: int = 10
    is_allowed: bool = True


class FieldList(ttk.Frame):
    """`on_change` is called with the id and the value after each change."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        fields: Sequence[Field],
        values: Mapping[str, str],
        on_change: Callable[[str, str], object],
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._on_change = on_change
        self._variables: dict[str, tkinter.StringVar] = {}
        self._hints: list[ttk.Label] = []
        self._questions: list[ttk.Label] = []
        self.widgets: dict[str, ttk.Widget] = {}
        self.problems: dict[str, ttk.Label] = {}
        self._wide = -1
        self.columnconfigure(2, weight=1)
        for row, field in enumerate(fields):
            self._add(3 * row, field, values.get(field.id, field.default))
        self.bind("<Configure>", self._wrap)
        self.bind("<Destroy>", lambda event: self._variables.clear() if event.widget is self else None)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """What is wrong with some answers; nothing with the others."""
        for name, label in self.problems.items():
            said = problems.get(name, "")
            label.configure(text=said, foreground=self._look.colours.bad)
            if said:
                label.grid()
            else:
                label.grid_remove()

    def value(self, name: str) -> str:
        """What stands in a field, as shown."""
        return self._variables[name].get()

    def set(self, name: str, shown: str) -> None:
        """Write something into a field, as the user would."""
        self._variables[name].set(shown)

    def focus_on(self, name: str) -> None:
        """The keyboard to this question."""
        self.widgets[name].focus_set()

    def _add(self, row: int, field: Field, value: str) -> None:
        px = self._look.px
        variable = tkinter.StringVar(self, dict(field.entries).get(value, value))
        self._variables[field.id] = variable
        if field.is_switch:
            widget: ttk.Widget = ttk.Checkbutton(
                *(self,), text=field.text, variable=variable, onvalue=ON, offvalue=OFF,
                command=lambda: self._on_change(field.id, variable.get()),
            )  # fmt: skip
            widget.grid(row=row, column=0, columnspan=3, sticky="w", pady=px(2))
        else:
            question = ttk.Label(self, text=field.text, justify="left")
            question.grid(row=row, column=0, sticky="w", padx=(0, px(16)), pady=px(3))
            self._questions.append(question)
            widget = self._answer(row, field, variable)
        widget.state(["!disabled" if field.is_allowed else "disabled"])
        self.widgets[field.id] = widget
        problem = ttk.Label(self, justify="left")
        problem.grid(row=row + 1, column=0, columnspan=3, sticky="w", padx=(px(16), 0), pady=(0, px(2)))
        problem.grid_remove()
        self.problems[field.id] = problem
        self._hints.append(problem)
        if field.hint:
            hint = ttk.Label(self, text=field.hint, style="Small.TLabel", justify="left")
            hint.grid(row=row + 2, column=0, columnspan=3, sticky="w", padx=(px(16), 0), pady=(0, px(6)))
            self._hints.append(hint)

    def _answer(self, row: int, field: Field, variable: tkinter.StringVar) -> ttk.Widget:
        px = self._look.px
        if field.most is not None:
            return self._slider(row, field, variable)
        if field.entries:
            widget: ttk.Widget = self._box(field, variable)
        else:
            widget = ttk.Entry(self, textvariable=variable, width=field.width)
            variable.trace_add("write", lambda *_changed: self._on_change(field.id, variable.get()))
        widget.grid(row=row, column=1, sticky="w", pady=px(3))
        if field.unit:
            ttk.Label(self, text=field.unit, style="Faint.TLabel").grid(row=row, column=2, sticky="w", padx=(px(8), 0))
        return widget

    def _box(self, field: Field, variable: tkinter.StringVar) -> ttk.Combobox:
        shown = [text for _, text in field.entries]
        wide = min(46, max(len(text) for text in shown) + 1)
        box = ttk.Combobox(self, textvariable=variable, values=shown, state="readonly", width=wide)

        def chosen(_event: tkinter.Event[tkinter.Misc]) -> None:
            box.selection_clear()
            self._on_change(field.id, field.entries[max(0, box.current())][0])

        box.bind("<<ComboboxSelected>>", chosen)
        for event in ("<Button-4>", "<Button-5>", "<MouseWheel>"):
            # Else an option changes under the pointer while somebody wants to scroll the page.
            box.bind(event, lambda _event: "break")
        return box

    def _slider(self, row: int, field: Field, variable: tkinter.StringVar) -> ttk.Scale:
        px, most = self._look.px, field.most or 1.0
        number = _number(variable.get())
        shown = ttk.Label(self, style="Faint.TLabel", width=10)

        def write(value: float) -> str:
            stepped = round(value / field.step) * field.step
            digits = 0 if field.step >= 1 else len(f"{field.step:g}".partition(".")[2])
            text = f"{stepped:.{digits}f}"
            said = text.replace(".", ",") if language() == "fr" else text
            shown.configure(text=f"{said} {field.unit}".strip())
            return text

        def moved(value: str) -> None:
            written = write(float(value))
            if written != variable.get():
                variable.set(written)
                self._on_change(field.id, written)

        slider = ttk.Scale(self, from_=field.least, to=most, length=px(170), value=number, command=moved)
        slider.grid(row=row, column=1, sticky="w", pady=px(3))
        shown.grid(row=row, column=2, sticky="w", padx=(px(8), 0))
        write(number)
        for key, sign in (("<Left>", -1), ("<Right>", 1)):
            slider.bind(key, lambda _event, sign=sign: self._nudge(slider, sign * field.step))  # type: ignore[misc]
        return slider

    def _nudge(self, slider: ttk.Scale, by: float) -> str:
        slider.set(slider.get() + by)
        return "break"

    def _wrap(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if event.widget is not self or event.width == self._wide:
            return
        self._wide = event.width
        for label in self._hints:
            label.configure(wraplength=max(self._look.px(180), event.width - self._look.px(24)))
        for label in self._questions:  # the answers need their room, too
            label.configure(wraplength=max(self._look.px(110), event.width * 2 // 5))


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return 0.0
