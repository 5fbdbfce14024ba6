"""Options in rows: a choice, a switch or a field each, with a faint sentence below; some depend on another one."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from tkinter import ttk

from gui.theme import Look

ON, OFF = "yes", ""


@dataclass(frozen=True)
class Option:
    """One question. With `entries` (value, visible name) it is a choice, with `is_switch` on or off, else a field.

    `hint` stands below it, as a warning if `is_warning`; `when` (another option's id, its value) says when it can be
    answered at all.
    """

    id: str
    text: str
    default: str = ""
    entries: tuple[tuple[str, str], ...] = ()
    is_switch: bool = False
    hint: str = ""
    is_warning: bool = False
    when: tuple[str, str] | None = None

    def accepted(self, value: str | None) -> str:
        """The value, if it can be one of this option's; else the default."""
        if value is None:
            return self.default
        if self.entries:
            return value if value in dict(self.entries) else self.default
        if self.is_switch:
            return ON if value == ON else OFF
        return value[:200]


class OptionList(ttk.Frame):
    """`values` has what is chosen, by the options' ids; `on_change` is called after each change."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        options: Sequence[Option],
        known: Mapping[str, str],
        on_change: Callable[[], object],
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._on_change = on_change
        self._asked = tuple(options)
        self._variables: dict[str, tkinter.StringVar] = {}
        self.widgets: dict[str, ttk.Combobox | ttk.Checkbutton | ttk.Entry] = {}
        self._faint: list[ttk.Label] = []
        self._questions: list[ttk.Label] = []
        self.columnconfigure(1, weight=1)
        for row, option in enumerate(options):
            self._add(2 * row, option, option.accepted(known.get(option.id)))
        self._show_allowed()
        self.bind("<Configure>", self._wrap)

    @property
    def values(self) -> dict[str, str]:
        """What is chosen; an option that cannot be answered now has its default."""
        found = {}
        for option in self._asked:
            found[option.id] = self._value(option) if self._is_allowed(option) else option.default
        return found

    @property
    def changed(self) -> dict[str, str | None]:
        """The same; None for what is as it is by itself, which may be another thing in another language."""
        defaults = {option.id: option.default for option in self._asked}
        return {name: None if value == defaults[name] else value for name, value in self.values.items()}

    def let_go(self) -> None:
        """Before it is destroyed: Tk's variables must not be freed in another thread later."""
        self._variables.clear()

    def _value(self, option: Option) -> str:
        shown = self._variables[option.id].get()
        if option.entries:
            return next((value for value, text in option.entries if text == shown), option.default)
        return shown

    def _is_allowed(self, option: Option) -> bool:
        if option.when is None:
            return True
        other = next(one for one in self._asked if one.id == option.when[0])
        return self._is_allowed(other) and self._value(other) == option.when[1]

    def _add(self, row: int, option: Option, value: str) -> None:
        px = self._look.px
        variable = tkinter.StringVar(self, dict(option.entries).get(value, value))
        self._variables[option.id] = variable
        if option.is_switch:
            widget: ttk.Combobox | ttk.Checkbutton | ttk.Entry = ttk.Checkbutton(
                self, text=option.text, variable=variable, onvalue=ON, offvalue=OFF, command=self._changed
            )
            widget.grid(row=row, column=0, columnspan=2, sticky="w", pady=px(2))
        else:
            label = ttk.Label(self, text=option.text, justify="left")
            self._questions.append(label)
            label.grid(row=row, column=0, sticky="w", padx=(0, px(16)), pady=px(4))
            widget = self._field(option, variable)
            widget.grid(row=row, column=1, sticky="w", pady=px(3))
        self.widgets[option.id] = widget
        if option.hint:
            hint = ttk.Label(self, text=option.hint, style="Faint.TLabel", justify="left")
            if option.is_warning:
                hint.configure(foreground=self._look.colours.doubt)
            hint.grid(row=row + 1, column=0, columnspan=2, sticky="w", padx=(px(28), 0), pady=(0, px(6)))
            self._faint.append(hint)

    def _field(self, option: Option, variable: tkinter.StringVar) -> ttk.Combobox | ttk.Entry:
        if not option.entries:
            entry = ttk.Entry(self, textvariable=variable, width=18)
            variable.trace_add("write", lambda *_changed: self._changed())
            return entry
        shown = [text for _, text in option.entries]
        width = min(46, max(len(text) for text in shown) + 1)
        box = ttk.Combobox(self, textvariable=variable, values=shown, state="readonly", width=width)
        box.bind("<<ComboboxSelected>>", lambda _event: self._on_chosen(box))
        for event in ("<Button-4>", "<Button-5>", "<MouseWheel>"):
            # Else an option changes under the pointer while somebody wants to scroll the page.
            box.bind(event, lambda _event: "break")
        return box

    def _on_chosen(self, box: ttk.Combobox) -> None:
        box.selection_clear()
        self._changed()

    def _changed(self) -> None:
        self._show_allowed()
        self._on_change()

    def _show_allowed(self) -> None:
        for option in self._asked:
            state = "!disabled" if self._is_allowed(option) else "disabled"
            self.widgets[option.id].state([state])

    def _wrap(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        for label in self._faint:
            label.configure(wraplength=max(self._look.px(200), self.winfo_width() - self._look.px(34)))
        for label in self._questions:  # the answers need their room, too
            label.configure(wraplength=max(self._look.px(120), self.winfo_width() * 2 // 5))
