"""The Photo tab: picture, answer, bars, heatmap, correction. It lays out and reports; `PhotoDesk` decides."""

from __future__ import annotations

import tkinter
from collections.abc import Mapping, Sequence
from tkinter import font, ttk
from typing import Protocol

from core.texts import tr
from gui.actions import Action
from gui.breed_bars import Bar, BreedBars
from gui.correction_box import Choice, CorrectionBox
from gui.flow import Flow
from gui.heatmap_strip import HeatmapChoices, HeatmapStrip
from gui.photo_canvas import PhotoCanvas
from gui.scroll_frame import ScrollFrame
from gui.theme import BODY, Look, elided
from gui.tooltip import Tooltip
from gui.verdict_card import VerdictCard

_TOOLS = (("open", "paste"), ("previous", "next"))
_MORE_TOOLS = ("copy", "save")
_PANEL_PX = 392
_FIELD_GAP_PX = 18
_LEAST_PICTURE_PX = 150
_TITLE_LETTERS = 18


class PhotoListener(Protocol):
    """Who decides what a click means."""

    choices: HeatmapChoices

    def resized(self) -> None: ...
    def choose(self, label: int) -> None: ...
    def compare(self, label: int | None) -> None: ...
    def redraw(self, choices: HeatmapChoices) -> None: ...
    def correct(self, choice: Choice) -> None: ...
    def as_typed(self, words: str) -> Choice: ...


