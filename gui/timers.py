"""What a widget wanted to do later is called off when the widget goes: Tkinter forgets the function, not the timer."""

from __future__ import annotations

import tkinter


def end_with_widgets(root: tkinter.Tk) -> None:
    """From now on no timer of this window outlives its widget; Tk would tell the user of an invalid command."""

    def gone(event: tkinter.Event[tkinter.Misc]) -> None:
        widget = event.widget
        commands = set(getattr(widget, "_tclCommands", None) or ())  # a list that Tk unfolds is known by its name only
        if not commands or widget is root:
            return
        for timer in root.tk.splitlist(root.tk.call("after", "info")):
            script = root.tk.splitlist(root.tk.call("after", "info", timer))[0]
            if str(script).partition(" ")[0] in commands:  # not every script is a list
                root.tk.call("after", "cancel", timer)

    root.bind_all("<Destroy>", gone, add=True)
