"""What happens in the manual: pages read, links followed, words searched for, the way back."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.texts import language
from gui.actions import Action, bind_keys
from gui.background import Background
from gui.theme import Look

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.jobs import Job
    from core.manual import Page
    from gui.manual_window import ManualWindow

FIRST = "index"
# What of the main window works here, too.
_KEYS = ("keys", "light_or_dark", "other_language")


class ManualDesk:
    """One for the program; its window opens when it is wanted."""

    def __init__(self, root: tkinter.Tk, look: Look, background: Background, actions: Mapping[str, Action]) -> None:
        self._root, self._look, self._background, self._actions = root, look, background, actions
        self.window: ManualWindow | None = None
        self._pages: tuple[Page, ...] = ()
        self._words = ""
        # Where the reader was, the present place last.
        self._way: list[tuple[str, str]] = []

    @property
    def place(self) -> tuple[str, str]:
        """The page that is shown, and the anchor of its part."""
        return self._way[-1] if self._way else ("", "")

    def open(self, page: str = FIRST, anchor: str = "") -> None:
        """Show this page, in the window that is open or in a new one."""
        from gui.manual_window import ManualWindow

        if self.window is None:
            self._pages, self._words, self._way = (), "", []
            self.window = ManualWindow(self._root, self._look, self)
            keys = [self._actions[key] for key in _KEYS]
            bind_keys(self.window, keys, lambda: 0, lambda _letter: None)  # type: ignore[arg-type]
        else:
            self.window.lift()
            self.window.focus_set()
        if self._pages:
            self.go(page, anchor)
        else:
            self._read(page, anchor)

    def show_texts(self) -> None:
        """The same page in the present language."""
        if self.window is not None:
            self.window.show_texts()
            self._way = self._way[-1:]
            self._read(self.place[0] or FIRST, "")

    def go(self, page: str, anchor: str) -> None:
        """Show a part of a page."""
        if (page, anchor) != self.place:
            self._way.append((page, anchor))
        self._show()

    def follow(self, target: str) -> None:
        """A link: to a part of this page, to another page, or to an address, which the browser opens."""
        if "://" in target:
            import webbrowser

            webbrowser.open(target)
            return
        file, _, anchor = target.partition("#")
        name = file.removesuffix(".md") or self.place[0]
        if any(page.name == name for page in self._pages):
            self.go(name, anchor)
        else:
            self._open_outside(file)

    def back(self) -> None:
        """Where the reader was before."""
        if len(self._way) > 1:
            self._way.pop()
            self._show()

    def search(self, words: str) -> None:
        """List where these words stand; without words, the contents again."""
        from core.manual import find

        if self.window is None or words == self._words:
            return
        self._words = words
        if words.strip():
            self.window.show_hits(self._pages, find(self._pages, words))
        else:
            self.window.show_contents(self._pages)
        self._show()

    def shrink(self, number: int, path: Path, size: tuple[int, int], done: Callable[[Image | None], None]) -> None:
        """A picture of a page in another size, worked out beside the window."""

        def work(_job: Job) -> Image | None:
            import PIL.Image

            try:
                with PIL.Image.open(path) as stored:
                    return stored.convert("RGB").resize(size, PIL.Image.Resampling.LANCZOS)
            except (OSError, SyntaxError, ValueError):  # what Pillow raises for damaged files
                return None

        self._background.start("manual", work, done, topic=f"manual picture {number}")

    def closed(self) -> None:
        """The window is gone."""
        self.window = None

    def _open_outside(self, file: str) -> None:
        """A file of the source that is no page of the manual: as the desktop opens it, where it is there."""
        page = next((one for one in self._pages if one.name == self.place[0]), None)
        path = (page.path.parent / file).resolve() if page else None
        if path is not None and path.exists():
            import webbrowser

            webbrowser.open(path.as_uri())
        elif self.window is not None:
            self.window.bell()

    def _read(self, page: str, anchor: str) -> None:
        from core.manual import read_manual

        spoken = language()

        def show(pages: tuple[Page, ...]) -> None:
            if self.window is None:
                return
            if not pages:  # the program was installed without them
                self.window.close()
                self._actions["keys"].run()
                return
            self._pages, self._words = pages, ""
            self.window.search_field.delete(0, "end")
            self.window.show_contents(pages)
            self._way = [place for place in self._way if place[0] != page]
            self.go(page, anchor)

        self._background.start("slow", lambda _job: read_manual(spoken), show, topic="manual")

    def _show(self) -> None:
        name, anchor = self.place
        page = next((one for one in self._pages if one.name == name), self._pages[0] if self._pages else None)
        if self.window is not None and page is not None:
            self.window.show_page(page, anchor, self._words, len(self._way) > 1)
