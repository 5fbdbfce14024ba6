"""A frame whose contents scroll when they are higher than the room there is: small screens, large text."""

from __future__ import annotations

import tkinter
from tkinter import ttk

from gui.theme import Look


class ScrollFrame(ttk.Frame):
    """Put widgets into `inside`; the bar appears only when it is needed."""

    def __init__(self, parent: tkinter.Misc, look: Look) -> None:
        super().__init__(parent)
        self._look = look
        self._view = tkinter.Canvas(self, highlightthickness=0, borderwidth=0, width=1, height=1)
        self._bar = ttk.Scrollbar(self, command=self._view.yview)
        self.inside = ttk.Frame(self._view)
        self._item = self._view.create_window(0, 0, window=self.inside, anchor="nw")
        self._view.configure(yscrollcommand=self._bar.set)
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self._view.grid(row=0, column=0, sticky="nsew")
        self._bar.grid(row=0, column=1, sticky="ns", padx=(look.px(4), 0))
        self._bar.grid_remove()
        self._view.bind("<Configure>", self._fit)
        self.inside.bind("<Configure>", self._fit)
        self.bind("<<ThemeChanged>>", lambda _event: self._dress())
        window = self.winfo_toplevel()
        window.bind("<Button-4>", lambda event: self._wheel(event, -2), add=True)
        window.bind("<Button-5>", lambda event: self._wheel(event, 2), add=True)
        window.bind("<MouseWheel>", lambda event: self._wheel(event, -2 if event.delta > 0 else 2), add=True)
        self._dress()

    @property
    def is_scrolling(self) -> bool:
        """Whether not everything is to be seen at once."""
        return bool(self._bar.winfo_manager())

    def take_room(self, most_height: int) -> None:
        """As large as its contents, but no higher than this."""
        self.update_idletasks()
        height = min(most_height, self.inside.winfo_reqheight())
        bar = self._bar.winfo_reqwidth() if height < self.inside.winfo_reqheight() else 0
        self._view.configure(width=self.inside.winfo_reqwidth() + bar, height=height)

    def _dress(self) -> None:
        self._view.configure(background=self._look.colours.back)

    def _fit(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        needed, room = self.inside.winfo_reqheight(), self._view.winfo_height()
        self._view.itemconfigure(self._item, width=self._view.winfo_width())
        self._view.configure(scrollregion=(0, 0, 1, max(needed, room)))
        if needed > room > 1:
            self._bar.grid()
        else:
            self._bar.grid_remove()

    def _wheel(self, event: tkinter.Event[tkinter.Misc], lines: int) -> None:
        if self.is_scrolling and str(event.widget).startswith(str(self._view)):
            self._view.yview_scroll(lines, "units")
