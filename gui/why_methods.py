"""The ways to explain an answer, as a list: a title and a plain sentence each, in groups, the simple ones first."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from tkinter import font, ttk

from core.explain_methods import METHODS, Method
from core.texts import tr
from gui.scroll_frame import ScrollFrame
from gui.theme import BODY, Look

WIDTH_PX = 328
_INDENT_PX = 28


@dataclass(frozen=True)
class _Group:
    title: Callable[[], str]
    methods: tuple[Method, ...]


_GROUPS = (
    _Group(lambda: tr("Simple"), (Method.GRADCAM, Method.MASK, Method.OCCLUSION, Method.AVERAGED)),
    _Group(
        lambda: tr("For the curious"),
        (Method.SHAP, Method.NEURONS, Method.ACTIVATIONS, Method.HIRESCAM, Method.LAYERCAM),
    ),
    _Group(lambda: tr("With the parts for training"), (Method.FUSED,)),
)
ORDER = tuple(method for group in _GROUPS for method in group.methods)


class MethodList(ScrollFrame):
    """One method is chosen; arrow keys go from one to the next. Those that cannot be used say why."""

    def __init__(self, parent: tkinter.Misc, look: Look, on_chosen: Callable[[Method], object]) -> None:
        super().__init__(parent, look)
        self._on_chosen = on_chosen
        self._chosen = tkinter.StringVar(self, ORDER[0].value)
        self._reason: Callable[[], str] | None = None
        self._titles: list[tuple[ttk.Label, _Group]] = []
        self.buttons: dict[Method, ttk.Radiobutton] = {}
        self._sentences: dict[Method, ttk.Label] = {}
        for group in _GROUPS:
            self._add_group(group)
        self.inside.bind("<Configure>", self._wrap, add=True)
        self.show_texts()

    @property
    def chosen(self) -> Method:
        return Method(self._chosen.get())

    def show_texts(self) -> None:
        """All texts in the present language."""
        for label, group in self._titles:
            label.configure(text=group.title())
        for method, button in self.buttons.items():
            entry = METHODS[method]
            button.configure(text=self._wrapped(entry.title()))
            is_missing = self._reason is not None and entry.needs_training()
            button.state(["disabled" if is_missing else "!disabled"])
            self._sentences[method].configure(text=self._reason() if is_missing and self._reason else entry.says())

    def show_missing(self, reason: Callable[[], str] | None) -> None:
        """Why what needs the parts for training cannot be used; None where it can."""
        self._reason = reason
        self.show_texts()

    def focus_chosen(self) -> None:
        """The keyboard to the chosen one."""
        self.buttons[self.chosen].focus_set()

    def let_go(self) -> None:
        """Before it is destroyed: Tk's variables must not be freed in another thread later."""
        vars(self).pop("_chosen", None)

    def _add_group(self, group: _Group) -> None:
        px = self._look.px
        title = ttk.Label(self.inside, style="Strong.TLabel")
        title.pack(anchor="w", pady=(px(10) if self._titles else 0, px(2)))
        self._titles.append((title, group))
        for method in group.methods:
            button = ttk.Radiobutton(
                self.inside, variable=self._chosen, value=method.value, command=partial(self._on_chosen, method)
            )
            button.pack(anchor="w", fill="x")
            sentence = ttk.Label(self.inside, style="Small.TLabel", justify="left")
            sentence.pack(anchor="w", padx=(px(_INDENT_PX), 0), pady=(0, px(3)))
            sentence.bind("<Button-1>", lambda _event, button=button: button.invoke())  # type: ignore[misc]
            for key, step in (("<Down>", 1), ("<Up>", -1)):
                button.bind(key, lambda _event, method=method, step=step: self._move(method, step))  # type: ignore[misc]
            button.bind("<FocusIn>", lambda _event, method=method: self._see(method))  # type: ignore[misc]
            self.buttons[method], self._sentences[method] = button, sentence

    def _move(self, method: Method, step: int) -> str:
        place = ORDER.index(method) + step
        while 0 <= place < len(ORDER):
            button = self.buttons[ORDER[place]]
            if not button.instate(["disabled"]):
                button.focus_set()
                button.invoke()
                break
            place += step
        return "break"

    def _see(self, method: Method) -> None:
        button, sentence = self.buttons[method], self._sentences[method]
        high = sentence.winfo_y() + sentence.winfo_height() - button.winfo_y()
        self.bring_into_sight(button, 0, high)

    def _wrap(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        for title, _ in self._titles:
            title.configure(wraplength=self._room)
        for method, sentence in self._sentences.items():
            sentence.configure(wraplength=self._room)
            self.buttons[method].configure(text=self._wrapped(METHODS[method].title()))

    @property
    def _room(self) -> int:
        return max(self._look.px(120), self.inside.winfo_width() - self._look.px(_INDENT_PX + 4))

    def _wrapped(self, text: str) -> str:
        """In two lines where there is no room for one: buttons do not wrap by themselves."""
        measure, room = font.nametofont(BODY, self).measure, self._room - self._look.px(4)
        if measure(text) <= room or self.inside.winfo_width() <= 1:
            return text
        head, _, tail = text.rpartition(" ")
        while head and measure(head) > room:
            head, _, word = head.rpartition(" ")
            tail = f"{word} {tail}"
        return f"{head}\n{tail}" if head else text
