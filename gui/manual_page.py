"""One page of the manual as text that scrolls: names, keys, links, tables and pictures in the present theme."""

from __future__ import annotations

import re
import tkinter
from collections.abc import Callable
from pathlib import Path
from tkinter import font, ttk
from typing import TYPE_CHECKING

from core.manual import Block, Code, Heading, Item, Kind, Page, Paragraph, Picture, Spans, Table, plain, plain_letters
from gui.theme import BIG, BODY, STRONG, TITLE, Look

if TYPE_CHECKING:
    from PIL import ImageTk
    from PIL.Image import Image

    # Is told the picture's number on the page, its path and size, and who gets it (None where it cannot be read).
    Shrink = Callable[[int, Path, tuple[int, int], Callable[[Image | None], None]], object]

_WIDEST_PX = 780
_SETTLED_MS = 150
_TAGS = {Kind.NAME: "name", Kind.SOFT: "soft", Kind.CODE: "mono", Kind.KEY: "key", Kind.LINK: "link"}
_HEADINGS = (BIG, TITLE, STRONG, STRONG)
_LEVELS, _MOST_KEPT = 3, 16


class ManualPage(ttk.Frame):
    """Shows a page; `follow` is told the target of a link that was clicked, or chosen with Tab and Enter."""

    def __init__(self, parent: tkinter.Misc, look: Look, follow: Callable[[str], object], shrink: Shrink) -> None:
        super().__init__(parent)
        self._look, self._follow, self._shrink = look, follow, shrink
        self._page: Page | None = None
        self._words = ""
        self._anchor = ""
        self._links: list[str] = []
        self._pictures: list[ImageTk.PhotoImage] = []
        self._shrunk: dict[tuple[Path, tuple[int, int]], Image] = {}
        self._drawn = 0
        self._width = 0
        self._settling = ""
        self.text = tkinter.Text(self, wrap="word", borderwidth=0, highlightthickness=1, cursor="arrow", font=BODY)
        bar = ttk.Scrollbar(self, command=self.text.yview)
        self.text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        self.text.pack(side="left", fill="both", expand=True)
        self._soft = font.Font(self, font=font.nametofont(BODY, self))
        self._mono = font.Font(self, font=font.nametofont("TkFixedFont", self))
        self._thin = font.Font(self, size=-1)
        self._bind_keys()
        self._dress()

    def show(self, page: Page, anchor: str = "", words: str = "") -> None:
        """This page from this heading on, with these words marked."""
        is_new = page is not self._page or words != self._words
        self._page, self._anchor, self._words = page, anchor, words
        if is_new:
            self._draw()
        self._go_to(anchor)

    def let_go(self) -> None:
        """Before it is destroyed: Tk's pictures and fonts must not be freed in another thread later."""
        if self._settling:
            self.after_cancel(self._settling)
        self._drawn += 1
        self._pictures.clear()
        del self._soft, self._mono, self._thin

    def choose_link(self, step: int) -> str:
        """The next link, or the one before, gets the keyboard."""
        if not self._links:
            return "continue"
        ranges = self.text.tag_nextrange("chosen", "1.0")
        now = next((n for n, name in enumerate(self._links) if ranges and name in self.text.tag_names(ranges[0])), None)
        place = (0 if step > 0 else len(self._links) - 1) if now is None else now + step
        self.text.tag_remove("chosen", "1.0", "end")
        if not 0 <= place < len(self._links):  # on to the next widget
            return "continue"
        first, last = self.text.tag_ranges(self._links[place])[:2]
        self.text.tag_add("chosen", first, last)
        self.text.see(first)
        return "break"

    def _bind_keys(self) -> None:
        text = self.text
        lines, pages = (
            (lambda step: text.yview_scroll(3 * step, "units")),
            (lambda step: text.yview_scroll(step, "pages")),
        )
        moves: dict[str, Callable[[], object]] = {
            **{"<Up>": lambda: lines(-1), "<Down>": lambda: lines(1), "<Prior>": lambda: pages(-1)},
            **{"<Next>": lambda: pages(1), "<space>": lambda: pages(1)},
            **{"<Home>": lambda: text.yview_moveto(0), "<End>": lambda: text.yview_moveto(1)},
            **{"<Return>": self._follow_chosen, "<KP_Enter>": self._follow_chosen},
        }
        for key, move in moves.items():
            text.bind(key, lambda _event, move=move: (move(), "break")[1])  # type: ignore[misc]
        for key, step in (("<Tab>", 1), ("<Shift-Tab>", -1)):
            text.bind(key, lambda _event, step=step: self._on_tab(step))  # type: ignore[misc]
        if text.tk.call("tk", "windowingsystem") == "x11":  # what Shift with Tab is called there
            text.bind("<ISO_Left_Tab>", lambda _event: self._on_tab(-1))
        # Only text that can be changed takes the keyboard by itself, and without it nothing can be copied.
        text.bind("<ButtonPress-1>", lambda _event: text.focus_set(), add=True)
        text.bind("<Configure>", lambda _event: self._soon())
        self.bind("<<ThemeChanged>>", lambda _event: self._dress_anew())

    def _on_tab(self, step: int) -> str:
        if self.choose_link(step) == "continue":
            neighbour = self.text.tk_focusNext() if step > 0 else self.text.tk_focusPrev()
            if neighbour is not None:
                neighbour.focus_set()
        return "break"

    def _follow_chosen(self) -> None:
        ranges = self.text.tag_nextrange("chosen", "1.0")
        target = next((name for name in self.text.tag_names(ranges[0]) if name in self._links), "") if ranges else ""
        if target:
            self._follow(target.partition(" ")[2])

    def _soon(self) -> None:
        """The page is drawn for a width; a window that is being pulled comes to rest first."""
        if self._settling:
            self.after_cancel(self._settling)
        self._settling = self.after(_SETTLED_MS, self._settled)

    def _settled(self) -> None:
        self._settling = ""
        if self._page is not None and self.text.winfo_width() != self._width:
            place = self.text.index("@0,0")
            self._draw()
            self.text.yview(place)

    def _dress_anew(self) -> None:
        """Another theme or text size: tables and pictures have other widths then."""
        self._dress()
        self._width = 0
        self._soon()

    def _dress(self) -> None:
        """Colours and fonts of the theme."""
        colours, px, text = self._look.colours, self._look.px, self.text
        text.configure(background=colours.card, foreground=colours.text, highlightbackground=colours.card)
        text.configure(highlightcolor=colours.accent, selectbackground=colours.chosen, selectforeground=colours.text)
        usual = font.nametofont(BODY, self).actual()
        self._soft.configure(family=usual["family"], size=usual["size"], slant="italic")
        self._mono.configure(family=font.nametofont("TkFixedFont", self).actual("family"), size=usual["size"])
        for level, name in enumerate(_HEADINGS, start=1):
            text.tag_configure(f"h{level}", font=name, spacing1=px((0, 4, 16, 12, 8)[level]))
        text.tag_configure("paragraph", spacing2=px(2))
        for level in range(_LEVELS):
            left = px(22 * level)
            text.tag_configure(
                f"item{level}", lmargin1=left, lmargin2=left + px(22), tabs=(left + px(22),), spacing2=px(2)
            )
        # Lines of their own: the background of a key would fill the space around its line.
        text.tag_configure("gap", font=self._thin, spacing1=px(8))
        text.tag_configure("little gap", font=self._thin, spacing1=px(3))
        text.tag_configure("code", font=self._mono, background=colours.stage, lmargin1=px(12), lmargin2=px(12))
        text.tag_configure("name", font=STRONG)
        text.tag_configure("soft", font=self._soft)
        text.tag_configure("mono", font=self._mono)
        text.tag_configure("key", font=STRONG, background=colours.chosen)
        text.tag_configure("link", foreground=colours.accent, underline=True)
        text.tag_configure("head", font=STRONG)
        text.tag_configure("chosen", background=colours.accent, foreground=colours.card)
        text.tag_configure("found", background=colours.doubt, foreground=colours.card)
        text.tag_raise("sel")

    def _draw(self) -> None:
        text, page = self.text, self._page
        if page is None:
            return
        self._width = text.winfo_width()
        room = max(self._look.px(200), min(self._look.px(_WIDEST_PX), self._width - self._look.px(60)))
        text.configure(padx=max(self._look.px(24), (self._width - room) // 2), pady=self._look.px(14))
        text.configure(state="normal")
        for name in text.tag_names():
            if name.startswith(("link", "table")) and name != "link":
                text.tag_delete(name)
        text.delete("1.0", "end")
        self._links.clear()
        self._drawn += 1
        self._pictures.clear()
        for block, after in zip(page.blocks, (*page.blocks[1:], None), strict=True):
            self._add(block, room)
            in_list = isinstance(block, Item) and isinstance(after, Item)
            text.insert("end", "\n", "little gap" if in_list or isinstance(block, Heading) else "gap")
        text.configure(state="disabled")
        self._mark_words()

    def _add(self, block: Block, room: int) -> None:
        text = self.text
        if isinstance(block, Heading):
            text.mark_set(f"#{block.anchor}", "end-1c")
            text.mark_gravity(f"#{block.anchor}", "left")
            self._write(block.spans, f"h{block.level}")
        elif isinstance(block, Item):
            level = min(block.level, _LEVELS - 1)
            text.insert("end", f"{block.number}." if block.number else "•", f"item{level}")
            text.insert("end", "\t", f"item{level}")
            self._write(block.spans, f"item{level}")
        elif isinstance(block, Paragraph):
            self._write(block.spans, "paragraph")
        elif isinstance(block, Code):
            text.insert("end", block.text + "\n", "code")
        elif isinstance(block, Table):
            self._add_table(block, room)
        else:
            self._add_picture(block, room)

    def _write(self, spans: Spans, *tags: str, end: str = "\n") -> None:
        for span in spans:
            kind = (_TAGS[span.kind],) if span.kind in _TAGS else ()
            shown = f"\u00a0{span.text}\u00a0" if span.kind is Kind.KEY else span.text
            link = (self._link(span.target),) if span.kind is Kind.LINK else ()
            self.text.insert("end", shown, (*tags, *kind, *link))
        self.text.insert("end", end, tags)

    def _link(self, target: str) -> str:
        name = f"link{len(self._links)} {target}"
        self._links.append(name)
        self.text.tag_bind(name, "<ButtonRelease-1>", lambda _event: self._follow(target))
        self.text.tag_bind(name, "<Enter>", lambda _event: self.text.configure(cursor="hand2"))
        self.text.tag_bind(name, "<Leave>", lambda _event: self.text.configure(cursor="arrow"))
        return name

    def _add_table(self, table: Table, room: int) -> None:
        """Columns at stops as wide as their widest cell; the last one goes over several lines where it must."""
        measure, px = font.nametofont(STRONG, self).measure, self._look.px
        widths = [
            max(measure(plain(row[column])) for row in table.rows) + px(26) for column in range(len(table.rows[0]))
        ]
        last = min(widths[-1], room * 0.4)  # it may go over several lines
        shrunk = min(1.0, (room - last) / max(1, sum(widths[:-1])))
        stops = [sum(round(width * shrunk) for width in widths[: n + 1]) for n in range(len(widths) - 1)]
        tag = f"table{self.text.index('end-1c')}"
        self.text.tag_configure(tag, tabs=tuple(stops) or (px(22),), lmargin2=stops[-1] if stops else 0)
        self.text.tag_configure(tag, spacing2=px(2), spacing3=px(5))
        for number, row in enumerate(table.rows):
            tags = (tag, "head") if number == 0 else (tag,)
            for cell in row[:-1]:
                self._write(cell, *tags, end="\t")
            self._write(row[-1], *tags)

    def _add_picture(self, picture: Picture, room: int) -> None:
        """Room for it at once; it comes when it is shrunk, which takes a while."""
        from PIL import ImageTk  # not needed before there is a picture

        size = self._size_of(picture.path, room)
        if size is None:
            self.text.insert("end", f"[{picture.alt}]\n", ("paragraph", "soft"))
            return
        shown = ImageTk.PhotoImage("RGB", size, master=self)
        self._pictures.append(shown)
        place = str(self.text.image_create("end", image=str(shown), pady=self._look.px(6)))
        self.text.insert("end", "\n")
        drawn, key = self._drawn, (picture.path, size)

        def show(shrunk: Image | None) -> None:
            if drawn != self._drawn:  # the page is another one by now
                return
            if shrunk is None:
                self._write_instead(place, picture.alt)
                return
            self._keep(key, shrunk)
            shown.paste(shrunk)

        if key in self._shrunk:
            show(self._shrunk[key])
        else:
            self._shrink(len(self._pictures), picture.path, size, show)

    def _size_of(self, path: Path, room: int) -> tuple[int, int] | None:
        """Of the picture as it is to be shown; None where there is none."""
        from PIL import Image

        try:
            with Image.open(path) as stored:  # its header only
                wide, high = stored.size
        except OSError:
            return None
        width = min(room, max(wide, round(wide * self._look.px(1000) / 1000)))
        return width, max(1, round(high * width / wide))

    def _keep(self, key: tuple[Path, tuple[int, int]], shrunk: Image) -> None:
        """For when the page is drawn again, with words marked in it."""
        self._shrunk[key] = shrunk
        while len(self._shrunk) > _MOST_KEPT:
            del self._shrunk[next(iter(self._shrunk))]

    def _write_instead(self, place: str, alt: str) -> None:
        self.text.configure(state="normal")
        self.text.insert(place, f"[{alt}]", ("paragraph", "soft"))
        self.text.delete(place)
        self.text.configure(state="disabled")

    def _mark_words(self) -> None:
        words = plain_letters(self._words).split()
        for line in range(1, int(self.text.index("end").split(".")[0]) if words else 0):
            written = plain_letters(self.text.get(f"{line}.0", f"{line}.end"))
            for word in words:
                for found in re.finditer(re.escape(word), written):
                    self.text.tag_add("found", f"{line}.{found.start()}", f"{line}.{found.end()}")

    def _go_to(self, anchor: str) -> None:
        if f"#{anchor}" in self.text.mark_names():
            self.text.yview(f"#{anchor}")
        else:
            self.text.yview_moveto(0)
