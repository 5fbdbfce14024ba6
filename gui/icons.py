"""The program's own pictures, as Tk wants them."""

from __future__ import annotations

import logging
import tkinter

from core.folders import resources_dir

log = logging.getLogger(__name__)

SIZES = (16, 32, 48, 64, 128, 256)


def icon(widget: tkinter.Misc, size: int) -> tkinter.PhotoImage | None:
    """The program's icon in the largest drawn size up to `size` pixels; None where it is missing."""
    fitting = max((drawn for drawn in SIZES if drawn <= size), default=SIZES[0])
    try:
        return tkinter.PhotoImage(master=widget, file=str(resources_dir() / "icons" / f"shelterlens-{fitting}.png"))
    except tkinter.TclError:
        log.warning("no icon", exc_info=True)
        return None


def show_icon(root: tkinter.Tk) -> None:
    """The icon of all windows of the program."""
    icons = [found for size in reversed(SIZES) if (found := icon(root, size))]
    if icons:
        root.iconphoto(True, *icons)
