"""The Folder tab: progress, filters, rows as a grid or a table, the large picture, keys. It lays out and reports.

Its parts are built when the first rows are to be shown, behind the drawn window.
"""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping, Sequence
from tkinter import ttk
from typing import TYPE_CHECKING

from core.texts import tr
from gui.actions import Action
from gui.focus import focused
from gui.folder_actions import CANDIDATES
from gui.folder_desk import FolderDesk
from gui.folder_preview import FolderPreview
from gui.folder_progress import FolderProgress, Standing
from gui.folder_welcome import FolderWelcome
from gui.folder_words import earlier_line
from gui.key_bar import KeyBar, KeyHint
from gui.row_cells import RowCells
from gui.row_selection import Selection
from gui.scroll_frame import ScrollFrame
from gui.theme import Look
from gui.tooltip import Tooltip

if TYPE_CHECKING:
    from core.reviews import Filter, Order
    from core.settings import Settings
    from gui.filter_bar import FilterBar
    from gui.row_grid import RowGrid
    from gui.row_table import RowTable
    from gui.row_view import RowView

_PREVIEW_SHARE, _PREVIEW_PX = 0.32, (340, 620)
_LEAST_ROWS_PX, _LEAST_BOTH_PX = 170, 360
# Narrower than this the filters would need many lines beside the preview.
_BESIDE_PX = 860
_TOOLS = ("folder_figures", "folder_export")
_MENU = (
    *("folder_accept", *CANDIDATES, "folder_breed", None),
    *("folder_not_a_dog", "folder_unknown", "folder_mixed", "folder_cross", "folder_group", None),
    *("folder_take_back", "folder_photo"),
)


