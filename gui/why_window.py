"""The window "Why?": methods on the left, what to explain and the picture on the right. It decides nothing."""

from __future__ import annotations

import tkinter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import TYPE_CHECKING, Protocol

from core.explain_methods import LAST, METHODS, Method, Shown
from core.texts import tr
from gui.choice_box import ChoiceBox
from gui.flow import Flow
from gui.focus import focused
from gui.heatmap_strip import HeatmapChoices, HeatmapStrip
from gui.scroll_frame import ScrollFrame
from gui.theme import Look
from gui.why_layers import NetworkOutline, layer_line
from gui.why_methods import WIDTH_PX, MethodList
from gui.why_stage import WhyStage

if TYPE_CHECKING:
    from core.network_layers import Layer

_SIZE_PX = (1240, 760)
_LEAST_PX = (860, 520)
_LEAST_PICTURE_PX = 150
NOBODY = -1
CLASSES = (1, 2, 3, 5)
ANSWERS = (100, 250, 500)


class WhyListener(Protocol):
    """Who decides what a click means."""

    def method_chosen(self, method: Method) -> None: ...
    def choice_changed(self) -> None: ...
    def layer_chosen(self, layer: str) -> None: ...
    def look_changed(self, choices: HeatmapChoices) -> None: ...
    def resized(self) -> None: ...
    def stop(self) -> None: ...
    def ask_again(self) -> None: ...
    def ask_how_faithful(self) -> None: ...
    def ask_where_to_save(self) -> None: ...
    def closed(self) -> None: ...


@dataclass(frozen=True)
class Fields:
    """Which questions a method has."""

    has_class: bool
    has_contrast: bool
    has_layers: bool
    can_choose_layer: bool
    is_shap: bool
    has_drawing: bool
    is_map: bool
    has_palette: bool


