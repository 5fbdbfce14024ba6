"""A network as boxes in order, as high as its layers are fine; a click or the arrow keys choose a layer."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.explain_methods import LAST
from core.texts import tr
from gui.focus import focused
from gui.theme import SMALL, Look, elided

if TYPE_CHECKING:
    from core.network_layers import Layer

_ROW_PX, _TITLE_PX, _GAP_PX = 26, 132, 4


class NetworkOutline(tkinter.Canvas):
    """A row of boxes for each network of a model; reports the full name of the layer that is chosen."""

    def __init__(self, parent: tkinter.Misc, look: Look, on_chosen: Callable[[str], object]) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, width=1, height=1, takefocus=True)
        self._look = look
        self._on_chosen = on_chosen
        self._rows: list[tuple[str, list[Layer]]] = []
        self._chosen = LAST
        self._pointed: Layer | None = None
        self._is_enabled = True
        for event in ("<Configure>", "<<ThemeChanged>>", "<FocusIn>", "<FocusOut>"):
            self.bind(event, lambda _event: self.redraw())
        self.bind("<Button-1>", self._on_click)
        self.bind("<Motion>", lambda event: self._point(self.layer_at(event.x, event.y)))
        self.bind("<Leave>", lambda _event: self._point(None))
        for key, across, down in (("<Left>", -1, 0), ("<Right>", 1, 0), ("<Up>", 0, -1), ("<Down>", 0, 1)):
            self.bind(key, lambda _event, across=across, down=down: self._move(across, down))  # type: ignore[misc]

    def show(self, layers: Sequence[Layer], titles: dict[str, str]) -> None:
        """The layers of all networks, in order; `titles` are the networks' visible names."""
        rows: dict[str, list[Layer]] = {}
        for layer in layers:
            rows.setdefault(layer.network, []).append(layer)
        self._rows = [(titles.get(network, network), found) for network, found in rows.items()]
        self.configure(height=self._high)
        self.redraw()

    def choose(self, layer: str) -> None:
        """Mark this layer (its full name, or the last of each network)."""
        self._chosen = layer
        self.redraw()

    def enable(self, enabled: bool) -> None:
        """Whether a layer can be chosen at all."""
        self._is_enabled = enabled
        self.configure(takefocus=enabled)
        self.redraw()

    @property
    def _high(self) -> int:
        px = self._look.px
        line = self._look.px(18)
        return max(1, len(self._rows) * px(_ROW_PX + _GAP_PX) + line) if self._rows else 1

    def redraw(self) -> None:
        """Everything in the present theme, size and language."""
        colours, px = self._look.colours, self._look.px
        self.delete("all")
        self.configure(background=colours.back)
        for number, (title, layers) in enumerate(self._rows):
            middle = number * px(_ROW_PX + _GAP_PX) + px(_ROW_PX) / 2
            shown = elided(self, title, SMALL, px(_TITLE_PX - 10))
            self.create_text(px(2), middle, text=shown, anchor="w", font=SMALL, fill=colours.faint)
            self._draw_row(number, layers)
        if self._rows:
            line = elided(self, self._line(), SMALL, max(1, self.winfo_width() - px(_TITLE_PX)))
            place = px(_TITLE_PX), self.winfo_height() - px(9)
            self.create_text(*place, text=line, anchor="w", font=SMALL, fill=colours.faint)
            if focused(self) is self:
                self.create_rectangle(1, 1, self.winfo_width() - 2, self.winfo_height() - 2, outline=colours.accent)

    def box_of(self, layer: Layer) -> tuple[float, float, float, float]:
        """Where a layer is drawn: left, top, right, bottom."""
        for number, (_, layers) in enumerate(self._rows):
            if layer in layers:
                return self._box(number, layers.index(layer), layers)
        raise KeyError(layer.full_name)

    def layer_at(self, x: float, y: float) -> Layer | None:
        """The layer under the pointer, also above a low box."""
        px = self._look.px
        number = int(y // px(_ROW_PX + _GAP_PX))
        if not 0 <= number < len(self._rows) or x < px(_TITLE_PX) - 2:
            return None
        layers = self._rows[number][1]
        place = int((x - px(_TITLE_PX)) / self._pitch(layers))
        return layers[min(max(0, place), len(layers) - 1)]

    def _pitch(self, layers: Sequence[Layer]) -> float:
        room = self.winfo_width() - self._look.px(_TITLE_PX) - self._look.px(4)
        return max(2.0, min(self._look.px(26), room / max(1, len(layers))))

    def _box(self, number: int, place: int, layers: Sequence[Layer]) -> tuple[float, float, float, float]:
        px, pitch, layer = self._look.px, self._pitch(layers), layers[place]
        finest = max(one.rows for one in layers)
        high = px(_ROW_PX) * (0.25 + 0.75 * (layer.rows / finest) ** 0.5)
        left = px(_TITLE_PX) + place * pitch
        bottom = number * px(_ROW_PX + _GAP_PX) + px(_ROW_PX)
        return left, bottom - high, left + max(1.5, pitch - (2 if pitch > 6 else 1)), bottom

    def _draw_row(self, number: int, layers: Sequence[Layer]) -> None:
        colours = self._look.colours
        for place, layer in enumerate(layers):
            is_last = place == len(layers) - 1
            is_chosen = layer.full_name == self._chosen or (self._chosen == LAST and is_last)
            fill = colours.border if layer.is_stage else colours.track
            if is_chosen:
                fill = colours.accent if self._is_enabled else colours.faint
            elif layer is self._pointed and self._is_enabled:
                fill = colours.second
            self.create_rectangle(*self._box(number, place, layers), fill=fill, width=0)

    def _line(self) -> str:
        """The layer under the pointer, or the chosen one, in words."""
        layers = [layer for _, row in self._rows for layer in row]
        layer = self._pointed or next((one for one in layers if one.full_name == self._chosen), None)
        if layer is not None:
            return layer_line(layer)
        if not self._is_enabled:
            return tr("Chosen: the last layer of each network.")
        return tr("Chosen: the last layer of each network. Click a box for another layer; high boxes see fine details.")

    def _point(self, layer: Layer | None) -> None:
        if layer is not self._pointed:
            self._pointed = layer
            self.redraw()

    def _on_click(self, event: tkinter.Event[tkinter.Misc]) -> None:
        layer = self.layer_at(event.x, event.y)
        if layer is not None and self._is_enabled:
            self.focus_set()
            self._on_chosen(layer.full_name)

    def _move(self, across: int, down: int) -> str:
        if self._is_enabled and self._rows:
            row, place = self._place()
            if down:
                row = min(max(0, row + down), len(self._rows) - 1)
            layers = self._rows[row][1]
            self._on_chosen(layers[min(max(0, place + across), len(layers) - 1)].full_name)
        return "break"

    def _place(self) -> tuple[int, int]:
        for row, (_, layers) in enumerate(self._rows):
            for place, layer in enumerate(layers):
                if layer.full_name == self._chosen:
                    return row, place
        return 0, len(self._rows[0][1]) - 1


def layer_line(layer: Layer) -> str:
    """A layer in words."""
    said = tr("{name}: {rows} × {columns} cells, {channels} channels")
    return said.format(name=layer.name, rows=layer.rows, columns=layer.columns, channels=layer.channels)
