"""Where an explanation is shown: one picture, a sheet of several that scrolls, or how far the work is."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from tkinter import ttk
from typing import TYPE_CHECKING

from core.texts import tr
from gui.shapes import sign
from gui.theme import BODY, SMALL, STRONG, TITLE, Look

if TYPE_CHECKING:
    from PIL import Image, ImageTk

    from gui.why_sheets import Sheet

_SETTLED_MS = 80
_LINE_STEP_PX = 48


class WhyStage(ttk.Frame):
    """`on_resized` is told when the room has changed, `on_stop` when the button Stop (or Begin again) is pressed."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        on_resized: Callable[[], object],
        on_stop: Callable[[], object],
        on_again: Callable[[], object],
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._on_resized = on_resized
        self._settling = ""
        self._room = (0, 0)
        self._images: list[ImageTk.PhotoImage] = []
        self._draw: Callable[[], None] = self._draw_nothing
        self.canvas = tkinter.Canvas(self, highlightthickness=2, borderwidth=0, width=1, height=1, takefocus=False)
        self._bar = ttk.Scrollbar(self, command=self.canvas.yview)
        self.canvas.configure(yscrollcommand=self._bar.set)
        self.canvas.pack(fill="both", expand=True)
        self._busy = ttk.Frame(self.canvas, padding=look.px(16))
        self.doing = ttk.Label(self._busy, justify="center", anchor="center")
        self.bar = ttk.Progressbar(self._busy, length=look.px(280), maximum=1.0)
        self.count = ttk.Label(self._busy, style="Small.TLabel", anchor="center")
        self.stop_button = ttk.Button(self._busy, command=on_stop)
        for part, gap in ((self.doing, 0), (self.bar, 10), (self.count, 4), (self.stop_button, 10)):
            part.pack(pady=(look.px(gap), 0))
        self.again_button = ttk.Button(self.canvas, command=on_again)
        self.canvas.bind("<Configure>", self._on_configure)
        self.canvas.bind("<<ThemeChanged>>", lambda _event: self.redraw())
        self.canvas.bind("<Button-1>", lambda _event: self.canvas.focus_set())
        self._bind_scrolling()
        self.show_texts()

    @property
    def room(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return max(1, self.canvas.winfo_width()), max(1, self.canvas.winfo_height())

    @property
    def sheet_width(self) -> int:
        """The width that a sheet may fill, beside the bar."""
        return max(1, self.room[0] - self._bar.winfo_reqwidth())

    def show_texts(self) -> None:
        """The fixed texts in the present language."""
        self.stop_button.configure(text=tr("Stop"))
        self.again_button.configure(text=tr("Begin again"))

    def show_picture(self, image: Image.Image) -> None:
        """One picture in the middle."""
        from PIL import ImageTk

        shown = ImageTk.PhotoImage(image, master=self.canvas)
        self._images = [shown]
        self._show(lambda: self._draw_picture(shown))

    def show_sheet(self, sheet: Sheet) -> None:
        """Rows of pictures with their words, from the top."""
        from PIL import ImageTk

        is_same = bool(self._images) and self._draw.__name__ == "draw_sheet"
        rows = [[ImageTk.PhotoImage(tile.image, master=self.canvas) for tile in row.tiles] for row in sheet.rows]
        self._images = [image for row in rows for image in row]

        def draw_sheet() -> None:
            self._draw_sheet(sheet, rows)

        top = self.canvas.yview()[0] if is_same else 0.0
        self._show(draw_sheet)
        self.canvas.yview_moveto(top)

    def show_busy(self, doing: str) -> None:
        """Something is under way."""
        self._images = []
        self.doing.configure(text=doing)
        self.show_progress(0, 0)
        self._show(self._draw_busy)

    def show_progress(self, done: int, total: int) -> None:
        """How far it is; without a total there is no telling."""
        if total:
            self.bar.stop()
            self.bar.configure(mode="determinate", value=done / total)
            self.count.configure(text=tr("{done} of {total} answers").format(done=done, total=total))
        elif str(self.bar.cget("mode")) != "indeterminate":
            self.bar.configure(mode="indeterminate", value=0)
            self.bar.start(40)
            self.count.configure(text="")

    def show_problem(self, text: str) -> None:
        """Why there is nothing to be seen."""
        self._images = []
        self._show(lambda: self._draw_words(text, is_problem=True))

    def show_words(self, text: str, can_begin: bool = False) -> None:
        """What is to be said instead of a picture."""
        self._images = []
        self._show(lambda: self._draw_words(text, can_begin=can_begin))

    def redraw(self) -> None:
        """The same in the present theme and size."""
        self.canvas.delete("all")
        self.canvas.configure(background=self._look.colours.stage)
        self.again_button.place_forget()
        if self._draw != self._draw_busy:
            self._busy.place_forget()
            self.bar.stop()
        self._draw()
        self._fit_bar()

    @property
    def texts(self) -> list[str]:
        """What is written on it."""
        canvas = self.canvas
        return [canvas.itemcget(item, "text") for item in canvas.find_all() if str(canvas.type(item)) == "text"]

    def scroll(self, by_px: int) -> None:
        """Up or down, where not everything is in sight."""
        if self._bar.winfo_manager():
            self.canvas.yview_scroll(round(by_px / 24), "units")

    def _show(self, draw: Callable[[], None]) -> None:
        self._draw = draw
        self.redraw()
        self.canvas.yview_moveto(0)

    def _draw_nothing(self) -> None:
        self.canvas.configure(scrollregion=(0, 0, 1, 1))

    def _draw_picture(self, image: ImageTk.PhotoImage) -> None:
        width, height = self.canvas.winfo_width(), self.canvas.winfo_height()
        self.canvas.create_image(width // 2, height // 2, image=image)
        self.canvas.configure(scrollregion=(0, 0, width, height))

    def _draw_sheet(self, sheet: Sheet, rows: list[list[ImageTk.PhotoImage]]) -> None:
        canvas, colours, gap = self.canvas, self._look.colours, self._look.px(sheet.gap_px)
        width, y = self.sheet_width, gap
        for row, images in zip(sheet.rows, rows, strict=True):
            if row.title:
                item = canvas.create_text(
                    gap, y, text=row.title, anchor="nw", font=STRONG, fill=colours.text, width=width - 2 * gap
                )
                y = canvas.bbox(item)[3] + gap // 2
            below = y
            wide = max((image.width() for image in images), default=0)
            for place, (tile, image) in enumerate(zip(row.tiles, images, strict=True)):
                left = gap + place * (wide + gap)
                canvas.create_image(left, y, image=image, anchor="nw")
                bottom = y + image.height()
                if tile.words:
                    item = canvas.create_text(
                        left, bottom + 3, text=tile.words, anchor="nw", font=BODY, fill=colours.text, width=wide
                    )
                    bottom = canvas.bbox(item)[3]
                below = max(below, bottom)
            y = below + gap
        if sheet.note:
            item = canvas.create_text(
                gap, y, text=sheet.note, anchor="nw", font=SMALL, fill=colours.faint, width=width - 2 * gap
            )
            y = canvas.bbox(item)[3] + gap
        canvas.configure(scrollregion=(0, 0, width, max(y, canvas.winfo_height())))

    def _draw_busy(self) -> None:
        self._busy.place(relx=0.5, rely=0.45, anchor="center")
        self.canvas.configure(scrollregion=(0, 0, 1, 1))

    def _draw_words(self, text: str, is_problem: bool = False, can_begin: bool = False) -> None:
        canvas, colours, px = self.canvas, self._look.colours, self._look.px
        x, y = canvas.winfo_width() / 2, canvas.winfo_height() / 2
        if is_problem:
            sign(canvas, "problem", x, y - px(70), px(40), colours.doubt, colours.stage)
        font, colour = (BODY, colours.text) if is_problem else (TITLE, colours.faint)
        room = min(canvas.winfo_width() * 0.8, px(560))
        canvas.create_text(
            *(x, y - px(30)), text=text, font=font, fill=colour, width=max(40, int(room)), justify="center", anchor="n"
        )
        if can_begin:
            self.again_button.place(x=x, y=y + px(30), anchor="center")
        canvas.configure(scrollregion=(0, 0, 1, 1))

    def _fit_bar(self) -> None:
        _, _, _, needed = (int(float(one)) for one in str(self.canvas.cget("scrollregion")).split())
        is_needed = needed > self.canvas.winfo_height() > 1
        colours = self._look.colours
        # The keyboard scrolls it too, and is seen there.
        self.canvas.configure(
            takefocus=is_needed, highlightcolor=colours.accent if is_needed else colours.stage,
            highlightbackground=colours.stage,
        )  # fmt: skip
        if is_needed:
            self._bar.place(relx=1.0, anchor="ne", relheight=1.0)
        else:
            self._bar.place_forget()

    def _on_configure(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self.redraw()
        if self._settling:
            self.after_cancel(self._settling)
        self._settling = self.after(_SETTLED_MS, self._settled)

    def _settled(self) -> None:
        self._settling = ""
        if self.room != self._room:
            self._room = self.room
            self._on_resized()

    def _bind_scrolling(self) -> None:
        steps = {"<Up>": -1, "<Down>": 1, "<Button-4>": -1, "<Button-5>": 1}
        for event, step in steps.items():
            self.canvas.bind(event, lambda _event, step=step: self.scroll(step * _LINE_STEP_PX))  # type: ignore[misc]
        self.canvas.bind(
            "<MouseWheel>", lambda event: self.scroll(-_LINE_STEP_PX if event.delta > 0 else _LINE_STEP_PX)
        )
        self.canvas.configure(yscrollincrement=24)
