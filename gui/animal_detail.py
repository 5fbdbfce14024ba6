"""The animal under the cursor of the check list: its picture, the words for its look, all that is to be known of it."""

from __future__ import annotations

import io
import tkinter
from collections.abc import Callable
from tkinter import ttk
from typing import TYPE_CHECKING, Any

from core.export_jobs import thumbnail_of
from core.reviews import Review
from core.shelter_claims import description_of
from core.texts import tr
from gui.animal_rows import OF_NAMES, AnimalRow
from gui.background import Background
from gui.shown_names import printable
from gui.theme import BODY, Look

if TYPE_CHECKING:
    from PIL import Image

_SIDE_PX = 112
_TOPIC = "export-thumbnail"


class AnimalDetail(ttk.Frame):
    """`on_name` is called with a label of the model whose name in the shelter's software is to be changed."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        background: Background,
        review: Review,
        on_name: Callable[[str], object],
    ) -> None:
        super().__init__(parent)
        self._look, self._background, self._review = look, background, review
        self._on_name = on_name
        self._label = ""
        self._row: AnimalRow | None = None
        self._said = ""
        self._photo: Any = None
        self._picture = tkinter.Canvas(self, highlightthickness=0, borderwidth=0)
        self.text = tkinter.Text(self, height=6, width=20, wrap="word", font=BODY, borderwidth=0, takefocus=False)
        self._bar = ttk.Scrollbar(self, command=self.text.yview)
        self.button = ttk.Button(self, text=tr("Name this breed…"), command=lambda: self._on_name(self._label))
        self._build()

    def destroy(self) -> None:
        self._background.drop(_TOPIC)
        self._photo = None
        super().destroy()

    def show(self, row: AnimalRow | None, language: str) -> None:
        """This animal; None: no one. `language` is that of the shelter's database."""
        animal = row.animal if row else None
        if animal is not (self._row.animal if self._row else None):
            self._ask_for_picture(row)
        self._row = row
        self._write(row, language)
        self._label = self._label_of(row) if row else ""
        if self._label:
            self.button.grid()
        else:
            self.button.grid_remove()

    def _build(self) -> None:
        px, colours = self._look.px, self._look.colours
        side = px(_SIDE_PX)
        self.columnconfigure(1, weight=1)
        self._picture.configure(width=side, height=side, background=colours.stage)
        self._picture.grid(row=0, column=0, padx=(0, px(12)))
        self.text.configure(
            background=colours.back, foreground=colours.text, highlightthickness=0, state="disabled", cursor="arrow"
        )
        self.text.grid(row=0, column=1, sticky="nsew")
        self.text.configure(yscrollcommand=self._on_scroll)
        self.button.grid(row=0, column=3, sticky="ne", padx=(px(12), 0))
        self.button.grid_remove()
        self.text.tag_configure("title", font="SunValleyBodyStrongFont")
        self.text.tag_configure("bad", foreground=colours.bad, lmargin2=px(18))
        self.text.tag_configure("doubt", foreground=colours.doubt, lmargin2=px(18))
        self.text.tag_configure("faint", foreground=colours.faint)
        self.rowconfigure(0, minsize=side)
        self.grid_propagate(False)
        self.configure(height=side)

    def _on_scroll(self, first: float, last: float) -> None:
        self._bar.set(first, last)
        if float(first) <= 0 and float(last) >= 1:
            self._bar.grid_remove()
        else:
            self._bar.grid(row=0, column=2, sticky="ns")

    def _write(self, row: AnimalRow | None, language: str) -> None:
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        if row is not None:
            self._write_row(row, language)
        self.text.configure(state="disabled")

    def _write_row(self, row: AnimalRow, language: str) -> None:
        text, count = self.text, len(row.animal.photographs)
        photographs = tr("1 photograph") if count == 1 else tr("{count} photographs").format(count=count)
        text.insert("end", printable(row.animal.name), "title")
        text.insert("end", f"  {photographs}", "faint")
        if words := description_of(row.checked.claim, "fr" if language == "fr" else "en"):
            text.insert("end", f"  ·  {words}", "faint")
        for sentence in row.blocking:
            text.insert("end", f"\n✗ {tr('Left out:')} {sentence}", "bad")
        for sentence in row.notes:
            text.insert("end", f"\n! {sentence}", "doubt")

    def _label_of(self, row: AnimalRow) -> str:
        """The label of the model whose name there does not fit; a breed that somebody typed has none."""
        if not any(problem.kind in OF_NAMES for problem in row.checked.problems):
            return ""
        labels = {label.en: label.id for label in self._review.info.labels}
        return next((labels[look.en] for look in row.checked.claim.looks if look.en in labels), "")

    def _ask_for_picture(self, row: AnimalRow | None) -> None:
        self._picture.delete("all")
        self._photo = None
        self._background.drop(_TOPIC)
        if row is None:
            return
        review, side, tagged = self._review, self._look.px(_SIDE_PX), row.animal.photographs

        def work(_job: object) -> Image.Image | None:
            from PIL import Image

            jpeg = next((found for one in tagged[:5] if (found := thumbnail_of(review, one))), None)
            if jpeg is None:
                return None
            image = Image.open(io.BytesIO(jpeg)).convert("RGB")
            image.thumbnail((side, side))
            return image

        self._background.start("export-pictures", work, self._show_picture, lambda _error: None, topic=_TOPIC)

    def _show_picture(self, image: Image.Image | None) -> None:
        if image is None or not self.winfo_exists():
            return
        from PIL import ImageTk

        self._photo = ImageTk.PhotoImage(image, master=self)
        middle = self._look.px(_SIDE_PX) // 2
        self._picture.create_image(middle, middle, image=self._photo)
