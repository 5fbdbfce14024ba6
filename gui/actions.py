"""What can be done in the window: each action has a visible name and a key, and is written down once."""

from __future__ import annotations

import sys
import tkinter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
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
    "slash": "/",
}
# Buttons are pressed with these, lists to choose from opened.
_PRESSING = ("space", "Return", "KP_Enter")
_CONTROL, _ALT_ON_WINDOWS, _MOD1, _COMMAND = 0x4, 0x20000, 0x8, 0x8


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Action:
    """`text()` is its name in the present language; `keys` such as "Primary-o" or "F5", the first one is shown.

    Primary is Ctrl, or Command on a Mac. `while_typing` says whether its keys work in a text field too; `is_allowed`
    whether it makes sense now; `is_on` is there for what can be on or off. `tab` is the number of the only tab where it
    can be done: its keys may mean something else in another one.
    """

    text: Callable[[], str]
    run: Callable[[], object]
    keys: tuple[str, ...] = ()
    while_typing: bool = False
    is_allowed: Callable[[], bool] = _always
    is_on: Callable[[], bool] | None = None
    tab: int | None = None

    def key_text(self) -> str:
        """Its key, as written on keyboards of the present language; empty without one."""
        return _shown(self.keys[0]) if self.keys else ""


def within(tab: int, actions: Mapping[str, Action], shown: Callable[[], int]) -> dict[str, Action]:
    """The same actions, which can be done only while this tab is shown."""

    def bound(action: Action) -> Action:
        return replace(action, tab=tab, is_allowed=lambda: shown() == tab and action.is_allowed())

    return {name: bound(action) for name, action in actions.items()}


def bind_keys(
    window: tkinter.Tk, actions: Iterable[Action], shown: Callable[[], int], typed: Callable[[str], object]
) -> None:
    """Make the keys of all actions work in the whole window; `shown` is the number of the tab that is shown.

    `typed` is told of each letter that is typed outside of a field and is no key of an action in this tab.
    """
    meanings: dict[str, list[Action]] = {}
    for action in actions:
        for key in action.keys:
            for sequence in _sequences(key):
                meanings.setdefault(sequence, []).append(action)

    def letter(event: tkinter.Event[tkinter.Misc]) -> None:
        if _is_letter(event) and not _keeps(event.widget, event.keysym):
            typed(event.char)

    for sequence, meant in meanings.items():
        window.bind(sequence, _pressed(meant, shown, letter))
    window.bind("<Key>", letter)


def is_typing(widget: object) -> bool:
    """Whether letters and arrows belong to this widget: a field for text."""
    return isinstance(widget, tkinter.Text | tkinter.Entry) and str(widget.cget("state")) != "readonly"


def _is_letter(event: tkinter.Event[tkinter.Misc]) -> bool:
    alt = _ALT_ON_WINDOWS if sys.platform == "win32" else _COMMAND if _ON_MAC else _MOD1
    return bool(event.char) and event.char.isalpha() and not int(event.state) & (_CONTROL | alt)


def _pressed(
    meant: list[Action], shown: Callable[[], int], otherwise: Callable[[tkinter.Event[tkinter.Misc]], None]
) -> Callable[[tkinter.Event[tkinter.Misc]], str | None]:
    def run(event: tkinter.Event[tkinter.Misc]) -> str | None:
        action = next((one for one in meant if one.tab in (None, shown())), None)
        if action is None:
            otherwise(event)
            return None
        if not action.while_typing and _keeps(event.widget, event.keysym):
            return None
        if action.is_allowed():
            action.run()
        return "break"

    return run


def _keeps(widget: object, key: str) -> bool:
    """Fields keep all keys, lists to choose from and sliders keep their arrows, buttons what presses them."""
    if isinstance(widget, ttk.Button | ttk.Checkbutton | ttk.Radiobutton):
        return key in _PRESSING
    if isinstance(widget, ttk.Scale) or (isinstance(widget, ttk.Combobox) and not is_typing(widget)):
        return key in ("Up", "Down", "Left", "Right", *_PRESSING)
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
        "space": tr("Space"),
        "Delete": tr("Del"),
        **_SIGNS,
    }
    parts = [names.get(part, part.upper() if len(part) == 1 else part) for part in key.split("-")]
    return ("" if _ON_MAC else "+").join(parts)
