"""What a window has at one moment, such as widgets, images and open files, and what it has more than before."""

from __future__ import annotations

import gc
import os
import sys
import threading
import tkinter
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Census:
    """`memory` is the resident memory of this process in MB; handles and memory are 0 where nobody can say.

    `remembered` are the widgets that Python's side knows, also where Tk has none any more.
    `commands` of Tcl are those without the ones of timers, which wait for their moment.
    """

    widgets: int
    remembered: int
    images: int
    commands: int
    fonts: int
    timers: int
    threads: int
    handles: int
    memory: int

    @staticmethod
    def of(root: tkinter.Tk) -> Census:
        """Counted after what is not needed any more was freed."""
        gc.collect()
        root.update()
        tk = root.tk
        return Census(
            widgets=sum(1 for _ in widgets(root)),
            remembered=sum(1 for _ in remembered(root)),
            images=len(tk.splitlist(tk.call("image", "names"))),
            commands=len(tk.splitlist(tk.call("info", "commands"))) - len(tk.splitlist(tk.call("after", "info"))),
            fonts=len(tk.splitlist(tk.call("font", "names"))),
            timers=len(tk.splitlist(tk.call("after", "info"))),
            threads=threading.active_count(),
            handles=sum(1 for _ in Path("/proc/self/fd").iterdir()) if sys.platform == "linux" else 0,
            memory=resident_mb(),
        )

    def growth(self, before: Census, but: frozenset[str] = frozenset({"memory", "timers"})) -> dict[str, int]:
        """What there is more of than before, without `but`."""
        more = {field.name: getattr(self, field.name) - getattr(before, field.name) for field in fields(self)}
        return {name: number for name, number in more.items() if number > 0 and name not in but}

    def __str__(self) -> str:
        return ", ".join(f"{field.name} {getattr(self, field.name)}" for field in fields(self))


def widgets(of: tkinter.Misc) -> Iterator[tkinter.Misc]:
    """The widget and everything in it, also what Tk made itself."""
    yield of
    for child in of.winfo_children():
        yield from widgets(child)


def remembered(of: tkinter.Misc) -> Iterator[tkinter.Misc]:
    """The same, as Python's side remembers it."""
    yield of
    for child in of.children.values():
        yield from remembered(child)


def kinds(root: tkinter.Tk) -> Counter[str]:
    """How many widgets of each class, to see what grew."""
    return Counter(widget.winfo_class() for widget in widgets(root))


def resident_mb() -> int:
    """The resident memory of this process in MB; 0 where that cannot be asked for."""
    try:
        return (
            int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") // 10**6
        )
    except (OSError, AttributeError):
        return 0


def growing(root: tkinter.Tk, do: Callable[[int], object], first: int, times: int) -> tuple[Census, Census]:
    """Do it `first` times, count, do it `times` times more, count again."""
    for number in range(first):
        do(number)
    before = Census.of(root)
    for number in range(first, first + times):
        do(number)
    return before, Census.of(root)
