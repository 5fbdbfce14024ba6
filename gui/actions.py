"""What can be done in the window: each action has a visible name and a key, and is written down once."""

from __future__ import annotations

import sys
import tkinter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from tkinter import ttk

from core.texts import tr

_ON_MAC = sys.platform == "darwin"
_PRIMARY = "Command" if _ON_MAC else "Control"
_SIGNS = {
    "Left": "←",
    "Right": "→",
    "Up": "↑",
    "Down": "↓",
    "comma": ",",
    "plus": "+",
    "minus": "-",
    "equal": "=",
}


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Action:
    """`text()` is its name in the present language; `keys` such as "Primary-o" or "F5", the first one is shown.

    Primary is Ctrl, or Command on a Mac. `while_typing` says whether its keys work in a text field too; `is_allowed`
    whether it makes sense now; `is_on` is there for what can be on or off.
    """

    text: Callable[[], str]
    run: Callable[[], object]
    keys: tuple[str, ...] = ()
    while_typing: bool = False
    is_allowed: Callable[[], bool] = _always
    is_on: Callable[[], bool] | None = None

    def key_text(self) -> str:
        """Its key, as written on keyboards of the present language; empty without one."""
        return _shown(self.keys[0]) if self.keys else ""


def bind_keys(window: tkinter.Tk, actions: Iterable[Action]) -> None:
    """Make the keys of all actions work in the whole window."""
    for action in actions:
        for key in action.keys:
            for sequence in _sequences(key):
                window.bind(sequence, _pressed(action))


def is_typing(widget: object) -> bool:
    """Whether letters and arrows belong to this widget: a field for text."""
    return isinstance(widget, tkinter.Text | tkinter.Entry) and str(widget.cget("state")) != "readonly"


def _pressed(action: Action) -> Callable[[tkinter.Event[tkinter.Misc]], str | None]:
    def run(event: tkinter.Event[tkinter.Misc]) -> str | None:
        if not action.while_typing and _keeps(event.widget, event.keysym):
            return None
        if action.is_allowed():
            action.run()
        return "break"

    return run


def _keeps(widget: object, key: str) -> bool:
    """Fields keep all keys, lists to choose from and sliders keep their arrows."""
    if isinstance(widget, ttk.Scale) or (isinstance(widget, ttk.Combobox) and not is_typing(widget)):
        return key in ("Up", "Down", "Left", "Right")
    return is_typing(widget) or (isinstance(widget, ttk.Notebook) and key in ("Left", "Right"))


def _sequences(key: str) -> list[str]:
    parts = key.replace("Primary", _PRIMARY).split("-")
    last = parts[-1]
    letters = [last.lower(), last.upper()] if len(last) == 1 and last.isalpha() else [last]
    return [f"<{'-'.join([*parts[:-1], 'Key', letter])}>" for letter in letters]


def _shown(key: str) -> str:
    names = {
        "Primary": "⌘" if _ON_MAC else tr("Ctrl"),
        "Shift": "⇧" if _ON_MAC else tr("Shift"),
        "Return": tr("Enter"),
        "Escape": tr("Esc"),
        **_SIGNS,
    }
    parts = [names.get(part, part.upper() if len(part) == 1 else part) for part in key.split("-")]
    return ("" if _ON_MAC else "+").join(parts)
