"""How long do the table and the grid take with 20,000 rows: to show the list, to scroll a step, to follow the bar?

Opens both in a window of 1280 x 720 with drawn thumbnails that come when the view asks for them; every time is that of
the call and of all that the window draws for it, and beside it the time of the processor alone (on a machine that is
busy with other things only that one means something):

    python -m tests.bench.row_views [--rows 20000] [--size 1280x720]

The window needs a display (`xvfb-run -a` gives one).
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
import tkinter
from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from core.records import Status
from core.reviews import Order
from gui.row_cells import RowCells
from gui.row_grid import RowGrid
from gui.row_selection import Selection
from gui.row_table import RowTable
from gui.row_view import RowView
from gui.theme import Look

STEPS = 60
WHEEL_PX = 72


class Answering:
    """Gives a view its cells a moment after it asks."""

    view: RowView

    def __init__(self) -> None:
        self.thumbnails = [_thumbnail(number) for number in range(200)]

    def needs(self, numbers: Sequence[int]) -> None:
        cells = {number: self._cells(number) for number in numbers}
        self.view.after(5, self.view.show_cells, cells)

    def selected(self, selection: Selection) -> None:
        """Nothing more is to be done, here and below."""

    def opened(self, number: int) -> None: ...

    def sort(self, order: Order, reverse: bool) -> None: ...

    def menu(self, number: int, x_root: int, y_root: int) -> None: ...

    def _cells(self, number: int) -> RowCells:
        status = (Status.SURE, Status.SURE, Status.UNSURE, Status.NOT_A_DOG)[number % 4]
        breed = ("Beagle", "American Staffordshire terrier or Staffordshire bullterrier", "", "")[number * 7 % 4]
        name, thumbnail = f"box {number % 90}/rex_{number}.jpg", self.thumbnails[number % len(self.thumbnails)]
        return RowCells(number, name, status, breed, "92 %", f"Rex {number // 3}", "", number % 40 == 0, thumbnail)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--size", default="1280x720")
    wanted = parser.parse_args()
    root = tkinter.Tk()
    root.geometry(f"{wanted.size}+0+0")
    look = Look(root)
    look.use("light")
    print(f"{wanted.rows} rows in {wanted.size}: milliseconds, median and longest; of the processor alone")
    for kind in (RowTable, RowGrid):
        listener = Answering()
        view = listener.view = kind(root, look, listener)
        view.pack(fill="both", expand=True)
        root.update()
        _measure(view, wanted.rows)
        view.destroy()
    root.destroy()


def _measure(view: RowView, rows: int) -> None:
    name, numbers = type(view).__name__, list(range(rows))
    _report(f"{name}: show_list", [_timed(view, lambda: view.show_list(numbers), draws=False) for _ in range(10)])
    _report(f"{name}: show_list, drawn", [_timed(view, lambda: view.show_list(numbers)) for _ in range(10)])
    _rest(view)
    _report(f"{name}: a notch of the wheel", _steps(view, lambda _step: view.scroll_by(WHEEL_PX)))
    _report(f"{name}: a page", _steps(view, lambda _step: view._on_bar("scroll", "1", "pages")))
    _report(f"{name}: the bar drawn along", _steps(view, lambda step: view._on_bar("moveto", str(step / STEPS))))
    view.choose(Selection().at(0, view.rows))
    _report(f"{name}: an arrow key", _steps(view, lambda _step: view.choose(view.selection.moved(1, view.rows))))
    _report(f"{name}: all chosen", [_timed(view, lambda: view.choose(view.selection.all(view.rows)))])
    _rest(view)
    print(f"  {len(view.canvas.find_all())} items drawn, {len(view._cells)} rows of cells kept")


def _steps(view: RowView, do: Callable[[int], object]) -> list[tuple[float, float]]:
    """Each step with all that comes of it: rows drawn, cells asked for, pictures decoded."""
    return [_timed(view, lambda step=step: do(step)) for step in range(STEPS)]  # type: ignore[misc]


def _timed(view: RowView, do: Callable[[], Any], draws: bool = True) -> tuple[float, float]:
    began, worked = time.perf_counter(), time.process_time()
    do()
    if draws:
        view.update()
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def _rest(view: RowView) -> None:
    until = time.perf_counter() + 0.3
    while time.perf_counter() < until or view.thumbnails.is_busy:
        view.update()


def _report(what: str, times: Sequence[tuple[float, float]]) -> None:
    columns = [f"{statistics.median(column):7.1f} {max(column):7.1f}" for column in zip(*times, strict=True)]
    print(f"  {what:36} {'  '.join(columns)}")


def _thumbnail(number: int) -> bytes:
    out = io.BytesIO()
    noise = Image.effect_noise((160, 120 - number % 40), 60).convert("RGB")
    noise.save(out, "JPEG", quality=75)
    return out.getvalue()


if __name__ == "__main__":
    main()
