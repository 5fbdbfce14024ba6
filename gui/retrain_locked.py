"""The Retrain tab while its tools are not to be seen: what it is for, and how to unlock it."""

from __future__ import annotations

import tkinter
from tkinter import ttk

from core.texts import tr
from gui.icons import icon
from gui.retrain_page import Page

_WIDTH_PX = 620


class LockedPage(Page):
    """A few sentences, and a field for the passphrase where there is one."""

    def build(self) -> None:
        px = self.look.px
        settings = self.desk.window.settings
        self._icon = icon(self, px(64))
        middle = ttk.Frame(self)
        middle.place(relx=0.5, rely=0.45, anchor="center")
        ttk.Label(middle, image=self._icon or "").pack(pady=(0, px(14)))
        title = tr("Teach Shelterlens with your own photographs")
        ttk.Label(middle, text=title, style="Title.TLabel", justify="center").pack()
        self._text = ttk.Label(middle, text=_text(settings.retrain_enabled), justify="center")
        self._text.pack(pady=(px(10), px(16)))
        self.entry: ttk.Entry | None = None
        if settings.retrain_enabled:
            self._build_passphrase(middle)
        else:
            self.button = ttk.Button(middle, text=tr("Open the settings"), command=self.desk.window.open_settings)
            self.button.pack()
        self.bind("<Configure>", self._wrap)

    def _build_passphrase(self, middle: ttk.Frame) -> None:
        px = self.look.px
        row = ttk.Frame(middle)
        row.pack()
        self._typed = tkinter.StringVar(self)
        ttk.Label(row, text=tr("Passphrase")).pack(side="left", padx=(0, px(10)))
        self.entry = ttk.Entry(row, textvariable=self._typed, show="•", width=28)
        self.entry.pack(side="left")
        self.button = ttk.Button(row, text=tr("Unlock"), style="Accent.TButton", command=self._unlock)
        self.button.pack(side="left", padx=(px(8), 0))
        for key in ("<Return>", "<KP_Enter>"):
            self.entry.bind(key, lambda _event: self._unlock())
        self.wrong = ttk.Label(middle, justify="center")
        self.wrong.pack(pady=(px(8), 0))
        forgotten = tr("Forgotten? The manual says how to reset it.")
        ttk.Label(middle, text=forgotten, style="Small.TLabel").pack(pady=(px(4), 0))

    def _unlock(self) -> None:
        if self.entry is None or self.button.instate(["disabled"]):
            return
        self.button.state(["disabled"])
        self.wrong.configure(text="")
        self.desk.unlock(self._typed.get(), self._on_checked)

    def _on_checked(self, right: bool) -> None:
        if right or not self.winfo_exists() or self.entry is None:
            return
        self.button.state(["!disabled"])
        self.wrong.configure(text=tr("This is not the passphrase."), foreground=self.look.colours.bad)
        self.entry.focus_set()
        self.entry.selection_range(0, "end")

    def _wrap(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if event.widget is self:
            px = self.look.px
            self._text.configure(wraplength=min(px(_WIDTH_PX), max(px(200), self.winfo_width() - px(80))))


def _text(is_enabled: bool) -> str:
    said = tr(
        "Here an administrator makes a model of the shelter's own photographs: from folders with a name each, from a "
        "table, or from what volunteers have corrected. Shelterlens then says honestly whether the new model is "
        "better than the one in use, and it is one click to go back."
    )
    if is_enabled:
        return said + "\n\n" + tr("These tools are locked with a passphrase.")
    return said + "\n\n" + tr("These tools are switched off. Switch them on in the settings: “Administrator”.")
