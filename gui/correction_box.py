"""Type-ahead for the breed that it really is: English and French names, mixed, unknown, or the words as typed."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import TYPE_CHECKING

from core.name_search import best_matches, folded
from core.texts import tr
from gui.focus import focused
from gui.theme import BODY, Look, elided

if TYPE_CHECKING:
    from core.records import Correction

_MOST_ROWS = 7


@dataclass(frozen=True)
class Choice:
    """One answer: its visible name, all names it is found by, and what it means."""

    shown: str
    names: tuple[str, ...]
    correction: Correction


class CorrectionBox(ttk.Frame):
    """A field with a list that opens under (or over) it; Enter or a click takes what is marked.

    Words that are no known name are kept only when their row is chosen with an arrow key or the mouse.
    """

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        on_taken: Callable[[Choice], object],
        as_typed: Callable[[str], Choice],
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._on_taken = on_taken
        self._as_typed = as_typed
        self._choices: Sequence[Choice] = ()
        self._matches: list[Choice] = []
        self._sure = 0  # how many of these are names of breeds; after them come the words as typed
        self._label = ttk.Label(self, style="Strong.TLabel")
        self._typed = tkinter.StringVar(self)
        self.entry = ttk.Entry(self, textvariable=self._typed)
        self.button = ttk.Button(self, command=self._keep)
        self._hint = tkinter.Label(self.entry, anchor="w", font=BODY, borderwidth=0, padx=0, pady=0, cursor="xterm")
        self._rim = tkinter.Frame(self.winfo_toplevel())
        self.list = tkinter.Listbox(
            self._rim,
            activestyle="none",
            borderwidth=0,
            exportselection=False,
            font=BODY,
            highlightthickness=0,
            takefocus=False,
        )
        self._build()
        self.show_texts()

    @property
    def is_open(self) -> bool:
        """Whether the list is to be seen."""
        return bool(self._rim.winfo_manager())

    def show_texts(self) -> None:
        """All texts in the present language."""
        self._label.configure(text=tr("Is it another breed?"))
        self.button.configure(text=tr("Keep"))
        self._show_hint()

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """What can be chosen, likeliest first."""
        self._choices = choices
        if self.is_open:
            self._fill()

    def enable(self, enabled: bool) -> None:
        """Whether there is a photograph to speak of."""
        for widget in (self.entry, self.button):
            widget.state(["!disabled" if enabled else "disabled"])
        if not enabled:
            self.clear()

    def clear(self) -> None:
        """An empty field with its list closed."""
        self._typed.set("")
        self.close_list()

    def begin(self) -> None:
        """The cursor into the field, with the list open."""
        self.entry.focus_set()
        self._open()

    def close_list(self) -> None:
        self._rim.place_forget()

    def _build(self) -> None:
        px = self._look.px
        self.columnconfigure(0, weight=1)
        self._label.grid(row=0, column=0, columnspan=2, sticky="w", pady=(0, px(4)))
        self.entry.grid(row=1, column=0, sticky="ew", ipady=px(2))
        self.button.grid(row=1, column=1, padx=(px(8), 0))
        self.list.pack(fill="both", expand=True, padx=1, pady=1)
        self._typed.trace_add("write", lambda *_changed: self._on_typed())
        self._bind_events()
        self._dress()

    def _bind_events(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "<Down>": lambda: self._mark(1),
            "<Up>": lambda: self._mark(-1),
            "<Return>": self._take_marked,
            "<KP_Enter>": self._take_marked,
            "<Escape>": self._escape,
        }
        for key, do in keys.items():
            self.entry.bind(key, lambda _event, do=do: (do(), "break")[1])  # type: ignore[misc]
        self.entry.bind("<FocusIn>", lambda _event: self._show_hint())
        self.entry.bind("<FocusOut>", self._on_left)
        self.entry.bind("<Configure>", lambda _event: self._place())
        self.entry.bind("<Button-1>", lambda _event: self.after_idle(self._open))
        self.entry.bind("<Configure>", lambda _event: self._show_hint(), add=True)
        self._hint.bind("<Button-1>", lambda _event: self.begin())
        self.list.bind("<ButtonRelease-1>", self._on_click)
        self.list.bind("<Motion>", lambda event: self._select(self.list.index(f"@{event.x},{event.y}")))
        self.bind("<<ThemeChanged>>", lambda _event: self._dress())

    def _dress(self) -> None:
        colours = self._look.colours
        self._rim.configure(background=colours.border)
        self.list.configure(
            background=colours.card,
            foreground=colours.text,
            selectbackground=colours.chosen,
            selectforeground=colours.text,
        )
        self._hint.configure(background=colours.field, foreground=colours.faint)

    def _on_left(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self._show_hint()
        self.close_list()

    @property
    def _marked(self) -> int:
        """The marked row; -1 without one."""
        rows: tuple[int, ...] = self.list.curselection()  # type: ignore[no-untyped-call]
        return rows[0] if rows else -1

    def _on_typed(self) -> None:
        self._show_hint()
        if self._typed.get().strip():
            self._open()
        else:
            self.close_list()

    def _show_hint(self) -> None:
        if self._typed.get() or focused(self) is self.entry:
            self._hint.place_forget()
        else:
            room = max(self._look.px(60), self.entry.winfo_width() - self._look.px(22))
            hint = tr("Type its name, in English or French")
            self._hint.configure(text=elided(self, hint, BODY, room) if self.entry.winfo_width() > 1 else hint)
            self._hint.place(x=self._look.px(8), rely=0.5, anchor="w", relwidth=1.0, width=-self._look.px(14))

    def _open(self) -> None:
        if not self.entry.instate(["disabled"]):
            self._fill()
            self._place(opening=True)

    def _fill(self) -> None:
        typed = self._typed.get().strip()
        found = best_matches(typed, ((n, choice.names) for n, choice in enumerate(self._choices)))
        self._matches = [self._choices[n] for n in found]
        if typed and not found:
            from gui.breed_choices import meant_choices  # which needs this module

            self._matches = meant_choices(typed, self._choices)
        self._sure = len(self._matches)
        known = {folded(name) for choice in self._matches for name in choice.names}
        if typed and folded(typed) not in known:
            self._matches.append(self._as_typed(typed))
        self.list.delete(0, "end")
        self.list.insert("end", *(f" {choice.shown}" for choice in self._matches))
        if self._sure:
            self._select(0)

    def _place(self, opening: bool = False) -> None:
        """Under the field where there is room, else over it."""
        if not (opening or self.is_open) or not self._matches:
            self.close_list()
            return
        top = self.winfo_toplevel()
        self.list.configure(height=min(_MOST_ROWS, len(self._matches)))
        height = self.list.winfo_reqheight() + 2
        x, y = self.entry.winfo_rootx() - top.winfo_rootx(), self.entry.winfo_rooty() - top.winfo_rooty()
        under = y + self.entry.winfo_height() + 2
        at = under if under + height <= top.winfo_height() else y - height - 2
        self._rim.place(x=x, y=max(0, at), width=self.winfo_width(), height=height)
        self._rim.lift()

    def _mark(self, step: int) -> None:
        if not self.is_open:
            self._open()
            return
        self._select(min(max(0, self._marked + step), len(self._matches) - 1))

    def _select(self, row: int) -> None:
        self.list.selection_clear(0, "end")
        self.list.selection_set(row)
        self.list.see(row)

    def _on_click(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self._take_marked()

    def _take_marked(self) -> None:
        if not self.is_open:
            if self._typed.get().strip():
                self._open()
            else:
                self.entry.focus_set()
            return
        if 0 <= self._marked < len(self._matches):
            taken = self._matches[self._marked]
            self.clear()
            self.focus_set()
            self._on_taken(taken)

    def _keep(self) -> None:
        """The button: a click on it means what is written, where nothing else can be meant."""
        if self.is_open and not self._sure and len(self._matches) == 1:
            self._select(0)
        self._take_marked()

    def _escape(self) -> None:
        if self.is_open:
            self.close_list()
        else:
            self.clear()
            self.focus_set()
