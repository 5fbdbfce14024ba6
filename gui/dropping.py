"""Files dropped on the window from the desktop's file manager."""

from __future__ import annotations

import logging
import re
import tkinter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

log = logging.getLogger(__name__)

_FILES, _COPY = "DND_Files", "copy"


def accept_drops(
    root: tkinter.Tk, on_dropped: Callable[[list[Path]], object], on_expected: Callable[[bool], object]
) -> bool:
    """Let files be dropped anywhere on the window; false where the desktop has no support for it."""
    try:
        import tkinterdnd2

        tkinterdnd2.TkinterDnD._require(root)
    except (ImportError, RuntimeError):
        log.warning("no drag and drop here", exc_info=True)
        return False

    def entered() -> str:
        on_expected(True)
        return _COPY

    def left() -> None:
        on_expected(False)

    def dropped(data: str) -> str:
        on_expected(False)
        root.after_idle(on_dropped, dropped_paths(root, data))  # the other program waits until this callback is done
        return _COPY

    # Not by the methods of tkinterdnd2: it gives them to every widget but the window itself.
    root.tk.call("tkdnd::drop_target", "register", root, _FILES)
    for event, script in (
        ("<<DropEnter>>", root.register(entered)),
        ("<<DropLeave>>", root.register(left)),
        ("<<Drop>>", f"{root.register(dropped)} %D"),
    ):
        root.tk.call("bind", root, event, script)
    return True


def dropped_paths(root: tkinter.Misc, data: str) -> list[Path]:
    """The paths in what was dropped: a Tcl list, whose parts may be file URLs."""
    try:
        parts = root.tk.splitlist(data)
    except tkinter.TclError:
        parts = (data,)
    return [path for part in parts if (path := path_of(str(part)))]


def path_of(text: str) -> Path | None:
    """A path from a path or a file URL; None when it is neither.

    >>> path_of("file:///tmp/a%20dog.jpg").as_posix()
    '/tmp/a dog.jpg'
    >>> path_of("https://example.org/dog.jpg") is None
    True
    """
    text = text.strip().strip("\0")
    if not text or "\n" in text:
        return None
    if text.lower().startswith("file:"):
        text = unquote(re.sub(r"^//[^/]*", "", text[len("file:") :]))
        if re.match(r"/[A-Za-z]:", text):  # file:///C:/dog.jpg
            text = text[1:]
    return Path(text) if Path(text).is_absolute() else None
