"""A frame whose contents scroll when they are higher than the room there is: small screens, large text."""

from __future__ import annotations

import tkinter
from tkinter import ttk

from gui.theme import Look

_ENOUGH_PX = 60


class ScrollFrame(ttk.Frame):
    """Put widgets into `inside`; the bar appears only when it is needed. With `fills` it is as high as its place."""

    def __init__(self, parent: tkinter.Misc, look: Look, fills: bool = False) -> None:
        super().__init__(parent)
        self._look = look
        self._view = tkinter.Canvas(self, highlightthickness=0, borderwidth=0, width=1, height=1)
        self._bar = ttk.Scrollbar(self, command=self._view.yview)
        self._held = ttk.Frame(self._view)
        self._held.columnconfigure(0, weight=1)
        self.inside = ttk.Frame(self._held)
        self.inside.grid(row=0, column=0, sticky="nsew")
        # As high as there is room, it keeps what fills as high. A height that is set would hide that less is needed.
        self._strut = ttk.Frame(self._held, width=0, height=1) if fills else None
        if self._strut is not None:
            self._held.rowconfigure(0, weight=1)
            self._strut.grid(row=0, column=1)
        self._item = self._view.create_window(0, 0, window=self._held, anchor="nw")
        self._view.configure(yscrollcommand=self._bar.set)
        self._view.pack(fill="both", expand=True)
        self._view.bind("<Configure>", self._fit)
        self._held.bind("<Configure>", self._fit)
        self.inside.bind("<Configure>", self._fit)
        self.bind("<<ThemeChanged>>", lambda _event: self._dress())
        _follow_wheel(self.winfo_toplevel())
        self._dress()

    @property
    def is_scrolling(self) -> bool:
        """Whether not everything is to be seen at once."""
        return bool(self._bar.winfo_manager())

    @property
    def bar_width(self) -> int:
        """Pixels that are kept for the bar beside the contents."""
        return self._bar.winfo_reqwidth() + self._look.px(4)

    def take_room(self, most_height: int) -> None:
        """As high as its contents, but no higher than this."""
        needed = self.inside.winfo_reqheight()
        self._view.configure(height=max(1, min(most_height, needed)))

    def ask_for_room(self, height: int) -> None:
        """No lower than this, whatever it has inside."""
        self._view.configure(height=max(1, height))

    def take_width(self, most_width: int = 100_000) -> None:
        """As wide as its contents, with room for the bar, but no wider than this."""
        self._view.configure(width=min(most_width, self.inside.winfo_reqwidth() + self.bar_width))

    @property
    def margin(self) -> int:
        """Pixels left free above and below what is brought into sight."""
        return self._look.px(6)

    def bring_into_sight(self, widget: tkinter.Misc, top: int, bottom: int) -> None:
        """Scroll no more than needed to show what lies between these pixels of a widget inside."""
        begin = widget.winfo_rooty() - self.inside.winfo_rooty()
        first, room, whole = self._view.canvasy(0), self._view.winfo_height(), self.inside.winfo_reqheight()
        wanted = max(min(first, begin + top), begin + bottom - room)
        if self.is_scrolling and wanted != first:
            self._view.yview_moveto(wanted / max(1, whole))

    def shows_some_of(self, widget: tkinter.Misc) -> bool:
        """Whether a few lines are in sight of what is nearly as high as this frame, and is better left where it is.

        What stands above it, such as the buttons of a page, would be scrolled away for the sake of its lower end.
        """
        room, top = self._view.winfo_height(), widget.winfo_rooty() - self._view.winfo_rooty()
        seen = min(top + widget.winfo_height(), room) - max(0, top)
        return widget.winfo_height() > room // 2 and seen >= min(self._look.px(_ENOUGH_PX), room // 4)

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
        self._view.itemconfigure(self._item, width=max(1, self._view.winfo_width() - self.bar_width))
        if self._strut is not None:
            self._strut.configure(height=max(1, room))

    def scroll(self, lines: int) -> None:
        """Down by so many lines, or up; nothing where all is in sight."""
        if self.is_scrolling:
            self._view.yview_scroll(lines, "units")


def _follow_wheel(window: tkinter.Misc) -> None:
    """Let the wheel scroll what is under the pointer, in this window: bound once, so that frames may come and go."""
    if getattr(window, "scrolls_frames", False):
        return
    window.scrolls_frames = True  # type: ignore[attr-defined]
    window.bind("<Button-4>", lambda event: _scroll_around(event.widget, -2), add=True)
    window.bind("<Button-5>", lambda event: _scroll_around(event.widget, 2), add=True)
    window.bind("<MouseWheel>", lambda event: _scroll_around(event.widget, -2 if event.delta > 0 else 2), add=True)
    window.bind("<FocusIn>", lambda event: _show_focused(event.widget), add=True)


def _show_focused(widget: tkinter.Misc | str) -> None:
    """What gets the keyboard is brought into sight, in every frame around it that scrolls."""
    inside = None if isinstance(widget, str) else widget
    while inside is not None and not isinstance(inside, tkinter.Toplevel | tkinter.Tk):
        if isinstance(inside, ScrollFrame) and inside.is_scrolling and not isinstance(widget, str):
            margin = inside.margin
            height = min(widget.winfo_height(), inside.winfo_height() - 2 * margin)
            if not inside.shows_some_of(widget):
                inside.bring_into_sight(widget, -margin, height + margin)
        inside = inside.master


def _scroll_around(widget: tkinter.Misc | str, lines: int) -> None:
    """Scroll the innermost frame around this widget that has something to scroll."""
    inside = None if isinstance(widget, str) else widget  # a list that Tk itself has unfolded is known by its path only
    while inside is not None:
        if isinstance(inside, ScrollFrame) and inside.is_scrolling:
            inside.scroll(lines)
            return
        inside = None if isinstance(inside, tkinter.Toplevel | tkinter.Tk) else inside.master
