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
        self._view.pack(fill="both", expand=True)
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

    @property
    def _bar_width(self) -> int:
        return self._bar.winfo_reqwidth() + self._look.px(4)

    def take_room(self, most_height: int) -> None:
        """As high as its contents, but no higher than this."""
        needed = self.inside.winfo_reqheight()
        self._view.configure(height=max(1, min(most_height, needed)))

    def take_width(self) -> None:
        """As wide as its contents, with room for the bar."""
        self._view.configure(width=self.inside.winfo_reqwidth() + self._bar_width)

    def bring_into_sight(self, widget: tkinter.Misc, top: int, bottom: int) -> None:
        """Scroll no more than needed to show what lies between these pixels of a widget inside."""
        begin = widget.winfo_rooty() - self.inside.winfo_rooty()
        first, room, whole = self._view.canvasy(0), self._view.winfo_height(), self.inside.winfo_reqheight()
        wanted = max(min(first, begin + top), begin + bottom - room)
        if self.is_scrolling and wanted != first:
            self._view.yview_moveto(wanted / max(1, whole))

    def _dress(self) -> None:
        self._view.configure(background=self._look.colours.back)

    def _fit(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        needed, room = self.inside.winfo_reqheight(), self._view.winfo_height()
        self._view.configure(scrollregion=(0, 0, 1, max(needed, room)))
        if needed > room > 1:
            self._bar.place(relx=1.0, anchor="ne", relheight=1.0)
        else:
            self._bar.place_forget()
        # The bar's width is never taken back: text that wraps, or changes its font, could want the bar at one width and
        # not at the other, for ever.
        self._view.itemconfigure(self._item, width=max(1, self._view.winfo_width() - self._bar_width))

    def _wheel(self, event: tkinter.Event[tkinter.Misc], lines: int) -> None:
        if self.is_scrolling and str(event.widget).startswith(str(self._view)):
            self._view.yview_scroll(lines, "units")
