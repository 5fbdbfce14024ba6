"""Texts cut to the room there is, measured once each: rows that scroll by ask for the same ones again and again."""

from __future__ import annotations

import tkinter

_MOST_KNOWN = 6000
_DOTS = "…"


class TextFit:
    """Belongs to one widget; forgets everything when the fonts change (`forget`)."""

    def __init__(self, widget: tkinter.Misc) -> None:
        self._widget = widget
        self._known: dict[tuple[str, str, int, bool], str] = {}

    def forget(self) -> None:
        """The fonts are others now."""
        self._known.clear()

    def width(self, text: str, font_name: str) -> int:
        """In pixels."""
        return int(self._widget.tk.call("font", "measure", font_name, text))

    def fit(self, text: str, font_name: str, room: int, in_the_middle: bool = False) -> str:
        """The text, or as much of it as fits into `room` pixels, and dots at its end or in its middle."""
        asked = (text, font_name, room, in_the_middle)
        found = self._known.get(asked)
        if found is None:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            found = self._known[asked] = self._cut(text, font_name, room, in_the_middle)
        return found

    def _cut(self, text: str, font_name: str, room: int, in_the_middle: bool) -> str:
        text = " ".join(text.split()) if "\n" in text or "\t" in text else text
        if room <= 0 or not text:
            return ""
        if self.width(text, font_name) <= room:
            return text
        low, high = 0, len(text) - 1  # this many letters fit, and no more than that
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(_shortened(text, middle, in_the_middle), font_name) <= room:
                low = middle
            else:
                high = middle - 1
        return _shortened(text, low, in_the_middle)


def _shortened(text: str, letters: int, in_the_middle: bool) -> str:
    """So many letters of the text, and dots; names of photographs differ at their end.

    >>> _shortened("rex in the garden_12.jpg", 12, True), _shortened("American bulldog", 9, False)
    ('rex…n_12.jpg', 'American…')
    """
    if not in_the_middle:
        return text[:letters].rstrip() + _DOTS
    tail = min(letters, max(letters * 2 // 3, 1))
    return text[: letters - tail].rstrip() + _DOTS + text[len(text) - tail :]
