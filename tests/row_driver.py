"""Rows for the tests of the table and the grid, and a listener that writes down what they report."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from PIL import Image

from core.records import Status
from core.reviews import Order
from gui.row_cells import RowCells
from gui.row_grid import RowGrid
from gui.row_selection import Selection
from gui.row_table import RowTable
from gui.row_view import RowView
from tests.plain_window import Plain, plain

__all__ = ["BOTH", "CONTROL", "MANY", "SHIFT", "Heard", "Kind", "cells", "heard", "jpeg", "middle_of", "plain", "show"]

MANY = 20_000
SHIFT, CONTROL = 0x1, 0x4
BOTH = pytest.mark.parametrize("kind", [RowTable, RowGrid])
Kind = type[RowTable] | type[RowGrid]


class Heard:
    """Writes down what a view reports, and answers with cells when told to."""

    def __init__(self) -> None:
        self.needed: list[list[int]] = []
        self.selections: list[Selection] = []
        self.events: list[tuple[Any, ...]] = []
        self.give: Callable[[Sequence[int]], object] = lambda _numbers: None

    def needs(self, numbers: Sequence[int]) -> None:
        self.needed.append(list(numbers))
        self.give(numbers)

    def selected(self, selection: Selection) -> None:
        self.selections.append(selection)

    def opened(self, number: int) -> None:
        self.events.append(("opened", number))

    def sort(self, order: Order, reverse: bool) -> None:
        self.events.append(("sort", order, reverse))

    def menu(self, number: int, x_root: int, y_root: int) -> None:
        self.events.append(("menu", number, x_root, y_root))


def jpeg(colour: str = "red", size: tuple[int, int] = (160, 100)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def cells(number: int, **changed: Any) -> RowCells:
    given: dict[str, Any] = {
        "number": number,
        "name": f"rex_{number}.jpg",
        "status": Status.SURE,
        "answer": "Beagle",
        "confidence": "92 %",
        "animal": "Rex",
        "reviewed": "",
        "is_suspect": False,
        "thumbnail": None,
    }
    return RowCells(**(given | changed))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def show(plain: Plain, heard: Heard) -> Callable[..., Any]:
    """Opens a view on rows 0, 1, 2 …; `filled` gives it all cells it asks for."""

    def opened(kind: Kind, count: int = MANY, filled: bool = True) -> RowView:
        view = kind(plain.root, plain.look, heard)
        if filled:
            heard.give = lambda numbers: view.show_cells({number: cells(number) for number in numbers})
        view.pack(fill="both", expand=True)
        plain.root.update()
        view.show_list(range(count))
        plain.root.update()
        return view

    return opened


def middle_of(view: RowView, number: int) -> tuple[int, int]:
    """A point in a row that is in sight, in pixels of the canvas."""
    x, y = view._raster_now.corner(view.rows.places[number])
    return x + 30, y - view._top + 10
