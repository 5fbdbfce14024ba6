"""The last page of an export: what was written, where, how much, and what was left out; all of it can be copied."""

from __future__ import annotations

import tkinter
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

from core.export_files import Written, shown
from core.export_jobs import Form
from core.texts import tr
from gui.export_choose import grouped
from gui.shapes import sign
from gui.theme import BODY, Look

# More lines than anybody reads make the text slow; the copied text has them all.
_MOST_LINES = 2000


class ResultPage(ttk.Frame):
    """`copied` is called with the text, `opened` when the folder is wanted."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        form: Form,
        written: Written,
        copied: Callable[[str], object],
        opened: Callable[[], object],
    ) -> None:
        super().__init__(parent)
        self._look = look
        self.report = report_of(form, written)
        px, colours = look.px, look.colours
        head = ttk.Frame(self)
        head.pack(fill="x")
        badge = tkinter.Canvas(
            head, width=px(36), height=px(36), highlightthickness=0, borderwidth=0, background=colours.back
        )
        badge.pack(side="left", padx=(0, px(12)))
        kind, colour = ("check", colours.good) if written.rows else ("problem", colours.doubt)
        sign(badge, kind, px(18), px(18), px(32), colour, colours.back)
        ttk.Label(head, text=headline(form, written), style="Title.TLabel").pack(side="left", anchor="w")
        self._path = ttk.Label(self, text=_place(written), justify="left")
        self._path.pack(anchor="w", pady=(px(8), px(8)))
        self._build_buttons(copied, opened)
        if not _place(written):
            self.open_button.state(["disabled"])
        self._build_text(written)
        self.bind("<Configure>", self._wrap)

    def _build_buttons(self, copied: Callable[[str], object], opened: Callable[[], object]) -> None:
        px = self._look.px
        line = ttk.Frame(self)
        line.pack(side="bottom", fill="x", pady=(px(10), 0))
        self.open_button = ttk.Button(line, text=tr("Open the folder"), command=opened)
        self.open_button.pack(side="left")
        self.copy_button = ttk.Button(line, text=tr("Copy this report"), command=lambda: copied(self.report))
        self.copy_button.pack(side="left", padx=(px(8), 0))

    def _build_text(self, written: Written) -> None:
        px, colours = self._look.px, self._look.colours
        frame = ttk.Frame(self)
        frame.pack(fill="both", expand=True)
        self.text = tkinter.Text(
            frame, height=4, width=20, wrap="word", font=BODY, background=colours.card, foreground=colours.text,
            borderwidth=0, highlightthickness=1, highlightbackground=colours.border, highlightcolor=colours.accent,
            padx=px(10), pady=px(8), selectbackground=colours.chosen, selectforeground=colours.text,
        )  # fmt: skip
        bar = ttk.Scrollbar(frame, command=self.text.yview)
        self.text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        self.text.pack(side="left", fill="both", expand=True)
        self.text.tag_configure("title", font="SunValleyBodyStrongFont", spacing1=px(4), spacing3=px(4))
        self.text.tag_configure("line", lmargin1=px(8), lmargin2=px(20), spacing3=px(2))
        self.text.tag_configure("what", foreground=colours.accent)
        self._fill(written)
        self.text.configure(state="disabled")

    def _fill(self, written: Written) -> None:
        text = self.text
        if written.notes:
            text.insert("end", tr("To know") + "\n", "title")
            for note in written.notes:
                text.insert("end", f"• {note}\n", "line")
        if not written.left_out:
            text.insert("end", tr("Nothing was left out.") + "\n", "title")
            return
        text.insert("end", left_out_title(written) + "\n", "title")
        for one in written.left_out[:_MOST_LINES]:
            text.insert("end", one.what, ("line", "what"))
            text.insert("end", f"  {one.why}\n", "line")
        if len(written.left_out) > _MOST_LINES:
            text.insert("end", tr("… and more: the copied report has them all.") + "\n", "line")

    def _wrap(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        self._path.configure(wraplength=max(self._look.px(200), self.winfo_width() - self._look.px(8)))


def headline(form: Form, written: Written) -> str:
    """How much was written, in one short sentence."""
    count = written.rows
    is_files = form in (Form.KEYWORDS, Form.COPIES)
    if not count:
        return tr("No photograph was written") if is_files else tr("No row was written")
    if is_files:
        said = tr("One photograph was written") if count == 1 else tr("{count} photographs were written")
    else:
        said = tr("One row was written") if count == 1 else tr("{count} rows were written")
    return said.format(count=grouped(count))


def _place(written: Written) -> str:
    """Where it is; empty where nothing was written anywhere."""
    return "" if written.path == Path() else shown(written.path)


def left_out_title(written: Written) -> str:
    """How much was left out."""
    return tr("Left out: {count}").format(count=grouped(len(written.left_out)))


def report_of(form: Form, written: Written) -> str:
    """The whole page as text, everything that was left out with it."""
    lines = [headline(form, written), _place(written), ""]
    if written.notes:
        lines += [tr("To know"), *(f"- {note}" for note in written.notes), ""]
    if written.left_out:
        lines += [left_out_title(written), *(f"- {one.what}: {one.why}" for one in written.left_out)]
    else:
        lines.append(tr("Nothing was left out."))
    return "\n".join(lines) + "\n"
