"""Small shapes drawn on a canvas: rounded boxes, the paw, the sign of an answer."""

from __future__ import annotations

import tkinter
from typing import Any

# The paw in a box of 100 x 100: the pad and four toes as ovals.
_PAW = (
    ((27, 48, 73, 92), (36, 42, 64, 66)),
    ((6, 34, 27, 62), (27, 8, 47, 40), (53, 8, 73, 40), (73, 34, 94, 62)),
)


def rounded_box(canvas: tkinter.Canvas, box: tuple[float, float, float, float], radius: float, **options: Any) -> int:
    """A rectangle with round corners; options as of `create_polygon`. Returns the item."""
    left, top, right, bottom = box
    radius = min(radius, (right - left) / 2, (bottom - top) / 2)
    points = [
        *(left + radius, top, left + radius, top, right - radius, top, right - radius, top, right, top),
        *(right, top + radius, right, top + radius, right, bottom - radius, right, bottom - radius, right, bottom),
        *(right - radius, bottom, right - radius, bottom, left + radius, bottom, left + radius, bottom, left, bottom),
        *(left, bottom - radius, left, bottom - radius, left, top + radius, left, top + radius, left, top),
    ]
    return canvas.create_polygon(points, smooth=True, **options)


def paw(canvas: tkinter.Canvas, x: float, y: float, size: float, colour: str) -> None:
    """A paw print in the middle of x, y."""
    for ovals in _PAW:
        for left, top, right, bottom in ovals:
            corners = [
                at + (edge - 50) / 100 * size for at, edge in zip((x, y, x, y), (left, top, right, bottom), strict=True)
            ]
            canvas.create_oval(*corners, fill=colour, outline=colour)


def sign(canvas: tkinter.Canvas, kind: str, x: float, y: float, size: float, colour: str, ink: str) -> None:
    """A round sign in the middle of x, y: "check", "question", "none" or "problem"; told apart by shape."""
    half, width = size / 2, max(2, round(size / 9))
    canvas.create_oval(x - half, y - half, x + half, y + half, fill=colour, outline=colour)
    line: dict[str, Any] = {"fill": ink, "width": width, "capstyle": tkinter.ROUND, "joinstyle": tkinter.ROUND}
    if kind == "check":
        canvas.create_line(
            *(x - 0.5 * half, y + 0.05 * half, x - 0.12 * half, y + 0.42 * half, x + 0.5 * half, y - 0.38 * half),
            **line,
        )
    elif kind == "none":
        canvas.create_line(x - 0.45 * half, y, x + 0.45 * half, y, **line)
    else:
        mark = "?" if kind == "question" else "!"
        font = ("TkDefaultFont", -round(size * 0.68), "bold")
        canvas.create_text(x, y, text=mark, fill=ink, font=font)
