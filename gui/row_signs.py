"""The signs of verdicts, of what was reviewed and of what is perhaps wrong, as small smooth pictures told by shape."""

from __future__ import annotations

import tkinter
from typing import TYPE_CHECKING

from gui.theme import Look

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageTk

_FINER = 4
REVIEWED, SUSPECT = "reviewed", "suspect"


class RowSigns:
    """Pictures by kind: "check", "question", "none", "problem" in a circle, REVIEWED a square, SUSPECT a triangle."""

    def __init__(self, master: tkinter.Misc, look: Look) -> None:
        self._master = master
        self._look = look
        self._made: dict[tuple[str, int, bool], ImageTk.PhotoImage] = {}

    def get(self, kind: str, size_px: int) -> ImageTk.PhotoImage:
        """The sign in the present theme; drawn once."""
        key = (kind, size_px, self._look.is_dark)
        if key not in self._made:
            self._made[key] = self._drawn(kind, size_px)
        return self._made[key]

    def let_go(self) -> None:
        """Before what shows them is destroyed: Tk's pictures must not be freed in another thread later."""
        self._made.clear()

    def _drawn(self, kind: str, size_px: int) -> ImageTk.PhotoImage:
        from PIL import Image, ImageDraw, ImageTk  # not needed for the first drawing of the window

        colours = self._look.colours
        fill = {
            "check": colours.good,
            "question": colours.doubt,
            "problem": colours.bad,
            REVIEWED: colours.accent,
            SUSPECT: colours.second,
        }.get(kind, colours.faint)
        size = size_px * _FINER
        # Transparent in the colour of the sign, so that its rim does not darken when it is made smaller.
        image = Image.new("RGBA", (size, size), (*Image.new("RGB", (1, 1), fill).tobytes(), 0))
        draw = ImageDraw.Draw(image)
        if kind == REVIEWED:
            draw.rounded_rectangle((0, 0, size - 1, size - 1), size * 0.2, fill=fill)
        elif kind == SUSPECT:
            draw.polygon((size * 0.5, 0, size - 1, size * 0.93, 0, size * 0.93), fill=fill)
        else:
            draw.ellipse((0, 0, size - 1, size - 1), fill=fill)
        _draw_mark(draw, kind, size, colours.card)
        return ImageTk.PhotoImage(image.resize((size_px, size_px), Image.Resampling.LANCZOS), master=self._master)


def _draw_mark(draw: ImageDraw.ImageDraw, kind: str, size: int, ink: str) -> None:
    def scaled(*points: float) -> list[float]:
        return [point * size for point in points]

    width = round(size * 0.13)
    if kind in ("check", REVIEWED):
        draw.line(scaled(0.25, 0.53, 0.43, 0.71, 0.76, 0.32), fill=ink, width=width, joint="curve")
    elif kind == "none":
        draw.line(scaled(0.26, 0.5, 0.74, 0.5), fill=ink, width=width)
    elif kind == "problem":
        draw.line(scaled(0.5, 0.2, 0.5, 0.58), fill=ink, width=width)
        draw.ellipse(scaled(0.42, 0.66, 0.58, 0.82), fill=ink)
    elif kind == "question":
        _draw_question(draw, scaled(0.5, 0.5)[0], size * 0.5, size * 0.62, ink)
    elif kind == SUSPECT:
        _draw_question(draw, size * 0.5, size * 0.6, size * 0.52, ink)


def _draw_question(draw: ImageDraw.ImageDraw, x: float, y: float, height: float, ink: str) -> None:
    """Drawn, not written: a font's own question mark is too thin at this size."""
    width, radius = max(1, round(height * 0.2)), height * 0.29
    top = y - height / 2
    draw.arc((x - radius, top, x + radius, top + 2 * radius), 180, 80, fill=ink, width=width)
    draw.line((x, top + 2 * radius - width, x, y + height * 0.2), fill=ink, width=width)
    dot = width * 0.62
    bottom = y + height / 2
    draw.ellipse((x - dot, bottom - 2 * dot, x + dot, bottom), fill=ink)
