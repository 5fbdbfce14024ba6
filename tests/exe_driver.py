"""A finished program, started as a desktop starts it, and driven from outside by Tk's own `send`.

It needs an X server with a cookie (`xvfb-run` gives one), without which Tk refuses to be driven.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tkinter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from core.about import NAME
from tools.executables.make import executable_of
from tools.executables.parts import KINDS, program

__all__ = ["built"]

LONGEST_S = 150.0
_PAUSE_S = 0.1
# All widgets below one: path, class, whether it is to be seen, text; and a key for the widget that has the focus.
_PROCEDURES = """
proc exe_walk {w} {
    set text ""
    catch {set text [$w cget -text]}
    set out [list [list $w [winfo class $w] [winfo viewable $w] $text]]
    foreach child [winfo children $w] { lappend out {*}[exe_walk $child] }
    return $out
}
proc exe_key {key} {
    set widget [focus]
    event generate [expr {$widget eq "" ? "." : $widget}] <$key>
}
"""


@pytest.fixture(params=KINDS)
def built(request: pytest.FixtureRequest) -> Path:
    """The executable of each finished program; it takes minutes to test them, so `make exe-test` asks for that."""
    if not os.environ.get("SHELTERLENS_TEST_PROGRAMS"):
        pytest.skip("the finished programs in dist/ are tested by `make exe-test`")
    path = executable_of(program(request.param))
    if not path.is_file():
        pytest.skip(f"{path.name} is not in dist/: `make exe` builds it")
    return path


class Widget(NamedTuple):
    """What is known of one."""

    path: str
    kind: str
    is_seen: bool
    text: str


def bare_environment(home: Path) -> dict[str, str]:
    """What a desktop gives to the programs that it starts; no Python is to be found by it."""
    given = {name: os.environ[name] for name in ("DISPLAY", "XAUTHORITY") if name in os.environ}
    if (home / ".Xauthority").exists():  # another user's
        given["XAUTHORITY"] = str(home / ".Xauthority")
    return {**given, "HOME": str(home), "PATH": "/nowhere", "LANG": "C.UTF-8", "USER": "somebody"}


def said(executable: Path, home: Path, *typed: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """What a command of the program answers."""
    return subprocess.run(
        [*before, str(executable), *typed],
        env=bare_environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LONGEST_S * 4,
        check=False,
    )


class FinishedWindow:
    """The window of a finished program; `before` is what starts it as another user."""

    def __init__(self, executable: Path, home: Path, *typed: str, before: tuple[str, ...] = ()) -> None:
        self.home = home
        self._hand = tkinter.Tk(className="hand")
        self._hand.withdraw()
        others = set(self._names())
        with (home / "printed.txt").open("ab") as printed:
            self.process = subprocess.Popen(
                [*before, str(executable), *typed],
                env=bare_environment(home),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
            )
        self.wait(lambda: set(self._names()) - others, "the window")
        self.name = (set(self._names()) - others).pop()
        self.tcl(_PROCEDURES)

    def _names(self) -> list[str]:
        names = self._hand.tk.splitlist(self._hand.tk.call("winfo", "interps"))
        return [name for name in names if name.lower().startswith(NAME.lower())]

    def tcl(self, script: str) -> str:
        """Evaluate this in the program. Raises TclError."""
        return str(self._hand.tk.call("send", self.name, script))

    def widgets(self) -> list[Widget]:
        """All that are there."""
        split = self._hand.tk.splitlist
        rows = (split(row) for row in split(self.tcl("exe_walk .")))
        return [Widget(row[0], row[1], row[2] == "1", row[3]) for row in rows]

    def seen(self) -> str:
        """All texts that are to be seen."""
        return "\n".join(widget.text for widget in self.widgets() if widget.is_seen and widget.text)

    def find(self, text: str, kind: str = "") -> Widget | None:
        """The newest widget that is to be seen with this text, or a text that begins so."""
        found = [
            one for one in self.widgets() if one.is_seen and one.text.startswith(text) and kind in one.kind.lower()
        ]
        return found[-1] if found else None

    def press(self, text: str) -> None:
        """Press the button whose text begins so, as soon as it can be."""

        def is_pressed() -> bool:
            button = self.find(text, "button")
            if button is None or "disabled" in self.tcl(f"{button.path} state"):
                return False
            self.tcl(f"after idle [list {button.path} invoke]")
            return True

        self.wait(is_pressed, f"the button {text!r}")

    def key(self, key: str) -> None:
        """Press a key, such as F3 or Control-comma."""
        self.tcl(f"focus -force .; update; after idle [list exe_key {key}]")

    def wait(self, is_so: Callable[[], object], what: str, longest_s: float = LONGEST_S) -> None:
        """Until it is so, or the program has ended."""
        until = time.monotonic() + longest_s
        while not is_so():
            if self.process.poll() is not None:
                raise AssertionError(f"{what}: the program ended with {self.process.returncode}: {self.printed()}")
            if time.monotonic() > until:
                raise AssertionError(f"{what} does not come. To be seen is: {self.seen()}\n{self.log()}")
            self._hand.update()
            time.sleep(_PAUSE_S)

    def wait_for_text(self, text: str) -> None:
        """Until it is to be seen somewhere."""
        self.wait(lambda: text in self.seen(), f"the text {text!r}")

    def printed(self) -> str:
        """What it wrote to its terminal."""
        return (self.home / "printed.txt").read_text(encoding="utf-8", errors="replace")

    def log(self) -> str:
        """What its logs say."""
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(self.home.rglob("*.log")))

    def close(self) -> None:
        """As the cross in its corner does; whether it ends well is told by its exit status."""
        with contextlib.suppress(tkinter.TclError):  # it may be gone before it has answered
            self.tcl("after idle [wm protocol . WM_DELETE_WINDOW]")
        self.process.wait(timeout=60)
        self.give_up()

    def give_up(self) -> None:
        """End it however it is."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(tkinter.TclError):
            self._hand.destroy()


@contextlib.contextmanager
def open_window(executable: Path, home: Path, *typed: str, before: tuple[str, ...] = ()) -> Iterator[FinishedWindow]:
    """The window, closed at the end; its log must be without an error."""
    window = FinishedWindow(executable, home, *typed, before=before)
    try:
        yield window
        window.close()
    finally:
        window.give_up()
    assert window.process.returncode == 0, window.printed()
    log = window.log()
    assert " ERROR " not in log and " CRITICAL " not in log, log
    assert "Traceback" not in window.printed(), window.printed()


def can_be_driven() -> str:
    """Empty, or why no window can be driven here."""
    if sys.platform != "linux":
        return "windows are driven from outside on Linux only"
    try:
        hand = tkinter.Tk(className="hand")
    except tkinter.TclError as error:
        return f"no display: {error}"
    try:
        hand.tk.call("send", hand.tk.call("tk", "appname"), "set x 1")
        return "" if os.environ.get("XAUTHORITY") else "the screen has no cookie: start this with xvfb-run"
    except tkinter.TclError as error:
        return f"Tk refuses: {error}"
    finally:
        hand.destroy()


def link_copy(executable: Path, folder: Path) -> Path:
    """The program in another folder: its files have a second name there, which costs no room."""
    try:
        shutil.copytree(executable.parent, folder, symlinks=True, copy_function=os.link)
    except OSError:  # on another disk
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(executable.parent, folder, symlinks=True)
    return folder / executable.name


def open_folder_of_all() -> Path:
    """A new folder that every user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    return folder
