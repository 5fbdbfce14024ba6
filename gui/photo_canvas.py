"""The stage: the picture, or what to do to get one, or why there is none."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from enum import Enum
from tkinter import ttk
from typing import TYPE_CHECKING, Literal

from core.texts import tr
from gui.actions import Action
from gui.icons import icon
from gui.shapes import rounded_box, sign
from gui.theme import BODY, TITLE, Look

if TYPE_CHECKING:
    from PIL import Image, ImageTk

_Anchor = Literal["center", "n"]
_SETTLED_MS = 80
# Tk takes about 7 ms for a million pixels, and the window waits for it.
_STRIP_PIXELS = 1_500_000


class _Scene(Enum):
    EMPTY = "empty"
    BUSY = "busy"
    PICTURE = "picture"
    PROBLEM = "problem"


class PhotoCanvas(tkinter.Canvas):
    """Draws one scene at a time and reports when its room has changed."""

    def __init__(
        self, parent: tkinter.Misc, look: Look, open_photo: Action, paste: Action, on_resized: Callable[[], None]
    ) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, width=look.px(420), height=look.px(260))
        self._look = look
        self._open = open_photo
        self._paste = paste
        self._on_resized = on_resized
        self._scene = _Scene.EMPTY
        self._text = ""
        self._coming: Image.Image | None = None
        self._strips: list[tuple[int, ImageTk.PhotoImage]] = []
        self._expects_drop = False
        self._settling = ""
        self._icon = icon(self, look.px(128))
        self._button = ttk.Button(self, style="Accent.TButton", command=open_photo.run)
        self.bind("<Configure>", self._on_configure)
        self.bind("<<ThemeChanged>>", lambda _event: self.redraw())
        self.bind("<Button-1>", lambda _event: self.focus_set())

    @property
    def room(self) -> tuple[int, int]:
        """Width and height in pixels that a picture may fill."""
        return max(1, self.winfo_width()), max(1, self.winfo_height())

    def show_empty(self) -> None:
        """The friendly invitation to bring a photograph."""
        self._show(_Scene.EMPTY)

    def show_busy(self, text: str) -> None:
        """What is going on, where a picture will be soon."""
        self._show(_Scene.BUSY, text)

    def show_problem(self, text: str) -> None:
        """Why there is no picture."""
        self._show(_Scene.PROBLEM, text)

    def show_picture(self, image: Image.Image) -> None:
        """The picture, drawn by a worker to fit `room`; a very large one is handed to Tk in strips."""
        self._coming = image
        self._hand_over(image, [])

    def _hand_over(self, image: Image.Image, strips: list[tuple[int, ImageTk.PhotoImage]]) -> None:
        from PIL import ImageTk  # not needed for the first drawing of the window

        if image is not self._coming:
            return
        top = sum(strip.height() for _, strip in strips)
        bottom = min(image.height, top + max(1, _STRIP_PIXELS // image.width))
        part = image if bottom - top == image.height else image.crop((0, top, image.width, bottom))
        strips.append((top, ImageTk.PhotoImage(part, master=self)))
        if bottom < image.height:
            self.after(1, self._hand_over, image, strips)
        else:
            self._show(_Scene.PICTURE, "", strips)

    def expect_drop(self, expected: bool) -> None:
        """Something is held over the window: say that it may be let go."""
        self._expects_drop = expected
        self.redraw()

    def redraw(self) -> None:
        """Draw the scene anew, in the present language and theme."""
        self.delete("all")
        self._button.place_forget()
        self._button.configure(text=self._open.text())
        self.configure(background=self._look.colours.stage)
        draw = {
            _Scene.EMPTY: self._draw_empty,
            _Scene.BUSY: self._draw_busy,
            _Scene.PICTURE: self._draw_picture,
            _Scene.PROBLEM: self._draw_problem,
        }
        draw[self._scene]()
        if self._expects_drop:
            self._draw_drop_hint()

    def _show(self, scene: _Scene, text: str = "", strips: Sequence[tuple[int, ImageTk.PhotoImage]] = ()) -> None:
        self._scene, self._text, self._strips = scene, text, list(strips)
        if scene is not _Scene.PICTURE:
            self._coming = None
        self.redraw()

    def _on_configure(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self.redraw()
        if self._settling:
            self.after_cancel(self._settling)
        self._settling = self.after(_SETTLED_MS, self._settled)

    def _settled(self) -> None:
        self._settling = ""
        self._on_resized()

    def _draw_empty(self) -> None:
        colours, px = self._look.colours, self._look.px
        width, height = self.room
        x, y = width / 2, height / 2
        rim = px(20)
        box = (rim, rim, width - rim, height - rim)
        rounded_box(self, box, px(16), fill=colours.card, outline=colours.border, width=2, dash=(8, 6))
        room = width - 2 * rim - px(32)
        title, hint = tr("Drop a photograph of a dog here"), tr("or paste one with {keys}")
        first = self._write(x, 0, title, TITLE, colours.text, room, anchor="n")
        last = self._write(x, 0, hint.format(keys=self._paste.key_text()), BODY, colours.faint, room, anchor="n")
        heights = [self._height_of(first), self._button.winfo_reqheight(), self._height_of(last)]
        needed = sum(heights) + 2 * px(16)
        has_icon = bool(self._icon) and height > needed + px(150) + 2 * rim
        top = y - needed / 2 + (px(56) if has_icon else 0)
        if has_icon:
            self.create_image(x, top - px(78), image=self._icon)
        self.move(first, 0, top)
        self._button.place(x=x, y=top + heights[0] + px(16), anchor="n")
        self.move(last, 0, top + heights[0] + heights[1] + 2 * px(16))

    def _height_of(self, item: int) -> int:
        box = self.bbox(item)
        return box[3] - box[1] if box else 0

    def _draw_busy(self) -> None:
        width, height = self.room
        self._write(width / 2, height / 2, self._text, TITLE, self._look.colours.faint, width * 0.8)

    def _draw_picture(self) -> None:
        width, height = self.room
        top = (height - sum(strip.height() for _, strip in self._strips)) // 2
        for offset, strip in self._strips:
            self.create_image(width // 2, top + offset, image=strip, anchor="n")

    def _draw_problem(self) -> None:
        colours, px = self._look.colours, self._look.px
        width, height = self.room
        x, y = width / 2, height / 2
        sign(self, "problem", x, y - px(70), px(48), colours.bad, colours.stage)
        room = min(width * 0.8, px(560))
        self._write(x, y - px(20), tr("This photograph cannot be shown"), TITLE, colours.text, room)
        self._write(x, y + px(8), self._text, BODY, colours.text, room, anchor="n")

    def _draw_drop_hint(self) -> None:
        colours, px = self._look.colours, self._look.px
        width, height = self.room
        rim = px(6)
        box = (rim, rim, width - rim, height - rim)
        rounded_box(self, box, px(14), fill="", outline=colours.accent, width=px(4))
        item = self._write(width / 2, height - px(44), tr("Let go to open it"), TITLE, colours.text, width * 0.8)
        left, top, right, bottom = self.bbox(item)
        pad = px(12)
        plate = (left - pad, top - pad / 2, right + pad, bottom + pad / 2)
        self.tag_lower(rounded_box(self, plate, px(8), fill=colours.card, outline=colours.accent), item)

    def _write(
        self,
        x: float,
        y: float,
        text: str,
        font: str,
        colour: str,
        room: float,
        anchor: Literal["center", "n"] = "center",
    ) -> int:
        width = max(40, int(room))
        return self.create_text(x, y, text=text, font=font, fill=colour, width=width, justify="center", anchor=anchor)
