"""What happens in the window "Why?": which explanation is asked for, kept, drawn, saved; it follows the photograph."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.explain_methods import LAST, METHODS, Method
from core.texts import tr
from gui.actions import Action, bind_keys
from gui.answer_texts import breed_of
from gui.background import Background
from gui.engine import Drawn, Engine, Seen, legend_ends
from gui.heatmap_strip import HeatmapChoices
from gui.photo_desk import PhotoDesk, log_only
from gui.theme import Look
from gui.why_after import ShownNow, WhyAfter
from gui.why_engine import Asked, Facts, Found, MapDrawing, WhyEngine
from gui.why_words import doing, missing, said_of, title_of

if TYPE_CHECKING:
    from core.jobs import Job
    from core.outlines import Mask
    from gui.why_sheets import Sheet
    from gui.why_window import WhyWindow

_ASK, _DRAW, _FACTS, _OUTLINE = "why", "why-draw", "why-facts", "why-outline"
_TOPICS = (_ASK, _DRAW, _FACTS, _OUTLINE)
_TELL_MS = 120
# So long the processes are kept warm after the window was closed.
_WARM_MS = 300_000
# What of the main window works here, too.
_KEYS = ("previous", "next", "light_or_dark", "other_language", "help", "keys")


class WhyHost(Protocol):
    """The window around the Photo tab."""

    look: Look
    actions: dict[str, Action]

    def last_folder(self) -> Path | None: ...
    def palettes(self) -> Sequence[tuple[str, str]]: ...


class WhyDesk:
    """One for the program; the window opens when it is wanted."""

    def __init__(self, root: tkinter.Tk, engine: Engine, background: Background, desk: PhotoDesk) -> None:
        self._root = root
        self._background = background
        self._desk = desk
        self.engine = WhyEngine(engine)
        self.window: WhyWindow | None = None
        self.after = WhyAfter(self.engine, background)
        self._host: WhyHost
        self._choices: HeatmapChoices = desk.choices
        self._facts: tuple[str, Facts] | None = None
        self._seen: Seen | None = None
        self._layer_of: dict[Method, str] = {}
        self._kept: dict[Asked, Found] = {}
        self._mask: Mask | None = None
        self._asked: Asked | None = None
        # What the Photo tab shows is where this window begins.
        self._first: tuple[int | None, int | None] = (None, None)
        self._told = (0, 0)
        self._cooling = ""

    @property
    def found(self) -> Found | None:
        """What is shown now."""
        return self._kept.get(self._asked) if self._asked else None

    def attach(self, host: WhyHost) -> None:
        """The window around everything."""
        self._host = host

    def open(self) -> None:
        """Show the window, or bring it to the front."""
        from gui.why_window import WhyWindow

        if self.window is not None:
            self.window.lift()
            self.window.methods.focus_chosen()
            return
        if self._cooling:
            self._root.after_cancel(self._cooling)
            self._cooling = ""
        self._choices = self._desk.choices
        window = self.window = WhyWindow(self._root, self._host.look, self, self._choices)
        keys = [self._host.actions[name] for name in _KEYS]
        keys.append(Action(lambda: tr("Save picture…"), self.ask_where_to_save, ("Primary-s",)))
        bind_keys(window, keys, lambda: 0, lambda _letter: None)  # type: ignore[arg-type]
        window.strip.show_palettes(self._host.palettes())
        self._first = self._desk.now.chosen, self._desk.now.versus
        self._take_photo()

    def show_texts(self) -> None:
        """Every text in the present language."""
        window = self.window
        if window is None:
            return
        self.after.close()
        window.strip.show_palettes(self._host.palettes())
        window.show_texts()
        self._show_missing()
        self._show_classes(window.label, window.versus)
        if self._seen is not None:
            self._ask()

    def photo_changed(self) -> None:
        """Something changed on the desk of the Photo tab: perhaps another photograph, or another answer."""
        if self._desk.now.seen is self._seen:
            return
        self._forget()
        if self.window is not None:
            self._first = (None, None)
            self._take_photo()

    def leave(self) -> None:
        """The program ends."""
        self.engine.cool()

    # What the window reports

    def method_chosen(self, method: Method) -> None:
        """Another way to explain."""
        window = self._open_window()
        window.show_layer(self._layer(method))
        self._ask()

    def choice_changed(self) -> None:
        """Another class, or how SHAP is to be done."""
        window = self._open_window()
        self._show_classes(window.label, window.versus)
        self._ask()

    def layer_chosen(self, layer: str) -> None:
        """Another layer."""
        window = self._open_window()
        self._layer_of[window.methods.chosen] = layer
        window.show_layer(layer)
        self._ask()

    def look_changed(self, choices: HeatmapChoices) -> None:
        """The same in other colours."""
        self._choices = choices
        if choices.outline and self._mask is None:
            self._find_outline()
        if self.found is not None:
            self._draw()

    def resized(self) -> None:
        """The picture has another room to fill."""
        if self.found is not None:
            self._draw()

    def stop(self) -> None:
        """What runs is not wanted any more."""
        window = self._open_window()
        self._background.drop(_ASK)
        self._asked = None
        window.stage.show_words(tr("Stopped."), can_begin=True)

    def ask_again(self) -> None:
        """Begin what was stopped anew."""
        self._ask()

    def closed(self) -> None:
        """The window goes: nothing runs for it any more."""
        self.after.close()
        self._background.drop(*_TOPICS)
        self.window = None
        self._asked = None
        self._cooling = self._root.after(_WARM_MS, self._cool)

    # The photograph

    def _take_photo(self) -> None:
        window, now = self._open_window(), self._desk.now
        window.show_name(now.name)
        self._seen = now.seen
        window.show_allowed(False, False)
        if now.seen is None:
            window.strip.show_legend("", "", "", None)
            window.stage.show_words(now.problem or now.no_answer or tr("Waiting for the answer…"))
            return
        self._show_classes(*self._first)
        self._read_facts(now.seen)
        self._ask()

    def _forget(self) -> None:
        self._background.drop(*_TOPICS)
        self.after.close()
        self._kept.clear()
        self.after.forget()
        self._mask = self._asked = self._seen = None

    def _show_classes(self, label: int | None, versus: int | None) -> None:
        seen, window = self._seen, self._open_window()
        if seen is None:
            return
        first = [one.label for one in seen.verdict.candidates]
        names = [(number, breed_of(seen.info, number)) for number in range(len(seen.info.labels))]
        rest = sorted((pair for pair in names if pair[0] not in first), key=lambda pair: pair[1].casefold())
        window.show_classes([(number, names[number][1]) for number in first] + rest, label, versus)

    def _read_facts(self, seen: Seen) -> None:
        key = f"{seen.bundle.folder}"
        if self._facts is not None and self._facts[0] == key:
            self._show_facts(self._facts[1])
            return
        self._layer_of.clear()

        def done(facts: Facts) -> None:
            self._facts = key, facts
            self._show_facts(facts)

        self._background.start("why-facts", lambda _job: self.engine.facts(), done, log_only, topic=_FACTS)

    def _show_facts(self, facts: Facts) -> None:
        window, seen = self.window, self._seen
        if window is None or seen is None:
            return
        window.show_layers(facts.layers, {one.name: one.title for one in seen.info.backbones})
        window.show_layer(self._layer(window.methods.chosen))
        self._show_missing()
        self._show_fields()

    def _show_missing(self) -> None:
        if self.window is not None and self._facts is not None:
            reason = None if self._facts[1].has_training_parts else missing
            self.window.methods.show_missing(reason)

    def _show_fields(self) -> None:
        from gui.why_window import fields_of

        window = self._open_window()
        has_training = self._facts is not None and self._facts[1].has_training_parts
        window.show_fields(fields_of(window.methods.chosen, has_training))

    def _layer(self, method: Method) -> str:
        """The layer that was chosen for a method. Channels are those of one network: its last layer is named."""
        if not METHODS[method].has_layers:
            return LAST
        if method is Method.LAYERCAM and method not in self._layer_of:
            return self._fine_layer()
        chosen = self._layer_of.get(method, LAST)
        if method is Method.ACTIVATIONS and chosen == LAST and self._facts is not None:
            layers = self._facts[1].layers
            first = [one.full_name for one in layers if one.network == layers[0].network]
            return first[-1] if first else LAST
        return chosen

    def _fine_layer(self) -> str:
        """Where LayerCAM begins: a few stages before the end of the last network, if Keras is there to go there."""
        if self._facts is None or not self._facts[1].has_training_parts:
            return LAST
        layers = self._facts[1].layers
        stages = [one.full_name for one in layers if one.is_stage and one.network == layers[-1].network]
        return stages[-3] if len(stages) > 2 else LAST

    # An explanation

    def _question(self) -> Asked:
        window = self._open_window()
        method, entry = window.methods.chosen, METHODS[window.methods.chosen]
        if method is Method.SHAP:
            return Asked(method, None, None, LAST, *window.shap)
        layer = self._layer(method)
        if method is Method.ACTIVATIONS:
            return Asked(method, layer=layer)
        return Asked(method, window.label, window.versus if entry.has_contrast else None, layer)

    def _ask(self) -> None:
        window, opened, seen = self._open_window(), self._desk.now.opened, self._seen
        self._show_fields()
        self._background.drop(_ASK, _DRAW)
        if opened is None or seen is None:
            return
        asked = self._asked = self._question()
        window.show_allowed(False, False)
        if asked in self._kept:
            self._draw()
            return
        window.strip.show_legend(METHODS[asked.method].title(), "", "", None)
        window.stage.show_busy(doing(asked))
        self._told = (0, 0)
        self._background.start(
            _lane(asked),
            lambda job: self.engine.explain(opened, seen, asked, self._teller(job)),
            self._on_found,
            self._on_failed,
            topic=_ASK,
        )
        window.after(_TELL_MS, self._tell, asked)

    def _teller(self, job: Job) -> Callable[[int, int], None]:
        """In a lane: how far it is, for whoever looks; Cancelled when nobody does."""

        def told(done: int, total: int) -> None:
            job.stop_if_cancelled()
            self._told = done, total

        return told

    def _tell(self, asked: Asked) -> None:
        if self.window is not None and self._asked is asked and asked not in self._kept:
            self.window.stage.show_progress(*self._told)
            self.window.after(_TELL_MS, self._tell, asked)

    def _on_found(self, found: Found) -> None:
        self._kept[found.asked] = found
        if found.asked == self._asked:
            self._draw()

    def _on_failed(self, error: Exception) -> None:
        self._asked = None
        if self.window is not None:
            self.window.stage.show_problem(said_of(error))

    # The picture

    def _draw(self) -> None:
        window, found, opened, seen = self._open_window(), self.found, self._desk.now.opened, self._seen
        if found is None or opened is None or seen is None:
            return
        drawing, room, width = self._drawing(), window.stage.room, window.stage.sheet_width
        if found.evidence is not None:
            self._background.start(
                *(_DRAW, lambda _job: self.engine.draw(opened, found, drawing, room), self._on_drawn, self._on_failed),
                topic=_DRAW,
            )
            return

        def sheet(_job: Job) -> Sheet:
            from gui.why_sheets import sheet_for

            return sheet_for(opened.photo, seen.info, found, drawing, width)

        self._background.start(_DRAW, sheet, self._on_sheet, self._on_failed, topic=_DRAW)

    def _on_drawn(self, drawn: Drawn) -> None:
        window, found, seen = self.window, self.found, self._seen
        if window is None or found is None or seen is None:
            return
        is_positive = bool(drawn.positive)
        window.stage.show_picture(drawn.image)
        bar = drawn.bar if is_positive else None
        window.strip.show_legend(title_of(seen, found.asked, is_positive), *legend_ends(drawn.palette), bar)
        window.show_allowed(is_positive, True)

    def _on_sheet(self, sheet: Sheet) -> None:
        if self.window is not None:
            self.window.stage.show_sheet(sheet)
            self.window.strip.show_legend(sheet.said, sheet.low, sheet.high, sheet.bar)
            self.window.show_allowed(False, True)

    def _drawing(self) -> MapDrawing:
        choices, window = self._choices, self._open_window()
        mask = self._mask if choices.outline else None
        return MapDrawing(choices.shown, choices.palette, choices.opacity, window.strip.bar_size, mask)

    def _find_outline(self) -> None:
        opened = self._desk.now.opened
        if opened is None:
            return

        def done(mask: Mask) -> None:
            self._mask = mask
            if self.found is not None:
                self._draw()

        self._background.start(_OUTLINE, lambda _job: self.engine.outline(opened), done, topic=_OUTLINE)

    def ask_how_faithful(self) -> None:
        """Ask again and again while the places of the map are taken away, and given."""
        if (shown := self._shown()) is not None:
            self.after.ask_how_faithful(self._open_window(), self._host.look, shown)

    def ask_where_to_save(self) -> None:
        """The picture, at the full size of the photograph where it is a map."""
        if (shown := self._shown()) is not None:
            folder = self._host.last_folder()
            chosen = self.after.ask_where_to_save(self._open_window(), self._desk.now.name, folder, shown)
            if chosen is not None:
                self.save(chosen)

    def save(self, path: Path) -> None:
        """Write the picture in the background."""
        if (shown := self._shown()) is not None:
            self.after.save(path, shown, self._drawing(), self._on_saved)

    def _on_saved(self, name: str) -> None:
        if self.window is not None:
            self.window.show_done(tr("The picture was saved as {name}.").format(name=name))

    def _shown(self) -> ShownNow | None:
        found, opened, seen = self.found, self._desk.now.opened, self._seen
        return None if found is None or opened is None or seen is None else ShownNow(found, opened, seen)

    # Small things

    def _open_window(self) -> WhyWindow:
        assert self.window is not None, "only an open window reports anything"
        return self.window

    def _cool(self) -> None:
        self._cooling = ""
        self._background.start("why-facts", lambda _job: self.engine.cool(), lambda _done: None, log_only)


def _lane(asked: Asked) -> str:
    """What cannot be called off in the middle gets a lane of its own, so that nothing else waits for its end."""
    if asked.method in (Method.ACTIVATIONS, Method.NEURONS):
        return f"why-{asked.method.value}"
    return "why-gradients" if METHODS[asked.method].needs_training(asked.layer) else _ASK
