"""About: what this program is, the versions and licences of its parts, and those of the model in use."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from tkinter import ttk
from typing import TYPE_CHECKING

from core.about import NAME, VERSION
from core.licences import MODEL, parts
from core.texts import label_name, tr
from gui.dialog import Dialog
from gui.icons import icon
from gui.theme import BODY, Look

if TYPE_CHECKING:
    from core.bundles import BundleInfo


def about_text(info: BundleInfo | None) -> str:
    """Versions and licences in plain text; reads the installed packages, so it is work for a worker."""
    lines = [f"{NAME} {VERSION}", tr("Licence: {licence}").format(licence="MIT"), "", tr("Made with")]
    made_with = [
        part for part in parts(str(tkinter.TkVersion)) if part.name != NAME and not part.name.startswith(MODEL)
    ]
    lines += [f"  {part.name} {part.version}: {part.licence}" for part in made_with]
    if info:
        lines += ["", tr("Model"), f"  {label_name(info.title)} {info.version} ({info.date})"]
        lines.append(f"  {label_name(info.summary)}")
        lines.append("  " + tr("Made from: {data}").format(data=info.data.name))
        lines += [f"  {licence.what}: {licence.licence}" for licence in info.licences]
    return "\n".join(lines)


class AboutDialog(Dialog):
    """The name, one honest sentence, and the text in full below."""

    def __init__(self, parent: tkinter.Tk, look: Look, show_licences: Callable[[tkinter.Toplevel], object]) -> None:
        super().__init__(parent, look, tr("About {name}").format(name=NAME))
        self._build()
        self.licences_button = ttk.Button(self.foot, text=tr("Licences"), command=lambda: show_licences(self))
        self.licences_button.pack(side="left")
        self.show()

    def show_text(self, text: str) -> None:
        """The versions and licences, when they have been read; it may be closed by then."""
        if not self.winfo_exists():
            return
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        self.text.insert("1.0", text, "line")
        self.text.configure(state="disabled")

    def _build(self) -> None:
        px, colours = self.look.px, self.look.colours
        head = ttk.Frame(self.body)
        head.pack(fill="x", pady=(0, px(14)))
        self._icon = icon(self, px(64))
        ttk.Label(head, image=self._icon or "").pack(side="left", padx=(0, px(14)))
        ttk.Label(head, text=f"{NAME} {VERSION}", style="Title.TLabel").pack(anchor="w")
        said = tr("Says which breed a dog looks like, shows why, and knows when it does not know. Looks, not descent.")
        ttk.Label(head, text=said, wraplength=self.look.room(440), justify="left").pack(anchor="w", pady=(px(4), 0))
        frame = ttk.Frame(self.body)
        frame.pack(fill="both", expand=True)
        self.text = tkinter.Text(
            frame,
            width=66,
            height=14,
            wrap="word",
            font=BODY,
            background=colours.card,
            foreground=colours.text,
            borderwidth=0,
            highlightthickness=1,
            highlightbackground=colours.border,
            highlightcolor=colours.accent,
            padx=px(10),
            pady=px(8),
        )
        scroll = ttk.Scrollbar(frame, command=self.text.yview)
        self.text.configure(yscrollcommand=scroll.set)
        self.text.tag_configure("line", lmargin2=px(24))
        scroll.pack(side="right", fill="y")
        self.text.pack(side="left", fill="both", expand=True)
        self.show_text(tr("Reading the versions…"))
