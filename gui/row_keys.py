"""The keys of the views of rows: arrows, pages and ends, with Shift and Control; all other keys are the window's."""

from __future__ import annotations

import sys
import tkinter
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.row_view import RowView

_STEPS = ("Up", "Down", "Left", "Right", "Prior", "Next", "Home", "End")
_PRIMARY = "Command" if sys.platform == "darwin" else "Control"
_MENU_KEYS = {"win32": ("<App>", "<Shift-F10>"), "darwin": ()}


def bind_row_keys(view: RowView) -> None:
    """Make the keys work while the view has the keyboard."""

    def bind(sequence: str, do: Callable[[], object]) -> None:
        def pressed(_event: tkinter.Event[tkinter.Misc]) -> str:
            do()
            return "break"

        view.canvas.bind(sequence, pressed)

    def move(key: str, extend: bool = False, keep: bool = False) -> None:
        place = view.step(key)
        if place is not None:
            view.choose(view.selection.at(place, view.rows, extend, keep))
            view.canvas.event_generate("<<Moved>>")  # with the keyboard: whatever scrolls around the view may follow

    def with_current(do: Callable[[int], object]) -> None:
        current = view.selection.current
        if current is not None and current in view.rows.places:
            do(current)

    def menu(number: int) -> None:
        view.see(number)
        view.listener.menu(number, *view.point_of(number))

    for key in _STEPS:
        bind(f"<{key}>", lambda key=key: move(key))  # type: ignore[misc]
        bind(f"<Shift-{key}>", lambda key=key: move(key, extend=True))  # type: ignore[misc]
        bind(f"<{_PRIMARY}-Shift-{key}>", lambda key=key: move(key, extend=True))  # type: ignore[misc]
        bind(f"<{_PRIMARY}-{key}>", lambda key=key: move(key, keep=True))  # type: ignore[misc]
    for letter in ("a", "A"):
        bind(f"<{_PRIMARY}-Key-{letter}>", lambda: view.choose(view.selection.all(view.rows)))
    bind("<space>", lambda: with_current(view.listener.opened))
    bind(f"<{_PRIMARY}-space>", lambda: with_current(lambda number: view.choose(view.selection.toggled(number))))
    for sequence in _MENU_KEYS.get(sys.platform, ("<Menu>", "<Shift-F10>")):
        bind(sequence, lambda: with_current(menu))