class FolderTab(ttk.Frame):
    """The widgets of the tab."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        actions: Mapping[str, Action],
        hints: Sequence[KeyHint],
        desk: FolderDesk,
        settings: Settings,
    ) -> None:
        super().__init__(parent, padding=(look.px(12), look.px(8), 0, look.px(8)))
        self._look = look
        self._desk = desk
        self._hints = hints
        self.actions = actions
        self.is_grid = settings.folder_view == "grid"
        self.has_preview = settings.folder_preview
        self._tile_size = settings.folder_tiles
        self.bar: FilterBar | None = None
        self.preview: FolderPreview | None = None
        self._views: tuple[RowGrid, RowTable] | None = None
        self._buttons: dict[str, ttk.Button] = {}
        self._menu: tkinter.Menu | None = None
        self._row_before: int | None = None
        self._all = ScrollFrame(self, look, fills=True)
        self._page = page = self._all.inside
        self._tools = ttk.Frame(page)
        self.progress = FolderProgress(self._tools, look)
        self.welcome = FolderWelcome(page, look, actions["open_folder"])
        self._rows = ttk.Frame(page)
        self._build()
        self._show_fixed_texts()

    # What is shown

    def show_texts(self) -> None:
        """Every text in the present language; what stands in the rows comes from the desk again."""
        self._show_fixed_texts()
        self._desk.run_moved()

    def _show_fixed_texts(self) -> None:
        for name, button in self._buttons.items():
            button.configure(text=self.actions[name].text())
        self.welcome.show_texts()
        self.show_earlier()
        if self.bar is not None and self.preview is not None and self._views is not None:
            self._show_toggle()
            self.bar.show_texts()
            self.preview.show_texts()
            self._keys.show_texts()
            for view in self._views:
                view.show_texts()
            self._show_empty()
            self._desk.glance.show_all()
            self._desk.renew()

    def show_earlier(self) -> None:
        """The folders of earlier days."""
        desk = self._desk

        def opener(number: int) -> Callable[[], object]:
            return lambda: desk.show_run(desk.earlier[number].run)

        self.welcome.show_earlier([(earlier_line(one), opener(n)) for n, one in enumerate(desk.earlier)])

    def show_rows(self, shown: bool) -> None:
        """The rows instead of the invitation, or the other way round."""
        if shown and self._views is None:
            self._build_rows()
        if shown:
            self.welcome.grid_remove()
            self._rows.grid()
            self._tools.grid()
        else:
            self._rows.grid_remove()
            self.welcome.grid()

    def show_standing(self, standing: Standing) -> None:
        """How the tagging stands; before the first rows it is all there is."""
        self.progress.show(standing)
        self.welcome.show_waiting(standing.is_running)
        if standing.title:
            self._tools.grid()
        self._show_empty()

    def show_allowed(self) -> None:
        """Which buttons can be used now."""
        for name, button in self._buttons.items():
            button.state(["!disabled" if self.actions[name].is_allowed() else "disabled"])
        self.progress.show_allowed()
        if self._views is not None:
            self._keys.show_allowed()

    def show_list(self) -> None:
        """The rows of the desk, in its order."""
        view = self.view
        if view is not None:
            seen, rows = view.in_sight(), self._desk.rows
            is_at_top = not seen or seen[0] == view.rows.numbers[0]
            view.show_list(rows)  # type: ignore[arg-type]  # its places are known already
            view.mark(self._desk.selection)
            self._row_before = self._desk.selection.current if rows.numbers else None
            if is_at_top and rows.numbers and self._desk.selection.current is None:
                view.see(rows.numbers[0])
            self._show_empty()

    def forget_filter(self) -> None:
        """Other rows are to be shown: all of them."""
        from core.reviews import Filter

        if self.bar is not None:
            self.bar.show_filter(Filter())

    def show_order(self, order: Order, reverse: bool) -> None:
        """How the rows are sorted, in the headings."""
        if self._views is not None:
            self._views[1].show_order(order, reverse)

    def show_cells(self, cells: Mapping[int, RowCells]) -> None:
        """What stands in some of the rows."""
        if self.view is not None:
            self.view.show_cells(cells)

    def forget_cells(self) -> None:
        """What stands in the rows has changed."""
        for view in self._views or ():
            view.forget()

    def show_selection(self, selection: Selection) -> None:
        """Which rows are chosen, with the current one in sight."""
        view = self.view
        if view is not None:
            view.mark(selection)
            if selection.current is not None:
                view.see(selection.current)
                # The first row of a folder is chosen by itself: the head of the page stays in sight then.
                if self._row_before not in (None, selection.current):
                    self._follow_row()
            self._row_before = selection.current

    def _follow_row(self) -> None:
        """The current row in sight also where the whole page scrolls."""
        view, current = self.view, self._desk.selection.current
        if view is not None and current is not None and current in view.rows.places and view.winfo_ismapped():
            top, bottom = view.span(current)
            self._all.bring_into_sight(view.canvas, top, bottom)

    def show_menu(self, x_root: int, y_root: int) -> None:
        """What can be done with the chosen rows, at this place on the screen."""
        if self._menu is not None:
            self._menu.destroy()
        self._menu = menu = tkinter.Menu(self, tearoff=False)
        for name in _MENU:
            if name is None:
                menu.add_separator()
                continue
            action = self.actions[name]
            text, key = self._menu_text(name), f"  {action.key_text()}"
            state = "normal" if action.is_allowed() and text else "disabled"
            menu.add_command(label=text or action.text(), accelerator=key, command=action.run, state=state)  # type: ignore[arg-type]
        menu.tk_popup(x_root, y_root)

    def _menu_text(self, name: str) -> str:
        """Its name; a candidate's is its breed, and empty where there is none."""
        if name not in CANDIDATES or self.preview is None:
            return self.actions[name].text()
        place, bars = CANDIDATES.index(name), self.preview.candidates.bars
        return bars[place].name if place < len(bars) else ""

    # What is chosen to be seen

    @property
    def view(self) -> RowView | None:
        """The grid or the table, whichever is shown."""
        return self._views[0 if self.is_grid else 1] if self._views else None

    def remember(self, settings: Settings) -> None:
        """Write down what the user chose to see."""
        settings.folder_view = "grid" if self.is_grid else "table"
        settings.folder_preview = self.has_preview
        settings.folder_tiles = self._views[0].tile_size if self._views else self._tile_size

    def use_grid(self, grid: bool) -> None:
        """The rows as a grid of pictures, or as a table."""
        self.is_grid = grid
        if self._views is None:
            return
        for view in self._views:
            view.grid_remove()
        view = self._views[0 if grid else 1]
        view.grid()
        self._show_toggle()
        self.show_list()
        self.show_selection(self._desk.selection)
        view.forget()
        self.focus_rows()

    def use_preview(self, shown: bool) -> None:
        """The large picture at the right, or all the room for the rows."""
        self.has_preview = shown
        if self.preview is None:
            return
        if shown:
            self.preview.grid()
        else:
            self.preview.grid_remove()
        self._share_width()

    def focus_rows(self) -> None:
        """The keyboard to the rows."""
        if self.view is not None:
            self.view.canvas.focus_set()

    def begin_breed(self, letter: str) -> None:
        """The cursor into the field for the breed, with the list open."""
        if self.preview is None:
            return
        if not self.has_preview:
            self.use_preview(True)
            self.update_idletasks()
        self.preview.correction.begin()
        if letter:
            self.preview.correction.entry.insert("end", letter)

    def expect_drop(self, expected: bool) -> None:
        """Something is held over the window: say that it may be let go."""
        self.welcome.expect_drop(expected)
        if expected and self._views is not None:
            self.progress.show(Standing(tr("Let go to open it"), tr("A folder, or several photographs")))
        elif not expected:
            self._desk.run_moved()

    # Inside

    def _build(self) -> None:
        px = self._look.px
        self._all.pack(fill="both", expand=True)
        self._page.columnconfigure(0, weight=1)
        self._page.rowconfigure(1, weight=1)
        self._tools.columnconfigure(1, weight=1)
        for column, name in ((0, "open_folder"), *((n + 2, name) for n, name in enumerate(_TOOLS))):
            button = ttk.Button(self._tools, command=self.actions[name].run)
            button.grid(row=0, column=column, padx=(px(6) if column else 0, 0))
            Tooltip(button, self._look, self.actions[name].key_text)
            self._buttons[name] = button
        self.progress.grid(row=0, column=1, sticky="ew", padx=px(14))
        self._tools.grid(row=0, column=0, sticky="ew", pady=(0, px(8)))
        self._tools.grid_remove()
        self.welcome.grid(row=1, column=0, sticky="nsew")
        self._rows.grid(row=1, column=0, sticky="nsew")
        self._rows.grid_remove()

    def _build_rows(self) -> None:
        from gui.filter_bar import FilterBar
        from gui.row_grid import RowGrid
        from gui.row_table import RowTable

        px, rows, desk = self._look.px, self._rows, self._desk
        rows.columnconfigure(0, weight=1)
        rows.rowconfigure(1, weight=1, minsize=px(_LEAST_ROWS_PX))
        self._top = top = ttk.Frame(rows)
        top.columnconfigure(0, weight=1)
        self.bar = FilterBar(top, self._look, self._on_filter)
        self.bar.grid(row=0, column=0, sticky="ew")
        self._toggle = ttk.Button(top, command=self.actions["folder_grid"].run)
        self._toggle.grid(row=0, column=1, sticky="ne", padx=(px(8), 0))
        Tooltip(self._toggle, self._look, self.actions["folder_grid"].key_text)
        self._views = RowGrid(rows, self._look, desk, self._tile_size), RowTable(rows, self._look, desk)
        self.preview = FolderPreview(rows, self._look, self.actions, desk)
        self._keys = KeyBar(rows, self._look, self._hints)
        top.grid(row=0, column=0, sticky="ew", pady=(0, px(6)))
        for view in self._views:
            view.grid(row=1, column=0, sticky="nsew")
            view.grid_remove()
            view.canvas.bind("<<Moved>>", lambda _event: self._follow_row(), add=True)
        self.preview.grid(row=0, column=1, rowspan=2, sticky="nsew", padx=(px(14), 0))
        self.preview.grid_propagate(False)
        self._keys.grid(row=2, column=0, columnspan=2, sticky="ew", pady=(px(6), 0))
        desk.glance.attach(self.preview)
        # Escape in the field gives the keyboard to its frame: the rows want it; Tab goes past the frame into the field.
        self.preview.correction.configure(takefocus=False)
        self.preview.correction.bind("<FocusIn>", lambda _event: self.after_idle(self._leave_field))
        rows.bind("<Configure>", lambda _event: self._share_width())
        self._share_width()
        if not self.has_preview:
            self.preview.grid_remove()
        self.use_grid(self.is_grid)

    def _on_filter(self, wanted: Filter, order: Order) -> None:
        self._desk.refresh(wanted, order)
        self.after_idle(self._leave_filter)

    def _leave_filter(self) -> None:
        """Keys are for the rows again after a choice; only what is being typed keeps the keyboard."""
        if self.bar is not None and focused(self) is not self.bar.entry:
            self.focus_rows()

    def _leave_field(self) -> None:
        """The frame hears of the keyboard also when its own field gets it."""
        if self.preview is not None and focused(self) is self.preview.correction:
            self.focus_rows()

    def _share_width(self) -> None:
        """The preview has its share; where text is large for the window, the filters go over it."""
        px, whole = self._look.px, self._rows.winfo_width()
        least, most = (px(side) for side in _PREVIEW_PX)
        if self.preview is None:
            return
        self.preview.configure(width=min(most, max(min(least, whole * 9 // 20), round(whole * _PREVIEW_SHARE))))
        is_wide = whole > px(_BESIDE_PX)
        self._top.grid(columnspan=1 if is_wide else 2)
        self._rows.rowconfigure(1, minsize=px(_LEAST_ROWS_PX if is_wide or not self.has_preview else _LEAST_BOTH_PX))
        if self.has_preview:
            self.preview.grid(row=0 if is_wide else 1, rowspan=2 if is_wide else 1)

    def _show_toggle(self) -> None:
        self._toggle.configure(text=tr("Table") if self.is_grid else tr("Pictures"))

    def _show_empty(self) -> None:
        view, bar = self.view, self.bar
        if view is None or bar is None:
            return
        if bar.is_filtered:
            view.show_empty(tr("No photograph fits these filters"), tr("Clear them to see all photographs again."))
        elif self.progress.now.is_running:
            view.show_empty(tr("The first answers will be here in a moment."), "")
        else:
            view.show_empty(tr("There are no photographs here"), tr("Drop another folder, or open one."))
