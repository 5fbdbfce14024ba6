"""About: what this program is, the versions and licences of its parts, and those of the model in use."""

from __future__ import annotations

import platform
import tkinter
from importlib.metadata import PackageNotFoundError, metadata
from tkinter import ttk
from typing import TYPE_CHECKING

from core.about import NAME, VERSION
from core.texts import label_name, tr
from gui.dialog import Dialog
from gui.icons import icon
from gui.theme import BODY, Look

if TYPE_CHECKING:
    from core.bundles import BundleInfo

# Their licences are written here because only some of them say it in a form that a program can read.
_PARTS = (
    ("ai-edge-litert", "Apache-2.0"),
    ("numpy", "BSD-3-Clause"),
    ("pillow", "MIT-CMU"),
    ("opencv-python-headless", "Apache-2.0"),
    ("pi-heif", "BSD-3-Clause; libheif, libde265: LGPL-3.0"),
    ("pydantic", "MIT"),
    ("platformdirs", "MIT"),
    ("polib", "MIT"),
    ("tqdm", "MPL-2.0 AND MIT"),
    ("sv-ttk", "MIT"),
    ("tkinterdnd2", "MIT"),
    ("xlsxwriter", "BSD-2-Clause"),
)


def about_text(info: BundleInfo | None) -> str:
    """Versions and licences in plain text; reads the installed packages, so it is work for a worker."""
    lines = [f"{NAME} {VERSION}", tr("Licence: {licence}").format(licence="MIT"), ""]
    lines += [tr("Made with"), f"  Python {platform.python_version()}: PSF-2.0"]
    lines.append(f"  Tcl/Tk {tkinter.TkVersion}: TCL")
    lines += [f"  {name} {_version_of(name)}: {licence}" for name, licence in _PARTS]
    if info:
        lines += ["", tr("Model"), f"  {label_name(info.title)} {info.version} ({info.date})"]
        lines.append(f"  {label_name(info.summary)}")
        lines.append("  " + tr("Made from: {data}").format(data=info.data.name))
        lines += [f"  {licence.what}: {licence.licence}" for licence in info.licences]
    return "\n".join(lines)


def _version_of(name: str) -> str:
    try:
        return str(metadata(name)["Version"])
    except PackageNotFoundError:
        return tr("(not installed)")


class AboutDialog(Dialog):
    """The name, one honest sentence, and the text in full below."""

    def __init__(self, parent: tkinter.Tk, look: Look) -> None:
        super().__init__(parent, look, tr("About {name}").format(name=NAME))
        self._build()
        self.show()

    def show_text(self, text: str) -> None:
        """The versions and licences, when they have been read; it may be closed by then."""
        if not self.winfo_exists():
            return
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        self.text.insert("1.0", text)
        self.text.configure(state="disabled")

    def _build(self) -> None:
        px, colours = self.look.px, self.look.colours
        head = ttk.Frame(self.body)
        head.pack(fill="x", pady=(0, px(14)))
        self._icon = icon(self, px(64))
        ttk.Label(head, image=self._icon or "").pack(side="left", padx=(0, px(14)))
        ttk.Label(head, text=f"{NAME} {VERSION}", style="Title.TLabel").pack(anchor="w")
        said = tr("Says which breed a dog looks like, shows why, and knows when it does not know. Looks, not descent.")
        ttk.Label(head, text=said, wraplength=px(440), justify="left").pack(anchor="w", pady=(px(4), 0))
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
        scroll.pack(side="right", fill="y")
        self.text.pack(side="left", fill="both", expand=True)
        self.show_text(tr("Reading the versions…"))
