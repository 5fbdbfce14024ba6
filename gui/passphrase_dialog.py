"""Set, change or remove the passphrase of the Retrain tab; the one that counts so far is asked for first."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from tkinter import ttk

from core.texts import tr
from gui.background import Background
from gui.dialog import Dialog
from gui.theme import Look

_LEAST = 4


class PassphraseDialog(Dialog):
    """`on_kept` gets what is written down instead of the passphrase; empty where there shall be none any more."""

    def __init__(
        self,
        parent: tkinter.Tk | tkinter.Toplevel,
        look: Look,
        background: Background,
        kept: str,
        on_kept: Callable[[str], object],
    ) -> None:
        super().__init__(parent, look, tr("Passphrase of the Retrain tab"))
        self._background = background
        self._kept = kept
        self._on_kept = on_kept
        self.entries: dict[str, ttk.Entry] = {}
        self.body.columnconfigure(1, weight=1)
        px = look.px
        said = tr(
            "Whoever opens the Retrain tab is asked for it once each time the program starts. It is kept so that "
            "nobody can read it. Forgotten: the manual says which line of the settings file to delete."
        )
        text = ttk.Label(self.body, text=said, style="Faint.TLabel", wraplength=look.room(420), justify="left")
        text.grid(row=0, column=0, columnspan=2, sticky="w", pady=(0, px(10)))
        names = [("new", tr("New passphrase")), ("again", tr("The same again"))]
        if kept:
            names.insert(0, ("old", tr("The present one")))
        for row, (name, words) in enumerate(names, start=1):
            ttk.Label(self.body, text=words).grid(row=row, column=0, sticky="w", padx=(0, px(16)), pady=px(4))
            entry = ttk.Entry(self.body, show="•", width=30)
            entry.grid(row=row, column=1, sticky="ew", pady=px(4))
            for key in ("<Return>", "<KP_Enter>"):
                entry.bind(key, lambda _event: self.keep())
            self.entries[name] = entry
        self.wrong = ttk.Label(self.body, foreground=look.colours.bad, wraplength=look.room(420), justify="left")
        self.wrong.grid(row=5, column=0, columnspan=2, sticky="w", pady=(px(6), 0))
        self.close_button.configure(text=tr("Cancel"))
        self.keep_button = ttk.Button(self.foot, text=tr("Keep"), style="Accent.TButton", command=self.keep)
        self.keep_button.pack(side="right", padx=(0, px(8)))
        self.remove_button = ttk.Button(self.foot, text=tr("Remove the passphrase"), command=self.remove)
        if kept:
            self.remove_button.pack(side="left")
        self.show()
        next(iter(self.entries.values())).focus_set()

    def keep(self) -> None:
        """Check what was typed, then keep it."""
        new, again = self.entries["new"].get(), self.entries["again"].get()
        if len(new) < _LEAST:
            self.wrong.configure(text=tr("At least {count} letters, please.").format(count=_LEAST))
        elif new != again:
            self.wrong.configure(text=tr("The two are not the same."))
        else:
            self._finish(new)

    def remove(self) -> None:
        """None any more."""
        self._finish("")

    def _finish(self, new: str) -> None:
        """In a worker: both checking and making take a moment on purpose."""
        old, kept = self.entries["old"].get() if self._kept else "", self._kept

        def work() -> str | None:
            from core.passphrase import is_right, kept_form

            if kept and not is_right(old, kept):
                return None
            return kept_form(new) if new else ""

        self.keep_button.state(["disabled"])
        self._background.start("retrain", lambda _job: work(), self._on_made)

    def _on_made(self, kept: str | None) -> None:
        if not self.winfo_exists():
            return
        if kept is None:
            self.keep_button.state(["!disabled"])
            self.wrong.configure(text=tr("This is not the present passphrase."))
            self.entries["old"].focus_set()
            self.entries["old"].selection_range(0, "end")
            return
        self.close()
        self._on_kept(kept)
