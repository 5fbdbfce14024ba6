"""Ctrl+A in fields for text: Tk on Linux jumps to the start of the line, where everybody expects that all is chosen."""

from __future__ import annotations

import tkinter

# Upper case is what comes while Caps Lock is on.
_KEYS = ("<Control-Key-a>", "<Control-Lock-Key-A>")


def choose_all_with_ctrl_a(root: tkinter.Tk) -> None:
    """From now on in every field of this program; Windows and macOS have their usual keys already.

    Fields of all kinds have these two meanings bound to Tk's virtual events, so that they are changed once.
    """
    if root.tk.call("tk", "windowingsystem") == "x11":
        root.event_delete("<<LineStart>>", *_KEYS)
        root.event_add("<<SelectAll>>", *_KEYS)
