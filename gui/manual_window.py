"""The window of the manual: contents and search on the left, the page on the right. It decides nothing."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import font, ttk
from typing import TYPE_CHECKING, Protocol

from core.about import NAME
from core.manual import Hit, Page, plain
from core.texts import tr
from gui.manual_page import ManualPage
from gui.row_tip import RowTip
from gui.theme import BODY, Look

if TYPE_CHECKING:
    from PIL.Image import Image

_SIZE_PX = (1080, 720)
_LEAST_PX = (640, 400)
_CONTENTS_PX = 270


class ManualListener(Protocol):
    """Who decides what a click means."""

    def go(self, page: str, anchor: str) -> None: ...
    def follow(self, target: str) -> None: ...
    def back(self) -> None: ...
    def search(self, words: str) -> None: ...
    def closed(self) -> None: ...
    def shrink(
        self, number: int, path: Path, size: tuple[int, int], done: Callable[[Image | None], None]
    ) -> object: ...


class ManualWindow(tkinter.Toplevel):
    """Everything that is to be seen of the manual."""

    def __init__(self, parent: tkinter.Tk, look: Look, listener: ManualListener) -> None:
        super().__init__(parent, background=look.colours.back)
        self.withdraw()
        self._parent, self._look, self._listener = parent, look, listener
        self._focus_before = parent.focus_get()
        self._places: dict[str, tuple[str, str]] = {}
        self._marked = ""
        px = look.px
        self._side = ttk.Frame(self, padding=(px(12), px(12), px(6), px(12)))
        self._top = ttk.Frame(self._side)
        self.back_button = ttk.Button(self._top, command=listener.back, width=-6)
        self._search_label = ttk.Label(self._side, style="Small.TLabel")
        self._words = tkinter.StringVar(self)
        self.search_field = ttk.Entry(self._side, textvariable=self._words)
        self._list = ttk.Frame(self._side)
        self.contents = ttk.Treeview(self._list, show="tree", selectmode="browse")
        self._tip = RowTip(self.contents, look)
        self._nothing = ttk.Label(self._side, style="Faint.TLabel", wraplength=px(_CONTENTS_PX), justify="left")
        self.page = ManualPage(self, look, listener.follow, listener.shrink)
        self._build()
        self.show_texts()
        self._open()

    def show_texts(self) -> None:
        """The fixed texts in the present language."""
        self.title(f"{tr('Manual')} - {NAME}")
        self.back_button.configure(text="← " + tr("Back"))
        self._search_label.configure(text=tr("Search the manual"))
        self._nothing.configure(text=tr("Not found. Try fewer or other words."))

    def show_contents(self, pages: Sequence[Page]) -> None:
        """All pages and their parts."""
        self._clear()
        for page in pages:
            row = self._add("", page.title, page.name, "")
            for heading in page.headings:
                self._add(row, plain(heading.spans), page.name, heading.anchor)
        self._fit_list()

    def show_hits(self, pages: Sequence[Page], hits: Sequence[Hit]) -> None:
        """What was found, page by page, instead of the contents."""
        self._clear()
        for page in pages:
            found = [hit for hit in hits if hit.page == page.name]
            titles = {heading.anchor: plain(heading.spans) for heading in page.headings}
            row = self._add("", page.title, page.name, "", is_open=True) if found else ""
            for hit in found:
                if hit.anchor:
                    self._add(row, titles[hit.anchor], page.name, hit.anchor)
        self._fit_list()
        if not hits:
            self._nothing.grid(row=4, column=0, sticky="new", pady=self._look.px(8))

    def show_page(self, page: Page, anchor: str, words: str, can_go_back: bool) -> None:
        """A page from this part on, with these words marked."""
        self.page.show(page, anchor, words)
        self.back_button.state(["!disabled" if can_go_back else "disabled"])
        self._mark(page.name, anchor)

    def close(self) -> None:
        """Away with it, and the keyboard back where it was."""
        self.page.let_go()
        if self._focus_before is not None and self._focus_before.winfo_exists():
            self._focus_before.focus_set()
        self._listener.closed()
        self.destroy()
        del self._words  # now: the garbage collector might free it in a thread where Tk may not be used

    def _build(self) -> None:
        px = self._look.px
        self.columnconfigure(1, weight=1)
        self.rowconfigure(0, weight=1)
        self._side.grid(row=0, column=0, sticky="ns")
        self._side.rowconfigure(4, weight=1)
        self._top.grid(row=0, column=0, sticky="ew", pady=(0, px(10)))
        self.back_button.pack(side="left")
        self._search_label.grid(row=1, column=0, sticky="w")
        self.search_field.grid(row=2, column=0, sticky="ew", pady=(px(2), px(10)))
        self._build_list()
        self.page.grid(row=0, column=1, sticky="nsew")
        self.contents.bind("<<TreeviewSelect>>", lambda _event: self._on_chosen())
        self._words.trace_add("write", lambda *_names: self._listener.search(self._words.get()))
        self.search_field.bind("<Down>", lambda _event: self._into_contents())
        self.search_field.bind("<Return>", lambda _event: self._into_contents())
        is_mac = bool(self.tk.call("tk", "windowingsystem") == "aqua")
        self.bind("<Command-bracketleft>" if is_mac else "<Alt-Left>", lambda _event: self._listener.back())
        primary = "Command" if is_mac else "Control"
        self.bind(f"<{primary}-f>", lambda _event: self._begin_search())
        self.bind("<Escape>", lambda _event: self._on_escape())
        self.bind("<<ThemeChanged>>", lambda _event: self.configure(background=self._look.colours.back))
        self.protocol("WM_DELETE_WINDOW", self.close)

    def _build_list(self) -> None:
        """The contents, with bars where titles are longer or more than there is room for."""
        bars = {
            "y": ttk.Scrollbar(self._list, command=self.contents.yview),
            "x": ttk.Scrollbar(self._list, command=self.contents.xview, orient="horizontal"),
        }
        self._list_px = min(self._look.px(_CONTENTS_PX), self.winfo_screenwidth() // 4)  # the page needs room, too
        self._list.configure(width=self._list_px + bars["y"].winfo_reqwidth())
        self._list.grid_propagate(False)
        self._list.columnconfigure(0, weight=1)
        self._list.rowconfigure(0, weight=1)
        self._list.grid(row=4, column=0, sticky="nsew")
        self.contents.grid(row=0, column=0, sticky="nsew")
        bars["y"].grid(row=0, column=1, sticky="ns")
        bars["x"].grid(row=1, column=0, sticky="ew")
        self.contents.configure(
            yscrollcommand=lambda first, last: _show_bar(bars["y"], first, last),
            xscrollcommand=lambda first, last: _show_bar(bars["x"], first, last),
        )
        self.contents.bind("<Motion>", lambda event: self._on_motion(event))
        self.contents.bind("<Leave>", lambda _event: self._tip.hide())
        self.contents.bind("<Destroy>", lambda _event: self._tip.hide())

    def _fit_list(self) -> None:
        """As wide inside as its longest title."""
        measure = font.nametofont(BODY, self).measure
        rows = ((row, depth) for top in self.contents.get_children() for row, depth in self._with_parts(top))
        needed = max(
            (measure(self.contents.item(row, "text")) + self._look.px(24) * depth for row, depth in rows), default=0
        )
        self.contents.column("#0", width=max(self._list_px, needed), minwidth=max(self._list_px, needed), stretch=False)

    def _with_parts(self, top: str) -> list[tuple[str, int]]:
        return [(top, 1), *((row, 2) for row in self.contents.get_children(top))]

    def _on_motion(self, event: tkinter.Event[tkinter.Misc]) -> None:
        """The whole of a title that is cut."""
        row = self.contents.identify_row(event.y)
        text = str(self.contents.item(row, "text")) if row else ""
        place = self.contents.bbox(row) if row else ""
        is_cut = bool(place) and font.nametofont(BODY, self).measure(
            text
        ) > self.contents.winfo_width() - self._look.px(36)
        self._tip.rest_on(text if is_cut else "", event.x_root, event.y_root + self._look.px(18))

    def _open(self) -> None:
        """Beside the corner of the main window, as large as the screen allows."""
        px, parent = self._look.px, self._parent
        wide, high = self.winfo_screenwidth(), self.winfo_screenheight()
        width, height = min(px(_SIZE_PX[0]), wide - 40), min(px(_SIZE_PX[1]), high - 90)
        # As much room at the right as at the left, for the desktop's frame around it.
        x = max(0, min(parent.winfo_rootx() + px(40), (wide - width) // 2))
        y = max(0, min(parent.winfo_rooty() + px(20), high - height - 50))
        self.minsize(min(px(_LEAST_PX[0]), width), min(px(_LEAST_PX[1]), height))
        self.geometry(f"{width}x{height}+{x}+{y}")
        self.deiconify()
        self.page.text.focus_set()

    def _clear(self) -> None:
        self._nothing.grid_forget()
        self.contents.delete(*self.contents.get_children())
        self._places.clear()
        self._marked = ""

    def _add(self, row: str, text: str, page: str, anchor: str, is_open: bool = False) -> str:
        made = self.contents.insert(row, "end", text=text, open=is_open)
        self._places[made] = (page, anchor)
        return made

    def _mark(self, page: str, anchor: str) -> None:
        """The place in the contents, its page unfolded."""
        found = [row for row, place in self._places.items() if place == (page, anchor)]
        found = found or [row for row, place in self._places.items() if place == (page, "")]
        if found:
            self._marked = found[0]
            self.contents.item(self.contents.parent(found[0]) or found[0], open=True)
            self.contents.selection_set(found[0])
            self.contents.focus(found[0])
            self.contents.see(found[0])

    def _on_chosen(self) -> None:
        chosen = self.contents.selection()
        if chosen and chosen[0] != self._marked:
            self._listener.go(*self._places[chosen[0]])

    def _into_contents(self) -> str:
        rows = self.contents.get_children()
        if rows:
            self.contents.focus_set()
            self.contents.focus(rows[0])
            self.contents.selection_set(rows[0])
        return "break"

    def _begin_search(self) -> str:
        self.search_field.focus_set()
        self.search_field.selection_range(0, "end")
        return "break"

    def _on_escape(self) -> None:
        """What was searched for is forgotten first; then the window closes."""
        if self.search_field.get():
            self.search_field.delete(0, "end")
            self.page.text.focus_set()
        else:
            self.close()


def _show_bar(bar: ttk.Scrollbar, first: float, last: float) -> None:
    """Only where there is something to scroll."""
    bar.set(first, last)
    if float(first) <= 0 and float(last) >= 1:
        bar.grid_remove()
    else:
        bar.grid()
