"""The look: colours of the light and the dark theme, fonts in the system's size, distances that grow with them."""

from __future__ import annotations

import logging
import sys
import tkinter
from dataclasses import dataclass
from tkinter import font, ttk
from typing import Literal

from gui.widget_styles import strengthen

log = logging.getLogger(__name__)

# The names that sv-ttk gives its fonts; their sizes are set here, after the system's.
SMALL = "SunValleyCaptionFont"
BODY = "SunValleyBodyFont"
STRONG = "SunValleyBodyStrongFont"
LARGE = "SunValleyBodyLargeFont"
TITLE = "SunValleySubtitleFont"
BIG = "SunValleyTitleFont"
_SIZES = {SMALL: 0.9, BODY: 1.0, STRONG: 1.0, LARGE: 1.15, TITLE: 1.3, BIG: 1.8}
_BOLD = (STRONG, TITLE, BIG)
_USUAL_LINE_PX = 17


@dataclass(frozen=True)
class Colours:
    """Text on `back` and on `card` has a contrast of at least 4.5, `accent` and `second` too.

    `off` is text of what cannot be used now, `off_filled` on an accented button; `marked` is under marked text and the
    entry of a menu, `on_marked` and `on_accent` are written on these.
    """

    back: str
    card: str
    stage: str
    field: str
    border: str
    text: str
    faint: str
    accent: str
    second: str
    track: str
    chosen: str
    hover: str
    good: str
    doubt: str
    bad: str
    off: str
    off_filled: str
    marked: str
    on_marked: str
    on_accent: str


LIGHT = Colours(
    back="#fafafa",
    card="#ffffff",
    stage="#f0f1f2",
    field="#fdfdfd",
    border="#c9c9c9",
    text="#1c1c1c",
    faint="#5a5a5a",
    accent="#005fb8",
    second="#a34700",
    track="#e3e3e3",
    chosen="#e2eefa",
    hover="#f0f0f0",
    good="#1a7431",
    doubt="#8a5a00",
    bad="#b3261e",
    off="#858585",
    off_filled="#5a5a5a",
    marked="#2f60d8",
    on_marked="#ffffff",
    on_accent="#ffffff",
)
DARK = Colours(
    back="#1c1c1c",
    card="#242424",
    stage="#151515",
    field="#292929",
    border="#4a4a4a",
    text="#fafafa",
    faint="#b8b8b8",
    accent="#57c8ff",
    second="#ffb070",
    track="#3d3d3d",
    chosen="#17384d",
    hover="#2c2c2c",
    good="#5fd47f",
    doubt="#f0c04c",
    bad="#ff9c96",
    off="#868686",
    off_filled="#b8b8b8",
    marked="#2f60d8",
    on_marked="#ffffff",
    on_accent="#000000",
)


class Look:
    """The theme in use, for the widgets that draw themselves."""

    def __init__(self, root: tkinter.Tk, text_dpi: float | None = None, text_percent: int = 100) -> None:
        """`text_dpi` is what the desktop wants; `text_percent` of that what the user wants."""
        self._root = root
        self.colours = LIGHT
        self.text_percent = text_percent
        if text_dpi:
            root.tk.call("tk", "scaling", text_dpi / 72)
        for key in ("<Return>", "<KP_Enter>"):  # Tk itself knows only Space
            root.tk.call("bind", "TButton", key, "ttk::button::activate %W; break")
        self._usual_sizes = {name: _size(name, root) for name in font.names(root) if name.startswith("Tk")}

    def use(self, theme: Literal["light", "dark"]) -> None:
        """Switch every widget over; those that draw themselves hear <<ThemeChanged>>."""
        import sv_ttk

        self.colours = DARK if theme == "dark" else LIGHT
        sv_ttk.set_theme(theme, self._root)
        strengthen(self._root, self.colours, theme)
        self._fit_fonts()
        self._style()
        _match_title_bar(self._root, theme == "dark")

    @property
    def is_dark(self) -> bool:
        return self.colours is DARK

    def px(self, distance: float) -> int:
        """A distance drawn for usual text, in the text size of this system."""
        line: int = font.nametofont(BODY, self._root).metrics("linespace")
        return round(distance * max(1.0, line / _USUAL_LINE_PX))

    def room(self, distance: float) -> int:
        """The same for a text that wraps in a dialog: no wider than the screen."""
        return min(self.px(distance), self._root.winfo_screenwidth() - self.px(80))

    def _fit_fonts(self) -> None:
        for name, usual_size in self._usual_sizes.items():  # menus and Tk's own dialogs
            font.nametofont(name, self._root).configure(size=round(usual_size * self.text_percent / 100))
        usual = font.nametofont("TkDefaultFont", self._root)
        family, size = usual.actual("family"), self._usual_sizes["TkDefaultFont"] * self.text_percent / 100
        for name, factor in _SIZES.items():
            weight: Literal["bold", "normal"] = "bold" if name in _BOLD else "normal"
            font.nametofont(name, self._root).configure(family=family, size=round(size * factor), weight=weight)

    def _style(self) -> None:
        style, colours = ttk.Style(self._root), self.colours
        style.configure("Faint.TLabel", foreground=colours.faint)
        style.configure("Small.TLabel", foreground=colours.faint, font=SMALL)
        style.configure("Strong.TLabel", font=STRONG)
        style.configure("Title.TLabel", font=TITLE)
        style.configure("Headline.TLabel", font=BIG)
        style.configure("Treeview", rowheight=font.nametofont(BODY, self._root).metrics("linespace") + self.px(6))
        self._root.option_add("*TCombobox*Listbox.font", BODY)
        # Tk's own file dialog lists the files on white, whatever the theme is.
        self._root.option_add("*Canvas.foreground", LIGHT.text)
        self._root.configure(background=colours.back)


def _size(name: str, root: tkinter.Tk) -> int:
    """In points, or in pixels if below zero, as it was before anybody changed it."""
    named = font.nametofont(name, root)
    return int(named.cget("size")) or int(named.actual("size"))


def elided(widget: tkinter.Misc, text: str, font_name: str, room: float) -> str:
    """The text, or as much of its beginning as fits into `room` pixels, and dots."""
    measure = font.nametofont(font_name, widget).measure
    if measure(text) <= room:
        return text
    fitting = len(text)
    while fitting > 1 and measure(text[:fitting].rstrip() + "…") > room:
        fitting -= 1
    return text[:fitting].rstrip() + "…"


def _match_title_bar(root: tkinter.Tk, dark: bool) -> None:
    """Windows draws the title bar itself and must be told; other systems follow the desktop."""
    if sys.platform != "win32":
        return
    import ctypes

    use_dark_title_bar = 20  # DWMWA_USE_IMMERSIVE_DARK_MODE
    window = ctypes.windll.user32.GetParent(root.winfo_id())
    value = ctypes.c_int(dark)
    ctypes.windll.dwmapi.DwmSetWindowAttribute(window, use_dark_title_bar, ctypes.byref(value), ctypes.sizeof(value))


def sharp_on_windows() -> None:
    """Without this Windows shows a blurred enlargement on fine screens. Before the first window."""
    if sys.platform != "win32":
        return
    import ctypes

    try:
        ctypes.windll.shcore.SetProcessDpiAwareness(1)
    except (AttributeError, OSError):
        log.info("no say in the size of dots on this Windows")
