"""What all dialogs share: over their window, scrolled where needed, closed by Escape, back where the keyboard was."""

from __future__ import annotations

import tkinter
from tkinter import ttk

from core.texts import tr
from gui.focus import focused
from gui.scroll_frame import ScrollFrame
from gui.theme import Look

# Of the desktop: the dialog's own title bar and a panel.
_TITLE_BARS_PX, _RIMS_PX = 60, 20


class Dialog(tkinter.Toplevel):
    """A window over its parent; subclasses fill `body` in `build`, and `foot` has the Close button."""

    def __init__(self, parent: tkinter.Tk | tkinter.Toplevel, look: Look, title: str) -> None:
        super().__init__(parent, background=look.colours.back)
        self.withdraw()
        self.look = look
        self._parent = parent
        self._focus_before = focused(parent)
        self.title(title)
        self.transient(parent)
        self.resizable(False, False)
        self._scroll_all = ScrollFrame(self, look, fills=True)
        self.body = ttk.Frame(
            self._scroll_all.inside,
            padding=(look.px(20), look.px(18), look.px(20) - self._scroll_all.bar_width, look.px(8)),
        )
        self.foot = ttk.Frame(self, padding=(look.px(20), look.px(8), look.px(20), look.px(16)))
        self.close_button = ttk.Button(self.foot, text=tr("Close"), command=self.close)
        self.foot.pack(side="bottom", fill="x")
        self._scroll_all.pack(side="top", fill="both", expand=True)
        self.body.pack(fill="both", expand=True)
        self.body.bind("<Configure>", lambda _event: self._take_room(), add=True)
        self.close_button.pack(side="right")
        # What Enter does, unless the widget with the keyboard has a use of its own for it.
        self.default: ttk.Button | None = None
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, lambda event: self._on_enter(event.widget))
        self.bind("<Escape>", lambda _event: self.close())
        self.bind("<Configure>", lambda event: self._on_resized() if event.widget is self else None)
        self._size = (0, 0)
        self.protocol("WM_DELETE_WINDOW", self.close)

    def show(self) -> None:
        """Put it over the middle of its window."""
        self.update_idletasks()
        self._take_room()
        self.update_idletasks()
        parent, width, height = self._parent, self.winfo_reqwidth(), self.winfo_reqheight()
        x = parent.winfo_rootx() + (parent.winfo_width() - width) // 2
        y = parent.winfo_rooty() + (parent.winfo_height() - height) // 3
        x = max(0, min(x, self.winfo_screenwidth() - width))
        self.geometry(f"+{x}+{max(0, min(y, self.winfo_screenheight() - height - _TITLE_BARS_PX))}")
        self.deiconify()
        self.close_button.focus_set()

    def _on_enter(self, widget: object) -> None:
        has_own_use = isinstance(widget, ttk.Button | ttk.Combobox | ttk.Treeview | tkinter.Text | tkinter.Canvas)
        if isinstance(widget, tkinter.Misc) and widget.bind("<Return>"):
            has_own_use = has_own_use or not isinstance(widget, Dialog)
        if self.default is not None and not has_own_use:
            self.default.invoke()

    def _take_room(self) -> None:
        """As large as what is in it, as far as the screen goes."""
        most = self.winfo_screenheight() - self.foot.winfo_reqheight() - self.look.px(20) - _TITLE_BARS_PX
        self._scroll_all.take_room(most)
        self._scroll_all.take_width(self.winfo_screenwidth() - _RIMS_PX)

    def _on_resized(self) -> None:
        """What arrives later can make it larger: then it moves as far as its edges would leave the screen."""
        size = (self.winfo_width(), self.winfo_height())
        if size == self._size or not self.winfo_viewable():
            return
        self._size = size
        self.after_idle(self._stay_on_screen)  # Tk forgets a move while it works off a new size

    def _stay_on_screen(self) -> None:
        size = self._size
        right = self.winfo_rootx() + size[0] - self.winfo_screenwidth()
        below = self.winfo_rooty() + size[1] - self.winfo_screenheight()
        if right > 0 or below > 0:
            # Where its frame is; winfo_x and winfo_y do not count the title bar everywhere.
            x, y = (int(place) for place in self.geometry().split("+")[1:3])
            self.geometry(f"+{max(0, x - max(0, right))}+{max(0, y - max(0, below))}")

    def close(self) -> None:
        """Away with it."""
        if self._focus_before is not None and self._focus_before.winfo_exists():
            self._focus_before.focus_set()
        self.destroy()
        for name, value in list(vars(self).items()):
            if isinstance(value, tkinter.Variable | tkinter.Image):
                delattr(self, name)  # now: the garbage collector might free it in a thread where Tk may not be used
