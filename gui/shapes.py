"""Small shapes drawn on a canvas: rounded boxes, the sign of an answer."""

from __future__ import annotations

import tkinter
from typing import Any


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


def sign(canvas: tkinter.Canvas, kind: str, x: float, y: float, size: float, colour: str, ink: str) -> None:
    """A round sign in the middle of x, y: "check", "question", "none" or "problem"; told apart by shape."""
    half, width = size / 2, max(2, round(size / 9))
    canvas.create_oval(x - half, y - half, x + half, y + half, fill=colour, outline=colour)
    lines = {
        "check": (x - 0.5 * half, y + 0.05 * half, x - 0.12 * half, y + 0.42 * half, x + 0.5 * half, y - 0.38 * half),
        "none": (x - 0.45 * half, y, x + 0.45 * half, y),
    }
    if kind in lines:
        canvas.create_line(list(lines[kind]), fill=ink, width=width, capstyle="round", joinstyle="round")
    else:
        mark = "?" if kind == "question" else "!"
        font = ("TkDefaultFont", -round(size * 0.68), "bold")
        canvas.create_text(x, y, text=mark, fill=ink, font=font)
