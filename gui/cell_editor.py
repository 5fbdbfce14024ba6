"""The field that lies over a cell of a table while it is filled in, with names to choose from where there are any."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from tkinter import ttk

from core.name_search import best_matches
from gui.theme import BODY, Look

_MOST_SUGGESTED = 7
_FEW = 4  # so few are offered before anything is typed


class CellEditor:
    """Opens over a box of its canvas. `take(text)` says what is wrong with a text; `left(key)` comes when it closes."""

    def __init__(
        self, canvas: tkinter.Canvas, look: Look, take: Callable[[str], str], left: Callable[[str], object]
    ) -> None:
        self._canvas = canvas
        self._look = look
        self._take = take
        self._left = left
        self._suggestions: Sequence[str] = ()
        self._before = ""
        self._is_closing = self._is_coming = False
        self._typed = tkinter.StringVar(canvas)
        self.entry = ttk.Entry(canvas, textvariable=self._typed, font=BODY)
        self._rim = tkinter.Frame(canvas.winfo_toplevel())
        self.list = tkinter.Listbox(
            self._rim, activestyle="none", borderwidth=0, exportselection=False, font=BODY, highlightthickness=0,
            takefocus=False,
        )  # fmt: skip
        self.list.pack(fill="both", expand=True, padx=1, pady=1)
        self._bind()

    @property
    def is_open(self) -> bool:
        """Whether somebody is typing."""
        return bool(self.entry.winfo_manager())

    def open(self, box: tuple[int, int, int, int], text: str, suggestions: Sequence[str], is_chosen: bool) -> None:
        """Over this box of the canvas; with `is_chosen` the first letter typed replaces the text."""
        left, top, right, bottom = box
        self._before = text if is_chosen else "\0"  # what was typed already is a change
        self._suggestions = suggestions
        self._is_coming = True
        self._typed.set(text)
        self.entry.place(x=left, y=top, width=right - left, height=bottom - top)
        self.entry.focus_set()
        self.entry.icursor("end")
        self.entry.selection_clear()
        if is_chosen:
            self.entry.selection_range(0, "end")
        self._suggest()

    def commit(self, key: str = "", keeps_focus: bool = True) -> bool:
        """Take what was typed and close; false, and still open, when it is wrong."""
        if not self.is_open:
            return True
        text = self._typed.get()
        if text != self._before and self._take(text):
            self._before = "\0"
            if keeps_focus:
                self.entry.focus_set()
                self.entry.selection_range(0, "end")
            return False
        self._close(key)
        return True

    def cancel(self, key: str = "Escape") -> None:
        """As it was before."""
        if self.is_open:
            self._close(key)

    def _close(self, key: str) -> None:
        self._is_closing = True
        self._rim.place_forget()
        self.entry.place_forget()
        self._is_closing = False
        self._left(key)

    def _bind(self) -> None:
        for key in ("Return", "KP_Enter", "Tab", "ISO_Left_Tab"):
            self._bind_key(key)
        self.entry.bind("<Shift-Tab>", lambda _event: self._on_commit("ISO_Left_Tab"))
        self.entry.bind("<Escape>", self._on_escape)
        self.entry.bind("<Up>", lambda _event: self._on_arrow("Up", -1))
        self.entry.bind("<Down>", lambda _event: self._on_arrow("Down", 1))
        self.entry.bind("<FocusIn>", self._on_focus_in)
        self.entry.bind("<FocusOut>", self._on_focus_out)
        self._typed.trace_add("write", lambda *_changed: self._suggest())
        self.list.bind("<ButtonRelease-1>", lambda _event: self._on_commit("Return"))
        self.list.bind("<ButtonPress-1>", self._on_press)

    def _bind_key(self, key: str) -> None:
        try:
            self.entry.bind(f"<{key}>", lambda _event: self._on_commit(key))
        except tkinter.TclError:  # only X knows ISO_Left_Tab
            return

    def _on_commit(self, key: str) -> str:
        chosen: tuple[int, ...] = self.list.curselection()  # type: ignore[no-untyped-call]
        if self._rim.winfo_manager() and chosen:
            self._typed.set(str(self.list.get(chosen[0])).strip())
        self.commit(key)
        return "break"

    def _on_press(self, event: tkinter.Event[tkinter.Misc]) -> str:
        self.list.selection_clear(0, "end")
        self.list.selection_set(self.list.nearest(event.y))
        return "break"

    def _on_escape(self, _event: tkinter.Event[tkinter.Misc]) -> str:
        if self._rim.winfo_manager():
            self._rim.place_forget()
        else:
            self.cancel()
        return "break"

    def _on_arrow(self, key: str, step: int) -> str:
        if not self._rim.winfo_manager():
            return self._on_commit(key)
        chosen: tuple[int, ...] = self.list.curselection()  # type: ignore[no-untyped-call]
        row = (chosen[0] + step) if chosen else (0 if step > 0 else -1)
        self.list.selection_clear(0, "end")
        if 0 <= row < self.list.size():
            self.list.selection_set(row)
            self.list.see(row)
        return "break"

    def _on_focus_in(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self._is_coming = False

    def _on_focus_out(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        # Tk gives the focus to the field only when it is drawn; until then the last one's loss of it may come in.
        if not self._is_closing and not self._is_coming:
            self.commit(keeps_focus=False)

    def _suggest(self) -> None:
        typed = self._typed.get().strip()
        found = best_matches(typed, ((n, (name,)) for n, name in enumerate(self._suggestions))) if typed else []
        names = [self._suggestions[n] for n in found]
        is_asked = bool(typed) and typed != self._before
        if not is_asked and len(self._suggestions) <= _FEW:
            names, is_asked = list(self._suggestions), True
        if not self.is_open or not names or names == [typed] or not is_asked:
            self._rim.place_forget()
            return
        colours = self._look.colours
        self._rim.configure(background=colours.border)
        self.list.configure(
            background=colours.field, foreground=colours.text, selectbackground=colours.chosen,
            selectforeground=colours.text, height=min(_MOST_SUGGESTED, len(names)),
        )  # fmt: skip
        self.list.delete(0, "end")
        self.list.insert("end", *(f" {name}" for name in names))
        self._place()

    def _place(self) -> None:
        """Under the field where there is room, else over it."""
        top = self._canvas.winfo_toplevel()
        self._canvas.update_idletasks()
        height = self.list.winfo_reqheight() + 2
        x = self.entry.winfo_rootx() - top.winfo_rootx()
        y = self.entry.winfo_rooty() - top.winfo_rooty()
        under = y + self.entry.winfo_height()
        at = under if under + height <= top.winfo_height() else y - height
        self._rim.place(x=x, y=max(0, at), width=max(self.entry.winfo_width(), self._look.px(220)), height=height)
        self._rim.lift()
