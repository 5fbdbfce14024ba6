"""The library as the window gets it: opened behind the drawn window, waited for with words where that takes time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UserError
from core.texts import tr

if TYPE_CHECKING:
    from gui.shell import Shell

_SAID_AFTER_MS = 1500
_AGAIN_MS = 4000


class LibraryWatch:
    """Opens the library, and again where it is locked or gone, until it is there; and where it was renewed."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._said = ""
        self._is_open = False

    def look(self) -> None:
        """Whether it was renewed, by whichever process of the program: that is said, and what is in it is shown."""
        shell = self._shell
        if news := shell.engine.take_news():
            shell.notice.show(news, stays=True)
            shell.folder_desk.library_renewed()
            shell.desk.read_word()

    def start(self) -> None:
        """Open it; what it has to say is shown until the user has read it."""
        shell = self._shell
        if not self._said:
            shell.root.after(_SAID_AFTER_MS, self._say_opening)
        shell.background.start("files", lambda _job: shell.engine.library.notice, self._on_open, self._on_problem)

    def _say_opening(self) -> None:
        if not self._is_open and not self._said:
            self._say(
                tr(
                    "The library is being opened. After an update of Shelterlens this takes minutes for a large one; "
                    "photographs are answered meanwhile."
                )
            )

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._shell.notice.show(text, stays=True)

    def _on_open(self, notice: str) -> None:
        shell, self._is_open = self._shell, True
        if self._said:
            shell.notice.take_away(self._said)
            shell.folder_desk.start()
            shell.desk.read_word()
        if notice:
            shell.notice.show(notice, stays=True)

    def _on_problem(self, error: Exception) -> None:
        """Another program may have it for a while, or its drive comes back: said once, and tried again."""
        if not isinstance(error, UserError):
            self._shell.background.report(error)
            return
        self._say(str(error))
        self._shell.root.after(_AGAIN_MS, self.start)
