"""What the window needs, looked at for `main.py doctor`: Tk, drag and drop, a display."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from core.doctor import Finding, State
from core.texts import tr


def window_findings() -> list[Finding]:
    """Tk, then the display, then what works only on one: drag and drop."""
    if find_spec("_tkinter") is None:
        remedy = tr(
            "make run installs it; by hand: python3-tk (Debian, Ubuntu), python3-tkinter (Fedora), python-tk (Mac)"
        )
        return [Finding(tr("Tk is missing: no window, but the commands work"), State.HINT, remedy)]
    import tkinter

    from gui.dropping import accept_drops

    findings = [Finding(f"Tk {tkinter.Tcl().eval('info patchlevel')}")]
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        return [*findings, _no_display("DISPLAY")]
    try:
        root = tkinter.Tk()
    except tkinter.TclError as error:
        return [*findings, _no_display(str(error))]
    root.withdraw()
    screen = tr("display: {width} × {height}").format(width=root.winfo_screenwidth(), height=root.winfo_screenheight())
    findings += [Finding(screen), _drag_and_drop(accept_drops(root, lambda _paths: None, lambda _expected: None))]
    root.destroy()
    return findings


def _no_display(reason: str) -> Finding:
    remedy = tr("Start it on a desktop; without one, use main.py classify.")
    return Finding(
        tr("no display ({reason}): no window, but the commands work").format(reason=reason), State.HINT, remedy
    )


def _drag_and_drop(works: bool) -> Finding:
    if works:
        return Finding(tr("drag and drop works"))
    remedy = tr("Open photographs with the button or Ctrl+O instead, or install tkinterdnd2 again.")
    return Finding(tr("drag and drop does not work here"), State.HINT, remedy)
