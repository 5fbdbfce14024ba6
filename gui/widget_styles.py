"""What sv-ttk leaves too faint or out: rings around what has the keyboard, disabled texts, menus inside menus."""

from __future__ import annotations

import tkinter
from tkinter import ttk
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gui.theme import Colours

_RING_PX, _CHOSEN_PX = 2, 3
# Pictures of sv-ttk that it shows under the keyboard, by shape; each is 20 pixels wide and high, sliders' 22.
_BOXES = ("button-focus", "button-focus-hover", "textbox-focus", "check-unsel-focus", "check-unsel-focus-hover")
_FILLED_BOXES = (
    *("button-accent-focus", "button-accent-focus-hover", "check-focus", "check-focus-hover"),
    *("check-tri-focus", "check-tri-focus-hover"),
)
_ROUND = ("radio-unsel-focus", "radio-unsel-focus-hover", "slider-thumb-focus", "slider-thumb-focus-hover")
_FILLED_ROUND = ("radio-focus", "radio-focus-hover")
# sv-ttk's own asks a menu inside another for the -menu of its window, which is that other menu and has none: Tk shows
# the user an error for every such menu each time the theme changes.
_DRESS_MENU = """
proc config_menus {menu} {
  if {[tk windowingsystem] ne "x11"} return
  $menu configure -relief flat -borderwidth 0 -activeborderwidth 0 %s
  if {[winfo class [winfo parent $menu]] eq "Menu"} {$menu configure -relief solid -borderwidth 1}
}
"""


def strengthen(root: tkinter.Tk, colours: Colours, theme: str) -> None:
    """Right after sv-ttk's `theme`, "light" or "dark", was put on."""
    _draw_rings(root, colours, theme)
    _name_colours(ttk.Style(root), colours)
    menu = {
        **{"background": colours.back, "foreground": colours.text, "selectcolor": colours.text},
        **{"activebackground": colours.marked, "activeforeground": colours.on_marked},
        "disabledforeground": colours.off,
    }
    root.tk.eval(_DRESS_MENU % " ".join(f"-{name} {colour}" for name, colour in menu.items()))


def _name_colours(style: ttk.Style, colours: Colours) -> None:
    for name in (".", "TLabel", "TCheckbutton", "TRadiobutton", "TCombobox", "TEntry", "TSpinbox"):
        style.map(name, foreground=[("disabled", colours.off)])
    for name in ("TButton", "Toolbutton", "TMenubutton"):
        style.map(name, foreground=[("disabled", colours.off)])
    style.map("Accent.TButton", foreground=[("disabled", colours.off_filled)])
    style.map(
        "Toggle.TButton",
        foreground=[("disabled", colours.off), ("selected", colours.on_accent), ("pressed", colours.on_accent)],
    )
    style.map(
        "Treeview", background=[("selected", colours.chosen)], foreground=[("selected", colours.text)]
    )  # like the rows of a folder
    style.configure("TNotebook.Tab", focuscolor=colours.accent)


def _draw_rings(root: tkinter.Tk, colours: Colours, theme: str) -> None:
    """Into the pictures themselves, once for each theme: their names are known to its elements."""
    space = f"::ttk::theme::sv_{theme}::I"
    if root.tk.getboolean(root.tk.call("info", "exists", f"{space}(ringed)")):
        return
    root.tk.call("set", f"{space}(ringed)", "1")

    def picture(name: str) -> str:
        return root.tk.eval(f"set {space}({name})")

    for name in _BOXES:
        _box(root, picture(name), colours.text if name != "textbox-focus" else colours.accent, 0, _RING_PX)
    for name in _FILLED_BOXES:
        _box(root, picture(name), colours.text, 0, _RING_PX)
        _box(root, picture(name), colours.back, _RING_PX, 1)
    for name in _ROUND:
        _circle(root, picture(name), colours.text, 0, _RING_PX)
    for name in _FILLED_ROUND:
        _circle(root, picture(name), colours.text, 0, _RING_PX)
        _circle(root, picture(name), colours.back, _RING_PX, 1)
        # The ring takes nearly all of the colour that says "chosen": it goes on further in, around a smaller dot.
        _circle(root, picture(name), colours.accent, _RING_PX + 1, _CHOSEN_PX)
    _ring_tables(root, picture("card"), colours.accent)


def _ring_tables(root: tkinter.Tk, card: str, colour: str) -> None:
    """sv-ttk's tables look the same with and without the keyboard."""
    ring = root.tk.eval("image create photo")
    root.tk.call(ring, "copy", card)
    size = int(root.tk.call("image", "width", card))
    _box(root, ring, colour, 0, _RING_PX, size)
    style = ttk.Style(root)
    style.element_create("Ringed.field", "image", card, ("focus", ring), border=5, width=0, height=0)
    inside = ("Treeview.padding", {"sticky": "nswe", "children": [("Treeview.treearea", {"sticky": "nswe"})]})
    layout: Any = [("Ringed.field", {"sticky": "nswe", "border": "1", "children": [inside]})]
    style.layout("Treeview", layout)


def _box(root: tkinter.Tk, picture: str, colour: str, inset: int, width: int, size: int = 20) -> None:
    """A square line, `inset` from the rim; its corners are as round as the picture's own."""
    for step in range(inset, inset + width):
        low, high = step, size - 1 - step
        near, far = max(low, 3 - step), min(high, size - 4 + step)
        for left, top, right, bottom in (
            *((near, low, far, low), (near, high, far, high)),
            *((low, near, low, far), (high, near, high, far)),
        ):
            root.tk.call(picture, "put", colour, "-to", left, top, right + 1, bottom + 1)


def _circle(root: tkinter.Tk, picture: str, colour: str, inset: int, width: int) -> None:
    """A round line, `inset` from the rim."""
    size = int(root.tk.call("image", "width", picture))
    middle = (size - 1) / 2
    outer = middle - inset + (0.25 if size == 20 else -1)
    for x in range(size):
        for y in range(size):
            far = ((x - middle) ** 2 + (y - middle) ** 2) ** 0.5
            if outer - width < far <= outer:
                root.tk.call(picture, "put", colour, "-to", x, y, x + 1, y + 1)
