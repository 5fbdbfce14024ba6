"""Where the window opens: as it was left, as far as that fits on the screen as it is now."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"(\d{1,6})x(\d{1,6})([+-])(-?\d{1,6})([+-])(-?\d{1,6})")


@dataclass(frozen=True)
class Screen:
    """Sizes in pixels. A window needs `frame` above itself for title bar and menus at least; `around` leaves room for
    the desktop's own bar too.
    """

    width: int
    height: int
    frame: int
    around: int


def fitted(left: str, screen: Screen) -> str:
    """The geometry (as Tk writes it) of a window that was left so, no larger than the screen and wholly on it.

    Empty when it was left out of sight, on a screen that is not there any more, or nobody knows how.
    """
    found = _WRITTEN.fullmatch(left)
    if not found:
        return ""
    wide, high = min(int(found[1]), screen.width), int(found[2])
    if high + screen.frame > screen.height:
        high = max(1, screen.height - screen.around)
    x, y = _place(found[3], found[4], screen.width - wide), _place(found[5], found[6], screen.height - high)
    if x >= screen.width - 100 or y >= screen.height - 100:
        return ""
    x, y = min(x, screen.width - wide), min(y, screen.height - screen.frame - high)
    return f"{wide}x{high}+{max(0, x)}+{max(0, y)}"


def _place(side: str, pixels: str, room: int) -> int:
    """From the left or the top; Tk counts from the other side after a minus."""
    return int(pixels) if side == "+" else room - int(pixels)