class WhyWindow(tkinter.Toplevel):
    """Everything that is to be seen of explanations."""

    def __init__(self, parent: tkinter.Tk, look: Look, listener: WhyListener, choices: HeatmapChoices) -> None:
        super().__init__(parent, background=look.colours.back)
        self.withdraw()
        self._parent, self._look, self._listener = parent, look, listener
        self._focus_before = focused(parent)
        self._photo_name = ""
        self._layers: Sequence[Layer] = ()
        self._titles: Mapping[str, str] = {}
        self._fields: Fields | None = None
        px = look.px
        self._all = ScrollFrame(self, look, fills=True)
        self._page = ttk.Frame(self._all.inside, padding=(px(16), px(12), 0, px(8)))
        self._side = ttk.Frame(self._page, width=min(px(WIDTH_PX), self.winfo_screenwidth() * 2 // 5))
        self.methods = MethodList(self._side, look, listener.method_chosen)
        self._questions = ttk.Frame(self._page)
        self._flow = Flow(self._questions, look)
        self._groups: dict[str, tuple[ttk.Frame, ttk.Label]] = {}
        self.class_box = self._add_question("class", 160)
        self.versus_box = self._add_question("versus", 150)
        self.layer_box = self._add_question("layer", 140, listener_of_layer=True)
        self.classes_box = self._add_question("classes", 40)
        self.answers_box = self._add_question("answers", 200)
        self.network = NetworkOutline(self._page, look, listener.layer_chosen)
        self.layer_hint = ttk.Label(self._page, style="Small.TLabel", justify="left")
        self.stage = WhyStage(self._page, look, listener.resized, listener.stop, listener.ask_again)
        self.strip = HeatmapStrip(self._page, look, choices, listener.look_changed)
        self._foot = ttk.Frame(self, padding=(px(16), px(4), px(16), px(12)))
        self.faith_button = ttk.Button(self._foot, command=listener.ask_how_faithful)
        self.save_button = ttk.Button(self._foot, command=listener.ask_where_to_save)
        self.close_button = ttk.Button(self._foot, command=self.close)
        self._done = ttk.Label(self._foot, style="Small.TLabel")
        self._build()
        self.show_texts()
        self.classes_box.choose(CLASSES[2])
        self.answers_box.choose(ANSWERS[1])
        self._open()

    def show_texts(self) -> None:
        """The fixed texts in the present language."""
        self._show_title()
        names = {
            "class": tr("Why"),
            "versus": tr("and not"),
            "layer": tr("Layer"),
            "classes": tr("Likeliest classes"),
            "answers": tr("Detail"),
        }
        for name, (_, label) in self._groups.items():
            label.configure(text=names[name])
        self._flow.soon()
        self.classes_box.show([(count, str(count)) for count in CLASSES])
        said = (tr("coarse ({count} answers)"), tr("usual ({count} answers)"), tr("fine ({count} answers)"))
        self.answers_box.show([(count, one.format(count=count)) for count, one in zip(ANSWERS, said, strict=True)])
        self.faith_button.configure(text=tr("How faithful is this map?"))
        self.save_button.configure(text=tr("Save picture…"))
        self.close_button.configure(text=tr("Close"))
        self.layer_hint.configure(text=tr("Other layers need the parts for training, which are not installed."))
        self._done.configure(text="")
        self.methods.show_texts()
        self.stage.show_texts()
        self.strip.show_texts()
        self.show_layers(self._layers, self._titles)

    def show_name(self, name: str) -> None:
        """Which photograph is explained."""
        self._photo_name = name
        self._show_title()

    def show_classes(self, names: Sequence[tuple[int, str]], label: int | None, versus: int | None) -> None:
        """The classes to choose from, likeliest first, and the chosen ones."""
        if names:
            self.class_box.show(names)
            self.class_box.choose(label if label is not None else names[0][0])
            nobody = (NOBODY, tr("(no other)"))
            self.versus_box.show([nobody, *((key, name) for key, name in names if key != self.class_box.key)])
            self.versus_box.choose(NOBODY if versus is None else versus)

    def show_layers(self, layers: Sequence[Layer], titles: Mapping[str, str]) -> None:
        """The layers to choose from; `titles` are the networks' visible names."""
        self._layers, self._titles = layers, titles
        entries: list[tuple[Hashable, str]] = [(LAST, tr("the last of each network (usual)"))]
        several = len({layer.network for layer in layers}) > 1
        for layer in layers:
            line = layer_line(layer)
            entries.append((layer.full_name, f"{titles.get(layer.network, '')} · {line}" if several else line))
        self.layer_box.show(entries)
        self.network.show(layers, dict(titles))

    def show_layer(self, layer: str) -> None:
        """The chosen layer."""
        self.layer_box.choose(layer)
        self.network.choose(layer)

    def show_fields(self, fields: Fields) -> None:
        """Only the questions that this method has."""
        self._done.configure(text="")
        if fields == self._fields:
            return
        self._fields = fields
        shown = {
            "class": fields.has_class,
            "versus": fields.has_contrast,
            "layer": fields.has_layers,
            "classes": fields.is_shap,
            "answers": fields.is_shap,
        }
        for name, (frame, _) in self._groups.items():
            self._flow.show(frame, shown[name])
        self.layer_box.configure(state="readonly" if fields.can_choose_layer else "disabled")
        self.network.enable(fields.can_choose_layer)
        self.network.grid() if fields.has_layers else self.network.grid_remove()
        is_hinted = fields.has_layers and not fields.can_choose_layer
        self.layer_hint.grid() if is_hinted else self.layer_hint.grid_remove()
        self.strip.enable(fields.has_drawing, fields.is_map, fields.has_palette)

    def show_allowed(self, can_ask_faith: bool, can_save: bool) -> None:
        """Which of the buttons can be used now."""
        self.faith_button.state(["!disabled" if can_ask_faith else "disabled"])
        self.save_button.state(["!disabled" if can_save else "disabled"])

    def show_done(self, text: str) -> None:
        """Something was done."""
        self._done.configure(text=f"✓ {text}")

    @property
    def label(self) -> int:
        """The class to explain."""
        key = self.class_box.key
        return key if isinstance(key, int) else 0

    @property
    def versus(self) -> int | None:
        """The class to compare with."""
        key = self.versus_box.key
        return key if isinstance(key, int) and key not in (NOBODY, self.label) else None

    @property
    def shap(self) -> tuple[int, int]:
        """How many classes, and how many answers of the model."""
        classes, answers = self.classes_box.key, self.answers_box.key
        return classes if isinstance(classes, int) else 3, answers if isinstance(answers, int) else ANSWERS[1]

    def close(self) -> None:
        """Away with it; whatever runs for it is called off."""
        self._listener.closed()
        if self._focus_before is not None and self._focus_before.winfo_exists():
            self._focus_before.focus_set()
        self.methods.let_go()
        strip = vars(self.strip)
        self.destroy()
        for kept in (vars(self), strip):
            for name, value in list(kept.items()):
                if isinstance(value, tkinter.Variable | tkinter.Image):
                    del kept[name]  # now: the garbage collector might free it in a thread where Tk may not be used

    # Building

    def _add_question(self, name: str, most_text_px: int, listener_of_layer: bool = False) -> ChoiceBox:
        frame = ttk.Frame(self._questions)
        label = ttk.Label(frame)
        label.pack(side="left", padx=(0, self._look.px(6)))
        chosen = self._on_layer if listener_of_layer else self._listener.choice_changed
        box = ChoiceBox(frame, self._look, most_text_px, chosen)
        box.pack(side="left", fill="x", expand=True)
        self._groups[name] = frame, label
        self._flow.add(frame, grows_to=self._look.px(440) if listener_of_layer else 0, shown=False)
        return box

    def _on_layer(self) -> None:
        self._listener.layer_chosen(str(self.layer_box.key))

    def _build(self) -> None:
        px, page = self._look.px, self._page
        self._foot.pack(side="bottom", fill="x")
        self._all.pack(side="top", fill="both", expand=True)
        page.pack(fill="both", expand=True)
        page.columnconfigure(1, weight=1)
        page.rowconfigure(3, weight=1, minsize=px(_LEAST_PICTURE_PX))
        self._side.grid(row=0, column=0, rowspan=5, sticky="nsew", padx=(0, px(16)))
        self._side.pack_propagate(False)
        self.methods.pack(fill="both", expand=True)
        self._questions.grid(row=0, column=1, sticky="ew", pady=(0, px(8)))
        self.layer_hint.grid(row=1, column=1, sticky="w", pady=(0, px(4)))
        self.network.grid(row=2, column=1, sticky="ew", pady=(0, px(6)))
        self.stage.grid(row=3, column=1, sticky="nsew")
        self.strip.grid(row=4, column=1, sticky="ew", pady=(px(8), 0))
        self.close_button.pack(side="right")
        self.save_button.pack(side="right", padx=px(8))
        self.faith_button.pack(side="right")
        self._done.pack(side="left", padx=(0, px(12)))
        self.bind("<Escape>", lambda _event: self.close())
        self.bind("<<ThemeChanged>>", self._on_theme)
        self.protocol("WM_DELETE_WINDOW", self.close)

    def _on_theme(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if event.widget is self:
            self.configure(background=self._look.colours.back)

    def _show_title(self) -> None:
        self.title(f"{tr('Why?')} - {self._photo_name}" if self._photo_name else tr("Why?"))

    def _open(self) -> None:
        px, parent = self._look.px, self._parent
        width = min(px(_SIZE_PX[0]), self.winfo_screenwidth() - 40)
        height = min(px(_SIZE_PX[1]), self.winfo_screenheight() - 80)
        self.minsize(min(width, px(_LEAST_PX[0])), min(height, px(_LEAST_PX[1])))
        x = parent.winfo_rootx() + (parent.winfo_width() - width) // 2
        y = parent.winfo_rooty() + (parent.winfo_height() - height) // 3
        x = max(0, min(x, self.winfo_screenwidth() - width))
        y = max(0, min(y, self.winfo_screenheight() - height - 40))
        self.geometry(f"{width}x{height}+{x}+{y}")
        self.deiconify()
        self.methods.focus_chosen()


def fields_of(method: Method, has_training: bool) -> Fields:
    """Which questions a method has here."""
    entry = METHODS[method]
    return Fields(
        has_class=method not in (Method.SHAP, Method.ACTIVATIONS),
        has_contrast=entry.has_contrast,
        has_layers=entry.has_layers,
        can_choose_layer=entry.has_layers and (has_training or not entry.by_gradients),
        is_shap=method is Method.SHAP,
        has_drawing=method not in (Method.MASK, Method.NEURONS),
        is_map=entry.shown is Shown.MAP,
        has_palette=method is not Method.SHAP,  # its two sides have their own
    )
