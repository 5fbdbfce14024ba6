"""Under the picture: what the heatmap shows in words, what its colours mean, and how it is laid over the picture."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import TYPE_CHECKING

from core.texts import percent, tr
from gui.theme import Look

if TYPE_CHECKING:
    from PIL import Image, ImageTk

_BAR_PX = (150, 12)
_TITLE_PX = 140


@dataclass(frozen=True)
class HeatmapChoices:
    """How the picture is to be drawn."""

    shown: bool
    opacity: float
    palette: str
    outline: bool


class HeatmapStrip(ttk.Frame):
    """The controls of the heatmap; every change is reported with the choices as they are then."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        choices: HeatmapChoices,
        on_changed: Callable[[HeatmapChoices], object],
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._on_changed = on_changed
        self._palettes: Sequence[tuple[str, str]] = ((choices.palette, choices.palette),)
        self._palette = choices.palette
        self._bar_image: ImageTk.PhotoImage | None = None
        self._shown = tkinter.BooleanVar(self, choices.shown)
        self._outline = tkinter.BooleanVar(self, choices.outline)
        self._opacity = tkinter.DoubleVar(self, choices.opacity)
        self._build()
        self.show_texts()

    @property
    def choices(self) -> HeatmapChoices:
        return HeatmapChoices(self._shown.get(), self._opacity.get(), self._palette, self._outline.get())

    @property
    def bar_size(self) -> tuple[int, int]:
        """Width and height in pixels that a colour bar should have."""
        room = self.winfo_width() // 4 if self.winfo_width() > 1 else self._look.px(_BAR_PX[0])
        return min(self._look.px(_BAR_PX[0]), max(24, room)), self._look.px(_BAR_PX[1])

    @property
    def palettes(self) -> Sequence[tuple[str, str]]:
        """The palettes to choose from, as (name, visible name)."""
        return self._palettes

    def show_texts(self) -> None:
        """All texts in the present language."""
        self._show_box.configure(text=tr("Heatmap"))
        self._outline_box.configure(text=tr("Outline"))
        self._opacity_label.configure(text=tr("Strength"))
        self._palette_label.configure(text=tr("Colours"))
        self._show_opacity()
        self.after_idle(self._flow)

    def show_palettes(self, palettes: Sequence[tuple[str, str]]) -> None:
        """The palettes to choose from, as (name, visible name)."""
        self._palettes = palettes
        self._palette_box.configure(values=[shown for _, shown in palettes])
        self._palette_box.set(dict(palettes).get(self._palette, self._palette))

    def show_legend(self, title: str, low: str, high: str, bar: Image.Image | None) -> None:
        """What is shown, and what the two ends of the colour bar mean; without a bar only the title."""
        self._title.configure(text=title)
        self._low.configure(text=low)
        self._high.configure(text=high)
        if bar is None:
            self._legend.grid_remove()
            self.after_idle(self._wrap_title)
            return
        from PIL import ImageTk

        self._bar_image = ImageTk.PhotoImage(bar, master=self)
        self._bar.configure(image=self._bar_image)
        self._legend.grid()
        self.after_idle(self._wrap_title)  # then the width of the new texts is known

    def _wrap_title(self) -> None:
        px = self._look.px
        legend = self._legend.winfo_reqwidth() + px(12) if self._legend.winfo_manager() else 0
        room = self.winfo_width() - legend
        is_beside = room > px(_TITLE_PX)
        if legend:  # where there is no room beside the title it stands below
            row, column, sticky = (0, 1, "e") if is_beside else (1, 0, "w")
            self._legend.grid(row=row, column=column, sticky=sticky)
        self._title.configure(wraplength=max(px(120), room if is_beside else self.winfo_width()))

    def enable(self, enabled: bool, has_outline: bool = True, has_palette: bool = True) -> None:
        """Whether there is a picture to draw, whether one with an outline, and whether its colours can be chosen."""
        state = "!disabled" if enabled else "disabled"
        for widget in (self._show_box, self._slider):
            widget.state([state])
        self._outline_box.state(["!disabled" if enabled and has_outline else "disabled"])
        self._palette_box.configure(state="readonly" if enabled and has_palette else "disabled")

    def turn(self, *, shown: bool | None = None, outline: bool | None = None, stronger: float = 0.0) -> None:
        """Change a choice from a menu or a key."""
        if shown is not None:
            self._shown.set(shown)
        if outline is not None:
            self._outline.set(outline)
        self._opacity.set(min(1.0, max(0.0, self._opacity.get() + stronger)))
        self._changed()

    def use_palette(self, name: str) -> None:
        """Choose a palette by its name."""
        self._palette = name
        self._palette_box.set(dict(self._palettes).get(name, name))
        self._changed()

    def next_palette(self) -> None:
        """Choose the palette after this one."""
        names = [name for name, _ in self._palettes]
        at = names.index(self._palette) if self._palette in names else -1
        self.use_palette(names[(at + 1) % len(names)])

    def _build(self) -> None:
        px = self._look.px
        self.columnconfigure(0, weight=1)
        self._title = ttk.Label(self, style="Strong.TLabel", justify="left")
        self.bind("<Configure>", lambda _event: self._wrap_title())
        self.bind("<Map>", lambda _event: self._wrap_title())
        self._title.grid(row=0, column=0, sticky="w", pady=(px(2), px(4)))
        self._legend = ttk.Frame(self)
        self._low = ttk.Label(self._legend, style="Small.TLabel")
        self._bar = ttk.Label(self._legend)
        self._high = ttk.Label(self._legend, style="Small.TLabel")
        for part in (self._low, self._bar, self._high):
            part.pack(side="left", padx=(px(6), 0))
        self._legend.grid(row=0, column=1, sticky="e")
        self._legend.grid_remove()
        self._controls = ttk.Frame(self)
        self._controls.grid(row=2, column=0, columnspan=2, sticky="ew")
        self._groups = [ttk.Frame(self._controls) for _ in range(4)]
        self._build_controls(*self._groups)
        self._controls.bind("<Configure>", lambda _event: self._flow())

    def _build_controls(self, shown: ttk.Frame, opacity: ttk.Frame, palette: ttk.Frame, outline: ttk.Frame) -> None:
        px = self._look.px
        self._show_box = ttk.Checkbutton(shown, variable=self._shown, command=self._changed)
        self._opacity_label = ttk.Label(opacity)
        self._slider = ttk.Scale(
            opacity, from_=0.0, to=1.0, variable=self._opacity, length=px(110), command=lambda _value: self._changed()
        )
        self._percent = ttk.Label(opacity, width=6, style="Faint.TLabel")
        self._palette_label = ttk.Label(palette)
        self._palette_box = ttk.Combobox(palette, state="readonly", width=13)
        self._palette_box.bind("<<ComboboxSelected>>", self._on_palette)
        self._outline_box = ttk.Checkbutton(outline, variable=self._outline, command=self._changed)
        for alone in (self._show_box, self._outline_box):
            alone.pack(side="left")
        for label, *controls in (
            (self._opacity_label, self._slider, self._percent),
            (self._palette_label, self._palette_box),
        ):
            label.pack(side="left")
            for control in controls:
                control.pack(side="left", padx=(px(6), 0))

    def _flow(self) -> None:
        """The groups side by side; what does not fit goes on in the next row."""
        gap, room = self._look.px(14), self._controls.winfo_width()
        x = y = lowest = 0
        for group in self._groups:
            width, height = group.winfo_reqwidth(), group.winfo_reqheight()
            if x and x + width > room:
                x, y = 0, lowest + self._look.px(4)
            group.place(x=x, y=y, height=max(height, self._palette_box.winfo_reqheight()))
            x, lowest = x + width + gap, max(lowest, y + max(height, self._palette_box.winfo_reqheight()))
        self._controls.configure(height=lowest)

    def _on_palette(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self._palette_box.selection_clear()
        self._palette = self._palettes[self._palette_box.current()][0]
        self._changed()

    def _changed(self) -> None:
        self._show_opacity()
        self._on_changed(self.choices)

    def _show_opacity(self) -> None:
        self._percent.configure(text=percent(round(self._opacity.get(), 2)))
