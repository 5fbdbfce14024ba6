"""The mouse in the views of rows: clicks with Shift and Control, double and right clicks, the wheel on every system."""

from __future__ import annotations

import sys
import tkinter
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.row_view import RowView

_ON_MAC = sys.platform == "darwin"
_SHIFT = 0x1
_PRIMARY = 0x8 if _ON_MAC else 0x4  # Command, Control
_WHEEL_PX = 72
_WINDOWS_NOTCH = 120
_MAC_LINES = 3


def bind_row_mouse(view: RowView) -> None:
    """Make the mouse work in the view."""
    canvas = view.canvas

    def number_at(event: tkinter.Event[tkinter.Misc]) -> int | None:
        place = view.place_at(event.x, event.y)
        return None if place is None else view.rows.numbers[place]

    def pressed(event: tkinter.Event[tkinter.Misc]) -> None:
        canvas.focus_set()
        view.point_nowhere()
        number, state = number_at(event), int(event.state)
        if number is None:
            return
        adding = bool(state & _PRIMARY)
        if state & _SHIFT:
            view.choose(view.selection.extended(number, view.rows, adding))
        else:
            view.choose(view.selection.toggled(number) if adding else view.selection.clicked(number))

    def pressed_twice(event: tkinter.Event[tkinter.Misc]) -> None:
        number = number_at(event)
        if int(event.state) & (_SHIFT | _PRIMARY):
            pressed(event)
        elif number is not None:
            view.listener.opened(number)

    def asked_for_menu(event: tkinter.Event[tkinter.Misc]) -> str:
        canvas.focus_set()
        view.point_nowhere()
        number = number_at(event)
        if number is not None:
            if number not in view.selection.chosen:
                view.choose(view.selection.clicked(number))
            view.listener.menu(number, event.x_root, event.y_root)
        return "break"

    canvas.bind("<Button-1>", pressed)
    canvas.bind("<Double-Button-1>", pressed_twice)
    canvas.bind("<Motion>", lambda event: view.point_at(event.x, event.y))
    canvas.bind("<Leave>", lambda _event: view.point_nowhere())
    for button in ("<Button-2>", "<Control-Button-1>") if _ON_MAC else ("<Button-3>",):
        canvas.bind(button, asked_for_menu)
    bind_wheel(canvas, lambda notches: view.scroll_by(round(notches * view.look.px(_WHEEL_PX))))


def bind_wheel(widget: tkinter.Misc, turned: Callable[[float], object], key: str = "") -> None:
    """Hear the wheel on every system, in notches, down being positive; with a key such as "Control" held."""
    held = f"{key}-" if key else ""

    def heard(event: tkinter.Event[tkinter.Misc]) -> str:
        turned(wheel_notches(event.delta))
        return "break"

    def up_or_down(notches: float) -> str:
        turned(notches)
        return "break"

    widget.bind(f"<{held}MouseWheel>", heard)
    widget.bind(f"<{held}Button-4>", lambda _event: up_or_down(-1.0))
    widget.bind(f"<{held}Button-5>", lambda _event: up_or_down(1.0))


def wheel_notches(delta: int) -> float:
    """Windows counts 120 for a notch, and less for a touchpad; a Mac counts lines, three of them a notch."""
    return -delta / (_MAC_LINES if _ON_MAC else _WINDOWS_NOTCH)