class PhotoTab(ttk.Frame):
    """The widgets of the tab."""

    def __init__(
        self, parent: tkinter.Misc, look: Look, actions: Mapping[str, Action], listener: PhotoListener
    ) -> None:
        super().__init__(parent, padding=(look.px(12), look.px(8), 0, look.px(8)))
        self._look = look
        self._listener = listener
        self._actions = actions
        self._buttons: dict[str, ttk.Button] = {}
        self._others: Sequence[Bar] = ()
        self._name, self._place = "", ""
        self._all = ScrollFrame(self, look, fills=True)
        page = self._all.inside
        self._tools = ttk.Frame(page)
        self._first_tools = [self._build_group(self._tools, names) for names in _TOOLS]
        self._title = ttk.Label(self._tools, anchor="center", width=_TITLE_LETTERS)
        self._last_tools = self._build_group(self._tools, _MORE_TOOLS)
        Tooltip(self._title, look, lambda: self._name)
        self.canvas = PhotoCanvas(page, look, self._actions["open"], self._actions["paste"], listener.resized)
        self.strip = HeatmapStrip(page, look, listener.choices, listener.redraw)
        self._panel = ttk.Frame(page, width=look.px(_PANEL_PX))
        self._answer = ScrollFrame(self._panel, look)
        answer = self._answer.inside
        self.verdict = VerdictCard(answer, look, self._actions["take_back"].run)
        self._bars_title = ttk.Label(answer, style="Strong.TLabel")
        self.bars = BreedBars(answer, look, listener.choose, listener.compare)
        self._versus_row = ttk.Frame(answer)
        self._versus_label = ttk.Label(self._versus_row)
        self._versus_box = ttk.Combobox(self._versus_row, state="disabled")
        self._why_row = ttk.Frame(answer)
        self.correction = CorrectionBox(self._panel, look, listener.correct, listener.as_typed)
        self._build()
        self.show_texts()

    def show_texts(self) -> None:
        """The fixed texts in the present language; the desk shows the answer again."""
        for name, button in self._buttons.items():
            button.configure(text=self._actions[name].text())
        self._flow.soon()
        self._versus_label.configure(text=tr("Compare with:"))
        self.strip.show_texts()
        self.correction.show_texts()
        self.canvas.redraw()

    def show_title(self, name: str, place: str) -> None:
        """Which photograph it is, and which of how many: the place stays to be read when the name is long."""
        self._name, self._place = name, place
        among = f"   ({place})" if place else ""
        measure = font.nametofont(BODY, self).measure
        room = max(self._look.px(60), self._title.winfo_width() - measure(among) - self._look.px(8))
        self._title.configure(text=elided(self, name, BODY, room) + among)

    def show_panels(self, answer: bool, controls: bool) -> None:
        """Answer and controls have nothing to say before the first photograph: then the stage has all the room."""
        self._panel.grid() if answer else self._panel.grid_remove()
        for control in (self.strip, self.correction):
            control.grid() if controls else control.grid_remove()

    def show_bars(self, title: str, bars: Sequence[Bar], chosen: int | None, versus: int | None) -> None:
        """The likeliest breeds; without any the room stays empty."""
        self._bars_title.configure(text=title)
        self.bars.show(bars, chosen, versus)
        self._others = [bar for bar in bars if bar.label != chosen]
        nothing = tr("no other breed")
        self._versus_box.configure(values=[nothing, *(bar.name for bar in self._others)])
        self._versus_box.set(next((bar.name for bar in self._others if bar.label == versus), nothing))
        self._versus_box.configure(state="readonly" if chosen is not None else "disabled")
        for part in (self._versus_row, self._bars_title, self.bars, self._why_row):
            part.grid() if bars else part.grid_remove()

    def show_allowed(self) -> None:
        """Which of the buttons above the picture can be used now."""
        for name, button in self._buttons.items():
            button.state(["!disabled" if self._actions[name].is_allowed() else "disabled"])

    def _build(self) -> None:
        px, page = self._look.px, self._all.inside
        self._all.pack(fill="both", expand=True)
        page.columnconfigure(0, weight=1)
        page.rowconfigure(1, weight=1)
        self._build_tools().grid(row=0, column=0, columnspan=2, sticky="ew", pady=(0, px(8)))
        self.canvas.configure(height=px(_LEAST_PICTURE_PX))
        self.canvas.grid(row=1, column=0, sticky="nsew")
        self.strip.grid(row=2, column=0, sticky="ew", pady=(px(8), 0))
        self._panel.grid(row=1, column=1, rowspan=2, sticky="nsew", padx=(px(16), 0))
        self._panel.grid_propagate(False)
        self.bind("<Configure>", lambda _event: self._share_width())
        self.bind("<<ThemeChanged>>", lambda _event: self._share_width())
        self._build_panel()

    def _share_width(self) -> None:
        """The answer is as wide as its text needs, but leaves half of the window to the picture."""
        self._panel.configure(width=min(self._look.px(_PANEL_PX), self.winfo_width() // 2))

    def _build_tools(self) -> ttk.Frame:
        flow = Flow(self._tools, self._look)
        for group in self._first_tools:
            flow.add(group)
        flow.add(self._title, grows_to=100_000)
        flow.add(self._last_tools, at_right=True)
        self._title.bind("<Configure>", lambda _event: self.show_title(self._name, self._place))
        self._flow = flow
        return self._tools

    def _build_group(self, parent: ttk.Frame, names: Sequence[str]) -> ttk.Frame:
        group = ttk.Frame(parent)
        for column, name in enumerate(names):
            action = self._actions[name]
            button = ttk.Button(group, command=action.run)
            button.grid(row=0, column=column, padx=(self._look.px(6) if column else 0, 0))
            Tooltip(button, self._look, action.key_text)
            self._buttons[name] = button
        return group

    def _build_panel(self) -> None:
        panel, px = self._panel, self._look.px
        panel.columnconfigure(0, weight=1)
        panel.rowconfigure(2, weight=1)
        self._answer.grid(row=0, column=0, sticky="nsew")
        for part in (panel, self._answer.inside, self.correction):
            part.bind("<Configure>", self._fit_answer, add=True)
        self._answer.inside.columnconfigure(0, weight=1)
        self.verdict.grid(row=0, column=0, sticky="ew")
        self._bars_title.grid(row=1, column=0, sticky="w", pady=(px(14), px(2)))
        self.bars.grid(row=2, column=0, sticky="ew")
        self._versus_row.grid(row=3, column=0, sticky="ew", pady=(px(6), 0))
        self._versus_label.pack(side="left", padx=(px(2), px(8)))
        self._versus_box.pack(side="left", fill="x", expand=True)
        self._versus_box.bind("<<ComboboxSelected>>", self._on_versus)
        self._why_row.grid(row=4, column=0, sticky="w", pady=(px(6), 0))
        self._build_group(self._why_row, ("why",)).pack(anchor="w")
        self.correction.grid(row=1, column=0, sticky="sew", pady=(px(_FIELD_GAP_PX), 0))

    def _fit_answer(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        """The field for the breed stands right under the answer, and stays in sight when that is long."""
        field = self.correction.winfo_reqheight() + self._look.px(_FIELD_GAP_PX)
        self._answer.take_room(self._panel.winfo_height() - field)

    def _on_versus(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self._versus_box.selection_clear()
        at = self._versus_box.current()
        self._listener.compare(self._others[at - 1].label if at > 0 else None)
