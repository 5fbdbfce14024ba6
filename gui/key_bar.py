"""The keys of a tab in short words, as buttons at the foot of it; what does not fit is behind the last one."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import Literal

from core.texts import tr
from gui.actions import Action
from gui.theme import SMALL, Look
from gui.tooltip import Tooltip

_STYLE = "Key.TButton"


@dataclass(frozen=True)
class KeyHint:
    """One action with a word that is shorter than its name, and the key as it is to be shown (empty: its first)."""

    action: Action
    word: Callable[[], str]
    key: str = ""


class KeyBar(ttk.Frame):
    """One line of buttons, the most important first, and "…" where there are more."""

    def __init__(self, parent: tkinter.Misc, look: Look, hints: Sequence[KeyHint]) -> None:
        super().__init__(parent, height=look.px(30))
        self._look = look
        self._hints = hints
        self._waiting = ""
        self.buttons = [ttk.Button(self, style=_STYLE, command=self._runner(hint), takefocus=False) for hint in hints]
        for hint, button in zip(hints, self.buttons, strict=True):
            Tooltip(button, look, hint.action.text)
        self.more = ttk.Button(self, style=_STYLE, command=self._unfold, takefocus=False, text="…", width=3)
        Tooltip(self.more, look, lambda: tr("More keys"))
        self._menu: tkinter.Menu | None = None
        self.bind("<Configure>", lambda _event: self._flow())
        self.bind("<<ThemeChanged>>", lambda _event: self._dress())
        self.bind("<Destroy>", lambda _event: self._stop())
        self._dress()
        self.show_texts()

    def show_texts(self) -> None:
        """All words in the present language."""
        for hint, button in zip(self._hints, self.buttons, strict=True):
            button.configure(text=f"{hint.key or hint.action.key_text()}  {hint.word()}")
        if not self._waiting:
            self._waiting = self.after_idle(self._flow)

    def show_allowed(self) -> None:
        """Which of them can be used now."""
        for hint, button in zip(self._hints, self.buttons, strict=True):
            button.state(["!disabled" if hint.action.is_allowed() else "disabled"])

    def _runner(self, hint: KeyHint) -> Callable[[], object]:
        return lambda: hint.action.run() if hint.action.is_allowed() else None

    def _stop(self) -> None:
        if self._waiting:
            self.after_cancel(self._waiting)
            self._waiting = ""

    def _dress(self) -> None:
        px = self._look.px
        ttk.Style(self).configure(_STYLE, padding=(px(4), px(1)), font=SMALL)

    def _flow(self) -> None:
        self._waiting = ""
        x, gap, room = 0, self._look.px(4), self.winfo_width()
        tallest = max(button.winfo_reqheight() for button in self.buttons)
        self.configure(height=tallest)
        widths = [button.winfo_reqwidth() + gap for button in self.buttons]
        if not (fits := sum(widths) - gap <= room):
            room -= self.more.winfo_reqwidth() + gap
        for button, width in zip(self.buttons, widths, strict=True):
            if x + width - gap <= room:
                button.place(x=x, y=0, height=tallest)
                x += width
            else:
                button.place_forget()
                room = 0  # the order stays
        if fits:
            self.more.place_forget()
        else:
            self.more.place(x=x, y=0, height=tallest)

    def hidden(self) -> list[KeyHint]:
        """What has no button for want of room."""
        return [hint for hint, button in zip(self._hints, self.buttons, strict=True) if not button.winfo_manager()]

    def _unfold(self) -> None:
        """The others as a menu over the button."""
        menu = self.unfolded()
        menu.tk_popup(self.more.winfo_rootx(), max(0, self.more.winfo_rooty() - menu.winfo_reqheight()))

    def unfolded(self) -> tkinter.Menu:
        """A menu of what has no button."""
        if self._menu is not None:
            self._menu.destroy()
        self._menu = menu = tkinter.Menu(self, tearoff=False)
        for hint in self.hidden():
            key, allowed = f"  {hint.key or hint.action.key_text()}", hint.action.is_allowed()
            state: Literal["normal", "disabled"] = "normal" if allowed else "disabled"
            menu.add_command(label=hint.action.text(), accelerator=key, command=self._runner(hint), state=state)
        return menu
