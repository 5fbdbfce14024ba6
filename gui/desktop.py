"""What the desktop says of itself: dark or light, and how large its text is. Asked in the background of the start."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from core.errors import UserError
from core.texts import tr

log = logging.getLogger(__name__)

_PATIENCE_S = 0.3
_PORTAL = (
    "gdbus call --session --timeout 1 --dest org.freedesktop.portal.Desktop "
    "--object-path /org/freedesktop/portal/desktop --method org.freedesktop.portal.Settings.Read "
    "org.freedesktop.appearance color-scheme"
)
_PORTAL_DARK = "uint32 1"


class Desktop:
    """Asks at once and is told later, so that the start of the window does not wait for other programs."""

    def __init__(self, wants_theme: bool = True) -> None:
        self._scheme: subprocess.Popen[str] | None = None
        self._resources: subprocess.Popen[str] | None = None
        if sys.platform == "darwin":
            self._scheme = _asked("defaults read -g AppleInterfaceStyle") if wants_theme else None
        elif sys.platform != "win32":
            self._scheme = _asked(_PORTAL) if wants_theme and _has_session_bus() else None
            self._resources = _asked("xrdb -query")

    def is_dark(self) -> bool:
        """Whether the desktop prefers dark windows; false where it does not say."""
        if sys.platform == "win32":
            return _windows_is_dark()
        if os.environ.get("GTK_THEME", "").lower().endswith((":dark", "-dark")):
            return True
        answer = _answer(self._scheme)
        return _PORTAL_DARK in answer or answer.strip() == "Dark"

    def text_dpi(self) -> float | None:
        """The text size that the user chose on an X desktop, in dots per inch; Tk follows the others by itself."""
        for line in _answer(self._resources).splitlines():
            name, _, value = line.partition(":")
            if name == "Xft.dpi":
                try:
                    dpi = float(value)
                except ValueError:
                    return None
                return dpi if 48 <= dpi <= 480 else None
        return None


def show_in_file_manager(folder: Path) -> None:
    """Open a folder in the desktop's own program for files. Raises UserError."""
    if sys.platform == "win32":
        os.startfile(folder)
        return
    program = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if not program:
        raise UserError(tr("The folder is {folder}.").format(folder=folder))
    subprocess.Popen([program, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _has_session_bus() -> bool:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return "DBUS_SESSION_BUS_ADDRESS" in os.environ or bool(runtime and (Path(runtime) / "bus").exists())


def _asked(question: str) -> subprocess.Popen[str] | None:
    program, *words = question.split()
    found = shutil.which(program)
    if not found:
        return None
    try:
        return subprocess.Popen([found, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        log.info("%s cannot be asked", program)
        return None


def _answer(process: subprocess.Popen[str] | None) -> str:
    if process is None:
        return ""
    try:
        return process.communicate(timeout=_PATIENCE_S)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return ""
    except ValueError:  # asked a second time: it said all it had to say
        return ""


def _windows_is_dark() -> bool:
    if sys.platform != "win32":
        return False
    import winreg

    key = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
            return winreg.QueryValueEx(opened, "AppsUseLightTheme")[0] == 0
    except OSError:
        return False
