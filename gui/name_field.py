"""A field for a name with the known names under it: typing narrows them, the arrow keys and a click take one."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from tkinter import font, ttk

from core.name_search import best_matches, folded
from core.name_spelling import close_matches
from core.texts import tr
from gui.row_tip import RowTip
from gui.theme import BODY, Look

_ROWS = 7
_LEAST_LETTERS, _MOST_PX = 36, 470


class NameField(ttk.Frame):
    """`options` are (visible name, all names it is found by), the likeliest first."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        title: str,
        options: Sequence[tuple[str, tuple[str, ...]]],
        on_entered: Callable[[], object],
    ) -> None:
        super().__init__(parent)
        self._known = options
        self._look = look
        self._matches: list[int] = []
        self._are_meant = False  # the list asks whether one of these was meant
        self._is_own = False
        self._typed = tkinter.StringVar(self)
        ttk.Label(self, text=title, style="Strong.TLabel").pack(anchor="w", pady=(0, look.px(4)))
        self.entry = ttk.Entry(self, textvariable=self._typed, width=self._letters())
        self.entry.pack(fill="x")
        self.list = tkinter.Listbox(
            *(self,), activestyle="none", borderwidth=0, exportselection=False, font=BODY, height=_ROWS,
            highlightthickness=1, takefocus=False, background=look.colours.card, foreground=look.colours.text,
            selectbackground=look.colours.chosen, selectforeground=look.colours.text,
            highlightbackground=look.colours.border, highlightcolor=look.colours.border,
        )  # fmt: skip
        self.list.pack(fill="both", expand=True, pady=(look.px(4), 0))
        self._typed.trace_add("write", lambda *_changed: self._on_typed())
        for key, step in (("<Down>", 1), ("<Up>", -1)):
            self.entry.bind(key, lambda _event, step=step: self._move(step))  # type: ignore[misc]
        for key in ("<Return>", "<KP_Enter>"):
            self.entry.bind(key, lambda _event: (on_entered(), "break")[1])
        self._tip = RowTip(self.list, look)
        self.list.bind("<Motion>", self._on_motion)
        for event in ("<Leave>", "<Destroy>"):
            self.list.bind(event, lambda _event: self._tip.hide())
        self.list.bind("<<ListboxSelect>>", lambda _event: self._take_marked())
        self.list.bind("<Double-Button-1>", lambda _event: on_entered())
        # Now: the garbage collector might free it in a thread where Tk may not be used.
        self.entry.bind("<Destroy>", lambda _event: vars(self).pop("_typed", None))
        self._fill()

    def _letters(self) -> int:
        """As wide as the longest name, as far as the screen goes."""
        measure, px = font.nametofont(BODY, self).measure, self._look.px
        longest = max((measure(shown) for shown, _ in self._known), default=0)
        room = min(px(_MOST_PX), self.winfo_screenwidth() - px(120))
        return max(_LEAST_LETTERS, -(-(min(longest, room) + px(12)) // max(1, measure("0"))))

    def _on_motion(self, event: tkinter.Event[tkinter.Misc]) -> None:
        """The whole of a name that is cut."""
        row = int(self.list.nearest(event.y))  # type: ignore[no-untyped-call]
        text = self._known[self._matches[row]][0] if 0 <= row < len(self._matches) else ""
        is_cut = font.nametofont(BODY, self).measure(f" {text}") > self.list.winfo_width() - 4
        self._tip.rest_on(text if is_cut else "", event.x_root, event.y_root + self._look.px(18))

    @property
    def text(self) -> str:
        """What is written in the field."""
        return self._typed.get().strip()

    @property
    def chosen(self) -> int | None:
        """Which of the options is meant: the marked one, else the one that is best called so; None where none is."""
        if not self.text:
            return None
        wanted = folded(self.text)
        exact = (n for n, (shown, names) in enumerate(self._known) if wanted in map(folded, (shown, *names)))
        return next(exact, self._matches[0] if self._matches and not self._are_meant else None)

    @property
    def meant(self) -> str:
        """The name that was probably meant by what is written and is none of them; empty where none is near."""
        return self._known[self._matches[0]][0] if self._are_meant and self._matches else ""

    def put(self, text: str) -> None:
        """Write this into the field."""
        self._set(text)

    def begin(self) -> None:
        """The cursor into the field, ready to type over what is there."""
        self.entry.focus_set()
        self.entry.selection_range(0, "end")
        self.entry.icursor("end")

    def _set(self, text: str) -> None:
        self._is_own = True
        self._typed.set(text)
        self._is_own = False

    def _on_typed(self) -> None:
        if not self._is_own:
            self._fill()

    def _fill(self) -> None:
        named = [(n, names) for n, (_, names) in enumerate(self._known)]
        self._matches = best_matches(self.text, named)
        self._are_meant = not self._matches
        if self._are_meant:
            self._matches = [n for n, _ in close_matches(self.text, named)]
        self.list.delete(0, "end")
        self.list.insert("end", *(f" {self._row(n)}" for n in self._matches))

    def _row(self, number: int) -> str:
        name = self._known[number][0]
        return tr("Did you mean {name}?").format(name=name) if self._are_meant else name

    def _move(self, step: int) -> str:
        rows: tuple[int, ...] = self.list.curselection()  # type: ignore[no-untyped-call]
        at = min(max(0, rows[0] + step if rows else 0), len(self._matches) - 1)
        if self._matches:
            self.list.selection_clear(0, "end")
            self.list.selection_set(at)
            self.list.see(at)
            self._take_marked()
        return "break"

    def _take_marked(self) -> None:
        rows: tuple[int, ...] = self.list.curselection()  # type: ignore[no-untyped-call]
        if rows:
            self._set(self._known[self._matches[rows[0]]][0])
            self.entry.icursor("end")
