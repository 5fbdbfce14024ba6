"""The Folder tab before there is a folder: the invitation to bring one, and the folders of earlier days."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from tkinter import ttk

from core.texts import tr
from gui.actions import Action
from gui.icons import icon
from gui.shapes import rounded_box
from gui.theme import Look, elided

_WIDTH_PX = 520


class FolderWelcome(tkinter.Canvas):
    """A dashed box with what to do, and a button for each earlier folder."""

    def __init__(self, parent: tkinter.Misc, look: Look, open_folder: Action) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0)
        self._look = look
        self._open = open_folder
        self._expects_drop = self._is_waiting = False
        self._earlier: Sequence[tuple[str, Callable[[], object]]] = ()
        self._middle = ttk.Frame(self)
        self._icon = icon(self, look.px(96))
        self._build()
        self.bind("<Configure>", lambda _event: self.redraw())
        self.bind("<<ThemeChanged>>", lambda _event: self.redraw())
        self.show_texts()

    def show_texts(self) -> None:
        """All texts in the present language; who lists the earlier folders lists them again."""
        invitation = tr("Drop a folder of photographs here")
        coming = tr("The first answers will be here in a moment.")
        self._title.configure(text=coming if self._is_waiting else invitation)
        self._hint.configure(
            text=tr("All its photographs are answered, the folders in it too. Nothing in them is moved or changed.")
        )
        self.button.configure(text=self._open.text())
        self._earlier_title.configure(text=tr("Earlier folders"))

    def show_earlier(self, earlier: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """The folders of earlier days: what to call each, and what opens it."""
        for child in self._list.winfo_children():
            child.destroy()
        self._earlier = earlier
        for text, run in earlier:
            shown = elided(self, text, "TkDefaultFont", self._look.px(_WIDTH_PX - 60))
            ttk.Button(self._list, text=shown, command=run).pack(fill="x", pady=(0, self._look.px(4)))
        self._pack_earlier()

    def show_waiting(self, waiting: bool) -> None:
        """A folder was brought and its rows come soon: that instead of the invitation."""
        if waiting == self._is_waiting:
            return
        self._is_waiting = waiting
        for part in self._middle.pack_slaves():
            part.pack_forget()
        self._pack()
        self.show_texts()
        self.redraw()

    @property
    def earlier_buttons(self) -> list[ttk.Button]:
        """One for each earlier folder."""
        return [child for child in self._list.winfo_children() if isinstance(child, ttk.Button)]

    def expect_drop(self, expected: bool) -> None:
        """Something is held over the window."""
        self._expects_drop = expected
        self.redraw()

    def redraw(self) -> None:
        """The box in the present theme and size."""
        colours, px = self._look.colours, self._look.px
        self.delete("all")
        self.configure(background=colours.back)
        rim, width, height = px(12), self.winfo_width(), self.winfo_height()
        outline = colours.accent if self._expects_drop else colours.border
        rounded_box(
            *(self, (rim, rim, width - rim, height - rim), px(16)),
            fill="", outline=outline, width=px(4) if self._expects_drop else 2,
            dash=() if self._expects_drop else (8, 6),
        )  # fmt: skip
        self.create_window(width / 2, height / 2, window=self._middle, anchor="center")
        self._hint.configure(wraplength=min(px(_WIDTH_PX), max(px(200), width - px(80))))

    def _build(self) -> None:
        self._picture = ttk.Label(self._middle, image=self._icon or "")
        self._title = ttk.Label(self._middle, style="Title.TLabel", justify="center")
        self._hint = ttk.Label(self._middle, style="Faint.TLabel", justify="center")
        self.button = ttk.Button(self._middle, style="Accent.TButton", command=self._open.run)
        self._earlier_title = ttk.Label(self._middle, style="Strong.TLabel")
        self._list = ttk.Frame(self._middle)
        self._pack()

    def _pack(self) -> None:
        px = self._look.px
        self._picture.pack(pady=(0, px(12)))
        self._title.pack()
        if not self._is_waiting:
            self._hint.pack(pady=(px(6), px(14)))
            self.button.pack()
            self._pack_earlier()

    def _pack_earlier(self) -> None:
        if self._earlier and not self._is_waiting:
            self._earlier_title.pack(anchor="w", pady=(self._look.px(22), self._look.px(6)))
            self._list.pack(fill="x")
        else:
            self._earlier_title.pack_forget()
            self._list.pack_forget()
