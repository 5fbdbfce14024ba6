"""Where the keyboard is, also while a part that Tk made for itself has it."""

from __future__ import annotations

import tkinter


def focused(widget: tkinter.Misc) -> tkinter.Misc | None:
    """The widget with the keyboard; None where it is in another program, or in a list that Tk has unfolded.

    Tkinter's own `focus_get` raises KeyError there: the list of a ttk.Combobox is no widget of Python's
    (https://github.com/python/cpython/issues/88758).
    """
    try:
        return widget.focus_get()
    except KeyError:
        return None
